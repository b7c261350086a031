//! What is found in a frame.

use std::ops::Range;

/// A progress notification, as numbers and spans of the frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scanned {
    /// The progress token. Ours are always integers.
    pub token: i64,
    /// Whether it came as text.
    pub is_text: bool,
    /// How far the request has come; finite.
    pub progress: f64,
    /// How far it will go, if the server knows; finite.
    pub total: Option<f64>,
    /// Where the message stands in the frame (bytes, without the quotes).
    pub message: Option<Range<usize>>,
    /// Whether there are escapes in the message.
    pub is_escaped: bool,
    /// Where the params stand, if they have other members than these (bytes, with the braces).
    pub params: Option<Range<usize>>,
    /// Where the params stand, whatever they have: a page has no use for it.
    #[cfg(not(target_arch = "wasm32"))]
    pub all: Range<usize>,
    /// Whether the frame may hold bytes beyond ASCII.
    pub is_wide: bool,
}

/// Reads a number that the scanner does not round itself, which is JSON's by its form; `None` if it is
/// greater than all that there are.
pub type ReadNumber = fn(&str) -> Option<f64>;

/// [`ReadNumber`] by Rust's own means, which a browser's module had rather not carry.
pub fn parse_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}
