//! The binding: the client machine (feature `npm-client`) and the server machine (`npm-server`) as
//! small synchronous classes, driven by the JavaScript facade. The package has a module of each,
//! because few pages need both.
//!
//! JavaScript is never called while the machine is borrowed. Every method only feeds the machine
//! or reads from it; the facade drains it with `Core::poll` and calls the page's callbacks
//! between two calls, so a progress handler may start another call.

#[cfg(feature = "npm-client")]
mod client;
#[cfg(feature = "npm-client")]
mod http;
#[cfg(feature = "npm-client")]
mod memory;
mod payload;
#[cfg(feature = "npm-client")]
mod records;
#[cfg(feature = "npm-server")]
mod server;
#[cfg(feature = "npm-client")]
mod state;
#[cfg(feature = "npm-client")]
mod steps;
mod words;

#[cfg(feature = "npm-client")]
pub use memory::{scan_frame, view};
#[cfg(feature = "npm-server")]
pub use server::Host;
#[cfg(feature = "npm-client")]
pub use state::Core;

// Behind a feature, because a Rust program that depends on this crate chooses its own.
#[cfg(feature = "npm-allocator")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
