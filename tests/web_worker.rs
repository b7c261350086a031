//! The binding in a dedicated worker, where there is no `window`.
#![cfg(target_arch = "wasm32")]

use js_sys::{Object, Reflect};
use mcp_wasm::wasm::Core;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[cfg(feature = "client")]
#[wasm_bindgen(module = "/tests/web/scripted.js")]
extern "C" {
    fn install();
}

#[cfg(feature = "client")]
#[wasm_bindgen_test]
async fn the_client_for_rust_programs_works_where_there_is_no_window() {
    install();
    let client = mcp_wasm::Client::connect("ws://scripted/modern").await.unwrap();
    let error = client
        .call_tool("tool", ())
        .timeout(std::time::Duration::from_millis(30))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "TIMEOUT");
}

#[wasm_bindgen_test]
fn the_core_works_where_there_is_no_window() {
    assert!(Reflect::get(&js_sys::global(), &"window".into()).unwrap().is_undefined());
    let mut core = Core::new(Object::new().into()).unwrap();
    core.connect(0, 30_000.0, 5_000.0, false, 0.0);
    core.opened(0.0);
    assert_eq!(core.poll(true), 1, "the probe is to be sent");
    let probe = core.value();
    let method = Reflect::get(&probe, &"method".into()).unwrap();
    assert_eq!(method, JsValue::from_str("server/discover"));
}
