//! The JSON value that the core is generic over.

use super::{Id, ask_by_members};

/// Bytes that may come of any text that is read as somebody's type, however short it is: 256 KiB.
///
/// That is 2,000 values without a type, or 400 objects of two members, which is more than a model
/// writes in one call.
pub const READ_FLOOR: usize = 256 << 10;

/// A parsed JSON value, owned by whichever engine parsed it: `Raw` natively, the browser's
/// `JSON.parse` in a page.
///
/// The core reads the few members that it must decide on and passes everything else through
/// untouched, so a tool's result never crosses into Rust. Keys are literals, which lets an
/// implementation remember them by address.
///
/// Members are asked for by name, in a page as natively: serde over JavaScript's values was tried twice, and
/// made the browser's module up to twice as large.
pub trait Payload: Clone {
    /// An object without members.
    fn object() -> Self;

    /// An array of these elements.
    fn array(elements: Vec<Self>) -> Self;

    /// A string.
    fn string(text: &str) -> Self;

    /// A string that is written again and again: it may be kept.
    fn constant(text: &'static str) -> Self {
        Self::string(text)
    }

    /// A number; the caller guarantees that it is finite.
    fn number(value: f64) -> Self;

    /// A boolean.
    fn boolean(value: bool) -> Self;

    /// What kind of JSON value this is.
    fn kind(&self) -> Kind;

    /// The member `key`; `None` if this is no object or has no such member.
    fn get(&self, key: &'static str) -> Option<Self>;

    /// The member `key`, unless it is `null`, as which some peers write what is absent.
    #[inline(never)]
    fn present(&self, key: &'static str) -> Option<Self> {
        self.get(key).filter(|value| value.kind() != Kind::Null)
    }

    /// Whether this is `null` or an empty array, as which some peers write an object without
    /// members, or one that is absent.
    #[inline(never)]
    fn is_blank(&self) -> bool {
        match self.kind() {
            Kind::Null => true,
            Kind::Array => self.elements().is_none_or(|elements| elements.is_empty()),
            _ => false,
        }
    }

    /// The member `key`, which is an object, unless it is [blank](Self::is_blank).
    #[inline(never)]
    fn given(&self, key: &'static str) -> Option<Self> {
        self.get(key).filter(|value| !value.is_blank())
    }

    /// The text of the member `key`, if it is a string.
    #[inline(never)]
    fn text(&self, key: &'static str) -> Option<String> {
        self.get(key)?.as_text()
    }

    /// Whether the member `key` is that string.
    #[inline(never)]
    fn says(&self, key: &'static str, text: &str) -> bool {
        self.text(key).as_deref() == Some(text)
    }

    /// The members, if this is an object: for the few whose names the peer chooses.
    fn entries(&self) -> Option<Vec<(String, Self)>>;

    /// The member of a name that is the peer's.
    fn member(&self, name: &str) -> Option<Self> {
        let own = |(other, value)| (other == name).then_some(value);
        self.entries()?.into_iter().rev().find_map(own)
    }

    /// Hands the members over one by one, until one is answered with false. Of members that come
    /// twice, the last one counts. False: this is no object.
    ///
    /// Unlike [`entries`](Self::entries), it may keep nothing in memory.
    fn each_member(&self, visit: &mut dyn FnMut(&str, Self) -> bool) -> bool {
        let Some(members) = self.entries() else { return false };
        let _ = members.into_iter().all(|(name, value)| visit(&name, value));
        true
    }

    /// Hands the elements over one by one, until one is answered with false. False: this is no array.
    fn each_element(&self, visit: &mut dyn FnMut(Self) -> bool) -> bool {
        let Some(elements) = self.elements() else { return false };
        let _ = elements.into_iter().all(visit);
        true
    }

    /// Whether this has more than `limit` members or elements.
    #[inline(never)]
    fn exceeds(&self, limit: usize) -> bool {
        let mut count = 0;
        let mut counts = || {
            count += 1;
            count <= limit
        };
        if !self.each_element(&mut |_| counts()) {
            self.each_member(&mut |_, _| counts());
        }
        count > limit
    }

    /// Hands over bytes that are the same for equal values, whatever the order of their members, and
    /// others for others. False: there is no better way than by the members.
    fn digest(&self, _out: &mut dyn FnMut(&[u8])) -> bool {
        false
    }

    /// Bytes that are kept for this value, as far as that is known.
    fn weight(&self) -> usize {
        0
    }

    /// Sets the member `key`. Does nothing if this is no object.
    fn set(&mut self, key: &'static str, value: Self);

    /// Copies every member of `other` into this object, replacing those of the same name.
    fn assign(&mut self, other: &Self);

    /// An object of its own with the same members.
    #[must_use]
    #[inline(never)]
    fn copy(&self) -> Self {
        let mut own = Self::object();
        own.assign(self);
        own
    }

    /// The value as JSON text; `None` if it is none.
    fn to_json(&self) -> Option<String>;

    /// Adds the value to a text, as JSON.
    fn write_json(&self, out: &mut String) {
        out.push_str(&self.to_json().unwrap_or_default());
    }

    /// The value of a JSON text.
    fn from_json(text: &str) -> Option<Self>;

    /// Takes the member `key` away.
    fn remove(&mut self, key: &'static str);

    /// An object of these members, whose names may be the peer's.
    fn from_members(members: Vec<(String, Self)>) -> Self;

    /// The elements, if this is an array.
    fn elements(&self) -> Option<Vec<Self>>;

    /// The number, if this is one. May be infinite: `1e999` is valid JSON.
    fn as_f64(&self) -> Option<f64>;

    /// The boolean, if this is one.
    fn as_bool(&self) -> Option<bool>;

    /// The text, if this is a string.
    fn as_text(&self) -> Option<String>;

    /// The value as a request id or progress token: a string, or a number without a fraction.
    fn as_id(&self) -> Option<Id>;

    /// The request id or token as a value of its own JSON type.
    fn from_id(id: &Id) -> Self;

    /// The request of that id, which is its token too; `_meta` of `params` gets what is in `envelope`
    /// unless the caller put something else there.
    fn ask(id: i64, method: &str, params: Self, envelope: &Self) -> Self {
        ask_by_members(id, method, params, envelope)
    }

    /// The id and the result, if this is a message that does nothing but end a request of ours by its
    /// result. `None` may be such a message as well: one that is to be looked at member by member.
    fn ended(&self) -> Option<(i64, Self)> {
        None
    }

    /// The value at the end of a path of members.
    // Out of line, as all below: they are called from everywhere.
    #[inline(never)]
    fn at(&self, path: &[&'static str]) -> Option<Self> {
        let mut value = self.clone();
        for key in path {
            value = value.get(key)?;
        }
        Some(value)
    }

    /// The strings, if this is an array of nothing else.
    #[inline(never)]
    fn texts(&self) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for element in self.elements()? {
            texts.push(element.as_text()?);
        }
        Some(texts)
    }

    /// Sets the member `key` to a string.
    #[inline(never)]
    fn set_text(&mut self, key: &'static str, text: &str) {
        self.set(key, Self::string(text));
    }
}

/// The kinds of JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number
    Number,
    /// A string
    Text,
    /// An array
    Array,
    /// An object
    Object,
}
