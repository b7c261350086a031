//! `cargo xtask test`: every suite, their counts added up.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use enumset::{EnumSet, enum_set};

use crate::outcome::Outcome;
use crate::run::{Cmd, DEADLINE, root, say};
use crate::setup::{Need, Tools, setup};
use crate::{check, demo, fixture, gateway, package, wasm_pack};

/// No file of tests takes this long; what does hangs.
const FILE_DEADLINE: Duration = Duration::from_secs(10 * 60);

struct Suite {
    name: &'static str,
    needs: EnumSet<Need>,
    run: fn(&Tools) -> Result<Outcome>,
}

const SUITES: [Suite; 9] = [
    Suite { name: "check", needs: check::NEEDS, run: |tools| Ok(check::check(tools)) },
    Suite { name: "rust", needs: EnumSet::empty(), run: rust },
    Suite {
        name: "chrome",
        needs: enum_set!(Need::Wasm | Need::WasmPack | Need::Chromium | Need::Chromedriver),
        run: |tools| wasm_pack::run(tools, "chrome", "chromedriver"),
    },
    Suite {
        name: "firefox",
        needs: enum_set!(Need::Wasm | Need::WasmPack | Need::Firefox | Need::Geckodriver),
        run: |tools| wasm_pack::run(tools, "firefox", "geckodriver"),
    },
    Suite { name: "node", needs: package::NEEDS, run: |tools| node(tools, "node") },
    Suite {
        name: "browser",
        needs: enum_set!(package::NEEDS | Need::Chromium | Need::Firefox),
        run: |tools| node(tools, "browser"),
    },
    Suite {
        name: "interop",
        needs: enum_set!(
            package::NEEDS | Need::Python | Need::Peers | Need::Chromium | Need::Firefox
        ),
        run: |tools| {
            fixture::build_server()?;
            fixture::build_client()?;
            fixture::build_rmcp_server()?;
            node(tools, "interop")
        },
    },
    Suite {
        name: "conformance",
        needs: enum_set!(package::NEEDS | Need::Chromium | Need::Conformance),
        run: |tools| {
            fixture::build_server()?;
            node(tools, "conformance")
        },
    },
    Suite {
        name: "package",
        needs: enum_set!(
            package::NEEDS
                | Need::Chromium
                | Need::Firefox
                | Need::Webkit
                | Need::Consumers
                // For the example whose page is a Rust program.
                | Need::WasmPack
        ),
        run: |tools| node(tools, "package"),
    },
];

/// The command: whether everything passed.
pub fn test(only: &[String]) -> Result<bool> {
    for name in only {
        if !SUITES.iter().any(|suite| suite.name == name) {
            let names: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
            bail!("there is no suite `{name}`; the suites are {}", names.join(", "));
        }
    }
    let chosen =
        || SUITES.iter().filter(|suite| only.is_empty() || only.iter().any(|n| n == suite.name));

    let tools = setup(chosen().fold(EnumSet::empty(), |needs, suite| needs | suite.needs))?;
    let mut rows = Vec::new();
    let mut total = Outcome::default();
    for suite in chosen() {
        say(format_args!("suite {}", suite.name));
        let start = Instant::now();
        let outcome = (suite.run)(&tools).unwrap_or_else(|error| {
            say(format_args!("FAILED: {error:#}"));
            let mut outcome = Outcome::default();
            outcome.fail(format!("{}: {error}", suite.name));
            outcome
        });
        rows.push((suite.name, outcome.counts, start.elapsed()));
        total += outcome;
    }

    println!();
    println!("{:<12}{:>8}{:>8}{:>10}", "suite", "passed", "failed", "seconds");
    for (name, counts, time) in rows {
        let seconds = time.as_secs_f64();
        println!("{name:<12}{:>8}{:>8}{seconds:>10.1}", counts.passed, counts.failed);
    }
    println!();
    for name in &total.failed {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", total.counts.passed, total.counts.failed);
    Ok(total.counts.failed == 0)
}

fn run(what: &str, command: Cmd, deadline: Duration) -> Result<Outcome> {
    let (status, output) = command.stream(deadline)?;
    Ok(Outcome::of(what, &output, status.success()))
}

fn rust(tools: &Tools) -> Result<Outcome> {
    let tests = tools.cargo().args(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    run("rust", tests, DEADLINE)
}

/// The node:test files of a directory of `tests/`.
fn node(tools: &Tools, directory: &str) -> Result<Outcome> {
    let mut files: Vec<OsString> = fs::read_dir(root().join("tests").join(directory))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().into_os_string())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("tests/{directory} has no *.test.mjs files");
    }
    package::package(tools)?;
    demo::build_server()?;
    gateway::assemble(tools, false)?;
    // A test that is not done in a minute fails, unless it says for itself how long it may take.
    let limits = root().join("tests/support/limits.mjs");
    let mut outcome = Outcome::default();
    // One file after the other: they measure time and start browsers, on few cores. Each by itself:
    // one that hangs takes no other along, and is stopped with all that it started.
    for file in files {
        let name = Path::new(&file).file_name().unwrap_or_default().to_string_lossy();
        let tests = tools
            .cmd("node")
            .arg("--import")
            .arg(&limits)
            .args(["--test", "--test-reporter=spec"])
            .arg(&file)
            .env("DEMO_SERVER", demo::server())
            .env("FIXTURE_SERVER", fixture::server())
            .env("MCP_WASM_GATEWAY", demo::program("mcp-wasm-gateway"))
            .env("MCP_WASM_GATEWAY_PACKAGES", gateway::directory())
            .env("RMCP_SERVER", fixture::rmcp_server())
            .env("RUST_CLIENT", fixture::client());
        outcome += run(&format!("{directory}/{name}"), tests, FILE_DEADLINE)?;
    }
    Ok(outcome)
}
