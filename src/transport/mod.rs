//! What a native client moves its messages by: a child process, a WebSocket, exchanges of HTTP.
//!
//! Each is a value with one owner, which awaits [`next`](Transport::next) and calls
//! [`send`](Transport::send) between two turns. There is no task in between: who does not ask for
//! the next event slows the server down.

mod authorize;
mod child;
mod command;
mod http;
mod lines;
mod pace;
mod process;
mod socket;
#[cfg(unix)]
mod warden;
mod web;

use std::process::ExitStatus;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::task::coop::consume_budget;

use crate::error::Error;
use crate::http::client::Incoming;
use crate::jsonrpc::{Outline, Payload, Raw, outline};
use crate::proto::Millis;
use crate::proto::client::{Channel, ClientMachine, Report, RequestId, Unauthorized};
use crate::proto::scan::{LONGEST, Scanned, parse_number, scan};

pub use authorize::{Authorize, Denial, Later, Remedy};
use child::Child;
pub use command::{Command, inherited_environment};
use http::HttpTransport;
use socket::Socket;
pub use web::{Headers, Scheme, Web, requests};

/// Milliseconds since this was first called: the clock of the machines here.
#[allow(clippy::disallowed_methods)] // clocks are read here
pub fn now() -> Millis {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

/// The time from now until then, if that is ever.
pub(crate) fn until(at: Millis) -> Option<Duration> {
    Duration::try_from_secs_f64((at - now()).max(0.0) / 1000.0).ok()
}

/// The way to one server.
#[derive(Debug)]
pub struct Transport {
    way: Way,
    /// How many bytes a message may have, either way.
    limit: usize,
}

#[derive(Debug)]
enum Way {
    Child(Box<Child>),
    Socket(Box<Socket>),
    Http(Box<HttpTransport>),
}

/// What has happened.
#[derive(Debug)]
pub enum TransportEvent {
    /// Messages can be sent.
    Open,
    /// A message of a child, or of a WebSocket.
    Message(Raw),
    /// The same, which is a report of progress.
    Report(PassingReport),
    /// What exchanges of HTTP have brought.
    Http(Incoming<Raw>),
    /// A message could not be read, of which so much is known: the call fails that it answers.
    Unread(Outline, Error<Raw>),
    /// It is over; nothing else comes.
    End(End),
}

/// How it has ended.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// What happened, in words; of a child with what it last wrote to its standard error.
    pub reason: String,
    /// How the child has ended, if it has.
    pub exit: Option<ExitStatus>,
    /// The last lines that it wrote to its standard error.
    pub stderr: Vec<String>,
    /// How a WebSocket ended for want of an authorization, if it did.
    pub unauthorized: Option<Unauthorized>,
}

impl Transport {
    /// Starts a child process, to which each line is a message.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as the others.
    pub fn child(command: &Command, max_message: usize) -> Self {
        Self { way: Way::Child(Box::new(Child::start(command, max_message))), limit: max_message }
    }

    /// Opens a WebSocket: `ws:` or `wss:`.
    pub fn socket(web: &Web, max_message: usize) -> Self {
        Self { way: Way::Socket(Box::new(Socket::open(web, max_message))), limit: max_message }
    }

    /// Speaks Streamable HTTP: `http:` or `https:`.
    pub fn http(web: &Web, max_message: usize) -> Self {
        Self { way: Way::Http(Box::new(HttpTransport::new(web, max_message))), limit: max_message }
    }

    /// Whether nobody listens to what the server says by itself: then the session of an HTTP server of
    /// the legacy era does not begin later for the sake of the stream that this comes on. What may be
    /// reported about waits for it.
    pub fn set_unheard(&mut self, unheard: bool) {
        if let Way::Http(http) = &mut self.way {
            http.set_unheard(unheard);
        }
    }

    /// What happens next. What is sent leaves while this is awaited; it may be dropped and called
    /// again. After [`TransportEvent::End`] there is that, always.
    pub async fn next(&mut self) -> TransportEvent {
        // What has been read already is there at once, again and again: others have to have their turn.
        consume_budget().await;
        match &mut self.way {
            Way::Child(child) => child.next().await,
            Way::Socket(socket) => socket.next().await,
            Way::Http(http) => http.next().await,
        }
    }

    /// Sends a message; `patience` is how long its caller waits for an answer, in milliseconds.
    ///
    /// # Errors
    /// It is too large, or the transport is not open: nothing was sent.
    pub fn send(&mut self, message: &Raw, patience: Option<Millis>) -> Result<(), Error<Raw>> {
        if let Way::Http(http) = &mut self.way {
            // A weight is never less than the text has bytes.
            if message.weight() > self.limit
                && message.to_json().is_some_and(|text| text.len() > self.limit)
            {
                return Err(Error::too_large(self.limit, false));
            }
            http.send(message.clone(), patience);
            return Ok(());
        }
        let text = message.to_json().unwrap_or_default();
        if text.len() > self.limit {
            return Err(Error::too_large(self.limit, false));
        }
        let sent = match &mut self.way {
            Way::Child(child) => child.send(&text),
            Way::Socket(socket) => socket.send(text),
            Way::Http(_) => true,
        };
        if sent {
            return Ok(());
        }
        Err(Error::Closed { reason: "the connection is not open".to_owned(), sent: false })
    }

    /// Whether it holds the request of that id back, until the session that it is for has begun.
    pub fn holds(&self, id: RequestId) -> bool {
        matches!(&self.way, Way::Http(http) if http.holds(id))
    }

    /// Bytes that wait to be written, for a peer that does not read.
    pub fn unsent(&self) -> usize {
        match &self.way {
            Way::Child(child) => child.unsent(),
            Way::Socket(socket) => socket.unsent(),
            Way::Http(_) => 0,
        }
    }

    /// Whether it says what becomes of a message, such as of the one that ends the handshake.
    pub fn tells(&self) -> bool {
        matches!(self.way, Way::Http(_))
    }

    /// What is known of such a channel: milliseconds from asking for it to the end of the handshake.
    pub fn channel(&self, connect_timeout: Millis) -> Channel {
        match self.way {
            Way::Child(_) => Channel::process(connect_timeout),
            Way::Socket(_) => Channel::web_socket(connect_timeout),
            Way::Http(_) => Channel::http(connect_timeout),
        }
    }

    /// Ends it, and is ready when it has ended: a child with all that it started, the session of
    /// HTTP as far as the server says so within a few seconds.
    ///
    /// Begins at once, awaited or not. Dropping the transport does the same, but tells no server of HTTP.
    pub fn close(self) -> impl Future<Output = ()> + Send + 'static {
        let closing = tokio::spawn(async move {
            match self.way {
                Way::Child(child) => child.close().await,
                Way::Socket(socket) => socket.close().await,
                Way::Http(http) => http.close().await,
            }
        });
        async move {
            // It fails only with the runtime.
            let _ = closing.await;
        }
    }
}

impl TransportEvent {
    /// Tells a client what has happened.
    pub fn tell(self, client: &mut ClientMachine<Raw>, now: Millis) {
        match self {
            Self::Open => client.opened(now),
            Self::Message(message) | Self::Report(PassingReport { message, .. }) => {
                client.read(&message, None, now);
            }
            Self::Http(incoming) => incoming.tell(client, now),
            Self::Unread(of, error) => match of.id.as_ref().filter(|_| of.answers) {
                Some(id) => match RequestId::named(id) {
                    Some(id) => client.unsent(id, error, now),
                    None => client.fault(error),
                },
                None => client.fault(error),
            },
            Self::End(end) => {
                client.hung_up(&end.reason, end.unauthorized, now);
            }
        }
    }

    /// The same, for a client that passes on what it hears: of reports there is no
    /// [notification](crate::proto::client::Output::Notification) besides.
    pub fn pass(self, client: &mut ClientMachine<Raw>, now: Millis) {
        match self {
            Self::Report(report) => client.receive_report(&report.found, report.read()),
            other => other.tell(client, now),
        }
    }

    /// A text that has come as a message.
    fn of(text: String, limit: usize) -> Self {
        if text.len() > limit {
            return Self::Unread(outline(text.as_bytes()), Error::too_large(limit, true));
        }
        if let Some(found) = PassingReport::scan(&text) {
            let at = text.len() - text.trim_ascii_start().len()..text.len();
            return Self::Report(PassingReport { message: Raw::part(text, at), found });
        }
        match Raw::take(text) {
            Ok(message) => Self::Message(message),
            Err((text, why)) => Self::Unread(
                outline(text.as_bytes()),
                Error::Protocol(format!(
                    "the server sent what cannot be read, {why}: {}",
                    crate::text::clip(text.trim(), crate::text::ECHO)
                )),
            ),
        }
    }
}

/// A report of progress, of which all that matters has been found in one pass over its text.
#[derive(Debug)]
pub struct PassingReport {
    message: Raw,
    found: Scanned,
}

impl PassingReport {
    /// `None`: it is none, or has to be looked at more closely.
    fn scan(text: &str) -> Option<Scanned> {
        // An escape may stand for half of a character, which is not passed on.
        if text.len() > LONGEST || memchr::memchr(b'\\', text.as_bytes()).is_some() {
            return None;
        }
        scan(text.as_bytes(), parse_number)
    }

    fn read(&self) -> Report<Raw> {
        let Scanned { progress, total, .. } = self.found;
        // With its quotes.
        let message = self.found.message.clone().map(|at| at.start - 1..at.end + 1);
        let message = message.map(|at| self.message.beside(at));
        Report { progress, total, message, params: self.message.beside(self.found.all.clone()) }
    }
}

impl End {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }
}

impl From<String> for End {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

/// Bytes of a message that is read although it is too large, to find out what it answers.
fn endurance(limit: usize) -> usize {
    const LEAST: usize = 64 << 20;
    limit.saturating_mul(4).max(limit.saturating_add(LEAST))
}

#[cfg(test)]
mod tests {
    use super::{Payload, Raw, TransportEvent};

    #[test]
    fn a_report_that_is_scanned_is_what_it_is_when_it_is_parsed() {
        let around = |params: &str| {
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{params}}}"#)
        };
        let mut scanned = 0;
        for text in [
            around(r#"{"progressToken":7,"progress":3.0,"total":10,"x-own":[1,{"a":null}]}"#),
            around(r#"{ "message" : "Größe 🚀", "progress" : 55.00000000000001 ,"progressToken": "12" }"#),
            around(r#"{"progressToken":7,"progress":1,"_meta":{"a/b":1},"total":null}"#),
            format!("  {} ", around(r#"{"progressToken":7,"progress":1}"#)).trim_end().to_owned(),
            r#"{"method":"notifications/progress","params":{"progress":1,"progressToken":1},"jsonrpc":"2.0"}"#.to_owned(),
        ] {
            let TransportEvent::Report(report) = TransportEvent::of(text.clone(), 1 << 20) else {
                panic!("{text}")
            };
            scanned += 1;
            let (read, whole) = (report.read(), Raw::parse(text).unwrap());
            let params = whole.get("params").unwrap();
            assert_eq!(read.params.to_string(), params.to_string(), "every byte of it");
            assert_eq!(report.message.to_string(), whole.to_string());
            assert_eq!(Some(read.progress), params.get("progress").and_then(|one| one.as_f64()));
            assert_eq!(read.total, params.present("total").and_then(|one| one.as_f64()));
            let message = read.message.and_then(|one| one.as_text());
            assert_eq!(message, params.text("message"));
            let mut other = read.params;
            other.set("progressToken", Raw::string("theirs"));
            assert_eq!(other.text("progressToken").as_deref(), Some("theirs"));
        }
        assert_eq!(scanned, 5);
        // What an escape stands for, or comes twice, or is no report, is looked at more closely.
        for text in [
            around(r#"{"progressToken":7,"progress":1,"message":"a\"b"}"#),
            around(r#"{"progressToken":7,"progress":1,"x":"\ud83d\ude80"}"#),
            around(r#"{"progressToken":7,"progressToken":8,"progress":1}"#),
            around(r#"{"progressToken":"own","progress":1}"#),
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(),
        ] {
            assert!(
                matches!(TransportEvent::of(text.clone(), 1 << 20), TransportEvent::Message(_)),
                "{text}"
            );
        }
        let half = around(r#"{"progressToken":7,"progress":1,"message":"\ud83d"}"#);
        assert!(matches!(TransportEvent::of(half, 1 << 20), TransportEvent::Unread(..)));
    }
}
