//! What comes back on an exchange, and what its end means.

use crate::error::Error;
use crate::http::sse::EventStream;
use crate::jsonrpc::{Id, Payload, code};
use crate::proto::Millis;
use crate::text::{owned, sentence};
use crate::types::method;

use super::answer::{error_in, says_code};
use super::exchange::{Exchange, ExchangePurpose, ExchangeState, Subject};
use super::{Action, Http, Incoming, Pauses, at, id_at, protocol, text_at};

/// How long a stream may stay open after the answer, for the sake of the connection below it.
const LINGER: Millis = 1_000.0;

/// How often in a row a stream may end that brought nothing.
const ENDS: u32 = 5;

/// A stream that has lasted that long was of use, whatever it brought.
const LASTING: Millis = 10_000.0;

/// A server that wants no pause gets this one.
const LEAST_PAUSE: Millis = 50.0;

/// How often a request is sent again that may be, and the first and the longest of the pauses.
const REPEATS: u32 = 6;
const FIRST_REPEAT: Millis = 250.0;
const LAST_REPEAT: Millis = 8_000.0;

/// How long a server may refuse connections, and how often to try again meanwhile.
const REFUSED: Millis = 1_400.0;
const RETRY_REFUSED: Millis = 450.0;

/// How much of a stream is read for that, in bytes.
const SNIFFED: usize = 64 * 1024;
/// How long the address is looked at for the older transport.
const SNIFF: Millis = 2_000.0;

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
            let asks = id_at(&message, &["id"]).is_some();
            let stream = self.find(number).and_then(|exchange| exchange.waits()).filter(|_| asks);
            return self.incoming.push(match (stray, at(&message, &["params"]), stream) {
                (Some(token), Some(params), _) => Incoming::Stray(token, params),
                (.., Some(stream)) => Incoming::Asked(message, stream),
                _ => Incoming::Message(message),
            });
        }
        self.belongs(number, &mut message);
        // It may come on another stream than its own; an error whose sender could not read the id
        // is about the request of its own stream, and otherwise about nobody knows what.
        let mut id = id_at(&message, &["id"]);
        if id.is_none()
            && let Some(error) = error_in(&message)
        {
            id = self.find(number).and_then(|exchange| exchange.waits());
            match &id {
                Some(id) => message.set("id", P::from_id(id)),
                None => return self.fault(Error::Rpc(error)),
            }
        }
        let asks = |one: &&mut Box<Exchange<P>>| {
            one.state != ExchangeState::Answered && one.is(id.as_ref())
        };
        let answered = self.exchanges.iter_mut().find(asks);
        let Some(exchange) = answered else {
            return self.incoming.push(Incoming::Message(message));
        };
        if exchange.says_expired(std::slice::from_ref(&message)) {
            let number = exchange.number;
            self.actions.push(Action::Abort(number));
            if let Some(exchange) = self.take(number) {
                self.expired(&exchange, false);
            }
            return;
        }
        // A strict client drops an answer that names its request by a text.
        let loose = exchange.id != id;
        exchange.state = ExchangeState::Answered;
        exchange.deadline = now + LINGER;
        let (sent, own) = (exchange.message.take(), exchange.id.clone());
        let (kind, modern, again) = (exchange.kind, exchange.modern, exchange.again);
        let purpose = std::mem::replace(&mut exchange.purpose, ExchangePurpose::Message);
        self.answered = true;
        match purpose {
            ExchangePurpose::Renew => return self.renewed(&message),
            ExchangePurpose::Refresh(refused) => return self.refreshed(refused, sent, message),
            ExchangePurpose::Repeat => return,
            _ => {}
        }
        match (kind, sent) {
            (Subject::Initialize, _) => self.opened(&message),
            (Subject::ListTools, sent) if modern => self.read_tools(sent, &mut message),
            (Subject::CallTool, Some(call))
                if modern && !again && says_code(&message, code::HEADER_MISMATCH) =>
            {
                return self.refused(call, message);
            }
            _ => {}
        }
        self.incoming.push(Incoming::Message(message));
        if let Some(id) = own.filter(|_| loose) {
            self.incoming.push(Incoming::Failed(
                id,
                protocol("the server's answer names its request by a text"),
            ));
        }
    }

    /// On a stream that repeats what was said to another request, the server's words mean that one.
    fn belongs(&mut self, number: u32, message: &mut P) {
        let replays = self.find(number).filter(|exchange| exchange.replays);
        if let Some(id) = replays.and_then(|exchange| exchange.waits())
            && id_at(message, &["id"]).is_some()
        {
            message.set("id", P::from_id(&id));
        }
    }

    /// Decides what a whole body means; its exchange is over.
    pub(super) fn judge(
        &mut self,
        exchange: Box<Exchange<P>>,
        body: Option<P>,
        text: &str,
        now: Millis,
    ) {
        let number = exchange.number;
        // A body has a head.
        let Some(answer) = &exchange.answer else { return self.exchanges.push(exchange) };
        let (status, ok) = (answer.status, answer.is_ok());
        let waits = exchange.waits();
        // A batch is what one legacy revision allowed.
        let batch = |body: P| body.elements().unwrap_or_else(|| vec![body]);
        let mut messages = body.map(batch).unwrap_or_default();
        if exchange.expires() || !ok && exchange.says_expired(&messages) {
            let ran = exchange.resumes;
            return self.expired(&exchange, ran);
        }
        messages.retain_mut(|message| {
            let error = error_in(message);
            // The server may not have been able to read the id.
            if let Some(id) = waits.as_ref().filter(|_| error.is_some())
                && id_at(message, &["id"]).is_none()
            {
                message.set("id", P::from_id(id));
            }
            // With a status that says no, only an error answer to this request counts; and what a
            // server in trouble says counts only if it has to be a modern one.
            let modern = error.as_ref().is_some_and(|error| {
                (code::UNSUPPORTED_VERSION..=code::HEADER_MISMATCH).contains(&error.code)
            });
            let counts = match status {
                ..=399 | 401 | 403 => false,
                408 | 425 | 429 | 500.. => modern,
                _ => error.is_some(),
            };
            ok || counts && waits.is_some() && exchange.is(id_at(message, &["id"]).as_ref())
        });
        let failure = if !ok {
            let (retry_after, headers) = (answer.retry_after, answer.headers.clone());
            Error::Http { status, body: owned(text), retry_after, headers }
        } else if status == 202 {
            protocol("the server accepted a request and gave no answer")
        } else if answer.json {
            Error::Protocol(sentence(&["the server's answer does not answer the request: ", text]))
        } else {
            Error::Protocol(sentence(&["the server's answer is neither JSON nor a stream: ", text]))
        };
        let sniffs = matches!(exchange.purpose, ExchangePurpose::Sniff(..));
        let expected = waits.is_some() || !ok || sniffs;
        self.exchanges.push(exchange);
        if waits.is_some() {
            for message in messages {
                self.incoming(number, message, now);
            }
        }
        if expected {
            self.broken(number, failure, false);
        } else {
            self.take(number);
        }
    }

    /// An exchange has ended before its time, or its stream has: it is tried again after a while, if
    /// what is in the way passes, and if that does no harm.
    pub(super) fn broken(&mut self, number: u32, error: Error<P>, refused: bool) {
        let Some(mut exchange) = self.take(number) else { return };
        let pause = match self.pause(&mut exchange, &error, refused) {
            Some(pause) if pause.is_finite() => pause,
            _ => {
                self.exchanges.push(exchange);
                return self.give_up(number, error);
            }
        };
        exchange.state = ExchangeState::Paused;
        exchange.deadline = self.now + pause.max(LEAST_PAUSE);
        self.exchanges.push(exchange);
    }

    /// How long to leave an exchange alone that was of no use; `None` if that is its end.
    fn pause(&self, exchange: &mut Exchange<P>, error: &Error<P>, refused: bool) -> Option<Millis> {
        let now = self.now;
        let listens = matches!(exchange.purpose, ExchangePurpose::Listen);
        // What the server asks for; `None` if it is the network that was in the way.
        let wish = match error {
            // Its reader of before, whose connection is gone, is still taken to be there.
            Error::Http { status: 409, retry_after, .. } if listens => {
                Some(retry_after.unwrap_or(0.0))
            }
            Error::Http { .. } => Some(error.passes()?),
            Error::Lost { .. } => None,
            _ => return None,
        };
        let streams = listens || exchange.can_resume() && self.may_resume(exchange);
        let allowed = match exchange.purpose {
            // At first, the network may be CORS.
            ExchangePurpose::Listen => exchange.opened || wish.is_some(),
            ExchangePurpose::Message | ExchangePurpose::Repeat => {
                exchange.waits().is_some() && (streams || self.may_repeat(exchange))
            }
            ExchangePurpose::Renew | ExchangePurpose::Refresh(_) => true,
            ExchangePurpose::End | ExchangePurpose::Sniff(..) => false,
        };
        // What failed on this side fails again.
        let here = wish.is_none() && !refused && !exchange.reached;
        if !allowed || here {
            return None;
        }
        let ended = matches!(error, Error::Lost { cause: None, .. });
        if exchange.state == ExchangeState::Streaming && now - exchange.started >= LASTING {
            exchange.works();
        }
        exchange.troubles.count += 1;
        let since = *exchange.troubles.since.get_or_insert(now);
        let count = exchange.troubles.count;
        // Who failed together does not come back together.
        let jitter = 1.0 + now.fract() / 4.0;
        if streams {
            let Pauses { first, growth, longest, attempts } = self.pauses;
            let most = if ended { attempts.min(ENDS) } else { attempts };
            if count > most && (!listens || ended) {
                return None;
            }
            let pause = grown(first, growth, longest, count) * jitter;
            let wanted = exchange.stream.retry().or(wish.filter(|wish| *wish > 0.0));
            let pause = wanted.unwrap_or(pause);
            return if listens {
                Some(pause)
            } else {
                self.pause_if_refused(exchange, refused, pause)
            };
        }
        // However much each of them brings.
        let count = count.max(exchange.repeats + 1);
        let pause = grown(FIRST_REPEAT, 2.0, LAST_REPEAT, count) * jitter;
        let pause = wish.unwrap_or(0.0).max(pause);
        if count > REPEATS || now + pause >= since + exchange.patience {
            return None;
        }
        self.pause_if_refused(exchange, refused, pause)
    }

    /// Nobody waits long for a server that is not there.
    fn pause_if_refused(
        &self,
        exchange: &mut Exchange<P>,
        refused: bool,
        pause: Millis,
    ) -> Option<Millis> {
        let troubles = &mut exchange.troubles;
        if !refused {
            troubles.refused_at = None;
            return Some(pause);
        }
        // A stream that broke off just before did so because the server has gone.
        let from = troubles.since.filter(|_| troubles.count == 2).unwrap_or(self.now);
        let refused_at = *troubles.refused_at.get_or_insert(from);
        let retry = RETRY_REFUSED.max(exchange.stream.retry().unwrap_or(0.0));
        (self.now - refused_at < REFUSED).then(|| pause.min(retry))
    }

    /// Whether a request may be sent again.
    fn may_repeat(&self, exchange: &Exchange<P>) -> bool {
        match exchange.kind {
            // It is for the handshake to judge what came of these.
            Subject::Initialize => false,
            Subject::Discover if !self.answered => false,
            Subject::Subscribe => !exchange.opened,
            // What never reached the server cannot have run.
            kind => kind.is_safe() || !exchange.reached,
        }
    }

    /// A pause is over.
    pub(super) fn go_on(&mut self, mut exchange: Box<Exchange<P>>) {
        let listens = matches!(exchange.purpose, ExchangePurpose::Listen);
        let verb = if listens || exchange.can_resume() && self.may_resume(&exchange) {
            exchange.resumes = true;
            exchange.stream.restart();
            "GET"
        } else if exchange.message.is_some()
            && (exchange.kind.is_safe() || exchange.renews() || !exchange.opened)
        {
            // Another session does no harm.
            exchange.resumes = false;
            exchange.repeats += 1;
            exchange.stream = EventStream::default();
            "POST"
        } else {
            // Its session has ended meanwhile.
            return self.lose(&exchange, true);
        };
        self.newest += 1;
        exchange.number = self.newest;
        exchange.state = ExchangeState::Sent;
        exchange.answer = None;
        exchange.deadline = f64::INFINITY;
        exchange.started = self.now;
        self.fetch(exchange, verb);
    }

    /// Ends an exchange; if it waits for an answer, there will be none.
    pub(super) fn give_up(&mut self, number: u32, error: Error<P>) {
        let Some(exchange) = self.take(number).filter(|one| one.state != ExchangeState::Answered)
        else {
            return;
        };
        let refused = matches!(error, Error::Http { status: 400 | 404 | 405, .. });
        match (exchange.purpose, exchange.id) {
            (ExchangePurpose::Message, Some(id))
                if exchange.kind == Subject::Initialize && refused =>
            {
                self.sniff(id, error);
            }
            (ExchangePurpose::Message, Some(id)) => self.incoming.push(Incoming::Failed(id, error)),
            (ExchangePurpose::Message, None) => self.fault(error),
            (ExchangePurpose::Renew, _) => self.end(error),
            (ExchangePurpose::Refresh(refused), _) => {
                self.incoming.push(Incoming::Message(refused.refusal));
            }
            (ExchangePurpose::Sniff(id, error), _) => {
                self.incoming.push(Incoming::Failed(id, error));
            }
            _ => {}
        }
    }

    /// Looks whether an address that does not take `initialize` is one of the older transport.
    fn sniff(&mut self, id: Id, error: Error<P>) {
        let mut exchange = self.exchange(ExchangePurpose::Sniff(id, error), None, true);
        exchange.deadline = self.now + SNIFF;
        self.fetch(exchange, "GET");
    }

    /// The address answers with a stream: the older transport's begins with an event of its own.
    pub(super) fn sniffed(&mut self, number: u32, chunk: Vec<u8>) {
        let Some(exchange) = self.find(number) else { return };
        exchange.stream.feed(chunk);
        // It is the first event that counts, and that is short.
        let begins = exchange.stream.event().is_none()
            && exchange.stream.part(SNIFFED, usize::MAX).is_none();
        let older = exchange.stream.has_endpoint();
        if begins && !older {
            return;
        }
        self.actions.push(Action::Abort(number));
        if let Some(exchange) = self.take(number)
            && let ExchangePurpose::Sniff(id, error) = exchange.purpose
        {
            self.incoming.push(Incoming::Failed(id, if older { Error::SseOnly } else { error }));
        }
    }
}

/// The pause after that many failures in a row.
fn grown(first: Millis, growth: f64, longest: Millis, count: u32) -> Millis {
    (1..count.min(64)).fold(first.min(longest), |pause, _| (pause * growth).min(longest))
}
