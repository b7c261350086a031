//! What a handler's answer to a question of the server comes to: decided once, for every driver.

use crate::jsonrpc::{Id, Kind, Payload, RpcError, code};
use crate::text::{owned, sentence};
use crate::types::method;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A request of a legacy server, by its id.
    Request(Id),
    /// What a result asks for, by its number.
    Input(u32),
}

/// What a handler has come to that was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply<P> {
    /// Its answer; `null` if it gave none, as when a person has closed the dialog.
    Answer(P),
    /// There is none, as the handler says.
    Refusal {
        /// The handler's own code, if it has one.
        code: Option<i64>,
        /// Why, in a sentence.
        message: String,
        /// Anything more that the server is to know.
        data: Option<P>,
    },
    /// There is no handler for that method.
    Unhandled,
}

/// A question, as far as that says what its answer may be.
#[derive(Clone, Debug)]
pub(super) struct Asked<P> {
    method: String,
    /// The form that a person is to fill in.
    form: Option<P>,
}

impl<P: Payload> Asked<P> {
    pub fn new(method: &str, params: Option<&P>) -> Self {
        let form = params.and_then(|params| params.present("requestedSchema"));
        Self { method: owned(method), form: form.filter(|_| method == method::ELICIT) }
    }

    /// What the server is told.
    #[inline(never)]
    pub fn judge(&self, reply: Reply<P>) -> Result<P, RpcError<P>> {
        let samples = self.method == method::SAMPLE;
        let refusal = if samples { code::REJECTED } else { code::INTERNAL_ERROR };
        let (code, message, data) = match reply {
            Reply::Answer(answer) => {
                let is_given = answer.kind() != Kind::Null;
                if self.method == method::ELICIT {
                    match self.filled_in(if is_given { answer } else { cancelled() }) {
                        Some(answer) => return Ok(answer),
                        None => (refusal, owned(NO_ACTION), None),
                    }
                } else if is_given {
                    return Ok(answer);
                } else if samples {
                    (refusal, owned("User rejected sampling request"), None)
                } else {
                    return Ok(P::object());
                }
            }
            Reply::Refusal { code, message, data } => (code.unwrap_or(refusal), message, data),
            Reply::Unhandled => {
                let text = sentence(&["Method not found: ", &self.method]);
                (code::METHOD_NOT_FOUND, text, None)
            }
        };
        Err(RpcError { code, message, data })
    }

    /// What a person has answered, and if that accepts a form, with the defaults of what it leaves out;
    /// `None` if it is no such answer.
    fn filled_in(&self, mut answer: P) -> Option<P> {
        match answer.text("action")?.as_str() {
            "accept" => {}
            "decline" | "cancel" => return Some(answer),
            _ => return None,
        }
        let Some(form) = &self.form else { return Some(answer) };
        let members = |of: Option<P>| of.and_then(|all| all.entries()).unwrap_or_default();
        let mut content = Vec::new();
        for (name, property) in members(form.get("properties")) {
            if let Some(value) = property.get("default") {
                content.push((name, value));
            }
        }
        // Of two members with one name, the last counts.
        content.extend(members(answer.get("content")));
        answer = answer.copy();
        answer.set("content", P::from_members(content));
        Some(answer)
    }
}

const NO_ACTION: &str =
    r#"an elicitation is answered by { action: "accept" | "decline" | "cancel", content? }"#;

fn cancelled<P: Payload>() -> P {
    let mut answer = P::object();
    answer.set_text("action", "cancel");
    answer
}
