//! Calls that a handler works on.

use super::{Binding, Map, Output, Service, asks::Question, result::Failure};
use crate::{
    jsonrpc::Payload,
    proto::{
        Millis,
        server::{Reported, RequestContext, RequestKey, ServerMachine},
    },
    types::{Capability, Level},
};

/// What becomes of what a handler returns.
pub(super) enum Shape {
    Tool,
    Resource { uri: String, mime_type: Option<String> },
    Prompt,
    Completion,
}

/// A call that a handler works on.
pub(super) struct Call<P> {
    pub(super) connection: u32,
    pub(super) key: RequestKey,
    pub(super) context: RequestContext,
    pub(super) shape: Shape,
    /// What the request is, for the state that goes with its questions.
    pub(super) binding: Option<Binding>,
    /// Modern: the answers of this round and of those before, by key.
    pub(super) given: Map<String, P>,
    /// Modern: the answers that the handler has taken.
    pub(super) taken: Map<String, P>,
    /// Modern: the questions to be asked, by key, as they are on the wire.
    pub(super) open: Vec<(String, P)>,
    /// How often each question without a key of its own was asked.
    pub(super) asked: Map<String, u32>,
    /// What the call cannot do without, and its client has not.
    pub(super) missing: Option<Capability>,
    /// Legacy: the questions that have been asked.
    pub(super) questions: Map<i64, Question<P>>,
}

impl<P> Call<P> {
    pub(super) fn new(
        connection: u32,
        key: RequestKey,
        context: RequestContext,
        shape: Shape,
        given: Map<String, P>,
        binding: Option<Binding>,
    ) -> Self {
        Self {
            connection,
            key,
            context,
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

impl<P: Payload> Service<P> {
    fn machine(&mut self, call: u32) -> Option<(&mut ServerMachine<P>, RequestKey)> {
        let Call { connection, key, .. } = self.calls.get(&call)?;
        Some((self.connections.get_mut(connection)?, *key))
    }

    /// Reports how far a call has come; see [`ServerMachine::report`].
    pub fn report(
        &mut self,
        call: u32,
        progress: f64,
        total: Option<f64>,
        message: Option<&str>,
    ) -> Reported {
        match self.machine(call) {
            Some((machine, key)) => machine.report(key, progress, total, message),
            None => Reported::Ignored,
        }
    }

    /// Whether the newest report of a call is held back.
    pub fn holds(&mut self, call: u32) -> bool {
        self.machine(call).is_some_and(|(machine, key)| machine.holds(key))
    }

    /// Whether the client of a call wants log messages of this level.
    pub fn wants_log(&mut self, call: u32, level: Level) -> bool {
        self.machine(call).is_some_and(|(machine, key)| machine.wants_log(key, level))
    }

    /// Sends a log message of a call, if its client wants it.
    ///
    /// # Errors
    /// There is no room now.
    pub fn log(&mut self, call: u32, level: Level, logger: Option<&str>, data: P) -> Result<(), P> {
        match self.machine(call) {
            Some((machine, key)) => machine.log(key, level, logger, data),
            None => Ok(()),
        }
    }

    /// Whether the client of a call has declared that it can do this.
    pub fn can(&self, call: u32, capability: Capability) -> bool {
        let call = self.calls.get(&call);
        call.is_some_and(|call| call.context.capabilities.has(capability))
    }

    /// Answers a call with what its handler returned, or with why it failed. Does nothing if the
    /// call is over.
    pub fn respond(&mut self, call: u32, outcome: Result<P, Failure<P>>) {
        if let Some(Call { connection, key, shape, context, .. }) = self.take(call)
            && let Some(machine) = self.connections.get_mut(&connection)
        {
            machine.respond(key, shape.finish(outcome, context.version));
        }
    }

    /// Answers with the questions of a handler that cannot go on without its client. Does nothing
    /// if the call is over, or has none.
    pub fn conclude(&mut self, number: u32, now: Millis) {
        let is_due = |call: &Call<P>| call.missing.is_some() || !call.open.is_empty();
        if !self.calls.get(&number).is_some_and(is_due) {
            return;
        }
        let Some(call) = self.take(number) else { return };
        let outcome = if let Some(capability) = call.missing {
            let is_tool = matches!(call.shape, Shape::Tool);
            super::cannot(call.context.version, is_tool, capability)
        } else {
            let mut result = P::object();
            result.set_text("resultType", "input_required");
            result.set("inputRequests", P::from_members(call.open));
            if let Some(binding) = &call.binding {
                result.set_text(
                    "requestState",
                    &self.seal.close(binding, call.taken.into_entries(), now),
                );
            }
            Ok(result)
        };
        if let Some(machine) = self.connections.get_mut(&call.connection) {
            machine.respond(call.key, outcome);
        }
        self.outputs.push_back(Output::Stop { call: number, reason: None });
    }

    /// The peer has given a call up, or is gone.
    pub(super) fn stop(&mut self, call: u32, reason: Option<String>) {
        if self.take(call).is_some() {
            self.outputs.push_back(Output::Stop { call, reason });
        }
    }

    fn take(&mut self, number: u32) -> Option<Call<P>> {
        let call = self.calls.remove(&number)?;
        self.numbers.remove(&(call.connection, call.key));
        Some(call)
    }
}
