//! Things that a server has, listed in pages and found by name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::{Map, template::Spelling};
use crate::{
    jsonrpc::{Payload, RpcError, code},
    proto::version::Version,
};

/// A thing with its name.
pub(crate) struct Entry<P, T> {
    pub(crate) name: String,
    /// As it is listed.
    pub(crate) listed: P,
    pub(crate) thing: T,
}

/// Things of one kind, in the order in which they were added, and found by name.
pub(crate) struct List<P, T> {
    entries: Vec<Entry<P, T>>,
    places: Map<String, usize>,
}

impl<P, T> Default for List<P, T> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: Map::default() }
    }
}

impl<P: Payload, T> List<P, T> {
    /// Adds a thing, in the place of the one that has its name. `false`: there was one.
    pub(crate) fn add(&mut self, entry: Entry<P, T>) -> bool {
        if let Some(place) = self.places.get(&entry.name) {
            self.entries[*place] = entry;
            return false;
        }
        self.places.insert(entry.name.clone(), self.entries.len());
        self.entries.push(entry);
        true
    }

    /// Removes a thing. `false`: there was none of that name.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let Some(place) = self.places.remove(name) else {
            return false;
        };
        self.entries.remove(place);
        for other in self.places.values_mut().filter(|other| **other > place) {
            *other -= 1;
        }
        true
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.places.get(name).map(|place| &self.entries[*place].thing)
    }

    /// The thing of a URI, however its characters are spelled.
    pub(crate) fn at(&self, uri: &str) -> Option<&T> {
        self.get(uri).or_else(|| {
            let wanted = Some(Spelling::of(uri)?);
            let mut entries = self.entries.iter();
            Some(&entries.find(|entry| Spelling::of(&entry.name) == wanted)?.thing)
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.thing)
    }

    /// All of them as they are listed.
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    pub(crate) fn all_listed(&self) -> impl Iterator<Item = &P> {
        self.entries.iter().map(|entry| &entry.listed)
    }

    /// A thing as it is listed.
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    pub(crate) fn listed(&self, name: &str) -> Option<&P> {
        self.places.get(name).map(|place| &self.entries[*place].listed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The page of the list that the cursor names.
    pub(crate) fn page(
        &self,
        kind: &'static str,
        cursor: Option<&str>,
        size: usize,
        version: Version,
    ) -> Result<P, RpcError<P>> {
        let start = match cursor {
            None => 0,
            // A cursor stands at the start of a page that there is.
            Some(cursor) => read_cursor(kind, cursor)
                .filter(|start| *start > 0 && *start < self.entries.len() && start % size == 0)
                .ok_or_else(|| RpcError::new(code::INVALID_PARAMS, "no such cursor"))?,
        };
        let end = start.saturating_add(size).min(self.entries.len());
        let entries = &self.entries[start..end];
        let entries = entries.iter().map(|entry| suit(&entry.listed, version)).collect();
        let mut result = P::object();
        result.set(kind, P::array(entries));
        if end < self.entries.len() {
            result.set_text("nextCursor", &write_cursor(kind, end));
        }
        Ok(result)
    }
}

/// An entry as its revision can have it: a schema for results that are no objects is news to the
/// older ones.
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
