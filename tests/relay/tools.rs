//! A modern server that is spoken to by HTTP wants arguments repeated in headers, and only its list of
//! tools says which: it is asked for before the first call.

use mcp_wasm::proto::relay::{Relay, RelayOptions};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use crate::relayed::{World, report, response};
use crate::{LEGACY, MODERN};

fn world(back: Version) -> World {
    let mut world = World::new(back, true);
    let options = RelayOptions { shared: true, lists: true, ..RelayOptions::new(vec![7; 32]) };
    world.relay = Relay::new(options);
    world
}

/// What the server has heard of, but for subscriptions.
fn methods(world: &World) -> Vec<&str> {
    let all = world.heard.iter().filter_map(|heard| heard["method"].as_str());
    all.filter(|method| *method != "subscriptions/listen").collect()
}

fn heard(world: &mut World, method: &str) -> Value {
    let at = world.heard.iter().position(|heard| heard["method"] == method);
    world.heard.remove(at.unwrap_or_else(|| panic!("{method} is heard"))).unwrap()
}

#[test]
fn the_first_call_waits_for_the_list_and_none_after_it() {
    for front in [LEGACY, MODERN] {
        let mut world = world(MODERN);
        let (a, b) = (world.join(front), world.join(front));
        world.call(a, "t", json!(1));
        world.call(b, "t", json!(1));
        assert_eq!(methods(&world), ["tools/list"], "one list for both");
        let list = heard(&mut world, "tools/list");
        world.answer(
            &list,
            json!({ "tools": [{ "name": "s" }], "nextCursor": "2", "resultType": "complete" }),
        );
        let list = heard(&mut world, "tools/list");
        assert_eq!(list["params"]["cursor"], "2");
        world.answer(&list, json!({ "tools": [{ "name": "t" }], "resultType": "complete" }));
        assert_eq!(methods(&world), ["tools/call", "tools/call"]);
        assert!(world.relay.tool("t").is_some() && world.relay.tool("s").is_some());
        for id in [a, b] {
            let call = heard(&mut world, "tools/call");
            world.tell([
                report(&call, 1.0),
                response(&call, json!({ "content": [], "resultType": "complete" })),
            ]);
            assert_eq!(world.all(id).len(), 2);
        }
        world.call(a, "t", json!(1));
        assert_eq!(methods(&world), ["tools/call"]);
    }
}

#[test]
fn a_call_that_waits_for_the_list_does_so_once_more_when_the_list_changes_meanwhile() {
    let mut world = world(MODERN);
    let id = world.join(LEGACY);
    let listen = heard(&mut world, "subscriptions/listen");
    let about = json!({ "io.modelcontextprotocol/subscriptionId": listen["id"] });
    let told = |name: &str, filter: Value| {
        json!({
            "jsonrpc": "2.0", "method": format!("notifications/{name}"),
            "params": { "_meta": about, "notifications": filter },
        })
    };
    let filter = listen["params"]["notifications"].clone();
    world.tell([told("subscriptions/acknowledged", filter)]);
    world.call(id, "t", json!(1));
    let list = heard(&mut world, "tools/list");
    world.tell([told("tools/list_changed", json!({}))]);
    world.answer(&list, json!({ "tools": [{ "name": "s" }], "resultType": "complete" }));
    let list = heard(&mut world, "tools/list");
    world.answer(&list, json!({ "tools": [{ "name": "t" }], "resultType": "complete" }));
    assert_eq!(methods(&world), ["tools/call"]);
    assert!(world.relay.tool("t").is_some());
}

#[test]
fn a_list_that_a_client_has_asked_for_does() {
    let mut world = world(MODERN);
    let id = world.join(LEGACY);
    world.request(id, "tools/list", json!({}));
    let list = heard(&mut world, "tools/list");
    world.answer(&list, json!({ "tools": [], "resultType": "complete" }));
    world.call(id, "t", json!(1));
    assert_eq!(methods(&world), ["tools/call"]);
}

#[test]
fn a_server_without_a_list_is_called_all_the_same() {
    let mut world = world(MODERN);
    let id = world.join(LEGACY);
    let own = world.call(id, "t", json!(1));
    let list = heard(&mut world, "tools/list");
    let error = json!({ "code": -32601, "message": "no such method" });
    world.tell([json!({ "jsonrpc": "2.0", "id": list["id"], "error": error })]);
    assert_eq!(methods(&world), ["tools/call"]);
    let params = json!({ "requestId": own });
    world.say(
        id,
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }),
    );
    assert_eq!(methods(&world), ["tools/call", "notifications/cancelled"]);
}

#[test]
fn a_call_that_is_cancelled_while_the_list_is_asked_for_is_not_made() {
    let mut world = world(MODERN);
    let id = world.join(LEGACY);
    let own = world.call(id, "t", json!(1));
    let params = json!({ "requestId": own });
    world.say(
        id,
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }),
    );
    let list = heard(&mut world, "tools/list");
    world.answer(&list, json!({ "tools": [], "resultType": "complete" }));
    assert!(methods(&world).is_empty());
}

#[test]
fn nobody_else_is_asked_for_a_list() {
    let mut world = world(LEGACY);
    let id = world.join(MODERN);
    world.call(id, "t", json!(1));
    assert_eq!(methods(&world), ["tools/call"], "a server of the legacy era wants no headers");
}
