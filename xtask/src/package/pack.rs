//! A module as text for a script, which `unpack.wat` reads for `pkg-template/wasm/unpack.js`: what is no code, then a stream
//! for each kind of number in the code. A server's brotli, which looks at the last two bytes, finds more in
//! these than where instructions, locals, places and constants alternate; lengths, which it cannot
//! foresee, are left out.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

/// How many numbers have a character of their own; the others take two.
const SINGLE: u8 = 89;
/// Of the letters, which most texts in the module consist of: they change places with what comes behind the smallest numbers.
const SMALL: u8 = 32;
const LETTERS: u8 = 95;
/// The streams, by their place.
const REST: usize = 0;
const CODE: usize = 1;
const TYPES: usize = 2;
const LOCAL: usize = 3;
const BLOCK: usize = 4;
const CALL: usize = 5;
const LOAD: usize = 6;
const CONST: usize = 7;
const BLOCK_TYPE: usize = 8;
const FLOAT: usize = 9;
const STORE: usize = 10;

/// The exponent of each access's natural alignment, from `i32.load` to `i64.store32`.
const NATURAL: [u8; 23] = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];

/// The module as text; fails for one that would not come out again byte for byte.
pub fn pack(module: &[u8]) -> Result<String> {
    let mut packer = Packer { bytes: module, at: 0, streams: Default::default() };
    packer.module()?;
    let code = &packer.streams[CODE];
    let alphabet: Vec<u8> = code.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let ranks = code.iter().map(|byte| alphabet.binary_search(byte).unwrap_or_default());
    let ranks = ranks.map(u8::try_from).collect::<Result<Vec<_>, _>>()?;
    let mut texts = vec![digits(&moved(&alphabet))];
    texts.extend(packer.streams.iter().map(|stream| digits(&moved(stream))));
    texts[1 + CODE] = digits(&ranks);
    Ok(texts.join(" "))
}

/// The numbers in an order in which those that are frequent come first: small ones, then letters.
fn moved(bytes: &[u8]) -> Vec<u8> {
    let letters = LETTERS..LETTERS + (SINGLE - SMALL);
    let place = |byte: &u8| match *byte {
        byte if letters.contains(&byte) => byte - LETTERS + SMALL,
        byte if (SMALL..LETTERS).contains(&byte) => byte - SMALL + SINGLE,
        byte => byte,
    };
    bytes.iter().map(place).collect()
}

/// Numbers as characters from `#` on, without the backslash: nothing that a script or a minifier would
/// escape.
fn digits(bytes: &[u8]) -> String {
    let digit = |number: u8| char::from(number + if number < 57 { 35 } else { 36 });
    let mut text = String::new();
    for byte in bytes {
        if *byte >= SINGLE {
            text.push(digit(SINGLE - 1 + byte / SINGLE));
        }
        text.push(digit(byte % SINGLE));
    }
    text
}

struct Packer<'a> {
    bytes: &'a [u8],
    at: usize,
    streams: [Vec<u8>; 11],
}

impl Packer<'_> {
    fn module(&mut self) -> Result<()> {
        self.copy(REST, 8)?;
        while self.at < self.bytes.len() {
            if self.byte(REST)? == 10 {
                let end = self.end()?;
                for _ in 0..self.number(REST)? {
                    self.function()?;
                }
                ensure!(self.at == end, "the code of the module has another length than it says");
            } else {
                let length = self.number(REST)?;
                self.copy(REST, length)?;
            }
        }
        Ok(())
    }

    fn function(&mut self) -> Result<()> {
        let end = self.end()?;
        for _ in 0..self.number(TYPES)? {
            self.number(TYPES)?;
            self.number(TYPES)?;
        }
        let mut depth = 1;
        while depth > 0 {
            let code = self.byte(CODE)?;
            match code {
                0x02..=0x04 => depth += 1,
                0x0b => depth -= 1,
                _ => {}
            }
            self.given(code)?;
        }
        ensure!(self.at == end, "a function of the module ends where it should not");
        Ok(())
    }

    /// What goes with an instruction.
    fn given(&mut self, code: u8) -> Result<()> {
        let streams: &[usize] = match code {
            0x0c..=0x0d => &[BLOCK],
            0x0e => {
                let cases = self.number(BLOCK)?;
                for _ in 0..=cases {
                    self.number(BLOCK)?;
                }
                &[]
            }
            0x10 | 0xd2 => &[CALL],
            0x11 => &[CALL, CALL],
            0x1c => &[CODE, CODE],
            0x20..=0x22 => &[LOCAL],
            0x02..=0x04 => &[BLOCK_TYPE],
            0x23..=0x26 | 0x3f..=0x40 | 0xd0 => &[CODE],
            0x28..=0x3e => {
                let alignment = self.next()?;
                let natural = NATURAL[usize::from(code - 0x28)];
                ensure!(alignment == natural, "an access in the module is not aligned by nature");
                if code < 0x36 { &[LOAD] } else { &[STORE] }
            }
            0x41..=0x42 => &[CONST],
            0x43 => return self.copy(FLOAT, 4),
            0x44 => return self.copy(FLOAT, 8),
            0xfc => match self.number(CODE)? {
                8 | 10 | 12 | 14 => &[CODE, CODE],
                9 | 11 | 13 | 15..=17 => &[CODE],
                _ => &[],
            },
            0x00..=0x01 | 0x05 | 0x0b | 0x0f | 0x1a..=0x1b | 0x45..=0xc4 | 0xd1 => &[],
            _ => {
                anyhow::bail!("the module uses the instruction {code:#x}, which is not known here")
            }
        };
        for stream in streams {
            self.number(*stream)?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).context("the module ends too soon")?;
        self.at += 1;
        Ok(byte)
    }

    fn byte(&mut self, stream: usize) -> Result<u8> {
        let byte = self.next()?;
        self.streams[stream].push(byte);
        Ok(byte)
    }

    fn copy(&mut self, stream: usize, length: usize) -> Result<()> {
        for _ in 0..length {
            self.byte(stream)?;
        }
        Ok(())
    }

    /// A number of any length.
    fn number(&mut self, stream: usize) -> Result<usize> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte(stream)?;
            value |= u64::from(byte & 127).wrapping_shl(shift);
            shift += 7;
            if byte < 128 {
                return Ok(usize::try_from(value & 0xffff_ffff)?);
            }
        }
    }

    /// Where what comes ends: its length, in as few bytes as it can have, is left out.
    fn end(&mut self) -> Result<usize> {
        let (start, kept) = (self.at, self.streams[REST].len());
        let length = self.number(REST)?;
        self.streams[REST].truncate(kept);
        let shortest = (1..=5).find(|bytes| length >> (7 * bytes) == 0).unwrap_or_default();
        ensure!(self.at - start == shortest, "a length in the module has more bytes than it needs");
        Ok(self.at + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One function with a block, a local, a constant, a load and a switch.
    const MODULE: &[u8] =
        b"\0asm\x01\0\0\0\x0a\x1b\x01\x19\x01\x01\x7f\x02\x40\x41\xac\x02\x28\x02\x04\
        \x21\0\x20\0\x0e\x01\0\0\x0b\xfc\x10\0\x1a\x0b\0\x01x";

    #[test]
    fn a_module_is_text_in_streams() {
        let text = pack(MODULE).unwrap();
        let streams: Vec<_> = text.split(' ').collect();
        assert_eq!(streams.len(), 12);
        let text = |bytes: &[u8]| digits(&moved(bytes));
        assert_eq!(streams[1], text(b"\0asm\x01\0\0\0\x0a\x01\0\x01x"));
        let numbers: [&[u8]; 9] =
            [&[1, 1, 127], &[0, 0], &[1, 0, 0], &[], &[4], &[172, 2], &[64], &[], &[]];
        assert_eq!(streams[3..], numbers.map(text));
    }

    #[test]
    fn small_numbers_and_letters_have_a_character_of_their_own() {
        let all: Vec<u8> = (0..=255).collect();
        let mut places = moved(&all);
        assert!(b"\0\x1faz".iter().all(|byte| places[usize::from(*byte)] < SINGLE));
        places.sort_unstable();
        assert_eq!(places, all);
    }

    #[test]
    fn no_byte_needs_an_escape() {
        let text = digits(&(0..=255).collect::<Vec<u8>>());
        assert_eq!(text.len(), 89 + 2 * (256 - 89));
        assert!(text.bytes().all(|byte| matches!(byte, b'#'..=b'~') && byte != b'\\'));
        assert_eq!(digits(b"\0asm"), "#}+}=}7");
    }

    #[test]
    fn what_would_not_come_out_again_is_refused() {
        let with = |at: usize, byte| {
            let mut module = MODULE.to_vec();
            module[at] = byte;
            pack(&module)
        };
        assert!(with(11, 0x18).is_err(), "a function that is shorter");
        assert!(with(9, 0x1a).is_err(), "code that is shorter");
        assert!(with(15, 0xc5).is_err(), "an instruction that is not known");
        assert!(with(21, 0x01).is_err(), "an access that is aligned otherwise");
        assert!(pack(&MODULE[..20]).is_err(), "a module that is cut off");
    }
}
