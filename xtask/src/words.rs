//! What Rust and JavaScript say to each other in numbers is written down twice: as the enums and
//! constants of the binding, and as the constants of `wasm/words.js`. They are compared here.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::facade;
use crate::run::root;

const SCRIPT: &str = "pkg-template/wasm/words.js";
/// Where the binding's numbers are, one enum that it hands on as it is, and the codes of errors.
const SOURCES: [&str; 3] = ["src/wasm", "src/proto/client/oddity.rs", "src/jsonrpc/message.rs"];

/// What layers say again that may not read `words.js`, or that are no part of the binding: the script and its
/// constant, the source and its own.
const AGAIN: [[&str; 4]; 3] = [
    ["base/json.js", "SHORT", "src/proto/client/progress.rs", "LONGEST_SCANNED"],
    ["transports/socket.js", "EXPIRED", "src/proto/client/renewal.rs", "AUTHORIZATION_ENDED"],
    ["transports/socket.js", "SETTLED", "src/proto/client/renewal.rs", "SETTLED"],
];

/// Numbers by their names, as they were written.
type Words = BTreeMap<String, String>;

/// Compares the two.
pub fn compare() -> Result<()> {
    let read =
        |path: PathBuf| fs::read_to_string(&path).with_context(|| path.display().to_string());
    let mut sources = String::new();
    for place in SOURCES {
        let place = root().join(place);
        if place.is_dir() {
            for entry in fs::read_dir(&place)? {
                sources += &read(entry?.path())?;
            }
        } else {
            sources += &read(place)?;
        }
    }
    let script = read(root().join(SCRIPT))?;
    let mut differences = differences(&sources, &script);
    let mut scripts = String::new();
    for file in facade::files()? {
        scripts += &read(file)?;
    }
    differences.extend(undone(&script, &scripts));
    for [file, name, source, other] in AGAIN {
        let script = read(root().join("pkg-template").join(file))?;
        let source = read(root().join(source))?;
        differences.extend(said_again(&script, name, &source, other));
    }
    if !differences.is_empty() {
        bail!("{SCRIPT} and the binding differ:\n  {}", differences.join("\n  "));
    }
    Ok(())
}

/// What one says and the other does not, or says otherwise.
fn differences(rust: &str, script: &str) -> Vec<String> {
    let (variants, constants) = (variants(rust), rust_constants(rust));
    let (said, mut found) = script_constants(script);
    for (name, number) in &said {
        match variants.get(name).or_else(|| constants.get(name)) {
            None => found.push(format!("{name} is in the script only")),
            Some(other) if other != number => {
                found.push(format!("{name} is {number} in the script and {other} in Rust"));
            }
            Some(_) => {}
        }
    }
    let missing = variants.keys().filter(|name| !said.contains_key(*name));
    found.extend(missing.map(|name| format!("{name} is in Rust only")));
    found
}

/// What is wrong with a constant of a script that says again what one in Rust says.
fn said_again(script: &str, name: &str, rust: &str, other: &str) -> Option<String> {
    let said = rust_constants(rust).remove(other);
    let number = script.lines().find_map(|line| {
        line.trim_start_matches("export ").strip_prefix(&format!("const {name} = "))
    });
    let number = number.map(|number| plain(number.trim_end_matches(';')));
    (number.is_none() || number != said)
        .then(|| format!("{name} is {number:?} in the script, and {other} is {said:?} in Rust"))
}

/// The steps that no script does, and that would be passed over in silence.
fn undone(script: &str, scripts: &str) -> Vec<String> {
    let (said, _) = script_constants(script);
    let steps = said.into_keys().filter(|name| name.starts_with("STEP_") && name != "STEP_NOTHING");
    let is_done = |name: &String| {
        scripts
            .split(&format!("words.{name}"))
            .skip(1)
            .any(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_'))
    };
    steps.filter(|name| !is_done(name)).map(|name| format!("no script does {name}")).collect()
}

/// The variants of enums that say their numbers, as `STEP_NOTHING` of `enum Step { Nothing = 0 }`.
fn variants(rust: &str) -> Words {
    let mut found = Words::new();
    let mut open = None;
    for line in rust.lines().map(str::trim) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        if let Some(at) = parts.iter().position(|word| *word == "enum")
            && line.ends_with('{')
            && !line.starts_with("//")
        {
            open = parts.get(at + 1).copied();
        } else if line == "}" {
            open = None;
        } else if let (Some(name), [variant, "=", number]) = (open, &parts[..]) {
            let name = format!("{}_{}", constant_name(name), constant_name(variant));
            found.insert(name, plain(number.trim_end_matches(',')));
        }
    }
    found
}

/// Constants that are a number.
fn rust_constants(rust: &str) -> Words {
    let mut found = Words::new();
    for line in rust.lines() {
        let Some((_, definition)) = line.split_once("const ") else { continue };
        let Some((name, typed)) = definition.split_once(':') else { continue };
        let Some((_, number)) = typed.split_once('=') else { continue };
        found.insert(name.to_owned(), plain(number.trim().trim_end_matches(';')));
    }
    found
}

/// The same of the script; and what is said twice there.
fn script_constants(script: &str) -> (Words, Vec<String>) {
    let mut found = Words::new();
    let mut twice = Vec::new();
    for line in script.lines() {
        let Some(definition) = line.strip_prefix("export const ") else { continue };
        let Some((name, number)) = definition.split_once(" = ") else { continue };
        // What is no number is no word.
        let number = plain(number.trim_end_matches(';'));
        if number.parse::<f64>().is_ok() && found.insert(name.to_owned(), number).is_some() {
            twice.push(format!("{name} is in the script twice"));
        }
    }
    (found, twice)
}

/// A number without what only a reader, or Rust, needs in it.
fn plain(number: &str) -> String {
    let number = number.replace('_', "");
    number.strip_suffix(".0").map_or(number.clone(), str::to_owned)
}

/// `MessageStart` as `MESSAGE_START`.
fn constant_name(name: &str) -> String {
    let mut constant = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !constant.is_empty() {
            constant.push('_');
        }
        constant.push(letter.to_ascii_uppercase());
    }
    constant
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUST: &str = "/// The enum {\nconst SCRATCH: usize = 4_096;\nconst GREETING: f64 = -1.0;\nconst NAME: &str = \"x\";\n\
        pub(super) enum Step {\n    /// Nothing = 7\n    Nothing = 0,\n    MessageStart = -2,\n}\nenum Other {\n    One,\n}\n";

    #[test]
    fn the_same_on_both_sides_is_no_difference() {
        let script = "export const STEP_NOTHING = 0;\nexport const STEP_MESSAGE_START = -2;\n\
            export const SCRATCH = 4096;\nexport const GREETING = -1;\nexport const optional = (number) => number;\n";
        assert_eq!(differences(RUST, script), [""; 0]);
    }

    #[test]
    fn what_is_new_gone_changed_or_said_twice_is_a_difference() {
        let script = "export const STEP_NOTHING = 1;\nexport const SCRATCH = 4097;\nexport const GREETING = -1;\n\
            export const GREETING = -1;\nexport const STEP_GONE = 3;\n";
        assert_eq!(
            differences(RUST, script),
            [
                "GREETING is in the script twice",
                "SCRATCH is 4097 in the script and 4096 in Rust",
                "STEP_GONE is in the script only",
                "STEP_NOTHING is 1 in the script and 0 in Rust",
                "STEP_MESSAGE_START is in Rust only",
            ]
        );
    }

    #[test]
    fn a_step_that_no_script_does_is_a_difference() {
        let script = "export const STEP_NOTHING = 0;\nexport const STEP_SEND = 1;\nexport const STEP_SEND_ON = 2;\n";
        assert_eq!(
            undone(script, "case words.STEP_SEND_ON:\n  words.STEP_SENT"),
            ["no script does STEP_SEND"]
        );
        assert_eq!(undone(script, "words.STEP_SEND_ON, words.STEP_SEND)"), [""; 0]);
    }

    #[test]
    fn a_constant_that_is_said_again_otherwise_or_no_more_is_a_difference() {
        let rust = "pub const LONGEST: usize = 4_096;\nconst SETTLED: Millis = 1_000.0;\n";
        assert_eq!(said_again("const SHORT = 4096;\n", "SHORT", rust, "LONGEST"), None);
        assert_eq!(said_again("const SETTLED = 1000;\n", "SETTLED", rust, "SETTLED"), None);
        let other = said_again("const SHORT = 4095;\n", "SHORT", rust, "LONGEST");
        assert!(other.is_some_and(|difference| difference.contains("4095")));
        assert!(said_again("const LONG = 4096;\n", "SHORT", rust, "LONGEST").is_some());
        assert!(said_again("const SHORT = 4096;\n", "SHORT", rust, "GONE").is_some());
        assert!(said_again("", "SHORT", rust, "GONE").is_some());
    }

    #[test]
    fn the_binding_and_the_script_say_the_same() {
        compare().unwrap();
    }
}
