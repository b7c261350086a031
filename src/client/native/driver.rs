//! The task of one client: it feeds the machine with what happens, and does what it says. All
//! functions of the user's run in it, one after the other, and no lock is held while one runs: all others
//! only wake the task.

use std::sync::{Arc, Weak};

use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::super::Exit;
use super::super::engine::Engine;
use super::super::machine::not_open;
use crate::jsonrpc::Raw;
use crate::proto::client::{Output, RequestId};
use crate::transport::{End, Transport, TransportEvent, now, until};

/// Drives a client until its connection has ended, or nobody holds it any more.
pub(super) async fn run(
    engine: Weak<Engine>,
    wake: Arc<Notify>,
    transport: Transport,
    ends: watch::Sender<bool>,
) {
    let mut line = Line { engine, transport: Some(transport), is_over: false };
    while let Some(wish) = line.turn() {
        let strike = async {
            match until(wish) {
                Some(time) => sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = next(&mut line.transport) => line.hear(event),
            () = wake.notified() => {}
            () = strike => line.strike(),
        }
    }
    if let Some(transport) = line.transport.take() {
        transport.close().await;
    }
    let _ = ends.send(true);
}

async fn next(transport: &mut Option<Transport>) -> TransportEvent {
    match transport {
        Some(transport) => transport.next().await,
        None => std::future::pending().await,
    }
}

/// How a child has ended, if that is what has.
fn exit(end: &End) -> Option<Exit> {
    let status = end.exit?;
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    Some(Exit { code: status.code(), signal, stderr: end.stderr.clone() })
}

/// What the task holds.
struct Line {
    engine: Weak<Engine>,
    transport: Option<Transport>,
    is_over: bool,
}

impl Line {
    /// Does what the machine wants done; when it wants the clock to strike, or `None` at the end.
    fn turn(&mut self) -> Option<f64> {
        let engine = self.engine.upgrade()?;
        while let Some((output, ended)) =
            engine.poll(|id| self.transport.as_ref().is_some_and(|transport| transport.holds(id)))
        {
            match output {
                Output::Send(message, id) => self.send(&engine, &message, id),
                Output::Greet(message) => self.greet(&engine, &message),
                Output::Reopen => self.transport = Some(engine.platform.endpoint.open(&engine)),
                Output::Disconnected(..) => {
                    self.is_over = true;
                    engine.hear(output, ended);
                }
                output => engine.hear(output, ended),
            }
        }
        (!self.is_over).then(|| engine.with(|core| core.poll_timeout()))
    }

    fn hear(&mut self, event: TransportEvent) {
        let Some(engine) = self.engine.upgrade() else { return };
        match event {
            TransportEvent::Unread(of, error) => engine.refuse(&of, error),
            TransportEvent::End(end) => {
                self.transport = None;
                if let Some(exit) = exit(&end) {
                    // There is one end.
                    let _ = engine.exit.set(Arc::new(exit));
                }
                engine.closed(&end.reason, end.unauthorized);
            }
            event => engine.with(|core| event.tell(core, now())),
        }
    }

    fn strike(&self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.with(|core| core.handle_timeout(now()));
        }
    }

    fn send(&mut self, engine: &Engine, message: &Raw, id: Option<RequestId>) {
        let patience = id.and_then(|id| engine.with(|core| core.patience(id)));
        let sent = match &mut self.transport {
            Some(transport) => transport.send(message, patience),
            None => Err(not_open()),
        };
        match (sent, id) {
            (Ok(()), _) => {}
            (Err(error), Some(id)) => engine.with(|core| core.unsent(id, error, now())),
            (Err(error), None) => engine.fault(error),
        }
    }

    /// Sends what ends the handshake. Over HTTP, its exchange says when the server has it.
    fn greet(&mut self, engine: &Engine, message: &Raw) {
        let Some(transport) = &mut self.transport else {
            return engine.with(|core| core.not_begun(not_open(), now()));
        };
        match transport.send(message, None) {
            Err(error) => engine.with(|core| core.not_begun(error, now())),
            Ok(()) if transport.tells() => {}
            Ok(()) => engine.with(|core| core.begun(now())),
        }
    }
}

/// The runtime ends, and the task with it: no call waits for ever.
impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_over
            && let Some(engine) = self.engine.upgrade()
        {
            engine.with(|core| core.close("the runtime of the client has ended"));
            self.transport = None;
            self.turn();
        }
    }
}
