//! Connections from a listener to an app, with limits on what a peer may take its time for.

use std::{
    convert::Infallible, future::Future, io::ErrorKind, net::SocketAddr, pin::pin, time::Duration,
};

use axum::Router;
use hyper::{
    Request, StatusCode,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Opening, Options,
    connections::{Answer, Connections, Seated},
    patient::Patient,
};

/// Bytes of the largest head of a request, and of what waits to be written on a connection.
const BUFFER: usize = 64 << 10;
/// What one connection too many is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
                      Content-Length: 0\r\n\r\n";
/// Bytes that the kernel takes ahead of what it can send.
#[cfg(any(target_os = "android", target_os = "linux"))]
const UNSENT: u32 = 64 << 10;

/// Serves the app on every connection until `stop` is ready, then lets what is being answered come
/// to its end.
///
/// The loop is by hand, since `hyper_util::server::graceful` takes the connections themselves and ends
/// all of them at once: one that has to make room for another could not be ended alone.
pub(super) async fn run(
    listener: TcpListener,
    opening: impl Opening,
    app: Router,
    options: &Options,
    stop: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.head_timeout).max_buf_size(BUFFER);
    let ending = watch::Sender::new(false);
    let connections = Connections::new(options);
    // Handlers learn where each request comes from.
    let app = TowerToHyperService::new(app.into_make_service_with_connect_info::<SocketAddr>());
    let accepting = async {
        loop {
            let (stream, address) = accept(&listener, &connections).await;
            tune(&stream);
            let Some(seat) = connections.admit(address) else {
                if opening.is_plain() {
                    // The peer may hear it, or may not.
                    let _ = stream.try_write(FULL);
                }
                continue;
            };
            let (state, desk) = (seat.connection(), seat.desk());
            let Ok(answering) = app.call(address).await;
            let answering = TowerToHyperService::new(answering);
            let service = service_fn(move |mut request: Request<Incoming>| {
                let busy = desk.begin();
                request.extensions_mut().insert(desk.clone());
                let answer = answering.call(request);
                async move {
                    let response = answer.await?;
                    let busy = if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                        busy.for_good();
                        None
                    } else {
                        Some(busy)
                    };
                    Ok::<_, Infallible>(response.map(|body| Answer { body, busy }))
                }
            });
            let patience = options.write_timeout;
            let stream = Seated::new(stream, seat, patience);
            let (builder, opening) = (builder.clone(), opening.clone());
            let (head_timeout, mut end) = (options.head_timeout, ending.subscribe());
            tokio::spawn(async move {
                let opened = tokio::select! {
                    opened = timeout(head_timeout, opening.open(stream)) => opened,
                    _ = end.wait_for(|end| *end) => return,
                    () = state.has_to_end() => return,
                };
                let Ok(Ok(stream)) = opened else {
                    return tracing::debug!(%address, "a connection was not opened");
                };
                let io = TokioIo::new(Patient::new(stream, patience));
                let mut connection = pin!(builder.serve_connection(io, service).with_upgrades());
                let mut result = tokio::select! {
                    result = connection.as_mut() => Some(result),
                    _ = end.wait_for(|end| *end) => None,
                    () = state.has_to_end() => {
                        if state.is_idle() {
                            return;
                        }
                        None
                    }
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

async fn accept(listener: &TcpListener, connections: &Connections) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The peer was gone before it was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted
                        | ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionReset
                ) => {}
            // Out of file descriptors, mostly. An idle connection gives its own back at once, others
            // will come back.
            Err(error) => {
                let has_room = connections.make_room();
                if !has_room {
                    tracing::error!(%error, "cannot accept a connection");
                }
                sleep(Duration::from_millis(if has_room { 5 } else { 500 })).await;
            }
        }
    }
}
