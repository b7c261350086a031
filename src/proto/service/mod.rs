//! The middle of a server: between the machine of a connection and whoever runs the handlers.
//!
//! What a server has is a `Catalog`, whose handlers are whatever its host can run: numbers in a
//! page, functions that make futures natively. Each connection is a [`ServerSession`], the machine and the
//! calls that are worked on. `start` leads from a request to its handler. Natively the rest is
//! `crate::server`; in a page it is [`Host`], which keeps all connections and tells what is to be
//! done.

mod catalog;
mod check;
mod host;
mod list;
mod questions;
mod result;
mod serve;
mod session;
mod signer;
mod template;

pub(crate) use catalog::Catalog;
pub use catalog::HandlerKind;
pub use host::{Host, HostConfig, HostOutput};
pub use questions::{Asked, Unanswered};
pub use result::HandlerFailure;
pub use serve::Job;
pub(crate) use serve::start;
pub use session::ServerSession;
pub(crate) use signer::{Binding, Signer, bind};

use self::{
    check::{Argument, bad_state},
    list::{Entry, List},
    template::Template,
};
