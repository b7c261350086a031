//! What is in front of an endpoint: looks at the token of each request, and gives tickets.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{Auth, Rejected, limit::Limit, metadata, tickets};
use crate::{
    http::server::{NoToken, bearer, challenge},
    native::{Options, clock::now, guard, http::cors, peer::Peer, upgrade},
    server::{Access, Principal, check_scopes},
};

/// Begins the subprotocol that is a ticket.
const TICKET: &str = "mcp.ticket.";

/// An endpoint's [`Auth`] at work.
pub(in crate::native) struct Gate {
    auth: Auth,
    access: Access,
    tickets: tickets::Tickets,
    limit: Limit,
    /// Whether its metadata is served.
    is_described: AtomicBool,
}

/// Why a request is not let in.
enum Refused {
    /// There is no token.
    Missing,
    /// There is more than one.
    Several,
    /// It is no good.
    Invalid,
    /// It is not good for anything here; these are the scopes that it takes.
    Insufficient(String),
    /// Nobody can say.
    Unavailable(Duration),
    /// Too many of this address were no good.
    TooMany(Duration),
}

impl Gate {
    pub(in crate::native) fn new(auth: Auth) -> Self {
        if auth.verifier.is_none() {
            tracing::warn!("`auth` has no verifier, so nobody is let in");
        }
        if auth.issuers.is_empty() {
            tracing::warn!("`auth` names no issuer, so clients cannot find out who grants access");
        }
        let access = Access {
            covers: auth.covers.clone(),
            basic: auth.scopes.clone().into(),
            metadata: metadata::address(&auth.resource).into(),
            hides: auth.hides,
        };
        let is_described = AtomicBool::new(false);
        Self {
            auth,
            access,
            tickets: tickets::Tickets::default(),
            limit: Limit::default(),
            is_described,
        }
    }

    pub(in crate::native) fn metadata(&self) -> Router {
        self.is_described.store(true, Ordering::Relaxed);
        metadata::routes(&self.auth)
    }

    pub(in crate::native) fn is_described(&self) -> bool {
        self.is_described.load(Ordering::Relaxed)
    }

    pub(in crate::native) fn gives_tickets(&self) -> bool {
        self.auth.tickets
    }

    /// Finds out who sent a request, and puts that into its extensions.
    ///
    /// # Errors
    /// The answer to somebody who is not let in.
    pub(in crate::native) async fn admit(
        &self,
        request: &mut Request,
        options: &Options,
    ) -> Result<(), Response> {
        let peer = Peer::of(request.extensions(), request.headers(), options);
        match self.find(request.headers(), request.uri(), peer).await {
            Ok(principal) => {
                let extensions = request.extensions_mut();
                extensions.insert(principal);
                extensions.insert(self.access.clone());
                Ok(())
            }
            Err(refused) => {
                let mut response = self.refusal(refused);
                let origin = request.headers().get(header::ORIGIN).cloned();
                cors::open(origin, response.headers_mut());
                Err(response)
            }
        }
    }

    /// Gives a ticket to whoever has a token.
    pub(in crate::native) async fn ticket(
        &self,
        request: &mut Request,
        options: &Options,
    ) -> Response {
        if request.method() == Method::OPTIONS {
            return cors::preflight(request.headers());
        }
        if let Err(refused) = self.admit(request, options).await {
            return refused;
        }
        let origin = request.headers().get(header::ORIGIN).cloned();
        let mut response = match request.extensions_mut().remove::<Principal>() {
            Some(principal) if request.method() == Method::POST => {
                self.new_ticket(principal, origin.clone())
            }
            _ => {
                let text = "ask for a ticket by POST";
                let mut response = guard::refusal(StatusCode::METHOD_NOT_ALLOWED, text);
                let allow = HeaderValue::from_static("POST, OPTIONS");
                response.headers_mut().insert(header::ALLOW, allow);
                response
            }
        };
        cors::open(origin, response.headers_mut());
        response
    }

    fn new_ticket(&self, principal: Principal, origin: Option<HeaderValue>) -> Response {
        let Some(ticket) = self.tickets.issue(principal, origin) else {
            let text = "there are too many tickets that nobody has used: try later";
            let mut response = guard::refusal(StatusCode::TOO_MANY_REQUESTS, text);
            response.headers_mut().insert(header::RETRY_AFTER, tickets::LIFETIME.as_secs().into());
            return response;
        };
        let headers =
            [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        let body = json!({ "ticket": ticket, "expires_in": tickets::LIFETIME.as_secs() });
        (headers, body.to_string()).into_response()
    }

    async fn find(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        peer: Option<Peer>,
    ) -> Result<Principal, Refused> {
        let socket = upgrade::is_wanted(headers) && self.auth.tickets;
        if let Some(ticket) = socket.then(|| ticket_of(headers, uri)).flatten() {
            let origin = headers.get(header::ORIGIN);
            let principal = self.tickets.redeem(ticket, origin).ok_or(Refused::Invalid)?;
            return self.check(principal);
        }
        let token = token_of(headers)?;
        let verifier = self.auth.verifier.as_deref().ok_or(Refused::Invalid)?;
        if let Some(peer) = &peer {
            self.limit.may(peer, token).map_err(Refused::TooMany)?;
        }
        let found = match verifier.verify(token).await {
            Ok(principal) => self.check(principal),
            Err(Rejected::Invalid) => Err(Refused::Invalid),
            Err(Rejected::Unavailable { retry_after }) => Err(Refused::Unavailable(retry_after)),
        };
        if let Some(peer) = peer
            && !matches!(found, Err(Refused::Unavailable(_)))
        {
            self.limit.note(peer, token, !matches!(found, Err(Refused::Invalid)));
        }
        found
    }

    /// Looks whether a principal may call here at all.
    fn check(&self, principal: Principal) -> Result<Principal, Refused> {
        if principal.expires.is_some_and(|end| end * 1000.0 <= now()) {
            return Err(Refused::Invalid);
        }
        let audience = &principal.audience;
        let is_ours =
            |name: &String| *name == self.auth.resource || self.auth.audience.contains(name);
        let is_for_us = audience.is_empty()
            || audience.iter().any(is_ours)
                && (!self.auth.only_audience || audience.iter().all(is_ours));
        if !is_for_us {
            return Err(Refused::Invalid);
        }
        let mut known = axum::http::Extensions::new();
        known.insert(self.access.clone());
        known.insert(principal);
        check_scopes(&known, &self.auth.scopes)
            .map_err(|lacking| Refused::Insufficient(lacking.scopes().join(" ")))?;
        known.remove().ok_or(Refused::Invalid)
    }

    fn refusal(&self, refused: Refused) -> Response {
        let (status, error, text) = match &refused {
            Refused::Missing => {
                (StatusCode::UNAUTHORIZED, None, "a token is needed: `Authorization: Bearer …`")
            }
            Refused::Several => (
                StatusCode::BAD_REQUEST,
                Some("invalid_request"),
                "`Authorization` is there more than once",
            ),
            Refused::Invalid => {
                (StatusCode::UNAUTHORIZED, Some("invalid_token"), "the token is no good")
            }
            Refused::Insufficient(_) => (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                "the token lacks scopes that every request needs: ask for them",
            ),
            Refused::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                None,
                "whether the token is good cannot be found out now: try again",
            ),
            Refused::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                None,
                "too many tokens from this address were no good: try later",
            ),
        };
        let mut response = guard::refusal(status, text);
        let headers = response.headers_mut();
        if let Refused::Unavailable(after) | Refused::TooMany(after) = refused {
            headers.insert(header::RETRY_AFTER, after.as_secs().max(1).into());
            return response;
        }
        let scope = match refused {
            Refused::Insufficient(scope) => scope,
            _ => self.auth.scopes.join(" "),
        };
        let text = challenge(error, &scope, Some(&self.access.metadata));
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// The token of a request. It is in no other place than this header.
fn token_of(headers: &HeaderMap) -> Result<&str, Refused> {
    let field = guard::only(headers, &header::AUTHORIZATION).map_err(|()| Refused::Several)?;
    let text = field.ok_or(Refused::Missing)?.to_str().map_err(|_| Refused::Invalid)?;
    bearer(text).map_err(|why| match why {
        NoToken::OtherScheme => Refused::Missing,
        NoToken::Malformed => Refused::Invalid,
    })
}

/// The ticket that a handshake shows, as a subprotocol or, where a proxy takes those away, in the
/// query.
fn ticket_of<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let mut offered = upgrade::tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL);
    let in_query = || {
        let mut pairs = uri.query()?.split('&');
        pairs.find_map(|pair| pair.strip_prefix("ticket="))
    };
    let ticket = offered.find_map(|name| name.strip_prefix(TICKET));
    ticket.or_else(in_query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_a_subprotocol_or_where_a_proxy_takes_those_away_in_the_query() {
        for (protocols, address, wanted) in [
            ("mcp, mcp.ticket.abc", "/mcp", Some("abc")),
            ("mcp", "/mcp?ticket=abc", Some("abc")),
            ("mcp", "/mcp?a=b&ticket=abc&c", Some("abc")),
            ("mcp, mcp.ticket.abc", "/mcp?ticket=other", Some("abc")),
            ("mcp", "/mcp?myticket=abc", None),
            ("mcp, mcp.tickets.abc", "/mcp", None),
            ("mcp", "/mcp", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols));
            let uri: Uri = address.parse().expect("an address");
            assert_eq!(ticket_of(&headers, &uri), wanted, "{protocols} {address}");
        }
    }

    #[test]
    fn a_token_is_in_no_other_place_than_its_header() {
        let none = HeaderMap::new();
        assert!(matches!(token_of(&none), Err(Refused::Missing)));
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert!(matches!(token_of(&headers), Ok("abc")));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert!(matches!(token_of(&headers), Err(Refused::Several)));
        headers
            .insert(header::AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").expect("bytes"));
        assert!(matches!(token_of(&headers), Err(Refused::Invalid)));
    }
}
