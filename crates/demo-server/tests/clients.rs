//! The demo server as a child of the client for native Rust programs, and at its address.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use mcp_wasm::Client;
use mcp_wasm::client::{Command, Mode, Target};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

const PROGRAM: &str = env!("CARGO_BIN_EXE_demo-server");

#[tokio::test]
async fn the_five_tools_say_the_same_over_every_transport_in_both_eras() {
    let mut server = tokio::process::Command::new(PROGRAM)
        .args(["--port", "0", "--pace", "0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let address = line.strip_prefix("listening on http://").unwrap().trim_end_matches('/');
    let child = Command::new(PROGRAM).args(["--stdio", "--pace", "0"]);
    let targets: [Target; 3] = [
        child.into(),
        format!("ws://{address}/mcp").into(),
        format!("http://{address}/mcp").into(),
    ];
    let calls: [(&str, Value, usize); 5] = [
        ("process_items", json!({ "items": ["a", "b", "c"] }), 4),
        ("download_file", json!({ "url": "https://example.com" }), 20),
        ("backup_database", json!({}), 5),
        ("scan_directory", json!({ "directory": "/" }), 10),
        ("data_migration", json!({ "source": "a", "destination": "b" }), 21),
    ];
    let mut seen = HashMap::new();
    for target in targets {
        for mode in [Mode::Auto, Mode::Legacy] {
            let client = Client::connect(target.clone()).mode(mode).await.unwrap();
            for (tool, arguments, count) in &calls {
                let reports = Arc::new(Mutex::new(Vec::new()));
                let into = Arc::clone(&reports);
                let call = client
                    .call_tool(tool, arguments)
                    .on_progress(move |progress| into.lock().unwrap().push(progress.to_string()));
                let text = call.await.unwrap().success().unwrap().text();
                let reports = reports.lock().unwrap().clone();
                assert_eq!(reports.len(), *count, "{tool} of {target:?}: {reports:?}");
                let first = seen.entry(*tool).or_insert_with(|| (reports.clone(), text.clone()));
                assert_eq!(*first, (reports, text), "{tool} of {target:?}");
            }
            client.close().await;
        }
    }
}
