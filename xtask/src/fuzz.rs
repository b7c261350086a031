//! `cargo xtask fuzz`: the fuzz targets for as long as one likes, led by what of the code an input
//! reaches. `cargo xtask test` runs the same bodies over their seeds and over inputs made from them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::run::{Cmd, root, say, step, target};

/// What libFuzzer needs to see which way the code goes. A sanitizer for addresses would want a nightly
/// compiler; there is no unsafe code here for it to look at.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
                     -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares \
                     -Cdebug-assertions=on -Coverflow-checks=on -Ccodegen-units=1";

/// What `cargo xtask fuzz` is told.
pub struct Options {
    /// Targets to run; empty means all.
    pub only: Vec<String>,
    /// How long each of them runs.
    pub seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { only: Vec::new(), seconds: 60 }
    }
}

/// The command: whether no target has failed.
pub fn fuzz(options: &Options) -> Result<bool> {
    let known = targets()?;
    if let Some(name) = options.only.iter().find(|name| !known.contains(name)) {
        bail!("there is no fuzz target `{name}`; the targets are {}", known.join(", "));
    }
    let chosen = if options.only.is_empty() { &known } else { &options.only };
    let host = host()?;
    step("build the fuzz targets", || {
        Cmd::cargo()
            .args(["build", "--release", "--quiet", "--manifest-path", "fuzz/Cargo.toml"])
            // Named, so that build scripts are built without the flags.
            .args(["--target", &host, "--target-dir"])
            .arg(target().join("fuzz"))
            .args(chosen.iter().flat_map(|name| ["--bin", name]))
            .env("RUSTFLAGS", FLAGS)
            .quiet()
    })?;
    let mut passed = true;
    for name in chosen {
        passed &= run(name, &host, options.seconds)?;
    }
    Ok(passed)
}

/// Runs one; what was found to reach something new is kept for the next time.
fn run(name: &str, host: &str, seconds: u64) -> Result<bool> {
    let (corpus, failures) = (at(name, "corpus"), at(name, "failures"));
    for directory in [&corpus, &failures] {
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    }
    say(format_args!("fuzz {name}, {seconds} s"));
    let (status, _) = Cmd::new(target().join("fuzz").join(host).join("release").join(name))
        .args([format!("-max_total_time={seconds}"), "-timeout=10".to_owned()])
        .args(["-print_final_stats=1", "-verbosity=0"])
        .arg(format!("-artifact_prefix={}/", failures.display()))
        .arg(&corpus)
        .arg(root().join("fuzz/seeds").join(name))
        .stream(Duration::from_secs(seconds + 300))?;
    if !status.success() {
        say(format_args!(
            "FAILED: {name}. The input is in {}: put it into fuzz/seeds/{name} under a name that says \
             what it is, and `cargo test --test properties` shows the fault",
            failures.display()
        ));
    }
    Ok(status.success())
}

fn at(name: &str, what: &str) -> PathBuf {
    target().join("fuzz").join(what).join(name)
}

/// The names of all targets.
fn targets() -> Result<Vec<String>> {
    let files = fs::read_dir(root().join("fuzz/fuzz_targets")).context("fuzz/fuzz_targets")?;
    let stem = |path: PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
    let mut names: Vec<_> = files.flatten().filter_map(|file| stem(file.path())).collect();
    names.sort();
    Ok(names)
}

fn host() -> Result<String> {
    let told = Cmd::new("rustc").arg("-vV").output().context("rustc is missing")?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say for which system it builds")?.to_owned())
}
