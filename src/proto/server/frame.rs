//! What the server machine sends.

use crate::{
    jsonrpc::{Id, Message, Payload},
    types::method,
};

/// What to do with the connection next.
#[derive(Debug)]
pub enum Transmit<P> {
    /// Send this message.
    Send {
        /// The message.
        frame: Frame<P>,
        /// The id of the peer's request that it belongs to, for a transport that answers each
        /// request on a stream of its own. `None`: it belongs to no request, or to one whose id
        /// could not be read.
        about: Option<Id>,
        /// Whether it is the response, after which nothing more comes for that id.
        last: bool,
        /// Whether it is an error that the machine gave before any handler ran.
        refusal: bool,
    },
    /// Close the connection: nothing more comes out of this machine.
    Close {
        /// The WebSocket close code.
        code: u16,
        /// Why, in words.
        reason: &'static str,
    },
}

/// A message to send.
///
/// Progress stays in this small form until it leaves, so that waiting for a slow peer costs little
/// memory and writing it needs no tree of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame<P> {
    /// A progress notification.
    Progress(ProgressReport),
    /// Anything else, as the JSON value that it is on the wire.
    Message(P),
}

/// The parameters of a progress notification.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Serialize))]
#[cfg_attr(not(target_arch = "wasm32"), serde(rename_all = "camelCase"))]
pub struct ProgressReport {
    /// The token of the request, with the JSON type it came with.
    #[cfg_attr(not(target_arch = "wasm32"), serde(rename = "progressToken"))]
    pub token: Id,
    /// How far.
    #[cfg_attr(not(target_arch = "wasm32"), serde(serialize_with = "json::number"))]
    pub progress: f64,
    /// Of how much.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(serialize_with = "json::optional", skip_serializing_if = "Option::is_none")
    )]
    pub total: Option<f64>,
    /// What is going on.
    #[cfg_attr(not(target_arch = "wasm32"), serde(skip_serializing_if = "Option::is_none"))]
    pub message: Option<String>,
}

impl<P: Payload> Frame<P> {
    /// The message as a JSON value.
    pub fn into_payload(self) -> P {
        match self {
            Self::Message(value) => value,
            Self::Progress(report) => {
                let mut params = P::object();
                params.set("progressToken", P::from_id(&report.token));
                params.set("progress", P::number(report.progress));
                if let Some(total) = report.total {
                    params.set("total", P::number(total));
                }
                if let Some(message) = &report.message {
                    params.set("message", P::string(message));
                }
                let method = method::PROGRESS.to_owned();
                Message::Notification { method, params: Some(params) }.write()
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod json {
    use serde::{Serialize, Serializer};
    use serde_json::Value;

    use super::{Frame, ProgressReport};
    use crate::jsonrpc::{Id, Payload};

    impl<P: Payload> Frame<P> {
        /// The message as JSON text.
        pub fn to_json(&self) -> String {
            // Neither has anything that JSON cannot write.
            match self {
                Self::Message(value) => value.to_json().unwrap_or_default(),
                Self::Progress(params) => params.to_json(),
            }
        }
    }

    impl ProgressReport {
        fn to_json(&self) -> String {
            let token = if let Id::Text(text) = &self.token { text.len() } else { 0 };
            let message = self.message.as_ref().map_or(0, String::len);
            // It may be kept, and would have grown to twice its size.
            let mut text = Vec::with_capacity(AROUND + token + message);
            let (jsonrpc, method) = ("2.0", crate::types::method::PROGRESS);
            let _ =
                serde_json::to_writer(&mut text, &Notification { jsonrpc, method, params: self });
            String::from_utf8(text).unwrap_or_default()
        }
    }

    /// Bytes of a notification around its texts: names, and three numbers of twenty digits.
    const AROUND: usize = 180;

    #[derive(Serialize)]
    struct Notification<'a> {
        jsonrpc: &'static str,
        method: &'static str,
        params: &'a ProgressReport,
    }

    /// Whole numbers without a fraction, as everywhere else.
    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde asks for
    pub(super) fn number<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
        Value::number(*value).serialize(out)
    }

    #[allow(clippy::ref_option)] // the shape that serde asks for
    pub(super) fn optional<S: Serializer>(value: &Option<f64>, out: S) -> Result<S::Ok, S::Error> {
        value.map(Value::number).serialize(out)
    }

    impl Serialize for crate::jsonrpc::Id {
        fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Integer(integer) => out.serialize_i64(*integer),
                Self::Text(text) => out.serialize_str(text),
            }
        }
    }
}
