//! What the JavaScript of the package says of its types: how often it says nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{root, say};

/// How often the facade and its declarations may say `any`: where a value really is anything, such as
/// what was thrown, posted or stored.
const ANY: usize = 100;

/// Looks at all scripts and declarations.
pub fn check() -> Result<()> {
    let mut found = Vec::new();
    for file in files()? {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let muted = ["@ts-ignore", "@ts-expect-error", "@ts-nocheck"];
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        ensure!(!muted.iter().any(|mark| text.contains(mark)), "{name} silences the type checker");
        found.push((mentions(&text), name));
    }
    let all: usize = found.iter().map(|(count, _)| count).sum();
    found.sort();
    let most: Vec<_> =
        found.iter().rev().take(5).map(|(count, name)| format!("{name} {count}")).collect();
    ensure!(
        all <= ANY,
        "the facade says `any` {all} times, {ANY} are allowed: {}; say the type, or `unknown`",
        most.join(", ")
    );
    say(format_args!("types: the facade says `any` {all} times; {} are left", ANY - all));
    Ok(())
}

/// All scripts and declarations.
pub fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    scripts(&root().join("pkg-template"), &mut files)?;
    Ok(files)
}

/// The word, in types as in prose, but for members of that name.
fn mentions(text: &str) -> usize {
    let is_word = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$')
    };
    let bytes = text.as_bytes();
    text.match_indices("any")
        .filter(|(at, word)| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            before != Some(&b'.') && !is_word(before) && !is_word(bytes.get(at + word.len()))
        })
        .count()
}

fn scripts(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            scripts(&path, files)?;
        } else if name.ends_with(".js") || name.ends_with(".d.ts") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn the_word_is_counted_wherever_it_stands_alone() {
        assert_eq!(mentions("/** @param {any} one, any[] and Map<any, any> */"), 4);
        assert_eq!(mentions("many, company, anything, AbortSignal.any([]), $any"), 0);
    }
}
