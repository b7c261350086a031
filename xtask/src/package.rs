//! `cargo xtask package`: the npm package, built into `target/pkg`.
//!
//! For each of the two modules, the client's and the server's: cargo build for wasm32 → wasm-bindgen
//! (glue without any idea of where the module lies) → wasm-opt → glue, module, and the module inside
//! a script; beside the hand-written files of `pkg-template/`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use enumset::{EnumSet, enum_set};
use serde_json::Value;

use crate::glue::trim;
use crate::names;
use crate::pack::pack;
use crate::run::{Cmd, root, say, step, target};
use crate::sbom;
use crate::setup::{CARRIED, Need, Tools, WASM_TARGET, locked_version, setup};
use crate::split::{FIRST, Parts, split};
use crate::trap;

pub const NEEDS: EnumSet<Need> = enum_set!(Need::Wasm | Need::Npm);

/// For size after compression: what is inlined into its one caller compresses worse than a call.
const WASM_OPT: [&str; 9] = [
    "--flatten",
    "--rereloop",
    "-O3",
    "--converge",
    "--low-memory-unused",
    "--one-caller-inline-max-function-size",
    "20",
    "--strip-producers",
    "--strip-target-features",
];
/// What the modules use beyond the first WebAssembly; they do not say so themselves.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];
/// As small as `opt-level = "z"`, and without its slow loops: inlining, unrolling, comparing by parts
/// and loading ahead are what makes the module large. What is called for every byte asks to be
/// inlined.
const SMALL: &str = "llvm-args=-inline-threshold=0 -unroll-threshold=0 -max-loads-per-memcmp=1 \
                     -enable-pre=false -enable-load-pre=false";
/// A module of the package.
struct Module {
    /// What it is called in here.
    name: &'static str,
    /// The features of the crate that make it.
    features: &'static str,
    /// The classes it exports, as the glue calls them.
    classes: &'static [&'static str],
    /// Where its parts are in the package.
    glue: &'static str,
    wasm: &'static str,
    inline: &'static str,
    /// What of it is loaded later.
    late: Option<Late>,
    /// What its declaration says of it.
    about: &'static str,
}

/// A part of a module that only some pages load.
struct Late {
    /// How the path of the functions begins by which the crate calls it: all that is only used by
    /// these is a part of it. What else looks late may be one, in the module, with what is not.
    door: &'static str,
    /// The methods that are exported from there.
    methods: &'static [&'static str],
    /// The script that it travels in.
    inline: &'static str,
}

/// They share the crate, and no page needs both at once.
const MODULES: [Module; 2] = [
    Module {
        name: "core",
        features: "npm-client,npm-allocator",
        classes: &["core"],
        glue: "wasm/core.js",
        wasm: "core.wasm",
        inline: "wasm/inline.js",
        late: Some(Late {
            door: "mcp_wasm::wasm::http::",
            methods: &[
                "adopt",
                "alone",
                "broken",
                "feed",
                "head",
                "join",
                "lastEvent",
                "leave",
                "message",
                "part",
                "pauses",
                "refuse",
                "send",
                "session",
            ],
            inline: "wasm/inline-http.js",
        }),
        about: "The WebAssembly module, for `init` of `mcp-wasm/slim`",
    },
    Module {
        name: "host",
        features: "npm-server,npm-allocator",
        classes: &["host"],
        glue: "wasm/host.js",
        wasm: "server.wasm",
        inline: "wasm/host-inline.js",
        late: None,
        about: "The WebAssembly module of servers in the page, for `initServer` of `mcp-wasm/slim`",
    },
];
impl Module {
    /// The generated scripts.
    fn scripts(&self) -> impl Iterator<Item = &str> {
        [self.glue, self.inline].into_iter().chain(self.late.as_ref().map(|late| late.inline))
    }
}

/// What becomes one script, the validator, and where that is in the package.
const VALIDATOR: [&str; 2] = ["validate/index.js", "validate.js"];
/// What it compares texts with.
const PATTERNS: &str = "validate/patterns.js";
/// What reads the modules' texts, and the script that it travels in.
const UNPACKER: &str = "xtask/src/unpack.wat";
const UNPACKER_SCRIPT: &str = "wasm/unpacker.js";
const WORKER: &str = "worker/worker.js";
const WORKER_SCRIPT: &str = "worker/worker-script.js";
/// What starts the late part of a module.
const LATER: &str = r"
export let wasmRest;
export async function startRest(source) {
    const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
    const { exports } = await WebAssembly.instantiate(module, { ...__wbg_get_imports(), FIRST: wasm });
    wasm = { ...wasm, ...exports };
    wasmRest = module;
}
";
/// Of a generated module that is a text.
const TEXT_DECLARATION: &str = "declare const text: string;\nexport default text;\n";
const PLACEHOLDER: &str = "\"version\": \"0.0.0\"";

/// The command.
pub fn command() -> Result<()> {
    let tools = setup(NEEDS)?;
    cargo_build()?;
    let package = assemble(&tools)?;
    say(format_args!("the package is in {}", package.display()));
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

/// Where a module is once cargo has built it.
fn built(module: &Module) -> PathBuf {
    target().join("pkg-modules").join(format!("{}.wasm", module.name))
}

/// Where the generated parts of a module are.
fn generated(module: &Module) -> PathBuf {
    target().join("pkg-generated").join(module.name)
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
            include_str!("package.rs"),
            include_str!("names.rs"),
            include_str!("glue.rs"),
            include_str!("pack.rs"),
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

fn generate(tools: &Tools, module: &Module, directory: &Path) -> Result<()> {
    let Module { name, classes, glue, wasm, inline: script, late, about, .. } = module;
    let glue = directory.join(glue);
    let beside = glue.parent().unwrap_or(directory);
    tools
        .cmd("wasm-bindgen")
        .args(["--target", "web", "--omit-default-module-path", "--out-name", name])
        // The declarations are for checking the facade; they are not part of the package.
        .arg("--out-dir")
        .arg(beside)
        .arg(built(module))
        .quiet()?;
    let bound = beside.join(format!("{name}_bg.wasm"));
    let renamed = directory.join("renamed.wasm");
    let list = tools
        .cmd("wasm-opt")
        .args(["-g", "--minify-imports-and-exports-and-modules"])
        .args([bound.as_path(), Path::new("-o"), &renamed])
        .output()
        .context("wasm-opt could not shorten the names")?;
    fs::write(&glue, names::shorten(&trim(&fs::read_to_string(&glue)?, classes)?, &list)?)?;
    let text = tools.cmd("wasm-dis").arg(&renamed).output();
    let text = text.context("wasm-dis could not read the module")?;
    let trapping = directory.join("trapping.wat");
    fs::write(&trapping, trap::at_once(&text)?)?;
    let named = directory.join("named.wasm");
    tools
        .cmd("wasm-opt")
        .arg("-g")
        .args(FEATURES)
        .args(WASM_OPT)
        .args([trapping.as_path(), Path::new("-o"), &named])
        .quiet()?;
    let small = directory.join(wasm);
    strip(tools, &named, &small)?;
    match late {
        None => write_inline(&directory.join(script), &small)?,
        Some(late) => {
            let text = tools.cmd("wasm-dis").arg(&named).output();
            let text = text.context("wasm-dis could not read the module")?;
            let Parts { first, rest } = split(&text, &|function| late.has(name, function))?;
            for (part, script) in [(first, script), (rest, &late.inline)] {
                let (text, part_file) = (directory.join("part.wat"), directory.join("part.wasm"));
                fs::write(&text, part)?;
                tools
                    .cmd("wasm-as")
                    .args(FEATURES)
                    .args([text.as_path(), Path::new("-o"), &part_file])
                    .quiet()?;
                let stripped = directory.join("stripped.wasm");
                strip(tools, &part_file, &stripped)?;
                write_inline(&directory.join(script), &stripped)?;
            }
            let mut all = fs::read_to_string(&glue)?;
            all.push_str(&LATER.replace("FIRST", FIRST));
            fs::write(&glue, all)?;
        }
    }
    let declaration = format!(
        "/**\n * {about}: compiled or as a URL, as the platform\n * or the bundler hands it over.\n * @module\n */\n\
         import type {{ CompiledModule }} from \"./slim.js\";\n\n\
         declare const module: CompiledModule;\nexport default module;\n"
    );
    fs::write(directory.join(format!("{wasm}.d.ts")), declaration)?;
    let declared = glue.with_extension("d.ts");
    let mut more = "\n/** The module, compiled; there when it has been started. */\n\
                    export const wasmModule: WebAssembly.Module | undefined;\n"
        .to_owned();
    if late.is_some() {
        more += "\n/** The rest of the module, compiled; there when it has been started. */\n\
                 export const wasmRest: WebAssembly.Module | undefined;\n\
                 \n/** Starts the rest of the module, once the module is started. */\n\
                 export function startRest(source: BufferSource | WebAssembly.Module): Promise<void>;\n";
    }
    Ok(fs::write(&declared, fs::read_to_string(&declared)? + &more)?)
}

impl Late {
    /// Whether a function of the module of that name is in this part.
    fn has(&self, module: &str, function: &str) -> bool {
        // wasm-bindgen adds to the name of what it wraps.
        let method = function.trim_start_matches(['$', '"']).strip_prefix(module);
        let method = method.and_then(|rest| rest.strip_prefix('_')).unwrap_or_default();
        let method = method.split([' ', '"']).next().unwrap_or_default();
        self.methods.contains(&method) || function.contains(self.door)
    }
}

/// Takes the names out of a module.
fn strip(tools: &Tools, from: &Path, to: &Path) -> Result<()> {
    tools
        .cmd("wasm-opt")
        .args(FEATURES)
        .args(["--strip-debug", "--strip-target-features"])
        .args([from, Path::new("-o"), to])
        .quiet()
}

/// A script with a module in it, and its declaration.
fn write_inline(script: &Path, wasm: &Path) -> Result<()> {
    fs::write(script, format!("export default \"{}\";\n", pack(&fs::read(wasm)?)?))?;
    Ok(fs::write(script.with_extension("d.ts"), TEXT_DECLARATION)?)
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
