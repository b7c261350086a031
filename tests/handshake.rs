//! How the client finds out what a server speaks, row by row, against servers that follow a script.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{Channel, Mode, Negotiated};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};
use support::handshake::{
    CHANNEL, assert_open, auto, connect, discovered, failed, finish_legacy, initialize, probe,
    rpc_code,
};
use support::{Page, Path, Place, Told, protocol_text};

#[test]
fn a_discover_result_opens_a_modern_connection() {
    for versions in [
        json!(["2026-07-28"]),
        json!(["2027-01-01", "2026-07-28", "2025-11-25"]),
        json!(["2025-11-25", "2026-07-28"]),
    ] {
        let mut page = auto();
        let id = probe(&mut page);
        page.result(id, &discovered(&versions));
        assert_open(&mut page, Version::V2026_07_28);
    }
}

#[test]
fn a_server_is_taken_for_a_legacy_one_for_a_day_if_it_has_shown_that_by_itself() {
    const DAY: f64 = 86_400_000.0;
    let legacy = |page: &mut Page| {
        let id = initialize(page);
        page.result(
            id,
            &json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {} }),
        );
        assert!(page.is_open());
    };
    let mut page = auto();
    let id = probe(&mut page);
    assert_eq!(page.machine.legacy_for(), None, "not connected");
    page.result(id, &discovered(&json!(["2026-07-28"])));
    assert_eq!(page.machine.legacy_for(), Some(0.0));
    let mut page = auto();
    let id = probe(&mut page);
    page.error(id, &json!({ "code": -32601, "message": "no" }));
    legacy(&mut page);
    assert_eq!(page.machine.legacy_for(), Some(DAY));
    // What was forced says nothing about the server.
    for mode in [Mode::Legacy, Mode::Pin(Version::LATEST_LEGACY)] {
        let mut page = connect(mode, CHANNEL);
        legacy(&mut page);
        assert_eq!(page.machine.legacy_for(), None);
    }
}

#[test]
fn what_the_server_says_of_itself_is_kept_as_it_was_sent() {
    let mut page = auto();
    let id = probe(&mut page);
    let mut result = discovered(&json!(["2026-07-28"]));
    result["capabilities"] = json!({ "tools": { "listChanged": true }, "x": 1 });
    result["instructions"] = json!("Be kind.");
    result["_meta"] = json!({ "io.modelcontextprotocol/serverInfo": { "name": 7 } });
    page.result(id, &result);
    let expected = Negotiated {
        version: Version::V2026_07_28,
        server_info: Some(json!({ "name": 7 })),
        capabilities: Some(json!({ "tools": { "listChanged": true }, "x": 1 })),
        instructions: Some(json!("Be kind.")),
        discovered: Some(result),
    };
    assert_eq!(page.machine.session(), Some(&expected));
}

#[test]
fn what_the_server_says_of_itself_may_be_null_where_it_is_absent() {
    let nothing = (None, None, None);
    let said = |page: &Page| {
        let Negotiated { server_info, capabilities, instructions, .. } =
            page.machine.session().unwrap().clone();
        (server_info, capabilities, instructions)
    };
    for blank in [json!(null), json!([])] {
        let mut page = auto();
        let id = probe(&mut page);
        let mut result = discovered(&json!(["2026-07-28"]));
        result["capabilities"] = blank.clone();
        result["instructions"] = json!(null);
        result["_meta"] = json!({ "io.modelcontextprotocol/serverInfo": blank });
        page.result(id, &result);
        assert_eq!(said(&page), nothing, "modern, {blank}");

        let mut page = auto();
        let id = probe(&mut page);
        page.error(id, &json!({ "code": -32601, "message": "no" }));
        let id = initialize(&mut page);
        let result = json!({
            "protocolVersion": "2025-11-25", "capabilities": blank, "serverInfo": blank,
            "instructions": null,
        });
        page.result(id, &result);
        assert_eq!(said(&page), nothing, "legacy, {blank}");
    }
}

#[test]
fn any_other_error_means_initialize_on_the_same_channel() {
    for code in [
        -32601,
        -32602,
        -32600,
        -32603,
        -32700,
        -32000,
        -32001,
        -32002,
        -32004,
        -32042,
        -32099,
        -1,
        0,
        1,
        404,
        42900,
        i64::MAX,
    ] {
        let _place = Place(format!("code {code}"));
        let mut page = auto();
        let id = probe(&mut page);
        page.error(id, &json!({ "code": code, "message": "no" }));
        finish_legacy(&mut page);
        assert!(!page.told.contains(&Told::Reopen));
    }
}

#[test]
fn an_answer_that_nobody_can_read_means_initialize() {
    let mut frames = Vec::new();
    for error in [json!("no"), json!({}), json!({ "code": "x" }), Value::Null] {
        frames.push(json!({ "jsonrpc": "2.0", "id": 1, "error": error }));
    }
    frames.push(json!({ "id": 1, "result": {} }));
    // The server could not even read the id, and nothing else is under way.
    let error = json!({ "code": -32600, "message": "Invalid Request" });
    frames.push(json!({ "jsonrpc": "2.0", "id": null, "error": error }));
    frames.push(json!({ "jsonrpc": "2.0", "error": error }));
    for frame in frames {
        let _place = Place(frame.to_string());
        let mut page = auto();
        probe(&mut page);
        page.message(&frame);
        finish_legacy(&mut page);
    }
}

#[test]
fn a_result_that_is_no_discover_result_means_initialize() {
    for result in [
        json!({}),
        json!(null),
        json!([]),
        json!("2026-07-28"),
        json!({ "supportedVersions": "2026-07-28" }),
        json!({ "supportedVersions": [7] }),
        json!({ "protocolVersion": "2025-11-25", "capabilities": {} }),
        discovered(&json!([])),
        discovered(&json!(["2025-11-25", "2024-11-05"])),
        discovered(&json!(["2099-01-01", "2025-03-26"])),
    ] {
        let _place = Place(result.to_string());
        let mut page = auto();
        let id = probe(&mut page);
        page.result(id, &result);
        finish_legacy(&mut page);
    }
}

#[test]
fn a_server_of_foreign_versions_only_is_an_error_that_names_both_sides() {
    let foreign = json!(["2099-01-01", "2098-01-01"]);
    for refusal in [true, false] {
        let mut page = auto();
        let id = probe(&mut page);
        if refusal {
            let data = json!({ "supported": foreign, "requested": "2026-07-28" });
            page.error(id, &json!({ "code": -32022, "message": "unsupported", "data": data }));
        } else {
            page.result(id, &discovered(&foreign));
        }
        let error = failed(&page);
        assert_eq!(error.code(), "INCOMPATIBLE_VERSION");
        let text = protocol_text(&error);
        for name in ["2099-01-01", "2098-01-01", "2026-07-28", "2024-11-05"] {
            assert!(text.contains(name), "{text}");
        }
    }
}

#[test]
fn a_refusal_that_lists_our_version_is_probed_once_more() {
    let error = json!({ "code": -32022, "message": "no", "data": { "supported": ["2026-07-28"] } });
    let mut page = auto();
    let first = probe(&mut page);
    page.error(first, &error);
    let second = probe(&mut page);
    page.result(second, &discovered(&json!(["2026-07-28"])));
    assert_open(&mut page, Version::V2026_07_28);

    let mut page = auto();
    let first = probe(&mut page);
    page.error(first, &error);
    let second = probe(&mut page);
    page.error(second, &error);
    assert_eq!(rpc_code(&failed(&page)), -32022);
}

#[test]
fn a_refusal_with_legacy_versions_or_without_a_list_means_initialize() {
    for data in [
        json!({ "supported": ["2025-11-25"] }),
        json!({ "supported": ["2099-01-01", "2024-11-05"] }),
        json!({ "supported": [] }),
        json!({ "supported": "2026-07-28" }),
        json!({ "supported": [1, null] }),
        json!({}),
        json!("data"),
        Value::Null,
    ] {
        let _place = Place(data.to_string());
        let mut page = auto();
        let id = probe(&mut page);
        page.error(id, &json!({ "code": -32022, "message": "no", "data": data }));
        finish_legacy(&mut page);
    }
}

#[test]
fn codes_that_only_modern_servers_know_are_no_reason_to_fall_back() {
    for code in [-32020, -32021] {
        let mut page = auto();
        let id = probe(&mut page);
        page.error(id, &json!({ "code": code, "message": "no" }));
        assert_eq!(rpc_code(&failed(&page)), code);
    }
}

#[test]
fn silence_means_initialize_on_the_same_channel_and_a_late_answer_is_ignored() {
    for late in ["never", "before", "after"] {
        let _place = Place(format!("the late answer comes {late} the one to initialize"));
        let mut page = auto();
        let first = probe(&mut page);
        page.wait(4_999.0);
        assert!(page.sent_nothing_more());
        page.wait(2.0);
        if late == "before" {
            page.error(first, &json!({ "code": -32601, "message": "no such method" }));
            page.result(first, &discovered(&json!(["2026-07-28"])));
        }
        finish_legacy(&mut page);
        if late == "after" {
            page.error(first, &json!({ "code": -32601, "message": "no such method" }));
        }
        assert!(page.faults().is_empty(), "{:?}", page.faults());
        assert!(page.is_open());
    }
}

#[test]
fn a_modern_server_that_was_slow_to_answer_is_probed_once_more() {
    let refusal =
        json!({ "code": -32022, "message": "no", "data": { "supported": ["2026-07-28"] } });
    let mut page = auto();
    probe(&mut page);
    page.wait(5_000.0);
    let id = initialize(&mut page);
    page.error(id, &refusal);
    let again = probe(&mut page);
    page.result(again, &discovered(&json!(["2026-07-28"])));
    assert_open(&mut page, Version::V2026_07_28);

    // Once: a server that never answers a probe and refuses `initialize` is given up.
    let mut page = auto();
    probe(&mut page);
    page.wait(5_000.0);
    let id = initialize(&mut page);
    page.error(id, &refusal);
    probe(&mut page);
    page.wait(5_000.0);
    let id = initialize(&mut page);
    page.error(id, &refusal);
    assert_eq!(rpc_code(&failed(&page)), -32022);
}

#[test]
fn a_server_that_hangs_up_on_the_probe_gets_initialize_on_a_new_channel() {
    let mut page = auto();
    probe(&mut page);
    page.closed("the connection was closed");
    assert_eq!(page.told, [Told::Reopen]);
    assert!(page.sent_nothing_more());
    page.opened();
    finish_legacy(&mut page);
}

#[test]
fn a_server_that_hangs_up_again_is_an_error() {
    for stage in ["opening", "initializing"] {
        let mut page = auto();
        probe(&mut page);
        page.closed("first");
        if stage == "initializing" {
            page.opened();
            initialize(&mut page);
        }
        page.closed("second");
        let sent = stage == "initializing";
        let error = Error::Closed { reason: "second".to_owned(), sent };
        assert_eq!(failed(&page), error, "{stage}");
        assert_eq!(page.told.len(), 2, "one reopening, one end");
    }
}

#[test]
fn without_a_way_to_reopen_hanging_up_is_an_error() {
    let mut page = connect(Mode::Auto, Channel { can_reopen: false, ..CHANNEL });
    probe(&mut page);
    page.closed("gone");
    assert_eq!(failed(&page).code(), "CLOSED");
}

#[test]
fn closing_during_the_probe_opens_no_second_channel() {
    let mut page = auto();
    probe(&mut page);
    page.machine.close("the client was closed");
    page.drain();
    let error = Error::Closed { reason: "the client was closed".to_owned(), sent: true };
    assert_eq!(failed(&page), error);
    assert!(!page.told.contains(&Told::Reopen));
}

#[test]
fn a_probe_that_the_transport_refuses_to_send_means_initialize() {
    let mut page = auto();
    let id = probe(&mut page);
    page.unsent(id, "the server wants `initialize` first");
    let id = initialize(&mut page);
    page.unsent(id, "gone");
    let error = Error::Closed { reason: "gone".to_owned(), sent: false };
    assert_eq!(failed(&page), error);
}

#[test]
fn the_connect_clock_covers_every_stage() {
    let error = Error::Timeout { clock: Clock::Connect, after: 30_000.0 };
    // The channel never opens.
    let mut page = Page::new(Mode::Auto, Path::Scanned);
    page.machine.connect(CHANNEL, page.now);
    page.wait(29_999.0);
    assert!(page.told.is_empty());
    page.wait(2.0);
    assert_eq!(failed(&page), error);
    page.opened();
    assert!(page.sent_nothing_more(), "too late");

    // However long the probe may wait, half of the time is left for `initialize`.
    let mut page = connect(Mode::Auto, Channel { probe_timeout: 60_000.0, ..CHANNEL });
    probe(&mut page);
    page.wait(15_000.0);
    initialize(&mut page);
    page.wait(15_000.0);
    assert_eq!(failed(&page), error);

    // Neither is answered.
    let mut page = auto();
    probe(&mut page);
    page.wait(5_000.0);
    initialize(&mut page);
    page.wait(24_999.0);
    assert!(page.told.is_empty());
    page.wait(2.0);
    assert_eq!(failed(&page), error);

    // Opening a second channel does not start the clock anew.
    let mut page = auto();
    probe(&mut page);
    page.wait(4_000.0);
    page.closed("first");
    page.wait(26_000.0);
    assert_eq!(failed(&page), error);
}

#[test]
fn what_comes_during_the_probe_is_dropped_and_not_answered() {
    let mut page = auto();
    let id = probe(&mut page);
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }),
        json!({ "jsonrpc": "2.0", "id": "a", "method": "roots/list" }),
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": 1 } }),
        json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": {} }),
        json!({ "jsonrpc": "2.0", "id": format!("0{id}"), "result": {} }),
        json!({ "jsonrpc": "2.0", "id": id + 1, "result": {} }),
        json!({ "jsonrpc": "2.0", "id": 0, "error": { "code": 1, "message": "" } }),
    ] {
        page.message(&message);
        assert!(page.sent_nothing_more() && page.told.is_empty(), "{message}");
    }
    page.result(id, &discovered(&json!(["2026-07-28"])));
    assert_open(&mut page, Version::V2026_07_28);
}

#[test]
fn an_answer_whose_id_came_as_a_text_is_the_answer() {
    let mut page = auto();
    let id = probe(&mut page);
    let versions = discovered(&json!(["2026-07-28"]));
    page.message(&json!({ "jsonrpc": "2.0", "id": id.to_string(), "result": versions }));
    assert_open(&mut page, Version::V2026_07_28);
    assert_eq!(page.machine.progress_counts().coerced, 1);

    let mut page = connect(Mode::Legacy, CHANNEL);
    let id = initialize(&mut page);
    let result = json!({ "protocolVersion": "2025-06-18", "capabilities": {} });
    page.message(&json!({ "jsonrpc": "2.0", "id": id.to_string(), "result": result }));
    assert_open(&mut page, Version::V2025_06_18);
}

#[test]
fn an_error_without_an_id_answers_initialize() {
    let mut page = connect(Mode::Legacy, CHANNEL);
    initialize(&mut page);
    let error = json!({ "code": -32700, "message": "what?" });
    page.message(&json!({ "jsonrpc": "2.0", "id": null, "error": error }));
    assert_eq!(rpc_code(&failed(&page)), -32700);
}
