//! The client in a real browser, against a running demo server: `cargo xtask test --only chrome`.
//! `MCP_SERVER` is its host and port, `127.0.0.1:8000` without it.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mcp_wasm::Client;
use mcp_wasm::client::{Era, Error, Mode, Progress};
use rust_wasm_client::{Processed, process, run};
use serde::de::IgnoredAny;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::*;
use web_sys::{HtmlElement, HtmlProgressElement};

wasm_bindgen_test_configure!(run_in_browser);

/// The demo server over WebSocket and over HTTP.
fn servers() -> [String; 2] {
    let host = option_env!("MCP_SERVER").unwrap_or("127.0.0.1:8000");
    ["ws", "http"].map(|scheme| format!("{scheme}://{host}/mcp"))
}

/// Every way to be connected: both transports, both eras.
async fn clients() -> Vec<Client> {
    let mut clients = Vec::new();
    for url in servers() {
        for mode in [Mode::Auto, Mode::Legacy] {
            clients.push(Client::connect(&url).mode(mode).silent().await.unwrap());
        }
    }
    let eras: Vec<_> = clients.iter().filter_map(Client::era).collect();
    assert_eq!(eras, [Era::Modern, Era::Legacy, Era::Modern, Era::Legacy]);
    clients
}

#[wasm_bindgen_test]
async fn a_call_reports_its_progress_and_returns_its_result() {
    for url in servers() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let kept = heard.clone();
        let done = process(&url, &["a", "ö"], move |progress| {
            kept.borrow_mut().push((progress.progress, progress.total));
        });
        let expected = Processed { processed: 2, results: ["A", "Ö"].map(str::to_owned).to_vec() };
        assert_eq!(done.await.unwrap(), expected);
        assert_eq!(*heard.borrow(), [0.0, 1.0, 2.0].map(|done| (done, Some(2.0))));
    }
}

#[wasm_bindgen_test]
fn the_module_exports_nothing_but_its_own() {
    let exports = js_sys::Object::keys(&wasm_bindgen::exports().unchecked_into::<js_sys::Object>());
    let names: Vec<String> = exports.iter().filter_map(|name| name.as_string()).collect();
    assert!(names.iter().any(|name| name == "run"), "{names:?}");
    // Classes of the binding that the npm package is made of.
    let stranger = names.iter().find(|name| name.starts_with("core_") || name.starts_with("http_"));
    assert_eq!(stranger, None);
}

#[wasm_bindgen_test]
async fn the_page_shows_progress_and_the_end() {
    let document = web_sys::window().unwrap().document().unwrap();
    let bar: HtmlProgressElement = document.create_element("progress").unwrap().unchecked_into();
    let words: HtmlElement = document.create_element("p").unwrap().unchecked_into();
    let [url, _] = servers();
    run(url, bar.clone(), words.clone()).await.unwrap();
    assert_eq!((bar.value(), bar.max()), (5.0, 5.0));
    assert_eq!(words.inner_text(), "AN APPLE, A PEAR, A PLUM, A CHERRY, A QUINCE");

    let error = run("ws://127.0.0.1:1/mcp".to_owned(), bar, words.clone()).await.unwrap_err();
    assert!(words.inner_text().starts_with("connecting to ws://127.0.0.1:1/mcp: "));
    assert!(error.is_object());
}

#[wasm_bindgen_test]
async fn log_messages_and_progress_come_in_the_servers_order() {
    for url in servers() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let (logs, reports) = (told.clone(), told.clone());
        let client = Client::connect(&url)
            .on_log(move |log| logs.borrow_mut().push(log.text()))
            .await
            .unwrap();
        let call = client
            .call_tool("backup_database", ())
            .on_progress(move |progress| reports.borrow_mut().push(progress.to_string()));
        assert_eq!(call.await.unwrap().text(), "Database backup completed");
        let expected: Vec<String> = ["users", "orders", "products", "inventory", "logs"]
            .iter()
            .zip(1..)
            .flat_map(|(table, i)| {
                [format!("Backing up table: {table}"), format!("{i}/5 ({}.0%)", i * 20)]
            })
            .collect();
        assert_eq!(*told.borrow(), expected);
    }
}

#[derive(serde::Serialize)]
struct Flood {
    count: u32,
}

#[wasm_bindgen_test]
async fn nothing_of_a_flood_is_lost_in_any_era_over_any_transport() {
    const COUNT: u32 = 3000;
    for client in clients().await {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let kept = seen.clone();
        let call = client
            .call_tool("flood", Flood { count: COUNT })
            .on_progress(move |Progress { progress, .. }| kept.borrow_mut().push(progress));
        call.await.unwrap();
        assert_eq!(*seen.borrow(), (1..=COUNT).map(f64::from).collect::<Vec<_>>());
    }
}

#[derive(serde::Serialize)]
struct Reply {
    action: &'static str,
    content: BTreeMap<&'static str, &'static str>,
}

#[wasm_bindgen_test]
async fn what_the_server_asks_for_is_answered_in_both_eras() {
    for url in servers() {
        for mode in [Mode::Auto, Mode::Legacy] {
            let client = Client::connect(&url)
                .mode(mode)
                .on_request("elicitation/create", |question: BTreeMap<String, IgnoredAny>| {
                    assert!(question.contains_key("message"));
                    async { Ok(Reply { action: "accept", content: [("name", "Ada")].into() }) }
                })
                .on_request("sampling/createMessage", |_: IgnoredAny| async {
                    Err::<(), _>("no model here".to_owned())
                })
                .await
                .unwrap();
            let named = client.call_tool("ask_name", ()).await.unwrap();
            assert!(named.text().contains("Ada"), "{}", named.text());

            let params = BTreeMap::from([("text", "a long text")]);
            let summary = client.call_tool("summarize", params).silent().await;
            match client.era() {
                Some(Era::Modern) => {
                    let error = summary.unwrap_err();
                    assert!(matches!(&error, Error::Input { .. }), "{error}");
                    assert!(error.to_string().contains("no model here"), "{error}");
                }
                _ => assert!(summary.unwrap().text().contains("no model here")),
            }
        }
    }
}

#[wasm_bindgen_test]
async fn the_server_knows_what_nobody_would_answer() {
    for client in clients().await {
        let result = client.call_tool("ask_name", ()).await;
        match client.era() {
            // The capability is missing, it says.
            Some(Era::Modern) => assert!(matches!(result, Err(Error::Rpc { code: -32021, .. }))),
            _ => assert!(result.unwrap().is_error),
        }
    }
}

#[derive(serde::Serialize)]
struct Slow {
    seconds: u32,
}

#[wasm_bindgen_test]
async fn a_call_that_is_dropped_or_cancelled_stops_and_the_client_goes_on() {
    for client in clients().await {
        let handle = Rc::new(RefCell::new(None::<mcp_wasm::client::CallHandle>));
        let of = handle.clone();
        let call = client
            .call_tool("slow", Slow { seconds: 1000 })
            .on_progress(move |_| of.borrow().as_ref().unwrap().cancel("seen enough"))
            .start();
        handle.replace(Some(call.handle()));
        let error = call.await.unwrap_err();
        assert!(matches!(&error, Error::Aborted { reason: Some(why), .. } if why == "seen enough"));
        drop(client.call_tool("slow", Slow { seconds: 1000 }).start());
        client.ping().await.unwrap();
        client.close().await;
        assert!(!client.is_connected());
        assert_eq!(client.ping().await.unwrap_err().code(), "CLOSED");
    }
}

#[wasm_bindgen_test]
async fn tools_resources_and_prompts_are_listed_and_read() {
    for client in clients().await {
        let tools = client.list_tools().await.unwrap();
        assert!(tools.iter().any(|tool| tool.name == "process_items"));
        let resources = client.list_resources().await.unwrap();
        let about = resources.iter().find(|one| one.name == "about").unwrap();
        let read = client.read_resource(&about.uri).await.unwrap();
        let text = read.contents[0].text.as_deref();
        assert!(text.unwrap().starts_with("# Progress demo"));
        assert!(!client.list_resource_templates().await.unwrap().is_empty());
        let prompts = client.list_prompts().await.unwrap();
        assert!(prompts.iter().any(|prompt| prompt.name == "explain"));
        let topic = BTreeMap::from([("topic", "wasm")]);
        let prompt = client.get_prompt("explain", topic).await.unwrap();
        assert!(prompt.messages[0].content.as_text().unwrap().starts_with("Explain wasm to "));
        assert_eq!(
            client.call_tool("fail", ()).await.unwrap().success().unwrap_err().code(),
            "TOOL_ERROR"
        );
        assert_eq!(client.read_resource("demo://nowhere").await.unwrap_err().code(), "RPC_ERROR");
    }
}
