//! Where a native client connects to.

use std::fmt;

use super::super::engine::Engine;
use super::super::error::shown;
use super::super::{Error, Headers};
use crate::proto::client;
use crate::transport::{Command, Scheme, Transport, Web};

/// Where a client connects to: a URL, or natively a [`Command`] to be started.
#[derive(Clone)]
pub struct Target(Kind);

#[derive(Clone)]
enum Kind {
    Url(String),
    Command(Command),
}

impl From<&str> for Target {
    fn from(url: &str) -> Self {
        Self(Kind::Url(url.to_owned()))
    }
}

impl From<&String> for Target {
    fn from(url: &String) -> Self {
        Self(Kind::Url(url.clone()))
    }
}

impl From<String> for Target {
    fn from(url: String) -> Self {
        Self(Kind::Url(url))
    }
}

impl From<Command> for Target {
    fn from(command: Command) -> Self {
        Self(Kind::Command(command))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Url(url) => fmt::Debug::fmt(url, out),
            Kind::Command(command) => fmt::Debug::fmt(command, out),
        }
    }
}

/// Where a client connects to, and how.
pub(in super::super) struct Destination {
    way: Way,
    /// How many bytes a message may have, either way.
    limit: usize,
}

enum Way {
    Child(Command),
    Socket(Web),
    Http(Web),
}

impl Destination {
    /// What a target leads to, if it leads anywhere.
    pub fn new(
        target: Target,
        protocols: Vec<String>,
        headers: Headers,
        limit: usize,
    ) -> Result<Self, Error> {
        let way = match target.0 {
            Kind::Command(command) => Way::Child(command),
            Kind::Url(url) => {
                let scheme = Scheme::of(&url)
                    .map_err(|reason| Error::argument(&format!("connecting to {url}"), &reason))?;
                let web = Web { headers, protocols, ..Web::new(url) };
                match scheme {
                    Scheme::WebSocket => Way::Socket(web),
                    Scheme::Http => Way::Http(web),
                }
            }
        };
        let endpoint = Self { way, limit };
        if tokio::runtime::Handle::try_current().is_err() {
            let reason = "there is no tokio runtime here, which a client needs";
            return Err(Error::argument(&endpoint.label(), reason));
        }
        Ok(endpoint)
    }

    /// What is known of such a channel.
    pub fn channel(&self, connect_timeout: f64) -> client::Channel {
        match &self.way {
            Way::Child(_) => client::Channel::process(connect_timeout),
            Way::Socket(_) => client::Channel::web_socket(connect_timeout),
            Way::Http(_) => client::Channel::http(connect_timeout),
        }
    }

    /// The name that errors call it by.
    pub fn label(&self) -> String {
        match &self.way {
            Way::Child(command) => format!("connecting to `{}`", command.name()),
            Way::Socket(web) | Way::Http(web) => format!("connecting to {}", shown(&web.url)),
        }
    }

    pub fn open(&self, engine: &Engine) -> Transport {
        let mut transport = match &self.way {
            Way::Child(command) => Transport::child(command, self.limit),
            Way::Socket(web) => Transport::socket(web, self.limit),
            Way::Http(web) => Transport::http(web, self.limit),
        };
        transport.set_unheard(!engine.handlers.listen());
        transport
    }
}
