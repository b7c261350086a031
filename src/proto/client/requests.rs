//! Every request of ours that an answer may come to, and what it was sent for: one table says what an
//! id is.

use std::num::NonZero;

use crate::jsonrpc::Id;

/// How many ended but unanswered requests are remembered, so that their late answers are no fault.
const FORGOTTEN: usize = 1024;

/// The id of a request of the client, which is its progress token too: from 1, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(NonZero<i64>);

impl RequestId {
    /// The first that a client hands out.
    pub(super) const FIRST: Self = Self(NonZero::new(1).unwrap());

    /// That number as an id; `None` for one that no client of ours hands out.
    #[inline]
    pub fn new(number: i64) -> Option<Self> {
        NonZero::new(number).filter(|number| number.is_positive()).map(Self)
    }

    /// The request that an id names, if that is a number of ours.
    pub fn named(id: &Id) -> Option<Self> {
        match id {
            Id::Integer(number) => Self::new(*number),
            Id::Text(_) => None,
        }
    }

    /// The request whose id a server has made a text of.
    pub(super) fn spelled(text: &str) -> Option<Self> {
        Id::decimal(text).map(Self)
    }

    /// The one that is handed out after it.
    fn next(self) -> Self {
        Self::new(self.get().saturating_add(1)).unwrap_or(self)
    }

    /// The number.
    #[inline]
    pub fn get(self) -> i64 {
        self.0.get()
    }
}

/// A call's place in tables of whoever drives the machine; used again once the end of the call has
/// been polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    pub(super) const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number, from 0.
    #[inline]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The same, for an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a request was sent for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// `server/discover`, to find out what the server speaks.
    Probe,
    /// `initialize`.
    Initialize,
    /// The call of that token.
    Call(RequestId),
    /// Subscribes to that resource at a legacy server; without one, waits for the stream on which it
    /// would be told.
    Subscribe(Option<String>),
    /// Nothing any more; a late answer is no fault.
    Forgotten,
}

/// The requests, in the order of their ids. Ids only grow, so the table is sorted by itself; what has
/// been answered stays as a gap until gaps outnumber the rest.
#[derive(Debug)]
pub(super) struct Requests {
    upcoming: RequestId,
    sent: Vec<(RequestId, Option<Purpose>)>,
    waiting: usize,
    forgotten: usize,
}

impl Requests {
    pub fn new() -> Self {
        Self { upcoming: RequestId::FIRST, sent: Vec::new(), waiting: 0, forgotten: 0 }
    }

    /// An id that nothing will be sent with yet.
    pub fn next(&mut self) -> RequestId {
        let id = self.upcoming;
        self.upcoming = id.next();
        id
    }

    /// A request leaves with that id, the newest.
    #[inline(never)]
    pub fn expect(&mut self, id: RequestId, purpose: Purpose) {
        self.sent.push((id, Some(purpose)));
        self.waiting += 1;
    }

    /// The id that is handed out next: all that were before are lower.
    #[inline]
    pub fn upcoming(&self) -> RequestId {
        self.upcoming
    }

    /// Whether that id was handed out.
    #[inline]
    pub fn knows(&self, id: i64) -> bool {
        RequestId::new(id).is_some_and(|id| id < self.upcoming)
    }

    fn place(&self, id: RequestId) -> Option<usize> {
        self.sent.binary_search_by_key(&id, |(own, _)| *own).ok()
    }

    /// What the answer with that id is for.
    pub fn purpose(&self, id: RequestId) -> Option<&Purpose> {
        self.sent.get(self.place(id)?)?.1.as_ref()
    }

    /// The request is answered, or never will be.
    #[inline(never)]
    pub fn take(&mut self, id: RequestId) -> Option<Purpose> {
        let at = self.place(id)?;
        let purpose = self.sent.get_mut(at)?.1.take()?;
        self.waiting -= 1;
        self.forgotten -= usize::from(matches!(purpose, Purpose::Forgotten));
        if self.sent.len() > 2 * self.waiting + 16 {
            self.sent.retain(|(_, purpose)| purpose.is_some());
        }
        Some(purpose)
    }

    /// Nobody waits for the answer any more, and if it comes, that is no fault. False if the request
    /// has its answer, or was none.
    #[inline(never)]
    pub fn forget(&mut self, id: RequestId) -> bool {
        if self.take(id).is_none() {
            return false;
        }
        let forgotten =
            |(_, purpose): &(_, Option<Purpose>)| matches!(purpose, Some(Purpose::Forgotten));
        if self.forgotten == FORGOTTEN
            && let Some((oldest, _)) = self.sent.iter().find(|one| forgotten(one))
        {
            self.take(*oldest);
        }
        let at = self.sent.partition_point(|(own, _)| *own < id);
        match self.sent.get_mut(at).filter(|(own, _)| *own == id) {
            Some((_, purpose)) => *purpose = Some(Purpose::Forgotten),
            None => self.sent.insert(at, (id, Some(Purpose::Forgotten))),
        }
        self.waiting += 1;
        self.forgotten += 1;
        true
    }

    /// The handshake is over, or begins anew.
    #[inline(never)]
    pub fn forget_handshake(&mut self) {
        let shakes = |(id, purpose): &(RequestId, Option<Purpose>)| {
            matches!(purpose, Some(Purpose::Probe | Purpose::Initialize)).then_some(*id)
        };
        if let Some(id) = self.sent.iter().rev().find_map(shakes) {
            self.forget(id);
        }
    }

    /// All requests that wait for an answer.
    pub fn waiting(&self) -> impl Iterator<Item = (RequestId, &Purpose)> {
        self.sent.iter().filter_map(|(id, purpose)| Some((*id, purpose.as_ref()?)))
    }

    /// The connection has ended: no answer will come.
    pub fn clear(&mut self) {
        self.sent.clear();
        self.waiting = 0;
        self.forgotten = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_leaves_the_table_and_what_is_forgotten_is_bounded() {
        let mut requests = Requests::new();
        let first = requests.next();
        requests.expect(first, Purpose::Call(first));
        for _ in 0..100_000 {
            let id = requests.next();
            requests.expect(id, Purpose::Call(id));
            assert!(matches!(requests.take(id), Some(Purpose::Call(own)) if own == id));
            assert!(requests.take(id).is_none());
            assert!(!requests.forget(id), "it is answered");
        }
        assert!(requests.sent.len() < 32);
        assert!(matches!(requests.purpose(first), Some(Purpose::Call(_))));
        let mut last = first;
        for _ in 0..10_000 {
            last = requests.next();
            requests.expect(last, Purpose::Call(last));
            assert!(requests.forget(last));
        }
        assert!(requests.sent.len() < 4 * FORGOTTEN && requests.forgotten == FORGOTTEN);
        assert!(matches!(requests.take(last), Some(Purpose::Forgotten)));
        assert_eq!(requests.waiting().count(), FORGOTTEN);
    }

    #[test]
    fn ids_are_positive() {
        assert_eq!(RequestId::new(0), None);
        assert_eq!(RequestId::new(-1), None);
        assert_eq!(RequestId::new(7).map(RequestId::get), Some(7));
        assert_eq!(Requests::new().next().get(), 1);
    }
}
