//! The demo server as a program: its options, its site, its end, and every number of its tools.

#[path = "../../../tests/support/socket.rs"]
mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use support::{Client, PATIENCE, http, progress, refused};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

const PROGRAM: &str = env!("CARGO_BIN_EXE_demo-server");

/// A running demo server; killed when dropped.
struct Demo {
    process: Child,
    address: SocketAddr,
}

impl Demo {
    fn start(options: &[&str]) -> Self {
        Self::run(Command::new(PROGRAM).args(["--port", "0"]).args(options))
    }

    /// With no more open files than that.
    #[cfg(unix)]
    fn within(files: u32) -> Self {
        let script = format!("ulimit -n {files}; exec \"$0\" --port 0 --pace 0");
        Self::run(Command::new("sh").args(["-c", &script, PROGRAM]))
    }

    fn run(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix("/\n"))
            .unwrap_or_else(|| panic!("not the line that is promised: {line:?}"));
        Self { process, address: address.parse().unwrap() }
    }

    /// At the pace that the tests want.
    fn quick() -> Self {
        Self::start(&["--pace", "0"])
    }

    async fn client(&self) -> Client {
        let mut client = Client::connect(self.address).await;
        client.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await;
        client
    }

    async fn get(&self, path: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        http(self.address, &request).await
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs the program to its end.
fn run(options: &[&str]) -> Output {
    Command::new(PROGRAM).args(options).output().unwrap()
}

/// What a call brought: the reports (progress, total, message) and logs in order, and the result.
struct Outcome {
    events: Vec<Value>,
    result: Value,
}

async fn call(client: &mut Client, tool: &str, arguments: Value) -> Outcome {
    let id = client.call(tool, arguments).await;
    let mut messages = client.until_answer(id).await;
    let result = messages.pop().unwrap()["result"].clone();
    let events = messages
        .into_iter()
        .map(|message| {
            let params = &message["params"];
            if message["method"] == "notifications/message" {
                json!({ params["level"].as_str().unwrap(): params["data"] })
            } else {
                assert_eq!(params["progressToken"], id);
                json!([params["progress"], params["total"]])
            }
        })
        .collect();
    Outcome { events, result }
}

fn text(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

fn info(text: &str) -> Value {
    json!({ "info": text })
}

#[tokio::test]
async fn process_items_reports_each_item_and_the_end() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let outcome =
        call(&mut client, "process_items", json!({ "items": ["a", "Straße", "c"] })).await;
    assert_eq!(outcome.events, [json!([0, 3]), json!([1, 3]), json!([2, 3]), json!([3, 3])]);
    assert_eq!(
        outcome.result,
        json!({
            "content": [{
                "type": "text",
                "text": r#"{"processed":3,"results":["A","STRASSE","C"]}"#,
            }],
            "structuredContent": { "processed": 3, "results": ["A", "STRASSE", "C"] },
        })
    );
    let outcome = call(&mut client, "process_items", json!({ "items": [] })).await;
    assert_eq!(outcome.events, [json!([0, 0])]);
    assert_eq!(outcome.result["structuredContent"], json!({ "processed": 0, "results": [] }));
}

#[tokio::test]
async fn download_file_reports_percentages_as_they_are_computed() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let url = "https://example.com/big.zip";
    let outcome = call(&mut client, "download_file", json!({ "url": url })).await;
    let values = [
        5.0,
        10.0,
        15.0,
        20.0,
        25.0,
        30.0,
        35.0,
        40.0,
        45.0,
        50.0,
        55.000_000_000_000_01,
        60.0,
        65.0,
        70.0,
        75.0,
        80.0,
        85.0,
        90.0,
        95.0,
        100.0,
    ];
    let reported: Vec<_> = outcome.events.iter().map(|event| event[0].as_f64().unwrap()).collect();
    assert_eq!(reported, values);
    assert!(outcome.events.iter().all(|event| event[1] == 100));
    assert_eq!(outcome.result, text("Downloaded file from https://example.com/big.zip"));
}

#[tokio::test]
async fn backup_database_logs_and_reports_each_table() {
    let demo = Demo::quick();
    let outcome = call(&mut demo.client().await, "backup_database", json!({})).await;
    let expected: Vec<_> = ["users", "orders", "products", "inventory", "logs"]
        .iter()
        .enumerate()
        .flat_map(|(i, table)| [info(&format!("Backing up table: {table}")), json!([i + 1, 5])])
        .collect();
    assert_eq!(outcome.events, expected);
    assert_eq!(outcome.result, text("Database backup completed"));
}

#[tokio::test]
async fn scan_directory_reports_without_a_total() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let outcome = call(&mut client, "scan_directory", json!({ "directory": "/some/where" })).await;
    let expected: Vec<_> = (1..=10).map(|found| json!([found, null])).collect();
    assert_eq!(outcome.events, expected);
    assert_eq!(
        outcome.result["structuredContent"],
        json!({ "files_found": 10, "directory": "/some/where" })
    );
    assert_eq!(
        outcome.result["content"][0]["text"],
        r#"{"files_found":10,"directory":"/some/where"}"#
    );
}

#[tokio::test]
async fn data_migration_logs_its_phases_and_reports_one_percentage() {
    let demo = Demo::quick();
    let arguments = json!({ "source": "old", "destination": "new" });
    let outcome = call(&mut demo.client().await, "data_migration", arguments).await;
    let mut expected = Vec::new();
    for (phase, values) in [
        ("Validating source data", &[0, 5, 10, 15, 20][..]),
        ("Exporting data from source", &[25, 30, 35, 40, 45, 50, 55]),
        ("Transforming data format", &[60, 65, 70, 75]),
        ("Importing to destination", &[80, 85, 90, 95]),
    ] {
        expected.push(info(phase));
        expected.extend(values.iter().map(|value| json!([value, 100])));
    }
    expected.push(json!([100, 100]));
    assert_eq!(outcome.events, expected);
    assert_eq!(outcome.result, text("Migration from old to new completed"));
}

#[tokio::test]
async fn the_pace_scales_the_pauses() {
    let demo = Demo::start(&["--pace", "0.1"]);
    let start = Instant::now();
    call(&mut demo.client().await, "download_file", json!({ "url": "x" })).await;
    let elapsed = start.elapsed();
    // Twenty pauses of 10 ms; the upper bound is for a loaded machine.
    assert!((0.2..1.5).contains(&elapsed.as_secs_f64()), "{elapsed:?}");
}

#[tokio::test]
async fn all_tools_run_side_by_side_on_one_connection() {
    let demo = Demo::start(&["--pace", "0.1"]);
    let mut client = demo.client().await;
    let mut open = vec![
        client.call("process_items", json!({ "items": ["a", "b"] })).await,
        client.call("download_file", json!({ "url": "x" })).await,
        client.call("backup_database", json!({})).await,
        client.call("scan_directory", json!({ "directory": "x" })).await,
        client.call("data_migration", json!({ "source": "a", "destination": "b" })).await,
    ];
    let counts: Vec<usize> = vec![3, 20, 5, 10, 21];
    let all = open.clone();
    let mut messages = Vec::new();
    while !open.is_empty() {
        let message = client.next().await;
        open.retain(|id| message["id"] != *id);
        messages.push(message);
    }
    for (id, count) in all.iter().zip(counts) {
        let own = messages.iter().filter(|message| message["params"]["progressToken"] == *id);
        assert_eq!(own.count(), count, "of call {id}");
    }
}

#[tokio::test]
async fn hash_directory_counts_then_hashes_by_bytes() {
    let root = TempDir::new().unwrap();
    let path = root.path();
    fs::create_dir_all(path.join("tree/sub")).unwrap();
    fs::write(path.join("tree/a.txt"), "hello").unwrap();
    fs::write(path.join("tree/sub/b.bin"), vec![7; 600_000]).unwrap();
    fs::write(path.join("tree/empty"), "").unwrap();
    let demo = Demo::start(&["--root", path.to_str().unwrap()]);
    let mut client = demo.client().await;

    let outcome = call(&mut client, "hash_directory", json!({ "directory": "tree" })).await;
    assert_eq!(outcome.events[..3], [json!([1, null]), json!([2, null]), json!([3, null])]);
    let bytes = &outcome.events[3..];
    assert!(bytes.len() >= 3, "chunk by chunk: {bytes:?}");
    assert!(bytes.iter().all(|event| event[1] == 600_005));
    assert_eq!(bytes.last().unwrap()[0], 600_005);
    let values: Vec<_> = outcome.events.iter().map(|event| event[0].as_u64().unwrap()).collect();
    assert!(values.is_sorted_by(|a, b| a < b), "{values:?}");

    // What `sha256sum` says of these files, hashed once more.
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let result = &outcome.result["structuredContent"];
    assert_eq!((&result["files"], &result["bytes"]), (&json!(3), &json!(600_005)));
    assert_eq!(result["sha256"].as_str().unwrap().len(), 64);
    fs::remove_file(path.join("tree/sub/b.bin")).unwrap();
    let outcome = call(&mut client, "hash_directory", json!({ "directory": "tree" })).await;
    let lines = format!("{hello}  a.txt\n{none}  empty\n");
    let expected = {
        use sha2::{Digest, Sha256};
        Sha256::digest(lines).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    };
    assert_eq!(outcome.result["structuredContent"]["sha256"], expected);
}

#[cfg(unix)]
#[tokio::test]
async fn hash_directory_stays_below_its_root() {
    use std::os::unix::fs::symlink;

    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let root = TempDir::new().unwrap();
    let path = root.path();
    fs::create_dir(path.join("tree")).unwrap();
    fs::write(path.join("tree/a.txt"), "hello").unwrap();
    symlink(outside.path(), path.join("escape")).unwrap();
    symlink(outside.path(), path.join("tree/escape")).unwrap();
    symlink(outside.path().join("secret"), path.join("tree/file")).unwrap();
    symlink(path, path.join("tree/circle")).unwrap();
    let demo = Demo::start(&["--root", path.to_str().unwrap()]);
    let mut client = demo.client().await;

    let absolute = outside.path().to_str().unwrap();
    for directory in ["..", "tree/../..", "/", absolute, "escape", "tree/escape", "/etc/../etc"] {
        let result = call(&mut client, "hash_directory", json!({ "directory": directory })).await;
        assert_eq!(result.result["isError"], true, "{directory}");
        let text = result.result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("not below the server's root"), "{directory}: {text}");
    }
    for (directory, why) in [("nowhere", "no such directory"), ("tree/a.txt", "not a directory")] {
        let result = call(&mut client, "hash_directory", json!({ "directory": directory })).await;
        assert!(result.result["content"][0]["text"].as_str().unwrap().contains(why));
    }
    // Links inside are neither followed nor read.
    for directory in ["tree", "", "tree/circle/tree"] {
        let outcome = call(&mut client, "hash_directory", json!({ "directory": directory })).await;
        let result = &outcome.result["structuredContent"];
        assert_eq!((&result["files"], &result["bytes"]), (&json!(1), &json!(5)), "{directory}");
    }
}

#[tokio::test]
async fn backup_sqlite_copies_every_page_and_row() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let mut results = Vec::new();
    for _ in 0..2 {
        let outcome = call(&mut client, "backup_sqlite", json!({})).await;
        let result = outcome.result["structuredContent"].clone();
        let pages = result["pages"].as_u64().unwrap();
        assert!(pages > 100);
        assert!(outcome.events.iter().all(|event| event[1] == pages));
        assert_eq!(outcome.events.last().unwrap()[0], pages);
        assert!(outcome.events.len() > 10, "step by step");
        assert_eq!(result["rows"], 20_000);
        assert_eq!(result["bytes"].as_u64().unwrap() % pages, 0);
        results.push(result);
    }
    assert_eq!(results[0], results[1]);
}

#[tokio::test]
async fn flood_sends_as_much_as_asked_for() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let id = client.call("flood", json!({ "count": 50_000 })).await;
    let sent = client.until_answer(id).await;
    assert_eq!(progress(&sent), (1..=50_000).map(f64::from).collect::<Vec<_>>());
    assert_eq!(sent.last().unwrap()["result"]["structuredContent"], json!({ "sent": 50_000 }));
    for count in [json!(0), json!(10_000_001), json!(-1), json!("many")] {
        let outcome = call(&mut client, "flood", json!({ "count": count })).await;
        assert_eq!(outcome.result["isError"], true, "{count}");
    }
}

#[tokio::test]
async fn fail_fails() {
    let demo = Demo::quick();
    let outcome = call(&mut demo.client().await, "fail", json!({})).await;
    let failure = json!({ "type": "text", "text": "This tool always fails" });
    assert_eq!(outcome.result, json!({ "content": [failure], "isError": true }));
}

#[tokio::test]
async fn slow_waits_reports_and_stops_when_cancelled() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    for seconds in [0.35, 3.5] {
        let outcome = call(&mut client, "slow", json!({ "seconds": seconds })).await;
        assert_eq!(outcome.result, text(&format!("Waited {seconds} s")));
        assert_eq!(outcome.events.last().unwrap(), &json!([seconds, seconds]));
        // A server that stands still meanwhile reports less.
        if outcome.events.len() >= 3 {
            break;
        }
        assert!(seconds < 1.0, "{:?}", outcome.events);
    }

    let id = client.call("slow", json!({ "seconds": 3600 })).await;
    client.next().await;
    client.cancel(id).await;
    // Nothing comes for it any more; ping is answered once what was on its way is read.
    while client.request("ping", json!({})).await["result"] != json!({}) {}
    let silence = timeout(Duration::from_millis(300), client.next()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test]
async fn unknown_tools_and_wrong_arguments_do_no_harm() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let answer = client.request("tools/call", json!({ "name": "nope" })).await;
    assert_eq!(answer["error"]["code"], -32602);
    let outcome = call(&mut client, "process_items", json!({ "items": "a" })).await;
    assert_eq!(outcome.result["isError"], true);
    let outcome = call(&mut client, "process_items", json!({ "items": ["a"] })).await;
    assert_eq!(outcome.result["structuredContent"]["results"], json!(["A"]));
}

#[tokio::test]
async fn every_tool_is_listed_with_an_object_as_schema() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let answer = client.request("tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "process_items",
            "download_file",
            "backup_database",
            "scan_directory",
            "data_migration",
            "hash_directory",
            "backup_sqlite",
            "flood",
            "fail",
            "slow",
            "ask_name",
            "summarize",
            "add_note",
        ]
    );
    for tool in tools {
        let schema = &tool["inputSchema"];
        assert_eq!(schema["type"], "object", "{tool}");
        assert!(schema.get("$schema").is_none() && schema.get("title").is_none(), "{tool}");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{name} of {tool}");
        }
    }
}

fn block(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// Answers the one question of the server's with this result.
async fn answer(client: &mut Client, method: &str, result: Value) -> Value {
    let question = client.next().await;
    assert_eq!(question["method"], method);
    client.send(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })).await;
    question["params"].clone()
}

async fn client_that_can(demo: &Demo) -> Client {
    let mut client = Client::connect(demo.address).await;
    let capabilities = json!({ "elicitation": {}, "sampling": {} });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities });
    client.request("initialize", params).await;
    client
}

#[tokio::test]
async fn ask_name_asks_and_says_hello() {
    let demo = Demo::quick();
    let mut client = client_that_can(&demo).await;
    for (result, said) in [
        (json!({ "action": "accept", "content": { "name": "Ada" } }), "Hello, Ada"),
        (json!({ "action": "decline" }), "That is fine: hello all the same"),
        (json!({ "action": "cancel" }), "Maybe another time"),
    ] {
        let id = client.call("ask_name", json!({})).await;
        let asked = answer(&mut client, "elicitation/create", result).await;
        assert_eq!(asked["requestedSchema"]["required"], json!(["name"]));
        let answer = client.until_answer(id).await.pop().unwrap();
        assert_eq!(answer["result"]["content"][0], block(said));
    }
}

#[tokio::test]
async fn summarize_returns_what_the_model_says() {
    let demo = Demo::quick();
    let mut client = client_that_can(&demo).await;
    let id = client.call("summarize", json!({ "text": "Long." })).await;
    let result = json!({ "role": "assistant", "model": "m", "content": block("Short.") });
    let asked = answer(&mut client, "sampling/createMessage", result).await;
    assert!(asked["messages"][0]["content"]["text"].as_str().unwrap().ends_with("\n\nLong."));
    let answer = client.until_answer(id).await.pop().unwrap();
    assert_eq!(answer["result"]["content"][0], block("Short."));
}

#[tokio::test]
async fn notes_change_and_who_subscribed_is_told() {
    let demo = Demo::quick();
    let (mut client, mut other) = (demo.client().await, demo.client().await);
    let uri = json!({ "uri": "demo://notes" });
    assert_eq!(client.request("resources/subscribe", uri.clone()).await["result"], json!({}));
    let id = other.call("add_note", json!({ "text": "Buy milk" })).await;
    let answer = other.until_answer(id).await;
    let listed = "notifications/resources/list_changed";
    assert_eq!((answer.len(), &answer[0]["method"]), (2, &json!(listed)), "it did not subscribe");
    assert_eq!(answer[1]["result"]["structuredContent"], json!({ "number": 1 }));
    assert_eq!(client.next().await["method"], listed);
    let told = client.next().await;
    assert_eq!(
        (&told["method"], &told["params"]),
        (&json!("notifications/resources/updated"), &uri)
    );
    let read = client.request("resources/read", uri).await;
    assert_eq!(read["result"]["contents"][0]["text"], "1. Buy milk");
    let list = client.request("resources/list", json!({})).await;
    assert_eq!(list["result"]["resources"][3]["uri"], "demo://notes/1");
    let one = client.request("resources/read", json!({ "uri": "demo://notes/1" })).await;
    assert_eq!(one["result"]["contents"][0]["text"], "Buy milk");
    let two = client.request("resources/read", json!({ "uri": "demo://notes/2" })).await;
    assert_eq!(two["error"]["code"], -32002);
}

#[tokio::test]
async fn prompts_are_there_with_suggestions() {
    let demo = Demo::quick();
    let mut client = demo.client().await;
    let list = client.request("prompts/list", json!({})).await;
    let names: Vec<_> =
        list["result"]["prompts"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names, [json!("explain"), json!("review_code")]);
    let arguments = json!({ "topic": "monads", "reader": "a child" });
    let got =
        client.request("prompts/get", json!({ "name": "explain", "arguments": arguments })).await;
    let said = block("Explain monads to a child, in a few sentences.");
    assert_eq!(got["result"]["messages"], json!([{ "role": "user", "content": said }]));
    let params = json!({ "ref": { "type": "ref/prompt", "name": "review_code" },
                         "argument": { "name": "language", "value": "j" } });
    let found = client.request("completion/complete", params).await;
    assert_eq!(found["result"]["completion"]["values"], json!(["Java", "JavaScript"]));
}

#[tokio::test]
async fn the_page_and_the_package_are_served_with_their_types_and_rules() {
    let directory = TempDir::new().unwrap();
    let (www, pkg) = (directory.path().join("www"), directory.path().join("pkg"));
    for (folder, files) in [
        (&www, ["index.html", "main.js", "style.css"]),
        (&pkg, ["index.js", "core.wasm", "package.json"]),
    ] {
        fs::create_dir(folder).unwrap();
        for file in files {
            fs::write(folder.join(file), file).unwrap();
        }
    }
    fs::write(directory.path().join("secret"), "secret").unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let demo = Demo::start(&["--www", &path(&www), "--pkg", &path(&pkg)]);
    for (url, kind) in [
        ("/", "text/html"),
        ("/main.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/pkg/index.js", "text/javascript"),
        ("/pkg/core.wasm", "application/wasm"),
        ("/pkg/package.json", "application/json"),
    ] {
        let answer = demo.get(url).await;
        assert!(answer.starts_with("http/1.1 200 "), "{url}: {answer}");
        assert!(answer.contains(&format!("\r\ncontent-type: {kind}")), "{url}: {answer}");
        assert!(answer.contains("\r\ncache-control: no-cache\r\n"), "{url}: {answer}");
        assert!(
            answer.contains(
                "\r\ncontent-security-policy: default-src 'self'; script-src 'self' \
                 'wasm-unsafe-eval'; connect-src 'self' ws: wss: http: https:; style-src 'self'; \
                 img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'\r\n"
            ),
            "{url}: {answer}"
        );
    }
    for url in ["/nothing", "/pkg/nothing", "/../secret", "/%2e%2e/secret", "/pkg/..%2f..%2fsecret"]
    {
        let answer = demo.get(url).await;
        assert!(answer.starts_with("http/1.1 4"), "{url}: {answer}");
        assert!(!answer.ends_with("secret"), "{url}");
    }
}

#[tokio::test]
async fn every_answer_of_the_site_says_that_it_may_not_be_framed_sniffed_or_told_of() {
    let demo = Demo::quick();
    for url in ["/", "/index.html", "/chat/", "/chat", "/style.css", "/nothing", "/pkg/nothing"] {
        let answer = demo.get(url).await;
        for header in [
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "\r\nx-frame-options: deny\r\n",
            "\r\nx-content-type-options: nosniff\r\n",
            "\r\nreferrer-policy: no-referrer\r\n",
            "\r\ncross-origin-opener-policy: same-origin\r\n",
            "\r\ncross-origin-resource-policy: same-origin\r\n",
            "\r\npermissions-policy: ",
        ] {
            assert!(answer.contains(header), "{url} {header}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_path_that_no_file_can_have_is_not_found() {
    let demo = Demo::quick();
    let long = |count| "a".repeat(count);
    for path in [
        long(255),
        long(256),
        long(5_000),
        long(10_000),
        format!("chat/{}", long(300)),
        format!("pkg/{}", long(10_000)),
        format!("mcp/{}", long(10_000)),
        "a/".repeat(5_000),
        "%61".repeat(3_000),
        "style.css/x".to_owned(),
        "style.css/".to_owned(),
        "%00".to_owned(),
        "style.css%00".to_owned(),
        "%ff".to_owned(),
        "%".to_owned(),
        "..%5c..%5csecret".to_owned(),
        "/etc/passwd".to_owned(),
        "c:/windows".to_owned(),
        "con".to_owned(),
        "a?".to_owned() + &long(10_000),
    ] {
        let answer = demo.get(&format!("/{path}")).await;
        let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
        assert!([400, 404, 414].contains(&status), "{status} {path:.60}");
    }
    // Longer than any head may be.
    let answer = demo.get(&format!("/{}", long(100_000))).await;
    assert!(answer.starts_with("http/1.1 414") || answer.starts_with("http/1.1 431"), "{answer}");
}

/// The status of the page and of the endpoint for a browser that has it by this name.
async fn as_named(demo: &Demo, host: &str) -> (u16, u16) {
    let status = |answer: String| answer.split(' ').nth(1).unwrap().parse().unwrap();
    let page = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let call = format!(
        "OPTIONS /mcp HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\n\r\n"
    );
    (status(http(demo.address, &page).await), status(http(demo.address, &call).await))
}

#[tokio::test]
async fn listening_on_every_address_it_answers_to_those_of_this_machine_and_to_no_other_name() {
    let mut demo = Demo::start(&["--host", "0.0.0.0", "--allow-host", "demo.example"]);
    let port = demo.address.port();
    // What is printed can be opened.
    assert_eq!(demo.address.ip().to_string(), "0.0.0.0");
    demo.address.set_ip([127, 0, 0, 1].into());
    let mut names = vec!["0.0.0.0".to_owned(), "localhost".to_owned(), "demo.example".to_owned()];
    for interface in if_addrs::get_if_addrs().unwrap() {
        names.push(match interface.ip() {
            std::net::IpAddr::V4(address) => address.to_string(),
            std::net::IpAddr::V6(address) => format!("[{address}]"),
        });
    }
    for name in names {
        assert_eq!(as_named(&demo, &format!("{name}:{port}")).await, (200, 204), "{name}");
    }
    for name in ["evil.example", "8.8.8.8", "localhost.evil.example", "demo.example.evil.example"] {
        assert_eq!(as_named(&demo, &format!("{name}:{port}")).await, (403, 403), "{name}");
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_cannot_connect() {
    let demo = Demo::quick();
    let mcp = ("Sec-WebSocket-Protocol", "mcp");
    assert_eq!(refused(demo.address, &[mcp, ("Origin", "https://evil.example")]).await, 403);
    let demo = Demo::start(&["--allow-origin", "https://app.example"]);
    support::handshake(demo.address, &[mcp, ("Origin", "https://app.example")]).await.unwrap();
}

#[test]
fn help_names_every_option() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for option in
        ["--port", "--host", "--root", "--pace", "--www", "--pkg", "--allow-origin", "--allow-host"]
    {
        assert!(help.contains(option), "{option} in {help}");
    }
}

#[test]
fn a_port_in_use_is_an_error_that_says_so() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{error}");
    assert!(error.contains("in use"), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (options, code) in [
        (&["--pace", "fast"][..], 2),
        (&["--pace", "-1"], 2),
        (&["--pace", "nan"], 2),
        (&["--port", "70000"], 2),
        (&["--nonsense"], 2),
        (&["--root", "/no/such/directory"], 1),
        (&["--host", "no.such.host.invalid"], 1),
    ] {
        let output = run(options);
        assert_eq!(output.status.code(), Some(code), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn the_release_profile_unwinds() {
    // A tool that panics ends its own call; with `panic = "abort"` it would end the server.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    assert!(!fs::read_to_string(manifest).unwrap().contains("panic = \"abort\""));
}

#[cfg(unix)]
#[tokio::test]
async fn signals_end_the_server_gracefully_and_leave_nothing_behind() {
    for signal in ["-TERM", "-INT"] {
        let temporary = TempDir::new().unwrap();
        let mut demo = {
            let mut command = Command::new(PROGRAM);
            command.args(["--port", "0", "--pace", "1"]).env("TMPDIR", temporary.path());
            let mut process =
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
            let address = line.trim_end_matches("/\n").rsplit('/').next().unwrap();
            Demo { address: address.parse().unwrap(), process }
        };
        let mut client = demo.client().await;
        client.call("slow", json!({ "seconds": 60 })).await;
        client.call("backup_sqlite", json!({})).await;
        // Both are at work.
        while client.next().await["params"]["message"] != "Copying pages" {}

        let start = Instant::now();
        demo.signal(signal);
        assert_eq!(client.close_code().await, Some(1001));
        drop(client);
        let status = loop {
            if let Some(status) = demo.process.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            sleep(Duration::from_millis(10)).await;
        };
        assert!(status.success(), "{status}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        let mut log = String::new();
        demo.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(log.contains("slow was cancelled") && log.contains("stopped"), "{log}");
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "no files are left");
    }
}

#[test]
fn standard_input_and_output_are_served_with_nothing_else_on_them() {
    let mut process = Command::new(PROGRAM)
        .args(["--stdio", "--pace", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&output.next().unwrap().unwrap()).unwrap();
    let params = json!({ "protocolVersion": "2025-11-25" });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    writeln!(input, "{hello}").unwrap();
    assert_eq!(next()["result"]["serverInfo"]["name"], "ProgressDemo");
    let params = json!({ "name": "process_items", "arguments": { "items": ["a", "b"] },
                         "_meta": { "progressToken": 1 } });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    writeln!(input, "{call}").unwrap();
    let progress: Vec<Value> = (0..3).map(|_| next()["params"]["progress"].take()).collect();
    assert_eq!(progress, [0, 1, 2]);
    assert_eq!(next()["result"]["structuredContent"]["processed"], 2);
    // The host closes the input, and the server ends.
    drop(input);
    assert!(process.wait().unwrap().success());
    assert!(output.next().is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn a_stranger_with_more_connections_than_there_are_files_keeps_nobody_out() {
    let demo = Demo::within(128);
    let mut honest = demo.client().await;
    // Some say nothing, others begin what they never end.
    let mut idle = Vec::new();
    for number in 0..300 {
        let stream = tokio::net::TcpStream::connect(demo.address).await.unwrap();
        if number % 3 == 0 {
            let _ = stream.try_write(b"POST /mcp HTTP/1.1\r\n");
        }
        if number % 50 == 0 {
            // What is there works on, and who comes is let in.
            let start = Instant::now();
            assert_eq!(honest.request("ping", json!({})).await["result"], json!({}));
            let answer = demo.get("/mcp").await;
            assert!(answer.contains("Mcp-Session-Id"), "{number}: {answer}");
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        }
        idle.push(stream);
    }
    let mut late = demo.client().await;
    assert_eq!(late.request("ping", json!({})).await["result"], json!({}));
}
