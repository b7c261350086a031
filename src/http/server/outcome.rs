//! What comes of asking the streams of a session for something.

use super::stream::Reader;

/// How the answer to a POST begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The whole of it is this message.
    Whole(String),
    /// There is, or will be, more.
    Stream,
}

/// What a reader gets next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// These events, as text.
    Events(String),
    /// Nothing any more.
    End,
    /// Nothing yet: [`Streams::take_ready`](super::Streams::take_ready) tells when to look again.
    Nothing,
}

/// Who may go on.
#[derive(Debug, Default)]
pub struct Ready {
    /// Readers for whom there may be something now.
    pub readers: Vec<Reader>,
    /// Whether there may be more room than before.
    pub room: bool,
}

/// Why there is no stream for some requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStream {
    /// One of their ids is in flight, or there twice.
    Taken,
    /// Too many have not been answered yet.
    TooMany,
    /// Too much of what was answered has not been read yet.
    Unread,
}

/// Somebody else reads the GET stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InUse;

/// Why an event id leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSuchEvent {
    /// It is none of ours, or not as we gave it.
    Foreign,
    /// Its stream has ended, and is not kept any more.
    Gone,
}
