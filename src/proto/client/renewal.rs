//! A channel ends because its authorization has, and another takes its place: what goes on over that.

use crate::error::Error;
use crate::jsonrpc::Payload;
use crate::proto::Millis;
use crate::proto::version::Version;
use crate::text::owned;
use crate::types::method;

use super::ClientMachine;
use super::calls::{CallTable, PendingCall};
use super::requests::{Purpose, RequestId};
use super::wire::Wire;

/// How many requests that only read are remembered before those are dropped that have their answer.
const MANY: usize = 64;

/// The code by which a server ends a WebSocket with its authorization.
pub const AUTHORIZATION_ENDED: u16 = 4401;

/// How a channel came to its end for want of an authorization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unauthorized {
    /// The server ended it by [`AUTHORIZATION_ENDED`], after it had been open that long, in milliseconds.
    Ended(Millis),
    /// The server did not let it in.
    Refused,
}

/// How long such a WebSocket must have been open for another to take its place, in milliseconds: one that
/// ends sooner would only do so again.
const SETTLED: Millis = 1_000.0;

/// What only reads, of which a call may keep nothing.
const READS: [&str; 7] = [
    method::PING,
    method::DISCOVER,
    method::COMPLETE,
    method::LIST_TOOLS,
    method::LIST_PROMPTS,
    method::LIST_RESOURCES,
    method::LIST_RESOURCE_TEMPLATES,
];

/// A request: its method and parameters.
type Said<P> = (&'static str, P);

/// What was said over a channel, and has to be said again over the next.
#[derive(Debug)]
pub(super) struct Renewal<P> {
    /// What holds for a whole session of the legacy era.
    told: Vec<Said<P>>,
    /// Requests that only read, and of which their calls keep nothing.
    reads: Vec<(RequestId, Said<P>)>,
}

impl<P: Payload> Renewal<P> {
    pub fn new() -> Self {
        Self { told: Vec::new(), reads: Vec::new() }
    }

    /// The connection has ended.
    pub fn end(&mut self) {
        self.told.clear();
        self.reads.clear();
    }

    /// A request is made.
    #[inline(never)]
    pub fn note(
        &mut self,
        wire: &Wire<P>,
        calls: &CallTable<P>,
        id: RequestId,
        method: &str,
        params: &P,
    ) {
        wire.enter();
        let uri = || params.text("uri");
        match method {
            method::SET_LEVEL => {
                self.told.retain(|(told, _)| *told != method::SET_LEVEL);
                self.told.push((method::SET_LEVEL, params.copy()));
            }
            method::SUBSCRIBE | method::UNSUBSCRIBE => {
                self.told.retain(|(_, told)| told.text("uri") != uri());
                if method == method::SUBSCRIBE {
                    self.told.push((method::SUBSCRIBE, params.copy()));
                }
            }
            _ => self.note_read(calls, id, method, params),
        }
    }

    /// Keeps what only reads, unless its call does.
    fn note_read(&mut self, calls: &CallTable<P>, id: RequestId, method: &str, params: &P) {
        let Some(own) = READS.into_iter().find(|own| *own == method) else { return };
        let alone =
            |call: &PendingCall<P>| call.id == id && call.pages.is_none() && call.work.is_none();
        if calls.which(alone).is_none() {
            return;
        }
        if self.reads.len() >= MANY {
            self.reads.retain(|(id, _)| calls.which(|call| call.id == *id).is_some());
        }
        self.reads.push((id, (own, params.copy())));
    }

    /// What the request was that a call waits for, if it only reads and was not sent twice before.
    fn read(&self, calls: &mut CallTable<P>, id: RequestId) -> Option<Said<P>> {
        calls.read_again(id).or_else(|| {
            let (_, (method, params)) = self.reads.iter().find(|(own, _)| *own == id)?;
            Some((*method, params.copy()))
        })
    }

    /// Tells a session of the legacy era what the one before it was told.
    fn tell(&self, wire: &mut Wire<P>) {
        for (method, params) in &self.told {
            let id = wire.requests.next();
            wire.request(id, Purpose::Call(id), method, params.copy());
            wire.requests.forget(id);
        }
    }
}

impl<P: Payload> ClientMachine<P> {
    /// A channel has ended, or could not be opened. If its authorization had come to its end, this is
    /// [`expired`](Self::expired), unless it was open too short for another to fare better, and else
    /// [`closed`](Self::closed). Returns whether the connection is over for want of an authorization.
    pub fn hung_up(
        &mut self,
        reason: &str,
        unauthorized: Option<Unauthorized>,
        now: Millis,
    ) -> bool {
        let wants = unauthorized.is_some_and(|how| match how {
            Unauthorized::Ended(_) => true,
            // Who was never let in had none that could end.
            Unauthorized::Refused => self.handshake.is_renewing(),
        });
        match unauthorized {
            Some(Unauthorized::Ended(open)) if open > SETTLED => self.expired(reason, now),
            _ => self.closed(reason),
        }
        wants && self.handshake.is_closed()
    }

    /// The server has ended the channel because its authorization has come to its end: another is opened
    /// in its place, for which there is a new one ([`Output::Reopen`](super::Output::Reopen)). Calls
    /// under way fail with [`Error::Lost`], unless they only read: those are sent again, once.
    /// Subscriptions go on, and what is asked meanwhile waits. A session of the legacy era begins anew:
    /// its log level and its subscriptions are asked for again. Whoever opens the other channel does not
    /// do so in a storm. While only the first part of the machine is there, that is the end.
    pub fn expired(&mut self, reason: &str, now: Millis) {
        if self.gate.holds() {
            self.let_through();
        }
        if self.wire.whole && self.handshake.renews(&mut self.wire) {
            self.renew(reason, now);
        } else {
            self.closed(reason);
        }
    }

    #[inline(never)]
    fn renew(&mut self, reason: &str, now: Millis) {
        self.wire.enter();
        self.unproven.begin();
        let lost = Error::Lost { reason: owned(reason), sent: true, cause: None };
        let modern = self.wire.version.is_some();
        let (wire, calls, unproven) = (&mut self.wire, &mut self.calls, &mut self.unproven);
        for id in calls.ids() {
            let outcome = Err(lost.clone());
            let goes_on = if self.subscriptions.is_empty() {
                false
            } else if modern {
                self.subscriptions.interrupted(wire, calls, id, &outcome, now)
            } else {
                self.subscriptions.suspended(wire, id, &lost)
            };
            if goes_on {
                continue;
            }
            match self.renewal.read(calls, id) {
                Some((method, params)) => {
                    unproven.note(id, method, &params, false);
                }
                None => calls.end(wire, id, outcome),
            }
        }
        wire.requests.clear();
        self.questions.clear();
    }

    /// A session has taken the place of another.
    #[inline(never)]
    pub(super) fn renewed(&mut self, now: Millis) {
        self.wire.enter();
        let (wire, calls) = (&mut self.wire, &mut self.calls);
        // Nobody knows what has changed meanwhile.
        self.cache.clear();
        if !wire.is(Version::listens) {
            self.renewal.tell(wire);
        }
        if !self.subscriptions.is_empty() {
            self.subscriptions.go_on(wire, calls, self.handshake.session(), now);
        }
    }
}
