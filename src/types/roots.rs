//! The directories that a client works in.

use serde::{Deserialize, Serialize};

/// A directory, or another place, that the server may look at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Root {
    /// Where it is; today always a `file:` URI.
    pub uri: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
