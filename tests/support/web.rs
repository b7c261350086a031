//! A [`Page`] that talks Streamable HTTP: the test is the server, exchange by exchange.
#![allow(clippy::needless_pass_by_value)] // `json!` values

use std::collections::{BTreeMap, VecDeque};

use mcp_wasm::http::client::{Action, BodyMode, Failure, Head, Http, Sending};
use mcp_wasm::http::sse::MAX_MESSAGE_SIZE;
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::scan::{parse_number, units};
use serde_json::{Value, json};

use super::page::{Page, Path, step};

const HTTP: Channel = Channel {
    connect_timeout: 30_000.0,
    probe_timeout: 10_000.0,
    can_reopen: false,
    own_stream: true,
    remembered: None,
};

/// A request of HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    pub exchange: u32,
    pub verb: &'static str,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
}

impl Fetch {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub fn method(&self) -> &str {
        self.body.as_ref().and_then(|body| body["method"].as_str()).unwrap_or_default()
    }

    pub fn id(&self) -> Value {
        self.body.as_ref().map_or(Value::Null, |body| body["id"].clone())
    }
}

/// A page, its HTTP, and the exchanges that the server has not looked at yet.
pub struct Web {
    pub page: Page,
    pub http: Http<Value>,
    pub aborted: Vec<u32>,
    /// What is known of the server before.
    pub known: Option<Value>,
    fetches: VecDeque<Fetch>,
    path: Path,
    wake: f64,
}

impl Web {
    pub fn new(mode: Mode, path: Path) -> Self {
        let mut page = Page::new(mode, path);
        page.greets = false;
        Self {
            page,
            http: Http::default(),
            aborted: Vec::new(),
            known: None,
            fetches: VecDeque::new(),
            path,
            wake: f64::INFINITY,
        }
    }

    /// Asks for a connection, up to the first exchange.
    pub fn connect(&mut self) {
        self.page.machine.connect(HTTP, self.page.now);
        if let Some(known) = self.known.take() {
            self.page.machine.know(known);
        }
        self.page.opened();
        self.pump();
    }

    /// Moves everything that can be moved.
    pub fn pump(&mut self) {
        loop {
            self.page.drain();
            let mut moved = false;
            while let Some(text) = self.page.take_sent() {
                self.http.send(serde_json::from_str(&text).unwrap(), Sending::default());
                moved = true;
            }
            self.http.tell(&mut self.page.machine, self.page.now);
            self.page.drain();
            self.wake = self.http.handle_timeout(self.page.now);
            for action in self.http.take_actions() {
                moved = true;
                match action {
                    Action::Abort(exchange) => self.aborted.push(exchange),
                    Action::Fetch { exchange, verb, headers, body, .. } => {
                        let mut named = BTreeMap::new();
                        for pair in headers.chunks(2) {
                            let name = pair[0].as_str().unwrap().to_lowercase();
                            named.insert(name, pair[1].as_str().unwrap().to_owned());
                        }
                        self.fetches.push_back(Fetch { exchange, verb, headers: named, body });
                    }
                }
            }
            if !moved && self.page.sent_nothing_more() {
                return;
            }
        }
    }

    /// The next request.
    pub fn take(&mut self) -> Fetch {
        self.fetches.pop_front().expect("a request was made")
    }

    /// The next request, which has this method of the protocol.
    pub fn take_method(&mut self, method: &str) -> Fetch {
        let fetch = self.take();
        assert_eq!(fetch.method(), method);
        fetch
    }

    pub fn is_quiet(&self) -> bool {
        self.fetches.is_empty()
    }

    pub fn head(&mut self, fetch: &Fetch, status: u16, content_type: &str) -> BodyMode {
        self.head_with(fetch, status, content_type, "")
    }

    pub fn head_with(
        &mut self,
        fetch: &Fetch,
        status: u16,
        content_type: &str,
        session: &str,
    ) -> BodyMode {
        let head = Head { session, ..Head::new(status, content_type) };
        self.http.head(fetch.exchange, head, self.page.now)
    }

    /// Answers with a status and `Retry-After`, in milliseconds.
    pub fn busy(&mut self, fetch: &Fetch, status: u16, retry_after: Option<f64>) {
        let head = Head { retry_after, ..Head::new(status, "text/plain") };
        if self.http.head(fetch.exchange, head, self.page.now) != BodyMode::Nothing {
            self.http.body(fetch.exchange, None, "busy", self.page.now);
        }
        self.pump();
    }

    /// Nobody listens at the server's port.
    pub fn refuse(&mut self, fetch: &Fetch) {
        self.broken(fetch, Failure { sent: false, refused: true, cause: Some(json!("refused")) });
    }

    pub fn broken(&mut self, fetch: &Fetch, failure: Failure<Value>) {
        self.http.failed(fetch.exchange, failure, self.page.now);
        self.pump();
    }

    /// Answers with a whole body.
    pub fn answer(&mut self, fetch: &Fetch, status: u16, content_type: &str, body: &str) {
        self.answer_with(fetch, status, content_type, body, "");
    }

    pub fn answer_with(
        &mut self,
        fetch: &Fetch,
        status: u16,
        content_type: &str,
        body: &str,
        session: &str,
    ) {
        if self.head_with(fetch, status, content_type, session) != BodyMode::Nothing {
            let parsed = serde_json::from_str(body).ok();
            self.http.body(fetch.exchange, parsed, body, self.page.now);
        }
        self.pump();
    }

    /// Answers with a message as JSON.
    pub fn json(&mut self, fetch: &Fetch, status: u16, message: &Value) {
        self.answer(fetch, status, "application/json", &message.to_string());
    }

    /// Answers a request with a result, as JSON.
    #[allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`
    pub fn result(&mut self, fetch: &Fetch, result: Value) {
        self.json(fetch, 200, &json!({ "jsonrpc": "2.0", "id": fetch.id(), "result": result }));
    }

    /// Answers a request with an error, as JSON.
    #[allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`
    pub fn error(&mut self, fetch: &Fetch, status: u16, error: Value) {
        self.json(fetch, status, &json!({ "jsonrpc": "2.0", "id": fetch.id(), "error": error }));
    }

    /// Answers with a stream of events.
    pub fn stream(&mut self, fetch: &Fetch) {
        assert_eq!(self.head(fetch, 200, "text/event-stream"), BodyMode::Events);
    }

    /// A chunk of it.
    pub fn chunk(&mut self, fetch: &Fetch, chunk: &[u8]) {
        let exchange = fetch.exchange;
        self.http.feed(exchange, chunk.to_vec());
        loop {
            if self.path == Path::Scanned {
                self.records(exchange);
            }
            let Some(data) = self.http.event(exchange) else { break };
            let message = serde_json::from_str(&String::from_utf8_lossy(data)).ok();
            self.http.message(exchange, message, self.page.now);
            self.pump();
        }
        if let Some(begins) = self.http.cut(exchange, MAX_MESSAGE_SIZE) {
            let answers = !String::from_utf8_lossy(&begins).contains("method");
            self.http.refuse(exchange, answers, None);
        }
        self.pump();
    }

    /// Takes ordinary progress as the binding does: all of it, then the texts, then deliveries.
    fn records(&mut self, exchange: u32) {
        let mut records = Vec::new();
        while let Some((mut scanned, own, data)) = self.http.progress(exchange, parse_number) {
            let client = &mut self.page.machine;
            let heard = if own {
                client.receive_scanned(&scanned)
            } else {
                client.stray_scanned(scanned.token, scanned.is_text)
            };
            self.page.odd.extend(heard.oddity);
            let text: Vec<u16> = str::from_utf8(data).unwrap().encode_utf16().collect();
            let place = |at| if scanned.is_wide { units(&data[..at]) } else { at };
            for span in [&mut scanned.message, &mut scanned.params].into_iter().flatten() {
                *span = place(span.start)..place(span.end);
            }
            records.push((scanned, heard.slot, text));
        }
        for (scanned, slot, text) in records {
            if let Some(slot) = slot {
                self.page.deliver(slot, step(&scanned, &text));
            }
        }
    }

    /// An event with a message.
    pub fn event(&mut self, fetch: &Fetch, message: &Value) {
        self.chunk(fetch, format!("data: {message}\n\n").as_bytes());
    }

    /// The stream ends.
    pub fn end(&mut self, fetch: &Fetch) {
        self.broken(fetch, Failure { sent: true, refused: false, cause: None });
    }

    /// `fetch`, or the reading of its stream, rejects.
    pub fn fail(&mut self, fetch: &Fetch, why: &str) {
        self.broken(fetch, Failure { sent: true, refused: false, cause: Some(json!(why)) });
    }

    /// Lets time pass for HTTP.
    pub fn wait(&mut self, span: f64) {
        let until = self.page.now + span;
        while self.wake <= until {
            self.page.now = self.wake;
            self.pump();
        }
        self.page.wait(until - self.page.now);
        self.pump();
    }

    /// A modern connection.
    pub fn modern(path: Path) -> Self {
        let mut web = Self::new(Mode::Auto, path);
        web.connect();
        let probe = web.take_method("server/discover");
        let result = json!({ "supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete" });
        web.result(&probe, result);
        assert!(web.page.is_open());
        web
    }

    /// A legacy connection with the session `s1`, whose server has no stream of its own.
    pub fn legacy(path: Path) -> Self {
        let mut web = Self::new(Mode::Legacy, path);
        web.connect();
        let initialize = web.take_method("initialize");
        web.initialized(&initialize, "s1");
        let listen = web.take();
        assert_eq!(listen.verb, "GET");
        web.answer(&listen, 405, "text/plain", "no");
        assert!(web.page.is_open() && web.is_quiet());
        web
    }

    /// Answers `initialize`, and takes the notification that follows.
    pub fn initialized(&mut self, initialize: &Fetch, session: &str) {
        self.initialized_with(initialize, session, &json!({}));
    }

    /// The same, of a server with these capabilities.
    pub fn initialized_with(&mut self, initialize: &Fetch, session: &str, capabilities: &Value) {
        let result = json!({ "protocolVersion": "2025-06-18", "capabilities": capabilities, "serverInfo": {} });
        let message = json!({ "jsonrpc": "2.0", "id": initialize.id(), "result": result });
        self.answer_with(initialize, 200, "application/json", &message.to_string(), session);
        let told = self.take_method("notifications/initialized");
        self.answer(&told, 202, "", "");
    }

    /// A tool call, up to its request.
    pub fn call(&mut self) -> (i64, Fetch) {
        let id = self.page.call(forever());
        self.pump();
        (id, self.take_method("tools/call"))
    }

    /// Any request, up to its exchange.
    pub fn request(&mut self, method: &str, params: Value) -> (i64, Fetch) {
        let id = self.page.request(method, Some(params), forever()).unwrap();
        self.pump();
        (id, self.take_method(method))
    }
}

/// Limits without any limit.
fn forever() -> CallLimits {
    CallLimits {
        timeout: f64::INFINITY,
        max_total: f64::INFINITY,
        stall_after: f64::INFINITY,
        ..CallLimits::default()
    }
}
