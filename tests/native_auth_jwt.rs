//! Authorization by tokens that are JWTs. No network: keys, documents and the time are given.
#![cfg(all(feature = "auth-jwt", not(target_arch = "wasm32")))]
#![allow(clippy::needless_pass_by_value)] // `json!` makes values

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Request;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use mcp_wasm::{
    native::{
        Options,
        auth::{Auth, Fetched, Jwt, Rejected, Verifier},
    },
    server::{Context, NoArguments, Principal, Server},
};
use serde_json::{Value, json};
use support::Host;

const ISSUER: &str = "https://auth.example/tenant";
const RESOURCE: &str = "https://mcp.example/mcp";
/// What the clock shows, in seconds.
const NOW: u64 = 1_900_000_000;

/// A key of the issuer.
#[derive(Clone)]
struct Key {
    name: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
}

impl Key {
    /// Ed25519, from a seed.
    fn ed(name: &'static str, seed: u8) -> Self {
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend([seed; 32]);
        Self { name, algorithm: Algorithm::EdDSA, private: EncodingKey::from_ed_der(&der) }
    }

    /// RSA, for one of its algorithms. The key is made for these tests, and known to everybody.
    fn rsa(name: &'static str, algorithm: Algorithm) -> Self {
        let der = include_bytes!("data/rsa-test-key.der");
        Self { name, algorithm, private: EncodingKey::from_rsa_der(der) }
    }

    fn public(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        key.common.key_id = Some(self.name.to_owned());
        serde_json::to_value(key).unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as("at+jwt", claims)
    }

    fn sign_as(&self, kind: &str, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.name.to_owned());
        header.typ = Some(kind.to_owned());
        encode(&header, claims, &self.private).unwrap()
    }
}

fn set(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() })
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": RESOURCE, "exp": NOW + 600, "client_id": "app",
        "scope": "read write",
    })
}

/// The claims with some changed, or left out where they are null.
fn with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn jwt(keys: &[&Key]) -> Jwt {
    #[allow(clippy::cast_precision_loss)]
    Jwt::issuer(ISSUER).jwks(&set(keys)).clock(|| NOW as f64)
}

fn base64(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn a_good_token_is_its_principal() {
    for key in
        [Key::ed("one", 1), Key::rsa("two", Algorithm::RS256), Key::rsa("three", Algorithm::PS256)]
    {
        let principal =
            jwt(&[&key, &Key::ed("other", 9)]).verify(&key.sign(&claims())).await.unwrap();
        let same = Principal::new("alice").issuer(ISSUER).client("app");
        assert!(principal.is(&same), "{principal:?}");
        assert_eq!(principal.scopes, ["read", "write"]);
        assert_eq!(principal.audience, [RESOURCE]);
        assert_eq!(principal.expires, Some(1_900_000_600.0));
        assert_eq!(principal.claims, claims());
    }
}

#[tokio::test]
async fn claims_that_are_wrong_or_missing_make_no_principal() {
    let key = Key::ed("one", 1);
    let jwt = jwt(&[&key]);
    for bad in [
        json!({ "iss": "https://auth.example/tenant/" }),
        json!({ "iss": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "aud": null }),
        json!({ "aud": [] }),
        json!({ "exp": null }),
        json!({ "exp": NOW - 61 }),
        json!({ "exp": "tomorrow" }),
        json!({ "nbf": NOW + 61 }),
        json!({ "nbf": "now" }),
        json!({ "cnf": { "jkt": "x" } }),
        json!({ "nonce": "x" }),
        json!({ "at_hash": "x" }),
        json!({ "token_use": "id" }),
        json!({ "typ": "Refresh" }),
    ] {
        let outcome = jwt.verify(&key.sign(&with(bad.clone()))).await;
        assert_eq!(outcome, Err(Rejected::Invalid), "{bad}");
    }
    for good in [
        json!({ "exp": NOW - 59 }),
        json!({ "nbf": NOW + 59 }),
        json!({ "aud": ["x", RESOURCE] }),
        json!({ "scope": null }),
    ] {
        assert!(jwt.verify(&key.sign(&with(good.clone()))).await.is_ok(), "{good}");
    }
}

#[tokio::test]
async fn signatures_that_only_the_issuer_can_make_are_taken_and_no_others() {
    let key = Key::ed("one", 1);
    let jwt = jwt(&[&key, &Key::rsa("rsa", Algorithm::RS256)]);
    let good = key.sign(&claims());
    let none =
        [base64(r#"{"alg":"none","typ":"at+jwt"}"#), base64(&claims().to_string()), String::new()];
    // The public key as a secret.
    let public = key.public()["x"].as_str().unwrap().to_owned();
    let mut header = Header::new(Algorithm::HS256);
    (header.kid, header.typ) = (Some("one".to_owned()), Some("at+jwt".to_owned()));
    let secret = EncodingKey::from_secret(public.as_bytes()).unwrap();
    let hmac = encode(&header, &claims(), &secret).unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    (header.kid, header.typ) = (Some("one".to_owned()), Some("at+jwt".to_owned()));
    header.crit = Some(vec!["exp".to_owned()]);
    let critical = encode(&header, &claims(), &key.private).unwrap();
    let other = Key::ed("one", 2).sign(&claims());
    // Of a key that is there, by an algorithm that is not this key's.
    let other_algorithm = Key { name: "rsa", ..Key::rsa("rsa", Algorithm::RS512) }.sign(&claims());
    for bad in [
        none.join("."),
        hmac,
        critical,
        other,
        other_algorithm,
        good[..good.len() - 4].to_owned(),
        key.sign_as("JWT", &claims()),
        key.sign_as("logout+jwt", &claims()),
        "junk".to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(jwt.verify(&bad).await, Err(Rejected::Invalid), "{bad}");
    }
    assert!(jwt.verify(&key.sign_as("application/AT+JWT", &claims())).await.is_ok());
    assert!(jwt.plain_type(true).verify(&key.sign_as("JWT", &claims())).await.is_ok());
}

#[tokio::test]
async fn a_set_of_keys_for_secrets_is_a_set_of_none() {
    let mut header = Header::new(Algorithm::HS256);
    (header.kid, header.typ) = (Some("s".to_owned()), Some("at+jwt".to_owned()));
    let token = encode(&header, &claims(), &EncodingKey::from_secret(b"secret").unwrap()).unwrap();
    let secret = json!({ "kty": "oct", "kid": "s", "k": base64("secret"), "alg": "HS256" });
    let jwt = Jwt::issuer(ISSUER).jwks(&json!({ "keys": [secret, { "kty": "new" }, 7] }));
    assert_eq!(jwt.verify(&token).await, Err(Rejected::Invalid));
}

/// An issuer whose documents are fetched, with a clock.
#[derive(Clone)]
struct Issuer {
    keys: Arc<Mutex<Option<Value>>>,
    fetched: Arc<AtomicUsize>,
    now: Arc<AtomicU64>,
    named: &'static str,
}

impl Issuer {
    fn new(keys: &[&Key]) -> Self {
        let keys = Arc::new(Mutex::new(Some(set(keys))));
        let now = Arc::new(AtomicU64::new(NOW));
        Self { keys, fetched: Arc::default(), now, named: ISSUER }
    }

    #[allow(clippy::cast_precision_loss)]
    fn jwt(&self) -> Jwt {
        let (issuer, now) = (self.clone(), Arc::clone(&self.now));
        Jwt::issuer(ISSUER)
            .fetch(move |address| {
                let issuer = issuer.clone();
                async move { issuer.get(&address).await }
            })
            .clock(move || now.load(Ordering::SeqCst) as f64)
    }

    async fn get(&self, address: &str) -> io::Result<Fetched> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let gone = || io::Error::other("not there");
        let body = match address {
            "https://auth.example/tenant/.well-known/openid-configuration" => {
                json!({ "issuer": self.named, "jwks_uri": "https://keys.example/all?x=1" })
            }
            "https://keys.example/all?x=1" => {
                self.fetched.fetch_add(1, Ordering::SeqCst);
                self.keys.lock().unwrap().clone().ok_or_else(gone)?
            }
            _ => return Err(gone()),
        };
        Ok(Fetched { body: body.to_string(), max_age: Some(Duration::from_secs(600)) })
    }

    fn wait(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    fn change(&self, keys: Option<Value>) {
        *self.keys.lock().unwrap() = keys;
    }

    fn loads(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

fn lasting(key: &Key) -> String {
    key.sign(&with(json!({ "exp": NOW + 1_000_000 })))
}

#[tokio::test]
async fn keys_are_found_by_the_metadata_and_loaded_once_for_all() {
    let key = Key::ed("one", 1);
    let issuer = Issuer::new(&[&key]);
    let (jwt, token) = (issuer.jwt(), lasting(&key));
    let (a, b, c) = tokio::join!(jwt.verify(&token), jwt.verify(&token), jwt.verify(&token));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(issuer.loads(), 1);
    issuer.wait(599);
    assert!(jwt.verify(&token).await.is_ok());
    assert_eq!(issuer.loads(), 1);
    issuer.wait(2);
    assert!(jwt.verify(&token).await.is_ok());
    assert_eq!(issuer.loads(), 2, "they are as old as they may be");
}

#[tokio::test]
async fn a_key_that_is_not_known_is_looked_for_once_a_minute() {
    let (old, new) = (Key::ed("old", 1), Key::ed("new", 2));
    let issuer = Issuer::new(&[&old]);
    let jwt = issuer.jwt();
    assert!(jwt.verify(&lasting(&old)).await.is_ok());
    issuer.change(Some(set(&[&new])));
    for _ in 0..5 {
        assert_eq!(jwt.verify(&lasting(&new)).await, Err(Rejected::Invalid));
    }
    assert_eq!(issuer.loads(), 1);
    issuer.wait(61);
    assert!(jwt.verify(&lasting(&new)).await.is_ok(), "it has changed its keys");
    assert_eq!(issuer.loads(), 2);
    issuer.wait(61);
    assert_eq!(jwt.verify(&lasting(&old)).await, Err(Rejected::Invalid));
    assert_eq!(issuer.loads(), 3);
}

#[tokio::test]
async fn old_keys_are_good_for_a_day_if_there_are_no_new_ones() {
    let key = Key::ed("one", 1);
    let issuer = Issuer::new(&[&key]);
    let (jwt, token) = (issuer.jwt(), lasting(&key));
    assert!(jwt.verify(&token).await.is_ok());
    issuer.change(None);
    issuer.wait(86_000);
    assert!(jwt.verify(&token).await.is_ok());
    issuer.wait(1_500);
    assert!(matches!(jwt.verify(&token).await, Err(Rejected::Unavailable { .. })));
}

#[tokio::test]
async fn without_keys_nobody_can_say_and_soon_somebody_may() {
    let key = Key::ed("one", 1);
    let issuer = Issuer::new(&[&key]);
    let (jwt, token) = (issuer.jwt(), lasting(&key));
    issuer.change(None);
    for _ in 0..3 {
        assert!(matches!(jwt.verify(&token).await, Err(Rejected::Unavailable { .. })));
    }
    assert_eq!(issuer.loads(), 1);
    issuer.change(Some(set(&[&key])));
    issuer.wait(6);
    assert!(jwt.verify(&token).await.is_ok());
}

#[tokio::test]
async fn metadata_of_another_issuer_gives_no_keys() {
    let key = Key::ed("one", 1);
    let issuer = Issuer { named: "https://evil.example", ..Issuer::new(&[&key]) };
    let outcome = issuer.jwt().verify(&lasting(&key)).await;
    assert!(matches!(outcome, Err(Rejected::Unavailable { .. })));
}

#[tokio::test]
async fn presets_know_issuer_audience_and_scopes() {
    let key = Key::ed("one", 1);
    let entra = "https://login.microsoftonline.com/t/v2.0";
    let cognito = "https://cognito-idp.eu-west-1.amazonaws.com/pool";
    for (jwt, changes, scopes) in [
        (Jwt::entra("t"), json!({ "iss": entra, "scp": "a b", "scope": null }), vec!["a", "b"]),
        (Jwt::entra("t"), json!({ "iss": entra, "scp": ["a"] }), vec!["a"]),
        (
            Jwt::auth0("x.auth0.com"),
            json!({ "iss": "https://x.auth0.com/", "scope": "a", "permissions": ["b"] }),
            vec!["a", "b"],
        ),
        (
            Jwt::keycloak("https://id.example/realms/r/"),
            json!({ "iss": "https://id.example/realms/r", "typ": "Bearer" }),
            vec!["read", "write"],
        ),
        (
            Jwt::cognito("eu-west-1", "pool"),
            json!({ "iss": cognito, "aud": null, "token_use": "access" }),
            vec!["read", "write"],
        ),
    ] {
        #[allow(clippy::cast_precision_loss)]
        let jwt = jwt.jwks(&set(&[&key])).clock(|| NOW as f64);
        let principal = jwt.verify(&key.sign_as("JWT", &with(changes.clone()))).await;
        let principal = principal.unwrap_or_else(|why| panic!("{changes} {why:?}"));
        assert_eq!(principal.scopes, scopes, "{changes}");
        assert_eq!(jwt.issuers(), [changes["iss"].as_str().unwrap()]);
    }
}

#[tokio::test]
async fn a_server_takes_tokens_for_itself_only() {
    let key = Key::ed("one", 1);
    let auth = Auth::new(RESOURCE).verifier(jwt(&[&key])).scopes(["read"]);
    let server = Server::builder("Test", "1.0.0")
        .tool("whoami", "", |_: NoArguments, ctx: Context| async move {
            ctx.principal().map_or(String::new(), |one| one.subject.clone())
        })
        .build();
    let host = Host::with(server, Options { auth: Some(auth), ..Options::default() }).await;
    for (changes, status) in [
        (json!({}), 200),
        (json!({ "aud": [RESOURCE] }), 200),
        (json!({ "aud": "https://other.example" }), 401),
        (json!({ "aud": [RESOURCE, "https://other.example"] }), 401),
        (json!({ "iss": "https://evil.example" }), 401),
        (json!({ "scope": "write" }), 403),
    ] {
        let token = key.sign(&with(changes.clone()));
        let request = Request::call(1, "whoami", json!({}));
        let answer = request.header("Authorization", &format!("Bearer {token}"));
        let mut answer = answer.send(host.address).await;
        assert_eq!(answer.status, status, "{changes}");
        assert!(!answer.text().await.contains(&token));
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(!challenge.contains("signature") && !challenge.contains("aud"), "{challenge}");
    }
}
