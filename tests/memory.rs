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
    collections::{BTreeMap, HashMap},
    future::Future,
    pin::pin,
    sync::PoisonError,
    task::{Context as TaskContext, Waker},
};

use mcp_wasm::{
    jsonrpc::{Payload, READ_FLOOR, Raw},
    server::{Context, Limits, NoArguments, Server, Tool, Transmit},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use weight::{
    FIXED, META, PLACES, TIMES, TREES, TURN, busy, message, most, peak, report, server, shapes,
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

/// Handlers that take long keep what they were given: all of them together have a budget.
#[test]
fn what_handlers_work_on_has_a_budget_in_bytes_over_all_connections() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::builder("Counted", "1.0.0")
        .tool("hold", "", |text: Of<Value>, _: Context| async move {
            std::future::pending::<()>().await;
            drop(text);
        })
        .max_working(8 << 20)
        .build();
    let call = r#"{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{"name":"hold","arguments":{"x":[VALUE]},"_meta":{@}}}"#;
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    // Many small ones, each of many times its text, and a few large ones.
    let small = weight::repeat("[[[]]]", ",", 2 << 10);
    for (value, count) in [(&large, 40), (&small, 400)] {
        let call = call.replace("VALUE", value);
        let (mut connections, mut refused) = (Vec::new(), 0);
        let took = peak(|| {
            for id in 0..count {
                let (link, driver) = server.connect();
                let mut driver = Box::pin(driver);
                link.receive(&message(&call, &id.to_string()));
                let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
                while let Some(Transmit::Send { frame, .. }) = link.try_transmit() {
                    let answer = frame.to_json();
                    assert!(answer.contains("has room for: send them again later"), "{answer}");
                    refused += 1;
                }
                connections.push((link, driver));
            }
        });
        assert!((1..count).contains(&refused), "{refused} of {count} are refused");
        assert!(took < (12 << 20) + count * 8192, "{took} bytes for {count} calls");
        // What is over makes room.
        drop(connections);
        let (link, driver) = server.connect();
        let mut driver = pin!(driver);
        link.receive(&message(&call, "1"));
        let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        assert!(link.try_transmit().is_none(), "it is worked on");
    }
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
                let most = most(place, bytes) + FIXED;
                assert!(took <= most, "{what}: {bytes} bytes took {took}");
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

/// What handlers take, by type: what a call of each is given, `$` being a shape.
const TAKERS: [(&str, &str); 10] = [
    ("any", r#"{"x":$}"#),
    ("any", "$"),
    ("map", "$"),
    ("flat", r#"{"x":$}"#),
    ("texts", r#"{"x":$}"#),
    ("numbers", r#"{"x":$}"#),
    ("items", r#"{"x":$}"#),
    ("untagged", r#"{"x":$}"#),
    ("names", r#"{"more":$,"x":$}"#),
    ("text", r#"{"x":$}"#),
];

#[derive(Deserialize, JsonSchema)]
struct Of<T> {
    #[allow(dead_code)] // it is there to be read
    x: T,
}

/// Large, and short to write.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
#[derive(Default)]
#[allow(dead_code)] // as above
struct Item {
    name: Option<String>,
    number: Option<f64>,
    places: [Option<String>; 9],
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // as above
enum Untagged {
    Number(f64),
    Text(String),
    All(Vec<f64>),
    Members(BTreeMap<String, f64>),
    Rest(Value),
}

#[derive(Deserialize, JsonSchema)]
struct Flat {
    #[serde(flatten)]
    #[allow(dead_code)] // as above
    all: BTreeMap<String, Value>,
}

fn takers() -> Server {
    let anything = |name| Tool::new(name, "").input_schema(json!({ "type": "object" }));
    Server::builder("Counted", "1.0.0")
        .tool_with(anything("any"), |_: Value, _: Context| async { "done" })
        .tool_with(anything("map"), |_: HashMap<String, Value>, _: Context| async { "done" })
        .tool_with(anything("flat"), |_: Flat, _: Context| async { "done" })
        .tool("texts", "", |_: Of<Vec<String>>, _: Context| async { "done" })
        .tool("numbers", "", |_: Of<Vec<f64>>, _: Context| async { "done" })
        .tool("items", "", |_: Of<Vec<Item>>, _: Context| async { "done" })
        .tool("untagged", "", |_: Of<Untagged>, _: Context| async { "done" })
        .tool("names", "", |_: Of<BTreeMap<String, u8>>, _: Context| async { "done" })
        .tool("text", "", |_: Of<Raw>, _: Context| async { "done" })
        .build()
}

/// Whatever type a handler takes: what comes of the text is a few times the text, or as much
/// as any call may take.
#[test]
fn what_a_handler_takes_is_bounded_by_its_text_whatever_its_type() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = takers();
    let (mut seen, mut times) = (Vec::new(), Vec::new());
    // What is large is slow to be made: each shape is given to another part of the types.
    for (size, step) in [(1 << 10, 1), (8 << 10, 1), (96 << 10, 3), (1 << 20, 12)] {
        for (at, (shape, value)) in shapes(size).into_iter().enumerate() {
            let tree = if size < 50_000 { f64::INFINITY } else { tree(&value) };
            for (tool, arguments) in TAKERS.into_iter().skip(at % step).step_by(step) {
                let arguments = arguments.replace('$', &value);
                let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"NAME","arguments":$,"_meta":{@}}}"#;
                let text = message(&call.replace("NAME", tool), &arguments);
                let bytes = text.len();
                let (link, driver) = server.connect();
                let mut driver = pin!(driver);
                let before = busy();
                let took = peak(|| {
                    link.receive_text(text.clone());
                    let mut context = TaskContext::from_waker(Waker::noop());
                    let _ = driver.as_mut().poll(&mut context);
                    assert!(link.try_transmit().is_some(), "{shape}: an answer");
                });
                let time = busy() - before;
                let most = (TIMES * bytes).max(bytes + READ_FLOOR) + FIXED;
                let what = format!("{shape} for {tool}");
                assert!(took <= most, "{what}: {bytes} bytes took {took}");
                let ratio = time / (tree * (bytes / value.len()).max(1) as f64);
                assert!(ratio <= TREES, "{what}: {time} ms, {ratio} times a tree of it");
                times.push((ratio, format!("{time:.1} ms of {size} for {what}")));
                seen.push((took as f64 / most as f64, format!("{took} of {bytes} for {what}")));
            }
        }
    }
    report("of what may be taken", seen);
    report("time", times);
}

/// The limit keeps out what takes many times its text, not what people send.
#[test]
fn what_people_send_is_taken() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let numbered =
        |count: usize, write: &dyn Fn(usize) -> Value| -> Value { (0..count).map(write).collect() };
    let texts = |count| numbered(count, &|n| json!(format!("{:03}", n % 1000)));
    let numbers = |count| numbered(count, &|n| json!(n as f64 / 3.0));
    let small = |count| numbered(count, &|n| json!({ "id": n, "name": "ab" }));
    let prose = |count| numbered(count, &|n| json!({ "id": n, "text": "word ".repeat(60) }));
    let calls = [
        // Typed, a million of them.
        ("texts", json!({ "x": texts(40_000) })),
        ("numbers", json!({ "x": numbers(1_000_000) })),
        ("numbers", json!({ "x": numbered(100_000, &|n| json!(n % 10)) })),
        ("items", json!({ "x": small(700) })),
        ("items", json!({ "x": prose(10_000), "more": [[1], { "a": [2.5, null] }] })),
        ("names", json!({ "more": numbers(50), "x": { "a": 1, "b": 2 } })),
        // Without a type, what a model writes, and large things with little structure.
        ("any", json!({ "x": numbered(2000, &|n| json!(n % 10)) })),
        ("any", json!({ "x": small(400) })),
        ("any", json!({ "x": prose(10_000) })),
        // What has no type may also stay a text, however large.
        ("text", json!({ "x": small(100_000) })),
        ("any", json!({ "x": "word ".repeat(200_000) })),
        ("flat", json!({ "x": prose(100), "y": 7 })),
        ("untagged", json!({ "x": small(200) })),
    ];
    let server = takers();
    for (tool, arguments) in calls {
        let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool, "arguments": arguments } });
        let text = call
            .to_string()
            .replace(r#""params":{"#, &format!(r#""params":{{"_meta":{{{META}}},"#));
        let (link, driver) = server.connect();
        let mut driver = pin!(driver);
        let bytes = text.len();
        link.receive_text(text);
        let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        let Some(Transmit::Send { frame, .. }) = link.try_transmit() else { panic!("an answer") };
        let answer = frame.to_json();
        assert!(answer.contains("done"), "{bytes} bytes for {tool}: {answer}");
    }
}

/// A limit that says what it is about, and that can be set.
#[test]
fn what_takes_too_much_is_answered_with_what_to_do_and_the_limit_can_be_set() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"any","arguments":{"x":$},"_meta":{@}}}"#;
    let text = message(call, &format!("[{}]", weight::repeat("0", ",", 100_000)));
    let answer = |limits: Limits| {
        let server = Server::builder("Counted", "1.0.0")
            .tool_with(
                Tool::new("any", "").input_schema(json!({ "type": "object" })),
                |_: Value, _: Context| async { "done" },
            )
            .limits(limits)
            .build();
        let (link, driver) = server.connect();
        let mut driver = pin!(driver);
        link.receive(&text);
        let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        let Some(Transmit::Send { frame, .. }) = link.try_transmit() else { panic!("an answer") };
        frame.to_json()
    };
    let refused = answer(Limits::default());
    assert!(refused.contains("\"isError\":true"), "{refused}");
    assert!(refused.contains("5 times their text in memory: send fewer at once"), "{refused}");
    let taken = answer(Limits { arguments: 16 << 20, ..Limits::default() });
    assert!(taken.contains("done"), "{taken}");
}
