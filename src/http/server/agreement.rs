//! Whether the headers of a modern request say what its body says.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{
    lookup::{Lookup, RequestHeaders},
    refusal::Refusal,
};
use crate::{
    http::{
        headers::{METHOD, NAME, VERSION, naming},
        params::{Tools, text_of},
    },
    jsonrpc::{Kind, Payload, RpcError, code},
    text::{ECHO, clip},
    types::method,
};

/// Compares the headers with the body.
///
/// A proxy routes by the headers and the server acts by the body, so a difference between them is
/// an error. A member of the body that is missing or of the wrong type is not looked for here: the
/// machine says what is wrong with it.
pub(super) fn check_headers<P: Payload>(
    headers: &impl RequestHeaders,
    version: &str,
    method: &str,
    params: Option<&P>,
) -> Result<(), RpcError<P>> {
    compare(headers, VERSION, version, false)?;
    compare(headers, METHOD, method, false)?;
    match named(method, params) {
        Some(name) => compare(headers, NAME, &name, true),
        None => Ok(()),
    }
}

/// Compares the arguments of a tool call with the headers that repeat them. `listed` gives a tool
/// as it is listed now.
///
/// # Errors
/// They differ.
pub fn check_arguments<P: Payload>(
    message: &P,
    headers: &impl RequestHeaders,
    listed: impl FnOnce(&str) -> Option<P>,
) -> Result<(), Refusal> {
    if !message.says("method", method::CALL_TOOL) {
        return Ok(());
    }
    let Some(params) = message.get("params") else { return Ok(()) };
    let name = params.text("name").unwrap_or_default();
    let Some(tool) = listed(&name) else {
        return Ok(());
    };
    let mut tools = Tools::default();
    let mut page = P::object();
    page.set("tools", P::array(vec![tool]));
    tools.read(&mut page, true);
    for (header, argument) in tools.repeated(&name, params.get("arguments").as_ref()) {
        check_argument(headers, &header, argument.as_ref()).map_err(|error| {
            Refusal::because(message.get("id").and_then(|id| id.as_id()), error)
        })?;
    }
    Ok(())
}

fn check_argument<P: Payload>(
    headers: &impl RequestHeaders,
    header: &str,
    argument: Option<&P>,
) -> Result<(), RpcError<P>> {
    let Some(wanted) = argument.and_then(text_of) else {
        return match headers.find(header) {
            Lookup::Absent => Ok(()),
            _ => {
                Err(mismatch(&["the header `", header, "` repeats an argument that is not given"]))
            }
        };
    };
    // There is more than one way to write a number.
    if let (Some(number), Lookup::Text(found)) = (argument, headers.find(header))
        && number.kind() == Kind::Number
        && found.parse::<f64>().ok().is_some_and(|found| number.as_f64() == Some(found))
    {
        return Ok(());
    }
    compare(headers, header, &wanted, true)
}

/// What the request is about, in the words of its body.
fn named<P: Payload>(method: &str, params: Option<&P>) -> Option<String> {
    params?.text(naming(method)?)
}

fn compare<P: Payload>(
    headers: &impl RequestHeaders,
    name: &str,
    wanted: &str,
    encoded: bool,
) -> Result<(), RpcError<P>> {
    let found = match headers.find(name) {
        Lookup::Text(text) if encoded => decode(text),
        Lookup::Text(text) => Some(Cow::Borrowed(text)),
        Lookup::Absent => return Err(mismatch(&["the header `", name, "` is missing"])),
        Lookup::Unreadable => None,
    };
    let Some(found) = found else {
        return Err(mismatch(&["the header `", name, "` cannot be read"]));
    };
    if found == wanted {
        return Ok(());
    }
    let (found, wanted) = (clip(&found, ECHO), clip(wanted, ECHO));
    Err(mismatch(&["the header `", name, "` is `", &found, "`, the body has `", &wanted, "`"]))
}

fn mismatch<P: Payload>(parts: &[&str]) -> RpcError<P> {
    RpcError::new(code::HEADER_MISMATCH, parts.concat())
}

const BEGIN: &str = "=?base64?";
const END: &str = "?=";

/// The text that a header's value stands for; `None` if it is in Base64, and broken. A value with
/// only one of the two marks means itself.
fn decode(value: &str) -> Option<Cow<'_, str>> {
    let Some(digits) = value.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)) else {
        return Some(Cow::Borrowed(value));
    };
    let bytes = BASE64.decode(digits).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn values_in_base64_are_decoded_and_others_mean_themselves() {
        for (value, text) in [
            ("plain", Some("plain")),
            ("", Some("")),
            ("=?base64?w6k=?=", Some("é")),
            ("=?base64?YQ==?=", Some("a")),
            ("=?base64?YWI=?=", Some("ab")),
            ("=?base64?YWJj?=", Some("abc")),
            ("=?base64??=", Some("")),
            // Half of the marks, or other ones, are no marks.
            ("=?base64?YWJj", Some("=?base64?YWJj")),
            ("YWJj?=", Some("YWJj?=")),
            ("=?BASE64?YWJj?=", Some("=?BASE64?YWJj?=")),
            ("=?base64?=", Some("=?base64?=")),
            // Bad padding, a bad alphabet, spare bits, no UTF-8.
            ("=?base64?YWI?=", None),
            ("=?base64?YQ=?=", None),
            ("=?base64?YQ===?=", None),
            ("=?base64?Y===?=", None),
            ("=?base64?====?=", None),
            ("=?base64?YW-_?=", None),
            ("=?base64?YW I=?=", None),
            ("=?base64?YR==?=", None),
            ("=?base64?/w==?=", None),
        ] {
            assert_eq!(decode(value).as_deref(), text, "{value}");
        }
    }
}
