//! What the peer sends: requests sorted by era, checked, and answered or handed up.

use super::{
    CacheScope, Event, InFlight, Inputs, Operation, Phase, Request, RequestContext, ServerMachine,
    busy,
    envelope::{Envelope, SenderClaim, bad_params, fits, missing, read_level, unsupported},
    operation::no_such_method,
};
use crate::{
    jsonrpc::{Id, Kind, Malformed, Message, Payload, RpcError, code},
    proto::version::Version,
    types::{ClientCapabilities, Icon, Level, meta, method},
};

/// The close code for a peer that sends one malformed message after the other.
const CLOSE_BAD_DATA: u16 = 1007;

/// How the request at hand is to be served.
pub(super) struct Terms {
    pub(super) version: Version,
    pub(super) token: Option<Id>,
    pub(super) level: Option<Level>,
    pub(super) capabilities: ClientCapabilities,
}

impl<P: Payload> ServerMachine<P> {
    /// Whether to go on reading. A peer that sends without reading its answers is made to wait,
    /// so that the answers do not pile up here.
    pub fn accepts_input(&self) -> bool {
        self.close.is_none() && self.queue.len() < self.limits.queue.saturating_mul(4)
    }

    /// Takes in a parsed frame.
    pub fn receive(&mut self, value: &P) {
        if value.kind() == Kind::Array && self.takes_batch(value) {
            // One by one: a list of them would take a multiple of their memory.
            value.each_element(&mut |message| {
                self.receive_one(&message);
                true
            });
        } else {
            self.receive_one(value);
        }
    }

    /// Whether several messages may come as one. Requests of the modern era never do.
    fn takes_batch(&self, batch: &P) -> bool {
        let is_session =
            matches!(self.phase, Phase::Legacy(Some(version)) if version.has_batches());
        if !is_session || batch.exceeds(self.limits.requests) {
            return false;
        }
        let (mut is_empty, mut is_legacy) = (true, true);
        batch.each_element(&mut |value| {
            is_empty = false;
            let meta = value.get("params").and_then(|params| params.get(meta::META));
            is_legacy = meta.is_none_or(|meta| meta.get(meta::PROTOCOL_VERSION).is_none());
            is_legacy
        });
        is_legacy && !is_empty
    }

    fn receive_one(&mut self, value: &P) {
        if self.is_over() {
            return;
        }
        let message = match Message::read(value) {
            Ok(message) => message,
            Err(malformed) => return self.receive_malformed(malformed),
        };
        self.malformed = 0;
        match message {
            Message::Request { id, method, params } => {
                if !fits(&id, &self.limits) {
                    let text = "`id` is too long";
                    self.refuse(None, RpcError::new(code::INVALID_REQUEST, text));
                } else if self.keys.contains_key(&id) {
                    let text = "a request with this id is in flight";
                    self.refuse(Some(id), RpcError::new(code::INVALID_REQUEST, text));
                } else if let Err(error) = self.request(&id, &method, params) {
                    self.refuse(Some(id), error);
                }
            }
            Message::Notification { method, params } => self.notification(&method, params),
            Message::Response { id, outcome } => self.answered(id.as_ref(), outcome),
        }
    }

    /// Takes in a frame that was not JSON.
    pub fn receive_garbage(&mut self) {
        self.receive_unreadable("not JSON", None);
    }

    /// Takes in a frame that cannot be read, for this reason. `id`: of the request that it was meant
    /// to be, if that could be found.
    pub fn receive_unreadable(&mut self, why: &str, id: Option<Id>) {
        if !self.is_over() {
            let id = id.filter(|id| fits(id, &self.limits));
            self.refuse(id, RpcError::new(code::PARSE_ERROR, why));
            self.count_malformed();
        }
    }

    fn is_over(&self) -> bool {
        self.closed || self.close.is_some()
    }

    fn receive_malformed(&mut self, malformed: Malformed) {
        if malformed.is_response {
            // It gets no answer: its id is one of ours, and would hit a request of the peer's.
            let error = RpcError::new(code::INTERNAL_ERROR, malformed.reason);
            self.answered(malformed.id.as_ref(), Err(error));
        } else {
            let id = malformed.id.filter(|id| fits(id, &self.limits));
            self.refuse(id, RpcError::new(code::INVALID_REQUEST, malformed.reason));
        }
        self.count_malformed();
    }

    fn count_malformed(&mut self) {
        self.malformed += 1;
        if self.malformed >= self.limits.malformed {
            self.close.get_or_insert((CLOSE_BAD_DATA, "too many malformed messages"));
        }
    }

    fn request(&mut self, id: &Id, name: &str, params: Option<P>) -> Result<(), RpcError<P>> {
        let envelope = Envelope::read(params.as_ref(), &self.limits)?;
        let token = envelope.token;
        let terms = match envelope.claim {
            Some(SenderClaim { version, level, capabilities }) => {
                if self.phase == Phase::Opening && name != method::DISCOVER {
                    self.phase = Phase::Modern;
                }
                Terms { version, token, level, capabilities }
            }
            None => match self.legacy_request(id, name, params.as_ref())? {
                None => return Ok(()),
                Some(version) => {
                    let capabilities = self.session_capabilities;
                    Terms { version, token, level: None, capabilities }
                }
            },
        };
        #[cfg(not(target_arch = "wasm32"))]
        if self.relays {
            return self.relay_request(id, name, terms, params);
        }
        let version = terms.version;
        if !self.profile.features.serve(version, name) {
            return Err(no_such_method(name));
        }
        let params = params.unwrap_or_else(P::object);
        match name {
            method::DISCOVER => {
                let result = self.discovery();
                self.answer(id, version, result, CacheScope::Public);
            }
            method::SET_LEVEL => {
                self.session_level = params
                    .get("level")
                    .and_then(|level| read_level(&level))
                    .ok_or_else(|| bad_params(&["`level` is not a log level"]))?;
                self.answer(id, version, P::object(), CacheScope::Never);
            }
            method::UNSUBSCRIBE => {
                self.unsubscribe(&params)?;
                self.answer(id, version, P::object(), CacheScope::Never);
            }
            method::LISTEN => self.listen(id, version, &params)?,
            _ => {
                let operation = Operation::read(name, &params)?;
                if let Operation::Subscribe { uri } = &operation {
                    self.check_subscribe(uri)?;
                }
                if let Operation::ReadResource { uri } = &operation
                    && uri.len() > self.limits.uri
                {
                    return Err(bad_params(&["`uri` is too long"]));
                }
                let may_ask = operation.may_ask() && !version.asks_by_request();
                let inputs =
                    if may_ask { Inputs::read(&params, &self.limits)? } else { Inputs::NONE };
                self.hand_up(id, terms, operation, inputs)?;
            }
        }
        Ok(())
    }

    /// Serves the start of a legacy session, and finds the revision of a later request of it.
    /// `None`: the request has been answered.
    fn legacy_request(
        &mut self,
        id: &Id,
        name: &str,
        params: Option<&P>,
    ) -> Result<Option<Version>, RpcError<P>> {
        match self.phase {
            Phase::Modern if name == method::INITIALIZE => {
                let asked = params.and_then(|params| params.get("protocolVersion"));
                let asked = asked.and_then(|asked| asked.as_text());
                return Err(unsupported(asked.as_deref()));
            }
            Phase::Modern => return Err(missing(meta::PROTOCOL_VERSION)),
            // The probe of a client that forgot its envelope settles nothing.
            Phase::Opening if name == method::DISCOVER => {
                return Err(missing(meta::PROTOCOL_VERSION));
            }
            Phase::Opening => self.phase = Phase::Legacy(None),
            Phase::Legacy(_) => {}
        }
        match (name, self.phase) {
            (method::INITIALIZE, _) => self.initialize(id, params),
            (method::PING, _) => {
                self.answer(id, Version::LATEST_LEGACY, P::object(), CacheScope::Never);
                Ok(None)
            }
            (_, Phase::Legacy(Some(version))) => Ok(Some(version)),
            _ => Err(bad_params(&[
                "send `initialize` first, or name the protocol version in `_meta` as `",
                meta::PROTOCOL_VERSION,
                "`",
            ])),
        }
    }

    /// Settles what a session is like, and answers; or says by what revision somebody else is to.
    fn initialize(&mut self, id: &Id, params: Option<&P>) -> Result<Option<Version>, RpcError<P>> {
        let asked = params
            .and_then(|params| params.get("protocolVersion"))
            .and_then(|version| version.as_text())
            .ok_or_else(|| bad_params(&["`protocolVersion` is not a string"]))?;
        let version = Version::parse(&asked)
            .filter(|version| version.is_initialized())
            .unwrap_or(Version::LATEST_LEGACY);
        self.phase = Phase::Legacy(Some(version));
        let declared = params.and_then(|params| params.get("capabilities"));
        let declared = declared.map(|declared| ClientCapabilities::read(&declared));
        self.session_capabilities =
            declared.unwrap_or_default().filter(|one| version.asks_for(one));
        #[cfg(not(target_arch = "wasm32"))]
        if self.relays {
            return Ok(Some(version));
        }
        let mut result = P::object();
        result.set("protocolVersion", P::string(version.as_str()));
        result.set("capabilities", self.profile.features.declare());
        result.set("serverInfo", self.about());
        self.add_instructions(&mut result);
        self.answer(id, version, result, CacheScope::Never);
        self.watch_session();
        Ok(None)
    }

    fn discovery(&self) -> P {
        let versions = Version::named_by_requests().map(|version| P::string(version.as_str()));
        let mut result = P::object();
        result.set("supportedVersions", P::array(versions.collect()));
        result.set("capabilities", self.profile.features.declare());
        self.add_instructions(&mut result);
        result
    }

    fn add_instructions(&self, result: &mut P) {
        if let Some(text) = &self.profile.instructions {
            result.set("instructions", P::string(text));
        }
    }

    /// The server's name, version and pictures.
    pub(super) fn about(&self) -> P {
        let mut about: P = self.profile.info.to_payload();
        if !self.profile.icons.is_empty() {
            about.set("icons", P::array(self.profile.icons.iter().map(Icon::to_payload).collect()));
        }
        about
    }

    fn hand_up(
        &mut self,
        id: &Id,
        terms: Terms,
        operation: Operation<P>,
        inputs: Inputs<P>,
    ) -> Result<(), RpcError<P>> {
        if self.requests.len() >= self.limits.requests {
            return Err(busy("too many requests in flight"));
        }
        let Terms { version, token, level, capabilities } = terms;
        let key = self.take_id(id);
        let subscribes = match &operation {
            Operation::Subscribe { uri } => Some(uri.clone()),
            _ => None,
        };
        self.requests.insert(
            key,
            InFlight {
                id: id.clone(),
                token: token.clone(),
                version,
                level,
                cache: operation.cache(),
                subscribes,
                held: None,
                answered: false,
            },
        );
        let context = RequestContext { id: id.clone(), token, version, capabilities };
        self.events.push_back(Event::Request(Request { key, context, operation, inputs }));
        Ok(())
    }

    fn notification(&mut self, name: &str, params: Option<P>) {
        if name == method::CANCELLED {
            if let Some(params) = params
                && let Some(id) = params.get("requestId").and_then(|id| id.as_id())
            {
                self.cancel(&id, params.get("reason").and_then(|reason| reason.as_text()));
            }
            return;
        }
        if self.phase == Phase::Opening {
            // Modern clients have no other notification than the one above.
            self.phase = Phase::Legacy(None);
        }
        #[cfg(not(target_arch = "wasm32"))]
        if self.relays && name != method::INITIALIZED {
            self.events.push_back(Event::Notified { method: name.to_owned(), params });
        }
    }

    /// Gives a request up: its handler is told, and nothing more is sent for it, not even what
    /// already waits. Ids that mean nothing are ignored; they come of races.
    fn cancel(&mut self, id: &Id, reason: Option<String>) {
        let Some(key) = self.keys.get(id).copied() else {
            return;
        };
        let request = self.requests.remove(&key);
        // What was answered at once, or refused, is on its way.
        if request.is_none() && !self.stop_listening(key) {
            return;
        }
        self.keys.remove(id);
        self.withdraw_all(key, None);
        self.queue.retain(|queued| queued.key != Some(key));
        self.held.retain(|held| *held != key);
        if request.is_some_and(|request| !request.answered) {
            self.events.push_back(Event::Cancelled { key, reason });
        }
        self.release_held();
    }
}
