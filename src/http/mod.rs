//! Streamable HTTP without sockets: header values, and which message travels on which exchange.

#[cfg(not(target_arch = "wasm32"))]
pub mod server;
