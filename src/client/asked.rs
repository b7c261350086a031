//! What servers ask of the client: the user's async functions, one way for both eras.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::Poll;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::engine::Engine;
use super::platform::{Once, now};
use crate::jsonrpc::{Id, Payload, RpcError, code};
use crate::proto::client::Slot;
use crate::types::method;

/// The result, or in words why there is none.
type Answer = Result<JsValue, String>;
type Answers = Rc<dyn Fn(JsValue) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// The functions, by method, and those of their answers that are waited for.
#[derive(Default)]
pub(super) struct Asked {
    functions: HashMap<&'static str, Answers>,
    running: RefCell<Vec<Running>>,
}

/// An answer that is waited for.
struct Running {
    asker: Asker,
    /// The call that it is for.
    slot: Option<Slot>,
    /// Ends it.
    stop: Rc<Once<()>>,
}

/// Whom the answer is for.
#[derive(Clone, PartialEq)]
pub(super) enum Asker {
    /// A request of a legacy server.
    Request(Id),
    /// What a result asks for, by its number.
    Input(u32),
}

impl Asked {
    pub fn add<P, R, F>(&mut self, method: &'static str, function: impl Fn(P) -> F + 'static)
    where
        P: DeserializeOwned,
        R: Serialize,
        F: Future<Output = Result<R, String>> + 'static,
    {
        let answers: Answers = Rc::new(move |params| {
            let asked = serde_wasm_bindgen::from_value(params).map(&function);
            Box::pin(async move {
                let answer = asked.map_err(|error| format!("the params do not fit: {error}"))?;
                let result = answer.await?.serialize(&Serializer::json_compatible());
                result.map_err(|error| format!("the answer cannot be written: {error}"))
            })
        });
        self.functions.insert(method, answers);
    }

    /// The capabilities that the functions bring along.
    pub fn capabilities(&self) -> JsValue {
        let mut all = JsValue::object();
        let mut declare = |method, name, what| {
            if self.functions.contains_key(method) {
                all.set(name, what);
            }
        };
        let mut form = JsValue::object();
        form.set("form", JsValue::object());
        declare(method::ELICIT, "elicitation", form);
        declare(method::SAMPLE, "sampling", JsValue::object());
        declare(method::LIST_ROOTS, "roots", JsValue::object());
        all
    }

    /// Lets a function answer; the engine is told when it has.
    pub fn ask(
        &self,
        engine: Weak<Engine>,
        (asker, slot): (Asker, Option<Slot>),
        method: &str,
        params: Option<JsValue>,
    ) {
        let Some(function) = self.functions.get(method) else {
            // Nothing of this kind was declared, so a server that asks all the same is told so.
            let refusal =
                RpcError::new(code::METHOD_NOT_FOUND, format!("Method not found: {method}"));
            return tell(&engine, asker, Err(refusal));
        };
        let params = params.unwrap_or_else(JsValue::object);
        let schema = params.present("requestedSchema").filter(|_| method == method::ELICIT);
        // Whoever rejects a request for sampling says so by this code.
        let code = if method == method::SAMPLE { -1 } else { code::INTERNAL_ERROR };
        let mut answer = function(params);
        let stop = Rc::new(Once::new());
        let running = Running { asker: asker.clone(), slot, stop: Rc::clone(&stop) };
        self.running.borrow_mut().push(running);
        spawn_local(async move {
            // Dropping the function's future ends what it does.
            let answer = poll_fn(|context| match stop.poll(context) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => answer.as_mut().poll(context).map(Some),
            });
            let Some(mut answer) = answer.await else { return };
            if let (Ok(answer), Some(schema)) = (&mut answer, schema) {
                fill_in(answer, &schema);
            }
            tell(&engine, asker, answer.map_err(|text| RpcError::new(code, text)));
        });
    }

    /// Nobody waits any more for the answers of which that holds.
    pub fn stop(&self, which: impl Fn(&Asker, Option<Slot>) -> bool) {
        let ended = |one: &mut Running| !which(&one.asker, one.slot);
        let mut stopped = Vec::new();
        self.running.borrow_mut().retain_mut(|one| {
            let stays = ended(one);
            if !stays {
                stopped.push(Rc::clone(&one.stop));
            }
            stays
        });
        for stop in stopped {
            stop.set(());
        }
    }
}

fn tell(engine: &Weak<Engine>, asker: Asker, answer: Result<JsValue, RpcError<JsValue>>) {
    let Some(engine) = engine.upgrade() else { return };
    engine.answered(&asker);
    engine.with(|core| match asker {
        Asker::Request(id) => core.respond(id, answer),
        Asker::Input(input) => core.answer(input, answer.map_err(|error| error.message), now()),
    });
    engine.drain();
}

/// Fills in, from the schema of a form, what an answer that accepts it leaves out.
fn fill_in(answer: &mut JsValue, schema: &JsValue) {
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
        answer.set("content", JsValue::from_members(members));
    }
}
