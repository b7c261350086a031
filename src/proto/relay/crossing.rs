//! What clients ask of their tasks at a server of the other era, and what they are told of them.

use super::{
    Act, FrontId, Relay,
    calls::{CallKind, Number},
    forward::failure,
    kept::{KeptTask, TaskStage, related, takes_tasks},
    subscriptions::{TASKS, subscription},
    tasks::EXTENSION,
};
use crate::{
    error::Error,
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::{
        Millis,
        client::Slot,
        server::{Relayed, RequestKey},
        version::Version,
    },
    types::{meta, method},
};

impl<P: Payload> Relay<P> {
    /// Whether a client of that revision has tasks at a server of the other era. Only where the server
    /// has some, too: then its tools are such that a task is worth it.
    pub(super) fn has_crossing_tasks(&self, front: Version) -> bool {
        let Some(session) = self.back.session() else { return false };
        let back = session.version;
        let declared = session.capabilities.as_ref().and_then(|all| {
            if back.has_task_extension() {
                all.get("extensions")?.member(EXTENSION)
            } else {
                all.at(&["tasks", "requests", "tools", "call"])
            }
        });
        front.era() != back.era() && front.has_tasks() && back.has_tasks() && declared.is_some()
    }

    /// Declares such tasks in the capabilities for a client of that revision.
    pub(super) fn declare_tasks(front: Version, capabilities: &mut P) {
        if front.has_task_extension() {
            let mut extensions = capabilities.get("extensions").unwrap_or_else(P::object);
            extensions.set(EXTENSION, P::object());
            return capabilities.set("extensions", extensions);
        }
        let nested = |key, value| {
            let mut outer = P::object();
            outer.set(key, value);
            outer
        };
        let mut tasks = nested("requests", nested("tools", nested("call", P::object())));
        tasks.set("list", P::object());
        tasks.set("cancel", P::object());
        capabilities.set("tasks", tasks);
    }

    /// A modern server decides itself what becomes a task; legacy clients have to be told that they may
    /// ask for it.
    pub(super) fn offer_tasks(tools: P) -> P {
        let offered = |mut tool: P| {
            let mut execution = tool.given("execution").unwrap_or_else(P::object);
            if execution.kind() == Kind::Object && execution.get("taskSupport").is_none() {
                execution.set_text("taskSupport", "optional");
                tool.set("execution", execution);
            }
            tool
        };
        match tools.elements() {
            Some(all) => P::array(all.into_iter().map(offered).collect()),
            None => tools,
        }
    }

    /// Whether a call is to be a task for its client from the start, which has asked for one (legacy).
    pub(super) fn wants_task(&self, request: &Relayed<P>) -> bool {
        let version = request.context.version;
        let task = request.params.as_ref().and_then(|params| params.present("task"));
        request.method == method::CALL_TOOL
            && !version.has_task_extension()
            && task.is_some_and(|task| task.kind() == Kind::Object)
            && self.has_crossing_tasks(version)
    }

    /// Whether a call may be answered with a task, if the server makes it one (modern).
    pub(super) fn may_be_task(&self, request: &Relayed<P>) -> bool {
        let version = request.context.version;
        request.method == method::CALL_TOOL
            && version.has_task_extension()
            && takes_tasks(request.params.as_ref())
            && self.has_crossing_tasks(version)
    }

    /// From now on the call is a task for its client, which is answered with that.
    pub(super) fn keep(&mut self, number: Number, life: Option<f64>, now: Millis) {
        let Some(call) = self.calls.get(number) else { return };
        let Some(context) = call.context.clone() else { return };
        let name = self.signer.token();
        let mut task = KeptTask::new(call.front, context.version, number, now);
        task.live(life);
        if !context.version.has_task_extension() {
            task.token = context.token;
        }
        self.kept.add(name.clone(), task);
        let Some((front, key)) = self.calls.take_key(number) else { return };
        if let Some(call) = self.calls.get_mut(number) {
            call.task = Some(name.clone());
        }
        let Some(state) = self.task_state(&name, false) else { return };
        let result = if context.version.has_task_extension() {
            let mut result = state;
            result.set_text("resultType", "task");
            self.tagged(result, method::CALL_TOOL)
        } else {
            let mut result = P::object();
            result.set("task", state);
            result
        };
        self.answer(front, key, Ok(result));
    }

    /// The server carries a call out as a task, and tells how that stands.
    pub(super) fn carried_out_as_task(&mut self, slot: Slot, state: &P, now: Millis) {
        let Some(number) = self.calls.by_slot(slot) else { return };
        let Some(call) = self.calls.get(number) else { return };
        if call.task.is_none() && call.may_be_task && call.key.is_some() && self.kept.make_room() {
            self.keep(number, None, now);
        }
        let Some(name) = self.calls.get(number).and_then(|call| call.task.clone()) else { return };
        if let Some(task) = self.kept.get_mut(&name)
            && let Some(message) = state.text("statusMessage")
            && task.message.as_ref() != Some(&message)
        {
            task.message = Some(message);
            self.tell_task(&name, now);
        }
    }

    /// A report of a call that its client knows as a task: goes on by the token of its caller, or
    /// where tasks have no reports, its words are those of the task.
    pub(super) fn report_of_task(&mut self, name: &str, mut params: P) {
        let Some(task) = self.kept.get_mut(name) else { return };
        if let Some(token) = &task.token {
            params.set(meta::PROGRESS_TOKEN, P::from_id(token));
            let front = task.front;
            self.act(front, Act::Notify(None, method::PROGRESS.to_owned(), Some(params)));
        } else if task.version.has_task_extension()
            && let Some(message) = params.text("message")
        {
            task.message = Some(message);
        }
    }

    /// The call behind a task has ended.
    pub(super) fn task_ended(&mut self, name: &str, outcome: Result<P, Error<P>>, now: Millis) {
        let Some(version) = self.kept.get(name).map(|task| task.version) else { return };
        let stage = match outcome {
            Err(Error::Task(_) | Error::Aborted(_)) => TaskStage::Cancelled,
            other => {
                let other = other.map_err(failure);
                TaskStage::Ended(self.translated(version, method::CALL_TOOL, other))
            }
        };
        self.end_task(name, stage, now);
    }

    fn end_task(&mut self, name: &str, stage: TaskStage<P>, now: Millis) {
        // The call of one that was cancelled ends after it.
        let Some(waiters) = self.kept.end(name, stage, now) else { return };
        for (front, key) in waiters {
            let outcome = self.task_result(name);
            self.answer(front, key, outcome);
        }
        self.tell_task(name, now);
    }

    /// A request about a task, at a server of the other era.
    pub(super) fn about_task(&mut self, front: FrontId, request: &Relayed<P>, now: Millis) {
        let (version, key) = (request.context.version, request.key);
        let params = request.params.as_ref();
        let refuse = |code, text: &[&str]| Err(RpcError::new(code, text.concat()));
        if !self.has_crossing_tasks(version) {
            let text = ["no such method: ", &request.method, " (the server has no tasks)"];
            return self.answer(front, key, refuse(code::METHOD_NOT_FOUND, &text));
        }
        let has_extension = version.has_task_extension();
        if has_extension && !takes_tasks(params) {
            return self.answer(front, key, Err(lacks_tasks()));
        }
        let name = params.and_then(|params| params.text("taskId")).unwrap_or_default();
        let method = request.method.as_str();
        let outcome = match (method, has_extension) {
            (method::LIST_TASKS, false) => {
                let own = self.kept.of(front);
                let own = own.iter().filter_map(|name| self.task_now(name)).collect();
                let mut result = P::object();
                result.set("tasks", P::array(own));
                Ok(result)
            }
            (method::GET_TASK | method::CANCEL_TASK, _)
            | (method::UPDATE_TASK, true)
            | (method::TASK_RESULT, false)
                if !self.may_see(front, &name) =>
            {
                refuse(code::INVALID_PARAMS, &["there is no such task"])
            }
            (method::GET_TASK, _) => Ok(self.task_shown(&name)),
            (method::CANCEL_TASK, _) => self.cancel_task(&name, has_extension, now),
            (method::UPDATE_TASK, true) => {
                let answers = params.and_then(|params| params.get("inputResponses"));
                if let Some(number) = self.kept.get(&name).and_then(KeptTask::number) {
                    self.take_answers(number, answers.as_ref(), now);
                    self.tell_task(&name, now);
                }
                Ok(self.tagged(P::object(), method))
            }
            (method::TASK_RESULT, false) => {
                if let Some(task) = self.kept.get_mut(&name)
                    && let Some(number) = task.number()
                {
                    task.waiters.push((front, key));
                    return self.ask_waiter(number);
                }
                self.task_result(&name)
            }
            _ => {
                let text =
                    ["no such method: ", method, ", which the tasks of this revision have not"];
                refuse(code::METHOD_NOT_FOUND, &text)
            }
        };
        self.answer(front, key, outcome);
    }

    /// Whether a client may know of a task: of its own, and of one whose client is gone, if it can name
    /// it.
    fn may_see(&self, front: FrontId, name: &str) -> bool {
        let owner = self.kept.get(name).map(|task| task.front);
        owner.is_some_and(|owner| owner == front || !self.fronts.contains_key(&owner))
    }

    fn cancel_task(
        &mut self,
        name: &str,
        has_extension: bool,
        now: Millis,
    ) -> Result<P, RpcError<P>> {
        let number = self.kept.get(name).and_then(KeptTask::number);
        if let Some(number) = number {
            let first = self.calls.get(number).and_then(|call| call.first);
            self.end_task(name, TaskStage::Cancelled, now);
            if let Some(first) = first {
                self.back.cancel(first, Some("the task was cancelled"));
            }
        }
        if has_extension {
            return Ok(self.tagged(P::object(), method::CANCEL_TASK));
        }
        match number {
            Some(_) => Ok(self.task_shown(name)),
            None => Err(RpcError::new(code::INVALID_PARAMS, "the task has ended already")),
        }
    }

    fn waits(&self, name: &str) -> bool {
        let number = self.kept.get(name).and_then(KeptTask::number);
        let asks = |number| self.calls.get(number).is_some_and(|call| !call.asks.is_empty());
        number.is_some_and(|number| asks(number) || self.questions.has(number))
    }

    fn task_state(&self, name: &str, waits: bool) -> Option<P> {
        self.kept.state(name, waits)
    }

    fn task_now(&self, name: &str) -> Option<P> {
        self.task_state(name, self.waits(name))
    }

    /// A task with all that there is to know of it.
    fn task_shown(&self, name: &str) -> P {
        let mut state = self.task_now(name).unwrap_or_else(P::object);
        let Some(task) = self.kept.get(name) else { return state };
        if !task.version.has_task_extension() {
            return state;
        }
        match &task.stage {
            TaskStage::Ended(Ok(result)) => state.set("result", result.clone()),
            TaskStage::Ended(Err(error)) => state.set("error", error.write()),
            TaskStage::Cancelled => {}
            TaskStage::Running(number) => {
                let asks = self.calls.get(*number).map(|call| call.asks.as_slice());
                let asks = asks.unwrap_or_default();
                if !asks.is_empty() {
                    state.set("inputRequests", super::questions::written(asks));
                }
            }
        }
        self.tagged(state, method::GET_TASK)
    }

    /// What came of a task, for a legacy client.
    fn task_result(&self, name: &str) -> Result<P, RpcError<P>> {
        let ended = self.kept.get(name).map(|task| &task.stage);
        let Some(TaskStage::Ended(outcome)) = ended else {
            return Err(RpcError::new(code::INTERNAL_ERROR, "the task was cancelled"));
        };
        let mut result = outcome.clone()?;
        related(&mut result, name);
        Ok(result)
    }

    /// Tells a task's client how it stands, or whoever listens to it.
    pub(super) fn tell_task(&mut self, name: &str, now: Millis) {
        self.kept.touch(name, now);
        let Some(task) = self.kept.get(name) else { return };
        let (front, has_extension) = (task.front, task.version.has_task_extension());
        if !has_extension {
            let state = self.task_now(name);
            return self.act(front, Act::Notify(None, method::TASK_STATUS.to_owned(), state));
        }
        let listens = |filter: &P| {
            let names = filter.get(TASKS).and_then(|names| names.texts()).unwrap_or_default();
            names.iter().any(|own| own == name)
        };
        let mut to: Vec<(FrontId, RequestKey, P)> = Vec::new();
        for number in self.calls.listeners() {
            let Some(call) = self.calls.get(number).filter(|call| self.may_see(call.front, name))
            else {
                continue;
            };
            if let (Some(key), Some(context)) = (call.key, &call.context)
                && call.kind == CallKind::Listen
                && call.filter.as_ref().is_some_and(listens)
            {
                let mut state = self.task_shown(name);
                state.remove("resultType");
                state.set(meta::META, subscription(None, &context.id));
                to.push((call.front, key, state));
            }
        }
        for (front, key, state) in to {
            let method = method::TASK_CHANGED.to_owned();
            self.act(front, Act::Notify(Some(key), method, Some(state)));
        }
    }

    /// The tasks of a filter that its client will be told of.
    pub(super) fn honoured_tasks(&self, front: FrontId, filter: &P) -> Option<P> {
        let names = filter.get(TASKS)?.texts()?;
        let own = names.iter().filter(|name| self.may_see(front, name));
        let own: Vec<P> = own.map(|name| P::string(name)).collect();
        (!own.is_empty()).then(|| P::array(own))
    }

    /// Why a filter with tasks is refused, if it is.
    pub(super) fn refused_tasks(&self, request: &Relayed<P>, filter: &P) -> Option<RpcError<P>> {
        let is_crossing = self.has_crossing_tasks(request.context.version);
        let lacks = is_crossing && filter.present(TASKS).is_some_and(|names| names.exceeds(0));
        (lacks && !takes_tasks(request.params.as_ref())).then(lacks_tasks)
    }

    /// Looks at the clocks.
    pub(super) fn expire_tasks(&mut self, now: Millis) {
        const WHY: &str = "the task was not to be kept for longer";
        for task in self.kept.expire(now) {
            let call = task.number().and_then(|number| self.calls.get(number));
            if let Some(first) = call.and_then(|call| call.first) {
                self.back.cancel(first, Some(WHY));
            }
            for (front, key) in task.waiters {
                self.answer(front, key, Err(RpcError::new(code::INTERNAL_ERROR, WHY)));
            }
        }
    }
}

fn lacks_tasks<P: Payload>() -> RpcError<P> {
    let (mut extensions, mut capabilities, mut data) = (P::object(), P::object(), P::object());
    extensions.set(EXTENSION, P::object());
    capabilities.set("extensions", extensions);
    data.set("requiredCapabilities", capabilities);
    let message = ["the client has not declared the extension `", EXTENSION, "`"].concat();
    RpcError { code: code::MISSING_CAPABILITY, message, data: Some(data) }
}
