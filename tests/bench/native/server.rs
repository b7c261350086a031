//! The server that is measured: this crate's, hosted as its users host it.

use std::time::Duration;

use anyhow::Result;
use mcp_wasm::{
    native::{Options, serve as host},
    server::{Context, Server},
};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::{net::TcpListener, time::interval};

#[derive(Deserialize, JsonSchema)]
struct Flood {
    n: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Tick {
    n: u32,
    /// Milliseconds.
    every: u64,
}

/// As many clients as anybody measures, all from one address.
const CLIENTS: usize = 20_000;

/// Serves until the process is told to stop. `history`: bytes of events that each stream keeps.
pub async fn serve(history: Option<usize>) -> Result<()> {
    let server = Server::builder("bench", "1.0.0")
        .tool("flood", "Reports as fast as the caller reads", flood)
        .tool("tick", "Reports at a rate", tick)
        .build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let mut options = Options {
        max_connections: CLIENTS,
        max_connections_per_peer: Some(CLIENTS),
        max_sessions: CLIENTS,
        max_sessions_per_peer: CLIENTS,
        ..Options::default()
    };
    if let Some(bytes) = history {
        options.max_replay = bytes;
        options.max_session_replay = options.max_session_replay.max(bytes);
        options.max_unread = options.max_unread.max(bytes);
        options.max_total_replay = options.max_total_replay.max(bytes);
    }
    host(listener, server, options).await?;
    Ok(())
}

async fn flood(args: Flood, ctx: Context) -> &'static str {
    for i in 1..=args.n {
        ctx.report_progress(i, args.n, format!("Processing item {i} of {}", args.n));
        ctx.flush().await;
    }
    "done"
}

async fn tick(args: Tick, ctx: Context) -> &'static str {
    let mut ticks = interval(Duration::from_millis(args.every));
    for i in 1..=args.n {
        ticks.tick().await;
        ctx.report_progress(i, args.n, format!("Processing item {i} of {}", args.n)).await;
        ctx.flush().await;
    }
    "done"
}
