//! Sending: which headers an exchange gets, and the second attempt after a refusal of them.

use std::num::NonZero;

use crate::error::Error;
use crate::http::headers::{
    EVENTS, JSON, LAST_EVENT, METHOD, NAME, SESSION, VERSION, encode, naming,
};
use crate::http::params::decimal;
use crate::http::sse::EventStream;
use crate::jsonrpc::{Id, Payload, write_call};
use crate::proto::Millis;
use crate::text::take_where;
use crate::types::{meta, method};

use super::exchange::{Exchange, ExchangePurpose, PATIENCE, Refused, Subject};
use super::session::{ENDED, Session, request_id};
use super::{Action, Http, Incoming, Sending, at, id_at, text_at};

/// How many pages of tools are looked through for the one that was called.
const PAGES: u32 = 100;

/// The kinds of answer, as every server wants them listed.
const ACCEPT: &str = "application/json, text/event-stream";

/// A header of its own name.
#[inline(never)]
fn put<P: Payload>(headers: &mut Vec<P>, name: &'static str, value: P) {
    headers.push(P::constant(name));
    headers.push(value);
}

impl<P: Payload> Http<P> {
    /// Sends a message. `notifications/cancelled` of the modern era breaks its request's exchange
    /// off instead. Returns the number of the exchange, if there is one already.
    pub fn send(&mut self, message: P, sending: Sending) -> Option<NonZero<u32>> {
        let kind = Subject::of(&message);
        let patience = sending.patience.unwrap_or(PATIENCE);
        let mut ended = None;
        if let Some(event) = sending.resume {
            return self.resume(message, &event, patience);
        }
        match kind {
            Subject::Initialize => {
                self.session = Some(Session::new(Some(message.clone())));
                // The probe, if it was given up.
                ended = self.take_where(|exchange| exchange.kind == Subject::Discover);
            }
            Subject::Cancelled => {
                let id = id_at(&message, &["params", "requestId"]);
                let waiting = self.session.as_mut().and_then(|session| session.waiting.as_mut());
                if let Some(waiting) = waiting
                    && take_where(waiting, |(one, _)| id.is_some() && request_id(one) == id)
                        .is_some()
                {
                    // The server has never heard of it.
                    return None;
                }
                ended = self.take_where(|exchange| match &exchange.purpose {
                    ExchangePurpose::Refresh(refused) => id_at(&refused.call, &["id"]) == id,
                    _ => exchange.id == id && id.is_some(),
                });
            }
            _ => {}
        }
        let mut number = None;
        match &mut self.session {
            Some(session) => {
                match &mut session.waiting {
                    Some(waiting) if self.begins.is_none() || kind.may_report() => {
                        waiting.push((message, patience));
                    }
                    _ => {
                        session.remember(&message, true);
                        number = self.post_in_turn(kind, message);
                    }
                }
                if let Some(session) =
                    self.session.as_mut().filter(|_| kind == Subject::Initialized)
                {
                    session.waiting = Some(Vec::new());
                }
            }
            None if kind == Subject::Cancelled => {}
            None => number = self.post_message(message, false),
        }
        self.wait_for(number, patience);
        if let Some(exchange) = ended {
            self.actions.push(Action::Abort(exchange.number));
        }
        number
    }

    /// Asks for the answer to a request of an earlier connection, behind that event.
    fn resume(&mut self, message: P, event: &str, patience: Millis) -> Option<NonZero<u32>> {
        let mut exchange = self.exchange(ExchangePurpose::Message, Some(message), false);
        exchange.stream = EventStream::behind(event);
        exchange.resumes = true;
        exchange.replays = true;
        exchange.opened = true;
        exchange.reached = true;
        exchange.patience = patience;
        NonZero::new(self.fetch(exchange, "GET"))
    }

    /// Posts a message of the client, unless it is answered here.
    #[inline(never)]
    pub(super) fn post_message(&mut self, mut message: P, again: bool) -> Option<NonZero<u32>> {
        if Subject::of(&message) == Subject::OwnStream {
            if self.session.is_none()
                && let Some(id) = request_id(&message)
            {
                self.lapse(id, ENDED, false);
                return None;
            }
            // It was waited for if it had to be.
            message.remove("method");
            message.set("result", P::object());
            self.incoming.push(Incoming::Message(message));
            return None;
        }
        NonZero::new(self.post(message, ExchangePurpose::Message, again))
    }

    pub(super) fn post(&mut self, message: P, purpose: ExchangePurpose<P>, again: bool) -> u32 {
        if let Some(version) = at(&message, &["params", meta::META, meta::PROTOCOL_VERSION]) {
            self.session = None;
            self.version = Some(version);
        }
        let exchange = self.exchange(purpose, Some(message), again);
        self.fetch(exchange, "POST")
    }

    /// An exchange that is to be started.
    #[inline(never)]
    pub(super) fn exchange(
        &mut self,
        purpose: ExchangePurpose<P>,
        message: Option<P>,
        again: bool,
    ) -> Box<Exchange<P>> {
        self.newest += 1;
        Exchange::new(self.newest, purpose, message, again, self.now)
    }

    /// Starts an exchange.
    pub(super) fn fetch(&mut self, mut exchange: Box<Exchange<P>>, verb: &'static str) -> u32 {
        let number = exchange.number;
        let mut headers = Vec::new();
        let mut header = |name: &'static str, value: P| put(&mut headers, name, value);
        let body = exchange.message.clone().filter(|_| verb == "POST");
        header("Accept", P::constant(if body.is_some() { ACCEPT } else { EVENTS }));
        if body.is_some() {
            header("Content-Type", P::constant(JSON));
        }
        if let Some(session) = &self.session {
            if !exchange.opens_session() {
                exchange.session = session.id.as_ref().map(|_| session.number);
                let names = [(VERSION, session.version_header()), (SESSION, session.id.as_ref())];
                for (name, value) in names {
                    if let Some(value) = value {
                        header(name, value.clone());
                    }
                }
            }
            if let Some(id) = exchange.stream.last_id() {
                header(LAST_EVENT, P::string(id));
            }
        } else if let Some(message) = &body {
            exchange.modern = true;
            if let Some(version) = &self.version {
                header(VERSION, version.clone());
            }
            if let Some(method) = at(message, &["method"]) {
                let key = method.as_text().and_then(|name| naming(&name));
                header(METHOD, method);
                if let Some(about) = key.and_then(|key| text_at(message, &["params", key])) {
                    header(NAME, P::string(&encode(&about)));
                    if exchange.kind == Subject::CallTool {
                        let arguments = at(message, &["params", "arguments"]);
                        for (name, value) in self.tools.headers(&about, arguments.as_ref()) {
                            headers.extend([P::string(&name), P::string(&value)]);
                        }
                    }
                }
            }
        }
        // What is asked for the sake of a call is sent as that is.
        let about = match &exchange.purpose {
            ExchangePurpose::Refresh(refused) => Some(&refused.call),
            _ => exchange.message.as_ref(),
        };
        let about = about.cloned();
        self.exchanges.push(exchange);
        self.actions.push(Action::Fetch { exchange: number, verb, headers, body, about });
        number
    }

    /// Reads the answer to `tools/list`; tools that cannot be called are taken out of it.
    pub(super) fn read_tools(&mut self, request: Option<P>, answer: &mut P) {
        let Some(mut result) = at(answer, &["result"]) else { return };
        let first = request.is_none_or(|request| at(&request, &["params", "cursor"]).is_none());
        for fault in self.tools.read(&mut result, first) {
            self.fault(Error::Protocol(fault));
        }
        answer.set("result", result);
    }

    /// A call was refused because its headers do not fit the tool as it is now.
    pub(super) fn refused(&mut self, call: P, refusal: P) {
        self.refresh(Refused { call, refusal, pages: 0 }, None);
    }

    /// Lists the tools, for the headers of a call.
    fn refresh(&mut self, mut refused: Refused<P>, cursor: Option<P>) {
        let mut own = P::object();
        for key in [meta::PROTOCOL_VERSION, meta::CLIENT_INFO, meta::CLIENT_CAPABILITIES] {
            if let Some(value) = at(&refused.call, &["params", meta::META, key]) {
                own.set(key, value);
            }
        }
        let mut params = P::object();
        params.set(meta::META, own);
        if let Some(cursor) = cursor {
            params.set("cursor", cursor);
        }
        // Text, which no id of the client is.
        let id = Id::Text(decimal(i64::from(self.newest)));
        let request = write_call(Some(&id), method::LIST_TOOLS, Some(params));
        refused.pages += 1;
        self.post(request, ExchangePurpose::Refresh(refused), false);
    }

    /// The tools are listed: the call is made once more.
    pub(super) fn refreshed(&mut self, refused: Refused<P>, request: Option<P>, mut page: P) {
        if at(&page, &["result"]).is_none() {
            return self.incoming.push(Incoming::Message(refused.refusal));
        }
        self.read_tools(request, &mut page);
        match at(&page, &["result", "nextCursor"]) {
            Some(cursor) if cursor.as_text().is_some() && refused.pages < PAGES => {
                self.refresh(refused, Some(cursor));
            }
            _ => {
                self.post_message(refused.call, true);
            }
        }
    }
}
