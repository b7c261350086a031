//! Subscriptions: one way to hear of changes in both eras.
//!
//! A subscription is a call that lasts: it has a slot, and clocks until it is acknowledged. Its
//! end is the call's end. In the modern era it is a `subscriptions/listen` request, and every
//! notification names the one it is for. In the legacy era changes are told unasked, and only
//! resources have to be subscribed to, once for all subscriptions that want them.

use crate::error::Error;
use crate::jsonrpc::Payload;
use crate::proto::Millis;
use crate::types::{meta, method};

use super::cache::covers;
use super::output::owned;
use super::{CallLimits, Client, Output};

/// The lists, by the filter's member, the notification, and the capability that has it.
const LISTS: [(&str, &str, &str); 3] = [
    ("toolsListChanged", method::TOOLS_CHANGED, "tools"),
    ("promptsListChanged", method::PROMPTS_CHANGED, "prompts"),
    ("resourcesListChanged", method::RESOURCES_CHANGED, "resources"),
];
const URIS: &str = "resourceSubscriptions";
const TASKS: &str = "taskIds";

/// How long a stream that broke off is left alone at first; twice as long each time after.
const PAUSE: Millis = 1_000.0;

/// And at most.
const LONGEST_PAUSE: Millis = 30_000.0;

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
    id: i64,
    slot: u32,
    /// What was asked for; in the legacy era what is honoured of it.
    filter: P,
    /// Whether it has been acknowledged.
    open: bool,
    /// How long its stream was last left alone after it broke off; 0 while it did not.
    pause: Millis,
    /// How long an acknowledgement is waited for.
    timeout: Millis,
}

/// The subscriptions of a connection.
#[derive(Debug)]
pub(super) struct Subscriptions<P> {
    all: Vec<Subscription<P>>,
    /// The legacy requests that wait for an answer, and the resources they ask to hear of.
    asked: Vec<(i64, String)>,
    /// How many notifications named no subscription that there is.
    pub strays: u32,
}

impl<P: Payload> Subscriptions<P> {
    pub fn new() -> Self {
        Self { all: Vec::new(), asked: Vec::new(), strays: 0 }
    }

    /// The end of the call in this slot has been told.
    pub fn release(&mut self, slot: u32) {
        self.all.retain(|one| one.slot != slot);
    }

    /// The connection has ended.
    pub fn clear(&mut self) {
        self.asked.clear();
    }

    /// Whether any subscription wants to hear of that resource.
    #[inline(never)]
    fn want(&self, uri: &String) -> bool {
        self.all.iter().any(|one| texts(&one.filter, URIS).contains(uri))
    }

    /// Whether that request asks to hear of a resource.
    pub fn asks(&self, id: i64) -> bool {
        self.asked.iter().any(|(asked, _)| *asked == id)
    }

    /// The requests that ask to hear of a resource and are not answered yet.
    pub fn all_asked(&self) -> impl Iterator<Item = i64> {
        self.asked.iter().map(|(asked, _)| *asked)
    }

    /// Whether the subscription of that call has been acknowledged, or needs nothing of the kind.
    pub fn is_open(&self, id: i64) -> bool {
        self.all.iter().any(|one| one.id == id && (one.open || !self.asked.is_empty()))
    }

    fn awaits(&self, uri: &String) -> bool {
        self.asked.iter().any(|(_, asked)| asked == uri)
    }
}

impl<P: Payload> Client<P> {
    /// Subscribes: `params.notifications` is the filter in the protocol's words. Returns id and
    /// slot of the call that lasts as long as the subscription.
    #[inline(never)]
    pub(super) fn listen(&mut self, params: P, limits: CallLimits, now: Millis) -> (i64, u32) {
        let id = self.next_id();
        // Only the wait for the acknowledgement is timed.
        let endless = f64::INFINITY;
        let limits = CallLimits { max_total: endless, stall_after: endless, ..limits };
        let slot = self.calls.insert(id, limits, None, now);
        let mut filter = params.present("notifications").unwrap_or_else(P::object);
        if self.tells_unasked() {
            filter = self.honour(&filter);
            for uri in texts(&filter, URIS) {
                if !self.subscriptions.want(&uri) {
                    let asked = self.ask_about(method::SUBSCRIBE, &uri);
                    self.subscriptions.asked.push((asked, uri));
                }
            }
        } else {
            let params = self.with_meta(params, None);
            self.send_request(id, method::LISTEN, params);
        }
        let timeout = limits.timeout;
        self.subscriptions.all.push(Subscription {
            id,
            slot,
            filter,
            open: false,
            pause: 0.0,
            timeout,
        });
        self.acknowledge();
        (id, slot)
    }

    /// A notification has come: it is passed on, unless it is for nobody or for us.
    #[inline(never)]
    pub(super) fn hear(&mut self, method: String, params: Option<P>) {
        let given = params.as_ref();
        self.cache.outdate(&method, given);
        let member = |name| given.and_then(|params| params.present(name));
        let legacy = self.tells_unasked();
        let ends = method == method::CANCELLED;
        let named = match (legacy, ends) {
            (true, _) => None,
            (_, true) => member("requestId"),
            _ => given.and_then(|params| params.get(meta::META)?.present(meta::SUBSCRIPTION_ID)),
        };
        let mut for_all = named.is_none() || ends;
        let named = named.and_then(|id| self.ours(&id.as_id()?)).unwrap_or(0);
        let mut heard = Vec::new();
        for one in &mut self.subscriptions.all {
            if !legacy && named != one.id {
                continue;
            }
            if !legacy && ends {
                // The other way for a server to end one, beside the answer.
                let reason = owned("the server ended the subscription");
                if let Some(slot) = self.calls.remove(one.id) {
                    let error = Error::Closed { reason, sent: true };
                    self.outputs.push(Output::Settled(slot, Err(error)));
                }
                let id = one.id;
                return self.expect_late_answer(id);
            }
            if !legacy && method == method::ACKNOWLEDGED {
                if !one.open {
                    one.open = true;
                    if std::mem::take(&mut one.pause) > 0.0 {
                        // Nobody knows what has changed meanwhile.
                        self.cache.clear();
                    }
                    self.calls.untimed(one.id);
                    let honored = member("notifications").unwrap_or_else(P::object);
                    self.outputs.push(Output::Acknowledged(one.slot, honored));
                }
                return;
            }
            for_all = true;
            if one.open && names(&one.filter, &method, given) {
                heard.push(one.slot);
            }
        }
        if for_all {
            self.outputs.push(Output::Notification(method, params));
        } else {
            self.subscriptions.strays += 1;
        }
        for slot in heard {
            self.outputs.push(Output::News(slot));
        }
    }

    /// A subscription ends from this side; false if the call of that id is none, or if the server
    /// is told of it as of any other call.
    #[inline(never)]
    pub(super) fn unlisten(&mut self, id: i64) -> bool {
        let mut uris = None;
        self.subscriptions.all.retain(|one| {
            if one.id == id {
                uris = Some(texts(&one.filter, URIS));
            }
            one.id != id
        });
        let Some(uris) = uris.filter(|_| self.tells_unasked()) else { return false };
        for uri in uris {
            if !self.subscriptions.want(&uri) {
                let asked = self.ask_about(method::UNSUBSCRIBE, &uri);
                self.expect_late_answer(asked);
            }
        }
        true
    }

    /// Takes the answer to a legacy subscribe request; false if it is another's.
    #[inline(never)]
    pub(super) fn subscribed(&mut self, id: i64, outcome: &Result<P, Error<P>>) -> bool {
        let mut answered = None;
        self.subscriptions.asked.retain_mut(|(asked, uri)| {
            if *asked == id {
                answered = Some(std::mem::take(uri));
            }
            *asked != id
        });
        let Some(uri) = answered else { return false };
        if let Err(error) = outcome
            && !self.subscriptions.awaits(&uri)
        {
            for one in &mut self.subscriptions.all {
                let mut uris = texts(&one.filter, URIS);
                uris.retain(|own| *own != uri);
                set_uris(&mut one.filter, &uris);
            }
            self.outputs.push(Output::Fault(error.clone()));
        }
        self.acknowledge();
        true
    }

    /// The stream of a modern subscription may break off although the server is there, as HTTP has
    /// it: then it is opened again after a pause. False if that answer means something else.
    #[inline(never)]
    pub(super) fn interrupted(
        &mut self,
        id: i64,
        outcome: &Result<P, Error<P>>,
        now: Millis,
    ) -> bool {
        let Err(error) = outcome else { return false };
        let mut listening = self.subscriptions.all.iter_mut().filter(|one| one.id == id);
        let Some(one) = listening.next().filter(|one| one.open || one.pause > 0.0) else {
            return false;
        };
        let passes = match error {
            Error::Lost { .. } => true,
            Error::Http { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        };
        if !passes {
            return false;
        }
        one.pause = (one.pause * 2.0).clamp(PAUSE, LONGEST_PAUSE);
        one.open = false;
        // Pages that lost their streams together do not come back together.
        let pause = one.pause * (1.0 + now.fract() / 4.0);
        let pause = pause.max(error.passes().unwrap_or(0.0));
        self.outputs.push(Output::Interrupted(one.slot, error.clone()));
        self.calls.rest(id);
        self.calls.pause(id, now + pause);
        true
    }

    /// A pause is over: asks again for a stream that broke off. False if the pause is another's.
    #[inline(never)]
    pub(super) fn listen_again(&mut self, id: i64, now: Millis) -> bool {
        let Some(at) = self.subscriptions.all.iter().position(|one| one.id == id) else {
            return false;
        };
        let leg = self.next_id();
        let Some(one) = self.subscriptions.all.get_mut(at) else { return false };
        one.id = leg;
        if let Some(call) = self.calls.find(id) {
            call.limits.timeout = one.timeout;
        }
        let mut params = P::object();
        params.set("notifications", one.filter.clone());
        if let Some(slot) = self.calls.begin(id, leg, true, now) {
            self.outputs.push(Output::Leg(slot, leg));
        }
        let params = self.with_meta(params, None);
        self.send_request(leg, method::LISTEN, params);
        true
    }

    /// How many notifications named no subscription that there is.
    pub fn stray_notifications(&self) -> u32 {
        self.subscriptions.strays
    }

    /// Whether the server tells of changes without a stream that was asked for.
    #[inline(never)]
    fn tells_unasked(&self) -> bool {
        self.phase.version().is_some_and(|version| !version.listens())
    }

    fn ask_about(&mut self, method: &str, uri: &str) -> i64 {
        let id = self.next_id();
        let mut params = P::object();
        params.set_text("uri", uri);
        self.send_request(id, method, params);
        id
    }

    /// What a legacy server with these capabilities will tell of.
    fn honour(&self, wanted: &P) -> P {
        let capabilities = self.session().and_then(|session| session.capabilities.as_ref());
        let can =
            |feature, what| says(capabilities.and_then(|all| all.get(feature)).as_ref(), what);
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

    /// Acknowledges, in the server's place, the legacy subscriptions that wait for no answer.
    #[inline(never)]
    fn acknowledge(&mut self) {
        if !self.tells_unasked() {
            return;
        }
        let Subscriptions { all, asked, .. } = &mut self.subscriptions;
        for one in all.iter_mut().filter(|one| !one.open) {
            let uris = texts(&one.filter, URIS);
            if !asked.iter().any(|(_, uri)| uris.contains(uri)) {
                one.open = true;
                self.calls.untimed(one.id);
                self.outputs.push(Output::Acknowledged(one.slot, one.filter.clone()));
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
