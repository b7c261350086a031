//! What pages, workers and Node have in common: a clock, a timer, JSON, `fetch`.

use std::cell::Cell;

use js_sys::{JsString, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::RequestInit;

use crate::http::headers;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page, or the worker, began.
    #[wasm_bindgen(js_namespace = performance)]
    pub(super) fn now() -> f64;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, delay: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(catch)]
    pub(super) fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    // The text stays in JavaScript: js-sys would have it carried over and back.
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    pub(super) fn parse(text: &JsString) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = stringify)]
    pub(super) fn stringify(value: &JsValue) -> Result<JsString, JsValue>;
}

/// The longest delay that a timer can have.
const LONGEST: f64 = 2_147_483_647.0;

/// One timer; it is moved only to strike earlier.
pub(super) struct Timer {
    callback: Closure<dyn Fn()>,
    running: Cell<Option<JsValue>>,
    at: Cell<f64>,
}

impl Timer {
    pub fn new(callback: impl Fn() + 'static) -> Self {
        let callback = Closure::new(callback);
        Self { callback, running: Cell::new(None), at: Cell::new(f64::INFINITY) }
    }

    /// Strikes at that time at the latest.
    pub fn arm(&self, at: f64) {
        if at < self.at.get() {
            self.stop();
            self.at.set(at);
            let delay = (at - now()).clamp(0.0, LONGEST);
            self.running.set(Some(set_timeout(self.callback.as_ref(), delay)));
        }
    }

    /// The timer has struck.
    pub fn struck(&self) {
        self.running.set(None);
        self.at.set(f64::INFINITY);
    }

    fn stop(&self) {
        if let Some(timer) = self.running.take() {
            clear_timeout(&timer);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a header `Retry-After` asks for, in milliseconds.
pub(super) fn retry_after(value: &str) -> Option<f64> {
    headers::retry_after(value, |date| {
        Some(js_sys::Date::parse(date) - js_sys::Date::now()).filter(|after| after.is_finite())
    })
}

/// Whether the platform has a network, as far as it knows.
pub(super) fn is_online() -> bool {
    let navigator = js_sys::Reflect::get(&js_sys::global(), &"navigator".into()).ok();
    let online = navigator.and_then(|it| js_sys::Reflect::get(&it, &"onLine".into()).ok());
    online.and_then(|online| online.as_bool()).unwrap_or(true)
}
