//! Model Context Protocol, with progress done right: a client for the browser and for native
//! programs, a server library, and the sans-IO core that both are made of.
//!
//! # A client in a Rust program
//!
//! It is there for wasm32 with the feature `client`, and natively with the feature `native-client`,
//! where it starts servers that are programs, too. It reports progress to closures:
//!
//! ```toml
//! [dependencies]
//! mcp-wasm = { version = "0.1", default-features = false, features = ["native-client"] }
//! ```
//!
//! ```ignore
//! let client = Client::connect("wss://example.com/mcp").await?;
//! let result = client.call_tool("backup", ()).on_progress(|p| show(p)).await?;
//! let backup: Backup = result.structured()?;
//! ```
//!
#![cfg_attr(
    any(
        all(feature = "client", target_arch = "wasm32"),
        all(feature = "native-client", not(target_arch = "wasm32"))
    ),
    doc = "Start at [`client`], whose page has the paved path."
)]
#![cfg_attr(
    not(any(
        all(feature = "client", target_arch = "wasm32"),
        all(feature = "native-client", not(target_arch = "wasm32"))
    )),
    doc = "Start at module `client`, which one of these features brings."
)]
//!
//! # A server in Rust
//!
//! It is there natively, with the default features. Tools, resources and prompts are async
//! functions, hosted over WebSocket, Streamable HTTP and stdio:
//!
//! ```toml
//! [dependencies]
//! mcp-wasm = "0.1"
//! schemars = "1"
//! serde = { version = "1", features = ["derive"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
#![cfg_attr(
    all(feature = "native", not(target_arch = "wasm32")),
    doc = "Start at [`server`] for what a server is made of and at [`native`] for hosting it.",
    doc = "",
    doc = "```no_run"
)]
#![cfg_attr(not(all(feature = "native", not(target_arch = "wasm32"))), doc = "```ignore")]
//! use mcp_wasm::{native, server::{Context, Server}};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Count {
//!     to: u32,
//! }
//!
//! async fn count(args: Count, ctx: Context) -> String {
//!     for i in 1..=args.to {
//!         ctx.report_progress(i, args.to, None).await;
//!     }
//!     "done".to_owned()
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let server = Server::builder("Counter", "1.0.0").tool("count", "Counts", count).build();
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//!     native::serve(listener, server, native::Options::default()).await
//! }
//! ```
//!
//! # How it is built
//!
//! The layers, each importing only from those above it in this list:
//!
//! | layer | modules |
//! |---|---|
//! | messages and types | [`error`], [`jsonrpc`], [`types`] |
//! | protocol machines | `proto` |
//! | Streamable HTTP without sockets | `http` |
//! | tools and their `Context` | `server` |
//! | bytes and clocks | `wasm` (browser), `native` (tokio), `transport` (the native client's) |
//! | the client for Rust programs | `client` (in a page, and on tokio) |
//!
//! The machines take input (a message, a command, the time) and give output (send this, this
//! happened). They own no clock, no socket and no task, so the same code is driven by a page, by
//! tokio and by tests with simulated time. `ARCHITECTURE.md` tells the rest in one page.
//!
//! `proto`, `http`, `transport` and `wasm` are public for the hosts, tests and fuzzers that drive the machines.
//! They are no part of the documented interface, and may change with any release.

#![warn(missing_docs)]

pub mod error;
#[doc(hidden)]
pub mod http;
pub mod jsonrpc;
mod names;
#[doc(hidden)]
pub mod proto;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
mod text;
#[cfg(all(feature = "native-client", not(target_arch = "wasm32")))]
#[doc(hidden)]
pub mod transport;
pub mod types;

#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod native;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod wasm;

#[cfg(any(
    all(feature = "client", target_arch = "wasm32"),
    all(feature = "native-client", not(target_arch = "wasm32"))
))]
pub mod client;
#[cfg(any(
    all(feature = "client", target_arch = "wasm32"),
    all(feature = "native-client", not(target_arch = "wasm32"))
))]
pub use client::Client;

/// The Rust examples of the README and of the guide compile.
#[cfg(all(doctest, feature = "native", not(target_arch = "wasm32")))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "native", not(target_arch = "wasm32")))]
#[doc = include_str!("../docs/rust-servers.md")]
struct Guide;

#[cfg(all(doctest, feature = "auth-jwt", not(target_arch = "wasm32")))]
#[doc = include_str!("../docs/authorization.md")]
struct Authorization;

#[cfg(all(
    doctest,
    any(
        all(feature = "client", target_arch = "wasm32"),
        all(feature = "native-client", not(target_arch = "wasm32"))
    )
))]
#[doc = include_str!("../docs/rust-clients.md")]
struct ClientGuide;
