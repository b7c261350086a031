//! The event streams of a legacy session: which message goes on which, and what can be sent again.
//!
//! Every POST with requests has a stream of its own, which ends when they are answered; the GET
//! stream takes what belongs to no request. A stream outlives its reader: a client that has lost
//! its connection goes on with the id of the last event that it has seen.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    task::{Poll, Waker},
};

use crate::{
    jsonrpc::{Id, Payload},
    proto::{Millis, server::Frame},
};

/// The stream that a GET opens.
const STANDALONE: u64 = 0;
/// What an event costs beside its text.
const OVERHEAD: usize = 64;

/// What the streams of a session may hold at most.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// Events that wait for a reader that is there. More wait elsewhere, where reports merge.
    pub waiting: u64,
    /// Bytes of them.
    pub waiting_bytes: usize,
    /// Bytes of events that one stream keeps to send again, or for a reader that is not there.
    pub kept_bytes: usize,
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
            kept_streams: 16,
            kept_for: 120_000.0,
            retry: 1000.0,
            batch: 64 << 10,
        }
    }
}

/// One reader of one stream. A later one takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    stream: u64,
    number: u64,
}

/// How the answer to a POST begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The whole of it is this message.
    Whole(String),
    /// There is, or will be, more.
    Stream,
}

/// Why an event id leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSuchEvent {
    /// It is none of ours.
    Foreign,
    /// Its stream has ended, and is not kept any more.
    Gone,
}

/// The streams of one session.
#[derive(Debug)]
pub struct Streams {
    limits: StreamLimits,
    /// Whether streams begin with an event without data.
    primed: bool,
    all: BTreeMap<u64, Stream>,
    /// Which stream answers a request that is in flight.
    owners: HashMap<Id, u64>,
    /// The stream that was opened last.
    newest: u64,
    /// How many readers there have been.
    readers: u64,
    /// Wants to know when there is room.
    pump: Option<Waker>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Stream {
    /// Requests that are not answered yet.
    open: Vec<Id>,
    /// In the order of their numbers, which may have gaps.
    events: VecDeque<Event>,
    bytes: usize,
    newest: u64,
    /// Up to where the reader, or the one before it, has been given them.
    sent: u64,
    /// Bytes of those after that.
    waiting_bytes: usize,
    reader: Option<(u64, Option<Waker>)>,
    /// Whether the reader is to go and come back, once it has what is there.
    is_released: bool,
    /// Whether the reader is to be given an event without data first.
    to_prime: bool,
    ended: Option<Millis>,
}

#[derive(Debug)]
struct Event {
    number: u64,
    json: String,
    /// Whether the client gets on without it.
    is_notification: bool,
}

impl Streams {
    /// No streams yet but the one that a GET opens.
    pub fn new(limits: StreamLimits, primed: bool) -> Self {
        Self {
            limits,
            primed,
            all: BTreeMap::from([(STANDALONE, Stream::default())]),
            owners: HashMap::new(),
            newest: STANDALONE,
            readers: 0,
            pump: None,
            closed: false,
        }
    }

    /// A stream for the answers to these requests, with its first reader. `None`: a request with
    /// one of these ids is in flight.
    pub fn open(&mut self, requests: Vec<Id>) -> Option<Reader> {
        let is_taken = |(at, id): (usize, &Id)| {
            self.owners.contains_key(id) || requests.iter().take(at).any(|before| before == id)
        };
        if requests.iter().enumerate().any(is_taken) {
            return None;
        }
        self.newest += 1;
        let stream = self.newest;
        self.owners.extend(requests.iter().map(|id| (id.clone(), stream)));
        self.all.insert(stream, Stream { open: requests, ..Stream::default() });
        Some(self.attach(stream, self.primed))
    }

    /// A reader for the GET stream, in the place of the one there is.
    pub fn listen(&mut self) -> Reader {
        self.attach(STANDALONE, self.primed)
    }

    /// A reader for what came after the event of this id, on the stream of that event.
    ///
    /// # Errors
    /// There is no such stream.
    pub fn resume(&mut self, event: &str) -> Result<Reader, NoSuchEvent> {
        let (stream, number) = event.split_once('-').ok_or(NoSuchEvent::Foreign)?;
        let id = read_number(stream).ok_or(NoSuchEvent::Foreign)?;
        let number = read_number(number).ok_or(NoSuchEvent::Foreign)?;
        if id > self.newest {
            return Err(NoSuchEvent::Foreign);
        }
        let stream = self.all.get_mut(&id).ok_or(NoSuchEvent::Gone)?;
        if number > stream.newest {
            return Err(NoSuchEvent::Foreign);
        }
        stream.sent(number);
        Ok(self.attach(id, false))
    }

    fn attach(&mut self, id: u64, to_prime: bool) -> Reader {
        self.readers += 1;
        let number = self.readers;
        if let Some(stream) = self.all.get_mut(&id) {
            stream.wake();
            stream.reader = Some((number, None));
            stream.is_released = false;
            stream.to_prime = to_prime;
        }
        Reader { stream: id, number }
    }

    /// The reader is gone. What comes is kept for the next one.
    pub fn detach(&mut self, reader: Reader) {
        if let Some(stream) = self.all.get_mut(&reader.stream)
            && stream.is_read_by(reader)
        {
            stream.reader = None;
        }
        self.wake_pump();
    }

    /// Whether anybody reads.
    pub fn has_readers(&self) -> bool {
        self.all.values().any(|stream| stream.reader.is_some())
    }

    /// Whether a message of this request, or of none, finds a place.
    pub fn has_room(&self, about: Option<&Id>) -> bool {
        // What nobody waits for, and what has no reader, finds its end here.
        let Some(stream) = self.owner(about).and_then(|owner| self.all.get(&owner)) else {
            return true;
        };
        let limits = &self.limits;
        stream.reader.is_none()
            || stream.waiting() < limits.waiting && stream.waiting_bytes < limits.waiting_bytes
    }

    /// Wakes this when there may be more room than before.
    pub fn when_there_is_room(&mut self, waker: &Waker) {
        self.pump = Some(waker.clone());
    }

    /// Takes in a message. `last`: it is the response to that request.
    pub fn push<P: Payload>(
        &mut self,
        frame: &Frame<P>,
        about: Option<&Id>,
        last: bool,
        now: Millis,
    ) {
        if let Some(owner) = self.owner(about)
            && let Some(stream) = self.all.get_mut(&owner)
        {
            stream.push(frame);
            stream.trim(self.limits.kept_bytes);
            stream.wake();
            if last && let Some(id) = about {
                self.answered(id, now);
            }
        }
    }

    /// The client has given this request up, so no answer comes.
    pub fn cancelled(&mut self, request: &Id, now: Millis) {
        self.answered(request, now);
    }

    /// The reader of the answer to this request is to go and come back later, so that it holds no
    /// connection meanwhile. Nothing is lost by that, because the stream begins with an event to
    /// come back with; without such events, nothing happens.
    pub fn release(&mut self, request: &Id) {
        if self.primed
            && let Some(owner) = self.owners.get(request)
            && let Some(stream) = self.all.get_mut(owner)
            && stream.reader.is_some()
        {
            stream.is_released = true;
            stream.wake();
        }
    }

    fn answered(&mut self, request: &Id, now: Millis) {
        if let Some(owner) = self.owners.remove(request)
            && let Some(stream) = self.all.get_mut(&owner)
        {
            stream.open.retain(|open| open != request);
            if stream.open.is_empty() {
                stream.ended = Some(now);
                stream.wake();
            }
        }
        self.wake_pump();
    }

    fn owner(&self, about: Option<&Id>) -> Option<u64> {
        match about {
            None => Some(STANDALONE),
            Some(id) => self.owners.get(id).copied(),
        }
    }

    /// How the answer to a POST begins, as soon as that is clear: as one message if that is all.
    pub fn poll_beginning(&mut self, reader: Reader, waker: &Waker) -> Poll<Beginning> {
        let Some(stream) = self.all.get_mut(&reader.stream) else {
            return Poll::Ready(Beginning::Stream);
        };
        let is_over = stream.ended.is_some() || self.closed;
        if is_over && stream.events.len() == 1 && stream.newest == 1 {
            let event = stream.events.pop_front();
            self.all.remove(&reader.stream);
            let json = event.map(|event| event.json).unwrap_or_default();
            return Poll::Ready(Beginning::Whole(json));
        }
        if is_over || stream.is_released || !stream.events.is_empty() {
            return Poll::Ready(Beginning::Stream);
        }
        if let Some((_, waiting)) = &mut stream.reader {
            *waiting = Some(waker.clone());
        }
        Poll::Pending
    }

    /// The next events for this reader as text; `None` at its end.
    pub fn poll_events(&mut self, reader: Reader, waker: &Waker) -> Poll<Option<String>> {
        let Some(stream) = self.all.get_mut(&reader.stream) else {
            return Poll::Ready(None);
        };
        if self.closed || !stream.is_read_by(reader) {
            return Poll::Ready(None);
        }
        let mut text = String::new();
        let is_over = stream.ended.is_some();
        // A stream that ends without a word is nothing to come back to.
        if std::mem::take(&mut stream.to_prime) && !(is_over && stream.newest == 0) {
            write_id(&mut text, reader.stream, stream.sent);
            text.push_str("retry: ");
            text.push_str(&self.limits.retry.to_string());
            text.push_str("\ndata: \n\n");
        }
        let mut sent = stream.sent;
        let first = stream.events.partition_point(|event| event.number <= sent);
        for event in stream.events.range(first..) {
            if text.len() >= self.limits.batch {
                break;
            }
            write_id(&mut text, reader.stream, event.number);
            write_message(&mut text, &event.json);
            sent = event.number;
        }
        if !text.is_empty() {
            stream.sent(sent);
            stream.trim(self.limits.kept_bytes);
            self.wake_pump();
            return Poll::Ready(Some(text));
        }
        if is_over || stream.is_released {
            return Poll::Ready(None);
        }
        if let Some((_, waiting)) = &mut stream.reader {
            *waiting = Some(waker.clone());
        }
        Poll::Pending
    }

    /// Forgets streams that ended long ago, and the oldest when there are many.
    pub fn expire(&mut self, now: Millis) {
        let limits = self.limits;
        let is_done = |stream: &Stream| stream.ended.is_some() && stream.reader.is_none();
        self.all.retain(|_, stream| {
            !is_done(stream) || stream.ended.is_some_and(|at| now - at < limits.kept_for)
        });
        let done: Vec<u64> =
            self.all.iter().filter(|(_, stream)| is_done(stream)).map(|(id, _)| *id).collect();
        for id in done.iter().take(done.len().saturating_sub(limits.kept_streams)) {
            self.all.remove(id);
        }
    }

    /// Ends all of them.
    pub fn close(&mut self) {
        self.closed = true;
        self.all.values_mut().for_each(Stream::wake);
        self.wake_pump();
    }

    /// Whether they have been ended.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn wake_pump(&mut self) {
        if let Some(pump) = self.pump.take() {
            pump.wake();
        }
    }
}

impl Stream {
    fn is_read_by(&self, reader: Reader) -> bool {
        self.reader.as_ref().is_some_and(|(number, _)| *number == reader.number)
    }

    /// How many events wait, or rather more: some of them may have been forgotten.
    fn waiting(&self) -> u64 {
        self.newest - self.sent
    }

    /// Notes up to where the reader has been given events.
    fn sent(&mut self, number: u64) {
        self.sent = number;
        let first = self.events.partition_point(|event| event.number <= number);
        self.waiting_bytes = self.events.range(first..).map(Event::size).sum();
    }

    fn push<P: Payload>(&mut self, frame: &Frame<P>) {
        let is_notification = match frame {
            Frame::Progress(_) => true,
            Frame::Message(message) => message.get("id").is_none(),
        };
        self.newest += 1;
        let event = Event { number: self.newest, json: frame.to_json(), is_notification };
        self.bytes += event.size();
        self.waiting_bytes += event.size();
        self.events.push_back(event);
    }

    /// Forgets what has been sent, the oldest first; without a reader, also notifications that
    /// have not. Never the newest, which may be the answer.
    fn trim(&mut self, limit: usize) {
        while self.bytes > limit && self.events.len() > 1 {
            let newest = self.events.len() - 1;
            let at = if self.events.front().is_some_and(|event| event.number <= self.sent) {
                Some(0)
            } else if self.reader.is_none() {
                self.events.iter().take(newest).position(|event| event.is_notification)
            } else {
                None
            };
            let Some(event) = at.and_then(|at| self.events.remove(at)) else {
                return;
            };
            self.bytes -= event.size();
            if event.number > self.sent {
                self.waiting_bytes -= event.size();
            }
        }
    }

    fn wake(&mut self) {
        if let Some((_, waker)) = &mut self.reader
            && let Some(waker) = waker.take()
        {
            waker.wake();
        }
    }
}

impl Event {
    fn size(&self) -> usize {
        self.json.len() + OVERHEAD
    }
}

/// Adds a message as an event without an id: one line, since compact JSON has no line breaks.
///
/// The name is the default of the format. It is written because some clients take an event without
/// one for none of theirs.
pub fn write_message(text: &mut String, json: &str) {
    text.push_str("event: message\ndata: ");
    text.push_str(json);
    text.push_str("\n\n");
}

/// An event id names the stream as well: a client goes on by the id alone.
fn write_id(text: &mut String, stream: u64, number: u64) {
    for part in ["id: ", &stream.to_string(), "-", &number.to_string(), "\n"] {
        text.push_str(part);
    }
}

/// A number as we write it.
fn read_number(text: &str) -> Option<u64> {
    let number = text.parse().ok()?;
    (text.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
