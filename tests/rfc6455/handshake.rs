//! The opening handshake.

use mcp_wasm::server::{NoArguments, Server};
use serde_json::json;

use crate::support::{Client, Host, handshake, head};

const LINE: &str = "GET /mcp HTTP/1.1";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const TWICE: &str = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
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

/// A handshake with these headers in the place of those of the same name.
fn with(replaced: &str, lines: &[&str]) -> String {
    let name = format!("{replaced}:");
    let kept = WHOLE.iter().filter(|line| !line.starts_with(&name));
    let all: Vec<&str> = kept.chain(lines).copied().collect();
    format!("{LINE}\r\n{}\r\n\r\n", all.join("\r\n"))
}

/// A handshake with another request line.
fn line(line: &str) -> String {
    with("", &[]).replace(LINE, line)
}

fn key(key: &str) -> String {
    with("Sec-WebSocket-Key", &[&format!("Sec-WebSocket-Key: {key}")])
}

fn protocol(names: &str) -> String {
    with("Sec-WebSocket-Protocol", &[&format!("Sec-WebSocket-Protocol: {names}")])
}

async fn answer(wanted: u16, request: &str) -> String {
    let host = host().await;
    let answer = head(host.address, request).await;
    assert_eq!(answer.split(' ').nth(1), Some(wanted.to_string().as_str()), "{request}{answer}");
    // Nothing of it has harmed anybody.
    host.client().await;
    answer
}

/// It is taken.
async fn opens(request: String) {
    let answer = answer(101, &request).await;
    assert!(answer.contains("\r\nsec-websocket-protocol: mcp\r\n"), "{answer}");
    assert!(!answer.contains("sec-websocket-extensions"), "{answer}");
}

/// It is no handshake.
async fn refused(request: String) {
    answer(400, &request).await;
}

/// It is one of a version that is not spoken.
async fn of_another_version(request: String) {
    let answer = answer(426, &request).await;
    assert!(answer.contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
    assert!(answer.contains("\r\nupgrade: websocket\r\n"), "{answer}");
}

rows! { opens:
    a_handshake_opens => with("", &[]);
    connection_may_name_more => with("Connection", &["Connection: keep-alive, Upgrade"]);
    connection_is_compared_without_case => with("Connection", &["connection:upgrade"]);
    upgrade_is_compared_without_case => with("Upgrade", &["Upgrade: WebSocket"]);
    upgrade_may_name_more => with("Upgrade", &["Upgrade: websocket, other/2"]);
    space_around_the_version_does_not_count => with("Sec-WebSocket-Version", &["sec-websocket-version:  13  "]);
    space_around_the_key_does_not_count => key("  AAAAAAAAAAAAAAAAAAAAAA==  ");
    a_key_of_any_bytes_is_one => key("/+///////////////////w==");
    ours_may_be_the_last_subprotocol => protocol("other, mcp");
    ours_may_be_the_first_subprotocol => protocol("mcp,other");
    // The one header of them that may be there more than once.
    subprotocols_may_be_in_two_headers => with(
        "Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: other", "Sec-WebSocket-Protocol: mcp"]
    );
    a_length_of_zero_is_no_body => with("", &["Content-Length: 0"]);
    an_extension_that_is_offered_is_not_taken => with("", &["Sec-WebSocket-Extensions: permessage-deflate"]);
    extensions_with_parameters_are_not_taken => with("", &[
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"
    ]);
    the_whole_address_may_be_asked_for => line("GET http://localhost/mcp HTTP/1.1");
    a_query_is_taken_along => line("GET /mcp?a=b HTTP/1.1");
    other_headers_are_none_of_our_business => with("", &["Cookie: a=b", "User-Agent: x", "Pragma: no-cache"]);
}

rows! { of_another_version:
    a_handshake_without_a_version_is_told_ours => with("Sec-WebSocket-Version", &[]);
    version_8_is_told_ours => with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8"]);
    version_0_is_told_ours => with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 0"]);
    version_13_with_a_zero_in_front_is_told_ours => with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 013"]);
    a_list_of_versions_is_told_ours => with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 13, 8"]);
    an_empty_version_is_told_ours => with("Sec-WebSocket-Version", &["Sec-WebSocket-Version: "]);
}

rows! { refused:
    no_key_is_refused => with("Sec-WebSocket-Key", &[]);
    an_empty_key_is_refused => key("");
    a_key_of_one_character_is_refused => key("x");
    a_key_without_padding_is_refused => key("AAAAAAAAAAAAAAAAAAAAAA");
    a_key_with_half_its_padding_is_refused => key("AAAAAAAAAAAAAAAAAAAAAA=");
    a_key_of_17_bytes_is_refused => key("AAAAAAAAAAAAAAAAAAAAAAA=");
    a_key_of_15_bytes_is_refused => key("AAAAAAAAAAAAAAAAAAAA");
    a_key_of_18_bytes_is_refused => key("AAAAAAAAAAAAAAAAAAAAAAAA");
    two_keys_in_one_header_are_refused => key("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==");
    a_key_with_a_space_in_it_is_refused => key("dGhlIHNhbXBsZSBub25j Q==");
    a_key_in_the_other_alphabet_is_refused => key("dGhlIHNhbXBsZSBub2_-ZQ==");
    a_key_that_is_no_base64_is_refused => key("dGhl!HNhbXBsZSBub25jZQ==");
    a_key_that_is_there_twice_is_refused => with("", &[KEY]);
    two_keys_are_refused => with("", &[TWICE]);
    a_version_that_is_there_twice_is_refused => with("", &["Sec-WebSocket-Version: 13"]);
    two_versions_are_refused => with("", &["Sec-WebSocket-Version: 8"]);
    no_connection_is_refused => with("Connection", &[]);
    a_connection_without_upgrade_is_refused => with("Connection", &["Connection: keep-alive"]);
    a_connection_that_is_like_upgrade_is_refused => with("Connection", &["Connection: upgraded"]);
    a_connection_that_is_there_twice_is_refused => with("Connection", &["Connection: Upgrade", "Connection: Upgrade"]);
    two_connections_are_refused => with("Connection", &["Connection: keep-alive", "Connection: Upgrade"]);
    an_upgrade_that_is_there_twice_is_refused => with("Upgrade", &["Upgrade: websocket", "Upgrade: websocket"]);
    two_upgrades_are_refused => with("Upgrade", &["Upgrade: other", "Upgrade: websocket"]);
    an_upgrade_to_what_is_like_it_is_a_request_as_any => with("Upgrade", &["Upgrade: websockets"]);
    an_upgrade_with_a_version_is_a_request_as_any => with("Upgrade", &["Upgrade: websocket/13"]);
    no_upgrade_is_a_request_as_any => with("Upgrade", &[]);
    a_body_is_refused => with("", &["Content-Length: 5"]);
    a_body_in_chunks_is_refused => with("", &["Transfer-Encoding: chunked"]);
    another_subprotocol_is_refused => protocol("other");
    subprotocols_that_are_like_ours_are_refused => protocol("mcp2, xmcp");
    our_subprotocol_in_capitals_is_refused => protocol("MCP");
    subprotocols_without_a_comma_are_refused => protocol("mcp other");
    an_empty_subprotocol_is_refused => protocol("");
    a_post_is_refused => line("POST /mcp HTTP/1.1");
    a_put_is_refused => line("PUT /mcp HTTP/1.1");
    a_head_is_refused => line("HEAD /mcp HTTP/1.1");
    a_get_in_small_letters_is_refused => line("get /mcp HTTP/1.1");
    http_1_0_is_refused => line("GET /mcp HTTP/1.0");
}

#[tokio::test]
async fn a_handshake_is_answered_with_the_key_s_answer() {
    let answer = answer(101, &with("", &[])).await;
    for line in [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
        "sec-websocket-protocol: mcp",
    ] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{line}: {answer}");
    }
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
