//! The results that the server lets a client keep for a while.
//!
//! Pages are kept one by one. All of it belongs to one connection, and what is private to one
//! authorization: when another is used, it goes. Of an authorization only a hash is kept.

use std::num::NonZero;

use crate::error::Error;
use crate::jsonrpc::{Payload, code};
use crate::proto::Millis;
use crate::proto::version::Version;
use crate::text::{owned, sentence};
use crate::types::method;

use super::requests::RequestId;
use super::wire::Wire;

/// How many results are kept; the one that has been kept longest gives way.
const ENTRIES: usize = 256;
/// How large all of them may be, in bytes of JSON; the one that has been kept longest gives way.
const BYTES: usize = 8 * 1024 * 1024;
/// The longest time for which a server can have a result kept.
const LONGEST: Millis = 86_400_000.0;
/// What may be kept, and the member of the params that decides.
const KEPT: [(&str, &str); 5] = [
    (method::LIST_TOOLS, "cursor"),
    (method::LIST_RESOURCES, "cursor"),
    (method::LIST_RESOURCE_TEMPLATES, "cursor"),
    (method::LIST_PROMPTS, "cursor"),
    (method::READ_RESOURCE, "uri"),
];

/// What a request may have to do with results that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Nothing is kept.
    Off,
    /// The result may be one that is kept for all.
    Shared,
    /// Also one that is private to the latest authorization, which is that of this request.
    Private,
    /// The result is to be new, and may be kept.
    Renew,
}

/// The key that a result is kept under: the method, and after a line break what else decides. `None` for
/// a request whose result is not to be kept.
#[inline(never)]
fn key<P: Payload>(method: &str, params: &P) -> Option<String> {
    let (_, member) = KEPT.iter().find(|(kept, _)| *kept == method)?;
    // Then the result depends on what the user answered, which is nobody else's.
    if params.present("inputResponses").is_some() || params.present("requestState").is_some() {
        return None;
    }
    match params.present(member) {
        None => Some(owned(method)),
        Some(value) => Some(sentence(&[method, "\n", &value.as_text()?])),
    }
}

/// Whether a notification about `what` outdates what is kept under that key: `what` is the start of
/// the methods of a list, or a resource.
#[inline(never)]
fn outdated(key: &str, what: &str, list: bool) -> bool {
    match (key.strip_prefix(method::READ_RESOURCE), list) {
        (None, true) => key.starts_with(what),
        // Behind the line break.
        (Some(own), false) => covers(own.get(1..).unwrap_or_default(), what),
        _ => false,
    }
}

/// Whether a change of `uri` is a change of `own`: `uri` may name a part of it.
#[inline(never)]
pub(super) fn covers(own: &str, uri: &str) -> bool {
    match uri.strip_prefix(own) {
        Some(rest) => {
            own.as_bytes().last() == Some(&b'/')
                || matches!(rest.as_bytes().first(), None | Some(b'/' | b'?' | b'#'))
        }
        None => false,
    }
}

#[derive(Debug)]
struct Entry {
    key: String,
    /// The request that may bring it, until it is there.
    asked: Option<RequestId>,
    until: Millis,
    /// Whether it may be shown to everybody.
    public: bool,
    /// The result, as JSON; empty until it is there.
    result: String,
}

/// The results that are kept, oldest first, and the requests whose results may be.
#[derive(Debug)]
pub(super) struct Cache {
    entries: Vec<Entry>,
    /// The hash of the latest authorization.
    whose: Option<NonZero<u64>>,
}

/// A result that is kept.
pub(super) enum Kept<P> {
    /// For whoever asks.
    This(P),
    /// For the authorization in use, if that is still the same.
    Private,
    /// None.
    Nothing,
}

impl Cache {
    pub fn new() -> Self {
        Self { entries: Vec::new(), whose: None }
    }

    /// The result of such a request, if one is kept that is still fresh; one that is private only if
    /// the authorization is known to be the same.
    #[inline(never)]
    pub fn find<P: Payload>(
        &self,
        caching: Caching,
        method: &str,
        params: &P,
        now: Millis,
    ) -> Kept<P> {
        if self.entries.is_empty() || matches!(caching, Caching::Off | Caching::Renew) {
            return Kept::Nothing;
        }
        let Some(key) = key(method, params) else { return Kept::Nothing };
        let fresh = |entry: &&Entry| entry.key == key && now < entry.until;
        match self.entries.iter().find(fresh) {
            Some(entry) if caching == Caching::Private || entry.public => {
                P::from_json(&entry.result).map_or(Kept::Nothing, Kept::This)
            }
            Some(_) => Kept::Private,
            None => Kept::Nothing,
        }
    }

    /// The request of that id, or the next one, is sent with that authorization: results private to
    /// another one are dropped, those still to come included. Returns whether there was another.
    #[inline(never)]
    pub fn identify(&mut self, text: &str, id: Option<RequestId>) -> bool {
        // FNV-1a.
        let mut whose = 0xcbf2_9ce4_8422_2325;
        for byte in text.bytes() {
            whose = (whose ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let whose = NonZero::new(whose | 1);
        let before = std::mem::replace(&mut self.whose, whose);
        if before != whose {
            self.entries.retain(|entry| match entry.asked {
                None => entry.public,
                asked => asked == id,
            });
        }
        before.is_some() && before != whose
    }

    /// A request whose result may be kept, in place of an older one, is sent.
    #[inline(never)]
    pub fn asked<P: Payload>(
        &mut self,
        wire: &Wire<P>,
        id: RequestId,
        caching: Caching,
        method: &str,
        params: &P,
    ) {
        if caching == Caching::Off || !wire.is(Version::has_cache_hints) {
            return;
        }
        let Some(key) = key(method, params) else { return };
        let mut full = self.entries.len() == ENTRIES;
        self.entries.retain(|entry| !std::mem::take(&mut full) && entry.key != key);
        let (public, result) = (false, String::new());
        self.entries.push(Entry { key, asked: Some(id), until: 0.0, public, result });
    }

    /// Whether the result of that request may be kept.
    pub fn awaits(&self, id: RequestId) -> bool {
        self.entries.iter().any(|entry| entry.asked == Some(id))
    }

    /// A request has been answered. If its result was outdated after it was sent, its entry is gone.
    #[inline(never)]
    pub fn answered<P: Payload>(
        &mut self,
        id: RequestId,
        outcome: &Result<P, Error<P>>,
        now: Millis,
    ) {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.asked == Some(id)) else {
            return;
        };
        entry.asked = None;
        match outcome {
            Ok(result) => {
                entry.until = now + lifetime(result);
                if entry.until > now {
                    entry.public = result.says("cacheScope", "public");
                    match result.to_json() {
                        Some(text) if text.len() <= BYTES => entry.result = text,
                        _ => entry.until = 0.0,
                    }
                    self.bound();
                }
            }
            // The pages have moved under the cursor.
            Err(Error::Rpc(error)) if error.code == code::INVALID_PARAMS => {
                let key = std::mem::take(&mut entry.key);
                let end = key.bytes().position(|byte| byte == b'\n').unwrap_or(key.len());
                let list = key.get(..end).unwrap_or_default();
                self.entries.retain(|entry| !outdated(&entry.key, list, true));
            }
            Err(_) => {}
        }
    }

    /// The oldest give way to the newest.
    fn bound(&mut self) {
        let mut size: usize = self.entries.iter().map(|entry| entry.result.len()).sum();
        // Not by a range of them, whose check would bring the formatting of numbers into the module.
        self.entries.retain(|entry| {
            let fits = size <= BYTES;
            if !fits {
                size -= entry.result.len();
            }
            fits
        });
    }

    /// A notification from the server: what it outdates is dropped, fresh or not.
    #[inline(never)]
    pub fn outdate<P: Payload>(&mut self, notification: &str, params: Option<&P>) {
        if let Some(list) = method::changed_list(notification) {
            self.entries.retain(|entry| !outdated(&entry.key, list, true));
        } else if notification == method::RESOURCE_UPDATED
            && let Some(uri) = params.and_then(|params| params.text("uri"))
        {
            self.entries.retain(|entry| !outdated(&entry.key, &uri, false));
        }
    }

    /// The connection has ended: no notification comes any more, and the next server may be another.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

/// How long a result may be kept.
#[inline(never)]
fn lifetime<P: Payload>(result: &P) -> Millis {
    let kind = result.present("resultType");
    if kind.is_some_and(|kind| kind.as_text().as_deref() != Some("complete")) {
        return 0.0;
    }
    let ttl = result.get("ttlMs").and_then(|ttl| ttl.as_f64()).unwrap_or(0.0);
    ttl.min(LONGEST)
}
