//! The program against a server of ours: what it prints.

use std::process::Output;

use mcp_wasm::native::{Options, serve};
use mcp_wasm::server::{Context, Server};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::process::Command;

#[derive(Deserialize, JsonSchema)]
struct Brew {
    cups: u32,
}

async fn brew(Brew { cups }: Brew, ctx: Context) -> Result<String, &'static str> {
    if cups == 0 {
        return Err("nobody is thirsty");
    }
    for cup in 1..=cups {
        ctx.report_progress(cup, cups, "poured").await;
    }
    Ok(format!("{cups} cups"))
}

async fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rust-client")).args(arguments).output().await.unwrap()
}

#[tokio::test]
async fn it_shows_the_progress_and_the_result_or_what_is_wrong() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder("Kitchen", "1.0.0").tool("brew", "Brews", brew).build();
    tokio::spawn(serve(listener, server, Options::default()));
    for scheme in ["ws", "http"] {
        let url = format!("{scheme}://{address}/mcp");
        let output = run(&["brew", r#"{"cups":2}"#, &url]).await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text, "1/2 (50.0%) - poured\n2/2 (100.0%) - poured\n2 cups\n");
        assert!(output.status.success());

        let output = run(&["brew", r#"{"cups":0}"#, &url]).await;
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(text, "tools/call brew failed: nobody is thirsty\n");
        assert_eq!(output.status.code(), Some(1));
    }
    let output = run(&["brew", "{}", "no-such-server", "--stdio"]).await;
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("connecting to `no-such-server`"), "{text}");
    assert_eq!(run(&["brew", "{}"]).await.status.code(), Some(2));
}
