//! The native payload: JSON that stays the text that it came as.

mod digest;
mod guard;
mod payload;
mod text;
mod write;

use std::{borrow::Cow, fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::{Value, value::RawValue};

use self::text::{Ends, Part};
use super::{Id, Kind, Payload, READ_FLOOR};

pub use guard::READ_TIMES;
pub(crate) use write::{write_integer, write_number, write_text};

/// A JSON value: a part of a text that is kept as it came, or something small that was built, whose
/// parts may be such texts.
///
/// The text is checked once, when it comes, and shared by all that is taken out of it. So reading a
/// message takes no more memory than the message, whatever its shape, and what is passed on keeps
/// every byte: the digits of its numbers, the order of its members, members that stand twice. Of
/// those, [`get`](Payload::get) finds the last, as `serde_json` and `JSON.parse` do.
///
/// ```
/// use mcp_wasm::jsonrpc::{Payload, Raw};
///
/// let mut message = Raw::parse(r#"{"id": 1, "result": {"big": 1.000000000000000000001}}"#)?;
/// let result = message.get("result").ok_or("none")?;
/// assert_eq!(result.to_string(), r#"{"big": 1.000000000000000000001}"#);
/// message.set("id", Raw::string("seven"));
/// assert_eq!(message.to_string(), r#"{"id":"seven","result":{"big": 1.000000000000000000001}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Raw(Inner);

#[derive(Clone)]
enum Inner {
    Span(Span),
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(Arc<str>),
    Array(Arc<Vec<Raw>>),
    Object(Arc<Object>),
}

/// A part of a text.
#[derive(Clone)]
struct Span {
    whole: Arc<Whole>,
    start: usize,
    end: usize,
}

/// A text that is JSON.
struct Whole {
    text: Box<dyn AsRef<str> + Send + Sync>,
    ends: Ends,
}

/// The members of an object: those of a text, and those that were set since.
#[derive(Clone, Default)]
struct Object {
    base: Option<Span>,
    /// In the order in which they were set, each name once; without a value: taken away.
    own: Vec<(Cow<'static, str>, Option<Raw>)>,
}

/// Why a text is no value that can be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not JSON.
    Grammar,
    /// A string in it stands for no text: it has half of a character that is written as two escapes
    /// (`\ud83d`).
    Strings,
    /// It is not UTF-8.
    Encoding,
    /// It nests deeper than 127 levels.
    Depth,
    /// It is longer than its reader takes.
    Size,
    /// Its reader has no room for it now.
    Busy,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Grammar => "not JSON",
            Self::Strings => "a string has a lone surrogate, which is half of a character",
            Self::Encoding => "not UTF-8",
            Self::Depth => "nested deeper than 127 levels",
            Self::Size => "longer than the server takes",
            Self::Busy => "the server has no room for it now: send it again later",
        })
    }
}

impl std::error::Error for Unreadable {}

impl Raw {
    /// Takes a text, without copying it, if it is JSON. A byte order mark before it is skipped.
    ///
    /// Whatever holds the text is dropped with the last part of it that is in use.
    ///
    /// # Errors
    /// It is not JSON, or has strings that stand for no text, or nests too deep.
    pub fn parse(text: impl AsRef<str> + Send + Sync + 'static) -> Result<Self, Unreadable> {
        Self::take(text).map_err(|(_, why)| why)
    }

    /// As [`parse`](Self::parse), but gives a text back that it does not take.
    ///
    /// # Errors
    /// As there.
    pub fn take<T: AsRef<str> + Send + Sync + 'static>(text: T) -> Result<Self, (T, Unreadable)> {
        match text::check(text.as_ref()) {
            Ok(found) => Ok(Self::whole(Box::new(text), found)),
            Err(why) => Err((text, why)),
        }
    }

    /// Writes something as JSON, and keeps that.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn of(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        let mut text = serde_json::to_string(value)?;
        // It may be kept for long, and has grown to up to twice its size.
        text.shrink_to_fit();
        // How deep our own values nest is for their reader to judge.
        let found = text::note_own(&text);
        Ok(Self::whole(Box::new(text), found))
    }

    /// A part of a text that is known to be JSON, and so is the part.
    #[cfg(feature = "native-client")]
    pub(crate) fn part(text: String, at: std::ops::Range<usize>) -> Self {
        let whole = Arc::new(Whole { text: Box::new(text), ends: Ends::default() });
        Self(Inner::Span(Span { whole, start: at.start, end: at.end }))
    }

    /// Another part of the text that this is a part of.
    #[cfg(feature = "native-client")]
    pub(crate) fn beside(&self, at: std::ops::Range<usize>) -> Self {
        match &self.0 {
            Inner::Span(span) => {
                let whole = Arc::clone(&span.whole);
                Self(Inner::Span(Span { whole, start: at.start, end: at.end }))
            }
            _ => Self::default(),
        }
    }

    fn whole(text: Box<dyn AsRef<str> + Send + Sync>, found: (Ends, usize, usize)) -> Self {
        let (ends, start, end) = found;
        Self(Inner::Span(Span { whole: Arc::new(Whole { text, ends }), start, end }))
    }

    /// The value as JSON text: the one that it came as, if it is a part of one.
    pub fn as_json(&self) -> Cow<'_, str> {
        match &self.0 {
            Inner::Span(span) => Cow::Borrowed(span.part().as_str()),
            _ => Cow::Owned(self.to_string()),
        }
    }

    /// Reads the value as a type of one's own.
    ///
    /// What comes of it may take [`READ_TIMES`] the bytes of its text, or [`READ_FLOOR`] if that is more. A list of small things that the type knows is within that; a tree
    /// (`serde_json::Value`) of many small values is not, for each takes 72 bytes and more. What serde
    /// keeps for later (for an untagged, an internally tagged or a flattened type) counts for both, what
    /// is kept and what is made of it; but for an untagged type that holds itself, serde copies all that
    /// is below at every level, which cannot be counted.
    ///
    /// # Errors
    /// It does not fit, or takes more.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        self.read_within(READ_FLOOR)
    }

    /// As [`read`](Self::read), with another number of bytes that may be taken in any case.
    ///
    /// # Errors
    /// As there.
    pub fn read_within<T: DeserializeOwned>(&self, floor: usize) -> serde_json::Result<T> {
        self.read_weighed(floor).map(|(value, _)| value)
    }

    /// The same, with the bytes that it takes.
    pub(crate) fn read_weighed<T: DeserializeOwned>(
        &self,
        floor: usize,
    ) -> serde_json::Result<(T, usize)> {
        guard::read(&self.as_json(), floor)
    }

    /// The value as a tree, as [`read`](Self::read) makes one.
    ///
    /// # Errors
    /// It takes too much.
    pub fn to_value(&self) -> serde_json::Result<Value> {
        self.read()
    }

    /// Bytes that are kept for this value, or rather more: several may share a text.
    pub fn weight(&self) -> usize {
        const NODE: usize = size_of::<Raw>();
        NODE + match &self.0 {
            Inner::Span(span) => span.end - span.start,
            Inner::Text(text) => text.len(),
            Inner::Array(elements) => elements.iter().map(Self::weight).sum(),
            Inner::Object(object) => {
                let base = object.base.as_ref().map_or(0, |base| base.end - base.start);
                let own = object.own.iter();
                base + own
                    .map(|(name, value)| name.len() + NODE + value.as_ref().map_or(0, Self::weight))
                    .sum::<usize>()
            }
            _ => 0,
        }
    }

    /// The value as JSON text on one line.
    fn write(&self) -> String {
        let mut text = String::with_capacity(self.weight());
        // A text takes everything.
        let _ = write::write(self, &mut text);
        text
    }

    /// The string, without a copy if it is written without escapes.
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        match &self.0 {
            Inner::Span(span) => span.part().quoted().map(text::decode),
            Inner::Text(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }
}

impl Default for Raw {
    fn default() -> Self {
        Self(Inner::Null)
    }
}

/// The text as it stands there. Only `serde_json` and [`Raw::read`] can tell it.
///
/// So a handler takes what has no type, however large: as text, out of which it reads what it needs.
impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(from)?;
        Self::parse(Box::<str>::from(text)).map_err(D::Error::custom)
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Value::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Value::json_schema(generator)
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Span {
    fn part(&self) -> Part<'_> {
        let Whole { text, ends } = &*self.whole;
        Part { text: (**text).as_ref(), ends, start: self.start, end: self.end }
    }

    /// A part of this part.
    fn sub(&self, part: Part<'_>) -> Self {
        Self { whole: Arc::clone(&self.whole), start: part.start, end: part.end }
    }
}

/// Looks in a text that is no JSON for the id that it would have as a message, so that its sender
/// can be told which one it was. Only what is in its strings may be wrong with it. `None` also for
/// what would be an answer: its id is another one's.
pub fn find_id(text: &str) -> Option<Id> {
    let text = text::without_mark(text);
    text::outermost(text, "method")?;
    let id = text::outermost(text, "id")?;
    // It may be what cannot be read.
    Raw::parse(id.as_str().to_owned()).ok()?.as_id()
}
