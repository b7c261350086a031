//! The client's side of Streamable HTTP for JavaScript.

use std::cell::UnsafeCell;

use js_sys::{Array, Float64Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::http::client::{self, Action, News, Reading};
use crate::jsonrpc::Payload;
use crate::proto::client::Client;

use super::client::explain;

/// How many records the table holds.
const RECORDS: usize = 128;
/// How many numbers a record has.
const FIELDS: usize = 5;

/// The table of [`Core::records`](super::Core::records).
struct Records(UnsafeCell<[[f64; FIELDS]; RECORDS]>);

// SAFETY: this module runs on one thread; there is no shared memory in it.
unsafe impl Sync for Records {}

static TABLE: Records = Records(UnsafeCell::new([[0.0; FIELDS]; RECORDS]));

/// A view of the table.
pub(super) fn records() -> Float64Array {
    // SAFETY: the table lives as long as the module, and JavaScript only reads it.
    unsafe { Float64Array::view_mut_raw(TABLE.0.get().cast(), FIELDS * RECORDS) }
}

/// Which message travels on which exchange. Feed it what happens to the exchanges; then do what
/// [`poll`](Self::poll) says, and tell what [`news`](Self::news) says.
#[wasm_bindgen]
pub struct Http {
    pub(super) machine: client::Http<JsValue>,
    /// What the latest step is about.
    exchange: u32,
    verb: &'static str,
    headers: Array,
    value: JsValue,
    /// Where the latest records start in their stream.
    since: usize,
}

#[wasm_bindgen]
impl Http {
    /// No exchange, no session.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)] // for JavaScript
    pub fn new() -> Self {
        Self {
            machine: client::Http::default(),
            exchange: 0,
            verb: "",
            headers: Array::new(),
            value: JsValue::UNDEFINED,
            since: 0,
        }
    }

    /// Sends a message; the number of its exchange, or 0.
    pub fn send(&mut self, message: JsValue) -> u32 {
        self.machine.send(message)
    }

    /// The head of an answer has come. Returns 0 if its body is of no use, 1 if it is to be read
    /// whole, 2 if it is a stream of events.
    pub fn head(
        &mut self,
        exchange: u32,
        status: u16,
        content_type: &str,
        session: Option<String>,
    ) -> u32 {
        match self.machine.head(exchange, status, content_type, session.as_deref()) {
            Reading::Nothing => 0,
            Reading::Whole => 1,
            Reading::Events => 2,
        }
    }

    /// A chunk of a stream has come.
    pub fn feed(&mut self, exchange: u32, chunk: Vec<u8>) {
        self.machine.feed(exchange, chunk);
    }

    /// The data of the next event: a view that the next call may detach.
    pub fn event(&mut self, exchange: u32) -> Option<Uint8Array> {
        let data = self.machine.event(exchange)?;
        // SAFETY: JavaScript decodes it before it calls anything here.
        Some(unsafe { Uint8Array::view(data) })
    }

    /// What the latest records were read from, ASCII: a view that the next call may detach.
    pub fn text(&self, exchange: u32) -> Uint8Array {
        // SAFETY: JavaScript decodes it before it calls anything here.
        unsafe { Uint8Array::view(self.machine.since(exchange, self.since)) }
    }

    /// The message of an event, parsed; undefined if it was not JSON.
    pub fn message(&mut self, exchange: u32, message: JsValue, now: f64) {
        self.machine.message(exchange, present(message), now);
    }

    /// The whole body of an answer: parsed, or undefined if it is not JSON, and how it begins.
    pub fn body(&mut self, exchange: u32, message: JsValue, text: &str, now: f64) {
        self.machine.body(exchange, present(message), text, now);
    }

    /// A stream has ended.
    pub fn end(&mut self, exchange: u32, now: f64) {
        self.machine.end(exchange, now);
    }

    /// An exchange could not be made, or broke off; `sent` is whether `fetch` was called.
    pub fn failed(&mut self, exchange: u32, sent: bool, cause: JsValue, now: f64) {
        self.machine.failed(exchange, sent, Some(cause), now);
    }

    /// When [`timeout`](Self::timeout) wants to be called; infinite for never.
    pub fn deadline(&self) -> f64 {
        self.machine.poll_timeout()
    }

    /// Looks at the clock.
    pub fn timeout(&mut self, now: f64) {
        self.machine.handle_timeout(now);
    }

    /// Takes the next thing to be done: 1 to start an [`exchange`](Self::exchange), 2 to break it
    /// off, 0 if there is none.
    pub fn poll(&mut self) -> u32 {
        match self.machine.poll_action() {
            None => 0,
            Some(Action::Fetch { exchange, verb, headers, body }) => {
                self.exchange = exchange;
                self.verb = verb;
                self.headers = Array::new();
                for (name, value) in headers {
                    self.headers.push(&JsValue::from_str(&name));
                    self.headers.push(&JsValue::from_str(&value));
                }
                self.value = body.unwrap_or_default();
                1
            }
            Some(Action::Abort(exchange)) => {
                self.exchange = exchange;
                2
            }
        }
    }

    /// The number of the exchange.
    pub fn exchange(&self) -> u32 {
        self.exchange
    }

    /// Its HTTP method.
    pub fn verb(&self) -> String {
        self.verb.to_owned()
    }

    /// Its headers: names and values in turn.
    pub fn headers(&self) -> Array {
        self.headers.clone()
    }

    /// Its body, or what the news are about; can be taken once.
    pub fn value(&mut self) -> JsValue {
        std::mem::take(&mut self.value)
    }

    /// Takes the next thing that has happened, when no client does that: 1 a message, 2 a request
    /// without an answer, 3 a fault, 4 the end, 0 nothing.
    pub fn news(&mut self) -> u32 {
        loop {
            let (kind, value) = match self.machine.poll_news() {
                None => return 0,
                Some(News::Message(message)) => (1, message),
                Some(News::Failed(id, error)) => {
                    let mut failure = explain(error);
                    failure.set("id", JsValue::from_id(&id));
                    (2, failure)
                }
                Some(News::Fault(error)) => (3, explain(error)),
                Some(News::Closed(reason)) => (4, JsValue::from_str(&reason)),
                Some(News::Stray) => continue,
            };
            self.value = value;
            return kind;
        }
    }

    /// Ends everything; the exchange that tells the server is still to be made.
    pub fn close(&mut self) {
        self.machine.close();
    }

    /// The id of the session, if there is one.
    #[wasm_bindgen(js_name = sessionId)]
    pub fn session_id(&self) -> Option<String> {
        self.machine.session_id().map(str::to_owned)
    }
}

impl Http {
    /// Fills the table with the ordinary progress that comes next; returns how much of it is there.
    #[allow(clippy::cast_precision_loss)] // places in a buffer
    pub(super) fn read_progress(&mut self, exchange: u32, client: &mut Client<JsValue>) -> u32 {
        self.since = self.machine.position(exchange);
        // SAFETY: one thread; JavaScript reads the table between two calls.
        let table: &mut [[f64; FIELDS]; RECORDS] = unsafe { &mut *TABLE.0.get() };
        let mut records = table.iter_mut();
        let mut count = 0;
        while count < RECORDS {
            let Some((scanned, slot)) = self.machine.progress(exchange, self.since, client) else {
                break;
            };
            let Some(slot) = slot else { continue };
            let Some(record) = records.next() else { break };
            let message = scanned.message.unwrap_or_default();
            *record = [
                f64::from(slot),
                scanned.progress,
                scanned.total.unwrap_or(f64::NAN),
                message.start as f64,
                message.end as f64,
            ];
            count += 1;
        }
        count as u32
    }
}

fn present(value: JsValue) -> Option<JsValue> {
    (!value.is_undefined()).then_some(value)
}
