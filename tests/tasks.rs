//! Tool calls that become tasks: the extension's kind and that of 2025-11-25. One call to its user.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::CallLimits;
use mcp_wasm::proto::version::{Era, Version};
use serde_json::{Value, json};
use support::{FOREVER, Page, Path, step, timed_out};

const TEN: CallLimits = CallLimits { timeout: 10_000.0, ..FOREVER };

fn client() -> Value {
    let extensions = json!({ "io.modelcontextprotocol/tasks": {} });
    json!({ "extensions": extensions, "elicitation": {} })
}

fn server() -> Value {
    json!({ "tasks": { "requests": { "tools": { "call": {} } } } })
}

/// A page of each era, whose server knows tasks.
fn both_eras(test: impl Fn(&mut Page, Era)) {
    for version in [Version::LATEST, Version::LATEST_LEGACY] {
        for path in [Path::Scanned, Path::General] {
            test(&mut Page::open(version, path, client(), &server()), version.era());
        }
    }
}

fn modern(test: impl Fn(&mut Page)) {
    both_eras(|page, era| {
        if era == Era::Modern {
            test(page);
        }
    });
}

fn legacy(test: impl Fn(&mut Page)) {
    both_eras(|page, era| {
        if era == Era::Legacy {
            test(page);
        }
    });
}

/// Calls a tool that may become a task.
fn start(page: &mut Page, limits: CallLimits) -> (i64, Value) {
    let params = json!({ "name": "work", "task": { "ttl": 5 } });
    let id = page.request("tools/call", Some(params), limits).expect("connected");
    (id, page.sent()["params"].clone())
}

/// A task in that state, as the era writes it.
fn task(era: Era, status: &str, interval: f64, more: &Value) -> Value {
    let key = if era == Era::Modern { "pollIntervalMs" } else { "pollInterval" };
    let mut task = json!({ "taskId": "t-1", "status": status, key: interval, "createdAt": "now" });
    for (key, value) in more.as_object().into_iter().flatten() {
        task[key] = value.clone();
    }
    task
}

/// The answer that makes a task.
fn created(era: Era, status: &str, interval: f64) -> Value {
    let mut task = task(era, status, interval, &Value::Null);
    if era == Era::Legacy {
        return json!({ "task": task });
    }
    task["resultType"] = json!("task");
    task
}

/// The next message is that request about the task; returns its id and params.
#[track_caller]
fn asked(page: &mut Page, method: &str) -> (i64, Value) {
    let sent = page.sent();
    assert_eq!(sent["method"], json!(method));
    assert_eq!(sent["params"]["taskId"], json!("t-1"));
    assert_eq!(sent["params"]["_meta"].get("progressToken"), None);
    (sent["id"].as_i64().unwrap(), sent["params"].clone())
}

/// A call that has become a task, which is looked at every second.
fn started(page: &mut Page, era: Era, limits: CallLimits) -> i64 {
    let (id, _) = start(page, limits);
    page.result(id, &created(era, "working", 1_000.0));
    assert!(page.sent_nothing_more());
    id
}

fn done() -> Value {
    json!({ "content": [], "isError": false, "own": [1] })
}

#[test]
fn a_task_is_asked_for_only_where_the_server_knows_tasks() {
    for version in Version::ALL {
        for (known, capabilities) in [(true, server()), (false, json!({ "tasks": {} }))] {
            let mut page = Page::open(version, Path::Scanned, client(), &capabilities);
            let (_, params) = start(&mut page, FOREVER);
            let wanted = known && version.era() == Era::Legacy;
            assert_eq!(params.get("task").is_some(), wanted, "{version:?}");
        }
    }
}

#[test]
fn a_tool_whose_task_could_not_be_asked_about_may_have_run() {
    both_eras(|page, era| {
        let lost = || Error::Lost { reason: String::new(), sent: false, cause: None };
        for how in ["unsent", "lost", "closed"] {
            let id = started(page, era, FOREVER);
            page.wait(1_000.0);
            let (leg, _) = asked(page, "tasks/get");
            match how {
                "unsent" => page.unsent(leg, "no"),
                "lost" => page.failed(leg, lost()),
                _ => page.failed(leg, Error::Closed { reason: String::new(), sent: false }),
            }
            let error = page.outcome(id).expect("settled").as_ref().expect_err("failed");
            let (Error::Closed { sent, .. } | Error::Lost { sent, .. }) = error else {
                panic!("{error:?}")
            };
            assert!(sent, "{how}");
        }
    });
}

#[test]
fn a_task_is_looked_at_at_its_pace_until_it_ends_with_the_original_result() {
    both_eras(|page, era| {
        let id = started(page, era, FOREVER);
        for (interval, next) in [(1_000.0, 400.0), (400.0, 2_500.0), (2_500.0, 2_500.0)] {
            page.wait(interval - 1.0);
            assert!(page.sent_nothing_more());
            page.wait(1.0);
            let (look, _) = asked(page, "tasks/get");
            page.result(look, &task(era, "working", next, &Value::Null));
        }
        page.wait(2_500.0);
        let (look, _) = asked(page, "tasks/get");
        let ended = json!({ "result": done(), "resultType": "complete" });
        page.result(look, &task(era, "completed", 1.0, &ended));
        if era == Era::Legacy {
            let (result, _) = asked(page, "tasks/result");
            page.result(result, &done());
        }
        assert_eq!(page.outcome(id), Some(&Ok(done())));
        assert!(page.sent_nothing_more() && page.faults().is_empty());
        assert!(page.machine.poll_timeout().is_infinite());
        assert!(page.record(id).legs.is_empty(), "it is the same request all the while");
    });
}

#[test]
fn the_pace_has_bounds_and_a_default() {
    both_eras(|page, era| {
        for (suggested, pause) in [
            (json!(0), 100.0),
            (json!(-7), 100.0),
            (json!(1e12), 60_000.0),
            (json!(null), 1_000.0),
            (json!("soon"), 1_000.0),
        ] {
            let (id, _) = start(page, FOREVER);
            let mut made = created(era, "working", 1.0);
            let state = if era == Era::Modern { &mut made } else { &mut made["task"] };
            state["pollInterval"] = suggested.clone();
            state["pollIntervalMs"] = suggested;
            page.result(id, &made);
            page.wait(pause - 1.0);
            assert!(page.sent_nothing_more());
            page.wait(1.0);
            let (look, _) = asked(page, "tasks/get");
            page.error(look, &json!({ "code": -32602, "message": "no such task" }));
            assert!(matches!(page.outcome(id), Some(Err(Error::Rpc(_)))));
        }
    });
}

#[test]
fn the_state_of_a_task_is_told_when_it_changes() {
    both_eras(|page, era| {
        let id = started(page, era, FOREVER);
        let says = |text: &str| json!({ "statusMessage": text });
        for (state, told) in [
            (task(era, "working", 100.0, &says("a")), 2),
            (task(era, "working", 200.0, &says("a")), 2),
            (task(era, "working", 200.0, &says("b")), 3),
        ] {
            page.wait(1_000.0);
            let (look, _) = asked(page, "tasks/get");
            page.result(look, &state);
            assert_eq!(page.record(id).tasks.len(), told);
        }
        assert_eq!(page.record(id).tasks[2]["statusMessage"], json!("b"));
        assert_eq!(page.record(id).tasks[0]["taskId"], json!("t-1"));
    });
}

#[test]
fn a_task_that_is_done_at_once_is_asked_for_its_result() {
    both_eras(|page, era| {
        let (id, _) = start(page, FOREVER);
        page.result(id, &created(era, "completed", 1_000.0));
        if era == Era::Modern {
            let (look, _) = asked(page, "tasks/get");
            // Both spellings of the type are about.
            let ended = json!({ "result": done(), "resultType": "task" });
            page.result(look, &task(era, "completed", 1.0, &ended));
        } else {
            let (result, _) = asked(page, "tasks/result");
            page.result(result, &done());
        }
        assert_eq!(page.outcome(id), Some(&Ok(done())));
    });
}

#[test]
fn a_failed_task_fails_as_the_request_would_have() {
    modern(|page| {
        let id = started(page, Era::Modern, FOREVER);
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        let error = json!({ "code": -32603, "message": "broken", "data": [1] });
        page.result(look, &task(Era::Modern, "failed", 1.0, &json!({ "error": error })));
        let Some(Err(Error::Rpc(error))) = page.outcome(id) else { panic!() };
        assert_eq!((error.code, &*error.message), (-32603, "broken"));
    });
    legacy(|page| {
        for error in [true, false] {
            let id = started(page, Era::Legacy, FOREVER);
            page.wait(1_000.0);
            let (look, _) = asked(page, "tasks/get");
            page.result(look, &task(Era::Legacy, "failed", 1.0, &Value::Null));
            let (result, _) = asked(page, "tasks/result");
            if error {
                page.error(result, &json!({ "code": -32603, "message": "broken" }));
                assert!(matches!(page.outcome(id), Some(Err(Error::Rpc(_)))));
            } else {
                let failed = json!({ "content": [], "isError": true });
                page.result(result, &failed);
                assert_eq!(page.outcome(id), Some(&Ok(failed)));
            }
        }
    });
}

#[test]
fn a_task_that_the_server_gave_up_is_an_error_of_its_own() {
    both_eras(|page, era| {
        for (more, text) in [
            (json!({}), "the server gave the task up"),
            (json!({ "statusMessage": "too old" }), "the server gave the task up: too old"),
        ] {
            let id = started(page, era, FOREVER);
            page.wait(1_000.0);
            let (look, _) = asked(page, "tasks/get");
            page.result(look, &task(era, "cancelled", 1.0, &more));
            assert_eq!(page.outcome(id), Some(&Err(Error::Task(text.to_owned()))));
            assert!(page.sent_nothing_more());
        }
    });
}

#[test]
fn a_task_that_makes_no_sense_fails_the_call_and_is_given_up() {
    both_eras(|page, era| {
        for state in
            [json!({ "status": "thinking" }), json!({ "status": 7 }), json!({ "status": null })]
        {
            let id = started(page, era, FOREVER);
            page.wait(1_000.0);
            let (look, _) = asked(page, "tasks/get");
            page.result(look, &task(era, "", 1.0, &state));
            assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))));
            let (cancel, _) = asked(page, "tasks/cancel");
            page.error(cancel, &json!({ "code": -32602, "message": "it has ended" }));
            assert!(page.faults().is_empty());
        }
        let (id, _) = start(page, FOREVER);
        let mut nameless = created(era, "working", 1.0);
        let state = if era == Era::Modern { &mut nameless } else { &mut nameless["task"] };
        state["taskId"] = json!(7);
        page.result(id, &nameless);
        assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))));
        assert!(page.sent_nothing_more());
    });
}

// ---- progress ----

#[test]
fn p17_progress_of_a_legacy_task_goes_on_until_it_ends() {
    legacy(|page| {
        let id = started(page, Era::Legacy, FOREVER);
        let report = |page: &mut Page, progress: i32| {
            page.progress(&json!({ "progressToken": id, "progress": progress }));
        };
        report(page, 1);
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        report(page, 2);
        page.result(look, &task(Era::Legacy, "completed", 1.0, &Value::Null));
        let (result, _) = asked(page, "tasks/result");
        report(page, 3);
        page.result(result, &done());
        report(page, 4);
        assert_eq!(page.steps(id), [step(1.0, None), step(2.0, None), step(3.0, None)]);
        assert_eq!(page.machine.progress_counts().late, 1);
    });
}

#[test]
fn p18_progress_of_a_task_of_the_extension_ends_when_it_is_made() {
    modern(|page| {
        let (id, _) = start(page, FOREVER);
        page.progress(&json!({ "progressToken": id, "progress": 1 }));
        page.result(id, &created(Era::Modern, "working", 1_000.0));
        page.progress(&json!({ "progressToken": id, "progress": 2 }));
        assert_eq!(page.steps(id), [step(1.0, None)]);
        assert_eq!(page.machine.progress_counts().late, 1);
        // The token of a look is no token at all.
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        page.progress(&json!({ "progressToken": look, "progress": 3 }));
        assert_eq!(page.steps(id).len(), 1);
    });
}

// ---- input ----

#[test]
fn a_task_of_the_extension_gets_its_answers_by_update_and_is_not_answered_twice() {
    modern(|page| {
        let id = started(page, Era::Modern, TEN);
        let form = json!({ "method": "elicitation/create", "params": { "message": "m" } });
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        let asks = json!({ "inputRequests": { "a": form, "b": form } });
        page.result(look, &task(Era::Modern, "input_required", 1_000.0, &asks));
        assert_eq!(page.inputs.len(), 2);
        page.wait(600_000.0);
        assert!(page.sent_nothing_more(), "a person has time");
        page.answer(&json!({ "action": "decline" }));
        page.answer(&json!({ "action": "cancel" }));
        let (update, params) = asked(page, "tasks/update");
        let answers = json!({ "a": { "action": "decline" }, "b": { "action": "cancel" } });
        assert_eq!(params["inputResponses"], answers);
        page.result(update, &json!({ "resultType": "complete" }));
        // The server has not looked at the answers yet, and has a new question.
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        page.result(look, &task(Era::Modern, "input_required", 1_000.0, &asks));
        assert!(page.inputs.is_empty());
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        let asks = json!({ "inputRequests": { "a": form, "c": form } });
        page.result(look, &task(Era::Modern, "input_required", 1_000.0, &asks));
        assert_eq!(page.inputs.len(), 1);
        page.answer(&json!({ "action": "decline" }));
        let (update, params) = asked(page, "tasks/update");
        assert_eq!(params["inputResponses"], json!({ "c": { "action": "decline" } }));
        page.result(update, &json!({}));
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        page.result(look, &task(Era::Modern, "completed", 1.0, &json!({ "result": done() })));
        assert_eq!(page.outcome(id), Some(&Ok(done())));
    });
}

#[test]
fn a_task_that_cannot_be_answered_is_given_up() {
    modern(|page| {
        let look_at = |page: &mut Page, asks: &Value| {
            let id = started(page, Era::Modern, CallLimits { rounds: Some(1), ..FOREVER });
            page.wait(1_000.0);
            let (look, _) = asked(page, "tasks/get");
            let asks = json!({ "inputRequests": asks });
            page.result(look, &task(Era::Modern, "input_required", 1_000.0, &asks));
            id
        };
        let id = look_at(page, &json!({ "a": { "method": "roots/list" } }));
        assert!(matches!(page.outcome(id), Some(Err(Error::Input(_)))));
        asked(page, "tasks/cancel");
        let form = json!({ "method": "elicitation/create", "params": { "message": "m" } });
        let id = look_at(page, &json!({ "a": form }));
        page.refuse("no window");
        assert_eq!(page.outcome(id), Some(&Err(Error::Input("no window".to_owned()))));
        asked(page, "tasks/cancel");
        // Endless questions end as well.
        let id = look_at(page, &json!({ "a": form }));
        page.answer(&json!({ "action": "decline" }));
        let (update, _) = asked(page, "tasks/update");
        page.result(update, &json!({}));
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        let asks = json!({ "inputRequests": { "b": form } });
        page.result(look, &task(Era::Modern, "input_required", 1_000.0, &asks));
        assert!(matches!(page.outcome(id), Some(Err(Error::Input(_)))));
        asked(page, "tasks/cancel");
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn a_legacy_task_that_wants_input_is_asked_for_its_result_and_asks_meanwhile() {
    legacy(|page| {
        let id = started(page, Era::Legacy, TEN);
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        page.result(look, &task(Era::Legacy, "input_required", 1.0, &Value::Null));
        let (result, _) = asked(page, "tasks/result");
        page.message(&json!({ "jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": { "message": "m" } }));
        page.wait(600_000.0);
        page.machine.respond(mcp_wasm::jsonrpc::Id::Integer(1), Ok(json!({ "action": "decline" })));
        page.drain();
        assert_eq!(page.sent()["result"], json!({ "action": "decline" }));
        page.result(result, &done());
        assert_eq!(page.outcome(id), Some(&Ok(done())));
    });
}

// ---- ends and clocks ----

#[test]
fn a_task_is_cancelled_as_a_task() {
    both_eras(|page, era| {
        for looking in [false, true] {
            let id = started(page, era, FOREVER);
            let look = looking.then(|| {
                page.wait(1_000.0);
                asked(page, "tasks/get").0
            });
            page.cancel(id, Some("why"));
            assert!(matches!(page.outcome(id), Some(Err(Error::Aborted(_)))));
            let (cancel, _) = asked(page, "tasks/cancel");
            page.result(cancel, &task(era, "cancelled", 1.0, &Value::Null));
            if let Some(look) = look {
                page.result(look, &task(era, "working", 1.0, &Value::Null));
            }
            page.wait(60_000.0);
            assert!(page.sent_nothing_more() && page.faults().is_empty());
        }
    });
}

#[test]
fn a_task_that_is_made_after_the_call_was_given_up_is_cancelled() {
    both_eras(|page, era| {
        let (id, _) = start(page, FOREVER);
        page.cancel(id, None);
        assert_eq!(page.sent()["method"], json!("notifications/cancelled"));
        page.result(id, &created(era, "working", 1.0));
        let (cancel, _) = asked(page, "tasks/cancel");
        page.result(cancel, &json!({}));
        assert!(page.sent_nothing_more() && page.faults().is_empty());
    });
}

#[test]
fn rule_7_each_look_at_a_task_has_its_own_time_and_all_of_them_the_total() {
    both_eras(|page, era| {
        let limits = CallLimits { max_total: 100_000.0, ..TEN };
        let id = started(page, era, limits);
        page.wait(1_000.0);
        let (look, _) = asked(page, "tasks/get");
        page.result(look, &task(era, "working", 30_000.0, &Value::Null));
        page.wait(30_000.0);
        assert_eq!(page.outcome(id), None, "the pause is nobody's silence");
        asked(page, "tasks/get");
        page.wait(11_000.0);
        assert!(timed_out(page.outcome(id), Clock::Idle));
        asked(page, "tasks/cancel");
        let id = started(page, era, limits);
        for _ in 0..99 {
            page.wait(1_000.0);
            let (look, _) = asked(page, "tasks/get");
            page.result(look, &task(era, "working", 1_000.0, &Value::Null));
        }
        page.wait(1_000.0);
        assert!(timed_out(page.outcome(id), Clock::Total));
    });
}

#[test]
fn a_task_notification_makes_the_client_look_sooner() {
    legacy(|page| {
        let id = started(page, Era::Legacy, FOREVER);
        let says = |task: &str| {
            let params = json!({ "taskId": task, "status": "completed" });
            json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params })
        };
        page.message(&says("another"));
        page.wait(1.0);
        assert!(page.sent_nothing_more());
        page.message(&says("t-1"));
        page.message(&says("t-1"));
        page.tick();
        let (look, _) = asked(page, "tasks/get");
        page.message(&says("t-1"));
        page.wait(1.0);
        assert!(page.sent_nothing_more(), "one look at a time");
        page.result(look, &task(Era::Legacy, "completed", 1.0, &Value::Null));
        let (result, _) = asked(page, "tasks/result");
        page.result(result, &done());
        assert!(matches!(page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn a_task_that_nobody_asked_for_is_no_task() {
    // The extension is not declared.
    let mut page = Page::open(Version::LATEST, Path::Scanned, json!({}), &server());
    let (id, _) = start(&mut page, FOREVER);
    page.result(id, &created(Era::Modern, "working", 1.0));
    assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))));
    // Not a tool.
    modern(|page| {
        let id = page.request("prompts/get", Some(json!({ "name": "p" })), FOREVER).unwrap();
        page.sent();
        page.result(id, &created(Era::Modern, "working", 1.0));
        assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))));
    });
    // Legacy results are the caller's.
    legacy(|page| {
        let id = page.call(FOREVER);
        page.sent();
        let result = created(Era::Legacy, "working", 1.0);
        page.result(id, &result);
        assert_eq!(page.outcome(id), Some(&Ok(result)));
    });
    // And so they are for who does it by hand.
    both_eras(|page, era| {
        let (id, _) = start(page, CallLimits { rounds: None, ..FOREVER });
        page.result(id, &created(era, "working", 1.0));
        assert!(matches!(page.outcome(id), Some(Ok(_))));
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn a_lost_connection_ends_the_call() {
    both_eras(|page, era| {
        let id = started(page, era, FOREVER);
        page.closed("lost");
        assert!(matches!(page.outcome(id), Some(Err(Error::Closed { sent: true, .. }))));
        page.wait(60_000.0);
        assert!(page.sent_nothing_more());
    });
}

#[test]
fn a_task_that_is_null_is_none() {
    both_eras(|page, _| {
        let (id, _) = start(page, FOREVER);
        let result = json!({ "content": [], "task": null, "resultType": null });
        page.result(id, &result);
        assert_eq!(page.outcome(id), Some(&Ok(result)));
        assert!(page.sent_nothing_more());
    });
    // Neither does a server that writes `null` know tasks.
    let unknown = json!({ "tasks": { "requests": { "tools": { "call": null } } } });
    let mut page = Page::open(Version::LATEST_LEGACY, Path::Scanned, client(), &unknown);
    assert_eq!(start(&mut page, FOREVER).1.get("task"), None);
}
