//! Whatever a peer and a host do, in whatever order: no panic, no second answer, no lost report.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/server.rs"]
mod support;

use std::collections::HashMap;

use mcp_wasm::{
    proto::server::{Change, Feature, Features, Limits, RequestKey},
    types::Level,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use support::{Peer, envelope, merge, progress_of};

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        select(vec!["2.0", "tools/call", "initialize", "2026-07-28"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let keys = prop_oneof![
            select(vec![
                "jsonrpc",
                "id",
                "method",
                "params",
                "result",
                "error",
                "_meta",
                "name",
                "arguments",
                "progressToken",
                "requestId",
                "level",
                "cursor",
                "protocolVersion",
                "io.modelcontextprotocol/protocolVersion",
                "io.modelcontextprotocol/clientCapabilities",
            ])
            .prop_map(str::to_owned),
            ".{0,4}",
        ];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((keys, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A server that has everything.
fn everything() -> Features {
    Features {
        tools: Feature::Changing,
        resources: Feature::Changing,
        prompts: Feature::Changing,
        subscribe: true,
        completions: true,
        logging: true,
    }
}

/// Something that looks like a message, with any member replaced by anything.
fn almost_a_message() -> impl Strategy<Value = Value> {
    let method = select(vec![
        "initialize",
        "notifications/initialized",
        "ping",
        "server/discover",
        "logging/setLevel",
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "resources/subscribe",
        "resources/unsubscribe",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "subscriptions/listen",
        "notifications/cancelled",
        "nonsense",
    ]);
    let member = || option::weighted(0.3, any_json());
    (method, -2_i64..4, any::<bool>(), member(), member(), member()).prop_map(
        |(method, id, is_modern, id_instead, params_instead, meta_instead)| {
            let mut params = json!({ "name": "t", "uri": "a://b", "requestId": id,
                    "ref": { "type": "ref/prompt", "name": "p" },
                    "argument": { "name": "a", "value": "v" },
                    "notifications": { "toolsListChanged": true },
                    "protocolVersion": "2025-11-25" });
            if let Some(meta) = meta_instead {
                params["_meta"] = meta;
            } else if is_modern {
                params["_meta"] = envelope();
            }
            json!({
                "jsonrpc": "2.0",
                "id": id_instead.unwrap_or(json!(id)),
                "method": method,
                "params": params_instead.unwrap_or(params),
            })
        },
    )
}

/// What can happen to a machine.
#[derive(Clone, Debug)]
enum Step {
    /// A call with this id, with or without a token.
    Call(u8, bool, bool),
    /// A cancellation of this id.
    Cancel(u8),
    /// A frame of any kind.
    Frame(Value),
    Garbage,
    /// The handler of the n-th call reports its next number.
    Report(u8),
    Log(u8),
    Respond(u8),
    /// The handler of the n-th call asks the client.
    Ask(u8),
    /// Something has changed.
    Change(bool),
    /// The transport takes as many messages.
    Take(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_u8, any::<bool>(), any::<bool>()).prop_map(|(id, token, modern)| Step::Call(id, token, modern)),
        1 => (0..6_u8).prop_map(Step::Cancel),
        1 => almost_a_message().prop_map(Step::Frame),
        1 => Just(Step::Garbage),
        8 => (0..6_u8).prop_map(Step::Report),
        2 => (0..6_u8).prop_map(Step::Log),
        3 => (0..6_u8).prop_map(Step::Respond),
        1 => (0..6_u8).prop_map(Step::Ask),
        1 => any::<bool>().prop_map(Step::Change),
        4 => (0..6_u8).prop_map(Step::Take),
    ]
}

/// What the test knows of a call.
struct Call {
    key: RequestKey,
    token: Option<u32>,
    reported: u32,
    responded: bool,
    cancelled: bool,
    /// Values that arrived at the peer.
    seen: Vec<f64>,
    answers: u32,
}

/// Runs a machine under random orders and keeps the books.
struct World {
    peer: Peer,
    calls: Vec<Call>,
    /// Which call an id stands for at the peer, until its answer arrives.
    open: HashMap<String, usize>,
    token: u32,
    queue: usize,
    asks: usize,
}

impl World {
    fn new(queue: usize) -> Self {
        let limits = Limits { queue, malformed: u32::MAX, ..Limits::default() };
        let mut peer = Peer::having(everything(), limits);
        peer.initialize("2025-11-25");
        Self { peer, calls: Vec::new(), open: HashMap::new(), token: 1000, queue, asks: 0 }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Call(id, has_token, is_modern) => {
                let id = format!("call-{id}");
                if self.open.contains_key(&id) {
                    return; // the peer keeps to the rules here; others are tested elsewhere
                }
                self.token += 1;
                let mut meta = if is_modern { envelope() } else { json!({}) };
                if has_token {
                    meta = merge(meta, json!({ "progressToken": self.token }));
                }
                let key = self.peer.call_as(&json!(id), &meta).key;
                self.open.insert(id, self.calls.len());
                self.calls.push(Call {
                    key,
                    token: has_token.then_some(self.token),
                    reported: 0,
                    responded: false,
                    cancelled: false,
                    seen: Vec::new(),
                    answers: 0,
                });
            }
            Step::Cancel(id) => {
                let id = format!("call-{id}");
                self.peer.cancel(id.clone());
                if let Some(call) = self.open.remove(&id) {
                    self.calls[call].cancelled = true;
                }
                self.peer.take_request();
            }
            Step::Frame(value) => {
                self.peer.send(value);
                self.peer.answer_all();
            }
            Step::Garbage => self.peer.machine.receive_garbage(),
            Step::Report(which) => {
                if let Some(call) = pick(&mut self.calls, which) {
                    if !call.responded && !call.cancelled {
                        call.reported += 1;
                    }
                    let value = f64::from(call.reported);
                    self.peer.machine.report(call.key, value, None, None);
                }
            }
            Step::Log(which) => {
                if let Some(call) = pick(&mut self.calls, which) {
                    let _ = self.peer.machine.log(call.key, Level::Info, None, json!("x"));
                }
            }
            Step::Respond(which) => {
                if let Some(call) = pick(&mut self.calls, which) {
                    self.peer.machine.respond(call.key, Ok(json!({ "content": [] })));
                    call.responded = true;
                }
            }
            Step::Ask(which) => {
                if let Some(call) = pick(&mut self.calls, which) {
                    let ask = self.peer.machine.ask(call.key, "roots/list", None);
                    let is_open = !call.responded && !call.cancelled;
                    assert_eq!(ask.is_some(), is_open, "asked while it goes on");
                    self.asks += usize::from(ask.is_some());
                }
            }
            Step::Change(is_list) => self.peer.machine.changed(if is_list {
                Change::Tools
            } else {
                Change::Resource("a://b")
            }),
            Step::Take(count) => {
                for _ in 0..count {
                    self.take();
                }
            }
        }
    }

    fn take(&mut self) -> bool {
        let Some(message) = self.peer.take() else { return false };
        if let Some(value) = progress_of(&message) {
            let token = message["params"]["progressToken"].as_u64();
            let call = self.calls.iter_mut().find(|call| call.token.map(u64::from) == token);
            let call = call.expect("progress has the token of a call");
            assert!(call.answers == 0 && !call.cancelled, "no progress after the end");
            call.seen.push(value);
        } else if let Some(id) = message["id"].as_str()
            && id.starts_with("call-")
        {
            let call = self.open.remove(id).expect("an answer to an open call");
            let call = &mut self.calls[call];
            call.answers += 1;
            assert!(call.responded && call.answers == 1, "answered once, and only if it was");
            // Rule 12: the last report precedes the result.
            if call.token.is_some() && call.reported > 0 {
                assert_eq!(call.seen.last(), Some(&f64::from(call.reported)));
            }
        }
        true
    }

    fn end(mut self) {
        while self.take() {}
        for call in &self.calls {
            assert!(call.seen.is_sorted_by(|a, b| a < b), "in order, none twice: {:?}", call.seen);
            assert_eq!(call.answers, u32::from(call.responded && !call.cancelled));
        }
    }
}

/// One of the latest calls.
fn pick(calls: &mut [Call], which: u8) -> Option<&mut Call> {
    let index = calls.len().checked_sub(1 + usize::from(which))?;
    calls.get_mut(index)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_json_never_panics(values in vec(any_json(), 1..8)) {
        let mut peer = Peer::having(everything(), Limits::default());
        for value in values {
            peer.send(value);
            peer.answer_all();
            peer.drain();
        }
    }

    #[test]
    fn no_id_is_answered_more_often_than_it_was_asked(values in vec(almost_a_message(), 1..30)) {
        let limits = Limits { malformed: u32::MAX, ..Limits::default() };
        let mut peer = Peer::having(everything(), limits);
        let mut asked: HashMap<String, i32> = HashMap::new();
        for value in values {
            if let Some(id) = value.get("id") {
                *asked.entry(canonical(id)).or_default() += 1;
            }
            peer.send(value);
            if peer.machine.waiting().is_multiple_of(3) {
                peer.answer_all();
            }
            for answer in peer.drain() {
                if let Some(id) = answer.get("id") {
                    let left = asked.entry(canonical(id)).or_default();
                    *left -= 1;
                    prop_assert!(*left >= 0, "{answer}");
                }
            }
        }
    }

    #[test]
    fn in_any_order_of_events_the_rules_hold(
        queue in 1..6_usize,
        steps in vec(any_step(), 1..200),
    ) {
        let mut world = World::new(queue);
        for step in steps {
            world.step(step);
            let in_flight = world.peer.machine.in_flight();
            prop_assert!(in_flight <= world.calls.len());
            // Nothing grows beyond the queue but what the peer itself asked for.
            let answers = world.calls.iter().filter(|call| call.answers == 0).count();
            prop_assert!(world.peer.machine.waiting() <= world.queue + 2 * answers + world.asks + 200);
        }
        world.end();
    }
}

/// 1 and 1.0 are the same id, and so are 0 and -0.
fn canonical(id: &Value) -> String {
    match id.as_f64() {
        Some(number) => format!("number {}", number + 0.0),
        None => id.to_string(),
    }
}
