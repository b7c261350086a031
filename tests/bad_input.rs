//! What a broken or hostile peer may send: each kind is told as an error that names it, and the
//! rest of the connection goes on unharmed.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::jsonrpc::{Id, RpcError};
use mcp_wasm::proto::client::{CallLimits, Handles, Oddity};
use mcp_wasm::proto::version::{Era, Version};
use serde_json::{Value, json};
use support::{
    FOREVER, Item, Page, Pair, Path, Place, Told, Weather, everywhere, protocol_text, step,
};

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

/// Nothing was told but the notification itself, and that much is counted.
#[track_caller]
fn assert_dropped(pair: &mut Pair, malformed: u32) {
    assert!(pair.page.told.iter().all(|told| matches!(told, Told::Notification(..))));
    assert_eq!(pair.page.machine.progress_counts().malformed, malformed);
    assert_eq!(pair.page.odd.pop(), Some(Oddity::Malformed), "kept as a sample");
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
fn batches_are_read_where_the_revision_has_them_and_are_a_fault_elsewhere() {
    let notification = |data: i64| {
        let params = json!({ "data": data });
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params })
    };
    unharmed(|pair| {
        let batches = pair.page.machine.session().unwrap().version == Version::V2025_03_26;
        let (one, two) = (unsent_call(pair), unsent_call(pair));
        let said = |id: i64| json!({ "jsonrpc": "2.0", "id": id, "result": { "id": id } });
        let moved = json!({ "progressToken": one, "progress": 1 });
        let moved =
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": moved });
        // What is wrong with one message is no matter of the others.
        pair.page.message(&json!([notification(1), said(two), moved, 7, said(one)]));
        if batches {
            assert_eq!(pair.page.steps(one), [step(1.0, None)]);
            for id in [one, two] {
                assert_eq!(pair.page.outcome(id), Some(&Ok(json!({ "id": id }))));
            }
            let faults = pair.page.faults();
            assert_eq!(faults.len(), 1);
            assert!(protocol_text(faults[0]).contains("not a JSON object"));
            pair.page.told.clear();
        } else {
            assert_fault(pair, "a batch");
            assert_eq!(pair.page.outcome(one), None);
            for id in [one, two] {
                pair.page.result(id, &json!({}));
            }
        }
        pair.page.message(&json!([[notification(1)]]));
        assert_fault(pair, "a batch");
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
            (json!({}), "`jsonrpc`"),
            (json!({ "method": "notifications/x" }), "`jsonrpc`"),
            (json!({ "jsonrpc": 2.0, "method": "notifications/x" }), "`jsonrpc`"),
            (json!({ "jsonrpc": "1.0", "method": "notifications/x" }), "`jsonrpc`"),
            (json!({ "jsonrpc": "2.0" }), "neither `method`, `result` nor `error`"),
            (json!({ "jsonrpc": "2.0", "id": 7 }), "neither `method`, `result` nor `error`"),
            (json!({ "jsonrpc": "2.0", "method": 7 }), "`method`"),
            (json!({ "jsonrpc": "2.0", "method": null }), "`method`"),
            (json!({ "jsonrpc": "2.0", "method": "x", "params": [1] }), "`params`"),
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
            json!({ "jsonrpc": "2.0", "result": [1] }),
            json!({ "jsonrpc": "2.0", "result": true }),
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
            json!(format!("0{waiting}")),
            json!(format!(" {waiting}")),
            json!(format!("{waiting}.0")),
            json!(format!("+{waiting}")),
            json!(format!("{waiting}e0")),
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
fn an_error_without_an_id_answers_the_only_call_that_no_progress_has_acknowledged() {
    for version in Version::ALL {
        let lost = json!({ "code": -32700, "message": "what?" });
        let rpc = Error::Rpc(RpcError { code: -32700, message: "what?".to_owned(), data: None });
        let client = json!({});
        let server = json!({ "resources": { "subscribe": true } });
        for message in [
            json!({ "jsonrpc": "2.0", "id": null, "error": lost }),
            json!({ "jsonrpc": "2.0", "error": lost }),
        ] {
            let mut page = Page::open(version, Path::Scanned, client.clone(), &server);
            // A subscription that stands is no call that waits.
            let filter = json!({ "notifications": { "resourceSubscriptions": ["a:b"] } });
            let listening = page.request("subscriptions/listen", Some(filter), FOREVER).unwrap();
            page.message(&match version.era() {
                Era::Modern => json!({
                    "jsonrpc": "2.0",
                    "method": "notifications/subscriptions/acknowledged",
                    "params": { "_meta": { "io.modelcontextprotocol/subscriptionId": listening } },
                }),
                Era::Legacy => json!({ "jsonrpc": "2.0", "id": listening + 1, "result": {} }),
            });
            let heard = page.call(FOREVER);
            page.progress(&json!({ "progressToken": heard, "progress": 1 }));
            page.told.clear();
            let unread = page.call(FOREVER);
            page.message(&message);
            assert_eq!(page.outcome(unread), Some(&Err(rpc.clone())));
            assert_eq!(page.told, []);
            // With none left, or several, nobody can tell.
            page.message(&message);
            let two = [page.call(FOREVER), page.call(FOREVER)];
            page.message(&message);
            assert_eq!(page.faults(), [&rpc, &rpc]);
            for id in two.into_iter().chain([heard, listening]) {
                assert_eq!(page.outcome(id), None);
            }
        }
    }
}

#[test]
fn an_error_without_an_id_is_told_as_the_servers() {
    unharmed(|pair| {
        let two = [unsent_call(pair), unsent_call(pair)];
        for message in [
            json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "what?" } }),
            json!({ "jsonrpc": "2.0", "error": { "code": -32700, "message": "what?" } }),
        ] {
            pair.page.message(&message);
            let error = RpcError { code: -32700, message: "what?".to_owned(), data: None };
            assert_eq!(pair.page.told, [Told::Fault(Error::Rpc(error))]);
            pair.page.told.clear();
        }
        for id in two {
            pair.page.result(id, &json!({}));
        }
    });
}

#[test]
fn a_result_without_members_may_be_written_as_null_or_as_a_list() {
    unharmed(|pair| {
        for result in [json!(null), json!([]), json!({})] {
            let id = unsent_call(pair);
            pair.page.result(id, &result);
            assert_eq!(pair.page.outcome(id), Some(&Ok(json!({}))));
        }
    });
}

#[test]
fn params_that_are_absent_may_be_written_as_null_or_as_a_list() {
    unharmed(|pair| {
        for params in [json!(null), json!([])] {
            let method = "notifications/tools/list_changed";
            let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
            pair.page.message(&message);
            assert_eq!(pair.page.told, [Told::Notification(method.to_owned(), None)]);
            pair.page.told.clear();
            let request = json!({ "jsonrpc": "2.0", "id": 70, "method": "ping", "params": params });
            pair.page.message(&request);
            if pair.page.machine.session().unwrap().version.era() == Era::Legacy {
                let pong = json!({ "jsonrpc": "2.0", "id": 70, "result": {} });
                assert_eq!(pair.page.sent(), pong);
            } else {
                assert_eq!(pair.page.faults().len(), 1);
                pair.page.told.clear();
            }
        }
    });
}

#[test]
fn a_request_that_cannot_be_read_is_answered_with_its_id() {
    unharmed(|pair| {
        for (id, message) in [
            (json!(3), json!({ "jsonrpc": "2.0", "id": 3, "method": "ping", "params": "p" })),
            (json!("3"), json!({ "jsonrpc": "2.0", "id": "3", "method": "ping", "params": [1] })),
            (json!(0), json!({ "jsonrpc": "2.0", "id": 0, "method": 7 })),
            (json!("a"), json!({ "id": "a", "method": "ping" })),
        ] {
            pair.page.message(&message);
            assert_eq!(pair.page.faults().len(), 1, "{message}");
            pair.page.told.clear();
            if pair.page.machine.session().unwrap().version.era() == Era::Legacy {
                let sent = pair.page.sent();
                assert_eq!((&sent["id"], &sent["error"]["code"]), (&id, &json!(-32600)));
            }
            assert!(pair.page.sent_nothing_more());
        }
    });
}

// ---- texts of our integers ----

/// A text that is one of our integers in decimal, and the spellings that are not.
fn spellings(id: i64) -> [String; 10] {
    [
        format!("0{id}"),
        format!(" {id}"),
        format!("{id} "),
        format!("{id}.0"),
        format!("+{id}"),
        format!("-{id}"),
        format!("{id}e0"),
        format!("0x{id}"),
        format!("{}", id + 1_000),
        String::new(),
    ]
}

#[test]
fn a_token_that_is_the_text_of_ours_is_ours_and_counted() {
    unharmed(|pair| {
        let id = unsent_call(pair);
        let told = |page: &mut Page, token: Value, progress: i32| {
            page.progress(&json!({ "progressToken": token, "progress": progress }));
        };
        told(&mut pair.page, json!(id.to_string()), 1);
        told(&mut pair.page, json!(id), 2);
        told(&mut pair.page, json!(id.to_string()), 3);
        let steps = [1.0, 2.0, 3.0].map(|progress| step(progress, None));
        assert_eq!(pair.page.steps(id), steps);
        assert_eq!(pair.page.odd, [Oddity::Coerced, Oddity::Coerced]);
        // What else is odd about it is what the sample says.
        told(&mut pair.page, json!(id.to_string()), 3);
        assert_eq!(pair.page.odd.last(), Some(&Oddity::Duplicate));
        let counts = pair.page.machine.progress_counts();
        assert_eq!((counts.coerced, counts.delivered, counts.unknown), (3, 4, 0));
        for token in spellings(id) {
            told(&mut pair.page, json!(token), 4);
            assert_eq!(pair.page.odd.last(), Some(&Oddity::Unknown), "{token:?}");
        }
        pair.page.result(id, &json!({}));
        told(&mut pair.page, json!(id.to_string()), 5);
        assert_eq!(pair.page.odd.last(), Some(&Oddity::Late));
        assert!(pair.page.faults().is_empty());
        pair.page.told.clear();
    });
}

#[test]
fn a_strict_call_drops_the_text_of_its_token_and_of_its_id() {
    unharmed(|pair| {
        let id = pair.page.call(CallLimits { strict: true, ..FOREVER });
        pair.page.sent();
        pair.page.progress(&json!({ "progressToken": id.to_string(), "progress": 1 }));
        assert_eq!(pair.page.steps(id), []);
        assert_eq!(pair.page.odd, [Oddity::Coerced]);
        assert_eq!(pair.page.machine.progress_counts().coerced, 1);
        pair.page.told.clear();
        let answer = json!({ "jsonrpc": "2.0", "id": id.to_string(), "result": {} });
        pair.page.message(&answer);
        assert_fault(pair, "never sent");
        assert_eq!(pair.page.outcome(id), None);
        pair.page.result(id, &json!({}));
        assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn an_answer_whose_id_is_the_text_of_ours_is_ours() {
    unharmed(|pair| {
        for answer in [
            json!({ "result": { "a": 1 } }),
            json!({ "error": { "code": 1, "message": "no" } }),
            json!({ "result": "broken" }),
        ] {
            let id = unsent_call(pair);
            let mut answer = answer;
            answer["jsonrpc"] = json!("2.0");
            answer["id"] = json!(id.to_string());
            let coerced = pair.page.machine.progress_counts().coerced;
            pair.page.message(&answer);
            assert!(pair.page.outcome(id).is_some());
            assert_eq!(pair.page.told, []);
            assert_eq!(pair.page.machine.progress_counts().coerced, coerced + 1);
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
                malformed += 1;
                assert_dropped(pair, malformed);
            }
        }
        for field in ["progressToken", "progress"] {
            let mut params = good.clone();
            params.as_object_mut().unwrap().remove(field);
            pair.page.progress(&params);
            malformed += 1;
            assert_dropped(pair, malformed);
        }
        for params in [None, Some(json!(null)), Some(json!([])), Some(json!({}))] {
            let mut message = json!({ "jsonrpc": "2.0", "method": "notifications/progress" });
            if let Some(params) = params {
                message["params"] = params;
            }
            pair.page.message(&message);
            malformed += 1;
            assert_dropped(pair, malformed);
        }
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
        let numbers = ["1e400", "-1e400", &"1".repeat(400)];
        for number in numbers {
            pair.page.frame(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{id},"progress":{number}}}}}"#
            ));
            // What no double holds, natively the parser refuses; an engine reads an infinity.
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
                    let plain = kind == "complete" || kind.is_null();
                    assert!(era == Era::Legacy || plain, "{kind}");
                    assert_eq!(*got, result);
                }
                Err(error) => {
                    assert!(era == Era::Modern && kind != "complete" && !kind.is_null(), "{kind}");
                    assert!(protocol_text(error).contains("`resultType`"));
                }
            }
        }
    });
}

#[test]
fn results_pass_whole() {
    unharmed(|pair| {
        // As serializers write a message that are told of every member there could be.
        let id = pair.call();
        let all = json!({
            "jsonrpc": "2.0", "id": id, "method": null, "params": null, "error": null, "result": {},
        });
        pair.page.message(&all);
        assert_eq!(pair.page.outcome(id), Some(&Ok(json!({}))));
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
        pair.page.machine.declare(&json!({ "roots": {} }), Handles::default());
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
        // Or the client takes the errors for answers to its only call.
        pair.server.report(job, 0.0, None, None);
        pair.run();
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
        assert_eq!(pair.page.steps(id), [step(0.0, None), step(1.0, None)]);
        assert!(matches!(pair.page.outcome(id), Some(Ok(Value::Object(_)))));
    });
}
