//! What a handler asks of its client: its person, its model, its directories. One API for both eras.
//!
//! Legacy: the question is a request of the server's own, and the handler waits for the answer.
//! Modern: the request is answered with the questions, the handler is dropped, and when the client
//! asks again it runs from the top and finds the answers. See [`Context::elicit`].

use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    future::{Future, pending, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use serde::Serialize;
use serde_json::{Value, json};

use super::context::{Call, Context};
use crate::{
    jsonrpc::{Payload, Raw, RpcError},
    proto::server::AskKey,
    types::{
        Capability, ElicitAction, ElicitRequest, ElicitResult, Root, SampleRequest, SampleResult,
        form, method,
    },
};

/// Values that the answer to a form may have.
const FORM_VALUES: usize = 4096;

/// Why a question has no answer. It comes of legacy clients only: a modern one that does not want to
/// answer just does not ask again.
#[derive(Clone, Debug, PartialEq)]
pub enum InputError {
    /// The client answered with an error; a code of -1 means that its person said no.
    Refused(RpcError<Value>),
    /// The answer does not fit the question.
    Misfit(String),
}

impl fmt::Display for InputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => {
                write!(out, "the client did not answer: {} ({})", error.message, error.code)
            }
            Self::Misfit(text) => write!(out, "the client's answer does not fit: {text}"),
        }
    }
}

impl Error for InputError {}

/// The questions of one call.
#[derive(Default)]
pub(super) struct Inputs {
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Modern: the answers of this round and of those before, by key.
    pub(super) given: BTreeMap<String, Raw>,
    /// Modern: the answers that the handler has taken.
    pub(super) taken: BTreeMap<String, Raw>,
    /// Modern: the questions to be asked, by key, as they are on the wire.
    pub(super) open: Vec<(String, Raw)>,
    /// What the call cannot do without, and its client has not.
    pub(super) missing: Option<Capability>,
    /// Legacy: the questions that have been asked.
    slots: BTreeMap<AskKey, Slot>,
}

#[derive(Default)]
struct Slot {
    outcome: Option<Result<Raw, RpcError<Raw>>>,
    waker: Option<Waker>,
}

impl Inputs {
    /// With the answers that the client brought along.
    pub(super) fn new(given: BTreeMap<String, Raw>) -> Self {
        Self { state: Mutex::new(State { given, ..State::default() }) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client has answered a request of ours.
    pub(super) fn answered(&self, ask: AskKey, outcome: Result<Raw, RpcError<Raw>>) {
        let waker = {
            let mut state = self.lock();
            let slot = state.slots.entry(ask).or_default();
            slot.outcome = Some(outcome);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Context {
    /// Whether the client has declared that it can do this.
    ///
    /// Asking for what it cannot do ends the call: with the error that names the capability (-32021)
    /// in the modern era, with a result that says so before. So this is for handlers that have
    /// another way.
    pub fn can(&self, capability: Capability) -> bool {
        self.call.request.capabilities.has(capability)
    }

    /// Asks the person in front of the client to fill in a form.
    ///
    /// ```
    /// # use mcp_wasm::server::{Context, ElicitRequest, InputError};
    /// # use serde_json::json;
    /// async fn greet(ctx: Context) -> Result<String, InputError> {
    ///     let form = ElicitRequest::new("What is your name?")
    ///         .required("name", json!({ "type": "string", "title": "Name" }));
    ///     let answer = ctx.elicit("name", form).await?;
    ///     Ok(match answer.accepted() {
    ///         Some(fields) => format!("Hello, {}", fields["name"].as_str().unwrap_or("you")),
    ///         None => "Hello, whoever you are".to_owned(),
    ///     })
    /// }
    /// ```
    ///
    /// The `key` names the question within the call. **Since 2026-07-28 a call is answered with its
    /// questions and asked again with the answers**: the handler is dropped where it waits, and runs
    /// again from the top, where each question whose answer has come is answered at once. So what
    /// stands before a question is done once per round: keep effects behind the last question.
    /// Questions that are asked at the same time (`join!`) go in one round. An answer that does not
    /// fit is asked for again.
    ///
    /// This works in the handlers of tools, resources and prompts; in others it waits for ever.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn elicit(&self, key: &str, form: ElicitRequest) -> Result<ElicitResult, InputError> {
        let params = written(&form);
        let schema = params.get("requestedSchema").unwrap_or_else(Raw::object);
        self.ask(key, Capability::Elicitation, method::ELICIT, params, |answer| {
            // Looked at before it is read: what does not fit is not worth its memory.
            if answer.says("action", "accept") {
                let content = answer.get("content").unwrap_or_else(Raw::object);
                form::check(&schema, &content)?;
            }
            answer.read_within(FORM_VALUES).map_err(|error| error.to_string())
        })
        .await
    }

    /// Asks the person in front of the client to open a page, for what a form must not ask:
    /// secrets, payments, sign-ins. `Accept` says that the person wants to, not that it is done.
    ///
    /// See [`elicit`](Self::elicit) for the key.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn elicit_url(
        &self,
        key: &str,
        message: &str,
        url: &str,
    ) -> Result<ElicitAction, InputError> {
        let mut params = written(&json!({ "mode": "url", "message": message, "url": url }));
        if self.protocol_version().names_url_elicitations() {
            params.set_text("elicitationId", &random_id());
        }
        self.ask(key, Capability::ElicitationUrl, method::ELICIT, params, |answer| {
            read::<ElicitResult>(answer).map(|answer| answer.action)
        })
        .await
    }

    /// Asks the model of the client. A person may have to agree, and may change question and answer.
    ///
    /// See [`elicit`](Self::elicit) for the key.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn sample(
        &self,
        key: &str,
        request: SampleRequest,
    ) -> Result<SampleResult, InputError> {
        let capability = if !request.tools.is_empty() || request.tool_choice.is_some() {
            Capability::SamplingTools
        } else if request.include_context.as_deref().is_some_and(|context| context != "none") {
            Capability::SamplingContext
        } else {
            Capability::Sampling
        };
        self.ask(key, capability, method::SAMPLE, written(&request), read).await
    }

    /// Asks for the directories that the client works in.
    ///
    /// See [`elicit`](Self::elicit) for the key.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn roots(&self, key: &str) -> Result<Vec<Root>, InputError> {
        self.ask(key, Capability::Roots, method::LIST_ROOTS, Raw::object(), |answer| {
            read(&answer.get("roots").unwrap_or_default())
        })
        .await
    }

    async fn ask<T>(
        &self,
        key: &str,
        capability: Capability,
        method: &'static str,
        params: Raw,
        read: impl Fn(&Raw) -> Result<T, String> + Send,
    ) -> Result<T, InputError> {
        let call = &self.call;
        if !self.can(capability) {
            call.inputs.lock().missing = Some(capability);
            call.shared.suspend(call.key);
            return pending().await;
        }
        if self.protocol_version().asks_by_request() {
            let outcome = request(call, method, params).await.map_err(refused)?;
            return read(&outcome).map_err(InputError::Misfit);
        }
        {
            let mut state = call.inputs.lock();
            if let Some(given) = state.given.get(key)
                && let Ok(answer) = read(given)
            {
                let given = given.clone();
                state.taken.insert(key.to_owned(), given);
                return Ok(answer);
            }
            // Two questions of one key are one question.
            if !state.open.iter().any(|(known, _)| known == key) {
                let mut question = Raw::object();
                question.set_text("method", method);
                question.set("params", params);
                state.open.push((key.to_owned(), question));
            }
        }
        // A question that is given up in the same turn (in a race, say) is not asked.
        let _open = Open { call, key };
        call.shared.suspend(call.key);
        pending().await
    }
}

/// A question that the driver has yet to see.
struct Open<'a> {
    call: &'a Arc<Call>,
    key: &'a str,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.call.inputs.lock().open.retain(|(key, _)| key != self.key);
    }
}

/// Sends a request to the client, and waits for the answer.
fn request(
    call: &Arc<Call>,
    method: &'static str,
    params: Raw,
) -> impl Future<Output = Result<Raw, RpcError<Raw>>> + Send {
    let ask = call.shared.send(|machine| machine.ask(call.key, method, Some(params)));
    let waiting = ask.map(|ask| Waiting { call: Arc::clone(call), ask });
    async move {
        let Some(waiting) = waiting else {
            // The call is over.
            return pending().await;
        };
        poll_fn(|cx| {
            let mut state = waiting.call.inputs.lock();
            let slot = state.slots.entry(waiting.ask).or_default();
            if let Some(outcome) = slot.outcome.take() {
                return Poll::Ready(outcome);
            }
            slot.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// A request of ours that somebody waits for. Dropped, it is withdrawn.
struct Waiting {
    call: Arc<Call>,
    ask: AskKey,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.call.inputs.lock().slots.remove(&self.ask);
        self.call.shared.send(|machine| machine.withdraw(self.ask));
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &Raw) -> Result<T, String> {
    answer.read().map_err(|error| error.to_string())
}

fn refused(error: RpcError<Raw>) -> InputError {
    let RpcError { code, message, data } = error;
    // More than a tree may have is more than anybody would look at.
    let data = data.and_then(|data| data.to_value().ok());
    InputError::Refused(RpcError { code, message, data })
}

fn written(question: &impl Serialize) -> Raw {
    // These types have nothing that JSON lacks.
    Raw::of(question).unwrap_or_default()
}

/// An id that nobody can guess.
fn random_id() -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut bytes = [0; 16];
    // Without randomness the id is still unique enough for a client to tell two apart by the URL.
    let _ = getrandom::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
