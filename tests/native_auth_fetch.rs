//! Keys and answers about tokens, fetched by the crate's own HTTP client from a server on this machine:
//! without encryption, and with it.
#![cfg(all(feature = "auth-fetch", feature = "auth-jwt", not(target_arch = "wasm32")))]

#[path = "support/logs.rs"]
mod logs;
#[path = "support/tls.rs"]
mod tls;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
    serve::Listener,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use mcp_wasm::{
    native::auth::{Introspection, Jwt, Rejected, Verifier},
    server::Principal,
};
use serde_json::json;
use tls::{Authority, Encrypted};
use tokio::net::TcpListener;

#[allow(clippy::needless_pass_by_value)] // `json!` makes values
fn json(value: serde_json::Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}

/// An issuer that listens.
struct Issuer {
    address: String,
    key: EncodingKey,
    asked: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Shared {
    address: String,
    keys: serde_json::Value,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        Self::on(listener, address)
    }

    /// One that speaks TLS, by a certificate of that authority for `localhost`.
    async fn encrypted(authority: &Authority) -> Self {
        let listener = Encrypted::bind(authority, "localhost").await;
        let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        Self::on(listener, address)
    }

    fn on<L: Listener>(listener: L, address: String) -> Self
    where
        L::Addr: std::fmt::Debug,
    {
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend([7; 32]);
        let key = EncodingKey::from_ed_der(&der);
        let public = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
        let asked = Arc::<AtomicUsize>::default();
        let keys = json!({ "keys": [public] });
        let shared = Shared { address: address.clone(), keys, asked: Arc::clone(&asked) };
        let app = Router::new()
            .route("/{issuer}/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys_of))
            .route("/away", get(|| async { Redirect::temporary("/keys") }))
            .route("/large", get(|| async { "x".repeat(300 << 10) }))
            .route("/ask", post(ask))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, key, asked }
    }

    fn named(&self, name: &str) -> String {
        [&self.address, "/", name].concat()
    }

    fn token(&self, name: &str) -> String {
        let header = Header { typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::EdDSA) };
        let claims = json!({ "iss": self.named(name), "sub": "alice", "aud": "r", "exp": 4_000_000_000_u32 });
        encode(&header, &claims, &self.key).unwrap()
    }
}

async fn metadata(
    State(shared): State<Shared>,
    axum::extract::Path(name): axum::extract::Path<String>,
) -> Response {
    let Shared { address, .. } = shared;
    let keys = if name == "plain" { "http://127.0.0.1:9" } else { &address };
    json(json!({
        "issuer": format!("{address}/{name}"),
        "jwks_uri": format!("{keys}/{name}"),
        "introspection_endpoint": format!("{address}/ask"),
    }))
}

async fn keys_of(State(shared): State<Shared>) -> Response {
    shared.asked.fetch_add(1, Ordering::SeqCst);
    ([("cache-control", "max-age=600")], shared.keys.to_string()).into_response()
}

/// The app and its secret: both have characters that a form encodes.
async fn ask(State(shared): State<Shared>, headers: HeaderMap, form: String) -> Response {
    shared.asked.fetch_add(1, Ordering::SeqCst);
    // `files+app` and `a:b c`.
    let is_app = headers
        .get("authorization")
        .is_some_and(|value| value == "Basic ZmlsZXMlMkJhcHA6YSUzQWIlMjBj");
    match form.as_str() {
        _ if !is_app => StatusCode::UNAUTHORIZED.into_response(),
        "token=good%2Fone&token_type_hint=access_token" => {
            json(json!({ "active": true, "sub": "alice", "aud": "r", "scope": "read" }))
        }
        _ => json(json!({ "active": false })),
    }
}

fn subject(outcome: Result<Principal, Rejected>) -> Option<String> {
    outcome.ok().map(|principal| principal.subject)
}

#[tokio::test]
async fn keys_are_fetched_without_a_word_of_the_app() {
    let issuer = Issuer::start().await;
    let jwt = Jwt::issuer(issuer.named("keys")).jwks_uri(issuer.named("keys"));
    for _ in 0..3 {
        assert_eq!(subject(jwt.verify(&issuer.token("keys")).await).as_deref(), Some("alice"));
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_address_that_cannot_be_asked_is_in_no_log() {
    let (logs, _guard) = logs::Logs::begin();
    let issuer = Issuer::start().await;
    for address in [
        "http://127.0.0.1:9/keys?key=SECRET",
        "http://SECRET@127.0.0.1:9/keys",
        "http://auth.example/?key=SECRET",
    ] {
        let outcome =
            Jwt::issuer(issuer.named("keys")).jwks_uri(address).verify(&issuer.token("keys")).await;
        assert!(matches!(outcome, Err(Rejected::Unavailable { .. })), "{address}");
    }
    let logged = logs.text();
    assert!(logged.contains("cannot load the keys") && !logged.contains("SECRET"), "{logged}");
}

#[tokio::test]
async fn where_keys_are_is_found_out_by_the_issuer_itself() {
    let issuer = Issuer::start().await;
    let jwt = Jwt::issuer(issuer.named("keys"));
    assert_eq!(subject(jwt.verify(&issuer.token("keys")).await).as_deref(), Some("alice"));
}

#[tokio::test]
async fn an_answer_that_leads_elsewhere_or_is_too_large_or_none_is_no_answer() {
    let issuer = Issuer::start().await;
    for name in ["away", "large", "none"] {
        let outcome = Jwt::issuer(issuer.named(name)).verify(&issuer.token(name)).await;
        assert!(matches!(outcome, Err(Rejected::Unavailable { .. })), "{name}");
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 0, "a redirect is not followed");
    let gone = Jwt::issuer("http://127.0.0.1:9/x").verify(&issuer.token("x")).await;
    assert!(matches!(gone, Err(Rejected::Unavailable { .. })));
}

#[tokio::test]
async fn tokens_are_asked_about_in_the_name_of_the_server() {
    let issuer = Issuer::start().await;
    let tokens = Introspection::of(issuer.named("x"), "files+app", "a:b c");
    for _ in 0..3 {
        assert_eq!(subject(tokens.verify("good/one").await).as_deref(), Some("alice"));
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1, "an answer is kept");
    assert_eq!(tokens.verify("bad").await, Err(Rejected::Invalid));
    let stranger = Introspection::of(issuer.named("x"), "files+app", "another");
    assert!(matches!(stranger.verify("good/one").await, Err(Rejected::Unavailable { .. })));
}

#[tokio::test]
async fn keys_and_answers_come_over_tls_from_whoever_a_trusted_authority_vouches_for() {
    let authority = Authority::new("the company");
    let issuer = Issuer::encrypted(&authority).await;
    let jwt = Jwt::issuer(issuer.named("keys")).trust(authority.pem());
    assert_eq!(subject(jwt.verify(&issuer.token("keys")).await).as_deref(), Some("alice"));
    let tokens = Introspection::of(issuer.named("x"), "files+app", "a:b c").trust(authority.pem());
    assert_eq!(subject(tokens.verify("good/one").await).as_deref(), Some("alice"));
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn nobody_else_is_shown_a_token_or_believed() {
    let authority = Authority::new("the company");
    let issuer = Issuer::encrypted(&authority).await;
    let unavailable = |outcome| matches!(outcome, Err(Rejected::Unavailable { .. }));
    // Nobody is trusted but those of the system; another of the same name is.
    let impostor = Authority::new("the company");
    for trusted in [None, Some(impostor.pem())] {
        let (mut jwt, mut tokens) = (
            Jwt::issuer(issuer.named("keys")),
            Introspection::of(issuer.named("x"), "files+app", "a:b c"),
        );
        if let Some(pem) = trusted {
            (jwt, tokens) = (jwt.trust(pem), tokens.trust(pem));
        }
        assert!(unavailable(jwt.verify(&issuer.token("keys")).await));
        assert!(unavailable(tokens.verify("good/one").await));
    }
    // The certificate is for another name.
    let by_number = issuer.address.replace("localhost", "127.0.0.1");
    let jwt = Jwt::issuer(format!("{by_number}/keys")).trust(authority.pem());
    assert!(unavailable(jwt.verify(&issuer.token("keys")).await));
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 0, "nobody got as far as a request");
}

#[tokio::test]
async fn keys_are_not_fetched_in_plain_text_for_an_issuer_with_tls() {
    let authority = Authority::new("the company");
    let issuer = Issuer::encrypted(&authority).await;
    // Its metadata says that the keys are at an address without encryption.
    let jwt = Jwt::issuer(issuer.named("plain")).trust(authority.pem());
    let outcome = jwt.verify(&issuer.token("plain")).await;
    assert!(matches!(outcome, Err(Rejected::Unavailable { .. })));
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 0);
}
