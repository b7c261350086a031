//! A client for Rust programs: in a page or a worker, and natively.
//!
//! In a page it needs the feature `client`. A crate that is built with wasm-pack depends on it so:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! mcp-wasm = { version = "0.1", default-features = false, features = ["client"] }
//! serde = { version = "1", features = ["derive"] }
//! wasm-bindgen-futures = "0.4"
//! ```
//!
//! Natively it needs the feature `native-client`, and a tokio runtime in which it is connected:
//!
//! ```toml
//! [dependencies]
//! mcp-wasm = { version = "0.1", default-features = false, features = ["native-client"] }
//! ```
//!
//! Then a connection is awaited, and so is a call. Its builder says who hears of its progress:
//!
//! ```no_run
//! use mcp_wasm::Client;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Items {
//!     items: Vec<String>,
//! }
//!
//! #[derive(Deserialize)]
//! struct Processed {
//!     processed: u32,
//! }
//!
//! async fn process(items: Vec<String>) -> Result<u32, mcp_wasm::client::Error> {
//!     let client = Client::connect("wss://example.com/mcp").await?;
//!     let result = client
//!         .call_tool("process_items", Items { items })
//!         .on_progress(|p| println!("{} of {:?}", p.progress, p.total))
//!         .await?;
//!     let processed: Processed = result.structured()?;
//!     client.close().await;
//!     Ok(processed.processed)
//! }
//! ```
//!
//! # The paved path
//!
//! | what for | where |
//! |---|---|
//! | connecting, and what holds for all calls | [`Client::connect`], [`Connect`] |
//! | natively, a server that is a program | `Command` |
//! | a tool | [`Client::call_tool`], [`ToolResult::structured`] |
//! | progress, timeouts | [`Call`] |
//! | giving a call up | drop its [`CallFuture`], or [`CallHandle::cancel`] |
//! | lists, resources, prompts | [`Client::list_tools`], [`Client::read_resource`], [`Client::get_prompt`] |
//! | changes of lists and resources | [`Client::listen`] |
//! | log messages | [`Connect::on_log`] |
//! | what the server asks for (elicitation, sampling, roots) | [`Connect::on_request`] |
//! | what went wrong | [`Error`], [`Error::code`] |
//! | anything else of the protocol | [`Client::request`], [`Connect::on_notification`] |
//!
//! # Progress
//!
//! Every request carries a token, so progress keeps it alive whether or not anybody listens. A
//! call's own handler takes the place of the client's; without either,
//! [`default_progress_handler`] writes to the console at debug level, natively an event of `tracing`. What comes before the answer
//! is delivered before the call is ready, in order; nothing is delivered after that, nor after the
//! call was given up.
//!
//! Servers of both eras are spoken to, the newest revision first; nothing has to be said for that.

mod call;
mod connect;
mod engine;
mod error;
mod handle;
mod handler;
mod machine;
#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod page;
mod pending;
mod platform;
mod progress;
mod questions;
mod subscription;
mod types;

#[cfg(not(target_arch = "wasm32"))]
use native::{Destination, Native as Here};
#[cfg(target_arch = "wasm32")]
use page::{Destination, Headers, Page as Here};

#[cfg(not(target_arch = "wasm32"))]
use crate::transport::Headers;

pub use call::{Call, CallFuture, CallHandle};
pub use connect::{Connect, Connecting};
pub use error::{Clock, Error, Exit};
pub use handle::Client;
pub use handler::{MaybeSend, MaybeSync};
#[cfg(not(target_arch = "wasm32"))]
pub use native::{Target, Value};
#[cfg(target_arch = "wasm32")]
pub use page::{Target, Value};
pub use progress::{Progress, default_progress_handler};
pub use subscription::{Listen, Listening, Subscription};
pub use types::{LogMessage, ToolResult};

#[cfg(not(target_arch = "wasm32"))]
pub use crate::transport::{Command, inherited_environment};

pub use crate::proto::client::{Mode, Oddity, ProgressCounts};
pub use crate::proto::version::{Era, Version};
pub use crate::types::{
    Annotations, CallToolResult, Content, GetPromptResult, Icon, Implementation, JsonValue, Level,
    Prompt, PromptArgument, PromptMessage, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate, Role, Tool, ToolAnnotations,
};
