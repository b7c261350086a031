//! Streamable HTTP and pages: who may call, and what their browsers are told.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use http::{Answer, Request};
use mcp_wasm::{
    native::Options,
    server::{NoArguments, Server},
};
use serde_json::json;
use support::Host;

const PAGE: &str = "https://app.example";

async fn host() -> Host {
    let server =
        Server::builder("Test", "1.0.0").tool("echo", "", |_: NoArguments, _| async { "echo" });
    let options = Options {
        allowed_origins: vec![PAGE.to_owned()],
        allowed_hosts: vec!["mcp.example".to_owned()],
        max_message: 10_000,
        ..Options::default()
    };
    Host::with(server.build(), options).await
}

fn call() -> Request {
    Request::call(1, "echo", json!({})).header("Origin", PAGE)
}

/// What a browser needs to see in an answer, to show it to the page.
fn is_open(answer: &Answer, origin: &str) -> bool {
    let vary = answer.header("vary").unwrap_or_default().to_ascii_lowercase();
    answer.header("access-control-allow-origin") == Some(origin)
        && vary.split(", ").any(|name| name == "origin")
        && answer.header("access-control-allow-credentials").is_none()
}

#[tokio::test]
async fn a_preflight_is_told_what_a_page_may_send() {
    let host = host().await;
    let wanted = "content-type, Authorization,mcp-protocol-version,mcp-method,mcp-name,\
                  mcp-session-id,last-event-id,mcp-param-region,x-evil,cookie";
    let answer = Request::new("OPTIONS")
        .header("Origin", PAGE)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", wanted)
        .send(host.address)
        .await;
    assert_eq!(answer.status, 204);
    assert!(is_open(&answer, PAGE), "{:?}", answer.headers);
    assert!(answer.header("vary").unwrap().contains("Access-Control-Request-Headers"));
    let methods = answer.header("access-control-allow-methods");
    assert_eq!(methods, Some("POST, GET, DELETE, OPTIONS"));
    assert_eq!(answer.header("access-control-max-age"), Some("7200"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some(
            "content-type, authorization, mcp-protocol-version, mcp-method, mcp-name, \
             mcp-session-id, last-event-id, mcp-param-region"
        )
    );
}

#[tokio::test]
async fn a_preflight_of_nobody_is_answered_without_a_word_about_pages() {
    let host = host().await;
    let answer = Request::new("OPTIONS").send(host.address).await;
    assert_eq!((answer.status, answer.header("allow")), (204, Some("POST, GET, DELETE, OPTIONS")));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_answer_can_be_read_by_the_page_errors_as_well() {
    let host = host().await;
    let bare = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let get = Request::new("GET").header("Accept", "text/event-stream").header("Origin", PAGE);
    let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
                             "params": { "protocolVersion": "2025-11-25" } });
    for (request, status) in [
        (call(), 200),
        (Request::post(&initialize).header("Origin", PAGE), 200),
        (call().header("Mcp-Name", "other"), 400),
        (Request::post(&bare).header("Origin", PAGE), 400),
        (Request::post(&bare).header("Origin", PAGE).header("Mcp-Session-Id", "x"), 404),
        (get.clone(), 400),
        (get.header("MCP-Protocol-Version", http::MODERN), 405),
        (Request::new("PUT").header("Origin", PAGE), 405),
        (call().header("Accept", "text/html"), 406),
        (Request::post_text(&"x".repeat(10_001)).header("Origin", PAGE), 413),
        (call().header("Content-Type", "text/plain"), 415),
    ] {
        let answer = request.send(host.address).await;
        assert_eq!(answer.status, status, "{request:?}");
        assert!(is_open(&answer, PAGE), "{request:?} {:?}", answer.headers);
        let exposed = answer.header("access-control-expose-headers");
        assert_eq!(exposed, Some("Mcp-Session-Id, WWW-Authenticate, DPoP-Nonce, Retry-After"));
    }
}

#[tokio::test]
async fn own_and_loopback_origins_and_programs_are_let_in() {
    let host = host().await;
    let own = format!("http://{}", host.address);
    for origin in [own.as_str(), "http://localhost:5173", "http://[::1]:8000", PAGE] {
        let answer = call().header("Origin", origin).send(host.address).await;
        assert_eq!(answer.status, 200, "{origin}");
        assert!(is_open(&answer, origin), "{:?}", answer.headers);
    }
    let answer = call().without("Origin").send(host.address).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[tokio::test]
async fn a_loopback_listener_answers_to_loopback_names_only() {
    let host = host().await;
    // What a page sees that has made its own name point to 127.0.0.1: origin and host agree.
    let evil = call().header("Host", "evil.example").header("Origin", "http://evil.example");
    assert_eq!(evil.answer(host.address).await.0, 403);
    for (name, origin) in [
        ("localhost", "http://localhost"),
        ("127.0.0.1:80", "http://127.0.0.1:80"),
        ("mcp.example", PAGE),
    ] {
        let request = call().header("Host", name).header("Origin", origin);
        assert_eq!(request.answer(host.address).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn a_star_lets_every_page_in_by_its_own_name() {
    let options = Options { allowed_origins: vec!["*".to_owned()], ..Options::default() };
    let server =
        Server::builder("Test", "1.0.0").tool("echo", "", |_: NoArguments, _| async { "echo" });
    let host = Host::with(server.build(), options).await;
    for origin in ["https://anywhere.example", "null"] {
        let answer = call().header("Origin", origin).send(host.address).await;
        assert!(is_open(&answer, origin), "{:?}", answer.headers);
    }
}
