//! A machine of which a part is loaded late: what needs that part waits for it, in order, progress
//! waits for nothing, and what the part is not needed for goes on without.
#![cfg(not(target_arch = "wasm32"))]

use mcp_wasm::jsonrpc::Message;
use mcp_wasm::proto::client::{
    CallLimits, Channel, ClientConfig, ClientMachine, Handles, Mode, Output, Requested,
};
use mcp_wasm::types::Implementation;
use serde_json::{Value, json};

/// A connected client of which only the first part is there.
fn connected(capabilities: Value) -> ClientMachine<Value> {
    let info = Implementation::new("test", "1");
    let mode = Mode::Legacy;
    let mut client = ClientMachine::new(ClientConfig { info, capabilities, log_level: None, mode });
    client.lack();
    client.connect(Channel::default(), 0.0);
    client.opened(0.0);
    let session = json!({ "protocolVersion": "2025-11-25", "capabilities": {} });
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": 1, "result": session }));
    client.begun(0.0);
    drain(&mut client);
    client
}

fn receive(client: &mut ClientMachine<Value>, message: &Value) {
    client.receive(Message::read(message), None, 0.0);
}

fn call(client: &mut ClientMachine<Value>) -> i64 {
    let params = json!({ "name": "work", "arguments": {} });
    match client.request("tools/call", Some(params), CallLimits::default(), 0.0) {
        Ok(Requested::Sent(id, _)) => {
            drain(client);
            id.get()
        }
        other => panic!("{other:?}"),
    }
}

/// What the machine says, each by a word or two.
fn drain(client: &mut ClientMachine<Value>) -> Vec<String> {
    let word = |output: Output<Value>| match output {
        Output::Send(message, _) => match (&message["method"], message["error"]["code"].as_i64()) {
            (Value::String(method), _) => format!("send {method}"),
            (_, Some(code)) => format!("refuse {} {code}", message["id"]),
            _ => format!("answer {}", message["id"]),
        },
        Output::Progress(_, report) => format!("progress {}", report.progress),
        Output::Settled(_, Ok(_)) => "result".into(),
        Output::Settled(_, Err(error)) => format!("failed {}", error.code()),
        Output::Notification(method, _) => method,
        Output::Request(_, method, ..) => format!("asked {method}"),
        Output::Incomplete => "incomplete".into(),
        Output::Disconnected(..) => "disconnected".into(),
        other => format!("{other:?}"),
    };
    std::iter::from_fn(|| client.poll_output()).map(word).collect()
}

fn progress(id: i64, progress: u32) -> Value {
    let params = json!({ "progressToken": id, "progress": progress });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

fn result(id: i64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } })
}

fn question(id: i64) -> Value {
    let params = json!({ "messages": [], "maxTokens": 1 });
    json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": params })
}

#[test]
fn what_every_connection_needs_is_there_without_the_late_part() {
    let mut client = connected(json!({}));
    let first = call(&mut client);
    receive(&mut client, &progress(first, 1));
    receive(&mut client, &json!({ "jsonrpc": "2.0", "method": "notifications/message" }));
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }));
    receive(&mut client, &result(first));
    let heard = ["progress 1", "notifications/progress", "notifications/message", "answer 7"];
    assert_eq!(drain(&mut client), [&heard[..], &["result"]].concat());
    let second = call(&mut client);
    let error = json!({ "code": -32601, "message": "no such tool" });
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": second, "error": error }));
    assert_eq!(drain(&mut client), ["failed RPC_ERROR"]);
    call(&mut client);
    client.close("over");
    assert_eq!(drain(&mut client), ["failed CLOSED", "disconnected"]);
}

#[test]
fn what_needs_the_late_part_waits_and_what_comes_behind_it_too_but_progress_does_not() {
    let mut client = connected(json!({ "sampling": {} }));
    let id = call(&mut client);
    receive(&mut client, &question(7));
    receive(&mut client, &progress(id, 1));
    receive(&mut client, &json!({ "jsonrpc": "2.0", "method": "notifications/message" }));
    client.read(&result(id), None, 0.0);
    assert_eq!(drain(&mut client), ["incomplete", "progress 1", "notifications/progress"]);
    client.complete(1.0);
    let said = drain(&mut client);
    assert_eq!(said[..2], ["asked sampling/createMessage", "notifications/message"]);
    assert_eq!(said[2], "result");
    assert_eq!(drain(&mut client), Vec::<String>::new());
}

#[test]
fn a_client_that_may_be_asked_something_loads_the_late_part_at_once() {
    let mut client = connected(json!({}));
    client.declare(&json!({}), Handles::default());
    assert_eq!(drain(&mut client), Vec::<String>::new());
    client.declare(&json!({}), Handles { roots: true, ..Handles::default() });
    client.declare(&json!({}), Handles { roots: true, ..Handles::default() });
    assert_eq!(drain(&mut client), ["incomplete"]);
    client.complete(0.0);
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": 7, "method": "roots/list" }));
    assert_eq!(drain(&mut client), ["asked roots/list"]);
}

#[test]
fn a_late_part_that_cannot_be_loaded_fails_what_needs_it_and_nothing_else() {
    let mut client = connected(json!({ "sampling": {} }));
    let (first, second) = (call(&mut client), call(&mut client));
    receive(&mut client, &question(7));
    let error = json!({ "code": -32042, "message": "open this" });
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": first, "error": error }));
    receive(&mut client, &result(second));
    assert_eq!(drain(&mut client), ["incomplete"]);
    client.remain(&json!({ "message": "no network" }), 0.0);
    assert_eq!(drain(&mut client), ["refuse 7 -32603", "failed CLOSED", "result"]);
    // An answer whose id the server has made a text is one all the same.
    let third = call(&mut client);
    let error = json!({ "code": -32042, "message": "open this" });
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": third.to_string(), "error": error }));
    assert_eq!(drain(&mut client), ["incomplete"]);
    client.remain(&json!({ "message": "no network" }), 0.0);
    assert_eq!(drain(&mut client), ["failed CLOSED"]);
    // It is asked for again.
    receive(&mut client, &question(8));
    assert_eq!(drain(&mut client), ["incomplete"]);
    client.complete(0.0);
    assert_eq!(drain(&mut client), ["asked sampling/createMessage"]);
}

#[test]
fn a_result_that_came_behind_a_question_is_not_lost_when_the_connection_ends() {
    let mut client = connected(json!({ "sampling": {} }));
    let id = call(&mut client);
    receive(&mut client, &question(7));
    receive(&mut client, &result(id));
    client.closed("gone");
    assert_eq!(drain(&mut client), ["incomplete", "result", "disconnected"]);
    client.complete(0.0);
    assert_eq!(drain(&mut client), Vec::<String>::new());
}

#[test]
fn a_channel_whose_authorization_ends_before_all_is_there_just_ends() {
    let mut client = connected(json!({}));
    let id = call(&mut client);
    client.expired("the authorization has ended", 0.0);
    let said = drain(&mut client);
    assert!(
        said.contains(&"disconnected".into()) && said.contains(&"failed CLOSED".into()),
        "{said:?} of the call {id}"
    );
}
