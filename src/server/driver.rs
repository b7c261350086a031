//! The half of a connection that runs the handlers.

use std::{
    collections::BTreeMap,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, OnceLock, atomic::AtomicUsize},
    task::{self, Poll},
};

use super::{
    Extensions, access,
    inbox::Inbox,
    link::Link,
    model::{Context, Handler, Input, Outcome, ServedCall, Server},
    principal::Principal,
    relay::{Line, Running},
    shared::{Shared, Signal, enlist},
    tasks::{Ended, TaskSet},
};
use crate::{
    jsonrpc::{Payload, Raw, code},
    proto::{
        server::{Event, Request, RequestKey},
        service::{self, HandlerFailure, ServerSession},
    },
};

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
    calls: BTreeMap<RequestKey, Arc<ServedCall>>,
    /// Who answers instead, if the server is elsewhere.
    upstream: Option<Running>,
}

impl Server {
    /// The two halves of a new connection: the transport's, and the one that runs the handlers.
    ///
    /// Poll both in one task, the driver first: then a handler that reports faster than its peer
    /// reads steps aside for the transport at the right moment.
    pub fn connect(&self) -> (Link, Driver) {
        self.connect_with(Extensions::default())
    }

    /// The same for a connection that a request made, whose extensions the handlers may look at:
    /// [`Context::extensions`], [`Context::principal`].
    pub fn connect_with(&self, extensions: Extensions) -> (Link, Driver) {
        Driver::new(self.clone(), extensions, false)
    }

    /// The same for a connection that one request is made on.
    #[cfg(feature = "native")]
    pub(crate) fn connect_once(&self) -> (Link, Driver) {
        Driver::new(self.clone(), Extensions::default(), true)
    }
}

impl Driver {
    pub(super) fn new(server: Server, extensions: Extensions, is_single: bool) -> (Link, Self) {
        let inner = &server.inner;
        let session = match inner.upstream {
            Some(_) => ServerSession::relay(inner.limits),
            None => ServerSession::new(inner.profile(), inner.limits),
        };
        let shared = Arc::new(Shared::new(session));
        let upstream = inner.upstream.as_ref();
        let upstream = upstream.map(|one| one.connect(Line::new(Arc::clone(&shared), is_single)));
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
        let lacks = |handler: &Handler| access::check(&extensions, &handler.scopes).is_err();
        let hides = access::hides(&extensions).then_some(&lacks as &dyn Fn(&Handler) -> bool);
        // Beside the connection, which is not to wait for it.
        let started = service::start(&inner.catalog(), request, || owner(&extensions), open, hides);
        let Some(job) = self.shared.send(|session| session.accept(started)) else { return };
        let key = job.call;
        let call = Arc::new(ServedCall {
            shared: Arc::clone(&self.shared),
            key,
            request: job.context,
            extensions,
            cancelled: Signal::default(),
            server: self.server.clone(),
            inbox: Inbox::default(),
            holds: AtomicUsize::new(0),
            lacking: OnceLock::new(),
        });
        if let Err(lacking) = access::check(&call.extensions, &job.handler.scopes) {
            return self.finish(key, Ended::Value(Err(lacking.failure())));
        }
        let context = Context { call: Arc::clone(&call) };
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

    /// Tells the handler of the cancellation, polls it once more, and drops it.
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
            Ended::Panicked => Err(HandlerFailure {
                message: "the handler panicked".to_owned(),
                code: Some(code::INTERNAL_ERROR),
                data: None,
            }),
        };
        self.shared.send(|session| session.respond(key, outcome));
    }
}

/// The outcome of a handler that failed because its caller lacks a scope.
fn refused(call: &ServedCall, ended: Ended<Outcome>) -> Ended<Outcome> {
    let has_failed = |result: &Raw| result.get("isError").and_then(|is| is.as_bool()) == Some(true);
    match (call.lacking.get(), ended) {
        (Some(lacking), Ended::Value(outcome)) if outcome.as_ref().map_or(true, has_failed) => {
            Ended::Value(Err(lacking.failure()))
        }
        (_, ended) => ended,
    }
}

/// Who the states of questions belong to.
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
