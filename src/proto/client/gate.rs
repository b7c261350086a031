//! The machine may come in two parts: what nearly every connection needs, and the dialogue, which is
//! questions, rounds, tasks and subscriptions. Where the second is loaded late, as in a page, what
//! needs it waits here, and all that comes behind that, in order. Only progress does not wait: calls
//! that run hear of it whatever else has come.

use crate::error::Error;
use crate::jsonrpc::{Id, Malformed, Message, Payload, RpcError, code};
use crate::proto::Millis;
use crate::proto::version::Version;
use crate::types::method;

use super::ClientMachine;
use super::calls::CallTable;
use super::output::Output;
use super::requests::{Purpose, RequestId};
use super::wire::Wire;

/// A message, and the request on whose stream it came.
type Arrived<P> = (Result<Message<P>, Malformed>, Option<RequestId>);

#[derive(Debug)]
pub(super) struct HeldBack<P> {
    /// Whether the dialogue has been asked for.
    asked: bool,
    held: Vec<Arrived<P>>,
}

impl<P> HeldBack<P> {
    pub const fn new() -> Self {
        Self { asked: false, held: Vec::new() }
    }

    /// Whether something waits.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }
}

impl<P: Payload> ClientMachine<P> {
    /// Only the first part of the machine is there, until [`complete`](Self::complete): what needs the other
    /// waits, and [`Output::Incomplete`] says so.
    pub fn lack(&mut self) {
        self.wire.whole = false;
    }

    /// Whether both parts of the machine are there.
    pub fn is_whole(&self) -> bool {
        self.wire.whole
    }

    /// Both parts are there from now on: what has waited is read.
    pub fn complete(&mut self, now: Millis) {
        self.wire.whole = true;
        for (message, stream) in std::mem::take(&mut self.gate.held) {
            self.receive(message, stream, now);
        }
    }

    /// The other part could not be loaded: what has waited for it fails by that error of the platform's. It is
    /// asked for again by whatever needs it next.
    pub fn remain(&mut self, cause: &P, now: Millis) {
        self.gate.asked = false;
        let text = cause.text("message").unwrap_or_default();
        for (message, stream) in std::mem::take(&mut self.gate.held) {
            match message {
                message if !self.needs_dialogue(&message) => self.receive(message, stream, now),
                Ok(Message::Request { id, .. }) => {
                    self.wire.refuse(id, code::INTERNAL_ERROR, &text);
                }
                Ok(Message::Response { id: Some(id), .. }) => {
                    if let Some(id) = answered(&id) {
                        let cause = Some(cause.clone());
                        let error = Error::Lost { reason: text.clone(), sent: true, cause };
                        self.failed(id, error, now);
                    }
                }
                _ => {}
            }
        }
    }

    /// Says that the dialogue will be needed, once.
    #[inline(never)]
    pub(super) fn want_dialogue(&mut self) {
        if !self.wire.whole && !std::mem::replace(&mut self.gate.asked, true) {
            self.wire.push(Output::Incomplete);
        }
    }

    /// Lets a message through, unless it has to wait.
    #[inline(never)]
    pub(super) fn pass(&mut self, message: Arrived<P>) -> Option<Arrived<P>> {
        let passes = matches!(
            &message.0,
            Ok(Message::Notification { method, .. }) if method == method::PROGRESS
        );
        if self.wire.whole || passes || !self.gate.holds() && !self.needs_dialogue(&message.0) {
            return Some(message);
        }
        self.gate.held.push(message);
        self.want_dialogue();
        None
    }

    /// The connection ends: what waits only for its turn has come all the same.
    pub(super) fn let_through(&mut self) {
        for (message, stream) in std::mem::take(&mut self.gate.held) {
            if !self.needs_dialogue(&message) {
                self.receive(message, stream, 0.0);
            }
        }
    }

    fn needs_dialogue(&mut self, message: &Result<Message<P>, Malformed>) -> bool {
        match message {
            Ok(Message::Request { method, .. }) => {
                self.wire.is(Version::asks_by_request) && method != method::PING
            }
            Ok(Message::Response { id: Some(id), outcome }) => {
                let purpose = answered(id).and_then(|id| self.wire.requests.purpose(id));
                let Some(&Purpose::Call(call)) = purpose else { return false };
                self.calls.goes_on(&self.wire, call, outcome.as_ref().map_err(Some))
            }
            _ => false,
        }
    }
}

/// The request that an answer is for; a server may have made a text of its id.
fn answered(id: &Id) -> Option<RequestId> {
    match id {
        Id::Integer(number) => RequestId::new(*number),
        Id::Text(text) => RequestId::spelled(text),
    }
}

impl<P: Payload> CallTable<P> {
    /// Whether there may be more to an answer than the end of its call: to a result, or to an error, which
    /// says more if it is the server's.
    #[inline(never)]
    pub(super) fn goes_on(
        &mut self,
        wire: &Wire<P>,
        id: RequestId,
        outcome: Result<&P, Option<&RpcError<P>>>,
    ) -> bool {
        let Some(work) = self.worker(id) else { return false };
        work.task.is_some()
            || match outcome {
                Ok(result) => {
                    !wire.is_complete(result)
                        || work.asked_for_task() && result.present("task").is_some()
                }
                Err(error) => error.is_some_and(|error| {
                    error.code == code::URL_ELICITATION_REQUIRED
                        || error.code == code::METHOD_NOT_FOUND && work.finds_out
                }),
            }
    }
}
