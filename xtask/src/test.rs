//! `cargo xtask test`: every suite, their counts added up.

use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Result, bail};
use enumset::{EnumSet, enum_set};

use crate::outcome::Outcome;
use crate::run::say;
use crate::setup::{Need, Tools, setup};
use crate::{check, fixture, gateway, lanes, package, programs, rust, wasm_pack};

struct Suite {
    name: &'static str,
    needs: EnumSet<Need>,
    run: fn(&Tools) -> Result<Outcome>,
}

const SUITES: [Suite; 9] = [
    Suite { name: "check", needs: check::NEEDS, run: |tools| Ok(check::check(tools)) },
    Suite { name: "rust", needs: EnumSet::empty(), run: rust::run },
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
            fixture::build_rmcp_server()?;
            node(tools, "interop")
        },
    },
    Suite {
        name: "conformance",
        needs: enum_set!(package::NEEDS | Need::Chromium | Need::Conformance),
        run: |tools| node(tools, "conformance"),
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
    for line in &total.said {
        println!("{line}");
    }
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

/// The node:test files of a directory of `tests/`, after what all of them need is built.
fn node(tools: &Tools, directory: &str) -> Result<Outcome> {
    static BUILT: OnceLock<()> = OnceLock::new();
    // Nothing that it is made of changes between two suites.
    if BUILT.get().is_none() {
        package::package(tools)?;
        // The gateway brings the package along.
        programs::build()?;
        gateway::assemble(false)?;
        BUILT.get_or_init(|| ());
    }
    lanes::run(tools, directory)
}
