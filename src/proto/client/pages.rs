//! The pages of a list, put together: what to ask for after each, and when a list has no end.

use std::num::NonZero;

use crate::jsonrpc::{Id, Kind, Payload};
use crate::text::sentence;
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
    pub wanted: NonZero<usize>,
    /// How many a list may have before it counts as endless.
    pub most: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { wanted: NonZero::<usize>::MAX, most: 1000 }
    }
}

/// The pages of a list so far.
#[derive(Debug)]
pub(super) struct Pages<P> {
    pub method: &'static str,
    member: &'static str,
    /// What every page is asked with.
    params: P,
    /// `None`: what comes is left as it is.
    limits: Option<PageLimits>,
    /// All but the last.
    earlier: Vec<P>,
    /// Where they say that the next one starts, as JSON.
    cursors: Vec<String>,
    /// How large they are.
    size: usize,
}

/// What comes after a page.
pub(super) enum Turn<P> {
    /// The next page, which is asked for with these params.
    Next(P),
    /// Nothing.
    Last,
    /// Nothing either: the list has no end, as these words say.
    Endless(String),
}

impl<P: Payload> Pages<P> {
    /// None so far of the list that a request is about, if it is about one.
    pub fn new(method: &str, params: &P, mut limits: Option<PageLimits>) -> Option<Box<Self>> {
        let (method, member) = LISTS.iter().find(|(list, _)| *list == method)?;
        if let Some(limits) = &mut limits
            && params.present("cursor").is_some()
        {
            limits.wanted = NonZero::<usize>::MIN;
        }
        Some(Box::new(Self {
            method,
            member,
            params: params.copy(),
            limits,
            earlier: Vec::new(),
            cursors: Vec::new(),
            size: 0,
        }))
    }

    /// Forgets them: the list is asked for from its start, with these params.
    pub fn restart(&mut self) -> P {
        self.earlier.clear();
        self.cursors.clear();
        self.size = 0;
        self.params.copy()
    }

    /// Takes a page.
    #[inline(never)]
    pub fn turn(&mut self, page: &P) -> Turn<P> {
        let Some(limits) = self.limits else { return Turn::Last };
        let Some(cursor) = page.present("nextCursor") else { return Turn::Last };
        let count = self.earlier.len() + 1;
        let odd = |items: P| items.kind() != Kind::Array;
        if count >= limits.wanted.get() || count == 1 && page.present(self.member).is_some_and(odd)
        {
            return Turn::Last;
        }
        let name = cursor.to_json().unwrap_or_default();
        self.size += page.to_json().map_or(0, |text| text.len());
        let why = if self.cursors.contains(&name) {
            ["the server gave the same cursor twice", ""]
        } else if count >= limits.most {
            ["the list has more than ", " pages"]
        } else if self.size > LARGEST {
            ["the pages of the list are over 64 MiB", ""]
        } else {
            self.cursors.push(name);
            self.earlier.push(page.clone());
            let mut params = self.params.copy();
            params.set("cursor", cursor);
            return Turn::Next(params);
        };
        let [before, behind] = why;
        let most = P::from_id(&Id::Integer(limits.most.try_into().unwrap_or(i64::MAX)));
        let most = most.to_json().filter(|_| !behind.is_empty()).unwrap_or_default();
        Turn::Endless(sentence(&[before, &most, behind]))
    }

    /// The list, of which this is the last page: the first one with the items of all.
    #[inline(never)]
    pub fn put_together(&mut self, last: P) -> P {
        // Some servers write nothing, or `null`, for a list without items.
        let is_whole = self.earlier.is_empty() && last.present(self.member).is_some();
        if is_whole || self.limits.is_none() {
            return last;
        }
        // The server may still own its pages, if it runs in this very process.
        let mut whole = self.earlier.first().unwrap_or(&last).copy();
        match last.present("nextCursor") {
            Some(cursor) => whole.set("nextCursor", cursor),
            None => whole.remove("nextCursor"),
        }
        self.earlier.push(last);
        let mut items = Vec::new();
        for page in &self.earlier {
            if let Some(mut own) = page.get(self.member).and_then(|items| items.elements()) {
                items.append(&mut own);
            }
        }
        whole.set(self.member, P::array(items));
        whole
    }
}
