//! The stream of events against a reader that does it the simple way, cut at every byte.
#![cfg(not(target_arch = "wasm32"))]

use mcp_wasm::http::sse::EventStream;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a stream came to: the data of its events, the latest id, and the pause that it wants.
type Read = (Vec<Vec<u8>>, Option<String>, Option<f64>);

/// Reads a whole stream the way the standard tells it: decode, split, go line by line.
fn reference(bytes: &[u8]) -> Read {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // A line is a line whatever ends it; what no end follows is none.
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut after_cr = false;
    for &byte in bytes {
        match byte {
            b'\n' if after_cr => {}
            b'\n' | b'\r' => lines.push(std::mem::take(&mut line)),
            _ => line.push(byte),
        }
        after_cr = byte == b'\r';
    }
    let (mut events, mut last_id, mut retry) = (Vec::new(), None, None);
    let (mut data, mut kind, mut id) = (Vec::<Vec<u8>>::new(), Vec::new(), None);
    for line in lines {
        if line.is_empty() {
            last_id = id.take().or(last_id);
            let joined = data.join(&b'\n');
            if !joined.is_empty() && (kind.is_empty() || kind == b"message") {
                events.push(joined);
            }
            data.clear();
            kind.clear();
            continue;
        }
        let mut parts = line.splitn(2, |&byte| byte == b':');
        let name = parts.next().unwrap();
        let value = parts.next().unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value).to_vec();
        match name {
            b"data" => data.push(value),
            b"event" => kind = value,
            b"id" if !value.contains(&0) => {
                id = Some(value.iter().copied().map(char::from).collect());
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                retry = Some(String::from_utf8(value).unwrap().parse().unwrap());
            }
            _ => {}
        }
    }
    (events, last_id, retry)
}

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut stream = EventStream::default();
    let mut events = Vec::new();
    for chunk in chunks {
        stream.feed(chunk.to_vec());
        while let Some(data) = stream.event() {
            events.push(data.to_vec());
        }
    }
    (events, stream.last_id().map(str::to_owned), stream.retry())
}

/// The same by who keeps the data of events that are longer than `least` when a chunk ends, and how
/// much of it the stream had given away.
fn read_in_parts<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, least: usize) -> (Read, usize) {
    let mut stream = EventStream::default();
    let (mut events, mut kept, mut away) = (Vec::new(), Vec::new(), 0);
    for chunk in chunks {
        stream.feed(chunk.to_vec());
        while let Some(data) = stream.event().map(<[u8]>::to_vec) {
            kept.truncate(stream.given());
            kept.extend(data);
            events.push(std::mem::take(&mut kept));
        }
        if let Some(part) = stream.part(usize::MAX, least).map(|(part, _)| part.to_vec()) {
            kept.truncate(stream.given());
            kept.extend(&part);
            away += part.len();
        }
    }
    ((events, stream.last_id().map(str::to_owned), stream.retry()), away)
}

/// Everything that a stream may have in it.
const SAMPLE: &str = "\u{feff}: hello\nretry: 500\r\nid: é1\r\ndata: \r\n\r\nevent: message\rdata:{\"a\":1}\r\rdata: one\ndata:  two\ndata\ndata:three\n\nevent: ping\ndata: x\n\nid\ndata: größer 🎉\r\n\r\nid: 9\ndata: y\n\ndata: unfinished\n";

#[test]
fn a_stream_may_be_cut_at_every_byte_and_at_every_two() {
    let bytes = SAMPLE.as_bytes();
    let whole = reference(bytes);
    assert_eq!(whole.0.len(), 4);
    assert_eq!(whole.0[1], b"one\n two\n\nthree");
    assert_eq!(whole.2, Some(500.0));
    assert_eq!(read([bytes]), whole);
    for cut in 0..=bytes.len() {
        assert_eq!(read([&bytes[..cut], &bytes[cut..]]), whole, "cut at {cut}");
        for second in cut..=bytes.len() {
            let chunks = [&bytes[..cut], &bytes[cut..second], &bytes[second..]];
            assert_eq!(read(chunks), whole, "cut at {cut} and {second}");
            for least in [0, 1, 6, 9] {
                assert_eq!(read_in_parts(chunks, least).0, whole, "{least}: {cut} and {second}");
            }
        }
    }
    assert_eq!(read(bytes.chunks(1)), whole);
    assert_eq!(read_in_parts(bytes.chunks(1), 0).0, whole);
}

#[test]
fn of_a_large_event_no_more_stays_than_asked_for_and_a_chunk() {
    for line in [vec![b'x'; 1 << 20], b"x\ndata: ".repeat(1 << 17)] {
        let text = [b"data: ", &line[..], b"\n\n"].concat();
        let whole = reference(&text);
        for size in [100, 1000, 300_000] {
            let (read, away) = read_in_parts(text.chunks(size), 4096);
            assert_eq!(read, whole);
            let rest = whole.0[0].len() - away;
            assert!(rest <= 4096 + size, "{rest} bytes are left with chunks of {size}");
        }
    }
}

#[test]
fn what_goes_on_in_a_part_is_no_notification_by_itself() {
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    let mut stream = EventStream::default();
    stream.feed(b"data: 12345678".to_vec());
    assert!(stream.event().is_none());
    assert_eq!(stream.part(100, 4), Some((&b"12345678"[..], false)));
    stream.feed(format!("{progress}\n\ndata: {progress}\n\n").into_bytes());
    assert!(stream.progress(|_| None).is_none());
    assert_eq!((stream.event().map(<[u8]>::len), stream.given()), (Some(progress.len()), 8));
    assert_eq!((stream.event().map(<[u8]>::len), stream.given()), (Some(progress.len()), 0));
}

#[test]
fn the_limit_counts_what_was_given_in_parts() {
    let mut stream = EventStream::default();
    for (limit, is_cut) in [(15, false), (14, true)] {
        stream.feed(b"data: 1234567890".to_vec());
        assert!(stream.event().is_none());
        assert!(stream.part(100, 0).is_some());
        stream.feed(b"12345".to_vec());
        assert!(stream.event().is_none());
        assert_eq!(stream.cut(limit).is_some(), is_cut);
        stream.feed(b"\n\n".to_vec());
        assert_eq!(stream.event().is_none(), is_cut);
        assert!(is_cut || stream.given() == 10);
    }
}

#[test]
fn an_unfinished_event_is_dropped() {
    for end in ["", "\n", "\r", "\r\n"] {
        let text = format!("data: 1\n\ndata: 2{end}");
        assert_eq!(read([text.as_bytes()]).0, [b"1"]);
    }
}

#[test]
fn an_event_that_grows_beyond_the_limit_is_passed_over_and_the_stream_goes_on() {
    for (begin, line, end) in [
        ("data: ", "x", "\n\n"),
        ("id: 5\r\ndata:", "x", "\r\n\r\n"),
        ("data: head\n", "data: y\n", "\n"),
        (": ", "x", "\n\n"),
        ("event: other\ndata: ", "x", "\n\n"),
    ] {
        let mut stream = EventStream::default();
        stream.feed(format!("data: 1\n\n{begin}").into_bytes());
        assert_eq!(stream.event(), Some(&b"1"[..]));
        assert!(stream.event().is_none());
        let mut cuts = Vec::new();
        for _ in 0..500 {
            stream.feed(line.repeat(10).into_bytes());
            assert!(stream.event().is_none(), "{begin:?}");
            cuts.extend(stream.cut(1000));
        }
        assert_eq!(cuts.len(), 1, "{begin:?}: said once");
        let shown = String::from_utf8(cuts.remove(0)).unwrap();
        assert!(
            shown.is_empty() || shown.starts_with("xx") || shown.starts_with("head"),
            "{shown}"
        );
        stream.feed(format!("{end}data: 2\n\n").into_bytes());
        assert_eq!(stream.event(), Some(&b"2"[..]), "{begin:?}");
        assert!(stream.event().is_none());
    }
}

#[test]
fn what_is_within_the_limit_is_not_passed_over() {
    let mut stream = EventStream::default();
    stream.feed(b"data: 12345".to_vec());
    assert!(stream.event().is_none());
    assert_eq!(stream.cut(11), None);
    assert!(stream.cut(10).is_some());
    stream.feed(b"\n\ndata: 3\n\n".to_vec());
    assert_eq!(stream.event(), Some(&b"3"[..]));
}

#[test]
fn a_large_event_in_small_chunks_is_read_once() {
    let mut text = b"data: ".to_vec();
    text.extend(vec![b'x'; 4 << 20]);
    text.extend(b"\n\n");
    #[allow(clippy::disallowed_methods, reason = "this test is about time")]
    let start = std::time::Instant::now();
    let (events, ..) = read(text.chunks(4096));
    assert_eq!(events[0].len(), 4 << 20);
    assert!(start.elapsed().as_secs() < 20, "reading takes time that grows with the square");
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let field = select(vec![
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}",
        "data: x",
        "data:",
        "data",
        "data:  y",
        "event: message",
        "event: ping",
        "event",
        "id: 7",
        "id:",
        "id: a\0b",
        "retry: 10",
        "retry: x",
        "retry:",
        ": comment",
        ":",
        "other: 1",
        "data: é",
        "",
        "",
        "",
    ]);
    let end = select(vec!["\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\r\r"]);
    prop_oneof![
        9 => (field, end).prop_map(|(field, end)| [field.as_bytes(), end.as_bytes()].concat()),
        1 => vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_stream_is_read_as_the_standard_says(
        lines in vec(line(), 0..24),
        mark in any::<bool>(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        least in 0_usize..20,
    ) {
        let mut bytes = if mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        bytes.extend(lines.concat());
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for cut in cuts {
            chunks.push(&bytes[from..cut]);
            from = cut;
        }
        chunks.push(&bytes[from..]);
        let whole = reference(&bytes);
        prop_assert_eq!(read_in_parts(chunks.iter().copied(), least).0, whole.clone());
        prop_assert_eq!(read(chunks), whole);
    }
}
