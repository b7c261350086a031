//! Results that the server lets a client keep, on the machine with simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::proto::client::{
    Caching, CallLimits, Channel, Mode, PageLimits, RequestId, Requested,
};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use support::{FOREVER, Page, Path};

/// A page that is connected, and that has asked nothing yet.
fn connected(version: Version) -> Page {
    let mut page = Page::new(Mode::Pin(version), Path::General);
    open(&mut page);
    page
}

fn open(page: &mut Page) {
    while page.take_sent().is_some() {}
    page.connect(Channel::default());
    let request = page.sent();
    let id = request["id"].as_i64().unwrap();
    if request["method"] == "initialize" {
        let version = &request["params"]["protocolVersion"];
        page.result(
            id,
            &json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": {} }),
        );
        assert_eq!(page.sent()["method"], "notifications/initialized");
    } else {
        page.result(id, &json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} }));
    }
    assert!(page.is_open());
}

fn ask(page: &mut Page, method: &str, params: &Value) -> i64 {
    let limits = CallLimits { cache: Caching::Renew, ..FOREVER };
    page.request(method, Some(params.clone()), limits).expect("connected")
}

/// Asks, and gets this result.
fn fetch(page: &mut Page, method: &str, params: &Value, result: &Value) {
    let id = ask(page, method, params);
    page.result(id, result);
    assert!(page.outcome(id).unwrap().is_ok());
}

/// What is kept for such a request.
fn kept(page: &mut Page, method: &str, params: &Value) -> Option<Value> {
    match look_up(page, Caching::Private, method, params) {
        Requested::Kept(result) => Some(result),
        _ => None,
    }
}

/// Asks for what may be kept; what is sent because it is not is given up.
fn look_up(page: &mut Page, cache: Caching, method: &str, params: &Value) -> Requested<Value> {
    let limits = CallLimits { cache, ..FOREVER };
    let requested = page.ask(method, Some(params.clone()), limits).expect("connected");
    if let Requested::Sent(id, _) = requested {
        page.cancel(id.get(), None);
        while page.take_sent().is_some() {}
    }
    requested
}

fn news(page: &mut Page, method: &str, params: &Value) {
    page.message(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
}

const METHODS: [(&str, &str); 5] = [
    ("tools/list", "cursor"),
    ("resources/list", "cursor"),
    ("resources/templates/list", "cursor"),
    ("prompts/list", "cursor"),
    ("resources/read", "uri"),
];

#[test]
fn a_result_is_kept_as_long_as_the_server_says() {
    for (method, member) in METHODS {
        let mut page = connected(Version::LATEST);
        let params = json!({ member: "a" });
        let result = json!({ "x": [1], "ttlMs": 1000, "cacheScope": "public" });
        assert_eq!(kept(&mut page, method, &params), None);
        fetch(&mut page, method, &params, &result);
        page.wait(999.0);
        assert_eq!(kept(&mut page, method, &params), Some(result), "{method}");
        page.wait(1.0);
        assert_eq!(kept(&mut page, method, &params), None, "{method}");
    }
}

#[test]
fn only_these_results_are_kept() {
    let mut page = connected(Version::LATEST);
    for method in ["tools/call", "prompts/get", "completion/complete", "server/discover", "x/list"]
    {
        fetch(&mut page, method, &json!({}), &json!({ "ttlMs": 1000 }));
        assert_eq!(kept(&mut page, method, &json!({})), None, "{method}");
    }
}

#[test]
fn a_kept_result_answers_only_the_request_that_it_answered() {
    let mut page = connected(Version::LATEST);
    let result = |n: u32| json!({ "n": n, "ttlMs": 1000 });
    fetch(&mut page, "tools/list", &json!({}), &result(1));
    fetch(&mut page, "tools/list", &json!({ "cursor": "" }), &result(2));
    fetch(&mut page, "tools/list", &json!({ "cursor": "a", "_meta": {} }), &result(3));
    fetch(&mut page, "resources/read", &json!({ "uri": "a" }), &result(4));
    assert_eq!(kept(&mut page, "tools/list", &json!({ "_meta": { "x": 1 } })), Some(result(1)));
    assert_eq!(kept(&mut page, "tools/list", &json!({ "cursor": "" })), Some(result(2)));
    assert_eq!(kept(&mut page, "tools/list", &json!({ "cursor": "a" })), Some(result(3)));
    assert_eq!(kept(&mut page, "resources/read", &json!({ "uri": "a" })), Some(result(4)));
    assert_eq!(kept(&mut page, "tools/list", &json!({ "cursor": "b" })), None);
    assert_eq!(kept(&mut page, "tools/list", &json!({ "cursor": 7 })), None);
    assert_eq!(kept(&mut page, "prompts/list", &json!({})), None);
    assert_eq!(kept(&mut page, "resources/read", &json!({ "uri": "A" })), None);
}

#[test]
fn without_a_usable_lifetime_nothing_is_kept_and_the_older_result_goes() {
    let forbidden = [
        json!({}),
        json!({ "ttlMs": 0 }),
        json!({ "ttlMs": -5 }),
        json!({ "ttlMs": "1000" }),
        json!({ "ttlMs": null }),
        json!({ "ttlMs": 1000, "resultType": "input_required", "inputRequests": {} }),
    ];
    for result in forbidden {
        let mut page = connected(Version::LATEST);
        fetch(&mut page, "resources/read", &json!({ "uri": "a" }), &json!({ "ttlMs": 1000 }));
        let id = ask(&mut page, "resources/read", &json!({ "uri": "a" }));
        page.result(id, &result);
        assert_eq!(kept(&mut page, "resources/read", &json!({ "uri": "a" })), None, "{result}");
    }
}

#[test]
fn no_lifetime_is_longer_than_a_day() {
    let mut page = connected(Version::LATEST);
    fetch(&mut page, "tools/list", &json!({}), &json!({ "ttlMs": 1e300 }));
    page.wait(86_399_999.0);
    assert!(kept(&mut page, "tools/list", &json!({})).is_some());
    page.wait(2.0);
    assert!(kept(&mut page, "tools/list", &json!({})).is_none());
}

#[test]
fn news_outdates_what_it_is_about_at_once() {
    let news_and_what_goes = [
        ("notifications/tools/list_changed", json!({}), vec!["tools/list"]),
        ("notifications/prompts/list_changed", json!({}), vec!["prompts/list"]),
        (
            "notifications/resources/list_changed",
            json!({}),
            vec!["resources/list", "resources/templates/list"],
        ),
        ("notifications/resources/updated", json!({ "uri": "a" }), vec!["resources/read"]),
        ("notifications/resources/updated", json!({ "uri": "a/part" }), vec!["resources/read"]),
        ("notifications/resources/updated", json!({ "uri": "ab" }), vec![]),
        ("notifications/resources/updated", json!({}), vec![]),
        ("notifications/message", json!({}), vec![]),
    ];
    for (notification, params, gone) in news_and_what_goes {
        let mut page = connected(Version::LATEST);
        for (method, member) in METHODS {
            fetch(&mut page, method, &json!({ member: "a" }), &json!({ "ttlMs": 1000 }));
        }
        news(&mut page, notification, &params);
        for (method, member) in METHODS {
            let still = kept(&mut page, method, &json!({ member: "a" })).is_some();
            assert_eq!(still, !gone.contains(&method), "{notification} {params} {method}");
        }
    }
}

#[test]
fn an_answer_that_was_asked_for_before_the_news_is_not_kept() {
    let mut page = connected(Version::LATEST);
    let before = ask(&mut page, "tools/list", &json!({}));
    news(&mut page, "notifications/tools/list_changed", &json!({}));
    let after = ask(&mut page, "tools/list", &json!({}));
    page.result(after, &json!({ "n": 2, "ttlMs": 1000 }));
    page.result(before, &json!({ "n": 1, "ttlMs": 1000 }));
    assert_eq!(kept(&mut page, "tools/list", &json!({})).unwrap()["n"], 2);
}

#[test]
fn what_depends_on_input_is_neither_kept_nor_given() {
    let mut page = connected(Version::LATEST);
    for extra in ["inputResponses", "requestState"] {
        let params = json!({ "uri": "a", extra: {} });
        fetch(&mut page, "resources/read", &params, &json!({ "n": 1, "ttlMs": 1000 }));
        assert_eq!(kept(&mut page, "resources/read", &json!({ "uri": "a" })), None);
    }
    fetch(&mut page, "resources/read", &json!({ "uri": "a" }), &json!({ "ttlMs": 1000 }));
    assert!(kept(&mut page, "resources/read", &json!({ "uri": "a" })).is_some());
    assert_eq!(
        kept(&mut page, "resources/read", &json!({ "uri": "a", "requestState": "s" })),
        None
    );
}

#[test]
fn a_bad_cursor_drops_all_pages_of_the_list() {
    let mut page = connected(Version::LATEST);
    fetch(&mut page, "tools/list", &json!({}), &json!({ "ttlMs": 1000 }));
    fetch(&mut page, "prompts/list", &json!({}), &json!({ "ttlMs": 1000 }));
    let id = ask(&mut page, "tools/list", &json!({ "cursor": "old" }));
    page.error(id, &json!({ "code": -32602, "message": "bad cursor" }));
    assert_eq!(kept(&mut page, "tools/list", &json!({})), None);
    assert!(kept(&mut page, "prompts/list", &json!({})).is_some());
}

#[test]
fn an_error_is_not_kept() {
    let mut page = connected(Version::LATEST);
    fetch(&mut page, "tools/list", &json!({}), &json!({ "ttlMs": 1000 }));
    fetch(&mut page, "prompts/list", &json!({}), &json!({ "ttlMs": 1000 }));
    let id = ask(&mut page, "tools/list", &json!({}));
    page.error(id, &json!({ "code": -32603, "message": "broken", "data": { "ttlMs": 1000 } }));
    assert_eq!(kept(&mut page, "tools/list", &json!({})), None);
    assert!(kept(&mut page, "prompts/list", &json!({})).is_some());
}

#[test]
fn a_call_may_do_without() {
    let mut page = connected(Version::LATEST);
    let limits = CallLimits { cache: Caching::Off, ..FOREVER };
    let id = page.request("tools/list", Some(json!({})), limits).expect("connected");
    page.result(id, &json!({ "ttlMs": 1000 }));
    assert_eq!(kept(&mut page, "tools/list", &json!({})), None);
}

#[test]
fn a_call_that_is_given_up_leaves_nothing_until_its_late_answer() {
    for answered in [false, true] {
        let mut page = connected(Version::LATEST);
        let id = ask(&mut page, "tools/list", &json!({}));
        page.cancel(id, None);
        if answered {
            // Its late answer is as good as any.
            page.result(id, &json!({ "ttlMs": 1000 }));
        }
        assert_eq!(kept(&mut page, "tools/list", &json!({})).is_some(), answered);
    }
}

#[test]
fn nothing_outlives_the_connection() {
    let mut page = connected(Version::LATEST);
    fetch(&mut page, "tools/list", &json!({}), &json!({ "ttlMs": 1000 }));
    page.closed("the connection was lost");
    open(&mut page);
    assert_eq!(kept(&mut page, "tools/list", &json!({})), None);
}

#[test]
fn the_handshake_era_keeps_nothing() {
    for version in Version::ALL.into_iter().skip(1) {
        let mut page = connected(version);
        fetch(&mut page, "tools/list", &json!({}), &json!({ "ttlMs": 1000 }));
        assert_eq!(kept(&mut page, "tools/list", &json!({})), None, "{}", version.as_str());
    }
}

#[test]
fn the_number_of_kept_results_is_bounded() {
    let mut page = connected(Version::LATEST);
    let params = |n: u32| json!({ "uri": format!("a{n}") });
    for n in 0..300 {
        fetch(&mut page, "resources/read", &params(n), &json!({ "n": n, "ttlMs": 1e9 }));
    }
    // The newest first: who asks for what is not kept may have it kept, in the place of another.
    let mut kept: Vec<u32> = (0..300)
        .rev()
        .filter(|n| kept(&mut page, "resources/read", &params(*n)).is_some())
        .collect();
    kept.reverse();
    assert_eq!(kept, (44..300).collect::<Vec<_>>());
}

const TOOLS: &str = "tools/list";

fn tools(scope: &str) -> Value {
    json!({ "tools": [], "ttlMs": 60_000, "cacheScope": scope, "resultType": "complete" })
}

#[test]
fn another_authorization_forgets_what_is_private_and_keeps_what_is_public() {
    for scope in ["private", "public", "", "PUBLIC"] {
        let mut page = connected(Version::LATEST);
        let public = scope == "public";
        assert!(!page.machine.identify("ann", RequestId::new(1)), "the first is no other");
        fetch(&mut page, TOOLS, &json!({}), &tools(scope));
        let expected = if public { Requested::Kept(tools(scope)) } else { Requested::Private };
        assert_eq!(look_up(&mut page, Caching::Shared, TOOLS, &json!({})), expected);
        assert!(!page.machine.identify("ann", RequestId::new(0)));
        assert_eq!(kept(&mut page, TOOLS, &json!({})), Some(tools(scope)));
        assert!(page.machine.identify("bob", RequestId::new(0)));
        assert_eq!(kept(&mut page, TOOLS, &json!({})).is_some(), public);
        // Nor is it there again when the first comes back.
        assert!(page.machine.identify("ann", RequestId::new(0)));
        assert_eq!(kept(&mut page, TOOLS, &json!({})).is_some(), public);
    }
}

#[test]
fn every_kind_of_private_result_is_forgotten() {
    let mut page = connected(Version::LATEST);
    page.machine.identify("ann", RequestId::new(0));
    let kinds = [
        (TOOLS, json!({})),
        (TOOLS, json!({ "cursor": "2" })),
        ("prompts/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({ "uri": "a:b" })),
    ];
    for (method, params) in &kinds {
        fetch(&mut page, method, params, &tools("private"));
        assert!(kept(&mut page, method, params).is_some(), "{method}");
    }
    page.machine.identify("bob", RequestId::new(0));
    for (method, params) in &kinds {
        assert_eq!(kept(&mut page, method, params), None, "{method}");
    }
}

#[test]
fn what_is_under_way_for_one_is_not_kept_for_another() {
    let mut page = connected(Version::LATEST);
    page.machine.identify("ann", RequestId::new(0));
    let anns = ask(&mut page, TOOLS, &json!({}));
    let bobs = ask(&mut page, TOOLS, &json!({ "cursor": "2" }));
    // The one request leaves as Bob's, the other was Ann's.
    assert!(page.machine.identify("bob", RequestId::new(bobs)));
    page.result(anns, &tools("private"));
    page.result(bobs, &tools("private"));
    assert_eq!(kept(&mut page, TOOLS, &json!({})), None);
    assert_eq!(kept(&mut page, TOOLS, &json!({ "cursor": "2" })), Some(tools("private")));
}

#[test]
fn what_is_known_of_tools_is_that_of_the_latest_list_until_they_change_or_may_be_anothers() {
    let list = |name: &str| json!({ "tools": [{ "name": name }], "resultType": "complete" });
    for version in [Version::LATEST, Version::LATEST_LEGACY] {
        for pages in [None, Some(PageLimits::default())] {
            let mut page = connected(version);
            let limits = CallLimits { pages, ..FOREVER };
            let listed = |page: &mut Page, list: &Value| {
                let id = page.request(TOOLS, Some(json!({})), limits).unwrap();
                page.result(id, list);
                assert_eq!(page.outcome(id), Some(&Ok(list.clone())));
                std::mem::take(&mut page.tools)
            };
            let first = list("a");
            assert_eq!(listed(&mut page, &first), [Some(first)]);
            assert_eq!(listed(&mut page, &list("b")), [Some(list("b"))]);
            page.message(
                &json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }),
            );
            page.message(
                &json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }),
            );
            page.message(
                &json!({ "jsonrpc": "2.0", "method": "notifications/prompts/list_changed" }),
            );
            assert_eq!(std::mem::take(&mut page.tools), [None], "said once");
            // A list that was asked for with another authorization is another's.
            assert_eq!(listed(&mut page, &list("a")), [Some(list("a"))]);
            page.machine.identify("ann", RequestId::new(0));
            let anns = page.request(TOOLS, Some(json!({})), limits).unwrap();
            let bobs = page.request(TOOLS, Some(json!({})), limits).unwrap();
            page.machine.identify("bob", RequestId::new(bobs));
            page.drain();
            page.result(anns, &list("ann's"));
            page.result(bobs, &list("bob's"));
            assert_eq!(std::mem::take(&mut page.tools), [None, Some(list("bob's"))]);
            page.closed("gone");
            assert_eq!(page.tools, [None]);
        }
    }
}

#[test]
fn what_is_kept_of_tools_is_known_again_when_it_is_looked_up() {
    let mut page = connected(Version::LATEST);
    let limits = CallLimits { pages: Some(PageLimits::default()), ..FOREVER };
    page.machine.identify("ann", RequestId::new(0));
    let id = page.request(TOOLS, Some(json!({})), limits).unwrap();
    page.result(id, &tools("public"));
    page.machine.identify("bob", RequestId::new(0));
    page.drain();
    let kept = page.machine.request(TOOLS, Some(json!({})), limits, page.now).unwrap();
    assert_eq!(kept, Requested::Kept(tools("public")));
    page.drain();
    assert_eq!(page.tools, [Some(tools("public")), None, Some(tools("public"))]);
}

#[test]
fn all_that_is_kept_has_a_limit_in_bytes() {
    let mut page = connected(Version::LATEST);
    let mebibyte = |text: &str| {
        let mut result = tools("private");
        result["x"] = json!(text.repeat(1024 * 1024));
        result
    };
    let cursor = |page: usize| json!({ "cursor": page.to_string() });
    for page_number in 0..20 {
        fetch(&mut page, TOOLS, &cursor(page_number), &mebibyte("x"));
    }
    let there: Vec<_> =
        (0..20).filter(|at| kept(&mut page, TOOLS, &cursor(*at)).is_some()).collect();
    assert_eq!(there, (13..20).collect::<Vec<_>>(), "the newest");
    // One that is too large by itself drives nothing out.
    fetch(&mut page, TOOLS, &cursor(20), &mebibyte(&"x".repeat(9)));
    assert_eq!(kept(&mut page, TOOLS, &cursor(20)), None);
    assert!(kept(&mut page, TOOLS, &cursor(19)).is_some());
}

#[test]
fn what_is_absent_may_be_written_as_null() {
    let mut page = connected(Version::LATEST);
    let all = json!({ "cursor": null, "inputResponses": null, "requestState": null });
    fetch(&mut page, "tools/list", &all, &json!({ "ttlMs": 1000, "resultType": null }));
    let kept_result = kept(&mut page, "tools/list", &json!({}));
    assert!(kept_result.is_some(), "it is the first page, and complete");
    assert_eq!(kept(&mut page, "tools/list", &all), kept_result);
}
