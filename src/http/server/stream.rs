//! One event stream of a legacy session: its events, as far as they are kept, and its reader.

use std::collections::VecDeque;

use crate::{
    jsonrpc::Payload,
    proto::{Millis, server::Frame},
};

/// What an event costs beside its text.
const OVERHEAD: usize = 64;
/// What shows a connection whose other end is gone that it is.
const PROBE: &str = ": is anybody there?\n\n";

/// What the streams of a session may hold at most.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// Events that wait for a reader that is there, beside one for each further request of a batch.
    /// More wait elsewhere, where reports merge.
    pub waiting: u64,
    /// Bytes of them.
    pub waiting_bytes: usize,
    /// Bytes of events that one stream keeps to send again, or for a reader that is not there.
    pub kept_bytes: usize,
    /// Bytes of events that all streams together keep. Beyond it the oldest streams that have ended
    /// go first, then what has been sent of others, then what nobody may need.
    pub session_bytes: usize,
    /// Bytes of events, those included that readers have still to take, beyond which no more
    /// requests are taken.
    pub unread_bytes: usize,
    /// Requests that have not been answered. More are refused.
    pub requests: usize,
    /// Streams that are kept after their end.
    pub kept_streams: usize,
    /// How long they are kept.
    pub kept_for: Millis,
    /// How long a client is asked to wait before it comes back.
    pub retry: Millis,
    /// Bytes after which a batch of events leaves, although more are there.
    pub batch: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            waiting: 64,
            waiting_bytes: 256 << 10,
            kept_bytes: 1 << 20,
            session_bytes: 4 << 20,
            unread_bytes: 16 << 20,
            requests: 1024,
            kept_streams: 16,
            kept_for: 120_000.0,
            retry: 1000.0,
            batch: 64 << 10,
        }
    }
}

/// One reader of one stream. One that comes back takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    pub(super) stream: u64,
    pub(super) number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What an event id of this stream has to say, so that nobody can guess one.
    pub(super) word: String,
    /// How such an id is written.
    line: IdLine,
    /// How many requests are not answered yet.
    pub(super) open: usize,
    /// How many more events may wait than on others: the answers of a batch all find a place.
    pub(super) extra: u64,
    /// In the order of their numbers, which may have gaps.
    pub(super) events: VecDeque<StoredEvent>,
    pub(super) bytes: usize,
    pub(super) newest: u64,
    /// Up to where the reader, or the one before it, has been given them.
    pub(super) sent: u64,
    /// Bytes of those after that.
    pub(super) waiting_bytes: usize,
    pub(super) reader: Option<Reader>,
    /// Whether the reader is to go and come back, once it has what is there.
    pub(super) is_released: bool,
    /// Whether the reader is to be given an event without data first.
    pub(super) to_prime: bool,
    /// Since when its reader is to be sent something, to find out whether it is there.
    pub(super) probed: Option<Millis>,
    pub(super) ended: Option<Millis>,
}

#[derive(Debug)]
pub(super) struct StoredEvent {
    pub(super) number: u64,
    pub(super) json: String,
    /// Whether the client gets on without it.
    pub(super) is_notification: bool,
}

impl Stream {
    /// One that answers so many requests.
    pub(super) fn new(id: u64, word: String, open: usize) -> Self {
        let extra = open.saturating_sub(1) as u64;
        Self { line: IdLine::of(id, &word), word, open, extra, ..Self::default() }
    }

    pub(super) fn is_read_by(&self, reader: Reader) -> bool {
        self.reader == Some(reader)
    }

    /// How many events wait, or rather more: some of them may have been forgotten.
    pub(super) fn waiting(&self) -> u64 {
        self.newest - self.sent
    }

    /// Notes up to where the reader has been given events.
    pub(super) fn sent(&mut self, number: u64) {
        self.sent = number;
        let first = self.events.partition_point(|event| event.number <= number);
        self.waiting_bytes = self.events.range(first..).map(StoredEvent::size).sum();
    }

    /// Adds an event, and returns how large it is.
    pub(super) fn push<P: Payload>(&mut self, frame: &Frame<P>) -> usize {
        let is_notification = match frame {
            Frame::Message(message) => message.get("id").is_none(),
            progress => progress.is_progress(),
        };
        self.newest += 1;
        let event = StoredEvent { number: self.newest, json: frame.to_json(), is_notification };
        let size = event.size();
        self.bytes += size;
        self.waiting_bytes += size;
        self.events.push_back(event);
        size
    }

    /// Forgets what has been sent, the oldest first; without a reader, also notifications that
    /// have not. Never the newest, which may be the answer; unless that has been sent, and `all`
    /// says so. Returns how many bytes that were.
    pub(super) fn trim(&mut self, limit: usize, all: bool) -> usize {
        let before = self.bytes;
        while self.bytes > limit {
            let newest = self.events.len().saturating_sub(1);
            let is_sent = self.events.front().is_some_and(|event| event.number <= self.sent);
            let at = if is_sent && (newest > 0 || all) {
                Some(0)
            } else if self.reader.is_none() {
                self.events.iter().take(newest).position(|event| event.is_notification)
            } else {
                None
            };
            let Some(event) = at.and_then(|at| self.events.remove(at)) else { break };
            self.bytes -= event.size();
            if event.number > self.sent {
                self.waiting_bytes -= event.size();
            }
        }
        before - self.bytes
    }
}

impl Stream {
    /// What its reader has not been given yet, as text, or as much of it as leaves at once, and up to
    /// which event that is.
    pub(super) fn write(&mut self, limits: &StreamLimits) -> (String, u64) {
        // What an event has around its text is less than what it counts for.
        let mut text = String::with_capacity(self.waiting_bytes.min(limits.batch));
        let line = &self.line;
        if self.probed.take().is_some() {
            text.push_str(PROBE);
        }
        // A stream that ends without a word is nothing to come back to.
        if std::mem::take(&mut self.to_prime) && !(self.ended.is_some() && self.newest == 0) {
            line.write(&mut text, self.sent);
            text.push_str("retry: ");
            text.push_str(&limits.retry.to_string());
            text.push_str("\ndata: \n\n");
        }
        let mut sent = self.sent;
        let first = self.events.partition_point(|event| event.number <= sent);
        for event in self.events.range(first..) {
            if text.len() >= limits.batch {
                break;
            }
            line.write(&mut text, event.number);
            for part in [BEGIN, &event.json, END] {
                text.push_str(part);
            }
            sent = event.number;
        }
        (text, sent)
    }
}

impl StoredEvent {
    pub(super) fn size(&self) -> usize {
        self.json.capacity() + OVERHEAD
    }
}

/// Begins an event. Its name is the default of the format, and is written because some clients take an
/// event without one for none of theirs.
const BEGIN: &str = "event: message\ndata: ";
/// Ends an event.
const END: &str = "\n\n";

/// Adds a message as an event without an id: one line, since compact JSON has no line breaks.
pub fn write_message<P: Payload>(text: &mut String, frame: &Frame<P>) {
    text.push_str(BEGIN);
    frame.write_json(text);
    text.push_str(END);
}

/// The line with an event's id, which names the stream as well: a client goes on by the id alone.
#[derive(Debug, Default)]
struct IdLine {
    before: String,
    after: String,
}

impl IdLine {
    /// That of a stream. It differs in a number only, and there are many in a batch.
    fn of(stream: u64, word: &str) -> Self {
        Self { before: format!("id: {stream}-"), after: format!("-{word}\n") }
    }

    fn write(&self, text: &mut String, number: u64) {
        text.push_str(&self.before);
        text.push_str(itoa::Buffer::new().format(number));
        text.push_str(&self.after);
    }
}

/// A number as we write it.
pub(super) fn read_number(text: &str) -> Option<u64> {
    let number = text.parse().ok()?;
    (text.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
