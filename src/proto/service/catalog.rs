//! What a server has, with its handlers.

use super::{Argument, Entry, List, Template};
use crate::{
    jsonrpc::{self, Payload},
    proto::server::{Change, Feature, Features, Profile},
};

/// What a handler is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    /// A tool, by its `name`.
    Tool,
    /// A resource, by its `uri`.
    Resource,
    /// A family of resources, by its `uriTemplate`.
    Template,
    /// A prompt, by its `name`.
    Prompt,
    /// Suggestions for the arguments of prompts and the variables of templates.
    Completion,
}

impl HandlerKind {
    /// The change that clients are told of when one of these is added or removed.
    pub(crate) fn change(self) -> Option<Change<'static>> {
        match self {
            Self::Tool => Some(Change::Tools),
            Self::Prompt => Some(Change::Prompts),
            Self::Resource | Self::Template => Some(Change::Resources),
            Self::Completion => None,
        }
    }
}

/// The variables in a URI, each with its value.
pub(super) type Variables = Vec<(String, String)>;

/// Reads resources of one definition.
pub(super) struct ResourceReader<H> {
    pub(super) handler: H,
    pub(super) mime_type: Option<String>,
}

/// Everything that a server has. `H` is how its host runs a handler.
pub(crate) struct Catalog<P, H> {
    pub(crate) tools: List<P, H>,
    pub(super) resources: List<P, ResourceReader<H>>,
    pub(super) templates: List<P, (Template, ResourceReader<H>)>,
    pub(super) prompts: List<P, (Vec<Argument>, H)>,
    pub(super) completion: Option<H>,
    /// How many entries of a list go into one answer; not zero.
    pub(crate) page_size: usize,
}

impl<P: Payload, H> Catalog<P, H> {
    pub(crate) fn new(page_size: usize) -> Self {
        Self {
            tools: List::default(),
            resources: List::default(),
            templates: List::default(),
            prompts: List::default(),
            completion: None,
            page_size,
        }
    }

    /// Adds something by its definition, replacing what has its name. `false`: there was one.
    /// `Err` says in words what is wrong with the definition.
    pub(crate) fn add(&mut self, kind: HandlerKind, listed: P, handler: H) -> Result<bool, String> {
        let named = |key: &'static str| {
            let name = listed.text(key).filter(|name| !name.is_empty());
            name.ok_or_else(|| ["`", key, "` is not a text"].concat())
        };
        let mime_type = || listed.text("mimeType");
        Ok(match kind {
            HandlerKind::Tool => {
                let name = named("name")?;
                let schema = listed.get("inputSchema");
                if schema.is_none_or(|schema| schema.kind() != jsonrpc::Kind::Object) {
                    return Err("`inputSchema` is not an object".to_owned());
                }
                self.tools.add(Entry { name, listed, thing: handler })
            }
            HandlerKind::Resource => {
                let name = named("uri")?;
                let thing = ResourceReader { handler, mime_type: mime_type() };
                self.resources.add(Entry { name, listed, thing })
            }
            HandlerKind::Template => {
                let name = named("uriTemplate")?;
                let template = Template::parse(&name)
                    .map_err(|reason| ["the template is not understood: ", reason].concat())?;
                let thing = (template, ResourceReader { handler, mime_type: mime_type() });
                self.templates.add(Entry { name, listed, thing })
            }
            HandlerKind::Prompt => {
                let name = named("name")?;
                let declared = listed.get("arguments").and_then(|all| all.elements());
                let declared = declared.unwrap_or_default().iter().map(argument).collect();
                self.prompts.add(Entry { name, listed, thing: (declared, handler) })
            }
            HandlerKind::Completion => self.completion.replace(handler).is_none(),
        })
    }

    /// Removes something by its name or URI. `false`: there was none.
    pub(crate) fn remove(&mut self, kind: HandlerKind, name: &str) -> bool {
        match kind {
            HandlerKind::Tool => self.tools.remove(name),
            HandlerKind::Resource => self.resources.remove(name),
            HandlerKind::Template => self.templates.remove(name),
            HandlerKind::Prompt => self.prompts.remove(name),
            HandlerKind::Completion => self.completion.take().is_some(),
        }
    }

    /// What a server says about itself to a new connection: it declares what there is, and what `base`
    /// declares in any case.
    pub(crate) fn profile(&self, base: &Profile) -> Profile {
        let changing = |is_empty| if is_empty { Feature::Absent } else { Feature::Changing };
        let has_no_resource = self.resources.is_empty() && self.templates.is_empty();
        let declared = base.features;
        let features = Features {
            tools: changing(self.tools.is_empty()).or(declared.tools),
            resources: changing(has_no_resource).or(declared.resources),
            prompts: changing(self.prompts.is_empty()).or(declared.prompts),
            subscribe: !has_no_resource || declared.subscribe,
            completions: self.completion.is_some() || declared.completions,
            logging: true,
        };
        Profile { features, ..base.clone() }
    }

    /// Who answers for a tool, for a prompt, or for the resource at a URI.
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    pub(crate) fn handler(&self, kind: HandlerKind, name: &str) -> Option<&H> {
        match kind {
            HandlerKind::Tool => self.tools.get(name),
            HandlerKind::Prompt => self.prompts.get(name).map(|(_, handler)| handler),
            HandlerKind::Resource | HandlerKind::Template => {
                self.find(name).map(|(reader, _)| &reader.handler)
            }
            HandlerKind::Completion => self.completion.as_ref(),
        }
    }

    /// The reader of a resource, and the variables in its URI.
    pub(super) fn find(&self, uri: &str) -> Option<(&ResourceReader<H>, Variables)> {
        if let Some(reader) = self.resources.at(uri) {
            return Some((reader, Vec::new()));
        }
        self.templates.iter().find_map(|(template, reader)| Some((reader, template.matches(uri)?)))
    }
}

fn argument<P: Payload>(declared: &P) -> Argument {
    Argument {
        name: declared.text("name").unwrap_or_default(),
        is_required: declared.get("required").and_then(|value| value.as_bool()) == Some(true),
    }
}
