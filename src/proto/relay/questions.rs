//! What the server asks of the people and models behind a call's client.
//!
//! A legacy client is asked by a request. A modern one gets the questions as the answer to its
//! request, and the call waits at the server until the client comes back with what they were
//! answered with.

use std::collections::BTreeMap;

use super::{
    Act, FrontId, Relay,
    calls::{Ask, CallKind, Number},
    kept::related,
};
use crate::{
    jsonrpc::{Id, Payload, RpcError, code},
    proto::{
        Millis,
        client::{InputRequest, ReplyTo, Slot},
        server::{AskKey, RequestKey},
    },
    types::{Capability, ClientCapabilities, method},
};

/// A question that a legacy client was asked.
#[derive(Debug)]
struct Open<P> {
    front: FrontId,
    call: Option<Number>,
    reply_to: ReplyTo,
    /// Of a task: the request that waits for its end, and what is asked again if that is given up.
    waiting: Option<(RequestKey, Ask<P>)>,
}

/// The questions that legacy clients were asked.
#[derive(Debug)]
pub(super) struct Questions<P> {
    open: BTreeMap<i64, Open<P>>,
    last: i64,
    /// The number of the latest question to a modern client.
    named: u64,
    /// Calls of modern clients that have been asked something.
    due: Vec<Number>,
}

impl<P> Default for Questions<P> {
    fn default() -> Self {
        Self { open: BTreeMap::new(), last: 0, named: 0, due: Vec::new() }
    }
}

impl<P> Questions<P> {
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// A client is gone, or has given that request up: what was asked on it. Of tasks, that is asked
    /// again when somebody waits for them again.
    pub fn leave(&mut self, front: FrontId, key: Option<RequestKey>) -> Vec<(Number, Ask<P>)> {
        let mut again = Vec::new();
        let is = |open: &Open<P>| {
            let waits = open.waiting.as_ref().map(|(key, _)| *key);
            open.front == front && (key.is_none() || key == waits)
        };
        let gone = self.open.iter().filter(|(_, open)| is(open));
        let gone: Vec<i64> = gone.map(|(ask, _)| *ask).collect();
        for ask in gone {
            if let Some(Open { call, waiting, .. }) = self.open.remove(&ask) {
                again.extend(call.zip(waiting.map(|(_, ask)| ask)));
            }
        }
        again
    }

    /// Whether that call waits for an answer of a legacy client.
    pub fn has(&self, call: Number) -> bool {
        self.open.values().any(|open| open.call == Some(call))
    }

    /// A call has ended, and its client has forgotten what it was asked for its sake.
    pub fn end(&mut self, call: Number) {
        self.open.retain(|_, open| open.call != Some(call));
    }
}

/// Whether a client that can do this may be asked that.
fn may_ask<P: Payload>(can: ClientCapabilities, method: &str, params: Option<&P>) -> bool {
    let wanted = match method {
        method::ELICIT if params.is_some_and(|params| params.says("mode", "url")) => {
            Capability::ElicitationUrl
        }
        method::ELICIT => Capability::Elicitation,
        method::SAMPLE => Capability::Sampling,
        method::LIST_ROOTS => Capability::Roots,
        _ => return true,
    };
    can.has(wanted)
}

/// Questions as a modern client gets them.
pub(super) fn written<P: Payload>(asks: &[Ask<P>]) -> P {
    let written = asks.iter().map(|ask| {
        let mut question = P::object();
        question.set_text("method", &ask.method);
        question.set("params", ask.params.clone().unwrap_or_else(P::object));
        (ask.key.clone(), question)
    });
    P::from_members(written.collect())
}

impl<P: Payload> Relay<P> {
    /// A legacy server asks something, for the sake of that call if this is known.
    pub(super) fn asked(&mut self, id: Id, method: String, params: Option<P>, slot: Option<Slot>) {
        let call = slot.and_then(|slot| self.calls.by_slot(slot)).or_else(|| {
            let is = |kind: &CallKind| *kind == CallKind::Request;
            self.calls.newest().find(|(_, call)| is(&call.kind)).map(|(number, _)| number)
        });
        self.put(call, ReplyTo::Request(id), None, method, params, 0.0);
    }

    /// A modern server asks something in a result.
    pub(super) fn asked_inside(&mut self, input: InputRequest<P>, now: Millis) {
        let InputRequest { slot, input, key, method, params } = input;
        let call = self.calls.by_slot(slot);
        self.put(call, ReplyTo::Input(input), Some(key), method, params, now);
    }

    fn put(
        &mut self,
        call: Option<Number>,
        reply_to: ReplyTo,
        key: Option<String>,
        method: String,
        params: Option<P>,
        now: Millis,
    ) {
        let known = call.and_then(|number| self.calls.get(number));
        let context = known.and_then(|call| call.context.as_ref());
        if let (Some(number), Some(context)) = (call, context) {
            let can = context.capabilities;
            if !may_ask(can, &method, params.as_ref()) {
                return self.refuse(
                    reply_to,
                    "the client that the call is of cannot be asked that",
                    now,
                );
            }
            if !context.version.asks_by_request() {
                let is_inside =
                    matches!(method.as_str(), method::ELICIT | method::SAMPLE | method::LIST_ROOTS);
                if !is_inside {
                    return self.refuse(
                        reply_to,
                        "clients of 2026-07-28 take no such requests",
                        now,
                    );
                }
                self.questions.named += 1;
                let key = key.unwrap_or_else(|| format!("ask-{}", self.questions.named));
                return self.put_inside(number, Ask { key, reply_to, method, params }, now);
            }
            if known.is_some_and(|call| call.task.is_some()) {
                let key = key.unwrap_or_default();
                self.put_inside(number, Ask { key, reply_to, method, params }, now);
                return self.ask_waiter(number);
            }
        }
        // Without a call, it is for a session that can answer.
        let session = known.map(|call| (call.front, call.key)).or_else(|| {
            let can = |front: &super::Front<P>| {
                let declared = front.capabilities.as_ref().map(ClientCapabilities::read);
                front.begun && may_ask(declared.unwrap_or_default(), &method, params.as_ref())
            };
            let front = self.fronts.iter().rev().find(|(_, front)| can(front));
            front.map(|(id, _)| (*id, None))
        });
        let Some((front, request)) = session else {
            return self.refuse(reply_to, "no client is there that can be asked that", now);
        };
        if call.is_some() && request.is_none() {
            return self.refuse(reply_to, "the client has given the call up", now);
        }
        self.questions.last += 1;
        let ask = self.questions.last;
        self.questions.open.insert(ask, Open { front, call, reply_to, waiting: None });
        self.act(front, Act::Ask(request, AskKey::of(ask), method, params));
    }

    /// A call has to wait for an answer that its client gives when it comes to ask.
    fn put_inside(&mut self, number: Number, ask: Ask<P>, now: Millis) {
        let Some(call) = self.calls.get_mut(number) else { return };
        call.asks.push(ask);
        match call.task.clone() {
            Some(name) => self.tell_task(&name, now),
            None => self.questions.due.push(number),
        }
    }

    /// Asks whoever waits for the end of a task what that waits for (legacy).
    pub(super) fn ask_waiter(&mut self, number: Number) {
        let Some(call) = self.calls.get_mut(number) else { return };
        let Some(name) = call.task.clone() else { return };
        let Some(task) = self.kept.get(&name) else { return };
        let Some((front, request)) = task.waiters.first().copied() else { return };
        for ask in std::mem::take(&mut call.asks) {
            let mut params = ask.params.clone().unwrap_or_else(P::object);
            related(&mut params, &name);
            self.questions.last += 1;
            let (own, method) = (self.questions.last, ask.method.clone());
            let (call, reply_to) = (Some(number), ask.reply_to.clone());
            let waiting = Some((request, ask));
            self.questions.open.insert(own, Open { front, call, reply_to, waiting });
            self.act(front, Act::Ask(Some(request), AskKey::of(own), method, Some(params)));
        }
    }

    /// A client is gone, or has given that request up.
    pub(super) fn nobody_waits(&mut self, front: FrontId, key: Option<RequestKey>) {
        self.kept.leave(front, key);
        for (number, ask) in self.questions.leave(front, key) {
            if let Some(call) = self.calls.get_mut(number) {
                call.asks.push(ask);
            }
            self.ask_waiter(number);
        }
    }

    fn refuse(&mut self, reply_to: ReplyTo, text: &str, now: Millis) {
        let error = RpcError::new(code::METHOD_NOT_FOUND, text);
        self.back.reply(reply_to, Err(error), now);
    }

    /// A legacy client has answered.
    pub fn answered(&mut self, ask: AskKey, outcome: Result<P, RpcError<P>>, now: Millis) {
        if let Some(open) = self.questions.open.remove(&ask.number()) {
            self.back.reply(open.reply_to, outcome, now);
            let call = open.call.and_then(|call| self.calls.get(call));
            if let Some(task) = call.and_then(|call| call.task.clone()) {
                self.tell_task(&task, now);
            }
        }
        self.settle(now);
    }

    /// The server takes a question back.
    pub(super) fn withdrawn(&mut self, id: &Id) {
        let reply_to = ReplyTo::Request(id.clone());
        let found = self.questions.open.iter().find(|(_, open)| open.reply_to == reply_to);
        if let Some((ask, front)) = found.map(|(ask, open)| (*ask, open.front)) {
            self.questions.open.remove(&ask);
            return self.act(front, Act::Withdraw(AskKey::of(ask)));
        }
        let all: Vec<Number> = self.calls.newest().map(|(number, _)| number).collect();
        for number in all {
            if let Some(call) = self.calls.get_mut(number) {
                call.asks.retain(|ask| ask.reply_to != reply_to);
            }
        }
    }

    /// Answers requests of modern clients with the questions that their calls have led to.
    pub(super) fn put_questions(&mut self, now: Millis) {
        let mut due = std::mem::take(&mut self.questions.due);
        due.sort_unstable();
        due.dedup();
        for number in due {
            let Some(call) = self.calls.get(number) else { continue };
            if call.key.is_none() || call.asks.is_empty() {
                continue;
            }
            let requests = written(&call.asks);
            let state = self.signer.token();
            self.calls.park(number, &state, now + self.options.patience);
            let mut result = P::object();
            result.set_text("resultType", "input_required");
            result.set("inputRequests", requests);
            result.set_text("requestState", &state);
            if let Some((front, key)) = self.calls.take_key(number) {
                self.answer(front, key, Ok(result));
            }
        }
    }

    /// A modern client has come back with these answers.
    pub(super) fn take_answers(&mut self, number: Number, answers: Option<&P>, now: Millis) {
        let Some(call) = self.calls.get_mut(number) else { return };
        let mut given = Vec::new();
        let mut open = Vec::new();
        for ask in std::mem::take(&mut call.asks) {
            match answers.and_then(|answers| answers.member(&ask.key)) {
                Some(answer) => given.push((ask.reply_to, answer)),
                None => open.push(ask),
            }
        }
        call.asks = open;
        // What is still open is asked for once more.
        self.questions.due.push(number);
        for (reply_to, answer) in given {
            self.back.reply(reply_to, Ok(answer), now);
        }
    }
}
