//! A machine whose answers are another server's: it hands requests up as they came, and sends what
//! it is given as it is. Eras, ids, tokens, cancellation and the pace of the peer are its own.

use super::{
    AskKey, Limits, Profile, inbound::Terms, operation::no_such_method, questions::Asking,
};
use super::{
    CacheScope, Event, Frame, InFlight, Queued, Reported, RequestContext, RequestKey,
    ServerMachine, busy,
};
use crate::{
    jsonrpc::{Id, Message, Payload, RpcError},
    types::{Implementation, Level, meta, method},
};

/// A request that another server is to answer.
#[derive(Debug)]
pub struct Relayed<P> {
    /// Names it in what follows.
    pub key: RequestKey,
    /// Its circumstances.
    pub context: RequestContext,
    /// The log messages that it wants, if its revision has it say so.
    pub level: Option<Level>,
    /// What is asked for: any method but those that only concern the connection.
    pub method: String,
    /// Its parameters, as they came.
    pub params: Option<P>,
}

impl<P: Payload> ServerMachine<P> {
    /// A machine for a new connection to a server that is elsewhere.
    pub fn relay(limits: Limits) -> Self {
        let profile = Profile::new(Implementation::new("", ""));
        Self { relays: true, ..Self::new(profile, limits) }
    }

    pub(super) fn relay_request(
        &mut self,
        id: &Id,
        name: &str,
        terms: Terms,
        params: Option<P>,
    ) -> Result<(), RpcError<P>> {
        let Terms { version, token, level, capabilities } = terms;
        // What one era has and the other has not, whatever the server elsewhere makes of it.
        let is_of_sessions = matches!(
            name,
            method::INITIALIZE
                | method::PING
                | method::SET_LEVEL
                | method::SUBSCRIBE
                | method::UNSUBSCRIBE
        );
        let is_of_requests = matches!(name, method::DISCOVER | method::LISTEN);
        let has_sessions = version.has_session_methods();
        if is_of_sessions && !has_sessions || is_of_requests && has_sessions {
            return Err(no_such_method(name));
        }
        if self.requests.len() >= self.limits.requests {
            return Err(busy("too many requests in flight"));
        }
        let key = self.take_id(id);
        let request = InFlight {
            id: id.clone(),
            token: token.clone(),
            version,
            level,
            cache: CacheScope::Never,
            subscribes: None,
            held: None,
            answered: false,
        };
        self.requests.insert(key, request);
        let context = RequestContext { id: id.clone(), token, version, capabilities };
        let method = name.to_owned();
        self.events.push_back(Event::Relayed(Relayed { key, context, level, method, params }));
        Ok(())
    }

    /// Answers a request with what another server has answered. Does nothing if the request has been
    /// answered or given up.
    pub fn pass_answer(&mut self, key: RequestKey, outcome: Result<P, RpcError<P>>) {
        self.conclude(key, |_, _| outcome);
    }

    /// Passes a report on that another server made, with the token of this request. As with
    /// [`report`](Self::report), one that waits for a slow peer gives way to a newer one.
    pub fn pass_report(&mut self, key: RequestKey, mut params: P) -> Reported {
        let has_room = self.has_room();
        let Some(request) = self.requests.get_mut(&key) else { return Reported::Ignored };
        let (id, Some(token)) = (request.id.clone(), &request.token) else {
            return Reported::Ignored;
        };
        if request.answered {
            return Reported::Ignored;
        }
        params.set(meta::PROGRESS_TOKEN, P::from_id(token));
        let frame = Frame::Report(params);
        if has_room {
            self.push(frame, Some(key), Some(id), false);
            return Reported::Sent;
        }
        if request.held.replace(frame).is_none() {
            self.held.push_back(key);
        }
        Reported::Held
    }

    /// Passes a notification on, for the sake of a request or of none. False: the peer reads too
    /// slowly, and it was dropped.
    pub fn pass_notification(
        &mut self,
        key: Option<RequestKey>,
        method: &str,
        params: Option<P>,
    ) -> bool {
        let request = key.and_then(|key| self.requests.get(&key));
        if key.is_some() && request.is_none_or(|request| request.answered) {
            return true;
        }
        let about = request.map(|request| request.id.clone());
        if !self.has_room() {
            return false;
        }
        let method = method.to_owned();
        let message = Message::Notification { method, params }.write();
        self.push(Frame::Message(message), key, about, false);
        true
    }

    /// Asks the peer what another server asks, for the sake of a request or of none (legacy era).
    /// `ask`: a key that was never used. The answer comes as [`Event::Answered`]. False: nobody waits
    /// for it any more.
    pub fn pass_question(
        &mut self,
        key: Option<RequestKey>,
        ask: AskKey,
        method: &str,
        params: Option<P>,
    ) -> bool {
        let request = key.and_then(|key| self.requests.get(&key));
        if self.closed || key.is_some() && request.is_none_or(|request| request.answered) {
            return false;
        }
        let about = request.map(|request| request.id.clone());
        let method = method.to_owned();
        let message = Message::Request { id: Id::Integer(ask.0), method, params }.write();
        // One that belongs to no request is withdrawn by its key alone.
        self.asked.insert(ask, Asking { key: key.unwrap_or(RequestKey(0)), has_left: false });
        let frame = Frame::Message(message);
        self.queue.push_back(Queued {
            frame,
            key,
            ask: Some(ask),
            about,
            last: false,
            refusal: false,
        });
        true
    }

    /// The token that a request wants its reports to have.
    pub fn token(&self, key: RequestKey) -> Option<&Id> {
        self.requests.get(&key)?.token.as_ref()
    }
}
