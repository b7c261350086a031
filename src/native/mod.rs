//! Hosting a [`Server`] on tokio and axum.
//!
//! The whole of it is one call, [`serve`]: WebSocket and Streamable HTTP, of both eras, at one URL.
//! To have MCP beside other routes of an axum app, make an [`Endpoint`] and merge its
//! [`router`](Endpoint::router). For a program that a desktop host starts, [`serve_stdio`].
//!
//! ```no_run
//! use mcp_wasm::{native, server::{Context, NoArguments, Server}};
//!
//! # async fn example() -> std::io::Result<()> {
//! let server = Server::builder("Hello", "1.0.0")
//!     .tool("hello", "Says hello", |_: NoArguments, _: Context| async { "hello" })
//!     .build();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! native::serve(listener, server, native::Options::default()).await
//! # }
//! ```

/// What `AsyncWrite` has beside writing, for who has a look at what is written to `stream`.
macro_rules! ends_of_writing {
    () => {
        fn is_write_vectored(&self) -> bool {
            self.stream.is_write_vectored()
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(cx)
        }
    };
}

#[cfg(feature = "auth")]
pub mod auth;
mod clock;
mod connections;
mod endpoint;
mod expiry;
mod guard;
mod hosting;
mod hosts;
mod http;
mod opening;
mod options;
mod pairing;
mod patient;
mod peer;
mod pieces;
mod reading;
mod socket;
mod stdio;
mod upgrade;

use std::{future::Future, io};

use axum::Router;
use tokio::{net::TcpListener, time::timeout};

pub use endpoint::Endpoint;
pub use opening::{Duplex, Opening};
pub use options::Options;
pub use pairing::PairingToken;
pub use stdio::{serve_lines, serve_stdio};

use crate::server::Server;

/// Serves MCP on this listener until the process is told to stop (SIGINT, SIGTERM), then closes
/// every connection, a WebSocket with code 1001, and cancels its tools.
///
/// # Errors
/// The listener has no address.
pub async fn serve(listener: TcpListener, server: Server, options: Options) -> io::Result<()> {
    let endpoint = Endpoint::new(server, options);
    let router = endpoint.router();
    #[cfg(feature = "auth")]
    let router = router.merge(endpoint.metadata());
    serve_app(listener, &endpoint, router, stop_signal()).await
}

/// Serves an axum app that has the endpoint's routes in it, until `stop` is ready.
///
/// Requests for hosts that are neither loopback nor named in [`Options::allowed_hosts`] are refused
/// with 403 on every route of the app, as by [`Endpoint::guard`].
///
/// # Errors
/// The listener has no address.
pub async fn serve_app(
    listener: TcpListener,
    endpoint: &Endpoint,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_app_by(listener, (), endpoint, app, stop).await
}

/// The same, where each connection begins with something else, such as TLS. Limits are for the
/// addresses that the listener's connections come from.
///
/// # Errors
/// The listener has no address.
pub async fn serve_app_by(
    listener: TcpListener,
    opening: impl Opening,
    endpoint: &Endpoint,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && endpoint.options().allowed_hosts.is_empty() {
        tracing::warn!(
            %address,
            "other machines can reach this address, but only requests for loopback names are \
             answered: `allowed_hosts` has to name the hosts that they ask for"
        );
    }
    #[cfg(feature = "auth")]
    endpoint.warn_of_metadata();
    let app = endpoint.guard(app);
    let patience = endpoint.options().shutdown_timeout;
    let (stopped, stopping) = tokio::sync::oneshot::channel::<()>();
    let ending = {
        let endpoint = endpoint.clone();
        async move {
            stop.await;
            drop(stopped);
            endpoint.shutdown().await;
        }
    };
    let serving = hosting::run(listener, opening, app, endpoint.options(), ending);
    // A client that holds its connection open cannot hold up the end.
    let overdue = async {
        let _ = stopping.await;
        tokio::time::sleep(patience).await;
    };
    tokio::select! {
        () = serving => {}
        () = overdue => {}
    }
    Ok(())
}

/// Ready when the process is told to stop: SIGINT (Ctrl-C), or SIGTERM where there is one.
pub async fn stop_signal() {
    let interrupted = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for SIGTERM");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

/// Waits for the connections to end, but not for long.
async fn patiently(patience: std::time::Duration, done: impl Future<Output = ()>) {
    if timeout(patience, done).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}
