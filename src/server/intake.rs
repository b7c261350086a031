//! Bytes of the messages that are being read or waiting for their handlers, over all connections of a
//! server, whatever the transport: how many there may be, and who waits or gives way when there are
//! as many.
//!
//! Like the machines it knows no clock: whoever asks says what time it is.

use std::{
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
    /// How many wait.
    waiting: usize,
    newest: u64,
    /// In the order in which they began.
    claims: BTreeMap<u64, Entry>,
    /// Those whose message is not whole yet.
    unfinished: BTreeSet<u64>,
    sources: HashMap<Source, Held>,
    looked_at: Millis,
}

/// What one source has.
#[derive(Default)]
struct Held {
    claims: usize,
    bytes: usize,
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
            waiting: 0,
            newest: 0,
            claims: BTreeMap::new(),
            unfinished: BTreeSet::new(),
            sources: HashMap::new(),
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
        state.sources.entry(source).or_default().claims += 1;
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
        state.unfinished.remove(&self.number);
        if let Some(entry) = state.claims.get_mut(&self.number) {
            entry.waker = None;
        }
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
            self.sources.entry(source).or_default().waiting.push_back(number);
            self.waiting += 1;
            if self.waiting == 1 {
                // Nobody came before.
                wakers.extend(self.grant(number, self.most.saturating_sub(self.reserve)));
            }
            if self.claims.get(&number).is_some_and(|entry| entry.waits.is_some()) {
                wakers.extend(self.serve());
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
        loop {
            let waiting = self.sources.values().filter(|held| !held.waiting.is_empty());
            let next = waiting.min_by_key(|held| (held.bytes, held.waiting.front().copied()));
            let Some(next) = next.and_then(|held| held.waiting.front().copied()) else { break };
            wakers.extend(self.grant(next, most));
            if self.claims.get(&next).is_some_and(|entry| entry.waits.is_some()) {
                // There is no room for it, and others do not overtake it.
                break;
            }
        }
        wakers
    }

    /// Gives one what it waits for, if all of them then do not have more than that.
    fn grant(&mut self, number: u64, most: usize) -> Option<Waker> {
        let entry = self.claims.get_mut(&number)?;
        let (_, bytes) = entry.waits?;
        if self.taken.saturating_add(bytes) > most {
            return None;
        }
        entry.waits = None;
        entry.grown = Millis::INFINITY;
        entry.bytes += bytes;
        self.taken += bytes;
        let held = self.sources.entry(entry.source).or_default();
        held.bytes += bytes;
        held.forget(number);
        self.waiting -= 1;
        entry.waker.take()
    }

    /// Has others give way to one that has waited for a while: first those that come too slowly, of
    /// the source that has most; then those of a source that has more than half, to one of another.
    fn relieve(&mut self, number: u64, now: Millis) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let Some(entry) = self.claims.get(&number) else { return wakers };
        let Some((since, mut wanted)) = entry.waits else { return wakers };
        if now - since < GRACE || now - self.looked_at < PAUSE {
            return wakers;
        }
        let free = self.most.saturating_sub(self.reserve).saturating_sub(self.taken);
        wanted = wanted.saturating_sub(free);
        if wanted == 0 {
            return wakers;
        }
        self.looked_at = now;
        let (own, half) = (entry.source, self.most / 2);
        let bytes_of = |source| self.sources.get(&source).map_or(0, |held: &Held| held.bytes);
        let mut giving: Vec<_> = self
            .unfinished
            .iter()
            .filter(|other| **other != number)
            .filter_map(|other| Some((*other, self.claims.get(other)?)))
            .filter(|(_, other)| !other.has_to_go && other.bytes > 0)
            .filter_map(|(other, entry)| {
                let of_source = bytes_of(entry.source);
                let is_slow = entry.is_slow(now);
                let is_greedy =
                    entry.source != own && of_source > half && bytes_of(own) < of_source / 2;
                // What came last has cost least.
                (is_slow || is_greedy).then_some(((is_slow, of_source, other), entry.bytes))
            })
            .collect();
        giving.sort_unstable_by(|one, other| other.0.cmp(&one.0));
        for ((_, _, other), bytes) in giving {
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

    fn remove(&mut self, number: u64) {
        self.unfinished.remove(&number);
        let Some(entry) = self.claims.remove(&number) else { return };
        self.taken -= entry.bytes;
        if let Some(held) = self.sources.get_mut(&entry.source) {
            held.bytes -= entry.bytes;
            held.claims -= 1;
            if entry.waits.is_some() {
                held.forget(number);
                self.waiting -= 1;
            }
            if held.claims == 0 {
                self.sources.remove(&entry.source);
            }
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
    /// Whether it has what it waited for, and does not know yet.
    fn was_granted(&self) -> bool {
        self.grown == Millis::INFINITY
    }

    /// Whether its peer is to blame for its not being whole.
    #[allow(clippy::cast_precision_loss)] // of bytes of a message
    fn is_slow(&self, now: Millis) -> bool {
        let (since, before) = self.mark;
        let is_waiting = self.waits.is_some() || self.was_granted();
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
        let full = intake.begin(greedy, 0.0);
        assert_eq!(grow(&full, 8 * MIB, 0.0), FINE);
        full.finish();
        let many: Vec<_> = (0..100).map(|_| intake.begin(greedy, 0.0)).collect();
        assert!(many.iter().all(|claim| grow(claim, MIB, 0.0) == Poll::Pending));
        let one = intake.begin(modest, 0.0);
        assert_eq!(grow(&one, MIB, 1.0), Poll::Pending);
        let early = intake.begin(greedy, 0.0);
        drop(early);
        // The oldest one is first whoever it is of, so that one always goes on.
        drop(full);
        assert_eq!(grow(&many[0], MIB, 2.0), FINE);
        assert_eq!(grow(&one, MIB, 2.0), FINE);
        let served = many.iter().filter(|claim| grow(claim, MIB, 2.0) == FINE).count();
        assert_eq!(served, 6, "and the rest in their order");
    }

    #[test]
    fn who_has_more_than_half_gives_way_to_others_and_those_who_have_little_do_not() {
        let intake = Intake::new(8 * MIB);
        let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
        let many: Vec<_> = (0..7).map(|_| intake.begin(greedy, 0.0)).collect();
        let few = intake.begin(modest, 0.0);
        let feed = |now| {
            for claim in many.iter().chain([&few]).filter(|claim| !has_to_go(claim)) {
                let _ = grow(claim, if now == 0.0 { MIB - 400_000 } else { 40_000 }, now);
            }
        };
        let late = intake.begin(intake.source("late"), 0.0);
        feed(0.0);
        let mut gone = 0;
        for step in 0..10 {
            let now = f64::from(step) * 200.0;
            if step > 0 {
                feed(now);
            }
            let _ = grow(&late, 4 * MIB, now);
            gone = many.iter().filter(|claim| has_to_go(claim)).count();
        }
        assert!((1..7).contains(&gone), "{gone}");
        assert!(!has_to_go(&few));
    }

    #[test]
    fn one_message_always_goes_on_however_many_wait_with_what_they_have() {
        let intake = Intake::new(16 * MIB);
        intake.expect(4 * MIB);
        let claims: Vec<_> = (0..40).map(|_| intake.begin(None, 0.0)).collect();
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
            assert!(taken(&intake) <= 16 * MIB);
            left.retain(|(_, has)| *has < 4 * MIB);
        }
        assert_eq!(taken(&intake), 0);
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
            (0..16_384_u32).map(|number| intake.begin(intake.source(number % 64), 0.0)).collect();
        for now in [0.0, 1200.0, 2400.0] {
            assert!(claims.iter().all(|claim| grow(claim, 64, now) == Poll::Pending));
        }
        drop(full);
        let served = claims.iter().filter(|claim| grow(claim, 64, 2500.0) == FINE).count();
        assert_eq!(served, 16_384);
    }
}
