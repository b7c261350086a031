//! The project's own commands: `cargo xtask demo | test | package | gateway-package | check | docs | bench |
//! fuzz | fixture | advisories`.
//!
//! Each one sets up what it needs and finds missing, and says in one line what it is doing. The
//! second run finds everything in place.

// The clock rule is for the crate; here a clock is what elapsed times are made of.
#![allow(clippy::disallowed_methods)]

mod advisories;
mod bench;
mod check;
mod counts;
mod defaults;
mod demo;
mod deny;
mod docs;
mod facade;
mod fixture;
mod fuzz;
mod gateway;
mod glue;
mod lanes;
mod names;
mod outcome;
mod package;
mod programs;
mod run;
mod rust;
mod sbom;
mod setup;
mod split;
mod test;
mod trap;
mod wasm_pack;
mod words;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

const HELP: &str = "\
The commands of this project. Each sets up what it needs on a machine that has Rust and Node.

Usage: cargo xtask <command> [options]

  demo      Builds the package, starts the demo server and prints the address of the demo page
              --port N   port to listen on; 0 takes any free one
              --host H   address to listen on (default 127.0.0.1)
              --allow-host H    another name by which browsers reach it (repeatable)
              --allow-origin O  origin of pages from elsewhere that may connect (repeatable)
              --pace F   scales the pauses of the demo tools: 1 as specified, 0 none
              --root DIR directory that hash_directory may read
              --auth     ask for a log-in, at an authorization server that is started too
  test      Runs every test, prints a table and, last, `N passed, N failed`
              --only S   only this suite (repeatable): check, rust, chrome, firefox, node,
                         browser, interop, conformance, package
  package   Builds the npm package in target/pkg, ready for `npm publish`
  gateway-package  Builds and packs the gateway's npm packages, one per platform whose toolchain is here
  check     Formatting, lints, documentation, types, size budget, layering, dependencies
  bench     The benchmark, in browsers against other clients and natively against other servers;
            updates README.md, docs/size-and-speed.md and the chart
              --only S   only this part (repeatable), printed and not written: memory, csp, wire,
                         fetch, results, large, list, calls, cold, warm, heap, frames, firefox,
                         native, server
              --write    writes the tables of parts, too, of which all is measured, by this run and
                         those before it of the same build
              --rounds N rounds of each measurement (default 5; fewer are only printed)
  fuzz      Runs the fuzz targets in fuzz/, led by what an input reaches; what fails is kept
              --only T   only this target (repeatable)
              --seconds N  how long each of them runs (default 60)
  docs      Builds the reference of the JavaScript API in target/docs, that of the crate in target/doc
  fixture   Builds and starts the server that the protocol's conformance suite is run against
              --port N   port to listen on; 0 takes any free one (default 8000)
              --host H   address to listen on (default 127.0.0.1)
  advisories  Writes xtask/advisories.tsv anew, out of the RustSec database; needs a network
              --from R   the git repository to take it from, a folder or an address

Environment: CHROME, CHROMEDRIVER, FIREFOX, GECKODRIVER and PYTHON name programs that are not in
PATH; MCP_WASM_TOOLS is the directory for the tools that are installed with cargo.";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut args = lexopt::Parser::from_env();
    let Some(first) = args.next()? else {
        println!("{HELP}");
        return Ok(ExitCode::FAILURE);
    };
    let command = match first {
        Short('h') | Long("help") => {
            println!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Value(command) => command.string()?,
        other => return Err(other.unexpected().into()),
    };

    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match (command.as_str(), arg) {
            (_, Short('h') | Long("help")) => {
                println!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            (
                "demo",
                Long(flag @ ("port" | "host" | "allow-host" | "allow-origin" | "pace" | "root")),
            )
            | ("fixture", Long(flag @ ("port" | "host"))) => {
                options.server.push(format!("--{flag}"));
                options.server.push(args.value()?.string()?);
            }
            ("demo", Long("auth")) => options.login = true,
            ("test", Long("only")) => options.only.push(args.value()?.string()?),
            ("fuzz", Long("only")) => options.fuzz.only.push(args.value()?.string()?),
            ("fuzz", Long("seconds")) => options.fuzz.seconds = args.value()?.parse()?,
            ("bench", Long("only")) => options.bench.only.push(args.value()?.string()?),
            ("bench", Long("write")) => options.bench.write = true,
            ("bench", Long("rounds")) => options.bench.rounds = Some(args.value()?.parse()?),
            ("advisories", Long("from")) => options.from = Some(args.value()?.string()?),
            (_, other) => return Err(other.unexpected().into()),
        }
    }

    let passed = match command.as_str() {
        "demo" => demo::demo(&options.server, options.login).map(|()| true),
        "test" => test::test(&options.only),
        "package" => package::command().map(|()| true),
        "gateway-package" => gateway::command().map(|()| true),
        "check" => check::command(),
        "bench" => bench::bench(&options.bench).map(|()| true),
        "fuzz" => fuzz::fuzz(&options.fuzz),
        "docs" => docs::docs().map(|()| true),
        "advisories" => advisories::refresh(options.from.as_deref()).map(|()| true),
        "fixture" => fixture::fixture(&options.server).map(|()| true),
        other => bail!("there is no command `{other}`; `cargo xtask --help` lists them"),
    }?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Options {
    /// Flags that go on to the demo or the fixture server.
    server: Vec<String>,
    /// Whether the demo server asks for log-ins.
    login: bool,
    /// Where the advisories are taken from.
    from: Option<String>,
    /// Suites to run; empty means all.
    only: Vec<String>,
    bench: bench::Options,
    fuzz: fuzz::Options,
}
