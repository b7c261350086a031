//! No message costs more than its length: what a peer may send is read in one go, whatever its shape.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

#[path = "support/session.rs"]
mod support;

use std::time::{Duration, Instant};

use mcp_wasm::server::{
    Completion, CompletionRequest, Context, NoArguments, ResourceTemplate, Server,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Session, able};

/// About as many bytes as each message has.
const SIZE: usize = 512 << 10;
/// Many times what such a message takes on a busy machine without optimization, and a small part of
/// what it takes where the time grows with the square.
const BOUND: Duration = Duration::from_secs(3);

#[derive(Deserialize, JsonSchema)]
struct Variables {
    #[serde(default)]
    a: String,
    #[serde(default)]
    b: String,
}

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .tool("t", "", |_: NoArguments, _: Context| async { "done" })
        .tool("any", "", |args: Value, _: Context| async move { args.is_object().to_string() })
        .prompt("p", "", |v: Variables, _: Context| async move { v.a + &v.b })
        .resource_template(
            ResourceTemplate::new("a://{a}/x/{b}", "r"),
            |v: Variables, _: Context| async move { v.a + &v.b },
        )
        .completion(|_: CompletionRequest, _: Context| async { Completion::default() })
        .build()
}

/// Names in falling order, which is what a sorted list likes least.
fn falling(bytes: usize) -> Vec<String> {
    (0..bytes / 12).rev().map(|number| format!("{number:08}")).collect()
}

fn object(names: Vec<String>, value: Value) -> Value {
    Value::Object(names.into_iter().map(|name| (name, value.clone())).collect())
}

/// Something wide in something deep.
fn nested(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |inner, _| json!([inner]))
}

fn deep(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |inner, _| json!({ "a": inner }))
}

fn modern(method: &str, params: Value) -> Value {
    let params = able(json!({ "elicitation": {}, "sampling": {} }), params);
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn shapes() -> Vec<(&'static str, Value)> {
    let names = || falling(SIZE);
    let zeros = || json!(vec![0; SIZE / 2]);
    let mut long_meta = modern("tools/call", json!({ "name": "t" }));
    long_meta["params"]["_meta"]["more"] = object(names(), json!(0));
    let mut long_capabilities = modern("tools/call", json!({ "name": "t" }));
    long_capabilities["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        object(names(), json!({}));
    vec![
        (
            "uris",
            modern(
                "subscriptions/listen",
                json!({ "notifications": { "resourceSubscriptions": names() } }),
            ),
        ),
        (
            "answers",
            modern(
                "tools/call",
                json!({ "name": "t", "inputResponses": object(names(), json!(0)) }),
            ),
        ),
        (
            "state",
            modern("tools/call", json!({ "name": "t", "requestState": "v1.".repeat(SIZE / 3) })),
        ),
        (
            "arguments",
            modern("tools/call", json!({ "name": "any", "arguments": object(names(), json!(0)) })),
        ),
        (
            "wide and deep",
            modern(
                "tools/call",
                json!({ "name": "any", "arguments": { "x": nested(100, zeros()) } }),
            ),
        ),
        (
            "deep objects",
            modern(
                "tools/call",
                json!({ "name": "any", "arguments": deep(100, json!({ "y": zeros() })) }),
            ),
        ),
        (
            "deep arguments",
            modern(
                "tools/call",
                json!({ "name": "t", "arguments": { "x": nested(100, json!(names())) } }),
            ),
        ),
        ("meta", long_meta),
        ("capabilities", long_capabilities),
        (
            "prompt",
            modern("prompts/get", json!({ "name": "p", "arguments": object(names(), json!("x")) })),
        ),
        (
            "uri",
            modern("resources/read", json!({ "uri": format!("a://{}", "a/x/".repeat(SIZE / 4)) })),
        ),
        (
            "escapes",
            modern(
                "resources/read",
                json!({ "uri": format!("a://1/x/{}", "%41".repeat(SIZE / 3)) }),
            ),
        ),
        (
            "completion",
            modern(
                "completion/complete",
                json!({ "ref": { "type": "ref/prompt", "name": "p" },
                        "argument": { "name": "a", "value": "" },
                        "context": { "arguments": object(names(), json!("x")) } }),
            ),
        ),
        ("cursor", modern("tools/list", json!({ "cursor": "x".repeat(SIZE) }))),
        ("method", modern(&"x".repeat(SIZE), json!({}))),
        ("members", object(names(), json!(0))),
        ("batch", json!(vec![json!({ "jsonrpc": "2.0", "method": "ping", "id": 0 }); SIZE / 44])),
        ("numbers", json!(vec![0; SIZE / 2])),
    ]
}

#[test]
#[allow(clippy::disallowed_methods)] // it measures
fn no_message_of_a_modern_peer_costs_more_than_its_length() {
    for (what, message) in shapes() {
        let mut session = Session::modern(&server());
        let text = message.to_string();
        assert!(text.len() > SIZE / 2, "{what}: {}", text.len());
        let start = Instant::now();
        session.link().receive(&text);
        session.drain();
        assert!(start.elapsed() < BOUND, "{what}: {:?}", start.elapsed());
    }
}

#[test]
#[allow(clippy::disallowed_methods)] // it measures
fn no_message_of_a_session_costs_more_than_its_length() {
    let ask = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let names = falling(SIZE);
    let pings = |ids: bool| {
        let one = |id: usize| json!({ "jsonrpc": "2.0", "id": if ids { id } else { 0 }, "method": "ping" });
        json!((0..SIZE / 44).rev().map(one).collect::<Vec<_>>())
    };
    let mut shapes = vec![
        ("pings of one id", pings(false)),
        ("pings", pings(true)),
        (
            "capabilities",
            ask(
                "initialize",
                json!({ "protocolVersion": "2025-03-26", "capabilities": object(names.clone(), json!({})) }),
            ),
        ),
        ("subscribe", ask("resources/subscribe", json!({ "uri": "a/x/".repeat(SIZE / 4) }))),
        (
            "cancel",
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "x".repeat(SIZE) } }),
        ),
        ("answer", json!({ "jsonrpc": "2.0", "id": 1, "result": object(names, json!(0)) })),
    ];
    for (what, message) in shapes.drain(..) {
        let mut session = Session::legacy(&server(), "2025-03-26", json!({ "elicitation": {} }));
        let text = message.to_string();
        let start = Instant::now();
        session.link().receive(&text);
        session.drain();
        assert!(start.elapsed() < BOUND, "{what}: {:?}", start.elapsed());
    }
}

/// How long it takes to deal with so many calls, each begun, cancelled and pinged about.
#[allow(clippy::disallowed_methods)] // it measures
fn storm(count: usize) -> Duration {
    let mut session = Session::legacy(&server(), "2025-11-25", json!({}));
    let start = Instant::now();
    for id in (0..count).rev() {
        session.send(json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }));
        session.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
    }
    for id in (0..count).rev() {
        session.send(json!({ "jsonrpc": "2.0", "id": format!("c{id}"), "method": "tools/call", "params": { "name": "t" } }));
    }
    for id in (0..count).rev() {
        session.cancel(i64::try_from(id).unwrap());
        session.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": format!("c{id}") } }));
    }
    session.drain();
    start.elapsed()
}

#[test]
fn many_small_messages_cost_no_more_each_than_a_few() {
    // The best of some, and as much work in each: what else the machine does makes them slower only, and
    // interrupts what is short less often.
    let few = (0..3).map(|_| (0..20).map(|_| storm(200)).sum::<Duration>()).min().unwrap();
    let many = (0..3).map(|_| storm(4000)).min().unwrap();
    assert!(many < few * 5, "{few:?} for 20 times 200, {many:?} for 4000");
}
