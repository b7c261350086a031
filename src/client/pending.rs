//! What is known of a call while it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

use super::handler::{Callback, Once};
use super::machine::{Fault, Notification};
use super::{Progress, Value};
use crate::proto::client::RequestId;

/// A call that waits for its answer.
pub(super) struct Pending {
    /// Hears of the call's progress, in the place of the client's handler.
    pub handler: Option<Callback<Progress>>,
    /// Nobody is to hear of it.
    pub silent: bool,
    /// Hears whether nothing has come of the call for a while.
    pub on_stalled: Option<Callback<bool>>,
    stalled: AtomicBool,
    /// Hears of the task that the call has become.
    pub on_task: Option<Callback<Value>>,
    /// What hears of changes, if the call is a subscription.
    pub listener: Option<Arc<Listener>>,
    /// The id of its first request; 0 before that.
    first: AtomicI64,
    /// The id of its latest request.
    latest: AtomicI64,
    /// It was given up: nothing is delivered any more.
    deaf: AtomicBool,
    pub outcome: Once<Result<Value, Fault>>,
}

impl Pending {
    pub fn new(handler: Option<Callback<Progress>>, silent: bool) -> Self {
        Self {
            handler,
            silent,
            on_stalled: None,
            stalled: AtomicBool::new(false),
            on_task: None,
            listener: None,
            first: AtomicI64::new(0),
            latest: AtomicI64::new(0),
            deaf: AtomicBool::new(false),
            outcome: Once::new(),
        }
    }

    /// Its first request has left.
    pub fn begin(&self, id: RequestId) {
        self.first.store(id.get(), Relaxed);
        self.go_on(id);
    }

    /// It goes on with that request.
    pub fn go_on(&self, id: RequestId) {
        self.latest.store(id.get(), Relaxed);
    }

    pub fn first(&self) -> Option<RequestId> {
        RequestId::new(self.first.load(Relaxed))
    }

    pub fn latest(&self) -> Option<RequestId> {
        RequestId::new(self.latest.load(Relaxed))
    }

    pub fn is_deaf(&self) -> bool {
        self.deaf.load(Relaxed)
    }

    /// Nothing is delivered any more.
    pub fn deafen(&self) {
        self.deaf.store(true, Relaxed);
    }

    pub fn is_stalled(&self) -> bool {
        self.stalled.load(Relaxed)
    }

    /// Whether nothing has come of the call for a while has changed, perhaps.
    pub fn stall(&self, stalled: bool) {
        if self.stalled.swap(stalled, Relaxed) != stalled
            && let Some(handler) = &self.on_stalled
        {
            handler.call(stalled);
        }
    }
}

/// What hears of a subscription.
pub(super) struct Listener {
    pub notification: Option<Callback<Notification>>,
    pub interrupted: Option<Callback<Fault>>,
    /// What the server will tell of, when it has said so.
    pub honored: Once<Value>,
}
