//! Tasks across the eras. The two kinds have nothing in common but the name, so a client of another era
//! than the server's is given a task that lives here: behind it is a call like any other, however the
//! server carries it out.

use std::collections::BTreeMap;

use super::{FrontId, calls::Number, date, tasks::EXTENSION};
use crate::{
    jsonrpc::{Id, Kind, Payload, RpcError},
    proto::{Millis, server::RequestKey, version::Version},
    types::meta,
};

/// Tasks that are kept; and bytes of their results, beyond which the oldest ones go.
const MOST: usize = 1024;
const BYTES: usize = 64 << 20;
/// How long a task is kept, if its client does not want less.
const LIFE: Millis = 3_600_000.0;
/// How often its client is told to ask.
const POLL: Millis = 1_000.0;

/// How far a task has come.
#[derive(Debug)]
pub(super) enum TaskStage<P> {
    /// That call is under way.
    Running(Number),
    Ended(Result<P, RpcError<P>>),
    Cancelled,
}

/// Somebody who waits for the end of a task.
pub(super) type Waiter = (FrontId, RequestKey);

#[derive(Debug)]
pub(super) struct KeptTask<P> {
    pub front: FrontId,
    /// What its client speaks.
    pub version: Version,
    pub stage: TaskStage<P>,
    /// The token that its reports have, where they go on (legacy clients).
    pub token: Option<Id>,
    /// How it is doing, in words.
    pub message: Option<String>,
    pub waiters: Vec<Waiter>,
    life: Millis,
    made: Millis,
    changed: Millis,
}

/// All of them, by name.
#[derive(Debug)]
pub(super) struct KeptTasks<P> {
    all: BTreeMap<String, KeptTask<P>>,
    bytes: usize,
    /// When the first of them ends, at the earliest.
    wake: Millis,
    /// What the clock of the world said at 0.
    epoch: Millis,
}

impl<P> KeptTask<P> {
    pub fn new(front: FrontId, version: Version, number: Number, now: Millis) -> Self {
        Self {
            front,
            version,
            stage: TaskStage::Running(number),
            token: None,
            message: None,
            waiters: Vec::new(),
            life: LIFE,
            made: now,
            changed: now,
        }
    }

    /// Its client wants it for so long.
    pub fn live(&mut self, wanted: Option<f64>) {
        self.life = wanted.filter(|life| *life >= 0.0).map_or(LIFE, |life| life.min(LIFE));
    }

    fn end(&self) -> Millis {
        self.made + self.life
    }

    pub fn number(&self) -> Option<Number> {
        match self.stage {
            TaskStage::Running(number) => Some(number),
            _ => None,
        }
    }
}

impl<P: Payload> KeptTask<P> {
    fn weight(&self) -> usize {
        match &self.stage {
            TaskStage::Ended(Ok(result)) => result.weight(),
            TaskStage::Ended(Err(error)) => error.data.as_ref().map_or(0, P::weight),
            _ => 0,
        }
    }

    fn status(&self, waits: bool) -> &'static str {
        match &self.stage {
            TaskStage::Running(_) if waits => "input_required",
            TaskStage::Running(_) => "working",
            TaskStage::Cancelled => "cancelled",
            TaskStage::Ended(Err(_)) => "failed",
            // One era calls a tool that has failed a task that has; for the other it has done its work.
            TaskStage::Ended(Ok(result)) => {
                let is_error =
                    result.get("isError").and_then(|is| is.as_bool()).unwrap_or_default();
                let fails = is_error && !self.version.has_task_extension();
                if fails { "failed" } else { "completed" }
            }
        }
    }
}

impl<P: Payload> KeptTasks<P> {
    pub fn new(epoch: Millis) -> Self {
        Self { all: BTreeMap::new(), bytes: 0, wake: f64::INFINITY, epoch }
    }

    pub fn get(&self, name: &str) -> Option<&KeptTask<P>> {
        self.all.get(name)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut KeptTask<P>> {
        self.all.get_mut(name)
    }

    /// The names of a client's tasks, the oldest first.
    pub fn of(&self, front: FrontId) -> Vec<String> {
        let own = self.all.iter().filter(|(_, task)| task.front == front);
        let mut own: Vec<_> = own.map(|(name, task)| (task.made, name)).collect();
        own.sort_by(|one, other| one.0.total_cmp(&other.0));
        own.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// Whether there is room for another; one that has ended gives way.
    pub fn make_room(&mut self) -> bool {
        while self.all.len() >= MOST {
            if !self.drop_oldest(None) {
                return false;
            }
        }
        true
    }

    pub fn add(&mut self, name: String, task: KeptTask<P>) {
        self.wake = self.wake.min(task.end());
        self.all.insert(name, task);
    }

    /// Forgets the oldest of those that have ended, but for one.
    fn drop_oldest(&mut self, but: Option<&str>) -> bool {
        let ended = |(name, task): &(&String, &KeptTask<P>)| {
            task.number().is_none() && Some(name.as_str()) != but
        };
        let oldest = self
            .all
            .iter()
            .filter(ended)
            .min_by(|(_, one), (_, other)| one.made.total_cmp(&other.made));
        let Some(name) = oldest.map(|(name, _)| name.clone()) else { return false };
        self.remove(&name);
        true
    }

    fn remove(&mut self, name: &str) -> Option<KeptTask<P>> {
        let task = self.all.remove(name)?;
        self.bytes -= task.weight();
        Some(task)
    }

    /// The task has ended so; returns who has waited for that. `None`: it had ended before.
    pub fn end(&mut self, name: &str, stage: TaskStage<P>, now: Millis) -> Option<Vec<Waiter>> {
        let task = self.all.get_mut(name).filter(|task| task.number().is_some())?;
        (task.stage, task.changed) = (stage, now);
        let waiters = std::mem::take(&mut task.waiters);
        self.bytes += task.weight();
        while self.bytes > BYTES && self.drop_oldest(Some(name)) {}
        Some(waiters)
    }

    /// Something about it is new.
    pub fn touch(&mut self, name: &str, now: Millis) {
        if let Some(task) = self.all.get_mut(name) {
            task.changed = now;
        }
    }

    /// Forgets what has been kept long enough, and returns it.
    pub fn expire(&mut self, now: Millis) -> Vec<KeptTask<P>> {
        if self.wake > now {
            return Vec::new();
        }
        let due = self.all.iter().filter(|(_, task)| task.end() <= now);
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        let gone = due.iter().filter_map(|name| self.remove(name)).collect();
        self.wake = self.all.values().map(KeptTask::end).fold(f64::INFINITY, f64::min);
        gone
    }

    /// When [`expire`](Self::expire) wants to be called.
    pub fn wake(&self) -> Millis {
        self.wake
    }

    /// Nobody waits there any more: `key`, or whoever is of that client.
    pub fn leave(&mut self, front: FrontId, key: Option<RequestKey>) {
        for task in self.all.values_mut() {
            task.waiters
                .retain(|(other, own)| *other != front || key.is_some_and(|key| key != *own));
        }
    }

    /// How a task stands, as its client's era writes it. `waits`: for answers.
    pub fn state(&self, name: &str, waits: bool) -> Option<P> {
        let task = self.all.get(name)?;
        let mut state = P::object();
        state.set_text("taskId", name);
        state.set_text("status", task.status(waits));
        if let Some(message) = &task.message {
            state.set_text("statusMessage", message);
        }
        state.set_text("createdAt", &date::written(self.epoch + task.made));
        state.set_text("lastUpdatedAt", &date::written(self.epoch + task.changed));
        state.set(task.version.task_life(), P::number(task.life));
        state.set(task.version.poll_interval(), P::number(POLL));
        Some(state)
    }
}

/// Whether a request says that its client takes tasks as answers (modern).
pub(super) fn takes_tasks<P: Payload>(params: Option<&P>) -> bool {
    let extensions =
        params.and_then(|params| params.at(&[meta::META, meta::CLIENT_CAPABILITIES, "extensions"]));
    let declared = extensions.and_then(|all| all.member(EXTENSION));
    declared.is_some_and(|one| one.kind() == Kind::Object)
}

/// Notes which task a message of the legacy era belongs to.
pub(super) fn related<P: Payload>(message: &mut P, name: &str) {
    let mut about = message.given(meta::META).unwrap_or_else(P::object);
    if about.kind() == Kind::Object {
        let mut related = P::object();
        related.set_text("taskId", name);
        about.set(meta::RELATED_TASK, related);
        message.set(meta::META, about);
    }
}
