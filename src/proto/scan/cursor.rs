//! A place in a frame, and the strings, keys and objects there.

use std::ops::Range;

use super::bytes::{after, special};
use super::found::{ReadNumber, Scanned};

/// The browser build is compiled for size, with hardly any inlining; what is small and runs for every
/// byte or member says that it is to be inlined all the same.
pub struct Cursor<'a> {
    pub frame: &'a [u8],
    pub at: usize,
    /// Whether the latest string has escapes.
    pub is_escaped: bool,
    /// Has a highest bit of a byte if there was one beyond ASCII.
    pub wide: u64,
    pub found: Scanned,
    pub read_number: ReadNumber,
}

#[allow(clippy::inline_always)]
impl<'a> Cursor<'a> {
    #[inline(always)]
    pub fn peek(&self) -> u8 {
        self.frame.get(self.at).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub fn eight(&self) -> Option<u64> {
        let eight = self.frame.get(self.at..)?.first_chunk()?;
        Some(u64::from_le_bytes(*eight))
    }

    /// The next byte that is no white space.
    #[inline(always)]
    pub fn token(&mut self) -> u8 {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.peek()
    }

    #[inline(always)]
    pub fn expect(&mut self, byte: u8) -> Option<()> {
        (self.token() == byte).then(|| self.at += 1)
    }

    /// A string without escapes.
    #[inline(always)]
    pub fn plain(&mut self) -> Option<&'a [u8]> {
        let span = self.span()?;
        if self.is_escaped { None } else { self.frame.get(span) }
    }

    #[inline(never)]
    pub fn span(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        self.is_escaped = false;
        loop {
            // Kept here meanwhile: as a member, the place would be written for each eight.
            let (mut at, mut wide) = (self.at, self.wide);
            while let Some(eight) = self.frame.get(at..).and_then(<[u8]>::first_chunk) {
                let eight = u64::from_le_bytes(*eight);
                wide |= eight;
                let special = special(eight);
                if special != 0 {
                    at += (special.trailing_zeros() / 8) as usize;
                    break;
                }
                at += 8;
            }
            (self.at, self.wide) = (at, wide);
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
    pub fn escape(&mut self) -> Option<()> {
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
    pub fn expect_here(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    #[inline(always)]
    pub fn skip<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        after(self.frame.get(self.at..)?, text)?;
        self.at += N;
        Some(())
    }

    /// The name of a member. With escapes it may be any.
    #[inline(always)]
    pub fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.plain()?;
        self.expect(b':')?;
        Some(key)
    }

    /// An object with at least one member, each read by `member`.
    #[inline(always)]
    pub fn object(&mut self, mut member: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
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

    /// Some servers write an absent member as `null`.
    #[inline(always)]
    pub fn null(&mut self) -> bool {
        self.token() == b'n' && self.skip(b"null").is_some()
    }
}
