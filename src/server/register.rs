//! Tools, resources and prompts with their handlers, as they go into the catalog.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    answers::{IntoCompletion, IntoContents, IntoPrompt, PromptFn, ReadError},
    model::{Context, Handler, Input, Outcome, Start},
    result::{IntoToolResult, ToolFn},
};
use crate::{
    jsonrpc::{Payload, Raw, code},
    proto::service::{Catalog, HandlerFailure, HandlerKind},
    types::{
        CompletionRequest, Prompt, PromptArgument, Reference, Resource, ResourceTemplate, Tool,
        is_scope, schema,
    },
};

/// Something that a server has.
pub(super) struct Registration {
    kind: HandlerKind,
    /// Its name or URI.
    name: String,
    /// As it is listed.
    listed: Raw,
    handler: Handler,
}

impl Registration {
    /// Adds it to the catalog, replacing what has its name.
    ///
    /// # Panics
    /// If its definition is not understood, or if there is one already and `replace` is false.
    pub(super) fn register(
        self,
        catalog: &mut Catalog<Raw, Handler>,
        replace: bool,
    ) -> HandlerKind {
        let Self { kind, name, listed, handler } = self;
        let what = match kind {
            HandlerKind::Tool => "tool",
            HandlerKind::Resource => "resource",
            HandlerKind::Template => "template",
            HandlerKind::Prompt => "prompt",
            HandlerKind::Completion => "completion",
        };
        match catalog.add(kind, listed, handler) {
            Ok(is_new) => assert!(replace || is_new, "there is a {what} `{name}` already"),
            Err(reason) => panic!("the {what} `{name}` cannot be added: {reason}"),
        }
        kind
    }
}

pub(super) fn tool<A: DeserializeOwned + JsonSchema, F: ToolFn<A>>(
    mut tool: Tool,
    handler: F,
) -> Registration {
    let name = tool.name.clone();
    let given = std::mem::take(&mut tool.input_schema);
    let schema = if given.is_empty() { schema::of_object::<A>() } else { schema::object(given) };
    tool.input_schema = match schema {
        Ok(schema) => schema,
        Err(root) => panic!("the arguments of tool `{name}` are no JSON object but: {root}"),
    };
    let start = starting(&tool.scopes, move |input, context| {
        let running = handler(read(&input.value, &context)?, context);
        Ok(async move { result(&running.await.into_tool_result()) })
    });
    Registration { kind: HandlerKind::Tool, name, listed: written(&tool), handler: start }
}

pub(super) fn resource<F, Fut>(resource: &Resource, handler: F) -> Registration
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoContents> + Send + 'static,
{
    let mime_type = resource.mime_type.clone();
    let start = starting(&resource.scopes, move |input, context| {
        let (reading, mime_type) = (handler(context), mime_type.clone());
        Ok(async move { contents(reading.await, &input.name, mime_type.as_deref()) })
    });
    let name = resource.uri.clone();
    Registration { kind: HandlerKind::Resource, name, listed: written(resource), handler: start }
}

pub(super) fn template<A, F, Fut>(template: &ResourceTemplate, handler: F) -> Registration
where
    A: DeserializeOwned,
    F: Fn(A, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoContents> + Send + 'static,
{
    let mime_type = template.mime_type.clone();
    let start = starting(&template.scopes, move |input, context| {
        let (reading, mime_type) =
            (handler(read(&input.value, &context)?, context), mime_type.clone());
        Ok(async move { contents(reading.await, &input.name, mime_type.as_deref()) })
    });
    let name = template.uri_template.clone();
    Registration { kind: HandlerKind::Template, name, listed: written(template), handler: start }
}

pub(super) fn prompt<A: DeserializeOwned + JsonSchema, F: PromptFn<A>>(
    mut prompt: Prompt,
    handler: F,
) -> Registration {
    let name = prompt.name.clone();
    if prompt.arguments.is_empty() {
        prompt.arguments = match schema::of_object::<A>() {
            Ok(schema) => arguments(&schema),
            Err(root) => panic!("the arguments of prompt `{name}` are no JSON object but: {root}"),
        };
    }
    let start = starting(&prompt.scopes, move |input, context| {
        let running = handler(read(&input.value, &context)?, context);
        Ok(async move { result(&running.await.into_prompt().map_err(failed)?) })
    });
    Registration { kind: HandlerKind::Prompt, name, listed: written(&prompt), handler: start }
}

pub(super) fn completion<F, Fut>(handler: F) -> Registration
where
    F: Fn(CompletionRequest, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoCompletion> + Send + 'static,
{
    let start = starting(&[], move |input, context| {
        let running = handler(completed(&input.value), context);
        Ok(async move { result(&running.await.into_completion().map_err(failed)?) })
    });
    let (name, listed) = ("completion".to_owned(), Raw::object());
    Registration { kind: HandlerKind::Completion, name, listed, handler: start }
}

/// A handler of one type for all of them, whose callers need these scopes.
fn starting<F, Fut>(scopes: &[String], start: F) -> Handler
where
    F: Fn(Input, Context) -> Result<Fut, String> + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    for scope in scopes {
        assert!(is_scope(scope), "`{scope}` is no scope");
    }
    let start: Start = Arc::new(move |input, context| Ok(Box::pin(start(input, context)?)));
    Handler { start, scopes: scopes.into() }
}

fn written(entry: &impl Serialize) -> Raw {
    // Writing these structs cannot fail: they have nothing that JSON lacks.
    Raw::of(entry).unwrap_or_default()
}

fn result(result: &impl Serialize) -> Outcome {
    Raw::of(result).map_err(|error| HandlerFailure {
        message: format!("the result is no JSON: {error}"),
        code: Some(code::INTERNAL_ERROR),
        data: None,
    })
}

fn contents(read: impl IntoContents, uri: &str, mime_type: Option<&str>) -> Outcome {
    match read.into_contents(uri, mime_type) {
        Ok(contents) => result(&BTreeMap::from([("contents", contents)])),
        Err(ReadError::NotFound) => Ok(Raw::default()),
        Err(ReadError::Failed(text)) => Err(failed(text)),
    }
}

fn failed(message: String) -> HandlerFailure<Raw> {
    HandlerFailure { message, code: None, data: None }
}

/// Reads arguments, or says in words why they do not fit.
fn read<A: DeserializeOwned>(arguments: &Raw, context: &Context) -> Result<A, String> {
    let floor = context.call.server.inner.limits.arguments;
    let (read, bytes) = arguments.read_weighed(floor).map_err(|error| error.to_string())?;
    if context.call.hold(bytes) {
        Ok(read)
    } else {
        Err("the server works on as much as it has room for: send them again later".to_owned())
    }
}

/// What is to be completed, as the catalog hands it over.
fn completed(input: &Raw) -> CompletionRequest {
    let text = |key| input.text(key).unwrap_or_default();
    let reference = match input.text("prompt") {
        Some(name) => Reference::Prompt(name),
        None => Reference::Resource(text("resource")),
    };
    let mut arguments = BTreeMap::new();
    if let Some(all) = input.get("arguments") {
        // If a member occurs twice, the last one counts.
        all.each_member(&mut |name, value| {
            match value.as_text() {
                Some(text) => arguments.insert(name.to_owned(), text),
                None => arguments.remove(name),
            };
            true
        });
    }
    CompletionRequest { reference, argument: text("argument"), value: text("value"), arguments }
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
