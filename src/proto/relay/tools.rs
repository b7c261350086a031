//! The tools that the server has listed: for whoever has to know one by its name.

use std::collections::BTreeMap;

use super::Relay;
use crate::{
    jsonrpc::Payload,
    proto::{Millis, version::Era},
    types::method,
};

/// Tools that are kept.
const MOST: usize = 4096;
/// Pages of the relay's own list; beyond that it has no end that is worth waiting for.
const PAGES: u32 = 64;

/// What is known of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Unknown,
    /// So many pages have been asked for.
    Asked(u32),
    /// The same, and since then it has changed.
    Outdated(u32),
    Known,
}

/// The tools that the server has listed, by name.
#[derive(Debug)]
pub(super) struct ListedTools<P> {
    all: BTreeMap<String, P>,
    /// How often it has listed some.
    count: u64,
    list: List,
}

impl<P> Default for ListedTools<P> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), count: 0, list: List::Unknown }
    }
}

impl<P: Payload> ListedTools<P> {
    /// Keeps a page of the list.
    pub fn note(&mut self, page: &P) {
        self.count += 1;
        if self.list == List::Unknown && page.get("nextCursor").is_none() {
            self.list = List::Known;
        }
        let Some(tools) = page.get("tools") else { return };
        tools.each_element(&mut |tool| {
            if let Some(name) = tool.text("name")
                && (self.all.len() < MOST || self.all.contains_key(&name))
            {
                self.all.insert(name, tool);
            }
            true
        });
    }

    /// They are others by now.
    pub fn unlist(&mut self) {
        self.all.clear();
        self.list = match self.list {
            List::Asked(pages) | List::Outdated(pages) => List::Outdated(pages),
            List::Unknown | List::Known => List::Unknown,
        };
    }
}

impl<P: Payload> Relay<P> {
    /// A tool as the server has listed it.
    pub fn tool(&self, name: &str) -> Option<&P> {
        self.tools.all.get(name)
    }

    /// How often the server has listed tools.
    pub fn listed(&self) -> u64 {
        self.tools.count
    }

    /// The tools that the server has listed so far.
    pub fn tools(&self) -> impl Iterator<Item = &P> {
        self.tools.all.values()
    }

    /// Whether a call of a tool has to wait until the list is there, which is asked for.
    pub(super) fn lists_first(&mut self, now: Millis) -> bool {
        if !self.options.lists
            || self.tools.list == List::Known
            || self.back.session().is_none_or(|session| session.version.era() == Era::Legacy)
        {
            return false;
        }
        if self.tools.list == List::Unknown {
            self.tools.list = List::Asked(1);
            if !self.own_request(method::LIST_TOOLS, P::object(), now) {
                self.tools.list = List::Known;
                return false;
            }
        }
        true
    }

    /// A page of the relay's own list has come, or there is none: who waits for it goes on.
    pub(super) fn listed_first(&mut self, page: Option<&P>, now: Millis) {
        let cursor = page.and_then(|page| page.get("nextCursor"));
        let cursor = cursor.filter(|cursor| cursor.as_text().is_some());
        let (pages, goes_on) = match self.tools.list {
            List::Asked(pages) => (pages, cursor.is_some()),
            List::Outdated(pages) => (pages, page.is_some()),
            List::Unknown | List::Known => return,
        };
        if goes_on && pages < PAGES {
            let mut params = P::object();
            // What has changed is listed from its start.
            if let Some(cursor) = cursor.filter(|_| self.tools.list == List::Asked(pages)) {
                params.set("cursor", cursor);
            }
            self.tools.list = List::Asked(pages + 1);
            if self.own_request(method::LIST_TOOLS, params, now) {
                return;
            }
        }
        // A server that lists none has none that want headers.
        self.tools.list = List::Known;
        if self.is_open() {
            for (front, request) in std::mem::take(&mut self.waiting) {
                self.serve(front, request, now);
            }
        }
    }
}
