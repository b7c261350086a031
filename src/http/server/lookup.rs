//! How the headers of a request are read, whoever has them.

/// The headers of a request.
pub trait RequestHeaders {
    /// The header of this name, whatever the case of its letters.
    fn find(&self, name: &str) -> Lookup<'_>;
}

/// What there is of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Nothing.
    Absent,
    /// Its value, without blanks around it.
    Text(&'a str),
    /// Something that is no text in ASCII, or several values that differ.
    Unreadable,
}
