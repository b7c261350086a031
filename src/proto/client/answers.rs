//! What a handler's answer to a question of the server comes to: decided once, for every driver.

use crate::jsonrpc::{Kind, Payload, RpcError, code};
use crate::text::{owned, sentence};
use crate::types::method;

/// Why a handler gives no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct NoAnswer<P> {
    /// The handler's own code, if it has one.
    pub code: Option<i64>,
    /// A sentence.
    pub message: String,
    /// Anything more that the server is to know.
    pub data: Option<P>,
}

impl<P> NoAnswer<P> {
    /// In words alone.
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: None, message: message.into(), data: None }
    }

    /// There is no handler for that method.
    pub fn unhandled(method: &str) -> Self {
        let message = sentence(&["Method not found: ", method]);
        Self { code: Some(code::METHOD_NOT_FOUND), message, data: None }
    }
}

/// What the server is told.
#[inline(never)]
pub(super) fn judge<P: Payload>(
    method: &str,
    params: Option<&P>,
    answer: Result<P, NoAnswer<P>>,
) -> Result<P, RpcError<P>> {
    let samples = method == method::SAMPLE;
    let code = if samples { code::REJECTED } else { code::INTERNAL_ERROR };
    let refused = |text: &str| Err(RpcError { code, message: owned(text), data: None });
    let mut answer = match answer {
        Err(NoAnswer { code: own, message, data }) => {
            return Err(RpcError { code: own.unwrap_or(code), message, data });
        }
        Ok(answer) if answer.kind() != Kind::Null => answer,
        Ok(_) if samples => return refused("User rejected sampling request"),
        Ok(_) => {
            let mut nothing = P::object();
            if method == method::ELICIT {
                nothing.set_text("action", "cancel");
            }
            nothing
        }
    };
    if method == method::ELICIT {
        match answer.text("action").as_deref() {
            Some("accept") => {
                if let Some(form) = params.and_then(|params| params.present("requestedSchema")) {
                    let content = filled_in(&form, answer.get("content").as_ref());
                    answer = answer.copy();
                    answer.set("content", content);
                }
            }
            Some("decline" | "cancel") => {}
            _ => return refused(NO_ACTION),
        }
    }
    Ok(answer)
}

const NO_ACTION: &str =
    r#"an elicitation is answered by { action: "accept" | "decline" | "cancel", content? }"#;

/// The content of a form, with the defaults of its schema for what it leaves out.
fn filled_in<P: Payload>(form: &P, given: Option<&P>) -> P {
    let mut content = form.get("properties").and_then(|all| all.entries()).unwrap_or_default();
    content.retain_mut(|(_, property)| match property.get("default") {
        Some(value) => {
            *property = value;
            true
        }
        None => false,
    });
    // Of two members with one name, the last counts.
    content.extend(given.and_then(Payload::entries).unwrap_or_default());
    P::from_members(content)
}
