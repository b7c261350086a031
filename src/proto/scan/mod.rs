//! The fast path: reads a progress notification out of its frame in one pass, without building a JSON
//! value.
//!
//! It takes what real servers write: members in any order, white space, messages in any script, with
//! escapes, and members that it does not know. What it does not decode itself it tells as a span. Anything
//! odd (an id, a member that comes twice, a token that is none of ours, text that is no JSON) is `None`,
//! and the frame takes the general path. What it does accept it reads exactly as `JSON.parse` would; a
//! property test and a fuzz target hold the two together.

mod bytes;
mod cursor;
mod found;
mod number;
mod progress;
mod value;

pub(crate) use bytes::after;
pub use bytes::units;
pub use found::{ReadNumber, Scanned, parse_number};

use bytes::HIGHEST;
use cursor::Cursor;

/// The longest frame that is worth scanning, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// Reads a frame; `None` sends it down the general path. Any byte beyond ASCII may stand for a character
/// beyond it, so that a frame can be scanned with one byte for each of its UTF-16 units.
///
/// ```
/// use mcp_wasm::proto::scan::{parse_number, scan};
///
/// let frame = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":3.0,"total":10}}"#;
/// let found = scan(frame, parse_number).unwrap();
/// assert_eq!((found.token, found.progress, found.total), (7, 3.0, Some(10.0)));
/// assert_eq!(scan(br#"{"jsonrpc":"2.0","id":7,"result":{}}"#, parse_number), None);
/// ```
pub fn scan(frame: &[u8], read_number: ReadNumber) -> Option<Scanned> {
    let (found, end) = scan_start(frame, read_number)?;
    (end == frame.len()).then_some(found)
}

/// Reads a frame at the start of `text`; returns where it ends, too.
#[inline(always)]
#[allow(clippy::inline_always)] // as below: see `Cursor`
pub fn scan_start(text: &[u8], read_number: ReadNumber) -> Option<(Scanned, usize)> {
    let text = text.get(..LONGEST).unwrap_or(text);
    let found = Scanned::default();
    let mut cursor = Cursor { frame: text, at: 0, is_escaped: false, wide: 0, found, read_number };
    let end = cursor.frame()?;
    cursor.found.is_wide = cursor.wide & HIGHEST != 0;
    Some((cursor.found, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(params: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{{params}}}}}"#)
    }

    fn read(frame: &str) -> Option<Scanned> {
        scan(frame.as_bytes(), parse_number)
    }

    #[test]
    fn members_may_come_in_any_order_and_with_white_space() {
        let text = " {\n\"params\" : { \"message\": \"half way\", \"total\":2,\"progress\": 1.0,\
                    \"progressToken\":12 } ,\"method\":\"notifications/progress\",\t\"jsonrpc\":\"2.0\"}";
        let found = read(text).unwrap();
        assert_eq!((found.token, found.progress, found.total), (12, 1.0, Some(2.0)));
        assert_eq!(&text[found.message.unwrap()], "half way");
        assert!(!found.is_escaped && !found.is_text && found.params.is_none());
    }

    #[test]
    fn messages_are_read_in_any_script_and_with_escapes() {
        for (message, escaped) in [
            ("", false),
            ("Größe", false),
            ("Обработка элемента", false),
            ("🚀 ✅", false),
            ("\u{7f}\u{2028}", false),
            (r#"a\"b"#, true),
            (r"\u00c9l\u00E9ment \ud83d", true),
            (r"\\", true),
            (r"a\/\b\f\n\r\t", true),
        ] {
            let text = frame(&format!(r#""progressToken":1,"progress":1,"message":"{message}""#));
            let found = read(&text).unwrap();
            assert_eq!(&text[found.message.unwrap()], message);
            assert_eq!(found.is_escaped, escaped, "{message}");
        }
    }

    #[test]
    fn unknown_members_are_passed_over_and_the_params_told_as_a_span() {
        for more in [
            r#""_meta":{"a/b":{"c":[1,-2.5e+3,{}],"d":true},"e":[],"f":null}"#,
            r#""stage":"copy\u0069ng \"it\"""#,
            r#""größe" : [ [ [ ] , { "a" : "\\" } ] , 00 ]"#.replace("00", "0").as_str(),
            r#""__proto__":false"#,
            r#""x":1,"x":2"#,
        ] {
            for params in [
                format!(r#"{more},"progressToken":1,"progress":1"#),
                format!(r#""progressToken":1,{more},"progress":1"#),
                format!(r#""progressToken":1,"progress":1,{more}"#),
            ] {
                let text = frame(&params);
                let found = read(&text).unwrap_or_else(|| panic!("{text}"));
                assert_eq!(&text[found.params.unwrap()], format!("{{{params}}}"));
            }
        }
        let text = r#"{"jsonrpc":"2.0","trace":{"a":1},"method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
        assert_eq!(read(text).unwrap().params, None, "beside the params they are nobody's");
    }

    #[test]
    fn an_absent_total_or_message_may_be_null() {
        let found =
            read(&frame(r#""progressToken":1,"progress":1,"total":null,"message":null"#)).unwrap();
        assert_eq!((found.total, found.message, found.params), (None, None, None));
    }

    #[test]
    fn a_token_may_be_the_text_of_an_integer() {
        let found = read(&frame(r#""progressToken":"12","progress":1"#)).unwrap();
        assert_eq!((found.token, found.is_text), (12, true));
    }

    #[test]
    fn numbers_are_read_exactly() {
        for text in [
            "0",
            "0.0",
            "-0",
            "55.00000000000001",
            "0.1",
            "123456789.125",
            "-3",
            "9007199254740992",
            "9007199254740993",
            "9007199254740993.0",
            "14.285714285714286",
            "30.000000000000004",
            "0.30000000000000004",
            "99999999999999999.5",
            "9007199254740993.5",
            "4503599627370497.5",
            "4503599627370496.25",
            "0.015625000000000001",
            "1e3",
            "1.5E-7",
            "5e-324",
            "0.0001234567890123456789",
            "123456789012345678901234567890",
            "18446744073709551617.25",
            "-22696193469829415000000000000000000000000000000000000000000000000000000000000000000",
        ] {
            let found = read(&frame(&format!(r#""progressToken":1,"progress":{text}"#))).unwrap();
            assert_eq!(found.progress.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn what_a_browser_must_round_is_rare() {
        fn never(text: &str) -> Option<f64> {
            panic!("{text}")
        }
        for i in 1..=1000 {
            for n in 1..=60 {
                let value = f64::from(i) / f64::from(n) * 10.0;
                let text = frame(&format!(r#""progressToken":1,"progress":{value}"#));
                let found = scan(text.as_bytes(), never).unwrap();
                assert_eq!(found.progress.to_bits(), value.to_bits(), "{value}");
            }
        }
    }

    #[test]
    fn anything_odd_takes_the_general_path() {
        let deep =
            format!(r#""progressToken":1,"progress":1,"x":{}{}"#, "[".repeat(65), "]".repeat(65));
        for params in [
            r#""progressToken":1"#,
            r#""progress":1"#,
            r#""progressToken":"x1","progress":1"#,
            r#""progressToken":"01","progress":1"#,
            r#""progressToken":"0","progress":1"#,
            r#""progressToken":"1.0","progress":1"#,
            r#""progressToken":" 1","progress":1"#,
            r#""progressToken":"1,"progress":1"#,
            r#""progressToken":"\u0031","progress":1"#,
            r#""progressToken":1.5,"progress":1"#,
            r#""progressToken":-1,"progress":1"#,
            r#""progressToken":01,"progress":1"#,
            r#""progressToken":1,"progress":1,"progress":2"#,
            r#""progressToken":1,"progress":1,"pro\u0067ress":2"#,
            r#""progressToken":1,"progress":1,"total":2,"total":null"#,
            r#""progressToken":1,"progress":1,"message":"a","message":null"#,
            r#""progressToken":1,"progress":1e400"#,
            r#""progressToken":1,"progress":1e"#,
            r#""progressToken":1,"progress":1e+"#,
            r#""progressToken":1,"progress":"1""#,
            r#""progressToken":1,"progress":null"#,
            r#""progressToken":1,"progress":00.5"#,
            r#""progressToken":1,"progress":1."#,
            r#""progressToken":1,"progress":.5"#,
            r#""progressToken":1,"progress":1,"total":nul"#,
            r#""progressToken":1,"progress":1,"message":7"#,
            r#""progressToken":1,"progress":1,"message":"a\x""#,
            r#""progressToken":1,"progress":1,"message":"\u00g0""#,
            r#""progressToken":1,"progress":1,"message":"\u00e""#,
            "\"progressToken\":1,\"progress\":1,\"message\":\"a\nb\"",
            r#""progressToken":1,"progress":1,"extra":01"#,
            r#""progressToken":1,"progress":1,"extra":[1,]"#,
            r#""progressToken":1,"progress":1,"extra":{"a":1,}"#,
            r#""progressToken":1,"progress":1,"extra":{"a"}"#,
            r#""progressToken":1,"progress":1,"extra":{1:1}"#,
            r#""progressToken":1,"progress":1,"extra":[1}"#,
            r#""progressToken":1,"progress":1,"extra":tru"#,
            r#""progressToken":1,"progress":1,"extra":"#,
            r#""progressToken":1,"progress":1,"_meta":{"io.modelcontextprotocol/subscriptionId":1}"#,
            r#""progressToken":1,"progress":1,"_meta":{"io.modelcontextprotocol\/subscriptionId":1}"#,
            r#""progressToken":1,"progress":1,"#,
            "",
            &deep,
        ] {
            assert_eq!(read(&frame(params)), None, "{params}");
        }
        let good = frame(r#""progressToken":1,"progress":1,"x":[{"a":"b"},-1.5e3,null]"#);
        assert!(read(&good).is_some());
        for cut in 0..good.len() {
            assert_eq!(read(&good[..cut]), None);
        }
        assert_eq!(read(&format!("{good}x")), None);
        for member in [r#""id":1"#, r#""id":null"#, r#""result":{}"#, r#""error":{}"#] {
            assert_eq!(read(&good.replacen('{', &format!("{{{member},"), 1)), None, "{member}");
        }
    }
}
