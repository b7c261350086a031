//! Subscriptions that go on: their stream has broken off, or their channel has ended and another takes
//! its place.

use crate::error::Error;
use crate::jsonrpc::Payload;
use crate::proto::Millis;
use crate::types::method;

use super::super::calls::CallTable;
use super::super::output::{Negotiated, Output};
use super::super::requests::{Purpose, RequestId};
use super::super::wire::Wire;
use super::{Subscriptions, URIS, ask_about, honour, tells_unasked, texts};

/// How long a stream that broke off is left alone at first; twice as long each time after.
const PAUSE: Millis = 1_000.0;

/// And at most.
const LONGEST_PAUSE: Millis = 30_000.0;

impl<P: Payload> Subscriptions<P> {
    /// The stream of a modern subscription may break off although the server is there, as HTTP has
    /// it: then it is opened again after a pause. False if that answer means something else.
    #[inline(never)]
    pub fn interrupted(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        id: RequestId,
        outcome: &Result<P, Error<P>>,
        now: Millis,
    ) -> bool {
        wire.enter();
        let Err(error) = outcome else { return false };
        let mut listening = self.all.iter_mut().filter(|one| one.id == id);
        let Some(one) = listening.next().filter(|one| one.open || one.pause.is_some()) else {
            return false;
        };
        let passes = match error {
            Error::Lost { .. } => true,
            Error::Http { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        };
        if !passes {
            return false;
        }
        let pause = one.pause.map_or(PAUSE, |pause| (pause * 2.0).min(LONGEST_PAUSE));
        one.pause = Some(pause);
        one.open = false;
        // Pages that lost their streams together do not come back together.
        let pause = pause * (1.0 + now.fract() / 4.0);
        let pause = pause.max(error.passes().unwrap_or(0.0));
        wire.push(Output::Interrupted(one.slot, error.clone()));
        calls.rest(id);
        calls.pause(id, now + pause);
        true
    }

    /// A pause is over: asks again for a stream that broke off. False if the pause is another's.
    #[inline(never)]
    pub fn listen_again(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        id: RequestId,
        now: Millis,
    ) -> bool {
        wire.enter();
        let Some(one) = self.all.iter_mut().find(|one| one.id == id) else { return false };
        let leg = wire.requests.next();
        one.id = leg;
        if let Some(call) = calls.find(id) {
            call.limits.timeout = one.timeout;
        }
        let mut params = P::object();
        params.set("notifications", one.filter.clone());
        if let Some(slot) = calls.begin(id, leg, true, now) {
            wire.push(Output::Leg(slot, leg));
        }
        wire.request(leg, Purpose::Call(leg), method::LISTEN, params);
        true
    }

    /// The channel of a session of the legacy era has ended, and another will take its place: what was
    /// told meanwhile nobody knows. False if that call is no subscription.
    #[inline(never)]
    pub fn suspended(&mut self, wire: &mut Wire<P>, id: RequestId, error: &Error<P>) -> bool {
        wire.enter();
        let Some(one) = self.all.iter_mut().find(|one| one.id == id) else { return false };
        if std::mem::take(&mut one.open) {
            wire.push(Output::Interrupted(one.slot, error.clone()));
        }
        true
    }

    /// A session has taken the place of another: it is asked for what that one was.
    #[inline(never)]
    pub fn go_on(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        session: Option<&Negotiated<P>>,
        now: Millis,
    ) {
        wire.enter();
        if !tells_unasked(wire) {
            // The server has become one of the modern era.
            self.all.iter().for_each(|one| calls.pause(one.id, now));
            return;
        }
        // Each once. Not by sorting them, which would be 8 KB of the package's module.
        let mut wanted: Vec<String> = Vec::new();
        for one in &mut self.all {
            one.filter = honour(session, &one.filter);
            for uri in texts(&one.filter, URIS) {
                if !wanted.contains(&uri) {
                    wanted.push(uri);
                }
            }
        }
        for uri in wanted {
            ask_about(wire, method::SUBSCRIBE, &uri);
        }
        self.acknowledge(wire, calls);
    }
}

/// A subscription is asked for while there is no channel.
pub(super) fn wait<P: Payload>(
    wire: &Wire<P>,
    calls: &mut CallTable<P>,
    id: RequestId,
    now: Millis,
) {
    // That of the legacy era is asked for by `go_on`.
    if wire.version.is_some() {
        calls.rest(id);
        calls.pause(id, now + PAUSE);
    }
}
