//! The bodies of the fuzz targets, as plain functions: `cargo test` runs them too, over their seeds,
//! what is near these, and arbitrary inputs (`tests/properties.rs`).
//!
//! In the folder `fuzz`, `mkdir -p corpus/NAME && cargo +nightly fuzz run NAME corpus/NAME seeds/NAME` runs one
//! without an end.

pub mod bytes;
pub mod client_frames;
pub mod http_client;
#[allow(dead_code)] // what the tests use of it
#[path = "../../tests/support/page.rs"]
pub mod page;
pub mod scan;
pub mod server_frames;
#[allow(dead_code)] // as above
#[path = "../../tests/support/web.rs"]
pub mod web;
