//! `cargo xtask fixture`: the server that the protocol's conformance suite is run against.

use std::path::PathBuf;

use anyhow::Result;

use crate::demo::{build, program, start};
use crate::run::{Cmd, say, step, target};

/// The server of the Rust SDK, which our client is tried against.
pub const RMCP_SERVER: &str = "tests/interop/rmcp-server/Cargo.toml";

pub fn fixture(flags: &[String]) -> Result<()> {
    build("fixture-server")?;
    say("start the fixture server: its endpoint is /mcp, stop it with Ctrl-C");
    start(&server(), flags)
}

pub fn server() -> PathBuf {
    program("fixture-server")
}

/// The example that is a client, which is tried against servers of others.
pub fn client() -> PathBuf {
    program("rust-client")
}

/// Not of the workspace, so that only the interop tests wait for it; its parts are built beside ours.
pub fn build_rmcp_server() -> Result<()> {
    step("build the server of the Rust SDK", || {
        Cmd::cargo()
            .args(["build", "--quiet", "--locked", "--manifest-path", RMCP_SERVER, "--target-dir"])
            .arg(target())
            .quiet()
    })
}

pub fn rmcp_server() -> PathBuf {
    program("rmcp-server")
}
