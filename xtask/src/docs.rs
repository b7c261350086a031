//! `cargo xtask docs`: the reference of both APIs, out of the doc comments.

use anyhow::{Context, Result};

use crate::package;
use crate::run::{root, say, step, target};
use crate::setup::{Need, Tools, setup};

const TYPEDOC: &str = "tests/package/npm/node_modules/.bin/typedoc";

pub fn docs() -> Result<()> {
    let tools = setup(package::NEEDS | Need::Consumers)?;
    package::package(&tools)?;
    step("the reference of the JavaScript API", || javascript(&tools))?;
    step("the reference of the crate", || {
        tools.cargo().args(["doc", "--quiet", "--no-deps", "--all-features"]).quiet()
    })?;
    say(format_args!("JavaScript: {}", target().join("docs/index.html").display()));
    say(format_args!("Rust: {}", target().join("doc/mcp_wasm/index.html").display()));
    Ok(())
}

fn javascript(tools: &Tools) -> Result<()> {
    tools
        .cmd("node")
        .arg(root().join(TYPEDOC))
        .args(["--options", "xtask/reference/typedoc.config.mjs", "--logLevel", "Warn", "--out"])
        .arg(target().join("docs"))
        .quiet()
        .context("TypeDoc has something to complain of")
}
