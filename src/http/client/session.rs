//! The session of the legacy era: its headers, the server's own stream, streams that go on where
//! they broke off, and a new session in place of one that has expired.

use crate::error::Error;
use crate::http::headers::{EVENTS, LAST_EVENT, SESSION, VERSION};
use crate::jsonrpc::{Message, Payload};
use crate::types::method;

use super::exchange::{Exchange, Purpose, State};
use super::{Action, Http, News};

#[derive(Debug)]
pub(super) struct Session<P> {
    /// The request that opened it, to open another one.
    initialize: P,
    pub id: Option<String>,
    version: Option<String>,
    /// What a new session has to be told again.
    told: Vec<P>,
    /// What is to be sent, while a new session is being opened.
    pub waiting: Option<Vec<P>>,
}

impl<P: Payload> Session<P> {
    pub fn new(initialize: P) -> Self {
        Self { initialize, id: None, version: None, told: Vec::new(), waiting: None }
    }

    /// The id comes with the answer to `initialize`, and with no other.
    pub fn take_id(&mut self, id: Option<&str>) {
        let usable = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        self.id = id.filter(usable).map(str::to_owned);
    }

    pub fn headers(&self, headers: &mut Vec<(String, String)>) {
        for (name, value) in [(VERSION, &self.version), (SESSION, &self.id)] {
            if let Some(value) = value {
                headers.push((name.to_owned(), value.clone()));
            }
        }
    }

    /// Keeps what holds for the whole session.
    pub fn remember(&mut self, method: &str, message: &P) {
        let about =
            |message: &P| message.get("params").and_then(|params| params.get("uri")?.as_text());
        let uri = about(message);
        if matches!(method, method::SET_LEVEL | "resources/subscribe" | "resources/unsubscribe") {
            self.told.retain(|told| about(told) != uri);
            if method != "resources/unsubscribe" {
                self.told.push(message.clone());
            }
        }
    }
}

impl<P: Payload> Http<P> {
    /// The answer to `initialize` has come.
    pub(super) fn opened(&mut self, message: &P) {
        let version =
            message.get("result").and_then(|result| result.get("protocolVersion")?.as_text());
        if let Some(session) = &mut self.session {
            session.version = version;
        }
    }

    /// Opens the server's own stream.
    pub(super) fn listen(&mut self) {
        let listens = |one: &Exchange<P>| matches!(one.purpose, Purpose::Listen);
        if !self.exchanges.iter().any(listens) {
            self.resume(Exchange::new(0, Purpose::Listen, None));
        }
    }

    /// Asks for a stream, from where it broke off if it has been read before.
    pub(super) fn resume(&mut self, mut exchange: Exchange<P>) {
        let Some(session) = &self.session else { return };
        self.newest += 1;
        let mut headers = vec![("Accept".to_owned(), EVENTS.to_owned())];
        session.headers(&mut headers);
        exchange.session.clone_from(&session.id);
        if let Some(id) = exchange.stream.last_id() {
            headers.push((LAST_EVENT.to_owned(), id.to_owned()));
        }
        exchange.number = self.newest;
        exchange.resumes = true;
        exchange.state = State::Sent;
        exchange.deadline = f64::INFINITY;
        exchange.stream.restart();
        self.exchanges.push(exchange);
        self.actions.push(Action::Fetch {
            exchange: self.newest,
            verb: "GET",
            headers,
            body: None,
        });
    }

    /// The server does not know the session of an exchange any more: opens another, once for all
    /// that learn of it.
    pub(super) fn expired(&mut self, exchange: Exchange<P>) {
        let Some(session) = &mut self.session else { return };
        let mut lost = Vec::new();
        if session.id == exchange.session && session.waiting.is_none() {
            session.waiting = Some(Vec::new());
            session.id = None;
            let initialize = session.initialize.clone();
            lost = std::mem::take(&mut self.exchanges);
            self.post(initialize, Purpose::Renew, true);
        }
        // What got the 404 was not carried out; of what else is under way nobody knows.
        self.lose(exchange, false);
        for exchange in lost {
            self.actions.push(Action::Abort(exchange.number));
            self.lose(exchange, true);
        }
    }

    /// An exchange has ended with its session: what is safe is sent again, the rest fails.
    fn lose(&mut self, exchange: Exchange<P>, sent: bool) {
        let Some(id) = exchange.waits().cloned() else { return };
        let safe = exchange.is_safe();
        match (exchange.purpose, exchange.message) {
            (Purpose::Message, Some(message)) if safe => {
                match self.session.as_mut().and_then(|session| session.waiting.as_mut()) {
                    Some(waiting) => waiting.push(message),
                    None => {
                        self.post(message, Purpose::Message, true);
                    }
                }
            }
            (Purpose::Message, _) => {
                let reason = "the session has expired".to_owned();
                self.fail(id, Error::Closed { reason, sent });
            }
            _ => {}
        }
    }

    /// The answer to the second `initialize` has come.
    pub(super) fn renewed(&mut self, message: &P) {
        let before = self.session.as_ref().and_then(|session| session.version.clone());
        self.opened(message);
        let Some(session) = &mut self.session else { return };
        if session.version.is_none() || session.version != before {
            return self.close_session();
        }
        let told = session.told.clone();
        let waiting = session.waiting.take().unwrap_or_default();
        let method = method::INITIALIZED.to_owned();
        let initialized = Message::Notification { method, params: None }.write();
        self.post(initialized, Purpose::Message, true);
        for message in told {
            self.post(message, Purpose::Repeat, true);
        }
        for message in waiting {
            self.post(message, Purpose::Message, true);
        }
    }

    /// No new session can be opened.
    pub(super) fn close_session(&mut self) {
        self.session = None;
        let reason = "the session has expired, and the server opens no other";
        self.news.push(News::Closed(reason.to_owned()));
    }

    /// Tells the server that the session is not needed any more.
    pub(super) fn end_session(&mut self) {
        let Some(session) = self.session.take().filter(|session| session.id.is_some()) else {
            return;
        };
        let mut headers = Vec::new();
        session.headers(&mut headers);
        self.newest += 1;
        self.exchanges.push(Exchange::new(self.newest, Purpose::End, None));
        self.actions.push(Action::Fetch {
            exchange: self.newest,
            verb: "DELETE",
            headers,
            body: None,
        });
    }
}
