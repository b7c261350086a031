// What Rust and JavaScript say to each other in numbers: the enums and constants of `src/wasm`, each by its name there, and codes of errors.
// `cargo xtask check` compares the two.

// `Core::poll`: the step to be done.
export const STEP_NOTHING = 0;
export const STEP_SEND = 1;
export const STEP_REOPEN = 2;
export const STEP_CONNECTED = 3;
export const STEP_DISCONNECTED = 4;
export const STEP_PROGRESS = 5;
export const STEP_RESOLVE = 6;
export const STEP_REJECT = 7;
export const STEP_NOTIFICATION = 8;
export const STEP_REQUEST = 9;
export const STEP_FAULT = 10;
export const STEP_STALLED = 11;
export const STEP_INPUT = 12;
export const STEP_LEG = 13;
export const STEP_TASK = 14;
export const STEP_WITHDRAWN = 15;
export const STEP_ACKNOWLEDGED = 16;
export const STEP_UPDATE = 17;
export const STEP_ODD = 18;
export const STEP_INTERRUPTED = 19;
export const STEP_FETCH = 20;
export const STEP_ABORT = 21;
export const STEP_MESSAGE = 22;
export const STEP_UNANSWERED = 23;
export const STEP_EXPIRED = 24;
export const STEP_BEGUN = 25;
export const STEP_NOT_BEGUN = 26;
export const STEP_ASKED = 27;
export const STEP_TOOLS = 28;
export const STEP_INCOMPLETE = 29;

// `Core::view`: which part of the memory.
export const VIEW_NUMBERS = 0;
export const VIEW_SCRATCH = 1;
export const VIEW_RECORDS = 2;

/** How long the scratch buffer is, in bytes: the longest frame that is worth scanning. */
export const SCRATCH = 4096;
/** How many records the table has. */
export const RECORDS = 128;
/** How many numbers a record has. */
export const FIELDS = 10;

// The places in the numbers of a step.
export const PLACE_SLOT = 0;
export const PLACE_ID = 1;
export const PLACE_PROGRESS = 2;
export const PLACE_TOTAL = 3;
export const PLACE_DEADLINE = 4;
export const PLACE_ODD = 5;
export const PLACE_TEXT = 6;
export const PLACE_TEXT_LENGTH = 7;
export const PLACE_DATA = 8;
export const PLACE_DATA_LENGTH = 9;

/** Stands in the place of an id where the sending of a message is to be told of. */
export const GREETING = -1;

// The numbers of a record, and its flags.
export const FIELD_SLOT = 0;
export const FIELD_ODD = 1;
export const FIELD_FLAGS = 2;
export const FIELD_TOKEN = 3;
export const FIELD_PROGRESS = 4;
export const FIELD_TOTAL = 5;
export const FIELD_START = 6;
export const FIELD_END = 7;
export const FIELD_FROM = 8;
export const FIELD_TO = 9;
export const FLAG_AS_TEXT = 1;
export const FLAG_ESCAPED = 2;
export const FLAG_STRAY = 4;

// What is odd about progress; 0 for nothing.
export const ODDITY_UNKNOWN = 1;
export const ODDITY_LATE = 2;
export const ODDITY_BACKWARD = 3;
export const ODDITY_DUPLICATE = 4;
export const ODDITY_MALFORMED = 5;
export const ODDITY_COERCED = 6;

// `Core::request`: what may be taken from the cache, and what became of the request.
export const CHANNEL_SOCKET = 0;
export const CHANNEL_HTTP = 1;
export const CHANNEL_PORT = 2;
export const CACHING_OFF = 0;
export const CACHING_SHARED = 1;
export const CACHING_PRIVATE = 2;
export const CACHING_RENEW = 3;
export const REQUESTED_NOT = 0;
export const REQUESTED_SENT = 1;
export const REQUESTED_KEPT = 2;
export const REQUESTED_PRIVATE = 3;

// `Core::head`: what is to be done with the body.
export const BODY_NONE = 0;
export const BODY_WHOLE = 1;
export const BODY_EVENTS = 2;

// `Core::feed`, beside the number of records; the last one is `Core::head`'s too.
export const FOUND_EVENT = 256;
export const FOUND_OVERSIZE = 512;
export const FOUND_MORE = 1024;
export const FOUND_STIRS = 2048;
export const FOUND_PART = 4096;
export const FOUND_GOES_ON = 8192;

// `Core::failed`: why, if it is not an HTTP status.
export const FAILED_PROTOCOL = 0;
export const FAILED_UNSENT = 1;
export const FAILED_LOST = 2;
export const FAILED_UNREAD = 3;
export const FAILED_SSE_ONLY = 4;

// `Core::setLogLevel`: what became of it.
export const LOG_LEVEL_UNKNOWN = -1;
export const LOG_LEVEL_NOT = 0;
export const LOG_LEVEL_TELL = 1;
export const LOG_LEVEL_SET = 2;

// Codes of JSON-RPC errors.
export const INVALID_REQUEST = -32600;
export const INTERNAL_ERROR = -32603;
export const INSUFFICIENT_SCOPE = 40300;

/** A number that may be missing, for which Rust says NaN. @param {number} number */
export const optional = (number) => (number === number ? number : undefined);

// What a server has.
export const HANDLER_KIND_TOOL = 0;
export const HANDLER_KIND_RESOURCE = 1;
export const HANDLER_KIND_TEMPLATE = 2;
export const HANDLER_KIND_PROMPT = 3;
export const HANDLER_KIND_COMPLETION = 4;

// `Host::ask`: whom, and what comes instead of the number of a question.
export const QUESTION_PERSON = 0;
export const QUESTION_MODEL = 1;
export const QUESTION_ROOTS = 2;
export const ASKED_GIVEN = 0;
export const ASKED_SUSPENDED = -1;
export const ASKED_OVER = -2;

// `Host::log`: what became of it.
export const LOGGED_NO_LEVEL = -1;
export const LOGGED_NO_ROOM = 0;
export const LOGGED_DONE = 1;
