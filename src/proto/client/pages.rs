//! The pages of a list, put together: what to ask for after each, and when a list has no end.

use crate::error::Error;
use crate::jsonrpc::{Id, Kind, Payload};
use crate::text::{owned, sentence};
use crate::types::method;

/// How large the pages of a list may be together, in bytes of JSON.
const LARGEST: usize = 64 * 1024 * 1024;

/// The lists, and the member of a page that its items are in.
const LISTS: [(&str, &str); 4] = [
    (method::LIST_TOOLS, "tools"),
    (method::LIST_RESOURCES, "resources"),
    (method::LIST_RESOURCE_TEMPLATES, "resourceTemplates"),
    (method::LIST_PROMPTS, "prompts"),
];

/// How many pages of a list are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// After how many the call ends; its result then says where the next one starts. 1 if the caller
    /// says where to start.
    pub wanted: usize,
    /// How many a list may have before it counts as endless.
    pub most: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { wanted: usize::MAX, most: 1000 }
    }
}

/// The pages of a list so far.
#[derive(Debug)]
pub(super) struct Pages<P> {
    pub method: &'static str,
    member: &'static str,
    /// What every page is asked with.
    params: P,
    limits: PageLimits,
    /// All but the last.
    pages: Vec<P>,
    /// Where they say that the next one starts, as JSON.
    cursors: Vec<String>,
    /// How large they are.
    size: usize,
    /// Why there is no end to them.
    endless: Option<Endless>,
}

/// How a list shows that it has no end that is worth waiting for.
#[derive(Debug)]
enum Endless {
    Again,
    Many,
    Large,
}

impl<P: Payload> Pages<P> {
    /// None so far of the list that a request is about, if it is about one.
    pub fn new(method: &str, params: &P, limits: PageLimits) -> Option<Box<Self>> {
        let (method, member) = LISTS.iter().find(|(list, _)| *list == method)?;
        let wanted = if params.present("cursor").is_some() { 1 } else { limits.wanted };
        Some(Box::new(Self {
            method,
            member,
            params: copy(params),
            limits: PageLimits { wanted, ..limits },
            pages: Vec::new(),
            cursors: Vec::new(),
            size: 0,
            endless: None,
        }))
    }

    /// Takes a page; returns what the next one is asked with, unless this is the last.
    #[inline(never)]
    pub fn next(&mut self, page: &P) -> Option<P> {
        let cursor = page.present("nextCursor")?;
        let count = self.cursors.len() + 1;
        let odd = |items: P| items.kind() != Kind::Array;
        if count >= self.limits.wanted || count == 1 && page.present(self.member).is_some_and(odd) {
            return None;
        }
        let name = cursor.to_json()?;
        self.size += page.to_json()?.len();
        self.endless = if self.cursors.contains(&name) {
            Some(Endless::Again)
        } else if count >= self.limits.most {
            Some(Endless::Many)
        } else if self.size > LARGEST {
            Some(Endless::Large)
        } else {
            self.cursors.push(name);
            self.pages.push(page.clone());
            let mut params = copy(&self.params);
            params.set("cursor", cursor);
            return Some(params);
        };
        None
    }

    /// The list, of which this is the last page: the first one with the items of all.
    #[inline(never)]
    pub fn put_together(&mut self, last: P) -> Result<P, Error<P>> {
        if let Some(endless) = self.endless.take() {
            let most =
                P::from_id(&Id::Integer(self.limits.most.try_into().unwrap_or(i64::MAX))).to_json();
            return Err(Error::EndlessPages(match endless {
                Endless::Again => owned("the server gave the same cursor twice"),
                Endless::Large => owned("the pages of the list are over 64 MiB"),
                Endless::Many => {
                    sentence(&["the list has more than ", &most.unwrap_or_default(), " pages"])
                }
            }));
        }
        // Some servers write nothing, or `null`, for a list without items.
        if self.pages.is_empty() && last.present(self.member).is_some() {
            return Ok(last);
        }
        let cursor = last.present("nextCursor");
        self.pages.push(last);
        let mut whole = None;
        let mut items = Vec::new();
        for page in std::mem::take(&mut self.pages) {
            items.extend(
                page.get(self.member).and_then(|items| items.elements()).unwrap_or_default(),
            );
            // The server may still own its pages, if it runs in this very process.
            whole.get_or_insert_with(|| copy(&page));
        }
        let mut whole = whole.unwrap_or_else(P::object);
        whole.set(self.member, P::array(items));
        match cursor {
            Some(cursor) => whole.set("nextCursor", cursor),
            None => whole.remove("nextCursor"),
        }
        Ok(whole)
    }
}

/// An object of its own with the same members.
fn copy<P: Payload>(object: &P) -> P {
    let mut own = P::object();
    own.assign(object);
    own
}
