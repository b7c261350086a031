//! A client over WebSocket.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig,
    },
};

use crate::peer::{Heard, initialize, initialized};

pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub async fn open(url: &str) -> Result<Self> {
        let mut request = url.into_client_request()?;
        let protocol = HeaderValue::from_static("mcp");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let authority = request.uri().authority().context("no host")?.to_string();
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        // Thousands of them on one machine.
        let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut socket = Self(socket);
        socket.send(&initialize()).await?;
        socket.answer(&mut Heard::default()).await?;
        socket.send(&initialized()).await?;
        Ok(socket)
    }

    pub async fn call(&mut self, request: &Value) -> Result<Heard> {
        let mut heard = Heard::default();
        self.send(request).await?;
        self.answer(&mut heard).await?;
        Ok(heard)
    }

    pub async fn lives(&mut self) -> bool {
        let ping = json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" });
        self.send(&ping).await.is_ok() && self.answer(&mut Heard::default()).await.is_ok()
    }

    async fn send(&mut self, message: &Value) -> Result<()> {
        Ok(self.0.send(Message::text(message.to_string())).await?)
    }

    async fn answer(&mut self, heard: &mut Heard) -> Result<()> {
        while let Some(message) = self.0.next().await {
            match message? {
                Message::Text(text) if heard.take(text.as_bytes())? => return Ok(()),
                Message::Close(frame) => bail!("closed: {frame:?}"),
                _ => {}
            }
        }
        bail!("the connection is lost")
    }
}
