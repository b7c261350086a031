//! Authorization: who may call, and what. A server with [`Auth`] is a resource server of OAuth 2.1:
//! it takes tokens that others grant, and says where clients get them.
//!
//! ```no_run
//! use mcp_wasm::{
//!     native::{self, Options, auth::{Auth, Rejected, Verifier}},
//!     server::{NoArguments, Principal, Server, Tool},
//! };
//!
//! struct Tokens;
//!
//! impl Verifier for Tokens {
//!     async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
//!         # let _ = token;
//!         Err(Rejected::Invalid) // Look it up.
//!     }
//! }
//!
//! # async fn example(listener: tokio::net::TcpListener) -> std::io::Result<()> {
//! let auth = Auth::new("https://mcp.example.com/mcp")
//!     .verifier(Tokens)
//!     .issuer("https://auth.example.com")
//!     .scopes(["files:read"])
//!     .tickets(true);
//! let delete = Tool::new("delete", "Deletes a file").scopes(["files:write"]);
//! let server = Server::builder("Files", "1.0.0")
//!     .tool_with(delete, |_: NoArguments, _| async { "deleted" })
//!     .build();
//! let allowed_hosts = vec!["mcp.example.com".to_owned()];
//! let options = Options { auth: Some(auth), allowed_hosts, ..Options::default() };
//! native::serve(listener, server, options).await
//! # }
//! ```
//!
//! The order of checks is: host and origin, token, body, scopes. Sessions, the states of questions,
//! streams and tickets belong to the principal that began them.

#[cfg(any(feature = "auth-jwt", feature = "auth-fetch"))]
mod discovery;
#[cfg(feature = "auth-fetch")]
mod fetch;
#[cfg(any(feature = "auth-jwt", feature = "auth-fetch"))]
mod fetched;
mod gate;
mod introspection;
#[cfg(feature = "auth-fetch")]
mod introspector;
#[cfg(feature = "auth-jwt")]
mod jwt;
#[cfg(feature = "auth-jwt")]
mod keys;
mod limit;
mod metadata;
mod tickets;
mod verifier;

use std::{fmt, sync::Arc};

#[cfg(feature = "auth-jwt")]
pub use fetched::Fetched;
pub(super) use gate::Gate;
pub use introspection::Introspection;
#[cfg(feature = "auth-jwt")]
pub use jwt::Jwt;
pub use verifier::{Rejected, Verifier};

use crate::{server::Covers, types::is_scope};
use verifier::AnyVerifier;

/// Who may call, and what: for [`Options::auth`](super::Options::auth).
///
/// Without a [`verifier`](Self::verifier), no token is any good.
#[derive(Clone)]
pub struct Auth {
    resource: String,
    verifier: Option<Arc<dyn AnyVerifier>>,
    issuers: Vec<String>,
    scopes: Vec<String>,
    audience: Vec<String>,
    only_audience: bool,
    covers: Option<Arc<Covers>>,
    hides: bool,
    tickets: bool,
}

impl Auth {
    /// For the server at this address, which is the resource that tokens are for. It stays as it is
    /// written: neither a slash nor anything else is added, and no request can change it.
    ///
    /// # Panics
    /// If it is no address with `http:` or `https:`, or has a query, a fragment or a user.
    pub fn new(resource: impl Into<String>) -> Self {
        let resource = resource.into();
        assert!(Self::is_resource(&resource), "`{resource}` is no address of a resource");
        Self {
            resource,
            verifier: None,
            issuers: Vec::new(),
            scopes: Vec::new(),
            audience: Vec::new(),
            only_audience: true,
            covers: None,
            hides: false,
            tickets: false,
        }
    }

    /// Whether this is the address of a resource: with `http:` or `https:`, and neither a query nor a
    /// fragment nor a user.
    pub fn is_resource(text: &str) -> bool {
        metadata::parts(text).is_some()
    }

    /// Sets who says whose a token is, and names its [`issuers`](Verifier::issuers) to clients.
    #[must_use]
    pub fn verifier(mut self, verifier: impl Verifier) -> Self {
        self.issuers.extend(verifier.issuers());
        self.verifier = Some(Arc::new(verifier));
        self
    }

    /// Names an authorization server to clients, spelled as its own metadata spells `issuer`.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Sets the scopes that every request needs, and that clients are told to ask for first: the
    /// least that the server is of use with. Others are required by
    /// [`Tool::scopes`](crate::types::Tool::scopes) and
    /// [`Context::require_scopes`](crate::server::Context::require_scopes), and asked for when it
    /// comes to that.
    ///
    /// # Panics
    /// If one is no scope of RFC 6749, or is `offline_access`, which is between a client and its
    /// authorization server.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        for scope in &self.scopes {
            assert!(
                is_scope(scope) && scope != "offline_access",
                "`{scope}` is no scope to ask for"
            );
        }
        self
    }

    /// Takes tokens that name the resource in this way as well: `api://…` of Entra ID, or a client id.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Whether tokens may name other resources beside this one: false.
    #[must_use]
    pub fn foreign_audiences(mut self, may: bool) -> Self {
        self.only_audience = !may;
        self
    }

    /// Says which scopes cover others, beyond that each covers itself: gets those that are granted,
    /// and one that is needed.
    ///
    /// ```
    /// # use mcp_wasm::native::auth::Auth;
    /// let auth = Auth::new("https://mcp.example.com/mcp").covers(|granted, needed| {
    ///     granted.iter().any(|scope| scope == "admin") && needed.starts_with("files:")
    /// });
    /// ```
    #[must_use]
    pub fn covers(
        mut self,
        covers: impl Fn(&[String], &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.covers = Some(Arc::new(covers));
        self
    }

    /// Whether lists leave out the tools, prompts, resources and templates of which the caller lacks
    /// [`scopes`](crate::types::Tool::scopes): false, so that a client sees what it could ask for. Who
    /// calls one of them by its name all the same is told which scopes it takes.
    ///
    /// Lists are then private to their caller for whoever keeps them, for as long as
    /// [`list_lifetime`](crate::server::ServerBuilder::list_lifetime) allows: clients with a new token
    /// do well to ask again.
    ///
    /// ```
    /// # use mcp_wasm::native::auth::Auth;
    /// let auth = Auth::new("https://mcp.example.com/mcp").scopes(["files:read"]).hides(true);
    /// ```
    #[must_use]
    pub fn hides(mut self, hides: bool) -> Self {
        self.hides = hides;
        self
    }

    /// Whether pages may get tickets for a `WebSocket`, which cannot carry a token: at `/ticket` below the
    /// endpoint, for 30 seconds and one connection of the same origin. False by default.
    #[must_use]
    pub fn tickets(mut self, gives: bool) -> Self {
        self.tickets = gives;
        self
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Auth")
            .field("resource", &self.resource)
            .field("issuers", &self.issuers)
            .field("scopes", &self.scopes)
            .field("tickets", &self.tickets)
            .finish_non_exhaustive()
    }
}
