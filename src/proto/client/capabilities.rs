//! What a client says it can be asked for.

use crate::jsonrpc::Payload;

/// What an elicitation asks for, unless it says otherwise.
const FORM: &str = "form";

/// The extension that makes tool calls tasks.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// Which handlers there are, and whether calls may become tasks. Each declares a capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each told by name")]
pub struct Handles {
    /// `sampling/createMessage`
    pub sampling: bool,
    /// `elicitation/create`
    pub elicitation: bool,
    /// `roots/list`
    pub roots: bool,
    /// Tasks of calls are polled until they end.
    pub tasks: bool,
}

impl Handles {
    /// Whether there is anything that a server may make use of.
    pub(super) fn any(self) -> bool {
        self.sampling || self.elicitation || self.roots || self.tasks
    }

    /// The capabilities to declare: the given ones, and those of the handlers.
    #[inline(never)]
    pub(super) fn declared<P: Payload>(self, given: &P) -> P {
        let mut all = given.copy();
        let mut bring = |handled: bool, name: &'static str, detail: &'static str| {
            if handled {
                let mut own = P::object();
                let given = given.given(name).unwrap_or_else(P::object);
                // A client that takes links only does not claim to take forms.
                if !detail.is_empty() && (detail != FORM || given.present("url").is_none()) {
                    own.set(detail, P::object());
                }
                own.assign(&given);
                all.set(name, own);
            }
        };
        bring(self.sampling, "sampling", "");
        bring(self.elicitation, "elicitation", FORM);
        bring(self.roots, "roots", "");
        bring(self.tasks, "extensions", TASKS);
        all
    }
}

/// Whether the declared capabilities let calls become tasks.
#[inline(never)]
pub(super) fn opts_in<P: Payload>(declared: &P) -> bool {
    declared.get("extensions").is_some_and(|all| all.present(TASKS).is_some())
}
