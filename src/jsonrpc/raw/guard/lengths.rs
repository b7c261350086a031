//! How long the arrays of a text are, for whoever makes room for their elements.

use crate::jsonrpc::raw::text::{DEPTH, outside_of_strings};

/// How many elements the arrays of a text have, in the order in which they begin: of those with more
/// than a few.
pub(super) struct Lengths {
    /// The number of the array, and that of its elements.
    noted: std::vec::IntoIter<(u32, u32)>,
    weight: usize,
    begun: u32,
}

/// Shorter arrays are not noted.
const LONG: u32 = 16;

/// Counts the elements of a text that is known to be JSON.
pub(super) fn lengths(text: &str) -> Lengths {
    // Twice the same walk: counted first, because a vector that grows takes three times its place.
    let mut count = 0_usize;
    walk_arrays(text, |_, _| count += 1);
    let mut noted = Vec::with_capacity(count);
    walk_arrays(text, |array, length| noted.push((array, length)));
    noted.sort_unstable();
    Lengths {
        weight: noted.capacity() * size_of::<(u32, u32)>(),
        noted: noted.into_iter(),
        begun: 0,
    }
}

/// Calls with each long array, when it ends.
fn walk_arrays(text: &str, mut found: impl FnMut(u32, u32)) {
    // Of what is open: the number of the array, and the commas in it so far.
    let mut open = [(0, 0); DEPTH];
    let (mut depth, mut arrays) = (0_usize, 0_u32);
    for (_, byte) in outside_of_strings(text.as_bytes()) {
        match byte {
            b'[' | b'{' => {
                if let Some(open) = open.get_mut(depth) {
                    *open = (arrays, 0);
                }
                arrays = arrays.wrapping_add(u32::from(byte == b'['));
                depth += 1;
            }
            b',' => {
                if let Some(open) = open.get_mut(depth.wrapping_sub(1)) {
                    open.1 += 1;
                }
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if let Some((array, commas)) = open.get(depth)
                    && byte == b']'
                    && *commas >= LONG
                {
                    found(*array, commas + 1);
                }
            }
            _ => {}
        }
    }
}

impl Lengths {
    /// The number of elements of the next array, or none if there are few.
    pub(super) fn next(&mut self) -> usize {
        let array = self.begun;
        self.begun = self.begun.wrapping_add(1);
        while let Some((noted, length)) = self.noted.as_slice().first().copied() {
            match noted.cmp(&array) {
                std::cmp::Ordering::Less => drop(self.noted.next()),
                std::cmp::Ordering::Equal => return length as usize,
                std::cmp::Ordering::Greater => break,
            }
        }
        0
    }

    /// Bytes that this takes.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }
}
