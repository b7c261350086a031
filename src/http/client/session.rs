//! The session of the legacy era: how it opens, what it has to be told again when it has expired,
//! and how it ends.

use crate::error::Error;
use crate::jsonrpc::{Payload, write_call};
use crate::proto::client::owned;
use crate::types::method;

use super::exchange::{Exchange, Kind, Purpose};
use super::{Action, Http, News, at, text_at};

#[derive(Debug)]
pub(super) struct Session<P> {
    /// The request that opened it, to open another one.
    initialize: P,
    /// Counts the sessions of the connection, from 1.
    pub number: u32,
    pub id: Option<P>,
    pub version: Option<P>,
    /// What a new session has to be told again.
    told: Vec<P>,
    /// What is to be sent, while a session is being opened: a server may refuse what comes before
    /// `initialized`.
    pub waiting: Option<Vec<P>>,
}

impl<P: Payload> Session<P> {
    pub fn new(initialize: P) -> Self {
        Self { initialize, number: 1, id: None, version: None, told: Vec::new(), waiting: None }
    }

    /// The id comes with the answer to `initialize`, and with no other.
    pub fn take_id(&mut self, id: &str) {
        let usable = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        self.id = usable.then(|| P::string(id));
    }

    /// Keeps what holds for the whole session.
    pub fn remember(&mut self, kind: Kind, message: &P) {
        if matches!(kind, Kind::Lasting | Kind::TakenBack) {
            let uri = text_at(message, &["params", "uri"]);
            self.told.retain(|told| text_at(told, &["params", "uri"]) != uri);
            if kind == Kind::Lasting {
                self.told.push(message.clone());
            }
        }
    }
}

impl<P: Payload> Http<P> {
    /// The answer to `initialize` has come.
    pub(super) fn opened(&mut self, message: &P) {
        if let Some(session) = &mut self.session {
            session.version = at(message, &["result", "protocolVersion"]);
        }
    }

    /// Opens the server's own stream.
    pub(super) fn listen(&mut self) {
        self.fetch(Exchange::new(Purpose::Listen, None, false), "GET");
    }

    /// The server does not know the session of an exchange any more: opens another, once for all
    /// that learn of it.
    pub(super) fn expired(&mut self, exchange: Exchange<P>) {
        let Some(session) = &mut self.session else { return };
        let mut lost = Vec::new();
        if session.number == exchange.session {
            session.number += 1;
            session.waiting = Some(Vec::new());
            session.id = None;
            let initialize = session.initialize.clone();
            lost = std::mem::take(&mut self.exchanges);
            self.lanes.clear();
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
        let Some(id) = exchange.waits() else { return };
        let waiting = self.session.as_mut().and_then(|session| session.waiting.as_mut());
        match (exchange.purpose, exchange.kind, exchange.message, waiting) {
            (Purpose::Message, Kind::Safe | Kind::ListTools, Some(message), Some(waiting)) => {
                waiting.push(message);
            }
            (Purpose::Message, ..) => {
                let reason = owned("the session has expired");
                self.news.push(News::Failed(id, Error::Closed { reason, sent }));
            }
            _ => {}
        }
    }

    /// The answer to the second `initialize` has come.
    pub(super) fn renewed(&mut self, message: &P) {
        let Some(session) = &mut self.session else { return };
        let version = session.version.as_ref().and_then(Payload::as_text);
        if version.is_none() || text_at(message, &["result", "protocolVersion"]) != version {
            return self.news.push(News::Closed);
        }
        let initialized = write_call(None, method::INITIALIZED, None);
        self.post(initialized, Purpose::Message, true);
    }

    /// The server knows that the session has begun: it is told what the one before it was told, and
    /// all that has waited.
    #[inline(never)]
    pub(super) fn begin_session(&mut self) {
        let Some(session) = &mut self.session else { return };
        let again = session.number > 1;
        let told = if again { session.told.clone() } else { Vec::new() };
        let waiting = session.waiting.take().unwrap_or_default();
        for message in told {
            self.post(message, Purpose::Repeat, true);
        }
        for message in waiting {
            self.post(message, Purpose::Message, again);
        }
    }

    /// Tells the server that the session is not needed any more.
    pub(super) fn end_session(&mut self) {
        if self.session.as_ref().is_some_and(|session| session.id.is_some()) {
            self.fetch(Exchange::new(Purpose::End, None, false), "DELETE");
            self.session = None;
        }
    }
}
