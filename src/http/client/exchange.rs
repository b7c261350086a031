//! One exchange: a request of HTTP and its answer, and what its end means.

use crate::error::Error;
use crate::http::headers::{EVENTS, JSON, is_media};
use crate::http::sse::EventStream;
use crate::jsonrpc::{Id, Kind, Message, Payload, code};
use crate::proto::Millis;
use crate::proto::client::sentence;
use crate::types::method;

use super::{Http, LINGER, News, Reading};

/// How often in a row a stream that broke off is asked for again.
const ATTEMPTS: u32 = 5;

/// How long a stream that broke off is left alone if the server does not say, at first.
const PAUSE: Millis = 1_000.0;

/// A server that wants no pause gets this one.
const LEAST_PAUSE: Millis = 50.0;

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
    /// Tools are listed for the sake of a call that was refused for its headers: the call, the
    /// server's refusal, and how many pages there have been.
    Refresh(P, P, u32),
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

#[derive(Debug)]
pub(super) struct Exchange<P> {
    pub number: u32,
    pub purpose: Purpose<P>,
    pub state: State,
    /// What was posted.
    pub message: Option<P>,
    pub method: String,
    /// The request that is to be answered.
    pub id: Option<Id>,
    pub modern: bool,
    /// Whether this is a second attempt, after which there is no third.
    pub again: bool,
    /// Whether it asks for the rest of a stream.
    pub resumes: bool,
    /// The session that it belongs to.
    pub session: Option<String>,
    pub status: u16,
    json: bool,
    pub stream: EventStream,
    /// How often in a row it broke off.
    pub failures: u32,
    pub deadline: Millis,
}

impl<P: Payload> Exchange<P> {
    pub fn new(number: u32, purpose: Purpose<P>, message: Option<P>) -> Self {
        let text = |value: Option<P>| value.and_then(|value| value.as_text());
        let method = text(message.as_ref().and_then(|message| message.get("method")));
        let id =
            message.as_ref().filter(|_| method.is_some()).and_then(|message| message.get("id"));
        Self {
            number,
            purpose,
            state: State::Sent,
            id: id.and_then(|id| id.as_id()),
            message,
            method: method.unwrap_or_default(),
            modern: false,
            again: false,
            resumes: false,
            session: None,
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
        let streams = self.is_ok() && is_media(content_type, EVENTS);
        if !streams {
            self.state = State::Whole;
            return Reading::Whole;
        }
        self.state = State::Streaming;
        if !matches!(self.purpose, Purpose::Listen) {
            self.failures = 0;
        }
        Reading::Events
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn opens_session(&self) -> bool {
        self.method == method::INITIALIZE
    }

    /// Whether a request may be made twice without harm.
    pub fn is_safe(&self) -> bool {
        ["/list", "/read", "/get", "/complete", "ping"]
            .iter()
            .any(|ending| self.method.ends_with(ending))
    }

    /// Whether a 404 says that the session has ended: not on a stream, which not all servers have.
    fn expires(&self) -> bool {
        let posted = !matches!(self.purpose, Purpose::Listen | Purpose::End);
        posted && !self.resumes && !self.again && self.session.is_some()
    }

    /// Whether progress with that token may come on this stream: in the modern era, only that of
    /// its own request. What comes after the answer is for the client to judge.
    pub fn may_report(&self, token: &Id) -> bool {
        !self.modern || self.id.as_ref().is_none_or(|id| id == token)
    }

    /// The id of the request that waits for an answer.
    pub fn waits(&self) -> Option<&Id> {
        self.id.as_ref().filter(|_| self.state != State::Answered)
    }
}

impl<P: Payload> Http<P> {
    /// A message has come on an exchange.
    pub(super) fn incoming(&mut self, number: u32, mut message: P, now: Millis) {
        let method = message.get("method").and_then(|method| method.as_text());
        if let Some(method) = method {
            let token = message
                .get("params")
                .filter(|_| method == method::PROGRESS)
                .and_then(|params| params.get("progressToken")?.as_id());
            let stray = token.is_some_and(|token| {
                self.find(number).is_some_and(|exchange| !exchange.may_report(&token))
            });
            self.news.push(if stray { News::Stray } else { News::Message(message) });
            return;
        }
        let id = message.get("id").and_then(|id| id.as_id());
        let asks = |one: &&mut Exchange<P>| one.waits().is_some() && one.id == id;
        let Some(exchange) = self.exchanges.iter_mut().find(asks) else {
            return self.news.push(News::Message(message));
        };
        // It may have come on another stream than its own.
        exchange.state = State::Answered;
        exchange.deadline = now + LINGER;
        let sent = exchange.message.take();
        let params = sent.as_ref().and_then(|sent| sent.get("params"));
        let lists = exchange.modern && exchange.method == method::LIST_TOOLS;
        let calls = exchange.modern && exchange.method == method::CALL_TOOL && !exchange.again;
        let opens = exchange.opens_session();
        match std::mem::replace(&mut exchange.purpose, Purpose::Message) {
            Purpose::Renew => self.renewed(&message),
            Purpose::Refresh(call, refusal, pages) => {
                self.refreshed(call, refusal, pages, params.as_ref(), message);
            }
            Purpose::Message => {
                if opens {
                    self.opened(&message);
                } else if lists {
                    self.read_tools(params.as_ref(), &mut message);
                } else if let Some(call) = sent.filter(|_| calls)
                    && error_code(&message) == Some(code::HEADER_MISMATCH)
                {
                    return self.refresh(call, message, 0, None);
                }
                self.news.push(News::Message(message));
            }
            _ => {}
        }
    }

    /// Decides what a whole body means; its exchange is over.
    pub(super) fn judge(
        &mut self,
        exchange: Exchange<P>,
        message: Option<P>,
        text: &str,
        now: Millis,
    ) {
        let number = exchange.number;
        let waits = exchange.waits().cloned();
        let ours =
            |message: &P| waits.is_some() && message.get("id").and_then(|id| id.as_id()) == waits;
        if exchange.status == 404 && exchange.expires() && !message.as_ref().is_some_and(ours) {
            return self.expired(exchange);
        }
        let (ok, json, status) = (exchange.is_ok(), exchange.json, exchange.status);
        match exchange.purpose {
            Purpose::Listen | Purpose::End => return,
            Purpose::Message if ok && exchange.method == method::INITIALIZED => self.listen(),
            _ => {}
        }
        let failure = |status| Error::Http { status, body: text.to_owned() };
        let Some(id) = waits.clone() else {
            if !ok {
                self.news.push(News::Fault(failure(status)));
            }
            return;
        };
        self.exchanges.push(exchange);
        for mut message in unpack(message) {
            // The server may not have been able to read the id.
            let about = message.get("id").filter(|id| id.kind() != Kind::Null);
            if about.is_none() && message.get("error").is_some() {
                message.set("id", P::from_id(&id));
            }
            let telling = match status {
                401 | 403 => false,
                408 | 425 | 429 | 500.. => modern_refusal(&message),
                _ => true,
            };
            if ok || telling && ours(&message) {
                self.incoming(number, message, now);
            }
        }
        let unanswered = self.find(number).is_some_and(|exchange| exchange.waits().is_some());
        if unanswered {
            let error = if ok {
                let what = if status == 202 {
                    "the server accepted a request without answering it"
                } else if json {
                    "the server's answer is no answer to the request: "
                } else {
                    "the server answered with something that is neither JSON nor a stream: "
                };
                Error::Protocol(sentence(&[what, text]))
            } else {
                failure(status)
            };
            self.give_up(number, error);
        }
        self.take(number);
    }

    /// An exchange has ended before its time, or its stream has.
    pub(super) fn broken(&mut self, number: u32, error: Error<P>, now: Millis) {
        let Some(exchange) = self.find(number) else { return };
        let resumable = match exchange.purpose {
            Purpose::Listen => exchange.state == State::Streaming || exchange.failures > 0,
            _ => {
                !exchange.modern
                    && exchange.waits().is_some()
                    && exchange.stream.last_id().is_some()
            }
        };
        if resumable && exchange.failures < ATTEMPTS {
            exchange.failures += 1;
            exchange.state = State::Paused;
            let pause = PAUSE * f64::from(exchange.failures);
            exchange.deadline = now + exchange.stream.retry().unwrap_or(pause).max(LEAST_PAUSE);
        } else {
            self.give_up(number, error);
        }
    }

    /// Ends an exchange without an answer.
    pub(super) fn give_up(&mut self, number: u32, error: Error<P>) {
        let Some(exchange) = self.take(number) else { return };
        let waits = exchange.waits().cloned();
        match exchange.purpose {
            Purpose::Message => match waits {
                Some(id) => self.fail(id, error),
                None if exchange.state == State::Answered => {}
                None => self.news.push(News::Fault(error)),
            },
            Purpose::Renew => self.close_session(),
            Purpose::Refresh(_, refusal, _) => self.news.push(News::Message(refusal)),
            _ => {}
        }
    }

    /// The exchange that carries a request which the client gives up.
    pub(super) fn given_up(&mut self, id: &Id) -> Option<Exchange<P>> {
        let carries = |exchange: &Exchange<P>| match &exchange.purpose {
            Purpose::Refresh(call, ..) => {
                call.get("id").and_then(|id| id.as_id()).as_ref() == Some(id)
            }
            _ => exchange.id.as_ref() == Some(id),
        };
        let at = self.exchanges.iter().position(carries)?;
        Some(self.exchanges.remove(at))
    }
}

/// A batch, which one legacy revision allowed, as its messages.
fn unpack<P: Payload>(body: Option<P>) -> Vec<P> {
    match body {
        Some(body) => body.elements().unwrap_or_else(|| vec![body]),
        None => Vec::new(),
    }
}

fn error_code<P: Payload>(message: &P) -> Option<i64> {
    match Message::read(message) {
        Ok(Message::Response { outcome: Err(error), .. }) => Some(error.code),
        _ => None,
    }
}

/// Whether it is an error that only a modern server knows.
fn modern_refusal<P: Payload>(message: &P) -> bool {
    error_code(message)
        .is_some_and(|code| (code::UNSUPPORTED_VERSION..=code::HEADER_MISMATCH).contains(&code))
}
