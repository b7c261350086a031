//! Reading and changing a [`Raw`] value by the core.

use std::collections::HashMap;

use super::{Arc, Cow, Id, Inner, Kind, Object, Payload, Raw, Span, digest, text, write};
use crate::jsonrpc::value::whole;

impl Payload for Raw {
    fn object() -> Self {
        Self(Inner::Object(Arc::default()))
    }

    fn array(elements: Vec<Self>) -> Self {
        Self(Inner::Array(Arc::new(elements)))
    }

    fn string(text: &str) -> Self {
        Self(Inner::Text(text.into()))
    }

    fn number(value: f64) -> Self {
        // Whole numbers are written without a fraction, as JavaScript writes them.
        Self(whole(value).map_or(Inner::Number(value), Inner::Integer))
    }

    fn boolean(value: bool) -> Self {
        Self(Inner::Boolean(value))
    }

    fn kind(&self) -> Kind {
        match &self.0 {
            Inner::Span(span) => match span.part().first() {
                b'{' => Kind::Object,
                b'[' => Kind::Array,
                b'"' => Kind::Text,
                b't' | b'f' => Kind::Boolean,
                b'n' => Kind::Null,
                _ => Kind::Number,
            },
            Inner::Null => Kind::Null,
            Inner::Boolean(_) => Kind::Boolean,
            Inner::Integer(_) | Inner::Number(_) => Kind::Number,
            Inner::Text(_) => Kind::Text,
            Inner::Array(_) => Kind::Array,
            Inner::Object(_) => Kind::Object,
        }
    }

    fn get(&self, key: &'static str) -> Option<Self> {
        self.member(key)
    }

    fn member(&self, key: &str) -> Option<Self> {
        match &self.0 {
            Inner::Span(span) => span.get(key),
            Inner::Object(object) => match object.own.iter().find(|(name, _)| name == key) {
                Some((_, value)) => value.clone(),
                None => object.base.as_ref()?.get(key),
            },
            _ => None,
        }
    }

    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let mut members = Members::default();
        let is_object = self.each_member(&mut |name, value| {
            members.put(name, value);
            true
        });
        is_object.then_some(members.all)
    }

    fn each_member(&self, visit: &mut dyn FnMut(&str, Self) -> bool) -> bool {
        let (base, own) = match &self.0 {
            Inner::Span(span) if span.part().first() == b'{' => (Some(span), None),
            Inner::Object(object) => (object.base.as_ref(), Some(&object.own)),
            _ => return false,
        };
        let own = own.map(Vec::as_slice).unwrap_or_default();
        for (name, value) in base.into_iter().flat_map(|base| base.part().members()) {
            let name = text::decode(name.quoted().unwrap_or_default());
            let is_own = own.iter().any(|(other, _)| *other == name);
            if !is_own
                && let Some(base) = base
                && !visit(&name, Self(Inner::Span(base.sub(value))))
            {
                return true;
            }
        }
        for (name, value) in own {
            if let Some(value) = value
                && !visit(name, value.clone())
            {
                return true;
            }
        }
        true
    }

    fn set(&mut self, key: &'static str, value: Self) {
        self.put(Cow::Borrowed(key), Some(value));
    }

    fn assign(&mut self, other: &Self) {
        if self.kind() != Kind::Object || other.kind() != Kind::Object {
            return;
        }
        if matches!(&self.0, Inner::Object(object) if object.is_empty()) {
            self.0 = other.0.clone();
            return;
        }
        for (name, value) in other.entries().unwrap_or_default() {
            self.put(Cow::Owned(name), Some(value));
        }
    }

    fn to_json(&self) -> Option<String> {
        Some(self.write())
    }

    fn write_json(&self, out: &mut String) {
        // A text takes everything.
        let _ = write::write(self, out);
    }

    fn from_json(text: &str) -> Option<Self> {
        Self::parse(text.to_owned()).ok()
    }

    fn remove(&mut self, key: &'static str) {
        self.put(Cow::Borrowed(key), None);
    }

    fn from_members(members: Vec<(String, Self)>) -> Self {
        let mut unique = Members::default();
        for (name, value) in members {
            unique.put(&name, value);
        }
        let own = unique.all.into_iter();
        let own = own.map(|(name, value)| (Cow::Owned(name), Some(value))).collect();
        Self(Inner::Object(Arc::new(Object { base: None, own })))
    }

    fn elements(&self) -> Option<Vec<Self>> {
        let mut elements = Vec::new();
        let is_array = self.each_element(&mut |element| {
            elements.push(element);
            true
        });
        is_array.then_some(elements)
    }

    fn each_element(&self, visit: &mut dyn FnMut(Self) -> bool) -> bool {
        match &self.0 {
            Inner::Span(span) if span.part().first() == b'[' => {
                let mut elements = span.part().elements();
                elements.all(|element| visit(Self(Inner::Span(span.sub(element)))));
            }
            Inner::Array(elements) => {
                elements.iter().all(|element| visit(element.clone()));
            }
            _ => return false,
        }
        true
    }

    fn as_f64(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss)] // a number is a double
        match &self.0 {
            Inner::Span(span) if matches!(span.part().first(), b'-' | b'0'..=b'9') => {
                span.part().as_str().parse().ok()
            }
            Inner::Integer(integer) => Some(*integer as f64),
            Inner::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn as_bool(&self) -> Option<bool> {
        match &self.0 {
            Inner::Span(span) => match span.part().first() {
                b't' => Some(true),
                b'f' => Some(false),
                _ => None,
            },
            Inner::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<String> {
        self.as_str().map(Cow::into_owned)
    }

    fn says(&self, key: &'static str, text: &str) -> bool {
        self.get(key).is_some_and(|value| value.as_str().as_deref() == Some(text))
    }

    fn as_id(&self) -> Option<Id> {
        match &self.0 {
            Inner::Span(span) if self.kind() == Kind::Number => {
                let digits = span.part().as_str();
                digits.parse().ok().or_else(|| whole(digits.parse().ok()?)).map(Id::Integer)
            }
            Inner::Integer(integer) => Some(Id::Integer(*integer)),
            Inner::Number(number) => whole(*number).map(Id::Integer),
            _ => self.as_text().map(Id::Text),
        }
    }

    fn from_id(id: &Id) -> Self {
        match id {
            Id::Integer(integer) => Self(Inner::Integer(*integer)),
            Id::Text(text) => Self::string(text),
        }
    }

    fn is_blank(&self) -> bool {
        match self.kind() {
            Kind::Null => true,
            Kind::Array => !self.exceeds(0),
            _ => false,
        }
    }

    fn digest(&self, out: &mut dyn FnMut(&[u8])) -> bool {
        digest::digest(self, out)
    }

    fn weight(&self) -> usize {
        self.weight()
    }
}

/// Members, each name once: of those that come twice the last, at the place of the first.
#[derive(Default)]
struct Members {
    all: Vec<(String, Raw)>,
    places: HashMap<String, usize>,
}

impl Members {
    fn put(&mut self, name: &str, value: Raw) {
        if let Some(place) = self.places.get(name) {
            if let Some(member) = self.all.get_mut(*place) {
                member.1 = value;
            }
        } else {
            self.places.insert(name.to_owned(), self.all.len());
            self.all.push((name.to_owned(), value));
        }
    }
}

impl Raw {
    /// Sets a member, or takes it away.
    fn put(&mut self, name: Cow<'static, str>, value: Option<Self>) {
        if let Inner::Span(span) = &self.0
            && span.part().first() == b'{'
        {
            let base = Some(span.clone());
            self.0 = Inner::Object(Arc::new(Object { base, own: Vec::new() }));
        }
        let Inner::Object(object) = &mut self.0 else { return };
        let Object { base, own } = Arc::make_mut(object);
        match own.iter().position(|(other, _)| *other == name) {
            Some(place) if value.is_some() || base.is_some() => {
                if let Some(member) = own.get_mut(place) {
                    member.1 = value;
                }
            }
            Some(place) => {
                own.remove(place);
            }
            None if value.is_some() || base.is_some() => own.push((name, value)),
            None => {}
        }
    }
}

impl Object {
    fn is_empty(&self) -> bool {
        self.base.is_none() && self.own.is_empty()
    }
}

impl Span {
    /// The last member of that name.
    fn get(&self, key: &str) -> Option<Raw> {
        let part = self.part();
        let found = part.members().filter(|(name, _)| name.says(key)).last();
        found.map(|(_, value)| Raw(Inner::Span(self.sub(value))))
    }
}
