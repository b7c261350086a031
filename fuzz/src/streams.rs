//! Arbitrary reports, answers, cuts and returns on the streams of a session. Every reader gets what
//! was sent, in order, without a gap and nothing twice, wherever it was cut off; and nobody gets
//! anything for an event that was not given out.

use std::collections::BTreeMap;

use mcp_wasm::http::server::{Next, NoSuchEvent, Reader, StreamLimits, Streams};
use mcp_wasm::jsonrpc::Id;
use mcp_wasm::server::Frame;
use serde_json::{Value, json};

use super::bytes::Bytes;

/// A request with its stream, as both ends see it.
#[derive(Default)]
struct Call {
    /// What was sent, as text.
    sent: Vec<String>,
    is_answered: bool,
    reader: Option<Reader>,
    /// The ids of the events that were read, each with how many messages had been read by then.
    events: Vec<(String, usize)>,
    /// How many of the messages have been read.
    read: usize,
}

/// Runs the operations that the bytes name.
pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let mut session = Session {
        streams: Streams::new(StreamLimits::default(), true, [7; 16]),
        calls: BTreeMap::new(),
        now: 0.0,
        number: 0,
    };
    while !input.is_empty() {
        session.step(&mut input);
    }
    for id in session.calls.keys().copied().collect::<Vec<_>>() {
        session.read(id);
    }
    session.streams.close();
    assert!(session.streams.is_closed());
}

struct Session {
    streams: Streams,
    calls: BTreeMap<i64, Call>,
    now: f64,
    number: i64,
}

impl Session {
    fn step(&mut self, input: &mut Bytes<'_>) {
        let id = i64::try_from(input.below(6)).unwrap_or(0);
        match input.below(9) {
            0 | 1 => {
                let is_new = !self.calls.contains_key(&id);
                match self.streams.open(&[Id::Integer(id)]) {
                    Ok(reader) => {
                        let before = self.calls.insert(id, Call::default());
                        assert!(before.is_none_or(|call| call.is_answered), "an id is free");
                        self.calls.get_mut(&id).expect("it is there").reader = Some(reader);
                    }
                    Err(_) => assert!(!is_new, "a new id is free"),
                }
            }
            2 | 3 => self.push(id, false),
            4 => self.push(id, true),
            5 => self.read(id),
            6 => {
                if let Some(reader) = self.calls.get_mut(&id).and_then(|call| call.reader.take()) {
                    self.streams.detach(reader);
                }
            }
            7 => self.resume(id, input),
            _ => {
                if input.flip() {
                    let guess = String::from_utf8_lossy(input.chunk()).into_owned();
                    let known = |call: &Call| call.events.iter().any(|(event, _)| *event == guess);
                    if !self.calls.values().any(known) {
                        assert!(self.streams.resume(&guess).is_err(), "{guess}");
                    }
                } else {
                    // Not so long that anything is forgotten.
                    self.now += 10.0;
                    self.streams.expire(self.now);
                }
            }
        }
    }

    fn push(&mut self, id: i64, is_last: bool) {
        let request = Id::Integer(id);
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.is_answered) else { return };
        if !self.streams.has_room(Some(&request)) {
            return;
        }
        self.number += 1;
        let message = if is_last {
            json!({ "jsonrpc": "2.0", "id": id, "result": { "number": self.number } })
        } else {
            let params = json!({ "progressToken": id, "progress": self.number, "message": "a\nb" });
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
        };
        call.sent.push(message.to_string());
        call.is_answered = is_last;
        self.streams.push(&Frame::Message(message), Some(&request), is_last, self.now);
    }

    /// Reads what there is.
    fn read(&mut self, id: i64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(reader) = call.reader else { return };
        loop {
            match self.streams.events(reader) {
                Next::Nothing => break,
                Next::End => {
                    call.reader = None;
                    assert!(call.is_answered, "a stream ends with its answer");
                    assert_eq!(call.read, call.sent.len(), "all of it was read");
                    return;
                }
                Next::Events(text) => {
                    assert!(text.ends_with("\n\n"), "whole events: {text}");
                    text.split_terminator("\n\n").for_each(|event| call.take(event));
                }
            }
        }
        assert_eq!(call.read, call.sent.len(), "who reads is not kept waiting");
    }

    /// Comes back with one of the events that were read.
    fn resume(&mut self, id: i64, input: &mut Bytes<'_>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let count = call.events.len();
        if count == 0 {
            return;
        }
        // The last one, mostly.
        let back = if input.below(3) == 0 { input.below(count) } else { 0 };
        let (event, read) = call.events[count - 1 - back].clone();
        match self.streams.resume(&event) {
            Ok(reader) => {
                call.events.truncate(count - back);
                call.read = read;
                call.reader = Some(reader);
            }
            Err(NoSuchEvent::Gone) => panic!("{event} was given up too soon"),
            Err(NoSuchEvent::Foreign) => panic!("{event} is one of ours"),
        }
    }
}

impl Call {
    fn take(&mut self, event: &str) {
        let field = |name: &str| {
            let line = event.lines().find(|line| line.starts_with(name))?;
            Some(line[name.len()..].trim_start_matches(": ").to_owned())
        };
        let data = field("data").unwrap_or_default();
        if !data.is_empty() {
            let value: Value = serde_json::from_str(&data).expect("what is sent is JSON");
            let wanted = self.sent.get(self.read).expect("nothing that was not sent");
            assert_eq!(value, serde_json::from_str::<Value>(wanted).expect("it was"), "in order");
            self.read += 1;
        }
        if let Some(id) = field("id") {
            self.events.push((id, self.read));
        }
    }
}
