//! Arguments of tools that are repeated in headers: what `x-mcp-header` in a tool's schema asks for.

use crate::jsonrpc::{Kind, Payload};
use crate::proto::client::sentence;

use super::headers::{PARAM, encode, is_token};

/// How deep a schema is searched.
const DEPTH: usize = 64;

const ANNOTATION: &str = "x-mcp-header";

/// Keywords with values that are data, and no schemas.
const DATA: [&str; 5] = ["default", "const", "enum", "examples", "required"];

/// One argument that is repeated in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mirrored {
    header: String,
    /// The names that lead to the argument.
    path: Vec<String>,
}

/// The tools whose arguments are repeated in headers.
#[derive(Debug, Default)]
pub struct Tools(Vec<(String, Vec<Mirrored>)>);

impl Tools {
    /// Reads a page of tools, the first of them or a later one. Takes those out of it that no
    /// request can be made for, and returns a sentence about each.
    pub fn read<P: Payload>(&mut self, page: &mut P, first: bool) -> Vec<String> {
        let mut faults = Vec::new();
        if first {
            self.0.clear();
        }
        let Some(tools) = page.get("tools").and_then(|tools| tools.elements()) else {
            return faults;
        };
        let mut kept = Vec::new();
        for tool in tools {
            let name = tool.get("name").and_then(|name| name.as_text()).unwrap_or_default();
            let mut found = Vec::new();
            let schema = tool.get("inputSchema");
            let outcome = schema
                .map_or(Ok(()), |schema| search(&schema, &mut Vec::new(), true, DEPTH, &mut found));
            self.0.retain(|(known, _)| *known != name);
            match outcome {
                Ok(()) => {
                    if !found.is_empty() {
                        self.0.push((name, found));
                    }
                    kept.push(tool);
                }
                Err(reason) => faults.push(sentence(&[
                    "the tool ",
                    &name,
                    " was dropped: its `x-mcp-header` ",
                    reason,
                ])),
            }
        }
        if !faults.is_empty() {
            page.set("tools", P::array(kept));
        }
        faults
    }

    /// The headers that a call of that tool needs.
    pub fn headers<P: Payload>(
        &self,
        name: &str,
        arguments: Option<&P>,
        headers: &mut Vec<(String, String)>,
    ) {
        let Some((_, mirrored)) = self.0.iter().find(|(known, _)| known == name) else { return };
        for Mirrored { header, path } in mirrored {
            let mut value = arguments.cloned();
            for key in path {
                let members = value.and_then(|value| value.entries()).unwrap_or_default();
                value = members.into_iter().find(|(name, _)| name == key).map(|(_, value)| value);
            }
            if let Some(text) = value.and_then(|value| text_of(&value)) {
                headers.push((sentence(&[PARAM, header]), encode(&text)));
            }
        }
    }
}

/// Looks for annotations in a schema and all that is in it.
fn search<P: Payload>(
    schema: &P,
    path: &mut Vec<String>,
    reachable: bool,
    depth: usize,
    found: &mut Vec<Mirrored>,
) -> Result<(), &'static str> {
    if depth == 0 {
        return Ok(());
    }
    for (key, value) in schema.entries().unwrap_or_default() {
        if key == ANNOTATION {
            let header = value.as_text().filter(|name| is_token(name));
            let header = header.ok_or("is not the name of a header")?;
            let kind = schema.get("type").and_then(|kind| kind.as_text()).unwrap_or_default();
            if !reachable || path.is_empty() {
                return Err("is not reached by `properties` alone");
            }
            if !matches!(kind.as_str(), "string" | "integer" | "boolean") {
                return Err("is not at a string, an integer or a boolean");
            }
            if found.iter().any(|other| other.header.eq_ignore_ascii_case(&header)) {
                return Err("is there twice");
            }
            found.push(Mirrored { header, path: path.clone() });
        } else if key == "properties" {
            for (name, property) in value.entries().unwrap_or_default() {
                path.push(name);
                search(&property, path, reachable, depth - 1, found)?;
                path.pop();
            }
        } else if !DATA.contains(&key.as_str()) {
            for element in value.elements().unwrap_or_default() {
                search(&element, path, false, depth - 1, found)?;
            }
            search(&value, path, false, depth - 1, found)?;
        }
    }
    Ok(())
}

/// An argument as the server will compare it; nothing for what it will not.
#[allow(clippy::cast_possible_truncation)] // in range by the check
fn text_of<P: Payload>(value: &P) -> Option<String> {
    match value.kind() {
        Kind::Text => value.as_text(),
        Kind::Boolean => Some(if value.as_bool()? { "true" } else { "false" }.to_owned()),
        Kind::Number => {
            let number = value.as_f64()?;
            let whole = number % 1.0 == 0.0 && number.abs() <= 9_007_199_254_740_991.0;
            whole.then(|| decimal(number as i64))
        }
        _ => None,
    }
}

/// The integer in decimal.
pub(super) fn decimal(number: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    loop {
        digits.push(b"0123456789"[(rest % 10) as usize]);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push(b'-');
    }
    digits.iter().rev().map(|&digit| char::from(digit)).collect()
}
