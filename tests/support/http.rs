//! A client for HTTP that shows everything: status, headers, and each event as it comes.
#![allow(dead_code, clippy::needless_pass_by_value)] // each test file uses its own part

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Long enough for a loaded machine; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);
pub const MODERN: &str = "2026-07-28";

/// One request to `/mcp`, to be changed before it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer, of which the head has been read.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    stream: TcpStream,
    /// What has been read of the body, without the lengths of its chunks.
    text: String,
    raw: Vec<u8>,
    /// Bytes of the body that are still to come; `None` if it is chunked.
    left: Option<usize>,
    over: bool,
    events: VecDeque<Event>,
    /// How many comments the stream had.
    pub comments: usize,
}

/// One server-sent event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub retry: Option<String>,
    pub name: Option<String>,
    pub data: String,
}

impl Request {
    pub fn new(method: &str) -> Self {
        Self { method: method.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// A POST of this message, as every client writes it.
    pub fn post(message: &Value) -> Self {
        Self::post_text(&message.to_string())
    }

    pub fn post_text(body: &str) -> Self {
        let mut request = Self::new("POST")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream");
        request.body = body.as_bytes().to_vec();
        request
    }

    /// A modern request with all that belongs to it.
    pub fn modern(id: impl Into<Value>, method: &str, params: Value) -> Self {
        let message = modern(id, method, params);
        let name = message["params"].get("name").or(message["params"].get("uri"));
        let mut request = Self::post(&message)
            .header("MCP-Protocol-Version", MODERN)
            .header("Mcp-Method", method);
        if let Some(name) = name.and_then(Value::as_str) {
            request = request.header("Mcp-Name", name);
        }
        request
    }

    /// A call of a tool, with its id as token.
    pub fn call(id: i64, tool: &str, arguments: Value) -> Self {
        let meta = json!({ "progressToken": id });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        Self::modern(id, "tools/call", params)
    }

    /// Sets a header, in the place of one that is there.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header beside one that is there.
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The text of the request.
    pub fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let mut lines = vec![format!("{} /mcp HTTP/1.1", self.method)];
        let has = |name: &str| self.headers.iter().any(|(known, _)| known == name);
        if !has("Host") {
            lines.push(format!("Host: {address}"));
        }
        if !has("Content-Length") && !self.body.is_empty() {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        [lines.join("\r\n").as_bytes(), b"\r\n\r\n", &self.body].concat()
    }

    /// Sends it on a connection of its own, and reads the head of the answer.
    pub async fn send(&self, address: SocketAddr) -> Answer {
        self.send_on(TcpStream::connect(address).await.unwrap(), address).await
    }

    /// The same, with a kernel that takes not much more than is read.
    pub async fn send_slowly(&self, address: SocketAddr, bytes: u32) -> Answer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(bytes).unwrap();
        self.send_on(socket.connect(address).await.unwrap(), address).await
    }

    pub async fn send_on(&self, mut stream: TcpStream, address: SocketAddr) -> Answer {
        stream.write_all(&self.bytes(address)).await.unwrap();
        Answer::read(stream).await
    }

    /// Sends it without waiting for an answer.
    pub async fn start(&self, address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&self.bytes(address)).await.unwrap();
        stream
    }

    /// Sends it, and returns status and body.
    pub async fn answer(&self, address: SocketAddr) -> (u16, Value) {
        let mut answer = self.send(address).await;
        let status = answer.status;
        (status, answer.json().await)
    }
}

/// A modern request as a message.
pub fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    let meta = params.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
    meta["io.modelcontextprotocol/protocolVersion"] = MODERN.into();
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "test", "version": "1" });
    if meta.get("io.modelcontextprotocol/clientCapabilities").is_none() {
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params })
}

impl Answer {
    pub async fn read(mut stream: TcpStream) -> Self {
        let mut raw = Vec::new();
        let end = loop {
            if let Some(end) = find(&raw, b"\r\n\r\n") {
                break end;
            }
            let count = timeout(PATIENCE, stream.read_buf(&mut raw)).await.expect("a head");
            assert_ne!(count.unwrap(), 0, "no head but {:?}", String::from_utf8_lossy(&raw));
        };
        let rest = raw.split_off(end + 4);
        let head = String::from_utf8(raw).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let known: &mut String = headers.entry(name.to_ascii_lowercase()).or_default();
            if !known.is_empty() {
                known.push_str(", ");
            }
            known.push_str(value);
        }
        let is_chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let left = (!is_chunked).then(|| length.unwrap_or(0));
        let mut answer = Self {
            status,
            headers,
            stream,
            text: String::new(),
            raw: rest,
            left,
            over: left == Some(0),
            events: VecDeque::new(),
            comments: 0,
        };
        answer.decode();
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub fn is_stream(&self) -> bool {
        self.header("content-type") == Some("text/event-stream")
    }

    /// Takes what it can out of the bytes that have come.
    fn decode(&mut self) {
        if let Some(left) = &mut self.left {
            let count = self.raw.len().min(*left);
            *left -= count;
            self.text.push_str(std::str::from_utf8(&self.raw[..count]).unwrap());
            self.raw.drain(..count);
            self.over = *left == 0;
            return;
        }
        while !self.over
            && let Some(end) = find(&self.raw, b"\r\n")
        {
            let length = std::str::from_utf8(&self.raw[..end]).unwrap();
            let length = usize::from_str_radix(length, 16).unwrap();
            if self.raw.len() < end + 2 + length + 2 {
                return;
            }
            // Every chunk of ours is whole events, so it can be read by itself.
            self.text.push_str(std::str::from_utf8(&self.raw[end + 2..][..length]).unwrap());
            self.raw.drain(..end + 2 + length + 2);
            self.over = length == 0;
        }
    }

    /// Reads once; false at the end.
    async fn more(&mut self) -> bool {
        if self.over {
            return false;
        }
        let count = timeout(PATIENCE, self.stream.read_buf(&mut self.raw)).await.expect("more");
        if count.unwrap_or(0) == 0 {
            self.over = true;
            return false;
        }
        self.decode();
        true
    }

    /// The whole body as text.
    pub async fn text(&mut self) -> String {
        while self.more().await {}
        std::mem::take(&mut self.text)
    }

    /// The whole body as JSON; `null` if there is none.
    pub async fn json(&mut self) -> Value {
        let text = self.text().await;
        if text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The next event; `None` at the end of the stream.
    pub async fn event(&mut self) -> Option<Event> {
        assert!(self.is_stream(), "{} {:?} {}", self.status, self.headers, self.text);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let mut event = Event::default();
                let mut is_event = false;
                for line in block.lines().filter(|line| !line.is_empty()) {
                    let (name, value) = line.split_once(':').unwrap();
                    let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
                    is_event |= !name.is_empty();
                    match name {
                        "" => self.comments += 1,
                        "id" => event.id = Some(value),
                        "retry" => event.retry = Some(value),
                        "event" => event.name = Some(value),
                        "data" => event.data += &value,
                        _ => panic!("a line that nobody expects: {line}"),
                    }
                }
                // Some clients take no message from an event without its name.
                let name = (!event.data.is_empty()).then_some("message");
                assert_eq!(event.name.as_deref(), name, "{block}");
                if is_event {
                    self.events.push_back(event);
                }
            }
            if self.events.is_empty() && !self.more().await {
                return None;
            }
        }
    }

    /// The message in the next event that has one.
    pub async fn message(&mut self) -> Option<Value> {
        loop {
            let event = self.event().await?;
            if !event.data.is_empty() {
                return Some(serde_json::from_str(&event.data).unwrap());
            }
        }
    }

    /// Every message up to the end of the stream.
    pub async fn messages(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(message) = self.message().await {
            all.push(message);
        }
        all
    }

    /// Whether the stream has ended, or ends soon.
    pub async fn ends(&mut self) -> bool {
        self.message().await.is_none()
    }

    /// Nothing comes for a while.
    pub async fn is_silent(&mut self, time: Duration) -> bool {
        timeout(time, self.message()).await.is_err()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
