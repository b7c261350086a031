//! A server that is a process of its own: the program of the tests itself, told so by its environment.

use std::env;
use std::time::Duration;

use mcp_wasm::native::serve_stdio;
use mcp_wasm::server::Server;
use mcp_wasm::transport::Command;

const SERVES: &str = "MCP_TEST_SERVES";

/// Starts the program of the tests as a server, by its test `serves_if_it_is_told_to`.
pub fn own() -> Command {
    Command::new(env::current_exe().unwrap())
        .args(["serves_if_it_is_told_to", "--exact", "--nocapture"])
        .env(SERVES, "yes")
}

/// Serves and ends the process, if this is the one that [`own`] has started.
pub fn serve_if_told(server: impl FnOnce() -> Server) {
    if env::var_os(SERVES).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve_stdio(server())).unwrap();
        std::process::exit(0);
    }
}

pub fn shell(script: &str) -> Command {
    Command::new("sh").args(["-c", script]).grace(Duration::from_millis(100))
}
