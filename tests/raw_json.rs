//! JSON that stays text reads as `serde_json` reads it, and is passed on as it came.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::items_after_statements)] // a type beside its only use

use std::collections::BTreeMap;

use mcp_wasm::jsonrpc::{Id, Kind, Payload, Raw, Unreadable, find_id};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn raw(text: &str) -> Raw {
    Raw::parse(text.to_owned()).unwrap_or_else(|why| panic!("{why}: {text}"))
}

fn tree(value: &Raw) -> Value {
    serde_json::from_str(&value.to_string()).expect("what is written is JSON")
}

/// Any JSON value, some of it odd.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-c]{0,2}",
        "\\PC{0,8}",
        Just("\u{1f600}\"\\\n\u{1}é\u{2028}".to_owned()),
        "[a-z]{1000,1300}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The value as text, with blanks, escapes and members that stand twice.
fn scribble(value: &Value, dice: &mut impl Iterator<Item = u8>, out: &mut String) {
    let blank = |dice: &mut dyn Iterator<Item = u8>| {
        ["", "", "", " ", "\n", "\t ", "\r\n"][usize::from(dice.next().unwrap_or(0)) % 7]
    };
    let string = |text: &str, dice: &mut dyn Iterator<Item = u8>| {
        if !dice.next().unwrap_or(0).is_multiple_of(3) {
            return serde_json::to_string(text).unwrap();
        }
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        format!("\"{}\"", units.collect::<String>())
    };
    out.push_str(blank(dice));
    match value {
        Value::String(text) => out.push_str(&string(text, dice)),
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                scribble(element, dice, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                if dice.next().unwrap_or(0).is_multiple_of(4) {
                    out.push_str(&(string(name, dice) + ":[{}, 7],"));
                }
                out.push_str(&string(name, dice));
                out.push_str(blank(dice));
                out.push(':');
                scribble(member, dice, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
    out.push_str(blank(dice));
}

/// All that can be asked is answered as the tree answers it.
fn same(raw: &Raw, value: &Value) {
    assert_eq!(raw.kind(), value.kind());
    assert_eq!(raw.as_text(), value.as_text());
    assert_eq!(raw.as_bool(), Payload::as_bool(value));
    assert_eq!(raw.as_f64().map(f64::to_bits), Payload::as_f64(value).map(f64::to_bits));
    assert_eq!(raw.as_id(), value.as_id());
    assert_eq!(raw.texts(), value.texts());
    for key in ["a", "b", "", "ab"] {
        let key: &'static str = key;
        assert_eq!(Payload::get(raw, key).map(|m| tree(&m)), Payload::get(value, key));
    }
    assert_eq!(raw.elements().map(|all| all.len()), value.elements().map(|all| all.len()));
    for (one, other) in raw.elements().iter().flatten().zip(value.elements().iter().flatten()) {
        same(one, other);
    }
    let (members, others) = (raw.entries(), value.entries());
    assert_eq!(members.is_some(), others.is_some());
    let (members, others) = (members.unwrap_or_default(), others.unwrap_or_default());
    assert_eq!(members.len(), others.len());
    for ((name, one), (other_name, other)) in members.iter().zip(&others) {
        assert_eq!(name, other_name);
        same(one, other);
    }
    assert_eq!(tree(raw), *value);
    assert!(!raw.to_string().contains(['\n', '\r']), "one line");
}

/// The bytes that stand for a value.
fn digest(value: &Raw) -> Vec<u8> {
    let mut all = Vec::new();
    assert!(value.digest(&mut |bytes| all.extend_from_slice(bytes)));
    all
}

/// The value with the members of all objects in the other order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(reversed).collect(),
        Value::Object(members) => {
            let members = members.iter().rev().map(|(name, value)| (name.clone(), reversed(value)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn equal_values_have_the_same_digest_and_others_another(
        value in any_json(),
        other in any_json(),
        dice in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut text = String::new();
        scribble(&reversed(&value), &mut dice.into_iter().cycle(), &mut text);
        let own = digest(&Raw::of(&value).unwrap());
        prop_assert_eq!(&digest(&raw(&text)), &own);
        prop_assert_eq!(digest(&Raw::of(&other).unwrap()) == own, other == value);
        let mut built = Raw::object();
        built.set("a", raw(&text));
        prop_assert_eq!(digest(&built), digest(&Raw::of(&json!({ "a": value })).unwrap()));
    }

    #[test]
    fn a_text_reads_as_the_tree_of_it(
        value in any_json(),
        dice in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut text = String::new();
        scribble(&value, &mut dice.into_iter().cycle(), &mut text);
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), &value);
        let raw = raw(&text);
        same(&raw, &value);
        prop_assert_eq!(&raw.to_value().unwrap(), &value);
        same(&Raw::of(&value).unwrap(), &value);
    }

    #[test]
    fn changes_to_a_text_are_those_to_the_tree(
        value in any_json(),
        other in any_json(),
        steps in prop::collection::vec((0..5_u8, 0..4_usize), 0..6),
        dice in prop::collection::vec(any::<u8>(), 64),
    ) {
        let (mut text, mut other_text) = (String::new(), String::new());
        let mut dice = dice.into_iter().cycle();
        scribble(&value, &mut dice, &mut text);
        scribble(&other, &mut dice, &mut other_text);
        let (mut one, mut two) = (raw(&text), value);
        let (more_raw, more) = (raw(&other_text), other);
        for (step, key) in steps {
            let key = ["a", "b", "", "c"][key];
            match step {
                0 => {
                    one.set(key, more_raw.clone());
                    two.set(key, more.clone());
                }
                1 => {
                    one.remove(key);
                    two.remove(key);
                }
                2 => {
                    one.assign(&more_raw);
                    two.assign(&more);
                }
                3 => {
                    one.set_text(key, "é\n\"");
                    two.set_text(key, "é\n\"");
                }
                _ => {
                    let members = vec![("x".to_owned(), one.clone()), ("x".to_owned(), one), ("y".to_owned(), Raw::boolean(true))];
                    one = Raw::from_members(members);
                    let members = vec![("x".to_owned(), two.clone()), ("x".to_owned(), two), ("y".to_owned(), Value::Bool(true))];
                    two = Value::from_members(members);
                }
            }
            // A member that is taken away and set again stands where it stood; that is nobody's business.
            prop_assert_eq!(tree(&one), two.clone());
        }
    }

    #[test]
    fn what_is_json_is_what_serde_json_takes(text in "[ \\[\\]{}\",:a0.\\\\ue1d8tfnE+-]{0,12}|\\[[0-9eE.+-]{1,8}\\]|\"\\\\u[dD][89c-f][0-9a-f]{2}(\\\\u[dD][89c-f][0-9a-f]{2})?\"") {
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => same(&raw(&text), &value),
            // A double has no room for it; as a text it is a number like any other.
            Err(error) if error.to_string().contains("number out of range") => {}
            Err(_) => prop_assert!(Raw::parse(text).is_err()),
        }
    }

    #[test]
    fn no_text_is_too_odd_to_be_searched(text in "\\PC*", json in any_json(), cut in 0.0..1.0) {
        let _ = find_id(&text);
        let mut json = json!({ "id": 1, "method": "m", "params": json }).to_string();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let mut end = (json.len() as f64 * cut) as usize;
        while !json.is_char_boundary(end) {
            end -= 1;
        }
        json.truncate(end);
        prop_assert_eq!(find_id(&json), None, "it is not whole");
    }
}

#[test]
fn depth_ends_where_serde_json_ends() {
    for depth in [1, 126, 127, 128, 129, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"\":", "}]")] {
            let (levels, is_pair) = (depth / open.matches(['[', '{']).count(), open.len() == 5);
            let inner = if is_pair || open.len() > 1 { "0" } else { "" };
            let text = [&open.repeat(levels), inner, &close.repeat(levels)].concat();
            let expected = serde_json::from_str::<Value>(&text).is_ok();
            assert_eq!(Raw::parse(text).is_ok(), expected, "{open} {depth}");
        }
    }
    assert_eq!(Raw::parse("[".repeat(128) + &"]".repeat(128)).err(), Some(Unreadable::Depth));
}

#[test]
fn numbers_keep_their_digits_whatever_they_are() {
    let long = "1".repeat(5000) + "." + &"3".repeat(5000) + "e-4990";
    for digits in ["1e999", "-0", "1.0", "1E2", "0.1000", "9007199254740993", &long] {
        let text = format!("{{\"n\":{digits}}}");
        let mut value = raw(&text);
        assert_eq!(value.get("n").unwrap().to_string(), digits);
        value.set_text("m", "x");
        assert_eq!(value.to_string(), format!("{{\"n\":{digits},\"m\":\"x\"}}"));
    }
    assert_eq!(raw("1e999").as_f64(), Some(f64::INFINITY));
    assert_eq!(raw("1e2").as_id(), Some(Id::Integer(100)));
    assert_eq!(raw("1.5").as_id(), None);
    assert_eq!(raw("9223372036854775807").as_id(), Some(Id::Integer(i64::MAX)));
}

#[test]
fn of_members_that_stand_twice_the_last_one_counts() {
    let mut twice = raw(r#"{"a":1,"\u0061":2,"b":0,"a":3}"#);
    assert_eq!(twice.get("a").and_then(|a| a.as_f64()), Some(3.0));
    let names: Vec<String> = twice.entries().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
    twice.set("a", Raw::boolean(true));
    assert_eq!(twice.to_string(), r#"{"a":true,"b":0}"#);
    twice.remove("a");
    assert_eq!(twice.to_string(), r#"{"b":0}"#);

    #[derive(Debug, Deserialize, PartialEq)]
    struct Own {
        a: u8,
    }
    assert_eq!(raw(r#"{"a":1,"a":2}"#).read::<Own>().unwrap(), Own { a: 2 });
}

#[test]
fn strings_that_stand_for_nothing_are_told_apart_from_what_is_no_json() {
    for (text, why) in [
        (r#"{"a":"\ud83d"}"#, Unreadable::Strings),
        (r#"{"\udc00":1}"#, Unreadable::Strings),
        (r#"["\ud83d\ud83d"]"#, Unreadable::Strings),
        (r#"["\ud83dx"]"#, Unreadable::Strings),
        (r#"["\x"]"#, Unreadable::Grammar),
        ("[\"\n\"]", Unreadable::Grammar),
        ("[1,]", Unreadable::Grammar),
        ("", Unreadable::Grammar),
    ] {
        assert_eq!(Raw::parse(text.to_owned()).err(), Some(why), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
    assert_eq!(raw(r#""\ud83d\ude00\/\b""#).as_text().as_deref(), Some("😀/\u{8}"));
}

#[test]
fn the_id_of_a_message_whose_strings_cannot_be_read_is_found() {
    for (text, id) in [
        (r#"{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":"\ud83d"}}"#, Some(Id::Integer(7))),
        (
            r#" {"params":{"id":9,"a":["\x"]} , "method":"m","id" : "seven" } "#,
            Some(Id::Text("seven".into())),
        ),
        ("\u{feff}{\"id\":1,\"method\":\"\u{1}\"}", Some(Id::Integer(1))),
        (r#"{"id":1,"method":"m","id":2,"x":"\q"}"#, Some(Id::Integer(2))),
        // No request, or not whole, or with an id that cannot be read.
        (r#"{"id":1,"result":{"a":"\ud83d"}}"#, None),
        (r#"{"id":1,"method":"m","params":{"a":"\ud83d"}"#, None),
        (r#"{"id":"\ud83d","method":"m"}"#, None),
        (r#"{"id":1.5,"method":"\ud83d"}"#, None),
        (r#"[{"id":1,"method":"\ud83d"}]"#, None),
        (r#"{"method":"\ud83d"}"#, None),
        ("", None),
        ("}", None),
    ] {
        assert_eq!(find_id(text), id, "{text}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let marked = raw("\u{feff} {\"a\":1}");
    assert_eq!(marked.to_string(), r#"{"a":1}"#);
    assert_eq!(marked.get("a").and_then(|a| a.as_f64()), Some(1.0));
    assert!(Raw::parse("\u{feff}").is_err());
}

#[test]
fn large_parts_are_found_at_every_depth() {
    let large = "x\\\"".repeat(1000);
    let mut value = json!({ "s": large, "a": [1, 2, 3] });
    for _ in 0..8 {
        value = json!({ "small": {}, "next": value, "after": [[], {}, large.clone()] });
    }
    same(&raw(&value.to_string()), &value);
    same(&raw(&serde_json::to_string_pretty(&value).unwrap()), &value);
}

#[test]
fn what_takes_many_times_its_text_is_not_read_and_the_rest_is() {
    let many = format!("[{}0]", "0,".repeat(1_000_000));
    let all = raw(&many);
    assert_eq!(all.read::<Vec<u8>>().unwrap().len(), 1_000_001);
    let error = all.read::<Value>().unwrap_err().to_string();
    assert!(error.contains("more than 5 times their text in memory"), "{error}");
    let inside = raw(&format!("{{\"any\":{many},\"own\":{many}}}"));

    #[derive(Deserialize)]
    struct Own {
        own: Vec<u8>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Any {
        any: Value,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Flat {
        #[serde(flatten)]
        all: BTreeMap<String, Value>,
    }
    assert_eq!(inside.read::<Own>().unwrap().own.len(), 1_000_001);
    assert!(inside.read::<Any>().is_err());
    assert!(inside.read::<Flat>().is_err());
    assert!(inside.read::<Map<String, Value>>().is_err());

    // A few long ones are fine, whatever they weigh, and so are thousands of short ones if somebody
    // wants them.
    let long = raw(&json!(vec!["x".repeat(10_000); 1000]).to_string());
    assert_eq!(long.to_value().unwrap().as_array().unwrap().len(), 1000);
    let short = raw(&json!(vec![0.5; 50_000]).to_string());
    assert_eq!(short.read_within::<Vec<Value>>(8 << 20).unwrap().len(), 50_000);
    let some = raw(&json!(vec![0.5; 2000]).to_string());
    assert_eq!(some.to_value().unwrap().as_array().unwrap().len(), 2000);

    // A name that serde_json keeps for itself is no way around the limit.
    let text = json!(many).to_string();
    let hidden = raw(&format!(r#"{{"any":{{"$serde_json::private::RawValue":{text}}}}}"#));
    assert!(hidden.read::<Any>().is_err());
    assert!(hidden.read::<Flat>().is_err());

    // What does not fit is not repeated at length.
    let long = raw(&format!(r#"{{"own":"{}"}}"#, "語".repeat(100_000)));
    let error = long.read::<Own>().map(|own| own.own).unwrap_err().to_string();
    assert!(error.starts_with("invalid type: string \"語語") && error.len() < 4096, "{error}");

    // What is passed over may be anything, and changes nothing about what comes behind it.
    let beside = raw(&format!(r#"{{"any":[1e999,{many},[[]]],"own":[{}0]}}"#, "0,".repeat(3000)));
    assert_eq!(beside.read::<Own>().unwrap().own.len(), 3001);
}

#[test]
fn a_part_may_stay_a_text() {
    #[derive(Deserialize)]
    struct Parts {
        a: Raw,
        b: Vec<Raw>,
        c: Option<Raw>,
        d: Vec<u16>,
    }
    let numbers = format!("[{}0]", "0,".repeat(2000));
    let all = raw(&format!(
        r#"{{ "a" : {{"n": 1.000000000000000000001, "n":2}}, "b":[1 , {numbers}], "c":null,"d":{numbers}}}"#
    ));
    let parts = all.read::<Parts>().unwrap();
    assert_eq!(parts.a.to_string(), r#"{"n": 1.000000000000000000001, "n":2}"#);
    assert_eq!(parts.b[1].to_string(), numbers);
    assert!(parts.c.is_none());
    assert_eq!(parts.d.len(), 2001);
    assert_eq!(serde_json::from_str::<Raw>("[1, 2]").unwrap().to_string(), "[1, 2]");
    assert!(serde_json::from_str::<Raw>(r#"["\ud83d"]"#).is_err());
}

#[test]
fn parts_of_a_text_share_it() {
    struct Held(String, #[allow(dead_code)] std::sync::Arc<()>);
    impl AsRef<str> for Held {
        fn as_ref(&self) -> &str {
            &self.0
        }
    }
    let count = std::sync::Arc::new(());
    let message = Raw::parse(Held(r#"{"a":{"b":[1,2]}}"#.to_owned(), count.clone())).unwrap();
    let part = message.at(&["a", "b"]).unwrap();
    drop(message);
    assert_eq!(std::sync::Arc::strong_count(&count), 2, "a part is in use");
    assert_eq!(part.to_string(), "[1,2]");
    drop(part);
    assert_eq!(std::sync::Arc::strong_count(&count), 1, "and now none is");
    assert_eq!(Raw::object().kind(), Kind::Object);
}
