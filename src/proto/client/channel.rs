//! What carries the messages: what its silence means, and whether there can be another.

use crate::proto::Millis;
use crate::proto::version::Era;

/// How long a server may leave the probe unanswered over a channel that is not slow itself.
const SILENCE: Millis = 1_500.0;

/// The same for a server that is still being started.
const STARTING: Millis = 5_000.0;

/// The method of a request that is for nobody but who moves the messages: it is answered when what the
/// server says by itself would be heard.
pub const OWN_STREAM: &str = "";

/// What is known of the channel that is about to open.
///
/// ```
/// use mcp_wasm::proto::client::Channel;
///
/// let channel = Channel::web_socket(30_000.0);
/// assert!(channel.can_reopen && channel.probe_timeout < 5_000.0);
/// assert!(!Channel::http(30_000.0).can_reopen);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// Milliseconds from asking for the channel to the end of the handshake.
    pub connect_timeout: Millis,
    /// Milliseconds that a probe may stay unanswered before the server counts as legacy.
    pub probe_timeout: Millis,
    /// Whether a second channel to the same server can be opened, should it hang up on the probe.
    pub can_reopen: bool,
    /// Whether what a server of the legacy era says by itself comes on a stream that may still be to
    /// come. Who moves the messages then answers [`OWN_STREAM`] when it is there.
    pub own_stream: bool,
    /// The server's era, if an earlier connection to it has shown that.
    pub remembered: Option<Era>,
}

impl Channel {
    /// A WebSocket: a connection of its own, to an address.
    pub const fn web_socket(connect_timeout: Millis) -> Self {
        Self::new(connect_timeout, SILENCE, true)
    }

    /// Exchanges of HTTP. Silence may as well be a slow way, and nothing hangs up.
    pub const fn http(connect_timeout: Millis) -> Self {
        Self { own_stream: true, ..Self::new(connect_timeout, connect_timeout / 3.0, false) }
    }

    /// What somebody else has made, such as a `MessagePort`: there is no other.
    pub const fn port(connect_timeout: Millis) -> Self {
        Self::new(connect_timeout, SILENCE, false)
    }

    /// A process that is started, and may have to start before it says anything.
    pub const fn process(connect_timeout: Millis) -> Self {
        Self::new(connect_timeout, STARTING, true)
    }

    const fn new(connect_timeout: Millis, probe_timeout: Millis, can_reopen: bool) -> Self {
        Self { connect_timeout, probe_timeout, can_reopen, own_stream: false, remembered: None }
    }

    /// The same: however short the whole is to be, half of it is left for `initialize`.
    pub(super) fn fitted(self) -> Self {
        let half = self.connect_timeout / 2.0;
        let fits = !self.probe_timeout.is_finite() || self.probe_timeout <= half;
        if fits { self } else { Self { probe_timeout: half, ..self } }
    }

    /// The same with another `probe_timeout`, if one is given.
    #[must_use]
    pub fn probing(self, probe_timeout: Option<Millis>) -> Self {
        Self { probe_timeout: probe_timeout.unwrap_or(self.probe_timeout), ..self }
    }
}

impl Default for Channel {
    fn default() -> Self {
        Self::new(30_000.0, 5_000.0, false)
    }
}
