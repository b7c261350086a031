//! What a client declares follows from what it handles, and what a channel can do from its kind.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::jsonrpc::{Id, Outline};
use mcp_wasm::proto::client::{Channel, Handles, Mode};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use support::handshake::{connect, initialize, probe};
use support::{FOREVER, Page, Path, Told};

/// What a client with these declares in the request that carries its capabilities.
fn declared(version: Version, given: &Value, handles: Handles) -> Value {
    let mut page = Page::new(Mode::Pin(version), Path::General);
    page.machine.declare(given, handles);
    page.connect(Channel::default());
    let params = page.sent()["params"].clone();
    let inside = &params["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    if inside.is_null() { params["capabilities"].clone() } else { inside.clone() }
}

const NONE: Handles = Handles { sampling: false, elicitation: false, roots: false, tasks: false };
const ALL: Handles = Handles { sampling: true, elicitation: true, roots: true, tasks: true };

#[test]
fn each_handler_brings_its_capability_along_in_both_eras() {
    let tasks = json!({ "io.modelcontextprotocol/tasks": {} });
    let cases = [
        (NONE, json!({})),
        (Handles { sampling: true, ..NONE }, json!({ "sampling": {} })),
        (Handles { elicitation: true, ..NONE }, json!({ "elicitation": { "form": {} } })),
        (Handles { roots: true, ..NONE }, json!({ "roots": {} })),
        (Handles { tasks: true, ..NONE }, json!({ "extensions": tasks })),
        (
            ALL,
            json!({
                "sampling": {}, "elicitation": { "form": {} }, "roots": {}, "extensions": tasks,
            }),
        ),
    ];
    for version in [Version::LATEST, Version::LATEST_LEGACY] {
        for (handles, expected) in &cases {
            assert_eq!(declared(version, &json!({}), *handles), *expected);
        }
    }
}

#[test]
fn what_is_given_is_kept_and_says_more() {
    let given = json!({
        "sampling": { "tools": {} },
        "roots": { "listChanged": true },
        "extensions": { "x/y": { "a": 1 } },
        "experimental": { "z": {} },
    });
    assert_eq!(declared(Version::LATEST, &given, NONE), given);
    let mut all = given.clone();
    all["elicitation"] = json!({ "form": {} });
    all["extensions"]["io.modelcontextprotocol/tasks"] = json!({});
    assert_eq!(declared(Version::LATEST, &given, ALL), all);
}

#[test]
fn who_takes_links_only_claims_no_forms() {
    let elicitation = Handles { elicitation: true, ..NONE };
    for (given, expected) in [
        (json!({ "url": {} }), json!({ "url": {} })),
        (json!({ "url": {}, "form": {} }), json!({ "url": {}, "form": {} })),
        (json!({ "form": { "x": 1 } }), json!({ "form": { "x": 1 } })),
        (json!({}), json!({ "form": {} })),
        (json!(null), json!({ "form": {} })),
    ] {
        let given = json!({ "elicitation": given });
        let all = declared(Version::LATEST, &given, elicitation);
        assert_eq!(all, json!({ "elicitation": expected }));
    }
}

#[test]
fn what_is_declared_later_goes_out_with_later_requests() {
    let mut page = Page::open(Version::LATEST, Path::General, json!({}), &json!({}));
    page.machine.declare(&json!({}), ALL);
    page.call(FOREVER);
    let carried = &page.sent()["params"]["_meta"];
    assert!(carried["io.modelcontextprotocol/clientCapabilities"]["sampling"].is_object());
}

// ---- channels ----

#[test]
fn how_long_silence_is_waited_for_follows_from_the_channel() {
    for (channel, silence) in [
        (Channel::web_socket(30_000.0), 1_500.0),
        (Channel::port(30_000.0), 1_500.0),
        (Channel::process(30_000.0), 5_000.0),
        (Channel::http(30_000.0), 10_000.0),
        (Channel::http(3_000.0), 1_000.0),
        (Channel::http(30_000.0).probing(Some(700.0)), 700.0),
        (Channel::web_socket(30_000.0).probing(None), 1_500.0),
        // However short the whole is to be, half of it is left for `initialize`.
        (Channel::web_socket(2_000.0), 1_000.0),
    ] {
        let mut page = connect(Mode::Auto, channel);
        probe(&mut page);
        page.wait(silence - 1.0);
        assert!(page.sent_nothing_more(), "{channel:?}");
        page.wait(1.0);
        initialize(&mut page);
    }
}

#[test]
fn another_channel_is_opened_only_where_there_can_be_one() {
    for (channel, reopens) in [
        (Channel::web_socket(30_000.0), true),
        (Channel::process(30_000.0), true),
        (Channel::port(30_000.0), false),
        (Channel::http(30_000.0), false),
    ] {
        let mut page = connect(Mode::Auto, channel);
        probe(&mut page);
        page.closed("gone");
        assert_eq!(page.told.contains(&Told::Reopen), reopens, "{channel:?}");
        assert_eq!(page.end().is_some(), !reopens, "{channel:?}");
    }
}

// ---- messages that are not read ----

fn refuse(page: &mut Page, id: Option<Id>, answers: bool) {
    let error = Error::too_large(1000, true);
    page.machine.refuse(&Outline { id, answers }, error, page.now);
    page.drain();
}

#[test]
fn of_a_message_that_is_too_large_the_call_fails_that_it_answers_and_no_other() {
    for text in [false, true] {
        let mut page = Page::open(Version::LATEST, Path::General, json!({}), &json!({}));
        let [first, second] = [page.call(FOREVER), page.call(FOREVER)];
        let id = if text { Id::Text(first.to_string()) } else { Id::Integer(first) };
        refuse(&mut page, Some(id), true);
        let Some(Err(error)) = page.outcome(first) else { panic!("it is answered") };
        assert_eq!(error.size_limit(), Some(1000));
        assert!(page.outcome(second).is_none() && page.is_open() && page.faults().is_empty());
        page.result(second, &json!({}));
        assert!(page.outcome(second).unwrap().is_ok());
    }
}

#[test]
fn what_answers_nothing_that_is_waited_for_is_a_fault_and_ends_nothing() {
    let mut page = Page::open(Version::LATEST, Path::General, json!({}), &json!({}));
    let call = page.call(FOREVER);
    let strangers = [
        (None, true),
        (None, false),
        (Some(Id::Integer(call)), false),
        (Some(Id::Integer(call + 1)), true),
        (Some(Id::Text("x".to_owned())), true),
        (Some(Id::Integer(1)), true),
    ];
    for (id, answers) in strangers.clone() {
        refuse(&mut page, id, answers);
    }
    assert_eq!(page.faults().len(), strangers.len());
    assert!(page.outcome(call).is_none() && page.is_open());
}

#[test]
fn a_handshake_whose_answer_is_too_large_fails_unless_another_may_do() {
    let mut page = connect(Mode::Auto, Channel::web_socket(30_000.0));
    let id = probe(&mut page);
    refuse(&mut page, Some(Id::Integer(id)), true);
    let id = initialize(&mut page);
    refuse(&mut page, Some(Id::Integer(id)), true);
    assert_eq!(page.end().and_then(Error::size_limit), Some(1000));
}
