//! Server-sent events as `text/event-stream` carries them, read out of chunks that are cut anywhere.
//!
//! Bytes stay where they arrived: the data of an ordinary event is a span of the buffer. Only what
//! is unfinished when a chunk ends is carried over.

use std::ops::Range;

use crate::proto::Millis;
use crate::proto::scan::{ReadNumber, Scanned, after, scan_start};

/// The largest message unless its reader says otherwise, in bytes.
pub const MAX_MESSAGE_SIZE: usize = 64 * 1024 * 1024;
/// How much of an event that is not read is shown, in bytes.
const SHOWN: usize = 64 * 1024;

/// The longest pause that a server can ask for: it may mean for ever, and no timer is that long.
const LONGEST_RETRY: Millis = 300_000.0;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One stream of events.
///
/// ```
/// use mcp_wasm::http::sse::EventStream;
///
/// let mut stream = EventStream::default();
/// stream.feed(b"id: 7\r\ndata: {\"a\"".to_vec());
/// assert_eq!(stream.event(), None);
/// stream.feed(b":1}\r\n\r\ndata: unfinished".to_vec());
/// assert_eq!(stream.event(), Some(&b"{\"a\":1}"[..]));
/// assert_eq!(stream.event(), None);
/// assert_eq!(stream.last_id(), Some("7"));
/// ```
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one stream")]
pub struct EventStream {
    buffer: Vec<u8>,
    /// Where the next line starts.
    at: usize,
    /// Up to where the end of that line has been looked for.
    searched: usize,
    /// Whether the place for a byte order mark is behind us.
    started: bool,
    /// Whether a line ended with CR, so that an LF that follows belongs to it.
    after_cr: bool,
    /// The data of the event that is being read, in the buffer.
    data: Option<Range<usize>>,
    id: Option<String>,
    /// Whether the event has a type of its own, and so is none of ours.
    foreign: bool,
    /// Whether the event has been given up.
    cut: bool,
    /// Whether a line goes on whose beginning was given in a part, or passed over.
    inside: bool,
    /// How many bytes of the event's data have been given in parts.
    kept: usize,
    /// How many had been when the latest part or event was.
    given: usize,
    /// Whether there was an event by which the transport of 2024-11-05 begins.
    endpoint: bool,
    last_id: Option<String>,
    retry: Option<Millis>,
}

impl EventStream {
    /// A stream that goes on behind the event of that id.
    pub fn behind(id: &str) -> Self {
        Self { last_id: Some(id.to_owned()), ..Self::default() }
    }

    /// Adds a chunk, once every event of the one before has been taken.
    pub fn feed(&mut self, chunk: Vec<u8>) {
        let done = self.start();
        let carried = self.buffer.len() - done;
        if carried == 0 {
            self.buffer = chunk;
        } else {
            if let Some(rest) = self.buffer.get(done..).filter(|_| done > 0) {
                self.buffer = rest.to_vec();
            }
            self.buffer.extend_from_slice(&chunk);
        }
        self.at -= done;
        self.searched -= done;
        if let Some(data) = &mut self.data {
            *data = 0..data.end - done;
        }
    }

    /// Once every event has been taken: gives the one up that is on its way if it is larger than
    /// that already, and returns how its data begins. The rest of it is passed over.
    pub fn cut(&mut self, limit: usize) -> Option<Vec<u8>> {
        let (data, _) = self.part(limit, usize::MAX)?;
        Some(data.get(..SHOWN).unwrap_or(data).to_vec())
    }

    /// The same for who keeps the data of long events elsewhere: what has come of it, if that is more
    /// than `least`, and whether the event is given up. Further parts and [`event`](Self::event)
    /// give what follows.
    pub fn part(&mut self, limit: usize, least: usize) -> Option<(&[u8], bool)> {
        let length = self.buffer.len() - self.start();
        let is_cut = self.cut || self.kept + length > limit;
        if !is_cut && length <= least {
            return None;
        }
        let line = self.at..self.buffer.len();
        let rest = self.buffer.get(line.clone()).unwrap_or_default();
        let is_data = self.inside || after(rest, b"data:").is_some_and(|value| value.len() > 1);
        let passes = is_data || is_cut && !rest.is_empty();
        if is_data {
            self.field(line);
        }
        let data = self.data.take().or(is_cut.then_some(0..0))?;
        if passes {
            self.at = self.buffer.len();
            self.inside = true;
        } else {
            // Other lines go on behind one that is empty.
            self.data = Some(self.at..self.at);
        }
        self.given = self.kept;
        self.kept += data.len();
        self.foreign |= is_cut;
        if std::mem::replace(&mut self.cut, is_cut) {
            return None;
        }
        Some((self.buffer.get(data)?, is_cut))
    }

    /// How many bytes of the data were given before the latest part, or the latest event.
    pub fn given(&self) -> usize {
        self.given
    }

    /// The data of the next whole event, if it has some; other events only leave their id.
    pub fn event(&mut self) -> Option<&[u8]> {
        let data = loop {
            let line = self.line()?;
            if !line.is_empty() || self.inside {
                self.field(line);
                continue;
            }
            if self.id.is_some() {
                self.last_id = self.id.take();
            }
            let foreign = std::mem::take(&mut self.foreign) || self.cut;
            self.cut = false;
            self.given = std::mem::take(&mut self.kept);
            match self.data.take() {
                Some(data) if self.given + data.len() > 0 && !foreign => break data,
                _ => {}
            }
        };
        self.buffer.get(data)
    }

    /// The next event, if it is ordinary progress and nothing else, and its data, of which its spans are parts.
    /// Whatever this does not take, [`event`](Self::event) takes. What it takes is UTF-8 by its form, so that its
    /// characters can be counted.
    #[inline]
    pub fn progress(&mut self, read_number: ReadNumber) -> Option<(Scanned, &[u8])> {
        // Where no byte order mark can be, the stream has begun.
        self.started |= self.buffer.first().is_some_and(|byte| *byte != 0xEF);
        let begins = self.started && !self.inside && self.data.is_none();
        if self.foreign || self.id.is_some() || !begins {
            return None;
        }
        self.skip_lf();
        let mut rest = self.buffer.get(self.at..)?;
        if let Some(end) = after(rest, b"event: message") {
            rest = after(end, b"\r\n").or_else(|| after(end, b"\n"))?;
        }
        rest = after(rest, b"data:")?;
        rest = after(rest, b" ").unwrap_or(rest);
        let (scanned, length) = scan_start(rest, read_number)?;
        let start = self.buffer.len() - rest.len();
        let (frame, rest) = rest.split_at_checked(length)?;
        let rest = after(rest, b"\r\n\r\n").or_else(|| after(rest, b"\n\n"))?;
        if scanned.is_wide && str::from_utf8(frame).is_err() {
            return None;
        }
        self.at = self.buffer.len() - rest.len();
        self.searched = self.at;
        Some((scanned, self.buffer.get(start..start + length)?))
    }

    /// The stream goes on over another connection: what was unfinished is gone, the latest id and
    /// the wish of the server stay.
    pub fn restart(&mut self) {
        let (last_id, retry) = (self.last_id.take(), self.retry);
        *self = Self { last_id, retry, ..Self::default() };
    }

    /// Whether there is something behind that has not been looked at.
    pub fn rests(&mut self) -> bool {
        self.skip_lf();
        self.searched < self.buffer.len()
    }

    /// The id of the latest event that had one.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Whether there was an event by which the transport of 2024-11-05 begins.
    pub fn has_endpoint(&self) -> bool {
        self.endpoint
    }

    /// How long the server wants to be left alone before the next connection.
    pub fn retry(&self) -> Option<Millis> {
        self.retry.map(|retry| retry.min(LONGEST_RETRY))
    }

    /// Where the event begins that is on its way.
    fn start(&self) -> usize {
        self.data.as_ref().map_or(self.at, |data| data.start)
    }

    fn skip_lf(&mut self) {
        if self.after_cr
            && let Some(byte) = self.buffer.get(self.at)
        {
            self.after_cr = false;
            if *byte == b'\n' {
                self.at += 1;
                self.searched = self.searched.max(self.at);
            }
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> Option<Range<usize>> {
        if !self.started {
            if BYTE_ORDER_MARK.starts_with(&self.buffer) && self.buffer.len() < 3 {
                return None;
            }
            self.started = true;
            if self.buffer.starts_with(BYTE_ORDER_MARK) {
                self.at = 3;
                self.searched = 3;
            }
        }
        self.skip_lf();
        let rest = self.buffer.get(self.searched..)?;
        let Some(length) = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') else {
            self.searched = self.buffer.len();
            return None;
        };
        let line = self.at..self.searched + length;
        self.after_cr = rest.get(length) == Some(&b'\r');
        self.at = line.end + 1;
        self.searched = self.at;
        Some(line)
    }

    fn field(&mut self, line: Range<usize>) {
        let Some(text) = self.buffer.get(line.clone()) else { return };
        let name = text.iter().position(|&byte| byte == b':').unwrap_or(text.len());
        let colon = text.get(name..).unwrap_or_default();
        let blank = usize::from(colon.get(1) == Some(&b' '));
        let span = (line.start + name + blank + 1).min(line.end)..line.end;
        let inside = std::mem::take(&mut self.inside);
        let (name, span) =
            if inside { (Some(&b"data"[..]), line) } else { (text.get(..name), span) };
        let value = self.buffer.get(span.clone()).unwrap_or_default();
        match name {
            Some(b"data") => match &mut self.data {
                None => self.data = Some(span),
                // The lines are joined where they are: there is room for more than one byte
                // between them.
                Some(data) => {
                    let mut to = data.end;
                    data.end += 1 + span.len();
                    let mut byte = Some(b'\n');
                    for from in span {
                        if let (Some(byte), Some(place)) = (byte, self.buffer.get_mut(to)) {
                            *place = byte;
                        }
                        byte = self.buffer.get(from).copied();
                        to += 1;
                    }
                    if let (Some(byte), Some(place)) = (byte, self.buffer.get_mut(to)) {
                        *place = byte;
                    }
                }
            },
            Some(b"event") => {
                self.foreign = !value.is_empty() && value != b"message";
                self.endpoint |= value == b"endpoint";
            }
            Some(b"id") if !value.contains(&0) => {
                // Byte by byte, which is how `fetch` takes the value of a header.
                self.id = Some(value.iter().copied().map(char::from).collect());
            }
            Some(b"retry") => {
                let digits = |value: &[u8]| {
                    value.iter().try_fold(0.0, |sum, byte| {
                        byte.is_ascii_digit().then(|| sum * 10.0 + f64::from(byte - b'0'))
                    })
                };
                self.retry = digits(value).filter(|_| !value.is_empty()).or(self.retry);
            }
            _ => {}
        }
    }
}
