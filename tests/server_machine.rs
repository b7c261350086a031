//! The server machine: eras, the envelope, errors, and who is answered what.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/server.rs"]
mod support;

use mcp_wasm::{
    jsonrpc::{Id, RpcError},
    proto::{
        server::{Limits, Operation, Transmit},
        version::{Era, Version},
    },
};
use serde_json::{Value, json};
use support::{Peer, envelope, error_code, merge, modern};

const SUPPORTED: [&str; 1] = ["2026-07-28"];

#[test]
fn initialize_takes_every_legacy_version_and_offers_the_newest_for_others() {
    for (asked, given) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        ("", "2025-11-25"),
    ] {
        let mut peer = Peer::new();
        let answer = peer.initialize(asked);
        assert_eq!(
            answer["result"],
            json!({
                "protocolVersion": given,
                "capabilities": { "tools": {}, "logging": {} },
                "serverInfo": { "name": "Test", "version": "1.2.3" },
                "instructions": "Be kind.",
            }),
            "asked for {asked}"
        );
        assert_eq!(peer.machine.era(), Some(Era::Legacy));
    }
}

#[test]
fn discover_answers_at_once_and_settles_nothing() {
    let mut peer = Peer::new();
    let answer = peer.ask("server/discover", modern(json!({})));
    assert_eq!(
        answer["result"],
        json!({
            "supportedVersions": ["2026-07-28"],
            "capabilities": { "tools": {}, "logging": {} },
            "instructions": "Be kind.",
            "resultType": "complete",
            "ttlMs": 5000,
            "cacheScope": "public",
            "_meta": {
                "io.modelcontextprotocol/serverInfo": { "name": "Test", "version": "1.2.3" },
            },
        })
    );
    assert_eq!(peer.machine.era(), None);
    assert_eq!(peer.initialize("2025-11-25")["result"]["protocolVersion"], "2025-11-25");
}

#[test]
fn a_modern_request_settles_the_era_and_initialize_is_refused_from_then_on() {
    let mut peer = Peer::new();
    peer.request("tools/list", modern(json!({})));
    assert_eq!(peer.machine.era(), Some(Era::Modern));

    let answer = peer.ask("initialize", json!({ "protocolVersion": "2025-11-25" }));
    assert_eq!(error_code(&answer), -32022);
    let data = &answer["error"]["data"];
    assert_eq!(*data, json!({ "supported": SUPPORTED, "requested": "2025-11-25" }));
}

#[test]
fn a_legacy_connection_still_serves_modern_requests() {
    let mut peer = Peer::legacy("2025-06-18");
    let request = peer.call(envelope());
    assert_eq!(request.context.version, Version::V2026_07_28);
    peer.machine.respond(request.key, Ok(json!({ "content": [] })));
    assert_eq!(peer.drain()[0]["result"]["resultType"], "complete");

    let answer = peer.ask("server/discover", modern(json!({})));
    assert_eq!(answer["result"]["supportedVersions"], json!(["2026-07-28"]));

    let request = peer.call(json!({}));
    assert_eq!(request.context.version, Version::V2025_06_18);
    assert_eq!(peer.machine.era(), Some(Era::Legacy));
}

#[test]
fn discover_without_a_claim_is_no_method_of_a_legacy_session() {
    let mut peer = Peer::new();
    let answer = peer.ask("server/discover", json!({}));
    assert_eq!(error_code(&answer), -32602);
    assert_eq!(peer.machine.era(), None);

    let mut peer = Peer::legacy("2025-11-25");
    assert_eq!(error_code(&peer.ask("server/discover", json!({}))), -32601);
}

#[test]
fn a_legacy_request_before_initialize_is_told_what_is_missing() {
    let mut peer = Peer::new();
    let answer = peer.ask("tools/list", json!({}));
    assert_eq!(error_code(&answer), -32602);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("initialize"), "{message}");
    assert!(message.contains("io.modelcontextprotocol/protocolVersion"), "{message}");
    // Ping is answered at any time.
    assert_eq!(peer.ask("ping", json!({}))["result"], json!({}));
    assert_eq!(peer.initialize("2025-11-25")["result"]["protocolVersion"], "2025-11-25");
}

#[test]
fn initialize_without_a_version_is_an_error() {
    let mut peer = Peer::new();
    let answer = peer.ask("initialize", json!({}));
    assert_eq!(error_code(&answer), -32602);
    assert!(answer["error"]["message"].as_str().unwrap().contains("protocolVersion"));
    let answer = peer.ask("initialize", json!({ "protocolVersion": 7 }));
    assert_eq!(error_code(&answer), -32602);
}

#[test]
fn the_key_that_is_wrong_in_an_envelope_is_named() {
    let version = "io.modelcontextprotocol/protocolVersion";
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    let info = "io.modelcontextprotocol/clientInfo";
    let level = "io.modelcontextprotocol/logLevel";
    for (key, meta) in [
        (capabilities, json!({ version: "2026-07-28" })),
        (capabilities, json!({ version: "2026-07-28", capabilities: null })),
        (capabilities, json!({ version: "2026-07-28", capabilities: [] })),
        (version, merge(envelope(), json!({ version: 20_260_728 }))),
        (info, merge(envelope(), json!({ info: "me" }))),
        (info, merge(envelope(), json!({ info: { "name": "me" } }))),
        (level, merge(envelope(), json!({ level: "loud" }))),
        (level, merge(envelope(), json!({ level: 3 }))),
        ("progressToken", merge(envelope(), json!({ "progressToken": 1.5 }))),
        ("progressToken", merge(envelope(), json!({ "progressToken": {} }))),
    ] {
        let mut peer = Peer::new();
        let answer = peer.ask("tools/list", json!({ "_meta": meta }));
        assert_eq!(error_code(&answer), -32602, "{meta}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(key), "{message} names {key}");
        assert_eq!(peer.machine.era(), None, "a request that was refused settles nothing");
    }
    let mut peer = Peer::new();
    peer.request("tools/list", modern(json!({})));
    let answer = peer.ask("tools/list", json!({}));
    assert_eq!(error_code(&answer), -32602);
    assert!(answer["error"]["message"].as_str().unwrap().contains(version));
}

#[test]
fn client_info_is_optional() {
    let mut peer = Peer::new();
    let mut meta = envelope();
    meta.as_object_mut().unwrap().remove("io.modelcontextprotocol/clientInfo");
    let answer = peer.ask("server/discover", json!({ "_meta": meta }));
    assert_eq!(answer["result"]["resultType"], "complete");
}

#[test]
fn a_version_that_is_not_served_is_answered_with_those_that_are() {
    for version in ["1900-01-01", "2027-01-01", "2025-11-25", ""] {
        let mut peer = Peer::new();
        let key = "io.modelcontextprotocol/protocolVersion";
        let meta = merge(envelope(), json!({ key: version }));
        let answer = peer.ask("server/discover", json!({ "_meta": meta }));
        assert_eq!(error_code(&answer), -32022);
        let data = &answer["error"]["data"];
        assert_eq!(*data, json!({ "supported": SUPPORTED, "requested": version }));
    }
}

#[test]
fn methods_of_the_other_era_do_not_exist() {
    let mut peer = Peer::new();
    for method in ["ping", "logging/setLevel", "initialize", "resources/list", "nonsense", ""] {
        let answer = peer.ask(method, modern(json!({ "level": "info" })));
        assert_eq!(error_code(&answer), -32601, "{method}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(method));
    }
    let mut peer = Peer::legacy("2025-11-25");
    for method in ["resources/list", "prompts/get", "subscriptions/listen", "nonsense"] {
        assert_eq!(error_code(&peer.ask(method, json!({}))), -32601, "{method}");
    }
}

#[test]
fn legacy_results_have_nothing_of_the_modern_era() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut peer = Peer::legacy(version);
        let id = peer.next_id();
        peer.send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }));
        peer.answer_all();
        assert_eq!(peer.drain()[0]["result"], json!({ "tools": [] }));
        let request = peer.call(json!({}));
        peer.machine.respond(request.key, Ok(json!({ "content": [] })));
        assert_eq!(peer.drain()[0]["result"], json!({ "content": [] }));
    }
}

#[test]
fn modern_results_are_tagged_and_lists_say_how_long_they_keep() {
    let mut peer = Peer::new();
    let id = peer.next_id();
    let params = modern(json!({}));
    peer.send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list", "params": params }));
    peer.answer_all();
    let about = json!({
        "io.modelcontextprotocol/serverInfo": { "name": "Test", "version": "1.2.3" },
    });
    let list = &peer.drain()[0]["result"];
    assert_eq!(
        *list,
        json!({ "tools": [], "resultType": "complete", "_meta": about, "ttlMs": 5000,
                "cacheScope": "public" })
    );

    let request = peer.call(envelope());
    let result = json!({ "content": [], "_meta": { "example.com/mine": 1 } });
    peer.machine.respond(request.key, Ok(result));
    let about = merge(json!({ "example.com/mine": 1 }), about);
    assert_eq!(
        peer.drain()[0]["result"],
        json!({ "content": [], "_meta": about, "resultType": "complete" })
    );
}

#[test]
fn tool_calls_are_handed_up_with_what_belongs_to_them() {
    let mut peer = Peer::new();
    let meta = merge(envelope(), json!({ "progressToken": "abc" }));
    let params = json!({ "name": "add", "arguments": { "a": [1] }, "_meta": meta });
    let request = json!({ "jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": params });
    peer.send(request);
    let request = peer.take_request().unwrap();
    assert_eq!(request.context.id, Id::Text("x".to_owned()));
    assert_eq!(request.context.token, Some(Id::Text("abc".to_owned())));
    let Operation::CallTool { name, arguments } = request.operation else { panic!("a call") };
    assert_eq!((name.as_str(), arguments), ("add", Some(json!({ "a": [1] }))));
}

#[test]
fn tool_calls_with_params_of_the_wrong_type_are_refused() {
    for params in [
        json!({}),
        json!({ "name": 1 }),
        json!({ "name": null, "arguments": {} }),
        json!({ "name": "t", "arguments": [1] }),
        json!({ "name": "t", "arguments": "x" }),
        json!({ "name": "t", "arguments": false }),
    ] {
        let mut peer = Peer::legacy("2025-11-25");
        assert_eq!(error_code(&peer.ask("tools/call", params.clone())), -32602, "{params}");
    }
    let mut peer = Peer::legacy("2025-11-25");
    assert_eq!(error_code(&peer.ask("tools/list", json!({ "cursor": 1 }))), -32602);
    assert_eq!(error_code(&peer.ask("tools/list", json!({ "_meta": 1 }))), -32602);
}

#[test]
fn errors_of_the_host_reach_the_peer_whole() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({}));
    let data = Some(json!({ "why": "because" }));
    peer.machine.respond(request.key, Err(RpcError { code: -5, message: "no".to_owned(), data }));
    let error = json!({ "code": -5, "message": "no", "data": { "why": "because" } });
    assert_eq!(peer.drain(), [json!({ "jsonrpc": "2.0", "id": 2, "error": error })]);
}

#[test]
fn ids_are_compared_and_echoed_by_type() {
    let mut peer = Peer::legacy("2025-11-25");
    let number = peer.call_as(&json!(7), &json!({}));
    let text = peer.call_as(&json!("7"), &json!({}));
    peer.cancel("7");
    assert_eq!(peer.take_cancelled(), [text.key]);
    peer.machine.respond(number.key, Ok(json!({})));
    assert_eq!(peer.drain(), [json!({ "jsonrpc": "2.0", "id": 7, "result": {} })]);
}

#[test]
fn an_id_in_flight_cannot_be_used_again() {
    let mut peer = Peer::legacy("2025-11-25");
    let first = peer.call_as(&json!(7), &json!({}));
    peer.send(json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }));
    let answers = peer.drain();
    assert_eq!(answers.len(), 1);
    assert_eq!((error_code(&answers[0]), &answers[0]["id"]), (-32600, &json!(7)));
    // The first one is unharmed, and its id is in flight until the response has left.
    peer.machine.respond(first.key, Ok(json!({})));
    peer.send(json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }));
    assert_eq!(peer.drain().len(), 2);
    peer.send(json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }));
    assert_eq!(peer.drain(), [json!({ "jsonrpc": "2.0", "id": 7, "result": {} })]);
}

#[test]
fn nothing_is_sent_for_a_request_after_its_response() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({ "progressToken": 1 }));
    peer.machine.respond(request.key, Ok(json!({})));
    peer.machine.respond(request.key, Ok(json!({ "again": true })));
    peer.machine.report(request.key, 1.0, None, None);
    let _ = peer.machine.log(request.key, mcp_wasm::types::Level::Error, None, json!("late"));
    assert_eq!(peer.drain().len(), 1);
    peer.machine.report(request.key, 1.0, None, None);
    peer.machine.respond(request.key, Ok(json!({})));
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn nothing_is_sent_for_a_request_after_its_cancellation() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call_as(&json!("x"), &json!({ "progressToken": 1 }));
    peer.machine.report(request.key, 1.0, None, None);
    peer.cancel("x");
    assert_eq!(peer.take_cancelled(), [request.key]);
    peer.machine.report(request.key, 2.0, None, None);
    peer.machine.respond(request.key, Ok(json!({})));
    assert_eq!(peer.drain(), Vec::<Value>::new(), "not even what was waiting");
    assert_eq!(peer.machine.in_flight(), 0);
}

#[test]
fn a_cancellation_that_crosses_its_response_takes_it_back() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call_as(&json!("x"), &json!({}));
    peer.machine.respond(request.key, Ok(json!({})));
    peer.cancel("x");
    assert!(peer.take_cancelled().is_empty(), "its handler is done");
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn cancellations_that_mean_nothing_are_ignored() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call_as(&json!(5), &json!({}));
    let method = "notifications/cancelled";
    for params in [json!({}), json!({ "requestId": null }), json!({ "requestId": "5" })] {
        peer.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }
    peer.send(json!({ "jsonrpc": "2.0", "method": method }));
    peer.cancel(99);
    assert!(peer.take_cancelled().is_empty());
    peer.machine.respond(request.key, Ok(json!({})));
    assert_eq!(peer.drain().len(), 1);
}

#[test]
fn the_end_of_the_connection_cancels_what_is_in_flight() {
    let mut peer = Peer::legacy("2025-11-25");
    let first = peer.call(json!({ "progressToken": 1 }));
    let second = peer.call(json!({}));
    peer.machine.report(first.key, 1.0, None, None);
    peer.machine.close();
    assert_eq!(peer.take_cancelled(), [first.key, second.key]);
    peer.send(json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" }));
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn more_requests_than_the_limit_are_refused_and_told_when_to_come_back() {
    let mut peer = Peer::with(Limits { requests: 2, ..Limits::default() });
    peer.initialize("2025-11-25");
    let first = peer.call(json!({}));
    peer.call(json!({}));
    let answer = peer.ask("tools/call", json!({ "name": "t" }));
    assert_eq!(error_code(&answer), 42900);
    assert_eq!(answer["error"]["data"]["retryAfterMs"], 1000);
    assert_eq!(peer.ask("ping", json!({}))["result"], json!({}), "cheap ones are still served");
    peer.machine.respond(first.key, Ok(json!({})));
    peer.drain();
    peer.call(json!({}));
}

#[test]
fn malformed_messages_get_the_error_that_fits_and_the_id_if_there_is_one() {
    for (message, code, id) in [
        (json!([]), -32600, None),
        (json!([{ "jsonrpc": "2.0", "id": 1, "method": "ping" }]), -32600, None),
        (json!("hello"), -32600, None),
        (json!(null), -32600, None),
        (json!({}), -32600, None),
        (json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }), -32600, None),
        (json!({ "jsonrpc": "2.0", "id": 1.5, "method": "ping" }), -32600, None),
        (json!({ "jsonrpc": "2.0", "id": {}, "method": "ping" }), -32600, None),
        (json!({ "id": 7, "method": "ping" }), -32600, Some(json!(7))),
        (json!({ "jsonrpc": "1.0", "id": "a", "method": "ping" }), -32600, Some(json!("a"))),
        (json!({ "jsonrpc": "2.0", "id": 7, "method": 8 }), -32600, Some(json!(7))),
        (
            json!({ "jsonrpc": "2.0", "id": 7, "method": "ping", "params": [1] }),
            -32600,
            Some(json!(7)),
        ),
        (json!({ "jsonrpc": "2.0", "id": 7 }), -32600, Some(json!(7))),
    ] {
        let mut peer = Peer::legacy("2025-11-25");
        peer.send(message.clone());
        let answers = peer.drain();
        assert_eq!(answers.len(), 1, "{message}");
        assert_eq!(error_code(&answers[0]), code, "{message}");
        assert_eq!(answers[0].get("id"), id.as_ref(), "{message}");
        assert_eq!(peer.ask("ping", json!({}))["result"], json!({}), "{message} did no harm");
    }
    let mut peer = Peer::legacy("2025-11-25");
    peer.machine.receive_garbage();
    assert_eq!(error_code(&peer.drain()[0]), -32700);
    assert_eq!(peer.ask("ping", json!({}))["result"], json!({}));
}

#[test]
fn responses_are_never_answered_not_even_broken_ones() {
    let mut peer = Peer::legacy("2025-11-25");
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": "x" } }),
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": 1, "message": "x" } }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": "x" }),
        json!({ "jsonrpc": "2.0", "result": {} }),
    ] {
        peer.send(message.clone());
        assert_eq!(peer.drain(), Vec::<Value>::new(), "{message}");
    }
}

#[test]
fn unknown_notifications_are_ignored() {
    let mut peer = Peer::legacy("2025-11-25");
    let method = "notifications/whatever";
    peer.send(json!({ "jsonrpc": "2.0", "method": method, "params": { "a": 1 } }));
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn five_malformed_messages_in_a_row_close_the_connection_with_1007() {
    let mut peer = Peer::legacy("2025-11-25");
    for _ in 0..4 {
        peer.machine.receive_garbage();
    }
    peer.ask_after_errors();
    let request = peer.call(json!({}));
    for i in 0..5 {
        assert_eq!(peer.closed, None, "after {i}");
        peer.send(json!("garbage"));
        assert_eq!(error_code(&peer.take().unwrap()), -32600);
    }
    assert!(!peer.machine.accepts_input());
    assert_eq!(peer.take(), None);
    assert_eq!(peer.closed, Some(1007));
    assert_eq!(peer.take_cancelled(), [request.key]);
    assert!(peer.machine.is_closed());
}

impl Peer {
    /// A good message in between counts as a new beginning.
    fn ask_after_errors(&mut self) {
        let errors = self.drain();
        assert!(errors.iter().all(|error| error_code(error) == -32700), "{errors:?}");
        self.ask("ping", json!({}));
    }
}

#[test]
fn what_a_peer_sends_is_not_repeated_at_any_length() {
    let long = "x".repeat(100_000);
    let mut peer = Peer::legacy("2025-11-25");
    peer.send(json!({ "jsonrpc": "2.0", "id": long, "method": "ping" }));
    peer.send(json!({ "jsonrpc": "1.0", "id": long, "method": "ping" }));
    for answer in peer.drain() {
        assert_eq!((error_code(&answer), answer.get("id")), (-32600, None));
    }
    let params = json!({ "name": "t", "_meta": { "progressToken": long } });
    assert_eq!(error_code(&peer.ask("tools/call", params)), -32602);
    let answer = peer.ask(&long, json!({}));
    assert_eq!(error_code(&answer), -32601);
    assert!(answer.to_string().len() < 400);

    let mut peer = Peer::new();
    let key = "io.modelcontextprotocol/protocolVersion";
    let answer = peer.ask("tools/list", json!({ "_meta": { key: long } }));
    assert_eq!(error_code(&answer), -32022);
    assert!(answer.to_string().len() < 600);
    peer.request("tools/list", modern(json!({})));
    for version in [json!(long), json!([long])] {
        let answer = peer.ask("initialize", json!({ "protocolVersion": version }));
        assert_eq!(error_code(&answer), -32022);
        assert!(answer.to_string().len() < 600);
    }
}

#[test]
fn a_peer_that_sends_without_reading_is_made_to_wait() {
    let mut peer = Peer::with(Limits { queue: 10, ..Limits::default() });
    peer.initialize("2025-11-25");
    let mut sent = 0;
    while peer.machine.accepts_input() {
        sent += 1;
        assert!(sent < 1000, "it has to wait at some point");
        peer.send(json!({ "jsonrpc": "2.0", "id": sent, "method": "ping" }));
    }
    assert!(peer.machine.waiting() <= 40);
    peer.take();
    assert!(peer.machine.accepts_input());
    assert_eq!(peer.drain().len() + 1, sent, "and every ping is answered");
}

#[test]
fn every_frame_names_the_request_that_it_belongs_to() {
    let mut peer = Peer::new();
    let sent = |peer: &mut Peer| match peer.machine.poll_transmit() {
        Some(Transmit::Send { about, last, refusal, .. }) => (about, last, refusal),
        other => panic!("nothing to send: {other:?}"),
    };
    let one = Some(Id::Integer(1));
    // Answered at once.
    peer.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": modern(json!({})) }));
    assert_eq!(sent(&mut peer), (one.clone(), true, false));
    // Refused before any handler ran.
    peer.send(
        json!({ "jsonrpc": "2.0", "id": 1, "method": "nonsense", "params": modern(json!({})) }),
    );
    assert_eq!(sent(&mut peer), (one.clone(), true, true));
    peer.machine.receive_garbage();
    assert_eq!(sent(&mut peer), (None, true, true));
    // Handed up: what is said meanwhile, and the answer. An error of the host's is no refusal.
    let meta = merge(envelope(), json!({ "progressToken": "t" }));
    let request = peer.call_as(&json!(1), &meta);
    peer.machine.report(request.key, 1.0, None, None);
    assert_eq!(sent(&mut peer), (one.clone(), false, false));
    peer.machine.respond(request.key, Err(RpcError::new(-32602, "no such tool")));
    assert_eq!(sent(&mut peer), (one, true, false));
}

#[test]
fn an_id_is_taken_until_its_answer_has_left_also_when_it_was_answered_at_once() {
    let mut peer = Peer::legacy("2025-11-25");
    let ping = json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" });
    peer.send(ping.clone());
    peer.send(ping.clone());
    let answers = peer.drain();
    assert_eq!(answers[0]["result"], json!({}));
    assert_eq!(error_code(&answers[1]), -32600);
    peer.send(ping);
    assert_eq!(peer.drain()[0]["result"], json!({}));
}
