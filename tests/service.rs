//! The server for hosts that run the handlers themselves, driven as a page drives it.
#![cfg(not(target_arch = "wasm32"))]

use mcp_wasm::{
    proto::{
        server::{Limits, Profile, Transmit},
        service::{Asked, Config, Failure, Job, Kind, Output, Service},
    },
    types::{Implementation, Level},
};
use serde_json::{Value, json};

const NOW: f64 = 1_000_000.0;

fn service() -> Service<Value> {
    let mut service = Service::new(Config {
        profile: Profile::new(Implementation::new("page", "1.0.0")),
        limits: Limits { queue: 4, ..Limits::default() },
        page_size: 2,
        key: vec![7; 32],
        lifetime: 1000.0,
    });
    let tool = json!({ "name": "tool", "inputSchema": { "type": "object" } });
    service.add(Kind::Tool, tool, 1).unwrap();
    service
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

fn sent(service: &mut Service<Value>, connection: u32) -> Vec<Value> {
    let mut all = Vec::new();
    while let Some(Transmit::Send { frame, .. }) = service.poll_transmit(connection) {
        all.push(frame.into_payload());
    }
    all
}

fn job(service: &mut Service<Value>) -> Job<Value> {
    match service.poll_output() {
        Some(Output::Run(job)) => job,
        other => panic!("no job: {other:?}"),
    }
}

fn call(service: &mut Service<Value>, connection: u32, id: u32, params: Value) -> Job<Value> {
    service.receive(connection, &modern(id, "tools/call", params), NOW);
    job(service)
}

#[test]
fn a_call_is_a_job_that_reports_logs_and_answers() {
    let mut service = service();
    let connection = service.connect();
    let params = json!({ "name": "tool", "arguments": { "n": 1 } });
    let job = call(&mut service, connection, 1, params);
    assert_eq!((job.handler, job.kind, job.name.as_str()), (1, Kind::Tool, "tool"));
    assert_eq!(job.input, json!({ "n": 1 }));
    assert!(job.wants_progress);
    service.report(job.call, 1.0, Some(2.0), Some("half"));
    service.log(job.call, Level::Info, None, json!("said")).unwrap();
    assert!(!service.wants_log(job.call, Level::Debug));
    service.respond(job.call, Ok(json!({ "sum": 3 })));
    service.report(job.call, 2.0, None, None);
    let sent = sent(&mut service, connection);
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
    let mut service = service();
    let connection = service.connect();
    let job = call(&mut service, connection, 1, json!({ "name": "tool" }));
    for i in 1..=100 {
        service.report(job.call, f64::from(i), None, None);
    }
    assert!(service.holds(job.call));
    assert!(service.log(job.call, Level::Info, None, json!(1)).is_err(), "no room");
    service.respond(job.call, Ok(Value::Null));
    let values: Vec<Value> = sent(&mut service, connection)
        .iter()
        .map(|message| message["params"]["progress"].clone())
        .collect();
    assert_eq!(values, [json!(1), json!(2), json!(3), json!(4), json!(100), Value::Null]);
}

#[test]
fn a_failure_is_a_result_of_a_tool_or_an_error_if_it_has_a_code() {
    let mut service = service();
    let connection = service.connect();
    let job = call(&mut service, connection, 1, json!({ "name": "tool" }));
    let failure = Failure { message: "no".to_owned(), code: None, data: None };
    service.respond(job.call, Err(failure));
    let job = call(&mut service, connection, 2, json!({ "name": "tool" }));
    let failure = Failure { message: "no".to_owned(), code: Some(-32042), data: Some(json!(1)) };
    service.respond(job.call, Err(failure));
    let sent = sent(&mut service, connection);
    assert_eq!(sent[0]["result"]["isError"], json!(true));
    assert_eq!(sent[1]["error"], json!({ "code": -32042, "message": "no", "data": 1 }));
}

#[test]
fn what_is_given_up_is_stopped_and_answers_nothing() {
    let mut service = service();
    let connection = service.connect();
    let job = call(&mut service, connection, 1, json!({ "name": "tool" }));
    let params = json!({ "requestId": 1, "reason": "enough" });
    let cancelled =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    service.receive(connection, &cancelled, NOW);
    let Some(Output::Stop { call: stopped, reason }) = service.poll_output() else {
        panic!("not stopped");
    };
    assert_eq!((stopped, reason.as_deref()), (job.call, Some("enough")));
    service.respond(job.call, Ok(Value::Null));
    assert!(sent(&mut service, connection).is_empty());

    let other = call(&mut service, connection, 2, json!({ "name": "tool" }));
    service.disconnect(connection);
    assert!(matches!(
        service.poll_output(),
        Some(Output::Stop { call, reason: None }) if call == other.call
    ));
}

#[test]
fn a_question_ends_the_round_and_its_answer_is_found_in_the_next() {
    let mut service = service();
    let connection = service.connect();
    let ask = |service: &mut Service<Value>, call| {
        let form = json!({ "message": "Name?", "requestedSchema": { "required": ["name"] } });
        service.ask(call, None, "elicitation/create", form)
    };
    let job = call(&mut service, connection, 1, json!({ "name": "tool" }));
    assert!(matches!(ask(&mut service, job.call), Asked::Suspended));
    service.conclude(job.call, NOW);
    assert!(matches!(service.poll_output(), Some(Output::Stop { .. })));
    assert!(matches!(ask(&mut service, job.call), Asked::Over));
    let result = sent(&mut service, connection).remove(0)["result"].take();
    let (key, _) = result["inputRequests"].as_object().unwrap().iter().next().unwrap();

    // An answer that does not fit is asked for again.
    let mut retry = json!({ "name": "tool", "requestState": result["requestState"] });
    retry["inputResponses"][key] = json!({ "action": "accept", "content": {} });
    let job = call(&mut service, connection, 2, retry.clone());
    assert!(matches!(ask(&mut service, job.call), Asked::Suspended));
    service.conclude(job.call, NOW);
    assert!(matches!(service.poll_output(), Some(Output::Stop { .. })));
    let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
    retry["inputResponses"][key] = answer.clone();
    // A state is good once.
    service.receive(connection, &modern(9, "tools/call", retry.clone()), NOW);
    let sent_then = sent(&mut service, connection);
    assert_eq!(sent_then[1]["error"]["code"], -32602);
    retry["requestState"] = sent_then[0]["result"]["requestState"].clone();
    let job = call(&mut service, connection, 3, retry.clone());
    assert!(matches!(ask(&mut service, job.call), Asked::Given(given) if given == answer));

    // It is good for this call, and for a while.
    let job = call(&mut service, connection, 6, json!({ "name": "tool" }));
    assert!(matches!(ask(&mut service, job.call), Asked::Suspended));
    service.conclude(job.call, NOW);
    assert!(matches!(service.poll_output(), Some(Output::Stop { .. })));
    let result = sent(&mut service, connection).remove(0)["result"].take();
    retry["requestState"] = result["requestState"].clone();
    retry["arguments"] = json!({ "n": 1 });
    service.receive(connection, &modern(4, "tools/call", retry.clone()), NOW);
    retry["arguments"] = json!({});
    service.receive(connection, &modern(5, "tools/call", retry), NOW + 1000.0);
    let sent = sent(&mut service, connection);
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|refused| refused["error"]["code"] == -32602));
}

#[test]
fn lists_come_in_pages_and_bad_definitions_are_refused_in_words() {
    let mut service = service();
    let schema = json!({ "type": "object" });
    for name in ["b", "c"] {
        service.add(Kind::Tool, json!({ "name": name, "inputSchema": schema }), 2).unwrap();
    }
    assert!(service.add(Kind::Tool, json!({ "inputSchema": schema }), 3).is_err());
    assert!(service.add(Kind::Tool, json!({ "name": "d" }), 3).is_err());
    assert!(service.add(Kind::Template, json!({ "uriTemplate": "{+a}" }), 3).is_err());
    assert!(!service.remove(Kind::Tool, "d"));
    let connection = service.connect();
    service.receive(connection, &modern(1, "tools/list", json!({})), NOW);
    let first = sent(&mut service, connection).remove(0)["result"].take();
    assert_eq!(first["tools"].as_array().unwrap().len(), 2);
    let cursor = json!({ "cursor": first["nextCursor"] });
    service.receive(connection, &modern(2, "tools/list", cursor), NOW);
    let second = sent(&mut service, connection).remove(0)["result"].take();
    assert_eq!(second["tools"][0]["name"], "c");
    assert!(second.get("nextCursor").is_none());
}

#[test]
#[allow(clippy::disallowed_methods)] // it measures
fn answers_that_a_request_brings_along_are_counted_before_they_are_sorted() {
    let mut service = service();
    let connection = service.connect();
    let keys = (0..100_000).rev().map(|number| (format!("{number:06}"), json!({})));
    let many = Value::Object(keys.collect());
    let started = std::time::Instant::now();
    let params = json!({ "name": "tool", "inputResponses": many });
    service.receive(connection, &modern(1, "tools/call", params), NOW);
    assert_eq!(sent(&mut service, connection)[0]["error"]["code"], -32602);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
