//! What a server has, as it declares it, and as it is asked for it.

use crate::{jsonrpc::Payload, proto::version::Version, types::method};

/// Whether a server has something, and whether that may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feature {
    /// It has none.
    #[default]
    Absent,
    /// It has some, always the same.
    Fixed,
    /// It has some, and says when that changes.
    Changing,
}

/// What a server has: its capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Tools.
    pub tools: Feature,
    /// Resources and resource templates.
    pub resources: Feature,
    /// Prompts.
    pub prompts: Feature,
    /// It says when a resource changes.
    pub subscribe: bool,
    /// It suggests values for arguments.
    pub completions: bool,
    /// It sends log messages.
    pub logging: bool,
}

impl Feature {
    fn is_there(self) -> bool {
        self != Self::Absent
    }

    /// This, or if it is absent the other.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.is_there() { self } else { other }
    }

    fn declare<P: Payload>(self, all: &mut P, name: &'static str, subscribe: bool) {
        if self.is_there() {
            let mut settings = P::object();
            if subscribe {
                settings.set("subscribe", P::boolean(true));
            }
            if self == Self::Changing {
                settings.set("listChanged", P::boolean(true));
            }
            all.set(name, settings);
        }
    }
}

impl Features {
    /// The `capabilities` member of the answers to `initialize` and `server/discover`.
    pub(super) fn declare<P: Payload>(self) -> P {
        let mut all = P::object();
        self.tools.declare(&mut all, "tools", false);
        self.resources.declare(&mut all, "resources", self.subscribe);
        self.prompts.declare(&mut all, "prompts", false);
        if self.completions {
            all.set("completions", P::object());
        }
        if self.logging {
            all.set("logging", P::object());
        }
        all
    }

    /// Whether the method exists, given what the server has.
    pub(super) fn serve(self, version: Version, name: &str) -> bool {
        match name {
            method::DISCOVER => !version.has_session_methods(),
            method::LISTEN => version.listens(),
            method::SET_LEVEL => version.has_session_methods() && self.logging,
            method::LIST_TOOLS | method::CALL_TOOL => self.tools.is_there(),
            method::LIST_RESOURCES | method::LIST_RESOURCE_TEMPLATES | method::READ_RESOURCE => {
                self.resources.is_there()
            }
            method::SUBSCRIBE | method::UNSUBSCRIBE => {
                version.has_session_methods() && self.resources.is_there() && self.subscribe
            }
            method::LIST_PROMPTS | method::GET_PROMPT => self.prompts.is_there(),
            method::COMPLETE => self.completions,
            _ => false,
        }
    }
}
