//! What a server has, listed in pages and found by name.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Map, Value};

use super::{
    answers::ReadError, context::Context, serve::Outcome, tasks::BoxFuture, template::Template,
};
use crate::{
    jsonrpc::{RpcError, code},
    proto::{
        server::{Feature, Features},
        version::Version,
    },
    types::{CallToolResult, Completion, CompletionRequest, GetPromptResult, ResourceContents},
};

/// Starts a tool; `Err` says in words why the arguments do not fit.
pub(super) type ToolHandler =
    Arc<dyn Fn(Value, Context) -> Result<BoxFuture<CallToolResult>, String> + Send + Sync>;
/// Starts to read a resource: its URI, and the variables in it.
pub(super) type ResourceHandler = Arc<
    dyn Fn(
            String,
            Map<String, Value>,
            Context,
        ) -> Result<BoxFuture<Result<Vec<ResourceContents>, ReadError>>, String>
        + Send
        + Sync,
>;
/// Starts a prompt; `Err` says in words why the arguments do not fit.
pub(super) type PromptHandler = Arc<
    dyn Fn(Value, Context) -> Result<BoxFuture<Result<GetPromptResult, String>>, String>
        + Send
        + Sync,
>;
/// Starts to look for suggestions.
pub(super) type CompletionHandler =
    Arc<dyn Fn(CompletionRequest, Context) -> BoxFuture<Result<Completion, String>> + Send + Sync>;

/// Everything that a server has.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) tools: List<ToolHandler>,
    pub(super) resources: List<ResourceHandler>,
    pub(super) templates: List<(Arc<Template>, ResourceHandler)>,
    pub(super) prompts: List<(Arc<[Argument]>, PromptHandler)>,
    pub(super) completion: Option<CompletionHandler>,
    /// How many entries of a list go into one answer.
    pub(super) page_size: usize,
}

impl Catalog {
    /// The capabilities of a server that has all this.
    pub(super) fn features(&self) -> Features {
        let changing = |is_empty| if is_empty { Feature::Absent } else { Feature::Changing };
        let has_no_resource = self.resources.is_empty() && self.templates.is_empty();
        Features {
            tools: changing(self.tools.is_empty()),
            resources: changing(has_no_resource),
            prompts: changing(self.prompts.is_empty()),
            subscribe: !has_no_resource,
            completions: self.completion.is_some(),
            logging: true,
        }
    }
}

/// An argument of a prompt.
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) is_required: bool,
}

/// A thing with its name.
pub(super) struct Entry<T> {
    pub(super) name: String,
    /// As it is listed.
    pub(super) listed: Value,
    pub(super) thing: T,
}

/// Things of one kind, in the order in which they were added, and found by name.
pub(super) struct List<T> {
    entries: Vec<Entry<T>>,
    places: HashMap<String, usize>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: HashMap::new() }
    }
}

impl<T> List<T> {
    /// Adds a thing, in the place of the one that has its name. `false`: there was one.
    pub(super) fn add(&mut self, entry: Entry<T>) -> bool {
        if let Some(place) = self.places.get(&entry.name) {
            self.entries[*place] = entry;
            return false;
        }
        self.places.insert(entry.name.clone(), self.entries.len());
        self.entries.push(entry);
        true
    }

    /// Removes a thing. `false`: there was none of that name.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let Some(place) = self.places.remove(name) else {
            return false;
        };
        self.entries.remove(place);
        for other in self.places.values_mut().filter(|other| **other > place) {
            *other -= 1;
        }
        true
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.places.get(name).map(|place| &self.entries[*place].thing)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.thing)
    }

    /// All of them as they are listed.
    #[cfg(feature = "native")]
    pub(super) fn all_listed(&self) -> impl Iterator<Item = &Value> {
        self.entries.iter().map(|entry| &entry.listed)
    }

    /// A thing as it is listed.
    #[cfg(feature = "native")]
    pub(super) fn listed(&self, name: &str) -> Option<&Value> {
        self.places.get(name).map(|place| &self.entries[*place].listed)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
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
        let entries = &self.entries[start..end];
        let entries = entries.iter().map(|entry| suit(&entry.listed, version)).collect();
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
