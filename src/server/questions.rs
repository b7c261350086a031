//! What a handler asks of its client: its person, its model, its directories. One API for both eras.
//!
//! Legacy: the question is a request of the server's own, and the handler waits for the answer.
//! Modern: the request is answered with the questions, the handler is dropped, and when the client
//! asks again it runs from the top and finds the answers. See [`Context::elicit`].

use std::{
    error::Error,
    fmt,
    future::{pending, poll_fn},
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    model::{Context, ServedCall},
    values::QuestionKey,
};
use crate::{
    jsonrpc::{Payload, Raw, RpcError},
    proto::{
        server::AskKey,
        service::{Asked, Unanswered},
    },
    types::{
        Capability, ElicitAction, ElicitRequest, ElicitResult, Root, SampleRequest, SampleResult,
        method,
    },
};

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
    /// Without a key (`None`), a question is known again by what it asks.
    ///
    /// This works in the handlers of tools, resources and prompts; in others it waits for ever.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn elicit(
        &self,
        key: impl QuestionKey,
        form: ElicitRequest,
    ) -> Result<ElicitResult, InputError> {
        self.ask(key, method::ELICIT, written(&form), Raw::read).await
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
        key: impl QuestionKey,
        message: &str,
        url: &str,
    ) -> Result<ElicitAction, InputError> {
        let params = written(&json!({ "mode": "url", "message": message, "url": url }));
        let read = |answer: &Raw| answer.get("action").unwrap_or_default().read();
        self.ask(key, method::ELICIT, params, read).await
    }

    /// Asks the model of the client. A person may have to agree, and may change question and answer.
    ///
    /// See [`elicit`](Self::elicit) for the key.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn sample(
        &self,
        key: impl QuestionKey,
        request: SampleRequest,
    ) -> Result<SampleResult, InputError> {
        self.ask(key, method::SAMPLE, written(&request), Raw::read).await
    }

    /// Asks for the directories that the client works in.
    ///
    /// See [`elicit`](Self::elicit) for the key.
    ///
    /// # Errors
    /// A legacy client answered with an error, or with something that does not fit.
    pub async fn roots(&self, key: impl QuestionKey) -> Result<Vec<Root>, InputError> {
        let read = |answer: &Raw| answer.get("roots").unwrap_or_default().read();
        self.ask(key, method::LIST_ROOTS, Raw::object(), read).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        key: impl QuestionKey,
        method: &'static str,
        params: Raw,
        read: impl Fn(&Raw) -> serde_json::Result<T> + Send,
    ) -> Result<T, InputError> {
        let call = &self.call;
        let mut key = key.into_key();
        loop {
            let token = || call.server.inner.token();
            let asked = call
                .shared
                .send(|session| session.ask(call.key, key.clone(), method, params.clone(), token));
            match asked {
                Asked::Given { key: known, answer } => {
                    if let Ok(answer) = read(&answer) {
                        return Ok(answer);
                    }
                    // It fits the question, and is more than may be read: it is asked again.
                    call.shared.lock().session.reject(call.key, &known);
                    key = Some(known);
                }
                Asked::Waits(ask) => {
                    let answer = Waiting { call, ask }.answer().await.map_err(unanswered)?;
                    return read(&answer).map_err(|error| InputError::Misfit(error.to_string()));
                }
                Asked::Suspended(key) => {
                    // A question that is given up in the same turn (in a race, say) is not asked.
                    let _seen = Unseen { call, key };
                    call.shared.suspend(call.key);
                    return pending().await;
                }
                Asked::Over => return pending().await,
            }
        }
    }
}

/// A question that the driver has yet to see.
struct Unseen<'a> {
    call: &'a Arc<ServedCall>,
    key: String,
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        self.call.shared.lock().session.take_back(self.call.key, &self.key);
    }
}

/// A request of ours that somebody waits for. Dropped, it is withdrawn.
struct Waiting<'a> {
    call: &'a Arc<ServedCall>,
    ask: AskKey,
}

impl Waiting<'_> {
    async fn answer(&self) -> Result<Raw, Unanswered<Raw>> {
        poll_fn(|cx| self.call.inbox.poll(self.ask, cx)).await
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.call.inbox.forget(self.ask);
        self.call.shared.send(|session| session.withdraw(self.call.key, self.ask));
    }
}

fn unanswered(why: Unanswered<Raw>) -> InputError {
    match why {
        Unanswered::Misfit(reason) => InputError::Misfit(reason),
        Unanswered::Refused(RpcError { code, message, data }) => {
            // More than a tree may have is more than anybody would look at.
            let data = data.and_then(|data| data.to_value().ok());
            InputError::Refused(RpcError { code, message, data })
        }
    }
}

fn written(question: &impl Serialize) -> Raw {
    // These types have nothing that JSON lacks.
    Raw::of(question).unwrap_or_default()
}
