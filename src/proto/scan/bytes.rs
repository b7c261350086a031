//! Bytes, eight at once.

/// The highest bit of each of eight bytes, and their lowest.
pub const HIGHEST: u64 = ONES << 7;
pub const ONES: u64 = u64::MAX / 255;

/// Compares with a name whose length the compiler knows, which spares a call for each: eight bytes
/// at once, then four, then one by one.
#[inline(always)]
#[allow(clippy::inline_always)]
pub fn is<const N: usize>(text: &[u8], name: &[u8; N]) -> bool {
    if text.len() != N {
        return false;
    }
    let (eights, rest) = text.as_chunks::<8>();
    let (own_eights, own_rest) = name.as_chunks::<8>();
    let (fours, rest) = rest.as_chunks::<4>();
    let (own_fours, own_rest) = own_rest.as_chunks::<4>();
    let mut same = true;
    for (eight, own) in eights.iter().zip(own_eights) {
        same &= eight == own;
    }
    for (four, own) in fours.iter().zip(own_fours) {
        same &= four == own;
    }
    for (one, own) in rest.iter().zip(own_rest) {
        same &= one == own;
    }
    same
}

/// What follows a prefix, compared in the same way.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn after<'a, const N: usize>(text: &'a [u8], prefix: &[u8; N]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_first_chunk::<N>()?;
    is(start, prefix).then_some(rest)
}

/// How many UTF-16 units a text in UTF-8 has.
pub fn units(text: &[u8]) -> usize {
    let (eights, rest) = text.as_chunks::<8>();
    let mut units = text.len();
    for eight in eights {
        let eight = u64::from_le_bytes(*eight);
        // Continuation bytes, and first bytes of characters that take two units.
        let more = eight & !(eight << 1) & HIGHEST;
        let two = eight & (eight << 1) & (eight << 2) & (eight << 3) & HIGHEST;
        units = units + two.count_ones() as usize - more.count_ones() as usize;
    }
    for byte in rest {
        units = units + usize::from(*byte >= 0xf0) - usize::from(byte & 0xc0 == 0x80);
    }
    units
}

/// The quotes, backslashes and control characters among eight bytes: the lowest bit that is set is the
/// highest one of the first of them. Those above it may be wrong, by a borrow.
#[inline(always)]
#[allow(clippy::inline_always)]
pub fn special(eight: u64) -> u64 {
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes;
    let quote = below(eight ^ (ONES * u64::from(b'"')), 1);
    let backslash = below(eight ^ (ONES * u64::from(b'\\')), 1);
    let control = below(eight, b' ');
    (quote | backslash | control) & HIGHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_plain_text_is_found_among_eight_characters() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for filler in [*b"a ~z!#[]", [0xff; 8], [0x80; 8], *b"\x7f}{@^a`1"] {
                    let mut eight = filler;
                    eight[place] = byte;
                    let found = special(u64::from_le_bytes(eight));
                    if matches!(byte, 0..b' ' | b'"' | b'\\') {
                        assert_eq!(found.trailing_zeros() as usize / 8, place, "{byte} at {place}");
                    } else {
                        assert_eq!(found, 0, "{byte} at {place}");
                    }
                }
            }
        }
    }

    #[test]
    fn units_of_a_text_are_counted() {
        for text in ["", "plain", "Größe und Maß", "Обработка элемента", "🚀🚀🚀 item ✅", "a🚀"]
        {
            for from in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                assert_eq!(units(&text.as_bytes()[from..]), text[from..].encode_utf16().count());
            }
        }
    }
}
