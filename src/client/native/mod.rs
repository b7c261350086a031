//! What a client stands on natively: a task of tokio, which owns the transport.

mod driver;
mod target;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, Weak};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};

use super::engine::Engine;
use super::handler::{MaybeSend, lock};
use super::platform::{Drive, Platform};
use crate::jsonrpc::{Payload, Raw};
use crate::proto::Millis;
use crate::transport;
use crate::types::JsonValue;

pub(super) use target::Destination;
pub use target::Target;

/// JSON as the engine has it that parsed it: a `JsValue` in a page, [`Raw`](crate::jsonrpc::Raw)
/// natively, whose `read` makes any type of it that serde can read.
pub type Value = Raw;

/// What one client has of tokio.
pub(super) struct Native {
    endpoint: Destination,
    wake: Arc<Notify>,
    /// Whether the channel has ended.
    ended: watch::Receiver<bool>,
    /// For the task, once it starts.
    ends: Mutex<Option<watch::Sender<bool>>>,
}

impl Native {
    pub fn new(endpoint: Destination, _: &Weak<Engine>) -> Self {
        let (ends, ended) = watch::channel(false);
        let ends = Mutex::new(Some(ends));
        Self { endpoint, wake: Arc::default(), ended, ends }
    }

    /// A value inside a type of the protocol, as one of the user's own type.
    pub fn read_json<T: DeserializeOwned>(value: JsonValue) -> Result<T, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

impl Platform for Native {
    fn now() -> Millis {
        transport::now()
    }

    fn spawn(task: impl Future<Output = ()> + MaybeSend + 'static) {
        tokio::spawn(task);
    }

    fn run(function: impl FnOnce()) {
        // It is not called again with what it may have left half done: its own affair, as that of a
        // function of JavaScript that throws.
        if catch_unwind(AssertUnwindSafe(function)).is_err() {
            tracing::error!("a function that was handed to the MCP client has panicked");
        }
    }

    fn debug(line: &str) {
        tracing::debug!("{line}");
    }

    fn read<T: DeserializeOwned>(value: Raw) -> Result<T, String> {
        value.read().map_err(|error| error.to_string())
    }

    fn write(value: &impl Serialize) -> Result<Raw, String> {
        Raw::of(value).map_err(|error| error.to_string())
    }

    fn describe(cause: &Raw) -> String {
        cause.text("message").unwrap_or_default()
    }
}

impl Drive<Engine> for Native {
    fn label(&self) -> String {
        self.endpoint.label()
    }

    fn start(&self, engine: &Engine) {
        let Some(ends) = lock(&self.ends).take() else { return };
        let transport = self.endpoint.open(engine);
        tokio::spawn(driver::run(engine.this.clone(), Arc::clone(&self.wake), transport, ends));
    }

    fn stir(&self, _: &Engine) {
        self.wake.notify_one();
    }

    async fn ended(&self) {
        let mut ended = self.ended.clone();
        // It fails if the task has gone, which is an end as well.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

/// The task sees that nobody holds the client any more.
impl Drop for Native {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}
