//! The time of day.

use std::time::SystemTime;

use crate::proto::Millis;

/// Milliseconds since 1970.
#[allow(clippy::disallowed_methods)] // clocks are read here
pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() * 1000.0
}
