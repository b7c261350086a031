//! The protocol's own examples and schemas: we read the examples, and what we send is what the
//! schema of each revision says.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/schema.rs"]
mod schema;
mod support;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Waker};

use mcp_wasm::jsonrpc::Message;
use mcp_wasm::proto::client::{Channel, ClientConfig, Mode};
use mcp_wasm::proto::server::{
    Event, Feature, Features, Limits, Operation, Profile, ServerMachine, Transmit,
};
use mcp_wasm::proto::version::{Era, Version};
use mcp_wasm::server::{Context, Driver, Json, Link, NoArguments, Server};
use mcp_wasm::types::{Implementation, Level};
use schema::{Schema, examples};
use serde_json::{Value, json};
use support::{FOREVER, Page, Path, Place};

fn example(file: &str) -> Value {
    let mut all = examples(Version::LATEST).into_iter();
    all.find(|(_, path, _)| path.ends_with(file)).expect("an example").2
}

#[test]
fn every_example_is_valid_and_every_message_among_them_passes_unchanged() {
    let mut schema = Schema::of(Version::LATEST);
    let (mut all, mut messages) = (0, 0);
    for (name, file, value) in examples(Version::LATEST) {
        let _place = Place(file.display().to_string());
        schema.assert_valid(&name, &value);
        all += 1;
        if value.get("jsonrpc").is_some() {
            let message = Message::read(&value).expect("a message");
            assert_eq!(message.write(), value);
            messages += 1;
        }
    }
    assert_eq!((all, messages), (129, 32));
}

#[test]
fn the_schemas_tell_valid_from_invalid() {
    for version in Version::ALL {
        let mut schema = Schema::of(version);
        let good = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                           "params": { "progressToken": 1, "progress": 2 } });
        schema.assert_valid("ProgressNotification", &good);
        let mut bad = good;
        bad["params"]["progress"] = json!("2");
        let caught = std::panic::catch_unwind(move || {
            Schema::of(version).assert_valid("ProgressNotification", &bad);
        });
        assert!(caught.is_err(), "{}", version.as_str());
    }
}

#[test]
fn the_server_serves_the_example_requests() {
    let features = Features { tools: Feature::Fixed, ..Features::default() };
    let profile = Profile { features, ..Profile::new(Implementation::new("s", "1")) };
    let mut server = ServerMachine::<Value>::new(profile, Limits::default());
    server.receive(&example("CallToolRequest/call-tool-request.json"));
    let Some(Event::Request(request)) = server.poll_event() else { panic!("not handed up") };
    assert!(
        matches!(&request.operation, Operation::CallTool { name, .. } if name == "get_weather")
    );
    server.receive(&example("ListToolsRequest/list-tools-request.json"));
    assert!(matches!(server.poll_event(), Some(Event::Request(_))));
    server.receive(&example("DiscoverRequest/server-discover-request.json"));
    let Some(Transmit::Send { frame, .. }) = server.poll_transmit() else { panic!("no answer") };
    let answer = frame.into_payload();
    assert_eq!(answer["result"]["supportedVersions"], json!(["2026-07-28"]));
    assert!(server.poll_transmit().is_none() && server.poll_event().is_none());
}

#[test]
fn the_client_takes_the_example_answers() {
    let mut page = Page::new(Mode::Pin(Version::LATEST), Path::Scanned);
    page.connect(Channel::default());
    let mut answer = example("DiscoverResultResponse/discover-result-response.json");
    answer["id"] = json!(1);
    page.message(&answer);
    let session = page.machine.session().expect("connected");
    assert_eq!(session.capabilities.as_ref(), answer["result"].get("capabilities"));

    let id = page.call(FOREVER);
    let mut progress = example("ProgressNotification/progress-message.json");
    progress["params"]["progressToken"] = json!(id);
    page.message(&progress);
    assert_eq!(page.steps(id), [support::said(50.0, 100.0, "Reticulating splines...")]);
    let mut answer = example("CallToolResultResponse/call-tool-result-response.json");
    answer["id"] = json!(id);
    page.message(&answer);
    assert_eq!(page.outcome(id), Some(&Ok(answer["result"].clone())));
    assert!(page.faults().is_empty());
}

#[test]
fn everything_we_send_is_valid_in_every_revision() {
    for version in Version::ALL {
        let mut talk = Talk::new(version);
        let mut ask = |method: &str, params: Value| {
            let id = talk.page.request(method, Some(params), FOREVER).expect("connected");
            talk.settle();
            id
        };
        ask("tools/list", json!({}));
        ask("tools/call", json!({ "name": "work", "arguments": { "items": ["a", "b"] } }));
        ask("tools/call", json!({ "name": "work", "arguments": { "items": 7 } }));
        ask("tools/call", json!({ "name": "fail" }));
        ask("tools/call", json!({ "name": "nobody" }));
        ask("tools/list", json!({ "cursor": "x" }));
        ask("nonsense", json!({}));
        let waiting = ask("tools/call", json!({ "name": "wait" }));
        if version.has_session_methods() {
            ask("ping", json!({}));
            ask("logging/setLevel", json!({ "level": "info" }));
        }
        talk.page.cancel(waiting, Some("no longer needed"));
        talk.settle();
        for garbage in ["{", "[]", r#"{"jsonrpc":"2.0","id":1}"#] {
            talk.link.receive(garbage);
            talk.settle();
        }
        assert!(talk.page.records().values().all(|record| record.outcome.is_some()));
        let session = version.has_session_methods();
        let mut expected = vec![
            ("CallToolRequest", 5),
            ("CallToolResult", 3),
            ("CancelledNotification", 1),
            ("ListToolsRequest", 2),
            ("ListToolsResult", 1),
            ("LoggingMessageNotification", 1),
            ("ProgressNotification", 3),
            ("error", 6),
        ];
        expected.extend(if session {
            [("InitializeRequest", 1), ("InitializeResult", 1)]
        } else {
            [("DiscoverRequest", 1), ("DiscoverResult", 1)]
        });
        if session {
            expected.extend([("EmptyResult", 2), ("InitializedNotification", 1)]);
            expected.extend([("PingRequest", 1), ("SetLevelRequest", 1)]);
        }
        // The request that no revision knows is a request all the same.
        expected.push(("JSONRPCRequest", 1));
        expected.sort_unstable();
        assert_eq!(talk.seen.into_iter().collect::<Vec<_>>(), expected, "{}", version.as_str());
    }
}

/// A client and a server of the library, and a schema that reads along.
struct Talk {
    page: Page,
    link: Link,
    driver: Pin<Box<Driver>>,
    version: Version,
    schema: Schema,
    /// The methods of the requests so far, by id.
    asked: BTreeMap<i64, String>,
    /// How many messages of each kind were sent.
    seen: BTreeMap<&'static str, usize>,
}

impl Talk {
    fn new(version: Version) -> Self {
        let (link, driver) = server().connect();
        let config = ClientConfig {
            info: Implementation::new("test-page", "1.0.0"),
            capabilities: json!({}),
            log_level: Some(Level::Debug),
            mode: Mode::Pin(version),
        };
        let mut talk = Self {
            page: Page::with_config(config, Path::Scanned),
            link,
            driver: Box::pin(driver),
            version,
            schema: Schema::of(version),
            asked: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        talk.page.connect(Channel::default());
        talk.settle();
        assert!(talk.page.is_open());
        talk
    }

    /// Carries messages to and fro until both sides are quiet.
    fn settle(&mut self) {
        let mut quiet = 0;
        while quiet < 3 {
            quiet += 1;
            while let Some(text) = self.page.take_sent() {
                self.check(&text);
                self.link.receive(&text);
                quiet = 0;
            }
            let ended = self.driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
            assert!(ended.is_pending());
            while let Some(transmit) = self.link.try_transmit() {
                let Transmit::Send { frame, .. } = transmit else { panic!("it closes") };
                let text = frame.to_json();
                self.check(&text);
                self.page.frame(&text);
                quiet = 0;
            }
        }
    }

    fn check(&mut self, text: &str) {
        let _place = Place(format!("{}: {text}", self.version.as_str()));
        let value: Value = serde_json::from_str(text).expect("JSON");
        let (kind, value) = match Message::read(&value).expect("a message") {
            Message::Request { method, .. } => {
                let id = value["id"].as_i64().expect("our ids are integers");
                let kind = request(&method);
                self.asked.insert(id, method);
                (kind, value)
            }
            Message::Notification { method, .. } => (notification(&method), value),
            Message::Response { outcome: Ok(result), .. } => {
                let id = value["id"].as_i64().expect("our ids are integers");
                (answer(&self.asked[&id]), result)
            }
            Message::Response { outcome: Err(_), .. } => ("error", value),
        };
        *self.seen.entry(kind).or_default() += 1;
        match kind {
            "error" if self.schema.defines("JSONRPCErrorResponse") => {
                self.schema.assert_valid("JSONRPCErrorResponse", &value);
            }
            // Before 2025-11-25 the schema knew no error for a message whose id cannot be read.
            "error" if value.get("id").is_none() => {}
            "error" => self.schema.assert_valid("JSONRPCError", &value),
            kind => self.schema.assert_valid(kind, &value),
        }
    }
}

fn request(method: &str) -> &'static str {
    match method {
        "server/discover" => "DiscoverRequest",
        "initialize" => "InitializeRequest",
        "ping" => "PingRequest",
        "logging/setLevel" => "SetLevelRequest",
        "tools/list" => "ListToolsRequest",
        "tools/call" => "CallToolRequest",
        _ => "JSONRPCRequest",
    }
}

fn notification(method: &str) -> &'static str {
    match method {
        "notifications/initialized" => "InitializedNotification",
        "notifications/cancelled" => "CancelledNotification",
        "notifications/progress" => "ProgressNotification",
        "notifications/message" => "LoggingMessageNotification",
        other => panic!("not ours: {other}"),
    }
}

fn answer(method: &str) -> &'static str {
    match method {
        "server/discover" => "DiscoverResult",
        "initialize" => "InitializeResult",
        "tools/list" => "ListToolsResult",
        "tools/call" => "CallToolResult",
        _ => "EmptyResult",
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Work {
    items: Vec<String>,
}

fn server() -> Server {
    Server::builder("test-server", "2.0.0")
        .instructions("Be kind.")
        .tool("work", "Works.", |work: Work, ctx: Context| async move {
            for (i, item) in work.items.iter().enumerate() {
                ctx.report_progress(i, work.items.len(), item).await;
            }
            ctx.report_progress(2.5, None, None).await;
            ctx.info("done").await;
            Json(json!({ "count": work.items.len() }))
        })
        .tool("fail", "Fails.", |_: NoArguments, _| async { Err::<(), _>("out of order") })
        .tool("wait", "Waits.", |_: NoArguments, _| std::future::pending::<()>())
        .build()
}

#[test]
fn era_and_envelope_go_together() {
    for version in Version::ALL {
        let mut talk = Talk::new(version);
        talk.page.request("tools/list", None, FOREVER).expect("connected");
        let sent = talk.page.sent();
        let meta = sent["params"]["_meta"].as_object().expect("an object");
        let reserved = meta.keys().filter(|key| key.starts_with("io.modelcontextprotocol/"));
        let expected = if version.era() == Era::Modern { 4 } else { 0 };
        assert_eq!(reserved.count(), expected, "{meta:?}");
    }
}
