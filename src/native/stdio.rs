//! Messages as lines: standard input and output, pipes, Unix sockets.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    task::Poll,
};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use super::{Options, endpoint, stop_signal};
use crate::{
    jsonrpc::{Raw, Unreadable, find_id},
    server::{Link, Server, Transmit},
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
/// A read from standard input cannot be taken back. A program that stops before its input ends
/// does well to end its runtime with [`shutdown_timeout`](tokio::runtime::Runtime::shutdown_timeout).
///
/// # Errors
/// Reading or writing failed.
pub async fn serve_stdio(server: Server) -> io::Result<()> {
    let limit = Options::default().max_message;
    let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
    serve_lines(input, output, server, limit, stop_signal()).await
}

/// Serves MCP on a stream of lines, each one message, until it ends or `stop` is ready. Lines of
/// more than `limit` bytes are refused.
///
/// # Errors
/// Reading or writing failed.
pub async fn serve_lines(
    input: impl AsyncRead,
    output: impl AsyncWrite,
    server: Server,
    limit: usize,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    server.set_clock(endpoint::now);
    let (link, driver) = server.connect();
    let (mut driver, mut input, mut output) =
        (pin!(driver), pin!(BufReader::new(input)), pin!(output));
    let end = tokio::select! {
        // The handlers come first: what they report leaves in the same turn.
        biased;
        () = driver.as_mut() => Ok(()),
        end = write(output.as_mut(), &link) => end,
        end = read(input.as_mut(), &link, limit) => end,
        () = stop => Ok(()),
    };
    // What the last line has asked for may be answered already, but no tool is waited for: a host
    // that has gone could not stop it any more.
    poll_fn(|cx| Poll::Ready(driver.as_mut().poll(cx).is_ready())).await;
    link.end_listens();
    let rest = match &end {
        Ok(()) => batch(&link, None),
        Err(_) => String::new(),
    };
    drop(link);
    driver.await;
    output.write_all(rest.as_bytes()).await?;
    output.flush().await?;
    end
}

/// Writes what there is to send, in batches.
async fn write(mut output: impl AsyncWrite + Unpin, link: &Link) -> io::Result<()> {
    loop {
        let first = link.transmit().await;
        let is_over = matches!(first, Transmit::Close { .. });
        output.write_all(batch(link, Some(first)).as_bytes()).await?;
        output.flush().await?;
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
        text.push_str(&frame.to_json());
        text.push('\n');
        message = if text.len() < BATCH { link.try_transmit() } else { None };
    }
    text
}

/// Reads lines into the link, at the pace at which their answers leave.
async fn read(mut input: impl AsyncBufRead + Unpin, link: &Link, limit: usize) -> io::Result<()> {
    let mut held = Vec::new();
    let mut is_too_long = false;
    loop {
        link.ready().await;
        let bytes = input.fill_buf().await?;
        let (part, end) = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) => (&bytes[..end], Some(end + 1)),
            None => (bytes, None),
        };
        // The rest of a line that is too long is read, but not kept.
        is_too_long |= held.len() + part.len() > limit;
        if !is_too_long {
            held.extend_from_slice(part);
        }
        let (count, is_at_end) = (end.unwrap_or(bytes.len()), bytes.is_empty());
        input.consume(count);
        if end.is_none() && !is_at_end {
            continue;
        }
        if std::mem::take(&mut is_too_long) {
            tracing::warn!(limit, "a line is too long");
            link.receive("too long");
            held = Vec::new();
        } else {
            match String::from_utf8(std::mem::take(&mut held)) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => link.receive_text(text),
                Err(error) => {
                    let id = find_id(&String::from_utf8_lossy(error.as_bytes()));
                    link.receive_unreadable(Unreadable::Encoding, id);
                }
            }
        }
        if is_at_end {
            return Ok(());
        }
    }
}
