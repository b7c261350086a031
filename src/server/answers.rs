//! What the handlers of resources, prompts and completions may return.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use super::{model::Context, result::Json};
use crate::types::{Completion, Content, GetPromptResult, PromptMessage, ResourceContents, media};

/// Why a resource could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such resource.
    NotFound,
    /// Anything else, in words.
    Failed(String),
}

/// What the handler of a resource may return.
///
/// | a handler returns | the caller gets |
/// |---|---|
/// | `&str`, `String` | text, of the resource's media type or `text/plain` |
/// | `Vec<u8>` | bytes, of the resource's media type or `application/octet-stream` |
/// | [`Json`] of anything that serde can write, or a `serde_json::Value` | JSON text |
/// | [`ResourceContents`], or a list of them | what they say |
/// | `Some` or `Ok` of one of these | the same |
/// | `None` | the error for a resource that does not exist |
/// | `Err` of anything that can be displayed | an internal error with the text |
pub trait IntoContents {
    /// The contents of the resource with this URI and media type.
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError>;
}

impl IntoContents for String {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        let contents = ResourceContents::text(uri, self);
        Ok(vec![contents.mime_type(mime_type.unwrap_or(media::TEXT))])
    }
}

impl IntoContents for &str {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        self.to_owned().into_contents(uri, mime_type)
    }
}

impl IntoContents for Vec<u8> {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        let contents = ResourceContents::blob(uri, self);
        Ok(vec![contents.mime_type(mime_type.unwrap_or(media::BYTES))])
    }
}

impl IntoContents for Value {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        self.to_string().into_contents(uri, Some(mime_type.unwrap_or(media::JSON)))
    }
}

impl<T: Serialize> IntoContents for Json<T> {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        let value = serde_json::to_value(self.0);
        value.map_err(|error| ReadError::Failed(error.to_string()))?.into_contents(uri, mime_type)
    }
}

impl IntoContents for ResourceContents {
    fn into_contents(
        self,
        _uri: &str,
        _mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        Ok(vec![self])
    }
}

impl IntoContents for Vec<ResourceContents> {
    fn into_contents(
        self,
        _uri: &str,
        _mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        Ok(self)
    }
}

impl<T: IntoContents> IntoContents for Option<T> {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        self.ok_or(ReadError::NotFound)?.into_contents(uri, mime_type)
    }
}

impl<T: IntoContents, E: Display> IntoContents for Result<T, E> {
    fn into_contents(
        self,
        uri: &str,
        mime_type: Option<&str>,
    ) -> Result<Vec<ResourceContents>, ReadError> {
        let value = self.map_err(|error| ReadError::Failed(format!("{error:#}")))?;
        value.into_contents(uri, mime_type)
    }
}

/// What the handler of a prompt may return: a text or a block of [`Content`] (said by the person),
/// one [`PromptMessage`] or a list of them, a [`GetPromptResult`], `Ok` of one of these, or `Err` of
/// anything that can be displayed.
pub trait IntoPrompt {
    /// The prompt, or in words why there is none.
    fn into_prompt(self) -> Result<GetPromptResult, String>;
}

impl IntoPrompt for GetPromptResult {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        Ok(self)
    }
}

impl IntoPrompt for Vec<PromptMessage> {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        Ok(GetPromptResult { description: None, messages: self })
    }
}

impl IntoPrompt for PromptMessage {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        vec![self].into_prompt()
    }
}

impl IntoPrompt for Content {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        PromptMessage::user(self).into_prompt()
    }
}

impl IntoPrompt for String {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        Content::text(self).into_prompt()
    }
}

impl IntoPrompt for &str {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        Content::text(self).into_prompt()
    }
}

impl<T: IntoPrompt, E: Display> IntoPrompt for Result<T, E> {
    fn into_prompt(self) -> Result<GetPromptResult, String> {
        self.map_err(|error| format!("{error:#}"))?.into_prompt()
    }
}

/// What the handler of completions may return: a [`Completion`] or a list of texts, `Ok` of one of
/// these, or `Err` of anything that can be displayed.
pub trait IntoCompletion {
    /// The suggestions, or in words why there are none.
    fn into_completion(self) -> Result<Completion, String>;
}

impl IntoCompletion for Completion {
    fn into_completion(self) -> Result<Completion, String> {
        Ok(self)
    }
}

impl IntoCompletion for Vec<String> {
    fn into_completion(self) -> Result<Completion, String> {
        Ok(self.into_iter().collect())
    }
}

impl IntoCompletion for Vec<&str> {
    fn into_completion(self) -> Result<Completion, String> {
        Ok(self.into_iter().map(str::to_owned).collect())
    }
}

impl<T: IntoCompletion, E: Display> IntoCompletion for Result<T, E> {
    fn into_completion(self) -> Result<Completion, String> {
        self.map_err(|error| format!("{error:#}"))?.into_completion()
    }
}

/// A prompt's handler, as [`ToolFn`](super::ToolFn).
pub trait PromptFn<A>: Fn(A, Context) -> Self::Running + Send + Sync + 'static {
    /// What it is while it runs.
    type Running: Future<Output: IntoPrompt> + Send + 'static;
}

impl<A, F, Fut> PromptFn<A> for F
where
    F: Fn(A, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoPrompt> + Send + 'static,
{
    type Running = Fut;
}
