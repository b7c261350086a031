//! Lists that come in pages, and tools that are called once more as tasks: calls of several requests,
//! on the machine with simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::num::NonZero;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{Caching, CallLimits, PageLimits, RequestId, Requested};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use support::{FOREVER, Page, Path, timed_out};

const LISTS: [(&str, &str); 4] = [
    ("tools/list", "tools"),
    ("resources/list", "resources"),
    ("resources/templates/list", "resourceTemplates"),
    ("prompts/list", "prompts"),
];

const ALL: PageLimits = PageLimits { wanted: NonZero::<usize>::MAX, most: 1000 };

fn walking(pages: PageLimits) -> CallLimits {
    CallLimits { pages: Some(pages), cache: Caching::Off, ..FOREVER }
}

fn page() -> Page {
    Page::open(Version::LATEST, Path::General, json!({}), &json!({}))
}

fn list(page: &mut Page, pages: PageLimits) -> i64 {
    page.request("tools/list", None, walking(pages)).unwrap()
}

/// Answers the requests for a list, and returns the cursors that they named.
fn serve(page: &mut Page, pages: &[Value]) -> Vec<Value> {
    pages
        .iter()
        .map(|result| {
            let request = page.sent();
            page.result(request["id"].as_i64().unwrap(), result);
            request["params"].get("cursor").cloned().unwrap_or_default()
        })
        .collect()
}

fn whole(page: &Page, id: i64) -> Value {
    page.outcome(id).expect("it is settled").clone().expect("a result")
}

fn endless(page: &Page, id: i64) -> String {
    match page.outcome(id) {
        Some(Err(Error::EndlessPages(text))) => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_pages_of_a_list_come_in_one_result_with_the_first_pages_other_members() {
    for version in Version::ALL {
        for (method, member) in LISTS {
            let mut page = Page::open(version, Path::General, json!({}), &json!({}));
            let id = page.request(method, Some(json!({ "x": 1 })), walking(ALL)).unwrap();
            let pages = [
                json!({ member: [1, 2], "nextCursor": "a", "own": true }),
                // The empty text is a cursor, and a page may be empty, or say so in other ways.
                json!({ member: [], "nextCursor": "" }),
                json!({ "nextCursor": "c" }),
                json!({ member: null, "nextCursor": "d" }),
                json!({ member: [3], "nextCursor": null, "own": false }),
            ];
            assert_eq!(
                serve(&mut page, &pages),
                [json!(null), json!("a"), json!(""), json!("c"), json!("d")]
            );
            assert_eq!(whole(&page, id), json!({ member: [1, 2, 3], "own": true }), "{method}");
            assert!(page.sent_nothing_more() && page.record(id).legs.len() == 4);
        }
    }
}

#[test]
fn each_page_is_asked_for_with_the_callers_params_and_a_token_of_its_own() {
    let mut page = page();
    let params = json!({ "x": 1, "_meta": { "trace": "t" } });
    page.request("prompts/list", Some(params), walking(ALL)).unwrap();
    for next in [json!("a"), json!("b"), json!(null)] {
        let request = page.sent();
        let id = request["id"].as_i64().unwrap();
        assert_eq!(request["params"]["x"], 1);
        assert_eq!(request["params"]["_meta"]["trace"], "t");
        assert_eq!(request["params"]["_meta"]["progressToken"], id);
        page.result(id, &json!({ "prompts": [], "nextCursor": next }));
    }
    assert!(page.in_flight().next().is_none());
}

#[test]
fn who_wants_some_pages_gets_those_and_where_the_next_one_starts() {
    let mut page = page();
    for wanted in 1..4 {
        let id = list(&mut page, PageLimits { wanted: NonZero::new(wanted).unwrap(), ..ALL });
        let pages: Vec<_> =
            (1..=wanted).map(|n| json!({ "tools": [n], "nextCursor": n.to_string() })).collect();
        serve(&mut page, &pages);
        let items: Vec<_> = (1..=wanted).collect();
        let expected = json!({ "tools": items, "nextCursor": wanted.to_string() });
        assert_eq!(whole(&page, id), expected);
        assert!(page.sent_nothing_more());
    }
}

#[test]
fn who_says_where_to_start_gets_that_page() {
    let mut page = page();
    for cursor in ["c", ""] {
        let params = Some(json!({ "cursor": cursor }));
        let id = page.request("tools/list", params, walking(ALL)).unwrap();
        serve(&mut page, &[json!({ "tools": null, "nextCursor": "more" })]);
        assert_eq!(whole(&page, id), json!({ "tools": [], "nextCursor": "more" }));
        assert!(page.sent_nothing_more());
    }
}

#[test]
fn what_asks_for_no_pages_or_is_no_list_gets_its_result_as_it_came() {
    let mut page = page();
    let result = json!({ "tools": null, "nextCursor": "more" });
    for (method, limits) in
        [("tools/list", FOREVER), ("tasks/list", walking(ALL)), ("ping", walking(ALL))]
    {
        let id = page.request(method, None, limits).unwrap();
        serve(&mut page, std::slice::from_ref(&result));
        assert_eq!(whole(&page, id), result, "{method}");
    }
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let mut page = page();
    let id = list(&mut page, PageLimits { most: 3, ..ALL });
    let pages: Vec<_> = (1..=3).map(|n| json!({ "tools": [n], "nextCursor": n })).collect();
    serve(&mut page, &pages);
    assert_eq!(endless(&page, id), "the list has more than 3 pages");

    // Also by way of others.
    for cursors in [&["a", "a"][..], &["a", "b", "c", "b"], &["", ""]] {
        let id = list(&mut page, ALL);
        let pages: Vec<_> =
            cursors.iter().map(|next| json!({ "tools": [], "nextCursor": next })).collect();
        serve(&mut page, &pages);
        assert_eq!(endless(&page, id), "the server gave the same cursor twice");
    }

    let id = list(&mut page, ALL);
    let large = "x".repeat(13 * 1024 * 1024);
    let pages: Vec<_> = (1..=5).map(|n| json!({ "tools": [large], "nextCursor": n })).collect();
    serve(&mut page, &pages);
    assert_eq!(endless(&page, id), "the pages of the list are over 64 MiB");
    assert!(page.sent_nothing_more());
}

#[test]
fn a_thousand_pages_are_no_endless_list_and_no_limit_is_none() {
    for (most, pages) in [(1000, 1000), (usize::MAX, 3000)] {
        let mut page = page();
        let id = list(&mut page, PageLimits { most, ..ALL });
        let results: Vec<_> = (1..=pages)
            .map(|n| json!({ "tools": [n], "nextCursor": (n < pages).then(|| n.to_string()) }))
            .collect();
        serve(&mut page, &results);
        assert_eq!(whole(&page, id)["tools"].as_array().unwrap().len(), pages);
    }
}

#[test]
fn a_page_without_items_or_that_is_no_page_is_no_reason_to_fail() {
    let mut page = page();
    let odd = json!({ "tools": "none", "nextCursor": "1" });
    let id = list(&mut page, ALL);
    serve(&mut page, std::slice::from_ref(&odd));
    assert_eq!(whole(&page, id), odd);
    // As which some servers write an object without members.
    let id = list(&mut page, ALL);
    serve(&mut page, &[json!(null)]);
    assert_eq!(whole(&page, id), json!({ "tools": [] }));
    for odd in [json!({ "tools": {} }), json!({}), json!(null), json!([])] {
        let id = list(&mut page, ALL);
        serve(&mut page, &[json!({ "tools": [1], "nextCursor": "1" }), odd]);
        assert_eq!(whole(&page, id), json!({ "tools": [1] }));
    }
}

#[test]
fn a_failure_on_any_page_fails_the_whole() {
    let mut page = page();
    let id = list(&mut page, ALL);
    serve(&mut page, &[json!({ "tools": [1], "nextCursor": "1" })]);
    let second = page.sent()["id"].as_i64().unwrap();
    page.error(second, &json!({ "code": -32602, "message": "bad cursor" }));
    assert!(matches!(page.outcome(id), Some(Err(Error::Rpc(error))) if error.code == -32602));

    let id = list(&mut page, ALL);
    let unusable = json!({ "tools": [], "nextCursor": "2", "resultType": "input_required" });
    serve(&mut page, &[json!({ "tools": [1], "nextCursor": "1" }), unusable]);
    assert!(matches!(page.outcome(id), Some(Err(Error::Protocol(_)))));
    assert!(page.sent_nothing_more());
}

#[test]
fn progress_of_every_page_reaches_the_call_and_may_start_again() {
    let mut page = page();
    let id = list(&mut page, ALL);
    for (progress, next) in [(5.0, json!("1")), (1.0, json!(null))] {
        let request = page.sent()["id"].as_i64().unwrap();
        page.progress(&json!({ "progressToken": request, "progress": progress }));
        page.result(request, &json!({ "tools": [], "nextCursor": next }));
    }
    let heard: Vec<_> = page.steps(id).iter().map(|step| step.progress).collect();
    assert_eq!(heard, [5.0, 1.0]);
    assert_eq!(page.machine.progress_counts().backward, 0);
}

#[test]
fn the_call_is_given_up_at_the_page_that_it_is_at() {
    let mut page = page();
    let id = list(&mut page, ALL);
    serve(&mut page, &[json!({ "tools": [], "nextCursor": "1" })]);
    let second = page.sent()["id"].clone();
    page.cancel(id, Some("enough"));
    assert!(matches!(page.outcome(id), Some(Err(Error::Aborted(Some(_))))));
    let told = page.sent();
    assert_eq!(
        (&told["method"], &told["params"]["requestId"]),
        (&json!("notifications/cancelled"), &second)
    );
}

#[test]
fn the_total_clock_is_about_all_pages_and_the_idle_clock_about_each() {
    let mut page = page();
    let limits = CallLimits { timeout: 1000.0, max_total: 2000.0, ..walking(ALL) };
    let id = page.request("tools/list", None, limits).unwrap();
    for cursor in ["1", "2"] {
        page.wait(900.0);
        serve(&mut page, &[json!({ "tools": [], "nextCursor": cursor })]);
    }
    page.wait(199.0);
    assert!(page.outcome(id).is_none());
    page.wait(1.0);
    assert!(timed_out(page.outcome(id), Clock::Total));
    let Some(Err(Error::Timeout { after, .. })) = page.outcome(id) else { panic!("it timed out") };
    assert_eq!(after.to_bits(), 2000.0_f64.to_bits(), "it names the setting, not what was left");

    let id = page.request("tools/list", None, limits).unwrap();
    while page.take_sent().is_some() {}
    page.wait(1001.0);
    assert!(timed_out(page.outcome(id), Clock::Idle));
}

// ---- pages that are kept ----

fn keeping(cache: Caching) -> CallLimits {
    CallLimits { cache, ..walking(ALL) }
}

fn kept_page(item: u32, next: Option<&str>, scope: &str) -> Value {
    let mut page = json!({ "tools": [item], "ttlMs": 1000, "cacheScope": scope });
    if let Some(next) = next {
        page["nextCursor"] = json!(next);
    }
    page
}

#[test]
fn pages_that_are_all_kept_are_put_together_without_a_request() {
    let mut page = page();
    let ask = |page: &mut Page| page.ask("tools/list", None, keeping(Caching::Private)).unwrap();
    assert!(matches!(ask(&mut page), Requested::Sent(..)));
    serve(&mut page, &[kept_page(1, Some("2"), "private"), kept_page(2, None, "private")]);
    let Requested::Kept(all) = ask(&mut page) else { panic!("it is kept") };
    assert_eq!(all["tools"], json!([1, 2]));
    assert!(page.sent_nothing_more());
    // Who wants the first page gets that, and who names one, that.
    let mut first = keeping(Caching::Private);
    first.pages = Some(PageLimits { wanted: NonZero::<usize>::MIN, ..ALL });
    let first = page.ask("tools/list", None, first).unwrap();
    assert_eq!(first, Requested::Kept(kept_page(1, Some("2"), "private")));
    let params = Some(json!({ "cursor": "2" }));
    let second = page.ask("tools/list", params, keeping(Caching::Private)).unwrap();
    assert_eq!(second, Requested::Kept(kept_page(2, None, "private")));
}

#[test]
fn from_the_first_page_that_is_not_kept_the_server_is_asked() {
    let mut page = page();
    let ask = |page: &mut Page| page.ask("tools/list", None, keeping(Caching::Private)).unwrap();
    ask(&mut page);
    let last = json!({ "tools": [2] });
    serve(&mut page, &[kept_page(1, Some("2"), "private"), last]);
    let Requested::Sent(id, _) = ask(&mut page) else { panic!("the last page is not kept") };
    assert_eq!(serve(&mut page, &[json!({ "tools": [3] })]), [json!("2")]);
    assert_eq!(whole(&page, id.get())["tools"], json!([1, 3]));
    // A bad cursor: what was kept of the list is not true any more.
    let Requested::Sent(id, _) = ask(&mut page) else { panic!("the last page is not kept") };
    page.error(id.get(), &json!({ "code": -32602, "message": "bad cursor" }));
    page.take_sent();
    assert!(page.outcome(id.get()).unwrap().is_err());
    ask(&mut page);
    let again = [kept_page(4, None, "private")];
    assert_eq!(serve(&mut page, &again), [json!(null)]);
}

#[test]
fn one_private_page_makes_the_whole_private() {
    let mut page = page();
    page.machine.identify("ann", RequestId::new(2));
    page.ask("tools/list", None, keeping(Caching::Shared)).unwrap();
    serve(&mut page, &[kept_page(1, Some("2"), "public"), kept_page(2, None, "private")]);
    let shared = page.ask("tools/list", None, keeping(Caching::Shared)).unwrap();
    assert_eq!(shared, Requested::Private);
    let own = page.ask("tools/list", None, keeping(Caching::Private)).unwrap();
    assert!(matches!(own, Requested::Kept(_)));
    page.machine.identify("bob", None);
    let bobs = page.ask("tools/list", None, keeping(Caching::Private)).unwrap();
    assert!(matches!(bobs, Requested::Sent(..)));
    assert_eq!(serve(&mut page, &[kept_page(3, None, "private")]), [json!("2")]);
}

#[test]
fn of_kept_pages_without_an_end_the_last_is_asked_for_anew() {
    let mut page = page();
    page.ask("tools/list", None, keeping(Caching::Private)).unwrap();
    let again = kept_page(1, Some("again"), "private");
    serve(&mut page, &[again.clone(), again]);
    let Requested::Sent(id, _) = page.ask("tools/list", None, keeping(Caching::Private)).unwrap()
    else {
        panic!("nothing can be made of what is kept")
    };
    assert_eq!(serve(&mut page, &[kept_page(2, None, "private")]), [json!("again")]);
    assert_eq!(whole(&page, id.get())["tools"], json!([1, 2]));
}

#[test]
fn a_request_whose_result_is_to_be_new_is_sent_and_its_result_kept() {
    let mut page = page();
    for item in [1, 2] {
        let asked = page.ask("tools/list", None, keeping(Caching::Renew)).unwrap();
        assert!(matches!(asked, Requested::Sent(..)));
        serve(&mut page, &[kept_page(item, None, "public")]);
    }
    let kept = page.ask("tools/list", None, keeping(Caching::Shared)).unwrap();
    assert_eq!(kept, Requested::Kept(kept_page(2, None, "public")));
}

// ---- tools that run as tasks only (2025-11-25) ----

const TASKS: &str = "io.modelcontextprotocol/tasks";

/// A client that is for tasks, if it is, and a server of 2025-11-25 that knows some, if it does.
fn with_tasks(client: bool, server: bool) -> Page {
    let own = if client { json!({ "extensions": { TASKS: {} } }) } else { json!({}) };
    let theirs = if server {
        json!({ "tasks": { "requests": { "tools": { "call": {} } } } })
    } else {
        json!({})
    };
    Page::open(Version::LATEST_LEGACY, Path::General, own, &theirs)
}

fn refuse(page: &mut Page) -> Value {
    let request = page.sent();
    let error = json!({ "code": -32601, "message": "no such tool" });
    page.error(request["id"].as_i64().unwrap(), &error);
    request["params"]["task"].clone()
}

#[test]
fn a_tool_that_runs_as_a_task_only_is_called_once_more_as_one_and_is_known_then() {
    let mut page = with_tasks(true, true);
    let limits = CallLimits { timeout: 1000.0, max_total: 1500.0, ..FOREVER };
    let id = page.call(limits);
    page.wait(800.0);
    assert_eq!(refuse(&mut page), json!(null));
    let again = page.sent();
    assert_eq!(again["params"]["task"], json!({}));
    assert_eq!(again["params"]["name"], "work");
    // It is the same call, with the same total clock.
    page.wait(699.0);
    assert!(page.outcome(id).is_none());
    page.wait(1.0);
    assert!(timed_out(page.outcome(id), Clock::Total));
    page.take_sent();

    let known = page.call(FOREVER);
    assert_eq!(page.sent()["params"]["task"], json!({}));
    page.cancel(known, None);
    page.take_sent();
    // Until it turns out to be wrong.
    let gone = page.call(FOREVER);
    assert_eq!(refuse(&mut page), json!({}));
    assert!(page.outcome(gone).unwrap().is_err());
    page.call(FOREVER);
    assert_eq!(page.sent()["params"].get("task"), None);
}

#[test]
fn what_is_no_tool_in_either_way_is_asked_for_twice_and_no_more() {
    let mut page = with_tasks(true, true);
    for _ in 0..2 {
        let id = page.call(FOREVER);
        assert_eq!([refuse(&mut page), refuse(&mut page)], [json!(null), json!({})]);
        assert!(page.outcome(id).unwrap().is_err() && page.sent_nothing_more());
    }
}

#[test]
fn nothing_is_tried_as_a_task_where_one_side_knows_none_or_the_caller_said_how() {
    for (client, server) in [(false, true), (true, false), (false, false)] {
        let mut page = with_tasks(client, server);
        let id = page.call(FOREVER);
        assert_eq!(refuse(&mut page), json!(null));
        assert!(page.outcome(id).unwrap().is_err() && page.sent_nothing_more());
    }
    let mut page = with_tasks(true, true);
    let params = json!({ "name": "work", "task": { "ttl": 5 } });
    let id = page.request("tools/call", Some(params), FOREVER).unwrap();
    assert_eq!(refuse(&mut page), json!({ "ttl": 5 }));
    assert!(page.outcome(id).unwrap().is_err() && page.sent_nothing_more());
    // Nor is what the caller wants to see as it comes.
    let mut page = with_tasks(true, true);
    let id = page.call(CallLimits { rounds: None, ..FOREVER });
    assert_eq!(refuse(&mut page), json!(null));
    assert!(page.outcome(id).unwrap().is_err() && page.sent_nothing_more());
    // Nor is any other method.
    let id = page.request("prompts/get", Some(json!({ "name": "work" })), FOREVER).unwrap();
    assert_eq!(refuse(&mut page), json!(null));
    assert!(page.outcome(id).unwrap().is_err() && page.sent_nothing_more());
}

#[test]
fn a_list_says_which_tools_run_as_tasks_only_until_it_may_be_anothers() {
    let tool = |name: &str, support: &str| json!({ "name": name, "execution": { "taskSupport": support } });
    let pages = [
        json!({ "tools": [tool("work", "optional"), {}, 7], "nextCursor": "1" }),
        json!({ "tools": [tool("work", "required")] }),
    ];
    let called = |page: &mut Page| {
        page.call(FOREVER);
        page.sent()["params"].get("task").cloned()
    };
    for (client, expected) in [(true, Some(json!({}))), (false, None)] {
        let mut page = with_tasks(client, true);
        list(&mut page, ALL);
        serve(&mut page, &pages);
        assert_eq!(called(&mut page), expected);
    }
    let mut page = with_tasks(true, true);
    list(&mut page, ALL);
    serve(&mut page, &pages);
    page.machine.identify("ann", None);
    assert_eq!(called(&mut page), Some(json!({})), "the first is no other");
    page.machine.identify("bob", None);
    assert_eq!(called(&mut page), None);
}
