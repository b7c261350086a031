//! How often a child is read from that reports fast.
//!
//! To be woken costs more than to pass a report on, and so does each write to a client. Reports that
//! come by the hundred in a second are read together: each waits for the next few milliseconds at
//! most, much less than a page needs to show it. Those that come now and then are read at once, and
//! what is no report ends the waiting.

use std::time::Duration;

use tokio::time::Instant;

/// How long a report may wait for those behind it.
const REST: Duration = Duration::from_millis(4);
/// Bytes of a read that is worth its while, whatever it brought.
const MUCH: usize = 4 << 10;

/// What the last reads have brought.
#[derive(Debug)]
pub(super) struct ReadPace {
    last: Instant,
    /// Between the last read and the one before it, if that brought nothing but reports.
    gap: Option<Duration>,
    bytes: usize,
    reports: u32,
    has_others: bool,
}

impl ReadPace {
    pub fn new() -> Self {
        Self { last: Instant::now(), gap: None, bytes: 0, reports: 0, has_others: true }
    }

    /// So many bytes have been read.
    pub fn read(&mut self, bytes: usize) {
        let now = Instant::now();
        self.gap = self.is_pure().then(|| now - self.last);
        self.last = now;
        self.bytes = bytes;
        self.reports = 0;
        self.has_others = false;
    }

    /// There was a message in it.
    pub fn found(&mut self, is_report: bool) {
        self.reports += u32::from(is_report);
        self.has_others |= !is_report;
    }

    /// Until when the next read waits, once all is found in the last one.
    pub fn rest(&self) -> Option<Instant> {
        let is_fast = self.gap? < REST.saturating_mul(self.reports);
        (is_fast && self.is_pure() && self.bytes < MUCH).then(|| self.last + REST)
    }

    fn is_pure(&self) -> bool {
        self.reports > 0 && !self.has_others
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::{MUCH, REST, ReadPace};

    const LINE: usize = 120;

    /// Reads this long after the read before, and finds so many reports. Whether the next read waits.
    async fn reads(pace: &mut ReadPace, after: Duration, reports: u32) -> bool {
        advance(after).await;
        pace.read(LINE * reports as usize);
        (0..reports).for_each(|_| pace.found(true));
        let rest = pace.rest();
        assert!(rest.is_none_or(|until| until == Instant::now() + REST), "no longer than that");
        rest.is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn reports_that_come_fast_are_read_together_and_others_at_once() {
        let (fast, slow) = (Duration::from_millis(1), REST + Duration::from_millis(1));
        let mut pace = ReadPace::new();
        assert!(!reads(&mut pace, fast, 1).await, "the first one says nothing of the pace");
        for _ in 0..3 {
            assert!(reads(&mut pace, fast, 1).await);
            assert!(reads(&mut pace, slow, 4).await, "as many as came while it waited");
        }
        for _ in 0..3 {
            assert!(!reads(&mut pace, slow, 1).await, "it has become slow");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_report_ends_the_waiting() {
        let fast = Duration::from_millis(1);
        let mut pace = ReadPace::new();
        // A call with its report and its result, again and again.
        for _ in 0..5 {
            assert!(!reads(&mut pace, fast, 1).await);
            advance(fast).await;
            pace.read(LINE);
            pace.found(false);
            assert_eq!(pace.rest(), None);
        }
        assert!(!reads(&mut pace, fast, 1).await);
        assert!(reads(&mut pace, fast, 1).await);
        pace.found(false);
        assert_eq!(pace.rest(), None, "both in one read");
        // A part of a line.
        assert!(!reads(&mut pace, fast, 0).await);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_writes_much_is_read_as_fast_as_can_be() {
        let fast = Duration::from_millis(1);
        let mut pace = ReadPace::new();
        for _ in 0..5 {
            assert!(!reads(&mut pace, fast, u32::try_from(MUCH / LINE + 1).unwrap()).await);
        }
    }
}
