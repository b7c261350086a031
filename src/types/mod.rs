//! MCP's own types, as far as the core reads or writes them. Payloads stay opaque.

/// The setters that several types have alike, for their `impl`.
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
macro_rules! setters {
    ($($setter:ident)*) => { $(setters!(@ $setter);)* };
    (@ title) => {
        /// Gives it a name for people.
        #[must_use]
        pub fn title(mut self, title: impl Into<String>) -> Self {
            self.title = Some(title.into());
            self
        }
    };
    (@ description) => {
        /// Says what it is.
        #[must_use]
        pub fn description(mut self, text: impl Into<String>) -> Self {
            self.description = Some(text.into());
            self
        }
    };
    (@ mime_type) => {
        /// Names the media type of what is in it.
        #[must_use]
        pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
            self.mime_type = Some(mime_type.into());
            self
        }
    };
    (@ annotations) => {
        /// Adds hints.
        #[must_use]
        pub fn annotations(mut self, hints: Annotations) -> Self {
            self.annotations = Some(hints);
            self
        }
    };
    (@ scopes) => {
        /// Says which scopes its callers have to be granted, all of them. Others are refused before its
        /// handler runs: with HTTP status 403, over a `WebSocket` with the JSON-RPC error 40300; either
        /// names every scope that is needed. So is whoever is not known at all, except over stdio. To
        /// leave it out of the lists of those, see `native::auth::Auth::hides`.
        ///
        /// # Panics
        /// If one is no scope of RFC 6749: one or more of ASCII's visible characters, but no quote and no
        /// backslash.
        #[cfg(not(target_arch = "wasm32"))]
        #[must_use]
        pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.scopes = scopes.into_iter().map(Into::into).collect();
            for scope in &self.scopes {
                assert!(crate::types::is_scope(scope), "`{scope}` is no scope");
            }
            self
        }
    };
    (@ icon) => {
        /// Adds a picture.
        #[must_use]
        pub fn icon(mut self, icon: Icon) -> Self {
            self.icons.push(icon);
            self
        }
    };
}

mod capability;
mod completion;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod content;
#[cfg(not(target_arch = "wasm32"))]
mod elicitation;
pub(crate) mod form;
mod icon;
mod implementation;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod json;
mod level;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod prompt;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod resource;
#[cfg(not(target_arch = "wasm32"))]
mod roots;
#[cfg(not(target_arch = "wasm32"))]
mod sampling;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod schema;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
mod tool;

pub(crate) use crate::names::media;
pub use crate::names::{meta, method};
pub use capability::{Capability, ClientCapabilities};
pub use completion::{Completion, CompletionRequest, Reference};
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use content::{Annotations, CallToolResult, Content, Role};
#[cfg(not(target_arch = "wasm32"))]
pub use elicitation::{ElicitAction, ElicitRequest, ElicitResult};
pub use icon::Icon;
pub use implementation::Implementation;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use json::{JsonObject, JsonValue};
pub use level::Level;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use prompt::{GetPromptResult, Prompt, PromptArgument, PromptMessage};
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use resource::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
#[cfg(not(target_arch = "wasm32"))]
pub use roots::Root;
#[cfg(not(target_arch = "wasm32"))]
pub use sampling::{SampleRequest, SampleResult, SamplingMessage};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use tool::is_scope;
#[cfg(any(feature = "client", not(target_arch = "wasm32")))]
pub use tool::{Tool, ToolAnnotations};
