//! JSON schemas of Rust types.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

/// The schema of a type, as small as it can be: the dialect is the protocol's default, and the name
/// of a Rust type and what its documentation says are nobody's business. `None`: the schema has no
/// keywords.
pub(crate) fn of<T: JsonSchema>() -> Option<Map<String, Value>> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let Value::Object(mut schema) =
        settings.into_generator().into_root_schema_for::<T>().to_value()
    else {
        return None;
    };
    schema.shift_remove("title");
    schema.shift_remove("description");
    Some(schema)
}

/// The schema of a type that is a JSON object, or else the type that it is.
pub(crate) fn of_object<T: JsonSchema>() -> Result<Map<String, Value>, Value> {
    object(of::<T>().ok_or(Value::Null)?)
}

/// The schema as one of an object, or else the type that it is.
///
/// `properties` is there although it may be empty: there are clients that take it for granted, and
/// lose the whole list of tools over one without it.
pub(crate) fn object(mut schema: Map<String, Value>) -> Result<Map<String, Value>, Value> {
    let root = schema.entry("type").or_insert_with(|| "object".into()).clone();
    if root != "object" {
        return Err(root);
    }
    schema.entry("properties").or_insert_with(|| Map::new().into());
    Ok(schema)
}
