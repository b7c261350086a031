//! The client for native Rust programs, against our server: child processes, WebSocket and HTTP.
#![cfg(all(feature = "native-client", feature = "native", unix))]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use mcp_wasm::Client;
use mcp_wasm::client::{Clock, Command, Connect, Era, Error, Level, Mode, Oddity, Progress, Value};
use mcp_wasm::jsonrpc::Payload;
use mcp_wasm::server::{
    Context, ElicitRequest, InputError, Json, NoArguments, SampleRequest, Server,
};
use mcp_wasm::types::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

#[path = "support/own.rs"]
mod own;
#[path = "support/socket.rs"]
mod socket;
use own::{own, serve_if_told, shell};
use socket::{Host, PATIENCE};

/// Set when the server has heard that a call was given up.
static CANCELLED: AtomicU32 = AtomicU32::new(0);

struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        CANCELLED.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Deserialize, JsonSchema)]
struct Count {
    to: u32,
}

#[derive(Deserialize, Serialize, JsonSchema, Debug, PartialEq)]
struct Counted {
    counted: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Name {
    #[allow(dead_code)]
    name: String,
}

fn server() -> Server {
    let mut builder = Server::builder("Test", "1.0.0")
        .page_size(3)
        .tool("count", "Counts", |Count { to }: Count, ctx: Context| async move {
            for i in 1..=to {
                ctx.report_progress(i, to, &*format!("step {i}")).await;
                // Reports that wait are replaced, and many calls at once have many of them.
                ctx.flush().await;
            }
            Json(Counted { counted: to })
        })
        .tool("hang", "", |_: NoArguments, ctx: Context| async move {
            let _ends = Ends;
            ctx.report_progress(1, None, None).await;
            std::future::pending::<()>().await;
        })
        .tool("fail", "", |_: NoArguments, _: Context| async { Err::<String, _>("it went wrong") })
        .tool("die", "", |_: NoArguments, ctx: Context| async move {
            ctx.report_progress(1, None, None).await;
            eprintln!("the last words");
            std::process::exit(7);
            #[allow(unreachable_code)]
            ""
        })
        .tool("log", "", |_: NoArguments, ctx: Context| async move {
            ctx.info("careful").await;
            ctx.debug("details").await;
        })
        .tool("large", "", |_: NoArguments, _: Context| async { "x".repeat(2 << 20) })
        .tool("change", "", |_: NoArguments, ctx: Context| async move {
            ctx.server().tools_changed();
        })
        .tool("ask", "", |_: NoArguments, ctx: Context| async move {
            let answer = ctx.elicit("name", ElicitRequest::of::<Name>("Who?")).await?;
            let name = answer.read::<Name>().map_or("nobody".to_owned(), |it| it.name);
            let sample = ctx.sample("sum", SampleRequest::new("Sum up", 10)).await?.text();
            let roots = ctx.roots("roots").await?;
            let first = roots.first().map_or(String::new(), |root| root.uri.clone());
            Ok::<_, InputError>(format!("{name}, {sample}, {first}"))
        })
        .resource(Resource::new("test://one", "one"), |_| async { Ok::<_, String>("first") });
    for i in 0..10 {
        let name = format!("more_{i}");
        builder = builder.tool(&name, "", |_: NoArguments, _: Context| async {});
    }
    builder.build()
}

#[test]
fn serves_if_it_is_told_to() {
    serve_if_told(server);
}

/// Every way to the server, in both eras.
async fn everywhere(test: impl AsyncFn(&str, Connect)) {
    let host = Host::start(server()).await;
    for mode in [Mode::Auto, Mode::Legacy] {
        test("child", Client::connect(own()).mode(mode)).await;
        let ws = format!("ws://{}/mcp", host.address);
        test("socket", Client::connect(ws).mode(mode)).await;
        let http = format!("http://{}/mcp", host.address);
        test("http", Client::connect(&http).mode(mode)).await;
    }
}

/// What a handler into, and where it puts that.
fn recorder() -> (impl FnMut(Progress) + Send + 'static, Arc<Mutex<Vec<f64>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    (move |progress: Progress| into.lock().unwrap().push(progress.progress), heard)
}

async fn within<F: IntoFuture>(what: F) -> F::Output {
    timeout(PATIENCE, what).await.expect("in time")
}

fn steps(to: u32) -> Vec<f64> {
    (1..=to).map(f64::from).collect()
}

async fn eventually(what: impl Fn() -> bool) {
    within(async {
        while !what() {
            sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_3_all_progress_comes_in_order_before_the_result_on_every_transport_in_both_eras() {
    everywhere(async |way, connect| {
        let client = within(connect).await.unwrap();
        assert_eq!(client.server_info().unwrap().name, "Test", "{way}");
        assert!(client.server_capabilities().unwrap().get("tools").is_some(), "{way}");
        let (handler, heard) = recorder();
        let call = client.call_tool("count", json!({ "to": 50 })).on_progress(handler);
        let result = within(call).await.unwrap();
        assert_eq!(*heard.lock().unwrap(), steps(50), "{way}");
        assert_eq!(result.structured::<Counted>().unwrap(), Counted { counted: 50 });
        within(client.close()).await;
        assert!(!client.is_connected());
        let error = client.ping().await.unwrap_err();
        assert!(matches!(error, Error::Closed { may_have_run: false, .. }), "{way}: {error}");
    })
    .await;
}

#[tokio::test]
async fn both_eras_are_found_out() {
    let host = Host::start(server()).await;
    let url = format!("ws://{}/mcp", host.address);
    let client = within(Client::connect(&url)).await.unwrap();
    assert_eq!(client.era(), Some(Era::Modern));
    // One that hangs up on whatever is no `initialize`, and is started again.
    let script = r#"read -r line; case $line in *'"initialize"'*) ;; *) exit 1;; esac
        echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{"name":"old","version":"1"}}}'
        cat > /dev/null"#;
    let client = within(Client::connect(shell(script))).await.unwrap();
    assert_eq!(client.protocol_version().unwrap().as_str(), "2025-03-26");
}

#[tokio::test]
async fn rule_2_a_calls_own_handler_takes_the_place_of_the_clients() {
    everywhere(async |way, connect| {
        let (handler, all) = recorder();
        let client = within(connect.on_progress(handler)).await.unwrap();
        let count = || client.call_tool("count", json!({ "to": 2 }));
        within(count()).await.unwrap();
        let (handler, own) = recorder();
        within(count().on_progress(handler)).await.unwrap();
        within(count().silent()).await.unwrap();
        assert_eq!(*all.lock().unwrap(), steps(2), "{way}");
        assert_eq!(*own.lock().unwrap(), steps(2), "{way}");
    })
    .await;
}

/// Keeps the messages of events.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Events {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("mcp_wasm")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 = format!("{value:?}");
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(format!("{} {}", event.metadata().level(), text.0));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn rule_1_without_any_handler_progress_is_a_debug_event() {
    let events = Events::default();
    let _guard = tracing::subscriber::set_default(events.clone());
    let client = within(Client::connect(own())).await.unwrap();
    within(client.call_tool("count", json!({ "to": 2 }))).await.unwrap();
    let events = events.0.lock().unwrap();
    let progress: Vec<_> = events.iter().filter(|line| line.contains("Progress")).collect();
    assert_eq!(
        progress,
        ["DEBUG Progress: 1/2 (50.0%) - step 1", "DEBUG Progress: 2/2 (100.0%) - step 2"]
    );
}

#[tokio::test]
async fn rule_8_a_call_that_is_given_up_ends_at_once_and_the_server_is_told() {
    everywhere(async |way, connect| {
        let client = within(connect).await.unwrap();
        let before = CANCELLED.load(Ordering::SeqCst);
        let running = Arc::new(AtomicBool::new(false));
        let begins = Arc::clone(&running);
        let call = client
            .call_tool("hang", ())
            .on_progress(move |_| begins.store(true, Ordering::SeqCst))
            .start();
        let handle = call.handle();
        let ended = tokio::spawn(call);
        eventually(|| running.load(Ordering::SeqCst)).await;
        handle.cancel("the user pressed stop");
        let error = within(ended).await.unwrap().unwrap_err();
        assert_eq!(error.code(), "ABORTED", "{way}");
        assert!(error.to_string().contains("the user pressed stop"));
        // Dropping it is the same.
        running.store(false, Ordering::SeqCst);
        let begins = Arc::clone(&running);
        let dropped =
            client.call_tool("hang", ()).on_progress(move |_| begins.store(true, Ordering::SeqCst));
        tokio::select! {
            ended = dropped.into_future() => panic!("{way}: {ended:?}"),
            () = eventually(|| running.load(Ordering::SeqCst)) => {}
        }
        assert!(within(client.ping()).await.is_ok(), "{way}");
        if way != "child" {
            eventually(|| CANCELLED.load(Ordering::SeqCst) >= before + 2).await;
        }
    })
    .await;
}

#[tokio::test]
async fn rule_7_both_clocks_end_a_call() {
    everywhere(async |way, connect| {
        let client = within(connect.silent()).await.unwrap();
        let call = client.call_tool("hang", ()).timeout(Duration::from_millis(40));
        let error = within(call).await.unwrap_err();
        let Error::Timeout { clock: Clock::Idle, after, .. } = &error else {
            panic!("{way}: {error}")
        };
        assert_eq!(*after, Duration::from_millis(40));
        let call = client.call_tool("hang", ()).max_total_timeout(Duration::from_millis(30));
        let error = within(call).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { clock: Clock::Total, .. }), "{way}: {error}");
    })
    .await;
}

#[tokio::test]
async fn a_call_that_stalls_is_told_and_so_is_odd_progress() {
    const TIME: Duration = Duration::from_millis(20);
    // Its report comes when it is asked for something else: when the call has stalled. With the result
    // behind it, so that the call cannot stall again.
    let script = r#"read -r line; read -r line; read -r line
        echo '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":999,"progress":1}}'
        read -r line
        printf '%s\n%s\n%s\n' '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}}' \
            '{"jsonrpc":"2.0","id":2,"result":{"content":[]}}' '{"jsonrpc":"2.0","id":3,"result":{}}'
        cat > /dev/null"#;
    let script = format!(
        "echo '{}'; {script}",
        r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#
    );
    // As the call is told, or the client.
    for of_client in [false, true] {
        let odd = Arc::new(Mutex::new(Vec::new()));
        let stalled = Arc::new(Mutex::new(Vec::new()));
        let (tells, into) = (Arc::clone(&odd), Arc::clone(&stalled));
        let connect = Client::connect(shell(&script))
            .mode(Mode::Legacy)
            .on_odd_progress(move |oddity, _| tells.lock().unwrap().push(oddity));
        let connect = if of_client { connect.stall_after(TIME) } else { connect };
        let client = within(connect).await.unwrap();
        let call = client
            .call_tool("tool", ())
            .silent()
            .on_stalled(move |is| into.lock().unwrap().push(is));
        let call = if of_client { call } else { call.stall_after(TIME) }.start();
        eventually(|| !stalled.lock().unwrap().is_empty()).await;
        within(client.ping()).await.unwrap();
        within(call).await.unwrap();
        assert_eq!(*odd.lock().unwrap(), [Oddity::Unknown]);
        assert_eq!(*stalled.lock().unwrap(), [true, false]);
        assert_eq!(client.progress_counts().unknown, 1);
    }
}

/// A child that dies in a call, and how long it takes until that has failed.
async fn dies() -> Duration {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&ends);
    let died = Arc::new(Mutex::new(None));
    let at_death = Arc::clone(&died);
    let command = own().on_stderr(move |line| {
        if line.contains("the last words") {
            *at_death.lock().unwrap() = Some(Instant::now());
        }
    });
    let connect = Client::connect(command).on_close(move |error| {
        told.lock().unwrap().push(error.to_string());
    });
    let client = within(connect).await.unwrap();
    let waits = client.call_tool("hang", ()).silent().start();
    let error = within(client.call_tool("die", ()).silent()).await.unwrap_err();
    let taken = died.lock().unwrap().unwrap().elapsed();
    let Error::Closed { reason, may_have_run: true, .. } = &error else { panic!("{error}") };
    assert!(reason.contains("exit status: 7") && reason.contains("the last words"), "{reason}");
    let exit = error.exit().expect("it was a program");
    assert_eq!((exit.code, exit.signal), (Some(7), None));
    assert!(exit.stderr.iter().any(|line| line == "the last words"), "{exit:?}");
    assert_eq!(error.call(), "tools/call die");
    assert_eq!(within(waits).await.unwrap_err().code(), "CLOSED");
    eventually(|| ends.lock().unwrap().len() == 1).await;
    assert!(client.ping().await.is_err());
    taken
}

#[tokio::test]
async fn a_child_that_dies_fails_its_calls_in_a_tenth_of_a_second_with_exit_code_and_last_words() {
    let mut taken = Duration::MAX;
    // A machine that is busy with other tests may take longer, for a while.
    for _ in 0..20 {
        taken = taken.min(dies().await);
        if taken < Duration::from_millis(100) {
            return;
        }
    }
    panic!("{taken:?}");
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_fails_its_calls_and_takes_a_new_client() {
    let mut host = Host::start(server()).await;
    let url = format!("ws://{}/mcp", host.address);
    let client = within(Client::connect(&url)).await.unwrap();
    let call = client.call_tool("hang", ()).silent().start();
    within(client.ping()).await.unwrap();
    host.stop();
    let error = within(call).await.unwrap_err();
    assert!(matches!(error, Error::Closed { may_have_run: true, .. }), "{error}");
    host.ended().await;
    let error = within(Client::connect(&url)).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    let host = Host::start(server()).await;
    let client = within(Client::connect(format!("ws://{}/mcp", host.address))).await.unwrap();
    within(client.ping()).await.unwrap();
}

#[tokio::test]
async fn lists_come_with_all_their_pages_and_resources_prompts_and_any_request_work() {
    everywhere(async |way, connect| {
        let client = within(connect).await.unwrap();
        let tools = within(client.list_tools()).await.unwrap();
        assert!(tools.len() > 15 && tools.iter().any(|tool| tool.name == "more_9"), "{way}");
        let resources = within(client.list_resources()).await.unwrap();
        assert_eq!(resources.len(), 1);
        let read = within(client.read_resource("test://one")).await.unwrap();
        assert!(format!("{read:?}").contains("first"), "{way}: {read:?}");
        let raw: Value = within(client.request_raw("tools/list", Value::object())).await.unwrap();
        assert!(raw.get("nextCursor").is_some());
        within(client.request_raw("tools/list", Value::default())).await.unwrap();
        let error = within(client.request::<Counted>("no/such", ())).await.unwrap_err();
        assert!(matches!(error, Error::Rpc { code: -32601, .. }), "{way}: {error}");
        let failed = within(client.call_tool("fail", ())).await.unwrap();
        assert!(failed.is_error && failed.text() == "it went wrong");
        assert_eq!(failed.success().unwrap_err().code(), "TOOL_ERROR");
        let error = within(client.call_tool("fail", "no object")).await.unwrap_err();
        assert_eq!(error.code(), "INVALID_ARGUMENT");
    })
    .await;
}

#[tokio::test]
async fn log_messages_and_notifications_reach_their_handlers_in_both_eras() {
    everywhere(async |way, connect| {
        let (said, heard) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (logs, into) = (Arc::clone(&said), Arc::clone(&heard));
        let connect = connect
            .on_log(move |log| logs.lock().unwrap().push((log.level, log.text())))
            .on_notification(move |method, _| into.lock().unwrap().push(method));
        let client = within(connect).await.unwrap();
        within(client.set_log_level(Level::Info)).await.unwrap();
        within(client.call_tool("log", ())).await.unwrap();
        assert_eq!(*said.lock().unwrap(), [(Level::Info, "careful".to_owned())], "{way}");
        assert_eq!(*heard.lock().unwrap(), ["notifications/message"], "{way}");
    })
    .await;
}

#[derive(Deserialize)]
struct Question {
    message: String,
}

#[tokio::test]
async fn what_a_server_asks_for_is_answered_in_both_eras() {
    everywhere(async |way, connect| {
        let connect = connect
            .on_request("elicitation/create", async |question: Question| {
                assert_eq!(question.message, "Who?");
                sleep(Duration::from_millis(1)).await;
                Ok(json!({ "action": "accept", "content": { "name": "Ada" } }))
            })
            .on_request("sampling/createMessage", async |_: serde_json::Value| {
                let content = json!({ "type": "text", "text": "in short" });
                Ok(json!({ "role": "assistant", "model": "none", "content": content }))
            })
            .on_request("roots/list", async |_: serde_json::Value| {
                Ok(json!({ "roots": [{ "uri": "file:///home" }] }))
            });
        let client = within(connect).await.unwrap();
        let result = within(client.call_tool("ask", ())).await.unwrap();
        assert_eq!(result.text(), "Ada, in short, file:///home", "{way}");
    })
    .await;
}

#[tokio::test]
async fn news_reaches_a_subscription_in_both_eras() {
    everywhere(async |way, connect| {
        let client = within(connect).await.unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&heard);
        let filter = HashMap::from([("toolsListChanged", true)]);
        let listen = client
            .listen(filter)
            .on_notification(move |method, _| into.lock().unwrap().push(method));
        let subscription = within(listen).await.unwrap();
        assert_eq!(subscription.honored().to_string(), r#"{"toolsListChanged":true}"#, "{way}");
        within(client.call_tool("change", ())).await.unwrap();
        eventually(|| !heard.lock().unwrap().is_empty()).await;
        assert_eq!(*heard.lock().unwrap(), ["notifications/tools/list_changed"], "{way}");
        drop(subscription);
        within(client.ping()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn rule_6_a_function_that_panics_breaks_neither_the_call_nor_the_connection() {
    everywhere(async |way, connect| {
        let connect = connect
            .on_request("elicitation/create", async |_: Question| -> Result<(), String> {
                panic!("on purpose")
            })
            .on_request("sampling/createMessage", async |_: serde_json::Value| Ok(json!({})))
            .on_request("roots/list", async |_: serde_json::Value| Ok(json!({})));
        let client = within(connect).await.unwrap();
        let heard = Arc::new(AtomicU32::new(0));
        let into = Arc::clone(&heard);
        let call = client.call_tool("count", json!({ "to": 3 })).on_progress(move |_| {
            into.fetch_add(1, Ordering::SeqCst);
            panic!("on purpose");
        });
        within(call).await.unwrap();
        assert_eq!(heard.load(Ordering::SeqCst), 3, "{way}");
        match within(client.call_tool("ask", ())).await {
            Ok(result) => assert!(result.is_error, "{way}: {result:?}"),
            Err(error) => assert_eq!(error.code(), "INPUT_FAILED", "{way}"),
        }
        within(client.ping()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_many_tasks_at_once_get_their_own_progress_and_results() {
    everywhere(async |way, connect| {
        let client = within(connect).await.unwrap();
        let calls = (0..30).map(|i| {
            let client = client.clone();
            tokio::spawn(async move {
                let (handler, heard) = recorder();
                let call = client.call_tool("count", json!({ "to": i + 1 })).on_progress(handler);
                let counted: Counted = call.await?.structured()?;
                assert_eq!(*heard.lock().unwrap(), steps(counted.counted));
                Ok::<_, Error>(counted.counted)
            })
        });
        let results = within(join_all(calls)).await;
        for (i, counted) in results.into_iter().enumerate() {
            let counted = counted.unwrap().unwrap_or_else(|error| panic!("{way}: {error}"));
            assert_eq!(usize::try_from(counted).unwrap(), i + 1, "{way}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_place_that_one_thread_takes_while_another_call_ends_in_it_is_the_new_calls() {
    let host = Host::start(server()).await;
    let client = Client::connect(format!("ws://{}/mcp", host.address)).silent();
    let client = within(client).await.unwrap();
    let callers = (0..8_u32).map(|caller| {
        let client = client.clone();
        tokio::spawn(async move {
            for turn in 0..150 {
                let method = format!("no/such/{caller}/{turn}").leak();
                // The error names the method, and so the call that it is for.
                let error = client.request::<Counted>(method, ()).await.unwrap_err();
                let Error::Rpc { message, .. } = &error else { panic!("{error}") };
                assert!(message.contains(&*method), "{method}: {message}");
            }
        })
    });
    for caller in within(join_all(callers)).await {
        caller.unwrap();
    }
}

#[tokio::test]
async fn a_handler_may_call_and_cancel() {
    let client = within(Client::connect(own())).await.unwrap();
    let inner = client.clone();
    let results = Arc::new(Mutex::new(Vec::new()));
    let puts = Arc::clone(&results);
    let call = client.call_tool("hang", ()).start();
    let handle = call.handle();
    let other = client.call_tool("count", json!({ "to": 1 })).on_progress(move |_| {
        let call = inner.call_tool("count", json!({ "to": 4 })).silent().start();
        let puts = Arc::clone(&puts);
        tokio::spawn(async move {
            let result = call.await.map(|result| result.text());
            puts.lock().unwrap().push(result);
        });
        handle.cancel(None);
    });
    within(other).await.unwrap();
    assert_eq!(within(call).await.unwrap_err().code(), "ABORTED");
    eventually(|| results.lock().unwrap().len() == 1).await;
    assert!(results.lock().unwrap()[0].as_ref().unwrap().contains('4'));
}

#[tokio::test]
async fn a_message_that_is_too_large_fails_its_call_and_nothing_else() {
    everywhere(async |way, connect| {
        let client = within(connect.max_message_size(1 << 20)).await.unwrap();
        let error = within(client.call_tool("large", ())).await.unwrap_err();
        assert_eq!(error.code(), "MESSAGE_TOO_LARGE", "{way}: {error}");
        let arguments = json!({ "to": 1, "more": "x".repeat(1 << 20) });
        let error = within(client.call_tool("count", arguments)).await.unwrap_err();
        assert_eq!(error.code(), "MESSAGE_TOO_LARGE", "{way}: {error}");
        within(client.ping()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_no_message_is_told_to_who_wants_to_hear_of_it() {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&faults);
    // The test's own program says on its standard output that it runs a test.
    let connect = Client::connect(own()).on_error(move |error| {
        told.lock().unwrap().push(error.to_string());
    });
    let client = within(connect).await.unwrap();
    within(client.ping()).await.unwrap();
    let faults = faults.lock().unwrap();
    assert!(faults.iter().any(|fault| fault.contains("running 1 test")), "{faults:?}");
}

#[tokio::test]
async fn what_keeps_a_client_from_connecting_is_said() {
    let host = Host::start(server()).await;
    for (url, code, words) in [
        ("no url".to_owned(), "INVALID_ARGUMENT", "not a URL"),
        ("ftp://example.com".to_owned(), "INVALID_ARGUMENT", "must start with"),
        ("ws://127.0.0.1:1/mcp".to_owned(), "CLOSED", "refused"),
        ("http://127.0.0.1:1/mcp".to_owned(), "CLOSED", "refused"),
        (format!("ws://{}/elsewhere", host.address), "CLOSED", "404"),
        (format!("http://{}/elsewhere", host.address), "HTTP_ERROR", "404"),
    ] {
        let error = within(Client::connect(&url)).await.unwrap_err();
        assert_eq!(error.code(), code, "{url}: {error}");
        assert!(error.to_string().contains(words) && error.to_string().contains(&url), "{error}");
    }
    let error = within(Client::connect(Command::new("no-such-server"))).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("connecting to `no-such-server`") && text.contains("PATH"), "{text}");
    let silent =
        Client::connect(shell("cat > /dev/null")).connect_timeout(Duration::from_millis(80));
    let error = within(silent).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { clock: Clock::Connect, .. }), "{error}");
    let dying = Client::connect(shell("echo no key >&2; exit 1"));
    let error = within(dying).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("exit status: 1") && text.contains("no key"), "{text}");
    let exit = error.exit().expect("it was a program");
    assert_eq!((exit.code, exit.stderr.as_slice()), (Some(1), ["no key".to_owned()].as_slice()));
    let killed = within(Client::connect(shell("kill -9 $$"))).await.unwrap_err();
    assert_eq!(killed.exit().map(|exit| (exit.code, exit.signal)), Some((None, Some(9))));
}

#[tokio::test]
async fn headers_are_added_to_every_request() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for scheme in ["http", "ws"] {
        let count = Arc::new(AtomicU32::new(0));
        let connect = Client::connect(format!("{scheme}://{address}/mcp"))
            .header("x-own", "one")
            .headers_with(move || {
                let number = count.fetch_add(1, Ordering::SeqCst);
                vec![("authorization".to_owned(), format!("Bearer {number}"))]
            });
        let connecting = tokio::spawn(async move { connect.await.map(drop) });
        let (mut stream, _) = within(listener.accept()).await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
        assert!(
            request.contains("x-own: one") && request.contains("authorization: bearer 0"),
            "{request}"
        );
        connecting.abort();
    }
}

/// Answers one request of HTTP/1.1, and says what was asked: its method, and that of its message.
async fn answer(stream: &mut TcpStream, answer: impl Fn(&str) -> Option<String>) -> String {
    let mut request = vec![0; 8192];
    let length = stream.read(&mut request).await.unwrap_or_default();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let about = request.split("\"method\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let asked = about.unwrap_or(request.split(' ').next().unwrap_or_default()).to_owned();
    match answer(&asked) {
        Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
        None => std::future::pending().await,
    }
    asked
}

#[tokio::test]
async fn a_call_that_waits_for_a_new_session_when_the_client_is_closed_was_never_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (opened, called) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (sessions, calls) = (Arc::clone(&opened), Arc::clone(&called));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (sessions, calls) = (Arc::clone(&sessions), Arc::clone(&calls));
            tokio::spawn(async move {
                let says = |status: &str, more: &str, body: &str| {
                    let length = body.len();
                    Some(format!(
                        "HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                    ))
                };
                let result = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}"#;
                let json = "content-type: application/json\r\nmcp-session-id: s1\r\n";
                answer(&mut stream, |asked| match asked {
                    // No other session is opened.
                    "initialize" if sessions.fetch_add(1, Ordering::SeqCst) > 0 => None,
                    "initialize" => says("200 OK", json, result),
                    "notifications/initialized" => says("202 Accepted", "", ""),
                    // This one is sent, and not answered.
                    "tools/call" => {
                        calls.fetch_add(1, Ordering::SeqCst);
                        None
                    }
                    "ping" => says("404 Not Found", "", ""),
                    _ => says("405 Method Not Allowed", "", ""),
                })
                .await;
            });
        }
    });
    let client =
        within(Client::connect(format!("http://{address}/mcp")).mode(Mode::Legacy)).await.unwrap();
    let sent = client.call_tool("sent", ()).start();
    eventually(|| called.load(Ordering::SeqCst) == 1).await;
    let waits = [client.ping().start(), client.ping().start()];
    eventually(|| opened.load(Ordering::SeqCst) > 1).await;
    let waits_too = client.call_tool("waits", ()).start();
    sleep(Duration::from_millis(20)).await;
    within(client.close()).await;
    for (ends, may) in [(sent, true), (waits_too, false)] {
        let error = within(ends).await.unwrap_err();
        let Error::Closed { may_have_run, .. } = error else { panic!("{error}") };
        assert_eq!(may_have_run, may, "{error}");
    }
    for ends in waits {
        let error = within(ends).await.unwrap_err();
        assert!(matches!(error, Error::Closed { may_have_run: false, .. }), "{error}");
    }
}

#[tokio::test]
async fn the_connection_ends_with_the_last_handle() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let ends = Arc::clone(&ended);
    let script = "echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}'; cat > /dev/null; echo ended >&2";
    // It says so before it is ended, however long it stands still.
    let command = shell(script)
        .grace(PATIENCE)
        .on_stderr(move |line| ends.lock().unwrap().push(line.to_owned()));
    let client = within(Client::connect(command).mode(Mode::Legacy)).await.unwrap();
    let clone = client.clone();
    drop(client);
    assert!(clone.is_connected());
    let call = clone.call_tool("tool", ()).start();
    drop(clone);
    sleep(Duration::from_millis(30)).await;
    assert!(ended.lock().unwrap().is_empty(), "the call holds it");
    drop(call);
    eventually(|| *ended.lock().unwrap() == ["ended"]).await;
}

#[test]
fn without_a_runtime_a_client_says_so_and_with_its_end_no_call_waits_for_ever() {
    let connecting = std::future::IntoFuture::into_future(Client::connect("ws://127.0.0.1:1/"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let error = runtime.block_on(connecting).unwrap_err();
    assert!(error.to_string().contains("tokio"), "{error}");

    let call = runtime.block_on(async {
        let client = within(Client::connect(own())).await.unwrap();
        Some(client.call_tool("hang", ()).silent().start())
    });
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = other.block_on(within(call.unwrap())).unwrap_err();
    assert!(error.to_string().contains("runtime"), "{error}");
}

#[test]
fn a_client_and_its_calls_go_from_thread_to_thread() {
    fn is_portable<T: Send + Sync + 'static>() {}
    fn goes<T: Send + 'static>() {}
    is_portable::<Client>();
    is_portable::<Error>();
    goes::<Connect>();
    goes::<mcp_wasm::client::Connecting>();
    goes::<mcp_wasm::client::CallFuture<mcp_wasm::client::ToolResult>>();
    goes::<mcp_wasm::client::CallHandle>();
    goes::<mcp_wasm::client::Subscription>();
}
