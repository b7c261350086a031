//! `cargo xtask check`: everything about the code but its behaviour.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::counts::Counts;
use crate::package;
use crate::run::{Cmd, root, say, step, target};
use crate::setup::{Needs, Tools, setup};

pub const NEEDS: Needs = package::NEEDS;

/// What a minimal app may weigh, brotli-compressed, everything that travels counted.
const BUDGET: u64 = 57 * 1024;

type Step = (&'static str, fn(&Tools) -> Result<()>);

const STEPS: [Step; 8] = [
    ("formatting", formatting),
    ("clippy, native", clippy_native),
    ("clippy, wasm32", clippy_wasm),
    ("documentation", documentation),
    ("layering", layering),
    ("package", |tools| package::package(tools).map(drop)),
    ("types", types),
    ("size", size),
];

/// The command: whether every step passed.
pub fn command() -> Result<bool> {
    let tools = setup(NEEDS)?;
    let counts = check(&tools);
    say(format_args!("check: {} passed, {} failed", counts.passed, counts.failed));
    Ok(counts.failed == 0)
}

/// All steps, also after one that fails.
pub fn check(tools: &Tools) -> Counts {
    let mut counts = Counts::default();
    for (name, run) in STEPS {
        match step(&format!("check {name}"), || run(tools)) {
            Ok(()) => counts.passed += 1,
            Err(error) => {
                counts.failed += 1;
                say(format_args!("FAILED: {error:#}"));
            }
        }
    }
    counts
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

fn clippy_wasm(tools: &Tools) -> Result<()> {
    tools
        .cargo()
        .args(["clippy", "--quiet", "--package", "mcp-wasm", "--lib"])
        .args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"])
        .quiet()
}

fn documentation(tools: &Tools) -> Result<()> {
    tools
        .cargo()
        .args(["doc", "--quiet", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .quiet()
}

fn layering(tools: &Tools) -> Result<()> {
    tools
        .cargo()
        .args(["test", "--quiet", "--workspace", "--all-features", "--test", "layering"])
        .quiet()
}

/// The facade against the generated module, the page and the tests against the declarations.
fn types(tools: &Tools) -> Result<()> {
    // Found beside the facade by way of `rootDirs`.
    let declared = target().join("pkg-types");
    fs::create_dir_all(&declared)?;
    for name in ["core.d.ts", "inline.d.ts", "worker-script.d.ts"] {
        fs::copy(target().join("pkg-generated").join(name), declared.join(name))
            .with_context(|| format!("{name} is missing: the package was not built"))?;
    }
    for project in ["tests/tsconfig.pkg.json", "tests/tsconfig.json", "www/tsconfig.json"] {
        tools.cmd("tsc").args(["--project", project, "--pretty", "false"]).quiet()?;
    }
    Ok(())
}

fn size(_: &Tools) -> Result<()> {
    let script = root().join("tests/package/size.mjs");
    let (status, output) = Cmd::new("node").arg(script).stream(Duration::from_secs(120))?;
    ensure!(status.success(), "the minimal app could not be measured");
    let brotli: u64 = output
        .lines()
        .find_map(|line| line.strip_prefix("brotli "))
        .and_then(|number| number.parse().ok())
        .context("tests/package/size.mjs printed no brotli size")?;
    if brotli > BUDGET {
        bail!(
            "a minimal app is {brotli} bytes in brotli, {} over the budget of {BUDGET}",
            brotli - BUDGET
        );
    }
    say(format_args!(
        "size: a minimal app is {brotli} bytes in brotli; the budget is {BUDGET}, {} are left",
        BUDGET - brotli
    ));
    Ok(())
}
