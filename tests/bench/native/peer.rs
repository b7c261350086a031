//! One client of the load: opens a connection, rests, or calls a tool and counts what it reports.

use anyhow::{Result, bail};
use mcp_wasm::proto::scan::{parse_number, scan};
use serde_json::{Value, json};

use crate::{http::Http, socket::Socket};

/// The newest revision that all servers under test speak.
pub const VERSION: &str = "2025-11-25";

/// What came of a call.
#[derive(Default)]
pub struct Heard {
    /// How many reports came.
    pub reports: u64,
    /// How many of them came where they belong: the first as 1, the next as 2.
    pub in_order: u64,
    done: bool,
}

impl Heard {
    /// Takes a message of the server; true for the answer.
    pub fn take(&mut self, text: &[u8]) -> Result<bool> {
        let progress = if let Some(scanned) = scan(text, parse_number) {
            scanned.progress
        } else {
            let message: Value = serde_json::from_slice(text)?;
            if message.get("id").is_some() && message.get("method").is_none() {
                if message.get("error").is_some() || message["result"]["isError"] == true {
                    bail!("the call failed: {message}");
                }
                self.done = true;
                return Ok(true);
            }
            match &message["params"]["progress"] {
                Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
                _ => return Ok(false),
            }
        };
        self.reports += 1;
        #[allow(clippy::cast_precision_loss, clippy::float_cmp)] // small whole numbers
        if progress == (self.in_order + 1) as f64 {
            self.in_order += 1;
        }
        Ok(false)
    }

    /// For what has no answer.
    pub fn nothing() -> Self {
        Self { done: true, ..Self::default() }
    }

    pub fn is_done(&self) -> bool {
        self.done
    }

    pub fn add(&mut self, other: &Self) {
        self.reports += other.reports;
        self.in_order += other.in_order;
    }
}

pub enum Peer {
    Socket(Socket),
    Http(Http),
}

impl Peer {
    /// Connects and shakes hands.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("ws:") {
            Ok(Self::Socket(Socket::open(url).await?))
        } else {
            Ok(Self::Http(Http::open(url).await?))
        }
    }

    /// Stays connected from now on, without a call.
    pub async fn rest(&mut self) -> Result<()> {
        match self {
            Self::Socket(_) => Ok(()),
            Self::Http(http) => http.listen().await,
        }
    }

    /// Whether the connection is still there.
    pub async fn lives(&mut self) -> bool {
        match self {
            Self::Socket(socket) => socket.lives().await,
            Self::Http(http) => http.lives(),
        }
    }

    /// Makes the call and hears all of its reports.
    pub async fn call(&mut self, request: &Value) -> Result<Heard> {
        match self {
            Self::Socket(socket) => socket.call(request).await,
            Self::Http(http) => http.call(request).await,
        }
    }

    /// Leaves nothing behind.
    pub async fn end(&mut self) {
        if let Self::Http(http) = self {
            http.end().await;
        }
    }
}

pub fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": { "name": "load", "version": "1.0.0" },
        },
    })
}

pub fn initialized() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}
