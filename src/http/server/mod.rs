//! The server's side of Streamable HTTP: which rules a POST falls under, what its headers have to
//! say, with which status an error leaves, and the streams of a legacy session.
//!
//! Both eras share one URL. A request that names a revision since 2026-07-28, in its `_meta` or in
//! its header, is an exchange of its own; everything else belongs to a session.

mod agreement;
mod bearer;
mod challenge;
mod lookup;
mod outcome;
mod post;
mod refusal;
mod roster;
mod stream;
mod streams;

pub use agreement::check_arguments;
pub use bearer::{NoToken, bearer};
pub use challenge::challenge;
pub use lookup::{Lookup, RequestHeaders};
pub use outcome::{Beginning, InUse, Next, NoStream, NoSuchEvent, Ready};
pub use post::{PostKind, is_modern, sort};
pub use refusal::{RETRY_AFTER, Refusal, status_of};
pub use roster::{Full, Roster, RosterLimits, Standing};
pub use stream::{Reader, StreamLimits, write_message};
pub use streams::Streams;
