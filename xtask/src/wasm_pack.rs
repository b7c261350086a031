//! The suites that wasm-pack runs in a browser: those of the crate, then those of its example,
//! which call a demo server.

use std::io::{BufRead, BufReader};
use std::process::Child;

use anyhow::{Context, Result};

use crate::demo;
use crate::outcome::Outcome;
use crate::programs;
use crate::run::{Cmd, DEADLINE, say};
use crate::setup::Tools;

/// All of it in one build: the client for Rust programs beside the npm package's binding, which is
/// there by default.
const FEATURES: &str = "client,npm-allocator";
const EXAMPLE: &str = "examples/rust-wasm-client";

/// Runs both in a browser, by way of its driver.
pub fn run(tools: &Tools, browser: &str, driver: &str) -> Result<Outcome> {
    let mut outcome =
        suite(tools, browser, driver, |test| test.args(["--", "--features", FEATURES]))?;
    programs::build()?;
    // The pauses of its tools are not what is tested here.
    let server = Server::start(&["--port", "0", "--pace", "0.05"])?;
    outcome +=
        suite(tools, browser, driver, |test| test.arg(EXAMPLE).env("MCP_SERVER", &server.address))?;
    Ok(outcome)
}

fn suite(
    tools: &Tools,
    browser: &str,
    driver: &str,
    of: impl FnOnce(Cmd) -> Cmd,
) -> Result<Outcome> {
    let file = tools
        .file(&driver.to_uppercase(), driver)
        .with_context(|| format!("{driver} is missing although it was set up"))?;
    let test = tools
        .cmd("wasm-pack")
        .args(["test", "--headless", &format!("--{browser}"), &format!("--{driver}")])
        .arg(file)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    let (status, output) = of(test).stream(DEADLINE)?;
    let mut outcome = Outcome::of(browser, &output, status.success());
    // Documentation tests count too, but they are not what this suite is for.
    if outcome.counts.failed == 0 && !output.contains("Running headless tests") {
        say(format_args!("FAILED: no test ran in {browser}"));
        outcome.fail(format!("{browser}: no test ran"));
    }
    Ok(outcome)
}

/// A demo server that runs until this is dropped.
struct Server {
    process: Child,
    /// Host and port.
    address: String,
}

impl Server {
    fn start(flags: &[&str]) -> Result<Self> {
        let process = Cmd::new(demo::server()).args(flags).background()?;
        let mut server = Self { process, address: String::new() };
        let out = server.process.stdout.take().context("the demo server has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.and_then(|address| address.strip_suffix('/'));
        let address =
            address.with_context(|| format!("the demo server did not start: `{line}`"))?;
        address.clone_into(&mut server.address);
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
