//! Which servers there are: one of the command line, or those of a file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use mcp_wasm::transport::{Command, Web};
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    arguments::Arguments,
    oauth::{Given, Wish},
    variables,
};

/// A server.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Where clients find it.
    pub path: String,
    /// How it is reached.
    pub way: Way,
    /// Its log-in, if it is on the web.
    pub wish: Wish,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub enum Way {
    /// It is started.
    Child(Command),
    /// It is on the web.
    Web(Web),
}

impl Way {
    /// Whether there is a header `Authorization` that somebody has given.
    fn is_authorized(&self) -> bool {
        let Self::Web(web) = self else { return false };
        (web.headers)().iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    }

    /// In a word or two, without arguments or addresses, which may be secret.
    pub fn describe(&self) -> String {
        match self {
            Self::Child(command) => format!("command {}", command.name()),
            Self::Web(web) => {
                let host = web.url.split("://").nth(1).unwrap_or_default();
                let host = host.split(['/', '?', '#']).next().unwrap_or_default();
                let host = host.rsplit('@').next().unwrap_or_default();
                format!("server at {host}")
            }
        }
    }
}

/// What a file says about a server, in the words of Claude, VS Code and Cursor.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    cwd: Option<PathBuf>,
    #[serde(alias = "serverUrl", alias = "httpUrl")]
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    disabled: bool,
    #[serde(default, alias = "auth")]
    oauth: Registered,
}

/// A client that was registered by hand, as Claude, VS Code and Cursor write it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    #[serde(alias = "CLIENT_ID")]
    client_id: Option<String>,
    #[serde(alias = "CLIENT_SECRET")]
    client_secret: Option<String>,
    #[serde(default, alias = "scope")]
    scopes: Scopes,
}

/// Rights: a text of them, or a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

impl Default for Scopes {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// The servers that are asked for.
pub fn entries(arguments: &Arguments) -> Result<Vec<Entry>> {
    if let Some(file) = &arguments.config {
        return of_file(file);
    }
    let way = if let Some(url) = &arguments.url {
        let headers = arguments.header.iter().map(|header| {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| anyhow!("--header `{}` is not `Name: value`", before(header)))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        });
        web(url, headers.collect::<Result<_>>()?)?
    } else {
        let [program, args @ ..] = arguments.command.as_slice() else {
            bail!("a command, --url or --config is needed");
        };
        Way::Child(Command::new(program).args(args))
    };
    let wish = Wish { is_fixed: way.is_authorized(), ..Wish::default() };
    Ok(vec![Entry { name: "server".to_owned(), path: "/mcp".to_owned(), way, wish }])
}

/// The beginning of what may be a secret.
fn before(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn web(url: &str, headers: Vec<(String, String)>) -> Result<Way> {
    let schemes = ["http://", "https://", "ws://", "wss://"];
    if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
        bail!("`{url}` is no address that begins with http:, https:, ws: or wss:");
    }
    for (name, value) in &headers {
        // The value may be secret.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            bail!("`{name}` cannot be the name of a header");
        }
        if HeaderValue::from_str(value).is_err() {
            bail!(
                "the value of the header `{name}` has characters that no header can have, such as a line break"
            );
        }
    }
    let mut web = Web::new(url);
    web.headers = std::sync::Arc::new(move || headers.clone());
    Ok(Way::Web(web))
}

fn of_file(file: &Path) -> Result<Vec<Entry>> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    of_text(&text, &variables::of_environment).with_context(|| format!("in {shown}"))
}

fn of_text(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Entry>> {
    let plain = without_comments(text);
    let whole: Value = serde_json::from_str(&plain).context("it is no JSON")?;
    let all = ["mcpServers", "servers"]
        .iter()
        .find_map(|key| whole.get(key).or_else(|| whole.get("mcp")?.get(key)));
    let Some(Value::Object(all)) = all else {
        bail!(
            "there is neither `mcpServers` nor `servers`, an object with a member for each server"
        );
    };
    if all.is_empty() {
        bail!("it names no server");
    }
    let mut entries = Vec::new();
    for (name, written) in all {
        let entry = entry(name, written, lookup).with_context(|| format!("server `{name}`"))?;
        entries.extend(entry);
    }
    if entries.is_empty() {
        bail!("all of its servers are `disabled`");
    }
    for (at, entry) in entries.iter().enumerate() {
        if let Some(other) = entries.iter().take(at).find(|other| other.path == entry.path) {
            bail!(
                "the servers `{}` and `{}` would both be at {}: give one of them another name",
                other.name,
                entry.name,
                entry.path
            );
        }
    }
    Ok(entries)
}

fn entry(
    name: &str,
    written: &Value,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Entry>> {
    let Written { command, args, env, cwd, url, headers, disabled, oauth } =
        Written::deserialize(written).map_err(|error| anyhow!("{error}"))?;
    if disabled {
        return Ok(None);
    }
    if matches!(name, "" | "." | "..") || name.chars().any(char::is_control) {
        bail!("its name cannot be a part of an address: give it another");
    }
    let variables = variables::Variables { lookup };
    let expand =
        |what: &str, text: &str| variables.expand(text).map_err(|why| anyhow!("`{what}`: {why}"));
    let way = match (command, url) {
        (Some(command), None) => {
            let mut child = Command::new(expand("command", &command)?);
            for arg in &args {
                child = child.arg(expand("args", arg)?);
            }
            for (key, value) in &env {
                let value = match value {
                    Value::String(text) => expand(&format!("env.{key}"), text)?,
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    Value::Null => continue,
                    _ => bail!("`env.{key}` is no text"),
                };
                child = child.env(key, value);
            }
            if let Some(cwd) = cwd {
                child = child.current_dir(expand("cwd", &cwd.to_string_lossy())?);
            }
            Way::Child(child)
        }
        (None, Some(url)) => {
            let headers = headers
                .iter()
                .map(|(key, value)| Ok((key.clone(), expand(&format!("headers.{key}"), value)?)));
            web(&expand("url", &url)?, headers.collect::<Result<_>>()?)?
        }
        (Some(_), Some(_)) => bail!("it has a `command` and a `url`: leave one of them away"),
        (None, None) => bail!("it has neither a `command` nor a `url`"),
    };
    let client = oauth.client_id.map(|id| -> Result<Given> {
        let secret = oauth.client_secret.map(|secret| expand("oauth.clientSecret", &secret));
        Ok(Given { id: expand("oauth.clientId", &id)?, secret: secret.transpose()? })
    });
    let scopes = match oauth.scopes {
        Scopes::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
        Scopes::List(list) => list,
    };
    let wish = Wish { client: client.transpose()?, scopes, is_fixed: way.is_authorized() };
    Ok(Some(Entry { name: name.to_owned(), path: format!("/{}/mcp", segment(name)), way, wish }))
}

/// A name as a part of a path, without what has a meaning there.
fn segment(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

/// The text without the comments that editors allow in their settings.
fn without_comments(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let length = if c == '"' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, _)| at + 1)
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |at| &rest[at..]);
            continue;
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |at| &rest[at + 2..]);
            continue;
        } else {
            c.len_utf8()
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Given, Way, of_text, without_comments};

    fn none(_: &str) -> Option<String> {
        None
    }

    fn error(text: &str) -> String {
        format!("{:#}", of_text(text, &none).unwrap_err())
    }

    #[test]
    fn the_files_of_claude_vs_code_and_cursor_are_read() {
        let claude = r#"{ "mcpServers": {
            "files": { "command": "npx", "args": ["-y", "server"], "env": { "A": "b", "N": 1 } },
            "web": { "type": "http", "url": "https://example.com/mcp", "headers": { "X": "y" } },
            "off": { "command": "x", "disabled": true } } }"#;
        let entries = of_text(claude, &none).unwrap();
        let names: Vec<_> =
            entries.iter().map(|one| (one.name.as_str(), one.path.as_str())).collect();
        assert_eq!(names, [("files", "/files/mcp"), ("web", "/web/mcp")]);
        assert!(matches!(&entries[0].way, Way::Child(command) if command.name() == "npx"));
        assert!(matches!(&entries[1].way, Way::Web(web) if web.url == "https://example.com/mcp"));
        let code = r#"{ // comments are fine
            "servers": { "a b": { "type": "stdio", "command": "x", "args": ["http://a//b"] } } }"#;
        assert_eq!(of_text(code, &none).unwrap()[0].path, "/a-b/mcp");
        let settings = r#"{ "mcp": { "servers": { "a": { "command": "x" } } } }"#;
        assert_eq!(of_text(settings, &none).unwrap().len(), 1);
    }

    #[test]
    fn names_cannot_lead_out_of_their_place() {
        let text = r#"{"servers":{"../../etc":{"command":"x"},"%2e%2e":{"command":"x"},"{a}":{"command":"x"},"*b":{"command":"x"}}}"#;
        let entries = of_text(text, &none).unwrap();
        let paths: Vec<_> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["/..-..-etc/mcp", "/-2e-2e/mcp", "/-a-/mcp", "/-b/mcp"]);
    }

    #[test]
    fn clients_that_were_registered_by_hand_are_read_as_others_write_them() {
        let text = r#"{"mcpServers":{
            "a":{"url":"https://a.example/mcp","oauth":{"clientId":"me","scopes":["read","write"]}},
            "b":{"url":"https://b.example/mcp","auth":{"CLIENT_ID":"me","CLIENT_SECRET":"${S:-s}","scopes":"read"}},
            "c":{"url":"https://c.example/mcp","headers":{"authorization":"Bearer x"}}}}"#;
        let all = of_text(text, &none).unwrap();
        let client =
            |secret: Option<&str>| Some(Given { id: "me".into(), secret: secret.map(Into::into) });
        assert_eq!((&all[0].wish.client, all[0].wish.scopes.len()), (&client(None), 2));
        assert_eq!((&all[1].wish.client, all[1].wish.scopes.len()), (&client(Some("s")), 1));
        assert!(all[2].wish.is_fixed && !all[0].wish.is_fixed);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named_with_its_place() {
        assert!(error("{").contains("it is no JSON"));
        assert!(error("{}").contains("neither `mcpServers` nor `servers`"));
        assert!(error(r#"{"mcpServers":{}}"#).contains("names no server"));
        assert!(error(r#"{"mcpServers":{"a":{}}}"#).contains("server `a`: it has neither"));
        assert!(error(r#"{"mcpServers":{"a":{"url":"x"}}}"#).contains("no address"));
        assert!(error(r#"{"mcpServers":{"a":{"command":1}}}"#).contains("server `a`"));
        for name in ["", ".", "..", "a\\u001b[2J"] {
            let text = error(&format!(r#"{{"servers":{{"{name}":{{"command":"x"}}}}}}"#));
            assert!(text.contains("cannot be a part of an address"), "{text}");
        }
        let twice = error(r#"{"servers":{"a b":{"command":"x"},"a/b":{"command":"x"}}}"#);
        assert!(twice.contains("`a b` and `a/b` would both be at /a-b/mcp"), "{twice}");
        for (name, value) in [("X", "a\\r\\nY: b"), ("X Y", "a"), ("X:", "a")] {
            let text = format!(
                r#"{{"servers":{{"a":{{"url":"http://x","headers":{{"{name}":"{value}"}}}}}}}}"#
            );
            assert!(error(&text).contains("header"), "{text}");
        }
        let input = r#"{"servers":{"a":{"command":"x","env":{"K":"${input:key}"}}}}"#;
        let text = error(input);
        assert!(text.contains("`env.K`") && text.contains("INPUT_KEY"), "{text}");
        assert!(error(r#"{"servers":{"a":{"command":"x","disabled":true}}}"#).contains("disabled"));
    }

    #[test]
    fn comments_go_and_texts_stay() {
        let text = "{\"a\": \"// \\\" /* x */\", // gone\n \"b\": /* gone */ 1}";
        assert_eq!(without_comments(text), "{\"a\": \"// \\\" /* x */\", \n \"b\":  1}");
    }
}
