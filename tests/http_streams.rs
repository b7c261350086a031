//! The streams of a legacy HTTP session without sockets: routing, resumption, bounds.
#![cfg(not(target_arch = "wasm32"))]

use std::task::{Poll, Waker};

use mcp_wasm::{
    http::server::{Beginning, NoSuchEvent, Reader, StreamLimits, Streams},
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
}

impl Session {
    fn new() -> Self {
        Self::with(StreamLimits::default())
    }

    fn with(limits: StreamLimits) -> Self {
        Self { streams: Streams::new(limits, true), now: 0.0 }
    }

    fn open(&mut self, request: i64) -> Reader {
        self.streams.open(vec![id(request)]).expect("the id is free")
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
            match self.streams.poll_events(reader, Waker::noop()) {
                Poll::Pending => return all,
                Poll::Ready(None) => {
                    all.push(None);
                    return all;
                }
                Poll::Ready(Some(text)) => {
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
                        all.push(Some((id.to_owned(), data.to_owned())));
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

    fn beginning(&mut self, reader: Reader) -> Poll<Beginning> {
        self.streams.poll_beginning(reader, Waker::noop())
    }
}

#[test]
fn a_message_goes_on_the_stream_of_its_request_and_on_no_other() {
    let mut session = Session::new();
    let (first, second, get) = (session.open(1), session.open(2), session.streams.listen());
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
    let (id, data) = session.read(reader)[0].clone().unwrap();
    assert_eq!((id.as_str(), data.as_str()), ("1-0\nretry: 1000", ""));
    session.report(1, 5);
    session.respond(1);
    let events = session.read(reader);
    assert_eq!(events[0].as_ref().unwrap().0, "1-1");
    assert_eq!(events[1].as_ref().unwrap().0, "1-2");
    assert_eq!(events[2..], [None]);
}

#[test]
fn revisions_before_2025_11_25_get_ids_but_no_event_without_data() {
    let mut streams = Streams::new(StreamLimits::default(), false);
    let reader = streams.open(vec![id(1)]).unwrap();
    assert!(streams.poll_events(reader, Waker::noop()).is_pending());
    let message = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    streams.push(&Frame::Message(message.clone()), Some(&id(1)), true, 0.0);
    let text = format!("id: 1-1\nevent: message\ndata: {message}\n\n");
    assert_eq!(streams.poll_events(reader, Waker::noop()), Poll::Ready(Some(text)));
}

#[test]
fn an_answer_that_is_the_first_thing_to_be_sent_is_the_whole_answer() {
    let mut session = Session::new();
    let reader = session.open(1);
    assert!(session.beginning(reader).is_pending());
    session.respond(1);
    let Poll::Ready(Beginning::Whole(text)) = session.beginning(reader) else { panic!() };
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["id"], 1);

    let reader = session.open(2);
    session.report(2, 1);
    session.respond(2);
    assert_eq!(session.beginning(reader), Poll::Ready(Beginning::Stream));
}

#[test]
fn a_stream_of_several_requests_ends_when_all_are_answered() {
    let mut session = Session::new();
    let reader = session.streams.open(vec![id(1), id(2)]).unwrap();
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
    assert_eq!(session.streams.open(vec![id(1)]), None);
    assert_eq!(session.streams.open(vec![id(2), id(2)]), None);
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
    let reader = session.streams.resume("1-1").unwrap();
    assert_eq!(session.values(reader), ["2", "3", "answer 1"]);
    assert_eq!(session.read(reader), [None]);
    assert_eq!(session.values(other), ["100"]);
    // Again, for the connection may break again.
    session.streams.detach(reader);
    let reader = session.streams.resume("1-3").unwrap();
    assert_eq!(session.values(reader), ["answer 1"]);
}

#[test]
fn the_event_without_data_is_one_to_come_back_to() {
    let mut session = Session::new();
    let reader = session.open(1);
    session.read(reader);
    session.streams.detach(reader);
    session.respond(1);
    let reader = session.streams.resume("1-0").unwrap();
    assert_eq!(session.values(reader), ["answer 1"]);
}

#[test]
fn a_later_reader_takes_the_place_of_the_one_before() {
    let mut session = Session::new();
    let first = session.streams.listen();
    session.read(first);
    let second = session.streams.listen();
    session.changed();
    assert_eq!(session.read(first), [None]);
    assert_eq!(session.values(second), ["changed"]);
    // The end of the first is not the end of the second.
    session.streams.detach(first);
    session.changed();
    assert_eq!(session.values(second), ["changed"]);
}

#[test]
fn event_ids_that_are_none_lead_nowhere() {
    let mut session = Session::new();
    let reader = session.open(1);
    session.report(1, 1);
    for event in
        ["", "1", "1-", "-1", "x-1", "1-2", "2-0", "+1-1", "1-0x", "99999999999999999999-1"]
    {
        assert_eq!(session.streams.resume(event), Err(NoSuchEvent::Foreign), "{event}");
    }
    assert_eq!(session.values(reader), ["1"]);
}

#[test]
fn a_request_that_is_given_up_ends_its_stream_and_what_comes_later_is_dropped() {
    let mut session = Session::new();
    let (reader, get) = (session.open(1), session.streams.listen());
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
    let reader = session.streams.resume("1-0").unwrap();
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
    let reader = session.streams.resume("1-1").unwrap();
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
        session.respond(request);
        session.streams.detach(reader);
    }
    session.streams.expire(session.now);
    assert_eq!(session.streams.resume("1-0"), Err(NoSuchEvent::Gone));
    let reader = session.streams.resume("2-0").unwrap();
    session.now = 5000.0;
    session.streams.expire(session.now);
    assert_eq!(session.streams.resume("3-0"), Err(NoSuchEvent::Gone));
    assert_eq!(session.values(reader), ["answer 2"], "one that is being read stays");
}

#[test]
fn the_end_of_the_session_ends_every_stream() {
    let mut session = Session::new();
    let (reader, get) = (session.open(1), session.streams.listen());
    session.streams.close();
    assert_eq!(session.read(reader), [None]);
    assert_eq!(session.read(get), [None]);
    assert!(session.streams.is_closed());
}
