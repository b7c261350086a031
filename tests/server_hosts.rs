//! A page's host and the native one are one server: the same conversations, word for word, and the same
//! rules for questions. Each body of assertions here runs against both.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::needless_pass_by_value)] // `json!` reads better without a `&`

#[path = "support/session.rs"]
mod support;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use mcp_wasm::{
    proto::{
        server::{Limits, Profile, RequestKey, Transmit},
        service::{
            Asked, HandlerFailure, HandlerKind, Host, HostConfig, HostOutput, Job, Unanswered,
        },
    },
    server::{
        CompletionRequest, Content, Context, ElicitRequest, InputError, Json, NoArguments, Prompt,
        PromptArgument, Resource, ResourceTemplate, SampleRequest, Server, Tool,
    },
    types::Implementation,
};
use serde_json::{Value, json};
use support::{Session, able, envelope};

/// What a handler asks.
#[derive(Clone, Copy)]
enum What {
    Form,
    /// A form of which nothing is required.
    Empty,
    Page,
    Model,
    Roots,
}

/// What a handler does, one after the other.
#[derive(Clone, Copy)]
enum Step {
    /// It asks, and waits for the answer.
    Ask(Option<&'static str>, What),
    /// It asks, and gives the question up before its turn is over.
    GiveUp(Option<&'static str>, What),
}
use Step::{Ask, GiveUp};
use What::{Empty, Form, Model, Page, Roots};

impl What {
    fn method(self) -> &'static str {
        match self {
            Form | Empty | Page => "elicitation/create",
            Model => "sampling/createMessage",
            Roots => "roots/list",
        }
    }

    fn params(self) -> Value {
        match self {
            Form => json!({ "message": "Who?", "requestedSchema": { "type": "object",
                "properties": { "name": { "type": "string" } }, "required": ["name"] } }),
            Empty => json!({ "message": "Sure?",
                "requestedSchema": { "type": "object", "properties": {} } }),
            Page => json!({ "mode": "url", "message": "Sign in", "url": "https://a.example" }),
            Model => json!({ "messages": [{ "role": "user",
                "content": { "type": "text", "text": "Hi" } }], "maxTokens": 9 }),
            Roots => json!({}),
        }
    }
}

/// What a handler says at the end: all answers that it got.
fn told(answers: &[String]) -> String {
    answers.join("; ")
}

const WHO: &str = "elicitation/create";

// ---- the native host ----

async fn ask(ctx: Context, key: Option<&'static str>, what: What) -> String {
    let form = ElicitRequest::new("Who?").required("name", json!({ "type": "string" }));
    let answer = match what {
        Form => ctx.elicit(key, form).await.map(|answer| {
            let name = answer.accepted().map(|fields| fields["name"].to_string());
            format!("{:?} {}", answer.action, name.unwrap_or_default())
        }),
        Empty => ctx
            .elicit(key, ElicitRequest::new("Sure?"))
            .await
            .map(|answer| format!("{:?} ", answer.action)),
        Page => ctx
            .elicit_url(key, "Sign in", "https://a.example")
            .await
            .map(|action| format!("{action:?} ")),
        Model => ctx.sample(key, SampleRequest::new("Hi", 9)).await.map(|answer| answer.model),
        Roots => ctx.roots(key).await.map(|roots| format!("{} roots", roots.len())),
    };
    match answer {
        Ok(text) => text.to_lowercase(),
        Err(InputError::Refused(error)) => format!("refused: {} {}", error.code, error.message),
        Err(InputError::Misfit(_)) => "misfit".to_owned(),
    }
}

async fn run(ctx: Context, script: Arc<[Step]>) -> String {
    let mut answers = Vec::new();
    for step in script.iter() {
        match *step {
            Ask(key, what) => answers.push(ask(ctx.clone(), key, what).await),
            GiveUp(key, what) => {
                let mut asking = pin!(ask(ctx.clone(), key, what));
                poll_fn(|cx| {
                    assert!(asking.as_mut().poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
            }
        }
    }
    told(&answers)
}

fn native(script: &[Step]) -> Server {
    let script: Arc<[Step]> = script.into();
    let tool = |name: &str| Tool::new(name, "").input_schema(json!({ "type": "object" }));
    let argument =
        PromptArgument { name: "who".to_owned(), title: None, description: None, required: true };
    let prompt = Prompt { arguments: vec![argument], ..Prompt::new("greet", "") };
    let again = Arc::clone(&script);
    Server::builder("one", "1.0.0")
        .page_size(2)
        .tool_with(tool("run"), move |_: Value, ctx| run(ctx, Arc::clone(&script)))
        .tool_with(tool("five"), |_: Value, _| async { Json(5) })
        .tool_with(tool("fails"), |_: Value, _| async { Err::<(), _>("on purpose") })
        .resource(Resource::new("test://a b", "a"), |_| async { "text" })
        .resource(Resource::new("test://gone", "gone"), |_| async { None::<String> })
        .resource(Resource::new("test://bytes", "bytes"), |_| async { vec![1_u8, 2, 3] })
        .resource(Resource::new("test://json", "json"), |_| async { Json(json!({ "a": [1] })) })
        .resource(Resource::new("test://named", "named").mime_type("text/x-own"), |_| async {
            "own"
        })
        .resource_template(
            ResourceTemplate::new("test://{x}/y", "t"),
            |variables: BTreeMap<String, String>, _| async move { format!("{variables:?}") },
        )
        .prompt_with(prompt, move |_: Value, ctx| run(ctx, Arc::clone(&again)))
        .prompt("block", "", |_: NoArguments, _| async { Content::text("said") })
        .completion(|request: CompletionRequest, _| async move {
            (0..150).map(|number| format!("{}{number}", request.value)).collect::<Vec<_>>()
        })
        .build()
}

// ---- a page's host, driven as the facade drives it ----

struct InPage {
    host: Host<Value>,
    connection: u32,
    script: Vec<Step>,
    running: BTreeMap<RequestKey, Running>,
}

/// A handler that waits.
struct Running {
    job: Job<Value, u32>,
    at: usize,
    answers: Vec<String>,
}

impl InPage {
    /// With what the native server lists.
    fn new(script: &[Step]) -> Self {
        let mut host = Host::new(HostConfig {
            profile: Profile::new(Implementation::new("one", "1.0.0")),
            limits: Limits::default(),
            page_size: 2,
            key: vec![7; 32],
            lifetime: 60_000.0,
        });
        let mut session = Session::modern(&native(script));
        for (kind, method, list) in [
            (HandlerKind::Tool, "tools/list", "tools"),
            (HandlerKind::Resource, "resources/list", "resources"),
            (HandlerKind::Template, "resources/templates/list", "resourceTemplates"),
            (HandlerKind::Prompt, "prompts/list", "prompts"),
        ] {
            let mut cursor = json!(null);
            while cursor != json!(0) {
                let page = session.ask(method, able(json!({}), json!({ "cursor": cursor })));
                for definition in page["result"][list].as_array().unwrap() {
                    host.add(kind, definition.clone(), 1).unwrap();
                }
                cursor = page["result"].get("nextCursor").cloned().unwrap_or(json!(0));
            }
        }
        host.add(HandlerKind::Completion, json!({}), 1).unwrap();
        let connection = host.connect();
        Self { host, connection, script: script.to_vec(), running: BTreeMap::new() }
    }

    fn start(&mut self, job: Job<Value, u32>) {
        let result = match (job.kind, job.name.as_str()) {
            (HandlerKind::Tool, "five") => Ok(json!(5)),
            (HandlerKind::Tool, "fails") => {
                Err(HandlerFailure { message: "on purpose".to_owned(), code: None, data: None })
            }
            (HandlerKind::Resource, "test://gone") => Ok(json!(null)),
            (HandlerKind::Resource, "test://bytes") => Ok(json!({ "blob": "AQID" })),
            (HandlerKind::Resource, "test://json") => Ok(json!({ "a": [1] })),
            (HandlerKind::Resource, "test://named") => Ok(json!("own")),
            (HandlerKind::Prompt, "block") => Ok(json!({ "type": "text", "text": "said" })),
            (HandlerKind::Resource, _) => Ok(match job.input.as_object().unwrap().get("x") {
                Some(x) => json!(format!("{:?}", BTreeMap::from([("x", x.as_str().unwrap())]))),
                None => json!("text"),
            }),
            (HandlerKind::Completion, _) => {
                let typed = job.input["value"].as_str().unwrap();
                Ok((0..150).map(|number| format!("{typed}{number}")).collect())
            }
            _ => return self.go_on(Running { job, at: 0, answers: Vec::new() }),
        };
        self.host.session(self.connection).unwrap().respond(job.call, result);
    }

    fn go_on(&mut self, mut running: Running) {
        let call = running.job.call;
        while let Some(step) = self.script.get(running.at).copied() {
            let (Ask(key, what) | GiveUp(key, what)) = step;
            let key = key.map(str::to_owned);
            let asked = self.host.ask(self.connection, call, key, what.method(), what.params());
            let session = self.host.session(self.connection).unwrap();
            match (step, asked) {
                (Ask(..), Asked::Given { answer, .. }) => running.answers.push(said(what, &answer)),
                (Ask(..), Asked::Waits(_) | Asked::Suspended(_)) => {
                    self.running.insert(call, running);
                    return;
                }
                (GiveUp(..), Asked::Waits(ask)) => session.withdraw(call, ask),
                (GiveUp(..), Asked::Suspended(key)) => session.take_back(call, &key),
                (_, asked) => panic!("{asked:?}"),
            }
            running.at += 1;
        }
        let text = json!(told(&running.answers));
        self.host.session(self.connection).unwrap().respond(call, Ok(text));
    }
}

fn said(what: What, answer: &Value) -> String {
    match what {
        Form if answer["action"] == "accept" => format!("accept {}", answer["content"]["name"]),
        Form | Empty | Page => format!("{} ", answer["action"].as_str().unwrap()),
        Model => answer["model"].as_str().unwrap().to_lowercase(),
        Roots => format!("{} roots", answer["roots"].as_array().unwrap().len()),
    }
    .to_lowercase()
}

// ---- both ----

/// One client of a host.
trait Peer {
    fn send(&mut self, message: Value);
    /// Runs what is to be run, and takes what is sent.
    fn drain(&mut self) -> Vec<Value>;

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }));
        let mut sent = self.drain();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    /// Asks as a client that can do everything, since 2026-07-28.
    fn call(&mut self, more: Value) -> Value {
        let mut params = able(all(), json!({ "name": "run", "arguments": {} }));
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("tools/call", params)
    }

    fn initialize(&mut self, capabilities: Value) {
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities });
        self.ask("initialize", params);
    }
}

impl Peer for Session {
    fn send(&mut self, message: Value) {
        Session::send(self, message);
    }

    fn drain(&mut self) -> Vec<Value> {
        Session::drain(self)
    }
}

impl Peer for InPage {
    fn send(&mut self, message: Value) {
        self.host.receive(self.connection, &message, 1_000_000.0);
    }

    fn drain(&mut self) -> Vec<Value> {
        while let Some((_, output)) = self.host.poll_output() {
            match output {
                HostOutput::Run(job) => self.start(job),
                HostOutput::Stop { call, .. } => {
                    self.running.remove(&call);
                }
                HostOutput::Answered { call, outcome, .. } => {
                    let Some(mut running) = self.running.remove(&call) else { continue };
                    let (Ask(_, what) | GiveUp(_, what)) = self.script[running.at];
                    running.answers.push(match outcome {
                        Ok(answer) => said(what, &answer),
                        Err(Unanswered::Refused(error)) => {
                            format!("refused: {} {}", error.code, error.message)
                        }
                        Err(Unanswered::Misfit(_)) => "misfit".to_owned(),
                    });
                    running.at += 1;
                    self.go_on(running);
                }
            }
        }
        // The turn is over.
        for call in self.running.keys().copied().collect::<Vec<_>>() {
            if self.host.conclude(self.connection, call, 1_000_000.0) {
                self.running.remove(&call);
            }
        }
        let machine = self.host.session(self.connection).unwrap().machine_mut();
        std::iter::from_fn(|| match machine.poll_transmit()? {
            Transmit::Send { frame, .. } => Some(frame.into_payload()),
            Transmit::Close { code, .. } => panic!("closed: {code}"),
        })
        .collect()
    }
}

/// Runs the same against both.
fn both(script: &[Step], body: impl Fn(&mut dyn Peer)) {
    println!("in a page");
    body(&mut InPage::new(script));
    println!("natively");
    body(&mut Session::modern(&native(script)));
}

fn all() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} })
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

fn accept(name: &str) -> Value {
    json!({ "action": "accept", "content": { "name": name } })
}

/// The keys of what is asked.
fn keys(asked: &Value) -> Vec<String> {
    let requests = asked["result"]["inputRequests"].as_object();
    requests.unwrap_or_else(|| panic!("{asked}")).keys().cloned().collect()
}

#[test]
fn the_same_requests_have_the_same_answers() {
    let mut params = Vec::new();
    for (method, more) in [
        ("server/discover", json!({})),
        ("tools/list", json!({})),
        ("tools/list", json!({ "cursor": "dG9vbHMgMg" })),
        ("tools/list", json!({ "cursor": "nonsense" })),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("prompts/list", json!({})),
        ("tools/call", json!({ "name": "five", "arguments": {} })),
        ("tools/call", json!({ "name": "fails" })),
        ("tools/call", json!({ "name": "none" })),
        ("tools/call", json!({ "name": "five", "requestState": "v1.a.b" })),
        ("resources/read", json!({ "uri": "test://a%20b" })),
        ("resources/read", json!({ "uri": "test://gone" })),
        ("resources/read", json!({ "uri": "test://bytes" })),
        ("resources/read", json!({ "uri": "test://json" })),
        ("resources/read", json!({ "uri": "test://named" })),
        ("resources/read", json!({ "uri": "test://%C3%A4/y" })),
        ("resources/read", json!({ "uri": "test://none" })),
        ("prompts/get", json!({ "name": "greet" })),
        ("prompts/get", json!({ "name": "greet", "arguments": { "who": 7 } })),
        ("prompts/get", json!({ "name": "greet", "arguments": { "who": "you" } })),
        ("prompts/get", json!({ "name": "block" })),
        ("prompts/get", json!({ "name": "none" })),
        ("completion/complete", complete(json!({ "type": "ref/prompt", "name": "greet" }), "who")),
        ("completion/complete", complete(json!({ "type": "ref/prompt", "name": "greet" }), "x")),
        ("completion/complete", complete(json!({ "type": "ref/prompt", "name": "none" }), "who")),
        (
            "completion/complete",
            complete(json!({ "type": "ref/resource", "uri": "test://{x}/y" }), "x"),
        ),
    ] {
        params.push((method, more));
    }
    let mut many = complete(json!({ "type": "ref/prompt", "name": "greet" }), "who");
    let chosen = (0..1025).map(|number| (number.to_string(), json!("")));
    many["context"] = json!({ "arguments": Value::Object(chosen.collect()) });
    params.push(("completion/complete", many));
    for is_modern in [true, false] {
        let answers = |peer: &mut dyn Peer| -> Vec<Value> {
            if !is_modern {
                peer.initialize(json!({}));
            }
            let given =
                params.iter().filter(|(method, _)| is_modern || *method != "server/discover");
            given
                .map(|(method, params)| {
                    let mut params = params.clone();
                    if is_modern {
                        params["_meta"] = envelope(json!({}));
                    }
                    peer.ask(method, params)
                })
                .collect()
        };
        let native = answers(&mut Session::modern(&native(&[])));
        let in_page = answers(&mut InPage::new(&[]));
        for ((native, in_page), (method, params)) in native.iter().zip(&in_page).zip(&params) {
            assert_eq!(native, in_page, "{method} {params}");
        }
        assert_eq!(native.len(), in_page.len());
    }
}

fn complete(reference: Value, argument: &str) -> Value {
    json!({ "ref": reference, "argument": { "name": argument, "value": "v" } })
}

#[test]
fn a_question_is_known_again_by_its_key_or_by_what_it_asks() {
    let script = [Ask(None, Form), Ask(None, Form), Ask(Some("own"), Form), Ask(None, Roots)];
    both(&script, |peer| {
        let (mut asked, mut all) = (peer.call(json!({})), Vec::new());
        while asked["result"]["resultType"] == "input_required" {
            let key = keys(&asked).pop().unwrap();
            let is_roots = asked["result"]["inputRequests"][&key]["method"] == "roots/list";
            let name = format!("n{}", all.len());
            let answer = if is_roots { json!({ "roots": [] }) } else { accept(&name) };
            all.push(key.clone());
            let state = &asked["result"]["requestState"];
            asked = peer.call(json!({ "inputResponses": { key: answer }, "requestState": state }));
        }
        assert_eq!(text(&asked), r#"accept "n0"; accept "n1"; accept "n2"; 0 roots"#);
        let what = all[0].strip_prefix("elicitation-").unwrap();
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(what.len() == 12 && what.bytes().all(is_safe));
        assert_eq!(all[1], format!("{}-2", all[0]));
        assert_eq!(all[2], "own");
        assert!(all[3].starts_with("roots-"));
    });
}

#[test]
fn a_page_to_be_opened_has_an_id_that_nobody_can_guess_where_the_revision_has_one() {
    let seen = RefCell::new(Vec::new());
    both(&[Ask(None, Page), Ask(None, Page)], |peer| {
        let asked = peer.call(json!({}));
        let key = keys(&asked).remove(0);
        assert_eq!(asked["result"]["inputRequests"][key]["params"], Page.params());
    });
    both(&[Ask(None, Page), Ask(None, Page)], |peer| {
        peer.initialize(all());
        let params = json!({ "name": "run", "arguments": {} });
        let mut asked = peer.ask("tools/call", params);
        for _ in 0..2 {
            assert_eq!(asked["method"], WHO);
            let id = asked["params"]["elicitationId"].as_str().unwrap().to_owned();
            assert!(id.len() >= 22, "{id}");
            seen.borrow_mut().push(id);
            peer.send(
                json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } }),
            );
            asked = peer.drain().remove(0);
        }
        assert_eq!(text(&asked), "accept ; accept ");
    });
    let mut seen = seen.into_inner();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4, "no two are the same");
}

/// Answers, and whether they count.
fn answers() -> Vec<(What, Value, bool)> {
    let block = json!({ "type": "text", "text": "hi" });
    let model = |role: Value, model: Value, content: Value| {
        (Model, json!({ "role": role, "model": model, "content": content }))
    };
    let bad = |(what, answer)| (what, answer, false);
    let good = |(what, answer)| (what, answer, true);
    vec![
        good(model(json!("assistant"), json!("m"), block.clone())),
        good(model(json!("user"), json!("m"), json!([block, block]))),
        good(model(json!("assistant"), json!("m"), json!([]))),
        good(model(json!("assistant"), json!("m"), json!({ "type": "of tomorrow", "x": 1 }))),
        good((
            Model,
            json!({ "role": "assistant", "model": "m", "content": block, "stopReason": null, "x": 1 }),
        )),
        bad(model(json!("robot"), json!("m"), block.clone())),
        bad(model(json!(7), json!("m"), block.clone())),
        bad(model(json!("assistant"), json!(7), block.clone())),
        bad(model(json!("assistant"), json!(null), block.clone())),
        bad(model(json!("assistant"), json!("m"), json!(7))),
        bad(model(json!("assistant"), json!("m"), json!("hi"))),
        bad(model(json!("assistant"), json!("m"), json!(null))),
        bad(model(json!("assistant"), json!("m"), json!([7]))),
        bad(model(json!("assistant"), json!("m"), json!([block, {}]))),
        bad((Model, json!({ "role": "assistant", "content": block }))),
        bad((
            Model,
            json!({ "role": "assistant", "model": "m", "content": block, "stopReason": 7 }),
        )),
        bad((Model, json!({}))),
        good((Form, accept("Ada"))),
        good((Form, json!({ "action": "decline" }))),
        good((Form, json!({ "action": "cancel", "content": null }))),
        bad((Form, json!({ "action": "perhaps" }))),
        bad((Form, json!({ "action": "accept" }))),
        bad((Form, json!({ "action": "accept", "content": null }))),
        bad((Form, json!({ "action": "accept", "content": { "name": 7 } }))),
        bad((Form, json!({}))),
        good((Empty, json!({ "action": "accept" }))),
        good((Empty, json!({ "action": "accept", "content": null }))),
        good((Empty, json!({ "action": "accept", "content": { "more": [1] } }))),
        bad((Empty, json!({ "action": "accept", "content": 7 }))),
        bad((Empty, json!({ "action": "accept", "content": ["name"] }))),
        good((Page, json!({ "action": "accept" }))),
        good((Page, json!({ "action": "accept", "content": 7 }))),
        bad((Page, json!({ "action": true }))),
        good((Roots, json!({ "roots": [] }))),
        good((Roots, json!({ "roots": [{ "uri": "file:///a" }, { "uri": "b:", "name": "b" }] }))),
        good((Roots, json!({ "roots": [{ "uri": "file:///a", "name": null }] }))),
        bad((Roots, json!({}))),
        bad((Roots, json!({ "roots": null }))),
        bad((Roots, json!({ "roots": {} }))),
        bad((Roots, json!({ "roots": [7] }))),
        bad((Roots, json!({ "roots": [{ "name": "a" }] }))),
        bad((Roots, json!({ "roots": [{ "uri": "file:///a", "name": 7 }] }))),
    ]
}

#[test]
fn what_counts_as_an_answer_is_the_same_everywhere_and_what_does_not_is_asked_again() {
    for (what, answer, counts) in answers() {
        both(&[Ask(Some("k"), what)], |peer| {
            let again = peer.call(json!({ "inputResponses": { "k": answer } }));
            let expected = if counts { "complete" } else { "input_required" };
            assert_eq!(again["result"]["resultType"], expected, "{answer}: {again}");
        });
        both(&[Ask(None, what)], |peer| {
            peer.initialize(all());
            let asked = peer.ask("tools/call", json!({ "name": "run", "arguments": {} }));
            assert_eq!(asked["method"], what.method());
            peer.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": answer }));
            let end = peer.drain().remove(0);
            assert_eq!(text(&end) != "misfit", counts, "{answer}: {end}");
        });
    }
}

#[test]
fn a_refusal_is_told_with_its_code() {
    both(&[Ask(None, Form)], |peer| {
        peer.initialize(all());
        let asked = peer.ask("tools/call", json!({ "name": "run", "arguments": {} }));
        let error = json!({ "code": -1, "message": "no" });
        peer.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error }));
        assert_eq!(text(&peer.drain()[0]), "refused: -1 no");
    });
}

#[test]
fn a_question_that_is_given_up_in_its_turn_is_not_asked() {
    let script = [GiveUp(Some("a"), Form), GiveUp(None, Model), GiveUp(Some("c"), Roots)];
    both(&script, |peer| assert_eq!(text(&peer.call(json!({}))), ""));
    both(&script, |peer| {
        peer.initialize(all());
        let answer = peer.ask("tools/call", json!({ "name": "run", "arguments": {} }));
        assert_eq!(text(&answer), "", "nothing else was sent");
    });
    // What is asked beside it is.
    let script = [GiveUp(Some("a"), Form), GiveUp(Some("b"), Form), Ask(Some("b"), Form)];
    both(&script, |peer| assert_eq!(keys(&peer.call(json!({}))), ["b"]));
}

#[test]
fn what_the_client_cannot_do_ends_the_call_in_words_of_its_era() {
    for (what, name, required) in [
        (Form, "elicitation", json!({ "elicitation": {} })),
        (Page, "elicitation.url", json!({ "elicitation": { "url": {} } })),
        (Model, "sampling", json!({ "sampling": {} })),
        (Roots, "roots", json!({ "roots": {} })),
    ] {
        both(&[Ask(None, what)], |peer| {
            let params = able(json!({ "x": {} }), json!({ "name": "run", "arguments": {} }));
            let error = peer.ask("tools/call", params)["error"].clone();
            assert_eq!(error["code"], -32021);
            assert_eq!(error["data"]["requiredCapabilities"], required);
        });
        both(&[Ask(None, what)], |peer| {
            peer.initialize(json!({}));
            let answer = peer.ask("tools/call", json!({ "name": "run", "arguments": {} }));
            assert_eq!(text(&answer), format!("this needs a client that can do `{name}`"));
            assert_eq!(answer["result"]["isError"], true);
            let prompt = json!({ "name": "greet", "arguments": { "who": "you" } });
            assert_eq!(peer.ask("prompts/get", prompt)["error"]["code"], -32603);
        });
    }
}

#[test]
fn a_state_is_good_once_and_for_its_own_request() {
    both(&[Ask(Some("k"), Form)], |peer| {
        let state = peer.call(json!({}))["result"]["requestState"].clone();
        let more = |state: &Value| json!({ "inputResponses": { "k": accept("Ada") }, "requestState": state });
        let refused = json!({ "code": -32602, "message": "`requestState` is not valid" });
        let mut other = more(&state);
        other["arguments"] = json!({ "n": 1 });
        assert_eq!(peer.call(other)["error"], refused);
        let changed = json!(format!("{}x", state.as_str().unwrap()));
        assert_eq!(peer.call(more(&changed))["error"], refused);
        assert_eq!(text(&peer.call(more(&state))), r#"accept "ada""#);
        assert_eq!(peer.call(more(&state))["error"], refused);
    });
}

#[test]
fn a_call_that_is_given_up_takes_its_question_back() {
    both(&[Ask(None, Form)], |peer| {
        peer.initialize(all());
        let asked = peer.ask("tools/call", json!({ "name": "run", "arguments": {} }));
        let cancelled = |id: &Value| {
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": { "requestId": id } })
        };
        peer.send(cancelled(&json!(7)));
        assert_eq!(peer.drain(), [cancelled(&asked["id"])]);
        peer.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": accept("late") }));
        assert_eq!(peer.drain(), Vec::<Value>::new());
    });
}
