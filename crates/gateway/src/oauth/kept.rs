//! What is kept of log-ins: while the gateway runs, and with `--secret` in that file, after its token.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{client::Client, tokens::Tokens};

/// Seconds since 1970.
#[allow(clippy::disallowed_methods)] // clocks are read here
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// A log-in at a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who has granted the tokens.
    pub issuer: String,
    /// Where new ones are.
    pub endpoint: String,
    /// Where they are given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<String>,
    pub client: Client,
    pub redirect: String,
    /// What the tokens are for, as the server writes it.
    pub resource: String,
    /// The rights that were asked for.
    pub scopes: Vec<String>,
    pub tokens: Tokens,
}

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct All {
    /// By issuer and redirect address.
    pub clients: BTreeMap<String, Client>,
    /// By server.
    pub sessions: BTreeMap<String, Session>,
}

/// Where it is kept.
#[derive(Debug, Default)]
pub struct Kept {
    all: Mutex<All>,
    file: Option<PathBuf>,
}

impl Kept {
    /// What the file of the token has besides, if there is such a file.
    pub fn open(file: Option<&Path>) -> Self {
        let text = file.and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let rest =
            text.split_once('\n').map(|(_, rest)| rest.trim()).filter(|rest| !rest.is_empty());
        let all = rest.map(serde_json::from_str).transpose().unwrap_or_else(|error| {
            tracing::warn!(
                "the log-ins in the file of --secret cannot be read, and are forgotten: {error}"
            );
            None
        });
        Self { all: Mutex::new(all.unwrap_or_default()), file: file.map(Path::to_owned) }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client of that key.
    pub fn client(&self, key: &str) -> Option<Client> {
        self.lock().clients.get(key).cloned()
    }

    /// The log-in at a server.
    pub fn session(&self, server: &str) -> Option<Session> {
        self.lock().sessions.get(server).cloned()
    }

    /// Changes something, and writes it down.
    pub fn change(&self, change: impl FnOnce(&mut All)) {
        let mut all = self.lock();
        change(&mut all);
        let Some(file) = &self.file else { return };
        if let Err(error) = write(file, &all) {
            tracing::warn!(
                "{} cannot be written, so log-ins end with the gateway: {error}",
                file.display()
            );
        }
    }
}

/// Writes the file anew, as a whole, with the token that it has.
fn write(file: &Path, all: &All) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let token = text.lines().next().unwrap_or_default();
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(&new)?;
    writeln!(made, "{token}\n{}", serde_json::to_string(all)?)?;
    made.sync_all()?;
    fs::rename(new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_ins_are_in_the_file_of_the_token_which_stays() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        fs::write(&file, "the-token\n").unwrap();
        let client = Client { id: "me".into(), secret: None, method: "none".into(), expires: None };
        let kept = Kept::open(Some(&file));
        kept.change(|all| {
            all.clients.insert("a b".into(), client.clone());
        });
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().next(), Some("the-token"));
        assert_eq!(Kept::open(Some(&file)).client("a b"), Some(client));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&file, "the-token\nno json\n").unwrap();
        assert!(Kept::open(Some(&file)).client("a b").is_none());
        assert!(Kept::open(None).client("a b").is_none());
    }
}
