//! The native server over real sockets.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/socket.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use mcp_wasm::{
    native::Options,
    server::{Context, NoArguments, Server, ServerBuilder},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Client, Host, PATIENCE, handshake, http, progress, refused};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Message;

const MCP: (&str, &str) = ("Sec-WebSocket-Protocol", "mcp");

#[derive(Deserialize, JsonSchema)]
struct Count {
    count: u32,
}

/// Counts handlers that were dropped before their end.
#[derive(Clone, Default)]
struct Dropped(Arc<AtomicUsize>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Unfinished(Dropped);

impl Dropped {
    async fn wait_for(&self, count: usize) {
        let all = async {
            while self.0.load(Ordering::SeqCst) < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, all).await.expect("the handlers are dropped");
    }
}

fn builder() -> ServerBuilder {
    Server::builder("Test", "1.0.0")
        .tool("echo", "", |_: NoArguments, _| async { "echo" })
        .tool("flood", "", |args: Count, ctx: Context| async move {
            for i in 1..=args.count {
                ctx.report_progress(i, args.count, None);
                ctx.flush().await;
            }
        })
        .tool("rush", "", |args: Count, ctx: Context| async move {
            let text = "as fast as it goes, ".repeat(50);
            for i in 1..=args.count {
                ctx.report_progress(i, args.count, &text).await;
            }
        })
}

/// A server with a tool `wait` that never ends by itself.
fn waiting(dropped: &Dropped) -> Server {
    let dropped = dropped.clone();
    builder()
        .tool("wait", "", move |_: NoArguments, ctx: Context| {
            let guard = Unfinished(dropped.clone());
            async move {
                let _guard = guard;
                ctx.report_progress(1, 2, None).await;
                std::future::pending::<()>().await;
            }
        })
        .build()
}

async fn host() -> Host {
    Host::start(builder().build()).await
}

#[tokio::test]
async fn a_page_from_elsewhere_is_refused_with_403() {
    let host = host().await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example"] {
        assert_eq!(refused(host.address, &[MCP, ("Origin", origin)]).await, 403, "{origin}");
    }
    let own = format!("http://{}", host.address);
    for origin in [own.as_str(), "http://localhost:5173", "http://[::1]:8000"] {
        handshake(host.address, &[MCP, ("Origin", origin)]).await.unwrap();
    }
}

#[tokio::test]
async fn the_allow_list_lets_an_origin_in() {
    let allowed_origins = vec!["https://app.example".to_owned()];
    let options = Options { allowed_origins, ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    handshake(host.address, &[MCP, ("Origin", "https://app.example")]).await.unwrap();
    assert_eq!(refused(host.address, &[MCP, ("Origin", "https://evil.example")]).await, 403);
}

#[tokio::test]
async fn a_loopback_listener_answers_to_loopback_names_only() {
    // What a page sees that has made its own name point to 127.0.0.1: origin and host agree.
    let evil = [MCP, ("Host", "evil.example"), ("Origin", "http://evil.example")];
    let host = host().await;
    assert_eq!(refused(host.address, &evil).await, 403);
    for name in ["localhost", "localhost:1", "127.0.0.1", "[::1]:80"] {
        handshake(host.address, &[MCP, ("Host", name)]).await.unwrap();
    }
    let options = Options { allowed_hosts: vec!["mcp.example".to_owned()], ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    let proxied = [MCP, ("Host", "mcp.example"), ("Origin", "http://mcp.example")];
    handshake(host.address, &proxied).await.unwrap();
    assert_eq!(refused(host.address, &evil).await, 403);
}

#[tokio::test]
async fn other_requests_get_an_error_that_says_what_to_do() {
    let host = host().await;
    for (request, status, header) in [
        ("GET /mcp", "400", ""),
        ("PUT /mcp", "405", "allow: post, get, delete, options"),
        ("GET /elsewhere", "404", ""),
    ] {
        let request = format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = http(host.address, &request).await;
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{request}{answer}");
        assert!(answer.contains(header), "{request}{answer}");
        if status != "404" {
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            let body: Value = serde_json::from_str(body).unwrap();
            let message = body["error"]["message"].as_str().unwrap();
            assert!(message.contains("WebSocket"), "{message}");
        }
    }
    for (header, status) in [
        ("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "426"),
        ("Sec-WebSocket-Version: 13", "400"),
    ] {
        let request = format!(
            "GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Protocol: mcp\r\n{header}\r\n\r\n"
        );
        let answer = http(host.address, &request).await;
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{answer}");
    }
}

#[tokio::test]
async fn a_message_far_beyond_the_default_limit_closes_with_1009() {
    let host = host().await;
    let mut client = host.client().await;
    // The announced length alone is enough.
    let mut frame = vec![0x81, 0xff];
    frame.extend(u64::to_be_bytes((16 << 20) + 1));
    frame.extend([0; 4]);
    client.socket.get_mut().write_all(&frame).await.unwrap();
    assert_eq!(client.close_code().await, Some(1009));
}

#[tokio::test]
async fn garbage_is_answered_and_the_connection_lives() {
    let host = host().await;
    let mut client = host.client().await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for text in ["nonsense", "", deep.as_str(), "\u{0}"] {
        client.socket.send(Message::text(text)).await.unwrap();
        let error = client.next().await;
        assert_eq!((&error["error"]["code"], error.get("id")), (&json!(-32700), None));
    }
    assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
    for _ in 0..5 {
        client.socket.send(Message::text("nonsense")).await.unwrap();
    }
    assert_eq!(client.close_code().await, Some(1007));
}

#[tokio::test]
async fn a_flood_arrives_whole_and_in_order() {
    let host = host().await;
    let mut client = host.client().await;
    let id = client.call("flood", json!({ "count": 100_000 })).await;
    let sent = client.until_answer(id).await;
    assert_eq!(progress(&sent), (1..=100_000).map(f64::from).collect::<Vec<_>>());
}

#[tokio::test]
async fn calls_of_one_connection_run_side_by_side() {
    let host = host().await;
    let mut client = host.client().await;
    let flood = client.call("flood", json!({ "count": 20_000 })).await;
    let echo = client.call("echo", json!({})).await;
    let before = client.until_answer(echo).await;
    assert!(before.iter().all(|message| message["id"] != flood), "the short one is done first");
    let after = client.until_answer(flood).await;
    let all = [progress(&before), progress(&after)].concat();
    assert_eq!(all, (1..=20_000).map(f64::from).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_12_a_slow_reader_costs_no_memory_and_gets_the_last_report_before_the_result() {
    const COUNT: u32 = 50_000;
    let host = host().await;
    let mut client = host.client().await;
    let start = Instant::now();
    let id = client.call("rush", json!({ "count": COUNT })).await;
    // The peer reads nothing until the tool must have ended.
    let mut other = host.client().await;
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(other.request("ping", json!({})).await["result"], json!({}));
    let sent = client.until_answer(id).await;
    let values = progress(&sent);
    assert!(values.is_sorted_by(|a, b| a < b));
    assert_eq!(values.last(), Some(&f64::from(COUNT)), "before the result");
    assert!(
        values.len() < COUNT as usize,
        "most were replaced on the way: {} in {:?}",
        values.len(),
        start.elapsed()
    );
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_dropped_and_its_calls_cancelled() {
    let dropped = Dropped::default();
    let guard = dropped.clone();
    let server = builder()
        .tool("endless", "", move |_: NoArguments, ctx: Context| {
            let guard = Unfinished(guard.clone());
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
    let mut client = host.client().await;
    client.call("endless", json!({})).await;
    dropped.wait_for(1).await;
    assert_eq!(client.close_code().await, None, "it is past being told");
}

#[tokio::test]
async fn a_peer_that_reads_slowly_but_steadily_is_not_dropped() {
    const COUNT: u32 = 60_000;
    let write_timeout = Duration::from_secs(2);
    let options = Options { write_timeout, ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    // With a small buffer, so that the server notices each read soon; not smaller than a segment on loopback, as
    // `NARROW` of the slow readers says.
    let mut client = Client::with_receive_buffer(host.address, 64 << 10).await;
    client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    let start = Instant::now();
    let id = client.call("flood", json!({ "count": COUNT })).await;
    for i in 1..=COUNT {
        assert_eq!(client.next().await["params"]["progress"], i);
        if i % 500 == 0 {
            sleep(Duration::from_millis(40)).await;
        }
    }
    assert_eq!(client.next().await["id"], id);
    assert!(start.elapsed() > 2 * write_timeout, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_silent_peer_is_pinged_and_dropped_after_two_pings_without_answer() {
    let ping_interval = Duration::from_millis(300);
    let options = Options { ping_interval, ..Options::default() };
    let dropped = Dropped::default();
    let host = Host::with(waiting(&dropped), options).await;

    // One that reads answers the pings by itself, and stays.
    let mut lively = host.client().await;
    let reading = tokio::spawn(async move {
        let mut pings = 0;
        while let Ok(Some(Ok(message))) = timeout(ping_interval * 10, lively.socket.next()).await {
            pings += u32::from(message.is_ping());
            if pings == 10 {
                break;
            }
        }
        pings
    });

    let mut silent = host.client().await;
    silent.call("wait", json!({})).await;
    dropped.wait_for(1).await;
    assert_eq!(reading.await.unwrap(), 10);
}

#[tokio::test]
async fn a_lost_connection_cancels_its_calls() {
    let dropped = Dropped::default();
    let host = Host::start(waiting(&dropped)).await;
    // Closed properly.
    let mut client = host.client().await;
    let id = client.call("wait", json!({})).await;
    assert_eq!(client.next().await["params"]["progressToken"], id);
    client.socket.close(None).await.unwrap();
    dropped.wait_for(1).await;
    // Just gone.
    let mut client = host.client().await;
    client.call("wait", json!({})).await;
    client.next().await;
    drop(client);
    dropped.wait_for(2).await;
    // The server is none the worse.
    assert_eq!(host.client().await.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn progress_leaves_at_once_even_if_the_handler_never_waits_for_anything_else() {
    let server = builder()
        .tool("compute", "", |_: NoArguments, ctx: Context| async move {
            for i in 0..5 {
                ctx.report_progress(i, 5, None).await;
                std::thread::sleep(Duration::from_millis(250));
            }
        })
        .build();
    let host = Host::start(server).await;
    let address = host.address;
    // On a thread of its own, so that the work above does not hold up the reading.
    let reading = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(
            async {
                let mut client = Client::connect(address).await;
                client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
                client.call("compute", json!({})).await;
                let mut times = Vec::new();
                for _ in 0..5 {
                    client.next().await;
                    times.push(Instant::now());
                }
                times[4] - times[0]
            },
        )
    });
    while !reading.is_finished() {
        sleep(Duration::from_millis(10)).await;
    }
    let spread = reading.join().unwrap();
    assert!(spread >= Duration::from_millis(750), "not in one go: {spread:?}");
}

#[tokio::test]
async fn a_result_keeps_away_from_the_report_before_it_for_legacy_peers() {
    let result_gap = Duration::from_secs(2);
    let options = Options { result_gap, ..Options::default() };
    let host = Host::with(builder().build(), options).await;
    let mut client = host.client().await;

    let id = client.call("flood", json!({ "count": 10 })).await;
    while client.next().await["params"]["progress"] != 10 {}
    let reported = Instant::now();
    assert_eq!(client.next().await["id"], id);
    assert!(reported.elapsed() >= result_gap * 3 / 4, "{:?}", reported.elapsed());

    // Nobody reported anything: nothing to keep away from.
    sleep(result_gap).await;
    let asked = Instant::now();
    let id = client.call("echo", json!({})).await;
    client.until_answer(id).await;
    assert!(asked.elapsed() < result_gap, "{:?}", asked.elapsed());

    let mut modern = Client::connect(host.address).await;
    let asked = Instant::now();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": 1,
    });
    let params = json!({ "name": "flood", "arguments": { "count": 10 }, "_meta": meta });
    let answer = modern.request("tools/call", params).await;
    assert_eq!(answer["result"]["resultType"], "complete");
    assert!(asked.elapsed() < result_gap, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_cancelled_call_is_never_answered() {
    let dropped = Dropped::default();
    let host = Host::start(waiting(&dropped)).await;
    let mut client = host.client().await;
    let id = client.call("wait", json!({})).await;
    client.next().await;
    client.cancel(id).await;
    dropped.wait_for(1).await;
    assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn the_end_of_the_server_is_graceful_and_in_time() {
    let dropped = Dropped::default();
    let mut host = Host::start(waiting(&dropped)).await;
    let mut client = host.client().await;
    client.call("wait", json!({})).await;
    client.next().await;
    let mut idle = host.client().await;
    assert_eq!(host.endpoint.connections(), 2);

    let start = Instant::now();
    host.stop();
    assert_eq!(client.close_code().await, Some(1001));
    assert_eq!(idle.close_code().await, Some(1001));
    dropped.wait_for(1).await;
    drop((client, idle));
    host.ended().await;
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_peer_that_does_not_say_goodbye_cannot_hold_up_the_end() {
    let dropped = Dropped::default();
    let shutdown_timeout = Duration::from_millis(500);
    let options = Options { shutdown_timeout, ..Options::default() };
    let mut host = Host::with(waiting(&dropped), options).await;
    let mut client = host.client().await;
    client.call("wait", json!({})).await;
    let start = Instant::now();
    host.stop();
    host.ended().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(client.close_code().await, Some(1001));
}

#[tokio::test]
async fn many_connections_do_not_disturb_each_other() {
    let host = host().await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(host.client().await);
    }
    let running = clients.into_iter().map(|mut client: Client| {
        tokio::spawn(async move {
            let id = client.call("flood", json!({ "count": 500 })).await;
            progress(&client.until_answer(id).await)
        })
    });
    let expected: Vec<_> = (1..=500).map(f64::from).collect();
    for values in running.collect::<Vec<_>>() {
        assert_eq!(values.await.unwrap(), expected);
    }
}
