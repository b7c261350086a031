//! Where a client connects to, and what it is connected by.

use std::rc::{Rc, Weak};

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};

use crate::http::sse::MAX_MESSAGE_SIZE;

use super::Error;
use super::engine::Engine;
use super::fetch::{Headers, Http};
use super::platform;
use super::socket::Socket;

/// The largest message either way, in UTF-16 units.
#[allow(clippy::cast_possible_truncation)] // it fits
pub(super) const LIMIT: u32 = MAX_MESSAGE_SIZE as u32;

/// Where a client connects to.
pub(super) struct Endpoint {
    pub url: String,
    pub http: bool,
    pub protocols: Vec<String>,
    pub headers: Headers,
}

impl Endpoint {
    /// What a URL leads to, if it leads anywhere. It may be relative to the page.
    pub fn new(given: &str, protocols: Vec<String>, headers: Headers) -> Result<Self, Error> {
        let odd = |reason: &str| Error::argument(&format!("connecting to {given}"), reason);
        let url = match here() {
            Some(here) => web_sys::Url::new_with_base(given, &here),
            None => web_sys::Url::new(given),
        };
        let url = url.map_err(|_| odd("it is not a URL"))?;
        let http = match url.protocol().as_str() {
            "ws:" | "wss:" => false,
            "http:" | "https:" => true,
            _ => return Err(odd("the URL must start with ws:, wss:, http: or https:")),
        };
        Ok(Self { url: url.href(), http, protocols, headers })
    }

    /// The name that errors call it by.
    pub fn label(&self) -> String {
        format!("connecting to {}", self.url)
    }

    /// Whether a second channel can be opened, should the server hang up on the first message.
    pub fn can_reopen(&self) -> bool {
        !self.http
    }

    pub fn open(&self, engine: &Weak<Engine>) -> Result<Channel, Error> {
        if self.http {
            let http = Http::new(self.url.clone(), Rc::clone(&self.headers), engine.clone());
            return Ok(Channel::Http(http));
        }
        let socket = Socket::open(&self.url, &self.protocols, engine);
        socket.map(|socket| Channel::Socket(Rc::new(socket))).map_err(|cause| Error::Closed {
            call: self.label(),
            reason: describe(&cause, "the platform refused to open the WebSocket"),
            may_have_run: false,
            cause: Some(cause),
        })
    }
}

/// What a client is connected by.
#[derive(Clone)]
pub(super) enum Channel {
    Socket(Rc<Socket>),
    Http(Rc<Http>),
}

impl Channel {
    /// Whether messages can be sent at once.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Whether it says what becomes of a message.
    pub fn tells(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Sends a message; the error says in words why that was not possible.
    pub fn send(&self, message: &JsValue) -> Result<(), String> {
        match self {
            Self::Http(http) => {
                http.send(message);
                Ok(())
            }
            Self::Socket(socket) => {
                let text = platform::stringify(message)
                    .map_err(|cause| describe(&cause, "the message is no JSON"))?;
                let length = text.length();
                if length > LIMIT {
                    return Err(format!(
                        "a message of {length} characters is over the limit of {LIMIT}"
                    ));
                }
                socket.send(&text).map_err(|cause| describe(&cause, "the WebSocket is not open"))
            }
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
