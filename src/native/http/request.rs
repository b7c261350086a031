//! From an HTTP request to the message in it.

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use std::{future::poll_fn, task::ready};

use futures_util::StreamExt;
use tokio::time::timeout;

use crate::{
    http::{
        headers::{EVENTS, JSON, is_media},
        server::{Lookup, Refusal, RequestHeaders},
    },
    jsonrpc::{Id, Raw, Unreadable, code, find_id},
    native::{
        Options,
        reading::{Counter, Held},
    },
    server::Busy,
};

impl RequestHeaders for HeaderMap {
    fn find(&self, name: &str) -> Lookup<'_> {
        let mut all = self.get_all(name).iter();
        let Some(first) = all.next() else {
            return Lookup::Absent;
        };
        match first.to_str() {
            Ok(text) if all.all(|other| other == first) => Lookup::Text(text.trim()),
            _ => Lookup::Unreadable,
        }
    }
}

/// Reads the body of a POST, if its headers promise a message and the answer can be read.
pub(super) async fn read(
    options: &Options,
    headers: &HeaderMap,
    body: Body,
    mut counter: Counter,
) -> Result<Raw, Refusal> {
    let refuse = |status, text: &str| Err(Refusal::new(status, code::INVALID_REQUEST, text));
    match headers.find("content-type") {
        Lookup::Text(text) if is_media(text, JSON) => {}
        _ => return refuse(415, "`Content-Type` is not application/json"),
    }
    match headers.find("content-encoding") {
        Lookup::Absent => {}
        Lookup::Text(text) if text.eq_ignore_ascii_case("identity") => {}
        _ => return refuse(415, "`Content-Encoding` is not identity: send the body as it is"),
    }
    if !accepts(headers, JSON) || !accepts(headers, EVENTS) {
        return refuse(406, "`Accept` does not name both application/json and text/event-stream");
    }
    let collecting = collect(headers, body, options, &mut counter);
    let Ok(bytes) = timeout(options.body_timeout, collecting).await else {
        return refuse(408, "the body did not arrive in time");
    };
    match String::from_utf8(bytes?) {
        Ok(text) => {
            let text = Held::new(text, counter.finish());
            Raw::take(text).map_err(|(text, why)| unreadable(why, find_id(text.as_ref())))
        }
        Err(error) => {
            let text = String::from_utf8_lossy(error.as_bytes());
            Err(unreadable(Unreadable::Encoding, find_id(&text)))
        }
    }
}

fn unreadable(why: Unreadable, id: Option<Id>) -> Refusal {
    Refusal::of_request(400, id, code::PARSE_ERROR, format!("the body cannot be read: {why}"))
}

async fn collect(
    headers: &HeaderMap,
    body: Body,
    options: &Options,
    counter: &mut Counter,
) -> Result<Vec<u8>, Refusal> {
    let limit = options.max_message;
    let too_large = || {
        let text = format!("the body has more than {limit} bytes");
        Err(Refusal::new(413, code::INVALID_REQUEST, text))
    };
    // Who is told while it still sends may not hear it. So what is too large is read, and not kept;
    // unless it is far too large.
    let absurd = limit.saturating_mul(4);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse().ok()).unwrap_or(0_usize);
    if announced > absurd {
        return too_large();
    }
    // What is announced costs nobody anything, so it is not believed beyond a modest size.
    let mut bytes = Vec::with_capacity(announced.min(64 << 10));
    let mut count = 0;
    let mut chunks = body.into_data_stream();
    loop {
        // The body is not read further until there is room.
        let chunk = poll_fn(|cx| {
            let room = ready!(counter.poll_room(cx));
            room.map_or_else(|busy| Err(busy).into(), |()| chunks.poll_next_unpin(cx).map(Ok))
        });
        let chunk = chunk.await.map_err(|Busy| {
            let text = "too much is being read: try again later, or send faster";
            Refusal::busy(503, None, text, 1000.0)
        })?;
        let Some(chunk) = chunk else { break };
        let Ok(chunk) = chunk else {
            return Err(Refusal::new(400, code::INVALID_REQUEST, "the body broke off"));
        };
        count += chunk.len();
        if count <= limit {
            bytes.extend_from_slice(&chunk);
            counter.add(chunk.len());
        } else if count > absurd {
            break;
        } else {
            bytes = Vec::new();
            counter.finish();
        }
    }
    if count > limit { too_large() } else { Ok(bytes) }
}

/// Whether an answer of this media type can be read. Who says nothing reads everything.
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let mut all = headers.get_all(header::ACCEPT).iter().peekable();
    if all.peek().is_none() {
        return true;
    }
    all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|range| {
        let (kind, _) = wanted.split_once('/').unwrap_or_default();
        let range = range.split(';').next().unwrap_or_default().trim();
        range == "*/*"
            || range.eq_ignore_ascii_case(wanted)
            || range.strip_suffix("/*").is_some_and(|prefix| prefix.eq_ignore_ascii_case(kind))
    })
}
