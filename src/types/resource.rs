//! What a server says about a resource, and what is in one.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};

use super::json::{if_usable, or_default};
use super::{Annotations, Icon, JsonValue};

/// A resource as `resources/list` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// What it is read by.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The media type of its contents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Bytes of its contents, before any encoding.
    #[serde(default, deserialize_with = "if_usable", skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Hints.
    #[serde(default, deserialize_with = "if_usable", skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
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

/// A family of resources as `resources/templates/list` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTemplate {
    /// The pattern of their URIs (RFC 6570, level 1): `file:///notes/{name}`.
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What they are, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The media type of their contents, if it is the same for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Hints.
    #[serde(default, deserialize_with = "if_usable", skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
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

/// What is in a resource, or in a part of one: text or bytes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceContents {
    /// What it is read by; a part may have a URI of its own.
    pub uri: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The text, if it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The bytes in Base64, if it is bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// Anything else about it.
    #[serde(default, rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<JsonValue>,
}

/// The result of `resources/read`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct ReadResourceResult {
    /// The resource, or its parts.
    pub contents: Vec<ResourceContents>,
}

impl Resource {
    /// A resource of that URI and name.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: name.into(), ..Self::default() }
    }

    setters!(title description mime_type annotations icon scopes);
}

impl ResourceTemplate {
    /// A family of resources of that pattern and name.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri_template: uri_template.into(), name: name.into(), ..Self::default() }
    }

    setters!(title description mime_type annotations icon scopes);
}

impl ResourceContents {
    /// Text.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self { uri: uri.into(), text: Some(text.into()), ..Self::default() }
    }

    /// Bytes.
    pub fn blob(uri: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self { uri: uri.into(), blob: Some(BASE64.encode(bytes)), ..Self::default() }
    }

    setters!(mime_type);
}
