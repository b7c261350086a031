//! What servers ask of the people and models behind a call, across the eras.

use serde_json::{Value, json};

use crate::relayed::{World, report, response};
use crate::{LEGACY, MODERN};

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
