//! The payload in a page: a value that `JSON.parse` made.

use std::cell::Cell;

use js_sys::{Array, Object, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

use crate::jsonrpc::{Id, Kind, Payload};

thread_local! {
    /// Property names as JavaScript strings, by the address of the literal: making a string anew
    /// costs more than all else that a look-up does.
    static KEYS: Cell<Vec<(*const u8, JsValue)>> = const { Cell::new(Vec::new()) };
}

fn with_key<T>(name: &'static str, act: impl FnOnce(&JsValue) -> T) -> T {
    let mut keys = KEYS.take();
    let result = if let Some((_, key)) = keys.iter().find(|(address, _)| *address == name.as_ptr())
    {
        act(key)
    } else {
        let key = JsValue::from_str(name);
        let result = act(&key);
        keys.push((name.as_ptr(), key));
        result
    };
    KEYS.set(keys);
    result
}

impl Payload for JsValue {
    fn object() -> Self {
        Object::new().into()
    }

    fn string(text: &str) -> Self {
        Self::from_str(text)
    }

    fn number(value: f64) -> Self {
        Self::from_f64(value)
    }

    fn boolean(value: bool) -> Self {
        Self::from_bool(value)
    }

    fn kind(&self) -> Kind {
        if Array::is_array(self) {
            Kind::Array
        } else if self.is_object() {
            Kind::Object
        } else if self.is_string() {
            Kind::Text
        } else if self.as_bool().is_some() {
            Kind::Boolean
        } else if JsValue::as_f64(self).is_some() {
            Kind::Number
        } else {
            Kind::Null
        }
    }

    fn get(&self, key: &'static str) -> Option<Self> {
        if !self.is_object() {
            return None;
        }
        let value = with_key(key, |key| Reflect::get(self, key)).ok()?;
        (!value.is_undefined()).then_some(value)
    }

    fn set(&mut self, key: &'static str, value: Self) {
        if self.is_object() {
            // Fails only on an object that refuses members, and those are not ours.
            let _ = with_key(key, |key| Reflect::set(self, key, &value));
        }
    }

    fn assign(&mut self, other: &Self) {
        if let Some(own) = self.dyn_ref::<Object>()
            && let Some(other) = other.dyn_ref::<Object>()
        {
            Object::assign(own, other);
        }
    }

    fn elements(&self) -> Option<Vec<Self>> {
        Array::is_array(self).then(|| Array::from(self).to_vec())
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_f64()
    }

    fn as_text(&self) -> Option<String> {
        self.as_string()
    }

    #[allow(clippy::cast_possible_truncation)] // in range by the check
    fn as_id(&self) -> Option<Id> {
        match JsValue::as_f64(self) {
            Some(number) if number % 1.0 == 0.0 && number.abs() <= 9_007_199_254_740_991.0 => {
                Some(Id::Integer(number as i64))
            }
            Some(_) => None,
            None => self.as_string().map(Id::Text),
        }
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_wasm_bindgen::from_value(self.clone()).map_err(|error| error.to_string())
    }

    #[allow(clippy::cast_precision_loss)] // read from a double
    fn from_id(id: &Id) -> Self {
        match id {
            Id::Integer(integer) => Self::from_f64(*integer as f64),
            Id::Text(text) => Self::from_str(text),
        }
    }
}
