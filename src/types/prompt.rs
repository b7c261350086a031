//! What a server says about a prompt, and what a prompt says.

use serde::{Deserialize, Serialize};

use super::json::or_default;
use super::{Content, Icon, JsonValue, Role};

/// A prompt as `prompts/list` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Prompt {
    /// What it is got by.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is filled in with. Left empty, the server takes the members of the handler's
    /// arguments.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<PromptArgument>,
    /// Pictures for people.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub icons: Vec<Icon>,
    /// Anything else about it.
    #[serde(default, rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<JsonValue>,
    /// The scopes that its callers need, all of them; no client sees this. See `scopes`.
    #[cfg(not(target_arch = "wasm32"))]
    #[serde(skip)]
    pub scopes: Vec<String>,
}

/// What a prompt is filled in with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it must be given.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// The result of `prompts/get`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct GetPromptResult {
    /// What the prompt is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to put to the model.
    pub messages: Vec<PromptMessage>,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

impl Prompt {
    /// A prompt of that name and description.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let description = Some(description.into());
        Self { name: name.into(), description, ..Self::default() }
    }

    setters!(title icon scopes);

    /// Adds an argument that may be given.
    #[must_use]
    pub fn optional(self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.argument(name.into(), description.into(), false)
    }

    /// Adds an argument that must be given.
    #[must_use]
    pub fn required(self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.argument(name.into(), description.into(), true)
    }

    fn argument(mut self, name: String, description: String, required: bool) -> Self {
        let description = Some(description);
        self.arguments.push(PromptArgument { name, title: None, description, required });
        self
    }
}

impl PromptMessage {
    /// Something that the person says.
    pub fn user(content: impl Into<Content>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// Something that the model says.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}
