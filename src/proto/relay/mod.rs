//! A relay: clients in front, of any revision, and behind it one server, of any other.
//!
//! Each client has a [`ServerMachine`](super::server::ServerMachine) that hands up what it asks;
//! the server has a [`ClientMachine`]. What goes between them is changed where it has to be and nowhere
//! else: ids and tokens, the envelope, and what one era says in another way than the other. Results
//! and reports go through as they are.
//!
//! Feed it (what clients want, what the server says, the time), then drain it with
//! [`poll_output`](Relay::poll_output). It reads no clock and owns no socket.

mod answers;
mod calls;
mod crossing;
mod date;
mod forward;
mod kept;
mod questions;
mod session;
mod subscriptions;
mod tasks;
mod telling;
mod tools;

use std::collections::{BTreeMap, VecDeque};

pub use self::forward::reason;
use self::{
    calls::Calls,
    kept::KeptTasks,
    questions::Questions,
    session::{Front, config, everything},
    tasks::Tasks,
    tools::ListedTools,
};
use super::{
    Millis,
    client::{self, Channel, ClientMachine, RequestId},
    server::{AskKey, Relayed, RequestKey},
    service::Signer,
};
use crate::{
    error::Error,
    jsonrpc::{Payload, RpcError, code},
    types::{Implementation, Level, method},
};

/// Names a client within its relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrontId(pub u64);

/// How a relay is set up.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// Whether several clients share the server. Otherwise the server is told who its client is and
    /// what that can do, and not what the relay is.
    pub shared: bool,
    /// Who the relay is.
    pub info: Implementation,
    /// Requests that may wait for the connection to the server. More are refused.
    pub waiting: usize,
    /// Calls that may be under way, those included that wait for their clients. More are refused.
    pub calls: usize,
    /// How long a call waits for its client to come back with the answers to its questions, in
    /// milliseconds (clients of the modern era).
    pub patience: Millis,
    /// Reports that wait meanwhile; beyond that the oldest gives way.
    pub reports: usize,
    /// Whether the server's tools are to be listed before one of them is called: one of the modern era
    /// that is spoken to by HTTP wants arguments repeated in headers, and only the list says which.
    pub lists: bool,
    /// What makes texts that nobody can guess: 32 random bytes.
    pub key: Vec<u8>,
    /// What the clock of the world said at 0, in milliseconds since the beginning of 1970.
    pub epoch: Millis,
}

impl RelayOptions {
    /// The usual ones, with that key.
    pub fn new(key: Vec<u8>) -> Self {
        Self {
            shared: false,
            info: Implementation::new("mcp-wasm-gateway", env!("CARGO_PKG_VERSION")),
            waiting: 1024,
            calls: 16_384,
            patience: 600_000.0,
            reports: 1024,
            lists: false,
            key,
            epoch: 0.0,
        }
    }
}

/// What is to be done for a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Act<P> {
    /// [`pass_answer`](super::server::ServerMachine::pass_answer)
    Answer(RequestKey, Result<P, RpcError<P>>),
    /// [`pass_report`](super::server::ServerMachine::pass_report)
    Report(RequestKey, P),
    /// [`pass_notification`](super::server::ServerMachine::pass_notification)
    Notify(Option<RequestKey>, String, Option<P>),
    /// [`pass_question`](super::server::ServerMachine::pass_question)
    Ask(Option<RequestKey>, AskKey, String, Option<P>),
    /// [`withdraw`](super::server::ServerMachine::withdraw)
    Withdraw(AskKey),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum RelayOutput<P> {
    /// Send this to the server; see [`client::Output::Send`].
    Send(P, Option<RequestId>),
    /// Send this to the server; see [`client::Output::Greet`].
    Greet(P),
    /// See [`client::Output::Reopen`].
    Reopen,
    /// The server is there.
    Connected,
    /// The connection has ended, or never came about.
    Disconnected(Error<P>),
    /// The server did something wrong that concerns nobody else.
    Fault(Error<P>),
    /// For a client.
    Front(FrontId, Act<P>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Closed,
    Opening,
    Open,
}

/// One server, and its clients.
pub struct Relay<P> {
    options: RelayOptions,
    back: ClientMachine<P>,
    stage: Stage,
    /// Whether the server was there before.
    was_connected: bool,
    fronts: BTreeMap<FrontId, Front<P>>,
    calls: Calls<P>,
    questions: Questions<P>,
    /// What waits for the connection.
    waiting: VecDeque<(FrontId, Relayed<P>)>,
    /// The level of log messages that the server was asked for.
    level: Option<Level>,
    tools: ListedTools<P>,
    tasks: Tasks,
    kept: KeptTasks<P>,
    signer: Signer,
    outputs: VecDeque<RelayOutput<P>>,
}

impl<P: Payload> Relay<P> {
    /// A relay without clients and without a server.
    pub fn new(options: RelayOptions) -> Self {
        let signer = Signer::new(options.key.clone(), options.patience, 0);
        let config = config(options.info.clone(), everything());
        let kept = KeptTasks::new(options.epoch);
        Self {
            options,
            back: ClientMachine::new(config),
            stage: Stage::Closed,
            was_connected: false,
            fronts: BTreeMap::new(),
            calls: Calls::default(),
            questions: Questions::default(),
            waiting: VecDeque::new(),
            level: None,
            tools: ListedTools::default(),
            tasks: Tasks::default(),
            kept,
            signer,
            outputs: VecDeque::new(),
        }
    }

    // ---- the server ----

    /// Whether somebody wants something of a server that is not there.
    pub fn wants_server(&self) -> bool {
        self.stage == Stage::Closed && (!self.waiting.is_empty() || self.calls.has_lost_listeners())
    }

    /// Whether the server is there.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// A channel to the server is about to be opened.
    pub fn connect(&mut self, channel: Channel, now: Millis) {
        if !self.options.shared {
            // Nothing is under way, and the server is to know its client.
            let (info, mut capabilities) = self.introduction();
            // Those of calls across eras are seen to here; clients of its own era say what they take.
            let mut extensions = capabilities.get("extensions").unwrap_or_else(P::object);
            extensions.set(tasks::EXTENSION, P::object());
            capabilities.set("extensions", extensions);
            self.back = ClientMachine::new(config(info, capabilities));
        }
        self.stage = Stage::Opening;
        self.level = None;
        self.back.connect(channel, now);
        self.settle(now);
    }

    /// The client machine, to be told what comes from the server; then [`settle`](Self::settle).
    pub fn back_mut(&mut self) -> &mut ClientMachine<P> {
        &mut self.back
    }

    /// What came of the handshake with the server, while it is there.
    pub fn session(&self) -> Option<&client::Negotiated<P>> {
        self.back.session()
    }

    /// The connection to the server has ended, for this reason.
    pub fn closed(&mut self, reason: &str, now: Millis) {
        self.back.closed(reason);
        self.settle(now);
    }

    /// There will be no connection: what waits for it fails for this reason.
    pub fn unreachable(&mut self, error: &Error<P>) {
        for (front, request) in std::mem::take(&mut self.waiting) {
            self.answer(front, request.key, Err(forward::failed(error)));
        }
        self.calls.forget_lost_listeners();
    }

    // ---- the clients ----

    /// A client connects.
    pub fn attach(&mut self, front: FrontId) {
        self.fronts.insert(front, Front::default());
    }

    /// A client is gone. What it asked for has been cancelled before.
    pub fn detach(&mut self, front: FrontId, now: Millis) {
        self.waiting.retain(|(other, _)| *other != front);
        self.fronts.remove(&front);
        for first in self.calls.leave(front) {
            self.back.cancel(first, None);
        }
        self.nobody_waits(front, None);
        self.settle(now);
    }

    /// How many clients there are.
    pub fn fronts(&self) -> usize {
        self.fronts.len()
    }

    /// How many requests are under way or wait.
    pub fn in_flight(&self) -> usize {
        self.calls.in_flight() + self.waiting.len()
    }

    /// A client asks for something.
    pub fn request(&mut self, front: FrontId, request: Relayed<P>, now: Millis) {
        if let Some(known) = self.fronts.get_mut(&front) {
            known.meet(&request);
        }
        if self.is_open() {
            self.serve(front, request, now);
        } else if self.waiting.len() >= self.options.waiting {
            let text = "too many requests wait for the server";
            self.answer(front, request.key, Err(RpcError::new(code::TOO_MANY_REQUESTS, text)));
        } else {
            self.waiting.push_back((front, request));
        }
        self.settle(now);
    }

    /// A client has given a request up.
    pub fn cancelled(
        &mut self,
        front: FrontId,
        key: RequestKey,
        reason: Option<&str>,
        now: Millis,
    ) {
        self.waiting.retain(|(other, request)| *other != front || request.key != key);
        if let Some(first) = self.calls.give_up(front, key) {
            self.back.cancel(first, reason);
        }
        self.nobody_waits(front, Some(key));
        self.settle(now);
    }

    /// A client tells something.
    pub fn notified(&mut self, method: &str, params: Option<P>, now: Millis) {
        // The modern era has no such notifications.
        let is_known = self.back.session().is_some_and(|back| back.version.asks_by_request());
        if is_known && method != method::INITIALIZED {
            // An open connection takes it.
            let _ = self.back.notify(method, params);
        }
        self.settle(now);
    }

    // ---- clocks, and what comes out ----

    /// Looks at the clocks.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.back.handle_timeout(now);
        for first in self.calls.expire(now) {
            self.back.cancel(first, Some("nobody answers what the server asks"));
        }
        self.expire_tasks(now);
        self.settle(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; infinite for never.
    pub fn poll_timeout(&self) -> Millis {
        self.back.poll_timeout().min(self.calls.wake()).min(self.kept.wake())
    }

    /// The next thing to be done.
    pub fn poll_output(&mut self) -> Option<RelayOutput<P>> {
        self.outputs.pop_front()
    }

    /// Takes up all that the client machine has to say.
    pub fn settle(&mut self, now: Millis) {
        while let Some(output) = self.back.poll_output() {
            self.hear(output, now);
        }
        self.put_questions(now);
    }

    fn hear(&mut self, output: client::Output<P>, now: Millis) {
        use client::Output as From;
        match output {
            From::Send(message, id) => self.outputs.push_back(RelayOutput::Send(message, id)),
            From::Greet(message) => self.outputs.push_back(RelayOutput::Greet(message)),
            From::Reopen => self.outputs.push_back(RelayOutput::Reopen),
            From::Connected => self.connected(now),
            From::Disconnected(error, second) => {
                self.outputs.extend(second.map(RelayOutput::Fault));
                self.disconnected(error);
            }
            From::Progress(slot, report) => self.report(slot, report.params),
            From::Settled(slot, outcome) => self.settled(slot, outcome, now),
            From::Acknowledged(slot, honoured) => self.acknowledged(slot, &honoured),
            From::Update(slot, method, params) => self.updated(slot, method, params),
            From::Input(input) => self.asked_inside(input, now),
            From::Request(id, method, params, slot) => self.asked(id, method, params, slot),
            From::Withdrawn(id, _) => self.withdrawn(&id),
            From::Notification(method, params) => self.heard(&method, params.as_ref()),
            From::Fault(error) => self.outputs.push_back(RelayOutput::Fault(error)),
            From::Odd(_, params) => self.stray(params),
            From::Task(slot, state) => self.carried_out_as_task(slot, &state, now),
            From::Tools(None) => self.tools.unlist(),
            // Noted as each page comes; told when it is acknowledged again; for who shows it; all is here.
            From::Tools(Some(_))
            | From::Interrupted(..)
            | From::Stalled(_)
            | From::Leg(..)
            | From::Incomplete => {}
        }
    }

    fn connected(&mut self, now: Millis) {
        self.stage = Stage::Open;
        self.outputs.push_back(RelayOutput::Connected);
        if std::mem::replace(&mut self.was_connected, true) {
            self.missed_lists();
        }
        self.listen_again(now);
        for (front, request) in std::mem::take(&mut self.waiting) {
            self.serve(front, request, now);
        }
    }

    fn disconnected(&mut self, error: Error<P>) {
        self.stage = Stage::Closed;
        self.questions.clear();
        self.tasks.clear();
        self.tools.unlist();
        self.outputs.push_back(RelayOutput::Disconnected(error));
    }

    fn act(&mut self, front: FrontId, act: Act<P>) {
        if self.fronts.contains_key(&front) {
            self.outputs.push_back(RelayOutput::Front(front, act));
        }
    }

    fn answer(&mut self, front: FrontId, key: RequestKey, outcome: Result<P, RpcError<P>>) {
        self.act(front, Act::Answer(key, outcome));
    }
}
