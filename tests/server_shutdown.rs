//! The end of a server, as those see it that listen to it.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/socket.rs"]
mod support;

use mcp_wasm::server::{NoArguments, Server};
use serde_json::json;
use support::{Client, Host};

#[tokio::test]
async fn listeners_get_their_result_before_the_connection_is_closed() {
    let server =
        Server::builder("Test", "1.0.0").tool("t", "", |_: NoArguments, _| async {}).build();
    let mut host = Host::start(server).await;
    let mut client = Client::connect(host.address).await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "notifications": { "toolsListChanged": true }, "_meta": meta });
    let method = "subscriptions/listen";
    client.send(json!({ "jsonrpc": "2.0", "id": "l", "method": method, "params": params })).await;
    assert_eq!(client.next().await["method"], "notifications/subscriptions/acknowledged");
    host.stop();
    let ended = client.next().await;
    assert_eq!(ended["id"], "l");
    assert_eq!(ended["result"]["resultType"], "complete");
    assert_eq!(client.close_code().await, Some(1001));
    host.ended().await;
}
