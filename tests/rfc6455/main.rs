//! The protocol of RFC 6455, byte by byte, against the native server: one test per case.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "../support/socket.rs"]
mod support;

/// Tests of a table: the name of each, and what its check is given.
macro_rules! rows {
    ($check:path: $($name:ident => $case:expr;)+) => {
        $(#[tokio::test] async fn $name() { $check($case).await; })+
    };
}

mod close;
mod fragments;
mod frames;
mod handshake;
mod limits;
mod reserved;
mod utf8;
mod wire;
