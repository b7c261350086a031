//! What the project depends on, against `deny.toml` and the advisories in the tree.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{Cmd, root, say, target};
use crate::setup::{CARRIED, Tools};

/// What is known to be wrong with crates, one line each.
const ADVISORIES: &str = "xtask/advisories.tsv";
/// How this version of cargo-deny calls the folder of its database; it makes it of an address.
const DATABASE: &str = "advisory-db-3157b0e258782691";
/// Advisories that do not apply. That of `rsa` is about what the time of a private key's use tells;
/// here signatures are checked, by public keys.
const IGNORED: [&str; 1] = ["RUSTSEC-2023-0071"];
/// How long the registry may take to show its keys.
const SIGNATURES: Duration = Duration::from_secs(15);

/// Licences, sources, duplicates and advisories of all crates, without the network.
pub fn check(tools: &Tools) -> Result<()> {
    let directory = target().join("deny");
    let database = directory.join("databases");
    lay_out(&database.join(DATABASE))?;
    let own = fs::read_to_string(root().join("deny.toml")).context("deny.toml")?;
    let config = directory.join("deny.toml");
    fs::write(
        &config,
        own + &format!(
            "\n[advisories]\ndb-path = {:?}\nignore = {IGNORED:?}\n",
            database.display().to_string()
        ),
    )?;
    // Also what is for other systems only, which no build here has asked for.
    tools.cargo().args(["fetch", "--locked", "--quiet"]).quiet()?;
    tools
        .cmd("cargo-deny")
        .args(["--offline", "--workspace", "--log-level", "error", "--config"])
        .arg(&config)
        .args(["check", "--hide-inclusion-graph"])
        .quiet()
}

/// The signatures of the npm packages that ours carries inside, if the registry shows its keys.
pub fn signatures(tools: &Tools) -> Result<()> {
    let audit = tools
        .cmd("npm")
        .args(["audit", "signatures", "--fetch-retries=0", "--fetch-timeout=10000"])
        .dir(root().join(CARRIED));
    let (status, output) = audit.stream(SIGNATURES)?;
    if status.success() {
        return Ok(());
    }
    ensure!(!output.contains("invalid"), "a package is not the one that was signed:\n{output}");
    say("signatures: not checked, the registry does not show its keys from here");
    Ok(())
}

/// The database as cargo-deny reads it: a git repository with a file for each advisory.
fn lay_out(database: &Path) -> Result<()> {
    let file = root().join(ADVISORIES);
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    if database.exists() {
        fs::remove_dir_all(database)?;
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, id, advisory)) = advisory(line) else {
            bail!("{ADVISORIES}: this is no advisory: {line}");
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
    git(&["commit", "--quiet", "--no-gpg-sign", "--message", ADVISORIES])
}

/// The crate, the id and the text of an advisory.
fn advisory(line: &str) -> Option<(&str, &str, String)> {
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
        let (name, id, text) = advisory(line).unwrap();
        assert_eq!((name, id), ("tungstenite", "RUSTSEC-2023-0065"));
        assert!(
            text.contains("patched = [\">= 0.20.1\"]\nunaffected = [\"<0.1\", \"=0.2.0\"]\n"),
            "{text}"
        );
        assert!(!text.contains("informational"));
        assert!(
            advisory(&line.replace("2023-09-25\t\t", "2023-09-25\tunsound\t"))
                .unwrap()
                .2
                .contains("informational = \"unsound\"")
        );
        assert!(advisory("RUSTSEC-2023-0065\ttungstenite").is_none());
    }

    #[test]
    fn every_advisory_in_the_tree_is_one() {
        let text = fs::read_to_string(root().join(ADVISORIES)).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 1000);
        assert!(lines.iter().all(|line| advisory(line).is_some()));
    }
}
