//! The bodies of the fuzz targets, as plain functions: `cargo test` runs them too, over their seeds,
//! what is near these, and arbitrary inputs (`tests/properties.rs`).
//!
//! `cargo xtask fuzz` runs them for long, led by what of the code an input reaches.

#[cfg(feature = "auth-jwt")]
pub mod authorization;
pub mod bytes;
pub mod client_frames;
pub mod handlers;
pub mod http_bodies;
pub mod http_client;
#[allow(dead_code)] // what the tests use of it
#[path = "../../tests/support/page.rs"]
pub mod page;
pub mod raw;
pub mod scan;
pub mod server_frames;
#[path = "../../tests/support/session.rs"]
pub mod session;
pub mod streams;
#[allow(dead_code)] // as above
#[path = "../../tests/support/web.rs"]
pub mod web;
