//! Reading a text as a type of somebody's, with a limit to what the type takes without knowing it.
//!
//! A type that knows what it wants asks serde for it by kind, and has its own limits. One that takes
//! anything (`serde_json::Value`, and what serde itself keeps for later) asks for "any": each such
//! value becomes a node of 72 bytes or more, out of two bytes of text.

use std::{cell::Cell, fmt};

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess,
        Visitor,
    },
};
use serde_json::Value;

/// Values that may be read without a type out of one text: 65,536. An object counts as seven, its
/// names count as well, an array counts as four, and a text of more than 1.5 MiB may have one for each
/// 24 bytes.
pub const UNTYPED_VALUES: usize = 65_536;
/// Bytes of text that are worth one more.
const WORTH: usize = 24;
/// What an object costs beside its members, in values.
const OBJECT: usize = 6;
/// What an array costs beside its elements, for it has room for four of them from the first on.
const ARRAY: usize = 3;
/// So many values at most are in one byte of text: `{},`.
const DENSEST: usize = 3;

/// Reads a text as `T`, of which no more than so many values without a type.
pub(super) fn read<T: DeserializeOwned>(text: &str, values: usize) -> serde_json::Result<T> {
    match read_once(text, values) {
        // Of members that stand twice, the last one counts; types of one's own refuse them.
        Err(error) if error.to_string().starts_with("duplicate field") => {
            let value: Value = read_once(text, values).map_err(|_| error)?;
            serde_json::from_value(value)
        }
        outcome => outcome,
    }
}

fn read_once<T: DeserializeOwned>(text: &str, values: usize) -> serde_json::Result<T> {
    if text.len() < values / DENSEST {
        return serde_json::from_str(text);
    }
    let left = Cell::new(values.max(text.len() / WORTH));
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Guard { inner: &mut reader, left: &left })?;
    reader.end()?;
    Ok(value)
}

/// Something of serde's that counts what goes through it.
struct Guard<'a, T> {
    inner: T,
    left: &'a Cell<usize>,
}

impl<'a, T> Guard<'a, T> {
    fn around<U>(&self, inner: U) -> Guard<'a, U> {
        Guard { inner, left: self.left }
    }

    fn spend<E: Error>(left: &Cell<usize>, count: usize) -> Result<(), E> {
        let rest = left.get().checked_sub(count);
        left.set(rest.ok_or_else(|| {
            E::custom("too many values that are read without a type of their own")
        })?);
        Ok(())
    }
}

macro_rules! forward {
    ($($method:ident($($name:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = Any { inner: self.around(visitor), is_untyped: false };
            self.inner.$method($($name,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guard<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        Self::spend(self.left, 1)?;
        let visitor = Any { inner: self.around(visitor), is_untyped: true };
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }

    forward! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
        deserialize_u128() deserialize_f32() deserialize_f64() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_seq()
        deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map() deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
    }
}

/// A visitor, and whether it takes anything.
struct Any<'a, V> {
    inner: Guard<'a, V>,
    is_untyped: bool,
}

macro_rules! visit {
    ($($method:ident($kind:ty))*) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.inner.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Any<'_, V> {
    type Value = V::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.inner.expecting(out)
    }

    visit! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128) visit_f32(f32)
        visit_f64(f64) visit_char(char) visit_str(&str) visit_borrowed_str(&'de str)
        visit_string(String) visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8])
        visit_byte_buf(Vec<u8>)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = self.inner.around(inner);
        self.inner.inner.visit_some(inner)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = self.inner.around(inner);
        self.inner.inner.visit_newtype_struct(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        if self.is_untyped {
            Guard::<V>::spend(self.inner.left, ARRAY)?;
        }
        let inner = self.inner.around(inner);
        self.inner.inner.visit_seq(inner)
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        if self.is_untyped {
            Guard::<V>::spend(self.inner.left, OBJECT)?;
        }
        let inner = Any { inner: self.inner.around(inner), is_untyped: self.is_untyped };
        self.inner.inner.visit_map(inner)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let inner = self.inner.around(inner);
        self.inner.inner.visit_enum(inner)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Guard<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let inner = self.around(inner);
        self.inner.deserialize(inner)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Guard<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.around(seed);
        self.inner.next_element_seed(seed)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Any<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        if self.is_untyped {
            Guard::<A>::spend(self.inner.left, 1)?;
        }
        self.inner.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.inner.around(seed);
        self.inner.inner.next_value_seed(seed)
    }
}

impl<'de, 'a, A: EnumAccess<'de>> EnumAccess<'de> for Guard<'a, A> {
    type Error = A::Error;
    type Variant = Guard<'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let left = self.left;
        let (name, inner) = self.inner.variant_seed(seed)?;
        Ok((name, Guard { inner, left }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Guard<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.around(seed);
        self.inner.newtype_variant_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Any { inner: self.around(visitor), is_untyped: false };
        self.inner.tuple_variant(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = Any { inner: self.around(visitor), is_untyped: false };
        self.inner.struct_variant(fields, visitor)
    }
}
