//! Why a call or a connection failed, for Rust programs.

use std::sync::Arc;
use std::time::Duration;

use super::platform::Platform;
use super::{Here, ToolResult, Value};
pub use crate::error::Clock;
use crate::error::Error as CoreError;
use crate::error::said::{SSE_ONLY, http, ran_out, tail};
use thiserror::Error;

/// Why a call or a connection failed.
///
/// Each says to which call (`tools/call backup`, `connecting to wss://…`), and has a stable
/// [`code`](Error::code), the one that the npm package's errors have. In a page it turns into an
/// `Error` of JavaScript by `?` in an exported function that returns `Result<_, JsValue>`.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with an error of the protocol.
    #[error("{call}: {message} ({code})")]
    Rpc {
        /// The call.
        call: String,
        /// The server's code.
        code: i64,
        /// The server's sentence.
        message: String,
        /// Anything more that the server sent.
        data: Option<Value>,
    },
    /// A clock ran out. The server was told to stop.
    #[error("{call}: {}", ran_out(*clock, after.as_millis()))]
    Timeout {
        /// The call.
        call: String,
        /// The clock.
        clock: Clock,
        /// Its setting.
        after: Duration,
    },
    /// The call was given up on this side. The server was told to stop.
    #[error("{call} was aborted{}", tail(reason.as_deref().unwrap_or_default()))]
    Aborted {
        /// The call.
        call: String,
        /// The reason that was given.
        reason: Option<String>,
    },
    /// The connection is not open any more, or never was; or the answer was lost on the way.
    #[error("{call}: {reason}{}", fate(call, *may_have_run))]
    Closed {
        /// The call.
        call: String,
        /// What happened.
        reason: String,
        /// Whether the request had left, so that the server may have carried it out.
        may_have_run: bool,
        /// The platform's own error, if there was one.
        cause: Option<Value>,
        /// How the server has ended, if it was a program that this client had started.
        exit: Option<Arc<Exit>>,
    },
    /// As [`Closed`](Self::Closed), because the server has ended the connection with its authorization (close
    /// code 4401), and no other could be opened with the credentials that there are: a connection with new
    /// ones is wanted.
    #[error("{call}: the authorization has ended: {reason}{}", fate(call, *may_have_run))]
    AuthRequired {
        /// The call.
        call: String,
        /// What happened.
        reason: String,
        /// Whether the request had left, so that the server may have carried it out.
        may_have_run: bool,
    },
    /// The request, or its answer, is larger than
    /// [`max_message_size`](super::Connect::max_message_size) allows.
    #[error("{call}: the message is larger than max_message_size allows, which is {limit} bytes")]
    TooLarge {
        /// The call.
        call: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The server answered with an HTTP status instead of a message.
    #[error("{}", shown(&format!("{call}: {}", http(*status, body))))]
    Http {
        /// The call.
        call: String,
        /// The status.
        status: u16,
        /// How the body begins.
        body: String,
        /// How long the server wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
    /// There is no Streamable HTTP at the address, but the HTTP+SSE of 2024-11-05, which this client
    /// does not speak.
    #[error("{call}: {SSE_ONLY}")]
    SseOnly {
        /// The call.
        call: String,
    },
    /// The server broke the protocol.
    #[error("{}", shown(&format!("{call}: {reason}")))]
    Protocol {
        /// The call.
        call: String,
        /// How.
        reason: String,
    },
    /// A list has no end: the server gave the same cursor twice, or there are too many pages.
    #[error("{call}: {reason}")]
    EndlessPages {
        /// The call.
        call: String,
        /// How that is known.
        reason: String,
    },
    /// The server asked for input that it did not get.
    #[error("{call}: {reason}")]
    Input {
        /// The call.
        call: String,
        /// What for, and why it did not get it.
        reason: String,
    },
    /// The task that the call had become did not end with a result.
    #[error("{call}: {reason}")]
    Task {
        /// The call.
        call: String,
        /// How it ended.
        reason: String,
    },
    /// The server speaks no revision of the protocol that this client may use.
    #[error("{call}: {reason}")]
    Incompatible {
        /// The call.
        call: String,
        /// Which each side speaks.
        reason: String,
    },
    /// The tool ran and failed, and its caller asked for what it returns when it does not:
    /// [`ToolResult::structured`], [`ToolResult::success`].
    #[error("{call} failed{}", tail(&result.text()))]
    Tool {
        /// The call.
        call: String,
        /// What the tool returned.
        result: Box<ToolResult>,
    },
    /// What the caller gave cannot be sent; nothing was.
    #[error("{call}: {reason}")]
    Argument {
        /// The call.
        call: String,
        /// Why not.
        reason: String,
    },
    /// The answer is not of the type that the caller wants.
    #[error("{call}: {reason}")]
    Output {
        /// The call.
        call: String,
        /// What does not fit.
        reason: String,
    },
}

/// How a server has ended that was a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exit {
    /// The code that it ended with; none if a signal ended it, or if it has only closed its output.
    pub code: Option<i32>,
    /// The number of the signal that ended it (Unix).
    pub signal: Option<i32>,
    /// The last lines that it wrote to its standard error, at most 20 of at most 4 KiB.
    pub stderr: Vec<String>,
}

impl Error {
    /// The stable code, the same in Rust and in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rpc { .. } => "RPC_ERROR",
            Self::Timeout { .. } => "TIMEOUT",
            Self::Aborted { .. } => "ABORTED",
            Self::Closed { .. } => "CLOSED",
            Self::AuthRequired { .. } => "AUTH_REQUIRED",
            Self::TooLarge { .. } => "MESSAGE_TOO_LARGE",
            Self::Http { .. } => "HTTP_ERROR",
            Self::SseOnly { .. } => "HTTP_SSE_ONLY",
            Self::Protocol { .. } => "PROTOCOL_ERROR",
            Self::EndlessPages { .. } => "ENDLESS_PAGES",
            Self::Input { .. } => "INPUT_FAILED",
            Self::Task { .. } => "TASK_FAILED",
            Self::Incompatible { .. } => "INCOMPATIBLE_VERSION",
            Self::Tool { .. } => "TOOL_ERROR",
            Self::Argument { .. } => "INVALID_ARGUMENT",
            Self::Output { .. } => "INVALID_OUTPUT",
        }
    }

    /// The call that failed, or `connecting to …`, or `the connection`.
    pub fn call(&self) -> &str {
        match self {
            Self::Rpc { call, .. }
            | Self::Timeout { call, .. }
            | Self::Aborted { call, .. }
            | Self::Closed { call, .. }
            | Self::AuthRequired { call, .. }
            | Self::TooLarge { call, .. }
            | Self::Http { call, .. }
            | Self::SseOnly { call }
            | Self::Protocol { call, .. }
            | Self::EndlessPages { call, .. }
            | Self::Input { call, .. }
            | Self::Task { call, .. }
            | Self::Incompatible { call, .. }
            | Self::Tool { call, .. }
            | Self::Argument { call, .. }
            | Self::Output { call, .. } => call,
        }
    }

    /// The machine's error, with the call that it is about.
    pub(super) fn new(call: &str, error: CoreError<Value>) -> Self {
        let call = call.to_owned();
        if let Some(limit) = error.size_limit() {
            return Self::TooLarge { call, limit };
        }
        match error {
            CoreError::Rpc(error) => {
                Self::Rpc { call, code: error.code, message: error.message, data: error.data }
            }
            CoreError::Timeout { clock, after } => {
                let after = Duration::try_from_secs_f64(after / 1000.0).unwrap_or(Duration::MAX);
                Self::Timeout { call, clock, after }
            }
            CoreError::Aborted(reason) => Self::Aborted { call, reason },
            CoreError::Closed { reason, sent } => {
                Self::Closed { call, reason, may_have_run: sent, cause: None, exit: None }
            }
            CoreError::Lost { reason, sent, cause } => {
                let words = cause.as_ref().map(Here::describe).unwrap_or_default();
                let reason = if words.is_empty() { reason } else { format!("{reason} ({words})") };
                Self::Closed { call, reason, may_have_run: sent, cause, exit: None }
            }
            CoreError::Http { status, body, retry_after, .. } => {
                let retry_after =
                    retry_after.and_then(|after| Duration::try_from_secs_f64(after / 1000.0).ok());
                Self::Http { call, status, body, retry_after }
            }
            CoreError::SseOnly => Self::SseOnly { call },
            CoreError::Protocol(reason) => Self::Protocol { call, reason },
            CoreError::EndlessPages(reason) => Self::EndlessPages { call, reason },
            CoreError::Input(reason) => Self::Input { call, reason },
            CoreError::Task(reason) => Self::Task { call, reason },
            CoreError::Incompatible(reason) => Self::Incompatible { call, reason },
        }
    }

    /// Says how the server has ended, if it was a program.
    pub(super) fn with_exit(mut self, of: Option<&Arc<Exit>>) -> Self {
        if let Self::Closed { exit, .. } = &mut self {
            *exit = of.cloned();
        }
        self
    }

    /// The same, where the connection is over for want of an authorization.
    pub(super) fn for_want_of_authorization(self) -> Self {
        match self {
            Self::Closed { call, reason, may_have_run, .. } => {
                Self::AuthRequired { call, reason, may_have_run }
            }
            other => other,
        }
    }

    /// How the server has ended, if it was a program that this client had started, and has.
    ///
    /// ```
    /// # fn example(error: mcp_wasm::client::Error) {
    /// if let Some(exit) = error.exit() {
    ///     eprintln!("code {:?}, signal {:?}: {}", exit.code, exit.signal, exit.stderr.join("\n"));
    /// }
    /// # }
    /// ```
    pub fn exit(&self) -> Option<&Exit> {
        match self {
            Self::Closed { exit, .. } => exit.as_deref(),
            _ => None,
        }
    }

    pub(super) fn argument(call: &str, reason: &str) -> Self {
        Self::Argument { call: call.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn output(call: &str, reason: &str) -> Self {
        Self::Output { call: call.to_owned(), reason: reason.to_owned() }
    }
}

/// A text whose addresses may be shown: what stands behind a path, or before a host, may be secret.
pub(super) fn shown(text: &str) -> String {
    let mut safe = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let ends = |at: char| at.is_whitespace() || matches!(at, '"' | '\'' | '<' | '>' | ')');
        let (address, behind) = after.split_at(after.find(ends).unwrap_or(after.len()));
        let public = address.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = public.split_at(public.find('/').unwrap_or(public.len()));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        safe.extend([before, "://", host, path]);
        rest = behind;
    }
    safe + rest
}

/// What became of the request, if there was one.
fn fate(call: &str, may_have_run: bool) -> &'static str {
    match may_have_run {
        _ if call.starts_with("connecting to ") => "",
        true => "; the server may have carried it out",
        false => "; it was not sent",
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::{fs, path::Path};

    use serde_json::Value as Json;

    use super::*;

    /// What the machine says of a failure, by the parts that cross to JavaScript.
    fn core(detail: &Json) -> CoreError<Value> {
        let text = || detail["message"].as_str().unwrap_or_default().to_owned();
        match detail["code"].as_str().unwrap() {
            "TIMEOUT" => {
                let clock = match detail["clock"].as_str().unwrap() {
                    "idle" => Clock::Idle,
                    "total" => Clock::Total,
                    _ => Clock::Connect,
                };
                CoreError::Timeout { clock, after: detail["after"].as_f64().unwrap() }
            }
            "ABORTED" => CoreError::Aborted(detail["message"].as_str().map(str::to_owned)),
            "CLOSED" => {
                CoreError::Closed { reason: text(), sent: detail["sent"].as_bool().unwrap() }
            }
            "HTTP_ERROR" => CoreError::Http {
                status: detail["status"].as_u64().unwrap().try_into().unwrap(),
                body: text(),
                retry_after: None,
                headers: None,
            },
            "HTTP_SSE_ONLY" => CoreError::SseOnly,
            "PROTOCOL_ERROR" => CoreError::Protocol(text()),
            "ENDLESS_PAGES" => CoreError::EndlessPages(text()),
            "INPUT_FAILED" => CoreError::Input(text()),
            "TASK_FAILED" => CoreError::Task(text()),
            "INCOMPATIBLE_VERSION" => CoreError::Incompatible(text()),
            code => panic!("{code}"),
        }
    }

    /// The options of the npm package that the sentences name, and those of Rust programs.
    const OPTIONS: [[&str; 2]; 2] =
        [["`maxTotalTimeout`", "`max_total_timeout`"], ["`connectTimeout`", "`connect_timeout`"]];

    /// The other half is in `tests/node/errors.test.mjs`.
    #[test]
    fn every_error_has_the_sentence_that_the_npm_package_gives() {
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/error-sentences.json");
        let cases: Vec<Json> = serde_json::from_str(&fs::read_to_string(list).unwrap()).unwrap();
        assert!(cases.len() > 20);
        for case in cases {
            let error = Error::new(case["what"].as_str().unwrap(), core(&case["detail"]));
            let sentence = case["sentence"].as_str().unwrap().to_owned();
            let own = |text: String, [theirs, ours]: &[&str; 2]| text.replace(theirs, ours);
            assert_eq!(error.to_string(), OPTIONS.iter().fold(sentence, own));
            assert_eq!(error.code(), case["detail"]["code"].as_str().unwrap());
        }
    }
}
