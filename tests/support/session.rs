//! A connection to a server of the library, whose driver is polled by hand.
#![allow(dead_code)] // each test file uses its own part
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{self, Wake, Waker},
};

use mcp_wasm::server::{Driver, Extensions, Link, Principal, Server, Transmit};
use serde_json::{Value, json};

/// Remembers that it was woken.
#[derive(Default)]
pub struct Flag(pub AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A connection whose driver is polled by hand.
pub struct Session {
    pub link: Option<Link>,
    pub driver: Pin<Box<Driver>>,
    pub flag: Arc<Flag>,
    pub ended: bool,
}

impl Session {
    /// A legacy session with this server.
    pub fn new(server: &Server) -> Self {
        let (link, driver) = server.connect();
        let (driver, flag) = (Box::pin(driver), Arc::default());
        let mut session = Self { link: Some(link), driver, flag, ended: false };
        session.run();
        session.initialize("2025-11-25");
        session
    }

    /// A modern connection to this server.
    pub fn modern(server: &Server) -> Self {
        let (link, driver) = server.connect();
        let mut session =
            Self { link: Some(link), driver: Box::pin(driver), flag: Arc::default(), ended: false };
        session.run();
        session
    }

    /// A modern connection that a request of this principal made.
    pub fn of(server: &Server, principal: Principal) -> Self {
        let mut extensions = Extensions::default();
        extensions.insert(principal);
        let (link, driver) = server.connect_with(extensions);
        let mut session =
            Self { link: Some(link), driver: Box::pin(driver), flag: Arc::default(), ended: false };
        session.run();
        session
    }

    /// A legacy session with a client that can do this.
    pub fn legacy(server: &Server, version: &str, capabilities: Value) -> Self {
        let mut session = Self::modern(server);
        let params = json!({ "protocolVersion": version, "capabilities": capabilities });
        session.ask("initialize", params);
        session
    }

    /// Sends a request, runs, and takes everything that is sent until nothing moves.
    pub fn request(&mut self, id: i64, method: &str, params: Value) -> Vec<Value> {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.drain()
    }

    /// Sends a request and takes its answer; nothing else is sent.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut sent = self.request(77, method, params);
        assert_eq!(sent.len(), 1, "one answer to {method}: {sent:?}");
        assert_eq!(sent[0]["id"], 77);
        sent.remove(0)
    }

    pub fn initialize(&mut self, version: &str) {
        let params = json!({ "protocolVersion": version });
        self.send(
            json!({ "jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params }),
        );
        assert_eq!(self.drain().len(), 1);
    }

    pub fn link(&self) -> &Link {
        self.link.as_ref().expect("the link is there")
    }

    pub fn send(&self, message: Value) {
        self.link().receive(&message.to_string());
    }

    pub fn call(&self, id: i64, tool: &str, arguments: Value) {
        let params =
            json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": id } });
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }));
    }

    pub fn cancel(&self, id: i64) {
        let params = json!({ "requestId": id });
        let method = "notifications/cancelled";
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Polls the driver once; `true` if it wants to be polled again.
    pub fn turn(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.flag.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.flag));
        self.ended = self.driver.as_mut().poll(&mut task::Context::from_waker(&waker)).is_ready();
        !self.ended && self.flag.0.load(Ordering::SeqCst)
    }

    pub fn run(&mut self) {
        let mut turns = 0;
        while self.turn() {
            turns += 1;
            assert!(turns < 100_000, "the driver never rests");
        }
    }

    /// Takes what waits to be sent, without running anything.
    pub fn take(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.link().try_transmit())
            .filter_map(|transmit| match transmit {
                Transmit::Send { frame, .. } => serde_json::from_str(&frame.to_json()).ok(),
                Transmit::Close { .. } => None,
            })
            .collect()
    }

    /// Runs and takes, as a transport with a fast peer does, until nothing moves.
    pub fn drain(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let is_busy = self.turn();
            let sent = self.take();
            if sent.is_empty() && !is_busy && !self.flag.0.load(Ordering::SeqCst) {
                return all;
            }
            all.extend(sent);
        }
    }

    /// The result of a call that needs nothing but to be run.
    pub fn result(&mut self, tool: &str, arguments: Value) -> Value {
        self.call(1, tool, arguments);
        let sent = self.drain();
        let answer = sent.last().expect("an answer").clone();
        assert_eq!(answer["id"], 1);
        answer
    }
}

/// The envelope of a modern request whose sender can do this.
pub fn envelope(capabilities: Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}

/// Parameters with the envelope of a client that can do nothing.
pub fn modern(params: Value) -> Value {
    able(json!({}), params)
}

/// Parameters with the envelope of a client that can do this.
pub fn able(capabilities: Value, mut params: Value) -> Value {
    params["_meta"] = envelope(capabilities);
    params
}

/// The progress values among these messages.
pub fn progress(messages: &[Value]) -> Vec<f64> {
    messages.iter().filter_map(|message| message["params"]["progress"].as_f64()).collect()
}
