//! What a server says about a tool.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Icon, schema};

/// A tool as `tools/list` shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name that calls it: 1 to 128 of `A-Z a-z 0-9 _ - .` by the protocol's advice.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does, for the model that chooses among tools.
    pub description: String,
    /// The JSON schema of its arguments; the root is an object. Left empty, the server fills it
    /// in from the type of the handler's arguments.
    pub input_schema: Map<String, Value>,
    /// The JSON schema of its structured result, if it promises one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Map<String, Value>>,
    /// What it may do to the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<ToolAnnotations>,
    /// Pictures for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub icons: Vec<Icon>,
    /// Anything else about it.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
}

/// Hints about a tool's effects. Absent means what the protocol takes as default: not read-only,
/// destructive, not idempotent, open world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolAnnotations {
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
        Self {
            name: name.into(),
            title: None,
            description: description.into(),
            input_schema: Map::new(),
            output_schema: None,
            annotations: None,
            icons: Vec::new(),
            meta: None,
        }
    }

    /// Gives it a name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Gives it an input schema, keyword for keyword, in the place of that of its handler. When it
    /// is registered, `type` and `properties` are added if they are missing, since clients take them
    /// for granted.
    ///
    /// # Panics
    /// If the schema is no object with members.
    #[must_use]
    pub fn input_schema(mut self, schema: Value) -> Self {
        self.input_schema = keywords(schema);
        self
    }

    /// Promises a structured result of this type: the handler returns
    /// [`Json`](crate::server::Json) of it.
    ///
    /// # Panics
    /// If the type has no JSON schema with keywords.
    #[must_use]
    pub fn output<T: JsonSchema>(self) -> Self {
        let schema = schema::of::<T>().map_or(Value::Null, Value::Object);
        self.output_schema(schema)
    }

    /// Promises a structured result of this schema, keyword for keyword.
    ///
    /// # Panics
    /// If the schema is no object with members.
    #[must_use]
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.output_schema = Some(keywords(schema));
        self
    }

    /// Adds hints about its effects.
    #[must_use]
    pub fn annotations(mut self, hints: ToolAnnotations) -> Self {
        self.annotations = Some(hints);
        self
    }

    /// Adds a picture.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// Says that it changes nothing.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.annotations.get_or_insert_default().read_only_hint = Some(true);
        self
    }
}

fn keywords(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(keywords) if !keywords.is_empty() => keywords,
        other => panic!("no schema with keywords: {other}"),
    }
}
