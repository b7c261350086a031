//! The client's side of Streamable HTTP for JavaScript.

use std::cell::UnsafeCell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::http::client::{self, Action, Failure, Head, News, Pauses, Reading, Sending};
use crate::jsonrpc::{Id, Payload};
use crate::proto::client::Client;

use super::client::{explain, text};
use super::payload::{view_bytes, view_numbers};

/// How many records the table holds.
const RECORDS: usize = 128;
/// How many numbers a record has.
const FIELDS: usize = 7;

/// What they are.
#[allow(dead_code)] // what JavaScript reads them by
#[derive(Clone, Copy)]
enum Field {
    Slot = 0,
    Progress = 1,
    Total = 2,
    MessageStart = 3,
    MessageEnd = 4,
    Odd = 5,
    Token = 6,
}

/// The table in [`Core::view`](super::Core::view).
struct Records(UnsafeCell<[[f64; FIELDS]; RECORDS]>);

// SAFETY: this module runs on one thread; there is no shared memory in it.
unsafe impl Sync for Records {}

static TABLE: Records = Records(UnsafeCell::new([[0.0; FIELDS]; RECORDS]));

/// A view of the table.
pub(super) fn records() -> JsValue {
    // SAFETY: the table lives as long as the module, and JavaScript only reads it.
    let table: &[[f64; FIELDS]; RECORDS] = unsafe { &*TABLE.0.get() };
    view_numbers(table.as_flattened())
}

fn table() -> &'static mut [[f64; FIELDS]; RECORDS] {
    // SAFETY: one thread; JavaScript reads and writes the table between two calls, and no call uses
    // it twice at once.
    unsafe { &mut *TABLE.0.get() }
}

/// `Core::events` in a worker that only hands on what arrives. The token is negative if the
/// progress came on the stream of another request; slot and oddity say nothing.
#[wasm_bindgen(js_name = scanEvents)]
pub fn scan_events(http: &mut Http, exchange: u32) -> u32 {
    http.read_progress(exchange, None)
}

/// Tells the client of what a worker has scanned, and writes slots and oddities into the table.
#[allow(clippy::cast_possible_truncation)] // at most 15 digits
pub(super) fn take_records(count: usize, client: &mut Client<JsValue>) {
    for [slot, progress, .., odd, token] in table().iter_mut().take(count) {
        let own = token.is_sign_positive();
        *token = token.abs();
        (*slot, *odd) = accept(client, *token as i64, *progress, own);
    }
}

/// Which message travels on which exchange. Feed it what happens to the exchanges; then do what
/// [`actions`](Self::actions) says, and tell what [`news`](Self::news) says.
#[wasm_bindgen]
pub struct Http {
    pub(super) machine: client::Http<JsValue>,
    /// Where the latest records start in their stream.
    since: usize,
}

#[wasm_bindgen]
impl Http {
    /// No exchange, no session.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)] // for JavaScript
    pub fn new() -> Self {
        Self { machine: client::Http::default(), since: 0 }
    }

    /// Sends a message; the number of its exchange, or 0. `patience` is how long its caller waits, or
    /// NaN; `resume`, if it is a text, is the event behind which its answer goes on.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn send(&mut self, message: JsValue, patience: f64, resume: JsValue) -> u32 {
        let patience = (!patience.is_nan()).then_some(patience);
        self.machine.send(message, Sending { patience, resume: resume.as_text() })
    }

    /// How streams that broke off are to be asked for again.
    pub fn pauses(&mut self, first: f64, longest: f64, growth: f64, attempts: u32) {
        self.machine.set_pauses(Pauses { first, growth, longest, attempts });
    }

    /// Goes on with a session that another connection has opened.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn adopt(&mut self, id: JsValue, version: JsValue) {
        self.machine.adopt(&text(&id), &text(&version));
    }

    /// The session, or undefined.
    pub fn session(&self) -> JsValue {
        self.machine.session_id().cloned().unwrap_or_default()
    }

    /// Ends the session, and nothing else; the exchange that tells the server is still to be made.
    #[wasm_bindgen(js_name = endSession)]
    pub fn end_session(&mut self) {
        self.machine.end_session();
    }

    /// The id of the latest event of an exchange, or undefined.
    #[wasm_bindgen(js_name = lastEvent)]
    pub fn last_event(&mut self, exchange: u32) -> JsValue {
        self.machine.last_event(exchange).map(JsValue::from_str).unwrap_or_default()
    }

    /// The head of an answer has come; `session` is empty without the header, `retry_after` NaN.
    /// Returns 0 if the body is of no use, 1 if it is to be read whole, 2 if it is a stream of
    /// events.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn head(
        &mut self,
        exchange: u32,
        status: u16,
        content_type: JsValue,
        session: JsValue,
        retry_after: f64,
        headers: JsValue,
    ) -> u32 {
        let head = Head {
            status,
            content_type: &text(&content_type),
            session: &text(&session),
            retry_after: (!retry_after.is_nan()).then_some(retry_after),
            headers: present(headers),
        };
        match self.machine.head(exchange, head) {
            Reading::Nothing => 0,
            Reading::Whole => 1,
            Reading::Events => 2,
        }
    }

    /// A chunk of a stream has come.
    pub fn feed(&mut self, exchange: u32, chunk: Vec<u8>) {
        self.machine.feed(exchange, chunk);
    }

    /// The data of the next event: a view that the next call may detach. Undefined if there is
    /// none.
    pub fn event(&mut self, exchange: u32) -> JsValue {
        self.machine.event(exchange).map(view_bytes).unwrap_or_default()
    }

    /// Gives an unfinished event up that has more bytes than that already; returns how its data
    /// begins.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates, as it should
    pub fn cut(&mut self, exchange: u32, limit: f64) -> Option<Vec<u8>> {
        self.machine.cut(exchange, limit as usize)
    }

    /// An event is too large to be read, for that reason; it may answer the exchange's request.
    pub fn refuse(&mut self, exchange: u32, answers: bool, cause: JsValue) {
        self.machine.refuse(exchange, answers, Some(cause));
    }

    /// What the latest records were read from, ASCII: a view that the next call may detach.
    pub fn text(&self, exchange: u32) -> JsValue {
        view_bytes(self.machine.since(exchange, self.since))
    }

    /// A whole body, or the data of an event: parsed, or undefined if it is not JSON; and how the
    /// body begins.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn message(&mut self, exchange: u32, message: JsValue, body: JsValue, now: f64) {
        let message = present(message);
        if self.machine.streams(exchange) {
            self.machine.message(exchange, message, now);
        } else {
            self.machine.body(exchange, message, &text(&body), now);
        }
    }

    /// A stream has ended; or, with a cause, an exchange could not be made or broke off. `sent` is
    /// whether the server may have got it, `refused` whether nobody is there.
    pub fn failed(&mut self, exchange: u32, sent: bool, refused: bool, cause: JsValue, now: f64) {
        self.machine.failed(exchange, Failure { sent, refused, cause: present(cause) }, now);
    }

    /// Looks at the clock; returns when it is to do so next, infinite for never, and what is to be
    /// done: for each exchange to start its number, HTTP method, headers (names and values in turn),
    /// body, and the message that it is about; for each to break off its number.
    pub fn actions(&mut self, now: f64) -> JsValue {
        let mut told = vec![self.machine.handle_timeout(now).into()];
        for action in self.machine.take_actions() {
            told.push(match action {
                Action::Fetch { exchange, verb, headers, body, about } => JsValue::array(vec![
                    exchange.into(),
                    JsValue::from_str(verb),
                    JsValue::array(headers),
                    body.unwrap_or_default(),
                    about.unwrap_or_default(),
                ]),
                Action::Abort(exchange) => exchange.into(),
            });
        }
        JsValue::array(told)
    }

    /// What has happened, when no client takes it: a kind and a value each. 1 is a message, 8 one that came on
    /// the stream of a request, with that request's id, 2 a
    /// request without an answer, its `id` beside the error, 3 a fault, 4 the end, 5 the params of
    /// progress that came on a foreign stream, 6 that the session has begun, 7 that the server could
    /// not be told so.
    pub fn news(&mut self) -> JsValue {
        let mut told = Vec::new();
        for news in self.machine.take_news() {
            let (kind, value) = match news {
                News::Message(message) => (1, message),
                News::Asked(message, stream) => {
                    (8, JsValue::array(vec![message, JsValue::from_id(&stream)]))
                }
                News::Failed(id, error) => {
                    let mut detail = explain(error);
                    detail.set("id", JsValue::from_id(&id));
                    (2, detail)
                }
                News::Fault(error) => (3, explain(error)),
                News::Closed => (4, JsValue::UNDEFINED),
                News::Stray(_, params) => (5, params),
                News::Begun => (6, JsValue::UNDEFINED),
                News::Refused(error) => (7, explain(error)),
            };
            told.extend([JsValue::from(kind), value]);
        }
        JsValue::array(told)
    }

    /// The messages among it, for who wants to see them before the client.
    pub fn messages(&mut self) -> JsValue {
        JsValue::array(self.machine.take_messages())
    }

    /// Ends everything; the exchange that tells the server is still to be made, unless it is to keep
    /// the session.
    pub fn close(&mut self, keep: bool) {
        self.machine.close(keep);
    }
}

impl Http {
    /// Fills the table with the ordinary progress that comes next; returns how much of it is there.
    /// Without a client, nothing is said of its call.
    #[allow(clippy::cast_precision_loss)] // tokens of 15 digits, places in a buffer
    pub(super) fn read_progress(
        &mut self,
        exchange: u32,
        mut client: Option<&mut Client<JsValue>>,
    ) -> u32 {
        self.since = self.machine.position(exchange);
        let mut records = table().iter_mut();
        let mut count = 0;
        while count < RECORDS {
            let Some((scanned, own)) = self.machine.progress(exchange, self.since) else { break };
            let mut token = scanned.token as f64;
            let (mut slot, mut odd) = (-1.0, 0.0);
            if let Some(client) = &mut client {
                (slot, odd) = accept(client, scanned.token, scanned.progress, own);
                if slot < 0.0 && odd == 0.0 {
                    continue;
                }
            } else {
                token = token.copysign(if own { 1.0 } else { -1.0 });
            }
            let Some(record) = records.next() else { break };
            let message = scanned.message.unwrap_or_default();
            *record = [
                slot,
                scanned.progress,
                scanned.total.unwrap_or(f64::NAN),
                message.start as f64,
                message.end as f64,
                odd,
                token,
            ];
            count += 1;
        }
        // At most as many as the table holds.
        u32::try_from(count).unwrap_or_default()
    }
}

/// Tells the client of progress: its slot, or -1, and what is odd about it, or 0.
#[inline(always)]
#[allow(clippy::inline_always)] // see `proto::scan`
fn accept(client: &mut Client<JsValue>, token: i64, progress: f64, own: bool) -> (f64, f64) {
    let slot = if own {
        client.receive_progress(token, progress)
    } else {
        client.stray(&Id::Integer(token), None);
        None
    };
    (slot.map_or(-1.0, f64::from), client.oddity().map_or(0.0, |odd| f64::from(odd as u8)))
}

fn present(value: JsValue) -> Option<JsValue> {
    (!value.is_undefined()).then_some(value)
}
