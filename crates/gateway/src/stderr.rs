//! What servers write to their standard error, as lines of the log.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Lines of one process in one stretch of time; what is beyond that is counted.
const LINES: u32 = 1000;
const STRETCH: Duration = Duration::from_secs(10);

/// The lines of one process.
#[derive(Debug)]
pub struct StderrLog {
    server: String,
    stretch: Mutex<Stretch>,
}

#[derive(Debug)]
struct Stretch {
    began: Instant,
    lines: u32,
}

impl Stretch {
    /// Whether a line at this time is logged, and how many were not before it.
    fn take(&mut self, now: Instant) -> (bool, u32) {
        let mut left_out = 0;
        if now.duration_since(self.began) >= STRETCH {
            left_out = self.lines.saturating_sub(LINES);
            *self = Self { began: now, lines: 0 };
        }
        self.lines = self.lines.saturating_add(1);
        (self.lines <= LINES, left_out)
    }
}

impl StderrLog {
    /// Those of a process of that server.
    #[allow(clippy::disallowed_methods)] // clocks are read here
    pub fn new(server: &str) -> Self {
        let stretch = Stretch { began: Instant::now(), lines: 0 };
        Self { server: server.to_owned(), stretch: Mutex::new(stretch) }
    }

    /// It has written a line.
    #[allow(clippy::disallowed_methods)] // clocks are read here
    pub fn line(&self, line: &str) {
        let server = &self.server;
        let (is_logged, left_out) =
            self.stretch.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
        if left_out > 0 {
            tracing::warn!(target: "mcp_wasm_gateway::stderr", server, "{left_out} lines were left out");
        }
        if is_logged {
            tracing::info!(target: "mcp_wasm_gateway::stderr", server, "{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)] // any time will do
    fn a_flood_is_cut_and_counted_and_the_next_lines_are_logged_again() {
        let began = Instant::now();
        let mut stretch = Stretch { began, lines: 0 };
        let logged = (0..5000).filter(|_| stretch.take(began).0).count();
        assert_eq!(logged, 1000);
        assert_eq!(stretch.take(began + STRETCH), (true, 4000));
        assert_eq!(stretch.take(began + STRETCH), (true, 0));
    }
}
