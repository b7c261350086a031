//! The client machine for the values of the platform, and what it says.

use super::Value;
use crate::{error::Error, proto::client::ClientMachine};

pub(super) type Machine = ClientMachine<Value>;
pub(super) type Fault = Error<Value>;

/// A notification as a program sees it that handles it by itself: its method and its params.
pub(super) type Notification = (String, Value);

/// Why nothing is sent where there is no channel.
pub(super) fn not_open() -> Fault {
    Fault::Closed { reason: "the connection is not open".to_owned(), sent: false }
}
