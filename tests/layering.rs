//! Imports only point down the layers of `ARCHITECTURE.md`, clocks and tasks stay where the sockets
//! are, and nothing of the native side gets into the browser build.
#![cfg(not(target_arch = "wasm32"))]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each module of the crate with the modules that it may import, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &["jsonrpc", "types"]),
    ("jsonrpc", &["error", "types"]),
    ("types", &["error", "jsonrpc"]),
    ("proto", &["error", "jsonrpc", "types"]),
    ("http", &["error", "jsonrpc", "types", "proto"]),
    ("server", &["error", "jsonrpc", "types", "proto", "http"]),
    ("wasm", &["error", "jsonrpc", "types", "proto", "http", "server"]),
    ("client", &["error", "jsonrpc", "types", "proto", "http", "wasm"]),
    ("native", &["error", "jsonrpc", "types", "proto", "http", "server"]),
];

/// Crates that bring sockets, clocks, tasks or JavaScript, with the modules that may name them.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("tokio", &["native"]),
    ("axum", &["native"]),
    ("hyper", &["native"]),
    ("js_sys", &["wasm", "client"]),
    ("wasm_bindgen", &["wasm", "client"]),
    ("wasm_bindgen_futures", &["wasm", "client"]),
    ("serde_wasm_bindgen", &["wasm", "client"]),
    ("web_sys", &["client"]),
];

/// The one place below them that names JavaScript's values: where the types say what JSON is.
const JSON: &str = "src/types/json.rs";

/// Calls that read a clock or start a task.
const EFFECTS: &[&str] = &["Instant::now", "SystemTime::now", "tokio::spawn", "thread::spawn"];
const MAY_HAVE_EFFECTS: &[&str] = &["native"];

/// What must not be in the browser build.
const NOT_IN_THE_BROWSER: &[&str] = &["tokio", "hyper", "axum", "serde_json"];

#[test]
fn imports_only_point_down() {
    let found: Vec<String> = rust_files(&repository().join("src"))
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

/// What a file of the package takes from elsewhere; packaging puts it inside.
const BUNDLED: &[(&str, &str)] = &[("validate.js", "@cfworker/json-schema")];

/// What an adapter takes from the app that uses it.
const PEERS: &[(&str, &str)] = &[
    ("ai-sdk.js", "ai"),
    ("ai-sdk-react.js", "react"),
    ("react.js", "react"),
    ("react-latest.js", "react"),
];

/// The package in the page stands alone, its transports know nothing of the protocol, and the parts
/// of the client nothing of the client.
#[test]
fn the_facade_imports_only_its_own_files() {
    for entry in fs::read_dir(repository().join("pkg-template")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "js") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        for specifier in specifiers(&fs::read_to_string(&path).unwrap()) {
            if BUNDLED.contains(&(name, specifier)) || PEERS.contains(&(name, specifier)) {
                continue;
            }
            assert!(specifier.starts_with("./"), "pkg-template/{name} imports {specifier}");
            let allowed = match name {
                "batch.js" | "crowd.js" | "itself.js" | "text.js" => false,
                "crossing.js" | "handlers.js" | "identity.js" | "size.js" => {
                    specifier == "./errors.js"
                }
                "connection.js" => {
                    let below = ["errors", "handlers", "size", "text"];
                    below.iter().any(|name| specifier == format!("./{name}.js"))
                }
                "transports.js" => {
                    let below = ["errors", "handlers", "itself", "size", "text"];
                    below.iter().any(|name| specifier == format!("./{name}.js"))
                }
                "diagnose.js" => specifier != "./index.js",
                _ if name.starts_with("diagnose-") => specifier.starts_with("./diagnose-"),
                // An entry of its own, so that who does not ask for it does not carry it.
                _ if specifier.starts_with("./diagnose") => false,
                "http.js" => {
                    let below = ["errors", "fetch", "handlers", "identity", "itself", "load"];
                    below.iter().any(|name| specifier == format!("./{name}.js"))
                }
                "fetch.js" => {
                    let below = ["crowd", "errors", "identity", "size", "text"];
                    below.iter().any(|name| specifier == format!("./{name}.js"))
                }
                "server-link.js" => {
                    let below = ["errors", "handlers", "server-turns", "size", "text"];
                    below.iter().any(|name| specifier == format!("./{name}.js"))
                }
                "calls.js" | "inbound.js" | "worker-transport.js" => {
                    !["./client.js", "./connection.js"].contains(&specifier)
                }
                "worker.js" => {
                    let below = ["batch", "core", "crossing", "http", "load", "transports"];
                    below.iter().any(|name| specifier == format!("./{name}.js"))
                }
                _ => true,
            };
            assert!(allowed, "pkg-template/{name} is below what it imports: {specifier}");
        }
    }
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
    assert_eq!(caught(JSON, "use wasm_bindgen::JsValue; use tokio::task;").len(), 1);
    assert_eq!(caught("src/proto/mod.rs", "let now = std::time::Instant::now();").len(), 1);
    assert_eq!(caught("src/wasm/mod.rs", "let now = SystemTime :: now();").len(), 1);
    assert_eq!(caught("src/server/mod.rs", "tokio::spawn(f)").len(), 2);

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
        specifiers("import a from './a.js';\nexport * from \"b\";\nimport 'c'"),
        ["./a.js", "b", "c"]
    );
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
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
        let is_path = tokens.get(at + 1).is_some_and(|next| next == "::");
        if let Some((outside, users)) = OUTSIDE.iter().find(|(outside, _)| token == outside)
            && is_path
            && !users.contains(layer)
            && !(file == Path::new(JSON) && users.contains(&"client"))
        {
            found.push(format!("{name} uses {outside}, which is for {users:?} only"));
        }
    }
    for effect in EFFECTS {
        let (owner, function) = effect.split_once("::").unwrap();
        let calls = tokens.windows(3).any(|t| t[0] == owner && t[1] == "::" && t[2] == function);
        if calls && !MAY_HAVE_EFFECTS.contains(layer) {
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

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
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

/// What a JavaScript module imports and re-exports.
fn specifiers(source: &str) -> Vec<&str> {
    source
        .lines()
        .filter(|line| {
            line.starts_with("import ")
                || line.starts_with("export ")
                || line.starts_with("} from ")
        })
        .filter_map(|line| {
            let text = match line.split_once(" from ") {
                Some((_, text)) => text,
                None => line.strip_prefix("import ")?,
            };
            let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            text[1..].split(quote).next()
        })
        .collect()
}
