//! Short names between the generated glue and the module.
//!
//! The names that wasm-bindgen gives to imports and exports are long, carry hashes that do not
//! compress, and stand in both files, where no bundler may touch them. wasm-opt shortens them in
//! the module and prints what it did; here the glue follows.

use std::collections::HashMap;

use anyhow::{Result, ensure};

/// Rewrites the glue by the list that `wasm-opt --minify-imports-and-exports-and-modules` prints.
pub fn shorten(glue: &str, list: &str) -> Result<String> {
    let mut imports = HashMap::new();
    let mut exports = HashMap::new();
    let mut modules = HashMap::new();
    for line in list.lines() {
        // What stands in quotes: module, name and short name, or name and short name.
        match line.split('"').skip(1).step_by(2).collect::<Vec<_>>()[..] {
            [module, name, short] => {
                imports.insert(name, short);
                modules.insert(module, "a");
            }
            [name, short] => drop(exports.insert(name, short)),
            _ => {}
        }
    }
    ensure!(
        !imports.is_empty() && !exports.is_empty(),
        "wasm-opt printed no list of names:\n{list}"
    );
    ensure!(modules.len() == 1, "the module imports from {} modules, not from one", modules.len());

    let mut short_glue = String::with_capacity(glue.len());
    let mut replaced: HashMap<&str, u32> = HashMap::new();
    let mut rest = glue;
    while let Some(start) = rest.find(is_word) {
        let length = rest[start..].find(|c| !is_word(c)).unwrap_or(rest.len() - start);
        let (before, word) = (&rest[..start], &rest[start..start + length]);
        short_glue.push_str(before);
        rest = &rest[start + length..];
        let of_wasm = short_glue.ends_with("wasm.");
        let short = if of_wasm { exports.get(word) } else { imports.get(word) };
        if short.is_some() && !of_wasm {
            *replaced.entry(word).or_default() += 1;
        }
        short_glue.push_str(short.unwrap_or(&word));
    }
    short_glue.push_str(rest);

    for (module, short) in modules {
        let (long, short) = (format!("\"{module}\""), format!("\"{short}\""));
        ensure!(short_glue.matches(&long).count() == 1, "the glue names {module} not just once");
        short_glue = short_glue.replace(&long, &short);
    }
    for name in imports.keys() {
        ensure!(replaced.get(name) == Some(&1), "the glue names the import {name} not just once");
    }
    Ok(short_glue)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "{\n \"imports\": [\n  [\"./core_bg.js\", \"__wbg_new_12\", \"a\"],\n  [\"./core_bg.js\", \"__wbg_get_34\", \"b\"]\n ],\n\"exports\": [\n  [\"memory\", \"$\"],\n  [\"core_poll\", \"c\"]\n ]\n}\n";

    #[test]
    fn the_glue_follows_the_module() {
        let glue = "const i = { __wbg_new_12: function() {}, __wbg_get_34: f };\nreturn { \"./core_bg.js\": i, memory: wasm.memory.buffer, n: wasm.core_poll(wasm.core_poll2) };";
        let short = "const i = { a: function() {}, b: f };\nreturn { \"a\": i, memory: wasm.$.buffer, n: wasm.c(wasm.core_poll2) };";
        assert_eq!(shorten(glue, LIST).unwrap(), short);
    }

    #[test]
    fn glue_of_another_shape_is_refused() {
        assert!(shorten("{ __wbg_new_12: 1, \"./core_bg.js\": 2 }", LIST).is_err());
        assert!(shorten("{ __wbg_new_12: 1, __wbg_get_34: 2 }", LIST).is_err());
        assert!(shorten("", "").is_err());
    }
}
