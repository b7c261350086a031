//! One exchange: a request of HTTP and its answer.

use std::num::NonZero;

use crate::error::Error;
use crate::http::headers::{EVENTS, JSON, is_media};
use crate::http::sse::EventStream;
use crate::jsonrpc::{Id, Payload, code};
use crate::proto::Millis;
use crate::proto::client::OWN_STREAM;
use crate::types::{meta, method};

use super::answer::{error_in, says_code};
use super::{BodyMode, Head, id_at, text_at};

/// How long a caller waits that does not say.
pub(super) const PATIENCE: Millis = 60_000.0;

/// Why an exchange is made.
#[derive(Debug)]
pub(super) enum ExchangePurpose<P> {
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
    /// The address may be one of the older HTTP+SSE: its stream would say so. The request that was
    /// refused so, and how.
    Sniff(Id, Error<P>),
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
pub(super) enum ExchangeState {
    /// Under way, up to the head of the answer.
    Sent,
    /// The body comes as a whole.
    Whole,
    /// Events come.
    Streaming,
    /// The answer has come, and the stream may end.
    Answered,
    /// It was of no use yet, and is tried again at the deadline.
    Paused,
}

/// What the methods are that make a difference here. Neighbours are told apart from the rest by one
/// comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Subject {
    Initialize,
    Initialized,
    CallTool,
    /// Asks for a stream of news, of whose gaps the caller is told.
    Subscribe,
    /// Asks the exchanges themselves whether the server's own stream is there.
    OwnStream,
    Other,
    Response,
    Cancelled,
    Progress,
    ListTools,
    /// Is answered by what the server knows, without a word beside it.
    List,
    /// Can be asked twice without harm.
    Safe,
    /// The probe, or later a ping.
    Discover,
    /// Holds until the session ends, or until it is taken back.
    Lasting,
    TakenBack,
}

impl Subject {
    pub fn of<P: Payload>(message: &P) -> Self {
        let Some(method) = text_at(message, &["method"]) else { return Self::Response };
        match method.as_str() {
            method::INITIALIZE => Self::Initialize,
            method::INITIALIZED => Self::Initialized,
            method::CANCELLED => Self::Cancelled,
            method::PROGRESS => Self::Progress,
            method::LIST_TOOLS => Self::ListTools,
            method::CALL_TOOL => Self::CallTool,
            method::SET_LEVEL | method::SUBSCRIBE => Self::Lasting,
            method::UNSUBSCRIBE => Self::TakenBack,
            method::DISCOVER => Self::Discover,
            method::LISTEN => Self::Subscribe,
            OWN_STREAM => Self::OwnStream,
            method::PING
            | method::LIST_RESOURCES
            | method::LIST_RESOURCE_TEMPLATES
            | method::LIST_PROMPTS
            | method::LIST_TASKS => Self::List,
            method::READ_RESOURCE | method::GET_PROMPT | method::COMPLETE | method::GET_TASK => {
                Self::Safe
            }
            _ => Self::Other,
        }
    }

    /// Whether the server may get it twice.
    pub fn is_safe(self) -> bool {
        self >= Self::ListTools
    }

    /// Whether the server may have something to say about it before it answers.
    pub fn may_report(self) -> bool {
        self < Self::Response || self > Self::List
    }
}

/// What has stood in the way of an exchange since it was last of use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Troubles {
    /// How often in a row it failed.
    pub count: u32,
    /// Since when it fails.
    pub since: Option<Millis>,
    /// Since when nobody is there.
    pub refused_at: Option<Millis>,
}

/// What the head of an answer says of it.
#[derive(Debug)]
pub(super) struct AnswerHead<P> {
    pub status: u16,
    pub json: bool,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Millis>,
    /// All of them, for the error that the answer may become.
    pub headers: Option<P>,
}

impl<P> AnswerHead<P> {
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each asked by name")]
pub(super) struct Exchange<P> {
    /// Another one each time that it is sent.
    pub number: u32,
    pub purpose: ExchangePurpose<P>,
    pub state: ExchangeState,
    /// What is posted.
    pub message: Option<P>,
    pub kind: Subject,
    /// The request that is to be answered.
    pub id: Option<Id>,
    /// Its progress token.
    pub token: Option<Id>,
    pub modern: bool,
    /// Whether this is a second attempt, after which there is no third.
    pub again: bool,
    /// Whether it asks for the rest of a stream.
    pub resumes: bool,
    /// The session that it belongs to, if that has an id.
    pub session: Option<NonZero<u32>>,
    /// There since the head of the answer has come.
    pub answer: Option<AnswerHead<P>>,
    pub stream: EventStream,
    /// Whether it has ever been a stream.
    pub opened: bool,
    /// Whether its stream repeats what was the answer to another request.
    pub replays: bool,
    /// Whether the server may have seen it.
    pub reached: bool,
    /// When it was sent last.
    pub started: Millis,
    pub troubles: Troubles,
    /// How often it was sent anew.
    pub repeats: u32,
    /// How long its caller waits.
    pub patience: Millis,
    pub deadline: Millis,
}

impl<P: Payload> Exchange<P> {
    pub fn new(
        number: u32,
        purpose: ExchangePurpose<P>,
        message: Option<P>,
        again: bool,
        now: Millis,
    ) -> Box<Self> {
        let kind = message.as_ref().map_or(Subject::Other, Subject::of);
        let asks = message.as_ref().filter(|_| kind != Subject::Response);
        Box::new(Self {
            number,
            purpose,
            state: ExchangeState::Sent,
            id: asks.and_then(|message| id_at(message, &["id"])),
            token: asks
                .and_then(|message| id_at(message, &["params", meta::META, meta::PROGRESS_TOKEN])),
            message,
            kind,
            modern: false,
            again,
            resumes: false,
            session: None,
            answer: None,
            stream: EventStream::default(),
            opened: false,
            replays: false,
            reached: false,
            started: now,
            troubles: Troubles::default(),
            repeats: 0,
            patience: PATIENCE,
            deadline: f64::INFINITY,
        })
    }

    pub fn head(&mut self, head: Head<P>) -> BodyMode {
        self.reached = true;
        let answer = AnswerHead {
            status: head.status,
            json: is_media(head.content_type, JSON),
            retry_after: head.retry_after,
            headers: head.headers,
        };
        let answer = self.answer.insert(answer);
        if answer.is_ok() && is_media(head.content_type, EVENTS) {
            self.state = ExchangeState::Streaming;
            self.opened = true;
            self.troubles.refused_at = None;
            return BodyMode::Events;
        }
        self.state = ExchangeState::Whole;
        BodyMode::Whole
    }

    /// The status of its answer, since the head has come.
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    pub fn is_ok(&self) -> bool {
        self.answer.as_ref().is_some_and(AnswerHead::is_ok)
    }

    pub fn opens_session(&self) -> bool {
        self.kind == Subject::Initialize
    }

    /// Whether the answer may say that the server does not know the session any more.
    fn may_expire(&self) -> bool {
        self.session.is_some() && !self.again
    }

    /// Whether the status says it: a 404 does, except to who asks for the server's own stream for
    /// the first time, because not all servers have one.
    pub fn expires(&self) -> bool {
        self.status() == Some(404) && self.may_expire() && (self.message.is_some() || self.opened)
    }

    /// Whether an answer with another status says it. Servers that do not know the 404 answer a
    /// request with 400, or with an error that has the wording of the SDKs.
    pub fn says_expired(&self, answers: &[P]) -> bool {
        if !self.may_expire() || self.resumes || self.waits().is_none() {
            return false;
        }
        let mut others = answers.iter().filter(|answer| !is_about_session(*answer));
        match self.status() {
            // What could not be read is no matter of sessions, and what answers the request is its
            // answer.
            Some(400) => others.all(|answer| {
                !says_code(answer, code::PARSE_ERROR) && !self.is(id_at(answer, &["id"]).as_ref())
            }),
            Some(200..=499) => !answers.is_empty() && others.next().is_none(),
            _ => false,
        }
    }

    /// Whether it opens a session in place of another: all else waits for that, so that only its
    /// answer is of use.
    #[inline]
    pub fn renews(&self) -> bool {
        matches!(self.purpose, ExchangePurpose::Renew)
    }

    /// It was of use: what stood in its way is behind it.
    #[inline]
    pub fn works(&mut self) {
        if !self.renews() {
            self.troubles = Troubles::default();
        }
    }

    /// Its stream can be asked for where it broke off.
    pub fn can_resume(&self) -> bool {
        !self.modern && self.waits().is_some() && self.stream.last_id().is_some()
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
        self.id.clone().filter(|_| self.state != ExchangeState::Answered)
    }
}

/// How servers word it that they do not know the session, in small letters.
const WORDINGS: [&str; 9] = [
    "no valid session",
    "session not found",
    "session expired",
    "session has expired",
    "session does not exist",
    "invalid session id",
    "invalid or expired session",
    "unknown session",
    "no such session",
];

/// Whether a message is the error by which servers say that they do not know the session, and not
/// what a tool says of sessions of its own.
fn is_about_session<P: Payload>(message: &P) -> bool {
    let Some(error) = error_in(message) else { return false };
    let text = error.message.to_ascii_lowercase();
    let text = text.strip_prefix("bad request: ").unwrap_or(&text);
    (-32_099..=-32_000).contains(&error.code)
        && WORDINGS.iter().any(|wording| text.starts_with(wording))
}

/// Whether an id or a token is that one of ours, perhaps as a text.
fn names(id: &Id, own: &Id) -> bool {
    match (id, own) {
        (Id::Text(text), Id::Integer(own)) => Id::decimal(text).is_some_and(|id| id.get() == *own),
        _ => id == own,
    }
}
