//! Lines out of a stream of bytes.

/// A line, without its end.
#[derive(Debug, PartialEq)]
pub(super) enum TextLine {
    Whole(Vec<u8>),
    /// How a line begins that is too long to be kept.
    Long(Vec<u8>),
}

/// Bytes that are kept of a line that is too long.
const SHOWN: usize = 64 << 10;

/// Finds the lines.
#[derive(Debug)]
pub(super) struct Lines {
    held: Vec<u8>,
    limit: usize,
    is_long: bool,
}

impl Lines {
    pub fn new(limit: usize) -> Self {
        Self { held: Vec::new(), limit, is_long: false }
    }

    /// Takes the bytes up to the end of the next line, if there is one; returns how many that were.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, Option<TextLine>) {
        let end = memchr::memchr(b'\n', bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if !self.is_long && self.held.len() + part.len() > self.limit {
            self.is_long = true;
            self.held.extend_from_slice(part.get(..SHOWN.min(part.len())).unwrap_or_default());
            self.held.truncate(SHOWN);
            self.held.shrink_to_fit();
        } else if !self.is_long {
            self.held.extend_from_slice(part);
        }
        match end {
            Some(end) => (end + 1, self.finish()),
            None => (bytes.len(), None),
        }
    }

    /// What is left at the end of the stream, or of a line.
    pub fn finish(&mut self) -> Option<TextLine> {
        let held = std::mem::take(&mut self.held);
        if std::mem::take(&mut self.is_long) {
            return Some(TextLine::Long(held));
        }
        let end = held.trim_ascii_end().len();
        (end > 0).then_some(TextLine::Whole(held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_however_the_bytes_are_cut() {
        let text = b"one\r\n\n  \ntwo\nthree is too long\nfour";
        for size in 1..text.len() {
            let mut lines = Lines::new(8);
            let mut found = Vec::new();
            for chunk in text.chunks(size) {
                let mut rest = chunk;
                while !rest.is_empty() {
                    let (count, line) = lines.take(rest);
                    rest = rest.get(count..).unwrap();
                    found.extend(line);
                }
            }
            found.extend(lines.finish());
            let Some(TextLine::Long(begins)) = found.get(2).map(|line| match line {
                TextLine::Long(begins) => TextLine::Long(begins.clone()),
                whole @ TextLine::Whole(_) => panic!("{whole:?}"),
            }) else {
                panic!("{found:?}")
            };
            assert!(b"three is too long".starts_with(begins.as_slice()));
            let whole = |text: &str| TextLine::Whole(text.as_bytes().to_vec());
            assert_eq!(found.len(), 4, "{found:?}");
            assert_eq!(found.first(), Some(&whole("one\r")));
            assert_eq!(found.get(1), Some(&whole("two")));
            assert_eq!(found.get(3), Some(&whole("four")));
        }
    }
}
