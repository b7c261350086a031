//! Calls about lists that come in pages. To its user such a call is one, with one result; each page is
//! a request of it, with an id and a token of its own.

use crate::error::Error;
use crate::jsonrpc::Payload;
use crate::proto::Millis;

use super::cache::{Cache, Caching, Kept};
use super::calls::CallTable;
use super::pages::{Pages, Turn};
use super::requests::RequestId;
use super::wire::Wire;

impl Cache {
    /// The result of a request that is about to be sent, if it is kept: of a list, the pages that are
    /// wanted. If some are not, `params` is what the first of those is asked with.
    pub fn look_up<P: Payload>(
        &self,
        caching: Caching,
        (method, params): (&str, &mut P),
        pages: &mut Option<Box<Pages<P>>>,
        now: Millis,
    ) -> Kept<P> {
        loop {
            let page = match self.find(caching, method, params, now) {
                Kept::This(page) => page,
                other => return other,
            };
            let Some(pages) = pages else { return Kept::This(page) };
            match pages.turn(&page) {
                Turn::Next(next) => *params = next,
                Turn::Last => return Kept::This(pages.put_together(page)),
                // What the server has now may have an end.
                Turn::Endless(_) => return Kept::Nothing,
            }
        }
    }
}

impl<P: Payload> CallTable<P> {
    /// The answer is a page of the list that a call is about: the call goes on with the next one, or has
    /// failed. False if it is another's matter what the answer means.
    pub(super) fn turn(
        &mut self,
        wire: &mut Wire<P>,
        cache: &mut Cache,
        id: RequestId,
        page: &P,
        now: Millis,
    ) -> bool {
        let Some(call) = self.find(id) else { return false };
        let caching = call.limits.cache;
        let Some(pages) = call.pages.as_mut().filter(|_| wire.is_complete(page)) else {
            return false;
        };
        match pages.turn(page) {
            Turn::Last => return false,
            Turn::Endless(why) => self.end(wire, id, Err(Error::EndlessPages(why))),
            Turn::Next(params) => {
                let (method, asked) = (pages.method, params.clone());
                let leg = self.go_on_by(wire, id, method, params, now);
                cache.asked(wire, leg, caching, method, &asked);
            }
        }
        true
    }
}
