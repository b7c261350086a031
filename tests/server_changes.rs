//! Changes reach every connection of a server.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

#[path = "support/session.rs"]
mod support;

use mcp_wasm::server::{Context, NoArguments, Prompt, Resource, Server, Tool};
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
fn what_a_server_has_may_change_while_it_runs_and_clients_are_told() {
    let server = server();
    let mut session = Session::new(&server);
    let (tools, resources) =
        ("notifications/tools/list_changed", "notifications/resources/list_changed");
    let names = |session: &mut Session| {
        let list = session.ask("tools/list", json!({}))["result"]["tools"].clone();
        let names = list.as_array().unwrap().iter().map(|tool| tool["name"].clone());
        names.map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for name in ["a", "b"] {
        server.add_tool(Tool::new(name, ""), |_: NoArguments, _| async { "first" });
        assert_eq!(methods(&mut session), [tools]);
    }
    assert_eq!(names(&mut session), ["change", "a", "b"]);
    assert!(server.remove_tool("change") && !server.remove_tool("change"));
    assert_eq!(methods(&mut session), [tools]);
    assert_eq!(session.result("change", json!({}))["error"]["code"], -32602);
    server.add_tool(Tool::new("a", ""), |_: NoArguments, _| async { "second" });
    assert_eq!(methods(&mut session), [tools]);
    assert_eq!(names(&mut session), ["a", "b"]);
    for (name, said) in [("a", "second"), ("b", "first")] {
        assert_eq!(session.result(name, json!({}))["result"]["content"][0]["text"], said);
    }

    server.add_resource(Resource::new("a://c", "c"), |_| async { "c" });
    assert_eq!(methods(&mut session), [resources]);
    let read = |session: &mut Session| session.ask("resources/read", json!({ "uri": "a://c" }));
    assert_eq!(read(&mut session)["result"]["contents"][0]["text"], "c");
    assert!(server.remove_resource("a://c"));
    assert_eq!(methods(&mut session), [resources]);
    assert_eq!(read(&mut session)["error"]["code"], -32002);

    // What there was none of is declared to those that connect later.
    server.add_prompt(Prompt::new("p", ""), |_: NoArguments, _| async { "p" });
    assert_eq!(methods(&mut session), Vec::<String>::new());
    assert_eq!(session.ask("prompts/list", json!({}))["error"]["code"], -32601);
    let mut later = Session::new(&server);
    assert_eq!(later.ask("prompts/list", json!({}))["result"]["prompts"][0]["name"], "p");
    assert!(server.remove_prompt("p") && !server.remove_prompt("p"));
    assert_eq!(methods(&mut later), ["notifications/prompts/list_changed"]);
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
