//! What is sent: requests, notifications, answers, and cancellations.

use crate::error::Error;
use crate::jsonrpc::{Id, Payload, RpcError, write_call};
use crate::proto::Millis;
use crate::text::owned;
use crate::types::method;

use super::ClientMachine;
use super::answers::{NoAnswer, judge};
use super::cache::Kept;
use super::limits::CallLimits;
use super::output::{ReplyTo, Requested};
use super::pages::Pages;
use super::requests::{Purpose, RequestId};
use super::work::Work;

impl<P: Payload> ClientMachine<P> {
    /// Sends a request, unless its result is kept; its id is its progress token too. For
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
    ) -> Result<Requested<P>, Error<P>> {
        let listens = method == method::LISTEN;
        let waits = self.handshake.is_renewing();
        if !waits && (listens || !self.unproven.is_on()) {
            self.require_open()?;
        }
        let wire = &mut self.wire;
        let mut params = params.unwrap_or_else(P::object);
        if listens && !wire.whole {
            let reason = owned("a part of this client is not loaded");
            return Err(Error::Closed { reason, sent: false });
        }
        if listens {
            let (calls, shake) = (&mut self.calls, &self.handshake);
            let (id, slot) = self.subscriptions.listen(wire, calls, shake, params, limits, now);
            return Ok(Requested::Sent(id, slot));
        }
        let mut pages = Pages::new(method, &params, limits.pages);
        match self.cache.look_up(limits.cache, (method, &mut params), &mut pages, now) {
            Kept::This(result) => {
                if method == method::LIST_TOOLS {
                    self.calls.tools.learn(wire, wire.requests.upcoming(), &result);
                }
                return Ok(Requested::Kept(result));
            }
            Kept::Private => return Ok(Requested::Private),
            Kept::Nothing => {}
        }
        let id = wire.requests.next();
        self.cache.asked(wire, id, limits.cache, method, &params);
        let finds_out = self.calls.weigh_task(wire, method, &mut params, &limits);
        let work = Work::new(method, &params, finds_out);
        let slot = self.calls.insert(id, limits, (work, pages), now);
        // Who may need it has loaded all of the machine before.
        if wire.whole {
            self.renewal.note(wire, &self.calls, id, method, &params);
        }
        if self.unproven.note(id, method, &params, self.handshake.is_done()) {
            wire.leg(id, method, params);
        }
        Ok(Requested::Sent(id, slot))
    }

    /// How long the caller of that request waits for it, if somebody does.
    pub fn patience(&mut self, request: RequestId) -> Option<Millis> {
        match self.wire.requests.purpose(request)? {
            Purpose::Call(id) => self.calls.find(*id).map(|call| call.limits.timeout),
            _ => None,
        }
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// [`Error::Closed`] when the connection is not open.
    pub fn notify(&mut self, method: &str, params: Option<P>) -> Result<(), Error<P>> {
        self.require_open()?;
        self.wire.send(write_call(None, method, params));
        Ok(())
    }

    /// Gives up the call that began with that id: the server is told if it works on it, the call
    /// fails at once with [`Error::Aborted`]. Does nothing if the call has ended.
    pub fn cancel(&mut self, first: RequestId, reason: Option<&str>) {
        if let Some(id) = self.calls.which(|call| call.first == first) {
            self.abandon(id, reason, Error::Aborted(reason.map(owned)));
        }
    }

    pub(super) fn abandon(&mut self, id: RequestId, reason: Option<&str>, error: Error<P>) {
        if !self.subscriptions.is_empty() {
            self.subscriptions.abandon(&mut self.wire, id);
        }
        self.calls.abandon(&mut self.wire, id, reason, error);
    }

    /// What the request of that id, or without one the next request, is authorized with: any text that
    /// differs between principals. Results that are private to another authorization are
    /// forgotten, and so is what was learnt of tools. Returns whether there was another.
    pub fn identify(&mut self, authorization: &str, id: Option<RequestId>) -> bool {
        let another = self.cache.identify(authorization, id);
        if another {
            self.calls.tools.identified(&mut self.wire, id);
        }
        another
    }

    /// Answers a request of the server by what somebody else has answered, whatever that is. Does nothing
    /// if the server has taken it back.
    pub fn respond(&mut self, id: Id, outcome: Result<P, RpcError<P>>) {
        let held = self.questions.respond(&mut self.wire, id, outcome);
        self.calls.hold(held);
    }

    /// Reports how far the answer to a request of the server has come. Does nothing if the server
    /// did not ask for that, or has its answer, or if a number is not finite.
    pub fn report(&mut self, id: &Id, progress: f64, total: Option<f64>, message: Option<&str>) {
        self.questions.report(&mut self.wire, id, progress, total, message);
    }

    /// Answers an [`Output::Input`] by what somebody else has answered, or says why there is no answer;
    /// that ends its call.
    pub fn answer(&mut self, input: u32, outcome: Result<P, String>, now: Millis) {
        if let Some(id) = self.calls.answer(&mut self.wire, input, outcome) {
            self.calls.go_on(&mut self.wire, id, now);
        }
    }

    /// A handler has come to an end with what the server asked for by that method and these params: with an
    /// answer, which is `null` if it gave none, as when a person has closed the dialog, or without.
    pub fn handled(
        &mut self,
        to: ReplyTo,
        (method, params): (&str, Option<&P>),
        answer: Result<P, NoAnswer<P>>,
        now: Millis,
    ) {
        self.reply(to, judge(method, params, answer), now);
    }

    /// Answers what the server asks for, whichever way it asked, by what somebody else has answered.
    pub fn reply(&mut self, to: ReplyTo, outcome: Result<P, RpcError<P>>, now: Millis) {
        match to {
            ReplyTo::Request(id) => self.respond(id, outcome),
            ReplyTo::Input(input) => {
                self.answer(input, outcome.map_err(|error| error.message), now);
            }
        }
    }
}
