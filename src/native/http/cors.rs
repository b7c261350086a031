//! What pages of other origins may do: their browser asks, and believes these headers only. Not by
//! `tower_http`'s layer: the headers that repeat arguments are told by how they begin, which it has no list
//! for.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::METHODS;

/// Headers that a page may send, beside those that repeat arguments of tools.
const ALLOWED: [&str; 7] = [
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
];
/// Begins the names of those.
const ARGUMENTS: &str = "mcp-param-";
/// Headers of an answer that a page may read.
const EXPOSED: &str = "Mcp-Session-Id, WWW-Authenticate, DPoP-Nonce, Retry-After";
/// Seconds that a browser may remember the answer to a preflight.
const MAX_AGE: &str = "7200";

/// The answer to `OPTIONS`, which a browser sends without asking anybody's credentials.
pub(in crate::native) fn preflight(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(header::ALLOW, HeaderValue::from_static(METHODS));
    let Some(origin) = headers.get(header::ORIGIN) else {
        return response;
    };
    let vary = "Origin, Access-Control-Request-Headers";
    for (name, value) in [
        (header::VARY, vary),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ] {
        answer.insert(name, HeaderValue::from_static(value));
    }
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    let wanted = headers
        .get_all(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .iter()
        .filter_map(|names| names.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| ALLOWED.contains(&name.as_str()) || name.starts_with(ARGUMENTS));
    // They are names out of the request, but not so many, and nothing but names.
    let wanted: Vec<String> =
        wanted.filter(|name| HeaderName::from_bytes(name.as_bytes()).is_ok()).collect();
    if let Ok(value) = HeaderValue::from_str(&wanted.join(", "))
        && !value.is_empty()
    {
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, value);
    }
    response
}

/// Lets a page of that origin read the answer, whatever its status: without these headers it would
/// see no more than that something failed.
pub(in crate::native) fn open(origin: Option<HeaderValue>, answer: &mut HeaderMap) {
    let Some(origin) = origin else { return };
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    answer.append(header::VARY, HeaderValue::from_static("Origin"));
}
