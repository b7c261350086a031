//! The server for hosts that run the handlers themselves, driven as a page drives it.
#![cfg(not(target_arch = "wasm32"))]

use mcp_wasm::{
    proto::{
        server::{Limits, Profile, ServerMachine, Transmit},
        service::{
            Asked, HandlerFailure, HandlerKind, Host, HostConfig, HostOutput, Job, ServerSession,
        },
    },
    types::{Implementation, Level},
};
use serde_json::{Value, json};

const NOW: f64 = 1_000_000.0;

fn host() -> Host<Value> {
    let mut host = Host::new(HostConfig {
        profile: Profile::new(Implementation::new("page", "1.0.0")),
        limits: Limits { queue: 4, ..Limits::default() },
        page_size: 2,
        key: vec![7; 32],
        lifetime: 1000.0,
    });
    let tool = json!({ "name": "tool", "inputSchema": { "type": "object" } });
    host.add(HandlerKind::Tool, tool, 1).unwrap();
    host
}

fn modern(id: u32, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "progressToken": id,
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
        "io.modelcontextprotocol/logLevel": "info",
    });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn session(host: &mut Host<Value>, connection: u32) -> &mut ServerSession<Value> {
    host.session(connection).expect("the connection is there")
}

fn machine(host: &mut Host<Value>, connection: u32) -> &mut ServerMachine<Value> {
    session(host, connection).machine_mut()
}

fn sent(host: &mut Host<Value>, connection: u32) -> Vec<Value> {
    let mut all = Vec::new();
    while let Some(Transmit::Send { frame, .. }) = machine(host, connection).poll_transmit() {
        all.push(frame.into_payload());
    }
    all
}

fn job(host: &mut Host<Value>) -> Job<Value, u32> {
    match host.poll_output() {
        Some((_, HostOutput::Run(job))) => job,
        other => panic!("no job: {other:?}"),
    }
}

fn call(host: &mut Host<Value>, connection: u32, id: u32, params: Value) -> Job<Value, u32> {
    host.receive(connection, &modern(id, "tools/call", params), NOW);
    job(host)
}

#[test]
fn a_call_is_a_job_that_reports_logs_and_answers() {
    let mut host = host();
    let connection = host.connect();
    let params = json!({ "name": "tool", "arguments": { "n": 1 } });
    let job = call(&mut host, connection, 1, params);
    assert_eq!((job.handler, job.kind, job.name.as_str()), (1, HandlerKind::Tool, "tool"));
    assert_eq!(job.input, json!({ "n": 1 }));
    assert!(job.context.token.is_some());
    machine(&mut host, connection).report(job.call, 1.0, Some(2.0), Some("half"));
    machine(&mut host, connection).log(job.call, Level::Info, None, json!("said")).unwrap();
    assert!(!machine(&mut host, connection).wants_log(job.call, Level::Debug));
    session(&mut host, connection).respond(job.call, Ok(json!({ "sum": 3 })));
    machine(&mut host, connection).report(job.call, 2.0, None, None);
    let sent = sent(&mut host, connection);
    assert_eq!(sent.len(), 3);
    assert_eq!(
        sent[0]["params"],
        json!({ "progressToken": 1, "progress": 1, "total": 2, "message": "half" })
    );
    assert_eq!(sent[1]["params"], json!({ "level": "info", "data": "said" }));
    assert_eq!(sent[2]["result"]["structuredContent"], json!({ "sum": 3 }));
    assert_eq!(sent[2]["result"]["content"][0]["text"], r#"{"sum":3}"#);
}

#[test]
fn rule_12_while_the_peer_is_slow_the_newest_report_waits_and_goes_before_the_answer() {
    let mut host = host();
    let connection = host.connect();
    let job = call(&mut host, connection, 1, json!({ "name": "tool" }));
    for i in 1..=100 {
        machine(&mut host, connection).report(job.call, f64::from(i), None, None);
    }
    assert!(machine(&mut host, connection).holds(job.call));
    assert!(
        machine(&mut host, connection).log(job.call, Level::Info, None, json!(1)).is_err(),
        "no room"
    );
    session(&mut host, connection).respond(job.call, Ok(Value::Null));
    let values: Vec<Value> = sent(&mut host, connection)
        .iter()
        .map(|message| message["params"]["progress"].clone())
        .collect();
    assert_eq!(values, [json!(1), json!(2), json!(3), json!(4), json!(100), Value::Null]);
}

#[test]
fn a_failure_is_a_result_of_a_tool_or_an_error_if_it_has_a_code() {
    let mut host = host();
    let connection = host.connect();
    let job = call(&mut host, connection, 1, json!({ "name": "tool" }));
    let failure = HandlerFailure { message: "no".to_owned(), code: None, data: None };
    session(&mut host, connection).respond(job.call, Err(failure));
    let job = call(&mut host, connection, 2, json!({ "name": "tool" }));
    let failure =
        HandlerFailure { message: "no".to_owned(), code: Some(-32042), data: Some(json!(1)) };
    session(&mut host, connection).respond(job.call, Err(failure));
    let sent = sent(&mut host, connection);
    assert_eq!(sent[0]["result"]["isError"], json!(true));
    assert_eq!(sent[1]["error"], json!({ "code": -32042, "message": "no", "data": 1 }));
}

#[test]
fn what_is_given_up_is_stopped_and_answers_nothing() {
    let mut host = host();
    let connection = host.connect();
    let job = call(&mut host, connection, 1, json!({ "name": "tool" }));
    let params = json!({ "requestId": 1, "reason": "enough" });
    let cancelled =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    host.receive(connection, &cancelled, NOW);
    let Some((_, HostOutput::Stop { call: stopped, reason })) = host.poll_output() else {
        panic!("not stopped");
    };
    assert_eq!((stopped, reason.as_deref()), (job.call, Some("enough")));
    session(&mut host, connection).respond(job.call, Ok(Value::Null));
    assert!(sent(&mut host, connection).is_empty());

    let other = call(&mut host, connection, 2, json!({ "name": "tool" }));
    host.disconnect(connection);
    assert!(matches!(
        host.poll_output(),
        Some((_, HostOutput::Stop { call, reason: None })) if call == other.call
    ));
}

#[test]
fn a_question_ends_the_round_and_its_answer_is_found_in_the_next() {
    let mut host = host();
    let connection = host.connect();
    let ask = |host: &mut Host<Value>, call| {
        let form = json!({ "message": "Name?", "requestedSchema": { "required": ["name"] } });
        host.ask(connection, call, None, "elicitation/create", form)
    };
    let job = call(&mut host, connection, 1, json!({ "name": "tool" }));
    assert!(matches!(ask(&mut host, job.call), Asked::Suspended(_)));
    assert!(host.conclude(connection, job.call, NOW));
    assert!(matches!(host.poll_output(), Some((_, HostOutput::Stop { .. }))));
    assert!(matches!(ask(&mut host, job.call), Asked::Over));
    let result = sent(&mut host, connection).remove(0)["result"].take();
    let (key, _) = result["inputRequests"].as_object().unwrap().iter().next().unwrap();

    // An answer that does not fit is asked for again.
    let mut retry = json!({ "name": "tool", "requestState": result["requestState"] });
    retry["inputResponses"][key] = json!({ "action": "accept", "content": {} });
    let job = call(&mut host, connection, 2, retry.clone());
    assert!(matches!(ask(&mut host, job.call), Asked::Suspended(_)));
    assert!(host.conclude(connection, job.call, NOW));
    assert!(matches!(host.poll_output(), Some((_, HostOutput::Stop { .. }))));
    let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
    retry["inputResponses"][key] = answer.clone();
    // A state is good once.
    host.receive(connection, &modern(9, "tools/call", retry.clone()), NOW);
    let sent_then = sent(&mut host, connection);
    assert_eq!(sent_then[1]["error"]["code"], -32602);
    retry["requestState"] = sent_then[0]["result"]["requestState"].clone();
    let job = call(&mut host, connection, 3, retry.clone());
    assert!(
        matches!(ask(&mut host, job.call), Asked::Given { answer: given, .. } if given == answer)
    );

    // It is good for this call, and for a while.
    let job = call(&mut host, connection, 6, json!({ "name": "tool" }));
    assert!(matches!(ask(&mut host, job.call), Asked::Suspended(_)));
    assert!(host.conclude(connection, job.call, NOW));
    assert!(matches!(host.poll_output(), Some((_, HostOutput::Stop { .. }))));
    let result = sent(&mut host, connection).remove(0)["result"].take();
    retry["requestState"] = result["requestState"].clone();
    retry["arguments"] = json!({ "n": 1 });
    host.receive(connection, &modern(4, "tools/call", retry.clone()), NOW);
    retry["arguments"] = json!({});
    host.receive(connection, &modern(5, "tools/call", retry), NOW + 1000.0);
    let sent = sent(&mut host, connection);
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|refused| refused["error"]["code"] == -32602));
}

#[test]
fn lists_come_in_pages_and_bad_definitions_are_refused_in_words() {
    let mut host = host();
    let schema = json!({ "type": "object" });
    for name in ["b", "c"] {
        host.add(HandlerKind::Tool, json!({ "name": name, "inputSchema": schema }), 2).unwrap();
    }
    assert!(host.add(HandlerKind::Tool, json!({ "inputSchema": schema }), 3).is_err());
    assert!(host.add(HandlerKind::Tool, json!({ "name": "d" }), 3).is_err());
    assert!(host.add(HandlerKind::Template, json!({ "uriTemplate": "{+a}" }), 3).is_err());
    assert!(!host.remove(HandlerKind::Tool, "d"));
    let connection = host.connect();
    host.receive(connection, &modern(1, "tools/list", json!({})), NOW);
    let first = sent(&mut host, connection).remove(0)["result"].take();
    assert_eq!(first["tools"].as_array().unwrap().len(), 2);
    let cursor = json!({ "cursor": first["nextCursor"] });
    host.receive(connection, &modern(2, "tools/list", cursor), NOW);
    let second = sent(&mut host, connection).remove(0)["result"].take();
    assert_eq!(second["tools"][0]["name"], "c");
    assert!(second.get("nextCursor").is_none());
}

#[test]
#[allow(clippy::disallowed_methods)] // it measures
fn answers_that_a_request_brings_along_are_counted_before_they_are_sorted() {
    let mut host = host();
    let connection = host.connect();
    let keys = (0..100_000).rev().map(|number| (format!("{number:06}"), json!({})));
    let many = Value::Object(keys.collect());
    let started = std::time::Instant::now();
    let params = json!({ "name": "tool", "inputResponses": many });
    host.receive(connection, &modern(1, "tools/call", params), NOW);
    assert_eq!(sent(&mut host, connection)[0]["error"]["code"], -32602);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
