//! One WebSocket: moves text between the peer and a [`Link`], and watches whether the peer lives.

use std::{io::ErrorKind, pin::pin, time::Duration};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncReadExt,
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    Options,
    connections::Speaker,
    expiry::{Expiry, GRACE},
    patient::{Patient, Pulse},
    pieces::Pieces,
    reading::{Held, SharedCounter, has_to_go, lock},
};
use crate::{
    jsonrpc::{Payload, Raw},
    proto::{client::AUTHORIZATION_ENDED, version::Era},
    server::{Driver, Link, Transmit},
};

type Socket = WebSocketStream<Pieces<Patient<TokioIo<Upgraded>>>>;

/// How long the peer may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Pings without a sign of life, after which the peer counts as gone.
const UNANSWERED: u32 = 2;

/// How often it is looked whether calls of somebody whose token has ended are still under way.
const LOOK: Duration = Duration::from_millis(50);

/// Why a connection ends.
enum End {
    /// The peer closed it, or it broke, or the peer is silent: nothing is left to be said.
    Gone(&'static str),
    /// We close it.
    Close(CloseCode, &'static str),
    /// We close it because what came in cannot be read, and neither can what follows.
    Broken(CloseCode, &'static str),
}

/// Runs a connection to its end.
pub(super) async fn run(
    socket: Socket,
    (link, driver): (Link, Driver),
    options: &Options,
    (pulse, speaker, counter, expiry): (&Pulse, &Speaker, &SharedCounter, Expiry),
    mut stop: watch::Receiver<bool>,
) {
    tracing::debug!("connected");
    let mut driver = pin!(driver);
    let (mut sink, mut stream) = socket.split();
    let end = {
        // The driver ends with the link; how that came about is for the others to say.
        let handlers = async {
            driver.as_mut().await;
            std::future::pending::<End>().await
        };
        tokio::select! {
            // The handlers come first: what they report leaves in the same turn.
            biased;
            end = handlers => end,
            end = write(&mut sink, &link, options, pulse) => end,
            end = read(&mut stream, &link, (pulse, speaker, counter, expiry)) => end,
            end = expire(&link, expiry) => end,
            () = speaker.has_to_end() => End::Gone("it gives way to another connection"),
            _ = stop.wait_for(|stop| *stop) => End::Close(CloseCode::Away, "shutting down"),
        }
    };
    if let End::Broken(..) | End::Close(..) = end {
        // What came before it has its answer, if there is one already.
        let _ = timeout(GOODBYE, finish(&mut sink, &link)).await;
    }
    // Cancels what is in flight; the driver then gives each handler its last turn, and ends.
    drop(link);
    driver.await;
    // They are halves of the same socket.
    let Ok(socket) = sink.reunite(stream) else { return };
    say_goodbye(socket, end).await;
}

/// Ready when the token has ended, and with it what was under way, or its time. What comes meanwhile
/// is no longer served.
async fn expire(link: &Link, expiry: Expiry) -> End {
    expiry.wait().await;
    let overdue = pin!(expiry.and(GRACE).wait());
    let idle = async {
        while link.in_flight() > 0 {
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = idle => {}
        () = overdue => {}
    }
    End::Close(
        CloseCode::Library(AUTHORIZATION_ENDED),
        "the token has ended: come back with a new one",
    )
}

/// Whether a text asks for something.
fn is_request(text: &impl AsRef<str>) -> bool {
    let message = Raw::take(text.as_ref().to_owned());
    message.is_ok_and(|message| message.get("method").is_some() && message.get("id").is_some())
}

/// Writes what the link has to send, in batches: as much as there is, then one flush.
async fn write(
    sink: &mut SplitSink<Socket, Message>,
    link: &Link,
    options: &Options,
    pulse: &Pulse,
) -> End {
    let mut pings = interval_at(Instant::now() + options.ping_interval, options.ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut writer =
        Writer { sink, link, gap: options.result_gap, holds_report: false, reported: None };
    loop {
        let first = tokio::select! {
            first = link.transmit() => Some(first),
            _ = pings.tick() => None,
        };
        if first.is_none() && pulse.pings() > UNANSWERED {
            return End::Gone("the peer is silent");
        }
        if let Err(end) = writer.batch(first).await {
            return end;
        }
    }
}

/// Writes what is left to be sent.
async fn finish(sink: &mut SplitSink<Socket, Message>, link: &Link) {
    while let Some(Transmit::Send { frame, .. }) = link.try_transmit() {
        if sink.feed(Message::text(frame.to_json())).await.is_err() {
            return;
        }
    }
    // A half of a socket keeps one message to itself.
    let _ = sink.flush().await;
}

struct Writer<'a> {
    sink: &'a mut SplitSink<Socket, Message>,
    link: &'a Link,
    gap: Duration,
    /// Whether a report has still to leave.
    holds_report: bool,
    /// When the latest one left.
    reported: Option<Instant>,
}

impl Writer<'_> {
    /// Writes this message, or a ping, and whatever else there is to send by then.
    async fn batch(&mut self, first: Option<Transmit<Raw>>) -> Result<(), End> {
        let mut next = first;
        if next.is_none() {
            self.feed(Message::Ping(Vec::new().into())).await?;
        }
        while let Some(transmit) = next {
            match transmit {
                Transmit::Send { frame, last, .. } => {
                    if last {
                        self.keep_apart().await?;
                    } else {
                        self.holds_report |= frame.is_progress() && !self.gap.is_zero();
                    }
                    self.feed(Message::text(frame.to_json())).await?;
                }
                Transmit::Close { code, reason } => {
                    self.flush().await?;
                    return Err(End::Close(code.into(), reason));
                }
            }
            next = self.link.try_transmit();
        }
        self.flush().await
    }

    /// Lets the latest report arrive before a result does; see [`Options::result_gap`].
    async fn keep_apart(&mut self) -> Result<(), End> {
        if !self.link.era().is_some_and(Era::loses_reports_beside_results) {
            return Ok(());
        }
        // However long it has waited here: what leaves together arrives together.
        if self.holds_report {
            self.flush().await?;
        }
        let reported = self.reported.take();
        let rest = reported.map_or(Duration::ZERO, |left| self.gap.saturating_sub(left.elapsed()));
        if !rest.is_zero() {
            sleep(rest).await;
        }
        Ok(())
    }

    async fn feed(&mut self, message: Message) -> Result<(), End> {
        self.sink.feed(message).await.map_err(|error| lost(&error))
    }

    async fn flush(&mut self) -> Result<(), End> {
        self.sink.flush().await.map_err(|error| lost(&error))?;
        if std::mem::take(&mut self.holds_report) {
            self.reported = Some(Instant::now());
        }
        Ok(())
    }
}

fn lost(error: &Error) -> End {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => {
            End::Gone("the peer reads too slowly")
        }
        _ => End::Gone("the connection is lost"),
    }
}

/// Reads frames into the link, at the pace at which their answers leave.
async fn read(
    stream: &mut SplitStream<Socket>,
    link: &Link,
    (pulse, speaker, counter, expiry): (&Pulse, &Speaker, &SharedCounter, Expiry),
) -> End {
    loop {
        pulse.listens(false);
        tokio::select! {
            biased;
            () = link.ready() => {}
            // A part of a message may be here already.
            () = has_to_go(counter) => return TOO_MUCH,
        }
        pulse.listens(true);
        let message = match stream.next().await {
            None => return End::Gone("the connection is lost"),
            Some(Err(error)) => return unreadable(&error),
            Some(Ok(message)) => message,
        };
        match message {
            Message::Text(text) => {
                speaker.speaks();
                let claim = lock(counter).finish();
                let text = Held::new(text, claim);
                if expiry.is_over() && is_request(&text) {
                    continue;
                }
                link.receive_text(text);
            }
            Message::Binary(_) => return End::Close(CloseCode::Unsupported, "text frames only"),
            Message::Close(_) => return End::Gone("the peer closed the connection"),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

const TOO_MUCH: End = End::Broken(CloseCode::Again, "too much is being read: try again later");

fn unreadable(error: &Error) -> End {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::ResourceBusy => TOO_MUCH,
        Error::Capacity(_) => End::Broken(CloseCode::Size, "message too big"),
        Error::Utf8(_) => End::Broken(CloseCode::Invalid, "not UTF-8"),
        Error::Protocol(_) => End::Broken(CloseCode::Protocol, "not the WebSocket protocol"),
        _ => End::Gone("the connection is lost"),
    }
}

async fn say_goodbye(mut socket: Socket, end: End) {
    let (code, reason, is_readable) = match end {
        End::Gone(reason) => {
            tracing::debug!(reason, "disconnected");
            // Lets the answer to the peer's own goodbye out, if there is one.
            let _ = timeout(GOODBYE, socket.flush()).await;
            return;
        }
        End::Close(code, reason) => (code, reason, true),
        End::Broken(code, reason) => (code, reason, false),
    };
    tracing::debug!(%code, reason, "closing");
    let frame = CloseFrame { code, reason: reason.into() };
    let farewell = async {
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        // The peer is read until it hangs up: a socket that is closed with unread input is reset,
        // and the reset can overtake the close frame.
        if is_readable {
            while let Some(Ok(_)) = socket.next().await {}
        } else {
            socket.get_mut().give_up();
            let mut waste = [0; 4096];
            while let Ok(1..) = socket.get_mut().read(&mut waste).await {}
        }
    };
    let _ = timeout(GOODBYE, farewell).await;
}
