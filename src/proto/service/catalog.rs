//! What a server has, with the numbers of its handlers.

use super::{Argument, Entry, List, Template};
use crate::{
    jsonrpc::{self, Payload},
    proto::server::{Feature, Features},
};

/// What a handler is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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

/// Reads resources of one definition.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) handler: u32,
    pub(super) mime_type: Option<String>,
}

/// Everything that a server has.
pub(super) struct Catalog<P> {
    pub(super) tools: List<P, u32>,
    pub(super) resources: List<P, Reader>,
    pub(super) templates: List<P, (Template, Reader)>,
    pub(super) prompts: List<P, (Vec<Argument>, u32)>,
    pub(super) completion: Option<u32>,
    pub(super) page_size: usize,
}

impl<P: Payload> Catalog<P> {
    pub(super) fn new(page_size: usize) -> Self {
        Self {
            tools: List::default(),
            resources: List::default(),
            templates: List::default(),
            prompts: List::default(),
            completion: None,
            page_size,
        }
    }

    pub(super) fn add(&mut self, kind: Kind, listed: P, handler: u32) -> Result<(), String> {
        let named = |key: &'static str| {
            let name = listed.text(key).filter(|name| !name.is_empty());
            name.ok_or_else(|| ["`", key, "` is not a text"].concat())
        };
        let reader = || Reader { handler, mime_type: listed.text("mimeType") };
        match kind {
            Kind::Tool => {
                let name = named("name")?;
                let schema = listed.get("inputSchema");
                if schema.is_none_or(|schema| schema.kind() != jsonrpc::Kind::Object) {
                    return Err("`inputSchema` is not an object".to_owned());
                }
                self.tools.add(Entry { name, listed, thing: handler });
            }
            Kind::Resource => {
                let (name, thing) = (named("uri")?, reader());
                self.resources.add(Entry { name, listed, thing });
            }
            Kind::Template => {
                let name = named("uriTemplate")?;
                let template = Template::parse(&name)
                    .map_err(|reason| ["the template is not understood: ", reason].concat())?;
                let thing = (template, reader());
                self.templates.add(Entry { name, listed, thing });
            }
            Kind::Prompt => {
                let name = named("name")?;
                let declared = listed.get("arguments").and_then(|all| all.elements());
                let declared = declared.unwrap_or_default().iter().map(argument).collect();
                self.prompts.add(Entry { name, listed, thing: (declared, handler) });
            }
            Kind::Completion => self.completion = Some(handler),
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::Tool => self.tools.remove(name),
            Kind::Resource => self.resources.remove(name),
            Kind::Template => self.templates.remove(name),
            Kind::Prompt => self.prompts.remove(name),
            Kind::Completion => self.completion.take().is_some(),
        }
    }

    /// The capabilities of a server that has all this.
    pub(super) fn features(&self) -> Features {
        let changing = |is_empty| if is_empty { Feature::Absent } else { Feature::Changing };
        let has_no_resource = self.resources.is_empty() && self.templates.is_empty();
        Features {
            tools: changing(self.tools.is_empty()),
            resources: changing(has_no_resource),
            prompts: changing(self.prompts.is_empty()),
            subscribe: !has_no_resource,
            completions: self.completion.is_some(),
            logging: true,
        }
    }

    /// Who reads a resource, and the variables in its URI.
    pub(super) fn find(&self, uri: &str) -> Option<(&Reader, Vec<(String, String)>)> {
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
