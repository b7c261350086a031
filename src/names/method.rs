//! The names of the methods that the core itself sends or answers.

/// Opens a legacy session.
pub const INITIALIZE: &str = "initialize";
/// Ends the legacy handshake.
pub const INITIALIZED: &str = "notifications/initialized";
/// Asks a modern server what it is; the probe of a client that does not know the era.
pub const DISCOVER: &str = "server/discover";
/// Legacy: is the other end there?
pub const PING: &str = "ping";
/// Legacy: which log messages the client wants.
pub const SET_LEVEL: &str = "logging/setLevel";
/// The tools a server has.
pub const LIST_TOOLS: &str = "tools/list";
/// Runs a tool.
pub const CALL_TOOL: &str = "tools/call";
/// How all methods begin that are about a task.
pub const TASKS: &str = "tasks/";
/// How a task stands.
pub const GET_TASK: &str = "tasks/get";
/// 2025-11-25: what came of a task; waits for its end.
pub const TASK_RESULT: &str = "tasks/result";
/// 2025-11-25: the tasks that there are.
pub const LIST_TASKS: &str = "tasks/list";
/// The answers that a task of the extension waits for.
pub const UPDATE_TASK: &str = "tasks/update";
/// Gives up a task.
pub const CANCEL_TASK: &str = "tasks/cancel";
/// 2025-11-25: how a task stands now.
pub const TASK_STATUS: &str = "notifications/tasks/status";
/// How far a request has come.
pub const PROGRESS: &str = "notifications/progress";
/// Gives up a request.
pub const CANCELLED: &str = "notifications/cancelled";
/// A log message.
pub const LOG_MESSAGE: &str = "notifications/message";
/// The resources a server has.
pub const LIST_RESOURCES: &str = "resources/list";
/// The families of resources a server has.
pub const LIST_RESOURCE_TEMPLATES: &str = "resources/templates/list";
/// What is in a resource.
pub const READ_RESOURCE: &str = "resources/read";
/// Legacy: tell me when this resource changes.
pub const SUBSCRIBE: &str = "resources/subscribe";
/// Legacy: no longer.
pub const UNSUBSCRIBE: &str = "resources/unsubscribe";
/// The prompts a server has.
pub const LIST_PROMPTS: &str = "prompts/list";
/// A prompt, filled in.
pub const GET_PROMPT: &str = "prompts/get";
/// Suggestions for an argument.
pub const COMPLETE: &str = "completion/complete";
/// Modern: tell me what changes.
pub const LISTEN: &str = "subscriptions/listen";
/// Modern: what a listener will be told of.
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// The tools have changed.
pub const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
/// The prompts have changed.
pub const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";
/// The resources have changed.
pub const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
/// A resource has changed.
pub const RESOURCE_UPDATED: &str = "notifications/resources/updated";
/// The server asks the person in front of the client.
pub const ELICIT: &str = "elicitation/create";
/// What a person was asked to do at an address is done (2025-11-25).
pub const ELICITED: &str = "notifications/elicitation/complete";
/// The server asks the client's model.
pub const SAMPLE: &str = "sampling/createMessage";
/// The server asks for the directories that the client works in.
pub const LIST_ROOTS: &str = "roots/list";
/// Modern: how a task stands.
pub const TASK_CHANGED: &str = "notifications/tasks";

/// How the methods begin that are about the list of which a notification says that it has changed:
/// `tools/` for [`TOOLS_CHANGED`].
pub fn changed_list(notification: &str) -> Option<&str> {
    notification.strip_prefix("notifications/")?.strip_suffix("list_changed")
}
