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
use crate::jsonrpc::Payload;
use crate::proto::client::{Handles, NoAnswer, ReplyTo, Slot};
use crate::types::method;

/// The result, or in words why there is none.
type Answer = Result<Value, String>;
#[cfg(not(target_arch = "wasm32"))]
type Answers = Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;
#[cfg(target_arch = "wasm32")]
type Answers = Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// Whoever asks the functions on behalf of a server.
pub(super) trait Inquirer: MaybeSync + 'static {
    /// A function has come to an end with what was asked by that method and these params.
    fn reply(
        &self,
        to: ReplyTo,
        asked: (&str, Option<&Value>),
        answer: Result<Value, NoAnswer<Value>>,
    );
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
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
        let Some((&method, function)) = self.functions.get_key_value(method) else {
            let asked = (method, params.as_ref());
            return tell(&inquirer, reply_to, asked, Err(NoAnswer::unhandled(method)));
        };
        let params = params.unwrap_or_else(Value::object);
        let (function, stop) = (Arc::clone(function), Arc::new(Once::new()));
        let running = Running { reply_to: reply_to.clone(), slot, stop: Arc::clone(&stop) };
        lock(&self.running).push(running);
        let reply_to = Some(reply_to);
        let mut owed = Owed { inquirer, reply_to, method, params: params.clone() };
        Here::spawn(async move {
            let mut answer = function(params);
            // Dropping the function's future ends what it does.
            let answer = poll_fn(|context| match stop.poll(context) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => answer.as_mut().poll(context).map(Some),
            });
            let answer = answer.await;
            match answer {
                Some(answer) => owed.pay(answer.map_err(NoAnswer::new)),
                None => owed.forgive(),
            }
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
    method: &'static str,
    params: Value,
}

impl<E: Inquirer> Owed<E> {
    fn pay(&mut self, answer: Result<Value, NoAnswer<Value>>) {
        if let Some(reply_to) = self.reply_to.take() {
            tell(&self.inquirer, reply_to, (self.method, Some(&self.params)), answer);
        }
    }

    /// Nobody waits for it any more.
    fn forgive(&mut self) {
        self.reply_to = None;
    }
}

impl<E: Inquirer> Drop for Owed<E> {
    fn drop(&mut self) {
        self.pay(Err(NoAnswer::new("the function that answers has panicked")));
    }
}

fn tell<E: Inquirer>(
    inquirer: &Weak<E>,
    reply_to: ReplyTo,
    asked: (&str, Option<&Value>),
    answer: Result<Value, NoAnswer<Value>>,
) {
    if let Some(inquirer) = inquirer.upgrade() {
        inquirer.reply(reply_to, asked, answer);
    }
}
