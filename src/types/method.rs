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
/// How far a request has come.
pub const PROGRESS: &str = "notifications/progress";
/// Gives up a request.
pub const CANCELLED: &str = "notifications/cancelled";
/// A log message.
pub const LOG_MESSAGE: &str = "notifications/message";
