//! What comes from crates.io: wasm-bindgen and other programs, and Rust's target.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::{Cmd, find, root, step, target};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The version of a package in Cargo.lock.
pub fn locked_version(package: &str) -> Result<String> {
    let file = root().join("Cargo.lock");
    let lock = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    version_in_lock(&lock, package)
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock names no package `{package}`"))
}

fn version_in_lock<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

pub fn wasm_target() -> Result<()> {
    let libraries = Cmd::new("rustc")
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .output()
        .context("rustc is missing: install Rust from https://rustup.rs")?;
    if Path::new(&libraries).is_dir() {
        return Ok(());
    }
    if find(&["rustup"]).is_none() {
        bail!(
            "Rust's target {WASM_TARGET} is missing and there is no rustup: install the target as your system provides it"
        );
    }
    step(&format!("rustup target add {WASM_TARGET}"), || {
        Cmd::new("rustup").args(["target", "add", WASM_TARGET]).quiet()
    })
}

pub fn wasm_bindgen(version: &str) -> Result<Option<PathBuf>> {
    // The test runner belongs to it: a wasm-bindgen alone in PATH is not enough for the tests.
    let runner = find(&["wasm-bindgen-test-runner"]);
    if runner.is_some_and(|runner| says_version(&runner, version)) {
        return cargo_tool("wasm-bindgen-cli", version, "wasm-bindgen");
    }
    install("wasm-bindgen-cli", version, "wasm-bindgen").map(Some)
}

/// The directory of a tool's programs; `None` if PATH has the right version.
pub fn cargo_tool(package: &str, version: &str, program: &str) -> Result<Option<PathBuf>> {
    if find(&[program]).is_some_and(|file| says_version(&file, version)) {
        return Ok(None);
    }
    install(package, version, program).map(Some)
}

fn says_version(program: &Path, version: &str) -> bool {
    Cmd::new(program)
        .arg("--version")
        .output()
        .is_some_and(|output| output.split_whitespace().any(|word| word == version))
}

fn install(package: &str, version: &str, program: &str) -> Result<PathBuf> {
    let directory = tools_directory()?.join(format!("{package}-{version}"));
    let bin = directory.join("bin");
    if says_version(&bin.join(program), version) {
        return Ok(bin);
    }
    let what = format!("cargo install {package} {version} (takes a while, once)");
    step(&what, || {
        Cmd::cargo()
            .args(["install", package, "--version", version, "--force", "--root"])
            .arg(&directory)
            // Outside of the project, so that its cargo settings do not count.
            .dir(tools_directory()?)
            .env("CARGO_TARGET_DIR", build_directory())
            // They are run a few times only: quickly built is better than fast.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .quiet()
    })?;
    Ok(bin)
}

/// Where cargo builds them. One directory for all: the tools have many dependencies in common.
pub fn build_directory() -> PathBuf {
    target().join("tools/cargo")
}

/// Where programs go that are installed with cargo.
fn tools_directory() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let directory = set("MCP_WASM_TOOLS")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("mcp-wasm-tools")))
        .or_else(|| {
            let cache = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
            set("HOME").map(|home| home.join(cache).join("mcp-wasm-tools"))
        })
        .or_else(|| set("LOCALAPPDATA").map(|cache| cache.join("mcp-wasm-tools")))
        .context("neither HOME nor MCP_WASM_TOOLS is set: set one of them")?;
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }
}
