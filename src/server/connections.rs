//! The connections of a server.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::shared::Shared;

/// The connections of a server that are alive.
#[derive(Default)]
pub(super) struct LiveConnections {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    all: BTreeMap<u64, Weak<Shared>>,
}

impl LiveConnections {
    pub(super) fn add(&self, connection: &Arc<Shared>) -> u64 {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        state.all.insert(number, Arc::downgrade(connection));
        number
    }

    pub(super) fn remove(&self, number: u64) {
        self.lock().all.remove(&number);
    }

    pub(super) fn all(&self) -> Vec<Arc<Shared>> {
        self.lock().all.values().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
