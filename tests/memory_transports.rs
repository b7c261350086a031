//! No message takes more than a multiple of its bytes, over real connections: by WebSocket, by HTTP
//! in both eras, as a line. What [`memory`](../memory.rs) holds without a transport, with one.
#![cfg(all(feature = "native", unix, not(target_arch = "wasm32")))]
#![allow(clippy::cast_precision_loss)] // of milliseconds and ratios

#[path = "support/weight.rs"]
mod weight;

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    sync::PoisonError,
    thread,
    time::Duration,
};

use mcp_wasm::{
    native::{Options, serve, serve_lines},
    server::Server,
};
use tokio::runtime::Runtime;
use weight::{
    FIXED, META, PLACES, TIMES, TREES, TURN, busy, message, most, now, peak, report, server,
    shapes, tree,
};

/// Bytes of the buffers that a connection grows to beside.
const BUFFERS: usize = 32 << 10;
/// The request that follows each message, whose answer tells that the message has been dealt with.
const LAST: &str =
    r#"{"jsonrpc":"2.0","id":"the-last-one","method":"ping","params":{"_meta":{@}}}"#;
const HELLO: &str = r#"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}"#;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn listen(runtime: &Runtime) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve(listener, server(), Options::default()));
    address
}

/// One end of a connection: sends a message, and waits until it has been dealt with.
trait Peer {
    /// Connects anew, if need be.
    fn prepare(&mut self);
    /// The bytes that carry a message.
    fn wrap(&self, place: &str, text: String) -> Vec<u8>;
    fn exchange(&mut self, bytes: &[u8]);
}

/// Reads until it has come across this. `false`: the other side has hung up.
fn read_until(stream: &mut impl Read, buffer: &mut [u8], wanted: &[u8]) -> bool {
    let mut kept = 0;
    loop {
        let count = match stream.read(&mut buffer[kept..]) {
            Ok(0) => return false,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
            read => kept + read.expect("an answer"),
        };
        if memchr(&buffer[..count], wanted) {
            return true;
        }
        // It may be split between two reads.
        kept = count.min(wanted.len() - 1);
        buffer.copy_within(count - kept..count, 0);
    }
}

fn memchr(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

/// Writes, while the answers are being read elsewhere. The other side may have hung up.
fn write(stream: &mut impl Write, bytes: &[u8]) {
    if let Err(error) = stream.write_all(bytes) {
        assert!(
            matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
            "{error}"
        );
    }
}

struct WebSocket {
    address: SocketAddr,
    is_legacy: bool,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// A text frame whose mask changes nothing.
fn frame(text: &str) -> Vec<u8> {
    let length = (text.len() as u64).to_be_bytes();
    [&[0x81, 0xff], &length[..], &[0; 4], text.as_bytes()].concat()
}

impl Peer for WebSocket {
    fn prepare(&mut self) {
        if self.stream.is_some() {
            return;
        }
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let request = format!(
            "GET /mcp HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        assert!(read_until(&mut stream, &mut self.buffer, b"\r\n\r\n"));
        if self.is_legacy {
            stream.write_all(&frame(HELLO)).unwrap();
            assert!(read_until(&mut stream, &mut self.buffer, b"\"id\":\"i\""));
        }
        self.stream = Some(stream);
    }

    fn wrap(&self, _: &str, text: String) -> Vec<u8> {
        [frame(&text), frame(&LAST.replace('@', META))].concat()
    }

    fn exchange(&mut self, bytes: &[u8]) {
        let mut stream = self.stream.take().expect("it is connected");
        write(&mut stream, bytes);
        if read_until(&mut stream, &mut self.buffer, b"the-last-one") {
            self.stream = Some(stream);
        }
    }
}

struct Lines {
    runtime: Runtime,
    server: Server,
    stream: Option<UnixStream>,
    buffer: Vec<u8>,
}

impl Peer for Lines {
    fn prepare(&mut self) {
        if self.stream.is_some() {
            return;
        }
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        let server = self.server.clone();
        near.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        self.runtime.spawn(async move {
            let (input, output) = tokio::net::UnixStream::from_std(far).unwrap().into_split();
            let _ = serve_lines(input, output, server, 4 << 20, std::future::pending()).await;
        });
        self.stream = Some(near);
        self.exchange(&self.wrap("", String::new()));
    }

    fn wrap(&self, _: &str, text: String) -> Vec<u8> {
        format!("{text}\n{}\n", LAST.replace('@', META)).into_bytes()
    }

    fn exchange(&mut self, bytes: &[u8]) {
        let mut stream = self.stream.take().expect("it is connected");
        write(&mut stream, bytes);
        if read_until(&mut stream, &mut self.buffer, b"the-last-one") {
            self.stream = Some(stream);
        }
    }
}

struct Http {
    address: SocketAddr,
    session: Option<String>,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// The value of a member that is written out in a place.
fn member<'a>(place: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = place.split_once(&format!("\"{name}\":\""))?;
    Some(rest.split_once('"')?.0)
}

impl Http {
    fn head(&self, headers: &str, length: usize) -> String {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{headers}\
             Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n\r\n",
            self.address
        )
    }

    /// Begins the session that all messages are of.
    fn begin(&mut self) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "{}{HELLO}", self.head("Connection: close\r\n", HELLO.len())).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, id) = answer.split_once("mcp-session-id: ").expect("a session");
        self.session = Some(id.split_once("\r\n").unwrap().0.to_owned());
    }
}

impl Peer for Http {
    fn prepare(&mut self) {
        // An answer may be a stream that does not end.
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET /none HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).unwrap();
        assert!(read_until(&mut stream, &mut self.buffer, b"\r\n\r\n"));
        self.stream = Some(stream);
    }

    fn wrap(&self, place: &str, text: String) -> Vec<u8> {
        let headers = if let Some(id) = &self.session {
            format!("Mcp-Session-Id: {id}\r\n")
        } else {
            let method = member(place, "method").unwrap_or("ping");
            let name = member(place, "name").unwrap_or("none");
            format!(
                "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\nMcp-Name: {name}\r\n"
            )
        };
        [self.head(&headers, text.len()).as_bytes(), text.as_bytes()].concat()
    }

    fn exchange(&mut self, bytes: &[u8]) {
        let mut stream = self.stream.take().expect("it is connected");
        write(&mut stream, bytes);
        // The head comes with the answer, or with the stream that the answer may come in.
        read_until(&mut stream, &mut self.buffer, b"\r\n\r\n");
    }
}

fn hold_over(what: &str, is_legacy: bool, peer: &mut impl Peer) {
    let (mut seen, mut times) = (Vec::new(), Vec::new());
    // With each size the places that stand out less are fewer: all of them are looked at elsewhere.
    for (size, step) in [(1 << 10, 1), (64 << 10, 3), (1 << 20, 10)] {
        for (shape, value) in shapes(size) {
            let tree = if size < 50_000 { f64::INFINITY } else { tree(&value) };
            for place in PLACES.into_iter().step_by(step) {
                let text = message(place, &value);
                let text =
                    if is_legacy { text.replace(META, r#""progressToken":1"#) } else { text };
                let (bytes, copies) = (text.len(), (text.len() / value.len()).max(1) as f64);
                if bytes > 4 << 20 {
                    continue;
                }
                let wrapped = peer.wrap(place, text);
                peer.prepare();
                // What the preparation has left is dropped elsewhere.
                thread::yield_now();
                let before = busy();
                let took = peak(|| peer.exchange(&wrapped));
                let time = busy() - before;
                let what = format!("{shape} in {place} by {what}");
                assert!(
                    took <= most(place, bytes) + FIXED + BUFFERS,
                    "{what}: {bytes} bytes took {took}, {:.1} times",
                    took as f64 / bytes as f64
                );
                let ratio = time / (tree * copies);
                assert!(ratio <= TREES, "{what}: {time} ms, {ratio} times a tree of it");
                times.push((ratio, format!("{time:.1} ms for {what}")));
                seen.push((
                    took as f64 - most(place, bytes) as f64,
                    format!("{took} of {bytes} {what}"),
                ));
            }
        }
        report(&format!("beyond {TIMES} times, of {size}"), std::mem::take(&mut seen));
    }
    report("time", times);
}

#[test]
fn no_message_over_websocket_takes_more_than_a_multiple_of_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime);
    for is_legacy in [true, false] {
        let mut peer = WebSocket { address, is_legacy, stream: None, buffer: vec![0; 64 << 10] };
        hold_over("WebSocket", is_legacy, &mut peer);
    }
}

#[test]
fn no_message_over_http_takes_more_than_a_multiple_of_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime);
    let mut peer = Http { address, session: None, stream: None, buffer: vec![0; 64 << 10] };
    hold_over("HTTP", false, &mut peer);
    peer.begin();
    hold_over("a session over HTTP", true, &mut peer);
}

#[test]
fn no_line_takes_more_than_a_multiple_of_its_bytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut peer =
        Lines { runtime: runtime(), server: server(), stream: None, buffer: vec![0; 64 << 10] };
    hold_over("lines", false, &mut peer);
}

/// What a connection keeps once its server has had time to drop what it can.
fn kept(work: impl FnOnce()) -> usize {
    let before = now();
    work();
    thread::sleep(Duration::from_millis(200));
    now().saturating_sub(before)
}

#[test]
fn a_length_that_is_announced_costs_nothing_and_a_connection_at_rest_keeps_little() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime();
    let address = listen(&runtime);
    let mut peer = WebSocket { address, is_legacy: true, stream: None, buffer: vec![0; 64 << 10] };
    peer.prepare();
    let large =
        peer.wrap("", message(PLACES[1], &format!("{{\"x\":\"{}\"}}", "x".repeat(2 << 20))));
    let took = kept(|| peer.exchange(&large));
    assert!(took < BUFFERS, "{took} are kept of a message that has been dealt with");
    let announced = [&[0x81, 0xff], &(4_u64 << 20).to_be_bytes()[..], &[0; 4], b"{\"x\":"].concat();
    let mut stream = peer.stream.take().expect("it is connected");
    let took = peak(|| {
        write(&mut stream, &announced);
        thread::sleep(Duration::from_millis(200));
    });
    assert!(took < BUFFERS, "{took} for a frame of which nothing has come");
    let mut peer = Http { address, session: None, stream: None, buffer: vec![0; 64 << 10] };
    peer.prepare();
    let head = peer.head("", 4 << 20);
    let mut stream = peer.stream.take().expect("it is connected");
    let took = peak(|| {
        write(&mut stream, head.as_bytes());
        thread::sleep(Duration::from_millis(200));
    });
    // A body of which nothing has come has a place of 64 KiB at most.
    assert!(took < BUFFERS + (64 << 10), "{took} for a body of which nothing has come");
}
