//! Progress as a Rust program gets it.

use std::fmt;

use super::Here;
use super::platform::Platform;

/// How far a call has come.
///
/// Its text is that of the default handler: `3/10 (30.0%) - message`.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// How far, in the server's own unit.
    pub progress: f64,
    /// How far it will go, if the server knows.
    pub total: Option<f64>,
    /// What the server is doing.
    pub message: Option<String>,
}

impl Progress {
    /// How much of the whole is done, 1 for all of it; `None` without a total.
    ///
    /// ```
    /// use mcp_wasm::client::Progress;
    ///
    /// let halfway = Progress { progress: 5.0, total: Some(10.0), message: None };
    /// assert_eq!(halfway.fraction(), Some(0.5));
    /// ```
    pub fn fraction(&self) -> Option<f64> {
        self.total.filter(|total| *total != 0.0).map(|total| self.progress / total)
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.progress)?;
        if let Some(total) = self.total {
            write!(out, "/{total}")?;
        }
        if let Some(fraction) = self.fraction() {
            write!(out, " ({:.1}%)", fraction * 100.0)?;
        }
        match self.message.as_deref() {
            None | Some("") => Ok(()),
            Some(message) => write!(out, " - {message}"),
        }
    }
}

/// What hears of the progress of a call for which nobody else listens: writes it to the console at
/// debug level, natively as an event of `tracing`.
#[allow(clippy::needless_pass_by_value)] // fits where a handler is wanted
pub fn default_progress_handler(progress: Progress) {
    Here::debug(&format!("Progress: {progress}"));
}
