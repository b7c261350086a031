//! Panics without their texts: in a browser nobody reads them, for without a hook of one's own a panic
//! of WebAssembly ends in a trap and says nothing. So the trap comes at once, and what would have put
//! the text together is not there.

use anyhow::{Result, ensure};

use crate::split::{forms, types};

/// What is only there for panics and for running out of memory, by parts of names.
const PANICS: [&str; 7] = [
    "::panicking::",
    "::rust_panic",
    "::__rust_start_panic",
    "::rust_oom",
    "::handle_alloc_error",
    "::default_alloc_error_hook",
    "raw_vec::capacity_overflow",
];
/// What puts texts together, by parts of names.
const FORMATS: [&str; 2] = ["]::fmt::", "core::fmt::"];

/// The module of that text, as `wasm-dis` writes it, whose panics trap at once.
pub fn at_once(text: &str) -> Result<String> {
    let formats = |name: &str| FORMATS.iter().any(|part| name.contains(part));
    let traps = |name: &str| formats(name) || PANICS.iter().any(|part| name.contains(part));
    let mut module = String::from("(module\n");
    let mut trapping = 0;
    for form in forms(text)? {
        let name = form.name();
        if form.kind() == "func" && traps(name) {
            trapping += 1;
            module += &["(func ", name, " ", &types(&form), " (unreachable))\n"].concat();
        } else {
            let used = form.calls().find(|name| form.kind() == "func" && formats(name));
            ensure!(used.is_none(), "{name} uses {used:?}, which is for panics alone");
            module += form.text;
            module.push('\n');
        }
    }
    ensure!(trapping > 0, "the module has no panics, or they have other names");
    Ok(module + ")\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_traps_at_once() {
        let text = r#"(module
 (memory $0 1)
 (export "a" (func $main))
 (func $main (param $0 i32)
  (call $"core[c5930c85a12de822]::panicking::panic_fmt" (local.get $0) (i32.const 8))
 )
 (func $"core[c5930c85a12de822]::panicking::panic_fmt" (param $0 i32) (param $1 i32)
  (call $main (local.get $1))
 )
)
"#;
        let module = at_once(text).unwrap();
        assert!(
            module.contains(r#"::panicking::panic_fmt" (param i32 i32) (result ) (unreachable))"#)
        );
        assert!(module.contains("(memory $0 1)") && module.contains("(export \"a\" (func $main))"));
        assert!(!module.contains("(call $main"));
    }

    #[test]
    fn what_formats_texts_outside_of_panics_is_refused() {
        let write = r#"$"core[c5930c85a12de822]::fmt::write""#;
        let text = format!("(module\n (func $main\n  (call {write})\n )\n (func {write}\n )\n)\n");
        assert!(at_once(&text).is_err());
    }

    #[test]
    fn a_module_without_panics_is_refused() {
        assert!(at_once("(module\n (memory $0 1)\n)\n").is_err());
    }
}
