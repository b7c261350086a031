//! What an answer to the probe or to `initialize` means.

use crate::error::Error;
use crate::jsonrpc::{Payload, RpcError, code};
use crate::proto::Millis;
use crate::proto::version::{Era, Version};
use crate::text::{owned, sentence};
use crate::types::meta;

use super::output::{Mode, Negotiated};

/// What to do with the answer to a probe or to `initialize`.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict<P> {
    Open(Box<Negotiated<P>>),
    Probe,
    Initialize,
    /// A passing trouble is in the way: begin again after a while, which the server may suggest.
    Wait(Millis, Error<P>),
    Fail(Error<P>),
}

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
                ", to which `mode` pins this client",
            ])))
        }
        (_, verdict) => verdict,
    }
}

/// Whether the outcome of a probe says nothing about the era.
pub(super) fn says_nothing<P>(error: &Error<P>) -> bool {
    matches!(
        error,
        Error::Lost { .. } | Error::Http { status: ..=399 | 403 | 408 | 425 | 429 | 500.., .. }
    )
}

/// A passing trouble is waited out.
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
        Some(version) => Verdict::Open(Box::new(Negotiated {
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

/// No modern revision in common: an older one may be, unless the list names only unknown ones.
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
        Some(version) => Verdict::Open(Box::new(Negotiated {
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
