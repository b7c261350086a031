//! Helpers for handshakes with servers that follow a script.

use mcp_wasm::error::Error;
use mcp_wasm::proto::client::{Channel, Mode};
use mcp_wasm::proto::version::{Era, Version};
use serde_json::{Value, json};

use super::{FOREVER, Page, Path, Told};

pub const CHANNEL: Channel = Channel {
    connect_timeout: 30_000.0,
    probe_timeout: 5_000.0,
    can_reopen: true,
    own_stream: false,
    remembered: None,
};

/// A page whose channel has opened.
pub fn connect(mode: Mode, channel: Channel) -> Page {
    let mut page = Page::new(mode, Path::Scanned);
    page.connect(channel);
    page
}

pub fn auto() -> Page {
    connect(Mode::Auto, CHANNEL)
}

/// The next message is a probe; its id.
#[track_caller]
pub fn probe(page: &mut Page) -> i64 {
    let sent = page.sent();
    assert_eq!(sent["method"], "server/discover");
    assert_eq!(sent["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(page.sent_nothing_more());
    sent["id"].as_i64().unwrap()
}

/// The next message is `initialize` and offers that version; its id.
#[track_caller]
pub fn initialize_at(page: &mut Page, version: &str) -> i64 {
    let sent = page.sent();
    assert_eq!(sent["method"], "initialize");
    assert_eq!(sent["params"]["protocolVersion"], version);
    assert_eq!(sent["params"].get("_meta"), None, "nothing modern");
    assert!(page.sent_nothing_more());
    sent["id"].as_i64().unwrap()
}

#[track_caller]
pub fn initialize(page: &mut Page) -> i64 {
    initialize_at(page, "2025-11-25")
}

pub fn discovered(versions: &Value) -> Value {
    json!({ "supportedVersions": versions, "capabilities": {}, "resultType": "complete" })
}

/// The connection is open at that version, with what belongs to its era.
#[track_caller]
pub fn assert_open(page: &mut Page, version: Version) {
    let session = page.machine.session().expect("connected");
    assert_eq!(session.version, version);
    assert_eq!(page.told.last(), Some(&Told::Connected(Box::new(session.clone()))));
    if version.era() == Era::Legacy {
        assert_eq!(page.sent()["method"], "notifications/initialized");
    }
    assert!(page.sent_nothing_more());
    page.request("tools/list", None, FOREVER).unwrap();
    let claim = &page.sent()["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let expected = if version.era() == Era::Modern { json!("2026-07-28") } else { Value::Null };
    assert_eq!(*claim, expected);
}

/// Answers `initialize`, and the connection is open.
#[track_caller]
pub fn finish_legacy(page: &mut Page) {
    let id = initialize(page);
    page.result(id, &json!({ "protocolVersion": "2025-06-18", "capabilities": {} }));
    assert_open(page, Version::V2025_06_18);
}

/// The connection has failed, and nothing more was sent.
#[track_caller]
pub fn failed(page: &Page) -> Error<Value> {
    assert!(page.sent_nothing_more());
    assert!(!page.is_open());
    assert!(page.machine.poll_timeout().is_infinite());
    match page.told.last() {
        Some(Told::Disconnected(error)) => error.clone(),
        other => panic!("not failed: {other:?}"),
    }
}

pub fn rpc_code(error: &Error<Value>) -> i64 {
    match error {
        Error::Rpc(error) => error.code,
        other => panic!("not the peer's error: {other:?}"),
    }
}
