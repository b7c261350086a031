//! What handlers return, as the protocol has it.

use super::check::{block, failure};
use crate::{
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::{server::no_such_resource, version::Version},
    types::media,
};

/// Suggestions that one answer may carry.
const SUGGESTIONS: usize = 100;

/// Why a handler failed.
#[derive(Debug)]
pub struct HandlerFailure<P> {
    /// In words.
    pub message: String,
    /// If the call is to be answered with an error of this code.
    pub code: Option<i64>,
    /// What goes along with that.
    pub data: Option<P>,
}

/// How a handler's return value becomes a result.
pub(crate) enum Shape {
    Tool,
    Resource { uri: String, mime_type: Option<String> },
    Prompt,
    Completion,
}

impl Shape {
    /// The answer to a call.
    pub(super) fn finish<P: Payload>(
        self,
        outcome: Result<P, HandlerFailure<P>>,
        version: Version,
    ) -> Result<P, RpcError<P>> {
        let value = match outcome {
            Ok(value) => value,
            Err(HandlerFailure { message, code: None, .. }) if matches!(self, Self::Tool) => {
                return Ok(failure(&message));
            }
            Err(HandlerFailure { message, code, data }) => {
                let code = code.unwrap_or(code::INTERNAL_ERROR);
                return Err(RpcError { code, message, data });
            }
        };
        Ok(match self {
            Self::Tool => tool(value, version),
            Self::Prompt => prompt(value),
            Self::Completion => completion(value),
            Self::Resource { uri, mime_type } => {
                let Some(contents) = contents(value, &uri, mime_type.as_deref()) else {
                    return Err(no_such_resource(version, &uri));
                };
                contents
            }
        })
    }
}

/// An object with one member.
fn of<P: Payload>(key: &'static str, value: P) -> P {
    let mut object = P::object();
    object.set(key, value);
    object
}

fn is_list<P: Payload>(value: &P, key: &'static str) -> bool {
    value.get(key).is_some_and(|list| list.kind() == Kind::Array)
}

/// Whether this is a list of blocks of content.
fn are_blocks<P: Payload>(value: &P) -> bool {
    value
        .elements()
        .is_some_and(|all| !all.is_empty() && all.iter().all(|block| block.text("type").is_some()))
}

/// A text, blocks of content or a whole result as they are; anything else is structured.
fn tool<P: Payload>(value: P, version: Version) -> P {
    let mut result = if value.kind() == Kind::Null {
        of("content", P::array(Vec::new()))
    } else if let Some(text) = value.as_text() {
        of("content", P::array(vec![block(&text)]))
    } else if is_list(&value, "content") {
        value
    } else if are_blocks(&value) {
        of("content", value)
    } else {
        let is_result = value.get("structuredContent").is_some();
        let mut result = if is_result { value } else { of("structuredContent", value) };
        let text = result.get("structuredContent").and_then(|value| value.to_json());
        result.set("content", P::array(vec![block(&text.unwrap_or_default())]));
        result
    };
    if !version.structures_any_value()
        && result.get("structuredContent").is_some_and(|value| value.kind() != Kind::Object)
    {
        result.remove("structuredContent");
    }
    result
}

/// Texts, `{ text }` or `{ blob }`, several of those, or a whole result; anything else is JSON.
/// `None`: there is nothing.
fn contents<P: Payload>(value: P, uri: &str, mime_type: Option<&str>) -> Option<P> {
    if value.kind() == Kind::Null {
        return None;
    }
    if is_list(&value, "contents") {
        return Some(value);
    }
    let is_content = |value: &P| value.text("text").is_some() || value.text("blob").is_some();
    let one = |value: &P| {
        let default = if value.get("blob").is_some() { media::BYTES } else { media::TEXT };
        let mut content = P::object();
        content.set_text("uri", uri);
        content.set_text("mimeType", mime_type.unwrap_or(default));
        content.assign(value);
        content
    };
    let all = match value.elements() {
        Some(all) if !all.is_empty() && all.iter().all(is_content) => all.iter().map(one).collect(),
        _ if is_content(&value) => vec![one(&value)],
        _ => {
            let (text, default) = match value.as_text() {
                Some(text) => (text, media::TEXT),
                None => (value.to_json().unwrap_or_default(), media::JSON),
            };
            let mut content = of("text", P::string(&text));
            content.set_text("mimeType", mime_type.unwrap_or(default));
            vec![one(&content)]
        }
    };
    Some(of("contents", P::array(all)))
}

/// A text or a block of content that a person says, messages, or a whole result.
fn prompt<P: Payload>(value: P) -> P {
    if is_list(&value, "messages") {
        return value;
    }
    let said = |content: P| {
        let mut message = of("role", P::string("user"));
        message.set("content", content);
        message
    };
    let messages = match (value.as_text(), value.elements()) {
        (Some(text), _) => vec![said(block(&text))],
        (_, Some(messages)) => messages,
        _ if value.get("role").is_some() => vec![value],
        _ => vec![said(value)],
    };
    of("messages", P::array(messages))
}

/// A list of texts, or one with `total` and `hasMore`; as many of them as may be sent.
fn completion<P: Payload>(value: P) -> P {
    let mut completion = if value.kind() == Kind::Object { value } else { of("values", value) };
    let (mut values, mut count) = (Vec::new(), 0_u32);
    if let Some(all) = completion.get("values") {
        all.each_element(&mut |value| {
            if value.kind() == Kind::Text {
                count += 1;
                if values.len() < SUGGESTIONS {
                    values.push(value);
                }
            }
            true
        });
    }
    if values.len() < count as usize {
        if completion.get("total").is_none() {
            completion.set("total", P::number(f64::from(count)));
        }
        completion.set("hasMore", P::boolean(true));
    }
    completion.set("values", P::array(values));
    of("completion", completion)
}
