//! The bodies of the fuzz targets, as plain functions: `cargo test` runs them too, over inputs made
//! from a seed (`tests/properties.rs`).
//!
//! In the folder `fuzz`, `cargo +nightly fuzz run client_frames` (or `server_frames`, `http_client`) runs one
//! without an end; `scan` has a format to start from:
//! `mkdir -p corpus/scan && cargo +nightly fuzz run scan corpus/scan seeds/scan`.

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
