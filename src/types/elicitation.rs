//! Questions to the person in front of the client.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{json::or_default, schema};

/// A form to be filled in: the parameters of `elicitation/create`.
///
/// It must not ask for secrets; a page of the server's own (URL mode) may.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElicitRequest {
    /// What is asked, and why.
    pub message: String,
    /// The schema of the answer: a flat object of texts, numbers, booleans and choices.
    pub requested_schema: Map<String, Value>,
}

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Said yes; a form has been filled in.
    Accept,
    /// Said no.
    Decline,
    /// Said nothing.
    Cancel,
}

/// The answer of the person.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ElicitResult {
    /// What the person did.
    pub action: ElicitAction,
    /// What was filled in; empty unless a form was accepted.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Map::is_empty")]
    pub content: Map<String, Value>,
}

impl ElicitRequest {
    /// A form without fields: a question to be accepted or declined.
    pub fn new(message: impl Into<String>) -> Self {
        let schema = [("type", json!("object")), ("properties", json!({}))];
        let requested_schema = schema.map(|(key, value)| (key.to_owned(), value)).into_iter();
        Self { message: message.into(), requested_schema: requested_schema.collect() }
    }

    /// A form with the members of a type. It has to be flat: [`ElicitResult::read`] reads it.
    ///
    /// # Panics
    /// If the type is no JSON object.
    pub fn of<T: JsonSchema>(message: impl Into<String>) -> Self {
        match schema::of_object::<T>() {
            Ok(mut requested_schema) => {
                if let Some(Value::Object(fields)) = requested_schema.get_mut("properties") {
                    fields.values_mut().for_each(simplify);
                }
                Self { message: message.into(), requested_schema }
            }
            Err(root) => panic!("a form is a JSON object, not {root}"),
        }
    }

    /// Adds a field that may be left empty, with its schema.
    #[must_use]
    pub fn optional(mut self, name: impl Into<String>, schema: Value) -> Self {
        let properties = self.requested_schema.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(properties) = properties {
            properties.insert(name.into(), schema);
        }
        self
    }

    /// Adds a field that must be filled in, with its schema.
    #[must_use]
    pub fn required(self, name: impl Into<String>, schema: Value) -> Self {
        let name = name.into();
        let mut with_field = self.optional(name.clone(), schema);
        let required = with_field.requested_schema.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(required) = required {
            required.push(name.into());
        }
        with_field
    }

    /// Takes this schema, keyword for keyword.
    #[must_use]
    pub fn schema(mut self, schema: Map<String, Value>) -> Self {
        self.requested_schema = schema;
        self
    }
}

impl ElicitResult {
    /// What was filled in, if the person said yes.
    pub fn accepted(&self) -> Option<&Map<String, Value>> {
        (self.action == ElicitAction::Accept).then_some(&self.content)
    }

    /// What was filled in, as the type that the form was made of; `None` if the person did not say
    /// yes, or it does not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(Value::Object(self.accepted()?.clone())).ok()
    }
}

/// Makes the schema of a member one of those that a form may have: they know no null, since a field
/// that is left empty is not there, and no formats of numbers.
fn simplify(field: &mut Value) {
    let Value::Object(keywords) = field else {
        return;
    };
    if let Some(Value::Array(choices)) = keywords.get("anyOf")
        && let Some(inner) = choices.iter().find(|choice| choice["type"] != "null").cloned()
        && let Value::Object(inner) = inner
    {
        keywords.shift_remove("anyOf");
        let outer = std::mem::replace(keywords, inner);
        keywords.extend(outer);
    }
    if let Some(Value::Array(types)) = keywords.get("type")
        && let Some(only) = types.iter().find(|name| *name != "null").cloned()
    {
        keywords.insert("type".to_owned(), only);
    }
    if let Some(Value::Array(choices)) = keywords.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::Array(choices)) = keywords.get_mut("oneOf") {
        *choices = choices.iter().flat_map(titled).collect();
        keywords.entry("type").or_insert_with(|| "string".into());
    }
    if keywords.get("type").is_some_and(|name| name != "string") {
        keywords.shift_remove("format");
    }
    if keywords.get("default").is_some_and(Value::is_null) {
        keywords.shift_remove("default");
    }
    if let Some(items) = keywords.get_mut("items") {
        simplify(items);
        // What several can be chosen of stands under another name.
        if let Some(items) = items.as_object_mut()
            && let Some(choices) = items.shift_remove("oneOf")
        {
            items.clear();
            items.insert("anyOf".to_owned(), choices);
        }
    }
}

/// Variants of an enum as choices, which need a title: one with documentation, or some without.
fn titled(variants: &Value) -> Vec<Value> {
    if let Some(plain) = variants.get("enum").and_then(Value::as_array) {
        return plain.iter().map(|name| json!({ "const": name, "title": name })).collect();
    }
    let name = &variants["const"];
    let title = variants.get("title").or(variants.get("description")).unwrap_or(name);
    vec![json!({ "const": name, "title": title })]
}
