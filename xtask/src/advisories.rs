//! What is known to be wrong with crates: the `RustSec` database, one advisory a line, so that
//! `cargo xtask check` needs no network; and the command that brings it up to date.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use crate::package::recreate;
use crate::run::{Cmd, root, say, step, target};

const FILE: &str = "xtask/advisories.tsv";
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// The command: writes the file anew, out of a repository of the database.
pub fn refresh(from: Option<&str>) -> Result<()> {
    let copy = target().join("deny/advisory-db");
    step("fetch the RustSec advisory database", || {
        recreate(&copy)?;
        let from = from.unwrap_or(DATABASE);
        Cmd::new("git")
            .args(["clone", "--quiet", "--depth", "1", from])
            .arg(&copy)
            .quiet()
            .context("the database could not be fetched; `--from` names another copy of it")
    })?;
    let date = Cmd::new("git").args(["log", "-1", "--format=%cs"]).dir(&copy).output();
    let date = date.context("the database has no history")?;
    let before = read()?;
    let known = dated(&before).unwrap_or_default();
    ensure!(*date >= *known, "that copy is of {date}, and {FILE} of {known}");
    let mut lines = Vec::new();
    for folder in fs::read_dir(copy.join("crates")).context("the database has no crates")? {
        for file in fs::read_dir(folder?.path())? {
            let file = file?.path();
            let text = fs::read_to_string(&file)?;
            lines.extend(line(&text).with_context(|| file.display().to_string())?);
        }
    }
    lines.sort();
    let head = format!(
        "# What is known to be wrong with crates: the RustSec advisory database as of {date}, which is in the public domain (CC0).\n\
         # id, crate, date, kind (none for a vulnerability), versions with the fix, versions that never had it, title\n"
    );
    fs::write(root().join(FILE), head + &lines.join("\n") + "\n")?;
    let new = lines.iter().filter(|line| !before.contains(line.as_str())).count();
    say(format_args!("{FILE}: {} advisories as of {date}, {new} of them new", lines.len()));
    Ok(())
}

fn read() -> Result<String> {
    let file = root().join(FILE);
    fs::read_to_string(&file).with_context(|| file.display().to_string())
}

/// The date in the file's first line.
fn dated(text: &str) -> Option<&str> {
    text.lines().next()?.split(" as of ").nth(1)?.split(',').next()
}

/// The line of an advisory, which is Markdown that begins with TOML; none for one that was withdrawn.
fn line(text: &str) -> Result<Option<String>> {
    let (_, after) = text.split_once("```toml").context("there is no TOML")?;
    let (facts, words) = after.split_once("```").context("the TOML has no end")?;
    let facts: Table = facts.parse().context("the TOML cannot be read")?;
    let advisory = facts.get("advisory").and_then(Value::as_table).context("`advisory`")?;
    if advisory.contains_key("withdrawn") {
        return Ok(None);
    }
    let of = |name: &str| advisory.get(name).and_then(Value::as_str).unwrap_or_default();
    let ranges = |name: &str| {
        let all = facts.get("versions").and_then(|versions| versions.get(name));
        let all = all.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        all.collect::<Vec<_>>().join("|")
    };
    let title = words.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    let fields = [
        of("id"),
        of("package"),
        of("date"),
        of("informational"),
        &ranges("patched"),
        &ranges("unaffected"),
        title,
    ];
    let line =
        fields.map(|field| field.replace(['\t', '\r', '\n'], " ").trim().to_owned()).join("\t");
    ensure!(advisory_of(&line).is_some(), "something is missing: {line}");
    Ok(Some(line))
}

/// The database as cargo-deny reads it: a git repository with a file for each advisory.
pub fn lay_out(database: &Path) -> Result<()> {
    if database.exists() {
        fs::remove_dir_all(database)?;
    }
    for line in read()?.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, id, advisory)) = advisory_of(line) else {
            bail!("{FILE}: this is no advisory: {line}");
        };
        let folder = database.join("crates").join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{id}.md")), advisory)?;
    }
    let git = |arguments: &[&str]| {
        let author = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost"];
        Cmd::new("git").args(author).args(arguments).dir(database).quiet()
    };
    git(&["init", "--quiet"])?;
    git(&["add", "--all", "--force"])?;
    git(&["commit", "--quiet", "--no-gpg-sign", "--message", FILE])
}

/// The crate, the id and the text of an advisory.
fn advisory_of(line: &str) -> Option<(&str, &str, String)> {
    let mut fields = line.split('\t');
    let [id, name, date, kind, patched, unaffected, title] =
        std::array::from_fn(|_| fields.next().unwrap_or("\0"));
    if [id, name, date, title].iter().any(|field| field.is_empty() || *field == "\0") {
        return None;
    }
    let list = |ranges: &str| {
        let quoted = ranges.split('|').filter(|range| !range.is_empty());
        quoted.map(|range| format!("{range:?}")).collect::<Vec<_>>().join(", ")
    };
    let mut text =
        format!("```toml\n[advisory]\nid = {id:?}\npackage = {name:?}\ndate = {date:?}\n");
    if !kind.is_empty() {
        let _ = writeln!(text, "informational = {kind:?}");
    }
    let (patched, unaffected) = (list(patched), list(unaffected));
    let _ = write!(
        text,
        "\n[versions]\npatched = [{patched}]\nunaffected = [{unaffected}]\n```\n\n# {title}\n"
    );
    Some((name, id, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_advisory() {
        let line =
            "RUSTSEC-2023-0065\ttungstenite\t2023-09-25\t\t>= 0.20.1\t<0.1|=0.2.0\tLong headers";
        let (name, id, text) = advisory_of(line).unwrap();
        assert_eq!((name, id), ("tungstenite", "RUSTSEC-2023-0065"));
        assert!(
            text.contains("patched = [\">= 0.20.1\"]\nunaffected = [\"<0.1\", \"=0.2.0\"]\n"),
            "{text}"
        );
        assert!(!text.contains("informational"));
        assert!(
            advisory_of(&line.replace("2023-09-25\t\t", "2023-09-25\tunsound\t"))
                .unwrap()
                .2
                .contains("informational = \"unsound\"")
        );
        assert!(advisory_of("RUSTSEC-2023-0065\ttungstenite").is_none());
    }

    #[test]
    fn every_advisory_in_the_tree_is_one() {
        let text = read().unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 1000);
        assert!(lines.iter().all(|line| advisory_of(line).is_some()));
    }

    #[test]
    fn an_advisory_of_the_database_is_the_line_that_it_was_made_of() {
        let text = read().unwrap();
        for one in text.lines().filter(|line| !line.starts_with('#')) {
            let (_, _, advisory) = advisory_of(one).unwrap();
            assert_eq!(line(&advisory).unwrap().as_deref(), Some(one));
        }
    }

    #[test]
    fn what_was_withdrawn_or_cannot_be_read_is_none() {
        let text = "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"a\"\ndate = \"2020-01-01\"\nwithdrawn = \"2020-01-02\"\n```\n# It was nothing\n";
        assert_eq!(line(text).unwrap(), None);
        assert!(line(&text.replace("withdrawn", "url")).unwrap().is_some());
        assert!(line(&text.replace("withdrawn", "url").replace("package", "crate")).is_err());
        assert!(line("# Without facts").is_err());
    }

    #[test]
    fn the_file_says_how_old_it_is() {
        assert!(dated(&read().unwrap()).is_some_and(|date| date.len() == 10));
        assert_eq!(dated("# nothing"), None);
    }
}
