//! Streamable HTTP for JavaScript: the half of [`Core`] that whoever owns `fetch` drives.
//!
//! A core without a client is what a transport has by itself: its steps are the exchanges to make and
//! what comes of them. A client's core that [joins](Core::join) it owns those exchanges: what it
//! sends goes straight to them, and what comes of them straight to it.
//!
//! In the package this file and `crate::http` are a part of the module that is loaded when an address
//! needs it. What the rest of the binding calls in here is not inlined, to be the door between the two.

use std::num::NonZero;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::http::client::{self, Action, BodyMode, Failure, Head, Incoming, Pauses, Sending};
use crate::jsonrpc::Payload;
use crate::proto::client::{ClientConfig, ClientMachine, Mode, RequestId};
use crate::types::Implementation;

use super::memory::put;
use super::payload::read_number;
use super::records::{self, Texts};
use super::state::{Core, Exchanges, text};
use super::steps::explain;
use super::words::{Body, Found, Place, RECORDS, Step};

/// How much of an event is held here, in bytes: JavaScript keeps what is longer, for this memory
/// would never shrink again.
const LONG: usize = 64 * 1024;

impl Exchanges {
    /// When the clock is to be looked at.
    #[inline(never)]
    pub fn poll_timeout(&self) -> f64 {
        self.machine.poll_timeout()
    }

    /// The clock has struck, or may have.
    #[inline(never)]
    pub fn handle_timeout(&mut self, now: f64) {
        self.machine.handle_timeout(now);
    }

    /// It is that late.
    #[inline(never)]
    pub fn advance_to(&mut self, now: f64) {
        self.machine.advance_to(now);
    }
}

/// The exchanges of a core are not needed any more.
#[inline(never)]
pub(super) fn end(http: Box<Exchanges>) {
    drop(http);
}

#[wasm_bindgen]
impl Core {
    /// A core without a client: its steps are about exchanges, and it tells what comes of them. With `session`,
    /// unless that is undefined, it goes on where another connection has opened one, in that revision.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn alone(session: JsValue, version: JsValue) -> Core {
        let mut http: Box<Exchanges> = Box::default();
        if !session.is_undefined() {
            http.machine.adopt(&text(&session), &text(&version));
        }
        Self::without_client(http)
    }

    /// Takes over the exchanges of a core without a client.
    pub fn join(&mut self, mut other: Core) {
        *self.http = other.http.take();
    }

    /// Gives the exchanges away again.
    #[allow(clippy::return_self_not_must_use)] // for JavaScript
    pub fn part(&mut self) -> Core {
        Self::without_client(self.http.take().unwrap_or_default())
    }

    /// How streams that broke off are to be asked for again, and whether nobody listens to what the
    /// server says by itself.
    pub fn configure(
        &mut self,
        first: f64,
        longest: f64,
        growth: f64,
        attempts: u32,
        unheard: bool,
    ) {
        if let Some(http) = self.http.as_mut() {
            http.machine.set_pauses(Pauses { first, growth, longest, attempts });
            http.machine.set_unheard(unheard);
        }
    }

    /// What calls of these tools repeat in headers; a page of a list of tools.
    pub fn learn(&mut self, page: JsValue) {
        if let Some(http) = self.http.as_mut() {
            http.machine.learn(page);
        }
    }

    /// The session, or undefined.
    pub fn session(&self) -> JsValue {
        let http = self.http.as_ref();
        http.and_then(|http| http.machine.session_id().cloned()).unwrap_or_default()
    }

    /// Ends the session: with `all` everything else as well, and then with `keep` not the session.
    pub fn leave(&mut self, all: bool, keep: bool) {
        if let Some(http) = self.http.as_mut() {
            if all {
                http.machine.close(keep);
            } else {
                http.machine.end_session();
            }
        }
    }

    /// Sends a message; the number of its exchange, or 0. `patience` is how long its caller waits, or
    /// NaN; `resume`, if it is a text, is the event behind which its answer goes on.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn send(&mut self, message: JsValue, patience: f64, resume: JsValue) -> u32 {
        let patience = (!patience.is_nan()).then_some(patience);
        let sending = Sending { patience, resume: resume.as_text() };
        let number = self.http.as_mut().and_then(|http| http.machine.send(message, sending));
        number.map_or(0, NonZero::get)
    }

    /// The id of the latest event of an exchange, or undefined.
    #[wasm_bindgen(js_name = lastEvent)]
    pub fn last_event(&mut self, exchange: u32) -> JsValue {
        let Some(http) = self.http.as_mut() else { return JsValue::UNDEFINED };
        http.machine.last_event(exchange).map(JsValue::from_str).unwrap_or_default()
    }

    /// The head of an answer has come; `session` is empty without the header, `retry_after` NaN.
    /// Returns a [`Body`], and adds [`Found::Stirs`] if there are steps to be done.
    #[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // one crossing of the boundary
    pub fn head(
        &mut self,
        exchange: u32,
        status: u16,
        content_type: JsValue,
        session: JsValue,
        retry_after: f64,
        headers: JsValue,
        now: f64,
    ) -> u32 {
        let Some(http) = self.http.as_mut() else { return 0 };
        let head = Head {
            status,
            content_type: &text(&content_type),
            session: &text(&session),
            retry_after: (!retry_after.is_nan()).then_some(retry_after),
            headers: present(headers),
        };
        let reading = match http.machine.head(exchange, head, now) {
            BodyMode::Nothing => Body::None,
            BodyMode::Whole => Body::Whole,
            BodyMode::Events => Body::Events,
        };
        reading as u32 | if http.machine.stirs() { Found::Stirs as u32 } else { 0 }
    }

    /// Reads on in a stream, with the chunk that has come, or in what is left of the one before. The
    /// ordinary progress that comes next is put into the table in [`view`](Self::view), if
    /// somebody `scans` for it; the numbers then say where in the memory the text lies
    /// of their messages. Returns how many records there are, and adds what it has [`Found`]
    /// beside them. The numbers say where in the memory the data of an event lies, or a part of it; if
    /// it has more than `limit` bytes, how it begins or goes on.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates, as it should
    pub fn feed(&mut self, exchange: u32, chunk: Option<Vec<u8>>, limit: f64, scans: bool) -> u32 {
        let Some(http) = self.http.as_mut() else { return 0 };
        if let Some(chunk) = chunk {
            http.machine.feed(exchange, chunk);
        }
        let limit = limit as usize;
        let mut found = 0;
        if scans {
            let client = (!self.alone).then_some(&mut self.machine);
            http.texts.clear();
            found = read_progress(&mut http.machine, client, exchange, &mut http.texts);
            put_span([Place::Text, Place::TextLength], http.texts.as_bytes());
            if found == RECORDS as u32 {
                return found | Found::More as u32;
            }
        }
        let place = [Place::Data, Place::DataLength];
        let mut length = 0;
        if let Some(data) = http.machine.event(exchange) {
            length = data.len();
            put_span(place, data);
            found |= Found::Event as u32;
        } else if found > 0 {
            // What has been read stays where it is; the next chunk will tell of what is unfinished.
        } else if let Some((part, is_cut)) = http.machine.part(exchange, limit, LONG) {
            put_span(place, part);
            found = if is_cut {
                Found::Event as u32 | Found::Oversize as u32
            } else {
                Found::Part as u32
            };
        }
        let given = http.machine.given(exchange);
        if given > 0 {
            found |= Found::GoesOn as u32;
        }
        if length > 0 && given + length > limit {
            found |= Found::Oversize as u32;
        }
        if found >= Found::Event as u32 && http.machine.rests(exchange) {
            found |= Found::More as u32;
        }
        if http.machine.stirs() {
            found |= Found::Stirs as u32;
        }
        found
    }

    /// The next event is not read, for that reason; it may answer the exchange's request.
    pub fn refuse(&mut self, exchange: u32, answers: bool, cause: JsValue) {
        if let Some(http) = self.http.as_mut() {
            http.machine.refuse(exchange, answers, Some(cause));
        }
    }

    /// A whole body, or the data of an event: parsed, or undefined if it is not JSON; and how the
    /// body begins. With `shows`, the client gets no message but by [`receive`](Self::receive).
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn message(
        &mut self,
        exchange: u32,
        message: JsValue,
        body: JsValue,
        shows: bool,
        now: f64,
    ) {
        let Some(http) = self.http.as_mut() else { return };
        http.shows = shows;
        let message = present(message);
        if http.machine.streams(exchange) {
            http.machine.message(exchange, message, now);
        } else {
            http.machine.body(exchange, message, &text(&body), now);
        }
    }

    /// A stream has ended; or, with a cause, an exchange could not be made or broke off. `sent` is
    /// whether the server may have got it, `refused` whether nobody is there. Returns whether there
    /// are steps to be done, or a new time to look at the clock.
    pub fn broken(
        &mut self,
        exchange: u32,
        sent: bool,
        refused: bool,
        cause: JsValue,
        now: f64,
    ) -> bool {
        let Some(http) = self.http.as_mut() else { return false };
        let before = http.poll_timeout();
        http.machine.failed(exchange, Failure { sent, refused, cause: present(cause) }, now);
        http.machine.stirs() || http.poll_timeout() < before
    }
}

impl Core {
    fn without_client(http: Box<Exchanges>) -> Self {
        let info = Implementation { name: String::new(), version: String::new(), title: None };
        let capabilities = JsValue::UNDEFINED;
        let config = ClientConfig { info, capabilities, log_level: None, mode: Mode::Auto };
        let mut core = Self::of(ClientMachine::new(config));
        (*core.http, core.alone) = (Some(http), true);
        core
    }

    /// Hands a message of the client to the exchanges.
    #[inline(never)]
    pub(super) fn post(&mut self, message: JsValue, id: Option<RequestId>) {
        let mut resume = None;
        if let Some((_, event)) = self.resume.take_if(|(request, _)| Some(*request) == id) {
            resume = event.as_text();
        }
        let patience = id.and_then(|id| self.machine.patience(id));
        if let Some(http) = self.http.as_mut() {
            http.machine.send(message, Sending { patience, resume });
        }
    }

    /// Lets the client know what has happened on the exchanges; the next step that they have.
    #[inline(never)]
    pub(super) fn poll_exchanges(&mut self) -> Option<Step> {
        let http = self.http.as_mut()?;
        if http.shows && http.shown.is_empty() {
            http.shown = http.machine.take_messages();
            http.shown.reverse();
        }
        if let Some(message) = http.shown.pop() {
            return Some(self.step(Step::Message, message));
        }
        if self.alone {
            if http.incoming.is_empty() {
                http.incoming = http.machine.take_incoming();
                http.incoming.reverse();
            }
            if let Some(incoming) = http.incoming.pop() {
                return Some(self.tell(incoming));
            }
        } else {
            http.machine.tell_now(&mut self.machine);
        }
        if http.actions.is_empty() {
            http.actions = http.machine.take_actions();
            http.actions.reverse();
        }
        Some(match http.actions.pop()? {
            Action::Fetch { exchange, verb, headers, body, about } => {
                put(Place::Id, about.as_ref().map_or(0.0, request_in));
                let parts = vec![
                    exchange.into(),
                    JsValue::constant(verb),
                    JsValue::array(headers),
                    body.unwrap_or_default(),
                    about.unwrap_or_default(),
                ];
                self.step(Step::Fetch, JsValue::array(parts))
            }
            Action::Abort(exchange) => {
                put(Place::Id, f64::from(exchange));
                Step::Abort
            }
        })
    }

    /// The step that tells, where there is no client, what has happened.
    fn tell(&mut self, incoming: Incoming<JsValue>) -> Step {
        let (step, value) = match incoming {
            Incoming::Message(message) => (Step::Message, message),
            Incoming::Asked(message, stream) => {
                put(Place::Id, JsValue::as_f64(&JsValue::from_id(&stream)).unwrap_or(f64::NAN));
                (Step::Asked, message)
            }
            Incoming::Failed(id, error) => {
                let mut detail = explain(error);
                detail.set("id", JsValue::from_id(&id));
                (Step::Unanswered, detail)
            }
            Incoming::Fault(error) => (Step::Fault, explain(error)),
            Incoming::Closed => (Step::Expired, JsValue::UNDEFINED),
            Incoming::Stray(_, params) => (Step::Odd, params),
            Incoming::Begun => (Step::Begun, JsValue::UNDEFINED),
            Incoming::Refused(error) => (Step::NotBegun, explain(error)),
        };
        self.step(step, value)
    }
}

/// The id of the request that a message is, or 0.
fn request_in(message: &JsValue) -> f64 {
    let id = message.get("method").and_then(|_| message.get("id"));
    id.and_then(|id| JsValue::as_f64(&id)).unwrap_or_default()
}

/// Where in the memory something lies.
#[allow(clippy::cast_precision_loss)] // addresses of 32 bits
fn put_span([start, length]: [Place; 2], bytes: &[u8]) {
    put(start, bytes.as_ptr().addr() as f64);
    put(length, bytes.len() as f64);
}

/// Fills the table with the ordinary progress that comes next; returns how much of it is there.
/// Without a client, nothing is said of its call.
fn read_progress(
    http: &mut client::Http<JsValue>,
    mut client: Option<&mut ClientMachine<JsValue>>,
    exchange: u32,
    texts: &mut Texts,
) -> u32 {
    let mut count = 0;
    while let Some(record) = records::table().get_mut(count) {
        let Some((scanned, own, frame)) = http.progress(exchange, read_number) else { break };
        records::write(record, &scanned, !own);
        if client.as_mut().is_none_or(|client| records::accept(record, client)) {
            texts.take(record, frame, scanned.is_wide);
            count += 1;
        }
    }
    // At most as many as the table holds.
    u32::try_from(count).unwrap_or_default()
}

fn present(value: JsValue) -> Option<JsValue> {
    (!value.is_undefined()).then_some(value)
}
