//! A server: its name, and its tools with their handlers.

use std::{collections::HashMap, future::Future, sync::Arc};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    context::Context,
    link::{Driver, Link},
    result::IntoToolResult,
    tasks::BoxFuture,
};
use crate::{
    proto::server::{Limits, Profile},
    types::{CallToolResult, Implementation, Tool},
};

/// A server: what every connection to it shares. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) profile: Profile,
    pub(super) limits: Limits,
    /// The result of `tools/list`: it never changes.
    pub(super) listing: Value,
    handlers: HashMap<String, Handler>,
}

/// Reads the arguments and starts the tool; `Err` says in words why they do not fit.
type Handler =
    Box<dyn Fn(Value, Context) -> Result<BoxFuture<CallToolResult>, String> + Send + Sync>;

/// Puts a [`Server`] together.
pub struct ServerBuilder {
    profile: Profile,
    limits: Limits,
    tools: Vec<Tool>,
    handlers: HashMap<String, Handler>,
}

/// The arguments of a tool that takes none. Given some, it ignores them.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub struct NoArguments {}

impl Server {
    /// Starts to put a server together.
    pub fn builder(name: impl Into<String>, version: impl Into<String>) -> ServerBuilder {
        ServerBuilder {
            profile: Profile {
                info: Implementation::new(name, version),
                instructions: None,
                ttl: 0.0,
            },
            limits: Limits::default(),
            tools: Vec::new(),
            handlers: HashMap::new(),
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

    pub(super) fn handler(&self, tool: &str) -> Option<&Handler> {
        self.inner.handlers.get(tool)
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

    /// Sets what one connection may hold at most.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
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
    /// # Panics
    /// If there is a tool of that name already, or the arguments are no JSON object.
    #[must_use]
    pub fn tool_with<A, F, Fut>(mut self, mut tool: Tool, handler: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoToolResult> + Send + 'static,
    {
        if tool.input_schema.is_empty() {
            tool.input_schema = input_schema::<A>(&tool.name);
        }
        let start: Handler = Box::new(move |arguments, context| {
            let arguments = A::deserialize(arguments).map_err(|error| error.to_string())?;
            let running = handler(arguments, context);
            Ok(Box::pin(async move { running.await.into_tool_result() }))
        });
        let before = self.handlers.insert(tool.name.clone(), start);
        assert!(before.is_none(), "there is a tool `{}` already", tool.name);
        self.tools.push(tool);
        self
    }

    /// The server.
    pub fn build(self) -> Server {
        let Self { profile, limits, tools, handlers } = self;
        let mut listing = Map::new();
        // Writing these structs cannot fail: they have nothing that JSON lacks.
        listing.insert("tools".to_owned(), serde_json::to_value(&tools).unwrap_or_default());
        let listing = Value::Object(listing);
        Server { inner: Arc::new(Inner { profile, limits, listing, handlers }) }
    }
}

/// The schema of a tool's arguments, as small as it can be: the dialect is the protocol's default,
/// and the name of a Rust type and what its documentation says are nobody's business.
fn input_schema<A: JsonSchema>(tool: &str) -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let Value::Object(mut schema) =
        settings.into_generator().into_root_schema_for::<A>().to_value()
    else {
        panic!("the arguments of tool `{tool}` have no schema that is an object");
    };
    schema.shift_remove("title");
    schema.shift_remove("description");
    let root = schema.entry("type").or_insert_with(|| "object".into());
    assert!(root == "object", "the arguments of tool `{tool}` are no JSON object but: {root}");
    schema
}
