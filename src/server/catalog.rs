//! What a server has, with the handlers.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{answers::ReadError, context::Context, tasks::BoxFuture};
use crate::{
    jsonrpc::Raw,
    proto::{
        server::{Feature, Features},
        service::{Argument, List, Template},
    },
    types::{CallToolResult, Completion, CompletionRequest, GetPromptResult, ResourceContents},
};

/// Starts a tool; `Err` says in words why the arguments do not fit.
pub(super) type ToolHandler =
    Arc<dyn Fn(Raw, Context) -> Result<BoxFuture<CallToolResult>, String> + Send + Sync>;
/// Starts to read a resource: its URI, and the variables in it.
pub(super) type ResourceHandler = Arc<
    dyn Fn(
            String,
            Map<String, Value>,
            Context,
        ) -> Result<BoxFuture<Result<Vec<ResourceContents>, ReadError>>, String>
        + Send
        + Sync,
>;
/// Starts a prompt; `Err` says in words why the arguments do not fit.
pub(super) type PromptHandler = Arc<
    dyn Fn(Raw, Context) -> Result<BoxFuture<Result<GetPromptResult, String>>, String>
        + Send
        + Sync,
>;
/// Starts to look for suggestions.
pub(super) type CompletionHandler =
    Arc<dyn Fn(CompletionRequest, Context) -> BoxFuture<Result<Completion, String>> + Send + Sync>;

/// Everything that a server has.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) tools: List<Raw, ToolHandler>,
    pub(super) resources: List<Raw, ResourceHandler>,
    pub(super) templates: List<Raw, (Arc<Template>, ResourceHandler)>,
    pub(super) prompts: List<Raw, (Arc<[Argument]>, PromptHandler)>,
    pub(super) completion: Option<CompletionHandler>,
    /// How many entries of a list go into one answer.
    pub(super) page_size: usize,
}

impl Catalog {
    /// The capabilities of a server that has all this.
    pub(super) fn features(&self) -> Features {
        let changing = |is_empty| if is_empty { Feature::Absent } else { Feature::Changing };
        let has_no_resource = self.resources.is_empty() && self.templates.is_empty();
        Features {
            tools: changing(self.tools.is_empty()),
            resources: changing(has_no_resource),
            prompts: changing(self.prompts.is_empty()),
            subscribe: !has_no_resource,
            completions: self.completion.is_some(),
            logging: true,
        }
    }
}
