//! The server's side of Streamable HTTP without sockets: which rules a POST falls under.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` makes values

use mcp_wasm::{
    http::server::{
        Lookup, PostKind, Refusal, RequestHeaders, check_arguments, is_modern, sort, status_of,
    },
    jsonrpc::RpcError,
    server::Frame,
};
use serde_json::{Value, json};

/// Headers by name, as they came.
struct Headers(Vec<(&'static str, &'static str)>);

impl RequestHeaders for Headers {
    fn find(&self, name: &str) -> Lookup<'_> {
        let mut all = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        match (all.next(), all.next()) {
            (None, _) => Lookup::Absent,
            (Some((_, value)), None) if value.is_ascii() => Lookup::Text(value.trim()),
            _ => Lookup::Unreadable,
        }
    }
}

const MODERN: (&str, &str) = ("MCP-Protocol-Version", "2026-07-28");
const LEGACY: (&str, &str) = ("MCP-Protocol-Version", "2025-11-25");

fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// The same with an envelope of that version.
fn claiming(version: &str, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    request(method, params)
}

fn sorted(body: &Value, headers: &[(&'static str, &'static str)]) -> Result<PostKind, (u16, i64)> {
    sort(body, &Headers(headers.to_vec())).map_err(|refusal| verdict(&refusal))
}

fn verdict(refusal: &Refusal) -> (u16, i64) {
    let body: Value = serde_json::from_str(&refusal.body).unwrap();
    assert!(body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    (refusal.status, body["error"]["code"].as_i64().unwrap())
}

#[test]
fn the_body_decides_and_the_headers_agree() {
    let list = ("Mcp-Method", "tools/list");
    let modern = claiming("2026-07-28", "tools/list", json!({}));
    let legacy = request("tools/list", json!({}));
    for (body, headers, wanted) in [
        (&modern, vec![MODERN, list], Ok(PostKind::Modern)),
        (&modern, vec![list], Err((400, -32020))),
        (&modern, vec![LEGACY, list], Err((400, -32020))),
        (&modern, vec![MODERN], Err((400, -32020))),
        (&modern, vec![MODERN, ("Mcp-Method", "tools/lis\u{74}\u{301}")], Err((400, -32020))),
        (&modern, vec![MODERN, list, list], Err((400, -32020))),
        (&legacy, vec![], Ok(PostKind::Session)),
        (&legacy, vec![LEGACY], Ok(PostKind::Session)),
        // A sign of nothing.
        (&legacy, vec![LEGACY, list], Ok(PostKind::Session)),
        (&legacy, vec![MODERN, list], Err((400, -32602))),
        (&legacy, vec![("MCP-Protocol-Version", "2027-01-01")], Err((400, -32022))),
        (&legacy, vec![("MCP-Protocol-Version", "")], Err((400, -32022))),
    ] {
        assert_eq!(sorted(body, &headers), wanted, "{body} {headers:?}");
    }
}

#[test]
fn initialize_begins_a_session_unless_something_modern_is_about_it() {
    let method = ("Mcp-Method", "initialize");
    let params = json!({ "protocolVersion": "2025-11-25" });
    let bare = request("initialize", params.clone());
    let modern = claiming("2026-07-28", "initialize", params.clone());
    let old = claiming("2025-11-25", "initialize", params);
    assert_eq!(sorted(&bare, &[]), Ok(PostKind::Initialize));
    assert_eq!(sorted(&bare, &[LEGACY, method]), Ok(PostKind::Initialize));
    assert_eq!(sorted(&bare, &[MODERN]), Err((400, -32020)));
    assert_eq!(sorted(&modern, &[MODERN, method]), Ok(PostKind::Modern), "to be refused with 404");
    assert_eq!(sorted(&modern, &[]), Err((400, -32020)));
    assert_eq!(sorted(&old, &[LEGACY]), Ok(PostKind::Initialize));
}

#[test]
fn a_version_that_nobody_serves_is_left_to_the_machine_if_both_name_it() {
    let body = claiming("v999.0.0", "tools/list", json!({}));
    let version = ("MCP-Protocol-Version", "v999.0.0");
    assert_eq!(sorted(&body, &[version]), Ok(PostKind::Modern));
    assert_eq!(sorted(&body, &[MODERN]), Err((400, -32020)));
}

#[test]
fn notifications_and_answers_are_sorted_by_the_header() {
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {} });
    assert_eq!(sorted(&note, &[MODERN]), Ok(PostKind::ModernNotification));
    assert_eq!(sorted(&note, &[LEGACY]), Ok(PostKind::Session));
    assert_eq!(sorted(&note, &[]), Ok(PostKind::Session));
    for answer in [
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": "" } }),
    ] {
        assert_eq!(sorted(&answer, &[MODERN]), Err((400, -32600)));
        assert_eq!(sorted(&answer, &[]), Ok(PostKind::Session));
    }
    assert!(is_modern(&Headers(vec![MODERN])));
    assert!(!is_modern(&Headers(vec![LEGACY])));
    assert!(!is_modern(&Headers(vec![MODERN, LEGACY])));
}

#[test]
fn batches_are_legacy_or_nothing() {
    let ping = request("ping", json!({}));
    assert_eq!(sorted(&json!([ping]), &[]), Ok(PostKind::Session));
    for (batch, headers) in [
        (json!([]), vec![]),
        (json!([ping]), vec![MODERN]),
        (json!([ping, claiming("2026-07-28", "tools/list", json!({}))]), vec![]),
        (json!([ping, request("initialize", json!({}))]), vec![]),
        (json!([ping, 1]), vec![]),
        (json!([[ping]]), vec![]),
    ] {
        assert_eq!(sorted(&batch, &headers), Err((400, -32600)), "{batch}");
    }
}

#[test]
fn names_are_compared_after_decoding() {
    let call = claiming("2026-07-28", "tools/call", json!({ "name": "é" }));
    let method = ("Mcp-Method", "tools/call");
    for (name, wanted) in [
        ("=?base64?w6k=?=", Ok(PostKind::Modern)),
        ("é", Err((400, -32020))),
        ("=?base64?w6k?=", Err((400, -32020))),
        ("=?BASE64?w6k=?=", Err((400, -32020))),
    ] {
        assert_eq!(sorted(&call, &[MODERN, method, ("Mcp-Name", name)]), wanted, "{name}");
    }
    for (method, key) in
        [("prompts/get", "name"), ("resources/read", "uri"), ("tasks/get", "taskId")]
    {
        let body = claiming("2026-07-28", method, json!({ key: "this" }));
        let header = ("Mcp-Method", method);
        let good = [MODERN, header, ("mcp-name", "this")];
        assert_eq!(sorted(&body, &good), Ok(PostKind::Modern));
        assert_eq!(sorted(&body, &[MODERN, header]), Err((400, -32020)), "{method}");
        assert_eq!(
            sorted(&body, &[MODERN, header, ("Mcp-Name", "that")]),
            Err((400, -32020)),
            "{method}"
        );
    }
}

#[test]
fn arguments_that_are_repeated_in_headers_agree_with_them() {
    let property = |kind: &str, header: &str| json!({ "type": kind, "x-mcp-header": header });
    let schema = json!({ "type": "object", "properties": {
        "region": property("string", "Region"),
        "limit": property("integer", "Limit"),
        "dry": property("boolean", "Dry"),
    } });
    let tool = json!({ "name": "query", "inputSchema": schema });
    let check = |arguments: Value, headers: &[(&'static str, &'static str)]| {
        let call = request("tools/call", json!({ "name": "query", "arguments": arguments }));
        check_arguments(&call, &Headers(headers.to_vec()), |name| {
            (name == "query").then(|| tool.clone())
        })
        .map_err(|refusal| verdict(&refusal))
    };
    let all = json!({ "region": "eu", "limit": 5, "dry": true });
    let wrong = Err((400, -32020));
    let (region, limit, dry) =
        (("mcp-param-region", "eu"), ("Mcp-Param-Limit", "5"), ("Mcp-Param-Dry", "true"));
    assert_eq!(check(all.clone(), &[region, limit, dry]), Ok(()));
    assert_eq!(check(all.clone(), &[region, limit]), wrong);
    assert_eq!(check(all.clone(), &[region, ("Mcp-Param-Limit", "5.0"), dry]), Ok(()));
    assert_eq!(check(all.clone(), &[region, ("Mcp-Param-Limit", "6"), dry]), wrong);
    assert_eq!(check(all.clone(), &[("Mcp-Param-Region", "EU"), limit, dry]), wrong);
    assert_eq!(check(all, &[region, limit, ("Mcp-Param-Dry", "True")]), wrong);
    assert_eq!(check(json!({}), &[]), Ok(()));
    assert_eq!(check(json!({ "region": null }), &[]), Ok(()));
    assert_eq!(check(json!({}), &[region]), wrong);
    assert_eq!(check(json!({ "region": "" }), &[("Mcp-Param-Region", "")]), Ok(()));
    assert_eq!(check(json!({ "region": "" }), &[]), wrong);
    let encoded = ("Mcp-Param-Region", "=?base64?w6k=?=");
    assert_eq!(check(json!({ "region": "é" }), &[encoded]), Ok(()));
    // A header of nobody's is nobody's business.
    assert_eq!(check(json!({}), &[("Mcp-Param-Other", "1")]), Ok(()));
}

#[test]
fn errors_leave_with_the_status_that_says_whose_they_are() {
    let error = |code: i64| {
        let error = json!({ "code": code, "message": "" });
        Frame::Message(json!({ "jsonrpc": "2.0", "id": 1, "error": error }))
    };
    for (code, refused, handled) in [
        (-32700, 400, 200),
        (-32600, 400, 200),
        (-32601, 404, 404),
        (-32602, 400, 200),
        (-32603, 200, 200),
        (-32020, 400, 400),
        (-32021, 400, 400),
        (-32022, 400, 400),
        (42900, 429, 200),
        (1, 200, 200),
    ] {
        assert_eq!(status_of(&error(code), true), refused, "{code}");
        assert_eq!(status_of(&error(code), false), handled, "{code}");
        let refusal = Refusal::of(None, RpcError::new(code, "no"));
        assert_eq!(refusal.status, refused, "{code}");
    }
    let result = Frame::Message(json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    assert_eq!(status_of(&result, false), 200);
}
