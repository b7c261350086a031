//! Streamable HTTP: both eras on one URL.
//!
//! What a request means is decided by [`crate::http::server`]; this moves bytes and keeps clocks.

pub(super) mod cors;
mod events;
mod forbidden;
mod legacy;
mod messages;
mod modern;
mod pace;
mod request;
mod running;
mod session;
mod sessions;
mod state;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use hyper::upgrade::OnUpgrade;

use forbidden::{challenged, forbidden};

use super::{Endpoint, connections::Desk, guard, peer::Peer, reading::Counter};
use crate::http::{
    headers::JSON,
    server::{PostKind, RETRY_AFTER, Refusal, check_arguments, is_modern, sort},
};
use crate::server::Principal;

pub(super) use sessions::Sessions;

/// The methods that the endpoint knows.
const METHODS: &str = "POST, GET, DELETE, OPTIONS";

/// Answers a request that is not about a WebSocket. Its origin has been found good.
pub(super) async fn serve(endpoint: &Endpoint, request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return cors::preflight(request.headers());
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = answer(endpoint, request).await;
    cors::open(origin, response.headers_mut());
    response
}

/// The answer while the end is near.
pub(super) fn shutting_down() -> Response {
    let text = "the server is shutting down";
    let mut response = guard::refusal(StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
    response
}

/// Where a request comes from.
struct Origin<'a> {
    headers: &'a HeaderMap,
    extensions: Arc<Extensions>,
    /// Of the connection, if it is one of a listener of ours.
    desk: Option<Desk>,
}

impl Origin<'_> {
    fn principal(&self) -> Option<&Principal> {
        self.extensions.get()
    }
}

async fn answer(endpoint: &Endpoint, request: Request) -> Response {
    if *endpoint.stopping().borrow() {
        return shutting_down();
    }
    let (mut parts, body) = request.into_parts();
    // Nobody is going to upgrade, and handlers may keep the rest for as long as they like.
    parts.extensions.remove::<OnUpgrade>();
    let desk = parts.extensions.remove::<Desk>();
    let headers = &parts.headers;
    let origin = &Origin { headers, extensions: Arc::new(parts.extensions), desk };
    let outcome = match parts.method {
        Method::POST => post(endpoint, origin, body).await,
        Method::GET | Method::DELETE if is_modern(headers) => {
            return not_allowed(
                "POST, OPTIONS",
                "from 2026-07-28 on there is only POST; `subscriptions/listen` opens a stream",
            );
        }
        Method::GET => legacy::get(endpoint, origin).await,
        Method::DELETE => legacy::delete(endpoint, origin),
        _ => return not_allowed(METHODS, "send messages by POST, or upgrade to a WebSocket"),
    };
    outcome.unwrap_or_else(refused)
}

async fn post(endpoint: &Endpoint, origin: &Origin<'_>, body: Body) -> Result<Response, Refusal> {
    let headers = origin.headers;
    let (options, intake) = (endpoint.options(), endpoint.server().intake());
    let peer = Peer::of(&origin.extensions, headers, options);
    let counter = Counter::new(intake, peer.and_then(|peer| intake.source(peer)));
    let message = request::read(options, headers, body, counter).await?;
    match sort(&message, headers)? {
        PostKind::Modern => {
            check_arguments(&message, headers, |name| endpoint.server().listed_tool(name))?;
            if let Some(refused) = forbidden(endpoint, origin, &message) {
                return Ok(refused);
            }
            Ok(modern::serve(endpoint, &origin.extensions, message).await)
        }
        PostKind::ModernNotification => Ok(StatusCode::ACCEPTED.into_response()),
        PostKind::Initialize => legacy::initialize(endpoint, origin, &message).await,
        PostKind::Session => legacy::post(endpoint, origin, message).await,
    }
}

fn not_allowed(methods: &'static str, message: &str) -> Response {
    let mut response = guard::refusal(StatusCode::METHOD_NOT_ALLOWED, message);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

/// A refusal as an answer.
fn refused(refusal: Refusal) -> Response {
    let mut response = json(refusal.status, refusal.body);
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A JSON-RPC message as an answer.
fn json(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let forbids = status == StatusCode::FORBIDDEN;
    let challenge = forbids.then(|| challenged(&body)).flatten();
    let mut response = (status, [(header::CONTENT_TYPE, JSON)], body).into_response();
    if let Some(challenge) = challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
    }
    response
}
