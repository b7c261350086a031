//! The place where clients connect: one path of an axum app, for WebSocket and Streamable HTTP.

use std::sync::Arc;

use axum::http::Method;
use axum::{
    Router,
    extract::{Request, State},
    middleware,
    response::Response,
    routing::any,
};
use tokio::sync::watch;

#[cfg(feature = "auth")]
use super::auth::Gate;
use super::{
    Options,
    guard::{self, Guard},
    http, patiently, upgrade,
};
use crate::{
    http::params::Tools,
    jsonrpc::{Payload, Raw},
    server::Server,
};

/// A server at a path of an axum app. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    options: Options,
    guard: Arc<Guard>,
    /// Set once, when the end has come.
    stop: watch::Sender<bool>,
    /// Everything that runs holds a receiver.
    running: watch::Sender<()>,
    sessions: Arc<http::Sessions>,
    #[cfg(feature = "auth")]
    gate: Option<Gate>,
}

/// Something that runs; the end waits until it is dropped.
pub(super) struct ShutdownGuard(#[expect(dead_code, reason = "counted")] watch::Receiver<()>);

impl Endpoint {
    /// An endpoint for this server.
    pub fn new(server: Server, options: Options) -> Self {
        server.set_clock(super::clock::now);
        server.intake().expect(options.max_message);
        let (stop, running) = (watch::Sender::new(false), watch::Sender::new(()));
        let mut listed = Raw::object();
        listed.set("tools", Raw::array(server.tools()));
        for fault in Tools::default().read(&mut listed, true) {
            tracing::warn!("for clients over HTTP, {fault}");
        }
        let guard = Arc::new(Guard::new(&options));
        let sessions = Arc::new(http::Sessions::new(options.sessions(), options.max_total_replay));
        #[cfg(feature = "auth")]
        let gate = options.auth.clone().map(Gate::new);
        let shared = Shared {
            server,
            options,
            guard,
            stop,
            running,
            sessions,
            #[cfg(feature = "auth")]
            gate,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Its route, to be merged into an axum app or nested in one. It looks at the host and the
    /// origin of every request by itself, whoever serves the app; [`guard`](Self::guard) does as
    /// much for the app's other routes.
    pub fn router(&self) -> Router {
        let methods = any(serve).with_state(self.clone());
        let router = Router::new().route(&self.shared.options.path, methods);
        #[cfg(feature = "auth")]
        let router = match &self.shared.gate {
            Some(gate) if gate.gives_tickets() => {
                let path = format!("{}/ticket", self.shared.options.path.trim_end_matches('/'));
                router.route(&path, any(ticket).with_state(self.clone()))
            }
            _ => router,
        };
        router
    }

    /// The routes where clients learn who grants access, for [`Options::auth`]: at the app's root,
    /// below `/.well-known/oauth-protected-resource`. [`serve`](super::serve) has them by itself.
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # use mcp_wasm::native::Endpoint;
    /// # fn example(endpoint: &Endpoint) -> Router {
    /// Router::new().nest("/tools", endpoint.router()).merge(endpoint.metadata())
    /// # }
    /// ```
    #[cfg(feature = "auth")]
    pub fn metadata(&self) -> Router {
        self.shared.gate.as_ref().map_or_else(Router::new, Gate::metadata)
    }

    #[cfg(feature = "auth")]
    pub(super) fn warn_of_metadata(&self) {
        if self.shared.gate.as_ref().is_some_and(|gate| !gate.is_described()) {
            tracing::warn!(
                "clients cannot find out who grants access: merge `Endpoint::metadata` into the app"
            );
        }
    }

    /// The app, with every route refusing requests for hosts that are neither loopback nor named in
    /// [`Options::allowed_hosts`], with 403. [`serve_app`](super::serve_app) does this by itself.
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use mcp_wasm::{native::{Endpoint, Options}, server::Server};
    ///
    /// # async fn example() -> std::io::Result<()> {
    /// let endpoint = Endpoint::new(Server::builder("Hello", "1.0.0").build(), Options::default());
    /// let app = Router::new().route("/", get(|| async { "Hello" })).merge(endpoint.router());
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    /// axum::serve(listener, endpoint.guard(app)).await
    /// # }
    /// ```
    pub fn guard(&self, app: Router) -> Router {
        let guard = Arc::clone(&self.shared.guard);
        app.layer(middleware::from_fn_with_state(guard, guard::known_hosts_only))
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

    pub(super) fn running(&self) -> ShutdownGuard {
        ShutdownGuard(self.shared.running.subscribe())
    }

    /// Becomes true when the end has come.
    pub(super) fn stopping(&self) -> watch::Receiver<bool> {
        self.shared.stop.subscribe()
    }
}

/// Answers everything that comes to the path.
async fn serve(State(endpoint): State<Endpoint>, mut request: Request) -> Response {
    if let Err(refused) = endpoint.shared.guard.check(&request) {
        return refused;
    }
    // A browser asks for nobody's token before it asks what it may send.
    if request.method() != Method::OPTIONS
        && let Some(token) = &endpoint.shared.options.pairing
        && let Err(refused) = token.admit(&mut request)
    {
        return refused;
    }
    #[cfg(feature = "auth")]
    if let Some(gate) = &endpoint.shared.gate
        && request.method() != Method::OPTIONS
        && let Err(refused) = gate.admit(&mut request, endpoint.options()).await
    {
        return refused;
    }
    if upgrade::is_wanted(request.headers()) {
        if *endpoint.stopping().borrow() {
            return http::shutting_down();
        }
        return upgrade::connect(&endpoint, request);
    }
    http::serve(&endpoint, request).await
}

/// Gives a ticket for a WebSocket to whoever has a token.
#[cfg(feature = "auth")]
async fn ticket(State(endpoint): State<Endpoint>, mut request: Request) -> Response {
    if let Err(refused) = endpoint.shared.guard.check(&request) {
        return refused;
    }
    match &endpoint.shared.gate {
        Some(gate) => gate.ticket(&mut request, endpoint.options()).await,
        None => guard::refusal(axum::http::StatusCode::NOT_FOUND, "there are no tickets here"),
    }
}
