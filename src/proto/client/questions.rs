//! What the server asks of the client's user: as requests in the legacy era, inside results in the
//! modern one. The same handlers answer both.

use crate::error::Error;
use crate::jsonrpc::{Id, Payload, RpcError, code};
use crate::proto::Millis;
use crate::text::{owned, sentence, take_where};
use crate::types::{meta, method};

use super::ClientMachine;
use super::address::may_be_opened;
use super::calls::CallTable;
use super::output::{InputRequest, Output};
use super::requests::{Purpose, RequestId, Slot};
use super::wire::Wire;
use super::work::{PendingInput, Work};

/// How many questions of a server may be open at once, unless more calls are under way; and how many
/// a result may ask.
pub(super) const QUESTIONS: usize = 8;

/// How many requests of any other kind may be.
const REQUESTS: usize = 64;

/// A request of the server that a handler works on.
#[derive(Debug)]
struct Request {
    id: Id,
    /// What the server wants progress to carry, if it wants progress.
    token: Option<Id>,
    /// The call that made the server ask, for what a person has to answer.
    call: Option<Tie>,
}

/// Which call a question belongs to.
#[derive(Clone, Copy, Debug)]
struct Tie {
    slot: Slot,
    /// The calls that were made later have nothing to do with it; none if it came on the call's own
    /// stream, and there is no doubt.
    before: Option<RequestId>,
}

/// The requests of the server that wait for their answer.
#[derive(Debug)]
pub(super) struct ServerRequests {
    open: Vec<Request>,
}

impl ServerRequests {
    pub fn new() -> Self {
        Self { open: Vec::new() }
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The connection has ended.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// Answers a request of the server. False if the server has taken it back.
    pub fn respond<P: Payload>(
        &mut self,
        wire: &mut Wire<P>,
        id: Id,
        outcome: Result<P, RpcError<P>>,
    ) -> bool {
        let known = take_where(&mut self.open, |open| open.id == id).is_some();
        if known {
            wire.answer(id, outcome);
        }
        known
    }

    /// Reports how far the answer to a request of the server has come.
    pub fn report<P: Payload>(
        &self,
        wire: &mut Wire<P>,
        id: &Id,
        progress: f64,
        total: Option<f64>,
        message: Option<&str>,
    ) {
        let open = self.open.iter().find(|open| open.id == *id);
        let Some(token) = open.and_then(|open| open.token.as_ref()) else { return };
        if !progress.is_finite() || total.is_some_and(|total| !total.is_finite()) {
            return;
        }
        let mut params = P::object();
        params.set(meta::PROGRESS_TOKEN, P::from_id(token));
        params.set("progress", P::number(progress));
        if let Some(total) = total {
            params.set("total", P::number(total));
        }
        if let Some(message) = message {
            params.set_text("message", message);
        }
        wire.tell(method::PROGRESS, params);
    }

    /// A request of the server has arrived, on the stream of that request of ours.
    #[inline(never)]
    pub fn receive<P: Payload>(
        &mut self,
        wire: &mut Wire<P>,
        calls: &mut CallTable<P>,
        (id, method, params): (Id, String, Option<P>),
        stream: Option<RequestId>,
    ) {
        wire.enter();
        if let Some(error) = refusal(wire, &method, params.as_ref(), false) {
            return wire.answer(id, Err(error));
        }
        let asks = matches!(method.as_str(), method::ELICIT | method::SAMPLE);
        let most = match method.as_str() {
            _ if asks || method == method::LIST_ROOTS => QUESTIONS.max(calls.in_flight()),
            _ => REQUESTS,
        };
        let call = if asks { tie(wire, calls, stream) } else { None };
        if self.open.len() >= most || self.asks_too_much(call) {
            let text = "too many requests wait for their answers";
            return wire.refuse(id, code::TOO_MANY_REQUESTS, text);
        }
        let token = params
            .as_ref()
            .and_then(|params| params.get(meta::META)?.get(meta::PROGRESS_TOKEN)?.as_id());
        self.open.push(Request { id: id.clone(), token, call });
        calls.hold(true);
        wire.push(Output::Request(id, method, params, call.map(|call| call.slot)));
    }

    /// Whether a call asks for more at once than a result may.
    fn asks_too_much(&self, call: Option<Tie>) -> bool {
        let Some(Tie { slot, before: None }) = call else { return false };
        let own = |open: &&Request| open.call.is_some_and(|tie| tie.slot == slot);
        self.open.iter().filter(own).count() >= QUESTIONS
    }

    /// The end of a call has been told: nobody is asked any more for its sake, and the server is told
    /// so.
    ///
    /// A server that has answered a call without waiting for an answer of ours has not asked for it,
    /// unless it said so; then it was the call before it.
    #[inline(never)]
    pub fn release<P: Payload>(
        &mut self,
        wire: &mut Wire<P>,
        calls: &CallTable<P>,
        slot: Slot,
        answered: bool,
    ) {
        wire.enter();
        let mut withdrawn = Vec::new();
        self.open.retain_mut(|open| {
            let Some(tie) = open.call.filter(|tie| tie.slot == slot) else { return true };
            let other =
                tie.before.filter(|_| answered).and_then(|before| calls.newest_asker(before));
            open.call = other.map(|slot| Tie { slot, ..tie });
            if other.is_none() {
                withdrawn.push(open.id.clone());
            }
            other.is_some()
        });
        for id in withdrawn {
            let text = "the call that it was asked for has ended";
            wire.refuse(id.clone(), code::INTERNAL_ERROR, text);
            wire.push(Output::Withdrawn(id, Some(owned(text))));
        }
    }

    /// The server may have taken back a request of its own; true if it has.
    pub fn cancelled<P: Payload>(&mut self, wire: &mut Wire<P>, params: Option<&P>) -> bool {
        let id = params.and_then(|params| params.get("requestId")?.as_id());
        let taken = take_where(&mut self.open, |open| Some(&open.id) == id.as_ref());
        let Some(Request { id, .. }) = taken else { return false };
        let reason = params.and_then(|params| params.text("reason"));
        wire.push(Output::Withdrawn(id, reason));
        true
    }
}

/// The call that makes the server ask a person something: the one on whose stream the question came.
/// Where calls have none, the newest that the server works on.
fn tie<P>(wire: &Wire<P>, calls: &mut CallTable<P>, stream: Option<RequestId>) -> Option<Tie> {
    let purpose = stream.and_then(|request| wire.requests.purpose(request));
    if let Some(Purpose::Call(id)) = purpose
        && let Some(call) = calls.find(*id)
    {
        return Some(Tie { slot: call.slot, before: None });
    }
    let before = wire.requests.upcoming();
    calls.newest_asker(before).map(|slot| Tie { slot, before: Some(before) })
}

impl<P: Payload> ClientMachine<P> {
    /// What a notification says of questions and tasks.
    #[inline(never)]
    pub(super) fn converse(&mut self, method: &str, params: Option<&P>, now: Millis) {
        self.wire.enter();
        if method == method::CANCELLED {
            let held = self.questions.cancelled(&mut self.wire, params);
            self.calls.hold(held);
        } else if method == method::ELICITED {
            for input in self.calls.elicited(params) {
                let mut answer = P::object();
                answer.set_text("action", "accept");
                self.answer(input, Ok(answer), now);
            }
        } else if method == method::TASK_STATUS {
            self.calls.task_changed(params, now);
        }
    }
}

impl<P: Payload> CallTable<P> {
    /// Takes the answer to an [`Output::Input`], or why there is none, which ends its call. Returns the
    /// call if everything that it waits for is answered.
    pub(super) fn answer(
        &mut self,
        wire: &mut Wire<P>,
        input: u32,
        outcome: Result<P, String>,
    ) -> Option<RequestId> {
        let asks = |asked: &PendingInput<P>| asked.is(input);
        let id =
            self.which(|call| call.work.as_ref().is_some_and(|work| work.asked.iter().any(asks)))?;
        let work = self.worker(id)?;
        match outcome {
            Ok(answer) => {
                if let Some(asked) = work.asked.iter_mut().find(|asked| asks(asked)) {
                    asked.answer = Some(answer);
                }
                work.asked.iter().all(|asked| asked.answer.is_some()).then_some(id)
            }
            Err(text) => {
                let refused = work.refused.take();
                let error = refused.map_or(Error::Input(text), Error::Rpc);
                self.abandon(wire, id, None, error);
                None
            }
        }
    }

    /// A person has done what was to be done at an address: returns the questions that this answers, since
    /// the call that was refused because of it goes on without any handler saying so.
    pub(super) fn elicited(&mut self, params: Option<&P>) -> Vec<u32> {
        let mut inputs = Vec::new();
        let name = params.and_then(|params| params.text("elicitationId"));
        let Some(name) = name else { return inputs };
        let asks = |asked: &PendingInput<P>| asked.key == name && asked.answer.is_none();
        for id in self.ids() {
            if let Some(work) = self.worker(id).filter(|work| work.refused.is_some()) {
                inputs.extend(work.asked.iter().filter(|one| asks(one)).map(|one| one.input));
            }
        }
        inputs
    }

    /// Another round; ends the call if that is one too many.
    pub(super) fn count_round(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
    ) -> Option<&mut Work<P>> {
        let call = self.find(id)?;
        let work = call.work.as_mut()?;
        work.rounds += 1;
        if call.limits.rounds.is_none_or(|rounds| work.rounds > rounds) {
            let text = "the server asked for input in more rounds than this call allows";
            self.abandon(wire, id, None, Error::Input(owned(text)));
            return None;
        }
        self.worker(id)
    }

    /// Raises all of a result's requests for input at once, unless one of them cannot be met.
    pub(super) fn ask(&mut self, wire: &mut Wire<P>, id: RequestId, requests: Vec<(String, P)>) {
        let Some(slot) = self.find(id).map(|call| call.slot) else { return };
        let mut inputs = Vec::new();
        if requests.len() > QUESTIONS {
            let text = "the server asks for too much at once";
            return self.abandon(wire, id, None, Error::Input(owned(text)));
        }
        for (key, request) in requests {
            let method = request.text("method").unwrap_or_default();
            let params = request.given("params");
            if let Some(error) = refusal(wire, &method, params.as_ref(), true) {
                let text = sentence(&["the server asks for `", &method, "`: ", &error.message]);
                return self.abandon(wire, id, None, Error::Input(text));
            }
            self.newest_input += 1;
            inputs.push(InputRequest { slot, input: self.newest_input, key, method, params });
        }
        let Some(work) = self.worker(id) else { return };
        for InputRequest { input, key, .. } in &inputs {
            work.asked.push(PendingInput { input: *input, key: key.clone(), answer: None });
        }
        for input in inputs {
            wire.push(Output::Input(input));
        }
    }
}

/// Why this client refuses a request of the server. Inside a result, a server may only ask for what a
/// capability covers.
pub(super) fn refusal<P: Payload>(
    wire: &mut Wire<P>,
    method: &str,
    params: Option<&P>,
    inside: bool,
) -> Option<RpcError<P>> {
    let capability = match method {
        method::ELICIT => "elicitation",
        method::SAMPLE => "sampling",
        method::LIST_ROOTS => "roots",
        _ if !inside => return None,
        _ => "",
    };
    let (code, text) = match wire.config.capabilities.present(capability) {
        None => (code::METHOD_NOT_FOUND, "this client has no handler for it"),
        Some(declared) => {
            let given = |key| params.and_then(|params: &P| params.present(key));
            // Absent means a form, and so does a capability that names no mode.
            let mode = given("mode").map(|mode| mode.as_text().unwrap_or_default());
            let urls = declared.present("url").is_some();
            let known = match mode.as_deref() {
                None | Some("form") => !urls || declared.present("form").is_some(),
                Some("url") => urls,
                Some(_) => false,
            };
            let address = given("url").map(|url| url.as_text().unwrap_or_default());
            let by_url = mode.as_deref() == Some("url");
            let tools = given("tools").or_else(|| given("toolChoice"));
            if method == method::ELICIT && !known {
                (code::INVALID_PARAMS, "this client does not know that mode")
            } else if method == method::ELICIT
                && !address.map_or(!by_url, |address| may_be_opened(&address))
            {
                let text = "its `url` is no plain https: address, nor one of this machine";
                wire.fault(&["an elicitation was refused: ", text]);
                (code::INVALID_PARAMS, text)
            } else if method == method::SAMPLE
                && tools.is_some()
                && declared.present("tools").is_none()
            {
                (code::INVALID_PARAMS, "this client does not sample with tools")
            } else {
                return None;
            }
        }
    };
    Some(RpcError { code, message: owned(text), data: None })
}
