//! `cargo xtask demo`: from a clone to the demo page.

use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, bail};

use crate::package;
use crate::run::{Cmd, root, say, step, target};
use crate::setup::{join, setup};

pub fn demo(flags: &[String], login: bool) -> Result<()> {
    thread::scope(|scope| {
        // Beside the set-up, much of which is waiting.
        let server = scope.spawn(build_server);
        let package = setup(package::NEEDS).and_then(|tools| package::package(&tools));
        join(server)?;
        package
    })?;

    say("start the demo server: open the address it prints, stop it with Ctrl-C");
    if !login {
        return start(&server(), flags);
    }
    // A parent of both, so that they end together.
    let mut all = vec![
        root().join("tests/support/demo-login.mjs").into_os_string(),
        server().into_os_string(),
    ];
    all.extend(flags.iter().map(OsString::from));
    start(Path::new("node"), &all)
}

/// Runs a server in place of this program.
pub fn start(server: &Path, flags: &[impl AsRef<OsStr>]) -> Result<()> {
    let status = Cmd::new(server).args(flags).instead()?;
    // Ctrl-C is no failure.
    if status.code().is_some_and(|code| code != 0) {
        bail!("the server ended with {status}");
    }
    Ok(())
}

pub fn build_server() -> Result<()> {
    build("demo-server")
}

pub fn server() -> PathBuf {
    program("demo-server")
}

/// Builds a server of the workspace. A debug build is there in a fraction of the time, and shares
/// its parts with the tests.
pub fn build(package: &str) -> Result<()> {
    step(&format!("build the {package}"), || {
        Cmd::cargo().args(["build", "--quiet", "--package", package]).quiet()
    })
}

pub fn program(package: &str) -> PathBuf {
    target().join("debug").join(format!("{package}{EXE_SUFFIX}"))
}
