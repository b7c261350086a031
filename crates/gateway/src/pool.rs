//! One entry: its clients, and as many of the server as they need.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mcp_wasm::{
    jsonrpc::{Raw, RpcError, code},
    proto::{
        relay::{Act, FrontId},
        server::Event,
        version::Era,
    },
    server::relay::{Line, Running, Upstream},
    transport::Authorize,
};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    arguments::{Arguments, Share},
    backend::{self, Command},
    config::{Entry, Way},
    oauth::{Kept, Login, Place},
    status::{State, Status},
};

/// Commands that may wait for a backend.
const COMMANDS: usize = 1024;
/// How long all servers may take to end.
const END: Duration = Duration::from_secs(8);

/// What an entry may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Whether all clients share a server.
    pub shared: bool,
    /// How long a server is kept that nobody uses.
    pub idle: Duration,
    /// How many may run at once.
    pub children: u32,
    /// Bytes of the largest message.
    pub message: usize,
}

impl Limits {
    /// Those of the command line.
    pub fn of(arguments: &Arguments) -> Self {
        Self {
            shared: arguments.child == Share::Shared,
            idle: arguments.idle,
            children: arguments.max_children,
            message: arguments.max_message,
        }
    }
}

/// One entry at work.
pub struct Pool {
    pub(crate) entry: Entry,
    pub(crate) limits: Limits,
    pub(crate) status: Status,
    /// Its log-in, if it is on the web.
    pub(crate) login: Option<Arc<Login>>,
    /// Its era, once it has shown it.
    pub(crate) era: Mutex<Option<Era>>,
    tools: RwLock<HashMap<String, Raw>>,
    inner: Mutex<Inner>,
    last: AtomicU64,
    stop: watch::Sender<bool>,
    /// Each backend holds a receiver.
    running: watch::Sender<()>,
}

#[derive(Default)]
struct Inner {
    /// The backend of those that share one.
    shared: Option<mpsc::Sender<Command>>,
    count: u32,
}

impl Pool {
    /// An entry of which nothing runs yet.
    pub fn new(entry: Entry, limits: Limits, place: &Arc<Place>, kept: &Arc<Kept>) -> Arc<Self> {
        let mut entry = entry;
        let mut login = None;
        if let Way::Web(web) = &mut entry.way {
            let (wish, place, kept) = (entry.wish.clone(), Arc::clone(place), Arc::clone(kept));
            login = Login::new(&entry.name, &web.url, wish, place, kept).map(Arc::new);
            web.authorize = login.clone().map(|login| login as Arc<dyn Authorize>);
        }
        let pool = Self {
            login,
            entry,
            limits,
            status: Status::default(),
            era: Mutex::default(),
            tools: RwLock::default(),
            inner: Mutex::default(),
            last: AtomicU64::new(0),
            stop: watch::Sender::new(false),
            running: watch::Sender::new(()),
        };
        if let Some(missing) = pool.missing() {
            tracing::warn!(server = pool.name(), "{missing}");
            pool.status.note(|state| state.error = Some(missing));
        }
        Arc::new(pool)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// Where clients find it.
    pub fn path(&self) -> &str {
        &self.entry.path
    }

    /// What it is, in a word or two.
    pub fn describe(&self) -> String {
        self.entry.way.describe()
    }

    /// How it is doing.
    pub fn state(&self) -> State {
        let login = self.login.as_ref().and_then(|login| login.standing());
        State { login, ..self.status.now() }
    }

    /// Its log-in, if it can have one.
    pub fn login(&self) -> Option<&Arc<Login>> {
        self.login.as_ref()
    }

    /// Why its command cannot be started, as far as can be seen without starting it.
    pub fn missing(&self) -> Option<String> {
        let Way::Child(command) = &self.entry.way else { return None };
        let name = command.name();
        if cfg!(windows) {
            return None;
        }
        let is_there = if name.contains('/') {
            Path::new(&name).exists()
        } else {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|directory| directory.join(&name).is_file())
        };
        (!is_there).then(|| {
            format!(
                "there is no command `{name}`: install it, or write its whole path (it is looked for \
                 in the PATH of the gateway)"
            )
        })
    }

    /// Ends all of its servers.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Ready when they have ended.
    pub async fn ended(&self) {
        if timeout(END, self.running.closed()).await.is_err() {
            tracing::warn!(server = self.name(), "some processes did not end in time");
        }
    }

    /// Becomes true when the end has come.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// The tools that a server has listed.
    pub(crate) fn list(&self, tools: impl Iterator<Item = (String, Raw)>) {
        let mut known = self.tools.write().unwrap_or_else(PoisonError::into_inner);
        *known = tools.collect();
        let count = known.len();
        drop(known);
        self.status.note(|state| state.tools = Some(count));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shared backend that nobody uses ends, unless somebody comes just now.
    pub(crate) fn let_go(&self, commands: &mpsc::Receiver<Command>) -> bool {
        let mut inner = self.lock();
        if !commands.is_empty() {
            return false;
        }
        inner.shared = None;
        true
    }

    fn ended_one(&self) {
        self.lock().count -= 1;
    }

    /// Adds a client to a backend: one of its own, or one that it shares with others.
    fn attach(self: &Arc<Self>, id: FrontId, line: &Line) -> Result<mpsc::Sender<Command>, String> {
        if *self.stop.borrow() {
            return Err("the gateway is shutting down".to_owned());
        }
        let is_own = !self.limits.shared && !line.is_single();
        let mut inner = self.lock();
        let known = if is_own { None } else { inner.shared.clone() };
        let sender = match known {
            Some(sender) => sender,
            None if inner.count >= self.limits.children => {
                return Err(format!(
                    "{} of `{}` run already, as many as --max-children says: close some, or share one \
                     by --child shared",
                    inner.count,
                    self.name()
                ));
            }
            None => {
                let (sender, commands) = mpsc::channel(COMMANDS);
                inner.count += 1;
                if !is_own {
                    inner.shared = Some(sender.clone());
                }
                let running = self.running.subscribe();
                let pool = Arc::clone(self);
                tokio::spawn(async move {
                    backend::run(Arc::clone(&pool), commands, is_own).await;
                    pool.ended_one();
                    drop(running);
                });
                sender
            }
        };
        let attach = Command::Attach(id, line.clone());
        sender.try_send(attach).map_err(|_| "the server has too much to do".to_owned())?;
        Ok(sender)
    }

    /// Serves a client to its end.
    async fn serve(self: Arc<Self>, line: Line) {
        // Nothing is started for somebody who says nothing.
        let Some(first) = line.next().await else { return };
        let id = FrontId(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let commands = match self.attach(id, &line) {
            Ok(commands) => commands,
            Err(why) => return refuse(&line, first, &why).await,
        };
        self.status.note(|state| state.clients += 1);
        let leaving = Leaving { pool: Arc::clone(&self), id, commands };
        let mut next = Some(first);
        while let Some(event) = next {
            if leaving.commands.send(Command::Event(id, event)).await.is_err() {
                break;
            }
            next = line.next().await;
        }
    }
}

/// Tells every request why there is no server for it.
async fn refuse(line: &Line, first: Event<Raw>, why: &str) {
    let mut next = Some(first);
    while let Some(event) = next {
        if let Event::Relayed(request) = event {
            let error = RpcError::new(code::TOO_MANY_REQUESTS, why);
            line.act(Act::Answer(request.key, Err(error)));
        }
        next = line.next().await;
    }
}

/// A client; dropped, it is gone.
struct Leaving {
    pool: Arc<Pool>,
    id: FrontId,
    commands: mpsc::Sender<Command>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.pool.status.note(|state| state.clients -= 1);
        let gone = Command::Detach(self.id);
        if let Err(mpsc::error::TrySendError::Full(gone)) = self.commands.try_send(gone) {
            let commands = self.commands.clone();
            tokio::spawn(async move {
                let _ = commands.send(gone).await;
            });
        }
    }
}

/// What the endpoint of an entry hands its clients to.
pub struct Clients(pub Arc<Pool>);

impl Upstream for Clients {
    fn connect(&self, line: Line) -> Running {
        Box::pin(Arc::clone(&self.0).serve(line))
    }

    fn tool(&self, name: &str) -> Option<Raw> {
        self.0.tools.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}
