//! How often one address may come with a token that is no good: each costs a look at a signature, or a
//! question to somebody else.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::native::peer::Peer;

/// Bad tokens of one address in a [`WINDOW`].
const MOST: u32 = 100;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses, and tokens that were good, that are remembered.
const KEPT: usize = 10_000;

/// Who has come with bad tokens, and which tokens were good.
#[derive(Default)]
pub(super) struct Limit {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bad: HashMap<Peer, (u32, Instant)>,
    /// By their hashes. Whoever shares an address with somebody who guesses is let in all the same.
    good: HashMap<[u8; 32], Instant>,
}

impl Limit {
    /// Whether this token of that address is looked at; otherwise after which time one is.
    pub(super) fn may(&self, peer: &Peer, token: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let state = self.lock();
        let (count, since) = state.bad.get(peer).copied().unwrap_or((0, now));
        let left = WINDOW.saturating_sub(now - since);
        let is_known = || state.good.contains_key(&hash(token));
        if count < MOST || left.is_zero() || is_known() { Ok(()) } else { Err(left) }
    }

    /// What has come of it.
    pub(super) fn note(&self, peer: Peer, token: &str, is_good: bool) {
        let now = Instant::now();
        let mut state = self.lock();
        if is_good {
            if state.good.len() >= KEPT {
                state.good.retain(|_, since| now - *since < WINDOW);
            }
            if state.good.len() < KEPT {
                state.good.insert(hash(token), now);
            }
            return;
        }
        state.good.remove(&hash(token));
        if state.bad.len() >= KEPT {
            state.bad.retain(|_, (_, since)| now - *since < WINDOW);
        }
        if state.bad.len() < KEPT || state.bad.contains_key(&peer) {
            let (count, since) = state.bad.entry(peer).or_insert((0, now));
            if now - *since >= WINDOW {
                (*count, *since) = (0, now);
            }
            *count += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use tokio::time::advance;

    use super::*;

    fn at(text: &str) -> Peer {
        Peer::at(text.parse::<IpAddr>().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn who_guesses_has_to_wait_and_nobody_else() {
        let limit = Limit::default();
        let (one, other) = (at("192.0.2.1"), at("192.0.2.2"));
        limit.note(one.clone(), "good", true);
        for guess in 0..MOST {
            let token = guess.to_string();
            assert_eq!(limit.may(&one, &token), Ok(()));
            limit.note(one.clone(), &token, false);
        }
        advance(Duration::from_secs(20)).await;
        assert_eq!(limit.may(&one, "another"), Err(Duration::from_secs(40)));
        assert_eq!(limit.may(&one, "good"), Ok(()), "it was good before");
        assert_eq!(limit.may(&other, "another"), Ok(()));
        limit.note(one.clone(), "good", false);
        assert!(limit.may(&one, "good").is_err(), "it has ended");
        advance(Duration::from_secs(40)).await;
        assert_eq!(limit.may(&one, "another"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let limit = Limit::default();
        for number in 0..2 * KEPT {
            let bytes = u32::try_from(number).unwrap().to_be_bytes();
            limit.note(Peer::at(IpAddr::from(bytes)), &number.to_string(), number % 2 == 0);
        }
        let state = limit.lock();
        assert!(state.bad.len() <= KEPT && state.good.len() <= KEPT);
    }
}
