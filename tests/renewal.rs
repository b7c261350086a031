//! A channel that ends because its authorization has: another takes its place. On the machine with
//! simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::proto::client::{CallLimits, Channel, Mode, PageLimits};
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
    // As a page does whose channel is authorized.
    page.machine.complete(page.now);
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

/// Another channel is open, and another session begins there.
fn begin_anew(page: &mut Page) {
    page.opened();
    begin(page);
}

/// The requests that were sent, by method, with their ids.
fn requests(page: &mut Page) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    while let Some(text) = page.take_sent() {
        let message: Value = serde_json::from_str(&text).unwrap();
        all.push((message["method"].as_str().unwrap().to_owned(), message["id"].as_i64().unwrap()));
    }
    all
}

fn is_done(page: &Page, id: i64) -> bool {
    matches!(page.record(id).outcome, Some(Ok(_)))
}

#[test]
fn a_legacy_session_begins_anew_and_what_was_asked_meanwhile_is_sent_after_its_handshake() {
    let mut page = connected(Version::LATEST_LEGACY, reopening());
    let before = page.call(FOREVER);
    let _ = page.sent();
    page.wait(5_000.0);
    expire(&mut page);
    assert_eq!(page.told, [Told::Reopen]);
    assert_eq!(ended(&page, before), Some(true), "it may have run");
    assert!(page.machine.session().is_some(), "what is known of the server is known still");
    let meanwhile = page.call(FOREVER);
    assert!(page.sent_nothing_more());
    page.opened();
    let later = page.call(FOREVER);
    begin(&mut page);
    let sent = requests(&mut page);
    assert_eq!(
        sent.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>(),
        ["tools/call"; 2]
    );
    for (_, id) in sent {
        page.result(id, &json!({ "content": [] }));
    }
    assert!(is_done(&page, meanwhile) && is_done(&page, later));
    assert!(page.is_open() && page.faults().is_empty());
}

#[test]
fn a_legacy_session_that_begins_anew_is_told_its_log_level_and_its_resources_again() {
    let mut page = connected(Version::LATEST_LEGACY, reopening());
    for (method, params) in [
        ("logging/setLevel", json!({ "level": "info" })),
        ("logging/setLevel", json!({ "level": "error" })),
        ("resources/subscribe", json!({ "uri": "a:1" })),
        ("resources/subscribe", json!({ "uri": "a:2" })),
        ("resources/unsubscribe", json!({ "uri": "a:2" })),
    ] {
        let id = page.request(method, Some(params), FOREVER).unwrap();
        page.result(id, &json!({}));
    }
    while page.take_sent().is_some() {}
    page.wait(2_000.0);
    expire(&mut page);
    begin_anew(&mut page);
    let mut told = Vec::new();
    while let Some(text) = page.take_sent() {
        let message: Value = serde_json::from_str(&text).unwrap();
        page.result(message["id"].as_i64().unwrap(), &json!({}));
        told.push((message["method"].clone(), message["params"].clone()));
    }
    let level = |params: &Value| params["level"].clone();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].0.as_str(), level(&told[0].1)), (Some("logging/setLevel"), json!("error")));
    assert_eq!(
        (told[1].0.as_str(), &told[1].1["uri"]),
        (Some("resources/subscribe"), &json!("a:1"))
    );
    assert!(page.faults().is_empty());
}

#[test]
fn subscriptions_of_a_legacy_session_are_interrupted_and_go_on_in_the_next() {
    let mut page = connected(Version::LATEST_LEGACY, reopening());
    let filter = |uri: &str| json!({ "notifications": { "toolsListChanged": true, "resourceSubscriptions": [uri] } });
    let listen =
        |page: &mut Page, uri| page.request("subscriptions/listen", Some(filter(uri)), FOREVER);
    let before = listen(&mut page, "a:1").unwrap();
    let ask = page.sent();
    page.result(ask["id"].as_i64().unwrap(), &json!({}));
    page.wait(2_000.0);
    page.told.clear();
    expire(&mut page);
    assert!(matches!(page.told[..], [Told::Reopen, Told::Interrupted(id, _)] if id == before));
    let meanwhile = listen(&mut page, "a:2").unwrap();
    assert!(page.sent_nothing_more());
    begin_anew(&mut page);
    let sent = requests(&mut page);
    assert_eq!(sent.len(), 2, "{sent:?}");
    page.told.clear();
    for (method, id) in sent {
        assert_eq!(method, "resources/subscribe");
        page.result(id, &json!({}));
    }
    let acknowledged =
        |told: &Told| if let Told::Acknowledged(id, _) = told { Some(*id) } else { None };
    let mut heard: Vec<_> = page.told.iter().filter_map(acknowledged).collect();
    heard.sort_unstable();
    assert_eq!(heard, [before, meanwhile]);
    page.told.clear();
    page.message(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
    let news = page.told.iter().filter(|told| matches!(told, Told::Update(..))).count();
    assert_eq!(news, 2, "{:?}", page.told);
    // One that is given up while there is no channel is not asked for again.
    page.wait(2_000.0);
    expire(&mut page);
    page.cancel(before, None);
    begin_anew(&mut page);
    assert_eq!(requests(&mut page).len(), 1);
}

#[test]
fn a_subscription_that_is_asked_for_meanwhile_waits_for_the_channel() {
    let mut page = connected(Version::LATEST, reopening());
    page.wait(2_000.0);
    expire(&mut page);
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    let id = page.request("subscriptions/listen", Some(filter), FOREVER).unwrap();
    assert!(page.sent_nothing_more());
    page.wait(3_000.0);
    assert!(page.sent_nothing_more());
    page.opened();
    page.wait(2_500.0);
    acknowledge(&mut page);
    assert!(matches!(page.told.last(), Some(Told::Acknowledged(one, _)) if *one == id));
}

#[test]
fn what_only_reads_is_asked_again_and_only_once() {
    for version in [Version::LATEST, Version::LATEST_LEGACY] {
        let mut page = connected(version, reopening());
        let ping = page.machine.ping_method();
        let reads = [
            ("tools/list", json!({})),
            ("resources/read", json!({ "uri": "a:1" })),
            ("prompts/get", json!({ "name": "a" })),
            ("completion/complete", json!({ "ref": { "type": "ref/prompt", "name": "a" } })),
            (ping, json!({})),
        ];
        let ask = |page: &mut Page, (method, params): &(&str, Value)| {
            page.request(method, Some(params.clone()), FOREVER).unwrap()
        };
        let ids: Vec<_> = reads.iter().map(|read| ask(&mut page, read)).collect();
        let writes = page.call(FOREVER);
        while page.take_sent().is_some() {}
        page.wait(2_000.0);
        expire(&mut page);
        assert_eq!(ended(&page, writes), Some(true));
        page.opened();
        if version == Version::LATEST_LEGACY {
            begin(&mut page);
        }
        let sent = requests(&mut page);
        let methods: Vec<_> = sent.iter().map(|(method, _)| method.as_str()).collect();
        assert_eq!(methods, reads.clone().map(|(method, _)| method), "{version:?}");
        page.result(sent[0].1, &json!({ "tools": [] }));
        assert!(is_done(&page, ids[0]));
        page.wait(2_000.0);
        expire(&mut page);
        for id in &ids[1..] {
            assert_eq!(ended(&page, *id), Some(true), "{version:?} {id}");
        }
    }
}

#[test]
fn a_list_of_several_pages_is_asked_for_from_its_start() {
    let mut page = connected(Version::LATEST_LEGACY, reopening());
    let limits = CallLimits { pages: Some(PageLimits::default()), ..FOREVER };
    let list = page.request("tools/list", Some(json!({})), limits).unwrap();
    let first = page.sent();
    page.result(
        first["id"].as_i64().unwrap(),
        &json!({ "tools": [{ "name": "a" }], "nextCursor": "x" }),
    );
    assert_eq!(page.sent()["params"]["cursor"], "x");
    page.wait(2_000.0);
    expire(&mut page);
    begin_anew(&mut page);
    let again = page.sent();
    assert_eq!(again["params"].get("cursor"), None, "a cursor is the old session's");
    page.result(again["id"].as_i64().unwrap(), &json!({ "tools": [{ "name": "b" }] }));
    let Some(Ok(result)) = &page.record(list).outcome else { panic!() };
    assert_eq!(result["tools"], json!([{ "name": "b" }]));
}

#[test]
fn a_legacy_session_that_does_not_begin_anew_ends_and_says_what_has_not_run() {
    // Refused, silent, and cut off.
    for how in 0..3 {
        let mut page = connected(Version::LATEST_LEGACY, reopening());
        page.wait(2_000.0);
        expire(&mut page);
        let call = page.call(CallLimits { timeout: f64::INFINITY, ..FOREVER });
        page.opened();
        let id = page.sent()["id"].as_i64().unwrap();
        match how {
            0 => page.error(id, &json!({ "code": -32603, "message": "no" })),
            1 => page.wait(31_000.0),
            _ => page.closed("cut off"),
        }
        assert!(matches!(page.told.last(), Some(Told::Disconnected(_))), "{how} {:?}", page.told);
        assert!(matches!(page.record(call).outcome, Some(Err(_))), "{how}");
        if how == 2 {
            assert_eq!(ended(&page, call), Some(false));
        }
        assert!(!page.is_open() && page.sent_nothing_more());
    }
}

#[test]
fn a_call_given_up_while_a_legacy_session_begins_anew_is_not_sent() {
    let mut page = connected(Version::LATEST_LEGACY, reopening());
    page.wait(2_000.0);
    expire(&mut page);
    let call = page.call(FOREVER);
    page.cancel(call, None);
    begin_anew(&mut page);
    assert!(page.sent_nothing_more());
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
    for version in [Version::LATEST, Version::LATEST_LEGACY] {
        let mut page = connected(version, reopening());
        for _ in 0..3 {
            page.wait(2_000.0);
            expire(&mut page);
            page.opened();
            if version == Version::LATEST_LEGACY {
                begin(&mut page);
            }
            let call = page.call(FOREVER);
            let id = page.sent()["id"].as_i64().unwrap();
            assert_eq!(id, call);
            page.result(id, &json!({ "content": [] }));
            assert!(page.record(call).outcome.as_ref().unwrap().is_ok());
        }
        let reopened = page.told.iter().filter(|told| **told == Told::Reopen).count();
        assert_eq!(reopened, 3, "{:?}", page.told);
    }
}
