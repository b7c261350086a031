//! How long a peer may take its time to read.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Bytes a second that a peer has to take while something waits for it: less than the slowest line
/// has, and more than it costs nothing to hold a connection by.
const SLOWEST: u128 = 512;

/// A stream whose peer must go on reading, as long as there is something to read.
///
/// Bytes count, not messages: a large result may take a slow line its time. And a byte now and then
/// is not reading: within each time that the peer is given, it has to take what [`SLOWEST`] makes
/// of it, or all that there is. By hand, since `tokio-io-timeout` begins anew with every byte.
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    /// Runs while the peer is behind.
    behind: Option<Pin<Box<Sleep>>>,
    /// Bytes that it has taken meanwhile.
    taken: usize,
    pulse: Arc<Pulse>,
}

/// Whether a peer gives signs of life: every byte is one, also of a message that is long in coming.
#[derive(Default)]
pub(super) struct Pulse {
    /// Pings since the last sign.
    pings: AtomicU32,
    /// Nobody hears a sign while nobody reads.
    is_deaf: AtomicBool,
}

impl Pulse {
    fn beats(&self) {
        self.pings.store(0, Ordering::Relaxed);
    }

    /// Reading begins, or ends until there is room again.
    pub(super) fn listens(&self, listens: bool) {
        self.is_deaf.store(!listens, Ordering::Relaxed);
    }

    /// Counts a ping that goes out: how many have stayed without a sign that could be heard.
    pub(super) fn pings(&self) -> u32 {
        if self.is_deaf.load(Ordering::Relaxed) {
            self.beats();
        }
        self.pings.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, behind: None, taken: 0, pulse: Arc::default() }
    }

    /// Gives the peer another time from now on.
    pub(super) fn give(&mut self, patience: Duration) {
        self.patience = patience;
        self.caught_up();
    }

    /// The peer's signs of life.
    pub(super) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Bytes that the peer has to take within its time.
    fn wanted(&self) -> usize {
        usize::try_from(self.patience.as_millis() * SLOWEST / 1000).unwrap_or(usize::MAX).max(1)
    }

    fn watch(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            self.taken = self.taken.saturating_add(*written.as_ref().unwrap_or(&0));
            if self.taken >= self.wanted() {
                self.caught_up();
            }
            return Poll::Ready(written);
        }
        let patience = self.patience;
        let behind = self.behind.get_or_insert_with(|| {
            self.taken = 0;
            Box::pin(sleep(patience))
        });
        match behind.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the peer reads too slowly")))
            }
        }
    }

    fn caught_up(&mut self) {
        self.behind = None;
        self.taken = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pulse.beats();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
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

    /// Whoever flushes has nothing left to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        match self.watch(cx, flushed.map_ok(|()| 0)) {
            Poll::Ready(Ok(_)) => {
                self.caught_up();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, time::Duration};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        task::JoinHandle,
        time::{Instant, sleep},
    };

    use super::Patient;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// How a write went, and how long it took.
    type Written = (Result<(), ErrorKind>, Duration);

    /// Writes as much to a peer.
    fn writing(bytes: usize) -> (DuplexStream, JoinHandle<Written>) {
        let (near, far) = duplex(1024);
        let task = tokio::spawn(async move {
            let (mut stream, start) = (Patient::new(near, PATIENCE), Instant::now());
            let written = async {
                stream.write_all(&vec![7; bytes]).await?;
                stream.flush().await
            };
            let written = written.await.map_err(|error| error.kind());
            (written, start.elapsed())
        });
        (far, task)
    }

    /// Reads so many bytes again and again.
    async fn read(mut peer: DuplexStream, bytes: usize, every: Duration) {
        let mut buffer = vec![0; bytes];
        while peer.read_exact(&mut buffer).await.is_ok() {
            sleep(every).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_in_time() {
        let (_peer, task) = writing(2_000);
        let (written, time) = task.await.unwrap();
        assert_eq!(written, Err(ErrorKind::TimedOut));
        assert!(time >= PATIENCE && time < PATIENCE * 2, "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_not_reading() {
        for (bytes, every) in [(1, 29), (1, 1), (100, 1), (5_000, 29)] {
            let (peer, task) = writing(1_000_000);
            let reader = tokio::spawn(read(peer, bytes, Duration::from_secs(every)));
            let (written, time) = task.await.unwrap();
            assert_eq!(written, Err(ErrorKind::TimedOut), "{bytes} each {every} s");
            assert!(time < PATIENCE * 3, "{time:?}");
            reader.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_may_take_as_long_as_it_needs() {
        for (bytes, every) in [(1_024, 1), (600, 1), (20_000, 29)] {
            let (peer, task) = writing(1_000_000);
            let reader = tokio::spawn(read(peer, bytes, Duration::from_secs(every)));
            let (written, time) = task.await.unwrap();
            assert_eq!(written, Ok(()), "{bytes} each {every} s");
            assert!(time > PATIENCE * 10, "{time:?}");
            reader.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_slow_once_is_not_held_against_a_peer() {
        let (near, mut far) = duplex(1024);
        let mut stream = Patient::new(near, PATIENCE);
        let mut buffer = [0; 1_100];
        for _ in 0..10 {
            let read = async {
                sleep(Duration::from_secs(20)).await;
                far.read_exact(&mut buffer).await.unwrap();
            };
            let write = async {
                stream.write_all(&[7; 1_100]).await.unwrap();
                stream.flush().await.unwrap();
            };
            tokio::join!(read, write);
            sleep(PATIENCE).await;
        }
    }

    #[tokio::test]
    async fn pings_without_a_sign_of_life_count_only_while_somebody_listens() {
        let (near, mut far) = duplex(1024);
        let mut stream = Patient::new(near, PATIENCE);
        let pulse = stream.pulse();
        assert_eq!([pulse.pings(), pulse.pings(), pulse.pings()], [1, 2, 3]);
        far.write_all(b"a part of a message").await.unwrap();
        stream.read_u8().await.unwrap();
        assert_eq!([pulse.pings(), pulse.pings()], [1, 2]);
        pulse.listens(false);
        assert_eq!([pulse.pings(), pulse.pings(), pulse.pings()], [1, 1, 1]);
        pulse.listens(true);
        assert_eq!([pulse.pings(), pulse.pings()], [2, 3]);
    }
}
