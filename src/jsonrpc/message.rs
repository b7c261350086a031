//! Requests, notifications and responses, read from and written to a [`Payload`].

use super::{Kind, Payload};

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
    /// The server failed.
    pub const INTERNAL_ERROR: i64 = -32603;
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
}

/// A request id or a progress token: compared by JSON type and value, so `1` is not `"1"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// A number without a fraction.
    Integer(i64),
    /// A string.
    Text(String),
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
        let message = value.get("message").and_then(|text| text.as_text()).unwrap_or_default();
        Some(Self { code, message, data: value.get("data") })
    }

    #[allow(clippy::cast_precision_loss)] // codes are small
    fn write(&self) -> P {
        let mut error = P::object();
        error.set("code", P::number(self.code as f64));
        error.set("message", P::string(&self.message));
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
}

impl Malformed {
    /// The request that it was meant to answer.
    pub fn answers(&self) -> Option<&Id> {
        self.id.as_ref().filter(|_| self.is_response)
    }
}

impl<P: Payload> Message<P> {
    /// Reads a parsed JSON value as a message.
    pub fn read(value: &P) -> Result<Self, Malformed> {
        let malformed = |reason, id: Option<Id>| {
            let is_response = value.get("method").is_none()
                && (value.get("result").is_some() || value.get("error").is_some());
            Err(Malformed { reason, id, is_response })
        };
        match value.kind() {
            Kind::Object => {}
            Kind::Array => return malformed("a batch: one message per frame is allowed", None),
            _ => return malformed("not a JSON object", None),
        }
        let id = value.get("id");
        let known = id.as_ref().and_then(Payload::as_id);
        if value.get("jsonrpc").and_then(|version| version.as_text()).as_deref() != Some("2.0") {
            return malformed("`jsonrpc` is not \"2.0\"", known);
        }
        if let Some(method) = value.get("method") {
            let Some(method) = method.as_text() else {
                return malformed("`method` is not a string", known);
            };
            let params = value.get("params");
            if params.as_ref().is_some_and(|params| params.kind() != Kind::Object) {
                return malformed("`params` is not an object", known);
            }
            return match (id, known) {
                (None, _) => Ok(Self::Notification { method, params }),
                (Some(_), Some(id)) => Ok(Self::Request { id, method, params }),
                (Some(_), None) => malformed("`id` is neither a string nor an integer", None),
            };
        }
        // Some peers write `null` for the error that there is not.
        if let Some(error) = value.get("error").filter(|error| error.kind() != Kind::Null) {
            return match (RpcError::read(&error), id, known) {
                (None, _, known) => malformed("`error` has no numeric `code`", known),
                (Some(error), _, Some(id)) => {
                    Ok(Self::Response { id: Some(id), outcome: Err(error) })
                }
                (Some(error), None, None) => Ok(Self::Response { id: None, outcome: Err(error) }),
                (Some(error), Some(id), None) if id.kind() == Kind::Null => {
                    Ok(Self::Response { id: None, outcome: Err(error) })
                }
                _ => malformed("`id` is neither a string nor an integer", None),
            };
        }
        match (value.get("result"), known) {
            (Some(result), id) if result.kind() != Kind::Object => {
                malformed("`result` is not an object", id)
            }
            (Some(result), Some(id)) => Ok(Self::Response { id: Some(id), outcome: Ok(result) }),
            (Some(_), None) => malformed("a result without a usable `id`", None),
            (None, id) => malformed("neither `method`, `result` nor `error`", id),
        }
    }

    /// Writes the message as a JSON value.
    pub fn write(self) -> P {
        let mut value = P::object();
        value.set("jsonrpc", P::string("2.0"));
        match self {
            Self::Request { id, method, params } => {
                value.set("id", P::from_id(&id));
                value.set("method", P::string(&method));
                if let Some(params) = params {
                    value.set("params", params);
                }
            }
            Self::Notification { method, params } => {
                value.set("method", P::string(&method));
                if let Some(params) = params {
                    value.set("params", params);
                }
            }
            Self::Response { id, outcome } => {
                if let Some(id) = id {
                    value.set("id", P::from_id(&id));
                }
                match outcome {
                    Ok(result) => value.set("result", result),
                    Err(error) => value.set("error", error.write()),
                }
            }
        }
        value
    }
}
