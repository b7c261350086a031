//! What a fresh machine lacks: installed once, found again by version.
//!
//! Programs installed with cargo go into a directory of the user's, one per version; JavaScript
//! tools into `tests/node_modules`; Python peers into `target/tools`; browsers come from the
//! system's package manager.

mod crates;
mod system;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use enumset::{EnumSet, EnumSetType};

use crate::run::{Cmd, find, root, step};

pub use crates::{WASM_TARGET, locked_version};

const WASM_PACK: &str = "0.15.1";
const CARGO_DENY: &str = "0.20.2";
const GECKODRIVER: &str = "0.37.1";
const NODE: [u32; 2] = [20, 19];
/// Environments of Python peers, and their packages: several, because the peers' own do not agree.
const PYTHON: [(Need, &str, &str); 4] = [
    (Need::Python, "python-fastmcp2", "tests/interop/requirements-fastmcp2.txt"),
    (Need::Python, "python", "tests/interop/requirements.txt"),
    (Need::Python, "python-fastmcp4", "tests/interop/requirements-fastmcp4.txt"),
    (Need::Peers, "python-gradio", "tests/interop/requirements-gradio.txt"),
];

/// What a command may need.
#[derive(EnumSetType)]
pub enum Need {
    /// The wasm32 target and wasm-bindgen's command line tool.
    Wasm,
    /// The JavaScript tools in `tests/`.
    Npm,
    WasmPack,
    CargoDeny,
    Geckodriver,
    Chromium,
    Chromedriver,
    Firefox,
    /// The Python peers of the interop tests, and of the benchmark.
    Python,
    /// Peers of the interop tests that weigh hundreds of megabytes.
    Peers,
    /// The protocol's conformance suite, with a Node of its own.
    Conformance,
    /// What the npm package is tried in: bundlers, frameworks, runtimes.
    Consumers,
    /// `WebKitGTK`'s driver, and the screen that it needs.
    Webkit,
}

/// Where the packages are declared that the package carries inside.
pub const CARRIED: &str = "xtask/npm";

/// Everything in place, and how to reach it.
#[derive(Default)]
pub struct Tools {
    directories: Vec<PathBuf>,
}

impl Tools {
    /// PATH with the tools in front.
    pub fn path(&self) -> OsString {
        let path = env::var_os("PATH").unwrap_or_default();
        let all = self.directories.iter().cloned().chain(env::split_paths(&path));
        env::join_paths(all).unwrap_or(path)
    }

    /// A program that finds the tools.
    pub fn cmd(&self, program: &str) -> Cmd {
        let file = self.file("", program).unwrap_or_else(|| program.into());
        Cmd::new(file).env("PATH", self.path())
    }

    pub fn cargo(&self) -> Cmd {
        Cmd::cargo().env("PATH", self.path())
    }

    /// A program's file: the one that the environment names, one of the tools, or one in PATH.
    pub fn file(&self, variable: &str, name: &str) -> Option<PathBuf> {
        let own = self.directories.iter().map(|directory| directory.join(name));
        program(variable, &[])
            .or_else(|| own.into_iter().find(|file| file.is_file()))
            .or_else(|| find(&[name]))
    }
}

/// Installs what is missing. Downloads and system packages run beside the builds.
pub fn setup(needs: EnumSet<Need>) -> Result<Tools> {
    check_node()?;
    // Said before minutes of building.
    system::can_apt_install(&system::missing_browsers(needs))?;
    let mut tools = Tools::default();
    if needs.contains(Need::Npm) {
        tools.directories.push(root().join("tests/node_modules/.bin"));
    }
    thread::scope(|scope| {
        let system = scope.spawn(|| -> Result<()> {
            system::browsers(needs)?;
            let wanted = PYTHON.iter().filter(|(need, ..)| needs.contains(*need));
            wanted.copied().try_for_each(|(_, name, packages)| system::python(name, packages))
        });
        let npm = scope.spawn(|| {
            let packages = [
                (needs.contains(Need::Npm), "tests"),
                (needs.contains(Need::Npm), CARRIED),
                (needs.contains(Need::Peers), "tests/interop/npm"),
                (needs.contains(Need::Conformance), "tests/conformance"),
                (needs.contains(Need::Consumers), "tests/package/npm"),
            ];
            packages.iter().filter(|(needed, _)| *needed).try_for_each(|(_, at)| npm_ci(at))
        });

        // In order: cargo would make them wait for each other anyway.
        let mut cargo_tools = || -> Result<()> {
            if needs.contains(Need::Wasm) {
                crates::wasm_target()?;
                let version = locked_version("wasm-bindgen")?;
                tools.directories.extend(crates::wasm_bindgen(&version)?);
            }
            if needs.contains(Need::WasmPack) {
                tools.directories.extend(crates::cargo_tool("wasm-pack", WASM_PACK, "wasm-pack")?);
            }
            if needs.contains(Need::CargoDeny) {
                tools.directories.extend(crates::cargo_tool(
                    "cargo-deny",
                    CARGO_DENY,
                    "cargo-deny",
                )?);
            }
            if needs.contains(Need::Geckodriver) && program("GECKODRIVER", &[]).is_none() {
                tools.directories.extend(crates::cargo_tool(
                    "geckodriver",
                    GECKODRIVER,
                    "geckodriver",
                )?);
            }
            // Over a gigabyte that nothing needs any more.
            let _ = fs::remove_dir_all(crates::build_directory());
            Ok(())
        };
        // All are waited for; the first failure is told.
        let built = cargo_tools();
        let (system, npm) = (join(system), join(npm));
        built.and(system).and(npm)
    })?;
    Ok(tools)
}

/// The result of a thread.
pub fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(anyhow!("a set-up step panicked")))
}

fn check_node() -> Result<()> {
    let version = Cmd::new("node").arg("--version").output().context(
        "Node is missing: install Node 20.19 or newer (https://nodejs.org, or your system's package manager)",
    )?;
    let mut parts = version.trim_start_matches('v').split('.').map_while(|n| n.parse().ok());
    if [parts.next().unwrap_or(0), parts.next().unwrap_or(0)] < NODE {
        bail!("Node {version} is too old: install Node {}.{} or newer", NODE[0], NODE[1]);
    }
    Ok(())
}

/// `npm ci` in a directory, unless the lock file is the one it was last run for.
fn npm_ci(directory: &str) -> Result<()> {
    let at = root().join(directory);
    let lock = fs::read(at.join("package-lock.json"))
        .with_context(|| format!("{directory}/package-lock.json cannot be read"))?;
    once(&at.join("node_modules/.installed-lock"), &lock, || {
        step(&format!("npm ci in {directory}/"), || {
            Cmd::new("npm")
                .args(["ci", "--prefix", directory, "--no-fund", "--no-audit"])
                .quiet()
                .context("npm could not install the JavaScript tools")
        })
    })
}

/// Does `work` unless it has been done for the same `input`.
fn once(stamp: &Path, input: &[u8], work: impl FnOnce() -> Result<()>) -> Result<()> {
    if fs::read(stamp).is_ok_and(|done| done == input) {
        return Ok(());
    }
    work()?;
    fs::write(stamp, input).with_context(|| stamp.display().to_string())
}

/// A program that the environment names, or one that PATH has.
fn program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| find(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_for_the_same_input_only() {
        let stamp = env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let mut runs = 0;
        for input in ["a", "a", "b"] {
            once(&stamp, input.as_bytes(), || {
                runs += 1;
                Ok(())
            })
            .unwrap();
        }
        fs::remove_file(&stamp).unwrap();
        assert_eq!(runs, 2);
    }

    #[test]
    fn a_failure_leaves_no_stamp() {
        let stamp = env::temp_dir().join(format!("xtask-no-stamp-{}", std::process::id()));
        assert!(once(&stamp, b"a", || bail!("no")).is_err());
        assert!(!stamp.exists());
    }
}
