//! Messages and peers that once stopped servers, over real connections: what they cost now.
//!
//! Memory is counted by the allocator, time is that of the process against a tree of the same bytes.
//! The figures are printed with `--nocapture`.
#![cfg(all(feature = "native", unix, not(target_arch = "wasm32")))]
#![allow(clippy::cast_precision_loss, clippy::disallowed_methods)] // it measures

#[path = "support/bytes.rs"]
mod bytes;
#[path = "support/weight.rs"]
mod weight;

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::PoisonError,
    thread,
    time::{Duration, Instant},
};

use bytes::{Http, Peer, WebSocket, frame, listen, read_until, runtime};
use mcp_wasm::{
    native::Options,
    server::{Context, NoArguments, Server},
};
use schemars::JsonSchema;
use serde::Deserialize;
use weight::{FIXED, TIMES, TREES, TURN, busy, message, now, peak, repeat, tree};

const MIB: usize = 1 << 20;
/// What connections and their streams take beside what they keep.
const SLACK: usize = 2 * MIB;

#[derive(Deserialize, JsonSchema)]
struct Flood {
    count: u32,
}

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .tool("none", "", |_: NoArguments, _: Context| async { "done" })
        .tool("large", "", |_: NoArguments, _: Context| async { "x".repeat(4 * MIB) })
        .tool("flood", "", |Flood { count }: Flood, ctx: Context| async move {
            for at in 0..count {
                ctx.report_progress(f64::from(at), f64::from(count), None).await;
            }
        })
        .build()
}

fn socket(address: SocketAddr) -> WebSocket {
    WebSocket { address, is_legacy: false, stream: None, buffer: vec![0; 64 << 10] }
}

fn http(address: SocketAddr) -> Http {
    Http { address, session: None, stream: None, buffer: vec![0; 64 << 10] }
}

/// A value of about four MiB as the argument of a tool that takes none.
fn call(part: &str) -> String {
    let value = format!("[{}]", repeat(part, ",", 4 * MIB - 2048));
    let call = r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"none","arguments":{"x":$},"_meta":{@}}}"#;
    message(call, &value)
}

#[test]
fn the_largest_message_of_the_smallest_values_takes_a_few_times_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    for part in [r#"{"":0}"#, "[0]", "0", "{}"] {
        let text = call(part);
        let (bytes, tree) = (text.len(), tree(&text));
        let peers: [(&str, &mut dyn Peer); 2] =
            [("WebSocket", &mut socket(address)), ("HTTP", &mut http(address))];
        for (name, peer) in peers {
            let wrapped = peer.wrap(r#""method":"tools/call","name":"none""#, text.clone());
            peer.prepare();
            let before = busy();
            let took = peak(|| peer.exchange(&wrapped));
            let time = busy() - before;
            println!(
                "{part} by {name}: {:.1} times its {bytes} bytes, {:.2} trees of it",
                took as f64 / bytes as f64,
                time / tree
            );
            assert!(took <= TIMES * bytes + FIXED, "{part} by {name}: {took} of {bytes}");
            assert!(time <= TREES * tree, "{part} by {name}: {time} ms");
        }
    }
    // What is larger than messages may be is not read.
    let text = repeat(r#"{"":0}"#, ",", 16 * MIB);
    let mut peer = socket(address);
    let wrapped = peer.wrap("", text);
    peer.prepare();
    let took = peak(|| peer.exchange(&wrapped));
    println!("16 MiB: {took} bytes");
    assert!(took < MIB, "{took} for a message that is too large");
}

#[test]
fn subscriptions_in_falling_order_cost_what_reading_them_costs() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    for count in [100_000_u32, 300_000] {
        let uris: Vec<String> = (0..count).rev().map(|at| format!("\"a:{at:06}\"")).collect();
        let listen = r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":[$]},"_meta":{@}}}"#;
        let text = message(listen, &uris.join(","));
        let (bytes, tree) = (text.len(), tree(&text));
        let mut peer = socket(address);
        let wrapped = peer.wrap("", text);
        peer.prepare();
        let before = busy();
        let took = peak(|| peer.exchange(&wrapped));
        let time = busy() - before;
        println!("{count} subscriptions: {time:.0} ms, {:.2} trees of it", time / tree);
        assert!(time <= TREES * tree, "{count}: {time} ms, a tree takes {tree}");
        assert!(took <= TIMES * bytes + FIXED, "{count}: {took} of {bytes}");
    }
}

#[test]
fn a_batch_of_any_size_costs_what_reading_it_costs_and_is_answered() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    let mut peer = http(address);
    peer.begin();
    let batch = |count: usize, is_equal: bool| {
        let ping = |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let all: Vec<String> = (0..count).map(|at| ping(if is_equal { 0 } else { at })).collect();
        format!("[{}]", all.join(","))
    };
    for (count, is_equal) in [(90_000, true), (90_000, false), (1025, false), (1024, false)] {
        let text = batch(count, is_equal);
        let (bytes, tree) = (text.len(), tree(&text));
        let wrapped = peer.wrap("", text);
        peer.prepare();
        let before = busy();
        let took = peak(|| peer.exchange(&wrapped));
        let time = busy() - before;
        println!("a batch of {count}: {time:.0} ms, {:.2} trees of it, {took} bytes", time / tree);
        if count == 1024 {
            // Each is a request of its own, with an answer.
            assert!(took <= TIMES * bytes + count * 1024, "{count}: {took} of {bytes}");
        } else {
            assert!(time <= TREES * tree + 20.0, "{count}: {time} ms, a tree takes {tree}");
            assert!(took <= TIMES * bytes + MIB / 8, "{count}: {took} of {bytes}");
        }
    }
}

#[test]
fn events_that_nobody_comes_back_for_have_a_budget_in_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let options = Options { max_total_replay: 16 * MIB, ..Options::default() };
    let address = listen(&runtime, server(), options);
    let token = "t".repeat(1000);
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{{"name":"flood","arguments":{{"count":1200}},"_meta":{{"progressToken":"{token}"}}}}}}"#
    );
    let before = now();
    for _ in 0..12 {
        let mut peer = http(address);
        peer.begin();
        for id in 0..12 {
            let wrapped = peer.wrap("", call.replace('$', &id.to_string()));
            peer.prepare();
            peer.exchange(&wrapped);
            // Its stream is dropped where it is.
        }
    }
    // Until the tools have come to their end.
    let mut kept = 0;
    for _ in 0..100 {
        thread::sleep(Duration::from_millis(100));
        let last = std::mem::replace(&mut kept, now().saturating_sub(before));
        if last == kept {
            break;
        }
    }
    println!("144 streams of 1.2 MB, 12 sessions: {kept} bytes stay");
    assert!(kept < 16 * MIB + SLACK, "{kept} bytes stay");
}

#[test]
fn connections_that_rest_keep_nobody_out() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let options = Options { max_connections: 128, ..Options::default() };
    let address = listen(&runtime, server(), options);
    let resting: Vec<TcpStream> =
        (0..600).map(|_| TcpStream::connect(address).expect("it is let in")).collect();
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /none HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    assert!(read_until(&mut stream, &mut [0; 4096], b"404"), "it is answered");
    println!("beside 600 that rest, with room for 128: answered in {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    drop(resting);
}

#[test]
fn results_that_nobody_reads_have_a_budget_in_bytes_and_arrive() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    let mut peer = socket(address);
    peer.prepare();
    let mut stream = peer.stream.take().expect("it is connected");
    let call =
        r#"{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{"name":"large","_meta":{@}}}"#;
    let calls: Vec<u8> = (0..60).flat_map(|id| frame(&message(call, &id.to_string()))).collect();
    let took = peak(|| {
        stream.write_all(&calls).unwrap();
        thread::sleep(Duration::from_secs(2));
    });
    println!("60 results of 4 MiB that are not read: {took} bytes at most");
    // What may wait, the one that goes over that, the one that is made meanwhile, as JSON that grows, and
    // the one that is being written.
    assert!(took < (8 + 4 + 3 * 4 + 4) * MIB + SLACK, "{took} bytes at most");
    let mut left = 60 * 4 * MIB;
    let mut buffer = vec![0; MIB];
    while left > 0 {
        let count = match stream.read(&mut buffer) {
            // The process was stopped meanwhile.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.expect("the rest"),
        };
        assert!(count > 0, "{left} bytes are missing");
        left = left.saturating_sub(count);
    }
}
