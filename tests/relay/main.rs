//! The relay: what a client in front gets is what the server behind it says, whatever era either
//! speaks, and whoever else is there.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value, reason = "`json!` reads better without a `&`")]

mod crossing;
mod ends;
mod questions;
#[path = "../support/relayed.rs"]
mod relayed;
mod tasks;
mod telling;
mod together;
mod tools;

use mcp_wasm::proto::version::Version;
use relayed::{World, report, response};
use serde_json::{Value, json};

const VERSIONS: [Version; 5] = Version::ALL;
const MODERN: Version = Version::V2026_07_28;
const LEGACY: Version = Version::V2025_11_25;

/// Every revision in front of every other.
fn pairs() -> impl Iterator<Item = (Version, Version)> {
    VERSIONS.into_iter().flat_map(|front| VERSIONS.into_iter().map(move |back| (front, back)))
}

#[test]
fn every_revision_in_front_of_every_other_learns_what_the_server_is() {
    for (front, back) in pairs() {
        let (mut world, id) = {
            let mut world = World::new(back, false);
            let id = world.attach(front);
            (world, id)
        };
        let result = if front.is_initialized() {
            let params = json!({
                "protocolVersion": front.as_str(), "capabilities": { "roots": {} },
                "clientInfo": { "name": "front", "version": "3" },
            });
            let answer = world.ask(id, "initialize", params);
            assert_eq!(answer["result"]["serverInfo"]["name"], "behind");
            assert_eq!(answer["result"]["serverInfo"]["icons"], json!([]), "unknown members stay");
            answer["result"].clone()
        } else {
            let answer = world.ask(id, "server/discover", json!({}));
            let about = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
            assert_eq!(about["name"], "behind");
            assert_eq!(answer["result"]["resultType"], "complete");
            answer["result"].clone()
        };
        assert_eq!(result["instructions"], "Be kind.", "{front:?} {back:?}");
        assert_eq!(result["capabilities"]["x-own"], json!({ "of": "the server" }));
        assert_eq!(result["capabilities"]["tools"], json!({ "listChanged": true }));
    }
}

#[test]
fn a_server_of_one_client_is_told_who_that_is_and_what_it_can_do() {
    let (world, _) = World::with(LEGACY, LEGACY);
    assert_eq!(world.greeted["clientInfo"]["name"], "front");
    assert_eq!(world.greeted["capabilities"]["elicitation"], json!({ "form": {}, "url": {} }));
    let mut world = World::new(LEGACY, true);
    world.join(LEGACY);
    assert_eq!(world.greeted["clientInfo"]["name"], "mcp-wasm-gateway", "one of several");
}

#[test]
fn fifty_reports_and_the_result_in_one_write_arrive_in_order() {
    for (front, back) in pairs() {
        let (mut world, id) = World::with(front, back);
        world.heard.clear();
        let own = world.call(id, "count", json!("my token"));
        let call = world.heard();
        assert_eq!(call["params"]["name"], "count");
        let result = json!({ "content": [], "x-own": { "deep": [1, 2] }, "_meta": { "a": 1 } });
        let reports = (1..=50).map(|n| report(&call, f64::from(n)));
        world.tell(reports.chain([response(&call, result)]).collect::<Vec<_>>());
        let got = world.all(id);
        assert_eq!(got.len(), 51, "{front:?} in front of {back:?}");
        for (n, report) in (1..=50).zip(&got) {
            let params = &report["params"];
            assert_eq!(params["progressToken"], "my token", "its JSON type is kept");
            assert_eq!(params["progress"], f64::from(n));
            assert_eq!(params["x-own"], json!([1]), "unknown members are kept");
        }
        assert_eq!(got[50]["id"], own);
        assert_eq!(got[50]["result"]["x-own"], json!({ "deep": [1, 2] }));
        assert_eq!(got[50]["result"]["_meta"]["a"], 1);
        if front.era() == back.era() {
            let untouched =
                json!({ "content": [], "x-own": { "deep": [1, 2] }, "_meta": { "a": 1 } });
            assert_eq!(got[50]["result"], untouched);
        }
    }
}

#[test]
fn string_ids_and_tokens_come_back_as_they_were() {
    for (front, back) in pairs() {
        let (mut world, id) = World::with(front, back);
        world.heard.clear();
        let params = json!({ "name": "t" });
        let token = json!({ "progressToken": "7" });
        world.request_as(id, json!("7"), "tools/call", params.clone(), token);
        world.request_as(id, json!(7), "tools/call", params, json!({ "progressToken": 7 }));
        let (text, number) = (world.heard(), world.heard());
        world.tell([report(&number, 1.0), report(&text, 2.0)]);
        world.tell([response(&number, json!({})), response(&text, json!({}))]);
        let got = world.all(id);
        assert_eq!(got[0]["params"]["progressToken"], 7);
        assert_eq!(got[1]["params"]["progressToken"], "7");
        assert_eq!((&got[2]["id"], &got[3]["id"]), (&json!(7), &json!("7")));
    }
}

#[test]
fn a_call_without_a_token_gets_its_result_and_no_reports() {
    let (mut world, id) = World::with(LEGACY, LEGACY);
    world.call(id, "t", Value::Null);
    let call = world.heard();
    world.tell([report(&call, 1.0), response(&call, json!({}))]);
    assert_eq!(world.all(id).len(), 1);
}

#[test]
fn the_envelope_of_one_era_does_not_reach_a_server_of_the_other() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    world.request_with(id, "tools/call", json!({ "name": "t" }), json!({ "mine": 1 }));
    let heard = world.heard();
    let about = heard["params"]["_meta"].as_object().unwrap();
    let keys: Vec<&String> = about.keys().filter(|key| *key != "progressToken").collect();
    assert_eq!(keys, ["mine"], "what the caller put there is passed");

    let (mut world, id) = World::with(LEGACY, MODERN);
    world.heard.clear();
    world.call(id, "t", json!(1));
    let about = world.heard()["params"]["_meta"].clone();
    assert_eq!(about["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(about["io.modelcontextprotocol/clientInfo"]["name"], "front");
    let can = &about["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(can["elicitation"], json!({ "form": {}, "url": {} }), "those of this client");
}

#[test]
fn a_cancelled_request_is_cancelled_at_the_server_by_the_id_that_it_knows() {
    for (front, back) in pairs() {
        let (mut world, id) = World::with(front, back);
        world.heard.clear();
        let own = world.call(id, "t", json!(1));
        let call = world.heard();
        let params = json!({ "requestId": own, "reason": "enough" });
        world.say(
            id,
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }),
        );
        let cancelled = world.heard();
        assert_eq!(cancelled["method"], "notifications/cancelled");
        assert_eq!(cancelled["params"]["requestId"], call["id"]);
        assert_eq!(cancelled["params"]["reason"], "enough");
        world.tell([report(&call, 1.0), response(&call, json!({}))]);
        assert!(world.all(id).is_empty(), "nothing comes for it any more");
        assert!(world.faults.is_empty(), "{:?}", world.faults);
    }
}

#[test]
fn a_client_that_leaves_takes_its_calls_along_and_no_others() {
    let mut world = World::new(LEGACY, true);
    let (a, b) = (world.join(LEGACY), world.join(MODERN));
    world.call(a, "t", json!(1));
    world.call(b, "t", json!(1));
    let (of_a, of_b) = (world.heard(), world.heard());
    world.leave(a);
    assert_eq!(world.heard()["params"]["requestId"], of_a["id"]);
    world.tell([report(&of_b, 1.0), response(&of_b, json!({}))]);
    assert_eq!(world.all(b).len(), 2);
}

#[test]
fn lists_pages_and_unknown_methods_go_through_as_they_are() {
    for (front, back) in pairs() {
        let (mut world, id) = World::with(front, back);
        world.heard.clear();
        world.request(id, "tools/list", json!({ "cursor": "opaque ∞" }));
        let list = world.heard();
        assert_eq!(list["params"]["cursor"], "opaque ∞");
        world.answer(&list, json!({ "tools": [{ "name": "t", "x": 1 }], "nextCursor": "more" }));
        let got = world.take(id).unwrap();
        assert_eq!(got["result"]["tools"], json!([{ "name": "t", "x": 1 }]));
        assert_eq!(got["result"]["nextCursor"], "more");
        world.request(id, "acme/own", json!({ "a": [null] }));
        let own = world.heard();
        assert_eq!((&own["method"], &own["params"]["a"]), (&json!("acme/own"), &json!([null])));
        let error = json!({ "code": -5, "message": "no", "data": { "why": 1 } });
        world.tell([json!({ "jsonrpc": "2.0", "id": own["id"], "error": error })]);
        assert_eq!(world.take(id).unwrap()["error"], error);
    }
}

#[test]
fn what_an_era_does_not_have_is_refused_here() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe"] {
        let params = json!({ "protocolVersion": "2026-07-28", "level": "info", "uri": "a:b" });
        assert_eq!(world.ask(id, method, params)["error"]["code"], -32601, "{method}");
    }
    let (mut world, id) = World::with(LEGACY, LEGACY);
    for method in ["server/discover", "subscriptions/listen"] {
        assert_eq!(world.ask(id, method, json!({}))["error"]["code"], -32601, "{method}");
    }
    assert!(world.heard.is_empty());
}

#[test]
fn results_of_a_legacy_server_have_what_the_modern_era_wants_of_them() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    world.request(id, "tools/list", json!({}));
    let list = world.heard();
    world.answer(&list, json!({ "tools": [] }));
    let got = world.take(id).unwrap();
    assert_eq!(got["result"]["resultType"], "complete");
    assert_eq!(got["result"]["ttlMs"], 0);
    assert_eq!(got["result"]["cacheScope"], "private");
    world.request(id, "resources/read", json!({ "uri": "a:b" }));
    let read = world.heard();
    let error = json!({ "code": -32002, "message": "none", "data": { "uri": "a:b" } });
    world.tell([json!({ "jsonrpc": "2.0", "id": read["id"], "error": error })]);
    assert_eq!(world.take(id).unwrap()["error"]["code"], -32602);
}

#[test]
fn structure_that_is_no_object_is_not_shown_to_clients_that_cannot_take_it() {
    let (mut world, id) = World::with(LEGACY, MODERN);
    world.heard.clear();
    world.call(id, "t", json!(1));
    let call = world.heard();
    world.answer(
        &call,
        json!({ "content": [], "structuredContent": [1], "resultType": "complete" }),
    );
    assert!(world.take(id).unwrap()["result"].get("structuredContent").is_none());
}
