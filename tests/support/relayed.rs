//! A relay with its clients in front and a server behind it that the test speaks for, without a
//! socket or a clock.

use std::collections::{BTreeMap, VecDeque};

use mcp_wasm::proto::client::{Channel, Unauthorized};
use mcp_wasm::proto::relay::{Act, FrontId, Relay, RelayOptions, RelayOutput};
use mcp_wasm::proto::server::{Event, Limits, ServerMachine, Transmit};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

/// One client in front: what it gets is kept.
pub struct Front {
    pub machine: ServerMachine<Value>,
    pub version: Version,
    /// What it was sent and has not been taken.
    pub inbox: VecDeque<Value>,
    /// What its requests say that it can do.
    pub capabilities: Value,
    /// The log level of its requests (modern).
    pub level: Option<&'static str>,
    next: i64,
}

/// The relay, all of its clients, and the server's end.
pub struct World {
    pub relay: Relay<Value>,
    pub fronts: BTreeMap<FrontId, Front>,
    /// The revision of the server.
    pub back: Version,
    /// What the server declares.
    pub declared: Value,
    /// What has reached the server since, but for the handshake.
    pub heard: VecDeque<Value>,
    /// The capabilities by which the server was greeted.
    pub greeted: Value,
    pub faults: Vec<String>,
    pub now: f64,
    connected: bool,
}

impl World {
    pub fn new(back: Version, shared: bool) -> Self {
        let relay = Relay::new(RelayOptions { shared, ..RelayOptions::new(vec![7; 32]) });
        let listed = json!({ "listChanged": true });
        Self {
            relay,
            fronts: BTreeMap::new(),
            back,
            declared: json!({
                "tools": listed, "prompts": listed, "logging": {},
                "resources": { "listChanged": true, "subscribe": true },
                "x-own": { "of": "the server" },
            }),
            heard: VecDeque::new(),
            greeted: Value::Null,
            faults: Vec::new(),
            now: 0.0,
            connected: false,
        }
    }

    /// A world with one client, whose session has begun.
    pub fn with(front: Version, back: Version) -> (Self, FrontId) {
        let mut world = Self::new(back, false);
        let id = world.join(front);
        (world, id)
    }

    /// A client that can be asked everything joins, and its session begins if it has one.
    pub fn join(&mut self, version: Version) -> FrontId {
        let id = self.attach(version);
        if version.is_initialized() {
            let answer = self.ask(
                id,
                "initialize",
                json!({
                    "protocolVersion": version.as_str(),
                    "capabilities": { "elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {} },
                    "clientInfo": { "name": "front", "version": "3" },
                }),
            );
            assert_eq!(answer["result"]["protocolVersion"], version.as_str(), "{answer}");
            self.say(id, json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        }
        id
    }

    /// A client connects and says nothing.
    pub fn attach(&mut self, version: Version) -> FrontId {
        let id = FrontId(self.fronts.keys().next_back().map_or(1, |last| last.0 + 1));
        let machine = ServerMachine::relay(Limits { queue: 4096, ..Limits::default() });
        let capabilities =
            json!({ "elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {} });
        let (inbox, level) = (VecDeque::new(), None);
        self.fronts.insert(id, Front { machine, version, inbox, capabilities, level, next: 0 });
        self.relay.attach(id);
        id
    }

    pub fn leave(&mut self, id: FrontId) {
        if let Some(mut front) = self.fronts.remove(&id) {
            front.machine.close();
            while let Some(event) = front.machine.poll_event() {
                self.event(id, event);
            }
        }
        self.relay.detach(id, self.now);
        self.run();
    }

    fn front(&mut self, id: FrontId) -> &mut Front {
        self.fronts.get_mut(&id).expect("the client is there")
    }

    /// A client sends a message.
    pub fn say(&mut self, id: FrontId, message: Value) {
        self.front(id).machine.receive(&message);
        self.run();
    }

    /// A client sends a request; `meta` is added to what its revision asks for. Returns the id.
    pub fn request_with(&mut self, id: FrontId, method: &str, params: Value, meta: Value) -> i64 {
        let front = self.front(id);
        front.next += 1;
        let number = front.next;
        self.request_as(id, json!(number), method, params, meta);
        number
    }

    pub fn request_as(
        &mut self,
        id: FrontId,
        own: Value,
        method: &str,
        mut params: Value,
        meta: Value,
    ) {
        let front = self.front(id);
        let mut about = meta;
        if front.version.carries_envelope() {
            about["io.modelcontextprotocol/protocolVersion"] = json!(front.version.as_str());
            about["io.modelcontextprotocol/clientInfo"] =
                json!({ "name": "front", "version": "3" });
            about["io.modelcontextprotocol/clientCapabilities"] = front.capabilities.clone();
            if let Some(level) = front.level {
                about["io.modelcontextprotocol/logLevel"] = json!(level);
            }
        }
        if about.as_object().is_some_and(|about| !about.is_empty()) {
            params["_meta"] = about;
        }
        self.say(id, json!({ "jsonrpc": "2.0", "id": own, "method": method, "params": params }));
    }

    pub fn request(&mut self, id: FrontId, method: &str, params: Value) -> i64 {
        self.request_with(id, method, params, json!({}))
    }

    /// A client calls a tool with this progress token.
    pub fn call(&mut self, id: FrontId, name: &str, token: Value) -> i64 {
        let meta = if token.is_null() { json!({}) } else { json!({ "progressToken": token }) };
        self.request_with(id, "tools/call", json!({ "name": name, "arguments": {} }), meta)
    }

    /// A request that is answered without the test's help.
    pub fn ask(&mut self, id: FrontId, method: &str, params: Value) -> Value {
        let own = self.request(id, method, params);
        let answer = self.take(id).unwrap_or_else(|| panic!("{method} is answered"));
        assert_eq!(answer["id"], own, "{answer}");
        answer
    }

    /// The same, where other messages may come before the answer.
    pub fn ask_among(&mut self, id: FrontId, method: &str, params: Value) -> Value {
        let own = self.request(id, method, params);
        let got = self.all(id);
        let answer = got.iter().find(|got| got["id"] == own && got.get("method").is_none());
        answer.unwrap_or_else(|| panic!("{method} is answered: {got:?}")).clone()
    }

    /// The next message that a client has got.
    pub fn take(&mut self, id: FrontId) -> Option<Value> {
        self.front(id).inbox.pop_front()
    }

    /// All that a client has got.
    pub fn all(&mut self, id: FrontId) -> Vec<Value> {
        self.front(id).inbox.drain(..).collect()
    }

    /// The next message that the server has got.
    pub fn heard(&mut self) -> Value {
        self.heard.pop_front().expect("the server hears something")
    }

    /// The server sends messages, in one write.
    pub fn tell(&mut self, messages: impl IntoIterator<Item = Value>) {
        for message in messages {
            self.relay.back_mut().read(&message, None, self.now);
        }
        self.relay.settle(self.now);
        self.run();
    }

    /// The server answers a request that it has heard.
    pub fn answer(&mut self, request: &Value, result: Value) {
        self.tell([response(request, result)]);
    }

    pub fn cut(&mut self, reason: &str) {
        self.connected = false;
        self.relay.closed(reason, self.now);
        self.run();
    }

    /// The server ends the channel with its authorization.
    pub fn expire(&mut self) {
        let is_over = self.relay.back_mut().hung_up(
            "the token has ended",
            Some(Unauthorized::Ended(2_000.0)),
            self.now,
        );
        assert!(!is_over, "another takes its place");
        self.relay.settle(self.now);
        self.run();
    }

    pub fn pass(&mut self, millis: f64) {
        self.now += millis;
        self.relay.handle_timeout(self.now);
        self.run();
    }

    fn event(&mut self, id: FrontId, event: Event<Value>) {
        match event {
            Event::Relayed(request) => self.relay.request(id, request, self.now),
            Event::Cancelled { key, reason } => {
                self.relay.cancelled(id, key, reason.as_deref(), self.now);
            }
            Event::Answered { ask, outcome, .. } => self.relay.answered(ask, outcome, self.now),
            Event::Notified { method, params } => self.relay.notified(&method, params, self.now),
            Event::Request(_) => panic!("a relay answers nothing itself"),
        }
    }

    /// Moves everything until nothing moves.
    pub fn run(&mut self) {
        loop {
            let ids: Vec<FrontId> = self.fronts.keys().copied().collect();
            for id in ids {
                while let Some(event) =
                    self.fronts.get_mut(&id).and_then(|f| f.machine.poll_event())
                {
                    self.event(id, event);
                }
            }
            if self.relay.wants_server() && !self.connected {
                self.connected = true;
                let channel = Channel { can_reopen: true, ..Channel::default() };
                self.relay.connect(channel, self.now);
                self.relay.back_mut().opened(self.now);
                self.relay.settle(self.now);
            }
            let mut moved = false;
            while let Some(output) = self.relay.poll_output() {
                moved = true;
                self.output(output);
            }
            for front in self.fronts.values_mut() {
                while let Some(transmit) = front.machine.poll_transmit() {
                    moved = true;
                    if let Transmit::Send { frame, .. } = transmit {
                        front.inbox.push_back(frame.into_payload());
                    }
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn output(&mut self, output: RelayOutput<Value>) {
        match output {
            RelayOutput::Send(message, _) => self.server(message),
            RelayOutput::Greet(_) => {
                self.relay.back_mut().begun(self.now);
                self.relay.settle(self.now);
            }
            RelayOutput::Reopen => {
                self.relay.back_mut().opened(self.now);
                self.relay.settle(self.now);
            }
            RelayOutput::Connected => {}
            RelayOutput::Disconnected(error) => {
                self.connected = false;
                self.faults.push(error.to_string());
            }
            RelayOutput::Fault(error) => self.faults.push(error.to_string()),
            RelayOutput::Front(id, act) => {
                let Some(Front { machine, .. }) = self.fronts.get_mut(&id) else { return };
                match act {
                    Act::Answer(key, outcome) => machine.pass_answer(key, outcome),
                    Act::Report(key, params) => drop(machine.pass_report(key, params)),
                    Act::Notify(key, method, params) => {
                        assert!(machine.pass_notification(key, &method, params));
                    }
                    Act::Ask(key, ask, method, params) => {
                        machine.pass_question(key, ask, &method, params);
                    }
                    Act::Withdraw(ask) => machine.withdraw(ask),
                }
            }
        }
    }

    /// The server's end: it shakes hands, and keeps the rest for the test.
    fn server(&mut self, message: Value) {
        let is_modern = self.back.carries_envelope();
        match message["method"].as_str() {
            Some("server/discover") if is_modern => {
                let result = json!({
                    "supportedVersions": [self.back.as_str()], "capabilities": self.declared,
                    "instructions": "Be kind.", "resultType": "complete", "x-more": [1],
                    "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "behind", "version": "9", "icons": [] } },
                });
                self.greeted = message["params"]["_meta"].clone();
                self.tell([response(&message, result)]);
            }
            Some("server/discover") => {
                let error = json!({ "code": -32601, "message": "no such method" });
                self.tell([json!({ "jsonrpc": "2.0", "id": message["id"], "error": error })]);
            }
            Some("initialize") => {
                self.greeted = message["params"].clone();
                let result = json!({
                    "protocolVersion": self.back.as_str(), "capabilities": self.declared,
                    "serverInfo": { "name": "behind", "version": "9", "icons": [] }, "instructions": "Be kind.",
                });
                self.tell([response(&message, result)]);
            }
            _ => self.heard.push_back(message),
        }
    }
}

/// The answer to a request.
pub fn response(request: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })
}

/// A report for a request, with a member that nobody knows.
pub fn report(request: &Value, progress: f64) -> Value {
    json!({
        "jsonrpc": "2.0", "method": "notifications/progress",
        "params": { "progressToken": request["params"]["_meta"]["progressToken"], "progress": progress, "x-own": [1] },
    })
}
