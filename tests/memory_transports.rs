//! No message takes more than a multiple of its bytes, over real connections: by WebSocket, by HTTP
//! in both eras, as a line. What [`memory`](../memory.rs) holds without a transport, with one.
#![cfg(all(feature = "native", unix, not(target_arch = "wasm32")))]
#![allow(clippy::cast_precision_loss)] // of milliseconds and ratios

#[path = "support/bytes.rs"]
mod bytes;
#[path = "support/weight.rs"]
mod weight;

use std::{sync::PoisonError, thread, time::Duration};

use bytes::{Http, Lines, Peer, WebSocket, listen, runtime, write};
use mcp_wasm::native::Options;
use weight::{
    FIXED, META, PLACES, TIMES, TREES, TURN, busy, message, most, now, peak, report, server,
    shapes, tree,
};

/// Bytes of the buffers that a connection grows to beside.
const BUFFERS: usize = 32 << 10;
fn hold_over(what: &str, is_legacy: bool, peer: &mut impl Peer) {
    let (mut seen, mut times) = (Vec::new(), Vec::new());
    // With each size the places that stand out less are fewer: all of them are looked at elsewhere.
    for (size, step) in [(1 << 10, 1), (64 << 10, 3), (1 << 20, 10)] {
        for (shape, value) in shapes(size) {
            let tree = if size < 50_000 { f64::INFINITY } else { tree(&value) };
            for place in PLACES.into_iter().step_by(step) {
                let text = message(place, &value);
                let text =
                    if is_legacy { text.replace(META, r#""progressToken":1"#) } else { text };
                let (bytes, copies) = (text.len(), (text.len() / value.len()).max(1) as f64);
                if bytes > 4 << 20 {
                    continue;
                }
                let wrapped = peer.wrap(place, text);
                peer.prepare();
                // What the preparation has left is dropped elsewhere.
                thread::yield_now();
                let before = busy();
                let took = peak(|| peer.exchange(&wrapped));
                let time = busy() - before;
                let what = format!("{shape} in {place} by {what}");
                assert!(
                    took <= most(place, bytes) + FIXED + BUFFERS,
                    "{what}: {bytes} bytes took {took}, {:.1} times",
                    took as f64 / bytes as f64
                );
                let ratio = time / (tree * copies);
                assert!(ratio <= TREES, "{what}: {time} ms, {ratio} times a tree of it");
                times.push((ratio, format!("{time:.1} ms for {what}")));
                seen.push((
                    took as f64 - most(place, bytes) as f64,
                    format!("{took} of {bytes} {what}"),
                ));
            }
        }
        report(&format!("beyond {TIMES} times, of {size}"), std::mem::take(&mut seen));
    }
    report("time", times);
}

#[test]
fn no_message_over_websocket_takes_more_than_a_multiple_of_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    for is_legacy in [true, false] {
        let mut peer = WebSocket { address, is_legacy, stream: None, buffer: vec![0; 64 << 10] };
        hold_over("WebSocket", is_legacy, &mut peer);
    }
}

#[test]
fn no_message_over_http_takes_more_than_a_multiple_of_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    let mut peer = Http { address, session: None, stream: None, buffer: vec![0; 64 << 10] };
    hold_over("HTTP", false, &mut peer);
    peer.begin();
    hold_over("a session over HTTP", true, &mut peer);
}

#[test]
fn no_line_takes_more_than_a_multiple_of_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut peer =
        Lines { runtime: runtime(), server: server(), stream: None, buffer: vec![0; 64 << 10] };
    hold_over("lines", false, &mut peer);
}

/// What a connection keeps once its server has dropped what it can, however long that stands still.
fn kept(work: impl FnOnce()) -> usize {
    let before = now();
    work();
    let mut kept = usize::MAX;
    for _ in 0..50 {
        thread::sleep(Duration::from_millis(200));
        kept = now().saturating_sub(before);
        if kept < BUFFERS {
            break;
        }
    }
    kept
}

#[test]
fn a_length_that_is_announced_costs_nothing_and_a_connection_at_rest_keeps_little() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime, server(), Options::default());
    let mut peer = WebSocket { address, is_legacy: true, stream: None, buffer: vec![0; 64 << 10] };
    peer.prepare();
    let large =
        peer.wrap("", message(PLACES[1], &format!("{{\"x\":\"{}\"}}", "x".repeat(2 << 20))));
    let took = kept(|| peer.exchange(&large));
    assert!(took < BUFFERS, "{took} are kept of a message that has been dealt with");
    let announced = [&[0x81, 0xff], &(4_u64 << 20).to_be_bytes()[..], &[0; 4], b"{\"x\":"].concat();
    let mut stream = peer.stream.take().expect("it is connected");
    let took = peak(|| {
        write(&mut stream, &announced);
        thread::sleep(Duration::from_millis(200));
    });
    assert!(took < BUFFERS, "{took} for a frame of which nothing has come");
    let mut peer = Http { address, session: None, stream: None, buffer: vec![0; 64 << 10] };
    peer.prepare();
    let head = peer.head("", 4 << 20);
    let mut stream = peer.stream.take().expect("it is connected");
    let took = peak(|| {
        write(&mut stream, head.as_bytes());
        thread::sleep(Duration::from_millis(200));
    });
    // A body of which nothing has come has a place of 64 KiB at most.
    assert!(took < BUFFERS + (64 << 10), "{took} for a body of which nothing has come");
}
