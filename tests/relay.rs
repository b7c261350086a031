//! The relay: what a client in front gets is what the server behind it says, whatever era either
//! speaks, and whoever else is there.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value, reason = "`json!` reads better without a `&`")]

#[path = "support/relayed.rs"]
mod relayed;

use mcp_wasm::proto::version::Version;
use proptest::prelude::*;
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

// ---- questions ----

fn elicit(id: Value, message: &str) -> Value {
    let params = json!({ "message": message, "requestedSchema": { "type": "object" }, "x": 1 });
    json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": params })
}

#[test]
fn a_question_of_a_legacy_server_reaches_a_legacy_caller_as_a_request() {
    let (mut world, id) = World::with(LEGACY, LEGACY);
    world.call(id, "t", json!(1));
    let call = world.heard();
    world.tell([elicit(json!("q-1"), "name?")]);
    let asked = world.take(id).unwrap();
    assert_eq!(asked["method"], "elicitation/create");
    assert_eq!(asked["params"]["x"], 1, "unknown members are kept");
    let result = json!({ "action": "accept", "content": { "n": 1 }, "y": 2 });
    world.say(id, response(&asked, result.clone()));
    let answer = world.heard();
    assert_eq!((&answer["id"], &answer["result"]), (&json!("q-1"), &result));
    world.answer(&call, json!({}));
    assert!(world.take(id).unwrap().get("result").is_some());
}

#[test]
fn a_question_of_a_legacy_server_is_the_answer_to_a_modern_caller_until_it_comes_back() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    world.call(id, "t", json!("first"));
    let call = world.heard();
    world.tell([report(&call, 1.0), elicit(json!(99), "name?")]);
    assert_eq!(world.take(id).unwrap()["params"]["progress"], 1.0);
    let asked = world.take(id).unwrap();
    assert_eq!(asked["result"]["resultType"], "input_required");
    let requests = asked["result"]["inputRequests"].as_object().unwrap();
    let (key, question) = requests.iter().next().unwrap();
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["message"], "name?");
    // The server goes on reporting while nobody is there.
    world.tell([report(&call, 2.0), report(&call, 3.0)]);
    assert!(world.all(id).is_empty());
    let answer = json!({ "action": "accept", "content": {} });
    let retry = json!({
        "name": "t", "arguments": {}, "requestState": asked["result"]["requestState"],
        "inputResponses": { key: answer },
    });
    let own = world.request_with(id, "tools/call", retry, json!({ "progressToken": "second" }));
    let heard = world.heard();
    assert_eq!((&heard["id"], &heard["result"]), (&json!(99), &answer));
    world.tell([report(&call, 4.0), response(&call, json!({ "content": [] }))]);
    let got = world.all(id);
    let numbers: Vec<_> = got.iter().take(3).map(|got| got["params"]["progress"].clone()).collect();
    assert_eq!(numbers, [2.0, 3.0, 4.0], "none is lost");
    assert!(got.iter().take(3).all(|got| got["params"]["progressToken"] == "second"));
    assert_eq!(got[3]["id"], own);
    assert_eq!(got[3]["result"]["resultType"], "complete");
}

#[test]
fn what_comes_back_with_a_state_that_nobody_gave_is_refused() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    let retry = json!({ "name": "t", "requestState": "guess", "inputResponses": {} });
    let answer = world.ask(id, "tools/call", retry);
    assert_eq!(answer["error"]["code"], -32602);
    assert!(world.heard.is_empty(), "and the server is not bothered");
}

#[test]
fn a_caller_that_never_comes_back_has_its_call_cancelled_at_the_server() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    world.call(id, "t", json!(1));
    let call = world.heard();
    world.tell([elicit(json!(99), "name?")]);
    let asked = world.take(id).unwrap();
    world.pass(600_001.0);
    let heard: Vec<Value> = world.heard.drain(..).collect();
    assert!(heard.iter().any(|heard| heard["params"]["requestId"] == call["id"]), "{heard:?}");
    assert!(heard.iter().any(|heard| heard["id"] == 99), "and the question is answered: {heard:?}");
    let retry = json!({ "name": "t", "requestState": asked["result"]["requestState"] });
    assert_eq!(world.ask(id, "tools/call", retry)["error"]["code"], -32602);
}

#[test]
fn a_question_in_a_result_reaches_a_legacy_caller_as_a_request() {
    let (mut world, id) = World::with(LEGACY, MODERN);
    world.heard.clear();
    let own = world.call(id, "t", json!("token"));
    let call = world.heard();
    let question = json!({ "method": "elicitation/create", "params": { "message": "name?" } });
    world.answer(&call, json!({
        "resultType": "input_required", "inputRequests": { "who": question }, "requestState": "s",
    }));
    let asked = world.take(id).unwrap();
    assert_eq!(asked["method"], "elicitation/create");
    let answer = json!({ "action": "decline" });
    world.say(id, response(&asked, answer.clone()));
    let again = world.heard();
    assert_eq!(again["params"]["requestState"], "s");
    assert_eq!(again["params"]["inputResponses"], json!({ "who": answer }));
    assert_eq!(again["params"]["_meta"]["io.modelcontextprotocol/clientInfo"]["name"], "front");
    world.tell([
        report(&again, 1.0),
        response(&again, json!({ "content": [], "resultType": "complete" })),
    ]);
    let got = world.all(id);
    assert_eq!(got[0]["params"]["progressToken"], "token", "the client knows of one call");
    assert_eq!(got[1]["id"], own);
}

#[test]
fn questions_between_two_of_the_modern_era_are_theirs() {
    let (mut world, id) = World::with(MODERN, MODERN);
    world.call(id, "t", json!(1));
    let call = world.heard();
    let result = json!({ "resultType": "input_required", "requestState": "s", "x": 1 });
    world.answer(&call, result.clone());
    assert_eq!(world.take(id).unwrap()["result"], result);
    let retry = json!({ "name": "t", "requestState": "s", "inputResponses": { "a": 1 } });
    world.request(id, "tools/call", retry);
    let again = world.heard();
    assert_eq!(again["params"]["requestState"], "s");
    assert_eq!(again["params"]["inputResponses"], json!({ "a": 1 }));
}

#[test]
fn a_question_goes_to_the_newest_call_and_only_to_who_can_be_asked() {
    let mut world = World::new(LEGACY, true);
    let (a, b) = (world.join(LEGACY), world.join(LEGACY));
    world.call(a, "t", json!(1));
    world.call(b, "t", json!(1));
    world.tell([elicit(json!(1), "for the newest")]);
    assert!(world.all(a).is_empty());
    assert_eq!(world.all(b).len(), 1);
    let mute = world.attach(MODERN);
    world.fronts.get_mut(&mute).unwrap().capabilities = json!({});
    world.call(mute, "t", json!(1));
    world.heard.clear();
    world.tell([elicit(json!(2), "for nobody")]);
    assert_eq!(world.heard()["error"]["code"], -32601);
    assert!(world.all(mute).is_empty() && world.all(a).is_empty());
}

#[test]
fn a_question_that_the_server_takes_back_is_taken_back_from_the_client() {
    let (mut world, id) = World::with(LEGACY, LEGACY);
    world.call(id, "t", json!(1));
    world.tell([elicit(json!(5), "?")]);
    let asked = world.take(id).unwrap();
    world.tell([json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 5 } })]);
    let withdrawn = world.take(id).unwrap();
    assert_eq!(withdrawn["method"], "notifications/cancelled");
    assert_eq!(withdrawn["params"]["requestId"], asked["id"]);
}

#[test]
fn a_server_may_ask_a_session_for_its_roots_without_a_call() {
    let (mut world, id) = World::with(LEGACY, LEGACY);
    world.tell([json!({ "jsonrpc": "2.0", "id": 4, "method": "roots/list" })]);
    let asked = world.take(id).unwrap();
    assert_eq!(asked["method"], "roots/list");
    world.say(id, response(&asked, json!({ "roots": [] })));
    assert_eq!(world.heard()["result"], json!({ "roots": [] }));
    world.say(id, json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" }));
    assert_eq!(world.heard()["method"], "notifications/roots/list_changed");
}

// ---- what servers tell ----

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

fn updated(uri: &str) -> Value {
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

// ---- the end of a server ----

#[test]
fn a_server_that_ends_fails_its_calls_at_once_and_the_next_call_finds_another() {
    for (front, back) in pairs() {
        let (mut world, id) = World::with(front, back);
        world.heard.clear();
        let own = world.call(id, "t", json!(1));
        world.heard();
        world.cut("`node server.js` ended with exit code 3: out of cheese");
        let failed = world.take(id).unwrap();
        assert_eq!(failed["id"], own);
        let text = failed["error"]["message"].as_str().unwrap();
        assert!(text.contains("exit code 3: out of cheese"), "{text}");
        world.heard.clear();
        world.call(id, "t", json!(1));
        let call = world.heard.iter().find(|heard| heard["method"] == "tools/call").cloned();
        world.answer(&call.expect("the next one is made"), json!({ "resultType": "complete" }));
        assert!(world.take(id).unwrap().get("result").is_some());
    }
}

#[test]
fn who_listened_goes_on_listening_when_the_server_is_back() {
    let (mut world, id) = World::with(MODERN, LEGACY);
    let filter = json!({ "resourceSubscriptions": ["a:b"] });
    world.request(id, "subscriptions/listen", json!({ "notifications": filter }));
    let subscribe = world.heard();
    world.answer(&subscribe, json!({}));
    world.all(id);
    world.cut("gone");
    let subscribe = world.heard();
    assert_eq!(subscribe["method"], "resources/subscribe");
    world.answer(&subscribe, json!({}));
    world.all(id);
    world.tell([updated("a:b")]);
    assert_eq!(world.all(id).len(), 1);
}

#[test]
fn what_waits_for_a_server_that_cannot_be_reached_fails_with_the_cause() {
    let mut world = World::new(LEGACY, false);
    let id = world.attach(LEGACY);
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } });
    // The connection is never opened.
    let front = world.fronts.get_mut(&id).unwrap();
    front
        .machine
        .receive(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
    let Some(mcp_wasm::proto::server::Event::Relayed(request)) = front.machine.poll_event() else {
        panic!("it is handed up");
    };
    world.relay.request(id, request, 0.0);
    assert!(world.relay.wants_server());
    world.relay.unreachable("`nodde` was not found");
    world.run();
    assert_eq!(world.take(id).unwrap()["error"]["message"], "`nodde` was not found");
}

// ---- as if each had the server for itself ----

#[derive(Clone, Debug)]
enum Move {
    Call(usize),
    Report(usize),
    Answer(usize),
    Cancel(usize),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let any = 0..64_usize;
    let one = prop_oneof![
        3 => (0..3_usize).prop_map(Move::Call),
        6 => any.clone().prop_map(Move::Report),
        3 => any.clone().prop_map(Move::Answer),
        1 => any.prop_map(Move::Cancel),
    ];
    prop::collection::vec(one, 1..120)
}

proptest! {
    #[test]
    fn any_interleaving_of_clients_is_as_if_each_had_the_server_for_itself(
        moves in moves(),
        fronts in prop::collection::vec(0..VERSIONS.len(), 3),
        back in 0..VERSIONS.len(),
    ) {
        let mut world = World::new(VERSIONS[back], true);
        let ids: Vec<_> = fronts.iter().map(|version| world.join(VERSIONS[*version])).collect();
        world.heard.clear();
        // Per call: its client, its id there, its request at the server, whether it is over.
        let mut calls: Vec<(usize, i64, Value, bool)> = Vec::new();
        let mut wanted: Vec<Vec<Value>> = vec![Vec::new(); ids.len()];
        let mut numbers = vec![0.0; 200];
        for step in moves {
            match step {
                Move::Call(client) => {
                    // The same ids and tokens for all clients.
                    let own = world.request_with(
                        ids[client], "tools/call", json!({ "name": "t", "arguments": { "of": client } }),
                        json!({ "progressToken": calls.iter().filter(|call| call.0 == client).count() }),
                    );
                    let heard = world.heard();
                    prop_assert_eq!(&heard["params"]["arguments"]["of"], client);
                    calls.push((client, own, heard, false));
                }
                Move::Report(at) | Move::Answer(at) | Move::Cancel(at) if at >= calls.len() => {}
                Move::Report(at) => {
                    let (client, _, request, over) = calls[at].clone();
                    numbers[at] += 1.0;
                    world.tell([report(&request, numbers[at])]);
                    if !over {
                        let token = calls[..at].iter().filter(|call| call.0 == client).count();
                        wanted[client].push(json!({ "token": token, "progress": numbers[at] }));
                    }
                }
                Move::Answer(at) => {
                    let (client, own, request, over) = calls[at].clone();
                    if over { continue }
                    calls[at].3 = true;
                    world.answer(&request, json!({ "content": [], "at": at, "resultType": "complete" }));
                    wanted[client].push(json!({ "id": own, "at": at }));
                }
                Move::Cancel(at) => {
                    let (client, own, request, over) = calls[at].clone();
                    if over { continue }
                    calls[at].3 = true;
                    let params = json!({ "requestId": own });
                    world.say(ids[client], json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
                    let heard = world.heard();
                    prop_assert_eq!(&heard["params"]["requestId"], &request["id"]);
                }
            }
        }
        for (client, id) in ids.iter().enumerate() {
            let got: Vec<Value> = world.all(*id).iter().map(|got| match got.get("id") {
                Some(own) => json!({ "id": own, "at": got["result"]["at"] }),
                None => json!({ "token": got["params"]["progressToken"], "progress": got["params"]["progress"] }),
            }).collect();
            prop_assert_eq!(&got, &wanted[client]);
        }
    }
}
