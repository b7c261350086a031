//! What every part of the machine needs to speak to the server: ids, the members that each request
//! carries, the revision, and the outputs.

use crate::jsonrpc::{Id, Message, Payload, RpcError, with_meta, write_call};
use crate::proto::version::Version;
use crate::text::owned;
use crate::types::{meta, method};

use super::output::{ClientConfig, Negotiated, Output, Outputs};
use super::requests::{Purpose, RequestId, Requests};

#[derive(Debug)]
pub(super) struct Wire<P> {
    pub config: ClientConfig<P>,
    pub requests: Requests,
    pub outputs: Outputs<P>,
    /// The revision that both sides speak, while connected.
    pub version: Option<Version>,
    /// Whether tool calls may ask to become tasks.
    pub takes_tasks: bool,
    /// Whether the dialogue is loaded.
    pub whole: bool,
    /// What every request of this connection carries in `_meta`.
    envelope: P,
}

impl<P: Payload> Wire<P> {
    pub fn new(config: ClientConfig<P>) -> Self {
        Self {
            config,
            requests: Requests::new(),
            outputs: Outputs::new(),
            version: None,
            takes_tasks: false,
            whole: true,
            envelope: P::object(),
        }
    }

    /// Sets the revision that both sides speak from now on.
    pub fn speak(&mut self, session: &Negotiated<P>) {
        self.version = Some(session.version);
        // A server of the legacy era has to know them, and one of the modern era decides by itself.
        let path = ["tasks", "requests", "tools"];
        let tools = session.capabilities.as_ref().and_then(|all| all.at(&path));
        let known = tools.is_some_and(|all| all.present("call").is_some());
        self.takes_tasks = known && !session.version.has_task_extension();
    }

    /// Whether the connection is open, with a revision that passes.
    pub fn is(&self, such: fn(Version) -> bool) -> bool {
        self.version.is_some_and(such)
    }

    /// What is loaded late is entered: never before it is there.
    #[inline]
    pub fn enter(&self) {
        debug_assert!(self.whole, "a part of the machine is used that is not loaded");
    }

    #[inline(never)]
    pub fn push(&mut self, output: Output<P>) {
        self.outputs.push(output);
    }

    pub fn fault(&mut self, parts: &[&str]) {
        self.push(Output::fault(parts));
    }

    pub fn send(&mut self, message: P) {
        self.push(Output::Send(message, None));
    }

    /// Sends a notification.
    #[inline(never)]
    pub fn tell(&mut self, method: &str, params: P) {
        self.send(write_call(None, method, Some(params)));
    }

    /// Answers a request of the server.
    #[inline(never)]
    pub fn answer(&mut self, id: Id, outcome: Result<P, RpcError<P>>) {
        self.send(Message::Response { id: Some(id), outcome }.write());
    }

    /// Answers a request of the server with an error.
    #[inline(never)]
    pub fn refuse(&mut self, id: Id, code: i64, text: &str) {
        self.answer(id, Err(RpcError::new(code, owned(text))));
    }

    /// Sends a request as it is.
    #[inline(never)]
    pub fn post(&mut self, id: RequestId, purpose: Purpose, method: &str, params: P) {
        self.requests.expect(id, purpose);
        let request = write_call(Some(&Id::Integer(id.get())), method, Some(params));
        self.push(Output::Send(request, Some(id)));
    }

    /// Sends a request that carries what all do.
    #[inline(never)]
    pub fn request(&mut self, id: RequestId, purpose: Purpose, method: &str, params: P) {
        let params = with_meta(params, &self.envelope, None);
        self.post(id, purpose, method, params);
    }

    /// The same, with its id as its progress token, for a call of that token.
    #[inline(never)]
    pub fn leg(&mut self, id: RequestId, method: &str, params: P) {
        self.requests.expect(id, Purpose::Call(id));
        let request = P::ask(id.get(), method, params, &self.envelope);
        self.push(Output::Send(request, Some(id)));
    }

    /// Whether a result is of the expected type; a modern one names its type.
    #[inline(never)]
    pub fn is_complete(&self, result: &P) -> bool {
        let other = |kind: P| kind.as_text().as_deref() != Some("complete");
        !self.is(Version::tags_results) || !result.present("resultType").is_some_and(other)
    }

    /// Gives up a task; nobody waits for the answer.
    pub fn cancel_task(&mut self, task: P) {
        let id = self.requests.next();
        let mut params = P::object();
        params.set("taskId", task);
        self.request(id, Purpose::Call(id), method::CANCEL_TASK, params);
        self.requests.forget(id);
    }

    /// What each request carries in the given revision.
    pub fn set_envelope(&mut self, version: Version) {
        self.envelope = P::object();
        if version.carries_envelope() {
            self.envelope.set_text(meta::PROTOCOL_VERSION, version.as_str());
            self.envelope.set(meta::CLIENT_INFO, self.config.info.to_payload());
            self.envelope.set(meta::CLIENT_CAPABILITIES, self.config.capabilities.clone());
            if let Some(level) = &self.config.log_level {
                self.envelope.set_text(meta::LOG_LEVEL, level.as_str());
            }
        }
    }
}

/// Whether the server tells of changes without a stream that was asked for.
pub(super) fn tells_unasked<P: Payload>(wire: &Wire<P>) -> bool {
    wire.version.is_some_and(|version| !version.listens())
}
