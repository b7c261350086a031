//! What a handler may return.

use std::{fmt::Display, future::Future};

use serde::Serialize;
use serde_json::Value;

use super::model::Context;
use crate::types::{CallToolResult, Content};

/// What a tool's handler may return.
///
/// | a handler returns | the caller gets |
/// |---|---|
/// | `&str`, `String`, `()` | a block of text (none for `()`) |
/// | [`Json`] of anything that serde can write, or a `serde_json::Value` | `structuredContent`, and the same as JSON text |
/// | a [`CallToolResult`] or a list of [`Content`] | what it says |
/// | `Ok` of one of these | the same |
/// | `Err` of anything that can be displayed | the text, with `isError: true` |
pub trait IntoToolResult {
    /// The result as the protocol knows it.
    fn into_tool_result(self) -> CallToolResult;
}

/// A value of the tool's own, as structured content.
///
/// Before 2026-07-28 structured content was an object. To a peer that speaks an older revision,
/// any other value goes as text only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoToolResult for Json<T> {
    fn into_tool_result(self) -> CallToolResult {
        match serde_json::to_value(self.0) {
            Ok(value) => CallToolResult::structured(value),
            Err(error) => CallToolResult::error(format!("the result is no JSON: {error}")),
        }
    }
}

impl IntoToolResult for Value {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::structured(self)
    }
}

impl IntoToolResult for CallToolResult {
    fn into_tool_result(self) -> CallToolResult {
        self
    }
}

impl IntoToolResult for Vec<Content> {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult { content: self, ..CallToolResult::default() }
    }
}

impl IntoToolResult for () {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::default()
    }
}

impl IntoToolResult for String {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::text(self)
    }
}

impl IntoToolResult for &str {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::text(self)
    }
}

impl<T: IntoToolResult, E: Display> IntoToolResult for Result<T, E> {
    fn into_tool_result(self) -> CallToolResult {
        match self {
            Ok(value) => value.into_tool_result(),
            // `{:#}`: errors that know their causes, such as anyhow's, tell them.
            Err(error) => CallToolResult::error(format!("{error:#}")),
        }
    }
}

/// A tool's handler: an async function of its arguments and the [`Context`]. Every function that fits is
/// one.
pub trait ToolFn<A>: Fn(A, Context) -> Self::Running + Send + Sync + 'static {
    /// What it is while it runs.
    type Running: Future<Output: IntoToolResult> + Send + 'static;
}

impl<A, F, Fut> ToolFn<A> for F
where
    F: Fn(A, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoToolResult> + Send + 'static,
{
    type Running = Fut;
}
