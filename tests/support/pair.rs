//! A client machine and a server machine, joined by a link with simulated time.

use std::collections::VecDeque;

use mcp_wasm::proto::Millis;
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::server::{
    Event, Feature, Features, Limits, Operation, Profile, Request, RequestKey, ServerMachine,
    Transmit,
};
use mcp_wasm::proto::version::Version;
use mcp_wasm::types::Implementation;
use serde_json::{Value, json};

use super::link::{Item, Lane};
use super::{FOREVER, Page, Path, Place, Told, Weather};

/// Both ends of a connection, and the test as the host of the server's tools.
pub struct Pair {
    pub page: Page,
    pub server: ServerMachine<Value>,
    pub to_server: Lane,
    pub to_page: Lane,
    /// The calls that were handed up and not taken yet.
    pub jobs: VecDeque<Request<Value>>,
    /// The calls that the server was told to give up, with the reasons.
    pub cancelled: Vec<(RequestKey, Option<String>)>,
    /// Whether the page's end of the link takes nothing for now.
    pub stalled: bool,
    limits: Limits,
    reopened: usize,
}

impl Pair {
    /// Both ends, not connected.
    pub fn new(mode: Mode, path: Path, weather: Weather) -> Self {
        let limits = Limits::default();
        Self {
            page: Page::new(mode, path),
            server: server(limits),
            to_server: Lane::new(weather),
            to_page: Lane::new(Weather { seed: weather.seed + 1, ..weather }),
            jobs: VecDeque::new(),
            cancelled: Vec::new(),
            stalled: false,
            limits,
            reopened: 0,
        }
    }

    /// Both ends, after the handshake of that revision.
    pub fn open(version: Version, path: Path, weather: Weather) -> Self {
        let mut pair = Self::new(Mode::Pin(version), path, weather);
        pair.connect();
        assert_eq!(pair.page.machine.session().map(|session| session.version), Some(version));
        pair
    }

    /// Opens a connection to a fresh server machine.
    pub fn connect(&mut self) {
        self.fresh_server();
        self.page.connect(Channel::default());
        self.run();
    }

    /// The server may hold only so much.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Calls a tool, without a time limit.
    pub fn call(&mut self) -> i64 {
        self.page.call(FOREVER)
    }

    /// Calls a tool, and waits until the server has handed it up.
    pub fn start(&mut self, limits: CallLimits) -> (i64, RequestKey) {
        let id = self.page.call(limits);
        self.run();
        (id, self.job().key)
    }

    /// The next call that the server handed up.
    pub fn job(&mut self) -> Request<Value> {
        let job = self.jobs.pop_front().expect("a call was handed up");
        assert!(matches!(job.operation, Operation::CallTool { .. }));
        job
    }

    /// Answers a call.
    pub fn finish(&mut self, key: RequestKey) {
        self.server.respond(key, Ok(json!({ "content": [] })));
    }

    /// Lets everything arrive that is under way, and what comes of it. Clocks strike meanwhile.
    pub fn run(&mut self) {
        loop {
            self.flush();
            let due = self.to_server.due().min(self.to_page.due());
            if due.is_infinite() {
                return;
            }
            self.advance(due.min(self.page.machine.poll_timeout()));
        }
    }

    /// Lets time pass, with all that happens in it.
    pub fn wait(&mut self, span: Millis) {
        let until = self.page.now + span;
        loop {
            self.flush();
            let due = self.to_server.due().min(self.to_page.due());
            let next = due.min(self.page.machine.poll_timeout());
            if next > until {
                break;
            }
            self.advance(next);
        }
        self.page.now = until;
    }

    /// The connection breaks; what is under way is lost.
    pub fn cut(&mut self) {
        self.flush();
        self.to_page.cut();
        self.to_server.cut();
        self.server.close();
        self.page.closed("the connection was lost");
        self.flush();
    }

    /// Goes to that time: what is due arrives, then the clocks strike.
    fn advance(&mut self, due: Millis) {
        self.page.now = due.max(self.page.now);
        while let Some(item) = self.to_server.arrived(self.page.now) {
            match item {
                Item::Frame(text) => match serde_json::from_str(&text) {
                    Ok(value) => self.server.receive(&value),
                    Err(_) => self.server.receive_garbage(),
                },
                Item::Close => self.server.close(),
            }
        }
        while let Some(item) = self.to_page.arrived(self.page.now) {
            match item {
                Item::Frame(text) => self.page.frame(&text),
                Item::Close => self.page.closed("the server closed the connection"),
            }
        }
        if self.page.machine.poll_timeout() <= self.page.now {
            self.page.tick();
        }
    }

    /// Puts on the link what both ends have to send, and takes what the server hands up.
    fn flush(&mut self) {
        if self.page.told.iter().filter(|told| **told == Told::Reopen).count() > self.reopened {
            self.reopened += 1;
            self.to_page.cut();
            self.to_server.cut();
            self.fresh_server();
            self.page.opened();
        }
        let now = self.page.now;
        while let Some(text) = self.page.take_sent() {
            self.to_server.send(&Item::Frame(text), now);
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Request(request) => self.jobs.push_back(request),
                Event::Cancelled { key, reason } => self.cancelled.push((key, reason)),
                Event::Answered { .. } => panic!("nothing was asked"),
                Event::Relayed(_) | Event::Notified { .. } => panic!("this is no relay"),
            }
        }
        while !self.stalled
            && let Some(transmit) = self.server.poll_transmit()
        {
            let item = match transmit {
                Transmit::Send { frame, .. } => Item::Frame(frame.to_json()),
                Transmit::Close { .. } => Item::Close,
            };
            self.to_page.send(&item, now);
        }
    }

    fn fresh_server(&mut self) {
        self.server = server(self.limits);
        self.jobs.clear();
    }
}

fn server(limits: Limits) -> ServerMachine<Value> {
    let info = Implementation::new("test-server", "2.0.0");
    let instructions = Some("Be kind.".to_owned());
    let features = Features { tools: Feature::Fixed, logging: true, ..Features::default() };
    ServerMachine::new(Profile { instructions, features, ..Profile::new(info) }, limits)
}

/// Runs a test over every revision, every kind of link, with and without the scanner.
pub fn everywhere(test: impl Fn(&mut Pair)) {
    for version in Version::ALL {
        for path in [Path::Scanned, Path::General] {
            for weather in Weather::ALL {
                let name = weather.name;
                let _place = Place(format!("{}, {path:?}, {name}", version.as_str()));
                test(&mut Pair::open(version, path, weather));
            }
        }
    }
}
