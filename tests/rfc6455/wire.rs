//! Frames as bytes, and a peer that sends whatever it likes and reads strictly.

use std::time::Duration;

use mcp_wasm::{
    native::Options,
    server::{NoArguments, Server},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{Host, PATIENCE};

pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// Bytes of the largest message that the server takes.
pub const LIMIT: usize = 100_000;

/// A frame of a client, right unless it is told otherwise.
#[derive(Clone)]
pub struct Frame {
    first: u8,
    mask: Option<[u8; 4]>,
    payload: Vec<u8>,
    /// Bytes of the length, 1, 2 or 8; the fewest by default.
    width: Option<usize>,
    /// The length that is claimed, with no payload after it.
    claimed: Option<u64>,
}

impl Frame {
    pub fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        let mask = Some([0x37, 0xfa, 0x21, 0x3d]);
        let payload = payload.as_ref().to_vec();
        Self { first: 0x80 | opcode, mask, payload, width: None, claimed: None }
    }

    /// More of the message follows.
    pub fn more(mut self) -> Self {
        self.first &= 0x7f;
        self
    }

    /// With reserved bits: 4, 2 and 1.
    pub fn reserved(mut self, bits: u8) -> Self {
        self.first |= bits << 4;
        self
    }

    pub fn masked_with(mut self, mask: [u8; 4]) -> Self {
        self.mask = Some(mask);
        self
    }

    pub fn unmasked(mut self) -> Self {
        self.mask = None;
        self
    }

    /// The length in so many bytes, although fewer would do.
    pub fn wide(mut self, bytes: usize) -> Self {
        self.width = Some(bytes);
        self
    }

    /// The head alone, which claims that so many bytes follow.
    pub fn claiming(mut self, length: u64) -> Self {
        self.claimed = Some(length);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let length = self.claimed.unwrap_or(self.payload.len() as u64);
        let width = self.width.unwrap_or(match length {
            0..126 => 1,
            126..0x1_0000 => 2,
            _ => 8,
        });
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        let tail = &length.to_be_bytes()[8 - width..];
        let mut bytes = vec![self.first];
        match width {
            1 => bytes.push(masked | tail[0]),
            2 => bytes.push(masked | 0x7e),
            _ => bytes.push(masked | 0x7f),
        }
        if width > 1 {
            bytes.extend(tail);
        }
        let mask = self.mask.unwrap_or_default();
        bytes.extend(self.mask.into_iter().flatten());
        if self.claimed.is_none() {
            bytes.extend(
                self.payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask),
            );
        }
        bytes
    }
}

pub fn text(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(TEXT, payload)
}

pub fn binary(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(BINARY, payload)
}

pub fn more(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(CONTINUATION, payload)
}

pub fn ping(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(PING, payload)
}

pub fn pong(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(PONG, payload)
}

/// A goodbye with a code and a reason.
pub fn close(code: u16, reason: impl AsRef<[u8]>) -> Frame {
    Frame::new(CLOSE, [&code.to_be_bytes(), reason.as_ref()].concat())
}

/// A request that is answered with its id, which is any text.
pub fn request(id: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string()
}

/// The same, of exactly so many bytes.
pub fn sized(id: &str, length: usize) -> String {
    let message = request(id);
    let space = " ".repeat(length - message.len());
    message + &space
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The answer to the request of this id.
    Answer(String),
    /// The answer to what is no message.
    Nonsense,
    Pong(Vec<u8>),
    /// A goodbye, and the end of the connection; 0 for one without a code.
    Close(u16),
}

/// What is sent, and what is told. Nothing else is, and unless the last is a goodbye, the connection
/// goes on.
pub async fn told(sent: &[Frame], wanted: &[Told]) {
    let bytes: Vec<u8> = sent.iter().flat_map(Frame::bytes).collect();
    Peer::new().await.exchange(&[&bytes], wanted).await;
}

/// The same, byte by byte.
pub async fn chopped(sent: &[Frame], wanted: &[Told]) {
    let bytes: Vec<u8> = sent.iter().flat_map(Frame::bytes).collect();
    let parts: Vec<&[u8]> = bytes.chunks(1).collect();
    Peer::new().await.exchange(&parts, wanted).await;
}

pub fn answer(id: &str) -> Told {
    Told::Answer(id.to_owned())
}

pub fn echoed(payload: impl AsRef<[u8]>) -> Told {
    Told::Pong(payload.as_ref().to_vec())
}

/// A connection that has been opened and has said hello.
pub struct Peer {
    stream: TcpStream,
    _host: Host,
}

impl Peer {
    pub async fn new() -> Self {
        let server =
            Server::builder("Test", "1.0.0").tool("echo", "", |_: NoArguments, _| async { "echo" });
        let options = Options { max_message: LIMIT, ..Options::default() };
        let host = Host::with(server.build(), options).await;
        let mut stream = TcpStream::connect(host.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let request = "GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                       Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Protocol: mcp\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        Self { stream, _host: host }
    }

    /// Sends these parts, apart from each other, and hears what the server says to it.
    pub async fn exchange(mut self, parts: &[&[u8]], wanted: &[Told]) {
        for part in parts {
            // What has been refused may be cut off while it is still being sent.
            let _ = self.stream.write_all(part).await;
            if parts.len() > 1 {
                sleep(Duration::from_micros(200)).await;
            }
        }
        for wanted in wanted {
            assert_eq!(self.next().await.as_ref(), Some(wanted));
        }
        if let Some(Told::Close(_)) = wanted.last() {
            let _ = self.stream.write_all(&close(1000, "").bytes()).await;
            let _ = self.stream.shutdown().await;
            assert_eq!(self.next().await, None, "nothing after the goodbye");
        } else {
            self.stream.write_all(&ping("alive?").bytes()).await.unwrap();
            assert_eq!(self.next().await, Some(echoed("alive?")), "it goes on, and says no more");
        }
    }

    /// The next frame of the server, which keeps the rules; `None` at the end of the connection.
    async fn next(&mut self) -> Option<Told> {
        let reading = async {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head).await.ok()?;
            let opcode = head[0] & 0x0f;
            assert_eq!(head[0] & 0xf0, 0x80, "whole, and no reserved bits");
            assert!(head[1] < 0x80, "a server does not mask");
            let length = match head[1] {
                126 => u64::from(self.stream.read_u16().await.unwrap()),
                127 => self.stream.read_u64().await.unwrap(),
                short => u64::from(short),
            };
            assert!(opcode < 8 || length < 126, "a control frame is short");
            assert!(head[1] != 126 || length > 125, "in as few bytes as possible");
            assert!(head[1] != 127 || length > 0xffff, "in as few bytes as possible");
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut payload).await.unwrap();
            Some((opcode, payload))
        };
        let (opcode, payload) = timeout(PATIENCE, reading).await.expect("an answer in time")?;
        Some(match opcode {
            TEXT => {
                let message: Value = serde_json::from_slice(&payload).unwrap();
                match message["id"].as_str() {
                    Some(id) => answer(id),
                    None if message["error"]["code"] == -32700 => Told::Nonsense,
                    None => panic!("{message}"),
                }
            }
            PONG => Told::Pong(payload),
            CLOSE if payload.is_empty() => Told::Close(0),
            CLOSE => {
                std::str::from_utf8(&payload[2..]).expect("a reason is text");
                Told::Close(u16::from_be_bytes([payload[0], payload[1]]))
            }
            other => panic!("opcode {other}"),
        })
    }
}
