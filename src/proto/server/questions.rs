//! What the server asks its client while it serves a request: requests of its own in the legacy era,
//! required input in the modern one.

use super::{Event, Frame, Queued, RequestKey, ServerMachine};
use crate::{
    jsonrpc::{Id, Message, Payload, RpcError, code},
    types::{Capability, method},
};

/// Names a request of the server's own within its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskKey(pub(super) i64);

impl AskKey {
    /// Its number: that of the request's id.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The key of that number.
    pub fn of(number: i64) -> Self {
        Self(number)
    }
}

/// A request of ours that has not been answered.
pub(super) struct Asking {
    /// The peer's request that it serves.
    pub(super) key: RequestKey,
    /// It has left, so the peer has to be told when the answer is no longer wanted.
    pub(super) has_left: bool,
}

impl<P: Payload> ServerMachine<P> {
    /// Sends a request to the client, for the sake of one of its own (legacy era). The answer comes
    /// as [`Event::Answered`]. `None`: nobody waits for it any more.
    pub fn ask(&mut self, key: RequestKey, method: &str, params: Option<P>) -> Option<AskKey> {
        let request = self.requests.get(&key).filter(|request| !request.answered)?;
        let about = Some(request.id.clone());
        self.last_ask += 1;
        let ask = AskKey(self.last_ask);
        let method = method.to_owned();
        let message = Message::Request { id: Id::Integer(ask.0), method, params }.write();
        self.asked.insert(ask, Asking { key, has_left: false });
        self.queue.push_back(Queued {
            frame: Frame::Message(message),
            key: Some(key),
            ask: Some(ask),
            about,
            last: false,
            refusal: false,
        });
        Some(ask)
    }

    /// The answer to this request of ours is no longer wanted.
    pub fn withdraw(&mut self, ask: AskKey) {
        if let Some(asked) = self.asked.remove(&ask) {
            let about = self.requests.get(&asked.key).map(|request| request.id.clone());
            self.forget(ask, &asked, about);
        }
    }

    /// Withdraws what was asked for the sake of this request. `about`: its id, if more may be sent
    /// for it.
    pub(super) fn withdraw_all(&mut self, key: RequestKey, about: Option<&Id>) {
        let all = std::mem::take(&mut self.asked).into_entries();
        for (ask, asked) in all {
            if asked.key == key {
                self.forget(ask, &asked, about.cloned());
            } else {
                self.asked.insert(ask, asked);
            }
        }
    }

    fn forget(&mut self, ask: AskKey, asked: &Asking, about: Option<Id>) {
        if !asked.has_left {
            self.queue.retain(|queued| queued.ask != Some(ask));
            // What is held waits for room, and there is some now.
            self.release_held();
            return;
        }
        let mut params = P::object();
        params.set("requestId", P::from_id(&Id::Integer(ask.0)));
        let method = method::CANCELLED.to_owned();
        let message = Message::Notification { method, params: Some(params) }.write();
        let key = about.is_some().then_some(asked.key);
        self.push(Frame::Message(message), key, about, false);
    }

    /// The peer has answered, perhaps a request of ours.
    pub(super) fn answered(&mut self, id: Option<&Id>, outcome: Result<P, RpcError<P>>) {
        let Some(Id::Integer(id)) = id else {
            return;
        };
        let ask = AskKey(*id);
        // What has not left cannot have been answered.
        if self.asked.get(&ask).is_some_and(|asked| asked.has_left)
            && let Some(asked) = self.asked.remove(&ask)
        {
            self.events.push_back(Event::Answered { key: asked.key, ask, outcome });
        }
    }
}

/// The error for a request that can only be served with something that its sender has not declared.
pub fn missing_capability<P: Payload>(capability: Capability) -> RpcError<P> {
    let mut data = P::object();
    data.set("requiredCapabilities", capability.to_payload());
    let message = ["the client has not declared the capability `", capability.name(), "`"].concat();
    RpcError { code: code::MISSING_CAPABILITY, message, data: Some(data) }
}
