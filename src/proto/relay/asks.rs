//! What a modern client is asked, as the answer to its request.

use crate::proto::client::Asker;

/// A question for a modern client.
#[derive(Debug)]
pub(super) struct Ask<P> {
    pub key: String,
    pub asker: Asker,
    pub method: String,
    pub params: Option<P>,
}
