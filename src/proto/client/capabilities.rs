//! What a client says of itself that it can be asked.

use crate::jsonrpc::Payload;

/// What an elicitation asks for, unless it says otherwise.
const FORM: &str = "form";

/// The extension that makes tool calls tasks.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// What there are handlers for, and whether calls may become tasks: each brings its capability along.
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
    /// The capabilities to declare: those that were given, and those that the handlers bring along.
    #[inline(never)]
    pub(super) fn declared<P: Payload>(self, given: &P) -> P {
        let mut all = given.copy();
        let mut bring = |handled: bool, name: &'static str, detail: &'static str| {
            if handled {
                let mut own = P::object();
                let given = given.given(name).unwrap_or_else(P::object);
                // Who takes links only claims no forms.
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

/// Whether calls may become tasks by what is declared.
#[inline(never)]
pub(super) fn opts_in<P: Payload>(declared: &P) -> bool {
    declared.get("extensions").is_some_and(|all| all.present(TASKS).is_some())
}
