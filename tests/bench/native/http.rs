//! A client over Streamable HTTP with sessions: a connection for each exchange.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::peer::{Heard, VERSION, initialize, initialized};

pub struct Http {
    authority: String,
    path: String,
    session: String,
    /// The stream of a client that only listens.
    listening: Option<Exchange>,
}

impl Http {
    pub async fn open(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").context("no http URL")?;
        let (authority, path) = rest.split_once('/').context("no path")?;
        let mut http = Self {
            authority: authority.to_owned(),
            path: format!("/{path}"),
            session: String::new(),
            listening: None,
        };
        let mut exchange = http.begin("POST", Some(&initialize())).await?;
        http.session = exchange.header("mcp-session-id").unwrap_or_default().to_owned();
        exchange.answer(&mut Heard::default()).await?;
        http.begin("POST", Some(&initialized())).await?;
        Ok(http)
    }

    pub async fn listen(&mut self) -> Result<()> {
        self.listening = Some(self.begin("GET", None).await?);
        Ok(())
    }

    pub fn lives(&mut self) -> bool {
        // Nothing to read, and no end either.
        let Some(exchange) = &mut self.listening else { return true };
        match exchange.stream.try_read(&mut [0; 1024]) {
            Ok(read) => read > 0,
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }

    pub async fn call(&mut self, request: &Value) -> Result<Heard> {
        let mut heard = Heard::default();
        self.begin("POST", Some(request)).await?.answer(&mut heard).await?;
        Ok(heard)
    }

    async fn begin(&self, verb: &str, message: Option<&Value>) -> Result<Exchange> {
        let mut stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let body = message.map(Value::to_string).unwrap_or_default();
        let Self { authority, path, session, .. } = self;
        let mut head = format!("{verb} {path} HTTP/1.1\r\nHost: {authority}\r\n");
        if message.is_some() {
            let length = body.len();
            head += "Accept: application/json, text/event-stream\r\nConnection: close\r\n";
            write!(head, "Content-Type: application/json\r\nContent-Length: {length}\r\n")?;
        } else {
            head += "Accept: text/event-stream\r\n";
        }
        if !session.is_empty() {
            write!(head, "MCP-Protocol-Version: {VERSION}\r\nMcp-Session-Id: {session}\r\n")?;
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
        Exchange::head(stream).await
    }
}

/// An answer, of which the head has been read.
struct Exchange {
    stream: TcpStream,
    head: String,
    raw: Vec<u8>,
    body: Vec<u8>,
    /// Bytes that are left of a chunk; `None` if the body is not chunked.
    chunk: Option<usize>,
}

impl Exchange {
    async fn head(mut stream: TcpStream) -> Result<Self> {
        let mut raw = Vec::new();
        let end = loop {
            ensure!(stream.read_buf(&mut raw).await? > 0, "the connection is lost");
            if let Some(end) = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
        };
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        raw.drain(..end + 4);
        let mut exchange = Self { stream, head, raw, body: Vec::new(), chunk: None };
        let status = exchange.head.split(' ').nth(1).unwrap_or_default();
        ensure!(status.starts_with('2'), "{}", exchange.head);
        if exchange.header("transfer-encoding").is_some() {
            exchange.chunk = Some(0);
        }
        Ok(exchange)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Hears everything up to the answer.
    async fn answer(&mut self, heard: &mut Heard) -> Result<()> {
        let events =
            self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        loop {
            self.unpack();
            if events && self.events(heard)? {
                return Ok(());
            }
            if self.stream.read_buf(&mut self.raw).await? == 0 {
                self.unpack();
                ensure!(!events, "the stream ended before the answer");
                ensure!(heard.take(&self.body)?, "no answer");
                return Ok(());
            }
        }
    }

    /// Moves what has come of the body out of its chunks.
    fn unpack(&mut self) {
        let Some(left) = &mut self.chunk else { return self.body.append(&mut self.raw) };
        let mut at = 0;
        loop {
            if *left == 0 {
                // The end of a line stands between a chunk and the length of the next.
                let rest = &self.raw[at..];
                let blank = if rest.starts_with(b"\r\n") { 2 } else { 0 };
                let line = rest[blank..].windows(2).position(|bytes| bytes == b"\r\n");
                let Some(line) = line else { break };
                let digits = String::from_utf8_lossy(&rest[blank..blank + line]).into_owned();
                *left = usize::from_str_radix(digits.trim(), 16).unwrap_or(0);
                at += blank + line + 2;
                if *left == 0 {
                    break;
                }
            }
            let take = (*left).min(self.raw.len() - at);
            self.body.extend_from_slice(&self.raw[at..at + take]);
            *left -= take;
            at += take;
            if *left > 0 {
                break;
            }
        }
        self.raw.drain(..at);
    }

    /// Takes the events that are whole; true once the answer is among them.
    fn events(&mut self, heard: &mut Heard) -> Result<bool> {
        let mut at = 0;
        while let Some(length) = self.body[at..].iter().position(|&byte| byte == b'\n') {
            let line = self.body[at..at + length].trim_ascii_end();
            at += length + 1;
            if let Some(data) = line.strip_prefix(b"data:") {
                let data = data.trim_ascii_start();
                // Some streams begin with an event that only has an id.
                if !data.is_empty() && heard.take(data)? {
                    return Ok(true);
                }
            }
        }
        self.body.drain(..at);
        if self.body.len() > 16 << 20 {
            bail!("an event without an end");
        }
        Ok(false)
    }
}
