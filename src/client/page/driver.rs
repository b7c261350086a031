//! Feeds the machine with what happens in the page, and does what it says.

use std::rc::Rc;

use js_sys::JsString;
use wasm_bindgen::JsValue;

use super::super::engine::Engine;
use super::super::machine::{Fault, not_open};
use super::super::{Error, Progress};
use super::channel::{PageTransport, is_larger};
use super::fetch::PageHttp;
use super::platform::{self, now};
use super::scanned::progress_of;
use crate::jsonrpc::outline;
use crate::proto::client::{LONGEST_SCANNED, Output, RequestId, Slot, Unauthorized};
use crate::proto::scan::{parse_number, scan};

impl Engine {
    pub(super) fn open(&self) {
        match self.platform.endpoint.open(self) {
            Ok(channel) => {
                let ready = channel.is_ready();
                self.platform.channel.replace(Some(channel));
                if ready {
                    self.opened();
                }
            }
            Err(error) => self.refused(error),
        }
    }

    /// The channel is open.
    pub(super) fn opened(&self) {
        self.with(|core| core.opened(now()));
        self.drain();
    }

    /// The channel could not be opened.
    pub(super) fn refused(&self, error: Error) {
        self.platform.cause.replace(Some(error));
        // No page is told whether it was let in.
        self.closed("the connection could not be opened", Some(Unauthorized::Refused));
    }

    /// A frame of text has arrived.
    pub(super) fn frame(&self, text: &JsString) {
        let limit = self.platform.endpoint.limit;
        if is_larger(text, limit) {
            let of = outline(String::from(text).as_bytes());
            return self.refuse(&of, Fault::too_large(limit, true));
        }
        // What arrives while the machine is drained waits for what it has already said.
        if text.length() as usize <= LONGEST_SCANNED && self.scans() {
            let frame = String::from(text);
            if let Some(found) = scan(frame.as_bytes(), parse_number) {
                let heard = self.with(|core| core.receive_scanned(&found));
                self.odd(heard, None);
                if let Some(slot) = heard.slot {
                    self.report(slot, progress_of(&found, frame.as_bytes()));
                }
                return;
            }
        }
        match platform::parse(text) {
            Ok(message) => {
                self.with(|core| core.read(&message, None, now()));
                self.drain();
            }
            Err(_) => {
                self.fault(Fault::Protocol("the server sent a frame that is not JSON".into()));
            }
        }
    }

    /// Whether progress may be taken out of what arrives before that is parsed.
    pub(super) fn scans(&self) -> bool {
        !self.platform.draining.get() && self.handlers.notification.is_none()
    }

    /// Delivers progress that the machine has let pass.
    pub(super) fn report(&self, slot: Slot, progress: Progress) {
        self.platform.draining.set(true);
        self.deliver(slot, progress);
        self.platform.draining.set(false);
        self.drain();
    }

    pub(super) fn tick(&self) {
        self.platform.timer.struck();
        self.with(|core| core.handle_timeout(now()));
        self.drain();
        if let Some(http) = self.http() {
            http.pump();
        }
        self.arm();
    }

    /// Does what the machine wants done. What happens meanwhile is left to the loop that runs.
    pub(super) fn drain(&self) {
        if self.platform.draining.replace(true) {
            return;
        }
        while let Some((output, ended)) =
            self.poll(|id| self.http().is_some_and(|http| http.holds(id)))
        {
            match output {
                Output::Send(message, id) => self.send(&message, id),
                Output::Greet(message) => self.greet(&message),
                Output::Reopen => {
                    let old = self.platform.channel.take();
                    drop(old);
                    self.open();
                }
                Output::Disconnected(..) => {
                    let channel = self.platform.channel.take();
                    if let Some(channel) = channel {
                        self.platform.farewell.borrow_mut().extend(channel.close());
                    }
                    self.hear(output, ended);
                }
                output => self.hear(output, ended),
            }
        }
        self.platform.draining.set(false);
        self.arm();
    }

    /// Sends what ends the handshake. Over HTTP, its exchange says when the server has it.
    fn greet(&self, message: &JsValue) {
        let channel = self.platform.channel.borrow().clone();
        let sent = match &channel {
            Some(channel) => channel.send(message, None, self.platform.endpoint.limit),
            None => Err(not_open()),
        };
        match sent {
            Err(error) => self.with(|core| core.not_begun(error, now())),
            Ok(()) if channel.is_some_and(|channel| channel.tells()) => {}
            Ok(()) => self.with(|core| core.begun(now())),
        }
    }

    fn send(&self, message: &JsValue, id: Option<RequestId>) {
        let channel = self.platform.channel.borrow().clone();
        let patience = id.and_then(|id| self.with(|core| core.patience(id)));
        let sent = match &channel {
            Some(channel) => channel.send(message, patience, self.platform.endpoint.limit),
            None => Err(not_open()),
        };
        match (sent, id) {
            (Ok(()), _) => {}
            (Err(error), Some(id)) => self.with(|core| core.unsent(id, error, now())),
            (Err(error), None) => self.fault(error),
        }
    }

    fn http(&self) -> Option<Rc<PageHttp>> {
        match &*self.platform.channel.borrow() {
            Some(PageTransport::Http(http)) => Some(http.clone()),
            _ => None,
        }
    }

    /// Whether the connection goes over that.
    pub(super) fn uses(&self, http: &PageHttp) -> bool {
        self.http().is_some_and(|own| std::ptr::eq(&raw const *own, http))
    }

    /// One timer serves every clock.
    pub(super) fn arm(&self) {
        let own = self.with(|core| core.poll_timeout());
        let below = self.http().map_or(f64::INFINITY, |http| http.wake());
        self.platform.timer.arm(own.min(below));
    }
}
