//! How a server is doing, for whoever looks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::oauth::Standing;

/// How a server is doing.
#[derive(Debug, Default)]
pub struct Status(Mutex<State>);

/// What there is to say about it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// How many of it run, or are connected to.
    pub running: u32,
    /// How many are being started.
    pub starting: u32,
    /// How many clients there are.
    pub clients: u32,
    /// How often it was started again after it had ended by itself.
    pub restarts: u32,
    /// Why the latest one ended by itself, or could not be started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How its log-in is doing, if it wants one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<Standing>,
    /// Its name and version, as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// How many tools it has listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<usize>,
    /// The revision that it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Status {
    /// Notes something.
    pub fn note(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
    }

    /// What there is to say now.
    pub fn now(&self) -> State {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
