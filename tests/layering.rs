//! Imports only point down the layers of `ARCHITECTURE.md`, clocks and tasks stay where the sockets
//! are, and nothing of the native side gets into the browser build.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each module of the crate with the modules that it may import, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("text", &[]),
    ("error", &["jsonrpc", "types"]),
    ("jsonrpc", &["names", "text"]),
    ("types", &["error", "jsonrpc", "names"]),
    ("proto", &["error", "jsonrpc", "text", "types"]),
    ("http", &["error", "jsonrpc", "text", "types", "proto"]),
    ("server", &["error", "jsonrpc", "text", "types", "proto", "http"]),
    ("wasm", &["error", "jsonrpc", "text", "types", "proto", "http", "server"]),
    ("transport", &["error", "jsonrpc", "text", "proto", "http"]),
    ("client", &["error", "jsonrpc", "types", "proto", "http", "wasm", "transport"]),
    ("native", &["error", "jsonrpc", "types", "proto", "http", "server"]),
];

/// Crates that bring sockets, clocks, tasks or JavaScript, with the modules, or folders of modules,
/// that may name them.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("tokio", &["native", "transport", "client/native"]),
    ("tokio_tungstenite", &["native", "transport"]),
    ("reqwest", &["native", "transport"]),
    ("rustls", &["native", "transport"]),
    ("axum", &["native"]),
    ("hyper", &["native"]),
    ("js_sys", &["wasm", "client/page"]),
    ("wasm_bindgen", &["wasm", "client/page"]),
    ("wasm_bindgen_futures", &["wasm", "client/page"]),
    ("serde_wasm_bindgen", &["wasm", "client/page"]),
    ("web_sys", &["client/page"]),
];

/// The one place below them that names JavaScript's values: where the types say what JSON is.
const JSON: &str = "src/types/json.rs";

/// Calls that read a clock or start a task.
const EFFECTS: &[&str] = &["Instant::now", "SystemTime::now", "tokio::spawn", "thread::spawn"];
const MAY_HAVE_EFFECTS: &[&str] = &["native", "transport", "client/native"];
/// Who may know of tasks, `std::task`: below them, machines say what has changed.
const MAY_HAVE_TASKS: &[&str] = &["server", "client", "native", "transport"];

/// What must not be in the browser build.
const NOT_IN_THE_BROWSER: &[&str] = &["tokio", "hyper", "axum", "serde_json", "reqwest", "rustls"];

#[test]
fn imports_only_point_down() {
    let found: Vec<String> = files(&repository().join("src"), "rs")
        .iter()
        .flat_map(|file| {
            let path = file.strip_prefix(repository()).unwrap();
            violations(path, &fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    for entry in fs::read_dir(repository().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let known = name == "lib" || MAY_IMPORT.iter().any(|(module, _)| *module == name);
        assert!(known, "src/{name} is in no layer: add it to this test and to ARCHITECTURE.md");
    }
}

#[test]
fn the_browser_build_has_nothing_of_the_native_side() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(repository())
        .args(["tree", "--package", "mcp-wasm", "--target", "wasm32-unknown-unknown"])
        .args(["--edges", "normal", "--prefix", "none", "--all-features", "--format", "{p}"])
        .output()
        .unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.contains("wasm-bindgen v"), "an unexpected tree:\n{tree}");
    for line in tree.lines() {
        let package = line.split(' ').next().unwrap();
        assert!(!NOT_IN_THE_BROWSER.contains(&package), "{line} is in the browser build:\n{tree}");
    }
}

/// What is there for Rust programs in a page only.
const NOT_IN_THE_MODULE: &[&str] = &["web-sys", "serde-wasm-bindgen", "thiserror"];

#[test]
fn the_npm_module_has_nothing_of_the_client_for_rust_programs() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(repository())
        .args(["tree", "--package", "mcp-wasm", "--target", "wasm32-unknown-unknown"])
        .args([
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--features",
            "npm-client,npm-allocator",
            "--format",
            "{p}",
        ])
        .output()
        .unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(tree.contains("talc v"), "an unexpected tree:\n{tree}");
    for line in tree.lines() {
        let package = line.split(' ').next().unwrap();
        assert!(!NOT_IN_THE_MODULE.contains(&package), "{line} is in the npm module:\n{tree}");
    }
}

/// Sources by their modules' paths: of `src/proto/mod.rs`, `["proto"]`.
type Modules = Vec<(Vec<String>, String)>;

fn modules() -> Modules {
    let src = repository().join("src");
    files(&src, "rs")
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&src).unwrap().with_extension("");
            let mut module: Vec<String> =
                path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            module.pop_if(|last| matches!(last.as_str(), "mod" | "lib"));
            (module, untested(&fs::read_to_string(file).unwrap()).to_owned())
        })
        .collect()
}

/// A source without its own tests.
fn untested(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

/// What of one folder imports each other in a circle: files, and folders with all that is in them. Not what a
/// folder's own `mod.rs` defines for all of them: it is the folder, as `lib.rs` is the crate.
#[test]
fn nothing_in_a_folder_imports_each_other_in_a_circle() {
    let modules = modules();
    assert!(modules.len() > 150, "{} files", modules.len());
    let found = circles(&modules);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The imports that are part of a circle. A name that a folder's `mod.rs` hands on is the folder's.
fn circles(modules: &Modules) -> Vec<String> {
    let is_module = |path: &[String]| modules.iter().any(|(module, _)| module == path);
    let mut arrows = BTreeSet::new();
    for (module, source) in modules {
        for path in paths(source, module) {
            // The folder in which the two ways part.
            let folder = module.iter().zip(&path).take_while(|(one, other)| one == other).count();
            if module.len() > folder && path.len() > folder && is_module(&path[..=folder]) {
                arrows.insert((module[..=folder].to_vec(), path[..=folder].to_vec()));
            }
        }
    }
    // Whoever imports nothing that is left is in no circle, nor is whom nobody imports.
    loop {
        let before = arrows.len();
        let from: BTreeSet<_> = arrows.iter().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<_> = arrows.iter().map(|(_, to)| to.clone()).collect();
        arrows.retain(|(module, other)| from.contains(other) && to.contains(module));
        if arrows.len() == before {
            break;
        }
    }
    let text = |path: &[String]| path.join("::");
    arrows.iter().map(|(from, to)| format!("{} imports {}", text(from), text(to))).collect()
}

/// The paths inside of the crate that a module names, each from the root.
fn paths(source: &str, module: &[String]) -> Vec<Vec<String>> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let starts_path = at == 0 || tokens[at - 1] != "::";
        let levels = match token.as_str() {
            "crate" => module.len(),
            "self" => 0,
            "super" => tokens[at..].chunks(2).take_while(|pair| pair[0] == "super").count(),
            _ => continue,
        };
        if starts_path && levels <= module.len() {
            let root = if token == "super" { at + 2 * (levels - 1) } else { at };
            let base = &module[..module.len() - levels];
            let rest = tokens.get(root + 1..).unwrap_or_default();
            branches(base, &mut rest.iter().map(String::as_str).peekable(), &mut found);
        }
    }
    found
}

/// The paths of what stands behind a name: `::` and another name, or several in braces.
fn branches<'a>(
    path: &[String],
    tokens: &mut Peekable<impl Iterator<Item = &'a str>>,
    found: &mut Vec<Vec<String>>,
) {
    if tokens.next_if_eq(&"::").is_none() {
        return found.push(path.to_vec());
    }
    if tokens.next_if_eq(&"{").is_none() {
        let name = tokens.next().unwrap_or_default().to_owned();
        return branches(&[path, &[name]].concat(), tokens, found);
    }
    while let Some(token) = tokens.next() {
        match token {
            "}" => return,
            "," => {}
            // A name of its own for here.
            "as" => drop(tokens.next()),
            name => branches(&[path, &[name.to_owned()]].concat(), tokens, found),
        }
    }
}

#[test]
fn circles_are_caught() {
    let caught = |files: &[(&str, &str)]| {
        let module = |path: &str| path.split("::").map(str::to_owned).collect();
        circles(&files.iter().map(|(path, text)| (module(path), (*text).to_owned())).collect())
    };
    assert_eq!(
        caught(&[
            ("x", "mod a; use a::A;"),
            ("x::a", "use super::b::B; use super::{d::D, Client};"),
            ("x::b", "use super::{\n    c::{C as E, e},\n    d,\n};"),
            ("x::c", "fn f() { super::a::g() }"),
            ("x::d", "use crate::x;"),
        ]),
        ["x::a imports x::b", "x::b imports x::c", "x::c imports x::a"]
    );
    assert_eq!(
        caught(&[
            ("x", ""),
            ("x::a", "use super::y::b::B;"),
            ("x::y", "mod b;"),
            ("x::y::b", "pub(in super::super) use crate::{z, x::{q, a::A}};"),
            ("z", "use crate::x::Thing;"),
        ]),
        ["x imports z", "x::a imports x::y", "x::y imports x::a", "z imports x"]
    );
    assert!(
        caught(&[("a", "use crate::b::B;"), ("b", "// use super::a;\nuse super::c;"), ("c", "")])
            .is_empty()
    );
}

/// Names of several types that can be seen outside of their files, and why that is right.
const SHARED_NAMES: &[(&str, &str)] = &[
    ("Asked", NUMBERED),
    ("Caching", NUMBERED),
    ("Channel", NUMBERED),
    ("HandlerKind", NUMBERED),
    ("Requested", NUMBERED),
    ("Host", "what JavaScript sees of the machine of that name"),
    ("Destination", TWO_PLATFORMS),
    ("Headers", TWO_PLATFORMS),
    ("Target", TWO_PLATFORMS),
    ("Value", TWO_PLATFORMS),
    ("Error", "that of the machines, and that of the client for Rust programs, which shows it"),
];
const NUMBERED: &str = "the one of `wasm/words.rs` has the numbers of the other's variants";
const TWO_PLATFORMS: &str = "in a page it is the one, natively the other";

/// A name has one meaning. What is private to a file may have a short name that others have too.
#[test]
fn no_two_types_have_one_name() {
    let modules = modules();
    let names = shared_names(&modules);
    let expected: BTreeSet<&str> = SHARED_NAMES.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let new: Vec<_> = names.iter().filter(|(name, _)| !expected.contains(name.as_str())).collect();
    assert!(new.is_empty(), "{new:#?}");
    let gone: Vec<_> = expected.difference(&found).collect();
    assert!(gone.is_empty(), "there is one type only by the name of {gone:?}");
}

/// The names of several types that can be seen outside of their files, with their modules. Two of one
/// file are one by turns: a `cfg` stands before each.
fn shared_names(modules: &Modules) -> Vec<(String, BTreeSet<String>)> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, source) in modules {
        for name in visible_types(source) {
            all.entry(name).or_default().insert(module.join("::"));
        }
    }
    all.retain(|_, modules| modules.len() > 1);
    all.into_iter().collect()
}

/// The types in a source that are not private.
fn visible_types(source: &str) -> Vec<String> {
    const KINDS: [&str; 5] = ["struct", "enum", "union", "trait", "type"];
    let tokens = tokens(source);
    let is_visible = |before: &[String]| match before.last().map(String::as_str) {
        Some("pub") => true,
        Some(")") => before
            .iter()
            .rposition(|token| token == "(")
            .and_then(|open| before.get(open.checked_sub(1)?))
            .is_some_and(|token| token == "pub"),
        _ => false,
    };
    (0..tokens.len())
        .filter(|at| KINDS.contains(&tokens[*at].as_str()) && is_visible(&tokens[..*at]))
        .filter_map(|at| tokens.get(at + 1).cloned())
        .collect()
}

#[test]
fn two_types_of_one_name_are_caught() {
    assert_eq!(
        visible_types("pub struct A; pub(in super::super) enum B {} struct C; pub type D<T> = A;"),
        ["A", "B", "D"]
    );
    assert!(
        visible_types("impl T for C { type Item = A; } fn f(pub_: u8) {} // pub struct E;")
            .is_empty()
    );
    let module = |name: &str, source: &str| (vec![name.to_owned()], source.to_owned());
    let found = shared_names(&vec![
        module("a", "pub struct A; pub(super) trait B {}"),
        module("b", "pub(crate) union A {} struct B;"),
        module("c", "#[cfg(x)] pub struct D; #[cfg(not(x))] pub struct D;"),
    ]);
    let modules = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    assert_eq!(found, [("A".to_owned(), modules)]);
}

/// How many lines a file may have, its own tests aside.
const LINES: usize = 400;

/// A file is one thing, and is read as a whole.
#[test]
fn no_file_is_longer_than_one_reads() {
    let crates = fs::read_dir(repository().join("crates")).unwrap();
    let sources = crates.map(|entry| entry.unwrap().path().join("src"));
    let folders = ["src", "pkg-template"].map(|folder| repository().join(folder));
    let mut count = 0;
    let mut found = Vec::new();
    for folder in folders.into_iter().chain(sources) {
        for file in ["rs", "js", "mjs", "ts"].iter().flat_map(|kind| files(&folder, kind)) {
            let lines = untested(&fs::read_to_string(&file).unwrap()).lines().count();
            count += 1;
            if lines > LINES {
                found.push(format!("{} has {lines} lines", file.display()));
            }
        }
    }
    assert!(count > 300, "{count} files");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The rooms of the npm package: each folder with those that it may import, besides itself. The doors
/// stand outside of all folders.
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("wasm", &["base"]),
    ("transports", &["base", "wasm"]),
    ("worker", &["base", "wasm", "transports"]),
    ("client", &["base", "wasm", "transports", "worker"]),
    ("server", &["base", "wasm", "transports"]),
    (DOORS, &["base", "wasm", "transports", "client", "server"]),
    ("diagnose", &["base", "wasm", "auth", "client"]),
    ("models", &["base"]),
    ("auth", &["base"]),
    ("ui", &["base", "client", "models", DOORS]),
    ("compat", &["base", "auth", "client", DOORS]),
    ("validate", &[]),
];
const DOORS: &str = "";

/// The packages that a folder takes from the app, or that packaging puts inside.
const PACKAGES: &[(&str, &str)] =
    &[("models", "ai"), ("ui", "react"), ("validate", "@cfworker/json-schema")];

/// Each folder of the package imports only those below it, and no files import each other in a circle.
#[test]
fn the_facade_imports_only_point_down() {
    let template = repository().join("pkg-template");
    let files: Vec<(String, String)> = files(&template, "js")
        .iter()
        .map(|file| {
            let name = file.strip_prefix(&template).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(files.len() > 50, "{} files", files.len());
    let top =
        fs::read_dir(&template).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert!(top.count() <= 8, "more than the doors stand in the top folder");
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let found = script_violations(&files);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Where something is loaded late without `part`, and who says instead that it did not come.
const LATE: &[(&str, &str)] = &[
    ("client/calls.js", "../transports/authorized.js: the call fails as the server said"),
    ("client/diagnosis.js", "./diagnose/index.js: the error says what to import"),
    ("index.js", "./wasm/inline-dialogue.js: the connection that needs it says so"),
    ("transports/crowd.js", "./seldom.js: a warning that nobody waits for"),
    ("wasm/reader.js", "./shapes.js: without it, all is scanned"),
    ("workerd.js", "./transports/exchanges.js: in the same bundle"),
    ("workerd.js", "./server.wasm: in the same bundle"),
];

/// What is loaded late and does not come fails by one name, whatever the platform calls it.
#[test]
fn what_does_not_come_fails_by_name() {
    let template = repository().join("pkg-template");
    let mut found = Vec::new();
    let mut named = 0;
    for file in files(&template, "js") {
        let name = file.strip_prefix(&template).unwrap().to_str().unwrap().to_owned();
        let (by_name, otherwise) = late_imports(&fs::read_to_string(&file).unwrap());
        named += by_name;
        found.extend(vec![name; otherwise]);
    }
    found.sort();
    assert!(named > 15, "{named} imports have that name");
    assert_eq!(found, LATE.iter().map(|(file, _)| *file).collect::<Vec<_>>());
    let source = "part(import(\"./a.js\")); import(\"./b.js\"); /** @type {import(\"./c.js\").C} */\n\
        // import(x)\nimport d from \"./d.js\";";
    assert_eq!(late_imports(source), (1, 1));
}

/// How many imports of a script are made when it runs: those that `part` gives a name to if they fail, and others.
fn late_imports(source: &str) -> (usize, usize) {
    let tokens = script_tokens(source);
    let all = tokens.windows(2).filter(|two| *two == ["import", "("]).count();
    let by_name = tokens.windows(4).filter(|four| *four == ["part", "(", "import", "("]).count();
    (by_name, all - by_name)
}

/// What a transport can do beyond the SDKs' interface is found out in one place, and a connection's parts
/// are written by nobody else.
#[test]
fn a_transport_is_asked_and_a_connection_is_written_in_one_place() {
    let template = repository().join("pkg-template");
    let asking: Vec<String> = files(&template, "js")
        .iter()
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            ["\" in transport", "\" in this.#transport"].iter().any(|asked| text.contains(asked))
        })
        .map(|file| file.strip_prefix(&template).unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(asking, ["base/abilities.js"]);
    let connection = fs::read_to_string(template.join("client/connection.js")).unwrap();
    let public: Vec<&str> = connection
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter(|line| {
            let rest = line.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
            rest.starts_with(" =") || rest.starts_with(';')
        })
        .collect();
    assert!(public.is_empty(), "{public:?}");
}

/// What scripts, each a path and its text, import that they may not.
fn script_violations(files: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut arrows = Vec::new();
    for (file, text) in files {
        let room = room_of(file);
        let Some((_, below)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            found.push(format!("{room} is no room: add it to this test and to ARCHITECTURE.md"));
            continue;
        };
        for specifier in specifiers(text) {
            if !specifier.starts_with('.') {
                if !PACKAGES.contains(&(room, specifier)) {
                    found.push(format!("{file} imports the package {specifier}"));
                }
                continue;
            }
            let target = resolve(room, specifier);
            let other = room_of(&target);
            if other != room && !below.contains(&other) {
                found.push(format!("{file} imports {target}, which is not below {room}"));
            }
            arrows.push((*file, target));
        }
    }
    // Whoever imports nothing that is left is in no circle.
    loop {
        let before = arrows.len();
        let from: Vec<&str> = arrows.iter().map(|(file, _)| *file).collect();
        arrows.retain(|(_, target)| from.contains(&&**target));
        if arrows.len() == before {
            break;
        }
    }
    found.extend(arrows.iter().map(|(file, target)| format!("a circle: {file} imports {target}")));
    found
}

/// The folder of a script.
fn room_of(file: &str) -> &str {
    file.rsplit_once('/').map_or(DOORS, |(room, _)| room)
}

/// The file that a script of a folder means by a specifier.
fn resolve(room: &str, specifier: &str) -> String {
    let mut path: Vec<&str> = room.split('/').filter(|part| !part.is_empty()).collect();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => drop(path.pop()),
            _ => path.push(part),
        }
    }
    path.join("/")
}

#[test]
fn violations_of_the_facade_are_caught() {
    let caught = |file: &str, text: &str| script_violations(&[(file, text)]);

    assert_eq!(
        caught("base/x.js", "import { Client } from \"../client/client.js\";"),
        ["base/x.js imports client/client.js, which is not below base"]
    );
    assert_eq!(caught("compat/x.js", "export * from \"../server/server.js\";").len(), 1);
    assert_eq!(caught("client/x.js", "import(\"../diagnose/index.js\")").len(), 1);
    assert_eq!(caught("client/x.js", "import {\n  a,\n} from \"../index.js\";").len(), 1);
    assert_eq!(caught("client/x.js", "import \"../index.js\";").len(), 1);
    assert_eq!(caught("client/x.js", "import React from \"react\";").len(), 1);
    assert_eq!(caught("made/x.js", "").len(), 1);
    assert_eq!(caught("client/deeper/x.js", "").len(), 1);
    assert_eq!(
        script_violations(&[
            ("client/a.js", "import \"./b.js\";"),
            ("client/b.js", "import \"./a.js\"; import \"./c.js\";"),
            ("client/c.js", "import \"../base/d.js\";"),
            ("base/d.js", ""),
        ]),
        ["a circle: client/a.js imports client/b.js", "a circle: client/b.js imports client/a.js"]
    );

    assert!(
        caught("client/x.js", "import { a } from \"../base/a.js\"; import \"./y.js\";").is_empty()
    );
    assert!(
        caught("ui/x.js", "import { useState } from \"react\";\nimport \"../index.js\";")
            .is_empty()
    );
    assert!(caught("index.js", "export * from \"./client/api.js\";").is_empty());
    // Of types, in comments, and of what an example shows.
    assert!(
        caught(
            "base/x.js",
            "/** @type {import(\"../client/call.js\").Call} */\n// import \"../x\""
        )
        .is_empty()
    );
}

/// Exports of the server's module that return a value, and make nothing that could make their optimized
/// caller invalid meanwhile: of that Node 20 dies.
const RETURN_VALUES: &[&str] = &["value", "era"];

#[test]
fn what_the_servers_module_makes_is_left_for_a_call_that_makes_nothing() {
    let source = fs::read_to_string(repository().join("src/wasm/server.rs")).unwrap();
    let (_, exports) = source.split_once("#[wasm_bindgen]\nimpl Host {").unwrap();
    let (exports, _) = exports.split_once("\n}\n").unwrap();
    let returning: Vec<&str> = exports
        .split("pub fn ")
        .skip(1)
        .filter_map(|function| {
            let (head, _) = function.split_once('{')?;
            head.contains("-> JsValue").then(|| head.split('(').next().unwrap())
        })
        .collect();
    assert!(returning.iter().all(|name| RETURN_VALUES.contains(name)), "{returning:?}");
    assert!(returning.contains(&"value"));
}

#[test]
fn violations_are_caught() {
    let caught = |path: &str, source: &str| violations(Path::new(path), source);

    assert_eq!(
        caught("src/proto/made_up.rs", "use crate::server::Context;"),
        ["src/proto/made_up.rs imports crate::server, which is not below proto"]
    );
    assert_eq!(caught("src/error.rs", "use crate::{jsonrpc::{Id, Kind}, native, proto};").len(), 2);
    assert_eq!(caught("src/types/tool.rs", "fn f() { crate::wasm::f() }").len(), 1);
    assert_eq!(caught("src/types/tool.rs", "use super::super::proto::client;").len(), 1);
    assert_eq!(caught("src/wasm/client.rs", "use crate::native::serve;").len(), 1);
    assert_eq!(caught("src/server/mod.rs", "use tokio::sync::mpsc;").len(), 1);
    assert_eq!(caught("src/types/tool.rs", "use wasm_bindgen::JsValue;").len(), 1);
    assert_eq!(
        caught("src/client/call.rs", "use wasm_bindgen::JsValue; use tokio::task;").len(),
        2
    );
    assert!(caught("src/client/native/a.rs", "use tokio::task; tokio::spawn(f)").is_empty());
    assert_eq!(caught(JSON, "use wasm_bindgen::JsValue; use tokio::task;").len(), 1);
    assert_eq!(caught("src/proto/mod.rs", "let now = std::time::Instant::now();").len(), 1);
    assert_eq!(caught("src/wasm/mod.rs", "let now = SystemTime :: now();").len(), 1);
    assert_eq!(caught("src/server/mod.rs", "tokio::spawn(f)").len(), 2);
    assert_eq!(caught("src/http/a.rs", "use std::{fmt, task::{Poll, Waker}};").len(), 1);
    assert_eq!(caught("src/proto/a.rs", "fn f(cx: &mut core::task::Context<'_>) {}").len(), 1);
    assert!(caught("src/server/a.rs", "use std::task::Poll;").is_empty());
    assert!(caught("src/http/a.rs", "use std::fmt; fn f(task: u8) {}").is_empty());

    assert!(
        caught("src/proto/client/mod.rs", "use crate::error::Error; use super::version;")
            .is_empty()
    );
    assert!(
        caught("src/proto/mod.rs", "// crate::server\n/* tokio::spawn /* */ */ \"crate::wasm\"")
            .is_empty()
    );
    assert!(
        caught("src/proto/mod.rs", "r#\"crate::wasm \" tokio\"#; '\"'; crate::error::x::<'a'>()")
            .is_empty()
    );
    assert!(
        caught("src/native/ws.rs", "use crate::server::X; tokio::spawn(f); Instant::now();")
            .is_empty()
    );
    assert!(caught("src/server/mod.rs", "let tokio = 1; my_tokio::f()").is_empty());
    assert_eq!(
        specifiers("import a from './a.js';\nexport * from \"b\";\nimport 'c'; await import('d')"),
        ["./a.js", "b", "c", "d"]
    );
    assert_eq!(specifiers("const from = \"a\"; f(\"import \", `import \"b\"`)"), [""; 0]);
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a kind in a directory and in those below it.
fn files(directory: &Path, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, kind));
        } else if path.extension().is_some_and(|extension| extension == kind) {
            found.push(path);
        }
    }
    found
}

/// What the file (a path that starts with `src`) does that its layer may not do.
fn violations(file: &Path, source: &str) -> Vec<String> {
    let module: Vec<&str> = file
        .with_extension("")
        .iter()
        .skip(1)
        .map(|part| {
            MAY_IMPORT.iter().flat_map(|(name, _)| [*name]).find(|n| part == *n).unwrap_or("")
        })
        .collect();
    let is_folder_root = file.file_stem().is_some_and(|stem| stem == "mod");
    let depth = module.len() - usize::from(is_folder_root);
    let Some((layer, below)) = MAY_IMPORT.iter().find(|(name, _)| module.first() == Some(name))
    else {
        // lib.rs only declares the modules.
        return Vec::new();
    };
    let is_of = |rooms: &[&str]| {
        rooms.iter().any(|room| room == layer || file.starts_with(Path::new("src").join(room)))
    };

    let tokens = tokens(source);
    let mut found = Vec::new();
    let name = file.display();
    for (at, token) in tokens.iter().enumerate() {
        let starts_path = at == 0 || tokens[at - 1] != "::";
        if !starts_path {
            continue;
        }
        let (root, levels) = match token.as_str() {
            "crate" | "mcp_wasm" => (at, 0),
            "super" => {
                let levels = tokens[at..].chunks(2).take_while(|pair| pair[0] == "super").count();
                (at + 2 * (levels - 1), levels)
            }
            _ => (at, usize::MAX),
        };
        // `super` from the module's own depth is the crate.
        if levels == 0 || levels == depth {
            for import in heads(&tokens[root + 1..]) {
                let is_module = MAY_IMPORT.iter().any(|(module, _)| *module == import);
                if is_module && import != *layer && !below.contains(&import) {
                    found.push(format!(
                        "{name} imports crate::{import}, which is not below {layer}"
                    ));
                }
            }
        }
        if matches!(token.as_str(), "std" | "core")
            && heads(&tokens[at + 1..]).contains(&"task")
            && !MAY_HAVE_TASKS.contains(layer)
        {
            found.push(format!("{name} uses std::task, which is for {MAY_HAVE_TASKS:?} only"));
        }
        let is_path = tokens.get(at + 1).is_some_and(|next| next == "::");
        if let Some((outside, users)) = OUTSIDE.iter().find(|(outside, _)| token == outside)
            && is_path
            && !is_of(users)
            && !(file == Path::new(JSON) && users.contains(&"client/page"))
        {
            found.push(format!("{name} uses {outside}, which is for {users:?} only"));
        }
    }
    for effect in EFFECTS {
        let (owner, function) = effect.split_once("::").unwrap();
        let calls = tokens.windows(3).any(|t| t[0] == owner && t[1] == "::" && t[2] == function);
        if calls && !is_of(MAY_HAVE_EFFECTS) {
            found.push(format!("{name} calls {effect}, which is for {MAY_HAVE_EFFECTS:?} only"));
        }
    }
    found
}

/// The first names of the paths behind `::`: one, or several in braces.
fn heads(tokens: &[String]) -> Vec<&str> {
    let mut tokens = tokens.iter().map(String::as_str);
    if tokens.next() != Some("::") {
        return Vec::new();
    }
    let first = tokens.next().unwrap_or_default();
    if first != "{" {
        return vec![first];
    }
    let mut heads = Vec::new();
    let mut open = 1;
    let mut at_head = true;
    for token in tokens {
        match token {
            "{" => open += 1,
            "}" => open -= 1,
            _ if open == 1 && at_head => heads.push(token),
            _ => {}
        }
        if open == 0 {
            break;
        }
        at_head = open == 1 && token == ",";
    }
    heads
}

/// Names, `::` and single other characters of Rust source; no comments, no literals.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment_length(rest)
        } else if first == '"' {
            string_length(rest)
        } else if let Some(length) = raw_string_length(rest) {
            length
        } else if let Some(length) = character_length(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let length = end.unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// Block comments nest.
fn comment_length(text: &str) -> usize {
    let mut open = 0;
    let mut at = 0;
    loop {
        if text[at..].starts_with("/*") {
            open += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            open -= 1;
            at += 2;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if open == 0 || at >= text.len() {
            return at.min(text.len());
        }
    }
}

/// A text in quotes, of the kind that it begins with.
fn string_length(text: &str) -> usize {
    let quote = text.chars().next();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if Some(c) == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let body = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// A character literal; a lifetime is none.
fn character_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    if let Some(escape) = body.strip_prefix('\\') {
        let first = escape.chars().next()?.len_utf8();
        return Some(2 + first + escape[first..].find('\'')? + 1);
    }
    let first = body.chars().next()?.len_utf8();
    body[first..].starts_with('\'').then_some(first + 2)
}

/// What a JavaScript module imports and re-exports: every text behind `from`, `import` or `import(`.
/// Comments are passed over, and with them the types that they import.
fn specifiers(source: &str) -> Vec<&str> {
    let tokens = script_tokens(source);
    let is_text = |token: &str| token.starts_with(['"', '\'']) && token.len() > 1;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| is_text(token)) {
        if let [.., "from" | "import"] | [.., "import", "("] = tokens[..at] {
            found.push(&token[1..token.len() - 1]);
        }
    }
    found
}

/// The words, texts and signs of a script, without its comments.
fn script_tokens(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '`' {
            string_length(rest)
        } else if matches!(first, '"' | '\'') {
            // One that does not end with its line is part of a regular expression.
            let length = string_length(rest);
            if rest[..length].contains('\n') { 1 } else { length }
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        if !(token.trim().is_empty() || token.starts_with("//") || token.starts_with("/*")) {
            found.push(token);
        }
    }
    found
}
