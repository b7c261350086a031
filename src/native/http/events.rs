//! Event streams: the head of the answer, and the text of an event.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::http::headers::EVENTS;

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
