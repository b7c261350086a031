//! Errors and the HTTP status they leave with.

use crate::{
    jsonrpc::{Id, Message, Payload, Raw, RpcError, code},
    proto::server::Frame,
};

/// A request that is refused before anything was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and what to do: a JSON-RPC error as JSON text.
    pub body: String,
}

impl Refusal {
    /// A refusal of something that has no id.
    pub fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self::with_status::<Raw>(status, None, RpcError::new(code, message))
    }

    /// The refusal of a request for this reason, with the status that belongs to it.
    pub fn of(id: Option<Id>, error: RpcError<Raw>) -> Self {
        Self::because(id, error)
    }

    /// The same, whatever the error is made of.
    pub(super) fn because<P: Payload>(id: Option<Id>, error: RpcError<P>) -> Self {
        Self::with_status(status_of_code(error.code, true), id, error)
    }

    /// The refusal of a request with a status of its own.
    pub fn of_request(status: u16, id: Option<Id>, code: i64, message: impl Into<String>) -> Self {
        Self::with_status::<Raw>(status, id, RpcError::new(code, message))
    }

    fn with_status<P: Payload>(status: u16, id: Option<Id>, error: RpcError<P>) -> Self {
        let body = Frame::Message(Message::Response { id, outcome: Err(error) }.write()).to_json();
        Self { status, body }
    }
}

/// The HTTP status of a response that nothing was sent before. `refusal`: it is an error that no
/// handler has made. After the first byte of a stream there is no status any more.
pub fn status_of<P: Payload>(frame: &Frame<P>, refusal: bool) -> u16 {
    let Frame::Message(message) = frame else { return 200 };
    match message.at(&["error", "code"]).and_then(|code| code.as_id()) {
        Some(Id::Integer(code)) => status_of_code(code, refusal),
        _ => 200,
    }
}

/// What a handler says about its parameters or its own failure is a result like any other.
fn status_of_code(code: i64, refusal: bool) -> u16 {
    match code {
        code::METHOD_NOT_FOUND => 404,
        code::HEADER_MISMATCH | code::MISSING_CAPABILITY | code::UNSUPPORTED_VERSION => 400,
        code::TOO_MANY_REQUESTS if refusal => 429,
        code::PARSE_ERROR | code::INVALID_REQUEST | code::INVALID_PARAMS if refusal => 400,
        _ => 200,
    }
}
