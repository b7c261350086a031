//! Streamable HTTP without sockets: server-sent events, header values, and which message travels on
//! which exchange.

pub mod client;
pub mod headers;
pub mod params;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
pub mod sse;
