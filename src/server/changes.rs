//! What changes while a server runs, and telling every connection so.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{
    answers::{IntoContents, IntoPrompt},
    builder::Server,
    context::Context,
    register,
    result::IntoToolResult,
    shared::Shared,
};
use crate::{
    proto::server::{Change, ServerMachine},
    types::{Prompt, Resource, Tool},
};

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
    /// Adds a tool, in the place of the one that has its name. Clients are told.
    ///
    /// What a server has none of when a client connects is not declared to it, and so not served.
    ///
    /// # Panics
    /// If the arguments are no JSON object.
    pub fn add_tool<A, F, Fut>(&self, tool: Tool, handler: F)
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoToolResult> + Send + 'static,
    {
        let entry = register::tool(tool, handler);
        self.inner.catalog_mut().tools.add(entry);
        self.tools_changed();
    }

    /// Removes a tool, and tells clients. `false`: there is none of that name.
    pub fn remove_tool(&self, name: &str) -> bool {
        let is_gone = self.inner.catalog_mut().tools.remove(name);
        if is_gone {
            self.tools_changed();
        }
        is_gone
    }

    /// Adds a prompt, in the place of the one that has its name. Clients are told.
    ///
    /// # Panics
    /// If the arguments are no JSON object.
    pub fn add_prompt<A, F, Fut>(&self, prompt: Prompt, handler: F)
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoPrompt> + Send + 'static,
    {
        let entry = register::prompt(prompt, handler);
        self.inner.catalog_mut().prompts.add(entry);
        self.prompts_changed();
    }

    /// Removes a prompt, and tells clients. `false`: there is none of that name.
    pub fn remove_prompt(&self, name: &str) -> bool {
        let is_gone = self.inner.catalog_mut().prompts.remove(name);
        if is_gone {
            self.prompts_changed();
        }
        is_gone
    }

    /// Adds a resource, in the place of the one that has its URI. Clients are told.
    #[allow(clippy::needless_pass_by_value)] // as the other things are
    pub fn add_resource<F, Fut>(&self, resource: Resource, handler: F)
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoContents> + Send + 'static,
    {
        let entry = register::resource(&resource, handler);
        self.inner.catalog_mut().resources.add(entry);
        self.resources_changed();
    }

    /// Removes a resource, and tells clients. `false`: there is none of that URI.
    pub fn remove_resource(&self, uri: &str) -> bool {
        let is_gone = self.inner.catalog_mut().resources.remove(uri);
        if is_gone {
            self.resources_changed();
        }
        is_gone
    }

    /// The list of tools has changed, for a reason that the server does not see itself.
    pub fn tools_changed(&self) {
        self.changed(Change::Tools);
    }

    /// The list of prompts has changed, as with tools.
    pub fn prompts_changed(&self) {
        self.changed(Change::Prompts);
    }

    /// The list of resources has changed, as with tools.
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
            connection.send(ServerMachine::end_listens);
        }
    }

    fn changed(&self, change: Change<'_>) {
        for connection in self.inner.connections.all() {
            connection.send(|machine| machine.changed(change));
        }
    }
}
