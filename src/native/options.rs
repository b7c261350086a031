//! What can be set about an endpoint.

use std::time::Duration;

use crate::{
    http::server::{RosterLimits, StreamLimits},
    proto::Millis,
};

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
    /// Who may call, and what: anybody, everything. See [`Auth`](super::auth::Auth).
    #[cfg(feature = "auth")]
    pub auth: Option<super::auth::Auth>,
    /// A token that every request has to show, for a server that is its user's own: none.
    pub pairing: Option<super::PairingToken>,
    /// Bytes of the largest message that is taken: 4 MiB. A larger one closes a WebSocket, and is
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
    /// How many connections there may be: 16,384, or as many as the process may open files, less a
    /// few. For one more, the one that has been idle for longest ends, first one of the address that
    /// has most; if none is idle, the new one is refused with 503, or just ended where it begins
    /// with TLS. A `WebSocket` is idle until it has said something.
    ///
    /// This is for the listeners of [`serve`](super::serve) and [`serve_app`](super::serve_app).
    pub max_connections: usize,
    /// How many of them one address (of IPv6, one network of 64 bits) may have: half of those that
    /// there may be, unless this says another number. It does not count with a
    /// [`forwarded_header`](Self::forwarded_header), for then all of them come from the proxy.
    pub max_connections_per_peer: Option<usize>,
    /// How many sessions over HTTP there may be: 10,000. For one more, another one ends: one that
    /// nothing was asked of yet, or that was left alone for [`session_rest`](Self::session_rest);
    /// first one of the peer that has most. If there is none, the new one is refused with 503 and
    /// `Retry-After`.
    pub max_sessions: usize,
    /// How many of them one peer may have: 5,000. For one more, another one of its own ends, or it is
    /// refused with 429 and `Retry-After`. A peer is a [`Principal`](crate::server::Principal), or
    /// else an address (of IPv6, its network of 64 bits), see
    /// [`forwarded_header`](Self::forwarded_header).
    pub max_sessions_per_peer: usize,
    /// How long a session that something was asked of may rest before it may have to give way: 5
    /// minutes.
    pub session_rest: Duration,
    /// The header in which a reverse proxy tells the address of its client, such as
    /// `X-Forwarded-For`, `X-Real-IP` or `Forwarded`: none. The last address in it counts, which is
    /// the one that the nearest proxy saw.
    ///
    /// Set it only if every request comes by a proxy that writes it: anybody else could claim any
    /// address. Behind a proxy without it, all clients without a principal are one peer.
    pub forwarded_header: Option<String>,
    /// Bytes of events that each stream of a session keeps, for a client that has lost its
    /// connection and comes back: 1 MiB.
    pub max_replay: usize,
    /// Bytes of events that all streams of a session keep: 4 MiB. Beyond it, those that have ended
    /// are forgotten first.
    pub max_session_replay: usize,
    /// Bytes of events of a session, those included that readers have still to take, beyond which its
    /// requests are refused with 429: 16 MiB.
    pub max_unread: usize,
    /// Bytes of events that all sessions keep: 64 MiB. Beyond it, the sessions of the peer that has
    /// most have to forget.
    pub max_total_replay: usize,
    /// How long a stream that has ended is kept: 2 minutes.
    pub replay_for: Duration,
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
            #[cfg(feature = "auth")]
            auth: None,
            pairing: None,
            max_message: 4 << 20,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            keep_alive: Duration::from_secs(15),
            session_timeout: Duration::from_secs(30 * 60),
            max_connections: 16_384,
            max_connections_per_peer: None,
            max_sessions: 10_000,
            max_sessions_per_peer: 5000,
            session_rest: Duration::from_secs(5 * 60),
            forwarded_header: None,
            max_replay: 1 << 20,
            max_session_replay: 4 << 20,
            max_unread: 16 << 20,
            max_total_replay: 64 << 20,
            replay_for: Duration::from_secs(120),
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
            session_bytes: self.max_session_replay,
            unread_bytes: self.max_unread,
            kept_for: millis(self.replay_for),
            retry: millis(self.retry),
            ..StreamLimits::default()
        }
    }

    /// How many sessions there may be.
    pub(super) fn sessions(&self) -> RosterLimits {
        RosterLimits {
            all: self.max_sessions,
            per_peer: self.max_sessions_per_peer,
            rest: millis(self.session_rest),
        }
    }
}

fn millis(time: Duration) -> Millis {
    time.as_secs_f64() * 1000.0
}
