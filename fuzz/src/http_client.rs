//! Arbitrary servers over Streamable HTTP against two clients that differ only in the path that
//! progress takes through a stream. They must agree on everything: what is asked for, what is
//! delivered, what becomes of every call.

use mcp_wasm::http::client::BodyMode;
use mcp_wasm::proto::client::{CallLimits, Mode};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};

use super::bytes::Bytes;
use super::page::{Path, Told};
use super::web::{Fetch, Web};

const MODES: [Mode; 3] = [Mode::Auto, Mode::Legacy, Mode::Pin(Version::LATEST)];
const STATUSES: [u16; 12] = [200, 200, 200, 202, 400, 401, 404, 404, 405, 429, 500, 302];
const TYPES: [&str; 5] =
    ["application/json", "text/event-stream", "text/html", "", "Application/JSON;charset=utf-8"];
const SESSIONS: [&str; 4] = ["s1", "s2", "", "no good"];
const SPANS: [f64; 5] = [0.0, 10.0, 500.0, 2_000.0, 40_000.0];
const METHODS: [&str; 6] =
    ["tools/call", "tools/call", "tools/list", "resources/subscribe", "resources/read", "x"];
const LINES: [&str; 12] = [
    "\n",
    "\r\n",
    "\r",
    ": ping\n\n",
    "id: 7\n",
    "id: 8\r\ndata: \r\n\r\n",
    "retry: 20\n",
    "event: message\r\n",
    "event: other\n",
    "data: {\n\n",
    "\u{feff}",
    "data: []\n\n",
];

/// Messages, as JSON.
const MESSAGES: [&str; 7] = [
    "\"half\"",
    "\"größer\"",
    "\"a\\nb\"",
    "\"обработка 🚀\"",
    "\"\\ud83d\\ude80 項\"",
    "null",
    "7",
];

/// Runs the operations that the bytes name.
pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let mode = *input.pick(&MODES);
    let mut twins = [Web::new(mode, Path::Scanned), Web::new(mode, Path::General)];
    let mut open: Vec<Fetch> = Vec::new();
    for web in &mut twins {
        web.connect();
    }
    while !input.is_empty() {
        step(&mut input, &mut twins, &open);
        let [one, other] = &mut twins;
        assert_eq!(heard(one), heard(other));
        assert_eq!(one.page.records(), other.page.records());
        assert_eq!(one.page.machine.progress_counts(), other.page.machine.progress_counts());
        assert_eq!(one.aborted, other.aborted);
        while !one.is_quiet() {
            let fetch = one.take();
            assert_eq!(fetch, other.take());
            open.push(fetch);
        }
        assert!(other.is_quiet());
    }
    for web in &mut twins {
        web.page.machine.close("the end");
        web.page.drain();
        assert!(
            web.page.records().values().all(|call| call.outcome.is_some()),
            "every call settles"
        );
    }
}

/// What was told besides progress, which the scanner does not tell as a notification.
fn heard(web: &Web) -> Vec<&Told> {
    let progress = |told: &&Told| matches!(told, Told::Notification(method, _) if method == "notifications/progress");
    web.page.told.iter().filter(|told| !progress(told)).collect()
}

fn step(input: &mut Bytes, twins: &mut [Web; 2], open: &[Fetch]) {
    let fetch = (!open.is_empty()).then(|| open[input.below(open.len())].clone());
    let newest = i64::from(input.byte() % 8) + 1;
    let Some(fetch) = fetch else { return own(input, twins, newest) };
    match input.below(8) {
        0 | 1 => own(input, twins, newest),
        2 => {
            let (status, kind) = (*input.pick(&STATUSES), *input.pick(&TYPES));
            let (session, body) = (*input.pick(&SESSIONS), body(input, &fetch));
            for web in twins {
                if web.head_with(&fetch, status, kind, session) == BodyMode::Whole {
                    let parsed = serde_json::from_str(&body).ok();
                    web.http.body(fetch.exchange, parsed, &body, web.page.now);
                }
                web.pump();
            }
        }
        3 => {
            let answer = body(input, &fetch);
            for web in twins {
                web.answer_with(&fetch, 200, "application/json", &answer, "s1");
            }
        }
        4..=6 => {
            let mut text = String::new();
            for _ in 0..input.below(6) {
                match input.below(4) {
                    0 => text += input.pick::<&str>(&LINES),
                    1 => text.extend(["data: ", &body(input, &fetch), "\n\n"]),
                    _ => {
                        let token = if input.flip() { fetch.id() } else { json!(newest) };
                        let message = *input.pick(&MESSAGES);
                        let token = if input.below(4) == 0 {
                            format!("\"{token}\"")
                        } else {
                            token.to_string()
                        };
                        let more = *input.pick(&[
                            "",
                            "",
                            "",
                            ",\"_meta\":{\"ключ\":[1,\"🚀\"]}",
                            ",\"x\":{\"a\":tru}",
                        ]);
                        let progress =
                            *input.pick(&["0", "1", "2.0", "28.571428571428573", "1e1", "1e400"]);
                        let end = ["\n\n", "\r\n\r\n", "\r\r", "\n"][input.below(4)];
                        text.extend([format!(
                            "data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{{\"progressToken\":{token},\"progress\":{progress},\"message\":{message}{more}}}}}{end}"
                        )]);
                    }
                }
            }
            // Cut anywhere, also inside a character.
            let cut = input.below(text.len() + 1);
            for web in twins {
                if !web.http.streams(fetch.exchange) {
                    web.head(&fetch, 200, "text/event-stream");
                }
                if web.http.streams(fetch.exchange) {
                    web.chunk(&fetch, &text.as_bytes()[..cut]);
                    web.chunk(&fetch, &text.as_bytes()[cut..]);
                }
            }
        }
        _ => {
            let end = input.flip();
            for web in twins {
                if end { web.end(&fetch) } else { web.fail(&fetch, "broken") }
            }
        }
    }
}

/// What the page itself does.
fn own(input: &mut Bytes, twins: &mut [Web; 2], id: i64) {
    let operation = input.below(4);
    let (method, span) = (*input.pick(&METHODS), *input.pick(&SPANS));
    for web in twins {
        match operation {
            0 => web.page.cancel(id, None),
            1 => web.wait(span),
            _ => {
                let params = json!({ "name": "t", "uri": "a:b", "arguments": { "region": "eu" } });
                // Only while connected.
                let _ = web.page.ask(method, Some(params), CallLimits::default());
            }
        }
        web.pump();
    }
}

/// A body that answers the request, or something like it.
fn body(input: &mut Bytes, fetch: &Fetch) -> String {
    let id = match input.below(5) {
        0 => json!(input.byte()),
        1 => Value::Null,
        _ => fetch.id(),
    };
    let result = match fetch.method() {
        "server/discover" => json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} }),
        "initialize" => json!({ "protocolVersion": "2025-11-25", "capabilities": {} }),
        "tools/list" => {
            let name = *input.pick(&["Region", "no good"]);
            let region = json!({ "type": "string", "x-mcp-header": name });
            json!({ "tools": [{ "name": "t", "inputSchema": { "properties": { "region": region } } }] })
        }
        _ => json!({ "content": [] }),
    };
    match input.below(6) {
        0 => {
            let code = [-32020, -32022, -32601, -32603][input.below(4)];
            let data = json!({ "supported": ["2026-07-28", "2025-11-25"] });
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": "no", "data": data } })
        }
        .to_string(),
        1 => json!([{ "jsonrpc": "2.0", "id": id, "result": result }, 7]).to_string(),
        2 => "no JSON".to_owned(),
        _ => json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string(),
    }
}
