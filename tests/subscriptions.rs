//! One way to hear of changes, on the machine with simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use support::{FOREVER, Page, Path, Told, timed_out};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// A page that is connected to a server with these capabilities.
fn connected(version: Version, capabilities: &Value) -> Page {
    let mut page = Page::new(Mode::Pin(version), Path::General);
    page.connect(Channel::default());
    let request = page.sent();
    let id = request["id"].as_i64().unwrap();
    if request["method"] == "initialize" {
        let version = &request["params"]["protocolVersion"];
        page.result(
            id,
            &json!({ "protocolVersion": version, "capabilities": capabilities, "serverInfo": {} }),
        );
        assert_eq!(page.sent()["method"], "notifications/initialized");
    } else {
        page.result(
            id,
            &json!({ "supportedVersions": ["2026-07-28"], "capabilities": capabilities }),
        );
    }
    page.told.clear();
    page
}

fn modern() -> Page {
    connected(Version::LATEST, &json!({}))
}

/// A legacy server that tells of everything.
fn legacy() -> Page {
    let all = json!({
        "tools": { "listChanged": true },
        "prompts": { "listChanged": true },
        "resources": { "listChanged": true, "subscribe": true },
    });
    connected(Version::LATEST_LEGACY, &all)
}

fn listen(page: &mut Page, filter: &Value) -> i64 {
    listen_within(page, filter, FOREVER)
}

fn listen_within(page: &mut Page, filter: &Value, limits: CallLimits) -> i64 {
    let params = json!({ "notifications": filter });
    page.request("subscriptions/listen", Some(params), limits).expect("connected")
}

/// A modern subscription, acknowledged.
fn subscribed(page: &mut Page, filter: &Value) -> i64 {
    let id = listen(page, filter);
    assert_eq!(page.sent()["method"], "subscriptions/listen");
    tell(page, id, "notifications/subscriptions/acknowledged", json!({ "notifications": filter }));
    assert_eq!(page.told.pop(), Some(Told::Acknowledged(id, filter.clone())));
    id
}

/// A notification for a subscription.
fn tell(page: &mut Page, id: impl Into<Value>, method: &str, mut params: Value) {
    params["_meta"] = json!({ SUBSCRIPTION: id.into() });
    page.message(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
}

/// A notification that names no subscription.
fn say(page: &mut Page, method: &str, params: &Value) {
    page.message(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
}

/// What was told to subscriptions, and of what: the method, and the URI if there is one.
fn heard(page: &Page) -> Vec<(i64, String)> {
    let news = page.told.iter().filter_map(|told| match told {
        Told::Update(id, method, params) => {
            let uri = params.as_ref().and_then(|params| params["uri"].as_str());
            Some((*id, uri.unwrap_or(method).to_owned()))
        }
        _ => None,
    });
    news.collect()
}

fn notifications(page: &Page) -> usize {
    page.told.iter().filter(|told| matches!(told, Told::Notification(..))).count()
}

const CHANGES: [(&str, &str); 3] = [
    ("toolsListChanged", "notifications/tools/list_changed"),
    ("promptsListChanged", "notifications/prompts/list_changed"),
    ("resourcesListChanged", "notifications/resources/list_changed"),
];

// ---- modern ----

#[test]
fn the_request_carries_the_filter_and_the_envelope_but_no_progress_token() {
    let mut page = modern();
    let filter = json!({ "toolsListChanged": true, "resourceSubscriptions": ["a"], "x": 1 });
    let id = listen(&mut page, &filter);
    let request = page.sent();
    assert_eq!(request["id"], id);
    assert_eq!(request["params"]["notifications"], filter);
    let meta = &request["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(meta.get("progressToken").is_none());
}

#[test]
fn the_acknowledgement_says_what_is_honoured() {
    let mut page = modern();
    let id = listen(&mut page, &json!({ "toolsListChanged": true, "promptsListChanged": true }));
    let honoured = json!({ "toolsListChanged": true, "x": [1] });
    let ack = "notifications/subscriptions/acknowledged";
    tell(&mut page, id, ack, json!({ "notifications": honoured }));
    assert_eq!(page.told, [Told::Acknowledged(id, honoured)]);
    // A second one, and one without a filter.
    tell(&mut page, id, ack, json!({ "notifications": {} }));
    let other = listen(&mut page, &json!({}));
    tell(&mut page, other, ack, json!({}));
    assert_eq!(page.told[1..], [Told::Acknowledged(other, json!({}))]);
}

#[test]
fn only_the_wait_for_the_acknowledgement_is_timed() {
    let limits = CallLimits { timeout: 1000.0, max_total: 2000.0, ..CallLimits::default() };
    let mut page = modern();
    let id = listen_within(&mut page, &json!({}), limits);
    page.wait(999.0);
    tell(&mut page, id, "notifications/subscriptions/acknowledged", json!({}));
    page.wait(1e9);
    assert_eq!(page.outcome(id), None);
    assert_eq!(page.told.len(), 1, "it neither stalls nor ends: {:?}", page.told);

    let late = listen_within(&mut page, &json!({}), limits);
    while page.take_sent().is_some() {}
    page.wait(1000.0);
    assert!(timed_out(page.outcome(late), Clock::Idle));
    let cancelled = page.sent();
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], late);
}

#[test]
fn news_goes_to_the_subscription_that_it_names_and_to_the_handlers() {
    let mut page = modern();
    let filter = json!({ "toolsListChanged": true });
    let first = subscribed(&mut page, &filter);
    let second = subscribed(&mut page, &filter);
    tell(&mut page, second, "notifications/tools/list_changed", json!({ "x": 1 }));
    assert_eq!(heard(&page), [(second, "notifications/tools/list_changed".to_owned())]);
    assert_eq!(notifications(&page), 1);
    assert_eq!(page.outcome(first), None);
}

#[test]
fn what_the_filter_does_not_name_is_not_for_the_subscription() {
    let wanted =
        json!({ "resourceSubscriptions": ["a:b"], "taskIds": ["t"], "toolsListChanged": false });
    let mut page = modern();
    let id = subscribed(&mut page, &wanted);
    for (_, method) in CHANGES {
        tell(&mut page, id, method, json!({}));
    }
    let updated = "notifications/resources/updated";
    for uri in ["a:b", "a:b/part", "a:c", "a", "a:bc"] {
        tell(&mut page, id, updated, json!({ "uri": uri }));
    }
    tell(&mut page, id, updated, json!({}));
    tell(&mut page, id, "notifications/tasks", json!({ "taskId": "t" }));
    tell(&mut page, id, "notifications/tasks", json!({ "taskId": "u" }));
    tell(&mut page, id, "notifications/message", json!({ "level": "info", "data": 1 }));
    let heard: Vec<String> = heard(&page).into_iter().map(|(_, what)| what).collect();
    assert_eq!(heard, ["a:b", "a:b/part", "notifications/tasks"]);
    assert_eq!(notifications(&page), 12, "all of it is there for the handlers");
}

#[test]
fn an_unknown_subscription_is_ignored_and_counted() {
    let mut page = modern();
    let id = subscribed(&mut page, &json!({ "toolsListChanged": true }));
    let strangers = [json!(id + 100), json!(format!("{id}.0")), json!(null), json!(1.5)];
    for stranger in strangers {
        tell(&mut page, stranger, "notifications/tools/list_changed", json!({}));
    }
    tell(&mut page, 77, "notifications/subscriptions/acknowledged", json!({}));
    assert_eq!(page.told, []);
    assert_eq!(page.machine.stray_notifications(), 5);
    // One that names none is for the handlers.
    say(&mut page, "notifications/tools/list_changed", &json!({}));
    assert_eq!((heard(&page), notifications(&page)), (vec![], 1));
}

#[test]
fn what_comes_before_the_acknowledgement_is_not_delivered() {
    let mut page = modern();
    let id = listen(&mut page, &json!({ "toolsListChanged": true }));
    tell(&mut page, id, "notifications/tools/list_changed", json!({}));
    assert_eq!(heard(&page), []);
}

#[test]
fn it_ends_by_the_answer_by_the_server_s_cancellation_and_with_the_connection() {
    let mut page = modern();
    let filter = json!({ "toolsListChanged": true });
    let [answered, cancelled, lost] = [(); 3].map(|()| subscribed(&mut page, &filter));
    page.result(
        answered,
        &json!({ "resultType": "complete", "_meta": { SUBSCRIPTION: answered } }),
    );
    assert!(matches!(page.outcome(answered), Some(Ok(_))));
    let params = json!({ "requestId": cancelled, "reason": "going down" });
    say(&mut page, "notifications/cancelled", &params);
    assert!(matches!(page.outcome(cancelled), Some(Err(Error::Closed { sent: true, .. }))));
    // The page on the other rule: the answer follows.
    page.result(cancelled, &json!({}));
    for over in [answered, cancelled] {
        tell(&mut page, over, "notifications/tools/list_changed", json!({}));
    }
    assert_eq!((heard(&page), page.machine.stray_notifications()), (vec![], 2));
    assert!(page.sent_nothing_more());
    page.closed("the connection was lost");
    assert!(matches!(page.outcome(lost), Some(Err(Error::Closed { .. }))));
    assert_eq!(page.faults(), Vec::<&Error<Value>>::new());
}

#[test]
fn the_server_s_cancellation_of_something_else_is_a_notification_like_any_other() {
    let mut page = modern();
    let id = subscribed(&mut page, &json!({}));
    say(&mut page, "notifications/cancelled", &json!({ "requestId": id + 1 }));
    say(&mut page, "notifications/cancelled", &json!({ "requestId": format!("0{id}") }));
    assert_eq!((notifications(&page), page.outcome(id)), (2, None));
}

#[test]
fn a_subscription_named_by_the_text_of_its_id_is_that_subscription() {
    let mut page = modern();
    let id = listen(&mut page, &json!({ "toolsListChanged": true }));
    let text = id.to_string();
    tell(&mut page, &*text, "notifications/subscriptions/acknowledged", json!({}));
    page.told.clear();
    tell(&mut page, &*text, "notifications/tools/list_changed", json!({}));
    assert_eq!((heard(&page).len(), page.machine.stray_notifications()), (1, 0));
    say(&mut page, "notifications/cancelled", &json!({ "requestId": text }));
    assert!(matches!(page.outcome(id), Some(Err(Error::Closed { .. }))));
    assert_eq!(page.machine.progress_counts().coerced, 3);

    let limits = CallLimits { strict: true, ..FOREVER };
    let id = listen_within(&mut page, &json!({ "toolsListChanged": true }), limits);
    tell(&mut page, id.to_string(), "notifications/subscriptions/acknowledged", json!({}));
    assert_eq!(page.machine.stray_notifications(), 1, "strict drops it");
}

#[test]
fn closing_tells_the_server_once() {
    let mut page = modern();
    let id = subscribed(&mut page, &json!({ "toolsListChanged": true }));
    page.cancel(id, None);
    page.cancel(id, None);
    assert_eq!(page.outcome(id), Some(&Err(Error::Aborted(None))));
    let sent = page.sent();
    assert_eq!(
        (&sent["method"], &sent["params"]["requestId"]),
        (&json!("notifications/cancelled"), &json!(id))
    );
    assert!(page.sent_nothing_more());
    // Its answer to that is no fault.
    page.result(id, &json!({}));
    assert_eq!(page.told, []);
}

#[test]
fn a_refusal_is_the_call_s_error() {
    let mut page = modern();
    let id = listen(&mut page, &json!({}));
    page.error(id, &json!({ "code": -32601, "message": "no" }));
    assert!(matches!(page.outcome(id), Some(Err(Error::Rpc(_)))));
}

// ---- legacy ----

#[test]
fn legacy_honours_what_the_capabilities_promise() {
    let everything = json!({
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": ["a"], "taskIds": ["t"],
    });
    let cases = [
        (json!({}), json!({})),
        (json!({ "tools": {}, "resources": { "subscribe": false } }), json!({})),
        (json!({ "tools": { "listChanged": true } }), json!({ "toolsListChanged": true })),
        (json!({ "prompts": { "listChanged": true } }), json!({ "promptsListChanged": true })),
        (json!({ "resources": { "listChanged": true } }), json!({ "resourcesListChanged": true })),
    ];
    for version in Version::ALL.into_iter().skip(1) {
        for (capabilities, honoured) in &cases {
            let mut page = connected(version, capabilities);
            let id = listen(&mut page, &everything);
            assert_eq!(page.told, [Told::Acknowledged(id, honoured.clone())]);
            assert!(page.sent_nothing_more());
        }
    }
    // What was not asked for is not honoured.
    let mut page = legacy();
    let id = listen(&mut page, &json!({ "toolsListChanged": false }));
    assert_eq!(page.told, [Told::Acknowledged(id, json!({}))]);
}

#[test]
fn legacy_subscribes_to_each_resource_and_waits_for_the_answers() {
    let mut page = legacy();
    let id = listen(&mut page, &json!({ "resourceSubscriptions": ["a", "b", "a"] }));
    let mut asked = Vec::new();
    for uri in ["a", "b"] {
        let request = page.sent();
        assert_eq!(
            (&request["method"], &request["params"]["uri"]),
            (&json!("resources/subscribe"), &json!(uri))
        );
        asked.push(request["id"].as_i64().unwrap());
    }
    assert!(page.sent_nothing_more());
    page.result(asked[1], &json!({}));
    assert_eq!(page.told, []);
    page.result(asked[0], &json!({}));
    assert_eq!(page.told, [Told::Acknowledged(id, json!({ "resourceSubscriptions": ["a", "b"] }))]);
}

#[test]
fn legacy_a_resource_that_is_refused_is_not_honoured() {
    for refused in ["a", ""] {
        let mut page = legacy();
        let uris = [refused, "b"];
        let id =
            listen(&mut page, &json!({ "toolsListChanged": true, "resourceSubscriptions": uris }));
        let [a, b] = [(); 2].map(|()| page.sent()["id"].as_i64().unwrap());
        page.error(a, &json!({ "code": -32002, "message": "no such thing" }));
        page.result(b, &json!({}));
        assert_eq!(page.faults().len(), 1, "{refused:?}");
        let honoured = json!({ "toolsListChanged": true, "resourceSubscriptions": ["b"] });
        assert_eq!(page.told.last(), Some(&Told::Acknowledged(id, honoured)));
        // Nor is it taken back at the end.
        page.cancel(id, None);
        assert_eq!(page.sent()["params"]["uri"], "b");
        assert!(page.sent_nothing_more());
    }
}

#[test]
fn legacy_a_request_that_could_not_be_sent_is_not_honoured_either() {
    let mut page = legacy();
    let id = listen(&mut page, &json!({ "resourceSubscriptions": ["a"] }));
    let asked = page.sent()["id"].as_i64().unwrap();
    page.unsent(asked, "too large");
    assert_eq!(page.told.last(), Some(&Told::Acknowledged(id, json!({}))));
}

#[test]
fn legacy_a_request_that_is_lost_on_the_way_is_not_honoured_either() {
    let mut page = legacy();
    let id = listen(&mut page, &json!({ "resourceSubscriptions": ["a"] }));
    let asked = page.sent()["id"].as_i64().unwrap();
    let reason = "the stream was cut".to_owned();
    page.failed(asked, Error::Closed { reason, sent: true });
    assert_eq!(page.told.last(), Some(&Told::Acknowledged(id, json!({}))));
}

#[test]
fn legacy_one_subscription_on_the_server_serves_all_here() {
    let mut page = legacy();
    let filter = json!({ "resourceSubscriptions": ["a"] });
    let first = listen(&mut page, &filter);
    let asked = page.sent()["id"].as_i64().unwrap();
    let second = listen(&mut page, &filter);
    assert!(page.sent_nothing_more());
    assert_eq!(page.told, [], "both wait for the one answer");
    page.result(asked, &json!({}));
    let third = listen(&mut page, &filter);
    assert_eq!(page.told.len(), 3);
    page.told.clear();
    say(&mut page, "notifications/resources/updated", &json!({ "uri": "a" }));
    assert_eq!(heard(&page).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first, second, third]);
    assert_eq!(notifications(&page), 1);

    page.cancel(second, None);
    page.cancel(first, None);
    assert!(page.sent_nothing_more(), "one still wants it");
    page.cancel(third, None);
    let request = page.sent();
    assert_eq!(
        (&request["method"], &request["params"]["uri"]),
        (&json!("resources/unsubscribe"), &json!("a"))
    );
    assert!(page.sent_nothing_more(), "no cancellation of what was never requested");
    page.result(request["id"].as_i64().unwrap(), &json!({}));
    assert_eq!(page.faults(), Vec::<&Error<Value>>::new());
    // And it starts again.
    listen(&mut page, &filter);
    assert_eq!(page.sent()["method"], "resources/subscribe");
}

#[test]
fn legacy_news_goes_to_every_subscription_that_wants_it() {
    let mut page = legacy();
    for (member, method) in CHANGES {
        let wants = listen(&mut page, &json!({ member: true }));
        page.told.clear();
        say(&mut page, method, &json!({}));
        assert_eq!(heard(&page), [(wants, method.to_owned())]);
        assert_eq!(notifications(&page), 1);
        page.cancel(wants, None);
        page.told.clear();
        say(&mut page, method, &json!({}));
        assert_eq!((heard(&page), notifications(&page)), (vec![], 1));
    }
}

#[test]
fn legacy_it_ends_with_the_connection_and_by_the_clock() {
    let mut page = legacy();
    let limits = CallLimits { timeout: 1000.0, ..CallLimits::default() };
    let late = listen_within(&mut page, &json!({ "resourceSubscriptions": ["a"] }), limits);
    assert_eq!(page.sent()["method"], "resources/subscribe");
    page.wait(1000.0);
    assert!(timed_out(page.outcome(late), Clock::Idle));
    assert_eq!(page.sent()["method"], "resources/unsubscribe");
    assert!(page.sent_nothing_more());

    let open = listen_within(&mut page, &json!({ "toolsListChanged": true }), limits);
    page.wait(1e9);
    assert_eq!(page.outcome(open), None);
    page.closed("the connection was lost");
    assert!(matches!(page.outcome(open), Some(Err(Error::Closed { .. }))));
}

/// The stream of a subscription breaks off, as over HTTP.
fn lose(page: &mut Page, request: i64) {
    let reason = "the stream of its answer broke off";
    page.failed(request, Error::Lost { reason: reason.to_owned(), sent: true, cause: None });
}

fn interruptions(page: &Page) -> usize {
    page.told.iter().filter(|told| matches!(told, Told::Interrupted(..))).count()
}

#[test]
fn a_subscription_whose_stream_broke_off_is_opened_again_after_growing_pauses() {
    let mut page = modern();
    let filter = json!({ "toolsListChanged": true });
    let id = subscribed(&mut page, &filter);
    let mut request = id;
    for pause in [1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0, 30_000.0, 30_000.0] {
        lose(&mut page, request);
        page.wait(pause - 1.0);
        assert!(page.sent_nothing_more(), "not before {pause}");
        // With a bit by chance.
        page.wait(pause * 0.25 + 2.0);
        let again = page.sent();
        assert_eq!(
            (&again["method"], &again["params"]["notifications"]),
            (&json!("subscriptions/listen"), &filter)
        );
        request = again["id"].as_i64().unwrap();
    }
    assert_eq!(interruptions(&page), 7);
    assert!(page.outcome(id).is_none());
    // What the old stream would have told is not for it any more.
    tell(&mut page, id, "notifications/tools/list_changed", json!({}));
    assert_eq!(page.machine.stray_notifications(), 1);
    let acknowledged = "notifications/subscriptions/acknowledged";
    tell(&mut page, request, acknowledged, json!({ "notifications": filter }));
    assert_eq!(page.told.pop(), Some(Told::Acknowledged(id, filter.clone())));
    tell(&mut page, request, "notifications/tools/list_changed", json!({}));
    let news = page.told.last();
    assert!(
        matches!(news, Some(Told::Update(of, method, _)) if *of == id && method == "notifications/tools/list_changed"),
        "{news:?}"
    );
    // From here on it counts from the start.
    lose(&mut page, request);
    page.wait(1_251.0);
    assert_eq!(page.sent()["method"], "subscriptions/listen");
}

#[test]
fn only_a_subscription_that_was_there_and_can_be_there_again_is_opened_again() {
    let filter = json!({ "toolsListChanged": true });
    // Never acknowledged.
    let mut page = modern();
    let id = listen(&mut page, &filter);
    page.sent();
    lose(&mut page, id);
    assert!(matches!(page.outcome(id), Some(Err(Error::Lost { .. }))));
    // Refused when it is asked for again.
    for (status, again) in [(503, true), (429, true), (401, false), (404, false)] {
        let mut page = modern();
        let id = subscribed(&mut page, &filter);
        lose(&mut page, id);
        page.wait(1_251.0);
        let request = page.sent()["id"].as_i64().unwrap();
        let error = Error::Http { status, body: String::new(), retry_after: None, headers: None };
        page.failed(request, error);
        assert_eq!(page.outcome(id).is_none(), again, "{status}");
    }
    // Ended by the server, which is no loss.
    let mut page = modern();
    let id = subscribed(&mut page, &filter);
    page.result(id, &json!({ "resultType": "complete" }));
    assert!(matches!(page.outcome(id), Some(Ok(_))));
    page.wait(100_000.0);
    assert!(page.sent_nothing_more());
}

#[test]
fn a_subscription_that_is_given_up_during_the_pause_is_not_opened_again() {
    let mut page = modern();
    let id = subscribed(&mut page, &json!({ "toolsListChanged": true }));
    lose(&mut page, id);
    page.cancel(id, None);
    assert!(matches!(page.outcome(id), Some(Err(Error::Aborted(_)))));
    page.wait(100_000.0);
    assert!(page.sent_nothing_more() && page.machine.poll_timeout().is_infinite());
}

#[test]
fn a_subscription_that_is_opened_again_waits_for_its_acknowledgement_as_long_as_the_first_time() {
    let mut page = modern();
    let filter = json!({ "toolsListChanged": true });
    let id = listen_within(&mut page, &filter, CallLimits { timeout: 500.0, ..FOREVER });
    page.sent();
    tell(
        &mut page,
        id,
        "notifications/subscriptions/acknowledged",
        json!({ "notifications": filter }),
    );
    page.wait(10_000.0);
    lose(&mut page, id);
    page.wait(1_251.0);
    page.sent();
    page.wait(501.0);
    assert!(timed_out(page.outcome(id), Clock::Idle));
}
