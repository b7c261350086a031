//! Changes reach every connection of a server.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

#[path = "support/session.rs"]
mod support;

use mcp_wasm::server::{Context, NoArguments, Resource, Server};
use serde_json::{Value, json};
use support::{Session, modern};

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .resource(Resource::new("a://b", "b"), |_| async { "b" })
        .tool("change", "", |_: NoArguments, ctx: Context| async move {
            ctx.server().resource_updated("a://b");
            ctx.server().tools_changed();
        })
        .build()
}

fn listen(session: &mut Session, filter: Value) {
    let sent =
        session.request(5, "subscriptions/listen", modern(json!({ "notifications": filter })));
    assert_eq!(sent[0]["method"], "notifications/subscriptions/acknowledged");
}

fn methods(session: &mut Session) -> Vec<String> {
    let name = |message: Value| message["method"].as_str().unwrap_or("answer").to_owned();
    session.drain().into_iter().map(name).collect()
}

#[test]
fn every_connection_is_told_in_the_way_of_its_era() {
    let server = server();
    let mut listener = Session::modern(&server);
    listen(&mut listener, json!({ "resourceSubscriptions": ["a://b"] }));
    let mut deaf = Session::modern(&server);
    deaf.ask("tools/list", modern(json!({})));
    let (mut legacy, mut subscriber) = (Session::new(&server), Session::new(&server));
    let answer = subscriber.ask("resources/subscribe", json!({ "uri": "a://b" }));
    assert_eq!(answer["result"], json!({}));
    let answer = subscriber.ask("resources/subscribe", json!({ "uri": "a://nope" }));
    assert_eq!(answer["error"]["code"], -32002);

    // Another connection makes the change.
    let mut other = Session::modern(&server);
    other.ask("tools/call", modern(json!({ "name": "change" })));
    let (tools, updated) = ("notifications/tools/list_changed", "notifications/resources/updated");
    assert_eq!(methods(&mut listener), [updated]);
    assert_eq!(methods(&mut deaf), Vec::<String>::new());
    assert_eq!(methods(&mut legacy), [tools]);
    assert_eq!(methods(&mut subscriber), [updated, tools]);

    server.prompts_changed();
    assert_eq!(methods(&mut legacy), Vec::<String>::new(), "it has no prompts");
    server.resources_changed();
    assert_eq!(methods(&mut legacy), ["notifications/resources/list_changed"]);

    server.end_listens();
    assert_eq!(methods(&mut listener), ["answer"]);
    assert_eq!(methods(&mut legacy), Vec::<String>::new());
}

#[test]
fn connections_that_are_gone_are_forgotten() {
    let server = server();
    for _ in 0..3 {
        let mut session = Session::new(&server);
        session.link = None;
        session.run();
        assert!(session.ended);
    }
    let mut session = Session::modern(&server);
    listen(&mut session, json!({ "toolsListChanged": true }));
    server.tools_changed();
    assert_eq!(methods(&mut session), ["notifications/tools/list_changed"]);
}
