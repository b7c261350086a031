//! What a client stands on: a page, or a program on tokio; and what both have to offer.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, MaybeSend, Value};
use crate::proto::Millis;

/// What a client stands on.
pub(super) trait Platform {
    /// Milliseconds since some beginning.
    fn now() -> Millis;

    /// Runs something beside all else.
    fn spawn(task: impl Future<Output = ()> + MaybeSend + 'static);

    /// Runs a function of the user's. What goes wrong in it is its own affair.
    fn run(function: impl FnOnce());

    /// Writes a line for who develops the program.
    fn debug(line: &str);

    /// The value as one of the user's own type; the error says what does not fit.
    fn read<T: DeserializeOwned>(value: Value) -> Result<T, String>;

    /// A value of the user's, as JSON; the error says why it is none.
    fn write(value: &impl Serialize) -> Result<Value, String>;

    /// What the platform's own error says; empty if it says nothing.
    fn describe(cause: &Value) -> String;
}

/// What drives the machine of one client, `E`, by what the platform has.
pub(super) trait Drive<E> {
    /// Whom errors of the connection name.
    fn label(&self) -> String;

    /// A better reason for the end of the connection than the machine knows.
    fn cause(&self) -> Option<Error> {
        None
    }

    /// Opens the first channel, and drives the machine from now on.
    fn start(&self, engine: &E);

    /// The machine has been fed: what it says is to be heard.
    fn stir(&self, engine: &E);

    /// Ready when the channel has ended, and the server was told.
    fn ended(&self) -> impl Future<Output = ()> + MaybeSend;
}
