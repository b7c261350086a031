//! Tasks across the eras: a client has the tasks of its own, whatever the server makes of its calls.

use mcp_wasm::proto::relay::FrontId;
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use crate::relayed::{World, report, response};
use crate::{LEGACY, MODERN, pairs};

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// A server of that revision that has tasks as that has them.
fn world(back: Version, shared: bool) -> World {
    let mut world = World::new(back, shared);
    if back == MODERN {
        world.declared["extensions"] = json!({ EXTENSION: {} });
    } else {
        world.declared["tasks"] =
            json!({ "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } });
    }
    world
}

/// A client that takes tasks.
fn join(world: &mut World, version: Version) -> FrontId {
    let id = world.join(version);
    let front = world.fronts.get_mut(&id).unwrap();
    front.capabilities["extensions"] = json!({ EXTENSION: {} });
    world.heard.clear();
    id
}

/// A legacy client asks for a task at a modern server: what it gets, and the call at the server.
fn begin_legacy(world: &mut World, id: FrontId, ttl: Value) -> (Value, Value) {
    let params = json!({ "name": "t", "arguments": {}, "task": { "ttl": ttl } });
    world.request_with(id, "tools/call", params, json!({ "progressToken": "mine" }));
    let call = world.heard();
    (world.take(id).expect("a task")["result"]["task"].clone(), call)
}

/// A modern client calls a tool that a legacy server runs as a task only: what it gets, and the call at the
/// server.
fn begin_modern(world: &mut World, id: FrontId) -> (Value, Value) {
    world.call(id, "t", json!(1));
    let call = world.heard();
    let error = json!({ "code": -32601, "message": "this tool runs as a task" });
    world.tell([json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })]);
    let call = world.heard();
    assert_eq!(call["params"]["task"], json!({}));
    world.answer(&call, json!({ "task": behind("working") }));
    (world.take(id).expect("a task")["result"].clone(), call)
}

/// The task as the legacy server has it.
fn behind(status: &str) -> Value {
    json!({
        "taskId": "behind", "status": status, "ttl": null, "pollInterval": 5000,
        "createdAt": "2026-01-01T00:00:00Z", "lastUpdatedAt": "2026-01-01T00:00:00Z",
    })
}

fn about(task: &Value) -> Value {
    json!({ "taskId": task["taskId"] })
}

/// The notifications of that method among what a client has got.
fn told(world: &mut World, id: FrontId, method: &str) -> Vec<Value> {
    world.all(id).into_iter().filter(|got| got["method"] == method).collect()
}

#[test]
fn tasks_are_declared_where_both_sides_have_some() {
    for (front, back) in pairs() {
        let mut world = world(back, true);
        let id = world.attach(front);
        let answer = if front.is_initialized() {
            let params = json!({ "protocolVersion": front.as_str(), "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } });
            world.ask(id, "initialize", params)
        } else {
            world.ask(id, "server/discover", json!({}))
        };
        let declared = &answer["result"]["capabilities"];
        let crosses = (front == MODERN) != (back == MODERN);
        let is_passed = !crosses;
        let has = front >= LEGACY && back >= LEGACY;
        let (extension, core) = (declared["extensions"].get(EXTENSION), declared.get("tasks"));
        if crosses {
            assert_eq!(extension.is_some(), has && front == MODERN, "{front:?} {back:?}");
            assert_eq!(core.is_some(), has && front != MODERN, "{front:?} {back:?}");
        } else {
            assert!(is_passed && extension.is_some() == (back == MODERN), "as the server says");
        }
    }
}

#[test]
fn what_tasks_have_no_counterpart_for_is_refused_in_words_and_the_server_hears_nothing() {
    for (front, back) in pairs().filter(|(front, back)| front.era() != back.era()) {
        let mut world = world(back, true);
        let id = join(&mut world, front);
        let missing: &[&str] = if front < LEGACY || back < LEGACY {
            &["tasks/get", "tasks/result", "tasks/cancel", "tasks/list", "tasks/update"]
        } else if front == MODERN {
            &["tasks/result", "tasks/list", "tasks/own"]
        } else {
            &["tasks/update", "tasks/own"]
        };
        for method in missing {
            let error = &world.ask(id, method, json!({ "taskId": "x" }))["error"];
            assert_eq!(error["code"], -32601, "{front:?} {back:?} {method}: {error}");
            assert!(error["message"].as_str().unwrap().contains(method), "{error}");
        }
        assert!(world.heard.is_empty(), "{front:?} {back:?}");
    }
    // A modern client that does not say that it takes tasks.
    let mut world = world(LEGACY, true);
    let id = world.join(MODERN);
    world.heard.clear();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let error = &world.ask(id, method, json!({ "taskId": "x" }))["error"];
        assert_eq!(error["code"], -32021, "{method}");
        assert_eq!(error["data"]["requiredCapabilities"]["extensions"], json!({ EXTENSION: {} }));
    }
    let listen = json!({ "notifications": { "taskIds": ["x"] } });
    assert_eq!(world.ask(id, "subscriptions/listen", listen)["error"]["code"], -32021);
}

#[test]
fn a_task_that_a_legacy_client_asks_for_is_one_whatever_a_modern_server_makes_of_the_call() {
    for as_task in [false, true] {
        let mut world = world(MODERN, false);
        let id = join(&mut world, LEGACY);
        let (task, mut call) = begin_legacy(&mut world, id, json!(90_000));
        assert_eq!((&task["status"], &task["ttl"]), (&json!("working"), &json!(90_000)));
        assert!(task["createdAt"].as_str().unwrap().starts_with("1970-01-01T00:00:0"), "{task}");
        assert!(call["params"].get("task").is_none());
        world.tell([report(&call, 1.0)]);
        let got = world.take(id).unwrap();
        assert_eq!(got["params"]["progressToken"], "mine", "its reports go on");
        assert_eq!(got["params"]["x-own"], json!([1]));
        let wanted = world.request(id, "tasks/result", about(&task));
        assert!(world.all(id).is_empty(), "it waits for the end");
        let result = json!({ "content": [], "x": 1, "resultType": "complete" });
        if as_task {
            let data = json!({ "requiredCapabilities": { "extensions": { EXTENSION: {} } } });
            let error = json!({ "code": -32021, "message": "only as a task", "data": data });
            world.tell([json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })]);
            call = world.heard();
            let state = |status: &str| json!({ "taskId": "it", "status": status, "statusMessage": "so far", "ttlMs": null, "resultType": "task" });
            world.answer(&call, state("working"));
            let told = told(&mut world, id, "notifications/tasks/status");
            assert_eq!(told[0]["params"]["statusMessage"], "so far");
            world.pass(60_001.0);
            let look = world.heard();
            assert_eq!(
                (&look["method"], &look["params"]["taskId"]),
                (&json!("tasks/get"), &json!("it"))
            );
            let mut ended = state("completed");
            ended["result"] = result;
            world.answer(&look, ended);
        } else {
            world.answer(&call, result);
        }
        let got = world.all(id);
        let answer = got.iter().find(|got| got["id"] == wanted).expect("the result");
        assert_eq!(answer["result"]["x"], 1);
        let related = &answer["result"]["_meta"]["io.modelcontextprotocol/related-task"];
        assert_eq!(related, &about(&task));
        assert!(got.iter().any(|got| got["method"] == "notifications/tasks/status"
            && got["params"]["status"] == "completed"));
        let now = world.ask(id, "tasks/get", about(&task))["result"].clone();
        assert_eq!((&now["taskId"], &now["status"]), (&task["taskId"], &json!("completed")));
        assert_eq!(
            world.ask(id, "tasks/cancel", about(&task))["error"]["code"],
            -32602,
            "too late"
        );
        let list = world.ask(id, "tasks/list", json!({}))["result"]["tasks"].clone();
        assert_eq!(list, json!([now]));
        assert_eq!(
            world.ask(id, "tasks/result", about(&task))["result"]["x"],
            1,
            "again and again"
        );
        world.tell([report(&call, 2.0)]);
        assert!(world.all(id).is_empty(), "no report after the end");
    }
}

#[test]
fn tools_of_a_modern_server_say_to_legacy_clients_that_they_may_be_asked_for_tasks() {
    let mut world = world(MODERN, false);
    let id = join(&mut world, LEGACY);
    world.request(id, "tools/list", json!({}));
    let list = world.heard();
    let tools = json!([{ "name": "a", "x": 1 }, { "name": "b", "execution": { "taskSupport": "forbidden" } }]);
    world.answer(&list, json!({ "tools": tools, "resultType": "complete" }));
    let tools = world.take(id).unwrap()["result"]["tools"].clone();
    assert_eq!(
        tools[0],
        json!({ "name": "a", "x": 1, "execution": { "taskSupport": "optional" } })
    );
    assert_eq!(tools[1]["execution"]["taskSupport"], "forbidden");
}

#[test]
fn a_task_of_a_legacy_client_fails_as_its_era_has_it() {
    let mut world = world(MODERN, false);
    let id = join(&mut world, LEGACY);
    let (task, call) = begin_legacy(&mut world, id, Value::Null);
    world.answer(&call, json!({ "content": [], "isError": true, "resultType": "complete" }));
    assert_eq!(
        world.all(id)[0]["params"]["status"],
        "failed",
        "a tool that fails is a task that does"
    );
    assert_eq!(world.ask(id, "tasks/result", about(&task))["result"]["isError"], true);
    let (task, call) = begin_legacy(&mut world, id, Value::Null);
    let error = json!({ "code": -32602, "message": "no such tool", "data": 1 });
    world.tell([json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })]);
    world.all(id);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "failed");
    assert_eq!(world.ask(id, "tasks/result", about(&task))["error"], error);
    let (task, _) = begin_legacy(&mut world, id, Value::Null);
    world.cut("`node server.js` ended with exit code 3");
    world.all(id);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "failed");
    let error = &world.ask(id, "tasks/result", about(&task))["error"];
    assert!(error["message"].as_str().unwrap().contains("exit code 3"), "{error}");
}

#[test]
fn a_cancelled_task_is_cancelled_at_the_server_whichever_way_that_goes() {
    let mut world = world(MODERN, false);
    let id = join(&mut world, LEGACY);
    let (task, call) = begin_legacy(&mut world, id, Value::Null);
    let waits = world.request(id, "tasks/result", about(&task));
    let own = world.request(id, "tasks/cancel", about(&task));
    let got = world.all(id);
    let answer = got.iter().find(|got| got["id"] == own).unwrap();
    assert_eq!(answer["result"]["status"], "cancelled");
    assert!(got.iter().any(|got| got["id"] == waits && got.get("error").is_some()), "{got:?}");
    assert_eq!(world.heard()["params"]["requestId"], call["id"]);
    world.tell([response(&call, json!({ "content": [] }))]);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "cancelled");

    let mut world = self::world(LEGACY, false);
    let id = join(&mut world, MODERN);
    let (task, _) = begin_modern(&mut world, id);
    let answer = world.ask(id, "tasks/cancel", about(&task));
    assert_eq!(answer["result"]["resultType"], "complete");
    assert!(answer["result"].get("taskId").is_none(), "an acknowledgement, and no more: {answer}");
    let heard = world.heard();
    assert_eq!(
        (&heard["method"], &heard["params"]["taskId"]),
        (&json!("tasks/cancel"), &json!("behind"))
    );
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "cancelled");
    assert!(world.ask(id, "tasks/cancel", about(&task)).get("result").is_some(), "and once more");
}

#[test]
fn a_tool_that_a_legacy_server_runs_as_a_task_only_is_one_for_a_modern_client_that_takes_tasks() {
    let mut world = world(LEGACY, false);
    let id = join(&mut world, MODERN);
    let (task, call) = begin_modern(&mut world, id);
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")));
    assert!(
        task["ttlMs"].is_number()
            && task["pollIntervalMs"].is_number()
            && task.get("ttl").is_none()
    );
    assert!(task["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "behind");
    let mut said = report(&call, 1.0);
    said["params"]["message"] = json!("halfway");
    world.tell([said]);
    assert!(world.all(id).is_empty(), "tasks of this era have no reports");
    let state = world.ask(id, "tasks/get", about(&task))["result"].clone();
    assert_eq!((&state["status"], &state["statusMessage"]), (&json!("working"), &json!("halfway")));
    assert_eq!(state["resultType"], "complete");
    world.pass(60_001.0);
    let look = world.heard();
    assert_eq!(look["method"], "tasks/get");
    world.answer(&look, behind("completed"));
    let wanted = world.heard();
    assert_eq!(wanted["method"], "tasks/result");
    world.answer(&wanted, json!({ "content": [], "x": 1, "isError": true }));
    let state = world.ask(id, "tasks/get", about(&task))["result"].clone();
    assert_eq!(state["status"], "completed", "a tool that fails has done its work");
    assert_eq!((&state["result"]["x"], &state["result"]["isError"]), (&json!(1), &json!(true)));
    assert_eq!(state["result"]["resultType"], "complete");
}

#[test]
fn a_task_that_fails_tells_a_modern_client_the_error() {
    let mut world = world(LEGACY, false);
    let id = join(&mut world, MODERN);
    let (task, _) = begin_modern(&mut world, id);
    world.pass(60_001.0);
    let look = world.heard();
    world.answer(&look, behind("failed"));
    let wanted = world.heard();
    let error = json!({ "code": -7, "message": "no", "data": [1] });
    world.tell([json!({ "jsonrpc": "2.0", "id": wanted["id"], "error": error })]);
    let state = world.ask(id, "tasks/get", about(&task))["result"].clone();
    assert_eq!((&state["status"], &state["error"]), (&json!("failed"), &error));
    let (task, _) = begin_modern_again(&mut world, id);
    world.pass(60_001.0);
    let look = world.heard();
    world.answer(&look, behind("cancelled"));
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "cancelled");
}

/// The same of a tool that is known to run as a task by now.
fn begin_modern_again(world: &mut World, id: FrontId) -> (Value, Value) {
    world.call(id, "t", json!(1));
    let call = world.heard();
    assert_eq!(call["params"]["task"], json!({}));
    world.answer(&call, json!({ "task": behind("working") }));
    (world.take(id).expect("a task")["result"].clone(), call)
}

#[test]
fn what_a_task_of_a_legacy_server_asks_is_in_the_state_and_answered_by_an_update() {
    let mut world = world(LEGACY, false);
    let id = join(&mut world, MODERN);
    let (task, _) = begin_modern(&mut world, id);
    world.request(
        id,
        "subscriptions/listen",
        json!({ "notifications": { "taskIds": [task["taskId"], "foreign"] } }),
    );
    let acknowledged = world.take(id).unwrap();
    assert_eq!(acknowledged["params"]["notifications"]["taskIds"], json!([task["taskId"]]));
    world.pass(60_001.0);
    let look = world.heard();
    world.answer(&look, behind("input_required"));
    let wanted = world.heard();
    assert_eq!(wanted["method"], "tasks/result");
    let params = json!({ "message": "name?", "requestedSchema": { "type": "object" } });
    world.tell([
        json!({ "jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": params }),
    ]);
    let told = told(&mut world, id, "notifications/tasks");
    let last = &told.last().expect("its listeners are told")["params"];
    assert_eq!(last["status"], "input_required");
    assert!(last["_meta"]["io.modelcontextprotocol/subscriptionId"].is_number());
    let state = world.ask(id, "tasks/get", about(&task))["result"].clone();
    let asks = state["inputRequests"].as_object().unwrap();
    let (key, question) = asks.iter().next().unwrap();
    assert_eq!(
        (&question["method"], &question["params"]["message"]),
        (&json!("elicitation/create"), &json!("name?"))
    );
    let answer = json!({ "action": "accept", "content": { "n": 1 } });
    let mut update = about(&task);
    update["inputResponses"] = json!({ key: answer });
    assert_eq!(world.ask_among(id, "tasks/update", update)["result"]["resultType"], "complete");
    let heard = world.heard();
    assert_eq!((&heard["id"], &heard["result"]), (&json!("q"), &answer));
    world.all(id);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "working");
    world.answer(&wanted, json!({ "content": [] }));
    let last = world.all(id).pop().unwrap();
    assert_eq!(
        (&last["method"], &last["params"]["status"]),
        (&json!("notifications/tasks"), &json!("completed"))
    );
}

#[test]
fn what_a_task_of_a_modern_server_asks_reaches_a_legacy_client_that_waits_for_its_end() {
    let mut world = world(MODERN, false);
    let id = join(&mut world, LEGACY);
    let (task, call) = begin_legacy(&mut world, id, Value::Null);
    let who = json!({ "method": "elicitation/create", "params": { "mode": "form", "message": "who?", "requestedSchema": { "type": "object", "properties": {} } } });
    world.answer(&call, json!({ "resultType": "input_required", "inputRequests": { "who": who }, "requestState": "s" }));
    let told = told(&mut world, id, "notifications/tasks/status");
    assert_eq!(told.last().unwrap()["params"]["status"], "input_required");
    assert!(world.all(id).is_empty(), "it is asked nothing before it waits");
    // One that gives up waiting is asked again when it waits again.
    let given_up = world.request(id, "tasks/result", about(&task));
    assert_eq!(world.take(id).unwrap()["method"], "elicitation/create");
    world.say(id, json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": given_up } }));
    world.all(id);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "input_required");
    let wanted = world.request(id, "tasks/result", about(&task));
    let asked = world.take(id).unwrap();
    assert_eq!(asked["params"]["message"], "who?");
    assert_eq!(asked["params"]["_meta"]["io.modelcontextprotocol/related-task"], about(&task));
    world.say(id, response(&asked, json!({ "action": "accept", "content": { "name": "me" } })));
    let again = world.heard();
    assert_eq!(again["params"]["inputResponses"]["who"]["content"]["name"], "me");
    world.answer(&again, json!({ "content": [], "resultType": "complete" }));
    let got = world.all(id);
    assert!(got.iter().any(|got| got["id"] == wanted && got.get("result").is_some()), "{got:?}");
}

#[test]
fn a_task_is_its_clients_and_whoever_knows_its_name_once_that_is_gone() {
    for (front, back) in [(LEGACY, MODERN), (MODERN, LEGACY)] {
        let mut world = world(back, true);
        let (a, b) = (join(&mut world, front), join(&mut world, front));
        let (task, call) = if front == LEGACY {
            begin_legacy(&mut world, a, Value::Null)
        } else {
            begin_modern(&mut world, a)
        };
        for method in ["tasks/get", "tasks/cancel"] {
            assert_eq!(world.ask(b, method, about(&task))["error"]["code"], -32602, "{method}");
        }
        if front == LEGACY {
            assert_eq!(world.ask(b, "tasks/list", json!({}))["result"]["tasks"], json!([]));
        }
        world.leave(a);
        let cancelled = |heard: &Value| heard["params"]["requestId"] == call["id"];
        assert!(!world.heard.iter().any(cancelled), "it goes on without its client");
        assert_eq!(world.ask(b, "tasks/get", about(&task))["result"]["status"], "working");
        world.answer(&call, json!({ "content": [], "resultType": "complete" }));
    }
}

#[test]
fn a_task_is_kept_as_long_as_it_says_and_then_given_up() {
    let mut world = world(MODERN, false);
    let id = join(&mut world, LEGACY);
    let (task, call) = begin_legacy(&mut world, id, json!(1000));
    world.pass(999.0);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["result"]["status"], "working");
    world.pass(2.0);
    assert_eq!(world.heard()["params"]["requestId"], call["id"]);
    assert_eq!(world.ask(id, "tasks/get", about(&task))["error"]["code"], -32602);
    let (task, _) = begin_legacy(&mut world, id, json!(1e12));
    assert_eq!(task["ttl"], 3_600_000, "not for ever");
}

#[test]
fn who_waits_for_a_task_that_is_kept_no_longer_waits_no_longer() {
    let mut world = world(MODERN, false);
    let id = join(&mut world, LEGACY);
    let (task, call) = begin_legacy(&mut world, id, json!(1000));
    let waiting = world.request(id, "tasks/result", about(&task));
    world.pass(1001.0);
    assert_eq!(world.heard()["params"]["requestId"], call["id"]);
    let got = world.take(id).expect("an answer");
    assert_eq!((&got["id"], &got["error"]["code"]), (&json!(waiting), &json!(-32603)), "{got}");
}

#[test]
fn the_end_of_a_task_is_told_once_however_it_ends() {
    for cancels in [true, false] {
        let mut world = world(MODERN, false);
        let id = join(&mut world, LEGACY);
        let (task, call) = begin_legacy(&mut world, id, Value::Null);
        world.all(id);
        if cancels {
            world.request(id, "tasks/cancel", about(&task));
        } else {
            world.answer(&call, json!({ "content": [], "resultType": "complete" }));
        }
        assert_eq!(told(&mut world, id, "notifications/tasks/status").len(), 1, "{cancels}");
    }
}

#[test]
fn a_modern_client_that_takes_no_tasks_has_a_call() {
    let mut world = world(LEGACY, false);
    let id = world.join(MODERN);
    world.call(id, "t", json!("token"));
    let call = world.heard();
    let error = json!({ "code": -32601, "message": "this tool runs as a task" });
    world.tell([json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })]);
    let call = world.heard();
    world.answer(&call, json!({ "task": behind("working") }));
    world.tell([report(&call, 1.0)]);
    let got = world.all(id);
    assert_eq!(got.len(), 1, "its reports, and no task: {got:?}");
    let change = json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": behind("working") });
    world.tell([change]);
    assert!(world.all(id).is_empty(), "nor what the other era tells of one");
}
