//! What a WebSocket reads from: frames are cut into pieces, and their bytes are counted.
//!
//! Its library makes room for a whole frame as soon as it knows the length, and keeps the room for as
//! long as the connection rests. So it never sees a large one: each comes as several, which is the
//! same message to it (RFC 6455, 5.4: an intermediary may do so).

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, ReadBuf};

use super::reading::{Counter, SharedCounter, lock};

/// Bytes of the largest piece: a multiple of four, so that each begins with the same byte of the mask.
const PIECE: u64 = 16 << 10;
/// Bytes that are read at once, at least.
const BUFFER: usize = 4 << 10;
/// Bytes of the longest head of a frame.
const HEAD: usize = 14;

/// A stream of masked frames.
pub(super) struct Pieces<S> {
    stream: BufReader<S>,
    counter: SharedCounter,
    /// Bytes of the largest frame that is cut; what is larger is for the library to refuse.
    largest: u64,
    /// The head of a frame as it comes, or of a piece as it goes.
    head: Head,
    /// Bytes of the piece that are to come, and those of the frame behind it.
    piece: u64,
    rest: u64,
    /// What the piece is of.
    frame: Frame,
    /// The message has been given up, and what comes is not kept.
    is_over: bool,
}

#[derive(Default)]
struct Head {
    bytes: [u8; HEAD],
    length: usize,
    /// How many of them have left, once it is known.
    left: Option<usize>,
}

#[derive(Clone, Copy, Default)]
struct Frame {
    /// Its first byte.
    first: u8,
    mask: [u8; 4],
}

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Stands for a length of two bytes.
const TWO_BYTES: u8 = 126;
/// The bits of extensions, and the one that makes a frame one of control.
const RESERVED: u8 = 0b0111_1000;

impl Frame {
    /// Whether it is a part of a message, and of none that an extension has changed.
    fn is_data(self) -> bool {
        self.first & RESERVED == 0
    }
}

impl Head {
    /// How many bytes there have to be, as far as is known.
    fn wanted(&self) -> usize {
        let [_, second, ..] = self.bytes;
        if self.length < 2 {
            return 2;
        }
        let mask = if second & MASKED == 0 { 0 } else { 4 };
        mask + match second & !MASKED {
            126 => 4,
            127 => 10,
            _ => 2,
        }
    }

    /// The frame, its length, and whether it is masked.
    fn read(&self) -> (Frame, u64, bool) {
        let [first, second, ..] = self.bytes;
        let number = |length: usize| {
            let bytes = self.bytes.iter().skip(2).take(length);
            bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte))
        };
        let length = match second & !MASKED {
            126 => number(2),
            127 => number(8),
            short => short.into(),
        };
        let mut mask = [0; 4];
        let is_masked = second & MASKED != 0;
        if is_masked {
            let bytes = self.bytes.iter().take(self.length).rev();
            mask.iter_mut().rev().zip(bytes).for_each(|(to, from)| *to = *from);
        }
        (Frame { first, mask }, length, is_masked)
    }

    /// The head of a piece.
    fn of(frame: Frame, length: u64) -> Self {
        let mut head = Self { left: Some(0), ..Self::default() };
        let mut put = |bytes: &[u8]| {
            for byte in bytes {
                if let Some(place) = head.bytes.get_mut(head.length) {
                    *place = *byte;
                    head.length += 1;
                }
            }
        };
        // A piece is never longer than what two bytes can say.
        let [.., high, low] = length.to_be_bytes();
        put(&[frame.first]);
        if length < 126 {
            put(&[MASKED | low]);
        } else {
            put(&[MASKED | TWO_BYTES, high, low]);
        }
        put(&frame.mask);
        head
    }
}

impl<S: AsyncRead> Pieces<S> {
    pub(super) fn new(stream: S, counter: Counter, largest: usize) -> (Self, SharedCounter) {
        let counter = counter.shared();
        let pieces = Self {
            stream: BufReader::with_capacity(BUFFER, stream),
            counter: Arc::clone(&counter),
            largest: largest.try_into().unwrap_or(u64::MAX),
            head: Head::default(),
            piece: 0,
            rest: 0,
            frame: Frame::default(),
            is_over: false,
        };
        (pieces, counter)
    }
}

impl<S: AsyncRead + Unpin> Pieces<S> {
    /// Takes what there is of a head. `false`: nothing more comes.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.head.length < self.head.wanted() {
            let read = ready!(Pin::new(&mut self.stream).poll_fill_buf(cx))?;
            if read.is_empty() {
                return Poll::Ready(Ok(false));
            }
            let wanted = self.head.wanted() - self.head.length;
            let free = self.head.bytes.iter_mut().skip(self.head.length);
            let count = free.zip(read.iter().take(wanted)).map(|(to, from)| *to = *from).count();
            self.head.length += count;
            Pin::new(&mut self.stream).consume(count);
        }
        let (frame, length, is_masked) = self.head.read();
        self.frame = frame;
        if is_masked && frame.is_data() && length > PIECE && length <= self.largest {
            // The first piece is not the last.
            self.head = Head::of(Frame { first: frame.first & !FINAL, ..frame }, PIECE);
            (self.piece, self.rest) = (PIECE, length - PIECE);
        } else {
            self.head.left = Some(0);
            (self.piece, self.rest) = (length, 0);
        }
        Poll::Ready(Ok(true))
    }

    /// The message at hand is given up, and what follows is read only to be dropped.
    pub(super) fn give_up(&mut self) {
        self.is_over = true;
        lock(&self.counter).finish();
    }

    /// What follows a piece of which nothing is left.
    fn next(&mut self) {
        if self.rest == 0 {
            self.head = Head::default();
            return;
        }
        let length = self.rest.min(PIECE);
        self.rest -= length;
        self.piece = length;
        // A continuation, and the last one as the frame was.
        let first = if self.rest == 0 { self.frame.first & FINAL } else { 0 };
        self.head = Head::of(Frame { first, ..self.frame }, length);
    }

    /// Whether more may be read: not before there is room for what has been.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_over {
            return Poll::Ready(Ok(()));
        }
        let room = ready!(lock(&self.counter).poll_room(cx));
        Poll::Ready(room.map_err(|_| {
            self.give_up();
            ErrorKind::ResourceBusy.into()
        }))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Pieces<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_room(cx))?;
        loop {
            if this.is_over {
                // Nobody looks at what it says any more.
                return Pin::new(&mut this.stream).poll_read(cx, buffer);
            }
            let Some(left) = this.head.left else {
                if !ready!(this.poll_head(cx))? {
                    return Poll::Ready(Ok(()));
                }
                continue;
            };
            if left < this.head.length {
                let bytes = this.head.bytes.get(left..this.head.length).unwrap_or_default();
                let count = bytes.len().min(buffer.remaining());
                buffer.put_slice(bytes.get(..count).unwrap_or_default());
                this.head.left = Some(left + count);
                return Poll::Ready(Ok(()));
            }
            if this.piece == 0 {
                this.next();
                continue;
            }
            let read = ready!(Pin::new(&mut this.stream).poll_fill_buf(cx))?;
            let most = usize::try_from(this.piece).unwrap_or(usize::MAX).min(buffer.remaining());
            let part = read.get(..most).unwrap_or(read);
            let count = part.len();
            buffer.put_slice(part);
            Pin::new(&mut this.stream).consume(count);
            this.piece -= count as u64;
            if this.frame.is_data() {
                lock(&this.counter).add(count);
            }
            return Poll::Ready(Ok(()));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Pieces<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    ends_of_writing!();
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use tokio::io::{AsyncWriteExt, duplex};
    use tokio_tungstenite::{
        WebSocketStream,
        tungstenite::{
            Error, Message,
            protocol::{Role, WebSocketConfig},
        },
    };

    use super::{Counter, PIECE, Pieces};
    use crate::native::reading::{SharedCounter, lock};
    use crate::server::Intake;

    type Socket = WebSocketStream<Pieces<tokio::io::DuplexStream>>;

    const LARGEST: usize = 1 << 20;

    async fn server(stream: tokio::io::DuplexStream) -> (Socket, SharedCounter) {
        let counter = Counter::new(&Intake::new(16 << 20), None);
        let (pieces, counter) = Pieces::new(stream, counter, LARGEST);
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST))
            .read_buffer_size(4 << 10);
        (WebSocketStream::from_raw_socket(pieces, Role::Server, Some(config)).await, counter)
    }

    #[tokio::test]
    async fn frames_of_every_length_arrive_as_they_were_sent() {
        let piece = usize::try_from(PIECE).unwrap();
        let mut lengths: Vec<usize> = vec![0, 1, 125, 126, 127, 65_535, 65_536, 65_537, LARGEST];
        lengths.extend((0..4).flat_map(|n| [piece * n + 1, piece * (n + 1) - 1, piece * (n + 1)]));
        for room in [1, 3, 100, 64 << 10] {
            let (near, far) = duplex(room.max(16));
            let mut client = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
            let (mut server, counter) = server(far).await;
            let lengths = lengths.iter().filter(|length| **length / room < 10_000);
            let texts: Vec<String> = lengths
                .map(|length| {
                    "aß語😀"
                        .chars()
                        .cycle()
                        .scan(*length, |left, c| {
                            *left = left.checked_sub(c.len_utf8())?;
                            Some(c)
                        })
                        .collect()
                })
                .collect();
            let sending = async {
                for text in &texts {
                    client.feed(Message::Ping(vec![7; 125].into())).await.unwrap();
                    client.send(Message::text(text.as_str())).await.unwrap();
                }
            };
            let reading = async {
                for text in &texts {
                    assert!(server.next().await.unwrap().unwrap().is_ping());
                    let message = server.next().await.unwrap().unwrap();
                    assert_eq!(message.to_text().unwrap(), text);
                    let bytes = lock(&counter).count();
                    assert_eq!(bytes, text.len(), "of its bytes, and of no others");
                    drop(lock(&counter).finish());
                }
            };
            tokio::join!(sending, reading);
        }
    }

    /// What a server makes of these bytes.
    async fn read(bytes: &[u8]) -> Result<Message, Error> {
        let (mut near, far) = duplex(64 << 10);
        near.write_all(bytes).await.unwrap();
        drop(near);
        server(far).await.0.next().await.unwrap()
    }

    #[tokio::test]
    async fn what_is_no_frame_is_refused_as_ever() {
        let too_large = [&[0x81, 0xff], &(LARGEST as u64 + 1).to_be_bytes()[..], &[0; 4]].concat();
        assert!(matches!(read(&too_large).await, Err(Error::Capacity(_))));
        let unmasked = [&[0x81, 126, 0x7f, 0xff], &vec![b'a'; 0x7fff][..]].concat();
        assert!(matches!(read(&unmasked).await, Err(Error::Protocol(_))));
        let reserved = [&[0xc1, 0xfe, 0x7f, 0xff], &vec![0; 4 + 0x7fff][..]].concat();
        assert!(matches!(read(&reserved).await, Err(Error::Protocol(_))));
        let no_text = [&[0x81, 0xfe, 0x7f, 0xff, 0, 0, 0, 0], &vec![0xff; 0x7fff][..]].concat();
        assert!(matches!(read(&no_text).await, Err(Error::Utf8(_))));
        let long_ping = [&[0x89, 0xfe, 0x7f, 0xff, 0, 0, 0, 0], &vec![0; 0x7fff][..]].concat();
        assert!(matches!(read(&long_ping).await, Err(Error::Protocol(_))));
        for part in [&[0x81_u8, 0xfe, 0x7f][..], &[0x81, 0xfe, 0x7f, 0xff, 0, 0, 0, 0, 7]] {
            assert!(read(part).await.is_err(), "it breaks off");
        }
    }
}
