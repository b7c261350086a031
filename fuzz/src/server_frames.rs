//! Arbitrary frames and operations on a server machine. What it sends is JSON-RPC, nothing is sent
//! for a request after its end, and no request is answered or cancelled twice.

use std::collections::BTreeMap;

use mcp_wasm::jsonrpc::{Id, Message, RpcError};
use mcp_wasm::proto::server::{
    AskKey, Change, Event, Feature, Features, Frame, Limits, Operation, Profile, RequestKey,
    ServerMachine, Transmit,
};
use mcp_wasm::types::{Implementation, Level};
use serde_json::{Value, json};

use super::bytes::Bytes;

const METHODS: [&str; 21] = [
    "tools/call",
    "tools/call",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "subscriptions/listen",
    "subscriptions/listen",
    "notifications/cancelled",
    "initialize",
    "server/discover",
    "ping",
    "logging/setLevel",
    "notifications/cancelled",
    "notifications/initialized",
    "nonsense",
];
const NUMBERS: [f64; 6] = [0.0, 1.0, 0.1, -3.5, f64::NAN, f64::INFINITY];
const CHANGES: [Change<'_>; 5] = [
    Change::Tools,
    Change::Prompts,
    Change::Resources,
    Change::Resource("a://b"),
    Change::Resource("a://b/c"),
];
const LEVELS: [Level; 3] = [Level::Debug, Level::Warning, Level::Emergency];

/// How a request that was handed up has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// The response is on its way.
    Answered,
    /// The response has left.
    Over,
    Cancelled,
}

/// Runs the operations that the bytes name.
pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let queue = 1 + input.below(8);
    let malformed = if input.flip() { 5 } else { u32::MAX };
    let limits =
        Limits { requests: 4, queue, malformed, listens: 3, subscriptions: 4, ..Limits::default() };
    let info = Implementation::new("fuzzed", "1.0.0");
    let list = *input.pick(&[Feature::Absent, Feature::Fixed, Feature::Changing]);
    let (subscribe, completions) = (input.flip(), input.flip());
    let features = Features {
        tools: Feature::Changing,
        resources: list,
        prompts: list,
        subscribe,
        completions,
        logging: true,
    };
    let profile = Profile { features, ..Profile::new(info) };
    let mut host = Host {
        machine: ServerMachine::new(profile, limits),
        requests: BTreeMap::new(),
        keys: BTreeMap::new(),
        asks: BTreeMap::new(),
        last_ask: None,
        is_over: false,
    };
    while !input.is_empty() {
        host.step(&mut input);
        host.take_events();
    }
    while host.transmit() {}
    host.machine.close();
    host.take_events();
    assert!(host.machine.poll_transmit().is_none(), "nothing is sent after the end");
    assert_eq!((host.machine.in_flight(), host.machine.waiting()), (0, 0));
    assert!(host.requests.values().all(|state| *state != State::Running), "all are told");
}

struct Host {
    machine: ServerMachine<Value>,
    requests: BTreeMap<RequestKey, State>,
    /// The requests that were handed up and have not ended, by their ids.
    keys: BTreeMap<Id, RequestKey>,
    /// What we asked, with the request that it was for, until it is answered.
    asks: BTreeMap<AskKey, RequestKey>,
    last_ask: Option<AskKey>,
    is_over: bool,
}

impl Host {
    fn step(&mut self, input: &mut Bytes<'_>) {
        match input.below(14) {
            0..=3 => {
                if self.machine.accepts_input() {
                    self.machine.receive(&frame(input));
                }
            }
            4 => match serde_json::from_slice::<Value>(input.chunk()) {
                Ok(value) => self.machine.receive(&value),
                Err(_) => self.machine.receive_garbage(),
            },
            5 => {
                if let Some(key) = self.some_request(input) {
                    let (progress, total) = (*input.pick(&NUMBERS), *input.pick(&NUMBERS));
                    let message = input.flip().then_some("größer");
                    self.machine.report(key, progress, input.flip().then_some(total), message);
                }
            }
            6 => {
                if let Some(key) = self.some_request(input) {
                    let level = *input.pick(&LEVELS);
                    let had_room = self.machine.has_room();
                    let logged = self.machine.log(key, level, Some("fuzz"), json!("x"));
                    assert!(logged.is_ok() || !had_room, "there was room");
                }
            }
            7 => {
                if let Some(key) = self.some_request(input) {
                    let outcome = if input.flip() {
                        Ok(json!({ "content": [] }))
                    } else {
                        Err(RpcError::new(-32603, "broken"))
                    };
                    self.machine.respond(key, outcome);
                    let state = self.requests.get_mut(&key).expect("known");
                    if *state == State::Running {
                        *state = State::Answered;
                    }
                }
            }
            8 => {
                if let Some(key) = self.some_request(input) {
                    let is_running = self.requests.get(&key) == Some(&State::Running);
                    let ask = self.machine.ask(key, "roots/list", None);
                    assert_eq!(ask.is_some(), is_running, "only for a request that goes on");
                    if let Some(ask) = ask {
                        assert_eq!(self.asks.insert(ask, key), None, "an ask is new");
                        self.last_ask = Some(ask);
                    }
                }
            }
            9 => {
                if let Some(ask) = self.last_ask.take() {
                    self.machine.withdraw(ask);
                    self.asks.remove(&ask);
                }
            }
            10 | 11 => self.machine.changed(*input.pick(&CHANGES)),
            12 if input.below(4) == 0 => {
                self.machine.end_listens();
                assert_eq!(self.machine.listens(), 0);
            }
            13 if input.byte() == 255 => self.machine.close(),
            _ => {
                for _ in 0..input.below(6) {
                    self.transmit();
                }
            }
        }
    }

    /// One of the requests so far, ended ones included.
    fn some_request(&self, input: &mut Bytes<'_>) -> Option<RequestKey> {
        self.requests.keys().rev().nth(input.below(6)).copied()
    }

    fn take_events(&mut self) {
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::Request(request) => {
                    if let Operation::CallTool { arguments: Some(arguments), .. } =
                        &request.operation
                    {
                        assert!(arguments.is_object());
                    }
                    let known = self.requests.insert(request.key, State::Running);
                    assert_eq!(known, None, "a key is new");
                    if let Some(before) = self.keys.insert(request.context.id, request.key) {
                        // It was answered, and then given up before its answer had left.
                        let state = self.requests.insert(before, State::Over);
                        assert_eq!(state, Some(State::Answered), "an id is free");
                    }
                }
                Event::Relayed(_) | Event::Notified { .. } => panic!("this is no relay"),
                Event::Cancelled { key, .. } => {
                    let state = self.requests.insert(key, State::Cancelled);
                    assert_eq!(state, Some(State::Running), "cancelled while it ran, and once");
                    self.keys.retain(|_, known| *known != key);
                    self.asks.retain(|_, asker| *asker != key);
                }
                Event::Answered { key, ask, .. } => {
                    assert_eq!(self.asks.remove(&ask), Some(key), "asked, and answered once");
                }
            }
        }
    }

    /// Takes one message from the machine; false if there is none.
    fn transmit(&mut self) -> bool {
        // Cancellations so far count before what is sent next.
        self.take_events();
        match self.machine.poll_transmit() {
            None => false,
            Some(Transmit::Close { .. }) => {
                assert!(!self.is_over, "closed once");
                self.is_over = true;
                true
            }
            Some(Transmit::Send { frame, about, last, refusal }) => {
                assert!(!self.is_over, "nothing after the end");
                check(&frame);
                assert!(last || !refusal, "a refusal is an answer");
                // What the machine answered at once was never handed up.
                if !refusal
                    && let Some(id) = about
                    && let Some(key) = self.keys.get(&id).copied()
                {
                    let state = self.requests.get_mut(&key).expect("about a request");
                    let going_on = matches!(state, State::Running | State::Answered);
                    assert!(going_on, "nothing after its end");
                    if last {
                        assert_eq!(*state, State::Answered, "answered because it was");
                        *state = State::Over;
                        self.keys.remove(&id);
                    }
                }
                true
            }
        }
    }
}

/// What is sent is one JSON-RPC message, and the same as text and as a value.
fn check(frame: &Frame<Value>) {
    let text = frame.to_json();
    let value: Value = serde_json::from_str(&text).expect("what is sent is JSON");
    assert_eq!(value, frame.clone().into_payload());
    let message = Message::read(&value).expect("what is sent is JSON-RPC");
    if let Frame::Progress(report) = frame {
        assert!(report.progress.is_finite());
        assert!(matches!(message, Message::Notification { .. }));
    }
}

/// A message, more or less as a client sends it.
fn frame(input: &mut Bytes<'_>) -> Value {
    let id = match input.below(8) {
        0 => json!("1"),
        1 => json!(null),
        2 => json!(1.5),
        small => json!(small % 5),
    };
    let mut meta = json!({ "progressToken": id });
    if input.flip() {
        meta["io.modelcontextprotocol/protocolVersion"] =
            json!(*input.pick(&["2026-07-28", "2026-07-28", "2025-11-25", "2099-01-01"]));
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({ "roots": {} });
        meta["io.modelcontextprotocol/logLevel"] = json!(*input.pick(&["debug", "error", "loud"]));
    }
    if input.below(6) == 0 {
        return json!({ "jsonrpc": "2.0", "id": id, "result": {} });
    }
    let method = *input.pick(&METHODS);
    let mut params = json!({
        "name": "work",
        "arguments": {},
        "uri": *input.pick(&["a://b", "a://b/", "a://c"]),
        "ref": { "type": "ref/prompt", "name": "p" },
        "argument": { "name": "a", "value": "" },
        "notifications": {
            "toolsListChanged": input.flip(),
            "resourcesListChanged": input.flip(),
            "resourceSubscriptions": ["a://b"],
        },
        "requestId": id,
        "protocolVersion": *input.pick(&["2025-11-25", "2024-11-05", "2026-07-28", "x"]),
        "level": *input.pick(&["debug", "error", "loud"]),
        "_meta": meta,
    });
    if input.below(8) == 7 {
        params[*input.pick(&[
            "name",
            "arguments",
            "_meta",
            "cursor",
            "notifications",
            "requestState",
        ])] = json!(7);
    }
    let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    if method.starts_with("notifications/")
        && let Some(members) = message.as_object_mut()
    {
        members.remove("id");
    }
    message
}
