//! From an HTTP request to a WebSocket.

use std::future::Future;

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{Endpoint, guard, socket};

/// The subprotocol that makes a WebSocket one of ours.
const SUBPROTOCOL: &str = "mcp";

/// Whether the request wants to become a WebSocket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    has_token(headers, &header::UPGRADE, "websocket")
}

/// `GET` with an upgrade opens a WebSocket.
pub(super) fn connect(endpoint: &Endpoint, mut request: Request) -> Response {
    let headers = request.headers();
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return upgrade_required("`Sec-WebSocket-Version` is not 13");
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
        return guard::refusal(StatusCode::BAD_REQUEST, "`Sec-WebSocket-Key` is missing");
    };
    if !has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return guard::refusal(StatusCode::BAD_REQUEST, "the subprotocol `mcp` is not offered");
    }
    let accept = derive_accept_key(key.as_bytes());
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return upgrade_required("this connection cannot be upgraded");
    };
    let extensions = std::mem::take(request.extensions_mut());
    tokio::spawn(host(endpoint, upgrade, extensions));
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL)),
        (
            header::SEC_WEBSOCKET_ACCEPT,
            HeaderValue::from_str(&accept).unwrap_or_else(|_| HeaderValue::from_static("")),
        ),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn upgrade_required(message: &str) -> Response {
    let mut response = guard::refusal(StatusCode::UPGRADE_REQUIRED, message);
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

/// Whether one of the comma-separated tokens of a header is this one.
fn has_token(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(token))
}

/// What runs a connection once the HTTP side is done with it.
fn host(
    endpoint: &Endpoint,
    upgrade: OnUpgrade,
    extensions: Extensions,
) -> impl Future<Output = ()> + Send + 'static {
    let endpoint = endpoint.clone();
    let running = endpoint.running();
    async move {
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => return tracing::debug!(%error, "the upgrade to WebSocket failed"),
        };
        let options = endpoint.options();
        let limit = Some(options.max_message);
        let config = WebSocketConfig::default()
            .max_message_size(limit)
            .max_frame_size(limit)
            // Per connection and from the start, so rather small: most are idle.
            .read_buffer_size(8 << 10)
            .write_buffer_size(32 << 10);
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let connection = endpoint.server().connect_with(extensions);
        socket::run(socket, connection, options, endpoint.stopping()).await;
        drop(running);
    }
}
