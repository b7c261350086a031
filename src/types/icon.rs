//! Pictures for people, beside names.

use serde::{Deserialize, Serialize};

use crate::jsonrpc::Payload;

/// A picture that stands for a server, a tool, a resource or a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Icon {
    /// Where it is: an `https:` or a `data:` URL.
    pub src: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The sizes it is made for: `48x48`, or `any`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<String>,
    /// The theme it is made for: `light` or `dark`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
}

impl Icon {
    /// A picture at that place.
    pub fn new(src: impl Into<String>) -> Self {
        Self { src: src.into(), mime_type: None, sizes: Vec::new(), theme: None }
    }

    /// Writes it as a payload.
    pub fn to_payload<P: Payload>(&self) -> P {
        let mut value = P::object();
        value.set("src", P::string(&self.src));
        if let Some(mime_type) = &self.mime_type {
            value.set("mimeType", P::string(mime_type));
        }
        if !self.sizes.is_empty() {
            value.set("sizes", P::array(self.sizes.iter().map(|size| P::string(size)).collect()));
        }
        if let Some(theme) = &self.theme {
            value.set("theme", P::string(theme));
        }
        value
    }
}
