//! A server for JavaScript.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::jsonrpc::{Payload, RpcError};
use crate::proto::server::{Feature, Features, Limits, Profile, Transmit};
use crate::proto::service::{Asked, Config, Failure, Job, Kind, Output, Service};
use crate::types::{Capability, Icon, Implementation, Level, method};

/// The server machine of a page, with all its connections.
///
/// Feed it, then call [`poll`](Self::poll) until that is `undefined`, and
/// [`transmit`](Self::transmit) for each connection as far as its transport takes messages.
#[wasm_bindgen]
pub struct Host {
    service: Service<JsValue>,
    value: JsValue,
}

/// The kinds of things that a server has, as JavaScript numbers them.
#[derive(Clone, Copy)]
enum Thing {
    Tool = 0,
    Resource = 1,
    Template = 2,
    Prompt = 3,
    Completion = 4,
}

const KINDS: [(Thing, Kind); 5] = [
    (Thing::Tool, Kind::Tool),
    (Thing::Resource, Kind::Resource),
    (Thing::Template, Kind::Template),
    (Thing::Prompt, Kind::Prompt),
    (Thing::Completion, Kind::Completion),
];

fn kind(number: u32) -> Kind {
    let known = KINDS.into_iter().find(|(thing, _)| *thing as u32 == number);
    known.map_or(Kind::Completion, |(_, kind)| kind)
}

fn number(kind: Kind) -> u32 {
    let known = KINDS.into_iter().find(|(_, known)| *known == kind);
    known.map_or(Thing::Completion, |(thing, _)| thing) as u32
}

#[wasm_bindgen]
impl Host {
    /// Makes a server from `{ name, version, title?, icons?, instructions?, capabilities?, ttl?,
    /// pageSize?, lifetime }`, whose members have been checked, and 32 random bytes.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn new(options: JsValue, key: Vec<u8>) -> Host {
        let text = |key| options.text(key).unwrap_or_default();
        let number = |key| options.get(key).and_then(|value| Payload::as_f64(&value));
        let mut profile = Profile::new(Implementation::new(text("name"), text("version")));
        profile.info.title = options.text("title");
        profile.instructions = options.text("instructions");
        for icon in options.get("icons").and_then(|icons| icons.elements()).unwrap_or_default() {
            profile.icons.push(Icon {
                src: icon.text("src").unwrap_or_default(),
                mime_type: icon.text("mimeType"),
                sizes: icon.get("sizes").and_then(|sizes| sizes.texts()).unwrap_or_default(),
                theme: icon.text("theme"),
            });
        }
        profile.ttl = number("ttl").unwrap_or_default();
        profile.features = declared(&options);
        // Saturates, as it should.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let page_size = number("pageSize").map_or(usize::MAX, |size| (size as usize).max(1));
        let lifetime = number("lifetime").unwrap_or_default();
        let limits = Limits::default();
        let service = Service::new(Config { profile, limits, page_size, key, lifetime });
        Self { service, value: JsValue::UNDEFINED }
    }

    /// Adds something of that kind. Returns what is wrong with its definition, if anything is.
    pub fn add(&mut self, which: u32, definition: JsValue, handler: u32) -> JsValue {
        match self.service.add(kind(which), definition, handler) {
            Ok(()) => JsValue::UNDEFINED,
            Err(reason) => JsValue::from_str(&reason),
        }
    }

    /// Removes something of that kind.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn remove(&mut self, which: u32, name: JsValue) {
        self.service.remove(kind(which), &text(&name));
    }

    /// The contents of a resource have changed.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn updated(&mut self, uri: JsValue) {
        self.service.resource_updated(&text(&uri));
    }

    /// A peer connects: the number of its connection.
    pub fn connect(&mut self) -> u32 {
        self.service.connect()
    }

    /// A message has come, parsed.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn receive(&mut self, connection: u32, message: JsValue, now: f64) {
        self.service.receive(connection, &message, now);
    }

    /// Something has come that was not JSON.
    pub fn garbage(&mut self, connection: u32) {
        self.service.receive_garbage(connection);
    }

    /// The listeners of a connection are told that the server goes.
    pub fn leave(&mut self, connection: u32) {
        self.service.end_listens(connection);
    }

    /// A connection has ended.
    pub fn disconnect(&mut self, connection: u32) {
        self.service.disconnect(connection);
    }

    /// The era that a peer has settled on, once it has.
    pub fn era(&self, connection: u32) -> JsValue {
        let era = self.service.era(connection);
        era.map_or(JsValue::UNDEFINED, |era| JsValue::from_str(era.as_str()))
    }

    /// What is to be done: `{ call, job? , ask?, ok?, value? }`. A job is a handler to be run, `ask`
    /// is a question that has been answered, and without either the call is over.
    pub fn poll(&mut self) -> JsValue {
        let mut step = JsValue::object();
        match self.service.poll_output() {
            None => return JsValue::UNDEFINED,
            Some(Output::Run(job)) => {
                step.set("call", job.call.into());
                step.set("job", describe(job));
            }
            Some(Output::Stop { call, reason }) => {
                step.set("call", call.into());
                step.set("value", reason.map_or(JsValue::UNDEFINED, Into::into));
            }
            Some(Output::Answered { call, ask, outcome }) => {
                step.set("call", call.into());
                step.set("ask", from_integer(ask));
                step.set("ok", JsValue::from_bool(outcome.is_ok()));
                step.set("value", outcome.unwrap_or_else(explain));
            }
        }
        step
    }

    /// The next message for a peer, `{ code, reason }` to close its connection, or `undefined`.
    pub fn transmit(&mut self, connection: u32) -> JsValue {
        match self.service.poll_transmit(connection) {
            None => JsValue::UNDEFINED,
            Some(Transmit::Send { frame, .. }) => frame.into_payload(),
            Some(Transmit::Close { code, reason }) => {
                let mut close = JsValue::object();
                close.set("code", u32::from(code).into());
                close.set_text("reason", reason);
                close
            }
        }
    }

    /// Reports how far a call has come; NaN for no total.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn report(&mut self, call: u32, progress: f64, total: JsValue, message: JsValue) {
        let total = Payload::as_f64(&total);
        self.service.report(call, progress, total, message.as_text().as_deref());
    }

    /// Whether the newest report of a call is held back.
    pub fn holds(&mut self, call: u32) -> bool {
        self.service.holds(call)
    }

    /// Sends a log message of a call: 1 if that is done, or nobody wants it, 0 if there is no room
    /// now, -1 if there is no such level.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn log(&mut self, call: u32, level: JsValue, logger: JsValue, data: JsValue) -> i32 {
        let Some(level) = Level::parse(&text(&level)) else { return -1 };
        let logger = logger.as_text();
        i32::from(self.service.log(call, level, logger.as_deref(), data).is_ok())
    }

    /// Whether the client of a call can do this: `elicitation`, `sampling.tools` and so on.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn can(&self, call: u32, name: JsValue) -> bool {
        let name = text(&name);
        let capability = Capability::ALL.into_iter().find(|one| one.name() == name);
        capability.is_some_and(|capability| self.service.can(call, capability))
    }

    /// Asks the client of a call; `what` is 0 for its person, 1 for its model, 2 for its roots. The
    /// number of the question, by which [`poll`](Self::poll) tells the answer; 0 if it is answered,
    /// by [`value`](Self::value); -1 if the handler cannot go on, and [`conclude`](Self::conclude)
    /// is to be called; -2 if the call is over.
    #[allow(clippy::cast_precision_loss)] // they count from 1
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn ask(&mut self, call: u32, key: JsValue, what: u32, params: JsValue) -> f64 {
        let method = match what {
            0 => method::ELICIT,
            1 => method::SAMPLE,
            _ => method::LIST_ROOTS,
        };
        match self.service.ask(call, key.as_text(), method, params) {
            Asked::Given(answer) => {
                self.value = answer;
                0.0
            }
            Asked::Waits(ask) => ask as f64,
            Asked::Suspended => -1.0,
            Asked::Over => -2.0,
        }
    }

    /// The answer to the latest question; can be taken once.
    pub fn value(&mut self) -> JsValue {
        std::mem::take(&mut self.value)
    }

    /// Answers a call with what its handler asks, if it has asked something.
    pub fn conclude(&mut self, call: u32, now: f64) {
        self.service.conclude(call, now);
    }

    /// Answers a call with what its handler returned, or with `{ message, code?, data? }`.
    pub fn respond(&mut self, call: u32, ok: bool, value: JsValue) {
        // Saturates, as it should.
        #[allow(clippy::cast_possible_truncation)]
        let outcome = if ok {
            Ok(value)
        } else {
            Err(Failure {
                message: value.text("message").unwrap_or_default(),
                code: value
                    .get("code")
                    .and_then(|code| Payload::as_f64(&code))
                    .map(|code| code as i64),
                data: value.get("data"),
            })
        };
        self.service.respond(call, outcome);
    }
}

/// The features that are declared whether there is something of the kind or not.
fn declared(options: &JsValue) -> Features {
    let capabilities = options.get("capabilities").unwrap_or_default();
    let changing =
        |key| if capabilities.get(key).is_some() { Feature::Changing } else { Feature::Absent };
    let resources = changing("resources");
    Features {
        tools: changing("tools"),
        resources,
        prompts: changing("prompts"),
        subscribe: resources == Feature::Changing,
        completions: capabilities.get("completions").is_some(),
        logging: true,
    }
}

fn describe(job: Job<JsValue>) -> JsValue {
    let mut object = JsValue::object();
    object.set("connection", job.connection.into());
    object.set("handler", job.handler.into());
    object.set("kind", number(job.kind).into());
    object.set_text("name", &job.name);
    object.set("input", job.input);
    object.set("requestId", JsValue::from_id(&job.id));
    object.set_text("protocolVersion", job.version.as_str());
    object.set_text("era", job.version.era().as_str());
    object.set("wantsProgress", JsValue::from_bool(job.wants_progress));
    object
}

/// The parts of an error; the facade makes the class.
fn explain(error: RpcError<JsValue>) -> JsValue {
    let mut object = JsValue::object();
    object.set("code", from_integer(error.code));
    object.set_text("message", &error.message);
    object.set("data", error.data.unwrap_or_default());
    object
}

#[allow(clippy::cast_precision_loss)] // small numbers
fn from_integer(number: i64) -> JsValue {
    JsValue::from_f64(number as f64)
}

/// The text of what is one; empty for anything else.
fn text(value: &JsValue) -> String {
    value.as_text().unwrap_or_default()
}
