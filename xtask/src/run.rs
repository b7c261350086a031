//! Running programs, and saying what goes on.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Nothing takes this long; what does hangs.
pub const DEADLINE: Duration = Duration::from_secs(30 * 60);

/// The repository.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    // Set by cargo at run time; the path is not baked into the program.
    ROOT.get_or_init(|| match env::var_os("CARGO_MANIFEST_DIR") {
        Some(xtask) => Path::new(&xtask).parent().map_or_else(PathBuf::new, Path::to_path_buf),
        None => env::current_dir().unwrap_or_default(),
    })
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// Says one thing, with the time since the start in front.
pub fn say(what: impl fmt::Display) {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    // One write, so that lines of parallel steps do not mix.
    let line = format!("[{:>6.1}s] {what}\n", elapsed.as_secs_f64());
    let _ = io::stdout().write_all(line.as_bytes());
}

/// Says what is going on before and after `work`.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(format_args!("{what} ..."));
    let start = Instant::now();
    let value = work().with_context(|| what.to_owned())?;
    say(format_args!("{what}: done in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(value)
}

/// A program to run in the repository.
pub struct Cmd(Command);

impl Cmd {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(root()).stdin(Stdio::null());
        // What `cargo run` sets for this program is not meant for others: build scripts that look
        // at it would run again and again.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        Self(command)
    }

    pub fn cargo() -> Self {
        Self::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.0.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.0.current_dir(directory);
        self
    }

    fn line(&self) -> String {
        let args = self.0.get_args().map(OsStr::to_string_lossy);
        let program = Path::new(self.0.get_program());
        let program = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
        std::iter::once(program).chain(args).collect::<Vec<_>>().join(" ")
    }

    /// Runs the program silently; what it printed is part of the error when it fails.
    pub fn quiet(mut self) -> Result<()> {
        let line = self.line();
        let mut output = String::new();
        let status = self.read(None, |text| {
            output.push_str(text);
            output.push('\n');
        })?;
        if !status.success() {
            bail!("`{line}` failed ({status}):\n{}", output.trim_end());
        }
        Ok(())
    }

    /// What the program prints on standard output, if it runs and succeeds.
    pub fn output(mut self) -> Option<String> {
        let output = self.0.stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs the program with its output passed on, and gives all of it to the caller. Stops it,
    /// with everything that it started, at the deadline.
    pub fn stream(mut self, deadline: Duration) -> Result<(ExitStatus, String)> {
        let mut output = String::new();
        let status = self.read(Some(deadline), |text| {
            let _ = writeln!(io::stdout(), "{text}");
            output.push_str(text);
            output.push('\n');
        })?;
        Ok((status, output))
    }

    /// As [`stream`](Self::stream), but nothing is passed on: what runs beside others is told when it
    /// is done.
    pub fn collect(mut self, deadline: Duration) -> Result<(ExitStatus, String)> {
        let mut output = String::new();
        let status = self.read(Some(deadline), |text| {
            output.push_str(text);
            output.push('\n');
        })?;
        Ok((status, output))
    }

    /// Starts the program and goes on; its standard output is a pipe.
    pub fn background(mut self) -> Result<Child> {
        let line = self.line();
        self.0.stdout(Stdio::piped()).stderr(Stdio::null());
        self.0.spawn().with_context(|| format!("cannot start `{line}`"))
    }

    /// Runs the program in place of this one where the system can do that, so that signals and
    /// exit codes are its own; else in the foreground.
    pub fn instead(mut self) -> Result<ExitStatus> {
        let line = self.line();
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            Err(self.0.exec()).with_context(|| format!("cannot start `{line}`"))
        }
        #[cfg(not(unix))]
        self.0.status().with_context(|| format!("cannot start `{line}`"))
    }

    /// Both output streams, line by line, in the order written.
    fn read(
        &mut self,
        deadline: Option<Duration>,
        mut each: impl FnMut(&str),
    ) -> Result<ExitStatus> {
        let line = self.line();
        let (reader, writer) = io::pipe()?;
        self.0.stdout(writer.try_clone()?).stderr(writer);
        let child = self.0.spawn().with_context(|| format!("cannot start `{line}`"));
        // The writers live in the command: without them the pipe ends when the program does.
        self.0.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child?;
        let id = child.id();
        let over = &AtomicBool::new(false);
        let mut late = false;
        thread::scope(|scope| -> Result<()> {
            let watch = deadline.map(|deadline| {
                scope.spawn(move || {
                    let start = Instant::now();
                    while !over.load(Ordering::Relaxed) {
                        thread::park_timeout(deadline.saturating_sub(start.elapsed()));
                        if start.elapsed() >= deadline && !over.load(Ordering::Relaxed) {
                            stop(&descendants(id));
                            return true;
                        }
                    }
                    false
                })
            });
            let mut reader = BufReader::new(reader);
            let mut bytes = Vec::new();
            let result = loop {
                bytes.clear();
                match reader.read_until(b'\n', &mut bytes) {
                    Ok(0) => break Ok(()),
                    Ok(_) => each(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r'])),
                    Err(error) => break Err(error.into()),
                }
            };
            over.store(true, Ordering::Relaxed);
            if let Some(watch) = watch {
                watch.thread().unpark();
                late = watch.join().unwrap_or(false);
            }
            result
        })?;
        let status = child.wait()?;
        if late {
            each(&format!("stopped: not done after {} s", deadline.unwrap_or_default().as_secs()));
        }
        Ok(status)
    }
}

/// A process and all that it started, as far as the system tells. No process group of its own, which
/// a library would make: Ctrl-C would no longer reach what runs in the foreground, and browsers make
/// groups of theirs, which the end of ours would leave running.
fn descendants(process: u32) -> Vec<u32> {
    let mut all = vec![process];
    let mut next = 0;
    while let Some(process) = all.get(next) {
        let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        let children: Vec<u32> = threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
            .flat_map(|ids| {
                ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
            })
            .collect();
        all.extend(children);
        next += 1;
    }
    all
}

fn stop(processes: &[u32]) {
    let ids: Vec<String> = processes.iter().map(u32::to_string).collect();
    let _ = Command::new("sh").args(["-c", &format!("kill -9 {}", ids.join(" "))]).status();
}

/// The first program of these names that PATH has.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_arrive_in_order() {
        let mut lines = Vec::new();
        let status = Cmd::new("sh")
            .args(["-c", "echo one; echo two >&2; printf three"])
            .read(None, |line| lines.push(line.to_owned()))
            .unwrap();
        assert!(status.success());
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn a_deadline_stops_the_whole_tree() {
        let start = Instant::now();
        let (status, output) = Cmd::new("sh")
            .args(["-c", "sh -c 'sleep 60; true'; true"])
            .stream(Duration::from_millis(200))
            .unwrap();
        assert!(!status.success());
        assert!(output.contains("stopped: not done"));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_failure_carries_what_was_printed() {
        let error = Cmd::new("sh").args(["-c", "echo why; exit 3"]).quiet().unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
    }
}
