//! A WebAssembly module of the package, from what cargo has built: wasm-bindgen (glue without any idea
//! of where the module lies) → wasm-opt → glue, module, and the module inside a script.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::glue::trim;
use crate::names;
use crate::run::target;
use crate::setup::Tools;
use crate::split::{FIRST, IsDoor, Parts, split};
use crate::trap;

use super::align;
use super::pack::pack;

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
pub const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];
/// A module of the package.
pub struct Module {
    /// What it is called in here.
    pub name: &'static str,
    /// The features of the crate that make it.
    pub features: &'static str,
    /// The classes it exports, as the glue calls them.
    pub classes: &'static [&'static str],
    /// Where its parts are in the package.
    pub glue: &'static str,
    pub wasm: &'static str,
    pub inline: &'static str,
    /// What of it is loaded later.
    pub late: &'static [Late],
    /// What its declaration says of it.
    pub about: &'static str,
}

/// A part of a module that only some pages load.
pub struct Late {
    /// How the path of the functions begins by which the crate calls it, and which of them these are, all if
    /// none is named: what is only used by these is a part of it. What else looks late may be one, in the
    /// module, with what is not.
    pub doors: &'static [(&'static str, &'static [&'static str])],
    /// The methods that are exported from there.
    pub methods: &'static [&'static str],
    /// The script that it travels in.
    pub inline: &'static str,
}

/// They share the crate, and no page needs both at once.
pub const MODULES: [Module; 2] = [
    Module {
        name: "core",
        features: "npm-client,npm-allocator",
        classes: &["core"],
        glue: "wasm/core.js",
        wasm: "core.wasm",
        inline: "wasm/inline.js",
        late: &[
            Late {
                doors: &[("wasm::http::", &[])],
                methods: &[
                    "alone",
                    "broken",
                    "configure",
                    "feed",
                    "head",
                    "join",
                    "lastEvent",
                    "learn",
                    "leave",
                    "message",
                    "part",
                    "refuse",
                    "send",
                    "session",
                ],
                inline: "wasm/inline-http.js",
            },
            // What a server and its user say to each other while a call is under way, and afterwards; and how a
            // channel goes on whose authorization has ended.
            Late {
                doors: &[
                    ("proto::client::rounds::", &["judge", "go_on"]),
                    ("proto::client::questions::", &["receive", "release", "converse"]),
                    ("proto::client::renewal::", &["note", "renew", "renewed"]),
                    (
                        "proto::client::subscriptions::",
                        &[
                            "listen",
                            "listen_again",
                            "hear",
                            "answered",
                            "interrupted",
                            "suspended",
                            "go_on",
                            "abandon",
                        ],
                    ),
                ],
                methods: &["reply", "report"],
                inline: "wasm/inline-dialogue.js",
            },
        ],
        about: "The WebAssembly module, for `init` of `mcp-wasm/slim`",
    },
    Module {
        name: "host",
        features: "npm-server,npm-allocator",
        classes: &["host"],
        glue: "wasm/host.js",
        wasm: "server.wasm",
        inline: "wasm/host-inline.js",
        late: &[],
        about: "The WebAssembly module of servers in the page, for `initServer` of `mcp-wasm/slim`",
    },
];
impl Module {
    /// The generated scripts.
    pub fn scripts(&self) -> impl Iterator<Item = &str> {
        [self.glue, self.inline].into_iter().chain(self.late.iter().map(|late| late.inline))
    }
}

/// What starts the late parts of a module.
const LATER: &str = r"
export let wasmRest;
export async function startLate(module) {
    const { exports } = await WebAssembly.instantiate(module, { ...__wbg_get_imports(), FIRST: wasm });
    wasm = { ...wasm, ...exports };
}
export async function startRest(module) {
    await startLate(module);
    wasmRest = module;
}
";
/// Of a generated module that is a text.
pub const TEXT_DECLARATION: &str = "declare const text: string;\nexport default text;\n";

/// Where a module is once cargo has built it.
pub fn built(module: &Module) -> PathBuf {
    target().join("pkg-modules").join(format!("{}.wasm", module.name))
}

/// Where the generated parts of a module are.
pub fn generated(module: &Module) -> PathBuf {
    target().join("pkg-generated").join(module.name)
}

/// What else is made of it, in that directory: the glue, the module, and the module inside a script.
pub fn generate(tools: &Tools, module: &Module, directory: &Path) -> Result<()> {
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
    let text = tools.cmd("wasm-dis").arg(&named).output();
    let text = align::naturally(&text.context("wasm-dis could not read the module")?)?;
    let small = directory.join(wasm);
    assemble(tools, &text, &small)?;
    if late.is_empty() {
        write_inline(&directory.join(script), &small)?;
    } else {
        for part in *late {
            part.check(&text)?;
        }
        let doors: Vec<_> =
            late.iter().map(|part| move |function: &str| part.has(name, function)).collect();
        let doors: Vec<&IsDoor> = doors.iter().map(|is_door| is_door as &IsDoor).collect();
        let Parts { first, rest } = split(&text, &doors)?;
        let scripts = [*script].into_iter().chain(late.iter().map(|part| part.inline));
        let part_file = directory.join("part.wasm");
        for (part, script) in [first].into_iter().chain(rest).zip(scripts) {
            assemble(tools, &part, &part_file)?;
            write_inline(&directory.join(script), &part_file)?;
        }
        let mut all = fs::read_to_string(&glue)?;
        all.push_str(&LATER.replace("FIRST", FIRST));
        fs::write(&glue, all)?;
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
    if !late.is_empty() {
        more += "\n/** What HTTP needs of the module, compiled; there when it has been started. */\n\
                 export const wasmRest: WebAssembly.Module | undefined;\n\
                 \n/** Starts what HTTP needs of the module, once the module is started. */\n\
                 export function startRest(module: WebAssembly.Module): Promise<void>;\n\
                 \n/** Starts another part of the module, once the module is started. */\n\
                 export function startLate(module: WebAssembly.Module): Promise<void>;\n";
    }
    Ok(fs::write(&declared, fs::read_to_string(&declared)? + &more)?)
}

impl Late {
    /// Whether a function of the module of that name is a door of this part.
    fn has(&self, module: &str, function: &str) -> bool {
        // wasm-bindgen adds to the name of what it wraps.
        let method = function.trim_start_matches(['$', '"']).strip_prefix(module);
        let method = method.and_then(|rest| rest.strip_prefix('_')).unwrap_or_default();
        let method = method.split([' ', '"']).next().unwrap_or_default();
        self.methods.contains(&method)
            || self.doors.iter().any(|(place, names)| {
                function.contains(&format!("mcp_wasm::{place}"))
                    && (names.is_empty() || names.iter().any(|name| is_named(function, name)))
            })
    }

    /// Fails if a door is no function of the module any more: what was behind it would be in the first
    /// part.
    fn check(&self, text: &str) -> Result<()> {
        let functions: Vec<_> =
            text.lines().filter(|line| line.trim_start().starts_with("(func ")).collect();
        for (place, names) in self.doors {
            for name in *names {
                let door = |line: &&str| line.contains(place) && is_named(line, name);
                ensure!(functions.iter().any(door), "the door {place}{name} is none any more");
            }
        }
        Ok(())
    }
}

/// Whether the function itself has that name, and none in it.
fn is_named(function: &str, name: &str) -> bool {
    function.contains(&format!("::{name}::h")) || function.contains(&format!("::{name}\""))
}

/// Makes a module out of its text, without the names.
fn assemble(tools: &Tools, text: &str, to: &Path) -> Result<()> {
    let file = to.with_extension("wat");
    fs::write(&file, text)?;
    tools.cmd("wasm-as").args(FEATURES).args([&file, Path::new("-o"), to]).quiet()?;
    tools
        .cmd("wasm-opt")
        .args(FEATURES)
        .args(["--strip-debug", "--strip-target-features"])
        .args([to, Path::new("-o"), to])
        .quiet()
}

/// A script with a module in it, and its declaration.
fn write_inline(script: &Path, wasm: &Path) -> Result<()> {
    fs::write(script, format!("export default \"{}\";\n", pack(&fs::read(wasm)?)?))?;
    Ok(fs::write(script.with_extension("d.ts"), TEXT_DECLARATION)?)
}
