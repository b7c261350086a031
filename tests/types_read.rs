//! The protocol's types read what peers write, and write it again.
#![cfg(not(target_arch = "wasm32"))]

use mcp_wasm::server::Content;
use mcp_wasm::types::{CallToolResult, Prompt, ReadResourceResult, Resource, Tool};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, from_value, json, to_value};

fn round_trip<T: DeserializeOwned + Serialize>(value: &Value) {
    let read: T = from_value(value.clone()).unwrap();
    assert_eq!(&to_value(read).unwrap(), value);
}

#[test]
fn every_kind_of_content_comes_back_as_it_was() {
    for block in [
        json!({ "type": "text", "text": "t", "annotations": { "audience": ["user"], "priority": 0.5 } }),
        json!({ "type": "image", "data": "AA==", "mimeType": "image/png" }),
        json!({ "type": "audio", "data": "AA==", "mimeType": "audio/wav" }),
        json!({ "type": "resource_link", "uri": "a://b", "name": "b", "size": 3, "_meta": { "x": [1] } }),
        json!({ "type": "resource", "resource": { "uri": "a://b", "text": "t", "_meta": {} } }),
        json!({ "type": "resource", "resource": { "uri": "a://b", "mimeType": "x/y", "blob": "AA==" } }),
        json!({ "type": "tool_use", "id": "1", "name": "t", "input": { "x": { "y": null } } }),
        json!({
            "type": "tool_result", "toolUseId": "1", "content": [{ "type": "text", "text": "t" }],
            "structuredContent": { "z": 1 }, "isError": true,
        }),
        json!({ "type": "hologram", "depth": 3 }),
    ] {
        let known = block["type"] != "hologram";
        let read: Content = from_value(block.clone()).unwrap();
        assert_eq!(!matches!(read, Content::Other(_)), known, "{block}");
        round_trip::<Content>(&block);
    }
}

#[test]
fn a_block_that_lacks_what_its_type_needs_is_kept_as_it_came() {
    for block in [json!({ "type": "text" }), json!({ "type": "image", "data": 1 }), json!(7)] {
        assert_eq!(from_value::<Content>(block.clone()).unwrap(), Content::Other(block));
    }
}

#[test]
fn an_odd_extra_costs_the_extra_and_nothing_else() {
    let tool: Tool = from_value(json!({
        "name": "a", "inputSchema": { "type": "object" }, "annotations": "odd", "icons": null, "more": 1,
    }))
    .unwrap();
    assert_eq!((tool.name.as_str(), tool.annotations, tool.icons.len()), ("a", None, 0));

    let resource: Resource =
        from_value(json!({ "uri": "a://b", "name": "b", "size": 0.5, "annotations": "odd" }))
            .unwrap();
    assert_eq!((resource.size, resource.annotations), (None, None));

    let prompt: Prompt = from_value(json!({ "name": "p", "arguments": null })).unwrap();
    assert!(prompt.arguments.is_empty());

    let result: CallToolResult = from_value(json!({ "content": null, "isError": null })).unwrap();
    assert!(result.content.is_empty() && !result.is_error);
}

#[test]
fn a_resource_has_parts_of_text_and_of_bytes() {
    round_trip::<ReadResourceResult>(&json!({
        "contents": [{ "uri": "a://b", "text": "t" }, { "uri": "a://c", "blob": "AA==" }],
    }));
}
