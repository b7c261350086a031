//! A child process that speaks by lines: its standard input and output.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, copy, sink};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep, sleep_until, timeout};

use super::command::{Command, Hears};
use super::lines::{Lines, TextLine};
use super::pace::ReadPace;
use super::process::{Keeper, Spawned, start};
use super::{End, TransportEvent, endurance};
use crate::error::Error;
use crate::jsonrpc::outline;
use crate::text::{ECHO, clip};

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;
/// Lines of the standard error that are kept, and bytes of each.
const KEPT: usize = 20;
const LINE: usize = 4 << 10;
/// Lines of it that a reason quotes.
const QUOTED: usize = 5;
/// How long what a process has said last may take to arrive, once it has ended; and how long it may
/// take to end, once it says no more.
const REST: Duration = Duration::from_millis(50);

/// How long what is left to be said to a child that is ended may take.
const LAST: Duration = Duration::from_millis(200);

type Kept = Arc<Mutex<VecDeque<String>>>;

/// A child process.
#[derive(Debug)]
pub(super) struct Child {
    name: String,
    hears: Option<Hear>,
    limit: usize,
    state: State,
}

/// As [`Hears`], which cannot be shown.
struct Hear(Hears);

impl std::fmt::Debug for Hear {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Hear")
    }
}

#[derive(Debug)]
enum State {
    Starting(oneshot::Receiver<io::Result<Spawned>>),
    Running(Box<Running>),
    Over(End),
}

#[derive(Debug)]
struct Running {
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    exit: oneshot::Receiver<io::Result<ExitStatus>>,
    exited: Option<ExitStatus>,
    is_over: bool,
    /// Ready when all of the standard error is read.
    silence: oneshot::Receiver<()>,
    is_silent: bool,
    kept: Kept,
    keeper: Keeper,
    /// How long the rest may take.
    rest: Option<Pin<Box<Sleep>>>,
    unsent: Vec<u8>,
    /// Bytes of it that have left.
    sent: usize,
    buffer: Box<[u8]>,
    /// What of it has been read and is not looked at yet.
    read: std::ops::Range<usize>,
    pace: ReadPace,
    /// Until the next read.
    pause: Option<Pin<Box<Sleep>>>,
    lines: Lines,
}

impl Child {
    pub fn start(command: &Command, limit: usize) -> Self {
        Self {
            name: command.name(),
            hears: command.stderr.clone().map(Hear),
            limit,
            state: State::Starting(start(command)),
        }
    }

    pub async fn next(&mut self) -> TransportEvent {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<TransportEvent> {
        match &mut self.state {
            State::Starting(started) => match std::task::ready!(Pin::new(started).poll(cx)) {
                Ok(Ok(started)) => {
                    let hears = self.hears.take().map(|hears| hears.0);
                    self.state = State::Running(Box::new(Running::new(started, hears, self.limit)));
                    Poll::Ready(TransportEvent::Open)
                }
                Ok(Err(error)) => Poll::Ready(self.end(End::new(refusal(&self.name, &error)))),
                Err(_) => {
                    let reason = "the runtime cannot start processes: it needs `enable_all`";
                    Poll::Ready(self.end(End::new(reason)))
                }
            },
            State::Running(running) => {
                let event = std::task::ready!(running.poll(cx, self.limit));
                let Some(event) = event else {
                    let end = running.ended(&self.name);
                    return Poll::Ready(self.end(end));
                };
                Poll::Ready(event)
            }
            State::Over(end) => Poll::Ready(TransportEvent::End(end.clone())),
        }
    }

    fn end(&mut self, end: End) -> TransportEvent {
        self.state = State::Over(end.clone());
        TransportEvent::End(end)
    }

    /// False: it does not run.
    pub fn send(&mut self, text: &str) -> bool {
        let State::Running(running) = &mut self.state else { return false };
        if running.stdin.is_none() {
            return false;
        }
        // Compact JSON has no line breaks.
        running.unsent.extend_from_slice(text.as_bytes());
        running.unsent.push(b'\n');
        true
    }

    pub fn unsent(&self) -> usize {
        match &self.state {
            State::Running(running) => running.unsent.len() - running.sent,
            _ => 0,
        }
    }

    pub async fn close(self) {
        match self.state {
            State::Starting(started) => {
                if let Ok(Ok(Spawned { keeper, .. })) = started.await {
                    keeper.end().await;
                }
            }
            State::Running(running) => {
                let Running { stdin, stdout, keeper, unsent, sent, .. } = *running;
                // What it still says is read, or it would be stopped by that.
                let deaf = async {
                    if let Some(mut stdout) = stdout {
                        let _ = copy(&mut stdout, &mut sink()).await;
                    }
                    pending::<()>().await;
                };
                let ending = async {
                    if let (Some(mut stdin), Some(rest)) = (stdin, unsent.get(sent..)) {
                        // It may not read any more.
                        let _ = timeout(LAST, stdin.write_all(rest)).await;
                    }
                    keeper.end().await;
                };
                tokio::select! {
                    () = deaf => {}
                    () = ending => {}
                }
            }
            State::Over(_) => {}
        }
    }
}

impl Running {
    fn new(started: Spawned, hears: Option<Hears>, limit: usize) -> Self {
        let Spawned { stdin, stdout, stderr, exit, keeper } = started;
        let kept = Kept::default();
        let (silent, silence) = oneshot::channel();
        tokio::spawn(listen(stderr, Arc::clone(&kept), hears, silent));
        Self {
            stdin: Some(stdin),
            stdout: Some(stdout),
            exit,
            exited: None,
            is_over: false,
            silence,
            is_silent: false,
            kept,
            keeper,
            rest: None,
            unsent: Vec::new(),
            sent: 0,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            read: 0..0,
            pace: ReadPace::new(),
            pause: None,
            lines: Lines::new(endurance(limit)),
        }
    }

    /// The next event; `None` if that is the end.
    fn poll(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<Option<TransportEvent>> {
        self.write(cx);
        if let Poll::Ready(line) = self.line(cx)
            && let Some(line) = line
        {
            let event = event(line, limit);
            self.pace.found(matches!(event, TransportEvent::Report(_)));
            return Poll::Ready(Some(event));
        }
        if !self.is_over
            && let Poll::Ready(exit) = Pin::new(&mut self.exit).poll(cx)
        {
            self.is_over = true;
            self.exited = exit.ok().and_then(Result::ok);
            self.stdin = None;
            self.rest = None;
        }
        if !self.is_silent {
            self.is_silent = Pin::new(&mut self.silence).poll(cx).is_ready();
        }
        let (over, mute) = (self.is_over, self.stdout.is_none());
        if over && mute && self.is_silent {
            return Poll::Ready(None);
        }
        if over || mute {
            let rest = self.rest.get_or_insert_with(|| Box::pin(sleep(REST)));
            return rest.as_mut().poll(cx).map(|()| None);
        }
        Poll::Pending
    }

    /// Writes what there is.
    fn write(&mut self, cx: &mut Context<'_>) {
        while let Some(stdin) = &mut self.stdin
            && let Some(rest @ [_, ..]) = self.unsent.get(self.sent..)
        {
            match Pin::new(stdin).poll_write(cx, rest) {
                Poll::Ready(Ok(count @ 1..)) => self.sent += count,
                // It reads no more; how it ends says why.
                Poll::Ready(_) => self.stdin = None,
                Poll::Pending => return,
            }
            // What has left goes, at the latest when it is as much as what waits.
            if self.sent >= BUFFER.min(self.unsent.len()) && self.sent * 2 >= self.unsent.len() {
                self.unsent.drain(..self.sent);
                self.unsent.shrink_to(BUFFER);
                self.sent = 0;
            }
        }
    }

    /// The next line; `None` if there are no more.
    fn line(&mut self, cx: &mut Context<'_>) -> Poll<Option<TextLine>> {
        loop {
            while let Some(bytes @ [_, ..]) = self.buffer.get(self.read.clone()) {
                let (count, line) = self.lines.take(bytes);
                self.read.start += count;
                if line.is_some() {
                    return Poll::Ready(line);
                }
            }
            let Some(stdout) = &mut self.stdout else { return Poll::Ready(None) };
            if let Some(until) = self.pace.rest() {
                let pause = self.pause.get_or_insert_with(|| Box::pin(sleep_until(until)));
                if pause.deadline() != until {
                    pause.as_mut().reset(until);
                }
                std::task::ready!(pause.as_mut().poll(cx));
            }
            let mut buffer = ReadBuf::new(&mut self.buffer);
            let read = std::task::ready!(Pin::new(stdout).poll_read(cx, &mut buffer));
            self.read = 0..buffer.filled().len();
            self.pace.read(self.read.len());
            if read.is_err() || self.read.is_empty() {
                self.stdout = None;
                return Poll::Ready(self.lines.finish());
            }
        }
    }

    /// How it has ended, in words.
    fn ended(&self, name: &str) -> End {
        let exit = self.exited;
        let how = match (exit, self.is_over) {
            (Some(exit), _) => format!("ended: {exit}"),
            (None, true) => "ended".to_owned(),
            (None, false) => "closed its standard output".to_owned(),
        };
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let stderr: Vec<String> = kept.iter().cloned().collect();
        let mut reason = format!("the server process `{name}` {how}");
        if !stderr.is_empty() {
            reason.push_str("; its last lines: ");
            let last = stderr.iter().skip(stderr.len().saturating_sub(QUOTED));
            let last: Vec<String> = last.map(|line| format!("{:?}", clip(line, ECHO))).collect();
            reason.push_str(&last.join(", "));
        }
        End { reason, exit, stderr, unauthorized: None }
    }
}

fn event(line: TextLine, limit: usize) -> TransportEvent {
    match line {
        TextLine::Whole(line) => match String::from_utf8(line) {
            Ok(text) => TransportEvent::of(text, limit),
            Err(error) => {
                let reason = "the server sent a line that is not UTF-8".to_owned();
                TransportEvent::Unread(outline(error.as_bytes()), Error::Protocol(reason))
            }
        },
        TextLine::Long(begins) => {
            TransportEvent::Unread(outline(&begins), Error::too_large(limit, true))
        }
    }
}

/// Reads the standard error.
async fn listen(
    mut stderr: ChildStderr,
    kept: Kept,
    hears: Option<Hears>,
    _silent: oneshot::Sender<()>,
) {
    let mut lines = Lines::new(LINE);
    let mut buffer = vec![0; LINE];
    let hear = |line: TextLine| {
        let (TextLine::Whole(line) | TextLine::Long(line)) = line;
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(clip(line, LINE).into_owned());
        }
        if let Some(hears) = &hears {
            // A child whose standard error nobody reads would be stopped by that.
            if catch_unwind(AssertUnwindSafe(|| hears(line))).is_err() {
                tracing::error!("what hears of a child's standard error has panicked");
            }
        } else {
            tracing::debug!(target: "mcp_wasm::stderr", "{line}");
        }
    };
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let mut rest = buffer.get(..count).unwrap_or_default();
        while !rest.is_empty() {
            let (count, line) = lines.take(rest);
            rest = rest.get(count..).unwrap_or_default();
            line.map(&hear);
        }
    }
    lines.finish().map(hear);
}

/// Why a program was not started, and what to do.
fn refusal(name: &str, error: &io::Error) -> String {
    let way_out = match error.kind() {
        io::ErrorKind::NotFound if name.contains('/') => ": there is no such program",
        io::ErrorKind::NotFound => {
            ": there is no such program; is it installed, and in a directory of the PATH?"
        }
        io::ErrorKind::PermissionDenied => ": it may not be executed",
        _ => return format!("`{name}` could not be started: {error}"),
    };
    format!("`{name}` could not be started{way_out}")
}
