//! The client machine: one connection's requests, progress and clocks, without a socket or a clock.
//!
//! Feed it ([`connect`](Client::connect), [`opened`](Client::opened), [`receive`](Client::receive),
//! [`request`](Client::request), …), then drain it with [`poll_output`](Client::poll_output) until
//! that is `None`, then see that [`handle_timeout`](Client::handle_timeout) is called at
//! [`poll_timeout`](Client::poll_timeout). The machine outlives its connections, so ids go on.

mod address;
mod cache;
mod calls;
mod handshake;
mod inputs;
mod output;
mod prior;
mod progress;
mod rounds;
mod subscriptions;
mod tasks;

pub use calls::CallLimits;
use output::Outputs;
pub use output::{Channel, Config, InputRequest, Mode, Output, Report, Session};
pub use progress::{Oddity, ProgressCounts};

use crate::error::{Clock, Error};
use crate::jsonrpc::{Id, Malformed, Message, Payload, RpcError, code, write_call};
use crate::proto::Millis;
use crate::proto::scan::Scanned;
use crate::proto::version::{Era, Version};
use crate::types::{Level, meta, method};

use cache::{Cache, Kept};
use calls::{CallTable, Expired, LATE};
use inputs::Open;
use output::{owned, sentence};
use rounds::Work;
use subscriptions::Subscriptions;

/// How many ended but unanswered requests are remembered, so that their late answers are no fault.
const ABANDONED: usize = 1024;

/// Where the connection stands.
#[derive(Debug)]
enum Phase<P> {
    Closed,
    /// The transport is opening. `initialize` comes first if the server hung up on a probe.
    Opening {
        hung_up: bool,
    },
    Probing {
        id: i64,
        again: bool,
        deadline: Millis,
    },
    Initializing {
        id: i64,
        probed: bool,
    },
    /// The server is in trouble that passes; the handshake begins again.
    Waiting {
        until: Millis,
        legacy: bool,
    },
    Open(Box<Session<P>>),
}

impl<P> Phase<P> {
    /// The revision that both sides speak, while connected.
    fn version(&self) -> Option<Version> {
        match self {
            Self::Open(session) => Some(session.version),
            _ => None,
        }
    }
}

/// The client's side of one connection after another.
#[derive(Debug)]
pub struct Client<P> {
    config: Config<P>,
    channel: Channel,
    phase: Phase<P>,
    connect_deadline: Millis,
    /// Whether it was put off because the timer came late.
    put_off: bool,
    /// The latest id handed out.
    newest: i64,
    /// What every request of this connection carries in `_meta`.
    envelope: P,
    calls: CallTable<P>,
    /// The requests of the server that wait for their answer.
    open: Vec<Open>,
    newest_input: u32,
    abandoned: Vec<i64>,
    cache: Cache,
    subscriptions: Subscriptions<P>,
    /// What became of the first probe, if that says nothing of the server's era: it was lost on the
    /// way, or the server was in trouble.
    doubt: Option<Error<P>>,
    /// How often the handshake has begun again.
    rounds: u32,
    /// Whether the notification that ends the handshake is on its way.
    greeting: bool,
    /// What is known of the server before the handshake.
    prior: Option<P>,
    /// What was asked of a server that is open by what is known of it, before it has shown that.
    unproven: Option<Vec<prior::Asked<P>>>,
    counts: ProgressCounts,
    /// What was odd about the progress that was read last without an output.
    oddity: Option<Oddity>,
    outputs: Outputs<P>,
}

impl<P: Payload> Client<P> {
    /// A client that is not connected.
    pub fn new(config: Config<P>) -> Self {
        Self {
            config,
            channel: Channel::default(),
            phase: Phase::Closed,
            connect_deadline: f64::INFINITY,
            put_off: false,
            newest: 0,
            envelope: P::object(),
            calls: CallTable::new(),
            open: Vec::new(),
            newest_input: 0,
            abandoned: Vec::new(),
            cache: Cache::new(),
            subscriptions: Subscriptions::new(),
            doubt: None,
            rounds: 0,
            greeting: false,
            prior: None,
            unproven: None,
            counts: ProgressCounts::default(),
            oddity: None,
            outputs: Outputs::new(),
        }
    }

    /// A channel is about to be opened. Starts the connect clock.
    pub fn connect(&mut self, channel: Channel, now: Millis) {
        self.channel = channel;
        // However short the whole is to be, half of it is left for `initialize`.
        if channel.probe_timeout.is_finite() {
            self.channel.probe_timeout = channel.probe_timeout.min(channel.connect_timeout / 2.0);
        }
        self.doubt = None;
        self.rounds = 0;
        self.prior = None;
        self.put_off = false;
        self.connect_deadline = now + channel.connect_timeout;
        self.phase = Phase::Opening { hung_up: false };
    }

    /// The channel is open: the handshake starts.
    pub fn opened(&mut self, now: Millis) {
        let Phase::Opening { hung_up } = self.phase else { return };
        let known = self.open_by_prior();
        if matches!(self.phase, Phase::Open(_)) {
            return;
        }
        if known.is_some() {
            self.channel.remembered = known;
        }
        let first = match self.config.mode {
            Mode::Auto if hung_up || self.channel.remembered == Some(Era::Legacy) => Era::Legacy,
            Mode::Auto => Era::Modern,
            Mode::Legacy => Era::Legacy,
            Mode::Pin(version) => version.era(),
        };
        match first {
            Era::Modern => self.probe(false, now),
            Era::Legacy => self.initialize(hung_up),
        }
    }

    /// The channel has ended. Every call fails with [`Error::Closed`].
    pub fn closed(&mut self, reason: &str) {
        match self.phase {
            // Some servers hang up on anything that comes before `initialize`.
            Phase::Probing { .. } if self.channel.can_reopen && self.config.mode == Mode::Auto => {
                self.phase = Phase::Opening { hung_up: true };
                self.outputs.push(Output::Reopen);
            }
            _ => self.close(reason),
        }
    }

    /// The user ends the connection: as [`closed`](Self::closed), but without a second attempt.
    pub fn close(&mut self, reason: &str) {
        if !matches!(self.phase, Phase::Closed) {
            let sent = !matches!(self.phase, Phase::Opening { .. });
            self.disconnect(Error::Closed { reason: owned(reason), sent }, None);
        }
    }

    /// What has arrived, parsed: a message, or where the revision has batches several in an array.
    ///
    /// `stream` is the request of ours on whose stream it came, where each has one.
    pub fn read(&mut self, value: &P, stream: Option<i64>, now: Millis) {
        let batches = self.phase.version().is_some_and(Version::has_batches);
        match value.elements().filter(|all| batches && !all.is_empty()) {
            Some(messages) => {
                for message in messages {
                    self.receive(Message::read(&message), stream, now);
                }
            }
            None => self.receive(Message::read(value), stream, now),
        }
    }

    /// A message has arrived; `stream` as for [`read`](Self::read).
    pub fn receive(
        &mut self,
        message: Result<Message<P>, Malformed>,
        stream: Option<i64>,
        now: Millis,
    ) {
        if matches!(self.phase, Phase::Closed | Phase::Opening { .. }) {
            return;
        }
        match message {
            Ok(Message::Response { id: Some(id), outcome }) => {
                let id = self.ours(&id).unwrap_or(0);
                self.receive_response(id, outcome.map_err(Error::Rpc), now);
            }
            Ok(Message::Response { id: None, outcome }) => {
                if let Err(error) = outcome.map_err(Error::Rpc) {
                    match self.unreadable() {
                        Some(id) => self.receive_response(id, Err(error), now),
                        None => self.outputs.push(Output::Fault(error)),
                    }
                }
            }
            // What comes before the answer to the probe belongs to no session.
            Ok(_) if matches!(self.phase, Phase::Probing { .. }) => {}
            Ok(Message::Notification { method, params }) => {
                self.receive_notification(method, params, now);
            }
            Ok(Message::Request { id, method, params }) => {
                self.receive_request(id, method, params, stream);
            }
            Err(malformed) => {
                let error = Error::Protocol(sentence(&[
                    "the server sent no JSON-RPC message: ",
                    malformed.reason,
                ]));
                let Some(id) = malformed.id else { return self.outputs.push(Output::Fault(error)) };
                if malformed.is_response {
                    let id = self.ours(&id).unwrap_or(0);
                    if self.awaits(id) {
                        return self.receive_response(id, Err(error), now);
                    }
                } else if malformed.is_call && self.asks_by_request() {
                    // Its sender would wait for ever.
                    self.refuse(id, code::INVALID_REQUEST, malformed.reason);
                }
                self.outputs.push(Output::Fault(error));
            }
        }
    }

    /// A frame has arrived that the scanner could read: returns the slot to deliver it to.
    /// Does the same as [`receive`](Self::receive) would, without an output; what is odd about it
    /// is the [`oddity`](Self::oddity).
    pub fn receive_scanned(&mut self, scanned: &Scanned) -> Option<u32> {
        self.receive_progress(scanned.token, scanned.is_text, scanned.progress)
    }

    /// The same of what was scanned elsewhere; `is_text` is whether the token came as text.
    #[inline]
    pub fn receive_progress(&mut self, token: i64, is_text: bool, progress: f64) -> Option<u32> {
        self.oddity = None;
        if !matches!(self.phase, Phase::Initializing { .. } | Phase::Open(_)) {
            return None;
        }
        if is_text { self.accept_text(token, progress) } else { self.accept(token, progress) }
    }

    #[inline]
    fn accept(&mut self, token: i64, progress: f64) -> Option<u32> {
        let (slot, oddity) = self.calls.accept(token, progress, self.newest);
        self.oddity = oddity;
        if let Some(oddity) = oddity {
            self.counts.add(oddity);
        }
        if slot.is_some() {
            self.counts.delivered = self.counts.delivered.wrapping_add(1);
        }
        slot
    }

    /// What was odd about the latest progress that was scanned.
    #[inline]
    pub fn oddity(&self) -> Option<Oddity> {
        self.oddity
    }

    /// The result of such a request that is kept from an earlier one, if the server allowed that.
    pub fn kept(&self, method: &str, params: &P, now: Millis) -> Option<P> {
        match self.cache.find(method, params, true, now) {
            Some(Kept::This(result)) => Some(result),
            _ => None,
        }
    }

    /// The same while nobody knows whether the authorization is still that of the latest request:
    /// `Some(None)` if there is a result that is private to it.
    #[allow(clippy::option_option, reason = "private, public, none")]
    pub fn kept_for_all(&self, method: &str, params: &P, now: Millis) -> Option<Option<P>> {
        Some(match self.cache.find(method, params, false, now)? {
            Kept::This(result) => Some(result),
            Kept::Private => None,
        })
    }

    /// What the request of that id is authorized with, or with 0 what the next one would be: any text
    /// that is another for another principal. Results that are private to another authorization are
    /// forgotten. Returns whether there was another, so that the caller forgets, too.
    pub fn identify(&mut self, authorization: &str, id: i64) -> bool {
        self.cache.identify(authorization, id)
    }

    /// Sends a request; returns its id, which is its progress token too, and its slot. For
    /// `subscriptions/listen` there is more to it, and nothing is sent in the legacy era but
    /// requests about resources.
    ///
    /// `params` belongs to the machine, which writes `_meta` into it.
    ///
    /// # Errors
    /// [`Error::Closed`] when the connection is not open.
    pub fn request(
        &mut self,
        method: &str,
        params: Option<P>,
        limits: CallLimits,
        now: Millis,
    ) -> Result<(i64, u32), Error<P>> {
        if self.unproven.is_none() || method == method::LISTEN {
            self.require_open()?;
        }
        let mut params = params.unwrap_or_else(P::object);
        if method == method::LISTEN {
            return Ok(self.listen(params, limits, now));
        }
        let id = self.next_id();
        if limits.cache && self.phase.version().is_some_and(Version::has_cache_hints) {
            self.cache.asked(id, method, &params);
        }
        if method == method::CALL_TOOL {
            self.weigh_task(&mut params);
        }
        let work = Work::new(method, &params);
        let may_send = self.note(id, method, &params);
        let params = self.with_meta(params, Some(id));
        let slot = self.calls.insert(id, limits, work, now);
        if may_send {
            self.send_request(id, method, params);
        }
        Ok((id, slot))
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// [`Error::Closed`] when the connection is not open.
    pub fn notify(&mut self, method: &str, params: Option<P>) -> Result<(), Error<P>> {
        self.require_open()?;
        self.send(write_call(None, method, params));
        Ok(())
    }

    /// Gives up the call that began with that id: the server is told if it works on it, the call
    /// fails at once with [`Error::Aborted`]. Does nothing if the call has ended.
    pub fn cancel(&mut self, first: i64, reason: Option<&str>) {
        if let Some(id) = self.calls.which(|call| call.first == first) {
            self.abandon(id, reason, Error::Aborted(reason.map(str::to_owned)));
        }
    }

    /// The transport got no answer to the request of that id, and will get none.
    pub fn failed(&mut self, id: i64, error: Error<P>, now: Millis) {
        if self.awaits(id) {
            self.receive_response(id, Err(error), now);
        }
    }

    /// Something went wrong on the way that belongs to no request.
    pub fn fault(&mut self, error: Error<P>) {
        self.outputs.push(Output::Fault(error));
    }

    /// Progress came where it does not belong, and was dropped.
    pub fn stray(&mut self, token: &Id, params: P) {
        match token {
            Id::Integer(id) => self.stray_scanned(*id, false),
            Id::Text(_) => self.stray_scanned(0, true),
        }
        self.tell_oddity(Some(params));
    }

    /// The same of what was scanned; `is_text` is whether the token came as text.
    pub fn stray_scanned(&mut self, token: i64, is_text: bool) {
        if is_text || self.calls.find(token).is_some() {
            self.dropped(Oddity::Unknown);
        } else {
            self.accept(token, 0.0);
        }
    }

    /// Progress is not delivered, for that reason.
    #[inline(never)]
    fn dropped(&mut self, oddity: Oddity) {
        self.counts.add(oddity);
        self.oddity = Some(oddity);
    }

    /// As [`accept`](Self::accept), for the text of an integer.
    #[inline(never)]
    fn accept_text(&mut self, token: i64, progress: f64) -> Option<u32> {
        let before = self.counts.coerced;
        let Some(id) = self.ours_as_text(token) else {
            self.oddity = Some(Oddity::Coerced);
            return None;
        };
        let slot = self.accept(id, progress);
        if self.counts.coerced != before && self.oddity.is_none() {
            self.oddity = Some(Oddity::Coerced);
        }
        slot
    }

    /// The integer of ours that an id or a token is, as the text of which it is counted; 0 for a
    /// stranger's. `None` for such a text if its call is strict.
    fn ours(&mut self, id: &Id) -> Option<i64> {
        match id {
            Id::Integer(id) => Some(*id),
            Id::Text(text) => self.ours_as_text(Id::decimal(text)),
        }
    }

    fn ours_as_text(&mut self, id: i64) -> Option<i64> {
        if !(1..=self.newest).contains(&id) {
            return Some(0);
        }
        self.counts.add(Oddity::Coerced);
        let strict = self.calls.find(id).is_some_and(|call| call.limits.strict);
        (!strict).then_some(id)
    }

    #[inline(never)]
    fn tell_oddity(&mut self, params: Option<P>) {
        if let Some(oddity) = self.oddity.take() {
            self.outputs.push(Output::Odd(oddity, params));
        }
    }

    /// The request of that id could not be sent: its call fails by that error, and nothing is told to
    /// the server.
    pub fn unsent(&mut self, id: i64, error: Error<P>) {
        if self.subscribed(id, &Err(error.clone())) {
            return;
        }
        if let Some(call) = self.calls.awaiting(id) {
            return self.end(call, Err(error));
        }
        match self.phase {
            // Some transports refuse on the server's behalf what comes before `initialize`.
            Phase::Probing { id: own, .. } if own == id && self.config.mode == Mode::Auto => {
                self.initialize(true);
            }
            Phase::Probing { id: own, .. } | Phase::Initializing { id: own, .. } if own == id => {
                self.disconnect(error, None);
            }
            // What is not waited for any more, such as a probe that was given up.
            _ => {}
        }
    }

    /// Looks at the clocks.
    ///
    /// If it is called much later than it wanted to be, what is due waits once more, so that messages
    /// which lie unread are heard first.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.put_off_connecting(now);
        if let Phase::Probing { id, again, deadline } = self.phase
            && now >= deadline
            && now < self.connect_deadline
        {
            self.expect_late_answer(id);
            self.initialize(again);
        }
        if self.is_connecting() && now >= self.connect_deadline {
            let after = self.channel.connect_timeout;
            let timeout = Error::Timeout { clock: Clock::Connect, after };
            let why = self.doubt.take();
            self.disconnect(timeout, why);
        }
        if let Phase::Waiting { until, legacy } = self.phase
            && now >= until
        {
            if legacy {
                self.initialize(false);
            } else {
                self.probe(false, now);
            }
        }
        self.calls.held |= !self.open.is_empty();
        for (id, expired) in self.calls.expire(now) {
            let Some((slot, limits)) = self.calls.find(id).map(|call| (call.slot, call.limits))
            else {
                continue;
            };
            let (clock, after) = match expired {
                Expired::Stall => {
                    self.outputs.push(Output::Stalled(slot));
                    continue;
                }
                Expired::Pause => {
                    if !self.listen_again(id, now) {
                        self.go_on(id, now);
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

    /// The timer may strike too late for the handshake: its clocks get that time back, once.
    fn put_off_connecting(&mut self, now: Millis) {
        if !self.is_connecting() || self.put_off {
            return;
        }
        let late = now - self.poll_timeout();
        if late > LATE {
            self.put_off = true;
            let Channel { connect_timeout, probe_timeout, .. } = self.channel;
            self.connect_deadline = self.connect_deadline.max(now + late.min(connect_timeout));
            if let Phase::Probing { deadline, .. } = &mut self.phase {
                *deadline = deadline.max(now + late.min(probe_timeout));
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; infinite for never.
    pub fn poll_timeout(&self) -> Millis {
        let own = match self.phase {
            Phase::Probing { deadline: until, .. } | Phase::Waiting { until, .. } => until,
            _ => f64::INFINITY,
        };
        let connect = if self.is_connecting() { self.connect_deadline } else { f64::INFINITY };
        own.min(connect).min(self.calls.wake())
    }

    /// The next thing to do or to tell.
    pub fn poll_output(&mut self) -> Option<Output<P>> {
        let output = self.outputs.pop();
        if let Some(Output::Settled(slot, _)) = output {
            self.calls.release(slot);
            self.subscriptions.release(slot);
        }
        output
    }

    /// How long the caller of that request waits for it, if somebody does.
    pub fn patience(&mut self, request: i64) -> Option<Millis> {
        let call = self.calls.awaiting(request)?;
        self.calls.find(call).map(|call| call.limits.timeout)
    }

    /// What came of the handshake, while connected.
    pub fn session(&self) -> Option<&Session<P>> {
        match &self.phase {
            Phase::Open(session) => Some(session),
            _ => None,
        }
    }

    /// Whether the server itself has shown its era: not if the probe was lost on the way, or the
    /// server was in trouble.
    pub fn is_era_certain(&self) -> bool {
        self.doubt.is_none()
    }

    /// Which log messages are wanted from now on. Returns whether the server has to be told by a
    /// request; otherwise every later request carries the level.
    ///
    /// # Errors
    /// [`Error::Closed`] when the connection is not open.
    pub fn set_log_level(&mut self, level: Level) -> Result<bool, Error<P>> {
        self.require_open()?;
        let version = self.session().map_or(Version::LATEST, |session| session.version);
        self.config.log_level = Some(level);
        self.set_envelope(version);
        Ok(version.has_session_methods())
    }

    /// The method that asks whether the server is there.
    pub fn ping_method(&self) -> &'static str {
        match self.session() {
            Some(session) if !session.version.has_session_methods() => method::DISCOVER,
            _ => method::PING,
        }
    }

    /// How much progress was odd so far.
    pub fn progress_counts(&self) -> ProgressCounts {
        self.counts
    }

    fn require_open(&self) -> Result<(), Error<P>> {
        match self.phase {
            Phase::Open(_) => Ok(()),
            _ => Err(Error::Closed { reason: owned("not connected"), sent: false }),
        }
    }

    fn is_modern(&self) -> bool {
        self.session().is_some_and(|session| session.version.era() == Era::Modern)
    }

    /// Whether the server may send requests of its own.
    fn asks_by_request(&self) -> bool {
        !self.is_modern() && !matches!(self.phase, Phase::Probing { .. })
    }

    fn next_id(&mut self) -> i64 {
        self.newest += 1;
        self.newest
    }

    fn send(&mut self, message: P) {
        self.outputs.push(Output::Send(message, None));
    }

    #[inline(never)]
    fn tell(&mut self, method: &str, params: P) {
        self.send(write_call(None, method, Some(params)));
    }

    #[inline(never)]
    fn answer_request(&mut self, id: Id, outcome: Result<P, RpcError<P>>) {
        self.send(Message::Response { id: Some(id), outcome }.write());
    }

    /// Answers a request of the server with an error.
    #[inline(never)]
    fn refuse(&mut self, id: Id, code: i64, text: &str) {
        self.answer_request(id, Err(RpcError::new(code, owned(text))));
    }

    fn send_request(&mut self, id: i64, method: &str, params: P) {
        let request = write_call(Some(&Id::Integer(id)), method, Some(params));
        self.outputs.push(Output::Send(request, Some(id)));
    }

    /// Fills in `_meta`: the envelope, what the caller put there, and our token above all.
    #[allow(clippy::cast_precision_loss)] // ids count from 1
    fn with_meta(&self, mut params: P, token: Option<i64>) -> P {
        let mut own = P::object();
        own.assign(&self.envelope);
        if let Some(callers) = params.get(meta::META) {
            own.assign(&callers);
        }
        if let Some(token) = token {
            own.set(meta::PROGRESS_TOKEN, P::number(token as f64));
        }
        params.set(meta::META, own);
        params
    }

    /// What each request carries in the given revision.
    fn set_envelope(&mut self, version: Version) {
        self.envelope = P::object();
        if version.carries_envelope() {
            self.envelope.set_text(meta::PROTOCOL_VERSION, version.as_str());
            self.envelope.set(meta::CLIENT_INFO, self.config.info.to_payload());
            self.envelope.set(meta::CLIENT_CAPABILITIES, self.config.capabilities.clone());
            if let Some(level) = &self.config.log_level {
                self.envelope.set_text(meta::LOG_LEVEL, level.as_str());
            }
        }
    }

    fn probe(&mut self, again: bool, now: Millis) {
        let id = self.next_id();
        let version = match self.config.mode {
            Mode::Pin(version) => version,
            _ => Version::LATEST,
        };
        self.set_envelope(version);
        let params = self.with_meta(P::object(), None);
        self.send_request(id, method::DISCOVER, params);
        let deadline = match self.config.mode {
            Mode::Auto => now + self.channel.probe_timeout,
            _ => f64::INFINITY,
        };
        self.phase = Phase::Probing { id, again, deadline };
    }

    fn initialize(&mut self, probed: bool) {
        let id = self.next_id();
        let version = match self.config.mode {
            Mode::Pin(version) => version,
            _ => Version::LATEST_LEGACY,
        };
        self.set_envelope(version);
        let mut params = P::object();
        params.set_text("protocolVersion", version.as_str());
        params.set("capabilities", self.config.capabilities.clone());
        params.set("clientInfo", self.config.info.to_payload());
        self.send_request(id, method::INITIALIZE, params);
        self.phase = Phase::Initializing { id, probed };
    }

    /// Whether a response with that id would be an answer to something.
    fn awaits(&mut self, id: i64) -> bool {
        match self.phase {
            Phase::Probing { id: own, .. } | Phase::Initializing { id: own, .. } => id == own,
            _ => self.calls.awaiting(id).is_some() || self.subscriptions.asks(id),
        }
    }

    /// The request that an error answers whose sender could not read the id: the only one that is
    /// under way and of which the server has not shown that it works on it.
    fn unreadable(&self) -> Option<i64> {
        match self.phase {
            Phase::Probing { id, .. } | Phase::Initializing { id, .. } => Some(id),
            _ => {
                let mut waiting = self.calls.unheard();
                waiting.retain(|id| !self.subscriptions.is_open(*id));
                waiting.extend(self.subscriptions.all_asked());
                match *waiting {
                    [id] => Some(id),
                    _ => None,
                }
            }
        }
    }

    fn receive_response(&mut self, number: i64, outcome: Result<P, Error<P>>, now: Millis) {
        match self.phase {
            Phase::Probing { id, .. } | Phase::Initializing { id, .. } if id == number => {
                self.shake(outcome, now);
            }
            Phase::Open(_) => self.answered(number, outcome, now),
            // The answer to a probe that came too late, or to a request of an earlier connection.
            _ => {}
        }
    }

    /// The answer to a request of an open connection.
    fn answered(&mut self, id: i64, outcome: Result<P, Error<P>>, now: Millis) {
        if !self.disproves(id, &outcome, now)
            && !self.interrupted(id, &outcome, now)
            && !self.subscribed(id, &outcome)
        {
            self.cache.answered(id, &outcome, now);
            self.settle(id, outcome, now);
        }
    }

    fn settle(&mut self, id: i64, outcome: Result<P, Error<P>>, now: Millis) {
        if let Some(call) = self.calls.awaiting(id) {
            self.judge(call, outcome, now);
        } else if let Some(at) = self.abandoned.iter().position(|&abandoned| abandoned == id) {
            self.forget(at);
            if let Ok(result) = outcome {
                self.cancel_late_task(&result);
            }
        } else if (1..=self.newest).contains(&id) {
            self.outputs.push(Output::fault(&["the server answered a request twice"]));
        } else {
            self.outputs
                .push(Output::fault(&["the server answered a request that was never sent"]));
        }
    }

    fn receive_notification(&mut self, method: String, params: Option<P>, now: Millis) {
        if method == method::CANCELLED {
            self.receive_cancelled(params.as_ref());
        } else if method == method::ELICITED {
            self.receive_elicited(params.as_ref(), now);
        } else if method == method::TASK_STATUS {
            self.receive_task_status(params.as_ref(), now);
        } else if method == method::PROGRESS {
            match progress::read(params.clone()) {
                Some((token, report)) => {
                    let slot = match &token {
                        Id::Integer(id) => self.accept(*id, report.progress),
                        Id::Text(text) => self.accept_text(Id::decimal(text), report.progress),
                    };
                    if let Some(slot) = slot {
                        self.outputs.push(Output::Progress(slot, report));
                    }
                }
                None => self.dropped(Oddity::Malformed),
            }
            self.tell_oddity(params.clone());
        }
        self.hear(method, params);
    }

    /// Ends a call from this side: the server is told, and its late answer will be no fault.
    fn abandon(&mut self, id: i64, reason: Option<&str>, error: Error<P>) {
        let Some(request) = self.calls.find(id).map(|call| call.request) else { return };
        let unlistened = self.unlisten(id);
        if request != 0 && !unlistened {
            self.expect_late_answer(request);
        }
        if let Some(task) = self.task_of(id).map(|task| task.id.clone()) {
            self.cancel_task(task);
        } else if request != 0 && !unlistened {
            let mut params = P::object();
            params.set("requestId", P::from_id(&Id::Integer(request)));
            if let Some(reason) = reason {
                params.set_text("reason", reason);
            }
            self.tell(method::CANCELLED, params);
        }
        self.end(id, Err(error));
    }

    fn end(&mut self, id: i64, outcome: Result<P, Error<P>>) {
        let answered = matches!(outcome, Ok(_) | Err(Error::Rpc(_)));
        if let Some(slot) = self.calls.remove(id) {
            self.outputs.push(Output::Settled(slot, outcome));
            self.withdraw(slot, answered);
        }
    }

    fn expect_late_answer(&mut self, id: i64) {
        if self.abandoned.len() == ABANDONED {
            self.forget(0);
        }
        self.abandoned.push(id);
    }

    /// Takes an id out of those that are abandoned.
    #[inline(never)]
    fn forget(&mut self, at: usize) {
        if let Some([id, later @ ..]) = self.abandoned.get_mut(at..) {
            for next in later.iter_mut().rev() {
                std::mem::swap(id, next);
            }
            self.abandoned.pop();
        }
    }

    /// Ends the connection; `second` is what else has failed.
    fn disconnect(&mut self, error: Error<P>, second: Option<Error<P>>) {
        for id in self.calls.ids() {
            self.end(id, Err(error.clone()));
        }
        self.abandoned.clear();
        self.cache.clear();
        self.subscriptions.clear();
        self.open.clear();
        self.phase = Phase::Closed;
        self.greeting = false;
        self.unproven = None;
        self.connect_deadline = f64::INFINITY;
        self.outputs.push(Output::Disconnected(error, second));
    }
}
