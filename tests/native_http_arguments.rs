//! Arguments that calls repeat in headers (`x-mcp-header`), as the server compares them.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use http::Request;
use mcp_wasm::server::{Context, Server, Tool};
use serde_json::{Map, Value, json};
use support::Host;

const OK: Option<i64> = None;
const MISMATCH: Option<i64> = Some(-32020);

/// A server with a tool that repeats the arguments `region`, `nested.count` and `verbose`.
fn server() -> Server {
    let tool = Tool::new("run", "").input_schema(json!({
        "type": "object",
        "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "verbose": { "type": "boolean", "x-mcp-header": "Verbose" },
            "nested": {
                "type": "object",
                "properties": { "count": { "type": "integer", "x-mcp-header": "Count" } }
            },
            "other": { "type": "string" }
        }
    }));
    Server::builder("Test", "1.0.0")
        .tool_with(tool, |_: Map<String, Value>, _: Context| async {})
        .build()
}

/// The code of the error that a call of `run` is answered with.
async fn call(host: &Host, arguments: Value, headers: &[(&str, &str)]) -> Option<i64> {
    let request = Request::call(1, "run", arguments);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let (status, body) = request.answer(host.address).await;
    let code = body["error"]["code"].as_i64();
    assert_eq!(
        (status, &body["id"]),
        (if code.is_some() { 400 } else { 200 }, &json!(1)),
        "{body}"
    );
    code
}

#[tokio::test]
async fn an_argument_and_the_header_that_repeats_it_have_to_agree() {
    let host = Host::start(server()).await;
    for (arguments, headers, expected) in [
        (json!({}), &[][..], OK),
        (json!({ "other": "x", "region": null }), &[], OK),
        (json!({ "region": "eu" }), &[("Mcp-Param-Region", "eu")], OK),
        (json!({ "region": "eu" }), &[("mcp-param-REGION", " eu ")], OK),
        (json!({ "region": "" }), &[("Mcp-Param-Region", "")], OK),
        (json!({ "region": "é" }), &[("Mcp-Param-Region", "=?base64?w6k=?=")], OK),
        (json!({ "region": "=?base64?x" }), &[("Mcp-Param-Region", "=?base64?x")], OK),
        (json!({ "verbose": false }), &[("Mcp-Param-Verbose", "false")], OK),
        (json!({ "nested": { "count": 42 } }), &[("Mcp-Param-Count", "42")], OK),
        (json!({ "nested": { "count": 42 } }), &[("Mcp-Param-Count", "42.0")], OK),
        (json!({ "region": "eu" }), &[], MISMATCH),
        (json!({ "region": "eu" }), &[("Mcp-Param-Region", "us")], MISMATCH),
        (json!({ "region": "eu" }), &[("Mcp-Param-Region", "EU")], MISMATCH),
        (json!({ "region": "42" }), &[("Mcp-Param-Region", "42.0")], MISMATCH),
        (json!({ "region": "Hello" }), &[("Mcp-Param-Region", "=?base64?SGVsbG8?=")], MISMATCH),
        (json!({ "nested": { "count": 42 } }), &[("Mcp-Param-Count", "43")], MISMATCH),
        (json!({ "verbose": true }), &[("Mcp-Param-Verbose", "True")], MISMATCH),
        (json!({}), &[("Mcp-Param-Region", "eu")], MISMATCH),
        (json!({ "region": null }), &[("Mcp-Param-Region", "null")], MISMATCH),
        // What no tool asks for is nobody's business.
        (json!({ "other": "x" }), &[("Mcp-Param-Other", "y")], OK),
    ] {
        let code = call(&host, arguments.clone(), headers).await;
        assert_eq!(code, expected, "{arguments} {headers:?}");
    }
}
