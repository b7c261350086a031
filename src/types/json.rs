//! The JSON values inside the protocol's types: those of the engine that parsed them, so that nothing
//! is parsed twice. Natively that is `serde_json`, in a page JavaScript itself.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

#[cfg(not(target_arch = "wasm32"))]
mod engine {
    use serde::de::DeserializeOwned;

    /// Any JSON value.
    pub type JsonValue = serde_json::Value;
    /// A JSON object.
    pub type JsonObject = serde_json::Map<String, JsonValue>;

    pub(in crate::types) fn read<T: DeserializeOwned>(value: JsonValue) -> Option<T> {
        serde_json::from_value(value).ok()
    }

    pub(in crate::types) use self::read as read_json;
}

#[cfg(target_arch = "wasm32")]
mod engine {
    use std::ops::Deref;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
    use serde_wasm_bindgen::preserve;
    use wasm_bindgen::JsValue;

    /// Any JSON value, as a JavaScript value; `undefined` where there is none.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct JsonValue(JsValue);

    /// A JSON object, as a JavaScript value; `undefined` where there is none.
    pub type JsonObject = JsonValue;

    impl Deref for JsonValue {
        type Target = JsValue;

        fn deref(&self) -> &JsValue {
            &self.0
        }
    }

    impl From<JsValue> for JsonValue {
        fn from(value: JsValue) -> Self {
            Self(value)
        }
    }

    impl From<JsonValue> for JsValue {
        fn from(value: JsonValue) -> Self {
            value.0
        }
    }

    impl<'de> Deserialize<'de> for JsonValue {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            preserve::deserialize(deserializer).map(Self)
        }
    }

    impl Serialize for JsonValue {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            preserve::serialize(&self.0, serializer)
        }
    }

    pub(in crate::types) fn read<T: DeserializeOwned>(value: JsValue) -> Option<T> {
        serde_wasm_bindgen::from_value(value).ok()
    }

    pub(in crate::types) fn read_json<T: DeserializeOwned>(value: JsonValue) -> Option<T> {
        read(value.0)
    }
}

pub use engine::{JsonObject, JsonValue};
pub(super) use engine::{read, read_json};

/// Some peers write `null` for what is absent.
pub(super) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// What is odd about an extra costs the extra, not all that it stands in.
pub(super) fn if_usable<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    JsonValue::deserialize(deserializer).map(read_json)
}
