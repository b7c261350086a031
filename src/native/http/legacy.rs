//! Requests before 2026-07-28: of a session, or the one that begins it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::time::timeout;

use super::{
    events, json, request,
    session::{Reading, Session},
    sessions::new_id,
};
use crate::{
    http::{
        headers::{EVENTS, LAST_EVENT, SESSION},
        server::{Beginning, Lookup, NoSuchEvent, Refusal, RequestHeaders, status_of},
    },
    jsonrpc::{Id, Message, Payload, Raw, code},
    native::Endpoint,
    proto::version::Version,
    server::{Frame, Transmit},
    types::method,
};

/// How long an answer may take to be sent as plain JSON. After that it is a stream, so that a
/// client that loses it has something to go on from.
const AT_ONCE: Duration = Duration::from_millis(50);

/// Begins a session.
pub(super) fn initialize(endpoint: &Endpoint, message: &Raw) -> Result<Response, Refusal> {
    let (link, driver) = endpoint.server().connect();
    link.receive_value(message);
    // The machine itself answers, so the answer is there.
    let Some(Transmit::Send { frame, refusal, .. }) = link.try_transmit() else {
        return Err(Refusal::new(500, code::INTERNAL_ERROR, "the server gave no answer"));
    };
    let Some(version) = negotiated(&frame) else {
        return Ok(json(status_of(&frame, refusal), frame.to_json()));
    };
    let options = endpoint.options();
    let id = new_id().ok_or_else(|| {
        Refusal::new(500, code::INTERNAL_ERROR, "the system has no random numbers")
    })?;
    let session = Arc::new(Session::new(id.clone(), version, link, options.streams()));
    if !endpoint.sessions().add(&session, options.max_sessions) {
        return Err(Refusal::new(503, code::TOO_MANY_REQUESTS, "too many sessions: try later"));
    }
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
    headers: &HeaderMap,
    body: Raw,
) -> Result<Response, Refusal> {
    let (messages, is_batch) = match body.elements() {
        Some(messages) => (messages, true),
        None => (vec![body], false),
    };
    let requests: Vec<Id> = messages
        .iter()
        .filter(|message| message.get("method").is_some())
        .filter_map(|message| message.get("id")?.as_id())
        .collect();
    let id = if is_batch { None } else { requests.first().cloned() };
    let session = find(endpoint, headers, id.as_ref())?;
    if is_batch && !session.version.has_batches() {
        let text = "a batch, which only revision 2025-03-26 has: send each message by itself";
        return Err(Refusal::new(400, code::INVALID_REQUEST, text));
    }
    let reading = if requests.is_empty() {
        None
    } else {
        let taken = || {
            let text = "a request with this id is in flight";
            Refusal::of_request(400, id.clone(), code::INVALID_REQUEST, text)
        };
        Some(session.open(requests).ok_or_else(taken)?)
    };
    for message in &messages {
        session.take(message).await;
        if let Some(request) = given_up(message) {
            session.cancelled(&request);
        }
    }
    let Some(reading) = reading else {
        return Ok(StatusCode::ACCEPTED.into_response());
    };
    match timeout(AT_ONCE, reading.beginning()).await {
        Ok(Beginning::Whole(message)) => Ok(json(200, message)),
        Ok(Beginning::Stream) | Err(_) => Ok(stream(endpoint, reading)),
    }
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
pub(super) fn get(endpoint: &Endpoint, headers: &HeaderMap) -> Result<Response, Refusal> {
    let refuse = |status, text: &str| Err(Refusal::new(status, code::INVALID_REQUEST, text));
    if !request::accepts(headers, EVENTS) {
        return refuse(406, "`Accept` does not name text/event-stream");
    }
    let session = find(endpoint, headers, None)?;
    let reading = match headers.find(LAST_EVENT) {
        Lookup::Absent | Lookup::Text("") => session.listen(),
        Lookup::Unreadable => return refuse(400, "`Last-Event-ID` cannot be read"),
        Lookup::Text(event) => match session.resume(event) {
            Ok(reading) => reading,
            Err(NoSuchEvent::Foreign) => {
                return refuse(400, "`Last-Event-ID` is no event of this session");
            }
            Err(NoSuchEvent::Gone) => {
                return refuse(400, "the stream of `Last-Event-ID` has ended, and is not kept");
            }
        },
    };
    Ok(stream(endpoint, reading))
}

/// Ends a session.
pub(super) fn delete(endpoint: &Endpoint, headers: &HeaderMap) -> Result<Response, Refusal> {
    let session = find(endpoint, headers, None)?;
    endpoint.sessions().remove(&session.id);
    session.end();
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn find(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    request: Option<&Id>,
) -> Result<Arc<Session>, Refusal> {
    let refuse = |status, text: &str| {
        Refusal::of_request(status, request.cloned(), code::INVALID_REQUEST, text)
    };
    let found = match headers.find(SESSION) {
        Lookup::Absent => {
            return Err(refuse(
                400,
                "`Mcp-Session-Id` is missing: begin a session with `initialize`, or name the \
                 protocol version in `_meta` (since 2026-07-28); for a WebSocket, send an upgrade",
            ));
        }
        Lookup::Text(id) => endpoint.sessions().find(id),
        Lookup::Unreadable => None,
    };
    found.ok_or_else(|| refuse(404, "there is no such session: begin one with `initialize`"))
}

fn stream(endpoint: &Endpoint, reading: Reading) -> Response {
    let keep_alive = endpoint.options().keep_alive;
    // The body is asked for more only when what it gave before has left.
    let chunks = stream::unfold(reading, move |reading| async move {
        let text = match timeout(keep_alive, reading.next()).await {
            Ok(text) => text?,
            Err(_) => events::COMMENT.to_owned(),
        };
        Some((Ok::<_, Infallible>(text), reading))
    });
    events::response(Body::from_stream(chunks))
}
