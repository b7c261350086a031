//! Media types and methods.

use serde_json::json;

use crate::{
    http::{MODERN, Request},
    peer::{answered, call},
};

fn typed(name: &str) -> Request {
    call().header("Content-Type", name)
}

fn accepting(names: &str) -> Request {
    call().header("Accept", names)
}

fn initialize() -> Request {
    let client = json!({ "name": "test", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    Request::post(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }))
}

rows! { answered:
    json_is_taken => (typed("application/json"), 200);
    json_with_a_charset_is_taken => (typed("application/json; charset=utf-8"), 200);
    json_with_any_parameter_is_taken => (typed("application/json;a=\"b;c\""), 200);
    a_type_is_compared_without_case => (typed("Application/JSON; charset=UTF-8"), 200);
    space_around_a_type_does_not_count => (typed("  application/json  ;"), 200);
    plain_text_is_not_taken => (typed("text/plain"), 415);
    json_as_plain_text_is_not_taken => (typed("text/plain;application/json"), 415);
    json_as_text_is_not_taken => (typed("text/json"), 415);
    a_form_is_not_taken => (typed("application/x-www-form-urlencoded"), 415);
    a_form_of_parts_is_not_taken => (typed("multipart/form-data; boundary=x"), 415);
    what_is_like_json_is_not_taken => (typed("application/jsonp"), 415);
    json_with_a_suffix_is_not_taken => (typed("application/json+x"), 415);
    a_type_that_ends_with_json_is_not_taken => (typed("application/vnd.x+json"), 415);
    two_types_are_not_taken => (call().also("Content-Type", "text/plain"), 415);
    two_types_in_one_header_are_not_taken => (typed("application/json, text/plain"), 415);
    an_empty_type_is_not_taken => (typed(""), 415);
    a_star_is_no_type => (typed("*/*"), 415);
    no_type_is_not_taken => (call().without("Content-Type"), 415);
    a_body_that_is_packed_is_not_taken => (call().header("Content-Encoding", "gzip"), 415);
    a_body_that_is_packed_twice_is_not_taken => (call().header("Content-Encoding", "br, gzip"), 415);
    a_body_that_is_packed_as_nothing_is_taken => (call().header("Content-Encoding", "identity"), 200);

    who_accepts_both_is_served => (accepting("application/json, text/event-stream"), 200);
    who_accepts_both_the_other_way_round_is_served => (accepting("text/event-stream, application/json"), 200);
    who_accepts_both_without_spaces_is_served => (accepting("application/json,text/event-stream"), 200);
    who_accepts_both_in_two_headers_is_served => (
        accepting("text/event-stream;q=1").also("Accept", "application/json"), 200
    );
    who_accepts_everything_is_served => (accepting("*/*"), 200);
    who_accepts_everything_a_little_is_served => (accepting("text/html, */*;q=0.8"), 200);
    who_accepts_all_of_both_kinds_is_served => (accepting("application/*, text/*"), 200);
    who_says_nothing_is_served => (call().without("Accept"), 200);
    acceptance_is_compared_without_case => (accepting("Application/Json, Text/Event-Stream"), 200);
    who_accepts_json_alone_is_not_served => (accepting("application/json"), 406);
    who_accepts_streams_alone_is_not_served => (accepting("text/event-stream"), 406);
    who_accepts_pages_is_not_served => (accepting("text/html"), 406);
    who_accepts_what_is_like_both_is_not_served => (accepting("application/jsonp, text/event-streams"), 406);
    who_begins_a_session_with_json_alone_is_not_served => (initialize().header("Accept", "application/json"), 406);
    who_begins_a_session_with_pages_is_not_served => (initialize().header("Accept", "text/html"), 406);
    who_begins_a_session_with_a_form_is_not_served => (initialize().header("Content-Type", "text/plain"), 415);
    who_begins_a_session_is_served => (initialize(), 200);

    a_put_is_not_allowed => (Request::new("PUT"), 405);
    a_patch_is_not_allowed => (Request::new("PATCH"), 405);
    a_trace_is_not_allowed => (Request::new("TRACE"), 405);
    a_put_of_a_call_is_not_allowed => (Request::new("PUT").header("MCP-Protocol-Version", MODERN), 405);
    a_modern_get_is_not_allowed => (Request::new("GET").header("MCP-Protocol-Version", MODERN), 405);
    a_modern_delete_is_not_allowed => (Request::new("DELETE").header("MCP-Protocol-Version", MODERN), 405);
    options_are_told => (Request::new("OPTIONS"), 204);
    a_get_without_a_session_is_refused => (Request::new("GET").header("Accept", "text/event-stream"), 400);
    a_delete_without_a_session_is_refused => (Request::new("DELETE"), 400);
}

#[tokio::test]
async fn what_is_allowed_is_told_with_405() {
    let host = crate::peer::host().await;
    for (method, version, allowed) in [
        ("GET", MODERN, "POST, OPTIONS"),
        ("DELETE", MODERN, "POST, OPTIONS"),
        ("PUT", "", "POST, GET, DELETE, OPTIONS"),
        ("PATCH", "", "POST, GET, DELETE, OPTIONS"),
    ] {
        let mut request = Request::new(method);
        if !version.is_empty() {
            request = request.header("MCP-Protocol-Version", version);
        }
        let answer = request.send(host.address).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{method}");
    }
}
