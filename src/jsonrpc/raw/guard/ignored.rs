//! Values that nobody wants.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::budget::Budget;

/// What nobody wants, but for the arrays in it, which are counted.
pub(super) struct PassedOver<'a>(pub(super) &'a Budget);

impl<'de> DeserializeSeed<'de> for PassedOver<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<(), D::Error> {
        inner.deserialize_any(self)
    }
}

macro_rules! pass_over {
    ($($method:ident($kind:ty))*) => {$(
        fn $method<E: Error>(self, _: $kind) -> Result<(), E> {
            Ok(())
        }
    )*};
}

impl<'de> Visitor<'de> for PassedOver<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    pass_over! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut inner: A) -> Result<(), A::Error> {
        self.0.begin_array("");
        while inner.next_element_seed(PassedOver(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut inner: A) -> Result<(), A::Error> {
        while inner.next_key::<IgnoredAny>()?.is_some() {
            inner.next_value_seed(PassedOver(self.0))?;
        }
        Ok(())
    }
}
