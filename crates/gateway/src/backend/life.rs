//! The life of a server: started when somebody wants it, started again when it ends, and ended.

use std::{sync::PoisonError, time::Duration};

use mcp_wasm::{
    error::Error,
    jsonrpc::{Payload, Raw},
    proto::{client::Channel, relay},
    transport::{Transport, now},
};
use tokio::time::{Instant, sleep};

use super::Backend;
use crate::{config::Way, oauth::Standing, stderr::StderrLog};

/// Milliseconds that a server may take to be ready: what it is made of may have to be downloaded.
const READY: f64 = 120_000.0;
/// The longest pause before a server is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The first one, after the one start that comes at once.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a server has to run for its end to be the first of its kind again.
const STEADY: Duration = Duration::from_secs(60);

/// How far the server has come.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Phase {
    Absent,
    Starting,
    /// It is ready, since then.
    Running(Instant),
}

impl Backend {
    /// Whether the server is to be there: somebody waits for it, or for its coming back.
    pub(super) fn is_wanted(&self) -> bool {
        let is_missed = self.again.is_some() && !self.lines.is_empty();
        self.relay.wants_server() || is_missed && !self.needs_login()
    }

    /// Whether it cannot be used before somebody logs in: to ask again and again is of no use.
    fn needs_login(&self) -> bool {
        self.pool.login().is_some_and(|login| login.standing() == Some(Standing::Needed))
    }

    /// Starts the server, if somebody wants it and its time has come.
    pub(super) fn start(&mut self) {
        if self.transport.is_some() {
            return;
        }
        let is_due = self.again.is_none_or(|again| again <= Instant::now()) || self.needs_login();
        if !is_due || !self.is_wanted() {
            return;
        }
        if self.ends > 0 {
            self.pool.status.note(|state| state.restarts += 1);
        }
        self.again = None;
        let transport = self.open();
        let era = *self.pool.era.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = Channel { remembered: era, ..transport.channel(READY) };
        self.transport = Some(transport);
        self.enter(Phase::Starting);
        self.relay.connect(channel, now());
    }

    /// The server has come so far, which whoever looks is to know.
    fn enter(&mut self, phase: Phase) {
        let before = std::mem::replace(&mut self.phase, phase);
        self.pool.status.note(|state| {
            match before {
                Phase::Absent => {}
                Phase::Starting => state.starting -= 1,
                Phase::Running(_) => state.running -= 1,
            }
            match phase {
                Phase::Absent => {}
                Phase::Starting => state.starting += 1,
                Phase::Running(_) => state.running += 1,
            }
        });
    }

    pub(super) fn open(&self) -> Transport {
        let most = self.pool.limits.message;
        match &self.pool.entry.way {
            Way::Child(command) => {
                tracing::debug!(server = self.pool.name(), "starting");
                let log = StderrLog::new(self.pool.name());
                let command = command.clone().on_stderr(move |line| log.line(line));
                Transport::child(&command, most)
            }
            Way::Web(web) if web.url.starts_with("ws") => Transport::socket(web, most),
            Way::Web(web) => Transport::http(web, most),
        }
    }

    pub(super) fn connected(&mut self) {
        self.enter(Phase::Running(Instant::now()));
        let Some(session) = self.relay.session() else { return };
        let info = session.server_info.as_ref();
        let text = |key| info.and_then(|info| info.text(key));
        let name = [text("name"), text("version")].into_iter().flatten().collect::<Vec<_>>();
        let (version, era) = (session.version.as_str().to_owned(), session.version.era());
        tracing::info!(server = self.pool.name(), version, "ready");
        *self.pool.era.lock().unwrap_or_else(PoisonError::into_inner) = Some(era);
        self.pool.status.note(|state| {
            state.error = None;
            state.server = Some(name.join(" "));
            state.version = Some(version);
        });
    }

    pub(super) fn disconnected(&mut self, error: &Error<Raw>) {
        let reason = relay::reason(error);
        tracing::warn!(server = self.pool.name(), "{reason}");
        let since = match self.phase {
            Phase::Running(since) => Some(since),
            Phase::Absent | Phase::Starting => None,
        };
        self.enter(Phase::Absent);
        self.pool.status.note(|state| state.error = Some(reason.clone()));
        if let Some(transport) = self.transport.take() {
            drop(transport.close());
        }
        if since.is_some_and(|since| since.elapsed() >= STEADY) {
            self.ends = 0;
        }
        // The first one that was ready is missed at once; what does not start at all has time.
        let pause = match (since.is_some(), self.ends) {
            (true, 0) => Duration::ZERO,
            (_, ends) => (PAUSE * 2_u32.saturating_pow(ends.min(10))).min(LONGEST_PAUSE),
        };
        self.ends += 1;
        self.again = Some(Instant::now() + pause);
        if since.is_none() {
            *self.pool.era.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.relay.unreachable(error);
        }
    }

    /// Somebody has logged in at the server.
    pub(super) fn logged_in(&mut self) {
        self.ends = 0;
        if self.transport.is_none() {
            self.pool.status.note(|state| state.error = None);
            self.again = self.again.map(|_| Instant::now());
        }
    }

    /// Ends the server.
    pub(super) async fn end(mut self) {
        self.lines.clear();
        self.enter(Phase::Absent);
        if let Some(transport) = self.transport {
            let closing = transport.close();
            tokio::select! {
                () = closing => {}
                () = sleep(Duration::from_secs(8)) => {}
            }
        }
    }
}
