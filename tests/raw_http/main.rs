//! Streamable HTTP, byte by byte, against the native server: one test per case.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "../support/http.rs"]
mod http;
#[path = "../support/socket.rs"]
mod support;

/// Tests of a table: the name of each, and what its check is given.
macro_rules! rows {
    ($check:path: $($name:ident => $case:expr;)+) => {
        $(#[tokio::test] async fn $name() { $check($case).await; })+
    };
}

mod bodies;
mod cors;
mod headers;
mod lines;
mod media;
mod peer;
mod resumption;
mod sessions;
mod sizes;
