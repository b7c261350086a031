//! The server library, run by an executor of a few lines: it needs no runtime.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

#[path = "support/session.rs"]
mod support;

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{self, Poll, Wake, Waker},
};

use mcp_wasm::{
    jsonrpc::Id,
    proto::version::Version,
    server::{
        CallToolResult, Content, Context, Json, Level, Limits, NoArguments, Server, ServerBuilder,
        Tool, Transmit,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Session, progress};

fn builder() -> ServerBuilder {
    Server::builder("Test", "1.0.0")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut task::Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct Add {
    /// The first number
    a: f64,
    /// The second number
    b: Option<i64>,
}

#[derive(Serialize)]
struct Sum {
    sum: f64,
}

#[allow(clippy::cast_precision_loss)]
async fn add(args: Add, _: Context) -> Json<Sum> {
    Json(Sum { sum: args.a + args.b.unwrap_or(0) as f64 })
}

#[test]
fn tools_are_listed_in_order_with_schemas_from_their_arguments() {
    let server = builder()
        .tool("zeta", "Last in the alphabet", |_: NoArguments, _| async {})
        .tool_with(Tool::new("add", "Adds").title("Addition").read_only(), add)
        .build();
    let mut session = Session::new(&server);
    session.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} }));
    assert_eq!(
        session.drain()[0]["result"]["tools"],
        json!([
            {
                "name": "zeta",
                "description": "Last in the alphabet",
                "inputSchema": { "type": "object", "properties": {} },
            },
            {
                "name": "add",
                "title": "Addition",
                "description": "Adds",
                "inputSchema": {
                    "type": "object",
                    "properties": {
                        "a": { "type": "number", "format": "double", "description": "The first number" },
                        "b": {
                            "type": ["integer", "null"], "format": "int64",
                            "description": "The second number",
                        },
                    },
                    "required": ["a"],
                },
                "annotations": { "readOnlyHint": true },
            },
        ])
    );
    let params = json!({ "cursor": "next" });
    session.send(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": params }));
    assert_eq!(session.drain()[0]["error"]["code"], -32602);
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[test]
fn every_tool_lists_its_properties_although_it_has_none() {
    let raw = |name: &str, schema: Value| Tool::new(name, "").input_schema(schema);
    let server = builder()
        .tool("none", "", |_: NoArguments, _| async {})
        .tool("empty", "", |_: Nothing, _| async {})
        .tool("any", "", |_: Value, _| async {})
        .tool("map", "", |_: serde_json::Map<String, Value>, _| async {})
        .tool_with(raw("type", json!({ "type": "object" })), |_: Value, _| async {})
        .tool_with(raw("closed", json!({ "additionalProperties": false })), |_: Value, _| async {})
        .tool_with(
            raw("either", json!({ "anyOf": [{ "required": ["a"] }] })),
            |_: Value, _| async {},
        )
        .build();
    server.add_tool(Tool::new("late", ""), |_: NoArguments, _| async {});
    let mut session = Session::new(&server);
    session.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} }));
    let listed = session.drain()[0]["result"]["tools"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 8);
    for tool in listed.as_array().unwrap() {
        let schema = &tool["inputSchema"];
        assert_eq!(
            (&schema["type"], &schema["properties"]),
            (&json!("object"), &json!({})),
            "{tool}"
        );
    }
}

#[test]
#[should_panic(expected = "the arguments of tool `list` are no JSON object but: \"array\"")]
fn a_schema_of_ones_own_that_is_no_object_is_a_mistake() {
    let tool = Tool::new("list", "").input_schema(json!({ "type": "array" }));
    let _ = builder().tool_with(tool, |_: Value, _| async {});
}

#[test]
#[should_panic(expected = "there is a tool `twice` already")]
fn two_tools_of_one_name_are_a_mistake() {
    let _ = builder().tool("twice", "", |_: NoArguments, _| async {}).tool(
        "twice",
        "",
        |_: NoArguments, _| async {},
    );
}

#[test]
#[should_panic(expected = "are no JSON object but: \"array\"")]
fn arguments_that_are_no_object_are_a_mistake() {
    let _ = builder().tool("list", "", |_: Vec<String>, _| async {});
}

#[test]
fn results_of_every_kind_become_what_the_protocol_knows() {
    let server = builder()
        .tool("text", "", |_: NoArguments, _| async { "text" })
        .tool("string", "", |_: NoArguments, _| async { "string".to_owned() })
        .tool("unit", "", |_: NoArguments, _| async {})
        .tool("struct", "", |_: NoArguments, _| async { Json(Sum { sum: 1.5 }) })
        .tool("array", "", |_: NoArguments, _| async { json!([1, 2]) })
        .tool("content", "", |_: NoArguments, _| async {
            vec![Content::text("a"), Content::text("b")]
        })
        .tool("whole", "", |_: NoArguments, _| async { CallToolResult::error("whole") })
        .tool("ok", "", |_: NoArguments, _| async { Ok::<_, String>("fine") })
        .tool("err", "", |_: NoArguments, _| async { Err::<(), _>("broken") })
        .build();
    let text = |text: &str| json!({ "content": [{ "type": "text", "text": text }] });
    let mut session = Session::new(&server);
    for (tool, result) in [
        ("text", text("text")),
        ("string", text("string")),
        ("unit", json!({ "content": [] })),
        (
            "struct",
            json!({
                "content": [{ "type": "text", "text": "{\"sum\":1.5}" }],
                "structuredContent": { "sum": 1.5 },
            }),
        ),
        // Before 2026-07-28 structured content is an object.
        ("array", text("[1,2]")),
        (
            "content",
            json!({ "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }] }),
        ),
        ("whole", json!({ "content": [{ "type": "text", "text": "whole" }], "isError": true })),
        ("ok", text("fine")),
        ("err", json!({ "content": [{ "type": "text", "text": "broken" }], "isError": true })),
    ] {
        assert_eq!(session.result(tool, json!({}))["result"], result, "{tool}");
    }
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "array", "_meta": meta });
    session.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }));
    assert_eq!(session.drain()[0]["result"]["structuredContent"], json!([1, 2]));
}

#[test]
fn an_unknown_tool_is_an_error_of_the_protocol() {
    let mut session = Session::new(&builder().tool("add", "", add).build());
    let error = &session.result("nope", json!({}))["error"];
    assert_eq!(*error, json!({ "code": -32602, "message": "no such tool: nope" }));
}

#[test]
fn arguments_that_do_not_fit_are_a_result_that_says_why() {
    let mut session = Session::new(&builder().tool("add", "", add).build());
    for (arguments, why) in [
        (json!({}), "missing field `a`"),
        (json!({ "a": "1" }), "expected f64"),
        (json!({ "a": 1, "b": 1.5 }), "expected i64"),
    ] {
        let result = session.result("add", arguments)["result"].clone();
        assert_eq!(result["isError"], true);
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("`add`") && text.contains(why), "{text}");
    }
    let result = session.result("add", json!({ "a": 1, "b": 2, "unknown": 3 }));
    assert_eq!(result["result"]["structuredContent"], json!({ "sum": 3.0 }));
}

#[test]
fn a_handler_that_panics_ends_its_own_call_only() {
    let server = builder()
        .tool("late", "", |_: NoArguments, ctx: Context| async move {
            ctx.report_progress(1, 2, None).await;
            assert!(!ctx.wants_progress(), "on purpose");
        })
        .tool("early", "", |_: NoArguments, _: Context| {
            assert!(std::hint::black_box(false), "on purpose");
            async {}
        })
        .tool("add", "", add)
        .build();
    let mut session = Session::new(&server);
    for tool in ["late", "early"] {
        let error = &session.result(tool, json!({}))["error"];
        assert_eq!(*error, json!({ "code": -32603, "message": "the handler panicked" }), "{tool}");
    }
    assert_eq!(session.result("add", json!({ "a": 1 }))["result"]["structuredContent"]["sum"], 1.0);
}

#[test]
fn report_progress_takes_every_kind_of_number_and_text() {
    let server = builder()
        .tool("report", "", |_: NoArguments, ctx: Context| async move {
            let (i, n, text) = (3_usize, 10_u32, "borrowed".to_owned());
            ctx.report_progress(3, 10, None).await;
            ctx.report_progress(i, n, "literal").await;
            ctx.report_progress(0.5, 1.0, &text).await;
            ctx.report_progress(3_f32, None, format!("{i} so far")).await;
            ctx.report_progress(1_u64 << 40, Some(2e12), Some("some")).await;
            ctx.report_progress(-1_i8, 0_f32, text).await;
        })
        .build();
    let mut session = Session::new(&server);
    session.call(7, "report", json!({}));
    let sent: Vec<_> = session.drain().iter().map(|message| message["params"].clone()).collect();
    assert_eq!(
        sent[..6],
        [
            json!({ "progressToken": 7, "progress": 3, "total": 10 }),
            json!({ "progressToken": 7, "progress": 3, "total": 10, "message": "literal" }),
            json!({ "progressToken": 7, "progress": 0.5, "total": 1, "message": "borrowed" }),
            json!({ "progressToken": 7, "progress": 3, "message": "3 so far" }),
            json!({ "progressToken": 7, "progress": 1_u64 << 40, "total": 2_000_000_000_000_i64, "message": "some" }),
            json!({ "progressToken": 7, "progress": -1, "total": 0, "message": "borrowed" }),
        ]
    );
}

#[test]
fn rule_12_a_report_is_made_by_the_call_itself_and_need_not_be_awaited() {
    let server = builder()
        .tool("report", "", |_: NoArguments, ctx: Context| async move {
            ctx.report_progress(1, None, None);
            ctx.report_progress(2, None, None);
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "report", json!({}));
    assert_eq!(progress(&session.drain()), [1.0, 2.0]);
}

#[test]
fn rule_12_a_tight_loop_loses_nothing_while_the_peer_reads() {
    let server = builder()
        .tool("loop", "", |_: NoArguments, ctx: Context| async move {
            for i in 0..10_000 {
                ctx.report_progress(i, 10_000, None).await;
            }
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "loop", json!({}));
    let sent = session.drain();
    assert_eq!(progress(&sent), (0..10_000).map(f64::from).collect::<Vec<_>>());
    assert_eq!(sent.last().unwrap()["id"], 1);
}

#[test]
fn rule_12_a_slow_reader_gets_the_last_report_before_the_result_and_memory_stays_bounded() {
    let server = builder()
        .limits(Limits { queue: 8, ..Limits::default() })
        .tool("loop", "", |_: NoArguments, ctx: Context| async move {
            for i in 1..=10_000 {
                ctx.report_progress(i, 10_000, None).await;
            }
            "done"
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "loop", json!({}));
    // The peer reads nothing at all: the handler is not held up.
    session.run();
    let sent = session.take();
    assert_eq!(sent.len(), 10, "8 in the queue, the last report, the result");
    assert_eq!(progress(&sent)[7..], [8.0, 10_000.0]);
    assert_eq!(sent[9]["result"]["content"][0]["text"], "done");
}

#[test]
fn rule_12_flush_makes_a_tool_run_at_the_pace_of_its_peer_and_lose_nothing() {
    let server = builder()
        .limits(Limits { queue: 8, ..Limits::default() })
        .tool("loop", "", |_: NoArguments, ctx: Context| async move {
            for i in 0..100 {
                ctx.report_progress(i, None, None).await;
                ctx.flush().await;
            }
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "loop", json!({}));
    let mut seen = Vec::new();
    loop {
        session.run();
        // One frame at a time: as slow as can be.
        let Some(Transmit::Send { frame, last, .. }) = session.link().try_transmit() else {
            panic!("the call has not ended");
        };
        if last {
            break;
        }
        seen.push(serde_json::from_str::<Value>(&frame.to_json()).unwrap());
    }
    assert_eq!(progress(&seen), (0..100).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn log_messages_wait_for_room_and_none_is_lost() {
    let server = builder()
        .limits(Limits { queue: 4, ..Limits::default() })
        .tool("talk", "", |_: NoArguments, ctx: Context| async move {
            for i in 0..50 {
                ctx.info(format!("line {i}")).await;
            }
            ctx.debug(json!({ "a": 1 })).await;
            ctx.warning("w").await;
            ctx.error("e").await;
            ctx.log(Level::Alert, Some("me"), 5).await;
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "talk", json!({}));
    session.run();
    assert_eq!(session.take().len(), 4, "the others wait in the tool");
    let sent = session.drain();
    let lines: Vec<_> = sent.iter().map(|message| message["params"]["data"].clone()).collect();
    let expected: Vec<_> = (4..50).map(|i| json!(format!("line {i}"))).collect();
    assert_eq!(lines[..46], expected);
    assert_eq!(sent[46]["params"], json!({ "level": "debug", "data": { "a": 1 } }));
    assert_eq!(sent[47]["params"]["level"], "warning");
    assert_eq!(sent[48]["params"]["level"], "error");
    assert_eq!(sent[49]["params"], json!({ "level": "alert", "logger": "me", "data": 5 }));
}

/// Counts when it is dropped.
struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_cancelled_handler_is_dropped_where_it_waits() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dropped);
    let server = builder()
        .tool("wait", "", move |_: NoArguments, ctx: Context| {
            let guard = Guard(Arc::clone(&count));
            async move {
                let _guard = guard;
                ctx.report_progress(1, 2, None).await;
                pending::<()>().await;
            }
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "wait", json!({}));
    assert_eq!(progress(&session.drain()), [1.0]);
    session.cancel(1);
    assert_eq!(session.drain(), Vec::<Value>::new(), "no answer");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    // The id is free again.
    session.call(1, "wait", json!({}));
    assert_eq!(progress(&session.drain()), [1.0]);
}

#[test]
fn a_cancelled_handler_that_waits_for_nothing_but_its_reports_is_dropped_there() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dropped);
    let server = builder()
        .tool("endless", "", move |_: NoArguments, ctx: Context| {
            let guard = Guard(Arc::clone(&count));
            async move {
                let _guard = guard;
                for i in 0_u64.. {
                    match i % 3 {
                        0 => ctx.report_progress(i, None, None).await,
                        1 => ctx.flush().await,
                        _ => ctx.debug("on and on").await,
                    }
                }
            }
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "endless", json!({}));
    // With a token and without one.
    let params = json!({ "name": "endless" });
    session.send(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params }));
    for _ in 0..100 {
        session.turn();
        session.take();
    }
    session.cancel(1);
    session.cancel(2);
    assert_eq!(session.drain(), Vec::<Value>::new());
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

#[test]
fn a_handler_that_waits_for_cancellation_can_wind_up() {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let server = builder()
        .tool("wait", "", move |_: NoArguments, ctx: Context| {
            let tell = tell.lock().unwrap().clone();
            async move {
                assert!(!ctx.is_cancelled());
                ctx.cancelled().await;
                tell.send((ctx.is_cancelled(), ctx.request_id().clone())).unwrap();
                ctx.report_progress(1, 1, None).await;
                ctx.info("too late").await;
                ctx.flush().await;
                "too late"
            }
        })
        .build();
    let mut session = Session::new(&server);
    session.call(5, "wait", json!({}));
    assert_eq!(session.drain(), Vec::<Value>::new());
    session.cancel(5);
    assert_eq!(session.drain(), Vec::<Value>::new());
    assert_eq!(told.recv().unwrap(), (true, Id::Integer(5)));
}

#[test]
fn a_lost_connection_cancels_its_handlers_and_ends_the_driver() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let contexts: Arc<Mutex<Vec<Context>>> = Arc::default();
    let (count, keep) = (Arc::clone(&dropped), Arc::clone(&contexts));
    let server = builder()
        .tool("wait", "", move |_: NoArguments, ctx: Context| {
            let guard = Guard(Arc::clone(&count));
            keep.lock().unwrap().push(ctx);
            async move {
                let _guard = guard;
                pending::<()>().await;
            }
        })
        .build();

    let mut session = Session::new(&server);
    session.call(1, "wait", json!({}));
    session.call(2, "wait", json!({}));
    session.run();
    session.link = None;
    session.run();
    assert!(session.ended);
    assert_eq!(dropped.load(Ordering::SeqCst), 2);

    // The other way round: the driver is dropped first.
    let session = Session::new(&server);
    session.call(1, "wait", json!({}));
    let Session { link, mut driver, .. } = session;
    let waker = Waker::noop();
    let _ = driver.as_mut().poll(&mut task::Context::from_waker(waker));
    drop(driver);
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
    assert!(link.unwrap().try_transmit().is_none());

    // What is left of the calls knows, and is harmless.
    for ctx in contexts.lock().unwrap().iter() {
        assert!(ctx.is_cancelled());
        ctx.report_progress(1, 2, "late");
        block_on(async {
            ctx.info("late").await;
            ctx.flush().await;
            ctx.cancelled().await;
        });
    }
}

#[test]
fn the_context_may_move_to_another_thread() {
    let server = builder()
        .tool("thread", "", |_: NoArguments, ctx: Context| async move {
            let done = Arc::new(Mutex::new((false, None::<Waker>)));
            let state = Arc::clone(&done);
            let thread = std::thread::spawn(move || {
                for i in 0..100 {
                    ctx.report_progress(i, 100, None);
                    block_on(ctx.flush());
                }
                let mut state = state.lock().unwrap();
                state.0 = true;
                if let Some(waker) = state.1.take() {
                    waker.wake();
                }
            });
            poll_fn(|cx| {
                let mut state = done.lock().unwrap();
                state.1 = Some(cx.waker().clone());
                if state.0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            thread.join().unwrap();
        })
        .build();
    let mut session = Session::new(&server);
    session.call(1, "thread", json!({}));
    let mut sent = Vec::new();
    while !sent.last().is_some_and(|message: &Value| message["id"] == 1) {
        sent.extend(session.drain());
        std::thread::yield_now();
    }
    assert_eq!(progress(&sent), (0..100).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn only_the_handler_that_was_woken_is_polled() {
    let polls = Arc::new(AtomicUsize::new(0));
    let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
    let (count, keep) = (Arc::clone(&polls), Arc::clone(&wakers));
    let server = builder()
        .tool("wait", "", move |_: NoArguments, _| {
            let (count, keep) = (Arc::clone(&count), Arc::clone(&keep));
            let mut is_first = true;
            poll_fn(move |cx| {
                count.fetch_add(1, Ordering::SeqCst);
                if std::mem::take(&mut is_first) {
                    keep.lock().unwrap().push(cx.waker().clone());
                    return Poll::Pending;
                }
                Poll::Ready("woken")
            })
        })
        .build();
    let mut session = Session::new(&server);
    for id in 0..100 {
        session.call(id, "wait", json!({}));
    }
    session.run();
    assert_eq!(polls.load(Ordering::SeqCst), 100);
    let waker = wakers.lock().unwrap()[42].clone();
    waker.wake_by_ref();
    waker.wake_by_ref();
    let sent = session.drain();
    assert_eq!((sent.len(), &sent[0]["id"]), (1, &json!(42)));
    assert_eq!(polls.load(Ordering::SeqCst), 101);
    waker.wake();
    assert_eq!(session.drain(), Vec::<Value>::new(), "a waker that outlives its call is harmless");
}

#[test]
fn handlers_know_their_call() {
    let server = builder()
        .tool("who", "", |_: NoArguments, ctx: Context| async move {
            assert_eq!(ctx.protocol_version(), Version::V2025_11_25);
            format!("{:?} {}", ctx.request_id(), ctx.wants_progress())
        })
        .build();
    let mut session = Session::new(&server);
    let result = session.result("who", json!({}));
    assert_eq!(result["result"]["content"][0]["text"], "Integer(1) true");
    let params = json!({ "name": "who" });
    session.send(json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": params }));
    assert_eq!(session.drain()[0]["result"]["content"][0]["text"], "Text(\"a\") false");
}

#[test]
fn deep_nesting_and_garbage_are_errors_and_the_session_goes_on() {
    let mut session = Session::new(&builder().tool("add", "", add).build());
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let nested = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{{"a":{deep}}}}}}}"#
    );
    for text in [deep.as_str(), nested.as_str(), "", "{", "\u{feff}{", "nonsense"] {
        session.link().receive(text);
        assert_eq!(session.drain()[0]["error"]["code"], -32700);
        assert_eq!(session.result("add", json!({ "a": 1 }))["result"]["isError"], Value::Null);
    }
}
