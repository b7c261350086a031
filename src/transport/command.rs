//! A server to start: its command, and what it gets to know of this process.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What hears of the lines that a child writes to its standard error.
pub(super) type Hears = Arc<dyn Fn(&str) + Send + Sync>;

/// A server that is a program: it is started, and spoken to by its standard input and output.
///
/// It gets the variables that are [added](Self::env), and of this process's own only those of
/// [`inherited_environment`]: no keys, no tokens.
///
/// ```
/// use mcp_wasm::client::Command;
///
/// let command = Command::new("npx")
///     .args(["-y", "@modelcontextprotocol/server-filesystem", "."])
///     .env("NODE_ENV", "production")
///     .on_stderr(|line| eprintln!("{line}"));
/// ```
#[derive(Clone)]
pub struct Command {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) envs: Vec<(OsString, OsString)>,
    pub(super) directory: Option<PathBuf>,
    pub(super) stderr: Option<Hears>,
    pub(super) grace: Duration,
}

impl Command {
    /// A program: a path, or a name to be looked for in the `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            envs: Vec::new(),
            directory: None,
            stderr: None,
            grace: Duration::from_secs(2),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Adds a variable to its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.envs.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds variables to its environment.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let all = variables.into_iter();
        self.envs.extend(all.map(|(name, value)| (name.as_ref().into(), value.as_ref().into())));
        self
    }

    /// The directory that it runs in: that of this process, unless this says otherwise.
    #[must_use]
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// What hears of each line that it writes to its standard error, in a task of its own. Without
    /// it, they are events of `tracing` at debug level.
    #[must_use]
    pub fn on_stderr(mut self, hears: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.stderr = Some(Arc::new(hears));
        self
    }

    /// How long it may take to end once its standard input is closed, and again when it was sent
    /// SIGTERM, before it is killed with all that it has started: 2 seconds.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The program, as errors name it.
    pub fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// Shows neither arguments nor values of variables, which may be secret.
impl fmt::Debug for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Command").field("program", &self.program).finish_non_exhaustive()
    }
}

/// Names of variables that every child gets, beside those that begin with `LC_`.
const INHERITED: &[&str] = &[
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    // Of Windows.
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
];

/// The variables of this process that a child gets: what programs need to find their way, and
/// nothing that could be a secret.
pub fn inherited_environment() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(|(name, value)| {
        let named = name.to_str().is_some_and(|name| {
            let name = if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() };
            INHERITED.contains(&name.as_str()) || name.starts_with("LC_")
        });
        // Shells hand functions on that way.
        named && !value.to_string_lossy().starts_with("()")
    })
}
