//! Finding out which era a server speaks.
//!
//! The specification's stdio rule (<https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning>):
//! the first message is a `server/discover` probe, and any answer but a modern one means
//! `initialize`. Nothing depends on one error code, because old servers use several. Over HTTP
//! there are failures besides answers: a status may say that the server is in trouble, which is no
//! sign of an era, and a page is not told what became of a request that CORS forbids. In either case
//! `initialize` is tried once, because some servers are in trouble only with what they do not know.

use crate::error::Error;
use crate::jsonrpc::{Payload, RpcError, code, write_call};
use crate::proto::Millis;
use crate::proto::version::{Era, Version};
use crate::types::{meta, method};

use super::output::{Mode, Session, owned, sentence};
use super::{Client, Output, Phase};

/// What to do with the answer to a probe or to `initialize`.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict<P> {
    Open(Box<Session<P>>),
    Probe,
    Initialize,
    /// Something passing is in the way: begin again after a while, of which the server may have an
    /// idea.
    Wait(Millis, Error<P>),
    Fail(Error<P>),
}

/// How often the handshake begins again because something passing was in the way.
const ROUNDS: u32 = 3;

/// How long it waits before that, at first.
const PAUSE: Millis = 500.0;

/// Judges the answer to `server/discover`.
pub(super) fn judge_probe<P: Payload>(
    mode: Mode,
    again: bool,
    answer: Result<P, Error<P>>,
) -> Verdict<P> {
    let verdict = match answer {
        Ok(result) => judge_discovery(&result),
        Err(Error::Rpc(error)) => judge_refusal(again, error),
        // The server wants credentials: it may be of either era.
        Err(error @ Error::Http { status: 401, .. }) => Verdict::Fail(error),
        // It has too much to do for a second question.
        Err(error @ Error::Http { status: 408 | 425 | 429, .. }) => wait(error),
        // It is in trouble: no other revision helps one that is pinned.
        Err(error @ Error::Http { .. }) if mode != Mode::Auto && says_nothing(&error) => {
            wait(error)
        }
        // An old server's CORS rules do not know the headers of the probe. No other revision helps
        // one that is pinned.
        Err(error @ Error::Lost { .. }) if mode != Mode::Auto => Verdict::Fail(error),
        Err(_) => Verdict::Initialize,
    };
    match (mode, verdict) {
        // A pinned revision is that revision or an error.
        (Mode::Pin(version), Verdict::Initialize) => {
            Verdict::Fail(Error::Incompatible(sentence(&[
                "the server does not speak ",
                version.as_str(),
                ", to which this client is pinned",
            ])))
        }
        (_, verdict) => verdict,
    }
}

/// Whether what became of a probe is no sign of an era.
fn says_nothing<P>(error: &Error<P>) -> bool {
    matches!(
        error,
        Error::Lost { .. } | Error::Http { status: ..=399 | 403 | 408 | 425 | 429 | 500.., .. }
    )
}

/// What is passing is waited for.
fn wait<P>(error: Error<P>) -> Verdict<P> {
    match error.passes() {
        Some(pause) => Verdict::Wait(pause, error),
        None => Verdict::Fail(error),
    }
}

pub(super) fn judge_discovery<P: Payload>(result: &P) -> Verdict<P> {
    let Some(supported) = result.get("supportedVersions").and_then(|list| list.texts()) else {
        return Verdict::Initialize;
    };
    let common = Version::of(Era::Modern)
        .find(|version| supported.iter().any(|name| name == version.as_str()));
    match common {
        Some(version) => Verdict::Open(Box::new(Session {
            version,
            server_info: result.get(meta::META).and_then(|meta| meta.given(meta::SERVER_INFO)),
            capabilities: result.given("capabilities"),
            instructions: result.present("instructions"),
            discovered: Some(result.clone()),
        })),
        None => without_common(&supported),
    }
}

fn judge_refusal<P: Payload>(again: bool, error: RpcError<P>) -> Verdict<P> {
    match error.code {
        code::UNSUPPORTED_VERSION => {
            let listed = error.data.as_ref().and_then(|data| data.get("supported")?.texts());
            let supported = listed.unwrap_or_default();
            let ours = |name: &String| {
                Version::parse(name).is_some_and(|version| version.era() == Era::Modern)
            };
            match (supported.iter().any(ours), again) {
                (true, false) => Verdict::Probe,
                (true, true) => Verdict::Fail(Error::Rpc(error)),
                (false, _) => without_common(&supported),
            }
        }
        // Only a modern server knows these codes, so there is nothing to fall back to.
        code::HEADER_MISMATCH | code::MISSING_CAPABILITY => Verdict::Fail(Error::Rpc(error)),
        _ => Verdict::Initialize,
    }
}

/// No modern revision in common: an old one may be, unless the list names only strangers.
fn without_common<P>(supported: &[String]) -> Verdict<P> {
    let legacy =
        |name: &String| Version::parse(name).is_some_and(|version| version.era() == Era::Legacy);
    if supported.is_empty() || supported.iter().any(legacy) {
        Verdict::Initialize
    } else {
        Verdict::Fail(no_common(supported))
    }
}

/// Judges the answer to `initialize`.
pub(super) fn judge_initialize<P: Payload>(
    mode: Mode,
    probed: bool,
    answer: Result<P, Error<P>>,
) -> Verdict<P> {
    let result = match answer {
        Ok(result) => result,
        // A modern server that was too slow, or too strict, for the probe, or that was a legacy one
        // when it was met.
        Err(Error::Rpc(RpcError {
            code: code::UNSUPPORTED_VERSION | code::METHOD_NOT_FOUND,
            ..
        })) if mode == Mode::Auto && !probed => {
            return Verdict::Probe;
        }
        Err(error) => return wait(error),
    };
    let Some(name) = result.text("protocolVersion") else {
        let text = "the answer to `initialize` has no `protocolVersion`";
        return Verdict::Fail(Error::Protocol(owned(text)));
    };
    let version = Version::parse(&name).filter(|version| match mode {
        Mode::Pin(pinned) => *version == pinned,
        _ => version.era() == Era::Legacy,
    });
    match version {
        Some(version) => Verdict::Open(Box::new(Session {
            version,
            server_info: result.given("serverInfo"),
            capabilities: result.given("capabilities"),
            instructions: result.present("instructions"),
            discovered: None,
        })),
        None => Verdict::Fail(no_common(&[name])),
    }
}

fn no_common<P>(theirs: &[String]) -> Error<P> {
    let mut text = sentence(&["no protocol version in common: the server speaks"]);
    for name in theirs {
        text.push_str(&sentence(&[" ", name]));
    }
    text.push_str(", this client");
    for version in Version::ALL {
        text.push_str(&sentence(&[" ", version.as_str()]));
    }
    Error::Incompatible(text)
}

impl<P: Payload> Client<P> {
    /// An answer to the probe or to `initialize` has come, or will not come.
    pub(super) fn shake(&mut self, outcome: Result<P, Error<P>>, now: Millis) {
        let mode = self.config.mode;
        let verdict = match self.phase {
            Phase::Probing { again, .. } => {
                match &outcome {
                    Err(error) if says_nothing(error) => {
                        self.doubt.get_or_insert_with(|| error.clone());
                    }
                    _ => self.doubt = None,
                }
                judge_probe(mode, again, outcome)
            }
            Phase::Initializing { probed, .. } => {
                // One that was in trouble when it was probed has not shown what it is.
                let probed = probed && (self.doubt.is_none() || self.rounds >= ROUNDS);
                let verdict = judge_initialize(mode, probed, outcome);
                self.rounds += u32::from(matches!(verdict, Verdict::Probe));
                verdict
            }
            _ => return,
        };
        self.judged(verdict, now);
    }

    fn judged(&mut self, verdict: Verdict<P>, now: Millis) {
        match verdict {
            Verdict::Open(session) if session.version.era() == Era::Legacy => {
                self.greeting = true;
                self.outputs.push(Output::Greet(write_call(None, method::INITIALIZED, None)));
                self.phase = Phase::Open(session);
            }
            Verdict::Open(session) => {
                self.enter(session);
                self.ask_again(now);
            }
            Verdict::Probe => self.probe(true, now),
            Verdict::Initialize => self.initialize(true),
            Verdict::Wait(wish, error) => self.begin_later(wish, error, now),
            Verdict::Fail(error) => self.fail_to_connect(error),
        }
    }

    /// Both sides know that the session has begun.
    pub(super) fn enter(&mut self, session: Box<Session<P>>) {
        self.greeting = false;
        self.connect_deadline = f64::INFINITY;
        self.outputs.push(Output::Connected(session.clone()));
        self.phase = Phase::Open(session);
    }

    /// The server has the notification that ends the handshake.
    pub fn begun(&mut self, now: Millis) {
        if self.greeting
            && let Phase::Open(session) = &self.phase
        {
            let session = session.clone();
            self.enter(session);
            self.ask_again(now);
        }
    }

    /// The notification that ends the handshake could not be delivered.
    pub fn not_begun(&mut self, error: Error<P>) {
        if self.greeting {
            self.disconnect(error, None);
        }
    }

    /// Begins the handshake once more after a while, if there is time for that.
    fn begin_later(&mut self, wish: Millis, error: Error<P>, now: Millis) {
        let pause = PAUSE * f64::from(1_u32 << self.rounds.min(ROUNDS)) * (1.0 + now.fract() / 4.0);
        let until = now + pause.max(wish);
        self.rounds += 1;
        if self.rounds <= ROUNDS && until < self.connect_deadline {
            let legacy = matches!(self.phase, Phase::Initializing { .. }) && self.doubt.is_none();
            self.phase = Phase::Waiting { until, legacy };
        } else if matches!(self.phase, Phase::Probing { .. }) && self.config.mode == Mode::Auto {
            // Whatever the status means there.
            self.initialize(true);
        } else {
            self.fail_to_connect(error);
        }
    }

    /// Reports what stood in the way first, if that was the server itself; to a page, what was lost
    /// says nothing.
    fn fail_to_connect(&mut self, error: Error<P>) {
        let later = matches!(self.phase, Phase::Initializing { .. });
        match self.doubt.take() {
            Some(first @ Error::Http { .. }) if later => self.disconnect(first, Some(error)),
            _ => self.disconnect(error, None),
        }
    }

    /// Whether the connection is on its way.
    pub(super) fn is_connecting(&self) -> bool {
        match self.phase {
            Phase::Closed => false,
            Phase::Open(_) => self.greeting,
            _ => true,
        }
    }
}
