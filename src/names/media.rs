//! The media types of contents whose author names none.

/// A text.
pub const TEXT: &str = "text/plain";
/// Bytes.
pub const BYTES: &str = "application/octet-stream";
/// A value, written as JSON.
pub const JSON: &str = "application/json";
