//! From an HTTP request to a JSON value.

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::timeout;

use super::events;
use crate::{
    http::server::{Lookup, Refusal, RequestHeaders},
    jsonrpc::code,
    native::Options,
};

const JSON: &str = "application/json";

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
) -> Result<Value, Refusal> {
    let refuse = |status, text: &str| Err(Refusal::new(status, code::INVALID_REQUEST, text));
    match headers.find("content-type") {
        Lookup::Text(text) if media_type(text).eq_ignore_ascii_case(JSON) => {}
        _ => return refuse(415, "`Content-Type` is not application/json"),
    }
    if !accepts(headers, JSON) || !accepts(headers, events::TYPE) {
        return refuse(406, "`Accept` does not name both application/json and text/event-stream");
    }
    let Ok(bytes) = timeout(options.body_timeout, collect(headers, body, options)).await else {
        return refuse(408, "the body did not arrive in time");
    };
    serde_json::from_slice(&bytes?)
        .map_err(|_| Refusal::new(400, code::PARSE_ERROR, "the body is not JSON"))
}

async fn collect(headers: &HeaderMap, body: Body, options: &Options) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        let text = format!("the body has more than {} bytes", options.max_message);
        Err(Refusal::new(413, code::INVALID_REQUEST, text))
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse().ok()).unwrap_or(0_usize);
    if announced > options.max_message {
        return too_large();
    }
    // What is announced costs nobody anything, so it is not believed beyond a modest size.
    let mut bytes = Vec::with_capacity(announced.min(64 << 10));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Err(Refusal::new(400, code::INVALID_REQUEST, "the body broke off"));
        };
        if bytes.len() + chunk.len() > options.max_message {
            return too_large();
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Whether an answer of this media type can be read. Who says nothing reads everything.
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let mut all = headers.get_all(header::ACCEPT).iter().peekable();
    if all.peek().is_none() {
        return true;
    }
    all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|range| {
        let (kind, _) = wanted.split_once('/').unwrap_or_default();
        let range = media_type(range);
        range == "*/*"
            || range.eq_ignore_ascii_case(wanted)
            || range.strip_suffix("/*").is_some_and(|prefix| prefix.eq_ignore_ascii_case(kind))
    })
}

/// A media type without its parameters.
fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}
