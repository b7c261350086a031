//! Tools that are about their own schema.

use mcp_wasm::server::{Context, ServerBuilder, Tool};
use serde_json::{Map, Value, json};

pub(crate) fn add(builder: ServerBuilder) -> ServerBuilder {
    let many = Tool::new("json_schema_2020_12_tool", "Has a schema of many keywords");
    let header = Tool::new("test_x_mcp_header", "Has an argument that is a header too");
    builder
        .tool_with(many.input_schema(keywords()), echo)
        .tool_with(header.input_schema(with_header()), echo)
}

async fn echo(arguments: Map<String, Value>, _: Context) -> String {
    Value::Object(arguments).to_string()
}

fn keywords() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
            }
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}

fn with_header() -> Value {
    json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } }
    })
}
