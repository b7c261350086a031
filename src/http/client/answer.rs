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

/// The code of an error answer; 0 for anything else.
#[inline(never)]
pub(super) fn error_code<P: Payload>(message: &P) -> i64 {
    error_in(message).map_or(0, |error| error.code)
}
