//! Who has how many of the bytes, and who is next.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    task::{Poll, Waker},
};

use crate::proto::Millis;

/// How long a message may wait for its turn.
const PATIENCE: Millis = 5000.0;
/// How long one has waited before others give way to it.
const GRACE: Millis = 1000.0;
/// Bytes a millisecond of a message that comes too slowly to be waited for by others.
const SLOWEST: f64 = 16.0;
/// Between two looks for somebody who gives way.
const PAUSE: Millis = 200.0;

/// Who a message comes from, as far as it is known.
pub(crate) type Source = Option<u64>;

/// There is no room: the message has waited for too long, or gives way to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// The messages that are being read.
#[allow(clippy::struct_field_names, reason = "it is what it is called")]
pub(super) struct Queue {
    most: usize,
    /// Reserved for the oldest message, so that there always is one that goes on.
    reserve: usize,
    taken: usize,
    newest: u64,
    /// In the order in which they began.
    claims: BTreeMap<u64, Entry>,
    /// Those whose message is not whole yet.
    unfinished: BTreeSet<u64>,
    sources: HashMap<Source, Held>,
    /// The sources of which something waits: who has least comes first, then who has waited longest.
    queue: BTreeSet<(usize, Option<u64>, Source)>,
    /// Whether somebody waits because there is no room for anybody.
    is_full: bool,
    looked_at: Millis,
}

/// What one source has.
#[derive(Default)]
struct Held {
    claims: usize,
    bytes: usize,
    /// Those whose message is not whole yet, and of these those that wait, in their order.
    unfinished: BTreeSet<u64>,
    waiting: VecDeque<u64>,
}

struct Entry {
    source: Source,
    bytes: usize,
    /// Since when it waits, and for how many bytes.
    waits: Option<(Millis, usize)>,
    /// When it came to have what it has.
    grown: Millis,
    /// What it had at some time since which its speed is measured.
    mark: (Millis, usize),
    has_to_go: bool,
    waker: Option<Waker>,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            reserve: 0,
            taken: 0,
            newest: 0,
            claims: BTreeMap::new(),
            unfinished: BTreeSet::new(),
            sources: HashMap::new(),
            queue: BTreeSet::new(),
            is_full: false,
            looked_at: Millis::NEG_INFINITY,
        }
    }

    /// One message may be as large as this.
    pub(super) fn expect(&mut self, largest: usize) {
        self.reserve = self.reserve.max(largest);
        // Whatever the settings say, one message by itself can be read.
        self.most = self.most.max(largest);
    }

    /// A message begins: its number.
    pub(super) fn begin(&mut self, source: Source, now: Millis) -> u64 {
        let number = self.newest;
        self.newest += 1;
        let entry = Entry {
            source,
            bytes: 0,
            waits: None,
            grown: now,
            mark: (now, 0),
            has_to_go: false,
            waker: None,
        };
        self.claims.insert(number, entry);
        self.unfinished.insert(number);
        let held = self.sources.entry(source).or_default();
        held.claims += 1;
        held.unfinished.insert(number);
        number
    }

    /// The bytes that are taken, and whether nobody has anything.
    #[cfg(test)]
    pub(super) fn taken(&self) -> (usize, bool) {
        (self.taken, self.claims.is_empty() && self.sources.is_empty())
    }

    /// Whether a message has to give way to others, or is gone.
    pub(super) fn has_to_go(&self, number: u64) -> bool {
        self.claims.get(&number).is_none_or(|entry| entry.has_to_go)
    }

    /// Has this waker woken when something changes for a message. `false`: it is gone.
    pub(super) fn watch(&mut self, number: u64, waker: &Waker) -> bool {
        let entry = self.claims.get_mut(&number);
        entry.map(|entry| entry.waker = Some(waker.clone())).is_some()
    }

    /// Gives a message so many bytes more, if it is its turn.
    pub(super) fn grow(
        &mut self,
        number: u64,
        bytes: usize,
        now: Millis,
        wakers: &mut Vec<Waker>,
    ) -> Poll<Result<(), Busy>> {
        let Some(entry) = self.claims.get_mut(&number).filter(|entry| !entry.has_to_go) else {
            return Poll::Ready(Err(Busy));
        };
        let (was_granted, waited) = (entry.was_granted(), entry.waits.is_some());
        if !was_granted && !waited {
            entry.waits = Some((now, bytes));
            let source = entry.source;
            self.change(source, |held| held.waiting.push_back(number));
            let is_oldest = self.unfinished.first() == Some(&number);
            if is_oldest || !self.is_full {
                let reserve = if is_oldest { 0 } else { self.reserve };
                wakers.extend(self.grant(number, self.most.saturating_sub(reserve)));
                self.is_full |= self.claims.get(&number).is_some_and(Entry::is_waiting)
                    && self.has_share(source, number);
            }
        }
        let Some(entry) = self.claims.get_mut(&number) else { return Poll::Ready(Err(Busy)) };
        match entry.waits {
            None => {
                // The time that it waited for others is not its own.
                if was_granted || now - entry.mark.0 >= GRACE {
                    entry.mark = (now, entry.bytes);
                }
                entry.grown = now;
                Poll::Ready(Ok(()))
            }
            Some((since, _)) if now - since >= PATIENCE => Poll::Ready(Err(Busy)),
            Some(_) => Poll::Pending,
        }
    }

    /// Gives those that wait what they wait for, as far as there is room: first the oldest of all, then
    /// the sources that have least.
    pub(super) fn serve(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if let Some(oldest) = self.unfinished.first().copied() {
            wakers.extend(self.grant(oldest, self.most));
        }
        let most = self.most.saturating_sub(self.reserve);
        self.is_full = false;
        loop {
            let next = self.queue.iter().find_map(|(_, first, source)| {
                let oldest = self.sources.get(source)?.unfinished.first().copied();
                let waits = |number: &u64| self.claims.get(number).is_some_and(Entry::is_waiting);
                let next = oldest.filter(waits).or(*first)?;
                self.has_share(*source, next).then_some(next)
            });
            let Some(next) = next else { break };
            wakers.extend(self.grant(next, most));
            if self.claims.get(&next).is_some_and(Entry::is_waiting) {
                // There is no room for it, and others do not overtake it.
                self.is_full = true;
                break;
            }
        }
        wakers
    }

    /// Whether a source has what one of its messages waits for within its share, which is a half. A
    /// part of it is for its oldest message, so that one always goes on; and one by itself is read
    /// in any case.
    fn has_share(&self, source: Source, number: u64) -> bool {
        let Some(held) = self.sources.get(&source).filter(|_| source.is_some()) else {
            return true;
        };
        let Some(entry) = self.claims.get(&number) else { return true };
        let bytes = entry.waits.map_or(0, |(_, bytes)| bytes);
        let is_oldest = held.unfinished.first() == Some(&number);
        let reserve = if is_oldest { 0 } else { self.reserve };
        let share = (self.most / 2).max(self.reserve) - reserve;
        held.bytes == entry.bytes || held.bytes.saturating_add(bytes) <= share
    }

    /// Gives one what it waits for, if all of them then do not have more than that.
    fn grant(&mut self, number: u64, most: usize) -> Option<Waker> {
        let source = self.claims.get(&number)?.source;
        let has_share = self.has_share(source, number);
        let entry = self.claims.get_mut(&number)?;
        let (_, bytes) = entry.waits?;
        if !has_share || self.taken.saturating_add(bytes) > most {
            return None;
        }
        entry.waits = None;
        entry.grown = Millis::INFINITY;
        entry.bytes += bytes;
        let waker = entry.waker.take();
        self.taken += bytes;
        self.change(source, |held| {
            held.bytes += bytes;
            held.forget(number);
        });
        waker
    }

    /// Makes messages that come too slowly give way to one that has waited for a while, starting with the
    /// source that has most.
    pub(super) fn relieve(&mut self, number: u64, now: Millis) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let Some(entry) = self.claims.get(&number) else { return wakers };
        let Some((since, mut wanted)) = entry.waits else { return wakers };
        if now - since < GRACE || now - self.looked_at < PAUSE {
            return wakers;
        }
        let has_share = self.has_share(entry.source, number);
        let of_source = (!has_share).then_some(entry.source);
        if has_share {
            let free = self.most.saturating_sub(self.reserve).saturating_sub(self.taken);
            wanted = wanted.saturating_sub(free);
        }
        if wanted == 0 {
            return wakers;
        }
        self.looked_at = now;
        let bytes_of = |source| self.sources.get(&source).map_or(0, |held: &Held| held.bytes);
        let mut giving: Vec<_> = self
            .unfinished
            .iter()
            .filter(|other| **other != number)
            .filter_map(|other| Some((*other, self.claims.get(other)?)))
            // Who has its share makes room among its own.
            .filter(|(_, other)| of_source.is_none_or(|source| source == other.source))
            .filter(|(_, other)| !other.has_to_go && other.bytes > 0 && other.is_slow(now))
            // What came last has cost least.
            .map(|(number, other)| ((bytes_of(other.source), number), other.bytes))
            .collect();
        giving.sort_unstable_by_key(|(place, _)| Reverse(*place));
        for ((_, other), bytes) in giving {
            if let Some(entry) = self.claims.get_mut(&other) {
                entry.has_to_go = true;
                wakers.extend(entry.waker.take());
            }
            wanted = wanted.saturating_sub(bytes);
            if wanted == 0 {
                break;
            }
        }
        wakers
    }

    /// A message is whole.
    pub(super) fn finish(&mut self, number: u64) {
        self.unfinished.remove(&number);
        let Some(entry) = self.claims.get_mut(&number) else { return };
        entry.waker = None;
        if let Some(held) = self.sources.get_mut(&entry.source) {
            held.unfinished.remove(&number);
        }
    }

    /// A message is over.
    pub(super) fn remove(&mut self, number: u64) {
        self.finish(number);
        let Some(entry) = self.claims.remove(&number) else { return };
        self.taken -= entry.bytes;
        self.change(entry.source, |held| {
            held.bytes -= entry.bytes;
            held.claims -= 1;
            if entry.is_waiting() {
                held.forget(number);
            }
        });
        if self.sources.get(&entry.source).is_some_and(|held| held.claims == 0) {
            self.sources.remove(&entry.source);
        }
    }

    /// Changes what a source has, and with it its place in the queue.
    fn change(&mut self, source: Source, change: impl FnOnce(&mut Held)) {
        let held = self.sources.entry(source).or_default();
        self.queue.remove(&(held.bytes, held.waiting.front().copied(), source));
        change(held);
        let first = held.waiting.front().copied();
        if first.is_some() {
            self.queue.insert((held.bytes, first, source));
        }
    }
}

impl Held {
    /// It no longer waits.
    fn forget(&mut self, number: u64) {
        if self.waiting.front() == Some(&number) {
            self.waiting.pop_front();
        } else {
            self.waiting.retain(|waiting| *waiting != number);
        }
    }
}

impl Entry {
    fn is_waiting(&self) -> bool {
        self.waits.is_some()
    }

    /// Whether it has what it waited for, and does not know yet.
    fn was_granted(&self) -> bool {
        self.grown == Millis::INFINITY
    }

    /// Whether it is the peer's fault that it is incomplete.
    #[allow(clippy::cast_precision_loss)] // of bytes of a message
    fn is_slow(&self, now: Millis) -> bool {
        let (since, before) = self.mark;
        let is_waiting = self.is_waiting() || self.was_granted();
        let is_behind = || ((self.bytes - before) as f64) < SLOWEST * (now - since);
        !is_waiting && (now - self.grown >= GRACE || (now - since >= GRACE && is_behind()))
    }
}
