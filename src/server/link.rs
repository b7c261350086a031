//! A connection in two halves: the transport's, and the one that runs the handlers.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{self, Poll, Waker},
};

use serde_json::{Map, Value};

use super::{
    builder::Server,
    context::{Call, Context},
    shared::{Shared, Signal},
    tasks::{Ended, TaskSet},
};
use crate::{
    jsonrpc::{Id, RpcError, code},
    proto::{
        server::{ECHO, Event, Operation, Request, RequestKey, ServerMachine, Transmit, clip},
        version::Era,
    },
    types::CallToolResult,
};

/// The transport's half: text goes in, messages come out.
///
/// Dropping it ends the connection and cancels what is in flight.
pub struct Link {
    shared: Arc<Shared>,
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
    tasks: TaskSet<RequestKey, CallToolResult>,
    calls: BTreeMap<RequestKey, Arc<Call>>,
}

impl Link {
    /// Takes in one text frame.
    pub fn receive(&self, text: &str) {
        // Depth is bounded by the parser (128 levels), so hostile nesting is just not JSON.
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.receive_value(&value),
            Err(_) => self.feed(ServerMachine::receive_garbage),
        }
    }

    /// Takes in one message that has been parsed already.
    pub fn receive_value(&self, message: &Value) {
        self.feed(|machine| machine.receive(message));
    }

    fn feed(&self, input: impl FnOnce(&mut ServerMachine<Value>)) {
        let wakers = {
            let mut state = self.shared.lock();
            input(&mut state.machine);
            // A cancellation makes room, too.
            let mut wakers = state.room_to_wake();
            wakers.extend(state.driver.take());
            wakers.extend(state.writer.take());
            wakers
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until the connection may be read from: a peer that sends without reading its answers
    /// is made to wait.
    pub async fn ready(&self) {
        poll_fn(|cx| {
            let mut state = self.shared.lock();
            if state.machine.accepts_input() {
                return Poll::Ready(());
            }
            state.reader = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Waits for the next message to send. Take one only when it can be written: what waits in
    /// here is bounded, and merges.
    pub async fn transmit(&self) -> Transmit<Value> {
        poll_fn(|cx| self.poll_transmit_where(cx, |_| true)).await
    }

    /// The next message to send among those that belong to a request, or to none, of which `takes`
    /// says that they can be written now. For a transport with more than one stream.
    pub fn poll_transmit_where(
        &self,
        cx: &mut task::Context<'_>,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Poll<Transmit<Value>> {
        match self.take(Some(cx.waker()), takes) {
            Some(transmit) => Poll::Ready(transmit),
            None => Poll::Pending,
        }
    }

    /// The next message to send, if there is one.
    pub fn try_transmit(&self) -> Option<Transmit<Value>> {
        self.take(None, |_| true)
    }

    fn take(
        &self,
        writer: Option<&Waker>,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Option<Transmit<Value>> {
        let (transmit, wakers) = {
            let mut state = self.shared.lock();
            let Some(transmit) = state.machine.poll_transmit_where(takes) else {
                state.writer = writer.cloned();
                return None;
            };
            let mut wakers = state.room_to_wake();
            if state.machine.accepts_input() {
                wakers.extend(state.reader.take());
            }
            if state.machine.is_closed() {
                wakers.extend(state.driver.take());
            }
            (transmit, wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        Some(transmit)
    }

    /// The era that the peer has settled on, once it has.
    pub fn era(&self) -> Option<Era> {
        self.shared.lock().machine.era()
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
    pub(super) fn new(server: Server) -> (Link, Self) {
        let inner = &server.inner;
        let machine = ServerMachine::new(inner.profile.clone(), inner.limits);
        let shared = Arc::new(Shared::new(machine));
        let link = Link { shared: Arc::clone(&shared) };
        (link, Self { server, shared, tasks: TaskSet::new(), calls: BTreeMap::new() })
    }

    fn handle(&mut self, event: Event<Value>) {
        match event {
            Event::Cancelled { key, reason: _ } => self.cancel(key),
            Event::Request(Request { key, context, operation }) => match operation {
                Operation::ListTools { cursor: None } => {
                    let listing = self.server.inner.listing.clone();
                    self.respond(key, Ok(listing));
                }
                Operation::ListTools { cursor: Some(_) } => {
                    // There is one page, so no cursor of ours is in the world.
                    let error = RpcError::new(code::INVALID_PARAMS, "no such cursor");
                    self.respond(key, Err(error));
                }
                Operation::CallTool { name, arguments } => {
                    let shared = Arc::clone(&self.shared);
                    let cancelled = Signal::default();
                    let call = Arc::new(Call { shared, key, request: context, cancelled });
                    let arguments = arguments.unwrap_or_else(|| Value::Object(Map::new()));
                    self.start(&name, arguments, call);
                }
            },
        }
    }

    fn start(&mut self, name: &str, arguments: Value, call: Arc<Call>) {
        let key = call.key;
        let Some(handler) = self.server.handler(name) else {
            let text = format!("no such tool: {}", clip(name, ECHO));
            let error = RpcError::new(code::INVALID_PARAMS, text);
            return self.respond(key, Err(error));
        };
        let context = Context::new(Arc::clone(&call));
        match catch_unwind(AssertUnwindSafe(|| handler(arguments, context))) {
            Ok(Ok(running)) => {
                self.calls.insert(key, call);
                self.tasks.insert(key, running);
            }
            Ok(Err(reason)) => {
                let reason = clip(&reason, 4 * ECHO);
                let text = format!("the arguments of `{name}` do not fit: {reason}");
                self.finish(&call, Ended::Value(CallToolResult::error(text)));
            }
            Err(_) => self.finish(&call, Ended::Panicked),
        }
    }

    /// Tells the handler, gives it one more turn, and drops it.
    fn cancel(&mut self, key: RequestKey) {
        if let Some(call) = self.calls.remove(&key) {
            call.cancelled.set();
            self.tasks.poll_one(key);
            self.tasks.remove(key);
        }
    }

    fn finish(&self, call: &Call, ended: Ended<CallToolResult>) {
        let outcome = match ended {
            Ended::Panicked => Err(RpcError::new(code::INTERNAL_ERROR, "the tool panicked")),
            Ended::Value(mut result) => {
                if !call.request.version.structures_any_value() {
                    result.structured_content.take_if(|value| !value.is_object());
                }
                serde_json::to_value(result).map_err(|error| {
                    RpcError::new(code::INTERNAL_ERROR, format!("the result is no JSON: {error}"))
                })
            }
        };
        self.respond(call.key, outcome);
    }

    fn respond(&self, key: RequestKey, outcome: Result<Value, RpcError<Value>>) {
        self.shared.send(|machine| machine.respond(key, outcome));
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            let event = {
                let mut state = this.shared.lock();
                let event = state.machine.poll_event();
                if event.is_none() {
                    if state.machine.is_closed() {
                        return Poll::Ready(());
                    }
                    state.driver = Some(cx.waker().clone());
                }
                event
            };
            match event {
                Some(event) => this.handle(event),
                None => break,
            }
        }
        let mut ended = Vec::new();
        this.tasks.poll(cx, |key, how| ended.push((key, how)));
        for (key, how) in ended {
            if let Some(call) = this.calls.remove(&key) {
                this.finish(&call, how);
            }
        }
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.close();
        for call in std::mem::take(&mut self.calls).into_values() {
            call.cancelled.set();
            self.tasks.remove(call.key);
        }
    }
}
