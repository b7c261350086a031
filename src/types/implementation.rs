//! Who is at the other end.

use serde::{Deserialize, Serialize};

use crate::jsonrpc::Payload;

/// The name and version of a client or a server. For display and logs only: nothing may be
/// decided by it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Implementation {
    /// The program's name.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Implementation {
    /// A name and a version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), title: None }
    }

    /// Writes it as a payload.
    pub fn to_payload<P: Payload>(&self) -> P {
        let mut value = P::object();
        value.set_text("name", &self.name);
        value.set_text("version", &self.version);
        if let Some(title) = &self.title {
            value.set_text("title", title);
        }
        value
    }
}
