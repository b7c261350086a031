//! Who may connect. A browser lets any page open a WebSocket or send a POST to any host, so the
//! server looks at where the page comes from.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::jsonrpc::code;

/// Whether a page of this origin may talk to us. Programs that are no browsers send none.
pub(super) fn is_origin_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if allowed.iter().any(|entry| entry == "*" || entry.eq_ignore_ascii_case(origin)) {
        return true;
    }
    // `null` (a sandboxed frame, a file) has no authority, so it ends here.
    let Some((_, authority)) = origin.split_once("://") else {
        return false;
    };
    let is_own = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| host.eq_ignore_ascii_case(authority));
    is_own || is_loopback(host_of(authority))
}

/// Refuses requests to a loopback listener that came for another host.
pub(super) async fn loopback_hosts_only(
    State(allowed): State<Arc<[String]>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // Without a Host header it is no browser.
    let is_fine = host.is_none_or(|host| {
        is_loopback(host_of(host)) || allowed.iter().any(|entry| entry.eq_ignore_ascii_case(host))
    });
    if is_fine {
        next.run(request).await
    } else {
        refusal(StatusCode::FORBIDDEN, "this host is not served here")
    }
}

/// An HTTP error with a body that says why, in JSON-RPC's form.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({
        "jsonrpc": "2.0",
        "error": { "code": code::INVALID_REQUEST, "message": message },
    });
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (status, content_type, body.to_string()).into_response()
}

/// The host of `host[:port]`, without the brackets of an IPv6 address.
fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').map_or("", |(host, _)| host);
    }
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::is_origin_allowed;

    fn allowed(origin: Option<&'static str>, list: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("mcp.example:8000"));
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_static(origin));
        }
        let list: Vec<String> = list.iter().map(ToString::to_string).collect();
        is_origin_allowed(&headers, &list)
    }

    #[test]
    fn own_and_loopback_origins_and_programs_may_connect() {
        for origin in [
            None,
            Some("https://mcp.example:8000"),
            Some("http://localhost:5173"),
            Some("http://127.0.0.1"),
            Some("http://127.9.9.9:1"),
            Some("http://[::1]:3000"),
        ] {
            assert!(allowed(origin, &[]), "{origin:?}");
        }
    }

    #[test]
    fn other_origins_may_not() {
        for origin in [
            "null",
            "",
            "https://mcp.example",
            "https://evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://[::1",
            "http://[::2]",
        ] {
            assert!(!allowed(Some(origin), &[]), "{origin:?}");
        }
    }

    #[test]
    fn the_list_makes_exceptions() {
        assert!(allowed(Some("https://app.example"), &["https://app.example"]));
        assert!(!allowed(Some("https://app.example:1"), &["https://app.example"]));
        assert!(allowed(Some("null"), &["*"]));
    }
}
