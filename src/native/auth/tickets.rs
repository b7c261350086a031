//! Tickets: a page cannot send a token along with a WebSocket, so it gets something that lets in one
//! connection, soon.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::server::Principal;

/// How long a ticket is good.
pub(super) const LIFETIME: Duration = Duration::from_secs(30);
/// Tickets that nobody has used yet, of all and of one principal.
const MOST: usize = 10_000;
const MOST_OF_ONE: usize = 100;

/// The tickets of one resource that nobody has used yet, by their hashes.
#[derive(Default)]
pub(super) struct Tickets {
    open: Mutex<HashMap<[u8; 32], Ticket>>,
}

struct Ticket {
    principal: Principal,
    origin: Option<HeaderValue>,
    end: Instant,
}

impl Tickets {
    /// A new ticket for a page of this origin, or for a program; `None` if there are too many, or no
    /// random numbers.
    pub(super) fn issue(
        &self,
        principal: Principal,
        origin: Option<HeaderValue>,
    ) -> Option<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let now = Instant::now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = |ticket: &&Ticket| ticket.principal.is(&principal);
        if open.len() >= MOST || open.values().filter(of_one).count() >= MOST_OF_ONE {
            open.retain(|_, ticket| ticket.end > now);
            if open.len() >= MOST || open.values().filter(of_one).count() >= MOST_OF_ONE {
                return None;
            }
        }
        open.insert(hash(&text), Ticket { principal, origin, end: now + LIFETIME });
        Some(text)
    }

    /// Whom a ticket lets in. Whatever comes of it, it is used now.
    pub(super) fn redeem(&self, text: &str, origin: Option<&HeaderValue>) -> Option<Principal> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = open.remove(&hash(text))?;
        let is_good = ticket.end > Instant::now() && ticket.origin.as_ref() == origin;
        is_good.then_some(ticket.principal)
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use tokio::time::{Duration, advance};

    use super::{MOST_OF_ONE, Tickets};
    use crate::server::Principal;

    const PAGE: Option<HeaderValue> = Some(HeaderValue::from_static("https://app.example"));
    const OTHER: Option<HeaderValue> = Some(HeaderValue::from_static("https://evil.example"));

    #[tokio::test(start_paused = true)]
    async fn a_ticket_is_good_once_for_half_a_minute_and_for_its_origin() {
        let tickets = Tickets::default();
        let issue = || tickets.issue(Principal::new("alice"), PAGE).unwrap();

        let ticket = issue();
        assert_eq!(ticket.len(), 43);
        assert_eq!(tickets.redeem(&ticket, PAGE.as_ref()), Some(Principal::new("alice")));
        assert_eq!(tickets.redeem(&ticket, PAGE.as_ref()), None);

        for origin in [OTHER.as_ref(), None] {
            let ticket = issue();
            assert_eq!(tickets.redeem(&ticket, origin), None);
            assert_eq!(tickets.redeem(&ticket, PAGE.as_ref()), None, "it was used up");
        }

        let ticket = issue();
        advance(Duration::from_millis(29_999)).await;
        assert!(tickets.redeem(&ticket, PAGE.as_ref()).is_some());
        let ticket = issue();
        advance(Duration::from_secs(30)).await;
        assert_eq!(tickets.redeem(&ticket, PAGE.as_ref()), None);
        assert_eq!(tickets.redeem("", PAGE.as_ref()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hoards_tickets_keeps_nobody_else_out() {
        let tickets = Tickets::default();
        let issue = |name: &str| tickets.issue(Principal::new(name), None);
        for _ in 0..MOST_OF_ONE {
            assert!(issue("alice").is_some());
        }
        assert!(issue("alice").is_none());
        assert!(issue("bob").is_some());
        advance(Duration::from_secs(31)).await;
        assert!(issue("alice").is_some());
    }
}
