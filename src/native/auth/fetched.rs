//! A document that was fetched.

use std::time::Duration;

/// Bytes of an answer.
pub(super) const LARGEST: usize = 256 << 10;

/// A document, as the app's own HTTP client got it; see [`Jwt::fetch`](super::Jwt::fetch).
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// The body of an answer with status 200. Anything else is an error.
    pub body: String,
    /// `max-age` of its `Cache-Control`.
    pub max_age: Option<Duration>,
}
