//! From a server's address to where one logs in: protected resource metadata (RFC 9728), then the
//! metadata of an authorization server (RFC 8414, discovery of `OpenID`).

use serde_json::{Map, Value};
use url::Url;

use super::{
    addresses::{is_resource_of, is_same_issuer, usable},
    challenge::words,
    requests::get,
};

/// Of how many authorization servers one is looked for: a server that lists any number could send a
/// gateway to as many others.
const MOST: usize = 10;

/// What a server says of itself.
#[derive(Debug)]
pub struct Resource {
    /// Its name for tokens, as it writes that.
    pub name: String,
    /// Who grants tokens for it.
    pub issuers: Vec<String>,
    /// The rights that there are.
    pub scopes: Vec<String>,
}

/// What an authorization server says of itself.
#[derive(Debug)]
pub struct Metadata {
    /// Its name.
    pub issuer: String,
    /// Where one logs in.
    pub authorization: Url,
    /// Where tokens are.
    pub token: Url,
    /// Where clients register.
    pub registration: Option<Url>,
    /// Where tokens are given back.
    pub revocation: Option<Url>,
    /// Whether a client may be the address of a document about it.
    pub takes_documents: bool,
    /// How clients may say who they are.
    pub methods: Option<Vec<String>>,
    /// The rights that it lists.
    pub scopes: Vec<String>,
    /// Whether its answers name it.
    pub is_signed: bool,
}

/// The addresses that were asked, each with what came of it.
type Tried = Vec<String>;

fn text(json: &Map<String, Value>, name: &str) -> Option<String> {
    json.get(name)?.as_str().map(str::to_owned)
}

fn texts(json: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let all = json.get(name)?.as_array()?;
    Some(all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
}

/// The document at the first of these addresses that has one.
async fn first(
    server: &Url,
    addresses: &[String],
    tried: &mut Tried,
    is_one: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Option<Map<String, Value>>, String> {
    for (at, address) in addresses.iter().enumerate() {
        if addresses.iter().take(at).any(|known| known == address) {
            continue;
        }
        if usable(address, server).is_none() {
            return Err(format!("its log-in leads to {address:?}, which is no https address"));
        }
        let answer = get(address).await;
        tried.push(match answer.status {
            Some(status) => format!("{address} ({status})"),
            None => format!("{address} (no answer)"),
        });
        if answer.status.is_some() && answer.is_transient() {
            return Err(format!("{address} says {}; try again later", answer.why()));
        }
        if answer.status == Some(200)
            && let Some(json) = answer.json.filter(|json| is_one(json))
        {
            return Ok(Some(json));
        }
    }
    Ok(None)
}

fn well_known(name: &str, url: &Url) -> String {
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    format!("{}/.well-known/{name}{path}", url.origin().ascii_serialization())
}

/// What a server says of itself; `named`: where its challenge says that this is.
pub async fn resource(
    server: &Url,
    named: Option<&str>,
    tried: &mut Tried,
) -> Result<Option<Resource>, String> {
    let is_one = |json: &Map<String, Value>| text(json, "resource").is_some();
    let mut found = None;
    if let Some(named) = named {
        found = first(server, &[named.to_owned()], tried, is_one).await?;
    }
    if found.is_none() {
        let name = "oauth-protected-resource";
        let root = format!("{}/.well-known/{name}", server.origin().ascii_serialization());
        found = first(server, &[well_known(name, server), root], tried, is_one).await?;
    }
    let Some(json) = found else { return Ok(None) };
    let name = text(&json, "resource").unwrap_or_default();
    if !is_resource_of(&name, server) {
        return Err(format!("its metadata is that of {name:?}, another server"));
    }
    let issuers = texts(&json, "authorization_servers").unwrap_or_default();
    let scopes = texts(&json, "scopes_supported").unwrap_or_default();
    Ok(Some(Resource { name, issuers, scopes }))
}

async fn metadata(
    server: &Url,
    issuer: &str,
    tried: &mut Tried,
) -> Result<Option<Metadata>, String> {
    let Some(url) = usable(issuer, server) else {
        return Err(format!("its issuer {issuer:?} is no https address"));
    };
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    let origin = url.origin().ascii_serialization();
    let places = [
        well_known("oauth-authorization-server", &url),
        well_known("openid-configuration", &url),
        format!("{origin}{path}/.well-known/openid-configuration"),
    ];
    let is_one = |json: &Map<String, Value>| {
        json.contains_key("issuer") || json.contains_key("authorization_endpoint")
    };
    let Some(json) = first(server, &places, tried, is_one).await? else { return Ok(None) };
    let named = text(&json, "issuer").unwrap_or_default();
    if !is_same_issuer(&named, issuer) {
        return Err(format!("the metadata of {issuer} says that it is of {named:?}"));
    }
    if named != issuer {
        tracing::warn!("a server names the issuer {issuer}, which names itself {named}");
    }
    let endpoint = |name: &str| {
        let given = json.get(name).and_then(Value::as_str).unwrap_or_default();
        usable(given, server)
            .ok_or_else(|| format!("the {name} of {issuer} is {given:?}, and no https address"))
    };
    let pkce = texts(&json, "code_challenge_methods_supported").unwrap_or_default();
    if !pkce.iter().any(|method| method == "S256") {
        return Err(format!("{issuer} does not say that it knows PKCE with S256"));
    }
    let registration = match json.get("registration_endpoint") {
        Some(_) => Some(endpoint("registration_endpoint")?),
        None => None,
    };
    let revocation = match json.get("revocation_endpoint") {
        Some(_) => Some(endpoint("revocation_endpoint")?),
        None => None,
    };
    Ok(Some(Metadata {
        revocation,
        takes_documents: json.get("client_id_metadata_document_supported")
            == Some(&Value::Bool(true)),
        authorization: endpoint("authorization_endpoint")?,
        token: endpoint("token_endpoint")?,
        registration,
        methods: texts(&json, "token_endpoint_auth_methods_supported"),
        scopes: texts(&json, "scopes_supported").unwrap_or_default(),
        is_signed: json.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
        issuer: named,
    }))
}

/// Where one logs in for a server. `is_known`: whether there is a client of an issuer already.
pub async fn discover(
    server: &Url,
    named: Option<&str>,
    is_known: impl Fn(&str) -> bool,
) -> Result<(Option<Resource>, Metadata), String> {
    let mut tried = Tried::new();
    let about = resource(server, named, &mut tried).await?;
    let mut issuers = few(about.as_ref().map_or(&[], |about| &about.issuers));
    if issuers.is_empty() {
        // Before there was metadata of resources, a server's origin was its issuer.
        issuers.push(server.origin().ascii_serialization());
    }
    issuers.sort_by_key(|issuer| !is_known(issuer));
    for issuer in &issuers {
        if let Some(metadata) = metadata(server, issuer, &mut tried).await? {
            return Ok((about, metadata));
        }
    }
    Err(format!("it wants a log-in, and says nowhere how: {}", tried.join(", ")))
}

/// The first of them, each once.
fn few(listed: &[String]) -> Vec<String> {
    let mut issuers = Vec::new();
    for issuer in listed {
        if issuers.len() < MOST && !issuers.contains(issuer) {
            issuers.push(issuer.clone());
        }
    }
    issuers
}

/// The rights to ask for: those that somebody wants, or all that the server has.
pub fn scopes(wanted: Vec<String>, about: Option<&Resource>) -> Vec<String> {
    if wanted.is_empty() {
        about.map(|about| words(&about.scopes.join(" "))).unwrap_or_default()
    } else {
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, few};

    #[test]
    fn a_server_that_lists_any_number_of_authorization_servers_sends_nobody_to_more_than_ten() {
        let listed: Vec<_> = (0..5_000).map(|i| format!("https://{}.example", i / 2)).collect();
        let issuers = few(&listed);
        assert_eq!(issuers.len(), MOST);
        assert_eq!(issuers[1], "https://1.example");
        assert!(few(&[]).is_empty());
    }
}
