//! Who is told of which changes: the listeners of the modern era, and the session of the legacy one.

use super::{
    Feature, Frame, RequestKey, ServerMachine, busy,
    envelope::{bad_params, text},
    operation::object,
};
use crate::{
    jsonrpc::{Id, Kind, Message, Payload, RpcError},
    proto::{map::Map, version::Version},
    types::{meta, method},
};

/// Bytes that the URIs of subscriptions may have on average.
const MEAN: usize = 256;

/// Something that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources.
    Resources,
    /// The contents of the resource with this URI.
    Resource(&'a str),
}

/// Changes: those that somebody wants to know of, or those that wait to be told.
#[derive(Default)]
pub(super) struct Topics {
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: Map<String, ()>,
}

/// One that is told of changes.
pub(super) struct Watch {
    /// The listen request; `None` for a legacy session.
    listen: Option<Listen>,
    wanted: Topics,
    /// What has changed while the peer read slowly: each thing once.
    held: Topics,
}

#[derive(Clone)]
struct Listen {
    id: Id,
    version: Version,
}

impl Topics {
    /// The topic of a change, if it is one of these. A subscribed resource stands for those below.
    fn topic(&self, change: Change<'_>) -> Option<Topic> {
        match change {
            Change::Tools => self.tools.then_some(Topic::Tools),
            Change::Prompts => self.prompts.then_some(Topic::Prompts),
            Change::Resources => self.resources.then_some(Topic::Resources),
            Change::Resource(changed) => {
                let covers = |uri: &&String| {
                    changed.strip_prefix(uri.as_str()).is_some_and(|rest| {
                        rest.is_empty() || rest.starts_with('/') || uri.ends_with('/')
                    })
                };
                self.uris.keys().find(covers).cloned().map(Topic::Uri)
            }
        }
    }

    fn add(&mut self, topic: Topic) {
        match topic {
            Topic::Tools => self.tools = true,
            Topic::Prompts => self.prompts = true,
            Topic::Resources => self.resources = true,
            Topic::Uri(uri) => {
                self.uris.insert(uri, ());
            }
        }
    }

    fn take(&mut self) -> Option<Topic> {
        if std::mem::take(&mut self.tools) {
            Some(Topic::Tools)
        } else if std::mem::take(&mut self.prompts) {
            Some(Topic::Prompts)
        } else if std::mem::take(&mut self.resources) {
            Some(Topic::Resources)
        } else {
            self.uris.pop_first().map(|(uri, ())| Topic::Uri(uri))
        }
    }

    /// The filter as the protocol writes it.
    fn write<P: Payload>(&self) -> P {
        let mut filter = P::object();
        if self.tools {
            filter.set("toolsListChanged", P::boolean(true));
        }
        if self.prompts {
            filter.set("promptsListChanged", P::boolean(true));
        }
        if self.resources {
            filter.set("resourcesListChanged", P::boolean(true));
        }
        if self.uris.len() > 0 {
            let uris = self.uris.keys().map(|uri| P::string(uri)).collect();
            filter.set("resourceSubscriptions", P::array(uris));
        }
        filter
    }
}

/// One thing to be told.
enum Topic {
    Tools,
    Prompts,
    Resources,
    Uri(String),
}

impl Topic {
    fn method(&self) -> &'static str {
        match self {
            Self::Tools => method::TOOLS_CHANGED,
            Self::Prompts => method::PROMPTS_CHANGED,
            Self::Resources => method::RESOURCES_CHANGED,
            Self::Uri(_) => method::RESOURCE_UPDATED,
        }
    }
}

impl<P: Payload> ServerMachine<P> {
    /// Tells the peer of a change, if it wants to know: listeners of the modern era what they asked
    /// for, a legacy session of its subscriptions, and of lists unasked. When the peer reads slowly,
    /// a change that is still to be told is told once.
    pub fn changed(&mut self, change: Change<'_>) {
        let keys: Vec<Option<RequestKey>> = self.watches.keys().copied().collect();
        for key in keys {
            let has_room = self.has_room();
            let Some(watch) = self.watches.get_mut(&key) else { continue };
            let Some(topic) = watch.wanted.topic(change) else { continue };
            if has_room && !self.changes.contains(&key) {
                let topic = match change {
                    Change::Resource(uri) => Topic::Uri(uri.to_owned()),
                    _ => topic,
                };
                self.tell(key, &topic);
            } else {
                watch.held.add(topic);
                if !self.changes.contains(&key) {
                    self.changes.push_back(key);
                }
            }
        }
    }

    /// Ends every listen request with its result. Nothing more is told to those that listened.
    pub fn end_listens(&mut self) {
        let listens: Vec<RequestKey> = self.watches.keys().copied().flatten().collect();
        for key in listens {
            while let Some(topic) = self.take_change(Some(key)) {
                self.tell(Some(key), &topic);
            }
            let Some(Watch { listen: Some(listen), .. }) = self.watches.remove(&Some(key)) else {
                continue;
            };
            self.changes.retain(|waiting| *waiting != Some(key));
            let mut result = P::object();
            result.set(meta::META, subscription(&listen.id));
            let result = self.finished(listen.version, result, super::operation::CacheScope::Never);
            let id = Some(listen.id);
            let message = Message::Response { id: id.clone(), outcome: Ok(result) }.write();
            self.push(Frame::Message(message), Some(key), id, true);
        }
    }

    /// How many listen requests are open.
    pub fn listens(&self) -> usize {
        self.watches.keys().flatten().count()
    }

    /// Serves `subscriptions/listen`: says what of it is honoured, and goes on.
    pub(super) fn listen(
        &mut self,
        id: &Id,
        version: Version,
        params: &P,
    ) -> Result<(), RpcError<P>> {
        let Some(filter) = object(params, "notifications")? else {
            return Err(bad_params(&["`notifications` is missing"]));
        };
        let mut wanted = self.filter(&filter)?;
        if self.listens() >= self.limits.listens {
            return Err(busy("too many listen requests are open"));
        }
        let honoured = self.lists();
        wanted.tools &= honoured.tools;
        wanted.prompts &= honoured.prompts;
        wanted.resources &= honoured.resources;
        if !self.profile.features.subscribe {
            wanted.uris.clear();
        }
        let mut params = P::object();
        params.set(meta::META, subscription(id));
        params.set("notifications", wanted.write());
        let key = self.take_id(id);
        let listen = Some(Listen { id: id.clone(), version });
        self.watches.insert(Some(key), Watch { listen, wanted, held: Topics::default() });
        let method = method::ACKNOWLEDGED.to_owned();
        let message = Message::Notification { method, params: Some(params) }.write();
        self.push(Frame::Message(message), Some(key), Some(id.clone()), false);
        Ok(())
    }

    fn filter(&self, filter: &P) -> Result<Topics, RpcError<P>> {
        let flag = |key: &'static str| match filter.get(key) {
            None => Ok(false),
            Some(value) => {
                value.as_bool().ok_or_else(|| bad_params(&["`", key, "` is not a boolean"]))
            }
        };
        let mut uris = Map::<String, ()>::default();
        if let Some(value) = filter.get("resourceSubscriptions") {
            // Counted first: each one is put where it belongs among those before.
            if value.exceeds(self.limits.subscriptions) {
                return Err(busy("too many subscriptions"));
            }
            let mut is_text = true;
            let is_array = value.each_element(&mut |uri| {
                is_text = uri.kind() == Kind::Text;
                if let Some(uri) = uri.as_text() {
                    uris.insert(uri, ());
                }
                is_text
            });
            if !is_array || !is_text {
                return Err(bad_params(&["`resourceSubscriptions` is not an array of strings"]));
            }
            self.check_subscriptions(&uris)?;
        }
        Ok(Topics {
            tools: flag("toolsListChanged")?,
            prompts: flag("promptsListChanged")?,
            resources: flag("resourcesListChanged")?,
            uris,
        })
    }

    /// Whether these subscriptions may be kept as well.
    fn check_subscriptions(&self, more: &Map<String, ()>) -> Result<(), RpcError<P>> {
        let bytes_of = |uris: &Map<String, ()>| uris.keys().map(String::len).sum::<usize>();
        if more.keys().any(|uri| uri.len() > self.limits.uri) {
            return Err(bad_params(&["a URI is too long"]));
        }
        let all = || self.watches.values().map(|watch| &watch.wanted.uris).chain([more]);
        let count: usize = all().map(Map::len).sum();
        let bytes: usize = all().map(bytes_of).sum();
        // As many as may be, each as long as may be, would be kept for as long as the peer stays.
        let most = self.limits.subscriptions.saturating_mul(MEAN).max(self.limits.uri);
        if count > self.limits.subscriptions || bytes > most {
            return Err(busy("too many subscriptions"));
        }
        Ok(())
    }

    /// A legacy session is told of what the server declares, without asking for it.
    pub(super) fn watch_session(&mut self) {
        let wanted = self.lists();
        self.watches.insert(None, Watch { listen: None, wanted, held: Topics::default() });
    }

    /// Whether the session may subscribe to this one, too.
    pub(super) fn check_subscribe(&self, uri: &str) -> Result<(), RpcError<P>> {
        self.check_subscriptions(&[(uri.to_owned(), ())].into_iter().collect())
    }

    pub(super) fn subscribe(&mut self, uri: String) {
        if let Some(session) = self.watches.get_mut(&None) {
            session.wanted.uris.insert(uri, ());
        }
    }

    pub(super) fn unsubscribe(&mut self, params: &P) -> Result<(), RpcError<P>> {
        let uri = text(params, "uri")?;
        if let Some(session) = self.watches.get_mut(&None) {
            session.wanted.uris.remove(&uri);
            session.held.uris.remove(&uri);
        }
        Ok(())
    }

    /// Forgets a listener. `false`: it was none.
    pub(super) fn stop_listening(&mut self, key: RequestKey) -> bool {
        self.changes.retain(|waiting| *waiting != Some(key));
        self.watches.remove(&Some(key)).is_some()
    }

    /// Tells what was held back, as far as there is room.
    pub(super) fn release_changes(&mut self) {
        while self.has_room()
            && let Some(key) = self.changes.front().copied()
        {
            match self.take_change(key) {
                Some(topic) => self.tell(key, &topic),
                None => {
                    self.changes.pop_front();
                }
            }
        }
    }

    fn take_change(&mut self, key: Option<RequestKey>) -> Option<Topic> {
        self.watches.get_mut(&key)?.held.take()
    }

    fn tell(&mut self, key: Option<RequestKey>, topic: &Topic) {
        let id = self.watches.get(&key).and_then(|watch| watch.listen.as_ref());
        let id = id.map(|listen| listen.id.clone());
        let mut params = P::object();
        if let Topic::Uri(uri) = topic {
            params.set("uri", P::string(uri));
        }
        if let Some(id) = &id {
            params.set(meta::META, subscription(id));
        }
        let has_params = id.is_some() || matches!(topic, Topic::Uri(_));
        let params = has_params.then_some(params);
        let message = Message::Notification { method: topic.method().to_owned(), params }.write();
        self.push(Frame::Message(message), key, id, false);
    }

    /// The lists whose changes are told.
    fn lists(&self) -> Topics {
        let features = &self.profile.features;
        Topics {
            tools: features.tools == Feature::Changing,
            prompts: features.prompts == Feature::Changing,
            resources: features.resources == Feature::Changing,
            uris: Map::default(),
        }
    }
}

fn subscription<P: Payload>(id: &Id) -> P {
    let mut about = P::object();
    about.set(meta::SUBSCRIPTION_ID, P::from_id(id));
    about
}
