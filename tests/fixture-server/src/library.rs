//! Resources, prompts, completion, and tools that say that lists have changed.

use mcp_wasm::server::{
    Completion, CompletionRequest, Content, Context, NoArguments, PromptMessage, Resource,
    ResourceTemplate, ServerBuilder,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::content::{image, resource};

/// The bytes of a picture.
const PICTURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

pub(crate) fn add(builder: ServerBuilder) -> ServerBuilder {
    let builder = add_resources(builder);
    let builder = add_prompts(builder);
    builder
        .completion(|request: CompletionRequest, _| async move {
            Completion::matching(&request.value, ["paris", "park", "party"])
        })
        .tool(
            "test_trigger_tool_change",
            "Says that the list of tools has changed",
            |_: NoArguments, ctx: Context| async move {
                ctx.server().tools_changed();
                "Said"
            },
        )
        .tool(
            "test_trigger_prompt_change",
            "Says that the list of prompts has changed",
            |_: NoArguments, ctx: Context| async move {
                ctx.server().prompts_changed();
                "Said"
            },
        )
}

#[derive(Deserialize)]
struct Item {
    id: String,
}

fn add_resources(builder: ServerBuilder) -> ServerBuilder {
    builder
        .resource(
            Resource::new("test://static-text", "Static text").mime_type("text/plain"),
            |_| async { "This is the content of the static text resource." },
        )
        .resource(
            Resource::new("test://static-binary", "Static picture").mime_type("image/png"),
            |_| async { PICTURE.to_vec() },
        )
        .resource(
            Resource::new("test://watched-resource", "To subscribe to").mime_type("text/plain"),
            |_| async { "This never changes." },
        )
        .resource_template(
            ResourceTemplate::new("test://template/{id}/data", "Data by id")
                .mime_type("text/plain"),
            |item: Item, _| async move { format!("Data of {}", item.id) },
        )
}

#[derive(Deserialize, JsonSchema)]
struct TwoArguments {
    /// First argument
    arg1: String,
    /// Second argument
    arg2: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Embedded {
    /// The URI to name
    resource_uri: String,
}

fn add_prompts(builder: ServerBuilder) -> ServerBuilder {
    builder
        .prompt("test_simple_prompt", "Has no arguments", |_: NoArguments, _| async {
            "This is a simple prompt for testing."
        })
        .prompt(
            "test_prompt_with_arguments",
            "Has two arguments",
            |args: TwoArguments, _| async move {
                format!("Prompt with arguments: arg1='{}', arg2='{}'", args.arg1, args.arg2)
            },
        )
        .prompt(
            "test_prompt_with_embedded_resource",
            "Has a resource in it",
            |args: Embedded, _| async move {
                let resource =
                    resource(&args.resource_uri, "Embedded resource content for testing.");
                let text = Content::text("Please process the embedded resource above.");
                vec![PromptMessage::user(resource), PromptMessage::user(text)]
            },
        )
        .prompt("test_prompt_with_image", "Has an image in it", |_: NoArguments, _| async {
            let text = Content::text("Please analyze the image above.");
            vec![PromptMessage::user(image()), PromptMessage::user(text)]
        })
}
