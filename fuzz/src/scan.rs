//! The fast path against `serde_json`: whatever the scanner accepts, it reads as a parser does, from the
//! bytes of a text and from one byte for each of its UTF-16 units.

use std::ops::Range;

use mcp_wasm::proto::scan::{LONGEST, Scanned, parse_number, scan, units};
use serde_json::Value;

use super::page::marked;

/// The members that are told as numbers and spans of their own.
const KNOWN: [&str; 4] = ["progressToken", "progress", "total", "message"];

/// Scans a frame; fails if the parser sees it otherwise.
pub fn run(frame: &[u8]) {
    if check(frame).is_none() {
        check(String::from_utf8_lossy(frame).as_bytes());
    }
}

/// As [`run`], and tells what the scanner found.
pub fn check(frame: &[u8]) -> Option<Scanned> {
    let found = scan(frame, parse_number)?;
    let Ok(text) = str::from_utf8(frame) else {
        assert!(found.is_wide, "who reads bytes is told to look at them");
        return None;
    };
    assert!(found.is_wide || text.is_ascii());
    assert!(text.len() <= LONGEST);
    let Some(value) = parse(text) else { return Some(found) };
    assert_eq!(value["jsonrpc"], "2.0");
    assert_eq!(value["method"], "notifications/progress");
    for member in ["id", "result", "error"] {
        assert_eq!(value.get(member), None);
    }

    let params = value["params"].as_object().expect("`params` is an object");
    let given = |key| params.get(key).filter(|value| !value.is_null());
    let number = |key| given(key).map(|value| value.as_f64().expect("a number").to_bits());
    let token = params.get("progressToken").expect("a token");
    if found.is_text {
        assert_eq!(token.as_str(), Some(&*found.token.to_string()));
        assert!(found.token > 0);
    } else {
        assert_eq!(token.as_i64(), Some(found.token));
    }
    // In a page, a larger token is no integer any more.
    assert!((0..1 << 53).contains(&found.token));
    assert_eq!(number("progress"), Some(found.progress.to_bits()));
    assert_eq!(number("total"), found.total.map(f64::to_bits));
    assert!(found.progress.is_finite() && found.total.is_none_or(f64::is_finite));
    assert_eq!(given("message").map(Value::to_string).as_deref(), literal(text, &found).as_deref());
    let others = params.keys().any(|key| !KNOWN.contains(&key.as_str()));
    assert_eq!(found.params.is_some(), others);
    assert_eq!(parse(&text[found.all.clone()]).as_ref(), value.get("params"));
    if let Some(span) = found.params.clone() {
        assert_eq!(span, found.all);
    }

    // By UTF-16 units it is the same, its spans counted in them.
    let place = |at| units(&frame[..at]);
    let spans = |span: Option<Range<usize>>| span.map(|span| place(span.start)..place(span.end));
    let by_units = scan(&marked(text), parse_number);
    let message = spans(found.message.clone());
    assert_eq!(
        by_units,
        Some(Scanned {
            message,
            params: spans(found.params.clone()),
            all: place(found.all.start)..place(found.all.end),
            ..found.clone()
        })
    );
    Some(found)
}

/// The message as JSON, written as `serde_json` does.
fn literal(text: &str, found: &Scanned) -> Option<String> {
    let span = found.message.clone()?;
    assert_eq!(found.is_escaped, text[span.clone()].contains('\\'));
    parse(&text[span.start - 1..=span.end]).map(|message| message.to_string())
}

/// As `JSON.parse` does, for which half a surrogate pair is a character like any other: here it is
/// replaced. `None` if a number is too large for this parser.
fn parse(text: &str) -> Option<Value> {
    match serde_json::from_str(&mended(text)) {
        Ok(value) => Some(value),
        Err(error) if error.to_string().contains("out of range") => None,
        Err(error) => panic!("{error}: {text}"),
    }
}

/// The text with U+FFFD in the place of every half of a surrogate pair that is written as an escape.
fn mended(text: &str) -> String {
    let mut parts = text.split('\\').peekable();
    let mut whole = parts.next().unwrap_or_default().to_owned();
    // A backslash that is escaped begins nothing.
    let mut is_escaped = false;
    let mut high = None;
    while let Some(part) = parts.next() {
        whole.push('\\');
        let begins = !is_escaped;
        is_escaped = begins && part.is_empty() && parts.peek().is_some();
        let unit = part.get(1..5).filter(|_| begins && part.starts_with('u'));
        let unit = unit.and_then(|unit| u16::from_str_radix(unit, 16).ok());
        let from = whole.len();
        whole += part;
        match unit {
            Some(0xd800..0xdc00) => {
                whole.replace_range(from + 1..from + 5, "fffd");
                high = (part.len() == 5).then_some((from, part));
            }
            Some(0xdc00..0xe000) => {
                if let Some((at, part)) = high.take() {
                    whole.replace_range(at..at + 5, part);
                } else {
                    whole.replace_range(from + 1..from + 5, "fffd");
                }
            }
            _ => high = None,
        }
    }
    whole
}
