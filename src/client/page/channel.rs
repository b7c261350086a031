//! Where a client connects to, and what it is connected by.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{JsString, Promise};
use wasm_bindgen::{JsCast, JsValue};

use crate::proto::{Millis, client};

use super::super::Error;
use super::super::engine::Engine;
use super::super::error::shown;
use super::super::machine::Fault;
use super::fetch::{Headers, PageHttp};
use super::platform;
use super::socket::PageSocket;

/// Where a client connects to: a URL, which may be relative to the page.
#[derive(Clone)]
pub struct Target(String);

impl From<&str> for Target {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl From<&String> for Target {
    fn from(url: &String) -> Self {
        Self(url.clone())
    }
}

impl From<String> for Target {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

/// Where a client connects to, and how.
pub(in super::super) struct Destination {
    pub url: String,
    pub http: bool,
    pub protocols: Vec<String>,
    pub headers: Headers,
    /// How many bytes a message may have, either way.
    pub limit: usize,
}

impl Destination {
    /// What a URL leads to, if it leads anywhere. It may be relative to the page.
    pub fn new(
        Target(given): Target,
        protocols: Vec<String>,
        headers: Headers,
        limit: usize,
    ) -> Result<Self, Error> {
        let odd = |reason: &str| Error::argument(&format!("connecting to {given}"), reason);
        let url = match here() {
            Some(here) => web_sys::Url::new_with_base(&given, &here),
            None => web_sys::Url::new(&given),
        };
        let url = url.map_err(|_| odd("it is not a URL like wss://host/mcp"))?;
        let http = match url.protocol().as_str() {
            "ws:" | "wss:" => false,
            "http:" | "https:" => true,
            _ => return Err(odd("the URL must start with ws:, wss:, http: or https:")),
        };
        Ok(Self { url: url.href(), http, protocols, headers, limit })
    }

    /// What is known of such a channel.
    pub fn channel(&self, connect_timeout: f64) -> client::Channel {
        if self.http {
            client::Channel::http(connect_timeout)
        } else {
            client::Channel::web_socket(connect_timeout)
        }
    }

    /// The name that errors call it by.
    pub fn label(&self) -> String {
        format!("connecting to {}", shown(&self.url))
    }

    pub(super) fn open(&self, engine: &Engine) -> Result<PageTransport, Error> {
        if self.http {
            let (url, headers) = (self.url.clone(), Arc::clone(&self.headers));
            return Ok(PageTransport::Http(PageHttp::new(url, headers, self.limit, engine)));
        }
        let socket = PageSocket::open(&self.url, &self.protocols, &engine.this);
        socket.map(|socket| PageTransport::Socket(Rc::new(socket))).map_err(|cause| Error::Closed {
            call: self.label(),
            reason: describe(&cause, "the platform refused to open the WebSocket"),
            may_have_run: false,
            cause: Some(cause),
            exit: None,
        })
    }
}

/// What a client is connected by.
#[derive(Clone)]
pub(super) enum PageTransport {
    Socket(Rc<PageSocket>),
    Http(Rc<PageHttp>),
}

impl PageTransport {
    /// Whether messages can be sent at once.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Whether it says what becomes of a message.
    pub fn tells(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Sends a message, whose caller waits that long; the error says why that was not possible.
    pub fn send(
        &self,
        message: &JsValue,
        patience: Option<Millis>,
        limit: usize,
    ) -> Result<(), Fault> {
        let unsent = |reason, cause| Fault::Lost { reason, sent: false, cause };
        let text = platform::stringify(message)
            .map_err(|cause| unsent(describe(&cause, "the message is no JSON"), None))?;
        if is_larger(&text, limit) {
            return Err(Fault::too_large(limit, false));
        }
        match self {
            Self::Http(http) => {
                http.send(message, patience);
                Ok(())
            }
            Self::Socket(socket) => socket
                .send(&text)
                .map_err(|cause| unsent(describe(&cause, "the WebSocket is not open"), None)),
        }
    }

    /// Ends it. What the server has to be told of that is still on its way.
    pub fn close(&self) -> Vec<Promise> {
        match self {
            Self::Socket(socket) => {
                socket.close();
                Vec::new()
            }
            Self::Http(http) => http.close(),
        }
    }
}

/// Whether a text has more bytes than that.
pub(super) fn is_larger(text: &JsString, limit: usize) -> bool {
    let length = text.length() as usize;
    // A character is one to three bytes.
    length > limit || length > limit / 3 && String::from(text).len() > limit
}

/// The address of the page or the worker.
fn here() -> Option<String> {
    let location = js_sys::Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    js_sys::Reflect::get(&location, &"href".into()).ok()?.as_string()
}

/// What an exception says.
pub(super) fn describe(thrown: &JsValue, otherwise: &str) -> String {
    let message = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.filter(|text| !text.is_empty()).unwrap_or_else(|| otherwise.to_owned())
}
