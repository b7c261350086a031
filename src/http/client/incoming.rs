//! What comes back on an exchange, and what its end means.

use crate::error::Error;
use crate::jsonrpc::{Message, Payload, code};
use crate::proto::Millis;
use crate::proto::client::{owned, sentence};
use crate::types::method;

use super::exchange::{Exchange, Kind, Purpose, State};
use super::{Http, News, at, id_at, protocol, text_at};

/// How long a stream may stay open after the answer, for the sake of the connection below it.
const LINGER: Millis = 1_000.0;

/// How often in a row a stream that broke off is asked for again.
const ATTEMPTS: u32 = 5;

/// How long a stream that broke off is left alone if the server does not say, at first.
const PAUSE: Millis = 1_000.0;

/// A server that wants no pause gets this one.
const LEAST_PAUSE: Millis = 50.0;

/// And one that wants to be left alone for ever this one.
const LONGEST_PAUSE: Millis = 300_000.0;

impl<P: Payload> Http<P> {
    /// A message has come on an exchange.
    pub(super) fn incoming(&mut self, number: u32, mut message: P, now: Millis) {
        if let Some(method) = text_at(&message, &["method"]) {
            self.asked(&message, &method);
            let token = id_at(&message, &["params", "progressToken"]);
            let stray = token.filter(|token| {
                method == method::PROGRESS
                    && self.find(number).is_some_and(|exchange| !exchange.may_report(token))
            });
            return self.news.push(match (stray, at(&message, &["params"])) {
                (Some(token), Some(params)) => News::Stray(token, params),
                _ => News::Message(message),
            });
        }
        // It may come on another stream than its own; an error whose sender could not read the id
        // is about the request of its own stream, and otherwise about nobody knows what.
        let mut id = id_at(&message, &["id"]);
        if id.is_none()
            && let Ok(Message::Response { outcome: Err(error), .. }) = Message::read(&message)
        {
            id = self.find(number).and_then(|exchange| exchange.waits());
            match &id {
                Some(id) => message.set("id", P::from_id(id)),
                None => return self.fault(Error::Rpc(error)),
            }
        }
        let asks = |one: &&mut Exchange<P>| one.state != State::Answered && one.is(id.as_ref());
        let answered = self.exchanges.iter_mut().find(asks);
        let Some(exchange) = answered else {
            return self.news.push(News::Message(message));
        };
        // A strict client drops an answer that names its request by a text.
        let loose = exchange.id != id;
        exchange.state = State::Answered;
        exchange.deadline = now + LINGER;
        let (sent, own) = (exchange.message.take(), exchange.id.clone());
        let (kind, modern, again) = (exchange.kind, exchange.modern, exchange.again);
        match std::mem::replace(&mut exchange.purpose, Purpose::Message) {
            Purpose::Renew => return self.renewed(&message),
            Purpose::Refresh(refused) => return self.refreshed(refused, sent, message),
            Purpose::Repeat => return,
            _ => {}
        }
        match (kind, sent) {
            (Kind::Initialize, _) => self.opened(&message),
            (Kind::ListTools, sent) if modern => self.read_tools(sent, &mut message),
            (Kind::CallTool, Some(call))
                if modern && !again && error_code(&message) == code::HEADER_MISMATCH =>
            {
                return self.refused(call, message);
            }
            _ => {}
        }
        self.news.push(News::Message(message));
        if let Some(id) = own.filter(|_| loose) {
            self.news.push(News::Failed(
                id,
                protocol("the server's answer names its request by a text"),
            ));
        }
    }

    /// Decides what a whole body means; its exchange is over.
    pub(super) fn judge(
        &mut self,
        exchange: Exchange<P>,
        body: Option<P>,
        text: &str,
        now: Millis,
    ) {
        let Exchange { number, status, .. } = exchange;
        let waits = exchange.waits();
        let ok = exchange.is_ok();
        // A batch is what one legacy revision allowed.
        let batch = |body: P| body.elements().unwrap_or_else(|| vec![body]);
        let mut messages = body.map(batch).unwrap_or_default();
        messages.retain_mut(|message| {
            let code = error_code(message);
            // The server may not have been able to read the id.
            if let Some(id) = waits.as_ref().filter(|_| code != 0 && !exchange.expires())
                && id_at(message, &["id"]).is_none()
            {
                message.set("id", P::from_id(id));
            }
            // With a status that says no, only an error answer to this request counts; and what a
            // server in trouble says counts only if it has to be a modern one.
            let modern = (code::UNSUPPORTED_VERSION..=code::HEADER_MISMATCH).contains(&code);
            let counts = match status {
                ..=399 | 401 | 403 => false,
                408 | 425 | 429 | 500.. => modern,
                _ => code != 0,
            };
            ok || counts && waits.is_some() && exchange.is(id_at(message, &["id"]).as_ref())
        });
        if exchange.expires() && messages.is_empty() {
            return self.expired(exchange);
        }
        let failure = if !ok {
            Error::Http { status, body: owned(text) }
        } else if status == 202 {
            protocol("the server accepted a request and gave no answer")
        } else if exchange.json {
            Error::Protocol(sentence(&["the server's answer does not answer the request: ", text]))
        } else {
            Error::Protocol(sentence(&["the server's answer is neither JSON nor a stream: ", text]))
        };
        let expected = waits.is_some() || !ok;
        self.exchanges.push(exchange);
        if waits.is_some() {
            for message in messages {
                self.incoming(number, message, now);
            }
        }
        if expected {
            self.give_up(number, failure);
        } else {
            self.take(number);
        }
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
            let pause = exchange.stream.retry().unwrap_or(PAUSE * f64::from(exchange.failures));
            exchange.deadline = now + pause.clamp(LEAST_PAUSE, LONGEST_PAUSE);
        } else {
            self.give_up(number, error);
        }
    }

    /// Ends an exchange; if it waits for an answer, there will be none.
    pub(super) fn give_up(&mut self, number: u32, error: Error<P>) {
        let Some(exchange) = self.take(number).filter(|one| one.state != State::Answered) else {
            return;
        };
        match (exchange.purpose, exchange.id) {
            (Purpose::Message, Some(id)) => self.news.push(News::Failed(id, error)),
            (Purpose::Message, None) => self.fault(error),
            (Purpose::Renew, _) => self.news.push(News::Closed),
            (Purpose::Refresh(refused), _) => self.news.push(News::Message(refused.refusal)),
            _ => {}
        }
    }
}

/// The code of an error answer; 0 for anything else.
pub(super) fn error_code<P: Payload>(message: &P) -> i64 {
    match Message::read(message) {
        Ok(Message::Response { outcome: Err(error), .. }) => error.code,
        _ => 0,
    }
}
