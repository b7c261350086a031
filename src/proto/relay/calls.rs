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
}

/// All calls.
#[derive(Debug)]
pub(super) struct Calls<P> {
    all: BTreeMap<Number, RelayedCall<P>>,
    slots: BTreeMap<Slot, Number>,
    keys: BTreeMap<(FrontId, RequestKey), Number>,
    last: u64,
}

impl<P> Default for Calls<P> {
    fn default() -> Self {
        let (all, slots, keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { all, slots, keys, last: 0 }
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
            slot: None,
            first: None,
            asks: Vec::new(),
            state: None,
            reports: Vec::new(),
            outcome: None,
        }
    }
}

impl<P> Calls<P> {
    pub fn add(&mut self, call: RelayedCall<P>) -> Number {
        self.last += 1;
        let number = Number(self.last);
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

    /// The newest request of a client that is under way.
    pub fn newest_of(&self, front: FrontId) -> Option<&RelayedCall<P>> {
        let is = |call: &&RelayedCall<P>| call.front == front && call.kind == CallKind::Request;
        self.all.values().rev().find(|call| is(call) && call.key.is_some())
    }

    pub fn remove(&mut self, number: Number) -> Option<RelayedCall<P>> {
        let call = self.all.remove(&number)?;
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
            call.level = request.level;
            self.keys.insert((front, request.key), number);
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
    /// may come back by another connection.
    pub fn leave(&mut self, front: FrontId) -> Vec<RequestId> {
        let is = |call: &RelayedCall<P>| {
            call.front == front && (call.key.is_some() || call.state.is_none())
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
                    None => drop(self.all.remove(&number)),
                }
            }
        }
        firsts
    }

    /// Calls whose clients have not come back.
    pub fn expire(&mut self, now: Millis) -> Vec<RequestId> {
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
                None => drop(self.all.remove(&number)),
            }
        }
        firsts
    }

    pub fn wake(&self) -> Millis {
        let parked = self.all.values().filter(|call| call.key.is_none());
        parked.filter_map(|call| Some(call.state.as_ref()?.1)).fold(f64::INFINITY, f64::min)
    }

    pub fn in_flight(&self) -> usize {
        self.all.values().filter(|call| call.kind == CallKind::Request).count()
    }

    /// The log messages that requests want.
    pub fn levels(&self) -> impl Iterator<Item = Level> {
        self.all.values().filter_map(|call| call.level)
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
