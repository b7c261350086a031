//! Bytes of the messages that are being read or waiting for their handlers, over all connections of a
//! server, whatever the transport: how many there may be, and who waits or gives way when there are
//! as many.
//!
//! Like the machines it knows no clock: whoever asks says what time it is.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
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

/// What all messages together may take.
pub(crate) struct Intake {
    hasher: RandomState,
    state: Mutex<State>,
}

/// There is no room: the message has waited for too long, or gives way to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// The bytes of one message. Dropping it makes room.
pub(crate) struct Claim {
    intake: Arc<Intake>,
    number: u64,
}

struct State {
    most: usize,
    /// Of which only the oldest message may make use, so that there always is one that goes on.
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

impl Intake {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let state = State {
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
        };
        Arc::new(Self { hasher: RandomState::new(), state: Mutex::new(state) })
    }

    /// One message may be as large as this.
    pub(crate) fn expect(&self, largest: usize) {
        let mut state = self.lock();
        state.reserve = state.reserve.max(largest);
        // Whatever the settings say, one message by itself can be read.
        state.most = state.most.max(largest);
    }

    /// Who that is.
    #[allow(clippy::unnecessary_wraps)] // as one that is not known
    pub(crate) fn source(&self, peer: impl Hash) -> Source {
        Some(self.hasher.hash_one(peer))
    }

    /// A message begins.
    pub(crate) fn begin(self: &Arc<Self>, source: Source, now: Millis) -> Claim {
        let mut state = self.lock();
        let number = state.newest;
        state.newest += 1;
        let entry = Entry {
            source,
            bytes: 0,
            waits: None,
            grown: now,
            mark: (now, 0),
            has_to_go: false,
            waker: None,
        };
        state.claims.insert(number, entry);
        state.unfinished.insert(number);
        let held = state.sources.entry(source).or_default();
        held.claims += 1;
        held.unfinished.insert(number);
        drop(state);
        Claim { intake: Arc::clone(self), number }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut state = self.intake.lock();
        let mut wakers = Vec::new();
        let answer = state.grow(self.number, bytes, now, &mut wakers);
        if let (Poll::Pending, Some(entry)) = (&answer, state.claims.get_mut(&self.number)) {
            entry.waker = Some(cx.waker().clone());
            wakers.extend(state.relieve(self.number, now));
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        answer
    }

    /// Ready when it has to give way to others.
    pub(crate) fn poll_has_to_go(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.intake.lock();
        match state.claims.get_mut(&self.number) {
            Some(entry) if !entry.has_to_go => {
                entry.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// The message is whole, and now is the server's: it gives way to none.
    pub(crate) fn finish(&self) {
        let mut state = self.intake.lock();
        state.finish(self.number);
        // Another one is the oldest now.
        let wakers = state.serve();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.intake.lock();
        state.remove(self.number);
        let wakers = state.serve();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn grow(
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

    /// Gives those that wait what they wait for, as far as there is room: the oldest of all, then
    /// first the sources that have least.
    fn serve(&mut self) -> Vec<Waker> {
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

    /// Has messages that come too slowly give way to one that has waited for a while, of the source
    /// that has most first.
    fn relieve(&mut self, number: u64, now: Millis) -> Vec<Waker> {
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

    fn finish(&mut self, number: u64) {
        self.unfinished.remove(&number);
        let Some(entry) = self.claims.get_mut(&number) else { return };
        entry.waker = None;
        if let Some(held) = self.sources.get_mut(&entry.source) {
            held.unfinished.remove(&number);
        }
    }

    fn remove(&mut self, number: u64) {
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

    /// Whether its peer is to blame for its not being whole.
    #[allow(clippy::cast_precision_loss)] // of bytes of a message
    fn is_slow(&self, now: Millis) -> bool {
        let (since, before) = self.mark;
        let is_waiting = self.is_waiting() || self.was_granted();
        let is_behind = || ((self.bytes - before) as f64) < SLOWEST * (now - since);
        !is_waiting && (now - self.grown >= GRACE || (now - since >= GRACE && is_behind()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        task::{Context, Poll, Waker},
    };

    use super::{Busy, Claim, Intake, Millis};

    const MIB: usize = 1 << 20;

    fn grow(claim: &Claim, bytes: usize, now: Millis) -> Poll<Result<(), Busy>> {
        claim.poll_grow(&mut Context::from_waker(Waker::noop()), bytes, now)
    }

    fn has_to_go(claim: &Claim) -> bool {
        claim.poll_has_to_go(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    const FINE: Poll<Result<(), Busy>> = Poll::Ready(Ok(()));
    const BUSY: Poll<Result<(), Busy>> = Poll::Ready(Err(Busy));

    fn taken(intake: &Arc<Intake>) -> usize {
        intake.lock().taken
    }

    #[test]
    fn what_there_is_room_for_is_read_at_once_and_leaves_nothing_behind() {
        let intake = Intake::new(10 * MIB);
        let claims: Vec<_> = (0..10).map(|_| intake.begin(None, 0.0)).collect();
        assert!(claims.iter().all(|claim| grow(claim, MIB, 0.0) == FINE));
        assert_eq!(taken(&intake), 10 * MIB);
        drop(claims);
        let state = intake.lock();
        assert_eq!((state.taken, state.claims.len(), state.sources.len()), (0, 0, 0));
    }

    #[test]
    fn what_finds_no_room_waits_until_another_message_has_been_handled() {
        let intake = Intake::new(2 * MIB);
        let (first, second) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
        assert_eq!(grow(&first, 2 * MIB, 0.0), FINE);
        first.finish();
        assert_eq!(grow(&second, MIB, 0.0), Poll::Pending);
        assert_eq!(grow(&second, MIB, 900.0), Poll::Pending);
        drop(first);
        assert_eq!(grow(&second, MIB, 1000.0), FINE);
        assert_eq!(taken(&intake), MIB);
    }

    #[test]
    fn nobody_waits_for_long() {
        let intake = Intake::new(MIB);
        let (first, second) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
        assert_eq!(grow(&first, MIB, 0.0), FINE);
        first.finish();
        assert_eq!(grow(&second, 1, 0.0), Poll::Pending);
        assert_eq!(grow(&second, 1, 4900.0), Poll::Pending);
        assert!(!has_to_go(&first), "what is whole gives way to none");
        assert_eq!(grow(&second, 1, 5000.0), BUSY);
    }

    #[test]
    fn one_that_comes_too_slowly_gives_way_but_only_to_somebody_who_waits() {
        for bytes in [0, 15_000] {
            let intake = Intake::new(2 * MIB);
            let (slow, other) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
            assert_eq!(grow(&slow, 2 * MIB - 100_000, 0.0), FINE);
            assert_eq!(grow(&slow, bytes, 1500.0), FINE);
            assert_eq!(grow(&slow, bytes, 2500.0), FINE);
            assert!(!has_to_go(&slow), "nobody waits");
            assert_eq!(grow(&other, MIB, 3000.0), Poll::Pending);
            assert_eq!(grow(&slow, bytes, 3500.0), FINE);
            assert_eq!(grow(&other, MIB, 3900.0), Poll::Pending);
            assert!(!has_to_go(&slow), "not at once");
            assert_eq!(grow(&other, MIB, 4510.0), Poll::Pending);
            assert!(has_to_go(&slow), "{bytes}");
            assert_eq!(grow(&slow, 1, 4510.0), BUSY);
            drop(slow);
            assert_eq!(grow(&other, MIB, 4520.0), FINE);
        }
    }

    #[test]
    fn one_that_comes_at_a_fair_speed_does_not_give_way() {
        let intake = Intake::new(2 * MIB);
        let (steady, other) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
        assert_eq!(grow(&steady, MIB, 0.0), FINE);
        assert_eq!(grow(&other, 3 * MIB / 2, 0.0), Poll::Pending);
        for step in 1..49 {
            let now = f64::from(step) * 100.0;
            assert_eq!(grow(&steady, 2000, now), FINE, "{now}");
            assert_eq!(grow(&other, 3 * MIB / 2, now), Poll::Pending);
            assert!(!has_to_go(&steady), "{now}");
        }
    }

    #[test]
    fn room_goes_to_whoever_has_least_and_not_to_whoever_asks_most() {
        let intake = Intake::new(8 * MIB);
        let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
        let full = intake.begin(None, 0.0);
        assert_eq!(grow(&full, 8 * MIB, 0.0), FINE);
        full.finish();
        let many: Vec<_> = (0..100).map(|_| intake.begin(greedy, 0.0)).collect();
        assert!(many.iter().all(|claim| grow(claim, MIB, 0.0) == Poll::Pending));
        let one = intake.begin(modest, 0.0);
        assert_eq!(grow(&one, MIB, 1.0), Poll::Pending);
        // The oldest one is first whoever it is of, so that one always goes on.
        drop(full);
        assert_eq!(grow(&many[0], MIB, 2.0), FINE);
        assert_eq!(grow(&one, MIB, 2.0), FINE);
        let served = many.iter().filter(|claim| grow(claim, MIB, 2.0) == FINE).count();
        assert_eq!(served, 3, "and the rest in their order, within its share");
    }

    #[test]
    fn one_source_has_half_of_all_room_whatever_it_sends_and_the_rest_is_for_others() {
        let intake = Intake::new(8 * MIB);
        intake.expect(MIB);
        let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
        let many: Vec<_> = (0..20).map(|_| intake.begin(greedy, 0.0)).collect();
        let served = many.iter().filter(|claim| grow(claim, MIB, 0.0) == FINE);
        let served: Vec<_> = served.collect();
        assert_eq!(served.len(), 3, "one more is for the next that is the oldest");
        for claim in served {
            claim.finish();
        }
        let others: Vec<_> = (0..3).map(|_| intake.begin(modest, 0.0)).collect();
        assert!(others.iter().all(|claim| grow(claim, MIB, 0.0) == FINE), "nobody is in their way");
        assert_eq!(grow(&many[19], MIB, 5000.0), BUSY);
        // What nobody knows the source of has no share.
        drop((many, others));
        let unknown: Vec<_> = (0..7).map(|_| intake.begin(None, 0.0)).collect();
        assert!(unknown.iter().all(|claim| grow(claim, MIB, 0.0) == FINE));
    }

    #[test]
    fn who_has_its_share_makes_room_among_its_own() {
        let intake = Intake::new(8 * MIB);
        let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
        let (slow, other) = (intake.begin(greedy, 0.0), intake.begin(modest, 0.0));
        assert_eq!(grow(&slow, 4 * MIB, 0.0), FINE);
        assert_eq!(grow(&other, 2 * MIB, 0.0), FINE);
        let next = intake.begin(greedy, 0.0);
        assert_eq!(grow(&next, MIB, 1000.0), Poll::Pending);
        assert_eq!(grow(&next, MIB, 2100.0), Poll::Pending);
        assert_eq!((has_to_go(&slow), has_to_go(&other)), (true, false));
        drop(slow);
        assert_eq!(grow(&next, MIB, 2200.0), FINE);
    }

    #[test]
    fn one_message_always_goes_on_however_many_wait_with_what_they_have() {
        for sources in [0, 1, 3] {
            let intake = Intake::new(16 * MIB);
            intake.expect(4 * MIB);
            let source = |number: u32| number.checked_rem(sources).map(u64::from);
            all_come_to_their_end(&intake, &source);
        }
    }

    fn all_come_to_their_end(intake: &Arc<Intake>, source: &dyn Fn(u32) -> Option<u64>) {
        let claims: Vec<_> = (0..40).map(|number| intake.begin(source(number), 0.0)).collect();
        let mut left: Vec<_> = claims.into_iter().map(|claim| (claim, 0)).collect();
        // Each wants 4 MiB in steps, and all hold on to what they have.
        let mut rounds = 0;
        while !left.is_empty() {
            rounds += 1;
            assert!(rounds < 10_000, "{} are stuck", left.len());
            for (claim, has) in &mut left {
                if grow(claim, MIB / 2, 0.0) == FINE {
                    *has += MIB / 2;
                }
            }
            assert!(taken(intake) <= 16 * MIB);
            left.retain(|(_, has)| *has < 4 * MIB);
        }
        assert_eq!(taken(intake), 0);
    }

    #[test]
    fn a_message_that_is_larger_than_all_room_is_read_by_itself() {
        let intake = Intake::new(MIB);
        intake.expect(4 * MIB);
        let (large, other) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
        assert_eq!(grow(&large, 4 * MIB, 0.0), FINE);
        assert_eq!(grow(&other, 1, 0.0), Poll::Pending);
        drop(large);
        assert_eq!(grow(&other, 1, 0.0), FINE);
    }

    #[test]
    fn thousands_that_wait_cost_no_more_each_than_a_few() {
        let intake = Intake::new(MIB);
        let full = intake.begin(None, 0.0);
        assert_eq!(grow(&full, MIB, 0.0), FINE);
        full.finish();
        let claims: Vec<_> =
            (0..16_384_u32).map(|number| intake.begin(intake.source(number % 4096), 0.0)).collect();
        for now in [0.0, 1200.0, 2400.0] {
            assert!(claims.iter().all(|claim| grow(claim, 64, now) == Poll::Pending));
        }
        drop(full);
        let served = claims.iter().filter(|claim| grow(claim, 64, 2500.0) == FINE).count();
        assert_eq!(served, 16_384);
    }
}
