//! `serde_json::Value` as a payload: for programs and tests that work with the tree.

use serde_json::{Map, Value};

use super::{Id, Kind, Payload};

impl Payload for Value {
    fn object() -> Self {
        Self::Object(Map::new())
    }

    fn array(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }

    fn string(text: &str) -> Self {
        Self::String(text.to_owned())
    }

    fn number(value: f64) -> Self {
        // Whole numbers are written without a fraction, as JavaScript writes them.
        match whole(value) {
            Some(integer) => integer.into(),
            None => value.into(),
        }
    }

    fn boolean(value: bool) -> Self {
        Self::Bool(value)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::Text,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    fn get(&self, key: &'static str) -> Option<Self> {
        self.as_object()?.get(key).cloned()
    }

    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let members = self.as_object()?;
        Some(members.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn set(&mut self, key: &'static str, value: Self) {
        if let Self::Object(members) = self {
            members.insert(key.to_owned(), value);
        }
    }

    fn assign(&mut self, other: &Self) {
        if let (Self::Object(members), Self::Object(others)) = (self, other) {
            members.extend(others.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }

    fn to_json(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn remove(&mut self, key: &'static str) {
        if let Self::Object(members) = self {
            members.shift_remove(key);
        }
    }

    fn from_members(members: Vec<(String, Self)>) -> Self {
        Self::Object(members.into_iter().collect())
    }

    fn elements(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.as_bool()
    }

    fn as_text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn as_id(&self) -> Option<Id> {
        match self {
            Self::String(text) => Some(Id::Text(text.clone())),
            Self::Number(number) => {
                number.as_i64().or_else(|| whole(number.as_f64()?)).map(Id::Integer)
            }
            _ => None,
        }
    }

    fn from_id(id: &Id) -> Self {
        match id {
            Id::Integer(integer) => (*integer).into(),
            Id::Text(text) => Self::String(text.clone()),
        }
    }
}

/// The number as an integer, if it is one that every JSON reader keeps exactly.
#[allow(clippy::cast_possible_truncation)] // in range by the check
pub(super) fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_991.0).then_some(value as i64)
}
