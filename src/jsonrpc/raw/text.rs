//! JSON text that is read where it lies: whether it is JSON, where its parts end, what its strings say.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memrchr};
use serde::de::IgnoredAny;

use super::Unreadable;

/// How deep values may nest: as deep as `serde_json` reads.
pub(super) const DEPTH: usize = 127;
/// Where the large parts of a text end, by where they start.
#[derive(Default)]
pub(super) struct Ends(Vec<(u32, u32)>);

/// Parts of so many bytes have their ends noted, down to a few levels: for a look at a few members.
const LARGE: u32 = 1024;
const LEVELS: usize = 4;

/// A value that is part of a text, without the blanks around it.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) ends: &'a Ends,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Whether this is one JSON value that can be read, and where its large parts end.
pub(super) fn check(text: &str) -> Result<(Ends, usize, usize), Unreadable> {
    // The grammar, without a limit to the depth and without a look at what strings stand for.
    serde_json::from_str::<IgnoredAny>(without_mark(text)).map_err(|_| Unreadable::Grammar)?;
    note(text, DEPTH, true)
}

/// The same for a text of our own, however deep.
pub(super) fn note_own(text: &str) -> (Ends, usize, usize) {
    note(text, usize::MAX, false).unwrap_or_default()
}

/// Where the large parts of a text end that is known to be JSON.
fn note(
    text: &str,
    depth_limit: usize,
    reads_strings: bool,
) -> Result<(Ends, usize, usize), Unreadable> {
    let bytes = text.as_bytes();
    let start = start_of_value(text);
    let mut ends = Vec::new();
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    // The places in `ends` of what is open.
    let mut open = [0; LEVELS];
    let (mut depth, mut at) = (0_usize, start);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = end_of_string(bytes, at);
                if reads_strings && !is_readable(bytes.get(at..end).unwrap_or_default()) {
                    return Err(Unreadable::Strings);
                }
                if place(end) - place(at) >= LARGE && depth <= LEVELS {
                    ends.push((place(at), place(end)));
                }
                at = end;
                continue;
            }
            b'[' | b'{' => {
                if depth == depth_limit {
                    return Err(Unreadable::Depth);
                }
                if let Some(noted) = open.get_mut(depth) {
                    *noted = ends.len();
                    ends.push((place(at), 0));
                }
                depth += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if let Some(noted) = open.get(depth)
                    && let Some(noted) = ends.get_mut(*noted)
                {
                    noted.1 = place(at + 1);
                    // All that is in a small part is small, so this is the last one.
                    if noted.1 - noted.0 < LARGE {
                        ends.pop();
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    let end = bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    Ok((Ends(ends), start, end))
}

impl<'a> Part<'a> {
    pub(super) fn as_str(self) -> &'a str {
        self.text.get(self.start..self.end).unwrap_or("null")
    }

    pub(super) fn first(self) -> u8 {
        self.text.as_bytes().get(self.start).copied().unwrap_or(b'n')
    }

    fn part(self, start: usize, end: usize) -> Self {
        Self { start, end, ..self }
    }

    /// The elements, if this is an array.
    pub(super) fn elements(self) -> impl Iterator<Item = Part<'a>> {
        let mut at = self.inside(b'[');
        std::iter::from_fn(move || {
            let start = at?;
            let end = self.end_of_value(start);
            at = self.next(end);
            Some(self.part(start, end))
        })
    }

    /// The members, if this is an object: the names with their quotes, and the values.
    pub(super) fn members(self) -> impl Iterator<Item = (Part<'a>, Part<'a>)> {
        let mut at = self.inside(b'{');
        std::iter::from_fn(move || {
            let (name, value) = self.member_at(at?);
            at = self.next(value.end);
            Some((name, value))
        })
    }

    /// The member that starts here.
    pub(super) fn member_at(self, start: usize) -> (Part<'a>, Part<'a>) {
        let bytes = self.text.as_bytes();
        let end = self.end_of_value(start);
        // The colon between name and value.
        let value = skip_blanks(bytes, skip_blanks(bytes, end) + 1);
        (self.part(start, end), self.part(value, self.end_of_value(value)))
    }

    /// Where the first thing in here starts, if this is such a thing and there is one.
    fn inside(self, kind: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if self.first() != kind {
            return None;
        }
        let at = skip_blanks(bytes, self.start + 1);
        (!matches!(bytes.get(at), None | Some(b']' | b'}'))).then_some(at)
    }

    /// Where the thing behind the one that ends here starts, if there is one.
    fn next(self, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let at = skip_blanks(bytes, end);
        (bytes.get(at) == Some(&b',')).then(|| skip_blanks(bytes, at + 1))
    }

    fn end_of_value(self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        match bytes.get(start) {
            Some(b'"' | b'[' | b'{') => {
                // What lies beyond the reach of the table is not in it.
                let place = u32::try_from(start).unwrap_or(u32::MAX);
                let at = self.ends.0.binary_search_by_key(&place, |noted| noted.0);
                match at.ok().and_then(|at| self.ends.0.get(at)) {
                    Some((_, end)) if *end < u32::MAX => *end as usize,
                    _ => end_of_any(bytes, start).unwrap_or(bytes.len()),
                }
            }
            _ => end_of_scalar(bytes, start),
        }
    }

    /// Whether this is a string that says so.
    pub(super) fn says(self, text: &str) -> bool {
        let Some(inner) = self.quoted() else { return false };
        // An escape takes more room than what it stands for.
        inner.len() >= text.len()
            && (inner == text || (inner.contains('\\') && decode(inner) == text))
    }

    /// What is between the quotes, if this is a string.
    pub(super) fn quoted(self) -> Option<&'a str> {
        if self.first() != b'"' {
            return None;
        }
        self.text.get(self.start + 1..self.end.checked_sub(1)?)
    }
}

/// What a string stands for, without its quotes.
pub(super) fn decode(inner: &str) -> Cow<'_, str> {
    let mut rest = inner;
    let mut text = String::new();
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        if text.capacity() == 0 {
            text.reserve_exact(inner.len());
        }
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let (c, length) = unescape(escape.as_bytes());
        text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = escape.get(length..).unwrap_or_default();
    }
    if rest.len() == inner.len() {
        return Cow::Borrowed(inner);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// What an escape stands for, and its length. `None`: half of a character.
fn unescape(escape: &[u8]) -> (Option<char>, usize) {
    let simple = match escape.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let first = hex(escape.get(2..6));
            if let Some(high @ 0xd800..0xdc00) = first
                && escape.get(6..8) == Some(b"\\u")
                && let Some(low @ 0xdc00..0xe000) = hex(escape.get(8..12))
            {
                return (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 12);
            }
            return (first.and_then(char::from_u32), 6);
        }
        Some(other) => char::from(*other),
        None => return (None, 1),
    };
    (Some(simple), 2)
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

/// Whether every escape of a string stands for a character.
fn is_readable(inner: &[u8]) -> bool {
    let mut rest = inner;
    while let Some(at) = memchr(b'\\', rest) {
        let escape = rest.get(at..).unwrap_or_default();
        let (c, length) = unescape(escape);
        if c.is_none() {
            return false;
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    true
}

/// A text without the byte order mark before it.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Where the value of a text starts.
pub(super) fn start_of_value(text: &str) -> usize {
    skip_blanks(text.as_bytes(), text.len() - without_mark(text).len())
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

pub(super) fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| is_blank(*byte)) {
        at += 1;
    }
    at
}

/// Where a string ends that starts here, behind its last quote.
pub(super) fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes.get(at) == Some(&b'"') {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// Each byte that is in no string, with its place.
pub(super) fn outside_of_strings(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while bytes.get(at) == Some(&b'"') {
            at = end_of_string(bytes, at);
        }
        let byte = *bytes.get(at)?;
        at += 1;
        Some((at - 1, byte))
    })
}

pub(super) fn end_of_scalar(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| !is_blank(*byte) && !matches!(byte, b',' | b']' | b'}'))
    {
        at += 1;
    }
    at
}

/// Where a string, an array or an object ends, by looking at every byte of it; `None` if it does not.
fn end_of_any(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, start);
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'"' => end_of_string(bytes, at),
            _ => at + 1,
        };
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The part of a text that is no JSON which would be a member of the outermost object, if all of it
/// but what is in its strings looks like one.
pub(super) fn outermost<'a>(text: &'a str, key: &str) -> Option<Part<'a>> {
    const NONE: &Ends = &Ends(Vec::new());
    let bytes = text.as_bytes();
    let start = skip_blanks(bytes, 0);
    let end = memrchr(b'}', bytes)? + 1;
    let is_whole = bytes.get(start) == Some(&b'{')
        && end_of_any(bytes, start) == Some(end)
        && skip_blanks(bytes, end) == bytes.len();
    if !is_whole {
        return None;
    }
    let whole = Part { text, ends: NONE, start, end };
    whole.members().filter(|(name, _)| name.says(key)).last().map(|(_, value)| value)
}
