//! Authorization: tokens, scopes and tickets over real sockets.
#![cfg(all(feature = "auth", not(target_arch = "wasm32")))]
#![allow(clippy::needless_pass_by_value)] // `json!` makes values

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::time::{Duration, SystemTime};

use http::{Answer, Request};
use mcp_wasm::{
    native::{
        Options,
        auth::{Auth, Rejected, Verifier},
    },
    server::{Context, InsufficientScope, NoArguments, Principal, Server, Tool},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Client, Host, PATIENCE, handshake};
use tokio::time::{Instant, sleep, timeout};

const PAGE: &str = "https://app.example";
const RESOURCE: &str = "https://mcp.example/mcp";
const METADATA: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";

/// Tokens that say what they are: `name`, `name-scope.scope`, and some that are special.
struct Tokens;

impl Verifier for Tokens {
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        tokio::task::yield_now().await;
        let (name, scopes) = token.split_once('-').unwrap_or((token, "read"));
        let principal =
            Principal::new(name).issuer("https://auth.example").scopes(scopes.split('.'));
        match name {
            "bad" => Err(Rejected::Invalid),
            "down" => Err(Rejected::Unavailable { retry_after: Duration::from_secs(7) }),
            "old" => Ok(principal.expires(soon(-1.0))),
            "short" => Ok(principal.expires(soon(1.5))),
            "foreign" => Ok(principal.audience(["https://other.example"])),
            "several" => Ok(principal.audience([RESOURCE, "https://other.example"])),
            "ours" => Ok(principal.audience([RESOURCE])),
            "aliased" => Ok(principal.audience(["api://ours", RESOURCE])),
            _ => Ok(principal),
        }
    }

    fn issuers(&self) -> Vec<String> {
        vec!["https://auth.example".to_owned()]
    }
}

/// Seconds since 1970, so much from now.
#[allow(clippy::disallowed_methods)] // as the server reads it
fn soon(seconds: f64) -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.as_secs_f64() + seconds
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    place: String,
    #[serde(default)]
    report: bool,
}

async fn write(args: Place, ctx: Context) -> Result<String, InsufficientScope> {
    if args.report {
        ctx.report_progress(1, 2, None).await;
        ctx.flush().await;
    }
    if args.place == "etc" {
        ctx.require_scopes(["admin", "etc"])?;
    }
    Ok(format!("wrote {}", args.place))
}

async fn slow(_: NoArguments, ctx: Context) -> &'static str {
    ctx.report_progress(0, 1, None).await;
    sleep(Duration::from_millis(2500)).await;
    "done"
}

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .tool("whoami", "", |_: NoArguments, ctx: Context| async move {
            ctx.principal().map_or("nobody".to_owned(), |one| one.subject.clone())
        })
        .tool_with(Tool::new("delete", "").scopes(["write", "delete"]), |_: NoArguments, _| async {
            "deleted"
        })
        .tool("write", "", write)
        .tool("slow", "", slow)
        .build()
}

fn auth() -> Auth {
    Auth::new(RESOURCE).verifier(Tokens).scopes(["read"]).tickets(true).audience("api://ours")
}

async fn host() -> Host {
    with(auth()).await
}

async fn with(auth: Auth) -> Host {
    let allowed_origins = vec![PAGE.to_owned()];
    Host::with(server(), Options { auth: Some(auth), allowed_origins, ..Options::default() }).await
}

fn call(tool: &str, token: &str) -> Request {
    Request::call(1, tool, json!({})).header("Authorization", &format!("Bearer {token}"))
}

fn challenge(answer: &Answer) -> Option<&str> {
    answer.header("www-authenticate")
}

async fn text(answer: &mut Answer) -> Value {
    answer.json().await["result"]["content"][0]["text"].clone()
}

/// Begins a session.
async fn session(host: &Host, token: &str) -> String {
    let params = json!({ "protocolVersion": "2025-11-25" });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let answer = bearing(Request::post(&message), token).send(host.address).await;
    answer.header("mcp-session-id").unwrap().to_owned()
}

fn bearing(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// A call in a session.
fn legacy(session: &str, token: &str, tool: &str, arguments: Value) -> Request {
    let params = json!({ "name": tool, "arguments": arguments });
    let message = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
    bearing(Request::post(&message), token).header("Mcp-Session-Id", session)
}

async fn ticket(host: &Host, token: &str, origin: Option<&str>) -> String {
    let origin = origin.map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
    let request = format!(
        "POST /mcp/ticket HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\n{origin}\r\n",
        host.address
    );
    let answer = support::http(host.address, &request).await;
    assert!(answer.starts_with("http/1.1 200") && answer.contains("cache-control: no-store"));
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["expires_in"], 30);
    body["ticket"].as_str().unwrap().to_owned()
}

async fn open(host: &Host, ticket: &str, origin: Option<&str>) -> Result<Client, u16> {
    let protocols = format!("mcp, mcp.ticket.{ticket}");
    let mut headers = vec![("Sec-WebSocket-Protocol", protocols.as_str())];
    headers.extend(origin.map(|origin| ("Origin", origin)));
    match handshake(host.address, &headers).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "mcp", "never the ticket");
            Ok(Client::over(socket))
        }
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
            Err(response.status().as_u16())
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn who_has_no_token_or_a_bad_one_is_told_in_one_field_where_to_get_one() {
    let host = host().await;
    let wanted = format!("Bearer resource_metadata=\"{METADATA}\", scope=\"read\"");
    let invalid =
        format!("Bearer error=\"invalid_token\", resource_metadata=\"{METADATA}\", scope=\"read\"");
    let none = Request::call(1, "whoami", json!({}));
    for (request, challenged) in [
        (none.clone(), &wanted),
        (none.clone().header("Authorization", "Basic YTpi"), &wanted),
        (none.clone().header("Authorization", "DPoP alice"), &wanted),
        (none.clone().header("Authorization", "Bearer"), &invalid),
        (call("whoami", "a b"), &invalid),
        (call("whoami", "bad"), &invalid),
        (call("whoami", "old"), &invalid),
        (call("whoami", "foreign"), &invalid),
        (call("whoami", "several"), &invalid),
        (Request::new("GET").header("Accept", "text/event-stream"), &wanted),
        (Request::new("DELETE"), &wanted),
        // The token comes before the body.
        (Request::post_text("no JSON"), &wanted),
    ] {
        let mut answer = request.clone().header("Origin", PAGE).send(host.address).await;
        assert_eq!(answer.status, 401, "{request:?}");
        assert_eq!(challenge(&answer), Some(challenged.as_str()), "{request:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("WWW-Authenticate"), "{exposed}");
        assert!(!answer.text().await.contains("foreign"));
    }
    for token in ["alice", "ours", "aliased"] {
        let mut answer = call("whoami", token).send(host.address).await;
        assert_eq!((answer.status, text(&mut answer).await), (200, json!(token)));
    }
    let lower = Request::call(1, "whoami", json!({})).header("Authorization", "bearer alice");
    assert_eq!(lower.send(host.address).await.status, 200);
}

#[tokio::test]
async fn an_address_of_which_too_many_tokens_were_bad_has_to_wait_but_for_good_ones() {
    let host = host().await;
    let status = async |token| call("whoami", token).send(host.address).await.status;
    assert_eq!(status("alice").await, 200);
    for _ in 0..100 {
        assert_eq!(status("bad").await, 401);
    }
    let refused = call("whoami", "bad").send(host.address).await;
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (429, true));
    assert_eq!(challenge(&refused), None, "a log-in would not help");
    assert_eq!(status("alice").await, 200);
}

#[tokio::test]
async fn foreign_audiences_are_taken_only_if_that_is_said() {
    let host = with(auth().foreign_audiences(true)).await;
    assert_eq!(call("whoami", "several").send(host.address).await.status, 200);
    assert_eq!(call("whoami", "foreign").send(host.address).await.status, 401);
}

#[tokio::test]
async fn origin_and_host_come_before_the_token_and_preflights_need_none() {
    let host = host().await;
    let foreign = Request::call(1, "whoami", json!({})).header("Origin", "https://evil.example");
    let answer = foreign.clone().send(host.address).await;
    assert_eq!((answer.status, challenge(&answer)), (403, None));
    let answer = Request::new("OPTIONS").header("Origin", PAGE).send(host.address).await;
    assert_eq!(answer.status, 204);
    let answer =
        call("whoami", "alice").also("Authorization", "Bearer bob").send(host.address).await;
    assert_eq!(answer.status, 400);
    assert!(challenge(&answer).unwrap().starts_with("Bearer error=\"invalid_request\""));
}

#[tokio::test]
async fn a_verifier_that_cannot_say_is_no_reason_to_log_in() {
    let host = host().await;
    let answer = call("whoami", "down").send(host.address).await;
    assert_eq!((answer.status, challenge(&answer)), (503, None));
    assert_eq!(answer.header("retry-after"), Some("7"));
}

#[tokio::test]
async fn the_metadata_is_at_both_places_for_everybody() {
    let host = host().await;
    let app = host.endpoint.metadata();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    for path in ["", "/mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let ask = |method: &str| {
            format!(
                "{method} {path} HTTP/1.1\r\nHost: any.example\r\nOrigin: https://any.example\r\n\
                 Access-Control-Request-Headers: mcp-protocol-version\r\nConnection: close\r\n\r\n"
            )
        };
        let answer = support::http(address, &ask("GET")).await;
        assert!(answer.contains("access-control-allow-origin: *"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let wanted = json!({
            "resource": RESOURCE,
            "authorization_servers": ["https://auth.example"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["read"],
            "mcp_ticket_endpoint": "https://mcp.example/mcp/ticket",
        });
        assert_eq!(body, wanted);
        let answer = support::http(address, &ask("OPTIONS")).await;
        assert!(answer.starts_with("http/1.1 204"), "{answer}");
        assert!(answer.contains("access-control-allow-headers: mcp-protocol-version"), "{answer}");
    }
}

#[test]
fn a_server_asks_for_no_scope_that_is_between_a_client_and_who_lets_it_in() {
    for scopes in [vec!["offline_access"], vec!["read", "offline_access"], vec![""], vec!["a b"]] {
        let asks = std::panic::catch_unwind(|| auth().scopes(scopes.clone()));
        assert!(asks.is_err(), "{scopes:?}");
    }
}

#[tokio::test]
async fn a_token_without_the_basic_scopes_is_good_for_nothing() {
    let host = host().await;
    let answer = call("whoami", "alice-write").send(host.address).await;
    let wanted = format!(
        "Bearer error=\"insufficient_scope\", resource_metadata=\"{METADATA}\", scope=\"read\""
    );
    assert_eq!((answer.status, challenge(&answer)), (403, Some(wanted.as_str())));
}

#[tokio::test]
async fn a_tool_of_which_scopes_are_missing_is_a_403_with_all_of_them_in_both_eras() {
    let host = host().await;
    let session = session(&host, "alice").await;
    let wanted = format!(
        "Bearer error=\"insufficient_scope\", resource_metadata=\"{METADATA}\", \
         scope=\"read write delete\""
    );
    for token in ["alice", "alice-read.write"] {
        for request in [call("delete", token), legacy(&session, token, "delete", json!({}))] {
            let mut answer = request.header("Origin", PAGE).send(host.address).await;
            assert_eq!((answer.status, challenge(&answer)), (403, Some(wanted.as_str())));
            assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
            let error = answer.json().await["error"].clone();
            assert_eq!(error["code"], 40300);
            let data = json!({ "scope": "read write delete", "resourceMetadata": METADATA });
            assert_eq!(error["data"], data);
        }
    }
    let token = "alice-read.write.delete";
    for request in [call("delete", token), legacy(&session, token, "delete", json!({}))] {
        let mut answer = request.send(host.address).await;
        assert_eq!((answer.status, text(&mut answer).await), (200, json!("deleted")));
    }
    // A tool that there is not is no matter of scopes.
    assert_eq!(call("nothing", "alice").send(host.address).await.status, 200);
}

#[tokio::test]
async fn a_batch_needs_the_scopes_of_all_that_is_in_it() {
    let host = host().await;
    let params = json!({ "protocolVersion": "2025-03-26" });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let answer = bearing(Request::post(&message), "alice").send(host.address).await;
    let session = answer.header("mcp-session-id").unwrap();
    let call = |id: i64, name: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": name } });
    let batch = json!([call(2, "whoami"), call(3, "delete")]);
    let answer = bearing(Request::post(&batch), "alice")
        .header("Mcp-Session-Id", session)
        .send(host.address)
        .await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn scopes_that_depend_on_arguments_are_a_403_until_something_was_sent() {
    let host = host().await;
    let session = session(&host, "alice").await;
    let etc = json!({ "place": "etc" });
    let modern = bearing(Request::call(1, "write", etc.clone()), "alice");
    for request in [modern, legacy(&session, "alice", "write", etc.clone())] {
        let mut answer = request.send(host.address).await;
        assert_eq!(answer.status, 403);
        assert!(challenge(&answer).unwrap().ends_with("scope=\"read admin etc\""));
        assert_eq!(answer.json().await["error"]["code"], 40300);
    }
    let reported = json!({ "place": "etc", "report": true });
    let request = bearing(Request::call(1, "write", reported), "alice");
    let mut answer = request.send(host.address).await;
    assert_eq!(answer.status, 200);
    let messages = answer.messages().await;
    assert_eq!(messages.last().unwrap()["error"]["code"], 40300);
    assert_eq!(messages.last().unwrap()["error"]["data"]["scope"], "read admin etc");
    let home = bearing(Request::call(1, "write", json!({ "place": "home" })), "alice");
    assert_eq!(text(&mut home.send(host.address).await).await, "wrote home");
}

#[tokio::test]
async fn a_scope_covers_others_if_that_is_said() {
    let host = with(auth().covers(|granted, _| granted.iter().any(|scope| scope == "root"))).await;
    assert_eq!(call("delete", "alice-root").send(host.address).await.status, 200);
    assert_eq!(call("delete", "alice").send(host.address).await.status, 403);
}

#[tokio::test]
async fn who_is_not_known_may_not_call_what_needs_scopes() {
    let host = Host::start(server()).await;
    assert_eq!(Request::call(1, "whoami", json!({})).send(host.address).await.status, 200);
    assert_eq!(Request::call(1, "delete", json!({})).send(host.address).await.status, 403);
    let mut client = host.client().await;
    let answer = client.request("tools/call", json!({ "name": "delete" })).await;
    assert_eq!(answer["error"]["code"], 40300);
}

#[tokio::test]
async fn a_session_is_unknown_to_everybody_but_its_principal() {
    let host = host().await;
    let session = session(&host, "alice").await;
    let get = Request::new("GET").header("Accept", "text/event-stream");
    for request in [
        legacy(&session, "bob", "whoami", json!({})),
        bearing(get, "bob").header("Mcp-Session-Id", &session),
        bearing(Request::new("DELETE"), "bob").header("Mcp-Session-Id", &session),
    ] {
        assert_eq!(request.send(host.address).await.status, 404);
    }
    let mut answer = legacy(&session, "alice", "whoami", json!({})).send(host.address).await;
    assert_eq!(text(&mut answer).await, "alice");
}

#[tokio::test]
async fn a_ticket_lets_in_one_socket_of_its_origin() {
    let host = host().await;
    let given = ticket(&host, "alice", Some(PAGE)).await;
    let mut client = open(&host, &given, Some(PAGE)).await.ok().unwrap();
    client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    let answer = client.request("tools/call", json!({ "name": "whoami" })).await;
    assert_eq!(answer["result"]["content"][0]["text"], "alice");
    assert_eq!(open(&host, &given, Some(PAGE)).await.err(), Some(401), "it is used");

    let given = ticket(&host, "alice", Some(PAGE)).await;
    assert_eq!(open(&host, &given, Some("http://localhost:1")).await.err(), Some(401));
    assert_eq!(open(&host, &given, Some(PAGE)).await.err(), Some(401), "the other has used it up");
    let given = ticket(&host, "alice", None).await;
    assert_eq!(open(&host, &given, Some(PAGE)).await.err(), Some(401));
    assert_eq!(open(&host, "made-up", Some(PAGE)).await.err(), Some(401));
    assert_eq!(support::refused(host.address, &[("Sec-WebSocket-Protocol", "mcp")]).await, 401);

    let headers = [("Sec-WebSocket-Protocol", "mcp"), ("Authorization", "Bearer alice")];
    assert!(handshake(host.address, &headers).await.is_ok(), "programs can send a token");
}

#[tokio::test]
async fn a_ticket_needs_a_token_and_a_post() {
    let host = host().await;
    let ask = |method: &str, headers: &str| {
        format!(
            "{method} /mcp/ticket HTTP/1.1\r\nHost: {}\r\nOrigin: {PAGE}\r\n{headers}\
             Connection: close\r\n\r\n",
            host.address
        )
    };
    for (method, headers, status) in [
        ("POST", "", 401),
        ("POST", "Authorization: Bearer bad\r\n", 401),
        ("POST", "Authorization: Bearer alice-write\r\n", 403),
        ("GET", "Authorization: Bearer alice\r\n", 405),
        ("OPTIONS", "", 204),
    ] {
        let answer = support::http(host.address, &ask(method, headers)).await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{method} {headers} {answer}");
        assert!(answer.contains(&format!("access-control-allow-origin: {PAGE}")), "{answer}");
    }
    let none = with(auth().tickets(false)).await;
    assert!(support::http(none.address, &ask("POST", "")).await.starts_with("http/1.1 404"));
}

#[tokio::test]
async fn a_socket_is_told_of_missing_scopes_by_an_error() {
    let host = host().await;
    let given = ticket(&host, "alice", Some(PAGE)).await;
    let mut client = open(&host, &given, Some(PAGE)).await.ok().unwrap();
    client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    let etc = json!({ "name": "write", "arguments": { "place": "etc" } });
    for (params, scope) in
        [(json!({ "name": "delete" }), "read write delete"), (etc, "read admin etc")]
    {
        let error = client.request("tools/call", params).await["error"].clone();
        let data = json!({ "scope": scope, "resourceMetadata": METADATA });
        assert_eq!((&error["code"], &error["data"]), (&json!(40300), &data));
    }
}

#[tokio::test]
async fn a_socket_ends_with_its_token_and_what_is_under_way_may_finish() {
    let host = host().await;
    let begun = Instant::now();
    // First the busy one: when the other's token has ended, so has its own.
    let given = ticket(&host, "short", Some(PAGE)).await;
    let mut busy = open(&host, &given, Some(PAGE)).await.ok().unwrap();
    let given = ticket(&host, "short", Some(PAGE)).await;
    let mut idle = open(&host, &given, Some(PAGE)).await.ok().unwrap();
    busy.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    let id = busy.call("slow", json!({})).await;
    assert_eq!(idle.close_code().await, Some(4401));
    assert!(begun.elapsed() >= Duration::from_millis(1400));
    let late = busy.call("whoami", json!({})).await;
    let messages = busy.until_answer(id).await;
    assert_eq!(messages.last().unwrap()["result"]["content"][0]["text"], "done");
    assert!(messages.iter().all(|message| message["id"] != late), "it came too late");
    assert_eq!(busy.close_code().await, Some(4401));
}

#[tokio::test]
async fn streams_end_with_the_token_and_calls_may_finish() {
    let host = host().await;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let listen = bearing(Request::modern(1, "subscriptions/listen", params), "short");
    let mut listen = listen.send(host.address).await;
    assert_eq!(listen.status, 200);
    let session = session(&host, "short").await;
    let get = Request::new("GET")
        .header("Accept", "text/event-stream")
        .header("Mcp-Session-Id", &session);
    let mut get = bearing(get, "short").send(host.address).await;
    assert_eq!(get.status, 200);
    let mut slow = call("slow", "short").send(host.address).await;
    let begun = Instant::now();
    let heard = timeout(PATIENCE, listen.messages()).await.expect("the end in time");
    assert!(heard.iter().all(|message| message.get("result").is_none()), "it is to come back");
    let heard_there = timeout(PATIENCE, get.messages()).await.expect("the end in time");
    assert!(heard_there.is_empty());
    assert!(begun.elapsed() < Duration::from_secs(10));
    let finished = slow.messages().await;
    assert_eq!(finished.last().unwrap()["result"]["content"][0]["text"], "done");
}
