//! Which rules a POST falls under: decided once, by its body; its headers only have to agree.

use super::{
    agreement::check_headers,
    lookup::{Lookup, RequestHeaders},
    refusal::Refusal,
};
use crate::{
    http::headers::VERSION,
    jsonrpc::{Kind, Message, Payload, RpcError, code},
    proto::version::Version,
    text::{ECHO, clip},
    types::{meta, method},
};

/// Messages that may come as one.
const BATCH: usize = 1024;

/// What the body of a POST asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostKind {
    /// A modern request: an exchange of its own, with nothing before or after it.
    Modern,
    /// A modern notification. There is nothing to be done about it: the only one that clients have
    /// is for giving up a request, which over HTTP they do by dropping the stream.
    ModernNotification,
    /// The first request of a legacy session.
    Initialize,
    /// A message of a legacy session, or a batch of them if the session's revision has that.
    Session,
}

/// Sorts a POST by its parsed body.
///
/// # Errors
/// No server may take this, whatever its tools and sessions are.
pub fn sort<P: Payload>(body: &P, headers: &impl RequestHeaders) -> Result<PostKind, Refusal> {
    if body.kind() == Kind::Array {
        return sort_batch(body, headers);
    }
    let message = read(body)?;
    match &message {
        Message::Request { id, method, params } => sort_request(method, params.as_ref(), headers)
            .map_err(|error| Refusal::because(Some(id.clone()), error)),
        Message::Notification { params, .. } => {
            if is_modern(headers) || claim(params.as_ref()).is_some() {
                return Ok(PostKind::ModernNotification);
            }
            let known = check_version::<P>(headers).map_err(|error| Refusal::because(None, error));
            known.map(|()| PostKind::Session)
        }
        Message::Response { id, .. } => {
            if is_modern(headers) {
                let text = "this server asks nothing of clients that speak 2026-07-28 or later, \
                            so there is nothing to answer";
                let error = RpcError::<P>::new(code::INVALID_REQUEST, text);
                return Err(Refusal::because(id.clone(), error));
            }
            let known = check_version::<P>(headers).map_err(|error| Refusal::because(None, error));
            known.map(|()| PostKind::Session)
        }
    }
}

/// Whether the version header names a revision without sessions.
pub fn is_modern(headers: &impl RequestHeaders) -> bool {
    matches!(version_of(headers), Some(Ok(version)) if version.carries_envelope())
}

fn sort_request<P: Payload>(
    method: &str,
    params: Option<&P>,
    headers: &impl RequestHeaders,
) -> Result<PostKind, RpcError<P>> {
    if let Some(claim) = claim(params) {
        let claimed = claim.as_text();
        let claimed = claimed.as_deref();
        let is_known = claimed.and_then(Version::parse).is_some_and(Version::carries_envelope);
        if method == method::INITIALIZE && !is_known && !is_modern(headers) {
            return Ok(PostKind::Initialize);
        }
        // What is no text is for the machine to refuse.
        if let Some(claimed) = claimed {
            let same = headers.find(VERSION) == Lookup::Text(claimed);
            // A version that is not served needs no further look, if both name it.
            if is_known || !same {
                check_headers(headers, claimed, method, params)?;
            }
        }
        return Ok(PostKind::Modern);
    }
    if is_modern(headers) {
        if method == method::INITIALIZE {
            let text = "`initialize` belongs to revisions before 2026-07-28, but the header \
                        `MCP-Protocol-Version` names a later one: leave the header out, or leave \
                        `initialize` out";
            return Err(RpcError::new(code::HEADER_MISMATCH, text));
        }
        let missing = [
            "`_meta` lacks `",
            meta::PROTOCOL_VERSION,
            "`; beside it, `",
            meta::CLIENT_CAPABILITIES,
            "` is needed",
        ];
        return Err(RpcError::new(code::INVALID_PARAMS, missing.concat()));
    }
    check_version(headers)?;
    Ok(if method == method::INITIALIZE { PostKind::Initialize } else { PostKind::Session })
}

fn sort_batch<P: Payload>(batch: &P, headers: &impl RequestHeaders) -> Result<PostKind, Refusal> {
    if batch.exceeds(BATCH) {
        let text = "a batch of more than 1,024 messages: send it in parts";
        return Err(Refusal::new(413, code::INVALID_REQUEST, text));
    }
    let (mut is_empty, mut outcome) = (true, Ok(()));
    batch.each_element(&mut |message| {
        is_empty = false;
        outcome = if is_modern(headers) {
            refuse("a batch: send each message by itself")
        } else {
            check_in_batch(&message)
        };
        outcome.is_ok()
    });
    if is_empty {
        return refuse("an empty batch: send one message");
    }
    outcome?;
    check_version::<P>(headers).map_err(|error| Refusal::because(None, error))?;
    Ok(PostKind::Session)
}

fn check_in_batch<P: Payload>(message: &P) -> Result<(), Refusal> {
    match read(message)? {
        Message::Request { method, .. } if method == method::INITIALIZE => {
            refuse("`initialize` in a batch: send it by itself")
        }
        Message::Request { params, .. } | Message::Notification { params, .. }
            if claim(params.as_ref()).is_some() =>
        {
            refuse("a batch: send each message by itself")
        }
        _ => Ok(()),
    }
}

fn refuse<T>(text: &str) -> Result<T, Refusal> {
    Err(Refusal::new(400, code::INVALID_REQUEST, text))
}

fn read<P: Payload>(value: &P) -> Result<Message<P>, Refusal> {
    Message::read(value).map_err(|malformed| {
        let id = malformed.id.filter(|_| !malformed.is_response);
        Refusal::because(id, RpcError::<P>::new(code::INVALID_REQUEST, malformed.reason))
    })
}

/// What a message says about its revision; only modern ones say anything.
fn claim<P: Payload>(params: Option<&P>) -> Option<P> {
    params?.get(meta::META)?.get(meta::PROTOCOL_VERSION)
}

/// The revision that the version header names; its text if we do not speak it.
fn version_of(headers: &impl RequestHeaders) -> Option<Result<Version, &str>> {
    match headers.find(VERSION) {
        Lookup::Absent => None,
        Lookup::Unreadable => Some(Err("")),
        Lookup::Text(name) => Some(Version::parse(name).ok_or(name)),
    }
}

/// Refuses revisions that nobody speaks. Without a header it is an old revision.
fn check_version<P: Payload>(headers: &impl RequestHeaders) -> Result<(), RpcError<P>> {
    match version_of(headers) {
        Some(Err(name)) => Err(unsupported(name)),
        _ => Ok(()),
    }
}

/// Names the revisions that `server/discover` names: here the older ones are not asked for by a
/// version header but by the handshake.
fn unsupported<P: Payload>(requested: &str) -> RpcError<P> {
    let supported = Version::named_by_requests().map(|version| P::string(version.as_str()));
    let mut data = P::object();
    data.set("supported", P::array(supported.collect()));
    data.set_text("requested", &clip(requested, ECHO));
    let message = "the header `MCP-Protocol-Version` names no version that is served here";
    RpcError { code: code::UNSUPPORTED_VERSION, message: message.to_owned(), data: Some(data) }
}
