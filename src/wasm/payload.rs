//! The payload in a page: a value that `JSON.parse` made.

use std::cell::Cell;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::jsonrpc::{Id, Kind, Payload};

#[wasm_bindgen]
extern "C" {
    /// Throws for what is no data, such as a function.
    #[wasm_bindgen(catch, js_name = structuredClone)]
    fn structured_clone(value: &JsValue) -> Result<JsValue, JsValue>;
}

thread_local! {
    /// Property names as JavaScript strings, by the address of the literal: making a string anew
    /// costs more than all else that a look-up does.
    static KEYS: Cell<Vec<(*const str, JsValue)>> = const { Cell::new(Vec::new()) };
}

fn key(name: &'static str) -> JsValue {
    let known = KEYS.try_with(|cell| {
        let mut keys = cell.take();
        // A pointer to a `str` is its address and its length.
        let address = std::ptr::from_ref(name);
        let known = keys
            .iter()
            .find(|(known, _)| std::ptr::eq(*known, address))
            .map(|(_, key)| key.clone());
        let key = known.unwrap_or_else(|| {
            let key = JsValue::from_str(name);
            keys.push((address, key.clone()));
            key
        });
        cell.set(keys);
        key
    });
    known.unwrap_or_default()
}

impl Payload for JsValue {
    #[inline(never)]
    fn object() -> Self {
        Object::new().into()
    }

    #[inline(never)]
    fn array(elements: Vec<Self>) -> Self {
        elements.into_iter().collect::<Array>().into()
    }

    #[inline(never)]
    fn string(text: &str) -> Self {
        Self::from_str(text)
    }

    fn number(value: f64) -> Self {
        Self::from_f64(value)
    }

    fn boolean(value: bool) -> Self {
        Self::from_bool(value)
    }

    #[inline(never)]
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

    #[inline(never)]
    fn get(&self, key: &'static str) -> Option<Self> {
        if !self.is_object() {
            return None;
        }
        let value = Reflect::get(self, &self::key(key)).ok()?;
        (!value.is_undefined()).then_some(value)
    }

    #[inline(never)]
    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let object = self.dyn_ref::<Object>().filter(|_| self.kind() == Kind::Object)?;
        let keys = Object::keys(object).to_vec();
        let value = |key: &JsValue| Reflect::get(self, key).unwrap_or_default();
        Some(keys.iter().map(|key| (key.as_string().unwrap_or_default(), value(key))).collect())
    }

    #[inline(never)]
    fn set(&mut self, key: &'static str, value: Self) {
        if self.is_object() {
            // Fails only on an object that refuses members, and those are not ours.
            let _ = Reflect::set(self, &self::key(key), &value);
        }
    }

    #[inline(never)]
    fn assign(&mut self, other: &Self) {
        if let Some(own) = self.dyn_ref::<Object>()
            && let Some(other) = other.dyn_ref::<Object>()
        {
            Object::assign(own, other);
        }
    }

    fn copy(&self) -> Option<Self> {
        structured_clone(self).ok()
    }

    #[inline(never)]
    fn remove(&mut self, key: &'static str) {
        if let Some(own) = self.dyn_ref::<Object>() {
            let _ = Reflect::delete_property(own, &self::key(key));
        }
    }

    #[inline(never)]
    fn from_members(members: Vec<(String, Self)>) -> Self {
        // Not by setting them one by one: `__proto__` must become a member like any other.
        let entries: Array = members
            .into_iter()
            .map(|(key, value)| Array::of2(&Self::from_str(&key), &value))
            .collect();
        Object::from_entries(&entries).map(Into::into).unwrap_or_default()
    }

    #[inline(never)]
    fn elements(&self) -> Option<Vec<Self>> {
        Array::is_array(self).then(|| Array::from(self).to_vec())
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.as_bool()
    }

    #[inline(never)]
    fn as_text(&self) -> Option<String> {
        self.as_string()
    }

    #[allow(clippy::cast_possible_truncation)] // in range by the check
    #[inline(never)]
    fn as_id(&self) -> Option<Id> {
        match JsValue::as_f64(self) {
            Some(number) if number % 1.0 == 0.0 && number.abs() <= 9_007_199_254_740_991.0 => {
                Some(Id::Integer(number as i64))
            }
            Some(_) => None,
            None => self.as_string().map(Id::Text),
        }
    }

    #[allow(clippy::cast_precision_loss)] // read from a double
    #[inline(never)]
    fn from_id(id: &Id) -> Self {
        match id {
            Id::Integer(integer) => Self::from_f64(*integer as f64),
            Id::Text(text) => Self::from_str(text),
        }
    }
}
