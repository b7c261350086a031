//! `cargo xtask package`: the npm package, built into `target/pkg`.
//!
//! For each of the two modules, the client's and the server's: cargo build for wasm32, then what
//! [`module`] makes of it; beside the hand-written files of `pkg-template/`.

mod align;
mod module;
mod pack;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use enumset::{EnumSet, enum_set};
use serde_json::Value;

use crate::run::{Cmd, root, say, step, target};
use crate::sbom;
use crate::setup::{CARRIED, Need, Tools, WASM_TARGET, locked_version, setup};
use module::{FEATURES, MODULES, Module, TEXT_DECLARATION, built, generate, generated};

pub const NEEDS: EnumSet<Need> = enum_set!(Need::Wasm | Need::Npm);

/// As small as `opt-level = "z"`, and without its slow loops: inlining, unrolling, comparing by parts
/// and loading ahead are what makes the module large. What is called for every byte asks to be
/// inlined.
const SMALL: &str = "llvm-args=-inline-threshold=0 -unroll-threshold=0 -max-loads-per-memcmp=1 \
                     -enable-pre=false -enable-load-pre=false";

/// What becomes one script, the validator, and where that is in the package.
const VALIDATOR: [&str; 2] = ["validate/index.js", "validate.js"];
/// What it compares texts with.
const PATTERNS: &str = "validate/patterns.js";
/// What reads the modules' texts, and the script that it travels in.
const UNPACKER: &str = "xtask/src/package/unpack.wat";
const UNPACKER_SCRIPT: &str = "wasm/unpacker.js";
const WORKER: &str = "worker/worker.js";
const WORKER_SCRIPT: &str = "worker/worker-script.js";
const PLACEHOLDER: &str = "\"version\": \"0.0.0\"";

/// The command.
pub fn command() -> Result<()> {
    let tools = setup(NEEDS)?;
    cargo_build()?;
    let package = assemble(&tools)?;
    say(format_args!("the package is in {}", package.display()));
    say(format_args!("what the crate is made of is in {}", sbom::of_crate()?.display()));
    print_sizes(&package)
}

/// Builds the package; says nothing of sizes.
pub fn package(tools: &Tools) -> Result<PathBuf> {
    cargo_build()?;
    assemble(tools)
}

/// The first part of it, which needs nothing but cargo and the wasm32 target.
pub fn cargo_build() -> Result<()> {
    step("build the WebAssembly modules", || {
        // Panics name their source file: without this machine's directories, please.
        let sources = cargo_home().join("registry/src");
        let remap = format!("--remap-path-prefix={}=crates", sources.display());
        let flags = [&remap, "-C", SMALL];
        for module in &MODULES {
            Cmd::cargo()
                .args(["build", "--package", "mcp-wasm", "--lib", "--release", "--quiet"])
                .args(["--target", WASM_TARGET, "--no-default-features"])
                .args(["--features", module.features, "--config"])
                .arg(format!("target.{WASM_TARGET}.rustflags={flags:?}"))
                .quiet()?;
            // Both come out under the name of the crate.
            let file = built(module);
            fs::create_dir_all(file.parent().unwrap_or(&file))?;
            fs::copy(target().join("wasm32-unknown-unknown/release/mcp_wasm.wasm"), &file)
                .with_context(|| file.display().to_string())?;
        }
        Ok(())
    })
}

/// The declarations of all that is generated, and their places in the package.
pub fn declarations() -> Vec<(PathBuf, String)> {
    let of = |module: &Module| {
        let declared = module.scripts().map(|name| name.replace(".js", ".d.ts"));
        let declared = declared.chain([format!("{}.d.ts", module.wasm)]);
        declared.map(|name| (generated(module).join(&name), name)).collect::<Vec<_>>()
    };
    let alone = [WORKER_SCRIPT, UNPACKER_SCRIPT].map(|script| {
        let declared = script.replace(".js", ".d.ts");
        (target().join("pkg-generated").join(&declared), declared)
    });
    MODULES.iter().flat_map(of).chain(alone).collect()
}

fn cargo_home() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CARGO_HOME").or_else(|| set("HOME").map(|home| home.join(".cargo"))).unwrap_or_default()
}

/// The rest of it.
pub fn assemble(tools: &Tools) -> Result<PathBuf> {
    let version = locked_version("wasm-bindgen")?;
    check_cli_version(tools, &version)?;
    for module in &MODULES {
        let file = built(module);
        let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
        let generated = generated(module);
        let stamp = generated.join("from.wasm");
        // The slow steps depend on nothing but the module and on how they are done.
        let how = concat!(
            include_str!("package/module.rs"),
            include_str!("package/pack.rs"),
            include_str!("names.rs"),
            include_str!("glue.rs"),
            include_str!("split.rs"),
            include_str!("trap.rs")
        );
        let input = [&bytes[..], version.as_bytes(), how.as_bytes()].concat();
        if fs::read(&stamp).ok().as_deref() != Some(&input[..]) {
            step(&format!("wasm-bindgen, wasm-opt, inline: {}", module.name), || {
                recreate(&generated)?;
                generate(tools, module, &generated)?;
                Ok(fs::write(&stamp, &input)?)
            })?;
        }
    }

    let package = target().join("pkg");
    let next = target().join("pkg-next");
    recreate(&next)?;
    copy_all(&root().join("pkg-template"), &next)?;
    for module in &MODULES {
        let declaration = format!("{}.d.ts", module.wasm);
        for name in module.scripts().chain([module.wasm, &declaration]) {
            fs::copy(generated(module).join(name), next.join(name))
                .with_context(|| name.to_owned())?;
        }
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        let file = root().join(name);
        if file.is_file() {
            fs::copy(file, next.join(name))?;
        }
    }
    bundle_validator(tools, &next)?;
    inline_unpacker(tools, &next)?;
    inline_worker(tools, &next)?;
    make_doors(&next)?;
    sbom::of_npm(&next)?;
    fill_version(&next.join("package.json"), &locked_version("mcp-wasm")?)?;

    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::rename(&next, &package)?;
    Ok(package)
}

/// Copies what is in a directory, its directories too.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The validator's entry, with the validator in it: the package has no dependencies. What it makes of
/// patterns are not the engine's regular expressions but those of the file beside it, which take a
/// bounded time.
fn bundle_validator(tools: &Tools, package: &Path) -> Result<()> {
    let [entry, bundle] = VALIDATOR;
    tools
        .cmd("esbuild")
        .arg(package.join(entry))
        .arg(format!("--inject:{}", package.join(PATTERNS).display()))
        .args(["--bundle", "--format=esm", "--target=es2022", "--log-level=warning"])
        .arg("--banner:js=/*! Contains @cfworker/json-schema, MIT: see LICENSE-THIRD-PARTY */")
        .arg(format!("--outfile={}", package.join(bundle).display()))
        .env("NODE_PATH", root().join(CARRIED).join("node_modules"))
        .quiet()
        .context("the validator could not be bundled")?;
    for part in [entry, PATTERNS] {
        fs::remove_file(package.join(part))?;
    }
    Ok(())
}

/// A script for each entry that lies in a folder, where its name says: for who reads no `exports`, as
/// a page without a build, to which the address on a server is all there is.
fn make_doors(package: &Path) -> Result<()> {
    let manifest: Value = serde_json::from_slice(&fs::read(package.join("package.json"))?)?;
    let entries = manifest["exports"].as_object().context("package.json has no exports")?;
    for (name, entry) in entries {
        let Some(file) = entry["default"].as_str() else { continue };
        if Path::new(file).extension().is_none_or(|kind| kind != "js") {
            continue;
        }
        let door = package.join(format!("{name}.js"));
        if name != "." && !door.exists() {
            let up = "../".repeat(name.matches('/').count() - 1);
            let file = if up.is_empty() { file.into() } else { file.replacen("./", &up, 1) };
            fs::create_dir_all(door.parent().unwrap_or(package))?;
            fs::write(door, format!("export * from \"{file}\";\n"))?;
        }
    }
    Ok(())
}

/// What reads the modules' texts, as a text.
fn inline_unpacker(tools: &Tools, package: &Path) -> Result<()> {
    let script = target().join("pkg-generated").join(UNPACKER_SCRIPT);
    fs::create_dir_all(script.parent().unwrap_or(package))?;
    fs::write(script.with_extension("d.ts"), TEXT_DECLARATION)?;
    let file = script.with_extension("wasm");
    tools
        .cmd("wasm-opt")
        .args(FEATURES)
        .args(["-Oz", "--converge", "--strip-target-features"])
        .args([root().join(UNPACKER).as_path(), Path::new("-o"), &file])
        .quiet()
        .context("what reads the modules could not be assembled")?;
    let text = STANDARD.encode(fs::read(file)?);
    Ok(fs::write(package.join(UNPACKER_SCRIPT), format!("export default \"{text}\";\n"))?)
}

/// The worker's script as a text, for pages that make the worker out of the package itself.
fn inline_worker(tools: &Tools, package: &Path) -> Result<()> {
    let script = target().join("pkg-generated").join(WORKER_SCRIPT);
    fs::create_dir_all(script.parent().unwrap_or(package))?;
    fs::write(script.with_extension("d.ts"), TEXT_DECLARATION)?;
    tools
        .cmd("esbuild")
        .arg(package.join(WORKER))
        .args(["--bundle", "--minify", "--format=iife", "--target=es2022", "--log-level=warning"])
        .arg(format!("--outfile={}", script.display()))
        .quiet()
        .context("the worker could not be bundled")?;
    let text = fs::read_to_string(&script)?;
    let quoted = text.trim_end().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    Ok(fs::write(package.join(WORKER_SCRIPT), format!("export default \"{quoted}\";\n"))?)
}

/// Makes an empty directory.
pub fn recreate(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())
}

fn check_cli_version(tools: &Tools, crate_version: &str) -> Result<()> {
    let cli = tools.cmd("wasm-bindgen").arg("--version").output().unwrap_or_default();
    if cli.split_whitespace().nth(1) != Some(crate_version) {
        bail!(
            "the crate wasm-bindgen is {crate_version} but its command line tool says `{cli}`: they must be equal"
        );
    }
    Ok(())
}

fn fill_version(file: &Path, version: &str) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    if !text.contains(PLACEHOLDER) {
        bail!("pkg-template/package.json has no {PLACEHOLDER} to fill in");
    }
    Ok(fs::write(file, text.replace(PLACEHOLDER, &format!("\"version\": \"{version}\"")))?)
}

/// The files of a directory and of those below it.
fn list(directory: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

/// Raw, gzip and brotli size of every part.
fn print_sizes(package: &Path) -> Result<()> {
    let mut parts = Vec::new();
    list(package, "", &mut parts)?;
    parts.retain(|name| {
        let kind = Path::new(name).extension();
        kind.is_some_and(|kind| kind == "js" || kind == "wasm")
    });
    // What is generated first: it weighs most.
    let is_generated = |name: &String| {
        MODULES.iter().any(|module| module.scripts().chain([module.wasm]).any(|own| own == name))
    };
    parts.sort_by_key(|name| (!is_generated(name), name.clone()));
    let (status, _) = Cmd::new("node")
        .arg(root().join("tests/support/sizes.mjs"))
        .args(parts)
        .dir(package)
        .stream(Duration::from_secs(60))?;
    if !status.success() {
        bail!("the sizes could not be measured");
    }
    Ok(())
}
