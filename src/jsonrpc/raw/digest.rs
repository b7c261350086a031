//! Bytes that stand for a value: the same for equal ones, whatever the order of their members.

use std::cmp::Ordering;

use super::Raw;
use super::text::{
    DEPTH, decode, end_of_scalar, end_of_string, outside_of_strings, skip_blanks, start_of_value,
};

/// A text, and where its arrays and objects end: walked through without a look at anything twice.
struct Walk<'a> {
    text: &'a str,
    /// Of each array and object, in the order in which they begin.
    inner: Vec<Container>,
}

/// An array or an object.
#[derive(Clone, Copy, Default)]
struct Container {
    /// Where it ends.
    end: u32,
    /// The number of the first one that begins behind it.
    behind: u32,
}

/// A place in a text, and the number of the next array or object that begins there or behind.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    next: u32,
}

/// A member, by the first bytes of its name and by where it starts.
#[derive(Clone, Copy)]
struct Member {
    prefix: u64,
    place: Place,
}

/// Hands the bytes over in small parts. `false`: the text is too large for that.
pub(super) fn digest(value: &Raw, out: &mut dyn FnMut(&[u8])) -> bool {
    let text = value.as_json();
    if u32::try_from(text.len()).is_err() {
        return false;
    }
    let walk = Walk::new(&text);
    walk.write(Place { at: start_of_value(&text), next: 0 }, DEPTH, out);
    true
}

impl<'a> Walk<'a> {
    #[allow(clippy::cast_possible_truncation)] // it has been measured
    fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        // Counted first, because a vector that grows takes three times its place.
        let count = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
        let mut inner: Vec<Container> = Vec::with_capacity(count);
        // The innermost one that is open; each keeps the one around it where its end will be.
        let mut open = None;
        for (at, byte) in outside_of_strings(bytes) {
            match byte {
                b'[' | b'{' => {
                    let around = open.map_or(0, |open: usize| open as u32 + 1);
                    open = Some(inner.len());
                    inner.push(Container { end: around, behind: 0 });
                }
                b']' | b'}' => {
                    let behind = inner.len() as u32;
                    if let Some(container) = open.and_then(|open| inner.get_mut(open)) {
                        open = container.end.checked_sub(1).map(|around| around as usize);
                        *container = Container { end: at as u32 + 1, behind };
                    }
                }
                _ => {}
            }
        }
        Self { text, inner }
    }

    fn first(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'n')
    }

    /// The place behind the value that is here.
    fn behind(&self, place: Place) -> Place {
        let bytes = self.text.as_bytes();
        match self.first(place.at) {
            b'[' | b'{' => {
                let container = self.inner.get(place.next as usize).copied().unwrap_or_default();
                // It never goes back.
                let at = (container.end as usize).max(place.at + 1);
                Place { at, next: container.behind.max(place.next + 1) }
            }
            b'"' => Place { at: end_of_string(bytes, place.at), ..place },
            _ => Place { at: end_of_scalar(bytes, place.at), ..place },
        }
    }

    /// Behind the bracket or the comma that is here: the next thing, if there is one.
    fn inside(&self, place: Place) -> Option<Place> {
        let at = skip_blanks(self.text.as_bytes(), place.at + 1);
        (!matches!(self.first(at), b']' | b'}')).then_some(Place { at, ..place })
    }

    /// The thing behind the one that ends here, if there is one.
    fn after(&self, place: Place) -> Option<Place> {
        let at = skip_blanks(self.text.as_bytes(), place.at);
        (self.first(at) == b',').then(|| self.inside(Place { at, ..place }))?
    }

    /// The name of the member that starts here, as it is written, and its value.
    fn member(&self, place: Place) -> (&'a str, Place) {
        let bytes = self.text.as_bytes();
        let end = end_of_string(bytes, place.at);
        let name = self.text.get(place.at + 1..end - 1).unwrap_or_default();
        let value = skip_blanks(bytes, skip_blanks(bytes, end) + 1);
        (name, Place { at: value, ..place })
    }

    /// `depth`: how much deeper to go; what is deeper stands for itself as it is written.
    fn write(&self, place: Place, depth: usize, out: &mut dyn FnMut(&[u8])) {
        let inside = Place { next: place.next + 1, ..place };
        match self.first(place.at) {
            b'{' if depth > 0 => {
                out(b"{");
                self.write_members(self.inside(inside), depth, out);
                out(b"}");
            }
            b'[' if depth > 0 => {
                out(b"[");
                let mut next = self.inside(inside);
                while let Some(element) = next {
                    self.write(element, depth - 1, out);
                    next = self.after(self.behind(element));
                }
                out(b"]");
            }
            first => {
                let end = self.behind(place).at;
                let part = self.text.get(place.at..end).unwrap_or_default();
                match part.get(1..part.len().saturating_sub(1)) {
                    Some(quoted) if first == b'"' => text(&decode(quoted), out),
                    _ => {
                        out(part.as_bytes());
                        out(b",");
                    }
                }
            }
        }
    }

    fn write_members(&self, first: Option<Place>, depth: usize, out: &mut dyn FnMut(&[u8])) {
        let Some(first) = first else { return };
        let mut count = 1;
        let mut last = first;
        while let Some(next) = self.after(self.behind(self.member(last).1)) {
            last = next;
            count += 1;
        }
        let mut write = |place| {
            let (name, value) = self.member(place);
            text(&decode(name), out);
            self.write(value, depth - 1, out);
        };
        if count == 1 {
            return write(first);
        }
        let members = self.sorted(first, count);
        for (at, member) in members.iter().enumerate() {
            // Of those that stand twice the last one counts.
            let is_again =
                members.get(at + 1).is_some_and(|next| self.compare(*member, *next).is_eq());
            if !is_again {
                write(member.place);
            }
        }
    }

    /// The members in the order of their names, and of their places where those are equal.
    fn sorted(&self, first: Place, count: usize) -> Vec<Member> {
        let mut members = Vec::with_capacity(count);
        let mut next = Some(first);
        while let Some(place) = next {
            let (name, value) = self.member(place);
            let mut first = [0; 8];
            for (to, from) in first.iter_mut().zip(decode(name).bytes()) {
                *to = from;
            }
            members.push(Member { prefix: u64::from_be_bytes(first), place });
            next = self.after(self.behind(value));
        }
        members.sort_unstable_by(|one, other| {
            self.compare(*one, *other).then(one.place.at.cmp(&other.place.at))
        });
        members
    }

    fn compare(&self, one: Member, other: Member) -> Ordering {
        one.prefix.cmp(&other.prefix).then_with(|| {
            let name = |member: Member| self.member(member.place).0;
            let (one, other) = (name(one), name(other));
            if one == other { Ordering::Equal } else { decode(one).cmp(&decode(other)) }
        })
    }
}

/// A text that cannot run into the next one.
fn text(text: &str, out: &mut dyn FnMut(&[u8])) {
    let mut length = text.len();
    let mut bytes = [0; 10];
    let mut count = 0;
    for byte in &mut bytes {
        #[allow(clippy::cast_possible_truncation)] // seven bits
        let low = (length & 127) as u8;
        length >>= 7;
        count += 1;
        *byte = if length > 0 { low | 128 } else { low };
        if length == 0 {
            break;
        }
    }
    out(b"\"");
    out(bytes.get(..count).unwrap_or_default());
    out(text.as_bytes());
}
