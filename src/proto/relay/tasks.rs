//! Tasks of a legacy server, for its own clients: whose each is, and its reports, which go on when the
//! call has been answered. Those of another era have others, which live here.

use std::collections::{BTreeMap, VecDeque};

use super::{
    Act, FrontId, Relay,
    calls::{CallKind, Number, RelayedCall},
};
use crate::{
    error::Error,
    jsonrpc::{Id, Kind, Payload, RpcError, code},
    proto::{
        Millis,
        client::{RequestId, Requested},
        server::Relayed,
        version::Era,
    },
    types::{meta, method},
};

/// Tasks that are known; beyond that the oldest is forgotten.
const MOST: usize = 4096;
/// The extension that tasks are since.
pub(super) const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// Whose a task is, and by which tokens its reports go.
#[derive(Debug)]
struct Task {
    front: FrontId,
    /// The server's, and the client's own.
    tokens: Option<(RequestId, Id)>,
}

/// All tasks that are known.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: BTreeMap<String, Task>,
    order: VecDeque<String>,
}

impl Tasks {
    pub fn clear(&mut self) {
        self.all.clear();
        self.order.clear();
    }

    /// A call has become a task.
    fn add(&mut self, name: String, task: Task) {
        if self.all.insert(name.clone(), task).is_none() {
            self.order.push_back(name);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.all.remove(&oldest);
        }
    }

    /// Nothing more is reported of it.
    fn end(&mut self, name: &str) {
        if let Some(task) = self.all.get_mut(name) {
            task.tokens = None;
        }
    }

    fn owner(&self, name: &str) -> Option<FrontId> {
        self.all.get(name).map(|task| task.front)
    }

    fn by_token(&self, token: RequestId) -> Option<(FrontId, &Id)> {
        let is = |task: &&Task| task.tokens.as_ref().is_some_and(|(known, _)| *known == token);
        let task = self.all.values().find(is)?;
        Some((task.front, &task.tokens.as_ref()?.1))
    }
}

/// Whether that is a state that no other follows.
fn is_end<P: Payload>(task: &P) -> bool {
    ["completed", "failed", "cancelled"].iter().any(|end| task.says("status", end))
}

impl<P: Payload> Relay<P> {
    /// Whether the server has the tasks of the legacy era.
    fn has_legacy_tasks(&self) -> bool {
        self.back.session().is_some_and(|session| session.version.era() == Era::Legacy)
    }

    /// Why a request about a task is refused: it is another client's. Whoever has lost its connection
    /// may go on by another, so one whose client is gone is whoever's knows its name.
    pub(super) fn foreign(&self, front: FrontId, request: &Relayed<P>) -> Option<RpcError<P>> {
        let name = request.params.as_ref()?.text("taskId")?;
        let owner =
            self.tasks.owner(&name).filter(|_| request.method.starts_with(method::TASKS))?;
        let is_foreign = owner != front && self.fronts.contains_key(&owner);
        is_foreign.then(|| RpcError::new(code::INVALID_PARAMS, "there is no such task"))
    }

    /// An answer, as far as it is about tasks: of a list, a client sees its own.
    pub(super) fn note_task(&mut self, call: &RelayedCall<P>, result: &mut P) {
        if !self.has_legacy_tasks() {
            return;
        }
        if let Some(task) = result.present("task")
            && let Some(name) = task.text("taskId")
        {
            let token = call.context.as_ref().and_then(|context| context.token.clone());
            let tokens = call.first.zip(token).filter(|_| !is_end(&task));
            self.tasks.add(name, Task { front: call.front, tokens });
        } else if call.method.starts_with(method::TASKS) {
            if let Some(name) = result.text("taskId").filter(|_| is_end(result)) {
                self.tasks.end(&name);
            }
            if self.options.shared
                && let Some(tasks) = result.get("tasks").and_then(|tasks| tasks.elements())
            {
                let own = |task: &P| {
                    let name = task.text("taskId").unwrap_or_default();
                    self.tasks.owner(&name) == Some(call.front)
                };
                let own = tasks.into_iter().filter(own).collect();
                result.set("tasks", P::array(own));
            }
        }
    }

    /// A report that no call under way is for: perhaps one of a task.
    pub(super) fn stray(&mut self, params: Option<P>) {
        let token = params.as_ref().and_then(|params| params.get(meta::PROGRESS_TOKEN)?.as_id());
        let token = token.as_ref().and_then(RequestId::named);
        let found = token.and_then(|token| self.tasks.by_token(token));
        let (Some((front, own)), Some(mut params)) = (found, params) else { return };
        params.set(meta::PROGRESS_TOKEN, P::from_id(own));
        let method = method::PROGRESS.to_owned();
        self.act(front, Act::Notify(None, method, Some(params)));
    }

    /// The server tells how a task stands: that is for its client, or for whoever can hear it.
    pub(super) fn task_stands(&mut self, params: Option<&P>) {
        let name = params.and_then(|params| params.text("taskId")).unwrap_or_default();
        let owner = self.tasks.owner(&name);
        let ended = params.is_some_and(is_end);
        match owner {
            Some(front) => {
                let told = Act::Notify(None, method::TASK_STATUS.to_owned(), params.cloned());
                self.act(front, told);
            }
            None if self.options.shared => {}
            // Clients of another era have their own, of which they are told elsewhere.
            None => self.tell_sessions(method::TASK_STATUS, params),
        }
        if ended {
            self.tasks.end(&name);
        }
    }

    /// The parameters of a call that a modern server answers only to who takes tasks: with that, so that
    /// it can be made once more. Its client is spared them.
    fn as_task(call: &RelayedCall<P>, error: &RpcError<P>) -> Option<P> {
        let required = error.data.as_ref()?.get("requiredCapabilities")?;
        required.get("extensions")?.member(EXTENSION)?;
        let mut params = call.params.clone().filter(|_| error.code == code::MISSING_CAPABILITY)?;
        let mut about = params.given(meta::META)?;
        let mut capabilities = about.get(meta::CLIENT_CAPABILITIES).unwrap_or_else(P::object);
        let mut extensions = capabilities.get("extensions").unwrap_or_else(P::object);
        if extensions.kind() != Kind::Object {
            return None;
        }
        extensions.set(EXTENSION, P::object());
        capabilities.set("extensions", extensions);
        about.set(meta::CLIENT_CAPABILITIES, capabilities);
        params.set(meta::META, about);
        Some(params)
    }

    /// Makes a call once more that is answered only to who takes tasks, if it is one.
    pub(super) fn went_on_as_task(
        &mut self,
        number: Number,
        outcome: &Result<P, Error<P>>,
        now: Millis,
    ) -> bool {
        let Err(Error::Rpc(error)) = outcome else { return false };
        let Some(call) = self.calls.get(number).filter(|call| call.kind == CallKind::Request)
        else {
            return false;
        };
        let (Some(params), Some(context)) = (Self::as_task(call, error), &call.context) else {
            return false;
        };
        let (front, method) = (context.version, call.method.clone());
        let Some(back) = self.back.session().map(|session| session.version) else { return false };
        if let Some(call) = self.calls.get_mut(number) {
            call.params = None;
        }
        let limits = super::forward::limits(front, back);
        let asked = self.back.request(&method, Some(params), limits, now);
        let Ok(Requested::Sent(first, slot)) = asked else { return false };
        self.calls.begin(number, first, slot);
        true
    }
}
