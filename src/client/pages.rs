//! A list that comes in pages, put together.

use super::{Error, Value};
use crate::jsonrpc::{Kind, Payload};

/// How many pages a list may have.
const LIMIT: usize = 1000;

/// What to do after a page.
pub(super) enum Next {
    /// Ask for the page of this cursor.
    Page(Value),
    /// The list is complete.
    Done(Value),
}

/// What is wrong with a page.
pub(super) enum Misfit {
    Page(&'static str),
    /// The list has no end.
    Endless(&'static str),
}

impl Misfit {
    pub fn error(self, call: &str) -> Error {
        let call = call.to_owned();
        match self {
            Self::Page(reason) => Error::Protocol { call, reason: reason.to_owned() },
            Self::Endless(reason) => Error::EndlessPages { call, reason: reason.to_owned() },
        }
    }
}

/// The items so far.
pub(super) struct Pages {
    /// The member of a page that its items are in.
    member: &'static str,
    items: Vec<Value>,
    cursors: Vec<String>,
}

impl Pages {
    pub fn new(member: &'static str) -> Self {
        Self { member, items: Vec::new(), cursors: Vec::new() }
    }

    /// Takes a page; the error says what is wrong with it.
    pub fn take(&mut self, page: &Value) -> Result<Next, Misfit> {
        // Some servers write nothing, or `null`, for a list without items.
        if let Some(items) = page.present(self.member) {
            let items = items.elements();
            self.items
                .extend(items.ok_or(Misfit::Page("a page of the list has no array of items"))?);
        }
        let cursor = page.get("nextCursor").filter(|cursor| cursor.kind() != Kind::Null);
        let Some(cursor) = cursor else {
            return Ok(Next::Done(Value::array(std::mem::take(&mut self.items))));
        };
        let name =
            cursor.as_text().ok_or(Misfit::Page("the cursor of the next page is no string"))?;
        if self.cursors.contains(&name) {
            return Err(Misfit::Endless("the server gave the same cursor twice"));
        }
        self.cursors.push(name);
        if self.cursors.len() == LIMIT {
            return Err(Misfit::Endless("the list has more than 1000 pages"));
        }
        Ok(Next::Page(cursor))
    }
}
