//! `cargo xtask bench`: in browsers against other clients, natively against another server.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::package;
use crate::run::{Cmd, root, step};
use crate::setup::{Need, setup};

/// What may be asked of the command.
#[derive(Default)]
pub struct Options {
    /// The parts to run; empty means all of them.
    pub only: Vec<String>,
    /// Rounds of each measurement; the script has a number of its own.
    pub rounds: Option<u32>,
}

/// The command. A whole run writes the tables and the chart; a part of it only prints.
pub fn bench(options: &Options) -> Result<()> {
    let wanted =
        |part: &str| options.only.is_empty() || options.only.iter().any(|name| name == part);
    let native = wanted("native");
    let mut needs = package::NEEDS | Need::Chromium;
    if wanted("firefox") {
        needs |= Need::Firefox;
    }
    if native {
        needs |= Need::Python;
    }
    let tools = setup(needs)?;
    package::package(&tools)?;
    let mut command = tools.cmd("node").arg(root().join("tests/bench/run.mjs")).arg("--write");
    if native {
        let program = step("build the native half of the benchmark", native_half)?;
        command = command.arg("--native").arg(program);
    }
    if let Some(rounds) = options.rounds {
        command = command.args(["--rounds", &rounds.to_string()]);
    }
    for part in &options.only {
        command = command.args(["--only", part]);
    }
    let status = command.instead()?;
    if !status.success() {
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
