//! What the server asks of the client's user: as requests in the legacy era, inside results in the
//! modern one. The same handlers answer both.

use crate::error::Error;
use crate::jsonrpc::{Id, Payload, RpcError, code};
use crate::proto::Millis;
use crate::types::{meta, method};

use super::address::may_be_opened;
use super::output::{InputRequest, Output, owned, sentence, take_where};
use super::{Client, Phase};

/// How many questions of a server may be open at once, unless more calls are under way; and how many
/// a result may ask.
pub(super) const QUESTIONS: usize = 8;

/// How many requests of any other kind may be.
const REQUESTS: usize = 64;

/// One thing that a result asks for.
#[derive(Debug)]
pub(super) struct Asked<P> {
    /// The number by which it is answered.
    pub input: u32,
    /// The server's name for it.
    pub key: String,
    pub answer: Option<P>,
}

impl<P> Asked<P> {
    pub fn into_member(self) -> Option<(String, P)> {
        self.answer.map(|answer| (self.key, answer))
    }
}

/// A request of the server that a handler works on.
#[derive(Debug)]
pub(super) struct Open {
    id: Id,
    /// What the server wants progress to carry, if it wants progress.
    token: Option<Id>,
    /// The call that made the server ask, for what a person has to answer.
    call: Option<Tie>,
}

/// Which call a question belongs to.
#[derive(Clone, Copy, Debug)]
struct Tie {
    slot: u32,
    /// The calls that were made later have nothing to do with it; none if it came on the call's own
    /// stream, and there is no doubt.
    before: Option<i64>,
}

impl<P: Payload> Client<P> {
    /// From now on the client declares these capabilities. A legacy session keeps those that it
    /// began with; modern requests carry the new ones.
    pub fn declare(&mut self, capabilities: P) {
        self.config.capabilities = capabilities;
        if let Some(version) = self.session().map(|session| session.version) {
            self.set_envelope(version);
        }
    }

    /// Answers a request of the server. Does nothing if the server has taken it back.
    pub fn respond(&mut self, id: Id, outcome: Result<P, RpcError<P>>) {
        if take_where(&mut self.open, |open| open.id == id).is_some() {
            self.calls.held = true;
            self.answer_request(id, outcome);
        }
    }

    /// Reports how far the answer to a request of the server has come. Does nothing if the server
    /// did not ask for that, or has its answer, or if a number is not finite.
    pub fn report(&mut self, id: &Id, progress: f64, total: Option<f64>, message: Option<&str>) {
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
        self.tell(method::PROGRESS, params);
    }

    /// Answers an [`Output::Input`], or says why there is no answer; that ends its call.
    pub fn answer(&mut self, input: u32, outcome: Result<P, String>, now: Millis) {
        let asks = |asked: &Asked<P>| asked.input == input && asked.answer.is_none();
        let call = self
            .calls
            .which(|call| call.work.as_ref().is_some_and(|work| work.asked.iter().any(asks)));
        let Some(id) = call else { return };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(text) => {
                let refused = self.worker(id).and_then(|work| work.refused.take());
                let error = refused.map_or(Error::Input(text), Error::Rpc);
                return self.abandon(id, None, error);
            }
        };
        let Some(work) = self.worker(id) else { return };
        if let Some(asked) = work.asked.iter_mut().find(|asked| asks(asked)) {
            asked.answer = Some(answer);
        }
        if work.asked.iter().all(|asked| asked.answer.is_some()) {
            self.go_on(id, now);
        }
    }

    /// Raises all of a result's requests for input at once, unless one of them cannot be met.
    pub(super) fn ask(&mut self, id: i64, requests: Vec<(String, P)>) {
        let Some(slot) = self.calls.find(id).map(|call| call.slot) else { return };
        let mut inputs = Vec::new();
        if requests.len() > QUESTIONS {
            let text = "the server asks for too much at once";
            return self.abandon(id, None, Error::Input(owned(text)));
        }
        for (key, request) in requests {
            let method = request.text("method").unwrap_or_default();
            let params = request.given("params");
            if let Some(error) = self.refusal(&method, params.as_ref(), true) {
                let text = sentence(&["the server asks for `", &method, "`: ", &error.message]);
                return self.abandon(id, None, Error::Input(text));
            }
            self.newest_input += 1;
            inputs.push(InputRequest { slot, input: self.newest_input, key, method, params });
        }
        let Some(work) = self.worker(id) else { return };
        for InputRequest { input, key, .. } in &inputs {
            work.asked.push(Asked { input: *input, key: key.clone(), answer: None });
        }
        for input in inputs {
            self.outputs.push(Output::Input(input));
        }
    }

    /// A request of the server has arrived in a legacy session.
    pub(super) fn receive_request(
        &mut self,
        id: Id,
        method: String,
        params: Option<P>,
        stream: Option<i64>,
    ) {
        let call = self.tie(&method, stream);
        if self.is_modern() {
            self.outputs.push(Output::fault(&[
                "the server sent the request ",
                &method,
                ", which this protocol version does not allow",
            ]));
        } else if method == method::PING {
            self.answer_request(id, Ok(P::object()));
        } else if !matches!(self.phase, Phase::Open(_)) {
            self.refuse(id, code::INVALID_REQUEST, "the session is not initialized");
        } else if let Some(error) = self.refusal(&method, params.as_ref(), false) {
            self.answer_request(id, Err(error));
        } else if self.open.len() >= self.most_open(&method) || self.asks_too_much(call) {
            self.refuse(id, code::TOO_MANY_REQUESTS, "too many requests wait for their answers");
        } else {
            let token = params
                .as_ref()
                .and_then(|params| params.get(meta::META)?.get(meta::PROGRESS_TOKEN)?.as_id());
            self.open.push(Open { id: id.clone(), token, call });
            self.calls.held = true;
            let slot = call.map(|call| call.slot);
            self.outputs.push(Output::Request(id, method, params, slot));
        }
    }

    /// The call that makes the server ask a person something: the one on whose stream the question
    /// came. Where calls have none, the newest that the server works on.
    fn tie(&mut self, method: &str, stream: Option<i64>) -> Option<Tie> {
        if !matches!(method, method::ELICIT | method::SAMPLE) {
            return None;
        }
        let own = stream.and_then(|request| self.calls.awaiting(request));
        if let Some(call) = own.and_then(|id| self.calls.find(id)) {
            return Some(Tie { slot: call.slot, before: None });
        }
        let before = self.newest + 1;
        self.calls.newest_asker(before).map(|slot| Tie { slot, before: Some(before) })
    }

    /// Whether a call asks for more at once than a result may.
    fn asks_too_much(&self, call: Option<Tie>) -> bool {
        let Some(Tie { slot, before: None }) = call else { return false };
        let own = |open: &&Open| open.call.is_some_and(|tie| tie.slot == slot);
        self.open.iter().filter(own).count() >= QUESTIONS
    }

    /// A call has ended: nobody is asked any more for its sake, and the server is told so.
    ///
    /// A server that has answered a call without waiting for an answer of ours has not asked for it,
    /// unless it said so; then it was the call before it.
    #[inline(never)]
    pub(super) fn withdraw(&mut self, slot: u32, answered: bool) {
        let calls = &self.calls;
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
            self.refuse(id.clone(), code::INTERNAL_ERROR, text);
            self.outputs.push(Output::Withdrawn(id, Some(owned(text))));
        }
    }

    /// How many requests of the server may be open before one of that method.
    fn most_open(&self, method: &str) -> usize {
        match method {
            method::ELICIT | method::SAMPLE | method::LIST_ROOTS => {
                QUESTIONS.max(self.calls.in_flight())
            }
            _ => REQUESTS,
        }
    }

    /// What a person had to do at an address is done: no handler has to say so for the call to go
    /// on that was refused for it.
    pub(super) fn receive_elicited(&mut self, params: Option<&P>, now: Millis) {
        let name = params.and_then(|params| params.text("elicitationId"));
        let Some(name) = name else { return };
        let asks = |asked: &Asked<P>| asked.key == name && asked.answer.is_none();
        let mut inputs = Vec::new();
        for id in self.calls.ids() {
            if let Some(work) = self.worker(id).filter(|work| work.refused.is_some()) {
                inputs.extend(work.asked.iter().filter(|one| asks(one)).map(|one| one.input));
            }
        }
        for input in inputs {
            let mut answer = P::object();
            answer.set_text("action", "accept");
            self.answer(input, Ok(answer), now);
        }
    }

    /// The server may have taken back a request of its own.
    pub(super) fn receive_cancelled(&mut self, params: Option<&P>) {
        let id = params.and_then(|params| params.get("requestId")?.as_id());
        if let Some(Open { id, .. }) =
            take_where(&mut self.open, |open| Some(&open.id) == id.as_ref())
        {
            self.calls.held = true;
            let reason = params.and_then(|params| params.text("reason"));
            self.outputs.push(Output::Withdrawn(id, reason));
        }
    }

    /// Why a request of the server is not for this client. Inside a result, only what a
    /// capability is for may be asked.
    pub(super) fn refusal(
        &mut self,
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
        let (code, text) = match self.config.capabilities.present(capability) {
            None => (code::METHOD_NOT_FOUND, "this client does not handle it"),
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
                    self.outputs.push(Output::fault(&["an elicitation was refused: ", text]));
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
}
