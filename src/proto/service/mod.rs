//! A server without a runtime: what it has, its connections, and the calls that its host works on.
//!
//! For hosts that run the handlers themselves, such as a page. The host adds what there is with a
//! number for each handler, feeds messages in, and drains two things: [`Output`]s, of which
//! [`Output::Run`] says which handler to run, and each connection's messages, at the pace of its
//! peer. Rust hosts have `crate::server`, with async functions as handlers.

mod asks;
mod calls;
mod catalog;
mod check;
mod list;
mod result;
mod seal;
mod serve;
mod template;

use std::collections::VecDeque;

pub(super) use super::map::Map;
pub use asks::Asked;
pub use catalog::Kind;
pub(crate) use check::{Argument, bad_state, cannot, check_arguments, unknown};
pub(crate) use list::{Entry, List};
pub use result::Failure;
pub(crate) use seal::{Binding, Seal, bind};
pub(crate) use template::Template;

use self::{calls::Call, catalog::Catalog};
use super::{
    Millis,
    server::{Change, Event, Features, Limits, Profile, RequestKey, ServerMachine, Transmit},
};
use crate::jsonrpc::{Id, Payload, RpcError};
use crate::proto::version::Version;

/// How a server is set up.
pub struct Config {
    /// What it says about itself. Features that are set here are declared whether there is
    /// something of the kind or not.
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

/// What the host has to do.
#[derive(Debug)]
pub enum Output<P> {
    /// Run a handler, and answer with [`Service::respond`].
    Run(Job<P>),
    /// A call is over without its handler: given up by its peer, or answered with a question.
    Stop {
        /// The call.
        call: u32,
        /// The reason of the peer, if it gave one.
        reason: Option<String>,
    },
    /// A question of a handler has its answer.
    Answered {
        /// The call.
        call: u32,
        /// The question; see [`Asked::Waits`].
        ask: i64,
        /// The answer.
        outcome: Result<P, RpcError<P>>,
    },
}

/// A handler to be run.
#[derive(Debug)]
pub struct Job<P> {
    /// Names the call in what follows.
    pub call: u32,
    /// Its connection.
    pub connection: u32,
    /// The handler.
    pub handler: u32,
    /// What the handler is for.
    pub kind: Kind,
    /// The name of the tool or the prompt, or the URI.
    pub name: String,
    /// Arguments, variables, or what is to be completed.
    pub input: P,
    /// The peer's id for the request.
    pub id: Id,
    /// The revision it is served by.
    pub version: Version,
    /// Whether the peer wants to know about progress.
    pub wants_progress: bool,
}

/// A server.
pub struct Service<P> {
    profile: Profile,
    limits: Limits,
    catalog: Catalog<P>,
    seal: Seal,
    connections: Map<u32, ServerMachine<P>>,
    calls: Map<u32, Call<P>>,
    /// The calls by connection and request.
    numbers: Map<(u32, RequestKey), u32>,
    last_connection: u32,
    last_call: u32,
    /// How many texts that nobody can guess were made.
    tokens: u64,
    outputs: VecDeque<Output<P>>,
}

impl<P: Payload> Service<P> {
    /// A server that has nothing yet.
    pub fn new(config: Config) -> Self {
        let Config { profile, limits, page_size, key, lifetime } = config;
        Self {
            profile,
            limits,
            catalog: Catalog::new(page_size),
            seal: Seal::new(key, lifetime, 0),
            connections: Map::default(),
            calls: Map::default(),
            numbers: Map::default(),
            last_connection: 0,
            last_call: 0,
            tokens: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Adds something, in the place of what has its name. Clients are told.
    ///
    /// # Errors
    /// In words what is wrong with the definition.
    pub fn add(&mut self, kind: Kind, definition: P, handler: u32) -> Result<(), String> {
        self.catalog.add(kind, definition, handler)?;
        self.changed_kind(kind);
        Ok(())
    }

    /// Removes something by its name or URI, and tells clients. `false`: there is no such thing.
    pub fn remove(&mut self, kind: Kind, name: &str) -> bool {
        let is_gone = self.catalog.remove(kind, name);
        if is_gone {
            self.changed_kind(kind);
        }
        is_gone
    }

    /// The contents of a resource have changed; clients that want to know are told.
    pub fn resource_updated(&mut self, uri: &str) {
        self.changed(Change::Resource(uri));
    }

    fn changed_kind(&mut self, kind: Kind) {
        match kind {
            Kind::Tool => self.changed(Change::Tools),
            Kind::Prompt => self.changed(Change::Prompts),
            Kind::Resource | Kind::Template => self.changed(Change::Resources),
            Kind::Completion => {}
        }
    }

    fn changed(&mut self, change: Change<'_>) {
        for machine in self.connections.values_mut() {
            machine.changed(change);
        }
    }

    /// A peer connects. Returns the number of the connection.
    pub fn connect(&mut self) -> u32 {
        let features = merge(self.catalog.features(), self.profile.features);
        let profile = Profile { features, ..self.profile.clone() };
        self.last_connection += 1;
        self.connections.insert(self.last_connection, ServerMachine::new(profile, self.limits));
        self.last_connection
    }

    /// A message has come, parsed. `now`: milliseconds since 1970.
    pub fn receive(&mut self, connection: u32, message: &P, now: Millis) {
        if let Some(machine) = self.connections.get_mut(&connection) {
            machine.receive(message);
            self.handle(connection, now);
        }
    }

    /// Something has come that was not JSON.
    pub fn receive_garbage(&mut self, connection: u32) {
        if let Some(machine) = self.connections.get_mut(&connection) {
            machine.receive_garbage();
        }
    }

    /// A connection has ended: what it asked for is stopped.
    pub fn disconnect(&mut self, connection: u32) {
        if let Some(machine) = self.connections.get_mut(&connection) {
            machine.close();
            self.handle(connection, 0.0);
            self.connections.remove(&connection);
        }
    }

    /// Ends the listen requests of a connection with their results: the server goes in peace.
    pub fn end_listens(&mut self, connection: u32) {
        if let Some(machine) = self.connections.get_mut(&connection) {
            machine.end_listens();
        }
    }

    /// The revision that the peer of a connection speaks, once it has called something.
    pub fn era(&self, connection: u32) -> Option<super::version::Era> {
        self.connections.get(&connection)?.era()
    }

    /// The next thing that the host has to do.
    pub fn poll_output(&mut self) -> Option<Output<P>> {
        self.outputs.pop_front()
    }

    /// The next message for a peer. Take one only when it can be sent: what waits in here is
    /// bounded, and merges.
    pub fn poll_transmit(&mut self, connection: u32) -> Option<Transmit<P>> {
        self.connections.get_mut(&connection)?.poll_transmit()
    }

    fn handle(&mut self, connection: u32, now: Millis) {
        while let Some(event) =
            self.connections.get_mut(&connection).and_then(ServerMachine::poll_event)
        {
            match event {
                Event::Request(request) => self.start(connection, request, now),
                Event::Cancelled { key, reason } => {
                    if let Some(call) = self.numbers.get(&(connection, key)).copied() {
                        self.stop(call, reason);
                    }
                }
                Event::Answered { key, ask, outcome } => {
                    if let Some(call) = self.numbers.get(&(connection, key)).copied() {
                        self.answered(call, ask.number(), outcome);
                    }
                }
            }
        }
    }
}

/// What there is, and what is declared anyway.
fn merge(there: Features, declared: Features) -> Features {
    Features {
        tools: there.tools.or(declared.tools),
        resources: there.resources.or(declared.resources),
        prompts: there.prompts.or(declared.prompts),
        subscribe: there.subscribe || declared.subscribe,
        completions: there.completions || declared.completions,
        logging: there.logging || declared.logging,
    }
}
