//! Nothing that lets in is logged or answered, at any level: tokens, tickets, what stands behind the
//! path of an address.
#![cfg(all(feature = "auth", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/logs.rs"]
mod logs;
#[path = "support/socket.rs"]
mod support;

use http::Request;
use logs::Logs;
use mcp_wasm::{
    native::{
        Options,
        auth::{Auth, Rejected, Verifier},
    },
    server::{NoArguments, Principal, Server, Tool},
};
use serde_json::{Value, json};
use support::Host;

struct Tokens;

impl Verifier for Tokens {
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        match token {
            "good-SECRET" => Ok(Principal::new("alice").scopes(["read"])),
            "poor-SECRET" => Ok(Principal::new("alice")),
            "down-SECRET" => {
                Err(Rejected::Unavailable { retry_after: std::time::Duration::from_secs(1) })
            }
            _ => Err(Rejected::Invalid),
        }
    }
}

async fn host() -> Host {
    let server = Server::builder("Test", "1.0.0")
        .tool("read", "", |_: NoArguments, _| async { "read" })
        .tool_with(Tool::new("write", "").scopes(["write"]), |_: NoArguments, _| async { "" })
        .build();
    let auth = Auth::new("https://mcp.example/mcp").verifier(Tokens).scopes(["read"]).tickets(true);
    Host::with(server, Options { auth: Some(auth), ..Options::default() }).await
}

#[tokio::test]
async fn no_token_ticket_or_query_is_logged_or_answered() {
    let (logs, _guard) = Logs::begin();
    let host = host().await;
    let ask = async |method: &str, target: &str, headers: &str| {
        let address = host.address;
        let request = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
        support::http(address, &request).await
    };
    let shake = async |target: &str, headers: &str| {
        let address = host.address;
        let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
        support::head(address, &request).await
    };
    let end = "Content-Length: 0\r\nConnection: close\r\n";
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mcp\r\n";
    let mut told = Vec::new();
    for token in ["good-SECRET", "poor-SECRET", "down-SECRET", "SECRET", "SECRET SECRET"] {
        for tool in ["read", "write", "none"] {
            let call = Request::call(1, tool, json!({}));
            let mut answer =
                call.header("Authorization", &format!("Bearer {token}")).send(host.address).await;
            let body = answer.text().await;
            told.push(format!("{:?} {body}\n", answer.headers));
        }
        let bearer = format!("Authorization: Bearer {token}\r\n");
        let twice = format!("{bearer}{bearer}");
        for headers in [&bearer, &twice] {
            for method in ["POST", "GET", "DELETE", "OPTIONS"] {
                let headers = format!("{headers}{end}");
                for target in ["/mcp?key=SECRET", "/mcp?ticket=SECRET", "/none?key=SECRET"] {
                    told.push(ask(method, target, &headers).await);
                }
            }
        }
    }
    for target in ["/mcp?ticket=SECRET", "/mcp?key=SECRET&ticket=SECRET", "/none?ticket=SECRET"] {
        for origin in ["", "Origin: http://evil.example\r\n"] {
            told.push(shake(target, &format!("{socket}{origin}")).await);
        }
        let shown = socket.replace("Protocol: mcp", "Protocol: mcp, mcp.ticket.SECRET");
        told.push(shake(target, &shown).await);
        told.push(shake(target, &format!("{shown}Sec-WebSocket-Protocol: other\r\n")).await);
    }
    let told = told.concat();
    assert!(!told.to_lowercase().contains("secret"), "{told}");

    // One that lets in.
    let headers = format!("Authorization: Bearer good-SECRET\r\n{end}");
    let answer = ask("POST", "/mcp/ticket?key=SECRET", &headers).await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let ticket = body["ticket"].as_str().unwrap();
    let opened = shake(&format!("/mcp?ticket={ticket}"), socket).await;
    assert!(
        opened.starts_with("http/1.1 101") && !opened.contains(&ticket.to_lowercase()),
        "{opened}"
    );

    drop(host);
    tokio::task::yield_now().await;
    let logged = logs.text();
    assert!(logged.contains("mcp_wasm"), "nothing was heard: {logged}");
    assert!(!logged.contains("SECRET") && !logged.contains(ticket), "{logged}");
}
