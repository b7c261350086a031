//! What an option is where nobody sets it is written down several times: in the declaration that an
//! editor shows, in the script that hands it on, and in Rust, whose programs have the option too. They are
//! compared here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::run::root;

/// A place of a default: a file, and what stands before the value there.
type Place = (&'static str, &'static str);

/// The declarations, by the option's name.
const CALL: &str = "pkg-template/types/call-options.d.ts";
const CLIENT: &str = "pkg-template/types/options.d.ts";
const TRANSPORT: &str = "pkg-template/types/transports.d.ts";
const SERVER: &str = "pkg-template/types/server.d.ts";

const SETTINGS: &str = "pkg-template/client/settings.js";
const LIMITS: &str = "src/proto/client/limits.rs";
const AGAIN: &str = "pkg-template/transports/exchanges.js";
const PAUSES: &str = "src/http/client/interface.rs";

/// Each option with its declaration, and the other places.
const DEFAULTS: [(&str, &str, &[Place]); 17] = [
    ("timeout", CALL, &[(SETTINGS, "\n  timeout: "), (LIMITS, " timeout: ")]),
    ("maxTotalTimeout", CALL, &[(SETTINGS, "maxTotalTimeout: "), (LIMITS, " max_total: ")]),
    ("stallAfter", CALL, &[(SETTINGS, "stallAfter: "), (LIMITS, " stall_after: ")]),
    (
        "resetTimeoutOnProgress",
        CALL,
        &[(SETTINGS, "resetTimeoutOnProgress: "), (LIMITS, " reset_on_progress: ")],
    ),
    ("strict", CALL, &[(SETTINGS, "strict: "), (LIMITS, " strict: ")]),
    ("maxRounds", CALL, &[(SETTINGS, "maxRounds: "), (LIMITS, " rounds: Some(")]),
    ("throwOnToolError", CALL, &[(SETTINGS, "throwOnToolError: ")]),
    ("cache", CALL, &[(SETTINGS, "cache: ")]),
    (
        "listMaxPages",
        CLIENT,
        &[(SETTINGS, "listMaxPages: "), ("src/proto/client/pages.rs", " most: ")],
    ),
    (
        "connectTimeout",
        CLIENT,
        &[(SETTINGS, "connectTimeout: "), ("src/proto/client/channel.rs", "        Self::new(")],
    ),
    ("probeTimeout", CLIENT, &[("src/proto/client/channel.rs", "const SILENCE: Millis = ")]),
    (
        "maxMessageSize",
        CLIENT,
        &[
            ("src/http/sse.rs", "const MAX_MESSAGE_SIZE: usize = "),
            ("pkg-template/base/size.js", "const MAX_MESSAGE_SIZE = "),
        ],
    ),
    (
        "initialReconnectionDelay",
        TRANSPORT,
        &[(AGAIN, "initialReconnectionDelay = "), (PAUSES, "Self { first: ")],
    ),
    (
        "maxReconnectionDelay",
        TRANSPORT,
        &[(AGAIN, "maxReconnectionDelay = "), (PAUSES, " longest: ")],
    ),
    (
        "reconnectionDelayGrowFactor",
        TRANSPORT,
        &[(AGAIN, "reconnectionDelayGrowFactor = "), (PAUSES, " growth: ")],
    ),
    ("maxRetries", TRANSPORT, &[(AGAIN, "maxRetries = "), (PAUSES, " attempts: ")]),
    (
        "stateLifetime",
        SERVER,
        &[
            ("pkg-template/server/server.js", "const LIFETIME = "),
            ("src/server/builder.rs", "lifetime: Duration::from_secs("),
        ],
    ),
];

/// Where scripts name a revision of the protocol by themselves, with what stands before it, and which
/// of the crate's revisions it has to be.
const REVISIONS: [(&str, &str, &str); 3] = [
    ("pkg-template/transports/first.js", "const [REVISION, META] = [\"", "LATEST"),
    ("pkg-template/transports/http.js", "const LATEST_SESSION = \"", "LATEST_LEGACY"),
    ("pkg-template/client/settings.js", "protocolVersion = \"", "LATEST_LEGACY"),
];
const VERSIONS: &str = "src/proto/version.rs";

/// Compares them.
pub fn compare() -> Result<()> {
    let mut differences = Vec::new();
    for (option, declaration, places) in DEFAULTS {
        let file = read(declaration)?;
        let declared = declared(&file, option)
            .with_context(|| format!("{declaration} says no @default of `{option}`"))?;
        for (place, before) in places {
            let other = value(&read(place)?, before)
                .with_context(|| format!("{place} has no `{}`", before.trim()))?;
            // Rust counts some in seconds.
            let other = if before.ends_with("from_secs(") { times(&other, 1000) } else { other };
            if other != declared {
                differences
                    .push(format!("`{option}`: {declared} in {declaration}, {other} in {place}"));
            }
        }
    }
    let versions = read(VERSIONS)?;
    for (place, before, name) in REVISIONS {
        let known = revision(&versions, name).with_context(|| format!("{VERSIONS}: no {name}"))?;
        let script = read(place)?;
        let said = script.split_once(before).and_then(|(_, rest)| rest.split('"').next());
        if said != Some(&known) {
            differences.push(format!("{name} is {known} in {VERSIONS}, {said:?} in {place}"));
        }
    }
    ensure!(differences.is_empty(), "defaults differ:\n  {}", differences.join("\n  "));
    Ok(())
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(Path::new(path))).with_context(|| path.to_owned())
}

/// The revision that a constant of the crate is, as it is written on the wire.
fn revision(versions: &str, name: &str) -> Option<String> {
    let (_, rest) = versions.split_once(&format!("const {name}: Self = Self::V"))?;
    Some(rest.split(';').next()?.replace('_', "-"))
}

/// What `@default` says before an option of that name.
fn declared(text: &str, option: &str) -> Option<String> {
    let (before, _) = text.split_once(&format!(" {option}?: "))?;
    let (_, said) = before.rsplit_once("@default ")?;
    // No other option may stand in between.
    if said.contains("?: ") {
        return None;
    }
    said.split([',', '\n', '*']).next().map(plain)
}

/// The last value of that name in a file that is one: what comes first is a type, or a sum of it.
fn value(text: &str, before: &str) -> Option<String> {
    let ends = |at: char| matches!(at, ',' | ';' | ')' | '}' | '\n');
    let values = text.split(before).skip(1).filter_map(|rest| rest.split(ends).next()).map(plain);
    values
        .filter(|value| matches!(value.as_str(), "true" | "false") || number(value).is_some())
        .last()
}

/// A value as it is written in one of the languages, in one form: `64 * 1024 * 1024`, `67_108_864`, `1.0`.
fn plain(written: &str) -> String {
    let written = written.trim().replace('_', "");
    let factors: Option<Vec<u64>> = written.split(" * ").map(number).collect();
    factors.map_or(written, |factors| factors.iter().product::<u64>().to_string())
}

fn number(written: &str) -> Option<u64> {
    written.strip_suffix(".0").unwrap_or(written).parse().ok()
}

fn times(value: &str, factor: u64) -> String {
    number(value).map_or_else(|| value.to_owned(), |number| (number * factor).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &str = "
  /**
   * How long.
   * @default 1_500, over ports 1_000
   */
  wait?: number;
  /** @default false */
  strict?: boolean;
  other?: number;
";

    #[test]
    fn a_default_is_read_from_a_declaration_and_not_from_the_option_before() {
        assert_eq!(declared(DECLARED, "wait").as_deref(), Some("1500"));
        assert_eq!(declared(DECLARED, "strict").as_deref(), Some("false"));
        assert_eq!(declared(DECLARED, "other"), None);
        assert_eq!(declared(DECLARED, "missing"), None);
    }

    #[test]
    fn a_value_is_read_from_either_language() {
        let rust =
            "pub max_total: Millis,\n pub most: usize }\n Self { max_total: 3_600_000.0, most: 7 }";
        assert_eq!(value(rust, " max_total: ").as_deref(), Some("3600000"));
        assert_eq!(value(rust, " most: ").as_deref(), Some("7"));
        assert_eq!(value("rounds: Some(10),", "rounds: Some(").as_deref(), Some("10"));
        let script = "const SIZE = 64 * 1024 * 1024;\nstrict: false,\n";
        assert_eq!(value(script, "const SIZE = ").as_deref(), Some("67108864"));
        assert_eq!(value(script, "strict: ").as_deref(), Some("false"));
        assert_eq!(value(script, "nothing: "), None);
    }

    #[test]
    fn a_revision_is_read_as_it_is_on_the_wire() {
        let versions = "pub const LATEST: Self = Self::V2026_07_28;\n";
        assert_eq!(revision(versions, "LATEST").as_deref(), Some("2026-07-28"));
        assert_eq!(revision(versions, "LATEST_LEGACY"), None);
    }

    #[test]
    fn what_is_written_several_times_is_the_same() {
        compare().unwrap();
    }

    #[test]
    fn seconds_are_milliseconds() {
        assert_eq!(times("900", 1000), "900000");
    }
}
