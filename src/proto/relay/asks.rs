//! What a modern client is asked, as the answer to its request.

use crate::jsonrpc::Id;

/// Whom an answer is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asker {
    /// A request of a legacy server.
    Request(Id),
    /// A question in the result of a modern one.
    Input(u32),
}

/// A question for a modern client.
#[derive(Debug)]
pub(super) struct Ask<P> {
    pub key: String,
    pub asker: Asker,
    pub method: String,
    pub params: Option<P>,
}
