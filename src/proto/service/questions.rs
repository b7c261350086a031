//! What a handler asks of its client. One way for both eras.
//!
//! Legacy: the question is a request of the server's own, and the handler waits for the answer.
//! Modern: the call is answered with the questions, and when the client asks again the handler runs
//! from the top and finds the answers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::{
    ServerSession,
    result::Shape,
    session::{RunningCall, SentQuestion, UnsentQuestion},
    signer::digest,
};
use crate::{
    jsonrpc::{Kind, Payload, RpcError},
    proto::server::{AskKey, RequestKey},
    types::{Capability, form, method},
};

/// What became of a question.
#[derive(Debug)]
pub enum Asked<P> {
    /// It is answered.
    Given {
        /// The key that it goes by.
        key: String,
        /// The answer.
        answer: P,
    },
    /// The client has been asked, by this request: its answer comes as an event.
    Waits(AskKey),
    /// The handler cannot go on: the call is to be concluded once everything that it asks for at the
    /// same time is known. Has the key of the question.
    Suspended(String),
    /// The call is over, or must not ask.
    Over,
}

/// Why a question that was sent as a request has no answer.
#[derive(Debug)]
pub enum Unanswered<P> {
    /// The client answered with an error.
    Refused(RpcError<P>),
    /// Its answer does not fit the question. The text says why.
    Misfit(String),
}

impl<P: Payload> ServerSession<P> {
    /// Asks the client of a call. A question without a `key` of its own is recognised by what it asks.
    /// `token` makes an unguessable text.
    pub fn ask(
        &mut self,
        number: RequestKey,
        key: Option<String>,
        method: &'static str,
        mut params: P,
        token: impl FnOnce() -> String,
    ) -> Asked<P> {
        let Some(call) = self.calls.get_mut(&number) else { return Asked::Over };
        if matches!(call.shape, Shape::Completion) {
            return Asked::Over;
        }
        let capability = needed(method, &params);
        if !call.capabilities.has(capability) {
            call.missing = Some(capability);
            return Asked::Suspended(String::new());
        }
        if call.version.asks_by_request() {
            if capability == Capability::ElicitationUrl
                && call.version.names_url_elicitations()
                && params.get("elicitationId").is_none()
            {
                params.set_text("elicitationId", &token());
            }
            return self.request(number, method, params);
        }
        let key = key.unwrap_or_else(|| call.name(method, &params));
        if let Some(answer) = call.given.get(&key)
            && check(method, &params, answer).is_ok()
        {
            let answer = answer.clone();
            call.taken.insert(key.clone(), answer.clone());
            return Asked::Given { key, answer };
        }
        if let Some(open) = call.open.iter_mut().find(|open| open.key == key) {
            open.askers += 1;
        } else {
            let mut question = P::object();
            question.set_text("method", method);
            question.set("params", params);
            call.open.push(UnsentQuestion { key: key.clone(), question, askers: 1 });
        }
        Asked::Suspended(key)
    }

    fn request(&mut self, number: RequestKey, method: &'static str, params: P) -> Asked<P> {
        let Some(ask) = self.machine_mut().ask(number, method, Some(params.clone())) else {
            return Asked::Over;
        };
        if let Some(call) = self.calls.get_mut(&number) {
            call.questions.insert(ask, SentQuestion { method, params });
        }
        Asked::Waits(ask)
    }

    /// Nobody waits any more for the answer to a question that was sent as a request: the client is
    /// told.
    pub fn withdraw(&mut self, call: RequestKey, ask: AskKey) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.questions.remove(&ask);
        }
        self.machine_mut().withdraw(ask);
    }

    /// Nobody waits any more for the answer to the question of this key: it is not asked, unless its call
    /// has been concluded already.
    pub fn take_back(&mut self, call: RequestKey, key: &str) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.open.retain_mut(|open| {
                open.askers -= u32::from(open.key == key);
                open.askers > 0
            });
        }
    }

    /// The host cannot use the answer to the question of this key: when it is asked again, it goes to the
    /// client again.
    pub fn reject(&mut self, call: RequestKey, key: &str) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.given.remove(key);
            call.taken.remove(key);
        }
    }

    /// The client has answered a request of ours. `None`: nobody waits for that.
    pub fn answered(
        &mut self,
        call: RequestKey,
        ask: AskKey,
        outcome: Result<P, RpcError<P>>,
    ) -> Option<Result<P, Unanswered<P>>> {
        let SentQuestion { method, params } = self.calls.get_mut(&call)?.questions.remove(&ask)?;
        let outcome = outcome.map_err(Unanswered::Refused);
        Some(outcome.and_then(|answer| match check(method, &params, &answer) {
            Ok(()) => Ok(answer),
            Err(reason) => Err(Unanswered::Misfit(reason)),
        }))
    }
}

impl<P: Payload> RunningCall<P> {
    /// A key for a question without one: the same for the same question of the next round.
    fn name(&mut self, method: &str, params: &P) -> String {
        let what = BASE64.encode(&digest("", method, "", Some(params))[..9]);
        let name = [method.split('/').next().unwrap_or_default(), "-", &what].concat();
        let times = self.asked.get(&name).copied().unwrap_or_default() + 1;
        self.asked.insert(name.clone(), times);
        if times == 1 { name } else { [&name, "-", &times.to_string()].concat() }
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

/// Whether this answers the question; if not, the word says what is wrong with it.
fn check<P: Payload>(method: &str, params: &P, answer: &P) -> Result<(), String> {
    let is = |fits: bool, name: &str| {
        if fits { Ok(()) } else { Err(["`", name, "` is missing, or does not fit"].concat()) }
    };
    match method {
        method::ELICIT => match answer.text("action").as_deref() {
            Some("accept") if !params.says("mode", "url") => {
                let content = answer.present("content").unwrap_or_else(P::object);
                is(content.kind() == Kind::Object, "content")?;
                let schema = params.get("requestedSchema").unwrap_or_else(P::object);
                form::check(&schema, &content)
            }
            action => is(matches!(action, Some("accept" | "decline" | "cancel")), "action"),
        },
        method::LIST_ROOTS => {
            let is_root = |root: &P| has(root, "uri", true) && has(root, "name", false);
            is(answer.get("roots").is_some_and(|roots| all(&roots, is_root)), "roots")
        }
        _ => {
            let is_block = |block: &P| has(block, "type", true);
            let is_content = |content: P| is_block(&content) || all(&content, is_block);
            is(matches!(answer.text("role").as_deref(), Some("user" | "assistant")), "role")?;
            is(has(answer, "model", true), "model")?;
            is(answer.get("content").is_some_and(is_content), "content")?;
            is(has(answer, "stopReason", false), "stopReason")
        }
    }
}

/// Whether the member is a string; one that is optional may also be absent.
fn has<P: Payload>(object: &P, key: &'static str, must: bool) -> bool {
    object.present(key).map_or(!must, |value| value.kind() == Kind::Text)
}

/// Whether this is an array of which every element passes.
fn all<P: Payload>(value: &P, fits: impl Fn(&P) -> bool) -> bool {
    let mut all_fit = true;
    let is_array = value.each_element(&mut |element| {
        all_fit = fits(&element);
        all_fit
    });
    is_array && all_fit
}
