//! The session of the legacy era: how it opens, what it has to be told again when it has expired,
//! and how it ends.

use std::num::NonZero;

use crate::error::Error;
use crate::jsonrpc::{Id, Payload, write_call};
use crate::proto::Millis;
use crate::proto::client::RequestId;
use crate::proto::version::Version;
use crate::text::owned;
use crate::types::method;

use super::answer::error_in;
use super::exchange::{Exchange, ExchangePurpose, ExchangeState, Subject};
use super::{Action, Http, Incoming, at, id_at, text_at};

/// Why there is no session any more that the client itself has ended.
pub(super) const ENDED: &str = "the session was ended";

#[derive(Debug)]
pub(super) struct Session<P> {
    /// The request that opened it, to open another one; none if the session is older.
    initialize: Option<P>,
    /// Counts the sessions of the connection.
    pub number: NonZero<u32>,
    pub id: Option<P>,
    pub version: Option<P>,
    /// What a new session has to be told again.
    told: Vec<P>,
    /// What is to be sent, while a session is being opened: a server may refuse what comes before
    /// `initialized`, and may want its own stream for what it says about a request.
    pub waiting: Option<Vec<(P, Millis)>>,
}

impl<P: Payload> Session<P> {
    pub fn new(initialize: Option<P>) -> Self {
        Self {
            initialize,
            number: NonZero::<u32>::MIN,
            id: None,
            version: None,
            told: Vec::new(),
            waiting: None,
        }
    }

    /// The id comes with the answer to `initialize`, and with no other.
    pub fn take_id(&mut self, id: &str) {
        let usable = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        self.id = usable.then(|| P::string(id));
    }

    /// The revision, if it is one that is known.
    fn revision(&self) -> Option<Version> {
        Version::parse(&self.version.as_ref()?.as_text()?)
    }

    /// The header with the revision, to a server that knows it.
    pub fn version_header(&self) -> Option<&P> {
        let known = self.revision().is_none_or(Version::has_version_header);
        self.version.as_ref().filter(|_| known)
    }

    /// What is said about the same takes the place of what was said before; it is kept, if it is `sent`
    /// and holds for the whole session.
    #[inline(never)]
    pub fn remember(&mut self, message: &P, sent: bool) {
        let kind = Subject::of(message);
        if matches!(kind, Subject::Lasting | Subject::TakenBack) {
            let uri = text_at(message, &["params", "uri"]);
            self.told.retain(|told| text_at(told, &["params", "uri"]) != uri);
            if sent && kind == Subject::Lasting {
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
        let exchange = self.exchange(ExchangePurpose::Listen, None, false);
        self.fetch(exchange, "GET");
    }

    /// Whether the stream of an exchange can be asked for again: it belongs to the session that there
    /// is, whose revision knows how.
    pub(super) fn may_resume(&self, exchange: &Exchange<P>) -> bool {
        self.session.as_ref().is_some_and(|session| {
            let own = exchange.session.is_none_or(|own| own == session.number);
            own && session.revision().is_none_or(Version::resumes_streams)
        })
    }

    /// The server does not know the session of an exchange any more: opens another, once for all
    /// that learn of it. `ran` is whether its request may have been carried out.
    pub(super) fn expired(&mut self, exchange: &Exchange<P>, ran: bool) {
        let Some(session) = &mut self.session else { return };
        if exchange.session == Some(session.number) && session.id.is_some() {
            session.number = session.number.saturating_add(1);
            session.waiting.get_or_insert_default();
            session.id = None;
            let initialize = session.initialize.clone();
            // What waits for the server's own stream waits for the new session now.
            if self.unheard {
                self.begins = None;
            } else {
                self.begin();
            }
            self.queues.clear();
            // What else is under way learns of it by itself, or comes to its end all the same.
            let listens = |one: &Exchange<P>| matches!(one.purpose, ExchangePurpose::Listen);
            while let Some(listening) = self.take_where(listens) {
                self.actions.push(Action::Abort(listening.number));
            }
            let Some(initialize) = initialize else {
                self.lose(exchange, ran);
                return self.end(super::protocol("the session is not one of this connection"));
            };
            self.post(initialize, ExchangePurpose::Renew, true);
        }
        self.lose(exchange, ran);
    }

    /// An exchange has ended with its session: what the server has not carried out, or may carry out
    /// twice, is sent again, the rest fails.
    pub(super) fn lose(&mut self, exchange: &Exchange<P>, ran: bool) {
        let Exchange { purpose: ExchangePurpose::Message, kind, message, .. } = exchange else {
            return;
        };
        let told = matches!(kind, Subject::Response | Subject::Cancelled | Subject::Progress);
        let again = kind.is_safe() || !ran;
        match (exchange.waits(), message) {
            (id, Some(message)) if again && (id.is_some() || !told) => {
                let (message, patience) = (message.clone(), exchange.patience);
                match self.session.as_mut().and_then(|session| session.waiting.as_mut()) {
                    Some(waiting) => waiting.push((message, patience)),
                    None => self.post_for(message, patience, true),
                }
            }
            (Some(id), _) => self.lapse(id, "the session has expired", true),
            _ => {}
        }
    }

    /// There is no session any more, for that reason, and there will be no other.
    pub(super) fn end(&mut self, error: Error<P>) {
        self.forget_session("the session has expired, and no other was opened");
        self.fault(error);
        self.incoming.push(Incoming::Closed);
    }

    /// There is no session any more; what has waited is never sent.
    fn forget_session(&mut self, why: &'static str) {
        self.withdraw(why);
        self.session = None;
    }

    /// Whether the request of that id waits to be sent.
    pub fn holds(&self, id: RequestId) -> bool {
        let waiting = self.session.as_ref().and_then(|session| session.waiting.as_ref());
        let id = Some(Id::Integer(id.get()));
        waiting.is_some_and(|all| all.iter().any(|(message, _)| request_id(message) == id))
    }

    /// What waits is never sent, for that reason.
    #[inline(never)]
    pub(super) fn withdraw(&mut self, why: &'static str) {
        let waiting = self.session.as_mut().and_then(|session| session.waiting.take());
        for (message, _) in waiting.unwrap_or_default() {
            if let Some(id) = request_id(&message) {
                self.lapse(id, why, false);
            }
        }
    }

    /// There will be no answer to the request of that id, for want of a session.
    #[inline(never)]
    pub(super) fn lapse(&mut self, id: Id, why: &'static str, sent: bool) {
        self.incoming.push(Incoming::Failed(id, Error::Closed { reason: owned(why), sent }));
    }

    /// The answer to the second `initialize` has come.
    pub(super) fn renewed(&mut self, message: &P) {
        let Some(session) = &mut self.session else { return };
        let version = session.version.as_ref().and_then(Payload::as_text);
        if version.is_none() || text_at(message, &["result", "protocolVersion"]) != version {
            let error = match error_in(message) {
                Some(error) => Error::Rpc(error),
                None => super::protocol("the server speaks another revision than before"),
            };
            return self.end(error);
        }
        let initialized = write_call(None, method::INITIALIZED, None);
        self.post_message(initialized, true);
    }

    /// The server knows that the session has begun: it is told what the one before it was told, and
    /// all that has waited.
    #[inline(never)]
    pub(super) fn begin_session(&mut self) {
        let Some(session) = &mut self.session else { return };
        let again = session.number.get() > 1;
        let waiting = session.waiting.take().unwrap_or_default();
        for (message, _) in &waiting {
            session.remember(message, false);
        }
        let told = if again { session.told.clone() } else { Vec::new() };
        for (message, _) in &waiting {
            session.remember(message, true);
        }
        for message in told {
            self.post(message, ExchangePurpose::Repeat, true);
        }
        for (message, patience) in waiting {
            self.post_for(message, patience, again);
        }
    }

    /// Posts what waits no longer, whose caller waits that long.
    fn post_for(&mut self, message: P, patience: Millis, again: bool) {
        let number = self.post_message(message, again);
        self.wait_for(number, patience);
    }

    /// The caller of what was just sent waits that long.
    pub(super) fn wait_for(&mut self, number: Option<NonZero<u32>>, patience: Millis) {
        if let Some(exchange) = number.and_then(|number| self.find(number.get())) {
            exchange.patience = patience;
        }
    }

    /// What would have told the server that the session has begun was lost; false if that is another
    /// exchange.
    pub(super) fn lost_greeting(&mut self, number: u32, error: &Error<P>) -> bool {
        let greets = |one: &Exchange<P>| {
            one.number == number
                && one.kind == Subject::Initialized
                && one.state == ExchangeState::Sent
        };
        let Some(exchange) = self.take_where(greets) else { return false };
        if exchange.again {
            self.end(error.clone());
        } else {
            self.incoming.push(Incoming::Refused(error.clone()));
        }
        true
    }

    /// The server's own stream is there, or is waited for no longer.
    #[inline(never)]
    pub(super) fn begin(&mut self) {
        if self.begins.take().is_some() {
            if self.unheard {
                self.begin_session();
            } else {
                self.incoming.push(Incoming::Begun);
            }
        }
    }

    /// A session goes on that another connection has opened, in that revision.
    pub fn adopt(&mut self, id: &str, version: &str) {
        let mut session = Session::new(None);
        session.take_id(id);
        session.version = Some(P::string(version));
        self.session = Some(session);
        self.answered = true;
    }

    /// The session, if the server gave it an id.
    pub fn session_id(&self) -> Option<&P> {
        self.session.as_ref()?.id.as_ref()
    }

    /// Tells the server that the session is not needed any more. It goes on until the server agrees.
    pub fn end_session(&mut self) {
        if self.session_id().is_some() {
            let exchange = self.exchange(ExchangePurpose::End, None, false);
            self.fetch(exchange, "DELETE");
        }
    }

    /// The server has said what it makes of that: one that has no ends of sessions takes it as said.
    pub(super) fn ended(&mut self, number: u32) {
        let Some(one) = self.find(number) else { return };
        let session = one.session;
        let agreed = matches!(one.purpose, ExchangePurpose::End)
            && (one.is_ok() || one.status() == Some(405));
        // There may be another one by now.
        if agreed && self.session.as_ref().is_some_and(|current| Some(current.number) == session) {
            self.forget_session(ENDED);
        }
    }
}

/// The id of a message that is a request.
#[inline(never)]
pub(super) fn request_id<P: Payload>(message: &P) -> Option<Id> {
    at(message, &["method"]).and_then(|_| id_at(message, &["id"]))
}
