//! URI templates (RFC 6570, level 1): matching a URI, and taking its variables out.
//!
//! `percent-encoding` would decode, but then an encoded `/` could not be told from a plain one any more:
//! here each character remembers how it was spelled.

/// A character of a URI, whichever of its spellings was used (RFC 3986, 6.2.2): what may stand for
/// itself is the same percent-encoded, what means something else then is not.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Plain(char),
    Encoded(u8),
}

/// A parsed template.
pub(super) struct Template {
    /// Literal texts and variables, in turn; it starts and ends with a text, perhaps an empty one.
    texts: Vec<Vec<Unit>>,
    names: Vec<String>,
}

impl Template {
    /// Reads a template. `Err` says what is wrong with it.
    pub(super) fn parse(template: &str) -> Result<Self, &'static str> {
        let (mut texts, mut names) = (Vec::new(), Vec::<String>::new());
        let mut rest = template;
        while let Some((text, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}').ok_or("a `{` without its `}`")?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-';
            if name.is_empty() || !name.chars().all(is_plain) {
                return Err("only `{name}` is understood, no operators or lists");
            }
            if text.is_empty() && !names.is_empty() {
                return Err("two variables side by side cannot be told apart");
            }
            if names.iter().any(|known| known == name) {
                return Err("a variable that stands twice");
            }
            texts.push(units(text).0);
            names.push(name.to_owned());
            rest = behind;
        }
        // Only those of variables are left out.
        if template.matches('}').count() > names.len() {
            return Err("a `}` without its `{`");
        }
        texts.push(units(rest).0);
        Ok(Self { texts, names })
    }

    pub(super) fn has(&self, variable: &str) -> bool {
        self.names.iter().any(|name| name == variable)
    }

    /// The variables of a URI of this pattern, decoded. A variable is never empty, and ends at the
    /// first `/`, `?` or `#`, as expansion would have encoded those.
    pub(super) fn matches(&self, uri: &str) -> Option<Vec<(String, String)>> {
        let (uri, is_sound) = units(uri);
        let (first, texts) = self.texts.split_first()?;
        let mut rest = uri.strip_prefix(first.as_slice()).filter(|_| is_sound)?;
        let mut variables = Vec::new();
        for (at, (name, text)) in self.names.iter().zip(texts).enumerate() {
            let is_end = |unit: &Unit| matches!(unit, Unit::Plain('/' | '?' | '#'));
            let reach = rest.iter().position(is_end).unwrap_or(rest.len());
            let is_last = at + 1 == self.names.len();
            let end = if is_last {
                rest.len().checked_sub(text.len()).filter(|_| rest.ends_with(text))?
            } else {
                // What follows may start right behind the first character at the earliest.
                1 + rest
                    .get(1..)?
                    .windows(text.len().max(1))
                    .position(|window| window == text.as_slice())?
            };
            if end == 0 || end > reach {
                return None;
            }
            variables.push((name.clone(), decode(rest.get(..end)?)?));
            rest = rest.get(end + text.len()..)?;
        }
        rest.is_empty().then_some(variables)
    }
}

/// A URI, however its characters are spelled.
#[derive(PartialEq)]
pub(super) struct Spelling(Vec<Unit>);

impl Spelling {
    /// `None`: a `%` in it encodes nothing.
    pub(super) fn of(uri: &str) -> Option<Self> {
        let (units, is_sound) = units(uri);
        is_sound.then_some(Self(units))
    }
}

/// The characters of a URI or of a template's text, and whether every `%` in it encodes something.
fn units(text: &str) -> (Vec<Unit>, bool) {
    // A scheme is the same in capitals.
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let scheme = if scheme.chars().all(is_of_scheme) { scheme.len() } else { 0 };
    let (mut units, mut is_sound) = (Vec::with_capacity(text.len()), true);
    let mut encoded = Vec::new();
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        let byte = || u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok();
        // The reader of numbers knows signs.
        let byte = byte().filter(|_| c == '%' && text.as_bytes().get(at + 1) != Some(&b'+'));
        if let Some(byte) = byte {
            encoded.push(byte);
            rest.nth(1);
            continue;
        }
        settle(&mut encoded, &mut units);
        is_sound &= c != '%';
        units.push(match u8::try_from(c) {
            _ if at < scheme => Unit::Plain(c.to_ascii_lowercase()),
            Ok(byte) if c.is_ascii() && !is_unreserved(c) && !RESERVED.contains(c) => {
                Unit::Encoded(byte)
            }
            _ => Unit::Plain(c),
        });
    }
    settle(&mut encoded, &mut units);
    (units, is_sound)
}

const RESERVED: &str = ":/?#[]@!$&'()*+,;=";

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') || !c.is_ascii()
}

/// Takes the bytes that were encoded in a row.
fn settle(encoded: &mut Vec<u8>, units: &mut Vec<Unit>) {
    for chunk in encoded.utf8_chunks() {
        units.extend(chunk.valid().chars().map(|c| match u8::try_from(c) {
            Ok(byte) if !is_unreserved(c) => Unit::Encoded(byte),
            _ => Unit::Plain(c),
        }));
        units.extend(chunk.invalid().iter().map(|byte| Unit::Encoded(*byte)));
    }
    encoded.clear();
}

/// What the units spell. `None`: what was encoded is no UTF-8.
fn decode(units: &[Unit]) -> Option<String> {
    let character = |unit: &Unit| match *unit {
        Unit::Plain(c) => Some(c),
        Unit::Encoded(byte) => byte.is_ascii().then_some(char::from(byte)),
    };
    units.iter().map(character).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{Spelling, Template};

    fn matched(template: &str, uri: &str) -> Option<Value> {
        let variables = Template::parse(template).unwrap().matches(uri)?;
        Some(variables.into_iter().map(|(name, text)| (name, Value::from(text))).collect())
    }

    #[test]
    fn variables_are_taken_out_and_decoded() {
        assert_eq!(matched("a://b/{id}/c", "a://b/123/c"), Some(json!({ "id": "123" })));
        assert_eq!(matched("a://{x}/{y}", "a://1/2"), Some(json!({ "x": "1", "y": "2" })));
        assert_eq!(matched("a://{x}-{y}", "a://1-2-3"), Some(json!({ "x": "1", "y": "2-3" })));
        assert_eq!(matched("a://{x}.txt", "a://a.txt.txt"), Some(json!({ "x": "a.txt" })));
        assert_eq!(matched("a://{x}", "a://%C3%A4%2F%20"), Some(json!({ "x": "ä/ " })));
        assert_eq!(matched("a://ü{x}", "a://üü"), Some(json!({ "x": "ü" })));
        assert_eq!(matched("a://b", "a://b"), Some(json!({})));
        assert_eq!(matched("a://{x}C3", "a://%C3%A4C3"), Some(json!({ "x": "ä" })));
        assert_eq!(matched("a://{x}/{y}", "a://1%2F2/%3F"), Some(json!({ "x": "1/2", "y": "?" })));
    }

    #[test]
    fn a_uri_matches_however_its_characters_are_spelled() {
        for (template, uri) in [
            ("file:///docs/café/{x}", "file:///docs/caf%C3%A9/a.txt"),
            ("file:///docs/caf%C3%A9/{x}", "file:///docs/café/a.txt"),
            ("file:///docs/caf%c3%a9/{x}", "file:///docs/caf%C3%A9/a.txt"),
            ("file:///my docs/{x}", "file:///my%20docs/a.txt"),
            ("file:///my%20docs/{x}", "file:///my docs/a.txt"),
            ("file:///a-b~c/{x}", "file:///%61%2db%7Ec/%61.txt"),
            ("FILE:///{x}", "file:///a.txt"),
            ("file:///a{x}t", "File:///aa.txt".trim_end()),
            ("a://q|\"<>^`/{x}", "a://q%7C%22%3C%3E%5E%60/a.txt"),
        ] {
            let right = if template.contains("a{x}t") { "a.tx" } else { "a.txt" };
            assert_eq!(matched(template, uri), Some(json!({ "x": right })), "{template} {uri}");
        }
        for (template, uri) in [
            // What is reserved means something else when it is encoded.
            ("a://b/c/{x}", "a://b%2Fc/1"),
            ("a://b%2Fc/{x}", "a://b/c/1"),
            ("a://b?{x}", "a://b%3F1"),
            ("a://A/{x}", "a://a/1"),
            ("a://b/{x}", "a://b/%"),
            ("a://b/{x}", "a://b%/1"),
            ("a://ü/{x}", "a://%FC/1"),
        ] {
            assert_eq!(matched(template, uri), None, "{template} {uri}");
        }
        assert!(Spelling::of("file:///café") == Spelling::of("FILE:///caf%c3%a9"));
        assert!(Spelling::of("file:///a/b") != Spelling::of("file:///a%2Fb"));
        assert!(Spelling::of("file:///%").is_none());
    }

    #[test]
    fn other_uris_do_not_match() {
        for (template, uri) in [
            ("a://b/{id}/c", "a://b//c"),
            ("a://b/{id}/c", "a://b/1/2/c"),
            ("a://b/{id}/c", "a://b/1/c/"),
            ("a://b/{id}/c", "a://b/1"),
            ("a://b/{id}/c", "x"),
            ("a://{x}", "a://"),
            ("a://{x}", "a://1/2"),
            ("a://{x}", "a://1?2"),
            ("a://{x}", "a://%2"),
            ("a://{x}", "a://%+1"),
            ("a://{x}", "a://%ff"),
            ("a://{x}/{y}", "a:///2"),
            ("a://b", "a://bb"),
        ] {
            assert_eq!(matched(template, uri), None, "{template} {uri}");
        }
    }

    #[test]
    fn templates_that_are_not_understood_are_refused() {
        for template in ["{", "a}", "{}", "{+x}", "{x,y}", "{x}{y}", "{x}/{x}", "{x}}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }
}
