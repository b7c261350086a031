//! Subscriptions: one way to hear of changes in both eras.
//!
//! A subscription is a call that lasts: it has a slot, and clocks until it is acknowledged. Its
//! end is the call's end. In the modern era it is a `subscriptions/listen` request, and every
//! notification names the one it is for. In the legacy era changes are told unasked, and only
//! resources have to be subscribed to, once for all subscriptions that want them.

mod again;

use crate::error::Error;
use crate::jsonrpc::Payload;
use crate::proto::Millis;
use crate::text::owned;
use crate::types::method;

use super::cache::{Cache, covers};
use super::calls::CallTable;
use super::channel::OWN_STREAM;
use super::handshake::Handshake;
use super::limits::CallLimits;
use super::output::{Negotiated, Output};
use super::requests::{Purpose, RequestId, Slot};
use super::wire::{Wire, tells_unasked};

/// The lists, by the filter's member, the notification, and the capability that has it.
const LISTS: [(&str, &str, &str); 3] = [
    ("toolsListChanged", method::TOOLS_CHANGED, "tools"),
    ("promptsListChanged", method::PROMPTS_CHANGED, "prompts"),
    ("resourcesListChanged", method::RESOURCES_CHANGED, "resources"),
];
const URIS: &str = "resourceSubscriptions";
const TASKS: &str = "taskIds";

/// The texts of a filter's list, each once.
#[inline(never)]
fn texts<P: Payload>(filter: &P, member: &'static str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in filter.get(member).and_then(|list| list.elements()).unwrap_or_default() {
        if let Some(text) = element.as_text()
            && !texts.contains(&text)
        {
            texts.push(text);
        }
    }
    texts
}

#[inline(never)]
fn says<P: Payload>(object: Option<&P>, member: &'static str) -> bool {
    object.and_then(|object| object.get(member)?.as_bool()) == Some(true)
}

/// Whether a filter names that notification.
#[inline(never)]
fn names<P: Payload>(filter: &P, notification: &str, params: Option<&P>) -> bool {
    if let Some((member, ..)) = LISTS.iter().find(|(_, method, _)| *method == notification) {
        return says(Some(filter), member);
    }
    let (list, member) = match notification {
        method::RESOURCE_UPDATED => (URIS, "uri"),
        method::TASK_CHANGED => (TASKS, "taskId"),
        _ => return false,
    };
    let text = params.and_then(|params| params.text(member));
    text.is_some_and(|text| texts(filter, list).iter().any(|own| covers(own, &text)))
}

#[derive(Debug)]
struct Subscription<P> {
    /// The id of the listen request; in the legacy era only the call's.
    id: RequestId,
    slot: Slot,
    /// What was asked for; in the legacy era what is honoured of it.
    filter: P,
    /// Whether it has been acknowledged.
    open: bool,
    /// How long its stream was last left alone, if it broke off since it was acknowledged.
    pause: Option<Millis>,
    /// How long an acknowledgement is waited for.
    timeout: Millis,
}

/// The subscriptions of a connection.
#[derive(Debug)]
pub(super) struct Subscriptions<P> {
    all: Vec<Subscription<P>>,
    /// How many notifications named no subscription that there is.
    pub strays: u32,
}

/// Whether a request that asks to hear of that resource waits for its answer.
#[inline(never)]
fn awaits<P>(wire: &Wire<P>, holds: impl Fn(Option<&String>) -> bool) -> bool {
    wire.requests.waiting().any(|(_, purpose)| match purpose {
        Purpose::Subscribe(uri) => holds(uri.as_ref()),
        _ => false,
    })
}

fn ask_about<P: Payload>(wire: &mut Wire<P>, method: &str, uri: &str) -> RequestId {
    let id = wire.requests.next();
    let mut params = P::object();
    params.set_text("uri", uri);
    wire.post(id, Purpose::Subscribe(Some(owned(uri))), method, params);
    id
}

/// What a legacy server with these capabilities will tell of.
fn honour<P: Payload>(session: Option<&Negotiated<P>>, wanted: &P) -> P {
    let capabilities = session.and_then(|session| session.capabilities.as_ref());
    let can = |feature, what| says(capabilities.and_then(|all| all.get(feature)).as_ref(), what);
    let mut honored = P::object();
    for (member, _, feature) in LISTS {
        if says(Some(wanted), member) && can(feature, "listChanged") {
            honored.set(member, P::boolean(true));
        }
    }
    if can("resources", "subscribe") {
        set_uris(&mut honored, &texts(wanted, URIS));
    }
    honored
}

impl<P: Payload> Subscriptions<P> {
    pub fn new() -> Self {
        Self { all: Vec::new(), strays: 0 }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The end of the call in this slot has been told.
    pub fn release(&mut self, slot: Slot) {
        self.all.retain(|one| one.slot != slot);
    }

    /// Whether any subscription includes that resource.
    #[inline(never)]
    fn want(&self, uri: &String) -> bool {
        self.all.iter().any(|one| texts(&one.filter, URIS).contains(uri))
    }

    /// Whether the subscription of that call has been acknowledged.
    pub fn is_open(&self, id: RequestId) -> bool {
        self.all.iter().any(|one| one.id == id && one.open)
    }

    /// Subscribes: `params.notifications` is the filter in the protocol's words. Without a session it
    /// waits for the next channel. Returns id and slot of the call that lasts as long as the
    /// subscription.
    #[inline(never)]
    pub fn listen(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        handshake: &Handshake<P>,
        params: P,
        limits: CallLimits,
        now: Millis,
    ) -> (RequestId, Slot) {
        wire.enter();
        let session = handshake.session().filter(|_| !handshake.is_renewing());
        let id = wire.requests.next();
        // Only the wait for the acknowledgement is timed.
        let endless = f64::INFINITY;
        let limits = CallLimits { max_total: endless, stall_after: endless, ..limits };
        let slot = calls.insert(id, limits, (None, None), now);
        let mut filter = params.present("notifications").unwrap_or_else(P::object);
        if session.is_none() {
            again::wait(wire, calls, id, now);
        } else if tells_unasked(wire) {
            filter = honour(session, &filter);
            if handshake.channel.own_stream {
                let own = wire.requests.next();
                wire.post(own, Purpose::Subscribe(None), OWN_STREAM, P::object());
            }
            for uri in texts(&filter, URIS) {
                if !self.want(&uri) {
                    ask_about(wire, method::SUBSCRIBE, &uri);
                }
            }
        } else {
            wire.request(id, Purpose::Call(id), method::LISTEN, params);
        }
        let timeout = limits.timeout;
        self.all.push(Subscription { id, slot, filter, open: false, pause: None, timeout });
        self.acknowledge(wire, calls);
        (id, slot)
    }

    /// A notification has come, where there are subscriptions: it is passed on, unless it is for nobody or
    /// for us. `named` is the one that it says it is for, `for_all` whether it is not for that alone.
    #[inline(never)]
    pub fn hear(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        cache: &mut Cache,
        (named, mut for_all): (Option<RequestId>, bool),
        method: String,
        params: Option<P>,
    ) {
        wire.enter();
        let given = params.as_ref();
        let legacy = tells_unasked(wire);
        let ends = method == method::CANCELLED;
        let mut heard = Vec::new();
        for one in &mut self.all {
            if !legacy && named != Some(one.id) {
                continue;
            }
            if !legacy && ends {
                // The other way for a server to end one, beside the answer.
                let reason = owned("the server ended the subscription");
                wire.requests.forget(one.id);
                return calls.end(wire, one.id, Err(Error::Closed { reason, sent: true }));
            }
            if !legacy && method == method::ACKNOWLEDGED {
                if !one.open {
                    one.open = true;
                    if one.pause.take().is_some() {
                        // What has changed meanwhile is unknown.
                        cache.clear();
                        calls.tools.forget(wire);
                    }
                    calls.untimed(one.id);
                    let honored = given.and_then(|params| params.present("notifications"));
                    let honored = honored.unwrap_or_else(P::object);
                    wire.push(Output::Acknowledged(one.slot, honored));
                }
                return;
            }
            for_all = true;
            if one.open && names(&one.filter, &method, given) {
                heard.push(Output::Update(one.slot, method.clone(), params.clone()));
            }
        }
        if for_all {
            wire.push(Output::Notification(method, params));
        } else {
            self.strays += 1;
        }
        for update in heard {
            wire.push(update);
        }
    }

    /// A call ends from this side. If it is a subscription that a legacy server knows nothing of, its
    /// resources are unsubscribed from.
    #[inline(never)]
    pub fn abandon(&mut self, wire: &mut Wire<P>, id: RequestId) {
        wire.enter();
        let mut uris = Vec::new();
        self.all.retain(|one| {
            if one.id == id {
                uris = texts(&one.filter, URIS);
            }
            one.id != id
        });
        if !tells_unasked(wire) {
            return;
        }
        for uri in uris {
            if !self.want(&uri) {
                let asked = ask_about(wire, method::UNSUBSCRIBE, &uri);
                wire.requests.forget(asked);
            }
        }
    }

    /// A legacy server has answered a subscription to that resource; or, of none, its own stream is
    /// there, or there will be none.
    #[inline(never)]
    pub fn answered(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        uri: Option<&String>,
        outcome: Result<P, Error<P>>,
    ) {
        wire.enter();
        if let Err(error) = outcome
            && (uri.is_none() || !awaits(wire, |asked| asked == uri))
        {
            // Each that is not open has asked.
            if uri.is_none()
                && let Some(one) = self.all.iter_mut().find(|one| !one.open)
            {
                one.open = true;
                return calls.end(wire, one.id, Err(error));
            }
            for one in &mut self.all {
                let mut uris = texts(&one.filter, URIS);
                uris.retain(|own| Some(own) != uri);
                set_uris(&mut one.filter, &uris);
            }
            wire.push(Output::Fault(error));
        }
        self.acknowledge(wire, calls);
    }

    /// Acknowledges, in the server's place, the legacy subscriptions that wait for no answer.
    #[inline(never)]
    fn acknowledge(&mut self, wire: &mut Wire<P>, calls: &mut CallTable<P>) {
        if !tells_unasked(wire) {
            return;
        }
        for one in self.all.iter_mut().filter(|one| !one.open) {
            let uris = texts(&one.filter, URIS);
            if !awaits(wire, |uri| uri.is_none_or(|uri| uris.contains(uri))) {
                one.open = true;
                calls.untimed(one.id);
                wire.push(Output::Acknowledged(one.slot, one.filter.clone()));
            }
        }
    }
}

#[inline(never)]
fn set_uris<P: Payload>(filter: &mut P, uris: &[String]) {
    if uris.is_empty() {
        filter.remove(URIS);
    } else {
        filter.set(URIS, P::array(uris.iter().map(|uri| P::string(uri)).collect()));
    }
}
