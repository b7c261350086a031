//! Event streams: the head of the answer, and the text of an event.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::{http::headers::EVENTS, server::Frame};

/// Bytes after which a batch of events leaves, although more are there.
pub(super) const BATCH: usize = 64 << 10;
/// What shows that a silent stream lives.
pub(super) const COMMENT: &str = ": keep-alive\n\n";

/// An answer that is a stream of events, in a body that nothing may hold back.
pub(super) fn response(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(EVENTS)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

/// Adds a message as an event: one line, since compact JSON has no line breaks.
pub(super) fn write(text: &mut String, frame: &Frame<Value>) {
    text.push_str("data: ");
    text.push_str(&frame.to_json());
    text.push_str("\n\n");
}
