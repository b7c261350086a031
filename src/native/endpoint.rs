//! The place where clients connect: one path of an axum app.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{guard, patiently, socket};
use crate::server::Server;

/// The subprotocol that makes a WebSocket one of ours.
const SUBPROTOCOL: &str = "mcp";

/// How an [`Endpoint`] treats its clients.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is: `/mcp`.
    pub path: String,
    /// Origins of pages that may connect, beside those of this host and of loopback addresses.
    /// `*` means all.
    pub allowed_origins: Vec<String>,
    /// Names (`host` or `host:port`) that a loopback listener answers to, beside the loopback
    /// ones: what a reverse proxy on the same machine passes on.
    pub allowed_hosts: Vec<String>,
    /// Bytes of the largest message that is taken: 16 MiB. A larger one closes the connection.
    pub max_message: usize,
    /// How often the peer is asked for a sign of life: every 25 s. After two that stay without an
    /// answer the connection is dropped.
    pub ping_interval: Duration,
    /// How long a peer may take nothing of what is sent: 30 s. Then the connection is dropped.
    pub write_timeout: Duration,
    /// How long a result keeps away from the report before it, for legacy peers: 2 ms.
    ///
    /// The TypeScript SDK v1 handles a response at once and a notification a moment later. In Node,
    /// where frames that came together are handled in one go, the response wins, and the last
    /// report is lost on it. Apart by that much, they come one by one. Zero is for servers that no
    /// such client uses.
    pub result_gap: Duration,
    /// How long the end may take once it was asked for: 5 s.
    pub shutdown_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path: "/mcp".to_owned(),
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            max_message: 16 << 20,
            ping_interval: Duration::from_secs(25),
            write_timeout: Duration::from_secs(30),
            result_gap: Duration::from_millis(2),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

/// A server at a path of an axum app. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    options: Options,
    /// Set once, when the end has come. Every connection holds a receiver.
    stop: watch::Sender<bool>,
}

impl Endpoint {
    /// An endpoint for this server.
    pub fn new(server: Server, options: Options) -> Self {
        Self { shared: Arc::new(Shared { server, options, stop: watch::Sender::new(false) }) }
    }

    /// Its route, to be merged into an axum app.
    pub fn router(&self) -> Router {
        let methods = get(connect).fallback(not_allowed).with_state(self.clone());
        Router::new().route(&self.shared.options.path, methods)
    }

    /// Closes every connection with code 1001, cancels its tools, and waits until all have ended;
    /// not longer than [`Options::shutdown_timeout`]. New ones are refused.
    pub async fn shutdown(&self) {
        self.shared.stop.send_replace(true);
        patiently(self.shared.options.shutdown_timeout, self.shared.stop.closed()).await;
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.shared.stop.receiver_count()
    }

    pub(super) fn options(&self) -> &Options {
        &self.shared.options
    }

    /// What runs a connection once the HTTP side is done with it.
    fn host(&self, upgrade: OnUpgrade) -> impl Future<Output = ()> + Send + 'static {
        let shared = Arc::clone(&self.shared);
        let stop = self.shared.stop.subscribe();
        async move {
            let upgraded = match upgrade.await {
                Ok(upgraded) => upgraded,
                Err(error) => return tracing::debug!(%error, "the upgrade to WebSocket failed"),
            };
            let limit = Some(shared.options.max_message);
            let config = WebSocketConfig::default()
                .max_message_size(limit)
                .max_frame_size(limit)
                // Per connection and from the start, so rather small: most are idle.
                .read_buffer_size(8 << 10)
                .write_buffer_size(32 << 10);
            let io = TokioIo::new(upgraded);
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            socket::run(socket, &shared.server, &shared.options, stop).await;
        }
    }
}

/// `GET` with an upgrade opens a WebSocket.
async fn connect(State(endpoint): State<Endpoint>, mut request: Request) -> Response {
    let headers = request.headers();
    if !guard::is_origin_allowed(headers, &endpoint.shared.options.allowed_origins) {
        return guard::refusal(StatusCode::FORBIDDEN, "this origin may not connect");
    }
    if *endpoint.shared.stop.borrow() {
        return guard::refusal(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down");
    }
    if !has_token(headers, &header::UPGRADE, "websocket") {
        return upgrade_required("connect by WebSocket, with the subprotocol `mcp`");
    }
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
    tokio::spawn(endpoint.host(upgrade));
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

async fn not_allowed() -> Response {
    let mut response = guard::refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "connect by WebSocket: GET with an upgrade, with the subprotocol `mcp`",
    );
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    response
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
