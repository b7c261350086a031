//! The opening handshake of a WebSocket, as RFC 6455 has it, byte by byte.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/socket.rs"]
mod support;

use mcp_wasm::server::{NoArguments, Server};
use serde_json::json;
use support::{Client, Host, handshake, head};

const LINE: &str = "GET /mcp HTTP/1.1";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
/// What a handshake has.
const WHOLE: [&str; 6] = [
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    KEY,
    "Sec-WebSocket-Protocol: mcp",
];

async fn host() -> Host {
    let server =
        Server::builder("Test", "1.0.0").tool("echo", "", |_: NoArguments, _| async { "echo" });
    Host::start(server.build()).await
}

/// A handshake with some headers in the place of those of the same name.
fn with(replaced: &str, lines: &[&str]) -> String {
    let name = format!("{replaced}:");
    let kept = WHOLE.iter().filter(|line| !line.starts_with(&name));
    let all: Vec<&str> = kept.chain(lines).copied().collect();
    format!("{LINE}\r\n{}\r\n\r\n", all.join("\r\n"))
}

async fn status(host: &Host, request: &str) -> u16 {
    head(host.address, request).await.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_handshake_is_answered_with_the_key_s_answer_and_no_extension() {
    let host = host().await;
    let answer =
        head(host.address, &with("", &["Sec-WebSocket-Extensions: permessage-deflate"])).await;
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    for line in [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
        "sec-websocket-protocol: mcp",
    ] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{line}: {answer}");
    }
    assert!(!answer.contains("sec-websocket-extensions"), "{answer}");
}

#[tokio::test]
async fn a_handshake_may_be_spelled_in_every_way_that_the_standard_has() {
    let host = host().await;
    for (name, lines) in [
        ("Connection", &["Connection: keep-alive, Upgrade"][..]),
        ("Connection", &["connection:upgrade"]),
        ("Upgrade", &["Upgrade: WebSocket"]),
        ("Upgrade", &["Upgrade: websocket, other/2"]),
        ("Sec-WebSocket-Version", &["sec-websocket-version:  13  "]),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key:   AAAAAAAAAAAAAAAAAAAAAA==  "]),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: other, mcp"]),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: mcp,other"]),
        // The one header of them that may be there more than once.
        (
            "Sec-WebSocket-Protocol",
            &["Sec-WebSocket-Protocol: other", "Sec-WebSocket-Protocol: mcp"],
        ),
        ("", &["Content-Length: 0"]),
    ] {
        assert_eq!(status(&host, &with(name, lines)).await, 101, "{lines:?}");
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let host = host().await;
    let key = |key: &str| with("Sec-WebSocket-Key", &[&format!("Sec-WebSocket-Key: {key}")]);
    for (request, wanted) in [
        // A key is 16 bytes, once.
        (with("Sec-WebSocket-Key", &[]), 400),
        (key(""), 400),
        (key("x"), 400),
        (key("AAAAAAAAAAAAAAAAAAAAAA"), 400),
        (key("AAAAAAAAAAAAAAAAAAAAAA="), 400),
        (key("AAAAAAAAAAAAAAAAAAAAAAA="), 400),
        (key("AAAAAAAAAAAAAAAAAAAA"), 400),
        (key("AAAAAAAAAAAAAAAAAAAAAAAA"), 400),
        (key("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), 400),
        (key("dGhlIHNhbXBsZSBub25j Q=="), 400),
        (key("dGhlIHNhbXBsZSBub2_-ZQ=="), 400),
        (key("dGhl!HNhbXBsZSBub25jZQ=="), 400),
        (with("", &[KEY]), 400),
        (with("", &["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]), 400),
        // A version is 13, once.
        (with("Sec-WebSocket-Version", &[]), 426),
        (with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8"]), 426),
        (with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 013"]), 426),
        (with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 13, 8"]), 426),
        (with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: "]), 426),
        (with("", &["Sec-WebSocket-Version: 13"]), 400),
        (with("", &["Sec-WebSocket-Version: 8"]), 400),
        // `Connection` names the upgrade, once.
        (with("Connection", &[]), 400),
        (with("Connection", &["Connection: keep-alive"]), 400),
        (with("Connection", &["Connection: upgraded"]), 400),
        (with("Connection", &["Connection: Upgrade", "Connection: Upgrade"]), 400),
        (with("Connection", &["Connection: keep-alive", "Connection: Upgrade"]), 400),
        // And so does `Upgrade`; without a WebSocket in it, it is a request as any.
        (with("Upgrade", &["Upgrade: websocket", "Upgrade: websocket"]), 400),
        (with("Upgrade", &["Upgrade: other", "Upgrade: websocket"]), 400),
        (with("Upgrade", &["Upgrade: websockets"]), 400),
        (with("Upgrade", &["Upgrade: websocket/13"]), 400),
        (with("Upgrade", &[]), 400),
        // No body.
        (with("", &["Content-Length: 5"]), 400),
        (with("", &["Transfer-Encoding: chunked"]), 400),
        // Other subprotocols only, and none that is like ours.
        (with("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: other"]), 400),
        (with("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: mcp2, xmcp"]), 400),
        (with("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: MCP"]), 400),
        (with("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: mcp other"]), 400),
        (with("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: "]), 400),
        // `GET`, of HTTP/1.1.
        (with("", &[]).replace("GET", "POST"), 400),
        (with("", &[]).replace("GET", "PUT"), 400),
        (with("", &[]).replace("GET", "HEAD"), 400),
        (with("", &[]).replace("GET", "get"), 400),
        (with("", &[]).replace("HTTP/1.1", "HTTP/1.0"), 400),
    ] {
        let answer = head(host.address, &request).await;
        let status = answer.split(' ').nth(1);
        assert_eq!(status, Some(wanted.to_string().as_str()), "{request}{answer}");
        if wanted == 426 {
            assert!(answer.contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
            assert!(answer.contains("\r\nupgrade: websocket\r\n"), "{answer}");
        }
    }
    // Nothing of it has harmed anybody.
    host.client().await;
    assert_eq!(host.endpoint.connections(), 1);
}

#[tokio::test]
async fn who_offers_no_subprotocol_gets_none_and_is_served() {
    let host = host().await;
    let (socket, response) = handshake(host.address, &[]).await.unwrap();
    assert!(!response.headers().contains_key("sec-websocket-protocol"));
    let mut client = Client::over(socket);
    let answer = client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "Test");
    let id = client.call("echo", json!({})).await;
    let answer = client.until_answer(id).await.pop().unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "echo");
}
