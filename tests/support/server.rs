//! A peer for the server machine, without a socket: JSON in, JSON out.
#![allow(dead_code)] // each test file uses its own part
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

use mcp_wasm::{
    jsonrpc::{Id, RpcError},
    proto::server::{
        AskKey, Event, Feature, Features, Limits, Operation, Profile, Request, RequestKey,
        ServerMachine, Transmit,
    },
    types::Implementation,
};
use serde_json::{Value, json};

pub struct Peer {
    pub machine: ServerMachine<Value>,
    next_id: i64,
    /// Keys of cancelled requests, in order.
    pub cancelled: Vec<RequestKey>,
    /// What came of our own requests, in order.
    pub answers: Vec<(AskKey, Result<Value, RpcError<Value>>)>,
    pub closed: Option<u16>,
}

impl Peer {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        let features = Features { tools: Feature::Fixed, logging: true, ..Features::default() };
        Self::having(features, limits)
    }

    /// A peer of a server that has these.
    pub fn having(features: Features, limits: Limits) -> Self {
        let profile = Profile {
            instructions: Some("Be kind.".to_owned()),
            features,
            ttl: 5000.0,
            ..Profile::new(Implementation::new("Test", "1.2.3"))
        };
        let machine = ServerMachine::new(profile, limits);
        Self { machine, next_id: 0, cancelled: Vec::new(), answers: Vec::new(), closed: None }
    }

    /// A peer that has gone through `initialize`.
    pub fn legacy(version: &str) -> Self {
        let mut peer = Self::new();
        peer.initialize(version);
        peer
    }

    pub fn initialize(&mut self, version: &str) -> Value {
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "0" },
        });
        let answer = self.ask("initialize", params);
        self.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        answer
    }

    pub fn send(&mut self, message: Value) {
        self.machine.receive(&message);
    }

    pub fn next_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    /// Sends a request and takes everything that comes out.
    pub fn request(&mut self, method: &str, params: Value) -> Vec<Value> {
        let id = self.next_id();
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.drain()
    }

    /// Sends a request that is answered at once, and takes its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut answers = self.request(method, params);
        assert_eq!(answers.len(), 1, "one answer to {method}: {answers:?}");
        assert_eq!(answers[0]["id"], self.next_id);
        answers.remove(0)
    }

    /// Calls a tool and takes the request that the host gets.
    pub fn call(&mut self, meta: Value) -> Request<Value> {
        let id = self.next_id();
        self.call_as(&json!(id), &meta)
    }

    pub fn call_as(&mut self, id: &Value, meta: &Value) -> Request<Value> {
        let params = json!({ "name": "t", "arguments": {}, "_meta": meta });
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }));
        self.take_request().expect("the call is handed up")
    }

    pub fn take_request(&mut self) -> Option<Request<Value>> {
        loop {
            match self.machine.poll_event()? {
                Event::Request(request) => return Some(request),
                Event::Cancelled { key, .. } => self.cancelled.push(key),
                Event::Answered { ask, outcome, .. } => self.answers.push((ask, outcome)),
                Event::Relayed(_) | Event::Notified { .. } => panic!("this is no relay"),
            }
        }
    }

    /// The keys of the requests cancelled since the last time.
    pub fn take_cancelled(&mut self) -> Vec<RequestKey> {
        assert!(self.take_request().is_none(), "no request is left");
        std::mem::take(&mut self.cancelled)
    }

    pub fn cancel(&mut self, id: impl Into<Value>) {
        let params = json!({ "requestId": id.into(), "reason": "enough" });
        let method = "notifications/cancelled";
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message to send.
    pub fn take(&mut self) -> Option<Value> {
        match self.machine.poll_transmit()? {
            Transmit::Send { frame, .. } => {
                let text: Value = serde_json::from_str(&frame.to_json()).expect("JSON");
                let value = frame.into_payload();
                assert_eq!(text, value, "both forms of a frame are the same message");
                Some(value)
            }
            Transmit::Close { code, .. } => {
                self.closed = Some(code);
                None
            }
        }
    }

    /// Everything that waits to be sent.
    pub fn drain(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.take()).collect()
    }

    /// What an idle host would answer: everything, at once, with an empty result.
    pub fn answer_all(&mut self) {
        while let Some(request) = self.take_request() {
            let result = match request.operation {
                Operation::ListTools { .. } => json!({ "tools": [] }),
                Operation::CallTool { .. } => json!({ "content": [] }),
                Operation::ListResources { .. } => json!({ "resources": [] }),
                Operation::ListResourceTemplates { .. } => json!({ "resourceTemplates": [] }),
                Operation::ReadResource { .. } => json!({ "contents": [] }),
                Operation::Subscribe { .. } => json!({}),
                Operation::ListPrompts { .. } => json!({ "prompts": [] }),
                Operation::GetPrompt { .. } => json!({ "messages": [] }),
                Operation::Complete { .. } => json!({ "completion": { "values": [] } }),
            };
            self.machine.respond(request.key, Ok(result));
        }
    }
}

/// The envelope of a modern request.
pub fn envelope() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// `first` with the members of `second`.
pub fn merge(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}

pub fn modern(params: Value) -> Value {
    merge(params, json!({ "_meta": envelope() }))
}

pub fn progress_of(message: &Value) -> Option<f64> {
    (message["method"] == "notifications/progress")
        .then(|| message["params"]["progress"].as_f64().expect("a number"))
}

/// The progress values among these messages.
pub fn progress(messages: &[Value]) -> Vec<f64> {
    messages.iter().filter_map(progress_of).collect()
}

pub fn error_code(message: &Value) -> i64 {
    message["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {message}"))
}

pub fn integer(id: i64) -> Id {
    Id::Integer(id)
}
