//! What a server has, listed in pages and found by name.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Map, Value};

use super::{
    answers::ReadError, context::Context, serve::Outcome, tasks::BoxFuture, template::Template,
};
use crate::{
    jsonrpc::{RpcError, code},
    proto::version::Version,
    types::{CallToolResult, Completion, CompletionRequest, GetPromptResult, ResourceContents},
};

/// Starts a tool; `Err` says in words why the arguments do not fit.
pub(super) type ToolHandler =
    Box<dyn Fn(Value, Context) -> Result<BoxFuture<CallToolResult>, String> + Send + Sync>;
/// Starts to read a resource: its URI, and the variables in it.
pub(super) type ResourceHandler = Box<
    dyn Fn(
            String,
            Map<String, Value>,
            Context,
        ) -> Result<BoxFuture<Result<Vec<ResourceContents>, ReadError>>, String>
        + Send
        + Sync,
>;
/// Starts a prompt; `Err` says in words why the arguments do not fit.
pub(super) type PromptHandler = Box<
    dyn Fn(Value, Context) -> Result<BoxFuture<Result<GetPromptResult, String>>, String>
        + Send
        + Sync,
>;
/// Starts to look for suggestions.
pub(super) type CompletionHandler =
    Box<dyn Fn(CompletionRequest, Context) -> BoxFuture<Result<Completion, String>> + Send + Sync>;

/// Everything that a server has.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) tools: List<ToolHandler>,
    pub(super) resources: List<ResourceHandler>,
    pub(super) templates: List<(Template, ResourceHandler)>,
    pub(super) prompts: List<(Vec<Argument>, PromptHandler)>,
    pub(super) completion: Option<CompletionHandler>,
    /// How many entries of a list go into one answer.
    pub(super) page_size: usize,
}

/// An argument of a prompt.
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) is_required: bool,
}

/// Things of one kind, in the order in which they were added, and found by name.
pub(super) struct List<T> {
    /// As they are listed.
    entries: Vec<Value>,
    things: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), things: Vec::new(), places: HashMap::new() }
    }
}

impl<T> List<T> {
    /// Adds a thing. `false`: there is one of that name already.
    pub(super) fn add(&mut self, name: String, entry: Value, thing: T) -> bool {
        let is_new = self.places.insert(name, self.things.len()).is_none();
        self.entries.push(entry);
        self.things.push(thing);
        is_new
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.places.get(name).map(|place| &self.things[*place])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.things.iter()
    }

    /// The things as they are listed.
    pub(super) fn entries(&self) -> &[Value] {
        &self.entries
    }

    pub(super) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// The page of the list that the cursor names.
    pub(super) fn page(
        &self,
        kind: &'static str,
        cursor: Option<&str>,
        size: usize,
        version: Version,
    ) -> Outcome {
        let start = match cursor {
            None => 0,
            // A cursor stands at the start of a page that there is.
            Some(cursor) => read_cursor(kind, cursor)
                .filter(|start| *start > 0 && *start < self.entries.len() && start % size == 0)
                .ok_or_else(|| RpcError::new(code::INVALID_PARAMS, "no such cursor"))?,
        };
        let end = start.saturating_add(size).min(self.entries.len());
        let entries = self.entries[start..end].iter().map(|entry| suit(entry, version)).collect();
        let mut result = Map::new();
        result.insert(kind.to_owned(), Value::Array(entries));
        if end < self.entries.len() {
            result.insert("nextCursor".to_owned(), write_cursor(kind, end).into());
        }
        Ok(Value::Object(result))
    }
}

/// An entry as its revision can have it: a schema for results that are no objects is news to the
/// older ones.
fn suit(entry: &Value, version: Version) -> Value {
    let mut entry = entry.clone();
    if !version.structures_any_value()
        && let Some(members) = entry.as_object_mut()
        && members.get("outputSchema").is_some_and(|schema| schema["type"] != "object")
    {
        members.shift_remove("outputSchema");
    }
    entry
}

fn write_cursor(kind: &str, start: usize) -> String {
    BASE64.encode(format!("{kind} {start}"))
}

fn read_cursor(kind: &str, cursor: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    text.strip_prefix(kind)?.strip_prefix(' ')?.parse().ok()
}
