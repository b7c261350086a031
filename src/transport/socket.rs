//! A WebSocket, opened by the same library as HTTP: by way of proxies, with the same TLS.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{SinkExt, Stream, StreamExt, sink::Sink};
use reqwest::header::{CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use reqwest::header::{SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Response, StatusCode, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::authorize::Answered;
use super::web::{Web, describe, put, requests};
use super::{End, TransportEvent, endurance, now};
use crate::error::Error;
use crate::jsonrpc::Outline;
use crate::proto::Millis;
use crate::proto::client::{AUTHORIZATION_ENDED, Unauthorized};
use crate::text::{ECHO, clip};

type Connection = WebSocketStream<Upgraded>;
type Opening = Pin<Box<dyn Future<Output = Result<Connection, End>> + Send>>;

/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A WebSocket.
pub(super) struct Socket {
    limit: usize,
    state: State,
}

enum State {
    Opening(Opening),
    Open(Box<Open>),
    Over(End),
}

struct Open {
    stream: Connection,
    unsent: VecDeque<String>,
    /// Bytes of them.
    size: usize,
    is_flushed: bool,
    since: Millis,
}

impl Socket {
    pub fn open(web: &Web, limit: usize) -> Self {
        let opening: Opening = Box::pin(open(web.clone(), limit));
        Self { limit, state: State::Opening(opening) }
    }

    pub async fn next(&mut self) -> TransportEvent {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<TransportEvent> {
        let end = match &mut self.state {
            State::Opening(opening) => match ready!(opening.as_mut().poll(cx)) {
                Ok(stream) => {
                    let (unsent, since) = (VecDeque::new(), now());
                    let open = Open { stream, unsent, size: 0, is_flushed: true, since };
                    self.state = State::Open(Box::new(open));
                    return Poll::Ready(TransportEvent::Open);
                }
                Err(end) => end,
            },
            State::Open(open) => match ready!(open.poll(cx, self.limit)) {
                Ok(event) => return Poll::Ready(event),
                Err(end) => end,
            },
            State::Over(end) => return Poll::Ready(TransportEvent::End(end.clone())),
        };
        self.state = State::Over(end.clone());
        Poll::Ready(TransportEvent::End(end))
    }

    /// False: it is not open.
    pub fn send(&mut self, text: String) -> bool {
        let State::Open(open) = &mut self.state else { return false };
        open.size += text.len();
        open.unsent.push_back(text);
        true
    }

    pub fn unsent(&self) -> usize {
        match &self.state {
            State::Open(open) => open.size,
            _ => 0,
        }
    }

    pub async fn close(self) {
        let State::Open(mut open) = self.state else { return };
        let goodbye = async {
            for text in open.unsent {
                open.stream.feed(Message::text(text)).await?;
            }
            open.stream.close(None).await?;
            while open.stream.next().await.is_some() {}
            Ok::<(), SocketError>(())
        };
        // Whether that succeeds is the server's affair.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Socket").field("unsent", &self.unsent()).finish_non_exhaustive()
    }
}

impl Open {
    /// The next event; the error says how it has ended.
    fn poll(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<Result<TransportEvent, End>> {
        // What is sent leaves also while more and more comes in.
        let mut written = self.write(cx);
        loop {
            match Pin::new(&mut self.stream).poll_next(cx) {
                Poll::Ready(Some(Ok(Message::Text(text)))) => {
                    return Poll::Ready(Ok(TransportEvent::of(text.as_str().to_owned(), limit)));
                }
                Poll::Ready(Some(Ok(Message::Binary(_)))) => {
                    let reason = "the server sent a binary frame, which MCP does not know";
                    let error = Error::Protocol(reason.to_owned());
                    return Poll::Ready(Ok(TransportEvent::Unread(Outline::default(), error)));
                }
                Poll::Ready(Some(Ok(Message::Close(frame)))) => {
                    let frame = frame.as_ref();
                    let is_expired =
                        frame.is_some_and(|frame| u16::from(frame.code) == AUTHORIZATION_ENDED);
                    let unauthorized = is_expired.then(|| Unauthorized::Ended(now() - self.since));
                    return Poll::Ready(Err(End { unauthorized, ..End::new(ending(frame)) }));
                }
                // Those of control are answered by the library.
                Poll::Ready(Some(Ok(_))) => {
                    self.is_flushed = false;
                    written = self.write(cx);
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(End::new(broken(&error)))),
                Poll::Ready(None) => {
                    return Poll::Ready(Err(End::new("the connection was closed")));
                }
                // What was sent to a server that has gone fails, but its last words come first.
                Poll::Pending => match written {
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(End::new(broken(&error)))),
                    _ => return Poll::Pending,
                },
            }
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        let mut stream = Pin::new(&mut self.stream);
        while !self.unsent.is_empty() {
            ready!(stream.as_mut().poll_ready(cx))?;
            let Some(text) = self.unsent.pop_front() else { break };
            self.size -= text.len();
            self.is_flushed = false;
            stream.as_mut().start_send(Message::text(text))?;
        }
        if !self.is_flushed {
            ready!(stream.poll_flush(cx))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}

/// Opens it; the error says why that was not possible.
async fn open(web: Web, limit: usize) -> Result<Connection, End> {
    let requests = requests()?;
    let (scheme, rest) = web.url.split_once(':').unwrap_or_default();
    let url = match scheme.to_ascii_lowercase().as_str() {
        "ws" => format!("http:{rest}"),
        "wss" => format!("https:{rest}"),
        _ => return Err(End::new("the URL must start with ws: or wss:")),
    };
    let key = generate_key();
    let mut headers = web.headers()?;
    put(&mut headers, CONNECTION.as_str(), "Upgrade")?;
    put(&mut headers, UPGRADE.as_str(), "websocket")?;
    put(&mut headers, SEC_WEBSOCKET_VERSION.as_str(), "13")?;
    put(&mut headers, SEC_WEBSOCKET_KEY.as_str(), &key)?;
    if !web.protocols.is_empty() {
        put(&mut headers, SEC_WEBSOCKET_PROTOCOL.as_str(), &web.protocols.join(", "))?;
    }
    let answered = web.send(requests.get(url).headers(headers)).await;
    let Answered { response, words } = answered.map_err(|error| describe(&error))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let wants = matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let unauthorized = wants.then_some(Unauthorized::Refused);
        return Err(End { unauthorized, ..End::new(refusal(response, words).await) });
    }
    check(response.headers(), &key, &web.protocols)?;
    let stream = response.upgrade().await.map_err(|error| describe(&error))?;
    let most = (limit < usize::MAX).then(|| endurance(limit));
    let config = WebSocketConfig::default().max_message_size(most).max_frame_size(most);
    Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
}

/// Whether the server's answer is one to this request.
fn check(headers: &HeaderMap, key: &str, wanted: &[String]) -> Result<(), String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(SEC_WEBSOCKET_ACCEPT) != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return Err("the server's answer is none to a WebSocket's request".to_owned());
    }
    let selected = text(SEC_WEBSOCKET_PROTOCOL);
    match wanted.first() {
        Some(first) if !wanted.iter().any(|name| selected == Some(name)) => Err(format!(
            "the server did not select the subprotocol \"{first}\": is it an MCP server?"
        )),
        None if selected.is_some() => {
            Err("the server selected a subprotocol that was not offered".to_owned())
        }
        _ => Ok(()),
    }
}

/// How a server refuses.
async fn refusal(response: Response, words: Option<String>) -> String {
    let status = response.status();
    if let Some(words) = words {
        return format!("HTTP status {}: {words}", status.as_u16());
    }
    let body = response.text().await.unwrap_or_default();
    let body = clip(body.trim(), ECHO);
    let colon = if body.is_empty() { "" } else { ": " };
    format!("HTTP status {}{colon}{body}", status.as_u16())
}

fn ending(frame: Option<&CloseFrame>) -> String {
    match frame {
        None => "the connection was closed".to_owned(),
        Some(frame) => match (u16::from(frame.code), frame.reason.as_str()) {
            (1000 | 1005, _) => "the connection was closed".to_owned(),
            (code, "") => format!("the WebSocket closed with code {code}"),
            (code, reason) => format!("the WebSocket closed with code {code}: {reason}"),
        },
    }
}

fn broken(error: &SocketError) -> String {
    match error {
        SocketError::ConnectionClosed | SocketError::AlreadyClosed => {
            "the connection was closed".to_owned()
        }
        SocketError::Capacity(CapacityError::MessageTooLong { .. }) => {
            "the server sent a message that is far larger than `max_message_size`".to_owned()
        }
        error => format!("the connection broke off: {error}"),
    }
}
