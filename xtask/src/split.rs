//! Splits a module: what every page needs, and parts that some load later into the first one's
//! memory. Together they are the module, but for what ties them. Modules that are built one by one would
//! each carry what they share, and could not go on counting ids when a client turns from a WebSocket to
//! HTTP.
//!
//! Works on the text that `wasm-dis` writes. Where another part calls one that is late, there is a stub in
//! the first that calls by a table, which the part fills when it starts; it imports what it uses of
//! the first.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

/// The parts, as text for `wasm-as`.
pub struct Parts {
    pub first: String,
    /// Those that are late, in their order.
    pub rest: Vec<String>,
}

/// Whether a function is a door of a part: what is only reached by such is in it.
pub type IsDoor<'a> = dyn Fn(&str) -> bool + 'a;

/// The module that late parts import from what the first part exports.
pub const FIRST: &str = "b";

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

/// Splits the module of that text: what can be reached only by the doors of one part, as functions
/// call each other and as they are exported, is that part.
pub fn split(text: &str, late: &[&IsDoor]) -> Result<Parts> {
    let forms = forms(text)?;
    let of = |kind| forms.iter().filter(move |form| form.kind() == kind);
    let functions: BTreeMap<&str, &Form> = of("func").map(|form| (form.name(), form)).collect();
    let exports = of("export").filter_map(|form| {
        let [.., "(", kind, name, ")", ")"] = form.words[..] else { return None };
        Some((form, kind, name))
    });
    let exports: Vec<_> = exports.collect();
    let exported = exports.iter().map(|(_, _, name)| *name);
    let part_of = assign(&functions, exported.chain(held(&forms)).collect(), late);
    let part = |name: &str| part_of.get(name).copied().unwrap_or_default();

    // What each late part is called by from others, in the order of its table.
    let mut stubs = vec![BTreeSet::new(); late.len()];
    for (name, form) in &functions {
        for called in form.calls().filter(|called| part(called) > 0 && part(called) != part(name)) {
            stubs[part(called) - 1].insert(called);
        }
    }
    let bodies = |own: usize| {
        let own = functions.values().filter(move |form| part(form.name()) == own);
        own.map(|form| form.text.to_owned())
    };
    let exported = |own: usize| {
        let chosen = exports.iter().filter(move |(_, _, name)| part(name) == own);
        chosen.map(|(form, ..)| form.text.to_owned())
    };
    let texts = |kind| of(kind).map(|form| form.text.to_owned());
    let module = |parts: Vec<String>| format!("(module\n{}\n)\n", parts.join("\n"));

    let mut shares = Shares { known: &exports, shared: BTreeMap::new() };
    let mut rest = Vec::new();
    for (number, stubs) in stubs.iter().enumerate() {
        let own = number + 1;
        ensure!(!stubs.is_empty(), "nothing of the module is in its late part {own}");
        let here = |form: &&&Form| part(form.name()) == own;
        let used = functions.values().filter(here).flat_map(|form| form.words.iter().copied());
        let used: BTreeSet<&str> = used.collect();
        let (slots, table) = (stubs.len(), table(own));
        let mut parts: Vec<String> = texts("type").collect();
        parts.push(format!("(import \"{FIRST}\" \"{table}\" (table ${table} {slots} funcref))"));
        for form in &forms {
            let name = form.name();
            let behind = form.words.get(3..).unwrap_or_default();
            parts.push(match (form.kind(), behind) {
                ("memory", [pages, ..]) => shares.import("memory", name, pages),
                _ if !used.contains(name) => continue,
                ("table", [limits @ .., _]) => shares.import("table", name, &limits.join(" ")),
                ("global", ["(", mutable, kind, ..]) => {
                    shares.import("global", name, &format!("({mutable} {kind})"))
                }
                ("global", [kind, ..]) => shares.import("global", name, kind),
                ("func", _) if part(name) != own => shares.import("func", name, &types(form)),
                ("import", _) => form.text.to_owned(),
                _ => continue,
            });
        }
        let names = stubs.iter().copied().collect::<Vec<_>>().join(" ");
        parts.push(format!("(elem (table ${table}) (i32.const 0) func {names})"));
        parts.extend(exported(own).chain(bodies(own)));
        rest.push(module(parts));
    }

    let mut one: Vec<String> = ["type", "import", "global", "memory", "data", "table"]
        .into_iter()
        .flat_map(texts)
        .collect();
    for (number, stubs) in stubs.iter().enumerate() {
        let (slots, table) = (stubs.len(), table(number + 1));
        one.push(format!("(table ${table} {slots} {slots} funcref)"));
        one.push(format!("(export \"{table}\" (table ${table}))"));
    }
    one.extend(texts("elem").chain(exported(0)).chain(shares.exports()).chain(texts("start")));
    one.extend(bodies(0));
    for (number, stubs) in stubs.iter().enumerate() {
        for (slot, name) in stubs.iter().enumerate() {
            let form = functions.get(name).context("a stub is no function")?;
            let given = (0..form.signature().0.len()).map(|at| format!(" (local.get {at})"));
            let given = given.collect::<Vec<_>>().concat();
            let (types, table) = (types(form), table(number + 1));
            one.push(format!(
                "(func {name} {types} (call_indirect ${table} {types}{given} (i32.const {slot})))"
            ));
        }
    }
    Ok(Parts { first: module(one), rest })
}

/// The table by which that late part is called.
fn table(part: usize) -> String {
    format!("late{part}")
}

/// What tables and the start of the module hold.
fn held<'a>(forms: &'a [Form<'a>]) -> impl Iterator<Item = &'a str> {
    let of = |kind| forms.iter().filter(move |form| form.kind() == kind);
    of("elem").chain(of("start")).flat_map(|form| form.words.iter().copied())
}

/// The part of each function: 0 is the first, and of what two late ones use.
fn assign<'a>(
    functions: &BTreeMap<&'a str, &Form<'a>>,
    roots: Vec<&'a str>,
    late: &[&IsDoor],
) -> BTreeMap<&'a str, usize> {
    let door = |name: &str| late.iter().position(|is_door| is_door(name)).map_or(0, |at| at + 1);
    let reach = |mut open: Vec<&'a str>, own: usize| {
        let mut found = BTreeSet::new();
        while let Some(name) = open.pop() {
            if let Some(function) = functions.get(name)
                && found.insert(name)
            {
                open.extend(
                    function
                        .calls()
                        .filter(|name| matches!(door(name), part if part == 0 || part == own)),
                );
            }
        }
        found
    };
    let first = reach(roots.into_iter().filter(|name| door(name) == 0).collect(), 0);
    let mut parts: BTreeMap<&str, usize> = first.into_iter().map(|name| (name, 0)).collect();
    for own in 1..=late.len() {
        let doors = functions.keys().copied().filter(|name| door(name) == own).collect();
        for name in reach(doors, own) {
            let known = parts.entry(name).or_insert(own);
            if *known != own {
                *known = 0;
            }
        }
    }
    parts
}

/// What late parts use of the first, and by which names.
struct Shares<'a> {
    known: &'a [(&'a Form<'a>, &'a str, &'a str)],
    /// The kind and the short name, by name.
    shared: BTreeMap<String, (String, usize)>,
}

impl Shares<'_> {
    fn import(&mut self, kind: &str, name: &str, what: &str) -> String {
        let known = self.known.iter().find(|(_, own, exported)| *own == kind && *exported == name);
        let short = if let Some((form, ..)) = known {
            form.words[2].to_owned()
        } else {
            let next = self.shared.len();
            let (_, number) = self.shared.entry(name.to_owned()).or_insert((kind.to_owned(), next));
            format!("\"_{number}\"")
        };
        format!("(import \"{FIRST}\" {short} ({kind} {name} {what}))")
    }

    fn exports(&self) -> impl Iterator<Item = String> {
        let mut all: Vec<_> = self.shared.iter().collect();
        all.sort_by_key(|(_, (_, number))| *number);
        all.into_iter()
            .map(|(name, (kind, number))| format!("(export \"_{number}\" ({kind} {name}))"))
    }
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
        let Parts { first, rest } = split(MODULE, &[&|name| name == "$late"]).unwrap();
        let rest = &rest[0];
        assert!(first.contains("(func $late (param i32) (result i32) (call_indirect $late1"));
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
        assert!(split(MODULE, &[&|_| false]).is_err());
        assert!(split("(module", &[&|_| true]).is_err());
    }

    #[test]
    fn what_two_late_parts_use_is_in_the_first_and_they_reach_each_other_by_it() {
        let module = MODULE.replace(
            " (func $only",
            " (func $other (result i32)\n  (call $late (call $only (i32.const 1)))\n )\n (func $only",
        );
        let module =
            module.replace("(call $late (call $both", "(call $late (call $other) (call $both");
        let late: [&IsDoor; 2] = [&|name| name == "$late", &|name| name == "$other"];
        let Parts { first, rest } = split(&module, &late).unwrap();
        assert!(first.contains("(func $only (param $0 i32)"));
        assert!(first.contains("(func $other (param ) (result i32) (call_indirect $late2"));
        assert!(
            rest[0].contains("(func $late (param $0 i32)")
                && !rest[0].contains("(func $only (param $0")
        );
        assert!(rest[1].contains("(import \"b\" \"c\" (func $late (param i32) (result i32)))"));
    }
}
