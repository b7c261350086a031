//! Peers that read or write slowly over real sockets: who goes on lives, who stands still is
//! dropped.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use futures_util::SinkExt;
use http::Request;
use mcp_wasm::{
    native::{Endpoint, Options, serve_app},
    server::{Context, NoArguments, Server},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use support::{Client, PATIENCE, standstill};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Message;

/// What a peer is given for its share: much shorter than by default, so that tests need not wait.
const PACE: Duration = Duration::from_millis(500);

#[derive(Deserialize, JsonSchema)]
struct Size {
    bytes: usize,
    #[serde(default)]
    reports: u32,
}

/// With a small buffer, so that the server notices each read soon: the kernel says that there is room again
/// when a third of it is free, and a third of what it takes for loopback is more than a busy machine
/// reads in time.
fn listener() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(32 << 10).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    socket.listen(64).unwrap()
}

/// Serves by `serve_app`, or as a route of an app of one's own.
fn start(is_ours: bool, options: Options) -> (SocketAddr, Endpoint) {
    let server = Server::builder("Test", "1.0.0")
        .tool("large", "", |args: Size, ctx: Context| async move {
            for i in 0..args.reports {
                ctx.report_progress(i, args.reports, None).await;
            }
            "x".repeat(args.bytes)
        })
        .tool("echo", "", |_: NoArguments, _| async { "echo" });
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let endpoint = Endpoint::new(server.build(), options);
    let host = endpoint.clone();
    tokio::spawn(async move {
        let router = host.router();
        if is_ours {
            serve_app(listener, &host, router, std::future::pending()).await
        } else {
            axum::serve(listener, router).await
        }
    });
    (address, endpoint)
}

fn options(pace: Duration) -> Options {
    Options { write_timeout: pace, ping_interval: Duration::from_secs(60), ..Options::default() }
}

/// All bytes of what is read slowly come, although that takes longer than the clock, which is passed with the
/// pause after each piece. While a machine stands still nobody reads, and a clock that is not much longer
/// may run out: then once more by one that is.
async fn reads_slowly(read: impl AsyncFn(Duration, Duration) -> usize) {
    for times in [1, 8] {
        let (pace, still, start) = (PACE * times, standstill(), Instant::now());
        let count = read(pace, PAUSE * times).await;
        if count < LARGE && times == 1 && still() > pace / 10 {
            continue;
        }
        assert!(count >= LARGE, "cut off after {count} bytes and {:?}", start.elapsed());
        assert!(start.elapsed() > pace * 2, "slower than the clock: {:?}", start.elapsed());
        return;
    }
}

/// What a kernel takes that nobody has read: not much more than is read at a time. Less would be too little for
/// one segment on loopback: Linux then ends a connection whose peer took nothing for a moment a whole
/// `TCP_USER_TIMEOUT` later, although it reads again (the time of its first probe is only forgotten when
/// the first segment that waits has room).
const NARROW: u32 = 64 << 10;

/// A connection whose kernel takes not much more than is read.
async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(NARROW).unwrap();
    socket.connect(address).await.unwrap()
}

/// Reads so many bytes in small pieces, with a pause after each; how many came.
async fn read_slowly(stream: &mut TcpStream, bytes: usize, pause: Duration) -> usize {
    let (mut buffer, mut count) = (vec![0; 8 << 10], 0);
    while count < bytes {
        match timeout(PATIENCE, stream.read(&mut buffer)).await.expect("more or the end") {
            Ok(0) | Err(_) => break,
            Ok(read) => count += read,
        }
        sleep(pause).await;
    }
    count
}

fn call(id: i64, bytes: usize) -> String {
    let params = json!({ "name": "large", "arguments": { "bytes": bytes } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

/// A WebSocket that has said hello, and the raw connection below it.
async fn hello(address: SocketAddr) -> Client {
    let mut client = Client::with_receive_buffer(address, NARROW).await;
    client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    client
}

const LARGE: usize = 3 << 20;
/// Bytes come in pieces of 8 KiB: 2 MB a second at most.
const PAUSE: Duration = Duration::from_millis(3);

#[tokio::test]
async fn a_slow_reader_gets_a_result_that_takes_longer_than_any_clock_over_websocket() {
    for is_ours in [true, false] {
        reads_slowly(async |pace, pause| {
            let (address, _) = start(is_ours, options(pace));
            let mut client = hello(address).await;
            client.socket.send(Message::text(call(1, LARGE))).await.unwrap();
            read_slowly(client.socket.get_mut(), LARGE, pause).await
        })
        .await;
    }
}

#[tokio::test]
async fn a_slow_reader_gets_a_result_that_takes_longer_than_any_clock_over_http() {
    for reports in [0, 3] {
        reads_slowly(async |pace, pause| {
            let (address, _) = start(true, options(pace));
            let arguments = json!({ "bytes": LARGE, "reports": reports });
            let request = Request::call(1, "large", arguments);
            let mut stream = narrow(address).await;
            stream.write_all(&request.bytes(address)).await.unwrap();
            read_slowly(&mut stream, LARGE, pause).await
        })
        .await;
    }
}

/// Waits until nobody is connected any more.
async fn is_left_alone(endpoint: &Endpoint) {
    let all = async {
        while endpoint.connections() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, all).await.expect("the peer is dropped");
}

#[tokio::test]
async fn who_reads_nothing_or_next_to_nothing_is_dropped_over_websocket() {
    for is_ours in [true, false] {
        for trickle in [None, Some(Duration::from_millis(100))] {
            let (address, endpoint) = start(is_ours, options(PACE));
            let mut client = hello(address).await;
            client.socket.send(Message::text(call(1, 16 << 20))).await.unwrap();
            let start = Instant::now();
            let reading = async {
                let Some(pause) = trickle else { return std::future::pending().await };
                loop {
                    let _ = client.socket.get_mut().read_u8().await;
                    sleep(pause).await;
                }
            };
            tokio::select! {
                () = is_left_alone(&endpoint) => {}
                () = reading => {}
            }
            assert!(start.elapsed() >= PACE, "{:?}", start.elapsed());
        }
    }
}

#[tokio::test]
async fn who_reads_next_to_nothing_is_dropped_over_http() {
    let (address, endpoint) = start(true, options(PACE));
    let request = Request::call(1, "large", json!({ "bytes": 16 << 20, "reports": 3 }));
    let mut stream = narrow(address).await;
    stream.write_all(&request.bytes(address)).await.unwrap();
    let reading = async {
        loop {
            let _ = stream.read_u8().await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = async {
            sleep(PACE).await;
            is_left_alone(&endpoint).await;
        } => {}
        () = reading => {}
    }
}

#[tokio::test]
async fn a_message_that_is_long_in_coming_is_a_sign_of_life() {
    let options = Options { ping_interval: Duration::from_millis(400), ..Options::default() };
    let (address, _) = start(true, options);
    let client = hello(address).await;
    let mut stream = client.socket.into_inner();
    // One frame, in which no pong has a place.
    let mut text = json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }).to_string();
    text.push_str(&" ".repeat(1_000 - text.len()));
    let mut bytes = vec![0x81, 0x80 | 0x7e, 3, 232, 0, 0, 0, 0];
    bytes.extend(text.as_bytes());
    for part in bytes.chunks(25) {
        stream.write_all(part).await.unwrap();
        sleep(Duration::from_millis(75)).await;
    }
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(r#""id":7"#) {
        let read = timeout(PATIENCE, stream.read_buf(&mut answer)).await.expect("an answer");
        assert_ne!(read.unwrap(), 0, "cut off");
    }
}
