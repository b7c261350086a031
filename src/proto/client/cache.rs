//! The results that the server lets a client keep for a while.
//!
//! Pages are kept one by one. All of it belongs to one client and one connection, so what is
//! private and what is public need not be told apart.

use crate::error::Error;
use crate::jsonrpc::{Payload, code};
use crate::proto::Millis;
use crate::types::method;

use super::output::{owned, sentence};

/// How many results are kept; the one that has been kept longest gives way.
const ENTRIES: usize = 256;
/// The longest time that a server can have a result kept.
const LONGEST: Millis = 86_400_000.0;
/// What may be kept, and the member of the params that decides.
const KEPT: [(&str, &str); 5] = [
    (method::LIST_TOOLS, "cursor"),
    (method::LIST_RESOURCES, "cursor"),
    (method::LIST_RESOURCE_TEMPLATES, "cursor"),
    (method::LIST_PROMPTS, "cursor"),
    (method::READ_RESOURCE, "uri"),
];

/// What a result is kept under: the method, and after a line break what else decides. `None` for
/// a request whose result is not to be kept.
#[inline(never)]
fn key<P: Payload>(method: &str, params: &P) -> Option<String> {
    let (_, member) = KEPT.iter().find(|(kept, _)| *kept == method)?;
    // What the user answered decides then, and that is nobody else's.
    if params.get("inputResponses").is_some() || params.get("requestState").is_some() {
        return None;
    }
    match params.get(member) {
        None => Some(owned(method)),
        Some(value) => Some(sentence(&[method, "\n", &value.as_text()?])),
    }
}

/// Whether what is kept under that key is not true any more, by news of what `what` says: the
/// start of the methods of a list, or a resource.
#[inline(never)]
fn outdated(key: &str, what: &str, list: bool) -> bool {
    match (key.strip_prefix(method::READ_RESOURCE), list) {
        (None, true) => key.starts_with(what),
        // Behind the line break.
        (Some(own), false) => covers(own.get(1..).unwrap_or_default(), what),
        _ => false,
    }
}

/// Whether news of `uri` is news of `own`: it may name a part of it.
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
struct Entry<P> {
    key: String,
    /// The request that may bring it; 0 when it is there.
    asked: i64,
    until: Millis,
    result: Option<P>,
}

/// The results that are kept, oldest first, and the requests whose results may be.
#[derive(Debug)]
pub(super) struct Cache<P>(Vec<Entry<P>>);

impl<P: Payload> Cache<P> {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// The result of such a request, if one is kept that is still fresh.
    #[inline(never)]
    pub fn find(&self, method: &str, params: &P, now: Millis) -> Option<P> {
        if self.0.is_empty() {
            return None;
        }
        let key = key(method, params)?;
        let entry = self.0.iter().find(|entry| entry.key == key && now < entry.until)?;
        entry.result.as_ref()?.copy()
    }

    /// A request leaves whose result may be kept, in place of an older one.
    #[inline(never)]
    pub fn asked(&mut self, id: i64, method: &str, params: &P) {
        let Some(key) = key(method, params) else { return };
        let mut full = self.0.len() == ENTRIES;
        self.0.retain(|entry| !std::mem::take(&mut full) && entry.key != key);
        self.0.push(Entry { key, asked: id, until: 0.0, result: None });
    }

    /// A request has been answered. If news came after it had left, its entry is not there any more.
    #[inline(never)]
    pub fn answered(&mut self, id: i64, outcome: &Result<P, Error<P>>, now: Millis) {
        let Some(entry) = self.0.iter_mut().find(|entry| entry.asked == id) else { return };
        entry.asked = 0;
        match outcome {
            Ok(result) => {
                entry.until = now + lifetime(result);
                if entry.until > now {
                    entry.result = result.copy();
                }
            }
            // The pages have moved under the cursor.
            Err(Error::Rpc(error)) if error.code == code::INVALID_PARAMS => {
                let key = std::mem::take(&mut entry.key);
                let end = key.bytes().position(|byte| byte == b'\n').unwrap_or(key.len());
                let list = key.get(..end).unwrap_or_default();
                self.0.retain(|entry| !outdated(&entry.key, list, true));
            }
            Err(_) => {}
        }
    }

    /// News from the server: what it outdates goes, fresh or not.
    #[inline(never)]
    pub fn outdate(&mut self, notification: &str, params: Option<&P>) {
        let Some(notification) = notification.strip_prefix("notifications/") else { return };
        if let Some(list) = notification.strip_suffix("list_changed") {
            self.0.retain(|entry| !outdated(&entry.key, list, true));
        } else if notification == "resources/updated"
            && let Some(uri) = params.and_then(|params| params.text("uri"))
        {
            self.0.retain(|entry| !outdated(&entry.key, &uri, false));
        }
    }

    /// The connection has ended: there is no news any more, and the next server may be another.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// How long a result may be kept.
#[inline(never)]
fn lifetime<P: Payload>(result: &P) -> Millis {
    let kind = result.get("resultType");
    if kind.is_some_and(|kind| kind.as_text().as_deref() != Some("complete")) {
        return 0.0;
    }
    let ttl = result.get("ttlMs").and_then(|ttl| ttl.as_f64()).unwrap_or(0.0);
    ttl.min(LONGEST)
}
