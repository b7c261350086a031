//! What is known of a call while it waits.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::Progress;
use super::engine::Fault;
use super::platform::{Handler, Once};
use super::subscription::Ears;
use crate::proto::client::RequestId;

/// A call that waits for its answer.
pub(super) struct Pending {
    /// Hears of the call's progress, in the place of the client's handler.
    pub handler: Option<Handler<Progress>>,
    /// Nobody is to hear of it.
    pub silent: bool,
    /// Hears whether nothing has come of the call for a while.
    pub on_stalled: Option<Handler<bool>>,
    pub stalled: Cell<bool>,
    /// Hears of the task that the call has become.
    pub on_task: Option<Handler<JsValue>>,
    /// What hears of changes, if the call is a subscription.
    pub ears: Option<Rc<Ears>>,
    /// The id of its first request.
    pub first: Cell<Option<RequestId>>,
    /// The id of its latest request.
    pub latest: Cell<Option<RequestId>>,
    /// It was given up: nothing is delivered any more.
    pub deaf: Cell<bool>,
    pub outcome: Once<Result<JsValue, Fault>>,
}

impl Pending {
    pub fn new(handler: Option<Handler<Progress>>, silent: bool) -> Self {
        Self {
            handler,
            silent,
            on_stalled: None,
            stalled: Cell::new(false),
            on_task: None,
            ears: None,
            first: Cell::new(None),
            latest: Cell::new(None),
            deaf: Cell::new(false),
            outcome: Once::new(),
        }
    }

    /// Whether nothing has come of the call for a while has changed, perhaps.
    pub fn stall(&self, stalled: bool) {
        if self.stalled.replace(stalled) != stalled
            && let Some(handler) = &self.on_stalled
        {
            handler.call(stalled);
        }
    }
}
