//! What `WWW-Authenticate` says.

use std::fmt::Write;

/// A challenge for a bearer token, RFC 6750, with where the resource is described, RFC 9728: one
/// field, since some browsers show none of several.
pub fn challenge(error: Option<&str>, scope: &str, metadata: Option<&str>) -> String {
    let mut text = String::from("Bearer");
    let mut parts = [("error", error), ("resource_metadata", metadata), ("scope", Some(scope))]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    if let Some((name, value)) = parts.next() {
        let _ = write!(text, " {name}=");
        quote(&mut text, value);
    }
    for (name, value) in parts {
        let _ = write!(text, ", {name}=");
        quote(&mut text, value);
    }
    text
}

/// A quoted string of RFC 9110. What cannot be in one is left out.
fn quote(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars().filter(|c| matches!(c, ' '..='~')) {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::challenge;

    #[test]
    fn a_challenge_is_one_field_of_quoted_strings() {
        let metadata = Some("https://a.example/.well-known/oauth-protected-resource/mcp");
        assert_eq!(
            challenge(None, "a b", metadata),
            "Bearer resource_metadata=\"https://a.example/.well-known/oauth-protected-resource/mcp\", \
             scope=\"a b\""
        );
        assert_eq!(challenge(Some("invalid_token"), "", None), "Bearer error=\"invalid_token\"");
        assert_eq!(challenge(None, "a\"\\\r\nb", None), "Bearer scope=\"a\\\"\\\\b\"");
        assert_eq!(challenge(None, "", None), "Bearer");
    }
}
