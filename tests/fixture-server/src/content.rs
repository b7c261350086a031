//! Tools for every kind of content, for failures, progress and log messages.

use std::time::Duration;

use mcp_wasm::server::{
    CallToolResult, Content, Context, NoArguments, ResourceContents, ServerBuilder,
};
use tokio::time::sleep;

/// A picture of one pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// A sound of no length.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
/// Between two reports or messages.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn add(builder: ServerBuilder) -> ServerBuilder {
    builder
        .tool("test_simple_text", "Returns text", |_: NoArguments, _| async {
            "This is a simple text response for testing."
        })
        .tool("test_image_content", "Returns an image", |_: NoArguments, _| async { vec![image()] })
        .tool("test_audio_content", "Returns a sound", |_: NoArguments, _| async {
            let (data, mime_type) = (WAV.to_owned(), "audio/wav".to_owned());
            vec![Content::Audio { data, mime_type, annotations: None }]
        })
        .tool("test_embedded_resource", "Returns a resource", |_: NoArguments, _| async {
            vec![resource("test://embedded-resource", "This is an embedded resource.")]
        })
        .tool(
            "test_multiple_content_types",
            "Returns text, an image and a resource",
            |_: NoArguments, _| async {
                let text = Content::text("Multiple content types test:");
                vec![
                    text,
                    image(),
                    resource("test://mixed-content-resource", "A resource among others."),
                ]
            },
        )
        .tool("test_error_handling", "Fails", |_: NoArguments, _| async {
            CallToolResult::error("This tool intentionally returns an error for testing")
        })
        .tool("test_tool_with_progress", "Reports progress", with_progress)
        .tool("test_tool_with_logging", "Logs while it runs", with_logging)
        .tool("test_logging_tool", "Logs once", |_: NoArguments, ctx: Context| async move {
            ctx.info("test_logging_tool was called").await;
            "Logged"
        })
        .tool("test_reconnection", "Lets its caller come back for the result", reconnection)
        .tool("test_streaming_elicitation", "Returns text", |_: NoArguments, _| async { "Done" })
}

async fn reconnection(_: NoArguments, ctx: Context) -> &'static str {
    ctx.close_stream();
    sleep(PAUSE).await;
    "Reconnection test completed successfully"
}

async fn with_progress(_: NoArguments, ctx: Context) -> &'static str {
    for progress in [0, 50] {
        ctx.report_progress(progress, 100, format!("Completed {progress} of 100")).await;
        sleep(PAUSE).await;
    }
    ctx.report_progress(100, 100, "Completed 100 of 100").await;
    "All of it was reported"
}

async fn with_logging(_: NoArguments, ctx: Context) -> &'static str {
    for text in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        ctx.info(text).await;
        sleep(PAUSE).await;
    }
    "All of it was logged"
}

pub(crate) fn image() -> Content {
    let (data, mime_type) = (PNG.to_owned(), "image/png".to_owned());
    Content::Image { data, mime_type, annotations: None }
}

pub(crate) fn resource(uri: &str, text: &str) -> Content {
    Content::resource(ResourceContents::text(uri, text).mime_type("text/plain"))
}
