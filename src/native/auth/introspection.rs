//! Tokens that only who granted them can read: RFC 7662.

use std::{
    collections::HashMap,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Rejected, Verifier};
use crate::{native::clock::now, server::Principal, types::is_scope};

/// Seconds for which an answer is kept.
const KEPT: f64 = 60.0;
/// Answers that are kept.
const MOST: usize = 10_000;
/// When to try again if nobody answers.
const RETRY: Duration = Duration::from_secs(5);

type Ask = dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Value>> + Send>> + Send + Sync;

/// Asks the authorization server about each token: a POST to its introspection endpoint, with the
/// server's own credentials and `token` in the form. With the feature `auth-fetch` it does so by itself
/// (`Introspection::of`), otherwise by the app's own HTTP client.
///
/// A token is good if the answer says that it is `active` and whose it is (`sub`), names an `aud`, and
/// has not come to its `exp`. Answers are kept for a minute, by a hash of the token; while there is none,
/// clients are told to try again.
///
/// ```
/// use mcp_wasm::native::auth::{Auth, Introspection};
/// # async fn post(token: &str) -> std::io::Result<serde_json::Value> { Err(std::io::Error::other(token.to_owned())) }
///
/// let tokens = Introspection::new("https://auth.example.com", |token| async move {
///     // Fails unless the status is 200.
///     post(&token).await
/// });
/// let auth = Auth::new("https://mcp.example.com/mcp").verifier(tokens);
/// ```
pub struct Introspection {
    issuer: String,
    ask: Arc<Ask>,
    clock: Arc<dyn Fn() -> f64 + Send + Sync>,
    kept: Mutex<HashMap<[u8; 32], Kept>>,
    /// How it asks, if it is not the app that does.
    #[cfg(feature = "auth-fetch")]
    web: super::fetch::Fetcher,
}

/// What was answered, and until when that is believed.
struct Kept {
    outcome: Option<Principal>,
    until: f64,
}

impl Introspection {
    /// For tokens of this issuer, spelled as its metadata spells it. `ask` gets a token and gives the
    /// answer.
    pub fn new<F, Fut>(issuer: impl Into<String>, ask: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<Value>> + Send + 'static,
    {
        Self {
            issuer: issuer.into(),
            ask: Arc::new(move |token| Box::pin(ask(token))),
            clock: Arc::new(|| now() / 1000.0),
            kept: Mutex::default(),
            #[cfg(feature = "auth-fetch")]
            web: super::fetch::Fetcher::default(),
        }
    }

    /// For tokens of this issuer, asked about by an HTTP client of its own: over `https:`, or on this
    /// machine. Where to ask is in the issuer's metadata; `client` and `secret` are this server's
    /// name and password there.
    ///
    /// ```
    /// use mcp_wasm::native::auth::{Auth, Introspection};
    ///
    /// let tokens = Introspection::of("https://auth.example.com", "files", "its secret");
    /// let auth = Auth::new("https://mcp.example.com/mcp").verifier(tokens);
    /// ```
    #[cfg(feature = "auth-fetch")]
    pub fn of(
        issuer: impl Into<String>,
        client: impl Into<String>,
        secret: impl Into<String>,
    ) -> Self {
        let (issuer, web) = (issuer.into(), super::fetch::Fetcher::default());
        let (client, secret) = (client.into(), secret.into());
        let introspector =
            Arc::new(super::introspector::Introspector::new(&issuer, client, secret, web.clone()));
        let tokens = Self::new(issuer, move |token| {
            let introspector = Arc::clone(&introspector);
            async move { introspector.introspect(&token).await }
        });
        Self { web, ..tokens }
    }

    /// Trusts these authorities beside those of the system, for what is fetched: one or more certificates
    /// in PEM, as a company has that grants its own.
    ///
    /// # Panics
    /// If there is no certificate in it.
    #[cfg(feature = "auth-fetch")]
    #[must_use]
    pub fn trust(self, pem: impl AsRef<[u8]>) -> Self {
        self.web.trust(pem.as_ref());
        self
    }

    /// Sets the clock, in seconds since 1970: that of the system.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Whose a token is by an answer about it.
    fn principal(&self, answer: Value, now: f64) -> Option<Principal> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let is_of_another = text("iss").is_some_and(|issuer| issuer != self.issuer);
        let is_active = answer.get("active") == Some(&Value::Bool(true));
        // One that is bound to a key is no bearer token.
        if !is_active || is_of_another || answer.get("cnf").is_some() {
            return None;
        }
        let time = |name: &str| answer.get(name).map(Value::as_f64);
        let expires = match time("exp") {
            None => None,
            Some(end) => Some(end.filter(|end| *end > now)?),
        };
        if time("nbf").is_some_and(|begin| begin.is_none_or(|begin| begin > now)) {
            return None;
        }
        let audience: Vec<String> = match answer.get("aud")? {
            Value::String(one) => vec![one.clone()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return None,
        };
        let subject = text("sub").filter(|text| !text.is_empty())?;
        let scopes = text("scope").unwrap_or_default().split(' ').filter(|one| is_scope(one));
        let mut principal =
            Principal::new(subject).issuer(&self.issuer).audience(audience).scopes(scopes);
        if principal.audience.is_empty() {
            return None;
        }
        principal.client = text("client_id").map(str::to_owned);
        principal.expires = expires;
        principal.claims = answer;
        Some(principal)
    }

    /// What is known of a token still.
    fn known(&self, token: &[u8; 32], now: f64) -> Option<Result<Principal, Rejected>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(token)
            .filter(|kept| kept.until > now)
            .map(|kept| kept.outcome.clone().ok_or(Rejected::Invalid))
    }

    fn keep(&self, token: [u8; 32], outcome: Option<&Principal>, now: f64) {
        let end = outcome.and_then(|one| one.expires).unwrap_or(f64::INFINITY);
        let until = end.min(now + KEPT);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() < MOST {
            kept.insert(token, Kept { outcome: outcome.cloned(), until });
        }
    }
}

impl Verifier for Introspection {
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = (self.clock)();
        if let Some(outcome) = self.known(&hash, now) {
            return outcome;
        }
        let answer = (self.ask)(token.to_owned()).await.map_err(|error| {
            tracing::warn!(issuer = self.issuer, kind = %error.kind(), "cannot ask about a token");
            Rejected::Unavailable { retry_after: RETRY }
        })?;
        let outcome = self.principal(answer, now);
        self.keep(hash, outcome.as_ref(), now);
        outcome.ok_or(Rejected::Invalid)
    }

    fn issuers(&self) -> Vec<String> {
        vec![self.issuer.clone()]
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicU64, AtomicUsize, Ordering},
        },
    };

    use serde_json::{Value, json};

    use super::{Introspection, Rejected, Verifier};

    #[allow(clippy::needless_pass_by_value)] // `json!` makes values
    fn answer(changes: Value) -> Value {
        let mut answer = json!({
            "active": true, "sub": "alice", "aud": "https://mcp.example/mcp", "exp": 1030,
            "client_id": "app", "scope": "read write",
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            if value.is_null() {
                answer.as_object_mut().unwrap().remove(name);
            } else {
                answer[name] = value.clone();
            }
        }
        answer
    }

    fn saying(answer: Value) -> Introspection {
        Introspection::new("https://auth.example", move |_| {
            let answer = answer.clone();
            async move { Ok(answer) }
        })
        .clock(|| 1000.0)
    }

    #[tokio::test]
    async fn an_active_token_is_its_principal() {
        let principal = saying(answer(json!({}))).verify("t").await.unwrap();
        assert_eq!(
            (principal.subject.as_str(), principal.client.as_deref()),
            ("alice", Some("app"))
        );
        assert_eq!(principal.scopes, ["read", "write"]);
        assert_eq!(principal.expires, Some(1030.0));
        assert_eq!(principal.audience, ["https://mcp.example/mcp"]);
    }

    #[tokio::test]
    async fn what_is_not_active_or_not_said_makes_no_principal() {
        for bad in [
            json!({ "active": false }),
            json!({ "active": null }),
            json!({ "active": "true" }),
            json!({ "sub": null }),
            json!({ "aud": null }),
            json!({ "aud": [] }),
            json!({ "exp": 1000 }),
            json!({ "exp": "x" }),
            json!({ "nbf": 1001 }),
            json!({ "iss": "https://evil.example" }),
            json!({ "cnf": { "jkt": "x" } }),
        ] {
            let outcome = saying(answer(bad.clone())).verify("t").await;
            assert_eq!(outcome, Err(Rejected::Invalid), "{bad}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_kept_for_a_minute_but_not_beyond_the_token() {
        let (now, asked) = (Arc::new(AtomicU64::new(1000)), Arc::new(AtomicUsize::new(0)));
        let (count, clock) = (Arc::clone(&asked), Arc::clone(&now));
        let tokens = Introspection::new("https://auth.example", move |token| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                match token.as_str() {
                    "down" => Err(io::Error::other("no answer")),
                    "bad" => Ok(json!({ "active": false })),
                    _ => Ok(answer(json!({}))),
                }
            }
        })
        .clock(move || f64::from(u32::try_from(clock.load(Ordering::SeqCst)).unwrap()));
        for _ in 0..3 {
            assert!(tokens.verify("good").await.is_ok());
            assert_eq!(tokens.verify("bad").await, Err(Rejected::Invalid));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        now.store(1031, Ordering::SeqCst);
        assert_eq!(tokens.verify("good").await, Err(Rejected::Invalid), "it has ended");
        assert_eq!(tokens.verify("bad").await, Err(Rejected::Invalid));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        now.store(1060, Ordering::SeqCst);
        assert_eq!(tokens.verify("bad").await, Err(Rejected::Invalid));
        assert_eq!(asked.load(Ordering::SeqCst), 4);
        for _ in 0..2 {
            let outcome = tokens.verify("down").await;
            assert!(matches!(outcome, Err(Rejected::Unavailable { .. })));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 6, "no answer is not kept");
    }
}
