//! Where a connection stands, and what comes of a step of its handshake.

use crate::error::Error;
use crate::proto::Millis;

use super::output::Negotiated;

/// Where the connection stands.
#[derive(Debug)]
pub(super) enum Phase<P> {
    Closed,
    /// The transport is opening. `initialize` comes first if the server hung up on a probe.
    Opening {
        hung_up: bool,
    },
    Probing {
        again: bool,
        deadline: Millis,
    },
    Initializing {
        probed: bool,
    },
    /// The server is in trouble that passes; the handshake begins again.
    Waiting {
        until: Millis,
        legacy: bool,
    },
    Open(Box<Negotiated<P>>),
}

impl<P> Phase<P> {
    /// Another session is to take the place of this one, which is returned.
    pub fn give_way(&mut self) -> Option<Box<Negotiated<P>>> {
        match std::mem::replace(self, Self::Opening { hung_up: true }) {
            Self::Open(session) => Some(session),
            _ => None,
        }
    }
}

/// What has come of a step.
#[must_use]
pub(super) enum Shaken<P> {
    /// The handshake goes on, or there was none.
    On,
    /// Both sides know that the session has begun.
    Begun,
    /// There will be no connection; what else has failed, if that was not the first.
    Failed(Error<P>, Option<Error<P>>),
}
