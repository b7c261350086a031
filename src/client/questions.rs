//! What servers ask of the client: the user's async functions, one way for both eras.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::Poll;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::handler::{Once, lock};
use super::platform::Platform;
use super::{Here, MaybeSend, MaybeSync, Value};
use crate::jsonrpc::{Payload, RpcError, code};
use crate::proto::client::{Handles, ReplyTo, Slot};
use crate::types::method;

/// The result, or in words why there is none.
type Answer = Result<Value, String>;
#[cfg(not(target_arch = "wasm32"))]
type Answers = Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;
#[cfg(target_arch = "wasm32")]
type Answers = Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// Whoever asks the functions on behalf of a server.
pub(super) trait Inquirer: MaybeSync + 'static {
    /// There is an answer.
    fn reply(&self, to: ReplyTo, answer: Result<Value, RpcError<Value>>);
}

/// The functions, by method, and those of their answers that are waited for.
#[derive(Default)]
pub(super) struct Functions {
    functions: HashMap<&'static str, Answers>,
    running: Mutex<Vec<Running>>,
}

/// An answer that is waited for.
struct Running {
    reply_to: ReplyTo,
    /// The call that it is for.
    slot: Option<Slot>,
    /// Ends it.
    stop: Arc<Once<()>>,
}

impl Functions {
    pub fn add<P, R, F>(
        &mut self,
        method: &'static str,
        function: impl Fn(P) -> F + MaybeSync + 'static,
    ) where
        P: DeserializeOwned,
        R: Serialize,
        F: Future<Output = Result<R, String>> + MaybeSend + 'static,
    {
        let answers: Answers = Arc::new(move |params| {
            let asked = Here::read(params).map(&function);
            Box::pin(async move {
                let answer = asked.map_err(|error| format!("the params do not fit: {error}"))?;
                let answer = answer.await?;
                Here::write(&answer)
                    .map_err(|error| format!("the answer cannot be written: {error}"))
            })
        });
        self.functions.insert(method, answers);
    }

    /// What there are functions for.
    pub fn handles(&self) -> Handles {
        let has = |method| self.functions.contains_key(method);
        Handles {
            sampling: has(method::SAMPLE),
            elicitation: has(method::ELICIT),
            roots: has(method::LIST_ROOTS),
            tasks: false,
        }
    }

    /// Lets a function answer; who asks is told when it has.
    pub fn ask<E: Inquirer>(
        &self,
        inquirer: Weak<E>,
        (reply_to, slot): (ReplyTo, Option<Slot>),
        method: &str,
        params: Option<Value>,
    ) {
        let Some(function) = self.functions.get(method) else {
            // Nothing of this kind was declared, so a server that asks all the same is told so.
            let refusal =
                RpcError::new(code::METHOD_NOT_FOUND, format!("Method not found: {method}"));
            return tell(&inquirer, reply_to, Err(refusal));
        };
        let params = params.unwrap_or_else(Value::object);
        let schema = params.present("requestedSchema").filter(|_| method == method::ELICIT);
        // Whoever rejects a request for sampling says so by this code.
        let code = if method == method::SAMPLE { -1 } else { code::INTERNAL_ERROR };
        let (function, stop) = (Arc::clone(function), Arc::new(Once::new()));
        let running = Running { reply_to: reply_to.clone(), slot, stop: Arc::clone(&stop) };
        lock(&self.running).push(running);
        let mut owed = Owed { inquirer, reply_to: Some(reply_to), code };
        Here::spawn(async move {
            let mut answer = function(params);
            // Dropping the function's future ends what it does.
            let answer = poll_fn(|context| match stop.poll(context) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => answer.as_mut().poll(context).map(Some),
            });
            let answer = answer.await;
            let Some(mut answer) = answer else {
                return owed.forgive();
            };
            if let (Ok(answer), Some(schema)) = (&mut answer, schema) {
                fill_in(answer, &schema);
            }
            owed.pay(answer.map_err(|text| RpcError::new(code, text)));
        });
    }

    /// Nobody waits any more for the answers that match.
    pub fn stop(&self, which: impl Fn(&ReplyTo, Option<Slot>) -> bool) {
        let ended = |one: &mut Running| !which(&one.reply_to, one.slot);
        let mut stopped = Vec::new();
        lock(&self.running).retain_mut(|one| {
            let stays = ended(one);
            if !stays {
                stopped.push(Arc::clone(&one.stop));
            }
            stays
        });
        for stop in stopped {
            stop.set(());
        }
    }
}

/// An answer that is owed. A function that panics gives none, but who asked would wait for ever.
struct Owed<E: Inquirer> {
    inquirer: Weak<E>,
    reply_to: Option<ReplyTo>,
    code: i64,
}

impl<E: Inquirer> Owed<E> {
    fn pay(&mut self, answer: Result<Value, RpcError<Value>>) {
        if let Some(reply_to) = self.reply_to.take() {
            tell(&self.inquirer, reply_to, answer);
        }
    }

    /// Nobody waits for it any more.
    fn forgive(&mut self) {
        self.reply_to = None;
    }
}

impl<E: Inquirer> Drop for Owed<E> {
    fn drop(&mut self) {
        self.pay(Err(RpcError::new(self.code, "the function that answers has panicked")));
    }
}

fn tell<E: Inquirer>(
    inquirer: &Weak<E>,
    reply_to: ReplyTo,
    answer: Result<Value, RpcError<Value>>,
) {
    if let Some(inquirer) = inquirer.upgrade() {
        inquirer.reply(reply_to, answer);
    }
}

/// Fills in, from the schema of a form, what an answer that accepts it leaves out.
fn fill_in(answer: &mut Value, schema: &Value) {
    if !answer.says("action", "accept") {
        return;
    }
    let properties = schema.get("properties").and_then(|all| all.entries()).unwrap_or_default();
    let mut members: Vec<_> = properties
        .into_iter()
        .filter_map(|(name, property)| Some((name, property.get("default")?)))
        .collect();
    if !members.is_empty() {
        members.extend(answer.get("content").and_then(|all| all.entries()).unwrap_or_default());
        answer.set("content", Value::from_members(members));
    }
}
