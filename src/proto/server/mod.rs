//! The server's side of a connection: one [`ServerMachine`] per WebSocket, port or pair.
//!
//! It answers what needs no tool (`initialize`, `ping`, `server/discover`, `logging/setLevel`),
//! hands `tools/list` and `tools/call` up as [`Event`]s, and holds the rules that no tool author
//! should have to think of: who may be answered what in which era, where progress goes, what must
//! not be sent any more.
//!
//! There are two things to drain. Events go to the host at once. Messages go out at the pace of
//! the peer: the transport takes one from [`poll_transmit`](ServerMachine::poll_transmit) when it
//! can write it, and until then they wait in a queue that is bounded (see [`Limits`]).

mod envelope;
mod frame;
mod inbound;
mod outbound;

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

pub use frame::{Frame, Progress, Transmit};
pub use outbound::Reported;

use super::version::{Era, Version};
use crate::{
    jsonrpc::{Id, Payload},
    types::{Implementation, Level},
};

/// Names a request within its connection. Unlike its id, which the peer may use again once it has
/// been answered, a key is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(u64);

/// What the server says about itself.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name and version.
    pub info: Implementation,
    /// How to use it, for the model.
    pub instructions: Option<String>,
    /// How long its lists may be kept, in milliseconds (modern era).
    pub ttl: f64,
}

/// What one connection may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in flight. More are refused.
    pub requests: usize,
    /// Messages waiting to be sent. Progress beyond it is held back, the newest of each request;
    /// log messages wait in their tool; a response always finds a place.
    pub queue: usize,
    /// Bytes of an id or a progress token. They come back with every answer and every report, so
    /// a request with a longer one is refused.
    pub identifier: usize,
    /// Bytes of the `message` of a progress report; the rest is cut off.
    pub progress_message: usize,
    /// Malformed messages in a row before the connection is closed.
    pub malformed: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests: 1024, queue: 256, identifier: 1024, progress_message: 4096, malformed: 5 }
    }
}

/// What the host has to act on.
#[derive(Debug)]
pub enum Event<P> {
    /// A request to be answered with [`respond`](ServerMachine::respond).
    Request(Request<P>),
    /// A request will never be answered: its peer gave it up, or is gone.
    Cancelled {
        /// The request.
        key: RequestKey,
        /// The peer's reason.
        reason: Option<String>,
    },
}

/// A request that the host has to answer.
#[derive(Debug)]
pub struct Request<P> {
    /// Names it in what follows.
    pub key: RequestKey,
    /// Its circumstances.
    pub context: RequestContext,
    /// What is asked for.
    pub operation: Operation<P>,
}

/// The circumstances of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestContext {
    /// The peer's id for it.
    pub id: Id,
    /// Where its progress goes; without one, nobody wants to know.
    pub token: Option<Id>,
    /// The protocol revision it is served by.
    pub version: Version,
}

/// What the host is asked for.
#[derive(Debug)]
pub enum Operation<P> {
    /// `tools/list`
    ListTools {
        /// Where to go on, out of an earlier answer.
        cursor: Option<String>,
    },
    /// `tools/call`
    CallTool {
        /// The tool's name.
        name: String,
        /// Its arguments, an object; absent means empty.
        arguments: Option<P>,
    },
}

/// What kind of server this connection has turned out to need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing but probes so far.
    Opening,
    /// A modern request was served; there is no way back.
    Modern,
    /// A legacy peer, with the revision that `initialize` settled on.
    Legacy(Option<Version>),
}

/// A request that has been handed up and whose response has not left yet.
struct InFlight {
    id: Id,
    token: Option<Id>,
    version: Version,
    /// The log level a modern request asked for. Legacy: the session's level counts.
    level: Option<Level>,
    cacheable: bool,
    /// The newest report, held back because the queue is full.
    held: Option<Progress>,
    /// The response waits in the queue: whatever the handler still says is dropped.
    answered: bool,
}

struct Queued<P> {
    frame: Frame<P>,
    /// The request it belongs to. An error for an id that is taken names the id, but no key.
    key: Option<RequestKey>,
    about: Option<Id>,
    last: bool,
    refusal: bool,
}

/// The server's side of one connection.
pub struct ServerMachine<P> {
    profile: Profile,
    limits: Limits,
    phase: Phase,
    /// The log level of a legacy session.
    session_level: Level,
    requests: BTreeMap<RequestKey, InFlight>,
    /// The ids whose answer has not left yet, those answered at once included.
    keys: BTreeMap<Id, RequestKey>,
    last_key: u64,
    queue: VecDeque<Queued<P>>,
    /// Requests with a report held back, the longest waiting first. Empty while there is room.
    held: VecDeque<RequestKey>,
    events: VecDeque<Event<P>>,
    malformed: u32,
    close: Option<(u16, &'static str)>,
    closed: bool,
}

/// Bytes of what a peer sent that an error message repeats.
pub(crate) const ECHO: usize = 200;

/// The text, or as much of it as fits, cut between two characters.
pub(crate) fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    const MARK: &str = "…";
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let mut end = limit.saturating_sub(MARK.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned([&text[..end], MARK].concat())
}

impl<P: Payload> ServerMachine<P> {
    /// A machine for a new connection.
    pub fn new(profile: Profile, limits: Limits) -> Self {
        Self {
            profile,
            limits,
            phase: Phase::Opening,
            session_level: Level::default(),
            requests: BTreeMap::new(),
            keys: BTreeMap::new(),
            last_key: 0,
            queue: VecDeque::new(),
            held: VecDeque::new(),
            events: VecDeque::new(),
            malformed: 0,
            close: None,
            closed: false,
        }
    }

    /// The era that the peer has settled on, once it has.
    pub fn era(&self) -> Option<Era> {
        match self.phase {
            Phase::Opening => None,
            Phase::Modern => Some(Era::Modern),
            Phase::Legacy(_) => Some(Era::Legacy),
        }
    }

    /// How many requests have been handed up and not been answered.
    pub fn in_flight(&self) -> usize {
        self.requests.values().filter(|request| !request.answered).count()
    }

    /// How many messages wait to be sent, those held back included.
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.held.len()
    }

    /// Whether the connection is over.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The next thing the host has to act on. Call it until it returns `None`.
    pub fn poll_event(&mut self) -> Option<Event<P>> {
        self.events.pop_front()
    }

    /// The connection is gone, or about to go: every request in flight is cancelled, nothing more
    /// is sent, and nothing more is taken in.
    pub fn close(&mut self) {
        self.closed = true;
        self.queue.clear();
        self.held.clear();
        self.keys.clear();
        for (key, request) in std::mem::take(&mut self.requests) {
            if !request.answered {
                self.events.push_back(Event::Cancelled { key, reason: None });
            }
        }
    }
}
