//! Tokens that are JWTs: RFC 9068.

use std::{future::Future, io, sync::Arc};

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::Value;

use super::{Fetched, Rejected, Verifier, discovery::KeySource, keys::Keys};
use crate::{native::clock::now, server::Principal, types::is_scope};

/// Algorithms that are taken: signatures that only the issuer can make.
const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
/// Seconds by which clocks may differ.
const LEEWAY: f64 = 60.0;
/// Claims that only ID tokens have.
const OF_IDENTITY: [&str; 3] = ["nonce", "at_hash", "c_hash"];

/// Checks access tokens that are JWTs of one issuer by its keys.
///
/// It takes those that are signed with RS256, PS256, ES256 or `EdDSA`, whose `iss` is the issuer, that
/// have a `sub`, an `aud` and an `exp` to come (give or take a minute), and, unless
/// [`plain_type`](Self::plain_type) says otherwise, say that they are access tokens. Those that are
/// bound to a key of the client's are refused: they are no bearer tokens.
///
/// With the feature `auth-fetch` it fetches the keys by itself, over `https:`, or from this machine.
/// Otherwise the app does, with whatever HTTP client it has:
///
/// ```
/// use mcp_wasm::native::auth::{Auth, Fetched, Jwt};
/// # async fn get(url: &str) -> std::io::Result<String> { Err(std::io::Error::other(url.to_owned())) }
///
/// let tokens = Jwt::issuer("https://auth.example.com").fetch(|url| async move {
///     // Fails unless the status is 200.
///     let body = get(&url).await?;
///     Ok(Fetched { body, max_age: None })
/// });
/// let auth = Auth::new("https://mcp.example.com/mcp").verifier(tokens);
/// ```
///
/// Keys are kept for as long as the answer allows, which is 5 minutes to 24 hours. For a token of a key
/// that is not known they are loaded again, at most once a minute. If that fails, old ones are good for
/// a day. Without any, clients are told to try again.
pub struct Jwt {
    issuer: String,
    keys: Arc<Keys>,
    scopes: Vec<&'static str>,
    audience: &'static str,
    /// Who is in the audience of every token: the issuer itself.
    own_audience: Option<String>,
    takes_plain: bool,
    clock: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Jwt {
    /// For tokens of this issuer, spelled as its metadata and its tokens spell it.
    pub fn issuer(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            keys: Arc::default(),
            scopes: vec!["scope"],
            audience: "aud",
            own_audience: None,
            takes_plain: false,
            clock: Arc::new(|| now() / 1000.0),
        }
    }

    /// For Microsoft Entra ID: the tenant's id, tokens of version 2. Their audience is the app's id or
    /// `api://…`, to be named by [`Auth::audience`](super::Auth::audience).
    pub fn entra(tenant: &str) -> Self {
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        Self { scopes: vec!["scp"], ..Self::issuer(issuer) }.plain_type(true)
    }

    /// For Auth0: the domain, `name.eu.auth0.com`. Permissions are scopes as well. That a token is for
    /// Auth0's own `/userinfo` beside this server makes no difference.
    pub fn auth0(domain: &str) -> Self {
        let scopes = vec!["scope", "permissions"];
        let own_audience = Some(format!("https://{domain}/userinfo"));
        Self { scopes, own_audience, ..Self::issuer(format!("https://{domain}/")) }.plain_type(true)
    }

    /// For Keycloak: the address of the realm, `https://id.example.com/realms/name`. That a token is for
    /// Keycloak's own `account` beside this server makes no difference.
    pub fn keycloak(realm: &str) -> Self {
        let own_audience = Some("account".to_owned());
        Self { own_audience, ..Self::issuer(realm.trim_end_matches('/')) }.plain_type(true)
    }

    /// For Amazon Cognito. Its tokens name no resource but the client, whose id is to be named by
    /// [`Auth::audience`](super::Auth::audience).
    pub fn cognito(region: &str, pool: &str) -> Self {
        let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
        Self { audience: "client_id", ..Self::issuer(issuer) }.plain_type(true)
    }

    /// Sets how documents are fetched, by GET: the issuer's metadata and its keys. Without it, the
    /// feature `auth-fetch` does.
    #[must_use]
    pub fn fetch<F, Fut>(mut self, fetch: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<Fetched>> + Send + 'static,
    {
        self.change(|keys| {
            keys.source = KeySource::new(fetch);
        });
        self
    }

    /// Trusts these authorities beside those of the system, for what is fetched: one or more certificates
    /// in PEM, as a company has that grants its own.
    ///
    /// # Panics
    /// If there is no certificate in it.
    #[cfg(feature = "auth-fetch")]
    #[must_use]
    pub fn trust(self, pem: impl AsRef<[u8]>) -> Self {
        self.keys.source.trust(pem.as_ref());
        self
    }

    /// Says where the keys are. Without it, the issuer's metadata does.
    #[must_use]
    pub fn jwks_uri(mut self, address: impl Into<String>) -> Self {
        self.change(|keys| keys.address = Some(address.into()));
        self
    }

    /// Sets the keys, which then are not fetched: a JWK set.
    #[must_use]
    pub fn jwks(self, set: &Value) -> Self {
        self.keys.fix(set);
        self
    }

    /// Whether tokens may have the type `JWT`, or none, in place of `at+jwt`: false. What can be told
    /// to be an ID token is refused all the same.
    #[must_use]
    pub fn plain_type(mut self, takes: bool) -> Self {
        self.takes_plain = takes;
        self
    }

    /// Sets the claims that scopes are in, as a text or a list: `scope`.
    #[must_use]
    pub fn scope_claims(mut self, claims: impl IntoIterator<Item = &'static str>) -> Self {
        self.scopes = claims.into_iter().collect();
        self
    }

    /// Sets the clock, in seconds since 1970: that of the system.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut Keys)) {
        // While it is put together, nobody else has them.
        if let Some(keys) = Arc::get_mut(&mut self.keys) {
            change(keys);
        }
    }

    /// The principal of a token whose signature is good.
    fn principal(&self, claims: Value, now: f64) -> Option<Principal> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let number = |name: &str| claims.get(name).and_then(Value::as_f64);
        if text("iss") != Some(&self.issuer) || claims.get("cnf").is_some() || is_identity(&claims)
        {
            return None;
        }
        let expires = number("exp")?;
        let begins = claims.get("nbf").map_or(Some(0.0), Value::as_f64)?;
        if expires + LEEWAY <= now || begins - LEEWAY > now {
            return None;
        }
        let subject = text("sub").filter(|text| !text.is_empty())?;
        let mut audience = texts(claims.get(self.audience)?);
        audience.retain(|name| self.own_audience.as_ref() != Some(name));
        if audience.is_empty() {
            return None;
        }
        let scopes = self.scopes.iter().filter_map(|name| claims.get(name));
        let mut principal = Principal::new(subject)
            .issuer(&self.issuer)
            .audience(audience)
            .scopes(scopes.flat_map(scopes_in))
            // What the clocks differ by is its own.
            .expires(if expires > now { expires } else { expires + LEEWAY });
        principal.client =
            ["client_id", "azp", "appid"].into_iter().find_map(text).map(str::to_owned);
        principal.claims = claims;
        Some(principal)
    }
}

impl Verifier for Jwt {
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        let header = decode_header(token).map_err(|_| Rejected::Invalid)?;
        let algorithm = header.alg;
        let kind = header.typ.map(|kind| kind.to_ascii_lowercase());
        let kind = kind.as_deref().map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
        let is_access = match kind {
            Some("at+jwt") => true,
            Some("jwt") | None => self.takes_plain,
            Some(_) => false,
        };
        if !is_access || header.crit.is_some() || !ALGORITHMS.contains(&algorithm) {
            return Err(Rejected::Invalid);
        }
        let now = (self.clock)();
        let key = self.keys.find(&self.issuer, header.kid.as_deref(), algorithm, now).await?;
        let mut rules = Validation::new(algorithm);
        // Looked at below, by the clock that was given.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let token = decode::<Value>(token, &key, &rules).map_err(|_| Rejected::Invalid)?;
        self.principal(token.claims, now).ok_or(Rejected::Invalid)
    }

    fn issuers(&self) -> Vec<String> {
        vec![self.issuer.clone()]
    }
}

/// Whether these are claims of an ID token, or of another that is not for calling anybody.
fn is_identity(claims: &Value) -> bool {
    let is_other = |name: &str, access: &str| {
        claims.get(name).and_then(Value::as_str).is_some_and(|kind| kind != access)
    };
    OF_IDENTITY.iter().any(|name| claims.get(name).is_some())
        || is_other("token_use", "access") // Cognito
        || is_other("typ", "Bearer") // Keycloak
}

/// The texts of a claim that is a text or a list.
fn texts(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The scopes in a claim that is a text of several words or a list. What is no scope is none.
fn scopes_in(claim: &Value) -> Vec<String> {
    let words = match claim {
        Value::String(text) => text.split(' ').map(str::to_owned).collect(),
        other => texts(other),
    };
    words.into_iter().filter(|word| is_scope(word)).collect()
}
