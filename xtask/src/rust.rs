//! The programs of Rust tests, two at a time where neither needs the machine for itself: those that take
//! longest keep one core busy.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use crate::lanes;
use crate::outcome::Outcome;
use crate::run::{self, Cmd, root, say, step};
use crate::setup::Tools;

/// No program of tests takes this long; what does hangs.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// What has the machine for itself, after all others, and why.
const ALONE: [(&str, &str); 2] = [
    ("tests/native_websocket.rs", "what is answered at once is told from what waits by its time"),
    ("tests/server_cpu.rs", "hostile messages may take a time that is measured"),
];

/// What takes longest begins first, so that the lanes end together.
const LONG: [&str; 7] = [
    "tests/memory_transports.rs",
    "tests/memory.rs",
    "tests/native_costs.rs",
    "tests/properties.rs",
    "tests/native_renewal.rs",
    "tests/native_stdio.rs",
    "crates/gateway/tests/tls.rs",
];

const TESTS: [&str; 3] = ["test", "--workspace", "--all-features"];

/// What is run, and how it is called when it is told.
struct Job {
    file: String,
    command: Cmd,
}

/// Builds all tests, and runs them.
pub fn run(tools: &Tools) -> Result<Outcome> {
    let (status, output) = step("build the tests", || {
        let format = "--message-format=json-render-diagnostics";
        tools.cargo().args(TESTS).args(["--no-run", format]).collect(run::DEADLINE)
    })?;
    if !status.success() {
        let said: Vec<&str> = output.lines().filter(|line| !line.starts_with('{')).collect();
        println!("{}", said.join("\n"));
        return Ok(Outcome::of("rust", &output, false));
    }
    let documentation = Job {
        file: "documentation".to_owned(),
        command: tools.cargo().args(TESTS).args(["--doc", "--no-fail-fast"]),
    };
    let mut jobs: Vec<Job> = programs(&output).map(job).collect();
    jobs.push(documentation);
    let rank = |job: &Job| LONG.iter().position(|long| *long == job.file).unwrap_or(LONG.len());
    jobs.sort_by_cached_key(|job| (rank(job), job.file.clone()));
    let (alone, shared): (Vec<_>, Vec<_>) =
        jobs.into_iter().partition(|job| ALONE.iter().any(|(alone, _)| *alone == job.file));

    // Some programs have no test: all of them are counted together.
    let all = Mutex::new((String::new(), true));
    lanes::side_by_side(shared, alone, |job| {
        let (output, succeeded) = tell(job);
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.0 += &output;
        all.1 &= succeeded;
    });
    let (output, succeeded) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Outcome::of("rust", &output, succeeded))
}

/// A program of tests.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    /// The file that its tests are in.
    file: PathBuf,
    /// The directory of its package.
    package: PathBuf,
    executable: PathBuf,
}

/// The programs of tests among all that cargo says it has built.
fn programs(output: &str) -> impl Iterator<Item = Program> {
    output.lines().filter(|line| line.starts_with('{')).filter_map(|line| {
        let built: Value = serde_json::from_str(line).ok()?;
        let path = |place: &str| Some(PathBuf::from(built.pointer(place)?.as_str()?));
        built.pointer("/profile/test")?.as_bool()?.then_some(())?;
        Some(Program {
            file: path("/target/src_path")?,
            package: path("/manifest_path")?.parent()?.to_owned(),
            executable: path("/executable")?,
        })
    })
}

/// Runs it as cargo would: in the directory of its package.
fn job(Program { file, package, executable }: Program) -> Job {
    let file: &Path = file.strip_prefix(root()).unwrap_or(&file);
    let command = Cmd::new(executable).dir(&package).env("CARGO_MANIFEST_DIR", &package);
    Job { file: file.display().to_string(), command }
}

/// Runs it, and then says all that it has printed.
fn tell(Job { file, command }: Job) -> (String, bool) {
    say(format_args!("{file} ..."));
    let start = Instant::now();
    let (output, succeeded) = match command.collect(DEADLINE) {
        Ok((status, output)) if status.success() => (output, true),
        Ok((status, output)) => (format!("{output}{file}: {status}\n"), false),
        Err(error) => (format!("{error:#}\n"), false),
    };
    let seconds = start.elapsed().as_secs_f64();
    lanes::told(format_args!("{file}: done in {seconds:.1} s"), &output);
    // As cargo says it, for who looks for what has failed.
    (format!("Running {file} ()\n{output}"), succeeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_named_is_there() {
        for name in ALONE.iter().map(|(name, _)| *name).chain(LONG) {
            assert!(root().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn programs_of_tests_are_found_among_what_is_built() {
        let line = |kind: &str, is_test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","target":{{"kind":["{kind}"],"src_path":"/a/tests/b.rs"}},"profile":{{"test":{is_test}}},"executable":{executable}}}"#
            )
        };
        let output = [
            "   Compiling a v0.1.0".to_owned(),
            line("lib", false, "null"),
            line("bin", false, r#""/t/a""#),
            line("test", true, r#""/t/b-01""#),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let program = Program {
            file: "/a/tests/b.rs".into(),
            package: "/a".into(),
            executable: "/t/b-01".into(),
        };
        assert_eq!(programs(&output.join("\n")).collect::<Vec<_>>(), [program]);
    }
}
