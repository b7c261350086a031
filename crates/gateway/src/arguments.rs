//! The command line.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

/// Puts MCP servers where web pages can use them.
///
/// A page cannot start a program, and most web servers of MCP refuse pages. The gateway runs beside
/// your browser, starts the servers or connects to them, and lets pages that know its token talk to
/// them, by WebSocket and by HTTP, whatever revision of MCP either speaks.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  mcp-wasm-gateway -- npx -y @modelcontextprotocol/server-everything
  mcp-wasm-gateway --url https://example.com/mcp --header 'Authorization: Bearer …'
  mcp-wasm-gateway --config ~/.cursor/mcp.json --origin https://app.example

It prints an address with a token for each server, and a line of JavaScript to paste. Open the
printed page to see the servers and to try their tools."
)]
pub struct Arguments {
    /// The command that starts one server, which speaks MCP by its standard input and output.
    #[arg(
        last = true,
        value_name = "COMMAND",
        conflicts_with_all = ["url", "config"],
        required_unless_present_any = ["url", "config"]
    )]
    pub command: Vec<String>,

    /// The address of one server that speaks MCP over HTTP (http:, https:) or WebSocket (ws:, wss:).
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub url: Option<String>,

    /// A header to send to that server, such as 'Authorization: Bearer …'; may be repeated.
    #[arg(long, value_name = "NAME: VALUE", requires = "url")]
    pub header: Vec<String>,

    /// A file with several servers, as Claude, VS Code and Cursor write it (`mcpServers` or
    /// `servers`). Each is then at /NAME/mcp.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The address to listen on. Other machines can reach the gateway only if it is not 127.0.0.1.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,

    /// The port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8040)]
    pub port: u16,

    /// A page that may connect, by its origin (`https://app.example`); may be repeated. Others are
    /// refused, but for the gateway's own [default: pages of this machine].
    #[arg(long, value_name = "URL")]
    pub origin: Vec<String>,

    /// A name by which browsers reach the gateway, if it is none of its addresses; may be repeated.
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,

    /// Behind a reverse proxy, the header in which it names who asks: X-Forwarded-For, X-Real-IP or
    /// Forwarded. Limits are then for each of them; without it, all are one. Only if nobody else reaches
    /// the gateway, for whoever does may write any address.
    #[arg(long, value_name = "NAME")]
    pub forwarded_header: Option<String>,

    /// The token that pages have to show [default: a random one]. Others on this machine can see
    /// the command line; --secret keeps it in a file.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["no_token", "secret"])]
    pub token: Option<String>,

    /// Let everybody in who reaches the port; only on loopback.
    #[arg(long)]
    pub no_token: bool,

    /// A file that holds the token, so that it stays the same, and log-ins at servers; it is made if it
    /// is not there.
    #[arg(long, value_name = "FILE", conflicts_with = "no_token")]
    pub secret: Option<PathBuf>,

    /// Whether every client gets a server of its own, or all share one.
    #[arg(long, value_enum, default_value_t = Share::Session)]
    pub child: Share,

    /// How long a server, or a session over HTTP, is kept that nobody uses: 90s, 10m, 1h.
    #[arg(long, default_value = "10m", value_parser = duration)]
    pub idle: Duration,

    /// How many servers may run at once, of each entry.
    #[arg(long, default_value_t = 64, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_children: u32,

    /// How many sessions over HTTP there may be at once, of each entry.
    #[arg(long, default_value_t = 1000, value_name = "COUNT")]
    pub max_sessions: usize,

    /// How many bytes a message may have.
    #[arg(long, default_value_t = 64 << 20, value_name = "BYTES")]
    pub max_message: usize,

    /// A certificate (PEM), to be reached by https: and wss:.
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of that certificate (PEM).
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// What is logged, to standard error: error, warn, info, debug or trace.
    #[arg(long, default_value = "info", value_name = "LEVEL")]
    pub log: String,

    /// End when standard input does: the wrapper that npm installs holds the other end, and may be killed.
    #[arg(long, hide = true)]
    pub until_input_ends: bool,
}

impl Arguments {
    /// Whether only this machine reaches the gateway.
    pub fn is_local(&self) -> bool {
        self.host.parse().map_or(self.host == "localhost", |ip: IpAddr| ip.is_loopback())
    }

    /// Whether it is known where each client is: not here, where all have one address, nor at a proxy
    /// that does not say.
    pub fn tells_clients_apart(&self) -> bool {
        // With a certificate, no proxy is needed.
        self.forwarded_header.is_some() || (self.tls_cert.is_some() && !self.is_local())
    }
}

/// Who has a server of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Share {
    /// Each WebSocket and each session over HTTP has one; single requests share one.
    Session,
    /// There is one for all.
    Shared,
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("`{text}` is no time, such as 90s or 10m"))
}
