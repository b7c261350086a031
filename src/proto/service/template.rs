//! URI templates (RFC 6570, level 1): matching a URI, and taking its variables out.

/// A parsed template.
pub(crate) struct Template {
    /// Literal texts and variables, in turn; it starts and ends with a text, perhaps an empty one.
    texts: Vec<String>,
    names: Vec<String>,
}

impl Template {
    /// Reads a template. `Err` says what is wrong with it.
    pub(crate) fn parse(template: &str) -> Result<Self, &'static str> {
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
            texts.push(text.to_owned());
            names.push(name.to_owned());
            rest = behind;
        }
        if texts.iter().any(|text| text.contains('}')) || rest.contains('}') {
            return Err("a `}` without its `{`");
        }
        texts.push(rest.to_owned());
        Ok(Self { texts, names })
    }

    pub(crate) fn has(&self, variable: &str) -> bool {
        self.names.iter().any(|name| name == variable)
    }

    /// The variables of a URI of this pattern, decoded. A variable is never empty, and ends at the
    /// first `/`, `?` or `#`, as expansion would have encoded those.
    pub(crate) fn matches(&self, uri: &str) -> Option<Vec<(String, String)>> {
        let (first, texts) = self.texts.split_first()?;
        let mut rest = uri.strip_prefix(first.as_str())?;
        let mut variables = Vec::new();
        for (at, (name, text)) in self.names.iter().zip(texts).enumerate() {
            let reach = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let is_last = at + 1 == self.names.len();
            let end = if is_last {
                rest.len().checked_sub(text.len()).filter(|_| rest.ends_with(text.as_str()))?
            } else {
                // What follows may start right behind the first character at the earliest.
                let skip = rest.chars().next()?.len_utf8();
                skip + rest.get(skip..)?.find(text.as_str())?
            };
            if end == 0 || end > reach {
                return None;
            }
            variables.push((name.clone(), decode(&rest[..end])?));
            rest = &rest[end + text.len()..];
        }
        rest.is_empty().then_some(variables)
    }
}

/// Undoes percent encoding. `None`: what comes out is no UTF-8, or the encoding is broken.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte == b'%' {
            let (digits, behind) = rest.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok().filter(|d| !d.starts_with('+'))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::Template;

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
