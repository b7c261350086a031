//! What a message says of itself at the top, for one that is too large to be read.

use super::Id;

/// Whose a message is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Its id, if that is one.
    pub id: Option<Id>,
    /// Whether it answers a request.
    pub answers: bool,
}

/// Reads the members at the top of a JSON text, which may have been cut off.
///
/// A page does it in JavaScript, where the text is (`base/size.js`); `tests/data/outlines.json` holds the
/// two together.
///
/// ```
/// use mcp_wasm::jsonrpc::{Id, outline};
///
/// let found = outline(br#"{"jsonrpc":"2.0","result":{"id":1,"text":""},"id":7}"#);
/// assert_eq!((found.id, found.answers), (Some(Id::Integer(7)), true));
/// let found = outline(br#"{"jsonrpc":"2.0","id":7,"method":"x","params":["#);
/// assert_eq!((found.id, found.answers), (Some(Id::Integer(7)), false));
/// ```
pub fn outline(text: &[u8]) -> Outline {
    let mut found = Outline::default();
    let (mut depth, mut rest) = (0_usize, text);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let (word, after) = string(rest);
                rest = after;
                let Some(value) = value_after(after).filter(|_| depth == 1) else { continue };
                match word {
                    b"id" => found.id = id(value),
                    b"result" | b"error" => found.answers = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// The string that has begun, as it is written, and what comes behind it.
fn string(text: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                return (
                    text.get(..at).unwrap_or_default(),
                    text.get(at + 1..).unwrap_or_default(),
                );
            }
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (&[], &[])
}

/// What stands behind the colon, if there is one.
fn value_after(text: &[u8]) -> Option<&[u8]> {
    Some(text.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start())
}

fn id(value: &[u8]) -> Option<Id> {
    if let Some(text) = value.strip_prefix(b"\"") {
        let (text, _) = string(text);
        let plain = text.len() < 100 && !text.contains(&b'\\');
        return std::str::from_utf8(text).ok().filter(|_| plain).map(|text| Id::Text(text.into()));
    }
    let end = value.iter().position(|byte| !matches!(byte, b'-' | b'0'..=b'9'));
    let digits = std::str::from_utf8(value.get(..end.unwrap_or(value.len()))?).ok()?;
    digits.parse().ok().map(Id::Integer)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::{fs, path::Path};

    use serde_json::Value;

    use super::*;

    /// The other half is in `tests/node/errors.test.mjs`.
    #[test]
    fn a_message_that_is_not_read_is_told_as_the_npm_package_tells_it() {
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/outlines.json");
        let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(list).unwrap()).unwrap();
        assert!(cases.len() > 10);
        for case in cases {
            let found = outline(case["text"].as_str().unwrap().as_bytes());
            let id = case.get("id").map(|id| match id {
                Value::String(text) => Id::Text(text.as_str().into()),
                number => Id::Integer(number.as_i64().unwrap()),
            });
            assert_eq!((found.id, found.answers), (id, case["answers"] == true), "{case}");
        }
    }
}
