//! Reads control types (handshake results, options) out of any payload through serde.
//!
//! One deserializer serves both payloads. It asks for the members that the type names instead of
//! listing what the peer sent, and its error is one word: a general deserializer's sentences bring
//! the formatting machinery into the browser build, which is larger than the whole client.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Kind, Payload};

/// Reads a `T` out of the payload; `None` if it does not fit.
///
/// ```ignore-wasm32
/// use mcp_wasm::jsonrpc::decode;
/// use serde::Deserialize;
/// use serde_json::json;
///
/// #[derive(Deserialize)]
/// struct Discovered { versions: Vec<String>, ttl: Option<f64> }
///
/// let found: Discovered = decode(&json!({ "versions": ["2026-07-28"], "other": [1] })).unwrap();
/// assert_eq!((found.versions.len(), found.ttl), (1, None));
/// assert!(decode::<_, Discovered>(&json!({ "versions": 7 })).is_none());
/// ```
pub fn decode<'de, P: Payload, T: Deserialize<'de>>(payload: &P) -> Option<T> {
    T::deserialize(Decoder(payload)).ok()
}

/// The value does not fit the type.
#[derive(Debug)]
struct Misfit;

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    // The defaults of these would format the value.
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the value does not fit")
    }
}

impl std::error::Error for Misfit {}

struct Decoder<'a, P>(&'a P);

impl<'de, P: Payload> de::Deserializer<'de> for Decoder<'_, P> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0.kind() {
            Kind::Text => visitor.visit_string(self.0.as_text().ok_or(Misfit)?),
            Kind::Number => visitor.visit_f64(self.0.as_f64().ok_or(Misfit)?),
            Kind::Boolean => visitor.visit_bool(self.0.as_bool().ok_or(Misfit)?),
            Kind::Array => {
                visitor.visit_seq(Elements(self.0.elements().ok_or(Misfit)?.into_iter()))
            }
            Kind::Null => visitor.visit_unit(),
            // The members of an object are read by `deserialize_struct` only.
            Kind::Object => Err(Misfit),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0.kind() {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0.kind() {
            Kind::Object => {
                visitor.visit_map(Members { object: self.0, fields: fields.iter(), value: None })
            }
            _ => Err(Misfit),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let name: StringDeserializer<Misfit> = self.0.as_text().ok_or(Misfit)?.into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier
    }
}

struct Elements<P>(std::vec::IntoIter<P>);

impl<'de, P: Payload> SeqAccess<'de> for Elements<P> {
    type Error = Misfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        self.0.next().map(|element| seed.deserialize(Decoder(&element))).transpose()
    }
}

struct Members<'a, P> {
    object: &'a P,
    fields: std::slice::Iter<'static, &'static str>,
    value: Option<P>,
}

impl<'de, P: Payload> MapAccess<'de> for Members<'_, P> {
    type Error = Misfit;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        for field in self.fields.by_ref() {
            if let Some(value) = self.object.get(field) {
                self.value = Some(value);
                let name: StrDeserializer<'_, Misfit> = (*field).into_deserializer();
                return seed.deserialize(name).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let value = self.value.take().ok_or(Misfit)?;
        seed.deserialize(Decoder(&value))
    }
}
