//! What a legacy server asks of the client by requests of its own, and of the user at URLs.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::jsonrpc::{Id, RpcError};
use mcp_wasm::proto::client::{CallLimits, NoAnswer, ReplyTo};
use mcp_wasm::proto::version::{Era, Version};
use serde_json::{Value, json};
use support::{FOREVER, Page, Path, Told, timed_out};

const TEN: CallLimits = CallLimits { timeout: 10_000.0, ..FOREVER };

fn all() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {} }, "roots": {} })
}

/// Runs a test in every legacy revision, with a call under way.
fn legacy(client: &Value, test: impl Fn(&mut Page, i64)) {
    for version in Version::of(Era::Legacy) {
        let mut page = Page::open(version, Path::Scanned, client.clone(), &json!({}));
        let call = page.call(TEN);
        page.sent();
        test(&mut page, call);
    }
}

fn ask(page: &mut Page, id: &Value, method: &str, params: &Value) {
    page.message(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
}

/// The code of the error that answers what was just asked.
fn refused(page: &mut Page, id: &Value) -> i64 {
    let sent = page.sent();
    assert_eq!(sent["id"], *id);
    assert!(page.told.is_empty(), "nobody is asked");
    sent["error"]["code"].as_i64().expect("an error")
}

#[test]
fn requests_of_the_server_reach_the_page_and_ids_keep_their_type() {
    legacy(&all(), |page, call| {
        for id in [json!(0), json!(call), json!("0"), json!("")] {
            let params = json!({ "messages": [], "maxTokens": 3 });
            ask(page, &id, "sampling/createMessage", &params);
            let Some(Told::Request(own, method, given)) = page.told.pop() else { panic!() };
            assert_eq!((&*method, given), ("sampling/createMessage", Some(params)));
            page.machine.respond(own, Ok(json!({ "model": "m" })));
            page.drain();
            let expected = json!({ "jsonrpc": "2.0", "id": id, "result": { "model": "m" } });
            assert_eq!(page.sent(), expected);
        }
    });
}

#[test]
fn what_is_not_declared_is_no_method() {
    legacy(&json!({}), |page, _| {
        for method in ["elicitation/create", "sampling/createMessage", "roots/list"] {
            ask(page, &json!("x"), method, &json!({}));
            assert_eq!(refused(page, &json!("x")), -32601);
        }
    });
}

#[test]
fn elicitation_without_a_mode_is_a_form_and_unknown_modes_are_refused() {
    for (declared, mode, works) in [
        (json!({}), json!(null), true),
        (json!({}), json!("form"), true),
        (json!({}), json!("url"), false),
        (json!({ "form": {} }), json!("url"), false),
        (json!({ "form": {}, "url": {} }), json!("url"), true),
        (json!({ "form": {}, "url": {} }), json!("smell"), false),
        (json!({ "form": {}, "url": {} }), json!(1), false),
    ] {
        legacy(&json!({ "elicitation": declared }), |page, _| {
            let mut params = json!({ "message": "m" });
            ask(page, &json!(1), "elicitation/create", &params);
            assert!(matches!(page.told.pop(), Some(Told::Request(..))), "no mode at all");
            params["mode"] = mode.clone();
            if mode == "url" {
                params["url"] = json!("https://x/");
            }
            ask(page, &json!(2), "elicitation/create", &params);
            if works {
                assert!(matches!(page.told.pop(), Some(Told::Request(..))));
            } else {
                assert_eq!(refused(page, &json!(2)), -32602);
            }
        });
    }
}

#[test]
fn sampling_with_tools_wants_the_capability() {
    for params in [json!({ "tools": [] }), json!({ "toolChoice": { "mode": "none" } })] {
        legacy(&json!({ "sampling": {} }), |page, _| {
            ask(page, &json!(1), "sampling/createMessage", &params);
            assert_eq!(refused(page, &json!(1)), -32602);
        });
        legacy(&all(), |page, _| {
            ask(page, &json!(1), "sampling/createMessage", &params);
            assert!(matches!(page.told.pop(), Some(Told::Request(..))));
        });
    }
}

#[test]
fn a_server_may_ask_while_no_request_of_ours_is_under_way() {
    legacy(&all(), |page, call| {
        page.result(call, &json!({ "content": [] }));
        for method in ["elicitation/create", "sampling/createMessage", "roots/list", "x/y"] {
            ask(page, &json!(7), method, &json!({ "message": "m" }));
            assert!(matches!(page.told.pop(), Some(Told::Request(..))));
            page.machine.respond(Id::Integer(7), Ok(json!({})));
            page.drain();
            assert_eq!(page.sent()["result"], json!({}));
        }
    });
}

#[test]
fn only_a_few_questions_are_open_at_once() {
    for method in ["elicitation/create", "sampling/createMessage", "roots/list"] {
        legacy(&all(), |page, _| {
            for id in 0..5_000 {
                ask(page, &json!(id), method, &json!({ "message": "m" }));
                if id < 8 {
                    assert!(matches!(page.told.pop(), Some(Told::Request(..))));
                } else {
                    assert_eq!(refused(page, &json!(id)), 42900);
                }
            }
            // A place is free again as soon as one is answered, or taken back.
            page.machine.respond(Id::Integer(3), Ok(json!({})));
            page.drain();
            page.sent();
            ask(page, &json!("more"), method, &json!({ "message": "m" }));
            assert!(matches!(page.told.pop(), Some(Told::Request(..))));
            ask(page, &json!("more still"), method, &json!({ "message": "m" }));
            assert_eq!(refused(page, &json!("more still")), 42900);
        });
    }
}

#[test]
fn every_call_that_is_under_way_may_ask() {
    legacy(&all(), |page, _| {
        for id in 0..20 {
            page.call(TEN);
            page.sent();
            ask(page, &json!(id), "elicitation/create", &json!({ "message": "m" }));
            assert!(matches!(page.told.pop(), Some(Told::Request(..))));
        }
    });
}

#[test]
fn a_client_that_takes_links_only_takes_no_forms() {
    for (declared, forms, links) in [
        (json!({}), true, false),
        (json!({ "form": {} }), true, false),
        (json!({ "url": {} }), false, true),
        (json!({ "url": {}, "form": {} }), true, true),
        (json!({ "url": null }), true, false),
        (json!({ "form": null, "url": {} }), false, true),
    ] {
        legacy(&json!({ "elicitation": declared }), |page, _| {
            for (id, (mode, works)) in
                [(json!(null), forms), (json!("form"), forms), (json!("url"), links)]
                    .into_iter()
                    .enumerate()
            {
                let params = json!({ "message": "m", "mode": mode, "url": "https://x/" });
                ask(page, &json!(id), "elicitation/create", &params);
                if works {
                    assert!(matches!(page.told.pop(), Some(Told::Request(..))), "{mode}");
                } else {
                    assert_eq!(refused(page, &json!(id)), -32602);
                }
            }
        });
    }
}

#[test]
fn no_link_reaches_a_handler_but_those_of_https_and_of_this_machine() {
    let odd = [
        json!("javascript:alert(1)"),
        json!(" https://x/"),
        json!("https://a@x/"),
        json!("http://x/"),
        json!("file:///x"),
        json!(""),
        json!(7),
        json!(null),
    ];
    for url in odd {
        for (mode, absent) in [("url", true), ("form", false)] {
            legacy(&all(), |page, _| {
                let params = json!({ "message": "m", "mode": mode, "url": url });
                ask(page, &json!(7), "elicitation/create", &params);
                if url.is_null() && !absent {
                    return assert!(matches!(page.told.pop(), Some(Told::Request(..))));
                }
                let Some(Told::Fault(error)) = page.told.pop() else { panic!("{url}") };
                assert!(error.to_string().contains("an elicitation was refused"), "{error}");
                assert_eq!(refused(page, &json!(7)), -32602);
            });
        }
        // The other era asks inside results.
        let mut page = Page::open(Version::LATEST, Path::Scanned, all(), &json!({}));
        let call = page.call(FOREVER);
        page.sent();
        let params = json!({ "message": "m", "mode": "url", "url": url });
        let request = json!({ "method": "elicitation/create", "params": params });
        let required = json!({ "resultType": "input_required", "inputRequests": { "a": request } });
        page.result(call, &required);
        assert!(page.inputs.is_empty());
        assert_eq!(page.faults().len(), 1);
        assert!(matches!(page.outcome(call), Some(Err(Error::Input(_)))));
        // And one revision inside an error, which is the caller's then.
        let mut page = Page::open(Version::V2025_11_25, Path::Scanned, all(), &json!({}));
        let call = page.call(FOREVER);
        page.sent();
        let mut error = at_urls();
        error["data"]["elicitations"][1]["url"] = url.clone();
        page.error(call, &error);
        assert!(page.inputs.is_empty());
        assert!(matches!(page.outcome(call), Some(Err(Error::Rpc(_)))));
    }
}

#[test]
fn a_request_that_the_server_takes_back_is_not_answered() {
    legacy(&all(), |page, _| {
        let id = Id::Text("s".to_owned());
        ask(page, &json!("s"), "sampling/createMessage", &json!({}));
        page.told.clear();
        let cancel = |params: Value| json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        for unknown in [json!({ "requestId": 0 }), json!({ "requestId": "t" }), json!({})] {
            page.message(&cancel(unknown));
            assert!(!page.told.iter().any(|told| matches!(told, Told::Withdrawn(..))));
        }
        page.told.clear();
        page.message(&cancel(json!({ "requestId": "s", "reason": "too slow" })));
        let told = Told::Withdrawn(id.clone(), Some("too slow".to_owned()));
        assert_eq!(page.told.first(), Some(&told));
        page.machine.respond(id.clone(), Ok(json!({})));
        page.machine.report(&id, 1.0, None, None);
        page.drain();
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn an_answer_counts_once_and_to_its_own_connection() {
    legacy(&all(), |page, _| {
        let id = Id::Integer(5);
        ask(page, &json!(5), "roots/list", &json!({}));
        page.machine.respond(id.clone(), Err(RpcError::new(-1, "no")));
        page.machine.respond(id.clone(), Ok(json!({})));
        page.drain();
        assert_eq!(page.sent()["error"], json!({ "code": -1, "message": "no" }));
        assert!(page.sent_nothing_more());
        ask(page, &json!(5), "roots/list", &json!({}));
        page.closed("lost");
        page.machine.respond(id, Ok(json!({})));
        page.drain();
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn progress_on_a_request_of_the_server_goes_to_its_token() {
    legacy(&all(), |page, _| {
        for token in [json!(0), json!("a"), json!(9)] {
            let id = Id::Integer(1);
            let params = json!({ "_meta": { "progressToken": token } });
            ask(page, &json!(1), "sampling/createMessage", &params);
            page.machine.report(&id, 0.5, Some(2.0), Some("half"));
            page.machine.report(&id, f64::NAN, None, None);
            page.machine.report(&id, 1.0, Some(f64::INFINITY), None);
            page.machine.report(&id, 1.0, None, None);
            page.machine.respond(id.clone(), Ok(json!({})));
            page.machine.report(&id, 2.0, None, None);
            page.drain();
            let sent = page.sent();
            assert_eq!(sent["method"], json!("notifications/progress"));
            let all =
                json!({ "progressToken": token, "progress": 0.5, "total": 2, "message": "half" });
            assert_eq!(sent["params"], all);
            assert_eq!(page.sent()["params"], json!({ "progressToken": token, "progress": 1 }));
            assert_eq!(page.sent()["id"], json!(1));
            assert!(page.sent_nothing_more());
        }
        // Without a token it does nothing.
        ask(page, &json!(1), "sampling/createMessage", &json!({}));
        page.machine.report(&Id::Integer(1), 1.0, None, None);
        page.drain();
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn rule_7_the_idle_clock_does_not_run_while_the_server_waits_for_a_person() {
    legacy(&all(), |page, call| {
        page.wait(9_000.0);
        ask(page, &json!(1), "elicitation/create", &json!({ "message": "m" }));
        page.wait(600_000.0);
        assert_eq!(page.outcome(call), None);
        page.machine.respond(Id::Integer(1), Ok(json!({ "action": "decline" })));
        page.drain();
        page.sent();
        page.wait(9_999.0);
        assert_eq!(page.outcome(call), None);
        page.wait(2_000.0);
        assert!(timed_out(page.outcome(call), Clock::Idle));
    });
}

// ---- URLs that have to be opened first (2025-11-25) ----

fn at_urls() -> Value {
    let at = |n: u8| json!({ "mode": "url", "message": "Log in", "url": format!("https://x/{n}"), "elicitationId": n.to_string() });
    json!({ "code": -32042, "message": "open these", "data": { "elicitations": [at(1), at(2)] } })
}

#[test]
fn a_call_that_needs_urls_opened_is_made_again_once_the_user_agrees() {
    legacy(&all(), |page, call| {
        page.error(call, &at_urls());
        assert_eq!(page.inputs.len(), 2);
        assert_eq!(page.inputs[0].method, "elicitation/create");
        assert_eq!(page.inputs[0].params.as_ref().unwrap()["url"], json!("https://x/1"));
        page.wait(600_000.0);
        page.answer(&json!({ "action": "accept" }));
        assert!(page.sent_nothing_more());
        page.answer(&json!({ "action": "accept" }));
        let sent = page.sent();
        assert_eq!(sent["method"], json!("tools/call"));
        assert_eq!(sent["params"]["name"], json!("work"));
        assert_eq!(sent["params"].get("inputResponses"), None);
        let again = sent["id"].as_i64().unwrap();
        assert_eq!(sent["params"]["_meta"]["progressToken"], json!(again));
        // Once: a server that asks again gets its error through.
        page.error(again, &at_urls());
        assert!(matches!(page.outcome(call), Some(Err(Error::Rpc(error))) if error.code == -32042));
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn a_user_who_does_not_agree_gets_the_servers_error() {
    for action in ["decline", "cancel"] {
        legacy(&all(), |page, call| {
            page.error(call, &at_urls());
            page.answer(&json!({ "action": "accept" }));
            page.answer(&json!({ "action": action }));
            assert!(
                matches!(page.outcome(call), Some(Err(Error::Rpc(error))) if error.code == -32042)
            );
            assert!(page.sent_nothing_more());
        });
    }
}

#[test]
fn a_client_without_urls_gets_the_servers_error_at_once() {
    let listless =
        json!({ "code": -32042, "message": "open these", "data": { "elicitations": [] } });
    for (client, error) in [
        (json!({}), at_urls()),
        (json!({ "elicitation": { "form": {} } }), at_urls()),
        (all(), listless),
        (all(), json!({ "code": -32042, "message": "open these" })),
    ] {
        legacy(&client, |page, call| {
            page.error(call, &error);
            assert!(
                matches!(page.outcome(call), Some(Err(Error::Rpc(error))) if error.code == -32042)
            );
            assert!(page.inputs.is_empty() && page.sent_nothing_more());
        });
    }
    // Since 2026-07-28 the code means nothing.
    let mut page = Page::open(Version::LATEST, Path::Scanned, all(), &json!({}));
    let call = page.call(FOREVER);
    page.error(call, &at_urls());
    assert!(matches!(page.outcome(call), Some(Err(Error::Rpc(_)))));
}

#[test]
fn the_caller_gets_the_error_who_wants_to_open_urls_by_hand() {
    for limits in
        [CallLimits { opens_urls: false, ..FOREVER }, CallLimits { rounds: None, ..FOREVER }]
    {
        legacy(&all(), |page, _| {
            let call = page.call(limits);
            page.sent();
            page.error(call, &at_urls());
            let Some(Err(Error::Rpc(error))) = page.outcome(call) else { panic!() };
            assert_eq!(error.code, -32042);
            assert_eq!(error.data, Some(at_urls()["data"].clone()));
            assert!(page.inputs.is_empty() && page.sent_nothing_more());
        });
    }
}

#[test]
fn a_handler_that_fails_leaves_the_servers_error_to_the_caller() {
    legacy(&all(), |page, call| {
        page.error(call, &at_urls());
        page.refuse("Method not found: elicitation/create");
        let Some(Err(Error::Rpc(error))) = page.outcome(call) else { panic!() };
        assert_eq!(error.code, -32042);
        assert_eq!(error.data, Some(at_urls()["data"].clone()));
    });
}

#[test]
fn a_call_does_not_wait_for_a_handler_when_the_server_says_that_all_is_done() {
    legacy(&all(), |page, call| {
        let done = |name: &str| json!({ "jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": { "elicitationId": name } });
        page.error(call, &at_urls());
        page.message(&done("3"));
        page.message(&done("2"));
        assert!(page.sent_nothing_more());
        page.message(&done("2"));
        assert!(page.sent_nothing_more());
        page.message(&done("1"));
        let again = page.sent();
        assert_eq!(again["method"], json!("tools/call"));
        // What the handlers say now, nobody waits for.
        page.refuse("too late");
        page.answer(&json!({ "action": "decline" }));
        page.result(again["id"].as_i64().unwrap(), &json!({ "content": [] }));
        assert!(matches!(page.outcome(call), Some(Ok(_))));
        assert!(page.faults().is_empty());
    });
}

#[test]
fn a_result_may_ask_a_few_things_and_no_more() {
    for (count, works) in [(8, true), (9, false), (5_000, false)] {
        let mut page = Page::open(Version::LATEST, Path::Scanned, all(), &json!({}));
        let call = page.call(FOREVER);
        let mut requests = json!({});
        for key in 0..count {
            requests[key.to_string()] = json!({ "method": "roots/list" });
        }
        page.result(call, &json!({ "resultType": "input_required", "inputRequests": requests }));
        assert_eq!(page.inputs.len(), if works { count } else { 0 });
        assert_eq!(page.outcome(call).is_none(), works);
    }
}

// ---- what a handler's answer comes to ----

const FORM: &str = r#"{ "type": "object", "properties": {
    "name": { "default": "Ada" }, "age": { "default": 0 }, "__proto__": { "default": 1 },
    "odd": null, "free": {} } }"#;

/// What a question comes to that is answered like that: a result, or an error's code and sentence.
fn comes_to(
    method: &str,
    params: &Value,
    answer: &Result<Value, NoAnswer<Value>>,
) -> Result<Value, (i64, String)> {
    let mut found = Vec::new();
    for version in Version::of(Era::Legacy) {
        let mut page = Page::open(version, Path::Scanned, all(), &json!({}));
        page.call(FOREVER);
        page.sent();
        ask(&mut page, &json!(1), method, params);
        page.told.pop();
        let to = ReplyTo::Request(Id::Integer(1));
        page.machine.handled(to, (method, Some(params)), answer.clone(), page.now);
        page.drain();
        let sent = page.sent();
        let error = &sent["error"];
        found.push(match error["code"].as_i64() {
            None => Ok(sent["result"].clone()),
            Some(code) => Err((code, error["message"].as_str().unwrap().to_owned())),
        });
    }
    let first = found.remove(0);
    assert!(found.iter().all(|other| *other == first), "{found:?}");
    let question = json!({ "method": method, "params": params });
    let mut page = Page::open(Version::LATEST, Path::Scanned, all(), &json!({}));
    let call = page.call(FOREVER);
    page.sent();
    page.result(
        call,
        &json!({ "resultType": "input_required", "inputRequests": { "q": question } }),
    );
    let input = page.inputs.pop_front();
    match (input, &first) {
        (None, _) => {}
        (Some(input), Ok(expected)) => {
            let asked = (&*input.method, input.params.as_ref());
            page.machine.handled(ReplyTo::Input(input.input), asked, answer.clone(), page.now);
            page.drain();
            assert_eq!(page.sent()["params"]["inputResponses"]["q"], *expected);
        }
        (Some(input), Err((_, text))) => {
            let asked = (&*input.method, input.params.as_ref());
            page.machine.handled(ReplyTo::Input(input.input), asked, answer.clone(), page.now);
            page.drain();
            assert_eq!(page.outcome(call), Some(&Err(Error::Input(text.clone()))));
        }
    }
    first
}

#[test]
fn what_a_handlers_answer_comes_to_is_one_rule_in_both_eras() {
    let form: Value = serde_json::from_str(FORM).unwrap();
    let asks = json!({ "message": "m", "requestedSchema": form });
    let plain = json!({ "message": "m" });
    let link = json!({ "message": "m", "mode": "url", "url": "https://x/", "elicitationId": "e" });
    let refusal = |code| Err(NoAnswer { code, ..NoAnswer::new("not today") });
    let refused = |code| Err((code, "not today".to_owned()));
    let accepts = |content: Value| json!({ "action": "accept", "content": content });
    let senseless =
        "an elicitation is answered by { action: \"accept\" | \"decline\" | \"cancel\", content? }";
    let filled = |name: &str| accepts(json!({ "name": name, "age": 0, "__proto__": 1 }));
    let (elicit, sample, roots) = ("elicitation/create", "sampling/createMessage", "roots/list");
    for (method, params, answer, expected) in [
        // What is left out of a form comes from its schema, and `null` is not left out.
        (elicit, &asks, Ok(json!({ "action": "accept" })), Ok(filled("Ada"))),
        (elicit, &asks, Ok(accepts(json!({ "name": "Bo" }))), Ok(filled("Bo"))),
        (
            elicit,
            &asks,
            Ok(accepts(json!({ "name": null, "more": [1] }))),
            Ok(accepts(json!({ "name": null, "age": 0, "__proto__": 1, "more": [1] }))),
        ),
        (elicit, &asks, Ok(json!({ "action": "decline" })), Ok(json!({ "action": "decline" }))),
        (elicit, &plain, Ok(json!({ "action": "accept" })), Ok(json!({ "action": "accept" }))),
        (elicit, &link, Ok(json!({ "action": "accept" })), Ok(json!({ "action": "accept" }))),
        // A dialog that was closed.
        (elicit, &asks, Ok(Value::Null), Ok(json!({ "action": "cancel" }))),
        (elicit, &asks, Ok(json!({ "name": "Ada" })), Err((-32603, senseless.to_owned()))),
        (elicit, &asks, Ok(json!("accept")), Err((-32603, senseless.to_owned()))),
        (elicit, &asks, Ok(json!({ "action": "agree" })), Err((-32603, senseless.to_owned()))),
        (elicit, &asks, refusal(None), refused(-32603)),
        (elicit, &asks, refusal(Some(7)), refused(7)),
        (
            elicit,
            &asks,
            Err(NoAnswer::unhandled("x/own")),
            Err((-32601, "Method not found: x/own".to_owned())),
        ),
        // Whoever rejects sampling says so by a code of its own.
        (sample, &plain, Ok(json!({ "model": "m" })), Ok(json!({ "model": "m" }))),
        (sample, &plain, Ok(Value::Null), Err((-1, "User rejected sampling request".to_owned()))),
        (sample, &plain, refusal(None), refused(-1)),
        (sample, &plain, refusal(Some(7)), refused(7)),
        (roots, &plain, Ok(json!({ "roots": [] })), Ok(json!({ "roots": [] }))),
        (roots, &plain, Ok(Value::Null), Ok(json!({}))),
        (roots, &plain, refusal(None), refused(-32603)),
        ("x/own", &plain, Ok(Value::Null), Ok(json!({}))),
        ("x/own", &plain, refusal(None), refused(-32603)),
        (
            "x/own",
            &plain,
            Err(NoAnswer::unhandled("x/own")),
            Err((-32601, "Method not found: x/own".to_owned())),
        ),
    ] {
        assert_eq!(comes_to(method, params, &answer), expected, "{method} {params} {answer:?}");
    }
}

#[test]
fn what_somebody_else_has_answered_is_handed_on_as_it_is() {
    legacy(&all(), |page, _| {
        let params = json!({ "message": "m", "requestedSchema": { "properties": { "a": { "default": 1 } } } });
        for answer in [json!({ "action": "accept" }), json!({}), json!([1]), Value::Null] {
            ask(page, &json!(1), "elicitation/create", &params);
            page.told.pop();
            page.machine.respond(Id::Integer(1), Ok(answer.clone()));
            page.drain();
            assert_eq!(page.sent()["result"], answer);
        }
    });
}

// ---- which call a question belongs to ----

fn question(page: &mut Page, id: i64) -> Option<i64> {
    ask(page, &json!(id), "elicitation/create", &json!({ "message": "m" }));
    let Some(Told::Request(own, ..)) = page.told.pop() else { panic!("it is asked") };
    assert_eq!(own, Id::Integer(id));
    page.ties[&own]
}

/// The error that tells the server that a question is withdrawn, which the page is told, too.
fn assert_withdrawn(page: &mut Page, id: i64) {
    let sent = page.sent();
    assert_eq!((&sent["id"], &sent["error"]["code"]), (&json!(id), &json!(-32603)));
    assert!(
        matches!(page.told.pop(), Some(Told::Withdrawn(own, Some(_))) if own == Id::Integer(id))
    );
    // What a handler says now, nobody waits for.
    page.machine.respond(Id::Integer(id), Ok(json!({ "action": "accept" })));
    page.drain();
    assert!(page.sent_nothing_more());
}

#[test]
fn a_question_belongs_to_the_only_call_and_goes_with_it() {
    for how in ["answer", "error", "cancel", "timeout"] {
        legacy(&all(), |page, call| {
            assert_eq!(question(page, 7), Some(call));
            match how {
                "answer" => page.result(call, &json!({ "content": [] })),
                "error" => page.error(call, &json!({ "code": 1, "message": "no" })),
                "cancel" => page.cancel(call, None),
                _ => {
                    let total = page.call(CallLimits { max_total: 50.0, ..FOREVER });
                    page.sent();
                    page.cancel(call, None);
                    page.sent();
                    assert_withdrawn(page, 7);
                    assert_eq!(question(page, 7), Some(total));
                    // The timer's own lateness gives it some time back.
                    page.wait(2_000.0);
                }
            }
            if matches!(how, "cancel" | "timeout") {
                assert_eq!(page.sent()["method"], json!("notifications/cancelled"));
            }
            assert_withdrawn(page, 7);
        });
    }
}

#[test]
fn a_question_belongs_to_the_newest_call_until_that_is_answered_without_it() {
    legacy(&all(), |page, first| {
        let second = page.call(TEN);
        page.sent();
        assert_eq!(question(page, 1), Some(second));
        let third = page.call(TEN);
        page.sent();
        // It was none of its questions, for it needed no answer; nor one of a call made later.
        page.result(second, &json!({ "content": [] }));
        assert!(page.told.is_empty() && page.sent_nothing_more());
        page.result(third, &json!({ "content": [] }));
        assert!(page.told.is_empty() && page.sent_nothing_more());
        page.result(first, &json!({ "content": [] }));
        assert_withdrawn(page, 1);
    });
    legacy(&all(), |page, first| {
        let second = page.call(TEN);
        page.sent();
        assert_eq!(question(page, 1), Some(second));
        // Given up on this side: so is what it asks.
        page.cancel(second, None);
        assert_eq!(page.sent()["method"], json!("notifications/cancelled"));
        assert_withdrawn(page, 1);
        assert_eq!(page.outcome(first), None);
    });
}

#[test]
fn what_no_person_answers_and_what_nobody_called_for_belongs_to_no_call() {
    legacy(&all(), |page, call| {
        for method in ["roots/list", "x/y"] {
            ask(page, &json!(1), method, &json!({}));
            page.told.clear();
            assert_eq!(page.ties[&Id::Integer(1)], None);
            page.machine.respond(Id::Integer(1), Ok(json!({})));
            page.drain();
            page.sent();
        }
        ask(page, &json!("roots"), "roots/list", &json!({}));
        page.told.clear();
        page.result(call, &json!({ "content": [] }));
        assert!(page.told.is_empty() && page.sent_nothing_more());
        // A list has no need of a person.
        page.request("tools/list", None, TEN).unwrap();
        page.sent();
        assert_eq!(question(page, 2), None);
    });
}
