//! `cargo xtask check`: everything about the code but its behaviour.

use std::fs;
use std::panic;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use enumset::{EnumSet, enum_set};

use crate::defaults;
use crate::deny;
use crate::facade;
use crate::outcome::Outcome;
use crate::package;
use crate::programs;
use crate::run::{Cmd, root, say, step, target};
use crate::sbom;
use crate::setup::{Need, Tools, WASM_TARGET, setup};
use crate::words;

pub const NEEDS: EnumSet<Need> = enum_set!(package::NEEDS | Need::CargoDeny);

/// What a minimal app may weigh, in bytes, everything counted that a browser loads: by what it connects
/// to, and by how the server compresses.
const BUDGETS: [(&str, u64); 4] = [
    ("websocket gzip", 54_990),
    ("websocket brotli", 49_190),
    ("http gzip", 78_090),
    ("http brotli", 70_090),
];

type Step = (&'static str, fn(&Tools) -> Result<()>);

/// What others need, one after the other.
const FIRST: [Step; 2] =
    [("formatting", formatting), ("package", |tools| package::package(tools).map(drop))];

/// What cargo builds, which keeps others that build waiting; at times one core of two is enough for it.
const BUILT: [Step; 7] = [
    ("clippy, native", clippy_native),
    ("clippy, wasm32", clippy_wasm),
    ("programs by themselves", |_| programs::check()),
    ("documentation", documentation),
    ("layering", layering),
    ("crate", crate_package),
    ("bills of materials", bills),
];

/// What is done meanwhile.
const BESIDE: [Step; 7] = [
    ("words", |_| words::compare()),
    ("defaults", |_| defaults::compare()),
    ("types that say nothing", |_| facade::check()),
    ("types", types),
    ("size", size),
    ("dependencies", deny::check),
    ("signatures", deny::signatures),
];

/// The command: whether every step passed.
pub fn command() -> Result<bool> {
    let tools = setup(NEEDS)?;
    let counts = check(&tools).counts;
    say(format_args!("check: {} passed, {} failed", counts.passed, counts.failed));
    Ok(counts.failed == 0)
}

/// All steps, also after one that fails.
pub fn check(tools: &Tools) -> Outcome {
    let mut outcome = steps(tools, &FIRST);
    thread::scope(|scope| {
        let beside = scope.spawn(|| steps(tools, &BESIDE));
        outcome += steps(tools, &BUILT);
        match beside.join() {
            Ok(other) => outcome += other,
            Err(panic) => panic::resume_unwind(panic),
        }
    });
    outcome
}

fn steps(tools: &Tools, steps: &[Step]) -> Outcome {
    let mut outcome = Outcome::default();
    for (name, run) in steps {
        match step(&format!("check {name}"), || run(tools)) {
            Ok(()) => outcome.counts.passed += 1,
            Err(error) => {
                say(format_args!("FAILED: {error:#}"));
                outcome.fail(format!("check: {name}"));
            }
        }
    }
    outcome
}

fn formatting(tools: &Tools) -> Result<()> {
    tools.cargo().args(["fmt", "--all", "--check"]).quiet().context("run `cargo fmt --all`")
}

fn clippy_native(tools: &Tools) -> Result<()> {
    tools
        .cargo()
        .args(["clippy", "--quiet", "--workspace", "--all-targets", "--all-features"])
        .args(["--", "-D", "warnings"])
        .quiet()
}

/// What the npm package is made of, and with it the client for Rust programs and its example; and the
/// tests that run in a browser, which no other target has.
fn clippy_wasm(tools: &Tools) -> Result<()> {
    const ALL: &str = "client,npm-server,npm-allocator";
    let chosen = [
        &["--lib", "--package", "mcp-wasm"][..],
        &["--lib", "--tests", "--package", "mcp-wasm", "--features", ALL],
        &["--lib", "--package", "mcp-wasm", "--no-default-features", "--features", "npm-server"],
        &["--lib", "--package", "mcp-wasm", "--no-default-features", "--features", "client"],
        &["--lib", "--tests", "--package", "rust-wasm-client"],
    ];
    for packages in chosen {
        tools
            .cargo()
            .args(["clippy", "--quiet"])
            .args(packages)
            .args(["--target", WASM_TARGET, "--", "-D", "warnings"])
            .quiet()?;
    }
    Ok(())
}

/// Of both halves: the server's is native, the client's for Rust programs is not.
fn documentation(tools: &Tools) -> Result<()> {
    let document = |what: &[&str]| {
        tools
            .cargo()
            .args(["doc", "--quiet", "--no-deps"])
            .args(what)
            .env("RUSTDOCFLAGS", "-D warnings")
            .quiet()
    };
    document(&["--workspace", "--all-features"])?;
    document(&["--package", "mcp-wasm", "--all-features", "--target", WASM_TARGET])
}

/// The crate as it would be published builds, and has nothing in it that does not belong there.
fn crate_package(tools: &Tools) -> Result<()> {
    let package = || tools.cargo().args(["package", "--package", "mcp-wasm", "--allow-dirty"]);
    let files = package().arg("--list").output().context("the crate cannot be packaged")?;
    let own = |file: &&str| {
        let written = ["Cargo.lock", "Cargo.toml", "Cargo.toml.orig", ".cargo_vcs_info.json"];
        let at_root =
            ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "ARCHITECTURE.md", "CHANGELOG.md"];
        let more = ["docs/authorization.md", "docs/rust-clients.md", "docs/rust-servers.md"];
        file.starts_with("src/") || [&written[..], &at_root, &more].concat().contains(file)
    };
    if let Some(stranger) = files.lines().find(|file| !own(file)) {
        bail!("the crate has {stranger} in it: see `include` in Cargo.toml");
    }
    package().arg("--quiet").quiet()
}

fn layering(tools: &Tools) -> Result<()> {
    tools
        .cargo()
        .args(["test", "--quiet", "--workspace", "--all-features", "--test", "layering"])
        .quiet()
}

/// What is inside of the crate and of the npm package is written down, each with its licence.
fn bills(_: &Tools) -> Result<()> {
    let npm = target().join("pkg").join(sbom::FILE);
    for (file, inside) in [(sbom::of_crate()?, "pkg:cargo/tokio@"), (npm, "pkg:cargo/talc@")] {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        ensure!(text.contains(inside), "{} does not name {inside}", file.display());
    }
    Ok(())
}

/// The facade against the generated module, the page and the tests against the declarations.
fn types(tools: &Tools) -> Result<()> {
    // Found beside the facade by way of `rootDirs`.
    let declared = target().join("pkg-types");
    package::recreate(&declared)?;
    for (file, place) in package::declarations() {
        let place = declared.join(place);
        fs::create_dir_all(place.parent().unwrap_or(&declared))?;
        fs::copy(&file, place)
            .with_context(|| format!("{} is missing: build the package", file.display()))?;
    }
    for project in ["tests/tsconfig.pkg.json", "tests/tsconfig.json", "www/tsconfig.json"] {
        tools.cmd("tsc").args(["--project", project, "--pretty", "false"]).quiet()?;
    }
    Ok(())
}

fn size(_: &Tools) -> Result<()> {
    let script = root().join("tests/package/size.mjs");
    let (status, output) = Cmd::new("node").arg(script).stream(Duration::from_secs(300))?;
    ensure!(status.success(), "the minimal app could not be measured");
    for (what, budget) in BUDGETS {
        let size: u64 = output
            .lines()
            .find_map(|line| line.strip_prefix(what)?.trim().parse().ok())
            .with_context(|| format!("tests/package/size.mjs printed no size of `{what}`"))?;
        ensure!(
            size <= budget,
            "a minimal app is {size} bytes ({what}), {} over the budget of {budget}",
            size.saturating_sub(budget)
        );
        say(format_args!(
            "size: a minimal app is {size} bytes ({what}); {} are left",
            budget - size
        ));
    }
    Ok(())
}
