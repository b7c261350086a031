//! Streamable HTTP: makes the exchanges that the HTTP machine wants, and tells it what came of them.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response};
use tokio::time::{sleep, timeout};

use super::authorize::Answered;
use super::web::{Web, describe, is_refused, put, requests};
use super::{TransportEvent, now, until};
use crate::error::Error;
use crate::http::client::{self, Action, BodyMode, Failure, Head, Sending};
use crate::http::headers::{self, SESSION};
use crate::jsonrpc::{Payload, Raw, outline};
use crate::proto::Millis;
use crate::proto::client::RequestId;

/// How much of a body an error quotes, in bytes.
const EXCERPT: usize = 500;
/// How long the server may take to hear of the end.
const GOODBYE: Duration = Duration::from_secs(3);

type Steps = FuturesUnordered<Abortable<Pin<Box<dyn Future<Output = (u32, Step)> + Send>>>>;

/// What comes next of an exchange.
enum Step {
    Head(Result<Answered, Failed>),
    Chunk(Box<Response>, Result<Option<Vec<u8>>, Failed>),
}

/// An exchange that broke off.
struct Failed {
    sent: bool,
    refused: bool,
    reason: String,
}

/// One server's endpoint.
pub(super) struct HttpTransport {
    core: client::Http<Raw>,
    web: Web,
    /// What makes the requests, or why nothing does.
    requests: Result<reqwest::Client, String>,
    limit: usize,
    steps: Steps,
    exchanges: HashMap<u32, Exchange>,
    events: VecDeque<TransportEvent>,
}

struct Exchange {
    abort: AbortHandle,
    reading: BodyMode,
    /// A body that comes as a whole.
    whole: Vec<u8>,
    /// Where the server wants to send the client to.
    location: Option<String>,
    /// What stands for the body.
    words: Option<String>,
}

impl HttpTransport {
    pub fn new(web: &Web, limit: usize) -> Self {
        Self {
            core: client::Http::default(),
            web: web.clone(),
            requests: requests(),
            limit,
            steps: Steps::new(),
            exchanges: HashMap::new(),
            events: VecDeque::from([TransportEvent::Open]),
        }
    }

    pub fn set_unheard(&mut self, unheard: bool) {
        self.core.set_unheard(unheard);
    }

    pub fn send(&mut self, message: Raw, patience: Option<Millis>) {
        self.core.advance_to(now());
        self.core.send(message, Sending { patience, resume: None });
        self.act();
    }

    pub fn holds(&self, id: RequestId) -> bool {
        self.core.holds(id)
    }

    pub async fn next(&mut self) -> TransportEvent {
        loop {
            let wake = self.core.handle_timeout(now());
            self.act();
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let strike = async {
                match until(wake) {
                    Some(time) => sleep(time).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(step) = self.steps.next(), if !self.steps.is_empty() => {
                    if let Ok((exchange, step)) = step {
                        self.step(exchange, step);
                    }
                }
                () = strike => {}
            }
        }
    }

    pub async fn close(mut self) {
        self.core.close(false);
        self.act();
        let told = async {
            while let Some(step) = self.steps.next().await {
                if let Ok((exchange, step)) = step {
                    self.step(exchange, step);
                }
            }
        };
        // Whether that succeeds is the server's affair.
        let _ = timeout(GOODBYE, told).await;
    }

    /// Does what the machine wants done, and hears what has happened.
    fn act(&mut self) {
        while self.core.stirs() {
            for action in self.core.take_actions() {
                match action {
                    Action::Abort(exchange) => {
                        if let Some(exchange) = self.exchanges.remove(&exchange) {
                            exchange.abort.abort();
                        }
                    }
                    Action::Fetch { exchange, verb, headers, body, .. } => {
                        self.fetch(exchange, verb, &headers, body.as_ref());
                    }
                }
            }
            for incoming in self.core.take_incoming() {
                self.events.push_back(TransportEvent::Http(incoming));
            }
        }
    }

    fn fetch(&mut self, exchange: u32, verb: &str, headers: &[Raw], body: Option<&Raw>) {
        let (request, web) = (self.request(verb, headers, body), self.web.clone());
        let step = async move {
            let answer = match request {
                Ok(request) => web.send(request).await.map_err(|error| Failed::of(&error)),
                Err(reason) => Err(Failed { sent: false, refused: false, reason }),
            };
            (exchange, Step::Head(answer))
        };
        let (abort, registration) = AbortHandle::new_pair();
        self.steps.push(Abortable::new(Box::pin(step), registration));
        let one = Exchange {
            abort,
            reading: BodyMode::Nothing,
            whole: Vec::new(),
            location: None,
            words: None,
        };
        self.exchanges.insert(exchange, one);
    }

    fn request(
        &self,
        verb: &str,
        headers: &[Raw],
        body: Option<&Raw>,
    ) -> Result<reqwest::RequestBuilder, String> {
        let requests = self.requests.as_ref().map_err(Clone::clone)?;
        let verb = Method::from_bytes(verb.as_bytes()).map_err(|error| error.to_string())?;
        let mut all = self.web.headers()?;
        for pair in headers.chunks(2) {
            if let [name, value] = pair {
                let text = |part: &Raw| part.as_text().unwrap_or_default();
                put(&mut all, &text(name), &text(value))?;
            }
        }
        let request = requests.request(verb, &self.web.url).headers(all);
        Ok(match body.and_then(Payload::to_json) {
            Some(body) => request.body(body),
            None => request,
        })
    }

    fn step(&mut self, number: u32, step: Step) {
        let Some(exchange) = self.exchanges.get_mut(&number) else { return };
        match step {
            Step::Head(Ok(Answered { response, words })) => {
                let reading = head(&mut self.core, number, &response);
                exchange.reading = reading;
                exchange.words = words;
                if response.status().is_redirection() {
                    exchange.location = text(response.headers(), LOCATION.as_str());
                }
                if reading == BodyMode::Nothing {
                    self.exchanges.remove(&number);
                } else {
                    self.read(number, Box::new(response));
                }
            }
            Step::Chunk(response, Ok(Some(chunk))) => {
                if exchange.reading == BodyMode::Events {
                    self.chunk(number, chunk);
                } else {
                    exchange.whole.extend(chunk);
                    if exchange.whole.len() > self.limit {
                        return self.failed(
                            number,
                            true,
                            false,
                            Error::too_large(self.limit, true),
                        );
                    }
                }
                self.read(number, response);
            }
            Step::Chunk(_, Ok(None)) => {
                let Some(exchange) = self.exchanges.remove(&number) else { return };
                if exchange.reading == BodyMode::Events {
                    let ended = Failure { sent: true, refused: false, cause: None };
                    return self.core.failed(number, ended, now());
                }
                let whole = exchange.whole;
                if let Some(words) = exchange.words {
                    return self.core.body(number, None, &words, now());
                }
                let excerpt = if let Some(location) = exchange.location {
                    format!("it redirects to {location}, which is not followed")
                } else {
                    let begins = whole.get(..EXCERPT).unwrap_or(&whole);
                    String::from_utf8_lossy(begins).into_owned()
                };
                self.core.body(number, parse(whole), &excerpt, now());
            }
            Step::Head(Err(failed)) | Step::Chunk(_, Err(failed)) => {
                let mut cause = Raw::object();
                cause.set_text("message", &failed.reason);
                let (sent, refused) = (failed.sent, failed.refused);
                let error = Error::Lost { reason: String::new(), sent, cause: Some(cause) };
                self.failed(number, sent, refused, error);
            }
        }
    }

    fn failed(&mut self, number: u32, sent: bool, refused: bool, error: Error<Raw>) {
        self.exchanges.remove(&number);
        let cause = match error {
            Error::Lost { cause, .. } => cause,
            _ => None,
        };
        self.core.failed(number, Failure { sent, refused, cause }, now());
    }

    /// Reads on, if the exchange still is one.
    fn read(&mut self, number: u32, mut response: Box<Response>) {
        let Some(exchange) = self.exchanges.get_mut(&number) else { return };
        let step = async move {
            let chunk = response.chunk().await;
            let chunk = chunk.map(|chunk| chunk.map(Vec::from)).map_err(|error| Failed::of(&error));
            (number, Step::Chunk(response, chunk))
        };
        let (abort, registration) = AbortHandle::new_pair();
        exchange.abort = abort;
        self.steps.push(Abortable::new(Box::pin(step), registration));
    }

    /// A part of a stream of events has come.
    fn chunk(&mut self, number: u32, chunk: Vec<u8>) {
        self.core.feed(number, chunk);
        while let Some(data) = self.core.event(number) {
            let data = data.to_vec();
            if data.len() > self.limit {
                self.refuse(number, &data);
            } else {
                self.core.message(number, parse(data), now());
            }
            self.act();
        }
        if let Some(begins) = self.core.cut(number, self.limit) {
            self.refuse(number, &begins);
        }
    }

    /// An event is not read: it may be the answer.
    fn refuse(&mut self, number: u32, begins: &[u8]) {
        let Error::Lost { cause, .. } = Error::<Raw>::too_large(self.limit, true) else { return };
        self.core.refuse(number, outline(begins).answers, cause);
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Http").field("web", &self.web).finish_non_exhaustive()
    }
}

impl Failed {
    fn of(error: &reqwest::Error) -> Self {
        let sent = !(error.is_connect() || error.is_builder());
        Self { sent, refused: is_refused(error), reason: describe(error) }
    }
}

fn head(core: &mut client::Http<Raw>, number: u32, response: &Response) -> BodyMode {
    let headers = response.headers();
    let header = |name| text(headers, name).unwrap_or_default();
    let head = Head {
        status: response.status().as_u16(),
        content_type: &header(CONTENT_TYPE.as_str()),
        session: &header(SESSION),
        retry_after: text(headers, RETRY_AFTER.as_str()).and_then(|value| retry_after(&value)),
        headers: None,
    };
    core.head(number, head, now())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// What a header `Retry-After` asks for, in milliseconds.
#[allow(clippy::disallowed_methods)] // clocks are read here
fn retry_after(value: &str) -> Option<Millis> {
    headers::retry_after(value, |date| {
        let date = httpdate::parse_http_date(date).ok()?;
        let after = date.duration_since(SystemTime::now()).unwrap_or_default();
        Some(after.as_secs_f64() * 1000.0)
    })
}

/// The JSON value of a text in UTF-8.
fn parse(bytes: Vec<u8>) -> Option<Raw> {
    // As browsers do it: what is no UTF-8 becomes a character that says so.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Raw::parse(text).ok()
}
