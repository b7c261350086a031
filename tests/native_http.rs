//! Streamable HTTP since 2026-07-28 over real sockets: one exchange per POST.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, modern};
use mcp_wasm::{
    native::Options,
    server::{Context, ElicitRequest, NoArguments, Server, ServerBuilder},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Host, PATIENCE, progress, standstill};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep, timeout},
};

#[derive(Deserialize, JsonSchema)]
struct Count {
    count: u32,
}

/// Counts handlers that have begun, and those that were dropped before their end.
#[derive(Clone, Default)]
struct Dropped(Arc<(AtomicUsize, AtomicUsize)>);

struct Unfinished(Dropped);

impl Unfinished {
    fn new(counts: &Dropped) -> Self {
        counts.0.0.fetch_add(1, Ordering::SeqCst);
        Self(counts.clone())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.0.1.fetch_add(1, Ordering::SeqCst);
    }
}

impl Dropped {
    fn begun(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    fn dropped(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    async fn wait_until(&self, look: fn(&Self) -> usize, count: usize) {
        let all = async {
            while look(self) < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, all).await.expect("so many handlers");
    }

    async fn wait_for(&self, count: usize) {
        self.wait_until(Self::dropped, count).await;
    }
}

fn builder() -> ServerBuilder {
    Server::builder("Test", "1.0.0")
        .tool("echo", "", |_: NoArguments, _| async { "echo" })
        .tool("count", "", |args: Count, ctx: Context| async move {
            for i in 1..=args.count {
                ctx.report_progress(i, args.count, "one more\nline").await;
                sleep(Duration::from_millis(20)).await;
            }
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
        .tool("wait", "", |args: Count, _: Context| async move {
            sleep(Duration::from_millis(args.count.into())).await;
        })
}

/// A server with a tool `hang` that never ends by itself; with `count` > 0, it reports first.
fn hanging(dropped: &Dropped) -> Server {
    let dropped = dropped.clone();
    builder()
        .tool("hang", "", move |args: Count, ctx: Context| {
            let guard = Unfinished::new(&dropped);
            async move {
                let _guard = guard;
                for i in 0..args.count {
                    ctx.report_progress(i, None, None).await;
                }
                std::future::pending::<()>().await;
            }
        })
        .build()
}

async fn host() -> Host {
    Host::start(builder().build()).await
}

#[tokio::test]
async fn a_call_without_reports_is_answered_in_json() {
    let host = host().await;
    let mut answer = Request::call(0, "echo", json!({})).send(host.address).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("mcp-session-id"), None);
    let message = answer.json().await;
    assert_eq!((&message["id"], &message["jsonrpc"]), (&json!(0), &json!("2.0")));
    assert_eq!(message["result"]["content"][0]["text"], "echo");
    assert_eq!(message["result"]["resultType"], "complete");
}

#[tokio::test]
async fn the_first_report_makes_a_stream_and_the_result_ends_it() {
    let host = host().await;
    let mut answer = Request::call(7, "count", json!({ "count": 3 })).send(host.address).await;
    assert_eq!(answer.status, 200);
    assert!(answer.is_stream());
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let mut messages = Vec::new();
    while let Some(event) = answer.event().await {
        // Nothing to go on from: there is no resumption in this era.
        assert_eq!((event.id, event.retry), (None, None));
        messages.push(serde_json::from_str::<Value>(&event.data).unwrap());
    }
    assert_eq!(progress(&messages), [1.0, 2.0, 3.0]);
    assert_eq!(messages[0]["params"]["progressToken"], 7);
    assert_eq!(messages[0]["params"]["message"], "one more\nline");
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[3]["id"], 7);
}

#[tokio::test]
async fn each_report_leaves_at_once() {
    let host = host().await;
    let mut answer = Request::call(1, "count", json!({ "count": 10 })).send(host.address).await;
    let mut times = Vec::new();
    while answer.message().await.is_some() {
        times.push(Instant::now());
    }
    assert!(times[9] - times[0] > Duration::from_millis(100), "{times:?}");
}

#[tokio::test]
async fn discovery_names_versions_and_may_be_kept() {
    let host = host().await;
    let (status, answer) =
        Request::modern("probe", "server/discover", json!({})).answer(host.address).await;
    assert_eq!((status, &answer["id"]), (200, &json!("probe")));
    let result = &answer["result"];
    assert_eq!(result["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "Test");
    assert!(result["ttlMs"].is_u64() && result["cacheScope"].is_string());
}

#[tokio::test]
async fn dropping_the_stream_cancels_the_call() {
    let dropped = Dropped::default();
    let host = Host::start(hanging(&dropped)).await;
    let mut answer = Request::call(1, "hang", json!({ "count": 1 })).send(host.address).await;
    assert!(answer.message().await.is_some());
    let start = Instant::now();
    drop(answer);
    dropped.wait_for(1).await;
    // Before anything is written that would show it.
    assert!(start.elapsed() < Options::default().keep_alive / 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn dropping_the_request_before_its_answer_cancels_the_call() {
    let dropped = Dropped::default();
    let host = Host::start(hanging(&dropped)).await;
    let stream = Request::call(1, "hang", json!({ "count": 0 })).start(host.address).await;
    dropped.wait_until(Dropped::begun, 1).await;
    assert_eq!(host.endpoint.connections(), 1);
    drop(stream);
    dropped.wait_for(1).await;
    // The server is none the worse.
    assert_eq!(Request::call(1, "echo", json!({})).answer(host.address).await.0, 200);
}

#[tokio::test]
async fn three_posts_at_once_are_three_exchanges_although_ids_and_tokens_are_the_same() {
    let host = host().await;
    let call = |count: u32| async move {
        let arguments = json!({ "count": count });
        let mut answer = Request::call(1, "count", arguments).send(host.address).await;
        answer.messages().await
    };
    let (first, second, third) = tokio::join!(call(2), call(3), call(4));
    assert_eq!(progress(&first).len(), 2);
    assert_eq!(progress(&second).len(), 3);
    assert_eq!(progress(&third).len(), 4);
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_lives() {
    let options = Options { keep_alive: Duration::from_millis(50), ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    let start = Instant::now();
    let mut answer = Request::call(1, "wait", json!({ "count": 1_500 })).send(host.address).await;
    assert!(start.elapsed() < Duration::from_millis(1_500), "not with the result");
    let messages = answer.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["id"], 1);
    assert!(answer.comments >= 3, "{}", answer.comments);
}

#[tokio::test]
async fn a_flood_arrives_whole_and_in_order() {
    let host = host().await;
    let mut answer = Request::call(1, "flood", json!({ "count": 50_000 })).send(host.address).await;
    let messages = answer.messages().await;
    assert_eq!(progress(&messages), (1..=50_000).map(f64::from).collect::<Vec<_>>());
    assert_eq!(messages[50_000]["id"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_a_slow_reader_costs_no_memory_and_gets_the_last_report_before_the_result() {
    const COUNT: u32 = 50_000;
    let host = host().await;
    let call = Request::call(1, "rush", json!({ "count": COUNT }));
    let mut answer = call.send_slowly(host.address, 32 << 10).await;
    // The peer reads nothing until the tool must have ended.
    sleep(Duration::from_millis(1500)).await;
    let messages = answer.messages().await;
    let values = progress(&messages);
    assert!(values.is_sorted_by(|a, b| a < b));
    assert_eq!(values.last(), Some(&f64::from(COUNT)), "before the result");
    assert_eq!(messages.last().unwrap()["id"], 1);
    assert!(values.len() < COUNT as usize / 2, "most were replaced: {}", values.len());
}

#[tokio::test]
async fn notifications_are_taken_with_202_and_nothing_more() {
    let host = host().await;
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
                            "params": { "requestId": 1 } });
    for request in [
        Request::post(&cancelled).header("MCP-Protocol-Version", http::MODERN),
        Request::post(&cancelled)
            .header("MCP-Protocol-Version", http::MODERN)
            .header("Mcp-Method", "notifications/cancelled"),
    ] {
        let mut answer = request.send(host.address).await;
        assert_eq!((answer.status, answer.text().await.as_str()), (202, ""));
    }
}

#[tokio::test]
async fn a_version_that_is_not_served_is_told_those_that_discover_names() {
    let host = host().await;
    let mut message = modern(1, "tools/list", json!({}));
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "v999.0.0".into();
    let request = Request::post(&message)
        .header("MCP-Protocol-Version", "v999.0.0")
        .header("Mcp-Method", "tools/list");
    let (status, body) = request.answer(host.address).await;
    assert_eq!(status, 400);
    assert_eq!(body["error"]["data"]["requested"], "v999.0.0");
    assert_eq!(body["error"]["data"]["supported"], json!(["2026-07-28"]));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let options = Options { max_message: 100_000, ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    let mut message = modern(1, "tools/list", json!({})).to_string();
    message.push_str(&" ".repeat(100_000 - message.len()));
    let request = |text: &str| {
        Request::post_text(text)
            .header("MCP-Protocol-Version", http::MODERN)
            .header("Mcp-Method", "tools/list")
    };
    assert_eq!(request(&message).answer(host.address).await.0, 200);
    message.push(' ');
    let (status, body) = request(&message).answer(host.address).await;
    assert_eq!((status, &body["error"]["code"]), (413, &json!(-32600)));
    // The announced length alone is enough.
    let request = Request::post_text("").header("Content-Length", "100000000000");
    assert_eq!(request.answer(host.address).await.0, 413);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let options = Options { body_timeout: Duration::from_millis(200), ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    let request = Request::post_text("{").header("Content-Length", "100");
    let (status, body) = request.answer(host.address).await;
    assert_eq!(status, 408, "{body}");
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let host = host().await;
    let mut stream = tokio::net::TcpStream::connect(host.address).await.unwrap();
    let first = Request::call(1, "echo", json!({})).bytes(host.address);
    stream.write_all(&first).await.unwrap();
    // Sent before the answer has come.
    let second = Request::call(2, "nope", json!({})).bytes(host.address);
    stream.write_all(&second).await.unwrap();
    let third = Request::call(3, "echo", json!({})).header("Connection", "close");
    stream.write_all(&third.bytes(host.address)).await.unwrap();
    let mut text = String::new();
    timeout(PATIENCE, tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text))
        .await
        .expect("three answers")
        .unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3, "{text}");
}

#[tokio::test]
async fn the_end_of_the_server_ends_its_streams() {
    let dropped = Dropped::default();
    let mut host = Host::start(hanging(&dropped)).await;
    let mut answer = Request::call(1, "hang", json!({ "count": 1 })).send(host.address).await;
    assert!(answer.message().await.is_some());
    host.stop();
    assert!(answer.ends().await);
    host.ended().await;
    dropped.wait_for(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_a_reader_that_keeps_up_gets_every_report() {
    const COUNT: u32 = 5000;
    let host = host().await;
    for _ in 0..20 {
        let still = standstill();
        let mut answer =
            Request::call(1, "burst", json!({ "count": COUNT })).send(host.address).await;
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

#[tokio::test]
async fn a_peer_that_takes_nothing_is_dropped_and_its_call_cancelled() {
    let dropped = Dropped::default();
    let guard = dropped.clone();
    let server = builder()
        .tool("endless", "", move |_: NoArguments, ctx: Context| {
            let guard = Unfinished::new(&guard);
            async move {
                let _guard = guard;
                for i in 0_u64.. {
                    ctx.report_progress(i, None, None).await;
                    ctx.flush().await;
                }
            }
        })
        .build();
    let write_timeout = Duration::from_millis(300);
    let host = Host::with(server, Options { write_timeout, ..Options::default() }).await;
    let _answer = Request::call(1, "endless", json!({})).send(host.address).await;
    dropped.wait_for(1).await;
}

#[tokio::test]
async fn a_head_that_does_not_arrive_is_not_waited_for_and_one_with_too_many_headers_is_refused() {
    let options = Options { head_timeout: Duration::from_secs(1), ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    let mut stream = tokio::net::TcpStream::connect(host.address).await.unwrap();
    stream.write_all(b"POST /mcp HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest);
    let _ = timeout(PATIENCE, read).await.expect("the end of the connection");

    let mut many = Request::call(1, "echo", json!({}));
    for number in 0..200 {
        many = many.header(&format!("X-{number}"), "1");
    }
    assert_eq!(many.send(host.address).await.status, 431);
}

#[tokio::test]
async fn a_listen_stream_begins_with_its_filter_lives_and_ends_with_its_result() {
    let keep_alive = Duration::from_millis(50);
    let server = builder().build();
    let options = Options { keep_alive, ..Options::default() };
    let mut host = Host::with(server.clone(), options).await;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let listen = Request::modern("l", "subscriptions/listen", params);
    let mut stream = listen.send(host.address).await;
    let first = stream.message().await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["notifications"], json!({ "toolsListChanged": true }));
    sleep(keep_alive * 20).await;
    server.tools_changed();
    let changed = stream.message().await.unwrap();
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    let subscription = "io.modelcontextprotocol/subscriptionId";
    assert_eq!(changed["params"]["_meta"][subscription], "l");
    assert!(stream.comments >= 2, "{}", stream.comments);
    host.stop();
    let rest = stream.messages().await;
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert_eq!(rest[0]["id"], "l");
    assert_eq!(rest[0]["result"]["_meta"][subscription], "l");
    host.ended().await;
}

#[tokio::test]
async fn dropping_a_listen_stream_ends_it() {
    let server = builder().build();
    let host = Host::start(server.clone()).await;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let listen = Request::modern(1, "subscriptions/listen", params);
    let mut stream = listen.send(host.address).await;
    assert!(stream.message().await.is_some());
    assert_eq!(host.endpoint.connections(), 1);
    drop(stream);
    let ended = async {
        while host.endpoint.connections() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, ended).await.expect("the exchange ends");
}

#[tokio::test]
async fn a_handler_that_cannot_go_on_without_a_capability_is_refused_with_400() {
    let server = builder()
        .tool("ask", "", |_: NoArguments, ctx: Context| async move {
            ctx.elicit("sure", ElicitRequest::new("Sure?")).await.map(|_| "yes")
        })
        .build();
    let host = Host::start(server).await;
    let (status, body) = Request::call(1, "ask", json!({})).answer(host.address).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(-32021)), "{body}");
    assert!(body["error"]["data"]["requiredCapabilities"]["elicitation"].is_object());
}
