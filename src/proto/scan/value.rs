//! What is passed over.

use crate::types::meta;

use super::cursor::Cursor;

impl Cursor<'_> {
    /// Any value, passed over, unless it nests too deep, or says of a notification that it is for a
    /// subscription.
    #[inline(never)]
    pub fn value(&mut self) -> Option<()> {
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
}
