//! Model Context Protocol, with progress done right: a sans-IO core that runs in a browser page
//! (through WebAssembly), in Node and in a native server.
//!
//! The layers, each importing only from those above it in this list:
//!
//! | layer | modules |
//! |---|---|
//! | messages and types | [`error`], [`jsonrpc`], [`types`] |
//! | protocol machines | [`proto`] |
//! | Streamable HTTP without sockets | [`http`] |
//! | tools and their `Context` | [`server`] |
//! | bytes and clocks | `wasm` (browser), `native` (tokio) |
//!
//! The machines take input (a message, a command, the time) and give output (send this, this
//! happened). They own no clock, no socket and no task, so the same code is driven by a page, by
//! tokio and by tests with simulated time. `ARCHITECTURE.md` tells the rest in one page.

#![warn(missing_docs)]

pub mod error;
pub mod http;
pub mod jsonrpc;
pub mod proto;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
pub mod types;

#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod native;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

/// The Rust examples of the README and of the guide compile.
#[cfg(all(doctest, feature = "native", not(target_arch = "wasm32")))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "native", not(target_arch = "wasm32")))]
#[doc = include_str!("../docs/rust-servers.md")]
struct Guide;
