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

use super::calls::CallTable;
use super::questions::{QUESTIONS, refusal};
use super::requests::RequestId;
use super::wire::Wire;
use crate::text::{owned, sentence};

/// The pause before a leg that nobody had to be asked for, the first time; doubles up to the
/// longest.
const PAUSE: Millis = 250.0;
const LONGEST_PAUSE: Millis = 5_000.0;

impl<P: Payload> CallTable<P> {
    /// What the response to a leg means for its call: it ends, or goes on.
    #[inline(never)]
    pub(super) fn judge(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        outcome: Result<P, Error<P>>,
        now: Millis,
    ) {
        wire.enter();
        self.rest(id);
        let tagged = wire.is(Version::tags_results);
        let Some(call) = self.find(id) else { return };
        let rounds = call.limits.rounds;
        let Some(work) = &call.work else { return self.conclude(wire, id, outcome) };
        if work.task.is_some() {
            return self.judge_task(wire, id, outcome, now);
        }
        match outcome {
            Ok(result) if tagged && result.says("resultType", "input_required") => match rounds {
                Some(_) => self.round(wire, id, &result, now),
                None => self.end(wire, id, Ok(result)),
            },
            Ok(result) => match self.task_in(wire, id, &result) {
                Some(_) if rounds.is_none() => self.end(wire, id, Ok(result)),
                Some(task) => self.become_task(wire, id, &task, now),
                None => self.conclude(wire, id, Ok(result)),
            },
            Err(Error::Rpc(error))
                if error.code == code::URL_ELICITATION_REQUIRED
                    && wire.is(Version::refuses_until_urls_are_opened) =>
            {
                self.open_urls(wire, id, error);
            }
            Err(Error::Rpc(error))
                if error.code == code::METHOD_NOT_FOUND
                    && let Some(params) = self.as_task(id) =>
            {
                self.go_on_by(wire, id, method::CALL_TOOL, params, now);
            }
            Err(error) => self.end(wire, id, Err(error)),
        }
    }

    /// Ends a call with the server's answer. A result that is neither complete nor of another known type
    /// cannot be used.
    #[inline(never)]
    pub(super) fn conclude(
        &mut self,
        wire: &mut Wire<P>,
        id: RequestId,
        outcome: Result<P, Error<P>>,
    ) {
        let outcome = outcome.and_then(|result| {
            if !wire.is_complete(&result) {
                let kind = result.text("resultType").unwrap_or_default();
                let parts = ["the result has the unusable `resultType` ", &kind];
                return Err(Error::Protocol(sentence(&parts)));
            }
            let Some(call) = self.find(id) else { return Ok(result) };
            let first = call.first;
            let Some(pages) = &mut call.pages else { return Ok(result) };
            let (method, list) = (pages.method, pages.put_together(result));
            if method == method::LIST_TOOLS {
                self.tools.learn(wire, first, &list);
            }
            Ok(list)
        });
        self.end(wire, id, outcome);
    }

    /// The server wants something before it answers.
    fn round(&mut self, wire: &mut Wire<P>, id: RequestId, result: &P, now: Millis) {
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
            return self.abandon(wire, id, None, Error::Protocol(owned(text)));
        };
        if let Some(call) = self.find(id) {
            call.token_lives = false;
        }
        let Some(work) = self.count_round(wire, id) else { return };
        work.state = state;
        if requests.is_empty() {
            work.paused = (work.paused * 2.0).clamp(PAUSE, LONGEST_PAUSE);
            let until = now + work.paused;
            self.pause(id, until);
        } else {
            work.paused = 0.0;
            self.ask(wire, id, requests);
        }
    }

    /// 2025-11-25: the user has to open URLs before the call can be made. If nobody can be asked, the
    /// caller gets the error as it came.
    fn open_urls(&mut self, wire: &mut Wire<P>, id: RequestId, error: RpcError<P>) {
        let listed = error.data.as_ref().and_then(|data| data.get("elicitations")?.elements());
        let mut requests = Vec::new();
        let mut can = self.find(id).is_some_and(|call| {
            call.limits.opens_urls && call.limits.rounds.is_some_and(|rounds| rounds > 0)
        });
        for params in listed.unwrap_or_default() {
            can = can
                && params.says("mode", "url")
                && refusal(wire, method::ELICIT, Some(&params), true).is_none();
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
                self.ask(wire, id, requests);
            }
            _ => self.end(wire, id, Err(Error::Rpc(error))),
        }
    }

    /// All answers are there, or the pause is over: the call goes on.
    #[inline(never)]
    pub(super) fn go_on(&mut self, wire: &mut Wire<P>, id: RequestId, now: Millis) {
        wire.enter();
        let inside = !wire.is(Version::asks_by_request);
        let Some(work) = self.worker(id) else { return };
        let mut answers = Vec::new();
        for asked in std::mem::take(&mut work.asked) {
            answers.extend(asked.into_member());
        }
        if work.task.is_some() {
            return self.go_on_with_task(wire, id, answers, now);
        }
        let mut params = work.params.copy();
        if inside {
            // The answers of an earlier leg do not belong to this one.
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
            return self.end(wire, id, Err(error));
        }
        let method = work.method;
        self.go_on_by(wire, id, method, params, now);
    }
}
