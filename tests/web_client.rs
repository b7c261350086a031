//! The client for Rust programs in a real browser, against a server that each test plays itself:
//! `wasm-pack test --headless --chrome -- --features client`.
#![cfg(all(target_arch = "wasm32", feature = "client"))]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{JSON, Reflect};
use mcp_wasm::Client;
use mcp_wasm::client::{Clock, Connect, Content, Era, Error, Level, Mode, Progress, Version};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/web/scripted.js")]
extern "C" {
    fn install();
    async fn next() -> JsValue;
    fn left() -> u32;
    fn say(text: &str);
    fn hang_up(code: u16, reason: &str);
    fn is_closed() -> bool;
    fn connections() -> u32;
    fn debugged(run: &mut dyn FnMut()) -> Vec<String>;
    fn install_fetch();
    fn will_answer(status: u16, kind: &str, text: &str);
    fn fetched() -> Vec<String>;
    fn caches() -> Vec<String>;
    fn broken_off() -> Vec<u8>;
    fn hold_stream();
    fn held_for() -> f64;
    fn open_stream();
    async fn later(milliseconds: f64);
}

const ERAS: [&str; 2] = ["ws://scripted/modern", "ws://scripted/legacy"];

async fn connect(url: &str) -> Client {
    install();
    Client::connect(url).await.unwrap()
}

fn get(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, key| Reflect::get(&value, &key.into()).unwrap())
}

fn json(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

/// The next request, its method checked; returns its id.
async fn request(method: &str) -> (i64, JsValue) {
    let message = next().await;
    assert_eq!(get(&message, "method"), method, "{}", json(&message));
    #[allow(clippy::cast_possible_truncation)]
    let id = get(&message, "id").as_f64().unwrap_or_default() as i64;
    (id, message)
}

/// An id, as JavaScript has it.
#[allow(clippy::cast_precision_loss)]
fn number(id: i64) -> JsValue {
    JsValue::from_f64(id as f64)
}

fn progress(token: i64, rest: &str) {
    say(&format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},{rest}}}}}"#
    ));
}

fn answer(id: i64, result: &str) {
    say(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#));
}

/// A handler that keeps what it hears, and what it has heard.
fn recorder() -> (impl FnMut(Progress) + 'static, Rc<RefCell<Vec<Progress>>>) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let kept = heard.clone();
    (move |progress| kept.borrow_mut().push(progress), heard)
}

fn at(progress: f64) -> Progress {
    Progress { progress, total: None, message: None }
}

#[wasm_bindgen_test]
async fn rule_1_every_request_has_a_token_and_the_default_handler_logs() {
    for url in ERAS {
        let client = connect(url).await;
        let call = client.call_tool("tool", ()).start();
        let (id, message) = request("tools/call").await;
        assert_eq!(call.id(), Some(id));
        assert_eq!(get(&message, "params._meta.progressToken"), number(id));
        assert!(get(&message, "params.arguments").is_undefined());
        let lines = debugged(&mut || {
            progress(id, r#""progress":3,"total":10,"message":"third""#);
            progress(id, r#""progress":4,"total":0"#);
            progress(id, r#""progress":5.5"#);
        });
        assert_eq!(lines, ["Progress: 3/10 (30.0%) - third", "Progress: 4/0", "Progress: 5.5"]);
        answer(id, r#"{"content":[]}"#);
        call.await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn rule_2_a_calls_own_handler_takes_the_place_of_the_clients() {
    install();
    let (handler, clients) = recorder();
    let client = Client::connect(ERAS[0]).on_progress(handler).await.unwrap();

    let (handler, own) = recorder();
    let call = client.read_resource("file:///a").on_progress(handler).start();
    let (id, _) = request("resources/read").await;
    progress(id, r#""progress":1"#);
    answer(id, r#"{"contents":[{"uri":"file:///a","text":"hello"}]}"#);
    let read = call.await.unwrap();
    assert_eq!(read.contents[0].text.as_deref(), Some("hello"));
    assert_eq!((own.borrow().len(), clients.borrow().len()), (1, 0));

    let call = client.call_tool("tool", ()).start();
    let (id, _) = request("tools/call").await;
    progress(id, r#""progress":2"#);
    answer(id, "{}");
    call.await.unwrap();
    assert_eq!(*clients.borrow(), [at(2.0)]);

    let call = client.call_tool("tool", ()).silent().start();
    let (id, _) = request("tools/call").await;
    assert!(debugged(&mut || progress(id, r#""progress":3"#)).is_empty());
    answer(id, "{}");
    call.await.unwrap();
    assert_eq!(clients.borrow().len(), 1, "silent is silent");
}

#[wasm_bindgen_test]
async fn rule_3_all_progress_comes_in_order_before_the_result_and_none_after_it() {
    // What has another member cannot be scanned.
    for (url, more) in ERAS.into_iter().flat_map(|url| [(url, ""), (url, r#","_meta":{}"#)]) {
        let client = connect(url).await;
        let (handler, heard) = recorder();
        let call = client.call_tool("tool", ()).on_progress(handler).start();
        let (id, _) = request("tools/call").await;
        for i in 0..100 {
            progress(id, &format!(r#""progress":{i},"total":100{more}"#));
        }
        answer(id, r#"{"content":[]}"#);
        progress(id, r#""progress":101"#);
        call.await.unwrap();
        progress(id, r#""progress":102"#);
        let heard = heard.borrow();
        assert_eq!(heard.len(), 100);
        for (i, one) in (0_u32..).zip(heard.iter()) {
            assert_eq!((one.progress, one.total), (f64::from(i), Some(100.0)));
        }
        assert_eq!(client.progress_counts().late, 2);
    }
}

#[wasm_bindgen_test]
async fn rule_4_numbers_and_messages_pass_unchanged() {
    let cases = [
        (r#""progress":0.0"#, at(0.0)),
        (
            r#""progress":55.00000000000001,"total":100"#,
            Progress { total: Some(100.0), ..at(55.000_000_000_000_01) },
        ),
        (
            r#""progress":2,"message":"Größe \"1\"""#,
            Progress { message: Some("Größe \"1\"".to_owned()), ..at(2.0) },
        ),
        (
            r#""progress":3,"message":"half a ton""#,
            Progress { message: Some("half a ton".to_owned()), ..at(3.0) },
        ),
    ];
    let client = connect(ERAS[0]).await;
    for (members, expected) in cases {
        let (handler, heard) = recorder();
        let call = client.call_tool("tool", ()).on_progress(handler).start();
        let (id, _) = request("tools/call").await;
        progress(id, members);
        answer(id, "{}");
        call.await.unwrap();
        assert_eq!(*heard.borrow(), [expected]);
    }
}

#[wasm_bindgen_test]
async fn rule_5_strangers_tokens_are_dropped_and_counted() {
    let client = connect(ERAS[0]).await;
    let (handler, heard) = recorder();
    let call = client.call_tool("tool", ()).on_progress(handler).start();
    let (id, _) = request("tools/call").await;
    progress(99, r#""progress":1"#);
    progress(id, r#""progress":null"#);
    answer(id, "{}");
    call.await.unwrap();
    assert!(heard.borrow().is_empty());
    let counts = client.progress_counts();
    assert_eq!((counts.unknown, counts.malformed), (1, 1));
}

#[wasm_bindgen_test]
async fn a_handler_may_call_cancel_and_close() {
    for more in ["", r#","_meta":{}"#] {
        let client = connect(ERAS[0]).await;
        let started = Rc::new(RefCell::new(Vec::new()));
        let (own, kept) = (client.clone(), started.clone());
        let cancel = Rc::new(RefCell::new(None::<mcp_wasm::client::CallHandle>));
        let handle = cancel.clone();
        let heard = Rc::new(Cell::new(0));
        let count = heard.clone();
        let call = client
            .call_tool("tool", ())
            .on_progress(move |progress| {
                count.set(count.get() + 1);
                kept.borrow_mut().push(own.call_tool("next", ()).start());
                if progress.progress > 1.0 {
                    handle.borrow().as_ref().unwrap().cancel("enough");
                }
            })
            .start();
        cancel.replace(Some(call.handle()));
        let (id, _) = request("tools/call").await;
        progress(id, &format!(r#""progress":1{more}"#));
        progress(id, &format!(r#""progress":2{more}"#));
        progress(id, &format!(r#""progress":3{more}"#));
        assert_eq!(heard.get(), 2);
        request("tools/call").await;
        request("tools/call").await;
        let (_, cancelled) = request("notifications/cancelled").await;
        assert_eq!(get(&cancelled, "params.requestId"), number(id));
        assert_eq!(get(&cancelled, "params.reason"), "enough");
        let error = call.await.unwrap_err();
        assert_eq!(error.to_string(), "tools/call tool was aborted: enough");

        let own = client.clone();
        let last = client
            .call_tool("last", ())
            .on_progress(move |_| {
                wasm_bindgen_futures::spawn_local({
                    let own = own.clone();
                    async move { own.close().await }
                });
            })
            .start();
        let (id, _) = request("tools/call").await;
        progress(id, &format!(r#""progress":1{more}"#));
        assert_eq!(last.await.unwrap_err().code(), "CLOSED");
        assert!(is_closed());
    }
}

#[wasm_bindgen_test]
async fn what_comes_while_a_handler_runs_waits_and_a_cancel_drops_it() {
    for more in ["", r#","_meta":{}"#] {
        let client = connect(ERAS[0]).await;
        let heard = Rc::new(RefCell::new(Vec::new()));
        let own = heard.clone();
        let cancel = Rc::new(RefCell::new(None::<mcp_wasm::client::CallHandle>));
        let handle = cancel.clone();
        let call = client
            .call_tool("tool", ())
            .on_progress(move |Progress { progress: now, .. }| {
                own.borrow_mut().push(now);
                let handle = handle.borrow();
                let handle = handle.as_ref().unwrap();
                // The server answers before this returns.
                progress(1 + 1, &format!(r#""progress":{}"#, now + 1.0));
                assert_eq!(own.borrow().last(), Some(&now), "none inside another");
                if now > 2.0 {
                    handle.cancel(None);
                }
            })
            .start();
        assert_eq!(call.id(), Some(2));
        cancel.replace(Some(call.handle()));
        progress(2, &format!(r#""progress":1{more}"#));
        assert_eq!(*heard.borrow(), [1.0, 2.0, 3.0]);
        assert_eq!(call.await.unwrap_err().code(), "ABORTED");
    }
}

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const DISCOVERED: &str =
    r#"{"jsonrpc":"2.0","id":ID,"result":{"supportedVersions":["2026-07-28"],"capabilities":{}}}"#;

/// A stream of events.
fn events(messages: &[&str]) -> String {
    messages.iter().flat_map(|message| ["data: ", message, "\n\n"]).collect()
}

#[wasm_bindgen_test]
async fn over_http_headers_are_added_and_progress_comes_from_the_stream() {
    install_fetch();
    will_answer(200, JSON, DISCOVERED);
    let count = Cell::new(0);
    let client = Client::connect("http://scripted/mcp")
        .header("x-own", "fixed")
        .header("mcp-method", "not for you")
        .headers_with(move || {
            count.set(count.get() + 1);
            vec![("x-own".to_owned(), format!("token {}", count.get()))]
        })
        .await
        .unwrap();
    let report = |n: u32, more: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":ID,"progress":{n}{more}}}}}"#
        )
    };
    let result = r#"{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"ö"}]}}"#;
    let odd = report(2, r#","message":"zwölf""#);
    let stream = [report(1, r#","message":"one""#), odd, report(3, ""), result.to_owned()];
    let stream: Vec<&str> = stream.iter().map(String::as_str).collect();
    will_answer(200, EVENTS, &events(&stream));
    let (handler, heard) = recorder();
    let result = client.call_tool("tool", ()).on_progress(handler).await.unwrap();
    assert_eq!(result.text(), "ö");
    let texts: Vec<String> = heard.borrow().iter().map(Progress::to_string).collect();
    assert_eq!(texts, ["1 - one", "2 - zwölf", "3"]);
    assert_eq!(
        fetched(),
        ["POST server/discover token 1 server/discover", "POST tools/call token 2 tools/call"]
    );

    // A stream that ends without the answer.
    will_answer(200, EVENTS, &events(&[&report(1, "")]));
    let error = client.call_tool("tool", ()).silent().await.unwrap_err();
    assert!(matches!(error, Error::Closed { may_have_run: true, .. }), "{error}");
    assert!(error.to_string().starts_with("tools/call tool: the stream of its answer ended"));
    will_answer(503, "text/plain", "come back later");
    let error = client.call_tool("tool", ()).await.unwrap_err();
    assert_eq!(error.to_string(), "tools/call tool: HTTP status 503: come back later");
}

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":ID,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"scripted","version":"1"}}}"#;

/// A connection to a legacy server whose own stream opens when it is let.
fn to_legacy() -> Connect {
    install_fetch();
    hold_stream();
    will_answer(200, JSON, INITIALIZED);
    will_answer(202, "", "");
    Client::connect("http://scripted/mcp").mode(Mode::Legacy)
}

/// What is there when the server's own stream is, and not sooner, unless the machine is so busy that
/// the stream is waited for no longer: the client's clock for that runs since it connected, which was
/// after the stream was held.
async fn comes_with_stream<F: Future + Unpin>(mut what: F) -> F::Output {
    let waits = || held_for() < 130.0;
    later(20.0).await;
    if let Some(early) = futures_util::future::poll_immediate(&mut what).await {
        assert!(!waits(), "what the server says right after would be lost");
        return early;
    }
    open_stream();
    later(20.0).await;
    if let Some(there) = futures_util::future::poll_immediate(&mut what).await {
        return there;
    }
    assert!(!waits(), "the head of the stream is there, which brings nothing");
    what.await
}

#[wasm_bindgen_test]
async fn over_http_who_listens_to_nothing_is_connected_before_the_servers_own_stream_is_there() {
    let client = to_legacy().await.unwrap();
    assert_eq!(fetched(), ["POST initialize  ", "POST notifications/initialized  ", "GET   "]);
    let call = client.call_tool("tool", ()).silent().start();
    will_answer(200, JSON, r#"{"jsonrpc":"2.0","id":ID,"result":{"tools":[]}}"#);
    client.list_tools().await.unwrap();
    assert_eq!(fetched().last().unwrap(), "POST tools/list  ", "what it reports may be lost");
    will_answer(200, JSON, r#"{"jsonrpc":"2.0","id":ID,"result":{"content":[]}}"#);
    comes_with_stream(call).await.unwrap();
    assert_eq!(fetched().last().unwrap(), "POST tools/call  ");
}

#[wasm_bindgen_test]
async fn over_http_who_listens_is_connected_with_the_servers_own_stream() {
    let hears = to_legacy().on_log(|_| {}).into_future();
    assert!(comes_with_stream(hears).await.unwrap().is_connected());
    let hears = to_legacy().on_notification(|_, _| {}).into_future();
    assert!(comes_with_stream(hears).await.unwrap().is_connected());
    let answers = to_legacy().on_request("roots/list", async |_: u8| Ok(0)).into_future();
    assert!(comes_with_stream(answers).await.unwrap().is_connected());
}

#[wasm_bindgen_test]
async fn over_http_a_subscription_is_acknowledged_with_the_servers_own_stream() {
    let client = to_legacy().await.unwrap();
    let listening = client.listen(BTreeMap::from([("toolsListChanged", true)])).into_future();
    let subscription = comes_with_stream(listening).await.unwrap();
    assert_eq!(json(subscription.honored()), r#"{"toolsListChanged":true}"#);
}

#[wasm_bindgen_test]
async fn over_http_a_stream_that_never_comes_is_waited_for_no_longer_than_a_moment() {
    let client = to_legacy().await.unwrap();
    let filter = BTreeMap::from([("toolsListChanged", true)]);
    let _subscription = client.listen(filter).await.unwrap();
    let client = to_legacy().connect_timeout(Duration::from_secs(5)).on_log(|_| {}).await.unwrap();
    will_answer(200, JSON, r#"{"jsonrpc":"2.0","id":ID,"result":{"content":[]}}"#);
    client.call_tool("tool", ()).silent().await.unwrap();
}

#[wasm_bindgen_test]
async fn over_http_what_keeps_a_client_from_connecting_is_said() {
    install_fetch();
    will_answer(401, "text/plain", "who are you?");
    let error = Client::connect("http://scripted/mcp").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "connecting to http://scripted/mcp: HTTP status 401: who are you?"
    );
    let error = Client::connect("http://scripted/mcp").mode(Mode::Pin(Version::LATEST)).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, Error::Closed { cause: Some(cause), .. } if get(cause, "message") == "no network")
    );
    assert!(error.to_string().contains("the network, or the server's CORS rules"), "{error}");
}

#[wasm_bindgen_test]
async fn rule_7_both_clocks_end_a_call_and_tell_the_server() {
    let client = connect(ERAS[1]).await;
    let short = Duration::from_millis(60);

    let call = client.call_tool("tool", ()).silent().timeout(short).start();
    let (id, _) = request("tools/call").await;
    let error = call.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call tool: no answer and no progress within 60 ms (`timeout`)"
    );
    let (_, cancelled) = request("notifications/cancelled").await;
    assert_eq!(get(&cancelled, "params.requestId"), number(id));

    let (handler, heard) = recorder();
    let call = client.call_tool("tool", ()).on_progress(handler).timeout(Duration::MAX);
    let call = call.max_total_timeout(short).start();
    let (id, _) = request("tools/call").await;
    progress(id, r#""progress":1"#);
    let error = call.await.unwrap_err();
    assert!(matches!(error, Error::Timeout { clock: Clock::Total, .. }), "{error:?}");
    request("notifications/cancelled").await;
    progress(id, r#""progress":2"#);
    assert_eq!(heard.borrow().len(), 1, "none after the timeout");
}

#[wasm_bindgen_test]
async fn rule_8_dropping_a_call_gives_it_up_and_the_server_is_told() {
    for url in ERAS {
        let client = connect(url).await;
        let (handler, heard) = recorder();
        let call = client.call_tool("tool", ()).on_progress(handler).into_future();
        let (id, _) = request("tools/call").await;
        drop(call);
        let (_, cancelled) = request("notifications/cancelled").await;
        assert_eq!(get(&cancelled, "params.requestId"), number(id));
        progress(id, r#""progress":1"#);
        assert!(heard.borrow().is_empty());
        assert_eq!(Rc::strong_count(&heard), 1, "the handler is gone");

        // A call that has its answer is not given up any more.
        let call = client.ping().start();
        let (id, _) = request(if url == ERAS[0] { "server/discover" } else { "ping" }).await;
        let handle = call.handle();
        answer(id, "{}");
        handle.cancel(None);
        call.await.unwrap();
        assert_eq!(left(), 0);
    }
}

#[wasm_bindgen_test]
async fn rule_8_a_lost_connection_fails_its_calls_at_once() {
    install();
    let ended = Rc::new(RefCell::new(String::new()));
    let told = ended.clone();
    let client = Client::connect(ERAS[0])
        .on_close(move |error| *told.borrow_mut() = error.to_string())
        .await
        .unwrap();
    let call = client.call_tool("tool", ()).start();
    request("tools/call").await;
    hang_up(1011, "on fire");
    let error = call.await.unwrap_err();
    assert!(matches!(error, Error::Closed { may_have_run: true, .. }));
    let expected =
        "the WebSocket closed with code 1011: on fire; the server may have carried it out";
    assert_eq!(error.to_string(), format!("tools/call tool: {expected}"));
    assert_eq!(*ended.borrow(), format!("the connection: {expected}"));
    assert!(!client.is_connected());
    let error = client.call_tool("tool", ()).await.unwrap_err();
    assert!(matches!(error, Error::Closed { may_have_run: false, .. }), "{error}");
}

#[derive(Serialize)]
struct Job {
    name: &'static str,
    steps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    labels: BTreeMap<&'static str, f64>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Done {
    processed: u32,
    results: Vec<Option<String>>,
}

#[wasm_bindgen_test]
async fn arguments_and_results_are_rust_values() {
    let client = connect(ERAS[0]).await;
    let job = Job { name: "a", steps: 3, note: None, labels: BTreeMap::from([("x", 0.5)]) };
    let call = client.call_tool("run", &job).start();
    let (id, message) = request("tools/call").await;
    assert_eq!(
        json(&get(&message, "params.arguments")),
        r#"{"name":"a","steps":3,"labels":{"x":0.5}}"#
    );
    let result = r#"{"content":[{"type":"text","text":"ok"},{"type":"odd","x":1}],"more":true,
        "structuredContent":{"processed":2,"results":["ö",null],"unknown":1}}"#;
    answer(id, result);
    let result = call.await.unwrap();
    let done: Done = result.structured().unwrap();
    assert_eq!(done, Done { processed: 2, results: vec![Some("ö".to_owned()), None] });
    assert_eq!(result.text(), "ok");
    assert!(matches!(&result.content[1], Content::Other(block) if get(block, "x") == 1.0));
    assert_eq!(get(&result.raw, "more"), true);

    let misfit = result.structured::<Vec<u8>>().unwrap_err();
    assert_eq!((misfit.code(), misfit.call()), ("INVALID_OUTPUT", "tools/call run"));

    for call in [client.call_tool("run", 7), client.call_tool("run", vec!["a"])] {
        let error = call.await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "tools/call run: the arguments are no object: give a struct or a map"
        );
        assert_eq!(error.code(), "INVALID_ARGUMENT");
    }
    assert_eq!(left(), 0, "nothing was sent");
}

#[wasm_bindgen_test]
async fn a_tools_failure_is_a_result_and_the_protocols_is_an_error() {
    let client = connect(ERAS[0]).await;
    let call = client.call_tool("fail", ()).start();
    let (id, _) = request("tools/call").await;
    answer(id, r#"{"content":[{"type":"text","text":"no disk"}],"isError":true}"#);
    let result = call.await.unwrap();
    assert!(result.is_error);
    let error = result.structured::<Done>().unwrap_err();
    assert_eq!(error.to_string(), "tools/call fail failed: no disk");
    assert!(matches!(result.success(), Err(Error::Tool { .. })));

    let call = client.call_tool("none", ()).start();
    let (id, _) = request("tools/call").await;
    say(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"message":"no such tool","data":[1]}}}}"#
    ));
    let error = call.await.unwrap_err();
    assert_eq!(error.to_string(), "tools/call none: no such tool (-32602)");
    assert!(matches!(&error, Error::Rpc { code: -32602, data: Some(_), .. }));
    let thrown = JsValue::from(error);
    assert_eq!(get(&thrown, "code"), "RPC_ERROR");
    assert_eq!(get(&thrown, "message"), "tools/call none: no such tool (-32602)");
}

#[wasm_bindgen_test]
async fn lists_come_with_all_their_pages() {
    let client = connect(ERAS[1]).await;
    let call = client.list_tools().start();
    let (id, _) = request("tools/list").await;
    answer(
        id,
        r#"{"tools":[{"name":"a","inputSchema":{"type":"object"},"icons":null}],"nextCursor":"2"}"#,
    );
    let pages = async {
        let (id, message) = request("tools/list").await;
        assert_eq!(get(&message, "params.cursor"), "2");
        answer(id, r#"{"tools":[{"name":"b","annotations":{"readOnlyHint":true}}]}"#);
    };
    let (tools, ()) = futures_util::future::join(call, pages).await;
    let tools = tools.unwrap();
    assert_eq!(tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(get(&tools[0].input_schema, "type"), "object");
    assert_eq!(tools[1].annotations.as_ref().unwrap().read_only_hint, Some(true));

    let endless = async {
        for _ in 0..2 {
            let (id, _) = request("prompts/list").await;
            answer(id, r#"{"prompts":[],"nextCursor":"again"}"#);
        }
    };
    let (prompts, ()) = futures_util::future::join(client.list_prompts().start(), endless).await;
    assert_eq!(prompts.unwrap_err().code(), "ENDLESS_PAGES");
}

#[wasm_bindgen_test]
async fn prompts_and_any_other_request() {
    let client = connect(ERAS[0]).await;
    let call = client.get_prompt("greet", BTreeMap::from([("who", "Ada")])).start();
    let (id, message) = request("prompts/get").await;
    assert_eq!(get(&message, "params.arguments.who"), "Ada");
    answer(id, r#"{"messages":[{"role":"user","content":{"type":"text","text":"Hello, Ada"}}]}"#);
    let prompt = call.await.unwrap();
    assert_eq!(prompt.messages[0].content.as_text(), Some("Hello, Ada"));

    let call = client.request::<BTreeMap<String, u8>>("x/count", ()).start();
    let (id, _) = request("x/count").await;
    answer(id, r#"{"n":3}"#);
    assert_eq!(call.await.unwrap()["n"], 3);

    client.notify("notifications/x", BTreeMap::from([("n", 1)])).unwrap();
    let (_, message) = request("notifications/x").await;
    assert_eq!(get(&message, "params.n").as_f64(), Some(1.0));
}

#[wasm_bindgen_test]
async fn log_messages_reach_their_handler_in_both_eras() {
    for url in ERAS {
        install();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let (logs, all) = (heard.clone(), Rc::new(Cell::new(0)));
        let count = all.clone();
        let client = Client::connect(url)
            .on_log(move |log| logs.borrow_mut().push((log.level, log.logger.clone(), log.text())))
            .on_notification(move |_, _| count.set(count.get() + 1))
            .await
            .unwrap();
        let tell = |data: &str| {
            say(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"warning","logger":"disk","data":{data}}}}}"#
            ));
        };
        tell(r#""almost full""#);
        tell(r#"{"free":3}"#);
        let disk = || Some("disk".to_owned());
        assert_eq!(
            *heard.borrow(),
            [
                (Level::Warning, disk(), "almost full".to_owned()),
                (Level::Warning, disk(), r#"{"free":3}"#.to_owned())
            ]
        );
        assert_eq!(all.get(), 2);

        // The level goes with every request, or to a server that keeps it.
        let legacy = client.era() == Some(Era::Legacy);
        let asks = async {
            if legacy {
                let (id, message) = request("logging/setLevel").await;
                assert_eq!(get(&message, "params.level"), "error");
                answer(id, "{}");
            }
        };
        let (set, ()) = futures_util::future::join(client.set_log_level(Level::Error), asks).await;
        set.unwrap();
        if !legacy {
            let _call = client.call_tool("tool", ()).start();
            let (_, message) = request("tools/call").await;
            let meta = get(&message, "params._meta");
            assert_eq!(
                Reflect::get(&meta, &"io.modelcontextprotocol/logLevel".into()).unwrap(),
                "error"
            );
        }
    }
}

#[wasm_bindgen_test]
async fn a_socket_that_ends_with_its_authorization_is_opened_again_unless_it_has_just_begun() {
    for url in ERAS {
        let client = connect(url).await;
        later(1_100.0).await;
        let interrupted = client.call_tool("tool", ()).start();
        request("tools/call").await;
        hang_up(4401, "come back");
        let error = interrupted.await.unwrap_err();
        assert!(matches!(error, Error::Closed { may_have_run: true, .. }), "{error:?}");
        let call = client.call_tool("tool", ()).start();
        let (id, _) = request("tools/call").await;
        assert_eq!(connections(), 2);
        answer(id, r#"{"content":[]}"#);
        call.await.unwrap();

        let last = client.call_tool("tool", ()).start();
        request("tools/call").await;
        hang_up(4401, "come back");
        let error = last.await.unwrap_err();
        assert!(matches!(error, Error::AuthRequired { may_have_run: true, .. }), "{error:?}");
        assert_eq!((error.code(), connections()), ("AUTH_REQUIRED", 2));
    }
}

#[wasm_bindgen_test]
async fn rule_13_both_eras_are_found_out() {
    let modern = connect(ERAS[0]).await;
    assert_eq!(modern.era(), Some(Era::Modern));
    assert_eq!(modern.instructions().as_deref(), Some("be kind"));
    let legacy = connect(ERAS[1]).await;
    assert_eq!(legacy.protocol_version().map(Version::as_str), Some("2025-11-25"));
    assert_eq!(legacy.server_info().map(|info| info.name).as_deref(), Some("scripted"));
    let deaf = connect("ws://scripted/deaf").await;
    assert_eq!((deaf.era(), connections()), (Some(Era::Legacy), 2));
    install();
    let forced = Client::connect(ERAS[1]).mode(Mode::Legacy).await.unwrap();
    let call = forced.ping().start();
    let (id, _) = request("ping").await;
    assert_eq!(id, 2, "no probe came before");
    answer(id, "{}");
    call.await.unwrap();
}

#[wasm_bindgen_test]
async fn what_keeps_a_client_from_connecting_is_said() {
    install();
    let error = Client::connect("ws://scripted/stranger").await.unwrap_err();
    assert_eq!(error.code(), "PROTOCOL_ERROR");
    assert!(error.to_string().contains("did not select the subprotocol \"mcp\""), "{error}");
    let error = Client::connect("ws://scripted/gone").await.unwrap_err();
    assert!(
        error.to_string().starts_with("connecting to ws://scripted/gone: it could not be opened")
    );
    assert!(matches!(error, Error::Closed { may_have_run: false, .. }));
    for url in ["ftp://example.com/", "http://["] {
        assert_eq!(Client::connect(url).await.unwrap_err().code(), "INVALID_ARGUMENT");
    }
}

#[wasm_bindgen_test]
async fn without_subprotocols_the_server_need_not_select_one() {
    install();
    let client = Client::connect("ws://scripted/stranger").protocols::<String>([]).await.unwrap();
    assert!(client.is_connected());
    assert!(!is_closed());
}

#[wasm_bindgen_test]
async fn a_message_that_is_too_large_fails_its_call_and_nothing_else() {
    let faults = Rc::new(RefCell::new(Vec::new()));
    for url in ERAS {
        install();
        let told = Rc::clone(&faults);
        let client = Client::connect(url)
            .max_message_size(1_000)
            .on_error(move |error| told.borrow_mut().push(error.code()))
            .await
            .unwrap();
        // Three bytes a character, and what is around them.
        let name = "\u{4e2d}".repeat(333);
        let error = client.call_tool(&name, ()).await.unwrap_err();
        assert_eq!(error.code(), "MESSAGE_TOO_LARGE");
        assert!(error.to_string().contains("1000 bytes"), "{error}");
        let call = client.call_tool("tool", ()).start();
        let other = client.call_tool("tool", ()).start();
        let (id, _) = request("tools/call").await;
        let (second, _) = request("tools/call").await;
        answer(id, &format!("{{\"content\":[],\"id\":{second},\"x\":\"{}\"}}", "x".repeat(1_000)));
        assert_eq!(call.await.unwrap_err().code(), "MESSAGE_TOO_LARGE");
        say(&format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{{\"x\":\"{}\"}}}}",
            "x".repeat(1_000)
        ));
        assert_eq!(faults.take(), ["MESSAGE_TOO_LARGE"]);
        answer(second, "{\"content\":[]}");
        other.await.unwrap();
        assert!(client.is_connected());
    }
}

#[wasm_bindgen_test]
async fn over_http_an_answer_that_is_too_large_fails_its_call() {
    install_fetch();
    let found = r#"{"jsonrpc":"2.0","id":ID,"result":{"supportedVersions":["2026-07-28"],"capabilities":{}}}"#;
    will_answer(200, "application/json", found);
    let client = Client::connect("https://scripted/mcp").max_message_size(1_000).await.unwrap();
    let large = "x".repeat(1_000);
    let message = format!(r#"{{"jsonrpc":"2.0","id":ID,"result":{{"content":[],"x":"{large}"}}}}"#);
    for (kind, body) in [
        ("application/json", message.clone()),
        ("text/event-stream", format!("data: {message}\n\n")),
    ] {
        will_answer(200, kind, &body);
        let error = client.call_tool("tool", ()).await.unwrap_err();
        assert_eq!(error.code(), "MESSAGE_TOO_LARGE", "{kind}: {error}");
    }
    assert!(client.is_connected());
    // What is not read to its end would hold a connection.
    assert_eq!(broken_off()[1..], [1, 1]);
}

#[wasm_bindgen_test]
async fn over_http_only_what_is_asked_by_get_names_a_cache() {
    // Otherwise browsers would ask a server of another origin for leave before each message.
    let client = to_legacy().await.unwrap();
    assert_eq!(fetched().last().unwrap(), "GET   ");
    assert_eq!(caches(), ["", "", "no-store"]);
    drop(client);
}

#[wasm_bindgen_test]
async fn over_http_a_stream_that_breaks_off_is_left_alone_as_long_as_one_of_a_server_that_is_there()
{
    let client = to_legacy().await.unwrap();
    open_stream();
    later(20.0).await;
    will_answer(200, EVENTS, "id: 7\ndata:\n\nBREAKS");
    let call = client.call_tool("tool", ()).silent().start();
    later(600.0).await;
    assert_eq!(fetched().last().unwrap(), "POST tools/call  ", "nobody has refused anything");
    drop(call);
}

#[wasm_bindgen_test]
async fn the_connection_ends_with_the_last_handle() {
    let client = connect(ERAS[0]).await;
    let other = client.clone();
    let call = client.call_tool("tool", ()).start();
    request("tools/call").await;
    drop((client, other));
    assert!(!is_closed(), "a call still needs it");
    drop(call);
    assert!(is_closed());

    // Nor does it outlive a connection that nobody waits for any more.
    install();
    let connecting = Client::connect(ERAS[0]).into_future();
    drop(connecting);
    assert!(is_closed());
}

/// Waits for what was put off to run.
async fn turn() {
    wasm_bindgen_futures::JsFuture::from(js_sys::Promise::resolve(&JsValue::UNDEFINED))
        .await
        .unwrap();
}

/// A value that says when it is dropped.
struct Dropped(Rc<RefCell<u32>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        *self.0.borrow_mut() += 1;
    }
}

#[wasm_bindgen_test]
async fn what_a_server_takes_back_or_needs_no_more_runs_no_longer() {
    install();
    let (asked, dropped) = (Rc::new(RefCell::new(0)), Rc::new(RefCell::new(0)));
    let (of, gone) = (Rc::clone(&asked), Rc::clone(&dropped));
    let client = Client::connect(ERAS[1])
        .on_request("elicitation/create", move |_: serde::de::IgnoredAny| {
            *of.borrow_mut() += 1;
            let guard = Dropped(Rc::clone(&gone));
            async move {
                std::future::pending::<()>().await;
                drop(guard);
                Ok(())
            }
        })
        .await
        .unwrap();
    let question = |id: &str| {
        say(&format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","method":"elicitation/create","params":{{"message":"m"}}}}"#
        ));
    };
    question("one");
    say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"one"}}"#);
    turn().await;
    turn().await;
    assert_eq!((*asked.borrow(), *dropped.borrow()), (1, 1), "taken back");
    // And one that a call made the server ask goes with the call.
    let call = client.call_tool("tool", ()).start();
    let (id, _) = request("tools/call").await;
    question("two");
    answer(id, "{\"content\":[]}");
    call.await.unwrap();
    turn().await;
    turn().await;
    assert_eq!((*asked.borrow(), *dropped.borrow()), (2, 2), "withdrawn");
    let told: JsValue = next().await;
    assert_eq!(json(&get(&told, "id")), "\"two\"");
    assert_eq!(get(&told, "error.code").as_f64(), Some(-32603.0));
    question("three");
    client.close().await;
    turn().await;
    turn().await;
    assert_eq!((*asked.borrow(), *dropped.borrow()), (3, 3), "the connection has ended");
}

#[wasm_bindgen_test]
async fn a_refusal_of_sampling_and_the_defaults_of_a_form_are_those_of_the_package() {
    #[derive(serde::Serialize)]
    struct Accepted {
        action: &'static str,
    }
    install();
    let client = Client::connect(ERAS[1])
        .on_request("sampling/createMessage", |_: serde::de::IgnoredAny| async {
            Err::<(), _>("not today".to_owned())
        })
        .on_request("elicitation/create", |_: serde::de::IgnoredAny| async {
            Ok(Accepted { action: "accept" })
        })
        .await
        .unwrap();
    say(r#"{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}}"#);
    let told = next().await;
    assert_eq!(json(&get(&told, "error")), r#"{"code":-1,"message":"not today"}"#);
    say(
        r#"{"jsonrpc":"2.0","id":2,"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{"a":{"default":7},"b":{}}}}}"#,
    );
    let told = next().await;
    assert_eq!(json(&get(&told, "result")), r#"{"action":"accept","content":{"a":7}}"#);
    drop(client);
}

#[wasm_bindgen_test]
async fn news_reaches_a_subscription_in_both_eras() {
    for url in ERAS {
        let client = connect(url).await;
        let heard = Rc::new(RefCell::new(Vec::new()));
        let told = Rc::clone(&heard);
        let filter = std::collections::HashMap::from([("toolsListChanged", true)]);
        let listening = client
            .listen(filter)
            .on_notification(move |method, _| told.borrow_mut().push(method))
            .into_future();
        let modern = url == ERAS[0];
        let id = if modern {
            let (id, _) = request("subscriptions/listen").await;
            say(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"notifications":{{"toolsListChanged":true}},"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}}}}}"#
            ));
            id
        } else {
            0
        };
        let subscription = listening.await.unwrap();
        if modern {
            assert_eq!(json(subscription.honored()), r#"{"toolsListChanged":true}"#);
            say(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}}}}}"#
            ));
            assert_eq!(*heard.borrow(), ["notifications/tools/list_changed"]);
            answer(id, "{}");
            subscription.await.unwrap();
        } else {
            // This one declares nothing, so it will tell of nothing.
            assert_eq!(json(subscription.honored()), "{}");
            drop(subscription);
        }
        assert!(client.is_connected());
    }
}

#[wasm_bindgen_test]
async fn odd_progress_and_a_call_that_stalls_are_told() {
    for url in ERAS {
        install();
        let odd = Rc::new(RefCell::new(Vec::new()));
        let told = Rc::clone(&odd);
        let client = Client::connect(url)
            .on_odd_progress(move |oddity, _| told.borrow_mut().push(oddity))
            .await
            .unwrap();
        let stalled = Rc::new(RefCell::new(Vec::new()));
        let hears = Rc::clone(&stalled);
        let call = client
            .call_tool("tool", ())
            .silent()
            .stall_after(Duration::from_millis(20))
            .on_stalled(move |is| hears.borrow_mut().push(is))
            .start();
        let (id, _) = request("tools/call").await;
        progress(999, r#""progress":1"#);
        assert_eq!(*odd.borrow(), [mcp_wasm::client::Oddity::Unknown]);
        for _ in 0..200 {
            if call.is_stalled() {
                break;
            }
            let wait = js_sys::Promise::new(&mut |resolve, _| {
                let global = js_sys::global();
                let timer = js_sys::Reflect::get(&global, &"setTimeout".into()).unwrap();
                let timer: js_sys::Function = wasm_bindgen::JsCast::unchecked_into(timer);
                timer.call2(&JsValue::NULL, &resolve, &10.into()).unwrap();
            });
            wasm_bindgen_futures::JsFuture::from(wait).await.unwrap();
        }
        assert!(call.is_stalled());
        progress(id, r#""progress":1"#);
        assert!(!call.is_stalled());
        assert_eq!(*stalled.borrow(), [true, false]);
        answer(id, "{\"content\":[]}");
        call.await.unwrap();
    }
}
