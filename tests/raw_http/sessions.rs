//! Sessions of the revisions before 2026-07-28.

use serde_json::{Value, json};

use crate::{
    http::{Answer, MODERN, Request},
    peer::{goes_on, host, look, refused},
    support::Host,
};

const UNKNOWN: &str = "0123456789abcdef0123456789abcdef";

/// A client in a session.
pub struct Session {
    pub host: Host,
    id: String,
    version: String,
}

pub fn initialize(version: &str) -> Request {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    Request::post(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }))
}

fn ping() -> Request {
    Request::post(&json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" }))
}

fn initialized() -> Request {
    Request::post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
}

fn answer() -> Request {
    Request::post(&json!({ "jsonrpc": "2.0", "id": 1, "result": {} }))
}

fn listen() -> Request {
    Request::new("GET").header("Accept", "text/event-stream")
}

fn list(params: &Value) -> Request {
    Request::post(&json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": params }))
}

impl Session {
    pub async fn new(version: &str) -> Self {
        let host = host().await;
        let mut answer = initialize(version).send(host.address).await;
        assert_eq!(answer.status, 200);
        let id = answer.header("mcp-session-id").unwrap().to_owned();
        let version = answer.json().await["result"]["protocolVersion"].as_str().unwrap().to_owned();
        let session = Self { host, id, version };
        assert_eq!(session.send(initialized()).await.status, 202);
        session
    }

    /// Sends a request with the headers of the session.
    pub async fn send(&self, request: Request) -> Answer {
        request
            .header("Mcp-Session-Id", &self.id)
            .header("MCP-Protocol-Version", &self.version)
            .send(self.host.address)
            .await
    }

    pub async fn call(&self, id: i64, tool: &str) -> Answer {
        let params = json!({ "name": tool, "arguments": {}, "_meta": { "progressToken": id } });
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        self.send(Request::post(&call)).await
    }

    pub async fn resume(&self, event: &str) -> Answer {
        self.send(listen().header("Last-Event-ID", event)).await
    }

    async fn lives(&self) {
        assert_eq!(self.send(ping()).await.status, 200, "the session goes on");
        goes_on(&self.host).await;
    }
}

/// A request within a session has this status, and the session goes on.
async fn within((request, status): (Request, u16)) {
    let session = Session::new("2025-11-25").await;
    let mut answer = session.send(request.clone()).await;
    let body = look(&mut answer).await;
    assert_eq!(answer.status, status, "{request:?} {body}");
    drop(answer);
    session.lives().await;
}

/// The same, with headers of its own in the place of the session's.
async fn otherwise((make, status): (fn(&Session, Request) -> Request, u16)) {
    let session = Session::new("2025-11-25").await;
    let request = make(&session, ping().header("MCP-Protocol-Version", "2025-11-25"));
    let mut answer = request.send(session.host.address).await;
    let body = look(&mut answer).await;
    assert_eq!(answer.status, status, "{request:?} {body}");
    session.lives().await;
}

/// Outside of a session it is refused, and with one that nobody knows it is not found.
async fn needs_a_session(request: Request) {
    refused((request.clone(), 400, -32600)).await;
    refused((request.header("Mcp-Session-Id", UNKNOWN), 404, -32001)).await;
}

/// What is offered is what is agreed on.
async fn agreed((offered, agreed): (&str, &str)) {
    let session = Session::new(offered).await;
    assert_eq!(session.version, agreed);
    session.lives().await;
}

rows! { agreed:
    revision_2024_11_05_is_served => ("2024-11-05", "2024-11-05");
    revision_2025_03_26_is_served => ("2025-03-26", "2025-03-26");
    revision_2025_06_18_is_served => ("2025-06-18", "2025-06-18");
    revision_2025_11_25_is_served => ("2025-11-25", "2025-11-25");
    the_modern_revision_has_no_sessions => ("2026-07-28", "2025-11-25");
    a_revision_of_the_future_is_offered_the_latest => ("2099-01-01", "2025-11-25");
    a_revision_that_is_none_is_offered_the_latest => ("1.0", "2025-11-25");
    a_revision_that_is_empty_is_offered_the_latest => ("", "2025-11-25");
}

rows! { needs_a_session:
    a_request_needs_a_session => ping();
    a_notification_needs_a_session => initialized();
    an_answer_needs_a_session => answer();
    a_reader_needs_a_session => listen();
    a_delete_needs_a_session => Request::new("DELETE");
    a_list_needs_a_session => list(&json!({}));
}

rows! { within:
    a_ping_is_answered => (ping(), 200);
    a_notification_is_taken => (initialized(), 202);
    a_notification_that_nobody_knows_is_taken => (
        Request::post(&json!({ "jsonrpc": "2.0", "method": "notifications/unheard/of" })), 202
    );
    a_cancellation_of_nothing_is_taken => (
        Request::post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 9 } })), 202
    );
    an_answer_is_taken => (answer(), 202);
    an_error_is_taken => (
        Request::post(&json!({ "jsonrpc": "2.0", "id": 5, "error": { "code": -1, "message": "no" } })), 202
    );
    a_list_is_answered => (list(&json!({})), 200);
    a_list_without_parameters_is_answered => (
        Request::post(&json!({ "jsonrpc": "2.0", "id": "x", "method": "tools/list" })), 200
    );
    a_list_from_a_place_that_is_none_is_an_answer => (list(&json!({ "cursor": "nonsense" })), 200);
    an_unknown_method_is_an_answer => (Request::post(&json!({ "jsonrpc": "2.0", "id": 7, "method": "no/such" })), 200);
    a_modern_method_is_an_answer => (Request::post(&json!({ "jsonrpc": "2.0", "id": 7, "method": "server/discover" })), 200);
    nonsense_is_refused => (Request::post_text("nonsense"), 400);
    what_is_no_message_is_refused => (Request::post_text("{}"), 400);
    a_batch_is_refused => (Request::post(&json!([{ "jsonrpc": "2.0", "id": 1, "method": "ping" }])), 400);
    a_reader_who_takes_json_is_refused => (listen().header("Accept", "application/json"), 406);
    a_put_is_refused => (Request::new("PUT"), 405);
    the_names_of_headers_do_not_count_yet => (ping().header("Mcp-Method", "other").header("Mcp-Name", "other"), 200);
    a_page_that_is_not_allowed_is_refused => (ping().header("Origin", "https://evil.example"), 403);
    another_host_is_refused => (ping().header("Host", "evil.example"), 403);
    an_event_that_is_none_is_refused => (listen().header("Last-Event-ID", "nonsense"), 400);
    an_event_of_no_stream_is_refused => (listen().header("Last-Event-ID", "5-1"), 400);
    an_event_of_no_word_is_refused => (listen().header("Last-Event-ID", "0-7"), 400);
    an_event_below_zero_is_refused => (listen().header("Last-Event-ID", "-1--1"), 400);
    an_event_beyond_all_numbers_is_refused => (listen().header("Last-Event-ID", "99999999999999999999-1-a"), 400);
    an_event_of_a_thousand_characters_is_refused => (listen().header("Last-Event-ID", &"1".repeat(1000)), 400);
    a_stream_of_the_session_is_read => (listen(), 200);
}

rows! { otherwise:
    no_version_header_is_that_of_the_session => (|session, request| {
        request.without("MCP-Protocol-Version").header("Mcp-Session-Id", &session.id)
    }, 200);
    another_version_of_the_past_is_taken => (|session, request| {
        request.header("MCP-Protocol-Version", "2025-03-26").header("Mcp-Session-Id", &session.id)
    }, 200);
    a_version_that_is_none_is_refused => (|session, request| {
        request.header("MCP-Protocol-Version", "1.0").header("Mcp-Session-Id", &session.id)
    }, 400);
    // The header alone selects the modern rules.
    the_modern_version_is_refused => (|session, request| {
        request.header("MCP-Protocol-Version", MODERN).header("Mcp-Session-Id", &session.id)
    }, 400);
    the_id_of_a_session_in_capitals_is_another => (|session, request| {
        request.header("Mcp-Session-Id", &format!("{}X", session.id))
    }, 404);
    half_the_id_of_a_session_is_another => (|session, request| {
        request.header("Mcp-Session-Id", &session.id[..session.id.len() / 2])
    }, 404);
    an_empty_id_of_a_session_is_another => (|_, request| request.header("Mcp-Session-Id", ""), 404);
    space_around_the_id_does_not_count => (|session, request| {
        request.header("Mcp-Session-Id", &format!("  {}  ", session.id))
    }, 200);
    two_ids_of_sessions_are_none => (|session, request| {
        request.header("Mcp-Session-Id", &session.id).also("Mcp-Session-Id", UNKNOWN)
    }, 404);
}

#[tokio::test]
async fn a_session_that_was_deleted_is_not_found() {
    let session = Session::new("2025-11-25").await;
    assert_eq!(session.send(Request::new("DELETE")).await.status, 204);
    for request in [ping(), initialized(), answer(), listen(), Request::new("DELETE")] {
        assert_eq!(session.send(request.clone()).await.status, 404, "{request:?}");
    }
}
