//! How fast handlers run whose reports go into streams that others write.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::server::Driver;

/// Messages that wait to be sent, at which a handler has outrun its stream.
const MANY: usize = 128;
/// And those at which the stream has caught up.
const FEW: usize = 64;
/// How long handlers are left alone in all, until the stream has been empty again. After that its
/// reader is slow, and is not waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs the handlers.
///
/// A handler that steps aside after each report gives way to whoever writes. Here that is another
/// task, on another thread perhaps, which may need longer than one turn. So the handlers are left
/// alone until the stream has caught up: a reader that keeps up gets every report. For a slow one
/// nobody waits long; its reports merge.
pub(super) async fn run(mut driver: Pin<&mut Driver>) {
    let mut patience = PATIENCE;
    loop {
        let is_over = poll_fn(|cx| {
            if driver.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            if patience < PATIENCE && driver.poll_waiting(cx, 1).is_ready() {
                patience = PATIENCE;
            }
            if patience.is_zero() || driver.poll_waiting(cx, MANY).is_ready() {
                return Poll::Pending;
            }
            Poll::Ready(false)
        })
        .await;
        if is_over {
            return;
        }
        let start = Instant::now();
        let caught_up = poll_fn(|cx| driver.poll_waiting(cx, FEW));
        patience = match timeout(patience, caught_up).await {
            Ok(()) => patience.saturating_sub(start.elapsed()),
            Err(_) => Duration::ZERO,
        };
    }
}
