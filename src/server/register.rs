//! Tools, resources and prompts with their handlers, as they go into the catalog.

use std::{future::Future, sync::Arc};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    answers::{IntoContents, IntoPrompt},
    catalog::{PromptHandler, ResourceHandler, ToolHandler},
    context::Context,
    result::IntoToolResult,
};
use crate::{
    jsonrpc::Raw,
    proto::service::{Argument, Entry, Template},
    types::{Prompt, PromptArgument, Resource, ResourceTemplate, Tool, schema},
};

pub(super) fn tool<A, F, Fut>(mut tool: Tool, handler: F) -> Entry<Raw, ToolHandler>
where
    A: DeserializeOwned + JsonSchema,
    F: Fn(A, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoToolResult> + Send + 'static,
{
    let name = tool.name.clone();
    let given = std::mem::take(&mut tool.input_schema);
    let schema = if given.is_empty() { schema::of_object::<A>() } else { schema::object(given) };
    tool.input_schema = match schema {
        Ok(schema) => schema,
        Err(root) => panic!("the arguments of tool `{name}` are no JSON object but: {root}"),
    };
    let start: ToolHandler = Arc::new(move |arguments, context| {
        let arguments = read(&arguments)?;
        let running = handler(arguments, context);
        Ok(Box::pin(async move { running.await.into_tool_result() }))
    });
    Entry { name, listed: written(&tool), thing: start }
}

pub(super) fn resource<F, Fut>(resource: &Resource, handler: F) -> Entry<Raw, ResourceHandler>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoContents> + Send + 'static,
{
    let mime_type = resource.mime_type.clone();
    let start: ResourceHandler = Arc::new(move |uri, _, context| {
        let (reading, mime_type) = (handler(context), mime_type.clone());
        Ok(Box::pin(async move { reading.await.into_contents(&uri, mime_type.as_deref()) }))
    });
    Entry { name: resource.uri.clone(), listed: written(resource), thing: start }
}

pub(super) fn template<A, F, Fut>(
    template: &ResourceTemplate,
    handler: F,
) -> Entry<Raw, (Arc<Template>, ResourceHandler)>
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
    let start: ResourceHandler = Arc::new(move |uri, variables, context| {
        let variables = A::deserialize(Value::Object(variables));
        let variables = variables.map_err(|error| error.to_string())?;
        let (reading, mime_type) = (handler(variables, context), mime_type.clone());
        Ok(Box::pin(async move { reading.await.into_contents(&uri, mime_type.as_deref()) }))
    });
    Entry { name: pattern, listed: written(template), thing: (Arc::new(parsed), start) }
}

pub(super) fn prompt<A, F, Fut>(
    mut prompt: Prompt,
    handler: F,
) -> Entry<Raw, (Arc<[Argument]>, PromptHandler)>
where
    A: DeserializeOwned + JsonSchema,
    F: Fn(A, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoPrompt> + Send + 'static,
{
    let name = prompt.name.clone();
    if prompt.arguments.is_empty() {
        prompt.arguments = match schema::of_object::<A>() {
            Ok(schema) => arguments(&schema),
            Err(root) => panic!("the arguments of prompt `{name}` are no JSON object but: {root}"),
        };
    }
    let declared = prompt
        .arguments
        .iter()
        .map(|argument| Argument { name: argument.name.clone(), is_required: argument.required });
    let start: PromptHandler = Arc::new(move |arguments, context| {
        let arguments = read(&arguments)?;
        let running = handler(arguments, context);
        Ok(Box::pin(async move { running.await.into_prompt() }))
    });
    Entry { name, thing: (declared.collect(), start), listed: written(&prompt) }
}

fn written(entry: &impl Serialize) -> Raw {
    // Writing these structs cannot fail: they have nothing that JSON lacks.
    Raw::of(entry).unwrap_or_default()
}

/// Reads arguments, or says in words why they do not fit.
fn read<A: DeserializeOwned>(arguments: &Raw) -> Result<A, String> {
    arguments.read().map_err(|error| {
        let mut reason = error.to_string();
        // Nobody counts lines of arguments.
        if let Some(end) = reason.rfind(" at line ") {
            reason.truncate(end);
        }
        reason
    })
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
