//! The binding in a real browser, driven as the npm package drives it, with JavaScript callbacks:
//! `wasm-pack test --headless --chrome` (or `--firefox`).
#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use mcp_wasm::wasm::Core;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/web/driver.js")]
extern "C" {
    type Driver;

    #[wasm_bindgen(constructor)]
    fn new(core: Core) -> Driver;
    #[wasm_bindgen(method)]
    fn call(this: &Driver, name: &str, limits: JsValue, handler: &Function) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &Driver, id: f64, reason: &str);
    #[wasm_bindgen(method)]
    fn close(this: &Driver);
    #[wasm_bindgen(method)]
    fn tick(this: &Driver, now: f64);
    #[wasm_bindgen(method)]
    fn deadline(this: &Driver) -> f64;
    #[wasm_bindgen(method)]
    fn counts(this: &Driver) -> JsValue;
    #[wasm_bindgen(method)]
    fn frame(this: &Driver, text: &str, scanned: bool) -> String;
    #[wasm_bindgen(method, getter)]
    fn sent(this: &Driver) -> Array;
    #[wasm_bindgen(method, getter)]
    fn faults(this: &Driver) -> Array;
    #[wasm_bindgen(method, getter)]
    fn connected(this: &Driver) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn disconnected(this: &Driver) -> JsValue;
}

/// A value that serde can write, as `JSON.parse` would make it.
fn js(value: &impl Serialize) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap()
}

fn get(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, key| Reflect::get(&value, &key.into()).unwrap())
}

fn text(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

/// A machine in the given mode whose handshake a scripted server has answered.
fn connected(mode: &str) -> Driver {
    let options = Object::new();
    Reflect::set(&options, &"mode".into(), &mode.into()).unwrap();
    let driver = Driver::new(Core::new(options.into()).unwrap());
    let first = driver.sent().get(0);
    let id = text(&get(&first, "id"));
    let result = match get(&first, "method").as_string().unwrap().as_str() {
        "server/discover" => r#"{"supportedVersions":["2026-07-28"],"capabilities":{}}"#,
        _ => {
            r#"{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}"#
        }
    };
    driver.frame(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#), false);
    assert!(driver.connected().is_object(), "connected");
    driver
}

const ERAS: [&str; 2] = ["auto", "legacy"];

/// A function of JavaScript's that keeps what it is called with.
fn recorder() -> (Function, Array) {
    let seen = Array::new();
    let make = Function::new_with_args("seen", "return (...all) => void seen.push(all)");
    (make.call1(&JsValue::NULL, &seen).unwrap().unchecked_into(), seen)
}

fn progress(token: &str, rest: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},{rest}}}}}"#
    )
}

fn id_of(call: &Promise) -> f64 {
    get(call, "id").as_f64().unwrap()
}

fn answer(driver: &Driver, id: f64, result: &str) {
    driver.frame(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#), true);
}

fn no_limits() -> JsValue {
    Object::new().into()
}

#[wasm_bindgen_test]
fn rule_1_every_call_carries_its_id_as_token() {
    for mode in ERAS {
        let driver = connected(mode);
        let call = driver.call("tool", no_limits(), &Function::new_no_args(""));
        let request = driver.sent().pop();
        assert_eq!(get(&request, "params._meta.progressToken").as_f64(), Some(id_of(&call)));
        assert_eq!(get(&request, "id").as_f64(), Some(id_of(&call)));
    }
}

#[wasm_bindgen_test]
async fn rule_3_all_progress_arrives_in_order_before_the_promise_settles() {
    for mode in ERAS {
        for scanned in [true, false] {
            let driver = connected(mode);
            let (handler, seen) = recorder();
            let call = driver.call("tool", no_limits(), &handler);
            let token = id_of(&call).to_string();
            for i in 0..100 {
                driver.frame(&progress(&token, &format!(r#""progress":{i},"total":100"#)), scanned);
            }
            answer(&driver, id_of(&call), r#"{"content":[]}"#);
            JsFuture::from(call).await.unwrap();
            assert_eq!(seen.length(), 100);
            for (i, one) in (0_u32..).zip(seen.iter()) {
                assert_eq!(Array::from(&one).get(0).as_f64(), Some(f64::from(i)));
            }
        }
    }
}

#[wasm_bindgen_test]
fn rule_4_numbers_and_messages_pass_unchanged_on_both_paths() {
    let cases = [
        (r#""progress":0.0"#, "[0,null,null]"),
        (r#""progress":55.00000000000001,"total":100"#, "[55.00000000000001,100,null]"),
        (r#""progress":1,"total":0"#, "[1,0,null]"),
        (r#""progress":-1e-7,"message":"half a ton""#, r#"[-1e-7,null,"half a ton"]"#),
        (r#""progress":2,"message":"Größe \"1\"""#, r#"[2,null,"Größe \"1\""]"#),
        (r#""progress":3,"message":"größer 🚀","_meta":{"a":[1]}"#, r#"[3,null,"größer 🚀"]"#),
        (r#""progress":1e21,"total":14.285714285714286"#, "[1e+21,14.285714285714286,null]"),
    ];
    let driver = connected("auto");
    for (members, expected) in cases {
        for scanned in [true, false] {
            let (handler, seen) = recorder();
            let call = driver.call("tool", no_limits(), &handler);
            let frame = progress(&id_of(&call).to_string(), members);
            driver.frame(&frame, scanned);
            assert_eq!(text(&seen.get(0)), expected, "{members}, scanned: {scanned}");
        }
    }
}

#[wasm_bindgen_test]
fn rule_5_tokens_are_compared_by_type_and_strangers_are_counted() {
    let driver = connected("auto");
    let (handler, seen) = recorder();
    let call = driver.call("tool", no_limits(), &handler);
    let id = id_of(&call);
    // A text that is the call's own integer is its token all the same, and counted.
    driver.frame(&progress(&format!("\"{id}\""), r#""progress":1"#), true);
    assert_eq!(seen.length(), 1);
    for token in [format!("\"0{id}\""), "0".to_owned(), "99".to_owned(), "true".to_owned()] {
        driver.frame(&progress(&token, r#""progress":1"#), true);
    }
    answer(&driver, id, "{}");
    driver.frame(&progress(&id.to_string(), r#""progress":1"#), true);
    assert_eq!(seen.length(), 1);
    let counts = driver.counts();
    assert_eq!(get(&counts, "coerced").as_f64(), Some(1.0));
    assert_eq!(get(&counts, "unknown").as_f64(), Some(3.0));
    assert_eq!(get(&counts, "malformed").as_f64(), Some(1.0));
    assert_eq!(get(&counts, "late").as_f64(), Some(1.0));
}

#[wasm_bindgen_test]
async fn rule_6_a_callback_that_throws_breaks_nothing() {
    let driver = connected("auto");
    let handler = Function::new_no_args("throw new Error('mine')");
    let call = driver.call("tool", no_limits(), &handler);
    let id = id_of(&call);
    driver.frame(&progress(&id.to_string(), r#""progress":1"#), true);
    driver.frame(&progress(&id.to_string(), r#""progress":2,"_meta":{}"#), false);
    answer(&driver, id, r#"{"content":[]}"#);
    JsFuture::from(call).await.unwrap();
    assert_eq!(driver.faults().length(), 2);
}

#[wasm_bindgen_test]
async fn a_callback_may_call_tools_and_cancel() {
    let driver: JsValue = connected("auto").into();
    let make = Function::new_with_args(
        "driver",
        "return (progress) => { driver.last = driver.call('next', {}, () => {}); if (progress > 1) driver.cancel(driver.first, 'enough'); }",
    );
    let handler: Function = make.call1(&JsValue::NULL, &driver).unwrap().unchecked_into();
    let page: &Driver = driver.unchecked_ref();
    let call = page.call("tool", no_limits(), &handler);
    let id = id_of(&call);
    Reflect::set(&driver, &"first".into(), &id.into()).unwrap();
    for (value, scanned) in [("1", true), ("2", false)] {
        page.frame(&progress(&id.to_string(), &format!(r#""progress":{value}"#)), scanned);
    }
    let error = JsFuture::from(call).await.unwrap_err();
    assert_eq!(get(&error, "code"), "ABORTED");
    let cancelled = page.sent().pop();
    assert_eq!(get(&cancelled, "params.requestId").as_f64(), Some(id));
    assert_eq!(get(&driver, "last.id").as_f64(), Some(id + 2.0));
}

#[wasm_bindgen_test]
async fn rule_7_both_clocks_end_a_call_and_tell_the_server() {
    let mut limits = std::collections::BTreeMap::from([("timeout", 100.0), ("maxTotal", 150.0)]);
    for (clock, at) in [("idle", 100.0), ("total", 150.0)] {
        let driver = connected("auto");
        let call = driver.call("tool", js(&limits), &Function::new_no_args(""));
        assert!(driver.deadline() <= at);
        driver.tick(at - 1.0);
        assert_eq!(driver.sent().length(), 2, "not yet");
        driver.tick(at);
        let error = JsFuture::from(call).await.unwrap_err();
        assert_eq!(get(&error, "code"), "TIMEOUT");
        assert_eq!(get(&error, "clock"), clock);
        assert_eq!(get(&driver.sent().pop(), "method"), "notifications/cancelled");
        limits.remove("timeout");
    }
}

#[wasm_bindgen_test]
async fn rule_8_a_lost_connection_fails_its_calls_at_once() {
    let driver = connected("legacy");
    let call = driver.call("tool", no_limits(), &Function::new_no_args(""));
    driver.close();
    let error = JsFuture::from(call).await.unwrap_err();
    assert_eq!((get(&error, "code"), get(&error, "sent")), ("CLOSED".into(), true.into()));
    assert_eq!(get(&driver.disconnected(), "code"), "CLOSED");
}

#[wasm_bindgen_test]
async fn a_result_reaches_its_caller_as_the_engine_made_it() {
    #[derive(Serialize)]
    struct Odd {
        content: Vec<String>,
        big: f64,
        nested: Vec<Option<u8>>,
        #[serde(rename = "x-unknown")]
        unknown: &'static str,
    }
    let odd =
        Odd { content: vec![], big: 1e300, nested: vec![Some(1), None], unknown: "ö\u{1f600}" };
    for mode in ERAS {
        let driver = connected(mode);
        let call = driver.call("tool", no_limits(), &Function::new_no_args(""));
        answer(&driver, id_of(&call), &text(&js(&odd)));
        let result = JsFuture::from(call).await.unwrap();
        assert_eq!(text(&result), text(&js(&odd)));
    }
}

#[wasm_bindgen_test]
async fn views_survive_growth_of_the_memory() {
    let driver = connected("auto");
    let (handler, seen) = recorder();
    let calls: Vec<_> = (0..20_000).map(|_| driver.call("tool", no_limits(), &handler)).collect();
    for call in &calls {
        let token = id_of(call).to_string();
        assert_eq!(driver.frame(&progress(&token, r#""progress":1"#), true), "scanned");
    }
    assert_eq!(seen.length(), 20_000);
}

#[wasm_bindgen_test]
fn nonsense_in_options_is_an_error_and_no_panic() {
    let options = Object::new();
    Reflect::set(&options, &"mode".into(), &"yesterday".into()).unwrap();
    assert!(Core::new(options.into()).is_err());
}
