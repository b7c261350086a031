//! What is under way: which request of which client is which call at the server.

use std::collections::BTreeMap;

use super::FrontId;
use crate::{
    jsonrpc::RpcError,
    proto::{
        Millis,
        client::{ReplyTo, RequestId, Slot},
        server::{Relayed, RequestContext, RequestKey},
    },
    types::Level,
};

/// Names a call within its relay; counts up, so that a later call has a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u64);

/// What a call at the server is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    /// A request of a client.
    Request,
    /// `subscriptions/listen` of a client.
    Listen,
    /// What a legacy session is told of unasked.
    Lists,
    /// A resource that a legacy session has subscribed to.
    Resource(String),
    /// The relay's own.
    Own,
}

/// A question for a modern client, which it gets as the answer to its request.
#[derive(Debug)]
pub(super) struct Ask<P> {
    pub key: String,
    pub reply_to: ReplyTo,
    pub method: String,
    pub params: Option<P>,
}

#[derive(Debug)]
pub(super) struct RelayedCall<P> {
    pub front: FrontId,
    /// The client's request; `None` while there is none.
    pub key: Option<RequestKey>,
    pub context: Option<RequestContext>,
    pub level: Option<Level>,
    pub kind: CallKind,
    pub method: String,
    /// What the server was asked with, if that may have to be said once more.
    pub params: Option<P>,
    /// The filter of what listens, to be asked for again.
    pub filter: Option<P>,
    /// Whether the server has acknowledged it, now or before.
    pub was_acknowledged: bool,
    /// `None`: the server has answered, or is gone.
    pub slot: Option<Slot>,
    pub first: Option<RequestId>,
    /// What has to be answered before the call goes on (modern clients).
    pub asks: Vec<Ask<P>>,
    /// The text by which its client comes back, and until when.
    pub state: Option<(String, Millis)>,
    /// What came meanwhile.
    pub reports: Vec<P>,
    pub outcome: Option<Result<P, RpcError<P>>>,
    /// Whether its client may be answered with a task, if the server makes it one.
    pub may_be_task: bool,
    /// The task that its client knows it as.
    pub task: Option<String>,
}

/// All calls. Nothing here looks at each of them for a message: there may be many.
#[derive(Debug)]
pub(super) struct Calls<P> {
    all: BTreeMap<Number, RelayedCall<P>>,
    slots: BTreeMap<Slot, Number>,
    keys: BTreeMap<(FrontId, RequestKey), Number>,
    last: u64,
    /// How many are requests of clients.
    requests: usize,
    /// How many want log messages of each level.
    levels: BTreeMap<Level, usize>,
    /// When the first of those that wait for their clients may be given up; at the earliest.
    wake: Millis,
}

impl<P> Default for Calls<P> {
    fn default() -> Self {
        let (all, slots, keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (levels, wake) = (BTreeMap::new(), f64::INFINITY);
        Self { all, slots, keys, last: 0, requests: 0, levels, wake }
    }
}

impl<P> RelayedCall<P> {
    pub fn new(front: FrontId, key: Option<RequestKey>, kind: CallKind, method: &str) -> Self {
        Self {
            front,
            key,
            context: None,
            level: None,
            kind,
            method: method.to_owned(),
            params: None,
            filter: None,
            was_acknowledged: false,
            slot: None,
            first: None,
            asks: Vec::new(),
            state: None,
            reports: Vec::new(),
            outcome: None,
            may_be_task: false,
            task: None,
        }
    }
}

impl<P> Calls<P> {
    pub fn add(&mut self, call: RelayedCall<P>) -> Number {
        self.last += 1;
        let number = Number(self.last);
        self.requests += usize::from(call.kind == CallKind::Request);
        self.count_level(None, call.level);
        if let Some(slot) = call.slot {
            self.slots.insert(slot, number);
        }
        if let Some(key) = call.key {
            self.keys.insert((call.front, key), number);
        }
        self.all.insert(number, call);
        number
    }

    pub fn by_slot(&self, slot: Slot) -> Option<Number> {
        self.slots.get(&slot).copied()
    }

    pub fn get(&self, number: Number) -> Option<&RelayedCall<P>> {
        self.all.get(&number)
    }

    pub fn get_mut(&mut self, number: Number) -> Option<&mut RelayedCall<P>> {
        self.all.get_mut(&number)
    }

    /// All, the newest first.
    pub fn newest(&self) -> impl Iterator<Item = (Number, &RelayedCall<P>)> {
        self.all.iter().rev().map(|(number, call)| (*number, call))
    }

    /// The requests of a client that are under way, the newest first.
    pub fn under_way(&self, front: FrontId) -> impl Iterator<Item = &RelayedCall<P>> {
        let own = (front, RequestKey::of(0))..=(front, RequestKey::of(u64::MAX));
        let all = self.keys.range(own).rev().filter_map(|(_, number)| self.all.get(number));
        all.filter(|call| call.kind == CallKind::Request)
    }

    /// Counts a call with another level.
    fn count_level(&mut self, before: Option<Level>, now: Option<Level>) {
        if let Some(level) = before
            && let Some(count) = self.levels.get_mut(&level)
        {
            *count -= 1;
            if *count == 0 {
                self.levels.remove(&level);
            }
        }
        if let Some(level) = now {
            *self.levels.entry(level).or_default() += 1;
        }
    }

    pub fn remove(&mut self, number: Number) -> Option<RelayedCall<P>> {
        let call = self.all.remove(&number)?;
        self.requests -= usize::from(call.kind == CallKind::Request);
        self.count_level(call.level, None);
        if let Some(slot) = call.slot {
            self.slots.remove(&slot);
        }
        if let Some(key) = call.key {
            self.keys.remove(&(call.front, key));
        }
        Some(call)
    }

    /// The request that a call answers is answered, or given up.
    pub fn take_key(&mut self, number: Number) -> Option<(FrontId, RequestKey)> {
        let call = self.all.get_mut(&number)?;
        let whose = (call.front, call.key.take()?);
        self.keys.remove(&whose);
        Some(whose)
    }

    /// Another request takes up a call.
    pub fn take_up(&mut self, number: Number, front: FrontId, request: &Relayed<P>) {
        if let Some(call) = self.all.get_mut(&number) {
            call.front = front;
            call.key = Some(request.key);
            call.context = Some(request.context.clone());
            let before = std::mem::replace(&mut call.level, request.level);
            self.keys.insert((front, request.key), number);
            self.count_level(before, request.level);
        }
    }

    /// A call waits for its client to come back with that text, until then.
    pub fn park(&mut self, number: Number, state: &str, until: Millis) {
        if let Some(call) = self.all.get_mut(&number) {
            call.state = Some((state.to_owned(), until));
            self.wake = self.wake.min(until);
        }
    }

    /// The call at the server has ended; its slot may be another's from now on.
    pub fn end(&mut self, slot: Slot) -> Option<Number> {
        let number = self.slots.remove(&slot)?;
        if let Some(call) = self.all.get_mut(&number) {
            call.slot = None;
        }
        Some(number)
    }

    /// The call that waits for its client with this text.
    pub fn parked(&self, state: &str) -> Option<Number> {
        let is = |call: &RelayedCall<P>| call.state.as_ref().is_some_and(|(text, _)| text == state);
        self.all.iter().find(|(_, call)| call.key.is_none() && is(call)).map(|(number, _)| *number)
    }

    /// A client has given a request up: the call that is to be cancelled.
    pub fn give_up(&mut self, front: FrontId, key: RequestKey) -> Option<RequestId> {
        let number = self.keys.remove(&(front, key))?;
        let call = self.all.get_mut(&number)?;
        call.key = None;
        call.state = None;
        call.first
    }

    /// A client is gone: what was for it alone is to be cancelled. Calls that wait for it stay, for it
    /// may come back by another connection, and so do those that are tasks for it.
    pub fn leave(&mut self, front: FrontId) -> Vec<RequestId> {
        let is = |call: &RelayedCall<P>| {
            call.front == front
                && call.task.is_none()
                && (call.key.is_some() || call.state.is_none())
        };
        let left: Vec<Number> =
            self.all.iter().filter(|(_, call)| is(call)).map(|(number, _)| *number).collect();
        let mut firsts = Vec::new();
        for number in left {
            self.take_key(number);
            if let Some(call) = self.all.get_mut(&number) {
                call.state = None;
                match call.slot {
                    Some(_) => firsts.extend(call.first),
                    None => drop(self.remove(number)),
                }
            }
        }
        firsts
    }

    /// Calls whose clients have not come back.
    pub fn expire(&mut self, now: Millis) -> Vec<RequestId> {
        if self.wake > now {
            return Vec::new();
        }
        let is_due = |call: &RelayedCall<P>| {
            call.key.is_none() && call.state.as_ref().is_some_and(|(_, until)| *until <= now)
        };
        let due: Vec<Number> =
            self.all.iter().filter(|(_, call)| is_due(call)).map(|(number, _)| *number).collect();
        let mut firsts = Vec::new();
        for number in due {
            let Some(call) = self.all.get_mut(&number) else { continue };
            call.state = None;
            match call.slot {
                Some(_) => firsts.extend(call.first),
                None => drop(self.remove(number)),
            }
        }
        let parked = self.all.values().filter(|call| call.key.is_none());
        let waits = parked.filter_map(|call| Some(call.state.as_ref()?.1));
        self.wake = waits.fold(f64::INFINITY, f64::min);
        firsts
    }

    /// When [`expire`](Self::expire) wants to be called.
    pub fn wake(&self) -> Millis {
        self.wake
    }

    pub fn in_flight(&self) -> usize {
        self.requests
    }

    /// The lowest level of log messages that a request wants.
    pub fn level(&self) -> Option<Level> {
        self.levels.keys().next().copied()
    }

    /// Streams of what changes that clients have asked for.
    pub fn listeners(&self) -> impl Iterator<Item = Number> {
        let listens = |(_, call): &(&Number, &RelayedCall<P>)| call.kind == CallKind::Listen;
        self.all.iter().filter(listens).map(|(number, _)| *number)
    }

    /// Whether somebody listened to a server that is gone.
    pub fn has_lost_listeners(&self) -> bool {
        self.all.values().any(|call| call.filter.is_some() && call.slot.is_none())
    }

    pub fn lost_listeners(&mut self) -> Vec<Number> {
        let is = |call: &RelayedCall<P>| call.filter.is_some() && call.slot.is_none();
        self.all.iter().filter(|(_, call)| is(call)).map(|(number, _)| *number).collect()
    }

    pub fn forget_lost_listeners(&mut self) {
        for number in self.lost_listeners() {
            if self.get(number).is_some_and(|call| call.kind != CallKind::Listen) {
                self.remove(number);
            }
        }
    }

    pub fn begin(&mut self, number: Number, first: RequestId, slot: Slot) {
        if let Some(call) = self.all.get_mut(&number) {
            (call.first, call.slot) = (Some(first), Some(slot));
            self.slots.insert(slot, number);
        }
    }
}
