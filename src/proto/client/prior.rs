//! What is known of a server from an earlier connection. With it, a modern connection opens without
//! a round trip. The first answer shows whether the server is still what it was; if it is not, the
//! handshake is made up for, and what was asked meanwhile is asked again: the server that refused it
//! has not carried it out.

use crate::error::Error;
use crate::jsonrpc::{Payload, code};
use crate::proto::Millis;
use crate::proto::version::{Era, Version};
use crate::text::owned;

use super::calls::CallTable;
use super::output::{Mode, Negotiated};
use super::requests::RequestId;
use super::verdict::{Verdict, judge_discovery};
use super::wire::Wire;

/// A request that was made before the server has shown what it is: its id, method and parameters.
type Early<P> = (RequestId, String, P);

/// How much of that is kept.
const MOST: usize = 256;

/// What is known of a server.
pub(super) enum Known<P> {
    Nothing,
    /// Which era to begin with.
    Era(Era),
    /// All that opens a connection.
    Session(Box<Negotiated<P>>),
}

impl<P: Payload> Known<P> {
    /// Reads what [`ClientMachine::know`](super::ClientMachine::know) was told.
    pub fn read(prior: &P, mode: Mode) -> Self {
        Self::session(prior, mode).unwrap_or_else(|| {
            if prior.says("kind", "legacy") { Self::Era(Era::Legacy) } else { Self::Nothing }
        })
    }

    fn session(prior: &P, mode: Mode) -> Option<Self> {
        match prior.text("kind")?.as_str() {
            "modern" => {
                let Verdict::Open(session) = judge_discovery(&prior.get("discover")?) else {
                    return None;
                };
                let fits = match mode {
                    Mode::Auto => true,
                    Mode::Legacy => false,
                    Mode::Pin(version) => version == session.version,
                };
                fits.then_some(Self::Session(session))
            }
            "session" => {
                let version = Version::parse(&prior.text("protocolVersion")?)
                    .filter(|version| version.era() == Era::Legacy)?;
                Some(Self::Session(Box::new(Negotiated {
                    version,
                    server_info: prior.given("serverInfo"),
                    capabilities: prior.given("capabilities"),
                    instructions: prior.present("instructions"),
                    discovered: None,
                })))
            }
            _ => None,
        }
    }
}

/// What was asked of a server that is open by what is known of it, before it has shown that; `None`
/// once it has.
#[derive(Debug)]
pub(super) struct Unproven<P>(Option<Vec<Early<P>>>);

impl<P: Payload> Unproven<P> {
    pub fn new() -> Self {
        Self(None)
    }

    /// The connection is open by what is known.
    pub fn begin(&mut self) {
        self.0 = Some(Vec::new());
    }

    /// The connection has ended, or the server has shown what it is.
    pub fn end(&mut self) {
        self.0 = None;
    }

    /// Whether the server has yet to show what it is.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Keeps a request that is made before the server has shown what it is; false if it has to wait
    /// until it has. `open` is whether requests go out.
    pub fn note(&mut self, id: RequestId, method: &str, params: &P, open: bool) -> bool {
        let Some(asked) = &mut self.0 else { return true };
        if !open || asked.len() < MOST {
            // A copy, for `_meta` is written into the original.
            asked.push((id, owned(method), params.copy()));
        }
        open
    }

    /// The first answer has come; true if it means that the server is another than it was.
    pub fn is_disproved(&mut self, id: RequestId, outcome: &Result<P, Error<P>>) -> bool {
        let Some(asked) = &self.0 else { return false };
        let strange = match outcome {
            Ok(_) => false,
            Err(Error::Rpc(error)) => {
                matches!(error.code, code::UNSUPPORTED_VERSION | code::INVALID_REQUEST)
                    || (-32_019..=-32_000).contains(&error.code)
            }
            Err(Error::Http { status, .. }) => matches!(status, 400 | 404..=406 | 415 | 422),
            Err(_) => return false,
        };
        let disproved = strange && asked.iter().any(|(one, ..)| *one == id);
        if !disproved {
            self.end();
        }
        disproved
    }

    /// The server has shown what it is: what was asked before and is not answered is asked again.
    pub fn ask_again(&mut self, wire: &mut Wire<P>, calls: &mut CallTable<P>, now: Millis) {
        for (id, method, params) in self.0.take().unwrap_or_default() {
            if calls.find(id).is_some_and(|call| call.request == Some(id)) {
                wire.requests.forget(id);
                calls.go_on_by(wire, id, &method, params, now);
            }
        }
    }
}
