//! What is learnt of tools where they are listed, and when it holds no more.
//!
//! That is decided here alone. The machine itself wants to know which tools run as tasks only; what they
//! are called, and what their results look like, a driver keeps that has use for it ([`Output::Tools`]).
//! Only what calls repeat in headers is read elsewhere, by `crate::http::params`: page by page before the
//! client sees it, since it takes tools away that cannot be called, and where a worker holds the
//! connection there is no client beside it.

use crate::jsonrpc::Payload;
use crate::text::take_where;
use crate::types::method;

use super::capabilities::opts_in;
use super::output::Output;
use super::requests::RequestId;
use super::wire::Wire;

#[derive(Debug)]
pub(super) struct KnownTools {
    /// Those that are known to run as tasks only.
    as_tasks: Vec<String>,
    /// What was asked for before that request was for another.
    since: RequestId,
    /// Whether a driver has been told of any.
    told: bool,
}

impl KnownTools {
    pub fn new() -> Self {
        Self { as_tasks: Vec::new(), since: RequestId::FIRST, told: false }
    }

    /// Tools have been listed, as the call that began with that id asked for.
    #[inline(never)]
    pub fn learn<P: Payload>(&mut self, wire: &mut Wire<P>, first: RequestId, list: &P) {
        if first < self.since {
            return;
        }
        if opts_in(&wire.config.capabilities) {
            self.as_tasks.clear();
            for tool in &list.get("tools").and_then(|tools| tools.elements()).unwrap_or_default() {
                let execution = tool.get("execution");
                if execution.is_some_and(|execution| execution.says("taskSupport", "required"))
                    && let Some(name) = tool.text("name")
                {
                    self.as_tasks.push(name);
                }
            }
        }
        self.told = true;
        wire.push(Output::Tools(Some(list.clone())));
    }

    /// What is known may be true no more.
    #[inline(never)]
    pub fn forget<P: Payload>(&mut self, wire: &mut Wire<P>) {
        self.as_tasks.clear();
        if std::mem::take(&mut self.told) {
            wire.push(Output::Tools(None));
        }
    }

    /// Requests are sent for another than before, from that one on; without one, the next is the first.
    pub fn identified<P: Payload>(&mut self, wire: &mut Wire<P>, id: Option<RequestId>) {
        self.since = id.unwrap_or(wire.requests.upcoming());
        self.forget(wire);
    }

    /// News from the server.
    pub fn outdate<P: Payload>(&mut self, wire: &mut Wire<P>, notification: &str) {
        if notification == method::TOOLS_CHANGED {
            self.forget(wire);
        }
    }

    /// Whether a tool is known to run as a task only.
    pub fn is_task(&self, name: &String) -> bool {
        self.as_tasks.contains(name)
    }

    /// A tool has turned out to run as a task only. False if that was known, and so it is not there in
    /// either way.
    pub fn found_task(&mut self, name: String) -> bool {
        if take_where(&mut self.as_tasks, |own| *own == name).is_some() {
            return false;
        }
        self.as_tasks.push(name);
        true
    }
}
