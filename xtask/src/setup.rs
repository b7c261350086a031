//! What a fresh machine lacks: installed once, found again by version.
//!
//! Programs installed with cargo go into a directory of the user's, one per version; JavaScript
//! tools into `tests/node_modules`; Python peers into `target/tools`; browsers come from the
//! system's package manager.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use enumset::{EnumSet, EnumSetType};

use crate::run::{Cmd, find, root, step, target};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";
const WASM_PACK: &str = "0.15.1";
const CARGO_DENY: &str = "0.20.2";
const GECKODRIVER: &str = "0.37.1";
const NODE: [u32; 2] = [20, 19];
/// Environments of Python peers, and their packages: several, because the peers' own do not agree.
const PYTHON: [(&str, &str); 3] = [
    ("python-fastmcp2", "tests/interop/requirements-fastmcp2.txt"),
    ("python", "tests/interop/requirements.txt"),
    ("python-fastmcp4", "tests/interop/requirements-fastmcp4.txt"),
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
    /// The Python peers of the interop tests.
    Python,
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
    can_apt_install(&missing_browsers(needs))?;
    let mut tools = Tools::default();
    if needs.contains(Need::Npm) {
        tools.directories.push(root().join("tests/node_modules/.bin"));
    }
    thread::scope(|scope| {
        let system = scope.spawn(|| -> Result<()> {
            browsers(needs)?;
            if needs.contains(Need::Python) {
                PYTHON.iter().try_for_each(|(name, packages)| python(name, packages))?;
            }
            Ok(())
        });
        let npm = scope.spawn(|| {
            let packages = [
                (needs.contains(Need::Npm), "tests"),
                (needs.contains(Need::Npm), CARRIED),
                (needs.contains(Need::Conformance), "tests/conformance"),
                (needs.contains(Need::Consumers), "tests/package/npm"),
            ];
            packages.iter().filter(|(needed, _)| *needed).try_for_each(|(_, at)| npm_ci(at))
        });

        // In order: cargo would make them wait for each other anyway.
        let mut cargo_tools = || -> Result<()> {
            if needs.contains(Need::Wasm) {
                wasm_target()?;
                let version = locked_version("wasm-bindgen")?;
                tools.directories.extend(wasm_bindgen(&version)?);
            }
            if needs.contains(Need::WasmPack) {
                tools.directories.extend(cargo_tool("wasm-pack", WASM_PACK, "wasm-pack")?);
            }
            if needs.contains(Need::CargoDeny) {
                tools.directories.extend(cargo_tool("cargo-deny", CARGO_DENY, "cargo-deny")?);
            }
            if needs.contains(Need::Geckodriver) && program("GECKODRIVER", &[]).is_none() {
                tools.directories.extend(cargo_tool("geckodriver", GECKODRIVER, "geckodriver")?);
            }
            // Over a gigabyte that nothing needs any more.
            let _ = fs::remove_dir_all(build_directory());
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

fn wasm_target() -> Result<()> {
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

fn wasm_bindgen(version: &str) -> Result<Option<PathBuf>> {
    // The test runner belongs to it: a wasm-bindgen alone in PATH is not enough for the tests.
    let runner = find(&["wasm-bindgen-test-runner"]);
    if runner.is_some_and(|runner| says_version(&runner, version)) {
        return cargo_tool("wasm-bindgen-cli", version, "wasm-bindgen");
    }
    install("wasm-bindgen-cli", version, "wasm-bindgen").map(Some)
}

/// The directory of a tool's programs; `None` if PATH has the right version.
fn cargo_tool(package: &str, version: &str, program: &str) -> Result<Option<PathBuf>> {
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
fn build_directory() -> PathBuf {
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

/// The Debian packages of browsers and drivers that are needed and not found.
fn missing_browsers(needs: EnumSet<Need>) -> Vec<&'static str> {
    const CHROME: [&str; 5] =
        ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
    let wanted = [
        (needs.contains(Need::Chromium), "CHROME", &CHROME[..], "chromium"),
        (
            needs.contains(Need::Chromedriver),
            "CHROMEDRIVER",
            &["chromedriver"][..],
            "chromium-driver",
        ),
        (needs.contains(Need::Firefox), "FIREFOX", &["firefox-esr", "firefox"][..], "firefox-esr"),
        (
            needs.contains(Need::Webkit),
            "WEBKIT_DRIVER",
            &["WebKitWebDriver"][..],
            "webkit2gtk-driver",
        ),
        (needs.contains(Need::Webkit), "XVFB", &["Xvfb"][..], "xvfb"),
    ];
    wanted
        .iter()
        .filter(|(needed, variable, names, _)| *needed && program(variable, names).is_none())
        .map(|(.., package)| *package)
        .collect()
}

fn browsers(needs: EnumSet<Need>) -> Result<()> {
    apt_install(&missing_browsers(needs))?;
    let still = missing_browsers(needs);
    if !still.is_empty() {
        bail!("{} could not be found after the installation", still.join(", "));
    }
    Ok(())
}

fn can_apt_install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    let or = "or name the programs in CHROME, CHROMEDRIVER, FIREFOX, WEBKIT_DRIVER, XVFB or PYTHON";
    if find(&["apt-get"]).is_none() {
        bail!("missing: {list}. Install them with your system's package manager, {or}");
    }
    if Cmd::new("id").arg("-u").output().is_none_or(|id| id != "0") {
        bail!("missing: {list}. Run `sudo apt-get update && sudo apt-get install {list}`, {or}");
    }
    Ok(())
}

fn apt_install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    can_apt_install(packages)?;
    let apt = |args: &[&str]| {
        Cmd::new("apt-get")
            .args(["-o", "DPkg::Lock::Timeout=300"])
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .quiet()
    };
    step(&format!("apt-get install {}", packages.join(" ")), || {
        apt(&["update"])?;
        let install = ["install", "-y", "--no-install-recommends"];
        apt(&[&install[..], packages].concat())
    })
}

/// A Python environment with peers of the interop tests.
fn python(name: &str, packages: &str) -> Result<()> {
    let requirements =
        fs::read(root().join(packages)).with_context(|| format!("{packages} cannot be read"))?;
    let environment = target().join("tools").join(name);
    once(&environment.join("installed-requirements.txt"), &requirements, || {
        let python = || program("PYTHON", &["python3", "python"]);
        if python().is_none() {
            apt_install(&["python3", "python3-venv"])?;
        }
        let python = python().context("python3 is missing: install it, or name it in PYTHON")?;
        step(&format!("Python peers of the interop tests: {packages}"), || {
            let make =
                || Cmd::new(&python).args(["-m", "venv", "--clear"]).arg(&environment).quiet();
            // Debian's Python comes without the part that `venv` needs.
            if make().is_err() {
                apt_install(&["python3-venv"])?;
                make()?;
            }
            Cmd::new(environment.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(root().join(packages))
                .quiet()
                .context("pip could not install the Python peers (they need Python 3.10 or newer)")
        })
    })
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
