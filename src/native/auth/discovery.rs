//! What an issuer says about itself: RFC 8414, and how that is fetched.

use std::{future::Future, io, time::Duration};
#[cfg(feature = "auth-jwt")]
use std::{pin::Pin, sync::Arc};

use serde_json::Value;

#[cfg(feature = "auth-jwt")]
use super::fetched::Fetched;
use super::{fetched::LARGEST, metadata::parts};

#[cfg(feature = "auth-jwt")]
type Fetch =
    dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Fetched>> + Send>> + Send + Sync;

/// Where documents come from.
#[cfg(feature = "auth-jwt")]
#[derive(Clone, Default)]
pub(super) struct KeySource {
    /// The app's way.
    own: Option<Arc<Fetch>>,
    #[cfg(feature = "auth-fetch")]
    web: super::fetch::Fetcher,
}

#[cfg(feature = "auth-jwt")]
impl KeySource {
    pub(super) fn new<F, Fut>(fetch: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<Fetched>> + Send + 'static,
    {
        let own: Arc<Fetch> = Arc::new(move |address| Box::pin(fetch(address)));
        Self { own: Some(own), ..Self::default() }
    }

    #[cfg(feature = "auth-fetch")]
    pub(super) fn trust(&self, pem: &[u8]) {
        self.web.trust(pem);
    }

    pub(super) async fn get(&self, address: String) -> io::Result<Fetched> {
        if let Some(own) = &self.own {
            return own(address).await;
        }
        #[cfg(feature = "auth-fetch")]
        return self.web.get(&address).await;
        #[cfg(not(feature = "auth-fetch"))]
        Err(io::Error::other("`Jwt::fetch` is not set, and the feature `auth-fetch` is off"))
    }
}

/// A document that was fetched.
pub(super) fn document(body: &str) -> io::Result<Value> {
    if body.len() > LARGEST {
        return Err(io::Error::other("the answer is too large"));
    }
    Ok(serde_json::from_str(body)?)
}

/// An address in an issuer's metadata: that of its keys, or where it says what a token is.
pub(super) async fn member<F, Fut>(issuer: &str, name: &str, get: F) -> io::Result<String>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = io::Result<(Value, Option<Duration>)>>,
{
    let (origin, path) = parts(issuer).ok_or_else(|| io::Error::other("no address"))?;
    let path = path.trim_end_matches('/');
    let (oauth, openid) =
        ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration");
    let mut places = vec![[origin, oauth, path].concat(), [origin, openid, path].concat()];
    if !path.is_empty() {
        places.push([origin, path, openid].concat());
    }
    let mut last = io::Error::other("it has no metadata");
    for place in places {
        let document = match get(place).await {
            Ok((document, _)) => document,
            Err(error) => {
                last = error;
                continue;
            }
        };
        if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(io::Error::other("its metadata is that of another issuer"));
        }
        let address = document.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_safe = address.starts_with("https://") || issuer.starts_with("http://");
        if parts(address.split('?').next().unwrap_or_default()).is_some() && is_safe {
            return Ok(address.to_owned());
        }
        return Err(io::Error::other(format!("its metadata has no `{name}`")));
    }
    Err(last)
}
