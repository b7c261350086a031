//! Log-ins at servers on the web that want one (OAuth 2.1): found out where and as whom, carried out
//! in the browser of whoever runs the gateway, and kept. All of its clients use them, as they use
//! the servers: they all know the gateway's token.

mod addresses;
mod challenge;
mod client;
mod discovery;
mod kept;
mod question;
mod requests;
mod tokens;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcp_wasm::transport::{Authorize, Denial, Later, Remedy};
use tokio::sync::watch;
use url::Url;

use challenge::{Challenge, add};
pub use client::Given;
pub use kept::Kept;
use kept::Session;
pub use question::Logins;
use tokens::Refused;

/// Where the gateway is.
#[derive(Debug)]
pub struct Place {
    /// Its page, as an error names it.
    pub page: String,
    /// Where log-ins come back to.
    pub redirect: String,
}

impl Place {
    /// The path of the address that log-ins come back to.
    pub const BACK: &str = "/oauth/callback";

    /// The place of a gateway at this address, such as `http://127.0.0.1:8040`.
    pub fn at(base: &str) -> Self {
        Self { page: format!("{base}/"), redirect: format!("{base}{}", Self::BACK) }
    }
}

/// What an entry says about its log-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// A client that was registered by hand.
    pub client: Option<Given>,
    /// The rights to ask for.
    pub scopes: Vec<String>,
    /// Whether it has a header `Authorization` of its own.
    pub is_fixed: bool,
}

/// How a log-in is doing, for whoever looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The server wants one.
    Needed,
    /// The server wants one with more rights.
    More,
    /// It is there.
    Done,
}

/// The log-in at one server.
#[derive(Debug)]
pub struct Login {
    /// What the server is called here.
    name: String,
    server: Url,
    wish: Wish,
    place: Arc<Place>,
    kept: Arc<Kept>,
    /// What the server wants that it has not got.
    needed: Mutex<Option<Challenge>>,
    /// One asks for new tokens at a time.
    renewing: tokio::sync::Mutex<()>,
    changes: watch::Sender<()>,
}

impl Login {
    /// The log-in at the server of that address.
    pub fn new(
        name: &str,
        url: &str,
        wish: Wish,
        place: Arc<Place>,
        kept: Arc<Kept>,
    ) -> Option<Self> {
        let mut server = Url::parse(url).ok()?;
        server.set_fragment(None);
        let safe = match server.scheme() {
            "wss" => "https",
            "ws" => "http",
            other => other,
        };
        // `set_scheme` does not turn a WebSocket's address into one of HTTP.
        let server =
            Url::parse(&format!("{safe}{}", server.as_str().get(server.scheme().len()..)?)).ok()?;
        Some(Self {
            name: name.to_owned(),
            server,
            wish,
            place,
            kept,
            needed: Mutex::default(),
            renewing: tokio::sync::Mutex::default(),
            changes: watch::Sender::new(()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Challenge>> {
        self.needed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<Session> {
        self.kept.session(self.server.as_str())
    }

    /// How it is doing, if there is anything to say.
    pub fn standing(&self) -> Option<Standing> {
        let is_there = self.session().is_some();
        match (&*self.lock(), is_there) {
            (Some(_), false) => Some(Standing::Needed),
            (Some(_), true) => Some(Standing::More),
            (None, true) => Some(Standing::Done),
            (None, false) => None,
        }
    }

    /// Tells of each new log-in.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Somebody has to log in; in words, what to do.
    fn need(&self, challenge: Challenge, has: bool) -> String {
        let what = if has {
            format!(
                "the server wants more rights than the log-in has ({})",
                challenge.scopes.join(" ")
            )
        } else {
            "the server wants a log-in".to_owned()
        };
        let page = &self.place.page;
        let text = format!(
            "{what}: open the gateway's page, {page}, and press \u{201c}Log in\u{201d}, or give the gateway what \
             the server wants, by --header 'Authorization: Bearer \u{2026}' or `headers` in mcp.json"
        );
        let before = self.lock().replace(challenge);
        if before.is_none() {
            tracing::warn!(server = self.name, "{text}");
        }
        text
    }

    /// Tokens instead of those that `old` is of, if there can be any.
    async fn renew(&self, old: &str) -> Result<Session, Refused> {
        let ended = || Refused::Ended("the log-in has ended".to_owned());
        let _alone = self.renewing.lock().await;
        let session = self.session().ok_or_else(ended)?;
        if session.tokens.access != old {
            return Ok(session);
        }
        let Some(refresh) = session.tokens.refresh.clone() else { return Err(ended()) };
        let form = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh),
            ("resource", session.resource.clone()),
        ];
        match tokens::ask(&session.issuer, &session.endpoint, &session.client, form).await {
            Ok(tokens) => {
                let session = Session { tokens, ..session };
                self.save(session.clone());
                Ok(session)
            }
            Err(refused) => {
                if matches!(refused, Refused::Ended(_) | Refused::Forgotten(_)) {
                    self.forget(&session, matches!(refused, Refused::Forgotten(_)));
                }
                Err(refused)
            }
        }
    }

    /// Forgets the log-in, and gives its tokens back where that can be done; false if there is none.
    pub async fn log_out(&self) -> bool {
        let session = {
            // Whoever renews it just now is done with that first.
            let _alone = self.renewing.lock().await;
            let Some(session) = self.session() else { return false };
            self.forget(&session, false);
            *self.lock() = None;
            session
        };
        let Some(endpoint) = &session.revocation else {
            tracing::info!(server = self.name, "logged out; its tokens end by themselves");
            return true;
        };
        let (access, refresh) = (Some(&session.tokens.access), session.tokens.refresh.as_ref());
        // The refresh token first: with it go, mostly, those that it has brought.
        for (token, kind) in [(refresh, "refresh_token"), (access, "access_token")] {
            if let Some(token) = token
                && let Err(why) = tokens::revoke(endpoint, &session.client, token, kind).await
            {
                let issuer = &session.issuer;
                tracing::warn!(server = self.name, "{issuer} does not take a token back ({why})");
            }
        }
        tracing::info!(server = self.name, "logged out");
        true
    }

    fn save(&self, session: Session) {
        let server = self.server.to_string();
        self.kept.change(|all| drop(all.sessions.insert(server, session)));
    }

    fn forget(&self, session: &Session, and_client: bool) {
        self.kept.change(|all| {
            all.sessions.remove(self.server.as_str());
            if and_client {
                all.clients.remove(&client::key(&session.issuer, &session.redirect));
            }
        });
    }

    /// Whether others than before grant tokens for the server by now.
    async fn has_moved(&self, challenge: &Challenge, session: &Session) -> bool {
        let named = challenge.metadata.as_deref();
        let about = discovery::resource(&self.server, named, &mut Vec::new()).await;
        let issuers = about.ok().flatten().map(|about| about.issuers).unwrap_or_default();
        let is_ours = |issuer: &String| addresses::is_same_issuer(issuer, &session.issuer);
        !issuers.is_empty() && !issuers.iter().any(is_ours)
    }

    async fn header(&self) -> Option<String> {
        if self.wish.is_fixed {
            return None;
        }
        let mut session = self.session()?;
        if session.tokens.is_old() {
            let old = session.tokens.access.clone();
            match self.renew(&old).await {
                Ok(renewed) => session = renewed,
                // The old one may still do.
                Err(Refused::Transient(_) | Refused::Other(_)) => {}
                Err(_) => return None,
            }
        }
        Some(format!("Bearer {}", session.tokens.access))
    }

    async fn remedy(&self, refusal: Denial) -> Remedy {
        let challenge = Challenge::of(&refusal.challenges);
        let is_short = challenge.error.as_deref() == Some("insufficient_scope");
        if self.wish.is_fixed {
            return match refusal.status {
                401 => Remedy::Explain(
                    "the server refuses the `Authorization` that the gateway was given, by --header or \
                     `headers` in mcp.json: it may have ended"
                        .to_owned(),
                ),
                _ => Remedy::None,
            };
        }
        let used = refusal.sent.as_deref().and_then(|sent| sent.strip_prefix("Bearer "));
        match (refusal.status, used, self.session()) {
            (403, _, Some(session)) if is_short => {
                let mut union = session.scopes.clone();
                challenge.scopes.iter().for_each(|scope| add(&mut union, scope));
                if union.len() == session.scopes.len() {
                    return Remedy::Explain(format!(
                        "the server wants rights ({}) that its log-in has been asked for already, and has not \
                         granted",
                        challenge.scopes.join(" ")
                    ));
                }
                Remedy::Explain(self.need(challenge, true))
            }
            (403, ..) => Remedy::None,
            // Somebody else has got new ones meanwhile.
            (_, used, Some(session))
                if !refusal.is_second && used != Some(&session.tokens.access) =>
            {
                Remedy::Retry
            }
            (_, Some(used), Some(session)) => {
                let why = if refusal.is_second {
                    "it refuses what has just been granted".to_owned()
                } else if self.has_moved(&challenge, &session).await {
                    "others grant its tokens by now".to_owned()
                } else {
                    match self.renew(used).await {
                        Ok(_) => return Remedy::Retry,
                        Err(Refused::Transient(why)) => return Remedy::Explain(why),
                        Err(refused) => refused.why(),
                    }
                };
                tracing::info!(server = self.name, "{why}");
                self.forget(&session, false);
                Remedy::Explain(self.need(challenge, false))
            }
            _ => Remedy::Explain(self.need(challenge, false)),
        }
    }
}

impl Authorize for Login {
    fn authorization(&self) -> Later<'_, Option<String>> {
        Box::pin(self.header())
    }

    fn refused(&self, refusal: Denial) -> Later<'_, Remedy> {
        Box::pin(self.remedy(refusal))
    }
}
