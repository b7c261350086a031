//! From an HTTP request to a WebSocket. Not by axum's `ws`: it keeps the stream to itself, while a goodbye
//! here waits for the peer on the bare stream, and its buffers are of our size.

use std::future::Future;

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{
    Endpoint,
    connections::{Desk, Speaker},
    expiry::Expiry,
    guard,
    patient::Patient,
    peer::Peer,
    pieces::Pieces,
    reading::Counter,
    socket,
};

/// The subprotocol that makes a WebSocket one of ours.
const SUBPROTOCOL: &str = "mcp";

/// Bytes of a handshake's key.
const KEY: usize = 16;

/// Whether the request wants to become a WebSocket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    tokens(headers, &header::UPGRADE).any(|token| token.eq_ignore_ascii_case("websocket"))
}

/// Opens a WebSocket.
pub(super) fn connect(endpoint: &Endpoint, mut request: Request) -> Response {
    let handshake = match Handshake::read(&request) {
        Ok(handshake) => handshake,
        Err((StatusCode::UPGRADE_REQUIRED, message)) => return upgrade_required(message),
        Err((status, message)) => return guard::refusal(status, message),
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return upgrade_required("this connection cannot be upgraded");
    };
    let mut extensions = std::mem::take(request.extensions_mut());
    let desk = extensions.remove();
    let peer = Peer::of(&extensions, request.headers(), endpoint.options());
    let intake = endpoint.server().intake();
    let counter = Counter::new(intake, peer.and_then(|peer| intake.source(peer)));
    tokio::spawn(host(endpoint, upgrade, desk, extensions, counter));
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, handshake.accept);
    if handshake.offers_ours {
        let chosen = HeaderValue::from_static(SUBPROTOCOL);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    response
}

struct Handshake {
    /// What answers the key.
    accept: HeaderValue,
    /// Whether our subprotocol is among those that are offered.
    offers_ours: bool,
}

impl Handshake {
    /// Reads a request that RFC 6455, 4.2.1, takes for a handshake.
    fn read(request: &Request) -> Result<Self, (StatusCode, &'static str)> {
        let headers = request.headers();
        let refuse = |text| Err((StatusCode::BAD_REQUEST, text));
        if request.method() != Method::GET || request.version() != Version::HTTP_11 {
            return refuse("a WebSocket is opened by `GET` of HTTP/1.1");
        }
        let has_body = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0")
            || headers.contains_key(header::TRANSFER_ENCODING);
        if has_body {
            return refuse("a request that opens a WebSocket has no body");
        }
        let mut connection = tokens(headers, &header::CONNECTION);
        if !connection.any(|token| token.eq_ignore_ascii_case("upgrade")) {
            return refuse("`Connection` does not name `Upgrade`");
        }
        let once = |name, twice| {
            guard::only(headers, &name).map_err(|()| (StatusCode::BAD_REQUEST, twice))
        };
        once(header::CONNECTION, "`Connection` is there more than once")?;
        once(header::UPGRADE, "`Upgrade` is there more than once")?;
        let twice = "`Sec-WebSocket-Version` is there more than once";
        if once(header::SEC_WEBSOCKET_VERSION, twice)?.is_none_or(|version| version != "13") {
            return Err((StatusCode::UPGRADE_REQUIRED, "`Sec-WebSocket-Version` is not 13"));
        }
        let twice = "`Sec-WebSocket-Key` is there more than once";
        let Some(key) = once(header::SEC_WEBSOCKET_KEY, twice)? else {
            return refuse("`Sec-WebSocket-Key` is missing");
        };
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
        let (Ok(KEY), Ok(accept)) = (STANDARD.decode(key).map(|key| key.len()), accept) else {
            return refuse("`Sec-WebSocket-Key` is not 16 bytes in Base64");
        };
        // Of names of subprotocols the case counts.
        let offers_ours =
            tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|token| token == SUBPROTOCOL);
        // Who offers nothing wants nothing chosen. Who offers others only gets an answer that says
        // why: a browser takes one without a choice for a failure, and does not explain it.
        if !offers_ours && headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL) {
            return refuse("the subprotocol `mcp` is not among those that are offered");
        }
        Ok(Self { accept, offers_ours })
    }
}

fn upgrade_required(message: &str) -> Response {
    let mut response = guard::refusal(StatusCode::UPGRADE_REQUIRED, message);
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

/// The comma-separated tokens of a header.
pub(super) fn tokens<'a>(
    headers: &'a HeaderMap,
    name: &header::HeaderName,
) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// What runs a connection once the HTTP side is done with it.
fn host(
    endpoint: &Endpoint,
    upgrade: OnUpgrade,
    desk: Option<Desk>,
    extensions: Extensions,
    counter: Counter,
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
            .read_buffer_size(4 << 10)
            .write_buffer_size(32 << 10);
        // Whoever serves the app may have no clock of its own.
        let io = Patient::new(TokioIo::new(upgraded), options.write_timeout);
        let pulse = io.pulse();
        let (io, counter) = Pieces::new(io, counter, options.max_message);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let expiry = Expiry::of(&extensions);
        let connection = endpoint.server().connect_with(extensions);
        let signs = (&*pulse, &Speaker::new(desk), &counter, expiry);
        socket::run(socket, connection, options, signs, endpoint.stopping()).await;
        drop(running);
    }
}
