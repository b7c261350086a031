//! The end of a server, and what becomes of those who use it.

use mcp_wasm::error::Error;
use serde_json::json;

use crate::relayed::World;
use crate::telling::updated;
use crate::{LEGACY, MODERN, pairs};

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
        let answer = world.all(id).pop().unwrap();
        assert!(answer["id"].is_number() && answer.get("result").is_some(), "{answer}");
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
fn a_channel_that_ends_with_its_authorization_is_replaced_and_what_was_asked_in_it_is_withdrawn() {
    for (front, back) in pairs() {
        let (mut world, id) = World::with(front, back);
        world.heard.clear();
        let own = world.call(id, "t", json!(1));
        let call = world.heard();
        let asks = front.is_initialized() && back.asks_by_request();
        if asks {
            let params = json!({ "message": "?", "requestedSchema": { "type": "object" } });
            let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": params });
            world.tell([ask]);
        }
        let asked = world.all(id).into_iter().find(|got| got["method"] == "elicitation/create");
        world.heard.clear();
        world.expire();
        let got = world.all(id);
        let failed = got.iter().find(|got| got["id"] == own && got.get("error").is_some());
        let failed = failed.unwrap_or_else(|| panic!("{front:?} {back:?} {got:?}"));
        assert_eq!(failed["error"]["data"]["code"], "CLOSED", "it may have run");
        let changed = |got: &serde_json::Value| got["method"] == "notifications/tools/list_changed";
        let tells = front.is_initialized() && !back.listens();
        assert_eq!(got.iter().filter(|got| changed(got)).count(), usize::from(tells), "{got:?}");
        if let Some(asked) = asked {
            let answer =
                json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } });
            world.say(id, answer);
        }
        let heard: Vec<_> = world.heard.drain(..).filter(|heard| heard["id"] == 1).collect();
        assert!(heard.is_empty(), "nobody there has asked that: {heard:?}");
        let own = world.call(id, "t", json!(2));
        let next = world.heard.pop_back().unwrap();
        assert_ne!(next["id"], call["id"]);
        world.answer(&next, json!({ "resultType": "complete", "content": [] }));
        let answer = world.all(id).pop().unwrap();
        assert_eq!(
            (&answer["id"], answer.get("result").is_some()),
            (&json!(own), true),
            "{answer}"
        );
        assert!(world.faults.is_empty(), "{:?}", world.faults);
    }
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
    let error = Error::Closed { reason: "`nodde` was not found".to_owned(), sent: false };
    world.relay.unreachable(&error);
    world.run();
    assert_eq!(world.take(id).unwrap()["error"]["message"], "`nodde` was not found");
}
