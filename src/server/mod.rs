//! Servers: tools, resources and prompts as async functions, hosted by anything that can move text.
//!
//! ```
//! use mcp_wasm::server::{Context, Json, Server};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct ProcessItems {
//!     items: Vec<String>,
//! }
//!
//! #[derive(Serialize)]
//! struct Processed {
//!     processed: usize,
//! }
//!
//! let server = Server::builder("ProgressDemo", "1.0.0")
//!     .instructions("Tools that report how far they are.")
//!     .tool("process_items", "Process items one by one", |args: ProcessItems, ctx: Context| async move {
//!         let total = args.items.len();
//!         for (i, item) in args.items.iter().enumerate() {
//!             ctx.report_progress(i, total, format!("working on {item}")).await;
//!         }
//!         ctx.report_progress(total, total, None).await;
//!         Json(Processed { processed: total })
//!     })
//!     .build();
//! # let _ = server;
//! ```
//!
//! Nothing here needs a runtime. [`Server::connect`] makes the two halves of a connection: a
//! [`Link`] that the transport feeds with text and takes text from, and a [`Driver`], a future
//! that runs the handlers. `mcp_wasm::native` hosts them on tokio.

mod access;
mod answers;
mod builder;
mod changes;
mod connections;
mod context;
mod driver;
mod inbox;
#[cfg(feature = "native")]
mod intake;
mod link;
mod model;
mod principal;
mod questions;
mod register;
pub mod relay;
mod reporter;
mod result;
mod shared;
mod tasks;
mod values;

pub use access::InsufficientScope;
#[cfg(feature = "auth")]
pub(crate) use access::{Access, Covers};
#[cfg(feature = "native")]
pub(crate) use access::{Local, check as check_scopes};
pub use answers::{IntoCompletion, IntoContents, IntoPrompt, PromptFn, ReadError};
pub use builder::{NoArguments, ServerBuilder};
pub use context::{Cancelled, Progressed};
pub use driver::Driver;
#[cfg(feature = "native")]
pub(crate) use intake::{Busy, Claim, Intake, Source};
pub use link::Link;
pub use model::{Context, Server};
#[cfg(feature = "native")]
pub(crate) use principal::Identity;
pub use principal::Principal;
pub use questions::InputError;
pub use reporter::{Counted, ProgressReporter};
pub use result::{IntoToolResult, Json, ToolFn};
pub use values::{ProgressMessage, Quantity, QuestionKey, Total};

/// What came along with a request beside its message; see [`Context::extensions`].
pub use ::http::Extensions;

pub use crate::{
    proto::{
        server::{Frame, Limits, Transmit},
        version::{Era, Version},
    },
    types::{
        Annotations, CallToolResult, Capability, Completion, CompletionRequest, Content,
        ElicitAction, ElicitRequest, ElicitResult, GetPromptResult, Icon, Level, Prompt,
        PromptArgument, PromptMessage, ReadResourceResult, Reference, Resource, ResourceContents,
        ResourceTemplate, Role, Root, SampleRequest, SampleResult, SamplingMessage, Tool,
        ToolAnnotations,
    },
};
