//! An MCP server in one file: a tool that reports its progress, over WebSocket and Streamable HTTP.
//!
//! `cargo run`, or `cargo run -- 9000` for another port; 0 takes any free one.

use std::env;
use std::error::Error;
use std::time::Duration;

use mcp_wasm::native::{self, Options};
use mcp_wasm::server::{Context, Json, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What the tool takes. Its schema is made of this, the comments included.
#[derive(Deserialize, JsonSchema)]
struct Brew {
    /// How many cups of tea
    cups: u32,
}

/// What the tool returns.
#[derive(Serialize)]
struct Tea {
    brewed: u32,
}

async fn brew(args: Brew, ctx: Context) -> Json<Tea> {
    for cup in 0..args.cups {
        ctx.report_progress(cup, args.cups, format!("cup {} draws", cup + 1)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    ctx.report_progress(args.cups, args.cups, None).await;
    Json(Tea { brewed: args.cups })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::args().nth(1).map_or(Ok(8000), |port| port.parse())?;
    let server = Server::builder("Tea", "1.0.0").tool("brew", "Makes tea", brew).build();
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}/mcp and ws://{address}/mcp");
    // Until SIGINT or SIGTERM.
    native::serve(listener, server, Options::default()).await?;
    Ok(())
}
