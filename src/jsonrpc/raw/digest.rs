//! Bytes that stand for a value: the same for equal ones, whatever the order of their members.

use std::cmp::Ordering;

use super::Raw;
use super::text::{DEPTH, Part, decode, note_all};

/// A member, by the first bytes of its name and by where it starts.
#[derive(Clone, Copy)]
struct Member {
    prefix: u64,
    start: usize,
}

/// Hands the bytes over in small parts.
pub(super) fn digest(value: &Raw, out: &mut dyn FnMut(&[u8])) {
    let text = value.as_json();
    let (ends, start, end) = note_all(&text);
    write(Part { text: &text, ends: &ends, start, end }, DEPTH, out);
}

/// `depth`: how much deeper to go; what is deeper stands for itself as it is written.
fn write(part: Part<'_>, depth: usize, out: &mut dyn FnMut(&[u8])) {
    match part.first() {
        b'{' if depth > 0 => {
            out(b"{");
            let members = sorted(part);
            for (at, member) in members.iter().enumerate() {
                // Of those that stand twice the last one counts.
                let is_again =
                    members.get(at + 1).is_some_and(|next| compare(part, *member, *next).is_eq());
                if !is_again {
                    let (name, value) = part.member_at(member.start);
                    text(&decode(name.quoted().unwrap_or_default()), out);
                    write(value, depth - 1, out);
                }
            }
            out(b"}");
        }
        b'[' if depth > 0 => {
            out(b"[");
            part.elements().for_each(|element| write(element, depth - 1, out));
            out(b"]");
        }
        b'"' => text(&decode(part.quoted().unwrap_or_default()), out),
        _ => {
            out(part.as_str().as_bytes());
            out(b",");
        }
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

/// The members in the order of their names, and of their places where those are equal.
fn sorted(object: Part<'_>) -> Vec<Member> {
    // Counted first, because a vector that grows takes three times its place.
    let mut members = Vec::with_capacity(object.members().count());
    members.extend(object.members().map(|(name, _)| {
        let decoded = decode(name.quoted().unwrap_or_default());
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(decoded.bytes()) {
            *to = from;
        }
        Member { prefix: u64::from_be_bytes(first), start: name.start }
    }));
    members.sort_unstable_by(|one, other| {
        compare(object, *one, *other).then(one.start.cmp(&other.start))
    });
    members
}

fn compare(object: Part<'_>, one: Member, other: Member) -> Ordering {
    one.prefix.cmp(&other.prefix).then_with(|| {
        let name = |member: Member| object.name_at(member.start).unwrap_or_default();
        let (one, other) = (name(one), name(other));
        if one == other { Ordering::Equal } else { decode(one).cmp(&decode(other)) }
    })
}
