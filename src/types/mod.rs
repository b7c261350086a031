//! MCP's own types, as far as the core reads or writes them. Payloads stay opaque.

mod capability;
mod completion;
#[cfg(not(target_arch = "wasm32"))]
mod content;
#[cfg(not(target_arch = "wasm32"))]
mod elicitation;
pub(crate) mod form;
mod icon;
mod implementation;
mod level;
pub mod meta;
pub mod method;
#[cfg(not(target_arch = "wasm32"))]
mod prompt;
#[cfg(not(target_arch = "wasm32"))]
mod resource;
#[cfg(not(target_arch = "wasm32"))]
mod roots;
#[cfg(not(target_arch = "wasm32"))]
mod sampling;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod schema;
#[cfg(not(target_arch = "wasm32"))]
mod tool;

pub use capability::{Capability, ClientCapabilities};
pub use completion::{Completion, CompletionRequest, Reference};
#[cfg(not(target_arch = "wasm32"))]
pub use content::{Annotations, CallToolResult, Content, Role};
#[cfg(not(target_arch = "wasm32"))]
pub use elicitation::{ElicitAction, ElicitRequest, ElicitResult};
pub use icon::Icon;
pub use implementation::Implementation;
pub use level::Level;
#[cfg(not(target_arch = "wasm32"))]
pub use prompt::{GetPromptResult, Prompt, PromptArgument, PromptMessage};
#[cfg(not(target_arch = "wasm32"))]
pub use resource::{Resource, ResourceBody, ResourceContents, ResourceTemplate};
#[cfg(not(target_arch = "wasm32"))]
pub use roots::Root;
#[cfg(not(target_arch = "wasm32"))]
pub use sampling::{SampleRequest, SampleResult, SamplingMessage};
#[cfg(not(target_arch = "wasm32"))]
pub use tool::{Tool, ToolAnnotations};
