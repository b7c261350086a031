//! Finding out which era a server speaks.
//!
//! The specification's stdio rule (<https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning>):
//! the first message is a `server/discover` probe, and any answer but a modern one means
//! `initialize`. Nothing depends on one error code, because old servers use several. Over HTTP
//! there are failures besides answers: a status may say that the server is in trouble, which is no
//! sign of an era, and a page is not told what became of a request that CORS forbids. In either case
//! `initialize` is tried once, because some servers are in trouble only with what they do not know.

use crate::error::{Clock, Error};
use crate::jsonrpc::{Payload, write_call};
use crate::proto::Millis;
use crate::proto::version::{Era, Version};
use crate::types::method;

use super::calls::LATE;
use super::channel::Channel;
use super::output::{Mode, Negotiated, Output};
use super::patience::Patience;
use super::phase::{Phase, Shaken};
use super::prior::Known;
use super::requests::Purpose;
use super::verdict::{Verdict, judge_initialize, judge_probe, says_nothing};
use super::wire::Wire;

/// How the connection comes about.
#[derive(Debug)]
pub(super) struct Handshake<P> {
    pub channel: Channel,
    phase: Phase<P>,
    patience: Patience,
    /// What became of the first probe, if that does not show the server's era: it was lost on the
    /// way, or the server was in trouble.
    doubt: Option<Error<P>>,
    /// Whether the notification that ends it is on its way.
    greeting: bool,
    /// What is known of the server before.
    pub prior: Option<P>,
    /// Whether an open connection waits for another channel.
    gap: bool,
    /// The session of the legacy era that another is to take the place of.
    former: Option<Box<Negotiated<P>>>,
}

impl<P: Payload> Handshake<P> {
    pub fn new() -> Self {
        Self {
            channel: Channel::default(),
            phase: Phase::Closed,
            patience: Patience::until(f64::INFINITY),
            doubt: None,
            greeting: false,
            prior: None,
            gap: false,
            former: None,
        }
    }

    /// A channel is about to be opened.
    pub fn connect(&mut self, channel: Channel, now: Millis) {
        *self = Self {
            channel: channel.fitted(),
            phase: Phase::Opening { hung_up: false },
            patience: Patience::until(now + channel.connect_timeout),
            ..Self::new()
        };
    }

    /// The channel is open. Returns whether the connection is too: its server is known to be modern.
    pub fn opened(&mut self, wire: &mut Wire<P>, now: Millis) -> bool {
        self.gap = false;
        let Phase::Opening { hung_up } = self.phase else { return false };
        if self.former.is_some() {
            self.patience = Patience::until(now + self.channel.connect_timeout);
        }
        let mode = wire.config.mode;
        match self.prior.take().map_or(Known::Nothing, |prior| Known::read(&prior, mode)) {
            Known::Nothing => {}
            Known::Era(era) => self.channel.remembered = Some(era),
            Known::Session(session) => {
                let proven = session.discovered.is_none();
                wire.set_envelope(session.version);
                self.enter(wire, session);
                return !proven;
            }
        }
        let first = match mode {
            Mode::Auto if hung_up || self.channel.remembered == Some(Era::Legacy) => Era::Legacy,
            Mode::Auto => Era::Modern,
            Mode::Legacy => Era::Legacy,
            Mode::Pin(version) => version.era(),
        };
        match first {
            Era::Modern => self.probe(wire, false, now),
            Era::Legacy => self.initialize(wire, hung_up),
        }
        false
    }

    /// The channel has ended; true if another is opened in its place.
    pub fn reopens(&mut self, wire: &mut Wire<P>) -> bool {
        // Some servers hang up on anything that comes before `initialize`.
        let may = self.channel.can_reopen && wire.config.mode == Mode::Auto;
        let reopens = may && matches!(self.phase, Phase::Probing { .. });
        if reopens {
            self.phase = Phase::Opening { hung_up: true };
            wire.requests.forget_handshake();
            wire.push(Output::Reopen);
        }
        reopens
    }

    /// The channel has ended because its authorization has; true if all goes on over another.
    pub fn renews(&mut self, wire: &mut Wire<P>) -> bool {
        let renews = self.channel.can_reopen && self.is_done();
        self.gap = renews && wire.is(Version::listens);
        if renews {
            wire.push(Output::Reopen);
            if !self.gap {
                wire.version = None;
                self.former = self.phase.give_way();
            }
        }
        renews
    }

    /// Whether another channel or session is to take the place of the one before.
    pub fn is_renewing(&self) -> bool {
        self.gap || self.former.is_some()
    }

    /// Whether another session has taken the place of the one before. Says so once.
    pub fn has_renewed(&mut self) -> bool {
        self.former.take().is_some()
    }

    /// The connection has ended.
    pub fn close(&mut self, wire: &mut Wire<P>) {
        wire.version = None;
        self.phase = Phase::Closed;
        self.former = None;
        (self.gap, self.greeting) = (false, false);
        self.patience.end();
    }

    /// What came of it, while connected; of the one before, while another takes its place.
    pub fn session(&self) -> Option<&Negotiated<P>> {
        if let Phase::Open(session) = &self.phase { Some(session) } else { self.former.as_deref() }
    }

    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether there is no channel yet.
    pub fn is_opening(&self) -> bool {
        self.gap || matches!(self.phase, Phase::Opening { .. })
    }

    /// Whether only the answer to the probe counts.
    pub fn is_probing(&self) -> bool {
        matches!(self.phase, Phase::Probing { .. })
    }

    /// Whether progress may come.
    #[inline]
    pub fn hears_progress(&self) -> bool {
        matches!(self.phase, Phase::Initializing { .. } | Phase::Open(_))
    }

    /// Whether an answer is waited for.
    pub fn is_shaking(&self) -> bool {
        matches!(self.phase, Phase::Probing { .. } | Phase::Initializing { .. })
    }

    /// Whether the connection is on its way.
    pub fn is_connecting(&self) -> bool {
        match self.phase {
            Phase::Closed => false,
            Phase::Open(_) => self.greeting,
            _ => true,
        }
    }

    /// Whether requests go out.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Open(_)) && !self.greeting && !self.gap
    }

    /// Whether the server itself has shown its era.
    pub fn is_certain(&self) -> bool {
        self.doubt.is_none()
    }

    /// The server is not what it was known for.
    pub fn again(&mut self, wire: &mut Wire<P>, now: Millis) {
        self.patience.deadline = now + self.channel.connect_timeout;
        self.probe(wire, false, now);
    }

    fn probe(&mut self, wire: &mut Wire<P>, again: bool, now: Millis) {
        let mode = wire.config.mode;
        let version = match mode {
            Mode::Pin(version) => version,
            _ => Version::LATEST,
        };
        wire.version = None;
        wire.set_envelope(version);
        let id = wire.requests.next();
        wire.request(id, Purpose::Probe, method::DISCOVER, P::object());
        let deadline = match mode {
            Mode::Auto => now + self.channel.probe_timeout,
            _ => f64::INFINITY,
        };
        self.phase = Phase::Probing { again, deadline };
    }

    fn initialize(&mut self, wire: &mut Wire<P>, probed: bool) {
        let version = match wire.config.mode {
            Mode::Pin(version) => version,
            _ => Version::LATEST_LEGACY,
        };
        wire.version = None;
        wire.set_envelope(version);
        let mut params = P::object();
        params.set_text("protocolVersion", version.as_str());
        params.set("capabilities", wire.config.capabilities.clone());
        params.set("clientInfo", wire.config.info.to_payload());
        let id = wire.requests.next();
        wire.post(id, Purpose::Initialize, method::INITIALIZE, params);
        self.phase = Phase::Initializing { probed };
    }

    /// Its request could not be sent.
    pub fn unsent(&mut self, wire: &mut Wire<P>, error: Error<P>) -> Shaken<P> {
        if self.is_probing() && wire.config.mode == Mode::Auto {
            // Some transports refuse on the server's behalf what comes before `initialize`.
            self.initialize(wire, true);
            Shaken::On
        } else if self.is_shaking() {
            Shaken::Failed(error, None)
        } else {
            Shaken::On
        }
    }

    /// An answer to the probe or to `initialize` has come, or will not come.
    pub fn answered(
        &mut self,
        wire: &mut Wire<P>,
        outcome: Result<P, Error<P>>,
        now: Millis,
    ) -> Shaken<P> {
        let mode = wire.config.mode;
        let verdict = match self.phase {
            Phase::Probing { again, .. } => {
                match &outcome {
                    Err(error) if says_nothing(error) => {
                        self.doubt.get_or_insert_with(|| error.clone());
                    }
                    _ => self.doubt = None,
                }
                judge_probe(mode, again, outcome)
            }
            Phase::Initializing { probed } => {
                // One that was in trouble when it was probed has not shown what it is.
                let probed = probed && (self.doubt.is_none() || self.patience.is_exhausted());
                let verdict = judge_initialize(mode, probed, outcome);
                if matches!(verdict, Verdict::Probe) {
                    self.patience.count();
                }
                verdict
            }
            _ => return Shaken::On,
        };
        match verdict {
            Verdict::Open(session) if session.version.begins_with_greeting() => {
                self.greeting = true;
                wire.push(Output::Greet(write_call(None, method::INITIALIZED, None)));
                wire.speak(&session);
                self.phase = Phase::Open(session);
            }
            Verdict::Open(session) => {
                self.enter(wire, session);
                return Shaken::Begun;
            }
            Verdict::Probe => self.probe(wire, true, now),
            Verdict::Initialize => self.initialize(wire, true),
            Verdict::Wait(wish, error) => return self.begin_later(wire, wish, error, now),
            Verdict::Fail(error) => return self.fail(error),
        }
        Shaken::On
    }

    fn enter(&mut self, wire: &mut Wire<P>, session: Box<Negotiated<P>>) {
        wire.speak(&session);
        self.phase = Phase::Open(session);
        self.done(wire);
    }

    /// Both sides know that the session has begun.
    fn done(&mut self, wire: &mut Wire<P>) {
        self.greeting = false;
        self.patience.end();
        wire.push(Output::Connected);
    }

    /// The server has the notification that ends the handshake.
    pub fn begun(&mut self, wire: &mut Wire<P>) -> Shaken<P> {
        if !self.greeting {
            return Shaken::On;
        }
        self.done(wire);
        Shaken::Begun
    }

    /// That notification could not be delivered.
    pub fn not_begun(&mut self, error: Error<P>) -> Shaken<P> {
        if self.greeting { Shaken::Failed(error, None) } else { Shaken::On }
    }

    /// Begins once more after a while, if there is time for that.
    fn begin_later(
        &mut self,
        wire: &mut Wire<P>,
        wish: Millis,
        error: Error<P>,
        now: Millis,
    ) -> Shaken<P> {
        if let Some(until) = self.patience.again(wish, now) {
            let legacy = !self.is_probing() && self.doubt.is_none();
            self.phase = Phase::Waiting { until, legacy };
            Shaken::On
        } else if self.is_probing() && wire.config.mode == Mode::Auto {
            // Whatever the status means there.
            self.initialize(wire, true);
            Shaken::On
        } else {
            self.fail(error)
        }
    }

    /// Reports what stood in the way first, if that was the server itself; to a page, what was lost
    /// says nothing.
    fn fail(&mut self, error: Error<P>) -> Shaken<P> {
        let later = matches!(self.phase, Phase::Initializing { .. });
        match self.doubt.take() {
            Some(first @ Error::Http { .. }) if later => Shaken::Failed(first, Some(error)),
            _ => Shaken::Failed(error, None),
        }
    }

    /// Looks at the clocks; `wake` is when the timer was to strike.
    pub fn handle_timeout(&mut self, wire: &mut Wire<P>, wake: Millis, now: Millis) -> Shaken<P> {
        if !self.is_connecting() {
            return Shaken::On;
        }
        self.postpone(now - wake, now);
        if now >= self.patience.deadline {
            let after = self.channel.connect_timeout;
            let timeout = Error::Timeout { clock: Clock::Connect, after };
            return Shaken::Failed(timeout, self.doubt.take());
        }
        match self.phase {
            Phase::Probing { again, deadline } if now >= deadline => {
                wire.requests.forget_handshake();
                self.initialize(wire, again);
            }
            Phase::Waiting { until, legacy } if now >= until => {
                if legacy {
                    self.initialize(wire, false);
                } else {
                    self.probe(wire, false, now);
                }
            }
            _ => {}
        }
        Shaken::On
    }

    /// The timer may strike too late for the handshake: its clocks get that time back, once.
    fn postpone(&mut self, late: Millis, now: Millis) {
        let Channel { connect_timeout, probe_timeout, .. } = self.channel;
        if late <= LATE || !self.patience.give_back(late, connect_timeout, now) {
            return;
        }
        if let Phase::Probing { deadline, .. } = &mut self.phase {
            *deadline = deadline.max(now + late.min(probe_timeout));
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; infinite for never.
    pub fn wake(&self) -> Millis {
        let own = match self.phase {
            Phase::Probing { deadline: until, .. } | Phase::Waiting { until, .. } => until,
            _ => f64::INFINITY,
        };
        if self.is_connecting() { own.min(self.patience.deadline) } else { f64::INFINITY }
    }
}
