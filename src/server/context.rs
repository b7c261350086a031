//! What a handler knows about its call, and how it speaks to the caller meanwhile.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use serde_json::Value;

use super::{
    Extensions,
    access::{self, InsufficientScope},
    model::{Context, ServedCall, Server},
    principal::Principal,
    shared::enlist,
    values::{ProgressMessage, Quantity, Total},
};
use crate::{
    jsonrpc::{Id, Raw},
    proto::{service::ServerSession, version::Version},
    types::Level,
};

impl Context {
    /// Reports how far the call has come: `progress` of `total`, and what is going on.
    ///
    /// ```
    /// # async fn example(ctx: mcp_wasm::server::Context, items: Vec<String>) {
    /// ctx.report_progress(3, 10, None).await;
    /// ctx.report_progress(0.5, 1.0, "half of it").await;
    /// ctx.report_progress(items.len(), None, format!("{} so far", items.len())).await;
    /// # }
    /// ```
    ///
    /// Every type of number is taken; see [`Quantity`], [`Total`] and [`ProgressMessage`] for what
    /// else. Numbers reach the caller unchanged. They ought to increase; NaN and infinities are
    /// refused, since JSON has no word for them. If nobody asked for progress, or the call is over,
    /// this does nothing, quickly.
    ///
    /// It never waits for a slow peer. While there is room, every report is sent; when there is
    /// none, the newest report of a call replaces the one that waits, and the last one is sent
    /// before the result. Use [`flush`](Self::flush) where each single report counts.
    ///
    /// The report is made by the call itself. Awaiting what it returns steps aside once, so that it
    /// leaves at once, and a cancellation takes effect, even if the handler never waits for
    /// anything else. Code that cannot await (on a thread of its own), or that reports thousands of
    /// times in a row, may drop it.
    pub fn report_progress(
        &self,
        progress: impl Quantity,
        total: impl Total,
        message: impl ProgressMessage,
    ) -> Progressed {
        let (progress, total) = (progress.value(), total.value());
        message.with(|message| self.send_progress(progress, total, message));
        step_aside()
    }

    pub(super) fn send_progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        // Without a token there is nothing to find out, and no lock to take.
        if self.call.request.token.is_some() {
            let key = self.call.key;
            let report = |session: &mut ServerSession<Raw>| {
                session.machine_mut().report(key, progress, total, message);
            };
            self.call.shared.send(report);
        }
    }

    /// Waits until no report of this call is held back: all are on their way, in order.
    ///
    /// After each report, this makes a tool run at the pace of its caller and lose none:
    ///
    /// ```
    /// # async fn example(ctx: mcp_wasm::server::Context) {
    /// for i in 1..=100_000 {
    ///     ctx.report_progress(i, 100_000, None);
    ///     ctx.flush().await;
    /// }
    /// # }
    /// ```
    pub async fn flush(&self) {
        if self.is_cancelled() {
            return step_aside().await;
        }
        poll_fn(|cx| {
            let mut state = self.call.shared.lock();
            if state.session.machine().holds(self.call.key) {
                enlist(&mut state.room, cx.waker());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// Logs for whoever looks for a bug. See [`log`](Self::log).
    pub async fn debug(&self, data: impl Into<Value>) {
        self.log(Level::Debug, None, data).await;
    }

    /// Logs what happens. See [`log`](Self::log).
    pub async fn info(&self, data: impl Into<Value>) {
        self.log(Level::Info, None, data).await;
    }

    /// Logs that something is off. See [`log`](Self::log).
    pub async fn warning(&self, data: impl Into<Value>) {
        self.log(Level::Warning, None, data).await;
    }

    /// Logs that something failed. See [`log`](Self::log).
    pub async fn error(&self, data: impl Into<Value>) {
        self.log(Level::Error, None, data).await;
    }

    /// Sends a log message to the caller, a text or any other JSON value, if it wants messages of
    /// that level: since 2026-07-28 those that the call asks for, before that those of the session.
    ///
    /// Log messages are never dropped; this waits until there is room for one.
    pub async fn log(&self, level: Level, logger: Option<&str>, data: impl Into<Value>) {
        if !self.call.shared.lock().session.machine().wants_log(self.call.key, level) {
            return step_aside().await;
        }
        let mut data = Some(Raw::of(&data.into()).unwrap_or_default());
        poll_fn(|cx| {
            let writer = {
                let mut state = self.call.shared.lock();
                if let Some(value) = data.take()
                    && let Err(value) =
                        state.session.machine_mut().log(self.call.key, level, logger, value)
                {
                    data = Some(value);
                    enlist(&mut state.room, cx.waker());
                    return Poll::Pending;
                }
                state.writer.take()
            };
            if let Some(writer) = writer {
                writer.wake();
            }
            Poll::Ready(())
        })
        .await;
        step_aside().await;
    }

    /// Ends the event stream of this call's answer, so that a long call holds no connection: the
    /// client comes back for the rest, and misses nothing. Only sessions of 2025-11-25 over HTTP can
    /// do that; anywhere else this does nothing.
    ///
    /// ```
    /// # async fn work() -> &'static str { "" }
    /// # async fn example(ctx: mcp_wasm::server::Context) -> &'static str {
    /// ctx.report_progress(0, 1, "queued for the night").await;
    /// ctx.close_stream();
    /// work().await
    /// # }
    /// ```
    pub fn close_stream(&self) {
        let writer = {
            let mut state = self.call.shared.lock();
            let Some(released) = &mut state.released else { return };
            released.push(self.request_id().clone());
            state.writer.take()
        };
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    /// Becomes ready when the call is cancelled: its caller gave it up, or the connection is gone.
    ///
    /// A handler need not care: after a cancellation it is polled once more, so that one that
    /// waits for this can wind up, and is then dropped wherever it waits (a report or a log message
    /// included), as Rust's futures may be. Work that goes on elsewhere, on another thread say, is
    /// to look at [`is_cancelled`](Self::is_cancelled) from time to time.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled { call: Arc::clone(&self.call) }
    }

    /// Whether the call has been cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.call.cancelled.is_set()
    }

    /// Whether the caller wants to know about progress. Reports are free if it does not; this is
    /// for tools that would have to work for the numbers.
    pub fn wants_progress(&self) -> bool {
        self.call.request.token.is_some()
    }

    /// The caller's id for the request.
    pub fn request_id(&self) -> &Id {
        &self.call.request.id
    }

    /// Who calls, if the application's middleware has found out: it puts a [`Principal`] into the
    /// extensions of the request. Without one, anybody may be calling.
    ///
    /// ```
    /// # use mcp_wasm::server::{Context, NoArguments};
    /// async fn whoami(_: NoArguments, ctx: Context) -> Result<String, &'static str> {
    ///     let caller = ctx.principal().ok_or("sign in first")?;
    ///     Ok(caller.subject.clone())
    /// }
    /// ```
    pub fn principal(&self) -> Option<&Principal> {
        self.extensions().get()
    }

    /// Checks that the caller has these scopes, for those that depend on arguments. Scopes that a tool
    /// always needs are set by [`Tool::scopes`](crate::types::Tool::scopes).
    ///
    /// ```
    /// # use mcp_wasm::server::{Context, InsufficientScope};
    /// async fn write(path: String, ctx: Context) -> Result<(), InsufficientScope> {
    ///     if path.starts_with("/etc") {
    ///         ctx.require_scopes(["files:admin"])?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// It may not. Once the handler fails, the caller is told which scopes to ask for: with HTTP status
    /// 403 if nothing was sent before, else with the JSON-RPC error 40300.
    pub fn require_scopes(
        &self,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), InsufficientScope> {
        let needed: Vec<String> = scopes.into_iter().map(Into::into).collect();
        let checked = access::check(self.extensions(), &needed);
        if let Err(lacking) = &checked {
            let _ = self.call.lacking.set(lacking.clone());
        }
        checked
    }

    /// What the application's middleware and its server have put into the extensions of the HTTP
    /// request that brought this call, or that opened its WebSocket. Empty over stdio.
    pub fn extensions(&self) -> &Extensions {
        &self.call.extensions
    }

    /// The server, to say that something has changed:
    /// [`resource_updated`](Server::resource_updated) and its like.
    pub fn server(&self) -> &Server {
        &self.call.server
    }

    /// The protocol revision that the call is served by.
    pub fn protocol_version(&self) -> Version {
        self.call.request.version
    }
}

/// A report that has been made; see [`Context::report_progress`].
#[derive(Debug)]
pub struct Progressed {
    has_stepped_aside: bool,
}

impl Future for Progressed {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.has_stepped_aside, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Lets others run once: the transport, and a cancellation.
pub(super) fn step_aside() -> Progressed {
    Progressed { has_stepped_aside: false }
}

/// Becomes ready when the call is cancelled; see [`Context::cancelled`].
pub struct Cancelled {
    call: Arc<ServedCall>,
}

impl Future for Cancelled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        self.call.cancelled.poll(cx.waker())
    }
}
