//! How a call goes on by another request, and how it ends.

use crate::error::Error;
use crate::jsonrpc::{Id, Payload};
use crate::proto::Millis;
use crate::types::method;

use super::calls::CallTable;
use super::output::Output;
use super::requests::RequestId;
use super::wire::Wire;
use super::work::Work;

impl<P: Payload> CallTable<P> {
    /// The work of a call that has some.
    pub fn worker(&mut self, id: RequestId) -> Option<&mut Work<P>> {
        self.find(id)?.work.as_deref_mut()
    }

    /// Sends a call's next leg, whose id is also its token from now on.
    #[inline(never)]
    pub fn go_on_by(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        method: &str,
        params: P,
        now: Millis,
    ) -> RequestId {
        let leg = wire.requests.next();
        if let Some(slot) = self.begin(id, leg, true, now) {
            wire.push(Output::Leg(slot, leg));
            wire.leg(leg, method, params);
        }
        leg
    }

    /// What a call asks for that only reads, to be asked once more from its start. `None` if it has
    /// been, or does more.
    #[inline(never)]
    pub fn read_again(&mut self, id: RequestId) -> Option<(&'static str, P)> {
        let call = self.find(id)?;
        if call.request != Some(id) || std::mem::replace(&mut call.again, true) {
            return None;
        }
        if let Some(pages) = &mut call.pages {
            return Some((pages.method, pages.restart()));
        }
        let work = call.work.as_deref()?;
        let reads = !work.runs_tool() && work.rounds == 0 && work.task.is_none();
        reads.then(|| (work.method, work.params.copy()))
    }

    /// Ends a call.
    #[inline(never)]
    pub fn end(&mut self, wire: &mut Wire<P>, id: RequestId, outcome: Result<P, Error<P>>) {
        if let Some(slot) = self.remove(id) {
            wire.push(Output::Settled(slot, outcome));
        }
    }

    /// Ends a call from this side: the server is told, and its late answer will be no fault.
    #[inline(never)]
    pub fn abandon(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        reason: Option<&str>,
        error: Error<P>,
    ) {
        let Some(call) = self.find(id) else { return };
        let request = call.request;
        let task = call.work.as_ref().and_then(|work| Some(work.task.as_ref()?.id.clone()));
        let awaited = request.filter(|request| wire.requests.forget(*request));
        if let Some(task) = task {
            wire.cancel_task(task);
        } else if let Some(request) = awaited {
            let mut params = P::object();
            params.set("requestId", P::from_id(&Id::Integer(request.get())));
            if let Some(reason) = reason {
                params.set_text("reason", reason);
            }
            wire.tell(method::CANCELLED, params);
        }
        self.end(wire, id, Err(error));
    }
}
