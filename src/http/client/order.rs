//! What the client says about one request of the server goes out in its order: progress, then the
//! answer. Each is a request of HTTP by itself, and those overtake each other, so each waits for
//! the head of the answer to the one before. Nothing else waits, but for `initialized` and the server's
//! own stream at the start of a session.

use std::num::NonZero;

use crate::jsonrpc::{Id, Payload};
use crate::text::take_where;
use crate::types::{meta, method};

use super::exchange::{ExchangePurpose, Subject};
use super::{Http, Incoming, id_at};

/// How much may wait for a slow server; beyond that, the newest progress takes the place of the one
/// before it.
const WAITING: usize = 64;

/// How long the server's own stream is waited for, in milliseconds: servers may not say anything on it,
/// not even its head, before they have to.
const BEGINS: f64 = 150.0;

/// What waits to be sent about a request of the server that asked for progress.
#[derive(Debug)]
pub(super) struct SendQueue<P> {
    id: Id,
    /// `None` once the answer is there: no progress comes after it.
    token: Option<Id>,
    /// The exchange whose answer is waited for.
    posted: Option<NonZero<u32>>,
    waiting: Vec<P>,
}

impl<P: Payload> Http<P> {
    /// The server has sent a request or a notification.
    #[inline(never)]
    pub(super) fn asked(&mut self, message: &P, method: &str) {
        let token = id_at(message, &["params", meta::META, meta::PROGRESS_TOKEN]);
        if method == method::CANCELLED {
            // Nothing of it is wanted any more.
            self.queue(None, id_at(message, &["params", "requestId"]), None);
        } else if token.is_some()
            && let Some(id) = id_at(message, &["id"])
        {
            self.queues.push(SendQueue { id, token, posted: None, waiting: Vec::new() });
        }
    }

    /// Posts a message in its turn. Returns the number of the exchange, if there is one already.
    #[inline(never)]
    pub(super) fn post_in_turn(&mut self, kind: Subject, message: P) -> Option<NonZero<u32>> {
        let about = |path| id_at(&message, path);
        let queue = match kind {
            Subject::Response => self.queue(None, about(&["id"]), None),
            Subject::Progress => self.queue(None, None, about(&["params", meta::PROGRESS_TOKEN])),
            _ => None,
        };
        let Some(mut queue) = queue else {
            return self.post_message(message, false);
        };
        let full = queue.waiting.len() >= WAITING;
        if kind == Subject::Response {
            queue.token = None;
        } else if full {
            queue.waiting.pop();
        }
        queue.waiting.push(message);
        self.advance(queue)
    }

    /// The server has that exchange, or will never have it.
    #[inline(never)]
    pub(super) fn arrived(&mut self, number: u32) {
        let found = self.find(number);
        let listens =
            found.as_ref().is_some_and(|one| matches!(one.purpose, ExchangePurpose::Listen));
        if listens {
            self.begin();
        } else if let Some(exchange) = found.filter(|one| one.kind == Subject::Initialized) {
            let (ok, again) = (exchange.is_ok(), exchange.again);
            if ok {
                // First of all: what a server asks during a call may come on its own stream.
                self.listen();
            }
            if again {
                self.begin_session();
            } else {
                // What the server says right after shall find its stream.
                self.begins = Some(self.now + BEGINS);
                if self.unheard {
                    self.incoming.push(Incoming::Begun);
                } else {
                    self.begin_session();
                }
                if !ok {
                    self.begin();
                }
            }
        }
        if let Some(mut queue) = self.queue(NonZero::new(number), None, None) {
            queue.posted = None;
            self.advance(queue);
        }
    }

    /// Posts what waits first in a queue, if it is its turn. A queue ends with the answer.
    #[inline(never)]
    fn advance(&mut self, mut queue: SendQueue<P>) -> Option<NonZero<u32>> {
        let mut number = None;
        if queue.posted.is_none() {
            queue.waiting.reverse();
            if let Some(next) = queue.waiting.pop() {
                number = self.post_message(next, false);
            }
            queue.waiting.reverse();
            queue.posted = number;
        }
        if queue.token.is_some() || !queue.waiting.is_empty() {
            self.queues.push(queue);
        }
        number
    }

    /// Takes out the queue with that exchange, id or token.
    #[inline(never)]
    #[allow(clippy::needless_pass_by_value)] // as they are read from a message
    fn queue(
        &mut self,
        posted: Option<NonZero<u32>>,
        id: Option<Id>,
        token: Option<Id>,
    ) -> Option<SendQueue<P>> {
        take_where(&mut self.queues, |queue| {
            queue.posted == posted && posted.is_some()
                || Some(&queue.id) == id.as_ref()
                || queue.token == token && token.is_some()
        })
    }
}
