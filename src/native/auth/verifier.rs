//! Who a token belongs to.

use std::{future::Future, pin::Pin, time::Duration};

use crate::server::Principal;

/// Finds out who a token belongs to, and whether it is any good: [`Auth`](super::Auth) asks for every
/// request.
///
/// ```
/// use mcp_wasm::{native::auth::{Rejected, Verifier}, server::Principal};
///
/// struct OneToken(String);
///
/// impl Verifier for OneToken {
///     async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
///         // Real ones compare in constant time, or ask somebody.
///         if token == self.0 { Ok(Principal::new("the owner")) } else { Err(Rejected::Invalid) }
///     }
/// }
/// ```
pub trait Verifier: Send + Sync + 'static {
    /// Whose token this is. If the principal names an audience, that has to be this resource, or one
    /// of [`Auth::audience`](super::Auth::audience); one without an audience is taken as it is. What
    /// it has open ends when it [expires](Principal::expires).
    ///
    /// # Errors
    /// The token is no good, or that cannot be found out now.
    fn verify(&self, token: &str) -> impl Future<Output = Result<Principal, Rejected>> + Send;

    /// The authorization servers that grant such tokens, each spelled as its own metadata spells
    /// `issuer`: clients are sent there. None by default; see also
    /// [`Auth::issuer`](super::Auth::issuer).
    fn issuers(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It is no good. Clients learn no more than that.
    Invalid,
    /// It cannot be found out now: clients are told to try again (503).
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

/// A verifier of any type.
pub(super) trait AnyVerifier: Send + Sync {
    fn verify<'a>(
        &'a self,
        token: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Principal, Rejected>> + Send + 'a>>;
}

impl<V: Verifier> AnyVerifier for V {
    fn verify<'a>(
        &'a self,
        token: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Principal, Rejected>> + Send + 'a>> {
        Box::pin(Verifier::verify(self, token))
    }
}
