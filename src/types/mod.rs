//! MCP's own types, as far as the core reads or writes them. Payloads stay opaque.

mod implementation;
pub mod meta;
pub mod method;

pub use implementation::Implementation;
