//! Arguments of tools that are repeated in headers: what `x-mcp-header` in a tool's schema asks for.

use crate::jsonrpc::{Kind, Payload};
use crate::text::sentence;

use super::headers::{PARAM, encode, is_token};

/// How deep a schema is searched.
const DEPTH: usize = 64;

const ANNOTATION: &str = "x-mcp-header";

/// Tools whose arguments are repeated in headers, and annotations of one tool: more are not kept, since
/// each is compared with all before it.
const TOOLS: usize = 1024;
const ANNOTATIONS: usize = 64;
const TOO_OFTEN: &str = "is there too often";

/// Keywords with values that are data, and no schemas.
const DATA: [&str; 5] = ["default", "const", "enum", "examples", "required"];

/// The tools whose arguments are repeated in headers, with their schemas.
#[derive(Debug)]
pub struct Tools<P>(Vec<(String, P)>);

impl<P: Payload> Default for Tools<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P: Payload> Tools<P> {
    /// Reads a page of tools, the first of them or a later one. Takes those out of it that no
    /// request can be made for, and returns a sentence about each.
    pub fn read(&mut self, page: &mut P, first: bool) -> Vec<String> {
        let mut faults = Vec::new();
        if first {
            self.0.clear();
        }
        let mut kept = Vec::new();
        for tool in page.get("tools").and_then(|tools| tools.elements()).unwrap_or_default() {
            let name = tool.text("name").unwrap_or_default();
            let mut found = Vec::new();
            self.0.retain(|(known, _)| *known != name);
            let schema = tool.get("inputSchema").unwrap_or_else(P::object);
            let mut outcome = search(&schema, &mut Vec::new(), Place::Root, DEPTH, &mut found);
            if self.0.len() >= TOOLS && !found.is_empty() {
                outcome = Err(TOO_OFTEN);
            }
            if let Err(reason) = outcome {
                let fault = ["the tool ", &name, " was dropped: its `x-mcp-header` ", reason];
                faults.push(sentence(&fault));
                continue;
            }
            if !found.is_empty() {
                self.0.push((name, schema));
            }
            kept.push(tool);
        }
        if !faults.is_empty() {
            page.set("tools", P::array(kept));
        }
        faults
    }

    /// The headers that a call of that tool needs, as names and values.
    pub fn headers(&self, name: &str, arguments: Option<&P>) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        for (name, value) in self.repeated(name, arguments) {
            if let Some(text) = value.as_ref().and_then(text_of) {
                headers.push((name, encode(&text)));
            }
        }
        headers
    }

    /// The headers that calls of that tool may have, with the arguments that they repeat; `None` for
    /// those that are not given.
    pub fn repeated(&self, name: &str, arguments: Option<&P>) -> Vec<(String, Option<P>)> {
        let mut found = Vec::new();
        for (known, schema) in &self.0 {
            if known == name {
                // It was valid when it came.
                let _ = search(schema, &mut Vec::new(), Place::Root, DEPTH, &mut found);
            }
        }
        let argument = |path: Vec<String>| {
            path.iter().try_fold(arguments?.clone(), |value, name| value.member(name))
        };
        found.into_iter().map(|(name, path)| (sentence(&[PARAM, &name]), argument(path))).collect()
    }
}

/// How a schema is reached.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    /// By `properties` alone.
    Property,
    Elsewhere,
}

/// Looks for annotations in a schema and all that is in it: their names, and the ways to the
/// arguments that belong to them.
fn search<P: Payload>(
    schema: &P,
    path: &mut Vec<String>,
    place: Place,
    depth: usize,
    found: &mut Vec<(String, Vec<String>)>,
) -> Result<(), &'static str> {
    if depth == 0 {
        return Ok(());
    }
    for (key, value) in schema.entries().unwrap_or_default() {
        if key == ANNOTATION {
            let name = value.as_text().filter(|name| is_token(name));
            let name = name.ok_or("is not the name of a header")?;
            if place != Place::Property {
                return Err("is not reached by `properties` alone");
            }
            let kind = schema.text("type").unwrap_or_default();
            if !matches!(kind.as_str(), "string" | "integer" | "boolean") {
                return Err("is not at a string, an integer or a boolean");
            }
            if found.len() == ANNOTATIONS {
                return Err(TOO_OFTEN);
            }
            if found.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
                return Err("is there twice");
            }
            found.push((name, path.clone()));
        } else if key == "properties" {
            let place = if place == Place::Root { Place::Property } else { place };
            for (name, property) in value.entries().unwrap_or_default() {
                path.push(name);
                search(&property, path, place, depth - 1, found)?;
                path.pop();
            }
        } else if !DATA.contains(&key.as_str()) {
            let inside = value.elements().unwrap_or_else(|| vec![value]);
            for schema in inside {
                search(&schema, path, Place::Elsewhere, depth - 1, found)?;
            }
        }
    }
    Ok(())
}

/// An argument as the server will compare it; nothing for what it will not.
#[allow(clippy::cast_possible_truncation)] // in range by the check
pub(super) fn text_of<P: Payload>(value: &P) -> Option<String> {
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

/// An integer in decimal. By hand: `itoa` would make the package 0.6 KB larger (brotli), with its tables for
/// a speed that nobody needs here.
pub(super) fn decimal(number: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    while rest > 0 || digits.is_empty() {
        #[allow(clippy::cast_possible_truncation)] // one digit
        digits.push(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    if number < 0 {
        digits.push(b'-');
    }
    digits.into_iter().rev().map(char::from).collect()
}
