//! Reading a text as a type of somebody's, with a limit to the memory that comes of it.
//!
//! Two bytes of text may become a node of 72 bytes (`serde_json::Value`), three a structure of a
//! hundred (`{}`, where every member may be absent). So each place in a list or a map is paid for
//! before it is taken, as the collections of the standard library take it: in steps, and while they
//! grow, the old place and the new one at once. `serde` says how large an element is, whatever its type.

mod budget;
mod ignored;
mod lengths;
mod paying;

use std::fmt::{self, Write};

use serde::de::{DeserializeOwned, Error};
use serde_json::Value;

use self::{budget::Budget, paying::Metered};

/// Times its own bytes that may come of a text. The message that it is part of is there up to three
/// times until it has been read, which makes eight.
pub const READ_TIMES: usize = 5;
/// Texts so short are below the floor whatever comes of them, and take as much for each byte at most.
const SHORT: usize = 256;
const OF_SHORT: usize = 64;

/// Reads a text as `T`, which may take so many bytes even if that is more than [`READ_TIMES`] the text; and
/// how many it takes, or rather more.
pub(super) fn read<T: DeserializeOwned>(
    text: &str,
    floor: usize,
) -> serde_json::Result<(T, usize)> {
    match read_once(text, floor).map_err(|error| in_short(&error)) {
        // Of members that stand twice, the last one counts; types of one's own refuse them.
        Err(error) if error.to_string().starts_with("duplicate field") => {
            let (value, bytes): (Value, _) = read_once(text, floor).map_err(|_| error)?;
            Ok((serde_json::from_value(value)?, bytes))
        }
        outcome => outcome,
    }
}

/// The same error without the place, for nobody counts lines of what a machine has written.
fn in_short(error: &serde_json::Error) -> serde_json::Error {
    let Short(mut text) = Error::custom(error);
    if let Some(end) = text.rfind(" at line ") {
        text.truncate(end);
    }
    serde_json::Error::custom(text)
}

/// Why something cannot be read, with no more of it than anybody would look at: `serde` repeats a text
/// that it has no use for, however long.
#[derive(Debug)]
struct Short(String);

impl Error for Short {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        let mut short = Self(String::new());
        if write!(short, "{reason}").is_err() {
            short.0.push('…');
        }
        short
    }
}

impl std::error::Error for Short {}

impl fmt::Display for Short {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Write for Short {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        const LONGEST: usize = 2048;
        let mut end = LONGEST.saturating_sub(self.0.len()).min(part.len());
        while !part.is_char_boundary(end) {
            end -= 1;
        }
        self.0.push_str(part.get(..end).unwrap_or_default());
        if end < part.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

fn read_once<T: DeserializeOwned>(text: &str, floor: usize) -> serde_json::Result<(T, usize)> {
    if text.len() < SHORT {
        return Ok((serde_json::from_str(text)?, text.len() * OF_SHORT));
    }
    let mut budget = Budget::new(text, floor, None);
    let mut learned = 0;
    loop {
        let error = match read_paying(text, &budget) {
            Ok(value) => return Ok(value),
            Err(error) => in_short(&error),
        };
        // A number that nobody could keep may have been passed over for its lists to be counted.
        if budget.counts() && error.to_string() == "number out of range" {
            return read_paying(text, &Budget::new(text, floor, None));
        }
        // A list that grows takes up to three times its place, and once if it knows its length.
        let Some(again) = budget.again(text, floor, &mut learned) else { return Err(error) };
        budget = again;
    }
}

fn read_paying<T: DeserializeOwned>(text: &str, budget: &Budget) -> serde_json::Result<(T, usize)> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Metered { inner: &mut reader, budget })?;
    reader.end()?;
    Ok((value, budget.taken()))
}
