//! Connections from a listener to an app, with limits on what a peer may take its time for.

use std::{
    future::Future,
    io::{self, ErrorKind, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Sleep, sleep},
};

use super::Options;

/// Bytes of the largest head of a request, and of what waits to be written on a connection.
const BUFFER: usize = 64 << 10;

/// Serves the app on every connection until `stop` is ready, then lets what is being answered come
/// to its end.
pub(super) async fn run(
    listener: TcpListener,
    app: Router,
    options: &Options,
    stop: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.head_timeout).max_buf_size(BUFFER);
    let ending = watch::Sender::new(false);
    let accepting = async {
        loop {
            let stream = accept(&listener).await;
            // Progress is many small frames: Nagle's algorithm would hand them over in batches.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
            let io = TokioIo::new(Patient::new(stream, options.write_timeout));
            let service = TowerToHyperService::new(app.clone());
            let connection = builder.serve_connection(io, service).with_upgrades();
            let mut end = ending.subscribe();
            tokio::spawn(async move {
                let mut connection = pin!(connection);
                let mut result = tokio::select! {
                    result = connection.as_mut() => Some(result),
                    _ = end.wait_for(|end| *end) => None,
                };
                if result.is_none() {
                    connection.as_mut().graceful_shutdown();
                    result = Some(connection.await);
                }
                if let Some(Err(error)) = result {
                    tracing::debug!(%error, "a connection broke");
                }
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop => {}
    }
    drop(listener);
    ending.send_replace(true);
    ending.closed().await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // The peer was gone before it was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted
                        | ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                // Out of file descriptors, mostly: some will come back.
                tracing::error!(%error, "cannot accept a connection");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// A stream whose peer must take something within a time, while there is something to take.
struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// Runs while the peer takes nothing.
    overdue: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience, overdue: None }
    }

    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.overdue = None;
            return written;
        }
        let patience = self.patience;
        let overdue = self.overdue.get_or_insert_with(|| Box::pin(sleep(patience)));
        match overdue.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the peer takes nothing")))
            }
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
