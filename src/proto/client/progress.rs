//! Which call a progress notification belongs to, and what is wrong with it.

use crate::jsonrpc::{Id, Kind, Payload};
use crate::proto::scan::Scanned;
use crate::types::meta;

use super::ClientMachine;
use super::calls::CallTable;
use super::oddity::{Heard, Oddity, ProgressCounts};
use super::output::{Output, Report};
use super::requests::{RequestId, Requests};

/// The longest frame that is worth scanning for progress, in UTF-16 units.
pub const LONGEST_SCANNED: usize = 4096;

impl ProgressCounts {
    /// The id of ours that an id or a token stands for, counting those that came as text; and whether such
    /// a text is refused because its call is strict.
    pub(super) fn ours<P>(
        &mut self,
        calls: &mut CallTable<P>,
        requests: &Requests,
        id: &Id,
    ) -> (Option<RequestId>, bool) {
        match id {
            Id::Integer(id) => (RequestId::new(*id), false),
            Id::Text(text) => self.ours_as_text(calls, requests, RequestId::spelled(text)),
        }
    }

    /// The same, for the text of that id.
    #[inline(never)]
    pub(super) fn ours_as_text<P>(
        &mut self,
        calls: &mut CallTable<P>,
        requests: &Requests,
        id: Option<RequestId>,
    ) -> (Option<RequestId>, bool) {
        let Some(id) = id.filter(|id| requests.knows(id.get())) else { return (None, false) };
        self.add(Oddity::Coerced);
        let strict = calls.find(id).is_some_and(|call| call.limits.strict);
        (Some(id).filter(|_| !strict), strict)
    }
}

impl<P> CallTable<P> {
    /// The slot that the notification is delivered to, if it is, and what is odd about it.
    #[inline]
    pub(super) fn accept(&mut self, token: i64, progress: f64, requests: &Requests) -> Heard {
        let call =
            RequestId::new(token).and_then(|id| self.find(id)).filter(|call| call.token_lives);
        let Some(call) = call else {
            let known = requests.knows(token);
            return Heard::odd(if known { Oddity::Late } else { Oddity::Unknown });
        };
        call.progressed = true;
        let mut oddity = None;
        if let Some(latest) = call.latest
            && progress <= latest
        {
            let below = progress < latest;
            oddity = Some(if below { Oddity::Backward } else { Oddity::Duplicate });
            if call.limits.strict {
                return Heard { slot: None, oddity };
            }
        }
        call.latest = Some(progress);
        Heard { slot: Some(call.slot), oddity }
    }
}

impl<P: Payload> ClientMachine<P> {
    /// As [`receive_scanned`](Self::receive_scanned), for whoever passes reports on: with the output of one.
    pub fn receive_report(&mut self, scanned: &Scanned, report: Report<P>) {
        let heard = self.receive_scanned(scanned);
        if heard.oddity.is_some() {
            self.tell_oddity(heard, Some(report.params.clone()));
        }
        if let Some(slot) = heard.slot {
            self.wire.push(Output::Progress(slot, report));
        }
    }
}

/// Reads the params of a progress notification, if they are usable.
pub(super) fn read<P: Payload>(params: Option<P>) -> Option<(Id, Report<P>)> {
    let params = params?;
    let token = params.get(meta::PROGRESS_TOKEN)?.as_id()?;
    let finite = |value: P| value.as_f64().filter(|value| value.is_finite());
    let progress = finite(params.get("progress")?)?;
    // Some servers write an absent member as `null`.
    let total = match params.present("total") {
        None => None,
        Some(total) => Some(finite(total)?),
    };
    let message = params.present("message");
    if message.as_ref().is_some_and(|message| message.kind() != Kind::Text) {
        return None;
    }
    Some((token, Report { progress, total, message, params }))
}
