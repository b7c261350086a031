//! What can be wrong with a progress notification, and how often it was.

use super::requests::Slot;

/// How many progress notifications were odd, and in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgressCounts {
    /// Delivered to a call.
    pub delivered: u32,
    /// For a token that was never handed out.
    pub unknown: u32,
    /// For a call that had ended.
    pub late: u32,
    /// Below the value before it.
    pub backward: u32,
    /// Equal to the value before it.
    pub duplicate: u32,
    /// Without a token, or with a value that is no finite number; dropped.
    pub malformed: u32,
    /// Tokens, and ids of responses and of cancelled requests, that came as the text of an integer
    /// of ours.
    pub coerced: u32,
}

/// What can be odd about a progress notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// For a token that was never handed out, or that does not belong on that stream; dropped.
    Unknown = 1,
    /// For a call that had ended; dropped.
    Late = 2,
    /// Below the value before it.
    Backward = 3,
    /// Equal to the value before it.
    Duplicate = 4,
    /// Without a token, or with a value that is no finite number; dropped.
    Malformed = 5,
    /// With the text of an integer of ours as its token.
    Coerced = 6,
}

impl ProgressCounts {
    #[inline(never)]
    pub(super) fn add(&mut self, oddity: Oddity) {
        let count = match oddity {
            Oddity::Unknown => &mut self.unknown,
            Oddity::Late => &mut self.late,
            Oddity::Backward => &mut self.backward,
            Oddity::Duplicate => &mut self.duplicate,
            Oddity::Malformed => &mut self.malformed,
            Oddity::Coerced => &mut self.coerced,
        };
        *count = count.wrapping_add(1);
    }
}

/// What becomes of a progress notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The call that it is to be delivered to, if it is.
    pub slot: Option<Slot>,
    /// What is odd about it.
    pub oddity: Option<Oddity>,
}

impl Heard {
    /// Progress that is not delivered.
    pub(super) const fn odd(oddity: Oddity) -> Self {
        Self { slot: None, oddity: Some(oddity) }
    }
}
