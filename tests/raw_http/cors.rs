//! Pages: who may call, and what their browsers are told.

use crate::{
    http::{Answer, Request},
    peer::{PAGE, call, host, look},
};

const KINDS: [&str; 4] = ["POST", "GET", "DELETE", "OPTIONS"];

fn of(method: &str) -> Request {
    if method == "POST" { call() } else { Request::new(method) }
}

/// What a browser needs to see in an answer, to show it to the page.
fn is_open(answer: &Answer, origin: &str) -> bool {
    let vary = answer.header("vary").unwrap_or_default().to_ascii_lowercase();
    answer.header("access-control-allow-origin") == Some(origin)
        && vary.split(", ").any(|name| name == "origin")
        && answer.header("access-control-allow-credentials").is_none()
}

/// Its pages can read every answer.
async fn allowed(origin: &str) {
    let host = host().await;
    for method in KINDS {
        let mut answer = of(method).header("Origin", origin).send(host.address).await;
        assert_ne!(answer.status, 403, "{method}");
        assert!(is_open(&answer, origin), "{method} {:?}", answer.headers);
        look(&mut answer).await;
    }
}

/// Its pages get 403 and nothing to read.
async fn stranger(origin: &str) {
    let host = host().await;
    for method in KINDS {
        let mut answer = of(method).header("Origin", origin).send(host.address).await;
        assert_eq!(answer.status, 403, "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{method}");
        look(&mut answer).await;
    }
}

rows! { allowed:
    an_origin_that_is_named_is_allowed => PAGE;
    this_machine_is_allowed => "http://localhost";
    every_port_of_this_machine_is_allowed => "http://localhost:5173";
    the_address_of_this_machine_is_allowed => "http://127.0.0.1:3000";
    the_new_address_of_this_machine_is_allowed => "http://[::1]:8000";
    this_machine_with_tls_is_allowed => "https://localhost:8443";
}

rows! { stranger:
    another_origin_is_not_allowed => "https://evil.example";
    nobody_is_not_allowed => "null";
    an_origin_that_begins_like_ours_is_not_allowed => "https://app.example.evil.example";
    an_origin_that_ends_like_ours_is_not_allowed => "https://evilapp.example";
    an_origin_below_ours_is_not_allowed => "https://sub.app.example";
    our_origin_without_tls_is_not_allowed => "http://app.example";
    our_origin_at_another_port_is_not_allowed => "https://app.example:8443";
    our_origin_with_a_path_is_not_allowed => "https://app.example/";
    our_origin_with_a_user_is_not_allowed => "https://app.example@evil.example";
    our_origin_and_another_are_not_allowed => "https://app.example https://evil.example";
    our_origin_in_a_list_is_not_allowed => "https://app.example, https://evil.example";
    what_begins_like_this_machine_is_not_allowed => "http://localhost.evil.example";
    what_begins_like_its_address_is_not_allowed => "http://127.0.0.1.evil.example";
    this_machine_as_a_user_is_not_allowed => "http://localhost@evil.example";
    a_file_is_not_allowed => "file://";
    an_extension_is_not_allowed => "chrome-extension://abcdefghijklmnop";
    another_scheme_of_this_machine_is_not_allowed => "ftp://localhost";
    a_star_is_not_allowed => "*";
    an_empty_origin_is_not_allowed => "";
    nonsense_is_not_allowed => "nonsense";
}

/// A header that a page asks for is allowed, or is not.
async fn header((name, is_allowed): (&str, bool)) {
    let host = host().await;
    let answer = Request::new("OPTIONS")
        .header("Origin", PAGE)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", name)
        .send(host.address)
        .await;
    assert_eq!(answer.status, 204);
    assert!(is_open(&answer, PAGE), "{:?}", answer.headers);
    let told = answer.header("access-control-allow-headers").unwrap_or_default().to_owned();
    let found = told.split(", ").any(|allowed| allowed.eq_ignore_ascii_case(name));
    assert_eq!(found, is_allowed, "{told}");
}

rows! { header:
    content_type_may_be_sent => ("content-type", true);
    authorization_may_be_sent => ("authorization", true);
    the_version_may_be_sent => ("mcp-protocol-version", true);
    the_method_may_be_sent => ("mcp-method", true);
    the_name_may_be_sent => ("mcp-name", true);
    the_session_may_be_sent => ("mcp-session-id", true);
    the_last_event_may_be_sent => ("last-event-id", true);
    a_parameter_may_be_sent => ("mcp-param-region", true);
    a_header_in_capitals_may_be_sent => ("MCP-SESSION-ID", true);
    a_cookie_may_not_be_sent => ("cookie", false);
    any_other_header_may_not_be_sent => ("x-evil", false);
    a_star_may_not_be_sent => ("*", false);
}
