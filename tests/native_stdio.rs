//! The native server on lines: what desktop hosts do with standard input and output.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::{future::pending, time::Duration};

use mcp_wasm::{
    native::serve_lines,
    server::{Context, NoArguments, Server},
};
use serde_json::{Value, json};
use tokio::{
    io::{
        AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf,
        WriteHalf, duplex, split,
    },
    task::JoinHandle,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(20);
const LIMIT: usize = 1 << 20;

struct Host {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    serving: JoinHandle<std::io::Result<()>>,
}

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .tool("echo", "", |_: NoArguments, _| async { "two\nlines" })
        .tool("count", "", |_: NoArguments, ctx: Context| async move {
            for i in 1..=3 {
                ctx.report_progress(i, 3, "one\r\nmore").await;
            }
        })
        .tool("hang", "", |_: NoArguments, ctx: Context| async move {
            ctx.report_progress(1, 2, None).await;
            pending::<()>().await;
        })
        .build()
}

impl Host {
    fn start() -> Self {
        let (near, far) = duplex(64 << 10);
        let (input, output) = split(far);
        let serving = tokio::spawn(serve_lines(input, output, server(), LIMIT, pending()));
        let (output, input) = split(near);
        Self { input, output: BufReader::new(output).lines(), serving }
    }

    async fn write(&mut self, text: &[u8]) {
        self.input.write_all(text).await.unwrap();
    }

    async fn send(&mut self, message: Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.output.next_line()).await.expect("a line");
        serde_json::from_str(&line.unwrap().expect("not the end")).unwrap()
    }

    async fn initialize(&mut self) {
        let params = json!({ "protocolVersion": "2025-11-25" });
        self.send(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }))
            .await;
        assert_eq!(self.next().await["result"]["serverInfo"]["name"], "Test");
    }

    async fn ended(self) {
        timeout(PATIENCE, self.serving).await.expect("the end").unwrap().unwrap();
    }
}

fn call(id: i64, tool: &str) -> Value {
    let params = json!({ "name": tool, "_meta": { "progressToken": id } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

#[tokio::test]
async fn a_message_is_a_line() {
    let mut host = Host::start();
    host.initialize().await;
    host.send(call(1, "echo")).await;
    assert_eq!(host.next().await["result"]["content"][0]["text"], "two\nlines");
    host.send(call(2, "count")).await;
    for i in 1..=3 {
        let report = host.next().await;
        assert_eq!(report["params"]["progress"], i);
        assert_eq!(report["params"]["message"], "one\r\nmore");
    }
    assert_eq!(host.next().await["id"], 2);
}

#[tokio::test]
async fn lines_may_come_in_pieces_and_together_and_end_with_crlf() {
    let mut host = Host::start();
    host.initialize().await;
    let ping = |id: i64| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string();
    let text = format!("{}\r\n\n  \r\n{}\n{}\n", ping(1), ping(2), ping(3));
    for byte in text.bytes() {
        host.write(&[byte]).await;
    }
    host.write(format!("{}\n{}\n", ping(4), ping(5)).as_bytes()).await;
    for id in 1..=5 {
        assert_eq!(host.next().await, json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
    }
}

#[tokio::test]
async fn both_eras_are_served() {
    let mut host = Host::start();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "_meta": meta });
    host.send(
        json!({ "jsonrpc": "2.0", "id": "d", "method": "server/discover", "params": params }),
    )
    .await;
    assert_eq!(host.next().await["result"]["supportedVersions"], json!(["2026-07-28"]));
    host.initialize().await;
}

#[tokio::test]
async fn garbage_is_answered_and_the_rest_is_served() {
    let mut host = Host::start();
    host.initialize().await;
    for garbage in [&b"nonsense\n"[..], b"\xff\xfe\n", b"{\"jsonrpc\":\n"] {
        host.write(garbage).await;
        assert_eq!(host.next().await["error"]["code"], -32700);
    }
    host.send(call(1, "echo")).await;
    assert_eq!(host.next().await["id"], 1);
}

#[tokio::test]
async fn a_line_beyond_the_limit_is_refused_without_being_kept() {
    let mut host = Host::start();
    host.initialize().await;
    let chunk = vec![b' '; 64 << 10];
    for _ in 0..=(LIMIT / chunk.len()) {
        host.write(&chunk).await;
    }
    host.write(b"\n").await;
    assert_eq!(host.next().await["error"]["code"], -32700);
    host.send(call(1, "echo")).await;
    assert_eq!(host.next().await["id"], 1);
}

#[tokio::test]
async fn a_call_is_cancelled_by_a_notification() {
    let mut host = Host::start();
    host.initialize().await;
    host.send(call(1, "hang")).await;
    assert_eq!(host.next().await["params"]["progress"], 1);
    let params = json!({ "requestId": 1 });
    host.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }))
        .await;
    host.send(call(2, "echo")).await;
    assert_eq!(host.next().await["id"], 2);
}

#[tokio::test]
async fn the_end_of_the_input_is_the_end_and_what_is_answered_by_then_is_written() {
    let mut host = Host::start();
    host.initialize().await;
    host.send(call(1, "hang")).await;
    host.next().await;
    // The last line has no end of its own.
    host.write(format!("{}\n{}", call(2, "echo"), call(3, "echo")).as_bytes()).await;
    host.input.shutdown().await.unwrap();
    assert_eq!(host.next().await["id"], 2);
    assert_eq!(host.next().await["id"], 3);
    assert_eq!(host.output.next_line().await.unwrap(), None);
    host.ended().await;
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let (near, far) = duplex(1024);
    let (input, output) = split(far);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let serving = tokio::spawn(serve_lines(input, output, server(), LIMIT, stopped));
    drop(stop);
    timeout(PATIENCE, serving).await.expect("the end").unwrap().unwrap();
    let mut rest = String::new();
    let (mut near, _input) = split(near);
    near.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "");
}

/// A server whose output nobody reads, and a peer that has asked for more than anybody holds.
async fn unread(
    stop: impl std::future::Future<Output = ()> + Send + 'static,
) -> (WriteHalf<DuplexStream>, ReadHalf<DuplexStream>, JoinHandle<std::io::Result<()>>) {
    let (near, far) = duplex(1024);
    let (input, output) = split(far);
    let server = Server::builder("Test", "1.0.0")
        .tool("large", "", |_: NoArguments, _| async { "x".repeat(1 << 20) })
        .build();
    let serving = tokio::spawn(serve_lines(input, output, server, LIMIT, stop));
    let (output, mut input) = split(near);
    let params = json!({ "protocolVersion": "2025-11-25" });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    input.write_all(format!("{hello}\n{}\n", call(1, "large")).as_bytes()).await.unwrap();
    (input, output, serving)
}

#[tokio::test(start_paused = true)]
async fn nobody_who_reads_holds_up_the_end_of_the_input() {
    let (mut input, _output, serving) = unread(pending()).await;
    input.shutdown().await.unwrap();
    timeout(Duration::from_secs(10), serving).await.expect("the end").unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn nobody_who_reads_holds_up_the_end_of_the_process() {
    let stop = tokio::time::sleep(Duration::from_secs(1));
    let (_input, _output, serving) = unread(stop).await;
    timeout(Duration::from_secs(10), serving).await.expect("the end").unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn output_that_nobody_reads_is_not_written_for_ever() {
    let (_input, _output, serving) = unread(pending()).await;
    let error = timeout(Duration::from_secs(60), serving).await.expect("the end").unwrap();
    assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_all_that_was_asked_for_before_the_input_ended() {
    let (near, far) = duplex(4096);
    let (input, output) = split(far);
    let server = Server::builder("Test", "1.0.0")
        .tool("large", "", |_: NoArguments, _| async { "x".repeat(200_000) })
        .build();
    let serving = tokio::spawn(serve_lines(input, output, server, LIMIT, pending()));
    let (mut output, mut input) = split(near);
    let params = json!({ "protocolVersion": "2025-11-25" });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let mut text = format!("{hello}\n");
    for id in 1..=4 {
        text += &call(id, "large").to_string();
        text.push('\n');
    }
    input.write_all(text.as_bytes()).await.unwrap();
    input.shutdown().await.unwrap();
    let (mut all, mut buffer) = (Vec::new(), vec![0; 4096]);
    loop {
        let count = output.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        all.extend_from_slice(&buffer[..count]);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let ids: Vec<Value> = all
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice::<Value>(line).expect("a whole line")["id"].clone())
        .collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
    serving.await.unwrap().unwrap();
}

/// The program of the test below: this one again, told by its environment.
const PROGRAM: &str = "MCP_WASM_TEST_STDIO";

#[cfg(unix)]
#[test]
#[allow(clippy::disallowed_methods)] // how long a process takes is real time
fn a_program_on_a_plain_runtime_ends_when_it_is_told_to_although_nobody_reads_or_writes() {
    use std::{
        io::{Read, Write},
        process::{Command, Stdio},
        time::Instant,
    };
    if std::env::var_os(PROGRAM).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = Server::builder("Test", "1.0.0")
            .tool("large", "", |_: NoArguments, _| async { "x".repeat(1 << 20) })
            .build();
        let _ = runtime.block_on(mcp_wasm::native::serve_stdio(server));
        // Waits for everything that cannot be taken back.
        drop(runtime);
        std::process::exit(7);
    }
    let name =
        "a_program_on_a_plain_runtime_ends_when_it_is_told_to_although_nobody_reads_or_writes";
    for ends_input in [false, true] {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(PROGRAM, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = process.stdin.take().unwrap();
        let mut output = process.stdout.take().unwrap();
        let params = json!({ "protocolVersion": "2025-11-25" });
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        write!(input, "{hello}\n{}\n", call(1, "large")).unwrap();
        // It is at work; what follows is read no more.
        let mut seen = Vec::new();
        while !seen.windows(3).any(|part| part == b"xxx") {
            let mut part = [0; 512];
            let count = output.read(&mut part).unwrap();
            assert_ne!(count, 0);
            seen.extend_from_slice(&part[..count]);
        }
        let start = Instant::now();
        let mut input = Some(input);
        if ends_input {
            input.take();
        } else {
            let id = process.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        }
        let status = loop {
            if let Some(status) = process.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > PATIENCE {
                process.kill().unwrap();
                panic!("it does not end");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), Some(7), "{status}");
    }
}
