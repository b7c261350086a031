//! Arbitrary bodies and headers of a POST: the text and the tree of a body are sorted alike, and what
//! is refused is refused with a status and an error.

use mcp_wasm::http::server::{Lookup, PostKind, RequestHeaders, is_modern, sort};
use mcp_wasm::jsonrpc::Raw;
use serde_json::{Value, json};

use super::bytes::Bytes;

const VERSIONS: [Option<&str>; 6] =
    [None, Some("2026-07-28"), Some("2025-11-25"), Some("2025-03-26"), Some("v9"), Some("")];
const METHODS: [&str; 7] =
    ["tools/call", "resources/read", "initialize", "ping", "notifications/cancelled", "", "größe"];
const NAMES: [Option<&str>; 6] = [
    None,
    Some("echo"),
    Some("=?base64?ZWNobw==?="),
    Some("=?base64?Z?="),
    Some("a://b"),
    Some(""),
];

struct Headers {
    version: Option<&'static str>,
    method: Option<&'static str>,
    name: Option<&'static str>,
    is_unreadable: bool,
}

impl RequestHeaders for Headers {
    fn find(&self, name: &str) -> Lookup<'_> {
        let value = match name.to_ascii_lowercase().as_str() {
            "mcp-protocol-version" => self.version,
            "mcp-method" => self.method,
            "mcp-name" if self.is_unreadable => return Lookup::Unreadable,
            "mcp-name" => self.name,
            _ => None,
        };
        value.map_or(Lookup::Absent, Lookup::Text)
    }
}

/// Sorts the body that the bytes name.
pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let headers = Headers {
        version: *input.pick(&VERSIONS),
        method: input.flip().then(|| *input.pick(&METHODS)),
        name: *input.pick(&NAMES),
        is_unreadable: input.below(8) == 7,
    };
    let body = if input.below(4) == 0 {
        let count = input.below(4);
        Value::Array((0..count).map(|_| message(&mut input)).collect())
    } else {
        message(&mut input)
    };
    check(&body, &headers);
    // And whatever else the bytes are.
    if let Ok(body) = serde_json::from_slice(input.0) {
        check(&body, &headers);
    }
}

fn check(body: &Value, headers: &Headers) {
    let sorted = sort(body, headers);
    let raw = Raw::parse(body.to_string()).expect("it is JSON");
    assert_eq!(sorted, sort(&raw, headers), "{body}");
    match sorted {
        Err(refusal) => {
            assert!((400..500).contains(&refusal.status), "{}", refusal.status);
            let error: Value = serde_json::from_str(&refusal.body).expect("an error is JSON");
            assert!(error["error"]["code"].is_i64(), "{error}");
            assert!(error["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
        }
        Ok(PostKind::Session | PostKind::Initialize) => {
            assert!(!is_modern(headers), "the header alone selects the modern rules: {body}");
        }
        Ok(PostKind::Modern) => assert!(body["id"].is_string() || body["id"].is_number(), "{body}"),
        Ok(PostKind::ModernNotification) => assert!(body["method"].is_string(), "{body}"),
    }
}

/// A message, more or less.
fn message(input: &mut Bytes<'_>) -> Value {
    let id = match input.below(6) {
        0 => json!(null),
        1 => json!(1.5),
        2 => json!("a"),
        small => json!(small),
    };
    if input.below(8) == 0 {
        return json!({ "jsonrpc": "2.0", "id": id, "result": {} });
    }
    let mut params = json!({ "name": "echo", "uri": "a://b" });
    if input.flip() {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] =
            json!(*input.pick(&[Some("2026-07-28"), Some("2025-11-25"), Some("v9"), None]));
    }
    let mut message =
        json!({ "jsonrpc": "2.0", "method": *input.pick(&METHODS), "params": params });
    if input.below(4) > 0 {
        message["id"] = id;
    }
    if input.below(8) == 0 {
        message[*input.pick(&["jsonrpc", "method", "params"])] = json!(7);
    }
    message
}
