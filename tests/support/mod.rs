//! What the tests of the protocol machines share.
//!
//! [`Page`] is the client machine as the binding drives it; [`Pair`] joins one to a server machine
//! by a link with simulated time. Both watch the rules that hold always (see `page.rs`), so every
//! test checks them.
#![allow(dead_code, unused_imports)] // each test file uses a part of it

pub mod handshake;
mod link;
mod page;
mod pair;
mod web;

pub use link::{Fate, Item, Weather};
pub use page::{CallRecord, Page, Path, Step, Told};
pub use pair::{Pair, everywhere};
pub use web::{Fetch, Web};

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{Caching, CallLimits};
use serde_json::Value;

/// Limits without any limit.
pub const FOREVER: CallLimits = CallLimits {
    timeout: f64::INFINITY,
    max_total: f64::INFINITY,
    stall_after: f64::INFINITY,
    reset_on_progress: true,
    strict: false,
    cache: Caching::Private,
    pages: None,
    rounds: Some(10),
    opens_urls: true,
};

/// A step without a message.
pub fn step(progress: f64, total: impl Into<Option<f64>>) -> Step {
    Step { progress, total: total.into(), message: None, params: None }
}

/// A step with a message.
pub fn said(progress: f64, total: impl Into<Option<f64>>, message: &str) -> Step {
    Step { progress, total: total.into(), message: Some(message.to_owned()), params: None }
}

/// Whether a call ended by that clock.
pub fn timed_out(outcome: Option<&Result<Value, Error<Value>>>, wanted: Clock) -> bool {
    matches!(outcome, Some(Err(Error::Timeout { clock, .. })) if *clock == wanted)
}

/// The text of a protocol fault.
pub fn protocol_text(error: &Error<Value>) -> &str {
    match error {
        Error::Protocol(text) | Error::Incompatible(text) => text,
        other => panic!("no fault of the protocol: {other:?}"),
    }
}

/// Says where a test stood when it failed.
pub struct Place(pub String);

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it failed with: {}", self.0);
        }
    }
}
