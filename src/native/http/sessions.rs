//! The sessions that there are, by their ids.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::time::Instant;

use super::session::HttpSession;
use crate::{
    http::server::{Full, Roster, RosterLimits},
    native::peer::Peer,
};

/// All sessions of an endpoint.
pub(in crate::native) struct Sessions {
    roster: Mutex<Roster<String, Peer, Arc<HttpSession>>>,
    limits: RosterLimits,
    /// Bytes of events that all of them together may keep.
    most: usize,
    /// Bytes of events that they keep.
    total: Arc<AtomicUsize>,
    /// As many bytes as there may be before somebody has to forget some.
    bound: AtomicUsize,
}

impl Sessions {
    pub(in crate::native) fn new(limits: RosterLimits, most: usize) -> Self {
        let (roster, total, bound) = (Mutex::default(), Arc::default(), AtomicUsize::new(most));
        Self { roster, limits, most, total, bound }
    }

    /// The session of this id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<HttpSession>> {
        self.lock().get(&id.to_owned()).cloned()
    }

    /// Adds one. When there are as many as may be, another one ends, if one may.
    pub(super) fn add(&self, session: &Arc<HttpSession>, peer: Option<Peer>) -> Result<(), Full> {
        let now = Instant::now();
        let (id, session) = (session.id.clone(), Arc::clone(session));
        // Times count from now, backwards.
        let standing = |session: &Arc<HttpSession>| session.standing(now);
        let left = self.lock().admit(id, peer, session, 0.0, &self.limits, standing)?;
        if !left.is_empty() {
            tracing::debug!(count = left.len(), "too many sessions: some end");
        }
        for session in &left {
            session.end();
        }
        Ok(())
    }

    /// Takes one out.
    pub(super) fn remove(&self, id: &str) -> Option<Arc<HttpSession>> {
        self.lock().remove(&id.to_owned())
    }

    /// What counts the bytes of their events.
    pub(super) fn total(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.total)
    }

    pub(super) fn holds_too_much(&self) -> bool {
        self.total.load(Ordering::Relaxed) > self.bound.load(Ordering::Relaxed)
    }

    /// Has events forgotten by the sessions of the peer that has most, and so on, until there are
    /// clearly fewer than may be. No session may be locked.
    pub(super) fn relieve(&self) {
        let mut sessions: Vec<(usize, usize, Arc<HttpSession>)> = {
            let roster = self.lock();
            let all = || roster.all().map(|(peer, session)| (peer, session, session.bytes()));
            let mut peers: HashMap<Option<&Peer>, usize> = HashMap::new();
            for (peer, _, bytes) in all() {
                *peers.entry(peer).or_default() += bytes;
            }
            all()
                .map(|(peer, session, bytes)| {
                    let of_peer = peers.get(&peer).copied().unwrap_or_default();
                    (of_peer, bytes, Arc::clone(session))
                })
                .collect()
        };
        sessions.sort_unstable_by_key(|(of_peer, own, _)| Reverse((*of_peer, *own)));
        let wanted = self.most - self.most / 8;
        for (_, bytes, session) in sessions {
            let excess = self.total.load(Ordering::Relaxed).saturating_sub(wanted);
            if excess == 0 {
                break;
            }
            session.forget(bytes.saturating_sub(excess));
        }
        // What is left may be what somebody is about to read. Then not every message looks again.
        let left = self.total.load(Ordering::Relaxed);
        self.bound.store(self.most.max(left + self.most / 16), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Roster<String, Peer, Arc<HttpSession>>> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id that nobody can guess, in visible ASCII: 128 bits in hexadecimal.
pub(super) fn new_id() -> Option<String> {
    Some(format!("{:032x}", u128::from_be_bytes(secret()?)))
}

/// Bytes that nobody can guess.
pub(super) fn secret() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}
