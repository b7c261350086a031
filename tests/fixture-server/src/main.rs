//! The server that the protocol's conformance suite is run against: everything that its scenarios
//! ask for, by the names that they use.

mod asking;
mod content;
mod library;
mod schema;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Parser;
use mcp_wasm::{
    native::{Endpoint, Options, serve_app, serve_stdio, stop_signal},
    server::Server,
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Serves what the protocol's conformance suite asks for, at `/mcp`.
///
/// Logs go to standard error; `RUST_LOG` filters them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Address or name to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Serve standard input and output instead.
    #[arg(long)]
    stdio: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fixture-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { port, host, stdio }: Arguments) -> Result<()> {
    if stdio {
        return serve_stdio(server()).await.context("standard input or output failed");
    }
    let listener = TcpListener::bind((host.as_str(), port))
        .await
        .with_context(|| format!("cannot listen on {host}:{port}"))?;
    let address = listener.local_addr()?;
    let options = Options { allowed_hosts: vec![host], ..Options::default() };
    let endpoint = Endpoint::new(server(), options);
    let app = endpoint.router();
    // Whoever started the server waits for this line.
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}/")?;
    out.flush()?;
    serve_app(listener, &endpoint, app, stop_signal()).await.context("the listener failed")
}

fn server() -> Server {
    let builder = Server::builder("conformance-fixture", env!("CARGO_PKG_VERSION"));
    let builder = content::add(builder);
    let builder = schema::add(builder);
    let builder = asking::add(builder);
    library::add(builder).build()
}
