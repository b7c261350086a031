//! What is open ends with the token that opened it, and calls may finish, at most for a minute: over
//! pipes in this process, in simulated time.
#![cfg(all(feature = "auth", not(target_arch = "wasm32")))]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{
    body::Body,
    http::{Request, Response},
};
use futures_util::{SinkExt, StreamExt};
use hyper::{server::conn::http1, service::Service};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use mcp_wasm::{
    native::{
        Endpoint, Options,
        auth::{Auth, Rejected, Verifier},
    },
    server::{Context, NoArguments, Principal, Server},
};
use serde_json::{Value, json};
use tokio::{
    io::{DuplexStream, duplex},
    time::{Instant, sleep},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// How long a token is good, and a call may go on after that.
const LIFE: Duration = Duration::from_secs(3_600);
const GRACE: Duration = Duration::from_secs(60);
/// By how much an end may be late: whoever waits for calls looks again now and then, and the clock of the
/// system goes on while the test is at work.
const LATE: Duration = Duration::from_secs(2);

/// Every token is good, for an hour from now.
struct Tokens;

impl Verifier for Tokens {
    #[allow(clippy::disallowed_methods)] // as the server reads it
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        Ok(Principal::new(token).expires(now.as_secs_f64() + LIFE.as_secs_f64()))
    }
}

/// A server, and how many of its calls were given up.
fn server() -> (Endpoint, Arc<AtomicUsize>) {
    let given_up = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&given_up);
    let server = Server::builder("Test", "1.0.0")
        .tool("long", "", move |_: NoArguments, ctx: Context| {
            let watch = Dropped(Arc::clone(&count), false);
            wait(ctx, LIFE + GRACE.mul_f64(0.9), watch)
        })
        .tool("endless", "", {
            let count = Arc::clone(&given_up);
            move |_: NoArguments, ctx: Context| {
                let watch = Dropped(Arc::clone(&count), false);
                wait(ctx, 10 * LIFE, watch)
            }
        })
        .build();
    let auth = Auth::new("https://mcp.example/mcp").verifier(Tokens).issuer("https://auth.example");
    (Endpoint::new(server, Options { auth: Some(auth), ..Options::default() }), given_up)
}

/// Counts a call that ends before its handler does.
struct Dropped(Arc<AtomicUsize>, bool);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(usize::from(!self.1), Ordering::SeqCst);
    }
}

async fn wait(ctx: Context, time: Duration, mut watch: Dropped) -> &'static str {
    ctx.report_progress(0, 1, None).await;
    sleep(time).await;
    watch.1 = true;
    "done"
}

/// Whether so much time has passed since, give or take a little.
fn is_about(begun: Instant, wanted: Duration) {
    let passed = begun.elapsed();
    assert!(passed + LATE >= wanted && passed <= wanted + LATE, "{passed:?}, not {wanted:?}");
}

fn call(id: i64, tool: &str) -> Value {
    let params = json!({ "name": tool, "arguments": {}, "_meta": { "progressToken": id } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

// ---- over HTTP ----

async fn send(
    endpoint: &Endpoint,
    request: axum::http::request::Builder,
    body: String,
) -> Response<Body> {
    let request = request
        .uri("/mcp")
        .header("Host", "localhost")
        .header("Authorization", "Bearer alice")
        .header("Accept", "application/json, text/event-stream")
        .header("Content-Type", "application/json")
        .body(Body::from(body))
        .expect("a request");
    TowerToHyperService::new(endpoint.router()).call(request).await.expect("an answer")
}

/// A modern request.
async fn modern(endpoint: &Endpoint, method: &str, mut message: Value) -> Response<Body> {
    let meta = &mut message["params"]["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "test", "version": "1" });
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let mut request = Request::post("/mcp")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", method);
    if let Some(name) = message["params"]["name"].as_str() {
        request = request.header("Mcp-Name", name);
    }
    send(endpoint, request, message.to_string()).await
}

/// Begins a session.
async fn session(endpoint: &Endpoint) -> String {
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let answer = send(endpoint, Request::post("/mcp"), message.to_string()).await;
    answer.headers()["mcp-session-id"].to_str().expect("a text").to_owned()
}

/// All that comes, to the end.
async fn text(answer: Response<Body>) -> String {
    assert_eq!(answer.status(), 200);
    let mut stream = answer.into_body().into_data_stream();
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text.push_str(str::from_utf8(&chunk.expect("a chunk")).expect("UTF-8"));
    }
    text
}

#[tokio::test(start_paused = true)]
async fn what_listens_over_http_ends_with_the_token() {
    let (endpoint, _) = server();
    let begun = Instant::now();
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let listen =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params });
    let listening = modern(&endpoint, "subscriptions/listen", listen).await;
    let session = session(&endpoint).await;
    let get = Request::get("/mcp").header("Mcp-Session-Id", session);
    let own = send(&endpoint, get, String::new()).await;
    let (heard, _) = tokio::join!(text(listening), text(own));
    is_about(begun, LIFE);
    assert!(!heard.contains("\"result\""), "it is to come back: {heard}");
}

#[tokio::test(start_paused = true)]
async fn calls_over_http_may_finish_within_a_minute_and_no_later() {
    for (tool, end, finishes) in
        [("long", LIFE + GRACE.mul_f64(0.9), true), ("endless", LIFE + GRACE, false)]
    {
        let (endpoint, given_up) = server();
        let begun = Instant::now();
        let answer = modern(&endpoint, "tools/call", call(1, tool)).await;
        assert_eq!(text(answer).await.contains("done"), finishes, "{tool}");
        is_about(begun, end);
        // A session's call goes on without its stream, for whoever comes back with a new token.
        let session = session(&endpoint).await;
        let begun = Instant::now();
        let post = Request::post("/mcp").header("Mcp-Session-Id", session);
        let answer = send(&endpoint, post, call(2, tool).to_string()).await;
        assert_eq!(text(answer).await.contains("done"), finishes, "{tool}");
        is_about(begun, end);
        sleep(LATE).await;
        assert_eq!(given_up.load(Ordering::SeqCst), usize::from(!finishes), "{tool}");
    }
}

// ---- over a WebSocket ----

type Socket = WebSocketStream<DuplexStream>;

async fn socket(endpoint: &Endpoint) -> Socket {
    let (here, there) = duplex(64 << 10);
    let service = TowerToHyperService::new(endpoint.router());
    tokio::spawn(async move {
        http1::Builder::new().serve_connection(TokioIo::new(there), service).with_upgrades().await
    });
    let mut request = "ws://localhost/mcp".into_client_request().expect("a request");
    for (name, value) in [("Sec-WebSocket-Protocol", "mcp"), ("Authorization", "Bearer alice")] {
        request.headers_mut().insert(name, value.parse().expect("a value"));
    }
    let (mut socket, _) = client_async(request, here).await.expect("a handshake");
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    socket.send(Message::text(message.to_string())).await.expect("it is sent");
    socket
}

/// Reads to the end: the texts, and the code of the end.
async fn heard(socket: &mut Socket) -> (String, Option<u16>) {
    let mut texts = String::new();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => texts.push_str(&text),
            Some(Ok(Message::Close(frame))) => {
                return (texts, frame.map(|frame| frame.code.into()));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return (texts, None),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_ends_with_the_token_and_its_calls_may_finish_within_a_minute_and_no_later() {
    for (tool, end, finishes) in [
        (None, LIFE, false),
        (Some("long"), LIFE + GRACE.mul_f64(0.9), true),
        (Some("endless"), LIFE + GRACE, false),
    ] {
        let (endpoint, given_up) = server();
        let begun = Instant::now();
        let mut socket = socket(&endpoint).await;
        if let Some(tool) = tool {
            let call = Message::text(call(1, tool).to_string());
            socket.send(call).await.expect("it is sent");
        }
        let (texts, code) = heard(&mut socket).await;
        assert_eq!(code, Some(4401), "{tool:?}");
        is_about(begun, end);
        assert_eq!(texts.contains("done"), finishes, "{tool:?} {texts}");
        sleep(LATE).await;
        let wanted = usize::from(tool == Some("endless"));
        assert_eq!(given_up.load(Ordering::SeqCst), wanted, "{tool:?}");
    }
}
