//! Things that a server has, listed in pages and found by name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::template::Spelling;
use crate::{
    jsonrpc::{Payload, RpcError, code},
    proto::version::Version,
};

/// A thing with its name.
pub(super) struct Entry<P, T> {
    pub(super) name: String,
    /// As it is listed.
    pub(super) listed: P,
    pub(super) thing: T,
}

/// Things of one kind, in the order in which they were added. A lookup goes through them from the start:
/// there are few of a kind, and finding one takes less time than reading its request.
pub(crate) struct List<P, T>(Vec<Entry<P, T>>);

impl<P, T> Default for List<P, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P: Payload, T> List<P, T> {
    /// Adds a thing, or replaces the one of that name. `false`: there was one.
    pub(super) fn add(&mut self, entry: Entry<P, T>) -> bool {
        let known = self.0.iter_mut().find(|known| known.name == entry.name);
        let is_new = known.is_none();
        match known {
            Some(known) => *known = entry,
            None => self.0.push(entry),
        }
        is_new
    }

    /// Removes a thing. `false`: there was none of that name.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let place = self.0.iter().position(|entry| entry.name == name);
        place.map(|place| self.0.remove(place)).is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|entry| entry.name == name).map(|entry| &entry.thing)
    }

    /// The thing of a URI, however its characters are spelled.
    pub(super) fn at(&self, uri: &str) -> Option<&T> {
        self.get(uri).or_else(|| {
            let wanted = Some(Spelling::of(uri)?);
            let mut entries = self.0.iter();
            Some(&entries.find(|entry| Spelling::of(&entry.name) == wanted)?.thing)
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|entry| &entry.thing)
    }

    /// All of them as they are listed.
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    pub(crate) fn all_listed(&self) -> impl Iterator<Item = &P> {
        self.0.iter().map(|entry| &entry.listed)
    }

    /// A thing as it is listed.
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    pub(crate) fn listed(&self, name: &str) -> Option<&P> {
        self.0.iter().find(|entry| entry.name == name).map(|entry| &entry.listed)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The page that the cursor names of those in the list that are `shown`.
    pub(super) fn page(
        &self,
        kind: &'static str,
        cursor: Option<&str>,
        (size, version): (usize, Version),
        shown: impl Fn(&T) -> bool,
    ) -> Result<P, RpcError<P>> {
        let all = || self.0.iter().filter(|entry| shown(&entry.thing));
        let count = all().count();
        let start = match cursor {
            None => 0,
            // A cursor stands at the start of a page that there is.
            Some(cursor) => read_cursor(kind, cursor)
                .filter(|start| *start > 0 && *start < count && start % size == 0)
                .ok_or_else(|| RpcError::new(code::INVALID_PARAMS, "no such cursor"))?,
        };
        let end = start.saturating_add(size).min(count);
        let entries = all().skip(start).take(end - start);
        let entries = entries.map(|entry| suit(&entry.listed, version)).collect();
        let mut result = P::object();
        result.set(kind, P::array(entries));
        if end < count {
            result.set_text("nextCursor", &write_cursor(kind, end));
        }
        Ok(result)
    }
}

/// An entry as the revision allows it: older ones know no schemas for results that are not objects.
fn suit<P: Payload>(entry: &P, version: Version) -> P {
    const SCHEMA: &str = "outputSchema";
    let is_news = !version.structures_any_value()
        && entry.get(SCHEMA).is_some_and(|schema| !schema.says("type", "object"));
    if !is_news {
        return entry.clone();
    }
    let mut older = P::object();
    older.assign(entry);
    older.remove(SCHEMA);
    older
}

fn write_cursor(kind: &str, start: usize) -> String {
    BASE64.encode([kind, " ", &start.to_string()].concat())
}

fn read_cursor(kind: &str, cursor: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    text.strip_prefix(kind)?.strip_prefix(' ')?.parse().ok()
}
