//! What a message takes: memory as the allocator counts it, time as the process was busy.
#![allow(dead_code, clippy::cast_precision_loss)] // each test file uses its own part

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use mcp_wasm::{
    jsonrpc::READ_FLOOR,
    server::{
        CompletionRequest, Context, ElicitRequest, NoArguments, ResourceTemplate, Server, Tool,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Counts what is allocated.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grown(by: usize) {
    let now = NOW.fetch_add(by, Relaxed) + by;
    PEAK.fetch_max(now, Relaxed);
}

#[allow(unsafe_code)]
// SAFETY: everything is done by the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.dealloc(place, layout) }
    }

    // `realloc` is the default one: a copy, during which both are there.
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The tests count what the whole process allocates, so they take turns.
pub static TURN: Mutex<()> = Mutex::new(());

/// Times its bytes that a message may take.
pub const TIMES: usize = 8;
/// Times what a tree of it takes to be made that a message may take. With optimization a tree of a MiB
/// of zeros takes about 9 ms, so that this is less than 50 ms for each MiB; most messages take a third.
pub const TREES: f64 = 5.0;
/// Bytes that do not depend on the message: what a call, its handler and its answer are, however
/// small the message that asks for it is. Nearly 10 KiB is what a tool takes that asks its client.
pub const FIXED: usize = 12 << 10;

/// What `work` takes at its peak.
pub fn peak(work: impl FnOnce()) -> usize {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    work();
    PEAK.load(Relaxed).saturating_sub(before)
}

/// Bytes that are in use.
pub fn now() -> usize {
    NOW.load(Relaxed)
}

/// Milliseconds that the process has been busy so far.
pub fn busy() -> f64 {
    #[repr(C)]
    #[derive(Default)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    #[allow(unsafe_code)]
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    const PROCESS: i32 = 2;
    let mut time = Time::default();
    #[allow(unsafe_code)]
    // SAFETY: it fills in what it is given.
    let failed = unsafe { clock_gettime(PROCESS, &raw mut time) };
    assert_eq!(failed, 0, "the system tells the time");
    time.seconds as f64 * 1e3 + time.nanoseconds as f64 / 1e6
}

/// Milliseconds that a tree of this takes, or one of as many bytes of zeros: a reader may stop early,
/// and a text may be cheap to read.
pub fn tree(text: &str) -> f64 {
    let time = |text: &str| {
        let before = busy();
        let tree = serde_json::from_str::<Value>(text);
        let after = busy();
        drop(tree);
        after - before
    };
    time(text).max(time(&format!("[{}]", repeat("0", ",", text.len()))))
}

pub fn repeat(part: &str, between: &str, size: usize) -> String {
    let count = size / (part.len() + between.len());
    vec![part; count.max(1)].join(between)
}

/// Values of about that many bytes, each the worst of its kind.
pub fn shapes(size: usize) -> Vec<(&'static str, String)> {
    let array = |part: &str| format!("[{}]", repeat(part, ",", size));
    let numbered = |write: &dyn Fn(usize) -> String| {
        let each = write(0).len() + 1;
        let all: Vec<String> = (0..size / each).map(write).collect();
        all.join(",")
    };
    let deep = |open: &str, inner: &str, close: &str| {
        let depth = 100 / (open.len().div_ceil(2));
        array(&[&open.repeat(depth), inner, &close.repeat(depth)].concat())
    };
    vec![
        ("zeros", array("0")),
        ("empty objects", array("{}")),
        ("empty arrays", array("[]")),
        ("objects with an empty name", array(r#"{"":0}"#)),
        ("empty strings", array(r#""""#)),
        ("fractions", array("0.12345678901234567")),
        ("nested arrays", deep("[", "", "]")),
        ("nested objects", deep(r#"{"":"#, "0", "}")),
        ("distinct names", format!("{{{}}}", numbered(&|n| format!("\"{n:07}\":0")))),
        ("distinct names of texts", format!("{{{}}}", numbered(&|n| format!("\"{n:x}\":\"\"")))),
        ("equal names", format!("{{{}}}", repeat(r#""":0"#, ",", size))),
        ("equal names of use", format!("{{{}}}", repeat(r#""name":"a""#, ",", size))),
        ("names with escapes", format!("{{{}}}", repeat(r#""\u006eame":0"#, ",", size))),
        ("one long name", format!("{{\"{}\":0}}", "n".repeat(size))),
        ("a plain string", format!("\"{}\"", "x".repeat(size))),
        ("a string of escapes", format!("\"{}\"", repeat(r"\n", "", size))),
        ("a string of code points", format!("\"{}\"", repeat(r"\u0001", "", size))),
        ("a string of pairs", format!("\"{}\"", repeat(r"\ud83d\ude00", "", size))),
        ("a string of three bytes each", format!("\"{}\"", repeat("語", "", size))),
        ("one long number", format!("[{}]", "1".repeat(size))),
        ("one long fraction", format!("[0.{}]", "1".repeat(size))),
        ("long numbers", array(&"9".repeat(5000))),
        ("blanks", format!("[{}]", repeat(" \n", "", size))),
    ]
}

pub const META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"progressToken":1"#;

/// Messages with a `$` where a value belongs: its place, and what the server has to do with it. `@`
/// stands for the envelope of the modern era.
pub const PLACES: [&str; 31] = [
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"any","arguments":{"x":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"none","arguments":{"x":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"none","arguments":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"text","arguments":{"text":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"header","arguments":{"region":"x","y":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"asks","arguments":{"x":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"asks","inputResponses":{"name":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"asks","inputResponses":{"name":{"action":"accept","content":{"name":$}}},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"asks","inputResponses":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"asks","requestState":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"unknown","arguments":{"x":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"none","more":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"none","_meta":{@,"x":$}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"none","_meta":{"progressToken":$}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"none","_meta":$}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":$}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"ping","more":$}"#,
    r#"{"jsonrpc":"2.0","id":$,"method":"ping"}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":$}"#,
    r#"{"jsonrpc":$,"id":7,"method":"ping"}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"prompts/get","params":{"name":"greet","arguments":$,"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"a"},"context":{"arguments":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":$},"_meta":{@}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":$,"reason":$}}"#,
    r#"{"jsonrpc":"2.0","id":7,"result":{"x":$}}"#,
    r#"{"jsonrpc":"2.0","id":7,"error":{"code":$,"message":$,"data":$}}"#,
    r"$",
    r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":$"#,
];

pub fn message(place: &str, value: &str) -> String {
    place.replace('@', META).replace('$', value)
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // it is there to be read
struct Text {
    text: String,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // as above
struct Greeting {
    who: Option<String>,
}

pub fn server() -> Server {
    let header = json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
    });
    Server::builder("Counted", "1.0.0")
        .tool("none", "", |_: NoArguments, _: Context| async { "done" })
        .tool("text", "", |_: Text, _: Context| async { "done" })
        .tool_with(
            Tool::new("any", "").input_schema(json!({ "type": "object" })),
            |_: Value, _: Context| async { "done" },
        )
        .tool_with(
            Tool::new("header", "").input_schema(header),
            |_: NoArguments, _: Context| async { "done" },
        )
        .tool("asks", "", |_: NoArguments, ctx: Context| async move {
            let form = ElicitRequest::new("?").required("name", json!({ "type": "string" }));
            ctx.elicit("name", form).await.map(|_| "done")
        })
        .resource_template(
            ResourceTemplate::new("a://{name}", "a"),
            |_: std::collections::BTreeMap<String, String>, _: Context| async { "done" },
        )
        .prompt("greet", "", |_: Greeting, _: Context| async { "done" })
        .completion(|_: CompletionRequest, _: Context| async { vec!["a"] })
        .build()
}

/// What a message of so many bytes may take, besides what does not depend on it.
pub fn most(place: &str, bytes: usize) -> usize {
    // One tool has no type for its arguments.
    let least = if place.contains(r#""any""#) { bytes + READ_FLOOR } else { 0 };
    (TIMES * bytes).max(least)
}

/// What is printed with `--nocapture`, the worst first.
pub fn report(title: &str, mut all: Vec<(f64, String)>) {
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (times, what) in all.iter().take(8) {
        println!("{title} {times:.1}: {what}");
    }
}
