//! `cargo xtask demo`: from a clone to the demo page.

use std::env::consts::EXE_SUFFIX;
use std::thread;

use anyhow::{Result, bail};

use crate::package;
use crate::run::{Cmd, say, step, target};
use crate::setup::{join, setup};

pub fn demo(flags: &[String]) -> Result<()> {
    thread::scope(|scope| {
        // Beside the set-up, much of which is waiting.
        let server = scope.spawn(build_server);
        let package = setup(package::NEEDS).and_then(|tools| package::package(&tools));
        join(server)?;
        package
    })?;

    say("start the demo server: open the address it prints, stop it with Ctrl-C");
    let status = Cmd::new(server()).args(flags).instead()?;
    // Ctrl-C is no failure.
    if status.code().is_some_and(|code| code != 0) {
        bail!("the demo server ended with {status}");
    }
    Ok(())
}

/// Builds the demo server. A debug build is there in a fraction of the time, and shares its parts
/// with the tests.
pub fn build_server() -> Result<()> {
    step("build the demo server", || {
        Cmd::cargo()
            .args(["build", "--package", "mcp-wasm", "--features", "demo", "--quiet"])
            .args(["--bin", "demo-server"])
            .quiet()
    })
}

pub fn server() -> std::path::PathBuf {
    target().join("debug").join(format!("demo-server{EXE_SUFFIX}"))
}
