//! Header values, and arguments that tools want repeated in headers.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` values

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::http::headers::{encode, is_token};
use mcp_wasm::http::params::Tools;
use serde_json::{Value, json};
use support::{Path, Place, Web, protocol_text};

#[test]
fn a_value_that_would_not_survive_the_way_is_sent_in_base64() {
    for (text, value) in [
        ("", ""),
        ("plain", "plain"),
        ("a b\tc", "a b\tc"),
        ("~!@#", "~!@#"),
        (" a", "=?base64?IGE=?="),
        ("a\t", "=?base64?YQk=?="),
        ("é", "=?base64?w6k=?="),
        ("日本", "=?base64?5pel5pys?="),
        ("a\nb", "=?base64?YQpi?="),
        ("\u{7f}", "=?base64?fw==?="),
        ("=?base64?x", "=?base64?x"),
        ("x?=", "x?="),
        ("=?base64??=", "=?base64?PT9iYXNlNjQ/Pz0=?="),
        ("=?BASE64?YQ==?=", "=?BASE64?YQ==?="),
    ] {
        assert_eq!(encode(text), value, "{text:?}");
    }
    assert!(
        is_token("X-Region")
            && !is_token("")
            && !is_token("a b")
            && !is_token("a:b")
            && !is_token("é")
    );
}

fn tool(name: &str, properties: Value) -> Value {
    json!({ "name": name, "inputSchema": { "type": "object", "properties": properties } })
}

fn headers(schema_of: Value, arguments: Value) -> Vec<(String, String)> {
    let mut tools = Tools::default();
    let faults = tools.read(&mut json!({ "tools": [schema_of] }), true);
    assert!(faults.is_empty(), "{faults:?}");
    tools.headers("t", Some(&arguments))
}

#[test]
fn annotated_arguments_become_headers() {
    let schema = json!({
        "region": { "type": "string", "x-mcp-header": "Region" },
        "count": { "type": "integer", "x-mcp-header": "Count" },
        "dry": { "type": "boolean", "x-mcp-header": "Dry" },
        "free": { "type": "string" },
        "deep": { "type": "object", "properties": { "er": { "type": "string", "x-mcp-header": "Deeper" } } },
        // A property of that name is no annotation.
        "x-mcp-header": { "type": "string" },
    });
    let cases = [
        (json!({}), vec![]),
        (json!({ "region": "eu", "free": "x" }), vec![("Mcp-Param-Region", "eu")]),
        (json!({ "region": "" }), vec![("Mcp-Param-Region", "")]),
        (json!({ "region": null, "count": null }), vec![]),
        (json!({ "region": "zürich" }), vec![("Mcp-Param-Region", "=?base64?esO8cmljaA==?=")]),
        (json!({ "region": "a\r\nX: y" }), vec![("Mcp-Param-Region", "=?base64?YQ0KWDogeQ==?=")]),
        (
            json!({ "count": 0, "dry": false }),
            vec![("Mcp-Param-Count", "0"), ("Mcp-Param-Dry", "false")],
        ),
        (
            json!({ "count": -42, "dry": true }),
            vec![("Mcp-Param-Count", "-42"), ("Mcp-Param-Dry", "true")],
        ),
        (json!({ "count": 7.0 }), vec![("Mcp-Param-Count", "7")]),
        (
            json!({ "count": 9_007_199_254_740_991_i64 }),
            vec![("Mcp-Param-Count", "9007199254740991")],
        ),
        (json!({ "count": 1.5 }), vec![]),
        (json!({ "count": 1e300 }), vec![]),
        (json!({ "region": ["eu"] }), vec![]),
        (json!({ "deep": { "er": "yes" } }), vec![("Mcp-Param-Deeper", "yes")]),
        (json!({ "deep": "no" }), vec![]),
    ];
    for (arguments, expected) in cases {
        let _place = Place(arguments.to_string());
        let found = headers(tool("t", schema.clone()), arguments);
        let found: Vec<_> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }
    assert!(Tools::<Value>::default().headers("t", Some(&json!({ "region": "eu" }))).is_empty());
}

#[test]
fn tools_that_no_request_can_be_made_for_are_dropped_and_named() {
    let string = |name: Value| json!({ "a": { "type": "string", "x-mcp-header": name } });
    let twice = json!({
        "a": { "type": "string", "x-mcp-header": "Region" },
        "b": { "type": "string", "x-mcp-header": "rEGION" },
    });
    let at = |kind: Value| json!({ "a": { "type": kind, "x-mcp-header": "A" } });
    let inner = json!({ "type": "string", "x-mcp-header": "A" });
    let mut tools = vec![tool("good", string(json!("Region")))];
    let bad = [
        string(json!("")),
        string(json!({})),
        string(json!([])),
        string(json!(null)),
        string(json!(7)),
        string(json!("a b")),
        string(json!("a:b")),
        string(json!("é")),
        string(json!("a\u{1}")),
        twice,
        at(json!("number")),
        at(json!("object")),
        at(json!(["string", "null"])),
        json!({ "a": { "x-mcp-header": "A" } }),
        json!({ "a": { "type": "array", "items": inner } }),
        json!({ "a": { "oneOf": [inner] } }),
        json!({ "a": { "type": "object", "additionalProperties": inner } }),
        json!({ "a": { "anyOf": [{ "properties": { "b": inner } }] } }),
    ];
    for properties in &bad {
        tools.push(tool("bad", properties.clone()));
    }
    let mut root = tool("bad", json!({}));
    root["inputSchema"]["x-mcp-header"] = json!("Root");
    tools.push(root);
    let mut defined = tool("bad", json!({}));
    defined["inputSchema"]["$defs"] = json!({ "a": inner });
    tools.push(defined);
    // Data is no schema.
    let mut data =
        tool("fine", json!({ "a": { "type": "object", "default": { "x-mcp-header": 7 } } }));
    data["inputSchema"]["examples"] = json!([{ "x-mcp-header": 7 }]);
    tools.push(data);
    tools.push(json!({ "name": "plain" }));

    let mut page = json!({ "tools": tools, "nextCursor": "x" });
    let faults = Tools::default().read(&mut page, true);
    let kept: Vec<_> = page["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(kept, ["good", "fine", "plain"]);
    assert_eq!(page["nextCursor"], "x");
    assert_eq!(faults.len(), bad.len() + 2);
    assert!(
        faults
            .iter()
            .all(|fault| fault.starts_with("the tool bad was dropped: its `x-mcp-header` "))
    );
}

#[test]
fn a_schema_is_searched_to_a_depth_that_no_honest_one_has() {
    let mut schema = json!({ "type": "string", "x-mcp-header": "A" });
    for _ in 0..200 {
        schema = json!({ "properties": { "a": schema } });
    }
    let mut page = json!({ "tools": [{ "name": "t", "inputSchema": schema }] });
    assert!(Tools::default().read(&mut page, true).is_empty());
}

fn listed(web: &mut Web, tools: Value) -> i64 {
    let (id, fetch) = web.request("tools/list", json!({}));
    web.result(&fetch, json!({ "tools": tools, "resultType": "complete" }));
    id
}

#[test]
fn the_list_that_passes_by_says_which_headers_a_call_gets() {
    let mut web = Web::modern(Path::Scanned);
    let region = tool("work", json!({ "region": { "type": "string", "x-mcp-header": "Region" } }));
    let bad = tool("bad", json!({ "region": { "type": "number", "x-mcp-header": "Region" } }));
    let id = listed(&mut web, json!([region, bad]));
    let result = web.page.outcome(id).unwrap().as_ref().unwrap();
    assert_eq!(result["tools"].as_array().unwrap().len(), 1);
    let faults = web.page.faults();
    assert_eq!(faults.len(), 1);
    assert!(protocol_text(faults[0]).contains("the tool bad was dropped"));
    let arguments = json!({ "name": "work", "arguments": { "region": "eu" } });
    let (_, call) = web.request("tools/call", arguments.clone());
    assert_eq!(call.header("mcp-param-region"), Some("eu"));
    // A later page adds, the first page starts anew.
    let (_, next) = web.request("tools/list", json!({ "cursor": "2" }));
    web.result(&next, json!({ "tools": [], "resultType": "complete" }));
    assert!(web.request("tools/call", arguments.clone()).1.header("mcp-param-region").is_some());
    listed(&mut web, json!([]));
    assert!(web.request("tools/call", arguments).1.header("mcp-param-region").is_none());
}

#[test]
fn a_legacy_list_is_left_alone() {
    let mut web = Web::legacy(Path::Scanned);
    let bad = tool("work", json!({ "region": { "type": "number", "x-mcp-header": "Region" } }));
    let id = listed(&mut web, json!([bad]));
    assert_eq!(
        web.page.outcome(id).unwrap().as_ref().unwrap()["tools"].as_array().unwrap().len(),
        1
    );
    assert!(web.call().1.header("mcp-param-region").is_none());
}

#[test]
fn a_call_refused_for_its_headers_is_made_once_more_with_the_tools_as_they_are() {
    let mut web = Web::modern(Path::Scanned);
    let refusal = json!({ "code": -32020, "message": "headers" });
    let arguments = json!({ "name": "work", "arguments": { "region": "eu" } });
    let (id, call) = web.request("tools/call", arguments.clone());
    web.error(&call, 400, refusal.clone());
    // Page by page, and nobody else hears of it.
    let list = web.take_method("tools/list");
    assert!(list.id().is_string());
    let meta = list.body.as_ref().unwrap()["params"]["_meta"].as_object().unwrap().clone();
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(!meta.contains_key("progressToken"));
    web.result(&list, json!({ "tools": [], "nextCursor": "2", "resultType": "complete" }));
    let list = web.take_method("tools/list");
    assert_eq!(list.body.as_ref().unwrap()["params"]["cursor"], "2");
    let region = tool("work", json!({ "region": { "type": "string", "x-mcp-header": "Region" } }));
    web.result(&list, json!({ "tools": [region], "resultType": "complete" }));
    let again = web.take_method("tools/call");
    assert_eq!(again.header("mcp-param-region"), Some("eu"));
    assert_eq!(again.body, call.body);
    web.result(&again, json!({ "content": [], "resultType": "complete" }));
    assert!(matches!(web.page.outcome(id), Some(Ok(_))));
    assert!(web.page.faults().is_empty());

    // A second refusal is the answer, and so is the first one if the tools cannot be listed.
    for twice in [true, false] {
        let (id, call) = web.request("tools/call", arguments.clone());
        web.error(&call, 400, refusal.clone());
        let list = web.take_method("tools/list");
        if twice {
            web.result(&list, json!({ "tools": [], "resultType": "complete" }));
            let again = web.take_method("tools/call");
            web.error(&again, 400, refusal.clone());
        } else {
            web.answer(&list, 403, "", "");
        }
        match web.page.outcome(id) {
            Some(Err(Error::Rpc(error))) => assert_eq!(error.code, -32020),
            other => panic!("{other:?}"),
        }
        assert!(web.is_quiet());
    }
    // Given up while the tools are listed.
    let (id, call) = web.request("tools/call", arguments);
    web.error(&call, 400, refusal);
    let list = web.take_method("tools/list");
    web.page.cancel(id, None);
    web.pump();
    assert_eq!(web.aborted, [list.exchange]);
    assert!(web.is_quiet());
}

/// How long lists of annotations without end take.
#[allow(clippy::disallowed_methods)] // it measures
fn time_of_annotations() -> std::time::Duration {
    let start = std::time::Instant::now();
    let mut tools = Tools::default();
    let own = |number: usize| {
        let header = format!("H{number}");
        tool(&format!("t{number}"), json!({ "a": { "type": "string", "x-mcp-header": header } }))
    };
    let mut page = json!({ "tools": (0..10_000).map(own).collect::<Vec<_>>() });
    assert_eq!(tools.read(&mut page, true).len(), 10_000 - 1024);
    assert_eq!(page["tools"].as_array().unwrap().len(), 1024);
    assert_eq!(tools.headers("t7", Some(&json!({ "a": "x" }))).len(), 1);
    let many = (0..50_000).map(|number| {
        let header = format!("H{number}");
        (format!("a{number}"), json!({ "type": "string", "x-mcp-header": header }))
    });
    let mut page = json!({ "tools": [tool("t", Value::Object(many.collect()))] });
    assert_eq!(tools.read(&mut page, true).len(), 1);
    start.elapsed()
}

#[test]
fn annotations_without_end_cost_a_list_no_more_than_its_length() {
    // A machine that is busy with other tests may take longer, for a while.
    let times: Vec<_> =
        (0..5).map(|_| time_of_annotations()).take_while(|time| time.as_secs() >= 5).collect();
    assert!(times.len() < 5, "{times:?}");
}
