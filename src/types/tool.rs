//! What a server says about a tool.

use serde::{Deserialize, Serialize};

use super::json::{if_usable, or_default};
use super::{Icon, JsonObject, JsonValue};

/// A tool as `tools/list` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name that calls it: 1 to 128 of `A-Z a-z 0-9 _ - .` by the protocol's advice.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does, for the model that chooses among tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON schema of its arguments; the root is an object. Left empty, the server fills it
    /// in from the type of the handler's arguments.
    #[serde(default)]
    pub input_schema: JsonObject,
    /// The JSON schema of its structured result, if it promises one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<JsonObject>,
    /// What it may do to the world.
    #[serde(default, deserialize_with = "if_usable", skip_serializing_if = "Option::is_none")]
    pub annotations: Option<ToolAnnotations>,
    /// Pictures for people.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub icons: Vec<Icon>,
    /// Anything else about it.
    #[serde(default, rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<JsonValue>,
    /// The scopes that its callers need, all of them; no client sees this. See `scopes`.
    #[cfg(not(target_arch = "wasm32"))]
    #[serde(skip)]
    pub scopes: Vec<String>,
}

/// Hints about a tool's effects. Absent means what the protocol takes as default: not read-only,
/// destructive, not idempotent, open world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolAnnotations {
    /// A name for people; [`Tool::title`] goes before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// It changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// It may destroy something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Calling it twice is as good as calling it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// It deals with things outside the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

impl Tool {
    /// A tool of that name and description; its schema comes from its handler.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let description = Some(description.into());
        Self { name: name.into(), description, ..Self::default() }
    }

    setters!(title icon scopes);

    /// Adds hints about its effects.
    #[must_use]
    pub fn annotations(mut self, hints: ToolAnnotations) -> Self {
        self.annotations = Some(hints);
        self
    }

    /// Says that it changes nothing.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.annotations.get_or_insert_default().read_only_hint = Some(true);
        self
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Tool {
    /// Gives it an input schema, keyword for keyword, in the place of that of its handler. When it
    /// is registered, `type` and `properties` are added if they are missing, since clients take them
    /// for granted.
    ///
    /// # Panics
    /// If the schema is no object with members.
    #[must_use]
    pub fn input_schema(mut self, schema: JsonValue) -> Self {
        self.input_schema = keywords(schema);
        self
    }

    /// Promises a structured result of this type: the handler returns
    /// [`Json`](crate::server::Json) of it.
    ///
    /// # Panics
    /// If the type has no JSON schema with keywords.
    #[must_use]
    pub fn output<T: schemars::JsonSchema>(self) -> Self {
        let schema = super::schema::of::<T>().map_or(JsonValue::Null, JsonValue::Object);
        self.output_schema(schema)
    }

    /// Promises a structured result of this schema, keyword for keyword.
    ///
    /// # Panics
    /// If the schema is no object with members.
    #[must_use]
    pub fn output_schema(mut self, schema: JsonValue) -> Self {
        self.output_schema = Some(keywords(schema));
        self
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn keywords(schema: JsonValue) -> JsonObject {
    match schema {
        JsonValue::Object(keywords) if !keywords.is_empty() => keywords,
        other => panic!("no schema with keywords: {other}"),
    }
}

/// Whether this is a scope token of RFC 6749.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}
