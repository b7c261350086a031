//! How a client connects.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::{limit_setters, millis};
use super::engine::{Engine, Handlers};
use super::handler::Callback;
use super::{
    Client, Destination, Error, Headers, Here, Implementation, Level, LogMessage, MaybeSend,
    MaybeSync, Mode, Oddity, Progress, Target, Value,
};
use crate::http::sse::MAX_MESSAGE_SIZE;
use crate::jsonrpc::Payload;
use crate::proto::client::{CallLimits, Channel, ClientConfig, Handles};

/// A connection that is being prepared; awaited, it is made. From [`Client::connect`].
///
/// ```no_run
/// # async fn example() -> Result<(), mcp_wasm::client::Error> {
/// use mcp_wasm::Client;
///
/// let client = Client::connect("https://example.com/mcp")
///     .info("my-app", "1.2.0")
///     .header("authorization", "Bearer …")
///     .on_progress(|progress| println!("{progress}"))
///     .on_log(|log| println!("{}", log.text()))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a client connects when this is awaited"]
pub struct Connect {
    target: Target,
    info: Implementation,
    mode: Mode,
    protocols: Vec<String>,
    max_message_size: usize,
    headers: Headers,
    limits: CallLimits,
    patience: f64,
    probe: Option<f64>,
    log_level: Option<Level>,
    tasks: bool,
    handlers: Handlers,
}

impl Connect {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            info: Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            mode: Mode::Auto,
            protocols: vec!["mcp".to_owned()],
            max_message_size: MAX_MESSAGE_SIZE,
            headers: Arc::new(Vec::new),
            limits: CallLimits::default(),
            patience: Channel::default().connect_timeout,
            probe: None,
            log_level: None,
            tasks: false,
            handlers: Handlers::default(),
        }
    }

    /// The name and the version of the application, for the server's logs.
    pub fn info(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.info = Implementation::new(name, version);
        self
    }

    /// Which revisions of the protocol may be spoken: by default all, and the newest that the
    /// server speaks.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The subprotocols to offer over WebSocket, in the place of `mcp`; with none, the server need not
    /// select one.
    pub fn protocols<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.protocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// How large a message may be, sent or received, in bytes: 64 MiB, unless this says otherwise.
    /// `usize::MAX` is no limit.
    ///
    /// A call whose request or answer is larger fails with [`Error::TooLarge`]; the connection goes on.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// Adds a header to every request over HTTP, and natively to that of a WebSocket. Browsers let no
    /// page add one there.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (before, one) = (self.headers, (name.into(), value.into()));
        self.headers = Arc::new(move || {
            let mut all = before();
            all.push(one.clone());
            all
        });
        self
    }

    /// Adds headers that are made anew for every request over HTTP, and natively for every WebSocket, such as a
    /// token that expires. A WebSocket that the server ends with its token is opened again.
    pub fn headers_with(
        mut self,
        headers: impl Fn() -> Vec<(String, String)> + MaybeSync + 'static,
    ) -> Self {
        let before = self.headers;
        self.headers = Arc::new(move || {
            let mut all = before();
            all.extend(headers());
            all
        });
        self
    }

    /// How long connecting may take: 30 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.patience = millis(timeout);
        self
    }

    /// How long a server may stay silent on the first message before it counts as one of an older
    /// revision: 1.5 seconds over WebSocket, 5 of a child process, a third of
    /// [`connect_timeout`](Self::connect_timeout) over HTTP, where silence may as well be a slow way.
    pub fn probe_timeout(mut self, timeout: Duration) -> Self {
        self.probe = Some(millis(timeout));
        self
    }

    limit_setters!();

    /// What hears of the progress of calls that have no handler of their own. Without it, progress
    /// is written to the console by [`default_progress_handler`](super::default_progress_handler).
    pub fn on_progress(mut self, handler: impl FnMut(Progress) + MaybeSend + 'static) -> Self {
        self.handlers.progress = Some(Callback::new(handler));
        self
    }

    /// Nobody is to hear of the progress of calls that have no handler of their own.
    pub fn silent(mut self) -> Self {
        self.handlers.silent = true;
        self.handlers.progress = None;
        self
    }

    /// What hears of the server's log messages. Asks for those of all levels, unless
    /// [`log_level`](Self::log_level) says which.
    pub fn on_log(mut self, handler: impl FnMut(LogMessage) + MaybeSend + 'static) -> Self {
        self.handlers.log = Some(Callback::new(handler));
        self
    }

    /// The lowest level of log messages that the server is asked for. A server of an older
    /// revision is asked by [`Client::set_log_level`] only.
    pub fn log_level(mut self, level: Level) -> Self {
        self.log_level = Some(level);
        self
    }

    /// What hears of every notification, with its method and its params. It takes nothing away
    /// from other handlers.
    pub fn on_notification(
        mut self,
        mut handler: impl FnMut(String, Value) + MaybeSend + 'static,
    ) -> Self {
        self.handlers.notification =
            Some(Callback::new(move |(method, params)| handler(method, params)));
        self
    }

    /// What answers a question of the server: `elicitation/create`, `sampling/createMessage` or
    /// `roots/list`, which the server then knows that it may ask. Params and answer are serde's; an
    /// error, in words, is told to the server, and a call that cannot go on without the answer
    /// fails with [`Error::Input`]. One function serves both eras.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), mcp_wasm::client::Error> {
    /// use mcp_wasm::Client;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Deserialize)]
    /// struct Question {
    ///     message: String,
    /// }
    ///
    /// #[derive(Serialize)]
    /// struct Reply {
    ///     action: &'static str,
    ///     content: Name,
    /// }
    ///
    /// #[derive(Serialize)]
    /// struct Name {
    ///     name: String,
    /// }
    ///
    /// let client = Client::connect("wss://example.com/mcp")
    ///     .on_request("elicitation/create", |question: Question| async move {
    ///         println!("{}", question.message);
    ///         Ok(Reply { action: "accept", content: Name { name: "Ada".to_owned() } })
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_request<P, R, F>(
        mut self,
        method: &'static str,
        handler: impl Fn(P) -> F + MaybeSync + 'static,
    ) -> Self
    where
        P: DeserializeOwned,
        R: Serialize,
        F: Future<Output = Result<R, String>> + MaybeSend + 'static,
    {
        self.handlers.questions.add(method, handler);
        self
    }

    /// Tool calls may become tasks, which are looked at until they end; the call is one call all the same,
    /// and [`Call::on_task`](super::Call::on_task) hears how the task stands. Declares the extension
    /// `io.modelcontextprotocol/tasks`, which no client does by itself.
    pub fn tasks(mut self) -> Self {
        self.tasks = true;
        self
    }

    /// What hears of progress that is odd, and how: such as that of an unknown token, which is dropped.
    /// With its params, where they were parsed.
    pub fn on_odd_progress(
        mut self,
        mut handler: impl FnMut(Oddity, Option<Value>) + MaybeSend + 'static,
    ) -> Self {
        self.handlers.odd = Some(Callback::new(move |(oddity, params)| handler(oddity, params)));
        self
    }

    /// What hears of faults that no call fails by, such as a frame that is not JSON.
    pub fn on_error(mut self, handler: impl FnMut(Error) + MaybeSend + 'static) -> Self {
        self.handlers.error = Some(Callback::new(handler));
        self
    }

    /// What hears of the end of the connection.
    pub fn on_close(mut self, handler: impl FnMut(Error) + MaybeSend + 'static) -> Self {
        self.handlers.close = Some(Callback::new(handler));
        self
    }

    fn start(self) -> Result<Connected, Error> {
        let endpoint =
            Destination::new(self.target, self.protocols, self.headers, self.max_message_size)?;
        let wants_logs = self.handlers.log.is_some().then_some(Level::Debug);
        let config = ClientConfig {
            info: self.info,
            capabilities: Value::object(),
            log_level: self.log_level.or(wants_logs),
            mode: self.mode,
        };
        let channel = endpoint.channel(self.patience).probing(self.probe);
        let handles = Handles { tasks: self.tasks, ..self.handlers.questions.handles() };
        let engine = Engine::new(config, self.handlers, |engine| Here::new(endpoint, engine));
        engine.with(|core| core.declare(&Value::object(), handles));
        engine.connect(channel);
        Ok((engine, self.limits))
    }
}

/// An engine whose connection is on its way, and the limits of its calls.
type Connected = (Arc<Engine>, CallLimits);

impl IntoFuture for Connect {
    type Output = Result<Client, Error>;
    type IntoFuture = Connecting;

    fn into_future(self) -> Connecting {
        Connecting(Some(self.start()))
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Connect").field("target", &self.target).finish_non_exhaustive()
    }
}

/// A connection on its way; dropping it gives it up.
#[must_use = "dropping it gives the connection up"]
pub struct Connecting(Option<Result<Connected, Error>>);

impl Future for Connecting {
    type Output = Result<Client, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(Ok((engine, _))) = &self.0
            && let outcome = std::task::ready!(engine.opened.poll(context))
            && let Err(error) = outcome
        {
            self.0 = None;
            return Poll::Ready(Err(error));
        }
        match self.0.take() {
            Some(Ok((engine, limits))) => Poll::Ready(Ok(Client::new(engine, limits))),
            Some(Err(error)) => Poll::Ready(Err(error)),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Connecting").finish_non_exhaustive()
    }
}
