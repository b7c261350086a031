//! What can be set about an endpoint.

use std::time::Duration;

use crate::http::server::StreamLimits;

/// How an [`Endpoint`](super::Endpoint) treats its clients.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is: `/mcp`.
    pub path: String,
    /// Origins of pages that may connect (`https://app.example`), beside those of the host that is
    /// asked for and, unless [`loopback_origins`](Self::loopback_origins) says otherwise, of
    /// loopback addresses. `*` means all, `null` those of files and sandboxed frames.
    pub allowed_origins: Vec<String>,
    /// Whether pages of this machine (`localhost`, `127.0.0.1`, `[::1]`; `http:` or `https:`) may
    /// connect from whatever port: true. Without it, pages of other programs on this machine need
    /// [`allowed_origins`](Self::allowed_origins).
    pub loopback_origins: bool,
    /// Hosts that are answered for, beside the loopback ones: the names and addresses under which
    /// clients reach the server, or which a proxy passes on. `mcp.example` or `192.168.0.7` means
    /// every port, `mcp.example:8000` that one, `*` every host.
    ///
    /// Whatever the listener's address, requests for other hosts get 403: a page of somebody else's
    /// could otherwise make its own name point to this machine, and talk to the server as a page of
    /// the server's own (DNS rebinding). So `*` is for servers that anybody may call.
    pub allowed_hosts: Vec<String>,
    /// Bytes of the largest message that is taken: 16 MiB. A larger one closes a WebSocket, and is
    /// refused over HTTP.
    pub max_message: usize,
    /// How long the head of an HTTP request may take to arrive, and how long a connection may stay
    /// without a request: 30 s.
    pub head_timeout: Duration,
    /// How long the body of an HTTP request may take to arrive: 60 s.
    pub body_timeout: Duration,
    /// How long an event stream may be silent: 15 s. Then a comment shows that it lives, to
    /// proxies in between and to this server.
    pub keep_alive: Duration,
    /// How long a session over HTTP may be left alone before it ends: 30 minutes. One whose stream
    /// is being read is not alone.
    pub session_timeout: Duration,
    /// How many sessions over HTTP there may be: 10,000. One more ends the one that was left alone
    /// for longest.
    pub max_sessions: usize,
    /// Bytes of events that each stream of a session keeps, for a client that has lost its
    /// connection and comes back: 1 MiB.
    pub max_replay: usize,
    /// How long the client of a session is told to wait before it comes back: 1 s.
    pub retry: Duration,
    /// How often the peer is asked for a sign of life: every 25 s. After two that stay without an
    /// answer the connection is dropped.
    pub ping_interval: Duration,
    /// How long a peer may take for a share of what is sent, which is 512 bytes for each second of
    /// it, or the rest: 30 s. Then the connection is dropped. A result may take as long as it needs.
    /// Over HTTP, this holds for connections of [`serve`](super::serve) and
    /// [`serve_app`](super::serve_app).
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
            loopback_origins: true,
            allowed_hosts: Vec::new(),
            max_message: 16 << 20,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            keep_alive: Duration::from_secs(15),
            session_timeout: Duration::from_secs(30 * 60),
            max_sessions: 10_000,
            max_replay: 1 << 20,
            retry: Duration::from_secs(1),
            ping_interval: Duration::from_secs(25),
            write_timeout: Duration::from_secs(30),
            result_gap: Duration::from_millis(2),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

impl Options {
    /// What the streams of one session may hold.
    pub(super) fn streams(&self) -> StreamLimits {
        StreamLimits {
            kept_bytes: self.max_replay,
            retry: self.retry.as_secs_f64() * 1000.0,
            ..StreamLimits::default()
        }
    }
}
