//! What the client machine says beside results and progress reaches a native Rust program: questions
//! that are taken back or answered, tasks, legs, and streams that break off. Stalls, odd progress and
//! news are in `native_client.rs`.
#![cfg(all(feature = "native-client", feature = "native", unix))]

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcp_wasm::Client;
use mcp_wasm::client::{Command, Error, Mode, Value};
use mcp_wasm::jsonrpc::Payload;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

#[path = "support/own.rs"]
#[allow(dead_code)]
mod own;

const PATIENCE: Duration = Duration::from_secs(20);

type Log<T> = Arc<Mutex<Vec<T>>>;

fn log<T: Send + 'static>() -> (Log<T>, impl FnMut(T) + Send + 'static) {
    let log = Log::default();
    let into = Arc::clone(&log);
    (log, move |value| into.lock().unwrap().push(value))
}

async fn eventually(what: impl Fn() -> bool) {
    let waits = async {
        while !what() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waits).await.expect("in time");
}

/// A server that answers `initialize`, and then does what the script says.
fn legacy(script: &str) -> Command {
    let session = json!({ "jsonrpc": "2.0", "id": 1, "result": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": { "name": "s", "version": "1" },
    } });
    own::shell(&format!("read -r line; echo '{session}'; read -r line; {script}; cat > /dev/null"))
}

struct Dropped(Log<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(());
    }
}

#[tokio::test]
async fn a_question_that_is_taken_back_ends_the_function_that_answers_it() {
    let ask = json!({ "jsonrpc": "2.0", "id": "one", "method": "elicitation/create", "params": { "message": "m" } });
    let back = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "one" } });
    let ended = Log::default();
    let ends = Arc::clone(&ended);
    let connect = Client::connect(legacy(&format!("echo '{ask}'; echo '{back}'")))
        .mode(Mode::Legacy)
        .on_request("elicitation/create", move |_: IgnoredAny| {
            let guard = Dropped(Arc::clone(&ends));
            async move {
                pending::<()>().await;
                drop(guard);
                Ok(())
            }
        });
    let client = connect.await.unwrap();
    eventually(|| ended.lock().unwrap().len() == 1).await;
    assert!(client.is_connected());
}

#[tokio::test]
async fn what_a_function_answers_is_judged_as_in_a_page() {
    let sample =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {} });
    let form = json!({ "properties": { "a": { "default": 7 }, "b": {} } });
    let asks = json!({ "message": "m", "requestedSchema": form });
    let ask = json!({ "jsonrpc": "2.0", "id": 2, "method": "elicitation/create", "params": asks });
    // The server says what it was told.
    let tells =
        r#"read -r line; printf '{"jsonrpc":"2.0","method":"x/told","params":%s}\n' "$line""#;
    let (told, mut tell) = log();
    let connect =
        Client::connect(legacy(&format!("echo '{sample}'; {tells}; echo '{ask}'; {tells}")))
            .mode(Mode::Legacy)
            .on_request("sampling/createMessage", async |_: IgnoredAny| {
                Err::<(), _>("not today".to_owned())
            })
            .on_request("elicitation/create", async |_: IgnoredAny| {
                Ok(json!({ "action": "accept" }))
            })
            .on_notification(move |_, params: Value| {
                let said = params.get("error").or_else(|| params.get("result"));
                tell(
                    serde_json::from_str::<serde_json::Value>(&said.unwrap().to_string()).unwrap(),
                );
            });
    let client = connect.await.unwrap();
    eventually(|| told.lock().unwrap().len() == 2).await;
    let expected = [
        json!({ "code": -1, "message": "not today" }),
        json!({ "action": "accept", "content": { "a": 7 } }),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
    drop(client);
}

#[tokio::test]
async fn a_call_that_becomes_a_task_is_told_how_it_stands() {
    let capabilities =
        json!({ "tools": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let answer = |id: u32, result: serde_json::Value| {
        let message = json!({ "jsonrpc": "2.0", "id": id, "result": result });
        format!("read -r line; echo '{message}'; ")
    };
    let known = json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": capabilities });
    let made =
        json!({ "resultType": "task", "taskId": "t", "status": "working", "pollIntervalMs": 1 });
    let result =
        json!({ "resultType": "complete", "content": [{ "type": "text", "text": "done" }] });
    let ended =
        json!({ "resultType": "complete", "taskId": "t", "status": "completed", "result": result });
    let script = answer(1, known) + &answer(2, made) + &answer(3, ended) + "cat > /dev/null";
    let client = Client::connect(own::shell(&script)).tasks().await.unwrap();
    let (states, mut tell) = log();
    let mut call = client
        .call_tool("tool", ())
        .on_task(move |task| tell(task.text("status").unwrap_or_default()))
        .start();
    assert_eq!(call.id(), Some(2));
    let result = timeout(PATIENCE, &mut call).await.unwrap().unwrap();
    // How it stands is asked beside the call, whose progress goes on.
    assert_eq!((result.text(), call.id()), ("done".to_owned(), Some(2)));
    assert_eq!(*states.lock().unwrap(), ["working", "completed"]);
}

#[tokio::test]
async fn a_call_that_goes_on_with_another_request_has_that_ones_id() {
    let answer = |id: u32, result: serde_json::Value| {
        let message = json!({ "jsonrpc": "2.0", "id": id, "result": result });
        format!("read -r line; echo '{message}'; ")
    };
    let known = json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } });
    let asks = json!({ "resultType": "input_required", "inputRequests": { "q": { "method": "roots/list" } } });
    let result = json!({ "resultType": "complete", "content": [] });
    let script = answer(1, known) + &answer(2, asks) + &answer(3, result) + "cat > /dev/null";
    let client = Client::connect(own::shell(&script))
        .on_request("roots/list", async |_: IgnoredAny| Ok(json!({ "roots": [] })))
        .await
        .unwrap();
    let mut call = client.call_tool("tool", ()).start();
    assert_eq!(call.id(), Some(2));
    timeout(PATIENCE, &mut call).await.unwrap().unwrap();
    assert_eq!(call.id(), Some(3));
}

/// A request by HTTP: its connection, and the message in it.
async fn request(listener: &TcpListener) -> (TcpStream, serde_json::Value) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut text = Vec::new();
    loop {
        stream.read_buf(&mut text).await.unwrap();
        let message =
            text.windows(4).position(|four| four == b"\r\n\r\n").map(|at| &text[at + 4..]);
        if let Some(message) = message.and_then(|body| serde_json::from_slice(body).ok()) {
            return (stream, message);
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_told_and_opened_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let (breaks, tell) = log::<Error>();
    let (news, mut hear) = log();
    let client = async {
        let client = Client::connect(url).await.unwrap();
        let filter = HashMap::from([("toolsListChanged", true)]);
        let subscription = client
            .listen(filter)
            .on_interrupted(tell)
            .on_notification(move |method, _| hear(method))
            .await
            .unwrap();
        eventually(|| !news.lock().unwrap().is_empty()).await;
        drop(subscription);
    };
    let server = async {
        let (mut stream, message) = request(&listener).await;
        let known = json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": { "listChanged": true } } });
        let body = json!({ "jsonrpc": "2.0", "id": message["id"], "result": known }).to_string();
        let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length:";
        stream
            .write_all(format!("{answer} {}\r\n\r\n{body}", body.len()).as_bytes())
            .await
            .unwrap();
        drop(stream);
        for attempt in 0..2 {
            let (mut stream, message) = request(&listener).await;
            assert_eq!(message["method"], "subscriptions/listen");
            let of = json!({ "io.modelcontextprotocol/subscriptionId": message["id"] });
            let event = |method: &str| {
                let params = json!({ "notifications": { "toolsListChanged": true }, "_meta": of });
                let method = format!("notifications/{method}");
                format!(
                    "data: {}\n\n",
                    json!({ "jsonrpc": "2.0", "method": method, "params": params })
                )
            };
            let start =
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";
            let text = format!("{start}{}", event("subscriptions/acknowledged"));
            stream.write_all(text.as_bytes()).await.unwrap();
            if attempt == 1 {
                stream.write_all(event("tools/list_changed").as_bytes()).await.unwrap();
                return pending::<()>().await;
            }
        }
    };
    timeout(PATIENCE, async {
        tokio::select! { () = client => {}, () = server => {} }
    })
    .await
    .unwrap();
    let breaks = breaks.lock().unwrap();
    assert_eq!(breaks.len(), 1, "{breaks:?}");
    assert_eq!((breaks[0].code(), breaks[0].call()), ("CLOSED", "subscriptions/listen"));
}
