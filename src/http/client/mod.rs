//! The client's side of Streamable HTTP: which message travels on which exchange, and what comes of
//! it, without a socket or a clock.
//!
//! Feed it messages to [`send`](Http::send) and what happens to its exchanges
//! ([`head`](Http::head), [`feed`](Http::feed), [`body`](Http::body), …), then drain it: what is to
//! be done ([`take_actions`](Http::take_actions)) is for whoever owns `fetch`, what has happened
//! ([`take_incoming`](Http::take_incoming)) for whoever speaks the protocol.
//!
//! Both eras: the modern one has an exchange per request and nothing else. The legacy one adds a
//! session, a stream of its own for the server, and streams that go on where they broke off.

mod answer;
mod exchange;
mod incoming;
mod interface;
mod order;
mod post;
mod session;

pub use interface::{Action, BodyMode, Failure, Head, Incoming, Pauses, Sending};

use crate::error::Error;
use crate::jsonrpc::{Id, Payload};
use crate::proto::Millis;
use crate::proto::client::ClientMachine;
use crate::proto::scan::{ReadNumber, Scanned};
use crate::text::{owned, take_where};

use super::params::Tools;
use exchange::{Exchange, ExchangePurpose, ExchangeState, Troubles};
use order::SendQueue;
use session::Session;

/// The client's side of one server's endpoint.
#[derive(Debug)]
pub struct Http<P> {
    #[allow(clippy::vec_box, reason = "they go from hand to hand: a pointer is less code")]
    exchanges: Vec<Box<Exchange<P>>>,
    newest: u32,
    /// The revision of the latest modern request.
    version: Option<P>,
    /// There since `initialize` was sent.
    session: Option<Session<P>>,
    /// What the server asked and the client still speaks about.
    queues: Vec<SendQueue<P>>,
    tools: Tools<P>,
    /// Whether the server has answered: before that, what fails may be of no use to it.
    answered: bool,
    /// When what waits for the server's own stream waits no longer.
    begins: Option<Millis>,
    /// Whether nobody listens to what the server says by itself.
    unheard: bool,
    pauses: Pauses,
    /// The latest time that is known.
    now: Millis,
    actions: Vec<Action<P>>,
    incoming: Vec<Incoming<P>>,
}

impl<P: Payload> Default for Http<P> {
    fn default() -> Self {
        Self {
            exchanges: Vec::new(),
            newest: 0,
            version: None,
            session: None,
            queues: Vec::new(),
            tools: Tools::default(),
            answered: false,
            begins: None,
            unheard: false,
            pauses: Pauses::default(),
            now: 0.0,
            actions: Vec::new(),
            incoming: Vec::new(),
        }
    }
}

impl<P: Payload> Http<P> {
    /// How streams that broke off are to be asked for again.
    pub fn set_pauses(&mut self, pauses: Pauses) {
        self.pauses = pauses;
    }

    /// Whether nobody listens to what the server says by itself. Its own stream is no reason then for
    /// the session to begin later: what waits for it are the requests about which it may say something.
    pub fn set_unheard(&mut self, unheard: bool) {
        self.unheard = unheard;
    }

    /// What these tools want repeated in headers, until they are listed.
    pub fn learn(&mut self, mut page: P) {
        self.tools.read(&mut page, false);
    }

    /// The head of an answer has come.
    pub fn head(&mut self, number: u32, head: Head<P>, now: Millis) -> BodyMode {
        self.now = now;
        let Some(exchange) = self.find(number) else { return BodyMode::Nothing };
        let session = head.session;
        let reading = exchange.head(head);
        if exchange.opens_session()
            && exchange.is_ok()
            && let Some(current) = &mut self.session
        {
            current.take_id(session);
        }
        self.ended(number);
        self.arrived(number);
        reading
    }

    /// A chunk of a stream has come; take its events before the next.
    pub fn feed(&mut self, number: u32, chunk: Vec<u8>) {
        let Some(exchange) = self.find(number) else { return };
        if let ExchangePurpose::Sniff(..) = exchange.purpose {
            return self.sniffed(number, chunk);
        }
        exchange.stream.feed(chunk);
    }

    /// Once every event has been taken: gives the one up that is on its way if it has more bytes
    /// than that already, and returns how its data begins, to be [refused](Self::refuse).
    pub fn cut(&mut self, number: u32, limit: usize) -> Option<Vec<u8>> {
        self.find(number)?.stream.cut(limit)
    }

    /// The same for who keeps what is long: what has come of its data, if that is more than `least`,
    /// and whether it is given up.
    pub fn part(&mut self, number: u32, limit: usize, least: usize) -> Option<(&[u8], bool)> {
        self.find(number)?.stream.part(limit, least)
    }

    /// How much of that data had been given in parts before the latest part, or the latest event.
    pub fn given(&mut self, number: u32) -> usize {
        self.find(number).map_or(0, |exchange| exchange.stream.given())
    }

    /// An event is too large to be read. If it `answers` the exchange's request, that has failed;
    /// else it was some other message, and the stream goes on.
    pub fn refuse(&mut self, number: u32, answers: bool, cause: Option<P>) {
        let reason = owned("a message is larger than is read");
        let error = Error::Lost { reason, sent: true, cause };
        if answers && self.find(number).is_some_and(|exchange| exchange.id.is_some()) {
            self.actions.push(Action::Abort(number));
            self.give_up(number, error);
        } else {
            self.fault(error);
        }
    }

    /// The data of the next event, to be parsed and handed to [`message`](Self::message).
    pub fn event(&mut self, number: u32) -> Option<&[u8]> {
        let at = self.exchanges.iter().position(|exchange| exchange.number == number)?;
        let exchange = self.exchanges.get_mut(at)?;
        let renews = exchange.renews();
        let Exchange { stream, troubles, .. } = exchange.as_mut();
        let data = stream.event()?;
        // A stream that brings something works.
        if !renews {
            *troubles = Troubles::default();
        }
        Some(data)
    }

    /// Takes the next event if it is ordinary progress; whether it may come on this stream, or is
    /// [stray](ClientMachine::stray); and its data, of which its spans are parts. Who tells the client does the
    /// same as [`event`](Self::event), [`message`](Self::message) and [`tell`](Self::tell) would.
    #[inline]
    pub fn progress(
        &mut self,
        number: u32,
        read_number: ReadNumber,
    ) -> Option<(Scanned, bool, &[u8])> {
        let exchange = self.find(number)?;
        let renews = exchange.renews();
        let Exchange { stream, troubles, token, modern, .. } = exchange;
        let (scanned, data) = stream.progress(read_number)?;
        if !renews {
            *troubles = Troubles::default();
        }
        // As `may_report` says, without an id that would have to be dropped.
        let own = matches!(token, Some(Id::Integer(token)) if *token == scanned.token);
        Some((scanned, own || !*modern, data))
    }

    /// The id of the latest event of an exchange.
    pub fn last_event(&mut self, number: u32) -> Option<&str> {
        self.find(number)?.stream.last_id()
    }

    /// Whether a chunk of it is not read to its end.
    pub fn rests(&mut self, number: u32) -> bool {
        self.find(number).is_some_and(|exchange| exchange.stream.rests())
    }

    /// The message of an event, parsed; `None` if its data was not JSON.
    pub fn message(&mut self, number: u32, message: Option<P>, now: Millis) {
        self.now = now;
        // The legacy era had batches, and some servers of it still have.
        let batch = message.as_ref().filter(|_| self.session.is_some());
        if let Some(messages) = batch.and_then(Payload::elements).filter(|all| !all.is_empty()) {
            for message in messages {
                self.incoming(number, message, now);
            }
            return;
        }
        match message {
            Some(message) => self.incoming(number, message, now),
            None => self.fault(protocol("the server sent an event that is not JSON")),
        }
    }

    /// Whether the body of that exchange is read event by event.
    pub fn streams(&mut self, number: u32) -> bool {
        self.find(number).is_some_and(|one| {
            matches!(one.state, ExchangeState::Streaming | ExchangeState::Answered)
        })
    }

    /// The whole body of an answer has come: parsed, if it is JSON, and the beginning of its text.
    pub fn body(&mut self, number: u32, message: Option<P>, text: &str, now: Millis) {
        self.now = now;
        if let Some(exchange) = self.take(number) {
            self.judge(exchange, message, text, now);
        }
    }

    /// A stream has ended, or an exchange could not be made or broke off.
    pub fn failed(&mut self, number: u32, failure: Failure<P>, now: Millis) {
        self.now = now;
        let Failure { sent, refused, cause } = failure;
        let reason = match (&cause, self.streams(number), sent) {
            (None, ..) => "the stream of its answer ended without one",
            (_, true, _) => "the stream of its answer broke off",
            (_, _, sent) if sent || refused => {
                "the request failed: the network, or the server's CORS rules"
            }
            _ => "the request could not be made",
        };
        // It may have been sent before.
        let sent = self.find(number).is_some_and(|exchange| {
            exchange.reached |= sent;
            exchange.reached
        });
        let error = Error::Lost { reason: owned(reason), sent, cause };
        if !self.lost_greeting(number, &error) {
            self.arrived(number);
            self.broken(number, error, refused);
        }
    }

    /// It is that late; what is sent now is.
    pub fn advance_to(&mut self, now: Millis) {
        self.now = now;
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called; infinite for never.
    pub fn poll_timeout(&self) -> Millis {
        let deadlines = self.exchanges.iter().map(|exchange| exchange.deadline);
        deadlines.fold(self.begins.unwrap_or(f64::INFINITY), f64::min)
    }

    /// Whether there is something to be done, or has happened something that is not taken yet.
    pub fn stirs(&self) -> bool {
        !self.actions.is_empty() || !self.incoming.is_empty()
    }

    /// The clock has struck, or may have. Returns when it is to strike next; infinite for never.
    pub fn handle_timeout(&mut self, now: Millis) -> Millis {
        self.now = now;
        if self.begins.is_some_and(|begins| now >= begins) {
            self.begin();
        }
        for exchange in std::mem::take(&mut self.exchanges) {
            if now < exchange.deadline {
                self.exchanges.push(exchange);
            } else if exchange.state == ExchangeState::Paused {
                self.go_on(exchange);
            } else {
                let number = exchange.number;
                self.actions.push(Action::Abort(number));
                if let ExchangePurpose::Sniff(id, error) = exchange.purpose {
                    self.incoming.push(Incoming::Failed(id, error));
                }
            }
        }
        self.poll_timeout()
    }

    /// What is to be done.
    pub fn take_actions(&mut self) -> Vec<Action<P>> {
        std::mem::take(&mut self.actions)
    }

    /// What has happened.
    pub fn take_incoming(&mut self) -> Vec<Incoming<P>> {
        std::mem::take(&mut self.incoming)
    }

    /// The messages that have come, before anything else that has happened is told.
    pub fn take_messages(&mut self) -> Vec<P> {
        let mut messages = Vec::new();
        for incoming in self.take_incoming() {
            match incoming {
                Incoming::Message(message) | Incoming::Asked(message, _) => messages.push(message),
                other => self.incoming.push(other),
            }
        }
        messages
    }

    /// Tells a client all that has happened, by the latest time that is known.
    pub fn tell_now(&mut self, client: &mut ClientMachine<P>) {
        self.tell(client, self.now);
    }

    /// Tells a client all that has happened.
    pub fn tell(&mut self, client: &mut ClientMachine<P>, now: Millis) {
        for incoming in self.take_incoming() {
            incoming.tell(client, now);
        }
    }

    /// Ends everything; what waits has failed as what was never sent. What the server has to be told of it is an exchange that is
    /// still to be made; with `keep`, that is nothing, and the session may go on over another connection.
    pub fn close(&mut self, keep: bool) {
        self.withdraw("not connected");
        for exchange in std::mem::take(&mut self.exchanges) {
            self.actions.push(Action::Abort(exchange.number));
        }
        self.queues.clear();
        self.begins = None;
        if !keep {
            self.end_session();
            self.session = None;
        }
    }

    fn find(&mut self, number: u32) -> Option<&mut Exchange<P>> {
        self.exchanges.iter_mut().find(|exchange| exchange.number == number).map(Box::as_mut)
    }

    fn take(&mut self, number: u32) -> Option<Box<Exchange<P>>> {
        self.take_where(|exchange| exchange.number == number)
    }

    fn take_where(
        &mut self,
        mut which: impl FnMut(&Exchange<P>) -> bool,
    ) -> Option<Box<Exchange<P>>> {
        take_where(&mut self.exchanges, |exchange| which(exchange))
    }

    fn fault(&mut self, error: Error<P>) {
        self.incoming.push(Incoming::Fault(error));
    }
}

fn protocol<P>(text: &str) -> Error<P> {
    Error::Protocol(owned(text))
}

/// The value at the end of a path of members.
fn at<P: Payload>(value: &P, path: &[&'static str]) -> Option<P> {
    value.at(path)
}

#[inline(never)]
fn text_at<P: Payload>(value: &P, path: &[&'static str]) -> Option<String> {
    at(value, path)?.as_text()
}

#[inline(never)]
fn id_at<P: Payload>(value: &P, path: &[&'static str]) -> Option<Id> {
    at(value, path)?.as_id()
}
