//! Sending: which headers a message gets, and the second attempt after a refusal of its headers.

use crate::error::Error;
use crate::http::headers::{JSON, METHOD, NAME, VERSION, encode};
use crate::http::params::decimal;
use crate::jsonrpc::{Id, Message, Payload};
use crate::types::{meta, method};

use super::exchange::{Exchange, Purpose};
use super::session::Session;
use super::{Action, Http, News};

/// How many pages of tools are looked through for the one that was called.
const PAGES: u32 = 100;

/// The kinds of answer, as every server wants them listed.
const ACCEPT: &str = "application/json, text/event-stream";

impl<P: Payload> Http<P> {
    /// Sends a message. `notifications/cancelled` of the modern era breaks its request's exchange
    /// off instead. Returns the number of the exchange, 0 if there is none yet.
    pub fn send(&mut self, message: P) -> u32 {
        let method = message.get("method").and_then(|method| method.as_text());
        let mut ended = None;
        match method.as_deref() {
            Some(method::INITIALIZE) => self.session = Some(Session::new(message.clone())),
            Some(method::CANCELLED) => {
                let id = message.get("params").and_then(|params| params.get("requestId")?.as_id());
                ended = id.and_then(|id| self.given_up(&id));
            }
            _ => {}
        }
        if let Some(session) = &mut self.session {
            session.remember(method.as_deref().unwrap_or_default(), &message);
            if let Some(waiting) = &mut session.waiting {
                waiting.push(message);
                return 0;
            }
        }
        let cancels = method.as_deref() == Some(method::CANCELLED);
        let tells = !cancels || self.session.is_some();
        let number = if tells { self.post(message, Purpose::Message, false) } else { 0 };
        if let Some(exchange) = ended {
            self.actions.push(Action::Abort(exchange.number));
        }
        number
    }

    pub(super) fn post(&mut self, message: P, purpose: Purpose<P>, again: bool) -> u32 {
        self.newest += 1;
        let mut exchange = Exchange::new(self.newest, purpose, Some(message.clone()));
        exchange.again = again;
        let mut headers = Vec::new();
        let mut header =
            |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        header("Content-Type", JSON);
        header("Accept", ACCEPT);
        let params = message.get("params");
        let envelope = params
            .as_ref()
            .and_then(|params| params.get(meta::META)?.get(meta::PROTOCOL_VERSION)?.as_text());
        if let Some(version) = envelope {
            self.session = None;
            self.version = version;
        }
        if let Some(session) = &self.session {
            if !exchange.opens_session() {
                session.headers(&mut headers);
                exchange.session.clone_from(&session.id);
            }
        } else {
            exchange.modern = true;
            header(VERSION, &self.version);
            if !exchange.method.is_empty() {
                header(METHOD, &exchange.method);
            }
            let about = match exchange.method.as_str() {
                method::CALL_TOOL | "prompts/get" => Some("name"),
                "resources/read" => Some("uri"),
                name if name.starts_with("tasks/") => Some("taskId"),
                _ => None,
            };
            let about = about.and_then(|key| params.as_ref()?.get(key)?.as_text());
            if let Some(about) = about {
                header(NAME, &encode(&about));
                if exchange.method == method::CALL_TOOL {
                    let arguments = params.and_then(|params| params.get("arguments"));
                    self.tools.headers(&about, arguments.as_ref(), &mut headers);
                }
            }
        }
        self.exchanges.push(exchange);
        let (exchange, body) = (self.newest, Some(message));
        self.actions.push(Action::Fetch { exchange, verb: "POST", headers, body });
        exchange
    }

    /// Reads the answer to `tools/list`; tools that cannot be called are taken out of it.
    pub(super) fn read_tools(&mut self, params: Option<&P>, message: &mut P) {
        let Some(mut result) = message.get("result") else { return };
        let first = params.is_none_or(|params| params.get("cursor").is_none());
        for fault in self.tools.read(&mut result, first) {
            self.news.push(News::Fault(Error::Protocol(fault)));
        }
        message.set("result", result);
    }

    /// A call was refused because its headers do not fit the tool as it is now: lists the tools.
    pub(super) fn refresh(&mut self, call: P, refusal: P, pages: u32, cursor: Option<P>) {
        let mut own = P::object();
        let given = call.get("params").and_then(|params| params.get(meta::META));
        for key in [meta::PROTOCOL_VERSION, meta::CLIENT_INFO, meta::CLIENT_CAPABILITIES] {
            if let Some(value) = given.as_ref().and_then(|given| given.get(key)) {
                own.set(key, value);
            }
        }
        let mut params = P::object();
        params.set(meta::META, own);
        if let Some(cursor) = cursor {
            params.set("cursor", cursor);
        }
        // Text, which no id of the client is.
        let mut id = "tools-".to_owned();
        id.push_str(&decimal(i64::from(self.newest)));
        let method = method::LIST_TOOLS.to_owned();
        let id = Id::Text(id);
        let request = Message::Request { id, method, params: Some(params) }.write();
        self.post(request, Purpose::Refresh(call, refusal, pages + 1), false);
    }

    /// The tools are listed: the call is made once more.
    pub(super) fn refreshed(
        &mut self,
        call: P,
        refusal: P,
        pages: u32,
        params: Option<&P>,
        mut page: P,
    ) {
        let Some(result) = page.get("result") else {
            return self.news.push(News::Message(refusal));
        };
        self.read_tools(params, &mut page);
        let more = |cursor: &P| cursor.as_text().is_some() && pages < PAGES;
        match result.get("nextCursor").filter(more) {
            Some(cursor) => self.refresh(call, refusal, pages, Some(cursor)),
            None => {
                self.post(call, Purpose::Message, true);
            }
        }
    }
}
