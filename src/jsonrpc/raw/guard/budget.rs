//! How many bytes collections take while they are filled, and how many they may.

use std::cell::{Cell, RefCell};

use super::{
    READ_TIMES,
    lengths::{Lengths, lengths},
};

/// Elements for which a list makes room at once, if it is told their number: 1 MiB of them.
const CAUTIOUS: usize = 1 << 20;
/// Entries in a node of a tree, however few there are.
const NODE: usize = 11;

/// The bytes that may come of one text, and what has come of it so far.
pub(super) struct Budget {
    most: usize,
    taken: Cell<usize>,
    /// How long the arrays are that come; `None`: no longer known.
    lengths: RefCell<Option<Lengths>>,
    /// What the elements of lists take, by the name of what reads the list.
    sizes: RefCell<Vec<(&'static str, usize)>>,
    has_exceeded: Cell<bool>,
    /// Whether a name in an object is read that will be part of a tree.
    pub(super) is_name_of_tree: Cell<bool>,
}

/// More is wanted than there may be.
pub(super) struct Exceeded;

impl Budget {
    /// With `lengths`, lists that know how large their elements are find room for all of them at once.
    pub(super) fn new(text: &str, floor: usize, lengths: Option<Lengths>) -> Self {
        let weight = lengths.as_ref().map_or(0, Lengths::weight);
        Self {
            most: (READ_TIMES * text.len()).saturating_sub(weight).max(floor),
            taken: Cell::new(0),
            lengths: RefCell::new(lengths),
            sizes: RefCell::default(),
            has_exceeded: Cell::new(false),
            is_name_of_tree: Cell::new(false),
        }
    }

    /// The same once more, with what has been learned: `None` if that is nothing, or there was enough.
    pub(super) fn again(self, text: &str, floor: usize, learned: &mut usize) -> Option<Self> {
        let count = self.sizes.borrow().len();
        if !self.has_exceeded.get() || count <= std::mem::replace(learned, count) {
            return None;
        }
        Some(Self { sizes: self.sizes, ..Self::new(text, floor, Some(lengths(text))) })
    }

    /// An array begins that is read by this: the number of its elements, if there is room for all of
    /// them and their reader may know.
    pub(super) fn begin_array(&self, reader: &'static str) -> usize {
        let known = self.lengths.borrow_mut().as_mut().map_or(0, Lengths::next);
        let sizes = self.sizes.borrow();
        let size = sizes.iter().find(|(name, _)| *name == reader).map(|(_, size)| *size);
        let has_room =
            |size| self.taken.get().saturating_add(known.saturating_mul(size)) <= self.most;
        if size.is_some_and(has_room) { known } else { 0 }
    }

    /// The elements of a list that is read by this are as large.
    pub(super) fn learn(&self, reader: &'static str, size: usize) {
        let mut sizes = self.sizes.borrow_mut();
        if !sizes.iter().any(|(name, _)| *name == reader) {
            sizes.push((reader, size));
        }
    }

    /// Whether every array has to be begun, so that the next one is known.
    pub(super) fn counts(&self) -> bool {
        self.lengths.borrow().is_some()
    }

    /// There are arrays that nobody begins.
    pub(super) fn lose_count(&self) {
        *self.lengths.borrow_mut() = None;
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.get()
    }

    pub(super) fn set_taken(&self, taken: usize) {
        self.taken.set(taken);
    }

    /// Something takes `new` bytes in the place of `old` ones, while both are there if it `moves`.
    pub(super) fn change(&self, old: usize, new: usize, moves: bool) -> Result<(), Exceeded> {
        let taken = self.taken.get();
        let peak = taken.saturating_add(if moves { new } else { new.saturating_sub(old) });
        if peak > self.most {
            self.has_exceeded.set(true);
            return Err(Exceeded);
        }
        self.taken.set(taken.saturating_add(new).saturating_sub(old));
        Ok(())
    }
}

/// What holds things of one size.
pub(super) enum Container {
    /// A vector, which may know how many there will be.
    List { known: usize },
    /// The object of a tree: a table of places beside a vector of entries.
    Object,
    /// A map of somebody's: a table, or a tree of nodes, whichever is more.
    Map,
    /// None of its own.
    Inside,
}

impl Container {
    /// Pays for one more thing of `size` bytes beside `count` others.
    pub(super) fn push(&self, budget: &Budget, count: usize, size: usize) -> Result<(), Exceeded> {
        if size == 0 {
            return Ok(());
        }
        let (old, new) = (self.slots(count, size), self.slots(count + 1, size));
        if old == new {
            return Ok(());
        }
        let moves = !matches!(self, Self::Map) || table(count) != table(count + 1);
        budget.change(self.bytes(old, size), self.bytes(new, size), moves && count > 0)
    }

    /// Room for so many.
    fn slots(&self, count: usize, size: usize) -> usize {
        match self {
            _ if count == 0 => 0,
            Self::Inside => 0,
            Self::List { known } => {
                let least = if size == 1 { 8 } else { usize::from(size <= 1024) * 3 + 1 };
                let first = (*known).min(CAUTIOUS / size);
                // Doubled from there on.
                let first = if first == 0 { least } else { first };
                first.saturating_mul(count.div_ceil(first).next_power_of_two())
            }
            Self::Object => table(count),
            Self::Map => table(count).max(NODE).max(count.saturating_mul(23) / 10),
        }
    }

    fn bytes(&self, slots: usize, size: usize) -> usize {
        match self {
            Self::List { .. } | Self::Inside => slots.saturating_mul(size),
            // A place of eight bytes and one to find it, a hash in each entry.
            Self::Object if slots > 0 => {
                slots.saturating_mul(9) + 16 + (slots - slots.div_ceil(8)).saturating_mul(size + 8)
            }
            Self::Object => 0,
            Self::Map => slots.saturating_mul(size + 1),
        }
    }
}

/// Places of a table with so many entries: seven in eight of them may be taken.
fn table(count: usize) -> usize {
    match count {
        0 => 0,
        1..=3 => 4,
        _ => count.saturating_mul(8).div_ceil(7).next_power_of_two(),
    }
}
