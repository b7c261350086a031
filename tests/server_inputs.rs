//! What handlers ask of their client: requests of the server's own before 2026-07-28, required input
//! since then, and what is signed for it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // handlers take what serde reads

#[path = "support/session.rs"]
mod support;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use mcp_wasm::server::{
    Capability, Context, ElicitAction, ElicitRequest, InputError, NoArguments, Principal, Resource,
    SampleRequest, Server, ServerBuilder, Tool,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Session, able, modern, progress};

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code)] // the form has it
struct Person {
    name: String,
    age: Option<u32>,
}

fn builder() -> ServerBuilder {
    Server::builder("Test", "1.0.0")
}

fn all() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {} }, "roots": {} })
}

fn name_form() -> ElicitRequest {
    ElicitRequest::new("Who?").required("name", json!({ "type": "string", "minLength": 1 }))
}

async fn greet(ctx: Context) -> Result<String, InputError> {
    let answer = ctx.elicit("who", name_form()).await?;
    Ok(match answer.read::<Person>() {
        Some(person) => format!("Hello, {}", person.name),
        None => format!("{:?}", answer.action),
    })
}

fn server() -> Server {
    builder()
        .tool("greet", "", |_: NoArguments, ctx: Context| greet(ctx))
        .tool("steps", "", |_: Value, ctx: Context| async move {
            ctx.report_progress(1, 3, None).await;
            let first = ctx.elicit("first", ElicitRequest::of::<Person>("First?")).await?;
            ctx.report_progress(2, 3, None).await;
            let second = ctx.elicit("second", ElicitRequest::of::<Person>("Second?")).await?;
            ctx.report_progress(3, 3, None).await;
            let names = [first, second].map(|answer| answer.read::<Person>().unwrap().name);
            Ok::<_, InputError>(names.join("+"))
        })
        .tool("model", "", |_: NoArguments, ctx: Context| async move {
            let question = SampleRequest::new("Capital of France?", 100).system_prompt("Be short");
            ctx.sample("model", question).await.map(|answer| answer.text())
        })
        .tool("roots", "", |_: NoArguments, ctx: Context| async move {
            let roots = ctx.roots("roots").await?;
            Ok::<_, InputError>(roots.iter().map(|root| root.uri.clone()).collect::<String>())
        })
        .tool("page", "", |_: NoArguments, ctx: Context| async move {
            let action = ctx.elicit_url("page", "Sign in", "https://example.com/in").await?;
            Ok::<_, InputError>(if action == ElicitAction::Accept { "in" } else { "out" })
        })
        .tool("at_once", "", |_: NoArguments, ctx: Context| async move {
            let (mut who, mut roots) = (pin!(greet(ctx.clone())), pin!(ctx.roots("roots")));
            let (mut name, mut count) = (None, None);
            poll_fn(|cx| {
                if name.is_none()
                    && let Poll::Ready(ready) = who.as_mut().poll(cx)
                {
                    name = Some(ready);
                }
                if count.is_none()
                    && let Poll::Ready(ready) = roots.as_mut().poll(cx)
                {
                    count = Some(ready);
                }
                if name.is_some() && count.is_some() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            format!("{} {}", name.unwrap().unwrap(), count.unwrap().unwrap().len())
        })
        .tool("if_it_can", "", |_: NoArguments, ctx: Context| async move {
            if ctx.can(Capability::Elicitation) { greet(ctx).await } else { Ok("no".to_owned()) }
        })
        .prompt("greet", "", |_: NoArguments, ctx: Context| greet(ctx))
        .resource(Resource::new("test://greet", "greet"), greet)
        .build()
}

/// Calls a tool of a modern connection, with what is brought along.
fn call(session: &mut Session, tool: &str, more: Value) -> Value {
    let mut params = able(all(), json!({ "name": tool, "arguments": {} }));
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    session.request(9, "tools/call", params).pop().expect("an answer")
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

fn accept(name: &str) -> Value {
    json!({ "action": "accept", "content": { "name": name } })
}

#[test]
fn modern_a_question_is_the_answer_and_the_retry_gets_the_result() {
    let mut session = Session::modern(&server());
    let asked = call(&mut session, "greet", json!({}));
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required");
    let who = json!({ "method": "elicitation/create", "params": { "message": "Who?",
        "requestedSchema": { "type": "object", "required": ["name"],
            "properties": { "name": { "type": "string", "minLength": 1 } } } } });
    assert_eq!(result["inputRequests"], json!({ "who": who }));
    assert_eq!((result.get("ttlMs"), result.get("cacheScope")), (None, None));
    let state = &result["requestState"];
    assert!(state.is_string());
    let more = json!({ "inputResponses": { "who": accept("Ada") }, "requestState": state });
    assert_eq!(text(&call(&mut session, "greet", more)), "Hello, Ada");
    // The state is not needed for answers of this round alone.
    let more = json!({ "inputResponses": { "who": accept("Bob"), "else": 7 } });
    assert_eq!(text(&call(&mut session, "greet", more)), "Hello, Bob");
    for action in ["decline", "cancel"] {
        let more = json!({ "inputResponses": { "who": { "action": action } } });
        assert_eq!(text(&call(&mut session, "greet", more)).to_lowercase(), action);
    }
}

#[test]
fn modern_an_answer_that_does_not_fit_is_asked_for_again() {
    let mut session = Session::modern(&server());
    for answer in [
        json!(null),
        json!(7),
        json!({}),
        json!({ "action": "perhaps" }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": { "name": 7 } }),
        json!({ "action": "accept", "content": { "name": "" } }),
        json!({ "action": "accept", "content": { "nome": "x" } }),
    ] {
        let more = json!({ "inputResponses": { "who": answer } });
        let again = call(&mut session, "greet", more);
        assert_eq!(again["result"]["resultType"], "input_required", "{answer}");
        assert!(again["result"]["inputRequests"]["who"].is_object());
    }
    for wrong in [json!({ "inputResponses": 7 }), json!({ "requestState": 7 })] {
        assert_eq!(call(&mut session, "greet", wrong)["error"]["code"], -32602);
    }
}

#[test]
fn modern_answers_of_earlier_rounds_travel_in_the_state() {
    let mut session = Session::modern(&server());
    let mut params = able(all(), json!({ "name": "steps", "arguments": { "b": 1, "a": 2 } }));
    params["_meta"]["progressToken"] = json!("t");
    let mut round = |responses: Value, state: &Value| {
        let mut params = params.clone();
        if !state.is_null() {
            params["requestState"] = state.clone();
            params["inputResponses"] = responses;
        }
        session.request(3, "tools/call", params)
    };
    let one = round(json!(null), &json!(null));
    assert_eq!(progress(&one), [1.0]);
    let state = one[1]["result"]["requestState"].clone();
    let two = round(json!({ "first": accept("A") }), &state);
    assert_eq!(progress(&two), [1.0, 2.0]);
    let requests = two[2]["result"]["inputRequests"].as_object().unwrap();
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["second"]);
    let second = two[2]["result"]["requestState"].clone();
    assert_ne!(second, state);
    let three = round(json!({ "second": accept("B") }), &second);
    assert_eq!(progress(&three), [1.0, 2.0, 3.0]);
    assert_eq!(text(&three[3]), "A+B");
}

#[test]
fn modern_questions_of_one_time_go_in_one_round() {
    let mut session = Session::modern(&server());
    let asked = call(&mut session, "at_once", json!({}));
    let requests = asked["result"]["inputRequests"].as_object().unwrap();
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["who", "roots"]);
    assert_eq!(requests["roots"], json!({ "method": "roots/list", "params": {} }));
    let roots = json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b", "name": "b" }] });
    let more = json!({ "inputResponses": { "who": accept("Ada"), "roots": roots } });
    assert_eq!(text(&call(&mut session, "at_once", more)), "Hello, Ada 2");
}

#[test]
fn modern_models_and_pages_and_roots_are_asked_the_same_way() {
    let mut session = Session::modern(&server());
    let asked = call(&mut session, "model", json!({}));
    let capital = json!({ "type": "text", "text": "Capital of France?" });
    assert_eq!(
        asked["result"]["inputRequests"]["model"],
        json!({ "method": "sampling/createMessage", "params": {
            "messages": [{ "role": "user", "content": capital }],
            "maxTokens": 100, "systemPrompt": "Be short" } })
    );
    let block = json!({ "type": "text", "text": "Paris" });
    for content in [block.clone(), json!([block])] {
        let answer = json!({ "role": "assistant", "model": "m", "content": content });
        let more = json!({ "inputResponses": { "model": answer } });
        assert_eq!(text(&call(&mut session, "model", more)), "Paris");
    }
    let asked = call(&mut session, "page", json!({}));
    assert_eq!(
        asked["result"]["inputRequests"]["page"]["params"],
        json!({ "mode": "url", "message": "Sign in", "url": "https://example.com/in" })
    );
    let more = json!({ "inputResponses": { "page": { "action": "accept" } } });
    assert_eq!(text(&call(&mut session, "page", more)), "in");
}

#[test]
fn modern_prompts_and_resources_may_ask_and_other_methods_never_do() {
    let mut session = Session::modern(&server());
    for (method, given, pointer, expected) in [
        (
            "prompts/get",
            json!({ "name": "greet" }),
            "/result/messages/0/content/text",
            "Hello, Ada",
        ),
        (
            "resources/read",
            json!({ "uri": "test://greet" }),
            "/result/contents/0/text",
            "Hello, Ada",
        ),
    ] {
        let mut params = able(all(), given);
        let asked = session.ask(method, params.clone());
        assert_eq!(asked["result"]["resultType"], "input_required", "{method}");
        assert_eq!(asked["result"].get("ttlMs"), None);
        params["requestState"] = asked["result"]["requestState"].clone();
        params["inputResponses"] = json!({ "who": accept("Ada") });
        assert_eq!(session.ask(method, params).pointer(pointer).unwrap(), expected);
    }
    let mut params = able(all(), json!({}));
    params["requestState"] = json!("nonsense");
    params["inputResponses"] = json!(7);
    assert_eq!(session.ask("tools/list", params)["result"]["resultType"], "complete");
}

#[test]
fn a_state_that_was_changed_or_is_for_another_request_is_refused_in_fixed_words() {
    let mut session = Session::modern(&server());
    let state = call(&mut session, "greet", json!({}))["result"]["requestState"].clone();
    let state = state.as_str().unwrap();
    let refused = json!({ "code": -32602, "message": "`requestState` is not valid" });
    let answers = json!({ "who": accept("Eve") });
    for (tool, state) in [
        ("greet", format!("{state}-TAMPERED")),
        ("greet", String::new()),
        ("greet", state.replacen("v1.", "v2.", 1)),
        ("steps", state.to_owned()),
    ] {
        let more = json!({ "inputResponses": answers, "requestState": state });
        assert_eq!(call(&mut session, tool, more)["error"], refused);
    }
    let more = json!({ "arguments": { "b": 1 }, "inputResponses": answers, "requestState": state });
    assert_eq!(call(&mut session, "greet", more)["error"], refused);
    // Another server has another key.
    let more = json!({ "inputResponses": answers, "requestState": state });
    let mut other = Session::modern(&server());
    assert_eq!(call(&mut other, "greet", more)["error"], refused);
}

#[test]
fn a_state_expires_and_servers_may_share_a_key() {
    let now = Arc::new(AtomicU64::new(1_000_000));
    let make = || {
        let clock = Arc::clone(&now);
        let server = builder()
            .state_key([7; 32])
            .state_lifetime(Duration::from_secs(60))
            .tool("greet", "", |_: NoArguments, ctx: Context| greet(ctx))
            .build();
        #[allow(clippy::cast_precision_loss)] // small
        server.set_clock(move || clock.load(Ordering::SeqCst) as f64);
        Session::modern(&server)
    };
    let state = call(&mut make(), "greet", json!({}))["result"]["requestState"].clone();
    let more = json!({ "inputResponses": { "who": accept("Ada") }, "requestState": state });
    now.fetch_add(59_999, Ordering::SeqCst);
    assert_eq!(text(&call(&mut make(), "greet", more.clone())), "Hello, Ada");
    now.fetch_add(1, Ordering::SeqCst);
    assert_eq!(call(&mut make(), "greet", more)["error"]["code"], -32602);
}

#[test]
fn modern_what_the_client_cannot_do_is_an_error_that_names_it() {
    let mut session = Session::modern(&server());
    for (tool, can, required) in [
        ("greet", json!({}), json!({ "elicitation": {} })),
        ("greet", json!({ "elicitation": { "url": {} } }), json!({ "elicitation": {} })),
        ("page", json!({ "elicitation": {} }), json!({ "elicitation": { "url": {} } })),
        ("model", json!({ "elicitation": {} }), json!({ "sampling": {} })),
        ("roots", json!({ "sampling": {} }), json!({ "roots": {} })),
    ] {
        let params = able(can, json!({ "name": tool, "arguments": {} }));
        let error = session.ask("tools/call", params)["error"].clone();
        assert_eq!(error["code"], -32021);
        assert_eq!(error["data"], json!({ "requiredCapabilities": required }), "{tool}");
    }
    // What an earlier request could do means nothing, and a handler may look first.
    assert_eq!(text(&session.ask("tools/call", modern(json!({ "name": "if_it_can" })))), "no");
    let asked = call(&mut session, "if_it_can", json!({}));
    assert_eq!(asked["result"]["resultType"], "input_required");
}

/// The one request of the server's own among what was sent.
fn question(sent: &[Value]) -> (&Value, &Value) {
    assert_eq!(sent.len(), 1, "{sent:?}");
    (&sent[0]["id"], &sent[0])
}

#[test]
fn legacy_a_question_is_a_request_and_the_handler_waits_for_the_answer() {
    let mut session = Session::legacy(&server(), "2025-11-25", all());
    session.call(1, "greet", json!({}));
    let sent = session.drain();
    let (id, request) = question(&sent);
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["message"], "Who?");
    // Answers to what was not asked mean nothing; ids are compared by their type.
    for wrong in [json!(99), json!(id.to_string()), json!(null)] {
        session.send(json!({ "jsonrpc": "2.0", "id": wrong, "result": accept("Eve") }));
        assert_eq!(session.drain(), Vec::<Value>::new());
    }
    session.send(json!({ "jsonrpc": "2.0", "id": id, "result": accept("Ada") }));
    assert_eq!(text(&session.drain()[0]), "Hello, Ada");
    // Once is enough.
    session.send(json!({ "jsonrpc": "2.0", "id": id, "result": accept("Eve") }));
    assert_eq!(session.drain(), Vec::<Value>::new());
}

#[test]
fn legacy_ids_of_both_directions_are_their_own() {
    let mut session = Session::legacy(&server(), "2025-06-18", all());
    for call in [1, 2] {
        session.call(call, "greet", json!({}));
    }
    let sent = session.drain();
    assert_eq!((&sent[0]["id"], &sent[1]["id"]), (&json!(1), &json!(2)));
    session.send(json!({ "jsonrpc": "2.0", "id": 2, "result": accept("B") }));
    let second = session.drain();
    assert_eq!((&second[0]["id"], text(&second[0])), (&json!(2), "Hello, B"));
    session.send(json!({ "jsonrpc": "2.0", "id": 1, "result": accept("A") }));
    assert_eq!(text(&session.drain()[0]), "Hello, A");
}

#[test]
fn legacy_refusals_and_misfits_reach_the_handler() {
    let mut session = Session::legacy(&server(), "2025-11-25", all());
    let refusal = json!({ "error": { "code": -1, "message": "User rejected" } });
    for (answer, expected) in [
        (refusal, "the client did not answer: User rejected (-1)"),
        (json!({ "result": 7 }), "the client did not answer: `result` is not an object (-32603)"),
        (
            json!({ "result": { "action": "accept", "content": { "name": 7 } } }),
            "the client's answer does not fit: `name` does not fit",
        ),
        (
            json!({ "result": { "action": "accept" } }),
            "the client's answer does not fit: `name` is missing",
        ),
    ] {
        session.call(1, "greet", json!({}));
        let sent = session.drain();
        let mut answer = answer;
        answer["jsonrpc"] = json!("2.0");
        answer["id"] = question(&sent).0.clone();
        session.send(answer);
        let sent = session.drain();
        assert_eq!(text(&sent[0]), expected);
        assert_eq!(sent[0]["result"]["isError"], true);
    }
}

#[test]
fn legacy_url_elicitation_has_an_id_that_nobody_can_guess() {
    let mut session = Session::legacy(&server(), "2025-11-25", all());
    let mut ids = Vec::new();
    for call in [1, 2] {
        session.call(call, "page", json!({}));
        let sent = session.drain();
        let params = &question(&sent).1["params"];
        assert_eq!(
            (&params["mode"], &params["url"]),
            (&json!("url"), &json!("https://example.com/in"))
        );
        ids.push(params["elicitationId"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    assert!(ids[0].len() >= 22);
}

#[test]
fn legacy_a_question_is_cancelled_with_its_call() {
    let mut session = Session::legacy(&server(), "2025-11-25", all());
    session.call(1, "greet", json!({}));
    let sent = session.drain();
    let id = question(&sent).0.clone();
    session.cancel(1);
    assert_eq!(
        session.drain(),
        [
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
        ]
    );
    session.send(json!({ "jsonrpc": "2.0", "id": id, "result": accept("late") }));
    assert_eq!(session.drain(), Vec::<Value>::new());
    // Cancelled before the question has left, there is nothing to cancel.
    session.call(2, "greet", json!({}));
    session.run();
    session.cancel(2);
    assert_eq!(session.drain(), Vec::<Value>::new());
}

#[test]
fn legacy_a_question_that_the_handler_gives_up_is_withdrawn() {
    let give_up = Arc::new(Mutex::new(None::<std::task::Waker>));
    let wake = Arc::clone(&give_up);
    let server = builder()
        .tool("impatient", "", move |_: NoArguments, ctx: Context| {
            let wake = Arc::clone(&wake);
            async move {
                let mut question = Some(Box::pin(greet(ctx)));
                let mut is_first = true;
                poll_fn(|cx| {
                    if let Some(question) = &mut question {
                        assert!(question.as_mut().poll(cx).is_pending());
                    }
                    if std::mem::take(&mut is_first) {
                        *wake.lock().unwrap() = Some(cx.waker().clone());
                        return Poll::Pending;
                    }
                    question = None;
                    Poll::Ready("no answer")
                })
                .await
            }
        })
        .build();
    let mut session = Session::legacy(&server, "2025-11-25", all());
    session.call(1, "impatient", json!({}));
    assert_eq!(session.drain()[0]["method"], "elicitation/create");
    give_up.lock().unwrap().take().unwrap().wake();
    let sent = session.drain();
    assert_eq!(sent[0]["method"], "notifications/cancelled");
    assert_eq!(text(&sent[1]), "no answer");
}

#[test]
fn legacy_what_the_client_cannot_do_fails_the_call_in_words() {
    let mut session = Session::legacy(&server(), "2025-11-25", json!({ "roots": {} }));
    let answer = session.result("greet", json!({}));
    assert_eq!(text(&answer), "this needs a client that can do `elicitation`");
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(session.ask("prompts/get", json!({ "name": "greet" }))["error"]["code"], -32603);
    assert_eq!(text(&session.result("if_it_can", json!({}))), "no");
}

#[test]
fn a_handler_that_asked_is_dropped_in_the_modern_era_and_knows() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let (dropped, kept) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None::<Context>)));
    let (count, keep) = (Arc::clone(&dropped), Arc::clone(&kept));
    let server = builder()
        .tool_with(Tool::new("t", ""), move |_: NoArguments, ctx: Context| {
            let guard = Guard(Arc::clone(&count));
            *keep.lock().unwrap() = Some(ctx.clone());
            async move {
                let _guard = guard;
                greet(ctx).await
            }
        })
        .build();
    let mut session = Session::modern(&server);
    let asked = call(&mut session, "t", json!({}));
    assert_eq!(asked["result"]["resultType"], "input_required");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    let ctx = kept.lock().unwrap().take().unwrap();
    assert!(ctx.is_cancelled(), "work elsewhere is told");
    ctx.report_progress(1, 1, None);
    assert_eq!(session.drain(), Vec::<Value>::new());
}

#[test]
fn a_form_made_of_a_type_has_only_what_forms_may_have() {
    /// How warm.
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)]
    enum Plain {
        Hot,
        Cold,
    }
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)]
    enum Titled {
        /// As hot as can be
        Hot,
        Cold,
    }
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Form {
        /// What to call you
        #[schemars(title = "Name", length(min = 1))]
        name: String,
        #[schemars(email)]
        mail: Option<String>,
        age: Option<u8>,
        share: f64,
        #[serde(default)]
        sure: Option<bool>,
        plain: Plain,
        titled: Option<Titled>,
        several: Vec<Plain>,
        many: Vec<Titled>,
    }
    let form = ElicitRequest::of::<Form>("Fill in").requested_schema;
    let titled = json!([{ "const": "Cold", "title": "Cold" },
                        { "const": "Hot", "title": "As hot as can be" }]);
    let mut fields = form["properties"].clone();
    for field in fields.as_object_mut().unwrap().values_mut() {
        field.as_object_mut().unwrap().remove("description");
        if let Some(items) = field.get_mut("items") {
            items.as_object_mut().unwrap().remove("description");
        }
    }
    assert_eq!(
        fields,
        json!({
            "name": { "type": "string", "title": "Name", "minLength": 1 },
            "mail": { "type": "string", "format": "email" },
            "age": { "type": "integer", "minimum": 0, "maximum": 255 },
            "share": { "type": "number" },
            "sure": { "type": "boolean" },
            "plain": { "type": "string", "enum": ["Hot", "Cold"] },
            "titled": { "type": "string", "oneOf": titled },
            "several": { "type": "array", "items": { "type": "string", "enum": ["Hot", "Cold"] } },
            "many": { "type": "array", "items": { "anyOf": titled } },
        })
    );
    assert_eq!(form["required"], json!(["name", "share", "plain", "several", "many"]));
}

#[test]
fn a_state_is_good_once_and_for_whom_it_was_made() {
    let server = server();
    let mut alice = Session::of(&server, Principal::new("alice"));
    let answers = json!({ "who": accept("Ada") });
    let ask = |session: &mut Session| {
        let state = call(session, "greet", json!({}))["result"]["requestState"].clone();
        json!({ "inputResponses": answers, "requestState": state })
    };
    let (one, other) = (ask(&mut alice), ask(&mut alice));
    assert_ne!(one, other);
    let strangers = [
        Session::modern(&server),
        Session::of(&server, Principal::new("bob")),
        Session::of(&server, Principal::new("alice").issuer("https://elsewhere.example")),
        Session::of(&server, Principal::new("alice").client("a program")),
    ];
    for mut stranger in strangers {
        assert_eq!(call(&mut stranger, "greet", one.clone())["error"]["code"], -32602);
    }
    // What she may do can have changed since, and it may be another connection.
    let mut again = Session::of(&server, Principal::new("alice").scopes(["more"]));
    assert_eq!(text(&call(&mut again, "greet", one.clone())), "Hello, Ada");
    assert_eq!(call(&mut alice, "greet", one)["error"]["code"], -32602);
    assert_eq!(text(&call(&mut alice, "greet", other)), "Hello, Ada");
    // What nobody in particular was asked is nothing for her.
    let nobody = ask(&mut Session::modern(&server));
    assert_eq!(call(&mut alice, "greet", nobody)["error"]["code"], -32602);
}

#[test]
fn a_server_without_a_clock_does_not_sign_for_ever() {
    let mut session = Session::modern(&server());
    let state = call(&mut session, "greet", json!({}))["result"]["requestState"].clone();
    let other = call(&mut session, "greet", json!({}))["result"]["requestState"].clone();
    let with = |state: &Value| json!({ "inputResponses": { "who": accept("Ada") }, "requestState": state });
    for _ in 0..1022 {
        call(&mut session, "greet", json!({}));
    }
    assert_eq!(text(&call(&mut session, "greet", with(&state))), "Hello, Ada");
    for _ in 0..2 {
        call(&mut session, "greet", json!({}));
    }
    assert_eq!(call(&mut session, "greet", with(&other))["error"]["code"], -32602);
}
