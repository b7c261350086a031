//! Sessions: the legacy era, in which `initialize` begins something that later requests belong to.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    messages::each_message,
    state::{Locked, SessionState},
};
use crate::{
    http::server::{
        Beginning, InUse, Next, NoStream, NoSuchEvent, Reader, Standing, StreamLimits, Streams,
    },
    jsonrpc::{Id, Payload, Raw},
    native::connections::Desk,
    proto::version::Version,
    server::{Extensions, Link, Principal},
};

/// How long a client that wants the GET stream waits for the reader there is, which may just be
/// about to be found gone.
const GRACE: Duration = Duration::from_millis(500);

/// One session: what a connection is elsewhere, but with many streams.
pub(super) struct HttpSession {
    pub(super) id: String,
    pub(super) version: Version,
    /// Whose it is. To everybody else it is unknown.
    principal: Option<Principal>,
    pub(super) link: Link,
    /// Held by whoever feeds the link, so that messages keep their order.
    turn: Mutex<()>,
    born: Instant,
    state: Mutex<SessionState>,
    /// Whether anything but its beginning was asked for.
    has_worked: AtomicBool,
    /// A reader has gone.
    freed: Notify,
    /// A stream has ended, or its reader has gone.
    pub(super) to_tidy: Notify,
    /// Bytes of events of all sessions.
    total: Arc<AtomicUsize>,
}

/// Who reads a stream; dropping it ends that, and nothing else.
pub(super) struct Reading {
    session: Arc<HttpSession>,
    reader: Reader,
}

impl HttpSession {
    /// `secret`: random bytes.
    pub(super) fn new(
        id: String,
        version: Version,
        principal: Option<Principal>,
        link: Link,
        (limits, secret): (StreamLimits, [u8; 16]),
        total: Arc<AtomicUsize>,
    ) -> Self {
        let now = Instant::now();
        let streams = Streams::new(limits, version.primes_streams(), secret);
        Self {
            id,
            version,
            principal,
            link,
            turn: Mutex::default(),
            born: now,
            state: Mutex::new(SessionState::new(streams, now)),
            has_worked: AtomicBool::new(false),
            freed: Notify::new(),
            to_tidy: Notify::new(),
            total,
        }
    }

    /// Whether it belongs to whom a request comes from.
    pub(super) fn is_of(&self, principal: Option<&Principal>) -> bool {
        match (&self.principal, principal) {
            (None, None) => true,
            (Some(own), Some(other)) => own.is(other),
            _ => false,
        }
    }

    /// Forgets what need not be kept any longer. Ready when nobody has asked for anything, nor read
    /// anything, for so long.
    pub(super) async fn tidy(&self, timeout: Duration) {
        loop {
            let until = {
                let mut state = self.lock();
                let now = Instant::now();
                if state.streams.has_readers() {
                    state.used = now;
                }
                let until = state.used + timeout;
                if until <= now {
                    return;
                }
                let next = state.streams.expire(self.now());
                self.settle(&mut state);
                let next = next.map(|next| self.born + Duration::from_secs_f64(next / 1000.0));
                next.map_or(until, |next| next.min(until))
            };
            tokio::select! {
                () = sleep_until(until) => {}
                () = self.to_tidy.notified() => {}
            }
        }
    }

    /// Ends the session and all of its streams.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.streams.close();
        state.streams.forget(0, None);
        self.settle(&mut state);
        drop(state);
        self.link.close();
    }

    /// Whether it may give way to another.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        let state = self.lock();
        let is_idle = !state.streams.is_at_work();
        let idle_since = is_idle.then(|| -(now - state.used).as_secs_f64() * 1000.0);
        Standing { idle_since, has_worked: self.has_worked.load(Ordering::Relaxed) }
    }

    /// Bytes of its events.
    pub(super) fn bytes(&self) -> usize {
        self.lock().streams.bytes()
    }

    /// Forgets events until there are no more bytes of them than that, as far as may be.
    pub(super) fn forget(&self, bytes: usize) {
        let mut state = self.lock();
        state.streams.forget(bytes, None);
        self.settle(&mut state);
    }

    /// Brings the total up to date.
    pub(super) fn settle(&self, state: &mut SessionState) {
        let now = state.streams.bytes();
        let before = std::mem::replace(&mut state.counted, now);
        // It wraps, and so a difference below zero is one as well.
        self.total.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    /// Takes in what came in one request: a message or several. None waits for anything: what they
    /// lead to is bounded by how many requests may be open at once.
    pub(super) fn take(&self, body: &Raw, extensions: &Arc<Extensions>) {
        self.touch();
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        each_message(body, &mut |message| {
            if message.get("method").is_some() && message.get("id").is_some() {
                self.has_worked.store(true, Ordering::Relaxed);
            }
            self.link.receive_value_with(message, extensions);
        });
    }

    /// Notes that a request was given up: nothing more comes for it, so its stream ends.
    pub(super) fn cancelled(&self, request: &Id) {
        let now = self.now();
        self.lock().streams.cancelled(request, now);
        self.to_tidy.notify_one();
    }

    /// A stream for the answers to these requests.
    pub(super) fn open(self: &Arc<Self>, requests: &[Id]) -> Result<Reading, NoStream> {
        if !self.link.accepts_input() {
            return Err(NoStream::Unread);
        }
        let reader = self.lock().streams.open(requests)?;
        Ok(Reading { session: Arc::clone(self), reader })
    }

    /// The stream of what belongs to no request. If somebody else reads it, that one is sent
    /// something, so that a connection that is gone is found to be.
    ///
    /// `desk`: of the connection that the stream goes to.
    pub(super) async fn listen(self: &Arc<Self>, desk: Option<&Desk>) -> Result<Reading, InUse> {
        self.touch();
        let until = Instant::now() + GRACE;
        loop {
            let freed = self.freed.notified();
            {
                let mut state = self.lock();
                let taken = state.streams.listen().or_else(|InUse| {
                    state.streams.probe(self.now());
                    if let Some(desk) = &state.listener {
                        desk.hurry();
                    }
                    state.streams.listen()
                });
                if let Ok(reader) = taken {
                    state.listener = desk.cloned();
                    return Ok(Reading { session: Arc::clone(self), reader });
                }
            }
            timeout_at(until, freed).await.map_err(|_| InUse)?;
        }
    }

    /// What came after that event.
    pub(super) fn resume(self: &Arc<Self>, event: &str) -> Result<Reading, NoSuchEvent> {
        self.touch();
        let now = self.now();
        let mut state = self.lock();
        state.streams.expire(now);
        self.settle(&mut state);
        let reader = state.streams.resume(event)?;
        drop(state);
        Ok(Reading { session: Arc::clone(self), reader })
    }

    fn touch(&self) {
        self.lock().used = Instant::now();
    }

    /// Milliseconds of its life.
    pub(super) fn now(&self) -> f64 {
        self.born.elapsed().as_secs_f64() * 1000.0
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked::of(&self.state)
    }
}

impl Drop for HttpSession {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.total.fetch_sub(state.counted, Ordering::Relaxed);
    }
}

impl Reading {
    /// How the answer begins.
    pub(super) async fn beginning(&self) -> Beginning {
        poll_fn(|cx| {
            let mut state = self.session.lock();
            let beginning = state.streams.beginning(self.reader);
            self.session.settle(&mut state);
            match beginning {
                Some(beginning) => Poll::Ready(beginning),
                None => state.wait(self.reader, cx.waker()),
            }
        })
        .await
    }

    /// What comes next, as text; `None` at the end.
    pub(super) async fn next(&self) -> Option<String> {
        poll_fn(|cx| {
            let mut state = self.session.lock();
            let next = state.streams.events(self.reader);
            self.session.settle(&mut state);
            match next {
                Next::Events(text) => Poll::Ready(Some(text)),
                Next::End => Poll::Ready(None),
                Next::Nothing => state.wait(self.reader, cx.waker()),
            }
        })
        .await
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut state = self.session.lock();
        state.streams.detach(self.reader);
        state.waiting.remove(&self.reader);
        state.used = Instant::now();
        drop(state);
        self.session.freed.notify_waiters();
        self.session.to_tidy.notify_one();
    }
}
