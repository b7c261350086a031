//! One exchange: a request of HTTP and its answer.

use crate::http::headers::{EVENTS, JSON, is_media};
use crate::http::sse::EventStream;
use crate::jsonrpc::{Id, Payload};
use crate::proto::Millis;
use crate::types::{meta, method};

use super::{Reading, id_at, text_at};

/// Why an exchange is made.
#[derive(Debug)]
pub(super) enum Purpose<P> {
    /// A message of the client is sent.
    Message,
    /// The server's own stream is opened.
    Listen,
    /// The session ends.
    End,
    /// A session is opened in place of one that has expired.
    Renew,
    /// The server is told again, in a new session, what it was told in the old one.
    Repeat,
    /// Tools are listed for the sake of a call that was refused for its headers.
    Refresh(Refused<P>),
}

/// A call that was refused for its headers.
#[derive(Debug)]
pub(super) struct Refused<P> {
    pub call: P,
    /// The server's answer.
    pub refusal: P,
    /// How many pages of tools have been asked for.
    pub pages: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Under way, up to the head of the answer.
    Sent,
    /// The body comes as a whole.
    Whole,
    /// Events come.
    Streaming,
    /// The answer has come, and the stream may end.
    Answered,
    /// The stream broke off, and is asked for again at the deadline.
    Paused,
}

/// What the methods are that make a difference here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Response,
    Initialize,
    Initialized,
    Cancelled,
    Progress,
    ListTools,
    CallTool,
    /// Holds until the session ends, or until it is taken back.
    Lasting,
    TakenBack,
    /// Can be asked twice without harm.
    Safe,
    Other,
}

impl Kind {
    pub fn of<P: Payload>(message: &P) -> Self {
        let Some(method) = text_at(message, &["method"]) else { return Self::Response };
        match method.as_str() {
            method::INITIALIZE => Self::Initialize,
            method::INITIALIZED => Self::Initialized,
            method::CANCELLED => Self::Cancelled,
            method::PROGRESS => Self::Progress,
            method::LIST_TOOLS => Self::ListTools,
            method::CALL_TOOL => Self::CallTool,
            method::SET_LEVEL | "resources/subscribe" => Self::Lasting,
            "resources/unsubscribe" => Self::TakenBack,
            _ if ["list", "read", "get", "complete", "ping"]
                .iter()
                .any(|end| method.ends_with(end)) =>
            {
                Self::Safe
            }
            _ => Self::Other,
        }
    }
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each asked by name")]
pub(super) struct Exchange<P> {
    pub number: u32,
    pub purpose: Purpose<P>,
    pub state: State,
    /// What is posted.
    pub message: Option<P>,
    pub kind: Kind,
    /// The request that is to be answered.
    pub id: Option<Id>,
    /// Its progress token.
    pub token: Option<Id>,
    pub modern: bool,
    /// Whether this is a second attempt, after which there is no third.
    pub again: bool,
    /// Whether it asks for the rest of a stream.
    pub resumes: bool,
    /// The session that it belongs to, counted from 1.
    pub session: u32,
    pub status: u16,
    pub json: bool,
    pub stream: EventStream,
    /// How often in a row it broke off.
    pub failures: u32,
    pub deadline: Millis,
}

impl<P: Payload> Exchange<P> {
    pub fn new(purpose: Purpose<P>, message: Option<P>, again: bool) -> Self {
        let kind = message.as_ref().map_or(Kind::Other, Kind::of);
        let asks = message.as_ref().filter(|_| kind != Kind::Response);
        Self {
            number: 0,
            purpose,
            state: State::Sent,
            id: asks.and_then(|message| id_at(message, &["id"])),
            token: asks
                .and_then(|message| id_at(message, &["params", meta::META, meta::PROGRESS_TOKEN])),
            message,
            kind,
            modern: false,
            again,
            resumes: false,
            session: 0,
            status: 0,
            json: false,
            stream: EventStream::default(),
            failures: 0,
            deadline: f64::INFINITY,
        }
    }

    pub fn head(&mut self, status: u16, content_type: &str) -> Reading {
        self.status = status;
        self.json = is_media(content_type, JSON);
        if self.is_ok() && is_media(content_type, EVENTS) {
            self.state = State::Streaming;
            // The server's own stream has to bring something first.
            if !matches!(self.purpose, Purpose::Listen) {
                self.failures = 0;
            }
            return Reading::Events;
        }
        self.state = State::Whole;
        Reading::Whole
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn opens_session(&self) -> bool {
        self.kind == Kind::Initialize
    }

    /// Whether a 404 says that the session has ended: not on a stream, which not all servers have.
    pub fn expires(&self) -> bool {
        self.status == 404
            && self.session > 0
            && !self.resumes
            && !self.again
            && self.message.is_some()
    }

    /// Whether progress with that token may come on this stream: in the modern era, only that of
    /// its own request.
    pub fn may_report(&self, token: &Id) -> bool {
        !self.modern || self.token.as_ref().is_some_and(|own| names(token, own))
    }

    /// Whether it is the exchange of the request of that id.
    pub fn is(&self, id: Option<&Id>) -> bool {
        matches!((id, &self.id), (Some(id), Some(own)) if names(id, own))
    }

    /// The id of the request that waits for an answer.
    pub fn waits(&self) -> Option<Id> {
        self.id.clone().filter(|_| self.state != State::Answered)
    }
}

/// Whether an id or a token is that one of ours, perhaps as a text.
fn names(id: &Id, own: &Id) -> bool {
    match (id, own) {
        (Id::Text(text), Id::Integer(own)) => *own > 0 && Id::decimal(text) == *own,
        _ => id == own,
    }
}
