//! Streamable HTTP: moves what the HTTP machine says by `fetch`, and tells it what came of it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{self, Rc};
use std::sync::{Arc, Weak};

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{
    AbortController, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials,
    RequestInit, RequestRedirect, Response,
};

use super::super::Progress;
use super::super::engine::Engine;
use super::super::machine::Fault;
use super::platform::{self, now};
use super::scanned::progress_of;
use crate::http::client::{self, Action, BodyMode, Failure, Head, Sending};
use crate::jsonrpc::{Payload, outline};
use crate::proto::Millis;
use crate::proto::client::{Heard, RequestId};
use crate::proto::scan::parse_number;

/// How much of a body an error quotes, in bytes.
const EXCERPT: usize = 500;

/// The application's own headers, asked for before each request.
pub(in super::super) type Headers = Arc<dyn Fn() -> Vec<(String, String)>>;

/// One server's endpoint.
pub(super) struct PageHttp {
    core: RefCell<client::Http<JsValue>>,
    url: String,
    headers: Headers,
    /// How many bytes a message may have.
    limit: usize,
    exchanges: RefCell<HashMap<u32, AbortController>>,
    wake: Cell<f64>,
    engine: Weak<Engine>,
    this: rc::Weak<Self>,
}

/// What an exchange is made of.
struct Request {
    exchange: u32,
    verb: &'static str,
    headers: Vec<JsValue>,
    body: Option<JsValue>,
}

/// What came of an exchange that broke off.
struct Broken {
    /// Whether `fetch` was called.
    sent: bool,
    /// Whether it may be that nobody is there, of which the platform says nothing.
    refused: bool,
    cause: JsValue,
}

impl Broken {
    /// Before there was an answer.
    fn headless(cause: JsValue) -> Self {
        Self { sent: true, refused: platform::is_online(), cause }
    }
}

impl PageHttp {
    pub fn new(url: String, headers: Headers, limit: usize, engine: &Engine) -> Rc<Self> {
        let mut core = client::Http::default();
        core.set_unheard(!engine.handlers.listen());
        Rc::new_cyclic(|this| Self {
            core: RefCell::new(core),
            url,
            headers,
            limit,
            exchanges: RefCell::default(),
            wake: Cell::new(f64::INFINITY),
            engine: engine.this.clone(),
            this: this.clone(),
        })
    }

    /// When the machine wants to look at the clock.
    pub fn wake(&self) -> f64 {
        self.wake.get()
    }

    pub fn send(&self, message: &JsValue, patience: Option<Millis>) {
        {
            let mut core = self.core.borrow_mut();
            core.advance_to(now());
            core.send(message.clone(), Sending { patience, resume: None });
        }
        self.pump();
    }

    pub fn holds(&self, id: RequestId) -> bool {
        self.core.borrow().holds(id)
    }

    /// Tells the client what has happened, and does what is to be done.
    pub fn pump(&self) {
        // Otherwise nobody is there any more to be told, or somebody else is in this place.
        while let Some(engine) = self.engine.upgrade().filter(|engine| engine.uses(self)) {
            engine.with(|client| self.core.borrow_mut().tell(client, now()));
            engine.drain();
            self.act();
            engine.arm();
            // By the clock, for one.
            if !self.core.borrow().stirs() {
                break;
            }
        }
    }

    /// Ends everything; returns the exchanges that tell the server.
    pub fn close(&self) -> Vec<Promise> {
        self.core.borrow_mut().close(false);
        self.act()
    }

    fn act(&self) -> Vec<Promise> {
        let actions = {
            let mut core = self.core.borrow_mut();
            self.wake.set(core.handle_timeout(now()));
            core.take_actions()
        };
        let mut started = Vec::new();
        for action in actions {
            match action {
                Action::Abort(exchange) => self.abort(exchange),
                Action::Fetch { exchange, verb, headers, body, .. } => {
                    started.extend(self.start(&Request { exchange, verb, headers, body }));
                }
            }
        }
        started
    }

    fn abort(&self, exchange: u32) {
        let controller = self.exchanges.borrow().get(&exchange).cloned();
        if let Some(controller) = controller {
            controller.abort();
        }
    }

    /// Starts an exchange, which goes on by itself; the promise is kept when it is over.
    fn start(&self, request: &Request) -> Option<Promise> {
        let this = self.this.upgrade()?;
        let controller = AbortController::new().ok()?;
        self.exchanges.borrow_mut().insert(request.exchange, controller.clone());
        // Begun now, not when the task first runs: after the end of a client there may be no time.
        let answer = self.fetch(request, &controller);
        let exchange = request.exchange;
        Some(future_to_promise(async move {
            this.exchange(exchange, answer, &controller).await;
            Ok(JsValue::UNDEFINED)
        }))
    }

    fn fetch(&self, request: &Request, controller: &AbortController) -> Result<Promise, Broken> {
        let unsent = |cause| Broken { sent: false, refused: false, cause };
        let init = RequestInit::new();
        init.set_method(request.verb);
        if let Some(body) = &request.body {
            init.set_body(&platform::stringify(body).map_err(unsent)?.into());
        }
        let headers = web_sys::Headers::new().map_err(unsent)?;
        for (name, value) in (self.headers)() {
            headers.set(&name, &value).map_err(unsent)?;
        }
        for pair in request.headers.chunks(2) {
            if let [name, value] = pair {
                let text = |part: &JsValue| part.as_text().unwrap_or_default();
                headers.set(&text(name), &text(value)).map_err(unsent)?;
            }
        }
        init.set_headers(&headers);
        init.set_signal(Some(&controller.signal()));
        init.set_redirect(RequestRedirect::Error);
        init.set_credentials(RequestCredentials::Omit);
        // No cache answers anything else, and where the page is of another origin, this would make the
        // browser ask the server for leave before each request.
        if request.verb == "GET" {
            init.set_cache(RequestCache::NoStore);
        }
        init.set_referrer_policy(ReferrerPolicy::NoReferrer);
        platform::fetch(&self.url, &init).map_err(Broken::headless)
    }

    /// One exchange, from its request to the end of its answer.
    async fn exchange(
        &self,
        exchange: u32,
        answer: Result<Promise, Broken>,
        controller: &AbortController,
    ) {
        let aborted = || controller.signal().aborted();
        let result = match answer {
            Ok(promise) => match JsFuture::from(promise).await {
                Ok(response) => self
                    .answer(exchange, &response.unchecked_into(), &aborted)
                    .await
                    .map_err(|cause| Broken { sent: true, refused: false, cause }),
                Err(cause) => Err(Broken::headless(cause)),
            },
            Err(broken) => Err(broken),
        };
        if let Err(Broken { sent, refused, cause }) = result
            && !aborted()
        {
            let failure = Failure { sent, refused, cause: Some(cause) };
            self.core.borrow_mut().failed(exchange, failure, now());
        }
        // What is not read to its end would hold a connection.
        controller.abort();
        self.exchanges.borrow_mut().remove(&exchange);
        self.pump();
    }

    async fn answer(
        &self,
        exchange: u32,
        response: &Response,
        aborted: &impl Fn() -> bool,
    ) -> Result<(), JsValue> {
        let headers = response.headers();
        let header = |name| headers.get(name).ok().flatten().unwrap_or_default();
        let reading = self.core.borrow_mut().head(
            exchange,
            Head {
                status: response.status(),
                content_type: &header("content-type"),
                session: &header("mcp-session-id"),
                retry_after: platform::retry_after(&header("retry-after")),
                headers: None,
            },
            now(),
        );
        // The body may be long in coming.
        self.pump();
        if reading == BodyMode::Nothing || aborted() {
            return Ok(());
        }
        let mut whole = Vec::new();
        if let Some(body) = response.body() {
            let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
            loop {
                let part = JsFuture::from(reader.read()).await?;
                if aborted() {
                    return Ok(());
                }
                let Some(chunk) = part.get("value") else { break };
                let chunk = chunk.unchecked_into::<Uint8Array>().to_vec();
                if reading == BodyMode::Events {
                    self.chunk(exchange, chunk);
                    continue;
                }
                whole.extend(chunk);
                if whole.len() > self.limit {
                    return Err(too_large(self.limit));
                }
            }
        }
        let mut core = self.core.borrow_mut();
        if reading == BodyMode::Events {
            let ended = Failure { sent: true, refused: false, cause: None };
            core.failed(exchange, ended, now());
        } else {
            let excerpt = String::from_utf8_lossy(whole.get(..EXCERPT).unwrap_or(&whole));
            core.body(exchange, parse(&whole), &excerpt, now());
        }
        Ok(())
    }

    /// A part of a stream of events has come.
    fn chunk(&self, exchange: u32, chunk: Vec<u8>) {
        self.core.borrow_mut().feed(exchange, chunk);
        loop {
            while let Some((heard, progress)) = self.progress(exchange) {
                let Some(engine) = self.engine.upgrade() else { break };
                engine.odd(heard, None);
                if let Some(slot) = heard.slot {
                    engine.report(slot, progress);
                }
            }
            let mut core = self.core.borrow_mut();
            let Some(data) = core.event(exchange) else { break };
            if data.len() > self.limit {
                let begins = data.to_vec();
                drop(core);
                self.refuse(exchange, &begins);
                continue;
            }
            let message = parse(data);
            core.message(exchange, message, now());
            drop(core);
            self.pump();
        }
        let begins = self.core.borrow_mut().cut(exchange, self.limit);
        if let Some(begins) = begins {
            self.refuse(exchange, &begins);
        }
        self.pump();
    }

    /// An event is not read: it may be the answer.
    fn refuse(&self, exchange: u32, begins: &[u8]) {
        let answers = outline(begins).answers;
        self.core.borrow_mut().refuse(exchange, answers, Some(too_large(self.limit)));
    }

    /// The next event, if it is ordinary progress, and what becomes of it.
    fn progress(&self, exchange: u32) -> Option<(Heard, Progress)> {
        let engine = self.engine.upgrade().filter(|engine| engine.scans() && engine.uses(self))?;
        let mut core = self.core.borrow_mut();
        let (found, own, data) = core.progress(exchange, parse_number)?;
        let heard = engine.with(|client| {
            if own {
                return client.receive_scanned(&found);
            }
            client.stray_scanned(found.token, found.is_text)
        });
        Some((heard, progress_of(&found, data)))
    }
}

impl Drop for PageHttp {
    fn drop(&mut self) {
        for controller in self.exchanges.borrow().values() {
            controller.abort();
        }
    }
}

/// Why a message is not read.
fn too_large(limit: usize) -> JsValue {
    match Fault::too_large(limit, true) {
        Fault::Lost { cause, .. } => cause.unwrap_or_default(),
        _ => JsValue::UNDEFINED,
    }
}

/// The JSON value of a text in UTF-8.
fn parse(bytes: &[u8]) -> Option<JsValue> {
    let text = String::from_utf8_lossy(bytes);
    platform::parse(&text.trim_start_matches('\u{feff}').into()).ok()
}
