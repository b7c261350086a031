//! The gateway: any MCP server, stdio or HTTP, of any revision, behind an endpoint that a page can
//! use.

mod announce;
mod arguments;
mod backend;
mod config;
mod files;
mod oauth;
mod pool;
mod site;
mod status;
mod stderr;
mod tls;
mod token;
mod variables;

use std::{io, io::IsTerminal, process::ExitCode, sync::Arc, thread, time::Duration};

use anyhow::{Context, Result, bail};
use axum::Router;
use clap::Parser;
use mcp_wasm::{
    native::{Endpoint, Options, PairingToken, serve_app, serve_app_by, stop_signal},
    server::{Limits, Server},
};
use tokio::{net::TcpListener, sync::oneshot};
use tracing_subscriber::EnvFilter;

use arguments::Arguments;
use config::Entry;
use oauth::{Kept, Place};
use pool::{Clients, Pool};

/// Messages that may wait for a client that reads slowly, before its reports merge.
const QUEUE: usize = 4096;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_new(&arguments.log).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp-wasm-gateway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let result = runtime.block_on(run(arguments));
    // What is left are children that are being ended.
    runtime.shutdown_timeout(Duration::from_secs(10));
    result
}

async fn run(arguments: Arguments) -> Result<()> {
    let host = arguments.host.as_str();
    if arguments.no_token && !arguments.is_local() {
        bail!(
            "--no-token is for this machine only: on {host}, whoever reaches the port could run \
             what the servers can do. Leave --no-token away, or leave --host at 127.0.0.1"
        );
    }
    if let Some(header) = &arguments.forwarded_header
        && axum::http::HeaderName::from_bytes(header.as_bytes()).is_err()
    {
        bail!("--forwarded-header {header:?} is no name of a header");
    }
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(cert), Some(key)) => Some(tls::Tls::read(cert, key)?),
        (None, None) => None,
        _ => bail!("--tls-cert and --tls-key go together: one of them is missing"),
    };
    let entries = config::entries(&arguments)?;
    let token = token::find(&arguments)?;

    let listener = listen(host, arguments.port).await?;
    let address = listener.local_addr().context("the listener has no address")?;
    let mut hosts = vec![arguments.host.clone(), address.ip().to_string()];
    if address.ip().is_unspecified() {
        let all = if_addrs::get_if_addrs().unwrap_or_default();
        hosts.extend(all.iter().map(|interface| interface.ip().to_string()));
    }
    hosts.extend(arguments.allow_host.iter().cloned());

    let base = announce::base(address, tls.is_some());
    let place = Arc::new(Place::at(&base));
    let kept = Arc::new(Kept::open(arguments.secret.as_deref()));
    let pairing = token.as_deref().map(PairingToken::new).transpose();
    let pairing = pairing.map_err(|why| anyhow::anyhow!("the token cannot be used: {why}"))?;
    let mut app = Router::new();
    let mut endpoints = Vec::new();
    let mut pools = Vec::new();
    for entry in entries {
        let options = options(&arguments, &entry, &hosts, pairing.clone());
        let pool = Pool::new(entry, pool::Limits::of(&arguments), &place, &kept);
        let server = Server::builder(pool.name(), env!("CARGO_PKG_VERSION"))
            .limits(Limits { queue: QUEUE, ..Limits::default() })
            .relay(Clients(Arc::clone(&pool)))
            .build();
        let endpoint = Endpoint::new(server, options);
        app = app.merge(endpoint.router());
        endpoints.push(endpoint);
        pools.push(pool);
    }
    if let [pool] = pools.as_slice()
        && let Some(missing) = pool.missing()
    {
        bail!("{missing}");
    }
    let Some(first) = endpoints.first().cloned() else {
        bail!("no server is left: all of them are disabled");
    };
    app = app.merge(site::router(&pools, pairing));

    if let Err(error) = announce::announce(address, tls.is_some(), &pools, token.as_deref()) {
        // Whoever started it may not read that, and knows the token by `--secret`.
        tracing::warn!("nobody reads where the gateway is: {error}");
    }
    if token.is_none() {
        tracing::warn!("without a token, every program of this machine can use the servers");
    }
    let ending = {
        let (endpoints, pools) = (endpoints.clone(), pools.clone());
        let until_input_ends = arguments.until_input_ends;
        async move {
            tokio::select! {
                () = stop_signal() => {}
                () = input_ended(), if until_input_ends => {}
            }
            tracing::info!("stopping");
            // The first one is ended by whoever serves.
            for endpoint in endpoints.iter().skip(1) {
                endpoint.shutdown().await;
            }
            for pool in &pools {
                pool.stop();
            }
        }
    };
    let served = if let Some(tls) = tls {
        serve_app_by(listener, tls, &first, app, ending).await
    } else {
        serve_app(listener, &first, app, ending).await
    };
    served.context("the listener failed")?;
    for pool in &pools {
        pool.ended().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Waits for the end of standard input, which a thread reads that nobody waits for.
async fn input_ended() {
    let (told, heard) = oneshot::channel::<()>();
    let read = move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = told.send(());
    };
    match thread::Builder::new().name("input".to_owned()).spawn(read) {
        Ok(_) => drop(heard.await),
        Err(error) => {
            tracing::warn!("nobody hears when the standard input ends: {error}");
            std::future::pending::<()>().await;
        }
    }
}

async fn listen(host: &str, port: u16) -> Result<TcpListener> {
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} is in use, perhaps by another gateway: end that, or take another port by \
             --port (0 picks a free one)"
        ),
        io::ErrorKind::PermissionDenied => {
            anyhow::anyhow!("port {port} is not for everybody: take one above 1023 by --port")
        }
        _ => anyhow::anyhow!("cannot listen on {host}:{port}: {error}"),
    })
}

fn options(
    arguments: &Arguments,
    entry: &Entry,
    hosts: &[String],
    pairing: Option<PairingToken>,
) -> Options {
    Options {
        path: entry.path.clone(),
        // A list that somebody has written is the list. Without a token, a page of another program of
        // this machine is as good as any stranger's.
        loopback_origins: pairing.is_some() && arguments.origin.is_empty(),
        allowed_origins: arguments.origin.clone(),
        allowed_hosts: hosts.to_vec(),
        pairing,
        max_message: arguments.max_message,
        session_timeout: arguments.idle,
        session_rest: arguments.idle.min(Duration::from_secs(300)),
        // Clients of others may be busy for a while.
        result_gap: Duration::from_millis(6),
        max_sessions: arguments.max_sessions,
        // Where nobody can tell clients apart, one of them is all of them.
        max_sessions_per_peer: if arguments.tells_clients_apart() {
            arguments.max_sessions.div_ceil(2)
        } else {
            arguments.max_sessions
        },
        forwarded_header: arguments.forwarded_header.clone(),
        ..Options::default()
    }
}
