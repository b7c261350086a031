//! The demo server: tools that report progress, over WebSocket, Streamable HTTP or standard input and
//! output, and the page that shows them.

mod site;
mod tools;

use std::{
    io::{self, IsTerminal, Write},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use mcp_wasm::native::{
    Endpoint, Options,
    auth::{Auth, Jwt},
    serve_app, serve_stdio, stop_signal,
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Serves tools that report their progress, and a page that calls them.
///
/// MCP is at `/mcp` (Streamable HTTP, or WebSocket with the subprotocol `mcp`), the page at `/`, the
/// npm package at `/pkg/`.
/// Logs go to standard error; `RUST_LOG` filters them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Address or name to listen on, which is then answered for. With 0.0.0.0 or :: all addresses
    /// of this machine are.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Serve standard input and output instead, without a page.
    #[arg(long)]
    stdio: bool,
    /// Directory whose files the tool `hash_directory` may read.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Factor on the pauses of the demo tools: 1 is the usual pace, 0 is none.
    #[arg(long, default_value_t = 1.0, value_parser = pace)]
    pace: f64,
    /// Directory of the page [default: `www` of the source].
    #[arg(long)]
    www: Option<PathBuf>,
    /// Directory of the package [default: `target/pkg` of the source].
    #[arg(long)]
    pkg: Option<PathBuf>,
    /// Origin of a page from elsewhere that may connect; may be repeated, `*` means all.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Name (`host` or `host:port`) by which browsers reach this server, if it is none of its
    /// addresses; may be repeated. Requests for other hosts are refused.
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Seconds after which a session that is left alone is over, and a question that nobody has answered
    /// [default: 1800, and 900].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    expiry: Option<Duration>,
    /// Ask for a log-in at this authorization server, spelled as its metadata spells `issuer`. Its tokens
    /// have to be JWTs for this server with the scope `demo`; `backup_sqlite` needs `demo:write` too.
    /// `cargo xtask demo --auth` starts one to try it with.
    #[arg(long, value_name = "ISSUER", conflicts_with = "stdio", value_parser = address)]
    auth: Option<String>,
    /// The address that tokens are for, if clients reach the server by another than the one it prints.
    #[arg(long, value_name = "URL", requires = "auth", value_parser = address)]
    resource: Option<String>,
}

fn address(text: &str) -> Result<String, String> {
    let is_address = Auth::is_resource(text);
    is_address.then(|| text.to_owned()).ok_or_else(|| "not an http: or https: address".to_owned())
}

fn pace(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(pace) if (0.0..=1000.0).contains(&pace) => Ok(pace),
        _ => Err("not a number between 0 and 1000".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "not a number of seconds".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let result = runtime.block_on(run(arguments));
    // Blocking work looks at its call's cancellation; the little that does not cannot hold us up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        port, host, stdio, root, pace, www, pkg, allow_origin, allow_host, expiry, ..
    } = arguments;
    let (auth, resource) = (arguments.auth, arguments.resource);
    // The crate lies two directories down in the repository.
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let www = www.unwrap_or_else(|| source.join("www"));
    let pkg = pkg.unwrap_or_else(|| source.join("target").join("pkg"));
    let root = root
        .canonicalize()
        .with_context(|| format!("cannot read the root directory {}", root.display()))?;

    if stdio {
        let served = serve_stdio(tools::server(root, pace, false, expiry)).await;
        return served.context("standard input or output failed");
    }

    let listener = TcpListener::bind((host.as_str(), port))
        .await
        .with_context(|| format!("cannot listen on {host}:{port}"))?;
    let address = listener.local_addr()?;

    if auth.is_some() && resource.is_none() && address.ip().is_unspecified() {
        bail!("--auth: by which address clients reach this server is not known: give --resource");
    }
    let server = tools::server(root, pace, auth.is_some(), expiry);
    let auth = auth.map(|issuer| {
        let resource = resource.unwrap_or_else(|| format!("http://{address}/mcp"));
        tracing::info!(issuer, resource, "asking for log-ins");
        Auth::new(resource).verifier(Jwt::issuer(issuer)).scopes([tools::SCOPE]).tickets(true)
    });
    let usual = Options::default();
    let options = Options {
        auth,
        allowed_origins: allow_origin,
        allowed_hosts: [allow_host, own_hosts(host, address.ip())].concat(),
        session_timeout: expiry.unwrap_or(usual.session_timeout),
        ..usual
    };
    let endpoint = Endpoint::new(server, options);
    let app = endpoint.router().merge(endpoint.metadata()).merge(site::router(&www, &pkg));

    for (what, file) in [("page", www.join("index.html")), ("package", pkg.join("index.js"))] {
        if !file.exists() {
            tracing::warn!("the {what} is missing: there is no {}", file.display());
        }
    }
    tracing::info!(www = %www.display(), pkg = %pkg.display(), pace, "serving");
    announce(address)?;
    serve_app(listener, &endpoint, app, stop_signal()).await.context("the listener failed")?;
    tracing::info!("stopped");
    Ok(())
}

/// What the server may be asked for by without a word of `--allow-host`: where it was told to listen,
/// and if that is everywhere, the addresses of this machine. A name of somebody else's can point
/// here, but no page can make an address its name.
fn own_hosts(host: String, listening: IpAddr) -> Vec<String> {
    let mut hosts = vec![host, listening.to_string()];
    if listening.is_unspecified() {
        match if_addrs::get_if_addrs() {
            Ok(all) => hosts.extend(all.iter().map(|interface| interface.ip().to_string())),
            Err(error) => tracing::warn!(%error, "the addresses of this machine are not known"),
        }
    }
    hosts
}

/// The one line on standard output: whoever started the server waits for it.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on http://{address}/")?;
    out.flush()
}
