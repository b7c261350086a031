//! Requests, notifications and responses, read from and written to a [`Payload`].

use std::num::NonZero;

use super::{Kind, Payload};
use crate::names::{meta, method};

/// The error codes of JSON-RPC and MCP that this crate sends or acts on.
pub mod code {
    /// The text was not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// The JSON was not a request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// No such method, or its capability was not declared.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// The parameters do not fit: unknown tool, missing envelope, bad cursor.
    pub const INVALID_PARAMS: i64 = -32602;
    /// No such resource (before 2026-07-28).
    pub const RESOURCE_NOT_FOUND: i64 = -32002;
    /// No such session: what servers of the TypeScript SDK say along with the status 404.
    pub const SESSION_NOT_FOUND: i64 = -32001;
    /// The server failed.
    pub const INTERNAL_ERROR: i64 = -32603;
    /// Sampling was refused by who was asked for it.
    pub const REJECTED: i64 = -1;
    /// HTTP headers and body disagree (2026-07-28).
    pub const HEADER_MISMATCH: i64 = -32020;
    /// The request needs a client capability that it did not declare (2026-07-28).
    pub const MISSING_CAPABILITY: i64 = -32021;
    /// The server does not serve the version named by the request (2026-07-28).
    pub const UNSUPPORTED_VERSION: i64 = -32022;
    /// The call needs the user to open URLs first, `data.elicitations` (2025-11-25 only).
    pub const URL_ELICITATION_REQUIRED: i64 = -32042;
    /// Too many requests at once; `data.retryAfterMs` says when to try again. Ours: the protocol
    /// has no code for it, and leaves the positive numbers to whoever binds it to a transport.
    pub const TOO_MANY_REQUESTS: i64 = 42900;
    /// The caller may not do this: `data.scope` has all scopes that it takes, `data.resourceMetadata`
    /// the address that says who grants them. Ours, as the one above.
    pub const INSUFFICIENT_SCOPE: i64 = 40300;
}

/// A request id or a progress token: compared by JSON type and value, so `1` is not `"1"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// A number without a fraction.
    Integer(i64),
    /// A string.
    Text(String),
}

impl Id {
    /// The integer above 0 of which this text is the decimal, written as every program writes it. Some
    /// servers turn ids and tokens into text.
    pub(crate) fn decimal(text: &str) -> Option<NonZero<i64>> {
        let mut value = 0;
        for (place, byte) in text.bytes().enumerate() {
            // 15 digits are exact in a double, and more than anybody will count up to.
            if !byte.is_ascii_digit() || place == 15 || value == 0 && place > 0 {
                return None;
            }
            value = value * 10 + i64::from(byte - b'0');
        }
        NonZero::new(value)
    }
}

/// The `error` member of a response.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError<P> {
    /// The numeric code, see [`code`].
    pub code: i64,
    /// One sentence.
    pub message: String,
    /// Anything more that the peer sent.
    pub data: Option<P>,
}

impl<P: Payload> RpcError<P> {
    /// An error without `data`.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Reads the error that a caller gives; what is missing becomes an internal error.
    pub fn from_payload(value: &P) -> Self {
        Self::read(value).unwrap_or_else(|| Self::new(code::INTERNAL_ERROR, "internal error"))
    }

    fn read(value: &P) -> Option<Self> {
        let code = value.get("code")?.as_f64()?;
        // Saturates, which is what a code from outside the range deserves.
        #[allow(clippy::cast_possible_truncation)]
        let code = code as i64;
        let message = value.text("message").unwrap_or_default();
        Some(Self { code, message, data: value.get("data") })
    }

    /// The error as a JSON value.
    #[allow(clippy::cast_precision_loss)] // codes are small
    pub(crate) fn write(&self) -> P {
        let mut error = P::object();
        error.set("code", P::number(self.code as f64));
        error.set_text("message", &self.message);
        if let Some(data) = &self.data {
            error.set("data", data.clone());
        }
        error
    }
}

/// One JSON-RPC message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<P> {
    /// Wants an answer.
    Request {
        /// Repeated in the answer.
        id: Id,
        /// What is asked for.
        method: String,
        /// Its parameters.
        params: Option<P>,
    },
    /// Wants none.
    Notification {
        /// What happened.
        method: String,
        /// Its parameters.
        params: Option<P>,
    },
    /// The answer to a request. An error answer lacks the id when the peer could not read it.
    Response {
        /// The id of the request.
        id: Option<Id>,
        /// The result or the error.
        outcome: Result<P, RpcError<P>>,
    },
}

/// Why a JSON value is no JSON-RPC message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with it.
    pub reason: &'static str,
    /// The id, when it could be read: the peer can then be told which request failed.
    pub id: Option<Id>,
    /// Whether it was meant as a response, and so must not get one.
    pub is_response: bool,
    /// Whether it names a method, and so may wait for a response.
    pub is_call: bool,
}

impl<P: Payload> Message<P> {
    /// Reads a parsed JSON value as a message.
    pub fn read(value: &P) -> Result<Self, Malformed> {
        let id = value.get("id");
        let mut known = id.as_ref().and_then(Payload::as_id);
        Self::judge(value, id, &mut known).map_err(|reason| Malformed {
            reason,
            id: known,
            is_call: value.present("method").is_some(),
            is_response: value.present("method").is_none()
                && (value.get("result").is_some() || value.get("error").is_some()),
        })
    }

    /// Takes the id that it needs out of `known`, or says what is wrong.
    fn judge(value: &P, id: Option<P>, known: &mut Option<Id>) -> Result<Self, &'static str> {
        let odd_id = "`id` is neither a string nor an integer";
        match value.kind() {
            Kind::Object => {}
            Kind::Array => return Err("a batch: one message per frame is allowed"),
            _ => return Err("not a JSON object"),
        }
        if value.text("jsonrpc").as_deref() != Some("2.0") {
            return Err("`jsonrpc` is not \"2.0\"");
        }
        if let Some(method) = value.present("method") {
            let method = method.as_text().ok_or("`method` is not a string")?;
            let params = value.given("params");
            if params.as_ref().is_some_and(|params| params.kind() != Kind::Object) {
                return Err("`params` is not an object");
            }
            return match (id, known.take()) {
                (None, _) => Ok(Self::Notification { method, params }),
                (_, Some(id)) => Ok(Self::Request { id, method, params }),
                _ => Err(odd_id),
            };
        }
        // Some peers write `null` for the error that there is not.
        if let Some(error) = value.get("error").filter(|error| error.kind() != Kind::Null) {
            let error = RpcError::read(&error).ok_or("`error` has no numeric `code`")?;
            if known.is_none() && id.is_some_and(|id| id.kind() != Kind::Null) {
                return Err(odd_id);
            }
            return Ok(Self::Response { id: known.take(), outcome: Err(error) });
        }
        let result = value.get("result").ok_or("neither `method`, `result` nor `error`")?;
        let result = if result.is_blank() { P::object() } else { result };
        if result.kind() != Kind::Object {
            return Err("`result` is not an object");
        }
        let id = known.take().ok_or("a result without a usable `id`")?;
        Ok(Self::Response { id: Some(id), outcome: Ok(result) })
    }

    /// Writes the message as a JSON value.
    pub fn write(self) -> P {
        match self {
            Self::Request { id, method, params } => write_call(Some(&id), &method, params),
            Self::Notification { method, params } => write_call(None, &method, params),
            Self::Response { id, outcome } => {
                let mut value: P = envelope();
                if let Some(id) = id {
                    value.set("id", P::from_id(&id));
                }
                match outcome {
                    Ok(result) => value.set("result", result),
                    Err(error) => value.set("error", error.write()),
                }
                value
            }
        }
    }
}

fn envelope<P: Payload>() -> P {
    let mut value = P::object();
    value.set("jsonrpc", P::constant("2.0"));
    value
}

/// Writes a request, or without an id a notification.
pub(crate) fn write_call<P: Payload>(id: Option<&Id>, method: &str, params: Option<P>) -> P {
    let mut value = envelope::<P>();
    if let Some(id) = id {
        value.set("id", P::from_id(id));
    }
    value.set("method", method_name(method));
    if let Some(params) = params {
        value.set("params", params);
    }
    value
}

/// Fills in `_meta`: the envelope, what the caller put there, and our token above all.
#[inline(never)]
#[allow(clippy::cast_precision_loss)] // ids count from 1
pub(crate) fn with_meta<P: Payload>(mut params: P, envelope: &P, token: Option<i64>) -> P {
    let mut own = envelope.copy();
    if let Some(callers) = params.get(meta::META) {
        own.assign(&callers);
    }
    if let Some(token) = token {
        own.set(meta::PROGRESS_TOKEN, P::number(token as f64));
    }
    params.set(meta::META, own);
    params
}

/// What [`Payload::ask`] says, by one member after the other.
#[inline(never)]
pub(crate) fn ask_by_members<P: Payload>(id: i64, method: &str, params: P, envelope: &P) -> P {
    let params = with_meta(params, envelope, Some(id));
    write_call(Some(&Id::Integer(id)), method, Some(params))
}

/// The name of a method; the one of nearly every call is kept.
pub(crate) fn method_name<P: Payload>(method: &str) -> P {
    if method == method::CALL_TOOL { P::constant(method::CALL_TOOL) } else { P::string(method) }
}
