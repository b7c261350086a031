//! A server on a real socket, and a client for it.
#![allow(dead_code)] // each test file uses its own part

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use mcp_wasm::{
    native::{Endpoint, Options, serve_app},
    server::Server,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, handshake::client::Response},
};

/// Long enough for a loaded machine; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs until it is stopped.
pub struct Host {
    pub address: SocketAddr,
    pub endpoint: Endpoint,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Host {
    pub async fn start(server: Server) -> Self {
        Self::with(server, Options::default()).await
    }

    pub async fn with(server: Server, options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = Endpoint::new(server, options);
        let (stop, stopped) = oneshot::channel();
        let serving = {
            let endpoint = endpoint.clone();
            tokio::spawn(async move {
                let stopped = async {
                    let _ = stopped.await;
                };
                serve_app(listener, &endpoint, endpoint.router(), stopped).await
            })
        };
        Self { address, endpoint, stop: Some(stop), serving }
    }

    /// Tells the server to stop.
    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// Waits for the server to end.
    pub async fn ended(self) {
        timeout(PATIENCE, self.serving).await.expect("it ends in time").unwrap().unwrap();
    }

    /// A client that has said hello in the legacy way.
    pub async fn client(&self) -> Client {
        let mut client = Client::connect(self.address).await;
        let params = json!({ "protocolVersion": "2025-11-25" });
        let answer = client.request("initialize", params).await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
        client
    }
}

/// A WebSocket to the server.
pub struct Client {
    pub socket: WebSocketStream<TcpStream>,
    next_id: i64,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let headers = [("Sec-WebSocket-Protocol", "mcp")];
        let (socket, response) = handshake(address, &headers).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "mcp");
        Self { socket, next_id: 0 }
    }

    /// A client over a socket that is open.
    pub fn over(socket: WebSocketStream<TcpStream>) -> Self {
        Self { socket, next_id: 0 }
    }

    /// A client whose kernel takes not much more than it reads.
    pub async fn with_receive_buffer(address: SocketAddr, bytes: u32) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(bytes).unwrap();
        let stream = socket.connect(address).await.unwrap();
        let (socket, _) =
            open(stream, address, &[("Sec-WebSocket-Protocol", "mcp")]).await.unwrap();
        Self { socket, next_id: 0 }
    }

    pub async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Calls a tool, with the id as token, and returns the id.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        let meta = json!({ "progressToken": id });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        self.send(call).await;
        id
    }

    pub async fn cancel(&mut self, id: i64) {
        let method = "notifications/cancelled";
        let params = json!({ "requestId": id });
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// The next message of the server.
    pub async fn next(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// Everything up to the answer to this request.
    pub async fn until_answer(&mut self, id: i64) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let message = self.next().await;
            let is_answer = message["id"] == id;
            all.push(message);
            if is_answer {
                return all;
            }
        }
    }

    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        self.until_answer(id).await.pop().unwrap()
    }

    /// Reads until the server closes; the close code, or `None` if it just hangs up.
    pub async fn close_code(&mut self) -> Option<u16> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("the end in time") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// Opens a WebSocket at `/mcp` with these headers.
pub async fn handshake(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> Result<(WebSocketStream<TcpStream>, Response), tungstenite::Error> {
    open(TcpStream::connect(address).await.unwrap(), address, headers).await
}

async fn open(
    stream: TcpStream,
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> Result<(WebSocketStream<TcpStream>, Response), tungstenite::Error> {
    let mut request = format!("ws://{address}/mcp").into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    client_async(request, stream).await
}

/// The HTTP status with which a handshake is refused.
pub async fn refused(address: SocketAddr, headers: &[(&'static str, &str)]) -> u16 {
    match handshake(address, headers).await {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Sends raw HTTP and returns the head of the answer, in lower case.
pub async fn head(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let reading = stream.read_buf(&mut answer);
        let count = timeout(PATIENCE, reading).await.expect("an answer").unwrap();
        assert_ne!(count, 0, "no answer to {request}");
    }
    String::from_utf8_lossy(&answer).to_lowercase()
}

/// Sends raw HTTP and returns the whole answer, in lower case up to the body.
pub async fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer").unwrap();
    let answer = String::from_utf8_lossy(&answer);
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) => format!("{}\r\n\r\n{body}", head.to_lowercase()),
        None => answer.into_owned(),
    }
}

pub fn progress(messages: &[Value]) -> Vec<f64> {
    messages.iter().filter_map(|message| message["params"]["progress"].as_f64()).collect()
}

/// How long this process stands still at most from now on.
pub fn standstill() -> impl Fn() -> Duration {
    let longest = Arc::new(Mutex::new(Duration::ZERO));
    let into = Arc::downgrade(&longest);
    tokio::spawn(async move {
        loop {
            let last = Instant::now();
            sleep(Duration::from_millis(1)).await;
            let Some(into) = into.upgrade() else { return };
            let mut into = into.lock().unwrap();
            *into = last.elapsed().max(*into);
        }
    });
    move || *longest.lock().unwrap()
}
