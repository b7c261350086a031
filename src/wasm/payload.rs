//! The payload in a page: a value that `JSON.parse` made.

use std::cell::Cell;

#[cfg(feature = "npm-client")]
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::jsonrpc::{Id, Kind, Payload};
#[cfg(feature = "npm-client")]
use crate::jsonrpc::{ask_by_members, method_name};

// The few functions of the engine that are needed, and no more: js-sys brings along what it has
// for futures, used or not.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Array, js_name = isArray)]
    fn is_array(value: &JsValue) -> bool;

    #[wasm_bindgen(js_namespace = Array, js_name = from)]
    fn array(elements: Vec<JsValue>) -> JsValue;

    #[wasm_bindgen(js_namespace = Array, js_name = from)]
    fn elements(array: &JsValue) -> Vec<JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = assign)]
    fn assign(object: &JsValue, other: &JsValue);

    #[wasm_bindgen(js_namespace = Object, js_name = keys)]
    fn keys(object: &JsValue) -> Vec<JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = fromEntries)]
    fn from_entries(entries: Vec<JsValue>) -> JsValue;

    // Another argument than `undefined` and `null` comes back as it is.
    #[wasm_bindgen(js_name = Object)]
    fn object() -> JsValue;

    /// A view of the memory, which is detached when the memory grows.
    #[wasm_bindgen(js_name = Object)]
    pub(super) fn view_bytes(bytes: &[u8]) -> JsValue;

    /// A view of the memory, which is detached when the memory grows.
    #[wasm_bindgen(js_name = Object)]
    pub(super) fn view_numbers(numbers: &[f64]) -> JsValue;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = get)]
    fn get(object: &JsValue, key: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = set)]
    fn set(object: &JsValue, key: &JsValue, value: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = deleteProperty)]
    fn delete(object: &JsValue, key: &JsValue) -> Result<bool, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The number that a text writes.
    #[wasm_bindgen(js_name = Number)]
    fn number(text: &str) -> f64;

    /// Throws for what is no data.
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = stringify)]
    fn stringify(value: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse(text: &JsValue) -> Result<JsValue, JsValue>;
}

#[cfg(feature = "npm-client")]
#[wasm_bindgen]
extern "C" {
    /// The page's half of this file, `wasm/messages.js`.
    type Hand;

    #[wasm_bindgen(catch, method)]
    fn ask(
        this: &Hand,
        id: f64,
        method: &JsValue,
        params: &JsValue,
        envelope: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    fn plain(this: &Hand, message: &JsValue) -> Result<f64, JsValue>;
}

#[cfg(feature = "npm-client")]
struct Helper(Cell<Option<Hand>>);

// SAFETY: as for `Keys`, below.
#[cfg(feature = "npm-client")]
unsafe impl Sync for Helper {}

/// Where there is none, the same is done member by member.
#[cfg(feature = "npm-client")]
static HAND: Helper = Helper(Cell::new(None));

/// From now on the page helps.
#[cfg(feature = "npm-client")]
pub(super) fn help(hand: JsValue) {
    HAND.0.set(Some(Hand::unchecked_from_js(hand)));
}

#[cfg(feature = "npm-client")]
fn with_hand<T>(use_it: impl FnOnce(&Hand) -> Option<T>) -> Option<T> {
    let hand = HAND.0.take()?;
    let made = use_it(&hand);
    HAND.0.set(Some(hand));
    made
}

/// Rounds as the engine does.
#[cfg(feature = "npm-client")]
pub(super) fn read_number(text: &str) -> Option<f64> {
    Some(number(text)).filter(|value| value.is_finite())
}

/// Property names as JavaScript strings, by the address of the literal.
struct Keys(Cell<Vec<(*const str, JsValue)>>);

// SAFETY: this module runs on one thread; there is no shared memory in it.
unsafe impl Sync for Keys {}

/// Making a string anew costs more than all else that a look-up does.
static KEYS: Keys = Keys(Cell::new(Vec::new()));

/// The property names, taken out of their place, and which of them is this one; to be given back.
#[inline(never)]
fn lend(name: &'static str) -> (Vec<(*const str, JsValue)>, usize) {
    let mut keys = KEYS.0.take();
    // A pointer to a `str` is its address and its length.
    let address = std::ptr::from_ref(name);
    let mut at = 0;
    for (known, _) in &keys {
        if std::ptr::eq(*known, address) {
            return (keys, at);
        }
        at += 1;
    }
    keys.push((address, JsValue::string(name)));
    (keys, at)
}

/// A member, `undefined` if it is not there; `None` of what has no members.
#[inline(never)]
fn member_at(value: &JsValue, key: &'static str) -> Option<JsValue> {
    let (keys, at) = lend(key);
    let member = keys.get(at).and_then(|(_, key)| get(value, key).ok());
    give_back(keys);
    member
}

#[inline(never)]
fn give_back(keys: Vec<(*const str, JsValue)>) {
    KEYS.0.set(keys);
}

impl Payload for JsValue {
    #[inline(never)]
    fn object() -> Self {
        object()
    }

    #[inline(never)]
    fn array(elements: Vec<Self>) -> Self {
        array(elements)
    }

    #[inline(never)]
    fn string(text: &str) -> Self {
        Self::from_str(text)
    }

    #[inline(never)]
    fn constant(text: &'static str) -> Self {
        let (keys, at) = lend(text);
        let value = keys.get(at).map(|(_, value)| value.clone());
        give_back(keys);
        value.unwrap_or_default()
    }

    fn number(value: f64) -> Self {
        Self::from_f64(value)
    }

    fn boolean(value: bool) -> Self {
        Self::from_bool(value)
    }

    #[inline(never)]
    fn kind(&self) -> Kind {
        if is_array(self) {
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
        member_at(self, key).filter(|value| !value.is_undefined())
    }

    #[inline(never)]
    fn entries(&self) -> Option<Vec<(String, Self)>> {
        if self.kind() != Kind::Object {
            return None;
        }
        let mut members = Vec::new();
        for key in keys(self) {
            let value = get(self, &key).unwrap_or_default();
            if !value.is_undefined() {
                members.push((key.as_text().unwrap_or_default(), value));
            }
        }
        Some(members)
    }

    #[inline(never)]
    fn set(&mut self, key: &'static str, value: Self) {
        // Throws for what has no members, and those that refuse some are not ours.
        let (keys, at) = lend(key);
        let _ = keys.get(at).map(|(_, key)| set(self, key, &value));
        give_back(keys);
    }

    #[inline(never)]
    fn assign(&mut self, other: &Self) {
        if self.is_object() && other.is_object() {
            assign(self, other);
        }
    }

    fn to_json(&self) -> Option<String> {
        stringify(self).ok()?.as_text()
    }

    fn from_json(text: &str) -> Option<Self> {
        parse(&Self::from_str(text)).ok()
    }

    #[inline(never)]
    fn remove(&mut self, key: &'static str) {
        let (keys, at) = lend(key);
        let _ = keys.get(at).map(|(_, key)| delete(self, key));
        give_back(keys);
    }

    #[inline(never)]
    fn from_members(members: Vec<(String, Self)>) -> Self {
        // Not by setting them one by one: `__proto__` must become a member like any other.
        let mut entries = Vec::new();
        for (key, value) in members {
            entries.push(array(vec![Self::string(&key), value]));
        }
        from_entries(entries)
    }

    #[inline(never)]
    fn elements(&self) -> Option<Vec<Self>> {
        is_array(self).then(|| elements(self))
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

    #[cfg(feature = "npm-client")]
    #[allow(clippy::cast_precision_loss)] // ids count from 1
    #[inline(never)]
    fn ask(id: i64, method: &str, params: Self, envelope: &Self) -> Self {
        let name = method_name(method);
        with_hand(|hand| hand.ask(id as f64, &name, &params, envelope).ok())
            .unwrap_or_else(|| ask_by_members(id, method, params, envelope))
    }

    #[cfg(feature = "npm-client")]
    #[allow(clippy::cast_possible_truncation)] // a safe integer
    #[inline(never)]
    fn ended(&self) -> Option<(i64, Self)> {
        let id = with_hand(|hand| hand.plain(self).ok())?;
        if id > 0.0 { Some((id as i64, member_at(self, "result")?)) } else { None }
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
