//! Gathers the page and the package, so that the program brings them along: from `assets`, where a
//! published crate has them, or from where the repository makes them.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let here =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate is"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo says where to write"));
    let assets = here.join("assets");
    let repository = here.join("../..");
    let (www, pkg) = if repository.join("www/index.html").is_file() {
        (repository.join("www"), repository.join("target/pkg"))
    } else {
        (assets.join("www"), assets.join("pkg"))
    };
    let mut list = String::from("pub static FILES: &[File] = &[\n");
    for (root, prefix) in [(www, ""), (pkg, "pkg/")] {
        println!("cargo::rerun-if-changed={}", root.display());
        add(&root, prefix, &mut list)?;
    }
    list.push_str("];\n");
    fs::write(out.join("files.rs"), list)
}

/// Adds the files that a page may load.
fn add(directory: &Path, prefix: &str, list: &mut String) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    let mut all: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    all.sort();
    for path in all {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_served = [".html", ".js", ".css", ".svg"].iter().any(|end| name.ends_with(end));
        if path.is_dir() && !matches!(name, "screenshots" | "node_modules" | "chat" | "compat") {
            add(&path, &format!("{prefix}{name}/"), list)?;
        } else if path.is_file() && is_served {
            let whole = path.canonicalize()?;
            let (name, whole) = (format!("{prefix}{name}"), whole.display().to_string());
            let text = format!("    ({name:?}, include_bytes!({whole:?})),\n");
            list.push_str(&text);
        }
    }
    Ok(())
}
