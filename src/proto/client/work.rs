//! What a call keeps for its further legs: rounds of questions, and the task that it has become.

use crate::jsonrpc::{Payload, RpcError};
use crate::proto::Millis;
use crate::types::method;

/// The methods that may take several legs.
const METHODS: [&str; 3] = [method::CALL_TOOL, method::GET_PROMPT, method::READ_RESOURCE];

/// What further legs of a call need.
#[derive(Debug)]
pub(super) struct Work<P> {
    pub method: &'static str,
    pub params: P,
    /// How often the server has asked for input.
    pub rounds: u32,
    /// How long the latest pause was.
    pub paused: Millis,
    /// What the server wants back with the next leg.
    pub state: Option<P>,
    /// What was asked in this round, and the answers so far.
    pub asked: Vec<PendingInput<P>>,
    /// The error that asked the user to open URLs; the call ends with it if the user will not.
    /// Comes once.
    pub refused: Option<RpcError<P>>,
    /// Whether the call finds out that its tool runs as a task only, should it be unknown otherwise.
    pub finds_out: bool,
    /// What the call has become on the server, if it did.
    pub task: Option<Task<P>>,
}

impl<P: Payload> Work<P> {
    pub fn new(method: &str, params: &P, finds_out: bool) -> Option<Box<Self>> {
        let method = METHODS.into_iter().find(|own| *own == method)?;
        Some(Box::new(Self {
            method,
            params: params.clone(),
            rounds: 0,
            paused: 0.0,
            state: None,
            asked: Vec::new(),
            refused: None,
            finds_out,
            task: None,
        }))
    }

    pub fn runs_tool(&self) -> bool {
        self.method == method::CALL_TOOL
    }

    /// Whether the request asked to become a task.
    pub fn asked_for_task(&self) -> bool {
        self.params.present("task").is_some()
    }
}

/// One thing that a result asks for.
#[derive(Debug)]
pub(super) struct PendingInput<P> {
    /// The number by which it is answered.
    pub input: u32,
    /// The server's name for it.
    pub key: String,
    pub answer: Option<P>,
}

impl<P> PendingInput<P> {
    pub fn into_member(self) -> Option<(String, P)> {
        self.answer.map(|answer| (self.key, answer))
    }

    /// Whether it is that one, and nobody has answered it.
    pub fn is(&self, input: u32) -> bool {
        self.input == input && self.answer.is_none()
    }
}

/// What a call's request in flight asks of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Create,
    Get,
    Update,
    Result,
}

/// A task that a call has become.
#[derive(Debug)]
pub(super) struct Task<P> {
    pub id: P,
    pub stage: Stage,
    /// How long to wait before the next poll.
    pub pause: Millis,
    /// The status that was reported last.
    pub told: Option<(String, Option<String>)>,
    /// The keys of everything that it has asked for: nothing is asked twice.
    pub keys: Vec<String>,
}
