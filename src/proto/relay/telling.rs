//! What the server tells, and who hears it.

use super::{Act, FrontId, Relay};
use crate::{
    jsonrpc::Payload,
    proto::server::RequestKey,
    types::{Level, method},
};

impl<P: Payload> Relay<P> {
    /// The server tells something.
    pub(super) fn heard(&mut self, method: &str, params: Option<&P>) {
        match method {
            method::LOG_MESSAGE => self.log(params),
            method::TOOLS_CHANGED | method::PROMPTS_CHANGED | method::RESOURCES_CHANGED => {
                if method == method::TOOLS_CHANGED {
                    self.tools.unlist();
                }
                self.tell_sessions(method, params);
            }
            // Told by other outputs, or only to those that have subscribed.
            method::PROGRESS
            | method::CANCELLED
            | method::RESOURCE_UPDATED
            | method::TASK_CHANGED => {}
            method::TASK_STATUS => self.task_stands(params),
            _ => self.tell_all(method, params),
        }
    }

    /// A legacy server tells of its lists without being asked, and so does the relay.
    pub(super) fn tell_sessions(&mut self, method: &str, params: Option<&P>) {
        if self.back.session().is_some_and(|session| session.version.listens()) {
            return;
        }
        let sessions: Vec<FrontId> =
            self.fronts.iter().filter(|(_, front)| front.begun).map(|(id, _)| *id).collect();
        for front in sessions {
            self.act(front, Act::Notify(None, method.to_owned(), params.cloned()));
        }
    }

    /// What no client has asked for is for all that can hear it: sessions, and calls under way.
    pub(super) fn tell_all(&mut self, method: &str, params: Option<&P>) {
        let all: Vec<(FrontId, bool)> =
            self.fronts.iter().map(|(id, front)| (*id, front.begun)).collect();
        for (front, begun) in all {
            let key = self.calls.under_way(front).next().and_then(|call| call.key);
            if begun || key.is_some() {
                self.act(front, Act::Notify(key, method.to_owned(), params.cloned()));
            }
        }
    }

    /// A log message goes to the clients with calls under way, along with the newest call of each,
    /// since a server does not say which call it is about; if nobody calls anything, to all sessions.
    fn log(&mut self, params: Option<&P>) {
        let level = params.and_then(|params| Level::parse(&params.text("level")?));
        let level = level.unwrap_or(Level::Emergency);
        let wanted = |wanted: Option<Level>| wanted.is_some_and(|wanted| level >= wanted);
        let mut to: Vec<(FrontId, Option<RequestKey>)> = Vec::new();
        let mut is_anybody_calling = false;
        for (id, front) in &self.fronts {
            let mut calls = self.calls.under_way(*id).peekable();
            if calls.peek().is_none() {
                continue;
            }
            is_anybody_calling = true;
            let call = if front.begun {
                // A session hears what its server says of its own accord until it names a level.
                let takes = front.level.is_none_or(|own| level >= own);
                calls.next().filter(|_| takes)
            } else {
                calls.find(|call| wanted(call.level))
            };
            if let Some(call) = call {
                to.push((*id, call.key));
            }
        }
        if !is_anybody_calling {
            for (id, front) in &self.fronts {
                if front.begun && front.level.is_none_or(|own| level >= own) {
                    to.push((*id, None));
                }
            }
        }
        for (front, key) in to {
            self.act(front, Act::Notify(key, method::LOG_MESSAGE.to_owned(), params.cloned()));
        }
    }
}
