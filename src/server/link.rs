//! A connection in two halves: the transport's, and the one that runs the handlers.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{self, Poll, Waker},
};

use super::{
    Extensions, access,
    builder::Server,
    context::{Call, Context},
    inputs::Inbox,
    principal::Principal,
    register::{Input, Outcome},
    relay::{Line, Running},
    shared::{Shared, Signal, enlist},
    tasks::{Ended, TaskSet},
};
use crate::{
    jsonrpc::{Id, Payload, Raw, Unreadable, code, find_id},
    proto::{
        server::{Event, Request, RequestKey, ServerMachine, Transmit},
        service::{self, Failure, Session},
        version::Era,
    },
};

/// The transport's half: text goes in, messages come out.
///
/// Dropping it ends the connection and cancels what is in flight.
pub struct Link {
    shared: Arc<Shared>,
    /// What came along with the request that made the connection.
    extensions: Arc<Extensions>,
}

/// The half that runs the handlers: a future that ends with the connection.
///
/// To end a connection, drop or close the link and let the driver come to its end: it does so in
/// one turn, in which each handler may wind up. Dropping the driver drops the handlers where they
/// wait.
#[must_use = "without its driver, a connection runs no tools"]
pub struct Driver {
    server: Server,
    shared: Arc<Shared>,
    extensions: Arc<Extensions>,
    /// Its number among the connections of the server.
    number: u64,
    tasks: TaskSet<RequestKey, Outcome>,
    calls: BTreeMap<RequestKey, Arc<Call>>,
    /// Who answers instead, if the server is elsewhere.
    upstream: Option<Running>,
}

impl Link {
    /// Takes in one text frame.
    pub fn receive(&self, text: &str) {
        self.receive_text(text.to_owned());
    }

    /// The same, for a text that can be kept without a copy; it is dropped, with what holds it, when
    /// nothing of the message is in use any more.
    pub fn receive_text(&self, text: impl AsRef<str> + Send + Sync + 'static) {
        match Raw::take(text) {
            Ok(message) => self.receive_value(&message),
            Err((text, why)) => self.receive_unreadable(why, find_id(text.as_ref())),
        }
    }

    /// Takes in what is no message, but was meant as the one of this id.
    pub fn receive_unreadable(&self, why: Unreadable, id: Option<Id>) {
        self.feed(|machine| machine.receive_unreadable(&why.to_string(), id));
    }

    /// Takes in one message that has been parsed already.
    pub fn receive_value(&self, message: &Raw) {
        self.receive_value_with(message, &self.extensions);
    }

    /// Takes in one message that has been parsed already, with what came along with it; see
    /// [`Context::extensions`]. For transports where each message is a request of its own.
    pub fn receive_value_with(&self, message: &Raw, extensions: &Arc<Extensions>) {
        self.feed_with(extensions, |machine| machine.receive(message));
    }

    fn feed(&self, input: impl FnOnce(&mut ServerMachine<Raw>)) {
        self.feed_with(&self.extensions, input);
    }

    fn feed_with(&self, extensions: &Arc<Extensions>, input: impl FnOnce(&mut ServerMachine<Raw>)) {
        let wakers = {
            let mut state = self.shared.lock();
            input(state.session.machine_mut());
            while let Some(event) = state.session.machine_mut().poll_event() {
                state.events.push_back((event, Arc::clone(extensions)));
            }
            // A cancellation makes room, too.
            let mut wakers = state.room_to_wake();
            wakers.extend(state.driver.take());
            wakers.extend(state.writer.take());
            wakers
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether the connection may be read from; see [`ready`](Self::ready).
    pub fn accepts_input(&self) -> bool {
        self.shared.lock().accepts_input()
    }

    /// Waits until the connection may be read from: a peer that sends without reading its answers
    /// is made to wait.
    pub async fn ready(&self) {
        poll_fn(|cx| {
            let mut state = self.shared.lock();
            if state.accepts_input() {
                return Poll::Ready(());
            }
            state.reader = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Waits for the next message to send. Take one only when it can be written: what waits in
    /// here is bounded, and merges.
    pub async fn transmit(&self) -> Transmit<Raw> {
        poll_fn(|cx| self.poll_transmit_where(cx, |_| true)).await
    }

    /// The next message to send among those that belong to a request, or to none, of which `takes`
    /// says that they can be written now. For a transport with more than one stream.
    pub fn poll_transmit_where(
        &self,
        cx: &mut task::Context<'_>,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Poll<Transmit<Raw>> {
        match self.take(Some(cx.waker()), takes) {
            Some(transmit) => Poll::Ready(transmit),
            None => Poll::Pending,
        }
    }

    /// The requests whose handlers want their readers to go and come back later, since this was
    /// asked last; see [`Context::close_stream`].
    pub fn take_released(&self) -> Vec<Id> {
        self.shared.lock().released.replace(Vec::new()).unwrap_or_default()
    }

    /// The next message to send, if there is one.
    pub fn try_transmit(&self) -> Option<Transmit<Raw>> {
        self.take(None, |_| true)
    }

    fn take(
        &self,
        writer: Option<&Waker>,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Option<Transmit<Raw>> {
        let (transmit, wakers) = {
            let mut state = self.shared.lock();
            let Some(transmit) = state.session.machine_mut().poll_transmit_where(takes) else {
                state.writer = writer.cloned();
                return None;
            };
            let mut wakers = state.room_to_wake();
            if state.accepts_input() {
                wakers.extend(state.reader.take());
            }
            if state.session.machine().is_closed() {
                wakers.extend(state.driver.take());
            }
            (transmit, wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        Some(transmit)
    }

    /// The era that the peer has settled on, once it has.
    pub fn era(&self) -> Option<Era> {
        self.shared.lock().session.machine().era()
    }

    /// How many requests are being worked on.
    #[cfg(feature = "native")]
    pub(crate) fn in_flight(&self) -> usize {
        self.shared.lock().session.machine().in_flight()
    }

    /// Ends the listen requests of this connection with their results.
    pub fn end_listens(&self) {
        self.shared.send(|session| session.machine_mut().end_listens());
    }

    /// Ends the connection: everything in flight is cancelled, and nothing more is sent.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

impl Driver {
    pub(super) fn new(server: Server, extensions: Extensions, is_single: bool) -> (Link, Self) {
        let inner = &server.inner;
        let session = match inner.upstream {
            Some(_) => Session::relay(inner.limits),
            None => Session::new(inner.profile(), inner.limits),
        };
        let shared = Arc::new(Shared::new(session));
        let line = || Line::new(Arc::clone(&shared), is_single);
        let upstream = inner.upstream.as_ref().map(|upstream| upstream.connect(line()));
        let extensions = Arc::new(extensions);
        let link = Link { shared: Arc::clone(&shared), extensions: Arc::clone(&extensions) };
        let number = inner.connections.add(&shared);
        let (tasks, calls) = (TaskSet::new(), BTreeMap::new());
        (link, Self { server, shared, extensions, number, tasks, calls, upstream })
    }

    /// Ready once fewer messages than that wait to be sent, or none will be any more.
    pub fn poll_waiting(&mut self, cx: &mut task::Context<'_>, below: usize) -> Poll<()> {
        let mut state = self.shared.lock();
        let machine = state.session.machine();
        if machine.waiting() < below || machine.is_closed() {
            return Poll::Ready(());
        }
        enlist(&mut state.room, cx.waker());
        Poll::Pending
    }

    fn handle(&mut self, event: Event<Raw>, extensions: Arc<Extensions>) {
        match event {
            Event::Cancelled { key, reason: _ } => self.cancel(key),
            Event::Request(request) => self.start(request, extensions),
            Event::Answered { key, ask, outcome } => {
                let outcome = self.shared.lock().session.answered(key, ask, outcome);
                if let Some(outcome) = outcome
                    && let Some(call) = self.calls.get(&key)
                {
                    call.inbox.answered(ask, outcome);
                }
            }
            // This machine is no relay's.
            Event::Relayed(_) | Event::Notified { .. } => {}
        }
    }

    fn start(&mut self, request: Request<Raw>, extensions: Arc<Extensions>) {
        let inner = &self.server.inner;
        let open = |state: &str, binding: &_| inner.open(state, binding);
        // Beside the connection, which is not to wait for it.
        let started = service::start(&inner.catalog(), request, || owner(&extensions), open);
        let Some(job) = self.shared.send(|session| session.accept(started)) else { return };
        let key = job.call;
        let call = Arc::new(Call {
            shared: Arc::clone(&self.shared),
            key,
            request: job.context,
            extensions,
            cancelled: Signal::default(),
            server: self.server.clone(),
            inbox: Inbox::default(),
            lacking: OnceLock::new(),
        });
        if let Err(lacking) = access::check(&call.extensions, &job.handler.scopes) {
            return self.finish(key, Ended::Value(Err(lacking.failure())));
        }
        let context = Context::new(Arc::clone(&call));
        let (handler, input) =
            (job.handler.start, Input { name: job.name.clone(), value: job.input });
        match catch_unwind(AssertUnwindSafe(|| handler(input, context))) {
            Ok(Ok(running)) => {
                self.calls.insert(key, call);
                self.tasks.insert(key, running);
            }
            Ok(Err(reason)) => self.shared.send(|session| session.misfit(key, &job.name, &reason)),
            Err(_) => self.finish(key, Ended::Panicked),
        }
    }

    /// Whether the results that the peer has not read are as many bytes as may wait. The handlers
    /// then stand still until it has read some.
    fn is_congested(&self, cx: &mut task::Context<'_>) -> bool {
        let mut state = self.shared.lock();
        let is_congested = state.session.machine().is_congested();
        if is_congested {
            enlist(&mut state.room, cx.waker());
        }
        is_congested
    }

    /// Tells the handler, gives it one more turn, and drops it.
    fn cancel(&mut self, key: RequestKey) {
        self.shared.lock().session.stop(key);
        if let Some(call) = self.calls.remove(&key) {
            call.cancelled.set();
            self.tasks.poll_one(key);
            self.tasks.remove(key);
        }
    }

    /// Answers with the questions of a handler that cannot go on without its client, and drops it.
    fn conclude(&mut self, key: RequestKey) {
        let inner = &self.server.inner;
        let close = |binding: &_, answers| inner.close(binding, answers);
        // Answered before the handler is dropped: what it still says then is dropped, too.
        if self.shared.send(|session| session.conclude(key, close))
            && let Some(call) = self.calls.remove(&key)
        {
            call.cancelled.set();
            self.tasks.remove(key);
        }
    }

    fn finish(&self, key: RequestKey, ended: Ended<Outcome>) {
        let outcome = match ended {
            Ended::Value(outcome) => outcome,
            Ended::Panicked => Err(Failure {
                message: "the handler panicked".to_owned(),
                code: Some(code::INTERNAL_ERROR),
                data: None,
            }),
        };
        self.shared.send(|session| session.respond(key, outcome));
    }
}

/// What comes of a handler that failed because its caller may not do this.
fn refused(call: &Call, ended: Ended<Outcome>) -> Ended<Outcome> {
    let has_failed = |result: &Raw| result.get("isError").and_then(|is| is.as_bool()) == Some(true);
    match (call.lacking.get(), ended) {
        (Some(lacking), Ended::Value(outcome)) if outcome.as_ref().map_or(true, has_failed) => {
            Ended::Value(Err(lacking.failure()))
        }
        (_, ended) => ended,
    }
}

/// Whom the states of questions belong to.
fn owner(extensions: &Extensions) -> String {
    // Different texts for different principals, and none for nobody.
    extensions.get().map_or_else(String::new, |one: &Principal| format!("{:?}", one.identity()))
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if let Some(upstream) = &mut this.upstream {
            if upstream.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // Nobody answers any more. It may be polled again, and it is not.
            this.upstream = None;
            this.shared.close();
        }
        loop {
            let event = {
                let mut state = this.shared.lock();
                let event = state.events.pop_front().or_else(|| {
                    // The end of the connection is nobody's doing.
                    Some((state.session.machine_mut().poll_event()?, Arc::clone(&this.extensions)))
                });
                if event.is_none() {
                    if state.session.machine().is_closed() {
                        return Poll::Ready(());
                    }
                    state.driver = Some(cx.waker().clone());
                }
                event
            };
            match event {
                Some((event, extensions)) => this.handle(event, extensions),
                None => break,
            }
        }
        let mut ready = this.tasks.take_ready(cx);
        while let Some(key) = ready.pop_front() {
            if this.is_congested(cx) {
                ready.push_front(key);
                this.tasks.put_back(ready);
                break;
            }
            if let Some(how) = this.tasks.poll_one(key)
                && let Some(call) = this.calls.remove(&key)
            {
                this.finish(key, refused(&call, how));
            }
        }
        let suspended = std::mem::take(&mut this.shared.lock().suspended);
        for key in suspended {
            this.conclude(key);
        }
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.server.inner.connections.remove(self.number);
        self.shared.close();
        for call in std::mem::take(&mut self.calls).into_values() {
            call.cancelled.set();
            // Whoever still has its context keeps nothing of what was asked.
            self.shared.lock().session.stop(call.key);
            self.tasks.remove(call.key);
        }
    }
}
