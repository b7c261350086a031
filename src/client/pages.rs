//! A list that comes in pages, put together.

use wasm_bindgen::JsValue;

use crate::jsonrpc::{Kind, Payload};

/// How many pages a list may have.
const LIMIT: usize = 1000;

/// What to do after a page.
pub(super) enum Next {
    /// Ask for the page of this cursor.
    Page(JsValue),
    /// The list is complete.
    Done(JsValue),
}

/// The items so far.
pub(super) struct Pages {
    /// The member of a page that its items are in.
    member: &'static str,
    items: Vec<JsValue>,
    cursors: Vec<String>,
}

impl Pages {
    pub fn new(member: &'static str) -> Self {
        Self { member, items: Vec::new(), cursors: Vec::new() }
    }

    /// Takes a page; the error says what is wrong with it.
    pub fn take(&mut self, page: &JsValue) -> Result<Next, &'static str> {
        let items = page.get(self.member).and_then(|items| items.elements());
        self.items.extend(items.ok_or("a page of the list has no array of items")?);
        let cursor = page.get("nextCursor").filter(|cursor| cursor.kind() != Kind::Null);
        let Some(cursor) = cursor else {
            return Ok(Next::Done(JsValue::array(std::mem::take(&mut self.items))));
        };
        let name = cursor.as_text().ok_or("the cursor of the next page is no string")?;
        if self.cursors.contains(&name) {
            return Err("the list has no end: the server gave the same cursor twice");
        }
        self.cursors.push(name);
        if self.cursors.len() == LIMIT {
            return Err("the list has no end: there are more than 1000 pages");
        }
        Ok(Next::Page(cursor))
    }
}
