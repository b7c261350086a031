//! The bills of materials of the crate and of the npm package, as `CycloneDX` has them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{Cmd, root, target};
use crate::setup::{CARRIED, WASM_TARGET, locked_version};

/// What the file is called in the npm package.
pub const FILE: &str = "sbom.cdx.json";

/// Something that is inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// The address of the package, without a version.
    kind: &'static str,
    name: String,
    version: String,
    licence: String,
}

/// Writes that of the npm package, which has two modules and a validator inside.
pub fn of_npm(package: &Path) -> Result<()> {
    let mut parts = carried()?;
    for feature in ["npm-client,npm-allocator", "npm-server,npm-allocator"] {
        let features = ["--no-default-features", "--features", feature, "--target", WASM_TARGET];
        parts.extend(crates(&features)?);
    }
    fs::write(package.join(FILE), bill("npm", parts)?).context(FILE)
}

/// Writes that of the crate, with everything that any of its features brings, beside the `.crate` that
/// `cargo package` makes: it holds for the versions of Cargo.lock, and who depends on the crate has
/// others. Says where it is.
pub fn of_crate() -> Result<PathBuf> {
    let directory = target().join("package");
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("mcp-wasm-{}.cdx.json", locked_version("mcp-wasm")?));
    fs::write(&file, bill("cargo", crates(&["--all-features", "--target", "all"])?)?)?;
    Ok(file)
}

/// What the crate is built of with these features.
fn crates(features: &[&str]) -> Result<Vec<Part>> {
    let tree = Cmd::cargo()
        .args(["tree", "--locked", "--package", "mcp-wasm", "--edges", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{p}|{l}"])
        .args(features)
        .output()
        .context("`cargo tree` failed")?;
    tree.lines().map(|line| of_line(line).with_context(|| format!("what is `{line}`?"))).collect()
}

/// `serde v1.0.229|MIT OR Apache-2.0 (*)`
fn of_line(line: &str) -> Option<Part> {
    let (package, licence) = line.trim_end_matches(" (*)").split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    // An older way to say `OR`.
    let licence = licence.replace('/', " OR ");
    Some(Part { kind: "cargo", name: name.into(), version: version.into(), licence })
}

/// What the npm package carries of other packages.
fn carried() -> Result<Vec<Part>> {
    let file = root().join(CARRIED).join("package-lock.json");
    let lock = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let value = |line: &str| Some(line.split('"').nth(3)?.to_owned());
    let mut parts = Vec::new();
    let mut name = None;
    let mut version = None;
    for line in lock.lines().map(str::trim) {
        if let Some(path) = line.strip_prefix("\"node_modules/") {
            name = path.split('"').next().map(str::to_owned);
        } else if line.starts_with("\"version\"") {
            version = value(line);
        } else if line.starts_with("\"license\"")
            && let (Some(name), Some(version), Some(licence)) = (name.take(), &version, value(line))
        {
            parts.push(Part { kind: "npm", name, version: version.clone(), licence });
        }
    }
    ensure!(!parts.is_empty(), "{} names no package", file.display());
    Ok(parts)
}

/// The document. The same parts make the same text: no date, no number of its own.
fn bill(kind: &'static str, parts: Vec<Part>) -> Result<String> {
    let own = Part {
        kind,
        name: "mcp-wasm".to_owned(),
        version: locked_version("mcp-wasm")?,
        licence: "MIT OR Apache-2.0".to_owned(),
    };
    let parts: BTreeMap<String, Part> = parts
        .into_iter()
        .filter(|part| part.name != own.name)
        .map(|part| (part.address(), part))
        .collect();
    for part in parts.values() {
        ensure!(!part.licence.is_empty(), "{} {} names no licence", part.name, part.version);
    }
    let inside: Vec<String> = parts.values().map(Part::component).collect();
    let names: Vec<String> = parts.keys().map(|address| format!("{address:?}")).collect();
    Ok(format!(
        "{{\n\"bomFormat\": \"CycloneDX\",\n\"specVersion\": \"1.6\",\n\"version\": 1,\n\
         \"metadata\": {{ \"component\": {} }},\n\"components\": [\n{}\n],\n\
         \"compositions\": [{{ \"aggregate\": \"complete\", \"assemblies\": [{}] }}]\n}}\n",
        own.component(),
        inside.join(",\n"),
        names.join(", "),
    ))
}

impl Part {
    /// Its package URL.
    fn address(&self) -> String {
        format!("pkg:{}/{}@{}", self.kind, self.name.replace('@', "%40"), self.version)
    }

    fn component(&self) -> String {
        let Self { name, version, licence, .. } = self;
        let address = self.address();
        format!(
            "{{ \"type\": \"library\", \"bom-ref\": {address:?}, \"name\": {name:?}, \
             \"version\": {version:?}, \"licenses\": [{{ \"expression\": {licence:?} }}], \
             \"purl\": {address:?} }}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tree_is_a_part() {
        let part = of_line("serde v1.0.229|MIT/Apache-2.0 (*)").unwrap();
        assert_eq!(part.address(), "pkg:cargo/serde@1.0.229");
        assert_eq!(part.licence, "MIT OR Apache-2.0");
        let own = of_line("mcp-wasm v0.1.0 (/somewhere)|MIT").unwrap();
        assert_eq!((own.name.as_str(), own.version.as_str()), ("mcp-wasm", "0.1.0"));
        assert_eq!(of_line("serde"), None);
    }

    #[test]
    fn a_part_that_is_there_twice_is_one_and_one_without_a_licence_is_none() {
        let part = |name: &str, licence: &str| Part {
            kind: "npm",
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
        };
        let text = bill("npm", vec![part("@a/b", "MIT"), part("@a/b", "MIT")]).unwrap();
        assert_eq!(text.matches("\"purl\": \"pkg:npm/%40a/b@1.0.0\"").count(), 1, "{text}");
        assert!(bill("npm", vec![part("a", "")]).is_err());
    }

    #[test]
    fn the_package_carries_what_its_lock_file_names() {
        let parts = carried().unwrap();
        assert!(parts.iter().any(|part| part.name == "@cfworker/json-schema"), "{parts:?}");
    }
}
