//! What the host is asked for, read out of a request's parameters.

use super::{
    Limits,
    envelope::{bad_params, text},
};
use crate::{
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::version::Version,
    text::{ECHO, clip},
    types::{Reference, method},
};

/// What the host is asked for.
#[derive(Debug)]
pub enum Operation<P> {
    /// `tools/list`
    ListTools {
        /// Where to go on, out of an earlier answer.
        cursor: Option<String>,
    },
    /// `tools/call`
    CallTool {
        /// The tool's name.
        name: String,
        /// Its arguments, an object; absent means empty.
        arguments: Option<P>,
    },
    /// `resources/list`
    ListResources {
        /// Where to go on, out of an earlier answer.
        cursor: Option<String>,
    },
    /// `resources/templates/list`
    ListResourceTemplates {
        /// Where to go on, out of an earlier answer.
        cursor: Option<String>,
    },
    /// `resources/read`
    ReadResource {
        /// The resource's URI.
        uri: String,
    },
    /// `resources/subscribe` (legacy). Answered with a result, the subscription holds.
    Subscribe {
        /// The resource's URI.
        uri: String,
    },
    /// `prompts/list`
    ListPrompts {
        /// Where to go on, out of an earlier answer.
        cursor: Option<String>,
    },
    /// `prompts/get`
    GetPrompt {
        /// The prompt's name.
        name: String,
        /// Its arguments, an object; absent means empty.
        arguments: Option<P>,
    },
    /// `completion/complete`
    Complete {
        /// What is being filled in.
        reference: Reference,
        /// The argument, or the variable of a template.
        argument: String,
        /// What has been typed of it.
        value: String,
        /// The arguments that have been chosen already, an object.
        arguments: Option<P>,
    },
}

/// What a client brings along when it asks again, because input was required of it (modern).
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs<P> {
    /// The answers, an object.
    pub responses: Option<P>,
    /// What the server sent along with its questions. Nothing in it may be trusted.
    pub state: Option<String>,
}

/// How long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CacheScope {
    /// Not at all.
    Never,
    /// For everybody, as long as the profile says.
    Public,
    /// For the asker only, as long as the answer says.
    Private,
}

impl<P: Payload> Operation<P> {
    /// Reads the parameters of a method that the server has.
    pub(super) fn read(name: &str, params: &P) -> Result<Self, RpcError<P>> {
        Ok(match name {
            method::LIST_TOOLS => Self::ListTools { cursor: cursor(params)? },
            method::LIST_RESOURCES => Self::ListResources { cursor: cursor(params)? },
            method::LIST_RESOURCE_TEMPLATES => {
                Self::ListResourceTemplates { cursor: cursor(params)? }
            }
            method::LIST_PROMPTS => Self::ListPrompts { cursor: cursor(params)? },
            method::CALL_TOOL => Self::CallTool {
                name: text(params, "name")?,
                arguments: object(params, "arguments")?,
            },
            method::READ_RESOURCE => Self::ReadResource { uri: text(params, "uri")? },
            method::SUBSCRIBE => Self::Subscribe { uri: text(params, "uri")? },
            method::GET_PROMPT => Self::GetPrompt {
                name: text(params, "name")?,
                arguments: object(params, "arguments")?,
            },
            method::COMPLETE => {
                let argument = object(params, "argument")?.unwrap_or_else(P::object);
                let context = object(params, "context")?.unwrap_or_else(P::object);
                Self::Complete {
                    reference: reference(params)?,
                    argument: text(&argument, "name")?,
                    value: text(&argument, "value")?,
                    arguments: object(&context, "arguments")?,
                }
            }
            _ => return Err(no_such_method(name)),
        })
    }

    pub(super) fn cache(&self) -> CacheScope {
        match self {
            Self::ListTools { .. }
            | Self::ListResources { .. }
            | Self::ListResourceTemplates { .. }
            | Self::ListPrompts { .. } => CacheScope::Public,
            Self::ReadResource { .. } => CacheScope::Private,
            Self::CallTool { .. }
            | Self::Subscribe { .. }
            | Self::GetPrompt { .. }
            | Self::Complete { .. } => CacheScope::Never,
        }
    }

    /// Whether it may be answered with questions.
    pub(super) fn may_ask(&self) -> bool {
        matches!(self, Self::CallTool { .. } | Self::ReadResource { .. } | Self::GetPrompt { .. })
    }
}

impl<P: Payload> Inputs<P> {
    pub(super) const NONE: Self = Self { responses: None, state: None };

    pub(super) fn read(params: &P, limits: &Limits) -> Result<Self, RpcError<P>> {
        let state = match params.given("requestState") {
            None => None,
            Some(_) => Some(text(params, "requestState")?),
        };
        let responses = object(params, "inputResponses")?;
        if responses.as_ref().is_some_and(|all| all.exceeds(limits.answers)) {
            return Err(bad_params(&["`inputResponses` has too many members"]));
        }
        Ok(Self { responses, state })
    }
}

/// The error for a resource that does not exist.
pub fn no_such_resource<P: Payload>(version: Version, uri: &str) -> RpcError<P> {
    let mut data = P::object();
    data.set("uri", P::string(&clip(uri, ECHO)));
    let (code, message) = (version.no_such_resource(), "no such resource".to_owned());
    RpcError { code, message, data: Some(data) }
}

pub(super) fn no_such_method<P: Payload>(name: &str) -> RpcError<P> {
    RpcError::new(code::METHOD_NOT_FOUND, ["no such method: ", &clip(name, ECHO)].concat())
}

/// A member that is an object if it is there.
pub(super) fn object<P: Payload>(params: &P, key: &'static str) -> Result<Option<P>, RpcError<P>> {
    match params.given(key) {
        Some(value) if value.kind() != Kind::Object => {
            Err(bad_params(&["`", key, "` is not an object"]))
        }
        value => Ok(value),
    }
}

fn cursor<P: Payload>(params: &P) -> Result<Option<String>, RpcError<P>> {
    match params.given("cursor") {
        None => Ok(None),
        Some(_) => text(params, "cursor").map(Some),
    }
}

fn reference<P: Payload>(params: &P) -> Result<Reference, RpcError<P>> {
    let reference = object(params, "ref")?.unwrap_or_else(P::object);
    match text(&reference, "type")?.as_str() {
        "ref/prompt" => Ok(Reference::Prompt(text(&reference, "name")?)),
        "ref/resource" => Ok(Reference::Resource(text(&reference, "uri")?)),
        _ => Err(bad_params(&["`ref` names neither a prompt nor a resource"])),
    }
}
