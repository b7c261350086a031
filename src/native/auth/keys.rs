//! The keys of an issuer: loaded when they are needed, kept while they are good, and found again when
//! the issuer has changed them.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Fetched, Rejected,
    discovery::{KeySource, document, member},
};

/// Seconds for which keys are kept at least and at most, whatever the answer says.
const FRESH: (f64, f64) = (300.0, 86_400.0);
/// Seconds for which old keys are kept when new ones cannot be had.
const STALE: f64 = 86_400.0;
/// Seconds between two loads for a key that is not known, or for keys to take the place of old ones.
const PAUSE: f64 = 60.0;
/// The same while there are none at all.
const HURRY: f64 = 5.0;
/// The keys of an issuer.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) source: KeySource,
    pub(super) address: Option<String>,
    state: Mutex<State>,
    /// Held by whoever loads them.
    loading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: Option<Vec<Jwk>>,
    fresh_until: f64,
    tried: Option<f64>,
}

/// What there is of a key.
enum Found {
    Fresh(Box<DecodingKey>),
    Old(Box<DecodingKey>),
    Unknown,
    NoKeys,
}

impl Keys {
    /// Sets them once and for all.
    pub(super) fn fix(&self, set: &Value) {
        let keys = Some(read(set));
        *self.lock() = State { keys, fresh_until: f64::INFINITY, tried: None };
    }

    /// The key of this name for this algorithm. `now`: seconds since 1970.
    pub(super) async fn find(
        self: &Arc<Self>,
        issuer: &str,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: f64,
    ) -> Result<DecodingKey, Rejected> {
        if let Some(key) = self.known(kid, algorithm, now)? {
            return Ok(key);
        }
        let (keys, issuer, name) = (Arc::clone(self), issuer.to_owned(), kid.map(str::to_owned));
        // Apart from the request: whoever hangs up does not keep others from the keys.
        let loading = tokio::spawn(async move {
            let _turn = keys.loading.lock().await;
            // Somebody else may have loaded them meanwhile.
            if let Ok(None) = keys.known(name.as_deref(), algorithm, now) {
                keys.renew(&issuer, now).await;
            }
        });
        loading.await.map_err(|_| unavailable())?;
        match self.lookup(kid, algorithm, now) {
            Found::Fresh(key) | Found::Old(key) => Ok(*key),
            Found::Unknown => Err(Rejected::Invalid),
            Found::NoKeys => Err(unavailable()),
        }
    }

    async fn renew(&self, issuer: &str, now: f64) {
        self.lock().tried = Some(now);
        let loaded = self.load(issuer).await;
        let mut state = self.lock();
        match loaded {
            Ok((keys, max_age)) => {
                state.keys = Some(keys);
                let life = max_age.map_or(FRESH.0, |age| age.as_secs_f64());
                state.fresh_until = now + life.clamp(FRESH.0, FRESH.1);
            }
            Err(error) => {
                tracing::warn!(issuer, %error, "cannot load the keys");
                if now - state.fresh_until > STALE {
                    state.keys = None;
                }
            }
        }
    }

    /// The key, if it is good, or none is to be looked for now.
    fn known(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: f64,
    ) -> Result<Option<DecodingKey>, Rejected> {
        let (since, is_fixed) = {
            let state = self.lock();
            let since = state.tried.map_or(f64::INFINITY, |tried| now - tried);
            (since, state.fresh_until.is_infinite())
        };
        match self.lookup(kid, algorithm, now) {
            Found::Fresh(key) => Ok(Some(*key)),
            Found::Old(key) if since < PAUSE => Ok(Some(*key)),
            Found::Unknown if since < PAUSE || is_fixed => Err(Rejected::Invalid),
            Found::NoKeys if since < HURRY => Err(unavailable()),
            _ => Ok(None),
        }
    }

    fn lookup(&self, kid: Option<&str>, algorithm: Algorithm, now: f64) -> Found {
        let state = self.lock();
        let Some(keys) = &state.keys else { return Found::NoKeys };
        let mut fitting = keys.iter().filter(|key| {
            fits(key, algorithm) && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
        });
        // Of several, a token has to name one.
        let key = match (fitting.next(), fitting.next()) {
            (Some(key), None) => DecodingKey::from_jwk(key).ok(),
            _ => None,
        };
        match key {
            Some(key) if state.fresh_until > now => Found::Fresh(Box::new(key)),
            Some(key) => Found::Old(Box::new(key)),
            None => Found::Unknown,
        }
    }

    async fn load(&self, issuer: &str) -> io::Result<(Vec<Jwk>, Option<Duration>)> {
        let address = match &self.address {
            Some(address) => address.clone(),
            None => member(issuer, "jwks_uri", |place| self.get(place)).await?,
        };
        let (set, max_age) = self.get(address).await?;
        let keys = read(&set);
        if keys.is_empty() { Err(io::Error::other("there is none")) } else { Ok((keys, max_age)) }
    }

    async fn get(&self, address: String) -> io::Result<(Value, Option<Duration>)> {
        let Fetched { body, max_age } = self.source.get(address).await?;
        Ok((document(&body)?, max_age))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable() -> Rejected {
    Rejected::Unavailable { retry_after: Duration::from_secs_f64(HURRY) }
}

/// The keys of a set that are understood: one that is not spoils none of the others. Of those of one
/// name and kind, the last counts.
fn read(set: &Value) -> Vec<Jwk> {
    let all = set.get("keys").and_then(Value::as_array);
    let understood = all.into_iter().flatten().filter_map(|key| Jwk::deserialize(key).ok());
    let mut named = HashMap::new();
    for (at, key) in understood.enumerate() {
        let kind = key.common.key_algorithm;
        named.insert((key.common.key_id.clone().ok_or(at), kind), key);
    }
    named.into_values().collect()
}

/// Whether a key is for signatures of this algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_of_kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256) => true,
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::ES256) => {
            curve.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::OctetKeyPair(curve), Algorithm::EdDSA) => {
            curve.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    let named = key.common.key_algorithm.map(|named| named.to_string());
    let is_signing =
        key.common.public_key_use.as_ref().is_none_or(|is| *is == PublicKeyUse::Signature);
    is_of_kind && is_signing && named.is_none_or(|named| named == format!("{algorithm:?}"))
}
