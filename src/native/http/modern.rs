//! Requests since 2026-07-28: each POST is an exchange of its own, and dropping it is its end.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{body::Body, http::StatusCode, response::Response};
use futures_util::stream;
use tokio::{sync::watch, time::timeout};

use super::{events, json, pace, shutting_down};
use crate::{
    http::server::{status_of, write_message},
    jsonrpc::{Payload, Raw},
    native::{
        Endpoint,
        expiry::{Expiry, GRACE},
        guard,
    },
    server::{Extensions, Frame, Link, Transmit},
    types::method,
};

/// Serves one request. The answer is JSON if it is the first thing that there is to send, and an
/// event stream from the first report on.
///
/// The request is cancelled when what this returns is dropped, the future or the body: that is
/// what happens when the client goes.
pub(super) async fn serve(
    endpoint: &Endpoint,
    extensions: &Arc<Extensions>,
    message: Raw,
) -> Response {
    let (link, driver) = endpoint.server().connect_once();
    let running = endpoint.running();
    // Apart from the connection, so that a peer that reads slowly does not hold up the handler. It
    // ends with the link, after a last turn of the handler's.
    tokio::spawn(async move {
        pace::run(pin!(driver)).await;
        drop(running);
    });
    link.receive_value_with(&message, extensions);
    let end = Expiry::of(extensions);
    let is_call = message.text("method").is_none_or(|name| name != method::LISTEN);
    let end = if is_call { end.and(GRACE) } else { end };
    // What its handler wants of it, it has; a tool may take its time.
    drop(message);
    let keep_alive = endpoint.options().keep_alive;
    let stop = endpoint.stopping();
    let mut exchange = Exchange { link, keep_alive, end, stop, state: State::Open };
    match exchange.next().await {
        Next::Message { frame, last: true, refusal } => {
            json(status_of(&frame, refusal), frame.to_json())
        }
        Next::Message { frame, last: false, .. } => exchange.stream(Some(frame)),
        Next::Silence => exchange.stream(None),
        Next::End if exchange.end.is_over() => {
            guard::refusal(StatusCode::UNAUTHORIZED, "the token has ended")
        }
        Next::End => shutting_down(),
    }
}

struct Exchange {
    link: Link,
    keep_alive: Duration,
    /// When its caller's token ends, or its grace.
    end: Expiry,
    stop: watch::Receiver<bool>,
    state: State,
}

enum State {
    /// What has been taken from the link, but not been sent.
    First(Option<Frame<Raw>>),
    Open,
    Over,
}

enum Next {
    Message {
        frame: Frame<Raw>,
        last: bool,
        refusal: bool,
    },
    /// Nothing for a while.
    Silence,
    /// The server is about to end, or gives the exchange up.
    End,
}

impl Exchange {
    /// The next message, as soon as there is one.
    async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            sent = timeout(self.keep_alive, self.link.transmit()) => match sent {
                Ok(Transmit::Send { frame, last, refusal, .. }) => {
                    Next::Message { frame, last, refusal }
                }
                Ok(Transmit::Close { .. }) => Next::End,
                Err(_) => Next::Silence,
            },
            _ = self.stop.wait_for(|stop| *stop) => Next::End,
            () = self.end.wait() => Next::End,
        }
    }

    fn stream(mut self, first: Option<Frame<Raw>>) -> Response {
        self.state = State::First(first);
        // The body is asked for more only when what it gave before has left.
        let chunks = stream::unfold(self, Self::chunk);
        events::response(Body::from_stream(chunks))
    }

    /// The next part of the body: whatever there is to send, in one piece.
    async fn chunk(mut self) -> Option<(Result<String, Infallible>, Self)> {
        let mut text = String::new();
        match std::mem::replace(&mut self.state, State::Open) {
            State::Over => return None,
            State::First(Some(frame)) => write_message(&mut text, &frame),
            State::First(None) => text.push_str(events::COMMENT),
            State::Open => match self.next().await {
                Next::End => {
                    // Of what is in flight, only what listens has a result now. Of somebody whose token
                    // has ended it has none, and so goes on with another token.
                    if !self.end.is_over() {
                        self.link.end_listens();
                    }
                    while let Some(Transmit::Send { frame, .. }) = self.link.try_transmit() {
                        write_message(&mut text, &frame);
                    }
                    self.state = State::Over;
                    return (!text.is_empty()).then_some((Ok(text), self));
                }
                Next::Silence => text.push_str(events::COMMENT),
                Next::Message { frame, last, .. } => {
                    write_message(&mut text, &frame);
                    if last {
                        self.state = State::Over;
                    }
                }
            },
        }
        while text.len() < events::BATCH
            && matches!(self.state, State::Open)
            && let Some(Transmit::Send { frame, last, .. }) = self.link.try_transmit()
        {
            write_message(&mut text, &frame);
            if last {
                self.state = State::Over;
            }
        }
        Some((Ok(text), self))
    }
}
