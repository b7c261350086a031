//! Splits a module in two: what every page needs, and the rest, which some load later into the
//! first one's memory. Together they are the module, but for what ties them.
//!
//! Works on the text that `wasm-dis` writes. Where the first part calls the rest, there is a stub that
//! calls by a table, which the rest fills when it starts; the rest imports what it uses of the first.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

/// The two parts, as text for `wasm-as`.
pub struct Parts {
    pub first: String,
    pub rest: String,
}

/// The module that the rest imports from what the first part exports.
pub const FIRST: &str = "b";
/// The table by which the first part calls the rest.
const TABLE: &str = "late";

/// One thing in a module, such as a function.
pub struct Form<'a> {
    pub text: &'a str,
    words: Vec<&'a str>,
}

impl<'a> Form<'a> {
    pub fn kind(&self) -> &'a str {
        self.words.get(1).copied().unwrap_or_default()
    }

    /// Its name; empty without.
    pub fn name(&self) -> &'a str {
        let name = |word: &&str| word.starts_with('$');
        self.words.iter().take(7).copied().find(name).unwrap_or_default()
    }

    /// The functions that it calls or refers to.
    pub fn calls(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.words
            .windows(2)
            .filter(|pair| matches!(pair[0], "call" | "return_call" | "ref.func"))
            .map(|pair| pair[1])
    }

    /// The types of the parameters and of the result of a function, as text.
    fn signature(&self) -> (Vec<&'a str>, Vec<&'a str>) {
        let (mut params, mut results) = (Vec::new(), Vec::new());
        let mut words = self.words.iter().copied().skip(3);
        while let (Some("("), Some(kind @ ("param" | "result"))) = (words.next(), words.next()) {
            let types = words.by_ref().take_while(|word| *word != ")");
            let types = types.filter(|word| !word.starts_with('$'));
            if kind == "param" { params.extend(types) } else { results.extend(types) }
        }
        (params, results)
    }
}

/// Splits the module of that text: what is called or exported as `late` says by name, and all that
/// only such functions use, is the rest.
pub fn split(text: &str, late: &dyn Fn(&str) -> bool) -> Result<Parts> {
    let forms = forms(text)?;
    let of = |kind| forms.iter().filter(move |form| form.kind() == kind);
    let functions: BTreeMap<&str, &Form> = of("func").map(|form| (form.name(), form)).collect();

    // What can be reached without coming by what is late.
    let exports = of("export").filter_map(|form| {
        let [.., "(", kind, name, ")", ")"] = form.words[..] else { return None };
        Some((form, kind, name))
    });
    let exports: Vec<_> = exports.collect();
    let roots = exports.iter().map(|(_, _, name)| *name).filter(|name| !late(name));
    let held = of("elem").chain(of("start")).flat_map(|form| form.words.iter().copied());
    let mut open: Vec<&str> = roots.chain(held).collect();
    let mut first = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(function) = functions.get(name)
            && first.insert(name)
        {
            open.extend(function.calls().filter(|name| !late(name)));
        }
    }
    let rest = |name: &str| functions.contains_key(name) && !first.contains(name);
    let (ones, others): (Vec<&Form>, Vec<&Form>) =
        functions.values().copied().partition(|form| !rest(form.name()));
    ensure!(!others.is_empty(), "nothing of the module is late");

    // The stubs' places in the table.
    let stubs: BTreeSet<&str> =
        ones.iter().flat_map(|form| form.calls()).filter(|name| rest(name)).collect();
    let slots = stubs.len();

    // What the rest uses of the first, by the name that it is exported by.
    let used: BTreeSet<&str> = others.iter().flat_map(|form| form.words.iter().copied()).collect();
    let mut shared = Vec::new();
    let mut imported =
        vec![format!("(import \"{FIRST}\" \"{TABLE}\" (table ${TABLE} {slots} funcref))")];
    let mut share = |kind: &str, name: &str, what: &str| {
        let known = exports.iter().find(|(_, own, exported)| *own == kind && *exported == name);
        let short = if let Some((form, ..)) = known {
            form.words[2].to_owned()
        } else {
            let short = format!("\"_{}\"", shared.len());
            shared.push(format!("(export {short} ({kind} {name}))"));
            short
        };
        format!("(import \"{FIRST}\" {short} ({kind} {name} {what}))")
    };
    for form in &forms {
        let name = form.name();
        let behind = form.words.get(3..).unwrap_or_default();
        imported.push(match (form.kind(), behind) {
            ("memory", [pages, ..]) => share("memory", name, pages),
            _ if !used.contains(name) => continue,
            ("table", [limits @ .., _]) => share("table", name, &limits.join(" ")),
            ("global", ["(", mutable, kind, ..]) => {
                share("global", name, &format!("({mutable} {kind})"))
            }
            ("global", [kind, ..]) => share("global", name, kind),
            ("func", _) if first.contains(name) => share("func", name, &types(form)),
            ("import", _) => form.text.to_owned(),
            _ => continue,
        });
    }

    let texts = |kind| of(kind).map(|form| form.text.to_owned());
    let exported = |own: bool| {
        let chosen = exports.iter().filter(move |(_, _, name)| rest(name) == own);
        chosen.map(|(form, ..)| form.text.to_owned())
    };
    let bodies = |of: &[&Form]| of.iter().map(|form| form.text.to_owned()).collect::<Vec<_>>();
    let mut one: Vec<String> = ["type", "import", "global", "memory", "data", "table"]
        .into_iter()
        .flat_map(texts)
        .collect();
    one.push(format!("(table ${TABLE} {slots} {slots} funcref)"));
    one.push(format!("(export \"{TABLE}\" (table ${TABLE}))"));
    one.extend(texts("elem").chain(exported(false)).chain(shared).chain(texts("start")));
    one.extend(bodies(&ones));
    for (slot, name) in stubs.iter().enumerate() {
        let form = functions.get(name).context("a stub is no function")?;
        let given = (0..form.signature().0.len()).map(|at| format!(" (local.get {at})"));
        let given = given.collect::<Vec<_>>().concat();
        let types = types(form);
        one.push(format!(
            "(func {name} {types} (call_indirect ${TABLE} {types}{given} (i32.const {slot})))"
        ));
    }
    let mut two: Vec<String> = texts("type").chain(imported).collect();
    two.push(format!(
        "(elem (table ${TABLE}) (i32.const 0) func {})",
        stubs.into_iter().collect::<Vec<_>>().join(" ")
    ));
    two.extend(exported(true).chain(bodies(&others)));
    let module = |parts: Vec<String>| format!("(module\n{}\n)\n", parts.join("\n"));
    Ok(Parts { first: module(one), rest: module(two) })
}

/// What a function takes and returns.
pub fn types(function: &Form) -> String {
    let (params, results) = function.signature();
    format!("(param {}) (result {})", params.join(" "), results.join(" "))
}

/// The things in a module.
pub fn forms(text: &str) -> Result<Vec<Form<'_>>> {
    let mut forms = Vec::new();
    let (mut depth, mut start, mut words) = (0_usize, 0, Vec::new());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(comment) = rest.strip_prefix(";;") {
            at += 2 + comment.find('\n').unwrap_or(comment.len());
            continue;
        }
        let length = length(rest);
        let word = &rest[..length];
        at += length;
        if word.trim().is_empty() {
            continue;
        }
        match word {
            "(" => {
                depth += 1;
                if depth == 2 {
                    start = at - 1;
                    words.clear();
                }
            }
            ")" => depth = depth.checked_sub(1).context("a parenthesis too many")?,
            _ => {}
        }
        words.push(word);
        if word == ")" && depth == 1 {
            forms.push(Form { text: &text[start..at], words: std::mem::take(&mut words) });
        }
    }
    ensure!(depth == 0, "the module has no end");
    Ok(forms)
}

/// How long the next word is: a parenthesis, a text, a name or number, or a blank.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if matches!(bytes[0], b'(' | b')' | b' ' | b'\n') {
        return 1;
    }
    let (mut at, mut quoted) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'(' | b')' | b' ' | b'\n' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = r#"(module
 (type $0 (func (param i32) (result i32)))
 (import "a" "c" (func $import (param i32) (result i32)))
 (global $stack (mut i32) (i32.const 7))
 (memory $0 17)
 (data $0 (i32.const 0) "a ) \" text")
 (export "a" (memory $0))
 (export "b" (func $main))
 (export "c" (func $late))
 (func $main (param $0 i32) (result i32)
  (call $late (call $both (local.get $0)))
 )
 (func $both (param $0 i32) (result i32)
  (local.get $0)
 )
 (func $late (param $0 i32) (result i32)
  (global.set $stack (call $only (call $both (local.get $0))))
  (call $import (global.get $stack))
 )
 (func $only (param $0 i32) (result i32)
  (local.get $0)
 )
)"#;

    #[test]
    fn what_only_late_functions_use_is_late() {
        let Parts { first, rest } = split(MODULE, &|name| name == "$late").unwrap();
        assert!(first.contains("(func $late (param i32) (result i32) (call_indirect $late"));
        assert!(first.contains("a ) \\\" text"));
        assert!(!first.contains("$only") && !first.contains("\"c\" (func $late)"));
        assert!(rest.contains("(func $only") && rest.contains("(export \"c\" (func $late))"));
        assert!(rest.contains("(import \"b\" \"_1\" (func $both (param i32) (result i32)))"));
        assert!(rest.contains("(import \"b\" \"_0\" (global $stack (mut i32)))"));
        assert!(rest.contains("(import \"b\" \"a\" (memory $0 17))"));
        assert!(rest.contains("(import \"a\" \"c\" (func $import"));
        assert!(!rest.contains("(data") && !rest.contains("(func $main"));
    }

    #[test]
    fn a_module_with_nothing_late_is_refused() {
        assert!(split(MODULE, &|_| false).is_err());
        assert!(split("(module", &|_| true).is_err());
    }
}
