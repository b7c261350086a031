//! What Rust and JavaScript say to each other in numbers. `wasm/words.js` of the package says each of
//! them by its name here; `cargo xtask check` compares the two.

// Some only JavaScript says, and each of the package's modules needs but a part.
#![allow(dead_code)]

/// How long the buffer for frames is, in bytes: the longest that takes the fast path.
pub const SCRATCH: usize = 4096;
const _: () = assert!(SCRATCH == crate::proto::client::LONGEST_SCANNED);
/// How many numbers a step has.
pub const NUMBERS: usize = 10;
/// How many records the table has.
pub const RECORDS: usize = 128;
/// How many numbers a record has.
pub const FIELDS: usize = 10;
/// Stands in the place of an id where the sending of a message is to be told of.
pub const GREETING: f64 = -1.0;
/// Stands in the place of a slot where there is none.
pub const NO_SLOT: f64 = -1.0;

/// What [`Core::view`](super::Core::view) is asked for.
#[derive(Clone, Copy)]
pub enum View {
    Numbers = 0,
    Scratch = 1,
    Records = 2,
}

/// The places in the numbers.
#[derive(Clone, Copy)]
pub enum Place {
    Slot = 0,
    Id = 1,
    Progress = 2,
    Total = 3,
    Deadline = 4,
    Odd = 5,
    Text = 6,
    TextLength = 7,
    Data = 8,
    DataLength = 9,
}

/// The numbers of a record.
#[derive(Clone, Copy)]
pub enum Field {
    /// Whose it is; [`NO_SLOT`] if it is not delivered.
    Slot = 0,
    /// What is odd about it, as `Oddity` numbers it; 0 for nothing.
    Odd = 1,
    /// The sum of its [`Flag`]s.
    Flags = 2,
    Token = 3,
    Progress = 4,
    /// NaN if there is none.
    Total = 5,
    /// Where the message starts, in UTF-16 units; 0 if there is none.
    Start = 6,
    End = 7,
    /// Where the params start, if they have members that no field tells; otherwise 0.
    From = 8,
    To = 9,
}

/// What is to be known of a record.
#[derive(Clone, Copy)]
pub enum Flag {
    /// The token came as text.
    AsText = 1,
    /// The message has escapes.
    Escaped = 2,
    /// It came on the stream of another request. Only a worker tells: the page's client knows.
    Stray = 4,
}

/// What a connection goes over.
#[derive(Clone, Copy)]
pub enum Channel {
    /// A connection of its own, to an address.
    Socket = 0,
    /// Exchanges.
    Http = 1,
    /// What somebody else has made.
    Port = 2,
}

/// What a request may have to do with results that are kept.
#[derive(Clone, Copy)]
pub enum Caching {
    /// Nothing is kept.
    Off = 0,
    /// The result may be one that is kept for all.
    Shared = 1,
    /// Also one that is private to the latest authorization, which is that of this request.
    Private = 2,
    /// The result is to be new, and may be kept.
    Renew = 3,
}

/// What became of a request.
#[derive(Clone, Copy)]
pub enum Requested {
    /// There is no connection.
    Not = 0,
    /// It could be sent; the numbers say its slot and id.
    Sent = 1,
    /// Its result is there already, as the value.
    Kept = 2,
    /// There is a private result, for an authorization that was not named.
    Private = 3,
}

/// Why a worker says that a request will not be answered; any other number is the HTTP status.
#[derive(Clone, Copy)]
pub enum Failed {
    /// The server broke the protocol.
    Protocol = 0,
    /// The request was not sent.
    Unsent = 1,
    /// Its answer was lost.
    Lost = 2,
    /// What has come is not read; if it answers a request, that is its id.
    Unread = 3,
    /// The address only speaks HTTP+SSE.
    SseOnly = 4,
}

/// What became of a wish for log messages.
#[derive(Clone, Copy)]
pub enum LogLevel {
    /// There is no such level.
    Unknown = -1,
    /// There is no connection.
    Not = 0,
    /// The server has to be told by `logging/setLevel`.
    Tell = 1,
    /// That is done.
    Set = 2,
}

/// What [`Core::poll`](super::Core::poll) says is to be done.
#[derive(Clone, Copy)]
pub enum Step {
    Nothing = 0,
    Send = 1,
    Reopen = 2,
    Connected = 3,
    Disconnected = 4,
    Progress = 5,
    Resolve = 6,
    Reject = 7,
    Notification = 8,
    Request = 9,
    Fault = 10,
    Stalled = 11,
    Input = 12,
    Leg = 13,
    Task = 14,
    Withdrawn = 15,
    Acknowledged = 16,
    Update = 17,
    Odd = 18,
    Interrupted = 19,
    /// Start an exchange of HTTP: its number, method, headers (names and values in turn), body, and
    /// the message that it is about, whose id the numbers say if that is a request.
    Fetch = 20,
    /// Break the exchange off whose number is in the place of the id.
    Abort = 21,
    /// A message has come by HTTP that JavaScript hands on.
    Message = 22,
    /// There will be no answer to the request whose `id` is beside the error.
    Unanswered = 23,
    /// The session has ended and cannot be opened again.
    Expired = 24,
    /// The server knows that the session has begun.
    Begun = 25,
    /// What tells the server so was lost on the way.
    NotBegun = 26,
    /// What is known of tools from now on, or with undefined nothing.
    Tools = 28,
    /// A request of the server has come by HTTP; the numbers say the id of the request on whose stream
    /// it came, or NaN.
    Asked = 27,
    /// The part of the module that is loaded late will be needed.
    Incomplete = 29,
}

/// What is to be done with the body of an answer.
#[derive(Clone, Copy)]
pub enum Body {
    None = 0,
    Whole = 1,
    Events = 2,
}

/// What [`Core::feed`](super::Core::feed) says beside the number of records.
#[derive(Clone, Copy)]
pub enum Found {
    /// The next event is there.
    Event = 256,
    /// It is larger than is read.
    Oversize = 512,
    /// There is more to be read.
    More = 1024,
    /// There are steps to be done.
    Stirs = 2048,
    /// A part of a long event is there, for JavaScript to keep.
    Part = 4096,
    /// It goes on behind the parts of the same event that came before.
    GoesOn = 8192,
}

/// The kinds of things that a server has.
#[derive(Clone, Copy)]
pub enum HandlerKind {
    Tool = 0,
    Resource = 1,
    Template = 2,
    Prompt = 3,
    Completion = 4,
}

/// Who is asked by a handler of a server.
#[derive(Clone, Copy)]
pub enum Question {
    Person = 0,
    Model = 1,
    Roots = 2,
}

/// What a handler's question gets instead of a number of its own.
#[derive(Clone, Copy)]
pub enum Asked {
    /// It is answered, by the value.
    Given = 0,
    /// The handler cannot go on, and the call is to be concluded; the value is the question's key.
    Suspended = -1,
    /// The call is over.
    Over = -2,
}

/// What became of a log message.
#[derive(Clone, Copy)]
pub enum Logged {
    /// There is no such level.
    NoLevel = -1,
    /// There is no room now.
    NoRoom = 0,
    /// It is sent, or nobody wants it.
    Done = 1,
}
