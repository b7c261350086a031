//! Stands between the machine and the program: calls go in, and the machine's outputs go to whoever
//! waits for them. The machine is never borrowed while a function of the user's runs, so such a
//! function may call anything here.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::handler::{Callback, Once, lock};
use super::machine::{Fault, Machine, Notification};
use super::pending::Pending;
use super::platform::{Drive, Platform};
use super::questions::{Functions, Inquirer};
use super::{Error, Exit, Here, LogMessage, Progress, Value, default_progress_handler};
use crate::jsonrpc::{Outline, Payload};
use crate::proto::client::{
    CallLimits, Channel, ClientConfig, Heard, NoAnswer, Oddity, Output, ReplyTo, RequestId,
    Requested, Slot, Unauthorized,
};
use crate::types::method;

/// What the user of a client wants to hear.
#[derive(Default)]
pub(super) struct Handlers {
    /// Progress of calls that have no handler of their own; without it the default handler runs.
    pub progress: Option<Callback<Progress>>,
    pub log: Option<Callback<LogMessage>>,
    /// What answers the server's questions.
    pub questions: Functions,
    pub notification: Option<Callback<Notification>>,
    pub odd: Option<Callback<(Oddity, Option<Value>)>>,
    pub error: Option<Callback<Error>>,
    pub close: Option<Callback<Error>>,
    /// Nobody is to hear of progress that no call listens to.
    pub silent: bool,
}

impl Handlers {
    /// Whether somebody listens to what the server says by itself.
    pub fn listen(&self) -> bool {
        self.log.is_some() || self.notification.is_some() || !self.questions.is_empty()
    }
}

/// One client: the machine, what it stands on, and the calls above it.
pub(super) struct Engine {
    inner: Mutex<Inner>,
    pub handlers: Handlers,
    /// What came of connecting.
    pub opened: Once<Result<(), Error>>,
    connecting: AtomicBool,
    /// Whether the connection is over for want of an authorization.
    unauthorized: AtomicBool,
    /// How the server has ended, if it was a program.
    pub exit: OnceLock<Arc<Exit>>,
    pub platform: Here,
    pub this: Weak<Self>,
}

struct Inner {
    core: Machine,
    /// By the machine's slots.
    calls: Vec<Option<Arc<Pending>>>,
}

impl Engine {
    #[allow(clippy::arc_with_non_send_sync, reason = "in a page, all is one thread")]
    pub fn new(
        config: ClientConfig<Value>,
        handlers: Handlers,
        platform: impl FnOnce(&Weak<Self>) -> Here,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this: &Weak<Self>| Self {
            inner: Mutex::new(Inner { core: Machine::new(config), calls: Vec::new() }),
            handlers,
            opened: Once::new(),
            connecting: AtomicBool::new(false),
            unauthorized: AtomicBool::new(false),
            exit: OnceLock::new(),
            platform: platform(this),
            this: this.clone(),
        })
    }

    /// Looks at the machine. Nothing of the user's may run inside.
    pub fn with<T>(&self, look: impl FnOnce(&mut Machine) -> T) -> T {
        look(&mut lock(&self.inner).core)
    }

    // ---- the connection ----

    pub fn connect(&self, channel: Channel) {
        self.connecting.store(true, Relaxed);
        self.with(|core| core.connect(channel, Here::now()));
        self.platform.start(self);
    }

    /// The channel has ended, or could not be opened.
    pub fn closed(&self, reason: &str, unauthorized: Option<Unauthorized>) {
        if self.with(|core| core.hung_up(reason, unauthorized, Here::now())) {
            self.unauthorized.store(true, Relaxed);
        }
        self.platform.stir(self);
    }

    /// The user ends the connection.
    pub fn close(&self) {
        self.with(|core| core.close("the client was closed"));
        self.platform.stir(self);
    }

    fn disconnected(&self, error: Fault, second: Option<Fault>) {
        self.handlers.questions.stop(|_, _| true);
        // What failed after that explains nothing, and is no secret.
        if let Some(second) = second {
            self.fault(second);
        }
        let cause = self.platform.cause();
        if self.connecting.swap(false, Relaxed) {
            let error = cause.unwrap_or_else(|| self.error(&self.platform.label(), error));
            self.opened.set(Err(error));
        } else if let Some(handler) = &self.handlers.close {
            handler.call(self.error("the connection", error));
        }
    }

    /// What a call is told of the machine's error.
    pub fn error(&self, call: &str, error: Fault) -> Error {
        let is_over = matches!(error, Fault::Closed { .. }) && self.unauthorized.load(Relaxed);
        let error = Error::new(call, error).with_exit(self.exit.get());
        if is_over { error.for_want_of_authorization() } else { error }
    }

    /// A message is not read: the call that it answers fails, and the connection goes on.
    pub fn refuse(&self, of: &Outline, error: Fault) {
        self.with(|core| core.refuse(of, error, Here::now()));
        self.platform.stir(self);
    }

    pub fn fault(&self, error: Fault) {
        if let Some(handler) = &self.handlers.error {
            handler.call(Error::new("the connection", error));
        }
    }

    // ---- calls ----

    /// Sends a request for a call that waits.
    pub fn request(&self, call: &Arc<Pending>, method: &str, params: Value, limits: CallLimits) {
        let mut inner = lock(&self.inner);
        let Inner { core, calls } = &mut *inner;
        match core.request(method, Some(params), limits, Here::now()) {
            Ok(Requested::Sent(id, slot)) => {
                call.begin(id);
                let slot = slot.index();
                if calls.len() <= slot {
                    calls.resize(slot + 1, None);
                }
                // The slot was free.
                calls[slot] = Some(Arc::clone(call));
                drop(inner);
                self.platform.stir(self);
            }
            Ok(Requested::Kept(result)) => {
                drop(inner);
                call.outcome.set(Ok(result));
            }
            // Only for callers who said that it may be another's.
            Ok(Requested::Private) => {}
            Err(error) => {
                drop(inner);
                call.outcome.set(Err(error));
            }
        }
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: Option<Value>) -> Result<(), Fault> {
        self.with(|core| core.notify(method, params))?;
        self.platform.stir(self);
        Ok(())
    }

    /// Gives up the call that began with that id.
    pub fn cancel(&self, first: RequestId, reason: Option<&str>) {
        self.with(|core| core.cancel(first, reason));
        self.platform.stir(self);
    }

    fn call(&self, slot: Slot) -> Option<Arc<Pending>> {
        lock(&self.inner).calls.get(slot.index()).cloned().flatten()
    }

    /// Delivers progress that the machine has let pass.
    pub fn deliver(&self, slot: Slot, progress: Progress) {
        let Some(call) = self.call(slot).filter(|call| !call.is_deaf()) else { return };
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
    pub fn answered(&self, reply_to: &ReplyTo) {
        self.handlers.questions.stop(|own, _| own == reply_to);
    }

    /// Tells what is odd about progress.
    pub fn odd(&self, heard: Heard, params: Option<Value>) {
        if let (Some(oddity), Some(handler)) = (heard.oddity, &self.handlers.odd) {
            handler.call((oddity, params));
        }
    }

    fn settled(&self, slot: Slot, call: Option<Arc<Pending>>, outcome: Result<Value, Fault>) {
        self.handlers
            .questions
            .stop(|reply_to, own| matches!(reply_to, ReplyTo::Input(_)) && own == Some(slot));
        // Dropping it may drop what the user's functions hold: nothing is borrowed any more.
        if let Some(call) = call {
            call.stall(false);
            call.outcome.set(outcome);
        }
    }

    // ---- what the machine says ----

    /// What the machine says next, and the call that ends by it: from then on, another may be in its
    /// place. What the channel still `holds` was never sent.
    pub fn poll(
        &self,
        holds: impl FnOnce(RequestId) -> bool,
    ) -> Option<(Output<Value>, Option<Arc<Pending>>)> {
        let mut inner = lock(&self.inner);
        let mut output = inner.core.poll_output()?;
        let Output::Settled(slot, outcome) = &mut output else { return Some((output, None)) };
        let ended = inner.calls.get_mut(slot.index()).and_then(Option::take);
        if let Err(Fault::Closed { sent, .. }) = outcome
            && let Some(first) = ended.as_ref().and_then(|call| call.first())
        {
            *sent &= !holds(first);
        }
        Some((output, ended))
    }

    /// Passes an output of the machine on to whoever waits for it. Outputs about the channel are not
    /// handled here.
    pub fn hear(&self, output: Output<Value>, ended: Option<Arc<Pending>>) {
        match output {
            // Nothing here shows what tools are called, or checks what they return, and no part is missing.
            Output::Send(..)
            | Output::Greet(_)
            | Output::Reopen
            | Output::Tools(_)
            | Output::Incomplete => {}
            Output::Connected => {
                self.connecting.store(false, Relaxed);
                self.opened.set(Ok(()));
            }
            Output::Disconnected(error, second) => self.disconnected(error, second),
            Output::Progress(slot, report) => {
                let message = report.message.and_then(|message| message.as_text());
                let (progress, total) = (report.progress, report.total);
                self.deliver(slot, Progress { progress, total, message });
            }
            Output::Settled(slot, outcome) => self.settled(slot, ended, outcome),
            Output::Notification(name, params) => self.notified(name, params.unwrap_or_default()),
            Output::Request(id, name, params, slot) => {
                let reply_to = (ReplyTo::Request(id), slot);
                self.handlers.questions.ask(self.this.clone(), reply_to, &name, params);
            }
            Output::Input(wanted) => {
                let reply_to = (ReplyTo::Input(wanted.input), Some(wanted.slot));
                self.handlers.questions.ask(
                    self.this.clone(),
                    reply_to,
                    &wanted.method,
                    wanted.params,
                );
            }
            Output::Withdrawn(id, _) => self.answered(&ReplyTo::Request(id)),
            Output::Fault(error) => self.fault(error),
            Output::Odd(oddity, params) => {
                self.odd(Heard { slot: None, oddity: Some(oddity) }, params);
            }
            Output::Stalled(slot)
            | Output::Leg(slot, _)
            | Output::Task(slot, _)
            | Output::Acknowledged(slot, _)
            | Output::Interrupted(slot, _)
            | Output::Update(slot, ..) => {
                if let Some(call) = self.call(slot) {
                    Self::tell(&call, output);
                }
            }
        }
    }

    /// Passes an output on to the call that it is about.
    fn tell(call: &Pending, output: Output<Value>) {
        let listener = call.listener.as_deref();
        match output {
            Output::Stalled(_) => call.stall(true),
            Output::Leg(_, id) => {
                call.go_on(id);
                call.stall(false);
            }
            Output::Task(_, task) => {
                if let Some(handler) = &call.on_task {
                    handler.call(task);
                }
            }
            Output::Acknowledged(_, honored) => {
                if let Some(listener) = listener {
                    listener.honored.set(honored);
                }
            }
            Output::Interrupted(_, fault) => {
                if let Some(handler) = listener.and_then(|listener| listener.interrupted.as_ref()) {
                    handler.call(fault);
                }
            }
            Output::Update(_, method, params) => {
                if let Some(handler) = listener.and_then(|listener| listener.notification.as_ref())
                {
                    handler.call((method, params.unwrap_or_default()));
                }
            }
            _ => {}
        }
    }

    fn notified(&self, name: String, params: Value) {
        if name == method::LOG_MESSAGE
            && let Some(handler) = &self.handlers.log
        {
            handler.call(LogMessage::read(&params));
        }
        if let Some(handler) = &self.handlers.notification {
            handler.call((name, params));
        }
    }
}

impl Inquirer for Engine {
    fn reply(
        &self,
        to: ReplyTo,
        asked: (&str, Option<&Value>),
        answer: Result<Value, NoAnswer<Value>>,
    ) {
        self.answered(&to);
        self.with(|core| core.handled(to, asked, answer, Here::now()));
        self.platform.stir(self);
    }
}
