//! What the link, the driver and the contexts of one connection share.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

use super::Extensions;
use crate::{
    jsonrpc::{Id, Raw},
    proto::{
        server::{Event, RequestKey},
        service::ServerSession,
    },
};

/// A connection, and who waits for it.
pub(super) struct Shared {
    state: Mutex<ConnectionState>,
}

/// What the lock protects. User code never runs while it is held.
pub(super) struct ConnectionState {
    pub(super) session: ServerSession<Raw>,
    /// What messages have led to, with what came along with each.
    pub(super) events: VecDeque<(Event<Raw>, Arc<Extensions>)>,
    /// Runs the handlers: wants to know of new events.
    pub(super) driver: Option<Waker>,
    /// Writes to the peer: wants to know of new messages.
    pub(super) writer: Option<Waker>,
    /// Reads from the peer: wants to know when it may go on.
    pub(super) reader: Option<Waker>,
    /// Handlers that wait for room in the queue.
    pub(super) room: Vec<Waker>,
    /// Requests whose handlers cannot go on without their client.
    pub(super) suspended: Vec<RequestKey>,
    /// Requests whose readers are to come back later; `None` while the transport never asked.
    pub(super) released: Option<Vec<Id>>,
}

/// Events that may wait for whoever acts on them, before no more is read.
const EVENTS: usize = 4096;

impl ConnectionState {
    /// Whether the connection may be read from.
    pub(super) fn accepts_input(&self) -> bool {
        self.session.machine().accepts_input() && self.events.len() < EVENTS
    }

    /// The handlers to wake because there is room now.
    pub(super) fn room_to_wake(&mut self) -> Vec<Waker> {
        if self.session.machine().has_room() { std::mem::take(&mut self.room) } else { Vec::new() }
    }
}

impl Shared {
    pub(super) fn new(session: ServerSession<Raw>) -> Self {
        let state = ConnectionState {
            session,
            events: VecDeque::new(),
            driver: None,
            writer: None,
            reader: None,
            room: Vec::new(),
            suspended: Vec::new(),
            released: None,
        };
        Self { state: Mutex::new(state) }
    }

    /// Tells the driver that a handler cannot go on without its client.
    pub(super) fn suspend(&self, key: RequestKey) {
        let driver = {
            let mut state = self.lock();
            state.suspended.push(key);
            state.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Nothing in here can be left half-done by a panic, so a poisoned lock is still good.
    pub(super) fn lock(&self) -> MutexGuard<'_, ConnectionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the connection, then wakes the writer.
    pub(super) fn send<T>(&self, change: impl FnOnce(&mut ServerSession<Raw>) -> T) -> T {
        let (value, writer) = {
            let mut state = self.lock();
            (change(&mut state.session), state.writer.take())
        };
        if let Some(writer) = writer {
            writer.wake();
        }
        value
    }

    /// The same, but wakes the writer only if the change says that there is something for it.
    pub(super) fn send_if(&self, change: impl FnOnce(&mut ServerSession<Raw>) -> bool) {
        let writer = {
            let mut state = self.lock();
            if change(&mut state.session) { state.writer.take() } else { None }
        };
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    /// Ends the connection: its machine is closed, and everybody who waits is woken to see it.
    pub(super) fn close(&self) {
        let wakers = {
            let mut state = self.lock();
            state.session.machine_mut().close();
            let mut wakers = std::mem::take(&mut state.room);
            wakers.extend(state.driver.take());
            wakers.extend(state.writer.take());
            wakers.extend(state.reader.take());
            wakers
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A flag that is set once, and can be waited for. Not `tokio_util`'s `CancellationToken`: it would bring
/// tokio into a layer that runs without it.
#[derive(Default)]
pub(super) struct Signal {
    set: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Signal {
    pub(super) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(super) fn set(&self) {
        let waiting = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            self.set.store(true, Ordering::Release);
            std::mem::take(&mut *waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(super) fn poll(&self, waker: &Waker) -> Poll<()> {
        if self.is_set() {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_set() {
            return Poll::Ready(());
        }
        enlist(&mut waiting, waker);
        Poll::Pending
    }
}

/// Adds a waker unless the same one is there already: a future may be polled often while it waits.
pub(super) fn enlist(waiting: &mut Vec<Waker>, waker: &Waker) {
    if !waiting.iter().any(|known| known.will_wake(waker)) {
        waiting.push(waker.clone());
    }
}
