//! A page whose program is Rust: it calls a tool of an MCP server and shows its progress.

// The client is for the browser; built for anything else, this crate is empty.
#![cfg(target_arch = "wasm32")]

use mcp_wasm::Client;
use mcp_wasm::client::{Error, Progress};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, HtmlProgressElement};

/// The arguments of the tool.
#[derive(Serialize)]
struct Items<'a> {
    items: &'a [&'a str],
}

/// What the tool returns.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Processed {
    /// How many items.
    pub processed: u32,
    /// The items in upper case.
    pub results: Vec<String>,
}

/// Connects, calls the tool, and reads what it returns.
pub async fn process(
    url: &str,
    items: &[&str],
    on_progress: impl FnMut(Progress) + 'static,
) -> Result<Processed, Error> {
    let client = Client::connect(url).info("rust-wasm-client", env!("CARGO_PKG_VERSION")).await?;
    let result =
        client.call_tool("process_items", Items { items }).on_progress(on_progress).await?;
    client.close().await;
    result.structured()
}

/// The same for the page: shows the progress in a bar, and how it ended in words.
#[wasm_bindgen]
pub async fn run(url: String, bar: HtmlProgressElement, words: HtmlElement) -> Result<(), JsValue> {
    let items = ["an apple", "a pear", "a plum", "a cherry", "a quince"];
    let shown = words.clone();
    let result = process(&url, &items, move |progress| {
        bar.set_max(progress.total.unwrap_or(1.0));
        bar.set_value(progress.progress);
        shown.set_inner_text(&progress.to_string());
    });
    match result.await {
        Ok(done) => words.set_inner_text(&done.results.join(", ")),
        Err(error) => {
            words.set_inner_text(&error.to_string());
            // JavaScript gets an error with the same text, and a `code`.
            return Err(error.into());
        }
    }
    Ok(())
}
