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
use crate::proto::version::Version;
use crate::types::method;

use super::Client;
use super::inputs::{Asked, QUESTIONS};
use super::output::{Output, owned, sentence};
use super::tasks::Task;

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
    pub refused: Option<RpcError<P>>,
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
        self.params.present("task").is_some()
    }
}

impl<P: Payload> Client<P> {
    /// What the response to a leg means for its call: it ends, or goes on.
    pub(super) fn judge(&mut self, id: i64, outcome: Result<P, Error<P>>, now: Millis) {
        self.calls.rest(id);
        let tagged = self.phase.version().is_some_and(Version::tags_results);
        let Some(call) = self.calls.find(id) else { return };
        let rounds = call.limits.rounds;
        let Some(work) = &call.work else { return self.conclude(id, outcome, tagged) };
        if work.task.is_some() {
            return self.judge_task(id, outcome, now);
        }
        match outcome {
            Ok(result) if tagged && result.says("resultType", "input_required") => match rounds {
                Some(_) => self.round(id, &result, now),
                None => self.end(id, Ok(result)),
            },
            Ok(result) => match self.task_in(id, &result, tagged) {
                Some(_) if rounds.is_none() => self.end(id, Ok(result)),
                Some(task) => self.become_task(id, &task, tagged, now),
                None => self.conclude(id, Ok(result), tagged),
            },
            Err(Error::Rpc(error)) if error.code == code::URL_ELICITATION_REQUIRED && !tagged => {
                self.open_urls(id, error);
            }
            Err(error) => self.end(id, Err(error)),
        }
    }

    /// Ends a call with what the server answered. A modern result says what it is; one that is
    /// neither absent nor known cannot be used.
    fn conclude(&mut self, id: i64, outcome: Result<P, Error<P>>, tagged: bool) {
        let outcome = outcome.and_then(|result| {
            if !tagged
                || result.present("resultType").is_none()
                || result.says("resultType", "complete")
            {
                return Ok(result);
            }
            let kind = result.text("resultType").unwrap_or_default();
            let parts = ["the result has the unusable `resultType` ", &kind];
            Err(Error::Protocol(sentence(&parts)))
        });
        self.end(id, outcome);
    }

    /// The work of a call that has some.
    pub(super) fn worker(&mut self, id: i64) -> Option<&mut Work<P>> {
        self.calls.find(id)?.work.as_deref_mut()
    }

    /// The server wants something before it answers.
    fn round(&mut self, id: i64, result: &P, now: Millis) {
        let (requests, state) = (result.present("inputRequests"), result.present("requestState"));
        let requests = match requests {
            None => Some(Vec::new()),
            Some(requests) if requests.is_blank() => Some(Vec::new()),
            Some(requests) => requests.entries(),
        };
        let text = state.as_ref().is_none_or(|state| state.kind() == Kind::Text);
        let Some(requests) =
            requests.filter(|requests| text && (state.is_some() || !requests.is_empty()))
        else {
            let text =
                "the server asks for input without a usable `inputRequests` or `requestState`";
            return self.abandon(id, None, Error::Protocol(owned(text)));
        };
        if let Some(call) = self.calls.find(id) {
            call.listens = false;
        }
        let Some(work) = self.count_round(id) else { return };
        work.state = state;
        if requests.is_empty() {
            work.paused = (work.paused * 2.0).clamp(PAUSE, LONGEST_PAUSE);
            let until = now + work.paused;
            self.calls.pause(id, until);
        } else {
            work.paused = 0.0;
            self.ask(id, requests);
        }
    }

    /// Another round; ends the call if that is one too many.
    pub(super) fn count_round(&mut self, id: i64) -> Option<&mut Work<P>> {
        let call = self.calls.find(id)?;
        let work = call.work.as_mut()?;
        work.rounds += 1;
        if call.limits.rounds.is_none_or(|rounds| work.rounds > rounds) {
            let text = "the server asked for input in more rounds than this call allows";
            self.abandon(id, None, Error::Input(owned(text)));
            return None;
        }
        self.worker(id)
    }

    /// 2025-11-25: the user has to open URLs before the call can be made. If nobody can be asked, the
    /// caller gets the error as it came.
    fn open_urls(&mut self, id: i64, error: RpcError<P>) {
        let listed = error.data.as_ref().and_then(|data| data.get("elicitations")?.elements());
        let mut requests = Vec::new();
        let mut can = self.calls.find(id).is_some_and(|call| {
            call.limits.opens_urls && call.limits.rounds.is_some_and(|rounds| rounds > 0)
        });
        for params in listed.unwrap_or_default() {
            can = can
                && params.says("mode", "url")
                && self.refusal(method::ELICIT, Some(&params), true).is_none();
            let key = params.text("elicitationId").unwrap_or_default();
            let mut request = P::object();
            request.set_text("method", method::ELICIT);
            request.set("params", params);
            requests.push((key, request));
        }
        can &= (1..=QUESTIONS).contains(&requests.len());
        match self.worker(id) {
            Some(work) if can && work.refused.is_none() => {
                work.refused = Some(error);
                self.ask(id, requests);
            }
            _ => self.end(id, Err(Error::Rpc(error))),
        }
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
        } else if let Some(error) = &work.refused
            && !answers.iter().all(|(_, answer)| answer.says("action", "accept"))
        {
            let error = Error::Rpc(error.clone());
            return self.end(id, Err(error));
        }
        let method = work.method.clone();
        let leg = self.next_id();
        let params = self.with_meta(params, Some(leg));
        if let Some(slot) = self.calls.begin(id, leg, true, now) {
            self.outputs.push(Output::Leg(slot, leg));
            self.send_request(leg, &method, params);
        }
    }
}
