//! How long a handshake may take in all, and how often it begins again.

use crate::proto::Millis;

/// How often the handshake begins again because something passing was in the way.
const ROUNDS: u32 = 3;

/// How long it waits before that, at first.
const PAUSE: Millis = 500.0;

/// What is left of the time for a handshake.
#[derive(Debug)]
pub(super) struct Patience {
    /// When it has taken too long; infinite while there is none.
    pub deadline: Millis,
    /// Whether that was put off because the timer came late.
    late_before: bool,
    /// How often it has begun again.
    rounds: u32,
}

impl Patience {
    /// Until then.
    pub fn until(deadline: Millis) -> Self {
        Self { deadline, late_before: false, rounds: 0 }
    }

    /// The handshake is over.
    pub fn end(&mut self) {
        self.deadline = f64::INFINITY;
    }

    /// It has begun again.
    pub fn count(&mut self) {
        self.rounds += 1;
    }

    /// Whether it has begun again as often as it may.
    pub fn is_exhausted(&self) -> bool {
        self.rounds >= ROUNDS
    }

    /// When it is to begin again, not before what the server wishes; `None` if there is no time for that,
    /// or it did so often enough.
    pub fn again(&mut self, wish: Millis, now: Millis) -> Option<Millis> {
        let pause = PAUSE * f64::from(1_u32 << self.rounds.min(ROUNDS)) * (1.0 + now.fract() / 4.0);
        let until = now + pause.max(wish);
        self.rounds += 1;
        (self.rounds <= ROUNDS && until < self.deadline).then_some(until)
    }

    /// The timer may have come too late: that time is given back once, at most as much as there was. True
    /// if it is now.
    pub fn give_back(&mut self, late: Millis, most: Millis, now: Millis) -> bool {
        let first = !std::mem::replace(&mut self.late_before, true);
        if first {
            self.deadline = self.deadline.max(now + late.min(most));
        }
        first
    }
}
