//! Calls about lists that come in pages. To its user such a call is one, with one result; each page is
//! a request of it, with an id and a token of its own.

use crate::error::Error;
use crate::jsonrpc::Payload;
use crate::proto::Millis;

use super::cache::{Cache, Caching, Kept};
use super::calls::CallTable;
use super::pages::Pages;
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
            match pages.next(&page) {
                Some(next) => *params = next,
                None => {
                    // What is kept may have no end where what the server has now does.
                    return pages.put_together(page).map_or(Kept::Nothing, Kept::This);
                }
            }
        }
    }
}

impl<P: Payload> CallTable<P> {
    /// Goes on with the next page of the list that a call is about, if the answer says that there is
    /// one and it is wanted.
    pub(super) fn turn(
        &mut self,
        wire: &mut Wire<P>,
        cache: &mut Cache,
        id: RequestId,
        outcome: &Result<P, Error<P>>,
        now: Millis,
    ) -> bool {
        let Some(call) = self.find(id) else { return false };
        let caching = call.limits.cache;
        let (Some(pages), Ok(page)) = (&mut call.pages, outcome) else { return false };
        let Some(params) = pages.next(page).filter(|_| wire.is_complete(page)) else {
            return false;
        };
        let (method, asked) = (pages.method, params.clone());
        let leg = self.go_on_by(wire, id, method, params, now);
        cache.asked(wire, leg, caching, method, &asked);
        true
    }
}
