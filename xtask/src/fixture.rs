//! `cargo xtask fixture`: the server that the protocol's conformance suite is run against.

use std::path::PathBuf;

use anyhow::Result;

use crate::demo::{build, program, start};
use crate::run::say;

pub fn fixture(flags: &[String]) -> Result<()> {
    build_server()?;
    say("start the fixture server: its endpoint is /mcp, stop it with Ctrl-C");
    start(&server(), flags)
}

pub fn build_server() -> Result<()> {
    build("fixture-server")
}

pub fn server() -> PathBuf {
    program("fixture-server")
}

/// The example that is a client, which is tried against servers of others.
pub fn build_client() -> Result<()> {
    build("rust-client")
}

pub fn client() -> PathBuf {
    program("rust-client")
}
