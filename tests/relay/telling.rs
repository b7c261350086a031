//! What servers tell, and who hears it.

use mcp_wasm::error::Error;
use mcp_wasm::proto::client::RequestId;
use serde_json::{Value, json};

use crate::relayed::World;
use crate::{LEGACY, MODERN};

fn log(level: &str) -> Value {
    let params = json!({ "level": level, "data": { "text": level }, "logger": "l" });
    json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params })
}

#[test]
fn log_levels_are_the_clients_own() {
    let mut world = World::new(LEGACY, true);
    let (a, b) = (world.join(LEGACY), world.join(LEGACY));
    world.ask(a, "logging/setLevel", json!({ "level": "error" }));
    assert_eq!(world.heard()["params"]["level"], "error");
    world.ask(b, "logging/setLevel", json!({ "level": "debug" }));
    assert_eq!(world.heard()["params"]["level"], "debug", "the lowest counts");
    world.tell([log("info"), log("error")]);
    assert_eq!(world.all(a).len(), 1);
    assert_eq!(world.all(b).len(), 2);
}

#[test]
fn log_levels_cross_the_eras() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    world.fronts.get_mut(&id).unwrap().level = Some("warning");
    world.call(id, "t", json!(1));
    let level = world.heard();
    assert_eq!(
        (&level["method"], &level["params"]["level"]),
        (&json!("logging/setLevel"), &json!("warning"))
    );
    world.tell([log("info"), log("alert")]);
    let got = world.all(id);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0]["params"]["data"], json!({ "text": "alert" }));

    let (mut world, id) = World::with(LEGACY, MODERN);
    world.ask(id, "logging/setLevel", json!({ "level": "alert" }));
    world.heard.clear();
    world.call(id, "t", json!(1));
    assert_eq!(world.heard()["params"]["_meta"]["io.modelcontextprotocol/logLevel"], "alert");
}

fn changed(of: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": format!("notifications/{of}/list_changed") })
}

pub fn updated(uri: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": { "uri": uri } })
}

#[test]
fn changes_of_a_legacy_server_reach_sessions_and_those_that_listen() {
    let mut world = World::new(LEGACY, true);
    let (old, new) = (world.join(LEGACY), world.join(MODERN));
    let filter = json!({ "toolsListChanged": true, "resourceSubscriptions": ["a:b"] });
    let own = world.request(new, "subscriptions/listen", json!({ "notifications": filter }));
    let subscribe = world.heard();
    assert_eq!(subscribe["method"], "resources/subscribe");
    world.answer(&subscribe, json!({}));
    let acknowledged = world.take(new).unwrap();
    assert_eq!(acknowledged["params"]["notifications"], filter);
    assert_eq!(acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], own);
    world.tell([changed("tools"), changed("prompts"), updated("a:b"), updated("c:d")]);
    let got: Vec<Value> = world.all(new);
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(
        got.iter()
            .all(|got| got["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == own)
    );
    assert_eq!(world.all(old).len(), 2, "both lists, and no resource");
    let sub = world.request(old, "resources/subscribe", json!({ "uri": "a:b" }));
    assert_eq!(world.take(old).unwrap()["id"], sub, "the server tells of it already");
    world.tell([updated("a:b")]);
    assert_eq!((world.all(old).len(), world.all(new).len()), (1, 1));
    world.ask(old, "resources/unsubscribe", json!({ "uri": "a:b" }));
    assert!(world.heard.is_empty(), "somebody else listens to it");
    world.say(new, json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": own } }));
    assert_eq!(world.heard()["method"], "resources/unsubscribe");
}

/// The server acknowledges what it was asked to tell of last.
fn acknowledge(world: &mut World) -> Value {
    let listen = world.heard();
    assert_eq!(listen["method"], "subscriptions/listen");
    let about = json!({ "io.modelcontextprotocol/subscriptionId": listen["id"] });
    let filter = &listen["params"]["notifications"];
    world.tell([json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": { "_meta": about, "notifications": filter },
    })]);
    listen
}

/// The stream of that request breaks off, and is opened again.
fn interrupt(world: &mut World, listen: &Value) {
    let id = RequestId::new(listen["id"].as_i64().unwrap()).unwrap();
    let error = Error::Lost { reason: "it broke off".to_owned(), sent: true, cause: None };
    world.relay.back_mut().failed(id, error, world.now);
    world.pass(2_000.0);
}

#[test]
fn what_may_have_changed_while_a_stream_was_broken_counts_as_changed() {
    let (mut world, id) = World::with(LEGACY, MODERN);
    let lists = acknowledge(&mut world);
    world.request(id, "resources/subscribe", json!({ "uri": "a:b" }));
    let resource = acknowledge(&mut world);
    world.all(id);
    interrupt(&mut world, &lists);
    acknowledge(&mut world);
    assert_eq!(world.all(id), [changed("tools"), changed("prompts"), changed("resources")]);
    interrupt(&mut world, &resource);
    acknowledge(&mut world);
    assert_eq!(world.all(id), [updated("a:b")]);

    let (mut world, id) = World::with(MODERN, MODERN);
    let filter = json!({ "toolsListChanged": true, "resourceSubscriptions": ["a:b"] });
    let own = world.request(id, "subscriptions/listen", json!({ "notifications": filter }));
    let listen = acknowledge(&mut world);
    world.all(id);
    interrupt(&mut world, &listen);
    acknowledge(&mut world);
    let told = world.all(id);
    let methods: Vec<_> = told.iter().map(|told| told["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["notifications/tools/list_changed", "notifications/resources/updated"]);
    for told in told {
        assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], own);
    }
}

#[test]
fn what_may_have_changed_until_a_server_is_back_counts_as_changed() {
    for back in [LEGACY, MODERN] {
        let (mut world, id) = World::with(LEGACY, back);
        if back == MODERN {
            acknowledge(&mut world);
        }
        world.all(id);
        world.cut("gone");
        world.request(id, "ping", json!({}));
        world.request(id, "tools/list", json!({}));
        if back == MODERN {
            acknowledge(&mut world);
        }
        let told: Vec<_> =
            world.all(id).into_iter().filter(|told| told.get("id").is_none()).collect();
        assert_eq!(told, [changed("tools"), changed("prompts"), changed("resources")]);
    }
}

#[test]
fn changes_of_a_modern_server_reach_a_legacy_session_unasked() {
    let (mut world, id) = World::with(LEGACY, MODERN);
    let listen = world.heard();
    assert_eq!(listen["method"], "subscriptions/listen");
    let about = json!({ "io.modelcontextprotocol/subscriptionId": listen["id"] });
    let filter = listen["params"]["notifications"].clone();
    let acknowledged = json!({ "_meta": about, "notifications": filter });
    world.tell([json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": acknowledged,
    })]);
    world.tell([json!({
        "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": { "_meta": about },
    })]);
    assert_eq!(world.all(id), [changed("tools")]);
    let own = world.request(id, "resources/subscribe", json!({ "uri": "a:b" }));
    let listen = world.heard();
    let about = json!({ "io.modelcontextprotocol/subscriptionId": listen["id"] });
    let filter = listen["params"]["notifications"].clone();
    assert_eq!(filter, json!({ "resourceSubscriptions": ["a:b"] }));
    world.tell([json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": { "_meta": about, "notifications": filter },
    })]);
    assert_eq!(world.take(id).unwrap()["id"], own);
    world.tell([json!({
        "jsonrpc": "2.0", "method": "notifications/resources/updated",
        "params": { "uri": "a:b", "_meta": about },
    })]);
    assert_eq!(world.all(id), [updated("a:b")]);
}
