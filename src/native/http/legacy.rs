//! Requests before 2026-07-28: of a session, or the one that begins it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::time::timeout;

use super::{
    Origin,
    events::{self, Quiet},
    forbidden::{forbidden, forbids},
    json,
    messages::each_message,
    request,
    session::{HttpSession, Reading},
    sessions::{new_id, secret},
};
use crate::{
    http::{
        headers::{EVENTS, LAST_EVENT, SESSION},
        server::{
            Beginning, InUse, Lookup, NoStream, NoSuchEvent, Refusal, RequestHeaders, StreamLimits,
            status_of,
        },
    },
    jsonrpc::{Id, Kind, Message, Payload, Raw, code},
    native::{
        Endpoint,
        expiry::{Expiry, GRACE},
        guard,
        peer::Peer,
    },
    proto::version::Version,
    server::{Frame, Transmit},
    types::method,
};

/// How long an answer may take to be sent as plain JSON. After that it is a stream, so that a
/// client that loses it has something to go on from.
const AT_ONCE: Duration = Duration::from_millis(50);

/// How long a client waits before it asks for a GET stream again that somebody else reads: about
/// what it takes until a connection that is gone is found to be.
const IN_USE: &str = "5";

/// Begins a session.
pub(super) async fn initialize(
    endpoint: &Endpoint,
    origin: &Origin<'_>,
    message: &Raw,
) -> Result<Response, Refusal> {
    let (link, mut driver) = endpoint.server().connect();
    link.receive_value_with(message, &origin.extensions);
    // A server that is here answers at once.
    let answer = tokio::select! {
        biased;
        answer = link.transmit() => Some(answer),
        () = &mut driver => None,
    };
    let Some(Transmit::Send { frame, refusal, .. }) = answer else {
        return Err(Refusal::new(500, code::INTERNAL_ERROR, "the server gave no answer"));
    };
    let Some(version) = negotiated(&frame) else {
        return Ok(json(status_of(&frame, refusal), frame.to_json()));
    };
    let options = endpoint.options();
    let (Some(id), Some(secret)) = (new_id(), secret()) else {
        let text = "the system has no random numbers";
        return Err(Refusal::new(500, code::INTERNAL_ERROR, text));
    };
    let limits =
        StreamLimits { requests: endpoint.server().limits().requests, ..options.streams() };
    let (principal, total) = (origin.principal().cloned(), endpoint.sessions().total());
    let session = HttpSession::new(id.clone(), version, principal, link, (limits, secret), total);
    let session = Arc::new(session);
    let peer = Peer::of(&origin.extensions, origin.headers, options);
    endpoint.sessions().add(&session, peer).map_err(|full| {
        let id = message.get("id").and_then(|id| id.as_id());
        let (status, text) = if full.of_peer {
            (429, "you have too many sessions: end some, or try later")
        } else {
            (503, "there are too many sessions: try later")
        };
        Refusal::busy(status, id, text, full.retry_after)
    })?;
    let running = endpoint.running();
    let life = session.run(
        driver,
        Arc::clone(endpoint.sessions()),
        options.session_timeout,
        endpoint.stopping(),
    );
    tokio::spawn(async move {
        life.await;
        drop(running);
    });
    Ok(([(SESSION, id)], json(200, frame.to_json())).into_response())
}

/// The version that an answer to `initialize` settles on.
fn negotiated(frame: &Frame<Raw>) -> Option<Version> {
    let Frame::Message(message) = frame else { return None };
    Version::parse(&message.at(&["result", "protocolVersion"])?.as_text()?)
}

/// Takes messages of a session: one, or where its revision has that, several.
pub(super) async fn post(
    endpoint: &Endpoint,
    origin: &Origin<'_>,
    body: Raw,
) -> Result<Response, Refusal> {
    let is_batch = body.kind() == Kind::Array;
    let id = if is_batch { None } else { request_id(&body) };
    let session = find(endpoint, origin, id.as_ref())?;
    if let Some(refused) = forbidden(endpoint, origin, &body) {
        return Ok(refused);
    }
    let limits = endpoint.server().limits();
    if is_batch && !session.version.has_batches() {
        let text = "a batch, which only revision 2025-03-26 has: send each message by itself";
        return Err(Refusal::new(400, code::INVALID_REQUEST, text));
    }
    let mut requests = Vec::new();
    each_message(&body, &mut |message| requests.extend(request_id(message)));
    let reading = if requests.is_empty() {
        None
    } else {
        // Its answer could not say which request it is for, and so would not come here.
        let is_long = |id: &Id| matches!(id, Id::Text(text) if text.len() > limits.identifier);
        if requests.iter().any(is_long) {
            return Err(Refusal::new(400, code::INVALID_REQUEST, "`id` is too long"));
        }
        if requests.len() > limits.requests {
            let text =
                format!("a batch of more than {} requests: send it in parts", limits.requests);
            return Err(Refusal::new(413, code::INVALID_REQUEST, text));
        }
        Some(session.open(&requests).map_err(|why| match why {
            NoStream::Taken => {
                let text = "a request with this id is in flight";
                Refusal::of_request(400, id.clone(), code::INVALID_REQUEST, text)
            }
            NoStream::TooMany => {
                Refusal::busy(429, id.clone(), "too many requests in flight", 1000.0)
            }
            NoStream::Unread => {
                Refusal::busy(429, id.clone(), "too many answers wait to be read", 1000.0)
            }
        })?)
    };
    session.take(&body, &origin.extensions);
    each_message(&body, &mut |message| {
        if let Some(request) = given_up(message) {
            session.cancelled(&request);
        }
    });
    // A tool may take its time, and has what it wants of it.
    drop(body);
    let Some(reading) = reading else {
        return Ok(StatusCode::ACCEPTED.into_response());
    };
    match timeout(AT_ONCE, reading.beginning()).await {
        Ok(Beginning::Whole(message)) if forbids(&message) => Ok(json(403, message)),
        Ok(Beginning::Whole(message)) => Ok(json(200, message)),
        Ok(Beginning::Stream) | Err(_) => {
            let end = Expiry::of(&origin.extensions).and(GRACE);
            Ok(stream(endpoint, reading, end))
        }
    }
}

/// The id of a message that is a request.
fn request_id(message: &Raw) -> Option<Id> {
    message.get("method")?;
    message.get("id")?.as_id()
}

/// The request that a notification gives up.
fn given_up(message: &Raw) -> Option<Id> {
    match Message::read(message) {
        Ok(Message::Notification { method, params }) if method == method::CANCELLED => {
            params?.get("requestId")?.as_id()
        }
        _ => None,
    }
}

/// Opens the stream for what belongs to no request, or goes on with any stream.
pub(super) async fn get(endpoint: &Endpoint, origin: &Origin<'_>) -> Result<Response, Refusal> {
    let headers = origin.headers;
    let refuse = |status, text: &str| Err(Refusal::new(status, code::INVALID_REQUEST, text));
    if !request::accepts(headers, EVENTS) {
        return refuse(406, "`Accept` does not name text/event-stream");
    }
    let session = find(endpoint, origin, None)?;
    let reading = match headers.find(LAST_EVENT) {
        Lookup::Absent | Lookup::Text("") => match session.listen(origin.desk.as_ref()).await {
            Ok(reading) => reading,
            Err(InUse) => return Ok(in_use()),
        },
        Lookup::Unreadable => return refuse(400, "`Last-Event-ID` cannot be read"),
        Lookup::Text(event) => match session.resume(event) {
            Ok(reading) => reading,
            Err(NoSuchEvent::Foreign) => {
                return refuse(400, "`Last-Event-ID` is no event that was sent in this session");
            }
            Err(NoSuchEvent::Gone) => {
                return refuse(400, "the stream of `Last-Event-ID` has ended, and is not kept");
            }
        },
    };
    Ok(stream(endpoint, reading, Expiry::of(&origin.extensions)))
}

fn in_use() -> Response {
    let text = "somebody reads this stream already; who has lost it names the last event in \
                `Last-Event-ID`, or comes back later";
    let mut response = guard::refusal(StatusCode::CONFLICT, text);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(IN_USE));
    response
}

/// Ends a session.
pub(super) fn delete(endpoint: &Endpoint, origin: &Origin<'_>) -> Result<Response, Refusal> {
    let session = find(endpoint, origin, None)?;
    endpoint.sessions().remove(&session.id);
    session.end();
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn find(
    endpoint: &Endpoint,
    origin: &Origin<'_>,
    request: Option<&Id>,
) -> Result<Arc<HttpSession>, Refusal> {
    let found = match origin.headers.find(SESSION) {
        Lookup::Absent => {
            return Err(Refusal::of_request(
                400,
                request.cloned(),
                code::INVALID_REQUEST,
                "`Mcp-Session-Id` is missing: begin a session with `initialize`, or name the \
                 protocol version in `_meta` (since 2026-07-28); for a WebSocket, send an upgrade",
            ));
        }
        Lookup::Text(id) => endpoint.sessions().find(id),
        Lookup::Unreadable => None,
    };
    let found = found.filter(|session| session.is_of(origin.principal()));
    found.ok_or_else(Refusal::no_such_session)
}

fn stream(endpoint: &Endpoint, reading: Reading, end: Expiry) -> Response {
    let quiet = Quiet::new(endpoint.options().keep_alive);
    // The body is asked for more only when what it gave before has left.
    let chunks = stream::unfold((reading, quiet), move |(reading, mut quiet)| async move {
        let text = tokio::select! {
            biased;
            () = end.wait() => return None,
            next = reading.next() => next?,
            () = quiet.wait() => events::COMMENT.to_owned(),
        };
        quiet.is_over();
        Some((Ok::<_, Infallible>(text), (reading, quiet)))
    });
    events::response(Body::from_stream(chunks))
}
