//! Sessions: the legacy era, in which `initialize` begins something that later requests belong to.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{pace, sessions::Sessions};
use crate::{
    http::server::{Beginning, NoSuchEvent, Reader, StreamLimits, Streams},
    jsonrpc::{Id, Raw},
    proto::version::Version,
    server::{Driver, Link, Transmit},
};

/// One session: what a connection is elsewhere, but with many streams.
pub(super) struct Session {
    pub(super) id: String,
    pub(super) version: Version,
    link: Link,
    /// Held by whoever feeds the link, so that messages keep their order.
    turn: tokio::sync::Mutex<()>,
    born: Instant,
    state: Mutex<State>,
}

struct State {
    streams: Streams,
    /// When the client was last heard of.
    used: Instant,
}

/// Who reads a stream; dropping it ends that, and nothing else.
pub(super) struct Reading {
    session: Arc<Session>,
    reader: Reader,
}

impl Session {
    pub(super) fn new(id: String, version: Version, link: Link, limits: StreamLimits) -> Self {
        let now = Instant::now();
        let streams = Streams::new(limits, version.primes_streams());
        let state = Mutex::new(State { streams, used: now });
        Self { id, version, link, turn: tokio::sync::Mutex::default(), born: now, state }
    }

    /// Runs the session to its end.
    pub(super) async fn run(
        self: Arc<Self>,
        driver: Driver,
        sessions: Arc<Sessions>,
        timeout: Duration,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut driver = pin!(driver);
        tokio::select! {
            // The handlers come first: what they report leaves in the same turn.
            biased;
            () = pace::run(driver.as_mut()) => {}
            () = self.pump() => {}
            () = self.idle(timeout) => tracing::debug!("a session was idle for too long"),
            _ = stop.wait_for(|stop| *stop) => {}
        }
        self.end();
        sessions.remove(&self.id);
        // Cancelled handlers have one more turn.
        driver.await;
    }

    /// Moves messages from the link to the streams, each when its stream can take it.
    async fn pump(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            loop {
                let streams = &state.streams;
                if streams.is_closed() {
                    return Poll::Ready(());
                }
                // Asked for each message that waits, which mostly are about the same request.
                let known = RefCell::new(None::<(Option<Id>, bool)>);
                let room = |about: Option<&Id>| match &mut *known.borrow_mut() {
                    Some((id, room)) if id.as_ref() == about => *room,
                    known => known.insert((about.cloned(), streams.has_room(about))).1,
                };
                match self.link.poll_transmit_where(cx, room) {
                    Poll::Ready(Transmit::Send { frame, about, last, .. }) => {
                        let now = self.now();
                        state.streams.push(&frame, about.as_ref(), last, now);
                        if last {
                            state.streams.expire(now);
                        }
                    }
                    Poll::Ready(Transmit::Close { .. }) => return Poll::Ready(()),
                    Poll::Pending => {
                        for request in self.link.take_released() {
                            state.streams.release(&request);
                        }
                        state.streams.when_there_is_room(cx.waker());
                        return Poll::Pending;
                    }
                }
            }
        })
        .await;
    }

    /// Ready when nobody has asked for anything, nor read anything, for so long.
    async fn idle(&self, timeout: Duration) {
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
                until
            };
            sleep_until(until).await;
        }
    }

    /// Ends the session and all of its streams.
    pub(super) fn end(&self) {
        self.lock().streams.close();
        self.link.close();
    }

    /// When it was last used; `None` while somebody reads.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.lock();
        (!state.streams.has_readers()).then_some(state.used)
    }

    /// Takes in a message, once the answers to those before it do not pile up.
    pub(super) async fn take(&self, message: &Raw) {
        self.touch();
        let _turn = self.turn.lock().await;
        self.link.ready().await;
        self.link.receive_value(message);
    }

    /// Notes that a request was given up: nothing more comes for it, so its stream ends.
    pub(super) fn cancelled(&self, request: &Id) {
        let now = self.now();
        self.lock().streams.cancelled(request, now);
    }

    /// A stream for the answers to these requests; `None` if one of the ids is in flight.
    pub(super) fn open(self: &Arc<Self>, requests: Vec<Id>) -> Option<Reading> {
        let reader = self.lock().streams.open(requests)?;
        Some(Reading { session: Arc::clone(self), reader })
    }

    /// The stream of what belongs to no request.
    pub(super) fn listen(self: &Arc<Self>) -> Reading {
        self.touch();
        let reader = self.lock().streams.listen();
        Reading { session: Arc::clone(self), reader }
    }

    /// What came after that event.
    pub(super) fn resume(self: &Arc<Self>, event: &str) -> Result<Reading, NoSuchEvent> {
        self.touch();
        let now = self.now();
        let mut state = self.lock();
        state.streams.expire(now);
        let reader = state.streams.resume(event)?;
        drop(state);
        Ok(Reading { session: Arc::clone(self), reader })
    }

    fn touch(&self) {
        self.lock().used = Instant::now();
    }

    /// Milliseconds of its life.
    fn now(&self) -> f64 {
        self.born.elapsed().as_secs_f64() * 1000.0
    }

    /// Nothing in here can be left half-done by a panic, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// How the answer begins.
    pub(super) async fn beginning(&self) -> Beginning {
        poll_fn(|cx| self.session.lock().streams.poll_beginning(self.reader, cx.waker())).await
    }

    /// What comes next, as text; `None` at the end.
    pub(super) async fn next(&self) -> Option<String> {
        poll_fn(|cx: &mut Context<'_>| {
            self.session.lock().streams.poll_events(self.reader, cx.waker())
        })
        .await
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut state = self.session.lock();
        state.streams.detach(self.reader);
        state.used = Instant::now();
    }
}
