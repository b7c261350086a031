//! `cargo xtask gateway-package`: the gateway's npm packages, one with the command and one for each
//! platform with its program, in `target/gateway-package`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::package;
use crate::run::{Cmd, root, say, step, target};
use crate::setup::setup;

/// The command, and the package that has it.
const NAME: &str = "mcp-wasm-gateway";

/// A platform that there is a package for.
struct Platform {
    triple: &'static str,
    /// As Node and npm name them.
    os: &'static str,
    cpu: &'static str,
}

const PLATFORMS: [Platform; 5] = [
    Platform { triple: "x86_64-unknown-linux-gnu", os: "linux", cpu: "x64" },
    Platform { triple: "aarch64-unknown-linux-gnu", os: "linux", cpu: "arm64" },
    Platform { triple: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
    Platform { triple: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
    Platform { triple: "x86_64-pc-windows-msvc", os: "win32", cpu: "x64" },
];

impl Platform {
    fn package(&self) -> String {
        format!("{NAME}-{}-{}", self.os, self.cpu)
    }

    fn program(&self) -> String {
        let ending = if self.os == "win32" { ".exe" } else { "" };
        format!("{NAME}{ending}")
    }
}

/// Where the packages are.
pub fn directory() -> PathBuf {
    target().join("gateway-package")
}

/// The command: release builds for all platforms whose toolchains are here.
pub fn command() -> Result<()> {
    let tools = setup(package::NEEDS)?;
    package::package(&tools)?;
    assemble(true)?;
    assets()?;
    for package in fs::read_dir(directory())? {
        let package = package?.path();
        if package.is_dir() {
            let pack = tools.cmd("npm").args(["pack", "--silent", "--pack-destination"]);
            pack.arg(directory()).dir(&package).quiet()?;
        }
    }
    say(format_args!("the packages are in {}", directory().display()));
    Ok(())
}

/// Makes the packages: of release builds, or of the one that is there for this platform. The page that
/// the program brings along has been built before.
pub fn assemble(is_release: bool) -> Result<()> {
    let sysroot = Cmd::new("rustc").args(["--print", "sysroot"]).output();
    let libraries = sysroot.map(|path| PathBuf::from(path.trim()).join("lib/rustlib"));
    let host = Cmd::new("rustc").arg("-vV").output().unwrap_or_default();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let is_here = |platform: &&Platform| {
        // Others need a linker of their own.
        let is_linked = platform.triple == host || linker(platform).is_some();
        is_linked && libraries.as_ref().is_some_and(|all| all.join(platform.triple).is_dir())
    };
    let version = version()?;
    let all = directory();
    let _ = fs::remove_dir_all(&all);
    let mut optional = serde_json::Map::new();
    for platform in &PLATFORMS {
        optional.insert(platform.package(), json!(version));
    }
    for platform in PLATFORMS.iter().filter(is_here).filter(|one| is_release || one.triple == host)
    {
        let built = if is_release { build(platform, host)? } else { crate::demo::program(NAME) };
        let package = all.join(platform.package());
        fs::create_dir_all(&package)?;
        fs::copy(&built, package.join(platform.program()))
            .with_context(|| built.display().to_string())?;
        let mut about = about(&platform.package(), &version);
        about["description"] =
            json!(format!("The program of {NAME} for {} on {}", platform.os, platform.cpu));
        about["os"] = json!([platform.os]);
        about["cpu"] = json!([platform.cpu]);
        about["preferUnplugged"] = json!(true);
        if platform.os == "linux" {
            about["libc"] = json!(["glibc"]);
        }
        write(&package, &about)?;
    }
    let package = all.join(NAME);
    fs::create_dir_all(&package)?;
    let source = root().join("crates/gateway");
    fs::copy(source.join("npm/run.js"), package.join("run.js"))?;
    fs::copy(source.join("README.md"), package.join("README.md"))?;
    let mut about = about(NAME, &version);
    about["description"] = json!(
        "Any MCP server, stdio or HTTP, behind one endpoint that a web page can use, with its progress intact"
    );
    about["keywords"] = json!([
        "mcp",
        "model-context-protocol",
        "gateway",
        "proxy",
        "stdio",
        "websocket",
        "progress"
    ]);
    about["bin"] = json!({ NAME: "run.js" });
    about["engines"] = json!({ "node": ">=20" });
    about["optionalDependencies"] = Value::Object(optional);
    write(&package, &about)
}

fn about(name: &str, version: &str) -> Value {
    let repository = "git+https://github.com/mcp-wasm/mcp-wasm.git";
    json!({
        "name": name,
        "version": version,
        "license": "MIT OR Apache-2.0",
        "repository": { "type": "git", "url": repository },
        "publishConfig": { "access": "public", "provenance": true },
    })
}

fn write(package: &Path, about: &Value) -> Result<()> {
    let text = format!("{}\n", serde_json::to_string_pretty(about)?);
    fs::write(package.join("package.json"), text)?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(license), package.join(license))?;
    }
    Ok(())
}

/// The gateway's version, as its manifest has it.
fn version() -> Result<String> {
    let manifest = fs::read_to_string(root().join("crates/gateway/Cargo.toml"))?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    Ok(version.context("crates/gateway/Cargo.toml has no version")?.trim_matches('"').to_owned())
}

/// What links for a platform that is not this one.
fn linker(platform: &Platform) -> Option<PathBuf> {
    let (first, rest) = platform.triple.split_once("-unknown")?;
    crate::run::find(&[&format!("{first}{rest}-gcc")])
}

fn build(platform: &Platform, host: &str) -> Result<PathBuf> {
    step(&format!("build the gateway for {} on {}", platform.os, platform.cpu), || {
        // What is left of names and lines is of no use to whoever runs it.
        let mut cargo = Cmd::cargo()
            .args(["build", "--quiet", "--package", NAME, "--release"])
            .args(["--config", "profile.release.strip=true"]);
        let mut built = target();
        if platform.triple != host {
            cargo = cargo.args(["--target", platform.triple]);
            built.push(platform.triple);
            if let Some(linker) = linker(platform) {
                let name = platform.triple.replace('-', "_").to_uppercase();
                cargo = cargo.env(&format!("CARGO_TARGET_{name}_LINKER"), linker);
            }
        }
        cargo.quiet()?;
        built.push("release");
        Ok(built.join(platform.program()))
    })
}

/// Puts the page beside the crate's sources, so that `cargo publish` takes it along.
fn assets() -> Result<()> {
    let assets = root().join("crates/gateway/assets");
    let _ = fs::remove_dir_all(&assets);
    copy(&root().join("www"), &assets.join("www"))?;
    copy(&target().join("pkg"), &assets.join("pkg"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "screenshots" | "node_modules" | "chat" | "compat") {
                copy(&path, &to.join(name))?;
            }
        } else if [".html", ".js", ".css", ".svg"].iter().any(|end| name.ends_with(end)) {
            fs::create_dir_all(to)?;
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
