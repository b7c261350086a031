//! One token that lets in whoever knows it, for a server that is its user's own.

use std::fmt;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use sha2::{Digest, Sha256};

use super::{guard, http::cors, upgrade};

/// Begins the subprotocol that has the token.
const TICKET: &str = "mcp.ticket.";
/// What is said to who does not know it, so that a page can tell this from a log-in.
const CHALLENGE: &str = "Bearer realm=\"mcp-wasm pairing\"";

/// A token that every request has to show: as `Authorization: Bearer TOKEN`, or, since pages cannot
/// send headers along with a `WebSocket`, as the subprotocol `mcp.ticket.TOKEN` beside `mcp`.
///
/// Only its hash is kept, so it cannot get into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingToken([u8; 32]);

impl PairingToken {
    /// The token of that text: letters, digits, and `-._~`.
    ///
    /// # Errors
    /// In words, why a browser could not send it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if text.is_empty() {
            Err("a token has at least one character")
        } else if !text.bytes().all(is_plain) {
            Err("a token has letters, digits and `-._~` only")
        } else {
            Ok(Self(hash(text)))
        }
    }

    fn is(&self, text: &str) -> bool {
        // Hashes tell nothing by how long it takes to compare them.
        self.0 == hash(text)
    }

    /// Lets a request in, and takes the token out of it.
    #[allow(clippy::result_large_err)] // the answer is on its way out
    pub(super) fn admit(&self, request: &mut Request) -> Result<(), Response> {
        if self.is_shown(request.headers()) {
            request.headers_mut().remove(header::AUTHORIZATION);
            return Ok(());
        }
        let text = "the token of this server is needed: `Authorization: Bearer TOKEN`, or for a \
                    WebSocket the subprotocols `mcp` and `mcp.ticket.TOKEN`";
        let mut response = guard::refusal(StatusCode::UNAUTHORIZED, text);
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        cors::open(request.headers().get(header::ORIGIN).cloned(), headers);
        Err(response)
    }

    /// Whether a request with these headers shows it.
    pub fn is_shown(&self, headers: &HeaderMap) -> bool {
        if let Ok(Some(field)) = guard::only(headers, &header::AUTHORIZATION) {
            let token = field.to_str().ok().and_then(|field| field.trim().split_once(' '));
            return token.is_some_and(|(scheme, token)| {
                scheme.eq_ignore_ascii_case("bearer") && self.is(token.trim())
            });
        }
        upgrade::is_wanted(headers)
            && upgrade::tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL)
                .any(|name| name.strip_prefix(TICKET).is_some_and(|token| self.is(token)))
    }
}

impl fmt::Debug for PairingToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PairingToken")
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
