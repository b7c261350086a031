//! One call: how it is to be made, and the future that it then is.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use super::engine::Engine;
use super::handler::Callback;
use super::pending::{Listener, Pending};
use super::{Error, MaybeSend, Progress, Value};
use crate::proto::client::{Caching, CallLimits, RequestId};

/// Reads a result; the text names the call.
pub(super) type Read<T> = fn(&str, Value) -> Result<T, Error>;

/// What a call sends.
pub(super) struct Plan {
    pub method: &'static str,
    /// How errors name it.
    pub label: String,
    /// The parameters, or why there are none.
    pub params: Result<Value, Error>,
}

/// The setters of what limits calls: of one, or of all that a client makes.
macro_rules! limit_setters {
    () => {
        /// How long a call may go without an answer and without progress: a minute, unless this says
        /// otherwise, for one call or for all of a client. `Duration::MAX` is no limit.
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.limits.timeout = millis(timeout);
            self
        }

        /// How long a call may take, whatever its progress: an hour, unless this says otherwise, for
        /// one call or for all of a client. `Duration::MAX` is no limit.
        pub fn max_total_timeout(mut self, timeout: Duration) -> Self {
            self.limits.max_total = millis(timeout);
            self
        }

        /// How long a call may go without progress before it counts as stalled, which fails nothing: ten
        /// seconds, unless this says otherwise, for one call or for all of a client. `Duration::MAX` is
        /// for ever.
        pub fn stall_after(mut self, time: Duration) -> Self {
            self.limits.stall_after = millis(time);
            self
        }

        /// Whether progress restarts [`timeout`](Self::timeout): it does, unless it is told not to.
        pub fn reset_timeout_on_progress(mut self, reset: bool) -> Self {
            self.limits.reset_on_progress = reset;
            self
        }

        /// Drops progress that does not increase, instead of delivering it.
        pub fn strict(mut self) -> Self {
            self.limits.strict = true;
            self
        }
    };
}
pub(super) use limit_setters;

/// A call that is being prepared: nothing is sent before it is awaited or [started](Self::start).
///
/// Made by the methods of [`Client`](super::Client).
///
/// ```no_run
/// # async fn example(client: mcp_wasm::Client) -> Result<(), mcp_wasm::client::Error> {
/// use std::time::Duration;
///
/// let result = client
///     .call_tool("backup_database", ())
///     .on_progress(|progress| println!("{progress}"))
///     .timeout(Duration::from_secs(10))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is sent when it is awaited or started"]
pub struct Call<T> {
    engine: Arc<Engine>,
    plan: Plan,
    limits: CallLimits,
    pending: Pending,
    read: Read<T>,
}

impl<T> Call<T> {
    pub(super) fn new(engine: &Arc<Engine>, limits: CallLimits, plan: Plan, read: Read<T>) -> Self {
        Self { engine: Arc::clone(engine), plan, limits, pending: Pending::new(None, false), read }
    }

    /// Sets what hears of the call's progress, instead of the client's handler.
    ///
    /// Every report that comes before the answer is delivered, in order, before the call is ready;
    /// none after that, nor after the call was given up.
    pub fn on_progress(mut self, handler: impl FnMut(Progress) + MaybeSend + 'static) -> Self {
        self.pending.handler = Some(Callback::new(handler));
        self
    }

    /// Delivers the call's progress to nobody; it keeps the call alive all the same.
    pub fn silent(mut self) -> Self {
        self.pending.handler = None;
        self.pending.silent = true;
        self
    }

    /// Sets what hears that the call counts as stalled, and, with false, that it goes on.
    pub fn on_stalled(mut self, handler: impl FnMut(bool) + MaybeSend + 'static) -> Self {
        self.pending.on_stalled = Some(Callback::new(handler));
        self
    }

    /// Sets what hears of the status of the task that the call has become, in the server's words.
    pub fn on_task(mut self, handler: impl FnMut(Value) + MaybeSend + 'static) -> Self {
        self.pending.on_task = Some(Callback::new(handler));
        self
    }

    pub(super) fn listening(mut self, listener: &Arc<Listener>) -> Self {
        self.pending.listener = Some(Arc::clone(listener));
        self
    }

    limit_setters!();

    /// Asks the server even if it allowed an earlier result to be kept.
    pub fn fresh(mut self) -> Self {
        self.limits.cache = Caching::Off;
        self
    }

    /// Sends the request now. Awaiting does so too; this is for calls that run side by side, and
    /// for those that want a [handle](CallFuture::handle).
    pub fn start(self) -> CallFuture<T> {
        let Self { engine, plan, limits, pending, read } = self;
        let Plan { method, label, params } = plan;
        #[allow(clippy::arc_with_non_send_sync, reason = "in a page, all is one thread")]
        let call = Arc::new(pending);
        let unsent = params.map(|params| engine.request(&call, method, params, limits)).err();
        CallFuture { engine, call, label, unsent, done: false, read }
    }
}

impl<T> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = CallFuture<T>;

    fn into_future(self) -> CallFuture<T> {
        self.start()
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Call").field("call", &self.plan.label).finish_non_exhaustive()
    }
}

/// A call on its way. Dropping it gives the call up, and the server is told.
#[must_use = "dropping a call gives it up"]
pub struct CallFuture<T> {
    engine: Arc<Engine>,
    call: Arc<Pending>,
    label: String,
    /// Why nothing was sent.
    unsent: Option<Error>,
    done: bool,
    read: Read<T>,
}

impl<T> CallFuture<T> {
    /// The id of its latest request, which is its progress token too; `None` if none was sent.
    pub fn id(&self) -> Option<i64> {
        self.call.latest().map(RequestId::get)
    }

    /// Whether nothing has come of the call for a while.
    pub fn is_stalled(&self) -> bool {
        self.call.is_stalled()
    }

    /// A handle that gives the call up from elsewhere.
    pub fn handle(&self) -> CallHandle {
        CallHandle { engine: Arc::downgrade(&self.engine), call: Arc::clone(&self.call) }
    }
}

impl<T> Future for CallFuture<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let ready = match this.unsent.take() {
            Some(error) => Err(error),
            None => match std::task::ready!(this.call.outcome.poll(context)) {
                Ok(result) => (this.read)(&this.label, result),
                Err(error) => Err(this.engine.error(&this.label, error)),
            },
        };
        this.done = true;
        Poll::Ready(ready)
    }
}

impl<T> Drop for CallFuture<T> {
    fn drop(&mut self) {
        if !self.done {
            self.handle().cancel(None);
        }
    }
}

impl<T> fmt::Debug for CallFuture<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("CallFuture");
        shown.field("call", &self.label).field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Gives a call up from elsewhere: from another task, or from the call's own progress handler.
///
/// ```no_run
/// # async fn example(client: mcp_wasm::Client) {
/// let call = client.call_tool("data_migration", ()).start();
/// let handle = call.handle();
/// // From a button, another task, or the progress handler:
/// handle.cancel("the user pressed stop");
/// if let Err(error) = call.await {
///     assert_eq!(error.code(), "ABORTED");
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct CallHandle {
    engine: Weak<Engine>,
    call: Arc<Pending>,
}

impl CallHandle {
    /// Gives the call up: the server is told, the call fails at once with
    /// [`Error::Aborted`], and no progress is delivered any more. Does nothing once the answer has
    /// come.
    pub fn cancel<'a>(&self, reason: impl Into<Option<&'a str>>) {
        let reason = reason.into();
        self.call.deafen();
        if let Some(engine) = self.engine.upgrade()
            && !self.call.outcome.is_set()
            && let Some(first) = self.call.first()
        {
            engine.cancel(first, reason);
        }
    }
}

impl fmt::Debug for CallHandle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CallHandle").field("id", &self.call.first()).finish_non_exhaustive()
    }
}

/// What the machines count in.
pub(super) fn millis(duration: Duration) -> f64 {
    if duration == Duration::MAX { f64::INFINITY } else { duration.as_secs_f64() * 1000.0 }
}
