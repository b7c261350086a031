//! Writing a [`Raw`] value: texts as they came, the rest compact, and all of it on one line.

use std::fmt;

use serde::Serialize;

use super::{Inner, Object, Raw};
use crate::jsonrpc::value::whole;

impl fmt::Display for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, out)
    }
}

pub(super) fn write<W: fmt::Write>(value: &Raw, out: &mut W) -> fmt::Result {
    match &value.0 {
        Inner::Span(span) => passage(span.part().as_str(), out),
        Inner::Null => out.write_str("null"),
        Inner::Boolean(value) => out.write_str(if *value { "true" } else { "false" }),
        Inner::Integer(integer) => write_integer(*integer, out),
        Inner::Number(number) => json(number, out),
        Inner::Text(text) => write_text(text, out),
        Inner::Array(elements) => {
            out.write_char('[')?;
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.write_char(',')?;
                }
                write(element, out)?;
            }
            out.write_char(']')
        }
        Inner::Object(object) => members(object, out),
    }
}

/// A text as it came, without line breaks: they can only stand between its parts.
fn passage(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'\n', b'\r', rest.as_bytes()) {
        let (line, behind) = rest.split_at(at);
        out.write_str(line)?;
        rest = behind.get(1..).unwrap_or_default();
    }
    out.write_str(rest)
}

fn members<W: fmt::Write>(object: &Object, out: &mut W) -> fmt::Result {
    let mut is_first = true;
    let mut begin =
        |out: &mut W| out.write_str(if std::mem::take(&mut is_first) { "{" } else { "," });
    // Those that were set stand where they stood in the text, or else behind it.
    let mut written = Marks::of(object.own.len());
    let base = object.base.as_ref().map_or("", |base| base.part().as_str());
    let is_line = memchr::memchr2(b'\n', b'\r', base.as_bytes()).is_none();
    for (name, value) in object.base.iter().flat_map(|base| base.part().members()) {
        let place = object.own.iter().position(|(own, _)| name.says(own));
        let Some(place) = place else {
            begin(out)?;
            out.write_str(name.as_str())?;
            out.write_str(":")?;
            if is_line {
                out.write_str(value.as_str())?;
            } else {
                passage(value.as_str(), out)?;
            }
            continue;
        };
        if let Some((own, Some(value))) = object.own.get(place)
            && !written.has(place)
        {
            begin(out)?;
            write_text(own, out)?;
            out.write_str(":")?;
            write(value, out)?;
        }
        written.set(place);
    }
    for (place, (name, value)) in object.own.iter().enumerate() {
        if let Some(value) = value
            && !written.has(place)
        {
            begin(out)?;
            write_text(name, out)?;
            out.write_str(":")?;
            write(value, out)?;
        }
    }
    out.write_str(if is_first { "{}" } else { "}" })
}

/// Which of an object's members have been written. Mostly there are few, for which nothing is allocated.
struct Marks {
    few: u64,
    many: Vec<bool>,
}

impl Marks {
    fn of(count: usize) -> Self {
        let many = if count > 64 { vec![false; count] } else { Vec::new() };
        Self { few: 0, many }
    }

    fn has(&self, place: usize) -> bool {
        self.many.get(place).copied().unwrap_or(self.few >> (place & 63) & 1 == 1)
    }

    fn set(&mut self, place: usize) {
        match self.many.get_mut(place) {
            Some(mark) => *mark = true,
            None => self.few |= 1 << (place & 63),
        }
    }
}

/// Writes a text as a JSON string.
#[allow(clippy::needless_bitwise_bool)] // no branches, so that many letters are looked at together
pub(crate) fn write_text(text: &str, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    // Most have nothing to escape, which is found out many letters at a time; serde looks at each one.
    let escapes = |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, escapes) {
        return json(text, out);
    }
    out.write_char('"')?;
    out.write_str(text)?;
    out.write_char('"')
}

/// Writes an integer. Not by `{}`, which looks at widths and signs first.
pub(crate) fn write_integer(integer: i64, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    out.write_str(itoa::Buffer::new().format(integer))
}

/// Writes a number, a whole one without a fraction.
pub(crate) fn write_number(number: f64, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    match whole(number) {
        Some(integer) => write_integer(integer, out),
        None => json(&number, out),
    }
}

/// Writes what serde can write.
fn json(value: &(impl Serialize + ?Sized), out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    struct Bytes<'a, W: ?Sized>(&'a mut W);
    impl<W: fmt::Write + ?Sized> std::io::Write for Bytes<'_, W> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // serde_json writes whole characters.
            let text = std::str::from_utf8(bytes).map_err(std::io::Error::other)?;
            self.0.write_str(text).map_err(std::io::Error::other)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Bytes(out), value).map_err(|_| fmt::Error)
}
