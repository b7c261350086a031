//! What clients are told of: by streams that they ask for, or, in the legacy era, unasked and of the
//! resources they subscribe to.

use super::{
    Act, FrontId, Relay,
    calls::{CallKind, RelayedCall},
};
use crate::{
    jsonrpc::{Id, Kind, Payload, RpcError, code},
    proto::{Millis, client::Slot, server::Relayed},
    types::{meta, method},
};

const URIS: &str = "resourceSubscriptions";
/// The filter's member with tasks.
pub(super) const TASKS: &str = "taskIds";
/// Resources that one session may subscribe to.
const MOST: usize = 1024;

/// The lists, by the capability that has it, the filter's member, and the notification.
const LISTS: [(&str, &str, &str); 3] = [
    ("tools", "toolsListChanged", method::TOOLS_CHANGED),
    ("prompts", "promptsListChanged", method::PROMPTS_CHANGED),
    ("resources", "resourcesListChanged", method::RESOURCES_CHANGED),
];

fn of_resource<P: Payload>(uri: &str) -> P {
    let mut filter = P::object();
    filter.set(URIS, P::array(vec![P::string(uri)]));
    filter
}

fn says<P: Payload>(object: &P, member: &'static str) -> bool {
    object.get(member).and_then(|value| value.as_bool()) == Some(true)
}

impl<P: Payload> Relay<P> {
    /// Whether the server has said that it tells of changes of that list.
    fn tells_of(&self, feature: &'static str) -> bool {
        let session = self.back.session().and_then(|session| session.capabilities.as_ref());
        session.and_then(|all| all.get(feature)).is_some_and(|all| says(&all, "listChanged"))
    }

    /// `subscriptions/listen` of a client.
    pub(super) fn listen(&mut self, front: FrontId, request: Relayed<P>, now: Millis) {
        let filter = request.params.as_ref().and_then(|params| params.get("notifications"));
        let Some(filter) = filter.filter(|filter| filter.kind() == Kind::Object) else {
            let error = RpcError::new(code::INVALID_PARAMS, "`notifications` is missing");
            return self.answer(front, request.key, Err(error));
        };
        if let Some(error) = self.refused_tasks(&request, &filter) {
            return self.answer(front, request.key, Err(error));
        }
        let call = RelayedCall {
            context: Some(request.context),
            filter: Some(filter),
            ..RelayedCall::new(front, Some(request.key), CallKind::Listen, method::LISTEN)
        };
        let number = self.add_call(call);
        self.begin_listening(number, now);
    }

    /// A legacy session hears of lists unasked, which a modern server has to be asked for.
    pub(super) fn listen_to_lists(&mut self, front: FrontId, now: Millis) {
        if self.back.session().is_none_or(|session| !session.version.listens()) {
            return;
        }
        let mut filter = P::object();
        for (feature, member, _) in LISTS {
            if self.tells_of(feature) {
                filter.set(member, P::boolean(true));
            }
        }
        if filter.exceeds(0) {
            let call = RelayedCall::new(front, None, CallKind::Lists, method::LISTEN);
            let number = self.add_call(RelayedCall { filter: Some(filter), ..call });
            self.begin_listening(number, now);
        }
    }

    /// The server is there again: whoever listened goes on.
    pub(super) fn listen_again(&mut self, now: Millis) {
        for number in self.calls.lost_listeners() {
            self.begin_listening(number, now);
        }
    }

    /// `resources/subscribe` of a client.
    pub(super) fn subscribe(&mut self, front: FrontId, request: Relayed<P>, now: Millis) {
        let Some(uri) = request.params.as_ref().and_then(|params| params.text("uri")) else {
            let error = RpcError::new(code::INVALID_PARAMS, "`uri` is not a string");
            return self.answer(front, request.key, Err(error));
        };
        let own = self.calls.newest().filter(|(_, call)| call.front == front);
        let (mut is_known, mut count) = (false, 0);
        for (_, call) in own {
            if let CallKind::Resource(known) = &call.kind {
                count += 1;
                is_known |= *known == uri && call.key.is_none();
            }
        }
        if is_known {
            return self.answer(front, request.key, Ok(P::object()));
        }
        if count >= MOST {
            let error = RpcError::new(code::TOO_MANY_REQUESTS, "too many subscriptions");
            return self.answer(front, request.key, Err(error));
        }
        let call = RelayedCall {
            context: Some(request.context),
            filter: Some(of_resource(&uri)),
            ..RelayedCall::new(front, Some(request.key), CallKind::Resource(uri), method::SUBSCRIBE)
        };
        let number = self.add_call(call);
        self.begin_listening(number, now);
    }

    /// `resources/unsubscribe` of a client.
    pub(super) fn unsubscribe(&mut self, front: FrontId, request: &Relayed<P>, now: Millis) {
        let uri = request.params.as_ref().and_then(|params| params.text("uri"));
        let is = |call: &RelayedCall<P>| {
            call.front == front
                && matches!(&call.kind, CallKind::Resource(known) if Some(known) == uri.as_ref())
        };
        let found = self.calls.newest().find(|(_, call)| is(call)).map(|(number, _)| number);
        let first = found.and_then(|number| {
            let call = self.calls.get_mut(number)?;
            // Nobody is to ask for it again.
            call.filter = None;
            call.first
        });
        if let Some(first) = first {
            self.back.cancel(first, None);
        }
        self.answer(front, request.key, Ok(P::object()));
        self.settle(now);
    }

    /// The server says what it will tell of.
    pub(super) fn acknowledged(&mut self, slot: Slot, honoured: &P) {
        let Some(number) = self.calls.by_slot(slot) else { return };
        let Some(call) = self.calls.get_mut(number) else { return };
        if std::mem::replace(&mut call.was_acknowledged, true) {
            return self.missed(slot, honoured);
        }
        let Some(call) = self.calls.get(number) else { return };
        let (front, key) = (call.front, call.key);
        match (&call.kind, key) {
            (CallKind::Listen, Some(key)) => {
                let mut params = P::object();
                if let Some(context) = &call.context {
                    params.set(meta::META, subscription(None, &context.id));
                }
                let mut honoured = honoured.clone();
                let crosses =
                    call.context.as_ref().is_some_and(|one| self.has_crossing_tasks(one.version));
                let filter = call.filter.as_ref().filter(|_| crosses);
                if let Some(tasks) = filter.and_then(|filter| self.honoured_tasks(front, filter)) {
                    honoured.set(TASKS, tasks);
                }
                params.set("notifications", honoured);
                let method = method::ACKNOWLEDGED.to_owned();
                self.act(front, Act::Notify(Some(key), method, Some(params)));
            }
            (CallKind::Resource(uri), Some(key)) => {
                let told = honoured.get(URIS).and_then(|uris| uris.texts()).unwrap_or_default();
                let first = call.first;
                let outcome = if told.contains(uri) {
                    Ok(P::object())
                } else {
                    let text = "the server does not tell of changes of this resource";
                    Err(RpcError::new(code::INVALID_PARAMS, text))
                };
                let is_refused = outcome.is_err();
                self.calls.take_key(number);
                if is_refused {
                    if let Some(call) = self.calls.get_mut(number) {
                        call.filter = None;
                    }
                    if let Some(first) = first {
                        self.back.cancel(first, None);
                    }
                }
                self.answer(front, key, outcome);
            }
            _ => {}
        }
    }

    /// The server tells of all that again: what has changed meanwhile nobody knows, so it counts as
    /// changed.
    fn missed(&mut self, slot: Slot, honoured: &P) {
        for (_, member, method) in LISTS {
            if says(honoured, member) {
                self.updated(slot, method.to_owned(), None);
            }
        }
        for uri in honoured.get(URIS).and_then(|uris| uris.texts()).unwrap_or_default() {
            let mut params = P::object();
            params.set_text("uri", &uri);
            self.updated(slot, method::RESOURCE_UPDATED.to_owned(), Some(params));
        }
    }

    /// The same where the server tells of its lists unasked, and is there again.
    pub(super) fn missed_lists(&mut self) {
        for (feature, _, method) in LISTS {
            if self.tells_of(feature) {
                self.tell_sessions(method, None);
            }
        }
    }

    /// A notification is for that subscription.
    pub(super) fn updated(&mut self, slot: Slot, method: String, params: Option<P>) {
        let is_legacy = self.back.session().is_some_and(|session| !session.version.listens());
        let Some(call) = self.calls.by_slot(slot).and_then(|number| self.calls.get(number)) else {
            return;
        };
        let front = call.front;
        match (&call.kind, call.key, &call.context) {
            (CallKind::Listen, Some(key), Some(context)) => {
                let mut params = params.unwrap_or_else(P::object);
                let about = subscription(params.given(meta::META), &context.id);
                params.set(meta::META, about);
                self.act(front, Act::Notify(Some(key), method, Some(params)));
            }
            // A legacy server has told everybody of its lists already.
            (CallKind::Lists, ..) if !is_legacy => {
                self.act(front, Act::Notify(None, method, untied(params)));
            }
            (CallKind::Resource(_), None, _) => {
                self.act(front, Act::Notify(None, method, untied(params)));
            }
            _ => {}
        }
    }
}

/// `_meta` of a notification for the listen request of that id.
pub(super) fn subscription<P: Payload>(about: Option<P>, id: &Id) -> P {
    let mut about = about.unwrap_or_else(P::object);
    about.set(meta::SUBSCRIPTION_ID, P::from_id(id));
    about
}

/// The parameters without the subscription that they came by.
fn untied<P: Payload>(params: Option<P>) -> Option<P> {
    let mut params = params?;
    if let Some(mut about) = params.given(meta::META) {
        about.remove(meta::SUBSCRIPTION_ID);
        if about.exceeds(0) {
            params.set(meta::META, about);
        } else {
            params.remove(meta::META);
        }
    }
    params.exceeds(0).then_some(params)
}
