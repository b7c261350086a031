//! Every kind of message that the server sends is what the schema of its revision says.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // handlers take what serde reads

#[path = "support/schema.rs"]
mod schema;
#[path = "support/session.rs"]
mod support;

use std::collections::BTreeSet;

use mcp_wasm::proto::version::{Era, Version};
use mcp_wasm::server::{
    Annotations, Capability, Completion, CompletionRequest, Content, Context, ElicitRequest, Icon,
    InputError, Json, NoArguments, PromptMessage, Resource, ResourceContents, ResourceTemplate,
    Role, SampleRequest, Server, Tool,
};
use schema::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Session, able};

#[derive(Deserialize, JsonSchema)]
struct Topic {
    topic: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Person {
    name: String,
    age: Option<u8>,
    is_nice: bool,
}

fn server() -> Server {
    let about = Resource::new("test://a", "a")
        .title("A")
        .description("An a")
        .mime_type("text/plain")
        .annotations(Annotations {
            audience: vec![Role::User],
            priority: Some(1.0),
            last_modified: None,
        })
        .icon(Icon { sizes: vec!["48x48".to_owned()], ..Icon::new("https://example.com/i") });
    Server::builder("Test", "1.0.0")
        .title("A test")
        .icon(Icon::new("data:,"))
        .instructions("Be kind.")
        .page_size(2)
        .tool_with(
            Tool::new("person", "P").title("P").read_only().output::<Person>(),
            |_: NoArguments, _| async {
                Json(Person { name: "Ada".to_owned(), age: None, is_nice: true })
            },
        )
        .tool("content", "C", |_: NoArguments, ctx: Context| async move {
            ctx.report_progress(1, 2, "half").await;
            ctx.info("so far").await;
            vec![
                Content::text("t"),
                Content::image([1], "image/png"),
                Content::resource(ResourceContents::text("a://b", "c")),
                Content::resource(ResourceContents::blob("a://b", b"c").mime_type("image/png")),
            ]
        })
        .tool("newer", "Content that came later", |_: NoArguments, _| async {
            vec![
                Content::audio([1], "audio/wav"),
                Content::ResourceLink(Resource::new("a://b", "b")),
            ]
        })
        .tool("asks", "A", |_: NoArguments, ctx: Context| async move {
            if ctx.can(Capability::Elicitation) {
                ctx.elicit("form", ElicitRequest::of::<Person>("Who?")).await?;
            }
            if ctx.can(Capability::ElicitationUrl) {
                ctx.elicit_url("page", "Sign in", "https://example.com/").await?;
            }
            ctx.sample("model", SampleRequest::new("Why?", 10).message(Role::Assistant, "So."))
                .await?;
            ctx.roots("roots").await?;
            Ok::<_, InputError>("done")
        })
        .tool("change", "", |_: NoArguments, ctx: Context| async move {
            let server = ctx.server();
            server.tools_changed();
            server.prompts_changed();
            server.resources_changed();
            server.resource_updated("test://a");
        })
        .resource(about, |_| async { "a" })
        .resource(Resource::new("test://b", "b"), |_| async { vec![1_u8] })
        .resource_template(
            ResourceTemplate::new("test://t/{topic}", "t").title("T").description("Topics"),
            |Topic { topic }: Topic, _| async { topic },
        )
        .prompt("about", "About a topic", |Topic { topic }: Topic, _| async {
            vec![
                PromptMessage::user(topic),
                PromptMessage::assistant(Content::image([1], "image/png")),
            ]
        })
        .completion(|request: CompletionRequest, _| async move {
            Completion::matching(&request.value, ["one", "two"])
        })
        .build()
}

/// A connection with a schema that reads along.
struct Talk {
    session: Session,
    schema: Schema,
    version: Version,
    capabilities: Value,
    seen: BTreeSet<String>,
}

impl Talk {
    fn new(version: Version) -> Self {
        let capabilities =
            json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} });
        let (schema, seen) = (Schema::of(version), BTreeSet::new());
        let session = Session::modern(&server());
        Self { session, schema, version, capabilities, seen }
    }

    /// Sends a request, answers every question, and returns the answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut params = if self.version.era() == Era::Modern {
            able(self.capabilities.clone(), params)
        } else {
            params
        };
        params["_meta"]["progressToken"] = json!(7);
        if self.version.era() == Era::Modern {
            params["_meta"]["io.modelcontextprotocol/logLevel"] = json!("debug");
        }
        let mut sent = self.session.request(7, method, params.clone());
        loop {
            let mut next = Vec::new();
            for message in sent {
                if message["method"].is_string() && message["id"].is_number() {
                    let result = self.answer(&message);
                    let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
                    self.session.send(answer);
                    next.extend(self.session.drain());
                } else if message["method"].is_string() {
                    self.notification(&message);
                } else if message["error"].is_object() {
                    self.check("error", &message);
                    return message;
                } else if message["result"]["resultType"] == "input_required" {
                    let result = &message["result"];
                    self.check("InputRequiredResult", result);
                    params["requestState"] = result["requestState"].clone();
                    let requests = result["inputRequests"].as_object().unwrap().clone();
                    for (key, request) in &requests {
                        params["inputResponses"] = json!({ key: self.answer(request) });
                    }
                    next.extend(self.session.request(7, method, params.clone()));
                } else {
                    let name = result_of(method);
                    self.check(name, &message["result"]);
                    return message;
                }
            }
            assert!(!next.is_empty(), "no answer to {method}");
            sent = next;
        }
    }

    /// Checks a question of the server's, and answers it.
    fn answer(&mut self, request: &Value) -> Value {
        let (name, result) = match request["method"].as_str().unwrap() {
            "elicitation/create" => {
                let content = json!({ "name": "Ada", "is_nice": true });
                ("ElicitRequest", json!({ "action": "accept", "content": content }))
            }
            "sampling/createMessage" => (
                "CreateMessageRequest",
                json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "." } }),
            ),
            "roots/list" => ("ListRootsRequest", json!({ "roots": [{ "uri": "file:///a" }] })),
            other => panic!("not ours: {other}"),
        };
        self.check(name, request);
        result
    }

    fn notification(&mut self, message: &Value) {
        let name = match message["method"].as_str().unwrap() {
            "notifications/progress" => "ProgressNotification",
            "notifications/message" => "LoggingMessageNotification",
            "notifications/tools/list_changed" => "ToolListChangedNotification",
            "notifications/prompts/list_changed" => "PromptListChangedNotification",
            "notifications/resources/list_changed" => "ResourceListChangedNotification",
            "notifications/resources/updated" => "ResourceUpdatedNotification",
            "notifications/subscriptions/acknowledged" => "SubscriptionsAcknowledgedNotification",
            "notifications/cancelled" => "CancelledNotification",
            other => panic!("not ours: {other}"),
        };
        self.check(name, message);
    }

    fn check(&mut self, name: &str, value: &Value) {
        self.seen.insert(name.to_owned());
        match name {
            "error" if self.schema.defines("JSONRPCErrorResponse") => {
                self.schema.assert_valid("JSONRPCErrorResponse", value);
            }
            "error" => self.schema.assert_valid("JSONRPCError", value),
            name => self.schema.assert_valid(name, value),
        }
    }

    fn take_notifications(&mut self) {
        for message in self.session.drain() {
            self.notification(&message);
        }
    }
}

fn result_of(method: &str) -> &'static str {
    match method {
        "server/discover" => "DiscoverResult",
        "initialize" => "InitializeResult",
        "tools/list" => "ListToolsResult",
        "tools/call" => "CallToolResult",
        "resources/list" => "ListResourcesResult",
        "resources/templates/list" => "ListResourceTemplatesResult",
        "resources/read" => "ReadResourceResult",
        "prompts/list" => "ListPromptsResult",
        "prompts/get" => "GetPromptResult",
        "completion/complete" => "CompleteResult",
        _ => "EmptyResult",
    }
}

#[test]
fn everything_that_a_server_sends_is_valid_in_every_revision() {
    for version in Version::ALL {
        let mut talk = Talk::new(version);
        let is_modern = version.era() == Era::Modern;
        if is_modern {
            talk.ask("server/discover", json!({}));
        } else {
            let capabilities = talk.capabilities.clone();
            let params =
                json!({ "protocolVersion": version.as_str(), "capabilities": capabilities });
            talk.ask("initialize", params);
            talk.ask("ping", json!({}));
            talk.ask("logging/setLevel", json!({ "level": "debug" }));
            talk.ask("resources/subscribe", json!({ "uri": "test://a" }));
        }
        let next = talk.ask("tools/list", json!({}))["result"]["nextCursor"].clone();
        talk.ask("tools/list", json!({ "cursor": next }));
        for method in ["resources/list", "resources/templates/list", "prompts/list"] {
            talk.ask(method, json!({}));
        }
        for tool in ["person", "content", "asks", "nobody", "newer"] {
            // Sounds are known since 2025-03-26, links since 2025-06-18.
            if tool != "newer" || version >= Version::V2025_06_18 {
                talk.ask("tools/call", json!({ "name": tool }));
            }
        }
        for uri in ["test://a", "test://b", "test://t/1", "test://nope"] {
            talk.ask("resources/read", json!({ "uri": uri }));
        }
        talk.ask("prompts/get", json!({ "name": "about", "arguments": { "topic": "x" } }));
        let params = json!({ "ref": { "type": "ref/prompt", "name": "about" },
                             "argument": { "name": "topic", "value": "o" } });
        talk.ask("completion/complete", params);
        if is_modern {
            let filter = json!({ "toolsListChanged": true, "promptsListChanged": true,
                "resourcesListChanged": true, "resourceSubscriptions": ["test://a"] });
            let params = able(json!({}), json!({ "notifications": filter }));
            for message in talk.session.request(8, "subscriptions/listen", params) {
                talk.notification(&message);
            }
        }
        // The changes come before the answer, so they are not among what it brings.
        talk.ask("tools/call", json!({ "name": "change" }));
        talk.take_notifications();
        if is_modern {
            talk.session.link().end_listens();
            let ended = talk.session.drain();
            talk.check("SubscriptionsListenResult", &ended[0]["result"]);
            let missing = able(json!({}), json!({ "name": "asks" }));
            let missing = talk.session.ask("tools/call", missing);
            talk.check("MissingRequiredClientCapabilityError", &missing);
        }
        let mut expected: BTreeSet<_> = [
            "CallToolResult",
            "CompleteResult",
            "CreateMessageRequest",
            "GetPromptResult",
            "ListPromptsResult",
            "ListResourceTemplatesResult",
            "ListResourcesResult",
            "ListRootsRequest",
            "ListToolsResult",
            "LoggingMessageNotification",
            "ProgressNotification",
            "PromptListChangedNotification",
            "ReadResourceResult",
            "ResourceListChangedNotification",
            "ResourceUpdatedNotification",
            "ToolListChangedNotification",
            "error",
        ]
        .map(str::to_owned)
        .into();
        if version >= Version::V2025_06_18 {
            expected.insert("ElicitRequest".to_owned());
        }
        let more = if is_modern {
            [
                "DiscoverResult",
                "InputRequiredResult",
                "MissingRequiredClientCapabilityError",
                "SubscriptionsAcknowledgedNotification",
                "SubscriptionsListenResult",
            ]
            .as_slice()
        } else {
            &["EmptyResult", "InitializeResult"]
        };
        expected.extend(more.iter().map(|name| (*name).to_owned()));
        assert_eq!(talk.seen, expected, "{}", version.as_str());
    }
}
