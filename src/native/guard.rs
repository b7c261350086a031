//! Who may connect. A browser lets any page open a WebSocket or send a POST to any host, and a page
//! can make its own name point to this machine. So the server looks at the host that a request asks
//! for, and at where the page comes from, and believes its settings only.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Options,
    hosts::{HostName, Origin},
};
use crate::jsonrpc::code;

/// What stands for every host or origin.
const ANY: &str = "*";

/// The settings, as they are asked.
pub(super) struct Guard {
    hosts: Vec<HostName>,
    takes_any_host: bool,
    origins: Vec<String>,
    takes_loopback_origins: bool,
}

/// A host that may be asked for.
enum Known {
    /// By its name: a page of it is one of ours.
    Named(HostName),
    /// As all are.
    Any,
}

/// Why a request is refused.
struct Refused(StatusCode, &'static str);

const TWO_HOSTS: Refused = Refused(StatusCode::BAD_REQUEST, "there is more than one `Host`");
const NO_HOST: Refused = Refused(StatusCode::BAD_REQUEST, "there is no `Host`");
const NOT_A_HOST: Refused = Refused(StatusCode::BAD_REQUEST, "the host cannot be read");
const FOREIGN_HOST: Refused = Refused(
    StatusCode::FORBIDDEN,
    "this host is not served here: `allowed_hosts` of the server names those that are",
);
const FOREIGN_ORIGIN: Refused = Refused(
    StatusCode::FORBIDDEN,
    "pages of this origin may not connect: `allowed_origins` of the server names those that may",
);

impl Guard {
    pub(super) fn new(options: &Options) -> Self {
        let mut hosts = Vec::new();
        for text in options.allowed_hosts.iter().filter(|text| *text != ANY) {
            if let Some(host) = HostName::of_setting(text) {
                hosts.push(host);
            } else {
                tracing::warn!("`{text}` in `allowed_hosts` is no host");
            }
        }
        for text in &options.allowed_origins {
            let is_origin = text == ANY || text == "null" || text.contains("://");
            if !is_origin || text.ends_with('/') {
                tracing::warn!("`{text}` in `allowed_origins` is no origin, like http://host:port");
            }
        }
        Self {
            hosts,
            takes_any_host: options.allowed_hosts.iter().any(|text| text == ANY),
            origins: options.allowed_origins.clone(),
            takes_loopback_origins: options.loopback_origins,
        }
    }

    /// Looks at the host and the origin of a request.
    ///
    /// # Errors
    /// The answer, where it may not be served.
    #[allow(clippy::result_large_err)] // the answer is on its way out
    pub(super) fn check(&self, request: &Request) -> Result<(), Response> {
        let known = self.host(request).map_err(Refused::answer)?;
        self.origin(request.headers(), &known).map_err(Refused::answer)
    }

    fn host(&self, request: &Request) -> Result<Known, Refused> {
        let uri = request.uri();
        if uri.scheme_str().is_some_and(|scheme| scheme != "http" && scheme != "https") {
            return Err(NOT_A_HOST);
        }
        let named = only(request.headers(), &header::HOST).map_err(|()| TWO_HOSTS)?;
        // From HTTP/2 on it is part of the target.
        if named.is_none() && request.version() < Version::HTTP_2 {
            return Err(NO_HOST);
        }
        // A target may name a host as well, which is then the one that counts.
        let target = uri.authority().map(|authority| Some(authority.as_str()));
        let mut known = Err(NO_HOST);
        for text in target.into_iter().chain(named.map(|named| named.to_str().ok())) {
            let host = text.and_then(HostName::parse).ok_or(NOT_A_HOST)?;
            let is_named = host.is_loopback() || self.hosts.iter().any(|own| own.names(&host));
            if !is_named && !self.takes_any_host {
                return Err(FOREIGN_HOST);
            }
            known = known.or(Ok(if is_named { Known::Named(host) } else { Known::Any }));
        }
        known
    }

    /// Programs that are no browsers send no origin.
    fn origin(&self, headers: &HeaderMap, host: &Known) -> Result<(), Refused> {
        let Some(origin) = only(headers, &header::ORIGIN).map_err(|()| FOREIGN_ORIGIN)? else {
            return Ok(());
        };
        let text = origin.to_str().map_err(|_| FOREIGN_ORIGIN)?;
        let is_listed = |entry: &String| entry == ANY || entry.eq_ignore_ascii_case(text);
        if self.origins.iter().any(is_listed) {
            return Ok(());
        }
        let is_own = |origin: &Origin| match host {
            Known::Named(host) => origin.is_of(host),
            Known::Any => false,
        };
        Origin::parse(text)
            .filter(|origin| is_own(origin) || self.takes_loopback_origins && origin.is_loopback())
            .map(drop)
            .ok_or(FOREIGN_ORIGIN)
    }
}

impl Refused {
    fn answer(self) -> Response {
        let Self(status, message) = self;
        tracing::debug!(%status, message, "refused");
        refusal(status, message)
    }
}

/// The header, unless it is there more than once.
pub(super) fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, ()> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (first, None) => Ok(first),
        _ => Err(()),
    }
}

/// Refuses requests for hosts that are not served, whatever their path.
pub(super) async fn known_hosts_only(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    match guard.host(&request) {
        Ok(_) => next.run(request).await,
        Err(refused) => refused.answer(),
    }
}

/// An HTTP error with a body that says why, in JSON-RPC's form.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({
        "jsonrpc": "2.0",
        "error": { "code": code::INVALID_REQUEST, "message": message },
    });
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (status, content_type, body.to_string()).into_response()
}
