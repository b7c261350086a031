//! Who the gateway is for an authorization server: a client that was given, or one registered now.

use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{
    addresses::is_loopback,
    challenge::add,
    discovery::Metadata,
    kept::{Kept, now},
    requests::post,
};

/// A client of an authorization server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How it says who it is.
    pub method: String,
    /// When it is none any more, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// One that somebody has registered by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    pub id: String,
    pub secret: Option<String>,
}

impl Given {
    /// Whether it is the address of a document about the client.
    fn is_document(&self) -> bool {
        let url = Url::parse(&self.id).ok().filter(|_| self.secret.is_none());
        url.is_some_and(|url| url.scheme() == "https" && url.path() != "/")
    }
}

/// Where a client is kept.
pub fn key(issuer: &str, redirect: &str) -> String {
    format!("{issuer} {redirect}")
}

const OPEN: &str = "none";
const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";

fn with_secret(methods: Option<&[String]>) -> &'static str {
    match methods {
        Some(methods) if !methods.iter().any(|method| method == BASIC) => POST,
        _ => BASIC,
    }
}

/// Who the gateway is for who grants tokens; kept if it had to be registered.
pub async fn identify(
    metadata: &Metadata,
    given: Option<&Given>,
    redirect: &str,
    scopes: &[String],
    kept: &Kept,
) -> Result<Client, String> {
    let issuer = &metadata.issuer;
    let methods = metadata.methods.as_deref();
    // A document says who the gateway is where such are read; elsewhere it is nobody.
    let given = given.filter(|one| !one.is_document() || metadata.takes_documents);
    if let Some(Given { id, secret }) = given {
        let method = if secret.is_some() { with_secret(methods) } else { OPEN };
        let (id, secret, method) = (id.clone(), secret.clone(), method.to_owned());
        return Ok(Client { id, secret, method, expires: None });
    }
    let known = kept.client(&key(issuer, redirect));
    if let Some(known) = known.filter(|one| one.expires.is_none_or(|until| until > now())) {
        return Ok(known);
    }
    let Some(endpoint) = &metadata.registration else {
        return Err(format!(
            "{issuer} registers nobody by itself: register the gateway there by hand, with the redirect \
             address {redirect}, and write its id into mcp.json, as `oauth: {{ \"clientId\": … }}`"
        ));
    };
    let client = register(metadata, endpoint, redirect, scopes).await?;
    kept.change(|all| {
        all.clients.insert(key(issuer, redirect), client.clone());
    });
    Ok(client)
}

async fn register(
    metadata: &Metadata,
    endpoint: &Url,
    redirect: &str,
    scopes: &[String],
) -> Result<Client, String> {
    let issuer = &metadata.issuer;
    let methods = metadata.methods.as_deref();
    let is_public = methods.is_none_or(|methods| methods.iter().any(|method| method == OPEN));
    let mut listed = Vec::new();
    // What is asked for besides, some refuse.
    for scope in scopes.iter().map(String::as_str).chain(["offline_access"]) {
        if metadata.scopes.iter().any(|known| known == scope) {
            add(&mut listed, scope);
        }
    }
    let is_near = Url::parse(redirect).is_ok_and(|url| is_loopback(&url));
    let kinds = if is_near { ["native", "web"] } else { ["web", "native"] };
    let ask = |kind: &'static str| {
        let mut body = json!({
            "client_name": "mcp-wasm-gateway",
            "redirect_uris": [redirect],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": if is_public { OPEN } else { with_secret(methods) },
            "application_type": kind,
        });
        if !listed.is_empty() {
            body["scope"] = json!(listed.join(" "));
        }
        let url = endpoint.to_string();
        async move { post(&url, "application/json", &[], body.to_string()).await }
    };
    let mut answer = ask(kinds[0]).await;
    if matches!(answer.text("error"), Some("invalid_redirect_uri" | "invalid_client_metadata")) {
        answer = ask(kinds[1]).await;
    }
    let id = answer.text("client_id").filter(|_| matches!(answer.status, Some(200 | 201)));
    let Some(id) = id else {
        let why = answer.why();
        if answer.is_transient() {
            return Err(format!("{issuer} does not register the gateway just now ({why})"));
        }
        return Err(format!(
            "{issuer} does not register the gateway with the redirect address {redirect} ({why}): register \
             it by hand, and write its id into mcp.json, as `oauth: {{ \"clientId\": … }}`"
        ));
    };
    let secret = answer.text("client_secret").map(str::to_owned);
    let usual = if secret.is_some() { with_secret(methods) } else { OPEN };
    let method = answer.text("token_endpoint_auth_method").unwrap_or(usual).to_owned();
    let expires = answer.json.as_ref().and_then(|json| json.get("client_secret_expires_at"));
    let expires = expires.and_then(serde_json::Value::as_u64).filter(|until| *until > 0);
    Ok(Client { id: id.to_owned(), secret, method, expires })
}

impl Client {
    /// Puts who it is into a request for tokens; returns the header for that, if it is one.
    pub fn sign(&self, form: &mut Vec<(&'static str, String)>) -> Option<String> {
        match &self.secret {
            Some(secret) if self.method == BASIC => {
                use base64::{Engine, engine::general_purpose::STANDARD};
                let plain = |text: &str| -> String {
                    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let both = format!("{}:{}", plain(&self.id), plain(secret));
                Some(format!("Basic {}", STANDARD.encode(both)))
            }
            secret => {
                form.push(("client_id", self.id.clone()));
                if let Some(secret) = secret.as_ref().filter(|_| self.method == POST) {
                    form.push(("client_secret", secret.clone()));
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(takes_documents: bool) -> Metadata {
        let url = |path: &str| Url::parse(&format!("https://login.example/{path}")).unwrap();
        Metadata {
            issuer: "https://login.example".into(),
            authorization: url("auth"),
            token: url("token"),
            registration: None,
            revocation: None,
            takes_documents,
            methods: None,
            scopes: Vec::new(),
            is_signed: false,
        }
    }

    #[tokio::test]
    async fn the_address_of_a_document_is_a_client_where_such_are_read_and_nowhere_else() {
        let given = Given { id: "https://me.example/gateway.json".into(), secret: None };
        let kept = Kept::default();
        let redirect = "http://127.0.0.1:1/oauth/callback";
        let identify =
            async |takes| identify(&metadata(takes), Some(&given), redirect, &[], &kept).await;
        let client = identify(true).await.unwrap();
        assert_eq!((client.id.as_str(), client.method.as_str()), (given.id.as_str(), OPEN));
        let why = identify(false).await.unwrap_err();
        assert!(why.contains("registers nobody by itself"), "{why}");
        // What has a secret was registered, whatever its name looks like.
        let secret = Given { secret: Some("s".into()), ..given.clone() };
        assert!(!secret.is_document());
        for id in ["https://me.example", "http://me.example/x", "me"] {
            assert!(!Given { id: id.into(), secret: None }.is_document(), "{id}");
        }
    }
}
