//! Arbitrary operations and frames on two client machines that differ only in the path that
//! progress takes. They must agree on everything, keep the rules that every [`Page`] watches, and
//! deliver exactly what was sent.

use std::collections::{BTreeMap, BTreeSet};

use mcp_wasm::jsonrpc::Id;
use mcp_wasm::proto::client::{Caching, CallLimits, Channel, Handles, Mode, PageLimits};
use mcp_wasm::proto::version::{Era, Version};
use mcp_wasm::types::Level;
use serde_json::{Value, json};

use super::bytes::Bytes;
use super::page::{Page, Path, Step, Told, has_more};

const MODES: [Mode; 4] =
    [Mode::Auto, Mode::Legacy, Mode::Pin(Version::LATEST), Mode::Pin(Version::V2024_11_05)];
const TIMES: [f64; 6] = [f64::INFINITY, 0.0, 1.0, 150.0, 5_000.0, 60_000.0];
const SPANS: [f64; 6] = [0.0, 0.5, 10.0, 149.0, 5_000.0, 100_000.0];
const METHODS: [&str; 5] = ["tools/call", "tools/call", "resources/read", "ping", ""];
/// How often a server may ask for input.
const ROUNDS: [Option<u32>; 4] = [Some(10), Some(10), Some(1), None];
/// Numbers as a server may write them.
#[rustfmt::skip]
const NUMBERS: [&str; 18] = [
    "0", "1", "2", "-0", "0.0", "0.1", "55.00000000000001", "3", "9007199254740993", "-7", "1e3",
    "2.5e-3", "100", "99.99999999999999", "1e400", "123456789012345678901", "14.285714285714286",
    "30.000000000000004",
];
const MESSAGES: [&str; 8] =
    ["", "half way", "a\\nb", "größer", "\\u00e9", "обработка 🚀", "\\\"\\ud83d\\ude80 項", "\\\\"];
/// Members that nobody knows.
const MORE: [&str; 6] = [
    r#""_meta":{"a/b":[1,{"größe":null}]},"#,
    r#""_meta":{"io.modelcontextprotocol/subscriptionId":1},"#,
    r#""stage":"\u0041 копия","x":[],"#,
    r#""__proto__":{"a":-1.5e-3},"#,
    r#""x":1,"x":"\"","#,
    r#""x":[1,],"#,
];
const CODES: [i64; 6] = [-32601, -32602, -32022, -32020, 0, 42900];

/// Runs the operations that the bytes name.
pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let mode = *input.pick(&MODES);
    let mut twins = Twins {
        scanned: Page::new(mode, Path::Scanned),
        parsed: Page::new(mode, Path::General),
        expected: BTreeMap::new(),
        inexact: BTreeSet::new(),
    };
    twins.both(|page| {
        let declared = json!({
            "elicitation": { "form": {}, "url": {} },
            "roots": {},
            "extensions": { "io.modelcontextprotocol/tasks": {} },
        });
        page.machine.declare(&declared, Handles::default());
    });
    // By chance alone, a connection opens too seldom.
    if input.flip() {
        twins.open(mode);
    }
    while !input.is_empty() {
        twins.step(&mut input);
        twins.compare();
    }
    twins.both(|page| page.machine.close("the end"));
    twins.compare();
    let records = twins.parsed.records();
    assert!(records.values().all(|record| record.outcome.is_some()), "every call settles");
    for (id, steps) in twins.expected.iter().filter(|(id, _)| !twins.inexact.contains(id)) {
        assert_eq!(records[id].progress, *steps, "all of it, in order");
    }
}

struct Twins {
    scanned: Page,
    parsed: Page,
    /// What each call has to get.
    expected: BTreeMap<i64, Vec<Step>>,
    /// The calls that drop what does not increase, and those of several legs.
    inexact: BTreeSet<i64>,
}

impl Twins {
    fn both(&mut self, mut act: impl FnMut(&mut Page)) {
        for page in [&mut self.scanned, &mut self.parsed] {
            act(page);
            page.drain();
        }
    }

    fn open(&mut self, mode: Mode) {
        let result = match mode {
            Mode::Auto | Mode::Pin(Version::V2026_07_28) => {
                json!({ "supportedVersions": ["2026-07-28"] })
            }
            Mode::Legacy => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "tasks": { "requests": { "tools": { "call": {} } } } },
            }),
            Mode::Pin(version) => json!({ "protocolVersion": version.as_str() }),
        };
        self.both(|page| {
            page.connect(Channel::default());
            page.result(1, &result);
            assert!(page.is_open());
        });
    }

    fn step(&mut self, input: &mut Bytes<'_>) {
        let id = self.some_id(input);
        match input.below(18) {
            0 | 1 => {
                let method = *input.pick(&METHODS);
                let limits = CallLimits {
                    timeout: *input.pick(&TIMES),
                    max_total: *input.pick(&TIMES),
                    stall_after: *input.pick(&TIMES),
                    reset_on_progress: input.flip(),
                    strict: input.below(4) == 3,
                    cache: Caching::Private,
                    pages: input.flip().then(PageLimits::default),
                    rounds: *input.pick(&ROUNDS),
                    opens_urls: input.flip(),
                };
                let params = input.flip().then(|| json!({ "name": "t", "task": {} }));
                self.both(|page| drop(page.ask(method, params.clone(), limits)));
                if limits.strict {
                    self.inexact.insert(self.newest());
                }
            }
            2 => self.both(|page| page.cancel(id, Some("why"))),
            3 => self.both(|page| page.unsent(id, "too large")),
            4 => {
                let span = *input.pick(&SPANS);
                self.both(|page| page.wait(span));
            }
            5 => {
                // A timer that comes late.
                let span = *input.pick(&SPANS);
                self.both(|page| {
                    page.now += span;
                    page.tick();
                });
            }
            6 => self.both(|page| page.closed("lost")),
            7 => {
                let channel = Channel {
                    connect_timeout: 30_000.0,
                    probe_timeout: *input.pick(&TIMES),
                    can_reopen: input.flip(),
                    own_stream: input.flip(),
                    remembered: *input.pick(&[None, Some(Era::Legacy), Some(Era::Modern)]),
                };
                // A channel is opened when there is none.
                if self.parsed.machine.poll_timeout().is_infinite() && !self.parsed.is_open() {
                    self.both(|page| page.machine.connect(channel, page.now));
                }
            }
            8 => self.both(Page::opened),
            9 => {
                let level = *input.pick(&Level::ALL);
                self.both(|page| {
                    drop(page.machine.set_log_level(level));
                    drop(page.machine.notify("notifications/x", None));
                    page.machine.respond(Id::Integer(id), Ok(json!({})));
                });
            }
            10..=12 => self.progress(id, input),
            13 => {
                let message = answer(id, input);
                if let Some((&first, _)) =
                    self.parsed.records().iter().find(|(_, record)| record.legs.contains(&id))
                {
                    self.inexact.insert(first);
                }
                if matches!(
                    message["result"]["resultType"].as_str(),
                    Some("input_required" | "task")
                ) {
                    self.inexact.insert(id);
                }
                self.both(|page| page.message(&message));
            }
            15 => self.input(input),
            14 => {
                let message = handshake(self.newest(), input);
                self.both(|page| page.message(&message));
            }
            _ => self.garbage(id, input),
        }
    }

    /// A handler of the page does something.
    fn input(&mut self, input: &mut Bytes<'_>) {
        let (what, id) = (input.below(4), input.below(4));
        self.both(|page| match what {
            0 | 1 if !page.inputs.is_empty() => page.answer(&json!({ "action": "accept" })),
            2 if !page.inputs.is_empty() => page.refuse("no"),
            _ => {
                let id = Id::Integer(id.try_into().unwrap_or_default());
                page.machine.report(&id, 1.0, None, Some("half"));
                page.machine.respond(id, Ok(json!({})));
            }
        });
    }

    /// A proper progress notification, with odd numbers and texts.
    fn progress(&mut self, id: i64, input: &mut Bytes<'_>) {
        let progress = *input.pick(&NUMBERS);
        let total = input.flip().then(|| *input.pick(&NUMBERS));
        let message = input.flip().then(|| *input.pick(&MESSAGES));
        let mut text = notification(id, progress, total, message);
        // As a text, it is the same token, unless the call is strict, or it is no plain decimal.
        let spelling = *input.pick(&["", "", "", "\"", "\"0", "\" "]);
        if !spelling.is_empty() {
            let token = format!("{spelling}{id}\"");
            text = text.replacen(&format!(":{id},"), &format!(":{token},"), 1);
        }
        if input.below(4) == 0 {
            let more = *input.pick(&MORE);
            text = text.replacen("\"progress", &format!("{more}\"progress"), 1 + input.below(2));
            if input.flip() {
                text = text.replacen('{', &format!("{{{more}"), 1);
            }
        }
        let value: Option<Value> = serde_json::from_str(&text).ok();
        if let Some(value) = &value
            && spelling.len() < 2
            && self.parsed.in_flight().any(|call| call == id)
        {
            let params = &value["params"];
            self.expected.entry(id).or_default().push(Step {
                progress: params["progress"].as_f64().expect("finite"),
                total: params["total"].as_f64(),
                message: params["message"].as_str().map(str::to_owned),
                params: Some(params.clone()).filter(has_more),
            });
        }
        self.both(|page| page.frame(&text));
    }

    /// A frame with a flaw, or of nothing but flaws.
    fn garbage(&mut self, id: i64, input: &mut Bytes<'_>) {
        let text = if input.flip() {
            String::from_utf8_lossy(input.chunk()).into_owned()
        } else {
            let mut text = notification(id, "1", Some("2"), Some("abc")).into_bytes();
            for _ in 0..=input.below(3) {
                let at = input.below(text.len());
                match input.below(3) {
                    0 => drop(text.remove(at)),
                    1 => text.insert(at, input.byte()),
                    _ => text[at] = input.byte(),
                }
            }
            String::from_utf8_lossy(&text).into_owned()
        };
        self.both(|page| page.frame(&text));
        // Whatever it was, it is the twins that have to agree on it.
        let seen = self.parsed.records().iter();
        self.expected = seen.map(|(&id, record)| (id, record.progress.clone())).collect();
    }

    fn newest(&self) -> i64 {
        self.parsed.newest()
    }

    /// An id near those that are in use.
    fn some_id(&self, input: &mut Bytes<'_>) -> i64 {
        self.newest() + 1 - i64::from(input.byte() % 8)
    }

    fn compare(&self) {
        assert_eq!(self.scanned.records(), self.parsed.records());
        assert_eq!(self.scanned.machine.progress_counts(), self.parsed.machine.progress_counts());
        let told = |page: &Page| {
            let is_progress = |told: &Told| matches!(told, Told::Notification(method, _) if method == "notifications/progress");
            // The scanned page is not told of progress as a notification.
            page.told.iter().filter(|told| !is_progress(told)).cloned().collect::<Vec<_>>()
        };
        assert_eq!(told(&self.scanned), told(&self.parsed));
        let wake = |page: &Page| page.machine.poll_timeout().to_bits();
        assert_eq!(wake(&self.scanned), wake(&self.parsed));
    }
}

/// A progress notification, written by hand so that numbers keep their spelling.
pub fn notification(
    token: i64,
    progress: &str,
    total: Option<&str>,
    message: Option<&str>,
) -> String {
    let total = total.map(|total| format!(r#","total":{total}"#)).unwrap_or_default();
    let message = message.map(|text| format!(r#","message":"{text}""#)).unwrap_or_default();
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{progress}{total}{message}}}}}"#
    )
}

/// An answer to the call of that id, proper or not.
fn answer(id: i64, input: &mut Bytes<'_>) -> Value {
    let id = match input.below(6) {
        0 => json!(id.to_string()),
        1 => json!(null),
        _ => json!(id),
    };
    let member = *input.pick(&["result", "result", "error", "params"]);
    let value = match input.below(9) {
        5 => json!({ "resultType": "input_required", "requestState": "s" }),
        6 => json!({ "resultType": "input_required", "inputRequests": requests(input) }),
        7 => {
            json!({ "code": -32042, "message": "open", "data": { "elicitations": [{ "mode": "url", "url": "https://x" }] } })
        }
        8 => {
            let status =
                *input.pick(&["working", "input_required", "completed", "failed", "cancelled", ""]);
            let task = json!({ "taskId": "t", "status": status, "inputRequests": requests(input) });
            let mut result = json!({ "resultType": "task", "task": task, "result": {} });
            for (key, value) in task.as_object().into_iter().flatten() {
                result[key] = value.clone();
            }
            result
        }
        0 => json!({ "code": *input.pick(&CODES), "message": "no" }),
        1 => json!({ "resultType": "later" }),
        2 => json!(null),
        _ => json!({ "content": [], "resultType": "complete" }),
    };
    json!({ "jsonrpc": "2.0", "id": id, member: value })
}

/// What a result asks for.
fn requests(input: &mut Bytes<'_>) -> Value {
    match input.below(4) {
        0 => json!({}),
        1 => json!({ "a": { "method": *input.pick(&METHODS) } }),
        2 => json!({ "a": { "method": "roots/list" } }),
        _ => json!({ "a": { "method": "elicitation/create" }, "b": { "method": "roots/list" } }),
    }
}

/// What a server says during the handshake, or unasked.
fn handshake(newest: i64, input: &mut Bytes<'_>) -> Value {
    let versions = *input.pick(&["2026-07-28", "2025-11-25", "2024-11-05", "2099-01-01"]);
    let error =
        |code| json!({ "code": code, "message": "no", "data": { "supported": [versions] } });
    match input.below(6) {
        0 | 1 => {
            let result = json!({ "supportedVersions": [versions], "capabilities": {} });
            json!({ "jsonrpc": "2.0", "id": newest, "result": result })
        }
        2 | 3 => {
            let result = json!({ "protocolVersion": versions, "capabilities": {} });
            json!({ "jsonrpc": "2.0", "id": newest, "result": result })
        }
        4 => json!({ "jsonrpc": "2.0", "id": newest, "error": error(*input.pick(&CODES)) }),
        _ => {
            let method = *input.pick(&["ping", "roots/list", "elicitation/create"]);
            let params = json!({ "_meta": { "progressToken": "p" } });
            let id = input.below(4);
            let (what, id) = match input.below(3) {
                0 => ("notifications/cancelled", json!({ "requestId": id })),
                1 => ("notifications/tasks/status", json!({ "taskId": "t" })),
                _ => {
                    return json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
                }
            };
            json!({ "jsonrpc": "2.0", "method": what, "params": id })
        }
    }
}
