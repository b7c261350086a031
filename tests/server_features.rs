//! Resources, templates, prompts, completions and lists of the server library, in both eras.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // handlers take what serde reads

#[path = "support/session.rs"]
mod support;

use std::{collections::BTreeMap, time::Duration};

use mcp_wasm::server::{
    Annotations, Completion, CompletionRequest, Content, Context, Icon, Json, NoArguments, Prompt,
    PromptMessage, Reference, Resource, ResourceContents, ResourceTemplate, Role, Server,
    ServerBuilder, Tool, ToolAnnotations,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Session, modern, progress};

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize, JsonSchema)]
struct Review {
    /// The language of the code.
    language: String,
    /// What to look at.
    focus: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: f64,
}

fn builder() -> ServerBuilder {
    Server::builder("Test", "1.0.0")
}

fn server() -> Server {
    let text = Resource::new("test://text", "text")
        .title("A text")
        .description("Some text")
        .mime_type("text/markdown")
        .annotations(Annotations { audience: vec![Role::User], ..Annotations::default() })
        .icon(Icon::new("https://example.com/i.png"));
    builder()
        .resource(text, |ctx: Context| async move {
            ctx.report_progress(1, 2, None).await;
            "# Hi"
        })
        .resource(Resource::new("test://bytes", "bytes"), |_| async { vec![1_u8, 2, 3] })
        .resource(Resource::new("test://json", "json"), |_| async { Json(json!({ "a": 1 })) })
        .resource(Resource::new("test://parts", "parts"), |_| async {
            vec![
                ResourceContents::text("test://parts/1", "one"),
                ResourceContents::blob("test://parts/2", b"two").mime_type("image/png"),
            ]
        })
        .resource(Resource::new("test://broken", "broken"), |_| async {
            Err::<&str, _>("the disk is gone")
        })
        .resource_template(
            ResourceTemplate::new("test://notes/{id}/data", "note").mime_type("text/plain"),
            |Id { id }: Id, _| async move { (id != "none").then(|| format!("note {id}")) },
        )
        .prompt("review", "Reviews code", |args: Review, ctx: Context| async move {
            ctx.report_progress(1, None, None).await;
            format!(
                "Review this {} code: {}",
                args.language,
                args.focus.as_deref().unwrap_or("all")
            )
        })
        .prompt_with(
            Prompt::new("talk", "A conversation").title("Talk").optional("topic", "About what"),
            |_: BTreeMap<String, String>, _| async {
                vec![
                    PromptMessage::user("Hello"),
                    PromptMessage::assistant(Content::image([0, 1], "image/png")),
                ]
            },
        )
        .completion(|request: CompletionRequest, _| async move {
            match (&request.reference, request.argument.as_str()) {
                (Reference::Prompt(name), "language") if name == "review" => {
                    Completion::matching(&request.value, ["Python", "Pascal", "Rust"])
                }
                (Reference::Resource(_), _) => (0..150).map(|i| i.to_string()).collect(),
                _ => request.arguments.into_values().collect(),
            }
        })
        .build()
}

/// Makes parameters those of an era.
type Params = fn(Value) -> Value;

/// A session of each era.
fn both(server: &Server) -> [(Session, Params); 2] {
    let as_they_are: Params = |params| params;
    [(Session::new(server), as_they_are), (Session::modern(server), modern)]
}

#[test]
fn capabilities_are_what_the_server_has() {
    let declared = |server: &Server| {
        let discovered = Session::modern(server).ask("server/discover", modern(json!({})));
        let mut session = Session::modern(server);
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {} });
        let initialized = session.ask("initialize", params);
        assert_eq!(discovered["result"]["capabilities"], initialized["result"]["capabilities"]);
        discovered["result"]["capabilities"].clone()
    };
    let changing = json!({ "listChanged": true });
    assert_eq!(declared(&builder().build()), json!({ "logging": {} }));
    assert_eq!(
        declared(&server()),
        json!({
            "resources": { "subscribe": true, "listChanged": true },
            "prompts": changing,
            "completions": {},
            "logging": {},
        })
    );
    let tools = builder().tool("t", "", |_: NoArguments, _| async {}).build();
    assert_eq!(declared(&tools), json!({ "tools": changing, "logging": {} }));
}

#[test]
fn methods_without_their_capability_do_not_exist() {
    for (mut session, params) in both(&builder().build()) {
        for method in [
            "tools/list",
            "tools/call",
            "resources/list",
            "resources/templates/list",
            "resources/read",
            "resources/subscribe",
            "prompts/list",
            "prompts/get",
            "completion/complete",
        ] {
            let answer = session.ask(method, params(json!({ "name": "x", "uri": "x" })));
            assert_eq!(answer["error"]["code"], -32601, "{method}");
        }
    }
}

#[test]
fn resources_are_listed_with_all_they_say_about_themselves() {
    for (mut session, params) in both(&server()) {
        let list = session.ask("resources/list", params(json!({})))["result"].clone();
        assert_eq!(list["resources"].as_array().unwrap().len(), 5);
        assert_eq!(
            list["resources"][0],
            json!({
                "uri": "test://text", "name": "text", "title": "A text",
                "description": "Some text", "mimeType": "text/markdown",
                "annotations": { "audience": ["user"] },
                "icons": [{ "src": "https://example.com/i.png" }],
            })
        );
        let list = session.ask("resources/templates/list", params(json!({})))["result"].clone();
        assert_eq!(
            list["resourceTemplates"],
            json!([{ "uriTemplate": "test://notes/{id}/data", "name": "note",
                     "mimeType": "text/plain" }])
        );
    }
}

#[test]
fn resources_are_read_by_uri_or_template() {
    for (mut session, params) in both(&server()) {
        let mut read = |uri: &str| {
            session.ask("resources/read", params(json!({ "uri": uri })))["result"]["contents"]
                .clone()
        };
        assert_eq!(
            read("test://text"),
            json!([{ "uri": "test://text", "mimeType": "text/markdown", "text": "# Hi" }])
        );
        assert_eq!(
            read("test://bytes"),
            json!([{ "uri": "test://bytes", "mimeType": "application/octet-stream", "blob": "AQID" }])
        );
        assert_eq!(
            read("test://json"),
            json!([{ "uri": "test://json", "mimeType": "application/json", "text": "{\"a\":1}" }])
        );
        assert_eq!(
            read("test://parts"),
            json!([{ "uri": "test://parts/1", "text": "one" },
                   { "uri": "test://parts/2", "mimeType": "image/png", "blob": "dHdv" }])
        );
        assert_eq!(
            read("test://notes/a%2Fb/data"),
            json!([{ "uri": "test://notes/a%2Fb/data", "mimeType": "text/plain",
                     "text": "note a/b" }])
        );
    }
}

#[test]
fn a_resource_that_does_not_exist_is_an_error_never_empty() {
    for (uri, is_there) in
        [("test://nope", false), ("test://notes/none/data", false), ("test://broken", true)]
    {
        for (mut session, params) in both(&server()) {
            let is_modern = params(json!({})).get("_meta").is_some();
            let error =
                session.ask("resources/read", params(json!({ "uri": uri })))["error"].clone();
            if is_there {
                assert_eq!(error, json!({ "code": -32603, "message": "the disk is gone" }));
            } else {
                let code = if is_modern { -32602 } else { -32002 };
                assert_eq!(error["code"], code);
                assert_eq!(error["data"], json!({ "uri": uri }));
            }
        }
    }
}

#[test]
fn prompts_list_their_arguments_and_are_filled_in() {
    for (mut session, params) in both(&server()) {
        let list = session.ask("prompts/list", params(json!({})))["result"].clone();
        assert_eq!(
            list["prompts"],
            json!([
                { "name": "review", "description": "Reviews code", "arguments": [
                    { "name": "language", "description": "The language of the code.",
                      "required": true },
                    { "name": "focus", "description": "What to look at." },
                ] },
                { "name": "talk", "title": "Talk", "description": "A conversation",
                  "arguments": [{ "name": "topic", "description": "About what" }] },
            ])
        );
        let mut get = |name: &str, arguments: Value| {
            session.ask("prompts/get", params(json!({ "name": name, "arguments": arguments })))
        };
        let text = json!({ "type": "text", "text": "Review this Rust code: all" });
        assert_eq!(
            get("review", json!({ "language": "Rust" }))["result"]["messages"],
            json!([{ "role": "user", "content": text }])
        );
        let picture = json!({ "type": "image", "data": "AAE=", "mimeType": "image/png" });
        assert_eq!(
            get("talk", json!({}))["result"]["messages"][1],
            json!({ "role": "assistant", "content": picture })
        );
        for (name, arguments) in [
            ("nope", json!({})),
            ("review", json!({})),
            ("review", json!({ "language": 7 })),
            ("talk", json!({ "topic": null })),
        ] {
            assert_eq!(get(name, arguments)["error"]["code"], -32602, "{name}");
        }
    }
}

#[test]
fn completions_are_for_what_there_is_and_100_at_most() {
    for (mut session, params) in both(&server()) {
        let mut complete = |reference: Value, argument: &str, value: &str, context: Value| {
            let argument = json!({ "name": argument, "value": value });
            let request = json!({ "ref": reference, "argument": argument, "context": context });
            session.ask("completion/complete", params(request))
        };
        let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
        let template = json!({ "type": "ref/resource", "uri": "test://notes/{id}/data" });
        assert_eq!(
            complete(prompt("review"), "language", "p", json!({}))["result"]["completion"],
            json!({ "values": ["Python", "Pascal"] })
        );
        let chosen = json!({ "arguments": { "language": "Rust" } });
        assert_eq!(
            complete(prompt("review"), "focus", "", chosen)["result"]["completion"]["values"],
            json!(["Rust"])
        );
        let many = complete(template.clone(), "id", "", json!({}))["result"]["completion"].clone();
        assert_eq!(many["values"].as_array().unwrap().len(), 100);
        assert_eq!((&many["total"], &many["hasMore"]), (&json!(150), &json!(true)));
        for (reference, argument) in [
            (prompt("nope"), "language"),
            (prompt("review"), "nope"),
            (template, "nope"),
            (json!({ "type": "ref/resource", "uri": "test://text" }), "id"),
            (json!({ "type": "ref/else", "name": "review" }), "language"),
            (json!(7), "language"),
        ] {
            let answer = complete(reference, argument, "", json!({}));
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
        }
    }
}

#[test]
fn rule_12_every_operation_with_a_token_may_report() {
    for (mut session, params) in both(&server()) {
        for (method, given) in [
            ("resources/read", json!({ "uri": "test://text" })),
            ("prompts/get", json!({ "name": "review", "arguments": { "language": "C" } })),
        ] {
            let mut given = params(given);
            given["_meta"]["progressToken"] = json!("t");
            let sent = session.request(5, method, given);
            assert_eq!(progress(&sent), [1.0], "{method}");
            assert_eq!(sent[0]["params"]["progressToken"], "t");
            assert!(sent[1]["result"].is_object());
        }
    }
}

#[test]
fn modern_results_say_how_long_they_may_be_kept() {
    let lasting = builder()
        .list_lifetime(Duration::from_secs(3))
        .resource(Resource::new("a://b", "b"), |_| async { "b" })
        .prompt("p", "", |_: NoArguments, _| async { "p" })
        .build();
    let mut session = Session::modern(&lasting);
    for method in ["resources/list", "resources/templates/list", "prompts/list", "server/discover"]
    {
        let result = session.ask(method, modern(json!({})))["result"].clone();
        assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(3000), &json!("public")));
    }
    let result = session.ask("resources/read", modern(json!({ "uri": "a://b" })))["result"].clone();
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(0), &json!("private")));
    let result = session.ask("prompts/get", modern(json!({ "name": "p" })))["result"].clone();
    assert_eq!((result.get("ttlMs"), result.get("cacheScope")), (None, None));
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "Test");
}

#[test]
fn lists_go_in_pages_and_wrong_cursors_are_refused() {
    let mut builder = builder().page_size(2);
    for name in ["a", "b", "c", "d", "e"] {
        builder = builder
            .tool(name, "", |_: NoArguments, _| async {})
            .prompt(name, "", |_: NoArguments, _| async { "" })
            .resource(Resource::new(name, name), |_| async { "" })
            .resource_template(ResourceTemplate::new(name, name), |_: NoArguments, _| async { "" });
    }
    for (mut session, params) in both(&builder.build()) {
        let mut foreign = json!("none");
        for (method, kind) in [
            ("tools/list", "tools"),
            ("prompts/list", "prompts"),
            ("resources/list", "resources"),
            ("resources/templates/list", "resourceTemplates"),
        ] {
            let (mut names, mut cursor, mut pages) = (Vec::new(), None, 0);
            loop {
                let given = cursor.map_or(json!({}), |cursor: Value| json!({ "cursor": cursor }));
                let page = session.ask(method, params(given))["result"].clone();
                let entries = page[kind].as_array().unwrap().clone();
                names
                    .extend(entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()));
                pages += 1;
                cursor = page.get("nextCursor").cloned();
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!((names.join(""), pages), ("abcde".to_owned(), 3));
            for wrong in [json!(""), json!("x"), json!(7), foreign.clone(), json!("dG9vbHMgMQ")] {
                let answer = session.ask(method, params(json!({ "cursor": wrong })));
                assert_eq!(answer["error"]["code"], -32602, "{method} {wrong}");
            }
            foreign = session.ask(method, params(json!({})))["result"]["nextCursor"].clone();
        }
    }
}

#[test]
fn a_tool_says_all_about_itself_and_its_schemas_stay_keyword_for_keyword() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": { "$anchor": "a", "type": "object" } },
        "properties": { "to": { "$ref": "#/$defs/address" } },
        "additionalProperties": false,
        "if": { "required": ["to"] }, "then": {}, "else": {},
    });
    let raw = Tool::new("raw", "As it is").input_schema(schema.clone());
    let adder = Tool::new("add", "Adds")
        .title("Adder")
        .icon(Icon { mime_type: Some("image/png".to_owned()), ..Icon::new("data:,") })
        .annotations(ToolAnnotations { idempotent_hint: Some(true), ..ToolAnnotations::default() })
        .output::<Sum>();
    let numbers = Tool::new("numbers", "Some").output::<Vec<u8>>();
    let server = builder()
        .tool_with(raw, |arguments: Value, _| async move { Json(arguments) })
        .tool_with(adder, |_: NoArguments, _| async { Json(Sum { sum: 1.5 }) })
        .tool_with(numbers, |_: NoArguments, _| async { Json(vec![1_u8]) })
        .build();
    for (mut session, params) in both(&server) {
        let is_modern = params(json!({})).get("_meta").is_some();
        let tools = session.ask("tools/list", params(json!({})))["result"]["tools"].clone();
        assert_eq!(tools[0]["inputSchema"].to_string(), schema.to_string(), "in the same order");
        assert_eq!(
            tools[1],
            json!({
                "name": "add", "title": "Adder", "description": "Adds",
                "inputSchema": { "type": "object", "properties": {} },
                "outputSchema": { "type": "object", "properties": { "sum": { "type": "number",
                    "format": "double" } }, "required": ["sum"] },
                "annotations": { "idempotentHint": true },
                "icons": [{ "src": "data:,", "mimeType": "image/png" }],
            })
        );
        // Before 2026-07-28 structured content was an object, and so was its schema.
        assert_eq!(tools[2].get("outputSchema").is_some(), is_modern);
        let mut call = |name: &str| {
            let given = json!({ "name": name, "arguments": { "to": {} } });
            session.ask("tools/call", params(given))["result"].clone()
        };
        assert_eq!(call("raw")["structuredContent"], json!({ "to": {} }));
        assert_eq!(call("add")["structuredContent"], json!({ "sum": 1.5 }));
        assert_eq!(call("numbers").get("structuredContent").is_some(), is_modern);
        assert_eq!(call("numbers")["content"][0]["text"], "[1]");
    }
}

#[test]
fn every_kind_of_content_can_be_returned() {
    let server = builder()
        .tool("all", "", |_: NoArguments, _| async {
            let hints = Annotations { priority: Some(0.5), ..Annotations::default() };
            vec![
                Content::text("t").annotate(hints),
                Content::image([1], "image/png"),
                Content::audio([2], "audio/wav"),
                Content::resource(ResourceContents::text("a://b", "c").mime_type("text/plain")),
                Content::ResourceLink(Resource::new("a://b", "b").title("B")),
                Content::Other(json!({ "type": "hologram", "depth": 3 })),
            ]
        })
        .build();
    for (mut session, params) in both(&server) {
        let content = session.ask("tools/call", params(json!({ "name": "all" })))["result"].clone();
        let resource = json!({ "uri": "a://b", "mimeType": "text/plain", "text": "c" });
        assert_eq!(
            content["content"],
            json!([
                { "type": "text", "text": "t", "annotations": { "priority": 0.5 } },
                { "type": "image", "data": "AQ==", "mimeType": "image/png" },
                { "type": "audio", "data": "Ag==", "mimeType": "audio/wav" },
                { "type": "resource", "resource": resource },
                { "type": "resource_link", "uri": "a://b", "name": "b", "title": "B" },
                { "type": "hologram", "depth": 3 },
            ])
        );
    }
}

#[test]
fn the_server_shows_its_title_and_icons() {
    let server = builder().title("A test").icon(Icon::new("data:,x")).build();
    let about = json!({
        "name": "Test", "version": "1.0.0", "title": "A test", "icons": [{ "src": "data:,x" }],
    });
    let mut session = Session::modern(&server);
    let discovered = session.ask("server/discover", modern(json!({})))["result"].clone();
    assert_eq!(discovered["_meta"]["io.modelcontextprotocol/serverInfo"], about);
    let mut session = Session::modern(&server);
    let initialized = session.ask("initialize", json!({ "protocolVersion": "2025-11-25" }));
    assert_eq!(initialized["result"]["serverInfo"], about);
}
