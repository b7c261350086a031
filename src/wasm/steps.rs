//! What the client machine says, as steps for JavaScript.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{Clock, Error};
use crate::jsonrpc::Payload;
use crate::proto::client::{ClientMachine, Output};

use super::memory::{put, put_id, put_odd, put_progress, put_slot};
use super::state::Core;
use super::words::{GREETING, NO_SLOT, Place, Step};

#[wasm_bindgen]
impl Core {
    /// Takes the next step to be done; 0 if there is none. Unless it goes `straight`, a message to be
    /// sent by HTTP is a step too, and comes back by [`send`](Self::send).
    pub fn poll(&mut self, straight: bool) -> u32 {
        let step = loop {
            // Without such, the part of the module may not be there.
            if self.http.is_some()
                && let Some(step) = self.poll_exchanges()
            {
                break step;
            }
            match self.machine.poll_output() {
                Some(Output::Send(message, id)) if straight && self.http.is_some() => {
                    self.post(message, id);
                }
                Some(Output::Greet(message)) if straight && self.http.is_some() => {
                    self.post(message, None);
                }
                output => break self.put_output(output),
            }
        };
        step as u32
    }

    /// The value of the step; can be taken once.
    pub fn value(&mut self) -> JsValue {
        std::mem::take(&mut self.value)
    }

    /// The other value of the step; can be taken once.
    pub fn other(&mut self) -> JsValue {
        std::mem::take(&mut self.other)
    }

    /// The late part of the module is there, or could not be loaded, by that error.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn complete(&mut self, failed: JsValue, now: f64) {
        if failed.is_undefined() {
            self.machine.complete(now);
        } else {
            self.machine.remain(&failed, now);
        }
    }

    /// How much progress was odd so far, and as `strays` how many notifications named no
    /// subscription that there is.
    pub fn counts(&self) -> JsValue {
        let counts = self.machine.progress_counts();
        let mut object = JsValue::object();
        let mut set = |name, count: u32| object.set(name, JsValue::from_f64(f64::from(count)));
        set("delivered", counts.delivered);
        set("unknown", counts.unknown);
        set("late", counts.late);
        set("backward", counts.backward);
        set("duplicate", counts.duplicate);
        set("malformed", counts.malformed);
        set("coerced", counts.coerced);
        set("strays", self.machine.stray_notifications());
        object
    }
}

impl Core {
    /// The step that an output of the client is.
    #[allow(clippy::cast_precision_loss)] // ids count from 1
    fn put_output(&mut self, output: Option<Output<JsValue>>) -> Step {
        match output {
            None => {
                let http = self.http.as_ref();
                let exchanges = http.map_or(f64::INFINITY, |http| http.poll_timeout());
                put(Place::Deadline, self.machine.poll_timeout().min(exchanges));
                Step::Nothing
            }
            Some(Output::Send(message, id)) => {
                put_id(id);
                self.step(Step::Send, message)
            }
            Some(Output::Greet(message)) => {
                put(Place::Id, GREETING);
                self.step(Step::Send, message)
            }
            Some(Output::Incomplete) => Step::Incomplete,
            Some(Output::Reopen) => Step::Reopen,
            Some(Output::Connected) => {
                let session = describe(&self.machine);
                self.step(Step::Connected, session)
            }
            Some(Output::Disconnected(error, second)) => {
                self.other = second.map(explain).unwrap_or_default();
                self.step(Step::Disconnected, explain(error))
            }
            Some(Output::Progress(slot, report)) => {
                put_slot(slot);
                put_progress(report.progress, report.total);
                self.other = report.message.unwrap_or_default();
                self.step(Step::Progress, report.params)
            }
            Some(Output::Settled(slot, Ok(result))) => {
                put_slot(slot);
                self.step(Step::Resolve, result)
            }
            Some(Output::Settled(slot, Err(error))) => {
                put_slot(slot);
                self.step(Step::Reject, explain(error))
            }
            Some(Output::Acknowledged(slot, honored)) => {
                put_slot(slot);
                self.step(Step::Acknowledged, honored)
            }
            Some(Output::Interrupted(slot, error)) => {
                put_slot(slot);
                self.step(Step::Interrupted, explain(error))
            }
            Some(Output::Update(slot, method, params)) => {
                put_slot(slot);
                self.step(Step::Update, message(&method, params))
            }
            Some(Output::Odd(oddity, params)) => {
                put_odd(Some(oddity));
                self.step(Step::Odd, params.unwrap_or_default())
            }
            Some(Output::Tools(list)) => self.step(Step::Tools, list.unwrap_or_default()),
            Some(Output::Notification(method, params)) => {
                self.step(Step::Notification, message(&method, params))
            }
            Some(Output::Request(id, method, params, slot)) => {
                put(Place::Slot, slot.map_or(NO_SLOT, |slot| slot.get().into()));
                self.other = JsValue::from_id(&id);
                self.step(Step::Request, message(&method, params))
            }
            Some(Output::Input(asked)) => {
                put_slot(asked.slot);
                put(Place::Id, f64::from(asked.input));
                self.other = JsValue::from_str(&asked.key);
                self.step(Step::Input, message(&asked.method, asked.params))
            }
            Some(Output::Leg(slot, id)) => {
                put_slot(slot);
                put_id(Some(id));
                Step::Leg
            }
            Some(Output::Task(slot, task)) => {
                put_slot(slot);
                self.step(Step::Task, task)
            }
            Some(Output::Withdrawn(id, reason)) => {
                self.other = reason.map(|reason| JsValue::from_str(&reason)).unwrap_or_default();
                self.step(Step::Withdrawn, JsValue::from_id(&id))
            }
            Some(Output::Stalled(slot)) => {
                put_slot(slot);
                Step::Stalled
            }
            Some(Output::Fault(error)) => self.step(Step::Fault, explain(error)),
        }
    }

    pub(super) fn step(&mut self, step: Step, value: JsValue) -> Step {
        self.value = value;
        step
    }
}

fn message(method: &str, params: Option<JsValue>) -> JsValue {
    let mut message = JsValue::object();
    message.set_text("method", method);
    if let Some(params) = params {
        message.set("params", params);
    }
    message
}

fn describe(machine: &ClientMachine<JsValue>) -> JsValue {
    let mut object = JsValue::object();
    let Some(session) = machine.session() else { return object };
    object.set_text("protocolVersion", session.version.as_str());
    object.set_text("era", session.version.era().as_str());
    if let Some(time) = machine.legacy_for() {
        object.set("legacyFor", JsValue::from_f64(time));
    }
    // The method that asks whether the server is there.
    object.set_text("ping", machine.ping_method());
    object.set("serverInfo", session.server_info.clone().unwrap_or_default());
    object.set("capabilities", session.capabilities.clone().unwrap_or_default());
    object.set("instructions", session.instructions.clone().unwrap_or_default());
    object.set("discover", session.discovered.clone().unwrap_or_default());
    object
}

/// The parts of an error; the facade makes the class and the sentence.
#[allow(clippy::cast_precision_loss)] // codes are small
pub(super) fn explain(error: Error<JsValue>) -> JsValue {
    let mut object = JsValue::object();
    object.set_text("code", error.code());
    let message = match error {
        Error::Rpc(error) => {
            object.set("rpcCode", JsValue::from_f64(error.code as f64));
            object.set("data", error.data.unwrap_or_default());
            Some(error.message)
        }
        Error::Timeout { clock, after } => {
            let clock = match clock {
                Clock::Idle => "idle",
                Clock::Total => "total",
                Clock::Connect => "connect",
            };
            object.set_text("clock", clock);
            object.set("after", JsValue::from_f64(after));
            None
        }
        Error::Aborted(reason) => reason,
        Error::Closed { reason, sent } => {
            object.set("sent", JsValue::from_bool(sent));
            Some(reason)
        }
        Error::Http { status, body, retry_after, headers } => {
            object.set("status", JsValue::from_f64(f64::from(status)));
            if let Some(after) = retry_after {
                object.set("retryAfter", JsValue::from_f64(after));
            }
            object.set("headers", headers.unwrap_or_default());
            Some(body)
        }
        Error::SseOnly => None,
        Error::Lost { reason, sent, cause } => {
            object.set("sent", JsValue::from_bool(sent));
            object.set("cause", cause.unwrap_or_default());
            Some(reason)
        }
        Error::Protocol(text)
        | Error::EndlessPages(text)
        | Error::Input(text)
        | Error::Task(text)
        | Error::Incompatible(text) => Some(text),
    };
    if let Some(message) = message {
        object.set_text("message", &message);
    }
    object
}
