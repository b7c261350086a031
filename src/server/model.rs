//! What a server, its handlers and the calls that they work on are to each other: a server has handlers, a
//! handler is given its call, and a call knows its server. What can be done with each is elsewhere.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use super::{
    Extensions,
    access::InsufficientScope,
    connections::LiveConnections,
    inbox::Inbox,
    relay::Upstream,
    shared::{Shared, Signal},
    tasks::BoxFuture,
};
#[cfg(feature = "native")]
use crate::proto::service::HandlerKind;
use crate::{
    jsonrpc::Raw,
    proto::{
        Millis,
        server::{Limits, Profile, RequestContext, RequestKey},
        service::{Binding, Catalog, HandlerFailure, Signer},
    },
    types::Implementation,
};

/// A server: what every connection to it shares. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) profile: Profile,
    pub(super) limits: Limits,
    #[cfg(feature = "native")]
    pub(super) intake: Arc<super::Intake>,
    pub(super) catalog: RwLock<Catalog<Raw, Handler>>,
    pub(super) connections: LiveConnections,
    /// Bytes of the arguments that handlers work on, and how many there may be.
    pub(super) working: AtomicUsize,
    pub(super) max_working: usize,
    pub(super) signer: Mutex<Signer>,
    /// Who answers instead, if the server is elsewhere.
    pub(super) upstream: Option<Arc<dyn Upstream>>,
    pub(super) clock: OnceLock<Clock>,
    /// How many states have been signed without a clock.
    pub(super) signed: AtomicU64,
}

/// Without a clock, a state is good until so many more have been signed.
const WITHOUT_CLOCK: f64 = 1024.0;

type Clock = Box<dyn Fn() -> Millis + Send + Sync>;

/// What a handler is given beside its context.
pub(super) struct Input {
    /// The name of the tool or the prompt, or the URI.
    pub(super) name: String,
    /// Arguments, variables, or what is to be completed.
    pub(super) value: Raw,
}

/// What a handler returns: the protocol's own result, or nothing for a resource that does not exist.
pub(super) type Outcome = Result<Raw, HandlerFailure<Raw>>;

/// A handler, and the scopes that its callers need.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) start: Start,
    pub(super) scopes: Arc<[String]>,
}

/// Starts a handler; `Err` says in words why the arguments do not fit.
pub(super) type Start =
    Arc<dyn Fn(Input, Context) -> Result<BoxFuture<Outcome>, String> + Send + Sync>;

/// A call that is being served. Cheap to clone, and free to move to other threads.
///
/// Everything in it may be used at any time, also after the call has been answered or cancelled:
/// then it does nothing.
#[derive(Clone)]
pub struct Context {
    pub(super) call: Arc<ServedCall>,
}

pub(super) struct ServedCall {
    pub(super) shared: Arc<Shared>,
    pub(super) key: RequestKey,
    pub(super) request: RequestContext,
    pub(super) extensions: Arc<Extensions>,
    pub(super) cancelled: Signal,
    pub(super) server: Server,
    pub(super) inbox: Inbox,
    /// Bytes that its arguments take.
    pub(super) holds: AtomicUsize,
    /// The scopes that the handler required and its caller lacks.
    pub(super) lacking: OnceLock<InsufficientScope>,
}

impl ServedCall {
    /// Its arguments take so many bytes until it is over. `false`: there is no room for them.
    pub(super) fn hold(&self, bytes: usize) -> bool {
        let inner = &self.server.inner;
        let before = inner.working.fetch_add(bytes, Ordering::Relaxed);
        self.holds.fetch_add(bytes, Ordering::Relaxed);
        // A single call always has room.
        before == 0 || before.saturating_add(bytes) <= inner.max_working
    }
}

impl Drop for ServedCall {
    fn drop(&mut self) {
        self.server.inner.working.fetch_sub(*self.holds.get_mut(), Ordering::Relaxed);
    }
}

impl Server {
    /// The server's name and version.
    pub fn info(&self) -> &Implementation {
        &self.inner.profile.info
    }

    /// What one connection may hold.
    #[cfg(feature = "native")]
    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// What all messages that are being read may take.
    #[cfg(feature = "native")]
    pub(crate) fn intake(&self) -> &Arc<super::Intake> {
        &self.inner.intake
    }

    /// All tools as they are listed.
    #[cfg(feature = "native")]
    pub(crate) fn tools(&self) -> Vec<Raw> {
        self.inner.catalog().tools.all_listed().cloned().collect()
    }

    /// A tool as it is listed.
    #[cfg(feature = "native")]
    pub(crate) fn listed_tool(&self, name: &str) -> Option<Raw> {
        match &self.inner.upstream {
            Some(upstream) => upstream.tool(name),
            None => self.inner.catalog().tools.listed(name).cloned(),
        }
    }

    /// The scopes that callers of a tool, of a prompt, or of a resource by its URI need.
    #[cfg(feature = "native")]
    pub(crate) fn scopes_of(&self, kind: HandlerKind, name: &str) -> Option<Arc<[String]>> {
        self.inner.catalog().handler(kind, name).map(|handler| Arc::clone(&handler.scopes))
    }

    /// Gives the server a clock, in milliseconds since 1970, unless it has one: without it, what is
    /// signed is good until 1,024 more things have been signed. `mcp_wasm::native` does so.
    pub fn set_clock(&self, clock: impl Fn() -> Millis + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }
}

impl Inner {
    /// What the server says about itself now.
    pub(super) fn profile(&self) -> Profile {
        self.catalog().profile(&self.profile)
    }

    /// What the server has. No handler runs while it is held. A panic leaves it whole.
    pub(super) fn catalog(&self) -> RwLockReadGuard<'_, Catalog<Raw, Handler>> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog<Raw, Handler>> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, signer: &Signer) -> Millis {
        #[allow(clippy::cast_precision_loss)] // not that many
        let count = || self.signed.load(Ordering::Relaxed) as f64;
        self.clock.get().map_or_else(|| count() * signer.lifetime / WITHOUT_CLOCK, |clock| clock())
    }

    /// A panic leaves it whole.
    fn signer(&self) -> MutexGuard<'_, Signer> {
        self.signer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers in a state that a request brings along, if it may be trusted.
    pub(super) fn open(&self, state: &str, binding: &Binding) -> Option<Vec<(String, Raw)>> {
        let mut signer = self.signer();
        let now = self.now(&signer);
        signer.open(state, binding, now)
    }

    /// The state that goes along with questions.
    pub(super) fn close(&self, binding: &Binding, answers: Vec<(String, Raw)>) -> String {
        let mut signer = self.signer();
        self.signed.fetch_add(1, Ordering::Relaxed);
        let now = self.now(&signer);
        signer.close(binding, answers, now)
    }

    /// A text that nobody can guess.
    pub(super) fn token(&self) -> String {
        self.signer().token()
    }
}
