//! Hearing of changes: one way for both eras.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::call::{Call, CallFuture};
use super::handler::{Callback, Once};
use super::pending::Listener;
use super::{CallHandle, Error, MaybeSend, Value};
use crate::types::method;

/// A subscription that is being prepared; awaited, it is made. From
/// [`Client::listen`](super::Client::listen).
#[must_use = "a client listens when this is awaited"]
pub struct Listen {
    call: Call<Value>,
    listener: Listener,
}

impl Listen {
    pub(super) fn new(call: Call<Value>) -> Self {
        let listener = Listener { notification: None, interrupted: None, honored: Once::new() };
        Self { call, listener }
    }

    /// Sets what hears of the changes: the method of each notification, and its params.
    pub fn on_notification(
        mut self,
        mut handler: impl FnMut(String, Value) + MaybeSend + 'static,
    ) -> Self {
        self.listener.notification =
            Some(Callback::new(move |(method, params)| handler(method, params)));
        self
    }

    /// Sets what hears that the stream broke off, and why. It is opened again automatically; changes that
    /// happen meanwhile are not reported.
    pub fn on_interrupted(mut self, mut handler: impl FnMut(Error) + MaybeSend + 'static) -> Self {
        let of = move |fault| handler(Error::new(method::LISTEN, fault));
        self.listener.interrupted = Some(Callback::new(of));
        self
    }
}

impl IntoFuture for Listen {
    type Output = Result<Subscription, Error>;
    type IntoFuture = Listening;

    fn into_future(self) -> Listening {
        #[allow(clippy::arc_with_non_send_sync, reason = "in a page, all is one thread")]
        let listener = Arc::new(self.listener);
        Listening(Some(Subscription {
            call: self.call.listening(&listener).start(),
            listener,
            honored: Value::default(),
        }))
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Listen").finish_non_exhaustive()
    }
}

/// A subscription that the server has yet to acknowledge; dropping it gives it up.
#[must_use = "dropping it gives the subscription up"]
pub struct Listening(Option<Subscription>);

impl Future for Listening {
    type Output = Result<Subscription, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(subscription) = &mut self.0 else { return Poll::Pending };
        if let Poll::Ready(honored) = subscription.listener.honored.poll(context) {
            subscription.honored = honored;
            return match self.0.take() {
                Some(subscription) => Poll::Ready(Ok(subscription)),
                None => Poll::Pending,
            };
        }
        let ended = std::task::ready!(Pin::new(&mut subscription.call).poll(context));
        self.0 = None;
        Poll::Ready(Err(ended.err().unwrap_or_else(|| Error::Closed {
            call: method::LISTEN.to_owned(),
            reason: "the server ended the subscription at once".to_owned(),
            may_have_run: true,
            cause: None,
            exit: None,
        })))
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Listening").finish_non_exhaustive()
    }
}

/// A subscription, which lasts until it is dropped, or ended from the other side. Awaited, it says
/// how it ended.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    call: CallFuture<Value>,
    listener: Arc<Listener>,
    honored: Value,
}

impl Subscription {
    /// What the server will tell of, in the words of the filter.
    pub fn honored(&self) -> &Value {
        &self.honored
    }

    /// A handle that ends it from elsewhere.
    pub fn handle(&self) -> CallHandle {
        self.call.handle()
    }
}

impl Future for Subscription {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.call).poll(context).map(|ended| ended.map(|_| ()))
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Subscription").field("honored", &self.honored).finish_non_exhaustive()
    }
}
