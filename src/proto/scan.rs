//! The fast path: reads a progress notification out of its frame in one pass, without building a JSON
//! value.
//!
//! It takes what real servers write: members in any order, white space, messages in any script, with
//! escapes, and members that it does not know. What it does not decode itself it tells as a span. Anything
//! odd (an id, a member that comes twice, a token that is none of ours, text that is no JSON) is `None`,
//! and the frame takes the general path. What it does accept it reads exactly as `JSON.parse` would; a
//! property test and a fuzz target hold the two together.

use std::ops::Range;

use crate::types::meta;

/// A progress notification, as numbers and spans of the frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scanned {
    /// The progress token. Ours are always integers.
    pub token: i64,
    /// Whether it came as text.
    pub is_text: bool,
    /// How far the request has come; finite.
    pub progress: f64,
    /// How far it will go, if the server knows; finite.
    pub total: Option<f64>,
    /// Where the message stands in the frame (bytes, without the quotes).
    pub message: Option<Range<usize>>,
    /// Whether there are escapes in the message.
    pub is_escaped: bool,
    /// Where the params stand, if they have other members than these (bytes, with the braces).
    pub params: Option<Range<usize>>,
    /// Whether the frame may hold bytes beyond ASCII.
    pub is_wide: bool,
}

/// Reads a number that the scanner does not round itself, which is JSON's by its form.
pub type ReadNumber = fn(&str) -> f64;

/// The longest frame that is worth scanning, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// How most servers write what is around the params: compared at once, not member by member.
const VERSION_FIRST: &[u8; 60] = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":"#;
const METHOD_FIRST: &[u8; 44] = br#"{"method":"notifications/progress","params":"#;
const VERSION_LAST: &[u8; 17] = br#","jsonrpc":"2.0"}"#;

/// The highest bit of each of eight bytes, and their lowest.
const HIGHEST: u64 = ONES << 7;
const ONES: u64 = u64::MAX / 255;

/// Reads a frame; `None` sends it down the general path. Any byte beyond ASCII may stand for a character
/// beyond it, so that a frame can be scanned with one byte for each of its UTF-16 units.
///
/// ```
/// use mcp_wasm::proto::scan::{parse_number, scan};
///
/// let frame = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":3.0,"total":10}}"#;
/// let found = scan(frame, parse_number).unwrap();
/// assert_eq!((found.token, found.progress, found.total), (7, 3.0, Some(10.0)));
/// assert_eq!(scan(br#"{"jsonrpc":"2.0","id":7,"result":{}}"#, parse_number), None);
/// ```
pub fn scan(frame: &[u8], read_number: ReadNumber) -> Option<Scanned> {
    let (found, end) = scan_start(frame, read_number)?;
    (end == frame.len()).then_some(found)
}

/// [`ReadNumber`] by Rust's own means, which a browser's module had rather not carry.
pub fn parse_number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Reads a frame at the start of `text`; returns where it ends, too.
#[inline(always)]
#[allow(clippy::inline_always)] // as below: see `Cursor`
pub fn scan_start(text: &[u8], read_number: ReadNumber) -> Option<(Scanned, usize)> {
    let text = text.get(..LONGEST).unwrap_or(text);
    let found = Scanned::default();
    let mut cursor = Cursor { frame: text, at: 0, is_escaped: false, wide: 0, found, read_number };
    let end = cursor.frame()?;
    cursor.found.is_wide = cursor.wide & HIGHEST != 0;
    Some((cursor.found, end))
}

/// Compares with a name whose length the compiler knows, which spares a call for each: eight bytes
/// at once, then four, then one by one.
#[inline(always)]
#[allow(clippy::inline_always)]
fn is<const N: usize>(text: &[u8], name: &[u8; N]) -> bool {
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

/// What comes behind a prefix, compared in the same way.
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
        // What continues a character, and what begins one of two units.
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
fn special(eight: u64) -> u64 {
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes;
    let quote = below(eight ^ (ONES * u64::from(b'"')), 1);
    let backslash = below(eight ^ (ONES * u64::from(b'\\')), 1);
    let control = below(eight, b' ');
    (quote | backslash | control) & HIGHEST
}

/// `JSON.parse` keeps the last of two members with one name; here that is odd.
#[inline(always)]
#[allow(clippy::inline_always)]
fn once(seen: &mut u8, member: u8) -> Option<()> {
    let first = *seen & member == 0;
    *seen |= member;
    first.then_some(())
}

/// A member of the params.
enum Member {
    Token,
    Progress,
    Total,
    Message,
    Other,
}

/// A number, by the digits that it is written with.
struct Numeral {
    /// All of them as one integer; nonsense if there were more than 18.
    digits: u64,
    /// By what that is to be divided, a power of ten.
    scale: u64,
    /// Whether it is as simple as that: no exponent, and not too many digits.
    is_short: bool,
}

impl Numeral {
    /// The double that is nearest, unless it is hard to tell.
    #[inline(always)]
    #[allow(clippy::inline_always)]
    #[allow(clippy::cast_precision_loss)] // as said below
    fn nearest(&self) -> Option<f64> {
        let Self { digits, scale, is_short } = *self;
        if !is_short {
            return None;
        }
        // A power of ten up to 22 is exact. If the digits are, too, one division rounds correctly.
        let near = digits as f64 / scale as f64;
        if digits <= 1 << 53 || scale == 1 {
            return Some(near);
        }
        let mut bits = near.to_bits();
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        let shift = 1075_u64.wrapping_sub(bits >> 52);
        // Near a power of two the steps are of two sizes.
        if shift > 62 || mantissa < (1 << 52) + 4 {
            return None;
        }
        // How far off that is, as twice the part of a step, times the scale: less than four times the
        // scale, so that 64 bits hold it whatever is lost above them.
        let mut off =
            (digits << (shift + 1)).wrapping_sub((2 * mantissa).wrapping_mul(scale)).cast_signed();
        let scale = scale.cast_signed();
        while off > scale || (off == scale && bits & 1 == 1) {
            bits += 1;
            off -= 2 * scale;
        }
        while off < -scale || (off == -scale && bits & 1 == 1) {
            bits -= 1;
            off += 2 * scale;
        }
        Some(f64::from_bits(bits))
    }
}

/// The browser build is compiled for size, with hardly any inlining; what is small and runs for every
/// byte or member says that it is to be inlined all the same.
struct Cursor<'a> {
    frame: &'a [u8],
    at: usize,
    /// Whether the latest string has escapes.
    is_escaped: bool,
    /// Has a highest bit of a byte if there was one beyond ASCII.
    wide: u64,
    found: Scanned,
    read_number: ReadNumber,
}

#[allow(clippy::inline_always)]
impl<'a> Cursor<'a> {
    #[inline(always)]
    fn peek(&self) -> u8 {
        self.frame.get(self.at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn eight(&self) -> Option<u64> {
        let eight = self.frame.get(self.at..)?.first_chunk()?;
        Some(u64::from_le_bytes(*eight))
    }

    /// The next byte that is no white space.
    #[inline(always)]
    fn token(&mut self) -> u8 {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.peek()
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.token() == byte).then(|| self.at += 1)
    }

    /// A string without escapes.
    #[inline(always)]
    fn plain(&mut self) -> Option<&'a [u8]> {
        let span = self.span()?;
        if self.is_escaped { None } else { self.frame.get(span) }
    }

    #[inline(never)]
    fn span(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        self.is_escaped = false;
        loop {
            while let Some(eight) = self.eight() {
                self.wide |= eight;
                let special = special(eight);
                if special != 0 {
                    self.at += (special.trailing_zeros() / 8) as usize;
                    break;
                }
                self.at += 8;
            }
            match self.peek() {
                b'"' => break,
                b'\\' => self.escape()?,
                // Also behind the end.
                0..b' ' => return None,
                byte => {
                    self.wide |= u64::from(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Some(start..self.at - 1)
    }

    #[inline(never)]
    fn escape(&mut self) -> Option<()> {
        self.is_escaped = true;
        self.at += 2;
        match self.frame.get(self.at - 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let four = self.frame.get(self.at..self.at + 4)?;
                self.at += 4;
                four.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    /// Like `expect`, but white space is not skipped.
    #[inline(always)]
    fn expect_here(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    #[inline(always)]
    fn skip<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        after(self.frame.get(self.at..)?, text)?;
        self.at += N;
        Some(())
    }

    /// The name of a member. With escapes it may be any.
    #[inline(always)]
    fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.plain()?;
        self.expect(b':')?;
        Some(key)
    }

    /// An object with at least one member, each read by `member`.
    #[inline(always)]
    fn object(&mut self, mut member: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        loop {
            let key = self.key()?;
            member(self, key)?;
            match self.token() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Any value, passed over, unless it nests too deep, or says of a notification that it is for a
    /// subscription.
    #[inline(never)]
    fn value(&mut self) -> Option<()> {
        // A bit for each object (1) and array (0) that is open, below a first one.
        let mut open = 1_u64;
        loop {
            let byte = self.token();
            match byte {
                b'"' => {
                    self.span()?;
                }
                b'{' | b'[' => {
                    self.at += 1;
                    if self.token() == byte + 2 {
                        self.at += 1;
                    } else {
                        if open.leading_zeros() == 0 {
                            return None;
                        }
                        open = open << 1 | u64::from(byte == b'{');
                        if byte == b'{' {
                            self.inner_key()?;
                        }
                        continue;
                    }
                }
                b't' => self.skip(b"true")?,
                b'f' => self.skip(b"false")?,
                b'n' => self.skip(b"null")?,
                _ => {
                    self.numeral()?;
                }
            }
            loop {
                if open == 1 {
                    return Some(());
                }
                let is_object = open & 1 == 1;
                let byte = self.token();
                self.at += 1;
                match byte {
                    b',' if is_object => {
                        self.inner_key()?;
                        break;
                    }
                    b',' => break,
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                open >>= 1;
            }
        }
    }

    #[inline(never)]
    fn inner_key(&mut self) -> Option<()> {
        (self.key()? != meta::SUBSCRIPTION_ID.as_bytes()).then_some(())
    }

    /// The whole frame; where it ends.
    #[inline(never)]
    fn frame(&mut self) -> Option<usize> {
        if self.skip(VERSION_FIRST).is_some() {
            self.params()?;
            if self.peek() == b'}' {
                return Some(self.at + 1);
            }
            self.start_again();
        } else if self.skip(METHOD_FIRST).is_some() {
            self.params()?;
            if self.skip(VERSION_LAST).is_some() {
                return Some(self.at);
            }
            self.start_again();
        }
        let mut seen = 0_u8;
        self.object(|cursor, key| {
            let member = if is(key, b"jsonrpc") {
                is(cursor.plain()?, b"2.0").then_some(1)?
            } else if is(key, b"method") {
                is(cursor.plain()?, b"notifications/progress").then_some(2)?
            } else if is(key, b"params") {
                cursor.params()?;
                4
            } else if is(key, b"id") || is(key, b"result") || is(key, b"error") {
                return None;
            } else {
                return cursor.value();
            };
            once(&mut seen, member)
        })?;
        (seen == 7).then_some(self.at)
    }

    /// Which member of the params comes next; behind it stands its value.
    #[inline(never)]
    fn member(&mut self) -> Option<Member> {
        self.token();
        // As it is written without white space, in a look or two.
        if let Some(eight) = self.eight() {
            let start = self.at;
            self.at += 8;
            let known = match &eight.to_le_bytes() {
                b"\"total\":" => Some(Member::Total),
                b"\"message" => self.skip(b"\":").map(|()| Member::Message),
                b"\"progres" => match self.skip(b"s\":") {
                    Some(()) => Some(Member::Progress),
                    None => self.skip(b"sToken\":").map(|()| Member::Token),
                },
                _ => None,
            };
            if known.is_some() {
                return known;
            }
            self.at = start;
        }
        let key = self.key()?;
        Some(if is(key, b"progressToken") {
            Member::Token
        } else if is(key, b"progress") {
            Member::Progress
        } else if is(key, b"total") {
            Member::Total
        } else if is(key, b"message") {
            Member::Message
        } else {
            Member::Other
        })
    }

    #[inline(never)]
    fn start_again(&mut self) {
        (self.at, self.found) = (0, Scanned::default());
    }

    // More than one caller; one copy is enough.
    #[inline(never)]
    fn params(&mut self) -> Option<()> {
        self.token();
        let start = self.at;
        let mut seen = 0_u8;
        let mut has_more = false;
        self.expect(b'{')?;
        loop {
            let member = match self.member()? {
                Member::Token => {
                    self.token();
                    self.found.is_text = self.expect_here(b'"').is_some();
                    self.found.token = self.integer()?;
                    if self.found.is_text {
                        // Another text than this is nothing that we gave away.
                        (self.found.token > 0).then_some(())?;
                        self.expect_here(b'"')?;
                    }
                    1
                }
                Member::Progress => {
                    self.found.progress = self.number()?;
                    2
                }
                Member::Total => {
                    if !self.null() {
                        self.found.total = Some(self.number()?);
                    }
                    4
                }
                Member::Message => {
                    if !self.null() {
                        self.found.message = Some(self.span()?);
                        self.found.is_escaped = self.is_escaped;
                    }
                    8
                }
                Member::Other => {
                    has_more = true;
                    self.value()?;
                    0
                }
            };
            once(&mut seen, member)?;
            let byte = self.token();
            self.at += 1;
            match byte {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        if has_more {
            self.found.params = Some(start..self.at);
        }
        (seen & 3 == 3).then_some(())
    }

    /// Some servers write an absent member as `null`.
    #[inline(always)]
    fn null(&mut self) -> bool {
        self.token() == b'n' && self.skip(b"null").is_some()
    }

    /// Digits without a sign; at most 15, so that every one of them counts in a double too.
    #[inline(never)]
    fn integer(&mut self) -> Option<i64> {
        let start = self.at;
        let value = self.digits()?;
        let fits = self.at - start <= 15 && !matches!(self.peek(), b'.' | b'e' | b'E');
        fits.then_some(value.cast_signed())
    }

    /// The digits before a decimal point, none of them a leading zero.
    #[inline(always)]
    fn digits(&mut self) -> Option<u64> {
        let start = self.at;
        let mut value = 0;
        while self.digit(&mut value) {}
        let leading_zero = self.frame.get(start) == Some(&b'0') && self.at - start > 1;
        (self.at > start && !leading_zero).then_some(value)
    }

    /// Appends the next digit to `value`. Wraps beyond 19 digits, which the callers refuse.
    #[inline(always)]
    fn digit(&mut self, value: &mut u64) -> bool {
        let byte = self.peek();
        let is_digit = byte.is_ascii_digit();
        if is_digit {
            *value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            self.at += 1;
        }
        is_digit
    }

    #[inline(never)]
    fn number(&mut self) -> Option<f64> {
        let is_negative = self.token() == b'-';
        let start = self.at;
        let numeral = self.numeral()?;
        if let Some(value) = numeral.nearest() {
            return Some(if is_negative { -value } else { value });
        }
        let text = str::from_utf8(self.frame.get(start..self.at)?).ok()?;
        Some((self.read_number)(text)).filter(|value| value.is_finite())
    }

    /// A number as JSON writes it, from its sign on.
    #[inline(never)]
    fn numeral(&mut self) -> Option<Numeral> {
        let _ = self.expect_here(b'-');
        let start = self.at;
        let mut digits = self.digits()?;
        // A zero before the point is no digit that counts.
        let mut length = self.at - start - usize::from(self.frame.get(start) == Some(&b'0'));
        let mut scale = 1_u64;
        if self.expect_here(b'.').is_some() {
            let start = self.at;
            while self.digit(&mut digits) {
                scale = scale.wrapping_mul(10);
            }
            length += self.at - start;
            (self.at > start).then_some(())?;
        }
        let mut is_short = length <= 18;
        if matches!(self.peek(), b'e' | b'E') {
            is_short = false;
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            let start = self.at;
            while self.digit(&mut digits) {}
            (self.at > start).then_some(())?;
        }
        Some(Numeral { digits, scale, is_short })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(params: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{{params}}}}}"#)
    }

    fn read(frame: &str) -> Option<Scanned> {
        scan(frame.as_bytes(), parse_number)
    }

    #[test]
    fn members_may_come_in_any_order_and_with_white_space() {
        let text = " {\n\"params\" : { \"message\": \"half way\", \"total\":2,\"progress\": 1.0,\
                    \"progressToken\":12 } ,\"method\":\"notifications/progress\",\t\"jsonrpc\":\"2.0\"}";
        let found = read(text).unwrap();
        assert_eq!((found.token, found.progress, found.total), (12, 1.0, Some(2.0)));
        assert_eq!(&text[found.message.unwrap()], "half way");
        assert!(!found.is_escaped && !found.is_text && found.params.is_none());
    }

    #[test]
    fn messages_are_read_in_any_script_and_with_escapes() {
        for (message, escaped) in [
            ("", false),
            ("Größe", false),
            ("Обработка элемента", false),
            ("🚀 ✅", false),
            ("\u{7f}\u{2028}", false),
            (r#"a\"b"#, true),
            (r"\u00c9l\u00E9ment \ud83d", true),
            (r"\\", true),
            (r"a\/\b\f\n\r\t", true),
        ] {
            let text = frame(&format!(r#""progressToken":1,"progress":1,"message":"{message}""#));
            let found = read(&text).unwrap();
            assert_eq!(&text[found.message.unwrap()], message);
            assert_eq!(found.is_escaped, escaped, "{message}");
        }
    }

    #[test]
    fn unknown_members_are_passed_over_and_the_params_told_as_a_span() {
        for more in [
            r#""_meta":{"a/b":{"c":[1,-2.5e+3,{}],"d":true},"e":[],"f":null}"#,
            r#""stage":"copy\u0069ng \"it\"""#,
            r#""größe" : [ [ [ ] , { "a" : "\\" } ] , 00 ]"#.replace("00", "0").as_str(),
            r#""__proto__":false"#,
            r#""x":1,"x":2"#,
        ] {
            for params in [
                format!(r#"{more},"progressToken":1,"progress":1"#),
                format!(r#""progressToken":1,{more},"progress":1"#),
                format!(r#""progressToken":1,"progress":1,{more}"#),
            ] {
                let text = frame(&params);
                let found = read(&text).unwrap_or_else(|| panic!("{text}"));
                assert_eq!(&text[found.params.unwrap()], format!("{{{params}}}"));
            }
        }
        let text = r#"{"jsonrpc":"2.0","trace":{"a":1},"method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
        assert_eq!(read(text).unwrap().params, None, "beside the params they are nobody's");
    }

    #[test]
    fn an_absent_total_or_message_may_be_null() {
        let found =
            read(&frame(r#""progressToken":1,"progress":1,"total":null,"message":null"#)).unwrap();
        assert_eq!((found.total, found.message, found.params), (None, None, None));
    }

    #[test]
    fn a_token_may_be_the_text_of_an_integer() {
        let found = read(&frame(r#""progressToken":"12","progress":1"#)).unwrap();
        assert_eq!((found.token, found.is_text), (12, true));
    }

    #[test]
    fn numbers_are_read_exactly() {
        for text in [
            "0",
            "0.0",
            "-0",
            "55.00000000000001",
            "0.1",
            "123456789.125",
            "-3",
            "9007199254740992",
            "9007199254740993",
            "9007199254740993.0",
            "14.285714285714286",
            "30.000000000000004",
            "0.30000000000000004",
            "99999999999999999.5",
            "9007199254740993.5",
            "4503599627370497.5",
            "4503599627370496.25",
            "0.015625000000000001",
            "1e3",
            "1.5E-7",
            "5e-324",
            "0.0001234567890123456789",
            "123456789012345678901234567890",
            "18446744073709551617.25",
            "-22696193469829415000000000000000000000000000000000000000000000000000000000000000000",
        ] {
            let found = read(&frame(&format!(r#""progressToken":1,"progress":{text}"#))).unwrap();
            assert_eq!(found.progress.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn what_a_browser_must_round_is_rare() {
        fn never(text: &str) -> f64 {
            panic!("{text}")
        }
        for i in 1..=1000 {
            for n in 1..=60 {
                let value = f64::from(i) / f64::from(n) * 10.0;
                let text = frame(&format!(r#""progressToken":1,"progress":{value}"#));
                let found = scan(text.as_bytes(), never).unwrap();
                assert_eq!(found.progress.to_bits(), value.to_bits(), "{value}");
            }
        }
    }

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

    #[test]
    fn anything_odd_takes_the_general_path() {
        let deep =
            format!(r#""progressToken":1,"progress":1,"x":{}{}"#, "[".repeat(65), "]".repeat(65));
        for params in [
            r#""progressToken":1"#,
            r#""progress":1"#,
            r#""progressToken":"x1","progress":1"#,
            r#""progressToken":"01","progress":1"#,
            r#""progressToken":"0","progress":1"#,
            r#""progressToken":"1.0","progress":1"#,
            r#""progressToken":" 1","progress":1"#,
            r#""progressToken":"1,"progress":1"#,
            r#""progressToken":"\u0031","progress":1"#,
            r#""progressToken":1.5,"progress":1"#,
            r#""progressToken":-1,"progress":1"#,
            r#""progressToken":01,"progress":1"#,
            r#""progressToken":1,"progress":1,"progress":2"#,
            r#""progressToken":1,"progress":1,"pro\u0067ress":2"#,
            r#""progressToken":1,"progress":1,"total":2,"total":null"#,
            r#""progressToken":1,"progress":1,"message":"a","message":null"#,
            r#""progressToken":1,"progress":1e400"#,
            r#""progressToken":1,"progress":1e"#,
            r#""progressToken":1,"progress":1e+"#,
            r#""progressToken":1,"progress":"1""#,
            r#""progressToken":1,"progress":null"#,
            r#""progressToken":1,"progress":00.5"#,
            r#""progressToken":1,"progress":1."#,
            r#""progressToken":1,"progress":.5"#,
            r#""progressToken":1,"progress":1,"total":nul"#,
            r#""progressToken":1,"progress":1,"message":7"#,
            r#""progressToken":1,"progress":1,"message":"a\x""#,
            r#""progressToken":1,"progress":1,"message":"\u00g0""#,
            r#""progressToken":1,"progress":1,"message":"\u00e""#,
            "\"progressToken\":1,\"progress\":1,\"message\":\"a\nb\"",
            r#""progressToken":1,"progress":1,"extra":01"#,
            r#""progressToken":1,"progress":1,"extra":[1,]"#,
            r#""progressToken":1,"progress":1,"extra":{"a":1,}"#,
            r#""progressToken":1,"progress":1,"extra":{"a"}"#,
            r#""progressToken":1,"progress":1,"extra":{1:1}"#,
            r#""progressToken":1,"progress":1,"extra":[1}"#,
            r#""progressToken":1,"progress":1,"extra":tru"#,
            r#""progressToken":1,"progress":1,"extra":"#,
            r#""progressToken":1,"progress":1,"_meta":{"io.modelcontextprotocol/subscriptionId":1}"#,
            r#""progressToken":1,"progress":1,"_meta":{"io.modelcontextprotocol\/subscriptionId":1}"#,
            r#""progressToken":1,"progress":1,"#,
            "",
            &deep,
        ] {
            assert_eq!(read(&frame(params)), None, "{params}");
        }
        let good = frame(r#""progressToken":1,"progress":1,"x":[{"a":"b"},-1.5e3,null]"#);
        assert!(read(&good).is_some());
        for cut in 0..good.len() {
            assert_eq!(read(&good[..cut]), None);
        }
        assert_eq!(read(&format!("{good}x")), None);
        for member in [r#""id":1"#, r#""id":null"#, r#""result":{}"#, r#""error":{}"#] {
            assert_eq!(read(&good.replacen('{', &format!("{{{member},"), 1)), None, "{member}");
        }
    }
}
