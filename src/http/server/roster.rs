//! Who is there, and who gives way when there are too many: sessions, and connections.
//!
//! A stranger must not be able to push out others who are at work. So peers are told apart, each
//! has its share, and what gives way is what has done nothing; of several, what belongs to the peer
//! that has most.

use std::{collections::HashMap, hash::Hash};

use crate::proto::Millis;

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub struct RosterLimits {
    /// In all.
    pub all: usize,
    /// Of one peer. It does not count for those whose peer is not known.
    pub per_peer: usize,
    /// How long one that has worked is left alone before it may give way.
    pub rest: Millis,
}

/// How one of them is.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Since when it does nothing; `None` while it is at work.
    pub idle_since: Option<Millis>,
    /// Whether it has ever done something.
    pub has_worked: bool,
}

/// There are too many, and none gives way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Full {
    /// Of this peer, not in all.
    pub of_peer: bool,
    /// When it is worth another try.
    pub retry_after: Millis,
}

/// Those that are there, by their names, each with its peer.
#[derive(Debug)]
pub struct Roster<I, K, T> {
    all: HashMap<I, (Option<K>, T)>,
    peers: HashMap<Option<K>, usize>,
}

/// Of so many that have done nothing, one goes.
const AT_ONCE: usize = 64;
/// The longest time that anybody is told to wait.
const LONGEST: Millis = 60_000.0;
/// And the shortest.
const SHORTEST: Millis = 1000.0;

impl<I, K, T> Default for Roster<I, K, T> {
    fn default() -> Self {
        Self { all: HashMap::new(), peers: HashMap::new() }
    }
}

impl<I: Clone + Eq + Hash, K: Clone + Eq + Hash, T> Roster<I, K, T> {
    /// The one of this name.
    pub fn get(&self, name: &I) -> Option<&T> {
        self.all.get(name).map(|(_, one)| one)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (Option<&K>, &T)> {
        self.all.values().map(|(peer, one)| (peer.as_ref(), one))
    }

    /// Adds one, if there is room, or others give way: those are returned. Mostly that is one; of very
    /// many that have done nothing, some go at once, so that not each newcomer has to look at all.
    ///
    /// # Errors
    /// There is no room.
    pub fn admit(
        &mut self,
        name: I,
        peer: Option<K>,
        one: T,
        now: Millis,
        limits: &RosterLimits,
        standing: impl Fn(&T) -> Standing,
    ) -> Result<Vec<T>, Full> {
        let of_peer = peer.is_some() && self.count(&peer) >= limits.per_peer;
        let mut left = Vec::new();
        if of_peer || self.all.len() >= limits.all {
            let among = of_peer.then_some(&peer);
            left = self
                .give_way(among, now, limits, standing)
                .map_err(|retry_after| Full { of_peer, retry_after })?;
        }
        *self.peers.entry(peer.clone()).or_default() += 1;
        self.all.insert(name, (peer, one));
        Ok(left)
    }

    /// Takes out what would give way now, if anything does.
    pub fn evict(
        &mut self,
        now: Millis,
        limits: &RosterLimits,
        standing: impl Fn(&T) -> Standing,
    ) -> Vec<T> {
        self.give_way(None, now, limits, standing).unwrap_or_default()
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &I) -> Option<T> {
        let (peer, one) = self.all.remove(name)?;
        if let Some(count) = self.peers.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                self.peers.remove(&peer);
            }
        }
        Some(one)
    }

    #[allow(clippy::ref_option)] // it is a key of the map
    fn count(&self, peer: &Option<K>) -> usize {
        self.peers.get(peer).copied().unwrap_or_default()
    }

    /// Takes out one, or some: first what has done nothing, then what has rested for long enough; of
    /// these what belongs to the peer that has most, and then what has done nothing for longest.
    /// `Err`: none, and when that may be different.
    fn give_way(
        &mut self,
        among: Option<&Option<K>>,
        now: Millis,
        limits: &RosterLimits,
        standing: impl Fn(&T) -> Standing,
    ) -> Result<Vec<T>, Millis> {
        let mut ranks: Vec<((bool, usize, Millis), &I)> = Vec::new();
        let mut retry_after = LONGEST;
        for (name, (peer, one)) in &self.all {
            if among.is_some_and(|among| among != peer) {
                continue;
            }
            let Standing { idle_since: Some(since), has_worked } = standing(one) else { continue };
            let idle = now - since;
            if has_worked && idle < limits.rest {
                retry_after = retry_after.min(limits.rest - idle);
                continue;
            }
            // Of one peer, all have the same.
            let crowd = if among.is_some() { 0 } else { self.count(peer) };
            ranks.push(((!has_worked, crowd, idle), name));
        }
        ranks.sort_unstable_by(|(one, _), (other, _)| {
            other.partial_cmp(one).unwrap_or(std::cmp::Ordering::Equal)
        });
        let Some(((_, crowd, _), _)) = ranks.first() else {
            return Err(retry_after.max(SHORTEST));
        };
        let idlers = ranks.iter().take_while(|((is_idler, of, _), _)| *is_idler && of == crowd);
        let count = (idlers.count() / AT_ONCE).max(1);
        let names: Vec<I> = ranks.iter().take(count).map(|(_, name)| (*name).clone()).collect();
        Ok(names.iter().filter_map(|name| self.remove(name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Full, Roster, RosterLimits, Standing};

    const LIMITS: RosterLimits = RosterLimits { all: 6, per_peer: 3, rest: 5000.0 };
    const REST: f64 = 5000.0;

    /// One that has been idle since then, after it has worked or not.
    fn idle(since: f64, has_worked: bool) -> Standing {
        Standing { idle_since: Some(since), has_worked }
    }

    const BUSY: Standing = Standing { idle_since: None, has_worked: true };

    #[derive(Default)]
    struct Door(Roster<&'static str, &'static str, (&'static str, Standing)>);

    impl Door {
        /// Who goes so that this one may come in.
        fn admit(
            &mut self,
            name: &'static str,
            peer: &'static str,
            standing: Standing,
            now: f64,
        ) -> Result<Option<&'static str>, Full> {
            let peer = (!peer.is_empty()).then_some(peer);
            let left = self.0.admit(name, peer, (name, standing), now, &LIMITS, |(_, one)| *one);
            left.map(|left| {
                assert!(left.len() < 2, "one for one");
                left.first().map(|(name, _)| *name)
            })
        }
    }

    #[test]
    fn what_has_done_nothing_gives_way_first_and_the_oldest_of_it() {
        let mut door = Door::default();
        assert_eq!(door.admit("worked", "a", idle(0.0, true), 0.0), Ok(None));
        assert_eq!(door.admit("new", "a", idle(2.0, false), 2.0), Ok(None));
        assert_eq!(door.admit("old", "a", idle(1.0, false), 2.0), Ok(None));
        assert_eq!(door.admit("d", "a", BUSY, 1e9), Ok(Some("old")));
        assert_eq!(door.admit("e", "a", BUSY, 1e9), Ok(Some("new")));
        assert_eq!(door.admit("f", "a", BUSY, 1e9), Ok(Some("worked")));
        let full = Full { of_peer: true, retry_after: 60_000.0 };
        assert_eq!(door.admit("g", "a", BUSY, 1e9), Err(full));
        assert_eq!(door.0.all().count(), 3);
    }

    #[test]
    fn what_has_worked_is_left_its_rest_and_the_rest_is_told() {
        let mut door = Door::default();
        for (name, since) in [("a", 100.0), ("b", 200.0), ("c", 300.0)] {
            door.admit(name, "p", idle(since, true), 0.0).unwrap();
        }
        let retry_after = 100.0 + REST - 1000.0;
        assert_eq!(door.admit("d", "p", BUSY, 1000.0), Err(Full { of_peer: true, retry_after }));
        assert_eq!(door.admit("d", "p", BUSY, 100.0 + REST), Ok(Some("a")));
    }

    #[test]
    fn a_stranger_pushes_out_its_own() {
        let mut door = Door::default();
        door.admit("mine", "me", idle(0.0, false), 0.0).unwrap();
        for name in ["x1", "x2", "x3"] {
            door.admit(name, "x", idle(1.0, false), 1.0).unwrap();
        }
        // Its share is full, though there is room.
        assert!(door.admit("x4", "x", idle(2.0, false), 2.0).unwrap().unwrap().starts_with('x'));
        for name in ["y1", "y2"] {
            door.admit(name, "y", idle(3.0, false), 3.0).unwrap();
        }
        // All is full: who has most gives way, although mine has been idle for longest.
        assert!(door.admit("z1", "z", idle(4.0, false), 4.0).unwrap().unwrap().starts_with('x'));
        assert!(door.0.get(&"mine").is_some());
    }

    #[test]
    fn when_all_are_at_work_nobody_more_is_let_in() {
        let mut door = Door::default();
        for (name, peer) in [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5"), ("f", "6")]
        {
            door.admit(name, peer, BUSY, 0.0).unwrap();
        }
        let full = door.admit("g", "7", BUSY, 0.0).unwrap_err();
        assert!(!full.of_peer);
        door.0.remove(&"a");
        assert_eq!(door.admit("g", "7", BUSY, 0.0), Ok(None));
    }

    #[test]
    fn of_very_many_some_go_at_once_so_that_not_each_newcomer_looks_at_all() {
        let limits = RosterLimits { all: 1000, per_peer: 1000, rest: 0.0 };
        let mut roster = Roster::default();
        let looks = std::cell::Cell::new(0);
        let idle = |since: &u32| {
            looks.set(looks.get() + 1);
            Standing { idle_since: Some(f64::from(*since)), has_worked: false }
        };
        for number in 0..10_000_u32 {
            let now = f64::from(number);
            let left = roster.admit(number, Some("x"), number, now, &limits, idle).unwrap();
            assert!(left.iter().all(|left| number - left > 900), "the oldest ones");
        }
        assert!(roster.all().count() > 900);
        assert!(looks.get() < 1_000_000, "{}", looks.get());
    }

    #[test]
    fn those_without_a_known_peer_share_the_whole() {
        let mut door = Door::default();
        for name in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(door.admit(name, "", BUSY, 0.0), Ok(None));
        }
        assert!(!door.admit("g", "", BUSY, 0.0).unwrap_err().of_peer);
    }
}
