//! JSON-RPC 2.0 as MCP uses it: messages over a payload that somebody else has parsed.

mod message;
mod outline;
mod payload;
#[cfg(not(target_arch = "wasm32"))]
mod raw;
#[cfg(not(target_arch = "wasm32"))]
mod value;

pub(crate) use message::write_call;
pub use message::{Id, Malformed, Message, RpcError, code};
pub use outline::{Outline, outline};
pub use payload::{Kind, Payload, READ_FLOOR};
#[cfg(not(target_arch = "wasm32"))]
pub use raw::{READ_TIMES, Raw, Unreadable, find_id};
