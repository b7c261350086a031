//! What a client stands on in a page or a worker: the browser's sockets, `fetch`, timer and JSON.

mod channel;
mod driver;
mod fetch;
mod platform;
mod scanned;
mod socket;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::sync::Weak;

use js_sys::Promise;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Error;
use super::engine::Engine;
use super::platform::{Drive, Platform};
use crate::jsonrpc::Payload;
use crate::proto::Millis;
use crate::types::JsonValue;

pub(super) use channel::Destination;
use channel::PageTransport;
pub use channel::Target;
pub(super) use fetch::Headers;
use platform::Timer;

/// JSON as the engine has it that parsed it: a `JsValue` in a page, `Raw`
/// natively, whose `read` makes any type of it that serde can read.
pub type Value = JsValue;

/// What one client has of the page.
pub(super) struct Page {
    endpoint: Destination,
    channel: RefCell<Option<PageTransport>>,
    /// Why it could not be opened.
    cause: RefCell<Option<Error>>,
    draining: Cell<bool>,
    timer: Timer,
    /// The exchanges that tell a server of the end.
    farewell: RefCell<Vec<Promise>>,
}

impl Page {
    pub fn new(endpoint: Destination, engine: &Weak<Engine>) -> Self {
        let of = engine.clone();
        let timer = Timer::new(move || {
            if let Some(engine) = of.upgrade() {
                engine.tick();
            }
        });
        Self {
            endpoint,
            channel: RefCell::new(None),
            cause: RefCell::new(None),
            draining: Cell::new(false),
            timer,
            farewell: RefCell::default(),
        }
    }

    /// A value inside a type of the protocol, as one of the user's own type.
    pub fn read_json<T: DeserializeOwned>(value: JsonValue) -> Result<T, String> {
        Self::read(value.into())
    }
}

impl Platform for Page {
    fn now() -> Millis {
        platform::now()
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        spawn_local(task);
    }

    fn run(function: impl FnOnce()) {
        function();
    }

    fn debug(line: &str) {
        web_sys::console::debug_1(&line.into());
    }

    fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
        serde_wasm_bindgen::from_value(value).map_err(|error| error.to_string())
    }

    fn write(value: &impl Serialize) -> Result<JsValue, String> {
        value.serialize(&Serializer::json_compatible()).map_err(|error| error.to_string())
    }

    fn describe(cause: &JsValue) -> String {
        channel::describe(cause, "")
    }
}

impl Drive<Engine> for Page {
    fn label(&self) -> String {
        self.endpoint.label()
    }

    fn cause(&self) -> Option<Error> {
        self.cause.take()
    }

    fn start(&self, engine: &Engine) {
        engine.open();
        engine.drain();
    }

    fn stir(&self, engine: &Engine) {
        engine.drain();
    }

    async fn ended(&self) {
        for told in self.farewell.take() {
            // Whether that succeeds is the server's affair.
            let _ = JsFuture::from(told).await;
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.take() {
            channel.close();
        }
    }
}

/// An `Error` named `McpError`, with the member `code`.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let thrown = js_sys::Error::new(&error.to_string());
        thrown.set_name("McpError");
        let mut thrown = Self::from(thrown);
        thrown.set_text("code", error.code());
        thrown
    }
}
