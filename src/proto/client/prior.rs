//! What is known of a server from an earlier connection: with it, a modern connection is open without
//! a round trip. The first answer shows whether the server is still what it was; if it is not, the
//! handshake is made up for, and what was asked meanwhile is asked again: the server that refused it
//! has not carried it out.

use crate::error::Error;
use crate::jsonrpc::{Payload, code};
use crate::proto::Millis;
use crate::proto::version::{Era, Version};

use super::handshake::{Verdict, judge_discovery};
use super::output::{Mode, Session, owned};
use super::{Client, Output, Phase};

/// A request that was made before the server has shown what it is: its id, method and parameters.
pub(super) type Asked<P> = (i64, String, P);

/// How much of that is kept.
const MOST: usize = 256;

impl<P: Payload> Client<P> {
    /// What an earlier connection has found out about the server, to be told between
    /// [`connect`](Self::connect) and [`opened`](Self::opened): `{ kind: "modern", discover }` with
    /// the answer to `server/discover`, or `{ kind: "legacy" }`; or, of a session that goes on,
    /// `{ kind: "session", protocolVersion }`. Anything else is as good as nothing.
    pub fn know(&mut self, prior: P) {
        self.prior = Some(prior);
    }

    /// Opens the connection by what is known, or says which era to begin with.
    pub(super) fn open_by_prior(&mut self) -> Option<Era> {
        let prior = self.prior.take()?;
        match prior.text("kind")?.as_str() {
            "modern" => {
                let Verdict::Open(session) = judge_discovery(&prior.get("discover")?) else {
                    return None;
                };
                let fits = match self.config.mode {
                    Mode::Auto => true,
                    Mode::Legacy => false,
                    Mode::Pin(version) => version == session.version,
                };
                if fits {
                    self.set_envelope(session.version);
                    self.unproven = Some(Vec::new());
                    self.enter(session);
                }
                None
            }
            "session" => {
                let version = Version::parse(&prior.text("protocolVersion")?)
                    .filter(|version| version.era() == Era::Legacy)?;
                self.set_envelope(version);
                let session = Box::new(Session {
                    version,
                    server_info: prior.given("serverInfo"),
                    capabilities: prior.given("capabilities"),
                    instructions: prior.present("instructions"),
                    discovered: None,
                });
                self.enter(session);
                None
            }
            "legacy" => Some(Era::Legacy),
            _ => None,
        }
    }

    /// Keeps a request that is made before the server has shown what it is; false if it has to wait
    /// until it has.
    pub(super) fn note(&mut self, id: i64, method: &str, params: &P) -> bool {
        let open = matches!(self.phase, Phase::Open(_)) && !self.greeting;
        let Some(asked) = &mut self.unproven else { return true };
        if !open || asked.len() < MOST {
            // A copy, for `_meta` is written into the original.
            let mut own = P::object();
            own.assign(params);
            asked.push((id, owned(method), own));
        }
        open
    }

    /// The first answer has come; true if it means that the server is another than it was.
    pub(super) fn disproves(
        &mut self,
        id: i64,
        outcome: &Result<P, Error<P>>,
        now: Millis,
    ) -> bool {
        let Some(asked) = &self.unproven else { return false };
        let strange = match outcome {
            Ok(_) => false,
            Err(Error::Rpc(error)) => {
                matches!(error.code, code::UNSUPPORTED_VERSION | code::INVALID_REQUEST)
                    || (-32_019..=-32_000).contains(&error.code)
            }
            Err(Error::Http { status, .. }) => matches!(status, 400 | 404..=406 | 415 | 422),
            Err(_) => return false,
        };
        if strange && asked.iter().any(|(one, ..)| *one == id) {
            if matches!(self.phase, Phase::Open(_)) {
                self.connect_deadline = now + self.channel.connect_timeout;
                self.probe(false, now);
            }
            return true;
        }
        if matches!(self.phase, Phase::Open(_)) {
            self.unproven = None;
        }
        false
    }

    /// The server has shown what it is: what was asked before and is not answered is asked again.
    pub(super) fn ask_again(&mut self, now: Millis) {
        for (id, method, params) in self.unproven.take().unwrap_or_default() {
            if self.calls.awaiting(id).is_none() {
                continue;
            }
            let leg = self.next_id();
            if let Some(slot) = self.calls.begin(id, leg, true, now) {
                self.outputs.push(Output::Leg(slot, leg));
            }
            let params = self.with_meta(params, Some(leg));
            self.send_request(leg, &method, params);
        }
    }
}
