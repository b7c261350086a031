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

pub(super) fn write(value: &Raw, out: &mut dyn fmt::Write) -> fmt::Result {
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
fn passage(text: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'\n', b'\r', rest.as_bytes()) {
        let (line, behind) = rest.split_at(at);
        out.write_str(line)?;
        rest = behind.get(1..).unwrap_or_default();
    }
    out.write_str(rest)
}

fn members(object: &Object, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut is_first = true;
    let mut begin = |out: &mut dyn fmt::Write| {
        out.write_char(if std::mem::take(&mut is_first) { '{' } else { ',' })
    };
    // Those that were set stand where they stood in the text, or else behind it.
    let mut written = vec![false; object.own.len()];
    for (name, value) in object.base.iter().flat_map(|base| base.part().members()) {
        let place = object.own.iter().position(|(own, _)| name.says(own));
        let Some(place) = place else {
            begin(out)?;
            out.write_str(name.as_str())?;
            out.write_char(':')?;
            passage(value.as_str(), out)?;
            continue;
        };
        if let Some((own, Some(value))) = object.own.get(place)
            && written.get(place) == Some(&false)
        {
            begin(out)?;
            write_text(own, out)?;
            out.write_char(':')?;
            write(value, out)?;
        }
        if let Some(written) = written.get_mut(place) {
            *written = true;
        }
    }
    for ((name, value), written) in object.own.iter().zip(written) {
        if let Some(value) = value
            && !written
        {
            begin(out)?;
            write_text(name, out)?;
            out.write_char(':')?;
            write(value, out)?;
        }
    }
    if is_first {
        out.write_char('{')?;
    }
    out.write_char('}')
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
