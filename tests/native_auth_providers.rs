//! Access tokens as providers write them, by their documentation: each preset takes those of its provider,
//! and neither its ID tokens nor those for somebody else.
#![cfg(all(feature = "auth-jwt", not(target_arch = "wasm32")))]
#![allow(clippy::needless_pass_by_value)] // `json!` makes values

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use http::Request;
use jsonwebtoken::{Algorithm, EncodingKey, crypto::sign, jwk::Jwk};
use mcp_wasm::{
    native::{
        Options,
        auth::{Auth, Jwt},
    },
    server::{Context, NoArguments, Server},
};
use serde_json::{Value, json};
use support::Host;

const RESOURCE: &str = "https://mcp.example.com/mcp";
/// What the clock shows, in seconds.
const NOW: u64 = 1_900_000_000;
/// When tokens end: the server looks at that too, by the clock of the system.
const LATER: u64 = 4_000_000_000;
const TENANT: &str = "7d3c1a44-19f2-4a0c-9d0a-5b1f0b6a2f10";
const APP: &str = "0b1f6a5e-3c52-4f0e-8f39-0f6a0f3a7b11";

fn key() -> EncodingKey {
    EncodingKey::from_rsa_der(include_bytes!("data/rsa-test-key.der"))
}

/// The keys of a provider: that which signs, with what it says about it, and others.
fn keys(more: Value) -> Value {
    let mut public =
        serde_json::to_value(Jwk::from_encoding_key(&key(), Algorithm::RS256).unwrap()).unwrap();
    public.as_object_mut().unwrap().remove("alg");
    public["kid"] = json!("2ZQpJ3UpbjAYXYGaXEJl8lV0TOI");
    let mut other = public.clone();
    for (name, value) in more.as_object().unwrap() {
        public[name] = value.clone();
    }
    other["kid"] = json!("another");
    other["use"] = json!("enc");
    other["alg"] = json!("RSA-OAEP");
    json!({ "keys": [other, { "kty": "new", "kid": "unheard of" }, public] })
}

fn token(header: &Value, claims: &Value) -> String {
    let mut header = header.clone();
    header["alg"] = json!("RS256");
    header["kid"] = json!("2ZQpJ3UpbjAYXYGaXEJl8lV0TOI");
    let message = [BASE64.encode(header.to_string()), BASE64.encode(claims.to_string())].join(".");
    let signature = sign(message.as_bytes(), &key(), Algorithm::RS256).unwrap();
    [message, signature].join(".")
}

/// The claims with some changed, or left out where they are null.
fn with(claims: &Value, changes: Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// What comes of a call: the status, and who called with which scopes.
async fn call(host: &Host, token: &str) -> (u16, String) {
    let request = Request::call(1, "whoami", json!({}));
    let request = request.header("Authorization", &format!("Bearer {token}"));
    let mut answer = request.send(host.address).await;
    if answer.status != 200 {
        return (answer.status, String::new());
    }
    let text = answer.json().await["result"]["content"][0]["text"].as_str().unwrap().to_owned();
    (200, text)
}

/// A provider: how a server takes its tokens, how it writes them, and what it must not take.
struct Provider {
    jwt: Jwt,
    auth: fn(Auth) -> Auth,
    header: Value,
    claims: Value,
    seen: &'static str,
    bad: Vec<Value>,
}

async fn check(provider: Provider) {
    let Provider { jwt, auth, header, claims, seen, bad } = provider;
    #[allow(clippy::cast_precision_loss)]
    let jwt = jwt
        .jwks(&keys(json!({ "use": "sig", "x5t": "2ZQpJ3UpbjAYXYGaXEJl8lV0TOI" })))
        .clock(|| NOW as f64);
    let server = Server::builder("Test", "1.0.0")
        .tool("whoami", "", |_: NoArguments, ctx: Context| async move {
            let caller = ctx.principal().cloned().unwrap();
            format!(
                "{} {} {}",
                caller.subject,
                caller.client.unwrap_or_default(),
                caller.scopes.join(",")
            )
        })
        .build();
    let auth = auth(Auth::new(RESOURCE).verifier(jwt));
    let host = Host::with(server, Options { auth: Some(auth), ..Options::default() }).await;
    assert_eq!(call(&host, &token(&header, &claims)).await, (200, seen.to_owned()));
    let always = [
        json!({ "iss": "https://evil.example.com/" }),
        json!({ "exp": 1_800_000_000 }),
        json!({ "sub": null }),
    ];
    for changes in bad.into_iter().chain(always) {
        let found = call(&host, &token(&header, &with(&claims, changes.clone()))).await;
        assert_eq!(found.0, 401, "{changes}");
    }
}

#[tokio::test]
async fn tokens_of_entra() {
    let claims = json!({
        "aud": APP,
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "iat": NOW - 300, "nbf": NOW - 300, "exp": LATER,
        "aio": "AWQAm/8XAAAA1", "azp": APP, "azpacr": "0", "name": "Ada Lovelace",
        "oid": "f1c2a9d4-0000-4a51-9a0e-2a3f9b7c0001", "preferred_username": "ada@example.com",
        "rh": "1.AXEARBo8ffIZDEqdClsfC2ovEA.", "scp": "Files.Read Files.ReadWrite",
        "sub": "YJ0mVtV8q1vWm1S0c0q8mA6wq0l9Z2f0a3s0d9f8g7h", "tid": TENANT,
        "uti": "nJ0d3xq5Xk2cYp0aAAAAAA", "ver": "2.0", "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
    });
    check(Provider {
        jwt: Jwt::entra(TENANT),
        auth: |auth| auth.audience(APP).audience(format!("api://{APP}")).scopes(["Files.Read"]),
        header: json!({ "typ": "JWT", "x5t": "2ZQpJ3UpbjAYXYGaXEJl8lV0TOI" }),
        seen: "YJ0mVtV8q1vWm1S0c0q8mA6wq0l9Z2f0a3s0d9f8g7h 0b1f6a5e-3c52-4f0e-8f39-0f6a0f3a7b11 Files.Read,Files.ReadWrite",
        bad: vec![
            json!({ "aud": "00000003-0000-0000-c000-000000000000" }), // Microsoft Graph
            json!({ "iss": "https://login.microsoftonline.com/another-tenant/v2.0" }),
            json!({ "iss": format!("https://sts.windows.net/{TENANT}/") }), // version 1
            json!({ "nonce": "of an ID token", "scp": null }),
        ],
        claims,
    })
    .await;
}

#[tokio::test]
async fn tokens_of_auth0() {
    let claims = json!({
        "iss": "https://example.eu.auth0.com/",
        "sub": "auth0|65b0c1d2e3f4a5b6c7d8e9f0",
        // Whoever asks for `openid` gets the second one beside it: Auth0 itself.
        "aud": [RESOURCE, "https://example.eu.auth0.com/userinfo"],
        "iat": NOW - 300, "exp": LATER, "azp": "kY2mT0y5kq8pQm3vWn6xZr9bHc4dLf1s",
        "scope": "openid profile files:read offline_access", "permissions": ["files:write"],
        "jti": "3X9rV0qWm5tY8uI2oP4aS6",
    });
    let audience = |other: &str| json!([RESOURCE, other]);
    check(Provider {
        jwt: Jwt::auth0("example.eu.auth0.com"),
        auth: |auth| auth.scopes(["files:read", "files:write"]),
        header: json!({ "typ": "at+jwt" }),
        seen: "auth0|65b0c1d2e3f4a5b6c7d8e9f0 kY2mT0y5kq8pQm3vWn6xZr9bHc4dLf1s openid,profile,files:read,offline_access,files:write",
        bad: vec![
            json!({ "aud": "https://example.eu.auth0.com/userinfo" }),
            json!({ "aud": ["https://example.eu.auth0.com/userinfo"] }),
            json!({ "aud": audience("https://another.eu.auth0.com/userinfo") }),
            json!({ "aud": audience("https://other.example.com/") }),
            json!({ "iss": "https://example.eu.auth0.com" }),
            json!({ "nonce": "of an ID token", "aud": "kY2mT0y5kq8pQm3vWn6xZr9bHc4dLf1s" }),
        ],
        claims,
    })
    .await;
}

#[tokio::test]
async fn tokens_of_keycloak() {
    let claims = json!({
        "exp": LATER, "iat": NOW - 300, "auth_time": NOW - 301,
        "jti": "onrtac:8d9a4c1e-6f6b-4b0e-9a5f-2f7a9d1c3b5e",
        "iss": "https://id.example.com/realms/tools",
        // The second one is Keycloak itself, for whoever may manage the account.
        "aud": [RESOURCE, "account"],
        "sub": "c0a8f3d2-7b1e-4e3f-8d6a-1f2e3d4c5b6a", "typ": "Bearer", "azp": "chat-app",
        "sid": "9f8e7d6c-5b4a-4c3d-9e2f-1a0b9c8d7e6f", "acr": "1",
        "allowed-origins": ["https://app.example.com"],
        "realm_access": { "roles": ["offline_access", "uma_authorization"] },
        "resource_access": { "account": { "roles": ["manage-account", "view-profile"] } },
        "scope": "openid email files:read", "email_verified": true, "preferred_username": "ada",
    });
    check(Provider {
        jwt: Jwt::keycloak("https://id.example.com/realms/tools"),
        auth: |auth| auth.scopes(["files:read"]),
        header: json!({ "typ": "JWT" }),
        seen: "c0a8f3d2-7b1e-4e3f-8d6a-1f2e3d4c5b6a chat-app openid,email,files:read",
        bad: vec![
            json!({ "aud": "account" }),
            json!({ "aud": [RESOURCE, "other-server"] }),
            json!({ "iss": "https://id.example.com/realms/other" }),
            json!({ "typ": "ID", "aud": "chat-app" }),
            json!({ "typ": "Refresh" }),
            json!({ "typ": "Logout" }),
        ],
        claims,
    })
    .await;
}

#[tokio::test]
async fn tokens_of_cognito() {
    let claims = json!({
        "sub": "b2c4d6e8-90a1-70b3-c5d7-e9f1a3b5c7d9",
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
        "version": 2, "client_id": "3n4b5urk1ft4fl3mg5e62d9ado",
        "origin_jti": "a1b2c3d4-0000-4e5f-8a9b-0c1d2e3f4a5b", "event_id": "11111111-2222-4333-8444-555555555555",
        "token_use": "access", "scope": "files/read openid", "auth_time": NOW - 301,
        "exp": LATER, "iat": NOW - 300, "jti": "99999999-8888-4777-8666-555555555555", "username": "ada",
    });
    check(Provider {
        jwt: Jwt::cognito("eu-west-1", "eu-west-1_AbCdEfGhI"),
        auth: |auth| auth.audience("3n4b5urk1ft4fl3mg5e62d9ado").scopes(["files/read"]),
        header: json!({}),
        seen: "b2c4d6e8-90a1-70b3-c5d7-e9f1a3b5c7d9 3n4b5urk1ft4fl3mg5e62d9ado files/read,openid",
        bad: vec![
            json!({ "client_id": "of-another-app" }),
            json!({ "client_id": null, "aud": "3n4b5urk1ft4fl3mg5e62d9ado", "token_use": "id" }),
            json!({ "token_use": "id" }),
            json!({ "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Another" }),
        ],
        claims,
    })
    .await;
}
