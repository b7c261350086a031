//! The client machine as the binding drives it: frames come and go as text, short ASCII frames are
//! scanned, and the outputs are drained after every input.
//!
//! A [`Page`] fails the test when the machine breaks a rule that holds always: ids count up from 1,
//! a call settles once, nothing is delivered to a call after it settled, and a machine that has
//! looked at its clocks does not ask to look again at the same time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use mcp_wasm::error::Error;
use mcp_wasm::jsonrpc::Id;
use mcp_wasm::proto::Millis;
use mcp_wasm::proto::client::{
    CallLimits, Channel, ClientConfig, ClientMachine, InputRequest, LONGEST_SCANNED, Mode,
    Negotiated, Oddity, Output, RequestId, Requested, Slot,
};
use mcp_wasm::proto::scan::{Scanned, parse_number, scan};
use mcp_wasm::proto::version::{Era, Version};
use mcp_wasm::types::Implementation;
use serde_json::{Value, json};

/// Which way progress frames take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// As in the binding: the scanner first.
    Scanned,
    /// Every frame is parsed.
    General,
}

/// One delivery of progress.
#[derive(Clone, Debug)]
pub struct Step {
    pub progress: f64,
    pub total: Option<f64>,
    pub message: Option<String>,
    /// The params, if there is more to them.
    pub params: Option<Value>,
}

/// Compared bit by bit: `-0` is not `0`.
impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.progress.to_bits() == other.progress.to_bits()
            && self.total.map(f64::to_bits) == other.total.map(f64::to_bits)
            && self.message == other.message
            && self.params == other.params
    }
}

/// What a call has come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallRecord {
    pub progress: Vec<Step>,
    /// When the latest of it came.
    pub heard_at: Option<Millis>,
    pub outcome: Option<Result<Value, Error<Value>>>,
    pub settled_at: Option<Millis>,
    /// The ids of its legs after the first.
    pub legs: Vec<i64>,
    /// What was told of the task that it became.
    pub tasks: Vec<Value>,
}

/// What the machine told, except for what belongs to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Connected(Box<Negotiated<Value>>),
    Disconnected(Error<Value>),
    Reopen,
    Stalled(i64),
    Acknowledged(i64, Value),
    Interrupted(i64, Error<Value>),
    /// The notification before it is for that call too.
    Update(i64, String, Option<Value>),
    Notification(String, Option<Value>),
    Request(Id, String, Option<Value>),
    Withdrawn(Id, Option<String>),
    Fault(Error<Value>),
}

/// A client machine and everything it said.
pub struct Page {
    pub machine: ClientMachine<Value>,
    pub now: Millis,
    pub told: Vec<Told>,
    /// What the server asked for inside results, and nobody has answered yet.
    pub inputs: VecDeque<InputRequest<Value>>,
    /// Which calls the server's requests belong to.
    pub ties: HashMap<Id, Option<i64>>,
    /// What was odd about progress.
    pub odd: Vec<Oddity>,
    /// What was told of tools: lists, and that nothing is known any more.
    pub tools: Vec<Option<Value>>,
    /// What failed after what a connection ended by.
    pub second: Option<Error<Value>>,
    /// Whether the notification that ends the handshake is told of by someone else.
    pub greets: bool,
    path: Path,
    sent: VecDeque<String>,
    /// The calls in flight, by slot.
    slots: BTreeMap<Slot, i64>,
    calls: BTreeMap<i64, CallRecord>,
    newest: i64,
    /// The latest id that a call got, sent or not.
    handed: i64,
}

impl Page {
    pub fn new(mode: Mode, path: Path) -> Self {
        Self::with_config(
            ClientConfig {
                info: Implementation::new("test-page", "1.0.0"),
                capabilities: json!({}),
                log_level: None,
                mode,
            },
            path,
        )
    }

    pub fn with_config(config: ClientConfig<Value>, path: Path) -> Self {
        // As in a browser, where a part of the machine comes late.
        let mut machine = ClientMachine::new(config);
        machine.lack();
        Self {
            machine,
            // Somewhere in the life of a page, and no round number.
            now: 12_345.678,
            told: Vec::new(),
            inputs: VecDeque::new(),
            ties: HashMap::new(),
            odd: Vec::new(),
            tools: Vec::new(),
            second: None,
            greets: true,
            path,
            sent: VecDeque::new(),
            slots: BTreeMap::new(),
            calls: BTreeMap::new(),
            newest: 0,
            handed: 0,
        }
    }

    /// A page after the handshake of that revision: the client declares `client`, the server
    /// `server`.
    pub fn open(version: Version, path: Path, client: Value, server: &Value) -> Self {
        let mut page = Self::with_config(
            ClientConfig {
                info: Implementation::new("test-page", "1.0.0"),
                capabilities: client,
                log_level: None,
                mode: Mode::Pin(version),
            },
            path,
        );
        page.connect(Channel::default());
        let name = version.as_str();
        page.result(
            1,
            &match version.era() {
                Era::Modern => json!({ "supportedVersions": [name], "capabilities": server }),
                Era::Legacy => json!({ "protocolVersion": name, "capabilities": server }),
            },
        );
        assert!(page.is_open());
        page.sent.clear();
        page.told.clear();
        page
    }

    /// Opens a channel, up to the first message of the handshake.
    pub fn connect(&mut self, channel: Channel) {
        self.machine.connect(channel, self.now);
        self.drain();
        self.opened();
    }

    pub fn opened(&mut self) {
        self.machine.opened(self.now);
        self.drain();
    }

    pub fn closed(&mut self, reason: &str) {
        self.machine.closed(reason);
        self.drain();
    }

    /// A frame has arrived.
    pub fn frame(&mut self, text: &str) {
        if self.path == Path::Scanned
            && !self.slots.is_empty()
            && text.encode_utf16().count() <= LONGEST_SCANNED
            && let Some(scanned) = scan(&marked(text), parse_number)
        {
            let heard = self.machine.receive_scanned(&scanned);
            self.odd.extend(heard.oddity);
            if let Some(slot) = heard.slot {
                let text: Vec<u16> = text.encode_utf16().collect();
                self.deliver(slot, step(&scanned, &text));
            }
            return self.drain();
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.machine.read(&value, None, self.now),
            Err(_) => self.told.push(Told::Fault(Error::Protocol("not JSON".to_owned()))),
        }
        self.drain();
    }

    /// A message has arrived.
    pub fn message(&mut self, message: &Value) {
        self.frame(&message.to_string());
    }

    /// The response to a request has arrived.
    pub fn result(&mut self, id: i64, result: &Value) {
        self.message(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    /// The error response to a request has arrived.
    pub fn error(&mut self, id: i64, error: &Value) {
        self.message(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
    }

    /// Progress has arrived.
    pub fn progress(&mut self, params: &Value) {
        let method = "notifications/progress";
        self.message(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Calls a tool; returns the id of the request.
    pub fn call(&mut self, limits: CallLimits) -> i64 {
        self.request("tools/call", Some(json!({ "name": "work", "arguments": {} })), limits)
            .expect("connected")
    }

    pub fn request(
        &mut self,
        method: &str,
        params: Option<Value>,
        limits: CallLimits,
    ) -> Result<i64, Error<Value>> {
        match self.ask(method, params, limits)? {
            Requested::Sent(id, _) => Ok(id.get()),
            kept => panic!("nothing was sent: {kept:?}"),
        }
    }

    /// The same of a request whose result may be kept.
    pub fn ask(
        &mut self,
        method: &str,
        params: Option<Value>,
        limits: CallLimits,
    ) -> Result<Requested<Value>, Error<Value>> {
        if method == "subscriptions/listen" {
            self.machine.complete(self.now);
        }
        let requested = self.machine.request(method, params, limits, self.now)?;
        if let Requested::Sent(id, slot) = &requested {
            self.handed = id.get();
            assert_eq!(self.slots.insert(*slot, id.get()), None, "{slot:?} is taken");
            self.calls.insert(id.get(), CallRecord::default());
            self.drain();
        }
        Ok(requested)
    }

    /// Answers what was asked for first.
    pub fn answer(&mut self, value: &Value) {
        let input = self.inputs.pop_front().expect("something is asked for").input;
        self.machine.answer(input, Ok(value.clone()), self.now);
        self.drain();
    }

    /// Fails to answer what was asked for first.
    pub fn refuse(&mut self, why: &str) {
        let input = self.inputs.pop_front().expect("something is asked for").input;
        self.machine.answer(input, Err(why.to_owned()), self.now);
        self.drain();
    }

    pub fn cancel(&mut self, id: i64, reason: Option<&str>) {
        if let Some(id) = RequestId::new(id) {
            self.machine.cancel(id, reason);
        }
        self.drain();
    }

    /// The transport could not send the request of that id.
    pub fn unsent(&mut self, id: i64, reason: &str) {
        let error = Error::Closed { reason: reason.to_owned(), sent: false };
        if let Some(id) = RequestId::new(id) {
            self.machine.unsent(id, error, self.now);
        }
        self.drain();
    }

    /// The request of that id will have no answer.
    pub fn failed(&mut self, id: i64, error: Error<Value>) {
        if let Some(id) = RequestId::new(id) {
            self.machine.failed(id, error, self.now);
        }
        self.drain();
    }

    /// Does what is left to do after a call into the machine.
    pub fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            self.act(output);
        }
        assert!(self.machine.poll_output().is_none(), "an output was left behind");
    }

    /// Lets the clock strike now.
    pub fn tick(&mut self) {
        self.machine.handle_timeout(self.now);
        self.drain();
        let next = self.machine.poll_timeout();
        assert!(next > self.now, "asks to look at {next}, and it is {}", self.now);
    }

    /// Lets time pass; the clock strikes when the machine wants it to.
    pub fn wait(&mut self, span: Millis) {
        let until = self.now + span;
        while self.machine.poll_timeout() <= until {
            self.now = self.machine.poll_timeout().max(self.now);
            self.tick();
        }
        self.now = until;
    }

    /// The next frame that was sent and not looked at yet.
    pub fn take_sent(&mut self) -> Option<String> {
        self.sent.pop_front()
    }

    /// The next message that was sent and not looked at yet.
    pub fn sent(&mut self) -> Value {
        let text = self.take_sent().expect("a message was sent");
        serde_json::from_str(&text).expect("what is sent is JSON")
    }

    pub fn sent_nothing_more(&self) -> bool {
        self.sent.is_empty()
    }

    /// What became of a call.
    pub fn record(&self, id: i64) -> &CallRecord {
        &self.calls[&id]
    }

    pub fn steps(&self, id: i64) -> &[Step] {
        &self.record(id).progress
    }

    pub fn outcome(&self, id: i64) -> Option<&Result<Value, Error<Value>>> {
        self.record(id).outcome.as_ref()
    }

    /// All calls so far.
    pub fn records(&self) -> &BTreeMap<i64, CallRecord> {
        &self.calls
    }

    /// The latest id that was sent, 0 before the first.
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// The calls that have not settled.
    pub fn in_flight(&self) -> impl Iterator<Item = i64> {
        self.slots.values().copied()
    }

    pub fn is_open(&self) -> bool {
        self.machine.session().is_some()
    }

    /// The faults that were told.
    pub fn faults(&self) -> Vec<&Error<Value>> {
        let faults = self.told.iter().filter_map(|told| match told {
            Told::Fault(error) => Some(error),
            _ => None,
        });
        faults.collect()
    }

    /// How the connection ended, if it did.
    pub fn end(&self) -> Option<&Error<Value>> {
        self.told.iter().rev().find_map(|told| match told {
            Told::Disconnected(error) => Some(error),
            _ => None,
        })
    }

    fn act(&mut self, output: Output<Value>) {
        let told = match output {
            Output::Send(message, id) => {
                if let Some(id) = id.map(RequestId::get) {
                    assert!(id > self.newest, "ids count up from 1");
                    assert_eq!(message["id"], json!(id));
                    self.newest = id;
                }
                return self.sent.push_back(message.to_string());
            }
            Output::Progress(slot, report) => {
                let message = report.message.map(|text| text.as_str().map(str::to_owned));
                let message = message.map(|text| text.expect("a message is a string"));
                let (progress, total) = (report.progress, report.total);
                let params = Some(report.params).filter(has_more);
                let step = Step { progress, total, message, params };
                return self.deliver(slot, step);
            }
            Output::Settled(slot, outcome) => {
                let id = self.slots.remove(&slot).expect("a call settles once");
                let record = self.calls.get_mut(&id).expect("known");
                assert_eq!(record.outcome.replace(outcome), None, "a call settles once");
                record.settled_at = Some(self.now);
                return;
            }
            Output::Input(asked) => {
                assert!(self.slots.contains_key(&asked.slot), "only a call in flight asks");
                return self.inputs.push_back(asked);
            }
            Output::Leg(slot, leg) => {
                let newest = self.newest.max(self.handed);
                assert_eq!(leg.get(), newest + 1, "a leg is told before it is sent");
                return self.of(slot).legs.push(leg.get());
            }
            Output::Task(slot, task) => return self.of(slot).tasks.push(task),
            Output::Odd(oddity, _) => return self.odd.push(oddity),
            Output::Tools(list) => return self.tools.push(list),
            Output::Withdrawn(id, reason) => Told::Withdrawn(id, reason),
            Output::Connected => {
                let session = self.machine.session().expect("it is there when it is told of");
                Told::Connected(Box::new(session.clone()))
            }
            Output::Greet(message) => {
                self.sent.push_back(message.to_string());
                if self.greets {
                    self.machine.begun(self.now);
                }
                return;
            }
            Output::Disconnected(error, second) => {
                self.second = second;
                assert!(self.slots.is_empty(), "calls outlive their connection");
                Told::Disconnected(error)
            }
            Output::Incomplete => {
                self.machine.complete(self.now);
                return;
            }
            Output::Reopen => Told::Reopen,
            Output::Stalled(slot) => {
                Told::Stalled(*self.slots.get(&slot).expect("only a call in flight stalls"))
            }
            Output::Acknowledged(slot, honored) => {
                Told::Acknowledged(*self.slots.get(&slot).expect("in flight"), honored)
            }
            Output::Interrupted(slot, error) => {
                Told::Interrupted(*self.slots.get(&slot).expect("in flight"), error)
            }
            Output::Update(slot, method, params) => {
                Told::Update(*self.slots.get(&slot).expect("in flight"), method, params)
            }
            Output::Notification(method, params) => Told::Notification(method, params),
            Output::Request(id, method, params, slot) => {
                let call = slot.map(|slot| *self.slots.get(&slot).expect("of a call in flight"));
                self.ties.insert(id.clone(), call);
                Told::Request(id, method, params)
            }
            Output::Fault(error) => Told::Fault(error),
        };
        self.told.push(told);
    }

    pub fn deliver(&mut self, slot: Slot, step: Step) {
        assert!(step.progress.is_finite() && step.total.is_none_or(f64::is_finite));
        let now = self.now;
        let call = self.of(slot);
        call.progress.push(step);
        call.heard_at = Some(now);
    }

    fn of(&mut self, slot: Slot) -> &mut CallRecord {
        let id = self.slots.get(&slot).expect("it belongs to a call in flight");
        self.calls.get_mut(id).expect("known")
    }
}

/// A frame as the binding lays it before the scanner: a byte for each UTF-16 unit.
pub fn marked(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .map(|unit| u8::try_from(unit).ok().filter(u8::is_ascii).unwrap_or(0x80))
        .collect()
}

/// Whether progress has members beside those that are told by themselves.
pub fn has_more(params: &Value) -> bool {
    let known = ["progressToken", "progress", "total", "message"];
    params.as_object().is_some_and(|params| params.keys().any(|key| !known.contains(&&**key)))
}

/// What was scanned, spans being of that text in UTF-16, as JavaScript reads it.
pub fn step(scanned: &Scanned, text: &[u16]) -> Step {
    let part = |span| String::from_utf16(&text[span]).unwrap();
    let parse = |span| serde_json::from_str(&part(span)).unwrap();
    let message = scanned.message.clone().map(|span| match parse(span.start - 1..span.end + 1) {
        Value::String(message) if scanned.is_escaped => message,
        _ => part(span),
    });
    let params = scanned.params.clone().map(parse);
    Step { progress: scanned.progress, total: scanned.total, message, params }
}
