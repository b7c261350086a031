//! What a handler asks of its client. One way for both eras.
//!
//! Legacy: the question is a request of the server's own, and the handler waits for the answer.
//! Modern: the call is answered with the questions, and when the client asks again the handler runs
//! from the top and finds the answers.

use super::{Output, Service, calls::Shape, seal::digest};
use crate::{
    jsonrpc::{self, Payload, RpcError, code},
    types::{Capability, form, method},
};

/// What became of a question.
#[derive(Debug)]
pub enum Asked<P> {
    /// It is answered.
    Given(P),
    /// The client has been asked: [`Output::Answered`] tells the answer by this number.
    Waits(i64),
    /// The handler cannot go on: once all that it asks for at the same time is known,
    /// [`Service::conclude`] is to be called.
    Suspended,
    /// The call is over.
    Over,
}

/// A question that was sent.
pub(super) struct Question<P> {
    method: &'static str,
    params: P,
}

impl<P: Payload> Service<P> {
    /// Asks the client of a call. Without a `key` of its own, a question is known again by what it
    /// asks.
    pub fn ask(
        &mut self,
        number: u32,
        key: Option<String>,
        method: &'static str,
        mut params: P,
    ) -> Asked<P> {
        let Some(call) = self.calls.get_mut(&number) else { return Asked::Over };
        if matches!(call.shape, Shape::Completion) {
            return Asked::Over;
        }
        let capability = needed(method, &params);
        if !call.context.capabilities.has(capability) {
            call.missing = Some(capability);
            return Asked::Suspended;
        }
        let version = call.context.version;
        if version.asks_by_request() {
            if capability == Capability::ElicitationUrl
                && version.names_url_elicitations()
                && params.get("elicitationId").is_none()
            {
                self.tokens += 1;
                params.set_text("elicitationId", &self.seal.token(self.tokens));
            }
            let sent = self
                .connections
                .get_mut(&call.connection)
                .and_then(|machine| machine.ask(call.key, method, Some(params.clone())));
            let Some(ask) = sent else { return Asked::Over };
            call.questions.insert(ask.number(), Question { method, params });
            return Asked::Waits(ask.number());
        }
        let key = key.unwrap_or_else(|| {
            let name = name(method, &params);
            let times = call.asked.get(&name).copied().unwrap_or_default() + 1;
            call.asked.insert(name.clone(), times);
            if times == 1 { name } else { [&name, "-", &times.to_string()].concat() }
        });
        if let Some(answer) = call.given.get(&key)
            && check(method, &params, answer).is_ok()
        {
            let answer = answer.clone();
            call.taken.insert(key, answer.clone());
            return Asked::Given(answer);
        }
        // Two questions of one key are one question.
        if !call.open.iter().any(|(known, _)| *known == key) {
            let mut question = P::object();
            question.set_text("method", method);
            question.set("params", params);
            call.open.push((key, question));
        }
        Asked::Suspended
    }

    /// The client has answered a request of ours.
    pub(super) fn answered(&mut self, number: u32, ask: i64, outcome: Result<P, RpcError<P>>) {
        let question = self.calls.get_mut(&number).and_then(|call| call.questions.remove(&ask));
        let Some(Question { method, params }) = question else { return };
        let outcome = outcome.and_then(|answer| match check(method, &params, &answer) {
            Ok(()) => Ok(answer),
            Err(reason) => {
                let text = ["its answer does not fit: ", &reason].concat();
                Err(RpcError::new(code::INTERNAL_ERROR, text))
            }
        });
        self.outputs.push_back(Output::Answered { call: number, ask, outcome });
    }
}

/// What a client must be able to do to answer.
fn needed<P: Payload>(method: &str, params: &P) -> Capability {
    match method {
        method::ELICIT if params.says("mode", "url") => Capability::ElicitationUrl,
        method::ELICIT => Capability::Elicitation,
        method::LIST_ROOTS => Capability::Roots,
        _ if params.get("tools").is_some() || params.get("toolChoice").is_some() => {
            Capability::SamplingTools
        }
        _ if params.text("includeContext").is_some_and(|context| context != "none") => {
            Capability::SamplingContext
        }
        _ => Capability::Sampling,
    }
}

/// Whether this answers the question. The word says what is wrong with it.
fn check<P: Payload>(method: &str, params: &P, answer: &P) -> Result<(), String> {
    let has = |key: &'static str| answer.get(key).is_some();
    let fits = match method {
        method::ELICIT => match answer.text("action").as_deref() {
            Some("accept") if params.says("mode", "url") => true,
            Some("accept") => {
                let content = answer.present("content").unwrap_or_else(P::object);
                let schema = params.get("requestedSchema").unwrap_or_else(P::object);
                return form::check(&schema, &content);
            }
            Some("decline" | "cancel") => true,
            _ => return Err("`action` is none that there is".to_owned()),
        },
        method::LIST_ROOTS => {
            answer.get("roots").is_some_and(|roots| roots.kind() == jsonrpc::Kind::Array)
        }
        _ => has("content") && has("role") && has("model"),
    };
    if fits { Ok(()) } else { Err("something is missing in it".to_owned()) }
}

/// A key for a question: the same for the same question, another one for another.
fn name<P: Payload>(method: &str, params: &P) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut name = method.split('/').next().unwrap_or_default().to_owned();
    name.push('-');
    for byte in &digest("", method, "", Some(params))[..8] {
        name.push(DIGITS[usize::from(byte >> 4)]);
        name.push(DIGITS[usize::from(byte & 15)]);
    }
    name
}
