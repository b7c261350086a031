//! The binding: the client machine as a small synchronous class, driven by the JavaScript facade.
//!
//! JavaScript is never called while the machine is borrowed. Every method only feeds the machine
//! or reads from it; the facade drains it with [`Core::poll`] and calls the page's callbacks
//! between two calls, so a progress handler may start another call.

mod client;
mod payload;

pub use client::Core;
