//! What a client and the server learn of each other at the start, and how loud the server is to be.

use super::{FrontId, Relay};
use crate::{
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::{
        Millis,
        client::{ClientConfig, Mode},
        server::{Relayed, RequestKey},
        version::Version,
    },
    types::{Capability, Implementation, Level, meta, method},
};

/// A client, as far as it has introduced itself.
#[derive(Debug)]
pub(super) struct Front<P> {
    /// The revision of its session, if it has one (legacy).
    pub version: Option<Version>,
    /// Its name and version, as it wrote them.
    pub info: Option<P>,
    /// What it can do, as it wrote that.
    pub capabilities: Option<P>,
    /// The log messages that its session wants, once it has said so.
    pub level: Option<Level>,
    /// Whether its session has begun.
    pub begun: bool,
}

impl<P> Default for Front<P> {
    fn default() -> Self {
        Self { version: None, info: None, capabilities: None, level: None, begun: false }
    }
}

impl<P: Payload> Front<P> {
    /// Notes what a request says about its client.
    pub fn meet(&mut self, request: &Relayed<P>) {
        let params = request.params.as_ref();
        let from = if request.method == method::INITIALIZE {
            self.version = Some(request.context.version);
            params.cloned()
        } else if self.capabilities.is_none() {
            params.and_then(|params| params.get(meta::META))
        } else {
            None
        };
        let Some(from) = from else { return };
        let (info, capabilities) = match self.version {
            Some(_) => ("clientInfo", "capabilities"),
            None => (meta::CLIENT_INFO, meta::CLIENT_CAPABILITIES),
        };
        self.info = from.given(info);
        self.capabilities = from.given(capabilities);
    }
}

impl<P: Payload> Relay<P> {
    /// As whom the server of a single client is greeted, and what that can do.
    pub(super) fn introduction(&self) -> (Implementation, P) {
        let front = self.fronts.values().next();
        let info = front.and_then(|front| {
            let info = front.info.as_ref()?;
            let (name, version) = (info.text("name")?, info.text("version")?);
            Some(Implementation { name, version, title: info.text("title") })
        });
        let capabilities = front.and_then(|front| front.capabilities.clone());
        (info.unwrap_or_else(|| self.options.info.clone()), capabilities.unwrap_or_else(P::object))
    }

    fn capabilities(&self, front: Version) -> P {
        let Some(session) = self.back.session() else { return P::object() };
        let mut all = session.capabilities.clone().unwrap_or_else(P::object);
        if front.era() != session.version.era() {
            // The two kinds of tasks have nothing in common but the name.
            all.remove("tasks");
            if let Some(extensions) = all.get("extensions") {
                let mut extensions = extensions;
                extensions.remove(super::tasks::EXTENSION);
                all.set("extensions", extensions);
            }
            if self.has_crossing_tasks(front) {
                Self::declare_tasks(front, &mut all);
            }
        }
        all
    }

    /// The answer to `initialize`.
    pub(super) fn initialized(&mut self, front: FrontId, request: &Relayed<P>, now: Millis) {
        let version = request.context.version;
        let mut result = P::object();
        result.set_text("protocolVersion", version.as_str());
        result.set("capabilities", self.capabilities(version));
        if let Some(session) = self.back.session() {
            let nameless = || Implementation::new("unnamed", "").to_payload();
            result.set("serverInfo", session.server_info.clone().unwrap_or_else(nameless));
            if let Some(text) = &session.instructions {
                result.set("instructions", text.clone());
            }
        }
        if let Some(front) = self.fronts.get_mut(&front) {
            front.begun = true;
        }
        self.answer(front, request.key, Ok(result));
        self.listen_to_lists(front, now);
    }

    /// The answer to `server/discover`.
    pub(super) fn discovered(&mut self, front: FrontId, key: RequestKey, version: Version) {
        let Some(session) = self.back.session() else { return };
        let mut result = session.discovered.clone().unwrap_or_else(P::object);
        let versions = Version::named_by_requests().map(|version| P::string(version.as_str()));
        result.set("supportedVersions", P::array(versions.collect()));
        result.set("capabilities", self.capabilities(version));
        if let Some(text) = &session.instructions {
            result.set("instructions", text.clone());
        }
        let result = self.tagged(result, method::DISCOVER);
        self.answer(front, key, Ok(result));
    }

    /// Adds what results of the modern era have and those of a legacy server have not.
    pub(super) fn tagged(&self, mut result: P, method: &str) -> P {
        if result.get("resultType").is_none() {
            result.set_text("resultType", "complete");
        }
        let info = self.back.session().and_then(|session| session.server_info.clone());
        let mut about = result.given(meta::META).unwrap_or_else(P::object);
        if about.kind() == Kind::Object
            && about.get(meta::SERVER_INFO).is_none()
            && let Some(info) = info
        {
            about.set(meta::SERVER_INFO, info);
            result.set(meta::META, about);
        }
        let is_kept = matches!(
            method,
            method::DISCOVER
                | method::LIST_TOOLS
                | method::LIST_RESOURCES
                | method::LIST_RESOURCE_TEMPLATES
                | method::LIST_PROMPTS
                | method::READ_RESOURCE
        );
        // A server that says nothing about it may answer differently the next time.
        if is_kept && result.get("ttlMs").is_none() {
            result.set("ttlMs", P::number(0.0));
        }
        if is_kept && result.get("cacheScope").is_none() {
            result.set_text("cacheScope", "private");
        }
        result
    }

    /// `logging/setLevel` of a client.
    pub(super) fn set_level(&mut self, front: FrontId, request: &Relayed<P>, now: Millis) {
        let logs =
            self.back.session().and_then(|session| session.capabilities.as_ref()?.get("logging"));
        let level = request.params.as_ref().and_then(|params| params.text("level"));
        let outcome = match (logs, level.and_then(|level| Level::parse(&level))) {
            (None, _) => {
                Err(RpcError::new(code::METHOD_NOT_FOUND, "the server has no log messages"))
            }
            (_, None) => Err(RpcError::new(code::INVALID_PARAMS, "`level` is not a log level")),
            (_, Some(level)) => {
                if let Some(front) = self.fronts.get_mut(&front) {
                    front.level = Some(level);
                }
                self.ask_for_logs(now);
                Ok(P::object())
            }
        };
        self.answer(front, request.key, outcome);
    }

    /// Tells a server whose sessions have a level the lowest that somebody wants.
    pub(super) fn ask_for_logs(&mut self, now: Millis) {
        let Some(session) = self.back.session() else { return };
        let logs = session.capabilities.as_ref().and_then(|all| all.get("logging")).is_some();
        if !logs || !session.version.has_session_methods() {
            return;
        }
        let sessions = self.fronts.values().filter_map(|front| front.level);
        let wanted = sessions.chain(self.calls.level()).min();
        if let Some(level) = wanted
            && self.level != Some(level)
        {
            self.level = Some(level);
            let mut params = P::object();
            params.set_text("level", level.as_str());
            self.own_request(method::SET_LEVEL, params, now);
        }
    }
}

pub(super) fn config<P: Payload>(info: Implementation, capabilities: P) -> ClientConfig<P> {
    ClientConfig { info, capabilities, log_level: None, mode: Mode::Auto }
}

/// The capabilities of a client that can do whatever some client can.
pub(super) fn everything<P: Payload>() -> P {
    let mut all = P::object();
    for one in Capability::ALL {
        let declared: P = one.to_payload();
        declared.each_member(&mut |name, value| {
            for key in ["elicitation", "roots", "sampling"] {
                if key == name {
                    let mut settings = all.get(key).unwrap_or_else(P::object);
                    settings.assign(&value);
                    all.set(key, settings);
                }
            }
            true
        });
    }
    let mut elicitation = all.get("elicitation").unwrap_or_else(P::object);
    elicitation.set("form", P::object());
    all.set("elicitation", elicitation);
    let mut roots = P::object();
    roots.set("listChanged", P::boolean(true));
    all.set("roots", roots);
    let mut extensions = P::object();
    extensions.set(super::tasks::EXTENSION, P::object());
    all.set("extensions", extensions);
    all
}
