//! JSON-RPC 2.0 as MCP uses it: messages over a payload that somebody else has parsed.

mod message;
mod outline;
mod payload;
#[cfg(not(target_arch = "wasm32"))]
mod raw;
#[cfg(not(target_arch = "wasm32"))]
mod value;

#[cfg(all(target_arch = "wasm32", feature = "npm-client"))]
pub(crate) use message::method_name;
pub use message::{Id, Malformed, Message, RpcError, code};
pub(crate) use message::{ask_by_members, with_meta, write_call};
pub use outline::{Outline, outline};
pub use payload::{Kind, Payload, READ_FLOOR};
#[cfg(not(target_arch = "wasm32"))]
pub use raw::{READ_TIMES, Raw, Unreadable, find_id};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use raw::{write_integer, write_number, write_text};
