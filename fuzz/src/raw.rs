//! A JSON text that is kept as it is, against the tree that `serde_json` makes of it; and the message
//! in it, read out of both.

use mcp_wasm::jsonrpc::{Message, Payload, Raw, RpcError, Unreadable, find_id};
use serde_json::Value;

/// Reads a text both ways; fails if they differ.
pub fn run(bytes: &[u8]) {
    let lossy = String::from_utf8_lossy(bytes);
    let _ = find_id(&lossy);
    let Ok(text) = str::from_utf8(bytes) else { return };
    let tree = serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(text));
    match (Raw::parse(text.to_owned()), tree) {
        (Ok(raw), Ok(tree)) => {
            same(&raw, &tree);
            assert_eq!(message(&raw, read), message(&tree, Value::clone));
        }
        // It is JSON, but its number is none that a tree can hold.
        (Ok(_), Err(error)) => assert!(error.to_string().contains("out of range"), "{error}"),
        (Err(why), Ok(_)) => panic!("what is JSON is taken: {why}"),
        (Err(why), Err(_)) => assert!(!matches!(why, Unreadable::Size | Unreadable::Busy)),
    }
}

fn read(raw: &Raw) -> Value {
    serde_json::from_str(&raw.as_json()).expect("a part of JSON is JSON")
}

/// All that can be asked of it.
fn same(raw: &Raw, tree: &Value) {
    assert_eq!(raw.kind(), tree.kind());
    assert_eq!(raw.as_text(), tree.as_text());
    assert_eq!(raw.as_bool(), Payload::as_bool(tree));
    assert_eq!(raw.as_f64().map(f64::to_bits), Payload::as_f64(tree).map(f64::to_bits));
    assert_eq!(raw.as_id(), tree.as_id());
    assert_eq!(raw.texts(), tree.texts());
    let (parts, others) = (raw.elements(), tree.elements());
    assert_eq!(parts.as_ref().map(Vec::len), others.as_ref().map(Vec::len));
    for (part, other) in parts.iter().flatten().zip(others.iter().flatten()) {
        same(part, other);
    }
    let (parts, others) = (raw.entries(), tree.entries());
    assert_eq!(parts.as_ref().map(Vec::len), others.as_ref().map(Vec::len));
    for ((name, part), (other_name, other)) in parts.iter().flatten().zip(others.iter().flatten()) {
        assert_eq!(name, other_name);
        same(part, other);
    }
    assert_eq!(read(raw), *tree);
}

/// What there is to a message, in words.
fn message<P: Payload>(body: &P, tree: impl Fn(&P) -> Value) -> String {
    let params = |params: &Option<P>| params.as_ref().map(&tree);
    match Message::read(body) {
        Ok(Message::Request { id, method, params: all }) => {
            format!("request {id:?} {method} {:?}", params(&all))
        }
        Ok(Message::Notification { method, params: all }) => {
            format!("notification {method} {:?}", params(&all))
        }
        Ok(Message::Response { id, outcome: Ok(result) }) => {
            format!("result {id:?} {:?}", tree(&result))
        }
        Ok(Message::Response { id, outcome: Err(RpcError { code, message, data }) }) => {
            format!("error {id:?} {code} {message} {:?}", params(&data))
        }
        Err(malformed) => format!("{malformed:?}"),
    }
}
