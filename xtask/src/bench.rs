//! `cargo xtask bench`: in browsers against other clients, natively against other servers.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use enumset::EnumSet;

use crate::fixture::RMCP_SERVER;
use crate::package;
use crate::run::{Cmd, root, step, target};
use crate::setup::{Need, setup};

/// What may be asked of the command.
#[derive(Default)]
pub struct Options {
    /// The parts to run; empty means all of them.
    pub only: Vec<String>,
    /// Rounds of each measurement; the script has a number of its own.
    pub rounds: Option<u32>,
    /// Whether parts write their tables, too.
    pub write: bool,
}

/// The part that needs no browser: servers side by side. It writes its own tables.
const SERVERS: &str = "server";

/// The command. A whole run writes the tables and the chart; parts do where they are told to.
pub fn bench(options: &Options) -> Result<()> {
    let wanted =
        |part: &str| options.only.is_empty() || options.only.iter().any(|name| name == part);
    let (servers, native) = (wanted(SERVERS), wanted("native"));
    let write = options.write || options.only.is_empty();
    let others = options.only.is_empty() || options.only.iter().any(|name| name != SERVERS);
    let mut needs = EnumSet::empty();
    if others {
        needs |= package::NEEDS | Need::Chromium;
    }
    if wanted("firefox") {
        needs |= Need::Firefox;
    }
    if native || servers {
        needs |= Need::Npm | Need::Python;
    }
    let tools = setup(needs)?;
    let mut rounds = Vec::new();
    if let Some(count) = options.rounds {
        rounds = vec!["--rounds".to_owned(), count.to_string()];
    }
    let program = if native || servers {
        Some(step("build the native half of the benchmark", native_half)?)
    } else {
        None
    };
    if others {
        package::package(&tools)?;
        let mut command = tools.cmd("node").arg(root().join("tests/bench/run.mjs"));
        if write {
            command = command.arg("--write");
        }
        if let Some(program) = program.as_ref().filter(|_| native) {
            command = command.arg("--native").arg(program);
        }
        for part in options.only.iter().filter(|part| *part != SERVERS) {
            command = command.args(["--only", part]);
        }
        run(command.args(&rounds))?;
    }
    if let Some(program) = program.filter(|_| servers) {
        let rmcp = step("build the server of the Rust SDK", rmcp_server)?;
        let mut command = tools.cmd("node").arg(root().join("tests/bench/server.mjs"));
        command = command.arg("--native").arg(program).arg("--rmcp").arg(rmcp);
        if write {
            command = command.arg("--write");
        }
        run(command.args(&rounds))?;
    }
    Ok(())
}

fn run(command: Cmd) -> Result<()> {
    if !command.instead()?.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// Builds the server and the load that it is measured under; returns their program.
fn native_half() -> Result<PathBuf> {
    let told = Cmd::cargo()
        .args(["bench", "--package", "mcp-wasm", "--bench", "native", "--no-run"])
        .args(["--quiet", "--message-format=json"])
        .output()
        .context("`cargo bench --bench native --no-run` failed")?;
    executable(&told).context("cargo named no program")
}

/// Builds the server of the Rust SDK, as ours is built; returns its program.
fn rmcp_server() -> Result<PathBuf> {
    let told = Cmd::cargo()
        .args(["build", "--release", "--locked", "--bin", "flood", "--manifest-path", RMCP_SERVER])
        .arg("--target-dir")
        .arg(target())
        .args(["--quiet", "--message-format=json"])
        .output()
        .context("the server of the Rust SDK could not be built")?;
    executable(&told).context("cargo named no program")
}

/// The program that cargo's messages name last.
fn executable(messages: &str) -> Option<PathBuf> {
    let (_, rest) = messages.rsplit_once("\"executable\":\"")?;
    rest.split_once('"').map(|(file, _)| file.replace("\\\\", "\\").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_last_that_is_named() {
        let messages = "{\"executable\":null}\n{\"executable\":\"/a/b\",\"fresh\":true}\n{\"reason\":\"build-finished\"}";
        assert_eq!(executable(messages), Some("/a/b".into()));
        assert_eq!(executable("{\"executable\":null}"), None);
    }
}
