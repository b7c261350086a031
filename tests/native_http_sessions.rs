//! Streamable HTTP before 2026-07-28 over real sockets: sessions.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]
#![allow(clippy::needless_pass_by_value)] // `json!` makes values

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Answer, Request, modern};
use mcp_wasm::{
    native::Options,
    server::{Context, ElicitRequest, InputError, NoArguments, Server, ServerBuilder},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Host, PATIENCE, progress, standstill};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

#[derive(Deserialize, JsonSchema)]
struct Count {
    count: u32,
    #[serde(default)]
    pause: u64,
}

/// Counts handlers that ended, and those that were dropped before.
#[derive(Clone, Default)]
struct Tally(Arc<(AtomicUsize, AtomicUsize)>);

struct Guard(Tally, bool);

impl Drop for Guard {
    fn drop(&mut self) {
        let (ended, dropped) = &*self.0.0;
        let which = if self.1 { ended } else { dropped };
        which.fetch_add(1, Ordering::SeqCst);
    }
}

impl Guard {
    fn end(&mut self) {
        self.1 = true;
    }
}

impl Tally {
    fn ended(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    fn dropped(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    async fn wait(&self, done: impl Fn(&Self) -> bool) {
        let all = async {
            while !done(self) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, all).await.expect("the handlers end");
    }
}

fn builder(tally: &Tally) -> ServerBuilder {
    let tally = tally.clone();
    Server::builder("Test", "1.0.0")
        .tool("echo", "", |_: NoArguments, _| async { "echo" })
        .tool("count", "", move |args: Count, ctx: Context| {
            let mut guard = Guard(tally.clone(), false);
            async move {
                for i in 1..=args.count {
                    ctx.report_progress(i, args.count, None).await;
                    sleep(Duration::from_millis(args.pause)).await;
                }
                guard.end();
            }
        })
        .tool("ask", "", |_: NoArguments, ctx: Context| async move {
            let answer = ctx.elicit("sure", ElicitRequest::new("Sure?")).await?;
            Ok::<_, InputError>(format!("{:?}", answer.action))
        })
        .tool("flood", "", |args: Count, ctx: Context| async move {
            for i in 1..=args.count {
                ctx.report_progress(i, args.count, None);
                ctx.flush().await;
            }
        })
        .tool("burst", "", |args: Count, ctx: Context| async move {
            for i in 1..=args.count {
                ctx.report_progress(i, None, None).await;
            }
        })
        .tool("rush", "", |args: Count, ctx: Context| async move {
            let text = "as fast as it goes, ".repeat(50);
            for i in 1..=args.count {
                ctx.report_progress(i, args.count, &text).await;
            }
        })
}

async fn host() -> Host {
    Host::start(builder(&Tally::default()).build()).await
}

/// A client in a session.
struct Session {
    address: SocketAddr,
    id: String,
    version: String,
}

fn initialize(version: &str) -> Request {
    let client = json!({ "name": "test", "version": "1" });
    let capabilities = json!({ "elicitation": {} });
    let params = json!({ "protocolVersion": version, "capabilities": capabilities,
                         "clientInfo": client });
    Request::post(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }))
}

impl Session {
    async fn new(host: &Host) -> Self {
        Self::with(host, "2025-11-25").await
    }

    async fn with(host: &Host, version: &str) -> Self {
        let mut answer = initialize(version).send(host.address).await;
        assert_eq!(answer.status, 200);
        let id = answer.header("mcp-session-id").unwrap().to_owned();
        let result = answer.json().await;
        assert_eq!(result["result"]["protocolVersion"], version);
        let session = Self { address: host.address, id, version: version.to_owned() };
        let method = "notifications/initialized";
        let (status, _) = session.post(&json!({ "jsonrpc": "2.0", "method": method })).await;
        assert_eq!(status, 202);
        session
    }

    fn with_headers(&self, request: Request) -> Request {
        request.header("Mcp-Session-Id", &self.id).header("MCP-Protocol-Version", &self.version)
    }

    async fn post(&self, message: &Value) -> (u16, Value) {
        self.with_headers(Request::post(message)).answer(self.address).await
    }

    fn call(&self, id: i64, tool: &str, arguments: Value) -> Request {
        let meta = json!({ "progressToken": id });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let message =
            json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        self.with_headers(Request::post(&message))
    }

    async fn start(&self, id: i64, tool: &str, arguments: Value) -> Answer {
        self.call(id, tool, arguments).send(self.address).await
    }

    fn listen(&self) -> Request {
        self.with_headers(Request::new("GET")).header("Accept", "text/event-stream")
    }

    async fn resume(&self, event: &str) -> Answer {
        self.listen().header("Last-Event-ID", event).send(self.address).await
    }

    async fn delete(&self) -> u16 {
        self.with_headers(Request::new("DELETE")).answer(self.address).await.0
    }

    async fn ping(&self, id: i64) -> (u16, Value) {
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "method": "ping" })).await
    }
}

#[tokio::test]
async fn initialize_begins_a_session_with_an_id_that_nobody_guesses() {
    let host = host().await;
    let mut ids = BTreeSet::new();
    for _ in 0..10 {
        let session = Session::new(&host).await;
        assert!(session.id.len() >= 32 && session.id.bytes().all(|byte| byte.is_ascii_graphic()));
        ids.insert(session.id);
    }
    assert_eq!(ids.len(), 10);
    assert_eq!(host.endpoint.connections(), 10);
}

#[tokio::test]
async fn only_the_answer_to_initialize_carries_the_session_id() {
    let host = host().await;
    let session = Session::new(&host).await;
    let answer = session.start(1, "echo", json!({})).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (200, None));
    for request in [session.listen(), session.with_headers(Request::new("DELETE"))] {
        let answer = request.send(host.address).await;
        assert_eq!(answer.header("mcp-session-id"), None);
    }
    for request in [
        Request::post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })),
        Request::new("GET").header("Accept", "text/event-stream"),
        Request::new("PUT"),
        initialize("2025-11-25").header("MCP-Protocol-Version", "2026-07-28"),
    ] {
        let answer = request.send(host.address).await;
        assert!(answer.status >= 400);
        assert_eq!(answer.header("mcp-session-id"), None);
    }
    assert_eq!(host.endpoint.connections(), 0, "none was left behind");
}

#[tokio::test]
async fn every_legacy_revision_is_served_and_others_are_offered_the_latest() {
    let host = host().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let session = Session::with(&host, version).await;
        assert_eq!(
            session.ping(1).await,
            (200, json!({ "jsonrpc": "2.0", "id": 1, "result": {} }))
        );
    }
    for version in ["2026-07-28", "2099-01-01"] {
        let (status, answer) = initialize(version).answer(host.address).await;
        assert_eq!((status, &answer["result"]["protocolVersion"]), (200, &json!("2025-11-25")));
    }
    // Conformance tests name the version in the header at once.
    let request = initialize("2025-11-25")
        .header("MCP-Protocol-Version", "2025-11-25")
        .header("Mcp-Method", "initialize");
    assert_eq!(request.answer(host.address).await.0, 200);
}

#[tokio::test]
async fn an_initialize_that_fails_begins_nothing() {
    let host = host().await;
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {} });
    let mut answer = Request::post(&message).send(host.address).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (400, None));
    assert_eq!(answer.json().await["error"]["code"], -32602);
    let (status, body) = initialize("2025-11-25")
        .header("MCP-Protocol-Version", "2026-07-28")
        .answer(host.address)
        .await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(-32020)));
    assert_eq!(host.endpoint.connections(), 0);
}

#[tokio::test]
async fn a_missing_session_id_is_400_and_an_unknown_one_404() {
    let host = host().await;
    let ping = json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" });
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    let get = Request::new("GET").header("Accept", "text/event-stream");
    for request in [
        Request::post(&ping),
        Request::post(&note),
        Request::post(&answer),
        get,
        Request::new("DELETE"),
    ] {
        let (status, body) = request.answer(host.address).await;
        assert_eq!(status, 400, "{request:?}");
        assert!(body["error"]["message"].as_str().unwrap().contains("initialize"), "{body}");
        let request = request.header("Mcp-Session-Id", "0123456789abcdef0123456789abcdef");
        let (status, body) = request.answer(host.address).await;
        assert_eq!(status, 404, "{request:?}");
        assert!(body["error"]["message"].as_str().unwrap().contains("initialize"), "{body}");
        // It answers no request, so that no client takes it for an answer: the session is over.
        assert_eq!((&body["id"], &body["error"]["code"]), (&Value::Null, &json!(-32001)));
        assert!(body["error"]["message"].as_str().unwrap().starts_with("Session not found"));
        assert!(body.as_object().unwrap().contains_key("id"));
    }
    let (_, body) = Request::post(&ping).answer(host.address).await;
    assert_eq!(body["id"], "p");
}

#[tokio::test]
async fn a_deleted_session_is_unknown_and_its_tools_are_cancelled() {
    let tally = Tally::default();
    let host = Host::start(builder(&tally).build()).await;
    let session = Session::new(&host).await;
    let mut get = session.listen().send(host.address).await;
    let mut call = session.start(1, "count", json!({ "count": 1, "pause": 60_000 })).await;
    assert!(call.message().await.is_some());
    assert_eq!(session.delete().await, 204);
    assert!(get.ends().await);
    assert!(call.ends().await);
    tally.wait(|tally| tally.dropped() == 1).await;
    assert_eq!(session.delete().await, 404);
    assert_eq!(session.ping(1).await.0, 404);
    while host.endpoint.connections() > 0 {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn reports_come_on_the_stream_of_the_call_before_its_result() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut get = session.listen().send(host.address).await;
    assert!(get.is_stream());
    let mut answer = session.start(7, "count", json!({ "count": 3, "pause": 20 })).await;
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let first = answer.event().await.unwrap();
    assert_eq!((first.data.as_str(), first.retry.as_deref()), ("", Some("1000")));
    assert!(first.id.is_some());
    let messages = answer.messages().await;
    assert_eq!(progress(&messages), [1.0, 2.0, 3.0]);
    assert_eq!(messages[3]["id"], 7);
    assert_eq!(messages[3]["result"].get("resultType"), None);
    assert!(get.is_silent(Duration::from_millis(50)).await);
}

#[tokio::test]
async fn an_answer_that_comes_at_once_is_json_whatever_it_says() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut answer = session.start(1, "echo", json!({})).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json().await["result"]["content"][0]["text"], "echo");
    for (method, code) in [("no/such", -32601), ("server/discover", -32601), ("tools/call", -32602)]
    {
        let message = json!({ "jsonrpc": "2.0", "id": 2, "method": method, "params": {} });
        let (status, body) = session.post(&message).await;
        assert_eq!((status, &body["error"]["code"]), (200, &json!(code)), "{method}");
    }
}

#[tokio::test]
async fn a_silent_call_has_a_stream_to_come_back_to() {
    let host = host().await;
    let session = Session::new(&host).await;
    let start = Instant::now();
    let call = Request::post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "count", "arguments": { "count": 1, "pause": 2000 } } }));
    let mut answer = session.with_headers(call).send(host.address).await;
    assert!(start.elapsed() < Duration::from_secs(2), "before anything is reported");
    let first = answer.event().await.unwrap();
    drop(answer);
    let mut answer = session.resume(&first.id.unwrap()).await;
    assert_eq!(answer.message().await.unwrap()["id"], 1);
    assert!(answer.ends().await);
}

#[tokio::test]
async fn dropping_the_stream_does_not_cancel_and_the_rest_can_be_had_later() {
    let tally = Tally::default();
    let host = Host::start(builder(&tally).build()).await;
    let session = Session::new(&host).await;
    let mut answer = session.start(1, "count", json!({ "count": 8, "pause": 30 })).await;
    let mut last = None;
    let mut values = Vec::new();
    while values.len() < 3 {
        let event = answer.event().await.unwrap();
        last = event.id.or(last);
        if !event.data.is_empty() {
            values.push(serde_json::from_str::<Value>(&event.data).unwrap());
        }
    }
    drop(answer);
    tally.wait(|tally| tally.ended() == 1).await;
    let mut answer = session.resume(&last.unwrap()).await;
    assert_eq!(answer.status, 200);
    values.extend(answer.messages().await);
    assert_eq!(progress(&values), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(values[8]["id"], 1);
    assert_eq!(tally.dropped(), 0);
}

/// A server with a tool that sends its reader away, and goes on when it is told to.
async fn polled() -> (Host, Arc<Notify>) {
    let go_on = Arc::new(Notify::new());
    let told = Arc::clone(&go_on);
    let server = Server::builder("Test", "1.0.0").tool("leave", "", move |_: NoArguments, ctx| {
        let told = Arc::clone(&told);
        async move {
            let ctx: Context = ctx;
            ctx.report_progress(1, 2, None).await;
            ctx.close_stream();
            told.notified().await;
            ctx.report_progress(2, 2, None).await;
            "done"
        }
    });
    (Host::start(server.build()).await, go_on)
}

#[tokio::test]
async fn a_tool_that_closes_its_stream_makes_the_client_come_back_and_loses_nothing() {
    let (host, go_on) = polled().await;
    let session = Session::new(&host).await;
    let mut answer = session.start(1, "leave", json!({})).await;
    let mut events = Vec::new();
    while let Some(event) = answer.event().await {
        events.push(event);
    }
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].retry.is_some() && events[0].data.is_empty());
    go_on.notify_one();
    let mut answer = session.resume(events[1].id.as_ref().unwrap()).await;
    let values = answer.messages().await;
    assert_eq!(progress(&values), [2.0]);
    assert_eq!(values[1]["id"], 1);
    assert_eq!(session.ping(2).await.0, 200);
}

#[tokio::test]
async fn where_nothing_could_be_come_back_for_a_stream_is_not_closed() {
    let (host, go_on) = polled().await;
    go_on.notify_one();
    let session = Session::with(&host, "2025-06-18").await;
    let values = session.start(1, "leave", json!({})).await.messages().await;
    assert_eq!(progress(&values), [1.0, 2.0]);
    assert_eq!(values[2]["id"], 1);
    go_on.notify_one();
    let values = Request::call(1, "leave", json!({})).send(host.address).await.messages().await;
    assert_eq!(progress(&values), [1.0, 2.0]);
    assert_eq!(values[2]["id"], 1);
}

#[tokio::test]
async fn the_get_stream_has_one_reader_until_that_comes_back_or_goes() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut first = session.listen().send(host.address).await;
    let event = first.event().await.unwrap();
    let mut second = session.listen().send(host.address).await;
    assert_eq!(second.status, 409);
    assert!(second.header("retry-after").is_some());
    assert!(second.json().await["error"]["message"].is_string());
    assert!(first.is_silent(Duration::from_millis(50)).await, "the first is none the worse");
    assert!(first.comments > 0, "but was asked whether it is there");
    let mut third = session.resume(&event.id.unwrap()).await;
    assert_eq!(third.status, 200);
    assert!(first.ends().await);
    assert!(third.is_silent(Duration::from_millis(50)).await);
    // Who goes makes room at once.
    drop(third);
    let mut fourth = session.listen().send(host.address).await;
    assert_eq!(fourth.status, 200);
    assert!(fourth.event().await.is_some());
}

#[tokio::test]
async fn what_one_request_was_answered_is_repeated_for_nobody_who_was_not_given_it() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut call = session.start(1, "count", json!({ "count": 3, "pause": 20 })).await;
    let mut ids = Vec::new();
    while let Some(event) = call.event().await {
        ids.push(event.id.unwrap());
    }
    let stranger = Session::new(&host).await;
    let mut other = stranger.listen().send(host.address).await;
    let own = other.event().await.unwrap().id.unwrap();
    let (_, word) = own.rsplit_once('-').unwrap();
    for guess in ["1-0".to_owned(), "1-1".to_owned(), format!("1-0-{word}")] {
        assert_eq!(session.resume(&guess).await.status, 400, "{guess}");
        assert_eq!(stranger.resume(&guess).await.status, 400, "{guess}");
    }
    for id in &ids {
        assert_eq!(stranger.resume(id).await.status, 400, "{id}");
    }
    assert_eq!(session.resume(&ids[0]).await.messages().await.len(), 4);
}

#[tokio::test]
async fn events_that_are_none_cannot_be_resumed() {
    let host = host().await;
    let session = Session::new(&host).await;
    for event in ["nonsense", "5-1", "0-7"] {
        let mut answer = session.resume(event).await;
        assert_eq!(answer.status, 400, "{event}");
        assert!(answer.json().await["error"]["message"].is_string());
    }
    let get = session.listen().header("Accept", "application/json");
    assert_eq!(get.answer(host.address).await.0, 406);
}

#[tokio::test]
async fn a_notification_cancels_and_ends_the_stream_without_an_answer() {
    let tally = Tally::default();
    let host = Host::start(builder(&tally).build()).await;
    let session = Session::new(&host).await;
    let mut answer = session.start(1, "count", json!({ "count": 1, "pause": 60_000 })).await;
    assert!(answer.message().await.is_some());
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
                            "params": { "requestId": 1, "reason": "test" } });
    assert_eq!(session.post(&cancelled).await, (202, Value::Null));
    assert!(answer.ends().await);
    tally.wait(|tally| tally.dropped() == 1).await;
    // Once more, and for something that never was.
    assert_eq!(session.post(&cancelled).await.0, 202);
    assert_eq!(session.ping(1).await.0, 200);
}

#[tokio::test]
async fn three_posts_at_once_share_a_session() {
    let host = host().await;
    let session = Session::new(&host).await;
    let call = async |id: i64| {
        let mut answer = session.start(id, "count", json!({ "count": 3, "pause": 20 })).await;
        answer.messages().await
    };
    let (first, second, third) = tokio::join!(call(1), call(2), call(3));
    for (id, messages) in [(1, first), (2, second), (3, third)] {
        assert_eq!(progress(&messages), [1.0, 2.0, 3.0]);
        assert_eq!(messages[0]["params"]["progressToken"], id);
        assert_eq!(messages[3]["id"], id);
    }
}

#[tokio::test]
async fn an_id_that_is_in_flight_is_refused() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut answer = session.start(1, "count", json!({ "count": 2, "pause": 200 })).await;
    let (status, body) = session.ping(1).await;
    assert_eq!((status, &body["id"], &body["error"]["code"]), (400, &json!(1), &json!(-32600)));
    assert_eq!(answer.messages().await.len(), 3, "the first one is none the worse");
    assert_eq!(session.ping(1).await.0, 200);
}

#[tokio::test]
async fn batches_are_for_2025_03_26_only() {
    let host = host().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/initialized" },
        { "jsonrpc": "2.0", "id": 2, "method": "tools/list" },
    ]);
    let session = Session::with(&host, "2025-03-26").await;
    let mut answer = session.with_headers(Request::post(&batch)).send(host.address).await;
    let mut ids: Vec<_> = answer.messages().await.iter().map(|m| m["id"].to_string()).collect();
    ids.sort();
    assert_eq!(ids, ["1", "2"]);
    let notes = json!([{ "jsonrpc": "2.0", "method": "notifications/initialized" }]);
    assert_eq!(session.post(&notes).await.0, 202);
    for version in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let session = Session::with(&host, version).await;
        let (status, body) = session.post(&batch).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(-32600)), "{version}");
    }
    for bad in [
        json!([]),
        json!([{ "jsonrpc": "2.0", "id": 1, "method": "initialize" }]),
        json!([modern(1, "tools/list", json!({}))]),
        json!([{ "id": 1, "method": "ping" }]),
    ] {
        let (status, body) = session.post(&bad).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(-32600)), "{bad}");
    }
}

#[tokio::test]
async fn two_eras_on_one_url() {
    let host = host().await;
    let session = Session::new(&host).await;
    let modern = Request::call(1, "echo", json!({})).header("Mcp-Session-Id", &session.id);
    let (status, body) = modern.answer(host.address).await;
    assert_eq!((status, &body["result"]["resultType"]), (200, &json!("complete")));
    let (status, body) = session.call(1, "echo", json!({})).answer(host.address).await;
    assert_eq!((status, body["result"].get("resultType")), (200, None));
    // And WebSocket on the same path.
    let mut socket = host.client().await;
    assert_eq!(socket.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_session_that_is_left_alone_ends_and_one_that_is_read_does_not() {
    let session_timeout = Duration::from_millis(700);
    let options = Options { session_timeout, ..Options::default() };
    let host = Host::with(builder(&Tally::default()).build(), options).await;
    let (alone, read) = (Session::new(&host).await, Session::new(&host).await);
    let mut get = read.listen().send(host.address).await;
    assert!(get.event().await.is_some());
    sleep(session_timeout * 3).await;
    assert_eq!(alone.ping(1).await.0, 404);
    assert_eq!(read.ping(1).await.0, 200);
    drop(get);
    sleep(session_timeout * 3).await;
    assert_eq!(read.ping(2).await.0, 404);
}

#[tokio::test]
async fn one_session_too_many_ends_one_that_nothing_was_asked_of_the_oldest_first() {
    let options = Options { max_sessions: 3, ..Options::default() };
    let host = Host::with(builder(&Tally::default()).build(), options).await;
    let worked = Session::new(&host).await;
    assert_eq!(worked.start(1, "echo", json!({})).await.status, 200);
    let first = Session::new(&host).await;
    let second = Session::new(&host).await;
    assert_eq!(first.ping(1).await.0, 200);
    let third = Session::new(&host).await;
    assert_eq!(second.ping(1).await.0, 404);
    assert_eq!((first.ping(2).await.0, third.ping(1).await.0), (200, 200));
    // A stranger cannot push out those that are at work, however many it begins.
    let mut answer = initialize("2025-11-25").send(host.address).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
    assert!(answer.json().await["error"]["data"]["retryAfterMs"].is_number());
    assert_eq!((first.delete().await, third.delete().await), (204, 204));
    for _ in 0..20 {
        Session::new(&host).await;
    }
    assert_eq!(worked.ping(2).await.0, 200);
    let (first, third) = (Session::new(&host).await, Session::new(&host).await);
    // All are being read: there is none to end.
    let mut streams = Vec::new();
    for session in [&first, &third] {
        assert_eq!(session.ping(2).await.0, 200);
        let mut stream = session.listen().send(host.address).await;
        assert!(stream.event().await.is_some());
        streams.push(stream);
    }
    let mut answer = initialize("2025-11-25").send(host.address).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (503, None));
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(answer.json().await["error"]["message"].is_string());
    assert_eq!(first.ping(3).await.0, 200);
}

#[tokio::test]
async fn a_flood_arrives_whole_and_in_order() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut answer = session.start(1, "flood", json!({ "count": 20_000 })).await;
    let messages = answer.messages().await;
    assert_eq!(progress(&messages), (1..=20_000).map(f64::from).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_a_reader_that_keeps_up_gets_every_report() {
    const COUNT: u32 = 5000;
    let host = host().await;
    let session = Session::new(&host).await;
    for _ in 0..20 {
        let still = standstill();
        let mut answer = session.start(1, "burst", json!({ "count": COUNT })).await;
        let messages = answer.messages().await;
        assert!(progress(&messages).is_sorted_by(|a, b| a < b));
        // Who stands still does not keep up: then once more.
        if progress(&messages).len() == COUNT as usize {
            return;
        }
        assert!(
            still() > Duration::from_millis(30),
            "{} in {:?}",
            progress(&messages).len(),
            still()
        );
    }
    panic!("it stands still again and again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_a_slow_reader_costs_no_memory_and_does_not_hold_up_the_session() {
    const COUNT: u32 = 50_000;
    let host = host().await;
    let session = Session::new(&host).await;
    let call = session.call(1, "rush", json!({ "count": COUNT }));
    let mut slow = call.send_slowly(host.address, 32 << 10).await;
    sleep(Duration::from_millis(300)).await;
    let mut other = session.start(2, "count", json!({ "count": 3, "pause": 20 })).await;
    // Its reports may merge as well, for the queue is shared; its result comes at once.
    let others = other.messages().await;
    assert_eq!(progress(&others).last(), Some(&3.0));
    assert_eq!(others.last().unwrap()["id"], 2);
    sleep(Duration::from_millis(1200)).await;
    let messages = slow.messages().await;
    let values = progress(&messages);
    assert!(values.is_sorted_by(|a, b| a < b));
    assert_eq!(values.last(), Some(&f64::from(COUNT)), "before the result");
    assert!(values.len() < COUNT as usize / 2, "most were replaced: {}", values.len());
}

#[tokio::test]
async fn the_end_of_the_server_ends_sessions_and_streams() {
    let tally = Tally::default();
    let mut host = Host::start(builder(&tally).build()).await;
    let session = Session::new(&host).await;
    let mut get = session.listen().send(host.address).await;
    let mut call = session.start(1, "count", json!({ "count": 1, "pause": 60_000 })).await;
    assert!(call.message().await.is_some());
    host.stop();
    assert!(get.ends().await);
    assert!(call.ends().await);
    host.ended().await;
    assert_eq!(tally.dropped(), 1);
}

#[tokio::test]
async fn the_server_asks_on_the_stream_of_the_call_and_is_answered_by_a_post() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut get = session.listen().send(host.address).await;
    let mut call = session.start(1, "ask", json!({})).await;
    let question = call.message().await.unwrap();
    assert_eq!(question["method"], "elicitation/create");
    let result = json!({ "action": "accept", "content": {} });
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
    assert_eq!(session.post(&answer).await, (202, Value::Null));
    let messages = call.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["result"]["content"][0]["text"], "Accept");
    assert!(get.is_silent(Duration::from_millis(50)).await);
}

#[tokio::test]
async fn a_question_that_was_missed_is_asked_again_on_the_resumed_stream() {
    let host = host().await;
    let session = Session::new(&host).await;
    let mut call = session.start(1, "ask", json!({})).await;
    let first = call.event().await.unwrap();
    drop(call);
    let mut call = session.resume(&first.id.unwrap()).await;
    let question = call.message().await.unwrap();
    let result = json!({ "action": "decline" });
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
    assert_eq!(session.post(&answer).await.0, 202);
    assert_eq!(call.messages().await[0]["result"]["content"][0]["text"], "Decline");
}

#[tokio::test]
async fn changes_come_on_the_get_stream_also_those_from_before_it_was_opened() {
    let server = builder(&Tally::default()).build();
    let host = Host::start(server.clone()).await;
    let session = Session::new(&host).await;
    server.tools_changed();
    let mut get = session.listen().send(host.address).await;
    let method = "notifications/tools/list_changed";
    assert_eq!(get.message().await.unwrap()["method"], method);
    server.tools_changed();
    assert_eq!(get.message().await.unwrap()["method"], method);
}

#[tokio::test]
async fn one_peer_has_its_share_of_the_sessions_and_no_more() {
    for rest in [300, 3_000].map(Duration::from_millis) {
        let options =
            Options { max_sessions_per_peer: 2, session_rest: rest, ..Options::default() };
        let host = Host::with(builder(&Tally::default()).build(), options).await;
        let (first, second) = (Session::new(&host).await, Session::new(&host).await);
        let begun = Instant::now();
        for session in [&second, &first] {
            assert_eq!(session.start(1, "echo", json!({})).await.status, 200);
        }
        let mut answer = initialize("2025-11-25").send(host.address).await;
        if begun.elapsed() >= rest {
            // On a machine that stands still, they have rested.
            continue;
        }
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
        let error = answer.json().await;
        assert_eq!((&error["error"]["code"], &error["id"]), (&json!(42900), &json!(0)));
        assert!(error["error"]["data"]["retryAfterMs"].as_f64().unwrap() >= 1000.0);
        // What has rested gives way, what has rested for longest first.
        sleep(rest * 2).await;
        let third = Session::new(&host).await;
        assert_eq!((second.ping(1).await.0, third.ping(1).await.0), (404, 200));
        return;
    }
    panic!("three requests take three seconds");
}

#[tokio::test]
async fn a_batch_beyond_the_limit_is_refused_and_one_at_the_limit_is_answered() {
    let host = host().await;
    let session = Session::with(&host, "2025-03-26").await;
    let batch = |count: i64| {
        let ping = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
        Value::Array((0..count).map(ping).collect())
    };
    let started = Instant::now();
    for count in [1025, 100_000] {
        let (status, body) = session.post(&batch(count)).await;
        assert_eq!((status, &body["error"]["code"]), (413, &json!(-32600)), "{count}");
    }
    let request = session.with_headers(Request::post(&batch(1024)));
    // One that is not read, and then one that is, while others of the session go on.
    let _unread = request.send_slowly(host.address, 2048).await;
    let list = json!({ "jsonrpc": "2.0", "id": "l", "method": "tools/list" });
    assert_eq!(session.post(&list).await.0, 200);
    assert_eq!(request.send(host.address).await.messages().await.len(), 1024);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_id_that_is_too_long_is_refused_not_left_without_an_answer() {
    let host = host().await;
    let session = Session::with(&host, "2025-03-26").await;
    let ping = json!({ "jsonrpc": "2.0", "id": "x".repeat(2000), "method": "ping" });
    for message in [ping.clone(), json!([ping])] {
        let (status, body) = session.post(&message).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(-32600)));
    }
}

#[tokio::test]
async fn too_many_requests_in_a_session_are_refused_with_the_time_to_wait() {
    let limits = mcp_wasm::server::Limits { requests: 2, ..Default::default() };
    let host = Host::start(builder(&Tally::default()).limits(limits).build()).await;
    let session = Session::new(&host).await;
    let slow = json!({ "count": 1, "pause": 60_000 });
    let _calls =
        (session.start(1, "count", slow.clone()).await, session.start(2, "count", slow).await);
    let answer = session.start(3, "echo", json!({})).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
}

#[tokio::test]
async fn events_that_nobody_comes_back_for_are_forgotten_in_time_and_beyond_a_budget() {
    let options = Options { max_total_replay: 100_000, ..Options::default() };
    let host = Host::with(builder(&Tally::default()).build(), options).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let session = Session::new(&host).await;
        let mut call = session.start(1, "rush", json!({ "count": 200 })).await;
        let first = call.event().await.unwrap().id.unwrap();
        call.messages().await;
        drop(call);
        streams.push((session, first));
    }
    let mut kept = 0;
    for (session, first) in &streams {
        kept += usize::from(session.resume(first).await.status == 200);
    }
    assert!((1..8).contains(&kept), "{kept} of them fit");
    let options = Options { replay_for: Duration::from_millis(100), ..Options::default() };
    let host = Host::with(builder(&Tally::default()).build(), options).await;
    let session = Session::new(&host).await;
    let mut call = session.start(1, "burst", json!({ "count": 3 })).await;
    let first = call.event().await.unwrap().id.unwrap();
    call.messages().await;
    drop(call);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(session.resume(&first).await.status, 400);
}
