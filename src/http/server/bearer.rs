//! What `Authorization` says.

/// The token in an `Authorization` field, RFC 6750; `None` for a field of another scheme, and an error
/// for one of this scheme with something else than one token.
///
/// ```
/// use mcp_wasm::http::server::{NoToken, bearer};
///
/// assert_eq!(bearer("Bearer abc"), Ok("abc"));
/// assert_eq!(bearer("bearer abc"), Ok("abc"));
/// assert_eq!(bearer("Basic YTpi"), Err(NoToken::OtherScheme));
/// assert_eq!(bearer("Bearer a, b"), Err(NoToken::Malformed));
/// ```
///
/// # Errors
/// There is no token in it.
pub fn bearer(field: &str) -> Result<&str, NoToken> {
    let text = field.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(NoToken::OtherScheme);
    }
    let token = token.trim();
    let is_token_char = |byte| {
        matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
            || u8::is_ascii_alphanumeric(&byte)
    };
    if token.is_empty() || !token.bytes().all(is_token_char) {
        return Err(NoToken::Malformed);
    }
    Ok(token)
}

/// Why an `Authorization` field has no bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// It is of another scheme.
    OtherScheme,
    /// What follows the scheme is no token, or there is nothing.
    Malformed,
}
