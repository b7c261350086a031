//! The few things that are done with texts and lists everywhere.

use std::borrow::Cow;

/// Bytes of what a peer sent that an error message repeats.
pub(crate) const ECHO: usize = 200;

/// The text, or as much of it as fits, cut between two characters.
pub(crate) fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    const MARK: &str = "…";
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let mut end = limit.saturating_sub(MARK.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned([&text[..end], MARK].concat())
}

/// Takes out the first element that matches; the last one takes its place.
pub(crate) fn take_where<T>(all: &mut Vec<T>, which: impl FnMut(&T) -> bool) -> Option<T> {
    let at = all.iter().position(which)?;
    let last = all.pop()?;
    match all.get_mut(at) {
        Some(place) => Some(std::mem::replace(place, last)),
        None => Some(last),
    }
}

/// A copy of a text. Out of line, unlike `to_owned`: it is needed in many places.
#[inline(never)]
pub(crate) fn owned(text: &str) -> String {
    text.to_owned()
}

/// Puts a sentence together. Smaller than `concat`, and far smaller than `format!`.
#[inline(never)]
pub(crate) fn sentence(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}
