//! MCP's own types, as far as the core reads or writes them. Payloads stay opaque.

#[cfg(not(target_arch = "wasm32"))]
mod content;
mod implementation;
mod level;
pub mod meta;
pub mod method;
#[cfg(not(target_arch = "wasm32"))]
mod tool;

#[cfg(not(target_arch = "wasm32"))]
pub use content::{CallToolResult, Content};
pub use implementation::Implementation;
pub use level::Level;
#[cfg(not(target_arch = "wasm32"))]
pub use tool::{Tool, ToolAnnotations};
