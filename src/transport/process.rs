//! Processes: started by a thread that never ends, kept by a task each, ended with all that they started.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::command::{Command, inherited_environment};
#[cfg(unix)]
use super::warden::{Watched, watch};

/// A process that runs.
#[derive(Debug)]
pub(super) struct Spawned {
    pub stdin: ChildStdin,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
    /// How it ends.
    pub exit: oneshot::Receiver<io::Result<ExitStatus>>,
    pub keeper: Keeper,
}

/// Ends its process when it is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Ends the process; ready when nothing is left of it and of what it has started.
    pub async fn end(self) {
        drop(self.stop);
        // It fails only with the runtime.
        let _ = self.task.await;
    }
}

/// Starts a program. The receiver may be dropped: what was started is ended then.
pub(super) fn start(command: &Command) -> oneshot::Receiver<io::Result<Spawned>> {
    let (told, started) = oneshot::channel();
    let (command, runtime) = (command.clone(), Handle::current());
    let job: Job = Box::new(move || {
        let _ = told.send(spawn(&command, &runtime));
    });
    if let Some(starter) = starter() {
        // Without its thread, the receiver hears nothing, which is an error, too.
        let _ = starter.send(job);
    }
    started
}

type Job = Box<dyn FnOnce() + Send>;

/// The thread that starts all of them. Linux tells a child of its parent's death when the *thread*
/// ends that has started it, and those of a runtime come and go.
fn starter() -> Option<&'static mpsc::Sender<Job>> {
    static STARTER: OnceLock<Option<mpsc::Sender<Job>>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (jobs, todo) = mpsc::channel::<Job>();
        let run = move || {
            for job in todo {
                // A runtime without a driver for input and output panics; the next may have one.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            }
        };
        thread::Builder::new().name("mcp-starter".to_owned()).spawn(run).ok().map(|_| jobs)
    });
    starter.as_ref()
}

fn spawn(command: &Command, runtime: &Handle) -> io::Result<Spawned> {
    let _inside = runtime.enter();
    let mut process = std::process::Command::new(&command.program);
    process
        .args(&command.args)
        .env_clear()
        .envs(inherited_environment())
        .envs(command.envs.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(directory) = &command.directory {
        if !directory.is_dir() {
            let reason = format!("there is no directory {}", directory.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, reason));
        }
        process.current_dir(directory);
    }
    isolate(&mut process);
    let watched = watch(&mut process);
    let mut child = tokio::process::Command::from(process).spawn()?;
    let group = Group::of(&child, watched);
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(io::Error::other("the process has no pipes"));
    };
    let (stop, stopped) = oneshot::channel();
    let (exited, exit) = oneshot::channel();
    let task = runtime.spawn(keep(child, group, stopped, exited, command.grace));
    Ok(Spawned { stdin, stdout, stderr, exit, keeper: Keeper { stop, task } })
}

/// Gives the process a group of its own, and sees that it does not outlive this one.
#[cfg(unix)]
fn isolate(process: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;

    process.process_group(0);
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

        let parent = getpid();
        let bind = move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // It may have died before that.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
        };
        // SAFETY: what runs between fork and exec makes two system calls and allocates nothing.
        unsafe {
            process.pre_exec(bind);
        }
    }
}

#[cfg(not(unix))]
fn isolate(_: &mut std::process::Command) {}

/// There are no groups to watch.
#[cfg(not(unix))]
type Watched = ();

#[cfg(not(unix))]
fn watch(_: &mut std::process::Command) -> Watched {}

/// Waits for a process to end, or ends it; then nothing is left of its group.
async fn keep(
    mut child: Child,
    mut group: Group,
    stopped: oneshot::Receiver<()>,
    exited: oneshot::Sender<io::Result<ExitStatus>>,
    grace: Duration,
) {
    let exit = tokio::select! {
        exit = child.wait() => exit,
        // Its standard input is closed by now, which is how a server is told.
        _ = stopped => end(&mut child, &group, grace).await,
    };
    let _ = exited.send(exit);
    group.sweep(grace).await;
}

async fn end(child: &mut Child, group: &Group, grace: Duration) -> io::Result<ExitStatus> {
    if let Ok(exit) = timeout(grace, child.wait()).await {
        return exit;
    }
    group.ask_to_end();
    if let Ok(exit) = timeout(grace, child.wait()).await {
        return exit;
    }
    group.kill();
    child.start_kill()?;
    child.wait().await
}

/// A process and all that it has started, as far as they did not leave it.
#[derive(Debug)]
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
    /// Until this is dropped, it is ended also when this process is killed.
    #[cfg(unix)]
    _watched: Watched,
    is_over: bool,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child, watched: Watched) -> Self {
        watched.is_led_by(child.id());
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let leader = id.and_then(rustix::process::Pid::from_raw);
        Self { leader, _watched: watched, is_over: false }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(leader) = self.leader {
            // Nobody may be left to get it.
            let _ = rustix::process::kill_process_group(leader, signal);
        }
    }

    fn ask_to_end(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn is_empty(&self) -> bool {
        self.leader.is_none_or(|leader| rustix::process::test_kill_process_group(leader).is_err())
    }
}

#[cfg(not(unix))]
#[allow(clippy::unused_self)] // as there are groups elsewhere
impl Group {
    fn of(_: &Child, (): Watched) -> Self {
        Self { is_over: false }
    }

    fn ask_to_end(&self) {}

    fn kill(&self) {}

    fn is_empty(&self) -> bool {
        true
    }
}

impl Group {
    /// Ends what the process has left behind.
    async fn sweep(&mut self, grace: Duration) {
        let end = Instant::now() + grace;
        let mut pause = Duration::from_millis(2);
        if !self.is_empty() {
            self.ask_to_end();
        }
        while !self.is_empty() {
            if Instant::now() >= end {
                self.kill();
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
        self.is_over = true;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            // The runtime ends, and nobody can wait any more.
            self.kill();
        }
    }
}
