//! The transport's half of a connection.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{self, Poll, Waker},
};

use super::{Extensions, shared::Shared};
use crate::{
    jsonrpc::{Id, Raw, Unreadable, find_id},
    proto::{
        server::{ServerMachine, Transmit},
        version::Era,
    },
};

/// The transport's half: text goes in, messages come out.
///
/// Dropping it ends the connection and cancels what is in flight.
pub struct Link {
    pub(super) shared: Arc<Shared>,
    /// What came along with the request that made the connection.
    pub(super) extensions: Arc<Extensions>,
}

impl Link {
    /// Takes in one text frame.
    pub fn receive(&self, text: &str) {
        self.receive_text(text.to_owned());
    }

    /// The same, for a text that can be kept without a copy; it is dropped, with what holds it, when
    /// nothing of the message is in use any more.
    pub fn receive_text(&self, text: impl AsRef<str> + Send + Sync + 'static) {
        match Raw::take(text) {
            Ok(message) => self.receive_value(&message),
            Err((text, why)) => self.receive_unreadable(why, find_id(text.as_ref())),
        }
    }

    /// Takes in something that is not a message, but was meant as the one with this id.
    pub fn receive_unreadable(&self, why: Unreadable, id: Option<Id>) {
        self.feed(|machine| machine.receive_unreadable(&why.to_string(), id));
    }

    /// Takes in one message that has been parsed already.
    pub fn receive_value(&self, message: &Raw) {
        self.receive_value_with(message, &self.extensions);
    }

    /// Takes in one message that has been parsed already, with what came along with it; see
    /// [`Context::extensions`](super::Context::extensions). For transports where each message is a request of its own.
    pub fn receive_value_with(&self, message: &Raw, extensions: &Arc<Extensions>) {
        self.feed_with(extensions, |machine| machine.receive(message));
    }

    fn feed(&self, input: impl FnOnce(&mut ServerMachine<Raw>)) {
        self.feed_with(&self.extensions, input);
    }

    fn feed_with(&self, extensions: &Arc<Extensions>, input: impl FnOnce(&mut ServerMachine<Raw>)) {
        let wakers = {
            let mut state = self.shared.lock();
            input(state.session.machine_mut());
            while let Some(event) = state.session.machine_mut().poll_event() {
                state.events.push_back((event, Arc::clone(extensions)));
            }
            // A cancellation makes room, too.
            let mut wakers = state.room_to_wake();
            wakers.extend(state.driver.take());
            wakers.extend(state.writer.take());
            wakers
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether the connection may be read from; see [`ready`](Self::ready).
    pub fn accepts_input(&self) -> bool {
        self.shared.lock().accepts_input()
    }

    /// Waits until the connection may be read from. A peer that sends without reading its answers is
    /// made to wait.
    pub async fn ready(&self) {
        poll_fn(|cx| {
            let mut state = self.shared.lock();
            if state.accepts_input() {
                return Poll::Ready(());
            }
            state.reader = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Waits for the next message to send. Take one only when it can be written: what waits in
    /// here is bounded, and merges.
    pub async fn transmit(&self) -> Transmit<Raw> {
        poll_fn(|cx| self.poll_transmit_where(cx, |_| true)).await
    }

    /// The next message to send among those that belong to a request, or to none, of which `takes`
    /// says that they can be written now. For a transport with more than one stream.
    pub fn poll_transmit_where(
        &self,
        cx: &mut task::Context<'_>,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Poll<Transmit<Raw>> {
        match self.take(Some(cx.waker()), takes) {
            Some(transmit) => Poll::Ready(transmit),
            None => Poll::Pending,
        }
    }

    /// The requests whose handlers want their readers to go and come back later, since this was
    /// asked last; see [`Context::close_stream`](super::Context::close_stream).
    pub fn take_released(&self) -> Vec<Id> {
        self.shared.lock().released.replace(Vec::new()).unwrap_or_default()
    }

    /// The next message to send, if there is one.
    pub fn try_transmit(&self) -> Option<Transmit<Raw>> {
        self.take(None, |_| true)
    }

    fn take(
        &self,
        writer: Option<&Waker>,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Option<Transmit<Raw>> {
        let (transmit, wakers) = {
            let mut state = self.shared.lock();
            let Some(transmit) = state.session.machine_mut().poll_transmit_where(takes) else {
                state.writer = writer.cloned();
                return None;
            };
            let mut wakers = state.room_to_wake();
            if state.accepts_input() {
                wakers.extend(state.reader.take());
            }
            if state.session.machine().is_closed() {
                wakers.extend(state.driver.take());
            }
            (transmit, wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        Some(transmit)
    }

    /// The era that the peer has settled on, once it has.
    pub fn era(&self) -> Option<Era> {
        self.shared.lock().session.machine().era()
    }

    /// How many requests are being worked on.
    #[cfg(feature = "native")]
    pub(crate) fn in_flight(&self) -> usize {
        self.shared.lock().session.machine().in_flight()
    }

    /// Ends the listen requests of this connection with their results.
    pub fn end_listens(&self) {
        self.shared.send(|session| session.machine_mut().end_listens());
    }

    /// Ends the connection: everything in flight is cancelled, and nothing more is sent.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}
