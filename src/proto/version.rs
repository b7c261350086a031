//! Every difference between protocol revisions, in one file.
//!
//! A new revision is a new variant here; matches name the old ones and leave the newest as the
//! default arm.

use crate::{jsonrpc::code, types::Capability};

/// The two ways to speak MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28 and later: no handshake, every request carries its own envelope.
    Modern,
    /// 2024-11-05 to 2025-11-25: a session that `initialize` opens.
    Legacy,
}

impl Era {
    /// The name JavaScript sees.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }

    /// Whether it has clients that lose a report which comes together with its result.
    pub fn loses_reports_beside_results(self) -> bool {
        self == Self::Legacy
    }
}

/// A protocol revision, ordered by date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2024-11-05
    V2024_11_05,
    /// 2025-03-26
    V2025_03_26,
    /// 2025-06-18
    V2025_06_18,
    /// 2025-11-25
    V2025_11_25,
    /// 2026-07-28
    V2026_07_28,
}

impl Version {
    /// All revisions this crate speaks, newest first.
    pub const ALL: [Self; 5] = [
        Self::V2026_07_28,
        Self::V2025_11_25,
        Self::V2025_06_18,
        Self::V2025_03_26,
        Self::V2024_11_05,
    ];

    /// The newest revision.
    pub const LATEST: Self = Self::V2026_07_28;

    /// The newest revision that starts with `initialize`; what a client offers there.
    pub const LATEST_LEGACY: Self = Self::V2025_11_25;

    /// The revision's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The revision of that name, if this crate speaks it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == name)
    }

    /// Which of the two ways this revision belongs to.
    pub fn era(self) -> Era {
        match self {
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 | Self::V2025_11_25 => {
                Era::Legacy
            }
            Self::V2026_07_28 => Era::Modern,
        }
    }

    /// The revisions of the given era, newest first.
    pub fn of(era: Era) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |version| version.era() == era)
    }

    /// The revisions that a request names by itself, newest first.
    pub fn named_by_requests() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|version| version.carries_envelope())
    }

    /// Whether a session begins with `initialize`, which settles the revision.
    pub fn is_initialized(self) -> bool {
        self.era() == Era::Legacy
    }

    /// Whether progress notifications may carry a `message`.
    pub fn progress_has_message(self) -> bool {
        self != Self::V2024_11_05
    }

    /// Whether `logging/setLevel` and `ping` exist; otherwise each request names its log level.
    pub fn has_session_methods(self) -> bool {
        self.era() == Era::Legacy
    }

    /// Whether every request carries the envelope: version, client and capabilities.
    pub fn carries_envelope(self) -> bool {
        self.era() == Era::Modern
    }

    /// Whether every result carries `resultType`.
    pub fn tags_results(self) -> bool {
        self.era() == Era::Modern
    }

    /// Whether `server/discover` and lists say how long they may be kept.
    pub fn has_cache_hints(self) -> bool {
        self.era() == Era::Modern
    }

    /// Whether clients hear of changes by `subscriptions/listen`; otherwise of lists unasked, and of
    /// the resources they subscribe to.
    pub fn listens(self) -> bool {
        self.era() == Era::Modern
    }

    /// Whether a server asks its client by requests of its own; otherwise an answer says that input
    /// is required, and the client asks again with it.
    pub fn asks_by_request(self) -> bool {
        self.era() == Era::Legacy
    }

    /// Whether a request may be refused until the user has opened URLs (error -32042), and then made
    /// again.
    pub fn refuses_until_urls_are_opened(self) -> bool {
        self.era() == Era::Legacy
    }

    /// Whether tasks are an extension, by which a server decides what becomes one; otherwise the
    /// caller asks for one.
    pub fn has_task_extension(self) -> bool {
        self.era() == Era::Modern
    }

    /// Whether there are tasks, of either kind.
    pub fn has_tasks(self) -> bool {
        self >= Self::V2025_11_25
    }

    /// The member of a task that says how long it is kept, in milliseconds.
    pub fn task_life(self) -> &'static str {
        if self.has_task_extension() { "ttlMs" } else { "ttl" }
    }

    /// The member of a task that says how long to wait between two polls, in milliseconds.
    pub fn poll_interval(self) -> &'static str {
        if self.has_task_extension() { "pollIntervalMs" } else { "pollInterval" }
    }

    /// Whether a session begins only when the server has been told so.
    pub fn begins_with_greeting(self) -> bool {
        self.era() == Era::Legacy
    }

    /// Whether servers may ask their clients for this.
    pub fn asks_for(self, capability: Capability) -> bool {
        match capability {
            Capability::Sampling | Capability::SamplingContext | Capability::Roots => true,
            Capability::Elicitation => self >= Self::V2025_06_18,
            Capability::SamplingTools | Capability::ElicitationUrl => self >= Self::V2025_11_25,
        }
    }

    /// Whether several messages may come as one array.
    pub fn has_batches(self) -> bool {
        self == Self::V2025_03_26
    }

    /// Whether a page to be opened goes by an id, and does not just close when it is done with.
    pub fn names_url_elicitations(self) -> bool {
        self.era() == Era::Legacy
    }

    /// The error code for a resource that does not exist.
    pub fn no_such_resource(self) -> i64 {
        match self.era() {
            Era::Legacy => code::RESOURCE_NOT_FOUND,
            Era::Modern => code::INVALID_PARAMS,
        }
    }

    /// Whether `structuredContent` may be any JSON value; before that, only an object.
    pub fn structures_any_value(self) -> bool {
        self.era() == Era::Modern
    }

    /// Whether each message over HTTP names the revision in a header. To a server that does not know
    /// the header it is not sent: its CORS rules do not list it, and a page could send nothing.
    pub fn has_version_header(self) -> bool {
        self >= Self::V2025_06_18
    }

    /// Whether a stream of events that broke off can be asked for where it was.
    pub fn resumes_streams(self) -> bool {
        self >= Self::V2025_03_26
    }

    /// Whether an event stream may begin with an event that has an id and no data, so that the
    /// client can go on even if it is cut before the first message.
    pub fn primes_streams(self) -> bool {
        self >= Self::V2025_11_25
    }
}
