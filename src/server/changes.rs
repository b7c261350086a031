//! What changes while a server runs, and telling every connection so.

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{
    answers::{IntoContents, PromptFn},
    model::{Context, Server},
    register::{self, Registration},
    result::ToolFn,
};
use crate::{
    proto::{server::Change, service::HandlerKind},
    types::{Prompt, Resource, Tool},
};

/// Changes reach every client that wants to know: since 2026-07-28 those that listen for them, before
/// that every session, and of the contents of a resource those that subscribed to it.
impl Server {
    /// Adds a tool, or replaces the one of that name. Clients are told.
    ///
    /// A server that has none when a client connects does not declare tools to it, and so serves it none.
    ///
    /// # Panics
    /// If the arguments are no JSON object.
    pub fn add_tool<A: DeserializeOwned + JsonSchema, F: ToolFn<A>>(&self, tool: Tool, handler: F) {
        self.add(register::tool(tool, handler));
    }

    /// Removes a tool, and tells clients. `false`: there is none of that name.
    pub fn remove_tool(&self, name: &str) -> bool {
        self.remove(HandlerKind::Tool, name)
    }

    /// Adds a prompt, or replaces the one of that name. Clients are told.
    ///
    /// # Panics
    /// If the arguments are no JSON object.
    pub fn add_prompt<A: DeserializeOwned + JsonSchema, F: PromptFn<A>>(
        &self,
        prompt: Prompt,
        handler: F,
    ) {
        self.add(register::prompt(prompt, handler));
    }

    /// Removes a prompt, and tells clients. `false`: there is none of that name.
    pub fn remove_prompt(&self, name: &str) -> bool {
        self.remove(HandlerKind::Prompt, name)
    }

    /// Adds a resource, or replaces the one of that URI. Clients are told.
    #[allow(clippy::needless_pass_by_value)] // as the other things are
    pub fn add_resource<F, Fut>(&self, resource: Resource, handler: F)
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoContents> + Send + 'static,
    {
        self.add(register::resource(&resource, handler));
    }

    /// Removes a resource, and tells clients. `false`: there is none of that URI.
    pub fn remove_resource(&self, uri: &str) -> bool {
        self.remove(HandlerKind::Resource, uri)
    }

    /// The list of tools has changed, for a reason that the server does not see itself.
    pub fn tools_changed(&self) {
        self.changed(Some(Change::Tools));
    }

    /// The list of prompts has changed, as with tools.
    pub fn prompts_changed(&self) {
        self.changed(Some(Change::Prompts));
    }

    /// The list of resources has changed, as with tools.
    pub fn resources_changed(&self) {
        self.changed(Some(Change::Resources));
    }

    /// The contents of a resource have changed. Who subscribed to `a://b` hears of `a://b/c` too.
    pub fn resource_updated(&self, uri: &str) {
        self.changed(Some(Change::Resource(uri)));
    }

    /// Ends every listen request with its result, which tells the listeners that the server ends in an
    /// orderly way.
    pub fn end_listens(&self) {
        for connection in self.inner.connections.all() {
            connection.send(|session| session.machine_mut().end_listens());
        }
    }

    fn add(&self, registration: Registration) {
        let kind = registration.register(&mut self.inner.catalog_mut(), true);
        self.changed(kind.change());
    }

    fn remove(&self, kind: HandlerKind, name: &str) -> bool {
        let is_gone = self.inner.catalog_mut().remove(kind, name);
        if is_gone {
            self.changed(kind.change());
        }
        is_gone
    }

    fn changed(&self, change: Option<Change<'_>>) {
        let Some(change) = change else { return };
        for connection in self.inner.connections.all() {
            connection.send(|session| session.machine_mut().changed(change));
        }
    }
}
