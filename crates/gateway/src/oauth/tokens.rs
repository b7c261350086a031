//! The token endpoint: codes and refresh tokens in, access tokens out.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

use super::{client::Client, kept::now, requests::post};

/// What a log-in has brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<String>,
    /// When it ends, in seconds since 1970, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// How many seconds before that it is renewed.
    #[serde(default)]
    pub early: u64,
}

impl Tokens {
    /// Whether it is time for new ones.
    pub fn is_old(&self) -> bool {
        self.expires.is_some_and(|until| until <= now() + self.early)
    }
}

/// Why there are no tokens.
#[derive(Debug)]
pub enum Refused {
    /// The code or the refresh token is no good any more.
    Ended(String),
    /// The client is none any more.
    Forgotten(String),
    /// It may go well another time.
    Transient(String),
    /// Anything else.
    Other(String),
}

impl Refused {
    /// In words.
    pub fn why(self) -> String {
        let (Self::Ended(why) | Self::Forgotten(why) | Self::Transient(why) | Self::Other(why)) =
            self;
        why
    }
}

/// Gives a token back, so that it is none any more (RFC 7009).
///
/// # Errors
/// In words, why it may be one still.
pub async fn revoke(
    endpoint: &str,
    client: &Client,
    token: &str,
    kind: &str,
) -> Result<(), String> {
    let mut form = vec![("token", token.to_owned()), ("token_type_hint", kind.to_owned())];
    let header = client.sign(&mut form);
    let headers: Vec<_> = header.map(|header| ("authorization", header)).into_iter().collect();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let answer = post(endpoint, "application/x-www-form-urlencoded", &headers, body).await;
    if answer.status == Some(200) { Ok(()) } else { Err(answer.why()) }
}

/// Asks for tokens.
pub async fn ask(
    issuer: &str,
    endpoint: &str,
    client: &Client,
    mut form: Vec<(&'static str, String)>,
) -> Result<Tokens, Refused> {
    let before =
        form.iter().find(|(name, _)| *name == "refresh_token").map(|(_, text)| text.clone());
    let header = client.sign(&mut form);
    let headers: Vec<_> = header.map(|header| ("authorization", header)).into_iter().collect();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let answer = post(endpoint, "application/x-www-form-urlencoded", &headers, body).await;
    let error = answer.text("error").map(str::to_owned);
    let why =
        |answer: &super::requests::Answer| format!("{issuer} gives no tokens ({})", answer.why());
    if answer.is_transient() && error.is_none() {
        return Err(Refused::Transient(format!("{}; try again later", why(&answer))));
    }
    match error.as_deref() {
        Some("invalid_grant") => return Err(Refused::Ended(why(&answer))),
        Some("invalid_client" | "unauthorized_client") => {
            return Err(Refused::Forgotten(why(&answer)));
        }
        Some(_) => return Err(Refused::Other(why(&answer))),
        None => {}
    }
    let is_bearer =
        answer.text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    let access = answer.text("access_token").filter(|_| is_bearer && answer.status == Some(200));
    // It goes into a header.
    let access =
        access.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let Some(access) = access else {
        let kind = answer.text("token_type").map(|kind| format!("a token of the type {kind:?}"));
        let kind = kind.unwrap_or_else(|| answer.why());
        return Err(Refused::Other(format!("{issuer} gives no tokens that can be used ({kind})")));
    };
    let life = answer.json.as_ref().and_then(|json| match json.get("expires_in")? {
        Value::String(text) => text.parse::<f64>().ok(),
        number => number.as_f64(),
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it saturates
    let life = life.map(|life| life.max(0.0) as u64);
    let refresh = answer.text("refresh_token").map(str::to_owned).or(before);
    Ok(Tokens {
        access: access.to_owned(),
        refresh,
        expires: life.map(|life| now().saturating_add(life)),
        early: life.map_or(0, |life| (life / 10).min(30)),
    })
}
