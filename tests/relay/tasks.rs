//! Tasks: each client sees its own, their reports go on, and across the eras a call that becomes one is
//! a call all the same.

use mcp_wasm::proto::relay::FrontId;
use serde_json::{Value, json};

use crate::relayed::{World, report};
use crate::{LEGACY, MODERN};

fn world(shared: bool) -> World {
    let mut world = World::new(LEGACY, shared);
    world.declared["tasks"] = json!({ "list": {}, "requests": { "tools": { "call": {} } } });
    world
}

fn task(name: &str, status: &str) -> Value {
    json!({ "taskId": name, "status": status, "ttl": null, "createdAt": "2026-01-01T00:00:00Z" })
}

/// A call that has become a task of that name; what the server has heard of it.
fn begin(world: &mut World, id: FrontId, name: &str, token: Value) -> Value {
    let params = json!({ "name": "t", "arguments": {}, "task": { "ttl": 60000 } });
    world.request_with(id, "tools/call", params, json!({ "progressToken": token }));
    let call = world.heard();
    assert_eq!(call["params"]["task"], json!({ "ttl": 60000 }));
    world.answer(&call, json!({ "task": task(name, "working") }));
    assert_eq!(world.take(id).unwrap()["result"]["task"]["taskId"], name);
    call
}

#[test]
fn each_client_sees_its_own_tasks_and_no_others() {
    let mut world = world(true);
    let (a, b) = (world.join(LEGACY), world.join(LEGACY));
    begin(&mut world, a, "of a", json!(1));
    begin(&mut world, b, "of b", json!(1));
    for (id, own) in [(a, "of a"), (b, "of b")] {
        world.request(id, "tasks/list", json!({}));
        let list = world.heard();
        let all = [task("of a", "working"), task("nobody's", "working"), task("of b", "working")];
        world.answer(&list, json!({ "tasks": all, "nextCursor": "more" }));
        let got = world.take(id).unwrap();
        assert_eq!(got["result"]["tasks"], json!([task(own, "working")]));
        assert_eq!(got["result"]["nextCursor"], "more");
    }
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
        let refused = world.ask(b, method, json!({ "taskId": "of a" }));
        assert_eq!(refused["error"]["code"], -32602, "{method}");
        assert!(world.heard.is_empty(), "{method}: the server does not hear of it");
    }
    world.request(a, "tasks/get", json!({ "taskId": "of a" }));
    assert_eq!(world.heard()["params"]["taskId"], "of a");
}

#[test]
fn who_comes_back_by_another_connection_may_ask_for_its_task() {
    let mut world = world(true);
    let (a, b) = (world.join(LEGACY), world.join(LEGACY));
    begin(&mut world, a, "of a", json!(1));
    world.leave(a);
    world.heard.clear();
    world.request(b, "tasks/get", json!({ "taskId": "of a" }));
    assert_eq!(world.heard()["method"], "tasks/get");
}

#[test]
fn a_server_of_one_client_shows_it_all_tasks() {
    let mut world = world(false);
    let id = world.join(LEGACY);
    world.request(id, "tasks/list", json!({}));
    let list = world.heard();
    world.answer(&list, json!({ "tasks": [task("old", "completed")] }));
    assert_eq!(world.take(id).unwrap()["result"]["tasks"][0]["taskId"], "old");
}

#[test]
fn reports_of_a_task_go_on_after_the_answer_with_the_token_of_its_caller() {
    let mut world = world(true);
    let (a, b) = (world.join(LEGACY), world.join(LEGACY));
    let of_a = begin(&mut world, a, "of a", json!("same"));
    let of_b = begin(&mut world, b, "of b", json!("same"));
    world.tell([report(&of_a, 1.0), report(&of_b, 2.0), report(&of_a, 3.0)]);
    let numbers = |got: Vec<Value>| -> Vec<Value> {
        assert!(got.iter().all(|got| got["params"]["progressToken"] == "same"), "{got:?}");
        got.iter().map(|got| got["params"]["progress"].clone()).collect()
    };
    assert_eq!(numbers(world.all(a)), [1.0, 3.0]);
    assert_eq!(numbers(world.all(b)), [2.0]);
    let told = json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": task("of a", "completed") });
    world.tell([told.clone()]);
    assert_eq!(world.all(a), [told]);
    assert!(world.all(b).is_empty(), "it is not about its task");
    world.tell([report(&of_a, 4.0)]);
    assert!(world.all(a).is_empty(), "none after its end");
}

#[test]
fn a_tool_that_runs_as_a_task_only_is_a_call_for_clients_of_another_era() {
    let mut world = world(false);
    let id = world.join(MODERN);
    let own = world.call(id, "t", json!("token"));
    let call = world.heard();
    assert!(call["params"].get("task").is_none());
    let error = json!({ "code": -32601, "message": "this tool runs as a task" });
    world.tell([json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })]);
    let call = world.heard();
    assert_eq!(call["params"]["task"], json!({}));
    world.answer(&call, json!({ "task": task("it", "working") }));
    world.tell([report(&call, 1.0)]);
    assert_eq!(world.take(id).unwrap()["params"]["progress"], 1.0, "reports go on");
    world.pass(60_001.0);
    let look = world.heard();
    assert_eq!((&look["method"], &look["params"]["taskId"]), (&json!("tasks/get"), &json!("it")));
    world.answer(&look, task("it", "completed"));
    let wanted = world.heard();
    assert_eq!(wanted["method"], "tasks/result");
    world.answer(&wanted, json!({ "content": [], "x": 1 }));
    let got = world.take(id).unwrap();
    assert_eq!((&got["id"], &got["result"]["x"]), (&json!(own), &json!(1)));
    assert_eq!(got["result"]["resultType"], "complete");
}

#[test]
fn a_tool_of_a_modern_server_that_wants_tasks_is_a_call_for_a_legacy_client() {
    let mut world = World::new(MODERN, false);
    let id = world.join(LEGACY);
    world.heard.clear();
    let own = world.call(id, "t", json!("token"));
    let call = world.heard();
    let can = |call: &Value| {
        call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"].clone()
    };
    let extension = "io.modelcontextprotocol/tasks";
    assert!(can(&call)["extensions"].get(extension).is_none(), "reports are worth more than tasks");
    let data = json!({ "requiredCapabilities": { "extensions": { extension: {} } } });
    let error = json!({ "code": -32021, "message": "only as a task", "data": data });
    let refused = json!({ "jsonrpc": "2.0", "id": call["id"], "error": error });
    world.tell([refused]);
    let call = world.heard();
    assert_eq!(can(&call)["extensions"][extension], json!({}));
    assert_eq!(can(&call)["elicitation"], json!({ "form": {}, "url": {} }));
    let state = |status: &str| json!({ "taskId": "it", "status": status, "ttlMs": null, "resultType": "task" });
    world.answer(&call, state("working"));
    world.pass(60_001.0);
    let look = world.heard();
    assert_eq!(look["method"], "tasks/get");
    let mut ended = state("completed");
    ended["result"] = json!({ "content": [], "x": 1, "resultType": "complete" });
    ended["resultType"] = json!("complete");
    world.answer(&look, ended);
    let got = world.take(id).unwrap();
    assert_eq!((&got["id"], &got["result"]["x"]), (&json!(own), &json!(1)));
}
