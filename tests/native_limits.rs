//! Who is let in, and who one is: limits on connections and sessions for each peer, and principals,
//! over real sockets.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{io, net::SocketAddr, time::Duration};

use axum::{extract::Request as HttpRequest, http::HeaderMap, middleware, response::Response};
use http::{Answer, MODERN, Request, modern};
use mcp_wasm::{
    native::{Duplex, Endpoint, Opening, Options, serve_app, serve_app_by},
    server::{Context, ElicitRequest, InputError, NoArguments, Principal, Server},
};
use serde_json::{Value, json};
use support::{Client, Host, PATIENCE};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

/// What an application may want its handlers to know.
#[derive(Clone)]
struct Tenant(String);

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .tool("whoami", "", |_: NoArguments, ctx: Context| async move {
            let who = ctx.principal().map_or("nobody", |principal| &principal.subject).to_owned();
            let tenant = ctx.extensions().get::<Tenant>().map(|Tenant(name)| name.as_str());
            format!("{who} of {}", tenant.unwrap_or("nothing"))
        })
        .tool("greet", "", |_: NoArguments, ctx: Context| async move {
            let answer = ctx.elicit("sure", ElicitRequest::new("Sure?")).await?;
            Ok::<_, InputError>(format!("{:?}", answer.action))
        })
        .build()
}

/// A connection from another address of this machine.
async fn from(address: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

fn whoami() -> Request {
    let params = json!({ "name": "whoami" });
    Request::post(&modern(1, "tools/call", params))
        .header("MCP-Protocol-Version", MODERN)
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "whoami")
}

fn ping() -> Request {
    Request::post(&modern(1, "server/discover", json!({})))
        .header("MCP-Protocol-Version", MODERN)
        .header("Mcp-Method", "server/discover")
}

fn initialize() -> Request {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} },
                         "clientInfo": client });
    Request::post(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }))
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let read = timeout(PATIENCE, stream.read(&mut [0; 64])).await.expect("it is told");
    read.unwrap_or(0) == 0
}

#[tokio::test]
async fn idle_connections_do_not_keep_anybody_out_the_oldest_gives_way() {
    let options =
        Options { max_connections: 10, max_connections_per_peer: None, ..Options::default() };
    let host = Host::with(server(), options).await;
    // Half of them are one address's share.
    let mut idle = Vec::new();
    for _ in 0..30 {
        idle.push(TcpStream::connect(host.address).await.unwrap());
    }
    let started = Instant::now();
    assert_eq!(ping().send(host.address).await.status, 200);
    let other = from("127.0.0.2", host.address).await;
    assert_eq!(ping().send_on(other, host.address).await.status, 200);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(is_closed(&mut idle[0]).await, "the oldest is gone");
}

#[tokio::test]
async fn one_address_has_its_share_of_the_connections_and_no_more() {
    let options = Options { max_connections_per_peer: Some(2), ..Options::default() };
    let host = Host::with(server(), options).await;
    let mut clients = (host.client().await, host.client().await);
    let mut third = ping().send(host.address).await;
    assert_eq!((third.status, third.header("retry-after")), (503, Some("1")));
    assert_eq!(third.text().await, "");
    let other = from("127.0.0.2", host.address).await;
    assert_eq!(ping().send_on(other, host.address).await.status, 200);
    // Those that there are are none the worse, and one that ends makes room.
    assert_eq!(clients.0.request("ping", json!({})).await["result"], json!({}));
    drop(clients.1);
    let back = async {
        while ping().start(host.address).await.read(&mut [0; 12]).await.unwrap_or(0) < 12 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, back).await.expect("there is room again");
    assert_eq!(ping().send(host.address).await.status, 200);
}

/// Connections that begin with something: here, with nothing that one would notice.
#[derive(Clone)]
struct Sealed;

impl Opening for Sealed {
    async fn open(&self, stream: impl Duplex) -> io::Result<impl Duplex> {
        Ok(stream)
    }
}

#[tokio::test]
async fn where_connections_begin_with_tls_one_too_many_is_told_nothing_that_it_could_not_read() {
    let options = Options { max_connections_per_peer: Some(1), ..Options::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = Endpoint::new(server(), options);
    tokio::spawn(async move {
        let app = endpoint.router();
        serve_app_by(listener, Sealed, &endpoint, app, std::future::pending()).await.unwrap();
    });
    let mut client = Client::connect(address).await;
    client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    assert!(is_closed(&mut second).await, "it just ends");
    assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn sockets_that_never_say_anything_give_way_and_one_that_did_does_not() {
    let options = Options { max_connections: 10, ..Options::default() };
    let host = Host::with(server(), options).await;
    let mut honest = host.client().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(Client::connect(host.address).await);
    }
    assert_eq!(ping().send(host.address).await.status, 200);
    assert_eq!(honest.request("ping", json!({})).await["result"], json!({}));
    assert!(is_closed(silent[0].socket.get_mut()).await, "the oldest is gone");
    let mut late = host.client().await;
    assert_eq!(late.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_connection_that_is_answering_does_not_give_way() {
    let options = Options { max_connections: 4, ..Options::default() };
    let host = Host::with(server(), options).await;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let listen = Request::post(&modern(1, "subscriptions/listen", params))
        .header("MCP-Protocol-Version", MODERN)
        .header("Mcp-Method", "subscriptions/listen");
    let mut listening = listen.send(host.address).await;
    assert!(listening.message().await.is_some());
    for _ in 0..20 {
        TcpStream::connect(host.address).await.unwrap();
        assert_eq!(ping().send(host.address).await.status, 200);
    }
    assert!(listening.is_silent(Duration::from_millis(50)).await, "it goes on");
}

/// A server whose app says who calls, by a header.
struct App {
    address: SocketAddr,
}

/// The application's own middleware.
async fn authenticate(mut request: HttpRequest, next: middleware::Next) -> Response {
    let find = |headers: &HeaderMap, name| headers.get(name)?.to_str().ok().map(str::to_owned);
    if let Some(name) = find(request.headers(), "x-user") {
        request.extensions_mut().insert(Tenant(format!("tenant of {name}")));
        request.extensions_mut().insert(Principal::new(name));
    }
    next.run(request).await
}

impl App {
    async fn start(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = Endpoint::new(server(), options);
        let app = endpoint.router().layer(middleware::from_fn(authenticate));
        tokio::spawn(async move {
            serve_app(listener, &endpoint, app, std::future::pending()).await.unwrap();
        });
        Self { address }
    }

    async fn send(&self, user: &str, request: Request) -> Answer {
        let request = if user.is_empty() { request } else { request.header("X-User", user) };
        request.send(self.address).await
    }

    async fn text(&self, user: &str, request: Request) -> String {
        let mut answer = self.send(user, request).await;
        let message = if answer.is_stream() {
            answer.messages().await.pop().unwrap()
        } else {
            answer.json().await
        };
        message["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    async fn session(&self, user: &str) -> String {
        let answer = self.send(user, initialize()).await;
        assert_eq!(answer.status, 200);
        answer.header("mcp-session-id").unwrap().to_owned()
    }
}

fn in_session(id: &str, request: Request) -> Request {
    request.header("Mcp-Session-Id", id).header("MCP-Protocol-Version", "2025-11-25")
}

fn call(id: i64, tool: &str) -> Request {
    let params = json!({ "name": tool, "arguments": {} });
    Request::post(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }))
}

#[tokio::test]
async fn handlers_see_who_calls_in_both_eras_and_over_websocket() {
    let app = App::start(Options::default()).await;
    assert_eq!(app.text("", whoami()).await, "nobody of nothing");
    assert_eq!(app.text("alice", whoami()).await, "alice of tenant of alice");
    let session = app.session("bob").await;
    let told = app.text("bob", in_session(&session, call(1, "whoami"))).await;
    assert_eq!(told, "bob of tenant of bob");
    let headers = [("Sec-WebSocket-Protocol", "mcp"), ("X-User", "carol")];
    let (socket, _) = support::handshake(app.address, &headers).await.unwrap();
    let mut client = Client::over(socket);
    let params = json!({ "protocolVersion": "2025-11-25" });
    client.request("initialize", params).await;
    let answer = client.request("tools/call", json!({ "name": "whoami" })).await;
    assert_eq!(answer["result"]["content"][0]["text"], "carol of tenant of carol");
}

#[tokio::test]
async fn a_session_is_unknown_to_everybody_but_who_began_it() {
    let app = App::start(Options::default()).await;
    let session = app.session("alice").await;
    let unknown = "0123456789abcdef0123456789abcdef";
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let mut stream = {
        let get = Request::new("GET").header("Accept", "text/event-stream");
        app.send("alice", in_session(&session, get)).await
    };
    let event = stream.event().await.unwrap().id.unwrap();
    for stranger in ["bob", ""] {
        for request in [
            Request::post(&list),
            Request::post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })),
            Request::post(&json!({ "jsonrpc": "2.0", "id": 1, "result": {} })),
            Request::new("GET").header("Accept", "text/event-stream"),
            Request::new("GET")
                .header("Accept", "text/event-stream")
                .header("Last-Event-ID", &event),
            Request::new("DELETE"),
        ] {
            let mut refused = app.send(stranger, in_session(&session, request.clone())).await;
            let mut other = app.send(stranger, in_session(unknown, request.clone())).await;
            assert_eq!((refused.status, other.status), (404, 404), "{stranger} {request:?}");
            assert_eq!(refused.text().await, other.text().await, "nothing tells them apart");
        }
    }
    assert_eq!(app.send("alice", in_session(&session, Request::post(&list))).await.status, 200);
    assert!(stream.is_silent(Duration::from_millis(50)).await);
    // One without a principal is not for those who have one.
    let open = app.session("").await;
    assert_eq!(app.send("alice", in_session(&open, Request::post(&list))).await.status, 404);
}

#[tokio::test]
async fn what_a_client_keeps_for_the_server_is_of_no_use_to_another_principal() {
    let app = App::start(Options::default()).await;
    let ask = |more: Value| {
        let mut params = json!({ "name": "greet", "arguments": {} });
        let capabilities = json!({ "elicitation": {} });
        params["_meta"] = json!({ "io.modelcontextprotocol/clientCapabilities": capabilities });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Request::post(&modern(1, "tools/call", params))
            .header("MCP-Protocol-Version", MODERN)
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", "greet")
    };
    let asked = app.send("alice", ask(json!({}))).await.json().await;
    let answers = json!({ "sure": { "action": "accept", "content": {} } });
    let state = &asked["result"]["requestState"];
    let more = json!({ "requestState": state, "inputResponses": answers });
    for stranger in ["bob", ""] {
        let refused = app.send(stranger, ask(more.clone())).await.json().await;
        assert_eq!(refused["error"]["code"], -32602, "{stranger}");
    }
    assert_eq!(app.text("alice", ask(more.clone())).await, "Accept");
    let again = app.send("alice", ask(more)).await.json().await;
    assert_eq!(again["error"]["code"], -32602, "and of no more use to her");
}

#[tokio::test]
async fn peers_are_told_apart_by_principal_then_by_the_proxys_word_then_by_address() {
    let limits = Options { max_sessions_per_peer: 1, ..Options::default() };
    let begin = |user: &'static str, via: &'static str| {
        let request = initialize().header("X-Forwarded-For", via);
        if user.is_empty() { request } else { request.header("X-User", user) }
    };
    let working = async |app: &App, request: Request, user: &str| {
        let answer = request.send(app.address).await;
        if answer.status != 200 {
            return answer.status;
        }
        let id = answer.header("mcp-session-id").unwrap().to_owned();
        app.send(user, in_session(&id, call(1, "whoami"))).await.status
    };
    let app = App::start(limits.clone()).await;
    assert_eq!(working(&app, begin("", "1.1.1.1"), "").await, 200);
    assert_eq!(working(&app, begin("", "2.2.2.2"), "").await, 429, "anybody may write that");
    assert_eq!(working(&app, begin("alice", "3.3.3.3"), "alice").await, 200);
    assert_eq!(working(&app, begin("alice", "4.4.4.4"), "alice").await, 429);
    assert_eq!(working(&app, begin("bob", "4.4.4.4"), "bob").await, 200);
    let header = Some("X-Forwarded-For".to_owned());
    let app = App::start(Options { forwarded_header: header, ..limits }).await;
    assert_eq!(working(&app, begin("", "1.1.1.1"), "").await, 200);
    assert_eq!(working(&app, begin("", "9.9.9.9, 1.1.1.1"), "").await, 429);
    assert_eq!(working(&app, begin("", "1.1.1.1, 2.2.2.2"), "").await, 200);
}
