//! A client over Streamable HTTP: with sessions, or since 2026-07-28 without. It keeps its connection
//! between two exchanges, as HTTP clients do.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::peer::{Heard, VERSION, initialize, initialized};

/// The revision without sessions.
const MODERN: &str = "2026-07-28";

pub struct Http {
    authority: String,
    path: String,
    /// `None`: each request stands for itself.
    session: Option<String>,
    /// What the last exchange went over, if it can take another.
    spare: Option<TcpStream>,
    /// The stream of a client that only listens.
    listening: Option<Exchange>,
}

impl Http {
    /// `http://host:port/path`, with `#2026-07-28` for that revision.
    pub async fn open(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").context("no http URL")?;
        let (rest, revision) = rest.split_once('#').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').context("no path")?;
        let is_modern = revision == MODERN;
        ensure!(is_modern || revision.is_empty(), "revision {revision} is not known");
        let mut http = Self {
            authority: authority.to_owned(),
            path: format!("/{path}"),
            session: (!is_modern).then(String::new),
            spare: None,
            listening: None,
        };
        if is_modern {
            http.spare = Some(http.connect().await?);
            return Ok(http);
        }
        let exchange = http.begin("POST", Some(&initialize())).await?;
        http.session = Some(exchange.header("mcp-session-id").unwrap_or_default().to_owned());
        http.spare = exchange.finish(&mut Heard::default()).await?;
        let accepted = http.begin("POST", Some(&initialized())).await?;
        http.spare = accepted.finish(&mut Heard::nothing()).await?;
        Ok(http)
    }

    pub async fn listen(&mut self) -> Result<()> {
        if self.session.is_some() {
            self.listening = Some(self.begin("GET", None).await?);
        }
        Ok(())
    }

    pub fn lives(&mut self) -> bool {
        // Nothing to read, and no end either.
        let stream = self.listening.as_ref().map(|exchange| &exchange.stream);
        let Some(stream) = stream.or(self.spare.as_ref()) else { return true };
        match stream.try_read(&mut [0; 1024]) {
            Ok(read) => read > 0,
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }

    pub async fn call(&mut self, request: &Value) -> Result<Heard> {
        let mut heard = Heard::default();
        let exchange = if self.session.is_some() {
            self.begin("POST", Some(request)).await?
        } else {
            let mut request = request.clone();
            let meta = &mut request["params"]["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
            meta["io.modelcontextprotocol/clientInfo"] =
                json!({ "name": "load", "version": "1.0.0" });
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
            self.begin("POST", Some(&request)).await?
        };
        self.spare = exchange.finish(&mut heard).await?;
        Ok(heard)
    }

    /// Ends the session, so that it costs its server nothing later.
    pub async fn end(&mut self) {
        self.listening = None;
        if self.session.is_some() {
            // Some servers have no such thing.
            let _ = self.begin("DELETE", None).await;
        }
    }

    async fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn begin(&mut self, verb: &str, message: Option<&Value>) -> Result<Exchange> {
        let body = message.map(Value::to_string).unwrap_or_default();
        let Self { authority, path, session, .. } = &*self;
        let mut head = format!("{verb} {path} HTTP/1.1\r\nHost: {authority}\r\n");
        if let Some(message) = message {
            let length = body.len();
            head += "Accept: application/json, text/event-stream\r\n";
            write!(head, "Content-Type: application/json\r\nContent-Length: {length}\r\n")?;
            if session.is_none() {
                let (method, name) = (text(&message["method"]), text(&message["params"]["name"]));
                write!(head, "MCP-Protocol-Version: {MODERN}\r\n")?;
                write!(head, "Mcp-Method: {method}\r\nMcp-Name: {name}\r\n")?;
            }
        } else {
            head += "Accept: text/event-stream\r\n";
        }
        if let Some(session) = session.as_ref().filter(|session| !session.is_empty()) {
            write!(head, "MCP-Protocol-Version: {VERSION}\r\nMcp-Session-Id: {session}\r\n")?;
        }
        let request = format!("{head}\r\n{body}");
        if let Some(mut stream) = self.spare.take()
            && stream.write_all(request.as_bytes()).await.is_ok()
            && let Some(exchange) = Exchange::head(stream).await?
        {
            return Ok(exchange);
        }
        // The server has closed what was kept.
        let mut stream = self.connect().await?;
        stream.write_all(request.as_bytes()).await?;
        Exchange::head(stream).await?.context("the connection is lost")
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An answer, of which the head has been read.
struct Exchange {
    stream: TcpStream,
    head: String,
    raw: Vec<u8>,
    body: Vec<u8>,
    rest: Rest,
}

/// What is to come of a body.
enum Rest {
    /// So many bytes.
    Bytes(usize),
    /// So many bytes of a chunk, and more chunks.
    Chunk(usize),
    /// Nothing.
    Over,
}

impl Exchange {
    /// Reads the head; `None` if the connection ends before it begins.
    async fn head(mut stream: TcpStream) -> Result<Option<Self>> {
        let mut raw = Vec::new();
        let end = loop {
            if !stream.read_buf(&mut raw).await.is_ok_and(|read| read > 0) {
                ensure!(raw.is_empty(), "the connection is lost");
                return Ok(None);
            }
            if let Some(end) = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
        };
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        raw.drain(..end + 4);
        let mut exchange = Self { stream, head, raw, body: Vec::new(), rest: Rest::Over };
        let status = exchange.head.split(' ').nth(1).unwrap_or_default();
        if !status.starts_with('2') {
            let said = String::from_utf8_lossy(&exchange.raw).into_owned();
            bail!("{}\n{said}", exchange.head);
        }
        if exchange.header("transfer-encoding").is_some() {
            exchange.rest = Rest::Chunk(0);
        } else if let Some(length) = exchange.header("content-length") {
            exchange.rest = Rest::Bytes(length.parse()?);
        }
        Ok(Some(exchange))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Hears everything up to the end of the body; returns what the next exchange can go over.
    async fn finish(mut self, heard: &mut Heard) -> Result<Option<TcpStream>> {
        let events =
            self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        loop {
            self.unpack();
            if events {
                self.events(heard)?;
            }
            if matches!(self.rest, Rest::Over) {
                break;
            }
            if self.stream.read_buf(&mut self.raw).await? == 0 {
                bail!("the answer broke off");
            }
        }
        if !events && !self.body.is_empty() {
            heard.take(&self.body)?;
        }
        ensure!(heard.is_done(), "no answer");
        let closes = self.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
        Ok((!closes).then_some(self.stream))
    }

    /// Moves what has come of the body out of its chunks.
    fn unpack(&mut self) {
        let mut at = 0;
        loop {
            let left = match &mut self.rest {
                Rest::Over => break,
                Rest::Chunk(0) => {
                    // The end of a line stands between a chunk and the length of the next.
                    let rest = &self.raw[at..];
                    let blank = if rest.starts_with(b"\r\n") { 2 } else { 0 };
                    let line = rest[blank..].windows(2).position(|bytes| bytes == b"\r\n");
                    let Some(line) = line else { break };
                    let digits = String::from_utf8_lossy(&rest[blank..blank + line]).into_owned();
                    let length = usize::from_str_radix(digits.trim(), 16).unwrap_or(0);
                    if length == 0 && rest.len() < blank + line + 4 {
                        break;
                    }
                    at += blank + line + 2;
                    self.rest = if length == 0 { Rest::Over } else { Rest::Chunk(length) };
                    continue;
                }
                Rest::Bytes(left) | Rest::Chunk(left) => left,
            };
            let take = (*left).min(self.raw.len() - at);
            self.body.extend_from_slice(&self.raw[at..at + take]);
            *left -= take;
            at += take;
            if let Rest::Bytes(0) = self.rest {
                self.rest = Rest::Over;
            } else if at == self.raw.len() {
                break;
            }
        }
        self.raw.drain(..at);
    }

    /// Takes the events that are whole.
    fn events(&mut self, heard: &mut Heard) -> Result<()> {
        let mut at = 0;
        while let Some(length) = memchr::memchr(b'\n', &self.body[at..]) {
            let line = self.body[at..at + length].trim_ascii_end();
            at += length + 1;
            if let Some(data) = line.strip_prefix(b"data:") {
                let data = data.trim_ascii_start();
                // Some streams begin with an event that only has an id.
                if !data.is_empty() {
                    heard.take(data)?;
                }
            }
        }
        self.body.drain(..at);
        ensure!(self.body.len() <= 16 << 20, "an event without an end");
        Ok(())
    }
}
