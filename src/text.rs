//! Texts, and the few things that are done with them everywhere.

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
