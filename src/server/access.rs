//! What a caller has to be allowed for what it asks.

use std::{fmt, sync::Arc};

use super::{Extensions, principal::Principal};
use crate::{
    jsonrpc::{Payload, Raw, code},
    proto::service::HandlerFailure,
};

/// Whether what is granted covers what is needed.
pub(crate) type Covers = dyn Fn(&[String], &str) -> bool + Send + Sync;

/// What the transport knows about authorization, in the extensions of a request.
#[derive(Clone)]
#[cfg_attr(not(feature = "auth"), allow(dead_code))] // its host makes it
pub(crate) struct Access {
    /// Beyond that a scope covers itself.
    pub(crate) covers: Option<Arc<Covers>>,
    /// What every request needs.
    pub(crate) basic: Arc<[String]>,
    /// Where the resource is described.
    pub(crate) metadata: Arc<str>,
    /// Whether lists leave out what their caller may not use.
    pub(crate) hides: bool,
}

/// In the extensions of whoever has started this process: it may do everything.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "native"), allow(dead_code))] // as above
pub(crate) struct Local;

/// What [`Context::require_scopes`](super::Context::require_scopes) fails with: the caller may not do
/// this. A handler passes it on with `?`, and the caller learns which scopes to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsufficientScope {
    scopes: Vec<String>,
    metadata: Option<Arc<str>>,
}

impl InsufficientScope {
    /// Every scope that the request needs, those included that the caller has.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What goes along with the error.
    pub(crate) fn data(&self) -> Raw {
        let mut data = Raw::object();
        data.set_text("scope", &self.scopes.join(" "));
        if let Some(metadata) = &self.metadata {
            data.set_text("resourceMetadata", metadata);
        }
        data
    }

    pub(super) fn failure(&self) -> HandlerFailure<Raw> {
        let (message, code) = (self.to_string(), Some(code::INSUFFICIENT_SCOPE));
        HandlerFailure { message, code, data: Some(self.data()) }
    }
}

impl fmt::Display for InsufficientScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "this needs the scopes `{}`: ask for them", self.scopes.join(" "))
    }
}

impl std::error::Error for InsufficientScope {}

/// Whether this caller's lists leave out what it may not use.
pub(crate) fn hides(extensions: &Extensions) -> bool {
    extensions.get().is_some_and(|access: &Access| access.hides)
}

/// Checks whether a caller has these scopes.
///
/// # Errors
/// It lacks some; so does a caller of whom nothing is known.
pub(crate) fn check(extensions: &Extensions, needed: &[String]) -> Result<(), InsufficientScope> {
    if needed.is_empty() || extensions.get::<Local>().is_some() {
        return Ok(());
    }
    let access = extensions.get::<Access>();
    let granted = extensions.get().map_or(&[][..], |one: &Principal| &one.scopes);
    let covers = |scope: &String| {
        let covers = access.and_then(|access| access.covers.as_deref());
        granted.contains(scope) || covers.is_some_and(|covers| covers(granted, scope))
    };
    if needed.iter().all(covers) {
        return Ok(());
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in access.iter().flat_map(|access| access.basic.iter()).chain(needed) {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    Err(InsufficientScope { scopes, metadata: access.map(|access| Arc::clone(&access.metadata)) })
}
