//! Bytes of the messages that are being read or waiting for their handlers, over all connections of a
//! server, whatever the transport: how many there may be, and who waits or gives way when there are
//! as many.
//!
//! Like the machines it knows no clock: whoever asks says what time it is.

mod queue;
#[cfg(test)]
mod tests;

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use self::queue::Queue;
pub(crate) use self::queue::{Busy, Source};
use crate::proto::Millis;

/// What all messages together may take.
pub(crate) struct Intake {
    hasher: RandomState,
    queue: Mutex<Queue>,
}

/// The bytes of one message. Dropping it makes room.
pub(crate) struct Claim {
    intake: Arc<Intake>,
    number: u64,
}

impl Intake {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { hasher: RandomState::new(), queue: Mutex::new(Queue::new(most)) })
    }

    /// One message may be as large as this.
    pub(crate) fn expect(&self, largest: usize) {
        self.lock().expect(largest);
    }

    /// Who that is.
    #[allow(clippy::unnecessary_wraps)] // as one that is not known
    pub(crate) fn source(&self, peer: impl Hash) -> Source {
        Some(self.hasher.hash_one(peer))
    }

    /// A message begins.
    pub(crate) fn begin(self: &Arc<Self>, source: Source, now: Millis) -> Claim {
        let number = self.lock().begin(source, now);
        Claim { intake: Arc::clone(self), number }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// Ready when it has so many bytes more. To be asked again at least every few hundred
    /// milliseconds, because nothing else tells the time.
    pub(crate) fn poll_grow(
        &self,
        cx: &mut Context<'_>,
        bytes: usize,
        now: Millis,
    ) -> Poll<Result<(), Busy>> {
        let mut queue = self.intake.lock();
        let mut wakers = Vec::new();
        let answer = queue.grow(self.number, bytes, now, &mut wakers);
        if answer.is_pending() && queue.watch(self.number, cx.waker()) {
            wakers.extend(queue.relieve(self.number, now));
        }
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
        answer
    }

    /// Ready when it has to give way to others.
    pub(crate) fn poll_has_to_go(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.intake.lock();
        if !queue.has_to_go(self.number) && queue.watch(self.number, cx.waker()) {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// The message is whole, and now is the server's: it gives way to none.
    pub(crate) fn finish(&self) {
        let mut queue = self.intake.lock();
        queue.finish(self.number);
        // Another one is the oldest now.
        let wakers = queue.serve();
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut queue = self.intake.lock();
        queue.remove(self.number);
        let wakers = queue.serve();
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }
}
