//! The node:test files of a suite, two at a time where neither needs the machine for itself.
//!
//! Each is a process of its own: one that hangs takes no other along, and is stopped with all that it
//! started. What one prints is told in one piece, when it is done.

use std::collections::VecDeque;
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::outcome::Outcome;
use crate::run::{Cmd, root, say};
use crate::setup::Tools;
use crate::{demo, fixture, gateway};

/// Most files wait for browsers, servers and clocks: one keeps two cores busy for half of its time.
const LANES: usize = 2;

/// No file of tests takes this long; what does hangs.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// What has the machine for itself, after all others, and why: files, or directories of them.
const ALONE: [(&str, &str); 6] = [
    ("node/gateway-load.test.mjs", "a server that is killed has to be told of within 100 ms"),
    ("node/restart.test.mjs", "so has one whose end takes two seconds at most"),
    ("node/tool-schemas.test.mjs", "hostile schemas may take a time that is measured"),
    ("node/validate.test.mjs", "so may a check"),
    ("conformance", "its referee runs several scenarios at once, each with time limits of its own"),
    ("package", "bundlers take all cores that there are"),
];

/// What takes longest begins first, that of browsers once for each, so that the lanes end together.
const LONG: [&str; 6] = [
    "node/rules.test.mjs",
    "browser/rules.test.mjs",
    "browser/page.test.mjs",
    "browser/worker.test.mjs",
    "browser/auth.test.mjs",
    "interop/migration.test.mjs",
];

/// Those that a long file of browsers is for, unless the variable of `tests/support/browser.mjs` narrows
/// them down.
const BROWSERS: &str = "BROWSERS";
const EACH_BROWSER: [&str; 2] = ["chromium", "firefox"];

/// A file, and the browser that it is run in, if that is not all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Job {
    file: String,
    browser: Option<&'static str>,
}

/// Runs the files of a directory of `tests/`.
pub fn run(tools: &Tools, directory: &str) -> Result<Outcome> {
    let (shared, alone) = order(files(directory)?, env::var_os(BROWSERS).is_some());
    let outcome = Mutex::new(Outcome::default());
    let one = |job: Job| {
        let result = tell(tools, &job);
        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(of_file) => *outcome += of_file,
            Err(error) => outcome.fail(format!("{}: {error:#}", job.file)),
        }
    };
    side_by_side(shared, alone, one);
    Ok(outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Works on so many at a time as there are lanes, and then on the others by themselves.
pub fn side_by_side<J: Send>(
    shared: impl IntoIterator<Item = J>,
    alone: impl IntoIterator<Item = J>,
    one: impl Fn(J) + Sync,
) {
    let queue = Mutex::new(shared.into_iter().collect::<VecDeque<J>>());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(job) = next() {
                    one(job);
                }
            });
        }
    });
    alone.into_iter().for_each(one);
}

/// Says what is done, and all that it has printed.
pub fn told(what: impl fmt::Display, output: &str) {
    // Held, so that what others say comes before or after it.
    let mut out = io::stdout().lock();
    say(what);
    let _ = out.write_all(output.as_bytes());
}

/// As `directory/name.test.mjs`.
fn files(directory: &str) -> Result<Vec<String>> {
    let at = root().join("tests").join(directory);
    let entries = fs::read_dir(&at).with_context(|| at.display().to_string())?;
    let mut files: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("{directory}/{name}"))
        .collect();
    ensure!(!files.is_empty(), "tests/{directory} has no *.test.mjs files");
    files.sort();
    Ok(files)
}

/// Those that share the machine, the longest first, and those that do not.
fn order(files: Vec<String>, is_narrowed: bool) -> (VecDeque<Job>, Vec<Job>) {
    let is_alone = |file: &String| {
        let directory = file.split('/').next();
        ALONE.iter().any(|(alone, _)| *alone == file || Some(*alone) == directory)
    };
    let whole = |file: &String| Job { file: file.clone(), browser: None };
    let each = |file: &String| EACH_BROWSER.map(|one| Job { browser: Some(one), ..whole(file) });
    let (alone, shared): (Vec<_>, Vec<_>) = files.into_iter().partition(is_alone);
    let is_long = |file: &&String| LONG.contains(&file.as_str());
    let mut jobs = VecDeque::new();
    for long in LONG.iter().filter_map(|long| shared.iter().find(|file| file == long)) {
        if is_narrowed || !long.starts_with("browser/") {
            jobs.push_back(whole(long));
        } else {
            jobs.extend(each(long));
        }
    }
    jobs.extend(shared.iter().filter(|file| !is_long(file)).map(whole));
    (jobs, alone.iter().map(whole).collect())
}

/// Runs a file, and then says all that it has printed.
fn tell(tools: &Tools, job: &Job) -> Result<Outcome> {
    let Job { file, browser } = job;
    let what = browser.map_or_else(|| file.clone(), |browser| format!("{file} in {browser}"));
    say(format_args!("{what} ..."));
    let start = Instant::now();
    let mut command = command(tools, file);
    if let Some(browser) = browser {
        command = command.env(BROWSERS, browser);
    }
    let (status, output) = command.collect(DEADLINE)?;
    let seconds = start.elapsed().as_secs_f64();
    told(format_args!("{what}: done in {seconds:.1} s"), &output);
    Ok(Outcome::of(file, &output, status.success()))
}

fn command(tools: &Tools, file: &str) -> Cmd {
    let tests = root().join("tests");
    tools
        .cmd("node")
        .arg("--import")
        // A test that is not done in a minute fails, unless it says for itself how long it may take.
        .arg(tests.join("support/limits.mjs"))
        .args(["--test", "--test-reporter=spec"])
        .arg(tests.join(file))
        .env("DEMO_SERVER", demo::server())
        .env("FIXTURE_SERVER", fixture::server())
        .env("MCP_WASM_GATEWAY", demo::program("mcp-wasm-gateway"))
        .env("MCP_WASM_GATEWAY_PACKAGES", gateway::directory())
        .env("RMCP_SERVER", fixture::rmcp_server())
        .env("RUST_CLIENT", fixture::client())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_named_is_there() {
        for name in ALONE.iter().map(|(name, _)| *name).chain(LONG) {
            assert!(root().join("tests").join(name).exists(), "{name}");
        }
    }

    #[test]
    fn every_file_runs_once_for_each_browser_the_long_ones_first_and_those_alone_last() {
        let files = [
            "browser/auth",
            "browser/chat",
            "browser/rules",
            "node/a",
            "node/restart",
            "node/rules",
        ];
        let files: Vec<String> = files.map(|name| format!("{name}.test.mjs")).into();
        let name = |job: &Job| {
            let short = job.file.trim_end_matches(".test.mjs");
            job.browser.map_or_else(|| short.to_owned(), |browser| format!("{short} {browser}"))
        };
        let (shared, alone) = order(files.clone(), false);
        let long = [
            "node/rules",
            "browser/rules chromium",
            "browser/rules firefox",
            "browser/auth chromium",
            "browser/auth firefox",
        ];
        let shared: Vec<String> = shared.iter().map(name).collect();
        assert_eq!(shared, [&long[..], &["browser/chat", "node/a"]].concat());
        assert_eq!(alone.iter().map(name).collect::<Vec<_>>(), ["node/restart"]);
        let (shared, _) = order(files, true);
        let shared: Vec<String> = shared.iter().map(name).collect();
        assert_eq!(
            shared,
            ["node/rules", "browser/rules", "browser/auth", "browser/chat", "node/a"]
        );
    }

    #[test]
    fn a_directory_may_have_the_machine_for_itself() {
        let (shared, alone) = order(vec!["package/x.test.mjs".to_owned()], false);
        assert_eq!((shared.len(), alone.len()), (0, 1));
    }
}
