//! No message takes more than a multiple of its bytes, in memory or in time, whatever is in it and
//! whatever the server then says about it.
//!
//! Memory is counted by the allocator, time by what the thread of the server was busy, against
//! `serde_json` making a tree of the same bytes in the same run. So the machine may be loaded.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::cast_precision_loss)] // of milliseconds and ratios

#[path = "support/weight.rs"]
mod weight;

use std::{
    future::Future,
    pin::pin,
    sync::PoisonError,
    task::{Context as TaskContext, Waker},
};

use mcp_wasm::{
    jsonrpc::{Payload, Raw, UNTYPED_VALUES},
    server::{Context, NoArguments, Server, Transmit},
};
use serde_json::Value;
use weight::{
    FIXED, META, PLACES, TIMES, TREES, TURN, busy, hold, message, peak, report, server, shapes,
    tree,
};

#[test]
fn a_text_that_is_read_takes_no_more_than_itself() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (shape, value) in shapes(1 << 20) {
        let bytes = value.len();
        let mut read = None;
        let took = peak(|| read = Raw::parse(value).ok());
        assert!(took <= bytes / 2 + 4096, "{shape}: {took} beside the {bytes} that there were");
        let read = read.expect("JSON");
        let took = peak(|| drop((read.get("name"), read.clone(), read.exceeds(1000))));
        assert!(took <= 4096, "{shape}: {took} for a look at it");
        let took = peak(|| drop(read.to_json()));
        assert!(took <= bytes + 4096, "{shape}: {took} for writing {bytes}");
    }
}

/// Results wait in their handlers, not in memory, and all of them arrive in the end.
#[test]
fn results_that_nobody_reads_do_not_pile_up() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::builder("Counted", "1.0.0")
        .tool("large", "", |_: NoArguments, _: Context| async { "x".repeat(1 << 20) })
        .build();
    let (link, driver) = server.connect();
    let mut driver = pin!(driver);
    let mut turn = || {
        let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    };
    let took = peak(|| {
        for id in 0..200 {
            let call = r#"{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{"name":"large","_meta":{@}}}"#;
            link.receive(&message(call, &id.to_string()));
            turn();
        }
        turn();
    });
    assert!(took < 14 << 20, "{took} bytes of 200 MiB wait");
    let mut answers = 0;
    while let Some(Transmit::Send { frame, .. }) = link.try_transmit() {
        assert!(frame.to_json().len() > 1 << 20);
        answers += 1;
        turn();
    }
    assert_eq!(answers, 200);
}

/// Every shape at every place, without a transport.
#[test]
fn no_message_takes_more_than_a_multiple_of_its_bytes_wherever_its_weight_is() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = server();
    let (mut seen, mut times) = (Vec::new(), Vec::new());
    // Small ones are many of what a server gets; their time is too short to be measured.
    let sizes = [64, 1 << 10, 8 << 10, 96 << 10];
    let shapes: Vec<_> = sizes
        .into_iter()
        .flat_map(shapes)
        .map(|(shape, value)| {
            (shape, if value.len() < 50_000 { f64::INFINITY } else { tree(&value) }, value)
        })
        .collect();
    for is_legacy in [true, false] {
        for place in PLACES {
            for (shape, tree, value) in &shapes {
                let text = message(place, value);
                let bytes = text.len();
                let (link, driver) = server.connect();
                let mut driver = pin!(driver);
                if is_legacy {
                    let hello = r#"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{"elicitation":{}}}}"#;
                    link.receive(hello);
                    let _ = link.try_transmit();
                }
                let text =
                    if is_legacy { text.replace(META, r#""progressToken":1"#) } else { text };
                let before = busy();
                let took = peak(|| {
                    link.receive(&text);
                    for _ in 0..3 {
                        let mut context = TaskContext::from_waker(Waker::noop());
                        let _ = driver.as_mut().poll(&mut context);
                        while let Some(Transmit::Send { frame, .. }) = link.try_transmit() {
                            drop(frame.to_json());
                        }
                    }
                });
                let time = busy() - before;
                let what = format!("{shape} in {place}");
                hold(&what, took, bytes);
                let copies = (bytes / value.len()).max(1) as f64;
                let ratio = time / (tree * copies);
                assert!(ratio <= TREES, "{what}: {time} ms, {ratio} times a tree of it");
                times.push((ratio, format!("{time:.1} ms for {what}")));
                seen.push((took as f64 / bytes as f64, what));
            }
        }
    }
    report("memory", seen);
    report("time", times);
}

/// What a handler takes as a `Value` is a tree of many times its text. So it may have so many values,
/// and in a large text no more than what eight times its bytes have room for.
#[test]
fn what_a_handler_takes_without_a_type_is_bounded_by_its_values() {
    /// Bytes that a value takes at most, while the array that it is in grows.
    const NODE: usize = 3 * size_of::<Value>();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = server();
    let mut seen = Vec::new();
    for size in [8 << 10, 128 << 10, 1 << 20] {
        for (shape, value) in shapes(size) {
            let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"any","arguments":{"x":$},"_meta":{@}}}"#;
            let text = message(call, &value);
            let bytes = text.len();
            let (link, driver) = server.connect();
            let mut driver = pin!(driver);
            let took = peak(|| {
                link.receive_text(text);
                let mut context = TaskContext::from_waker(Waker::noop());
                let _ = driver.as_mut().poll(&mut context);
                assert!(link.try_transmit().is_some(), "{shape}: an answer");
            });
            let most = TIMES * bytes + FIXED + UNTYPED_VALUES.min(bytes * 2) * NODE;
            assert!(took <= most, "{shape}: {bytes} bytes took {took}");
            seen.push((took as f64 / bytes as f64, format!("{took} of {bytes} for {shape}")));
        }
    }
    report("without a type", seen);
}
