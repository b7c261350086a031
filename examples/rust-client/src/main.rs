//! Calls a tool of any MCP server, and shows its progress:
//!
//! ```text
//! rust-client process_items '{"items":["a","b"]}' ws://127.0.0.1:8000/mcp
//! rust-client list_directory '{"path":"."}' npx -y @modelcontextprotocol/server-filesystem .
//! ```

use std::process::ExitCode;

use mcp_wasm::Client;
use mcp_wasm::client::{Command, Error, Target};
use serde_json::Value;

#[tokio::main]
async fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [tool, arguments, target, more @ ..] = given.as_slice() else {
        eprintln!(
            "usage: rust-client TOOL ARGUMENTS URL\n       rust-client TOOL ARGUMENTS COMMAND..."
        );
        return ExitCode::from(2);
    };
    let arguments = match serde_json::from_str(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("the arguments are not JSON: {error}");
            return ExitCode::from(2);
        }
    };
    // What has a scheme is an address, anything else a program.
    let target = if target.contains("://") {
        Target::from(target)
    } else {
        Command::new(target).args(more).on_stderr(|line| eprintln!("{line}")).into()
    };
    match call(target, tool, arguments).await {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Connects, calls the tool, and reads what it says.
async fn call(target: Target, tool: &str, arguments: Value) -> Result<String, Error> {
    let client = Client::connect(target).info("rust-client", env!("CARGO_PKG_VERSION")).await?;
    let result =
        client.call_tool(tool, arguments).on_progress(|progress| println!("{progress}")).await?;
    client.close().await;
    Ok(result.success()?.text())
}
