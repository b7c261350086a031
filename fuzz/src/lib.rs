//! The bodies of the fuzz targets, as plain functions: `cargo test` runs them too, over inputs made
//! from a seed (`tests/properties.rs`).
//!
//! `cargo +nightly fuzz run client_frames` (or `server_frames`) runs one without an end, and
//! `cargo +nightly fuzz run scan corpus/scan seeds/scan` the one that has a format to start from.

pub mod bytes;
pub mod client_frames;
#[allow(dead_code)] // what the tests use of it
#[path = "../../tests/support/page.rs"]
pub mod page;
pub mod scan;
pub mod server_frames;
