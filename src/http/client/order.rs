//! What the client says about one request of the server goes out in its order: progress, then the
//! answer. Each is a request of HTTP by itself, and those overtake each other, so each waits for
//! the head of the answer to the one before. Nothing else waits, but for `initialized` at the start
//! of a session.

use crate::jsonrpc::{Id, Payload};
use crate::text::take_where;
use crate::types::{meta, method};

use super::exchange::{ExchangePurpose, Subject};
use super::{Http, id_at};

/// How much may wait for a slow server; beyond that, the newest progress takes the place of the one
/// before it.
const WAITING: usize = 64;

/// How long a session waits for the server's own stream before it begins, in milliseconds: servers
/// may not say anything on it, not even its head, before they have to.
const BEGINS: f64 = 150.0;

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
    #[inline(never)]
    pub(super) fn asked(&mut self, message: &P, method: &str) {
        let token = id_at(message, &["params", meta::META, meta::PROGRESS_TOKEN]);
        if method == method::CANCELLED {
            // Nothing of it is wanted any more.
            self.lane(0, id_at(message, &["params", "requestId"]), None);
        } else if token.is_some()
            && let Some(id) = id_at(message, &["id"])
        {
            self.lanes.push(Lane { id, token, posted: 0, waiting: Vec::new() });
        }
    }

    /// Posts a message in its turn. Returns the number of the exchange, 0 if there is none yet.
    #[inline(never)]
    pub(super) fn post_in_turn(&mut self, kind: Subject, message: P) -> u32 {
        let about = |path| id_at(&message, path);
        let lane = match kind {
            Subject::Response => self.lane(0, about(&["id"]), None),
            Subject::Progress => self.lane(0, None, about(&["params", meta::PROGRESS_TOKEN])),
            _ => None,
        };
        let Some(mut lane) = lane else {
            return self.post(message, ExchangePurpose::Message, false);
        };
        let full = lane.waiting.len() >= WAITING;
        if kind == Subject::Response {
            lane.token = None;
        } else if full {
            lane.waiting.pop();
        }
        lane.waiting.push(message);
        self.advance(lane)
    }

    /// The server has that exchange, or will never have it.
    #[inline(never)]
    pub(super) fn arrived(&mut self, number: u32) {
        let found = self.find(number);
        let listens =
            found.as_ref().is_some_and(|one| matches!(one.purpose, ExchangePurpose::Listen));
        if listens {
            self.begun();
        } else if let Some(exchange) = found.filter(|one| one.kind == Subject::Initialized) {
            let (ok, first) = (exchange.is_ok(), !exchange.again);
            if first {
                // What the server says right after shall find its stream.
                self.begins = self.now + if ok { BEGINS } else { 0.0 };
            }
            if ok {
                // First of all: what a server asks during a call may come on its own stream.
                self.listen();
            } else {
                self.begun();
            }
            self.begin_session();
        }
        if let Some(mut lane) = self.lane(number, None, None) {
            lane.posted = 0;
            self.advance(lane);
        }
    }

    /// Posts what waits first in a lane, if it is its turn. A lane ends with the answer.
    #[inline(never)]
    fn advance(&mut self, mut lane: Lane<P>) -> u32 {
        let mut number = 0;
        if lane.posted == 0 {
            lane.waiting.reverse();
            if let Some(next) = lane.waiting.pop() {
                number = self.post(next, ExchangePurpose::Message, false);
            }
            lane.waiting.reverse();
            lane.posted = number;
        }
        if lane.token.is_some() || !lane.waiting.is_empty() {
            self.lanes.push(lane);
        }
        number
    }

    /// Takes out the lane with that exchange, id or token.
    #[inline(never)]
    #[allow(clippy::needless_pass_by_value)] // as they are read from a message
    fn lane(&mut self, posted: u32, id: Option<Id>, token: Option<Id>) -> Option<Lane<P>> {
        take_where(&mut self.lanes, |lane| {
            lane.posted == posted && posted > 0
                || Some(&lane.id) == id.as_ref()
                || lane.token == token && token.is_some()
        })
    }
}
