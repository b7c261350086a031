//! What is known of a call while it waits.

use std::cell::{Cell, RefCell};

use wasm_bindgen::JsValue;

use super::Progress;
use super::engine::Fault;
use super::platform::{Handler, Once};
use crate::proto::client::RequestId;

/// A call that waits for its answer.
pub(super) struct Pending {
    /// Hears of the call's progress, in the place of the client's handler.
    pub handler: Option<Handler<Progress>>,
    /// Nobody is to hear of it.
    pub silent: bool,
    /// The id of its latest request.
    pub first: Cell<Option<RequestId>>,
    /// It was given up: nothing is delivered any more.
    pub deaf: Cell<bool>,
    /// Why it was given up.
    pub reason: RefCell<Option<String>>,
    pub outcome: Once<Result<JsValue, Fault>>,
}

impl Pending {
    pub fn new(handler: Option<Handler<Progress>>, silent: bool) -> Self {
        Self {
            handler,
            silent,
            first: Cell::new(None),
            deaf: Cell::new(false),
            reason: RefCell::new(None),
            outcome: Once::new(),
        }
    }
}
