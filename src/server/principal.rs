//! Who calls.

use serde_json::Value;

/// Who calls, as far as the application found out: put into the extensions of a request by its own
/// middleware, and read by [`Context::principal`](super::Context::principal).
///
/// What a client may come back to belongs to the principal that began it: sessions, their streams
/// and the states of questions are unknown to everybody else.
///
/// ```
/// use mcp_wasm::server::Principal;
///
/// let alice = Principal::new("alice").issuer("https://auth.example.com").scopes(["files:read"]);
/// assert!(alice.has_scope("files:read"));
/// assert!(alice.is(&Principal::new("alice").issuer("https://auth.example.com")));
/// assert!(!alice.is(&Principal::new("alice")));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Principal {
    /// Who says so, and where `subject` is unique: the issuer of a token.
    pub issuer: Option<String>,
    /// The person or the program.
    pub subject: String,
    /// The program that acts for the subject, where that is known.
    pub client: Option<String>,
    /// What it may do. These may change while it remains the same principal.
    pub scopes: Vec<String>,
    /// The resources that its token is for. Empty if that is not known, or was checked already.
    pub audience: Vec<String>,
    /// When its token ends, in seconds since 1970. What is open then ends too.
    pub expires: Option<f64>,
    /// Everything else that is said about it: the claims of a token.
    pub claims: Value,
}

impl Principal {
    /// A principal of that name, which is unique among those of the application.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            issuer: None,
            subject: subject.into(),
            client: None,
            scopes: Vec::new(),
            audience: Vec::new(),
            expires: None,
            claims: Value::Null,
        }
    }

    /// Sets who says so.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Sets the program that acts for the subject.
    #[must_use]
    pub fn client(mut self, client: impl Into<String>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// Sets what it may do.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the resources that its token is for.
    #[must_use]
    pub fn audience(mut self, audience: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// Sets when its token ends, in seconds since 1970.
    #[must_use]
    pub fn expires(mut self, seconds: f64) -> Self {
        self.expires = Some(seconds);
        self
    }

    /// Sets what else is said about it.
    #[must_use]
    pub fn claims(mut self, claims: Value) -> Self {
        self.claims = claims;
        self
    }

    /// Whether it may do this.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    /// Whether both are the same, whatever they may do: issuer, subject and client are.
    pub fn is(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    /// What makes it itself.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            client: self.client.clone(),
        }
    }
}

/// What makes a principal itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    issuer: Option<String>,
    subject: String,
    client: Option<String>,
}
