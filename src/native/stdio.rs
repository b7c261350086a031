//! Messages as lines: standard input and output, pipes, Unix sockets.

use std::{
    future::{Future, poll_fn},
    io::{self, Read, Write},
    pin::{Pin, pin},
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt,
        BufReader, DuplexStream, duplex,
    },
    runtime::Handle,
    sync::oneshot,
    time::timeout,
};

use super::{
    Options, clock,
    patient::Patient,
    reading::{Counter, Held},
    stop_signal,
};
use crate::{
    jsonrpc::{Raw, Unreadable, find_id},
    server::{Extensions, Link, Local, Server, Transmit},
};

/// Bytes after which a batch of lines leaves, although more are there.
const BATCH: usize = 64 << 10;

/// Serves MCP on standard input and output, as desktop hosts start their servers, until the input
/// ends or the process is told to stop.
///
/// Each line is one message. Nothing else may be written to standard output: log to standard error.
///
/// ```no_run
/// use mcp_wasm::{native, server::{Context, NoArguments, Server}};
///
/// # async fn example() -> std::io::Result<()> {
/// let server = Server::builder("Hello", "1.0.0")
///     .tool("hello", "Says hello", |_: NoArguments, _: Context| async { "hello" })
///     .build();
/// native::serve_stdio(server).await
/// # }
/// ```
///
/// Once the input has ended or the process was told to stop, it ends, although nobody may read what
/// it has left to say; so it does when nobody reads for [`Options::write_timeout`].
///
/// # Errors
/// Reading or writing failed.
pub async fn serve_stdio(server: Server) -> io::Result<()> {
    let options = Options::default();
    let (output, written) = standard_output()?;
    let limit = options.max_message;
    let end = serve_lines(standard_input()?, output, server, limit, stop_signal()).await;
    // The last lines are with the thread, which needs no time for them unless nobody reads.
    let _ = timeout(LAST, written).await;
    end
}

/// How long the thread may take for what fits into its pipe, once all else has left.
const LAST: Duration = Duration::from_secs(1);
/// Bytes that a pipe between a thread and the server holds.
const PIPE: usize = 64 << 10;

/// Standard input, read by a thread of its own: a read cannot be taken back, and a runtime waits for
/// those that it has begun.
fn standard_input() -> io::Result<DuplexStream> {
    let (near, mut far) = duplex(PIPE);
    let runtime = Handle::current();
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut buffer = vec![0; PIPE];
        loop {
            let count = match io::stdin().read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return tracing::warn!(%error, "standard input failed"),
            };
            let part = buffer.get(..count).unwrap_or_default();
            if runtime.block_on(far.write_all(part)).is_err() {
                return;
            }
        }
    })?;
    Ok(near)
}

/// Standard output, written by a thread of its own for the same reason; and what tells that all of
/// it is written.
fn standard_output() -> io::Result<(DuplexStream, oneshot::Receiver<()>)> {
    let (near, mut far) = duplex(PIPE);
    let (done, written) = oneshot::channel();
    let runtime = Handle::current();
    thread::Builder::new().name("stdout".to_owned()).spawn(move || {
        let mut buffer = vec![0; PIPE];
        while let Ok(count @ 1..) = runtime.block_on(far.read(&mut buffer)) {
            let part = buffer.get(..count).unwrap_or_default();
            let mut output = io::stdout().lock();
            if let Err(error) = output.write_all(part).and_then(|()| output.flush()) {
                tracing::debug!(%error, "standard output failed");
                break;
            }
        }
        let _ = done.send(());
    })?;
    Ok((near, written))
}

/// Serves MCP on a stream of lines, each one message, until it ends or `stop` is ready. Lines of
/// more than `limit` bytes are refused. What is left to be written then is given up when nobody
/// reads it for [`Options::shutdown_timeout`].
///
/// # Errors
/// Reading or writing failed, or nobody has read for [`Options::write_timeout`]; both times are
/// those of the default.
pub async fn serve_lines(
    input: impl AsyncRead,
    output: impl AsyncWrite,
    server: Server,
    limit: usize,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    server.set_clock(clock::now);
    server.intake().expect(limit);
    let counter = Counter::new(server.intake(), None);
    let options = Options::default();
    let mut known = Extensions::new();
    known.insert(Local);
    let (link, driver) = server.connect_with(known);
    let (mut driver, mut input, output) = (pin!(driver), pin!(BufReader::new(input)), pin!(output));
    let output = Patient::new(output, options.write_timeout);
    let mut lines = Lines { output, text: String::new(), written: 0 };
    let end = tokio::select! {
        // The handlers come first: what they report leaves in the same turn.
        biased;
        () = driver.as_mut() => Ok(()),
        end = write(&mut lines, &link) => end,
        end = read(input.as_mut(), &link, limit, counter) => end,
        () = stop => Ok(()),
    };
    // What the last line has asked for may be answered already, but no tool is waited for: a host
    // that has gone could not stop it any more.
    poll_fn(|cx| Poll::Ready(driver.as_mut().poll(cx).is_ready())).await;
    link.end_listens();
    let mut rest = batch(&link, None);
    while let more = batch(&link, None)
        && !more.is_empty()
    {
        rest.push_str(&more);
    }
    drop(link);
    driver.await;
    end?;
    lines.text.push_str(&rest);
    lines.output.give(options.shutdown_timeout);
    match lines.put().await {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            tracing::warn!("nobody reads what is left to be written");
            Ok(())
        }
        put => put,
    }
}

/// Lines on their way out. A wait for their reader can be given up without losing any.
struct Lines<W> {
    output: Patient<W>,
    text: String,
    /// Bytes of it that have left.
    written: usize,
}

impl<W: AsyncWrite + Unpin> Lines<W> {
    /// Writes all there is.
    async fn put(&mut self) -> io::Result<()> {
        while let Some(rest @ [_, ..]) = self.text.as_bytes().get(self.written..) {
            match self.output.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => self.written += count,
            }
        }
        self.text.clear();
        self.written = 0;
        self.output.flush().await
    }
}

/// Writes what there is to send, in batches.
async fn write<W: AsyncWrite + Unpin>(lines: &mut Lines<W>, link: &Link) -> io::Result<()> {
    loop {
        let first = link.transmit().await;
        let is_over = matches!(first, Transmit::Close { .. });
        lines.text = batch(link, Some(first));
        lines.put().await?;
        if is_over {
            return Ok(());
        }
    }
}

fn batch(link: &Link, first: Option<Transmit<Raw>>) -> String {
    let mut text = String::new();
    let mut message = first.or_else(|| link.try_transmit());
    while let Some(Transmit::Send { frame, .. }) = message {
        // Compact JSON has no line breaks.
        frame.write_json(&mut text);
        text.push('\n');
        message = if text.len() < BATCH { link.try_transmit() } else { None };
    }
    text
}

/// Reads lines into the link, at the pace at which their answers leave.
async fn read(
    mut input: impl AsyncBufRead + Unpin,
    link: &Link,
    limit: usize,
    mut counter: Counter,
) -> io::Result<()> {
    let mut held = Vec::new();
    // Why the rest of the line is read, but not kept.
    let mut refused = None;
    loop {
        link.ready().await;
        // What has been read of a line may have to give way before more of it comes.
        let room = poll_fn(|cx| match counter.poll_room(cx) {
            Poll::Ready(Ok(())) => {
                Pin::new(&mut input).poll_fill_buf(cx).map(|read| read.map(|_| true))
            }
            Poll::Ready(Err(_)) => Poll::Ready(Ok(false)),
            Poll::Pending => Poll::Pending,
        });
        if !room.await? {
            refused = Some(Unreadable::Busy);
            held = Vec::new();
            counter.finish();
        }
        let bytes = input.fill_buf().await?;
        let (part, end) = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) => (&bytes[..end], Some(end + 1)),
            None => (bytes, None),
        };
        if held.len() + part.len() > limit {
            refused.get_or_insert(Unreadable::Size);
        }
        if refused.is_none() {
            held.extend_from_slice(part);
            counter.add(part.len());
        }
        let (count, is_at_end) = (end.unwrap_or(bytes.len()), bytes.is_empty());
        input.consume(count);
        let is_whole = end.is_some() || is_at_end;
        if refused.is_none() && is_whole && counter.room().await.is_err() {
            refused = Some(Unreadable::Busy);
        }
        if refused.is_some() {
            held = Vec::new();
            counter.finish();
        }
        if !is_whole {
            continue;
        }
        if let Some(why) = refused.take() {
            tracing::warn!(limit, "a line is refused: {why}");
            link.receive_unreadable(why, None);
        } else {
            match String::from_utf8(std::mem::take(&mut held)) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => link.receive_text(Held::new(text, counter.finish())),
                Err(error) => {
                    let id = find_id(&String::from_utf8_lossy(error.as_bytes()));
                    link.receive_unreadable(Unreadable::Encoding, id);
                }
            }
        }
        counter.finish();
        if is_at_end {
            return Ok(());
        }
    }
}
