//! MCP's own types, as far as the core reads or writes them. Payloads stay opaque.

mod capability;
mod completion;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod content;
#[cfg(not(target_arch = "wasm32"))]
mod elicitation;
pub(crate) mod form;
mod icon;
mod implementation;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod json;
mod level;
pub mod meta;
pub mod method;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod prompt;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod resource;
#[cfg(not(target_arch = "wasm32"))]
mod roots;
#[cfg(not(target_arch = "wasm32"))]
mod sampling;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod schema;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod tool;

pub use capability::{Capability, ClientCapabilities};
pub use completion::{Completion, CompletionRequest, Reference};
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use content::{Annotations, CallToolResult, Content, Role};
#[cfg(not(target_arch = "wasm32"))]
pub use elicitation::{ElicitAction, ElicitRequest, ElicitResult};
pub use icon::Icon;
pub use implementation::Implementation;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use json::{Json, JsonObject};
pub use level::Level;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use prompt::{GetPromptResult, Prompt, PromptArgument, PromptMessage};
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use resource::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
#[cfg(not(target_arch = "wasm32"))]
pub use roots::Root;
#[cfg(not(target_arch = "wasm32"))]
pub use sampling::{SampleRequest, SampleResult, SamplingMessage};
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use tool::{Tool, ToolAnnotations};
