//! One server at work: drives the relay between its clients and the transport to it, and starts it
//! again when it ends.

mod life;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mcp_wasm::{
    jsonrpc::{Payload, Raw},
    proto::{
        client::RequestId,
        relay::{FrontId, Relay, RelayOptions, RelayOutput},
        server::Event,
    },
    server::relay::Line,
    transport::{self, Transport, now},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use crate::{config::Way, pool::Pool};
use life::Phase;

/// Messages that wait for a client, at which the server is not read from.
const MANY: usize = 1024;
/// And at which it is again.
const FEW: usize = 256;
/// How long others wait for one client that reads slowly.
const PATIENCE: Duration = Duration::from_millis(500);

/// What clients want of a backend.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are events")]
pub enum Command {
    /// A client is there.
    Attach(FrontId, Line),
    /// It has done something.
    Event(FrontId, Event<Raw>),
    /// It is gone.
    Detach(FrontId),
}

/// Runs a backend until nobody needs it. `is_own`: it is for one client.
pub async fn run(pool: Arc<Pool>, mut commands: mpsc::Receiver<Command>, is_own: bool) {
    let Some(mut backend) = Backend::new(Arc::clone(&pool), is_own) else { return };
    let mut stopping = pool.stopping();
    let mut login = pool.login().map(|login| login.changes());
    loop {
        backend.step();
        let wake = backend.wake();
        let idle = backend.idle();
        let slow = backend.slow.clone();
        let mut waiting = pin!(async {
            match slow {
                Some((line, until)) => tokio::select! {
                    () = line.below(FEW) => {}
                    () = rest(until) => {}
                },
                None => std::future::pending().await,
            }
        });
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => backend.command(command),
                None => break,
            },
            event = next(&mut backend.transport), if backend.slow.is_none() => backend.event(event),
            () = &mut waiting => backend.caught_up(),
            () = rest(wake) => backend.tick(),
            () = rest(idle) => {
                if pool.let_go(&commands) {
                    break;
                }
            }
            () = changed(&mut login) => backend.logged_in(),
            _ = stopping.wait_for(|stop| *stop) => break,
        }
        if is_own && backend.is_left() {
            break;
        }
    }
    backend.end().await;
}

/// What the server does next.
async fn next(transport: &mut Option<Transport>) -> transport::TransportEvent {
    match transport {
        Some(transport) => transport.next().await,
        None => std::future::pending().await,
    }
}

/// Until somebody has logged in, if the server wants that.
async fn changed(login: &mut Option<watch::Receiver<()>>) {
    if let Some(login) = login
        && login.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Until then, if that is ever.
async fn rest(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// What the clock of the world said when that of the machines began.
#[allow(clippy::disallowed_methods)] // clocks are read here
fn epoch() -> f64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    time.as_secs_f64() * 1000.0 - now()
}

struct Backend {
    pool: Arc<Pool>,
    relay: Relay<Raw>,
    lines: BTreeMap<FrontId, Line>,
    transport: Option<Transport>,
    is_own: bool,
    /// Whether anybody has been there.
    was_used: bool,
    /// Since when nobody is there.
    left: Option<Instant>,
    phase: Phase,
    /// How often it has ended by itself in a row.
    ends: u32,
    /// When it is started again.
    again: Option<Instant>,
    /// A client that everything waits for, and until when.
    slow: Option<(Line, Option<Instant>)>,
    /// Clients that are not waited for any more.
    lagging: BTreeSet<FrontId>,
    /// Clients that got something in this step.
    touched: BTreeSet<FrontId>,
    listed: u64,
}

impl Backend {
    fn new(pool: Arc<Pool>, is_own: bool) -> Option<Self> {
        let mut key = vec![0; 32];
        if getrandom::fill(&mut key).is_err() {
            tracing::error!("the system has no random numbers");
            return None;
        }
        Some(Self {
            relay: Relay::new(RelayOptions {
                shared: !is_own,
                lists: matches!(&pool.entry.way, Way::Web(web) if web.url.starts_with("http")),
                epoch: epoch(),
                ..RelayOptions::new(key)
            }),
            pool,
            lines: BTreeMap::new(),
            transport: None,
            is_own,
            was_used: false,
            left: Some(Instant::now()),
            phase: Phase::Absent,
            ends: 0,
            again: None,
            slow: None,
            lagging: BTreeSet::new(),
            touched: BTreeSet::new(),
            listed: 0,
        })
    }

    /// Whether the only client has gone.
    fn is_left(&self) -> bool {
        self.was_used && self.lines.is_empty()
    }

    /// When the backend ends, if nobody comes.
    fn idle(&self) -> Option<Instant> {
        if self.is_own || !self.lines.is_empty() || self.relay.in_flight() > 0 {
            return None;
        }
        Some(self.left? + self.pool.limits.idle)
    }

    fn wake(&self) -> Option<Instant> {
        let wanted = self.relay.poll_timeout();
        let clock = if wanted.is_finite() {
            let clock = Duration::try_from_secs_f64((wanted - now()).max(0.0) / 1000.0).ok();
            clock.and_then(|clock| Instant::now().checked_add(clock))
        } else {
            None
        };
        let again = self.again.filter(|_| self.transport.is_none() && self.is_wanted());
        match (clock, again) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    fn command(&mut self, command: Command) {
        let now = now();
        match command {
            Command::Attach(front, line) => {
                self.was_used = true;
                self.left = None;
                self.lines.insert(front, line);
                self.relay.attach(front);
            }
            Command::Detach(front) => {
                self.lines.remove(&front);
                self.lagging.remove(&front);
                self.relay.detach(front, now);
                if self.lines.is_empty() {
                    self.left = Some(Instant::now());
                    self.slow = None;
                }
            }
            Command::Event(front, event) => match event {
                Event::Relayed(request) => self.relay.request(front, request, now),
                Event::Cancelled { key, reason } => {
                    self.relay.cancelled(front, key, reason.as_deref(), now);
                }
                Event::Answered { ask, outcome, .. } => self.relay.answered(ask, outcome, now),
                Event::Notified { method, params } => self.relay.notified(&method, params, now),
                // Machines of relays hand up nothing else.
                Event::Request(_) => {}
            },
        }
    }

    fn tick(&mut self) {
        self.relay.handle_timeout(now());
    }

    fn event(&mut self, event: transport::TransportEvent) {
        let now = now();
        let is_end = matches!(event, transport::TransportEvent::End(_));
        if is_end {
            self.transport = None;
        }
        event.pass(self.relay.back_mut(), now);
        self.relay.settle(now);
    }

    /// The client that everything waited for has caught up, or is not waited for any longer.
    fn caught_up(&mut self) {
        let Some((line, _)) = self.slow.take() else { return };
        if line.waiting() >= FEW {
            let of = self.lines.iter().find(|(_, own)| own.is(&line)).map(|(front, _)| *front);
            self.lagging.extend(of);
        }
    }

    /// Does all there is to do.
    fn step(&mut self) {
        loop {
            self.start();
            let mut moved = false;
            while let Some(output) = self.relay.poll_output() {
                moved = true;
                self.output(output);
            }
            if !moved {
                break;
            }
        }
        self.look_at_readers();
        if self.listed != self.relay.listed() {
            self.listed = self.relay.listed();
            let named = |tool: &Raw| Some((tool.text("name")?, tool.clone()));
            self.pool.list(self.relay.tools().filter_map(named));
        }
    }

    fn look_at_readers(&mut self) {
        while let Some(front) = self.touched.pop_first() {
            let Some(line) = self.lines.get(&front) else { continue };
            let waiting = line.waiting();
            if waiting < FEW {
                self.lagging.remove(&front);
            } else if waiting >= MANY && self.slow.is_none() && !self.lagging.contains(&front) {
                // Who has the server alone may take its time.
                let until = (self.lines.len() > 1).then(|| Instant::now() + PATIENCE);
                self.slow = Some((line.clone(), until));
            }
        }
    }

    fn output(&mut self, output: RelayOutput<Raw>) {
        match output {
            RelayOutput::Send(message, id) => self.send(&message, id),
            RelayOutput::Greet(message) => self.greet(&message),
            RelayOutput::Reopen => {
                drop(self.transport.take());
                self.transport = Some(self.open());
            }
            RelayOutput::Connected => self.connected(),
            RelayOutput::Disconnected(error) => self.disconnected(&error),
            RelayOutput::Fault(error) => {
                tracing::warn!(server = self.pool.name(), "{error}");
            }
            RelayOutput::Front(front, act) => {
                self.touched.insert(front);
                if let Some(line) = self.lines.get(&front)
                    && !line.act(act)
                {
                    tracing::debug!("a client reads too slowly: a notification was dropped");
                }
            }
        }
    }

    fn send(&mut self, message: &Raw, id: Option<RequestId>) {
        let back = self.relay.back_mut();
        let patience = id.and_then(|id| back.patience(id));
        let Some(transport) = &mut self.transport else { return };
        if let Err(error) = transport.send(message, patience) {
            match id {
                Some(id) => back.unsent(id, error, now()),
                None => back.fault(error),
            }
            self.relay.settle(now());
        }
    }

    fn greet(&mut self, message: &Raw) {
        let Some(transport) = &mut self.transport else { return };
        let (sent, tells) = (transport.send(message, None), transport.tells());
        match sent {
            Ok(()) if tells => return,
            Ok(()) => self.relay.back_mut().begun(now()),
            Err(error) => self.relay.back_mut().not_begun(error, now()),
        }
        self.relay.settle(now());
    }
}
