//! Connections from a listener to an app, with limits on what a peer may take its time for.

use std::{future::Future, io::ErrorKind, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

use super::{Options, patient::Patient};

/// Bytes of the largest head of a request, and of what waits to be written on a connection.
const BUFFER: usize = 64 << 10;
/// Bytes that the kernel takes ahead of what it can send.
#[cfg(any(target_os = "android", target_os = "linux"))]
const UNSENT: u32 = 64 << 10;

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
            tune(&stream);
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

fn tune(stream: &TcpStream) {
    // Progress is many small frames: Nagle's algorithm would hand them over in batches.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    // Else the kernel takes megabytes ahead, and that a slow peer reads on is seen only when a third
    // of them has left. What waits with us can still give way to a newer report, too.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "cannot set TCP_NOTSENT_LOWAT");
    }
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
