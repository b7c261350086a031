//! The streams of a legacy HTTP session without sockets: routing, resumption, bounds.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;

use mcp_wasm::{
    http::server::{Beginning, InUse, Next, NoStream, NoSuchEvent, Reader, StreamLimits, Streams},
    jsonrpc::Id,
    server::Frame,
};
use serde_json::{Value, json};

fn id(id: i64) -> Id {
    Id::Integer(id)
}

/// A session as its transport sees it.
struct Session {
    streams: Streams,
    now: f64,
    /// The words that its readers have been told, by stream.
    words: BTreeMap<String, String>,
}

impl Session {
    fn new() -> Self {
        Self::with(StreamLimits::default())
    }

    fn with(limits: StreamLimits) -> Self {
        let streams = Streams::new(limits, true, [7; 16]);
        Self { streams, now: 0.0, words: BTreeMap::new() }
    }

    fn open(&mut self, request: i64) -> Reader {
        self.streams.open(&[id(request)]).expect("the id is free")
    }

    fn listen(&mut self) -> Reader {
        self.streams.listen().expect("nobody reads")
    }

    /// Comes back with an event of which only the stream and the number are named.
    fn resume(&mut self, event: &str) -> Result<Reader, NoSuchEvent> {
        let (stream, _) = event.split_once('-').unwrap();
        let word = self.words.get(stream).map_or("", String::as_str);
        self.streams.resume(&format!("{event}-{word}"))
    }

    fn report(&mut self, request: i64, value: i64) {
        let params = json!({ "progressToken": request, "progress": value });
        let message =
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
        self.streams.push(&Frame::Message(message), Some(&id(request)), false, self.now);
    }

    fn respond(&mut self, request: i64) {
        let message = json!({ "jsonrpc": "2.0", "id": request, "result": {} });
        self.streams.push(&Frame::Message(message), Some(&id(request)), true, self.now);
    }

    fn changed(&mut self) {
        let method = "notifications/tools/list_changed";
        let message = json!({ "jsonrpc": "2.0", "method": method });
        self.streams.push(&Frame::Message(message), None, false, self.now);
    }

    /// What the reader gets now: the ids and data of events; `None` in the end.
    fn read(&mut self, reader: Reader) -> Vec<Option<(String, String)>> {
        let mut all = Vec::new();
        loop {
            match self.streams.events(reader) {
                Next::Nothing => return all,
                Next::End => {
                    all.push(None);
                    return all;
                }
                Next::Events(text) => {
                    assert!(text.ends_with("\n\n"), "whole events: {text}");
                    for event in text.split_terminator("\n\n") {
                        let (id, data) = event.split_once("\ndata: ").unwrap();
                        let id = id.strip_prefix("id: ").unwrap();
                        let id = if data.is_empty() {
                            Some(id)
                        } else {
                            id.strip_suffix("\nevent: message")
                        };
                        let id = id.unwrap_or_else(|| panic!("an event without its name: {event}"));
                        let (id, retry) = id.split_once('\n').map_or((id, ""), |(id, _)| (id, "!"));
                        let (id, word) = id.rsplit_once('-').unwrap();
                        let (stream, _) = id.split_once('-').unwrap();
                        self.words.insert(stream.to_owned(), word.to_owned());
                        all.push(Some((format!("{id}{retry}"), data.to_owned())));
                    }
                }
            }
        }
    }

    /// The numbers of reports and ids of responses in what the reader gets.
    fn values(&mut self, reader: Reader) -> Vec<String> {
        let events = self.read(reader).into_iter().flatten();
        events
            .filter(|(_, data)| !data.is_empty())
            .map(|(_, data)| {
                let message: Value = serde_json::from_str(&data).unwrap();
                match message.get("id") {
                    Some(id) => format!("answer {id}"),
                    None if message["params"].is_object() => {
                        message["params"]["progress"].to_string()
                    }
                    None => "changed".to_owned(),
                }
            })
            .collect()
    }

    fn beginning(&mut self, reader: Reader) -> Option<Beginning> {
        self.streams.beginning(reader)
    }
}

#[test]
fn a_message_goes_on_the_stream_of_its_request_and_on_no_other() {
    let mut session = Session::new();
    let (first, second, get) = (session.open(1), session.open(2), session.listen());
    session.report(1, 10);
    session.report(2, 20);
    session.changed();
    session.respond(2);
    session.report(1, 11);
    session.respond(1);
    assert_eq!(session.values(first), ["10", "11", "answer 1"]);
    assert_eq!(session.values(second), ["20", "answer 2"]);
    assert_eq!(session.values(get), ["changed"]);
}

#[test]
fn a_stream_begins_with_an_event_to_come_back_to_and_ends_with_the_answer() {
    let mut session = Session::new();
    let reader = session.open(1);
    let mut raw = Session::new();
    let first = raw.open(1);
    let Next::Events(text) = raw.streams.events(first) else { panic!() };
    assert!(text.ends_with("\nretry: 1000\ndata: \n\n"), "{text}");
    let (id, data) = session.read(reader)[0].clone().unwrap();
    assert_eq!((id.as_str(), data.as_str()), ("1-0!", ""));
    session.report(1, 5);
    session.respond(1);
    let events = session.read(reader);
    assert_eq!(events[0].as_ref().unwrap().0, "1-1");
    assert_eq!(events[1].as_ref().unwrap().0, "1-2");
    assert_eq!(events[2..], [None]);
}

#[test]
fn revisions_before_2025_11_25_get_ids_but_no_event_without_data() {
    let mut streams = Streams::new(StreamLimits::default(), false, [7; 16]);
    let reader = streams.open(&[id(1)]).unwrap();
    assert_eq!(streams.events(reader), Next::Nothing);
    let message = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    streams.push(&Frame::Message(message.clone()), Some(&id(1)), true, 0.0);
    let Next::Events(text) = streams.events(reader) else { panic!() };
    assert!(text.starts_with("id: 1-1-"), "{text}");
    assert!(text.ends_with(&format!("\nevent: message\ndata: {message}\n\n")), "{text}");
}

#[test]
fn an_answer_that_is_the_first_thing_to_be_sent_is_the_whole_answer() {
    let mut session = Session::new();
    let reader = session.open(1);
    assert!(session.beginning(reader).is_none());
    session.respond(1);
    let Some(Beginning::Whole(text)) = session.beginning(reader) else { panic!() };
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["id"], 1);

    let reader = session.open(2);
    session.report(2, 1);
    session.respond(2);
    assert_eq!(session.beginning(reader), Some(Beginning::Stream));
}

#[test]
fn a_stream_of_several_requests_ends_when_all_are_answered() {
    let mut session = Session::new();
    let reader = session.streams.open(&[id(1), id(2)]).unwrap();
    session.respond(2);
    session.report(1, 1);
    assert_eq!(session.values(reader), ["answer 2", "1"]);
    session.respond(1);
    assert_eq!(session.values(reader), ["answer 1"]);
    assert_eq!(session.read(reader), [None]);
}

#[test]
fn an_id_in_flight_is_not_taken_twice() {
    let mut session = Session::new();
    session.open(1);
    assert_eq!(session.streams.open(&[id(1)]), Err(NoStream::Taken));
    assert_eq!(session.streams.open(&[id(2), id(2)]), Err(NoStream::Taken));
    session.respond(1);
    session.open(1);
}

#[test]
fn a_client_that_comes_back_gets_what_it_has_missed_of_that_stream_only() {
    let mut session = Session::new();
    let (reader, other) = (session.open(1), session.open(2));
    session.report(1, 1);
    session.report(1, 2);
    assert_eq!(session.values(reader), ["1", "2"]);
    session.streams.detach(reader);
    session.report(1, 3);
    session.report(2, 100);
    session.respond(1);
    // It has seen the first of the two that were sent.
    let reader = session.resume("1-1").unwrap();
    assert_eq!(session.values(reader), ["2", "3", "answer 1"]);
    assert_eq!(session.read(reader), [None]);
    assert_eq!(session.values(other), ["100"]);
    // Again, for the connection may break again.
    session.streams.detach(reader);
    let reader = session.resume("1-3").unwrap();
    assert_eq!(session.values(reader), ["answer 1"]);
}

#[test]
fn the_event_without_data_is_one_to_come_back_to() {
    let mut session = Session::new();
    let reader = session.open(1);
    session.read(reader);
    session.streams.detach(reader);
    session.respond(1);
    let reader = session.resume("1-0").unwrap();
    assert_eq!(session.values(reader), ["answer 1"]);
}

#[test]
fn the_get_stream_has_one_reader_who_comes_back_takes_the_place_of_the_one_before() {
    let mut session = Session::new();
    let first = session.listen();
    session.read(first);
    assert_eq!(session.streams.listen(), Err(InUse));
    // The one there is is sent something that means nothing, which shows whether it is there.
    session.streams.probe(0.0);
    let Next::Events(text) = session.streams.events(first) else {
        panic!("the reader is asked");
    };
    assert!(text.starts_with(':') && text.ends_with("\n\n"), "a comment: {text}");
    assert!(session.read(first).is_empty(), "once");
    assert_eq!(session.streams.listen(), Err(InUse));
    let second = session.resume("0-0").unwrap();
    session.changed();
    assert_eq!(session.read(first), [None]);
    assert_eq!(session.values(second), ["changed"]);
    // The end of the first is not the end of the second.
    session.streams.detach(first);
    session.changed();
    assert_eq!(session.values(second), ["changed"]);
    session.streams.detach(second);
    session.listen();
}

#[test]
fn a_reader_that_takes_nothing_gives_its_place_to_one_that_wants_it() {
    let mut session = Session::new();
    let first = session.listen();
    session.read(first);
    for now in [0.0, 2000.0, 3900.0] {
        session.streams.probe(now);
        assert_eq!(session.streams.listen(), Err(InUse), "{now}");
    }
    session.streams.probe(4000.0);
    let second = session.listen();
    session.changed();
    assert_eq!(session.read(first), [None], "the first one ends");
    assert_eq!(session.values(second), ["changed"], "and nothing is lost");
    // One that takes what it is sent stays, for as long as it does.
    for now in [5000.0, 10_000.0, 15_000.0] {
        session.streams.probe(now);
        let taken = session.streams.events(second);
        assert!(matches!(taken, Next::Events(_)), "{now}");
        assert_eq!(session.streams.listen(), Err(InUse), "{now}");
    }
}

#[test]
fn only_who_was_given_an_event_comes_back_with_it() {
    let (mut session, mut other) = (Session::new(), Session::new());
    other.streams = Streams::new(StreamLimits::default(), true, [8; 16]);
    for session in [&mut session, &mut other] {
        let readers = (session.open(1), session.open(2), session.listen());
        for reader in [readers.0, readers.1, readers.2] {
            session.read(reader);
            session.streams.detach(reader);
        }
        session.respond(1);
    }
    let word = |session: &Session, stream: &str| session.words[stream].clone();
    let words = [word(&session, "0"), word(&session, "2"), word(&other, "1"), String::new()];
    for guess in words.iter().map(|word| format!("1-0-{word}")) {
        assert_eq!(session.streams.resume(&guess), Err(NoSuchEvent::Foreign), "{guess}");
    }
    assert_eq!(session.streams.resume("1-0"), Err(NoSuchEvent::Foreign));
    let reader = session.resume("1-0").unwrap();
    assert_eq!(session.values(reader), ["answer 1"]);
}

#[test]
fn no_more_requests_are_open_than_may_be_and_none_of_those_beyond_is_taken() {
    let limits = StreamLimits { requests: 3, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    session.open(1);
    let many = [id(2), id(3), id(4)];
    assert_eq!(session.streams.open(&many), Err(NoStream::TooMany));
    assert!(session.streams.open(&many[..2]).is_ok());
    assert_eq!(session.streams.open(&[id(9)]), Err(NoStream::TooMany));
    session.respond(1);
    assert!(session.streams.open(&[id(9)]).is_ok());
}

#[test]
fn who_does_not_read_answers_gets_no_more_of_them() {
    let limits = StreamLimits { unread_bytes: 1000, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    let mut readers = Vec::new();
    for request in 0..100 {
        match session.streams.open(&[id(request)]) {
            Ok(reader) => readers.push(reader),
            Err(why) => {
                assert_eq!(why, NoStream::Unread);
                break;
            }
        }
        session.respond(request);
    }
    assert!((5..20).contains(&readers.len()), "{}", readers.len());
    for reader in readers {
        session.read(reader);
    }
    assert!(session.streams.bytes() > 1000, "what has been read is kept, but does not count");
    session.open(1000);
}

#[test]
#[allow(clippy::disallowed_methods)] // it measures
fn a_large_batch_is_answered_though_its_reader_reads_nothing_until_the_end() {
    let mut session = Session::new();
    let ids: Vec<Id> = (0..1000).map(id).collect();
    let reader = session.streams.open(&ids).unwrap();
    let started = std::time::Instant::now();
    let mut left: Vec<i64> = (0..1000).collect();
    let mut got = 0;
    while !left.is_empty() {
        left.retain(|request| {
            let has_room = session.streams.has_room(Some(&id(*request)));
            if has_room {
                session.respond(*request);
            }
            !has_room
        });
        got += session.values(reader).len();
    }
    assert_eq!(got, 1000);
    assert_eq!(session.read(reader), [None]);
    assert!(started.elapsed().as_secs() < 5, "it is not quadratic");
}

#[test]
fn a_reader_that_reads_nothing_holds_up_no_other_stream_whatever_it_has_waiting() {
    let limits = StreamLimits { session_bytes: 3000, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    let (_stuck, reader) = (session.open(1), session.open(2));
    let mut count = 0;
    while session.streams.has_room(Some(&id(1))) {
        session.report(1, count);
        count += 1;
    }
    assert!(count < 64, "the bytes of the session are the limit: {count}");
    for value in 0..10 {
        assert!(session.streams.has_room(Some(&id(2))));
        session.report(2, value);
        assert_eq!(session.values(reader), [value.to_string()]);
    }
}

#[test]
fn all_streams_of_a_session_together_keep_only_so_much() {
    let limits = StreamLimits { session_bytes: 10_000, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    for request in 1..=10 {
        let reader = session.open(request);
        session.read(reader);
        session.streams.detach(reader);
        for value in 0..1000 {
            session.report(request, value);
        }
        session.respond(request);
        assert!(session.streams.bytes() <= 10_000, "{}", session.streams.bytes());
    }
    assert_eq!(session.resume("1-0"), Err(NoSuchEvent::Gone), "the oldest went first");
    let reader = session.resume("10-0").unwrap();
    assert_eq!(session.values(reader).last().unwrap(), "answer 10");
    session.streams.detach(reader);
    session.streams.forget(0, None);
    assert_eq!(session.streams.bytes(), 0);
}

#[test]
fn a_result_that_is_too_large_to_keep_is_kept_until_something_else_is() {
    let limits = StreamLimits { session_bytes: 100, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    for request in 1..=2 {
        let reader = session.open(request);
        session.read(reader);
        session.streams.detach(reader);
        session.respond(request);
    }
    assert_eq!(session.resume("1-0"), Err(NoSuchEvent::Gone));
    let reader = session.resume("2-0").unwrap();
    assert_eq!(session.values(reader), ["answer 2"]);
}

#[test]
fn what_may_be_forgotten_is_told_by_the_clock_not_by_the_next_answer() {
    let limits = StreamLimits { kept_for: 1000.0, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    assert_eq!(session.streams.expire(0.0), None);
    for request in 1..=2 {
        session.now = 100.0 * f64::from(u8::try_from(request).unwrap());
        let reader = session.open(request);
        session.read(reader);
        session.streams.detach(reader);
        session.respond(request);
    }
    assert_eq!(session.streams.expire(500.0), Some(1100.0));
    assert_eq!(session.streams.expire(1100.0), Some(1200.0));
    assert!(session.streams.bytes() > 0);
    assert_eq!(session.streams.expire(1200.0), None);
    assert_eq!(session.streams.bytes(), 0, "nobody came back");
}

#[test]
fn event_ids_that_are_none_lead_nowhere() {
    let mut session = Session::new();
    let reader = session.open(1);
    session.read(reader);
    session.report(1, 1);
    for event in
        ["", "1", "1-", "-1", "x-1", "1-2", "2-0", "+1-1", "1-0x", "99999999999999999999-1"]
    {
        let whole = format!("{event}-{}", session.words.get("1").map_or("", String::as_str));
        assert_eq!(session.streams.resume(event), Err(NoSuchEvent::Foreign), "{event}");
        assert_eq!(session.streams.resume(&whole), Err(NoSuchEvent::Foreign), "{whole}");
    }
    assert_eq!(session.values(reader), ["1"]);
}

#[test]
fn a_request_that_is_given_up_ends_its_stream_and_what_comes_later_is_dropped() {
    let mut session = Session::new();
    let (reader, get) = (session.open(1), session.listen());
    session.report(1, 1);
    session.streams.cancelled(&id(1), session.now);
    session.respond(1);
    assert_eq!(session.values(reader), ["1"]);
    assert_eq!(session.read(reader), [None]);
    assert!(session.values(get).is_empty());
    session.streams.cancelled(&id(99), session.now);
}

#[test]
fn a_reader_that_is_there_makes_the_rest_wait_elsewhere() {
    let limits = StreamLimits { waiting: 3, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    let (reader, _other) = (session.open(1), session.open(2));
    for value in 0..3 {
        assert!(session.streams.has_room(Some(&id(1))));
        session.report(1, value);
    }
    assert!(!session.streams.has_room(Some(&id(1))));
    assert!(session.streams.has_room(Some(&id(2))), "the other stream goes on");
    assert!(session.streams.has_room(None));
    assert_eq!(session.values(reader).len(), 3);
    assert!(session.streams.has_room(Some(&id(1))));

    let limits = StreamLimits { waiting_bytes: 100, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    session.open(1);
    session.report(1, 1);
    assert!(!session.streams.has_room(Some(&id(1))));
}

#[test]
fn without_a_reader_the_newest_is_kept_and_the_answer_in_any_case() {
    let limits = StreamLimits { kept_bytes: 2000, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    let reader = session.open(1);
    session.read(reader);
    session.streams.detach(reader);
    // The server asks the client something; the call hangs on it.
    let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": "roots/list" });
    session.streams.push(&Frame::Message(ask), Some(&id(1)), false, 0.0);
    for value in 0..1000 {
        assert!(session.streams.has_room(Some(&id(1))));
        session.report(1, value);
    }
    session.respond(1);
    let reader = session.resume("1-0").unwrap();
    let values = session.values(reader);
    assert!(values.len() < 20, "{values:?}");
    assert_eq!(values[0], "answer 1", "the request to the client has the same id");
    assert_eq!(values[values.len() - 2..], ["999", "answer 1"]);
}

#[test]
fn what_was_sent_is_kept_only_so_far() {
    let limits = StreamLimits { kept_bytes: 2000, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    let reader = session.open(1);
    for value in 0..1000 {
        session.report(1, value);
        assert_eq!(session.values(reader), [value.to_string()]);
    }
    session.streams.detach(reader);
    let reader = session.resume("1-1").unwrap();
    let values = session.values(reader);
    assert!(values.len() < 20, "{values:?}");
    assert_eq!(values.last().unwrap(), "999");
}

#[test]
fn ended_streams_are_forgotten_after_a_while_and_when_there_are_many() {
    let limits = StreamLimits { kept_streams: 2, kept_for: 1000.0, ..StreamLimits::default() };
    let mut session = Session::with(limits);
    for request in 1..=3 {
        let reader = session.open(request);
        session.read(reader);
        session.respond(request);
        session.streams.detach(reader);
    }
    session.streams.expire(session.now);
    assert_eq!(session.resume("1-0"), Err(NoSuchEvent::Gone));
    let reader = session.resume("2-0").unwrap();
    session.now = 5000.0;
    session.streams.expire(session.now);
    assert_eq!(session.resume("3-0"), Err(NoSuchEvent::Gone));
    assert_eq!(session.values(reader), ["answer 2"], "one that is being read stays");
}

#[test]
fn the_end_of_the_session_ends_every_stream() {
    let mut session = Session::new();
    let (reader, get) = (session.open(1), session.listen());
    session.streams.close();
    assert_eq!(session.read(reader), [None]);
    assert_eq!(session.read(get), [None]);
    assert!(session.streams.is_closed());
}

#[test]
fn who_may_go_on_is_told_once_and_nobody_else_is() {
    let mut session = Session::new();
    let (first, second) = (session.open(1), session.open(2));
    let get = session.listen();
    session.streams.take_ready();
    let ready = |session: &mut Session| {
        let ready = session.streams.take_ready();
        (ready.readers, ready.room)
    };
    session.report(1, 5);
    assert_eq!(ready(&mut session), (vec![first], false));
    assert_eq!(ready(&mut session), (vec![], false));
    session.read(first);
    assert_eq!(ready(&mut session), (vec![], true), "there is room again");
    session.respond(2);
    let (readers, room) = ready(&mut session);
    assert!(room && readers.iter().all(|reader| *reader == second) && !readers.is_empty());
    // Who takes another one's place is none of those that wait, but that one is to see it.
    let (events, _) = session.read(get).first().cloned().flatten().unwrap();
    session.read(get);
    ready(&mut session);
    let again = session.resume(events.trim_end_matches('!')).unwrap();
    assert_eq!(ready(&mut session), (vec![get], false));
    session.streams.close();
    let (readers, room) = ready(&mut session);
    assert!(room && readers.contains(&first) && readers.contains(&again));
}
