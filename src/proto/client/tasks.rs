//! Tool calls that become tasks: the server answers with a handle, and the client asks how the
//! task stands until it has ended. Two kinds, much alike: experimental in 2025-11-25, an extension
//! (`io.modelcontextprotocol/tasks`) since. To its user the call is the same call.

use crate::error::Error;
use crate::jsonrpc::{Kind, Payload, RpcError};
use crate::proto::Millis;
use crate::proto::version::Version;
use crate::text::{owned, sentence};
use crate::types::method;

use super::calls::CallTable;
use super::capabilities::opts_in;
use super::limits::CallLimits;
use super::output::Output;
use super::requests::{Purpose, RequestId};
use super::wire::Wire;
use super::work::{Stage, Task};

/// The pause between two polls of a task: what the server suggests, within these bounds.
const PAUSE: Millis = 1_000.0;
const SHORTEST_PAUSE: Millis = 100.0;
const LONGEST_PAUSE: Millis = 60_000.0;

impl<P: Payload> CallTable<P> {
    /// The task that a call has become, if the result says that it has.
    pub(super) fn task_in(&mut self, wire: &Wire<P>, id: RequestId, result: &P) -> Option<P> {
        let work = self.worker(id).filter(|work| work.runs_tool())?;
        if wire.is(Version::has_task_extension) {
            (opts_in(&wire.config.capabilities) && result.says("resultType", "task"))
                .then(|| result.clone())
        } else {
            result.present("task").filter(|_| work.asked_for_task())
        }
    }

    pub(super) fn become_task(&mut self, wire: &mut Wire<P>, id: RequestId, task: &P, now: Millis) {
        let Some(name) = named(task) else {
            return self.fail_task(wire, id, "the server made a task without a `taskId`");
        };
        let extension = wire.is(Version::has_task_extension);
        let Some(call) = self.find(id) else { return };
        // Progress goes on for the legacy kind, and for the other it does not.
        call.token_lives = !extension;
        if let Some(work) = &mut call.work {
            work.task = Some(Task {
                id: name,
                stage: Stage::Create,
                pause: PAUSE,
                told: None,
                keys: Vec::new(),
            });
        }
        self.follow(wire, id, task, now);
    }

    /// The answer to one of a task's own requests.
    pub(super) fn judge_task(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        outcome: Result<P, Error<P>>,
        now: Millis,
    ) {
        let at = self.task_of(id).map(|task| task.stage);
        match outcome {
            Ok(state) if at == Some(Stage::Get) => self.follow(wire, id, &state, now),
            Ok(_) if at == Some(Stage::Update) => self.look_later(id, now),
            mut outcome => {
                // The tool runs, whatever has become of a question about it.
                if let Err(Error::Closed { sent, .. } | Error::Lost { sent, .. }) = &mut outcome {
                    *sent = true;
                }
                self.end(wire, id, outcome);
            }
        }
    }

    /// What the state of a task asks for.
    fn follow(&mut self, wire: &mut Wire<P>, id: RequestId, state: &P, now: Millis) {
        let told = (state.text("status").unwrap_or_default(), state.text("statusMessage"));
        let Some(slot) = self.find(id).map(|call| call.slot) else { return };
        let Some(task) = self.task_of(id) else { return };
        let Some(version) = wire.version else { return };
        let extension = version.has_task_extension();
        let created = task.stage == Stage::Create;
        let interval = state.get(version.poll_interval());
        if let Some(interval) = interval.and_then(|value| value.as_f64()) {
            task.pause = interval.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        }
        let (status, message) = told.clone();
        if task.told.replace(told) != Some((status.clone(), message.clone())) {
            wire.push(Output::Task(slot, state.clone()));
        }
        match status.as_str() {
            "working" => self.look_later(id, now),
            "cancelled" => {
                let why = message.unwrap_or_default();
                let colon = if why.is_empty() { "" } else { ": " };
                let text = sentence(&["the server gave the task up", colon, &why]);
                self.end(wire, id, Err(Error::Task(text)));
            }
            "input_required" | "completed" | "failed" if created || !extension => {
                // A legacy task asks while its result is waited for. The answer that makes one of
                // the other kind carries nothing yet.
                let next = if extension { Stage::Get } else { Stage::Result };
                self.task_leg(wire, id, next, P::object(), now);
            }
            "input_required" => self.ask_for_task(wire, id, state, now),
            "completed" => match state.get("result").filter(|result| result.kind() == Kind::Object)
            {
                Some(result) => self.end(wire, id, Ok(result)),
                None => self.fail_task(wire, id, "a completed task has no usable `result`"),
            },
            "failed" => {
                let error = state.present("error").unwrap_or_else(P::object);
                self.end(wire, id, Err(Error::Rpc(RpcError::from_payload(&error))));
            }
            _ => self.fail_task(wire, id, "a task has no usable `status`"),
        }
    }

    fn fail_task(&mut self, wire: &mut Wire<P>, id: RequestId, text: &str) {
        self.abandon(wire, id, None, Error::Protocol(owned(text)));
    }

    fn look_later(&mut self, id: RequestId, now: Millis) {
        if let Some(pause) = self.task_of(id).map(|task| task.pause) {
            self.pause(id, now + pause);
        }
    }

    /// A task of the extension wants something that it has not asked for yet.
    fn ask_for_task(&mut self, wire: &mut Wire<P>, id: RequestId, state: &P, now: Millis) {
        let Some(task) = self.task_of(id) else { return };
        let requests = state.get("inputRequests").and_then(|all| all.entries());
        let mut requests = requests.unwrap_or_default();
        requests.retain(|(key, _)| !task.keys.contains(key));
        task.keys.extend(requests.iter().map(|(key, _)| key.clone()));
        if requests.is_empty() {
            self.look_later(id, now);
        } else if self.count_round(wire, id).is_some() {
            self.ask(wire, id, requests);
        }
    }

    /// The pause is over, or all answers are there.
    pub(super) fn go_on_with_task(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        answers: Vec<(String, P)>,
        now: Millis,
    ) {
        let mut params = P::object();
        let stage = if answers.is_empty() {
            Stage::Get
        } else {
            params.set("inputResponses", P::from_members(answers));
            Stage::Update
        };
        self.task_leg(wire, id, stage, params, now);
    }

    fn task_leg(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        stage: Stage,
        mut params: P,
        now: Millis,
    ) {
        let Some(task) = self.task_of(id) else { return };
        task.stage = stage;
        params.set("taskId", task.id.clone());
        let leg = wire.requests.next();
        self.begin(id, leg, false, now);
        let method = match stage {
            Stage::Update => method::UPDATE_TASK,
            Stage::Result => method::TASK_RESULT,
            Stage::Create | Stage::Get => method::GET_TASK,
        };
        wire.request(leg, Purpose::Call(id), method, params);
    }

    /// The task that a call has become.
    fn task_of(&mut self, id: RequestId) -> Option<&mut Task<P>> {
        self.worker(id)?.task.as_mut()
    }

    /// The server says that a task has changed: it is polled sooner.
    pub(super) fn task_changed(&mut self, params: Option<&P>, now: Millis) {
        let name = params.and_then(|params| params.text("taskId"));
        let Some(name) = name else { return };
        let call = self.which(|call| {
            call.request.is_none()
                && call.work.as_ref().is_some_and(|work| {
                    work.asked.is_empty()
                        && work.task.as_ref().and_then(|task| task.id.as_text()).as_ref()
                            == Some(&name)
                })
        });
        if let Some(id) = call {
            self.pause(id, now);
        }
    }
}

impl<P: Payload> Wire<P> {
    /// A task was made for a request that has been given up.
    pub(super) fn cancel_late_task(&mut self, result: &P) {
        let task = if self.is(Version::has_task_extension) {
            Some(result.clone()).filter(|result| result.says("resultType", "task"))
        } else {
            result.present("task")
        };
        if let Some(task) = task.as_ref().and_then(named) {
            self.cancel_task(task);
        }
    }
}

impl<P: Payload> CallTable<P> {
    /// A call of a tool asks for a task only where there are such: the server of the legacy era has to
    /// know them, and the one of the modern era decides by itself. A client that is for tasks asks also
    /// where the caller did not, if the tool is known to run no other way; true if the call may find out.
    pub(super) fn weigh_task(
        &self,
        wire: &Wire<P>,
        method: &str,
        params: &mut P,
        limits: &CallLimits,
    ) -> bool {
        if method != method::CALL_TOOL {
            return false;
        }
        if !wire.takes_tasks {
            params.remove("task");
            return false;
        }
        if params.present("task").is_some()
            || limits.rounds.is_none()
            || !opts_in(&wire.config.capabilities)
        {
            return false;
        }
        if params.text("name").is_some_and(|name| self.tools.is_task(&name)) {
            params.set("task", P::object());
        }
        true
    }

    /// The server has no such tool, or runs it as a task only, which a caller learns that has not seen the
    /// list; nothing has begun. Returns what the call is to be sent with again.
    pub(super) fn as_task(&mut self, id: RequestId) -> Option<P> {
        let work = self.worker(id).filter(|work| work.finds_out)?;
        let name = work.params.text("name")?;
        work.params.set("task", P::object());
        let params = work.params.clone();
        self.tools.found_task(name).then_some(params)
    }
}

/// The name of a task, if it has one.
fn named<P: Payload>(task: &P) -> Option<P> {
    task.get("taskId").filter(|name| name.kind() == Kind::Text)
}
