//! Tool calls that become tasks: the server answers with a handle, and the client asks how the
//! task stands until it has ended. Two kinds, much alike: experimental in 2025-11-25, an extension
//! (`io.modelcontextprotocol/tasks`) since. To its user the call is the same call.

use crate::error::Error;
use crate::jsonrpc::{Kind, Payload, RpcError};
use crate::proto::Millis;
use crate::types::method;

use super::Client;
use super::output::{Output, sentence};
use super::rounds::{Leg, failed, kind_of};

/// The pause between two looks at a task: what the server suggests, within these bounds.
const PAUSE: Millis = 1_000.0;
const SHORTEST_PAUSE: Millis = 100.0;
const LONGEST_PAUSE: Millis = 60_000.0;

/// The extension's name among the capabilities.
const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// What a call's request in flight asks of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Create,
    Get,
    Update,
    Result,
}

/// A task that a call has become.
#[derive(Debug)]
pub(super) struct Task<P> {
    pub id: P,
    /// Whether it is one of the extension.
    modern: bool,
    step: Step,
    pause: Millis,
    /// What was told of it last.
    told: Option<(String, Option<String>)>,
    /// The keys of all that it has asked for: nothing is asked twice.
    keys: Vec<String>,
}

impl<P: Payload> Client<P> {
    /// A task is asked for only where there are such: the server of the legacy era has to know
    /// them, and the one of the modern era decides by itself.
    pub(super) fn weigh_task(&self, params: &mut P) {
        let capabilities = self.session().and_then(|session| session.capabilities.as_ref());
        let known = capabilities
            .filter(|_| !self.is_modern())
            .and_then(|all| all.at(&["tasks", "requests", "tools", "call"]));
        if known.is_none() {
            params.remove("task");
        }
    }

    /// Whether the result says that the call has become a task, and then what is next.
    pub(super) fn become_task(
        &mut self,
        id: i64,
        result: &P,
        modern: bool,
        now: Millis,
    ) -> Option<Leg<P>> {
        let opted = self.config.capabilities.at(&["extensions", EXTENSION]);
        let (limits, work) = self.work(id)?;
        let work = work.filter(|work| work.runs_tool())?;
        let task = if modern {
            let made = kind_of(result).as_deref() == Some("task");
            (opted.is_some() && made).then(|| result.clone())?
        } else {
            result.get("task").filter(|_| work.asked_for_task())?
        };
        if limits.rounds.is_none() {
            // The caller does all that by hand.
            return Some(Some(Ok(result.clone())));
        }
        let Some(name) = named(&task) else {
            return Some(failed("the server made a task without a `taskId`"));
        };
        work.task = Some(Task {
            id: name,
            modern,
            step: Step::Create,
            pause: PAUSE,
            told: None,
            keys: Vec::new(),
        });
        // Progress goes on for the legacy kind, and for the other it does not.
        if modern {
            self.deafen(id);
        } else {
            self.calls.rest(id);
        }
        Some(self.follow(id, &task, now))
    }

    /// The answer to one of a task's own requests.
    pub(super) fn judge_task(
        &mut self,
        id: i64,
        outcome: Result<P, Error<P>>,
        now: Millis,
    ) -> Leg<P> {
        let step = self.worker(id)?.task.as_ref()?.step;
        let result = match outcome {
            Ok(result) => result,
            Err(error) => return Some(Err(error)),
        };
        if step == Step::Result {
            return Some(Ok(result));
        }
        self.calls.rest(id);
        if step == Step::Update {
            return self.look_later(id, now);
        }
        let ended = self.follow(id, &result, now);
        if let Some(Err(Error::Input(_) | Error::Protocol(_))) = ended
            && let Some(task) = self.task_of(id)
        {
            // It was given up on this side.
            self.cancel_task(task);
        }
        ended
    }

    /// What the state of a task asks for.
    fn follow(&mut self, id: i64, state: &P, now: Millis) -> Leg<P> {
        let told = (state.text("status").unwrap_or_default(), state.text("statusMessage"));
        let slot = self.calls.find(id)?.slot;
        let task = self.worker(id)?.task.as_mut()?;
        let modern = task.modern;
        let created = task.step == Step::Create;
        let interval = state.get(if modern { "pollIntervalMs" } else { "pollInterval" });
        if let Some(interval) = interval.and_then(|value| value.as_f64()) {
            task.pause = interval.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        }
        if task.told.as_ref() != Some(&told) {
            task.told = Some(told.clone());
            self.outputs.push(Output::Task(slot, state.clone()));
        }
        let (status, message) = told;
        match status.as_str() {
            "working" => self.look_later(id, now),
            "input_required" if modern => self.ask_for_task(id, state, now),
            // Its requests come while its result is waited for.
            "input_required" | "completed" | "failed" if !modern => {
                self.task_leg(id, Step::Result, P::object(), now);
                None
            }
            // The answer that makes a task does not carry its result.
            "completed" | "failed" | "input_required" if created => {
                self.task_leg(id, Step::Get, P::object(), now);
                None
            }
            "completed" => match state.get("result").filter(|result| result.kind() == Kind::Object)
            {
                Some(result) => Some(Ok(result)),
                None => failed("a completed task has no usable `result`"),
            },
            "failed" => {
                let error = state.get("error").unwrap_or_else(P::object);
                Some(Err(Error::Rpc(RpcError::from_payload(&error))))
            }
            "cancelled" => {
                let why = message.unwrap_or_default();
                let colon = if why.is_empty() { "" } else { ": " };
                Some(Err(Error::Task(sentence(&["the server gave the task up", colon, &why]))))
            }
            _ => failed("a task has no usable `status`"),
        }
    }

    fn look_later(&mut self, id: i64, now: Millis) -> Leg<P> {
        let pause = self.worker(id)?.task.as_ref()?.pause;
        self.calls.pause(id, now + pause);
        None
    }

    /// A task of the extension wants something that it has not asked for yet.
    fn ask_for_task(&mut self, id: i64, state: &P, now: Millis) -> Leg<P> {
        let mut requests = state.get("inputRequests").and_then(|all| all.entries());
        let requests = requests.get_or_insert_default();
        let keys = &mut self.worker(id)?.task.as_mut()?.keys;
        requests.retain(|(key, _)| !keys.contains(key));
        if requests.is_empty() {
            return self.look_later(id, now);
        }
        keys.extend(requests.iter().map(|(key, _)| key.clone()));
        match self.count_round(id) {
            None => self.ask(id, std::mem::take(requests)),
            ended => ended,
        }
    }

    /// The pause is over, or all answers are there.
    pub(super) fn go_on_with_task(&mut self, id: i64, answers: Vec<(String, P)>, now: Millis) {
        let mut params = P::object();
        let step = if answers.is_empty() {
            Step::Get
        } else {
            params.set("inputResponses", P::from_members(answers));
            Step::Update
        };
        self.task_leg(id, step, params, now);
    }

    fn task_leg(&mut self, id: i64, step: Step, mut params: P, now: Millis) {
        let Some(task) = self.worker(id).and_then(|work| work.task.as_mut()) else { return };
        task.step = step;
        params.set("taskId", task.id.clone());
        let leg = self.next_id();
        let params = self.with_meta(params, None);
        self.calls.begin(id, leg, false, now);
        let method = match step {
            Step::Update => method::UPDATE_TASK,
            Step::Result => method::TASK_RESULT,
            Step::Create | Step::Get => method::GET_TASK,
        };
        self.send_request(leg, method, params);
    }

    /// The task that a call has become.
    pub(super) fn task_of(&mut self, id: i64) -> Option<P> {
        Some(self.worker(id)?.task.as_ref()?.id.clone())
    }

    /// Gives up a task; nobody waits for the answer.
    pub(super) fn cancel_task(&mut self, task: P) {
        let id = self.next_id();
        let mut params = P::object();
        params.set("taskId", task);
        let params = self.with_meta(params, None);
        self.expect_late_answer(id);
        self.send_request(id, method::CANCEL_TASK, params);
    }

    /// A task was made for a request that has been given up.
    pub(super) fn cancel_late_task(&mut self, result: &P) {
        let made = kind_of(result).as_deref() == Some("task");
        let task = match self.is_modern() {
            true => Some(result.clone()).filter(|_| made),
            false => result.get("task"),
        };
        if let Some(task) = task.as_ref().and_then(named) {
            self.cancel_task(task);
        }
    }

    /// The server says that a task has changed: it is looked at sooner.
    pub(super) fn receive_task_status(&mut self, params: Option<&P>, now: Millis) {
        let name = params.and_then(|params| params.text("taskId"));
        let Some(name) = name else { return };
        let call = self.calls.which(|call| {
            call.request == 0
                && call.work.as_ref().is_some_and(|work| {
                    work.asked.is_empty()
                        && work.task.as_ref().and_then(|task| task.id.as_text()).as_ref()
                            == Some(&name)
                })
        });
        if let Some(id) = call {
            self.calls.pause(id, now);
        }
    }
}

/// The name of a task, if it has one.
fn named<P: Payload>(task: &P) -> Option<P> {
    task.get("taskId").filter(|name| name.kind() == Kind::Text)
}
