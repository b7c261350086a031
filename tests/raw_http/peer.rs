//! A server, and what is looked at in every answer of it.

use mcp_wasm::{
    native::Options,
    server::{Context, NoArguments, Server},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    http::{Answer, Request},
    support::{Host, PATIENCE},
};

/// A page that may call.
pub const PAGE: &str = "https://app.example";
/// Bytes of the largest message that the server takes.
pub const LIMIT: usize = 100_000;
/// Reports of the tool `count`.
pub const COUNT: u32 = 5;

pub async fn host() -> Host {
    let server = Server::builder("Test", "1.0.0")
        .tool("echo", "", |_: NoArguments, _| async { "echo" })
        .tool("count", "", |_: NoArguments, ctx: Context| async move {
            for i in 1..=COUNT {
                ctx.report_progress(i, COUNT, None);
                ctx.flush().await;
            }
        })
        .tool("wait", "", |_: NoArguments, ctx: Context| async move {
            ctx.report_progress(1, None, None).await;
            std::future::pending::<()>().await;
        });
    let options = Options {
        allowed_origins: vec![PAGE.to_owned()],
        allowed_hosts: vec!["mcp.example".to_owned()],
        max_message: LIMIT,
        ..Options::default()
    };
    Host::with(server.build(), options).await
}

pub fn call() -> Request {
    Request::call(1, "echo", json!({}))
}

/// What holds for every answer, and the message in it, if it is one.
pub async fn look(answer: &mut Answer) -> Value {
    if answer.is_stream() {
        return Value::Null;
    }
    let body = answer.json().await;
    if answer.status >= 400 {
        assert_eq!(answer.header("content-type"), Some("application/json"), "{body}");
        assert_eq!(answer.header("mcp-session-id"), None, "no session is begun");
        assert!(body["error"]["code"].is_i64(), "{body}");
        assert!(body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
    body
}

/// A request has an answer of this status, and the server goes on.
pub async fn answered((request, status): (Request, u16)) {
    let host = host().await;
    let mut answer = request.send(host.address).await;
    let body = look(&mut answer).await;
    assert_eq!(answer.status, status, "{request:?} {body}");
    goes_on(&host).await;
}

/// A request is answered with this status and code.
pub async fn refused((request, status, code): (Request, u16, i64)) {
    let host = host().await;
    let mut answer = request.send(host.address).await;
    let body = look(&mut answer).await;
    let found = (answer.status, body["error"]["code"].as_i64());
    assert_eq!(found, (status, Some(code)), "{request:?} {body}");
    goes_on(&host).await;
}

/// Bytes are answered with this status; with 0, the connection ends without an answer.
pub async fn raw((bytes, status): (Vec<u8>, u16)) {
    let host = host().await;
    let mut stream = TcpStream::connect(host.address).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    if status != 200 {
        // Who takes back its half of the connection takes back what it asks.
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = timeout(PATIENCE, reading).await.expect("an answer, or the end");
    let answer = String::from_utf8_lossy(&answer);
    let found = answer.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    assert_eq!(found, status, "{}: {answer}", String::from_utf8_lossy(&bytes).escape_debug());
    goes_on(&host).await;
}

pub async fn goes_on(host: &Host) {
    assert_eq!(call().send(host.address).await.status, 200, "it is none the worse");
}
