//! One connection of a server: its machine, and the calls that handlers work on.

use super::{
    Binding,
    check::{cannot, failure},
    result::{HandlerFailure, Shape},
};
use crate::{
    jsonrpc::{Payload, RpcError, code},
    proto::{
        map::Map,
        server::{
            AskKey, Limits, Profile, RequestContext, RequestKey, ServerMachine, no_such_resource,
        },
        version::Version,
    },
    text::{ECHO, clip},
    types::{Capability, ClientCapabilities},
};

/// A call that a handler works on.
pub(crate) struct RunningCall<P> {
    pub(super) version: Version,
    pub(super) capabilities: ClientCapabilities,
    pub(super) shape: Shape,
    /// What the request is, for the state that goes with its questions.
    binding: Option<Binding>,
    /// Modern: the answers of this round and of those before, by key.
    pub(super) given: Map<String, P>,
    /// Modern: the answers that the handler has taken.
    pub(super) taken: Map<String, P>,
    /// Modern: the questions to be asked.
    pub(super) open: Vec<UnsentQuestion<P>>,
    /// How often each question without a key of its own was asked.
    pub(super) asked: Map<String, u32>,
    /// The capability that the call needs and its client lacks.
    pub(super) missing: Option<Capability>,
    /// Legacy: the questions that have been asked.
    pub(super) questions: Map<AskKey, SentQuestion<P>>,
}

/// A question that was sent.
pub(super) struct SentQuestion<P> {
    pub(super) method: &'static str,
    pub(super) params: P,
}

/// A question that is to be sent with the answer of its call.
pub(super) struct UnsentQuestion<P> {
    pub(super) key: String,
    /// As it is on the wire.
    pub(super) question: P,
    /// How many wait for it: two questions of one key are one question.
    pub(super) askers: u32,
}

impl<P> RunningCall<P> {
    pub(super) fn new(
        context: &RequestContext,
        shape: Shape,
        given: Map<String, P>,
        binding: Option<Binding>,
    ) -> Self {
        Self {
            version: context.version,
            capabilities: context.capabilities,
            shape,
            binding,
            given,
            taken: Map::default(),
            open: Vec::new(),
            asked: Map::default(),
            missing: None,
            questions: Map::default(),
        }
    }
}

/// One connection of a server.
///
/// Its host takes events from the machine and answers each request with [`respond`](Self::respond),
/// or concludes it when its handler cannot go on without the client.
pub struct ServerSession<P> {
    machine: ServerMachine<P>,
    pub(super) calls: Map<RequestKey, RunningCall<P>>,
}

impl<P: Payload> ServerSession<P> {
    /// A new connection.
    pub fn new(profile: Profile, limits: Limits) -> Self {
        Self { machine: ServerMachine::new(profile, limits), calls: Map::default() }
    }

    /// A new connection to a server that is elsewhere.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn relay(limits: Limits) -> Self {
        Self { machine: ServerMachine::relay(limits), calls: Map::default() }
    }

    /// The connection's machine, to ask it something.
    pub fn machine(&self) -> &ServerMachine<P> {
        &self.machine
    }

    /// The connection's machine: to feed and to drain it, and for what handlers say meanwhile. Its
    /// requests are answered by this session.
    pub fn machine_mut(&mut self) -> &mut ServerMachine<P> {
        &mut self.machine
    }

    /// Whether the client of a call has declared that it can do this.
    pub fn can(&self, call: RequestKey, capability: Capability) -> bool {
        self.calls.get(&call).is_some_and(|call| call.capabilities.has(capability))
    }

    /// Answers a call with what its handler returned, or with why it failed. Does nothing if the
    /// call is over.
    pub fn respond(&mut self, call: RequestKey, outcome: Result<P, HandlerFailure<P>>) {
        if let Some(RunningCall { shape, version, .. }) = self.calls.remove(&call) {
            self.machine.respond(call, shape.finish(outcome, version));
        }
    }

    /// Answers a call whose arguments its handler cannot read, for this reason. `name`: of the tool
    /// or the prompt.
    pub fn misfit(&mut self, call: RequestKey, name: &str, reason: &str) {
        let Some(RunningCall { shape, version, .. }) = self.calls.remove(&call) else { return };
        let reason = clip(reason, 4 * ECHO);
        let text = ["the arguments of `", name, "` do not fit: ", &reason].concat();
        let outcome = match shape {
            Shape::Tool => Ok(failure(&text)),
            // Variables that do not fit name nothing.
            Shape::Resource { uri, .. } => Err(no_such_resource(version, &uri)),
            Shape::Prompt | Shape::Completion => Err(RpcError::new(code::INVALID_PARAMS, text)),
        };
        self.machine.respond(call, outcome);
    }

    /// Answers with the questions of a handler that cannot go on without its client; `close` signs
    /// what the client keeps along with them. `true`: the call is over, and its handler is to be
    /// told. `false`: there is nothing to ask, or no such call.
    pub(crate) fn conclude(
        &mut self,
        number: RequestKey,
        close: impl FnOnce(&Binding, Vec<(String, P)>) -> String,
    ) -> bool {
        let is_due = |call: &RunningCall<P>| call.missing.is_some() || !call.open.is_empty();
        if !self.calls.get(&number).is_some_and(is_due) {
            return false;
        }
        let Some(call) = self.calls.remove(&number) else { return false };
        let outcome = if let Some(capability) = call.missing {
            cannot(call.version, matches!(call.shape, Shape::Tool), capability)
        } else {
            let questions = call.open.into_iter().map(|open| (open.key, open.question));
            let mut result = P::object();
            result.set_text("resultType", "input_required");
            result.set("inputRequests", P::from_members(questions.collect()));
            if let Some(binding) = &call.binding {
                result.set_text("requestState", &close(binding, call.taken.into_entries()));
            }
            Ok(result)
        };
        self.machine.respond(number, outcome);
        true
    }

    /// The peer has given a call up, or is gone. `false`: there is no such call.
    pub fn stop(&mut self, call: RequestKey) -> bool {
        self.calls.remove(&call).is_some()
    }
}
