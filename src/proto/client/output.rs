//! What the client machine wants done, and what it is told at its start.

use std::collections::VecDeque;

use crate::error::Error;
use crate::jsonrpc::{Id, Payload};
use crate::proto::version::Version;
use crate::text::sentence;
use crate::types::{Implementation, Level};

use super::oddity::Oddity;
use super::requests::{RequestId, Slot};

/// Which protocol revisions a client may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Probes for the newest and falls back to `initialize`.
    #[default]
    Auto,
    /// Sends `initialize` without a probe.
    Legacy,
    /// This revision or an error.
    Pin(Version),
}

/// What a client is made with.
#[derive(Clone, Debug)]
pub struct ClientConfig<P> {
    /// Who the client is.
    pub info: Implementation,
    /// The capabilities it declares, as the protocol writes them.
    pub capabilities: P,
    /// The lowest level of log messages it wants; modern requests carry it.
    pub log_level: Option<Level>,
    /// Which revisions it may use.
    pub mode: Mode,
}

/// What came of the handshake.
#[derive(Clone, Debug, PartialEq)]
pub struct Negotiated<P> {
    /// The revision both sides speak.
    pub version: Version,
    /// The server's name and version, as it sent them.
    pub server_info: Option<P>,
    /// The server's capabilities, as it sent them.
    pub capabilities: Option<P>,
    /// What the server wants a model to know.
    pub instructions: Option<P>,
    /// The answer to `server/discover` by which a modern connection was opened.
    pub discovered: Option<P>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Requested<P> {
    /// Nothing is sent: its result is kept from earlier ones.
    Kept(P),
    /// Nothing is sent: a result is kept that is private to the latest authorization, and nobody said
    /// that this is its one. To be asked again with another [`Caching`](super::Caching).
    Private,
    /// It is on its way, with that id, as the call in that slot.
    Sent(RequestId, Slot),
}

/// One progress notification for a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Report<P> {
    /// How far the call has come.
    pub progress: f64,
    /// How far it will go, if the server knows.
    pub total: Option<f64>,
    /// What the server is doing, a string.
    pub message: Option<P>,
    /// The whole `params` of the notification, unknown members and all.
    pub params: P,
}

/// One thing that the server asks for before it goes on with a call, to be answered by
/// [`answer`](super::ClientMachine::answer).
#[derive(Clone, Debug, PartialEq)]
pub struct InputRequest<P> {
    /// The call's slot.
    pub slot: Slot,
    /// The number of this request, by which it is answered.
    pub input: u32,
    /// The server's name for it.
    pub key: String,
    /// What is asked for, such as `elicitation/create`.
    pub method: String,
    /// Its parameters.
    pub params: Option<P>,
}

/// Where the answer to something that the server asks for goes.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyTo {
    /// To a request of a legacy server, by its id.
    Request(Id),
    /// To an [`InputRequest`], by its number.
    Input(u32),
}

/// What the machine wants done or known, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output<P> {
    /// Send this message; the id is there if it is a request, for [`unsent`](super::ClientMachine::unsent).
    Send(P, Option<RequestId>),
    /// Send this notification, which ends the handshake, and call
    /// [`begun`](super::ClientMachine::begun) when the server has it,
    /// [`not_begun`](super::ClientMachine::not_begun) if that was not possible.
    Greet(P),
    /// The part of the machine that is loaded late will be needed: load it, then call
    /// [`complete`](super::ClientMachine::complete), or [`remain`](super::ClientMachine::remain) if that fails. Comes only
    /// where [`lack`](super::ClientMachine::lack) was called.
    Incomplete,
    /// Close this channel and open a new one to the same server, then call
    /// [`opened`](super::ClientMachine::opened).
    Reopen,
    /// The handshake is done; [`session`](super::ClientMachine::session) says what came of it. Comes once more
    /// if the server turns out not to be what it was known for.
    Connected,
    /// The connection has ended, or never came about; every call has been settled before this. What
    /// failed after that, if there was a second attempt.
    Disconnected(Error<P>, Option<Error<P>>),
    /// Progress of a call.
    Progress(Slot, Report<P>),
    /// Progress was odd in that way; these are its params, if it has any.
    Odd(Oddity, Option<P>),
    /// A call counts as stalled, until progress comes.
    Stalled(Slot),
    /// A call has ended; its slot is free when the outputs are drained.
    Settled(Slot, Result<P, Error<P>>),
    /// A subscription has begun, with what the server will tell of.
    Acknowledged(Slot, P),
    /// The stream of a subscription broke off for that reason; it will be opened again, and
    /// [`Acknowledged`](Self::Acknowledged) once more. What happens meanwhile is not told.
    Interrupted(Slot, Error<P>),
    /// A notification for a subscription: its method and its params.
    Update(Slot, String, Option<P>),
    /// The server asks for something before it goes on with a call. All that one result asks for
    /// comes at once.
    Input(InputRequest<P>),
    /// A call goes on with another request of that id, and its progress may start again.
    Leg(Slot, RequestId),
    /// The status of the task that a call has become, in the server's words.
    Task(Slot, P),
    /// What is known of tools from now on: what this list says of those in it. Or nothing any more, since
    /// they have changed, or may be another's.
    Tools(Option<P>),
    /// A notification, for whoever handles its method.
    Notification(String, Option<P>),
    /// A request of the server, to be answered by [`respond`](super::ClientMachine::respond); the slot of the
    /// call that makes it ask, if it asks a person something and that is known.
    Request(Id, String, Option<P>, Option<Slot>),
    /// The server withdraws a request, or the call that made it ask has ended, for that reason; it must
    /// not be answered any more.
    Withdrawn(Id, Option<String>),
    /// The server sent something wrong. Nothing else is affected.
    Fault(Error<P>),
}

impl<P: Payload> Output<P> {
    #[inline(never)]
    pub(super) fn fault(parts: &[&str]) -> Self {
        Self::Fault(Error::Protocol(sentence(parts)))
    }
}

/// The outputs that wait to be polled, first in first out.
#[derive(Debug)]
pub(super) struct Outputs<P>(VecDeque<Output<P>>);

impl<P> Outputs<P> {
    pub fn new() -> Self {
        Self(VecDeque::new())
    }

    // Out of line: it is called from everywhere.
    #[inline(never)]
    pub fn push(&mut self, output: Output<P>) {
        self.0.push_back(output);
    }

    pub fn pop(&mut self) -> Option<Output<P>> {
        self.0.pop_front()
    }
}
