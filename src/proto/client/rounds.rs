//! Calls of several legs: the server answers with `input_required`, the client gathers what is
//! asked for and sends the same request again, with the answers
//! (<https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr>).
//!
//! To its user that is one call: one slot, one promise, one handler of progress. Each leg has an
//! id and a token of its own; what the server wants back unread, `requestState`, is neither parsed
//! nor kept for longer than one leg.

use crate::error::Error;
use crate::jsonrpc::{Kind, Payload, RpcError, code};
use crate::proto::Millis;
use crate::types::method;

use super::inputs::Asked;
use super::output::{Output, owned, sentence};
use super::tasks::Task;
use super::{CallLimits, Client};

/// The pause before a leg that nobody had to be asked for, the first time; doubles up to the
/// longest.
const PAUSE: Millis = 250.0;
const LONGEST_PAUSE: Millis = 5_000.0;

/// The methods that may take several legs.
const METHODS: [&str; 3] = [method::CALL_TOOL, method::GET_PROMPT, method::READ_RESOURCE];

/// What further legs of a call need.
#[derive(Debug)]
pub(super) struct Work<P> {
    method: String,
    params: P,
    /// How often the server has asked for input.
    rounds: u32,
    /// How long the latest pause was.
    paused: Millis,
    /// What the server wants back with the next leg.
    state: Option<P>,
    /// What was asked in this round, and the answers so far.
    pub asked: Vec<Asked<P>>,
    /// The error that asked the user to open URLs; the call ends with it if the user will not.
    /// Comes once.
    refused: Option<RpcError<P>>,
    /// What the call has become on the server, if it did.
    pub task: Option<Task<P>>,
}

impl<P: Payload> Work<P> {
    pub fn new(method: &str, params: &P) -> Option<Box<Self>> {
        METHODS.contains(&method).then(|| {
            Box::new(Self {
                method: owned(method),
                params: params.clone(),
                rounds: 0,
                paused: 0.0,
                state: None,
                asked: Vec::new(),
                refused: None,
                task: None,
            })
        })
    }

    pub fn runs_tool(&self) -> bool {
        self.method == method::CALL_TOOL
    }

    /// Whether the request asked to become a task.
    pub fn asked_for_task(&self) -> bool {
        self.params.get("task").is_some()
    }
}

/// How a leg ends: with the call's outcome, or not yet.
pub(super) type Leg<P> = Option<Result<P, Error<P>>>;

impl<P: Payload> Client<P> {
    /// What the response to a leg means for its call.
    pub(super) fn judge(&mut self, id: i64, outcome: Result<P, Error<P>>, now: Millis) -> Leg<P> {
        let tagged = self.session().is_some_and(|session| session.version.tags_results());
        let (limits, work) = self.work(id)?;
        let Some(work) = work else {
            return Some(outcome.and_then(|result| whole(result, tagged)));
        };
        if work.task.is_some() {
            return self.judge_task(id, outcome, now);
        }
        let result = match outcome {
            Ok(result) => result,
            Err(Error::Rpc(error)) if error.code == code::URL_ELICITATION_REQUIRED && !tagged => {
                return self.open_urls(id, error);
            }
            Err(error) => return Some(Err(error)),
        };
        if let Some(ended) = self.become_task(id, &result, tagged, now) {
            return ended;
        }
        let asks = tagged && kind_of(&result).as_deref() == Some("input_required");
        match limits.rounds {
            Some(_) if asks => self.round(id, &result, now),
            None if asks => Some(Ok(result)),
            _ => Some(whole(result, tagged)),
        }
    }

    /// The limits of a call, and its further legs.
    pub(super) fn work(&mut self, id: i64) -> Option<(CallLimits, Option<&mut Work<P>>)> {
        self.calls.find(id).map(|call| (call.limits, call.work.as_deref_mut()))
    }

    /// The work of a call that has some.
    pub(super) fn worker(&mut self, id: i64) -> Option<&mut Work<P>> {
        self.work(id)?.1
    }

    /// The server wants something before it answers.
    fn round(&mut self, id: i64, result: &P, now: Millis) -> Leg<P> {
        let present = |key| result.get(key).filter(|value: &P| value.kind() != Kind::Null);
        let (requests, state) = (present("inputRequests"), present("requestState"));
        let requests = match requests {
            None => Some(Vec::new()),
            Some(requests) => requests.entries(),
        };
        let Some(requests) = requests
            .filter(|requests| state.is_some() || !requests.is_empty())
            .filter(|_| state.as_ref().is_none_or(|state| state.kind() == Kind::Text))
        else {
            return failed(
                "the server asks for input without a usable `inputRequests` or `requestState`",
            );
        };
        if let Some(ended) = self.count_round(id) {
            return Some(ended);
        }
        let work = self.worker(id)?;
        work.state = state;
        if requests.is_empty() {
            let pause = (work.paused * 2.0).clamp(PAUSE, LONGEST_PAUSE);
            work.paused = pause;
            self.deafen(id);
            self.calls.pause(id, now + pause);
            return None;
        }
        work.paused = 0.0;
        let ended = self.ask(id, requests);
        if ended.is_none() {
            self.deafen(id);
        }
        ended
    }

    /// Another round; ends the call if that is one too many.
    pub(super) fn count_round(&mut self, id: i64) -> Leg<P> {
        let (limits, work) = self.work(id)?;
        let work = work?;
        work.rounds += 1;
        limits.rounds.is_none_or(|rounds| work.rounds > rounds).then(|| {
            Err(Error::Input(owned(
                "the server asked for input in more rounds than this call allows",
            )))
        })
    }

    /// The leg is over, and with it its token.
    pub(super) fn deafen(&mut self, id: i64) {
        self.calls.rest(id);
        if let Some(call) = self.calls.find(id) {
            call.listens = false;
        }
    }

    /// 2025-11-25: the user has to open URLs before the call can be made.
    fn open_urls(&mut self, id: i64, error: RpcError<P>) -> Leg<P> {
        let listed = error.data.as_ref().and_then(|data| data.get("elicitations")?.elements());
        let Some(listed) = listed.filter(|listed| !listed.is_empty()) else {
            return Some(Err(Error::Rpc(error)));
        };
        let work = self.worker(id)?;
        if work.refused.is_some() {
            return Some(Err(Error::Rpc(error)));
        }
        work.refused = Some(error.clone());
        let requests = listed.into_iter().map(|params| {
            let mut request = P::object();
            request.set_text("method", method::ELICIT);
            request.set("params", params);
            (String::new(), request)
        });
        let ended = self.ask(id, requests.collect());
        if ended.is_some() {
            return Some(Err(Error::Rpc(error)));
        }
        self.deafen(id);
        None
    }

    /// All answers are there, or the pause is over: the call goes on.
    pub(super) fn go_on(&mut self, id: i64, now: Millis) {
        let modern = self.is_modern();
        let Some(work) = self.worker(id) else { return };
        let mut answers = Vec::new();
        for asked in std::mem::take(&mut work.asked) {
            answers.extend(asked.into_member());
        }
        if work.task.is_some() {
            return self.go_on_with_task(id, answers, now);
        }
        let mut params = P::object();
        params.assign(&work.params);
        if modern {
            // What an earlier leg brought along is no business of this one.
            params.remove("inputResponses");
            params.remove("requestState");
            if !answers.is_empty() {
                params.set("inputResponses", P::from_members(answers));
            }
            if let Some(state) = work.state.take() {
                params.set("requestState", state);
            }
        } else if let Some(error) = &work.refused {
            let accepted =
                |(_, answer): &(String, P)| answer.text("action").as_deref() == Some("accept");
            if !answers.iter().all(accepted) {
                let error = Error::Rpc(error.clone());
                return self.abandon(id, None, error);
            }
        }
        let method = work.method.clone();
        let leg = self.next_id();
        let params = self.with_meta(params, Some(leg));
        self.calls.begin(id, leg, true, now);
        if let Some(call) = self.calls.find(leg) {
            let slot = call.slot;
            self.outputs.push(Output::Leg(slot, leg));
        }
        self.send_request(leg, &method, params);
    }
}

/// A modern result says what it is; one that is neither absent nor known cannot be used.
fn whole<P: Payload>(result: P, tagged: bool) -> Result<P, Error<P>> {
    match result.get("resultType").filter(|_| tagged).map(|kind| kind.as_text()) {
        None => Ok(result),
        Some(Some(kind)) if kind == "complete" => Ok(result),
        Some(kind) => Err(Error::Protocol(sentence(&[
            "the result has the unusable `resultType` ",
            &kind.unwrap_or_default(),
        ]))),
    }
}

/// What a result says it is.
pub(super) fn kind_of<P: Payload>(result: &P) -> Option<String> {
    result.text("resultType")
}

pub(super) fn failed<P>(text: &str) -> Leg<P> {
    Some(Err(Error::Protocol(owned(text))))
}
