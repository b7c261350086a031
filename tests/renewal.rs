//! A channel that ends because its authorization has: another takes its place. On the machine with
//! simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use support::{FOREVER, Page, Path, Told};

const REASON: &str = "the authorization has ended";

fn reopening() -> Channel {
    Channel { can_reopen: true, ..Channel::default() }
}

/// A page that is connected to a server with every capability.
fn connected(version: Version, channel: Channel) -> Page {
    let mut page = Page::new(Mode::Auto, Path::General);
    page.connect(channel);
    if version == Version::LATEST {
        let id = page.sent()["id"].as_i64().unwrap();
        page.result(id, &json!({ "supportedVersions": ["2026-07-28"], "capabilities": all() }));
    } else {
        let id = page.sent()["id"].as_i64().unwrap();
        page.error(id, &json!({ "code": -32601, "message": "what?" }));
        begin(&mut page);
    }
    page.told.clear();
    page
}

fn all() -> Value {
    json!({ "tools": { "listChanged": true }, "logging": {}, "resources": { "subscribe": true } })
}

/// The legacy handshake.
fn begin(page: &mut Page) {
    let request = page.sent();
    assert_eq!(request["method"], "initialize");
    let version = &request["params"]["protocolVersion"];
    let result = json!({ "protocolVersion": version, "capabilities": all(), "serverInfo": {} });
    page.result(request["id"].as_i64().unwrap(), &result);
    assert_eq!(page.sent()["method"], "notifications/initialized");
}

fn expire(page: &mut Page) {
    page.machine.expired(REASON, page.now);
    page.drain();
}

fn ended(page: &Page, id: i64) -> Option<bool> {
    match &page.record(id).outcome {
        Some(Err(Error::Closed { sent, .. } | Error::Lost { sent, .. })) => Some(*sent),
        _ => None,
    }
}

#[test]
fn a_modern_connection_goes_on_without_a_handshake_and_what_was_asked_meanwhile_is_sent() {
    let mut page = connected(Version::LATEST, reopening());
    let before = page.call(FOREVER);
    let _ = page.sent();
    page.wait(2_000.0);
    expire(&mut page);
    assert_eq!(page.told, [Told::Reopen]);
    assert_eq!(ended(&page, before), Some(true), "it may have run");
    let meanwhile = page.call(FOREVER);
    assert!(page.sent_nothing_more());
    page.opened();
    let request = page.sent();
    assert_eq!(request["method"], "tools/call");
    assert!(request["id"].as_i64().unwrap() > meanwhile, "an id is never used again");
    assert_eq!(request["params"]["_meta"]["progressToken"], request["id"]);
    page.result(request["id"].as_i64().unwrap(), &json!({ "content": [] }));
    assert!(page.record(meanwhile).outcome.as_ref().unwrap().is_ok());
    assert!(page.sent_nothing_more());
}

#[test]
fn a_subscription_is_interrupted_and_opened_again_once_there_is_a_channel() {
    for slow in [100.0, 5_000.0] {
        let mut page = connected(Version::LATEST, reopening());
        let filter = json!({ "notifications": { "toolsListChanged": true } });
        let id = page.request("subscriptions/listen", Some(filter), FOREVER).unwrap();
        acknowledge(&mut page);
        page.wait(2_000.0);
        page.told.clear();
        expire(&mut page);
        assert!(matches!(page.told[..], [Told::Reopen, Told::Interrupted(..)]), "{:?}", page.told);
        page.wait(slow);
        assert!(page.sent_nothing_more());
        page.opened();
        page.wait(2_500.0);
        acknowledge(&mut page);
        assert!(matches!(page.told.last(), Some(Told::Acknowledged(one, _)) if *one == id));
        assert!(page.record(id).outcome.is_none(), "it lives on");
    }
}

/// The server agrees to a subscription.
fn acknowledge(page: &mut Page) {
    let request = page.sent();
    assert_eq!(request["method"], "subscriptions/listen");
    let params = json!({
        "_meta": { "io.modelcontextprotocol/subscriptionId": request["id"] },
        "notifications": { "toolsListChanged": true },
    });
    page.message(&json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params,
    }));
}

#[test]
fn a_legacy_session_ends_with_it() {
    let mut page = connected(Version::LATEST_LEGACY, reopening());
    let call = page.call(FOREVER);
    page.wait(5_000.0);
    expire(&mut page);
    assert!(matches!(page.told[..], [Told::Disconnected(_)]), "{:?}", page.told);
    assert_eq!(ended(&page, call), Some(true));
}

#[test]
fn one_that_cannot_be_opened_again_is_closed() {
    let mut page = connected(Version::LATEST, Channel::default());
    let call = page.call(FOREVER);
    expire(&mut page);
    assert!(matches!(page.told[..], [Told::Disconnected(_)]), "{:?}", page.told);
    assert_eq!(ended(&page, call), Some(true));
}

#[test]
fn where_no_other_channel_opens_what_waits_fails_as_not_sent() {
    let mut page = connected(Version::LATEST, reopening());
    page.wait(2_000.0);
    expire(&mut page);
    let call = page.call(FOREVER);
    page.closed("no ticket");
    assert_eq!(ended(&page, call), Some(false));
    assert!(matches!(page.told.last(), Some(Told::Disconnected(_))));
    assert!(page.request("tools/call", None, FOREVER).is_err(), "not connected");
}

#[test]
fn what_waits_has_its_own_clock() {
    let mut page = connected(Version::LATEST, reopening());
    page.wait(2_000.0);
    expire(&mut page);
    let call = page.call(CallLimits { timeout: 300.0, ..FOREVER });
    page.wait(400.0);
    assert!(matches!(page.record(call).outcome, Some(Err(Error::Timeout { .. }))));
    page.opened();
    assert!(page.sent_nothing_more(), "nobody waits for it");
}

#[test]
fn it_may_happen_again_and_again() {
    let mut page = connected(Version::LATEST, reopening());
    for _ in 0..3 {
        page.wait(2_000.0);
        expire(&mut page);
        page.opened();
        let call = page.call(FOREVER);
        let id = page.sent()["id"].as_i64().unwrap();
        assert_eq!(id, call);
        page.result(id, &json!({ "content": [] }));
        assert!(page.record(call).outcome.as_ref().unwrap().is_ok());
    }
    assert_eq!(page.told, [Told::Reopen, Told::Reopen, Told::Reopen]);
}
