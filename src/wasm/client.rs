//! The client machine for JavaScript.

use std::num::NonZero;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Error;
use crate::jsonrpc::{Kind, Payload};
use crate::proto::client::{
    Caching, CallLimits, Channel, ClientConfig, ClientMachine, Handles, Mode, NoAnswer, PageLimits,
    ReplyTo, Requested,
};
use crate::proto::version::{Era, Version};
use crate::text::owned;
use crate::types::{Implementation, Level};

use super::http::end;
use super::memory::{put_id, put_slot, request, scan_scratch, view};
use super::state::{Core, text};
use super::words::{self, Failed, LogLevel};
use super::{payload::help, records};

#[wasm_bindgen]
impl Core {
    /// Makes a machine from `{ name?, version?, title?, logLevel?, mode? }`.
    ///
    /// # Errors
    /// A string that names the option that does not fit.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn new(options: JsValue) -> Result<Core, JsValue> {
        let mut fits = options.kind() == Kind::Object;
        let mut given = |key| option(&options, key, &mut fits);
        let name = given("name").unwrap_or_else(|| owned(env!("CARGO_PKG_NAME")));
        let version = given("version").unwrap_or_else(|| owned(env!("CARGO_PKG_VERSION")));
        let info = Implementation { name, version, title: given("title") };
        let log_level = given("logLevel").as_deref().and_then(Level::parse);
        let mode = match given("mode").as_deref() {
            None | Some("auto") => Some(Mode::Auto),
            Some("legacy") => Some(Mode::Legacy),
            Some(name) => Version::parse(name).map(Mode::Pin),
        };
        if !fits {
            return Err(JsValue::from_str("`name`, `version` and `title` must be strings"));
        }
        let Some(mode) = mode else {
            return Err(JsValue::from_str("`mode` must be auto, legacy or a protocol version"));
        };
        let capabilities = JsValue::object();
        Ok(Self::of(ClientMachine::new(ClientConfig { info, capabilities, log_level, mode })))
    }

    /// Who does in one step what takes many from here; for all machines of this module.
    pub fn help(hand: JsValue) {
        help(hand);
    }

    /// A transport is about to open, of the kind of a [`words::Channel`]. Times are milliseconds; without
    /// a `probe_timeout`, which is NaN then, there is one that suits the kind.
    pub fn connect(
        &mut self,
        kind: u32,
        connect_timeout: f64,
        probe_timeout: f64,
        known_legacy: bool,
        now: f64,
    ) {
        let channel = match kind {
            kind if kind == words::Channel::Socket as u32 => Channel::web_socket(connect_timeout),
            kind if kind == words::Channel::Http as u32 => Channel::http(connect_timeout),
            _ => Channel::port(connect_timeout),
        };
        let mut channel = channel.probing((!probe_timeout.is_nan()).then_some(probe_timeout));
        channel.remembered = known_legacy.then_some(Era::Legacy);
        self.machine.connect(channel, now);
    }

    /// What is known of the server from an earlier connection.
    pub fn know(&mut self, prior: JsValue) {
        self.machine.know(prior);
    }

    /// The message that had [`GREETING`] in the place of an id has arrived.
    pub fn begun(&mut self, now: f64) {
        self.machine.begun(now);
    }

    /// It could not be delivered; the cause is undefined, or the platform's own error.
    #[wasm_bindgen(js_name = notBegun)]
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn not_begun(&mut self, reason: JsValue, cause: JsValue, now: f64) {
        let cause = (!cause.is_undefined()).then_some(cause);
        self.machine.not_begun(Error::Lost { reason: text(&reason), sent: true, cause }, now);
    }

    /// The transport is open.
    pub fn opened(&mut self, now: f64) {
        self.machine.opened(now);
    }

    /// The transport has ended, or the page ends the connection. `expired`: when the server ended it
    /// because its authorization had come to its end, NaN otherwise.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn closed(&mut self, reason: JsValue, by_page: bool, expired: f64) {
        let reason = text(&reason);
        if by_page {
            self.machine.close(&reason);
        } else if expired.is_nan() {
            self.machine.closed(&reason);
        } else {
            self.machine.expired(&reason, expired);
        }
    }

    /// Reads a message, parsed, that is nothing but a result that ends its call, for which nobody looks at the
    /// clock; false if it is something else, and has to be [received](Self::receive).
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn ended(&mut self, message: JsValue) -> bool {
        self.machine.ended(&message)
    }

    /// A message has arrived, parsed; `stream` is the id of the request on whose stream it came, NaN
    /// where there is none.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn receive(&mut self, message: JsValue, stream: f64, now: f64) {
        self.machine.read_other(&message, request(stream), now);
    }

    /// A view of the core's memory, which is detached when the memory grows.
    ///
    /// 0 is what the latest step's numbers are: slot, id, progress, total (NaN if there is none), when
    /// [`timeout`](Self::timeout) wants to be called once there are no more steps (infinite for never),
    /// and what is odd about progress (0 for nothing). Behind it are the places in memory that
    /// [`feed`](Self::feed) tells: where the text of the records starts and how long it is, and the
    /// same of an event's data. 1 is the buffer for [`scan`](Self::scan), which takes a byte for each
    /// UTF-16 unit, any of the upper half for one beyond ASCII. 2 is the table that
    /// [`scan`](Self::scan) and [`feed`](Self::feed) fill: for each record slot (-1 if it is not
    /// delivered), what is odd about it, flags (1: the token came as text; 2: the message has escapes;
    /// 4: it came on the stream of another request), token, progress, total (NaN if there is none),
    /// where the message starts (0 if there is none) and ends in the text, and where the params start
    /// (0 unless they have other members than these) and end.
    pub fn view(&self, which: u32) -> JsValue {
        view(which)
    }

    /// Reads the frame of `length` units in the scratch buffer into the table's first record. Returns
    /// whether it is progress; otherwise it has to be parsed.
    pub fn scan(&mut self, length: usize) -> bool {
        let is_progress = scan_scratch(length);
        if is_progress {
            let [record, ..] = records::table();
            records::accept(record, &mut self.machine);
        }
        is_progress
    }

    /// The capabilities to declare from now on: those that are given, and those of what there are handlers
    /// for, and of calls that may become tasks.
    #[allow(clippy::fn_params_excessive_bools, clippy::needless_pass_by_value)] // one crossing
    pub fn declare(
        &mut self,
        given: JsValue,
        sampling: bool,
        elicitation: bool,
        roots: bool,
        tasks: bool,
    ) {
        self.machine.declare(&given, Handles { sampling, elicitation, roots, tasks });
    }

    /// Takes over `count` records of the table in [`view`](Self::view) that a worker has scanned, as
    /// [`feed`](Self::feed) does.
    pub fn take(&mut self, count: usize) {
        records::take(count, &mut self.machine);
    }

    /// A worker says of progress that it came on the stream of another request.
    pub fn stray(&mut self, params: JsValue) {
        if let Some(token) = params.get("progressToken").and_then(|token| token.as_id()) {
            self.machine.stray(&token, params);
        }
    }

    /// A worker says of the request of that id that it will not be answered: `why` is a [`Failed`], or
    /// the HTTP status, with the headers as `cause`, and how long the server wants to be left alone,
    /// or NaN.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn failed(
        &mut self,
        id: f64,
        why: u16,
        message: JsValue,
        cause: JsValue,
        retry_after: f64,
        now: f64,
    ) {
        let message = text(&message);
        let cause = (!cause.is_undefined()).then_some(cause);
        let error = match why {
            why if why == Failed::Protocol as u16 => Error::Protocol(message),
            why if why <= Failed::Unread as u16 => {
                Error::Lost { reason: message, sent: why != Failed::Unsent as u16, cause }
            }
            why if why == Failed::SseOnly as u16 => Error::SseOnly,
            status => {
                let retry_after = (!retry_after.is_nan()).then_some(retry_after);
                Error::Http { status, body: message, retry_after, headers: cause }
            }
        };
        match request(id) {
            id if why == Failed::Unread as u16 => self.machine.unread(id, error, now),
            Some(id) => self.machine.failed(id, error, now),
            None => {}
        }
    }

    /// Sends a request, and says as [`words::Requested`] what became of it. `rounds` is how often
    /// the server may ask for input; below 0, the caller gets such results. `opens_urls` is whether
    /// a handler is asked to open what error -32042 names. `cache` is a [`words::Caching`]. `pages` is
    /// how many of a list are wanted, 0 for the result as it comes, and `most` how many it may have.
    #[allow(clippy::too_many_arguments)] // one crossing of the boundary
    pub fn request(
        &mut self,
        method: &str,
        params: JsValue,
        timeout: f64,
        max_total: f64,
        stall_after: f64,
        reset_on_progress: bool,
        strict: bool,
        cache: u32,
        rounds: f64,
        opens_urls: bool,
        pages: f64,
        most: f64,
        now: f64,
    ) -> u32 {
        if let Some(http) = self.http.as_mut() {
            http.advance_to(now);
        }
        let cache = match cache {
            cache if cache == words::Caching::Shared as u32 => Caching::Shared,
            cache if cache == words::Caching::Private as u32 => Caching::Private,
            cache if cache == words::Caching::Renew as u32 => Caching::Renew,
            _ => Caching::Off,
        };
        // Saturate, as they should.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let (rounds, pages) = (
            (rounds >= 0.0).then_some(rounds as u32),
            NonZero::new(pages as usize).map(|wanted| PageLimits { wanted, most: most as usize }),
        );
        let limits = CallLimits {
            timeout,
            max_total,
            stall_after,
            reset_on_progress,
            strict,
            cache,
            pages,
            rounds,
            opens_urls,
        };
        match self.machine.request(method, Some(params), limits, now) {
            Ok(Requested::Sent(id, slot)) => {
                put_slot(slot);
                put_id(Some(id));
                words::Requested::Sent as u32
            }
            Ok(Requested::Kept(result)) => {
                self.value = result;
                words::Requested::Kept as u32
            }
            Ok(Requested::Private) => words::Requested::Private as u32,
            Err(_) => words::Requested::Not as u32,
        }
    }

    /// The answer to the request of that id goes on behind the event of that name; to be said before it
    /// leaves.
    pub fn resume(&mut self, id: f64, event: JsValue) {
        self.resume = request(id).map(|id| (id, event));
    }

    /// What the request of that id is authorized with, or with 0 the next one; true if it was another
    /// before.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn identify(&mut self, authorization: JsValue, id: f64) -> bool {
        self.machine.identify(&text(&authorization), request(id))
    }

    /// Sends a notification; true if it could be sent.
    pub fn notify(&mut self, method: &str, params: JsValue) -> bool {
        let params = (!params.is_undefined()).then_some(params);
        self.machine.notify(method, params).is_ok()
    }

    /// What a handler has come to for the server's request `id`, or without one for what the step `Input`
    /// asked for, with what was asked: its answer, or without `ok` `{ code?, message, data? }`, or undefined
    /// if there is no handler.
    #[allow(clippy::cast_possible_truncation)] // saturates, which is what such a code deserves
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn reply(
        &mut self,
        id: JsValue,
        input: u32,
        asked: JsValue,
        ok: bool,
        value: JsValue,
        now: f64,
    ) {
        let to = id.as_id().map_or(ReplyTo::Input(input), ReplyTo::Request);
        let method = asked.text("method").unwrap_or_default();
        let answer = if ok {
            Ok(value)
        } else if value.is_undefined() {
            Err(NoAnswer::unhandled(&method))
        } else {
            let code = value.get("code").and_then(|code| Payload::as_f64(&code));
            let message = value.text("message").unwrap_or_default();
            let code = code.map(|code| code as i64);
            Err(NoAnswer { code, message, data: value.get("data") })
        };
        self.machine.handled(to, (&method, asked.get("params").as_ref()), answer, now);
    }

    /// Reports how far the answer to the server's request `id` has come; NaN for no total.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn report(&mut self, id: JsValue, progress: f64, total: f64, message: JsValue) {
        let total = (!total.is_nan()).then_some(total);
        if let Some(id) = id.as_id() {
            self.machine.report(&id, progress, total, message.as_text().as_deref());
        }
    }

    /// Gives up the call that began with that id.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn cancel(&mut self, id: f64, reason: JsValue) {
        if let Some(id) = request(id) {
            self.machine.cancel(id, reason.as_text().as_deref());
        }
    }

    /// The request of that id could not be sent.
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn unsent(&mut self, id: f64, reason: JsValue, sent: bool, now: f64) {
        if let Some(id) = request(id) {
            self.machine.unsent(id, Error::Closed { reason: text(&reason), sent }, now);
        }
    }

    /// Which log messages are wanted; says as [`LogLevel`] what became of it.
    #[wasm_bindgen(js_name = setLogLevel)]
    #[allow(clippy::needless_pass_by_value)] // what the binding hands over
    pub fn set_log_level(&mut self, level: JsValue) -> i32 {
        let done = match Level::parse(&text(&level)).map(|level| self.machine.set_log_level(level))
        {
            None => LogLevel::Unknown,
            Some(Err(_)) => LogLevel::Not,
            Some(Ok(true)) => LogLevel::Tell,
            Some(Ok(false)) => LogLevel::Set,
        };
        done as i32
    }

    /// Looks at the clocks.
    pub fn timeout(&mut self, now: f64) {
        if let Some(http) = self.http.as_mut() {
            http.handle_timeout(now);
        }
        self.machine.handle_timeout(now);
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(http) = self.http.take() {
            end(http);
        }
    }
}

/// The text of an option; without `fits` from now on if it is something else.
#[inline(never)]
fn option(options: &JsValue, key: &'static str, fits: &mut bool) -> Option<String> {
    let value = options.present(key)?;
    *fits &= value.is_string();
    value.as_text()
}
