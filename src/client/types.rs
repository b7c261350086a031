//! What comes with a result of the protocol's own types, for a program that calls.
//!
//! [`Client::request`](super::Client::request) reads any result into a type of one's own.

use std::ops::Deref;

use super::platform::Platform;
use super::{Error, Here, Value};
use crate::jsonrpc::Payload;
use crate::types::{CallToolResult, Content, Level};
use serde::de::DeserializeOwned;

/// A log message of the server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogMessage {
    /// How grave it is.
    pub level: Level,
    /// Who in the server says it.
    pub logger: Option<String>,
    /// What it says: often a string, see [`text`](Self::text), but any JSON value.
    pub data: Value,
}

impl LogMessage {
    /// Reads the `params` of the notification.
    pub(super) fn read(params: &Value) -> Self {
        let level = params.text("level");
        Self {
            level: level.as_deref().and_then(Level::parse).unwrap_or(Level::Info),
            logger: params.text("logger"),
            data: params.get("data").unwrap_or_default(),
        }
    }

    /// What it says: a string as it is, anything else as JSON.
    pub fn text(&self) -> String {
        self.data.as_text().or_else(|| self.data.to_json()).unwrap_or_default()
    }
}

/// The result of a tool call, and what came with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToolResult {
    /// The whole result, as it came.
    pub raw: Value,
    result: CallToolResult,
    call: String,
}

impl Deref for ToolResult {
    type Target = CallToolResult;

    fn deref(&self) -> &CallToolResult {
        &self.result
    }
}

impl ToolResult {
    pub(super) fn read(call: &str, raw: Value) -> Result<Self, Error> {
        let result = Here::read(raw.clone())
            .map_err(|error| Error::output(call, &format!("the result does not fit: {error}")))?;
        Ok(Self { raw, result, call: call.to_owned() })
    }

    /// All text of it, a line for each block.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.content.iter().filter_map(Content::as_text).collect();
        texts.join("\n")
    }

    /// The result, unless the tool failed.
    ///
    /// # Errors
    /// [`Error::Tool`] if the tool failed.
    pub fn success(self) -> Result<Self, Error> {
        if self.is_error {
            Err(Error::Tool { call: self.call.clone(), result: Box::new(self) })
        } else {
            Ok(self)
        }
    }

    /// What the tool returned for programs, as a value of one's own type.
    ///
    /// # Errors
    /// [`Error::Tool`] if the tool failed, [`Error::Output`] if it returned nothing for programs
    /// or something that is not such a value.
    pub fn structured<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if self.is_error {
            self.clone().success()?;
        }
        let Some(value) = self.structured_content.clone() else {
            return Err(Error::output(
                &self.call,
                "the result has no `structuredContent`: read its `content`",
            ));
        };
        Here::read_json(value).map_err(|error| {
            Error::output(&self.call, &format!("the result does not fit: {error}"))
        })
    }
}
