//! The binding: the client machine as a small synchronous class, driven by the JavaScript facade.
//! With the feature `npm-server` it is the server in its place: the package has two modules, because
//! few pages need both.
//!
//! JavaScript is never called while the machine is borrowed. Every method only feeds the machine
//! or reads from it; the facade drains it with `Core::poll` and calls the page's callbacks
//! between two calls, so a progress handler may start another call.

// A Rust program that uses the client does not want the binding among its module's exports.
#[cfg(all(any(feature = "npm", not(feature = "client")), not(feature = "npm-server")))]
mod client;
#[cfg(all(any(feature = "npm", not(feature = "client")), not(feature = "npm-server")))]
mod http;
mod payload;
#[cfg(feature = "npm-server")]
mod server;

#[cfg(all(any(feature = "npm", not(feature = "client")), not(feature = "npm-server")))]
pub use client::{Core, scan_frame, view};
#[cfg(all(any(feature = "npm", not(feature = "client")), not(feature = "npm-server")))]
pub use http::{Http, scan_events};
#[cfg(feature = "npm-server")]
pub use server::Host;

// The npm package's allocator: two kilobytes less to download than the default one. Behind a
// feature, because a Rust program that depends on this crate chooses its own.
#[cfg(feature = "npm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
