//! What arrives, and which part it is for.

use crate::error::Error;
use crate::jsonrpc::{Id, Malformed, Message, Outline, Payload, code};
use crate::proto::Millis;
use crate::proto::scan::Scanned;
use crate::proto::version::Version;
use crate::text::sentence;
use crate::types::{meta, method};

use super::ClientMachine;
use super::calls::PendingCall;
use super::oddity::{Heard, Oddity};
use super::output::Output;
use super::progress;
use super::requests::{Purpose, RequestId};
use super::wire::{Wire, tells_unasked};

impl<P: Payload> ClientMachine<P> {
    /// What has arrived, parsed: a message, or where the revision has batches several in an array.
    ///
    /// `stream` is the request of ours on whose stream it came, where each has one.
    pub fn read(&mut self, value: &P, stream: Option<RequestId>, now: Millis) {
        if !self.ended(value) {
            self.read_other(value, stream, now);
        }
    }

    /// The same of what [`ended`](Self::ended) did not take.
    pub fn read_other(&mut self, value: &P, stream: Option<RequestId>, now: Millis) {
        let batch = if self.wire.is(Version::has_batches) { value.elements() } else { None };
        match batch.filter(|all| !all.is_empty()) {
            None => self.receive(Message::read(value), stream, now),
            Some(messages) => {
                for message in messages {
                    self.receive(Message::read(&message), stream, now);
                }
            }
        }
    }

    /// The fast path for most answers: a result that ends its call, whenever it comes. False if there may be
    /// more to the message.
    pub fn ended(&mut self, value: &P) -> bool {
        if !self.handshake.is_done() || self.unproven.is_on() || self.gate.holds() {
            return false;
        }
        let Some((id, result)) = value.ended() else { return false };
        let Some(id) = RequestId::new(id) else { return false };
        let Some(&Purpose::Call(call)) = self.wire.requests.purpose(id) else { return false };
        let plain = |call: &mut PendingCall<P>| {
            call.pages.is_none() && call.work.as_ref().is_none_or(|work| work.task.is_none())
        };
        if self.cache.awaits(id) || !self.calls.find(call).is_some_and(plain) {
            return false;
        }
        self.wire.requests.take(id);
        self.calls.end(&mut self.wire, call, Ok(result));
        true
    }

    /// A message has arrived; `stream` as for [`read`](Self::read).
    #[inline(never)]
    pub fn receive(
        &mut self,
        message: Result<Message<P>, Malformed>,
        stream: Option<RequestId>,
        now: Millis,
    ) {
        if self.handshake.is_closed() || self.handshake.is_opening() {
            return;
        }
        let Some((message, stream)) = self.pass((message, stream)) else { return };
        match message {
            Ok(Message::Response { id: Some(id), outcome }) => {
                let id = self.ours(&id);
                self.receive_response(id, outcome.map_err(Error::Rpc), now);
            }
            Ok(Message::Response { id: None, outcome }) => {
                if let Err(error) = outcome.map_err(Error::Rpc) {
                    match self.unreadable() {
                        Some(id) => self.receive_response(Some(id), Err(error), now),
                        None => self.fault(error),
                    }
                }
            }
            // What comes before the answer to the probe belongs to no session.
            Ok(_) if self.handshake.is_probing() => {}
            Ok(Message::Notification { method, params }) => {
                self.receive_notification(method, params, now);
            }
            Ok(Message::Request { id, method, params }) => {
                self.receive_request(id, method, params, stream);
            }
            Err(malformed) => {
                let text = ["the server sent no JSON-RPC message: ", malformed.reason];
                let error = Error::Protocol(sentence(&text));
                let Some(id) = malformed.id else { return self.fault(error) };
                if malformed.is_response {
                    let id = self.ours(&id);
                    if id.is_some_and(|id| self.awaits(id)) {
                        return self.receive_response(id, Err(error), now);
                    }
                } else if malformed.is_call
                    && !self.handshake.is_probing()
                    && self.wire.version.is_none_or(Version::asks_by_request)
                {
                    // Its sender would wait for ever.
                    self.wire.refuse(id, code::INVALID_REQUEST, malformed.reason);
                }
                self.fault(error);
            }
        }
    }

    /// The request of ours that an id names.
    fn ours(&mut self, id: &Id) -> Option<RequestId> {
        self.counts.ours(&mut self.calls, &self.wire.requests, id).0
    }

    /// Whether an answer with that id would be one to something.
    fn awaits(&self, id: RequestId) -> bool {
        match self.wire.requests.purpose(id) {
            None | Some(Purpose::Forgotten) => false,
            Some(Purpose::Probe | Purpose::Initialize) => true,
            Some(Purpose::Call(_) | Purpose::Subscribe(_)) => !self.handshake.is_shaking(),
        }
    }

    /// The request answered by an error whose sender could not read the id: the only one in flight that
    /// the server has not yet shown to be working on.
    fn unreadable(&mut self) -> Option<RequestId> {
        let mut only = None;
        for (id, purpose) in self.wire.requests.waiting() {
            let unheard = match purpose {
                Purpose::Forgotten => false,
                Purpose::Probe | Purpose::Initialize => return Some(id),
                Purpose::Subscribe(_) => true,
                Purpose::Call(call) => {
                    self.calls.find(*call).is_some_and(|call| call.latest.is_none())
                        && !self.subscriptions.is_open(*call)
                }
            };
            if unheard && only.replace(id).is_some() {
                return None;
            }
        }
        only
    }

    fn receive_response(
        &mut self,
        id: Option<RequestId>,
        outcome: Result<P, Error<P>>,
        now: Millis,
    ) {
        let shakes = |purpose: &Purpose| matches!(purpose, Purpose::Probe | Purpose::Initialize);
        let purpose = id.and_then(|id| self.wire.requests.purpose(id));
        // Too early: the handshake of the open connection is still being made up for.
        if self.wire.version.is_none() && !purpose.is_some_and(shakes) {
            return;
        }
        let (wire, calls) = (&mut self.wire, &mut self.calls);
        match id.and_then(|id| Some((id, wire.requests.take(id)?))) {
            Some((_, Purpose::Probe | Purpose::Initialize)) => {
                let step = self.handshake.answered(wire, outcome, now);
                self.shaken(step, now);
            }
            Some((id, Purpose::Call(call))) => {
                if self.unproven.is_disproved(id, &outcome) {
                    self.handshake.again(wire, now);
                } else if self.subscriptions.is_empty()
                    || !self.subscriptions.interrupted(wire, calls, call, &outcome, now)
                {
                    self.cache.answered(id, &outcome, now);
                    let page = outcome.as_ref().ok();
                    let turned = |page| calls.turn(wire, &mut self.cache, call, page, now);
                    if page.is_some_and(turned) {
                        return;
                    }
                    let plain = match &outcome {
                        Ok(result) => Ok(result),
                        Err(Error::Rpc(error)) => Err(Some(error)),
                        Err(_) => Err(None),
                    };
                    if wire.whole && calls.goes_on(wire, call, plain) {
                        calls.judge(wire, call, outcome, now);
                    } else {
                        calls.conclude(wire, call, outcome);
                    }
                }
            }
            Some((_, Purpose::Subscribe(uri))) => {
                self.subscriptions.answered(wire, calls, uri.as_ref(), outcome);
            }
            Some((id, Purpose::Forgotten)) => {
                self.cache.answered(id, &outcome, now);
                if let Ok(result) = outcome {
                    wire.cancel_late_task(&result);
                }
            }
            None => {
                let known = id.is_some_and(|id| wire.requests.knows(id.get()));
                let how = if known { "twice" } else { "that was never sent" };
                wire.fault(&["the server answered a request ", how]);
            }
        }
    }

    /// A request of the server, where the revision has such.
    fn receive_request(
        &mut self,
        id: Id,
        method: String,
        params: Option<P>,
        stream: Option<RequestId>,
    ) {
        let wire = &mut self.wire;
        if wire.version.is_some_and(|version| !version.asks_by_request()) {
            let text = ", which this protocol version does not allow";
            wire.fault(&["the server sent the request ", &method, text]);
        } else if method == method::PING {
            wire.answer(id, Ok(P::object()));
        } else if wire.version.is_none() {
            wire.refuse(id, code::INVALID_REQUEST, "the session is not initialized");
        } else {
            let request = (id, method, params);
            self.questions.receive(wire, &mut self.calls, request, stream);
        }
    }

    fn receive_notification(&mut self, method: String, params: Option<P>, now: Millis) {
        if self.wire.whole {
            self.converse(&method, params.as_ref(), now);
        }
        if method == method::PROGRESS {
            let heard = match progress::read(params.clone()) {
                Some((token, report)) => {
                    let heard = match &token {
                        Id::Integer(number) => self.accept(*number, report.progress),
                        Id::Text(text) => {
                            self.accept_text(RequestId::spelled(text), report.progress)
                        }
                    };
                    if let Some(slot) = heard.slot {
                        self.wire.push(Output::Progress(slot, report));
                    }
                    heard
                }
                None => self.dropped(Oddity::Malformed),
            };
            self.tell_oddity(heard, params.clone());
        }
        self.cache.outdate(&method, params.as_ref());
        self.calls.tools.outdate(&mut self.wire, &method);
        let (wire, calls, cache) = (&mut self.wire, &mut self.calls, &mut self.cache);
        let named = subscription_of(wire, &method, params.as_ref());
        let is_for_all = named.is_none() || method == method::CANCELLED;
        let named = named.and_then(|id| self.counts.ours(calls, &wire.requests, &id.as_id()?).0);
        if !self.subscriptions.is_empty() {
            self.subscriptions.hear(wire, calls, cache, (named, is_for_all), method, params);
        } else if is_for_all {
            wire.push(Output::Notification(method, params));
        } else {
            self.subscriptions.strays += 1;
        }
    }

    /// A frame has arrived that the scanner could read. Does the same as [`read`](Self::read) would,
    /// without an output.
    #[inline]
    pub fn receive_scanned(&mut self, scanned: &Scanned) -> Heard {
        self.receive_progress(scanned.token, scanned.is_text, scanned.progress)
    }

    /// The same of what was scanned elsewhere; `is_text` is whether the token came as text.
    #[inline]
    pub fn receive_progress(&mut self, token: i64, is_text: bool, progress: f64) -> Heard {
        if !self.handshake.hears_progress() {
            return Heard::default();
        }
        let own = RequestId::new(token);
        if is_text { self.accept_text(own, progress) } else { self.accept(token, progress) }
    }

    #[inline]
    fn accept(&mut self, token: i64, progress: f64) -> Heard {
        let heard = self.calls.accept(token, progress, &self.wire.requests);
        if let Some(oddity) = heard.oddity {
            self.counts.add(oddity);
        }
        if heard.slot.is_some() {
            self.counts.delivered = self.counts.delivered.wrapping_add(1);
        }
        heard
    }

    /// As [`accept`](Self::accept), for the text of an id, if it is one.
    #[inline(never)]
    fn accept_text(&mut self, id: Option<RequestId>, progress: f64) -> Heard {
        let (id, refused) = self.counts.ours_as_text(&mut self.calls, &self.wire.requests, id);
        if refused {
            return Heard::odd(Oddity::Coerced);
        }
        let Some(id) = id else { return self.dropped(Oddity::Unknown) };
        let mut heard = self.accept(id.get(), progress);
        heard.oddity.get_or_insert(Oddity::Coerced);
        heard
    }

    /// Progress came where it does not belong, and was dropped.
    pub fn stray(&mut self, token: &Id, params: P) {
        let heard = match token {
            Id::Integer(number) => self.stray_scanned(*number, false),
            Id::Text(_) => self.dropped(Oddity::Unknown),
        };
        self.tell_oddity(heard, Some(params));
    }

    /// The same of what was scanned; `is_text` is whether the token came as text.
    pub fn stray_scanned(&mut self, token: i64, is_text: bool) -> Heard {
        let runs = RequestId::new(token).is_some_and(|id| self.calls.find(id).is_some());
        if is_text || runs { self.dropped(Oddity::Unknown) } else { self.accept(token, 0.0) }
    }

    /// Progress is dropped for that reason.
    #[inline(never)]
    fn dropped(&mut self, oddity: Oddity) -> Heard {
        self.counts.add(oddity);
        Heard::odd(oddity)
    }

    #[inline(never)]
    pub(super) fn tell_oddity(&mut self, heard: Heard, params: Option<P>) {
        if let Some(oddity) = heard.oddity {
            self.wire.push(Output::Odd(oddity, params));
        }
    }

    /// The transport got no answer to the request of that id, and will get none.
    pub fn failed(&mut self, id: RequestId, error: Error<P>, now: Millis) {
        if self.awaits(id) {
            self.receive_response(Some(id), Err(error), now);
        }
    }

    /// The request of that id could not be sent: its call fails by that error, unknown to the server.
    pub fn unsent(&mut self, id: RequestId, error: Error<P>, now: Millis) {
        let (wire, calls) = (&mut self.wire, &mut self.calls);
        match wire.requests.take(id) {
            Some(Purpose::Probe | Purpose::Initialize) => {
                let shaken = self.handshake.unsent(wire, error);
                self.shaken(shaken, now);
            }
            Some(Purpose::Call(call)) if calls.goes_on(wire, call, Err(None)) => {
                calls.judge(wire, call, Err(error), now);
            }
            Some(Purpose::Call(call)) => calls.end(wire, call, Err(error)),
            Some(Purpose::Subscribe(uri)) => {
                self.subscriptions.answered(wire, calls, uri.as_ref(), Err(error));
            }
            Some(Purpose::Forgotten) | None => {} // such as a probe that was given up
        }
    }

    /// A message has come that cannot be read, for that reason: the request that it answers fails, and
    /// everything else goes on.
    pub fn refuse(&mut self, whose: &Outline, error: Error<P>, now: Millis) {
        let id = whose.id.as_ref().filter(|_| whose.answers).and_then(|id| self.ours(id));
        self.unread(id, error, now);
    }

    /// The same of a message that answers that request, or none.
    pub fn unread(&mut self, id: Option<RequestId>, error: Error<P>, now: Millis) {
        match id.filter(|id| self.awaits(*id)) {
            Some(id) => self.unsent(id, error, now),
            None => self.fault(error),
        }
    }

    /// Something went wrong that belongs to no request.
    pub fn fault(&mut self, error: Error<P>) {
        self.wire.push(Output::Fault(error));
    }
}

/// The id of the subscription that a notification says it is for, or that it ends, where the revision
/// has such.
#[inline(never)]
fn subscription_of<P: Payload>(wire: &Wire<P>, method: &str, params: Option<&P>) -> Option<P> {
    if tells_unasked(wire) {
        return None;
    }
    let params = params?;
    if method == method::CANCELLED {
        params.present("requestId")
    } else {
        params.at(&[meta::META, meta::SUBSCRIPTION_ID])
    }
}
