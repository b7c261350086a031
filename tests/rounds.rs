//! Rule 10: a call of several legs is one call to its user. Results that ask for input, the legs
//! that follow, their clocks, their ends.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{CallLimits, Handles};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};
use support::{FOREVER, Page, Path, protocol_text, step, timed_out};

const METHODS: [&str; 3] = ["tools/call", "prompts/get", "resources/read"];
const TEN: CallLimits = CallLimits { timeout: 10_000.0, ..FOREVER };

fn handles_all() -> Value {
    json!({ "elicitation": { "form": {} }, "sampling": {}, "roots": {} })
}

fn modern(path: Path) -> Page {
    Page::open(Version::LATEST, path, handles_all(), &json!({}))
}

fn both_paths(test: impl Fn(&mut Page)) {
    for path in [Path::Scanned, Path::General] {
        test(&mut modern(path));
    }
}

/// A result that asks for these, and wants that state back.
fn asks(requests: &Value, state: Option<&str>) -> Value {
    let mut result = json!({ "resultType": "input_required" });
    if !requests.is_null() {
        result["inputRequests"] = requests.clone();
    }
    if let Some(state) = state {
        result["requestState"] = json!(state);
    }
    result
}

fn form(message: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let params = json!({ "message": message, "requestedSchema": schema });
    json!({ "method": "elicitation/create", "params": params })
}

fn done() -> Value {
    json!({ "resultType": "complete", "content": [] })
}

/// Calls a tool and returns the id and the params of its request.
fn start(page: &mut Page, limits: CallLimits) -> (i64, Value) {
    let params = json!({ "name": "book", "arguments": { "day": 1 }, "_meta": { "own/key": "x" } });
    let id = page.request("tools/call", Some(params), limits).expect("connected");
    (id, page.sent()["params"].clone())
}

/// The next leg of a call, which is the next message.
fn leg(page: &mut Page) -> (i64, Value) {
    let sent = page.sent();
    assert!(page.sent_nothing_more());
    let id = sent["id"].as_i64().expect("a request");
    assert_eq!(sent["params"]["_meta"]["progressToken"], json!(id), "a token of its own");
    (id, sent["params"].clone())
}

#[test]
fn rule_10_the_next_leg_has_the_same_params_the_answers_and_the_state_as_received() {
    both_paths(|page| {
        for method in METHODS {
            let params = json!({ "name": "n", "uri": "u:n", "_meta": { "own/key": [1] } });
            let id = page.request(method, Some(params.clone()), FOREVER).unwrap();
            let first = page.sent();
            // A text like JSON, with blanks and escapes that parsing would change.
            let state = "{ \"a\" : 1.0e2,\t\"\u{e9}\": \"\\u00e9\" }";
            let requests = json!({ "one": form("1"), "two": { "method": "roots/list" } });
            page.result(id, &asks(&requests, Some(state)));
            assert_eq!(page.inputs.len(), 2, "all at once");
            assert_eq!(page.inputs[0].params, Some(requests["one"]["params"].clone()));
            assert_eq!((&*page.inputs[1].key, &*page.inputs[1].method), ("two", "roots/list"));
            assert!(page.sent_nothing_more(), "nothing is sent before all answers are there");
            let last = page.inputs.pop_back().unwrap();
            page.machine.answer(last.input, Ok(json!({ "roots": [] })), page.now);
            page.drain();
            assert!(page.sent_nothing_more());
            page.answer(&json!({ "action": "decline" }));
            let second = page.sent();
            assert_eq!(second["method"], json!(method));
            assert_eq!(second["id"], json!(id + 1), "a new id");
            let mut expected = first["params"].clone();
            expected["inputResponses"] =
                json!({ "one": { "action": "decline" }, "two": { "roots": [] } });
            expected["requestState"] = json!(state);
            expected["_meta"]["progressToken"] = json!(id + 1);
            assert_eq!(second["params"], expected);
            assert_eq!(page.record(id).legs, [id + 1]);
            page.result(id + 1, &done());
            assert_eq!(page.outcome(id), Some(&Ok(done())));
            assert!(page.faults().is_empty());
        }
    });
}

#[test]
fn rule_10_a_round_without_state_sends_none_and_answers_of_this_round_only() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a") }), Some("s1")));
        page.answer(&json!({ "action": "accept", "content": { "a": "1" } }));
        let (second, params) = leg(page);
        assert_eq!(params["requestState"], json!("s1"));
        page.result(second, &asks(&json!({ "b": form("b") }), None));
        page.answer(&json!({ "action": "cancel" }));
        let (third, params) = leg(page);
        assert_eq!(params.get("requestState"), None);
        assert_eq!(params["inputResponses"], json!({ "b": { "action": "cancel" } }));
        page.result(third, &done());
        assert_eq!(page.record(id).legs, [second, third]);
        assert!(matches!(page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn rule_10_what_the_caller_brought_along_goes_with_the_first_leg_only() {
    both_paths(|page| {
        let params = json!({ "name": "t", "requestState": "mine", "inputResponses": { "x": {} } });
        let id = page.request("tools/call", Some(params), FOREVER).unwrap();
        assert_eq!(page.sent()["params"]["requestState"], json!("mine"));
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.answer(&json!({ "action": "decline" }));
        let (_, params) = leg(page);
        assert_eq!(params.get("requestState"), None);
        assert_eq!(params["inputResponses"], json!({ "a": { "action": "decline" } }));
    });
}

#[test]
fn rule_10_keys_are_the_servers_whatever_they_are() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        let requests = json!({ "__proto__": form("a"), "": form("b"), "größer \"x\"": form("c") });
        page.result(id, &asks(&requests, None));
        for answer in ["1", "2", "3"] {
            page.answer(&json!({ "action": "accept", "content": { "a": answer } }));
        }
        let (_, params) = leg(page);
        let keys: Vec<_> = params["inputResponses"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["__proto__", "", "größer \"x\""]);
    });
}

#[test]
fn rule_10_progress_of_every_leg_reaches_the_one_handler_and_numbers_may_start_again() {
    both_paths(|page| {
        let (id, _) = start(page, CallLimits { strict: true, ..FOREVER });
        page.progress(&json!({ "progressToken": id, "progress": 8, "total": 9 }));
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.answer(&json!({ "action": "decline" }));
        let (second, _) = leg(page);
        page.progress(&json!({ "progressToken": second, "progress": 1, "total": 2 }));
        page.progress(&json!({ "progressToken": second, "progress": 2, "total": 2 }));
        page.result(second, &done());
        assert_eq!(page.steps(id), [step(8.0, 9.0), step(1.0, 2.0), step(2.0, 2.0)]);
        let counts = page.machine.progress_counts();
        assert_eq!((counts.delivered, counts.backward, counts.late), (3, 0, 0));
    });
}

#[test]
fn rule_10_a_token_dies_with_its_leg() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.progress(&json!({ "progressToken": id, "progress": 1 }));
        page.answer(&json!({ "action": "decline" }));
        let (second, _) = leg(page);
        page.progress(&json!({ "progressToken": id, "progress": 2 }));
        page.result(second, &done());
        assert_eq!(page.steps(id), []);
        assert_eq!(page.machine.progress_counts().late, 2);
        assert!(page.faults().is_empty());
    });
}

#[test]
fn rule_10_nothing_leaks_into_calls_beside_it() {
    both_paths(|page| {
        let (asking, _) = start(page, FOREVER);
        let (beside, _) = start(page, FOREVER);
        page.result(asking, &asks(&json!({ "a": form("a") }), Some("secret")));
        let (later, params) = start(page, FOREVER);
        assert_eq!(params.get("requestState"), None);
        assert_eq!(params.get("inputResponses"), None);
        page.progress(&json!({ "progressToken": beside, "progress": 1 }));
        page.result(beside, &done());
        page.result(later, &asks(&json!({ "a": form("other") }), Some("mine")));
        // The newer round is answered first.
        let newer = page.inputs.pop_back().unwrap();
        page.machine.answer(newer.input, Ok(json!({ "action": "cancel" })), page.now);
        page.drain();
        let (leg_of_later, params) = leg(page);
        assert_eq!(params["requestState"], json!("mine"));
        page.result(leg_of_later, &done());
        page.answer(&json!({ "action": "decline" }));
        let (leg_of_asking, params) = leg(page);
        assert_eq!(params["requestState"], json!("secret"));
        page.result(leg_of_asking, &done());
        for id in [asking, beside, later] {
            assert!(matches!(page.outcome(id), Some(Ok(_))));
        }
        assert_eq!(page.steps(beside), [step(1.0, None)]);
    });
}

#[test]
fn rule_10_a_result_without_a_type_is_complete() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        let result = json!({ "content": [], "inputRequests": { "a": form("a") } });
        page.result(id, &result);
        assert_eq!(page.outcome(id), Some(&Ok(result)));
        assert!(page.inputs.is_empty() && page.sent_nothing_more());
        // Some servers write what is absent as `null`.
        let (id, _) = start(page, FOREVER);
        let result = json!({ "resultType": null, "content": [], "task": null });
        page.result(id, &result);
        assert_eq!(page.outcome(id), Some(&Ok(result)));
    });
}

#[test]
fn rule_10_an_unknown_type_fails_the_call() {
    both_paths(|page| {
        for kind in [json!("later"), json!("task"), json!(7), json!("")] {
            let (id, _) = start(page, FOREVER);
            page.result(id, &json!({ "resultType": kind, "content": [] }));
            assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))), "{kind}");
        }
        // These methods never ask for input.
        for method in ["tools/list", "completion/complete", "x/y"] {
            let id = page.request(method, None, FOREVER).unwrap();
            page.sent();
            page.result(id, &asks(&json!({ "a": form("a") }), Some("s")));
            let Some(Err(error)) = page.outcome(id) else { panic!("it has to fail") };
            assert!(protocol_text(error).contains("input_required"));
        }
        assert!(page.inputs.is_empty());
    });
}

#[test]
fn rule_10_in_the_legacy_era_the_type_of_a_result_means_nothing() {
    for version in Version::ALL.into_iter().skip(1) {
        let mut page = Page::open(version, Path::Scanned, handles_all(), &json!({}));
        for result in
            [asks(&json!({ "a": form("a") }), Some("s")), json!({ "resultType": "later" })]
        {
            let (id, _) = start(&mut page, FOREVER);
            page.result(id, &result);
            assert_eq!(page.outcome(id), Some(&Ok(result)));
        }
        assert!(page.inputs.is_empty());
    }
}

#[test]
fn rule_10_manual_hands_the_result_to_the_caller() {
    both_paths(|page| {
        let (id, _) = start(page, CallLimits { rounds: None, ..FOREVER });
        let result = asks(&json!({ "a": form("a"), "b": { "method": "x/unknown" } }), Some("s"));
        page.result(id, &result);
        assert_eq!(page.outcome(id), Some(&Ok(result)));
        assert!(page.inputs.is_empty() && page.sent_nothing_more());
    });
}

// ---- rounds without end, and rounds that make no sense ----

#[test]
fn rule_10_endless_rounds_end_in_an_error() {
    both_paths(|page| {
        for rounds in [0, 1, 10] {
            let (id, _) = start(page, CallLimits { rounds: Some(rounds), ..FOREVER });
            let mut current = id;
            for _ in 0..rounds {
                page.result(current, &asks(&json!({ "a": form("again") }), None));
                page.answer(&json!({ "action": "decline" }));
                current = leg(page).0;
            }
            assert_eq!(page.outcome(id), None);
            page.result(current, &asks(&json!({ "a": form("again") }), None));
            assert!(matches!(page.outcome(id), Some(Err(Error::Input(_)))));
            assert!(page.inputs.is_empty() && page.sent_nothing_more());
        }
    });
}

#[test]
fn rule_10_rounds_of_state_alone_wait_longer_each_time() {
    both_paths(|page| {
        let (id, _) = start(page, CallLimits { rounds: Some(8), ..TEN });
        let mut current = id;
        for (n, pause) in
            [250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 5_000.0, 5_000.0].into_iter().enumerate()
        {
            page.result(current, &asks(&Value::Null, Some(&n.to_string())));
            page.wait(pause - 1.0);
            assert!(page.sent_nothing_more(), "not before {pause}");
            page.wait(1.0);
            let (next, params) = leg(page);
            assert_eq!(params["requestState"], json!(n.to_string()));
            assert_eq!(params.get("inputResponses"), None);
            current = next;
        }
        // Asking somebody in between makes the server start anew.
        page.result(current, &asks(&json!({ "a": form("a") }), None));
        page.answer(&json!({ "action": "decline" }));
        let (last, _) = leg(page);
        page.result(last, &done());
        assert!(matches!(page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn rule_10_an_empty_list_of_requests_is_none() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({}), Some("s")));
        page.wait(250.0);
        assert_eq!(leg(page).1.get("inputResponses"), None);
    });
}

#[test]
fn rule_10_a_round_that_makes_no_sense_fails_the_call() {
    both_paths(|page| {
        let bad = [
            json!({}),
            json!({ "inputRequests": null, "requestState": null }),
            json!({ "inputRequests": {} }),
            json!({ "inputRequests": [form("a")] }),
            json!({ "inputRequests": "a" }),
            json!({ "inputRequests": { "a": form("a") }, "requestState": 7 }),
            json!({ "requestState": {} }),
        ];
        for mut result in bad {
            result["resultType"] = json!("input_required");
            let (id, _) = start(page, FOREVER);
            page.result(id, &result);
            assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))), "{result}");
        }
        let refused = [
            json!({ "a": null }),
            json!({ "a": { "params": {} } }),
            json!({ "a": { "method": 7 } }),
            json!({ "ok": form("a"), "a": { "method": "ping" } }),
            json!({ "a": { "method": "tools/call", "params": {} } }),
            json!({ "a": { "method": "elicitation/create", "params": { "mode": "url", "url": "u" } } }),
            json!({ "a": { "method": "elicitation/create", "params": { "mode": "smell" } } }),
            json!({ "a": { "method": "elicitation/create", "params": { "mode": 7 } } }),
            json!({ "a": { "method": "sampling/createMessage", "params": { "tools": [] } } }),
        ];
        for requests in refused {
            let (id, _) = start(page, FOREVER);
            page.result(id, &asks(&requests, Some("s")));
            assert!(matches!(page.outcome(id), Some(Err(Error::Input(_)))), "{requests}");
        }
        assert!(page.inputs.is_empty(), "nobody is asked for nothing");
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn rule_10_what_is_not_declared_is_not_asked() {
    for method in ["elicitation/create", "sampling/createMessage", "roots/list"] {
        let mut page = Page::open(Version::LATEST, Path::Scanned, json!({}), &json!({}));
        let (id, _) = start(&mut page, FOREVER);
        page.result(id, &asks(&json!({ "a": { "method": method } }), None));
        let Some(Err(Error::Input(text))) = page.outcome(id) else { panic!("it has to fail") };
        assert!(text.contains(method));
        page.machine.declare(&handles_all(), Handles::default());
        let (id, params) = start(&mut page, FOREVER);
        assert_eq!(
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"],
            handles_all(),
            "what is declared later goes with later requests"
        );
        page.result(id, &asks(&json!({ "a": { "method": method } }), None));
        assert_eq!(page.inputs.len(), 1);
    }
}

// ---- ends ----

#[test]
fn rule_10_one_failed_answer_fails_the_call_and_nothing_is_sent() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a"), "b": form("b") }), Some("s")));
        let b = page.inputs.pop_back().unwrap();
        page.refuse("the page is going away");
        let why = Error::Input("the page is going away".to_owned());
        assert_eq!(page.outcome(id), Some(&Err(why)));
        // The other answer comes too late, and so does one that nobody asked for.
        for input in [b.input, b.input + 1, 0] {
            page.machine.answer(input, Ok(json!({})), page.now);
            page.drain();
        }
        assert!(page.sent_nothing_more());
        assert!(page.faults().is_empty());
    });
}

#[test]
fn rule_10_an_answer_counts_once() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a"), "b": form("b") }), None));
        let a = page.inputs[0].input;
        page.answer(&json!({ "action": "decline" }));
        page.machine.answer(a, Ok(json!({ "action": "accept" })), page.now);
        page.machine.answer(a, Err("no".to_owned()), page.now);
        page.drain();
        page.answer(&json!({ "action": "cancel" }));
        let (second, params) = leg(page);
        assert_eq!(params["inputResponses"]["a"], json!({ "action": "decline" }));
        page.machine.answer(a, Err("no".to_owned()), page.now);
        page.drain();
        assert_eq!(page.outcome(id), None);
        page.result(second, &done());
    });
}

#[test]
fn rule_10_cancelling_between_two_legs_sends_nothing() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a") }), Some("s")));
        page.cancel(id, Some("changed my mind"));
        assert!(matches!(page.outcome(id), Some(Err(Error::Aborted(_)))));
        page.answer(&json!({ "action": "accept" }));
        assert!(page.sent_nothing_more());
        // And while a pause is on.
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&Value::Null, Some("s")));
        page.cancel(id, None);
        page.wait(60_000.0);
        assert!(page.sent_nothing_more());
        assert!(page.machine.poll_timeout().is_infinite());
    });
}

#[test]
fn rule_10_cancelling_a_later_leg_names_that_leg() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.answer(&json!({ "action": "decline" }));
        let (second, _) = leg(page);
        page.cancel(second, None);
        assert_eq!(page.outcome(id), None, "the page knows a call by its first id");
        page.cancel(id, Some("stop"));
        let sent = page.sent();
        assert_eq!(sent["method"], json!("notifications/cancelled"));
        assert_eq!(sent["params"], json!({ "requestId": second, "reason": "stop" }));
        page.result(second, &done());
        assert!(page.faults().is_empty(), "a race is nobody's fault");
    });
}

#[test]
fn rule_10_answering_a_leg_twice_is_a_fault_and_does_nothing() {
    both_paths(|page| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.result(id, &done());
        page.answer(&json!({ "action": "decline" }));
        let (second, _) = leg(page);
        page.result(id, &done());
        assert_eq!(page.faults().len(), 2);
        assert_eq!(page.outcome(id), None);
        page.result(second, &done());
        assert!(matches!(page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn rule_10_an_error_a_lost_connection_or_a_leg_that_was_not_sent_ends_the_call() {
    both_paths(|page| {
        let to_second = |page: &mut Page| {
            let (id, _) = start(page, FOREVER);
            page.result(id, &asks(&json!({ "a": form("a") }), None));
            page.answer(&json!({ "action": "decline" }));
            (id, leg(page).0)
        };
        let (id, second) = to_second(page);
        page.error(second, &json!({ "code": -32602, "message": "state is too old" }));
        assert!(matches!(page.outcome(id), Some(Err(Error::Rpc(error))) if error.code == -32602));
        let (id, second) = to_second(page);
        page.unsent(second, "too large");
        assert!(matches!(page.outcome(id), Some(Err(Error::Closed { sent: false, .. }))));
        let (later, _) = to_second(page);
        let (asking, _) = start(page, FOREVER);
        page.result(asking, &asks(&json!({ "a": form("a") }), None));
        page.closed("lost");
        for id in [later, asking] {
            assert!(matches!(page.outcome(id), Some(Err(Error::Closed { .. }))));
        }
        page.answer(&json!({ "action": "accept" }));
        assert!(page.sent_nothing_more());
    });
}

// ---- clocks ----

#[test]
fn rule_7_the_idle_clock_does_not_run_while_a_person_answers() {
    both_paths(|page| {
        let (id, _) = start(page, CallLimits { stall_after: 1_000.0, ..TEN });
        page.wait(9_000.0);
        page.told.clear();
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.wait(3_000_000.0);
        assert_eq!(page.outcome(id), None);
        assert!(page.told.is_empty(), "nor does it stall");
        page.answer(&json!({ "action": "decline" }));
        leg(page);
        page.wait(9_999.0);
        assert_eq!(page.outcome(id), None, "each leg has its own time");
        page.wait(1_000.0);
        assert!(timed_out(page.outcome(id), Clock::Idle));
    });
}

#[test]
fn rule_7_the_total_clock_runs_over_all_legs() {
    both_paths(|page| {
        let limits = CallLimits { max_total: 20_000.0, ..FOREVER };
        let (id, _) = start(page, limits);
        page.wait(8_000.0);
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.wait(8_000.0);
        page.answer(&json!({ "action": "decline" }));
        let (second, _) = leg(page);
        let now = page.now;
        page.wait(4_000.0);
        assert!(timed_out(page.outcome(id), Clock::Total));
        assert_eq!(page.record(id).settled_at, Some(now + 4_000.0));
        assert_eq!(page.sent()["params"]["requestId"], json!(second));
        // A person who is asked for too long does not hold it up.
        let (id, _) = start(page, limits);
        page.result(id, &asks(&json!({ "a": form("a") }), None));
        page.wait(20_000.0);
        assert!(timed_out(page.outcome(id), Clock::Total));
        assert!(page.sent_nothing_more());
    });
}
