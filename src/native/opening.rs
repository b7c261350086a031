//! What connections begin with.

use std::{future::Future, io};

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Duplex for S {}

/// What a connection begins with, before anything is said over HTTP: nothing, which is `()`, or TLS.
pub trait Opening: Clone + Send + Sync + 'static {
    /// Agrees with a client on how the two go on. It may take as long as
    /// [`head_timeout`](super::Options::head_timeout) says, and is dropped when the connection has to
    /// give way to another.
    ///
    /// # Errors
    /// They do not agree: the connection ends.
    fn open(&self, stream: impl Duplex) -> impl Future<Output = io::Result<impl Duplex>> + Send;

    /// Whether a client can read what is said to it before that. Then one too many hears of a status
    /// 503; the connection of any other just ends, for it is work to agree with somebody.
    fn is_plain(&self) -> bool {
        false
    }
}

impl Opening for () {
    async fn open(&self, stream: impl Duplex) -> io::Result<impl Duplex> {
        Ok(stream)
    }

    fn is_plain(&self) -> bool {
        true
    }
}
