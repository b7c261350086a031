//! Messages that are being read: how many bytes of them there are, in view of all others.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

use crate::{
    proto::Millis,
    server::{Busy, Claim, Intake, Source},
};

/// Bytes of a message that do not count: what the buffers of its connection hold anyway. So what is
/// small is read whatever else is: a cancellation, an answer that a handler waits for.
const FREE: usize = 8 << 10;
/// How often whoever waits looks at the time.
const TICK: Duration = Duration::from_millis(250);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Counts the messages of one connection, one after the other.
pub(super) struct Counter {
    intake: Arc<Intake>,
    source: Source,
    /// Bytes of the message at hand, and how many of them have been claimed.
    count: usize,
    claimed: usize,
    claim: Option<Claim>,
    tick: Option<Pin<Box<Sleep>>>,
}

/// One that the two ends of a stream share.
pub(super) type SharedCounter = Arc<Mutex<Counter>>;

/// A text with the claim for its bytes, which lasts for as long as anything of it is in use.
pub(super) struct Held<T> {
    text: T,
    #[expect(dead_code, reason = "dropped with the text")]
    claim: Option<Claim>,
}

impl<T> Held<T> {
    pub(super) fn new(text: T, claim: Option<Claim>) -> Self {
        Self { text, claim }
    }
}

impl<T: AsRef<str>> AsRef<str> for Held<T> {
    fn as_ref(&self) -> &str {
        self.text.as_ref()
    }
}

impl Counter {
    pub(super) fn new(intake: &Arc<Intake>, source: Source) -> Self {
        let intake = Arc::clone(intake);
        Self { intake, source, count: 0, claimed: 0, claim: None, tick: None }
    }

    pub(super) fn shared(self) -> SharedCounter {
        Arc::new(Mutex::new(self))
    }

    /// So many bytes of the message have come.
    pub(super) fn add(&mut self, bytes: usize) {
        self.count += bytes;
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Ready when there is room for what has come, so that more may be read. Then wakes when the
    /// message has to give way to others.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Busy>> {
        loop {
            let wanted = self.count.saturating_sub(FREE).saturating_sub(self.claimed);
            if wanted == 0 {
                let has_to_go = self.claim.as_ref().map(|claim| claim.poll_has_to_go(cx));
                return Poll::Ready(match has_to_go {
                    Some(Poll::Ready(())) => Err(Busy),
                    _ => Ok(()),
                });
            }
            let now = now();
            let claim = self.claim.get_or_insert_with(|| self.intake.begin(self.source, now));
            match claim.poll_grow(cx, wanted, now) {
                Poll::Ready(grown) => {
                    self.tick = None;
                    grown?;
                    self.claimed += wanted;
                }
                Poll::Pending => {
                    let tick = self.tick.get_or_insert_with(|| Box::pin(sleep(TICK)));
                    ready!(tick.as_mut().poll(cx));
                    self.tick = None;
                }
            }
        }
    }

    /// Waits until there is room.
    pub(super) async fn room(&mut self) -> Result<(), Busy> {
        poll_fn(|cx| self.poll_room(cx)).await
    }

    /// The message is whole, or given up: the claim for it. The next one begins.
    pub(super) fn finish(&mut self) -> Option<Claim> {
        (self.count, self.claimed, self.tick) = (0, 0, None);
        let claim = self.claim.take()?;
        claim.finish();
        Some(claim)
    }
}

/// Ready when the message that a stream is in the middle of has to give way.
pub(super) async fn has_to_go(counter: &SharedCounter) {
    poll_fn(|cx| match lock(counter).poll_room(cx) {
        Poll::Ready(Err(Busy)) => Poll::Ready(()),
        _ => Poll::Pending,
    })
    .await;
}

pub(super) fn lock(counter: &SharedCounter) -> std::sync::MutexGuard<'_, Counter> {
    counter.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> Millis {
    START.elapsed().as_secs_f64() * 1000.0
}
