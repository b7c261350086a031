//! The answers to what a call has asked its client.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{
    jsonrpc::Raw,
    proto::{server::AskKey, service::Unanswered},
};

/// The answers to the requests that one call has sent, until they are picked up.
#[derive(Default)]
pub(super) struct Inbox {
    slots: Mutex<BTreeMap<AskKey, Slot>>,
}

#[derive(Default)]
struct Slot {
    outcome: Option<Result<Raw, Unanswered<Raw>>>,
    waker: Option<Waker>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AskKey, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client has answered a request of ours.
    pub(super) fn answered(&self, ask: AskKey, outcome: Result<Raw, Unanswered<Raw>>) {
        let waker = {
            let mut slots = self.lock();
            let slot = slots.entry(ask).or_default();
            slot.outcome = Some(outcome);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ready with the answer to a request of ours.
    pub(super) fn poll(
        &self,
        ask: AskKey,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Raw, Unanswered<Raw>>> {
        let mut slots = self.lock();
        let slot = slots.entry(ask).or_default();
        if let Some(outcome) = slot.outcome.take() {
            return Poll::Ready(outcome);
        }
        slot.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Nobody waits for that answer any more.
    pub(super) fn forget(&self, ask: AskKey) {
        self.lock().remove(&ask);
    }
}
