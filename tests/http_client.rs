//! The client over Streamable HTTP, row by row, against servers that follow a script.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::semicolon_if_nothing_returned)] // arms of a table

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::http::client::{BodyMode, Failure, Sending};
use mcp_wasm::jsonrpc::Id;
use mcp_wasm::proto::client::{Handles, Mode, RequestId};
use mcp_wasm::proto::version::{Era, Version};
use serde_json::{Value, json};
use support::{Fetch, Path, Place, Told, Web, protocol_text, said, step};

const HELLO: &str = r#"{"jsonrpc":"2.0","id":2,"result":{"content":[],"resultType":"complete"}}"#;

fn auto() -> (Web, Fetch) {
    let mut web = Web::new(Mode::Auto, Path::Scanned);
    web.connect();
    let probe = web.take_method("server/discover");
    (web, probe)
}

fn done() -> Value {
    json!({ "content": [], "resultType": "complete" })
}

fn progress(token: i64, value: i64) -> Value {
    let params = json!({ "progressToken": token, "progress": value });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

fn era(web: &Web) -> Option<Era> {
    web.page.machine.session().map(|session| session.version.era())
}

/// Finishes the handshake of a server that was taken for a legacy one.
fn finish_legacy(web: &mut Web) {
    let initialize = web.take_method("initialize");
    for header in ["mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id"] {
        assert_eq!(initialize.header(header), None);
    }
    assert!(!initialize.body.as_ref().unwrap()["params"].to_string().contains("_meta"));
    web.initialized(&initialize, "s1");
    assert_eq!(era(web), Some(Era::Legacy));
}

fn failure(web: &Web, id: i64) -> &Error<Value> {
    web.page.outcome(id).expect("settled").as_ref().expect_err("failed")
}

fn status_of(error: &Error<Value>) -> u16 {
    match error {
        Error::Http { status, .. } => *status,
        other => panic!("no HTTP error: {other:?}"),
    }
}

// ---- what is sent ----

#[test]
fn a_modern_request_carries_its_headers() {
    let (_, probe) = auto();
    assert_eq!((probe.verb, probe.exchange), ("POST", 1));
    assert_eq!(probe.header("content-type"), Some("application/json"));
    assert_eq!(probe.header("accept"), Some("application/json, text/event-stream"));
    assert_eq!(probe.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(probe.header("mcp-method"), Some("server/discover"));
    assert_eq!(probe.header("mcp-name"), None);
    let meta = &probe.body.as_ref().unwrap()["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");

    let mut web = Web::modern(Path::Scanned);
    for (method, params, name) in [
        ("tools/call", json!({ "name": "add" }), Some("add")),
        ("tools/call", json!({ "name": " größer " }), Some("=?base64?IGdyw7bDn2VyIA==?=")),
        (
            "tools/call",
            json!({ "name": "=?base64?YQ==?=" }),
            Some("=?base64?PT9iYXNlNjQ/WVE9PT89?="),
        ),
        ("prompts/get", json!({ "name": "p" }), Some("p")),
        ("resources/read", json!({ "uri": "file:///a/b%20c.txt" }), Some("file:///a/b%20c.txt")),
        ("tasks/get", json!({ "taskId": "t1" }), Some("t1")),
        ("resources/list", json!({}), None),
        ("completion/complete", json!({ "name": "x" }), None),
        // A member without a name is the name of nothing.
        ("completion/complete", json!({ "": "x" }), None),
    ] {
        let (_, fetch) = web.request(method, params);
        assert_eq!(fetch.header("mcp-method"), Some(method));
        assert_eq!(fetch.header("mcp-name"), name);
        assert_eq!(fetch.header("mcp-session-id"), None);
    }
    web.page.machine.notify("notifications/x", None).unwrap();
    web.pump();
    let told = web.take_method("notifications/x");
    assert_eq!(told.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(told.header("mcp-method"), Some("notifications/x"));
}

#[test]
fn a_legacy_message_carries_version_and_session() {
    let mut web = Web::legacy(Path::Scanned);
    let (_, fetch) = web.call();
    assert_eq!(fetch.header("mcp-protocol-version"), Some("2025-06-18"));
    assert_eq!(fetch.header("mcp-session-id"), Some("s1"));
    assert_eq!((fetch.header("mcp-method"), fetch.header("mcp-name")), (None, None));
}

#[test]
fn nothing_overtakes_initialized_which_servers_wait_for() {
    for how in ["accepted", "head only", "refused", "lost"] {
        let _place = Place(how.to_owned());
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.connect();
        let initialize = web.take_method("initialize");
        let result =
            json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {} });
        let message = json!({ "jsonrpc": "2.0", "id": initialize.id(), "result": result });
        web.answer_with(&initialize, 200, "application/json", &message.to_string(), "s1");
        let initialized = web.take_method("notifications/initialized");
        assert!(web.page.is_open());
        let call = web.page.call(support::FOREVER);
        let (level, limits) = (json!({ "level": "info" }), support::FOREVER);
        let level = web.page.request("logging/setLevel", Some(level), limits).unwrap();
        web.pump();
        assert!(web.is_quiet(), "the server does not know yet that the session has begun");
        if how == "lost" {
            web.fail(&initialized, "CORS");
            assert!(matches!(web.page.end(), Some(Error::Lost { .. })), "connecting has failed");
            assert!(web.is_quiet());
            continue;
        }
        match how {
            "accepted" => web.answer(&initialized, 202, "", ""),
            "head only" => {
                web.head(&initialized, 202, "");
                web.pump();
            }
            _ => web.answer(&initialized, 500, "", ""),
        }
        if how != "refused" {
            assert_eq!(web.take().verb, "GET", "a call may need the server's own stream");
        }
        let ids = [web.take().id(), web.take().id()];
        assert_eq!(ids, [json!(call), json!(level)]);
        assert!(web.is_quiet());
    }
}

/// A session that has begun, while its server's own stream has been asked for; that request.
fn unheard() -> (Web, Fetch) {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.http.set_unheard(true);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    assert_eq!(listen.verb, "GET");
    (web, listen)
}

fn has_begun(web: &Web) -> bool {
    web.page.told.iter().any(|told| matches!(told, Told::Connected(_)))
}

#[test]
fn a_session_begins_with_the_servers_own_stream_if_somebody_listens_and_at_once_if_nobody_does() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    assert!(!has_begun(&web), "what the server says right after would be lost");
    let listen = web.take();
    web.stream(&listen);
    web.pump();
    assert!(has_begun(&web));
    assert!(has_begun(&unheard().0));
}

#[test]
fn what_a_server_may_report_about_waits_for_its_own_stream_where_the_session_does_not() {
    for how in ["stream", "no stream", "lost", "late"] {
        let _place = Place(how.to_owned());
        let (mut web, listen) = unheard();
        let call = web.page.call(support::FOREVER);
        let read = web.page.request("resources/read", None, support::FOREVER).unwrap();
        web.pump();
        assert!(web.is_quiet(), "what is said of it would be lost");
        for method in
            ["tools/list", "resources/list", "resources/templates/list", "prompts/list", "ping"]
        {
            web.page.request(method, None, support::FOREVER).unwrap();
            web.pump();
            let fetch = web.take_method(method);
            assert_eq!(fetch.header("mcp-session-id"), Some("s1"));
            web.result(&fetch, json!({}));
        }
        assert!(web.is_quiet());
        match how {
            "stream" => {
                web.stream(&listen);
                web.pump();
            }
            "no stream" => web.answer(&listen, 405, "", ""),
            "lost" => web.fail(&listen, "CORS"),
            _ => {
                web.wait(149.0);
                assert!(web.is_quiet());
                web.wait(1.0);
            }
        }
        let sent = [web.take().id(), web.take().id()];
        assert_eq!(sent, [json!(call), json!(read)]);
        assert!(web.is_quiet());
        assert!(!web.call().1.id().is_null(), "nothing waits from now on");
    }
}

#[test]
fn what_is_given_up_while_it_waits_for_the_servers_own_stream_is_never_sent() {
    let (mut web, listen) = unheard();
    let call = web.page.call(support::FOREVER);
    let other = web.page.call(support::FOREVER);
    web.pump();
    web.page.cancel(call, None);
    web.pump();
    assert!(web.is_quiet());
    web.stream(&listen);
    web.pump();
    assert_eq!(web.take().id(), json!(other));
    assert!(web.is_quiet());
}

#[test]
fn what_waits_for_the_servers_own_stream_is_sent_once_in_the_session_that_replaces_an_expired_one()
{
    let (mut web, _listen) = unheard();
    let call = web.page.call(support::FOREVER);
    let list = web.page.request("tools/list", None, support::FOREVER).unwrap();
    web.pump();
    let fetch = web.take_method("tools/list");
    web.answer(&fetch, 404, "", "");
    let initialize = web.take_method("initialize");
    web.wait(200.0);
    assert!(web.is_quiet(), "there is no session");
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    let sent = [web.take(), web.take()];
    assert_eq!([sent[0].id(), sent[1].id()], [json!(call), json!(list)]);
    assert!(sent.iter().all(|fetch| fetch.header("mcp-session-id") == Some("s2")));
    assert!(web.is_quiet());
}

/// How a server answers a request of a session that it does not know any more, and whether that is what it says.
const REFUSALS: [(u16, &str, bool); 7] = [
    (404, "", true),
    (400, "", true),
    (
        400,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#,
        true,
    ),
    (
        200,
        r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32001,"message":"Session not found"}}"#,
        true,
    ),
    (400, r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32602,"message":"no"}}"#, false),
    (200, r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32602,"message":"no"}}"#, false),
    (500, "", false),
];

#[test]
fn what_waits_for_the_servers_own_stream_waits_for_the_session_there_is_however_a_post_is_refused()
{
    for (status, body, ends) in REFUSALS {
        let _place = Place(format!("{status} {body}"));
        let (mut web, listen) = unheard();
        let call = web.page.call(support::FOREVER);
        let (list, fetch) = web.request("tools/list", json!({}));
        let body = body.replace("ID", &list.to_string());
        web.answer(&fetch, status, "application/json", &body);
        let mut expected = vec![json!(call)];
        if ends {
            let of_the_old = "it is of the session that has ended";
            assert!(web.aborted.contains(&listen.exchange), "{of_the_old}");
            let initialize = web.take_method("initialize");
            web.wait(200.0);
            assert!(web.is_quiet(), "there is no session");
            web.initialized(&initialize, "s2");
            let listen = web.take();
            assert_eq!((listen.verb, listen.header("mcp-session-id")), ("GET", Some("s2")));
            expected.push(json!(list));
        } else {
            assert!(web.is_quiet() && web.aborted.is_empty());
            web.stream(&listen);
            web.pump();
        }
        let session = if ends { "s2" } else { "s1" };
        for id in expected {
            let sent = web.take();
            assert_eq!((sent.id(), sent.header("mcp-session-id")), (id, Some(session)));
            web.result(&sent, json!({ "tools": [], "content": [] }));
        }
        assert!(web.is_quiet());
        assert!(web.page.outcome(call).expect("settled").is_ok());
        assert_eq!(web.page.outcome(list).expect("settled").is_ok(), ends);
    }
}

#[test]
fn a_server_that_takes_no_initialized_is_asked_at_once_whoever_listens() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.http.set_unheard(true);
    web.connect();
    let initialize = web.take_method("initialize");
    let result = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {} });
    web.result(&initialize, result);
    let initialized = web.take_method("notifications/initialized");
    web.answer(&initialized, 500, "", "");
    assert!(has_begun(&web));
    assert!(!web.call().1.id().is_null());
}

#[test]
fn a_connection_is_there_although_its_session_expires_before_the_servers_own_stream() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    // A question may have come on the stream of the answer to `initialize`.
    web.http.send(json!({ "jsonrpc": "2.0", "id": 7, "result": {} }), Sending::default());
    web.pump();
    let answer = web.take();
    web.answer(&answer, 404, "", "");
    assert_eq!(web.aborted, [listen.exchange]);
    let initialize = web.take_method("initialize");
    assert!(has_begun(&web));
    let call = web.page.call(support::FOREVER);
    web.wait(200.0);
    assert!(web.is_quiet(), "there is no session");
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    let sent = web.take();
    assert_eq!((sent.id(), sent.header("mcp-session-id")), (json!(call), Some("s2")));
}

#[test]
fn what_waits_fails_unsent_when_the_session_is_ended() {
    let (mut web, listen) = unheard();
    let call = web.page.call(support::FOREVER);
    web.pump();
    web.http.end_session();
    web.pump();
    let end = web.take();
    assert_eq!(end.verb, "DELETE");
    web.answer(&end, 200, "", "");
    assert!(matches!(failure(&web, call), Error::Closed { sent: false, .. }));
    web.stream(&listen);
    web.wait(200.0);
    assert!(web.is_quiet());
}

#[test]
fn what_waits_fails_unsent_when_the_session_cannot_be_renewed() {
    let (mut web, _) = unheard();
    let calls = [web.page.call(support::FOREVER), web.page.call(support::FOREVER)];
    let (_, list) = web.request("tools/list", json!({}));
    gone(&mut web, &list);
    let initialize = web.take_method("initialize");
    web.answer(&initialize, 500, "", "");
    for call in calls {
        assert!(matches!(failure(&web, call), Error::Closed { sent: false, .. }));
    }
    assert!(web.is_quiet() && !web.page.is_open());
}

#[test]
fn what_waits_fails_unsent_when_the_connection_is_ended_and_what_was_sent_does_not() {
    for keep in [false, true] {
        let (mut web, _) = unheard();
        let call = web.page.call(support::FOREVER);
        web.pump();
        let (list, fetch) = web.request("tools/list", json!({}));
        let id = |id| RequestId::new(id).unwrap();
        assert!(web.http.holds(id(call)) && !web.http.holds(id(list)));
        web.http.close(keep);
        web.pump();
        assert!(matches!(failure(&web, call), Error::Closed { sent: false, .. }));
        assert!(web.page.outcome(list).is_none() && web.aborted.contains(&fetch.exchange));
        assert_eq!(web.is_quiet(), keep, "the end of the session is told");
    }
}

#[test]
fn nothing_is_sent_after_the_end_of_a_connection_whose_session_is_kept() {
    let (mut web, _) = unheard();
    web.page.call(support::FOREVER);
    web.pump();
    web.http.close(true);
    web.wait(200.0);
    assert!(web.is_quiet());
    assert!(web.http.poll_timeout().is_infinite());
}

#[test]
fn what_holds_for_a_session_is_said_once_in_the_one_that_replaces_it() {
    let lasting = [
        ("resources/subscribe", json!({ "uri": "a:1" })),
        ("logging/setLevel", json!({ "level": "info" })),
    ];
    for when in ["own stream", "renewal", "under way"] {
        for (method, params) in &lasting {
            let _place = Place(format!("{when}, {method}"));
            let mut web = match when {
                "own stream" => unheard().0,
                _ => Web::legacy(Path::Scanned),
            };
            let (_, list) = web.request("tools/list", json!({}));
            let ask = |web: &mut Web| {
                let id = web.page.request(method, Some(params.clone()), support::FOREVER).unwrap();
                web.pump();
                id
            };
            let (id, initialize) = match when {
                "own stream" => {
                    let id = ask(&mut web);
                    gone(&mut web, &list);
                    (id, web.take())
                }
                "renewal" => {
                    gone(&mut web, &list);
                    let initialize = web.take();
                    (ask(&mut web), initialize)
                }
                _ => {
                    let id = ask(&mut web);
                    let asked = web.take();
                    gone(&mut web, &list);
                    gone(&mut web, &asked);
                    (id, web.take())
                }
            };
            web.initialized(&initialize, "s2");
            let mut asked = Vec::new();
            while !web.is_quiet() {
                let fetch = web.take();
                if fetch.method() == *method {
                    asked.push(fetch.id());
                    web.result(&fetch, json!({}));
                }
            }
            assert_eq!(asked, [json!(id)]);
            assert_eq!(web.page.outcome(id), Some(&Ok(json!({}))));
        }
    }
}

#[test]
fn what_was_given_up_before_the_server_heard_of_it_is_said_in_no_later_session() {
    let (mut web, listen) = unheard();
    let params = json!({ "uri": "a:1" });
    let id = web.page.request("resources/subscribe", Some(params), support::FOREVER).unwrap();
    web.pump();
    web.page.cancel(id, None);
    web.pump();
    web.stream(&listen);
    web.pump();
    let (_, list) = web.request("tools/list", json!({}));
    gone(&mut web, &list);
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    web.take_method("tools/list");
    assert!(web.is_quiet());
}

#[test]
fn a_subscription_to_what_is_told_unasked_is_acknowledged_when_the_servers_own_stream_is_there() {
    for how in ["stream", "no stream", "late", "expired", "heard", "heard, expired"] {
        let _place = Place(how.to_owned());
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.http.set_unheard(!how.starts_with("heard"));
        web.connect();
        let initialize = web.take_method("initialize");
        web.initialized_with(&initialize, "s1", &json!({ "tools": { "listChanged": true } }));
        let listen = web.take();
        if how.starts_with("heard") {
            web.stream(&listen);
            web.pump();
        }
        let renews = (how == "heard, expired").then(|| {
            let (_, list) = web.request("tools/list", json!({}));
            gone(&mut web, &list);
            web.take_method("initialize")
        });
        let filter = json!({ "notifications": { "toolsListChanged": true } });
        web.page.request("subscriptions/listen", Some(filter), support::FOREVER).unwrap();
        web.pump();
        let acknowledged =
            |web: &Web| web.page.told.iter().any(|told| matches!(told, Told::Acknowledged(..)));
        assert_eq!(acknowledged(&web), how == "heard", "what is told at once would be lost");
        match how {
            "stream" => {
                web.stream(&listen);
                web.pump();
            }
            "no stream" => web.answer(&listen, 405, "", ""),
            "late" => web.wait(150.0),
            "expired" => {
                let (_, list) = web.request("tools/list", json!({}));
                gone(&mut web, &list);
                let initialize = web.take_method("initialize");
                assert!(!acknowledged(&web));
                web.initialized(&initialize, "s2");
            }
            _ => {}
        }
        if let Some(initialize) = renews {
            web.initialized(&initialize, "s2");
        }
        web.pump();
        assert!(acknowledged(&web));
        while !web.is_quiet() {
            assert_ne!(
                web.take().method(),
                "subscriptions/listen",
                "the server knows nothing of it"
            );
        }
    }
}

#[test]
fn a_subscription_that_waits_fails_with_the_session_and_is_not_acknowledged() {
    for how in ["ended", "ended before", "not renewed"] {
        let _place = Place(how.to_owned());
        let (mut web, _listen) = unheard();
        let ends = |web: &mut Web| {
            web.http.end_session();
            web.pump();
            let end = web.take();
            web.answer(&end, 200, "", "");
        };
        if how == "ended before" {
            ends(&mut web);
        }
        let filter = json!({ "notifications": { "toolsListChanged": true } });
        let id = web.page.request("subscriptions/listen", Some(filter), support::FOREVER).unwrap();
        web.pump();
        if how == "ended" {
            ends(&mut web);
        } else if how == "not renewed" {
            let (_, list) = web.request("tools/list", json!({}));
            gone(&mut web, &list);
            let initialize = web.take_method("initialize");
            web.answer(&initialize, 500, "", "");
        }
        assert!(matches!(failure(&web, id), Error::Closed { sent: false, .. }));
        let acknowledged = web.page.told.iter().any(|told| matches!(told, Told::Acknowledged(..)));
        assert!(!acknowledged, "nothing will be heard");
    }
}

#[test]
fn a_subscription_that_another_client_asks_a_legacy_server_for_is_asked_for() {
    for heard in [false, true] {
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.http.set_unheard(!heard);
        web.connect();
        let initialize = web.take_method("initialize");
        web.initialized(&initialize, "s1");
        let listen = web.take();
        let params = json!({ "notifications": {} });
        let asks = json!({ "jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen", "params": params });
        web.http.send(asks, Sending::default());
        web.stream(&listen);
        web.pump();
        assert_eq!(web.take_method("subscriptions/listen").id(), json!(9));
    }
}

#[test]
fn a_cancellation_that_names_nothing_takes_nothing_back() {
    let (mut web, listen) = unheard();
    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" });
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {} });
    for message in [changed, cancelled] {
        web.http.send(message, Sending::default());
    }
    web.pump();
    web.take_method("notifications/cancelled");
    web.stream(&listen);
    web.pump();
    web.take_method("notifications/roots/list_changed");
}

#[test]
fn the_session_id_comes_from_the_answer_to_initialize_only() {
    for id in ["", "has blank", "größer"] {
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.connect();
        let initialize = web.take_method("initialize");
        web.initialized(&initialize, id);
        let listen = web.take();
        assert_eq!(listen.header("mcp-session-id"), None, "{id}");
        let (_, fetch) = web.call();
        web.answer_with(&fetch, 400, "text/plain", "Missing session ID", "stray");
        assert_eq!(web.call().1.header("mcp-session-id"), None);
    }
    let (mut web, probe) = auto();
    web.answer_with(&probe, 400, "application/json", "{}", "stray");
    let initialize = web.take_method("initialize");
    assert_eq!(initialize.header("mcp-session-id"), None);
    web.answer_with(&initialize, 500, "text/plain", "", "stray");
    assert!(!web.page.is_open());
}

// ---- which era: the rows of the probe ----

#[test]
fn a_discover_result_opens_a_modern_connection() {
    let mut web = Web::modern(Path::Scanned);
    assert_eq!(era(&web), Some(Era::Modern));
    assert!(web.is_quiet(), "no stream of the server's own, no notification");
    assert!(web.page.machine.legacy_for().is_some());
    web.http.close(false);
    web.pump();
    assert!(web.is_quiet(), "there is no session to end");
}

#[test]
fn any_other_client_error_on_the_probe_means_initialize() {
    for status in [400, 404, 405, 406, 415, 422] {
        for (kind, body) in [
            ("", String::new()),
            ("text/html", "<h1>no</h1>".to_owned()),
            ("application/json", "{".to_owned()),
            ("application/json", r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Missing session ID"}}"#.to_owned()),
            ("application/json", r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}}"#.to_owned()),
            ("application/json", r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#.to_owned()),
            ("application/json", r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#.to_owned()),
        ] {
            let _place = Place(format!("{status} {body}"));
            let (mut web, probe) = auto();
            web.answer(&probe, status, kind, &body);
            finish_legacy(&mut web);
            assert!(web.page.machine.legacy_for().is_some());
        }
    }
}

#[test]
fn an_answer_to_the_probe_that_is_none_means_initialize() {
    for (kind, body) in [
        ("application/json", r#"{"jsonrpc":"2.0","id":1,"result":{"hello":1}}"#),
        ("application/json", "[]"),
        ("application/json", "not JSON"),
        ("text/html", "<html>"),
        ("", ""),
    ] {
        let _place = Place(body.to_owned());
        let (mut web, probe) = auto();
        web.answer(&probe, 200, kind, body);
        finish_legacy(&mut web);
    }
}

#[test]
fn who_wants_credentials_is_not_asked_a_second_question() {
    for body in ["", r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}"#] {
        let (mut web, probe) = auto();
        web.answer(&probe, 401, "application/json", body);
        assert_eq!(status_of(web.page.end().unwrap()), 401);
        assert!(web.is_quiet());
    }
}

#[test]
fn trouble_with_the_probe_means_initialize_without_a_lasting_verdict() {
    for status in [301, 403, 500, 501, 502, 503, 504, 505, 520, 599] {
        for body in [
            "",
            "<h1>oops",
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"no"}}"#,
        ] {
            let _place = Place(format!("{status} {body}"));
            let (mut web, probe) = auto();
            web.answer(&probe, status, "application/json", body);
            finish_legacy(&mut web);
            assert!(web.page.machine.legacy_for().is_none());
        }
    }
}

#[test]
fn when_initialize_fails_as_the_probe_did_the_first_error_is_told_with_the_second() {
    for (first, second) in [(500, 500), (500, 404), (403, 401), (505, 400)] {
        let (mut web, probe) = auto();
        web.answer(&probe, first, "text/plain", "first");
        let initialize = web.take_method("initialize");
        web.answer(&initialize, second, "text/plain", "second");
        if matches!(second, 400 | 404) {
            let look = web.take();
            assert_eq!((look.verb, look.header("accept")), ("GET", Some("text/event-stream")));
            web.answer(&look, 404, "", "");
        }
        assert_eq!(status_of(web.page.end().unwrap()), first);
        assert_eq!(web.page.second.as_ref().map(status_of), Some(second));
        web.wait(60_000.0);
        assert!(web.is_quiet());
    }
}

#[test]
fn a_modern_server_that_was_in_trouble_for_a_moment_is_met_as_a_modern_one() {
    let (mut web, probe) = auto();
    web.answer(&probe, 500, "", "");
    let initialize = web.take_method("initialize");
    web.error(&initialize, 404, json!({ "code": -32601, "message": "no such method" }));
    let again = web.take_method("server/discover");
    web.result(&again, json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} }));
    assert_eq!(era(&web), Some(Era::Modern));
    assert!(web.page.machine.legacy_for().is_some());
}

#[test]
fn a_server_that_is_busy_while_a_page_connects_is_asked_again_when_it_wants() {
    for status in [429, 503] {
        let (mut web, probe) = auto();
        web.busy(&probe, status, Some(3_000.0));
        if status == 503 {
            let initialize = web.take_method("initialize");
            web.busy(&initialize, status, Some(3_000.0));
        }
        web.wait(2_990.0);
        assert!(web.is_quiet(), "not before that");
        web.wait(1_000.0);
        let again = web.take_method("server/discover");
        web.result(&again, json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} }));
        assert_eq!(era(&web), Some(Era::Modern), "{status}");
    }
    // Not beyond the clock, and not for ever.
    let (mut web, probe) = auto();
    web.busy(&probe, 503, None);
    let initialize = web.take_method("initialize");
    web.busy(&initialize, 503, Some(40_000.0));
    assert_eq!(status_of(web.page.end().unwrap()), 503);
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let mut asked = 0;
    while web.page.end().is_none() {
        let initialize = web.take_method("initialize");
        web.busy(&initialize, 502, None);
        asked += 1;
        web.wait(6_000.0);
    }
    assert_eq!((asked, status_of(web.page.end().unwrap())), (4, 502));
}

#[test]
fn an_unsupported_version_is_tried_once_more_whatever_the_status() {
    for status in [200, 400, 500, 503] {
        let (mut web, probe) = auto();
        let error =
            json!({ "code": -32022, "message": "no", "data": { "supported": ["2026-07-28"] } });
        web.error(&probe, status, error.clone());
        let again = web.take_method("server/discover");
        assert_ne!(again.id(), probe.id());
        web.error(&again, status, error);
        assert!(matches!(web.page.end(), Some(Error::Rpc(error)) if error.code == -32022));
    }
    let (mut web, probe) = auto();
    web.error(
        &probe,
        400,
        json!({ "code": -32022, "message": "no", "data": { "supported": ["2025-11-25"] } }),
    );
    finish_legacy(&mut web);
    let (mut web, probe) = auto();
    web.error(
        &probe,
        400,
        json!({ "code": -32022, "message": "no", "data": { "supported": ["2031-01-01"] } }),
    );
    assert!(matches!(web.page.end(), Some(Error::Incompatible(_))));
}

#[test]
fn modern_refusals_of_the_probe_are_no_reason_to_fall_back() {
    for code in [-32020, -32021] {
        let (mut web, probe) = auto();
        web.error(&probe, 400, json!({ "code": code, "message": "no" }));
        assert!(matches!(web.page.end(), Some(Error::Rpc(error)) if error.code == code));
    }
}

#[test]
fn a_probe_that_the_page_is_told_nothing_of_means_initialize_without_a_lasting_verdict() {
    let (mut web, probe) = auto();
    web.fail(&probe, "TypeError: Failed to fetch");
    finish_legacy(&mut web);
    assert!(web.page.machine.legacy_for().is_none());

    let (mut web, probe) = auto();
    web.fail(&probe, "first");
    let initialize = web.take_method("initialize");
    web.fail(&initialize, "second");
    match web.page.end() {
        Some(Error::Lost { reason, cause, .. }) => {
            assert_eq!(cause, &Some(json!("second")));
            assert!(reason.contains("network") && reason.contains("CORS"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pinned_client_does_not_fall_back() {
    let mut web = Web::new(Mode::Pin(Version::V2026_07_28), Path::Scanned);
    web.connect();
    let probe = web.take();
    web.fail(&probe, "no");
    assert!(matches!(web.page.end(), Some(Error::Lost { .. })));
    assert!(web.is_quiet());
}

#[test]
fn a_probe_that_stays_silent_gives_way_to_initialize_after_a_third_of_the_time() {
    for streams in [false, true] {
        let (mut web, probe) = auto();
        if streams {
            web.stream(&probe);
            web.chunk(&probe, b": wait\n\n");
        }
        web.wait(9_990.0);
        assert!(web.is_quiet());
        web.wait(20.0);
        assert_eq!(web.aborted, [probe.exchange], "nobody waits for it any more");
        finish_legacy(&mut web);
    }
    let (mut web, _) = auto();
    web.wait(10_010.0);
    web.take_method("initialize");
    web.wait(19_980.0);
    assert_eq!(web.page.end(), None);
    web.wait(20.0);
    assert!(matches!(web.page.end(), Some(Error::Timeout { .. })));
    assert!(web.is_quiet());
}

#[test]
fn an_address_of_the_older_transport_is_named() {
    for status in [404, 405, 400] {
        let (mut web, probe) = auto();
        web.answer(&probe, status, "text/plain", "no");
        let initialize = web.take_method("initialize");
        web.answer(&initialize, status, "text/plain", "no");
        let look = web.take();
        assert_eq!((look.verb, look.header("accept")), ("GET", Some("text/event-stream")));
        assert_eq!(
            (look.header("mcp-session-id"), look.header("mcp-protocol-version")),
            (None, None)
        );
        web.stream(&look);
        web.chunk(&look, b"event: end");
        web.chunk(&look, b"point\r\ndata: /messages?session=1\r\n\r\n");
        assert_eq!(web.page.end().map(Error::code), Some("HTTP_SSE_ONLY"));
        assert_eq!(web.aborted, [look.exchange]);
    }
    // Whatever else is there, what was said first counts.
    for what in ["another stream", "silence", "status", "network"] {
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.connect();
        let initialize = web.take_method("initialize");
        web.answer(&initialize, 405, "text/plain", "no");
        let look = web.take();
        match what {
            "another stream" => {
                web.stream(&look);
                web.event(&look, &json!({ "jsonrpc": "2.0", "method": "notifications/x" }));
            }
            "silence" => web.wait(2_010.0),
            "status" => web.answer(&look, 200, "text/html", "<html>"),
            _ => web.fail(&look, "down"),
        }
        assert_eq!(status_of(web.page.end().expect(what)), 405, "{what}");
    }
}

// ---- answers ----

#[test]
fn an_answer_is_json_or_a_stream_whatever_the_spelling_of_its_type() {
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"] {
        let mut web = Web::modern(Path::Scanned);
        let (id, fetch) = web.call();
        web.answer(&fetch, 200, kind, HELLO);
        assert_eq!(web.page.outcome(id), Some(&Ok(done())));
        assert!(web.page.faults().is_empty());
    }
    for kind in ["text/event-stream", "TEXT/Event-Stream;charset=utf-8"] {
        let mut web = Web::modern(Path::Scanned);
        let (_, fetch) = web.call();
        assert_eq!(web.head(&fetch, 200, kind), BodyMode::Events);
    }
}

#[test]
fn a_request_error_is_the_servers_error_with_any_client_error_status() {
    for (status, code) in
        [(400, -32602), (404, -32601), (400, -32021), (409, 7), (400, 0), (200, -32603)]
    {
        let mut web = Web::modern(Path::Scanned);
        let (id, fetch) = web.call();
        web.error(&fetch, status, json!({ "code": code, "message": "no" }));
        assert!(matches!(failure(&web, id), Error::Rpc(error) if error.code == code), "{status}");
    }
    // The server may not have read the id.
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.json(
        &fetch,
        400,
        &json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "no" } }),
    );
    assert!(matches!(failure(&web, id), Error::Rpc(error) if error.code == -32700));
    assert!(web.page.faults().is_empty());
}

#[test]
fn every_other_status_is_an_http_error_with_the_beginning_of_the_body() {
    for (status, kind, body) in [
        (400, "text/plain", "what?"),
        (401, "application/json", HELLO),
        (
            403,
            "application/json",
            r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"no"}}"#,
        ),
        (404, "text/html", "<h1>404</h1>"),
        (413, "", "too big"),
        (
            418,
            "application/json",
            r#"{"jsonrpc":"2.0","id":77,"error":{"code":-32000,"message":"no"}}"#,
        ),
        (
            429,
            "application/json",
            r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"no"}}"#,
        ),
        (
            500,
            "application/json",
            r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"no"}}"#,
        ),
        (503, "text/event-stream", "data: x"),
        (302, "", ""),
    ] {
        for path in [Path::Scanned, Path::General] {
            let mut web = Web::modern(path);
            let (id, fetch) = web.call();
            web.answer(&fetch, status, kind, body);
            match failure(&web, id) {
                Error::Http { status: given, body: text, .. } => {
                    assert_eq!((*given, text.as_str()), (status, body));
                }
                other => panic!("{status}: {other:?}"),
            }
            assert!(web.page.is_open() && web.page.faults().is_empty());
        }
    }
}

#[test]
fn an_answer_that_answers_nothing_fails_its_call_by_name() {
    for (status, kind, body, says) in [
        (202, "", "", "no answer"),
        (200, "text/html", "<html>", "neither JSON nor a stream: <html>"),
        (200, "application/json", "{", "does not answer the request: {"),
        (200, "application/json", r#"{"jsonrpc":"2.0","id":99,"result":{}}"#, "does not answer"),
        (204, "", "", "neither"),
    ] {
        let mut web = Web::modern(Path::Scanned);
        let (id, fetch) = web.call();
        web.answer(&fetch, status, kind, body);
        let text = protocol_text(failure(&web, id));
        assert!(text.contains(says), "{text}");
        assert!(web.page.is_open());
    }
}

#[test]
fn a_batch_in_a_legacy_answer_is_unpacked() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    let log =
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": 1 } });
    let answer = json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } });
    web.json(&fetch, 200, &json!([log, progress(id, 1), answer]));
    assert_eq!(web.page.steps(id), [step(1.0, None)]);
    assert_eq!(web.page.outcome(id), Some(&Ok(json!({ "content": [] }))));
    assert!(web.page.told.iter().any(
        |told| matches!(told, Told::Notification(method, _) if method == "notifications/message")
    ));
}

#[test]
fn a_notification_that_is_refused_is_a_fault() {
    for (status, faults) in [(202, 0), (204, 0), (200, 0), (400, 1), (500, 1)] {
        let mut web = Web::modern(Path::Scanned);
        web.page.machine.notify("notifications/x", None).unwrap();
        web.pump();
        let fetch = web.take();
        web.answer(&fetch, status, "", "");
        assert_eq!(web.page.faults().len(), faults, "{status}");
    }
}

// ---- streams ----

#[test]
fn progress_and_answer_come_on_the_stream_in_order() {
    for path in [Path::Scanned, Path::General] {
        let mut web = Web::modern(path);
        let (id, fetch) = web.call();
        web.stream(&fetch);
        web.chunk(&fetch, b": ping\r\n\r\n");
        let said_half = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
            "params": { "progressToken": id, "progress": 2, "total": 4, "message": "half" } });
        let umlaut = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
            "params": { "progressToken": id, "progress": 3, "message": "größer" } });
        let answer = json!({ "jsonrpc": "2.0", "id": id, "result": done() });
        let text = format!(
            "event: message\r\ndata: {}\r\n\r\ndata: {said_half}\n\ndata: {umlaut}\n\ndata: {}\n\ndata: {answer}\n\n",
            progress(id, 1),
            progress(id, 4),
        );
        web.chunk(&fetch, text.as_bytes());
        let expected =
            [step(1.0, None), said(2.0, 4.0, "half"), said(3.0, None, "größer"), step(4.0, None)];
        assert_eq!(web.page.steps(id), expected);
        assert_eq!(web.page.outcome(id), Some(&Ok(done())));
        web.end(&fetch);
        assert!(web.aborted.is_empty() && web.is_quiet() && web.page.faults().is_empty());
    }
}

#[test]
fn a_stream_that_stays_open_after_the_answer_is_closed_soon() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.event(&fetch, &json!({ "jsonrpc": "2.0", "id": id, "result": done() }));
    web.wait(900.0);
    assert!(web.aborted.is_empty(), "it may end by itself, and leave the connection for others");
    web.wait(200.0);
    assert_eq!(web.aborted, [fetch.exchange]);
}

#[test]
fn a_cut_stream_fails_its_call_at_once_and_says_that_it_may_have_run() {
    for cut in ["end", "fail"] {
        let mut web = Web::modern(Path::Scanned);
        let (id, fetch) = web.call();
        let (other, second) = web.call();
        web.stream(&fetch);
        // Ids are no promise in the modern era.
        web.chunk(&fetch, format!("id: 7\nretry: 10\ndata: {}\n\n", progress(id, 1)).as_bytes());
        if cut == "end" {
            web.end(&fetch);
        } else {
            web.fail(&fetch, "reset");
        }
        assert!(matches!(failure(&web, id), Error::Lost { sent: true, .. }));
        assert_eq!(failure(&web, id).code(), "CLOSED");
        web.wait(100_000.0);
        assert!(web.is_quiet(), "a modern stream is never resumed");
        web.result(&second, done());
        assert_eq!(web.page.outcome(other), Some(&Ok(done())), "nothing else is affected");
    }
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.event(&fetch, &progress(id, 1));
    web.end(&fetch);
    assert!(
        matches!(failure(&web, id), Error::Lost { .. }),
        "without an id there is nothing to resume"
    );
}

#[test]
fn a_request_that_cannot_be_made_fails_its_call_only() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.fail(&fetch, "down");
    match failure(&web, id) {
        Error::Lost { sent: true, cause, .. } => assert_eq!(cause, &Some(json!("down"))),
        other => panic!("{other:?}"),
    }
    assert!(web.page.is_open());
    let (id, fetch) = web.call();
    let cause = Some(json!("no token"));
    web.broken(&fetch, Failure { sent: false, refused: false, cause });
    assert!(matches!(failure(&web, id), Error::Lost { sent: false, .. }));
}

#[test]
fn progress_on_the_stream_of_another_request_is_dropped_and_counted() {
    for path in [Path::Scanned, Path::General] {
        let mut web = Web::modern(path);
        let (first, fetch) = web.call();
        let (second, _) = web.call();
        web.stream(&fetch);
        web.event(&fetch, &progress(first, 1));
        web.event(&fetch, &progress(second, 1));
        web.event(&fetch, &progress(first, 2));
        assert_eq!(web.page.steps(first).len(), 2);
        assert!(web.page.steps(second).is_empty());
        assert_eq!(web.page.machine.progress_counts().unknown, 1);
        assert!(web.page.faults().is_empty());

        let mut web = Web::legacy(path);
        let (_, fetch) = web.call();
        let (second, _) = web.call();
        web.stream(&fetch);
        web.event(&fetch, &progress(second, 1));
        assert_eq!(web.page.steps(second).len(), 1, "whichever stream carries it");
    }
}

#[test]
fn an_event_that_is_not_json_is_told_and_the_stream_goes_on() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"data: {nonsense\n\nevent: other\ndata: {nonsense\n\n");
    assert_eq!(web.page.faults().len(), 1);
    web.event(&fetch, &json!({ "jsonrpc": "2.0", "id": id, "result": done() }));
    assert_eq!(web.page.outcome(id), Some(&Ok(done())));
}

#[test]
fn an_answer_without_end_fails_its_call_and_closes_the_stream() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"data: {\"result\":\"");
    for _ in 0..65 {
        web.chunk(&fetch, &vec![b'x'; 1 << 20]);
    }
    let lost = matches!(failure(&web, id), Error::Lost { reason, sent: true, .. } if reason.contains("larger"));
    assert!(lost);
    assert_eq!(web.aborted, [fetch.exchange]);
}

#[test]
fn a_notification_without_end_is_told_and_its_call_goes_on() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"data: {\"method\":\"");
    for _ in 0..65 {
        web.chunk(&fetch, &vec![b'x'; 1 << 20]);
    }
    assert_eq!(web.page.faults().len(), 1);
    assert!(web.aborted.is_empty());
    web.chunk(&fetch, b"\n\n");
    web.event(&fetch, &json!({ "jsonrpc": "2.0", "id": id, "result": done() }));
    assert_eq!(web.page.outcome(id), Some(&Ok(done())));
}

// ---- giving up ----

#[test]
fn cancelling_a_modern_request_breaks_its_exchange_off_and_posts_nothing() {
    for with_head in [false, true] {
        let mut web = Web::modern(Path::Scanned);
        let (id, fetch) = web.call();
        if with_head {
            web.stream(&fetch);
            web.event(&fetch, &progress(id, 1));
        }
        web.page.cancel(id, Some("enough"));
        web.pump();
        assert_eq!(web.aborted, [fetch.exchange]);
        assert!(web.is_quiet());
        assert!(matches!(failure(&web, id), Error::Aborted(_)));
        web.chunk(&fetch, b"data: {}\n\n");
        web.end(&fetch);
        assert!(web.page.faults().is_empty());
        web.page.cancel(id, None);
        web.pump();
        assert!(web.is_quiet());
    }
}

#[test]
fn cancelling_a_legacy_request_posts_the_notification_then_drops_the_stream() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.page.cancel(id, Some("enough"));
    web.pump();
    let told = web.take_method("notifications/cancelled");
    assert_eq!(told.body.as_ref().unwrap()["params"]["requestId"], json!(id));
    assert_eq!(told.header("mcp-session-id"), Some("s1"));
    assert_eq!(web.aborted, [fetch.exchange]);
    web.answer(&told, 202, "", "");
    assert!(web.page.faults().is_empty());
}

#[test]
fn closing_breaks_everything_off_and_ends_the_session() {
    let mut web = Web::legacy(Path::Scanned);
    let (_, fetch) = web.call();
    web.page.machine.close("done");
    web.page.drain();
    web.http.close(false);
    web.pump();
    assert_eq!(web.aborted, [fetch.exchange]);
    let end = web.take();
    assert_eq!((end.verb, end.header("mcp-session-id")), ("DELETE", Some("s1")));
    assert_eq!(end.header("mcp-protocol-version"), Some("2025-06-18"));
    web.answer(&end, 405, "", "");
    assert!(web.is_quiet());
}

#[test]
fn a_session_that_the_server_will_not_end_goes_on() {
    for (status, goes_on) in
        [(204, false), (200, false), (405, false), (404, true), (400, true), (500, true), (0, true)]
    {
        let _place = Place(format!("{status}"));
        let mut web = Web::legacy(Path::Scanned);
        web.http.end_session();
        web.pump();
        let end = web.take();
        assert_eq!((end.verb, end.header("mcp-session-id")), ("DELETE", Some("s1")));
        // Who calls meanwhile is still in it.
        assert_eq!(web.call().1.header("mcp-session-id"), Some("s1"));
        match status {
            0 => web.fail(&end, "network"),
            _ => web.answer(&end, status, "", ""),
        }
        assert_eq!(web.http.session_id().is_some(), goes_on);
        assert_eq!(web.call().1.header("mcp-session-id"), goes_on.then_some("s1"));
        assert!(web.page.faults().is_empty());
    }
}

#[test]
fn a_tool_that_was_never_listed_can_be_made_known_for_its_headers() {
    let mut web = Web::modern(Path::Scanned);
    let property = json!({ "type": "string", "x-mcp-header": "Region" });
    let tool = json!({ "name": "t", "inputSchema": { "type": "object", "properties": { "region": property } } });
    web.http.learn(json!({ "tools": [tool] }));
    let params = json!({ "name": "t", "arguments": { "region": "größer" } });
    let (_, fetch) = web.request("tools/call", params);
    assert_eq!(fetch.header("mcp-param-region"), Some("=?base64?Z3LDtsOfZXI=?="));
    // What is written wrongly asks for nothing.
    let tool = json!({ "name": "t", "inputSchema": { "x-mcp-header": "Region" } });
    web.http.learn(json!({ "tools": [tool] }));
    assert_eq!(web.call().1.header("mcp-param-region"), None);
}

// ---- the server's own stream ----

#[test]
fn the_servers_own_stream_opens_after_initialized_and_is_no_must() {
    for (status, kind) in
        [(405, "text/plain"), (404, "text/html"), (400, ""), (500, ""), (200, "application/json")]
    {
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.connect();
        let initialize = web.take_method("initialize");
        web.initialized(&initialize, "s1");
        let listen = web.take();
        assert_eq!((listen.verb, listen.header("accept")), ("GET", Some("text/event-stream")));
        assert_eq!(listen.header("mcp-session-id"), Some("s1"));
        assert_eq!(listen.body, None);
        web.answer(&listen, status, kind, "no");
        web.wait(100_000.0);
        assert!(web.is_quiet() && web.page.faults().is_empty() && web.page.is_open(), "{status}");
        assert!(web.call().1.header("mcp-session-id").is_some());
    }
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    web.fail(&listen, "CORS");
    web.wait(100_000.0);
    assert!(web.is_quiet() && web.page.faults().is_empty() && web.page.is_open());
}

#[test]
fn requests_of_the_server_are_answered_by_a_post_of_their_own() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    web.stream(&listen);
    web.event(&listen, &json!({ "jsonrpc": "2.0", "id": 5, "method": "ping" }));
    let pong = web.take();
    assert_eq!(pong.body, Some(json!({ "jsonrpc": "2.0", "id": 5, "result": {} })));
    assert_eq!(pong.header("mcp-session-id"), Some("s1"));
    web.answer(&pong, 202, "", "");
    assert!(web.page.faults().is_empty());
}

/// A legacy connection whose server asks `roots/list` with that id and a token on its own stream.
fn asked(web: &mut Web, listen: &Fetch, id: &str) {
    let meta = json!({ "progressToken": format!("token of {id}") });
    let params = json!({ "_meta": meta });
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": "roots/list", "params": params });
    web.event(listen, &request);
}

fn asking() -> (Web, Fetch) {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.page.machine.declare(&json!({ "roots": {} }), Handles::default());
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    web.stream(&listen);
    (web, listen)
}

fn report(web: &mut Web, id: &str, progress: f64) {
    web.page.machine.report(&Id::Text(id.to_owned()), progress, None, None);
    web.pump();
}

fn progress_of(fetch: &Fetch) -> Option<f64> {
    fetch.body.as_ref()?["params"]["progress"].as_f64()
}

fn respond(web: &mut Web, id: &str) {
    web.page.machine.respond(Id::Text(id.to_owned()), Ok(json!({ "roots": [] })));
    web.pump();
}

#[test]
fn what_is_said_of_one_request_of_the_server_is_posted_in_turn() {
    // However the one before ends, the next goes out.
    for how in ["accepted", "head only", "refused", "lost", "stream"] {
        let _place = Place(how.to_owned());
        let (mut web, listen) = asking();
        asked(&mut web, &listen, "r");
        for value in [1.0, 2.0] {
            report(&mut web, "r", value);
        }
        respond(&mut web, "r");
        for value in [1.0, 2.0] {
            let told = web.take_method("notifications/progress");
            assert_eq!(progress_of(&told), Some(value));
            assert!(web.is_quiet(), "the next waits for the answer to this one");
            match how {
                "accepted" => web.answer(&told, 202, "", ""),
                "head only" => {
                    web.head(&told, 202, "");
                    web.pump();
                }
                "refused" => web.answer(&told, 500, "text/plain", "no"),
                "lost" => web.fail(&told, "down"),
                _ => {
                    web.stream(&told);
                    web.pump();
                }
            }
        }
        let answer = web.take();
        assert_eq!(answer.id(), json!("r"));
        web.answer(&answer, 202, "", "");
        assert!(web.is_quiet());
    }
}

#[test]
fn nothing_else_waits_for_what_is_said_of_a_request_of_the_server() {
    let (mut web, listen) = asking();
    asked(&mut web, &listen, "a");
    asked(&mut web, &listen, "b");
    web.event(&listen, &json!({ "jsonrpc": "2.0", "id": "plain", "method": "roots/list" }));
    report(&mut web, "a", 1.0);
    report(&mut web, "a", 2.0);
    let first = web.take_method("notifications/progress");
    // Another request, with progress and without, a call, a notification.
    report(&mut web, "b", 1.0);
    assert_eq!(web.take().body.unwrap()["params"]["progressToken"], json!("token of b"));
    respond(&mut web, "plain");
    assert_eq!(web.take().id(), json!("plain"));
    web.call();
    web.page.machine.notify("notifications/x", None).unwrap();
    web.pump();
    web.take_method("notifications/x");
    assert!(web.is_quiet());
    web.answer(&first, 202, "", "");
    assert_eq!(progress_of(&web.take()), Some(2.0));
}

#[test]
fn what_waits_of_a_request_that_the_server_takes_back_is_dropped() {
    let (mut web, listen) = asking();
    asked(&mut web, &listen, "r");
    report(&mut web, "r", 1.0);
    report(&mut web, "r", 2.0);
    let told = web.take_method("notifications/progress");
    let params = json!({ "requestId": "r" });
    let method = "notifications/cancelled";
    web.event(&listen, &json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    web.answer(&told, 202, "", "");
    assert!(web.is_quiet());
    // The same id and token may come again.
    asked(&mut web, &listen, "r");
    report(&mut web, "r", 1.0);
    web.take_method("notifications/progress");
}

#[test]
fn progress_that_waits_for_a_slow_server_is_bounded_and_the_answer_is_kept() {
    let (mut web, listen) = asking();
    asked(&mut web, &listen, "r");
    for value in 0..1000 {
        report(&mut web, "r", f64::from(value));
    }
    respond(&mut web, "r");
    let mut posted = Vec::new();
    while !web.is_quiet() {
        let fetch = web.take();
        posted.push(progress_of(&fetch));
        web.answer(&fetch, 202, "", "");
    }
    assert!(posted.len() < 100, "{}", posted.len());
    assert_eq!(posted[..2], [Some(0.0), Some(1.0)]);
    assert_eq!(posted[posted.len() - 2..], [Some(999.0), None]);
}

#[test]
fn the_servers_own_stream_is_opened_again_where_it_broke_off() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    web.stream(&listen);
    web.chunk(&listen, b"id: 41\nretry: 700\ndata: \n\n");
    web.end(&listen);
    web.wait(699.0);
    assert!(web.is_quiet());
    web.wait(2.0);
    let again = web.take();
    assert_eq!((again.verb, again.header("last-event-id")), ("GET", Some("41")));
    // One that never brings anything is given up in the end.
    let mut attempts = 0;
    let mut listen = again;
    loop {
        web.stream(&listen);
        web.end(&listen);
        let until = web.page.now + 60_000.0;
        while web.is_quiet() && web.page.now < until {
            web.wait(100.0);
        }
        if web.is_quiet() {
            break;
        }
        listen = web.take();
        attempts += 1;
    }
    assert!((2..10).contains(&attempts), "{attempts}");
    assert!(web.page.is_open() && web.page.faults().is_empty());
}

// ---- resumption ----

#[test]
fn a_legacy_stream_with_an_id_is_resumed_by_get_and_never_early() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"id: a/1\r\ndata: \r\nretry: 500\r\n\r\n");
    web.chunk(&fetch, format!("id: a/2\r\ndata: {}\r\n\r\n", progress(id, 1)).as_bytes());
    web.end(&fetch);
    assert_eq!(web.page.outcome(id), None);
    web.wait(499.0);
    assert!(web.is_quiet(), "never before the time that the server wants");
    web.wait(1.5);
    let resumed = web.take();
    assert_eq!((resumed.verb, resumed.header("last-event-id")), ("GET", Some("a/2")));
    assert_eq!(resumed.header("mcp-session-id"), Some("s1"));
    web.stream(&resumed);
    web.chunk(&resumed, format!("id: a/3\r\ndata: {}\r\n\r\n", progress(id, 2)).as_bytes());
    web.event(&resumed, &json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } }));
    web.chunk(&resumed, b"id: a/9\r\ndata: \r\n\r\n");
    assert_eq!(web.page.steps(id), [step(1.0, None), step(2.0, None)]);
    assert_eq!(web.page.outcome(id), Some(&Ok(json!({ "content": [] }))));
    // The server leaves it open after another priming event.
    web.wait(2_000.0);
    assert_eq!(web.aborted, [resumed.exchange]);
    assert!(web.is_quiet() && web.page.faults().is_empty());
}

#[test]
fn resumption_is_tried_a_few_times_with_growing_pauses_then_the_call_fails() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"id: 1\ndata: \n\n");
    web.end(&fetch);
    let mut pauses = Vec::new();
    while web.page.outcome(id).is_none() {
        let start = web.page.now;
        while web.is_quiet() {
            web.wait(100.0);
        }
        pauses.push(web.page.now - start);
        let resumed = web.take();
        web.fail(&resumed, "down");
    }
    assert!((5..=12).contains(&pauses.len()), "{pauses:?}");
    assert!(
        pauses.windows(2).all(|pair| pair[0] <= pair[1] + 1.0) && pauses[0] >= 999.0,
        "{pauses:?}"
    );
    assert!(matches!(failure(&web, id), Error::Lost { sent: true, .. }));
}

#[test]
fn a_refused_resumption_fails_the_call() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"id: 1\nretry: 0\ndata: \n\n");
    web.end(&fetch);
    assert!(web.is_quiet(), "even a server that wants no pause gets one");
    web.wait(1_000.0);
    let resumed = web.take();
    web.answer(&resumed, 400, "text/plain", "no such event");
    assert_eq!(status_of(failure(&web, id)), 400);
    assert!(web.is_quiet());
}

#[test]
fn a_call_given_up_while_its_stream_is_down_is_not_resumed() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"id: 1\ndata: \n\n");
    web.end(&fetch);
    web.page.cancel(id, None);
    web.pump();
    web.take_method("notifications/cancelled");
    web.wait(100_000.0);
    assert!(web.is_quiet());
}

// ---- a session that has expired ----

fn gone(web: &mut Web, fetch: &Fetch) {
    web.answer(
        fetch,
        404,
        "application/json",
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#,
    );
}

#[test]
fn a_session_that_has_expired_is_renewed_once_and_silently() {
    let mut web = Web::legacy(Path::Scanned);
    let (level, fetch) = web.request("logging/setLevel", json!({ "level": "info" }));
    web.result(&fetch, json!({}));
    let (watch, fetch) = web.request("resources/subscribe", json!({ "uri": "a:1" }));
    web.result(&fetch, json!({}));
    let (_, fetch) = web.request("resources/subscribe", json!({ "uri": "a:2" }));
    web.result(&fetch, json!({}));
    let (_, fetch) = web.request("resources/unsubscribe", json!({ "uri": "a:2" }));
    web.result(&fetch, json!({}));
    let (running, stream) = web.call();
    web.stream(&stream);
    let (call, first) = web.call();
    let (list, second) = web.request("tools/list", json!({}));
    let (read, third) = web.request("resources/read", json!({ "uri": "a:1" }));

    gone(&mut web, &first);
    let initialize = web.take_method("initialize");
    assert_eq!(initialize.header("mcp-session-id"), None);
    assert_eq!(initialize.header("mcp-protocol-version"), None);
    assert!(web.aborted.is_empty(), "what else is under way learns of it by itself");
    gone(&mut web, &second);
    gone(&mut web, &third);
    // What comes meanwhile waits.
    let later = web.page.call(support::FOREVER);
    web.pump();
    assert!(web.is_quiet());

    web.initialized(&initialize, "s2");
    let mut posted = Vec::new();
    while !web.is_quiet() {
        let fetch = web.take();
        assert_eq!(fetch.header("mcp-session-id"), Some("s2"));
        posted.push((fetch.verb, fetch.method().to_owned(), fetch.id()));
        match fetch.method() {
            "" => web.answer(&fetch, 405, "", ""),
            _ => web.result(&fetch, json!({ "content": [] })),
        }
    }
    let posted: Vec<_> =
        posted.iter().map(|(verb, method, id)| (*verb, method.as_str(), id.clone())).collect();
    assert_eq!(
        posted,
        [
            ("GET", "", Value::Null),
            ("POST", "logging/setLevel", json!(level)),
            ("POST", "resources/subscribe", json!(watch)),
            ("POST", "tools/call", json!(call)),
            ("POST", "tools/list", json!(list)),
            ("POST", "resources/read", json!(read)),
            ("POST", "tools/call", json!(later)),
        ]
    );
    // Its stream may still bring the answer; if it does not, it may have run.
    assert_eq!(web.page.outcome(running), None);
    web.end(&stream);
    assert!(matches!(failure(&web, running), Error::Lost { sent: true, .. }));
    for id in [call, list, read, later] {
        assert!(matches!(web.page.outcome(id), Some(Ok(_))));
    }
    assert!(web.page.faults().is_empty() && web.page.is_open());
}

#[test]
fn a_session_that_expires_again_at_once_is_not_renewed_for_ever() {
    let mut web = Web::legacy(Path::Scanned);
    let (list, fetch) = web.request("tools/list", json!({}));
    gone(&mut web, &fetch);
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    let again = web.take_method("tools/list");
    gone(&mut web, &again);
    assert!(matches!(failure(&web, list), Error::Rpc(_)));
}

#[test]
fn a_session_that_cannot_be_renewed_ends_the_connection() {
    for how in ["status", "version", "network", "error"] {
        let mut web = Web::legacy(Path::Scanned);
        let (list, fetch) = web.request("tools/list", json!({}));
        gone(&mut web, &fetch);
        let initialize = web.take_method("initialize");
        match how {
            "status" => web.answer(&initialize, 500, "", ""),
            "network" => {
                web.refuse(&initialize);
                for _ in 0..4 {
                    web.wait(451.0);
                    let again = web.take_method("initialize");
                    web.refuse(&again);
                }
            }
            "error" => web.error(&initialize, 200, json!({ "code": 1, "message": "no" })),
            _ => web.result(&initialize, json!({ "protocolVersion": "2024-11-05" })),
        }
        assert!(matches!(failure(&web, list), Error::Closed { .. }), "{how}");
        assert!(!web.page.is_open());
        assert!(matches!(web.page.end(), Some(Error::Closed { .. })));
    }
}

#[test]
fn a_404_without_a_session_is_an_answer() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "");
    web.take();
    let (id, fetch) = web.call();
    gone(&mut web, &fetch);
    assert!(matches!(failure(&web, id), Error::Rpc(_)));
    assert!(web.is_quiet());
}

/// The next session opens, and the request comes again in it.
#[track_caller]
fn comes_again(web: &mut Web, id: i64) -> Fetch {
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s2");
    let listen = web.take();
    assert_eq!(listen.verb, "GET");
    web.answer(&listen, 405, "", "");
    let again = web.take();
    assert_eq!((again.id(), again.header("mcp-session-id")), (json!(id), Some("s2")));
    assert!(web.is_quiet());
    again
}

#[test]
fn a_404_in_a_session_is_its_end_whatever_its_body_says() {
    for body in [
        r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32600,"message":"there is no such session: begin one with `initialize`"}}"#,
        r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32601,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":ID,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#,
        r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}"#,
        "",
        "<h1>404",
    ] {
        for method in ["tools/call", "tools/list", "x/y"] {
            let _place = Place(format!("{method} {body}"));
            let mut web = Web::legacy(Path::Scanned);
            let (id, fetch) = web.request(method, json!({ "name": "t" }));
            web.answer(&fetch, 404, "application/json", &body.replace("ID", &id.to_string()));
            let again = comes_again(&mut web, id);
            web.result(&again, json!({ "content": [] }));
            assert_eq!(web.page.outcome(id), Some(&Ok(json!({ "content": [] }))));
            assert!(web.page.faults().is_empty());
        }
    }
}

#[test]
fn servers_that_say_it_by_other_statuses_are_understood() {
    for (status, body) in [
        (
            400,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#,
        ),
        (
            400,
            r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#,
        ),
        (
            400,
            r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Bad Request: unknown"}}"#,
        ),
        (400, "Invalid session"),
        (400, ""),
        (
            200,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Session not found"}}"#,
        ),
        (200, r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32001,"message":"Session not found"}}"#),
        (
            200,
            r#"{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#,
        ),
        (410, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session expired"}}"#),
    ] {
        let _place = Place(format!("{status} {body}"));
        let mut web = Web::legacy(Path::Scanned);
        let (id, fetch) = web.call();
        web.answer(&fetch, status, "application/json", &body.replace("ID", &id.to_string()));
        let again = comes_again(&mut web, id);
        // Once: the second time, it is what the server has to say.
        web.answer(&again, status, "application/json", &body.replace("ID", &id.to_string()));
        assert!(matches!(failure(&web, id), Error::Rpc(_) | Error::Http { .. }));
        assert!(web.is_quiet() && web.page.is_open());
    }
    // On a stream as well.
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.event(&fetch, &json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32000, "message": "Session not found" } }));
    comes_again(&mut web, id);
}

#[test]
fn what_answers_the_request_is_no_end_of_its_session() {
    for (status, code, message) in [
        (400, -32_602, "unknown tool"),
        (400, -32_700, "Parse error"),
        (400, -32_000, "the table has no rows"),
        (200, -32_000, "the browser session was closed by its user"),
        (200, -32_602, "Session not found"),
        (200, 7, "Session not found"),
        (403, -32_000, "no"),
        (409, -32_000, "no"),
    ] {
        let mut web = Web::legacy(Path::Scanned);
        let (id, fetch) = web.call();
        web.error(&fetch, status, json!({ "code": code, "message": message }));
        failure(&web, id);
        assert!(web.is_quiet(), "{status} {message}");
    }
    // What cannot be read is no matter of sessions.
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    web.json(&fetch, 400, &json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "Parse error" } }));
    failure(&web, id);
    assert!(web.is_quiet());
    // Nor is a notification that nobody wants.
    web.page.machine.notify("notifications/x", None).unwrap();
    web.pump();
    let told = web.take();
    web.answer(&told, 400, "text/plain", "what?");
    assert!(web.is_quiet());
}

#[test]
fn requests_that_learn_of_it_later_join_the_new_session() {
    let mut web = Web::legacy(Path::Scanned);
    let calls: Vec<_> = (0..5).map(|_| web.call()).collect();
    gone(&mut web, &calls[0].1);
    let initialize = web.take_method("initialize");
    gone(&mut web, &calls[1].1);
    assert!(web.is_quiet(), "one renewal for all");
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    for (id, _) in &calls[..2] {
        let again = web.take();
        assert_eq!((again.id(), again.header("mcp-session-id")), (json!(id), Some("s2")));
    }
    for (id, fetch) in &calls[2..] {
        gone(&mut web, fetch);
        let again = web.take();
        assert_eq!((again.id(), again.header("mcp-session-id")), (json!(id), Some("s2")));
        web.result(&again, json!({}));
        assert_eq!(web.page.outcome(*id), Some(&Ok(json!({}))));
    }
    assert!(web.is_quiet() && web.page.faults().is_empty());
}

#[test]
fn a_call_given_up_while_its_session_is_renewed_is_not_sent() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    gone(&mut web, &fetch);
    let initialize = web.take_method("initialize");
    web.page.cancel(id, None);
    web.pump();
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    assert!(web.is_quiet());
}

#[test]
fn a_404_to_a_stream_that_was_open_ends_the_session_and_one_to_an_ending_does_not() {
    // The server's own stream.
    let (mut web, listen) = asking();
    web.chunk(&listen, b"id: 1\nretry: 100\ndata: \n\n");
    web.end(&listen);
    web.wait(110.0);
    let again = web.take();
    assert_eq!(again.verb, "GET");
    web.answer(&again, 404, "", "");
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s2");
    assert_eq!((web.take().verb, web.is_quiet()), ("GET", true));
    // That of a call, which may have run.
    for (method, runs) in [("tools/call", true), ("resources/read", false)] {
        let mut web = Web::legacy(Path::Scanned);
        let (id, fetch) = web.request(method, json!({}));
        web.stream(&fetch);
        web.chunk(&fetch, b"id: 1\nretry: 100\ndata: \n\n");
        web.end(&fetch);
        web.wait(110.0);
        let resumed = web.take();
        web.answer(&resumed, 404, "", "");
        if runs {
            assert!(matches!(failure(&web, id), Error::Closed { sent: true, .. }));
            web.take_method("initialize");
        } else {
            comes_again(&mut web, id);
        }
    }
    // The end of the session is what was wanted.
    let mut web = Web::legacy(Path::Scanned);
    web.http.close(false);
    web.pump();
    let end = web.take();
    web.answer(&end, 404, "", "");
    assert!(web.is_quiet());
}

#[test]
fn a_session_is_renewed_by_a_server_that_is_busy_or_starts_again() {
    let mut web = Web::legacy(Path::Scanned);
    let (id, fetch) = web.call();
    gone(&mut web, &fetch);
    let initialize = web.take_method("initialize");
    web.busy(&initialize, 503, None);
    web.wait(400.0);
    let initialize = web.take_method("initialize");
    web.refuse(&initialize);
    web.wait(500.0);
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s2");
    assert_eq!(web.take().verb, "GET");
    assert_eq!(web.take().id(), json!(id));
}

// ---- trouble that passes ----

#[test]
fn what_may_be_sent_again_is_when_the_server_is_busy_or_the_network_fails() {
    let safe = [
        "tools/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "ping",
        "logging/setLevel",
    ];
    for era in ["modern", "legacy"] {
        for method in safe {
            for trouble in [429, 502, 503, 504, 0] {
                let _place = Place(format!("{era} {method} {trouble}"));
                let mut web = if era == "modern" {
                    Web::modern(Path::Scanned)
                } else {
                    Web::legacy(Path::Scanned)
                };
                let (id, fetch) = web.request(method, json!({}));
                if trouble == 0 {
                    web.fail(&fetch, "reset");
                } else {
                    web.busy(&fetch, trouble, None);
                }
                assert!(web.is_quiet());
                web.wait(320.0);
                let again = web.take();
                assert_eq!((again.verb, again.id()), ("POST", json!(id)));
                web.result(&again, json!({ "resultType": "complete" }));
                assert!(matches!(web.page.outcome(id), Some(Ok(_))));
                assert!(web.is_quiet());
            }
        }
    }
}

#[test]
fn a_tool_call_that_may_have_run_is_never_sent_again() {
    for method in ["tools/call", "x/y", "tools/forget", "todo/clearlist", "createWidget"] {
        for trouble in [429, 502, 503, 504, 0] {
            for mut web in [Web::modern(Path::Scanned), Web::legacy(Path::Scanned)] {
                let (id, fetch) = web.request(method, json!({ "name": "t" }));
                if trouble == 0 {
                    web.fail(&fetch, "reset");
                } else {
                    web.busy(&fetch, trouble, None);
                }
                failure(&web, id);
                web.wait(60_000.0);
                assert!(web.is_quiet(), "{method} {trouble}");
            }
        }
    }
}

#[test]
fn the_time_that_a_busy_server_wants_is_kept_and_the_callers_too() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.request("tools/list", json!({}));
    web.busy(&fetch, 429, Some(7_000.0));
    web.wait(6_990.0);
    assert!(web.is_quiet());
    web.wait(20.0);
    let again = web.take();
    // Longer than the caller waits, a minute here.
    web.busy(&again, 429, Some(60_000.0));
    match failure(&web, id) {
        Error::Http { status: 429, retry_after, body, .. } => {
            assert_eq!((*retry_after, body.as_str()), (Some(60_000.0), "busy"));
        }
        other => panic!("{other:?}"),
    }
    // And not for ever, with growing pauses.
    let (id, mut fetch) = web.request("tools/list", json!({}));
    let mut pauses = Vec::new();
    loop {
        web.busy(&fetch, 503, None);
        let start = web.page.now;
        if web.page.outcome(id).is_some() {
            break;
        }
        while web.is_quiet() {
            web.wait(10.0);
        }
        pauses.push(web.page.now - start);
        fetch = web.take();
    }
    assert!((4..8).contains(&pauses.len()), "{pauses:?}");
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
    assert_eq!(status_of(failure(&web, id)), 503);
}

#[test]
fn a_resumption_that_meets_a_busy_server_is_tried_again() {
    for status in [429, 502, 503, 504] {
        let mut web = Web::legacy(Path::Scanned);
        let (id, fetch) = web.call();
        web.stream(&fetch);
        web.chunk(&fetch, b"id: e1\nretry: 100\ndata: \n\n");
        web.end(&fetch);
        for _ in 0..3 {
            web.wait(110.0);
            let resumed = web.take();
            assert_eq!((resumed.verb, resumed.header("last-event-id")), ("GET", Some("e1")));
            web.busy(&resumed, status, None);
        }
        web.wait(110.0);
        let resumed = web.take();
        web.stream(&resumed);
        web.event(&resumed, &json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
        assert_eq!(web.page.outcome(id), Some(&Ok(json!({}))));
    }
}

#[test]
fn the_servers_own_stream_is_asked_for_until_the_server_is_there() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let mut listen = web.take();
    web.busy(&listen, 503, None);
    for round in 0..20 {
        while web.is_quiet() {
            web.wait(500.0);
        }
        listen = web.take();
        if round % 2 == 0 {
            web.stream(&listen);
            web.event(&listen, &json!({ "jsonrpc": "2.0", "method": "notifications/x" }));
            web.fail(&listen, "cut");
        } else {
            web.refuse(&listen);
        }
    }
    assert!(web.page.faults().is_empty() && web.page.is_open());
}

#[test]
fn the_servers_own_stream_that_is_still_taken_by_our_former_self_is_asked_for_again() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    web.busy(&listen, 409, Some(5_000.0));
    web.wait(4_900.0);
    assert!(web.is_quiet(), "not before the server said");
    web.wait(2_000.0);
    let listen = web.take();
    assert_eq!((listen.verb, listen.header("last-event-id")), ("GET", None));
    web.stream(&listen);
    assert!(web.page.faults().is_empty() && web.page.is_open());
}

#[test]
fn a_server_that_refuses_connections_is_given_two_seconds() {
    // A call whose stream could be resumed, with the pauses that servers ask for.
    for retry in ["", "retry: 100\n", "retry: 500\n", "retry: 1500\n"] {
        let mut web = Web::legacy(Path::Scanned);
        let (id, fetch) = web.call();
        web.stream(&fetch);
        web.chunk(&fetch, format!("id: 1\n{retry}data: \n\n").as_bytes());
        let died = web.page.now;
        web.fail(&fetch, "reset");
        while web.page.outcome(id).is_none() {
            web.wait(10.0);
            if !web.is_quiet() {
                let resumed = web.take();
                web.refuse(&resumed);
            }
        }
        assert!(matches!(failure(&web, id), Error::Lost { sent: true, .. }));
        assert!(web.page.now - died < 2_000.0, "{retry} {}", web.page.now - died);
    }
    // What never reached the server cannot have run, and is sent when it is there.
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.call();
    web.refuse(&fetch);
    web.wait(460.0);
    let again = web.take();
    assert_eq!(again.id(), json!(id));
    web.result(&again, done());
    assert_eq!(web.page.outcome(id), Some(&Ok(done())));
    let (id, mut fetch) = web.call();
    let start = web.page.now;
    loop {
        web.refuse(&fetch);
        if web.page.outcome(id).is_some() {
            break;
        }
        while web.is_quiet() {
            web.wait(10.0);
        }
        fetch = web.take();
    }
    assert!(matches!(failure(&web, id), Error::Lost { sent: false, .. }), "and says so");
    assert!(web.page.now - start < 2_000.0);
}

#[test]
fn what_fails_on_this_side_is_not_tried_again() {
    let mut web = Web::modern(Path::Scanned);
    let (id, fetch) = web.request("tools/list", json!({}));
    let cause = Some(json!("no token"));
    web.broken(&fetch, Failure { sent: false, refused: false, cause });
    assert!(matches!(failure(&web, id), Error::Lost { sent: false, .. }));
    web.wait(60_000.0);
    assert!(web.is_quiet());
}

// ---- headers of revisions, the beginning of a session ----

#[test]
fn no_revision_gets_headers_that_it_does_not_know() {
    for (version, named) in [
        ("2024-11-05", None),
        ("2025-03-26", None),
        ("2025-06-18", Some("2025-06-18")),
        ("2025-11-25", Some("2025-11-25")),
    ] {
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.connect();
        let initialize = web.take_method("initialize");
        let result = json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": {} });
        let message = json!({ "jsonrpc": "2.0", "id": initialize.id(), "result": result });
        web.answer_with(&initialize, 200, "application/json", &message.to_string(), "s1");
        let told = web.take_method("notifications/initialized");
        web.answer(&told, 202, "", "");
        let listen = web.take();
        let (_, call) = web.call();
        web.http.close(false);
        web.pump();
        for fetch in [told, listen, call, web.take()] {
            assert_eq!(fetch.header("mcp-protocol-version"), named, "{version} {}", fetch.verb);
            assert_eq!(fetch.header("mcp-session-id"), Some("s1"));
            for header in ["mcp-method", "mcp-name", "last-event-id"] {
                assert_eq!(fetch.header(header), None);
            }
        }
    }
}

#[test]
fn a_revision_without_resumption_is_not_asked_for_it() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.result(&initialize, json!({ "protocolVersion": "2024-11-05", "capabilities": {} }));
    let told = web.take();
    web.answer(&told, 202, "", "");
    web.take();
    let (id, fetch) = web.call();
    web.stream(&fetch);
    web.chunk(&fetch, b"id: 1\ndata: \n\n");
    web.end(&fetch);
    assert!(matches!(failure(&web, id), Error::Lost { sent: true, .. }));
}

fn connected(web: &Web) -> bool {
    web.page.told.iter().any(|told| matches!(told, Told::Connected(_)))
}

#[test]
fn a_legacy_connection_is_there_when_the_server_knows_and_its_own_stream_is_there() {
    for (status, stream) in
        [(202, "stream"), (202, "none"), (202, "silent"), (202, "lost"), (400, ""), (500, "")]
    {
        let _place = Place(format!("{status} {stream}"));
        let mut web = Web::new(Mode::Legacy, Path::Scanned);
        web.connect();
        let initialize = web.take_method("initialize");
        let result = json!({ "protocolVersion": "2025-06-18", "capabilities": {} });
        web.result(&initialize, result);
        let told = web.take_method("notifications/initialized");
        assert!(!connected(&web));
        web.answer(&told, status, "", "");
        if status == 202 {
            assert!(!connected(&web));
            let listen = web.take();
            match stream {
                "stream" => {
                    web.stream(&listen);
                    web.event(&listen, &json!({ "jsonrpc": "2.0", "method": "notifications/x" }));
                }
                "none" => web.answer(&listen, 405, "", ""),
                "lost" => web.fail(&listen, "CORS"),
                // Some servers say nothing at all on a stream before there is something to say.
                _ => web.wait(151.0),
            }
        }
        assert!(connected(&web));
        assert!(web.page.machine.session().is_some());
    }
}

#[test]
fn a_server_that_never_takes_initialized_fails_the_connection_by_its_clock() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.result(&initialize, json!({ "protocolVersion": "2025-06-18", "capabilities": {} }));
    web.take();
    web.wait(30_001.0);
    assert!(matches!(web.page.end(), Some(Error::Timeout { .. })));
}

#[test]
fn a_pause_is_never_longer_than_a_timer_can_be() {
    let (mut web, listen) = asking();
    web.chunk(&listen, b"retry: 99999999999999999999999999999999999999\nid: 1\ndata: \n\n");
    web.end(&listen);
    let until = web.http.handle_timeout(web.page.now);
    assert!(until - web.page.now <= 2_147_483_647.0 && until > web.page.now);
}

// ---- a server that is known ----

fn known() -> Web {
    let mut web = Web::new(Mode::Auto, Path::Scanned);
    let discover = json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } });
    web.known = Some(json!({ "kind": "modern", "discover": discover }));
    web.connect();
    assert!(connected(&web) && web.is_quiet(), "without a round trip");
    web
}

#[test]
fn a_modern_server_that_is_known_is_there_at_once() {
    let mut web = known();
    assert_eq!(era(&web), Some(Era::Modern));
    let (id, fetch) = web.call();
    assert_eq!(fetch.header("mcp-protocol-version"), Some("2026-07-28"));
    web.result(&fetch, done());
    assert_eq!(web.page.outcome(id), Some(&Ok(done())));
    // From now on, an error is an error.
    let (id, fetch) = web.call();
    web.error(&fetch, 400, json!({ "code": -32000, "message": "no" }));
    assert!(matches!(failure(&web, id), Error::Rpc(_)));
    assert!(web.is_quiet());
}

#[test]
fn a_server_that_is_not_what_it_was_is_found_out_and_nothing_is_lost() {
    for (status, code) in [(400, -32_000), (404, 0), (400, -32_022), (200, -32_002)] {
        let _place = Place(format!("{status} {code}"));
        let mut web = known();
        let (first, fetch) = web.call();
        let (second, other) = web.call();
        let refuse = |web: &mut Web, fetch: &Fetch| match code {
            0 => web.answer(fetch, status, "text/plain", "no"),
            _ => web.error(
                fetch,
                status,
                json!({ "code": code, "message": "no", "data": { "supported": ["2025-06-18"] } }),
            ),
        };
        refuse(&mut web, &fetch);
        let probe = web.take_method("server/discover");
        refuse(&mut web, &other);
        let third = web.page.call(support::FOREVER);
        web.pump();
        assert!(web.is_quiet(), "waits until it is known what the server is");
        refuse(&mut web, &probe);
        finish_legacy(&mut web);
        let listen = web.take();
        assert_eq!(listen.verb, "GET");
        web.answer(&listen, 405, "", "");
        for id in [first, second, third] {
            let again = web.take_method("tools/call");
            assert_eq!(again.header("mcp-session-id"), Some("s1"));
            web.result(&again, done());
            assert_eq!(web.page.outcome(id), Some(&Ok(done())));
        }
        assert!(web.is_quiet() && web.page.faults().is_empty());
    }
}

#[test]
fn what_is_known_and_of_no_use_costs_a_handshake() {
    for prior in [
        json!({}),
        json!("modern"),
        json!({ "kind": "modern" }),
        json!({ "kind": "modern", "discover": { "supportedVersions": ["2031-01-01"] } }),
        json!({ "kind": 7 }),
    ] {
        let mut web = Web::new(Mode::Auto, Path::Scanned);
        web.known = Some(prior);
        web.connect();
        web.take_method("server/discover");
    }
    let mut web = Web::new(Mode::Auto, Path::Scanned);
    web.known = Some(json!({ "kind": "legacy" }));
    web.connect();
    web.take_method("initialize");
}

// ---- what is cut off each time ----

/// Cuts an exchange off, over and over, as `cut` does; returns how often it was made, and how long
/// that took.
fn cut_each_time(web: &mut Web, first: Fetch, cut: impl Fn(&mut Web, &Fetch)) -> (u32, f64) {
    let began = web.page.now;
    let mut fetch = first;
    for tries in 1..100 {
        cut(web, &fetch);
        for _ in 0..100 {
            if !web.is_quiet() {
                break;
            }
            web.wait(1_000.0);
        }
        if web.is_quiet() {
            return (tries, web.page.now - began - 100_000.0);
        }
        fetch = web.take();
    }
    panic!("there is no end to it");
}

/// The ways in which the stream of an answer is cut off before that has come.
const CUTS: [(&str, &str); 4] = [
    ("at once", ""),
    ("after a comment", ": here\n\n"),
    (
        "after news",
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":1}}\n\n",
    ),
    (
        "after an event with an id",
        "id: 7\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":1}}\n\n",
    ),
];

#[test]
fn a_session_that_is_cut_off_each_time_while_it_is_renewed_ends_after_a_few_tries() {
    for (name, event) in CUTS {
        for ends in [true, false] {
            let _place = Place(format!("{name}, {ends}"));
            let mut web = Web::legacy(Path::Scanned);
            let (call, fetch) = web.call();
            gone(&mut web, &fetch);
            let initialize = web.take_method("initialize");
            let (tries, took) = cut_each_time(&mut web, initialize, |web, fetch| {
                web.stream(fetch);
                web.chunk(fetch, event.as_bytes());
                if ends { web.end(fetch) } else { web.fail(fetch, "reset") }
            });
            assert!((4..=20).contains(&tries), "{tries} tries");
            assert!(took < 240_000.0, "{took} ms");
            assert!(matches!(failure(&web, call), Error::Closed { sent: false, .. }));
            assert!(web.page.end().is_some(), "the connection has ended");
        }
    }
}

#[test]
fn a_request_whose_stream_is_cut_off_each_time_is_not_sent_for_ever() {
    for (name, event) in &CUTS[..3] {
        for modern in [true, false] {
            let _place = Place(format!("{name}, {modern}"));
            let mut web =
                if modern { Web::modern(Path::Scanned) } else { Web::legacy(Path::Scanned) };
            let (read, fetch) = web.request("resources/read", json!({ "uri": "a:1" }));
            let (tries, took) = cut_each_time(&mut web, fetch, |web, fetch| {
                web.stream(fetch);
                web.chunk(fetch, event.as_bytes());
                web.fail(fetch, "reset");
            });
            assert_eq!(tries, 7, "once, and six times more");
            assert!(took < 30_000.0, "{took} ms");
            assert!(matches!(failure(&web, read), Error::Lost { .. }));
            assert!(web.page.is_open());
        }
    }
}

// ---- batches ----

#[test]
fn a_batch_in_an_event_of_a_legacy_session_is_unpacked() {
    let mut web = Web::legacy(Path::Scanned);
    let (one, stream) = web.call();
    let (two, other) = web.call();
    web.stream(&stream);
    let said = |id: i64| json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } });
    web.event(&stream, &json!([progress(one, 1), progress(two, 2), said(two)]));
    assert_eq!(web.page.steps(one), [step(1.0, None)]);
    assert_eq!(web.page.steps(two), [step(2.0, None)]);
    assert!(matches!(web.page.outcome(two), Some(Ok(_))));
    web.event(&stream, &json!([said(one)]));
    assert!(matches!(web.page.outcome(one), Some(Ok(_))));
    assert!(web.page.faults().is_empty());
    drop(other);
    // An empty one is none, and since 2026-07-28 there are none at all.
    web.event(&stream, &json!([]));
    assert!(protocol_text(web.page.faults()[0]).contains("a batch"));
    let mut web = Web::modern(Path::Scanned);
    let (id, stream) = web.call();
    web.stream(&stream);
    web.event(&stream, &json!([progress(id, 1)]));
    assert!(protocol_text(web.page.faults()[0]).contains("a batch"));
    assert!(web.page.steps(id).is_empty());
}

// ---- questions ----

fn question(id: i64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": { "message": "m" } })
}

#[test]
fn a_question_belongs_to_the_call_on_whose_stream_it_comes() {
    let mut web = Web::legacy(Path::Scanned);
    web.page.machine.declare(&json!({ "elicitation": {} }), Handles::default());
    let (first, one) = web.call();
    let (second, two) = web.call();
    web.stream(&one);
    web.stream(&two);
    for id in 0..8 {
        web.event(&one, &question(id));
        assert_eq!(web.page.ties[&Id::Integer(id)], Some(first));
    }
    // No call may ask for more at once; the other one still may.
    web.event(&one, &question(8));
    let refused = web.take();
    assert_eq!(refused.body.as_ref().unwrap()["error"]["code"], json!(42900));
    web.page.told.clear();
    // Not even by its answer does another call take one of them along.
    web.event(&two, &json!({ "jsonrpc": "2.0", "id": second, "result": { "content": [] } }));
    assert!(web.page.told.is_empty() && web.is_quiet());
    web.event(&one, &json!({ "jsonrpc": "2.0", "id": first, "result": { "content": [] } }));
    assert_eq!(web.page.told.len(), 8);
    for id in 0..8 {
        let answer = web.take().body.unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(id), &json!(-32603)));
    }
    assert!(web.is_quiet());
}
