//! The event streams of a legacy session: which message goes on which, and what can be sent again.
//!
//! Every POST with requests has a stream of its own, which ends when they are answered; the GET
//! stream takes what belongs to no request. A stream outlives its reader: a client that has lost
//! its connection goes on with the id of the last event that it has seen. Nobody else does: the id
//! holds a word of the stream's that only its readers have been told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sha2::{Digest, Sha256};

use super::{
    outcome::{Beginning, InUse, Next, NoStream, NoSuchEvent, Ready},
    stream::{Reader, Stream, StreamLimits, read_number},
};
use crate::{
    jsonrpc::{Id, Payload},
    proto::{Millis, server::Frame},
};

/// The stream that a GET opens.
const STANDALONE: u64 = 0;
/// Milliseconds within which a reader takes what it is sent while somebody else wants its place.
const UNTAKEN: Millis = 4000.0;

/// The streams of one session.
#[derive(Debug)]
pub struct Streams {
    limits: StreamLimits,
    /// Whether streams begin with an event without data.
    primed: bool,
    /// What the words in event ids are made of.
    secret: [u8; 16],
    all: BTreeMap<u64, Stream>,
    /// Which stream answers a request that is in flight. Asked for every message, and mostly there are
    /// few: a tree finds one before a hash is made.
    owners: BTreeMap<Id, u64>,
    /// Those that have ended, the first to end first; some of them may be gone.
    done: VecDeque<u64>,
    /// Bytes of the events in all of them.
    bytes: usize,
    /// The stream that was opened last.
    newest: u64,
    /// How many readers there have been.
    readers: u64,
    /// What has changed since that was asked last.
    ready: Ready,
    closed: bool,
}

impl Streams {
    /// No streams yet but the one that a GET opens. `secret` is random, and the session's own.
    pub fn new(limits: StreamLimits, primed: bool, secret: [u8; 16]) -> Self {
        let mut streams = Self {
            limits,
            primed,
            secret,
            all: BTreeMap::new(),
            owners: BTreeMap::new(),
            done: VecDeque::new(),
            bytes: 0,
            newest: STANDALONE,
            readers: 0,
            ready: Ready::default(),
            closed: false,
        };
        streams.add(STANDALONE, 0);
        streams
    }

    fn add(&mut self, id: u64, open: usize) {
        let hash =
            Sha256::new().chain_update(self.secret).chain_update(id.to_le_bytes()).finalize();
        let word = hash[..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let word = format!("{word:016x}");
        self.all.insert(id, Stream::new(id, word, open));
    }

    /// A stream for the answers to these requests, with its first reader.
    ///
    /// # Errors
    /// One of their ids is in flight, or there are too many. None of them has been taken then.
    pub fn open(&mut self, requests: &[Id]) -> Result<Reader, NoStream> {
        if self.owners.len() + requests.len() > self.limits.requests {
            return Err(NoStream::TooMany);
        }
        if self.bytes > self.limits.unread_bytes {
            // What has been read does not count.
            self.forget(self.limits.session_bytes.min(self.limits.unread_bytes), None);
            if self.bytes > self.limits.unread_bytes {
                return Err(NoStream::Unread);
            }
        }
        let mut seen = BTreeSet::new();
        if requests.iter().any(|id| self.owners.contains_key(id) || !seen.insert(id)) {
            return Err(NoStream::Taken);
        }
        self.newest += 1;
        let stream = self.newest;
        self.owners.extend(requests.iter().map(|id| (id.clone(), stream)));
        self.add(stream, requests.len());
        Ok(self.attach(stream, self.primed))
    }

    /// A reader for the GET stream.
    ///
    /// # Errors
    /// It has one. Who has lost the connection of that one comes back by the id of an event, or
    /// when the connection is known to be gone: [`probe`](Self::probe) finds that out.
    pub fn listen(&mut self) -> Result<Reader, InUse> {
        if self.all.get(&STANDALONE).is_some_and(|stream| stream.reader.is_some()) {
            return Err(InUse);
        }
        Ok(self.attach(STANDALONE, self.primed))
    }

    /// Has something sent to the reader of the GET stream that means nothing. One that has left the
    /// last such thing untaken for a while reads no more, and gives its place up.
    pub fn probe(&mut self, now: Millis) {
        if let Some(stream) = self.all.get_mut(&STANDALONE) {
            let probed = stream.probed.filter(|_| stream.reader.is_some());
            if probed.is_some_and(|since| now - since >= UNTAKEN) {
                self.ready.readers.extend(stream.reader);
                stream.reader = None;
            } else if stream.reader.is_some() {
                stream.probed.get_or_insert(now);
                self.ready.readers.extend(stream.reader);
            }
        }
    }

    /// A reader for what came after the event of this id, on the stream of that event.
    ///
    /// # Errors
    /// There is no such stream, or nobody has been given that id.
    pub fn resume(&mut self, event: &str) -> Result<Reader, NoSuchEvent> {
        let mut parts = event.split('-');
        let (Some(stream), Some(number), Some(word), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoSuchEvent::Foreign);
        };
        let id = read_number(stream).ok_or(NoSuchEvent::Foreign)?;
        let number = read_number(number).ok_or(NoSuchEvent::Foreign)?;
        if id > self.newest {
            return Err(NoSuchEvent::Foreign);
        }
        let stream = self.all.get_mut(&id).ok_or(NoSuchEvent::Gone)?;
        if word != stream.word || number > stream.newest {
            return Err(NoSuchEvent::Foreign);
        }
        stream.sent(number);
        Ok(self.attach(id, false))
    }

    fn attach(&mut self, id: u64, to_prime: bool) -> Reader {
        self.readers += 1;
        let reader = Reader { stream: id, number: self.readers };
        if let Some(stream) = self.all.get_mut(&id) {
            // The one before it is to see that it is none any more.
            self.ready.readers.extend(stream.reader.replace(reader));
            stream.is_released = false;
            stream.to_prime = to_prime;
            stream.probed = None;
        }
        reader
    }

    /// The reader is gone. What comes is kept for the next one.
    pub fn detach(&mut self, reader: Reader) {
        if let Some(stream) = self.all.get_mut(&reader.stream)
            && stream.is_read_by(reader)
        {
            stream.reader = None;
        }
        self.ready.room = true;
    }

    /// Whether anybody reads.
    pub fn has_readers(&self) -> bool {
        self.all.values().any(|stream| stream.reader.is_some())
    }

    /// Whether anybody reads, or a request waits for its answer.
    pub fn is_at_work(&self) -> bool {
        !self.owners.is_empty() || self.has_readers()
    }

    /// Bytes of the events in all streams.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a message of this request, or of none, finds a place.
    pub fn has_room(&self, about: Option<&Id>) -> bool {
        // What nobody waits for, and what has no reader, finds its end here.
        let Some(stream) = self.owner(about).and_then(|owner| self.all.get(&owner)) else {
            return true;
        };
        let limits = &self.limits;
        // One event always has: readers that do not read hold up nobody else.
        stream.reader.is_none()
            || stream.waiting() == 0
            || stream.waiting() < limits.waiting + stream.extra
                && stream.waiting_bytes < limits.waiting_bytes
                && self.bytes < limits.session_bytes
    }

    /// Who may go on, since this was asked last.
    pub fn take_ready(&mut self) -> Ready {
        std::mem::take(&mut self.ready)
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
            self.bytes += stream.push(frame);
            self.bytes -= stream.trim(self.limits.kept_bytes, false);
            // Mostly one gets many messages before it is woken.
            if self.ready.readers.last() != stream.reader.as_ref() {
                self.ready.readers.extend(stream.reader);
            }
            if last && let Some(id) = about {
                self.answered(id, now);
            }
            self.forget(self.limits.session_bytes, Some(owner));
        }
    }

    /// Forgets events until there are no more bytes of them than that, as far as may be: streams
    /// that have ended, then what has been sent, then what nobody may need. `but`: a stream that
    /// stays, because it has just ended.
    pub fn forget(&mut self, bytes: usize, but: Option<u64>) {
        if self.bytes <= bytes {
            return;
        }
        let done = std::mem::take(&mut self.done);
        for id in done {
            let Some(stream) = self.all.get(&id) else { continue };
            if self.bytes > bytes && stream.reader.is_none() && but != Some(id) {
                self.remove(id);
            } else {
                self.done.push_back(id);
            }
        }
        for stream in self.all.values_mut() {
            if self.bytes <= bytes {
                return;
            }
            let others = self.bytes - stream.bytes;
            self.bytes -= stream.trim(bytes.saturating_sub(others), true);
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some(stream) = self.all.remove(&id) {
            self.bytes -= stream.bytes;
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
            self.ready.readers.extend(stream.reader);
        }
    }

    fn answered(&mut self, request: &Id, now: Millis) {
        if let Some(owner) = self.owners.remove(request)
            && let Some(stream) = self.all.get_mut(&owner)
        {
            stream.open = stream.open.saturating_sub(1);
            if stream.open == 0 {
                stream.ended = Some(now);
                self.ready.readers.extend(stream.reader);
                self.done.push_back(owner);
            }
        }
        self.ready.room = true;
    }

    fn owner(&self, about: Option<&Id>) -> Option<u64> {
        match about {
            None => Some(STANDALONE),
            Some(id) => self.owners.get(id).copied(),
        }
    }

    /// How the answer to a POST begins, as soon as that is clear: as one message if that is all.
    pub fn beginning(&mut self, reader: Reader) -> Option<Beginning> {
        let Some(stream) = self.all.get_mut(&reader.stream) else {
            return Some(Beginning::Stream);
        };
        let is_over = stream.ended.is_some() || self.closed;
        if is_over && stream.events.len() == 1 && stream.newest == 1 {
            let event = stream.events.pop_front();
            self.remove(reader.stream);
            let json = event.map(|event| event.json).unwrap_or_default();
            return Some(Beginning::Whole(json));
        }
        (is_over || stream.is_released || !stream.events.is_empty()).then_some(Beginning::Stream)
    }

    /// The next events for this reader.
    pub fn events(&mut self, reader: Reader) -> Next {
        let Some(stream) = self.all.get_mut(&reader.stream) else {
            return Next::End;
        };
        if self.closed || !stream.is_read_by(reader) {
            return Next::End;
        }
        let is_over = stream.ended.is_some();
        let (text, sent) = stream.write(&self.limits);
        if !text.is_empty() {
            stream.sent(sent);
            self.bytes -= stream.trim(self.limits.kept_bytes, false);
            self.ready.room = true;
            return Next::Events(text);
        }
        if is_over || stream.is_released { Next::End } else { Next::Nothing }
    }

    /// Forgets streams that ended long ago, and the oldest when there are many. Returns when it is
    /// to be called again, if nothing else happens.
    pub fn expire(&mut self, now: Millis) -> Option<Millis> {
        let limits = self.limits;
        let done = std::mem::take(&mut self.done);
        let is_alone = |id: &u64| self.all.get(id).is_some_and(|stream| stream.reader.is_none());
        let alone = done.iter().filter(|id| is_alone(id)).count();
        let mut excess = alone.saturating_sub(limits.kept_streams);
        let mut next = None;
        for id in done {
            let Some(stream) = self.all.get(&id) else { continue };
            let until = stream.ended.unwrap_or(now) + limits.kept_for;
            if stream.reader.is_none() && (excess > 0 || until <= now) {
                excess = excess.saturating_sub(1);
                self.remove(id);
            } else {
                // Of one that is being read, it begins anew when its reader goes.
                if stream.reader.is_none() {
                    next.get_or_insert(until);
                }
                self.done.push_back(id);
            }
        }
        next
    }

    /// Ends all of them.
    pub fn close(&mut self) {
        self.closed = true;
        self.ready.readers.extend(self.all.values().filter_map(|stream| stream.reader));
        self.ready.room = true;
    }

    /// Whether they have been ended.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}
