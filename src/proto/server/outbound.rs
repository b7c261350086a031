//! What the server sends: responses, log messages, and progress at the pace of the peer.

use super::{CacheScope, Frame, ProgressReport, Queued, RequestKey, ServerMachine, Transmit};
use crate::{
    jsonrpc::{Id, Message, Payload, RpcError},
    proto::version::Version,
    text::clip,
    types::{Level, meta, method},
};

/// What became of a progress report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It is on its way.
    Sent,
    /// The peer reads slowly: it is held back, in the place of an older one if there was any.
    Held,
    /// Nobody wants it: no token, or the request is over, or a number is not finite.
    Ignored,
}

impl<P: Payload> ServerMachine<P> {
    /// The next message to send, or the order to close. Call it when the transport can take one.
    pub fn poll_transmit(&mut self) -> Option<Transmit<P>> {
        self.poll_transmit_where(|_| true)
    }

    /// The next message to send among those that belong to a request, or to none, of which `takes`
    /// says that the transport can take one now.
    pub fn poll_transmit_where(
        &mut self,
        takes: impl Fn(Option<&Id>) -> bool,
    ) -> Option<Transmit<P>> {
        // Mostly many in a row are of one request, so it is asked once for them.
        let mut refused = None;
        let at = self.queue.iter().position(|queued| {
            if queued.key.is_some() && queued.key == refused {
                return false;
            }
            let takes = takes(queued.about.as_ref());
            refused = queued.key.filter(|_| !takes);
            takes
        });
        let next = at.and_then(|at| self.queue.remove(at));
        if next.is_none() && !self.queue.is_empty() {
            return None;
        }
        let Some(Queued { frame, key, ask, about, last, refusal }) = next else {
            let (code, reason) = self.close.take()?;
            self.close();
            return Some(Transmit::Close { code, reason });
        };
        if let Some(ask) = ask
            && let Some(asked) = self.asked.get_mut(&ask)
        {
            asked.has_left = true;
        }
        if last && let Some(key) = key {
            self.requests.remove(&key);
            if let Some(id) = &about {
                self.keys.remove(id);
            }
        }
        self.release_held();
        Some(Transmit::Send { frame, about, last, refusal })
    }

    /// Whether what waits to be sent is as many bytes as may wait: see [`Limits`](super::Limits).
    pub fn is_congested(&self) -> bool {
        let weight = |queued: &Queued<P>| match &queued.frame {
            Frame::Message(message) => message.weight(),
            #[cfg(not(target_arch = "wasm32"))]
            Frame::Report(params) => params.weight(),
            Frame::Progress(_) => 0,
        };
        !self.closed && self.queue.iter().map(weight).sum::<usize>() >= self.limits.unsent
    }

    /// Whether a log message would find a place now.
    pub fn has_room(&self) -> bool {
        self.queue.len() < self.limits.queue
    }

    /// Whether the newest report of this request is held back.
    pub fn holds(&self, key: RequestKey) -> bool {
        self.requests.get(&key).is_some_and(|request| request.held.is_some())
    }

    /// Reports how far a request has come. While the queue has room it is sent as it is; when the
    /// peer reads slowly, it takes the place of the request's report that still waits.
    pub fn report(
        &mut self,
        key: RequestKey,
        progress: f64,
        total: Option<f64>,
        message: Option<&str>,
    ) -> Reported {
        // JSON has no word for infinity. Guessing a number instead would be inventing progress.
        if !progress.is_finite() || total.is_some_and(|total| !total.is_finite()) {
            return Reported::Ignored;
        }
        let has_room = self.has_room();
        let Some(request) = self.requests.get_mut(&key) else {
            return Reported::Ignored;
        };
        let (id, Some(token)) = (request.id.clone(), request.token.clone()) else {
            return Reported::Ignored;
        };
        if request.answered {
            return Reported::Ignored;
        }
        let message = message
            .filter(|_| request.version.progress_has_message())
            .map(|text| clip(text, self.limits.progress_message).into_owned());
        let report = ProgressReport { token, progress, total, message };
        if has_room {
            self.push(Frame::Progress(report), Some(key), Some(id), false);
            return Reported::Sent;
        }
        if request.held.replace(Frame::Progress(report)).is_none() {
            self.held.push_back(key);
        }
        Reported::Held
    }

    /// Whether the peer wants log messages of this level from this request.
    pub fn wants_log(&self, key: RequestKey, level: Level) -> bool {
        self.requests.get(&key).is_some_and(|request| {
            let wanted = if request.version.has_session_methods() {
                Some(self.session_level)
            } else {
                request.level
            };
            !request.answered && wanted.is_some_and(|wanted| level >= wanted)
        })
    }

    /// Sends a log message, if the peer wants it.
    ///
    /// # Errors
    /// There is no room now; try again once [`has_room`](Self::has_room) says so.
    pub fn log(
        &mut self,
        key: RequestKey,
        level: Level,
        logger: Option<&str>,
        data: P,
    ) -> Result<(), P> {
        let about = self.requests.get(&key).map(|request| request.id.clone());
        let Some(about) = about.filter(|_| self.wants_log(key, level)) else {
            return Ok(());
        };
        if !self.has_room() {
            return Err(data);
        }
        let mut params = P::object();
        params.set("level", P::string(level.as_str()));
        if let Some(logger) = logger {
            params.set("logger", P::string(logger));
        }
        params.set("data", data);
        let method = method::LOG_MESSAGE.to_owned();
        let message = Message::Notification { method, params: Some(params) }.write();
        self.push(Frame::Message(message), Some(key), Some(about), false);
        Ok(())
    }

    /// Answers a request, after the last report that was held back. Does nothing if the request
    /// has been answered or given up.
    pub fn respond(&mut self, key: RequestKey, outcome: Result<P, RpcError<P>>) {
        self.conclude(key, |machine, (version, cache)| {
            outcome.map(|result| machine.finished(version, result, cache))
        });
    }

    /// Answers a request with what becomes of it.
    pub(super) fn conclude(
        &mut self,
        key: RequestKey,
        finish: impl FnOnce(&Self, (Version, CacheScope)) -> Result<P, RpcError<P>>,
    ) {
        let Some(request) = self.requests.get_mut(&key) else {
            return;
        };
        if std::mem::replace(&mut request.answered, true) {
            return;
        }
        let (id, terms) = (Some(request.id.clone()), (request.version, request.cache));
        let subscribes = request.subscribes.take();
        let outcome = finish(self, terms);
        if let Some(uri) = subscribes
            && outcome.is_ok()
        {
            self.subscribe(uri);
        }
        self.withdraw_all(key, id.as_ref());
        if let Some(request) = self.requests.get_mut(&key)
            && let Some(report) = request.held.take()
        {
            self.held.retain(|held| *held != key);
            self.push(report, Some(key), id.clone(), false);
        }
        let message = Message::Response { id: id.clone(), outcome }.write();
        self.push(Frame::Message(message), Some(key), id, true);
    }

    /// Answers a request that was never handed up.
    pub(super) fn answer(&mut self, id: &Id, version: Version, result: P, cache: CacheScope) {
        let outcome = Ok(self.finished(version, result, cache));
        let message = Message::Response { id: Some(id.clone()), outcome }.write();
        let key = self.take_id(id);
        self.push(Frame::Message(message), Some(key), Some(id.clone()), true);
    }

    /// Refuses a request that was never handed up, or something that was no request.
    pub(super) fn refuse(&mut self, id: Option<Id>, error: RpcError<P>) {
        let key = id.as_ref().filter(|id| !self.keys.contains_key(id)).map(|id| self.take_id(id));
        let message = Message::Response { id: id.clone(), outcome: Err(error) }.write();
        let frame = Frame::Message(message);
        self.queue.push_back(Queued {
            frame,
            key,
            ask: None,
            about: id,
            last: true,
            refusal: true,
        });
    }

    /// From now on until its answer has left, the id is taken.
    pub(super) fn take_id(&mut self, id: &Id) -> RequestKey {
        self.last_key += 1;
        let key = RequestKey(self.last_key);
        self.keys.insert(id.clone(), key);
        key
    }

    /// Sends what was held back, as far as there is room.
    pub(super) fn release_held(&mut self) {
        while self.has_room()
            && let Some(key) = self.held.pop_front()
        {
            if let Some(request) = self.requests.get_mut(&key)
                && let Some(report) = request.held.take()
            {
                let id = request.id.clone();
                self.push(report, Some(key), Some(id), false);
            }
        }
        self.release_changes();
    }

    pub(super) fn push(
        &mut self,
        frame: Frame<P>,
        key: Option<RequestKey>,
        about: Option<Id>,
        last: bool,
    ) {
        if !self.closed {
            self.queue.push_back(Queued { frame, key, ask: None, about, last, refusal: false });
        }
    }

    /// Adds to a result what its revision wants on every one.
    pub(super) fn finished(&self, version: Version, mut result: P, cache: CacheScope) -> P {
        if version.tags_results() {
            if result.get("resultType").is_none() {
                result.set("resultType", P::string("complete"));
            }
            let mut about = result.get(meta::META).unwrap_or_else(P::object);
            if about.get(meta::SERVER_INFO).is_none() {
                about.set(meta::SERVER_INFO, self.about());
            }
            result.set(meta::META, about);
        }
        let is_complete = result
            .get("resultType")
            .is_some_and(|kind| kind.as_text().as_deref() == Some("complete"));
        if version.has_cache_hints() && is_complete {
            // Neither lists nor the server's description depend on who asks; contents may.
            let (ttl, scope) = match cache {
                CacheScope::Never => return result,
                CacheScope::Public => (self.profile.ttl, "public"),
                CacheScope::Private => (0.0, "private"),
            };
            if result.get("ttlMs").is_none() {
                result.set("ttlMs", P::number(ttl));
            }
            if result.get("cacheScope").is_none() {
                result.set("cacheScope", P::string(scope));
            }
        }
        result
    }
}
