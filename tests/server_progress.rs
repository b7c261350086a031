//! Progress rule 12, and log messages, in the server machine.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/server.rs"]
mod support;

use mcp_wasm::{
    jsonrpc::{Id, Raw},
    proto::server::{Frame, Limits, ProgressReport, Reported},
    types::Level,
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};
use support::{Peer, envelope, merge, progress};

fn small() -> Peer {
    let mut peer = Peer::with(Limits { queue: 4, ..Limits::default() });
    peer.initialize("2025-11-25");
    peer
}

fn log(peer: &mut Peer, key: mcp_wasm::proto::server::RequestKey, level: Level) -> bool {
    peer.machine.log(key, level, None, json!("x")).is_ok()
}

#[test]
fn rule_12_the_token_comes_back_with_its_json_type() {
    for token in
        [json!(0), json!(7), json!(-3), json!("7"), json!("abc"), json!(""), json!(1_i64 << 60)]
    {
        let mut peer = Peer::legacy("2025-11-25");
        let request = peer.call(json!({ "progressToken": token }));
        assert_eq!(peer.machine.report(request.key, 1.0, None, None), Reported::Sent);
        assert_eq!(peer.drain()[0]["params"]["progressToken"], token);
    }
}

#[test]
fn rule_12_without_a_token_a_report_does_nothing() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({}));
    assert_eq!(peer.machine.report(request.key, 1.0, None, None), Reported::Ignored);
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn rule_12_after_the_response_or_a_cancellation_a_report_does_nothing() {
    let mut peer = Peer::legacy("2025-11-25");
    let answered = peer.call(json!({ "progressToken": 1 }));
    let cancelled = peer.call_as(&json!("x"), &json!({ "progressToken": 2 }));
    peer.machine.respond(answered.key, Ok(json!({})));
    peer.cancel("x");
    for key in [answered.key, cancelled.key] {
        assert_eq!(peer.machine.report(key, 1.0, None, None), Reported::Ignored);
    }
    assert_eq!(progress(&peer.drain()), Vec::<f64>::new());
    for key in [answered.key, cancelled.key] {
        assert_eq!(peer.machine.report(key, 1.0, None, None), Reported::Ignored);
    }
    peer.machine.close();
    assert_eq!(peer.machine.report(answered.key, 1.0, None, None), Reported::Ignored);
}

#[test]
fn rule_12_nan_and_infinities_are_refused() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({ "progressToken": 1 }));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(peer.machine.report(request.key, bad, None, None), Reported::Ignored);
        assert_eq!(peer.machine.report(request.key, 1.0, Some(bad), None), Reported::Ignored);
    }
    assert_eq!(peer.drain(), Vec::<Value>::new());
}

#[test]
fn rule_12_numbers_pass_unchanged() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({ "progressToken": 1 }));
    let values = [
        0.0,
        55.000_000_000_000_01,
        5.0,
        5.0,
        -1.0,
        1e300,
        f64::MIN_POSITIVE,
        9_007_199_254_740_993.0,
    ];
    for value in values {
        peer.machine.report(request.key, value, Some(value), Some(""));
    }
    let sent = peer.drain();
    assert_eq!(progress(&sent), values, "also those that do not increase");
    for (message, value) in sent.iter().zip(values) {
        assert_eq!(message["params"]["total"].as_f64(), Some(value));
        assert_eq!(message["params"]["message"], "");
    }
    assert_eq!(
        sent[0]["params"].to_string(),
        r#"{"progressToken":1,"progress":0,"total":0,"message":""}"#
    );
}

#[test]
fn rule_12_what_is_not_given_is_absent() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({ "progressToken": 1 }));
    peer.machine.report(request.key, 1.0, None, None);
    assert_eq!(
        peer.drain(),
        [json!({
            "jsonrpc": "2.0",
            "method": "notifications/progress",
            "params": { "progressToken": 1, "progress": 1 },
        })]
    );
}

#[test]
fn rule_12_the_message_is_left_out_for_2024_11_05() {
    for (version, message) in [("2024-11-05", None), ("2025-03-26", Some(&json!("hi")))] {
        let mut peer = Peer::legacy(version);
        let request = peer.call(json!({ "progressToken": 1 }));
        peer.machine.report(request.key, 1.0, Some(2.0), Some("hi"));
        assert_eq!(peer.drain()[0]["params"].get("message"), message, "{version}");
    }
}

#[test]
fn rule_12_a_message_is_cut_at_the_limit_between_two_characters() {
    let limits = Limits { progress_message: 10, ..Limits::default() };
    for (message, sent) in [
        ("0123456789", "0123456789"),
        ("0123456789a", "0123456…"),
        ("012345ää89a", "012345…"),
        ("ääääää", "äää…"),
    ] {
        let mut peer = Peer::with(limits);
        peer.initialize("2025-11-25");
        let request = peer.call(json!({ "progressToken": 1 }));
        peer.machine.report(request.key, 1.0, None, Some(message));
        assert_eq!(peer.drain()[0]["params"]["message"], sent);
    }
}

#[test]
fn rule_12_at_normal_speed_every_report_is_sent() {
    let mut peer = small();
    let request = peer.call(json!({ "progressToken": 1 }));
    let mut seen = Vec::new();
    for i in 0..1000 {
        assert_eq!(peer.machine.report(request.key, f64::from(i), None, None), Reported::Sent);
        seen.extend(progress(&peer.drain()));
    }
    assert_eq!(seen, (0..1000).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn rule_12_for_a_slow_reader_the_newest_replaces_the_waiting_one() {
    let mut peer = small();
    let request = peer.call(json!({ "progressToken": 1 }));
    for i in 0..4 {
        assert_eq!(peer.machine.report(request.key, f64::from(i), None, None), Reported::Sent);
    }
    for i in 4..1_000 {
        assert_eq!(peer.machine.report(request.key, f64::from(i), None, None), Reported::Held);
        assert!(peer.machine.waiting() <= 5, "memory does not grow");
    }
    assert!(peer.machine.holds(request.key));
    // The peer reads one: the waiting report moves up, and the next one waits.
    assert_eq!(progress(&[peer.take().unwrap()]), [0.0]);
    assert!(!peer.machine.holds(request.key));
    assert_eq!(peer.machine.report(request.key, 1000.0, None, None), Reported::Held);
    assert_eq!(progress(&peer.drain()), [1.0, 2.0, 3.0, 999.0, 1000.0]);
}

#[test]
fn rule_12_the_last_waiting_report_is_sent_before_the_result() {
    let mut peer = small();
    let first = peer.call(json!({ "progressToken": 1 }));
    let second = peer.call(json!({ "progressToken": 2 }));
    for i in 0..100 {
        peer.machine.report(first.key, f64::from(i), Some(99.0), None);
        peer.machine.report(second.key, f64::from(i) + 0.5, None, None);
    }
    peer.machine.respond(first.key, Ok(json!({ "done": 1 })));
    let sent = peer.drain();
    let of_first: Vec<_> = sent
        .iter()
        .filter(|message| message["params"]["progressToken"] == 1 || message["id"] == 2)
        .collect();
    let [.., last, result] = of_first[..] else { panic!("{of_first:?}") };
    assert_eq!(last["params"]["progress"], 99);
    assert_eq!(result["result"]["done"], 1);
    assert_eq!(progress(&sent).last(), Some(&99.5), "the other call's waits no longer, either");
}

#[test]
fn rule_12_many_calls_of_a_slow_reader_hold_one_report_each() {
    let mut peer = Peer::with(Limits { queue: 4, requests: 100, ..Limits::default() });
    peer.initialize("2025-11-25");
    let calls: Vec<_> =
        (0..100).map(|token| peer.call(json!({ "progressToken": token })).key).collect();
    for round in 0..50 {
        for key in &calls {
            peer.machine.report(*key, f64::from(round), None, None);
        }
    }
    assert!(peer.machine.waiting() <= 104);
    for key in &calls {
        peer.machine.respond(*key, Ok(json!({})));
    }
    let sent = peer.drain();
    for token in 0..100 {
        let own: Vec<_> =
            sent.iter().filter(|message| message["params"]["progressToken"] == token).collect();
        assert_eq!(own.last().unwrap()["params"]["progress"], 49, "of call {token}");
    }
}

#[test]
fn rule_12_a_cancellation_makes_room_for_others() {
    let mut peer = small();
    let first = peer.call_as(&json!("x"), &json!({ "progressToken": 1 }));
    let second = peer.call(json!({ "progressToken": 2 }));
    for i in 0..10 {
        peer.machine.report(first.key, f64::from(i), None, None);
    }
    assert_eq!(peer.machine.report(second.key, 1.0, None, None), Reported::Held);
    peer.cancel("x");
    assert!(!peer.machine.holds(second.key));
    assert_eq!(peer.machine.waiting(), 1);
    let tokens: Vec<_> =
        peer.drain().iter().map(|message| message["params"]["progressToken"].clone()).collect();
    assert_eq!(tokens, [json!(2)]);
}

#[test]
fn rule_12_a_question_that_is_withdrawn_makes_room_and_the_order_stays() {
    let mut peer = small();
    let request = peer.call(json!({ "progressToken": 1 }));
    let ask = peer.machine.ask(request.key, "roots/list", None).unwrap();
    for i in 0..5 {
        peer.machine.report(request.key, f64::from(i), None, None);
    }
    assert!(peer.machine.holds(request.key));
    peer.machine.withdraw(ask);
    peer.machine.report(request.key, 5.0, None, None);
    assert_eq!(progress(&peer.drain()), [0.0, 1.0, 2.0, 4.0, 5.0]);
}

#[test]
fn log_messages_wait_for_room_and_keep_their_place_behind_a_held_report() {
    let mut peer = small();
    let request = peer.call(json!({ "progressToken": 1 }));
    for i in 0..6 {
        peer.machine.report(request.key, f64::from(i), None, None);
    }
    let refused = peer.machine.log(request.key, Level::Info, None, json!("text"));
    assert_eq!(refused, Err(json!("text")), "handed back, not dropped");
    peer.take();
    assert!(!peer.machine.has_room(), "the held report came first");
    peer.take();
    assert!(log(&mut peer, request.key, Level::Info));
    let sent = peer.drain();
    assert_eq!(progress(&sent), [2.0, 3.0, 5.0]);
    assert_eq!(sent.last().unwrap()["method"], "notifications/message");
}

#[test]
fn log_messages_have_level_logger_and_data() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({}));
    peer.machine.log(request.key, Level::Warning, Some("db"), json!({ "a": 1 })).unwrap();
    peer.machine.log(request.key, Level::Info, None, json!("text")).unwrap();
    let sent = peer.drain();
    let params = json!({ "level": "warning", "logger": "db", "data": { "a": 1 } });
    assert_eq!(sent[0]["params"], params);
    assert_eq!(sent[1]["params"], json!({ "level": "info", "data": "text" }));
}

#[test]
fn a_legacy_session_gets_all_log_messages_until_it_sets_a_level() {
    let mut peer = Peer::legacy("2025-11-25");
    let request = peer.call(json!({}));
    for (set, sent) in [(None, 8), (Some("warning"), 5), (Some("emergency"), 1), (Some("debug"), 8)]
    {
        if let Some(level) = set {
            let answer = peer.ask("logging/setLevel", json!({ "level": level }));
            assert_eq!(answer["result"], json!({}));
        }
        for level in Level::ALL {
            assert!(log(&mut peer, request.key, level));
        }
        assert_eq!(peer.drain().len(), sent, "{set:?}");
    }
    for level in [json!("loud"), json!(3), json!(null)] {
        let answer = peer.ask("logging/setLevel", json!({ "level": level }));
        assert_eq!(support::error_code(&answer), -32602);
    }
}

#[test]
fn a_modern_request_gets_the_log_messages_it_asks_for() {
    let mut peer = Peer::new();
    let key = "io.modelcontextprotocol/logLevel";
    for (level, sent) in [(None, 0), (Some("debug"), 8), (Some("error"), 4)] {
        let meta = match level {
            None => envelope(),
            Some(level) => merge(envelope(), json!({ key: level })),
        };
        let request = peer.call(meta);
        for level in Level::ALL {
            assert!(log(&mut peer, request.key, level));
        }
        assert_eq!(peer.drain().len(), sent, "{level:?}");
    }
    // The level of a session is another matter.
    let mut peer = Peer::legacy("2025-11-25");
    peer.ask("logging/setLevel", json!({ "level": "emergency" }));
    let request = peer.call(merge(envelope(), json!({ key: "info" })));
    assert!(log(&mut peer, request.key, Level::Info));
    assert_eq!(peer.drain().len(), 1);
}

proptest! {
    #[test]
    fn a_report_is_written_by_hand_as_serde_writes_it(
        token in prop_oneof![
            any::<i64>().prop_map(Id::Integer),
            "[a-z0-9\"\\\\\u{1}é]{0,12}".prop_map(Id::Text),
        ],
        numbers in (any::<f64>(), option::of(-1e7..1e7)),
        whole in any::<bool>(),
        message in option::of(vec(any::<char>(), 0..40)),
    ) {
        let number = |value: f64| if whole { value.trunc() } else { value };
        let (progress, total) = (number(numbers.0), numbers.1.map(number));
        prop_assume!(progress.is_finite());
        let message = message.map(String::from_iter);
        let report = ProgressReport { token, progress, total, message };
        let tree: Value = Frame::Progress(report.clone()).into_payload();
        let frame = Frame::<Raw>::Progress(report);
        let mut text = "before ".to_owned();
        frame.write_json(&mut text);
        prop_assert_eq!(frame.to_json(), tree.to_string());
        prop_assert_eq!(text, format!("before {tree}"));
    }
}
