//! When what a caller has open comes to its end: with its token.

use std::time::Duration;

use axum::http::Extensions;
use tokio::time::{Instant, sleep_until};

use super::clock::now;
use crate::server::Principal;

/// How much longer calls may take that are under way.
pub(super) const GRACE: Duration = Duration::from_secs(60);
/// Farther than that, nobody looks: a century.
const FAR: f64 = 100.0 * 365.0 * 86_400.0;

/// The end of a token; never, if it has none.
#[derive(Clone, Copy)]
pub(super) struct Expiry(Option<Instant>);

impl Expiry {
    /// That of whom the extensions of a request name.
    pub(super) fn of(extensions: &Extensions) -> Self {
        let seconds = extensions.get().and_then(|one: &Principal| one.expires);
        let left = seconds.map(|seconds| (seconds - now() / 1000.0).clamp(0.0, FAR));
        Self(left.map(|left| Instant::now() + Duration::from_secs_f64(left)))
    }

    /// The same, but so much later.
    pub(super) fn and(self, grace: Duration) -> Self {
        Self(self.0.map(|end| end + grace))
    }

    /// Whether it has come.
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|end| end <= Instant::now())
    }

    /// Ready when it has come.
    pub(super) async fn wait(self) {
        match self.0 {
            Some(end) => sleep_until(end).await,
            None => std::future::pending().await,
        }
    }
}
