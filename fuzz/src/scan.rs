//! The fast path against `serde_json`: whatever the scanner accepts, it reads as a parser does.

use mcp_wasm::proto::scan::{Scanned, scan};
use serde_json::Value;

/// Scans a frame; fails if the parser sees it otherwise.
pub fn run(frame: &[u8]) {
    check(frame);
}

/// As [`run`], and tells what the scanner found.
pub fn check(frame: &[u8]) -> Option<Scanned> {
    let found = scan(frame)?;
    let text = str::from_utf8(frame).expect("only ASCII is scanned");
    assert!(text.is_ascii());
    let value: Value = serde_json::from_str(text).expect("only JSON is scanned");
    assert_eq!(value["jsonrpc"], "2.0");
    assert_eq!(value["method"], "notifications/progress");
    assert_eq!(value.as_object().map(serde_json::Map::len), Some(3), "no other member");

    let params = value["params"].as_object().expect("`params` is an object");
    let number = |key| params.get(key).map(|value| value.as_f64().expect("a number").to_bits());
    assert_eq!(params.get("progressToken").and_then(Value::as_i64), Some(found.token));
    // In a page, a larger token is no integer any more.
    assert!((0..1 << 53).contains(&found.token));
    assert_eq!(number("progress"), Some(found.progress.to_bits()));
    assert_eq!(number("total"), found.total.map(f64::to_bits));
    let message = found.message.clone().map(|span| &text[span]);
    assert_eq!(params.get("message").map(|text| text.as_str().expect("a string")), message);
    let members = 2 + usize::from(found.total.is_some()) + usize::from(found.message.is_some());
    assert_eq!(params.len(), members, "no other member");
    Some(found)
}
