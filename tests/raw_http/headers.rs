//! The protocol's own headers since 2026-07-28, and what they repeat.

use serde_json::{Value, json};

use crate::{
    http::{MODERN, Request},
    peer::{answered, call, refused},
};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

fn list() -> Request {
    Request::modern(5, "tools/list", json!({}))
}

fn bare() -> Request {
    Request::post(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/list" }))
}

fn with_meta(meta: &Value) -> Request {
    let params = json!({ "_meta": meta });
    Request::post(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": params }))
        .header("MCP-Protocol-Version", MODERN)
        .header("Mcp-Method", "tools/list")
}

fn unserved() -> Request {
    with_meta(&json!({ VERSION: "v999.0.0", CAPABILITIES: {} }))
}

rows! { refused:
    no_meta_is_refused => (bare().header("MCP-Protocol-Version", MODERN), 400, -32602);
    no_version_in_the_meta_is_refused => (with_meta(&json!({ CAPABILITIES: {} })), 400, -32602);
    no_capabilities_in_the_meta_are_refused => (with_meta(&json!({ VERSION: MODERN })), 400, -32602);
    a_version_that_is_no_text_is_refused => (with_meta(&json!({ VERSION: 1, CAPABILITIES: {} })), 400, -32602);
    capabilities_that_are_no_object_are_refused => (with_meta(&json!({ VERSION: MODERN, CAPABILITIES: 1 })), 400, -32602);
    a_meta_that_is_no_object_is_refused => (with_meta(&json!(1)), 400, -32602);
    a_version_that_is_not_served_is_refused => (unserved().header("MCP-Protocol-Version", "v999.0.0"), 400, -32022);
    versions_that_differ_are_refused => (unserved(), 400, -32020);
    no_version_header_is_refused => (list().without("MCP-Protocol-Version"), 400, -32020);
    another_version_header_is_refused => (list().header("MCP-Protocol-Version", "2025-11-25"), 400, -32020);
    two_version_headers_are_refused => (list().also("MCP-Protocol-Version", "2025-11-25"), 400, -32020);
    a_version_header_alone_is_refused => (bare().header("MCP-Protocol-Version", "v9"), 400, -32022);
    no_method_header_is_refused => (list().without("Mcp-Method"), 400, -32020);
    another_method_header_is_refused => (list().header("Mcp-Method", "tools/call"), 400, -32020);
    an_empty_method_header_is_refused => (list().header("Mcp-Method", ""), 400, -32020);
    a_method_header_of_another_case_is_refused => (list().header("Mcp-Method", "Tools/List"), 400, -32020);
    two_method_headers_are_refused => (list().also("Mcp-Method", "tools/call"), 400, -32020);
    no_name_header_is_refused => (call().without("Mcp-Name"), 400, -32020);
    another_name_header_is_refused => (call().header("Mcp-Name", "Echo"), 400, -32020);
    an_empty_name_header_is_refused => (call().header("Mcp-Name", ""), 400, -32020);
    two_name_headers_are_refused => (call().also("Mcp-Name", "other"), 400, -32020);
    a_name_in_base64_that_is_none_is_refused => (call().header("Mcp-Name", "=?base64?ZWNobw=?="), 400, -32020);
    another_name_in_base64_is_refused => (call().header("Mcp-Name", "=?base64?b3RoZXI=?="), 400, -32020);
    an_unknown_method_is_not_found => (Request::modern(5, "unknown/method", json!({})), 404, -32601);
    an_empty_method_is_not_found => (Request::modern(5, "", json!({})), 404, -32601);
    initialize_is_of_the_past => (Request::modern(5, "initialize", json!({})), 404, -32601);
    ping_is_of_the_past => (Request::modern(5, "ping", json!({})), 404, -32601);
    setting_a_level_is_of_the_past => (Request::modern(5, "logging/setLevel", json!({})), 404, -32601);
    // What the handlers say is an answer like any other.
    an_unknown_tool_is_an_answer => (Request::call(5, "nope", json!({})), 200, -32602);
    arguments_in_a_list_are_refused => (Request::call(5, "echo", json!([1])), 400, -32602);
}

rows! { answered:
    space_around_a_name_does_not_count => (call().without("Mcp-Name").header("mcp-name", "  echo\t "), 200);
    names_of_headers_have_no_case => (call().without("Mcp-Method").header("MCP-METHOD", "tools/call"), 200);
    a_name_may_come_in_base64 => (call().header("Mcp-Name", "=?base64?ZWNobw==?="), 200);
    the_same_name_twice_is_one => (call().also("Mcp-Name", "echo"), 200);
    the_same_method_twice_is_one => (call().also("Mcp-Method", "tools/call"), 200);
    a_session_id_has_no_meaning => (call().header("Mcp-Session-Id", "of no meaning here"), 200);
    an_event_id_has_no_meaning => (call().header("Last-Event-ID", "1"), 200);
    headers_that_nobody_knows_have_no_meaning => (call().header("Mcp-Unheard-Of", "a").header("X-Other", "b"), 200);
    an_authorization_has_no_meaning_without_one_who_asks => (call().header("Authorization", "Bearer x"), 200);
    discovery_is_answered => (Request::modern("probe", "server/discover", json!({})), 200);
    a_list_is_answered => (list(), 200);
    a_notification_is_taken => (
        Request::post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }))
            .header("MCP-Protocol-Version", MODERN),
        202
    );
    a_notification_with_its_method_is_taken => (
        Request::post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }))
            .header("MCP-Protocol-Version", MODERN)
            .header("Mcp-Method", "notifications/cancelled"),
        202
    );
}
