//! Drives the machine: feeds it with what happens, and does what it says. The machine is never
//! borrowed while a function of the user's runs, so that may call anything here.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{JsString, Promise};
use wasm_bindgen::JsValue;

use super::asked::{Asked, Asker};
use super::channel::{Channel, Endpoint, TooLarge, is_larger};
use super::fetch::Http;
use super::pending::Pending;
use super::platform::{self, Handler, Once, Timer, now};
use super::{Error, LogMessage, Progress, default_progress_handler};
use crate::error::Error as CoreError;
use crate::jsonrpc::{Outline, outline};
use crate::proto::client::{
    self, CallLimits, Config, Heard, Oddity, Output, RequestId, Requested, Slot,
};
use crate::proto::scan::{Scanned, parse_number, scan};
use crate::types::method;

pub(super) type Core = client::Client<JsValue>;
pub(super) type Fault = CoreError<JsValue>;

/// The longest frame, in UTF-16 units, that is worth scanning.
const SHORT: u32 = 4096;

/// A notification as a program sees it that handles it by itself: its method and its params.
pub(super) type Notification = (String, JsValue);

/// What the user of a client wants to hear.
#[derive(Default)]
pub(super) struct Handlers {
    /// Progress of calls that have no handler of their own; without it the default handler runs.
    pub progress: Option<Handler<Progress>>,
    pub log: Option<Handler<LogMessage>>,
    /// What answers the server's questions.
    pub asked: Asked,
    pub notification: Option<Handler<Notification>>,
    pub odd: Option<Handler<(Oddity, Option<JsValue>)>>,
    pub error: Option<Handler<Error>>,
    pub close: Option<Handler<Error>>,
    /// Nobody is to hear of progress that no call listens to.
    pub silent: bool,
}

/// One client: the machine, the channel below it, and the calls above it.
pub(super) struct Engine {
    core: RefCell<Core>,
    /// By the machine's slots.
    calls: RefCell<Vec<Option<Rc<Pending>>>>,
    pub endpoint: Endpoint,
    channel: RefCell<Option<Channel>>,
    handlers: Handlers,
    /// What came of connecting.
    pub opened: Once<Result<(), Error>>,
    connecting: Cell<bool>,
    /// A better reason for the end of the connection than the machine knows.
    cause: RefCell<Option<Error>>,
    draining: Cell<bool>,
    timer: Timer,
    /// The exchanges that tell a server of the end.
    farewell: RefCell<Vec<Promise>>,
    this: Weak<Self>,
}

impl Engine {
    pub fn new(config: Config<JsValue>, endpoint: Endpoint, handlers: Handlers) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<Self>| {
            let of = this.clone();
            let timer = Timer::new(move || {
                if let Some(engine) = of.upgrade() {
                    engine.tick();
                }
            });
            Self {
                core: RefCell::new(Core::new(config)),
                calls: RefCell::default(),
                endpoint,
                channel: RefCell::new(None),
                handlers,
                opened: Once::new(),
                connecting: Cell::new(false),
                cause: RefCell::new(None),
                draining: Cell::new(false),
                timer,
                farewell: RefCell::default(),
                this: this.clone(),
            }
        })
    }

    /// Looks at the machine. Nothing of the user's may run inside.
    pub fn with<T>(&self, look: impl FnOnce(&mut Core) -> T) -> T {
        look(&mut self.core.borrow_mut())
    }

    // ---- the connection ----

    pub fn connect(&self, connect_timeout: f64, probe_timeout: f64) {
        let can_reopen = self.endpoint.can_reopen();
        let channel =
            client::Channel { connect_timeout, probe_timeout, can_reopen, remembered: None };
        self.connecting.set(true);
        self.with(|core| core.connect(channel, now()));
        self.open();
        self.drain();
    }

    fn open(&self) {
        match self.endpoint.open(&self.this) {
            Ok(channel) => {
                let ready = channel.is_ready();
                self.channel.replace(Some(channel));
                if ready {
                    self.opened();
                }
            }
            Err(error) => self.refused(error),
        }
    }

    /// The channel is open.
    pub fn opened(&self) {
        self.with(|core| core.opened(now()));
        self.drain();
    }

    /// The channel could not be opened.
    pub fn refused(&self, error: Error) {
        self.cause.replace(Some(error));
        self.closed("the connection could not be opened");
    }

    /// The channel has ended.
    pub fn closed(&self, reason: &str) {
        self.with(|core| core.closed(reason));
        self.drain();
    }

    /// The user ends the connection.
    pub fn close(&self) {
        self.with(|core| core.close("the client was closed"));
        self.drain();
    }

    /// What still has to reach the server after the end.
    pub fn take_farewell(&self) -> Vec<Promise> {
        self.farewell.take()
    }

    fn disconnected(&self, error: Fault, second: Option<Fault>) {
        self.handlers.asked.stop(|_, _| true);
        // What failed after that explains nothing, and is no secret.
        if let Some(second) = second {
            self.fault(second);
        }
        let channel = self.channel.take();
        if let Some(channel) = channel {
            self.farewell.borrow_mut().extend(channel.close());
        }
        let cause = self.cause.take();
        if self.connecting.replace(false) {
            let error = cause.unwrap_or_else(|| Error::new(&self.endpoint.label(), error));
            self.opened.set(Err(error));
        } else if let Some(handler) = &self.handlers.close {
            handler.call(Error::new("the connection", error));
        }
    }

    // ---- what arrives ----

    /// A frame of text has arrived.
    pub fn frame(&self, text: &JsString) {
        let limit = self.endpoint.limit;
        if is_larger(text, limit) {
            return self.refuse(&outline(String::from(text).as_bytes()), limit);
        }
        // What arrives while the machine is drained waits for what it has already said.
        if text.length() <= SHORT && self.scans() {
            let frame = String::from(text);
            if let Some(found) = scan(frame.as_bytes(), parse_number) {
                let heard = self.with(|core| core.receive_scanned(&found));
                self.odd(heard, None);
                if let Some(slot) = heard.slot {
                    self.report(slot, progress_of(&found, frame.as_bytes()));
                }
                return;
            }
        }
        match platform::parse(text) {
            Ok(message) => {
                self.with(|core| core.read(&message, None, now()));
                self.drain();
            }
            Err(_) => {
                self.fault(Fault::Protocol("the server sent a frame that is not JSON".into()));
            }
        }
    }

    /// A message is not read: the call fails that it answers, and the connection goes on.
    fn refuse(&self, of: &Outline, limit: usize) {
        let cause = Some(TooLarge::cause(limit));
        let error = Fault::Lost { reason: String::new(), sent: true, cause };
        match &of.id {
            Some(id) if of.answers => match RequestId::named(id) {
                Some(id) => self.with(|core| core.unsent(id, error, now())),
                None => self.fault(error),
            },
            _ => self.fault(error),
        }
        self.drain();
    }

    /// Whether progress may be taken out of what arrives before that is parsed.
    pub fn scans(&self) -> bool {
        !self.draining.get() && self.handlers.notification.is_none()
    }

    /// Delivers progress that the machine has let pass.
    pub fn report(&self, slot: Slot, progress: Progress) {
        self.draining.set(true);
        self.deliver(slot, progress);
        self.draining.set(false);
        self.drain();
    }

    pub fn fault(&self, error: Fault) {
        if let Some(handler) = &self.handlers.error {
            handler.call(Error::new("the connection", error));
        }
    }

    fn tick(&self) {
        self.timer.struck();
        self.with(|core| core.handle_timeout(now()));
        self.drain();
        if let Some(http) = self.http() {
            http.pump();
        }
        self.arm();
    }

    // ---- calls ----

    /// Sends a request for a call that waits.
    pub fn request(&self, call: &Rc<Pending>, method: &str, params: JsValue, limits: CallLimits) {
        let sent = self.with(|core| {
            let requested = core.request(method, Some(params), limits, now());
            if let Ok(Requested::Sent(id, _)) = requested {
                call.first.set(Some(id));
                call.latest.set(Some(id));
            }
            requested
        });
        match sent {
            Ok(Requested::Kept(result)) => call.outcome.set(Ok(result)),
            // Only of who says that it may be another's.
            Ok(Requested::Private) => {}
            Err(error) => call.outcome.set(Err(error)),
            Ok(Requested::Sent(_, slot)) => {
                let slot = slot.index();
                let mut calls = self.calls.borrow_mut();
                if calls.len() <= slot {
                    calls.resize(slot + 1, None);
                }
                // The slot was free.
                calls[slot] = Some(call.clone());
                drop(calls);
                self.drain();
            }
        }
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: Option<JsValue>) -> Result<(), Fault> {
        self.with(|core| core.notify(method, params))?;
        self.drain();
        Ok(())
    }

    /// Gives up the call that began with that id.
    pub fn cancel(&self, first: RequestId, reason: Option<&str>) {
        self.with(|core| core.cancel(first, reason));
        self.drain();
    }

    fn call(&self, slot: Slot) -> Option<Rc<Pending>> {
        self.calls.borrow().get(slot.index()).cloned().flatten()
    }

    fn deliver(&self, slot: Slot, progress: Progress) {
        let Some(call) = self.call(slot).filter(|call| !call.deaf.get()) else { return };
        call.stall(false);
        if let Some(handler) = &call.handler {
            handler.call(progress);
        } else if call.silent || self.handlers.silent {
            // As was asked for.
        } else if let Some(handler) = &self.handlers.progress {
            handler.call(progress);
        } else {
            default_progress_handler(progress);
        }
    }

    /// A question has its answer.
    pub fn answered(&self, asker: &Asker) {
        self.handlers.asked.stop(|own, _| own == asker);
    }

    /// Tells what is odd about progress.
    pub fn odd(&self, heard: Heard, params: Option<JsValue>) {
        if let (Some(oddity), Some(handler)) = (heard.oddity, &self.handlers.odd) {
            handler.call((oddity, params));
        }
    }

    fn settled(&self, slot: Slot, outcome: Result<JsValue, Fault>) {
        self.handlers
            .asked
            .stop(|asker, own| matches!(asker, Asker::Input(_)) && own == Some(slot));
        let call = self.calls.borrow_mut().get_mut(slot.index()).and_then(Option::take);
        // Dropping it may drop what the user's functions hold: nothing is borrowed any more.
        if let Some(call) = call {
            call.stall(false);
            call.outcome.set(outcome);
        }
    }

    // ---- what the machine says ----

    /// Does what the machine wants done. What happens meanwhile is left to the loop that runs.
    pub fn drain(&self) {
        if self.draining.replace(true) {
            return;
        }
        while let Some(output) = self.with(Core::poll_output) {
            self.act(output);
        }
        self.draining.set(false);
        self.arm();
    }

    fn act(&self, output: Output<JsValue>) {
        match output {
            Output::Send(message, id) => self.send(&message, id),
            Output::Greet(message) => self.greet(&message),
            Output::Reopen => {
                let old = self.channel.take();
                drop(old);
                self.open();
            }
            Output::Connected => {
                self.connecting.set(false);
                self.opened.set(Ok(()));
            }
            Output::Disconnected(error, second) => self.disconnected(error, second),
            Output::Progress(slot, report) => {
                let message = report.message.and_then(|message| message.as_string());
                let (progress, total) = (report.progress, report.total);
                self.deliver(slot, Progress { progress, total, message });
            }
            Output::Settled(slot, outcome) => self.settled(slot, outcome),
            Output::Notification(name, params) => self.notified(name, params.unwrap_or_default()),
            Output::Request(id, name, params, slot) => {
                let asker = (Asker::Request(id), slot);
                self.handlers.asked.ask(self.this.clone(), asker, &name, params);
            }
            Output::Input(wanted) => {
                let asker = (Asker::Input(wanted.input), Some(wanted.slot));
                self.handlers.asked.ask(self.this.clone(), asker, &wanted.method, wanted.params);
            }
            Output::Withdrawn(id, _) => self.answered(&Asker::Request(id)),
            Output::Fault(error) => self.fault(error),
            Output::Odd(oddity, params) => {
                self.odd(Heard { slot: None, oddity: Some(oddity) }, params);
            }
            Output::Stalled(slot)
            | Output::Leg(slot, _)
            | Output::Task(slot, _)
            | Output::Acknowledged(slot, _)
            | Output::Interrupted(slot, _)
            | Output::News(slot, ..) => {
                if let Some(call) = self.call(slot) {
                    Self::tell(&call, output);
                }
            }
        }
    }

    /// Tells a call of what is about it.
    fn tell(call: &Pending, output: Output<JsValue>) {
        let ears = call.ears.as_deref();
        match output {
            Output::Stalled(_) => call.stall(true),
            Output::Leg(_, id) => {
                call.latest.set(Some(id));
                call.stall(false);
            }
            Output::Task(_, task) => {
                if let Some(handler) = &call.on_task {
                    handler.call(task);
                }
            }
            Output::Acknowledged(_, honored) => {
                if let Some(ears) = ears {
                    ears.honored.set(honored);
                }
            }
            Output::Interrupted(_, fault) => {
                if let Some(handler) = ears.and_then(|ears| ears.interrupted.as_ref()) {
                    handler.call(fault);
                }
            }
            Output::News(_, method, params) => {
                if let Some(handler) = ears.and_then(|ears| ears.news.as_ref()) {
                    handler.call((method, params.unwrap_or_default()));
                }
            }
            _ => {}
        }
    }

    fn notified(&self, name: String, params: JsValue) {
        if name == method::LOG_MESSAGE
            && let Some(handler) = &self.handlers.log
        {
            handler.call(LogMessage::read(&params));
        }
        if let Some(handler) = &self.handlers.notification {
            handler.call((name, params));
        }
    }

    /// Sends what ends the handshake. Over HTTP, its exchange says when the server has it.
    fn greet(&self, message: &JsValue) {
        let channel = self.channel.borrow().clone();
        let sent = match &channel {
            Some(channel) => channel.send(message, self.endpoint.limit),
            None => Err(not_open()),
        };
        match sent {
            Err(error) => self.with(|core| core.not_begun(error, now())),
            Ok(()) if channel.is_some_and(|channel| channel.tells()) => {}
            Ok(()) => self.with(|core| core.begun(now())),
        }
    }

    fn send(&self, message: &JsValue, id: Option<RequestId>) {
        let channel = self.channel.borrow().clone();
        let sent = match &channel {
            Some(channel) => channel.send(message, self.endpoint.limit),
            None => Err(not_open()),
        };
        match (sent, id) {
            (Ok(()), _) => {}
            (Err(error), Some(id)) => self.with(|core| core.unsent(id, error, now())),
            (Err(error), None) => self.fault(error),
        }
    }

    fn http(&self) -> Option<Rc<Http>> {
        match &*self.channel.borrow() {
            Some(Channel::Http(http)) => Some(http.clone()),
            _ => None,
        }
    }

    /// Whether the connection goes over that.
    pub fn uses(&self, http: &Http) -> bool {
        self.http().is_some_and(|own| std::ptr::eq(&raw const *own, http))
    }

    /// One timer serves every clock.
    pub fn arm(&self) {
        let own = self.with(|core| core.poll_timeout());
        let below = self.http().map_or(f64::INFINITY, |http| http.wake());
        self.timer.arm(own.min(below));
    }
}

fn not_open() -> Fault {
    Fault::Closed { reason: "the connection is not open".to_owned(), sent: false }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.take() {
            channel.close();
        }
    }
}

/// What was scanned in a text, as its handler gets it.
pub(super) fn progress_of(found: &Scanned, text: &[u8]) -> Progress {
    let (progress, total) = (found.progress, found.total);
    let message = found.message.clone().and_then(|span| {
        if !found.is_escaped {
            return Some(String::from_utf8_lossy(text.get(span)?).into_owned());
        }
        let literal = text.get(span.start - 1..=span.end)?;
        platform::parse(&String::from_utf8_lossy(literal).as_ref().into()).ok()?.as_string()
    });
    Progress { progress, total, message }
}
