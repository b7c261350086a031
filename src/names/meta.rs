//! The reserved keys of `_meta`
//! (<https://modelcontextprotocol.io/specification/2026-07-28/basic>).

/// The member of params and results that the keys below stand in.
pub const META: &str = "_meta";
/// Opts a request in to progress.
pub const PROGRESS_TOKEN: &str = "progressToken";
/// The revision that a modern request speaks.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Who sends a modern request.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// What the sender of a modern request can do.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Opts a modern request in to log messages, from this level up.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// Who sends a modern result.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// The listen request that a modern notification belongs to.
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// The task that a message belongs to (2025-11-25).
pub const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
