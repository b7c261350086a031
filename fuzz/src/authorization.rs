//! What a server is shown and told about authorization: `Authorization` fields, JWTs and the keys that
//! check them, answers about tokens, and what issuers say about themselves. Nothing is let in that an
//! independent reading of the same bytes does not find to be good, and nobody is asked but who may be.

use std::cell::RefCell;
use std::future::Future;
use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use mcp_wasm::http::server::{NoToken, bearer, challenge};
use mcp_wasm::native::auth::{Fetched, Introspection, Jwt, Rejected, Verifier};
use mcp_wasm::server::Principal;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::bytes::Bytes;

const ISSUER: &str = "https://auth.example";
const NOW: f64 = 1_000_000.0;
/// Seconds by which clocks may differ.
const LEEWAY: f64 = 60.0;

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().build().expect("a runtime"));
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with_borrow(|runtime| runtime.block_on(future))
}

/// An `Authorization` field, and the texts of a challenge.
pub fn header(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match bearer(text) {
        Ok(token) => {
            assert!(!token.is_empty() && token.is_ascii() && text.trim().ends_with(token));
            assert!(!token.contains([' ', ',', '"', ';', ':', '\t', '\r', '\n']), "{text:?}");
            assert!(text.trim()[..6].eq_ignore_ascii_case("bearer"), "{text:?}");
            assert_eq!(bearer(&format!("BEARER  {token} ")), Ok(token));
        }
        Err(NoToken::OtherScheme) => {
            let scheme = text.trim().split(' ').next().unwrap_or_default();
            assert!(!scheme.eq_ignore_ascii_case("bearer"), "{text:?}");
        }
        Err(NoToken::Malformed) => {
            assert!(text.trim()[..6].eq_ignore_ascii_case("bearer"), "{text:?}");
        }
    }
    let written = challenge(Some("invalid_token"), text, Some(text));
    assert!(written.bytes().all(|byte| matches!(byte, b' '..=b'~')), "it is one line: {written}");
    // The quotes pair off: whoever reads it finds three values, whatever is in them.
    let (mut open, mut escaped, mut values) = (false, false, 0);
    for c in written.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if open => escaped = true,
            '"' => {
                values += usize::from(open);
                open = !open;
            }
            _ => {}
        }
    }
    assert!(!open && (values == 3 || values == 1), "{written}");
}

/// A key, and what it is called.
fn key() -> (EncodingKey, Value) {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([7; 32]);
    let private = EncodingKey::from_ed_der(&der);
    let public = Jwk::from_encoding_key(&private, Algorithm::EdDSA).expect("a key");
    let mut public = serde_json::to_value(public).expect("JSON");
    public["kid"] = json!("one");
    (private, public)
}

/// A JWT: its header and its claims are the lines of the input, and it is signed by the right key. A third
/// line is the set of keys, if there is one. And the input as it is.
pub fn jwt(bytes: &[u8]) {
    let (private, public) = key();
    let verifier = |set: &Value| Jwt::issuer(ISSUER).jwks(set).clock(|| NOW);
    let good = verifier(&json!({ "keys": [public] }));
    let Ok(text) = str::from_utf8(bytes) else { return };
    // Nobody but the holder of the key can have signed that.
    assert_eq!(wait(good.verify(text)), Err(Rejected::Invalid), "{text:?}");
    let mut lines = text.splitn(3, '\n');
    let (Some(header), Some(claims)) = (lines.next(), lines.next()) else { return };
    let message = [BASE64.encode(header), BASE64.encode(claims)].join(".");
    // A signature takes its time: what nobody would look at gets none.
    let named: Option<Value> = serde_json::from_str(header).ok();
    let is_looked_at =
        named.is_some_and(|header| header["alg"] == "EdDSA" && header["typ"] != "JWT");
    let sign = || jsonwebtoken::crypto::sign(message.as_bytes(), &private, Algorithm::EdDSA);
    let signature = if is_looked_at { sign().expect("a signature") } else { "AAAA".to_owned() };
    let token = [message.as_str(), &signature].join(".");
    let Ok(principal) = wait(good.verify(&token)) else { return };
    assert!(is_looked_at, "{header}");
    check_header(header);
    check_claims(claims, &principal);
    // Some bits of it are another's.
    let forged =
        [&token[..token.len() - 2], if token.ends_with("AA") { "QA" } else { "AA" }].concat();
    assert_eq!(wait(good.verify(&forged)), Err(Rejected::Invalid));
    if let Some(set) = lines.next().and_then(|set| serde_json::from_str(set).ok()) {
        let found = wait(verifier(&set).verify(&token));
        let has_key = set.to_string().contains(public["x"].as_str().expect("a text"));
        assert!(found.is_err() || has_key, "{set}");
    }
}

fn check_header(header: &str) {
    let header: Value = serde_json::from_str(header).expect("a header is JSON");
    assert_eq!(header["alg"], "EdDSA", "{header}");
    assert!(header.get("crit").is_none_or(Value::is_null), "{header}");
    let kind = header["typ"].as_str().expect("a type").to_ascii_lowercase();
    assert!(kind == "at+jwt" || kind == "application/at+jwt", "{header}");
}

fn check_claims(claims: &str, principal: &Principal) {
    let claims: Value = serde_json::from_str(claims).expect("claims are JSON");
    assert_eq!(claims["iss"], ISSUER, "{claims}");
    assert!(claims["exp"].as_f64().is_some_and(|end| end + LEEWAY > NOW), "{claims}");
    assert!(
        claims.get("nbf").is_none_or(|begin| begin.as_f64().is_some_and(|it| it - LEEWAY <= NOW))
    );
    for foreign in ["cnf", "nonce", "at_hash", "c_hash"] {
        assert!(claims.get(foreign).is_none(), "{claims}");
    }
    check_principal(&claims, principal);
}

fn check_principal(claims: &Value, principal: &Principal) {
    assert_eq!(claims["sub"], principal.subject.as_str(), "{claims}");
    assert!(!principal.subject.is_empty() && !principal.audience.is_empty(), "{claims}");
    assert_eq!(principal.issuer.as_deref(), Some(ISSUER));
    assert!(principal.scopes.iter().all(|scope| !scope.is_empty() && !scope.contains(' ')));
    assert!(principal.expires.is_none_or(|end| end > NOW), "{claims}");
}

/// An answer about a token.
pub fn introspection(bytes: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<Value>(bytes) else { return };
    let own = answer.clone();
    let tokens = Introspection::new(ISSUER, move |_| {
        let answer = answer.clone();
        async move { Ok(answer) }
    })
    .clock(|| NOW);
    let first = wait(tokens.verify("a token"));
    assert_eq!(wait(tokens.verify("a token")), first, "what is kept is what was said");
    match first {
        Ok(principal) => {
            assert_eq!(own["active"], true, "{own}");
            assert!(
                own.get("iss").is_none_or(|issuer| issuer == ISSUER || !issuer.is_string()),
                "{own}"
            );
            assert!(own.get("cnf").is_none(), "{own}");
            assert!(
                own.get("exp").is_none_or(|end| end.as_f64().is_some_and(|end| end > NOW)),
                "{own}"
            );
            check_principal(&own, &principal);
        }
        Err(why) => assert_eq!(why, Rejected::Invalid),
    }
}

/// What an issuer says about itself: the first byte says at which of its places, the rest is the document.
/// Nobody else is believed, and keys come by `https:` only.
pub fn issuer(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let name = *input.pick(&[ISSUER, "https://auth.example/t", "https://auth.example/t/"]);
    let place = input.below(3);
    let document = String::from_utf8_lossy(input.0).into_owned();
    let said: Option<Value> = serde_json::from_str(&document).ok();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&asked);
    let jwt = Jwt::issuer(name).clock(|| NOW).fetch(move |url| {
        let mut seen = seen.lock().expect("nobody panics");
        let own = seen.len() == place;
        seen.push(url);
        let body = document.clone();
        async move {
            if own {
                Ok(Fetched { body, max_age: None })
            } else {
                Err(std::io::Error::other("none"))
            }
        }
    });
    let header = BASE64.encode(r#"{"alg":"EdDSA","typ":"at+jwt","kid":"one"}"#);
    let outcome = wait(jwt.verify(&[&header, "e30", "AAAA"].join(".")));
    assert!(outcome.is_err());
    let asked = asked.lock().expect("nobody panics");
    // Its own places, in their order, and then one that it names, if anything.
    let path = name[ISSUER.len()..].trim_end_matches('/');
    let mut places = vec![
        format!("{ISSUER}/.well-known/oauth-authorization-server{path}"),
        format!("{ISSUER}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{ISSUER}{path}/.well-known/openid-configuration"));
    }
    let own = asked.iter().zip(&places).take_while(|(asked, place)| asked == place).count();
    assert!(own >= 1 && asked.len() <= own + 1, "{asked:?}");
    if let Some(keys) = asked.get(own) {
        let said = said.expect("who names keys speaks JSON");
        assert_eq!(own, place + 1, "{asked:?}");
        assert_eq!(said["issuer"], name, "{said}");
        assert_eq!(said["jwks_uri"], keys.as_str(), "{said}");
        assert!(keys.starts_with("https://"), "{keys}");
    }
}
