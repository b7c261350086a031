//! Why a call, or a connection, failed: one enum, sorted by whose fault it is.

use std::fmt;

use crate::jsonrpc::{Payload, RpcError};

/// Why a call or a connection failed.
///
/// Every variant has a stable string [`code`](Error::code), which JavaScript sees as `error.code`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error<P> {
    /// The peer answered with a JSON-RPC error.
    Rpc(RpcError<P>),
    /// A clock ran out: which one, and after how many milliseconds.
    Timeout {
        /// The clock that ran out.
        clock: Clock,
        /// Its setting in milliseconds.
        after: f64,
    },
    /// The caller cancelled the call; the text is the caller's reason, if it gave one.
    Aborted(Option<String>),
    /// The connection is not open.
    Closed {
        /// Why, in words.
        reason: String,
        /// Whether the request had left, so that the server may have carried it out.
        sent: bool,
    },
    /// The server answered a request with an HTTP status instead of a message.
    Http {
        /// The status.
        status: u16,
        /// How the body begins.
        body: String,
        /// How many milliseconds the server wants to be left alone, if it says so.
        retry_after: Option<f64>,
        /// The headers, as the platform has them.
        headers: Option<P>,
    },
    /// What is at the address speaks the older HTTP+SSE of 2024-11-05, which has another transport.
    SseOnly,
    /// The answer was lost on the way: the request could not be made, or what carried its answer
    /// broke off.
    Lost {
        /// What happened, in words.
        reason: String,
        /// Whether the request had left, so that the server may have carried it out.
        sent: bool,
        /// The platform's own error.
        cause: Option<P>,
    },
    /// The peer broke the protocol; the text says how.
    Protocol(String),
    /// A list has no end that is worth waiting for: too many pages, or a cursor that came before; the
    /// text says which.
    EndlessPages(String),
    /// The peer asked for input that it did not get; the text says what and why. Nothing of a call
    /// goes on without its answers.
    Input(String),
    /// The peer's task that the call had become did not end with a result; the text says how.
    Task(String),
    /// The peer speaks no protocol version that this client may use; the text names both lists.
    Incompatible(String),
}

/// The clocks that can end a call (rule 7 of the progress rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time since the request, or since its latest progress.
    Idle,
    /// Time since the request, whatever the progress.
    Total,
    /// Time since the connection was asked for.
    Connect,
}

impl<P> Error<P> {
    /// The stable code, the same in Rust and in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rpc(_) => "RPC_ERROR",
            Self::Timeout { .. } => "TIMEOUT",
            Self::Aborted(_) => "ABORTED",
            Self::Closed { .. } | Self::Lost { .. } => "CLOSED",
            Self::Http { .. } => "HTTP_ERROR",
            Self::Protocol(_) => "PROTOCOL_ERROR",
            Self::EndlessPages(_) => "ENDLESS_PAGES",
            Self::Input(_) => "INPUT_FAILED",
            Self::Task(_) => "TASK_FAILED",
            Self::Incompatible(_) => "INCOMPATIBLE_VERSION",
            Self::SseOnly => "HTTP_SSE_ONLY",
        }
    }

    /// How long the server wants to be left alone, if what is in the way passes by itself; 0 if it
    /// does not say.
    pub(crate) fn passes(&self) -> Option<f64> {
        match self {
            Self::Http { status: 408 | 425 | 429 | 502..=504, retry_after, .. } => {
                Some(retry_after.unwrap_or(0.0))
            }
            _ => None,
        }
    }
}

/// The code of a message's [`Lost`](Error::Lost) that is larger than a transport takes.
const TOO_LARGE: &str = "MESSAGE_TOO_LARGE";

impl<P: Payload> Error<P> {
    /// A message has more bytes than that: it was not sent, or not read.
    #[allow(clippy::cast_precision_loss)] // a size
    pub fn too_large(limit: usize, sent: bool) -> Self {
        let mut cause = P::object();
        cause.set_text("code", TOO_LARGE);
        cause.set("limit", P::number(limit as f64));
        Self::Lost { reason: String::new(), sent, cause: Some(cause) }
    }

    /// The limit, in bytes, if that is the reason.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it was such a number
    pub fn size_limit(&self) -> Option<usize> {
        let Self::Lost { cause: Some(cause), .. } = self else { return None };
        let limit = cause.get("limit").filter(|_| cause.says("code", TOO_LARGE))?;
        limit.as_f64().map(|limit| limit as usize)
    }
}

/// What has not happened in time.
impl fmt::Display for Clock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Idle => "no answer and no progress",
            Self::Total => "not finished",
            Self::Connect => "not connected",
        })
    }
}

/// What Rust programs are told beside the call that failed: here once, for the machine's error, which does
/// not know what its caller calls it, and for that of `client`, which does. `base/errors.js` says the
/// same; `tests/data/error-sentences.json` holds them together.
#[cfg(any(not(target_arch = "wasm32"), feature = "client"))]
pub(crate) mod said {
    use super::Clock;

    /// Milliseconds have passed; the option that sets them is named.
    pub fn ran_out(clock: Clock, after: impl std::fmt::Display) -> String {
        let option = match clock {
            Clock::Idle => "timeout",
            Clock::Total => "max_total_timeout",
            Clock::Connect => "connect_timeout",
        };
        format!("{clock} within {after} ms (`{option}`)")
    }

    /// A status, what may help with it, and how the body begins.
    pub fn http(status: u16, body: &str) -> String {
        let hint = match status {
            404 | 405 => " (no Streamable HTTP there? HTTP+SSE of 2024-11-05 is not supported)",
            413 => " (the message is too large for the server)",
            431 => " (the headers are too large for the server)",
            _ => "",
        };
        format!("HTTP status {status}{hint}{}", tail(body))
    }

    /// Where the server speaks what this client does not.
    pub const SSE_ONLY: &str = "the server speaks HTTP+SSE of 2024-11-05 at this address, and no Streamable HTTP: \
                                look for its other address, which often ends in /mcp";

    /// More words behind a sentence, if there are any.
    pub fn tail(text: &str) -> String {
        if text.is_empty() { String::new() } else { format!(": {text}") }
    }
}

// The browser build leaves this out: its messages are composed in JavaScript, which keeps the
// formatting machinery out of the module.
#[cfg(not(target_arch = "wasm32"))]
impl<P> fmt::Display for Error<P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rpc(error) => write!(out, "{} ({})", error.message, error.code),
            Self::Timeout { clock, after } => out.write_str(&said::ran_out(*clock, after)),
            Self::Aborted(reason) => {
                let reason = said::tail(reason.as_deref().unwrap_or_default());
                write!(out, "aborted by the caller{reason}")
            }
            Self::Closed { reason, sent: true } => {
                write!(out, "{reason}; the server may have carried the request out")
            }
            Self::Closed { reason, sent: false } => {
                write!(out, "{reason}; the request was not sent")
            }
            Self::Http { status, body, .. } => out.write_str(&said::http(*status, body)),
            Self::SseOnly => out.write_str(said::SSE_ONLY),
            Self::Lost { reason, .. } => out.write_str(reason),
            Self::Protocol(text)
            | Self::EndlessPages(text)
            | Self::Input(text)
            | Self::Task(text)
            | Self::Incompatible(text) => out.write_str(text),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl<P: fmt::Debug> std::error::Error for Error<P> {}
