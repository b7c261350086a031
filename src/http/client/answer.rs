//! What an answer says is wrong.

use crate::jsonrpc::{Message, Payload, RpcError};

/// The error that a message answers with.
#[inline(never)]
pub(super) fn error_in<P: Payload>(message: &P) -> Option<RpcError<P>> {
    match Message::read(message) {
        Ok(Message::Response { outcome: Err(error), .. }) => Some(error),
        _ => None,
    }
}

/// Whether a message answers with an error of that code.
#[inline(never)]
pub(super) fn says_code<P: Payload>(message: &P, code: i64) -> bool {
    error_in(message).is_some_and(|error| error.code == code)
}
