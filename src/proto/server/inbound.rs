//! What the peer sends: requests sorted by era, checked, and answered or handed up.

use super::{
    ECHO, Event, InFlight, Operation, Phase, Request, RequestContext, ServerMachine, clip,
    envelope::{Envelope, bad_params, fits, missing, read_level, unsupported},
};
use crate::{
    jsonrpc::{Id, Kind, Malformed, Message, Payload, RpcError, code},
    proto::version::{Era, Version},
    types::{Level, meta, method},
};

/// The close code for a peer that sends one malformed message after the other.
const CLOSE_BAD_DATA: u16 = 1007;
/// How long a refused peer should wait when too many of its requests are in flight.
const RETRY_AFTER: f64 = 1000.0;

/// How the request at hand is to be served.
struct Served {
    version: Version,
    token: Option<Id>,
    level: Option<Level>,
}

impl<P: Payload> ServerMachine<P> {
    /// Whether to go on reading. A peer that sends without reading its answers is made to wait,
    /// so that the answers do not pile up here.
    pub fn accepts_input(&self) -> bool {
        self.close.is_none() && self.queue.len() < self.limits.queue.saturating_mul(4)
    }

    /// Takes in a parsed frame.
    pub fn receive(&mut self, value: &P) {
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
            // This server asks nothing of its clients, so it waits for no answer.
            Message::Response { .. } => {}
        }
    }

    /// Takes in a frame that was not JSON.
    pub fn receive_garbage(&mut self) {
        if !self.is_over() {
            self.refuse(None, RpcError::new(code::PARSE_ERROR, "not JSON"));
            self.count_malformed();
        }
    }

    fn is_over(&self) -> bool {
        self.closed || self.close.is_some()
    }

    fn receive_malformed(&mut self, malformed: Malformed) {
        // A broken answer gets none: its id is one of ours, and would hit a request of the peer's.
        if !malformed.is_response {
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
        let served = match envelope.claim {
            Some(claim) => {
                if self.phase == Phase::Opening && name != method::DISCOVER {
                    self.phase = Phase::Modern;
                }
                Served { version: claim.version, token: envelope.token, level: claim.level }
            }
            None => match self.legacy_request(id, name, params.as_ref())? {
                None => return Ok(()),
                Some(version) => Served { version, token: envelope.token, level: None },
            },
        };
        match name {
            method::LIST_TOOLS => {
                let cursor = match params.and_then(|params| params.get("cursor")) {
                    None => None,
                    Some(cursor) => Some(
                        cursor
                            .as_text()
                            .ok_or_else(|| bad_params(&["`cursor` is not a string"]))?,
                    ),
                };
                self.hand_up(id, served, Operation::ListTools { cursor })
            }
            method::CALL_TOOL => {
                let params = params.unwrap_or_else(P::object);
                let name = params
                    .get("name")
                    .and_then(|name| name.as_text())
                    .ok_or_else(|| bad_params(&["`name` of the tool is not a string"]))?;
                let arguments = params.get("arguments");
                if arguments.as_ref().is_some_and(|value| value.kind() != Kind::Object) {
                    return Err(bad_params(&["`arguments` is not an object"]));
                }
                self.hand_up(id, served, Operation::CallTool { name, arguments })
            }
            method::DISCOVER if !served.version.has_session_methods() => {
                let result = self.discovery();
                self.answer(id, served.version, result, true);
                Ok(())
            }
            method::SET_LEVEL if served.version.has_session_methods() => {
                let level = params.and_then(|params| params.get("level"));
                self.session_level = level
                    .and_then(|level| read_level(&level))
                    .ok_or_else(|| bad_params(&["`level` is not a log level"]))?;
                self.answer(id, served.version, P::object(), false);
                Ok(())
            }
            _ => Err(no_such_method(name)),
        }
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
            (method::INITIALIZE, _) => self.initialize(id, params).map(|()| None),
            (method::PING, _) => {
                self.answer(id, Version::LATEST_LEGACY, P::object(), false);
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

    fn initialize(&mut self, id: &Id, params: Option<&P>) -> Result<(), RpcError<P>> {
        let asked = params
            .and_then(|params| params.get("protocolVersion"))
            .and_then(|version| version.as_text())
            .ok_or_else(|| bad_params(&["`protocolVersion` is not a string"]))?;
        let version = Version::parse(&asked)
            .filter(|version| version.era() == Era::Legacy)
            .unwrap_or(Version::LATEST_LEGACY);
        self.phase = Phase::Legacy(Some(version));
        let mut result = P::object();
        result.set("protocolVersion", P::string(version.as_str()));
        result.set("capabilities", capabilities());
        result.set("serverInfo", self.profile.info.to_payload());
        self.add_instructions(&mut result);
        self.answer(id, version, result, false);
        Ok(())
    }

    fn discovery(&self) -> P {
        let versions = Version::of(Era::Modern).map(|version| P::string(version.as_str()));
        let mut result = P::object();
        result.set("supportedVersions", P::array(versions.collect()));
        result.set("capabilities", capabilities());
        self.add_instructions(&mut result);
        result
    }

    fn add_instructions(&self, result: &mut P) {
        if let Some(text) = &self.profile.instructions {
            result.set("instructions", P::string(text));
        }
    }

    fn hand_up(
        &mut self,
        id: &Id,
        served: Served,
        operation: Operation<P>,
    ) -> Result<(), RpcError<P>> {
        if self.requests.len() >= self.limits.requests {
            let mut data = P::object();
            data.set("retryAfterMs", P::number(RETRY_AFTER));
            let message = "too many requests in flight".to_owned();
            return Err(RpcError { code: code::TOO_MANY_REQUESTS, message, data: Some(data) });
        }
        let Served { version, token, level } = served;
        let key = self.take_id(id);
        self.requests.insert(
            key,
            InFlight {
                id: id.clone(),
                token: token.clone(),
                version,
                level,
                cacheable: matches!(operation, Operation::ListTools { .. }),
                held: None,
                answered: false,
            },
        );
        let context = RequestContext { id: id.clone(), token, version };
        self.events.push_back(Event::Request(Request { key, context, operation }));
        Ok(())
    }

    fn notification(&mut self, name: &str, params: Option<P>) {
        if name == method::CANCELLED {
            if let Some(params) = params
                && let Some(id) = params.get("requestId").and_then(|id| id.as_id())
            {
                self.cancel(&id, params.get("reason").and_then(|reason| reason.as_text()));
            }
        } else if self.phase == Phase::Opening {
            // Modern clients have no other notification than the one above.
            self.phase = Phase::Legacy(None);
        }
    }

    /// Gives a request up: its handler is told, and nothing more is sent for it, not even what
    /// already waits. Ids that mean nothing are ignored; they come of races.
    fn cancel(&mut self, id: &Id, reason: Option<String>) {
        let Some(key) = self.keys.get(id).copied().filter(|key| self.requests.contains_key(key))
        else {
            return;
        };
        self.keys.remove(id);
        self.queue.retain(|queued| queued.key != Some(key));
        self.held.retain(|held| *held != key);
        if self.requests.remove(&key).is_some_and(|request| !request.answered) {
            self.events.push_back(Event::Cancelled { key, reason });
        }
        self.release_held();
    }
}

fn capabilities<P: Payload>() -> P {
    let mut capabilities = P::object();
    capabilities.set("tools", P::object());
    capabilities.set("logging", P::object());
    capabilities
}

fn no_such_method<P: Payload>(name: &str) -> RpcError<P> {
    RpcError::new(code::METHOD_NOT_FOUND, ["no such method: ", &clip(name, ECHO)].concat())
}
