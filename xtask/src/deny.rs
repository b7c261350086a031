//! What the project depends on, against `deny.toml` and the advisories in the tree.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::advisories;
use crate::fixture::RMCP_SERVER;
use crate::run::{root, say, target};
use crate::setup::{CARRIED, Tools};

/// What has a Cargo.lock of its own.
const APART: [&str; 2] = ["fuzz/Cargo.toml", RMCP_SERVER];

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
    advisories::lay_out(&database.join(DATABASE))?;
    let own = fs::read_to_string(root().join("deny.toml")).context("deny.toml")?;
    let config = directory.join("deny.toml");
    fs::write(
        &config,
        own + &format!(
            "\n[advisories]\ndb-path = {:?}\nignore = {IGNORED:?}\n",
            database.display().to_string()
        ),
    )?;
    for manifest in [&["Cargo.toml"][..], &APART].concat() {
        // Also what is for other systems only, which no build here has asked for.
        let fetch = ["fetch", "--locked", "--quiet", "--manifest-path", manifest];
        tools.cargo().args(fetch).quiet()?;
        tools
            .cmd("cargo-deny")
            .args(["--offline", "--workspace", "--log-level", "error", "--manifest-path", manifest])
            .arg("--config")
            .arg(&config)
            .args(["check", "--hide-inclusion-graph"])
            .quiet()
            .with_context(|| manifest.to_owned())?;
    }
    Ok(())
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
