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
    /// One that another server has made: its parameters, which are passed on.
    #[cfg(not(target_arch = "wasm32"))]
    Report(P),
    /// Anything else, as the JSON value that it is on the wire.
    Message(P),
}

/// The parameters of a progress notification.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressReport {
    /// The token of the request, with the JSON type it came with.
    pub token: Id,
    /// How far.
    pub progress: f64,
    /// Of how much.
    pub total: Option<f64>,
    /// What is going on.
    pub message: Option<String>,
}

impl<P: Payload> Frame<P> {
    /// The message as a JSON value.
    pub fn into_payload(self) -> P {
        match self {
            Self::Message(value) => value,
            #[cfg(not(target_arch = "wasm32"))]
            Self::Report(params) => progress(params),
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
                progress(params)
            }
        }
    }

    /// Whether it is a progress notification.
    pub fn is_progress(&self) -> bool {
        match self {
            Self::Progress(_) => true,
            #[cfg(not(target_arch = "wasm32"))]
            Self::Report(_) => true,
            Self::Message(_) => false,
        }
    }
}

fn progress<P: Payload>(params: P) -> P {
    Message::Notification { method: method::PROGRESS.to_owned(), params: Some(params) }.write()
}

#[cfg(not(target_arch = "wasm32"))]
mod json {
    use std::fmt;

    use super::{Frame, ProgressReport};
    use crate::{
        jsonrpc::{Id, Payload, write_integer, write_number, write_text},
        types::method,
    };

    impl<P: Payload> Frame<P> {
        /// The message as JSON text.
        pub fn to_json(&self) -> String {
            match self {
                // It has nothing that JSON cannot write.
                Self::Message(value) => value.to_json().unwrap_or_default(),
                Self::Report(params) => {
                    let mut text = String::with_capacity(AROUND + params.weight());
                    write_report(params, &mut text);
                    text
                }
                Self::Progress(report) => {
                    // It may be kept, and would have grown to twice its size.
                    let mut text = String::with_capacity(report.room());
                    report.write(&mut text);
                    text
                }
            }
        }

        /// Adds the message to a text, as JSON.
        pub fn write_json(&self, out: &mut String) {
            match self {
                Self::Message(value) => out.push_str(&value.to_json().unwrap_or_default()),
                Self::Report(params) => write_report(params, out),
                Self::Progress(report) => report.write(out),
            }
        }
    }

    impl ProgressReport {
        /// Bytes that it takes, mostly.
        fn room(&self) -> usize {
            let token = if let Id::Text(text) = &self.token { text.len() } else { 0 };
            AROUND + token + self.message.as_ref().map_or(0, String::len)
        }

        fn write(&self, out: &mut String) {
            // A `String` takes everything.
            let _ = self.write_to(out);
        }

        /// By hand: it is what a server writes most, and serde looks at every letter of the names.
        fn write_to(&self, out: &mut String) -> fmt::Result {
            begin(out);
            out.push_str("{\"progressToken\":");
            match &self.token {
                Id::Integer(integer) => write_integer(*integer, out)?,
                Id::Text(text) => write_text(text, out)?,
            }
            out.push_str(",\"progress\":");
            write_number(self.progress, out)?;
            if let Some(total) = self.total {
                out.push_str(",\"total\":");
                write_number(total, out)?;
            }
            if let Some(message) = &self.message {
                out.push_str(",\"message\":");
                write_text(message, out)?;
            }
            out.push_str("}}");
            Ok(())
        }
    }

    /// What stands before the parameters.
    fn begin(out: &mut String) {
        for part in ["{\"jsonrpc\":\"2.0\",\"method\":\"", method::PROGRESS, "\",\"params\":"] {
            out.push_str(part);
        }
    }

    fn write_report<P: Payload>(params: &P, out: &mut String) {
        begin(out);
        params.write_json(out);
        out.push('}');
    }

    /// Bytes of a notification around its texts: names, and three numbers of twenty digits.
    const AROUND: usize = 180;
}
