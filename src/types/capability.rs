//! What a client can do for a server that asks it.

use crate::jsonrpc::{Kind, Payload};

/// Something that a server may ask of a client, if the client has declared it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Asking its model: `sampling/createMessage`.
    Sampling,
    /// Asking its model, with tools that the model may call.
    SamplingTools,
    /// Asking its model, with context of the host's own.
    SamplingContext,
    /// Asking the person in front of it for a few values: `elicitation/create`.
    Elicitation,
    /// Asking the person in front of it to open a page.
    ElicitationUrl,
    /// Naming the directories it works in: `roots/list`.
    Roots,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Sampling,
        Self::SamplingTools,
        Self::SamplingContext,
        Self::Elicitation,
        Self::ElicitationUrl,
        Self::Roots,
    ];

    /// The member of the client's capabilities, and the member in there if there is one.
    fn path(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Sampling => ("sampling", None),
            Self::SamplingTools => ("sampling", Some("tools")),
            Self::SamplingContext => ("sampling", Some("context")),
            Self::Elicitation => ("elicitation", None),
            Self::ElicitationUrl => ("elicitation", Some("url")),
            Self::Roots => ("roots", None),
        }
    }

    /// Its name for people: `sampling.tools`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampling => "sampling",
            Self::SamplingTools => "sampling.tools",
            Self::SamplingContext => "sampling.context",
            Self::Elicitation => "elicitation",
            Self::ElicitationUrl => "elicitation.url",
            Self::Roots => "roots",
        }
    }

    /// The capabilities of a client that has this one and no other.
    pub fn to_payload<P: Payload>(self) -> P {
        let (outer, inner) = self.path();
        let mut settings = P::object();
        if let Some(inner) = inner {
            settings.set(inner, P::object());
        }
        let mut all = P::object();
        all.set(outer, settings);
        all
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What a client has declared that it can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCapabilities(u8);

impl ClientCapabilities {
    /// Reads the object that a client sends. What is not known is ignored.
    pub fn read<P: Payload>(declared: &P) -> Self {
        let is_object = |value: &P| value.kind() == Kind::Object;
        let has = |capability: &Capability| {
            let (outer, inner) = capability.path();
            let Some(settings) = declared.get(outer).filter(is_object) else {
                return false;
            };
            match (capability, inner) {
                // Without any mode, the form is meant.
                (Capability::Elicitation, _) => {
                    settings.get("form").is_some() || settings.get("url").is_none()
                }
                (_, Some(inner)) => settings.get(inner).is_some_and(|value| is_object(&value)),
                (_, None) => true,
            }
        };
        Capability::ALL.into_iter().filter(has).collect()
    }

    /// Those of them that pass.
    #[must_use]
    pub fn filter(self, passes: impl Fn(Capability) -> bool) -> Self {
        Capability::ALL.into_iter().filter(|one| self.has(*one) && passes(*one)).collect()
    }

    /// Whether the client has declared it.
    pub fn has(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }
}

impl FromIterator<Capability> for ClientCapabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |bits, capability| bits | capability.bit()))
    }
}
