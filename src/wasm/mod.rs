//! The binding: the client machine as a small synchronous class, driven by the JavaScript facade.
//!
//! JavaScript is never called while the machine is borrowed. Every method only feeds the machine
//! or reads from it; the facade drains it with `Core::poll` and calls the page's callbacks
//! between two calls, so a progress handler may start another call.

// A Rust program that uses the client does not want the binding among its module's exports.
#[cfg(any(feature = "npm", not(feature = "client")))]
mod client;
#[cfg(any(feature = "npm", not(feature = "client")))]
mod http;
mod payload;

#[cfg(any(feature = "npm", not(feature = "client")))]
pub use client::{Core, scan_frame, view};
#[cfg(any(feature = "npm", not(feature = "client")))]
pub use http::{Http, scan_events};

// The npm package's allocator: two kilobytes less to download than the default one. Behind a
// feature, because a Rust program that depends on this crate chooses its own.
#[cfg(feature = "npm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
