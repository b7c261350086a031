//! Event streams: the head of the answer, and the text of an event.

use std::{pin::Pin, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};

use tokio::time::{Instant, Sleep, sleep};

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

/// How long a stream has been silent. Its clock is set when it strikes, and not for every event: there
/// may be thousands in between.
pub(super) struct Quiet {
    most: Duration,
    since: Instant,
    clock: Pin<Box<Sleep>>,
}

impl Quiet {
    pub(super) fn new(most: Duration) -> Self {
        Self { most, since: Instant::now(), clock: Box::pin(sleep(most)) }
    }

    /// Something has been sent.
    pub(super) fn is_over(&mut self) {
        self.since = Instant::now();
    }

    /// Ready when it has been silent for so long.
    pub(super) async fn wait(&mut self) {
        loop {
            self.clock.as_mut().await;
            let until = self.since + self.most;
            let is_due = until <= Instant::now();
            let next = if is_due { Instant::now() + self.most } else { until };
            self.clock.as_mut().reset(next);
            if is_due {
                return;
            }
        }
    }
}
