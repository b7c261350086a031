//! Telling every connection of a server that something has changed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::{builder::Server, shared::Shared};
use crate::proto::server::Change;

/// The connections of a server that are alive.
#[derive(Default)]
pub(super) struct Connections {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    all: BTreeMap<u64, Weak<Shared>>,
}

impl Connections {
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

    fn all(&self) -> Vec<Arc<Shared>> {
        self.lock().all.values().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes reach every client that wants to know: since 2026-07-28 those that listen for them, before
/// that every session, and of the contents of a resource those that subscribed to it.
impl Server {
    /// The list of tools has changed.
    pub fn tools_changed(&self) {
        self.changed(Change::Tools);
    }

    /// The list of prompts has changed.
    pub fn prompts_changed(&self) {
        self.changed(Change::Prompts);
    }

    /// The list of resources has changed.
    pub fn resources_changed(&self) {
        self.changed(Change::Resources);
    }

    /// The contents of a resource have changed. Who subscribed to `a://b` hears of `a://b/c` too.
    pub fn resource_updated(&self, uri: &str) {
        self.changed(Change::Resource(uri));
    }

    /// Ends every listen request with its result, which tells the listeners that the server goes in
    /// peace.
    pub fn end_listens(&self) {
        for connection in self.inner.connections.all() {
            connection.send(crate::proto::server::ServerMachine::end_listens);
        }
    }

    fn changed(&self, change: Change<'_>) {
        for connection in self.inner.connections.all() {
            connection.send(|machine| machine.changed(change));
        }
    }
}
