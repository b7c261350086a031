//! What servers ask of the client: the user's async functions, one way for both eras.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::engine::Engine;
use super::platform::now;
use crate::jsonrpc::{Id, Payload, RpcError, code};
use crate::types::method;

/// The result, or in words why there is none.
type Answer = Result<JsValue, String>;
type Answers = Rc<dyn Fn(JsValue) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// The functions, by method.
#[derive(Default)]
pub(super) struct Asked(HashMap<&'static str, Answers>);

/// Whom the answer is for.
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
        self.0.insert(method, answers);
    }

    /// The capabilities that the functions bring along.
    pub fn capabilities(&self) -> JsValue {
        let mut all = JsValue::object();
        let mut declare = |method, name, what| {
            if self.0.contains_key(method) {
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
    pub fn ask(&self, engine: Weak<Engine>, asker: Asker, method: &str, params: Option<JsValue>) {
        let Some(function) = self.0.get(method) else {
            // Nothing of this kind was declared, so a server that asks all the same is told so.
            let refusal =
                RpcError::new(code::METHOD_NOT_FOUND, format!("Method not found: {method}"));
            return tell(&engine, asker, Err(refusal));
        };
        let answer = function(params.unwrap_or_else(JsValue::object));
        spawn_local(async move {
            let answer = answer.await.map_err(|text| RpcError::new(code::INTERNAL_ERROR, text));
            tell(&engine, asker, answer);
        });
    }
}

fn tell(engine: &Weak<Engine>, asker: Asker, answer: Result<JsValue, RpcError<JsValue>>) {
    let Some(engine) = engine.upgrade() else { return };
    engine.with(|core| match asker {
        Asker::Request(id) => core.respond(id, answer),
        Asker::Input(input) => core.answer(input, answer.map_err(|error| error.message), now()),
    });
    engine.drain();
}
