//! The protocol machines: no socket, no clock, no task, no JavaScript.
//!
//! A machine is fed through its methods (a message, a command, the time) and then drained with
//! `poll_output` until that returns `None`. Time is a number of milliseconds since an epoch that
//! the caller picks; nothing here reads a clock.

pub mod client;
mod map;
#[cfg(not(target_arch = "wasm32"))]
pub mod relay;
pub mod scan;
pub mod server;
pub mod service;
pub mod version;

/// A point in time or a span, in milliseconds. Points count from an epoch that the caller picks.
pub type Millis = f64;
