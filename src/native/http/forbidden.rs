//! Calls that need more than their caller may do: refused before the first byte of an answer.

use axum::{http::HeaderValue, response::Response};

use super::{Origin, json, messages::each_message};
use crate::{
    http::server::challenge,
    jsonrpc::{Id, Message, Payload, Raw, RpcError, code},
    native::Endpoint,
    proto::service::HandlerKind,
    server::{Frame, check_scopes},
    types::method,
};

/// The answer to what comes in one request, if its caller may not call some tool in it.
pub(super) fn forbidden(endpoint: &Endpoint, origin: &Origin<'_>, body: &Raw) -> Option<Response> {
    let (mut needed, mut request) = (Vec::new(), None);
    each_message(body, &mut |message| {
        let scopes = needed_by(endpoint, message);
        if !scopes.is_empty() {
            request = message.get("id").and_then(|id| id.as_id());
            needed.extend(scopes);
        }
    });
    let lacking = check_scopes(&origin.extensions, &needed).err()?;
    let (id, data): (Option<Id>, _) = (request, Some(lacking.data()));
    let (code, message) = (code::INSUFFICIENT_SCOPE, lacking.to_string());
    let outcome = Err(RpcError { code, message, data });
    let frame = Frame::Message(Message::<Raw>::Response { id, outcome }.write());
    Some(json(403, frame.to_json()))
}

fn needed_by(endpoint: &Endpoint, message: &Raw) -> Vec<String> {
    let what = match message.text("method").as_deref() {
        Some(method::CALL_TOOL) => Some((HandlerKind::Tool, "name")),
        Some(method::GET_PROMPT) => Some((HandlerKind::Prompt, "name")),
        Some(method::READ_RESOURCE) => Some((HandlerKind::Resource, "uri")),
        _ => None,
    };
    let named = what.and_then(|(kind, key)| {
        let name = message.at(&["params", key])?.as_text()?;
        endpoint.server().scopes_of(kind, &name)
    });
    named.map(|scopes| scopes.to_vec()).unwrap_or_default()
}

/// Whether a message says that its caller may not do that.
pub(super) fn forbids(message: &str) -> bool {
    message.contains("40300") && read(message).is_some()
}

/// What such a message says, as a challenge.
pub(super) fn challenged(message: &str) -> Option<HeaderValue> {
    let data = read(message)?;
    let scope = data.text("scope").unwrap_or_default();
    let metadata = data.text("resourceMetadata");
    let text = challenge(Some("insufficient_scope"), &scope, metadata.as_deref());
    HeaderValue::from_str(&text).ok()
}

/// What goes along with the error.
fn read(message: &str) -> Option<Raw> {
    let message = Raw::take(message.to_owned()).ok()?;
    let error = message.get("error")?;
    let is_it = error.get("code")?.as_id() == Some(Id::Integer(code::INSUFFICIENT_SCOPE));
    is_it.then(|| error.get("data"))?
}
