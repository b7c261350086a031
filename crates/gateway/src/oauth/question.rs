//! A log-in under way: what is asked in a browser, and what is made of the answer.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    Login,
    addresses::is_same_issuer,
    challenge::{Challenge, add},
    client::{self, Client, identify},
    discovery::{discover, scopes},
    kept::{Session, now},
    tokens::{self, Refused},
};

/// How long an answer may take, in seconds.
const LIFE: u64 = 600;
/// Log-ins that may be under way; beyond that the oldest gives way.
const MOST: usize = 64;

/// What is kept of a question until its answer comes.
struct Question {
    login: Arc<Login>,
    state: String,
    verifier: String,
    time: u64,
    issuer: String,
    /// Whether the answer has to name the issuer.
    is_signed: bool,
    endpoint: String,
    revocation: Option<String>,
    client: Client,
    resource: String,
    scopes: Vec<String>,
}

/// The log-ins that are under way.
#[derive(Default)]
pub struct Logins(Mutex<VecDeque<Question>>);

/// A text that nobody can guess: 256 bits.
fn random() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| "the system has no random numbers".to_owned())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl Logins {
    /// Begins a log-in: the address to be opened in a browser.
    ///
    /// # Errors
    /// In words, why nobody can log in, and what to do.
    pub async fn begin(&self, login: &Arc<Login>) -> Result<String, String> {
        let (question, url) = ask(login).await?;
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST {
            open.pop_front();
        }
        open.push_back(question);
        Ok(url)
    }

    /// Ends a log-in with what its answer says, and returns the server's name.
    ///
    /// # Errors
    /// In words, why it did not come about.
    pub async fn finish(&self, answer: &HashMap<String, String>) -> Result<String, String> {
        let foreign =
            "the answer belongs to no log-in that is under way, or came too late: log in again";
        let state = answer.get("state").ok_or(foreign)?;
        let question = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|question| question.time + LIFE > now());
            let at = open.iter().position(|question| question.state == *state).ok_or(foreign)?;
            // An answer is taken once.
            open.remove(at).ok_or(foreign)?
        };
        let code = judge(&question, answer)?;
        grant(question, code).await
    }
}

async fn ask(login: &Arc<Login>) -> Result<(Question, String), String> {
    let challenge = login.lock().clone().unwrap_or_default();
    let redirect = login.place.redirect.clone();
    let before = login.session();
    let is_known = |issuer: &str| {
        before.as_ref().is_some_and(|session| is_same_issuer(&session.issuer, issuer))
            || login.kept.client(&client::key(issuer, &redirect)).is_some()
    };
    let Challenge { metadata: named, scopes: challenged, .. } = challenge;
    let (about, metadata) = discover(&login.server, named.as_deref(), is_known).await?;
    let issuer = metadata.issuer.clone();
    let mut wanted = Vec::new();
    let before = before.filter(|session| is_same_issuer(&session.issuer, &issuer));
    let earlier = before.map(|session| session.scopes).unwrap_or_default();
    for scope in earlier.iter().chain(&login.wish.scopes).chain(&challenged) {
        add(&mut wanted, scope);
    }
    let scopes = scopes(wanted, about.as_ref());
    let given = login.wish.client.as_ref();
    let client = identify(&metadata, given, &redirect, &scopes, &login.kept).await?;
    let resource = about.map_or_else(|| login.server.to_string(), |about| about.name);
    let (state, verifier) = (random()?, random()?);
    let offline = metadata.scopes.iter().any(|scope| scope == "offline_access");
    let mut asked = scopes.clone();
    if offline {
        add(&mut asked, "offline_access");
    }
    let mut url = metadata.authorization;
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &redirect)
            .append_pair("state", &state)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)))
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &resource);
        if !asked.is_empty() {
            query.append_pair("scope", &asked.join(" "));
        }
        if offline {
            // Servers of OpenID drop the scope without it, and say nothing.
            query.append_pair("prompt", "consent");
        }
    }
    let question = Question {
        login: Arc::clone(login),
        state,
        verifier,
        time: now(),
        issuer,
        is_signed: metadata.is_signed,
        endpoint: metadata.token.to_string(),
        revocation: metadata.revocation.map(|url| url.to_string()),
        client,
        resource,
        scopes,
    };
    Ok((question, url.to_string()))
}

/// The code in an answer, once it is known to be the answer to this question.
fn judge<'a>(question: &Question, answer: &'a HashMap<String, String>) -> Result<&'a str, String> {
    let issuer = &question.issuer;
    let is_right = match answer.get("iss") {
        Some(named) => named == issuer,
        None => !question.is_signed,
    };
    if !is_right {
        return Err(format!("the answer is not from {issuer}: nothing was made of it"));
    }
    match (answer.get("error"), answer.get("code")) {
        (None, Some(code)) => Ok(code),
        (error, _) => {
            let why = answer.get("error_description").or(error);
            let why = why.map_or("there is no code", String::as_str);
            let why: String = why.chars().take(300).collect();
            Err(format!("{issuer} did not log in: {why}"))
        }
    }
}

/// Tokens for a code, kept.
async fn grant(question: Question, code: &str) -> Result<String, String> {
    let Question {
        login, verifier, issuer, endpoint, revocation, client, resource, scopes, ..
    } = question;
    let redirect = login.place.redirect.clone();
    let form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", redirect.clone()),
        ("code_verifier", verifier),
        ("resource", resource.clone()),
    ];
    let tokens = match tokens::ask(&issuer, &endpoint, &client, form).await {
        Ok(tokens) => tokens,
        Err(refused) => {
            if matches!(refused, Refused::Forgotten(_)) {
                login.kept.change(|all| drop(all.clients.remove(&client::key(&issuer, &redirect))));
            }
            return Err(refused.why());
        }
    };
    let session =
        Session { issuer, endpoint, revocation, client, redirect, resource, scopes, tokens };
    login.save(session);
    *login.lock() = None;
    tracing::info!(server = login.name, "logged in");
    login.changes.send_replace(());
    Ok(login.name.clone())
}

impl std::fmt::Debug for Logins {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Logins")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::{Kept, Place, Wish};

    fn question(is_signed: bool) -> Question {
        let place = Arc::new(Place::at("http://127.0.0.1:1"));
        let kept = Arc::new(Kept::default());
        let login =
            Login::new("it", "https://a.example/mcp", Wish::default(), place, kept).unwrap();
        let client = Client { id: "me".into(), secret: None, method: "none".into(), expires: None };
        Question {
            login: Arc::new(login),
            state: "s".into(),
            verifier: "v".into(),
            time: now(),
            issuer: "https://login.example".into(),
            is_signed,
            endpoint: "https://login.example/token".into(),
            revocation: None,
            client,
            resource: "https://a.example".into(),
            scopes: Vec::new(),
        }
    }

    fn answer(parts: &[(&str, &str)]) -> HashMap<String, String> {
        parts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn an_answer_counts_only_if_it_is_from_who_was_asked() {
        let good = answer(&[("code", "c"), ("iss", "https://login.example")]);
        assert_eq!(judge(&question(true), &good), Ok("c"));
        assert_eq!(judge(&question(false), &answer(&[("code", "c")])), Ok("c"));
        for bad in [
            answer(&[("code", "c")]),
            answer(&[("code", "c"), ("iss", "https://login.example/")]),
            answer(&[("code", "c"), ("iss", "https://evil.example")]),
        ] {
            assert!(judge(&question(true), &bad).unwrap_err().contains("is not from"), "{bad:?}");
        }
        // What somebody else writes is not shown.
        let foreign = answer(&[
            ("error", "x"),
            ("error_description", "call 555"),
            ("iss", "https://evil.example"),
        ]);
        assert!(!judge(&question(true), &foreign).unwrap_err().contains("555"));
        let denied = answer(&[("error", "access_denied"), ("iss", "https://login.example")]);
        assert!(judge(&question(true), &denied).unwrap_err().contains("access_denied"));
    }

    #[tokio::test]
    async fn an_answer_to_no_question_is_refused_and_so_is_a_second_one() {
        let logins = Logins::default();
        for parts in [vec![], vec![("state", "t"), ("code", "c")]] {
            let why = logins.finish(&answer(&parts)).await.unwrap_err();
            assert!(why.contains("no log-in that is under way"), "{why}");
        }
        logins.0.lock().unwrap().push_back(question(true));
        let first = answer(&[("state", "s"), ("code", "c"), ("iss", "https://evil.example")]);
        assert!(logins.finish(&first).await.unwrap_err().contains("is not from"));
        let second = answer(&[("state", "s"), ("code", "c"), ("iss", "https://login.example")]);
        assert!(logins.finish(&second).await.unwrap_err().contains("no log-in"));
        let old = Question { time: now() - LIFE, ..question(false) };
        logins.0.lock().unwrap().push_back(old);
        assert!(logins.finish(&second).await.unwrap_err().contains("no log-in"));
    }
}
