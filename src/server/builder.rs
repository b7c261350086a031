//! A server: its name, and what it has, with the handlers.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, OnceLock, RwLock,
        atomic::{AtomicU64, AtomicUsize},
    },
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    answers::{IntoCompletion, IntoContents, PromptFn},
    connections::LiveConnections,
    model::{Context, Handler, Inner, Server},
    register::{self, Registration},
    relay::Upstream,
    result::ToolFn,
};
use crate::{
    jsonrpc::Raw,
    proto::{
        server::{Limits, Profile},
        service::{Catalog, Signer},
    },
    types::{CompletionRequest, Icon, Implementation, Prompt, Resource, ResourceTemplate, Tool},
};

/// Puts a [`Server`] together.
pub struct ServerBuilder {
    profile: Profile,
    limits: Limits,
    #[cfg(feature = "native")]
    max_reading: usize,
    max_working: usize,
    catalog: Catalog<Raw, Handler>,
    key: Option<Vec<u8>>,
    lifetime: Duration,
    upstream: Option<Arc<dyn Upstream>>,
}

/// The arguments of a tool that takes none. Given some, it ignores them.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub struct NoArguments {}

impl Server {
    /// Starts to put a server together.
    pub fn builder(name: impl Into<String>, version: impl Into<String>) -> ServerBuilder {
        ServerBuilder {
            profile: Profile::new(Implementation::new(name, version)),
            limits: Limits::default(),
            #[cfg(feature = "native")]
            max_reading: 64 << 20,
            max_working: 256 << 20,
            catalog: Catalog::new(usize::MAX),
            key: None,
            lifetime: Duration::from_secs(15 * 60),
            upstream: None,
        }
    }
}

impl ServerBuilder {
    /// Tells the model how to use the server.
    #[must_use]
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.profile.instructions = Some(text.into());
        self
    }

    /// Gives the server a name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.profile.info.title = Some(title.into());
        self
    }

    /// Gives the server a picture.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.profile.icons.push(icon);
        self
    }

    /// Sets what one connection may hold at most.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many bytes all messages together may have that are being read, or have not reached
    /// their handlers: 64 MiB, over all connections to this server, whatever the transport. Of each
    /// message, the first 8 KiB do not count.
    ///
    /// When there are as many, or a peer has half of them, further messages wait: sockets and pipes
    /// are not read, for 5 seconds at most. Room goes to the peer that has least, one message always
    /// goes on, and one that comes at less than 16 KiB a second gives way to whoever has waited for a
    /// second. What waits for too long or gives way is answered with 503 and `Retry-After`; a
    /// `WebSocket` is closed with 1013 (try again later), a line is refused.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn max_reading(mut self, bytes: usize) -> Self {
        self.max_reading = bytes;
        self
    }

    /// Sets how many bytes the arguments of all calls together may take that handlers are working on:
    /// 256 MiB, over all connections to this server. A call for which there is no room is answered with a
    /// result that says so; one by itself always has room.
    #[must_use]
    pub fn max_working(mut self, bytes: usize) -> Self {
        self.max_working = bytes;
        self
    }

    /// Sets how many tools, resources, templates or prompts are listed in one answer. Without it,
    /// all are.
    ///
    /// # Panics
    /// If it is zero.
    #[must_use]
    pub fn page_size(mut self, size: usize) -> Self {
        assert!(size > 0, "a page has entries");
        self.catalog.page_size = size;
        self
    }

    /// Says how long clients may keep lists (since 2026-07-28). Without it, not at all.
    #[must_use]
    pub fn list_lifetime(mut self, lifetime: Duration) -> Self {
        self.profile.ttl = lifetime.as_secs_f64() * 1000.0;
        self
    }

    /// Sets the key that signs what clients keep for the server. Without it, each server makes its
    /// own; several processes that serve the same clients need a common one, of 32 random bytes.
    #[must_use]
    pub fn state_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets how long a client may take to answer what it is asked: 15 minutes.
    #[must_use]
    pub fn state_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds a tool: a name, a description for the model, and an async function of its arguments
    /// and the [`Context`].
    ///
    /// The arguments are read by serde, and described to callers by schemars. Arguments that do not
    /// fit never reach the handler: the caller gets a result with `isError` that says what is
    /// wrong, so that a model can correct itself. A handler that panics ends its own call, with an
    /// internal error, and nothing else.
    ///
    /// # Panics
    /// If there is a tool of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn tool<A: DeserializeOwned + JsonSchema, F: ToolFn<A>>(
        self,
        name: impl Into<String>,
        description: impl Into<String>,
        handler: F,
    ) -> Self {
        self.tool_with(Tool::new(name, description), handler)
    }

    /// Adds a tool that says more about itself than its name and description.
    ///
    /// A tool with an [`input_schema`](Tool::input_schema) of its own may take its arguments as a
    /// plain `serde_json::Value`, or as [`Raw`]: a tree takes many times its text, and more than
    /// five times is refused above 256 KiB ([`Limits::arguments`]); what stays text may be of any size.
    ///
    /// # Panics
    /// If there is a tool of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn tool_with<A: DeserializeOwned + JsonSchema, F: ToolFn<A>>(
        self,
        tool: Tool,
        handler: F,
    ) -> Self {
        self.with(register::tool(tool, handler))
    }

    /// Adds a resource, with an async function that reads it. See [`IntoContents`] for what that may
    /// return.
    ///
    /// # Panics
    /// If there is a resource of that URI already.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // as the other things are
    pub fn resource<F, Fut>(self, resource: Resource, handler: F) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoContents> + Send + 'static,
    {
        self.with(register::resource(&resource, handler))
    }

    /// Adds a family of resources, with an async function of the variables in their URIs.
    ///
    /// The variables are texts, and read by serde. A URI belongs to the first template that it
    /// matches, if it is not that of a [`resource`](Self::resource).
    ///
    /// # Panics
    /// If there is a template of that pattern already, or the pattern is not understood: `{name}` is
    /// (RFC 6570, level 1).
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // as the other things are
    pub fn resource_template<A, F, Fut>(self, template: ResourceTemplate, handler: F) -> Self
    where
        A: DeserializeOwned,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoContents> + Send + 'static,
    {
        self.with(register::template(&template, handler))
    }

    /// Adds a prompt: a name, a description, and an async function of its arguments and the
    /// [`Context`]. See [`IntoPrompt`](super::IntoPrompt) for what that may return.
    ///
    /// The arguments are texts, read by serde; the list of them that clients see comes from schemars.
    ///
    /// # Panics
    /// If there is a prompt of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn prompt<A: DeserializeOwned + JsonSchema, F: PromptFn<A>>(
        self,
        name: impl Into<String>,
        description: impl Into<String>,
        handler: F,
    ) -> Self {
        self.prompt_with(Prompt::new(name, description), handler)
    }

    /// Adds a prompt that says more about itself than its name and description.
    ///
    /// # Panics
    /// If there is a prompt of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn prompt_with<A: DeserializeOwned + JsonSchema, F: PromptFn<A>>(
        self,
        prompt: Prompt,
        handler: F,
    ) -> Self {
        self.with(register::prompt(prompt, handler))
    }

    /// Suggests values for the arguments of prompts and the variables of resource templates. The
    /// function is asked only for those that there are; [`Completion::matching`] picks the values
    /// that start with what has been typed.
    ///
    /// [`Completion::matching`]: crate::types::Completion::matching
    #[must_use]
    pub fn completion<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(CompletionRequest, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoCompletion> + Send + 'static,
    {
        let _ = register::completion(handler).register(&mut self.catalog, true);
        self
    }

    /// Hands every connection to somebody who answers for a server that is elsewhere. Tools and all
    /// else that is added here are then nobody's.
    #[doc(hidden)]
    #[must_use]
    pub fn relay(mut self, upstream: impl Upstream) -> Self {
        self.upstream = Some(Arc::new(upstream));
        self
    }

    fn with(mut self, registration: Registration) -> Self {
        let _ = registration.register(&mut self.catalog, false);
        self
    }

    /// The server.
    ///
    /// # Panics
    /// If it has to make a key, and the system has no randomness.
    pub fn build(self) -> Server {
        #[cfg(feature = "native")]
        let intake = super::Intake::new(self.max_reading);
        let Self { profile, limits, max_working, catalog, key, lifetime, upstream, .. } = self;
        let key = key.unwrap_or_else(random_key);
        let inner = Inner {
            profile,
            limits,
            #[cfg(feature = "native")]
            intake,
            catalog: RwLock::new(catalog),
            connections: LiveConnections::default(),
            working: AtomicUsize::new(0),
            max_working,
            signer: Mutex::new(Signer::new(key, lifetime.as_secs_f64() * 1000.0, random_number())),
            upstream,
            clock: OnceLock::new(),
            signed: AtomicU64::new(0),
        };
        Server { inner: Arc::new(inner) }
    }
}

/// Where the numbers of states and tokens begin. Servers that share a key ought to differ, but nothing hangs
/// on it.
fn random_number() -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// A key that nobody knows.
///
/// # Panics
/// If the system has no randomness.
fn random_key() -> Vec<u8> {
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).expect("the system has randomness");
    key
}
