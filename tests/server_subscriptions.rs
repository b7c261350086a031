//! Who is told of which changes: listeners since 2026-07-28, sessions before.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

#[path = "support/server.rs"]
mod support;

use mcp_wasm::jsonrpc::Id;
use mcp_wasm::proto::server::{Change, Feature, Features, Limits, Transmit};
use serde_json::{Value, json};
use support::{Peer, envelope, error_code, merge, modern};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn everything() -> Features {
    Features {
        tools: Feature::Changing,
        resources: Feature::Changing,
        prompts: Feature::Changing,
        subscribe: true,
        completions: true,
        logging: true,
    }
}

fn peer() -> Peer {
    Peer::having(everything(), Limits::default())
}

fn listen(peer: &mut Peer, id: &str, filter: Value) -> Value {
    let params = modern(json!({ "notifications": filter }));
    let method = "subscriptions/listen";
    peer.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    let mut sent = peer.drain();
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

fn all() -> Value {
    json!({
        "toolsListChanged": true,
        "promptsListChanged": true,
        "resourcesListChanged": true,
        "resourceSubscriptions": ["a://b"],
    })
}

/// The methods of these messages, with the listener that each is for.
fn told(messages: &[Value]) -> Vec<(String, Value)> {
    let one = |message: &Value| {
        let method = message["method"].as_str().unwrap().trim_start_matches("notifications/");
        (method.to_owned(), message["params"]["_meta"][SUBSCRIPTION].clone())
    };
    messages.iter().map(one).collect()
}

fn change_all(peer: &mut Peer) {
    for change in [Change::Tools, Change::Prompts, Change::Resources, Change::Resource("a://b")] {
        peer.machine.changed(change);
    }
}

#[test]
fn a_listener_is_first_told_what_is_honoured() {
    let acknowledged = |filter: Value, id: &str| {
        json!({
            "jsonrpc": "2.0",
            "method": "notifications/subscriptions/acknowledged",
            "params": { "_meta": { SUBSCRIPTION: id }, "notifications": filter },
        })
    };
    let mut peer = peer();
    assert_eq!(listen(&mut peer, "1", all()), acknowledged(all(), "1"));
    assert_eq!(listen(&mut peer, "2", json!({})), acknowledged(json!({}), "2"));
    let filter = json!({ "toolsListChanged": false, "promptsListChanged": true, "taskIds": ["x"] });
    let honoured = json!({ "promptsListChanged": true });
    assert_eq!(listen(&mut peer, "3", filter), acknowledged(honoured, "3"));
    assert_eq!(peer.machine.listens(), 3);

    // What the server does not declare is not honoured.
    let features = Features { tools: Feature::Fixed, subscribe: false, ..everything() };
    let mut peer = Peer::having(features, Limits::default());
    let honoured = json!({ "promptsListChanged": true, "resourcesListChanged": true });
    assert_eq!(listen(&mut peer, "1", all()), acknowledged(honoured, "1"));
    assert_eq!(
        listen(&mut Peer::having(Features::default(), Limits::default()), "x", all()),
        acknowledged(json!({}), "x")
    );
}

#[test]
fn listeners_are_told_what_they_asked_for_and_nothing_else() {
    let mut peer = peer();
    listen(&mut peer, "all", all());
    listen(&mut peer, "tools", json!({ "toolsListChanged": true }));
    change_all(&mut peer);
    let sent = peer.drain();
    assert_eq!(
        told(&sent),
        [
            ("tools/list_changed".to_owned(), json!("all")),
            ("tools/list_changed".to_owned(), json!("tools")),
            ("prompts/list_changed".to_owned(), json!("all")),
            ("resources/list_changed".to_owned(), json!("all")),
            ("resources/updated".to_owned(), json!("all")),
        ]
    );
    assert_eq!(sent[4]["params"]["uri"], "a://b");
}

#[test]
fn a_subscription_covers_what_is_below_its_resource() {
    let mut peer = peer();
    let filter = json!({ "resourceSubscriptions": ["a://b", "file:///d/"] });
    listen(&mut peer, "l", filter);
    for uri in ["a://b/c", "a://bc", "a://", "file:///d/e", "file:///d"] {
        peer.machine.changed(Change::Resource(uri));
    }
    let uris: Vec<_> = peer.drain().iter().map(|one| one["params"]["uri"].clone()).collect();
    assert_eq!(uris, ["a://b/c", "file:///d/e"]);
}

#[test]
fn nobody_is_told_unasked_in_the_modern_era() {
    let mut peer = peer();
    peer.ask("server/discover", modern(json!({})));
    let request = peer.call(envelope());
    change_all(&mut peer);
    assert_eq!(peer.drain(), Vec::<Value>::new());
    peer.machine.respond(request.key, Ok(json!({ "content": [] })));
    assert_eq!(peer.drain().len(), 1);
}

#[test]
fn a_listen_request_is_cancelled_by_its_id_and_its_type() {
    let mut peer = peer();
    listen(&mut peer, "7", all());
    peer.cancel(7);
    assert_eq!(peer.machine.listens(), 1);
    // What already waits to be told is not told any more.
    peer.machine.changed(Change::Tools);
    peer.cancel("7");
    assert_eq!((peer.machine.listens(), peer.drain()), (0, Vec::<Value>::new()));
    change_all(&mut peer);
    assert_eq!(peer.drain(), Vec::<Value>::new());
    assert!(peer.take_cancelled().is_empty(), "there is no handler to be told");
    // The id is free again.
    assert_eq!(listen(&mut peer, "7", all())["params"]["_meta"][SUBSCRIPTION], "7");
}

#[test]
fn the_graceful_end_is_an_empty_result() {
    let mut peer = peer();
    listen(&mut peer, "a", all());
    listen(&mut peer, "b", json!({}));
    peer.machine.changed(Change::Tools);
    peer.machine.end_listens();
    let sent = peer.drain();
    assert_eq!(sent[0]["method"], "notifications/tools/list_changed");
    for (sent, id) in sent[1..].iter().zip(["a", "b"]) {
        assert_eq!(sent["id"], id);
        assert_eq!(sent["result"]["resultType"], "complete");
        assert_eq!(sent["result"]["_meta"][SUBSCRIPTION], id);
    }
    assert_eq!((sent.len(), peer.machine.listens()), (3, 0));
    change_all(&mut peer);
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn every_frame_of_a_listener_belongs_to_its_request() {
    let mut peer = peer();
    let params = modern(json!({ "notifications": { "toolsListChanged": true } }));
    let method = "subscriptions/listen";
    peer.send(json!({ "jsonrpc": "2.0", "id": "l", "method": method, "params": params }));
    peer.machine.changed(Change::Tools);
    peer.machine.end_listens();
    let about = |peer: &mut Peer| match peer.machine.poll_transmit() {
        Some(Transmit::Send { about, last, refusal: false, .. }) => (about, last),
        other => panic!("no frame but {other:?}"),
    };
    let id = Some(Id::Text("l".to_owned()));
    assert_eq!(about(&mut peer), (id.clone(), false));
    assert_eq!(about(&mut peer), (id.clone(), false));
    assert_eq!(about(&mut peer), (id, true));
    // Of a legacy session, changes belong to no request.
    let mut peer = Peer::having(everything(), Limits::default());
    peer.initialize("2025-11-25");
    peer.machine.changed(Change::Tools);
    assert_eq!(about(&mut peer), (None, false));
}

#[test]
fn wrong_filters_are_refused_before_the_acknowledgement() {
    let mut peer = peer();
    for params in [
        json!({}),
        json!({ "notifications": 7 }),
        json!({ "notifications": { "toolsListChanged": "yes" } }),
        json!({ "notifications": { "resourceSubscriptions": "a://b" } }),
        json!({ "notifications": { "resourceSubscriptions": [7] } }),
        json!({ "notifications": { "resourceSubscriptions": ["a".repeat(8193)] } }),
    ] {
        assert_eq!(error_code(&peer.ask("subscriptions/listen", modern(params))), -32602);
    }
    assert_eq!(peer.machine.listens(), 0);
}

#[test]
fn listeners_and_subscriptions_are_limited() {
    let limits = Limits { listens: 2, subscriptions: 3, ..Limits::default() };
    let mut peer = Peer::having(everything(), limits);
    let uris = |uris: &[&str]| json!({ "resourceSubscriptions": uris });
    listen(&mut peer, "1", uris(&["a", "b"]));
    assert_eq!(error_code(&listen(&mut peer, "2", uris(&["a", "b"]))), 42900);
    listen(&mut peer, "2", uris(&["a"]));
    assert_eq!(error_code(&listen(&mut peer, "3", json!({}))), 42900);
    peer.cancel("1");
    assert!(listen(&mut peer, "3", uris(&["c"]))["params"].is_object());
}

#[test]
fn what_is_kept_of_subscriptions_is_limited_in_all_and_a_long_one_is_fine() {
    let mut peer = peer();
    let uris = |count: usize, length: usize| {
        let uris: Vec<_> =
            (0..count).map(|n| format!("{n:04}{}", "a".repeat(length - 4))).collect();
        json!({ "resourceSubscriptions": uris })
    };
    assert!(listen(&mut peer, "1", uris(20, 8192))["params"].is_object());
    assert_eq!(error_code(&listen(&mut peer, "2", uris(20, 8192))), 42900, "320 KiB");
    assert!(listen(&mut peer, "2", uris(900, 100))["params"].is_object());
    let limits = Limits { subscriptions: 1, ..Limits::default() };
    let mut peer = Peer::having(everything(), limits);
    assert!(listen(&mut peer, "1", uris(1, 8192))["params"].is_object());
}

#[test]
fn a_slow_reader_is_told_each_change_once_and_the_last_of_all() {
    let limits = Limits { queue: 2, ..Limits::default() };
    let mut peer = Peer::having(everything(), limits);
    let filter = json!({ "toolsListChanged": true, "resourceSubscriptions": ["a://b"] });
    listen(&mut peer, "l", filter);
    for _ in 0..1000 {
        peer.machine.changed(Change::Tools);
        peer.machine.changed(Change::Resource("a://b/1"));
        peer.machine.changed(Change::Resource("a://b/2"));
    }
    assert_eq!(peer.machine.waiting(), 3);
    let sent = peer.drain();
    let expected =
        ["tools/list_changed", "resources/updated", "tools/list_changed", "resources/updated"];
    assert_eq!(told(&sent).iter().map(|(method, _)| method).collect::<Vec<_>>(), expected);
    assert_eq!(sent[3]["params"]["uri"], "a://b", "something below it");
    peer.machine.changed(Change::Tools);
    assert_eq!(peer.drain().len(), 1);
}

#[test]
fn legacy_sessions_are_told_of_lists_unasked_and_of_the_resources_they_subscribed_to() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut peer = peer();
        change_all(&mut peer);
        assert_eq!(peer.drain(), Vec::<Value>::new(), "not before the handshake");
        peer.initialize(version);
        change_all(&mut peer);
        let lists = ["tools/list_changed", "prompts/list_changed", "resources/list_changed"];
        let expected = lists.map(|method| (method.to_owned(), Value::Null)).to_vec();
        assert_eq!(told(&peer.drain()), expected);

        let uri = json!({ "uri": "a://b" });
        peer.request("resources/subscribe", uri.clone());
        change_all(&mut peer);
        assert_eq!(peer.drain().len(), 3, "not before the answer");
        peer.answer_all();
        assert_eq!(peer.drain()[0]["result"], json!({}));
        peer.machine.changed(Change::Resource("a://b"));
        peer.machine.changed(Change::Resource("a://c"));
        assert_eq!(
            peer.drain(),
            [
                json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": uri })
            ]
        );
        assert_eq!(peer.ask("resources/unsubscribe", uri)["result"], json!({}));
        peer.machine.changed(Change::Resource("a://b"));
        assert_eq!(peer.drain(), Vec::<Value>::new());
        assert_eq!(error_code(&peer.ask("resources/unsubscribe", json!({}))), -32602);
    }
}

#[test]
fn a_subscription_that_the_host_refuses_does_not_hold() {
    let mut peer = peer();
    peer.initialize("2025-11-25");
    peer.request("resources/subscribe", json!({ "uri": "a://b" }));
    let request = peer.take_request().unwrap();
    peer.machine.respond(request.key, Err(mcp_wasm::jsonrpc::RpcError::new(-32002, "none")));
    assert_eq!(error_code(&peer.drain()[0]), -32002);
    peer.machine.changed(Change::Resource("a://b"));
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn each_era_has_its_own_methods() {
    let mut peer = peer();
    for method in ["resources/subscribe", "resources/unsubscribe", "logging/setLevel", "ping"] {
        let answer = peer.ask(method, modern(json!({ "uri": "a://b", "level": "info" })));
        assert_eq!(error_code(&answer), -32601, "{method}");
    }
    let mut peer = Peer::having(everything(), Limits::default());
    peer.initialize("2025-11-25");
    let answer = peer.ask("subscriptions/listen", json!({ "notifications": {} }));
    assert_eq!(error_code(&answer), -32601);
    // A modern request in a legacy session is served as what it is.
    listen(&mut peer, "l", json!({ "toolsListChanged": true }));
    peer.machine.changed(Change::Tools);
    let sent = told(&peer.drain());
    assert_eq!(
        sent.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>(),
        [Value::Null, json!("l")]
    );
}

#[test]
fn batches_are_for_2025_03_26_only() {
    let call = |id: i64| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
    for (version, is_fine) in
        [("2024-11-05", false), ("2025-03-26", true), ("2025-06-18", false), ("2025-11-25", false)]
    {
        let mut peer = peer();
        peer.initialize(version);
        let notification = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled" });
        peer.send(json!([call(1), notification, call(2), 7]));
        let sent = peer.drain();
        if is_fine {
            assert_eq!(sent[0]["id"], 1);
            assert_eq!(sent[1]["id"], 2);
            assert_eq!(error_code(&sent[2]), -32600, "what is no message is refused by itself");
        } else {
            assert_eq!((sent.len(), error_code(&sent[0])), (1, -32600));
        }
        let claim = json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/list", "params": modern(json!({})) });
        for batch in [json!([]), json!([call(1), claim])] {
            peer.send(batch);
            let sent = peer.drain();
            assert_eq!((sent.len(), error_code(&sent[0])), (1, -32600));
        }
    }
    let mut peer = peer();
    peer.send(json!([call(1)]));
    assert_eq!(error_code(&peer.drain()[0]), -32600);
}

#[test]
fn the_capabilities_of_the_client_are_those_of_the_request_or_of_the_session() {
    use mcp_wasm::types::Capability::{
        Elicitation, ElicitationUrl, Roots, Sampling, SamplingContext, SamplingTools,
    };
    for (declared, has) in [
        (json!({}), vec![]),
        (json!({ "sampling": {} }), vec![Sampling]),
        (
            json!({ "sampling": { "tools": {}, "context": {} } }),
            vec![Sampling, SamplingTools, SamplingContext],
        ),
        (json!({ "elicitation": {} }), vec![Elicitation]),
        (json!({ "elicitation": { "form": {} } }), vec![Elicitation]),
        (json!({ "elicitation": { "url": {} } }), vec![ElicitationUrl]),
        (json!({ "elicitation": { "form": {}, "url": {} } }), vec![Elicitation, ElicitationUrl]),
        (json!({ "roots": { "listChanged": true }, "else": {} }), vec![Roots]),
        (json!({ "roots": true, "sampling": null, "elicitation": [] }), vec![]),
    ] {
        let mut peer = peer();
        let meta =
            merge(envelope(), json!({ "io.modelcontextprotocol/clientCapabilities": declared }));
        let modern = peer.call(meta).context.capabilities;
        assert_eq!(modern, has.iter().copied().collect());
        assert_eq!(peer.call(envelope()).context.capabilities, [].into_iter().collect());

        let mut peer = Peer::having(everything(), Limits::default());
        peer.ask(
            "initialize",
            json!({ "protocolVersion": "2025-11-25", "capabilities": declared }),
        );
        assert_eq!(peer.call(json!({})).context.capabilities, modern);
    }
}

#[test]
fn legacy_requests_of_our_own_are_answered_once_and_by_their_own_ids() {
    let mut peer = peer();
    peer.initialize("2025-11-25");
    let request = peer.call(json!({}));
    let first = peer.machine.ask(request.key, "roots/list", None).unwrap();
    // What has not left cannot have been answered.
    peer.send(json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    assert!(peer.take_request().is_none() && peer.answers.is_empty());
    let second = peer.machine.ask(request.key, "ping", Some(json!({}))).unwrap();
    match peer.machine.poll_transmit() {
        Some(Transmit::Send { about, last: false, refusal: false, frame }) => {
            assert_eq!(
                about.as_ref(),
                Some(&request.context.id),
                "it goes where the request came from"
            );
            assert_eq!(
                frame.into_payload(),
                json!({ "jsonrpc": "2.0", "id": 1, "method": "roots/list" })
            );
        }
        other => panic!("no frame but {other:?}"),
    }
    assert_eq!(peer.drain()[0]["id"], 2);
    for id in [json!(2), json!("1"), json!(1.5), json!(3), json!(1), json!(1), json!(2)] {
        peer.send(json!({ "jsonrpc": "2.0", "id": id, "result": { "of": id } }));
    }
    assert!(peer.take_request().is_none());
    assert_eq!(
        std::mem::take(&mut peer.answers),
        [(second, Ok(json!({ "of": 2 }))), (first, Ok(json!({ "of": 1 })))]
    );
    // With its request it is over.
    let third = peer.machine.ask(request.key, "ping", None).unwrap();
    peer.drain();
    peer.machine.respond(request.key, Ok(json!({ "content": [] })));
    let sent = peer.drain();
    assert_eq!(sent[0]["method"], "notifications/cancelled");
    assert_eq!(sent[0]["params"], json!({ "requestId": 3 }));
    assert_eq!(sent[1]["id"], 2, "the answer comes last");
    assert_eq!(peer.machine.ask(request.key, "ping", None), None);
    peer.send(json!({ "jsonrpc": "2.0", "id": 3, "result": {} }));
    assert!(peer.take_request().is_none() && peer.answers.is_empty(), "{third:?}");
}

#[test]
fn older_revisions_are_not_asked_for_what_came_later() {
    use mcp_wasm::types::Capability::{Elicitation, ElicitationUrl, SamplingTools};
    let declared = json!({ "sampling": { "tools": {} }, "elicitation": { "form": {}, "url": {} } });
    for (version, has) in [
        ("2024-11-05", [false, false]),
        ("2025-03-26", [false, false]),
        ("2025-06-18", [true, false]),
        ("2025-11-25", [true, true]),
    ] {
        let mut peer = peer();
        peer.ask("initialize", json!({ "protocolVersion": version, "capabilities": declared }));
        let capabilities = peer.call(json!({})).context.capabilities;
        let [form, url] = has;
        assert_eq!(capabilities.has(Elicitation), form, "{version}");
        assert_eq!(capabilities.has(ElicitationUrl), url, "{version}");
        assert_eq!(capabilities.has(SamplingTools), url, "{version}");
    }
}

#[test]
#[allow(clippy::disallowed_methods)] // it measures
fn subscriptions_are_counted_before_anything_is_done_about_them() {
    let mut peer = peer();
    let started = std::time::Instant::now();
    let uris: Vec<String> = (0..200_000).rev().map(|number| format!("a://{number:06}")).collect();
    let answer = listen(&mut peer, "l", json!({ "resourceSubscriptions": uris }));
    assert_eq!(error_code(&answer), 42900);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    assert_eq!(peer.machine.listens(), 0);
}
