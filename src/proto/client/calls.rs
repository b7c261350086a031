//! The calls in flight: a table by progress token, with each call's clocks.
//!
//! A call may take several requests, one after the other: its legs. The slot is the call; ids are
//! those of its legs.

use crate::proto::Millis;

use super::limits::CallLimits;
use super::pages::Pages;
use super::requests::{RequestId, Slot};
use super::tools::KnownTools;
use super::work::Work;

/// How often in one idle timeout the table checks whether progress has come. Progress only sets a
/// flag, because reading the clock for each notification would cost more than the notification;
/// so an idle timeout may strike late by this fraction of itself, and never early.
const CHECKS: f64 = 16.0;

/// How often in the time of a stall the table checks, for the same reason.
const STALL_CHECKS: f64 = 4.0;

/// The least time between two checks, in milliseconds.
const SHORTEST_PAUSE: Millis = 1.0;

/// How late the timer may strike before it counts as late: the page slept, or its event loop was
/// busy, and there may be messages that nobody has read yet.
pub(super) const LATE: Millis = 50.0;

/// A hidden page's timers strike once a minute; a page whose timer is later than that has slept.
const ASLEEP: Millis = 90_000.0;

/// How long a hard clock that ran out in the meantime waits for unread messages.
const GRACE: Millis = 1_000.0;

/// What a call needs for further legs, if it may have some.
pub(super) type Further<P> = (Option<Box<Work<P>>>, Option<Box<Pages<P>>>);

/// One call.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each asked by name")]
pub(super) struct PendingCall<P> {
    /// Its progress token: the id of the latest leg that asked for progress.
    pub id: RequestId,
    /// The id of its first leg, by which the page knows it.
    pub first: RequestId,
    /// The id of the leg that waits for its response.
    pub request: Option<RequestId>,
    /// Whether the token is alive.
    pub token_lives: bool,
    /// What is needed for further legs; the methods that have none do without.
    pub work: Option<Box<Work<P>>>,
    /// The pages so far, if it is about a list.
    pub pages: Option<Box<Pages<P>>>,
    /// Where the binding keeps the call's promise and handlers; reused after the call.
    pub slot: Slot,
    pub limits: CallLimits,
    /// The latest progress value.
    pub latest: Option<f64>,
    /// Whether progress has come since the table last checked.
    pub progressed: bool,
    idle_deadline: Millis,
    total_deadline: Millis,
    /// Infinite once the call has stalled, until progress comes.
    stall_deadline: Millis,
    /// When the next leg begins; infinite if no time has to pass for it.
    resume_at: Millis,
    /// Whether a clock was put off since the last progress, because the timer came late.
    late_before: bool,
    /// Whether it was sent again because its channel had ended.
    pub again: bool,
    answered: bool,
}

/// Which of a call's clocks has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    Idle,
    Total,
    /// Nothing has failed: the call only counts as stalled from now on.
    Stall,
    /// Nothing has failed: the next leg is due.
    Pause,
}

/// Calls in the order of their ids. Ids only grow, so the table is sorted by itself; a finished
/// call stays as a gap until gaps outnumber calls.
#[derive(Debug)]
pub(super) struct CallTable<P> {
    calls: Vec<PendingCall<P>>,
    live: usize,
    free_slots: Vec<Slot>,
    slots: u32,
    /// Where the latest look-up ended: progress comes in runs.
    hint: usize,
    /// The number of the latest question inside a result.
    pub newest_input: u32,
    /// When to check the clocks next.
    wake: Millis,
    /// Whether a person has been asked since the table last checked: no idle clock runs meanwhile.
    held: bool,
    /// What is known of tools.
    pub tools: KnownTools,
}

impl<P> CallTable<P> {
    pub fn new() -> Self {
        Self {
            calls: Vec::new(),
            live: 0,
            free_slots: Vec::new(),
            slots: 0,
            hint: 0,
            newest_input: 0,
            wake: f64::INFINITY,
            held: false,
            tools: KnownTools::new(),
        }
    }

    /// Adds a call with an id above all earlier ones and returns its slot.
    pub fn insert(
        &mut self,
        id: RequestId,
        limits: CallLimits,
        (work, pages): Further<P>,
        now: Millis,
    ) -> Slot {
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots += 1;
            Slot::new(self.slots - 1)
        });
        let call = PendingCall {
            id,
            first: id,
            request: Some(id),
            token_lives: true,
            work,
            pages,
            slot,
            limits,
            latest: None,
            progressed: false,
            idle_deadline: now + limits.timeout,
            total_deadline: now + limits.max_total,
            stall_deadline: now + limits.stall_after,
            resume_at: f64::INFINITY,
            late_before: false,
            again: false,
            answered: false,
        };
        self.wake = self.wake.min(call.next_check(now));
        self.calls.push(call);
        self.live += 1;
        slot
    }

    /// The call of that token, if it has not ended.
    pub fn find(&mut self, id: RequestId) -> Option<&mut PendingCall<P>> {
        if self.calls.get(self.hint).is_none_or(|call| call.id != id) {
            self.hint = self.calls.binary_search_by_key(&id, |call| call.id).ok()?;
        }
        self.calls.get_mut(self.hint).filter(|call| !call.answered)
    }

    /// No clock of the call runs any more.
    pub fn untimed(&mut self, id: RequestId) {
        if let Some(call) = self.find(id) {
            call.limits.timeout = f64::INFINITY;
            call.idle_deadline = f64::INFINITY;
        }
    }

    /// The first call that matches.
    pub fn which(&self, holds: impl Fn(&PendingCall<P>) -> bool) -> Option<RequestId> {
        self.calls.iter().find(|call| !call.answered && holds(call)).map(|call| call.id)
    }

    /// A leg of the call is over; another follows when the machine says so.
    pub fn rest(&mut self, id: RequestId) {
        if let Some(call) = self.find(id) {
            call.request = None;
            call.idle_deadline = f64::INFINITY;
            call.stall_deadline = f64::INFINITY;
        }
    }

    /// The next leg of a call at rest begins at that time.
    pub fn pause(&mut self, id: RequestId, until: Millis) {
        self.wake = self.wake.min(until);
        if let Some(call) = self.find(id) {
            call.resume_at = until;
        }
    }

    /// A leg with that id begins. With `token` it is also the call's token from now on, and the
    /// numbers of its progress may start again. Returns the call's slot.
    pub fn begin(
        &mut self,
        id: RequestId,
        request: RequestId,
        token: bool,
        now: Millis,
    ) -> Option<Slot> {
        let call = self.find(id)?;
        let slot = call.slot;
        call.request = Some(request);
        call.resume_at = f64::INFINITY;
        call.late_before = false;
        call.idle_deadline = now + call.limits.timeout;
        call.stall_deadline = now + call.limits.stall_after;
        let check = call.next_check(now);
        if token {
            call.id = request;
            call.token_lives = true;
            call.latest = None;
            // The newest id belongs at the end; `find` left the place in `hint`.
            if let Some([call, later @ ..]) = self.calls.get_mut(self.hint..) {
                for next in later.iter_mut().rev() {
                    std::mem::swap(call, next);
                }
            }
        }
        self.wake = self.wake.min(check);
        Some(slot)
    }

    /// The newest call that the server works on, of those for which it may ask something.
    pub fn newest_asker(&self, before: RequestId) -> Option<Slot> {
        let asks = |call: &&PendingCall<P>| {
            let works = !call.answered && call.request.is_some() && call.work.is_some();
            works && call.first < before
        };
        self.calls.iter().rev().find(asks).map(|call| call.slot)
    }

    /// How many calls are in flight.
    pub fn in_flight(&self) -> usize {
        self.live
    }

    /// Ends the call of that id and returns its slot, which stays taken until it is released.
    pub fn remove(&mut self, id: RequestId) -> Option<Slot> {
        let call = self.find(id)?;
        call.answered = true;
        call.work = None;
        call.pages = None;
        let slot = call.slot;
        self.live -= 1;
        if self.calls.len() > 2 * self.live + 16 {
            self.calls.retain(|call| !call.answered);
        }
        if self.live == 0 {
            self.wake = f64::INFINITY;
        }
        Some(slot)
    }

    /// The end of the call in this slot has been told: the next call may have the slot.
    pub fn release(&mut self, slot: Slot) {
        self.free_slots.push(slot);
    }

    /// The ids of all calls in flight, oldest first.
    pub fn ids(&self) -> Vec<RequestId> {
        self.calls.iter().filter(|call| !call.answered).map(|call| call.id).collect()
    }

    /// Whether a person is asked: then no idle clock runs until the table has checked.
    pub fn hold(&mut self, held: bool) {
        self.held |= held;
    }

    /// Looks at every clock and returns the calls whose time is up.
    pub fn expire(&mut self, now: Millis) -> Vec<(RequestId, Expired)> {
        let mut expired = Vec::new();
        let late = now - self.wake;
        self.wake = f64::INFINITY;
        let held = std::mem::take(&mut self.held);
        for call in self.calls.iter_mut().filter(|call| !call.answered) {
            let progressed = std::mem::take(&mut call.progressed);
            if call.request.is_some() {
                if progressed {
                    call.stall_deadline = now + call.limits.stall_after;
                }
                if held || progressed && call.limits.reset_on_progress {
                    call.idle_deadline = now + call.limits.timeout;
                }
            }
            call.late_before &= !progressed;
            if late > ASLEEP || late > LATE && !call.late_before {
                call.postpone(now, late);
            }
            if now >= call.total_deadline {
                expired.push((call.id, Expired::Total));
            } else if now >= call.idle_deadline {
                expired.push((call.id, Expired::Idle));
            } else {
                if now >= call.stall_deadline {
                    call.stall_deadline = f64::INFINITY;
                    expired.push((call.id, Expired::Stall));
                }
                if now >= call.resume_at {
                    call.resume_at = f64::INFINITY;
                    expired.push((call.id, Expired::Pause));
                }
                self.wake = self.wake.min(call.next_check(now));
            }
        }
        expired
    }

    /// When [`expire`](Self::expire) wants to be called; infinite while nothing is in flight.
    pub fn wake(&self) -> Millis {
        self.wake
    }
}

impl<P> PendingCall<P> {
    /// The timer strikes late by that much: clocks that have run out meanwhile get that time back, so
    /// that messages which are waiting to be read, or arrive now, are taken in first.
    #[inline(never)]
    fn postpone(&mut self, now: Millis, late: Millis) {
        let mut move_on = |deadline: &mut Millis, most: Millis| {
            if now >= *deadline {
                *deadline = now + late.min(most);
                self.late_before = true;
            }
        };
        move_on(&mut self.idle_deadline, self.limits.timeout);
        move_on(&mut self.total_deadline, GRACE);
        if late > ASLEEP {
            move_on(&mut self.stall_deadline, self.limits.stall_after);
        }
    }

    fn next_check(&self, now: Millis) -> Millis {
        if self.request.is_none() {
            return self.total_deadline.min(self.resume_at);
        }
        let mut pause = self.limits.stall_after / STALL_CHECKS;
        if self.limits.reset_on_progress {
            pause = pause.min(self.limits.timeout / CHECKS);
        }
        // A clock set to nothing must not make the timer strike without a pause.
        let check = now + pause.max(SHORTEST_PAUSE);
        self.idle_deadline.min(self.total_deadline).min(self.stall_deadline).min(check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_calls_leave_the_table_and_their_slots_are_reused() {
        let id = |number| RequestId::new(number).unwrap();
        let mut table = CallTable::<()>::new();
        let long = table.insert(id(1), CallLimits::default(), (None, None), 0.0);
        for next in 2..100_000 {
            let slot = table.insert(id(next), CallLimits::default(), (None, None), 0.0);
            assert_eq!(slot, Slot::new(1));
            assert_eq!(table.remove(id(next)), Some(slot));
            table.release(slot);
        }
        assert!(table.calls.len() < 32);
        assert_eq!(table.find(id(1)).map(|call| call.slot), Some(long));
        assert!(table.find(id(2)).is_none());
        assert_eq!(table.remove(id(1)), Some(long));
        assert_eq!(table.remove(id(1)), None);
        assert!(table.wake().is_infinite());
    }
}
