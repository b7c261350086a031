//! Errors and the HTTP status they leave with.

use serde_json::json;

use crate::{
    jsonrpc::{Id, Message, Payload, Raw, RpcError, code},
    proto::{Millis, server::Frame},
};

/// A request that is refused before anything was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and what to do: a JSON-RPC error as JSON text.
    pub body: String,
    /// The seconds after which to try again, for `Retry-After`; only where there is too much of
    /// something.
    pub retry_after: Option<u64>,
}

/// The seconds after which to try again when nothing better is known.
pub const RETRY_AFTER: u64 = 1;

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

    /// The refusal of what is too much now, and may be fine after so many milliseconds.
    pub fn busy(status: u16, id: Option<Id>, message: &str, retry_after: Millis) -> Self {
        let mut data = Raw::object();
        data.set("retryAfterMs", Raw::number(retry_after));
        let (code, message) = (code::TOO_MANY_REQUESTS, message.to_owned());
        let refusal = Self::with_status(status, id, RpcError { code, message, data: Some(data) });
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it saturates
        let seconds = (retry_after / 1000.0).ceil() as u64;
        Self { retry_after: Some(seconds.max(RETRY_AFTER)), ..refusal }
    }

    /// The refusal of a session that there is not, or not for this caller: the status that ends a
    /// session for every client. It answers no request, so that nobody takes it for an answer: a
    /// client that renews its session makes the request again.
    pub fn no_such_session() -> Self {
        let text = "Session not found: begin one with `initialize`";
        let error = json!({ "code": code::SESSION_NOT_FOUND, "message": text });
        let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
        Self { status: 404, body: body.to_string(), retry_after: None }
    }

    fn with_status<P: Payload>(status: u16, id: Option<Id>, error: RpcError<P>) -> Self {
        let retry_after = (error.code == code::TOO_MANY_REQUESTS).then_some(RETRY_AFTER);
        let body = Frame::Message(Message::Response { id, outcome: Err(error) }.write()).to_json();
        Self { status, body, retry_after }
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
        code::INSUFFICIENT_SCOPE => 403,
        code::METHOD_NOT_FOUND => 404,
        code::HEADER_MISMATCH | code::MISSING_CAPABILITY | code::UNSUPPORTED_VERSION => 400,
        code::TOO_MANY_REQUESTS if refusal => 429,
        code::PARSE_ERROR | code::INVALID_REQUEST | code::INVALID_PARAMS if refusal => 400,
        _ => 200,
    }
}
