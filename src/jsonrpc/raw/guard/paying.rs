//! A deserializer around another one, which has what comes of it paid for.

use std::{any::type_name, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor},
};
use serde_json::Value;

use super::{
    READ_TIMES, Short,
    budget::{Budget, Container, Exceeded},
    ignored::PassedOver,
};

/// The name that stands for a text in which `serde_json`, where it makes a tree, looks for another one:
/// nothing of that could be paid for.
const HIDDEN: &[u8] = b"$serde_json::private::RawValue";

/// Something of serde's whose results are paid for.
pub(super) struct Metered<'a, T> {
    pub(super) inner: T,
    pub(super) budget: &'a Budget,
}

impl<'a, T> Metered<'a, T> {
    fn around<U>(&self, inner: U) -> Metered<'a, U> {
        Metered { inner, budget: self.budget }
    }
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// Whatever there is: a tree of it will be made.
    Any,
    /// A list or a map of things of one type.
    Many,
    /// A structure, whose members have their places in it.
    One,
}

impl Wanted {
    /// What a thing takes where it is put.
    fn size_of<T>(self) -> usize {
        let size = size_of::<T>();
        // What is no tree yet is what serde keeps for later, and a tree may be made of it then.
        let is_for_later = self == Self::Any && size > 0 && size < size_of::<Value>();
        if is_for_later { size + size_of::<Value>() } else { size }
    }
}

macro_rules! forward {
    ($($wanted:ident: $($method:ident($($name:ident: $kind:ty),*))*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = Paying { inner: self.around(visitor), wanted: Wanted::$wanted };
            self.inner.$method($($name,)* visitor)
        }
    )*)*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Metered<'_, D> {
    type Error = D::Error;

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if !self.budget.counts() {
            return self.inner.deserialize_ignored_any(visitor);
        }
        let budget = self.budget;
        self.inner.deserialize_any(PassedOver(budget))?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // A text of JSON that stays one: nobody looks at the arrays in it.
        let is_text = name.starts_with("$serde_json::private::");
        if is_text {
            self.budget.lose_count();
        }
        let wanted = if is_text { Wanted::One } else { Wanted::Many };
        let visitor = Paying { inner: self.around(visitor), wanted };
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    forward! {
        Any: deserialize_any();
        Many: deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32()
            deserialize_i64() deserialize_i128() deserialize_u8() deserialize_u16()
            deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
            deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
            deserialize_bytes() deserialize_byte_buf() deserialize_option() deserialize_unit()
            deserialize_unit_struct(name: &'static str)
            deserialize_seq() deserialize_map()
            deserialize_enum(name: &'static str, variants: &'static [&'static str])
            deserialize_identifier();
        One: deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
            deserialize_struct(name: &'static str, fields: &'static [&'static str]);
    }
}

/// A visitor whose results are paid for.
struct Paying<'a, V> {
    inner: Metered<'a, V>,
    wanted: Wanted,
}

impl<V> Paying<'_, V> {
    /// A text is kept.
    fn keep<E: Error>(&self, text: &[u8]) -> Result<(), E> {
        if self.inner.budget.is_name_of_tree.get() && text == HIDDEN {
            return Err(E::custom("a name that is kept for something else"));
        }
        self.inner.budget.change(0, text.len(), false).map_err(too_much)
    }
}

/// Says what to do about it to whoever sent the text, which may be a model.
fn too_much<E: Error>(_: Exceeded) -> E {
    E::custom(format_args!(
        "so many values take more than {READ_TIMES} times their text in memory: send fewer at once"
    ))
}

macro_rules! visit {
    ($($method:ident($kind:ty))*) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.inner.inner.$method(value)
        }
    )*};
}

macro_rules! visit_kept {
    ($($method:ident($kind:ty))*) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.keep::<E>(value.as_ref())?;
            self.inner.inner.$method::<Short>(value).map_err(E::custom)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Paying<'_, V> {
    type Value = V::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.inner.expecting(out)
    }

    visit! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128) visit_f32(f32)
        visit_f64(f64) visit_char(char)
    }

    visit_kept! {
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String) visit_bytes(&[u8])
        visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
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
        let reader = type_name::<V>();
        let known = self.inner.budget.begin_array(reader);
        let place = match self.wanted {
            // It asks for no number.
            Wanted::Any => Container::List { known: 0 },
            Wanted::One => Container::Inside,
            Wanted::Many => Container::List { known },
        };
        let wanted = self.wanted;
        let inner = self.inner.around(inner);
        let inner = Elements { inner, reader, wanted, place, count: 0, known };
        self.inner.inner.visit_seq(inner)
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let inner = self.inner.around(inner);
        let inner = Members { inner, wanted: self.wanted, count: 0, name: 0 };
        self.inner.inner.visit_map(inner)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let inner = self.inner.around(inner);
        self.inner.inner.visit_enum(inner)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Metered<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let inner = self.around(inner);
        self.inner.deserialize(inner)
    }
}

/// The elements of an array.
struct Elements<'a, A> {
    inner: Metered<'a, A>,
    reader: &'static str,
    wanted: Wanted,
    place: Container,
    count: usize,
    known: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let size = self.wanted.size_of::<S::Value>();
        // The first one finds room for all that are known of, before it is read.
        let is_first_of_known = self.count == 0 && self.known > 0;
        if self.count == 0 && self.wanted == Wanted::Many {
            self.inner.budget.learn(self.reader, size);
        }
        if is_first_of_known {
            self.place.push(self.inner.budget, 0, size).map_err(too_much)?;
        }
        let seed = self.inner.around(seed);
        let element = self.inner.inner.next_element_seed(seed)?;
        if element.is_some() {
            if !is_first_of_known {
                self.place.push(self.inner.budget, self.count, size).map_err(too_much)?;
            }
            self.count += 1;
        }
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        (self.known > 0).then(|| self.known.saturating_sub(self.count))
    }
}

/// The members of an object.
struct Members<'a, A> {
    inner: Metered<'a, A>,
    wanted: Wanted,
    count: usize,
    /// What a name takes.
    name: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.name = size_of::<S::Value>();
        let before = self.inner.budget.taken();
        self.inner.budget.is_name_of_tree.set(self.wanted == Wanted::Any);
        let seed = self.inner.around(seed);
        let name = self.inner.inner.next_key_seed(seed)?;
        self.inner.budget.is_name_of_tree.set(false);
        if self.name < size_of::<&str>() {
            // It is known by a number, and its text is not kept.
            self.inner.budget.set_taken(before);
        }
        Ok(name)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.inner.around(seed);
        let value = self.inner.inner.next_value_seed(seed)?;
        let place = match self.wanted {
            Wanted::One => Container::Inside,
            Wanted::Any => Container::Object,
            // What serde itself keeps for later, in a vector: no map has names as large.
            Wanted::Many if self.name > size_of::<String>() => Container::List { known: 0 },
            Wanted::Many => Container::Map,
        };
        let size = self.name + self.wanted.size_of::<S::Value>();
        place.push(self.inner.budget, self.count, size).map_err(too_much)?;
        self.count += 1;
        Ok(value)
    }
}

impl<'de, 'a, A: EnumAccess<'de>> EnumAccess<'de> for Metered<'a, A> {
    type Error = A::Error;
    type Variant = Metered<'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let budget = self.budget;
        let (name, inner) = self.inner.variant_seed(seed)?;
        Ok((name, Metered { inner, budget }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Metered<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.around(seed);
        self.inner.newtype_variant_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Paying { inner: self.around(visitor), wanted: Wanted::One };
        self.inner.tuple_variant(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = Paying { inner: self.around(visitor), wanted: Wanted::One };
        self.inner.struct_variant(fields, visitor)
    }
}
