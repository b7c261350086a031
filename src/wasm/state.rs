//! What the binding of the client holds; what is done with it is in the files beside.

use std::mem::ManuallyDrop;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::http::client::{self, Action, Incoming};
use crate::jsonrpc::Payload;
use crate::proto::client::{ClientMachine, RequestId};

use super::records::Texts;

/// One client's protocol machine.
///
/// Feed it, then call [`poll`](Self::poll) until it says 0, reading what each step is about from
/// [`numbers`](Self::view), [`value`](Self::value) and [`other`](Self::other).
#[wasm_bindgen]
pub struct Core {
    pub(super) machine: ClientMachine<JsValue>,
    /// Where messages go that are exchanges of HTTP.
    // Dropped by hand: the function that does so may not be loaded where there are none.
    pub(super) http: ManuallyDrop<Option<Box<Exchanges>>>,
    /// Whether there is nothing but exchanges.
    pub(super) alone: bool,
    /// A request whose answer goes on behind an event.
    pub(super) resume: Option<(RequestId, JsValue)>,
    pub(super) value: JsValue,
    /// The other value of a step that has two.
    pub(super) other: JsValue,
}

/// The exchanges of a core.
#[derive(Default)]
pub(super) struct Exchanges {
    pub(super) machine: client::Http<JsValue>,
    /// Whether messages are shown to JavaScript, which hands them to the client.
    pub(super) shows: bool,
    /// What is to be told, the next one last.
    pub(super) shown: Vec<JsValue>,
    pub(super) incoming: Vec<Incoming<JsValue>>,
    pub(super) actions: Vec<Action<JsValue>>,
    /// What the messages of the latest records say.
    pub(super) texts: Texts,
}

impl Core {
    pub(super) fn of(mut machine: ClientMachine<JsValue>) -> Self {
        machine.lack();
        let (value, other) = (JsValue::UNDEFINED, JsValue::UNDEFINED);
        Self { machine, http: ManuallyDrop::new(None), alone: false, resume: None, value, other }
    }
}

/// The text of what is one; empty for anything else.
// Not by a parameter of type `&str`, which costs more in the module and in the glue.
pub(super) fn text(value: &JsValue) -> String {
    value.as_text().unwrap_or_default()
}
