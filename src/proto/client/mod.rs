//! The client machine: one connection's requests, progress and clocks, without a socket or a clock.
//!
//! Feed it ([`connect`](ClientMachine::connect), [`opened`](ClientMachine::opened), [`read`](ClientMachine::read),
//! [`request`](ClientMachine::request), …), then drain it with [`poll_output`](ClientMachine::poll_output) until
//! that is `None`, then see that [`handle_timeout`](ClientMachine::handle_timeout) is called at
//! [`poll_timeout`](ClientMachine::poll_timeout). The machine outlives its connections, so ids go on.
//!
//! Here are its doors, but for what arrives (`incoming.rs`) and what leaves (`outgoing.rs`). Each part
//! owns what it keeps, and borrows what it may touch: the wire to speak to the server, the calls, the
//! cache.

mod address;
mod answers;
mod cache;
mod calls;
mod capabilities;
mod channel;
mod gate;
mod handshake;
mod incoming;
mod legs;
mod limits;
mod oddity;
mod outgoing;
mod output;
mod pages;
mod paging;
mod patience;
mod phase;
mod prior;
mod progress;
mod questions;
mod renewal;
mod requests;
mod rounds;
mod subscriptions;
mod tasks;
mod tools;
mod verdict;
mod wire;
mod work;

pub use answers::NoAnswer;
pub use cache::Caching;
pub use capabilities::Handles;
pub use channel::{Channel, OWN_STREAM};
pub use limits::CallLimits;
pub use oddity::{Heard, Oddity, ProgressCounts};
pub use output::{
    ClientConfig, InputRequest, Mode, Negotiated, Output, ReplyTo, Report, Requested,
};
pub use pages::PageLimits;
pub use progress::LONGEST_SCANNED;
pub use renewal::{AUTHORIZATION_ENDED, Unauthorized};
pub use requests::{RequestId, Slot};

use crate::error::{Clock, Error};
use crate::jsonrpc::Payload;
use crate::proto::Millis;
use crate::proto::version::{Era, Version};
use crate::text::owned;
use crate::types::{Level, method};

use cache::Cache;
use calls::{CallTable, Expired};
use gate::HeldBack;
use handshake::Handshake;
use phase::Shaken;
use prior::Unproven;
use questions::ServerRequests;
use renewal::Renewal;
use subscriptions::Subscriptions;
use wire::Wire;

/// How long a server is believed to be what it was, in milliseconds: a day.
const REMEMBERED: Millis = 86_400_000.0;

/// The client's side of one connection after another.
#[derive(Debug)]
pub struct ClientMachine<P> {
    wire: Wire<P>,
    handshake: Handshake<P>,
    unproven: Unproven<P>,
    renewal: Renewal<P>,
    calls: CallTable<P>,
    questions: ServerRequests,
    cache: Cache,
    subscriptions: Subscriptions<P>,
    counts: ProgressCounts,
    gate: HeldBack<P>,
}

impl<P: Payload> ClientMachine<P> {
    /// A client that is not connected.
    pub fn new(config: ClientConfig<P>) -> Self {
        Self {
            wire: Wire::new(config),
            handshake: Handshake::new(),
            unproven: Unproven::new(),
            renewal: Renewal::new(),
            calls: CallTable::new(),
            questions: ServerRequests::new(),
            cache: Cache::new(),
            subscriptions: Subscriptions::new(),
            counts: ProgressCounts::default(),
            gate: HeldBack::new(),
        }
    }

    // ---- the connection ----

    /// A channel is about to be opened. Starts the connect clock.
    pub fn connect(&mut self, channel: Channel, now: Millis) {
        self.wire.version = None;
        self.handshake.connect(channel, now);
    }

    /// What an earlier connection has found out about the server, to be told between
    /// [`connect`](Self::connect) and [`opened`](Self::opened): `{ kind: "modern", discover }` with
    /// the answer to `server/discover`, or `{ kind: "legacy" }`; or, of a session that goes on,
    /// `{ kind: "session", protocolVersion }`. Anything else is as good as nothing.
    pub fn know(&mut self, prior: P) {
        self.handshake.prior = Some(prior);
    }

    /// The channel is open: the handshake starts.
    pub fn opened(&mut self, now: Millis) {
        if self.handshake.opened(&mut self.wire, now) {
            self.unproven.begin();
        } else if self.handshake.is_done() {
            // In place of another: what was asked meanwhile.
            self.shaken(Shaken::Begun, now);
        }
    }

    /// The server has the notification that ends the handshake.
    pub fn begun(&mut self, now: Millis) {
        let shaken = self.handshake.begun(&mut self.wire);
        self.shaken(shaken, now);
    }

    /// The notification that ends the handshake could not be delivered.
    pub fn not_begun(&mut self, error: Error<P>, now: Millis) {
        let shaken = self.handshake.not_begun(error);
        self.shaken(shaken, now);
    }

    fn shaken(&mut self, shaken: Shaken<P>, now: Millis) {
        match shaken {
            Shaken::On => {}
            Shaken::Begun => {
                if self.handshake.has_renewed() {
                    self.renewed(now);
                }
                self.unproven.ask_again(&mut self.wire, &mut self.calls, now);
            }
            Shaken::Failed(error, second) => self.disconnect(error, second),
        }
    }

    /// The channel has ended. Every call fails with [`Error::Closed`].
    pub fn closed(&mut self, reason: &str) {
        if !self.handshake.reopens(&mut self.wire) {
            self.close(reason);
        }
    }

    /// The user ends the connection: as [`closed`](Self::closed), but without a second attempt.
    pub fn close(&mut self, reason: &str) {
        if !self.handshake.is_closed() {
            let sent = !self.handshake.is_opening() && !self.handshake.is_renewing();
            self.disconnect(Error::Closed { reason: owned(reason), sent }, None);
        }
    }

    /// Ends the connection; `second` is what else has failed.
    fn disconnect(&mut self, error: Error<P>, second: Option<Error<P>>) {
        if self.gate.holds() {
            self.let_through();
        }
        for id in self.calls.ids() {
            self.calls.end(&mut self.wire, id, Err(error.clone()));
        }
        self.wire.requests.clear();
        self.questions.clear();
        self.cache.clear();
        self.calls.tools.forget(&mut self.wire);
        self.unproven.end();
        self.renewal.end();
        self.handshake.close(&mut self.wire);
        self.wire.push(Output::Disconnected(error, second));
    }

    /// What came of the handshake, while connected.
    pub fn session(&self) -> Option<&Negotiated<P>> {
        self.handshake.session()
    }

    /// How long it may be taken for granted that this server begins with `initialize`: from now on, by
    /// whoever connects to it again ([`Channel::remembered`]). `None` if the server itself has not shown its
    /// era: this client speaks no other, the probe was lost on the way, or the server was in trouble.
    pub fn legacy_for(&self) -> Option<Millis> {
        let version = self.session()?.version;
        let is_certain = self.wire.config.mode == Mode::Auto && self.handshake.is_certain();
        is_certain.then_some(if version.era() == Era::Legacy { REMEMBERED } else { 0.0 })
    }

    fn require_open(&self) -> Result<Version, Error<P>> {
        let closed = || Error::Closed { reason: owned("not connected"), sent: false };
        self.wire.version.ok_or_else(closed)
    }

    /// From now on the client declares the capabilities that are given, as the protocol writes them, and
    /// those that its handlers bring along. A legacy session keeps those that it began with; modern
    /// requests carry the new ones.
    pub fn declare(&mut self, given: &P, handles: Handles) {
        self.wire.config.capabilities = handles.declared(given);
        // The server may ask at once.
        if handles.any() {
            self.want_dialogue();
        }
        self.carry();
    }

    /// Which log messages are wanted from now on. Returns whether the server has to be told by a
    /// request; otherwise every later request carries the level.
    ///
    /// # Errors
    /// [`Error::Closed`] when the connection is not open.
    pub fn set_log_level(&mut self, level: Level) -> Result<bool, Error<P>> {
        let version = self.require_open()?;
        self.wire.config.log_level = Some(level);
        self.carry();
        Ok(version.has_session_methods())
    }

    fn carry(&mut self) {
        if let Some(version) = self.wire.version {
            self.wire.set_envelope(version);
        }
    }

    /// The method that asks whether the server is there.
    pub fn ping_method(&self) -> &'static str {
        match self.wire.version {
            Some(version) if !version.has_session_methods() => method::DISCOVER,
            _ => method::PING,
        }
    }

    // ---- clocks, and what comes out ----

    /// How much progress was odd so far.
    pub fn progress_counts(&self) -> ProgressCounts {
        self.counts
    }

    /// How many notifications named no subscription that there is.
    pub fn stray_notifications(&self) -> u32 {
        self.subscriptions.strays
    }

    /// Looks at the clocks.
    ///
    /// If it is called much later than it wanted to be, what is due waits once more, so that messages
    /// which lie unread are heard first.
    pub fn handle_timeout(&mut self, now: Millis) {
        let wake = self.poll_timeout();
        let shaken = self.handshake.handle_timeout(&mut self.wire, wake, now);
        self.shaken(shaken, now);
        self.calls.hold(!self.questions.is_empty());
        for (id, expired) in self.calls.expire(now) {
            let Some(call) = self.calls.find(id) else { continue };
            let (slot, limits) = (call.slot, call.limits);
            let (clock, after) = match expired {
                Expired::Stall => {
                    self.wire.push(Output::Stalled(slot));
                    continue;
                }
                // There will be another channel first.
                Expired::Pause if self.handshake.is_opening() => {
                    self.calls.pause(id, now + 1_000.0);
                    continue;
                }
                Expired::Pause => {
                    let (wire, calls) = (&mut self.wire, &mut self.calls);
                    if !self.subscriptions.listen_again(wire, calls, id, now) {
                        calls.go_on(wire, id, now);
                    }
                    continue;
                }
                Expired::Idle => (Clock::Idle, limits.timeout),
                Expired::Total => (Clock::Total, limits.max_total),
            };
            self.abandon(id, Some("timeout"), Error::Timeout { clock, after });
        }
        // What has just gone on may have no time at all: that is told now, not by another strike.
        if self.calls.wake() <= now {
            self.handle_timeout(now);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; infinite for never.
    pub fn poll_timeout(&self) -> Millis {
        self.handshake.wake().min(self.calls.wake())
    }

    /// The next thing to do or to tell.
    pub fn poll_output(&mut self) -> Option<Output<P>> {
        let output = self.wire.outputs.pop()?;
        if let Output::Settled(slot, outcome) = &output {
            let answered = matches!(outcome, Ok(_) | Err(Error::Rpc(_)));
            if !self.questions.is_empty() {
                self.questions.release(&mut self.wire, &self.calls, *slot, answered);
            }
            self.subscriptions.release(*slot);
            self.calls.release(*slot);
        }
        Some(output)
    }
}
