//! Requests for things that do not exist, and arguments that do not fit.

use crate::{
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::{server::missing_capability, version::Version},
    text::{ECHO, clip},
    types::Capability,
};

/// An argument of a prompt.
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) is_required: bool,
}

pub(super) fn unknown<P: Payload>(what: &str, name: &str) -> RpcError<P> {
    let text = ["no such ", what, ": ", &clip(name, ECHO)].concat();
    RpcError::new(code::INVALID_PARAMS, text)
}

/// The error for a `requestState` that is not one of ours, or has expired.
pub(super) fn bad_state<P: Payload>() -> RpcError<P> {
    RpcError::new(code::INVALID_PARAMS, "`requestState` is not valid")
}

/// Checks that the arguments of a prompt are strings, and that none of the required ones is missing.
pub(super) fn check_arguments<P: Payload>(
    declared: &[Argument],
    arguments: &P,
) -> Result<(), RpcError<P>> {
    let bad = |name: &str, what: &str| {
        let text = ["the argument `", &clip(name, ECHO), "` is ", what].concat();
        Err(RpcError::new(code::INVALID_PARAMS, text))
    };
    let mut missing: Vec<&Argument> = declared.iter().filter(|known| known.is_required).collect();
    let mut odd = None;
    arguments.each_member(&mut |name, value| {
        missing.retain(|known| known.name != name);
        if value.kind() != Kind::Text {
            odd = Some(name.to_owned());
        }
        odd.is_none()
    });
    match (odd, missing.first()) {
        (Some(odd), _) => bad(&odd, "not a string"),
        (None, Some(missing)) => bad(&missing.name, "missing"),
        (None, None) => Ok(()),
    }
}

/// Ends a call that needs a capability which its client lacks.
pub(super) fn cannot<P: Payload>(
    version: Version,
    is_tool: bool,
    capability: Capability,
) -> Result<P, RpcError<P>> {
    if !version.asks_by_request() {
        return Err(missing_capability(capability));
    }
    let text = ["this needs a client that can do `", capability.name(), "`"].concat();
    if is_tool { Ok(failure(&text)) } else { Err(RpcError::new(code::INTERNAL_ERROR, text)) }
}

/// A block of text.
pub(super) fn block<P: Payload>(text: &str) -> P {
    let mut block = P::object();
    block.set_text("type", "text");
    block.set_text("text", text);
    block
}

/// The result of a tool that failed.
pub(super) fn failure<P: Payload>(text: &str) -> P {
    let mut result = P::object();
    result.set("content", P::array(vec![block(text)]));
    result.set("isError", P::boolean(true));
    result
}
