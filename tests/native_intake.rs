//! All messages together may have so many bytes, whatever connections they come by: what finds no room
//! waits, what comes too slowly gives way, and what is small is always read.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{
    net::SocketAddr,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Answer, Request};
use mcp_wasm::{
    native::{Endpoint, Options, serve_lines},
    server::{Context, NoArguments, Server, ServerBuilder},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use support::{Client, Host};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, duplex},
    net::TcpStream,
    time::{sleep, timeout},
};

const PATIENCE: Duration = Duration::from_secs(20);
const LARGE: usize = 200 << 10;

fn builder() -> ServerBuilder {
    Server::builder("Test", "1.0.0")
        .tool("t", "", |_: NoArguments, _: Context| async { "done" })
        .max_reading(512 << 10)
}

fn options() -> Options {
    Options { max_message: 256 << 10, ..Options::default() }
}

fn large() -> Value {
    json!({ "x": "x".repeat(LARGE) })
}

/// A body that stops before its end.
async fn begun(address: SocketAddr) -> TcpStream {
    let bytes = Request::call(1, "t", large()).bytes(address);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&bytes[..bytes.len() - 10]).await.unwrap();
    stream
}

/// A frame that stops before its end.
async fn begun_frame(client: &mut Client) {
    let length = (LARGE as u64).to_be_bytes();
    let frame = [&[0x81, 0xff], &length[..], &[0; 4], &vec![b' '; LARGE - 10]].concat();
    client.socket.get_mut().write_all(&frame).await.unwrap();
}

#[tokio::test]
async fn bodies_that_do_not_come_to_their_end_give_way_to_one_that_waits() {
    let host = Host::with(builder().build(), options()).await;
    let mut slow = begun(host.address).await;
    sleep(Duration::from_millis(100)).await;
    // There is no room for another one, until the first is given up.
    let mut answer =
        timeout(PATIENCE, Request::call(2, "t", large()).send(host.address)).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json().await["result"]["content"][0]["text"], "done");
    slow.write_all(b"x").await.unwrap();
    let mut refused = Answer::read(slow).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    let error = refused.json().await;
    assert!(error["error"]["message"].as_str().unwrap().contains("try again later"), "{error}");
}

#[tokio::test]
async fn a_frame_that_does_not_come_to_its_end_gives_way_as_well() {
    let host = Host::with(builder().build(), options()).await;
    let mut slow = host.client().await;
    begun_frame(&mut slow).await;
    sleep(Duration::from_millis(100)).await;
    let mut other = host.client().await;
    let answer = timeout(PATIENCE, async {
        let id = other.call("t", large()).await;
        other.until_answer(id).await
    });
    assert_eq!(answer.await.unwrap().pop().unwrap()["result"]["content"][0]["text"], "done");
    assert_eq!(slow.close_code().await, Some(1013));
}

#[tokio::test]
async fn what_is_small_is_read_however_full_it_is() {
    let host = Host::with(builder().build(), options()).await;
    let mut client = host.client().await;
    let _slow = (begun(host.address).await, begun(host.address).await);
    sleep(Duration::from_millis(100)).await;
    let small = async {
        assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
        assert_eq!(Request::call(1, "t", json!({})).send(host.address).await.status, 200);
    };
    timeout(Duration::from_millis(800), small).await.expect("nobody waits for the large ones");
}

#[tokio::test]
async fn a_line_waits_for_its_turn_and_one_that_gives_way_is_refused() {
    let server = builder().build();
    let serve = |server: &Server| {
        let ((near, far), server) = (duplex(64 << 10), server.clone());
        tokio::spawn(async move {
            let (input, output) = tokio::io::split(far);
            serve_lines(input, output, server, 256 << 10, std::future::pending()).await
        });
        let (output, input) = tokio::io::split(near);
        (BufReader::new(output).lines(), input)
    };
    let call =
        http::modern(1, "tools/call", json!({ "name": "t", "arguments": large() })).to_string();
    let (mut told, mut slow) = serve(&server);
    slow.write_all(&call.as_bytes()[..LARGE]).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let (mut answers, mut other) = serve(&server);
    other.write_all(format!("{call}\n").as_bytes()).await.unwrap();
    let answer = timeout(PATIENCE, answers.next_line()).await.unwrap().unwrap().unwrap();
    assert!(answer.contains("done"), "{answer}");
    slow.write_all(&call.as_bytes()[LARGE..]).await.unwrap();
    slow.write_all(b"\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n").await.unwrap();
    let refused = told.next_line().await.unwrap().unwrap();
    assert!(refused.contains("send it again later"), "{refused}");
    let answer = told.next_line().await.unwrap().unwrap();
    assert!(answer.contains("\"id\":2"), "and the lines behind it are read: {answer}");
}

/// Arguments that are read only when somebody says so.
struct Gated;

static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
static WAITING: AtomicUsize = AtomicUsize::new(0);

impl<'de> Deserialize<'de> for Gated {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        WAITING.fetch_add(1, Ordering::SeqCst);
        let open = GATE.0.lock().unwrap();
        let (_open, time) = GATE.1.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
        assert!(!time.timed_out());
        NoArguments::deserialize(reader).map(|_| Self)
    }
}

impl JsonSchema for Gated {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        NoArguments::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        NoArguments::json_schema(generator)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn room_is_taken_until_a_message_has_reached_its_handler_and_no_longer() {
    let server = builder()
        .tool("gated", "", |_: Gated, _: Context| async {
            sleep(PATIENCE * 2).await;
            "done"
        })
        .build();
    let host = Host::with(server, options()).await;
    let address = host.address;
    let gated =
        tokio::spawn(async move { Request::call(1, "gated", large()).start(address).await });
    while WAITING.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let next = Request::call(2, "t", large());
    let next = next.send(address);
    tokio::pin!(next);
    let waits = timeout(Duration::from_millis(500), &mut next).await;
    assert!(waits.is_err(), "the first one has not been handled");
    *GATE.0.lock().unwrap() = true;
    GATE.1.notify_all();
    let answer = timeout(PATIENCE, next).await.expect("now it has, and its tool is at work");
    assert_eq!(answer.status, 200);
    drop(gated);
}

#[tokio::test]
async fn many_uploads_at_once_all_come_to_their_end() {
    let host = Host::with(builder().build(), options()).await;
    let calls = (1..40).map(|id| {
        let address = host.address;
        tokio::spawn(async move {
            for _ in 0..20 {
                let answer = Request::call(id, "t", large()).send(address).await;
                if answer.status == 200 {
                    return;
                }
                assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
                sleep(Duration::from_millis(300)).await;
            }
            panic!("{id} never had its turn");
        })
    });
    for call in calls.collect::<Vec<_>>() {
        timeout(PATIENCE * 3, call).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_message_that_is_larger_than_all_room_is_read_by_itself() {
    let server = builder().max_reading(1000).build();
    let endpoint = Endpoint::new(server, options());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = endpoint.router();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let answer = Request::call(1, "t", large()).send(address).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_large_message_in_parts_and_with_pings_between_them_is_one_message() {
    let host = Host::with(builder().build(), options()).await;
    let mut client = host.client().await;
    let call = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call",
                       "params": { "name": "t", "arguments": large() } });
    let text = call.to_string();
    let parts: Vec<&str> =
        (0..text.len()).step_by(50_001).map(|at| &text[at..text.len().min(at + 50_001)]).collect();
    for (number, part) in parts.iter().enumerate() {
        let is_last = number == parts.len() - 1;
        let first = u8::from(number == 0) | if is_last { 0x80 } else { 0 };
        let mask = [7, 8, 9, 10];
        let masked = part.bytes().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let length = (part.len() as u64).to_be_bytes();
        let frame = [&[first, 0xff], &length[..], &mask, &masked.collect::<Vec<_>>()].concat();
        client.socket.get_mut().write_all(&frame).await.unwrap();
        client.socket.get_mut().write_all(&[0x89, 0x81, 0, 0, 0, 0, 7]).await.unwrap();
    }
    let answer = client.until_answer(9).await.pop().unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "done");
}
