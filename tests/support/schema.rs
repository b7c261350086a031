//! The protocol's own JSON schemas, and its examples.

#![allow(dead_code)] // each test file uses its own part

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

/// The schema of one revision.
pub struct Schema {
    version: Version,
    whole: Value,
    /// The member that holds the definitions; it has changed its name.
    definitions: &'static str,
    validators: BTreeMap<String, Validator>,
}

impl Schema {
    pub fn of(version: Version) -> Self {
        let whole = read(&data(version).join("schema.json"));
        let definitions = if whole.get("$defs").is_some() { "$defs" } else { "definitions" };
        Self { version, whole, definitions, validators: BTreeMap::new() }
    }

    pub fn defines(&self, name: &str) -> bool {
        self.whole[self.definitions].get(name).is_some()
    }

    /// The value is what the definition of that name says.
    pub fn assert_valid(&mut self, name: &str, value: &Value) {
        let version = self.version.as_str();
        assert!(self.defines(name), "{version} has no definition `{name}`");
        let validator = self.validators.entry(name.to_owned()).or_insert_with(|| {
            let reference = format!("#/{}/{name}", self.definitions);
            let schema = json!({
                "$schema": self.whole["$schema"],
                "allOf": [{ "$ref": reference }],
                self.definitions: self.whole[self.definitions],
            });
            jsonschema::validator_for(&schema).expect("a valid schema")
        });
        if let Err(error) = validator.validate(value) {
            let at = error.instance_path();
            panic!("no valid `{name}` of {version}: {error} at `{at}`\n{value:#}");
        }
    }
}

/// The examples of a revision: the definition each belongs to, its file, and the value.
pub fn examples(version: Version) -> Vec<(String, PathBuf, Value)> {
    let mut found = Vec::new();
    for folder in list(&data(version)).into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        for file in list(&folder) {
            let value = read(&file);
            found.push((name.clone(), file, value));
        }
    }
    found
}

fn data(version: Version) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(version.as_str())
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("a file");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
