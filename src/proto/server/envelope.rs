//! What a request says about itself in `_meta`.

use super::Limits;
use crate::{
    jsonrpc::{Id, Kind, Payload, RpcError, code},
    proto::version::Version,
    text::{ECHO, clip},
    types::{ClientCapabilities, Level, meta},
};

/// The part of `_meta` that the machine acts on.
pub(super) struct Envelope {
    /// The revision that the request claims to speak; `None` for one of a legacy session.
    pub(super) claim: Option<SenderClaim>,
    /// Where its progress goes.
    pub(super) token: Option<Id>,
}

/// What a modern request says about its sender.
pub(super) struct SenderClaim {
    pub(super) version: Version,
    /// The log messages it wants; none if absent.
    pub(super) level: Option<Level>,
    /// What it can do.
    pub(super) capabilities: ClientCapabilities,
}

impl Envelope {
    /// Reads `params._meta`.
    pub(super) fn read<P: Payload>(
        params: Option<&P>,
        limits: &Limits,
    ) -> Result<Self, RpcError<P>> {
        let Some(meta) = params.and_then(|params| params.given(meta::META)) else {
            return Ok(Self { claim: None, token: None });
        };
        if meta.kind() != Kind::Object {
            return Err(bad_params(&["`", meta::META, "` is not an object"]));
        }
        let token = match meta.present(meta::PROGRESS_TOKEN) {
            None => None,
            Some(token) => {
                let wanted = "a string or an integer, or is too long";
                let token = token.as_id().filter(|token| fits(token, limits));
                Some(token.ok_or_else(|| bad_key(meta::PROGRESS_TOKEN, wanted))?)
            }
        };
        let claim = match meta.present(meta::PROTOCOL_VERSION) {
            None => None,
            Some(version) => Some(SenderClaim::read(&version, &meta)?),
        };
        Ok(Self { claim, token })
    }
}

impl SenderClaim {
    fn read<P: Payload>(version: &P, meta: &P) -> Result<Self, RpcError<P>> {
        let Some(name) = version.as_text() else {
            return Err(bad_key(meta::PROTOCOL_VERSION, "a string"));
        };
        let version = Version::parse(&name)
            .filter(|version| version.carries_envelope())
            .ok_or_else(|| unsupported(Some(&name)))?;
        let capabilities = match meta.present(meta::CLIENT_CAPABILITIES) {
            None => return Err(missing(meta::CLIENT_CAPABILITIES)),
            Some(value) if value.kind() != Kind::Object => {
                return Err(bad_key(meta::CLIENT_CAPABILITIES, "an object"));
            }
            Some(value) => ClientCapabilities::read(&value),
        };
        if let Some(info) = meta.present(meta::CLIENT_INFO) {
            let is_text = |key| info.get(key).is_some_and(|value| value.kind() == Kind::Text);
            if !is_text("name") || !is_text("version") {
                return Err(bad_key(meta::CLIENT_INFO, "an object with `name` and `version`"));
            }
        }
        let level = match meta.present(meta::LOG_LEVEL) {
            None => None,
            Some(level) => {
                Some(read_level(&level).ok_or_else(|| bad_key(meta::LOG_LEVEL, "a log level"))?)
            }
        };
        Ok(Self { version, level, capabilities })
    }
}

/// Reads a log level.
pub(super) fn read_level<P: Payload>(value: &P) -> Option<Level> {
    Level::parse(&value.as_text()?)
}

/// A member that has to be a string.
pub(super) fn text<P: Payload>(params: &P, key: &'static str) -> Result<String, RpcError<P>> {
    let text = params.get(key).and_then(|value| value.as_text());
    text.ok_or_else(|| bad_params(&["`", key, "` is not a string"]))
}

/// The error for parameters that do not fit, in words.
pub(super) fn bad_params<P: Payload>(parts: &[&str]) -> RpcError<P> {
    RpcError::new(code::INVALID_PARAMS, parts.concat())
}

/// The error for a request that lacks a key of the envelope.
pub(super) fn missing<P: Payload>(key: &str) -> RpcError<P> {
    bad_params(&["`_meta` lacks `", key, "`"])
}

/// Whether an id or a token may be repeated in all that is sent.
pub(super) fn fits(id: &Id, limits: &Limits) -> bool {
    match id {
        Id::Integer(_) => true,
        Id::Text(text) => text.len() <= limits.identifier,
    }
}

/// The error for a version that is not served, with the ones that `server/discover` names: those
/// that a request can name.
pub(super) fn unsupported<P: Payload>(requested: Option<&str>) -> RpcError<P> {
    let supported = Version::named_by_requests().map(|version| P::string(version.as_str()));
    let mut data = P::object();
    data.set("supported", P::array(supported.collect()));
    if let Some(requested) = requested {
        data.set("requested", P::string(&clip(requested, ECHO)));
    }
    let message = "unsupported protocol version".to_owned();
    RpcError { code: code::UNSUPPORTED_VERSION, message, data: Some(data) }
}

fn bad_key<P: Payload>(key: &str, wanted: &str) -> RpcError<P> {
    bad_params(&["`", key, "` in `_meta` is not ", wanted])
}
