//! `WWW-Authenticate`, as RFC 9110 section 11.6.1 writes it: several challenges in one field.

use std::collections::HashMap;

/// What a server wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Where its metadata is.
    pub metadata: Option<String>,
    /// The rights that it asks for.
    pub scopes: Vec<String>,
    /// Why it refuses, as a word.
    pub error: Option<String>,
}

impl Challenge {
    /// The challenge for tokens among those of these fields.
    pub fn of(fields: &[String]) -> Self {
        let all: Vec<_> = fields.iter().flat_map(|field| read(field)).collect();
        let ours = || all.iter().filter(|(scheme, _)| scheme == "bearer" || scheme == "dpop");
        let best = ours()
            .find(|(_, parts)| parts.contains_key("resource_metadata"))
            .or_else(|| ours().find(|(_, parts)| parts.contains_key("error")))
            .or_else(|| ours().next());
        let Some((_, parts)) = best else { return Self::default() };
        Self {
            metadata: parts.get("resource_metadata").cloned(),
            scopes: parts.get("scope").map(|text| words(text)).unwrap_or_default(),
            error: parts.get("error").cloned(),
        }
    }
}

/// The words of a text, each once.
pub fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        add(&mut all, word);
    }
    all
}

/// Adds a word that is not there yet.
pub fn add(all: &mut Vec<String>, word: &str) {
    if !all.iter().any(|known| known == word) {
        all.push(word.to_owned());
    }
}

type Parts = HashMap<String, String>;

/// The challenges of a field, names without case; what cannot be read is passed over.
fn read(field: &str) -> Vec<(String, Parts)> {
    let mut challenges: Vec<(String, Parts)> = Vec::new();
    let mut rest = field;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let Some(first) = rest.chars().next() else { return challenges };
        let (word, behind) = token(rest);
        if word.is_empty() {
            // Junk; but a text in quotes stays whole.
            rest = match first {
                '"' => quoted(rest).1,
                _ => rest.get(first.len_utf8()..).unwrap_or_default(),
            };
            continue;
        }
        let word = word.to_ascii_lowercase();
        let value = behind.trim_start().strip_prefix('=');
        match (challenges.last_mut(), value) {
            (Some((_, parts)), Some(value)) if !value.starts_with('=') => {
                let value = value.trim_start();
                let (text, behind) = if value.starts_with('"') {
                    quoted(value)
                } else {
                    // Unquoted addresses are no tokens, and are sent all the same.
                    let ends = value.find(|c: char| c.is_whitespace() || c == ',');
                    let (text, behind) = value.split_at(ends.unwrap_or(value.len()));
                    (text.to_owned(), behind)
                };
                parts.entry(word).or_insert(text);
                rest = behind;
            }
            _ => {
                challenges.push((word, Parts::new()));
                rest = token68(behind);
            }
        }
    }
}

/// A token of RFC 9110, and what follows it.
fn token(text: &str) -> (&str, &str) {
    let is_of = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    text.split_at(text.find(|c| !is_of(c)).unwrap_or(text.len()))
}

/// What follows the one value that a challenge may have instead of parts, if it has that.
fn token68(text: &str) -> &str {
    let is_of = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let behind = text.trim_start().trim_start_matches(is_of).trim_start_matches('=').trim_start();
    if behind.is_empty() || behind.starts_with(',') { behind } else { text }
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let (mut out, mut is_escaped) = (String::new(), false);
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => {
                out.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (out, text.get(at + 1..).unwrap_or_default()),
            _ => out.push(c),
        }
    }
    (out, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(field: &str) -> Challenge {
        Challenge::of(&[field.to_owned()])
    }

    #[test]
    fn the_challenge_for_tokens_is_found_among_others() {
        let field = r#"Basic realm="a, \"b\"", bearer Resource_Metadata="https://a.example/m", scope="read  write read", error=invalid_token"#;
        let wanted = Challenge {
            metadata: Some("https://a.example/m".into()),
            scopes: vec!["read".into(), "write".into()],
            error: Some("invalid_token".into()),
        };
        assert_eq!(of(field), wanted);
        assert_eq!(of("Negotiate abc==, Bearer scope=x").scopes, ["x"]);
        let two =
            ["Bearer".to_owned(), "Bearer resource_metadata=https://a.example/m?x=1".to_owned()];
        assert_eq!(Challenge::of(&two).metadata.as_deref(), Some("https://a.example/m?x=1"));
    }

    #[test]
    fn what_is_no_challenge_is_passed_over() {
        for field in [
            "",
            "\"",
            "=,=",
            "Bearer",
            "Bearer realm=\"unfinished",
            "\u{e4} Bearer scope",
            "Digest x=y",
        ] {
            assert_eq!(of(field), Challenge::default(), "{field}");
        }
    }
}
