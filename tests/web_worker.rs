//! The binding in a dedicated worker, where there is no `window`.
#![cfg(target_arch = "wasm32")]

use js_sys::{Object, Reflect};
use mcp_wasm::wasm::Core;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn the_core_works_where_there_is_no_window() {
    assert!(Reflect::get(&js_sys::global(), &"window".into()).unwrap().is_undefined());
    let mut core = Core::new(Object::new().into()).unwrap();
    core.connect(30_000.0, 5_000.0, false, false, 0.0);
    core.opened(0.0);
    assert_eq!(core.poll(), 1, "the probe is to be sent");
    let probe = core.value();
    let method = Reflect::get(&probe, &"method".into()).unwrap();
    assert_eq!(method, JsValue::from_str("server/discover"));
}
