//! `cargo xtask bench`: the browser benchmark.

use anyhow::{Result, bail};

use crate::package;
use crate::run::root;
use crate::setup::{Needs, setup};

/// The command.
pub fn bench(rounds: u32) -> Result<()> {
    let tools = setup(Needs { chromium: true, ..package::NEEDS })?;
    package::package(&tools)?;
    let status = tools
        .cmd("node")
        .arg(root().join("tests/bench/run.mjs"))
        .args(["--rounds", &rounds.to_string(), "--readme"])
        .arg(root().join("README.md"))
        .instead()?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}
