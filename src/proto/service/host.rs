//! A server for hosts that run the handlers themselves, by their numbers.

use std::collections::VecDeque;

use super::{Asked, Catalog, HandlerKind, Job, ServerSession, Signer, Unanswered, start};
use crate::{
    jsonrpc::Payload,
    proto::{
        Millis,
        map::Map,
        server::{AskKey, Change, Event, Limits, Profile, RequestKey},
    },
};

/// How a server is set up.
pub struct HostConfig {
    /// What it says about itself. Features that are set here are declared even if there is nothing of
    /// the kind.
    pub profile: Profile,
    /// What one connection may hold.
    pub limits: Limits,
    /// How many entries of a list go into one answer; not zero.
    pub page_size: usize,
    /// What signs the states that clients keep: 32 random bytes.
    pub key: Vec<u8>,
    /// How long such a state is good, in milliseconds.
    pub lifetime: Millis,
}

/// What is to be done for a connection.
#[derive(Debug)]
pub enum HostOutput<P> {
    /// Run a handler, and answer with [`ServerSession::respond`].
    Run(Job<P, u32>),
    /// A call is over without its handler: given up by its peer, or answered with a question.
    Stop {
        /// The call.
        call: RequestKey,
        /// The reason of the peer, if it gave one.
        reason: Option<String>,
    },
    /// A question of a handler has its answer.
    Answered {
        /// The call.
        call: RequestKey,
        /// The question; see [`Asked::Waits`].
        ask: AskKey,
        /// The answer.
        outcome: Result<P, Unanswered<P>>,
    },
}

/// A server: what it has, and its connections.
pub struct Host<P> {
    profile: Profile,
    limits: Limits,
    catalog: Catalog<P, u32>,
    signer: Signer,
    sessions: Map<u32, ServerSession<P>>,
    last: u32,
    /// What is to be done, with the number of its connection.
    outputs: VecDeque<(u32, HostOutput<P>)>,
}

impl<P: Payload> Host<P> {
    /// A server that has nothing yet.
    pub fn new(config: HostConfig) -> Self {
        let HostConfig { profile, limits, page_size, key, lifetime } = config;
        Self {
            profile,
            limits,
            catalog: Catalog::new(page_size),
            signer: Signer::new(key, lifetime, 0),
            sessions: Map::default(),
            last: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Adds something, replacing what has its name. Clients are told.
    ///
    /// # Errors
    /// In words what is wrong with the definition.
    pub fn add(&mut self, kind: HandlerKind, definition: P, handler: u32) -> Result<(), String> {
        self.catalog.add(kind, definition, handler)?;
        self.changed(kind.change());
        Ok(())
    }

    /// Removes something by its name or URI, and tells clients. `false`: there is no such thing.
    pub fn remove(&mut self, kind: HandlerKind, name: &str) -> bool {
        let is_gone = self.catalog.remove(kind, name);
        if is_gone {
            self.changed(kind.change());
        }
        is_gone
    }

    /// The contents of a resource have changed; clients that want to know are told.
    pub fn resource_updated(&mut self, uri: &str) {
        self.changed(Some(Change::Resource(uri)));
    }

    fn changed(&mut self, change: Option<Change<'_>>) {
        let Some(change) = change else { return };
        for session in self.sessions.values_mut() {
            session.machine_mut().changed(change);
        }
    }

    /// A peer connects. Returns the number of the connection.
    pub fn connect(&mut self) -> u32 {
        self.last += 1;
        let session = ServerSession::new(self.catalog.profile(&self.profile), self.limits);
        self.sessions.insert(self.last, session);
        self.last
    }

    /// A connection, for whatever does not involve the server.
    pub fn session(&mut self, connection: u32) -> Option<&mut ServerSession<P>> {
        self.sessions.get_mut(&connection)
    }

    /// A message has come, parsed. `now`: milliseconds since 1970.
    pub fn receive(&mut self, connection: u32, message: &P, now: Millis) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.machine_mut().receive(message);
            self.handle(connection, now);
        }
    }

    /// A connection has ended: what it asked for is stopped.
    pub fn disconnect(&mut self, connection: u32) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.machine_mut().close();
            self.handle(connection, 0.0);
            self.sessions.remove(&connection);
        }
    }

    /// Asks the client of a call; see [`ServerSession::ask`].
    pub fn ask(
        &mut self,
        connection: u32,
        call: RequestKey,
        key: Option<String>,
        method: &'static str,
        params: P,
    ) -> Asked<P> {
        let Some(session) = self.sessions.get_mut(&connection) else { return Asked::Over };
        session.ask(call, key, method, params, || self.signer.token())
    }

    /// Concludes a call with the questions of a handler that cannot go on without its client. `false`:
    /// the call is over, or there are no questions.
    pub fn conclude(&mut self, connection: u32, call: RequestKey, now: Millis) -> bool {
        let Some(session) = self.sessions.get_mut(&connection) else { return false };
        let close = |binding: &_, answers| self.signer.close(binding, answers, now);
        let is_over = session.conclude(call, close);
        if is_over {
            self.outputs.push_back((connection, HostOutput::Stop { call, reason: None }));
        }
        is_over
    }

    /// The next thing to be done, with the number of its connection.
    pub fn poll_output(&mut self) -> Option<(u32, HostOutput<P>)> {
        self.outputs.pop_front()
    }

    fn handle(&mut self, connection: u32, now: Millis) {
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        while let Some(event) = session.machine_mut().poll_event() {
            let output = match event {
                Event::Request(request) => {
                    let open = |state: &str, binding: &_| self.signer.open(state, binding, now);
                    let started = start(&self.catalog, request, String::new, open, None);
                    session.accept(started).map(HostOutput::Run)
                }
                Event::Cancelled { key: call, reason } => {
                    session.stop(call).then_some(HostOutput::Stop { call, reason })
                }
                Event::Answered { key: call, ask, outcome } => {
                    let outcome = session.answered(call, ask, outcome);
                    outcome.map(|outcome| HostOutput::Answered { call, ask, outcome })
                }
                // This machine is no relay's.
                #[cfg(not(target_arch = "wasm32"))]
                Event::Relayed(_) | Event::Notified { .. } => None,
            };
            self.outputs.extend(output.map(|output| (connection, output)));
        }
    }
}
