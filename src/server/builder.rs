//! A server: its name, and what it has, with the handlers.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Extensions,
    answers::{IntoCompletion, IntoContents},
    changes::Connections,
    context::Context,
    link::{Driver, Link},
    register::{self, Handler, Thing},
    relay::Upstream,
    result::{PromptFn, ToolFn},
};
use crate::{
    jsonrpc::Raw,
    proto::{
        Millis,
        server::{Limits, Profile},
        service::{Binding, Catalog, Signer},
    },
    types::{CompletionRequest, Icon, Implementation, Prompt, Resource, ResourceTemplate, Tool},
};

/// A server: what every connection to it shares. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    profile: Profile,
    pub(super) limits: Limits,
    #[cfg(feature = "native")]
    intake: Arc<super::Intake>,
    catalog: RwLock<Catalog<Raw, Handler>>,
    pub(super) connections: Connections,
    signer: Mutex<Signer>,
    /// Who answers instead, if the server is elsewhere.
    pub(super) upstream: Option<Arc<dyn Upstream>>,
    clock: OnceLock<Clock>,
    /// How many states have been signed without a clock.
    signed: AtomicU64,
}

/// Without a clock, a state is good until so many more have been signed.
const WITHOUT_CLOCK: f64 = 1024.0;

type Clock = Box<dyn Fn() -> Millis + Send + Sync>;

/// Puts a [`Server`] together.
pub struct ServerBuilder {
    profile: Profile,
    limits: Limits,
    #[cfg(feature = "native")]
    max_reading: usize,
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
            catalog: Catalog::new(usize::MAX),
            key: None,
            lifetime: Duration::from_secs(15 * 60),
            upstream: None,
        }
    }

    /// The two halves of a new connection: the transport's, and the one that runs the handlers.
    ///
    /// Poll both in one task, the driver first: then a handler that reports faster than its peer
    /// reads steps aside for the transport at the right moment.
    pub fn connect(&self) -> (Link, Driver) {
        self.connect_with(Extensions::default())
    }

    /// The same for a connection that a request made, whose extensions the handlers may look at:
    /// [`Context::extensions`], [`Context::principal`].
    pub fn connect_with(&self, extensions: Extensions) -> (Link, Driver) {
        Driver::new(self.clone(), extensions, false)
    }

    /// The same for a connection that one request is made on.
    #[cfg(feature = "native")]
    pub(crate) fn connect_once(&self) -> (Link, Driver) {
        Driver::new(self.clone(), Extensions::default(), true)
    }

    /// The server's name and version.
    pub fn info(&self) -> &Implementation {
        &self.inner.profile.info
    }

    /// What one connection may hold.
    #[cfg(feature = "native")]
    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// What all messages that are being read may take.
    #[cfg(feature = "native")]
    pub(crate) fn intake(&self) -> &Arc<super::Intake> {
        &self.inner.intake
    }

    /// All tools as they are listed.
    #[cfg(feature = "native")]
    pub(crate) fn tools(&self) -> Vec<Raw> {
        self.inner.catalog().tools.all_listed().cloned().collect()
    }

    /// A tool as it is listed.
    #[cfg(feature = "native")]
    pub(crate) fn listed_tool(&self, name: &str) -> Option<Raw> {
        match &self.inner.upstream {
            Some(upstream) => upstream.tool(name),
            None => self.inner.catalog().tools.listed(name).cloned(),
        }
    }

    /// What callers of a tool have to be allowed.
    #[cfg(feature = "native")]
    pub(crate) fn tool_scopes(&self, name: &str) -> Option<Arc<[String]>> {
        self.inner.catalog().tools.get(name).map(|handler| Arc::clone(&handler.scopes))
    }

    /// Gives the server a clock, in milliseconds since 1970, unless it has one: without it, what is
    /// signed is good until 1,024 more things have been signed. `mcp_wasm::native` does so.
    pub fn set_clock(&self, clock: impl Fn() -> Millis + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }
}

impl Inner {
    /// What the server says about itself now.
    pub(super) fn profile(&self) -> Profile {
        self.catalog().profile(&self.profile)
    }

    /// What the server has. No handler runs while it is held. A panic leaves it whole.
    pub(super) fn catalog(&self) -> RwLockReadGuard<'_, Catalog<Raw, Handler>> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog<Raw, Handler>> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, signer: &Signer) -> Millis {
        #[allow(clippy::cast_precision_loss)] // not that many
        let count = || self.signed.load(Ordering::Relaxed) as f64;
        self.clock.get().map_or_else(|| count() * signer.lifetime / WITHOUT_CLOCK, |clock| clock())
    }

    /// A panic leaves it whole.
    fn signer(&self) -> MutexGuard<'_, Signer> {
        self.signer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers in a state that a request brings along, if it may be trusted.
    pub(super) fn open(&self, state: &str, binding: &Binding) -> Option<Vec<(String, Raw)>> {
        let mut signer = self.signer();
        let now = self.now(&signer);
        signer.open(state, binding, now)
    }

    /// The state that goes along with questions.
    pub(super) fn close(&self, binding: &Binding, answers: Vec<(String, Raw)>) -> String {
        let mut signer = self.signer();
        self.signed.fetch_add(1, Ordering::Relaxed);
        let now = self.now(&signer);
        signer.close(binding, answers, now)
    }

    /// A text that nobody can guess.
    pub(super) fn token(&self) -> String {
        self.signer().token()
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

    fn with(mut self, thing: Thing) -> Self {
        let _ = thing.register(&mut self.catalog, false);
        self
    }

    /// The server.
    ///
    /// # Panics
    /// If it has to make a key, and the system has no randomness.
    pub fn build(self) -> Server {
        #[cfg(feature = "native")]
        let intake = super::Intake::new(self.max_reading);
        let Self { profile, limits, catalog, key, lifetime, upstream, .. } = self;
        let key = key.unwrap_or_else(random_key);
        let inner = Inner {
            profile,
            limits,
            #[cfg(feature = "native")]
            intake,
            catalog: RwLock::new(catalog),
            connections: Connections::default(),
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
