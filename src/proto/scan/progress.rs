//! The members of a progress notification.

use super::bytes::is;
use super::cursor::Cursor;
use super::found::Scanned;

/// How most servers write what is around the params: compared at once, not member by member.
const VERSION_FIRST: &[u8; 60] = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":"#;
const METHOD_FIRST: &[u8; 44] = br#"{"method":"notifications/progress","params":"#;
const VERSION_LAST: &[u8; 17] = br#","jsonrpc":"2.0"}"#;

/// How the members of the params begin, eight bytes as one number: an array would be compared byte by byte.
const TOTAL: u64 = u64::from_le_bytes(*b"\"total\":");
const MESSAGE: u64 = u64::from_le_bytes(*b"\"message");
const PROGRESS: u64 = u64::from_le_bytes(*b"\"progres");

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

impl Cursor<'_> {
    /// The whole frame; where it ends.
    #[inline(never)]
    pub fn frame(&mut self) -> Option<usize> {
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
            let known = match eight {
                TOTAL => Some(Member::Total),
                MESSAGE => self.skip(b"\":").map(|()| Member::Message),
                PROGRESS => match self.skip(b"s\":") {
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
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.found.all = start..self.at;
        }
        (seen & 3 == 3).then_some(())
    }
}
