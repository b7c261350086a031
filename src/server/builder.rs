//! A server: its name, and what it has, with the handlers.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    answers::{IntoCompletion, IntoContents, IntoPrompt},
    catalog::{Argument, Catalog, PromptHandler, ResourceHandler, ToolHandler},
    changes::Connections,
    context::Context,
    link::{Driver, Link},
    result::IntoToolResult,
    seal::{Binding, Seal},
    template::Template,
};
use crate::{
    proto::{
        Millis,
        server::{Feature, Features, Inputs, Limits, Profile},
    },
    types::{
        CompletionRequest, Icon, Implementation, Prompt, PromptArgument, Resource,
        ResourceTemplate, Tool, schema,
    },
};

/// A server: what every connection to it shares. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) profile: Profile,
    pub(super) limits: Limits,
    pub(super) catalog: Catalog,
    pub(super) connections: Connections,
    seal: Seal,
    clock: OnceLock<Clock>,
}

type Clock = Box<dyn Fn() -> Millis + Send + Sync>;

/// Puts a [`Server`] together.
pub struct ServerBuilder {
    profile: Profile,
    limits: Limits,
    catalog: Catalog,
    key: Option<Vec<u8>>,
    lifetime: Duration,
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
            catalog: Catalog { page_size: usize::MAX, ..Catalog::default() },
            key: None,
            lifetime: Duration::from_secs(15 * 60),
        }
    }

    /// The two halves of a new connection: the transport's, and the one that runs the handlers.
    ///
    /// Poll both in one task, the driver first: then a handler that reports faster than its peer
    /// reads steps aside for the transport at the right moment.
    pub fn connect(&self) -> (Link, Driver) {
        Driver::new(self.clone())
    }

    /// The server's name and version.
    pub fn info(&self) -> &Implementation {
        &self.inner.profile.info
    }

    /// All tools as they are listed.
    #[cfg(feature = "native")]
    pub(crate) fn tools(&self) -> &[Value] {
        self.inner.catalog.tools.entries()
    }

    /// Gives the server a clock, in milliseconds since 1970, unless it has one: without it, what is
    /// signed never expires. `mcp_wasm::native` does so.
    pub fn set_clock(&self, clock: impl Fn() -> Millis + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }
}

impl Inner {
    fn now(&self) -> Millis {
        self.clock.get().map_or(0.0, |clock| clock())
    }

    /// The answers that a request brings along. `None`: its state is not one that may be trusted.
    pub(super) fn given(
        &self,
        inputs: Inputs<Value>,
        binding: Option<&Binding>,
    ) -> Option<BTreeMap<String, Value>> {
        let mut given = match &inputs.state {
            None => BTreeMap::new(),
            Some(state) => self.seal.open(state, binding?, self.now())?,
        };
        if let Some(Value::Object(responses)) = inputs.responses {
            given.extend(responses);
        }
        Some(given)
    }

    /// The state that goes along with questions.
    pub(super) fn close(&self, binding: &Binding, answers: BTreeMap<String, Value>) -> String {
        self.seal.close(binding, answers, self.now())
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
    pub fn tool<A, F, Fut>(
        self,
        name: impl Into<String>,
        description: impl Into<String>,
        handler: F,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoToolResult> + Send + 'static,
    {
        self.tool_with(Tool::new(name, description), handler)
    }

    /// Adds a tool that says more about itself than its name and description.
    ///
    /// A tool with an [`input_schema`](Tool::input_schema) of its own may take its arguments as a
    /// plain `serde_json::Value`.
    ///
    /// # Panics
    /// If there is a tool of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn tool_with<A, F, Fut>(mut self, mut tool: Tool, handler: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoToolResult> + Send + 'static,
    {
        let name = tool.name.clone();
        if tool.input_schema.is_empty() {
            tool.input_schema = match schema::of_object::<A>() {
                Ok(schema) => schema,
                Err(root) => {
                    panic!("the arguments of tool `{name}` are no JSON object but: {root}")
                }
            };
        }
        let start: ToolHandler = Box::new(move |arguments, context| {
            let arguments = A::deserialize(arguments).map_err(|error| error.to_string())?;
            let running = handler(arguments, context);
            Ok(Box::pin(async move { running.await.into_tool_result() }))
        });
        let is_new = self.catalog.tools.add(name.clone(), written(&tool), start);
        assert!(is_new, "there is a tool `{name}` already");
        self
    }

    /// Adds a resource, with an async function that reads it. See [`IntoContents`] for what that may
    /// return.
    ///
    /// # Panics
    /// If there is a resource of that URI already.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // as the other things are
    pub fn resource<F, Fut>(mut self, resource: Resource, handler: F) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoContents> + Send + 'static,
    {
        let (uri, mime_type) = (resource.uri.clone(), resource.mime_type.clone());
        let start: ResourceHandler = Box::new(move |uri, _, context| {
            let (reading, mime_type) = (handler(context), mime_type.clone());
            Ok(Box::pin(async move { reading.await.into_contents(&uri, mime_type.as_deref()) }))
        });
        let is_new = self.catalog.resources.add(uri.clone(), written(&resource), start);
        assert!(is_new, "there is a resource `{uri}` already");
        self
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
    pub fn resource_template<A, F, Fut>(mut self, template: ResourceTemplate, handler: F) -> Self
    where
        A: DeserializeOwned,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoContents> + Send + 'static,
    {
        let (pattern, mime_type) = (template.uri_template.clone(), template.mime_type.clone());
        let parsed = match Template::parse(&pattern) {
            Ok(parsed) => parsed,
            Err(reason) => panic!("the template `{pattern}` is not understood: {reason}"),
        };
        let start: ResourceHandler = Box::new(move |uri, variables, context| {
            let variables = A::deserialize(Value::Object(variables));
            let variables = variables.map_err(|error| error.to_string())?;
            let (reading, mime_type) = (handler(variables, context), mime_type.clone());
            Ok(Box::pin(async move { reading.await.into_contents(&uri, mime_type.as_deref()) }))
        });
        let (entry, thing) = (written(&template), (parsed, start));
        let is_new = self.catalog.templates.add(pattern.clone(), entry, thing);
        assert!(is_new, "there is a template `{pattern}` already");
        self
    }

    /// Adds a prompt: a name, a description, and an async function of its arguments and the
    /// [`Context`]. See [`IntoPrompt`] for what that may return.
    ///
    /// The arguments are texts, read by serde; the list of them that clients see comes from schemars.
    ///
    /// # Panics
    /// If there is a prompt of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn prompt<A, F, Fut>(
        self,
        name: impl Into<String>,
        description: impl Into<String>,
        handler: F,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoPrompt> + Send + 'static,
    {
        self.prompt_with(Prompt::new(name, description), handler)
    }

    /// Adds a prompt that says more about itself than its name and description.
    ///
    /// # Panics
    /// If there is a prompt of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn prompt_with<A, F, Fut>(mut self, mut prompt: Prompt, handler: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoPrompt> + Send + 'static,
    {
        let name = prompt.name.clone();
        if prompt.arguments.is_empty() {
            prompt.arguments = match schema::of_object::<A>() {
                Ok(schema) => arguments(&schema),
                Err(root) => {
                    panic!("the arguments of prompt `{name}` are no JSON object but: {root}")
                }
            };
        }
        let declared = prompt.arguments.iter();
        let declared = declared.map(|argument| Argument {
            name: argument.name.clone(),
            is_required: argument.required,
        });
        let start: PromptHandler = Box::new(move |arguments, context| {
            let arguments = A::deserialize(arguments).map_err(|error| error.to_string())?;
            let running = handler(arguments, context);
            Ok(Box::pin(async move { running.await.into_prompt() }))
        });
        let thing = (declared.collect(), start);
        let is_new = self.catalog.prompts.add(name.clone(), written(&prompt), thing);
        assert!(is_new, "there is a prompt `{name}` already");
        self
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
        self.catalog.completion = Some(Box::new(move |request, context| {
            let running = handler(request, context);
            Box::pin(async move { running.await.into_completion() })
        }));
        self
    }

    /// The server.
    ///
    /// # Panics
    /// If it has to make a key, and the system has no randomness.
    pub fn build(self) -> Server {
        let Self { mut profile, limits, catalog, key, lifetime } = self;
        let changing = |is_empty| if is_empty { Feature::Absent } else { Feature::Changing };
        let has_no_resource = catalog.resources.is_empty() && catalog.templates.is_empty();
        profile.features = Features {
            tools: changing(catalog.tools.is_empty()),
            resources: changing(has_no_resource),
            prompts: changing(catalog.prompts.is_empty()),
            subscribe: !has_no_resource,
            completions: catalog.completion.is_some(),
            logging: true,
        };
        let seal = Seal::new(key.unwrap_or_else(Seal::random_key), lifetime.as_secs_f64() * 1000.0);
        let (connections, clock) = (Connections::default(), OnceLock::new());
        Server { inner: Arc::new(Inner { profile, limits, catalog, connections, seal, clock }) }
    }
}

fn written(entry: &impl Serialize) -> Value {
    // Writing these structs cannot fail: they have nothing that JSON lacks.
    serde_json::to_value(entry).unwrap_or_default()
}

/// The arguments of a prompt, from the schema of their type.
fn arguments(schema: &Map<String, Value>) -> Vec<PromptArgument> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let fields = schema.get("properties").and_then(Value::as_object);
    fields
        .into_iter()
        .flatten()
        .map(|(name, field)| {
            let text = |key: &str| field.get(key).and_then(Value::as_str).map(str::to_owned);
            PromptArgument {
                name: name.clone(),
                title: text("title"),
                description: text("description"),
                required: required.contains(&name.as_str()),
            }
        })
        .collect()
}
