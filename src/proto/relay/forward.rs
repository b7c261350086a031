//! Requests on their way to the server, and what comes of them.

use super::{
    Act, FrontId, Relay,
    calls::{CallKind, Number, RelayedCall},
};
use crate::{
    error::Error,
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::{
        Millis,
        client::{Caching, CallLimits, Requested, Slot},
        server::Relayed,
        version::{Era, Version},
    },
    types::{meta, method},
};

/// How often a server may ask before a call of a client that is asked by requests fails.
const ROUNDS: u32 = 64;
/// How long the acknowledgement of a subscription may take.
const ACKNOWLEDGED: Millis = 60_000.0;

impl<P: Payload> Relay<P> {
    /// Serves a request while the server is there.
    pub(super) fn serve(&mut self, front: FrontId, request: Relayed<P>, now: Millis) {
        let Some(session) = self.back.session() else { return };
        let (back, version) = (session.version, request.context.version);
        let is_legacy = version.has_session_methods();
        match request.method.as_str() {
            method::INITIALIZE => self.initialized(front, &request, now),
            method::DISCOVER if !is_legacy => self.discovered(front, request.key, version),
            method::SET_LEVEL if is_legacy => self.set_level(front, &request, now),
            method::LISTEN if !is_legacy => self.listen(front, request, now),
            method::SUBSCRIBE if is_legacy => self.subscribe(front, request, now),
            method::UNSUBSCRIBE if is_legacy => self.unsubscribe(front, &request, now),
            name if name.starts_with(method::TASKS) && version.era() != back.era() => {
                self.about_task(front, &request, now);
            }
            method::CALL_TOOL if self.lists_first(now) => {
                self.waiting.push_back((front, request));
            }
            _ => match self.foreign(front, &request) {
                Some(error) => self.answer(front, request.key, Err(error)),
                None => self.forward(front, request, back, now),
            },
        }
    }

    fn forward(&mut self, front: FrontId, request: Relayed<P>, back: Version, now: Millis) {
        let version = request.context.version;
        let is_asked_inside = !version.asks_by_request();
        if is_asked_inside && back.asks_by_request() {
            let state = request.params.as_ref().and_then(|params| params.text("requestState"));
            if let Some(state) = state {
                return self.come_back(front, &request, &state, now);
            }
        }
        if self.calls.in_flight() >= self.options.calls {
            let error = RpcError::new(code::TOO_MANY_REQUESTS, "too many calls are under way");
            return self.answer(front, request.key, Err(error));
        }
        let is_task = self.wants_task(&request);
        if is_task && !self.kept.make_room() {
            let error = RpcError::new(code::TOO_MANY_REQUESTS, "too many tasks are under way");
            return self.answer(front, request.key, Err(error));
        }
        let life = request.params.as_ref().and_then(|params| params.at(&["task", "ttl"])?.as_f64());
        let may_be_task = self.may_be_task(&request);
        let params = self.params(front, &request, back);
        let limits = limits(version, back);
        let is_crossing = version.era() == Era::Legacy && back.era() == Era::Modern;
        let call = RelayedCall {
            level: request.level,
            context: Some(request.context),
            params: (is_crossing && request.method == method::CALL_TOOL).then(|| params.clone()),
            may_be_task,
            ..RelayedCall::new(front, Some(request.key), CallKind::Request, &request.method)
        };
        let number = self.calls.add(call);
        self.ask_for_logs(now);
        match self.back.request(&request.method, Some(params), limits, now) {
            Ok(Requested::Sent(first, slot)) => {
                self.calls.begin(number, first, slot);
                if is_task {
                    self.keep(number, life, now);
                }
            }
            // Only of a request that asks for what is kept.
            Ok(Requested::Kept(_) | Requested::Private) => drop(self.calls.remove(number)),
            Err(error) => {
                self.calls.remove(number);
                self.answer(front, request.key, Err(failure(error)));
            }
        }
    }

    pub(super) fn add_call(&mut self, call: RelayedCall<P>) -> Number {
        self.calls.add(call)
    }

    /// A request of the relay's own, whose answer no client waits for; false if it cannot be made.
    pub(super) fn own_request(&mut self, method: &str, params: P, now: Millis) -> bool {
        let limits = CallLimits { cache: Caching::Off, ..CallLimits::default() };
        if let Ok(Requested::Sent(first, slot)) =
            self.back.request(method, Some(params), limits, now)
        {
            let call = RelayedCall::new(FrontId(0), None, CallKind::Own, method);
            let number = self.calls.add(call);
            self.calls.begin(number, first, slot);
            return true;
        }
        false
    }

    /// Asks the server to tell of something, for the call of that number.
    pub(super) fn begin_listening(&mut self, number: Number, now: Millis) {
        let Some(filter) = self.calls.get(number).and_then(|call| call.filter.clone()) else {
            return;
        };
        let mut params = P::object();
        params.set("notifications", filter);
        let limits =
            CallLimits { timeout: ACKNOWLEDGED, cache: Caching::Off, ..CallLimits::default() };
        if let Ok(Requested::Sent(first, slot)) =
            self.back.request(method::LISTEN, Some(params), limits, now)
        {
            self.calls.begin(number, first, slot);
        }
    }

    /// The parameters as the server is to get them.
    fn params(&self, front: FrontId, request: &Relayed<P>, back: Version) -> P {
        let mut params = request.params.clone().unwrap_or_else(P::object);
        let (takes_envelope, had_envelope) =
            (back.carries_envelope(), request.context.version.carries_envelope());
        let mut about = params.given(meta::META).unwrap_or_else(P::object);
        if about.kind() == Kind::Object {
            // The client machine has its own.
            about.remove(meta::PROGRESS_TOKEN);
            about.remove(meta::PROTOCOL_VERSION);
            if !takes_envelope && had_envelope {
                about.remove(meta::CLIENT_INFO);
                about.remove(meta::CLIENT_CAPABILITIES);
                about.remove(meta::LOG_LEVEL);
            }
            if takes_envelope
                && !had_envelope
                && let Some(front) = self.fronts.get(&front)
            {
                if let Some(info) = &front.info {
                    about.set(meta::CLIENT_INFO, info.clone());
                }
                let none = P::object;
                let capabilities = front.capabilities.clone().unwrap_or_else(none);
                about.set(meta::CLIENT_CAPABILITIES, capabilities);
                about.set_text(meta::LOG_LEVEL, front.level.unwrap_or_default().as_str());
            }
            if about.exceeds(0) {
                params.set(meta::META, about);
            } else {
                params.remove(meta::META);
            }
        }
        if had_envelope && !takes_envelope {
            params.remove("inputResponses");
            params.remove("requestState");
        }
        if !had_envelope && takes_envelope {
            params.remove("task");
        }
        params
    }

    /// A client comes back with answers to what a legacy server asked.
    fn come_back(&mut self, front: FrontId, request: &Relayed<P>, state: &str, now: Millis) {
        let known = self.calls.parked(state);
        let known = known.filter(|number| {
            self.calls.get(*number).is_some_and(|call| call.method == request.method)
        });
        let Some(number) = known else {
            let text = "`requestState` is of no call that waits: it has ended, or was given up";
            return self.answer(front, request.key, Err(RpcError::new(code::INVALID_PARAMS, text)));
        };
        self.calls.take_up(number, front, request);
        let answers = request.params.as_ref().and_then(|params| params.get("inputResponses"));
        self.take_answers(number, answers.as_ref(), now);
        let Some(call) = self.calls.get_mut(number) else { return };
        call.state = None;
        let (reports, outcome) = (std::mem::take(&mut call.reports), call.outcome.take());
        for report in reports {
            self.act(front, Act::Report(request.key, report));
        }
        if let Some(outcome) = outcome {
            self.calls.remove(number);
            self.answer(front, request.key, outcome);
        }
    }

    /// The server reports how far a call has come.
    pub(super) fn report(&mut self, slot: Slot, params: P) {
        let most = self.options.reports;
        let Some(number) = self.calls.by_slot(slot) else { return };
        let Some(call) = self.calls.get_mut(number) else { return };
        let front = call.front;
        if let Some(key) = call.key {
            self.act(front, Act::Report(key, params));
        } else if let Some(name) = call.task.clone() {
            self.report_of_task(&name, params);
        } else if call.state.is_some() {
            if call.reports.len() >= most {
                call.reports.remove(0);
            }
            call.reports.push(params);
        }
    }

    /// A call has ended.
    pub(super) fn settled(&mut self, slot: Slot, outcome: Result<P, Error<P>>, now: Millis) {
        let Some(number) = self.calls.end(slot) else { return };
        let Some(call) = self.calls.get_mut(number) else { return };
        let (front, kind) = (call.front, call.kind.clone());
        // A server may end a subscription, and be there all the same.
        let is_gone = self.back.session().is_none();
        let is_lost = is_gone && matches!(&outcome, Err(Error::Closed { .. }));
        if call.filter.is_some() && is_lost && self.fronts.contains_key(&front) {
            let is_wanted = match kind {
                CallKind::Listen => call.key.is_some(),
                _ => true,
            };
            // The server may come back.
            if is_wanted {
                return;
            }
        }
        if self.went_on_as_task(number, &outcome, now) {
            return;
        }
        let Some(call) = self.calls.get_mut(number) else { return };
        if let Some(name) = call.task.clone() {
            self.calls.remove(number);
            self.questions.end(number);
            return self.task_ended(&name, outcome, now);
        }
        let (method, context) = (call.method.clone(), call.context.clone());
        let parked = call.key.is_none() && call.state.is_some();
        let version = context.map_or(Version::LATEST_LEGACY, |context| context.version);
        let outcome = outcome.map_err(failure);
        let mut outcome = self.translated(version, &method, outcome);
        if kind == CallKind::Own && method == method::LIST_TOOLS {
            self.calls.remove(number);
            return self.listed_first(outcome.ok().as_ref(), now);
        }
        if parked {
            if let Some(call) = self.calls.get_mut(number) {
                call.outcome = Some(outcome);
            }
            return;
        }
        let Some(call) = self.calls.remove(number) else { return };
        self.questions.end(number);
        if let Ok(result) = &mut outcome {
            self.note_task(&call, result);
        }
        if let Some(key) = call.key {
            self.answer(front, key, outcome);
        }
    }
}

pub(super) fn limits(front: Version, back: Version) -> CallLimits {
    CallLimits {
        timeout: f64::INFINITY,
        max_total: f64::INFINITY,
        stall_after: f64::INFINITY,
        cache: Caching::Off,
        // Two that are alike have no need of help.
        rounds: (front.era() != back.era()).then_some(ROUNDS),
        opens_urls: !front.asks_by_request(),
        ..CallLimits::default()
    }
}

/// What happened, in words: what the platform says, where only it knows.
pub fn reason<P: Payload>(error: &Error<P>) -> String {
    match error {
        Error::Closed { reason, .. } => reason.clone(),
        Error::Lost { cause: Some(cause), .. } if error.size_limit().is_none() => {
            let words = cause.text("message").unwrap_or_default();
            if words.is_empty() { error.to_string() } else { words }
        }
        other => other.to_string(),
    }
}

/// What a client is told of that.
pub(super) fn failed<P: Payload>(error: &Error<P>) -> RpcError<P> {
    let mut data = P::object();
    data.set_text(
        "code",
        match error {
            // As clients call it that log in for themselves.
            Error::Http { status: 401, .. } => "AUTH_REQUIRED",
            _ => error.code(),
        },
    );
    RpcError { code: code::INTERNAL_ERROR, message: reason(error), data: Some(data) }
}

/// What a client is told of a call that failed otherwise than by the server's answer.
pub(super) fn failure<P: Payload>(error: Error<P>) -> RpcError<P> {
    let Error::Rpc(error) = error else {
        let mut told = failed(&error);
        if let Error::Closed { sent: true, .. } | Error::Lost { sent: true, .. } = error {
            told.message.push_str("; the call may have been carried out");
        }
        return told;
    };
    error
}
