//! What servers say of themselves and what calls bring, as Rust types.
//!
//! Only what a program commonly reads is spelled out. [`Client::request`](super::Client::request)
//! reads any result into a type of one's own.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use wasm_bindgen::JsValue;

use super::Error;
use crate::jsonrpc::Payload;
pub use crate::types::{Icon, Implementation, Level};

/// A tool of the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tool {
    /// The name that calls it.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it does, for the model that chooses among tools.
    pub description: Option<String>,
    /// The JSON schema of its arguments.
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    pub input_schema: JsValue,
    /// The JSON schema of its structured result; undefined if it promises none.
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    pub output_schema: JsValue,
    /// What it may do to the world.
    #[serde(default, deserialize_with = "or_default")]
    pub annotations: ToolAnnotations,
    /// Pictures for people.
    #[serde(default, deserialize_with = "or_default")]
    pub icons: Vec<Icon>,
}

/// Hints about a tool's effects; absent is what the protocol takes as default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ToolAnnotations {
    /// A name for people.
    pub title: Option<String>,
    /// It changes nothing.
    pub read_only_hint: Option<bool>,
    /// It may destroy something.
    pub destructive_hint: Option<bool>,
    /// Calling it twice is as good as calling it once.
    pub idempotent_hint: Option<bool>,
    /// It deals with things outside the server.
    pub open_world_hint: Option<bool>,
}

/// A resource of the server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Resource {
    /// What it is read by.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is, for the model.
    pub description: Option<String>,
    /// The media type of its contents.
    pub mime_type: Option<String>,
    /// Bytes of its contents, before any encoding.
    pub size: Option<f64>,
    /// Pictures for people.
    #[serde(default, deserialize_with = "or_default")]
    pub icons: Vec<Icon>,
}

/// A family of resources.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceTemplate {
    /// The pattern of their URIs (RFC 6570).
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What they are, for the model.
    pub description: Option<String>,
    /// The media type of their contents, if it is the same for all.
    pub mime_type: Option<String>,
}

/// What is in a resource, or in a part of one: text or bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceContents {
    /// What it is read by; a part may have a URI of its own.
    pub uri: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// The text, if it is text.
    pub text: Option<String>,
    /// The bytes in Base64, if it is bytes.
    pub blob: Option<String>,
}

/// The result of `resources/read`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ReadResourceResult {
    /// The resource, or its parts.
    pub contents: Vec<ResourceContents>,
}

/// A prompt of the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Prompt {
    /// What it is got by.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it is filled in with.
    #[serde(default, deserialize_with = "or_default")]
    pub arguments: Vec<PromptArgument>,
    /// Pictures for people.
    #[serde(default, deserialize_with = "or_default")]
    pub icons: Vec<Icon>,
}

/// What a prompt is filled in with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Whether it must be given.
    #[serde(default, deserialize_with = "or_default")]
    pub required: bool,
}

/// The result of `prompts/get`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GetPromptResult {
    /// What the prompt is for.
    pub description: Option<String>,
    /// What to put to the model.
    pub messages: Vec<PromptMessage>,
}

/// One message of a prompt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl GetPromptResult {
    pub(super) fn read(call: &str, value: &JsValue) -> Result<Self, Error> {
        let odd = |what| Error::output(call, what);
        let list = value.get("messages").and_then(|list| list.elements());
        let mut messages = Vec::new();
        for message in list.ok_or_else(|| odd("the result has no array `messages`"))? {
            let role = match message.text("role").as_deref() {
                Some("user") => Role::User,
                Some("assistant") => Role::Assistant,
                _ => return Err(odd("a message's `role` is neither user nor assistant")),
            };
            let content = message.get("content").ok_or_else(|| odd("a message has no content"))?;
            messages.push(PromptMessage { role, content: Content::read(content) });
        }
        Ok(Self { description: value.text("description"), messages })
    }
}

/// A log message of the server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogMessage {
    /// How grave it is.
    pub level: Level,
    /// Who in the server says it.
    pub logger: Option<String>,
    /// What it says: often a string, see [`text`](Self::text), but any JSON value.
    pub data: JsValue,
}

impl LogMessage {
    /// Reads the `params` of the notification.
    pub(super) fn read(params: &JsValue) -> Self {
        let level = params.text("level");
        Self {
            level: level.as_deref().and_then(Level::parse).unwrap_or(Level::Info),
            logger: params.text("logger"),
            data: params.get("data").unwrap_or_default(),
        }
    }

    /// What it says: a string as it is, anything else as JSON.
    pub fn text(&self) -> String {
        self.data.as_text().unwrap_or_else(|| json(&self.data))
    }
}

/// A block of content.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// Text.
    Text(String),
    /// A picture.
    Image {
        /// Its bytes in Base64.
        data: String,
        /// Its media type.
        mime_type: String,
    },
    /// A sound.
    Audio {
        /// Its bytes in Base64.
        data: String,
        /// Its media type.
        mime_type: String,
    },
    /// A resource, by name.
    ResourceLink(Resource),
    /// A resource, as a whole.
    Resource(ResourceContents),
    /// Any other block, as it came.
    Other(JsValue),
}

impl Content {
    fn read(block: JsValue) -> Self {
        Self::known(&block).unwrap_or(Self::Other(block))
    }

    fn known(block: &JsValue) -> Option<Self> {
        let media = || Some((block.text("data")?, block.text("mimeType")?));
        match block.text("type")?.as_str() {
            "text" => block.text("text").map(Self::Text),
            "image" => media().map(|(data, mime_type)| Self::Image { data, mime_type }),
            "audio" => media().map(|(data, mime_type)| Self::Audio { data, mime_type }),
            "resource_link" => {
                serde_wasm_bindgen::from_value(block.clone()).ok().map(Self::ResourceLink)
            }
            "resource" => {
                let resource = block.get("resource")?;
                serde_wasm_bindgen::from_value(resource).ok().map(Self::Resource)
            }
            _ => None,
        }
    }

    /// The text, if this is a block of text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The result of a tool call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallToolResult {
    /// What a model, or a person, reads.
    pub content: Vec<Content>,
    /// What a program reads; undefined if there is none. See [`structured`](Self::structured).
    pub structured_content: JsValue,
    /// Whether the tool failed. That is no error of the call: a model that reads why may do better.
    pub is_error: bool,
    /// The whole result, as it came.
    pub raw: JsValue,
    call: String,
}

impl CallToolResult {
    pub(super) fn read(call: &str, raw: JsValue) -> Self {
        let content = raw.get("content").and_then(|list| list.elements()).unwrap_or_default();
        Self {
            content: content.into_iter().map(Content::read).collect(),
            structured_content: raw.get("structuredContent").unwrap_or_default(),
            is_error: raw.get("isError").and_then(|flag| flag.as_bool()).unwrap_or_default(),
            raw,
            call: call.to_owned(),
        }
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
        if self.structured_content.is_undefined() {
            return Err(Error::output(&self.call, "the result has no `structuredContent`"));
        }
        serde_wasm_bindgen::from_value(self.structured_content.clone()).map_err(|error| {
            Error::output(&self.call, &format!("the result does not fit: {error}"))
        })
    }
}

/// Some servers write `null` for what is absent.
fn or_default<'a, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'a>,
    D: Deserializer<'a>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The JSON of a value; empty for what has none.
fn json(value: &JsValue) -> String {
    super::platform::stringify(value).map(String::from).unwrap_or_default()
}
