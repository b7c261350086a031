//! The server's side of a connection: one [`ServerMachine`] per WebSocket, port or pair.
//!
//! It answers what needs no host (`initialize`, `ping`, `server/discover`, `logging/setLevel`,
//! `subscriptions/listen`), hands everything else up as [`Event`]s, and holds the rules that no tool author
//! should have to think of: who may be answered what in which era, where progress goes, what must
//! not be sent any more.
//!
//! There are two things to drain. Events go to the host at once. Messages go out at the pace of
//! the peer: the transport takes one from [`poll_transmit`](ServerMachine::poll_transmit) when it
//! can write it, and until then they wait in a queue that is bounded (see [`Limits`]).

mod envelope;
mod features;
mod frame;
mod inbound;
mod operation;
mod outbound;
mod questions;
#[cfg(not(target_arch = "wasm32"))]
mod relay;
mod watch;

use std::collections::VecDeque;

pub use features::{Feature, Features};
pub use frame::{Frame, ProgressReport, Transmit};
pub use operation::{Inputs, Operation, no_such_resource};
pub use outbound::Reported;
pub use questions::{AskKey, missing_capability};
#[cfg(not(target_arch = "wasm32"))]
pub use relay::Relayed;
pub use watch::Change;

use self::{operation::CacheScope, questions::Asking, watch::Watch};
use super::{
    map::Map,
    version::{Era, Version},
};
use crate::{
    jsonrpc::{Id, Payload, READ_FLOOR, RpcError, code},
    types::{ClientCapabilities, Icon, Implementation, Level},
};

/// Names a request within its connection. Unlike its id, which the peer may use again once it has
/// been answered, a key is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(u64);

impl RequestKey {
    /// Its number, for hosts that keep numbers.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The key of that number.
    pub fn of(number: u64) -> Self {
        Self(number)
    }
}

/// What the server says about itself.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name and version.
    pub info: Implementation,
    /// How to use it, for the model.
    pub instructions: Option<String>,
    /// Pictures for people.
    pub icons: Vec<Icon>,
    /// What it has.
    pub features: Features,
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
    /// Listen requests that are open. More are refused.
    pub listens: usize,
    /// Resources that are subscribed to, by all listeners together. More are refused.
    pub subscriptions: usize,
    /// Bytes of the URI of such a resource, and of one that is read.
    pub uri: usize,
    /// Answers that one request brings along when it is made again (`inputResponses`). With more
    /// it is refused.
    pub answers: usize,
    /// Bytes that the arguments of one call may take once its handler's type has read them: 256 KiB.
    /// More than that, and more than five times their text, is refused. (In a page, arguments are the
    /// engine's, and there is no such limit.)
    pub arguments: usize,
    /// Bytes of messages that wait to be sent: 8 MiB. When the peer has left more unread, the
    /// handlers of its calls stand still until it reads. (In a page, where values are not
    /// weighed, there is no such limit.)
    pub unsent: usize,
    /// Malformed messages in a row before the connection is closed.
    pub malformed: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 1024,
            queue: 256,
            identifier: 1024,
            progress_message: 4096,
            listens: 64,
            subscriptions: 1024,
            uri: 8192,
            answers: 256,
            arguments: READ_FLOOR,
            unsent: 8 << 20,
            malformed: 5,
        }
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
    /// The peer has answered a request of the server's; see [`ask`](ServerMachine::ask).
    Answered {
        /// The peer's request that it was asked for.
        key: RequestKey,
        /// The request of the server's.
        ask: AskKey,
        /// The answer.
        outcome: Result<P, RpcError<P>>,
    },
    /// A request that another server is to answer; see [`relay`](ServerMachine::relay).
    #[cfg(not(target_arch = "wasm32"))]
    Relayed(Relayed<P>),
    /// A notification for another server.
    #[cfg(not(target_arch = "wasm32"))]
    Notified {
        /// What happened.
        method: String,
        /// Its parameters.
        params: Option<P>,
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
    /// What it brings along, if it has been asked before and input was required.
    pub inputs: Inputs<P>,
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
    /// What its sender can do: in the modern era as the request says, before that as `initialize`
    /// said.
    pub capabilities: ClientCapabilities,
}

/// Which era of server this connection has turned out to need.
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
struct InFlight<P> {
    id: Id,
    token: Option<Id>,
    version: Version,
    /// The log level a modern request asked for. Legacy: the session's level counts.
    level: Option<Level>,
    cache: CacheScope,
    /// The resource that is subscribed to once this is answered.
    subscribes: Option<String>,
    /// The newest report, held back because the queue is full.
    held: Option<Frame<P>>,
    /// The response waits in the queue: whatever the handler still says is dropped.
    answered: bool,
}

struct Queued<P> {
    frame: Frame<P>,
    /// The request it belongs to. An error for an id that is taken names the id, but no key.
    key: Option<RequestKey>,
    /// The request of ours that it is.
    ask: Option<AskKey>,
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
    /// What the client of a legacy session can do.
    session_capabilities: ClientCapabilities,
    requests: Map<RequestKey, InFlight<P>>,
    /// The ids whose answer has not left yet, those answered at once included.
    keys: Map<Id, RequestKey>,
    last_key: u64,
    queue: VecDeque<Queued<P>>,
    /// Requests with a report held back, the longest waiting first. Empty while there is room.
    held: VecDeque<RequestKey>,
    /// Who is told of changes: listen requests and, under `None`, a legacy session.
    watches: Map<Option<RequestKey>, Watch>,
    /// Those that have changes held back, the longest waiting first.
    changes: VecDeque<Option<RequestKey>>,
    /// Our own requests that have not been answered.
    asked: Map<AskKey, Asking>,
    last_ask: i64,
    events: VecDeque<Event<P>>,
    malformed: u32,
    close: Option<(u16, &'static str)>,
    closed: bool,
    /// Another server answers.
    #[cfg(not(target_arch = "wasm32"))]
    relays: bool,
}

impl Profile {
    /// A server of that name that has nothing yet.
    pub fn new(info: Implementation) -> Self {
        let (icons, features) = (Vec::new(), Features::default());
        Self { info, instructions: None, icons, features, ttl: 0.0 }
    }
}

/// How long a refused peer should wait when there is too much of something.
const RETRY_AFTER: f64 = 1000.0;

/// The error for a request that would be fine with fewer others beside it.
fn busy<P: Payload>(message: &str) -> RpcError<P> {
    let mut data = P::object();
    data.set("retryAfterMs", P::number(RETRY_AFTER));
    RpcError { code: code::TOO_MANY_REQUESTS, message: message.to_owned(), data: Some(data) }
}

impl<P: Payload> ServerMachine<P> {
    /// A machine for a new connection.
    pub fn new(profile: Profile, limits: Limits) -> Self {
        Self {
            profile,
            limits,
            phase: Phase::Opening,
            session_level: Level::default(),
            session_capabilities: ClientCapabilities::default(),
            requests: Map::default(),
            keys: Map::default(),
            last_key: 0,
            queue: VecDeque::new(),
            held: VecDeque::new(),
            watches: Map::default(),
            changes: VecDeque::new(),
            asked: Map::default(),
            last_ask: 0,
            events: VecDeque::new(),
            malformed: 0,
            close: None,
            closed: false,
            #[cfg(not(target_arch = "wasm32"))]
            relays: false,
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
        self.queue.len() + self.held.len() + self.changes.len()
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
        self.watches.clear();
        self.changes.clear();
        self.asked.clear();
        self.keys.clear();
        for (key, request) in std::mem::take(&mut self.requests).into_entries() {
            if !request.answered {
                self.events.push_back(Event::Cancelled { key, reason: None });
            }
        }
    }
}
