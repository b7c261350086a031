//! What can be set about an endpoint.

use std::time::Duration;

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
    /// Bytes of the largest message that is taken: 16 MiB. A larger one closes a WebSocket, and is
    /// refused over HTTP.
    pub max_message: usize,
    /// How long the body of an HTTP request may take to arrive: 60 s.
    pub body_timeout: Duration,
    /// How long an event stream may be silent: 15 s. Then a comment shows that it lives, to
    /// proxies in between and to this server.
    pub keep_alive: Duration,
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
            body_timeout: Duration::from_secs(60),
            keep_alive: Duration::from_secs(15),
            ping_interval: Duration::from_secs(25),
            write_timeout: Duration::from_secs(30),
            result_gap: Duration::from_millis(2),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}
