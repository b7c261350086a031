//! The messages in a body.

use crate::jsonrpc::{Payload, Raw};

/// Visits the messages in a body, one by one: a list of them would take a multiple of their memory.
pub(super) fn each_message(body: &Raw, visit: &mut dyn FnMut(&Raw)) {
    let is_batch = body.each_element(&mut |message| {
        visit(&message);
        true
    });
    if !is_batch {
        visit(body);
    }
}
