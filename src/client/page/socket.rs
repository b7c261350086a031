//! One WebSocket.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Weak;

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::super::Error;
use super::super::engine::Engine;
use super::super::machine::Fault;
use super::super::platform::Drive;
use super::platform::now;
use crate::proto::client::{AUTHORIZATION_ENDED, Unauthorized};

#[wasm_bindgen]
extern "C" {
    /// A WebSocket that takes text as JavaScript has it.
    type TextSocket;

    #[wasm_bindgen(method, catch, structural)]
    fn send(this: &TextSocket, text: &JsString) -> Result<(), JsValue>;
}

/// A WebSocket, which ends when this is dropped.
pub(super) struct PageSocket {
    inner: WebSocket,
    _open: Closure<dyn Fn()>,
    _message: Closure<dyn Fn(MessageEvent)>,
    _close: Closure<dyn Fn(CloseEvent)>,
}

impl PageSocket {
    pub fn open(url: &str, protocols: &[String], engine: &Weak<Engine>) -> Result<Self, JsValue> {
        let names: Array = protocols.iter().map(|name| JsValue::from_str(name)).collect();
        let socket = WebSocket::new_with_str_sequence(url, &names)?;

        // Since when it is open.
        let since = Rc::new(Cell::new(None));
        let (opening, of, wanted) = (socket.clone(), engine.clone(), protocols.to_vec());
        let opened = Rc::clone(&since);
        let open = Closure::<dyn Fn()>::new(move || {
            let Some(engine) = of.upgrade() else { return };
            // Firefox opens a connection for which the server selected no subprotocol at all.
            if wanted.is_empty() || wanted.contains(&opening.protocol()) {
                opened.set(Some(now()));
                engine.opened();
            } else {
                let wanted = wanted.first().map(String::as_str).unwrap_or_default();
                let reason = format!(
                    "the server did not select the subprotocol \"{wanted}\": is it an MCP server?"
                );
                engine.refused(Error::Protocol { call: engine.platform.label(), reason });
            }
        });

        let of = engine.clone();
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(engine) = of.upgrade() else { return };
            match event.data().dyn_into::<JsString>() {
                Ok(text) => engine.frame(&text),
                Err(_) => engine.fault(Fault::Protocol(
                    "the server sent a binary frame, which MCP does not know".to_owned(),
                )),
            }
        });

        let of = engine.clone();
        let close = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
            let Some(engine) = of.upgrade() else { return };
            let Some(since) = since.get() else {
                return engine.refused(refusal(&engine, event.code()));
            };
            let is_expired = event.code() == AUTHORIZATION_ENDED;
            engine.closed(&ending(&event), is_expired.then(|| Unauthorized::Ended(now() - since)));
        });

        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Ok(Self { inner: socket, _open: open, _message: message, _close: close })
    }

    pub fn send(&self, text: &JsString) -> Result<(), JsValue> {
        if self.inner.ready_state() != WebSocket::OPEN {
            return Err(JsValue::UNDEFINED);
        }
        self.inner.unchecked_ref::<TextSocket>().send(text)
    }

    pub fn close(&self) {
        self.inner.set_onopen(None);
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        // Fails only for a bad code.
        let _ = self.inner.close();
    }
}

impl Drop for PageSocket {
    fn drop(&mut self) {
        self.close();
    }
}

/// Browsers do not tell why a handshake failed, so this lists the causes.
fn refusal(engine: &Engine, code: u16) -> Error {
    let reason = format!(
        "it could not be opened (close code {code}): no server there, a wrong path, a refused \
         origin, or a server without the subprotocol \"mcp\""
    );
    Error::Closed {
        call: engine.platform.label(),
        reason,
        may_have_run: false,
        cause: None,
        exit: None,
    }
}

fn ending(event: &CloseEvent) -> String {
    match (event.code(), event.reason()) {
        (1000 | 1005, _) => "the connection was closed".to_owned(),
        (code, reason) if reason.is_empty() => format!("the WebSocket closed with code {code}"),
        (code, reason) => format!("the WebSocket closed with code {code}: {reason}"),
    }
}
