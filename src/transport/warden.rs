//! Ends what is left of the children when this process is killed.
//!
//! Nobody can tidy up after being killed. So somebody else does: a shell, which hears by a pipe of each
//! process group that begins and that ends. When this process is gone, for whatever reason, the
//! system closes the pipe, and the shell kills the groups that are left. Without `/bin/sh`, there is none.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Hears `+ NUMBER LEADER` of a group, and `- NUMBER` when that has ended. A number is never used again,
/// while the id of a process may be. `read` and `kill` are the shell's own.
const SCRIPT: &str = r#"trap '' HUP INT QUIT TERM
groups=' '
while read -r sign number leader; do
  case "$sign$groups" in
    +*) groups="$groups$number:$leader " ;;
    -*" $number:"*) rest="${groups#* $number:}"; groups="${groups%% $number:*} ${rest#* }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-${group#*:}"; done"#;

/// Bytes of the longest thing that it is told.
const LONGEST: usize = 64;

static WARDEN: Mutex<Warden> =
    Mutex::new(Warden { shell: None, groups: BTreeMap::new(), newest: 0 });

struct Warden {
    shell: Option<Child>,
    /// Their leaders, as far as they are known.
    groups: BTreeMap<u64, Option<u32>>,
    newest: u64,
}

/// The place of a group in the list; dropping it says that the group has ended.
#[derive(Debug)]
pub(super) struct Watched(u64);

fn lock() -> MutexGuard<'static, Warden> {
    // Each change is one step.
    WARDEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the group watched that this process is going to lead. It is spawned next, and by this thread.
pub(super) fn watch(process: &mut Command) -> Watched {
    let mut warden = lock();
    warden.newest += 1;
    let number = warden.newest;
    warden.groups.insert(number, None);
    warden.be_there();
    if let Some(pipe) = warden.shell.as_ref().and_then(|shell| shell.stdin.as_ref()) {
        let pipe = pipe.as_raw_fd();
        // The process says it itself, before it becomes the program: there is no moment in which it
        // runs and nobody knows. Its own end of the pipe keeps the shell waiting until then.
        let tell = move || {
            let mut line = [0; LONGEST];
            let mut rest = &mut line[..];
            writeln!(rest, "+ {number} {}", std::process::id())?;
            let left = rest.len();
            // SAFETY: the shell, and with it the pipe, is replaced by this thread only, and the
            // process has been made in between.
            let pipe = unsafe { BorrowedFd::borrow_raw(pipe) };
            rustix::io::write(pipe, line.get(..LONGEST - left).unwrap_or_default())?;
            Ok(())
        };
        // SAFETY: what runs between fork and exec makes two system calls and allocates nothing.
        unsafe {
            process.pre_exec(tell);
        }
    }
    Watched(number)
}

impl Watched {
    /// The group is there.
    pub fn is_led_by(&self, leader: Option<u32>) {
        lock().groups.insert(self.0, leader);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut warden = lock();
        warden.groups.remove(&self.0);
        warden.say(format_args!("- {}\n", self.0));
    }
}

impl Warden {
    /// Starts the shell, if it does not run.
    fn be_there(&mut self) {
        if let Some(shell) = &mut self.shell
            && matches!(shell.try_wait(), Ok(None))
        {
            return;
        }
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SCRIPT, "mcp-warden"])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What a terminal says to this process is not for the shell.
            .process_group(0);
        self.shell = shell.spawn().ok();
        for (number, leader) in self.groups.clone() {
            if let Some(leader) = leader {
                self.say(format_args!("+ {number} {leader}\n"));
            }
        }
    }

    fn say(&mut self, line: std::fmt::Arguments<'_>) {
        if let Some(pipe) = self.shell.as_mut().and_then(|shell| shell.stdin.as_mut()) {
            // In one piece, for others write, too. If nobody hears it, another shell is started for the
            // next group, and told of those that there are.
            let _: io::Result<()> = pipe.write_all(line.to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    /// A group that does not end when it is asked to.
    fn group() -> Child {
        let mut sleeping = Command::new("/bin/sh");
        sleeping.args(["-c", "trap '' HUP INT TERM; sleep 1000 & wait"]).process_group(0);
        sleeping.stdin(Stdio::null()).spawn().unwrap()
    }

    #[test]
    fn every_shell_ends_the_groups_that_are_left_and_no_other() {
        let shells = ["/bin/sh", "/bin/dash", "/bin/bash", "/bin/busybox"];
        for path in shells.into_iter().filter(|path| Path::new(path).exists()) {
            let mut shell = Command::new(path);
            if path.ends_with("busybox") {
                shell.arg("sh");
            }
            shell.args(["-c", SCRIPT]).env_clear().stdin(Stdio::piped());
            let mut shell = shell.spawn().unwrap();
            let [mut first, mut ended, mut last] = [group(), group(), group()];
            let mut pipe = shell.stdin.take().unwrap();
            // Of some the number ends as that of others does; of some nobody has heard, as of those whose
            // program could not be started.
            for line in [
                format!("+ 1 {}", first.id()),
                format!("+ 11 {}", ended.id()),
                format!("+ 111 {}", last.id()),
                "- 11".to_owned(),
                "- 11".to_owned(),
                "- 5".to_owned(),
            ] {
                writeln!(pipe, "{line}").unwrap();
            }
            let start = Instant::now();
            drop(pipe);
            assert!(shell.wait().unwrap().success(), "{path}");
            for child in [&mut first, &mut last] {
                assert_eq!(child.wait().unwrap().to_string(), "signal: 9 (SIGKILL)", "{path}");
            }
            assert!(start.elapsed() < Duration::from_secs(2), "{path}");
            assert_eq!(ended.try_wait().unwrap(), None, "{path}");
            let leader = rustix::process::Pid::from_child(&ended);
            rustix::process::kill_process_group(leader, rustix::process::Signal::KILL).unwrap();
            ended.wait().unwrap();
        }
    }

    #[test]
    fn a_shell_that_is_killed_is_replaced_and_the_next_one_knows_all() {
        let groups = || lock().groups.len();
        let mut first = Command::new("/bin/cat");
        let watched = watch(first.process_group(0).stdin(Stdio::piped()));
        let mut first = first.spawn().unwrap();
        watched.is_led_by(Some(first.id()));
        let before = lock().shell.as_mut().map(|shell| (shell.kill(), shell.wait(), shell.id()));
        let mut second = Command::new("/no/such/program");
        let other = watch(&mut second);
        assert_eq!(groups(), 2);
        assert!(second.spawn().is_err());
        drop(other);
        assert_eq!(groups(), 1);
        let after = lock().shell.take().unwrap();
        assert_ne!(before.map(|(.., id)| id), Some(after.id()));
        // The end of its input is that of this process, as far as it knows.
        let output = after.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(first.wait().unwrap().to_string(), "signal: 9 (SIGKILL)");
        drop(watched);
        assert_eq!(groups(), 0);
    }
}
