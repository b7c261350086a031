//! From what is asked for to the handler that answers it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    answers::ReadError, builder::Inner, catalog::ResourceHandler, context::Context,
    tasks::BoxFuture,
};
use crate::{
    jsonrpc::{Payload, Raw, RpcError, code},
    proto::{
        server::{ECHO, Operation, clip, no_such_resource},
        service::{check_arguments, unknown},
        version::Version,
    },
    types::{CallToolResult, Completion, CompletionRequest, Reference},
};

/// The answer to a request.
pub(super) type Outcome = Result<Raw, RpcError<Raw>>;

/// Suggestions that one answer may carry.
const SUGGESTIONS: usize = 100;

/// Arguments that a request for suggestions may bring along.
const ARGUMENTS: usize = 256;

/// How a request is answered.
pub(super) enum Served {
    /// At once.
    Now(Outcome),
    /// When this ends.
    Later(BoxFuture<Outcome>),
}

impl Inner {
    /// Answers what needs no handler, and starts the handler of everything else.
    pub(super) fn serve(&self, operation: Operation<Raw>, context: Context) -> Served {
        let version = context.protocol_version();
        match operation {
            Operation::ListTools { cursor } => {
                let lists = self.catalog();
                Served::Now(lists.tools.page("tools", cursor.as_deref(), lists.page_size, version))
            }
            Operation::ListResources { cursor } => {
                let lists = self.catalog();
                Served::Now(lists.resources.page(
                    "resources",
                    cursor.as_deref(),
                    lists.page_size,
                    version,
                ))
            }
            Operation::ListResourceTemplates { cursor } => {
                let lists = self.catalog();
                Served::Now(lists.templates.page(
                    "resourceTemplates",
                    cursor.as_deref(),
                    lists.page_size,
                    version,
                ))
            }
            Operation::ListPrompts { cursor } => {
                let lists = self.catalog();
                Served::Now(lists.prompts.page(
                    "prompts",
                    cursor.as_deref(),
                    lists.page_size,
                    version,
                ))
            }
            Operation::Subscribe { uri } => Served::Now(match self.find(&uri) {
                Some(_) => Ok(Raw::object()),
                None => Err(no_such_resource(version, &uri)),
            }),
            Operation::CallTool { name, arguments } => {
                self.call(&name, or_empty(arguments), context).unwrap_or_else(refused)
            }
            Operation::ReadResource { uri } => self.read(uri, context).unwrap_or_else(refused),
            Operation::GetPrompt { name, arguments } => {
                self.prompt(&name, or_empty(arguments), context).unwrap_or_else(refused)
            }
            Operation::Complete { reference, argument, value, arguments } => {
                let arguments = or_empty(arguments);
                if arguments.exceeds(ARGUMENTS) {
                    let text = "there are too many arguments";
                    return refused(RpcError::new(code::INVALID_PARAMS, text));
                }
                let mut texts = BTreeMap::new();
                // Of those that stand twice, the last counts.
                arguments.each_member(&mut |name, value| {
                    match value.as_text() {
                        Some(text) => texts.insert(name.to_owned(), text),
                        None => texts.remove(name),
                    };
                    true
                });
                let arguments = texts;
                let request = CompletionRequest { reference, argument, value, arguments };
                self.complete(request, context).unwrap_or_else(refused)
            }
        }
    }

    fn call(&self, name: &str, arguments: Raw, context: Context) -> Result<Served, RpcError<Raw>> {
        let version = context.protocol_version();
        let handler = self.catalog().tools.get(name).cloned();
        let handler = handler.ok_or_else(|| unknown("tool", name))?;
        Ok(match handler(arguments, context) {
            Ok(running) => {
                Served::Later(Box::pin(async move { tool_result(running.await, version) }))
            }
            Err(reason) => {
                let reason = clip(&reason, 4 * ECHO);
                let text = format!("the arguments of `{name}` do not fit: {reason}");
                Served::Now(tool_result(CallToolResult::error(text), version))
            }
        })
    }

    /// The handler of a resource, and the variables in its URI.
    fn find(&self, uri: &str) -> Option<(ResourceHandler, Map<String, Value>)> {
        let catalog = self.catalog();
        if let Some(handler) = catalog.resources.at(uri) {
            return Some((handler.clone(), Map::new()));
        }
        let mut templates = catalog.templates.iter();
        templates.find_map(|(template, handler)| {
            let variables = template.matches(uri)?.into_iter();
            let variables = variables.map(|(name, text)| (name, text.into())).collect();
            Some((handler.clone(), variables))
        })
    }

    fn read(&self, uri: String, context: Context) -> Result<Served, RpcError<Raw>> {
        let version = context.protocol_version();
        let Some((handler, variables)) = self.find(&uri) else {
            return Err(no_such_resource(version, &uri));
        };
        // Variables that do not fit name nothing.
        let reading = handler(uri.clone(), variables, context)
            .map_err(|_| no_such_resource(version, &uri))?;
        Ok(Served::Later(Box::pin(async move {
            match reading.await {
                Ok(contents) => written(&BTreeMap::from([("contents", contents)])),
                Err(ReadError::NotFound) => Err(no_such_resource(version, &uri)),
                Err(ReadError::Failed(text)) => Err(RpcError::new(code::INTERNAL_ERROR, text)),
            }
        })))
    }

    fn prompt(
        &self,
        name: &str,
        arguments: Raw,
        context: Context,
    ) -> Result<Served, RpcError<Raw>> {
        let found = self.catalog().prompts.get(name).cloned();
        let (declared, handler) = found.ok_or_else(|| unknown("prompt", name))?;
        check_arguments(&declared, &arguments)?;
        let running = handler(arguments, context).map_err(|reason| {
            let reason = clip(&reason, 4 * ECHO);
            let text = format!("the arguments of `{name}` do not fit: {reason}");
            RpcError::new(code::INVALID_PARAMS, text)
        })?;
        Ok(Served::Later(Box::pin(async move {
            let prompt = running.await;
            written(&prompt.map_err(|text| RpcError::new(code::INTERNAL_ERROR, text))?)
        })))
    }

    fn complete(
        &self,
        request: CompletionRequest,
        context: Context,
    ) -> Result<Served, RpcError<Raw>> {
        let catalog = self.catalog();
        let Some(handler) = catalog.completion.clone() else {
            return Err(RpcError::new(code::METHOD_NOT_FOUND, "there are no suggestions"));
        };
        let argument = &request.argument;
        let is_known = match &request.reference {
            Reference::Prompt(name) => {
                let found = catalog.prompts.get(name);
                let (declared, _) = found.ok_or_else(|| unknown("prompt", name))?;
                declared.iter().any(|known| known.name == *argument)
            }
            Reference::Resource(uri) => {
                let found = catalog.templates.get(uri);
                let (template, _) = found.ok_or_else(|| unknown("resource template", uri))?;
                template.has(argument)
            }
        };
        if !is_known {
            return Err(unknown("argument", argument));
        }
        drop(catalog);
        let running = handler(request, context);
        Ok(Served::Later(Box::pin(async move {
            let found = running.await;
            let completion = found.map_err(|text| RpcError::new(code::INTERNAL_ERROR, text))?;
            written(&BTreeMap::from([("completion", limited(completion))]))
        })))
    }
}

fn or_empty(arguments: Option<Raw>) -> Raw {
    arguments.unwrap_or_else(Raw::object)
}

fn refused(error: RpcError<Raw>) -> Served {
    Served::Now(Err(error))
}

/// A tool's result, as its revision can have it.
fn tool_result(mut result: CallToolResult, version: Version) -> Outcome {
    if !version.structures_any_value() {
        result.structured_content.take_if(|value| !value.is_object());
    }
    written(&result)
}

fn written(result: &impl Serialize) -> Outcome {
    Raw::of(result).map_err(|error| {
        RpcError::new(code::INTERNAL_ERROR, format!("the result is no JSON: {error}"))
    })
}

fn limited(mut completion: Completion) -> Completion {
    if completion.values.len() > SUGGESTIONS {
        completion.total.get_or_insert(completion.values.len());
        completion.has_more = Some(true);
        completion.values.truncate(SUGGESTIONS);
    }
    completion
}
