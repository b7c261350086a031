//! What a WebSocket and HTTP have in common: where they go, and the library that goes there.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;

use super::Authorize;

/// Headers that are made anew for every request.
pub type Headers = Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>;

/// What a URL is spoken to by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `ws:` or `wss:`.
    WebSocket,
    /// `http:` or `https:`.
    Http,
}

impl Scheme {
    /// What that URL is spoken to by; the error says why it is by nothing.
    ///
    /// # Errors
    /// It is no URL, or one of another kind.
    pub fn of(url: &str) -> Result<Self, String> {
        let url = reqwest::Url::parse(url)
            .map_err(|_| "it is not a URL like wss://host/mcp".to_owned())?;
        match url.scheme() {
            "ws" | "wss" => Ok(Self::WebSocket),
            "http" | "https" => Ok(Self::Http),
            _ => Err("the URL must start with ws:, wss:, http: or https:".to_owned()),
        }
    }
}

/// An address on the web, and how it is asked.
#[derive(Clone)]
pub struct Web {
    /// The URL.
    pub url: String,
    /// Headers beside those of the protocol.
    pub headers: Headers,
    /// The subprotocols to offer, over WebSocket: one has to be selected, if there are any.
    pub protocols: Vec<String>,
    /// Who authorizes requests, if anybody does.
    pub authorize: Option<Arc<dyn Authorize>>,
}

impl Web {
    /// An address without headers of one's own, and with the subprotocol `mcp`.
    pub fn new(url: impl Into<String>) -> Self {
        let (headers, protocols) = (Arc::new(Vec::new), vec!["mcp".to_owned()]);
        Self { url: url.into(), headers, protocols, authorize: None }
    }

    /// The headers of the next request; the error says which of them cannot be sent.
    pub(super) fn headers(&self) -> Result<HeaderMap, String> {
        let mut all = HeaderMap::new();
        for (name, value) in (self.headers)() {
            put(&mut all, &name, &value)?;
        }
        Ok(all)
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Web").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Sets a header; the error names it, but not its value, which may be secret.
pub(super) fn put(all: &mut HeaderMap, name: &str, value: &str) -> Result<(), String> {
    let key = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("\"{name}\" cannot be the name of a header"))?;
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of the header {name} has characters that no header can"))?;
    value.set_sensitive(true);
    all.insert(key, value);
    Ok(())
}

/// What makes requests: by way of the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`, …), and
/// never to where a server redirects to, since that would hand credentials and messages on.
///
/// # Errors
/// In words, why nothing can be asked: the system's certificates cannot be read.
pub fn requests() -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(Policy::none())
        .referer(false)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    builder.build().map_err(|error| describe(&error))
}

/// One for all connections: it reads the certificates of the system.
fn tls() -> Result<ClientConfig, String> {
    static TLS: OnceLock<Result<ClientConfig, String>> = OnceLock::new();
    let config = TLS.get_or_init(|| {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = builder.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
        let config = config.with_platform_verifier().map_err(|error| error.to_string())?;
        Ok(config.with_no_client_auth())
    });
    config.clone()
}

/// What went wrong, with its causes, and without the URL, which errors name by themselves and which
/// may hold a secret.
pub(super) fn describe(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // Each layer repeats the one below it.
        if !causes.iter().any(|known: &String| known.contains(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    match causes.last() {
        Some(last) => last.clone(),
        None if error.is_timeout() => "it took too long".to_owned(),
        None => "the request failed".to_owned(),
    }
}

/// Whether nobody is there.
pub(super) fn is_refused(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<io::Error>()
            && cause.kind() == io::ErrorKind::ConnectionRefused
        {
            return true;
        }
        next = cause.source();
    }
    false
}
