//! The fast path: reads an ordinary progress notification out of its frame in one pass, without
//! building a JSON value.
//!
//! It is strict on purpose. Whatever is not a plain progress notification in plain ASCII (another
//! member, an escape, a string token, a number that needs correct rounding, anything odd) is
//! `None`, and the frame takes the general path. What it does accept it reads exactly as
//! `JSON.parse` would; a property test and a fuzz target hold the two together.

use std::ops::Range;

/// A progress notification, as numbers and a span of the frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// The progress token. Ours are always integers.
    pub token: i64,
    /// How far the request has come.
    pub progress: f64,
    /// How far it will go, if the server knows.
    pub total: Option<f64>,
    /// Where the message stands in the frame (bytes, without the quotes).
    pub message: Option<Range<usize>>,
}

/// How most servers begin the notification: compared at once, not member by member.
const ENVELOPE: &[u8; 60] = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":"#;

/// Reads a frame; `None` sends it down the general path.
///
/// ```
/// use mcp_wasm::proto::scan::scan;
///
/// let frame = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":3.0,"total":10}}"#;
/// let found = scan(frame).unwrap();
/// assert_eq!((found.token, found.progress, found.total), (7, 3.0, Some(10.0)));
/// assert_eq!(scan(br#"{"jsonrpc":"2.0","id":7,"result":{}}"#), None);
/// ```
pub fn scan(frame: &[u8]) -> Option<Scanned> {
    let (found, end) = scan_start(frame)?;
    (end == frame.len()).then_some(found)
}

/// Reads a frame at the start of `text`; returns where it ends, too.
#[inline(always)]
#[allow(clippy::inline_always)] // as below: see `Cursor`
pub fn scan_start(text: &[u8]) -> Option<(Scanned, usize)> {
    if after(text, ENVELOPE).is_some() {
        let mut cursor = Cursor { frame: text, at: ENVELOPE.len() };
        let found = cursor.params()?;
        return (cursor.peek() == b'}').then_some((found, cursor.at + 1));
    }
    let mut cursor = Cursor { frame: text, at: 0 };
    let mut params = None;
    let mut seen = 0_u8;
    cursor.object(|cursor, key| {
        let member = if is(key, b"jsonrpc") {
            is(cursor.string()?, b"2.0").then_some(1)?
        } else if is(key, b"method") {
            is(cursor.string()?, b"notifications/progress").then_some(2)?
        } else if is(key, b"params") {
            params = Some(cursor.params()?);
            4
        } else {
            return None;
        };
        once(&mut seen, member)
    })?;
    if seen == 7 { Some((params?, cursor.at)) } else { None }
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

/// Whether eight bytes are printable ASCII, and none of them a quote or a backslash. The highest bit of
/// a byte tells: by itself, by a borrow below what is looked for, or by the carry of DEL.
#[inline(always)]
#[allow(clippy::inline_always)]
fn is_plain(eight: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes;
    let quote = below(eight ^ (ONES * u64::from(b'"')), 1);
    let backslash = below(eight ^ (ONES * u64::from(b'\\')), 1);
    let control = below(eight, b' ');
    let odd = quote | backslash | control | eight | eight.wrapping_add(ONES);
    odd & (ONES << 7) == 0
}

/// `JSON.parse` keeps the last of two members with one name; here that is odd.
#[inline(always)]
#[allow(clippy::inline_always)]
fn once(seen: &mut u8, member: u8) -> Option<()> {
    let first = *seen & member == 0;
    *seen |= member;
    first.then_some(())
}

/// The browser build is compiled for size, with hardly any inlining; what is small and runs for every
/// byte or member says that it is to be inlined all the same.
struct Cursor<'a> {
    frame: &'a [u8],
    at: usize,
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

    /// A string without escapes, of printable ASCII.
    #[inline(always)]
    fn string(&mut self) -> Option<&'a [u8]> {
        let span = self.span()?;
        self.frame.get(span)
    }

    #[inline(never)]
    fn span(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        while self.eight().is_some_and(is_plain) {
            self.at += 8;
        }
        while matches!(self.peek(), b' '..=b'~') && !matches!(self.peek(), b'"' | b'\\') {
            self.at += 1;
        }
        let end = self.at;
        self.expect_here(b'"')?;
        Some(start..end)
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

    /// An object with at least one member, each read by `member`.
    #[inline(always)]
    fn object(&mut self, mut member: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        loop {
            let key = self.string()?;
            self.expect(b':')?;
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

    // Two callers; one copy is enough.
    #[inline(never)]
    fn params(&mut self) -> Option<Scanned> {
        let start = self.at;
        if let Some(found) = self.usual_params() {
            return Some(found);
        }
        self.at = start;
        self.any_params()
    }

    /// The members in the order of the protocol's own description, without white space: their names
    /// are compared at once.
    #[inline(always)]
    fn usual_params(&mut self) -> Option<Scanned> {
        self.skip(br#"{"progressToken":"#)?;
        let token = self.integer()?;
        self.skip(br#","progress":"#)?;
        let progress = self.number()?;
        let mut total = None;
        if self.skip(br#","total":"#).is_some() {
            total = Some(self.number()?);
        }
        let mut message = None;
        if self.skip(br#","message":"#).is_some() {
            message = Some(self.span()?);
        }
        self.expect_here(b'}')?;
        Some(Scanned { token, progress, total, message })
    }

    fn any_params(&mut self) -> Option<Scanned> {
        let mut found = Scanned { token: 0, progress: 0.0, total: None, message: None };
        let mut seen = 0_u8;
        self.object(|cursor, key| {
            let member = if is(key, b"progressToken") {
                found.token = cursor.integer()?;
                1
            } else if is(key, b"progress") {
                found.progress = cursor.number()?;
                2
            } else if is(key, b"total") {
                found.total = Some(cursor.number()?);
                4
            } else if is(key, b"message") {
                found.message = Some(cursor.span()?);
                8
            } else {
                return None;
            };
            once(&mut seen, member)
        })?;
        (seen & 3 == 3).then_some(found)
    }

    /// Digits without a sign; at most 15, so that every one of them counts in a double too.
    #[inline(never)]
    fn integer(&mut self) -> Option<i64> {
        self.token();
        let start = self.at;
        let value = self.digits()?;
        (self.at - start <= 15 && !matches!(self.peek(), b'.' | b'e' | b'E')).then_some(value)
    }

    /// The digits before a decimal point, none of them a leading zero.
    #[inline(always)]
    fn digits(&mut self) -> Option<i64> {
        let start = self.at;
        let mut value = 0;
        while self.digit(&mut value) {}
        let leading_zero = self.frame.get(start) == Some(&b'0') && self.at - start > 1;
        (self.at > start && !leading_zero).then_some(value)
    }

    /// Appends the next digit to `value`. Wraps beyond 18 digits, which the callers refuse.
    #[inline(always)]
    fn digit(&mut self, value: &mut i64) -> bool {
        let byte = self.peek();
        let is_digit = byte.is_ascii_digit();
        if is_digit {
            *value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
            self.at += 1;
        }
        is_digit
    }

    /// A number whose digits and power of ten are both exact in a double, so that one division
    /// rounds correctly. Exponents are left to the general path.
    #[inline(never)]
    fn number(&mut self) -> Option<f64> {
        let negative = self.token() == b'-';
        if negative {
            self.at += 1;
        }
        let start = self.at;
        let mut digits = self.digits()?;
        let mut length = self.at - start;
        let mut scale = 1.0;
        if self.peek() == b'.' {
            self.at += 1;
            let start = self.at;
            while self.digit(&mut digits) {
                scale *= 10.0;
            }
            let decimals = self.at - start;
            length += decimals;
            (decimals > 0).then_some(())?;
        }
        let exact = length <= 18 && digits <= 1 << 53 && !matches!(self.peek(), b'e' | b'E');
        exact.then_some(())?;
        #[allow(clippy::cast_precision_loss)] // at most 2^53
        let value = digits as f64 / scale;
        Some(if negative { -value } else { value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(params: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{{params}}}}}"#)
    }

    #[test]
    fn members_may_come_in_any_order_and_with_white_space() {
        let text = " {\n\"params\" : { \"message\": \"half way\", \"total\":2,\"progress\": 1.0,\
                    \"progressToken\":12 } ,\"method\":\"notifications/progress\",\t\"jsonrpc\":\"2.0\"}";
        let found = scan(text.as_bytes()).unwrap();
        assert_eq!((found.token, found.progress, found.total), (12, 1.0, Some(2.0)));
        assert_eq!(&text[found.message.unwrap()], "half way");
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
        ] {
            let found =
                scan(frame(&format!(r#""progressToken":1,"progress":{text}"#)).as_bytes()).unwrap();
            assert_eq!(found.progress.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn eight_plain_characters_are_told_from_any_other() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut eight = *b"a ~z!#[]";
                eight[place] = byte;
                let plain = matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
                assert_eq!(is_plain(u64::from_le_bytes(eight)), plain, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn anything_odd_takes_the_general_path() {
        for params in [
            r#""progressToken":1"#,
            r#""progress":1"#,
            r#""progressToken":"1","progress":1"#,
            r#""progressToken":1.5,"progress":1"#,
            r#""progressToken":01,"progress":1"#,
            r#""progressToken":1,"progress":1,"progress":2"#,
            r#""progressToken":1,"progress":1e3"#,
            r#""progressToken":1,"progress":9007199254740993"#,
            r#""progressToken":1,"progress":00.5"#,
            r#""progressToken":1,"progress":1."#,
            r#""progressToken":1,"progress":.5"#,
            r#""progressToken":1,"progress":1,"total":null"#,
            r#""progressToken":1,"progress":1,"message":"a\nb""#,
            r#""progressToken":1,"progress":1,"message":"é""#,
            r#""progressToken":1,"progress":1,"extra":1"#,
            r#""progressToken":1,"progress":1,"#,
            "",
        ] {
            assert_eq!(scan(frame(params).as_bytes()), None, "{params}");
        }
        let good = frame(r#""progressToken":1,"progress":1"#);
        for cut in 0..good.len() {
            assert_eq!(scan(&good.as_bytes()[..cut]), None);
        }
        assert_eq!(scan(format!("{good}x").as_bytes()), None);
    }
}
