//! Header names and values of Streamable HTTP.

use crate::proto::Millis;
use crate::types::method;

/// The revision that a message is written in.
pub const VERSION: &str = "MCP-Protocol-Version";
/// The method of a request; 2026-07-28.
pub const METHOD: &str = "Mcp-Method";
/// What a request is about: a tool, a prompt, a resource, a task; 2026-07-28.
pub const NAME: &str = "Mcp-Name";
/// Begins the names of headers that repeat arguments of a tool; 2026-07-28.
pub const PARAM: &str = "Mcp-Param-";
/// The session; before 2026-07-28.
pub const SESSION: &str = "Mcp-Session-Id";
/// Where a stream of events is to go on; before 2026-07-28.
pub const LAST_EVENT: &str = "Last-Event-ID";
/// The content type of a message.
pub const JSON: &str = "application/json";
/// The content type of a stream of messages.
pub const EVENTS: &str = "text/event-stream";

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text as the value of a header: as it is if it survives the way, otherwise in Base64.
///
/// Browsers trim blanks without a word and send `é` as one byte, so nothing but visible ASCII, with
/// blanks inside, goes as it is.
///
/// ```
/// use mcp_wasm::http::headers::encode;
///
/// assert_eq!(encode("file:///a%20b"), "file:///a%20b");
/// assert_eq!(encode("é"), "=?base64?w6k=?=");
/// ```
pub fn encode(text: &str) -> String {
    let bytes = text.as_bytes();
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let plain = bytes.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let marked = text.starts_with(PREFIX) && text.ends_with(SUFFIX);
    if plain && !marked && !blank(bytes.first()) && !blank(bytes.last()) {
        return text.to_owned();
    }
    let mut value = PREFIX.to_owned();
    for group in bytes.chunks(3) {
        let byte = |at| usize::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for sextet in 0..4 {
            let digit = ALPHABET.get(bits >> (18 - 6 * sextet) & 63).copied().unwrap_or(b'=');
            value.push(char::from(if sextet > group.len() { b'=' } else { digit }));
        }
    }
    value.push_str(SUFFIX);
    value
}

/// How many milliseconds a header `Retry-After` asks for: it holds seconds, or a date, of which `until` says how
/// far away it is.
///
/// ```
/// use mcp_wasm::http::headers::retry_after;
///
/// let no_date = |_: &str| None;
/// assert_eq!(retry_after(" 1.5 ", no_date), Some(1_500.0));
/// assert_eq!(retry_after("-1", no_date), None);
/// // What is over need not be waited for.
/// assert_eq!(retry_after("Fri, 31 Dec 1999 23:59:59 GMT", |_| Some(-3.0)), Some(0.0));
/// assert_eq!(retry_after("", |_| Some(3.0)), None);
/// ```
pub fn retry_after(value: &str, until: impl FnOnce(&str) -> Option<Millis>) -> Option<Millis> {
    let value = value.trim();
    let seconds = value.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    let after = match seconds {
        Some(seconds) => seconds * 1_000.0,
        None => until(value).filter(|_| !value.is_empty())?,
    };
    Some(after.max(0.0))
}

/// What a request is about, by its method: the member of its parameters that [`NAME`] repeats.
pub(crate) fn naming(method: &str) -> Option<&'static str> {
    match method {
        method::CALL_TOOL | method::GET_PROMPT => Some("name"),
        method::READ_RESOURCE => Some("uri"),
        _ if method.starts_with(method::TASKS) => Some("taskId"),
        _ => None,
    }
}

/// Whether a content type names that media type, whatever its parameters and case.
///
/// ```
/// use mcp_wasm::http::headers::{JSON, is_media};
///
/// assert!(is_media("Application/JSON ; charset=utf-8", JSON));
/// assert!(!is_media("application/jsonp", JSON));
/// ```
pub fn is_media(content_type: &str, media: &str) -> bool {
    let bytes = content_type.as_bytes();
    let named = bytes.get(..media.len()).unwrap_or_default();
    named.eq_ignore_ascii_case(media.as_bytes())
        && matches!(bytes.get(media.len()), None | Some(b';' | b' ' | b'\t'))
}

/// Whether a name can be part of a header's name.
pub fn is_token(name: &str) -> bool {
    let marks = b"!#$%&'*+-.^_`|~";
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
}
