//! The handshake of a client that is told what to speak, or knows it; what holds before, during and
//! after every handshake.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{Channel, ClientConfig, Mode};
use mcp_wasm::proto::scan::{parse_number, scan};
use mcp_wasm::proto::version::{Era, Version};
use mcp_wasm::types::{Implementation, Level};
use serde_json::json;
use support::handshake::{
    CHANNEL, assert_open, connect, discovered, failed, finish_legacy, initialize, initialize_at,
    probe, rpc_code,
};
use support::{FOREVER, Page, Pair, Path, Place, Weather, protocol_text};

#[test]
fn pinned_to_a_modern_version_the_client_never_falls_back() {
    let pinned = || connect(Mode::Pin(Version::V2026_07_28), CHANNEL);
    for answer in [
        json!({ "error": { "code": -32601, "message": "no" } }),
        json!({ "error": { "code": -32022, "message": "no" } }),
        json!({ "result": {} }),
        json!({ "result": { "supportedVersions": ["2025-11-25"] } }),
        json!({ "error": "unreadable" }),
    ] {
        let _place = Place(answer.to_string());
        let mut page = pinned();
        let id = probe(&mut page);
        let mut answer = answer;
        answer["jsonrpc"] = json!("2.0");
        answer["id"] = json!(id);
        page.message(&answer);
        let error = failed(&page);
        assert_eq!(error.code(), "INCOMPATIBLE_VERSION");
        assert!(protocol_text(&error).contains("2026-07-28"));
    }
    let mut page = pinned();
    probe(&mut page);
    page.wait(29_999.0);
    assert!(page.sent_nothing_more(), "silence is waited out");
    page.wait(2.0);
    assert!(matches!(failed(&page), Error::Timeout { clock: Clock::Connect, .. }));

    let mut page = pinned();
    probe(&mut page);
    page.closed("gone");
    assert_eq!(failed(&page).code(), "CLOSED");
}

#[test]
fn pinned_to_a_legacy_version_the_client_takes_no_other() {
    for version in Version::of(Era::Legacy) {
        for answered in Version::of(Era::Legacy) {
            let mut page = connect(Mode::Pin(version), CHANNEL);
            let id = initialize_at(&mut page, version.as_str());
            page.result(id, &json!({ "protocolVersion": answered.as_str() }));
            if version == answered {
                assert_open(&mut page, version);
            } else {
                assert_eq!(failed(&page).code(), "INCOMPATIBLE_VERSION");
            }
        }
    }
}

#[test]
fn a_known_legacy_server_gets_initialize_first() {
    for page in [
        connect(Mode::Legacy, CHANNEL),
        connect(Mode::Auto, Channel { remembered: Some(Era::Legacy), ..CHANNEL }),
    ] {
        finish_legacy(&mut { page });
    }
    let mut page = connect(Mode::Auto, Channel { remembered: Some(Era::Modern), ..CHANNEL });
    probe(&mut page);
}

#[test]
fn a_server_that_has_become_modern_since_is_probed_unless_only_legacy_is_allowed() {
    let refusal =
        json!({ "code": -32022, "message": "no", "data": { "supported": ["2026-07-28"] } });
    for refusal in [&refusal, &json!({ "code": -32601, "message": "Method not found" })] {
        let mut page = connect(Mode::Auto, Channel { remembered: Some(Era::Legacy), ..CHANNEL });
        let id = initialize(&mut page);
        page.error(id, refusal);
        let id = probe(&mut page);
        page.result(id, &discovered(&json!(["2026-07-28"])));
        assert_open(&mut page, Version::V2026_07_28);
    }

    let mut page = connect(Mode::Legacy, CHANNEL);
    let id = initialize(&mut page);
    page.error(id, &refusal);
    assert_eq!(rpc_code(&failed(&page)), -32022);
}

#[test]
fn initialize_takes_every_legacy_version_and_nothing_else() {
    for version in Version::of(Era::Legacy) {
        let mut page = connect(Mode::Legacy, CHANNEL);
        let id = initialize(&mut page);
        page.result(id, &json!({ "protocolVersion": version.as_str() }));
        assert_open(&mut page, version);
    }
    for (result, code) in [
        (json!({ "protocolVersion": "2026-07-28" }), "INCOMPATIBLE_VERSION"),
        (json!({ "protocolVersion": "2023-01-01" }), "INCOMPATIBLE_VERSION"),
        (json!({ "protocolVersion": 20_251_125 }), "PROTOCOL_ERROR"),
        (json!({}), "PROTOCOL_ERROR"),
        (json!(null), "PROTOCOL_ERROR"),
    ] {
        let mut page = connect(Mode::Legacy, CHANNEL);
        let id = initialize(&mut page);
        page.result(id, &result);
        assert_eq!(failed(&page).code(), code, "{result}");
    }
    let mut page = connect(Mode::Legacy, CHANNEL);
    let id = initialize(&mut page);
    page.error(id, &json!({ "code": -32603, "message": "broken" }));
    assert_eq!(rpc_code(&failed(&page)), -32603);

    let mut page = connect(Mode::Legacy, CHANNEL);
    let id = initialize(&mut page);
    page.error(id, &json!("unreadable"));
    assert_eq!(failed(&page).code(), "PROTOCOL_ERROR");
}

#[test]
fn during_initialize_a_ping_is_answered_and_other_requests_are_refused() {
    let mut page = connect(Mode::Legacy, CHANNEL);
    initialize(&mut page);
    page.message(&json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" }));
    assert_eq!(page.sent(), json!({ "jsonrpc": "2.0", "id": "p", "result": {} }));
    page.message(&json!({ "jsonrpc": "2.0", "id": 9, "method": "roots/list" }));
    let refused = page.sent();
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(9), &json!(-32600)));
}

#[test]
fn progress_during_initialize_is_counted_alike_on_both_paths() {
    let frame = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    let mut scanned = connect(Mode::Legacy, CHANNEL);
    assert_eq!(
        scanned.machine.receive_scanned(&scan(frame.as_bytes(), parse_number).unwrap()).slot,
        None
    );
    let mut parsed = connect(Mode::Legacy, CHANNEL);
    parsed.frame(frame);
    assert_eq!(scanned.machine.progress_counts(), parsed.machine.progress_counts());
    assert_eq!(parsed.machine.progress_counts().late, 1);
}

#[test]
fn nothing_can_be_asked_before_the_connection_is_open() {
    let mut page = Page::new(Mode::Auto, Path::Scanned);
    let refused = |page: &mut Page| {
        let expected = Error::Closed { reason: "not connected".to_owned(), sent: false };
        assert_eq!(page.request("tools/list", None, FOREVER), Err(expected.clone()));
        assert_eq!(page.machine.notify("notifications/x", None), Err(expected));
    };
    refused(&mut page);
    page.connect(CHANNEL);
    refused(&mut page);
    probe(&mut page);
    page.wait(5_000.0);
    refused(&mut page);
    finish_legacy(&mut page);
}

#[test]
fn a_handshake_that_cannot_be_sent_fails() {
    let mut page = Page::new(Mode::Legacy, Path::Scanned);
    page.connect(CHANNEL);
    let id = initialize(&mut page);
    page.unsent(id, "broken pipe");
    assert_eq!(failed(&page), Error::Closed { reason: "broken pipe".to_owned(), sent: false });
}

#[test]
fn what_fails_late_of_an_earlier_connection_or_probe_breaks_no_handshake() {
    let mut page = Page::new(Mode::Auto, Path::Scanned);
    page.connect(CHANNEL);
    let id = probe(&mut page);
    page.wait(5_000.0);
    page.unsent(id, "the probe was given up");
    finish_legacy(&mut page);
    page.machine.close("the client was closed");
    page.drain();
    page.connect(CHANNEL);
    page.unsent(id, "the transport was closed");
    probe(&mut page);
}

#[test]
fn ids_go_on_over_connections_of_either_era() {
    // The page fails the test if an id is used twice, or is 0.
    let mut page = Page::new(Mode::Auto, Path::Scanned);
    for round in 0..6 {
        page.connect(CHANNEL);
        let id = probe(&mut page);
        if round % 2 == 0 {
            page.result(id, &discovered(&json!(["2026-07-28"])));
            assert_open(&mut page, Version::V2026_07_28);
        } else {
            page.error(id, &json!({ "code": -32601, "message": "no" }));
            finish_legacy(&mut page);
        }
        page.closed("next");
    }
    assert_eq!(page.records().keys().copied().max(), Some(15));
}

#[test]
fn modern_requests_carry_the_envelope_and_the_log_level_if_one_is_wanted() {
    for level in [None, Some(Level::Warning)] {
        let mut info = Implementation::new("page", "3.1");
        info.title = Some("The page".to_owned());
        let config = ClientConfig {
            info,
            capabilities: json!({ "sampling": {} }),
            log_level: level,
            mode: Mode::Auto,
        };
        let mut page = Page::with_config(config, Path::Scanned);
        page.connect(CHANNEL);
        let id = probe(&mut page);
        page.result(id, &discovered(&json!(["2026-07-28"])));
        let params = json!({ "name": "t", "_meta": { "traceparent": "00-1-2-3" } });
        let id = page.request("tools/call", Some(params), FOREVER).unwrap();
        let mut expected = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo":
                { "name": "page", "version": "3.1", "title": "The page" },
            "io.modelcontextprotocol/clientCapabilities": { "sampling": {} },
            "traceparent": "00-1-2-3",
            "progressToken": id,
        });
        if let Some(level) = level {
            expected["io.modelcontextprotocol/logLevel"] = json!(level.as_str());
        }
        assert_eq!(page.sent()["params"]["_meta"], expected);
        assert_eq!(page.machine.set_log_level(Level::Error), Ok(false), "the envelope tells it");
        page.request("tools/list", None, FOREVER).unwrap();
        let meta = &page.sent()["params"]["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/logLevel"], "error");
    }
}

#[test]
fn our_own_server_is_understood_in_every_mode_over_every_link() {
    for weather in Weather::ALL {
        let modes = [(Mode::Auto, Version::LATEST), (Mode::Legacy, Version::LATEST_LEGACY)];
        let pins = Version::ALL.map(|version| (Mode::Pin(version), version));
        for (mode, version) in modes.into_iter().chain(pins) {
            let _place = Place(format!("{mode:?}, {}", weather.name));
            let mut pair = Pair::new(mode, Path::Scanned, weather);
            pair.connect();
            let session = pair.page.machine.session().expect("connected");
            assert_eq!(session.version, version);
            assert_eq!(session.instructions, Some(json!("Be kind.")));
            let name = session.server_info.as_ref().map(|info| &info["name"]);
            assert_eq!(name, Some(&json!("test-server")));
        }
    }
}
