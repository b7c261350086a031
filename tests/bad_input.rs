//! What a broken or hostile peer may send: each kind is told as an error that names it, and the
//! rest of the connection goes on unharmed.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::jsonrpc::{Id, RpcError};
use mcp_wasm::proto::version::{Era, Version};
use serde_json::{Value, json};
use support::{FOREVER, Item, Pair, Path, Place, Told, Weather, everywhere, protocol_text, step};

/// Runs a test over the revisions and both paths, and sees that a call that was in flight all the
/// while, and a new one, still get their progress and their results.
fn unharmed(test: impl Fn(&mut Pair)) {
    for version in Version::ALL {
        for path in [Path::Scanned, Path::General] {
            let _place = Place(format!("{}, {path:?}", version.as_str()));
            let mut pair = Pair::open(version, path, Weather::STILL);
            let (old, job) = pair.start(FOREVER);
            pair.page.told.clear();
            test(&mut pair);
            assert!(pair.page.is_open());
            pair.run();
            pair.jobs.clear();
            let (new, another) = pair.start(FOREVER);
            for job in [job, another] {
                pair.server.report(job, 1.0, None, None);
                pair.finish(job);
            }
            pair.run();
            for id in [old, new] {
                assert_eq!(pair.page.steps(id), [step(1.0, None)]);
                assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
            }
        }
    }
}

/// The one thing that was told is this fault.
#[track_caller]
fn assert_fault(pair: &mut Pair, text: &str) {
    match pair.page.told.as_slice() {
        [Told::Fault(error)] => assert!(protocol_text(error).contains(text), "{error}"),
        other => panic!("wanted one fault with \"{text}\", got {other:?}"),
    }
    assert!(pair.page.sent_nothing_more());
    pair.page.told.clear();
}

/// A call that the server never sees.
fn unsent_call(pair: &mut Pair) -> i64 {
    let id = pair.call();
    assert_eq!(pair.page.sent()["id"], json!(id));
    id
}

#[test]
fn a_frame_that_is_not_json_is_a_fault() {
    unharmed(|pair| {
        for text in ["", "hello", "{", "{\"jsonrpc\":\"2.0\"", "{}{}", "\u{feff}{}", "NaN", "\0"] {
            pair.page.frame(text);
            assert_fault(pair, "not JSON");
        }
    });
}

#[test]
fn ten_thousand_levels_of_nesting_are_a_fault() {
    let deep = |open: &str, close: &str| open.repeat(10_000) + &close.repeat(10_000);
    unharmed(|pair| {
        for text in [
            deep("[", "]"),
            deep("{\"a\":", "}").replace(":}", ":1}"),
            "[".repeat(10_000),
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{}}}"#, deep("[", "]")),
        ] {
            pair.page.frame(&text);
            assert_fault(pair, "not JSON");
        }
        // What a sane result has is no problem.
        let id = pair.call();
        let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(100), "]".repeat(100));
        pair.page.frame(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{nested}}}"#));
        assert_eq!(pair.page.outcome(id), Some(&Ok(serde_json::from_str(&nested).unwrap())));
    });
}

#[test]
fn json_that_is_no_json_rpc_message_is_a_fault() {
    unharmed(|pair| {
        for (message, reason) in [
            (json!(null), "not a JSON object"),
            (json!(42), "not a JSON object"),
            (json!("text"), "not a JSON object"),
            (json!(true), "not a JSON object"),
            (json!([]), "a batch"),
            (json!([{ "jsonrpc": "2.0", "method": "notifications/x" }]), "a batch"),
            (json!({}), "`jsonrpc`"),
            (json!({ "method": "notifications/x" }), "`jsonrpc`"),
            (json!({ "jsonrpc": 2.0, "method": "notifications/x" }), "`jsonrpc`"),
            (json!({ "jsonrpc": "1.0", "method": "notifications/x" }), "`jsonrpc`"),
            (json!({ "jsonrpc": "2.0" }), "neither `method`, `result` nor `error`"),
            (json!({ "jsonrpc": "2.0", "id": 7 }), "neither `method`, `result` nor `error`"),
            (json!({ "jsonrpc": "2.0", "method": 7 }), "`method`"),
            (json!({ "jsonrpc": "2.0", "method": null }), "`method`"),
            (json!({ "jsonrpc": "2.0", "method": "x", "params": [] }), "`params`"),
            (json!({ "jsonrpc": "2.0", "method": "x", "params": "p" }), "`params`"),
            (json!({ "jsonrpc": "2.0", "method": "ping", "id": null }), "`id`"),
            (json!({ "jsonrpc": "2.0", "method": "ping", "id": 1.5 }), "`id`"),
            (json!({ "jsonrpc": "2.0", "method": "ping", "id": {} }), "`id`"),
            (json!({ "jsonrpc": "2.0", "result": {} }), "`id`"),
            (json!({ "jsonrpc": "2.0", "id": null, "result": {} }), "`id`"),
            (json!({ "jsonrpc": "2.0", "id": true, "error": { "code": 1 } }), "`id`"),
            (json!({ "jsonrpc": "2.0", "id": null, "error": 7 }), "`error`"),
        ] {
            let _place = Place(message.to_string());
            pair.page.message(&message);
            assert_fault(pair, reason);
        }
    });
}

#[test]
fn a_broken_answer_fails_its_call_at_once_and_no_other() {
    unharmed(|pair| {
        for answer in [
            json!({ "jsonrpc": "2.0", "error": "boom" }),
            json!({ "jsonrpc": "2.0", "error": {} }),
            json!({ "jsonrpc": "2.0", "error": { "code": "-32602", "message": "no" } }),
            json!({ "jsonrpc": "2.0", "error": null }),
            json!({ "jsonrpc": "2.0", "result": null }),
            json!({ "jsonrpc": "2.0", "result": [] }),
            json!({ "jsonrpc": "2.0", "result": "done" }),
            json!({ "result": {} }),
            json!({ "jsonrpc": "1.0", "result": {} }),
        ] {
            let _place = Place(answer.to_string());
            let id = pair.call();
            pair.run();
            let mut answer = answer;
            answer["id"] = json!(id);
            pair.page.message(&answer);
            let error = pair.page.outcome(id).and_then(|outcome| outcome.as_ref().err());
            let text = protocol_text(error.expect("it failed"));
            assert!(text.starts_with("the server sent no JSON-RPC message: "), "{text}");
            assert_eq!(pair.page.told, []);
            pair.finish(pair.jobs.back().unwrap().key);
            pair.jobs.clear();
            pair.run();
            assert_fault(pair, "answered a request twice");
        }
    });
}

#[test]
fn answers_to_nothing_are_faults() {
    unharmed(|pair| {
        let answered = unsent_call(pair);
        pair.page.result(answered, &json!({ "first": true }));
        pair.page.result(answered, &json!({ "first": false }));
        assert_fault(pair, "answered a request twice");
        pair.page.error(answered, &json!({ "code": 1, "message": "no" }));
        assert_fault(pair, "answered a request twice");
        assert_eq!(pair.page.outcome(answered), Some(&Ok(json!({ "first": true }))));

        let waiting = unsent_call(pair);
        for id in [
            json!(waiting + 1),
            json!(0),
            json!(-waiting),
            json!(waiting.to_string()),
            json!("x"),
            json!(""),
            json!(i64::MAX),
        ] {
            pair.page.message(&json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
            assert_fault(pair, "answered a request that was never sent");
        }
        assert_eq!(pair.page.outcome(waiting), None);
        pair.page.cancel(waiting, None);
        pair.page.result(waiting, &json!({}));
        assert_eq!(pair.page.told, [], "late answers are no fault");
    });
}

#[test]
fn an_error_without_an_id_is_told_as_the_servers() {
    unharmed(|pair| {
        for message in [
            json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "what?" } }),
            json!({ "jsonrpc": "2.0", "error": { "code": -32700, "message": "what?" } }),
        ] {
            pair.page.message(&message);
            let error = RpcError { code: -32700, message: "what?".to_owned(), data: None };
            assert_eq!(pair.page.told, [Told::Fault(Error::Rpc(error))]);
            pair.page.told.clear();
        }
    });
}

#[test]
fn errors_of_any_shape_reach_their_call() {
    let rpc = |code, message: &str, data| RpcError { code, message: message.to_owned(), data };
    unharmed(|pair| {
        for (error, expected) in [
            (json!({ "code": -32602, "message": "no" }), rpc(-32602, "no", None)),
            (json!({ "code": 0 }), rpc(0, "", None)),
            (json!({ "code": 7, "message": 7 }), rpc(7, "", None)),
            (json!({ "code": -1.0, "message": "m", "x": 1 }), rpc(-1, "m", None)),
            (json!({ "code": 1e300, "message": "m" }), rpc(i64::MAX, "m", None)),
            (json!({ "code": 1, "data": null }), rpc(1, "", Some(json!(null)))),
            (json!({ "code": 1, "data": [{ "a": 1 }] }), rpc(1, "", Some(json!([{ "a": 1 }])))),
        ] {
            let id = pair.call();
            pair.page.error(id, &error);
            assert_eq!(pair.page.outcome(id), Some(&Err(Error::Rpc(expected))), "{error}");
        }
    });
}

#[test]
fn every_wrong_type_in_every_field_of_a_progress_notification_is_a_fault() {
    let odd = [json!("1"), json!(true), json!([1]), json!({ "a": 1 }), json!(null)];
    unharmed(|pair| {
        let (id, _) = pair.start(FOREVER);
        let good = json!({ "progressToken": id, "progress": 1, "total": 2, "message": "m" });
        let mut malformed = 0;
        for field in ["progressToken", "progress", "total", "message"] {
            for value in odd.iter().chain([&json!(1.5), &json!(7)]) {
                let fits = match field {
                    "progressToken" => value.is_string() || value.is_i64(),
                    "message" => value.is_string() || value.is_null(),
                    "total" => value.is_number() || value.is_null(),
                    _ => value.is_number(),
                };
                if fits {
                    continue;
                }
                let _place = Place(format!("{field}: {value}"));
                let mut params = good.clone();
                params[field] = value.clone();
                pair.page.progress(&params);
                pair.page.told.retain(|told| !matches!(told, Told::Notification(..)));
                assert_fault(pair, &format!("unusable `{field}`"));
                malformed += 1;
            }
        }
        for field in ["progressToken", "progress"] {
            let mut params = good.clone();
            params.as_object_mut().unwrap().remove(field);
            pair.page.progress(&params);
            pair.page.told.retain(|told| !matches!(told, Told::Notification(..)));
            assert_fault(pair, &format!("unusable `{field}`"));
            malformed += 1;
        }
        pair.page.message(&json!({ "jsonrpc": "2.0", "method": "notifications/progress" }));
        pair.page.told.retain(|told| !matches!(told, Told::Notification(..)));
        assert_fault(pair, "unusable `params`");
        assert_eq!(pair.page.machine.progress_counts().malformed, malformed + 1);
        assert_eq!(pair.page.steps(id), []);
        // Some servers write `null` for what they leave out.
        pair.page.progress(
            &json!({ "progressToken": id, "progress": 1, "total": null, "message": null }),
        );
        assert_eq!(pair.page.steps(id), [step(1.0, None)]);
        pair.page.told.clear();
    });
}

#[test]
fn a_number_too_large_for_a_double_is_a_fault() {
    unharmed(|pair| {
        let (id, _) = pair.start(FOREVER);
        for number in ["1e400", "-1e400", "1".repeat(400).as_str()] {
            pair.page.frame(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{id},"progress":{number}}}}}"#
            ));
            assert_eq!(pair.page.faults().len(), 1);
            pair.page.told.clear();
        }
        assert_eq!(pair.page.steps(id), []);
    });
}

#[test]
fn a_result_of_an_unknown_type_fails_a_modern_call_and_means_nothing_to_a_legacy_one() {
    unharmed(|pair| {
        let era = pair.page.machine.session().unwrap().version.era();
        for kind in [json!("complete"), json!("later"), json!(7), json!(null)] {
            let id = pair.call();
            let result = json!({ "content": [], "resultType": kind });
            pair.page.result(id, &result);
            match pair.page.outcome(id).unwrap() {
                Ok(got) => {
                    assert!(era == Era::Legacy || kind == "complete", "{kind}");
                    assert_eq!(*got, result);
                }
                Err(error) => {
                    assert!(era == Era::Modern && kind != "complete", "{kind}");
                    assert!(protocol_text(error).contains("`resultType`"));
                }
            }
        }
    });
}

#[test]
fn results_pass_whole() {
    unharmed(|pair| {
        for result in [json!({}), json!({ "a": { "b": null }, "content": 7, "_meta": [] })] {
            let id = pair.call();
            pair.page.result(id, &result);
            assert_eq!(pair.page.outcome(id), Some(&Ok(result.clone())));
            // Some servers write `null` for the error that there is not.
            let id = pair.call();
            let answer = json!({ "jsonrpc": "2.0", "id": id, "error": null, "result": result });
            pair.page.message(&answer);
            assert_eq!(pair.page.outcome(id), Some(&Ok(result)));
        }
    });
}

#[test]
fn requests_of_the_server_are_answered_in_a_legacy_session_only() {
    unharmed(|pair| {
        let legacy = pair.page.machine.session().unwrap().version.era() == Era::Legacy;
        let roots = json!({ "jsonrpc": "2.0", "id": "r", "method": "roots/list" });
        pair.page.machine.declare(json!({ "roots": {} }));
        pair.page.message(&json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" }));
        if legacy {
            assert_eq!(pair.page.sent(), json!({ "jsonrpc": "2.0", "id": 3, "result": {} }));
            pair.page.message(&roots);
            let asked = Told::Request(Id::Text("r".to_owned()), "roots/list".to_owned(), None);
            assert_eq!(pair.page.told, [asked]);
            pair.page.machine.respond(Id::Text("r".to_owned()), Ok(json!({ "roots": [] })));
            pair.page.drain();
            let expected = json!({ "jsonrpc": "2.0", "id": "r", "result": { "roots": [] } });
            assert_eq!(pair.page.sent(), expected);
        } else {
            assert_fault(pair, "the server sent the request ping");
            pair.page.message(&roots);
            assert_fault(pair, "the server sent the request roots/list");
        }
    });
}

#[test]
fn notifications_that_nobody_knows_are_handed_over() {
    unharmed(|pair| {
        for params in [None, Some(json!({ "x": [null] }))] {
            let mut message = json!({ "jsonrpc": "2.0", "method": "notifications/of-tomorrow" });
            if let Some(params) = &params {
                message["params"] = params.clone();
            }
            pair.page.message(&message);
            let told = Told::Notification("notifications/of-tomorrow".to_owned(), params);
            assert_eq!(pair.page.told.pop(), Some(told));
        }
    });
}

#[test]
fn garbage_to_the_server_is_answered_with_an_error_and_harms_no_call() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    everywhere(|pair| {
        let (id, job) = pair.start(FOREVER);
        for (text, code) in [
            ("not json", -32700),
            (deep.as_str(), -32700),
            ("[]", -32600),
            (r#"{"jsonrpc":"2.0","method":7}"#, -32600),
        ] {
            pair.page.told.clear();
            pair.to_server.send(&Item::Frame(text.to_owned()), pair.page.now);
            pair.run();
            let faults = pair.page.faults();
            assert!(
                matches!(faults.as_slice(), [Error::Rpc(error)] if error.code == code),
                "{faults:?}"
            );
        }
        pair.server.report(job, 1.0, None, None);
        pair.finish(job);
        pair.run();
        assert_eq!(pair.page.steps(id), [step(1.0, None)]);
        assert!(matches!(pair.page.outcome(id), Some(Ok(Value::Object(_)))));
    });
}
