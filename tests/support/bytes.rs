//! Ends of connections that move bytes which are there already: what is allocated meanwhile is the
//! server's.
#![allow(dead_code)] // each test file uses its own part

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    time::Duration,
};

use mcp_wasm::{
    native::{Options, serve, serve_lines},
    server::Server,
};
use tokio::runtime::Runtime;

use crate::weight::META;

/// The request that follows each message, whose answer tells that the message has been dealt with.
pub const LAST: &str =
    r#"{"jsonrpc":"2.0","id":"the-last-one","method":"ping","params":{"_meta":{@}}}"#;
pub const HELLO: &str = r#"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}"#;

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

pub fn listen(runtime: &Runtime, server: Server, options: Options) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve(listener, server, options));
    address
}

/// One end of a connection: sends a message, and waits until it has been dealt with.
pub trait Peer {
    /// Connects anew, if need be.
    fn prepare(&mut self);
    /// The bytes that carry a message.
    fn wrap(&self, place: &str, text: String) -> Vec<u8>;
    fn exchange(&mut self, bytes: &[u8]);
}

/// Reads until it has come across this. `false`: the other side has hung up.
pub fn read_until(stream: &mut impl Read, buffer: &mut [u8], wanted: &[u8]) -> bool {
    let mut kept = 0;
    loop {
        let count = match stream.read(&mut buffer[kept..]) {
            Ok(0) => return false,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
            // The process was stopped meanwhile.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
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

pub fn memchr(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

/// Writes, while the answers are being read elsewhere. The other side may have hung up.
pub fn write(stream: &mut impl Write, bytes: &[u8]) {
    if let Err(error) = stream.write_all(bytes) {
        assert!(
            matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
            "{error}"
        );
    }
}

pub struct WebSocket {
    pub address: SocketAddr,
    pub is_legacy: bool,
    pub stream: Option<TcpStream>,
    pub buffer: Vec<u8>,
}

/// A text frame whose mask changes nothing.
pub fn frame(text: &str) -> Vec<u8> {
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

pub struct Lines {
    pub runtime: Runtime,
    pub server: Server,
    pub stream: Option<UnixStream>,
    pub buffer: Vec<u8>,
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

pub struct Http {
    pub address: SocketAddr,
    pub session: Option<String>,
    pub stream: Option<TcpStream>,
    pub buffer: Vec<u8>,
}

/// The value of a member that is written out in a place.
pub fn member<'a>(place: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = place.split_once(&format!("\"{name}\":\""))?;
    Some(rest.split_once('"')?.0)
}

impl Http {
    pub fn head(&self, headers: &str, length: usize) -> String {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{headers}\
             Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n\r\n",
            self.address
        )
    }

    /// Begins the session that all messages are of.
    pub fn begin(&mut self) {
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
