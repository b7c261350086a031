//! The connections of a listener: how many there may be, and which one gives way.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
    time::Instant,
};

use super::{Options, peer::Peer};
use crate::{
    http::server::{Roster, RosterLimits, Standing},
    proto::Millis,
};

/// Descriptors that are left for other things than connections.
const OTHERS: usize = 64;

/// All connections of a listener.
pub(super) struct Connections {
    roster: Mutex<Roster<u64, Peer, Arc<Connection>>>,
    limits: RosterLimits,
    /// Whether clients are told apart by the address that they connect from.
    by_address: bool,
    newest: AtomicU64,
    born: Instant,
}

/// What is known of a connection.
#[derive(Default)]
pub(super) struct Connection {
    /// Requests that are being answered.
    busy: AtomicUsize,
    has_worked: AtomicBool,
    /// When it was last busy, or began, in milliseconds.
    idle_since: AtomicU64,
    /// Somebody waits to know whether its peer is still there.
    is_hurried: AtomicBool,
    end: Notify,
}

/// The place of a connection; dropping it makes room.
pub(super) struct Seat {
    number: u64,
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Connections {
    pub(super) fn new(options: &Options) -> Arc<Self> {
        let all = options.max_connections.min(descriptors()).max(1);
        let per_peer = options.max_connections_per_peer.unwrap_or(all.div_ceil(2));
        Arc::new(Self {
            roster: Mutex::default(),
            // One that is idle may go at once: clients open another when they need one.
            limits: RosterLimits { all, per_peer, rest: 0.0 },
            by_address: options.forwarded_header.is_none(),
            newest: AtomicU64::new(0),
            born: Instant::now(),
        })
    }

    /// A place for a connection of this address, if there is one, or an idle one gives way.
    pub(super) fn admit(self: &Arc<Self>, address: SocketAddr) -> Option<Seat> {
        let number = self.newest.fetch_add(1, Ordering::Relaxed);
        let peer = self.by_address.then(|| Peer::at(address.ip()));
        let connection = Arc::new(Connection::default());
        connection.idle_since.store(self.now(), Ordering::Relaxed);
        let entry = Arc::clone(&connection);
        let admitted =
            self.lock().admit(number, peer, entry, self.millis(), &self.limits, standing);
        match admitted {
            Ok(left) => {
                for connection in &left {
                    connection.end.notify_one();
                }
                Some(Seat { number, connections: Arc::clone(self), connection })
            }
            Err(full) => {
                tracing::debug!(?full, %address, "a connection is refused");
                None
            }
        }
    }

    /// Ends what can best be done without. `false`: there is nothing.
    pub(super) fn make_room(&self) -> bool {
        let left = self.lock().evict(self.millis(), &self.limits, standing);
        for connection in &left {
            connection.end.notify_one();
        }
        !left.is_empty()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn millis(&self) -> Millis {
        self.born.elapsed().as_secs_f64() * 1000.0
    }

    fn lock(&self) -> MutexGuard<'_, Roster<u64, Peer, Arc<Connection>>> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::cast_precision_loss)] // it does not run that long
#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)]
fn standing(connection: &Arc<Connection>) -> Standing {
    let idle_since = connection.idle_since.load(Ordering::Relaxed) as Millis;
    Standing {
        idle_since: connection.is_idle().then_some(idle_since),
        has_worked: connection.has_worked.load(Ordering::Relaxed),
    }
}

impl Connection {
    /// Whether no request is being answered.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.load(Ordering::Relaxed) == 0
    }

    /// Ready when it has to give way.
    pub(super) async fn has_to_end(&self) {
        self.end.notified().await;
    }
}

impl Seat {
    pub(super) fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    /// For making its requests known.
    pub(super) fn desk(&self) -> Desk {
        let (connections, connection) = (Arc::clone(&self.connections), self.connection());
        Desk { connections, connection }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.number);
    }
}

/// Where the requests of a connection are counted.
#[derive(Clone)]
pub(super) struct Desk {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Desk {
    /// A request has come.
    pub(super) fn begin(&self) -> BusyDesk {
        self.connection.busy.fetch_add(1, Ordering::Relaxed);
        self.connection.has_worked.store(true, Ordering::Relaxed);
        BusyDesk(self.clone())
    }

    /// What is written next has to be acknowledged soon, or the connection is found to be gone.
    pub(super) fn hurry(&self) {
        self.connection.is_hurried.store(true, Ordering::Relaxed);
    }
}

/// A WebSocket on a connection. Until it has said something it has done nothing, and may give way.
pub(super) struct Speaker(Option<Desk>);

impl Speaker {
    /// The one of a connection, if it is one of a listener of ours.
    pub(super) fn new(desk: Option<Desk>) -> Self {
        if let Some(Desk { connections, connection }) = &desk {
            connection.has_worked.store(false, Ordering::Relaxed);
            connection.idle_since.store(connections.now(), Ordering::Relaxed);
            connection.busy.fetch_sub(1, Ordering::Relaxed);
        }
        Self(desk)
    }

    /// It has said something.
    pub(super) fn speaks(&self) {
        if let Some(Desk { connection, .. }) = &self.0
            && !connection.has_worked.swap(true, Ordering::Relaxed)
        {
            connection.busy.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Ready when it has to give way.
    pub(super) async fn has_to_end(&self) {
        match &self.0 {
            Some(desk) => desk.connection.has_to_end().await,
            None => std::future::pending().await,
        }
    }
}

/// A request that is being answered, until it is dropped.
pub(super) struct BusyDesk(Desk);

impl BusyDesk {
    /// The connection has become something else, and is never idle again.
    pub(super) fn for_good(self) {
        self.0.connection.busy.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for BusyDesk {
    fn drop(&mut self) {
        let Desk { connections, connection } = &self.0;
        connection.idle_since.store(connections.now(), Ordering::Relaxed);
        connection.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer; its request is done when this is dropped.
pub(super) struct Answer<B> {
    pub(super) body: B,
    #[expect(dead_code, reason = "dropped with the body")]
    pub(super) busy: Option<BusyDesk>,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream with the place that it takes, whatever becomes of the connection.
pub(super) struct Seated {
    stream: TcpStream,
    seat: Seat,
    patience: Duration,
    is_hurried: bool,
}

/// How long a peer may leave unacknowledged what it is sent while somebody waits to know whether it
/// is there.
const HURRIED: Duration = Duration::from_secs(4);

impl Seated {
    /// `patience`: how long the peer may leave unacknowledged what it is sent. One that is gone
    /// without a word is found out by that; else it would be waited for a quarter of an hour.
    pub(super) fn new(stream: TcpStream, seat: Seat, patience: Duration) -> Self {
        let seated = Self { stream, seat, patience, is_hurried: false };
        seated.tune();
        seated
    }

    #[cfg(any(target_os = "android", target_os = "linux"))]
    fn tune(&self) {
        let patience = if self.is_hurried { HURRIED } else { self.patience };
        if let Err(error) =
            socket2::SockRef::from(&self.stream).set_tcp_user_timeout(Some(patience))
        {
            tracing::debug!(%error, "cannot set TCP_USER_TIMEOUT");
        }
    }

    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    #[allow(clippy::unused_self)] // as above
    fn tune(&self) {
        let _ = (self.patience, HURRIED);
    }

    /// Something is about to be written.
    fn before_write(&mut self) {
        let is_hurried = self.seat.connection.is_hurried.swap(false, Ordering::Relaxed);
        if is_hurried != self.is_hurried {
            self.is_hurried = is_hurried;
            self.tune();
        }
    }
}

impl AsyncRead for Seated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Seated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.before_write();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.before_write();
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    ends_of_writing!();
}

/// As many connections as the system has descriptors for.
fn descriptors() -> usize {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit = None::<u64>;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    limit - OTHERS.min(limit / 4)
}

#[cfg(all(test, any(target_os = "android", target_os = "linux")))]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::AsyncWriteExt,
        net::{TcpListener, TcpStream},
    };

    use super::{Connections, HURRIED, Options, Seated};

    #[tokio::test]
    async fn whoever_is_asked_whether_it_is_there_has_to_acknowledge_soon() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (client, (stream, address)) = (client.unwrap(), accepted.unwrap());
        let seat = Connections::new(&Options::default()).admit(address).unwrap();
        let (desk, patience) = (seat.desk(), Duration::from_secs(30));
        let mut seated = Seated::new(stream, seat, patience);
        let allowed = |seated: &Seated| {
            socket2::SockRef::from(&seated.stream).tcp_user_timeout().unwrap().unwrap()
        };
        assert_eq!(allowed(&seated), patience);
        desk.hurry();
        assert_eq!(allowed(&seated), patience, "nothing is on its way yet");
        seated.write_all(b": \n\n").await.unwrap();
        assert_eq!(allowed(&seated), HURRIED);
        // It is still there when the next thing is sent, and has its usual time again.
        seated.write_all(b": \n\n").await.unwrap();
        assert_eq!(allowed(&seated), patience);
        drop(client);
    }
}
