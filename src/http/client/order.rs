//! What the client says about one request of the server goes out in its order: progress, then the
//! answer. Each is a request of HTTP by itself, and those overtake each other, so each waits for
//! the head of the answer to the one before. Nothing else waits.

use crate::jsonrpc::{Id, Payload};
use crate::types::{meta, method};

use super::exchange::{Kind, Purpose};
use super::{Http, id_at};

/// How much may wait for a slow server; beyond that, the newest progress takes the place of the one
/// before it.
const WAITING: usize = 64;

/// A request of the server that asked for progress.
#[derive(Debug)]
pub(super) struct Lane<P> {
    id: Id,
    /// `None` once the answer is there: no progress comes after it.
    token: Option<Id>,
    /// The exchange whose answer is waited for; 0 for none.
    posted: u32,
    waiting: Vec<P>,
}

impl<P: Payload> Http<P> {
    /// The server has sent a request or a notification.
    pub(super) fn asked(&mut self, message: &P, method: &str) {
        if let Some(id) = id_at(message, &["id"]) {
            let token = id_at(message, &["params", meta::META, meta::PROGRESS_TOKEN]);
            if token.is_some() {
                self.lanes.push(Lane { id, token, posted: 0, waiting: Vec::new() });
            }
        } else if method == method::CANCELLED {
            // Nothing of it is wanted any more.
            let id = id_at(message, &["params", "requestId"]);
            self.lanes.retain(|lane| Some(&lane.id) != id.as_ref());
        }
    }

    /// Posts a message in its turn. Returns the number of the exchange, 0 if there is none yet.
    pub(super) fn post_in_turn(&mut self, kind: Kind, message: P) -> u32 {
        let answers = kind == Kind::Response;
        let about = match kind {
            Kind::Response => id_at(&message, &["id"]),
            Kind::Progress => id_at(&message, &["params", meta::PROGRESS_TOKEN]),
            _ => None,
        };
        let same = |lane: &Lane<P>| {
            if answers { Some(&lane.id) == about.as_ref() } else { lane.token == about }
        };
        let lane = self.lanes.iter().position(same).filter(|_| about.is_some());
        let Some((at, lane)) = lane.and_then(|at| Some((at, self.lanes.get_mut(at)?))) else {
            return self.post(message, Purpose::Message, false);
        };
        if answers {
            lane.token = None;
        }
        let full = lane.waiting.len() >= WAITING && !answers;
        match lane.waiting.last_mut().filter(|_| full) {
            Some(last) => *last = message,
            None => lane.waiting.push(message),
        }
        if lane.posted == 0 { self.advance(at) } else { 0 }
    }

    /// The server has that exchange, or will never have it.
    pub(super) fn arrived(&mut self, number: u32) {
        if let Some(at) = self.lanes.iter().position(|lane| lane.posted == number) {
            self.advance(at);
        }
    }

    /// Posts what waits first in that lane.
    fn advance(&mut self, at: usize) -> u32 {
        let Some(lane) = self.lanes.get_mut(at) else { return 0 };
        lane.waiting.reverse();
        let next = lane.waiting.pop();
        lane.waiting.reverse();
        // The answer is the last of a lane.
        if lane.token.is_none() && lane.waiting.is_empty() {
            self.lanes.swap_remove(at);
            return next.map_or(0, |answer| self.post(answer, Purpose::Message, false));
        }
        let posted = next.map_or(0, |next| self.post(next, Purpose::Message, false));
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.posted = posted;
        }
        posted
    }
}
