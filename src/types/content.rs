//! What tools give back, and what prompts and models say: blocks of content.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Deserializer, Serialize};

use super::json::{or_default, read, read_json};
use super::{JsonObject, JsonValue, Resource, ResourceContents};
use crate::jsonrpc::Payload;

/// Who speaks, or who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// Hints for whoever shows or uses a block or a resource.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// Whom it is for.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<Role>,
    /// How much it matters, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<f64>,
    /// When it was changed, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// The result of a tool call.
///
/// A tool that failed returns one with `is_error`: the model sees it and may try again. Errors of
/// the protocol (no such tool, no such method) are [`RpcError`](crate::jsonrpc::RpcError)s instead.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallToolResult {
    /// What the model, or a person, reads.
    #[serde(default, deserialize_with = "or_default")]
    pub content: Vec<Content>,
    /// What a program reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<JsonValue>,
    /// Whether the tool failed. That is no error of the call: a model that reads why may do better.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
    /// Anything else about the result.
    #[serde(default, rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<JsonValue>,
}

impl CallToolResult {
    /// One block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::text(text)], ..Self::default() }
    }

    /// A failure, in words for the model.
    pub fn error(text: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::text(text) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl CallToolResult {
    /// A value for programs, and the same as JSON text for those that read `content` only.
    pub fn structured(value: JsonValue) -> Self {
        let text = value.to_string();
        Self { structured_content: Some(value), ..Self::text(text) }
    }
}

/// A block of content.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Hints.
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<Annotations>,
    },
    /// A picture.
    #[serde(rename_all = "camelCase")]
    Image {
        /// Its bytes in Base64.
        data: String,
        /// Its media type.
        mime_type: String,
        /// Hints.
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<Annotations>,
    },
    /// A sound.
    #[serde(rename_all = "camelCase")]
    Audio {
        /// Its bytes in Base64.
        data: String,
        /// Its media type.
        mime_type: String,
        /// Hints.
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<Annotations>,
    },
    /// A resource, by name.
    ResourceLink(Resource),
    /// A resource, as a whole.
    Resource {
        /// What is in it.
        resource: ResourceContents,
        /// Hints.
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<Annotations>,
    },
    /// A model wants a tool to be called (sampling only).
    ToolUse {
        /// Names the call in its result.
        id: String,
        /// The tool.
        name: String,
        /// The arguments.
        input: JsonObject,
    },
    /// What came of a call that a model wanted (sampling only).
    #[serde(rename_all = "camelCase")]
    ToolResult {
        /// The call.
        tool_use_id: String,
        /// What the tool gave back.
        content: Vec<Content>,
        /// The same for programs.
        #[serde(skip_serializing_if = "Option::is_none")]
        structured_content: Option<JsonValue>,
        /// Whether the tool failed.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// Any other block, as it is on the wire.
    #[serde(untagged)]
    Other(JsonValue),
}

// By hand: serde would first collect the block in a form of its own, which cannot hold JavaScript's
// values.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let block = JsonValue::deserialize(deserializer)?;
        Ok(Self::known(&block).unwrap_or(Self::Other(block)))
    }
}

impl Content {
    /// The block, if it is of a kind that is known and has what belongs to it.
    fn known(block: &JsonValue) -> Option<Self> {
        let annotations = block.present("annotations").and_then(read);
        let content = match block.text("type")?.as_str() {
            "text" => Self::Text { text: block.text("text")?, annotations },
            kind @ ("image" | "audio") => {
                let (data, mime_type) = (block.text("data")?, block.text("mimeType")?);
                if kind == "image" {
                    Self::Image { data, mime_type, annotations }
                } else {
                    Self::Audio { data, mime_type, annotations }
                }
            }
            "resource_link" => Self::ResourceLink(read_json(block.clone())?),
            "resource" => {
                Self::Resource { resource: read(block.present("resource")?)?, annotations }
            }
            "tool_use" => Self::ToolUse {
                id: block.text("id")?,
                name: block.text("name")?,
                input: read(block.present("input")?)?,
            },
            "tool_result" => Self::ToolResult {
                tool_use_id: block.text("toolUseId")?,
                content: read(block.present("content")?)?,
                structured_content: block.present("structuredContent").and_then(read),
                is_error: block
                    .present("isError")
                    .and_then(|flag| flag.as_bool())
                    .unwrap_or_default(),
            },
            _ => return None,
        };
        Some(content)
    }

    /// A block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), annotations: None }
    }

    /// A picture, of its bytes.
    pub fn image(bytes: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        let data = BASE64.encode(bytes);
        Self::Image { data, mime_type: mime_type.into(), annotations: None }
    }

    /// A sound, of its bytes.
    pub fn audio(bytes: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        let data = BASE64.encode(bytes);
        Self::Audio { data, mime_type: mime_type.into(), annotations: None }
    }

    /// A resource as a whole.
    pub fn resource(resource: ResourceContents) -> Self {
        Self::Resource { resource, annotations: None }
    }

    /// Adds hints. Blocks that have no place for them are left as they are.
    #[must_use]
    pub fn annotate(mut self, hints: Annotations) -> Self {
        match &mut self {
            Self::Text { annotations, .. }
            | Self::Image { annotations, .. }
            | Self::Audio { annotations, .. }
            | Self::Resource { annotations, .. }
            | Self::ResourceLink(Resource { annotations, .. }) => *annotations = Some(hints),
            Self::ToolUse { .. } | Self::ToolResult { .. } | Self::Other(_) => {}
        }
        self
    }

    /// The text, if this is a block of text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}
