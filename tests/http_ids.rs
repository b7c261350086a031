//! Whose answer it is over HTTP: ids that came as text, errors without an id, and how long a stream
//! is left alone.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::proto::client::{CallLimits, Mode, Oddity};
use serde_json::{Value, json};
use support::{FOREVER, Fetch, Path, Web, protocol_text, step};

fn done() -> Value {
    json!({ "content": [], "resultType": "complete" })
}

/// A call of either era, and whether its answer comes as a stream.
fn everywhere(test: impl Fn(&mut Web, i64, &Fetch, bool)) {
    for (web, streams) in [
        (Web::modern(Path::Scanned), true),
        (Web::modern(Path::General), true),
        (Web::modern(Path::Scanned), false),
        (Web::legacy(Path::Scanned), true),
        (Web::legacy(Path::Scanned), false),
    ] {
        let mut web = web;
        let (id, fetch) = web.call();
        test(&mut web, id, &fetch, streams);
    }
}

/// The server answers, and is done.
fn say(web: &mut Web, fetch: &Fetch, streams: bool, message: &Value) {
    if streams {
        web.stream(fetch);
        web.event(fetch, message);
        web.end(fetch);
    } else {
        web.json(fetch, 200, message);
    }
}

#[test]
fn an_error_without_an_id_on_a_requests_own_exchange_is_its_answer() {
    for error in [
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32602, "message": "past" } }),
        json!({ "jsonrpc": "2.0", "error": { "code": -32602, "message": "past" } }),
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": 0, "message": "past" } }),
    ] {
        everywhere(|web, id, fetch, streams| {
            // Others are under way, and not meant.
            let (other, _) = web.call();
            say(web, fetch, streams, &error);
            let Some(Err(Error::Rpc(got))) = web.page.outcome(id) else {
                panic!("{:?}", web.page.outcome(id))
            };
            assert_eq!(got.message, "past");
            assert_eq!(web.page.outcome(other), None);
            assert!(web.page.faults().is_empty());
        });
    }
}

#[test]
fn an_error_without_an_id_on_a_stream_of_nobody_ends_no_call() {
    let mut web = Web::new(Mode::Legacy, Path::Scanned);
    web.connect();
    let initialize = web.take_method("initialize");
    web.initialized(&initialize, "s1");
    let listen = web.take();
    web.stream(&listen);
    let (id, fetch) = web.call();
    let lost =
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "what?" } });
    web.event(&listen, &lost);
    assert_eq!(web.page.outcome(id), None);
    assert!(matches!(web.page.faults().as_slice(), [Error::Rpc(error)] if error.code == -32700));
    // Nor one that comes when the answer has come.
    let (other, _) = web.call();
    web.stream(&fetch);
    web.event(&fetch, &json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
    web.event(&fetch, &lost);
    assert_eq!(web.page.outcome(other), None);
    assert_eq!(web.page.faults().len(), 2);
}

#[test]
fn an_answer_whose_id_came_as_a_text_is_the_answer() {
    everywhere(|web, id, fetch, streams| {
        let answer = json!({ "jsonrpc": "2.0", "id": id.to_string(), "result": done() });
        say(web, fetch, streams, &answer);
        assert_eq!(web.page.outcome(id), Some(&Ok(done())));
        assert_eq!(web.page.machine.progress_counts().coerced, 1);
        web.wait(5_000.0);
        assert!(web.page.faults().is_empty() && web.is_quiet() && web.aborted.is_empty());
    });
    everywhere(|web, id, fetch, streams| {
        if !streams {
            let error = json!({ "code": -32602, "message": "no" });
            let answer = json!({ "jsonrpc": "2.0", "id": id.to_string(), "error": error });
            web.json(fetch, 400, &answer);
            assert!(matches!(web.page.outcome(id), Some(Err(Error::Rpc(_)))));
        }
    });
}

#[test]
fn any_other_text_answers_nothing() {
    for spell in [|id| format!("0{id}"), |id| format!(" {id}"), |id: i64| format!("{id}.0")] {
        everywhere(|web, id, fetch, streams| {
            let answer = json!({ "jsonrpc": "2.0", "id": spell(id), "result": done() });
            say(web, fetch, streams, &answer);
            assert!(matches!(web.page.outcome(id), Some(Err(_))));
        });
    }
}

#[test]
fn a_strict_call_fails_at_once_when_its_answer_came_by_a_text() {
    for streams in [true, false] {
        let mut web = Web::modern(Path::Scanned);
        let id = web.page.call(CallLimits { strict: true, ..FOREVER });
        web.pump();
        let fetch = web.take();
        let answer = json!({ "jsonrpc": "2.0", "id": id.to_string(), "result": done() });
        say(&mut web, &fetch, streams, &answer);
        let Some(Err(error)) = web.page.outcome(id) else { panic!() };
        assert!(protocol_text(error).contains("names its request by a text"));
    }
}

#[test]
fn progress_with_a_text_for_a_token_is_delivered_on_its_own_stream_only() {
    everywhere(|web, id, fetch, _| {
        let (other, _) = web.call();
        web.stream(fetch);
        let progress = |token: Value| {
            json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                "params": { "progressToken": token, "progress": 1 } })
        };
        web.event(fetch, &progress(json!(id.to_string())));
        web.event(fetch, &progress(json!(id)));
        assert_eq!(web.page.steps(id), [step(1.0, None), step(1.0, None)]);
        assert_eq!(web.page.odd, [Oddity::Coerced, Oddity::Duplicate]);
        // One of another call is only for legacy servers, which may send it anywhere.
        let legacy = web.page.machine.session().unwrap().version.as_str() < "2026";
        web.event(fetch, &progress(json!(other.to_string())));
        assert_eq!(web.page.steps(other).len(), usize::from(legacy));
        assert!(web.page.faults().is_empty());
    });
}

#[test]
fn malformed_progress_is_counted_and_no_fault_on_any_stream() {
    everywhere(|web, id, fetch, _| {
        web.stream(fetch);
        let odd = [
            json!({ "progressToken": id, "progress": null }),
            json!({ "progressToken": id, "progress": "NaN" }),
            json!({ "progressToken": id, "progress": {} }),
            json!({ "progressToken": id }),
            json!({ "progressToken": 1.5, "progress": 1 }),
            json!({ "progressToken": null, "progress": 1 }),
            json!({ "progressToken": [id], "progress": 1 }),
            json!({ "progress": 1 }),
            json!([]),
        ];
        let count = u32::try_from(odd.len()).unwrap();
        for params in &odd {
            let method = "notifications/progress";
            web.event(fetch, &json!({ "jsonrpc": "2.0", "method": method, "params": params }));
        }
        assert_eq!(web.page.machine.progress_counts().malformed, count);
        assert_eq!(web.page.odd, vec![Oddity::Malformed; odd.len()]);
        assert!(web.page.faults().is_empty() && web.page.steps(id).is_empty());
    });
}

#[test]
fn a_server_that_wants_to_be_left_alone_for_ever_gets_five_minutes() {
    for retry in ["3000000000", "99999999999999999999999999", &"9".repeat(400)] {
        let mut web = Web::legacy(Path::Scanned);
        let (id, fetch) = web.call();
        web.stream(&fetch);
        web.chunk(&fetch, format!("id: a\nretry: {retry}\ndata: \n\n").as_bytes());
        web.end(&fetch);
        web.wait(299_999.0);
        assert!(web.is_quiet());
        web.wait(2.0);
        assert_eq!(web.take().header("last-event-id"), Some("a"));
        assert_eq!(web.page.outcome(id), None);
    }
}
