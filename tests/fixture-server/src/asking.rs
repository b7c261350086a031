//! Tools, and a prompt, that ask the client's person, its model, or for its directories.

use mcp_wasm::server::{
    Capability, Context, ElicitRequest, ElicitResult, InputError, NoArguments, SampleRequest,
    ServerBuilder,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

type Answer = Result<String, InputError>;

/// As long as the answers of a model may be.
const MAX_TOKENS: u32 = 100;

pub(crate) fn add(builder: ServerBuilder) -> ServerBuilder {
    let builder = add_plain(builder);
    let builder = add_forms(builder);
    add_rounds(builder)
}

#[derive(Deserialize, JsonSchema)]
struct Sampling {
    /// What to ask the model
    prompt: String,
}

#[derive(Deserialize, JsonSchema)]
struct Elicitation {
    /// What to ask the person
    message: String,
}

/// One question each.
fn add_plain(builder: ServerBuilder) -> ServerBuilder {
    builder
        .tool("test_sampling", "Asks the model", |args: Sampling, ctx: Context| async move {
            let answer = ctx.sample("answer", SampleRequest::new(args.prompt, MAX_TOKENS)).await?;
            Answer::Ok(format!("LLM response: {}", answer.text()))
        })
        .tool("test_elicitation", "Asks the person", |args: Elicitation, ctx: Context| async move {
            let form = ElicitRequest::new(args.message)
                .required("username", json!({ "type": "string", "description": "A name" }))
                .required("email", json!({ "type": "string", "description": "An address" }));
            Answer::Ok(said(&ctx.elicit("user", form).await?))
        })
        .tool(
            "test_missing_capability",
            "Asks the model, which takes a client that has one",
            |_: NoArguments, ctx: Context| async move {
                let answer =
                    ctx.sample("answer", SampleRequest::new("Anything?", MAX_TOKENS)).await?;
                Answer::Ok(answer.text())
            },
        )
}

/// Forms with every kind of field.
fn add_forms(builder: ServerBuilder) -> ServerBuilder {
    builder
        .tool(
            "test_elicitation_sep1034_defaults",
            "Asks with a form whose fields have defaults",
            |_: NoArguments, ctx: Context| async move {
                let choices = ["active", "inactive", "pending"];
                let form = ElicitRequest::new("Please review and update the form")
                    .optional("name", json!({ "type": "string", "default": "John Doe" }))
                    .optional("age", json!({ "type": "integer", "default": 30 }))
                    .optional("score", json!({ "type": "number", "default": 95.5 }))
                    .optional(
                        "status",
                        json!({ "type": "string", "enum": choices, "default": "active" }),
                    )
                    .optional("verified", json!({ "type": "boolean", "default": true }));
                Answer::Ok(said(&ctx.elicit("profile", form).await?))
            },
        )
        .tool(
            "test_elicitation_sep1330_enums",
            "Asks with a form of every kind of choice",
            |_: NoArguments, ctx: Context| async move {
                Answer::Ok(said(&ctx.elicit("choices", choices()).await?))
            },
        )
}

/// Single and multiple choice, with and without titles, and the old way to write titles.
fn choices() -> ElicitRequest {
    let titled = |from: u32| -> Vec<Value> {
        let choice = |n| json!({ "const": format!("value{n}"), "title": format!("Choice {n}") });
        (from..from + 3).map(choice).collect()
    };
    let plain = ["option1", "option2", "option3"];
    ElicitRequest::new("Please choose")
        .optional("untitledSingle", json!({ "type": "string", "enum": plain }))
        .optional("titledSingle", json!({ "type": "string", "oneOf": titled(1) }))
        .optional(
            "legacyEnum",
            json!({
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option one", "Option two", "Option three"],
            }),
        )
        .optional(
            "untitledMulti",
            json!({ "type": "array", "items": { "type": "string", "enum": plain } }),
        )
        .optional("titledMulti", json!({ "type": "array", "items": { "anyOf": titled(1) } }))
}

/// What takes several rounds since 2026-07-28.
fn add_rounds(builder: ServerBuilder) -> ServerBuilder {
    builder
        .tool("test_input_required_result_elicitation", "Asks for a name", name)
        .tool("test_input_required_result_request_state", "Asks, and keeps a state", confirm)
        .tool("test_input_required_result_tampered_state", "Asks, and checks its state", confirm)
        .tool(
            "test_input_required_result_sampling",
            "Asks the model",
            |_: NoArguments, ctx: Context| async move { capital(&ctx).await },
        )
        .tool(
            "test_input_required_result_list_roots",
            "Asks for directories",
            |_: NoArguments, ctx: Context| async move {
                Answer::Ok(format!("{} roots", ctx.roots("client_roots").await?.len()))
            },
        )
        .tool(
            "test_input_required_result_multiple_inputs",
            "Asks for a name, a model's answer and directories, all at once",
            |_: NoArguments, ctx: Context| async move {
                let (name, capital, roots) = tokio::try_join!(
                    ctx.elicit("user_name", form("What is your name?", "name")),
                    capital(&ctx),
                    ctx.roots("client_roots")
                )?;
                Answer::Ok(format!("{}, {capital}, {} roots", said(&name), roots.len()))
            },
        )
        .tool(
            "test_input_required_result_multi_round",
            "Asks twice, one after the other",
            |_: NoArguments, ctx: Context| async move {
                let first = ctx.elicit("step1", form("Step 1: what is your name?", "name")).await?;
                let second = ctx.elicit("step2", form("Step 2: your colour?", "color")).await?;
                Answer::Ok(format!("{}, then {}", said(&first), said(&second)))
            },
        )
        .tool(
            "test_input_required_result_capabilities",
            "Asks only what the client can answer",
            |args: NoArguments, ctx: Context| async move {
                if ctx.can(Capability::Elicitation) {
                    name(args, ctx).await
                } else {
                    capital(&ctx).await
                }
            },
        )
        .prompt(
            "test_input_required_result_prompt",
            "Asks for the context that it needs",
            |_: NoArguments, ctx: Context| async move {
                let form = form("What should it be about?", "context");
                let context = ctx.elicit("user_context", form).await?;
                Answer::Ok(format!("Talk about this: {}", said(&context)))
            },
        )
}

async fn name(_: NoArguments, ctx: Context) -> Answer {
    Answer::Ok(said(&ctx.elicit("user_name", form("What is your name?", "name")).await?))
}

async fn confirm(_: NoArguments, ctx: Context) -> Answer {
    let form = ElicitRequest::new("Please confirm").required("ok", json!({ "type": "boolean" }));
    Answer::Ok(said(&ctx.elicit("confirm", form).await?))
}

async fn capital(ctx: &Context) -> Answer {
    let question = SampleRequest::new("What is the capital of France?", MAX_TOKENS);
    Ok(ctx.sample("capital_question", question).await?.text())
}

/// A form with one text.
fn form(message: &str, field: &str) -> ElicitRequest {
    ElicitRequest::new(message).required(field, json!({ "type": "string" }))
}

/// What the person said, as text.
fn said(answer: &ElicitResult) -> String {
    match answer.accepted() {
        Some(fields) => Value::Object(fields.clone()).to_string(),
        None => "nothing".to_owned(),
    }
}
