//! What a resource says about itself: RFC 9728.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::json;

use super::Auth;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Scheme with authority, and path, of the address of a resource.
pub(super) fn parts(resource: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = resource.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let length = rest.find('/').unwrap_or(rest.len());
    let is_plain = rest.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
        && !rest.contains(['?', '#', '"', '\\', '{', '}']);
    let has_host = length > 0 && !rest[..length].contains('@');
    (is_web && is_plain && has_host).then(|| resource.split_at(scheme.len() + 3 + length))
}

/// Where the metadata of a resource is.
pub(super) fn address(resource: &str) -> String {
    let (origin, path) = parts(resource).unwrap_or((resource, ""));
    [origin, WELL_KNOWN, path.trim_end_matches('/')].concat()
}

/// Both places where clients look.
pub(super) fn routes(auth: &Auth) -> Router {
    let mut body = json!({
        "resource": auth.resource,
        "authorization_servers": auth.issuers,
        "bearer_methods_supported": ["header"],
    });
    if !auth.scopes.is_empty() {
        body["scopes_supported"] = json!(auth.scopes);
    }
    if auth.tickets {
        body["mcp_ticket_endpoint"] = json!(tickets(&auth.resource));
    }
    let body: Arc<str> = body.to_string().into();
    let show = any(move |method: Method, headers: HeaderMap| {
        let answer = answer(&method, &headers, &body);
        async move { answer }
    });
    let path = parts(&auth.resource).map_or("", |(_, path)| path.trim_end_matches('/'));
    let router = Router::new().route(WELL_KNOWN, show.clone());
    if path.is_empty() { router } else { router.route(&[WELL_KNOWN, path].concat(), show) }
}

/// Where tickets are given.
fn tickets(resource: &str) -> String {
    [resource.trim_end_matches('/'), "/ticket"].concat()
}

/// Anybody may read this, from anywhere.
fn answer(method: &Method, headers: &HeaderMap, body: &Arc<str>) -> Response {
    let mut response = match *method {
        Method::GET | Method::HEAD => {
            let content_type = [(header::CONTENT_TYPE, "application/json")];
            (content_type, body.to_string()).into_response()
        }
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    let answer = response.headers_mut();
    for (name, value) in [
        (header::ALLOW, "GET, HEAD, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ] {
        answer.insert(name, HeaderValue::from_static(value));
    }
    if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        let vary = HeaderValue::from_static("Access-Control-Request-Headers");
        answer.insert(header::VARY, vary);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{address, parts, tickets};

    #[test]
    fn the_place_of_the_metadata_is_between_host_and_path() {
        for (resource, wanted) in [
            ("https://a.example", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
            ("http://a:1/x/mcp", "http://a:1/.well-known/oauth-protected-resource/x/mcp"),
        ] {
            assert_eq!(address(resource), wanted);
        }
        assert_eq!(tickets("https://a.example/mcp"), "https://a.example/mcp/ticket");
    }

    #[test]
    fn what_is_no_address_of_a_resource_is_refused() {
        for text in [
            "",
            "a.example",
            "https://",
            "ftp://a.example",
            "https://u@a.example/",
            "https://a/?b",
            "https://a/#b",
            "https://a b",
            "https:///mcp",
            "https://a/{b}",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
