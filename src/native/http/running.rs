//! Runs a session: what its handlers say goes to its streams, as far as there is room.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::sync::watch;

use super::{pace, session::HttpSession, sessions::Sessions};
use crate::server::{Driver, Transmit};

impl HttpSession {
    /// Runs the session to its end.
    pub(super) async fn run(
        self: Arc<Self>,
        driver: Driver,
        sessions: Arc<Sessions>,
        timeout: Duration,
        stop: watch::Receiver<bool>,
    ) {
        let mut driver = pin!(driver);
        // By itself, so that it is not looked at for every message.
        let ending = tokio::spawn(Arc::clone(&self).wait_for_end(timeout, stop));
        tokio::select! {
            // The handlers come first: what they report leaves in the same turn.
            biased;
            () = pace::run(driver.as_mut()) => {}
            () = self.pump(&sessions) => {}
        }
        ending.abort();
        self.end();
        sessions.remove(&self.id);
        // Cancelled handlers have one more turn.
        driver.await;
    }

    /// Ends the session when nobody uses it any more, or nothing is served.
    async fn wait_for_end(self: Arc<Self>, timeout: Duration, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.tidy(timeout) => tracing::debug!("a session was idle for too long"),
            _ = stop.wait_for(|stop| *stop) => {}
        }
        self.end();
    }

    /// Moves messages from the link to the streams, each when its stream can take it.
    async fn pump(&self, sessions: &Sessions) {
        poll_fn(|cx| {
            let mut state = self.lock();
            let now = self.now();
            loop {
                if sessions.holds_too_much() {
                    drop(state);
                    sessions.relieve();
                    state = self.lock();
                }
                let streams = &state.streams;
                if streams.is_closed() {
                    return Poll::Ready(());
                }
                match self.link.poll_transmit_where(cx, |about| streams.has_room(about)) {
                    Poll::Ready(Transmit::Send { frame, about, last, .. }) => {
                        state.streams.push(&frame, about.as_ref(), last, now);
                        self.settle(&mut state);
                        if last {
                            self.to_tidy.notify_one();
                        }
                    }
                    Poll::Ready(Transmit::Close { .. }) => return Poll::Ready(()),
                    Poll::Pending => {
                        for request in self.link.take_released() {
                            state.streams.release(&request);
                        }
                        // What was found just now is no reason to come back.
                        state.wake();
                        state.pump = Some(cx.waker().clone());
                        return Poll::Pending;
                    }
                }
            }
        })
        .await;
    }
}
