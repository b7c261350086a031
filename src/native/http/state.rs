//! What changes in a session, and who is woken when it has.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use tokio::time::Instant;

use crate::{
    http::server::{Reader, Streams},
    native::connections::Desk,
};

/// What changes in a session.
pub(super) struct SessionState {
    pub(super) streams: Streams,
    /// Readers that wait for events: few, so that a tree finds one before a hash is made.
    pub(super) waiting: BTreeMap<Reader, Waker>,
    /// Waits for room.
    pub(super) pump: Option<Waker>,
    /// The connection that the GET stream goes to.
    pub(super) listener: Option<Desk>,
    /// When the client was last heard of.
    pub(super) used: Instant,
    /// Bytes of events that are in the total.
    pub(super) counted: usize,
}

/// The state, while it is looked at. Whoever may go on afterwards is woken.
pub(super) struct Locked<'a>(MutexGuard<'a, SessionState>);

impl<'a> Locked<'a> {
    /// Nothing in here can be left half-done by a panic, so a poisoned lock is still good.
    pub(super) fn of(state: &'a Mutex<SessionState>) -> Self {
        Self(state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Deref for Locked<'_> {
    type Target = SessionState;

    fn deref(&self) -> &SessionState {
        &self.0
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut SessionState {
        &mut self.0
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl SessionState {
    pub(super) fn new(streams: Streams, now: Instant) -> Self {
        Self {
            streams,
            waiting: BTreeMap::new(),
            pump: None,
            listener: None,
            used: now,
            counted: 0,
        }
    }

    /// Wakes whoever may go on.
    pub(super) fn wake(&mut self) {
        let ready = self.streams.take_ready();
        for reader in ready.readers {
            if let Some(waker) = self.waiting.remove(&reader) {
                waker.wake();
            }
        }
        if ready.room
            && let Some(pump) = self.pump.take()
        {
            pump.wake();
        }
    }

    /// Has this reader woken when there may be something for it.
    pub(super) fn wait<T>(&mut self, reader: Reader, waker: &Waker) -> Poll<T> {
        self.waiting.insert(reader, waker.clone());
        Poll::Pending
    }
}
