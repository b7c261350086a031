//! A server for JavaScript.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::jsonrpc::{Payload, RpcError, code};
use crate::proto::server::{
    AskKey, Feature, Features, Limits, Profile, RequestKey, ServerMachine, Transmit,
};
use crate::proto::service::{
    self, Asked, HandlerFailure, HandlerKind, HostConfig, HostOutput, Job, ServerSession,
    Unanswered,
};
use crate::types::{Capability, Icon, Implementation, Level, method};

use super::words::{self, Logged, Question};

/// The server machine of a page, with all its connections.
///
/// Feed it, then call [`poll`](Self::poll) until there is nothing to be done, and
/// [`transmit`](Self::transmit) for each connection as far as its transport takes messages.
///
/// What makes a value for JavaScript leaves it for [`value`](Self::value), and answers with a number or
/// a flag. Node 20 dies of a call that returns a value and in which its optimized caller becomes
/// invalid, as making objects may cause; `value` makes nothing.
#[wasm_bindgen]
pub struct Host {
    host: service::Host<JsValue>,
    value: JsValue,
}

impl Host {
    fn session(&mut self, connection: u32) -> Option<&mut ServerSession<JsValue>> {
        self.host.session(connection)
    }

    fn machine(&mut self, connection: u32) -> Option<&mut ServerMachine<JsValue>> {
        Some(self.session(connection)?.machine_mut())
    }
}

/// The key of a call, as JavaScript keeps it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // they count from 1
fn key(call: f64) -> RequestKey {
    RequestKey::of(call as u64)
}

/// The kinds of things that a server has, as JavaScript numbers them.
const KINDS: [(words::HandlerKind, HandlerKind); 5] = [
    (words::HandlerKind::Tool, HandlerKind::Tool),
    (words::HandlerKind::Resource, HandlerKind::Resource),
    (words::HandlerKind::Template, HandlerKind::Template),
    (words::HandlerKind::Prompt, HandlerKind::Prompt),
    (words::HandlerKind::Completion, HandlerKind::Completion),
];

fn kind(number: u32) -> HandlerKind {
    let known = KINDS.into_iter().find(|(known, _)| *known as u32 == number);
    known.map_or(HandlerKind::Completion, |(_, kind)| kind)
}

fn number(kind: HandlerKind) -> u32 {
    let known = KINDS.into_iter().find(|(_, known)| *known == kind);
    known.map_or(words::HandlerKind::Completion, |(number, _)| number) as u32
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
        let host = service::Host::new(HostConfig { profile, limits, page_size, key, lifetime });
        Self { host, value: JsValue::UNDEFINED }
    }

    /// Adds something of that kind. False: its definition is wrong, and `value` says how.
    pub fn add(&mut self, which: u32, definition: JsValue, handler: u32) -> bool {
        let added = self.host.add(kind(which), definition, handler);
        added.map_err(|reason| self.value = reason.into()).is_ok()
    }

    /// Removes something of that kind.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn remove(&mut self, which: u32, name: JsValue) {
        self.host.remove(kind(which), &text(&name));
    }

    /// The contents of a resource have changed.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn updated(&mut self, uri: JsValue) {
        self.host.resource_updated(&text(&uri));
    }

    /// A peer connects: the number of its connection.
    pub fn connect(&mut self) -> u32 {
        self.host.connect()
    }

    /// A message has come, parsed.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn receive(&mut self, connection: u32, message: JsValue, now: f64) {
        self.host.receive(connection, &message, now);
    }

    /// Something has come that was not JSON.
    pub fn garbage(&mut self, connection: u32) {
        if let Some(machine) = self.machine(connection) {
            machine.receive_garbage();
        }
    }

    /// The listeners of a connection are told that the server goes.
    pub fn leave(&mut self, connection: u32) {
        if let Some(machine) = self.machine(connection) {
            machine.end_listens();
        }
    }

    /// A connection has ended.
    pub fn disconnect(&mut self, connection: u32) {
        self.host.disconnect(connection);
    }

    /// The era that a peer has settled on, once it has.
    pub fn era(&mut self, connection: u32) -> JsValue {
        let era = self.machine(connection).and_then(|machine| machine.era());
        era.map_or(JsValue::UNDEFINED, |era| JsValue::from_str(era.as_str()))
    }

    /// Whether there is something to be done: `value` is `{ connection, call, job? , ask?, ok?, value? }`.
    /// A job is a handler to be run, `ask` is a question that has been answered, and without either the
    /// call is over.
    pub fn poll(&mut self) -> bool {
        let Some((connection, output)) = self.host.poll_output() else { return false };
        let mut step = JsValue::object();
        step.set("connection", connection.into());
        let call = match output {
            HostOutput::Run(job) => {
                let call = job.call;
                step.set("job", describe(job));
                call
            }
            HostOutput::Stop { call, reason } => {
                step.set("value", reason.map_or(JsValue::UNDEFINED, Into::into));
                call
            }
            HostOutput::Answered { call, ask, outcome } => {
                step.set("ask", from_integer(ask.number()));
                step.set("ok", JsValue::from_bool(outcome.is_ok()));
                step.set("value", outcome.unwrap_or_else(explain));
                call
            }
        };
        #[allow(clippy::cast_precision_loss)] // they count from 1
        step.set("call", JsValue::from_f64(call.number() as f64));
        self.value = step;
        true
    }

    /// Whether there is a message for a peer: `value` is the message, or `{ code, reason }` to close its
    /// connection.
    pub fn transmit(&mut self, connection: u32) -> bool {
        let transmit = self.machine(connection).and_then(ServerMachine::poll_transmit);
        self.value = match transmit {
            None => return false,
            Some(Transmit::Send { frame, .. }) => frame.into_payload(),
            Some(Transmit::Close { code, reason }) => {
                let mut close = JsValue::object();
                close.set("code", u32::from(code).into());
                close.set_text("reason", reason);
                close
            }
        };
        true
    }

    /// Reports how far a call has come; without a total or a message that is undefined.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn report(
        &mut self,
        connection: u32,
        call: f64,
        progress: f64,
        total: JsValue,
        message: JsValue,
    ) {
        if let Some(machine) = self.machine(connection) {
            let total = Payload::as_f64(&total);
            machine.report(key(call), progress, total, message.as_text().as_deref());
        }
    }

    /// Whether the newest report of a call is held back.
    pub fn holds(&mut self, connection: u32, call: f64) -> bool {
        self.machine(connection).is_some_and(|machine| machine.holds(key(call)))
    }

    /// Sends a log message of a call, and says as [`Logged`] what became of it.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn log(
        &mut self,
        connection: u32,
        call: f64,
        level: JsValue,
        logger: JsValue,
        data: JsValue,
    ) -> i32 {
        let Some(level) = Level::parse(&text(&level)) else { return Logged::NoLevel as i32 };
        let Some(machine) = self.machine(connection) else { return Logged::Done as i32 };
        let done = machine.log(key(call), level, logger.as_text().as_deref(), data);
        done.map_or(Logged::NoRoom, |()| Logged::Done) as i32
    }

    /// Whether the client of a call can do this: `elicitation`, `sampling.tools` and so on.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn can(&mut self, connection: u32, call: f64, name: JsValue) -> bool {
        let name = text(&name);
        let capability = Capability::ALL.into_iter().find(|one| one.name() == name);
        let session = self.session(connection);
        session.zip(capability).is_some_and(|(session, one)| session.can(key(call), one))
    }

    /// Asks the client of a call; `what` is a [`Question`]. The number of the question, by which
    /// [`poll`](Self::poll) tells the answer, or a [`words::Asked`].
    #[allow(clippy::cast_precision_loss)] // they count from 1
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn ask(
        &mut self,
        connection: u32,
        call: f64,
        name: JsValue,
        what: u32,
        params: JsValue,
    ) -> f64 {
        let method = match what {
            what if what == Question::Person as u32 => method::ELICIT,
            what if what == Question::Model as u32 => method::SAMPLE,
            _ => method::LIST_ROOTS,
        };
        match self.host.ask(connection, key(call), name.as_text(), method, params) {
            Asked::Given { answer, .. } => {
                self.value = answer;
                f64::from(words::Asked::Given as i32)
            }
            Asked::Waits(ask) => ask.number() as f64,
            Asked::Suspended(key) => {
                self.value = key.into();
                f64::from(words::Asked::Suspended as i32)
            }
            Asked::Over => f64::from(words::Asked::Over as i32),
        }
    }

    /// What the latest call has made; can be taken once.
    pub fn value(&mut self) -> JsValue {
        std::mem::take(&mut self.value)
    }

    /// The handler does not want the answer to a question any more: by its number, or by its key.
    #[allow(clippy::cast_possible_truncation)] // what `ask` gave
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn withdraw(&mut self, connection: u32, call: f64, question: JsValue) {
        let Some(session) = self.session(connection) else { return };
        if let Some(name) = question.as_text() {
            session.take_back(key(call), &name);
        } else {
            let ask = Payload::as_f64(&question).unwrap_or_default();
            session.withdraw(key(call), AskKey::of(ask as i64));
        }
    }

    /// Answers a call with what its handler asks. False: it has asked nothing.
    pub fn conclude(&mut self, connection: u32, call: f64, now: f64) -> bool {
        self.host.conclude(connection, key(call), now)
    }

    /// Answers a call with what its handler returned, or with `{ message, code?, data? }`.
    pub fn respond(&mut self, connection: u32, call: f64, ok: bool, value: JsValue) {
        // Saturates, as it should.
        #[allow(clippy::cast_possible_truncation)]
        let outcome = if ok {
            Ok(value)
        } else {
            Err(HandlerFailure {
                message: value.text("message").unwrap_or_default(),
                code: value
                    .get("code")
                    .and_then(|code| Payload::as_f64(&code))
                    .map(|code| code as i64),
                data: value.get("data"),
            })
        };
        if let Some(session) = self.session(connection) {
            session.respond(key(call), outcome);
        }
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

fn describe(job: Job<JsValue, u32>) -> JsValue {
    let mut object = JsValue::object();
    object.set("handler", job.handler.into());
    object.set("kind", number(job.kind).into());
    object.set_text("name", &job.name);
    object.set("input", job.input);
    object.set("requestId", JsValue::from_id(&job.context.id));
    object.set_text("protocolVersion", job.context.version.as_str());
    object.set_text("era", job.context.version.era().as_str());
    object.set("wantsProgress", JsValue::from_bool(job.context.token.is_some()));
    object
}

/// The parts of an error; the facade makes the class.
fn explain(why: Unanswered<JsValue>) -> JsValue {
    let error = match why {
        Unanswered::Refused(error) => error,
        Unanswered::Misfit(reason) => {
            let text = ["its answer does not fit: ", &reason].concat();
            RpcError::new(code::INTERNAL_ERROR, text)
        }
    };
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
