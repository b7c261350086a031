//! The place where clients connect: one path of an axum app, for WebSocket and Streamable HTTP.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::Response,
    routing::any,
};
use serde_json::json;
use tokio::sync::watch;

use super::{Options, guard, http, patiently, upgrade};
use crate::{http::params::Tools, proto::Millis, server::Server};

/// A server at a path of an axum app. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    options: Options,
    /// Set once, when the end has come.
    stop: watch::Sender<bool>,
    /// Everything that runs holds a receiver.
    running: watch::Sender<()>,
    sessions: Arc<http::Sessions>,
}

/// Something that runs; the end waits until it is dropped.
pub(super) struct Running(#[expect(dead_code, reason = "counted")] watch::Receiver<()>);

/// Milliseconds since 1970.
#[allow(clippy::disallowed_methods)] // clocks are read here
pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() * 1000.0
}

impl Endpoint {
    /// An endpoint for this server.
    pub fn new(server: Server, options: Options) -> Self {
        server.set_clock(now);
        let (stop, running) = (watch::Sender::new(false), watch::Sender::new(()));
        for fault in Tools::default().read(&mut json!({ "tools": server.tools() }), true) {
            tracing::warn!("for clients over HTTP, {fault}");
        }
        let sessions = Arc::new(http::Sessions::new(options.sessions(), options.max_total_replay));
        let shared = Shared { server, options, stop, running, sessions };
        Self { shared: Arc::new(shared) }
    }

    /// Its route, to be merged into an axum app.
    pub fn router(&self) -> Router {
        let methods = any(serve).with_state(self.clone());
        Router::new().route(&self.shared.options.path, methods)
    }

    /// Closes every `WebSocket` with code 1001, ends every event stream and session, cancels their
    /// tools, and waits until all have ended; not longer than [`Options::shutdown_timeout`]. New
    /// ones are refused.
    pub async fn shutdown(&self) {
        // Every transport writes what there is before it looks for the end.
        self.shared.server.end_listens();
        self.shared.stop.send_replace(true);
        patiently(self.shared.options.shutdown_timeout, self.shared.running.closed()).await;
    }

    /// How many `WebSocket` connections, sessions and modern requests over HTTP there are.
    pub fn connections(&self) -> usize {
        self.shared.running.receiver_count()
    }

    pub(super) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(super) fn server(&self) -> &Server {
        &self.shared.server
    }

    pub(super) fn sessions(&self) -> &Arc<http::Sessions> {
        &self.shared.sessions
    }

    pub(super) fn running(&self) -> Running {
        Running(self.shared.running.subscribe())
    }

    /// Becomes true when the end has come.
    pub(super) fn stopping(&self) -> watch::Receiver<bool> {
        self.shared.stop.subscribe()
    }
}

/// Answers everything that comes to the path.
async fn serve(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let headers = request.headers();
    if !guard::is_origin_allowed(headers, &endpoint.options().allowed_origins) {
        return guard::refusal(StatusCode::FORBIDDEN, "pages of this origin may not connect");
    }
    if request.method() == Method::GET && upgrade::is_wanted(headers) {
        if *endpoint.stopping().borrow() {
            return http::shutting_down();
        }
        return upgrade::connect(&endpoint, request);
    }
    http::serve(&endpoint, request).await
}
