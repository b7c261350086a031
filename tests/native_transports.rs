//! What a native client moves its messages by: child processes, sockets, HTTP.
#![cfg(all(feature = "native-client", feature = "native", unix))]

use std::env;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcp_wasm::jsonrpc::{Payload, Raw};
use mcp_wasm::proto::client::{self, CallLimits, ClientConfig, Mode, Output};
use mcp_wasm::proto::version::Era;
use mcp_wasm::server::{Context, NoArguments, Server};
use mcp_wasm::transport::{
    Command, End, Transport, TransportEvent, Web, inherited_environment, now,
};
use mcp_wasm::types::Implementation;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

#[path = "support/own.rs"]
mod own;
#[path = "support/socket.rs"]
mod socket;
use own::{own, serve_if_told, shell};
use socket::{Host, PATIENCE};

const LIMIT: usize = 1 << 20;

fn server() -> Server {
    Server::builder("Test", "1.0.0")
        .tool("count", "", |_: NoArguments, ctx: Context| async move {
            for i in 1..=50 {
                ctx.report_progress(i, 50, "step").await;
            }
            "counted"
        })
        .tool("large", "", |_: NoArguments, _: Context| async { "x".repeat(2 << 20) })
        .build()
}

#[test]
fn serves_if_it_is_told_to() {
    serve_if_told(server);
}

/// The next event.
async fn next(transport: &mut Transport) -> TransportEvent {
    timeout(PATIENCE, transport.next()).await.expect("an event in time")
}

/// The next message, whatever else comes before it.
async fn message(transport: &mut Transport) -> Raw {
    loop {
        match next(transport).await {
            TransportEvent::Message(message) => return message,
            TransportEvent::End(end) => panic!("no message: {end:?}"),
            _ => {}
        }
    }
}

async fn end(transport: &mut Transport) -> End {
    loop {
        if let TransportEvent::End(end) = next(transport).await {
            return end;
        }
    }
}

/// A client machine that is driven by hand.
struct Driven {
    core: client::ClientMachine<Raw>,
    transport: Transport,
}

impl Driven {
    async fn connect(transport: Transport, mode: Mode) -> Self {
        let config = ClientConfig {
            info: Implementation::new("test", "1"),
            capabilities: Raw::object(),
            log_level: None,
            mode,
        };
        let mut core = client::ClientMachine::new(config);
        core.connect(transport.channel(30_000.0), now());
        let mut driven = Self { core, transport };
        driven.until(|output| matches!(output, Output::Connected)).await;
        driven
    }

    async fn until(&mut self, done: impl Fn(&Output<Raw>) -> bool) -> Vec<Output<Raw>> {
        let mut all = Vec::new();
        loop {
            while let Some(output) = self.core.poll_output() {
                match &output {
                    Output::Send(message, id) => {
                        if let Err(error) = self.transport.send(message, None) {
                            self.core.unsent(id.unwrap(), error, now());
                        }
                    }
                    Output::Greet(message) => {
                        self.transport.send(message, None).unwrap();
                        if !self.transport.tells() {
                            self.core.begun(now());
                        }
                    }
                    _ => {}
                }
                let is_done = done(&output);
                all.push(output);
                if is_done {
                    return all;
                }
            }
            let event = next(&mut self.transport).await;
            event.tell(&mut self.core, now());
        }
    }

    async fn call(&mut self, tool: &str) -> (Vec<f64>, Result<Raw, mcp_wasm::error::Error<Raw>>) {
        let params = Raw::of(&json!({ "name": tool })).unwrap();
        self.core.request("tools/call", Some(params), CallLimits::default(), now()).unwrap();
        let mut outputs = self.until(|output| matches!(output, Output::Settled(..))).await;
        let Some(Output::Settled(_, outcome)) = outputs.pop() else { unreachable!() };
        let reports = outputs.iter().filter_map(|output| match output {
            Output::Progress(_, report) => Some(report.progress),
            _ => None,
        });
        (reports.collect(), outcome)
    }
}

#[tokio::test]
async fn a_call_with_progress_goes_over_every_transport_in_both_eras() {
    let host = Host::start(server()).await;
    for (era, mode) in [(Era::Modern, Mode::Auto), (Era::Legacy, Mode::Legacy)] {
        let (ws, http) =
            (format!("ws://{}/mcp", host.address), format!("http://{}/mcp", host.address));
        for (name, transport) in [
            ("child", Transport::child(&own(), LIMIT)),
            ("socket", Transport::socket(&Web::new(ws), LIMIT)),
            ("http", Transport::http(&Web::new(http), LIMIT)),
        ] {
            let mut driven = Driven::connect(transport, mode).await;
            let version = driven.core.session().unwrap().version;
            assert_eq!(version.era(), era, "{name}");
            let (reports, outcome) = driven.call("count").await;
            let wanted: Vec<f64> = (1..=50).map(f64::from).collect();
            assert_eq!(reports, wanted, "{name}");
            let result = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(result.to_string().contains("counted"), "{name}: {result}");
            // A message that is too large fails its call, and nothing else.
            let (_, outcome) = driven.call("large").await;
            assert_eq!(outcome.unwrap_err().size_limit(), Some(LIMIT), "{name}");
            assert!(driven.call("count").await.1.is_ok(), "{name}");
            driven.transport.close().await;
        }
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_not_sent() {
    let mut transport = Transport::child(&own(), 1000);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    let large = Raw::of(&json!({ "text": "x".repeat(1000) })).unwrap();
    assert_eq!(transport.send(&large, None).unwrap_err().size_limit(), Some(1000));
    assert_eq!(transport.unsent(), 0);
    let mut http = Transport::http(&Web::new("http://127.0.0.1:1/mcp"), 1000);
    assert_eq!(http.send(&large, None).unwrap_err().size_limit(), Some(1000));
}

#[tokio::test]
async fn a_child_that_dies_is_named_with_its_exit_code_and_its_last_words_at_once() {
    let script = "for i in $(seq 1 30); do echo line $i >&2; done; echo '{\"jsonrpc\":\"2.0\",\"method\":\"last\"}'; exit 3";
    let mut transport = Transport::child(&shell(script), LIMIT);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    assert_eq!(message(&mut transport).await.text("method").as_deref(), Some("last"));
    let end = end(&mut transport).await;
    assert_eq!(end.exit.and_then(|exit| exit.code()), Some(3));
    assert_eq!(end.stderr.len(), 20);
    assert_eq!(end.stderr.last().map(String::as_str), Some("line 30"));
    assert!(end.reason.contains("`sh`") && end.reason.contains("exit status: 3"), "{}", end.reason);
    assert!(end.reason.ends_with("\"line 29\", \"line 30\""), "{}", end.reason);
    // And it stays over.
    assert!(matches!(next(&mut transport).await, TransportEvent::End(_)));
    assert!(transport.send(&Raw::object(), None).is_err());
}

#[tokio::test]
async fn a_child_that_is_killed_is_missed_in_less_than_a_tenth_of_a_second() {
    // Something that it has started holds its pipes open.
    let script = "sleep 100 & echo \"{\\\"pid\\\":$$}\"; wait";
    let mut taken = Duration::MAX;
    // A machine that is busy with other tests may take longer, for a while.
    for _ in 0..20 {
        let mut transport = Transport::child(&shell(script), LIMIT);
        let pid = message(&mut transport).await.get("pid").unwrap().to_string();
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-9", &pid]).status().unwrap().success());
        let start = tokio::time::Instant::now();
        let end = end(&mut transport).await;
        taken = taken.min(start.elapsed());
        assert!(end.reason.contains("signal: 9"), "{}", end.reason);
        if taken < Duration::from_millis(100) {
            return;
        }
    }
    panic!("{taken:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_with_a_way_out() {
    let mut transport = Transport::child(&Command::new("no-such-server"), LIMIT);
    let reason = end(&mut transport).await.reason;
    assert!(reason.contains("`no-such-server`") && reason.contains("PATH"), "{reason}");
    let command = Command::new("sh").current_dir("/no/such/directory");
    let reason = end(&mut Transport::child(&command, LIMIT)).await.reason;
    assert!(reason.contains("/no/such/directory"), "{reason}");
    let mut transport = Transport::child(&Command::new("/etc"), LIMIT);
    let reason = end(&mut transport).await.reason;
    assert!(reason.contains("executed"), "{reason}");
}

#[tokio::test]
async fn what_is_no_message_is_told_and_the_rest_is_read() {
    let script = r#"echo "Server listening"; printf '\377\n'; echo; echo '{"jsonrpc":"2.0","id":1,"result":"\ud83d"}'
        printf '{"jsonrpc":"2.0","method":"cut"}'"#;
    let mut transport = Transport::child(&shell(script), LIMIT);
    let mut unread = Vec::new();
    let method = loop {
        match next(&mut transport).await {
            TransportEvent::Unread(of, error) => unread.push((of.id, error.to_string())),
            TransportEvent::Message(message) => break message.text("method"),
            TransportEvent::End(end) => panic!("{end:?}"),
            _ => {}
        }
    };
    assert_eq!(method.as_deref(), Some("cut"), "the last line needs no end");
    assert_eq!(unread.len(), 3, "{unread:?}");
    assert!(unread[0].1.contains("Server listening"), "{unread:?}");
    assert!(unread[2].0.is_some(), "the call fails that it answers: {unread:?}");
}

#[tokio::test]
async fn a_child_gets_a_short_list_of_variables_and_its_own() {
    let script = "env | sort >&2; pwd >&2";
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let command = shell(script)
        .env("MCP_OWN", "value")
        .current_dir("/")
        .on_stderr(move |line| sink.lock().unwrap().push(line.to_owned()));
    end(&mut Transport::child(&command, LIMIT)).await;
    let heard = lines.lock().unwrap().clone();
    assert!(heard.contains(&"MCP_OWN=value".to_owned()), "{heard:?}");
    assert_eq!(heard.last().map(String::as_str), Some("/"));
    let has = |name: &str| heard.iter().any(|line| line.starts_with(&format!("{name}=")));
    assert!(has("PATH"));
    let inherited: Vec<_> = inherited_environment().map(|(name, _)| name).collect();
    // The shell sets these itself.
    let set = ["PWD", "OLDPWD", "SHLVL", "_"];
    for (name, _) in env::vars() {
        if !inherited.contains(&name.clone().into()) && !set.contains(&name.as_str()) {
            assert!(!has(&name), "{name}: {heard:?}");
        }
    }
}

fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie has ended, and waits for its parent; that of an orphan may be one that never looks.
    !status.is_empty() && !status.contains(") Z ")
}

async fn is_gone(pid: &str) {
    let start = tokio::time::Instant::now();
    while is_alive(pid) {
        assert!(start.elapsed() < PATIENCE, "{pid} is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A child that ends by no friendly word, with one of its own; their process ids.
async fn stubborn() -> (Transport, [String; 2]) {
    let script = r#"trap "" TERM; sh -c 'trap "" TERM; while :; do sleep 1; done' &
        echo "{\"own\":$$,\"other\":$!}"; while :; do sleep 1; done"#;
    let mut transport = Transport::child(&shell(script), LIMIT);
    let pids = message(&mut transport).await;
    let pid = |key| pids.get(key).unwrap().to_string();
    let pids = [pid("own"), pid("other")];
    assert!(is_alive(&pids[0]) && is_alive(&pids[1]));
    (transport, pids)
}

#[tokio::test]
async fn closing_ends_a_child_with_all_that_it_has_started() {
    let (transport, pids) = stubborn().await;
    transport.close().await;
    for pid in &pids {
        is_gone(pid).await;
    }
    // It is no zombie either.
    assert!(!Path::new(&format!("/proc/{}", pids[0])).exists());
}

#[tokio::test]
async fn dropping_ends_a_child_too_and_so_does_the_end_of_the_runtime() {
    let (transport, pids) = stubborn().await;
    drop(transport);
    for pid in &pids {
        is_gone(pid).await;
    }
    let pids = std::thread::spawn(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (transport, pids) = runtime.block_on(stubborn());
        drop(runtime);
        drop(transport);
        pids
    });
    for pid in &pids.join().unwrap() {
        is_gone(pid).await;
    }
}

#[tokio::test]
async fn what_was_sent_to_a_child_before_it_is_closed_arrives_and_it_may_finish_what_it_says() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    // More than a pipe holds, after its input has ended.
    let script = "wc -c >&2; head -c 300000 /dev/zero && echo whole >&2";
    let command = shell(script)
        .grace(PATIENCE)
        .on_stderr(move |line| sink.lock().unwrap().push(line.trim().to_owned()));
    let mut transport = Transport::child(&command, LIMIT);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    let message = Raw::of(&json!({ "text": "x".repeat(200_000) })).unwrap();
    transport.send(&message, None).unwrap();
    timeout(PATIENCE, transport.close()).await.unwrap();
    let length = (message.to_string().len() + 1).to_string();
    timeout(PATIENCE, async {
        while lines.lock().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(*lines.lock().unwrap(), [length, "whole".to_owned()]);
}

#[tokio::test]
async fn who_hears_of_standard_error_may_panic() {
    let command = shell("echo one >&2; cat; echo two >&2").on_stderr(|_| panic!("on purpose"));
    let mut transport = Transport::child(&command, LIMIT);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    let said = Raw::of(&json!({ "said": 1 })).unwrap();
    transport.send(&said, None).unwrap();
    assert_eq!(message(&mut transport).await.to_string(), said.to_string());
    transport.close().await;
}

#[tokio::test]
async fn a_child_that_ends_when_its_input_does_gets_no_signal() {
    let directory = env::temp_dir().join(format!("mcp-wasm-goodbye-{}", std::process::id()));
    let script = format!(
        "trap 'echo TERM > {0}; exit' TERM; cat > /dev/null; echo EOF > {0}",
        directory.display()
    );
    let mut transport = Transport::child(&shell(&script).grace(Duration::from_secs(20)), LIMIT);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    transport.close().await;
    let said = fs::read_to_string(&directory).unwrap();
    fs::remove_file(&directory).unwrap();
    assert_eq!(said.trim(), "EOF");
}

/// What the parent of the next test runs as.
#[test]
fn starts_a_child_if_it_is_told_to() {
    if env::var_os("MCP_TEST_STARTS").is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (mut transport, [own, other]) = stubborn().await;
            println!("pids {own} {other}");
            end(&mut transport).await;
        });
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_child_outlives_a_process_that_is_killed_nor_what_it_has_started() {
    let mut parent = tokio::process::Command::new(env::current_exe().unwrap())
        .args(["starts_a_child_if_it_is_told_to", "--exact", "--nocapture"])
        .env("MCP_TEST_STARTS", "yes")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let pids = loop {
        let line =
            lines.next_line().await.unwrap().expect("the child's process id, and its child's");
        if let Some((_, pids)) = line.split_once("pids ") {
            break pids.to_owned();
        }
    };
    assert!(pids.split(' ').all(is_alive));
    parent.kill().await.unwrap();
    for pid in pids.split(' ') {
        timeout(Duration::from_secs(2), is_gone(pid)).await.unwrap();
    }
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn children() -> usize {
    let own = std::process::id().to_string();
    let stats = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    // What follows the name: the state, then the parent.
    let mut parents =
        stats.filter_map(|stat| stat.rsplit_once(") ")?.1.split(' ').nth(1).map(str::to_owned));
    parents.by_ref().filter(|parent| *parent == own).count()
}

/// As a program of its own: what others do beside it would be counted, too.
#[test]
fn opens_and_closes_many_if_it_is_told_to() {
    let Some(count) = env::var("MCP_TEST_MANY").ok().and_then(|count| count.parse::<u32>().ok())
    else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let host = Host::start(server()).await;
        let round = async |kind| {
            let (ws, http) =
                (format!("ws://{}/mcp", host.address), format!("http://{}/mcp", host.address));
            let transport = match kind % 3 {
                0 => Transport::child(&shell("cat"), LIMIT),
                1 => Transport::socket(&Web::new(ws), LIMIT),
                _ => Transport::http(&Web::new(http), LIMIT),
            };
            if kind % 3 == 0 {
                let mut transport = transport;
                let said = Raw::of(&json!({ "said": kind })).unwrap();
                assert!(matches!(next(&mut transport).await, TransportEvent::Open));
                transport.send(&said, None).unwrap();
                assert_eq!(message(&mut transport).await.to_string(), said.to_string());
                if kind % 2 == 0 { drop(transport) } else { transport.close().await }
            } else {
                let mode = if kind % 2 == 0 { Mode::Auto } else { Mode::Legacy };
                let mut driven = Driven::connect(transport, mode).await;
                driven.call("count").await.1.unwrap();
                driven.transport.close().await;
            }
        };
        for kind in 0..6 {
            round(kind).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        // The one that would end the others, if this process were killed.
        let before = descriptors();
        assert!(children() <= 1);
        for kind in 0..count {
            round(kind).await;
        }
        let start = tokio::time::Instant::now();
        while descriptors() > before || children() > 1 {
            let left = (descriptors(), children());
            assert!(start.elapsed() < PATIENCE, "of {before} descriptors and one child: {left:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn many_that_are_opened_and_closed_leave_no_process_and_no_descriptor() {
    // `MCP_TEST_MANY=3000` is for who wants to be sure.
    let count = env::var("MCP_TEST_MANY").unwrap_or_else(|_| "120".to_owned());
    let output = std::process::Command::new(env::current_exe().unwrap())
        .args(["opens_and_closes_many_if_it_is_told_to", "--exact", "--nocapture"])
        .env("MCP_TEST_MANY", count)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A server that answers each connection with that text, and what it was asked.
async fn answers(text: &'static str) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut asked = Vec::new();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let count = stream.read(&mut request).await.unwrap();
        asked.push(String::from_utf8_lossy(&request[..count]).into_owned());
        stream.write_all(text.as_bytes()).await.unwrap();
        asked
    });
    (address.to_string(), serving)
}

#[tokio::test]
async fn a_websocket_that_does_not_open_says_why() {
    for (answer, reason) in [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing", "HTTP status 404: nothing"),
        (
            "HTTP/1.1 307 Elsewhere\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            "HTTP status 307",
        ),
        (
            "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n",
            "none to a WebSocket's request",
        ),
        ("", "connection closed"),
    ] {
        let (address, _serving) = answers(answer).await;
        let mut transport = Transport::socket(&Web::new(format!("ws://{address}/mcp")), LIMIT);
        let said = end(&mut transport).await.reason;
        assert!(said.contains(reason), "{said}");
    }
    let mut transport = Transport::socket(&Web::new("ws://127.0.0.1:1/mcp"), LIMIT);
    let said = end(&mut transport).await.reason;
    assert!(said.contains("refused"), "{said}");

    let host = Host::start(server()).await;
    let mut web = Web::new(format!("ws://{}/mcp", host.address));
    web.protocols = vec!["other".to_owned()];
    let said = end(&mut Transport::socket(&web, LIMIT)).await.reason;
    assert!(said.contains("subprotocol") || said.contains("HTTP status 400"), "{said}");
}

/// A WebSocket server that speaks without an end, until it hears something.
#[allow(clippy::result_large_err, reason = "the library's own")]
async fn chatterbox() -> (String, tokio::task::JoinHandle<String>) {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
    use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let selects = |_: &Request, mut response: Response| {
            let name = HeaderValue::from_static("mcp");
            response.headers_mut().insert("sec-websocket-protocol", name);
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(stream, selects).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let talks = async {
            loop {
                sink.send(Message::text(r#"{"jsonrpc":"2.0","method":"more"}"#)).await.unwrap();
            }
        };
        let hears =
            async { stream.next().await.unwrap().unwrap().into_text().unwrap().to_string() };
        tokio::select! {
            said = hears => said,
            () = talks => unreachable!(),
        }
    });
    (format!("ws://{address}/mcp"), serving)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_leaves_while_more_and_more_comes_in() {
    let (url, heard) = chatterbox().await;
    let child = shell(
        r#"(while :; do echo '{"jsonrpc":"2.0","method":"more"}'; done) & read -r line; echo "$line"; kill $!; echo '{"method":"heard"}'"#,
    );
    let said = Raw::of(&json!({ "said": "stop" })).unwrap();

    let mut transport = Transport::socket(&Web::new(url), LIMIT);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    transport.send(&said, None).unwrap();
    let reading = async { while !matches!(transport.next().await, TransportEvent::End(_)) {} };
    timeout(PATIENCE, reading).await.expect("the end in time");
    assert_eq!(heard.await.unwrap(), said.to_string());

    let mut transport = Transport::child(&child, LIMIT);
    assert!(matches!(next(&mut transport).await, TransportEvent::Open));
    transport.send(&said, None).unwrap();
    while message(&mut transport).await.text("method").as_deref() != Some("heard") {}
}

#[tokio::test]
async fn who_reads_without_an_end_leaves_others_their_turn() {
    // On one thread.
    let mut transport = Transport::child(&shell("yes '{}' | head -c 2000000"), LIMIT);
    let turns = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let (mut latest, mut row, mut longest) = (0, 0, 0);
    while !matches!(next(&mut transport).await, TransportEvent::End(_)) {
        let turn = turns.load(Ordering::Relaxed);
        row = if turn == latest { row + 1 } else { 0 };
        (latest, longest) = (turn, longest.max(row));
    }
    other.abort();
    assert!(longest < 1000, "{longest} events in a row");
}

#[tokio::test]
async fn no_redirection_is_followed() {
    let (elsewhere, other) = answers("").await;
    let answer = format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: http://{elsewhere}/mcp\r\nContent-Length: 0\r\n\r\n"
    );
    let (address, serving) = answers(answer.leak()).await;
    let web = Web {
        headers: Arc::new(|| vec![("authorization".to_owned(), "Bearer secret".to_owned())]),
        ..Web::new(format!("http://{address}/mcp"))
    };
    let mut transport = Transport::http(&web, LIMIT);
    let asks = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
    transport.send(&Raw::of(&asks).unwrap(), None).unwrap();
    let asked = timeout(PATIENCE, async {
        loop {
            if let TransportEvent::Http(mcp_wasm::http::client::Incoming::Failed(_, error)) =
                transport.next().await
            {
                break error.to_string();
            }
        }
    })
    .await
    .unwrap();
    assert!(asked.contains("307") && asked.contains(&elsewhere), "{asked}");
    assert!(serving.await.unwrap()[0].contains("authorization: Bearer secret"));
    assert!(!other.is_finished(), "nobody else was asked");
}

/// What runs with a proxy in its environment.
#[test]
fn asks_by_way_of_a_proxy_if_it_is_told_to() {
    if let Ok(url) = env::var("MCP_TEST_ASKS") {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut transport = Transport::socket(&Web::new(url), LIMIT);
            println!("{}", end(&mut transport).await.reason);
        });
    }
}

#[tokio::test]
async fn proxies_of_the_environment_are_used() {
    let (proxy, asked) = answers("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").await;
    let output = tokio::process::Command::new(env::current_exe().unwrap())
        .args(["asks_by_way_of_a_proxy_if_it_is_told_to", "--exact", "--nocapture"])
        .env("MCP_TEST_ASKS", "wss://mcp.example/mcp")
        .env("HTTPS_PROXY", format!("http://{proxy}"))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let asked = asked.await.unwrap();
    assert!(asked[0].starts_with("CONNECT mcp.example:443"), "{asked:?}");
}
