//! What a caller says of a call beside what it is to do.

use crate::proto::Millis;

use super::cache::Caching;
use super::pages::PageLimits;

/// How long a call may take, and what it does with progress.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "independent choices, each made by name")]
pub struct CallLimits {
    /// Milliseconds without an answer and without progress; infinite for no limit.
    pub timeout: Millis,
    /// Milliseconds in all, whatever the progress; infinite for no limit.
    pub max_total: Millis,
    /// Milliseconds without progress after which the call counts as stalled; it goes on all the
    /// same. Infinite for never.
    pub stall_after: Millis,
    /// Whether progress restarts `timeout`.
    pub reset_on_progress: bool,
    /// Whether a progress value that does not increase is dropped instead of delivered.
    pub strict: bool,
    /// What the call has to do with results that are kept.
    pub cache: Caching,
    /// How many pages of a list are put together; `None` hands the caller what the request gets, as it is.
    pub pages: Option<PageLimits>,
    /// How often the server may ask for input before the call fails. `None` hands the first result
    /// that asks for input to the caller.
    pub rounds: Option<u32>,
    /// Whether the user is asked to open the URLs that the server wants opened first (error -32042);
    /// otherwise the caller gets that error.
    pub opens_urls: bool,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            timeout: 60_000.0,
            max_total: 3_600_000.0,
            stall_after: 10_000.0,
            reset_on_progress: true,
            strict: false,
            cache: Caching::Private,
            pages: None,
            rounds: Some(10),
            opens_urls: true,
        }
    }
}
