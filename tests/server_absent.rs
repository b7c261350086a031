//! What is absent may be written as `null` or `[]`, and a byte order mark before a message is no
//! part of it.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/session.rs"]
mod session;

use mcp_wasm::server::{Context, NoArguments, Server};
use serde_json::{Value, json};
use session::{Session, envelope};

fn server() -> Server {
    Server::builder("Lenient", "1.0.0")
        .tool("now", "", |_: NoArguments, _: Context| async { "noon" })
        .prompt("hello", "", |_: NoArguments, _: Context| async { "hello" })
        .build()
}

fn sessions() -> [(Session, Value); 2] {
    let server = server();
    [(Session::new(&server), json!({})), (Session::modern(&server), envelope(json!({})))]
}

#[test]
fn arguments_and_cursors_that_are_null_or_an_empty_list_are_absent() {
    for (mut session, meta) in sessions() {
        for blank in [json!(null), json!([]), json!({})] {
            let params = json!({ "name": "now", "arguments": blank, "_meta": meta });
            let answer = session.ask("tools/call", params);
            assert_eq!(answer["result"]["content"][0]["text"], "noon", "{blank}: {answer}");
            let params = json!({ "name": "hello", "arguments": blank, "_meta": meta });
            let answer = session.ask("prompts/get", params);
            assert_eq!(answer["result"]["messages"][0]["content"]["text"], "hello", "{blank}");
        }
        for blank in [json!(null), json!([])] {
            for method in ["tools/list", "prompts/list"] {
                let answer = session.ask(method, json!({ "cursor": blank, "_meta": meta }));
                assert!(answer.get("result").is_some(), "{method} {blank}: {answer}");
            }
        }
    }
}

#[test]
fn params_and_meta_that_are_null_or_an_empty_list_are_absent() {
    let mut session = Session::new(&server());
    for blank in [json!(null), json!([]), json!({})] {
        for method in ["ping", "tools/list"] {
            assert!(session.ask(method, blank.clone()).get("result").is_some(), "{method} {blank}");
            let answer = session.ask(method, json!({ "_meta": blank }));
            assert!(answer.get("result").is_some(), "{method} {blank}: {answer}");
        }
        session.send(json!({
            "jsonrpc": "2.0", "method": "notifications/initialized", "params": blank,
        }));
        assert_eq!(session.drain(), Vec::<Value>::new());
    }
}

#[test]
fn what_meta_says_of_a_request_may_be_null_where_it_is_absent() {
    for (mut session, meta) in sessions() {
        let optional = ["progressToken", "io.modelcontextprotocol/logLevel"];
        for key in optional.into_iter().chain(["io.modelcontextprotocol/clientInfo"]) {
            let mut meta = meta.clone();
            meta[key] = json!(null);
            let answer = session.ask("tools/call", json!({ "name": "now", "_meta": meta }));
            assert_eq!(answer["result"]["content"][0]["text"], "noon", "{key}: {answer}");
        }
    }
    let mut session = Session::new(&server());
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": null });
    let answer = session.ask("tools/call", json!({ "name": "now", "_meta": meta }));
    assert_eq!(answer["result"]["content"][0]["text"], "noon", "{answer}");
}

#[test]
fn params_that_are_something_else_are_refused_by_the_id() {
    let mut session = Session::new(&server());
    for odd in [json!([1]), json!("x"), json!(7), json!(false)] {
        for (method, params) in [
            ("ping", odd.clone()),
            ("tools/list", json!({ "_meta": odd })),
            (
                "tools/list",
                json!({ "cursor": if odd == json!("x") { json!("y") } else { odd.clone() } }),
            ),
            ("tools/call", json!({ "name": "now", "arguments": odd })),
        ] {
            assert!(session.ask(method, params).get("error").is_some(), "{method} {odd}");
            // The next one is read again, so that nothing is closed.
            assert!(session.ask("ping", json!({})).get("result").is_some());
        }
    }
}

#[test]
fn a_byte_order_mark_before_a_message_is_no_part_of_it() {
    let mut session = Session::new(&server());
    session.link().receive("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}");
    assert_eq!(session.drain()[0]["id"], 7);
}

#[test]
fn a_message_whose_strings_cannot_be_read_is_answered_by_its_id() {
    let mut session = Session::new(&server());
    for text in [
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"now","arguments":{"x":"\ud83d"}}}"#,
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"\udc00"}}"#,
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"\x41"}}"#,
        "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\",\"params\":{\"name\":\"\u{1}\"}}",
    ] {
        session.link().receive(text);
        let answer = &session.drain()[0];
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("a"), &json!(-32700)));
        assert!(session.ask("ping", json!({})).get("result").is_some(), "the session goes on");
    }
}
