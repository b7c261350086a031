//! What goes into the client's side of HTTP, and what comes out of it.

use crate::error::Error;
use crate::jsonrpc::{Id, Message, Payload};
use crate::proto::Millis;
use crate::proto::client::{ClientMachine, RequestId};

/// What the owner of `fetch` has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action<P> {
    /// Start an exchange.
    Fetch {
        /// Its number, from 1; never used again.
        exchange: u32,
        /// The HTTP method.
        verb: &'static str,
        /// Names and values in turn, beside those of the application.
        headers: Vec<P>,
        /// The body, to be written as JSON.
        body: Option<P>,
        /// The message that it is about, which the body is if it has one.
        about: Option<P>,
    },
    /// Break an exchange off; nothing more is to be told of it.
    Abort(u32),
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Head<'a, P> {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`; empty without.
    pub content_type: &'a str,
    /// `Mcp-Session-Id`; empty without.
    pub session: &'a str,
    /// `Retry-After`, in milliseconds from now.
    pub retry_after: Option<Millis>,
    /// All headers, as the platform has them, for the error that the answer may become.
    pub headers: Option<P>,
}

impl<'a, P> Head<'a, P> {
    /// A head with nothing else.
    pub fn new(status: u16, content_type: &'a str) -> Self {
        Self { status, content_type, session: "", retry_after: None, headers: None }
    }
}

/// How an exchange failed.
#[derive(Clone, Debug)]
pub struct Failure<P> {
    /// Whether the request may have reached the server.
    pub sent: bool,
    /// Whether nobody is there: the connection was refused, as far as the platform tells.
    pub refused: bool,
    /// The platform's own error; without one, a stream has ended as streams do.
    pub cause: Option<P>,
}

/// How a message is sent.
#[derive(Clone, Debug, Default)]
pub struct Sending {
    /// How long its caller waits for an answer, in milliseconds; a minute if it does not say.
    pub patience: Option<Millis>,
    /// The message is not sent: its answer comes on a stream that goes on behind this event.
    pub resume: Option<String>,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming<P> {
    /// A message of the server.
    Message(P),
    /// A request of the server, which came on the stream of that request of the client's.
    Asked(P, Id),
    /// There will be no answer to the request of that id.
    Failed(Id, Error<P>),
    /// Something went wrong that belongs to no request.
    Fault(Error<P>),
    /// Progress with that token and those params came on the stream of another request; it was
    /// dropped.
    Stray(Id, P),
    /// The server knows that the session has begun.
    Begun,
    /// What tells the server so was lost on the way.
    Refused(Error<P>),
    /// The session has ended and cannot be opened again.
    Closed,
}

impl<P: Payload> Incoming<P> {
    /// Tells a client what has happened.
    pub fn tell(self, client: &mut ClientMachine<P>, now: Millis) {
        match self {
            Self::Message(message) => client.receive(Message::read(&message), None, now),
            Self::Asked(message, stream) => {
                client.receive(Message::read(&message), RequestId::named(&stream), now);
            }
            Self::Failed(id, error) => match RequestId::named(&id) {
                Some(id) => client.failed(id, error, now),
                None => client.fault(error),
            },
            Self::Fault(error) => client.fault(error),
            Self::Stray(token, params) => client.stray(&token, params),
            Self::Begun => client.begun(now),
            Self::Refused(error) => client.not_begun(error, now),
            Self::Closed => client.close("the session has expired, and no other was opened"),
        }
    }
}

/// How the body of an answer is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMode {
    /// Not at all.
    Nothing,
    /// Whole, as text, for [`Http::body`](super::Http::body).
    Whole,
    /// Chunk by chunk, for [`Http::feed`](super::Http::feed).
    Events,
}

/// How long a stream that broke off is left alone, and how often it is asked for again.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// The first pause, in milliseconds.
    pub first: Millis,
    /// How many times as long each is as the one before.
    pub growth: f64,
    /// The longest.
    pub longest: Millis,
    /// How often in a row a stream is asked for again.
    pub attempts: u32,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { first: 1_000.0, growth: 2.0, longest: 30_000.0, attempts: 10 }
    }
}
