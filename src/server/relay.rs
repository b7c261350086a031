//! A server that is elsewhere: its connections are handed to somebody who answers for it.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{self, Poll, Waker},
};

use super::shared::{Shared, enlist};
use crate::{
    jsonrpc::Raw,
    proto::{
        relay::Act,
        server::{Event, Reported},
    },
};

/// A future that can move between threads.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Answers for a server that is elsewhere; see [`ServerBuilder::relay`](super::ServerBuilder::relay).
pub trait Upstream: Send + Sync + 'static {
    /// A client connects. The future is polled until it is ready, which it has to be when the line
    /// [has ended](Line::next), or dropped.
    fn connect(&self, line: Line) -> Running;

    /// A tool as the server lists it, if that is known.
    fn tool(&self, name: &str) -> Option<Raw>;
}

/// The connection of a client. Clones are the same line.
#[derive(Clone)]
pub struct Line {
    shared: Arc<Shared>,
    is_single: bool,
}

impl Line {
    pub(super) fn new(shared: Arc<Shared>, is_single: bool) -> Self {
        Self { shared, is_single }
    }

    /// Whether it is for one request only, so that its client may well be that of others.
    pub fn is_single(&self) -> bool {
        self.is_single
    }

    /// Whether both are the same line.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// What the client does next; `None` when it is gone, and all that it asked for is cancelled.
    pub async fn next(&self) -> Option<Event<Raw>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&self, cx: &mut task::Context<'_>) -> Poll<Option<Event<Raw>>> {
        let (event, reader) = {
            let mut state = self.shared.lock();
            let event = state.events.pop_front().map(|(event, _)| event);
            let event = event.or_else(|| state.session.machine_mut().poll_event());
            if event.is_none() && !state.session.machine().is_closed() {
                state.driver = Some(cx.waker().clone());
                return Poll::Pending;
            }
            (event, state.reader.take())
        };
        if let Some(reader) = reader {
            reader.wake();
        }
        Poll::Ready(event)
    }

    /// Does something for the client. `false`: it reads too slowly, and a notification was dropped.
    pub fn act(&self, act: Act<Raw>) -> bool {
        let mut is_passed = true;
        self.shared.send_if(|session| {
            let machine = session.machine_mut();
            match act {
                Act::Answer(key, outcome) => machine.pass_answer(key, outcome),
                // One that is held back is no news for whoever writes, who would look through all that
                // waits, again and again.
                Act::Report(key, params) => {
                    return machine.pass_report(key, params) != Reported::Held;
                }
                Act::Notify(key, method, params) => {
                    is_passed = machine.pass_notification(key, &method, params);
                }
                Act::Ask(key, ask, method, params) => {
                    machine.pass_question(key, ask, &method, params);
                }
                Act::Withdraw(ask) => machine.withdraw(ask),
            }
            true
        });
        is_passed
    }

    /// How many messages wait to be sent.
    pub fn waiting(&self) -> usize {
        self.shared.lock().session.machine().waiting()
    }

    /// Ready once fewer messages than that wait to be sent, or the client is gone.
    pub async fn below(&self, most: usize) {
        poll_fn(|cx| self.poll_below(cx.waker(), most)).await;
    }

    fn poll_below(&self, waker: &Waker, most: usize) -> Poll<()> {
        let mut state = self.shared.lock();
        let machine = state.session.machine();
        if machine.waiting() < most || machine.is_closed() {
            return Poll::Ready(());
        }
        enlist(&mut state.room, waker);
        Poll::Pending
    }
}
