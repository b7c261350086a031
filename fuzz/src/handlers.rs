//! What reaches the handlers of a server: arguments as serde reads them, the variables of templates,
//! and no `requestState` but one that the server has signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mcp_wasm::server::{
    Context, ElicitRequest, InputError, Json, NoArguments, ResourceTemplate, Server, Tool,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::bytes::Bytes;
use super::session::{Session, able, modern};

#[derive(Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
struct Arguments {
    count: u32,
    name: Option<String>,
    #[serde(default)]
    list: Vec<f64>,
}

/// Arguments, as text: a handler gets those that serde reads out of their tree, as it reads them.
pub fn arguments(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(tree @ Value::Object(_)) = serde_json::from_str(text) else { return };
    let tool = Tool::new("run", "").input_schema(json!({ "type": "object" }));
    let server = Server::builder("Test", "1.0.0")
        .tool_with(tool, |args: Arguments, _: Context| async move { Json(json!(args)) })
        .build();
    let mut session = Session::modern(&server);
    let head = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" }).to_string();
    let params = modern(json!({ "name": "run" })).to_string();
    let (head, params) = (head.trim_end_matches('}'), params.trim_end_matches('}'));
    // The envelope ends with two more braces, which were cut off too.
    let message = format!(r#"{head},"params":{params}}}}},"arguments":{text}}}}}"#);
    assert!(serde_json::from_str::<Value>(&message).is_ok(), "{message}");
    session.link().receive(&message);
    let answer = session.drain().pop().expect("an answer");
    match (serde_json::from_value::<Arguments>(tree), serde_json::from_str::<Arguments>(text)) {
        (Ok(read), Ok(_)) => {
            let got = answer["result"]["structuredContent"].clone();
            assert_eq!(serde_json::from_value(got).ok(), Some(read), "{answer}");
        }
        (Err(_), Err(_)) => {
            let refused = answer["error"]["code"] == -32602 || answer["result"]["isError"] == true;
            assert!(refused, "{text}: {answer}");
        }
        // A member stands twice: which of them counts is nobody's rule.
        _ => assert!(answer["result"].is_object(), "{text}: {answer}"),
    }
}

/// Templates, each with how many variables it has.
const TEMPLATES: [(&str, usize); 5] = [
    ("one://{a}", 1),
    ("two://{a}/b/{b}", 2),
    ("text://note/{a}.txt", 1),
    ("grö://{a}", 1),
    ("three://{a}/{b}/{c}", 3),
];
const NAMES: [&str; 3] = ["a", "b", "c"];

/// Addresses: one that a template was filled for gives its variables back, and any other is answered.
pub fn templates(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let mut builder = Server::builder("Test", "1.0.0");
    for (template, _) in TEMPLATES {
        let resource = ResourceTemplate::new(template, template);
        builder = builder.resource_template(resource, |variables: Map<String, Value>, _| async {
            Value::Object(variables).to_string()
        });
    }
    let mut session = Session::modern(&builder.build());
    let (template, count) = *input.pick(&TEMPLATES);
    let values: Vec<String> =
        (0..count).map(|_| String::from_utf8_lossy(input.chunk()).into_owned()).collect();
    let mut uri = template.to_owned();
    let mut wanted = Map::new();
    for (name, value) in NAMES.iter().zip(&values) {
        let filled: String = value
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        uri = uri.replace(&format!("{{{name}}}"), &filled);
        wanted.insert((*name).to_owned(), value.clone().into());
    }
    let answer = session.ask("resources/read", modern(json!({ "uri": uri })));
    // A variable has something in it.
    if values.iter().all(|value| !value.is_empty()) {
        let text = answer["result"]["contents"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<Value>(text).ok(),
            Some(Value::Object(wanted)),
            "{uri}: {answer}"
        );
    }
    let odd = format!(
        "{}{}",
        input.pick(&["", "one://", "two://x/b/"]),
        String::from_utf8_lossy(input.chunk())
    );
    let answer = session.ask("resources/read", modern(json!({ "uri": odd })));
    assert!(answer["result"].is_object() || answer["error"]["code"].is_i64(), "{odd}: {answer}");
}

/// A state that the server has signed is taken; whatever else a client brings is refused, and no
/// handler hears of it.
pub fn request_state(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let server = Server::builder("Test", "1.0.0")
        .tool("greet", "", move |_: NoArguments, ctx: Context| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                let form = ElicitRequest::new("Who?").required("name", json!({ "type": "string" }));
                let answer = ctx.elicit("who", form).await?;
                Ok::<_, InputError>(format!("{:?}", answer.action))
            }
        })
        .build();
    let mut session = Session::modern(&server);
    let mut call = |state: Option<&str>| {
        let mut params = able(
            json!({ "elicitation": { "form": {} } }),
            json!({ "name": "greet", "arguments": {} }),
        );
        if let Some(state) = state {
            params["requestState"] = state.into();
            params["inputResponses"]["who"] =
                json!({ "action": "accept", "content": { "name": "Ada" } });
        }
        session.request(9, "tools/call", params).pop().expect("an answer")
    };
    let asked = call(None);
    let state = asked["result"]["requestState"].as_str().expect("a state").to_owned();
    let mut other: Vec<char> = state.chars().collect();
    while !input.is_empty() {
        let at = (usize::from(input.byte()) << 8 | usize::from(input.byte())) % (other.len() + 1);
        let byte = char::from(*input.pick(b"ABCDxyz019-_=.v1+/ "));
        match input.below(5) {
            0 => other.insert(at, byte),
            1 => other.truncate(at.max(1)),
            2 if at < other.len() => drop(other.remove(at)),
            3 => other.extend(String::from_utf8_lossy(input.chunk()).chars()),
            _ => {
                if let Some(place) = other.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
    let other: String = other.into_iter().collect();
    if other != state {
        let before = reached.load(Ordering::SeqCst);
        let refused = call(Some(&other));
        assert_eq!(refused["error"]["code"], -32602, "{other}: {refused}");
        assert_eq!(reached.load(Ordering::SeqCst), before, "no handler hears of it");
    }
    // It is good for all that.
    assert_eq!(call(Some(&state))["result"]["content"][0]["text"], "Accept");
}
