//! Tools that ask the client back: its person, and its model.

use mcp_wasm::server::{
    Context, ElicitAction, ElicitRequest, InputError, NoArguments, SampleRequest, ServerBuilder,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) fn add(builder: ServerBuilder) -> ServerBuilder {
    builder.tool("ask_name", "Asks for a name, and says hello", ask_name).tool(
        "summarize",
        "Has the client's model sum a text up",
        summarize,
    )
}

#[derive(Deserialize, JsonSchema)]
struct Answer {
    /// What you want to be called
    #[schemars(title = "Name", length(min = 1, max = 100))]
    name: String,
}

async fn ask_name(_: NoArguments, ctx: Context) -> Result<String, InputError> {
    let answer = ctx.elicit("name", ElicitRequest::of::<Answer>("What is your name?")).await?;
    Ok(match (answer.read::<Answer>(), answer.action) {
        (Some(Answer { name }), _) => format!("Hello, {name}"),
        (None, ElicitAction::Decline) => "That is fine: hello all the same".to_owned(),
        (None, _) => "Maybe another time".to_owned(),
    })
}

#[derive(Deserialize, JsonSchema)]
struct Summarize {
    /// The text to be summed up
    text: String,
}

async fn summarize(args: Summarize, ctx: Context) -> Result<String, InputError> {
    let question = format!("Sum up the following text in one sentence.\n\n{}", args.text);
    let question = SampleRequest::new(question, 200)
        .system_prompt("You sum up texts. Answer with the summary, and nothing else.");
    Ok(ctx.sample("summary", question).await?.text())
}
